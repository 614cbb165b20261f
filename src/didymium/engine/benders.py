"""The two-stage programme taken apart: a master that chooses, and the cases that answer with cuts.

The losses of all cases at a choice x̂ prove lower bounds on them at every other choice (Benders 1962,
doi:10.1007/BF01386316; Van Slyke and Wets 1969, doi:10.1137/0117061): loss(x) ≥ bound + slope · (x − x̂). The master
holds these cuts, and its least cost bounds every plan from below; each choice tried bounds the best plan from above.

Cases that take a solver answer with one cut each (Birge and Louveaux 1988), because another round is dear. Where all
answer at once, one cut on the weighted sum keeps the master small. CVaR needs no more variables then: its weights at
x̂ are a subgradient (methods of Rockafellar and Uryasev, dual form).

First the relaxation, over many cases first over a few of them; cuts are taken between the best point and the master's
(in-out: Ben-Ameur and Neto 2007, doi:10.1002/net.20147). Then whole numbers, with those fixed that the relaxation has
decided.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from didymium.engine.mixed import solve_mixed
from didymium.engine.programme import FloatArray, IntArray, LinearProgramme, Triples, assemble
from didymium.engine.recourse import OutOfTime, Recourse
from didymium.engine.scaling import Scaling
from didymium.engine.solve import Solver, Start
from didymium.engine.twostage import WHERE, Cuts, FirstStage, Found, scale_of, total, weights
from didymium.errors import BadInput, Infeasible

if TYPE_CHECKING:
    from scipy.sparse import csc_array, csr_array

# Where between the best point (0) and the master's (1) cuts are taken.
STEP = 0.5
# The relaxation is left when its own gap is this share of the gap that is asked for.
RELAXED = 0.25
# A cut is taken if it raises the master's loss of its case by this share of the value.
VIOLATED = 1e-9
MOST_ROUNDS = 2000
# Many cases are looked at through a few of them first, one of so many neighbours, to a gap so many times as wide.
FEW_FROM, NEIGHBOURS, WIDER = 100, 8, 4.0
# A slope that moves its cut by less than this share over all the values of its choice is rounding of the duals.
NOISE = 1e-10


@dataclass(slots=True)
class Master:
    """The first stage with what the cuts say of losses: columns x, θ; with risk and cuts of single cases also η, δ."""

    first: FirstStage
    lower: FloatArray
    upper: FloatArray
    probability: FloatArray
    risk: float
    alpha: float
    is_single: bool
    pool: list[Cuts] = field(default_factory=list)

    @property
    def losses(self) -> int:
        """Number of θ: one of each case, or one of all."""
        return 1 if self.is_single else self.probability.size

    def cuts(self) -> Cuts:
        """All cuts so far, in order."""
        return Cuts(
            np.concatenate([c.case for c in self.pool]),
            np.concatenate([c.constant for c in self.pool]),
            np.concatenate([c.slope for c in self.pool]),
            self.is_single,
            self.risk,
            self.alpha,
        )

    def total(self, x: FloatArray, losses: FloatArray) -> float:
        """The objective, from a choice and its losses."""
        return total(self.first, x, losses, self.probability, self.risk, self.alpha)

    def of_few(self, blocks: Sequence[IntArray], middle: IntArray) -> Master:
        """The same over one case of each block, which stands for all of it; with the cuts of these."""
        share = np.array([self.probability[block].sum() for block in blocks])
        few = Master(self.first, self.lower, self.upper, share, self.risk, self.alpha, False)
        number = np.full(self.losses, -1)
        number[middle] = np.arange(middle.size)
        for cuts in self.pool:
            own = number[cuts.case] >= 0
            few.pool.append(Cuts(number[cuts.case[own]], cuts.constant[own], cuts.slope[own]))
        return few

    def take(self, cuts: Cuts) -> None:
        """Begin with the cuts of an earlier search, if they speak of the same losses."""
        other = cuts.is_single and (cuts.risk, cuts.alpha) != (self.risk, self.alpha)
        if cuts.slope.shape[1] != self.first.choices or cuts.case.max(initial=0) >= self.losses:
            raise BadInput("the cuts are of other choices or cases.", where=WHERE, cure="Leave them out.")
        if cuts.is_single == self.is_single and not other:
            self.pool.append(cuts)

    def add(self, x: FloatArray, bounds: FloatArray, slopes: csr_array, known: FloatArray, least: float) -> bool:
        """Take the cuts at `x` that raise the losses that the master knows of there; whether there are any."""
        if self.is_single:
            weight = weights(bounds, self.probability, self.risk, self.alpha)
            bounds, each = np.array([(weight * bounds).sum()]), (slopes.T @ weight)[None, :]
            taken = np.flatnonzero(bounds > known + least)
            each = each[taken]
        else:
            taken = np.flatnonzero(bounds > known + least)
            each = slopes[taken].toarray()
        self.pool.append(Cuts(taken, bounds[taken] - each @ x, each, self.is_single, self.risk, self.alpha))
        return bool(taken.size)

    def known(self, x: FloatArray) -> FloatArray:
        """What the cuts prove of each loss at `x`."""
        found = np.full(self.losses, -np.inf)
        for cuts in self.pool:
            np.maximum.at(found, cuts.case, cuts.constant + cuts.slope @ x)
        return found

    def programme(self) -> LinearProgramme:
        """The master as it stands. Rows of cuts come last, in the order in which they were taken."""
        first, n, count = self.first, self.first.choices, self.losses
        own, cuts = first.matrix.tocoo(), self.cuts()
        has_risk = self.risk > 0 and not self.is_single
        rows = first.row_lower.size
        blocks = [Triples(own.row.astype(np.intp), own.col.astype(np.intp), own.data)]
        cost = [first.cost, np.ones(1) if self.is_single else (1 - self.risk) * self.probability]
        low, high = [first.row_lower], [first.row_upper]
        columns = n + count
        col_lower = [self.lower, np.full(count, -np.inf)]
        if has_risk:
            each = np.arange(count)
            blocks.append(Triples(rows + each, n + each, -np.ones(count)))
            blocks.append(Triples(rows + each, np.full(count, columns), np.ones(count)))
            blocks.append(Triples(rows + each, columns + 1 + each, np.ones(count)))
            low.append(np.zeros(count))
            cost += [np.array([self.risk]), self.risk / (1 - self.alpha) * self.probability]
            col_lower += [np.full(1, -np.inf), np.zeros(count)]
            rows, columns = rows + count, columns + 1 + count
        # A choice that has one value only is a number.
        is_open = self.lower < self.upper
        constant = cuts.constant + cuts.slope @ np.where(is_open, 0.0, self.lower)
        slopes, constant = self._without_noise(cuts.slope * is_open, constant)
        at, choice = np.nonzero(slopes)
        blocks.append(Triples(rows + at, choice, -slopes[at, choice]))
        blocks.append(Triples(rows + np.arange(len(cuts)), n + cuts.case, np.ones(len(cuts))))
        low.append(constant)
        rows += len(cuts)
        return self._without_negligible(
            rows - len(cuts),
            np.concatenate(cost),
            assemble(blocks, (rows, columns)),
            np.concatenate(low),
            np.concatenate([*high, np.full(rows - first.row_upper.size, np.inf)]),
            np.concatenate(col_lower),
            np.concatenate([self.upper, np.full(columns - n, np.inf)]),
        )

    def _without_noise(self, slopes: FloatArray, constant: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Slopes without rounding, at its worst: it would decide the units of its column."""
        reach = np.abs(slopes) * (self.upper - self.lower)
        scale = np.maximum(np.abs(constant), reach.max(axis=1, initial=0.0))
        noise = np.where(reach < NOISE * scale[:, None], slopes, 0.0)
        worst = np.minimum(noise * self.lower, noise * self.upper)
        return slopes - noise, constant + worst.sum(axis=1)

    def _without_negligible(
        self,
        first_cut: int,
        cost: FloatArray,
        matrix: csc_array,
        row_lower: FloatArray,
        row_upper: FloatArray,
        col_lower: FloatArray,
        col_upper: FloatArray,
    ) -> LinearProgramme:
        """The programme, slopes that the solver would drop at their worst: cuts are a little weaker, but hold."""
        row_lower = row_lower.copy()
        while True:
            lp = LinearProgramme(cost, matrix, row_lower, row_upper, col_lower, col_upper)
            matrix = lp.matrix
            small = np.array(Scaling.negligible(lp), dtype=np.intp)
            row = matrix.indices[small]
            column = np.searchsorted(matrix.indptr, small, side="right") - 1
            slopes = (row >= first_cut) & (column < self.first.choices)
            small, row, column = small[slopes], row[slopes], column[slopes]
            if not small.size:
                return lp
            worst = np.maximum(matrix.data[small] * self.lower[column], matrix.data[small] * self.upper[column])
            np.subtract.at(row_lower, row, worst)
            matrix = matrix.copy()
            matrix.data[small] = 0.0


