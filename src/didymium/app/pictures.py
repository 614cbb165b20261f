"""Which figures belong to an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from didymium import figures
from didymium.errors import NotFound
from didymium.figures.render import svg
from didymium.figures.theme import Spec
from didymium.i18n import Translator
from didymium.results import Result

OF: dict[str, tuple[tuple[Callable[..., Spec], str], ...]] = {
    "exposure": ((figures.chain_shares, "shares"), (figures.concentration, "")),
    "stress": (
        (figures.first_shortage, ""),
        (figures.shortage_months, "monthly"),
        (figures.drivers_tornado, "drivers"),
    ),
    "gaps": ((figures.gap_heat, ""), (figures.gap_ledger, "")),
    "projects": ((figures.project_timeline, ""),),
    "finance": ((figures.bankability, ""), (figures.package_frontier, "frontier")),
    "measures": ((figures.measures_calendar, ""),),
    "commitments": ((figures.commitments_board, ""),),
    "backtest": ((figures.backtest_bands, ""),),
    "recycling": ((figures.scrap_return, ""),),
}
"""The figures of a question, each with the table of the answer that it draws (empty: the rows)."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure on a page: the address of its picture, what it shows in words, and the page of the rows it draws."""

    path: str
    description: str
    rows: str


def drawn(result: Result, t: Translator, *, narrow: bool = False) -> list[Spec]:
    """The figures of an answer in a language, each with its `table`; none where there is nothing to draw."""
    found = []
    for draw, table in OF.get(result.command, ()):
        try:
            spec = draw(result, lang=t.lang, names=t.names, narrow=narrow)
        except NotFound:
            continue
        spec["usermeta"]["table"] = table
        found.append(spec)
    return found


def shown(specs: Sequence[Mapping[str, Any]], path: str, run_id: str, lang: str) -> list[Shown]:
    """The figures of a kept answer on a page; `path` is that of its question."""
    from didymium.app.pages import table_page

    return [
        Shown(f"{path}/figure-{n}.svg", s["description"], table_page(run_id, s["usermeta"]["table"], lang))
        for n, s in enumerate(specs)
    ]


FONTS = "Didymium Sans, Noto Sans JP, Noto Sans CJK JP, Hiragino Sans, Yu Gothic UI, Meiryo, sans-serif"
"""A picture brings its Latin letters along; Japanese ones, which are many, are the machine's own."""


def picture(spec: Spec, *, words: bool = True) -> str:
    """A figure as SVG to stand alone as a picture; `words`: with its title and foot."""
    drawing = svg(spec, words=words).replace('font-family="Didymium Sans"', f'font-family="{FONTS}"')
    head, rest = drawing.split(">", 1)
    return f"{head}><style>{_faces()}</style>{rest}"


@cache
def _faces() -> str:
    from didymium.brief.html import latin_faces

    return latin_faces()
