"""The child process that opens a workbook. Run as a script by `didymium.schema.workbook`, never imported by it.

It reads the workbook's bytes from stdin and writes one JSON object to stdout. It stands alone (standard library and
openpyxl), takes its limits before it touches a byte, and refuses by default: a workbook is a zip archive of XML, and
both can be made to fill a disk, a memory or a day.
"""

from __future__ import annotations

import io
import json
import math
import os
import re
import sys
import warnings
import zipfile
from typing import Any

XML_NAMES = (".xml", ".rels", ".vml")
CHUNK = 1 << 20
DECLARED = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["']([^"']+)["']""")


class Refused(Exception):
    """What is wrong with the workbook, where, and what would be right."""

    def __init__(
        self, what: str, cure: str, *, sheet: str = "", row: int = 0, column: int = 0, value: str = ""
    ) -> None:
        super().__init__(what)
        self.found = {"what": what, "cure": cure, "sheet": sheet, "row": row, "column": column, "value": value[:200]}


def lock(limits: dict[str, Any]) -> None:
    """No network, no new files, no other programs, bounded memory and time: from here on for this process."""
    try:
        import resource
    except ImportError:  # not a Unix: the parent's clock and the caps below remain
        pass
    else:
        space = int(limits["memory_bytes"])
        resource.setrlimit(resource.RLIMIT_AS, (space, space))
        seconds = int(limits["cpu_seconds"])
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    homes = tuple(os.path.realpath(p) for p in {sys.prefix, sys.base_prefix, *sys.path} if p)

    def watch(event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = (*args, None, None, None)[:3]
            writes = any(sign in str(mode or "r") for sign in "wax+") or (
                isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            )
            inside = isinstance(path, (str, bytes)) and os.path.realpath(os.fsdecode(path)).startswith(homes)
            if writes or not inside:
                raise PermissionError("no file may be opened here")
        elif event.startswith(
            ("socket.", "subprocess.", "os.system", "os.exec", "os.spawn", "os.fork", "os.posix_spawn")
        ):
            raise PermissionError(f"{event} is not allowed here")

    sys.addaudithook(watch)


def check_archive(archive: zipfile.ZipFile, limits: dict[str, Any]) -> set[str]:
    """Refuse bombs, traps and declarations; members that hold formulas come back."""
    members = archive.infolist()
    if len(members) > limits["members"]:
        raise Refused(f"the workbook has {len(members)} parts.", f"Expected at most {limits['members']}.")
    names: set[str] = set()
    total = 0
    for member in members:
        name = member.filename
        if name in names:
            raise Refused("a part stands twice in the workbook.", "Save it again from Excel.", value=name)
        names.add(name)
        if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or "\x00" in name:
            raise Refused("a part of the workbook has a path out of it.", "Save it again from Excel.", value=name)
        if member.flag_bits & 0x1:
            raise Refused("the workbook is encrypted.", "Save it without a password.", value=name)
        total += member.file_size
        ratio = member.file_size / max(1, member.compress_size)
        if total > limits["unpacked_bytes"] or (member.file_size > CHUNK and ratio > limits["ratio"]):
            what = f"the workbook unpacks to {total:,} bytes or more, {ratio:,.0f} times its size in one part."
            raise Refused(what, f"Expected at most {limits['unpacked_bytes']:,} bytes.", value=name)
    if not {"[Content_Types].xml", "xl/workbook.xml"} <= names:
        raise Refused("the file is a zip archive, but no Excel workbook.", "Save it as .xlsx.")
    formulas = set()
    for member in members:
        if member.filename.lower().endswith(XML_NAMES) and check_xml(archive, member.filename):
            formulas.add(member.filename)
    return formulas


def check_xml(archive: zipfile.ZipFile, name: str) -> bool:
    """Refuse document types, entities and encodings other than UTF-8; whether the part has formulas."""
    has_formula, tail, first = False, b"", True
    with archive.open(name) as part:
        while chunk := part.read(CHUNK):
            if first:
                stated = DECLARED.search(chunk[:200])
                if b"\x00" in chunk[:64] or (stated and stated[1].lower() not in (b"utf-8", b"us-ascii", b"ascii")):
                    raise Refused("a part of the workbook is not UTF-8.", "Save it again from Excel.", value=name)
                first = False
            seen = tail + chunk
            if b"<!" in seen and re.search(rb"<!\s*(?:DOCTYPE|ENTITY)", seen, re.IGNORECASE):
                what = "a part of the workbook declares a document type or entities."
                raise Refused(what, "Save it again from Excel: no Excel file needs them.", value=name)
            has_formula = has_formula or bool(re.search(rb"<(?:\w+:)?f[\s>/]", seen))
            tail = chunk[-32:]
    return has_formula


class Strings(list[str]):
    """Shared strings that a negative number does not count from the end."""

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, int) and not 0 <= index < len(self):
            raise Refused(
                f"a cell points to text number {index} of {len(self)}.", "Save the workbook again from Excel."
            )
        return super().__getitem__(index)


def text_of(value: Any) -> str:
    """The value of a cell as it is written in a table."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if hasattr(value, "isoformat"):
        found: str = value.isoformat()
        return found.removesuffix("T00:00:00")
    return str(value)


