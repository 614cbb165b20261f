"""One cell: what is read, and what is refused with which advice."""

from __future__ import annotations

import csv
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from didymium.schema.cells import MOST_SIGNS, BadCell, read_cell
from didymium.schema.columns import Column, Table
from didymium.schema.faults import Fault, visible
from didymium.schema.reader import read_table

NUMBER = Column("q", "number", "Amount.", minimum=-1e300)
YEAR = Column("y", "year", "Year.", minimum=1900, maximum=2100)
DATE = Column("d", "date", "Date.")
LIST = Column("l", "list", "Words.")
TEXT = Column("meaning", "text", "Text.")
WORDS = Table("words", "Words", "語", "A word.", (Column("value", "text", "Word."), TEXT), ("value",))


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        (NUMBER, "63800", 63800.0),
        (NUMBER, "0.001", 0.001),
        (NUMBER, "-0.24", -0.24),
        (NUMBER, "2.218e+06", 2218000.0),
        (NUMBER, "-0", 0.0),
        (NUMBER, "", None),
        (YEAR, "2024", 2024),
        (DATE, "2010", "2010"),
        (DATE, "2024-10", "2024-10"),
        (DATE, "2024-02-29", "2024-02-29"),
        (LIST, "USA;JPN", "USA;JPN"),
        (Column("f", "flag", "Flag."), "1", True),
        (Column("i", "integer", "Count."), "12", 12),
    ],
)
def test_sound_cells(column: Column, text: str, value: Any) -> None:
    found = read_cell(text, column)
    assert found == value and type(found) is type(value)


COUNT = Column("i", "integer", "Count.", minimum=-5, maximum=5)
SHARE = Column("s", "number", "Share.", unit="fraction", minimum=0, maximum=1)
PRICE = Column("p", "number", "Price.", unit="{unit}", example="73.5")
CODE = Column("hs_code", "text", "Customs code.")
NAME = Column("mine_id", "id", "Mine.", required=True)
NOTE = Column("notes", "text", "Remarks.", lines=True)
ADDRESS = Column("url", "url", "Where.")

EDGES: list[tuple[Column, str, Any]] = [
    (COUNT, "-5", -5),
    (COUNT, "5", 5),
    (COUNT, "0", 0),
    (Column("i", "integer", "Count."), "123456789012345", 123456789012345),
    (SHARE, "0", 0.0),
    (SHARE, "1", 1.0),
    (NUMBER, "1e15", 1e15),
    (NUMBER, "-1E+15", -1e15),
    (NUMBER, "1e-300", 1e-300),
    (NUMBER, "0e5", 0.0),
    (NUMBER, "0.000", 0.0),
    (YEAR, "1900", 1900),
    (YEAR, "2100", 2100),
    (DATE, "1900", "1900"),
    (DATE, "2100-12-31", "2100-12-31"),
    (Column("f", "flag", "Flag."), "0", False),
    (NAME, "bayan-obo", "bayan-obo"),
    (Column("mine_id", "text", "Mine."), "a|b", "a|b"),
    (Column("mine", "id", "Mine."), "a/b", "a/b"),
    (CODE, "0805", "0805"),
    (CODE, "080510", "080510"),
    (CODE, "8505111x", "8505111x"),
    (CODE, "85051110+28053010", "85051110+28053010"),
    (CODE, "2846;2805300000", "2846;2805300000"),
    (CODE, "multiple", "multiple"),
    (Column("cas_code", "text", "Code."), "7440-00-8", "7440-00-8"),
    (LIST, "USA", "USA"),
    (ADDRESS, "http://a.b", "http://a.b"),
    (ADDRESS, "https://example.org/x?y=1", "https://example.org/x?y=1"),
    (NOTE, "one\n\n=two", "one\n\n=two"),
    (TEXT, "重希土 and é", "重希土 and é"),
]


@pytest.mark.parametrize(("column", "text", "value"), EDGES)
def test_a_value_at_the_edge_of_what_is_allowed_is_read(column: Column, text: str, value: Any) -> None:
    found = read_cell(text, column)
    assert found == value and type(found) is type(value)


