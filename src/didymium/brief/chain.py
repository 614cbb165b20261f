"""Sections on the chain as it stands: exposure, gaps, and what the data had to be bent to make it balance."""

from __future__ import annotations

from functools import partial

from didymium.brief.desk import Desk, Picked, interval, number, said, text
from didymium.brief.document import Block, Column, Paragraph, Section, Table
from didymium.figures import chain_shares, concentration, gap_heat, gap_ledger
from didymium.figures.gaps import largest_gap, one_outlook, parties_of
from didymium.figures.rows import latest, step_name
from didymium.i18n import rank
from didymium.results import Row


def exposure(desk: Desk) -> Section:
    """Who makes what, how concentrated it is, and how much each party buys abroad and from China."""
    t = desk.t
    title = t("Exposure")
    if not desk.has("exposure"):
        return Section("exposure", title, (desk.missing("exposure", title),))
    result = desk.result("exposure")
    steps = latest(result.rows, "stage", "product")
    shares = latest(desk.extra("exposure", "shares"), "stage", "product")

    def shares_table(id: str) -> Table:
        return desk.table(
            t("Share of world output by place"),
            shares,
            [
                (Column(t("Stage")), lambda r: t.term("stage", text(r["stage"]))),
                (Column(t("Product")), lambda r: t.term("product", text(r["product"]))),
                (Column(t("Year"), "year"), lambda r: number(r["year"])),
                (Column(t("Place")), lambda r: t.place(text(r["country"]))),
                (Column(t("Output"), "number"), lambda r: number(r["quantity"])),
                (Column(t("Unit")), lambda r: t.term("unit", text(r["unit"]))),
                (Column(t("Share"), "share"), lambda r: interval(r, "share")),
            ],
            id=id,
        )

    def steps_table(id: str) -> Table:
        return desk.table(
            t("Concentration by step of the chain"),
            steps,
            [
                (Column(t("Stage")), lambda r: t.term("stage", text(r["stage"]))),
                (Column(t("Product")), lambda r: t.term("product", text(r["product"]))),
                (Column(t("Year"), "year"), lambda r: number(r["year"])),
                (Column(t("World output"), "number"), lambda r: number(r["world_quantity"])),
                (Column(t("Unit")), lambda r: t.term("unit", text(r["unit"]))),
                (Column(t("HHI (0–1)"), "number"), lambda r: interval(r, "hhi")),
                (Column(t("Leader")), lambda r: t.place(text(r["top_country"]))),
                (Column(t("Leader's share"), "share"), lambda r: interval(r, "top_share")),
                (Column(t("Top three"), "share"), lambda r: number(r.get("top3_share"))),
                (Column(t("Evidence")), lambda r: t.term("evidence", text(r.get("evidence")))),
                (Column(t("What it does not tell"), wide=True), lambda r: said(r, "says", t)),
            ],
            id=id,
        )

    blocks: list[Block] = [
        *desk.figure(result, chain_shares, shares_table),
        *desk.figure(result, concentration, steps_table),
    ]
    reliance = latest(desk.extra("exposure", "reliance"), "party", "stage", "product")
    told = ("need_quantity", "own_quantity", "import_quantity", "china_import_share")
    reliance = [r for r in reliance if any(r.get(c) is not None for c in told)]
    order = {party: i for i, party in enumerate(desk.parties)}
    reliance.sort(key=lambda r: (order.get(text(r["party"]), len(order)), text(r["party"])))
    if reliance:
        blocks.append(
            desk.table(
                t("What each party needs, makes and imports"),
                reliance,
                [
                    (Column(t("Party")), lambda r: t.place(text(r["party"]))),
                    (Column(t("Product")), lambda r: t.term("product", text(r["product"]))),
                    (Column(t("Year"), "year"), lambda r: number(r["year"])),
                    (Column(t("Need"), "number"), lambda r: _of_scope(r, "need_quantity", "same")),
                    (Column(t("Own output"), "number"), lambda r: number(r.get("own_quantity"))),
                    (Column(t("Imports"), "number"), lambda r: _of_scope(r, "import_quantity", "same")),
                    (Column(t("Unit")), lambda r: t.term("unit", text(r.get("unit")))),
                    (
                        Column(t("Need with other goods [t]"), "number"),
                        lambda r: _of_scope(r, "need_quantity", "wider"),
                    ),
                    (
                        Column(t("Imports with other goods [t]"), "number"),
                        lambda r: _of_scope(r, "import_quantity", "wider"),
                    ),
                    (Column(t("Import reliance"), "share"), lambda r: number(r.get("reliance_share"))),
                    (Column(t("China's share of imports"), "share"), lambda r: number(r.get("china_import_share"))),
                ],
            )
        )
    blocks += _most_exposed(desk)
    claims = [r for r in desk.extra("exposure", "claims") if r.get("world_quantity") is not None]
    rivals = [
        r for r in claims if sum(1 for c in claims if (c["stage"], c["product"]) == (r["stage"], r["product"])) > 1
    ]
    if rivals:
        blocks.append(
            desk.table(
                t("Competing claims on the same output"),
                rivals,
                [
                    (Column(t("Product")), lambda r: t.term("product", text(r["product"]))),
                    (Column(t("Stage")), lambda r: t.term("stage", text(r["stage"]))),
                    (Column(t("Year"), "year"), lambda r: number(r["year"])),
                    (Column(t("Series")), lambda r: t.fact(text(r["series"]))),
                    (Column(t("Used here")), lambda r: bool(r["preferred"])),
                    (Column(t("World output"), "number"), lambda r: number(r["world_quantity"])),
                    (Column(t("Unit")), lambda r: t.term("unit", text(r["unit"]))),
                    (Column(t("China's share"), "share"), lambda r: number(r.get("china_share"))),
                ],
            )
        )
    return Section("exposure", title, tuple(blocks))


