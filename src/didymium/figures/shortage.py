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


def scenario_files(result: Result) -> list[dict[str, Any]]:
    """The scenarios as they were asked: id, title, start, length, what they rest on."""
    request = result.request
    return list(request.get("scenarios") or ([request["scenario"]] if isinstance(request.get("scenario"), dict) else []))


def scenario_name(result: Result, scenario: str, t: Translator) -> str:
    """Title of a scenario in the language of the page; its id where it carries none."""
    for asked in scenario_files(result):
        if asked.get("id") == scenario:
            return str(asked.get("title" if t.lang == "en" else f"title_{t.lang}") or asked.get("title") or scenario)
    return t.term("scenario", scenario)


def by_sector(rows: tuple[Row, ...]) -> list[Row]:
    """Rows of single uses. Where a study gives sums over all uses only, those."""
    single = [r for r in rows if not r.get("is_total") and r["sector"] not in ("total", "all")]
    return single or list(rows)


def first_rows(result: Result, scenario: str) -> list[Row]:
    """For each foresight and party the use that runs short first; where nothing runs short, any row of that pair."""
    best: dict[tuple[str, str], Row] = {}
    for row in by_sector(tuple(r for r in result.rows if r["scenario"] == scenario)):
        key = (str(row["party"]), str(row["foresight"]))
        if key not in best or _soonness(row) < _soonness(best[key]):
            best[key] = row
    return list(best.values())


def hardest(result: Result) -> str:
    """The scenario whose single worst use leaves the largest share unserved, without foresight."""
    rows = [r for r in by_sector(result.rows) if r["foresight"] == "myopic"] or by_sector(result.rows)
    return str(max(rows, key=lambda r: _number(r.get("unserved_share")))["scenario"])


def monthly_rows(result: Result, scenario: str) -> list[Row]:
    """The months of one scenario: of its worst product, by single use."""
    table = [r for r in result.tables.get("monthly", ()) if r["scenario"] == scenario]
    if not table:
        raise NotFound(f"No months are kept for scenario {scenario!r}.", cure="Run `didymium stress` again.")
    known = {r["product"] for r in table}
    rows = [r for r in result.rows if r["scenario"] == scenario and r["product"] in known]
    worst = max(rows, key=lambda r: (_number(r.get("unserved_share")), _number(r.get("unserved_t")), str(r["product"])))["product"]
    return by_sector(tuple(r for r in table if r["product"] == worst))


