"""Strict reading of a CSV file: bytes must be UTF-8, rows must have the header's width. Nothing is guessed.

A fault never stops the reading of what can still be read: all faults of a file come back together.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from didymium.schema.cells import BadCell, Cell, read_cell
from didymium.schema.columns import Column, Table
from didymium.schema.faults import Fault, storable, visible
from didymium.schema.spreadsheet import unescaped
from didymium.schema.workbook import Sheet, SheetCell

MOST_FAULTS_OF_A_HEADER = 100
BARE_CR = re.compile(r"\r(?!\n)")


@dataclass(slots=True)
class Parsed:
    """Rows of one file of one table as typed values, with the line on which each began."""

    table: Table
    file: str
    rows: list[dict[str, Cell]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, row: int, column: str, value: str, what: str, cure: str) -> None:
        """Note one fault."""
        self.faults.append(Fault(self.file, row, column, storable(value), what, cure))


def _guess_encoding(data: bytes) -> str:
    for name, label in (("cp932", "Shift-JIS"), ("euc_jp", "EUC-JP"), ("cp1252", "Windows-1252")):
        try:
            data.decode(name)
        except UnicodeDecodeError:
            continue
        return label
    return "another encoding"


def decode(data: bytes, parsed: Parsed) -> str | None:
    """The text of UTF-8 bytes, a leading BOM dropped; None and a fault for anything else."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        parsed.fault(1, "", "", "the bytes are UTF-16.", "Save the file as UTF-8.")
        return None
    if not data.strip():
        parsed.fault(0, "", "", "the file is empty.", "Expected a header line and rows.")
        return None
    if b"\x00" in data:
        line = data[: data.index(b"\x00")].count(b"\n") + 1
        what = "a NUL byte; the file is cut or not text (UTF-16 without mark?)."
        parsed.fault(line, "", "\\x00", what, "Save the file as UTF-8.")
        return None
    try:
        text = data.decode("utf-8-sig", "strict")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        bad = data[error.start : error.start + 4].hex(" ")
        what = f"bytes {bad} are not UTF-8; they read as {_guess_encoding(data)}."
        parsed.fault(line, "", bad, what, "Save the file as UTF-8.")
        return None
    match = BARE_CR.search(text)
    if match:
        line = text[: match.start()].count("\n") + 1
        parsed.fault(line, "", "\\r", "a line ends in CR alone.", "End lines with LF or CR LF.")
        return None
    return text


def records(text: str, parsed: Parsed) -> list[tuple[int, list[str]]]:
    """All records with the line each begins on; a broken quote stops with a fault."""
    found: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline="\n"), strict=True)
    begins = 1
    try:
        for cells in reader:
            found.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        parsed.fault(begins, "", "", f"the row cannot be split into cells ({error}).", 'Quote as "a ""b"" c".')
    return found


def check_header(header: Sequence[str], parsed: Parsed) -> bool:
    """True when the header names each declared column once and no other."""
    names = parsed.table.column_names
    before = len(parsed.faults)
    seen: set[str] = set()
    missing = [name for name in names if name not in header and not parsed.table.column(name).since]
    for name in header:
        if name in seen:
            parsed.fault(1, name, name, f"column {visible(name)} stands twice.", "Keep one.")
        elif name not in names:
            if len(parsed.faults) - before >= MOST_FAULTS_OF_A_HEADER:
                what = f"more than {MOST_FAULTS_OF_A_HEADER} columns are not known."
                parsed.fault(1, "", name, what, "Is it the right file?")
                break
            near = difflib.get_close_matches(name.strip().lower(), missing, n=1)
            cure = f"Did you mean {near[0]!r}?" if near else f"Columns are: {', '.join(names)}."
            parsed.fault(1, name, name, f"column {visible(name)} is not known.", cure)
        seen.add(name)
    for name in missing:
        meaning = parsed.table.column(name).meaning
        parsed.fault(1, name, "", "the column is missing.", f"Add it: {meaning}")
    return len(parsed.faults) == before


def _read_row(line: int, cells: Iterable[tuple[str, str]], parsed: Parsed) -> None:
    row: dict[str, Cell] = {}
    table = parsed.table
    sound = True
    for name, text in cells:
        column = table.column(name)
        try:
            row[name] = read_cell(text, column)
        except BadCell as bad:
            parsed.fault(line, name, text, bad.what, bad.cure)
            sound = False
    if sound:
        parsed.rows.append(row)
        parsed.lines.append(line)


def _no_empty_rows(found: Sequence[tuple[int, list[str]]], width: int, parsed: Parsed) -> None:
    """One fault for all rows without any value: the first of them, and how many there are."""
    empty = [line for line, cells in found if len(cells) != width and not any(cells)]
    if len(empty) == 1:
        parsed.fault(empty[0], "", "", "the row is empty.", "Delete the line.")
    elif empty:
        what = f"the row is empty, the first of {len(empty):,} empty rows."
        parsed.fault(empty[0], "", "", what, "Delete these lines.")


def read_table(data: bytes, table: Table, file: str) -> Parsed:
    """Typed rows of a CSV file of the table; faults are collected, never raised.

    Rows with a faulty cell are left out of `rows`, so that later checks speak of sound rows only.
    """
    parsed = Parsed(table, file)
    text = decode(data, parsed)
    if text is None:
        return parsed
    found = records(text, parsed)
    if not found or not check_header(found[0][1], parsed):
        return parsed
    header = found[0][1]
    columns = [table.column(name) for name in header]
    blank: dict[str, Cell] = dict.fromkeys(table.column_names)
    width = len(header)
    _no_empty_rows(found[1:], width, parsed)
    for line, cells in found[1:]:
        if len(cells) != width:
            if any(cells):
                what = f"the row has {len(cells)} cells, the header {width}."
                parsed.fault(line, "", "", what, "Quote cells that hold a comma.")
            continue
        row: dict[str, Cell] = {}
        sound = True
        for column, cell in zip(columns, cells, strict=True):
            try:
                row[column.name] = read_cell(unescaped(cell), column)
            except BadCell as bad:
                parsed.fault(line, column.name, cell, bad.what, bad.cure)
                sound = False
        if sound:
            parsed.rows.append(row if len(row) == len(table.columns) else {**blank, **row})
            parsed.lines.append(line)
    return parsed


