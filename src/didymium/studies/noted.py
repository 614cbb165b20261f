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
from didymium.results import Result, Row


@dataclass(frozen=True, slots=True)
class Noted:
    """A note and what it rests on.

    `rows` are those of the answer that it counts or speaks of, with their number in `table` (empty: the main one), and
    `columns` what to look at in them. `data` are rows of the data, `assumptions` and `sources` those of the answer.
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
    rows = result.tables[table] if table else result.rows
    kept = tuple((n, r) for n, r in enumerate(rows, start=1) if _fits(r, line["held"])) if speaks else ()
    there = [c for c in line["columns"].split(";") if kept and c in kept[0][1]]
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
        data=tuple(_rows_of(ds, line["data"].split(";"))),
        assumptions=tuple(r for r in ds.rows("assumptions") if r["assumption_id"] in result.assumptions),
        sources=tuple(known[s] for s in result.source_ids if s in known),
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
    """Whether a row has what `column=value` asks, or has another value than `column!=value` names.

    >>> _fits({"state": "overdue"}, "state=overdue"), _fits({"waits_for": ""}, "waits_for!=")
    (True, False)
    """
    name, _, value = held.partition("=")
    said = str(row.get(name.removesuffix("!")) or "")
    return not held or (said != value if name.endswith("!") else said == value)


def _rows_of(ds: Dataset, wanted: list[str]) -> list[Mapping[str, Any]]:
    found = []
    for pattern in wanted:
        table = pattern.partition(":")[0]
        if table in ds.content:
            found += [r for r in ds.rows(table) if fnmatchcase(str(r["row_id"]), pattern)]
    return found
