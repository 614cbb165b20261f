"""What a layer is on disk: a folder of tables, a workbook with a sheet for each, one CSV, JSON rows, or a journal.

A layer says who may see it: `layer.toml` in the folder (or beside the single file), or the sheet `layer` of a workbook.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from didymium.data import chained, journal
from didymium.errors import BadInput
from didymium.schema import TABLES, toml_text
from didymium.schema.faults import Fault, visible
from didymium.schema.reader import Parsed, parsed_json, read_records, read_sheet, read_table
from didymium.schema.references import suggest

Tables = dict[str, Parsed]

VISIBILITIES = ("public", "partner", "confidential")
"""Who may see a layer: anyone; those it is shared with; nobody outside, so that it never leaves in a brief unasked."""

UNSTATED = "partner"
"""The visibility of a layer that does not state one."""

TABLE_SUFFIXES = (".csv", ".json", ".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".tsv", ".parquet")
"""Files of a folder that look like tables; those that cannot be read are named, never skipped."""

NO_TABLES = ("datapackage.json", "import.json")
LAYER_FILE = "layer.toml"
JOURNAL = ".jsonl"
"""A journal of promises (see `data/journal.py`) is a layer too: its rows are what its lines come to."""
LAYER_SHEET = "layer"
PLAIN_SHEETS = ("read-me", "lists")
"""Sheets of the template that hold no rows."""
MOST_BYTES = 300_000_000
MOST_SETTINGS = 100_000


@dataclass(frozen=True, slots=True)
class Layer:
    """The tables of a layer with all reading faults, what it calls itself and who may see it."""

    name: str
    tables: Tables
    faults: tuple[Fault, ...] = ()
    visibility: str = UNSTATED
    is_stated: bool = False


def read_layer(path: Path, *, table: str | None = None) -> Layer:
    """All that a path holds. `table` names the table of a single file whose name does not.

    Raises BadInput if there is nothing to read.
    """
    if not path.exists():
        raise BadInput(
            "no such file or folder.", where=path.name, cure="Give a folder of tables, a workbook, a CSV or JSON rows."
        )
    if path.is_dir():
        return _folder(path)
    name = path.name or "layer"
    data, faults = _bytes(path, name)
    if data is None:
        return Layer(name, {}, tuple(faults))
    if path.suffix.lower() == ".xlsx":
        return _workbook(data, name, name)
    tables, bad = _journal(path, name) if path.suffix.lower() == JOURNAL else _file(data, path, name, table)
    beside = path.parent / LAYER_FILE
    visibility, stated, about = _told(beside, beside.name) if beside.is_file() else (UNSTATED, False, [])
    return Layer(name, tables, (*bad, *about), visibility, stated)


def _folder(path: Path) -> Layer:
    files = sorted(file for file in path.iterdir() if _is_table_file(file))
    if not files:
        raise BadInput("the folder holds no table.", where=path.name, cure="Expected files such as production.csv.")
    said = path / LAYER_FILE
    label = f"{path.name}/{LAYER_FILE}"
    visibility, stated, about = _told(said, label) if said.is_file() else (UNSTATED, False, [])
    tables: Tables = {}
    faults = list(about)
    words = [visibility] if stated else []
    for file in files:
        label = f"{path.name}/{file.name}"
        data, bad = _bytes(file, label)
        faults += bad
        if data is None:
            continue
        if file.suffix.lower() == ".xlsx":
            book = _workbook(data, file.name, label)
            found, bad = book.tables, list(book.faults)
            words += [book.visibility] if book.is_stated else []
        else:
            found, bad = _file(data, file, label, None)
        faults += bad
        for name, parsed in found.items():
            if name in tables:
                faults.append(Fault(label, 0, "", name, f"table {name} comes twice.", "Keep one file for it."))
                continue
            tables[name] = parsed
    # Of several statements the strictest holds.
    strictest = max(words, key=VISIBILITIES.index, default=UNSTATED)
    return Layer(path.name or "layer", tables, tuple(faults), strictest, bool(words))


def _is_table_file(path: Path) -> bool:
    is_table = path.suffix.lower() in TABLE_SUFFIXES and path.name not in NO_TABLES
    return is_table and not path.name.startswith((".", "~$"))


def _bytes(path: Path, label: str) -> tuple[bytes | None, list[Fault]]:
    try:
        if not path.is_file():
            return None, [Fault(label, 0, "", "", "this is no ordinary file.", "Give a file of rows.")]
        size = path.stat().st_size
        if size > MOST_BYTES:
            return None, [Fault(label, 0, "", str(size), f"the file has {size:,} bytes.", "Split it.")]
        return path.read_bytes(), []
    except OSError as error:
        return None, [Fault(label, 0, "", "", f"the file cannot be read ({error.strerror}).", "Check the file.")]


def _file(data: bytes, path: Path, label: str, table: str | None) -> tuple[Tables, list[Fault]]:
    suffix = path.suffix.lower()
    if suffix == ".json":
        return _json(data, path, label, table)
    if suffix != ".csv":
        what = f"{suffix or 'a file without ending'} is not read as a table."
        return {}, [Fault(label, 0, "", path.name, what, "Save it as .xlsx, as CSV in UTF-8, or as JSON rows.")]
    name = table or path.stem
    if name not in TABLES:
        return {}, [_no_table(label, name)]
    parsed = read_table(data, TABLES[name], label)
    return {name: parsed}, parsed.faults


def _no_table(label: str, name: str) -> Fault:
    hint = suggest(name, {known: {} for known in TABLES}) or f"Tables are: {', '.join(sorted(TABLES))}."
    return Fault(label, 0, "", name, f"there is no table {name!r}.", hint)


def _json(data: bytes, path: Path, label: str, table: str | None) -> tuple[Tables, list[Fault]]:
    """Rows of one table as JSON: a list of objects, or {"table": name, "rows": [...]}."""
    try:
        found = parsed_json(data)
    except (ValueError, RecursionError) as error:
        return {}, [_no_json(error, data, label)]
    name, rows = table or path.stem, found
    if isinstance(found, Mapping):
        extra = sorted(set(found) - {"table", "rows"})
        if extra:
            what = f"{visible(extra[0])} stands beside the rows."
            return {}, [Fault(label, 0, "", extra[0], what, 'Expected {"table": name, "rows": [...]}.')]
        name, rows = str(found.get("table", name)), found.get("rows")
    if name not in TABLES:
        return {}, [_no_table(label, name)]
    if not isinstance(rows, list):
        return {}, [Fault(label, 0, "", "", "there is no list of rows.", 'Expected [{"column": value, …}, …].')]
    parsed = read_records(rows, TABLES[name], label)
    return {name: parsed}, parsed.faults


def _no_json(error: Exception, data: bytes, label: str) -> Fault:
    """Why a document is not read, and where: `row` counts the lines of the file, `column` the signs of the line."""
    if isinstance(error, json.JSONDecodeError):
        shown = error.doc[error.pos : error.pos + 20]
        what = f"{visible(shown)} is no JSON ({error.msg})."
        return Fault(label, error.lineno, str(error.colno), shown, what, "Expected a list of rows, as JSON writes it.")
    if isinstance(error, UnicodeDecodeError):
        bad, line = data[error.start : error.start + 4].hex(" "), data[: error.start].count(b"\n") + 1
        return Fault(label, line, "", bad, f"bytes {bad} are not UTF-8.", "Save the file as UTF-8.")
    what = "the brackets are nested too deep" if isinstance(error, RecursionError) else str(error)
    return Fault(label, 0, "", "", f"the file is not read: {what}.", "Expected a list of rows, each name once.")


def _journal(path: Path, label: str) -> tuple[Tables, list[Fault]]:
    """The rows that a journal of promises comes to; a broken chain is a fault."""
    from didymium.data.journal_file import finished

    try:
        layer = journal_layer(journal.read(finished(path), label), label)
    except BadInput as broken:
        return {}, [Fault(broken.where, 0, "", "", broken.what, broken.cure)]
    return layer.tables, list(layer.faults)


def journal_layer(entries: Sequence[chained.Entry], label: str) -> Layer:
    """What the lines of a journal come to, over the shipped rows."""
    from didymium.data.package import base_tables

    shipped = {name: base_tables()[name].rows for name in ("commitments", "commitment_readings", "sources")}
    made = journal.tables(entries, shipped)
    tables = {name: read_records(rows, TABLES[name], f"{label} {name}") for name, rows in made.items() if rows}
    return Layer(label, tables, tuple(fault for parsed in tables.values() for fault in parsed.faults))


# who may see it


def _told(path: Path, label: str) -> tuple[str, bool, list[Fault]]:
    """Visibility of a `layer.toml`, whether it states one, and its faults."""
    try:
        with path.open("rb") as file:
            said = toml_text.loads(file.read(MOST_SETTINGS).decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        what = f"the file cannot be read ({error})."
        return VISIBILITIES[-1], True, [Fault(label, 0, "", "", what, 'Expected visibility = "confidential".')]
    return _visibility({str(k): v for k, v in said.items()}, label)


def _visibility(said: Mapping[str, Any], label: str) -> tuple[str, bool, list[Fault]]:
    faults = [
        Fault(label, 0, key, str(said[key]), f"{key!r} is not known.", f"Known: visibility, note. Words: {_WORDS}.")
        for key in said
        if key not in ("visibility", "note")
    ]
    word = said.get("visibility")
    if word is None:
        return UNSTATED, False, faults
    if word not in VISIBILITIES:
        faults.append(Fault(label, 0, "visibility", str(word), f"{word!r} is not allowed.", f"Expected {_WORDS}."))
        return VISIBILITIES[-1], True, faults  # what cannot be read as less is treated as the most
    return str(word), True, faults


_WORDS = "public, partner or confidential"


# workbooks


def _workbook(data: bytes, name: str, label: str) -> Layer:
    """A sheet for each table, each read in a child process; the sheet `layer` says who may see it."""
    from didymium.schema.workbook import read_bytes

    try:
        sheets = read_bytes(data, label)
    except BadInput as refused:
        file, row, column = _place(refused.where)
        return Layer(name, {}, (Fault(file, row, column, "", refused.what, refused.cure),))
    tables: Tables = {}
    faults: list[Fault] = []
    visibility, stated = UNSTATED, False
    if not any(sheet.name in TABLES for sheet in sheets):
        faults.append(Fault(label, 0, "", "", "no sheet is named after a table.", "Start from: didymium data template"))
    for sheet in sheets:
        place = f"{label} sheet {sheet.name}"
        if sheet.name == LAYER_SHEET:
            said = {sheet.text(row, 1).strip(): sheet.text(row, 2).strip() for row in range(2, sheet.last_row + 1)}
            visibility, stated, bad = _visibility({k: v for k, v in said.items() if k and v}, place)
            faults += bad
        elif sheet.name in TABLES:
            if sheet.last_row == 1:
                continue  # a header without rows: a table of the template that nobody filled
            tables[sheet.name] = read_sheet(sheet, TABLES[sheet.name], place)
            faults += tables[sheet.name].faults
        elif sheet.name not in PLAIN_SHEETS and sheet.cells:
            faults.append(_no_table(place, sheet.name))
    return Layer(name, tables, tuple(faults), visibility, stated)


def _place(where: str) -> tuple[str, int, str]:
    """File (with its sheet), row and column of a place as the workbook reader words it."""
    match = re.fullmatch(r"(.*?)(?: sheet '(.*?)')?(?: row (\d+))?(?:, column ([A-Z]+))?", where, re.DOTALL)
    if match is None:
        return where, 0, ""
    file = f"{match[1]} sheet {match[2]}" if match[2] else match[1]
    return file, int(match[3] or 0), match[4] or ""
