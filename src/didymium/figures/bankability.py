"""Which projects are bankable: without support, and with the cheapest package that suffices."""

from __future__ import annotations

from typing import Any

from didymium.errors import NotFound
from didymium.figures import theme
from didymium.figures.rows import quantity
from didymium.i18n import Names, Translator, translator
from didymium.results import Result, Row


def modelled(rows: tuple[Row, ...]) -> list[Row]:
    """Projects whose money could be modelled, those nearest to bankable first."""
    return [r for r in rows if r.get("finance_status") == "modelled"]


def package_name(row: Row, t: Translator) -> str:
    """The cheapest package in words, or that none of those tried suffices."""
    if row.get("package_cost_usd_m") is None:
        return t("none tried suffices")
    return named_package(str(row["package"]), t)


def named_package(package: str, t: Translator) -> str:
    """The options of a package in words."""
    return " + ".join(t.term("support", part) for part in package.split(" + "))


def bankability(
    result: Result, *, lang: str, narrow: bool = False, names: Names | None = None, most: int = 20
) -> theme.Spec:
    """Share of drawn futures in which lender and sponsor are content, without support and with the cheapest package."""
    t = translator(lang, names)
    rows = modelled(result.rows)
    if not rows:
        raise NotFound("No project could be modelled.", cure="See the column missing of `didymium finance`.")
    asked = float(str(result.request["bankable_in"]))
    content = sum(quantity(r["bankable_share"]) >= asked for r in rows)
    kept = rows[:most]
    extent, right = (130, 0) if narrow else (230, 190)
    plot = theme.width(narrow) - extent - right - 12
    ends = {"bankable_share": t("Without support"), "package_bankable_share": t("With the cheapest package")}
    bars, dots = [], []
    for row in kept:
        name = theme.label(str(row["name"]), 23 if narrow else 40, 2)
        here, there = quantity(row["bankable_share"]), row.get("package_bankable_share")
        cost = row.get("package_cost_usd_m")
        told = (
            package_name(row, t)
            if cost is None
            else t("{package}: {cost}", package=package_name(row, t), cost=t.usd_m(quantity(cost)))
        )
        bars.append(
            {"name": name, "low": here, "high": here if there is None else there, "text": theme.label(told, 34, 2)}
        )
        dots.append({"name": name, "value": here, "end": ends["bankable_share"]})
        if there is not None:
            dots.append({"name": name, "value": there, "end": ends["package_bankable_share"]})
    y = {
        "field": "name",
        "type": "nominal",
        "sort": None,
        "axis": theme.y_labels(extent, grid=False, size=10 if narrow else 11),
    }
    x = {"type": "quantitative", "scale": {"domain": [0, 1]}, "title": None, "axis": {"format": "%", "tickCount": 5}}
    colour = {
        "field": "end",
        "type": "nominal",
        "scale": {"domain": list(ends.values()), "range": [theme.BLUES[2], theme.BLUES[5]]},
        "legend": {"columns": 1 if narrow else 2},
    }
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": [{"asked": asked}]},
            "mark": {"type": "rule", "color": theme.MUTED, "strokeDash": [3, 3]},
            "encoding": {"x": {"field": "asked", **x}},
        },
        {
            "data": {"values": bars},
            "mark": {"type": "rule", "strokeWidth": 5, "color": theme.BLUES[0], "strokeCap": "round"},
            "encoding": {"y": y, "x": {"field": "low", **x}, "x2": {"field": "high"}},
        },
        {
            "data": {"values": dots},
            "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
            "encoding": {"y": y, "x": {"field": "value", **x}, "color": colour},
        },
    ]
    if not narrow:
        layers.append(
            {
                "data": {"values": bars},
                "mark": {"type": "text", "align": "left", "fontSize": 10.5, "lineBreak": "\n"},
                "encoding": {"y": y, "x": {"value": plot + 9}, "text": {"field": "text"}},
            }
        )
    body = {"width": plot, "height": {"step": 34 if narrow else 30}, "layer": layers}
    return theme.frame(
        body,
        title=t(
            "Without support {n} of {m} projects satisfy lender and sponsor in {share} of futures",
            n=t.count(content),
            m=t.count(len(rows)),
            share=t.share(asked),
        ),
        subtitle=t(
            "Share of drawn futures of price, cost and time in which debt is served and the sponsor earns its hurdle; "
            "right: the cheapest package tried that lifts it over the dashed line, and its expected public cost"
        ),
        narrow=narrow,
        source=theme.footer(result, kept, t),
        description=t("A bar between two dots for each project, those nearest to bankable first."),
    )
