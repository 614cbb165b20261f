"""What is written for a spreadsheet program: text stays text, a number keeps its digits, the clock leaves no trace."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from didymium.schema.spreadsheet import DAY, SIGNIFICANT, escaped, put, settled, unescaped

RISKY = ["=1+1", "+81", "-5", "@cmd", "\tx", "\rx", "＝1", "＋1", "－1", "＠x"]
PLAIN = ["", "it's", "'tis", "a=b", "5", " =x", "x\t", "''", "中=1", "a-b", "F=ma"]


@pytest.mark.parametrize("text", RISKY)
def test_a_text_that_would_be_run_gets_an_apostrophe_and_loses_it(text: str) -> None:
    assert escaped(text) == "'" + text and unescaped("'" + text) == text
    assert escaped("'" + text) == "''" + text and unescaped("''" + text) == "'" + text
    assert unescaped(text) == text


@pytest.mark.parametrize("text", PLAIN)
def test_a_text_that_is_not_run_stays_as_it_is(text: str) -> None:
    assert escaped(text) == text and unescaped(text) == text


def cell(value: Any) -> Any:
    found = Workbook().active["A1"]
    put(found, value)
    return found


def test_nothing_is_an_empty_cell() -> None:
    for value in (None, ""):
        assert (cell(value).value, cell(value).data_type) == (None, "n")


@pytest.mark.parametrize(
    ("value", "held"),
    [(True, 1), (False, 0), (0, 0), (0.0, 0.0), (5500, 5500), (0.1, 0.1), (123456789012345, 123456789012345)],
)
def test_a_number_that_excel_keeps_whole_is_a_number(value: Any, held: Any) -> None:
    found = cell(value)
    assert (found.value, type(found.value), found.data_type, found.quotePrefix) == (held, type(held), "n", False)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.30000000000000004, "0.30000000000000004"), (1234567890123456, "1234567890123456"), (1 / 3, repr(1 / 3))],
)
def test_a_number_that_excel_would_shorten_is_text(value: float, text: str) -> None:
    assert (cell(value).value, cell(value).data_type) == (text, "s")
    assert SIGNIFICANT == 15


@pytest.mark.parametrize(
    ("text", "quoted"), [("007", False), ("NA", False), ("=1+1", True), ("'=1", True), ("-5", True)]
)
def test_text_is_text_whatever_it_looks_like(text: str, quoted: bool) -> None:
    found = cell(text)
    assert (found.value, found.data_type, bool(found.quotePrefix)) == (text, "s", quoted)


def test_a_character_that_xml_cannot_hold_is_told_as_lost() -> None:
    assert cell("a\x07b\x00").value == "a\ufffdb\ufffd"
    assert cell("a\nb\t日本").value == "a\nb\t日本"


def book(year: int) -> Any:
    made = Workbook()
    made.active["A1"] = "Nd"
    made.create_sheet("second")
    made.properties.creator = "Nobody"
    made.properties.created = made.properties.modified = datetime(year, 1, 2, tzinfo=UTC).replace(tzinfo=None)
    return made


def test_the_same_content_gives_the_same_bytes_on_any_day() -> None:
    assert settled(book(2001)) == settled(book(2031))


def test_a_settled_workbook_holds_no_clock_and_opens() -> None:
    data = settled(book(2031))
    assert load_workbook(io.BytesIO(data)).active["A1"].value == "Nd"
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        names = parts.namelist()
        assert names[0] == "[Content_Types].xml" and names[1:] == sorted(names[1:])
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {part.compress_type for part in parts.infolist()} == {zipfile.ZIP_DEFLATED}
        assert {part.external_attr >> 16 for part in parts.infolist()} == {0o600}
        core = parts.read("docProps/core.xml").decode("utf-8")
    assert core.count(DAY) == 2 and "2031" not in core and "Nobody" in core and DAY == "2000-01-01T00:00:00Z"
