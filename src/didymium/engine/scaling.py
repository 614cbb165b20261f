"""Units for the solver: every row, column, quantity and price is measured so that numbers stand near one.

HiGHS works with absolute tolerances and drops small coefficients, so the answer would depend on the user's units (kg,
t, Mt). All factors are powers of two: scaling forth and back changes no digit.

    x = quantity · column ∘ x',    row activity = quantity · activity' ⊘ row,    y = row ∘ y' / price
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from didymium.engine.certificate import typical
from didymium.errors import BadInput

if TYPE_CHECKING:
    from didymium.engine.programme import FloatArray, IntArray, LinearProgramme

PASSES = 4
# A coefficient smaller than this beside the largest of its row, in the best units, is noise or a slip of the pen.
NEGLIGIBLE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """Factors of rows and columns, of all quantities, and of all prices; and the scaled coefficients."""

    row: FloatArray
    column: FloatArray
    quantity: float
    price: float
    coefficients: FloatArray

    @classmethod
    def of(cls, lp: LinearProgramme) -> Scaling:
        """Factors that bring the geometric mean of each row, each column, all bounds and all costs near one.

        Raises BadInput if a coefficient stays below 1e-9 of the largest in its row: the solver would drop it.
        """
        column_of = np.repeat(np.arange(lp.columns), np.diff(lp.matrix.indptr))
        row_of = lp.matrix.indices.astype(np.intp, copy=False)
        size = np.log2(np.abs(lp.matrix.data))
        in_row = np.maximum(np.bincount(row_of, minlength=lp.rows), 1)
        in_column = np.maximum(np.bincount(column_of, minlength=lp.columns), 1)
        row = np.zeros(lp.rows)
        column = np.zeros(lp.columns)
        for _ in range(PASSES):
            row = -np.bincount(row_of, size + column[column_of], minlength=lp.rows) / in_row
            column = -np.bincount(column_of, size + row[row_of], minlength=lp.columns) / in_column
        row_power = np.rint(row).astype(np.int64)
        column_power = np.rint(column).astype(np.int64)
        coefficients = np.ldexp(lp.matrix.data, row_power[row_of] + column_power[column_of])
        _refuse_negligible(coefficients, row_of, column_of, lp)

        rows, columns = np.ldexp(1.0, row_power), np.ldexp(1.0, column_power)
        quantity = _power_of_two(
            typical(lp.col_lower / columns, lp.col_upper / columns, lp.row_lower * rows, lp.row_upper * rows)
        )
        price = _power_of_two(1 / typical(lp.cost * columns))
        return cls(rows, columns, quantity, price, coefficients)

    def cost(self, value: FloatArray, index: IntArray | slice = slice(None)) -> FloatArray:
        """Costs of the columns `index` as the solver sees them."""
        return value * (self.column[index] * self.price)

    def col_bound(self, value: FloatArray, index: IntArray | slice = slice(None)) -> FloatArray:
        """Column bounds as the solver sees them."""
        return value / (self.column[index] * self.quantity)

    def row_bound(self, value: FloatArray, index: IntArray | slice = slice(None)) -> FloatArray:
        """Row bounds as the solver sees them."""
        return value * (self.row[index] / self.quantity)

    def x(self, scaled: FloatArray) -> FloatArray:
        """Column values in the user's units."""
        return scaled * (self.column * self.quantity)

    def row_dual(self, scaled: FloatArray) -> FloatArray:
        """Row duals in the user's units."""
        return scaled * (self.row / self.price)


def _power_of_two(value: float) -> float:
    return float(np.ldexp(1.0, round(np.log2(value))))


def _refuse_negligible(coefficients: FloatArray, row_of: IntArray, column_of: IntArray, lp: LinearProgramme) -> None:
    size = np.abs(coefficients)
    largest = np.zeros(lp.rows)
    np.maximum.at(largest, row_of, size)
    small = np.flatnonzero(size < NEGLIGIBLE * largest[row_of])
    if small.size:
        faults = [
            f"coefficient at row {row_of[k]}, column {column_of[k]} is {lp.matrix.data[k]:g}: "
            f"under {NEGLIGIBLE:g} of the largest in its row in any units"
            for k in small[:20]
        ]
        cure = "Leave it out or change the units."
        raise BadInput(faults[0], where="linear programme", cure=cure, faults=faults)
