"""How long stocks last: days held beside days worth holding, and the rules of 60 and 180 days."""

from __future__ import annotations

from typing import Any

from didymium.errors import NotFound
from didymium.figures import theme
from didymium.figures.rows import quantity, step_name, years_of
from didymium.i18n import Names, Translator, rank, translator
from didymium.results import Result, Row

RULES = (60, 180)


def stock_cover(
    result: Result,
    *,
    lang: str,
    narrow: bool = False,
    names: Names | None = None,
    stage: str = "",
    party: str = "",
) -> theme.Spec:
    """Days of need by form, a block for each party: a dot and its 10–90% interval for what is held and for the target.

    Forms of which nothing is held and nothing worth holding have no line.
    """
    t = translator(lang, names)
    rows = [
        r
        for r in result.rows
        if stage in ("", r["stage"])
        and party in ("", r["party"])
        and (quantity(r["held_need_days"]) > 0 or quantity(r["target_need_days"]) > 0)
    ]
    if not rows:
        raise NotFound("Stocks holds no rows of this form.", cure="Choose another form or party.")
    rows.sort(key=lambda r: (rank("stage", str(r["stage"])), rank("product", str(r["product"]))))
    kinds = {"held_need_days": t("Held"), "target_need_days": t("Worth holding")}
    values = [
        {
            "party": t.place(str(r["party"])),
            "step": theme.label(step_name(r, t, result.rows), 20 if narrow else 28, 3),
            "kind": name,
            "days": quantity(r[column]),
            "low": quantity(r[f"{column}_p10"]),
            "high": quantity(r[f"{column}_p90"]),
        }
        for r in rows
        for column, name in kinds.items()
    ]
    extent = 116 if narrow else 176
    x: dict[str, Any] = {"type": "quantitative", "title": t("Days of need")}
    x["axis"] = {"grid": True, "tickCount": 4 if narrow else 7}
    y = {
        "field": "step",
        "type": "nominal",
        "sort": None,
        "axis": theme.y_labels(extent, grid=False, size=10 if narrow else 11.5),
    }
    apart = {"field": "kind", "type": "nominal", "sort": list(kinds.values())}
    colour = {**apart, "scale": {"domain": list(kinds.values()), "range": [theme.BLUES[5], theme.ORANGE]}}
    shape = {**apart, "scale": {"domain": list(kinds.values())}, "legend": {"columns": 2}}
    both = {"y": y, "yOffset": apart, "color": {**colour, "legend": {"columns": 2}}}
    layers = [
        {
            "mark": {"type": "rule", "strokeDash": [4, 3], "stroke": theme.LEADER},
            "encoding": {"x": {**x, "datum": days}},
        }
        for days in RULES
    ]
    layers += [
        {
            "mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.6},
            "encoding": {**both, "x": {**x, "field": "low"}, "x2": {"field": "high"}},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 55, "opacity": 1},
            "encoding": {**both, "x": {**x, "field": "days"}, "shape": shape},
        },
    ]
    body: dict[str, Any] = {
        "data": {"values": values},
        "facet": {"row": {"field": "party", "type": "nominal", "sort": None, "header": {"orient": "top"}}},
        "resolve": {"scale": {"y": "independent"}},
        "spec": {
            "width": theme.width(narrow) - extent - 24,
            "height": {"step": 18 if narrow else 15},
            "layer": layers,
        },
    }
    return theme.frame(
        body,
        title=_finding(rows, t),
        narrow=narrow,
        source=theme.footer(result, rows, t),
        subtitle=t(
            "Days of the whole need of {year} held and worth holding, with their 10–90% interval; "
            "dashed: 60 and 180 days",
            year=years_of(rows, t),
        ),
        description=t("Dots with intervals: forms down, days across, a block for each party."),
    )


def _finding(rows: list[Row], t: Translator) -> str:
    """The form whose days held fall furthest short of those worth holding."""
    worst = max(rows, key=lambda r: quantity(r["target_need_days"]) - quantity(r["held_need_days"]))
    held, target = quantity(worst["held_need_days"]), quantity(worst["target_need_days"])
    words = {
        "party": t.place(str(worst["party"])),
        "product": t.product(str(worst["product"])),
        "held": t.days(held),
        "target": t.days(target),
    }
    if target <= held:
        return t("Every form is held for as many days as are worth holding")
    return t("{party}: {product} is held for {held}, and worth holding for {target}", **words)
