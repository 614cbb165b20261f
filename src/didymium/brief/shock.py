"""Sections on disruption: what breaks and when, and which assumptions decide it."""

from __future__ import annotations

from functools import partial

from didymium.brief.desk import Desk, interval, number, said, text
from didymium.brief.document import Block, Cell, Column, Paragraph, Points, Section, Table
from didymium.figures import drivers_tornado, first_shortage, shortage_months
from didymium.figures.drivers import assumption_name, assumption_range, drivers_of
from didymium.figures.shortage import (
    by_sector,
    first_rows,
    hardest,
    monthly_rows,
    scenario_files,
    scenario_name,
    scenarios,
)
from didymium.i18n import rank
from didymium.results import Row

SAME = 1e-4  # of a party's demand: ends that lie closer are one


def what_breaks(desk: Desk) -> Section:
    """Days to the first shortage by scenario, unserved demand by month, and the worst case of each."""
    t = desk.t
    title = t("What breaks, when")
    if not desk.has("stress"):
        return Section("stress", title, (desk.missing("stress", title),))
    result = desk.result("stress")
    known = scenarios(result)
    firsts = [row for s in known for row in first_rows(result, s)]

    def first_table(id: str) -> Table:
        return desk.table(
            t("First shortage by scenario"),
            firsts,
            [
                (Column(t("Scenario"), wide=True), lambda r: scenario_name(result, text(r["scenario"]), t)),
                (Column(t("Foresight")), lambda r: t.term("foresight", text(r["foresight"]))),
                (Column(t("Party")), lambda r: t.place(text(r["party"]))),
                (
                    Column(t("Sector")),
                    lambda r: (
                        t.term("sector", text(r["sector"]))
                        if r.get("days_to_shortage") is not None
                        else t("no shortage")
                    ),
                ),
                (Column(t("Product")), lambda r: t.term("product", text(r["product"]))),
                (Column(t("Days to first shortage"), "count"), lambda r: interval(r, "days_to_shortage")),
                (Column(t("Date"), "date"), lambda r: text(r.get("first_shortage_date"))),
            ],
            id=id,
        )

    blocks: list[Block] = [
        Paragraph(
            t(
                "Each scenario is solved twice. Coordinated: supply and stocks are steered with the whole course "
                "of events in view, the best any response could do. "
                "Myopic: each month is met without knowing what follows. What really happens lies between."
            )
        ),
        *_banded(desk),
        *_asked(desk),
        *desk.figure(result, first_shortage, first_table),
    ]
    observed = desk.extra("stress", "observed")
    if observed:
        seen = [
            Paragraph(
                t(
                    "{who}, {place}: stopped after {days}",
                    who=text(r["who"]),
                    place=t.place(text(r["party"])),
                    days=t.days(number(r["days"])),
                ),
                desk.cite(r),
            )
            for r in observed
        ]
        blocks.append(
            Points(tuple(seen), heading=t("Observed after the licences of April 2025, to check the model against"))
        )
    for scenario in dict.fromkeys((known[0], hardest(result))):
        blocks += desk.figure(result, shortage_months, partial(_months, desk, scenario), scenario=scenario)
    blocks += _worst(desk, known)
    blocks += _ties(desk)
    scarcity = _scarcity(desk, hardest(result))
    if scarcity:
        blocks.append(scarcity)
    return Section("stress", title, tuple(blocks))


def _banded(desk: Desk) -> list[Paragraph]:
    """What the intervals are, and how many draws they rest on."""
    draws = {int(number(r.get("draws")) or 0) for r in desk.rows("stress")} - {0}
    if not draws:
        return []
    return [
        Paragraph(
            desk.t(
                "An interval stands beside the myopic run: the 10th and 90th percentile of {draws} or more draws "
                "over all uncertain inputs at once, errors of the base year's figures included. The central case holds "
                "every input at its own value and need not lie in the middle. With so few draws the ends of an "
                "interval are themselves uncertain; ask for more with: didymium stress --draws.",
                draws=min(draws),
            )
        )
    ]


def _asked(desk: Desk) -> list[Table]:
    """The scenarios in words, where the study keeps them."""
    t = desk.t
    files = scenario_files(desk.result("stress"))
    if not files:
        return []
    return [
        desk.table(
            t("The scenarios"),
            files,
            [
                (Column(t("Scenario"), wide=True), lambda r: said(r, "title", t)),
                (Column(t("What happens"), wide=True), lambda r: said(r, "summary", t)),
                (Column(t("Starts"), "month"), lambda r: text(r.get("start"))),
                (Column(t("Months"), "count"), lambda r: number(r.get("months"))),
                (Column(t("How likely"), wide=True), lambda r: said(r, "likelihood", t)),
            ],
        )
    ]


