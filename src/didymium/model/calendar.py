"""Dates that follow from other dates: partial dates, terms, and the days between.

A treaty clock is calendar arithmetic on civil dates. A date is the civil date of one place; the same signature
has another date where the sun has not yet risen, so a term counted there ends on another day. Nothing here
knows the present: the day asked about is always an argument.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

import numpy as np

from didymium.errors import BadInput

TERM_UNITS = ("days", "business_days", "months", "years", "to_period_end")


def first_day(partial: str) -> date:
    """The first day that an ISO date, month or year covers.

    >>> first_day("2026-02"), first_day("2026-02-17")
    (datetime.date(2026, 2, 1), datetime.date(2026, 2, 17))
    """
    if not re.fullmatch(r"\d{4}(-\d{2}){0,2}", partial):
        raise _bad(partial)
    try:
        return date.fromisoformat((partial + "-01-01")[: len("YYYY-MM-DD")])
    except ValueError as fault:
        raise _bad(partial) from fault


def last_day(partial: str) -> date:
    """The last day that an ISO date, month or year covers.

    >>> last_day("2028-02"), last_day("2030")
    (datetime.date(2028, 2, 29), datetime.date(2030, 12, 31))
    """
    start = first_day(partial)
    match len(partial):
        case 4:  # a year
            return start.replace(month=12, day=31)
        case 7:  # a month
            return start.replace(day=monthrange(start.year, start.month)[1])
    return start


def due_date(counted_from: str, term: int, unit: str) -> date:
    """The last day of a term that starts on `counted_from`, an ISO date, month or year.

    - `days`: calendar days; the day of signature is day zero.
    - `business_days`: Mondays to Fridays; public holidays are ignored.
    - `months`, `years`: the same day of the later month, or its last day where that month is shorter.
    - `to_period_end`: the end of the period itself, with `term` 0 ("by 2030", "by March 2028").

    A month or year as start counts from its last day, and its end is the end of the month reached.

    >>> due_date("2025-10-28", 180, "days"), due_date("2025-10-28", 6, "months")
    (datetime.date(2026, 4, 26), datetime.date(2026, 4, 28))
    """
    start = last_day(counted_from)
    match unit:
        case "days":
            return start + timedelta(days=term)
        case "business_days":
            return _after_business_days(start, term)
        case "months" | "years":
            end = _after_months(start, term if unit == "months" else 12 * term)
            whole_day = len(counted_from) == len("YYYY-MM-DD")
            return end if whole_day else last_day(f"{end:%Y-%m}")
        case "to_period_end" if term == 0:
            return start
    raise BadInput(f"a term of {term} {unit} is not known.", cure=f"Units: {', '.join(TERM_UNITS)} (the last with 0).")


def days_between(earlier: date, later: date) -> int:
    """Calendar days from one date to another, negative if the second comes first."""
    return (later - earlier).days


def _after_months(start: date, term: int) -> date:
    """The same day of a later month, or the last day of that month where it is shorter."""
    year, month = divmod(12 * start.year + start.month - 1 + term, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def _after_business_days(start: date, term: int) -> date:
    end: date = np.busday_offset(np.datetime64(start), term, roll="backward").astype(date)
    return end


def _bad(partial: str) -> BadInput:
    return BadInput(
        f"{partial!r} is not a date.", cure="Expected an ISO date, month or year: 2026-04-28, 2026-04 or 2026."
    )
