"""What breaks, when: unserved demand by month, days to the first shortage, and what the answer hangs on."""

from __future__ import annotations

from typing import Any

from didymium.errors import NotFound
from didymium.figures import theme
from didymium.i18n import Names, Translator, rank, translator
from didymium.results import Result, Row

FORESIGHTS = ("coordinated", "myopic")


def scenarios(result: Result) -> list[str]:
    """Scenario ids in the order in which the study ran them."""
    return list(dict.fromkeys(str(r["scenario"]) for r in result.rows))


def scenario_name(result: Result, scenario: str, t: Translator) -> str:
    """Title of a scenario in the language of the page; its id where it carries none."""
    column = "scenario_title" if t.lang == "en" else f"scenario_title_{t.lang}"
    for row in result.rows:
        if row["scenario"] == scenario:
            return str(row.get(column) or row.get("scenario_title") or t.term("scenario", scenario))
    return t.term("scenario", scenario)


def first_rows(result: Result, scenario: str) -> list[Row]:
    """For each foresight and party the row that runs short first; where nothing runs short, any row of that pair."""
    best: dict[tuple[str, str], Row] = {}
    for row in result.rows:
        if row["scenario"] != scenario:
            continue
        key = (str(row["party"]), str(row["foresight"]))
        days, known = row.get("days_to_shortage"), best.get(key)
        if known is None or (days is not None and _sooner(days, known.get("days_to_shortage"))):
            best[key] = row
    return list(best.values())


def worst_product(result: Result, scenario: str) -> str:
    """The product whose single worst row of a scenario leaves the largest share unserved."""
    rows = [r for r in result.rows if r["scenario"] == scenario]
    if not rows:
        raise NotFound(f"Scenario {scenario!r} is not in this result.", cure=f"It holds: {', '.join(scenarios(result))}.")
    return str(max(rows, key=lambda r: (_number(r.get("unserved_share")), _number(r.get("unserved_t"))))["product"])


def shortage_months(
    result: Result, *, lang: str, narrow: bool = False, names: Names | None = None, scenario: str | None = None
) -> theme.Spec:
    """Unserved demand by month, one small chart for each sector, a line for each party and each kind of foresight."""
    t = translator(lang, names)
    known = scenarios(result)
    if not known:
        raise NotFound("Stress holds no scenario.", cure="Run `didymium stress` first.")
    scenario = scenario or known[0]
    product = worst_product(result, scenario)
    rows = [r for r in result.tables.get("monthly", ()) if r["scenario"] == scenario and r["product"] == product]
    if not rows:
        raise NotFound("Stress holds no monthly table for this scenario.", cure="Run `didymium stress` again.")
    as_share = all(r.get("unserved_share") is not None for r in rows)
    column = "unserved_share" if as_share else "unserved_t"
    parties = list(dict.fromkeys(str(r["party"]) for r in rows))
    sectors = sorted({str(r["sector"]) for r in rows}, key=lambda s: (rank("sector", s), s))
    values = [
        {"sector": t.term("sector", str(r["sector"])), "party": t.place(str(r["party"])), "foresight": t.term("foresight", str(r["foresight"])),
         "month": f"{r['month']}-01", "value": r[column]}
        for r in rows
    ]  # fmt: skip
    across = 1 if narrow else 3
    plot = (theme.width(narrow) - 48 - 30 * (across - 1)) // across - (0 if narrow else 8)
    months = sorted({v["month"] for v in values})
    x = {"field": "month", "type": "temporal", "scale": {"type": "utc"}, "title": None}
    x["axis"] = {"format": t("%b %Y"), "values": months[::6], "labelAlign": "left", "labelOffset": -4, "tickCount": 4, "labelFontSize": 10.5}
    y = {"field": "value", "type": "quantitative", "title": None}
    y["axis"] = {"grid": True, "tickCount": 3, **({"format": ".0%"} if as_share else {"format": ",.3~r"})}
    body = {
        "data": {"values": values},
        "facet": {"field": "sector", "type": "nominal", "sort": [t.term("sector", s) for s in sectors], "header": {"labelAnchor": "start", "labelOrient": "top"}},
        "columns": across,
        "spacing": {"row": 22, "column": 30},
        "spec": {
            "width": plot,
            "height": 84 if narrow else 96,
            "mark": {"type": "line", "strokeWidth": 2},
            "encoding": {
                "x": x,
                "y": y,
                "color": {"field": "party", "type": "nominal", "scale": {"domain": [t.place(p) for p in parties], "range": theme.PARTIES[: len(parties)]}},
                "strokeDash": {
                    "field": "foresight",
                    "type": "nominal",
                    "scale": {"domain": [t.term("foresight", f) for f in FORESIGHTS], "range": [[3, 3], [1, 0]]},
                    "legend": {"symbolType": "stroke", "symbolStrokeColor": theme.MUTED},
                },
            },
        },
    }  # fmt: skip
    if not as_share:
        body["resolve"] = {"scale": {"y": "independent"}}
    peak = max(rows, key=lambda r: _number(r[column]))
    if _number(peak[column]) > 0:
        height = t.share(_number(peak[column])) if as_share else t.tonnes(_number(peak[column]))
        title = t(
            "{product}: worst in {sector}, {party}, with {height} unserved in {month}",
            product=t.term("product", product), sector=t.term("sector", str(peak["sector"])), party=t.place(str(peak["party"])), height=height,
            month=t.date(str(peak["month"])),
        )  # fmt: skip
    else:
        title = t("{product}: no demand goes unserved", product=t.term("product", product))
    measured = t("unserved share of demand") if as_share else t("unserved demand [t a month], own scale for each sector")
    return theme.frame(
        body, title=title, narrow=narrow, source=theme.footer(result, [r for r in result.rows if r["scenario"] == scenario], t),
        subtitle=t("{scenario}: {measured} by month; solid = myopic, dotted = coordinated", scenario=scenario_name(result, scenario, t), measured=measured),
        description=t("Line charts, one for each sector."),
    )  # fmt: skip


