"""Sections on the record: measures in force and about to lapse, projects, promises."""

from __future__ import annotations

from collections.abc import Iterable

from didymium.brief.desk import Desk, Picked, interval, number, said, text
from didymium.brief.document import Block, Column, Paragraph, Section, Table
from didymium.figures import commitments_board, measures_calendar, project_timeline
from didymium.figures.commitments import lateness
from didymium.figures.measures import change_date, change_days, change_kind, lapse, measure_name, state_of, target_names
from didymium.figures.rows import as_list
from didymium.i18n import Translator, rank
from didymium.results import Row

SOON_DAYS = 90
"""What lapses or falls due within this many days is about to happen."""


def lapsing(rows: Iterable[Row]) -> list[Row]:
    """Measures that change within `SOON_DAYS`: end, begin, or come back after a suspension."""
    near = [(days, r) for r in rows if (days := change_days(r)) is not None and 0 <= days <= SOON_DAYS]
    return [r for _, r in sorted(near, key=lambda pair: (pair[0], text(pair[1]["measure_id"])))]


def past_their_date(rows: Iterable[Row]) -> list[Row]:
    """Measures whose date has passed and of which nobody knows what followed."""
    return [r for r in rows if state_of(r) in ("unknown", "possibly_back") and (change_days(r) or 0) < 0]


def on_the_chain(desk: Desk) -> tuple[Row, ...]:
    """Measures that concern this chain: on its goods, against a party by name, or with an open question over them."""
    family = {text(p["product"]): text(p.get("family")) for p in desk.dataset.rows("products")}
    kept = []
    for row in desk.rows("measures"):
        touches = row.get("touches", "everyone")
        goods = [family.get(product, "") for product in as_list(row["products"])]
        own = any(f in ("", "ree") for f in goods) and touches != "others"
        if own or touches == "named" or past_their_date([row]):
            kept.append(row)
    return tuple(kept)


def effect(row: Row, desk: Desk) -> str:
    """What the change of a measure does, in a sentence."""
    t = desk.t
    if change_days(row) is None:
        return said(row, "lapse_effect", t)
    date, kind = t.date(change_date(row)), change_kind(row)
    if kind == "suspension_ended":
        return t(
            "The suspension ran out and no report later than {evidence} was found: treat as possibly back in force.",
            evidence=t.date(text(row.get("evidence_date"))),
        )
    if kind == "suspension_ends":
        return t(
            "Suspended until {date}; unless that is prolonged, the measure applies again from the next day.", date=date
        )
    if kind == "takes_effect":
        return t("Takes effect on {date}.", date=date)
    return t("Ends on {date} unless prolonged.", date=date)


def situation(desk: Desk) -> Section:
    """Which measures bite today, which lapse soon, and which nobody knows about."""
    t = desk.t
    title = t("Situation: measures in force and about to lapse")
    if not desk.has("measures"):
        return Section("situation", title, (desk.missing("measures", title),))
    rows = on_the_chain(desk)
    everything = desk.rows("measures")
    force = [r for r in rows if state_of(r) in ("in_force", "in_force_presumed")]
    soon, gone = lapsing(rows), past_their_date(rows)
    name = (Column(t("Measure"), wide=True), lambda r: measure_name(r, t, most=8))
    target = (Column(t("Aimed at")), lambda r: target_names(r, t))
    status = (Column(t("Status")), lambda r: t.term("measure_status", state_of(r)))
    evidence = (Column(t("Last evidence"), "date"), lambda r: text(r.get("evidence_date")))

    def calendar(id: str) -> Table:
        return desk.table(
            t("All measures"),
            sorted(everything, key=lambda r: (rank("measure_status", state_of(r)), text(r.get("effective_date")))),
            [
                name,
                target,
                (Column(t("Since"), "date"), lambda r: text(r.get("effective_date"))),
                status,
                (Column(t("Suspended until"), "date"), lambda r: text(r.get("suspended_until_date"))),
                (Column(t("Ends"), "date"), lambda r: text(r.get("end_date"))),
                evidence,
            ],
            id=id,
        )

    lead = t(
        "As of {date}, {n} of the {m} measures that concern this chain are in force or presumed so. Changes "
        "within {d} days: {k}; past their date with nothing known: {g}.",
        date=t.date(desk.as_of),
        n=t.count(len(force)),
        m=t.count(len(rows)),
        k=t.count(len(soon)),
        d=t.count(SOON_DAYS),
        g=t.count(len(gone)),
    )
    blocks: list[Block] = [
        Paragraph(lead),
        *desk.figure(desk.result("measures").with_rows(rows), measures_calendar, calendar),
    ]
    if soon or gone:
        blocks.append(
            desk.table(
                t("About to change, or past their date with nothing known"),
                [*soon, *gone],
                [
                    name,
                    target,
                    status,
                    (Column(t("Date"), "date"), change_date),
                    (Column(t("When")), lambda r: lapse(r, t)),
                    (Column(t("What then"), wide=True), lambda r: effect(r, desk)),
                ],
            )
        )
    else:
        blocks.append(Paragraph(t("No measure changes within {d} days.", d=t.count(SOON_DAYS)), tone="note"))
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


def _expected_start(row: Row, t: Translator) -> str:
    """The expected start with its interval, to a tenth of a year; the stated year alone where none of it is left."""
    at, low, high = (number(row.get(f"expected_start_year{end}")) for end in ("", "_p10", "_p90"))
    if at is None:
        return t.number(None)
    if low is None or high is None or round(low, 1) == round(high, 1):
        return f"{at:.0f}"
    return t("{value} ({interval})", value=f"{at:.1f}", interval=t.span(f"{low:.1f}", f"{high:.1f}"))


