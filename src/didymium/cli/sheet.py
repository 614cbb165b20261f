"""Rows as a table that people read in a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from didymium.questions.words import KINDS, cell, heading

if TYPE_CHECKING:
    from rich.table import Table

    from didymium.i18n import Translator


def sheet(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    t: Translator,
    words: Mapping[str, str] | None = None,
    *,
    raw: bool = False,
) -> Table:
    """The rows as a rich table of the given columns.

    `words` adds vocabularies of columns to those known by name. `raw` shows ids as they are typed, not their names.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    kinds = {} if raw else {**KINDS, **(words or {})}
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        numeric = any(isinstance(row.get(column), float | int) for row in rows) and not column.endswith("year")
        table.add_column(Text(heading(column, t)), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell(row, column, t, kinds)) for column in columns))
    return table
