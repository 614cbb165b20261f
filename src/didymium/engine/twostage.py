"""A choice now, many cases later: the two-stage programme as plain arrays, and the measures of its losses.

    minimise  cost · x + (1 − risk) · mean(loss) + risk · CVaR(loss, alpha)
    subject to  row_lower ≤ matrix · x ≤ row_upper,  lower ≤ x ≤ upper,  some x whole

The loss of a case is the least cost of one linear programme, the recourse, with the case's changes, and with bounds
that the choices raise. Rockafellar and Uryasev 2000 (doi:10.21314/JOR.2000.038) for CVaR.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from didymium.engine.programme import Change, Entries, FloatArray, IntArray, LinearProgramme, Triples, frozen
from didymium.errors import BadInput

if TYPE_CHECKING:
    from scipy.sparse import csc_array

WHERE = "portfolio"
# Probabilities are shares, often rounded: their sum may miss one by this much, and they are used as given.
SUM_OF_SHARES = 1e-6
# A plan is called optimal when its distance from the bound is at most this share of its value.
PROVEN = 1e-6
# A value below this share of the do-nothing objective is no value: the gap is then a share of that objective.
NO_VALUE = 1e-9
# Whole numbers and rows of the first stage may be missed by this much, relative to their terms.
WHOLE = 1e-6

NOTHING = Triples(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0))


@dataclass(frozen=True, slots=True, eq=False)
class FirstStage:
    """What is decided before a case is known: n choices under m rows (budgets, exclusive and prerequisite links).

    `cost` (n,) [money], `is_whole` (n,), `lower` and `upper` (n,) finite, `matrix` (m, n) with `row_lower` and
    `row_upper` (m,).
    """

    cost: FloatArray
    is_whole: np.ndarray[tuple[int], np.dtype[np.bool_]]
    lower: FloatArray
    upper: FloatArray
    matrix: csc_array
    row_lower: FloatArray
    row_upper: FloatArray

    def __post_init__(self) -> None:
        lp = LinearProgramme(self.cost, self.matrix, self.row_lower, self.row_upper, self.lower, self.upper)
        whole = np.asarray(self.is_whole, dtype=np.bool_)
        if whole.shape != (lp.columns,):
            raise BadInput(f"is_whole has shape {whole.shape}, the matrix wants ({lp.columns},)", where=WHERE)
        endless = np.flatnonzero(~(np.isfinite(lp.col_lower) & np.isfinite(lp.col_upper)))
        if endless.size:
            raise BadInput(
                f"choice {endless[0]} has no finite lower and upper bound.", where=WHERE, cure="Give it both."
            )
        object.__setattr__(self, "cost", lp.cost)
        object.__setattr__(self, "matrix", lp.matrix)
        object.__setattr__(self, "is_whole", whole)
        for own, theirs in (("lower", "col_lower"), ("upper", "col_upper")):
            object.__setattr__(self, own, getattr(lp, theirs))
        object.__setattr__(self, "row_lower", lp.row_lower)
        object.__setattr__(self, "row_upper", lp.row_upper)

    @property
    def choices(self) -> int:
        """Number of choices."""
        return int(self.cost.size)

    def programme(self, lower: FloatArray, upper: FloatArray) -> LinearProgramme:
        """The rows and costs of the first stage alone, with these bounds of the choices."""
        return LinearProgramme(self.cost, self.matrix, self.row_lower, self.row_upper, lower, upper)

    def allows(self, x: FloatArray) -> bool:
        """Whether the rows and whole numbers hold at `x`, bounds apart."""
        activity = self.matrix @ x
        slack = WHOLE * (1 + abs(self.matrix) @ np.abs(x))
        whole = np.abs(x - np.rint(x))[self.is_whole] <= WHOLE
        rows = (activity >= self.row_lower - slack) & (activity <= self.row_upper + slack)
        return bool(whole.all() and rows.all())


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """How much one unit of a choice raises bounds of the recourse: (place, choice, rise) in each.

    `column_upper`: the upper bound of a column, which must be finite. `row_bound`: the bounds of a row, both of an
    equality, or the one that a row has; a row with two different bounds cannot be raised.
    """

    column_upper: Triples = NOTHING
    row_bound: Triples = NOTHING


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One future: its probability, how it changes the recourse, and what the choices do in it."""

    probability: float
    change: Change = field(default_factory=Change)
    links: Links = field(default_factory=Links)


