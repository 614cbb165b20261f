"""What a table is: its columns, their meaning, their limits, its key.

One declaration makes the check, `datapackage.json` and the data dictionary; nothing about a table is said twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

Kind = Literal["text", "id", "list", "number", "integer", "year", "date", "flag", "url"]
"""How a cell is read.

text: any words. id: one word of a vocabulary. list: ids joined by `;`. number: a finite decimal number.
integer: a whole number. year: four digits. date: ISO date, may be partial (2010, 2024-10, 2025-04-04). flag: 0 or 1.
url: a web address.
"""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how a cell is read, what it means, what it may hold.

    `references` names the vocabulary as `table.column`; `terms` is a short closed list of words instead.
    `unit` says in which unit a number stands; `{unit}` means that the row's own column `unit` says so.
    `lines` allows line breaks inside a text. `since` allows a file without the column: it came with that data version.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    required: bool = False
    terms: tuple[str, ...] = ()
    references: str = ""
    minimum: float | None = None
    maximum: float | None = None
    example: str = ""
    lines: bool = False
    since: str = ""

    def must(self) -> Column:
        """The same column, never empty."""
        return replace(self, required=True)


@dataclass(frozen=True, slots=True)
class Table:
    """One table: columns in file order and the key parts that name a row.

    `meaning` says what one row states. `key` parts are joined by `|` to the row id.
    `cell` names the fact that several rows may claim: at most one row of a cell is preferred. `footing` names the rows
    that must come from one series, so that places add up to their total.
    """

    name: str
    title: str
    title_ja: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    notes: tuple[str, ...] = field(default=())
    cell: tuple[str, ...] = field(default=())
    footing: tuple[str, ...] = field(default=())

    def column(self, name: str) -> Column:
        """The named column; KeyError when the table has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name}")

    @property
    def column_names(self) -> tuple[str, ...]:
        """Column names in file order."""
        return tuple(column.name for column in self.columns)


def registry(*groups: tuple[Table, ...]) -> Mapping[str, Table]:
    """All tables by name; two declarations of one name are a fault in the code."""
    tables: dict[str, Table] = {}
    for group in groups:
        for table in group:
            if table.name in tables:
                raise ValueError(f"table {table.name} is declared twice")
            tables[table.name] = table
    return tables
