"""The journal of promises: who said what of which promise, when and why; a file that only grows.

Its lines are chained by their hashes (`chained`). Nothing is ever rewritten: an update is a new line, and what it
replaced stays above it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from didymium.data import chained
from didymium.data.chained import Draft, Entry
from didymium.errors import BadInput
from didymium.schema import TABLES

Row = dict[str, Any]

ACTIONS = ("add", "update", "supersede")
KEY = "commitment_id"
_OWN = tuple(name for name in TABLES["commitments"].column_names if name != KEY)
_READING = tuple(name for name in TABLES["commitment_readings"].column_names if name != KEY)
EVIDENCE = "evidence"
SUPERSEDED_BY = "superseded_by"
FIELDS = (*_OWN, *_READING, EVIDENCE, SUPERSEDED_BY)
"""What a line may set: columns of the two tables, evidence (source id or address), and the promise that follows."""


def sealed(draft: Draft, *, line: int, at: str, previous: str) -> tuple[Entry, bytes]:
    """The next line of a journal: the entry and its bytes."""
    return chained.sealed(draft, line=line, at=at, previous=previous, key=KEY)


def read(data: bytes, name: str = "journal") -> tuple[Entry, ...]:
    """The lines of a journal, after the chain was computed again; see `chained.read`."""
    return chained.read(data, name, KEY)


def check_draft(draft: Draft, name: str = "journal") -> None:
    """Raise BadInput for a draft that says nothing, or does not say who and why."""
    if draft.action not in ACTIONS:
        raise BadInput(f"action {draft.action!r} is not known.", where=name, cure=f"Expected {', '.join(ACTIONS)}.")
    for part, value in ((KEY, draft.subject), ("who", draft.who), ("why", draft.why)):
        if not value.strip():
            raise BadInput(f"{part} is empty.", where=name, cure="Say which promise, who changes it and why.")
    if not draft.fields:
        raise BadInput(f"{draft.subject} would not change.", where=name, cure="Set a field, such as status.")
    unknown = [field for field in draft.fields if field not in FIELDS]
    if unknown:
        raise BadInput(f"field {unknown[0]!r} is not known.", where=name, cure=f"Fields are: {', '.join(FIELDS)}.")
    if (draft.action == "supersede") != (SUPERSEDED_BY in draft.fields):
        raise BadInput(
            f"{draft.subject}: supersede and {SUPERSEDED_BY} go together.", where=name, cure="Give both or none."
        )


def follows(entries: Sequence[Entry], drafts: Sequence[Draft], shipped: Sequence[str], name: str = "journal") -> None:
    """Raise BadInput for drafts that cannot come after the entries: a promise added twice, or changed before it is."""
    known = {*shipped, *(e.subject for e in entries if e.draft.action == "add")}
    for draft in drafts:
        check_draft(draft, name)
        if draft.action == "add":
            if draft.subject in known:
                raise BadInput(
                    f"{draft.subject} is there already.",
                    where=name,
                    cure="Change it: didymium commitments update.",
                )
            known.add(draft.subject)
        for wanted in (draft.subject, draft.fields.get(SUPERSEDED_BY, draft.subject)):
            if wanted not in known:
                raise BadInput(
                    f"{wanted} is neither shipped nor added in the journal.",
                    where=name,
                    cure="See all: didymium commitments.",
                )


def tables(entries: Sequence[Entry], shipped: Mapping[str, Sequence[Row]]) -> dict[str, list[Row]]:
    """What the journal makes of the tables: whole rows of `commitments`, `commitment_readings` and `sources`.

    `shipped` are the rows below it, by table; an update starts from the row as it stands after the lines before.
    """
    own: dict[str, Row] = {}
    readings: dict[str, Row] = {}
    sources: dict[str, Row] = {}
    below = {str(row[KEY]): row for row in shipped["commitments"]}
    read_below = {str(row[KEY]): row for row in shipped["commitment_readings"]}
    known_sources = {str(row["source_id"]) for row in shipped["sources"]}
    for entry in entries:
        name, fields = entry.subject, dict(entry.draft.fields)
        row = own.setdefault(name, dict(below.get(name, {KEY: name})))
        for column in (EVIDENCE, "source_id"):
            given = fields.pop(column, "")
            if not given:
                continue
            source_id = given if given in known_sources else _source_of(given)
            if source_id not in known_sources:
                sources[source_id] = _source_row(source_id, given, entry)
            row["evidence_source_id" if column == EVIDENCE else column] = source_id
        if SUPERSEDED_BY in fields:
            follower = fields.pop(SUPERSEDED_BY)
            row["notes"] = " ".join(filter(None, (row.get("notes"), f"Superseded by {follower}.")))
            fields["legal_force"] = "not_in_force"
        row.update({column: fields[column] for column in _OWN if column in fields})
        reading = {column: fields[column] for column in _READING if column in fields}
        if "due_date" in fields and "counted_from_date" not in fields:
            reading |= _plain_term(fields["due_date"], read_below.get(name) or readings.get(name))
        if reading or entry.draft.action == "add":
            start = readings.get(name) or dict(read_below.get(name, {KEY: name, "legal_force": "political"}))
            readings[name] = {**start, **reading}
    return {
        "commitments": list(own.values()),
        "commitment_readings": list(readings.values()),
        "sources": list(sources.values()),
    }


def _plain_term(due: str, reading: Row | None) -> Row:
    """The reading of a due date that is given as it is: no term to count."""
    nothing = {"other_counted_from_date": "", "other_place": ""}
    if not due:
        return {"due_kind": "", "counted_from_date": "", "term": "", "term_unit": "", **nothing}
    kind = (reading or {}).get("due_kind") or "by"
    return {"due_kind": kind, "counted_from_date": due, "term": "0", "term_unit": "to_period_end", **nothing}


def _source_of(given: str) -> str:
    """The id under which an address that somebody gave as evidence stands among the sources."""
    return f"journal-{hashlib.sha256(given.encode('utf-8')).hexdigest()[:12]}"


def _source_row(source_id: str, given: str, entry: Entry) -> Row:
    from urllib.parse import urlsplit

    address = urlsplit(given)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise BadInput(
            f"evidence {given!r} is neither a source id nor an address.",
            where=f"journal line {entry.line}",
            cure="Give https://… or an id: didymium data table sources.",
        )
    return {
        "source_id": source_id,
        "title": f"Evidence given for {entry.subject}",
        "producer": address.hostname,
        "url": given,
        "accessed_date": entry.at[:10],
        "licence": "unknown",
        "kind": "press",
        "notes": f"Given by {entry.draft.who} in line {entry.line} of the journal.",
    }


def changes(entries: Sequence[Entry], name: str, shipped: Mapping[str, Sequence[Row]]) -> Iterator[Row]:
    """What happened to one promise, a row for each field that a line set: before, after, who, when and why."""
    for place, entry in enumerate(entries):
        if entry.subject != name:
            continue
        before = _state(entries[:place], name, shipped)
        after = _state(entries[: place + 1], name, shipped)
        touched = [c for c in after if _text(after[c]) != _text(before.get(c))]
        for column in touched or [""]:
            yield {
                "line": entry.line,
                "at": entry.at,
                "who": entry.draft.who,
                "action": entry.draft.action,
                "commitment_id": name,
                "field": column,
                "before": _text(before.get(column)),
                "after": _text(after.get(column)),
                "why": entry.draft.why,
                "hash": entry.hash,
            }


def _state(entries: Sequence[Entry], name: str, shipped: Mapping[str, Sequence[Row]]) -> Row:
    """One promise with its reading, as it stands after the lines."""
    made = tables([e for e in entries if e.subject == name], shipped)
    state: Row = {}
    for table in ("commitments", "commitment_readings"):
        rows = [row for row in (*shipped[table], *made[table]) if row[KEY] == name]
        state |= {column: value for column, value in (rows[-1] if rows else {}).items() if column != KEY}
    return state


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)
