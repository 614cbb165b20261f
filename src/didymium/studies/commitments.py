"""What was promised, by when, and whether it is done, as of a given day.

A due date is computed from the text's own term (signature + six months), not typed. The clock and the evidence are
kept apart: `state` says what the calendar makes of a promise, `status` what has been found of its fulfilment, and
where the search for evidence ended before the due date, the state is `unknown`, not `overdue`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from didymium import __version__
from didymium.model.calendar import days_between, first_day
from didymium.results.result import Field, Result
from didymium.studies.commitment_clock import STATES, Clock

if TYPE_CHECKING:
    from didymium.data import Dataset

Record = Mapping[str, Any]


def commitments(
    ds: Dataset,
    *,
    as_of: date,
    horizon_days: int = 90,
    parties: Sequence[str] = ("USA", "JPN"),
    only_behind: bool = False,
) -> Result:
    """Every promise in agreements of the parties, the most overdue first.

    `horizon_days` [days]: due within so many days is `due_soon`. `parties`: agreements that one of them has
    joined; none given means all agreements. `only_behind` keeps the rows that are overdue, late or dead; the
    scoreboards count all promises still.
    """
    agreements = {row["agreement_id"]: row for row in ds.rows("agreements")}
    readings = {row["commitment_id"]: row for row in ds.rows("commitment_readings")}
    searched_until = ds.one("evidence_horizons", table_name="commitments")["searched_until_date"]
    rows = []
    for record in ds.rows("commitments"):
        agreement = agreements[record["agreement_id"]]
        reading = readings.get(record["commitment_id"]) or _plain_reading(record, agreement)
        clock = Clock.of(record, reading, agreement, searched_until=searched_until)
        if clock.is_made_on(as_of) and _concerns(agreement, record, parties):
            rows.append(_row(ds, record, reading, agreement, clock, as_of=as_of, horizon_days=horizon_days))
    rows.sort(key=_urgency)
    return Result.of(
        "commitments",
        request={
            "as_of": as_of.isoformat(),
            "horizon_days": horizon_days,
            "parties": list(parties),
            **({"only_behind": True} if only_behind else {}),
        },
        dataset=ds.describe(),
        code_version=__version__,
        rows=[row for row in rows if row["behind"] or not only_behind],
        fields=FIELDS,
        tables={
            "by_agreement": _by_agreement(rows),
            "by_state": _by_state(rows),
            "by_clause": _by_clause(ds.rows("framework_clauses"), rows),
            "readouts": _readouts(ds.rows("commitment_readouts"), rows, as_of),
        },
        warnings=_warnings(rows, searched_until, as_of),
        source_ids=[source for row in rows for source in row["source_ids"]],
    )


def _plain_reading(record: Record, agreement: Record) -> Record:
    """The reading of a promise that has no row of its own, as in a user's layer: its due date as it stands."""
    due = record["due_date"]
    return {
        "legal_force": "political" if agreement["binding"] == "no" else None,
        "clause": None,
        "clause_relation": None,
        "due_kind": "by" if due else None,
        "counted_from_date": due,
        "term": 0,
        "term_unit": "to_period_end",
        "other_counted_from_date": None,
        "other_place": None,
        "done_date": None,
    }


def _concerns(agreement: Record, record: Record, parties: Sequence[str]) -> bool:
    return not parties or bool({*agreement["parties"].split(";"), *record["parties"].split(";")} & set(parties))


