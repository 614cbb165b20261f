"""Sections on the record: measures in force and about to lapse, projects, promises."""

from __future__ import annotations

from didymium.brief.desk import Desk, number, text
from didymium.brief.document import Block, Column, Interval, Paragraph, Section, Table
from didymium.figures import commitments_board, measures_calendar, project_timeline
from didymium.figures.record import as_list, lapse, lateness, measure_name
from didymium.i18n import rank
from didymium.results import Row

SOON_DAYS = 90
"""What lapses or falls due within this many days is about to happen."""


def lapsing(rows: tuple[Row, ...]) -> list[Row]:
    """Measures that end, or whose suspension ends, within `SOON_DAYS`."""
    return sorted((r for r in rows if 0 <= _days(r, "days_to_lapse", -1) <= SOON_DAYS), key=lambda r: _days(r, "days_to_lapse", 0))


def past_their_date(rows: tuple[Row, ...]) -> list[Row]:
    """Measures whose end date has passed and of which nobody knows what followed."""
    return [r for r in rows if r["status"] == "unknown" and _days(r, "days_to_lapse", 0) < 0]


def situation(desk: Desk) -> Section:
    """Which measures bite today, which lapse soon, and which nobody knows about."""
    t = desk.t
    title = t("Situation: measures in force and about to lapse")
    if not desk.has("measures"):
        return Section("situation", title, (desk.missing("measures", title),))
    rows = desk.rows("measures")
    force = [r for r in rows if r["status"] in ("in_force", "in_force_presumed")]
    name = (Column(t("Measure"), wide=True), lambda r: measure_name(r, t, most=12))
    target = (Column(t("Aimed at")), lambda r: t(", ").join(t.place(p) for p in as_list(r["targeted"])))
    status = (Column(t("Status")), lambda r: t.term("measure_status", text(r["status"])))
    evidence = (Column(t("Last evidence"), "date"), lambda r: text(r.get("evidence_date")))

    def calendar(id: str) -> Table:
        return desk.table(
            t("All measures"),
            sorted(rows, key=lambda r: (rank("measure_status", text(r["status"])), text(r.get("effective_date")))),
            [
                name,
                target,
                (Column(t("Since"), "date"), lambda r: text(r.get("effective_date"))),
                (Column(t("Ends"), "date"), lambda r: text(r.get("end_date"))),
                status,
                evidence,
            ],
            id=id,
        )

    blocks: list[Block] = [
        Paragraph(
            t(
                "As of {date}, {n} of {m} recorded measures are in force or presumed so; those that end or come back within {d} days: {k}.",
                date=t.date(desk.as_of), n=t.count(len(force)), m=t.count(len(rows)), k=t.count(len(lapsing(rows))), d=t.count(SOON_DAYS),
            )
        ),  # fmt: skip
        *desk.figure("measures", measures_calendar, calendar),
    ]
    soon, gone = lapsing(rows), past_their_date(rows)
    if soon or gone:
        blocks.append(
            desk.table(
                t("About to lapse, or past their date with nothing known"),
                [*soon, *gone],
                [
                    name,
                    target,
                    status,
                    (Column(t("Date"), "date"), lambda r: text(r.get("end_date"))),
                    (Column(t("What happens then")), lambda r: lapse(r, t)),
                    (Column(t("Effect"), wide=True), lambda r: t.fact(text(r.get("lapse_effect")))),
                    evidence,
                ],
            )
        )
    else:
        blocks.append(Paragraph(t("No measure lapses within {d} days.", d=t.count(SOON_DAYS)), tone="note"))
    if force:
        blocks.append(
            desk.table(
                t("In force"),
                sorted(force, key=lambda r: text(r.get("effective_date"))),
                [
                    name,
                    target,
                    (Column(t("Since"), "date"), lambda r: text(r.get("effective_date"))),
                    status,
                    (Column(t("Observed effect"), wide=True), lambda r: t.fact(text(r.get("observed_effect")))),
                    evidence,
                ],
            )
        )
    return Section("situation", title, tuple(blocks))


