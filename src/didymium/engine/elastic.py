"""Why a programme has no answer: the least relaxation of its bounds that would give it one.

Each bound may be exceeded at a price; the cheapest way to make ends meet names the bounds in conflict. Bounds with a
number (a demand, a capacity) are priced relative to that number. Zero bounds of rows are structure (what goes in comes
out): relaxing them costs a thousandfold. Zero bounds of columns (nothing runs backwards) are never relaxed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from didymium.engine.certificate import Certificate, proven_duals, typical
from didymium.engine.programme import Change, LinearProgramme, frozen
from didymium.errors import BadInput, Infeasible, SolverFailed

if TYPE_CHECKING:
    from didymium.engine.programme import FloatArray, IntArray

STRUCTURE_PRICE = 1000.0
# Relative to the bound. The solver itself leaves bounds by up to about 1e-9.
SMALLEST = 1e-7

Kind = Literal["row", "column"]


@dataclass(frozen=True, slots=True)
class Violation:
    """A bound that would have to give way: `amount` > 0 above the upper bound, < 0 below the lower bound."""

    kind: Kind
    index: int
    amount: float


@dataclass(frozen=True, slots=True, eq=False)
class Relaxation:
    """The least total relative relaxation that makes a programme feasible, largest relative violation first.

    `total` is 0 for a feasible programme. `proof_rows` and `proof_columns` are the rows and columns whose bounds
    together exclude each other (the support of a Farkas proof); `certificate` proves that no smaller total will do.
    `multipliers` of the rows are the Farkas proof itself, which `proves_infeasible` and any other program can check.
    All three proofs are empty where only whole numbers contradict each other.
    """

    violations: tuple[Violation, ...]
    total: float
    proof_rows: IntArray
    proof_columns: IntArray
    certificate: Certificate
    multipliers: FloatArray

    def cure(self, lp: LinearProgramme) -> Change:
        """The change of bounds that makes `lp` feasible with the least total relaxation."""
        moved: dict[str, tuple[list[int], list[float]]] = {}
        for violation in self.violations:
            side = "upper" if violation.amount > 0 else "lower"
            name = f"{'row' if violation.kind == 'row' else 'col'}_{side}"
            places, values = moved.setdefault(name, ([], []))
            places.append(violation.index)
            values.append(float(getattr(lp, name)[violation.index]) + violation.amount)
        return Change.of(**moved)


class InfeasibleProgramme(Infeasible):
    """No x satisfies all bounds; `relaxation` says which ones, by kind and index, and by how much."""

    def __init__(self, relaxation: Relaxation) -> None:
        self.relaxation = relaxation
        conflicts = tuple(f"{v.kind} {v.index}: {v.amount:+.6g}" for v in relaxation.violations)
        shown = "; ".join(conflicts[:5]) + (f" and {len(conflicts) - 5} more" if len(conflicts) > 5 else "")
        super().__init__(
            f"the bounds contradict each other: {shown}.",
            where="linear programme",
            cure="Relax one of the bounds named.",
            conflicts=conflicts,
        )

    @property
    def violations(self) -> tuple[Violation, ...]:
        """The bounds that would have to give way."""
        return self.relaxation.violations


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """Price of one unit of violation of each bound, above zero; infinite: may not be relaxed."""

    row_lower: FloatArray
    row_upper: FloatArray
    col_lower: FloatArray
    col_upper: FloatArray

    def __post_init__(self) -> None:
        for name in ("row_lower", "row_upper", "col_lower", "col_upper"):
            price = getattr(self, name)
            if not np.all(price > 0):
                place = int(np.argmin(price > 0))
                raise BadInput(f"price {price[place]} of {name} {place} is not above zero", where="relaxation prices")

    @classmethod
    def relative(cls, lp: LinearProgramme) -> Prices:
        """Each bound relative to its own size, structure at a thousandfold price (see the module)."""
        unit = typical((lp.col_lower, lp.col_upper, lp.row_lower, lp.row_upper))

        def price(bound: FloatArray, zero: float) -> FloatArray:
            prices: FloatArray = np.full(bound.shape, zero)
            chosen = (bound != 0) & np.isfinite(bound)
            prices[chosen] = 1.0 / np.abs(bound[chosen])
            return prices

        structure = STRUCTURE_PRICE / unit
        return cls(
            price(lp.row_lower, structure),
            price(lp.row_upper, structure),
            price(lp.col_lower, np.inf),
            price(lp.col_upper, np.inf),
        )


def relax(
    lp: LinearProgramme,
    prices: Prices | None = None,
    *,
    is_whole: np.ndarray[tuple[int], np.dtype[np.bool_]] | None = None,
    time_limit: float | None = None,
) -> Relaxation:
    """The cheapest relaxation of the bounds of `lp`; by default relative to each bound's size.

    `is_whole`: columns that have to be whole numbers. What is cheapest is then found by branching, without a dual.
    With own `prices`, bounds that may not be relaxed can contradict each other: then InfeasibleProgramme is raised
    with the default relaxation.
    """
    from didymium.engine.solve import Solver

    slacks = _Slacks.of(lp, Prices.relative(lp) if prices is None else prices)
    if is_whole is not None and is_whole.any():
        return _relaxed_whole(lp, slacks, is_whole, time_limit)
    try:
        answer = Solver(slacks.programme, explain=False).solve(time_limit=time_limit)
    except SolverFailed:
        if prices is None:
            raise
        raise InfeasibleProgramme(relax(lp, time_limit=time_limit)) from None
    if answer.status != "optimal":
        raise SolverFailed("time ran out before the conflict was found", where="linear programme", cure="Allow more.")
    violations, total = slacks.violations(answer.x)
    y, d, _ = proven_duals(slacks.programme, answer.row_dual)
    proves = total > SMALLEST
    return Relaxation(
        violations,
        total,
        np.flatnonzero(y) if proves else np.empty(0, dtype=np.intp),
        np.flatnonzero(d[: lp.columns]) if proves else np.empty(0, dtype=np.intp),
        answer.certificate,
        frozen(y) if proves else np.zeros(lp.rows),
    )


def _relaxed_whole(
    lp: LinearProgramme,
    slacks: _Slacks,
    is_whole: np.ndarray[tuple[int], np.dtype[np.bool_]],
    time_limit: float | None,
) -> Relaxation:
    """The cheapest relaxation with whole numbers."""
    from didymium.engine.mixed import solve_mixed

    whole = np.append(is_whole, ~slacks.of_row & is_whole[np.where(slacks.of_row, 0, slacks.index)])
    found = solve_mixed(slacks.programme, whole, time_limit=time_limit, explain=False)
    if found.x is None or found.status != "optimal":
        raise SolverFailed("time ran out before the conflict was found", where="linear programme", cure="Allow more.")
    violations, total = slacks.violations(found.x)
    gap = max(total - found.bound, 0.0) / max(total, SMALLEST)
    none = np.empty(0, dtype=np.intp)
    proof = Certificate(found.residual, 0.0, gap, total, found.bound)
    return Relaxation(violations, total, none, none, proof, np.zeros(lp.rows))


@dataclass(frozen=True, slots=True, eq=False)
class _Slacks:
    """The elastic programme: x and one slack for each bound that may give way, at its price."""

    programme: LinearProgramme
    of_row: np.ndarray[tuple[int], np.dtype[np.bool_]]
    index: IntArray
    sign: FloatArray
    price: FloatArray

    def violations(self, x: FloatArray) -> tuple[tuple[Violation, ...], float]:
        """What has to give way under an answer `x` of the programme, largest share first, and the sum of the shares."""
        slack = x[x.size - self.price.size :]
        amount, share = slack * self.sign, slack * self.price
        found = np.flatnonzero(share > SMALLEST)
        found = found[np.lexsort((self.index[found], -share[found]))]
        told = tuple(
            Violation("row" if self.of_row[k] else "column", int(self.index[k]), float(amount[k])) for k in found
        )
        return told, float(share.sum())

    @classmethod
    def of(cls, lp: LinearProgramme, prices: Prices) -> _Slacks:
        from scipy import sparse

        def may(bound: FloatArray, price: FloatArray) -> IntArray:
            return np.flatnonzero(np.isfinite(bound) & np.isfinite(price))

        # The activity of a row above its upper bound is taken off again by a slack of coefficient -1. A column that
        # leaves its bounds is split into a part within them and a slack with the same coefficients.
        over, under = may(lp.row_upper, prices.row_upper), may(lp.row_lower, prices.row_lower)
        above, below = may(lp.col_upper, prices.col_upper), may(lp.col_lower, prices.col_lower)
        unit = sparse.eye_array(lp.rows, format="csc")
        matrix = sparse.hstack(
            [lp.matrix, -unit[:, over], unit[:, under], lp.matrix[:, above], -lp.matrix[:, below]], format="csc"
        )
        price = np.concatenate(
            [prices.row_upper[over], prices.row_lower[under], prices.col_upper[above], prices.col_lower[below]]
        )
        # A relaxed bound moves up to zero, not past it: a least output of 5 may fall to 0, not become an input.
        room = np.concatenate(
            [
                np.full(over.size + under.size, np.inf),
                np.where(lp.col_upper[above] < 0, -lp.col_upper[above], np.inf),
                np.where(lp.col_lower[below] > 0, lp.col_lower[below], np.inf),
            ]
        )
        programme = LinearProgramme(
            cost=np.concatenate([np.zeros(lp.columns), price]),
            matrix=matrix,
            row_lower=lp.row_lower,
            row_upper=lp.row_upper,
            col_lower=np.concatenate([lp.col_lower, np.zeros(price.size)]),
            col_upper=np.concatenate([lp.col_upper, room]),
        )
        return cls(
            programme,
            np.arange(price.size) < over.size + under.size,
            np.concatenate([over, under, above, below]),
            np.repeat([1.0, -1.0, 1.0, -1.0], [over.size, under.size, above.size, below.size]),
            price,
        )