def shortage_months(
    result: Result, *, lang: str, narrow: bool = False, names: Names | None = None, scenario: str | None = None
) -> theme.Spec:
    """Unserved demand by month, one small chart for each use, a line for each party and each kind of foresight."""
    t = translator(lang, names)
    known = scenarios(result)
    if not known:
        raise NotFound("Stress holds no scenario.", cure="Run `didymium stress` first.")
    scenario = scenario or known[0]
    rows = monthly_rows(result, scenario)
    product = str(rows[0]["product"])
    as_share = all(r.get("unserved_share") is not None for r in rows)
    column = "unserved_share" if as_share else "unserved_t"
    short = {r["sector"] for r in rows if any(_number(r.get(f"{column}{end}")) > 0 for end in ("", "_p90"))}
    calm = [t.term("sector", s) for s in dict.fromkeys(str(r["sector"]) for r in rows) if s not in short]
    rows = [r for r in rows if r["sector"] in short] or rows
    parties = list(dict.fromkeys(str(r["party"]) for r in rows))
    sectors = sorted({str(r["sector"]) for r in rows}, key=lambda s: (rank("sector", s), s))
    values = [
        {"sector": t.term("sector", str(r["sector"])), "party": t.place(str(r["party"])), "foresight": t.term("foresight", str(r["foresight"])),
         "month": f"{r['month']}-01", "value": r[column],
         "low": r.get(f"{column}_p10") if r["foresight"] == "myopic" else None, "high": r.get(f"{column}_p90") if r["foresight"] == "myopic" else None}
        for r in rows
    ]  # fmt: skip
    across = 1 if narrow else 3
    plot = (theme.width(narrow) - 48 - 30 * (across - 1)) // across - (0 if narrow else 8)
    months = sorted({v["month"] for v in values})
    x = {"field": "month", "type": "temporal", "scale": {"type": "utc"}, "title": None}
    x["axis"] = {"format": t("%b %Y"), "values": months[::6], "labelAlign": "left", "labelOffset": -4, "tickCount": 4, "labelFontSize": 10.5}
    y = {"type": "quantitative", "title": None}
    y["axis"] = {"grid": True, "tickCount": 3, "format": ".0%" if as_share else ",.3~r"}
    colour: theme.Spec = {"field": "party", "type": "nominal", "scale": {"domain": [t.place(p) for p in parties], "range": theme.PARTIES[: len(parties)]}}
    colour["legend"] = {"symbolType": "square", "symbolOpacity": 1}
    dash = {
        "field": "foresight", "type": "nominal", "scale": {"domain": [t.term("foresight", f) for f in FORESIGHTS], "range": [[3, 3], [1, 0]]},
        "legend": {"symbolType": "stroke", "symbolStrokeColor": theme.MUTED},
    }  # fmt: skip
    layers: list[dict[str, Any]] = [{"mark": {"type": "line", "strokeWidth": 2}, "encoding": {"x": x, "y": {"field": "value", **y}, "color": colour, "strokeDash": dash}}]
    has_band = any(v["high"] is not None for v in values)
    if has_band:
        band = {"type": "area", "opacity": 0.16}
        layers.insert(0, {"transform": [{"filter": "datum.high !== null"}], "mark": band, "encoding": {"x": x, "y": {"field": "low", **y}, "y2": {"field": "high"}, "color": colour}})
    body: theme.Spec = {
        "data": {"values": values},
        "facet": {"field": "sector", "type": "nominal", "sort": [t.term("sector", s) for s in sectors], "header": {"labelAnchor": "start", "labelOrient": "top"}},
        "columns": across,
        "spacing": {"row": 22, "column": 30},
        "resolve": {"axis": {"x": "independent"}},
        "spec": {"width": plot, "height": 84 if narrow else 96, "layer": layers},
    }  # fmt: skip
    if not as_share:
        body["resolve"]["scale"] = {"y": "independent"}
        body["spacing"]["column"] = 44
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
    subtitle = t("{scenario}: {measured} by month; solid = myopic, dotted = coordinated", scenario=scenario_name(result, scenario, t), measured=measured)
    if has_band:
        subtitle += t("; band = 10–90% interval, myopic")
    if calm and short:
        subtitle += t("; never short: {sectors}", sectors=t.list(calm))
    return theme.frame(
        body, title=title, subtitle=subtitle, narrow=narrow,
        source=theme.footer(result, [r for r in result.rows if r["scenario"] == scenario], t), description=t("Line charts, one for each sector."),
    )  # fmt: skip


