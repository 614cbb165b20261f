"""Hostile workbooks: what a zip archive of XML can do to those who open it, and what Excel does to numbers."""

from __future__ import annotations

import datetime
import io
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tests.trust.hostile_case import Case, put, seed

SHEET = "xl/worksheets/sheet1.xml"
NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
NUMBERS = ("quantity", "year", "is_total", "preferred")


def cells_of(row: Mapping[str, str]) -> list[object]:
    """A row as Excel would hold it."""
    return [float(value) if column in NUMBERS and value else value for column, value in row.items()]


def book(sheets: Mapping[str, Sequence[Sequence[object]]], change: Callable[[Any], None] | None = None) -> bytes:
    """A workbook of these sheets, changed by a function at last."""
    import openpyxl

    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for title, rows in sheets.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    if change is not None:
        change(made)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def sound(change: Callable[[Any], None] | None = None, **cells: str) -> bytes:
    """A workbook with one sound row of production."""
    row = seed("production", **cells)
    return book({"production": [list(row), cells_of(row)]}, change)


def with_part(data: bytes, name: str, body: bytes | None, **extra: bytes) -> bytes:
    """The workbook with one part replaced, added or, with None, taken out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            if member.filename != name:
                new.writestr(member, old.read(member.filename))
        if body is not None:
            new.writestr(name, body)
        for more, content in extra.items():
            new.writestr(more, content)
    return out.getvalue()


def part(data: bytes, name: str) -> bytes:
    """One part of a workbook."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)


def sheet_xml(rows: str, head: str = "") -> bytes:
    """A sheet with these rows."""
    return f'<?xml version="1.0"?>{head}<worksheet xmlns="{NS}"><sheetData>{rows}</sheetData></worksheet>'.encode()


def shared() -> bytes:
    """The sound workbook with its words in a part of their own, as Excel writes them."""
    import re

    data = sound()
    texts: list[bytes] = []

    def moved(found: re.Match[bytes]) -> bytes:
        texts.append(found[1])
        return b't="s"><v>%d</v>' % (len(texts) - 1)

    body = re.sub(rb't="inlineStr"><is><t>([^<]*)</t></is>', moved, part(data, SHEET))
    list_of = (
        f'<?xml version="1.0"?><sst xmlns="{NS}">'.encode()
        + b"".join(b"<si><t>%s</t></si>" % t for t in texts)
        + b"</sst>"
    )
    types = part(data, "[Content_Types].xml").replace(
        b"</Types>",
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        b'spreadsheetml.sharedStrings+xml"/></Types>',
    )
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    rels = part(data, "xl/_rels/workbook.xml.rels").replace(
        b"</Relationships>",
        b'<Relationship Type="%s" Target="/xl/sharedStrings.xml" Id="rId99"/></Relationships>' % kind,
    )
    for name, content in ((SHEET, body), ("[Content_Types].xml", types), ("xl/_rels/workbook.xml.rels", rels)):
        data = with_part(data, name, content)
    return with_part(data, "xl/sharedStrings.xml", list_of)


def _replaced(old: bytes, new: bytes, name: str = SHEET) -> bytes:
    data = shared()
    body = part(data, name)
    if old not in body:
        raise LookupError(f"{old!r} is not in {name}")
    return with_part(data, name, body.replace(old, new, 1))