def _row(
    ds: Dataset, record: Record, reading: Record, agreement: Record, clock: Clock, *, as_of: date, horizon_days: int
) -> dict[str, Any]:
    evidence = record["evidence_source_id"]
    return {
        "commitment_id": record["commitment_id"],
        "agreement_id": record["agreement_id"],
        "agreement": agreement["name"],
        "parties": record["parties"].split(";"),
        "kind": record["kind"],
        "summary": record["summary"],
        "quantity": record["quantity"],
        "unit": record["unit"],
        "legal_force": reading["legal_force"],
        "due_kind": clock.due_kind,
        "due_date": clock.due.isoformat() if clock.due else None,
        "other_due_date": clock.other_due.isoformat() if clock.other_due else None,
        "other_place": reading["other_place"],
        "due_basis": record["due_basis"],
        "days_overdue": clock.days_overdue_on(as_of),
        "state": clock.state_on(as_of, horizon_days),
        "behind": _behind(clock, reading["legal_force"], as_of),
        "status": clock.status_on(as_of),
        "last_evidence_date": record["last_evidence_date"],
        "evidence_url": ds.source(evidence)["url"] if evidence else None,
        "note": record["notes"],
        "clause": reading["clause"],
        "clause_relation": reading["clause_relation"],
        "confidence": record["confidence"],
        "source_ids": sorted({s for s in (record["source_id"], evidence) if s}),
    }


def _behind(clock: Clock, legal_force: str | None, as_of: date) -> str | None:
    """How a promise fell behind: `dead`, `overdue`, done but `late`; None for one that did not."""
    state = clock.state_on(as_of, 0)
    if state == "missed" or (legal_force == "not_in_force" and state != "met"):
        return "dead"
    if state == "overdue":
        return "overdue"
    return "late" if state == "met" and (clock.days_overdue_on(as_of) or 0) > 0 else None


def _urgency(row: Record) -> tuple[Any, ...]:
    days = row["days_overdue"]
    return STATES.index(row["state"]), -days if days is not None else 10**6, row["commitment_id"]


def _by_agreement(rows: Iterable[Record]) -> list[dict[str, Any]]:
    """How each agreement stands: the number of its promises in each state, and the next date to come."""
    groups: dict[str, list[Record]] = {}
    for row in rows:
        groups.setdefault(row["agreement_id"], []).append(row)
    board = []
    for agreement_id, members in groups.items():
        count = Counter(row["state"] for row in members)
        ahead = [row for row in members if row["due_date"] and row["state"] in ("due_soon", "open", "partly")]
        evidence = [row["last_evidence_date"] for row in members if row["last_evidence_date"]]
        board.append(
            {
                "agreement_id": agreement_id,
                "agreement": members[0]["agreement"],
                "commitments": len(members),
                **{state: count[state] for state in STATES},
                "next_due_date": min((row["due_date"] for row in ahead), default=None),
                "last_evidence_date": max(evidence, default=None),
                "source_ids": sorted({source for row in members for source in row["source_ids"]}),
            }
        )
    return sorted(board, key=lambda entry: (-entry["overdue"], -entry["commitments"], entry["agreement_id"]))


def _by_state(rows: Sequence[Record]) -> list[dict[str, Any]]:
    count = Counter(row["state"] for row in rows)
    return [{"state": state, "commitments": count[state]} for state in STATES]


def _by_clause(clauses: Iterable[Record], rows: Sequence[Record]) -> list[dict[str, Any]]:
    """The framework's own scoreboard: each clause with the promise that carries it and what followed from it."""
    board = []
    for clause in clauses:
        own = [row for row in rows if row["clause"] == clause["clause"]]
        text = next((row for row in own if row["clause_relation"] == "text"), None)
        board.append(
            {
                "clause": clause["clause"],
                "name": clause["name"],
                "name_ja": clause["name_ja"],
                "commitment_id": text["commitment_id"] if text else None,
                "state": text["state"] if text else "no_date",
                "status": text["status"] if text else "no_own_promise",
                "due_date": text["due_date"] if text else None,
                "days_overdue": text["days_overdue"] if text else None,
                "last_evidence_date": text["last_evidence_date"] if text else None,
                "follow_up_ids": [row["commitment_id"] for row in own if row["clause_relation"] == "follow_up"],
                "promised": _is_promised(text, own),
                "lawful": text["legal_force"] if text else "no_own_promise",
                "lawful_follow_up": _strongest(row["legal_force"] for row in own if row is not text),
                "budgeted": clause["budgeted"],
                "budget_ids": (clause["budget_ids"] or "").split(";") if clause["budget_ids"] else [],
                "budget_note": clause["budget_note"],
                "budget_note_ja": clause["budget_note_ja"],
                "done": _is_done(text["status"] if text else None),
                "follow_ups_done": sum(row["status"] == "met" for row in own if row is not text),
                "source_ids": text["source_ids"] if text else [clause["source_id"]],
            }
        )
    return board


