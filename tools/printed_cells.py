"""Printed figures as they are read for the table `reproduced`: what prints so, and the row of a cell."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
Row = dict[str, Any]

_NEAREST = re.compile(r"nearest ([\d,]+) (?:metric )?tons")
_DIGITS = re.compile(r"(one|two|three) significant digit")
_COUNT = {"one": 1, "two": 2, "three": 3}
_UNITS = {"thousand": 1_000, "million": 1_000_000}


@dataclass(frozen=True, slots=True)
class Printed:
    """A figure as printed, and half of the last place that is meant: what prints so lies within value ± half."""

    value: float
    half: float = 0.0


def read(path: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
    """Lines of a CSV file."""
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def figure(text: str, notes: str = "", unit: str = "") -> Printed | None:
    """A printed amount; a dash is zero, so is `s`, less than half a unit; other marks are no number.

    The last place is the last decimal, or the last digit before end noughts, two digits at least being meant: 1,000 is
    950 to 1,050. Where the release states its rounding (`notes`), that counts; `unit` says in what it counts tons.
    """
    text = text.strip()
    if text in ("—", "s"):
        return Printed(0.0)
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        return None
    digits = text.replace(",", "").lstrip("-")
    if "." in digits:
        return Printed(value, 0.5 * 10.0 ** -len(digits.partition(".")[2]))
    noughts = len(digits) - len(digits.rstrip("0"))
    place = 10.0 ** max(0, min(noughts, len(digits) - 2))
    return Printed(value, max(place, _stated(len(digits), value, notes, unit)) / 2.0)


def _stated(length: int, value: float, notes: str, unit: str) -> float:
    """The place that a note says figures are rounded to; 0 without one, or where the figure has more digits."""
    place = 0.0
    if near := _NEAREST.search(notes):
        place = float(near[1].replace(",", "")) / _UNITS.get(unit.strip().partition(" ")[0], 1)
    elif counted := _DIGITS.search(notes):
        place = 10.0 ** (length - _COUNT[counted[1]])
    return place if place >= 1.0 and value % place == 0.0 else 0.0


def printed(value: float) -> str:
    """Shortest text that reads back as the same number."""
    return repr(float(value)).removesuffix(".0")


def exact(value: float) -> str:
    """A bound without the last digits of binary arithmetic."""
    return printed(float(f"{value:.12g}"))


def around(said: Printed) -> tuple[str, str]:
    """Least and greatest amount that prints so."""
    return exact(said.value - said.half), exact(said.value + said.half)


def percentage(text: str) -> tuple[str, str]:
    """Least and greatest share that prints as a percentage so; E is below zero."""
    if text == "E":
        return "", "0"
    if text[0] in "<>":
        bound = printed(float(text[1:]) / 100.0)
        return (bound, "") if text[0] == ">" else ("", bound)
    half = Decimal("0.5") / 10 ** len(text.partition(".")[2])
    return printed(float((Decimal(text) - half) / 100)), printed(float((Decimal(text) + half) / 100))


def six_digits(value: float) -> Printed:
    """A figure of a file whose figures carry six digits."""
    return Printed(value, 0.5 * 10.0 ** (int(f"{value:.5e}".partition("e")[2]) - 5))


def inputs(figures: Mapping[str, Sequence[Printed]]) -> tuple[str, str]:
    """The figures of a cell and the halves of their last places, each as `name=value|value` joined by `;`."""
    values = ";".join(f"{key}={'|'.join(printed(one.value) for one in side)}" for key, side in figures.items())
    halves = ";".join(f"{key}={'|'.join(exact(one.half) for one in side)}" for key, side in figures.items())
    return values, halves


def cell(
    cell_id: str,
    publisher: str,
    subject: str,
    measure: str,
    place: str,
    year: int | str,
    text: str,
    limits: tuple[str, str],
    formula: str,
    figures: Mapping[str, Sequence[Printed]],
    source_id: str,
    locator: str,
) -> Row:
    """One row, without our value and its judgement."""
    values, halves = inputs(figures)
    return {
        "cell_id": cell_id,
        "publisher": publisher,
        "subject": subject,
        "measure": measure,
        "place": place,
        "year": str(year),
        "published_text": text,
        "published_low": limits[0],
        "published_high": limits[1],
        "formula": formula,
        "inputs": values,
        "rounding": halves,
        "source_id": source_id,
        "locator": locator,
    }


def name(*parts: object) -> str:
    """An id out of words."""
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in "-".join(str(part) for part in parts).lower())
    return "-".join(filter(None, kept.split("-")))