def projects(desk: Desk) -> Section:
    """Real projects that would fill a gap, with date, status and support."""
    t = desk.t
    title = t("Candidate projects")
    if not desk.has("projects"):
        return Section("projects", title, (desk.missing("projects", title),))
    rows = sorted(desk.rows("projects"), key=lambda r: (rank("stage", text(r["stage"])), text(r["name"]), text(r["product"])))
    base = (Column(t("Project"), wide=True), lambda r: text(r["name"]))
    product = (Column(t("Product")), lambda r: t.term("product", text(r["product"])))
    status = (Column(t("Status")), lambda r: t.term("project_status", text(r["status"])))

    def timeline(id: str) -> Table:
        return desk.table(
            t("Start of production"),
            rows,
            [
                base,
                (Column(t("Stage")), lambda r: t.term("stage", text(r["stage"]))),
                product,
                status,
                (Column(t("Start"), "year"), lambda r: Interval(number(r["start_year"]), number(r.get("start_year_p10")), number(r.get("start_year_p90")))),
                (Column(t("Lead time"), "number", t("years")), lambda r: number(r.get("lead_time_years"))),
            ],
            id=id,
        )

    tonnes = t("t/y")
    whom = (Column(t("For")), lambda r: t.place(text(r["gap_party"])) if r.get("gap_party") else "")
    for_whom = [whom] if len({text(r.get("gap_party")) for r in rows}) > 1 else []
    supply = desk.table(
        t("What the projects would add"),
        rows,
        [
            (Column(t("Project"), wide=True), lambda r: t("{project}, {operator}", project=text(r["name"]), operator=text(r.get("operator")) or t("operator not known"))),
            (Column(t("Place")), lambda r: t.place(text(r["country"]))),
            product,
            status,
            (Column(t("Capacity"), "number", tonnes), lambda r: number(r.get("capacity_t"))),
            (Column(t("Expected 2027"), "number"), lambda r: number(r.get("expected_t_2027"))),
            (Column(t("Expected 2030"), "number"), lambda r: number(r.get("expected_t_2030"))),
            (Column(t("Expected 2035"), "number"), lambda r: number(r.get("expected_t_2035"))),
            (Column(t("Fills, share of gap"), "share"), lambda r: number(r.get("fills_share"))),
            *for_whom,
        ],
        note=t("Expected output, in the unit of capacity, weighs the capacity by the chance that it runs by then. A dash: not reported in tonnes of this product."),
    )
    supported = [r for r in rows if r.get("support_instruments") or r.get("offtaker") or r.get("support_usd_m") is not None]
    blocks: list[Block] = [*desk.figure("projects", project_timeline, timeline), supply]
    if supported:
        blocks.append(
            desk.table(
                t("Support already given, and who buys"),
                supported,
                [
                    base,
                    product,
                    (Column(t("Instruments")), lambda r: t.terms("instrument", as_list(r.get("support_instruments")))),
                    (Column(t("From")), lambda r: t(", ").join(t.place(p) for p in as_list(r.get("support_party")))),
                    (Column(t("Amount"), "number", t("USD million")), lambda r: number(r.get("support_usd_m"))),
                    (Column(t("Buyers"), wide=True), lambda r: text(r.get("offtaker"))),
                    (Column(t("Note"), wide=True), lambda r: t.fact(text(r.get("note")))),
                ],
                note=t("Amounts are as announced; an announcement is not yet money paid."),
            )
        )
    return Section("projects", title, tuple(blocks))


def commitments(desk: Desk) -> Section:
    """What was promised, by when, and what is known of it."""
    t = desk.t
    title = t("Commitments due and overdue")
    if not desk.has("commitments"):
        return Section("commitments", title, (desk.missing("commitments", title),))
    rows = sorted(desk.rows("commitments"), key=lambda r: (rank("commitment_state", text(r["state"])), text(r.get("due_date")) or "9", text(r["commitment_id"])))

    def board(id: str) -> Table:
        return desk.table(
            t("All commitments, by state"),
            rows,
            [
                (Column(t("Commitment"), wide=True), lambda r: t.fact(text(r["summary"]))),
                (Column(t("By")), lambda r: t(", ").join(t.place(p) for p in as_list(r["parties"]))),
                (Column(t("Agreement"), wide=True), lambda r: t.fact(text(r["agreement"]))),
                (Column(t("Clause")), lambda r: text(r.get("clause"))),
                (Column(t("Kind")), lambda r: t.term("commitment_kind", text(r["kind"]))),
                (Column(t("Legal force")), lambda r: t.term("legal_force", text(r.get("legal_force")))),
                (Column(t("Due"), "date"), lambda r: text(r.get("due_date"))),
                (Column(t("State")), lambda r: t.term("commitment_state", text(r["state"]))),
                (Column(t("Days")), lambda r: lateness(r, t)),
                (Column(t("Last evidence"), "date"), lambda r: text(r.get("last_evidence_date"))),
            ],
            id=id,
        )

    states = list(dict.fromkeys(text(r["state"]) for r in rows))
    blocks: list[Block] = [
        Paragraph(
            t(
                "Recorded: {n} commitments of the parties, or owed to them. By state: {states}.",
                n=t.count(len(rows)),
                states=t(", ").join(t("{state} {n}", state=t.term("commitment_state", s), n=t.count(sum(1 for r in rows if r["state"] == s))) for s in states),
            )
        ),
        *desk.figure("commitments", commitments_board, board),
    ]
    pressing = [r for r in rows if r["state"] in ("overdue", "missed", "due_soon")]
    if pressing:
        blocks.append(
            desk.table(
                t("Overdue, missed or due within {d} days", d=t.count(SOON_DAYS)),
                pressing,
                [
                    (Column(t("Commitment"), wide=True), lambda r: t.fact(text(r["summary"]))),
                    (Column(t("By")), lambda r: t(", ").join(t.place(p) for p in as_list(r["parties"]))),
                    (Column(t("Agreement"), wide=True), lambda r: t.fact(text(r["agreement"]))),
                    (Column(t("Due"), "date"), lambda r: text(r.get("due_date"))),
                    (Column(t("Days")), lambda r: lateness(r, t)),
                    (Column(t("What is known")), lambda r: t.term("commitment_state", text(r["status"]))),
                    (Column(t("Last evidence"), "date"), lambda r: text(r.get("last_evidence_date"))),
                ],
                note=t("Overdue means that the date has passed and no public evidence shows the promise kept. Absence of reports is not proof of absence."),
            )
        )
    else:
        blocks.append(Paragraph(t("Nothing is overdue or due within {d} days.", d=t.count(SOON_DAYS)), tone="note"))
    return Section("commitments", title, tuple(blocks))


def _days(row: Row, column: str, otherwise: float) -> float:
    value = number(row.get(column))
    return otherwise if value is None else value