def workbooks() -> Iterator[Case]:
    """Archives, XML and cells."""

    def bad(name: str, data: bytes, *words: str, row: str = "", **more: str) -> Case:
        return Case("xlsx", name, put("own.xlsx", data), words=words, row=row, **more)

    base = sound()
    one = '<row r="1"><c r="A1"><v>1</v></c></row>'
    billion = '<!DOCTYPE l [<!ENTITY a "ha">' + "".join(
        f'<!ENTITY a{i} "{("&a" + (str(i - 1) if i else "") + ";") * 10}">' for i in range(9)
    ) + "]>"  # fmt: skip
    yield bad("entities in the sheet", with_part(base, SHEET, sheet_xml("&a8;", billion)), "document type")
    yield bad(
        "an entity from outside",
        with_part(base, SHEET, sheet_xml(one, '<!DOCTYPE x SYSTEM "file://localhost/etc/passwd">')),
        "document type",
    )
    yield bad(
        "a parameter entity",
        with_part(base, SHEET, sheet_xml(one, '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://x.example/">%p;]>')),
        "document type",
    )
    yield bad(
        "entities in the texts",
        with_part(shared(), "xl/sharedStrings.xml", billion.encode() + b"<sst/>"),
        "document type",
    )
    yield bad(
        "entities in the book",
        with_part(base, "xl/workbook.xml", b'<!DOCTYPE x [<!ENTITY a "b">]>' + part(base, "xl/workbook.xml")),
    )
    yield bad(
        "a sheet in UTF-16",
        with_part(base, SHEET, '<?xml version="1.0" encoding="UTF-16"?><worksheet/>'.encode("utf-16")),
        "UTF-8",
    )
    yield bad(
        "a sheet in UTF-7", with_part(base, SHEET, b'<?xml version="1.0" encoding="utf-7"?><worksheet/>'), "UTF-8"
    )
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    yield bad("one cell in the last corner", with_part(base, SHEET, sheet_xml(far)), "row 1048576")
    yield bad(
        "one cell in the last column",
        with_part(base, SHEET, sheet_xml('<row r="1"><c r="XFD1"><v>1</v></c></row>')),
        "column XFD",
    )
    yield bad("rows that fall", with_part(base, SHEET, sheet_xml('<row r="3"/><row r="2"/>')), "after row")
    yield bad("a row twice", with_part(base, SHEET, sheet_xml(f"{one}{one}")))
    yield bad(
        "a cell twice",
        with_part(base, SHEET, sheet_xml('<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>')),
    )
    yield bad(
        "cells that fall",
        with_part(base, SHEET, sheet_xml('<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>2</v></c></row>')),
    )
    yield bad("a cell of another row", with_part(base, SHEET, sheet_xml('<row r="1"><c r="A7"><v>1</v></c></row>')))
    yield bad("row 0", with_part(base, SHEET, sheet_xml('<row r="0"><c r="A0"><v>1</v></c></row>')))
    yield bad("row -1", with_part(base, SHEET, sheet_xml('<row r="-1"><c r="A1"><v>1</v></c></row>')))
    yield bad(
        "a cell without a place to be", with_part(base, SHEET, sheet_xml('<row r="1"><c r="1A"><v>1</v></c></row>'))
    )
    for index in ("-1", "99999", "x", "1e3", "0.5"):
        yield bad(f"text number {index}", _replaced(b't="s"><v>0</v>', f't="s"><v>{index}</v>'.encode()))
    for value in ("NaN", "1e309", "INF", "-INF", "0x1F", "1,5", "five"):
        yield bad(
            f"a number {value}", _replaced(b'<c r="F2" t="n"><v>63800</v>', f'<c r="F2" t="n"><v>{value}</v>'.encode())
        )
    yield bad("broken XML", with_part(base, SHEET, b"<worksheet><sheetData><row"))
    yield bad("no XML", with_part(base, SHEET, b"\x00\x01\x02"))
    yield bad("an empty sheet part", with_part(base, SHEET, b""))
    yield bad("a hundred thousand brackets", with_part(base, SHEET, b"<a>" * 100_000 + b"</a>" * 100_000))
    yield bad("a long attribute", with_part(base, SHEET, sheet_xml(f'<row r="1" x="{"y" * 9_000_000}"/>')))
    yield bad("no sheet part", with_part(base, SHEET, None))
    yield bad("no book part", with_part(base, "xl/workbook.xml", None), "no Excel workbook")
    yield bad("no list of types", with_part(base, "[Content_Types].xml", None), "no Excel workbook")
    yield bad("no relations", with_part(base, "xl/_rels/workbook.xml.rels", None))
    yield bad("no texts", with_part(shared(), "xl/sharedStrings.xml", None))
    rels = part(base, "xl/_rels/workbook.xml.rels")
    out = rels.replace(b"/xl/worksheets/sheet1.xml", b"../../../../../../etc/passwd")
    yield bad("a sheet outside", with_part(base, "xl/_rels/workbook.xml.rels", out))
    out = rels.replace(b"/xl/worksheets/sheet1.xml", b"http://169.254.169.254/latest")
    yield bad("a sheet on the network", with_part(base, "xl/_rels/workbook.xml.rels", out))
    yield bad("a path out", with_part(base, "../../evil.xml", b"<x/>"), "path out")
    yield bad("a path from the root", with_part(base, "/etc/evil.xml", b"<x/>"), "path out")
    yield bad("a path with backslashes", with_part(base, "..\\..\\evil.xml", b"<x/>"), "path out")
    yield bad("a bomb of noughts", with_part(base, "xl/media/a.bin", b"\0" * (40 << 20)), "unpacks")
    rows = "".join(f'<row r="{i}"><c r="A{i}"><v>1</v></c></row>' for i in range(1, 400_000))
    yield bad("a bomb of rows", with_part(base, SHEET, sheet_xml(rows)))
    wide = '<row r="1">' + "".join(f'<c r="{c}1"><v>1</v></c>' for c in ("A", "ZZ", "AAA", "XFD")) + "</row>"
    yield bad("a wide row", with_part(base, SHEET, sheet_xml(wide)), "column")
    yield bad("many parts", with_part(base, "a", b"", **{f"p{i}": b"" for i in range(2100)}), "parts")
    double = io.BytesIO(base)
    with zipfile.ZipFile(double, "a") as archive:
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            archive.writestr(SHEET, sheet_xml(one))
    yield bad("a part twice", double.getvalue(), "twice")
    for cut in (10, 100, len(base) // 2, len(base) - 10):
        yield bad(f"cut after {cut} bytes", base[:cut])
    wrong = bytearray(base)
    at = base.index(b"PK\x01\x02")
    struct.pack_into("<I", wrong, at + 16, 0xDEADBEEF)
    yield bad("a wrong checksum", bytes(wrong))
    liar = bytearray(base)
    struct.pack_into("<I", liar, base.index(b"PK\x01\x02") + 24, 0xFFFFFFF0)
    yield bad("a size that lies", bytes(liar))
    locked = bytearray(base)
    locked[6] |= 1
    locked[at + 8] |= 1
    yield bad("parts that are locked", bytes(locked))
    yield bad("an old workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000, "old .xls")
    yield bad("a CSV named as one", b"product,stage\nnd_oxide,separated\n", "no Excel workbook")
    yield bad("a page named as one", b"<html><table><tr><td>1</td></tr></table></html>", "no Excel workbook")
    yield bad("an empty file", b"", "no Excel workbook")
    yield bad("another archive", with_part(b"PK\x05\x06" + b"\0" * 18, "a.txt", b"x"), "no Excel workbook")
    yield bad("an archive with nothing in it", b"PK\x05\x06" + b"\0" * 18)


def sheets() -> Iterator[Case]:
    """Workbooks that are sound as such."""

    def bad(name: str, data: bytes, *words: str, row: str = "row 2", column: str = "", value: str = "") -> Case:
        return Case("xlsx", name, put("own.xlsx", data), "refused", words, row, column, value)

    def cell(place: str, value: object) -> Callable[[Any], None]:
        return lambda made: made["production"].__setitem__(place, value)

    row = seed("production")
    columns = {chr(65 + i): name for i, name in enumerate(row)}

    def one(place: str, value: object, *words: str, shown: str = "") -> Case:
        column = columns[place[0]]
        return bad(f"{column} {str(value)[:30]!a}", sound(cell(place, value)), *words, column=column, value=shown)

    for value, words in (
        ("=1+1", "formula"), ("=F3", "formula"), ('=WEBSERVICE("http://x.example")', "formula"), ("#N/A", "error"), ("#REF!", "error"),
        (True, "TRUE or FALSE"), (datetime.date(2024, 1, 5), "date"), (datetime.datetime(2024, 1, 5, 3), "date"), ("63,800", "separators"),
        ("５", "ASCII"), ("W", "mark"), ("NaN", ""), (-5, "out of range"), (1e300, ""), ("5 t", ""), (" ", ""), ("5\u200b", ""),
    ):  # fmt: skip
        yield one("F2", value, *([words] if words else []))
    for value in (2024.5, "2024 ", datetime.date(2024, 1, 1), "=2024", True, 24, -1, "FY2024"):
        yield one("D2", value)
    for value in ("CHN ", "China", "", 156, True, "=A1", "C\u200bHN", "a\nb"):
        yield one("C2", value)
    yield one("I2", 2)
    yield one("I2", "yes")
    yield bad(
        "a total row below",
        book({"production": [list(row), cells_of(row), ["Total", *[None] * 4, 63800]]}),
        row="row 3",
    )
    yield bad("words right of the table", sound(cell("T2", "note")), "right of")
    yield bad("words far below", sound(cell("A900", "source: mine")), row="row 900")
    yield bad("a title above", book({"production": [["Production"], list(row), cells_of(row)]}), row="row 1")
    yield bad("an empty row above", book({"production": [[], list(row), cells_of(row)]}), "no header", row="row 1")
    yield bad(
        "the row twice", book({"production": [list(row), cells_of(row), cells_of(row)]}), "already stands", row="row 3"
    )
    yield bad("a column twice", book({"production": [[*row, "basis"], [*cells_of(row), "x"]]}), "twice", row="row 1")
    yield bad(
        "a column that is missing", book({"production": [list(row)[:-2], cells_of(row)[:-2]]}), "missing", row="row 1"
    )
    yield bad("a header that is a formula", sound(cell("B1", '="stage"')), row="row 1")
    yield bad("a sheet nobody knows", book({"Sheet1": [list(row), cells_of(row)]}), row="")
    yield bad("a sheet in capitals", book({"Production": [list(row), cells_of(row)]}), row="")
    yield bad("a sheet with a space", book({"production ": [list(row), cells_of(row)]}), row="")
    yield bad("a sheet beside the tables", book({"production": [list(row), cells_of(row)], "notes": [["x"]]}), row="")
    yield bad("nothing at all", book({"Sheet1": []}), row="")
    merged = sound(lambda b: (b["production"].append(cells_of(row)), b["production"].merge_cells("A2:A3")))
    yield bad("merged cells", merged, row="row 3")
    hidden = sound(
        lambda b: (
            b["production"].append([*cells_of(row)[:5], -1.0]),
            b["production"].row_dimensions[3].__setattr__("hidden", True),
        )
    )
    yield bad("a hidden row that is wrong", hidden, row="row 3")
    visible = {"visibility": "sekret"}
    yield bad(
        "a visibility nobody knows",
        book({"production": [list(row), cells_of(row)], "layer": [["setting", "value"], *visible.items()]}),
        row="",
    )
    trade = seed("trade", series="own", preferred="0")
    for value in (284690, 80510, 284690.0, True):
        made = book({"trade": [list(trade), [value if c == "hs_code" else v for c, v in trade.items()]]})
        yield bad(f"hs_code {value!r}", made, column="hs_code")
    held = {"product": "nd_oxide", "country": "CHN", "quantity": 63800.0}
    for name, data in (
        ("a plain workbook", sound()),
        ("words in a part of their own", shared()),
        ("a number as text", sound(cell("F2", "63800"))),
        ("a wide column and colours", sound(lambda b: b["production"].column_dimensions["A"].__setattr__("width", 90))),
        ("a text that looks like a formula", sound(lambda b: b["production"]["O2"].__setattr__("data_type", "s") or None)),
        ("a comment on a cell", sound(lambda b: b["production"]["A2"].__setattr__("comment", __import__("openpyxl").comments.Comment("x", "y")))),
        ("a hidden sheet", book({"production": [list(row), cells_of(row)], "read-me": [["x"]]}, lambda b: b["read-me"].__setattr__("sheet_state", "hidden"))),
        ("an empty row between", book({"production": [list(row), [], cells_of(row)]})),
    ):  # fmt: skip
        yield Case("xlsx", name, put("own.xlsx", data), "taken", held=held)
