"""What more public money buys: packages of one project by expected cost and share of futures that are bankable."""

from __future__ import annotations

from typing import Any

from didymium.errors import NotFound
from didymium.figures import theme
from didymium.figures.bankability import named_package
from didymium.figures.rows import quantity
from didymium.i18n import Names, translator
from didymium.results import Result, Row


def package_frontier(result: Result, *, lang: str, narrow: bool = False, names: Names | None = None) -> theme.Spec:
    """All packages tried on one project as points, those that no other beats as a line, real deals beside them."""
    t = translator(lang, names)
    line = result.tables.get("frontier", ())
    if not line:
        raise NotFound("A frontier is told for one project alone.", cure="didymium finance PROJECT")
    asked = float(str(result.request["bankable_in"]))
    head = result.rows[0]
    kinds = {
        "tried": t("Package tried"),
        "frontier": t("No package beats it"),
        "deal": t("Terms of a real deal"),
    }
    points = [_point(r, kinds["tried"]) for r in result.tables.get("packages", ())]
    points += [_point(r, kinds["deal"]) for r in result.tables.get("precedents", ())]
    best = next((r for r in line if quantity(r["bankable_share"]) >= asked), None)
    steps = [_point(r, kinds["frontier"]) for r in line]
    ends = [{**_point(best, ""), "text": theme.label(named_package(str(best["package"]), t), 26, 3)}] if best else []
    x: dict[str, Any] = {
        "field": "cost",
        "type": "quantitative",
        "title": t("Expected public cost [million USD]"),
        "axis": {"format": ",.3~r", "tickCount": 3 if narrow else 6},
    }
    y: dict[str, Any] = {
        "field": "share",
        "type": "quantitative",
        "scale": {"domain": [0, 1]},
        "title": None,
        "axis": {"format": "%", "grid": True, "tickCount": 5},
    }
    colour = {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": list(kinds.values()), "range": [theme.BLUES[1], theme.BLUES[5], theme.ORANGE]},
        "legend": {"columns": 1 if narrow else 3},
    }
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": [{"share": asked}]},
            "mark": {"type": "rule", "color": theme.MUTED, "strokeDash": [3, 3]},
            "encoding": {"y": y},
        },
        {
            "data": {"values": steps},
            "mark": {"type": "line", "color": theme.BLUES[5], "interpolate": "step-after"},
            "encoding": {"x": x, "y": y, "order": {"field": "cost", "type": "quantitative"}},
        },
        {
            "data": {"values": [*points, *steps]},
            "mark": {"type": "point", "filled": True, "size": 45, "opacity": 1},
            "encoding": {"x": x, "y": y, "color": colour},
        },
        {
            "data": {"values": ends},
            "mark": {"type": "text", "align": "left", "dx": 9, "dy": 14, "fontSize": 10.5, "lineBreak": "\n"},
            "encoding": {"x": x, "y": y, "text": {"field": "text"}},
        },
    ]
    body = {"width": theme.width(narrow) - 70, "height": 230 if narrow else 300, "layer": layers}
    name = str(head["name"])
    if best is None:
        title = t(
            "{name}: no package tried satisfies lender and sponsor in {share} of futures",
            name=name,
            share=t.share(asked),
        )
    else:
        title = t(
            "{name}: {share} of futures cost the public {cost}",
            name=name,
            share=t.share(quantity(best["bankable_share"])),
            cost=t.usd_m(quantity(best["cost_usd_m"])),
        )
    return theme.frame(
        body,
        title=title,
        subtitle=t(
            "Share of drawn futures in which debt is served and the sponsor earns its hurdle, by expected present "
            "value of what the public pays; below zero it gains"
        ),
        narrow=narrow,
        source=theme.footer(result, [head], t),
        description=t("Points for packages and for real deals, and a line that rises from left to right."),
    )


def _point(row: Row, kind: str) -> dict[str, Any]:
    return {"cost": quantity(row["cost_usd_m"]), "share": quantity(row["bankable_share"]), "kind": kind}
