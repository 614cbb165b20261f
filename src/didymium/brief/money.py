"""The section on money: which projects are bankable, with what support, at what public cost."""

from __future__ import annotations

from didymium.brief.desk import Desk, Picked, interval, number, text
from didymium.brief.document import Block, Column, Paragraph, Points, Section, Table
from didymium.figures.bankability import bankability, modelled, named_package, package_name
from didymium.results import Row

PAYERS = 4  # programmes named for each


def finance(desk: Desk) -> Section:
    """Bankability of the candidate projects, without support and with the cheapest package tried."""
    t = desk.t
    title = t("What makes projects bankable")
    if not desk.has("finance"):
        return Section("finance", title, (desk.missing("finance", title),))
    result = desk.result("finance")
    rows = modelled(result.rows)
    if not rows:
        return Section("finance", title, (desk.missing("finance", title),))
    million = t("million USD")
    columns: list[Picked] = [
        (Column(t("Project"), wide=True), lambda r: text(r["name"])),
        (Column(t("Place")), lambda r: t.place(text(r["country"]))),
        (Column(t("Product")), lambda r: t.term("product", text(r["product"]))),
        (Column(t("Status")), lambda r: t.term("project_status", text(r["status"]))),
        (Column(t("Capital cost"), "number", million), lambda r: interval(r, "capex_usd_m")),
        (Column(t("Basis")), lambda r: t.term("figure_status", text(r["capex_status"]))),
        (Column(t("Present value"), "number", million), lambda r: interval(r, "npv_usd_m")),
        (Column(t("Rate of return"), "share"), lambda r: interval(r, "irr_share")),
        (Column(t("Break-even price"), "number", t("USD/kg")), lambda r: number(r["break_even_usd_per_kg"])),
        (Column(t("Bankable"), "share"), lambda r: number(r["bankable_share"])),
        (Column(t("Cheapest package"), wide=True), lambda r: package_name(r, t)),
        (Column(t("Public cost"), "number", million), lambda r: interval(r, "package_cost_usd_m")),
        (Column(t("Worst 5%"), "number", million), lambda r: number(r.get("package_tail_usd_m"))),
        (Column(t("At most"), "number", million), lambda r: number(r.get("package_exposure_usd_m"))),
    ]

    def twin(id: str) -> Table:
        return desk.table(t("Bankability of the projects"), rows, columns, id=id)

    shown = [columns[0], columns[4], columns[6], *columns[8:13]]
    blocks: list[Block] = [
        Paragraph(
            t(
                "Each project is run through drawn futures of price, cost and time with private finance alone, then "
                "with packages of public support. Support already given is left out: the question is what would be "
                "needed from nothing. Costs to the public are expected present values at the Treasury's rate."
            )
        ),
        Paragraph(
            t(
                "A table of many projects tries few futures and coarse steps of support: which package just suffices, "
                "and what it costs, can change with more. For one project, with 4,000 futures and finer steps: "
                "didymium finance PROJECT."
            ),
            tone="note",
        ),
        *desk.figure(result, bankability, twin),
        desk.table(
            t("Value, bankability and the cheapest package that suffices"),
            rows,
            shown,
            note=t(
                "Capital cost that nobody states is estimated from comparable projects, with the range of a prediction."
            ),
        ),
    ]
    blocks += _one_by_one(desk, rows)
    left = [r for r in result.rows if r.get("finance_status") != "modelled"]
    if left:
        blocks.append(
            Paragraph(
                t(
                    "Not modelled, for want of a published capacity, price or cost: {names}.",
                    names=t(", ").join(text(r["name"]) for r in left),
                ),
                tone="note",
            )
        )
    return Section("finance", title, tuple(blocks))


def _one_by_one(desk: Desk, rows: list[Row]) -> list[Block]:
    """A paragraph for each project, those largest against the need first: worth, support, payers, deals on record."""
    t = desk.t
    fills: dict[str, float] = {}
    for row in desk.rows("projects"):
        id = text(row.get("project_id"))
        fills[id] = max(fills.get(id, 0.0), number(row.get("fills_share")) or 0.0)
    ordered = sorted(rows, key=lambda r: -fills.get(text(r["project_id"]), 0.0))
    space = "" if desk.t.lang == "ja" else " "
    items = tuple(Paragraph(space.join(_told(desk, row)), desk.cite(row)) for row in ordered)
    return [Points(items, t("Project by project, those largest against the need first"))] if items else []


def _told(desk: Desk, row: Row) -> list[str]:
    t = desk.t
    id = text(row["project_id"])
    worth = interval(row, "npv_usd_m")
    said = [
        t(
            "{name} ({place}): worth {value} million USD ({low} to {high}); bankable in {share} of futures without "
            "support.",
            name=text(row["name"]),
            place=t.place(text(row["country"])),
            value=t.number(worth.value),
            low=t.number(worth.low),
            high=t.number(worth.high),
            share=t.share(number(row["bankable_share"])),
        )
    ]
    if row.get("package_cost_usd_m") is None:
        best = number(row.get("best_share"))
        said.append(t("No package tried suffices; the best reaches {share} of futures.", share=t.share(best)))
    else:
        said.append(
            t(
                "With {package} it is bankable in {share}, at an expected public cost of {cost}; in the worst 5%, "
                "{tail}.",
                package=named_package(text(row["package"]), t),
                share=t.share(number(row["package_bankable_share"])),
                cost=t.usd_m(number(row["package_cost_usd_m"])),
                tail=t.usd_m(number(row.get("package_tail_usd_m"))),
            )
        )
    payers = [
        r
        for r in desk.extra("finance", "programmes")
        if r["project_id"] == id and r["budget_fit"] != "no" and (r["is_home"] or r["party"] in desk.parties)
    ]
    if payers:
        names = list(dict.fromkeys(f"{text(r['agency'])} ({text(r['party'])})" for r in payers))[:PAYERS]
        said.append(t("Open programmes that could pay a part: {names}.", names=t(", ").join(names)))
    deals = [r for r in desk.extra("finance", "own_deals") if r["project_id"] == id]
    if deals:
        said.append(t("On record: {deals}.", deals=t("; ").join(_deal(desk, r) for r in deals)))
    return said


def _deal(desk: Desk, row: Row) -> str:
    t = desk.t
    amount = number(row["amount_usd_m"])
    return t(
        "{instrument} of {agency}, {amount} ({state})",
        instrument=t.term("instrument", text(row["instrument"])),
        agency=text(row["agency"]),
        amount=t("amount not told") if amount is None else t.usd_m(amount),
        state=t.term("deal_state", text(row["deal_state"])),
    )
