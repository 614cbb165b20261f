"""Proof that an answer is the optimum, whatever the solver did: plain sums over the unscaled programme.

For any row duals y with reduced costs d = cost − matrixᵀ·y, no feasible x can cost less than

    bound = Σ_i (row_lower_i if y_i > 0 else row_upper_i)·y_i + Σ_j (col_lower_j if d_j > 0 else col_upper_j)·d_j

(weak duality). A feasible x whose cost meets that bound is therefore optimal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csc_array

    from didymium.engine.programme import FloatArray, LinearProgramme

# Sums of a few dozen products carry about this many units of rounding.
ROUNDING = 16 * float(np.finfo(np.float64).eps)
# This share of one typical price times one typical quantity is no money: a cost of zero needs some scale.
NOTHING = 1e-3


@dataclass(frozen=True, slots=True)
class Certificate:
    """How far an answer is from a proven optimum. All three measures are relative.

    `primal_residual`: largest violation of a row or column bound, relative to the terms of that row, or that column.
    `dual_residual`: largest reduced cost of the wrong sign that no finite bound pays for, relative to its terms.
    `gap`: distance of `objective` (cost of x) from `bound` (the least cost that the duals prove), relative to both.
    """

    primal_residual: float
    dual_residual: float
    gap: float
    objective: float
    bound: float

    def holds(self, tolerance: float = 1e-7) -> bool:
        """Whether the answer is the optimum to within `tolerance`. A residual that is not a number never holds."""
        return bool(self.primal_residual <= tolerance and self.dual_residual <= tolerance and self.gap <= tolerance)

    def line(self) -> str:
        """The measures in one line, for messages."""
        return f"primal {self.primal_residual:.1e}, dual {self.dual_residual:.1e}, gap {self.gap:.1e}"


def typical(arrays: Iterable[FloatArray]) -> float:
    """Geometric mean size of the finite non-zero numbers in `arrays`; 1 if there are none.

    The unit in which a number of the programme counts as small, so that tonnes and kilograms give one verdict. Numbers
    that are lost beside the largest in any sum do not count: they are nobody's unit.
    """
    sizes = [np.abs(array[(array != 0) & np.isfinite(array)]) for array in arrays]
    least = max((float(size.max(initial=0.0)) for size in sizes), default=0.0) * float(np.finfo(np.float64).eps)
    total, count = 0.0, 0
    for size in sizes:
        felt = size[size >= least] if size.size and size.min() < least else size
        total += float(np.log(felt, out=felt).sum())
        count += felt.size
    return float(np.exp(total / count)) if count else 1.0


def magnitudes(matrix: csc_array) -> csc_array:
    """The matrix of absolute coefficients; shares the pattern."""
    from scipy import sparse

    return sparse.csc_array((np.abs(matrix.data), matrix.indices, matrix.indptr), shape=matrix.shape)


def proven_duals(
    lp: LinearProgramme, row_dual: FloatArray, sizes: csc_array | None = None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Row duals without those of an impossible sign, their reduced costs, and the size of the terms of each of these.

    A dual that asks for a bound that is infinite proves nothing and is set to zero. Reduced costs within the rounding
    of their own terms are set to zero. `sizes` saves work if `magnitudes(lp.matrix)` is at hand.
    """
    asks_lower = (row_dual > 0) & np.isneginf(lp.row_lower)
    asks_upper = (row_dual < 0) & np.isposinf(lp.row_upper)
    y = np.where(asks_lower | asks_upper, 0.0, row_dual) + 0.0  # no minus zero
    d = lp.cost - lp.matrix.T @ y
    terms = np.abs(lp.cost) + (magnitudes(lp.matrix) if sizes is None else sizes).T @ np.abs(y)
    d[np.abs(d) <= ROUNDING * terms] = 0.0
    return y, d, terms


def certificate(lp: LinearProgramme, x: FloatArray, row_dual: FloatArray) -> Certificate:
    """Judge the answer `x` with the row duals `row_dual` (sign: change of optimal cost for one more on the bound)."""
    sizes = magnitudes(lp.matrix)
    return judge(lp, x, *proven_duals(lp, row_dual, sizes), sizes)


