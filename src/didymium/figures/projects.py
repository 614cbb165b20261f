"""Candidate projects on a time line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from didymium.errors import NotFound
from didymium.figures import theme
from didymium.figures.rows import quantity
from didymium.i18n import Names, order, rank, translator
from didymium.results import Result, Row

STATUS_COLOURS = {
    "operating": theme.BLUES[5],
    "ramping": theme.BLUES[4],
    "construction": theme.BLUES[3],
    "permitting": theme.BLUES[2],
    "feasibility": theme.BLUES[1],
    "proposed": theme.BLUES[0],
    "exploration": theme.BLUES[0],
    "suspended": theme.OTHER,
}


def one_line_each(rows: Iterable[Row]) -> list[list[Row]]:
    """Rows of the same project at the same stage together: a plant that makes four oxides is one line."""
    lines: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        lines.setdefault((str(row["project_id"]), str(row.get("gap_stage") or row["stage"])), []).append(row)
    return list(lines.values())


def project_timeline(
    result: Result, *, lang: str, narrow: bool = False, names: Names | None = None, most: int = 18
) -> theme.Spec:
    """Start year of each project with its interval, by stage of the chain; those largest against the need first."""
    t = translator(lang, names)
    lines = [line for line in one_line_each(result.rows) if line[0].get("start_year") is not None]
    if not lines:
        raise NotFound("No project has a start year.", cure="Run `didymium projects` first.")
    kept = sorted(lines, key=lambda line: -max(quantity(r.get("fills_share")) for r in line))[:most]
    kept.sort(key=lambda line: (rank("stage", _stage(line[0])), quantity(line[0]["start_year"]), str(line[0]["name"])))
    extent, right = (122, 0) if narrow else (210, 140)
    plot = theme.width(narrow) - extent - right - 12
    stages = list(dict.fromkeys(_stage(line[0]) for line in kept))
    statuses = [s for s in order("project_status") if any(line[0]["status"] == s for line in kept)]
    values: list[dict[str, Any]] = []
    for line in kept:
        row = line[0]
        sizes = list(
            dict.fromkeys(
                t.amount(quantity(r["stated_capacity"]), str(r["stated_capacity_unit"]))
                for r in line
                if r.get("stated_capacity") is not None
            )
        )
        size = t("{n} products", n=t.count(len(line))) if len(sizes) > 1 else (*sizes, t("capacity not reported"))[0]
        goods = t(", ").join(dict.fromkeys(t.term("product", str(r["product"])) for r in line))
        values.append(
            {
                "stage": t.term("stage", _stage(row)),
                "project": theme.label(str(row["name"]), 21 if narrow else 34),
                "start": row["start_year"],
                "low": quantity(row.get("expected_start_year_p10") or row["start_year"]),
                "high": quantity(row.get("expected_start_year_p90") or row["start_year"]),
                "status": t.term("project_status", str(row["status"])),
                "text": f"{theme.label(goods, 27, 1)}\n{size}",
            }
        )
    first, last = min(v["start"] for v in values), max(v["high"] for v in values)
    y = {"field": "project", "type": "nominal", "sort": None, "axis": theme.y_labels(extent, grid=True, size=10.5)}
    x = {"type": "quantitative", "title": None, "scale": {"domain": [first - 0.4, last + 0.4], "nice": False}}
    x["axis"] = {"format": "d", "tickMinStep": 2 if narrow else 1}
    colour = {
        "field": "status",
        "type": "nominal",
        "scale": {
            "domain": [t.term("project_status", s) for s in statuses],
            "range": [STATUS_COLOURS.get(s, theme.OTHER) for s in statuses],
        },
        "legend": {"symbolType": "circle", "columns": 2 if narrow else 6, "symbolStrokeColor": theme.MUTED},
    }
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "rule", "strokeWidth": 6, "color": theme.GRID, "strokeCap": "round"},
            "encoding": {"y": y, "x": {"field": "low", **x}, "x2": {"field": "high"}},
        },
        {
            "mark": theme.DOT,
            "encoding": {"y": y, "x": {"field": "start", **x}, "color": colour},
        },
    ]
    if not narrow:
        layers.append(
            {
                "mark": {"type": "text", "align": "left", "fontSize": 10, "lineHeight": 11, "dy": -5},
                "encoding": {"y": y, "x": {"value": plot + 9}, "text": {"field": "text"}},
            }
        )
    body = {
        "data": {"values": values},
        "facet": {
            "row": {
                "field": "stage",
                "type": "nominal",
                "sort": [t.term("stage", s) for s in stages],
                "header": {"labelOrient": "top", "labelAnchor": "start", "labelPadding": 4},
            }
        },
        "spacing": {"row": 14},
        "resolve": {"scale": {"y": "independent"}, "axis": {"x": "shared"}},
        "spec": {"width": plot, "height": {"step": 28}, "layer": layers},
    }
    projects = {str(r["project_id"]) for r in result.rows}
    moving = {str(r["project_id"]) for r in result.rows if r["status"] in ("operating", "ramping", "construction")}
    title = t(
        "{n} of {m} candidate projects run, ramp up or are under construction",
        n=t.count(len(moving)),
        m=t.count(len(projects)),
    )
    subtitle = t("Start of production as stated, by stage")
    if any(v["low"] != v["high"] for v in values):
        subtitle = t(
            "Start of production as stated (dot), and the 10–90% interval of the start to expect (bar), by stage"
        )
    if len(kept) < len(lines):
        subtitle += t("; shown: the {n} largest against the need", n=t.count(len(kept)))
    return theme.frame(
        body,
        title=title,
        subtitle=subtitle,
        narrow=narrow,
        source=theme.footer(result, [r for line in kept for r in line], t),
        description=t("Timeline: one line for each project, grouped by stage."),
    )


def _stage(row: Row) -> str:
    return str(row.get("gap_stage") or row["stage"])