def _of_scope(row: Row, column: str, scope: str) -> float | None:
    """A figure of these goods alone, or of a basket that holds other goods too: never one for the other."""
    return number(row.get(column)) if row.get("scope", "same") == scope else None


def _most_exposed(desk: Desk) -> list[Table]:
    """Each party's order of exposure, where its reliance is known."""
    t = desk.t
    rows = [r for r in desk.extra("exposure", "ranking") if r.get("exposure_index") is not None]
    if not rows:
        return []
    return [
        desk.table(
            t("Where each party hangs on few suppliers"),
            rows,
            [
                (Column(t("Party")), lambda r: t.place(text(r["party"]))),
                (Column(t("Product")), lambda r: t.term("product", text(r["product"]))),
                (Column(t("Stage")), lambda r: t.term("stage", text(r["stage"]))),
                (Column(t("Exposure index (0–1)"), "number"), lambda r: interval(r, "exposure_index")),
                (Column(t("Leader")), lambda r: t.place(text(r["top_country"]))),
                (Column(t("Import reliance"), "share"), lambda r: number(r.get("reliance_share"))),
                (Column(t("Supply risk (EU method)"), "number"), lambda r: number(r.get("supply_risk"))),
                (Column(t("GeoPolRisk"), "number"), lambda r: number(r.get("geopolrisk"))),
                (Column(t("Cover without the largest source"), "share"), lambda r: number(r.get("n1_cover_share"))),
            ],
        )
    ]


def gap_columns(desk: Desk, rows: list[Row]) -> list[Picked]:
    """The ledger of one need: what covers it and what is left."""
    t = desk.t
    tonnes = t("t")
    return [
        (Column(t("Party")), lambda r: t.place(text(r["party"]))),
        (Column(t("Product")), lambda r: step_name(r, t, rows)),
        (Column(t("Year"), "year"), lambda r: number(r["year"])),
        (Column(t("Need"), "number", tonnes), lambda r: number(r["need_t"])),
        (Column(t("Own supply"), "number", tonnes), lambda r: number(r["own_t"])),
        (Column(t("Allied supply"), "number", tonnes), lambda r: number(r["allied_t"])),
        (Column(t("Contracted"), "number", tonnes), lambda r: number(r["contracted_t"])),
        (Column(t("Stock"), "number", tonnes), lambda r: number(r.get("stock_t"))),
        (Column(t("Gap"), "number", tonnes), lambda r: interval(r, "gap_t")),
        (Column(t("Gap, share of need"), "share"), lambda r: number(r["gap_share"])),
        (Column(t("Months of cover"), "number"), lambda r: number(r.get("cover_months"))),
    ]


