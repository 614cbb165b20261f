"""Rows of a table as CSV: what `reader` reads back to the same values."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from didymium.schema.columns import Table
from didymium.schema.spreadsheet import escaped


def table_csv(table: Table, rows: Iterable[Mapping[str, Any]]) -> bytes:
    """UTF-8, LF, columns in the declared order; a text that a spreadsheet would run as a formula is escaped."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    columns = table.column_names
    writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    return out.getvalue().encode("utf-8")


def _cell(value: Any) -> str:
    return escaped(value) if isinstance(value, str) else written(value)


def written(value: Any) -> str:
    """A value as it stands in a CSV of the schema: unknown is empty, flags are 0 and 1.

    >>> [written(value) for value in (None, True, 63800.0, 0.001, "USA;JPN")]
    ['', '1', '63800', '0.001', 'USA;JPN']
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)