def read_sheet(book: Any, sheet: Any, limits: dict[str, Any], room: list[int], formulas: set[str]) -> dict[str, Any]:
    """All cells that hold something as [row, column, kind, text]; rows in order, each cell once."""
    from openpyxl.worksheet._reader import WorkSheetParser

    path = sheet._worksheet_path.lstrip("/")
    kinds = {"n": "number", "s": "text", "b": "flag", "d": "date", "e": "error"}
    computed: set[tuple[int, int]] = set()
    cells: list[list[Any]] = []
    passes = (False, True) if path in formulas else (True,)
    for values in passes:
        last = 0
        with sheet._get_source() as source:
            parser = WorkSheetParser(
                source,
                sheet._shared_strings,
                data_only=values,
                epoch=book.epoch,
                date_formats=book._date_formats,
                timedelta_formats=book._timedelta_formats,
            )
            for number, row in parser.parse():
                if number <= last or number > limits["rows"]:
                    what = f"row {number} comes after row {last}."
                    cure = f"Expected rising rows up to {limits['rows']:,}."
                    raise Refused(what, cure, sheet=sheet.title, row=number)
                last = number
                before = 0
                for cell in row:
                    column = cell["column"]
                    where = {"sheet": sheet.title, "row": number, "column": column}
                    if column <= before or column > limits["columns"] or cell["row"] != number:
                        cure = f"Expected rising columns up to {limits['columns']:,}."
                        raise Refused(f"a cell of column {column} is out of place.", cure, **where)
                    before = column
                    room[values] -= 1
                    if room[values] < 0:
                        raise Refused(f"the workbook has more than {limits['cells']:,} cells.", "Split it.", **where)
                    value, kind = cell["value"], cell["data_type"]
                    if not values:
                        if kind == "f":
                            computed.add((number, column))
                        continue
                    if value is None and (number, column) not in computed:
                        continue
                    if isinstance(value, float) and not math.isfinite(value):
                        raise Refused("a number is not finite.", "Check the exponent.", value=str(value), **where)
                    text = "" if value is None else text_of(value)
                    room[2] -= len(text)
                    if len(text) > limits["text"] or room[2] < 0:
                        what = (
                            f"a text has {len(text):,} characters." if len(text) > limits["text"] else "too much text."
                        )
                        cure = f"Expected at most {limits['text']:,} in a cell, {limits['all_text']:,} in all."
                        raise Refused(what, cure, **where)
                    word = "formula" if (number, column) in computed else kinds.get(kind, "text")
                    cells.append([number, column, word, text])
    return {"name": sheet.title, "hidden": sheet.sheet_state != "visible", "cells": cells}


def read(data: bytes, limits: dict[str, Any]) -> dict[str, Any]:
    """The sheets of a workbook as plain lists. Raises Refused."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Refused("the file is an old .xls or an encrypted workbook.", "Save it as .xlsx without a password.")
    if not data.startswith(b"PK"):
        raise Refused("the file is no Excel workbook.", "Save it as .xlsx.")
    import openpyxl

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        formulas = check_archive(archive, limits)
    book: Any = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    if len(book.worksheets) > limits["sheets"]:
        raise Refused(f"the workbook has {len(book.worksheets)} sheets.", f"Expected at most {limits['sheets']}.")
    room = [limits["cells"], limits["cells"], limits["all_text"]]  # cells of the two passes, text
    sheets = []
    for sheet in book.worksheets:
        sheet._shared_strings = Strings(sheet._shared_strings)
        sheets.append(read_sheet(book, sheet, limits, room, formulas))
    return {"sheets": sheets}


def answer(data: bytes, limits: dict[str, Any]) -> dict[str, Any]:
    """The sheets of a workbook, or why it is refused. Only in a process that is locked."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read(data, limits)
    except Refused as refused:
        return {"refused": refused.found}
    except MemoryError:
        return {"refused": Refused("the workbook needs too much memory.", "Split it.").found}
    except Exception as error:  # noqa: BLE001 - whatever openpyxl trips over, the file is at fault, and it is told
        kind = f"{type(error).__name__}: {error}"[:120]
        return {"refused": Refused(f"the workbook cannot be read ({kind}).", "Save it again from Excel.").found}


def main() -> None:
    """Limits from the first argument, bytes from stdin, the answer to stdout."""
    limits = json.loads(sys.argv[1])
    with_openpyxl()
    data = sys.stdin.buffer.read()
    lock(limits)
    sys.stdout.write(json.dumps(answer(data, limits), ensure_ascii=True))


def with_openpyxl() -> None:
    """Load what reading needs while files may still be opened."""
    import openpyxl
    import openpyxl.worksheet._reader  # noqa: F401


if __name__ == "__main__":
    main()