def _months(desk: Desk, scenario: str, id: str) -> Table:
    """The monthly figure as a table: a line for each sector, a column for each month."""
    t = desk.t
    rows = monthly_rows(desk.result("stress"), scenario)
    product = text(rows[0]["product"])
    as_share = all(r.get("unserved_share") is not None for r in rows)
    column = "unserved_share" if as_share else "unserved_t"
    months = sorted({text(r["month"]) for r in rows})
    lines: dict[tuple[str, str, str], dict[str, float | None]] = {}
    for row in rows:
        key = (text(row["party"]), text(row["sector"]), text(row["foresight"]))
        lines.setdefault(key, {})[text(row["month"])] = number(row[column])
    ordered = sorted(lines, key=lambda k: (k[0], rank("sector", k[1]), k[2]))
    head = (Column(t("Party")), Column(t("Sector")), Column(t("Foresight")))
    sources = [r for r in desk.rows("stress") if r["scenario"] == scenario and r["product"] == product]
    cells: list[tuple[Cell, ...]] = [
        (t.place(k[0]), t.term("sector", k[1]), t.term("foresight", k[2]), *(lines[k].get(m) for m in months))
        for k in ordered
    ]
    cites = tuple(desk.cite(*(r for r in sources if (r["party"], r["sector"], r["foresight"]) == k)) for k in ordered)
    measured = t("unserved share of demand") if as_share else t("unserved demand [t a month]")
    return Table(
        id=id,
        caption=t("{product}, {measured} by month", product=t.term("product", product), measured=measured),
        columns=(*head, *(Column(t.date(m), "share" if as_share else "number") for m in months)),
        rows=tuple(cells),
        cites=cites,
    )


def _worst(desk: Desk, known: list[str]) -> list[Block]:
    """For each scenario and party the row with the largest unserved share, in both kinds of foresight."""
    t = desk.t
    result = desk.result("stress")
    best: dict[tuple[int, str, str], Row] = {}
    for row in by_sector(result.rows):
        key = (known.index(text(row["scenario"])), text(row["party"]), text(row["foresight"]))
        if key not in best or (number(row["unserved_share"]) or 0) > (number(best[key]["unserved_share"]) or 0):
            best[key] = row
    order = {party: i for i, party in enumerate(desk.parties)}
    ranked = sorted(best, key=lambda k: (k[0], order.get(k[1], len(order)), k[1], k[2]))
    kept = [best[k] for k in ranked if (number(best[k]["unserved_t"]) or 0) > 0]
    hit = {text(r["scenario"]) for r in kept}
    blocks: list[Block] = []
    calm = [scenario_name(result, s, t) for s in known if s not in hit]
    if calm:
        blocks.append(
            Paragraph(
                t("No demand goes unserved in: {scenarios}.", scenarios=t.list(calm)),
                desk.cite(*(r for r in result.rows if r["scenario"] not in hit)),
            )
        )
    if not kept:
        return blocks
    table = desk.table(
        t("The hardest-hit use in each scenario"),
        kept,
        [
            (Column(t("Scenario"), wide=True), lambda r: scenario_name(result, text(r["scenario"]), t)),
            (Column(t("Party")), lambda r: t.place(text(r["party"]))),
            (Column(t("Foresight")), lambda r: t.term("foresight", text(r["foresight"]))),
            (
                Column(t("Use"), wide=True),
                lambda r: t(
                    "{sector}: {product}",
                    sector=t.term("sector", text(r["sector"])),
                    product=t.term("product", text(r["product"])),
                ),
            ),
            (Column(t("Demand"), "number", t("t")), lambda r: number(r["demand_t"])),
            (Column(t("Unserved"), "number", t("t")), lambda r: interval(r, "unserved_t")),
            (Column(t("Unserved, share of demand"), "share"), lambda r: number(r["unserved_share"])),
            (Column(t("Value lost"), "number", t("USD million")), lambda r: number(r.get("loss_usd_m"))),
        ],
        note=t("Sums over the whole horizon of the scenario."),
    )
    return [*blocks, table]


