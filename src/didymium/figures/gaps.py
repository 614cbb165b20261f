"""Where demand has no sure source, stage by stage and year by year."""

from __future__ import annotations

from didymium.errors import NotFound
from didymium.figures import theme
from didymium.figures.rows import quantity, step_name
from didymium.i18n import Names, Translator, rank, translator
from didymium.results import Result, Row

COVERS = ("own_t", "contracted_t", "allied_t")
"""What a gap is reckoned from, in the order of the ledger. Stock is not among them: it is used once, a gap returns."""
PARTS = (*COVERS, "gap_t")
SLIGHT = 0.001
"""Smaller parts of a need are told as less than this: their digits are those of the calibration."""
COLOURS = (theme.BLUE, theme.GREEN, theme.SKY, theme.VERMILION)


def part_of_need(share: float, t: Translator) -> str:
    """A part of a need as it stands on a figure.

    >>> [part_of_need(share, translator("en")) for share in (0.000076, 0.0, 0.068)]
    ['<0.1%', '0%', '6.8%']
    """
    return t("<{share}", share=t.share(SLIGHT)) if 0 < share < SLIGHT else t.share(share, 2)


def gap_heat(
    result: Result, *, lang: str, narrow: bool = False, names: Names | None = None, party: str | None = None
) -> theme.Spec:
    """Share of need without a sure source: product by year, a block for each party; tonnes in small type."""
    t = translator(lang, names)
    rows = one_outlook(result)
    if not rows:
        raise NotFound("Gaps holds no rows.", cure="Run `didymium gaps` first.")
    years = some_years(sorted({int(str(r["year"])) for r in rows}), 3 if narrow else 5)
    parties = [p for p in parties_of(rows) if party in (None, p)]
    rows = [r for r in rows if r["party"] in parties]
    if not rows:
        raise NotFound(f"Gaps holds no rows for {party!r}.", cure="Choose one of its parties.")
    extent = 100 if narrow else 176
    plot = theme.width(narrow) - extent - 12
    cells = []
    for row in sorted(rows, key=lambda r: (rank("stage", str(r["stage"])), rank("product", str(r["product"])))):
        if row["year"] not in years:
            continue
        share = quantity(row["gap_share"])
        known = row["gap_share"] is not None
        low, high = row.get("gap_t_p10"), row.get("gap_t_p90")
        detail = "" if not known or (share == 0 and not high) else t.number(quantity(row["gap_t"]))
        if detail and not narrow and low is not None and high is not None:
            detail = t(
                "{value} ({low}–{high})",
                value=detail,
                low=t.number(quantity(low)),
                high=t.number(quantity(high)),
            )
        cells.append(
            {
                "party": t.place(str(row["party"])),
                "step": theme.label(step_name(row, t, rows), 16 if narrow else 28),
                "year": t.year(int(str(row["year"]))),
                "share": share if known else None,
                "main": part_of_need(share, t) if known else t("not known"),
                "detail": detail,
                "strong": share >= 0.8,
            }
        )
    ink = {"condition": {"test": "datum.strong", "value": theme.PAPER}, "value": theme.ON_COLOUR}
    y = {
        "field": "step",
        "type": "nominal",
        "sort": None,
        "axis": theme.y_labels(extent, size=10.5 if narrow else 11.5),
    }
    x = {"field": "year", "type": "ordinal", "title": None, "axis": {"orient": "top", "labelAngle": 0, "grid": False}}
    scale = {"type": "threshold", "domain": [0.2, 0.4, 0.6, 0.8], "range": list(theme.GAPS)}
    body: theme.Spec = {
        "data": {"values": cells},
        "facet": {
            "field": "party",
            "type": "nominal",
            "sort": [t.place(p) for p in parties],
            "header": {"labelAnchor": "start", "labelFontSize": 13},
        },
        "columns": 1,
        "spacing": {"row": 10},
        "spec": {
            "width": plot,
            "height": {"step": 30},
            "encoding": {"y": y, "x": x},
            "layer": [
                {
                    "mark": {"type": "rect", "stroke": theme.PAPER, "strokeWidth": 2, "invalid": None},
                    "encoding": {
                        "color": {
                            "condition": {"test": "datum.share === null || datum.share === 0", "value": theme.NONE},
                            "field": "share",
                            "type": "quantitative",
                            "scale": scale,
                            "legend": None,
                        }
                    },
                },
                {
                    "mark": {
                        "type": "text",
                        "fontWeight": "bold",
                        "fontSize": 11.5,
                        "dy": {"expr": "datum.detail ? -5 : 0"},
                    },
                    "encoding": {"text": {"field": "main"}, "color": ink},
                },
                {
                    "mark": {"type": "text", "fontSize": 9, "dy": 7},
                    "encoding": {"text": {"field": "detail"}, "color": ink},
                },
            ],
        },
    }
    if len(parties) == 1:
        body = {"data": body["data"], **body["spec"]}
    return theme.frame(
        body,
        title=_finding(rows, parties, t),
        narrow=narrow,
        source=theme.footer(result, rows, t),
        subtitle=t(
            "Share of need without a sure source (own, contracted, allied), outlook {outlook}; below it "
            "the tonnes and their 10–90% interval",
            outlook=t.term("outlook", str(rows[0]["outlook"])),
        ),
        description=t("Heat table: products down, years across, a block for each party."),
    )


