"""A workbook is read in a child process: what is in it comes back as text, what is against us is refused."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from didymium.errors import BadInput
from didymium.schema.workbook import Limits, column_letters, read_bytes, read_workbook


def book(**cells: object) -> bytes:
    """A workbook with one sheet `S`."""
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = "S"
    for place, value in cells.items():
        sheet[place] = value
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def with_part(data: bytes, name: str, body: bytes, *, extra: dict[str, bytes] | None = None) -> bytes:
    """The same workbook with one part replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            if member.filename != name:
                new.writestr(member, old.read(member.filename))
        new.writestr(name, body)
        for more, content in (extra or {}).items():
            new.writestr(more, content)
    return out.getvalue()


def sheet_xml(rows: str) -> bytes:
    ns = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<?xml version="1.0"?><worksheet xmlns="{ns}"><sheetData>{rows}</sheetData></worksheet>'.encode()


SHEET = "xl/worksheets/sheet1.xml"


def test_cells_come_back_as_text_with_what_excel_held() -> None:
    import datetime

    data = book(A1="Country", B1=5500, C1=0.1, D1=True, A2=" =1+1", B2="=1+1", C2=datetime.date(2025, 4, 4), A4="NA")
    (sheet,) = read_bytes(data, "x.xlsx")
    found = {place: (cell.kind, cell.text) for place, cell in sheet.cells.items()}
    assert found == {
        (1, 1): ("text", "Country"),
        (1, 2): ("number", "5500"),
        (1, 3): ("number", "0.1"),
        (1, 4): ("flag", "1"),
        (2, 1): ("text", " =1+1"),
        (2, 2): ("formula", ""),
        (2, 3): ("date", "2025-04-04"),
        (4, 1): ("text", "NA"),
    }
    assert (sheet.name, sheet.hidden, sheet.last_row, sheet.last_column) == ("S", False, 4, 4)
    assert sheet.text(9, 9) == ""
    assert column_letters(703) == "AAA"


def test_a_hidden_sheet_says_so() -> None:
    made = openpyxl.Workbook()
    made.create_sheet("H").sheet_state = "veryHidden"
    out = io.BytesIO()
    made.save(out)
    assert [sheet.hidden for sheet in read_bytes(out.getvalue(), "x.xlsx")] == [False, True]


ENTITIES = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
OUTSIDE = b'<?xml version="1.0"?><!doctype x SYSTEM "/etc/passwd"><worksheet/>'

