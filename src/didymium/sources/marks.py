"""What stands in a cell: a number, a bound, or a mark. A mark is a state and never becomes a number."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

NUMBER = r"-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][+-]?\d{1,3})?"
PLAIN = re.compile(NUMBER, re.ASCII)
BELOW = re.compile(rf"<\s?({NUMBER})", re.ASCII)
ABOVE = re.compile(rf">\s?({NUMBER})", re.ASCII)
BETWEEN = re.compile(rf"({NUMBER})\s?[–-]\s?({NUMBER})", re.ASCII)
LARGEST = 1e15
"""No tonnage, price or index of this field is larger; a larger number is a slip of an exponent."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a publisher means by a word in a cell, as a state with bounds in the unit of the cell."""

    value_status: str
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class State:
    """What a cell says: `quantity` if it is a number, bounds if it is an interval, and the status in any case."""

    quantity: float | None
    low: float | None
    high: float | None
    value_status: str

    def scaled(self, factor: float) -> State:
        """The same in another unit, to twelve significant digits: what was printed has no more."""
        return State(
            _times(self.quantity, factor), _times(self.low, factor), _times(self.high, factor), self.value_status
        )


class NotRead(ValueError):
    """A text that is no number, no bound and no known mark; the message says what would be right."""


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else float(f"{value * factor:.12g}")


def number(text: str) -> float:
    """The value of a printed number. Raises NotRead.

    >>> number("12,300")
    12300.0
    """
    if not PLAIN.fullmatch(text):
        raise NotRead("is neither a number nor a known mark")
    value = float(text.replace(",", ""))
    if not math.isfinite(value) or abs(value) > LARGEST:
        raise NotRead(f"is larger than anything that is measured here ({LARGEST:g})")
    return value + 0.0


def state_of(text: str, marks: Mapping[str, Mark], *, status: str = "reported") -> State:
    """What a cell says. `status` is that of a plain number: reported, or estimated. Raises NotRead.

    >>> state_of("<1", {})
    State(quantity=None, low=0.0, high=1.0, value_status='reported')
    """
    if text in marks:
        mark = marks[text]
        return State(None, mark.low, mark.high, mark.value_status)
    if PLAIN.fullmatch(text):
        return State(number(text), None, None, status)
    if found := BELOW.fullmatch(text):
        return State(None, 0.0, number(found[1]), status)
    if found := ABOVE.fullmatch(text):
        return State(None, number(found[1]), None, status)
    if found := BETWEEN.fullmatch(text):
        low, high = number(found[1]), number(found[2])
        if low >= high:
            raise NotRead("is a range whose first end is not below its last")
        return State(None, low, high, status)
    raise NotRead("is neither a number nor a known mark")
