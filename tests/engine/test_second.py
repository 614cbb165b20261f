"""The second solver finds what the first finds, and says so where there is nothing to find."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy.sparse import csc_array

from didymium.engine import LinearProgramme
from didymium.engine.mixed import solve_mixed
from didymium.engine.second import ask_scip, second_opinion
from didymium.errors import BadInput


def knapsack(seed: int, least: float = 0.0) -> tuple[LinearProgramme, np.ndarray]:
    """Six lots, three of them whole, within two budgets, in large and small units."""
    rng = np.random.default_rng(seed)
    weight = rng.uniform(1, 9, (2, 6))
    unit = 10.0 ** rng.integers(-3, 4)
    lp = LinearProgramme(
        -rng.uniform(1, 9, 6) * 100,
        csc_array(weight * unit),
        np.full(2, least * unit),
        np.full(2, 30 * unit),
        np.zeros(6),
        np.full(6, 4.0),
    )
    return lp, np.arange(6) < 3


@pytest.mark.parametrize("seed", range(6))
def test_both_solvers_find_the_same(seed: int) -> None:
    pytest.importorskip("pyscipopt")
    lp, whole = knapsack(seed)
    first, second = solve_mixed(lp, whole), ask_scip(lp, whole, gap=1e-9)
    assert first.x is not None and second.x is not None and second.objective is not None
    assert second.status == "optimal" and second.solver.startswith("SCIP")
    assert second.objective == pytest.approx(float(lp.cost @ first.x), rel=1e-7)
    assert second.bound <= second.objective + 1e-6 and second.bound == pytest.approx(first.bound, rel=1e-6)
    assert np.array_equal(second.x[whole], np.rint(second.x[whole]))


def test_both_see_that_there_is_no_plan() -> None:
    pytest.importorskip("pyscipopt")
    lp, whole = knapsack(1, least=29.999)
    tight = LinearProgramme(lp.cost, lp.matrix, lp.row_upper, lp.row_upper, np.zeros(6), np.zeros(6))
    assert ask_scip(tight, whole, gap=0.0).status == "infeasible"


def test_a_portfolio_has_the_same_answer() -> None:
    pytest.importorskip("pyscipopt")
    from tests.trust.second_solver import problem

    from didymium.engine import portfolio

    for number in range(4):
        p = problem(np.random.default_rng([10, number]))
        other = second_opinion(p.first, p.recourse, list(p.cases), risk=p.risk, alpha=p.alpha, gap=1e-9)
        if other.status == "infeasible":
            continue
        ours = portfolio(p.first, p.recourse, list(p.cases), risk=p.risk, alpha=p.alpha, gap=1e-9)
        assert other.objective == pytest.approx(ours.objective, rel=1e-6)


def test_without_the_package_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyscipopt", None)
    lp, whole = knapsack(0)
    with pytest.raises(BadInput, match="extra `verify`"):
        ask_scip(lp, whole, gap=0.0)
