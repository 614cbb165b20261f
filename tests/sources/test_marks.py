"""A mark is a state, a bound is an interval, and neither becomes a number."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from didymium.sources.marks import Mark, NotRead, State, number, state_of

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