def gap_ledger(
    result: Result,
    *,
    lang: str,
    narrow: bool = False,
    names: Names | None = None,
    stage: str | None = None,
    product: str | None = None,
) -> theme.Spec:
    """Need at one step of the chain by year, split into what covers it and the gap; a chart for each party."""
    t = translator(lang, names)
    rows = one_outlook(result)
    if not rows:
        raise NotFound("Gaps holds no rows.", cure="Run `didymium gaps` first.")
    everything = rows
    rows = [r for r in rows if stage in (None, r["stage"]) and product in (None, r["product"])]
    if not rows:
        raise NotFound(f"Gaps holds no rows for {product!r} at {stage!r}.", cure="Choose one of its steps.")
    step = largest_gap(rows)
    rows = [r for r in rows if (r["stage"], r["product"]) == (step["stage"], step["product"])]
    named_step = step_name(step, t, everything)
    parties = parties_of(rows)
    named = {
        "own_t": t("Own supply"),
        "contracted_t": t("Contracted"),
        "allied_t": t("Allied supply"),
        "gap_t": t("Gap"),
    }
    across = 1 if narrow else len(parties)
    left = 48
    plot = (theme.width(narrow) - left - 18 * (across - 1) - 8) // across
    bars, bands, heads, tallest = [], [], [], 0.0
    used = [p for p in PARTS if any(covering(r)[p] > 0 for r in rows)]
    for row in sorted(rows, key=lambda r: int(str(r["year"]))):
        party, year, at = t.place(str(row["party"])), str(row["year"]), 0.0
        for part, size in covering(row).items():
            bars.append({"party": party, "year": year, "part": named[part], "from": at, "to": at + size})
            at += size
        low, high = row.get("gap_t_p10"), row.get("gap_t_p90")
        if low is not None and quantity(high) > 0:
            bands.append(
                {"party": party, "year": year, "from": max(0.0, at - quantity(high)), "to": at - quantity(low)}
            )
        tallest = max(tallest, at)
        heads.append({"party": party, "year": year, "at": at, "text": part_of_need(quantity(row["gap_share"]), t)})
    years = sorted({str(r["year"]) for r in rows})
    x = {
        "field": "year",
        "type": "ordinal",
        "title": None,
        "axis": {
            "labelAngle": 0,
            "grid": False,
            "values": [y for i, y in enumerate(years) if i % 3 == 0],
            "labelFontSize": 10.5,
        },
    }
    y = {"type": "quantitative", "title": None, "axis": {"tickCount": 4, "grid": True, "format": ",.3~r"}}
    y["scale"] = {"domainMax": 1.1 * tallest}
    body = {
        "facet": {
            "field": "party",
            "type": "nominal",
            "sort": [t.place(p) for p in parties],
            "header": {"labelAnchor": "start"},
        },
        "data": {
            "values": [
                *({**b, "kind": "bar"} for b in bars),
                *({**b, "kind": "band"} for b in bands),
                *({**h, "kind": "head"} for h in heads),
            ]
        },
        "columns": across,
        "spacing": {"column": 18, "row": 18},
        "spec": {
            "width": plot,
            "height": 190 if not narrow else 150,
            "layer": [
                {
                    "transform": [{"filter": "datum.kind == 'bar'"}],
                    "mark": {"type": "bar", "width": {"band": 0.8}},
                    "encoding": {
                        "x": x,
                        "y": {"field": "from", **y},
                        "y2": {"field": "to"},
                        "color": {
                            "field": "part",
                            "type": "nominal",
                            "scale": {
                                "domain": [named[p] for p in used],
                                "range": [COLOURS[PARTS.index(p)] for p in used],
                            },
                            "legend": {"columns": 3 if narrow else 5},
                        },
                    },
                },
                {
                    "transform": [{"filter": "datum.kind == 'band'"}],
                    "mark": {"type": "rule", "strokeWidth": 1.6, "color": theme.INK},
                    "encoding": {"x": x, "y": {"field": "from", **y}, "y2": {"field": "to"}},
                },
                {
                    "transform": [{"filter": "datum.kind == 'head'"}],
                    "mark": {"type": "text", "dy": -7, "fontSize": 9, "color": theme.MUTED},
                    "encoding": {"x": x, "y": {"field": "at", **y}, "text": {"field": "text"}},
                },
            ],
        },
    }
    worst = largest_gap(rows)
    title = t(
        "{product}, {party}: the gap is widest in {year}, {share} of need",
        product=named_step,
        party=t.place(str(worst["party"])),
        year=t.year(int(str(worst["year"]))),
        share=t.share(quantity(worst["gap_share"])),
    )
    if quantity(worst["gap_t"]) == 0:
        title = t("{product}: need is covered in every year", product=named_step)
    return theme.frame(
        body,
        title=title,
        narrow=narrow,
        source=theme.footer(result, rows, t),
        subtitle=t(
            "Need by year [t] and what covers it, outlook {outlook}; supply beyond the need is not drawn; above each "
            "bar the gap as share of need; line = 10–90% interval of the gap",
            outlook=t.term("outlook", str(rows[0]["outlook"])),
        ),
        description=t("Stacked bars by year, a chart for each party."),
    )


