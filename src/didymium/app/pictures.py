"""Which figures belong to an answer."""

from __future__ import annotations

from collections.abc import Callable

from didymium import figures
from didymium.errors import NotFound
from didymium.figures.render import svg
from didymium.figures.theme import FONT, Spec
from didymium.i18n import Translator
from didymium.results import Result

OTHERS = "Noto Sans, Noto Sans JP, Noto Sans CJK JP, Hiragino Sans, Yu Gothic UI, Meiryo, sans-serif"
"""Fonts of the reader's machine: a picture of a page cannot bring its own."""

OF: dict[str, tuple[Callable[..., Spec], ...]] = {
    "exposure": (figures.chain_shares, figures.concentration),
    "stress": (figures.first_shortage, figures.shortage_months, figures.drivers_tornado),
    "gaps": (figures.gap_heat, figures.gap_ledger),
    "projects": (figures.project_timeline,),
    "finance": (figures.bankability, figures.package_frontier),
    "measures": (figures.measures_calendar,),
    "commitments": (figures.commitments_board,),
    "backtest": (figures.backtest_bands,),
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


def picture(spec: Spec) -> str:
    """A figure as SVG, with its title and foot."""
    return svg(spec).replace(f'font-family="{FONT}"', f'font-family="{FONT}, {OTHERS}"')
