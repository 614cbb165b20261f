"""The section on money: which projects are bankable, with what support, at what public cost."""

from __future__ import annotations

from didymium.brief.desk import Desk, Picked, interval, number, text
from didymium.brief.document import Block, Column, Paragraph, Section, Table
from didymium.figures.bankability import bankability, modelled, package_name


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
        *desk.figure(result, bankability, twin),
        desk.table(
            t("Value, bankability and the cheapest package that suffices"),
            rows[:16],
            shown,
            note=t(
                "Capital cost that nobody states is estimated from comparable projects, with the range of a prediction."
            ),
        ),
    ]
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
