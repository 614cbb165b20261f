"""To write in the journal of promises: what the tables would refuse is refused before it is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from didymium.data import journal
from didymium.data.chained import START, Draft, Entry
from didymium.data.journal_file import append
from didymium.data.layer_files import journal_layer
from didymium.data.layers import judge
from didymium.data.package import base_tables
from didymium.errors import BadInput

SHOWN_BY_EVIDENCE = ("met", "partly", "missed")
"""Statuses that somebody must be able to look up."""


def shipped() -> dict[str, list[journal.Row]]:
    """The shipped rows that a journal builds on."""
    return {name: base_tables()[name].rows for name in ("commitments", "commitment_readings", "sources")}


def record(path: Path, drafts: Sequence[Draft], *, at: str) -> tuple[Entry, ...]:
    """Write the drafts in the journal, all or none.

    Raises BadInput for what cannot follow, what the tables do not allow, or a status that nothing shows.
    """
    known = [str(row["commitment_id"]) for row in shipped()["commitments"]]

    def refuse(entries: tuple[Entry, ...]) -> None:
        journal.follows(entries, drafts, known, path.name)
        for draft in drafts:
            if draft.fields.get("status") in SHOWN_BY_EVIDENCE and not draft.fields.get(journal.EVIDENCE):
                raise BadInput(
                    f"{draft.subject} is said to be {draft.fields['status']}, and nothing shows it.",
                    cure="Give --evidence: an address or a source id.",
                )
        follow = list(entries)
        for draft in drafts:
            before = follow[-1] if follow else None
            previous = before.hash if before else START
            follow.append(journal.sealed(draft, line=len(follow) + 1, at=at, previous=previous)[0])
        layer = journal_layer(follow, path.name)
        errors = [fault.line() for fault in judge([layer])[1] if fault.severity == "error"]
        if errors:
            more = f" And {len(errors) - 1} more faults." if len(errors) > 1 else ""
            raise BadInput(f"{errors[0]}{more}")

    return append(path, drafts, at=at, judge=refuse)