class Written(str):
    """A number as a JSON document writes it: typed by the column, like any other text."""

    __slots__ = ()


def parsed_json(data: bytes) -> Any:
    """A JSON document whose numbers are still text, NaN too: no column takes it. Raises ValueError for a key twice."""
    return json.loads(
        data.decode("utf-8-sig"),
        parse_float=Written,
        parse_int=Written,
        parse_constant=Written,
        object_pairs_hook=_once,
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {visible(twice)} stands twice in one object")
    return found


def _as_text(value: Any, column: Column) -> str:
    """The text of a value of a record as it would stand in CSV. Raises BadCell where such a value cannot be meant."""
    if value is None:
        return ""
    if isinstance(value, bool):
        if column.kind != "flag":
            raise BadCell(f"{str(value).lower()} is not a value of this column.", "Give the text or number meant.")
        return "1" if value else "0"
    if isinstance(value, list) and column.kind == "list" and all(type(item) is str and item for item in value):
        return ";".join(value)
    if isinstance(value, list | Mapping):
        raise BadCell(f"{visible(str(value))} is a list or an object.", "Give one text or number.")
    if isinstance(value, Written | int | float):
        if column.kind in ("text", "id", "list") and column.name.endswith("_code"):
            raise BadCell(f"{visible(str(value))} is a number: zeros in front of a code are lost.", "Give it as text.")
        whole = column.kind in ("integer", "year", "flag") and re.fullmatch(r"(-?\d{1,15})\.0+", str(value))
        return whole[1] if whole else str(value) if isinstance(value, Written) else _number_text(value)
    return str(value)


def _number_text(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(value)


def read_sheet(sheet: Sheet, table: Table, file: str) -> Parsed:
    """Typed rows of a sheet of a workbook; row 1 is the header, rows without any value are passed over."""
    parsed = Parsed(table, file)
    rows: dict[int, dict[int, SheetCell]] = {}
    for (number, column), cell in sheet.cells.items():
        rows.setdefault(number, {})[column] = cell
    if 1 not in rows:
        parsed.fault(1, "", "", "the sheet has no header in its first row.", "Expected the column names in row 1.")
        return parsed
    header = [rows[1][column].text if column in rows[1] else "" for column in range(1, max(rows[1]) + 1)]
    if not check_header(header, parsed):
        return parsed
    for line in sorted(set(rows) - {1}):
        cells = rows[line]
        if max(cells) > len(header):
            beside = cells[max(cells)].text
            parsed.fault(line, "", beside, f"{visible(beside)} stands right of the last column.", "Delete it.")
            continue
        told = {name: cells.get(number) for number, name in enumerate(header, start=1)}
        texts = []
        sound = True
        for name in table.column_names:
            held = told.get(name)
            try:
                texts.append((name, "" if held is None else _cell_text(held, table.column(name))))
            except BadCell as bad:
                parsed.fault(line, name, held.text if held else "", bad.what, bad.cure)
                sound = False
        if sound:
            _read_row(line, texts, parsed)
    return parsed


def _cell_text(cell: SheetCell, column: Column) -> str:
    """The text of a cell as it would stand in CSV. Raises BadCell where this kind of cell cannot be meant."""
    kind, text = cell.kind, cell.text
    if kind == "formula":
        raise BadCell(f"the cell holds a formula (last value {visible(text)}).", "Paste its value, not the formula.")
    if kind == "error":
        raise BadCell(f"{visible(text)} is an error value.", "Type the value; leave the cell empty for unknown.")
    if kind == "flag" and column.kind != "flag":
        raise BadCell("the cell holds TRUE or FALSE.", "Type the text or the number that is meant.")
    if kind == "date" and column.kind != "date":
        raise BadCell(f"{visible(text)} is a date.", "Format the cell as text, then type the value anew.")
    if kind == "number" and column.kind in ("text", "id", "list") and column.name.endswith("_code"):
        raise BadCell(
            f"{visible(text)} is a number: zeros in front of a code are lost.", "Format the cell as text, type it anew."
        )
    return text.replace("\r\n", "\n")


def read_records(items: Sequence[Mapping[str, Any]], table: Table, file: str) -> Parsed:
    """Typed rows of records, as they come from JSON; a column that may be empty may be left out.

    `row` of a fault counts the records from 1.
    """
    parsed = Parsed(table, file)
    names = table.column_names
    for number, item in enumerate(items, start=1):
        if not isinstance(item, Mapping):
            parsed.fault(number, "", str(item), "the row is not an object.", 'Expected {"column": value, …}.')
            continue
        extra = [str(name) for name in item if name not in names]
        for name in extra:
            near = difflib.get_close_matches(name.strip().lower(), names, n=1)
            cure = f"Did you mean {near[0]!r}?" if near else f"Columns are: {', '.join(names)}."
            parsed.fault(number, name, name, f"column {visible(name)} is not known.", cure)
        if extra:
            continue
        texts, sound = [], True
        for name in names:
            try:
                texts.append((name, _as_text(item.get(name), table.column(name))))
            except BadCell as bad:
                parsed.fault(number, name, str(item.get(name)), bad.what, bad.cure)
                sound = False
        if sound:
            _read_row(number, texts, parsed)
    return parsed