def first_shortage(result: Result, *, lang: str, narrow: bool = False, names: Names | None = None) -> theme.Spec:
    """Days until the first use runs short, by scenario, party and foresight; dots with their intervals."""
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
    longest = max((_number(r.get(c)) for r in rows for c in ("days_to_shortage", "days_to_shortage_p10", "days_to_shortage_p90")), default=0.0)
    values = []
    for row in rows:
        days, low, high = (row.get(f"days_to_shortage{end}") for end in ("", "_p10", "_p90"))
        text = t("no shortage") if days is None else t.days(_number(days))
        if days is not None and not narrow:
            text = t("{days}, {sector}", days=text, sector=t.term("sector", str(row["sector"])))
        # A tenth of the draws runs short and another does not run short at all: the interval is open to the right.
        is_open = low is not None and high is None
        values.append(
            {"scenario": theme.label(scenario_name(result, str(row["scenario"]), t), 22 if narrow else 32, 3), "party": t.place(str(row["party"])),
             "foresight": t.term("foresight", str(row["foresight"])), "days": days, "low": low, "high": longest if is_open else high,
             "open": is_open, "at": longest if is_open else max(_number(high), _number(days)), "text": text, "short": days is not None}
        )  # fmt: skip
    observed = [r for r in result.tables.get("observed", ()) if r.get("days") is not None]
    y = {"field": "scenario", "type": "nominal", "sort": None, "axis": theme.y_labels(extent, grid=True, size=10 if narrow else 11.5)}
    offset = {"field": "foresight", "type": "nominal", "sort": foresights}
    x = {"type": "quantitative", "title": None, "scale": {"zero": True}, "axis": {"tickCount": 4}}
    colour = {"field": "foresight", "type": "nominal", "scale": {"domain": foresights, "range": [theme.BLUES[2], theme.BLUES[5]]}, "legend": {"symbolType": "circle", "symbolOpacity": 1}}
    layers: list[dict[str, Any]] = [
        {"transform": [{"filter": "datum.low !== null"}], "mark": {"type": "rule", "strokeWidth": 4, "opacity": 0.45, "strokeCap": "round"},
         "encoding": {"y": y, "yOffset": offset, "x": {"field": "low", **x}, "x2": {"field": "high"}, "color": colour}},
        {"transform": [{"filter": "datum.open"}], "mark": {"type": "point", "shape": "triangle-right", "filled": True, "size": 60, "opacity": 0.7},
         "encoding": {"y": y, "yOffset": offset, "x": {"field": "high", **x}, "color": {**colour, "legend": None}}},
        {"transform": [{"filter": "datum.short"}], "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1},
         "encoding": {"y": y, "yOffset": offset, "x": {"field": "days", **x}, "color": colour}},
        {"mark": {"type": "text", "align": "left", "dx": 10, "fontSize": 10.5}, "encoding": {"y": y, "yOffset": offset, "x": {"field": "at", **x}, "text": {"field": "text"}}},
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
    if any(v["open"] for v in values):
        subtitle += t("; arrow = in some draws nothing runs short")
    if observed:
        subtitle += t("; orange band = plants that stopped in 2025, {low}–{high} days", low=t.number(seen[0]), high=t.number(seen[-1]))
    return theme.frame(
        body, title=title, subtitle=subtitle, narrow=narrow, source=theme.footer(result, [*rows, *observed], t),
        description=t("Dots with intervals, one pair for each scenario and party."),
    )  # fmt: skip


def drivers_of(result: Result, scenario: str | None = None) -> list[Row]:
    """How much each assumption moves one scenario, the largest swing first; unless named, the scenario that is moved most."""
    table = [r for r in result.tables.get("drivers", ()) if scenario in (None, r["scenario"])]
    if not table:
        return []
    chosen = max(table, key=lambda r: abs(_number(r["swing_t"])))["scenario"]
    return sorted((r for r in table if r["scenario"] == chosen), key=lambda r: (r["foresight"] != "myopic", -abs(_number(r["swing_t"]))))


def drivers_tornado(
    result: Result, *, lang: str, narrow: bool = False, names: Names | None = None, scenario: str | None = None, most: int = 10
) -> theme.Spec:
    """How far each assumption, at the ends of its range, moves the unserved tonnes of one scenario."""
    t = translator(lang, names)
    rows = drivers_of(result, scenario)
    if not rows:
        raise NotFound("Stress holds no drivers for this scenario.", cure="Run `didymium stress` with drivers.")
    rows = [r for r in rows if r["foresight"] == rows[0]["foresight"] and abs(_number(r["swing_t"])) > 0][:most] or rows[:1]
    extent, right = (150, 48) if narrow else (250, 110)
    plot = theme.width(narrow) - extent - right - 10
    ends = {"low": t("Low end of the range"), "high": t("High end of the range")}
    bars, dots = [], []
    for row in rows:
        name = theme.label(assumption_name(row, t), 27 if narrow else 44, 3)
        low, high = _number(row["unserved_t_low"]), _number(row["unserved_t_high"])
        bars.append({"name": name, "low": low, "high": high, "text": assumption_range(row, t, with_unit=not narrow)})
        dots += [{"name": name, "value": low, "end": ends["low"]}, {"name": name, "value": high, "end": ends["high"]}]
    y = {"field": "name", "type": "nominal", "sort": None, "axis": theme.y_labels(extent, grid=False, size=10 if narrow else 11)}
    x = {"type": "quantitative", "scale": {"zero": False}, "title": None, "axis": {"format": ",.3~r", "tickCount": 3 if narrow else 5}}
    colour = {"field": "end", "type": "nominal", "scale": {"domain": list(ends.values()), "range": [theme.BLUES[2], theme.BLUES[5]]}, "legend": {"columns": 1 if narrow else 2}}
    layers: list[dict[str, Any]] = [
        {"data": {"values": bars}, "mark": {"type": "rule", "strokeWidth": 6, "color": theme.BLUES[0], "strokeCap": "round"},
         "encoding": {"y": y, "x": {"field": "low", **x}, "x2": {"field": "high"}}},
        {"data": {"values": dots}, "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1}, "encoding": {"y": y, "x": {"field": "value", **x}, "color": colour}},
        {"data": {"values": bars}, "mark": {"type": "text", "align": "left", "fontSize": 10.5}, "encoding": {"y": y, "x": {"value": plot + 9}, "text": {"field": "text"}}},
    ]  # fmt: skip
    base = rows[0].get("unserved_t")
    if base is not None:
        line = {"data": {"values": [{"base": base}]}, "mark": {"type": "rule", "color": theme.MUTED, "strokeDash": [3, 3]}}
        layers.insert(0, {**line, "encoding": {"x": {"field": "base", **x}}})
    body = {"width": plot, "height": {"step": 36 if narrow else 30}, "layer": layers}
    subtitle = t(
        "{scenario}: unserved demand [t] when one assumption moves to the ends of its range ({foresight}); the range stands at the right",
        scenario=scenario_name(result, str(rows[0]["scenario"]), t), foresight=t.term("foresight", str(rows[0]["foresight"])),
    )  # fmt: skip
    if base is not None:
        subtitle += t("; dashed line = all assumptions at their own value")
    return theme.frame(
        body, title=t("What the answer hangs on most: {assumption}", assumption=assumption_name(rows[0], t)), subtitle=subtitle, narrow=narrow,
        source=theme.footer(result, rows, t), description=t("Bars between two dots, one for each assumption, longest first."),
    )  # fmt: skip


def assumption_name(row: Row, t: Translator) -> str:
    """What an assumption means, in the words of its row; its id with its words apart where it has none."""
    return str(row.get("meaning" if t.lang == "en" else f"meaning_{t.lang}") or row.get("meaning") or t.term("assumption", str(row["assumption_id"])))


def assumption_range(row: Row, t: Translator, *, with_unit: bool) -> str:
    """The range of an assumption: shares as per cent, other units as they are."""
    unit = str(row.get("unit") or "")
    low, high = _number(row["low"]), _number(row["high"])
    if unit.startswith("share"):
        span = t("{n}%", n=t.span(t.number(low * 100), t.number(high * 100)))
        rest = unit.removeprefix("share").strip()
    else:
        span, rest = t.span(t.number(low), t.number(high)), unit
    return t("{low_high} {unit}", low_high=span, unit=t.term("unit", rest)) if rest and with_unit else span


def _number(value: Any) -> float:
    return 0.0 if value is None else float(value)


def _soonness(row: Row) -> tuple[float, float]:
    """For sorting: days to the shortage, else days in the unlucky tenth of the draws, else never."""
    days, low = row.get("days_to_shortage"), row.get("days_to_shortage_p10")
    return (1e9 if days is None else _number(days), 1e9 if low is None else _number(low))
