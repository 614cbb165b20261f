"""What a note of an answer rests on: the rows that it counts, the rows of the data, the method.

Which rows those are stands in `notes.csv`, a line for each sentence that holds a number; a sentence without a line of
its own rests on the answer as a whole.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

from didymium.data import Dataset
from didymium.errors import NotFound
from didymium.i18n import numbers_of
from didymium.results import Result, Row


@dataclass(frozen=True, slots=True)
class Noted:
    """A note and what it rests on.

    `rows` are those of the answer that it counts or speaks of, with their number in `table` (empty: the main one), and
    `columns` what to look at in them. `data` are rows of the data. `sources` are those of these rows; where a note
    speaks of no rows, they and the `assumptions` are those of the answer. `is_own`: it has a line of its own.
    """

    number: int
    text: str
    about: str
    about_ja: str
    page: str
    table: str
    rows: tuple[tuple[int, Row], ...]
    columns: tuple[str, ...]
    data: tuple[Mapping[str, Any], ...]
    assumptions: tuple[Mapping[str, Any], ...]
    sources: tuple[Mapping[str, Any], ...]
    is_own: bool


def noted(ds: Dataset, result: Result, number: int) -> Noted:
    """What stands behind note `number` of an answer, counted from 1. Raises NotFound for one it does not have."""
    if not 1 <= number <= len(result.warnings):
        cure = f"Notes run from 1 to {len(result.warnings)}." if result.warnings else "It has none."
        raise NotFound(f"there is no note {number}.", where=f"run {result.run_id}", cure=cure)
    text = result.warnings[number - 1]
    line = told_of(result.command, text)
    table = line["table"] if line["table"] in result.tables else ""
    speaks = bool(table or line["held"])
    held = line["held"].format(*numbers_of(text))
    rows = result.tables[table] if table else result.rows
    kept = tuple((n, r) for n, r in enumerate(rows, start=1) if _fits(r, held)) if speaks else ()
    there = [c for c in line["columns"].split(";") if kept and c in kept[0][1]]
    data = _rows_of(ds, line["data"].split(";"))
    is_narrow = bool(kept or data)
    cited = {str(r["source_id"]) for r in data} | {s for _, r in kept for s in _cited(r)}
    known = {str(r["source_id"]): r for r in ds.rows("sources")}
    return Noted(
        number=number,
        text=text,
        about=line["about"],
        about_ja=line["about_ja"],
        page=line["page"],
        table=table,
        rows=kept,
        columns=tuple(there),
        data=tuple(data),
        assumptions=()
        if is_narrow
        else tuple(r for r in ds.rows("assumptions") if r["assumption_id"] in result.assumptions),
        sources=tuple(known[s] for s in (sorted(cited) if is_narrow else result.source_ids) if s in known),
        is_own=line["note"] != "*",
    )


def told_of(command: str, text: str) -> dict[str, str]:
    """The first line of `notes.csv` that fits a note of a command."""
    for line in _lines():
        if fnmatchcase(command, line["command"]) and fnmatchcase(text, line["note"]):
            return line
    raise AssertionError("the last line fits everything")


@cache
def _lines() -> tuple[dict[str, str], ...]:
    text = (files("didymium.studies") / "notes.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def _fits(row: Row, held: str) -> bool:
    """Whether a row has what each `column=value` asks, and another value than each `column!=value` names.

    >>> _fits({"state": "overdue"}, "state=overdue"), _fits({"waits_for": ""}, "waits_for!=")
    (True, False)
    """
    for one in filter(None, held.split(";")):
        name, _, value = one.partition("=")
        if (str(row.get(name.removesuffix("!")) or "") == value) == name.endswith("!"):
            return False
    return True


def _cited(row: Row) -> list[str]:
    """The sources that a row of an answer names."""
    said = row.get("source_ids") or row.get("source_id") or []
    return [str(s) for s in said] if isinstance(said, list) else [str(said)]


def _rows_of(ds: Dataset, wanted: list[str]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for pattern in wanted:
        table = pattern.partition(":")[0]
        if table in ds.content:
            found += [r for r in ds.rows(table) if fnmatchcase(str(r["row_id"]), pattern)]
    return found
