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
