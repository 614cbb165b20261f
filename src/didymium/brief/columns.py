"""Widths of a table's columns: wide enough for the longest word of each, and then as few lines as the page allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

import numpy as np
from numpy.typing import NDArray

from didymium.figures.theme import columns as width_of
from didymium.figures.theme import wrap

LEAST = 6
_STEPS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
"""Letters by which a column is widened at a time: a word more on a line may take several."""


@dataclass(slots=True)
class Column:
    """The cells of a column, heading first; those of numbers and dates stay whole."""

    cells: Sequence[str]
    whole: bool = False
    _known: dict[int, NDArray[np.int64]] = field(default_factory=dict)

    @property
    def least(self) -> int:
        """Letters of the longest word, of the longest cell where cells stay whole; `LEAST` at least."""
        heading, *cells = self.cells
        broken = [word for text in (heading, *([] if self.whole else cells)) for word in wrap(text, 1)]
        whole = cells if self.whole else ()
        return max(LEAST, *(ceil(width_of(part)) for part in (*broken, *whole, "")))

    def lines(self, width: int) -> NDArray[np.int64]:
        """Lines of each cell in a column so many letters wide."""
        if width not in self._known:
            self._known[width] = np.array([max(len(wrap(cell, width)), 1) for cell in self.cells])
        return self._known[width]


def widths(columns: Sequence[Column], room: int) -> list[int]:
    """Letters for each column of a table, at most `room` in all unless the longest words need more.

    Room beyond that goes where it spares the most lines for its width, row by row and then cell by cell.
    """
    found = [column.least for column in columns]
    counts = [column.lines(width) for column, width in zip(columns, found, strict=True)]

    def cost(number: int, width: int) -> tuple[int, int]:
        changed = [*counts[:number], columns[number].lines(width), *counts[number + 1 :]]
        return int(np.max(changed, axis=0).sum()), int(np.sum(changed))

    while (spare := room - sum(found)) > 0:
        now = cost(0, found[0])
        gains = [
            ((now[0] - rows) / step, (now[1] - cells) / step, -step, n)
            for n in range(len(columns))
            for step in _STEPS
            if step <= spare
            for rows, cells in [cost(n, found[n] + step)]
        ]
        best = max(gains)
        if best[:2] <= (0, 0):
            break
        number = best[3]
        found[number] -= best[2]
        counts[number] = columns[number].lines(found[number])
    return found
