"""Reading an Excel workbook, in a child process (`sandbox`): every cell as text with the kind of cell it was.

Two passes. The first (`inspect`) looks at the archive and its XML without building anything: how large, how many cells,
where they stand, no document types, no text that is pointed at but not there. Only what passes is opened with openpyxl.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

MOST_BYTES = 100_000_000
MOST_MEMBERS = 2_000
MOST_UNPACKED = 500_000_000
MOST_RATIO = 200
"""Unpacked over packed bytes of a member; tables reach 10 to 60."""
SMALL = 2_000_000
"""A member of at most this many unpacked bytes may have any ratio."""
MOST_CELLS = 2_000_000
MOST_ROWS = 300_000
MOST_COLUMNS = 400
MOST_TEXT = 32_767
"""Characters of one cell: the limit of Excel itself."""

NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,4})?", re.ASCII)
REFERENCE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})", re.ASCII)


class Unfit(ValueError):
    """A workbook that is not read: `sheet` and `cell` (may be empty), what is wrong, what would be right."""

    def __init__(self, sheet: str, cell: str, what: str, cure: str) -> None:
        super().__init__(what)
        self.fault = [sheet, cell, what, cure]


def read(data: bytes) -> dict[str, Any]:
    """Sheets of a workbook as `{"sheets": [[name, [[row, [[kind, text], …]], …]], …]}`, or `{"fault": […]}`.

    kind: `s` text, `n` number, `d` date, `b` truth value, `f` formula, `e` error value; an empty cell is None.
    """
    try:
        inspect(data)
        return {"sheets": list(_sheets(data))}
    except Unfit as unfit:
        return {"fault": unfit.fault}


def column_number(letters: str) -> int:
    """Number of a column, A is 1.

    >>> column_number("A"), column_number("XFD")
    (1, 16384)
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


# first pass


def inspect(data: bytes) -> None:
    """Raise Unfit for a workbook that is too large, damaged, or made to harm."""
    if len(data) > MOST_BYTES:
        raise Unfit("", "", f"the workbook has more than {MOST_BYTES // 1_000_000} MB.", "Split it, or save as CSV.")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Unfit("", "", f"the file is not an Excel workbook ({error}).", "Save it as .xlsx.") from None
    with archive:
        members = archive.infolist()
        _archive_fits(members)
        names = {member.filename for member in members}
        if "xl/workbook.xml" not in names:
            raise Unfit("", "", "the archive holds no workbook.", "Save it as .xlsx (not .xlsb or .ods).")
        for member in members:
            if member.filename.lower().endswith("vbaproject.bin"):
                raise Unfit("", "", "the workbook holds macros.", "Save it as .xlsx without macros.")
        shared = _Shared()
        if "xl/sharedStrings.xml" in names:
            _scan(archive, "xl/sharedStrings.xml", shared)
        cells = _Cells(shared.count)
        for member in members:
            name = member.filename
            if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name):
                cells.begin(name)
                _scan(archive, name, cells)
            elif name.endswith((".xml", ".rels", ".vml")) and name != "xl/sharedStrings.xml":
                _scan(archive, name, _Nothing())


