"""What more money buys: losses that stay, for multiples of a budget."""

from __future__ import annotations

from typing import Any

from didymium.errors import NotFound
from didymium.figures import theme
from didymium.figures.rows import quantity
from didymium.i18n import Names, translator
from didymium.results import Result


def plan_frontier(result: Result, *, lang: str, narrow: bool = False, names: Names | None = None) -> theme.Spec:
    """Losses of a year that stay under the best plan for multiples of the budget: the mean, and the worst futures."""
    t = translator(lang, names)
    rows = sorted(result.tables.get("frontier", ()), key=lambda r: quantity(r["budget_multiple"]))
    if not rows:
        raise NotFound("The plan has no frontier.", cure="Run `didymium plan` first.")
    whole = sum(quantity(r["budget_usd_m"]) for r in result.tables.get("budget", ()))
    kinds = {"mean_usd_m": t("Mean of all futures"), "tail_usd_m": t("Mean of the worst futures")}
    values = [
        {"money": whole * quantity(r["budget_multiple"]), "loss": r[column], "kind": name}
        for r in rows
        for column, name in kinds.items()
    ]
    x: dict[str, Any] = {
        "field": "money",
        "type": "quantitative",
        "title": t("Budget of all parties [million USD]"),
        "axis": {"format": ",.3~r", "values": sorted({v["money"] for v in values})},
    }
    y: dict[str, Any] = {
        "field": "loss",
        "type": "quantitative",
        "scale": {"zero": True},
        "title": None,
        "axis": {"format": ",.3~r", "grid": True, "tickCount": 5},
    }
    colour = {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": list(kinds.values()), "range": [theme.BLUES[5], theme.ORANGE]},
        "legend": {"columns": 1 if narrow else 2},
    }
    body = {
        "width": theme.width(narrow) - 70,
        "height": 220 if narrow else 260,
        "data": {"values": values},
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 2}, "encoding": {"x": x, "y": y, "color": colour}},
            {
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
                "encoding": {"x": x, "y": y, "color": colour},
            },
        ],
    }
    first = rows[0]
    asked = next((r for r in rows if quantity(r["budget_multiple"]) == 1.0), rows[-1])
    return theme.frame(
        body,
        title=t(
            "{money} cuts the expected loss of a year from {before} to {after}",
            money=t.usd_m(whole * quantity(asked["budget_multiple"])),
            before=t.usd_m(quantity(first["mean_usd_m"])),
            after=t.usd_m(quantity(asked["mean_usd_m"])),
        ),
        subtitle=t("Loss of a year that stays under the best plan [million USD], by budget; no interval is told"),
        narrow=narrow,
        source=theme.footer(result, [], t),
        description=t("Two lines that fall from left to right."),
    )
