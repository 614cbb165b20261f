"""Chained lines: who said what of which thing, when and why; a file that only grows.

One JSON object a line, in canonical bytes. Each line holds the hash of the line before it and its own, so that a line
that was changed, moved or taken out from the middle is found (`read`). A line that was cut off at the end is found by
whoever noted the last hash. `key` is the member that names the thing a line speaks of: `commitment_id` in the journal
of promises, `action_id` in a log of actions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from didymium.errors import BadInput

START = "0" * 64
"""What stands where the first line has no line before it."""

_OTHER_MEMBERS = {"action", "at", "fields", "hash", "line", "previous", "who", "why"}


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to write: of which thing, what to set, who says so and why."""

    action: str
    subject: str
    fields: Mapping[str, str]
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `at` is the moment in UTC; `previous` the hash of the line before."""

    line: int
    at: str
    draft: Draft
    previous: str
    hash: str

    @property
    def subject(self) -> str:
        """The thing it speaks of."""
        return self.draft.subject


def sealed(draft: Draft, *, line: int, at: str, previous: str, key: str) -> tuple[Entry, bytes]:
    """The next line of a file: the entry and its bytes."""
    said = {
        "action": draft.action,
        "at": at,
        key: draft.subject,
        "fields": dict(draft.fields),
        "line": line,
        "previous": previous,
        "who": draft.who,
        "why": draft.why,
    }
    own = hashlib.sha256(_canonical(said)).hexdigest()
    return Entry(line, at, draft, previous, own), _canonical({**said, "hash": own}) + b"\n"


def _canonical(value: Mapping[str, Any]) -> bytes:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8")


def read(data: bytes, name: str, key: str) -> tuple[Entry, ...]:
    """The lines of a file, after the chain was computed again.

    Raises BadInput that names the first line that is broken.
    """
    *lines, tail = data.split(b"\n")
    entries: list[Entry] = []
    for number, text in enumerate(lines, start=1):
        entry, fault = _line(text, number, entries[-1].hash if entries else START, key)
        if entry is None:
            raise _broken(name, number, fault)
        entries.append(entry)
    if tail:
        raise _broken(name, len(lines) + 1, "has no end: it was cut off, or its end was taken away.")
    return tuple(entries)


def _broken(name: str, number: int, fault: str) -> BadInput:
    return BadInput(
        f"the line {fault}",
        where=f"{name} line {number}",
        cure=f"The {number - 1} lines before it are sound; bring the file back from a copy.",
    )


def _line(text: bytes, number: int, previous: str, key: str) -> tuple[Entry | None, str]:
    """The entry of a line, or None and what is wrong with it."""
    try:
        said = json.loads(text.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        return None, "is not JSON in UTF-8."
    if not isinstance(said, dict) or set(said) != _OTHER_MEMBERS | {key} or not isinstance(said["fields"], dict):
        return None, "does not hold what a line of a journal holds."
    texts = [said[part] for part in ("action", "at", key, "previous", "who", "why")] + [*said["fields"].values()]
    if not all(isinstance(value, str) for value in texts):
        return None, "holds a value that is not text."
    draft = Draft(said["action"], said[key], said["fields"], said["who"], said["why"])
    if said["line"] != number or said["previous"] != previous:
        return None, "does not follow the line before it: a line was taken out, put in or moved."
    try:
        entry, written = sealed(draft, line=number, at=said["at"], previous=previous, key=key)
    except ValueError:  # half of a surrogate pair, which no writer can have written
        return None, "is not JSON in UTF-8."
    if written != text + b"\n":
        return None, "was changed after it was written: its hash is another."
    return entry, ""
