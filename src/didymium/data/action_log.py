"""The log of actions of a response: what two ministries do, who does it by when, and both sides' sign-off.

Chained lines (`chained`), as in the journal of promises: nothing is rewritten. A sign-off holds for an action as it
stood; whatever is changed after it is to be signed again. One copy can take over what another has written only where it
goes on from its own last line (`continuation`): two copies that parted are a matter for people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from didymium.data.chained import Draft, Entry
from didymium.data.journal_file import append, load
from didymium.errors import BadInput

Row = dict[str, Any]

KEY = "action_id"
STEPS = ("add", "assign", "update", "sign")
STATES = ("open", "under_way", "done", "dropped")
FIELDS: Mapping[str, tuple[str, ...]] = {
    "add": ("what", "option", "needs", "run_id", "due_date", "owner", "party"),
    "assign": ("owner", "party", "due_date"),
    "update": ("what", "state", "due_date", "note"),
    "sign": ("party",),
}
"""What a line of each kind may set."""
NEEDED: Mapping[str, tuple[str, ...]] = {"add": ("what", "needs"), "assign": ("owner", "party"), "sign": ("party",)}


@dataclass(frozen=True, slots=True)
class Action:
    """One action as it stands after some lines. `needs`: parties whose sign-off it needs; `signed`: by whom, where."""

    action_id: str
    what: str
    needs: tuple[str, ...]
    option: str = ""
    run_id: str = ""
    owner: str = ""
    party: str = ""
    due_date: str = ""
    state: str = "open"
    note: str = ""
    signed: tuple[tuple[str, str, str], ...] = ()  # (party, who, at)
    lines: int = 0
    last_at: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """Parties that have yet to sign it as it stands."""
        return tuple(party for party in self.needs if party not in {p for p, _, _ in self.signed})


def record(path: Path, drafts: Sequence[Draft], *, at: str) -> tuple[Entry, ...]:
    """Write the drafts at the end of the log, all or none. Raises BadInput for what cannot follow."""

    def judge(entries: tuple[Entry, ...]) -> None:
        known = actions(entries)
        for draft in drafts:
            known = {**known, draft.subject: _after(known.get(draft.subject), draft, at, path.name)}

    return append(path, drafts, at=at, judge=judge, key=KEY)


def read_log(path: Path) -> tuple[Entry, ...]:
    """The lines of a log, after the chain was computed again. Raises BadInput that names a broken line."""
    return load(path, key=KEY)


def actions(entries: Sequence[Entry]) -> dict[str, Action]:
    """The actions as they stand, in the order in which they were added."""
    found: dict[str, Action] = {}
    for entry in entries:
        found[entry.subject] = _after(found.get(entry.subject), entry.draft, entry.at, f"line {entry.line}")
    return found


def _after(before: Action | None, draft: Draft, at: str, where: str) -> Action:
    """An action after one more line; raises BadInput where the line cannot follow."""
    _check(before, draft, where)
    given: dict[str, Any] = dict(draft.fields)
    if before is None:
        needs = tuple(part.strip() for part in given.pop("needs").split(";") if part.strip())
        return Action(action_id=draft.subject, needs=needs, lines=1, last_at=at, **given)
    told = replace(before, lines=before.lines + 1, last_at=at)
    if draft.action == "sign":
        return replace(told, signed=(*before.signed, (given["party"], draft.who, at)))
    return replace(told, **given, signed=())


def _check(before: Action | None, draft: Draft, where: str) -> None:
    """Raise BadInput for a line that says nothing, or that cannot follow."""
    for part, value in ((KEY, draft.subject), ("who", draft.who), ("why", draft.why)):
        if not value.strip():
            raise BadInput(f"{part} is empty.", where=where, cure="Say which action, who writes and why.")
    if draft.action not in STEPS:
        raise BadInput(f"step {draft.action!r} is not known.", where=where, cure=f"Expected {', '.join(STEPS)}.")
    unknown = [field for field in draft.fields if field not in FIELDS[draft.action]]
    if unknown or not draft.fields:
        said = f"field {unknown[0]!r} is not for {draft.action}" if unknown else f"{draft.subject} would not change"
        raise BadInput(f"{said}.", where=where, cure=f"Fields are: {', '.join(FIELDS[draft.action])}.")
    empty = [field for field in NEEDED.get(draft.action, ()) if not draft.fields.get(field, "").strip()]
    if empty:
        raise BadInput(f"{draft.subject}: {empty[0]} is empty.", where=where, cure=f"{draft.action} needs it.")
    if draft.fields.get("state", STATES[0]) not in STATES:
        raise BadInput(f"state {draft.fields['state']!r} is not known.", where=where, cure=f"Use {', '.join(STATES)}.")
    if draft.action == "add":
        if before is not None:
            raise BadInput(f"{draft.subject} is there already.", where=where, cure="Change it: respond log update.")
        return
    if before is None:
        raise BadInput(f"{draft.subject} is not in the log.", where=where, cure="See all: didymium respond log show.")
    if draft.action == "sign":
        _check_signature(before, draft, where)


def _check_signature(before: Action, draft: Draft, where: str) -> None:
    party = draft.fields["party"]
    if party not in before.needs:
        raise BadInput(
            f"{before.action_id} needs no sign-off by {party}.",
            where=where,
            cure=f"It needs {', '.join(before.needs)}.",
        )
    for signer, who, _ in before.signed:
        if signer == party:
            raise BadInput(f"{party} has signed {before.action_id} as it stands.", where=where, cure="Nothing to do.")
        if who == draft.who:
            raise BadInput(
                f"{who} has signed {before.action_id} for {signer}.",
                where=where,
                cure="Another person signs for the other party.",
            )


def rows(entries: Sequence[Entry]) -> list[Row]:
    """The actions for people and programs, one row each."""
    return [
        {
            "action_id": one.action_id,
            "what": one.what,
            "option": one.option or None,
            "owner": one.owner or None,
            "party": one.party or None,
            "due_date": one.due_date or None,
            "state": one.state,
            "needs": list(one.needs),
            "signed_by": [f"{party}: {who}" for party, who, _ in one.signed],
            "missing": list(one.missing),
            "is_signed_off": not one.missing,
            "note": one.note or None,
            "run_id": one.run_id or None,
            "lines": one.lines,
            "last_at": one.last_at,
        }
        for one in actions(entries).values()
    ]


def history(entries: Sequence[Entry], action_id: str = "") -> Iterator[Row]:
    """Every line, or those of one action: who wrote what, when and why."""
    for entry in entries:
        if action_id in ("", entry.subject):
            yield {
                "line": entry.line,
                "at": entry.at,
                "who": entry.draft.who,
                "step": entry.draft.action,
                "action_id": entry.subject,
                "fields": [f"{name}={value}" for name, value in entry.draft.fields.items()],
                "why": entry.draft.why,
                "hash": entry.hash,
            }


def continuation(own: Sequence[Entry], other: Sequence[Entry], name: str) -> tuple[Entry, ...]:
    """The lines by which another copy goes on from this one. Raises BadInput that names where the copies parted."""
    for mine, theirs in zip(own, other, strict=False):
        if mine.hash != theirs.hash:
            raise BadInput(
                f"the copies part at line {mine.line}: {theirs.draft.who} wrote another line there.",
                where=name,
                cure=f"Keep one copy and write what the other has after its line {mine.line - 1} again.",
            )
    return tuple(other[len(own) :])


def take(path: Path, other: Path) -> tuple[Entry, ...]:
    """Add the lines by which another copy goes on from this log, unchanged; returns them."""
    theirs = read_log(other)
    taken: list[Entry] = []
    for entry in continuation(read_log(path), theirs, other.name):
        made = append(path, [entry.draft], at=entry.at, key=KEY)
        if made[0].hash != entry.hash:
            raise BadInput(f"line {entry.line} was written by somebody else meanwhile.", where=path.name)
        taken += made
    return tuple(taken)