@dataclass(frozen=True, slots=True, eq=False)
class Cuts:
    """Proven lower bounds of losses: loss of `case` at x ≥ `constant` + `slope` · x. They hold for any first stage.

    `case` (cuts,), `constant` (cuts,), `slope` (cuts, choices). With `is_single` there is one loss only, the weighted
    sum of all cases at `risk` and `alpha`, and the cuts hold for these alone.
    """

    case: IntArray
    constant: FloatArray
    slope: FloatArray
    is_single: bool = False
    risk: float = 0.0
    alpha: float = 0.0

    @classmethod
    def none(cls, choices: int) -> Cuts:
        """No cuts."""
        return cls(np.empty(0, np.intp), np.empty(0), np.empty((0, choices)))

    def __len__(self) -> int:
        return int(self.case.size)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a way of solving hands back: a plan (None: none in time), and a bound that no plan beats.

    `relaxed` is the best choice without regard to whole numbers, if that is all there is.
    """

    x: FloatArray | None
    bound: float
    is_in_time: bool
    rounds: int
    cuts: Cuts
    relaxed: FloatArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PortfolioSolution:
    """A plan with its proof.

    `status`: `optimal` (the bound meets the objective), `gap` (stopped at the gap that was asked for), `time_limit`.
    `objective` is computed from proven losses at `x`; no plan has an objective below `bound`. `gap_of_value`: their
    distance as a share of `value`, which is the objective of doing nothing (every choice at its lower bound) less
    `objective`; where there is no value, as a share of the objective of doing nothing. `losses` (cases,), their `mean`
    and `cvar`. `marginal` (choices,): change of (1 − risk) · mean + risk · CVaR for one more unit of each choice, from
    the duals at `x`. `rounds` counts evaluations of all cases, `cuts` makes a later run of another budget quick.
    """

    status: Literal["optimal", "gap", "time_limit"]
    x: FloatArray
    objective: float
    bound: float
    gap_of_value: float
    value: float
    first_cost: float
    losses: FloatArray
    mean: float
    cvar: float
    marginal: FloatArray
    rounds: int
    cuts: Cuts


def worst_weights(losses: FloatArray, probability: FloatArray, alpha: float) -> FloatArray:
    """Weights (cases,) of the worst share 1 − alpha: they sum to one and CVaR is their product with the losses.

    The worst cases come first, each with at most probability/(1 − alpha); equal losses share in their order.

    >>> losses = np.arange(1.0, 11.0)
    >>> float(worst_weights(losses, np.full(10, 0.1), 0.8) @ losses)
    9.5
    """
    order = np.argsort(-losses, kind="stable")
    filled = np.cumsum(probability[order]) / (1 - alpha)
    total = float(filled[-1]) if alpha == 0 else 1.0
    upto = np.minimum(filled, total)
    weights = np.empty(losses.size)
    weights[order] = np.diff(upto, prepend=0.0) / total
    return weights


def cvar(losses: FloatArray, probability: FloatArray, alpha: float) -> float:
    """Mean of the worst share 1 − `alpha` of the losses.

    >>> round(cvar(np.arange(1.0, 11.0), np.full(10, 0.1), 0.85), 4)
    9.6667
    """
    return float((worst_weights(losses, probability, alpha) * losses).sum())


def weights(losses: FloatArray, probability: FloatArray, risk: float, alpha: float) -> FloatArray:
    """Weight (cases,) of each loss in (1 − risk) · mean + risk · CVaR; also its derivative."""
    if risk == 0:
        return probability
    return (1 - risk) * probability + risk * worst_weights(losses, probability, alpha)


def total(
    first: FirstStage, x: FloatArray, losses: FloatArray, probability: FloatArray, risk: float, alpha: float
) -> float:
    """The objective, from a choice and its losses."""
    return float((first.cost * x).sum() + (weights(losses, probability, risk, alpha) * losses).sum())


def checked(first: FirstStage, recourse: LinearProgramme, cases: Sequence[Case], risk: float, alpha: float) -> None:
    """BadInput for shares, places and choices that are not there."""
    if not cases:
        raise BadInput("there are no cases.", where=WHERE, cure="Give one or more.")
    if not 0 <= risk <= 1:
        raise BadInput(f"risk is {risk}.", where=WHERE, cure="Expected a share from 0 to 1.")
    if not 0 <= alpha < 1:
        raise BadInput(f"alpha is {alpha}.", where=WHERE, cure="Expected a share from 0 to below 1, such as 0.95.")
    shares = np.array([case.probability for case in cases])
    if not (np.all(shares >= 0) and abs(shares.sum() - 1) <= SUM_OF_SHARES):
        raise BadInput(f"probabilities sum to {shares.sum():g}.", where=WHERE, cure="Expected shares that sum to 1.")
    for number, case in enumerate(cases):
        _check_places(first, recourse, case, f"{WHERE}, case {number}")


def _check_places(first: FirstStage, recourse: LinearProgramme, case: Case, where: str) -> None:
    """Places and choices of a case; that its numbers make sense is seen when it is solved."""
    column, row = case.links.column_upper, case.links.row_bound
    sizes = {"column": recourse.columns, "row": recourse.rows, "choice": first.choices}
    change = case.change
    places = [
        ("column", column.row),
        ("row", row.row),
        ("choice", column.column),
        ("choice", row.column),
        *(("column", entries.place) for entries in (change.cost, change.col_lower, change.col_upper)),
        *(("row", entries.place) for entries in (change.row_lower, change.row_upper)),
    ]
    for what, place in places:
        if place.size and (place.min() < 0 or place.max() >= sizes[what]):
            wrong = place[(place < 0) | (place >= sizes[what])][0]
            raise BadInput(f"there are {sizes[what]} {what}s, none of them {wrong}.", where=where)
    if column.row.size and np.isinf(upper := _before(recourse.col_upper, change.col_upper)[column.row]).any():
        free = column.row[np.isinf(upper)][0]
        raise BadInput(f"column {free} has no upper bound to raise.", where=where)
    if row.row.size:
        low = _before(recourse.row_lower, change.row_lower)[row.row]
        high = _before(recourse.row_upper, change.row_upper)[row.row]
        two = (low != high) & np.isfinite(low) & np.isfinite(high)
        if two.any():
            cure = "Make two rows of it."
            raise BadInput(f"row {row.row[two][0]} has two different bounds.", where=where, cure=cure)


def _before(bound: FloatArray, change: Entries) -> FloatArray:
    """A bound as the case changes it, before any choice."""
    if not change.place.size:
        return bound
    found = bound.copy()
    found[change.place] = change.value
    return found


def raised(recourse: LinearProgramme, case: Case, x: FloatArray) -> Change:
    """The change of the recourse in `case` under the choices `x`."""
    base, change = recourse, case.change
    column, row = case.links.column_upper, case.links.row_bound
    later = Change()
    if column.row.size:
        later = Change(col_upper=_raised(base.col_upper, change.col_upper, column, x))
    if row.row.size:
        lower = _raised(base.row_lower, change.row_lower, row, x)
        upper = _raised(base.row_upper, change.row_upper, row, x)
        later = Change(row_lower=lower, row_upper=upper, col_upper=later.col_upper)
    return change.then(later)


def _raised(bound: FloatArray, change: Entries, link: Triples, x: FloatArray) -> Entries:
    place, inverse = np.unique(link.row, return_inverse=True)
    rise = np.bincount(inverse, weights=link.value * x[link.column], minlength=place.size)
    return Entries(place, frozen(_before(bound, change)[place] + rise))


def slope(case: Case, row_dual: FloatArray, reduced_cost: FloatArray, choices: int) -> FloatArray:
    """Change of the loss of `case` for one more unit of each choice, from duals of its recourse."""
    column, row = case.links.column_upper, case.links.row_bound
    found = np.zeros(choices)
    np.add.at(found, column.column, np.minimum(reduced_cost[column.row], 0.0) * column.value)
    np.add.at(found, row.column, row_dual[row.row] * row.value)
    return found


def scale_of(value: float, nothing: float) -> float:
    """What a gap is a share of: the value, or the objective of doing nothing where there is no value."""
    size = abs(nothing) if nothing else 1.0
    return abs(value) if abs(value) > NO_VALUE * size else size
