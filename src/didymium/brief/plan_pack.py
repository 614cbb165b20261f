"""Plan → meeting pack: shortlist, budget by programme, one page a project, what is open for decision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import didymium
from didymium.brief.desk import Desk, Picked, SourceTable, number
from didymium.brief.document import Block, Brief, Cell, Column, Paragraph, Points, Run, Section, Table, Tile, Tiles
from didymium.i18n import Translator, dataset_names, translator
from didymium.results import Result, Row, layer_notices, run_id

CANDIDATES = 5  # projects left out that have a page of their own: those that would avoid most
CHOSEN = "chosen"
SHARES = ("_share", "chance", "chance_with")
TOLD = (
    "place",
    "stage",
    "product",
    "status",
    "capacity_t",
    "package",
    "party",
    "programme_ids",
    "public_cost_usd_m",
    "reserve_usd_m",
    "yearly_cost_usd_m",
    "chance",
    "chance_with",
    "added_t",
    "gap_share_closed",
    "yearly_loss_avoided_usd_m",
    "yearly_loss_avoided_usd_m_p10",
    "yearly_loss_avoided_usd_m_p90",
    "loss_avoided_per_cost",
    "worth_up_to_usd_m",
    "reason",
    "waits_for",
    "next_best",
)
WORDS = {"place": "place", "party": "place", "stage": "stage", "status": "project_status", "reason": "plan_reason"}
WORDS |= {"waits_for": "stage", "part": "plan_part", "decision": "plan_decision"}

Heading = Callable[[str], str]


def build_pack(
    plan: Result,
    *,
    dataset: SourceTable,
    as_of: str,
    heading: Heading,
    lang: str = "en",
) -> Brief:
    """The pack of a ministerial meeting. `heading` names a column of the plan in the language."""
    import datetime

    t = translator(lang, dataset_names(dataset, lang))
    parties = tuple(str(p) for p in plan.request["parties"])
    day = datetime.date.fromisoformat(as_of)
    desk = Desk(results={"plan": plan}, dataset=dataset, t=t, parties=parties, as_of=day)
    pages = _with_pages(plan.rows)
    sections = (
        _shortlist(desk, heading, layer_notices(dataset.describe(), t)),
        _budget(desk, heading),
        *(_page(desk, row, heading) for row in pages),
        _sharing(desk, heading),
        _open(desk, heading),
        _notes(desk),
    )
    described = dataset.describe()
    request = {"plan": plan.run_id, "as_of": as_of, "lang": lang}
    return Brief(
        id=run_id("plan pack", request, str(described["id"]), didymium.__version__),
        lang=lang,
        title=t("Plan for decision: projects, support and stocks"),
        subtitle=t("Meeting pack for {parties}, as of {date}", parties=t.places(parties), date=t.date(day)),
        parties=parties,
        as_of=day,
        dataset=f"{described.get('version', '')} ({str(described['id'])[:12]})",
        version=didymium.__version__,
        runs=(Run("plan", t("Plan"), plan.run_id),),
        sections=sections,
        sources=desk.sources(),
        warnings=plan.warnings,
        words=t,
    )


def _with_pages(rows: Sequence[Row]) -> list[Row]:
    """The projects chosen, and of the others with a package those that would avoid most."""
    chosen = [row for row in rows if row["decision"] == CHOSEN]
    other = [row for row in rows if row["decision"] != CHOSEN and row["package"]]
    other.sort(
        key=lambda r: -max(number(r["yearly_loss_avoided_usd_m"]) or 0, number(r["loss_avoided_alone_usd_m"]) or 0)
    )
    return [*chosen, *other[:CANDIDATES]]


def _column(name: str, heading: Heading) -> Picked:
    kind = "share" if name.endswith(("_share", "share_closed")) or name in SHARES or "_share_" in name else "number"
    if name.endswith("year"):
        kind = "year"
    return Column(heading(name), kind), lambda row: _cell(row, name)  # type: ignore[arg-type]


def _cell(row: Row, name: str) -> Cell:
    value = row.get(name)
    return ", ".join(value) if isinstance(value, list) else value


def _columns(names: Iterable[str], heading: Heading, t: Translator) -> list[Picked]:
    """Columns by name; what is a word of a vocabulary is told in words."""
    found: list[Picked] = []
    for name in names:
        kind = WORDS.get(name)
        if name == "product":
            found.append((Column(heading(name)), lambda row, n=name: t.product(str(row[n])) if row[n] else ""))  # type: ignore[misc]
        elif kind is not None:
            found.append((Column(heading(name)), lambda row, n=name, k=kind: _word(row[n], k, t)))  # type: ignore[misc]
        elif name.endswith(("_id", "_ids", "package", "plan", "next_best", "stock_rule", "name")):
            found.append((Column(heading(name)), lambda row, n=name: str(_cell(row, n) or "").replace(";", ", ")))  # type: ignore[misc]
        else:
            found.append(_column(name, heading))
    return found


def _word(value: object, kind: str, t: Translator) -> str:
    if isinstance(value, list):
        return ", ".join(_word(part, kind, t) for part in value)
    if not value:
        return ""
    return "+".join(t.place(c) for c in str(value).split("+")) if kind == "place" else t.term(kind, str(value))


def _shortlist(desk: Desk, heading: Heading, notices: Sequence[str]) -> Section:
    t, proof = desk.t, desk.extra("plan", "proof")[0]
    spent = desk.extra("plan", "budget")
    asked = sum(number(r["budget_usd_m"]) or 0 for r in spent)
    left = sum(number(r["left_usd_m"]) or 0 for r in spent)
    chosen = [row for row in desk.rows("plan") if row["decision"] == CHOSEN]
    blocks: list[Block] = [Paragraph(text, tone="warning") for text in notices]
    blocks.append(
        Tiles(
            (
                Tile(
                    t("Worth of the plan, a year"),
                    t.usd_m(number(proof["value_usd_m"])),
                    "",
                    t("fall of mean and tail of losses, less cost"),
                ),
                Tile(
                    t("Cost, a year"),
                    t.usd_m(number(proof["yearly_cost_usd_m"])),
                    "",
                    t("spread over the horizon of the plan"),
                ),
                Tile(
                    t("Budget taken"),
                    t.usd_m(asked - left),
                    "",
                    t("of {money}, at the worst 5% of paths", money=t.usd_m(asked)),
                ),
                Tile(
                    t("Projects supported"),
                    t.count(len(chosen)),
                    "",
                    t("of {n} known", n=t.count(len(desk.rows("plan")))),
                ),
            )
        )
    )
    blocks.append(
        _told(
            desk,
            t("Projects to support"),
            chosen,
            ("name", "place", "stage", "package", "party", "reserve_usd_m", "yearly_loss_avoided_usd_m"),
            heading,
        )
    )
    blocks.append(
        _told(
            desk,
            t("Capacity to be built"),
            desk.extra("plan", "new"),
            ("party", "product", "new_t", "new_t_low", "new_t_high", "reserve_usd_m", "yearly_loss_avoided_usd_m"),
            heading,
        )
    )
    held = [row for row in desk.extra("plan", "stocks") if (number(row["bought_t"]) or 0) > 0]
    blocks.append(
        _told(
            desk,
            t("Stocks to hold"),
            held,
            (
                "party",
                "product",
                "bought_t",
                "bought_days",
                "bought_t_low",
                "bought_t_high",
                "stock_usd_m",
                "price_rise_share",
            ),
            heading,
        )
    )
    return Section("shortlist", t("Shortlist"), tuple(blocks))


def _told(desk: Desk, caption: str, rows: Sequence[Row], names: Sequence[str], heading: Heading) -> Block:
    """A table, or a sentence that there is nothing in it."""
    if not rows:
        return Paragraph(desk.t("{what}: none.", what=caption), tone="note")
    return desk.table(caption, rows, _columns(names, heading, desk.t))


def _budget(desk: Desk, heading: Heading) -> Section:
    """Money by party, and by the programmes that are open to what is chosen; no row divides a project by guess."""
    t = desk.t
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in desk.rows("plan"):
        if row["decision"] == CHOSEN:
            groups.setdefault((str(row["party"]), str(row["programme_ids"] or "")), []).append(row)
    rows: list[Row] = [
        {
            "party": party,
            "programme_ids": programmes,
            "project_ids": ";".join(str(r["project_id"]) for r in of),
            "reserve_usd_m": sum(number(r["reserve_usd_m"]) or 0 for r in of),
            "public_cost_usd_m": sum(number(r["public_cost_usd_m"]) or 0 for r in of),
            "source_ids": sorted(
                {s for r in of for s in (r["source_ids"] if isinstance(r["source_ids"], list) else [])}
            ),
        }
        for (party, programmes), of in sorted(groups.items())
    ]
    return Section(
        "budget",
        t("Budget by programme"),
        (
            _told(
                desk,
                t("Money by party"),
                desk.extra("plan", "budget"),
                ("party", "budget_usd_m", "reserve_usd_m", "new_usd_m", "stock_usd_m", "left_usd_m"),
                heading,
            ),
            _told(
                desk,
                t("Programmes open to the projects chosen"),
                rows,
                ("party", "programme_ids", "project_ids", "reserve_usd_m", "public_cost_usd_m"),
                heading,
            ),
            Paragraph(
                t("Where several programmes could pay, the plan does not say which: that is a decision."), tone="note"
            ),
        ),
    )


def _page(desk: Desk, row: Row, heading: Heading) -> Section:
    """One project: every figure of the plan on it, in two columns."""
    t = desk.t
    decision = t.term("plan_decision", str(row["decision"]))
    pairs: list[tuple[Cell, ...]] = []
    for name in TOLD:
        column, pick = _columns([name], heading, t)[0]
        value = pick(row)
        if value not in (None, ""):
            from didymium.brief.document import written

            pairs.append((column.label, written(value, column, t)))
    often = next((r for r in desk.extra("plan", "robustness") if r["project_id"] == row["project_id"]), None)
    plans = desk.extra("plan", "other_data")
    chosen_in = int(number(often["chosen_in"]) or 0) if often else 0
    desk.tabled += 1
    facts = Table(
        f"table-{desk.tabled}",
        t("What the plan knows of it"),
        (Column(t("Figure"), wide=True), Column(t("Value"), wide=True)),
        tuple(pairs),
    )
    said = t(
        "{decision}. Chosen in {n} of {all} plans over these and other data.",
        decision=decision,
        n=t.count(chosen_in),
        all=t.count(len(plans) + 1),
    )
    return Section(
        f"project-{row['project_id']}", str(row["name"]), (Paragraph(said, desk.cite(row)), facts), own_page=True
    )


def _sharing(desk: Desk, heading: Heading) -> Section:
    t = desk.t
    return Section(
        "sharing",
        t("Together or apart"),
        (
            _told(
                desk,
                t("Plans of each party, side by side and jointly"),
                desk.extra("plan", "together"),
                ("plan", "yearly_cost_usd_m", "value_usd_m", "stock_usd_m", "new_t", "project_ids"),
                heading,
            ),
            _told(
                desk,
                t("How the gain could be shared, and what each would pay"),
                desk.extra("plan", "split"),
                (
                    "party",
                    "alone_value_usd_m",
                    "benefit_usd_m",
                    "shapley_usd_m",
                    "shapley_cost_usd_m",
                    "nucleolus_usd_m",
                    "nucleolus_cost_usd_m",
                ),
                heading,
            ),
            _told(
                desk,
                t("Whom the plan serves"),
                desk.extra("plan", "benefit"),
                (
                    "party",
                    "served_share_without",
                    "served_share_with",
                    "delivery_share",
                    "alike_delivery_share",
                    "alike_avoided_usd_m",
                ),
                heading,
            ),
        ),
        own_page=True,
    )


def _open(desk: Desk, heading: Heading) -> Section:
    """What is left to decide: choices that hang on data, links that stay empty, double funding, weights and rules."""
    t = desk.t
    points: list[Paragraph] = []
    for row in desk.extra("plan", "robustness"):
        share = number(row["chosen_share"]) or 0.0
        if row["decision"] == CHOSEN and share < 0.5:
            points.append(
                Paragraph(
                    t(
                        "{project} is chosen in {share} of the plans over other data only.",
                        project=str(row["project_id"]),
                        share=t.share(share),
                    )
                )
            )
    for row in desk.extra("plan", "double"):
        points.append(
            Paragraph(
                t(
                    "{what} would be paid by {parties} each, if they planned apart: {money} in all.",
                    what=str(row["project_id"]),
                    parties=", ".join(t.place(p) for p in str(row["parties"]).split(";")),
                    money=t.usd_m(number(row["reserve_usd_m"])),
                )
            )
        )
    weights = desk.extra("plan", "weights")
    if len(weights) > 1 and len({str(r["project_ids"]) for r in weights}) > 1:
        points.append(
            Paragraph(
                t("Other projects are chosen if losses of other countries count: the weight is for ministers to set.")
            )
        )
    empty = desk.extra("plan", "links")[:3]
    blocks: list[Block] = [Points(tuple(points), heading=t("For decision"))] if points else []
    blocks.append(
        _told(
            desk,
            t("Links that stay empty"),
            empty,
            ("place", "stage", "product", "loss_avoided_usd_per_kg", "new_t", "project_ids", "waiting_ids"),
            heading,
        )
    )
    blocks.append(
        _told(
            desk,
            t("More or less money"),
            desk.extra("plan", "frontier"),
            ("budget_multiple", "mean_usd_m", "tail_usd_m", "value_usd_m", "project_ids"),
            heading,
        )
    )
    blocks.append(
        _told(
            desk,
            t("Stocks beside the rules of days and Project Vault"),
            desk.extra("plan", "stock_rules"),
            (
                "stock_rule",
                "purchase_usd_m",
                "vault_share",
                "holding_usd_m_per_y",
                "yearly_loss_avoided_usd_m",
                "net_usd_m_per_y",
            ),
            heading,
        )
    )
    return Section("open", t("Open decisions"), tuple(blocks), own_page=True)


def _notes(desk: Desk) -> Section:
    t = desk.t
    return Section(
        "notes",
        t("Read with care"),
        (Points(tuple(Paragraph(t.fact(text)) for text in desk.result("plan").warnings)),),
    )
