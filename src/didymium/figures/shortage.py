"""What breaks, when: unserved demand by month and days to the first shortage."""

from __future__ import annotations

from typing import Any

from didymium.errors import NotFound
from didymium.figures import theme
from didymium.figures.rows import quantity
from didymium.i18n import Names, Translator, rank, translator
from didymium.results import Result, Row

FORESIGHTS = ("coordinated", "myopic")


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
    short = {r["sector"] for r in rows if any(quantity(r.get(f"{column}{end}")) > 0 for end in ("", "_p90"))}
    calm = [t.term("sector", s) for s in dict.fromkeys(str(r["sector"]) for r in rows) if s not in short]
    rows = [r for r in rows if r["sector"] in short] or rows
    parties = list(dict.fromkeys(str(r["party"]) for r in rows))
    sectors = sorted({str(r["sector"]) for r in rows}, key=lambda s: (rank("sector", s), s))
    values = [
        {
            "sector": t.term("sector", str(r["sector"])),
            "party": t.place(str(r["party"])),
            "foresight": t.term("foresight", str(r["foresight"])),
            "month": f"{r['month']}-01",
            "value": r[column],
            "low": r.get(f"{column}_p10") if r["foresight"] == "myopic" else None,
            "high": r.get(f"{column}_p90") if r["foresight"] == "myopic" else None,
        }
        for r in rows
    ]
    across = 1 if narrow else 3
    plot = (theme.width(narrow) - 48 - 30 * (across - 1)) // across - (0 if narrow else 8)
    months = sorted({f"{r['month']}-01" for r in rows})
    x: theme.Spec = {"field": "month", "type": "temporal", "scale": {"type": "utc"}, "title": None}
    x["axis"] = {
        "format": t("%b %Y"),
        "values": months[::6],
        "labelAlign": "left",
        "labelOffset": -4,
        "tickCount": 4,
        "labelFontSize": 10.5,
    }
    y: theme.Spec = {"type": "quantitative", "title": None}
    y["axis"] = {"grid": True, "tickCount": 3, "format": ".0%" if as_share else ",.3~r"}
    colour: theme.Spec = {
        "field": "party",
        "type": "nominal",
        "scale": {"domain": [t.place(p) for p in parties], "range": theme.PARTIES[: len(parties)]},
    }
    colour["legend"] = {"symbolType": "square", "symbolOpacity": 1}
    dash = {
        "field": "foresight",
        "type": "nominal",
        "scale": {"domain": [t.term("foresight", f) for f in FORESIGHTS], "range": [[3, 3], [1, 0]]},
        "legend": {"symbolType": "stroke", "symbolStrokeColor": theme.MUTED},
    }
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "line", "strokeWidth": 2},
            "encoding": {"x": x, "y": {"field": "value", **y}, "color": colour, "strokeDash": dash},
        }
    ]
    has_band = any(v["high"] is not None for v in values)
    if has_band:
        band = {"type": "area", "opacity": 0.16}
        layers.insert(
            0,
            {
                "transform": [{"filter": "datum.high !== null"}],
                "mark": band,
                "encoding": {"x": x, "y": {"field": "low", **y}, "y2": {"field": "high"}, "color": colour},
            },
        )
    body: theme.Spec = {
        "data": {"values": values},
        "facet": {
            "field": "sector",
            "type": "nominal",
            "sort": [t.term("sector", s) for s in sectors],
            "header": {"labelAnchor": "start", "labelOrient": "top"},
        },
        "columns": across,
        "spacing": {"row": 22, "column": 30},
        "resolve": {"axis": {"x": "independent"}},
        "spec": {"width": plot, "height": 84 if narrow else 96, "layer": layers},
    }
    if not as_share:
        body["resolve"]["scale"] = {"y": "independent"}
        body["spacing"]["column"] = 44
    peak = max(rows, key=lambda r: quantity(r[column]))
    if quantity(peak[column]) > 0:
        height = t.share(quantity(peak[column])) if as_share else t.tonnes(quantity(peak[column]))
        title = t(
            "{product}: worst in {sector}, {party}, with {height} unserved in {month}",
            product=t.term("product", product),
            sector=t.term("sector", str(peak["sector"])),
            party=t.place(str(peak["party"])),
            height=height,
            month=t.date(str(peak["month"])),
        )
    else:
        title = t("{product}: no demand goes unserved", product=t.term("product", product))
    measured = (
        t("unserved share of demand") if as_share else t("unserved demand [t a month], own scale for each sector")
    )
    subtitle = t(
        "{scenario}: {measured} by month; solid = myopic, dotted = coordinated",
        scenario=scenario_name(result, scenario, t),
        measured=measured,
    )
    if has_band:
        subtitle += t("; band = 10–90% interval, myopic")
    if calm and short:
        subtitle += t("; never short: {sectors}", sectors=t.list(calm))
    return theme.frame(
        body,
        title=title,
        subtitle=subtitle,
        narrow=narrow,
        source=theme.footer(result, [r for r in result.rows if r["scenario"] == scenario], t),
        description=t("Line charts, one for each sector."),
    )


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
    longest = max(
        (
            quantity(r.get(c))
            for r in rows
            for c in ("days_to_shortage", "days_to_shortage_p10", "days_to_shortage_p90")
        ),
        default=0.0,
    )
    values = []
    for row in rows:
        days, low, high = (row.get(f"days_to_shortage{end}") for end in ("", "_p10", "_p90"))
        text = t("no shortage") if days is None else t.days(quantity(days))
        if days is not None and not narrow:
            text = t("{days}, {sector}", days=text, sector=t.term("sector", str(row["sector"])))
        # A tenth of the draws runs short and another does not run short at all: the interval is open to the right.
        is_open = low is not None and high is None
        values.append(
            {
                "scenario": theme.label(scenario_name(result, str(row["scenario"]), t), 22 if narrow else 32, 3),
                "party": t.place(str(row["party"])),
                "foresight": t.term("foresight", str(row["foresight"])),
                "days": days,
                "low": low,
                "high": longest if is_open else high,
                "open": is_open,
                "at": longest if is_open else max(quantity(high), quantity(days)),
                "text": text,
                "short": days is not None,
            }
        )
    observed = [r for r in result.tables.get("observed", ()) if r.get("days") is not None]
    y = {
        "field": "scenario",
        "type": "nominal",
        "sort": None,
        "axis": theme.y_labels(extent, grid=True, size=10 if narrow else 11.5),
    }
    offset = {"field": "foresight", "type": "nominal", "sort": foresights}
    x = {"type": "quantitative", "title": None, "scale": {"zero": True}, "axis": {"tickCount": 4}}
    colour = {
        "field": "foresight",
        "type": "nominal",
        "scale": {"domain": foresights, "range": [theme.BLUES[2], theme.BLUES[5]]},
        "legend": {"symbolType": "circle", "symbolOpacity": 1},
    }
    layers: list[dict[str, Any]] = [
        {
            "transform": [{"filter": "datum.low !== null"}],
            "mark": {"type": "rule", "strokeWidth": 4, "opacity": 0.45, "strokeCap": "round"},
            "encoding": {
                "y": y,
                "yOffset": offset,
                "x": {"field": "low", **x},
                "x2": {"field": "high"},
                "color": colour,
            },
        },
        {
            "transform": [{"filter": "datum.open"}],
            "mark": {"type": "point", "shape": "triangle-right", "filled": True, "size": 60, "opacity": 0.7},
            "encoding": {"y": y, "yOffset": offset, "x": {"field": "high", **x}, "color": {**colour, "legend": None}},
        },
        {
            "transform": [{"filter": "datum.short"}],
            "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1},
            "encoding": {"y": y, "yOffset": offset, "x": {"field": "days", **x}, "color": colour},
        },
        {
            "mark": {"type": "text", "align": "left", "dx": 10, "fontSize": 10.5},
            "encoding": {"y": y, "yOffset": offset, "x": {"field": "at", **x}, "text": {"field": "text"}},
        },
    ]
    if observed:
        seen = sorted(quantity(r["days"]) for r in observed)
        band = {
            "data": {"values": [{"from": seen[0], "to": seen[-1]}]},
            "mark": {"type": "rect", "color": theme.ORANGE, "opacity": 0.28},
        }
        layers.insert(0, {**band, "encoding": {"x": {"field": "from", **x}, "x2": {"field": "to"}}})
    body = {
        "data": {"values": values},
        "facet": {
            "field": "party",
            "type": "nominal",
            "sort": [t.place(p) for p in parties],
            "header": {"labelAnchor": "start"},
        },
        "columns": across,
        "spacing": {"column": 18, "row": 16},
        "spec": {"width": plot, "height": {"step": 17, "for": "offset"}, "layer": layers},
    }
    short = [r for r in rows if r.get("days_to_shortage") is not None]
    if short:
        soonest = min(short, key=lambda r: quantity(r["days_to_shortage"]))
        title = t(
            "The first shortage comes after {days}: {sector}, {party}",
            days=t.days(quantity(soonest["days_to_shortage"])),
            sector=t.term("sector", str(soonest["sector"])),
            party=t.place(str(soonest["party"])),
        )
    else:
        title = t("No scenario leads to a shortage")
    subtitle = t("Days from the start of a scenario to the first unserved demand, earliest sector")
    if any(v["high"] is not None for v in values):
        subtitle += t("; bar = 10–90% interval")
    if any(v["open"] for v in values):
        subtitle += t("; arrow = in some draws nothing runs short")
    if observed:
        subtitle += t(
            "; orange band = plants that stopped in 2025, {low}–{high} days",
            low=t.number(seen[0]),
            high=t.number(seen[-1]),
        )
    return theme.frame(
        body,
        title=title,
        subtitle=subtitle,
        narrow=narrow,
        source=theme.footer(result, [*rows, *observed], t),
        description=t("Dots with intervals, one pair for each scenario and party."),
    )


