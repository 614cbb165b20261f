"""Rows of all tables as they stand after layers, each with the file and line it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from didymium.schema.columns import Table
from didymium.schema.faults import Fault

Row = dict[str, Any]


@dataclass(slots=True)
class Body:
    """Rows of one table with their origins, in parallel; `layers` counts from 0, the shipped tables."""

    table: Table
    rows: list[Row] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    layers: list[int] = field(default_factory=list)

    def add(self, row: Row, file: str, line: int, layer: int) -> None:
        """Append a row with its origin."""
        self.rows.append(row)
        self.files.append(file)
        self.lines.append(line)
        self.layers.append(layer)

    def where(self, **wanted: Any) -> Iterator[int]:
        """Indices of rows with these values."""
        for index, row in enumerate(self.rows):
            if all(row[name] == value for name, value in wanted.items()):
                yield index

    def blame(self, indices: Sequence[int]) -> int:
        """The row to name for a fault of several rows: the last of the latest layer."""
        return max(indices, key=lambda i: (self.layers[i], self.lines[i]))

    def fault(self, index: int, column: str, what: str, cure: str, *, severity: str = "error") -> Fault:
        """A fault at a row of this body."""
        value = self.rows[index].get(column)
        text = "" if value is None else str(value)
        return Fault(self.files[index], self.lines[index], column, text, what, cure, severity)


Bodies = Mapping[str, Body]
Law = Callable[[Bodies], Iterator[Fault]]


def words(bodies: Bodies, reference: str) -> dict[str, Row]:
    """Rows of a vocabulary by word; `reference` is `table.column`."""
    table, _, column = reference.partition(".")
    return {str(row[column]): row for row in bodies[table].rows}


def half_digit(value: float) -> float:
    """Half a unit of the last digit that is not zero: how far a printed figure may stand from the true one.

    >>> half_digit(380000.0), half_digit(12.5)
    (5000.0, 0.05)
    """
    if value == 0:
        return 0.0
    digits = f"{abs(value):.12g}"
    if "e" in digits:
        digits = f"{abs(value):.0f}"
    whole, _, part = digits.partition(".")
    if part:
        return 0.5 * 10.0 ** -len(part)
    return 0.5 * 10.0 ** (len(whole) - len(whole.rstrip("0")))