EXPONENT, UNKNOWN = "Check the exponent.", "Leave the cell empty for unknown."
HS = "Expected 4, 6, 8 or 10 digits, e.g. 080510."
WHY = "Leave the cell empty for unknown and say why in basis."
LINES: list[tuple[Column, str, str, str]] = [
    (NAME, "", "is empty.", "Expected mine."),
    (COUNT, "6", "'6' is out of range.", "Expected between -5 and 5."),
    (COUNT, "-6", "'-6' is out of range.", "Expected between -5 and 5."),
    (COUNT, "1.0", "'1.0' is not a whole number.", "Expected e.g. 12."),
    (COUNT, "1234567890123456", "'1234567890123456' is not a whole number.", "Expected e.g. 12."),
    (SHARE, "1.01", "'1.01' is out of range.", "Expected between 0 and 1 in fraction."),
    (SHARE, "-0.01", "'-0.01' is out of range.", "Expected between 0 and 1 in fraction."),
    (Column("x", "number", "X.", minimum=2), "1", "'1' is out of range.", "Expected at least 2."),
    (Column("x", "number", "X.", maximum=2, unit="kg"), "3", "'3' is out of range.", "Expected at most 2 in kg."),
    (SHARE, "half", "'half' is not a number.", "Expected a number in fraction, e.g. 5500."),
    (PRICE, "dear", "'dear' is not a number.", "Expected a number, e.g. 73.5."),
    (SHARE, "5%", "'5%' is a percentage.", "Write a fraction, 5 % as 0.05."),
    (NUMBER, " W".strip(), "'W' is a mark, not a number.", WHY),
    (NUMBER, "N/A", "'N/A' is a mark, not a number.", WHY),
    (NUMBER, "—", "'—' is a mark, not a number.", WHY),
    (NUMBER, "NaN", "'NaN' is not a finite number.", UNKNOWN),
    (NUMBER, "-Inf", "'-Inf' is not a finite number.", UNKNOWN),
    (NUMBER, "+infinity", "'+infinity' is not a finite number.", UNKNOWN),
    (NUMBER, "5,500", "'5,500' has separators.", "Write 5500."),
    (NUMBER, "5_500.5", "'5_500.5' has separators.", "Write 5500.5."),
    (NUMBER, "５５", "'５５' is not in plain ASCII digits.", "Write 55."),
    (NUMBER, "1e999", "'1e999' is too large for a number.", EXPONENT),
    (NUMBER, "-1e999", "'-1e999' is too large for a number.", EXPONENT),
    (NUMBER, "1.0001e15", "'1.0001e15' is larger than anything that is measured here.", EXPONENT),
    (NUMBER, "-1e16", "'-1e16' is larger than anything that is measured here.", EXPONENT),
    (NUMBER, "1e-999", "'1e-999' is too small for a number.", EXPONENT),
    (NUMBER, "0.9E-999", "'0.9E-999' is too small for a number.", EXPONENT),
    (YEAR, "24", "'24' is not a year.", "Expected four digits, e.g. 2024."),
    (YEAR, "1899", "'1899' is out of range.", "Expected between 1900 and 2100."),
    (DATE, "1899-12-31", "'1899-12-31' is out of range.", "Expected a year between 1900 and 2100."),
    (DATE, "2101", "'2101' is out of range.", "Expected a year between 1900 and 2100."),
    (DATE, "2025-04-31", "'2025-04-31' is not in the calendar.", "Check month and day, e.g. 2025-04-04."),
    (DATE, "0000", "'0000' is not in the calendar.", "Check month and day, e.g. 2025-04-04."),
    (
        DATE,
        "4 April 2025",
        "'4 April 2025' is not an ISO date.",
        "Expected year, year-month or year-month-day, e.g. 2025-04-04.",
    ),
    (Column("f", "flag", "Flag."), "true", "'true' is not a flag.", "Expected 0 or 1."),
    (NAME, "a|b", "'a|b' holds |, which parts the names of a key or a path.", "Name it without."),
    (NAME, "a/b", "'a/b' holds /, which parts the names of a key or a path.", "Name it without."),
    (NAME, "a\\b", "'a\\b' holds \\, which parts the names of a key or a path.", "Name it without."),
    (CODE, "２８４６", "'２８４６' is not in plain ASCII signs.", "Write 2846."),
    (CODE, "28469", "'28469' is no HS code.", HS),
    (CODE, "2846+", "'2846+' is no HS code.", HS),
    (Column("hs6_code", "text", "Code."), "28x", "'28x' is no HS code.", HS),
    (LIST, "USA;;JPN", "'USA;;JPN' is not a list.", "Join words by ; without spaces, e.g. USA;JPN."),
    (LIST, "USA; JPN", "'USA; JPN' is not a list.", "Join words by ; without spaces, e.g. USA;JPN."),
    (LIST, "USA;JPN;USA", "'USA;JPN;USA' names a word twice.", "Name each word once."),
    (ADDRESS, "ftp://a.b", "'ftp://a.b' is not a web address.", "Expected https://…"),
    (ADDRESS, "https://nowhere", "'https://nowhere' is not a web address.", "Expected https://…"),
    (TEXT, " a", "' a' has spaces at an end or doubled.", "Write 'a'."),
    (TEXT, "a  b", "'a  b' has spaces at an end or doubled.", "Write 'a b'."),
    (TEXT, "é\u200b", "'é\\u200b' holds a character that cannot be seen.", "Delete it."),
    (TEXT, "a\ufffd", "'a\ufffd' holds the sign for a character that was lost.", "Type it anew from the source."),
    (TEXT, "a\x07b", "'a\\u0007b' holds a control character or line break.", "Delete it."),
    (NOTE, "a\n", "'a\\u000a' has a line break at an end.", "Delete it."),
    (NOTE, "a\n b", "' b' has spaces at an end or doubled.", "Write 'b'."),
    (
        TEXT,
        "y" * (MOST_SIGNS + 1),
        f"'{'y' * 59}…' has 32,768 signs.",
        "Write at most 32,767, what a cell of Excel holds.",
    ),
]


