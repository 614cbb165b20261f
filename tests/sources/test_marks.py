"""A mark is a state, a bound is an interval, and neither becomes a number."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from didymium.sources.marks import LARGEST, Mark, NotRead, State, number, state_of

MARKS = {
    "W": Mark("withheld", None, None),
    "—": Mark("none_reported", 0.0, 0.0),
    "E": Mark("reported", None, 0.0),
    "s": Mark("reported", 0.0, 0.5),
}


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("12,300", State(12300.0, None, None, "reported")),
        ("0.057", State(0.057, None, None, "reported")),
        ("-1", State(-1.0, None, None, "reported")),
        ("0", State(0.0, None, None, "reported")),
        ("W", State(None, None, None, "withheld")),
        ("—", State(None, 0.0, 0.0, "none_reported")),
        ("E", State(None, None, 0.0, "reported")),
        ("s", State(None, 0.0, 0.5, "reported")),
        ("<1", State(None, 0.0, 1.0, "reported")),
        (">75,000,000", State(None, 75e6, None, "reported")),
        ("890–1,000", State(None, 890.0, 1000.0, "reported")),
        ("10,000 - 15,000", State(None, 10000.0, 15000.0, "reported")),
    ],
)
def test_what_a_cell_says(text: str, state: State) -> None:
    assert state_of(text, MARKS) == state


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NA",
        "XX",
        "--",
        "w",
        "nan",
        "NaN",
        "inf",
        "-inf",
        "1e308",
        "1e999",
        "1,23",
        "1 000",
        "0x10",
        "１２",
        "1_000",
        "=1+1",
        "@SUM(1)",
        "+5",
        "5%",
        "1.5.2",
        "<",
        ">x",
        "5–3",
        "3–3",
        "<1e400",
        "٣",
        "1e16",
    ],
)
def test_what_is_neither_number_nor_known_mark_is_not_read(text: str) -> None:
    with pytest.raises(NotRead):
        state_of(text, MARKS)


@given(st.text(max_size=12))
def test_any_text_is_a_finite_state_or_refused(text: str) -> None:
    try:
        state = state_of(text, MARKS)
    except NotRead:
        return
    for value in (state.quantity, state.low, state.high):
        assert value is None or math.isfinite(value)
    assert state.quantity is None or text not in MARKS


@given(st.floats(0, 1e9, allow_nan=False))
def test_a_printed_number_comes_back(value: float) -> None:
    assert number(f"{value:,.3f}") == pytest.approx(value, abs=6e-4)


def test_another_unit_scales_bounds_too_and_leaves_marks() -> None:
    assert state_of("<1", MARKS).scaled(1000.0) == State(None, 0.0, 1000.0, "reported")
    assert state_of("W", MARKS).scaled(1000.0) == State(None, None, None, "withheld")
    assert state_of("57.3", MARKS).scaled(0.01).quantity == 0.573


@pytest.mark.parametrize("text", ["1e15", "-1e15", "1,000,000,000,000,000"])
def test_the_largest_number_is_read_and_one_beyond_is_not(text: str) -> None:
    assert abs(number(text)) == LARGEST == 1e15
    for beyond in ("1000000000000001", "-1.1e15", "1e999", "-1e999"):
        with pytest.raises(NotRead, match=r"^is larger than anything that is measured here \(1e\+15\)$"):
            number(beyond)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234,567.25", 1234567.25),
        ("1234567", 1234567.0),
        ("1.5e-3", 0.0015),
        ("2E+2", 200.0),
        ("-0", 0.0),
        ("007", 7.0),
    ],
)
def test_a_number_may_be_grouped_or_have_an_exponent(text: str, value: float) -> None:
    assert number(text) == value and math.copysign(1.0, number(text)) == 1.0
    assert number("-" + text.lstrip("-")) == -value


def test_a_bound_or_range_has_the_status_of_its_cell_and_a_mark_its_own() -> None:
    for text, state in {
        "5": State(5.0, None, None, "estimated"),
        "< 5": State(None, 0.0, 5.0, "estimated"),
        "> 5": State(None, 5.0, None, "estimated"),
        "5-6": State(None, 5.0, 6.0, "estimated"),
        "-6 – -5": State(None, -6.0, -5.0, "estimated"),
        "W": State(None, None, None, "withheld"),
    }.items():
        assert state_of(text, MARKS, status="estimated") == state


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("5–5", "is a range whose first end is not below its last"),
        ("6–5", "is a range whose first end is not below its last"),
        ("<1e16", "is larger than anything that is measured here (1e+15)"),
        (">1e16", "is larger than anything that is measured here (1e+15)"),
        ("1–1e16", "is larger than anything that is measured here (1e+15)"),
        ("about 5", "is neither a number nor a known mark"),
    ],
)
def test_a_refusal_says_why(text: str, what: str) -> None:
    with pytest.raises(NotRead) as refused:
        state_of(text, MARKS)
    assert str(refused.value) == what
    with pytest.raises(NotRead, match=r"^is neither a number nor a known mark$"):
        number("W")


def test_a_word_that_is_a_mark_is_never_read_as_a_number() -> None:
    assert state_of("5", {"5": Mark("withheld", 1.0, 2.0)}) == State(None, 1.0, 2.0, "withheld")


def test_scaling_keeps_twelve_digits_and_the_status() -> None:
    assert State(0.1, 1 / 3, 3.0, "estimated").scaled(3.0) == State(0.3, 1.0, 9.0, "estimated")
    assert State(123456789012.5, None, None, "reported").scaled(1.0).quantity == 123456789012.0
    assert State(0.0, None, None, "reported").scaled(5.0).quantity == 0.0


def test_a_state_is_never_changed() -> None:
    for made in (State(1.0, None, None, "reported"), Mark("withheld", None, None)):
        with pytest.raises(dataclasses.FrozenInstanceError):
            made.low = 5.0  # type: ignore[misc]
        assert not hasattr(made, "__dict__")
