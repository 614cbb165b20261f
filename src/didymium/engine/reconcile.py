"""Data that contradict each other, brought into balance with the least weighted adjustment.

    minimise  Σ ((x − estimate) / sigma)²    subject to    matrix · x = rhs,    lower ≤ x ≤ upper

Stone, Champernowne and Meade 1942, doi:10.2307/2967664; Cencic 2016, doi:10.3390/su8010005 (STAN), here with bounds,
because plain least squares makes some flows negative. The quadratic programme is solved by an interior point method;
then, with the bounds that hold kept fixed, the last digits are projected onto the balances.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from didymium.engine.certificate import magnitudes, typical
from didymium.engine.elastic import InfeasibleProgramme, relax
from didymium.engine.programme import FloatArray, LinearProgramme, frozen
from didymium.errors import BadInput, SolverFailed

if TYPE_CHECKING:
    from scipy.sparse import csc_array

WHERE = "reconciliation"
# Relative to the terms of a balance.
BALANCE_TOLERANCE = 1e-9
INTERIOR_TOLERANCE = 1e-10
ACCEPTED_TOLERANCE = 1e-7
# Of the way to the nearest bound. Long strides are fast, but a predictor-corrector method can go round in circles.
STRIDES = (0.99, 0.95, 0.8)
PROJECTIONS = 20
# The null space of the balances is dense: above this many variables its memory and time grow out of hand.
MOST_FOR_SD = 1000
# A balance open by less than this part of its sigmas is closed: its variables are the dust of a bound.
NO_DOUBT = 1e-15
# Relative to rows of length one and weights of one.
KKT_SLACK = 1e-10
# Up to this many balances their rank is computed exactly; a dense factor of them is needed.
MOST_FOR_RANK = 4000


@dataclass(frozen=True, slots=True, eq=False)
class Reconciled:
    """Values in balance, and what it took.

    `adjustment` (value − estimate) and `score` (adjustment / sigma) are NaN where there was no estimate. `chi2` is the
    sum of squared scores; without bounds that hold, and if the sigmas are right, it follows a chi-squared distribution
    with `degrees` degrees of freedom (the number of balances that check estimates). `residual` is the worst balance
    relative to its terms. `at_bound` marks values that a bound keeps. `sd`, if asked for, is the standard deviation
    after reconciliation by the balances alone, bounds left out; infinite where nothing determines the value.
    """

    value: FloatArray
    adjustment: FloatArray
    score: FloatArray
    chi2: float
    residual: float
    at_bound: npt.NDArray[np.bool_]
    sd: FloatArray | None
    _problem: _Problem = field(repr=False)

    @property
    def degrees(self) -> int:
        """Balances that check estimates. Ranks take longer than the reconciliation: counted when asked for."""
        balance, known = self._problem.balance, self._problem.known[self._problem.free]
        return _rank(balance) - _rank(balance[:, ~known])

    def sd_of(self, gradients: npt.ArrayLike) -> FloatArray:
        """Standard deviations of linear functions of the values, after reconciliation; shape (function,).

        `gradients` (function, variable). Variables that a bound keeps are taken to stay there, weak estimates of
        unknowns count as estimates. The posterior covariance of Narasimhan & Jordache 1999 (Data Reconciliation and
        Gross Error Detection, ch. 3), one direction at a time: no matrix of all values is formed.
        """
        from scipy import sparse
        from scipy.sparse.linalg import splu

        problem = self._problem
        inside = np.flatnonzero(~self.at_bound[problem.free])
        slopes = np.atleast_2d(np.asarray(gradients, dtype=np.float64))[:, problem.free[inside]]
        scaled = slopes * problem.scale[problem.free[inside]]
        balance = problem.balance[:, inside]
        # Balances that repeat each other leave it regular.
        slack = sparse.diags_array(np.full(balance.shape[0], -KKT_SLACK))
        weight = sparse.diags_array(problem.weight[inside])
        kkt = sparse.csc_array(sparse.block_array([[weight, balance.T], [balance, slack]]))
        right = np.concatenate([scaled.T, np.zeros((balance.shape[0], slopes.shape[0]))])
        answer = splu(kkt).solve(right)[: inside.size]
        variance: FloatArray = np.einsum("fv,vf->f", scaled, answer)
        return np.sqrt(np.maximum(variance, 0.0))


def reconcile(
    estimate: npt.ArrayLike,
    sigma: npt.ArrayLike,
    matrix: Any,
    rhs: npt.ArrayLike = 0.0,
    lower: npt.ArrayLike = 0.0,
    upper: npt.ArrayLike = np.inf,
    *,
    unknown_sigma: float = np.inf,
    sd: bool = False,
) -> Reconciled:
    """The values nearest to `estimate`, in units of their `sigma`, that satisfy matrix·x = rhs and the bounds.

    A NaN in `estimate` is unknown: it has no term, and its sigma is not read. Unknown values that the balances leave
    open are then not unique; `unknown_sigma` gives all unknown values a weak estimate 0 ± unknown_sigma instead, which
    is no observation: it counts neither in `chi2` nor in `degrees`. A value with lower = upper is exact.

    Raises InfeasibleProgramme if balances and bounds contradict each other.

    >>> import numpy as np
    >>> r = reconcile([100.0, 50.0, 40.0], [10.0, 5.0, 5.0], np.array([[1.0, -1.0, -1.0]]))
    >>> r.value.round(4).tolist(), round(r.chi2, 4), r.degrees
    ([93.3333, 51.6667, 41.6667], 0.6667, 1)
    """
    problem = _Problem.of(estimate, sigma, matrix, rhs, lower, upper, unknown_sigma)
    z, at_bound = _interior(problem)
    z, at_bound = _project(problem, z, at_bound)
    value = problem.value(z)
    residual = problem.residual(value)
    if not residual <= BALANCE_TOLERANCE:
        _refuse(problem, f"balances hold only to {residual:.1e}")
    adjustment = np.where(problem.known, value - problem.centre, np.nan)
    score = adjustment / problem.scale
    bound = problem.lower == problem.upper
    bound[problem.free] = at_bound
    return Reconciled(
        frozen(value),
        frozen(adjustment),
        frozen(score),
        float(np.nansum(score**2)),
        residual,
        bound,
        frozen(_deviation(problem)) if sd else None,
        problem,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """The task in units of sigma: free variables z = (x − centre) / scale with balance·z = rest, rows of length one."""

    lp: LinearProgramme
    known: npt.NDArray[np.bool_]
    centre: FloatArray
    scale: FloatArray
    weight: FloatArray
    free: npt.NDArray[np.intp]
    start: FloatArray
    balance: csc_array
    rest: FloatArray
    low: FloatArray
    high: FloatArray

    @property
    def lower(self) -> FloatArray:
        return self.lp.col_lower

    @property
    def upper(self) -> FloatArray:
        return self.lp.col_upper

    @classmethod
    def of(
        cls,
        estimate: npt.ArrayLike,
        sigma: npt.ArrayLike,
        matrix: Any,
        rhs: npt.ArrayLike,
        lower: npt.ArrayLike,
        upper: npt.ArrayLike,
        unknown_sigma: float,
    ) -> _Problem:
        from scipy import sparse

        guess = np.asarray(estimate, dtype=np.float64)
        size = guess.shape
        known = ~np.isnan(guess)
        spread = np.broadcast_to(np.asarray(sigma, dtype=np.float64), size)
        bad = known & ~((spread > 0) & np.isfinite(spread) & np.isfinite(guess))
        if bad.any():
            k = int(np.argmax(bad))
            raise BadInput(
                f"estimate {k} is {guess[k]} with sigma {spread[k]}",
                where=WHERE,
                cure="Both are finite and sigma is above zero; write NaN for unknown, lower = upper for exact.",
            )
        if not unknown_sigma > 0:
            raise BadInput(f"unknown_sigma is {unknown_sigma}", where=WHERE, cure="It is above zero.")
        rows = matrix.shape[0]
        right = np.broadcast_to(np.asarray(rhs, dtype=np.float64), (rows,))
        lp = LinearProgramme(
            cost=np.zeros(size),
            matrix=matrix,
            row_lower=right,
            row_upper=right,
            col_lower=np.broadcast_to(np.asarray(lower, dtype=np.float64), size),
            col_upper=np.broadcast_to(np.asarray(upper, dtype=np.float64), size),
        )
        centre = np.where(known, guess, 0.0)
        scale = np.where(known, spread, typical((spread[known],)))
        weight = np.where(known, 1.0, (scale / unknown_sigma) ** 2)
        free = np.flatnonzero(lp.col_lower < lp.col_upper)
        start = np.where(lp.col_lower < lp.col_upper, centre, lp.col_lower)
        balance = lp.matrix[:, free] @ sparse.diags_array(scale[free])
        rest = right - lp.matrix @ start
        # A balance without free variables is judged at the end, with the others.
        length = np.sqrt(np.bincount(balance.indices, balance.data**2, minlength=rows))
        kept = np.flatnonzero(length > 0)
        balance = (sparse.diags_array(1 / length[kept]) @ balance.tocsr()[kept]).tocsc()
        return cls(
            lp,
            known,
            centre,
            scale,
            weight[free],
            free,
            start,
            balance,
            rest[kept] / length[kept],
            (lp.col_lower[free] - centre[free]) / scale[free],
            (lp.col_upper[free] - centre[free]) / scale[free],
        )

    def value(self, z: FloatArray) -> FloatArray:
        """The variables in the user's units; one on its bound is there to the last digit."""
        x = self.start.copy()
        x[self.free] += self.scale[self.free] * z
        x[self.free[z <= self.low]] = self.lower[self.free[z <= self.low]]
        x[self.free[z >= self.high]] = self.upper[self.free[z >= self.high]]
        return np.clip(x, self.lower, self.upper)

    def residual(self, x: FloatArray) -> float:
        """The worst balance, relative to its terms; terms that vanish beside the sigmas leave no doubt to judge."""
        miss = np.abs(self.lp.matrix @ x - self.lp.row_lower)
        sizes = magnitudes(self.lp.matrix)
        terms = sizes @ np.abs(x) + np.abs(self.lp.row_lower)
        miss = np.where(miss <= NO_DOUBT * (sizes @ self.scale), 0.0, miss)
        return float(np.max(np.divide(miss, terms, out=np.where(miss > 0, np.inf, 0.0), where=terms > 0), initial=0.0))