def projects(desk: Desk, most: int = 24) -> Section:
    """Real projects that would fill a gap, with date, status and support."""
    t = desk.t
    title = t("Candidate projects")
    if not desk.has("projects"):
        return Section("projects", title, (desk.missing("projects", title),))
    rows = sorted(
        desk.rows("projects"),
        key=lambda r: (rank("stage", text(r.get("gap_stage") or r["stage"])), text(r["name"]), text(r["product"])),
    )
    base = (Column(t("Project"), wide=True), lambda r: text(r["name"]))
    status = (Column(t("Status")), lambda r: t.term("project_status", text(r["status"])))

    tonnes = t("t/y")
    whom = (Column(t("For")), lambda r: t.place(text(r["gap_party"])) if r.get("gap_party") else "")
    for_whom = [whom] if len({text(r.get("gap_party")) for r in rows}) > 1 else []
    product = (Column(t("Product")), lambda r: t.term("product", text(r.get("model_product") or r["product"])))
    stated = (Column(t("Stated start"), "year"), lambda r: number(r["start_year"]))
    start = (Column(t("Expected start")), lambda r: _expected_start(r, t))
    place = (Column(t("Place")), lambda r: t.place(text(r["country"])))
    both = (
        Column(t("Project (place)"), wide=True),
        lambda r: t("{project} ({place})", project=base[1](r), place=place[1](r)),
    )
    supply: list[Picked] = [
        start,
        (Column(t("Capacity"), "number", tonnes), lambda r: number(r.get("capacity_t"))),
        (Column(t("Expected 2027"), "number"), lambda r: interval(r, "expected_t_2027")),
        (Column(t("Expected 2030"), "number"), lambda r: interval(r, "expected_t_2030")),
        (Column(t("Expected 2035"), "number"), lambda r: interval(r, "expected_t_2035")),
        (Column(t("Part of need, 2030"), "share"), lambda r: number(r.get("fills_share"))),
        *for_whom,
    ]

    def timeline(id: str) -> Table:
        return desk.table(
            t("All candidate projects"),
            rows,
            [
                base,
                (Column(t("Operator")), lambda r: text(r.get("operator"))),
                (Column(t("Stage")), lambda r: t.term("stage", text(r.get("gap_stage") or r["stage"]))),
                place,
                product,
                status,
                stated,
                *supply,
                (Column(t("Lead time"), "number", t("years")), lambda r: number(r.get("lead_time_years"))),
                (Column(t("Note"), wide=True), lambda r: t.fact(text(r.get("note")))),
            ],
            id=id,
        )

    largest = sorted(rows, key=lambda r: -(number(r.get("fills_share")) or 0.0))[:most]
    added = desk.table(
        t(
            "What the projects would add, the {n} largest of {m} against the need",
            n=t.count(len(largest)),
            m=t.count(len(rows)),
        ),
        [r for r in rows if r in largest],
        [both, product, status, *supply],
        note=t(
            "Expected output, in the unit of capacity, weighs the capacity by the chance that it runs by then. A "
            "dash: not reported in tonnes of this product."
        ),
    )
    once = {text(r["project_id"]): r for r in reversed(rows)}
    supported = [
        r
        for r in reversed(once.values())
        if r.get("support_instruments") or r.get("offtaker") or r.get("support_usd_m") is not None
    ]
    blocks: list[Block] = [*desk.figure(desk.result("projects"), project_timeline, timeline), added]
    if supported:
        blocks.append(
            desk.table(
                t("Support already given, and who buys"),
                supported,
                [
                    base,
                    (
                        Column(t("Instruments"), wide=True),
                        lambda r: t.terms("instrument", as_list(r.get("support_instruments"))),
                    ),
                    (Column(t("From")), lambda r: t(", ").join(t.place(p) for p in as_list(r.get("support_party")))),
                    (Column(t("Amount"), "number", t("USD million")), lambda r: number(r.get("support_usd_m"))),
                    (Column(t("Buyers"), wide=True), lambda r: text(r.get("offtaker"))),
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
    rows = sorted(
        desk.rows("commitments"),
        key=lambda r: (
            rank("commitment_state", text(r["state"])),
            text(r.get("due_date")) or "9",
            text(r["commitment_id"]),
        ),
    )

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
                states=t(", ").join(
                    t(
                        "{state} {n}",
                        state=t.term("commitment_state", s),
                        n=t.count(sum(1 for r in rows if r["state"] == s)),
                    )
                    for s in states
                ),
            )
        ),
        *desk.figure(desk.result("commitments"), commitments_board, board),
    ]
    clauses = desk.extra("commitments", "by_clause")
    if clauses:
        blocks.append(
            desk.table(
                t("The framework clause by clause"),
                clauses,
                [
                    (Column(t("Clause")), lambda r: text(r["clause"])),
                    (Column(t("Subject"), wide=True), lambda r: said(r, "name", t)),
                    (Column(t("State")), lambda r: t.term("commitment_state", text(r["state"]))),
                    (Column(t("What is known")), lambda r: t.term("commitment_state", text(r["status"]))),
                    (Column(t("Due"), "date"), lambda r: text(r.get("due_date"))),
                    (Column(t("Days late"), "count"), lambda r: number(r.get("days_overdue"))),
                    (Column(t("Last evidence"), "date"), lambda r: text(r.get("last_evidence_date"))),
                    (Column(t("Carried further by")), lambda r: t(", ").join(as_list(r.get("follow_up_ids")))),
                ],
            )
        )
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
                note=t(
                    "Overdue means that the date has passed and no public evidence shows the promise kept. "
                    "Absence of reports is not proof of absence."
                ),
            )
        )
    else:
        blocks.append(Paragraph(t("Nothing is overdue or due within {d} days.", d=t.count(SOON_DAYS)), tone="note"))
    return Section("commitments", title, tuple(blocks))