def _archive_fits(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MOST_MEMBERS:
        raise Unfit("", "", f"the archive has {len(members):,} members.", "Save the tables alone in a new workbook.")
    if len({member.filename for member in members}) < len(members):
        raise Unfit("", "", "two members of the archive have one name.", "Save the workbook anew.")
    whole = 0
    for member in members:
        whole += member.file_size
        ratio = member.file_size / max(member.compress_size, 1)
        if member.file_size > SMALL and ratio > MOST_RATIO:
            what = f"{member.filename[:60]} unpacks to {ratio:,.0f} times its size: a compression bomb."
            raise Unfit("", "", what, "Save the tables alone in a new workbook.")
        if member.flag_bits & 1:
            raise Unfit("", "", "the workbook is encrypted.", "Save it without a password.")
    if whole > MOST_UNPACKED:
        raise Unfit("", "", f"the archive unpacks to {whole:,} bytes.", "Split it, or save as CSV.")


class _Nothing:
    """Elements that are of no interest; the scan itself refuses document types."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def text(self, text: str) -> None:
        """Text inside an element."""

    def end(self, name: str) -> None:
        """An element ends."""


@dataclass(slots=True)
class _Shared(_Nothing):
    """Counts the shared texts."""

    count: int = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self.count += 1


@dataclass(slots=True)
class _Cells(_Nothing):
    """Looks at the cells of all sheets, one sheet after the other."""

    shared: int
    count: int = 0
    sheet: str = ""
    kind: str = ""
    place: str = ""
    row: int = 0
    column: int = 0
    in_value: bool = False
    value: list[str] = field(default_factory=list)

    def begin(self, sheet: str) -> None:
        """The next sheet."""
        self.sheet, self.row, self.column = sheet.rpartition("/")[2], 0, 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            self._row(attributes.get("r"))
        elif name == "c":
            self._cell(attributes)
        elif name == "v":
            self.in_value, self.value = True, []
        elif name == "mergeCell":
            raise self._unfit(attributes.get("ref", ""), "cells are merged: what they hold is not clear.", "Unmerge.")

    def _row(self, said: str | None) -> None:
        number = int(said) if said is not None and said.isdigit() and len(said) < 9 else self.row + 1
        if number <= self.row:
            raise self._unfit(f"row {number}", "a row stands twice or out of order.", "Save the workbook anew.")
        if number > MOST_ROWS:
            raise self._unfit(f"row {number}", f"a cell stands below row {MOST_ROWS:,}.", "Delete the rows below.")
        self.row, self.column = number, 0

    def _cell(self, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > MOST_CELLS:
            raise self._unfit("", f"there are more than {MOST_CELLS:,} cells.", "Split the workbook.")
        self.kind, self.place = attributes.get("t", "n"), attributes.get("r", "")
        column = self.column + 1
        if self.place:
            match = REFERENCE.fullmatch(self.place)
            if not match or int(match[2]) != self.row:
                raise self._unfit(self.place[:20], "a cell does not stand in its row.", "Save the workbook anew.")
            column = column_number(match[1])
        if column <= self.column:
            raise self._unfit(self.place, "a cell stands twice or out of order.", "Save the workbook anew.")
        if column > MOST_COLUMNS:
            raise self._unfit(self.place, f"a cell stands right of column {MOST_COLUMNS}.", "Delete the columns there.")
        self.column = column

    def text(self, text: str) -> None:
        if self.in_value:
            self.value.append(text)

    def end(self, name: str) -> None:
        if name != "v" or not self.in_value:
            return
        self.in_value = False
        text = "".join(self.value).strip()
        if self.kind == "s" and not (text.isdigit() and len(text) < 10 and int(text) < self.shared):
            raise self._unfit(self.place, f"the cell points at text {text[:12]!r}, which is not there.", "Type it anew.")
        if self.kind == "n" and text and not NUMBER.fullmatch(text):
            raise self._unfit(self.place, f"the cell holds {text[:24]!r} as a number.", "Type the number anew.")

    def _unfit(self, place: str, what: str, cure: str) -> Unfit:
        return Unfit(self.sheet, place, what, cure)


def _scan(archive: zipfile.ZipFile, name: str, watch: _Nothing) -> None:
    """Read a member as XML, element by element; no document type, no entities, no more bytes than the archive says."""
    from xml.parsers import expat

    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: Any) -> None:
        raise Unfit("", "", f"{name[:60]} declares a document type or entities.", "Save the workbook anew.")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.StartElementHandler = lambda tag, attributes: watch.start(tag.rpartition(":")[2], attributes)
    parser.EndElementHandler = lambda tag: watch.end(tag.rpartition(":")[2])
    parser.CharacterDataHandler = watch.text
    most, done = archive.getinfo(name).file_size, 0
    try:
        with archive.open(name) as member:
            while part := member.read(1 << 16):
                done += len(part)
                if done > most:
                    raise Unfit("", "", f"{name[:60]} is longer than the archive says.", "Save the workbook anew.")
                parser.Parse(part, False)
            parser.Parse(b"", True)
    except (expat.ExpatError, zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
        if isinstance(error, Unfit):
            raise
        raise Unfit("", "", f"{name[:60]} cannot be read ({error}).", "Save the workbook anew.") from None


# second pass


def _sheets(data: bytes) -> Iterator[list[Any]]:
    """Name and rows of each visible or hidden sheet; rows without any value are left out."""
    import warnings

    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # parts that openpyxl does not know are no part of a table
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            rows = []
            for cells in sheet.iter_rows():
                found = [_plain(cell, sheet.title) for cell in cells]
                while found and found[-1] is None:
                    found.pop()
                if found:
                    number = next(cell.row for cell in cells if getattr(cell, "row", None))
                    rows.append([number, found])
            yield [sheet.title, rows]


def _plain(cell: Any, sheet: str) -> list[str] | None:
    """Kind and text of a cell."""
    import datetime

    value = cell.value
    if value is None or value == "":
        return None
    if cell.data_type == "f":
        return ["f", str(value)[:200]]
    if cell.data_type == "e":
        return ["e", str(value)]
    if isinstance(value, bool):
        return ["b", "1" if value else "0"]
    if isinstance(value, datetime.datetime):
        midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return ["d", value.date().isoformat() if midnight else value.isoformat(sep=" ")]
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        return ["d", str(value)]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return ["n", str(int(value))]
    if isinstance(value, int | float):
        return ["n", repr(value)]
    text = str(value).replace("\r\n", "\n")
    if len(text) > MOST_TEXT:
        raise Unfit(sheet, cell.coordinate, f"the cell holds {len(text):,} characters.", "Shorten it.")
    return ["s", text]