def _interior(problem: _Problem) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Solve by Clarabel; returns z and the variables that a bound keeps, these exactly on it."""
    import clarabel
    from scipy import sparse

    count, rows = problem.free.size, problem.balance.shape[0]
    if count == 0:
        return np.empty(0), np.empty(0, dtype=np.bool_)
    below, above = np.flatnonzero(np.isfinite(problem.low)), np.flatnonzero(np.isfinite(problem.high))
    unit = sparse.eye_array(count, format="csr")
    sides = sparse.csc_matrix(sparse.vstack([problem.balance, -unit[below], unit[above]], format="csc"))
    limits = np.concatenate([problem.rest, -problem.low[below], problem.high[above]])
    cones = [clarabel.ZeroConeT(rows), clarabel.NonnegativeConeT(below.size + above.size)]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    settings.direct_solve_method = "qdldl"
    for name in ("tol_feas", "tol_gap_abs", "tol_gap_rel"):
        setattr(settings, name, INTERIOR_TOLERANCE)
    for name in ("reduced_tol_feas", "reduced_tol_gap_abs", "reduced_tol_gap_rel"):
        setattr(settings, name, ACCEPTED_TOLERANCE)
    quadratic = sparse.csc_matrix(sparse.diags_array(2 * problem.weight, format="csc"))
    for stride in STRIDES:
        settings.max_step_fraction = stride
        answer = clarabel.DefaultSolver(quadratic, np.zeros(count), sides, limits, cones, settings).solve()
        if str(answer.status) in ("Solved", "AlmostSolved"):
            break
    else:
        _refuse(problem, f"the solver ends with {answer.status}")
    z = np.clip(np.array(answer.x), problem.low, problem.high)
    # Of each bound either the distance or the multiplier goes to zero: the smaller one is the one that does.
    holds = np.array(answer.z[rows:]) > np.array(answer.s[rows:])
    at_bound = np.zeros(count, dtype=np.bool_)
    for where, limit, hold in ((below, problem.low, holds[: below.size]), (above, problem.high, holds[below.size :])):
        z[where[hold]] = limit[where[hold]]
        at_bound[where[hold]] = True
    return z, at_bound


def _project(
    problem: _Problem, z: FloatArray, at_bound: npt.NDArray[np.bool_]
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """The least step, in units of sigma, that closes the balances without moving the variables on a bound."""
    from scipy.sparse.linalg import lsmr

    z, at_bound = z.copy(), at_bound.copy()
    for _ in range(PROJECTIONS):
        if problem.residual(problem.value(z)) <= BALANCE_TOLERANCE / 100:
            break
        inside = np.flatnonzero(~at_bound)
        if not inside.size:
            break
        open_ = problem.rest - problem.balance @ z
        z[inside] += lsmr(problem.balance[:, inside], open_, atol=1e-14, btol=1e-14, conlim=0.0, maxiter=10_000)[0]
        outside = (z < problem.low) | (z > problem.high)
        z = np.clip(z, problem.low, problem.high)
        at_bound |= outside
    return z, at_bound


def _refuse(problem: _Problem, why: str) -> None:
    """Say what is contradictory, or that the method failed although nothing is."""
    relaxation = relax(problem.lp)
    if relaxation.violations:
        raise InfeasibleProgramme(relaxation)
    raise SolverFailed(f"no balanced values were found: {why}.", where=WHERE, cure="Look for sigmas of mixed units.")


def _rank(balance: csc_array) -> int:
    """Number of independent balances among rows of length one; above 4,000 balances an upper bound from the pattern."""
    from scipy.linalg import lapack
    from scipy.sparse.csgraph import structural_rank

    if 0 in balance.shape or balance.nnz == 0:
        return 0
    if balance.shape[0] > MOST_FOR_RANK:
        return int(structural_rank(balance.tocsr()))
    gram = (balance @ balance.T).toarray()
    return int(lapack.dpstrf(gram, tol=1e-10, overwrite_a=1)[2])


def _deviation(problem: _Problem) -> FloatArray:
    """Standard deviations after reconciliation: the spread along the directions that keep all balances."""
    from scipy.linalg import eigh, null_space

    if problem.free.size > MOST_FOR_SD:
        raise BadInput(
            f"standard deviations are wanted for {problem.free.size} values",
            where=WHERE,
            cure=f"They are computed for up to {MOST_FOR_SD}; leave sd out.",
        )
    deviation = np.zeros(problem.lp.columns)
    directions = null_space(problem.balance.toarray()) if problem.balance.shape[0] else np.eye(problem.free.size)
    if directions.shape[1]:
        stiffness, turn = eigh(directions.T @ (problem.weight[:, None] * directions))
        loads = directions @ turn
        loose = stiffness <= 1e-12 * max(stiffness.max(), 1e-300)
        variance = (loads[:, ~loose] ** 2 / stiffness[~loose]).sum(axis=1)
        variance[(np.abs(loads[:, loose]) > 1e-9).any(axis=1)] = np.inf
        deviation[problem.free] = problem.scale[problem.free] * np.sqrt(variance)
    return deviation