def _ties(desk: Desk) -> list[Block]:
    """Where equals compete for what is left: the least and the most that each party may go without."""
    t = desk.t
    kept = [
        r
        for r in desk.extra("stress", "ties")
        if (number(r["tie_high_t"]) or 0) - (number(r["tie_low_t"]) or 0) > SAME * (number(r["demand_t"]) or 0)
    ]
    if not kept:
        return []
    result = desk.result("stress")
    return [
        desk.table(
            t("How far a party's share of a shortage is open"),
            kept,
            [
                (Column(t("Scenario"), wide=True), lambda r: scenario_name(result, text(r["scenario"]), t)),
                (Column(t("Party")), lambda r: t.place(text(r["party"]))),
                (Column(t("Product")), lambda r: t.term("product", text(r["product"]))),
                (Column(t("Unserved"), "number", t("t")), lambda r: number(r["unserved_t"])),
                (Column(t("Lowest"), "number", t("t")), lambda r: number(r["tie_low_t"])),
                (Column(t("Highest"), "number", t("t")), lambda r: number(r["tie_high_t"])),
            ],
            note=t(
                "Coordinated. Where users of equal worth compete, many plans are as good. Between the lowest and the "
                "highest the model does not say who goes short; the world's shortage is the same in all of them."
            ),
        )
    ]


def _scarcity(desk: Desk, scenario: str) -> Table | None:
    """The highest scarcity value of each product and party in the main scenario."""
    t = desk.t
    best: dict[tuple[str, str], Row] = {}
    for row in desk.extra("stress", "scarcity"):
        key = (text(row["party"]), text(row["product"]))
        value = number(row.get("scarcity_usd_per_kg"))
        if (
            row["scenario"] == scenario
            and row["foresight"] == "myopic"
            and value
            and value > (number(best.get(key, {}).get("scarcity_usd_per_kg")) or 0.0)
        ):
            best[key] = row
    if not best:
        return None
    kept = [best[k] for k in sorted(best, key=lambda k: (k[0], rank("product", k[1])))]
    return desk.table(
        t("Scarcity values at their peak, myopic"),
        kept,
        [
            (Column(t("Party")), lambda r: t.place(text(r["party"]))),
            (Column(t("Product")), lambda r: t.term("product", text(r["product"]))),
            (Column(t("Month"), "month"), lambda r: text(r["month"])),
            (Column(t("Scarcity value"), "number", t("USD per kg")), lambda r: number(r["scarcity_usd_per_kg"])),
            (Column(t("Base price"), "number", t("USD per kg")), lambda r: number(r.get("base_price_usd_per_kg"))),
        ],
        note=t("A scarcity value says what one more kilogram would be worth in the model. It is not a price forecast."),
    )


def assumptions(desk: Desk) -> Section:
    """Which assumption moves the answer most."""
    t = desk.t
    title = t("Assumptions that matter")
    rows = drivers_of(desk.result("stress")) if desk.has("stress") else []
    if not rows:
        return Section("assumptions", title, (Paragraph(t("No assumption was varied in these runs."), tone="note"),))
    result = desk.result("stress")
    scenario = text(rows[0]["scenario"])

    def table(id: str) -> Table:
        return desk.table(
            t("Unserved demand when one assumption moves"),
            rows,
            [
                (Column(t("Assumption"), wide=True), lambda r: assumption_name(r, t)),
                (Column(t("Foresight")), lambda r: t.term("foresight", text(r["foresight"]))),
                (Column(t("Range")), lambda r: assumption_range(r, t, with_unit=True)),
                (Column(t("Unserved at low"), "number", t("t")), lambda r: number(r["unserved_t_low"])),
                (Column(t("Unserved at high"), "number", t("t")), lambda r: number(r["unserved_t_high"])),
                (Column(t("Swing"), "number", t("t")), lambda r: number(r["swing_t"])),
                (Column(t("Days at low"), "count"), lambda r: number(r.get("days_low"))),
                (Column(t("Days at high"), "count"), lambda r: number(r.get("days_high"))),
                (Column(t("Id")), lambda r: text(r["assumption_id"])),
            ],
            id=id,
        )

    lead = Paragraph(
        t(
            "Each assumption is moved alone to the low and the high end of its range in “{scenario}”. What moves "
            "the answer most is where better data pay most.",
            scenario=scenario_name(result, scenario, t),
        )
    )
    found = [Paragraph(said(r, "text", t), tone="note") for r in desk.extra("stress", "finding")]
    figure = desk.figure(result, drivers_tornado, table, scenario=scenario)
    return Section("assumptions", title, (lead, *found, *figure))