def scenarios(result: Result) -> list[str]:
    """Scenario ids in the order in which the study ran them."""
    return list(dict.fromkeys(str(r["scenario"]) for r in result.rows))


def scenario_files(result: Result) -> list[dict[str, Any]]:
    """The scenarios as they were asked: id, title, start, length, what they rest on."""
    request = result.request
    return list(
        request.get("scenarios") or ([request["scenario"]] if isinstance(request.get("scenario"), dict) else [])
    )


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
    return str(max(rows, key=lambda r: quantity(r.get("unserved_share")))["scenario"])


def monthly_rows(result: Result, scenario: str) -> list[Row]:
    """The months of one scenario: of its worst product, by single use."""
    table = [r for r in result.tables.get("monthly", ()) if r["scenario"] == scenario]
    if not table:
        raise NotFound(f"No months are kept for scenario {scenario!r}.", cure="Run `didymium stress` again.")
    known = {r["product"] for r in table}
    rows = [r for r in result.rows if r["scenario"] == scenario and r["product"] in known]
    worst = max(
        rows, key=lambda r: (quantity(r.get("unserved_share")), quantity(r.get("unserved_t")), str(r["product"]))
    )["product"]
    return by_sector(tuple(r for r in table if r["product"] == worst))


def _soonness(row: Row) -> tuple[float, float]:
    """For sorting: days to the shortage, else days in the unlucky tenth of the draws, else never."""
    days, low = row.get("days_to_shortage"), row.get("days_to_shortage_p10")
    return (1e9 if days is None else quantity(days), 1e9 if low is None else quantity(low))
