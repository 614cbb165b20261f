"""Workbooks as layers: what is broken or made to harm is refused with its place and a cure, in bounded time."""

from __future__ import annotations

import datetime
import io
import random
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import didymium.data
from didymium.data import Dataset
from didymium.data.layer_files import read_layer
from didymium.data.sandbox import Limits, Refused, in_child
from didymium.data.template import template

SHEET = "xl/worksheets/sheet3.xml"
"""The sheet of the table, after the read-me and `layer`."""


def parts_of(book: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return made.getvalue()


@pytest.fixture(scope="module")
def book() -> bytes:
    """A filled workbook of one small table."""
    return template(didymium.data.open().content, tables=["heavy_circuits"], filled=True)


def with_cell(cell: bytes) -> Callable[[bytes], bytes]:
    return lambda body: body.replace(b"</sheetData>", cell + b"</sheetData>")


def typed(kind: bytes) -> Callable[[bytes], bytes]:
    """A document type in front of the sheet."""
    return lambda body: b'<?xml version="1.0"?>' + kind + body.partition(b"?>")[2]


HOSTILE: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("far cell", with_cell(b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')),
    ("far column", with_cell(b'<row r="9000"><c r="XFD9000"><v>1</v></c></row>')),
    ("index -1", with_cell(b'<row r="900"><c r="A900" t="s"><v>-1</v></c></row>')),
    ("index beyond", with_cell(b'<row r="900"><c r="A900" t="s"><v>7</v></c></row>')),
    ("NaN", with_cell(b'<row r="900"><c r="A900"><v>NaN</v></c></row>')),
    ("1e309", with_cell(b'<row r="900"><c r="A900"><v>1e309</v></c></row>')),
    ("cell twice", with_cell(b'<row r="900"><c r="A900"><v>1</v></c><c r="A900"><v>2</v></c></row>')),
    ("row twice", with_cell(b'<row r="2"><c r="A2"><v>1</v></c></row>')),
    ("entities", typed(b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>')),
    ("outside entity", typed(b'<!DOCTYPE x SYSTEM "/etc/passwd">')),
    ("torn", lambda body: body[: len(body) // 2]),
]


@pytest.mark.parametrize(("name", "change"), HOSTILE, ids=[case[0] for case in HOSTILE])
@pytest.mark.slow
def test_a_hostile_sheet_is_refused(book: bytes, tmp_path: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    parts = parts_of(book)
    parts[SHEET], before = change(parts[SHEET]), parts[SHEET]
    assert parts[SHEET] != before
    path = tmp_path / "mine.xlsx"
    path.write_bytes(packed(parts))
    (fault,) = read_layer(path).faults
    assert fault.file.startswith("mine.xlsx") and fault.what and fault.cure
    assert "passwd" not in fault.line()


def test_a_far_cell_a_bomb_and_a_torn_file_are_refused(book: bytes, tmp_path: Path) -> None:
    parts = parts_of(book)
    path = tmp_path / "mine.xlsx"
    for body, words in (
        (packed({**parts, SHEET: HOSTILE[0][1](parts[SHEET])}), "Expected rising rows"),
        (packed({**parts, "xl/media/a.xml": b"<a>" + bytes(1) * 0 + b" " * 30_000_000 + b"</a>"}), "times its size"),
        (book[: len(book) // 2], "cannot be read"),
        (b"PK\x03\x04", "cannot be read"),
        (packed({"../../escape.txt": b"x"}), "path out of it"),
    ):
        path.write_bytes(body)
        (fault,) = read_layer(path).faults
        assert words in fault.line(), fault.line()
    assert not (tmp_path.parent / "escape.txt").exists()


def test_formulas_errors_dates_and_truth_values_are_not_taken_for_numbers(tmp_path: Path, ds: Dataset) -> None:
    from openpyxl import Workbook

    row = ds.rows("production", product="nd_oxide", country="CHN", year=2024, preferred=1)[0]
    names = [name for name in row if name not in ("row_id", "layer")]
    cases: list[tuple[object, str]] = [
        ("=1+1", "the cell holds a formula"),
        ("#N/A", "'#N/A' is an error value."),
        (True, "the cell holds TRUE or FALSE."),
        (datetime.datetime(2024, 5, 3, tzinfo=None), "'2024-05-03' is a date."),  # noqa: DTZ001 - Excel knows no zones
        ("63 800", "'63 800' has separators."),
    ]
    path = tmp_path / "mine.xlsx"
    book = Workbook()
    sheet = book.active
    sheet.title = "production"
    sheet.append(names)
    for number, (value, _) in enumerate(cases, start=2):
        sheet.append([int(row[n]) if isinstance(row[n], bool) else row[n] for n in names])
        sheet.cell(number, names.index("quantity") + 1).value = value
    book.save(path)
    found = [f.line() for f in read_layer(path).faults]
    assert len(found) == len(cases), found
    for number, (line, (_, words)) in enumerate(zip(found, cases, strict=True), start=2):
        assert line.startswith(f"mine.xlsx sheet production row {number}, column quantity: ") and words in line


def test_strange_sheets_and_cells_beside_the_table_are_named(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "Production"
    book.active["A1"] = "product"
    sheet = book.create_sheet("ore_routes")
    sheet.append(["place", "process_id"])
    path = tmp_path / "mine.xlsx"
    book.save(path)
    found = [f.line() for f in read_layer(path).faults]
    assert found[0] == "mine.xlsx sheet Production: there is no table 'Production'. Write production."


def test_an_old_workbook_and_a_path_that_is_no_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    (tmp_path / "production.csv").mkdir()
    found = {f.file: f.line() for f in read_layer(tmp_path).faults}
    assert "is not read as a table" in found[f"{tmp_path.name}/old.xls"]
    assert "no ordinary file" in found[f"{tmp_path.name}/production.csv"]


def test_a_name_with_brackets_is_a_name_and_no_pattern(tmp_path: Path, ds: Dataset) -> None:
    folder = tmp_path / "[ab]*"
    folder.mkdir()
    (folder / "[ab].csv").write_text("x\n")
    (tmp_path / "a.csv").write_text("x\n")
    (fault,) = read_layer(folder).faults
    assert fault.file == "[ab]*/[ab].csv"


def test_a_line_of_a_hundred_megabytes_and_deep_json_end(tmp_path: Path) -> None:
    long = tmp_path / "production.csv"
    long.write_bytes(b"product," + b"x" * 20_000_000)
    assert read_layer(long).faults
    deep = tmp_path / "production.json"
    deep.write_bytes(b"[" * 100_000 + b"]" * 100_000)
    (fault,) = read_layer(deep).faults
    assert "nested too deep" in fault.what and "list of rows" in fault.cure


def test_a_child_answers_for_this_package_alone_and_within_its_time() -> None:
    with pytest.raises(Refused, match="not of this package"):
        in_child("os:system", b"true")
    began = time.monotonic()
    with pytest.raises(Refused, match="more than 0 s"):
        in_child("didymium.data.sql:answered", b"{}", Limits(wall=0))
    assert time.monotonic() - began < 30


@pytest.mark.slow
def test_mutants_are_read_or_refused(book: bytes, tmp_path: Path) -> None:
    """Bytes of the parts changed at random: a layer or a fault, never a crash, and quickly."""
    rng = random.Random(20261128)
    parts = parts_of(book)
    names = [name for name in parts if name.endswith(".xml")]
    path = tmp_path / "mine.xlsx"
    for _ in range(60):
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
        path.write_bytes(packed(changed))
        for fault in didymium.data.check(path):
            assert fault.line()
