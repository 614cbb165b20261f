"""From the text of a cell to its value: strict, and each refusal says what would be right."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from didymium.schema.columns import Column
from didymium.schema.faults import visible

Cell = float | int | str | bool | None

NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d{1,4})?", re.ASCII)
INTEGER = re.compile(r"-?(?:0|[1-9]\d*)", re.ASCII)
YEAR = re.compile(r"\d{4}", re.ASCII)
DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
LARGEST = 1e15
"""No tonnage, price or index of this field is larger; a larger number is a slip of an exponent."""
MOST_SIGNS = 32_767
"""The most characters a cell of an Excel workbook holds (Microsoft, Excel specifications and limits)."""
_HS = r"(?:[0-9]{4}|[0-9]{6}|[0-9]{7}x|[0-9]{8}|[0-9]{10})"
HS_CODES = re.compile(rf"multiple|{_HS}(?:[+;]{_HS})*")
"""Codes of the Harmonized System: 4, 6, 8 or 10 digits; x for any last digit, + and ; between several."""
WORD = re.compile(r"\S(?:.*\S)?")
URL = re.compile(r"https?://[^\s]+\.[^\s]+")
WITHHELD = {
    "w",
    "na",
    "n/a",
    "n.a.",
    "-",
    "--",
    "—",
    "–",
    "...",
    "…",
    "xx",
    "nil",
    "none",
    "null",
    "withheld",
    "unknown",
}


class BadCell(ValueError):
    """A cell that cannot be read; `what` is wrong and `cure` is what would be right."""

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(what)
        self.what = what
        self.cure = cure


def _example(column: Column, fallback: str) -> str:
    return f"e.g. {column.example or fallback}"


def _unit(column: Column) -> str:
    return f" in {column.unit}" if column.unit and not column.unit.startswith("{") else ""


def _bounds(column: Column) -> str:
    low, high = column.minimum, column.maximum
    if low is not None and high is not None:
        return f"between {low:g} and {high:g}"
    return f"at least {low:g}" if low is not None else f"at most {high:g}"


def _in_range(value: float, text: str, column: Column) -> None:
    below = column.minimum is not None and value < column.minimum
    above = column.maximum is not None and value > column.maximum
    if below or above:
        raise BadCell(f"{visible(text)} is out of range.", f"Expected {_bounds(column)}{_unit(column)}.")


def _number(text: str, column: Column) -> float:
    if not NUMBER.fullmatch(text):
        lowered = text.strip().lower()
        if lowered in WITHHELD:
            raise BadCell(
                f"{visible(text)} is a mark, not a number.", "Leave the cell empty for unknown and say why in basis."
            )
        if lowered.lstrip("+-") in {"nan", "inf", "infinity"}:
            raise BadCell(f"{visible(text)} is not a finite number.", "Leave the cell empty for unknown.")
        bare = text.replace(",", "").replace(" ", "").replace("_", "")
        if NUMBER.fullmatch(bare):
            raise BadCell(f"{visible(text)} has separators.", f"Write {bare}.")
        if text.endswith("%"):
            raise BadCell(f"{visible(text)} is a percentage.", "Write a fraction, 5 % as 0.05.")
        narrow = unicodedata.normalize("NFKC", text).strip()
        if NUMBER.fullmatch(narrow):
            raise BadCell(f"{visible(text)} is not in plain ASCII digits.", f"Write {narrow}.")
        raise BadCell(
            f"{visible(text)} is not a number.", f"Expected a number{_unit(column)}, {_example(column, '5500')}."
        )
    value = float(text)
    if not math.isfinite(value):
        raise BadCell(f"{visible(text)} is too large for a number.", "Check the exponent.")
    if abs(value) > LARGEST:
        raise BadCell(f"{visible(text)} is larger than anything that is measured here.", "Check the exponent.")
    if value == 0.0 and re.search(r"[1-9]", text.lower().split("e")[0]):
        raise BadCell(f"{visible(text)} is too small for a number.", "Check the exponent.")
    _in_range(value, text, column)
    return value + 0.0


def _integer(text: str, column: Column) -> int:
    if not INTEGER.fullmatch(text) or len(text) > 15:
        raise BadCell(f"{visible(text)} is not a whole number.", f"Expected {_example(column, '12')}.")
    value = int(text)
    _in_range(value, text, column)
    return value


def _year(text: str, column: Column) -> int:
    if not YEAR.fullmatch(text):
        raise BadCell(f"{visible(text)} is not a year.", f"Expected four digits, {_example(column, '2024')}.")
    value = int(text)
    _in_range(value, text, column)
    return value


def _date(text: str, column: Column) -> str:
    match = DATE.fullmatch(text)
    if not match:
        raise BadCell(
            f"{visible(text)} is not an ISO date.", "Expected year, year-month or year-month-day, e.g. 2025-04-04."
        )
    year, month, day = (int(part) if part else 1 for part in match.groups())
    try:
        date(year, month, day)
    except ValueError:
        raise BadCell(f"{visible(text)} is not in the calendar.", "Check month and day, e.g. 2025-04-04.") from None
    if not 1900 <= year <= 2100:
        raise BadCell(f"{visible(text)} is out of range.", "Expected a year between 1900 and 2100.")
    return text


def _flag(text: str, column: Column) -> bool:
    if text not in ("0", "1"):
        raise BadCell(f"{visible(text)} is not a flag.", "Expected 0 or 1.")
    return text == "1"


def _id(text: str, column: Column) -> str:
    if (
        column.kind == "id"
        and column.name.endswith("_id")
        and (sign := next((sign for sign in "|/\\" if sign in text), ""))
    ):
        raise BadCell(f"{visible(text)} holds {sign}, which parts the names of a key or a path.", "Name it without.")
    if column.name.endswith("_code") and not text.isascii():
        raise BadCell(f"{visible(text)} is not in plain ASCII signs.", f"Write {unicodedata.normalize('NFKC', text)}.")
    if column.name in ("hs_code", "hs6_code") and not HS_CODES.fullmatch(text):
        raise BadCell(f"{visible(text)} is no HS code.", "Expected 4, 6, 8 or 10 digits, e.g. 080510.")
    return text


def _list(text: str, column: Column) -> str:
    items = text.split(";")
    for item in items:
        if not item or item != item.strip():
            raise BadCell(f"{visible(text)} is not a list.", "Join words by ; without spaces, e.g. USA;JPN.")
    if len(set(items)) != len(items):
        raise BadCell(f"{visible(text)} names a word twice.", "Name each word once.")
    return text


def _url(text: str, column: Column) -> str:
    if not URL.fullmatch(text):
        raise BadCell(f"{visible(text)} is not a web address.", "Expected https://…")
    return text


READERS: dict[str, Callable[[str, Column], Cell]] = {
    "number": _number,
    "integer": _integer,
    "year": _year,
    "date": _date,
    "flag": _flag,
    "id": _id,
    "list": _list,
    "text": _id,
    "url": _url,
}


def unseen(text: str) -> bool:
    """True when a text holds characters that cannot be seen: controls, joiners, odd spaces, signs of no alphabet."""
    return any(unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs", "Cn", "Co") for c in text)


def read_cell(text: str, column: Column) -> Cell:
    """The value of one cell; None for an empty one. Raises BadCell."""
    if text == "":
        if column.required:
            raise BadCell("is empty.", f"Expected {column.meaning[0].lower()}{column.meaning[1:]}")
        return None
    if len(text) > MOST_SIGNS:
        raise BadCell(
            f"{visible(text)} has {len(text):,} signs.", f"Write at most {MOST_SIGNS:,}, what a cell of Excel holds."
        )
    if column.lines and "\n" in text:
        for line in text.split("\n"):
            if line:
                read_cell(line, replace(column, lines=False))
        if text != text.strip():
            raise BadCell(f"{visible(text)} has a line break at an end.", "Delete it.")
        return text
    if text != text.strip() or "  " in text:
        raise BadCell(f"{visible(text)} has spaces at an end or doubled.", f"Write {visible(' '.join(text.split()))}.")
    if not text.isascii() and unseen(text):
        raise BadCell(f"{visible(text)} holds a character that cannot be seen.", "Delete it.")
    if "\ufffd" in text:
        raise BadCell(f"{visible(text)} holds the sign for a character that was lost.", "Type it anew from the source.")
    if text.isascii() and not text.isprintable():
        raise BadCell(f"{visible(text)} holds a control character or line break.", "Delete it.")
    return READERS[column.kind](text, column)
