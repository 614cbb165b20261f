"""What returns from goods out of use, as a part of need: today's way and under the levers."""

from __future__ import annotations

from typing import Any

from didymium.errors import NotFound
from didymium.figures import theme
from didymium.figures.rows import known, quantity
from didymium.i18n import Names, translator
from didymium.results import Result, Row

TOGETHER = "all_levers"
WITHOUT_EXPORTS = "both"


def scrap_return(
    result: Result, *, lang: str, narrow: bool = False, names: Names | None = None, party: str | None = None
) -> theme.Spec:
    """Part of need that old scrap meets in the last year, element by element; beside it the part with all levers."""
    t = translator(lang, names)
    rows = shown(result, party)
    if not rows:
        raise NotFound("Recycling holds no part of need.", cure="Run `didymium recycling` first.")
    who, year = str(rows[0]["party"]), int(str(rows[0]["year"]))
    extent, right = (64, 60) if narrow else (84, 130)
    plot = theme.width(narrow) - extent - right - 10
    ends = {"now": t("As today"), "then": t("With all levers")}
    bars, dots = [], []
    most = (-1.0, "")
    for row in rows:
        name = t.term("scrap_element", str(row["element"]))
        now, then = quantity(row["need_share"]), _pulled(result, row)
        family = t.term("family", str(row["family"]))
        text = t.share(now, 2) if then is None else t("{now} → {then}", now=t.share(now, 2), then=t.share(then, 2))
        reached = now if then is None else then
        most = max(most, (reached, name))
        bars.append({"name": name, "family": family, "now": now, "then": reached, "text": text})
        dots.append({"name": name, "family": family, "value": now, "end": ends["now"]})
        if then is not None:
            dots.append({"name": name, "family": family, "value": then, "end": ends["then"]})
    data: list[dict[str, Any]] = [{**bar, "kind": "bar"} for bar in bars] + [{**dot, "kind": "dot"} for dot in dots]
    y = {"field": "name", "type": "nominal", "sort": None, "axis": theme.y_labels(extent, grid=False, size=11)}
    x = {"type": "quantitative", "title": None, "scale": {"zero": True}, "axis": {"format": "%", "tickCount": 5}}
    colour = {
        "field": "end",
        "type": "nominal",
        "scale": {"domain": list(ends.values()), "range": [theme.BLUES[2], theme.BLUES[5]]},
        "legend": {"columns": 2},
    }
    layers: list[dict[str, Any]] = [
        {
            "transform": [{"filter": "datum.kind === 'bar'"}],
            "mark": {"type": "rule", "strokeWidth": 6, "color": theme.BLUES[0], "strokeCap": "round"},
            "encoding": {"y": y, "x": {"field": "now", **x}, "x2": {"field": "then"}},
        },
        {
            "transform": [{"filter": "datum.kind === 'dot'"}],
            "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1},
            "encoding": {"y": y, "x": {"field": "value", **x}, "color": colour},
        },
        {
            "transform": [{"filter": "datum.kind === 'bar'"}],
            "mark": {"type": "text", "align": "left", "fontSize": 10.5},
            "encoding": {"y": y, "x": {"value": plot + 9}, "text": {"field": "text"}},
        },
    ]
    families = list(dict.fromkeys(str(bar["family"]) for bar in bars))
    body = {
        "data": {"values": data},
        "facet": {
            "field": "family",
            "type": "nominal",
            "sort": families,
            "header": {"labelAnchor": "start", "labelFontSize": 13},
        },
        "columns": 1,
        "spacing": {"row": 8},
        "resolve": {"scale": {"y": "independent"}},
        "spec": {"width": plot, "height": {"step": 24}, "layer": layers},
    }
    return theme.frame(
        body,
        title=t(
            "Scrap could meet most of the need for {element}: {share}",
            element=most[1],
            share=t.share(most[0], 2),
        ),
        subtitle=t(
            "{place}, {year}: what returns from goods out of use over what makers take in; levers are more collection, "
            "better yield and no export of scrap (the last where exports are known)",
            place="+".join(t.place(code) for code in who.split("+")),
            year=t.year(year),
        ),
        narrow=narrow,
        source=theme.footer(result, rows, t),
        description=t("A bar between two dots for each element, in one block for each family."),
    )


def shown(result: Result, party: str | None = None) -> list[Row]:
    """Totals of the last year with a part of need, for one party: unless named, all parties together."""
    totals = [r for r in result.rows if r["sector"] == "total" and known(r["need_share"]) is not None]
    if not totals:
        return []
    last = max(int(str(r["year"])) for r in totals)
    parties = list(dict.fromkeys(str(r["party"]) for r in totals))
    who = party or next((p for p in parties if "+" in p), parties[0])
    return [r for r in totals if r["party"] == who and int(str(r["year"])) == last]


def _pulled(result: Result, row: Row) -> float | None:
    """Part of need under all levers; where exports are not known, under the two that are."""
    keys = ("family", "party", "element", "year")
    found = {
        str(r["lever"]): known(r["recovered_t"])
        for r in result.tables.get("levers", ())
        if all(r[k] == row[k] for k in keys)
    }
    tonnes = found.get(TOGETHER) if found.get(TOGETHER) is not None else found.get(WITHOUT_EXPORTS)
    need = known(row["need_t"])
    return tonnes / need if tonnes is not None and need else None