HOSTILE = {
    "no zip": (b"hello", "no Excel workbook"),
    "empty": (b"", "no Excel workbook"),
    "old excel": (b"\xd0\xcf\x11\xe0" + b"0" * 600, "old .xls or an encrypted"),
    "cut zip": (book(A1=1)[:900], "cannot be read"),
    "other zip": (with_part(b"PK\x05\x06" + b"\0" * 18, "a.txt", b"x"), "no Excel workbook"),
    "far cell": (
        with_part(book(), SHEET, sheet_xml('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')),
        "row 1048576",
    ),
    "far column": (with_part(book(), SHEET, sheet_xml('<row r="1"><c r="XFD1"><v>1</v></c></row>')), "column XFD"),
    "rows fall": (
        with_part(
            book(), SHEET, sheet_xml('<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>2</v></c></row>')
        ),
        "row 1 comes after row 2",
    ),
    "cell twice": (
        with_part(book(), SHEET, sheet_xml('<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>')),
        "out of place",
    ),
    "text number -1": (
        with_part(book(A1="secret"), SHEET, sheet_xml('<row r="1"><c r="A1" t="s"><v>-1</v></c></row>')),
        "text number -1",
    ),
    "infinite": (with_part(book(), SHEET, sheet_xml('<row r="1"><c r="A1"><v>1e309</v></c></row>')), "not finite"),
    "not a number": (
        with_part(book(), SHEET, sheet_xml('<row r="1"><c r="A1"><v>NaN</v></c></row>')),
        "cannot be read",
    ),
    "entities": (with_part(book(), SHEET, ENTITIES), "document type or entities"),
    "outside entity": (with_part(book(), SHEET, OUTSIDE), "document type or entities"),
    "utf-16": (
        with_part(book(), SHEET, '<?xml version="1.0" encoding="UTF-16"?><worksheet/>'.encode("utf-16")),
        "not UTF-8",
    ),
    "zip slip": (with_part(book(), "../../evil.xml", b"<x/>"), "path out of it"),
    "big part": (with_part(book(), "xl/media/a.bin", b"\0" * (8 << 20)), "unpacks to"),
    "many parts": (with_part(book(), "a.txt", b"", extra={f"p{i}.txt": b"" for i in range(2100)}), "parts"),
    "broken xml": (with_part(book(), SHEET, b"<worksheet><sheetData><row"), "cannot be read"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_workbook_is_refused_in_one_line(name: str) -> None:
    data, told = HOSTILE[name]
    before = time.process_time()
    with pytest.raises(BadInput) as refused:
        read_bytes(data, "x.xlsx")
    line = refused.value.line()
    assert told in line
    assert line.startswith("x.xlsx")
    assert "\n" not in line and refused.value.cure
    assert time.process_time() - before < 5


def test_too_many_cells_are_refused_and_not_cut() -> None:
    data = book(**{f"A{i}": i for i in range(1, 40)})
    with pytest.raises(BadInput, match=r"row 6, column A: the workbook has more than 5 cells. Split it"):
        read_bytes(data, "x.xlsx", Limits(cells=5))


def test_a_long_text_is_refused_with_its_place() -> None:
    with pytest.raises(BadInput, match=r"x\.xlsx sheet 'S' row 1, column B: a text has 300 characters"):
        read_bytes(book(B1="x" * 300), "x.xlsx", Limits(text=200))


def test_a_workbook_that_eats_memory_is_refused() -> None:
    rows = "".join(
        f'<row r="{i}"><c r="A{i}" t="inlineStr"><is><t>{i}{"x" * 500}</t></is></c></row>' for i in range(1, 9000)
    )
    data = with_part(book(), SHEET, sheet_xml(rows))
    with pytest.raises(BadInput, match="memory"):
        read_bytes(data, "x.xlsx", Limits(memory_bytes=60 << 20, ratio=100_000))


def test_a_workbook_that_eats_time_is_refused() -> None:
    rows = "".join(
        f'<row r="{i}"><c r="A{i}"><v>{i}</v></c><c r="B{i}"><v>{i}</v></c></row>' for i in range(1, 150_000)
    )
    data = with_part(book(), SHEET, sheet_xml(rows))
    with pytest.raises(BadInput, match="more time or memory"):
        read_bytes(data, "x.xlsx", Limits(cpu_seconds=1, ratio=100_000))


def test_the_child_may_not_open_files_or_sockets(tmp_path: Path) -> None:
    """Shown on the lock itself: a crafted file has no way to ask for these, so nothing else would show it."""
    import json
    import subprocess
    import sys
    from dataclasses import asdict

    from didymium.schema.workbook import CHILD

    secret = tmp_path / "secret.txt"
    secret.write_text("canary", encoding="utf-8")
    tries = [
        f"open({str(secret)!r}).read()",
        f"open({str(tmp_path / 'new')!r}, 'w')",
        f"__import__('os').open({str(tmp_path / 'new')!r}, 66)",
        "__import__('socket').create_connection(('127.0.0.1', 9))",
        "__import__('socket').getaddrinfo('example.org', 80)",
        "__import__('subprocess').run(['true'])",
        "__import__('os').system('true')",
    ]
    script = f"""
import importlib.util, json, socket, subprocess
spec = importlib.util.spec_from_file_location('child', {str(CHILD)!r})
child = importlib.util.module_from_spec(spec); spec.loader.exec_module(child)
child.lock(json.loads({json.dumps(asdict(Limits()))!r}))
for text in {tries!r}:
    try:
        eval(text); print('ALLOWED', text)
    except PermissionError: print('refused')
"""
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["refused"] * len(tries), done.stdout + done.stderr
    assert not (tmp_path / "new").exists()


def test_a_name_with_signs_of_a_pattern_opens_that_file_alone(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(book(A1="neighbour"))
    (tmp_path / "[ab].xlsx").write_bytes(book(A1="own"))
    assert read_workbook(tmp_path / "[ab].xlsx")[0].text(1, 1) == "own"
    with pytest.raises(BadInput, match="No such file"):
        read_workbook(tmp_path / "*.xlsx")


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 6000), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_damaged_workbook_is_read_or_refused(changes: list[tuple[int, int]]) -> None:
    data = bytearray(book(A1="Country", B1=1, A2="China", B2=2.5))
    for place, value in changes:
        data[place % len(data)] = value
    try:
        read_bytes(bytes(data), "x.xlsx")
    except BadInput as refused:
        assert refused.line().startswith("x.xlsx")