def decompose(
    master: Master,
    recourse: Recourse,
    *,
    nothing: float,
    gap: float,
    end: float,
    progress: Callable[[int, float, float], None] | None,
    part: Callable[[IntArray], Recourse] | None,
) -> Found:
    """The best plan and bound by cuts. `part` gives some of the cases; a search that begins anew looks there first."""
    search = _Search(master, recourse, nothing, gap, end, progress)
    try:
        search.relaxation(search.over_few(part) if part is not None and master.losses >= FEW_FROM else None)
        if master.first.is_whole.any():
            search.whole()
        in_time = True
    except OutOfTime:
        in_time = False
    relaxed = search.relaxed if search.plan is None else None
    return Found(search.plan, search.bound, in_time, search.rounds, master.cuts(), relaxed)


@dataclass(slots=True)
class _Search:
    master: Master
    recourse: Recourse
    nothing: float
    gap: float
    end: float
    progress: Callable[[int, float, float], None] | None
    plan: FloatArray | None = None  # best choice that is whole
    best: float = np.inf
    relaxed: FloatArray | None = None  # best choice, whole or not
    bound: float = -np.inf
    rounds: int = 0
    reduced: FloatArray | None = None  # at the relaxation's optimum, whose bound is `root`
    root: float = -np.inf

    def allowed(self, best: float, share: float) -> float:
        """Distance from the bound [money] that ends the search."""
        return share * self.gap * scale_of(self.nothing - best, self.nothing)

    def left(self) -> float | None:
        """Time that is left [s]."""
        if np.isinf(self.end):
            return None
        left = self.end - time.monotonic()
        if left <= 0:
            raise OutOfTime
        return left

    def evaluate(self, x: FloatArray) -> tuple[float, bool]:
        """Objective at `x`, and whether the master learned anything."""
        losses, bounds, slopes = self.recourse.at(x, self.end)
        self.rounds += 1
        objective = self.master.total(x, losses)
        least = VIOLATED * scale_of(self.nothing - objective, self.nothing)
        learned = self.master.add(x, bounds, slopes, self.master.known(x), least)
        if objective < self.best and self.master.first.allows(x):
            self.plan, self.best = x, objective
        if self.progress is not None:
            self.progress(self.rounds, self.best, self.bound)
        return objective, learned

    def over_few(self, part: Callable[[IntArray], Recourse]) -> FloatArray | None:
        """The best point of the relaxation over a few cases that stand for their neighbours; their cuts are kept."""
        lowest, count = self.master.first.lower, self.master.losses
        blocks = np.array_split(np.arange(count), -(-count // NEIGHBOURS))
        middle = np.array([block[block.size // 2] for block in blocks])
        few, losses_of = self.master.of_few(blocks, middle), part(middle)
        nothing = few.total(lowest, losses_of.at(lowest, self.end)[0])
        search = _Search(few, losses_of, nothing, WIDER * self.gap, self.end, None)
        known = len(few.pool)
        search.relaxation(None)
        for cuts in few.pool[known:]:
            self.master.pool.append(Cuts(middle[cuts.case], cuts.constant, cuts.slope))
        return search.relaxed

    def relaxation(self, inside: FloatArray | None) -> None:
        """Cuts until the relaxation is closed; every point tried meets the rows, because they are convex.

        `inside`: a point to begin with.
        """
        master, n = self.master, self.master.first.choices
        upper = np.inf
        if inside is not None:
            upper, _ = self.evaluate(inside)
            self.relaxed = inside
        start: Start | None = None
        rows = 0
        while self.rounds < MOST_ROUNDS:
            lp = master.programme()
            solver = Solver(lp, start=None if start is None else start.beside(lp.rows - rows))
            answer = solver.solve(time_limit=self.left())
            if answer.status == "time_limit":
                raise OutOfTime
            start, rows = solver.start(), lp.rows
            self.bound = max(self.bound, answer.certificate.bound)
            self.reduced, self.root = answer.reduced_cost[:n], answer.certificate.bound
            outside = np.clip(answer.x[:n], master.lower, master.upper)
            if inside is not None and upper - self.bound <= self.allowed(upper, RELAXED):
                return
            point = outside if inside is None else STEP * outside + (1 - STEP) * inside
            objective, learned = self.evaluate(point)
            if objective < upper:
                upper, inside, self.relaxed = objective, point, point
            if not learned and point is not outside:
                objective, learned = self.evaluate(outside)
                if objective < upper:
                    upper, inside, self.relaxed = objective, outside, outside
            if not learned:
                return

    def whole(self) -> None:
        """Plans of whole numbers, each better than the master knew, until the bound is near enough."""
        master, n = self.master, self.master.first.choices
        share, seen = 0.5, set[bytes]()
        while self.rounds < MOST_ROUNDS and (
            self.plan is None or self.best - self.bound > self.allowed(self.best, 1.0)
        ):
            lp = self._narrowed()
            kinds = np.zeros(lp.columns, dtype=np.bool_)
            kinds[:n] = master.first.is_whole
            try:
                mixed = solve_mixed(
                    lp,
                    kinds,
                    zero=self.nothing,
                    gap=share * self.gap,
                    time_limit=self.left(),
                    begin=self.plan,
                    explain=self.plan is None,
                )
            except Infeasible:
                if self.plan is None:
                    raise
                self.bound = self.best
                return
            # Beyond the narrowed bounds no plan is better than the best one.
            self.bound = max(self.bound, min(mixed.bound, self.best))
            if mixed.x is None or mixed.status == "time_limit":
                raise OutOfTime
            x = np.clip(mixed.x[:n], master.lower, master.upper)
            _, learned = self.evaluate(x)
            if not learned or x.tobytes() in seen:
                if share == 0.0:
                    return
                share = 0.0
            seen.add(x.tobytes())

    def _narrowed(self) -> LinearProgramme:
        """The master without choices that the relaxation rules out of every plan better than the best."""
        lp = self.master.programme()
        if self.reduced is None or self.plan is None:
            return lp
        whole = self.master.first.is_whole
        far = whole & (np.abs(self.reduced) > (self.best - self.root) * (1 + 1e-6))
        low, high = lp.col_lower.copy(), lp.col_upper.copy()
        down, up = np.flatnonzero(far & (self.reduced > 0)), np.flatnonzero(far & (self.reduced < 0))
        high[down] = low[down]
        low[up] = high[up]
        return LinearProgramme(lp.cost, lp.matrix, lp.row_lower, lp.row_upper, low, high)
