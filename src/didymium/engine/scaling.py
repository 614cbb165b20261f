"""Units for the solver: every row, column, quantity and price is measured so that numbers stand near one.

HiGHS works with absolute tolerances and drops small coefficients, so the answer would depend on the user's units (kg,
t, Mt). All factors are powers of two: scaling forth and back changes no digit.

    x = quantity · column ∘ x',    row activity = quantity · activity' ⊘ row,    y = row ∘ y' / price
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from didymium.engine.certificate import typical
from didymium.engine.programme import TOO_LARGE
from didymium.errors import BadInput

if TYPE_CHECKING:
    from scipy.sparse import csc_array

    from didymium.engine.programme import FloatArray, IntArray, LinearProgramme

PASSES = 4
PIECE = 8192  # columns
# A coefficient smaller than this beside the largest of its row, in the best units, is noise or a slip of the pen.
NEGLIGIBLE = 1e-9
# A bound smaller than this in the best units is zero to any solver; left as it is, it is one that HiGHS fails on.
TINY = 1e-30


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """Factors of rows and columns, of all quantities, and of all prices."""

    row: FloatArray
    column: FloatArray
    quantity: float
    price: float

    @classmethod
    def of(cls, lp: LinearProgramme) -> Scaling:
        """Factors that bring the geometric mean of each row, each column, all bounds and all costs near one.

        Raises BadInput if a coefficient stays below 1e-9 of the largest in its row: the solver would drop it.
        """
        scaling = cls._fitted(lp)
        scaling._refuse_negligible(lp)
        return scaling

    @classmethod
    def negligible(cls, lp: LinearProgramme) -> list[int]:
        """Coefficients (places in the matrix's data) for which `of` would refuse the programme."""
        return cls._fitted(lp)._negligible(lp)

    @classmethod
    def _fitted(cls, lp: LinearProgramme) -> Scaling:
        row, column = (np.ldexp(1.0, np.rint(power).astype(np.int64)) for power in _powers(lp.matrix))
        sides = ((lp.col_lower, 1 / column), (lp.col_upper, 1 / column), (lp.row_lower, row), (lp.row_upper, row))
        quantity = _power_of_two(typical(side * factor for side, factor in sides))
        price = _power_of_two(1 / typical((lp.cost * column,)))
        return cls(row, column, quantity, price)

    def coefficients(self, matrix: csc_array) -> FloatArray:
        """Coefficients as the solver sees them."""
        found = np.empty(matrix.nnz)
        for columns, entries in _pieces(matrix):
            found[entries] = self._piece(matrix, columns, entries)
        return found

    def _piece(self, matrix: csc_array, columns: slice, entries: slice) -> FloatArray:
        counts = np.diff(matrix.indptr[columns.start : columns.stop + 1])
        found: FloatArray = matrix.data[entries] * self.row[matrix.indices[entries]]
        found *= np.repeat(self.column[columns], counts)
        return found

    def _negligible(self, lp: LinearProgramme) -> list[int]:
        matrix = lp.matrix
        largest = np.zeros(lp.rows)
        for columns, entries in _pieces(matrix):
            np.maximum.at(largest, matrix.indices[entries], np.abs(self._piece(matrix, columns, entries)))
        small: list[int] = []
        for columns, entries in _pieces(matrix):
            size = np.abs(self._piece(matrix, columns, entries))
            small += (entries.start + np.flatnonzero(size < NEGLIGIBLE * largest[matrix.indices[entries]])).tolist()
        return small

    def _refuse_negligible(self, lp: LinearProgramme) -> None:
        matrix, small = lp.matrix, self._negligible(lp)
        if small:
            column_of = np.searchsorted(matrix.indptr, small[:20], side="right") - 1
            faults = [
                f"coefficient at row {matrix.indices[k]}, column {j} is {matrix.data[k]:g}: "
                f"under {NEGLIGIBLE:g} of the largest in its row in any units"
                for k, j in zip(small[:20], column_of, strict=True)
            ]
            cure = "Leave it out or change the units."
            raise BadInput(faults[0], where="linear programme", cure=cure, faults=faults)

    def cost(self, value: FloatArray, index: IntArray | slice = slice(None)) -> FloatArray:
        """Costs of the columns `index` as the solver sees them."""
        return _taken(value * (self.column[index] * self.price), value, "cost")

    def col_bound(self, value: FloatArray, index: IntArray | slice = slice(None)) -> FloatArray:
        """Column bounds as the solver sees them."""
        return _taken(value / (self.column[index] * self.quantity), value, "column bound")

    def row_bound(self, value: FloatArray, index: IntArray | slice = slice(None)) -> FloatArray:
        """Row bounds as the solver sees them."""
        return _taken(value * (self.row[index] / self.quantity), value, "row bound")

    def x(self, scaled: FloatArray) -> FloatArray:
        """Column values in the user's units."""
        return scaled * (self.column * self.quantity)

    def row_dual(self, scaled: FloatArray) -> FloatArray:
        """Row duals in the user's units."""
        return scaled * (self.row / self.price)


def _taken(scaled: FloatArray, value: FloatArray, what: str) -> FloatArray:
    """Numbers for the solver, the tiny ones at zero. BadInput for one that it would take for infinite, or that is none.

    The solver would go on with another programme without a word.
    """
    wrong = np.isnan(scaled) | (np.isfinite(value) & (np.abs(scaled) >= TOO_LARGE))
    if wrong.any():
        raise BadInput(
            f"{what} {value[int(np.argmax(wrong))]:g} is infinite in units that suit the rest of the programme",
            where="linear programme",
            cure="Leave it out or change the units.",
        )
    return np.where(np.abs(scaled) < TINY, 0.0, scaled)


def _power_of_two(value: float) -> float:
    return float(np.ldexp(1.0, round(np.log2(value))))


def _powers(matrix: csc_array) -> tuple[FloatArray, FloatArray]:
    """Powers of two for rows and columns, before they are rounded: alternating means of the logarithms."""
    from scipy import sparse

    values = np.abs(matrix.data)  # the one array of this size that is needed
    np.log2(values, out=values)
    entries = sparse.csc_array((values, matrix.indices, matrix.indptr), shape=matrix.shape)
    row_sum, column_sum = entries @ np.ones(matrix.shape[1]), entries.T @ np.ones(matrix.shape[0])
    values.fill(1.0)
    in_row = np.maximum(np.bincount(matrix.indices, minlength=matrix.shape[0]), 1)
    in_column = np.maximum(np.diff(matrix.indptr), 1)
    row: Any
    column: Any
    row, column = np.zeros(matrix.shape[0]), np.zeros(matrix.shape[1])
    for _ in range(PASSES):
        row = entries @ column
        row += row_sum
        row /= -in_row
        column = entries.T @ row
        column += column_sum
        column /= -in_column
    return row, column


def _pieces(matrix: csc_array) -> Iterator[tuple[slice, slice]]:
    """Columns and their entries, some thousand columns at a time: work on all of them needs no array of all entries."""
    for first in range(0, matrix.shape[1], PIECE):
        last = min(first + PIECE, matrix.shape[1])
        yield slice(first, last), slice(int(matrix.indptr[first]), int(matrix.indptr[last]))
