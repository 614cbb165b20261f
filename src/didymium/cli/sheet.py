"""Rows as a table that people read in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from didymium.questions.words import KINDS, cell, heading

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.table import Table

    from didymium.i18n import Translator

PROSE = 60  # characters; a column with a longer text holds sentences
WORDS = 14  # characters; a longer word, most often an id, may be broken
BETWEEN = 3  # spaces from column to column


@dataclass(frozen=True, slots=True)
class Sheet:
    """Cells as text under their headings.

    What a window has no room for stands below its row: sentences as lines, the last columns with their headings. A
    number is never broken.
    """

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    is_number: Sequence[bool]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        from rich.padding import Padding
        from rich.text import Text

        columns = range(len(self.heads))
        natural = [self._widest(column) for column in columns]
        if _whole(natural) <= options.max_width or len(natural) < 3:
            yield self._table(columns, self.rows)
            return
        prose = [column for column in columns if column and natural[column] > PROSE]
        beside = [column for column in columns if column not in prose]
        least = {column: self._least(column) for column in beside}
        after: list[int] = []
        while len(beside) > 2 and _whole([least[column] for column in beside]) > options.max_width:
            after.insert(0, beside.pop())
        widths = _fitted([natural[c] for c in beside], [least[c] for c in beside], options.max_width)
        yield self._table(beside, (), widths)
        for row in self.rows:
            yield self._table(beside, (row,), widths, has_head=False)
            told = [row[column] for column in prose]
            if after:
                told.insert(0, "; ".join(f"{self.heads[column]} {row[column]}" for column in after))
            for text in told:
                if text.strip("–"):
                    yield Padding(Text(text), (0, 0, 0, 4))

    def _widest(self, column: int) -> int:
        from rich.cells import cell_len

        return max(cell_len(text) for text in (self.heads[column], *(row[column] for row in self.rows)))

    def _least(self, column: int) -> int:
        """The width below which a number, or a word of usual length, would be broken."""
        from rich.cells import cell_len

        words = (word for text in (self.heads[column], *(row[column] for row in self.rows)) for word in text.split())
        longest = max((cell_len(word) for word in words), default=1)
        return longest if self.is_number[column] else min(longest, WORDS)

    def _table(
        self,
        columns: Sequence[int],
        rows: Sequence[Sequence[str]],
        widths: Sequence[int] | None = None,
        *,
        has_head: bool = True,
    ) -> Table:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table
        from rich.text import Text

        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, show_header=has_head)
        for at, column in enumerate(columns):
            table.add_column(
                Text(self.heads[column]),
                justify="right" if self.is_number[column] else "left",
                overflow="fold",
                width=widths[at] if widths else None,
            )
        for row in rows:
            table.add_row(*(Text(row[column]) for column in columns))
        return table


def _whole(widths: Sequence[int]) -> int:
    """The width of a table of such columns."""
    return sum(widths) + BETWEEN * (len(widths) - 1)


def _fitted(widths: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """The widths, the widest cut down first until the table has room: what stands in front, often an id, comes last."""
    found = list(widths)
    while _whole(found) > room:
        free = [k for k, width in enumerate(found) if width > least[k]]
        if not free:
            break
        found[max(free, key=lambda k: (k > 0, found[k]))] -= 1
    return found


def sheet(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    t: Translator,
    words: Mapping[str, str] | None = None,
    *,
    raw: bool = False,
) -> Sheet:
    """The rows as a table of the given columns.

    `words` adds vocabularies of columns to those known by name. `raw` shows ids as they are typed, not their names.
    """
    kinds = {} if raw else {**KINDS, **(words or {})}
    return Sheet(
        heads=[heading(column, t) for column in columns],
        rows=[[cell(row, column, t, kinds) for column in columns] for row in rows],
        is_number=[
            any(isinstance(row.get(column), float | int) for row in rows) and not column.endswith("year")
            for column in columns
        ],
    )