def first_shortage(result: Result, *, lang: str, narrow: bool = False, names: Names | None = None) -> theme.Spec:
    """Days until the first sector runs short, by scenario, party and foresight; dots with their intervals."""
    t = translator(lang, names)
    known = scenarios(result)
    rows = [row for s in known for row in first_rows(result, s)]
    if not rows:
        raise NotFound("Stress holds no scenario.", cure="Run `didymium stress` first.")
    extent, right = (118, 52) if narrow else (196, 104)
    parties = list(dict.fromkeys(str(r["party"]) for r in rows))
    across = 1 if narrow else len(parties)
    plot = (theme.width(narrow) - extent - 10 - right * across) // across
    foresights = [t.term("foresight", f) for f in FORESIGHTS]
    values = []
    for row in rows:
        days = row.get("days_to_shortage")
        text = t("no shortage") if days is None else t.days(_number(days))
        if days is not None and not narrow:
            text = t("{days}, {sector}", days=text, sector=t.term("sector", str(row["sector"])))
        values.append(
            {"scenario": theme.label(scenario_name(result, str(row["scenario"]), t), 22 if narrow else 32, 3), "party": t.place(str(row["party"])),
             "foresight": t.term("foresight", str(row["foresight"])), "days": days, "low": row.get("days_to_shortage_p10"),
             "high": row.get("days_to_shortage_p90"), "at": row.get("days_to_shortage_p90") or days or 0, "text": text, "short": days is not None}
        )  # fmt: skip
    observed = [r for r in result.tables.get("observed", ()) if r.get("days") is not None]
    y = {"field": "scenario", "type": "nominal", "sort": None, "axis": theme.y_labels(extent, grid=True, size=10 if narrow else 11.5)}
    offset = {"field": "foresight", "type": "nominal", "sort": foresights}
    x = {"type": "quantitative", "title": None, "scale": {"zero": True}, "axis": {"tickCount": 4}}
    colour = {"field": "foresight", "type": "nominal", "scale": {"domain": foresights, "range": [theme.BLUES[2], theme.BLUES[5]]}, "legend": {"symbolType": "circle", "symbolOpacity": 1}}
    layers: list[dict[str, Any]] = [
        {"mark": {"type": "rule", "strokeWidth": 4, "opacity": 0.45, "strokeCap": "round"},
         "encoding": {"y": y, "yOffset": offset, "x": {"field": "low", **x}, "x2": {"field": "high"}, "color": colour}},
        {"transform": [{"filter": "datum.short"}], "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1},
         "encoding": {"y": y, "yOffset": offset, "x": {"field": "days", **x}, "color": colour}},
        {"mark": {"type": "text", "align": "left", "dx": 9, "fontSize": 10.5}, "encoding": {"y": y, "yOffset": offset, "x": {"field": "at", **x}, "text": {"field": "text"}}},
    ]  # fmt: skip
    if observed:
        seen = sorted(_number(r["days"]) for r in observed)
        band = {"data": {"values": [{"from": seen[0], "to": seen[-1]}]}, "mark": {"type": "rect", "color": theme.ORANGE, "opacity": 0.28}}
        layers.insert(0, {**band, "encoding": {"x": {"field": "from", **x}, "x2": {"field": "to"}}})
    body = {
        "data": {"values": values},
        "facet": {"field": "party", "type": "nominal", "sort": [t.place(p) for p in parties], "header": {"labelAnchor": "start"}},
        "columns": across,
        "spacing": {"column": 18, "row": 16},
        "spec": {"width": plot, "height": {"step": 17, "for": "offset"}, "layer": layers},
    }
    short = [r for r in rows if r.get("days_to_shortage") is not None]
    if short:
        soonest = min(short, key=lambda r: _number(r["days_to_shortage"]))
        title = t(
            "The first shortage comes after {days}: {sector}, {party}",
            days=t.days(_number(soonest["days_to_shortage"])), sector=t.term("sector", str(soonest["sector"])), party=t.place(str(soonest["party"])),
        )  # fmt: skip
    else:
        title = t("No scenario leads to a shortage")
    subtitle = t("Days from the start of a scenario to the first unserved demand, earliest sector; bar = 10–90% interval")
    if observed:
        subtitle += t("; orange band = plants that stopped in 2025, {low}–{high} days", low=t.number(seen[0]), high=t.number(seen[-1]))
    return theme.frame(
        body, title=title, subtitle=subtitle, narrow=narrow, source=theme.footer(result, [*rows, *observed], t),
        description=t("Dots with intervals, one pair for each scenario and party."),
    )  # fmt: skip


