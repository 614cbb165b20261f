"""What people say of kept runs: sign-offs, comments of reviewers, errata. A record that only grows.

Each entry is a file of its own, numbered, in canonical JSON, and holds the hash of the entry before it and its own: one
that was changed, moved or taken out of the middle is found (`entries`). It is written aside, synced, and linked into
place under the next free number, so that two writers never share one and a stopped writer leaves nothing half-there.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from didymium.errors import BadInput, StoreError
from didymium.results.manifest import Manifest, versions
from didymium.results.result import canonical_json
from didymium.results.store import sync_folder, write_synced

START = "0" * 64
"""What stands where the first entry has none before it."""

SIGN, COMMENT, ERRATUM = "sign", "comment", "erratum"
ROLES = ("commissioner", "analyst", "assurer", "approver")
"""The roles of the UK government's AQuA Book: who asked, who did it, who checked it, who answers for its use."""

STATES = ("open", "answered", "accepted", "rejected")
"""States of a reviewer's comment."""

SUBJECTS = ("commands", "source_ids", "assumptions", "before_version")
"""What an erratum may name; a run is affected if it meets all that are named."""

_MEMBERS = {"at", "hash", "kind", "number", "previous", "said"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its number, when [UTC], its kind, what was said, and its hash."""

    number: int
    at: str
    kind: str
    said: Mapping[str, Any]
    hash: str


def entries(folder: Path) -> tuple[Entry, ...]:
    """All entries, oldest first. Raises StoreError that names the first entry that does not follow from the last."""
    found: list[Entry] = []
    previous = START
    for number, path in enumerate(sorted(folder.glob("[0-9]*.json")), 1):
        try:
            body = json.loads(path.read_bytes())
        except (OSError, ValueError) as bad:
            raise _broken(path, "cannot be read") from bad
        if not isinstance(body, dict) or set(body) != _MEMBERS:
            raise _broken(path, "does not hold the fields of an entry")
        own = body.pop("hash")
        if own != _hash(body):
            raise _broken(path, "was changed")
        if body["previous"] != previous or body["number"] != number or path.name != _name(number):
            raise _broken(path, "does not follow the entry before it")
        previous = own
        found.append(Entry(number, body["at"], body["kind"], body["said"], own))
    return tuple(found)


def add(folder: Path, kind: str, said: Mapping[str, Any], *, at: str) -> Entry:
    """Write one entry after the last. Raises StoreError if the chain is broken or the folder cannot be written."""
    aside = folder / f".{secrets.token_hex(8)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            before = entries(folder)
            number = len(before) + 1
            previous = before[-1].hash if before else START
            body = {"number": number, "at": at, "kind": kind, "said": dict(said), "previous": previous}
            own = _hash(body)
            write_synced(aside, (canonical_json({**body, "hash": own}) + "\n").encode("utf-8"))
            try:
                os.link(aside, folder / _name(number))
            except FileExistsError:  # another writer was faster: ours comes after theirs
                aside.unlink()
                continue
            sync_folder(folder)
            return Entry(number, at, kind, said, own)
    except OSError as refused:
        raise StoreError(
            f"the record cannot be written: {refused.strerror or refused}.",
            where=str(folder),
            cure="Name another folder with --store.",
        ) from refused
    finally:
        with contextlib.suppress(OSError):
            aside.unlink()


def lapsed(said: Mapping[str, Any], manifest: Manifest | None, dataset_id: str | None) -> list[str]:
    """Why a sign-off no longer holds; empty if it does.

    `manifest`: that of the run as it is kept now, None if it is not there whole. `dataset_id`: that of the data at hand
    now, under the layers of the run; None if they cannot be opened.
    """
    found = []
    if manifest is None:
        found.append("the run is not kept whole")
    elif manifest.result_sha256 != said["result_sha256"]:
        found.append("the answer has other bytes")
    if dataset_id is None:
        found.append("the data of the run are not at hand")
    elif dataset_id != said["dataset_id"]:
        found.append("the data have changed")
    here = versions()
    if said["versions"]["didymium"] != here["didymium"] or said["versions"]["code"] != here["code"]:
        found.append("the program has changed")
    return found


def bound(manifest: Manifest) -> dict[str, Any]:
    """What binds an entry to a run: its id, the hash of its bytes, its data, and the program that made it."""
    made = {name: manifest.versions.get(name, "") for name in ("didymium", "code")}
    return {
        "run_id": manifest.run_id,
        "command": manifest.command,
        "result_sha256": manifest.result_sha256,
        "dataset_id": str(manifest.dataset["id"]),
        "versions": made,
    }


def affected(erratum: Mapping[str, Any], manifest: Manifest, used: Mapping[str, Sequence[str]]) -> bool:
    """Whether an erratum touches a run; `used` holds the `source_ids` and `assumptions` of its answer."""
    told = [name for name in SUBJECTS if erratum.get(name)]
    if not told:
        return False
    for name in told:
        if name == "commands":
            hit = manifest.command in erratum[name]
        elif name == "before_version":
            hit = _parts(manifest.versions["didymium"]) < _parts(str(erratum[name]))
        else:
            hit = bool(set(erratum[name]) & set(used[name]))
        if not hit:
            return False
    return True


def comments_in(text: str, file: str, manifest: Manifest) -> list[dict[str, str]]:
    """The filled rows of a reviewer's sheet. Raises BadInput that names file, row and column of the first fault."""
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""), strict=True)
    found: list[dict[str, str]] = []
    seen: set[str] = set()
    missing = [name for name in COMMENT_COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise BadInput(f"the column {missing[0]} is missing", where=file, cure=f"Keep {', '.join(COMMENT_COLUMNS)}.")
    for number, row in enumerate(_read(rows, file), 2):
        where = f"{file} row {number}"
        if None in row or None in row.values():  # too many, too few
            raise BadInput("the row has other cells than the head", where=where, cure="One cell for each column.")
        cells = {name: row[name].strip() for name in COMMENT_COLUMNS}
        if not cells["comment"]:
            continue
        for name in ("comment_id", "reviewer"):
            if not cells[name]:
                raise BadInput(f"column {name} is empty", where=where, cure="Comments are by name and number.")
        if cells["comment_id"] in seen:
            raise BadInput(f"comment_id {cells['comment_id']} stands twice", where=where, cure="Number them.")
        seen.add(cells["comment_id"])
        cells["state"] = cells["state"] or STATES[0]
        if cells["state"] not in STATES:
            raise BadInput(f"state {cells['state']!r} is not known", where=where, cure=f"Use {', '.join(STATES)}.")
        if cells["run_id"] and cells["run_id"] != manifest.run_id:
            raise BadInput(f"run_id {cells['run_id']} is not {manifest.run_id}", where=where, cure="Name its own run.")
        found.append({**cells, "run_id": manifest.run_id})
    return found


COMMENT_COLUMNS = ("run_id", "comment_id", "reviewer", "affiliation", "about", "comment", "state", "reply")
"""The sheet of a reviewer: whose, about what, what, and what became of it."""


def _read(rows: csv.DictReader[str], file: str) -> list[dict[str, str]]:
    try:
        return list(rows)
    except csv.Error as bad:
        raise BadInput(f"{bad}", where=file, cure="Close the quote.") from bad


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _name(number: int) -> str:
    return f"{number:08d}.json"


def _hash(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical_json(dict(body)).encode("utf-8")).hexdigest()


def _broken(path: Path, what: str) -> StoreError:
    return StoreError(
        f"entry {path.name} of the record {what}.",
        where=str(path.parent),
        cure="Bring it back from a copy; nothing is written after it.",
    )