def gaps(desk: Desk) -> Section:
    """The gap ledger by stage and year, for each party and for both."""
    t = desk.t
    title = t("Gaps by stage")
    if not desk.has("gaps"):
        return Section("gaps", title, (desk.missing("gaps", title),))
    result = desk.result("gaps")
    rows = one_outlook(result)
    parties = parties_of(rows)
    rows.sort(
        key=lambda r: (
            parties.index(text(r["party"])),
            rank("stage", text(r["stage"])),
            rank("product", text(r["product"])),
            text(r["year"]),
        )
    )

    def ledger(id: str, step: Row | None = None, party: str = "") -> Table:
        if step is None:
            own = [r for r in rows if r["party"] == party]
            return desk.table(t("Gap ledger: {product}", product=t.place(party)), own, gap_columns(desk, rows), id=id)
        kept = [r for r in rows if (r["stage"], r["product"]) == (step["stage"], step["product"])]
        return desk.table(
            t("Gap ledger: {product}", product=step_name(step, t, rows)), kept, gap_columns(desk, rows), id=id
        )

    blocks: list[Block] = [
        Paragraph(
            t(
                "A gap is the need of a party at one stage less what it can surely get: its own output, contracted "
                "purchases, and partners' output that is not needed there. Stock is not taken off: it is used once, "
                "a gap returns each year. Need follows from final demand through the recipes of the chain "
                "(outlook {outlook}).",
                outlook=t.term("outlook", text(rows[0]["outlook"])),
            )
        ),
    ]
    for party in parties:
        blocks += desk.figure(result, gap_heat, partial(ledger, party=party), party=party)
    pair = parties[-1]
    for stage in ("separated", "metal", "magnet"):
        here = [r for r in rows if r["stage"] == stage and r["party"] == pair and (number(r["gap_t"]) or 0) > 0]
        if here:
            step = largest_gap(here)
            blocks += desk.figure(
                result, gap_ledger, partial(ledger, step=step), stage=stage, product=text(step["product"])
            )
    return Section("gaps", title, tuple(blocks))


def reconcile(desk: Desk, most: int = 12) -> Section:
    """The largest adjustments that made production, trade and demand balance."""
    t = desk.t
    title = t("Largest adjustments to the data")
    if not desk.has("reconcile"):
        return Section("reconcile", title, (desk.missing("reconcile", title),))
    rows = sorted(desk.rows("reconcile"), key=lambda r: -abs(number(r.get("score")) or 0.0))
    shown = rows[:most]
    table = desk.table(
        t("Observed and reconciled values, largest adjustment against its uncertainty first"),
        shown,
        [
            (Column(t("Kind")), lambda r: t.term("reconcile_kind", text(r["kind"]))),
            (Column(t("Product")), lambda r: t.product(text(r["product"]))),
            (Column(t("Place")), lambda r: _flow(desk, r)),
            (Column(t("Year"), "year"), lambda r: number(r["year"])),
            (Column(t("Observed"), "number", t("t")), lambda r: number(r.get("observed_t"))),
            (Column(t("Reconciled"), "number", t("t")), lambda r: number(r.get("reconciled_t"))),
            (Column(t("Change"), "number", t("t")), lambda r: number(r.get("change_t"))),
            (Column(t("Change"), "share"), lambda r: number(r.get("change_share"))),
            (Column(t("Change in standard errors"), "number"), lambda r: number(r.get("score"))),
            (Column(t("Confidence")), lambda r: t.term("confidence", text(r.get("confidence")))),
        ],
    )
    lead = Paragraph(
        t(
            "Statistics of production, trade and demand do not balance. The model moves them as little as their "
            "uncertainty allows; "
            "here are the {n} largest of {m} moves.",
            n=t.count(len(shown)),
            m=t.count(len(rows)),
        )
    )
    return Section("reconcile", title, (lead, table))


def _flow(desk: Desk, row: Row) -> str:
    """Where a figure was observed: a place, a way from one place to another, or a use."""
    t, place = desk.t, desk.t.place(text(row["place"]))
    if row.get("partner"):
        return t("{a} → {b}", a=place, b=t.place(text(row["partner"])))
    return t("{a}: {b}", a=place, b=t.term("sector", text(row["sector"]))) if row.get("sector") else place