@pytest.mark.parametrize(("column", "text", "what", "cure"), LINES)
def test_a_refusal_says_what_is_wrong_and_what_would_be_right(column: Column, text: str, what: str, cure: str) -> None:
    with pytest.raises(BadCell) as refused:
        read_cell(text, column)
    assert (refused.value.what, refused.value.cure, str(refused.value)) == (what, cure, what)


def test_an_empty_cell_that_may_be_empty_is_unknown() -> None:
    for column in (NUMBER, YEAR, DATE, LIST, TEXT, NOTE, ADDRESS, COUNT):
        assert read_cell("", column) is None


def test_a_text_of_many_lines_is_only_where_it_is_meant() -> None:
    with pytest.raises(BadCell, match="line break"):
        read_cell("one\ntwo", TEXT)
    assert read_cell("one line", NOTE) == "one line"
    with pytest.raises(BadCell, match="cannot be seen"):
        read_cell("one\nt\u200bo", NOTE)


def test_minus_zero_is_zero() -> None:
    assert math.copysign(1, float(read_cell("-0", NUMBER) or 0.0)) == 1.0


@pytest.mark.parametrize(
    ("column", "text", "words"),
    [
        (NUMBER, "+5", "not a number"),
        (NUMBER, ".5", "not a number"),
        (NUMBER, "5.", "not a number"),
        (NUMBER, "007", "not a number"),
        (NUMBER, "0x10", "not a number"),
        (NUMBER, "5 000", "has separators"),
        (NUMBER, "<5", "not a number"),
        (NUMBER, "null", "is a mark"),
        (NUMBER, "unknown", "is a mark"),
        (NUMBER, "1e99999", "not a number"),
        (YEAR, "２０２４", "not a year"),
        (YEAR, "2101", "out of range"),
        (DATE, "2024-13", "not in the calendar"),
        (DATE, "2023-02-29", "not in the calendar"),
        (DATE, "24-10-01", "not an ISO date"),
        (DATE, "1815-06-18", "out of range"),
        (DATE, "2024-1-1", "not an ISO date"),
        (LIST, "USA;", "not a list"),
        (LIST, "USA;USA", "names a word twice"),
        (Column("i", "integer", "Count."), "12.5", "not a whole number"),
        (Column("t", "text", "Words."), "a\nb", "line break"),
        (Column("t", "text", "Words."), "a\tb", "control character"),
        (Column("t", "text", "Words."), "a\u2028b", "cannot be seen"),
        (Column("t", "text", "Words."), "a  b", "doubled"),
    ],
)
def test_refused_cells(column: Column, text: str, words: str) -> None:
    with pytest.raises(BadCell, match=words) as caught:
        read_cell(text, column)
    assert caught.value.cure


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
def test_any_finite_number_written_by_python_is_read_back(value: float) -> None:
    assert read_cell(repr(value), NUMBER) == value


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_never_anything_else(text: str) -> None:
    for kind in ("number", "year", "date", "flag", "list", "id", "integer", "url"):
        try:
            value = read_cell(text, Column("c", kind, "Anything."))
        except BadCell as bad:
            assert bad.what and bad.cure
            Fault("f.csv", 2, "c", text, bad.what, bad.cure).line().encode("utf-8")
        else:
            assert value is None or value == value


def test_fault_is_one_line_with_place_and_cure() -> None:
    fault = Fault("projects.csv", 41, "capacity", "5,5oo", "'5,5oo' is not a\n number.", "Expected tonnes a year.")
    assert fault.line() == "projects.csv row 41, column capacity: '5,5oo' is not a number. Expected tonnes a year."
    assert fault.as_dict()["row"] == 41 and fault.as_dict()["line"] == fault.line()


def test_long_and_invisible_values_are_shown_safely() -> None:
    assert visible("x" * 500).endswith("…'") and len(visible("x" * 500)) < 70
    assert visible("a\u200bb") == "'a\\u200bb'"


@pytest.mark.parametrize("limit", [100, 131_072, 100_000_000])
def test_a_cell_has_its_own_limit_whatever_other_readers_in_the_process_set(limit: int) -> None:
    before = csv.field_size_limit(limit)
    try:
        found = read_table(b"value,meaning\nx," + b"y" * (MOST_SIGNS + 1) + b"\n", WORDS, "x.csv").faults
    finally:
        csv.field_size_limit(before)
    assert [fault.row for fault in found] == [2]
    assert read_cell("y" * MOST_SIGNS, TEXT) == "y" * MOST_SIGNS
