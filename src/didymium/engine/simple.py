"""Recourse whose columns each stand in one row only: all cases at once, without a solver.

Such a programme falls apart into programmes of one row,

    minimise Σ c_j·y_j  subject to  low ≤ Σ a_j·y_j ≤ high,  l_j ≤ y_j ≤ u_j

whose dual has one unknown, the price π of the row. It is concave and bends only where π = c_j/a_j or π = 0, so the
best of those prices is the optimum, proven by itself. This is the simple recourse of the textbooks and a little more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from didymium.engine.certificate import ROUNDING
from didymium.engine.programme import Entries, FloatArray, IntArray, LinearProgramme, Triples
from didymium.engine.twostage import WHERE, Case
from didymium.errors import BadInput

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# Numbers in memory: cases × columns.
MOST = 20_000_000
# A row may be missed by this share of what its columns can do, as rounding makes it.
SLACK = 1e-9


def is_simple(recourse: LinearProgramme, cases: int) -> bool:
    """Whether no column of the recourse stands in two rows, and all cases fit into memory."""
    if np.diff(recourse.matrix.indptr).max(initial=0) > 1:
        return False
    widest = int(np.bincount(_rows(recourse)).max())
    return cases * max(recourse.columns, widest * (recourse.rows + 1)) <= MOST


class SimpleRecourse:
    """See `Recourse`; the bounds are the losses themselves."""

    def __init__(self, recourse: LinearProgramme, cases: Sequence[Case], *, choices: int) -> None:
        cost, lower, upper, low, high = (
            _each(getattr(recourse, name), [getattr(case.change, name) for case in cases])
            for name in ("cost", "col_lower", "col_upper", "row_lower", "row_upper")
        )
        _refuse_faults(recourse, cases, (cost, lower, upper, low, high))
        self._upper, self._low, self._high = upper, low, high
        in_row = _rows(recourse)
        widest = int(np.bincount(in_row).max())
        # The columns of each row, (member, row); place `columns` pads short rows.
        self._members = np.full((widest, recourse.rows + 1), recourse.columns)
        order = np.argsort(in_row, kind="stable")
        rank = np.arange(order.size) - np.searchsorted(in_row[order], in_row[order])
        self._members[rank, in_row[order]] = order
        coefficient = np.zeros(recourse.columns + 1)
        coefficient[:-1][np.diff(recourse.matrix.indptr) == 1] = recourse.matrix.data
        self._a = coefficient[self._members][:, None, :]
        self._c, self._lo, self._up = (self._of_members(values) for values in (cost, lower, upper))
        self._ratio = np.divide(self._c, self._a, out=np.zeros_like(self._c), where=self._a != 0)
        links = [case.links for case in cases]
        self._column = _Rises.of([link.column_upper for link in links], recourse.columns, choices)
        self._row = _Rises.of([link.row_bound for link in links], recourse.rows, choices)

    def _of_members(self, values: FloatArray) -> FloatArray:
        """Values of columns (case, column) as (member, case, row)."""
        return np.ascontiguousarray(np.moveaxis(_padded(values)[:, self._members], 0, 1))

    def at(self, x: FloatArray, end: float) -> tuple[FloatArray, FloatArray, csr_array]:
        """See `Recourse`. It takes no time to speak of, so `end` is not looked at."""
        a, c, lo, up = self._a, self._c, self._lo, self._up
        if self._column.matrix.nnz:
            up = self._of_members(self._upper + self._column.at(x))
        rise = self._row.at(x)
        low, high = _padded(self._low + rise), _padded(self._high + rise)
        self._refuse_contradictions(a, lo, up, low, high)
        best = np.full(low.shape, -np.inf)
        price = np.zeros(low.shape)
        for candidate in (np.zeros(low.shape), *self._ratio):
            found = _dual(candidate, a, c, lo, up, low, high)
            better = found > best
            best = np.where(better, found, best)
            price = np.where(better, candidate, price)
        losses = best.sum(axis=1)
        if np.isneginf(losses).any():
            number = int(np.flatnonzero(np.isneginf(losses))[0])
            raise BadInput("the cost falls without end.", where=f"{WHERE}, case {number}", cure="Bound its columns.")
        slopes = self._row.slopes(price[:, :-1])
        if self._column.matrix.nnz:
            reduced = np.zeros((losses.size, self._upper.shape[1] + 1))
            reduced[:, self._members] = np.moveaxis(_reduced(price, a, c), 0, 1)
            slopes = slopes + self._column.slopes(np.minimum(reduced[:, :-1], 0.0))
        return losses, losses, slopes

    def _refuse_contradictions(
        self, a: FloatArray, lo: FloatArray, up: FloatArray, low: FloatArray, high: FloatArray
    ) -> None:
        with np.errstate(invalid="ignore"):
            least = np.where(a == 0, 0.0, np.where(a > 0, a * lo, a * up)).sum(axis=0)
            most = np.where(a == 0, 0.0, np.where(a > 0, a * up, a * lo)).sum(axis=0)
            size = SLACK * (
                1 + np.abs(np.where(np.isfinite(low), low, 0)) + np.abs(np.where(np.isfinite(high), high, 0))
            )
            wrong = (least > high + size) | (most < low - size)
        crossed = (lo > up + SLACK * (1 + np.abs(up))).any(axis=0)
        if (wrong | crossed).any():
            case, row = np.argwhere(wrong | crossed)[0]
            what = f"row {row}" if wrong[case, row] else "a column with its upper bound below its lower"
            raise BadInput(
                f"the recourse contradicts itself at {what}.",
                where=f"{WHERE}, case {case}",
                cure="Let it fall short at a price, whatever is chosen.",
            )


def _rows(recourse: LinearProgramme) -> IntArray:
    """The row of each column; those that stand in none are in a row of their own, after the last."""
    in_row = np.full(recourse.columns, recourse.rows)
    in_row[np.diff(recourse.matrix.indptr) == 1] = recourse.matrix.indices
    return in_row


def _refuse_faults(recourse: LinearProgramme, cases: Sequence[Case], arrays: tuple[FloatArray, ...]) -> None:
    """BadInput, in the words of LinearProgramme, for the first case with numbers that cannot be."""
    cost, lower, upper, low, high = arrays
    good = np.isfinite(cost).all(axis=1) & (lower <= upper).all(axis=1) & (low <= high).all(axis=1)
    for number in np.flatnonzero(~good):
        recourse.changed(cases[int(number)].change)


def _each(base: FloatArray, changes: Sequence[Entries]) -> FloatArray:
    """The array of every case, (case, place)."""
    found = np.tile(base, (len(changes), 1))
    for row, (place, value) in zip(found, changes, strict=True):
        row[place] = value
    return found


def _padded(values: FloatArray) -> FloatArray:
    return np.concatenate([values, np.zeros((values.shape[0], 1))], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class _Rises:
    """How the bounds of one kind rise in all cases: a matrix (case · places + place, choice)."""

    matrix: csr_array
    cases: int

    @classmethod
    def of(cls, links: Sequence[Triples], places: int, choices: int) -> _Rises:
        from scipy import sparse

        case = np.repeat(np.arange(len(links)), [np.size(link.row) for link in links])
        place, choice, value = (np.concatenate([np.asarray(link[part]) for link in links]) for part in range(3))
        at = (case * places + place, choice.astype(np.intp))
        return cls(sparse.csr_array((value, at), shape=(len(links) * places, choices)), len(links))

    def at(self, x: FloatArray) -> FloatArray:
        """Rises (cases, places)."""
        rise: FloatArray = (self.matrix @ x).reshape(self.cases, -1)
        return rise

    def slopes(self, dual: FloatArray) -> csr_array:
        """Change of each loss with each choice (cases, choices); a choice may have several entries."""
        from scipy import sparse

        whole = self.matrix
        data = whole.data * np.repeat(dual.ravel(), np.diff(whole.indptr))
        start = whole.indptr[:: dual.shape[1]] if dual.shape[1] else np.zeros(self.cases + 1, dtype=np.int32)
        return sparse.csr_array((data, whole.indices, start), shape=(self.cases, whole.shape[1]))


def _reduced(price: FloatArray, a: FloatArray, c: FloatArray) -> FloatArray:
    paid = a * price
    left = c - paid
    left[np.abs(left) <= ROUNDING * (np.abs(c) + np.abs(paid))] = 0.0
    return left


def _dual(
    price: FloatArray, a: FloatArray, c: FloatArray, lo: FloatArray, up: FloatArray, low: FloatArray, high: FloatArray
) -> FloatArray:
    """What the price proves: no answer of the row costs less."""
    left = _reduced(price, a, c)
    with np.errstate(invalid="ignore"):
        row = np.where(price == 0, 0.0, np.where(price > 0, low, high) * price)
        columns = np.where(left == 0, 0.0, np.where(left > 0, lo, up) * left)
    total: FloatArray = row + columns.sum(axis=0)
    return total
