"""Workbooks made to harm, or broken: refused with the place and a cure, in bounded time and memory, never a crash."""

from __future__ import annotations

import io
import json
import random
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import didymium.data
from didymium.data.template import template
from didymium.schema.sandbox import Limits, Refused, in_child
from didymium.schema.workbook import read

GOOD = {
    "product": "nd_oxide",
    "stage": "separated",
    "country": "CHN",
    "year": 2024,
}


def _parts(book: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _packed(parts: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return made.getvalue()


@pytest.fixture(scope="module")
def book() -> bytes:
    """A filled workbook of one small table."""
    ds = didymium.data.open()
    return template(ds.content, tables=["heavy_circuits"], filled=True)


def _sheet(parts: dict[str, bytes]) -> str:
    """The member that holds the table: the last but the lists."""
    return "xl/worksheets/sheet3.xml"


def _changed(book: bytes, change: Callable[[bytes], bytes], member: str = "") -> bytes:
    parts = _parts(book)
    name = member or _sheet(parts)
    before = parts[name]
    parts[name] = change(before)
    assert parts[name] != before
    return _packed(parts)


def _add_cell(cell: bytes) -> Callable[[bytes], bytes]:
    return lambda body: body.replace(b"</sheetData>", cell + b"</sheetData>")


HOSTILE: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("far cell", _add_cell(b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), "below row"),
    ("far column", _add_cell(b'<row r="9000"><c r="XFD9000"><v>1</v></c></row>'), "right of column 400"),
    ("index -1", _add_cell(b'<row r="900"><c r="A900" t="s"><v>-1</v></c></row>'), "points at text '-1'"),
    ("index beyond", _add_cell(b'<row r="900"><c r="A900" t="s"><v>7</v></c></row>'), "points at text '7'"),
    ("NaN", _add_cell(b'<row r="900"><c r="A900"><v>NaN</v></c></row>'), "'NaN' as a number"),
    ("underscore", _add_cell(b'<row r="900"><c r="A900"><v>1_000</v></c></row>'), "'1_000' as a number"),
    ("cell twice", _add_cell(b'<row r="900"><c r="A900"><v>1</v></c><c r="A900"><v>2</v></c></row>'), "stands twice"),
    ("row twice", _add_cell(b'<row r="2"><c r="A2"><v>1</v></c></row>'), "twice or out of order"),
    ("cell of another row", _add_cell(b'<row r="900"><c r="A901"><v>1</v></c></row>'), "does not stand in its row"),
    (
        "merged",
        lambda body: body.replace(
            b"</sheetData>", b'</sheetData><mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>'
        ),
        "merged",
    ),
    (
        "entity",
        lambda body: b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'
        + body.partition(b"?>")[2],
        "document type or entities",
    ),
    (
        "external entity",
        lambda body: b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd">' + body.partition(b"?>")[2],
        "document type or entities",
    ),
    ("torn", lambda body: body[: len(body) // 2], "cannot be read"),
]


@pytest.mark.parametrize(("name", "change", "words"), HOSTILE, ids=[case[0] for case in HOSTILE])
def test_a_hostile_sheet_is_refused(
    book: bytes, tmp_path: Path, name: str, change: Callable[[bytes], bytes], words: str
) -> None:
    path = tmp_path / "mine.xlsx"
    path.write_bytes(_changed(book, change))
    (fault,) = didymium.data.check(path)
    assert words in fault.what, fault.line()
    assert fault.file == "mine.xlsx" and fault.cure and "/etc" not in fault.line()


CONTAINERS: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("no archive", lambda book: b"PK\x03\x04 and nothing", "not an Excel workbook"),
    ("empty", lambda book: b"", "not an Excel workbook"),
    ("cut", lambda book: book[: len(book) // 2], "not an Excel workbook"),
    ("another archive", lambda book: _packed({"../../escape.txt": b"x"}), "holds no workbook"),
    ("macros", lambda book: _packed({**_parts(book), "xl/vbaProject.bin": b"x"}), "macros"),
    ("bomb", lambda book: _packed({**_parts(book), "xl/media/a.bin": bytes(30_000_000)}), "compression bomb"),
    (
        "members",
        lambda book: _packed({**_parts(book), **{f"xl/media/{n}": b"" for n in range(2_100)}}),
        "members",
    ),
]


@pytest.mark.parametrize(("name", "change", "words"), CONTAINERS, ids=[case[0] for case in CONTAINERS])
def test_a_hostile_archive_is_refused(
    book: bytes, tmp_path: Path, name: str, change: Callable[[bytes], bytes], words: str
) -> None:
    path = tmp_path / "mine.xlsx"
    path.write_bytes(change(book))
    (fault,) = didymium.data.check(path)
    assert words in fault.line()
    assert not (tmp_path.parent / "escape.txt").exists()


def test_a_member_longer_than_the_archive_says_is_refused(book: bytes) -> None:
    bomb = _packed({**_parts(book), "xl/worksheets/sheet3.xml": b"<a>" + b" " * 100_000 + b"</a>"})
    lied = bytearray(bomb)
    entry = bomb.rindex(b"xl/worksheets/sheet3.xml") - 46
    assert bomb[entry : entry + 4] == b"PK\x01\x02"
    lied[entry + 24 : entry + 28] = (16).to_bytes(4, "little")
    assert "cannot be read" in read(bytes(lied))["fault"][2]


def test_formulas_errors_dates_and_truth_values_are_not_taken_for_numbers(tmp_path: Path) -> None:
    import datetime

    from openpyxl import Workbook

    ds = didymium.data.open()
    row = ds.rows("production", product="nd_oxide", country="CHN", year=2024, preferred=1)[0]
    cases = {
        "=1+1": "'=1+1' is a formula. Paste its value",
        "#N/A": "'#N/A' is an error value.",
        True: "the cell holds TRUE or FALSE.",
        datetime.datetime(2024, 5, 3): "'2024-05-03' is a date.",
        "63 800": "'63 800' has separators.",
        1e309: "is empty",
    }
    for value, words in cases.items():
        book = Workbook()
        sheet = book.active
        sheet.title = "production"
        names = [name for name in row if name not in ("row_id", "layer")]
        sheet.append(names)
        sheet.append([int(row[n]) if isinstance(row[n], bool) else row[n] for n in names])
        sheet.cell(2, names.index("quantity") + 1).value = value
        path = tmp_path / "mine.xlsx"
        book.save(path)
        found = [f.line() for f in didymium.data.check(path) if f.severity == "error"]
        assert len(found) == 1, found
        assert found[0].startswith("mine.xlsx sheet production row 2, column quantity: ") and words in found[0]


def test_a_strange_sheet_is_named_with_a_near_word(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "Production"
    book.active["A1"] = "product"
    path = tmp_path / "mine.xlsx"
    book.save(path)
    found = [f.line() for f in didymium.data.check(path)]
    assert any("there is no table 'Production'. Write production." in line for line in found)


def test_a_child_that_wants_too_much_is_a_sentence() -> None:
    for function, words in (
        ("tests.schema.bad_readers:greedy", "not of this package"),
        ("didymium.schema.no_such:read", "cannot be read"),
    ):
        with pytest.raises(Refused, match=words):
            in_child(function, b"")


def test_a_child_is_stopped_by_the_clock_and_by_memory(book: bytes) -> None:
    with pytest.raises(Refused):
        in_child("didymium.schema.workbook:read", book, Limits(memory=20_000_000))
    began = time.monotonic()
    with pytest.raises(Refused, match="more than 0"):
        in_child("didymium.schema.workbook:read", book, Limits(wall=0))
    assert time.monotonic() - began < 20


@pytest.mark.slow
def test_mutants_are_read_or_refused(book: bytes) -> None:
    """Bytes of the parts changed at random: an answer in JSON, never anything else, and quickly."""
    rng = random.Random(20261128)
    parts = _parts(book)
    names = [name for name in parts if name.endswith(".xml")]
    for _ in range(400):
        changed = dict(parts)
        for _ in range(rng.randint(1, 6)):
            name = rng.choice(names)
            body = bytearray(changed[name])
            at = rng.randrange(len(body))
            kind = rng.randrange(4)
            if kind == 0:
                body[at] = rng.randrange(256)
            elif kind == 1:
                del body[at : at + rng.randint(1, 60)]
            elif kind == 2:
                body[at:at] = rng.choice([b"1e308", b"NaN", b"<c r='XFD1'/>", b"&a;", b"\x00", b"-1", "＝1".encode()])
            else:
                body[at:at] = body[max(0, at - 80) : at]
            changed[name] = bytes(body)
        began = time.process_time()
        try:
            found = read(_packed(changed))
        except Exception as error:  # noqa: BLE001 - the child turns whatever openpyxl raises into a sentence
            found = {"raised": repr(error)}
        json.dumps(found, allow_nan=False)
        assert time.process_time() - began < 5
