"""Treaty clocks: known dates (methods, section 15) and laws of the calendar."""

from __future__ import annotations

import doctest
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from didymium.errors import BadInput
from didymium.model import calendar as c

days = st.dates(min_value=date(2000, 1, 1), max_value=date(2090, 1, 1))


def test_the_examples_in_the_module_run() -> None:
    assert doctest.testmod(c).failed == 0


def test_the_clocks_of_the_framework_from_both_sides_of_the_date_line() -> None:
    assert c.due_date("2025-10-28", 180, "days") == date(2026, 4, 26)
    assert c.due_date("2025-10-28", 6, "months") == date(2026, 4, 28)
    assert c.due_date("2025-10-27", 180, "days") == date(2026, 4, 25)
    assert c.due_date("2025-10-27", 6, "months") == date(2026, 4, 27)


def test_months_that_are_shorter_end_on_their_last_day() -> None:
    assert c.due_date("2025-08-31", 6, "months") == date(2026, 2, 28)
    assert c.due_date("2024-02-29", 4, "years") == date(2028, 2, 29)
    assert c.due_date("2024-02-29", 1, "years") == date(2025, 2, 28)


def test_a_start_known_to_the_month_ends_with_the_month() -> None:
    assert c.due_date("2026-03", 4, "years") == date(2030, 3, 31)
    assert c.due_date("2026-02", 1, "months") == date(2026, 3, 31)


def test_business_days_skip_weekends_only() -> None:
    assert c.due_date("2026-02-17", 45, "business_days") == date(2026, 4, 21)
    assert c.due_date("2026-11-20", 1, "business_days") == date(2026, 11, 23)  # Friday to Monday
    assert c.due_date("2026-11-22", 1, "business_days") == date(2026, 11, 23)  # a Sunday is not a day of its own


def test_period_ends() -> None:
    assert c.due_date("2028-03", 0, "to_period_end") == date(2028, 3, 31)
    assert c.due_date("2030", 0, "to_period_end") == date(2030, 12, 31)


@pytest.mark.parametrize("bad", ["2026-13", "2026-02-30", "26-02-01", "soon", "", "2026-1-2-3", "2026-00"])
def test_what_is_no_date_is_refused(bad: str) -> None:
    with pytest.raises(BadInput):
        c.last_day(bad)


def test_unknown_terms_are_refused() -> None:
    for term, unit in ((3, "weeks"), (1, "to_period_end")):
        with pytest.raises(BadInput):
            c.due_date("2026-01-01", term, unit)


@given(days, st.integers(0, 5000))
def test_day_counts_are_inverted_by_the_days_between(start: date, term: int) -> None:
    assert c.days_between(start, c.due_date(start.isoformat(), term, "days")) == term


@given(days, st.integers(0, 400))
def test_a_longer_term_never_ends_earlier(start: date, term: int) -> None:
    for unit in ("days", "business_days", "months", "years"):
        if unit != "years" or term < 60:
            assert c.due_date(start.isoformat(), term, unit) <= c.due_date(start.isoformat(), term + 1, unit)


@given(days)
def test_signing_a_day_earlier_ends_a_day_count_a_day_earlier(start: date) -> None:
    before = (start - timedelta(days=1)).isoformat()
    assert c.due_date(before, 180, "days") == c.due_date(start.isoformat(), 180, "days") - timedelta(days=1)


@given(days, st.integers(0, 240))
def test_months_later_are_those_of_another_calendar(start: date, term: int) -> None:
    expected = (pd.Timestamp(start) + pd.DateOffset(months=term)).date()
    assert c.due_date(start.isoformat(), term, "months") == expected