def covering(row: Row) -> dict[str, float]:
    """The need of a row [t], split into what covers it (in the order of `COVERS`) and the gap; the sum is the need."""
    left = quantity(row["need_t"])
    split = {}
    for part in COVERS:
        split[part] = min(left, quantity(row[part]))
        left -= split[part]
    return {**split, "gap_t": left}


def one_outlook(result: Result) -> list[Row]:
    """The rows of the first demand outlook of the result: a figure never mixes two."""
    first = result.rows[0]["outlook"] if result.rows else None
    return [r for r in result.rows if r["outlook"] == first]


def parties_of(rows: list[Row]) -> list[str]:
    """Parties in the order of the study; the pair together comes last."""
    return sorted(dict.fromkeys(str(r["party"]) for r in rows), key=lambda p: "+" in p)


def some_years(years: list[int], most: int) -> list[int]:
    """First, last and evenly spread years between, at most `most` of them."""
    if len(years) <= most:
        return years
    return sorted({years[round(i * (len(years) - 1) / (most - 1))] for i in range(most)})


def largest_gap(rows: list[Row]) -> Row:
    """The row with the largest share of need uncovered; of equal ones the largest in tonnes."""
    return max(rows, key=lambda r: (quantity(r["gap_share"]), quantity(r["gap_t"])))


def _finding(rows: list[Row], parties: list[str], t: Translator) -> str:
    worst = largest_gap([r for r in rows if r["party"] == parties[-1]])
    if quantity(worst["gap_t"]) == 0:
        return t("No gap is found for {party}", party=t.place(parties[-1]))
    return t(
        "{party}: the widest gap is {product}, {share} of need in {year}",
        party=t.place(parties[-1]),
        product=step_name(worst, t, rows),
        share=t.share(quantity(worst["gap_share"])),
        year=t.year(int(str(worst["year"]))),
    )
