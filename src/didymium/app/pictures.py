"""Which figures belong to an answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from didymium import figures
from didymium.errors import NotFound
from didymium.figures.render import svg
from didymium.figures.theme import Spec
from didymium.i18n import Translator
from didymium.results import Result

OF: dict[str, tuple[Callable[..., Spec], ...]] = {
    "exposure": (figures.chain_shares, figures.concentration),
    "stress": (figures.first_shortage, figures.shortage_months, figures.drivers_tornado),
    "gaps": (figures.gap_heat, figures.gap_ledger),
    "projects": (figures.project_timeline,),
    "finance": (figures.bankability, figures.package_frontier),
    "measures": (figures.measures_calendar,),
    "commitments": (figures.commitments_board,),
    "backtest": (figures.backtest_bands,),
    "recycling": (figures.scrap_return,),
}


def drawn(result: Result, t: Translator, *, narrow: bool = False) -> list[Spec]:
    """The figures of an answer in a language; none where there is nothing to draw."""
    found = []
    for draw in OF.get(result.command, ()):
        try:
            found.append(draw(result, lang=t.lang, names=t.names, narrow=narrow))
        except NotFound:
            continue
    return found


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
