"""Plans with whole numbers by the product against GLPK on the same programme written down anew.

    python -m tests.trust.second_solver --models 2000 [--record]

Random portfolios: lumpy projects under a budget with a least number of them, four futures, a mean of the worst, in
units from 10⁻² to 10⁴. Some budgets are too small for any plan: both must say so. GLPK gets the whole programme,
written here from the words of docs/method/plan.md; the product takes its own way.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import swiglpk as glpk
from scipy import sparse

from didymium.engine import Case, Links, portfolio
from didymium.errors import Infeasible
from tests.trust.cases import Plan, Random, plan
from tests.trust.record import record

TOLERANCE = 1e-6


@dataclass(frozen=True)
class Compared:
    """Least cost by each, None where there is no plan."""

    ours: float | None
    theirs: float | None

    @property
    def is_same(self) -> bool:
        """Whether status and cost agree."""
        if self.ours is None or self.theirs is None:
            return self.ours is None and self.theirs is None
        return abs(self.ours - self.theirs) <= TOLERANCE * max(abs(self.ours), abs(self.theirs), 1e-9)


def problem(rng: Random) -> Plan:
    """A random plan in a random unit of mass and of money; three in ten ask for a least number of projects."""
    p = plan(rng, choices=int(rng.integers(4, 9)), count=int(rng.integers(2, 6)), groups=int(rng.integers(2, 4)))
    tonne, dollar = 10 ** rng.uniform(-2, 4, 2)
    first = replace(p.first, cost=p.first.cost * dollar)
    if rng.random() < 0.3:
        wanted = float(rng.integers(first.choices // 2, first.choices))
        first = replace(
            first,
            matrix=sparse.vstack([first.matrix, np.ones((1, first.choices))], format="csc"),
            row_lower=np.append(first.row_lower, wanted),
            row_upper=np.append(first.row_upper, np.inf),
        )
    r = p.recourse
    recourse = replace(r, cost=r.cost * dollar / tonne, row_lower=r.row_lower * tonne, col_upper=r.col_upper * tonne)
    cases = []
    for case in p.cases:
        change = replace(
            case.change,
            row_lower=case.change.row_lower._replace(value=case.change.row_lower.value * tonne),
            cost=case.change.cost._replace(value=case.change.cost.value * dollar / tonne),
        )
        both = (case.links.column_upper, case.links.row_bound)
        cases.append(Case(case.probability, change, Links(*(one._replace(value=one.value * tonne) for one in both))))
    return Plan(first, recourse, tuple(cases), risk=p.risk, alpha=p.alpha)


def by_product(p: Plan) -> float | None:
    """Least cost by the product, None if it says that no plan meets the rows."""
    try:
        return portfolio(p.first, p.recourse, list(p.cases), risk=p.risk, alpha=p.alpha, gap=1e-9).objective
    except Infeasible:
        return None


def by_glpk(p: Plan) -> float | None:
    """Least cost by GLPK on one programme over choices, all cases, η and the excess over η of each case."""
    n, m, k = p.first.choices, p.recourse.columns, len(p.cases)
    eta, width = n + k * m, n + k * m + 1 + k
    cost, low, high = np.zeros(width), np.zeros(width), np.full(width, np.inf)
    cost[:n], low[:n], high[:n] = p.first.cost, p.first.lower, p.first.upper
    low[eta] = -np.inf
    cost[eta] = p.risk
    rows: list[tuple[dict[int, float], float, float]] = []
    first = p.first.matrix.toarray()
    for i in range(first.shape[0]):
        rows.append((dict(enumerate(first[i])), p.first.row_lower[i], p.first.row_upper[i]))
    matrix = p.recourse.matrix.toarray()
    for s, case in enumerate(p.cases):
        at = n + s * m
        price, upper, need = p.recourse.cost.copy(), p.recourse.col_upper.copy(), p.recourse.row_lower.copy()
        price[case.change.cost.place] = case.change.cost.value
        need[case.change.row_lower.place] = case.change.row_lower.value
        cost[at : at + m] += (1 - p.risk) * case.probability * price
        excess = eta + 1 + s
        cost[excess] = p.risk * case.probability / (1 - p.alpha)
        rows.append(({excess: 1.0, eta: 1.0, **{at + j: -price[j] for j in range(m)}}, 0.0, np.inf))
        for i in range(matrix.shape[0]):
            row = {at + j: matrix[i, j] for j in range(m)}
            for r, c, v in zip(*case.links.row_bound, strict=True):
                if r == i:
                    row[int(c)] = row.get(int(c), 0.0) - v
            rows.append((row, need[i], np.inf))
        for j in range(m):
            if np.isfinite(upper[j]):
                row = {at + j: 1.0}
                for r, c, v in zip(*case.links.column_upper, strict=True):
                    if r == j:
                        row[int(c)] = row.get(int(c), 0.0) - v
                rows.append((row, -np.inf, upper[j]))
    return _glpk(cost, low, high, rows, whole=n)


def _glpk(cost: np.ndarray, low: np.ndarray, high: np.ndarray, rows: list, whole: int) -> float | None:
    glpk.glp_term_out(glpk.GLP_OFF)
    lp = glpk.glp_create_prob()
    try:
        glpk.glp_add_rows(lp, len(rows))
        glpk.glp_add_cols(lp, cost.size)
        for j in range(cost.size):
            glpk.glp_set_obj_coef(lp, j + 1, float(cost[j]))
            glpk.glp_set_col_bnds(lp, j + 1, *_bounds(low[j], high[j]))
            if j < whole:
                glpk.glp_set_col_kind(lp, j + 1, glpk.GLP_IV)
        for i, (row, below, above) in enumerate(rows):
            held = [(c, v) for c, v in row.items() if v != 0]
            index, value = glpk.intArray(len(held) + 1), glpk.doubleArray(len(held) + 1)
            for place, (c, v) in enumerate(held):
                index[place + 1], value[place + 1] = c + 1, float(v)
            glpk.glp_set_mat_row(lp, i + 1, len(held), index, value)
            glpk.glp_set_row_bnds(lp, i + 1, *_bounds(below, above))
        glpk.glp_scale_prob(lp, glpk.GLP_SF_AUTO)
        options = glpk.glp_iocp()
        glpk.glp_init_iocp(options)
        options.presolve, options.mip_gap = glpk.GLP_ON, 0.0
        said = glpk.glp_intopt(lp, options)
        if said == glpk.GLP_ENOPFS or (said == 0 and glpk.glp_mip_status(lp) == glpk.GLP_NOFEAS):
            return None
        assert said == 0 and glpk.glp_mip_status(lp) == glpk.GLP_OPT, (said, glpk.glp_mip_status(lp))
        return float(glpk.glp_mip_obj_val(lp))
    finally:
        glpk.glp_delete_prob(lp)


def _bounds(low: float, high: float) -> tuple[int, float, float]:
    under, over = bool(np.isfinite(low)), bool(np.isfinite(high))
    kind = {
        (False, False): glpk.GLP_FR, (True, False): glpk.GLP_LO, (False, True): glpk.GLP_UP,
        (True, True): glpk.GLP_FX if low == high else glpk.GLP_DB,
    }[under, over]  # fmt: skip
    return kind, float(low) if under else 0.0, float(high) if over else 0.0


def compared(number: int, ours: Callable[[Plan], float | None] = by_product) -> Compared:
    """One model by its number."""
    p = problem(np.random.default_rng([10, number]))
    return Compared(ours(p), by_glpk(p))


def main() -> int:
    """So many models, and where the two differ."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--models", type=int, default=2000)
    asked.add_argument("--record", action="store_true", help="write the figure to the page of trust")
    given = asked.parse_args()
    different, infeasible = 0, 0
    for number in range(given.models):
        found = compared(number)
        infeasible += found.theirs is None
        if not found.is_same:
            different += 1
            print(f"model {number}: ours {found.ours}, GLPK {found.theirs}", flush=True)
    print(f"{different} of {given.models} differ; {infeasible} of them have no plan")
    if given.record:
        figure = f"{different} differences in {given.models:,} models, {infeasible} of them infeasible (HiGHS and GLPK)"
        command = f"python -m tests.trust.second_solver --models {given.models} --record"
        record(10, "plans with whole numbers against a second solver", figure, command, file="answers")
    return 1 if different else 0


if __name__ == "__main__":
    raise SystemExit(main())