def judge(
    lp: LinearProgramme, x: FloatArray, y: FloatArray, d: FloatArray, terms: FloatArray, sizes: csc_array
) -> Certificate:
    """The certificate from what `proven_duals` returns."""
    quantity = typical((lp.col_lower, lp.col_upper, lp.row_lower, lp.row_upper))
    price = typical((lp.cost,))

    primal = primal_residual(lp, x, quantity, sizes)
    lower_pays, upper_pays = d > 0, d < 0
    unpaid = (lower_pays & np.isneginf(lp.col_lower)) | (upper_pays & np.isposinf(lp.col_upper))
    at = np.flatnonzero(unpaid)
    dual = _worst(np.abs(d[at]) / (terms[at] + price))

    bound = 0.0
    for pays, limit, dual_value in (
        (y > 0, lp.row_lower, y),
        (y < 0, lp.row_upper, y),
        (lower_pays & ~unpaid, lp.col_lower, d),
        (upper_pays & ~unpaid, lp.col_upper, d),
    ):
        bound += _dot(limit[pays], dual_value[pays])
    objective = _dot(lp.cost, x)
    gap = abs(objective - bound) / (NOTHING * price * quantity + max(abs(objective), abs(bound)))
    return Certificate(primal, dual, gap, objective, bound)


def primal_residual(lp: LinearProgramme, x: FloatArray, quantity: float, sizes: csc_array) -> float:
    """Largest violation of a row or column bound by `x`, relative to its terms; `quantity` is a typical bound."""
    # Work in place: fresh arrays of this size cost more than the sums in them.
    activity = lp.matrix @ x
    row_miss = lp.row_lower - activity
    np.maximum(row_miss, np.subtract(activity, lp.row_upper, out=activity), out=row_miss)
    col_miss = lp.col_lower - x
    np.maximum(col_miss, x - lp.col_upper, out=col_miss)
    col_size = np.abs(x)
    col_size += quantity
    row_size = sizes @ col_size
    row_size[row_size == 0] = quantity  # a row without coefficients has no terms: its bounds are the only scale
    row_miss /= row_size
    col_miss /= col_size
    return float(np.max([_worst(row_miss), _worst(col_miss), 0.0]))  # lets NaN through


def proves_infeasible(lp: LinearProgramme, multipliers: FloatArray) -> bool:
    """Whether the rows, added up with these multipliers, ask for more than the columns can give (Farkas).

    What any x within its bounds can make of the sum lies below what the row bounds ask of it.
    """
    y, d, _ = proven_duals(replace(lp, cost=np.zeros(lp.columns)), multipliers)
    if np.any((d > 0) & np.isneginf(lp.col_lower)) or np.any((d < 0) & np.isposinf(lp.col_upper)):
        return False
    parts = [
        side[chosen] * value[chosen]
        for value, side, chosen in (
            (y, lp.row_lower, y > 0),
            (y, lp.row_upper, y < 0),
            (d, lp.col_lower, d > 0),
            (d, lp.col_upper, d < 0),
        )
    ]
    every = np.concatenate(parts)
    return bool(every.sum() > 1e-9 * np.abs(every).sum())


def proves_unbounded(lp: LinearProgramme, ray: FloatArray, tolerance: float = 1e-9) -> bool:
    """Whether every feasible x stays feasible along `ray` while its cost falls for ever."""
    length = float(np.max(np.abs(ray), initial=0.0))
    if not (np.isfinite(length) and length > 0):
        return False
    step = ray / length
    activity = lp.matrix @ step
    slack = tolerance * (magnitudes(lp.matrix) @ np.abs(step))
    kept = (
        np.all(step[np.isfinite(lp.col_lower)] >= -tolerance)
        and np.all(step[np.isfinite(lp.col_upper)] <= tolerance)
        and np.all((activity >= -slack)[np.isfinite(lp.row_lower)])
        and np.all((activity <= slack)[np.isfinite(lp.row_upper)])
    )
    return bool(kept and lp.cost @ step < -tolerance * (np.abs(lp.cost) @ np.abs(step)))


def _dot(first: FloatArray, second: FloatArray) -> float:
    # Not `@`: BLAS shares long vectors out among its threads, which takes longer than the sum and leaves the last
    # digits to the number of cores.
    return float((first * second).sum())


def _worst(values: FloatArray) -> float:
    # max() of numpy lets NaN through, which is wanted: NaN must not hold.
    return float(values.max()) if values.size else 0.0