def drivers_tornado(
    result: Result, *, lang: str, narrow: bool = False, names: Names | None = None, scenario: str | None = None, most: int = 10
) -> theme.Spec:
    """How far each assumption, at the ends of its range, moves the unserved tonnes of one scenario."""
    t = translator(lang, names)
    table = result.tables.get("drivers", ())
    scenario = scenario or (str(table[0]["scenario"]) if table else "")
    rows = [r for r in table if r["scenario"] == scenario]
    foresight = "myopic" if any(r["foresight"] == "myopic" for r in rows) else "coordinated"
    rows = sorted((r for r in rows if r["foresight"] == foresight), key=lambda r: -abs(_number(r["swing_t"])))[:most]
    if not rows:
        raise NotFound("Stress holds no drivers for this scenario.", cure="Run `didymium stress` with `--drivers`.")
    extent, right = (112, 70) if narrow else (196, 120)
    plot = theme.width(narrow) - extent - right - 10
    ends = {"low": t("Low end of the range"), "high": t("High end of the range")}
    bars, dots = [], []
    for row in rows:
        name = theme.label(assumption_name(row, t), 18 if narrow else 32, 3 if narrow else 2)
        text = t.span(t.number(_number(row["low"])), t.number(_number(row["high"])))
        unit = str(row.get("unit") or "")
        text = t("{low_high} {unit}", low_high=text, unit=t.term("unit", unit)) if unit and not narrow else text
        low, high = _number(row["unserved_t_low"]), _number(row["unserved_t_high"])
        bars.append({"name": name, "low": low, "high": high, "text": text})
        dots += [{"name": name, "value": low, "end": ends["low"]}, {"name": name, "value": high, "end": ends["high"]}]
    y = {"field": "name", "type": "nominal", "sort": None, "axis": theme.y_labels(extent, grid=False)}
    x = {"type": "quantitative", "scale": {"zero": False}, "title": None, "axis": {"format": ",.3~r", "tickCount": 3 if narrow else 6}}
    body = {
        "width": plot,
        "height": {"step": 32 if narrow else 28},
        "layer": [
            {"data": {"values": bars}, "mark": {"type": "rule", "strokeWidth": 6, "color": theme.BLUES[0], "strokeCap": "round"},
             "encoding": {"y": y, "x": {"field": "low", **x}, "x2": {"field": "high"}}},
            {"data": {"values": dots}, "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1},
             "encoding": {"y": y, "x": {"field": "value", **x},
                          "color": {"field": "end", "type": "nominal", "scale": {"domain": list(ends.values()), "range": [theme.BLUES[2], theme.BLUES[5]]}, "legend": {"columns": 1 if narrow else 2}}}},
            {"data": {"values": bars}, "mark": {"type": "text", "align": "left", "fontSize": 10.5}, "encoding": {"y": y, "x": {"value": plot + 9}, "text": {"field": "text"}}},
        ],
    }  # fmt: skip
    title = t("What the answer hangs on most: {assumption}", assumption=assumption_name(rows[0], t))
    return theme.frame(
        body, title=title, narrow=narrow, source=theme.footer(result, rows, t),
        subtitle=t(
            "{scenario}: unserved demand [t] when one assumption moves to the ends of its range ({foresight}); the range stands at the right",
            scenario=scenario_name(result, scenario, t), foresight=t.term("foresight", foresight),
        ),
        description=t("Bars between two dots, one for each assumption, longest first."),
    )  # fmt: skip


def assumption_name(row: Row, t: Translator) -> str:
    """Name of an assumption: what its row calls it, else its id with its words apart."""
    named = row.get("label" if t.lang == "en" else f"label_{t.lang}") or row.get("label")
    if named:
        return str(named)
    what, _, about = str(row["assumption_id"]).partition(".")
    return t("{what}: {about}", what=t.term("assumption", what), about=t.term("product", about)) if about else t.term("assumption", what)


def _number(value: Any) -> float:
    return 0.0 if value is None else float(value)


def _sooner(days: Any, known: Any) -> bool:
    return known is None or float(days) < float(known)
