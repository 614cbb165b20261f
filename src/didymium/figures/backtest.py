"""What the model would have said of past measures, beside what happened."""

from __future__ import annotations

from typing import Any

from didymium.errors import NotFound
from didymium.figures import theme
from didymium.figures.rows import known
from didymium.i18n import Names, Translator, translator
from didymium.results import Result, Row

SHOCKS = ("announced", "open", "recorded")
LEAST, MOST = 0.1, 120.0  # ends of the axis: ratios of after over before


def backtest_bands(result: Result, *, lang: str, narrow: bool = False, names: Names | None = None) -> theme.Spec:
    """P10 to P90 of each scored ratio, its median, and the observation; one panel for each kind of shock."""
    t = translator(lang, names)
    rows = [r for r in result.rows if r["is_scored"] and r["unit"] == "ratio" and r["modelled"] is not None]
    if not rows:
        raise NotFound("The back-test holds no scored ratio.", cure="Run `didymium backtest`.")
    words = {True: t("Observed, inside the band"), False: t("Observed, outside the band")}
    panels = []
    for shock in (word for word in SHOCKS if any(r["shock"] == word for r in rows)):
        of = [r for r in rows if r["shock"] == shock]
        panels.append(_panel(of, t.term("replay_shock", shock), words, t, narrow=narrow))
    inside = sum(r["verdict"] == "inside" for r in rows)
    return theme.frame(
        {"vconcat": panels, "resolve": {"scale": {"x": "shared", "color": "shared", "shape": "shared"}}, "spacing": 14},
        title=t("{inside} of {count} replays hold what was observed", inside=inside, count=len(rows)),
        subtitle=t(
            "Price (price response), use or imports (network) after a measure over before: bar = 10–90% of the draws, "
            "dot = median, diamond = observed; by what was known of the size of the measure"
        ),
        narrow=narrow,
        source=t("Sources: with each row of the table") + " · " + theme.footer(result, (), t),
        description=t("A bar, a dot and a diamond on a logarithmic axis for each replay."),
    )


def _panel(rows: list[Row], title: str, words: dict[bool, str], t: Translator, *, narrow: bool) -> dict[str, Any]:
    extent = 132 if narrow else 300
    bars = []
    for row in rows:
        event = str(row.get(f"event_{t.lang}") or row["event"])
        if row["method"] == "network":
            event = t("{event} (network)", event=event)
        bars.append(
            {
                "name": theme.label(event, 24 if narrow else 54, 3),
                "low": max(known(row["modelled_p10"]) or LEAST, LEAST),
                "high": min(known(row["modelled_p90"]) or MOST, MOST),
                "median": row["modelled"],
                "observed": row["observed"],
                "where": words[row["verdict"] == "inside"],
            }
        )
    y = {"field": "name", "type": "nominal", "sort": None, "axis": theme.y_labels(extent, size=10 if narrow else 11)}
    scale = {"type": "log", "domain": [LEAST, MOST], "nice": False}
    axis = {"values": [0.1, 1, 10, 100] if narrow else [0.1, 0.3, 1, 3, 10, 30, 100], "format": "~r", "grid": True}
    x = {"type": "quantitative", "scale": scale, "title": None, "axis": axis}
    seen = {
        "field": "where",
        "type": "nominal",
        "scale": {"domain": list(words.values()), "range": [theme.INK, theme.ORANGE]},
        "legend": {"columns": 1 if narrow else 2},
    }
    observed = {"type": "point", "shape": "diamond", "filled": True, "size": 95, "opacity": 1, "stroke": theme.INK}
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "rule", "strokeWidth": 7, "color": theme.BLUES[1], "strokeCap": "butt"},
            "encoding": {"y": y, "x": {"field": "low", **x}, "x2": {"field": "high"}},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 50, "opacity": 1, "color": theme.BLUES[4]},
            "encoding": {"y": y, "x": {"field": "median", **x}},
        },
        {"mark": observed, "encoding": {"y": y, "x": {"field": "observed", **x}, "color": seen}},
    ]
    head = {"text": title, "anchor": "start", "frame": "bounds", "fontSize": 12, "color": theme.INK, "offset": 4}
    return {
        "title": head,
        "data": {"values": bars},
        "width": theme.width(narrow) - extent - 24,
        "height": {"step": 34 if narrow else 21},
        "layer": layers,
    }
