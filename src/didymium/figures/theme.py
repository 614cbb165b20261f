"""How every figure looks: palette by role, frame, type. Nothing here knows what is drawn.

Colours are those of Okabe and Ito (2008), which people with any kind of colour vision tell apart. Vermilion means a
gap and nothing else; amounts and stages of maturity use one blue ramp.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from didymium.i18n import Translator
from didymium.results import Result, Row

Spec = dict[str, Any]

FONT = "Didymium Sans"
INK = "#1b2733"
MUTED = "#53616e"
ON_COLOUR = "#101820"  # ink on a coloured ground: stays dark where a page turns INK light
NONE = "#eef2f5"  # no gap
GRID = "#dfe5ea"
PAPER = "#ffffff"
LEADER = "#44525f"
OTHER = "#c6cfd7"
BLUE = "#0072b2"
SKY = "#56b4e9"
GREEN = "#009e73"
ORANGE = "#e69f00"
PURPLE = "#cc79a7"
VERMILION = "#d55e00"
PARTIES = (BLUE, GREEN, PURPLE)
BLUES = ("#cfe3f2", "#9cc7e4", "#5ea4d0", "#2a7fb6", "#0d5a8f", "#093f66")
GAPS = ("#fdf0e6", "#f9d3b4", "#f0a873", "#e27a30", "#a84600")

_WIDE_CHARACTER = "\u3000-\u9fff\uff00-\uffef"
_PIECES = re.compile(
    rf"（[^（）]{{1,14}}）|\d+(?:か月|[年月日件])|[（「]*(?:[ァ-ヺー]+|[{_WIDE_CHARACTER}])[・、。）」～]*|[^{_WIDE_CHARACTER}\s]+\s*|\s+"
)

DOT: Spec = {"type": "point", "filled": True, "size": 110, "opacity": 1, "stroke": MUTED, "strokeWidth": 1}

WIDE = 720
NARROW = 344


def palette() -> frozenset[str]:
    """All colours of figures: the dark style of a page may replace these and no others."""
    single = (INK, MUTED, ON_COLOUR, GRID, PAPER, LEADER, OTHER, NONE, BLUE, SKY, GREEN, ORANGE, PURPLE, VERMILION)
    return frozenset((*single, *BLUES, *GAPS))


def width(narrow: bool) -> int:
    """Outer width of a figure [px]."""
    return NARROW if narrow else WIDE


def columns(text: str) -> float:
    """Width of a text in half-width characters: a kanji counts two."""
    return sum(2.0 if unicodedata.east_asian_width(c) in "WF" else 1.0 for c in text)


def wrap(text: str, limit: float) -> list[str]:
    """Break a text into lines of at most `limit` half-width characters, between words, katakana words or kanji.

    A line never starts with a closing bracket or a full stop, nor ends with an opening bracket.

    >>> wrap("Dy oxide, separated", 11)
    ['Dy oxide,', 'separated']
    """
    lines = [""]
    for piece in _PIECES.findall(text):
        if lines[-1] and columns(lines[-1] + piece.rstrip()) > limit:
            lines.append("")
        lines[-1] += piece
    return [line.strip() for line in lines if line.strip()]


def label(text: str, limit: float, lines: int = 2) -> str:
    """A text for an axis, broken by line feeds; what does not fit in `lines` ends in an ellipsis."""
    broken = wrap(text, limit)
    if len(broken) > lines:
        broken = broken[:lines]
        while columns(broken[-1]) > limit - 1:
            broken[-1] = broken[-1][:-1]
        broken[-1] = broken[-1].rstrip(" 、,") + "…"
    return "\n".join(broken)


def config() -> Spec:
    """Vega-Lite configuration shared by all figures."""
    axis = {
        "labelColor": INK,
        "titleColor": MUTED,
        "labelFontSize": 11.5,
        "titleFontSize": 11.5,
        "titleFontWeight": "normal",
    }
    axis |= {"domain": False, "ticks": False, "gridColor": GRID, "labelPadding": 6, "titlePadding": 8}
    legend = {"labelColor": INK, "labelFontSize": 11.5, "title": None, "orient": "top", "symbolSize": 110, "offset": 10}
    legend |= {"columnPadding": 16, "symbolStrokeWidth": 1.5}
    return {
        "aria": False,
        "font": FONT,
        "axis": axis,
        "axisY": {"grid": False},
        "legend": legend,
        "header": {"labelColor": INK, "labelFontSize": 12, "labelFontWeight": "bold", "title": None, "labelPadding": 6},
        "text": {"color": INK, "fontSize": 11, "lineBreak": "\n"},
        "view": {"stroke": None},
        "concat": {"spacing": 12},
    }


def y_labels(extent: int, *, size: float = 11.5, **more: Any) -> Spec:
    """Axis of names at the left, in a column of fixed width so that figures align under each other."""
    height = round(size * 1.13, 1)
    lines = "length(split(datum.label, '\\n'))"
    raised = [{"test": f"{lines} == {n}", "value": -(n - 1) * height / 2} for n in (2, 3)]
    axis = {
        "labelExpr": "split(datum.label, '\\n')",
        "labelOffset": {"condition": raised, "value": 0},
        "labelLineHeight": height,
    }
    return {
        "title": None,
        **axis,
        "labelFontSize": size,
        "labelLimit": 0,
        "minExtent": extent,
        "maxExtent": extent,
        **more,
    }


def footer(result: Result, rows: Iterable[Row], t: Translator) -> str:
    """Where the numbers come from: sources, evidence, dataset and run."""
    drawn = list(rows)
    ids = sorted({s for row in drawn for s in _as_list(row.get("source_ids"))})
    grades = sorted({str(row["evidence"]) for row in drawn if row.get("evidence")})
    parts = [t("Sources: {ids}", ids=t(", ").join(ids))] if ids else []
    if grades:
        parts.append(t("Evidence: {grades}", grades=t.terms("evidence", grades)))
    dataset = result.dataset
    parts.append(t("Data: {version} ({id})", version=str(dataset.get("version", "")), id=str(dataset["id"])[:12]))
    parts.append(t("Run: {run}", run=result.run_id))
    return " · ".join(parts)


def _as_list(value: Any) -> Sequence[str]:
    return value if isinstance(value, list) else []


class Figure(Spec):
    """A specification that a notebook shows as its picture."""

    def _mime_(self) -> tuple[str, str]:
        """For marimo, which would show a dict as a tree."""
        return "text/html", self._repr_svg_()

    def _repr_svg_(self) -> str:
        """For Jupyter."""
        from didymium.figures.render import svg

        return svg(self)


def frame(body: Spec, *, title: str, subtitle: str, description: str, source: str, narrow: bool) -> Figure:
    """A whole figure: the finding as title, what is measured as subtitle, origin at the foot, a description in words.

    The same words stand in `usermeta`, for pages that set them themselves (see `plain`).
    """
    characters = width(narrow) / 7.6
    head = {
        "text": wrap(title, characters),
        "subtitle": wrap(subtitle, characters * 1.26),
        "anchor": "start",
        "frame": "bounds",
        "color": INK,
        "fontSize": 15,
        "subtitleColor": MUTED,
        "subtitleFontSize": 12,
        "subtitlePadding": 5,
        "offset": 14,
    }
    foot: Spec = {"text": wrap(source, characters * 1.35), "orient": "bottom", "anchor": "start", "frame": "bounds"}
    foot |= {"color": MUTED, "fontSize": 10, "fontWeight": "normal", "offset": 12}
    whole: Spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": f"{title} {subtitle} {description}",
        "usermeta": {"title": title, "subtitle": subtitle, "footer": source, "narrow": narrow},
        "background": PAPER,
        "padding": 4,
        "config": config(),
        "title": head,
        "vconcat": [{"title": foot, "vconcat": [body]}],
    }
    return Figure(whole)


def plain(spec: Spec) -> Spec:
    """The drawing alone, without title and foot and on a clear ground: for a page that sets the words as text."""
    kept = {k: v for k, v in spec.items() if k != "title"}
    return {**kept, "vconcat": spec["vconcat"][0]["vconcat"], "background": None, "padding": 0}