_BY_STRENGTH = ("agreement", "contract", "domestic_law", "political", "not_in_force")
"""Legal forces, the duty between states first: what another government can hold one to."""


def _strongest(forces: Iterable[str | None]) -> str | None:
    return min((force for force in forces if force), key=_BY_STRENGTH.index, default=None)


def _is_promised(text: Record | None, own: Sequence[Record]) -> str:
    """Whether the clause is carried: by a promise of its own, by another text alone, or as an aim."""
    if text is None:
        return "elsewhere" if own else "aim_only"
    return "dated" if text["due_date"] else "undated"


def _is_done(status: str | None) -> str:
    """What is done of it by the evidence found; silence is `unknown`, never `no`."""
    return {"met": "yes", "partly": "partly", "missed": "no"}.get(status or "", "unknown")


def _readouts(accounts: Iterable[Record], rows: Sequence[Record], as_of: date) -> list[dict[str, Any]]:
    """Accounts of the promises shown that do not say the same, those of one promise below each other."""
    shown = {row["commitment_id"]: row for row in rows}
    return [
        {
            "commitment_id": account["commitment_id"],
            "agreement": shown[account["commitment_id"]]["agreement"],
            "side": account["side"],
            "said_date": account["said_date"],
            "account_kind": account["account_kind"],
            "account": account["account"],
            "account_ja": account["account_ja"],
            "confidence": account["confidence"],
            "source_ids": [account["source_id"]],
        }
        for account in accounts
        if account["commitment_id"] in shown
        and (account["said_date"] is None or first_day(account["said_date"]) <= as_of)
    ]


def _warnings(rows: Sequence[Record], searched_until: str, as_of: date) -> list[str]:
    found = []
    if as_of.isoformat() > searched_until:
        found.append(
            f"Evidence was searched until {searched_until}, "
            f"{days_between(date.fromisoformat(searched_until), as_of)} days before the day asked about."
        )
    return found


FIELDS = (
    Field("commitment_id", "", "the promise"),
    Field("agreement_id", "", "the agreement it stands in"),
    Field("agreement", "", "name of the agreement"),
    Field("parties", "", "who promised"),
    Field("kind", "", "what kind of promise"),
    Field("summary", "", "what was promised"),
    Field("quantity", "see unit", "amount promised"),
    Field("unit", "", "unit of the amount, in the text's words"),
    Field("legal_force", "", "political, agreement, contract, domestic_law or not_in_force"),
    Field("due_kind", "", "by: to be done by the date; until: to be kept up to it"),
    Field("due_date", "", "computed from the text's term, by the civil date at the place of signature"),
    Field("other_due_date", "", "the same, counted from the civil date of other_place"),
    Field("other_place", "", "where the signature fell on another date"),
    Field("due_basis", "", "how the date follows from the text"),
    Field("days_overdue", "days", "past the due date, negative before it; for a promise that was met, how late"),
    Field("state", "", "what calendar and evidence make of it on the day asked about"),
    Field("behind", "", "overdue, late (done after its date) or dead (missed, or its words are not in force)"),
    Field("status", "", "what has been found of its fulfilment"),
    Field("last_evidence_date", "", "date of the last evidence"),
    Field("evidence_url", "", "where that evidence was read"),
    Field("note", "", "what else should be known"),
    Field("clause", "", "clause of the US–Japan framework"),
    Field("clause_relation", "", "text: the promise is that clause; follow_up: another text carries it further"),
    Field("confidence", "", "how well the row is evidenced"),
    Field("source_ids", "", "sources"),
)
