"""Candidate projects on a world map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from didymium.errors import NotFound
from didymium.figures import theme
from didymium.figures.projects import STATUS_COLOURS
from didymium.figures.world import borders, shapes
from didymium.i18n import Names, order, translator
from didymium.results import Result, Row


def project_map(
    result: Result, rows: Sequence[Row], *, lang: str, narrow: bool = False, names: Names | None = None
) -> theme.Spec:
    """A dot for each project of the register (`rows`, with `lat` and `lon`), coloured by how far it has come."""
    t = translator(lang, names)
    placed = {str(r["project_id"]): r for r in rows if r.get("lat") is not None and r.get("lon") is not None}
    if not placed:
        raise NotFound("No project has a place on the map.", cure="Choose fewer filters.")
    statuses = [s for s in order("project_status") if any(r["status"] == s for r in placed.values())]
    dots = [
        {"lon": r["lon"], "lat": r["lat"], "status": t.term("project_status", str(r["status"]))}
        for r in sorted(placed.values(), key=lambda r: -statuses.index(str(r["status"])))
    ]
    width = theme.width(narrow) - 8
    body: dict[str, Any] = {
        "width": width,
        "height": round(width * 0.5),
        "projection": {"type": "equalEarth", "rotate": [-150, 0, 0]},
        "layer": [
            {
                "data": {"values": shapes(), "format": {"type": "topojson", "feature": "countries"}},
                "mark": {"type": "geoshape", "fill": theme.NONE, "stroke": theme.OTHER, "strokeWidth": 0.5},
            },
            {
                "data": {"values": dots},
                "mark": {**theme.DOT, "size": 36 if narrow else 70, "opacity": 0.9, "stroke": theme.PAPER},
                "encoding": {
                    "longitude": {"field": "lon", "type": "quantitative"},
                    "latitude": {"field": "lat", "type": "quantitative"},
                    "color": {
                        "field": "status",
                        "type": "nominal",
                        "scale": {
                            "domain": [t.term("project_status", s) for s in statuses],
                            "range": [STATUS_COLOURS.get(s, theme.OTHER) for s in statuses],
                        },
                        "legend": {
                            "columns": 3 if narrow else 7,
                            "symbolType": "circle",
                            "symbolStrokeColor": theme.MUTED,
                        },
                    },
                },
            },
        ],
    }
    places = _counted(placed)
    top = max(places, key=lambda p: places[p])
    title = t("Projects in {country}: {n}", country=t.place(top), n=t.count(len(placed)))
    if len(places) > 1:
        title = t(
            "{n} projects in {m} places; most of them, {k}, in {country}",
            n=t.count(len(placed)),
            m=t.count(len(places)),
            k=t.count(places[top]),
            country=t.place(top),
        )
    return theme.frame(
        body,
        title=title,
        subtitle=t("Projects of the register by how far they have come"),
        description=t("World map."),
        source=f"{theme.footer(result, (), t)} · {borders(t)}",
        narrow=narrow,
    )


def _counted(placed: Mapping[str, Row]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in placed.values():
        counts[str(row["country"])] = counts.get(str(row["country"]), 0) + 1
    return counts
