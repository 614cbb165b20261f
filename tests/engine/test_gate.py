"""What goes to the solver is finite and of its size; what it says is not an answer until a second look agrees."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csc_array

from didymium.engine import Change, InfeasibleProgramme, LinearProgramme, Solver, mixed, solve
from didymium.engine.certificate import proves_infeasible
from didymium.engine.elastic import relax
from didymium.engine.mixed import solve_mixed
from didymium.errors import BadInput, Infeasible, SolverFailed

INF = np.inf


def programme(cost, rows, low, high, upper, lower=None):
    matrix = csc_array(np.atleast_2d(np.array(rows, dtype=float)))
    least = np.zeros(len(cost)) if lower is None else np.array(lower, dtype=float)
    arrays = (np.array(part, dtype=float) for part in (low, high))
    return LinearProgramme(np.array(cost, dtype=float), matrix, *arrays, least, np.array(upper, dtype=float))


def knapsack(**other):
    """Two kinds of lots: 3 of weight 2 and 2 of weight 3 give most within 12."""
    given = {"cost": [-3, -4], "rows": [[2, 3]], "low": [-INF], "high": [12], "upper": [3, 5]} | other
    return programme(**given), np.array([True, True])


@pytest.mark.parametrize("tiny", [5e-324, 1e-310, 1e-100, 1e-17])
@pytest.mark.parametrize("count", [1, 40])
def test_bounds_that_no_sum_can_feel_do_not_set_the_unit(tiny, count):
    rows = np.eye(count + 1)
    low = np.array([*[tiny] * count, 1.0])
    lp = programme(np.ones(count + 1), rows, low, np.full(count + 1, INF), np.full(count + 1, INF))
    answer = solve(lp)
    assert answer.objective == pytest.approx(1.0, rel=1e-12) and answer.certificate.holds()


@pytest.mark.parametrize("tiny", [5e-324, 1e-310, 1e-100])
def test_costs_that_no_sum_can_feel_do_not_set_the_unit(tiny):
    lp = programme([tiny, 1.0], [[1, 1]], [2], [INF], [1, INF])
    answer = solve(lp)
    assert answer.x == pytest.approx([1, 1]) and answer.objective == pytest.approx(1.0)


def test_a_number_that_the_solver_would_take_for_infinite_is_refused():
    solver = Solver(programme([1.0], [[1.0]], [1e-6], [INF], [2e-6]))
    with pytest.raises(BadInput, match=r"column bound 1e.17 is infinite in units"):
        solver.solve(Change.of(col_upper=([0], [1e17])))
    assert solver.solve(Change.of(col_upper=([0], [INF]))).objective == pytest.approx(1e-6)
    with pytest.raises(BadInput, match="row bound"):
        solver.solve(Change.of(row_upper=([0], [1e17])))
    with pytest.raises(BadInput, match=r"cost 1e.19"):
        Solver(programme([1e-9], [[1.0]], [1], [INF], [2])).solve(Change.of(cost=([0], [1e19])))


def test_a_plan_with_whole_numbers_is_checked():
    lp, whole = knapsack()
    found = solve_mixed(lp, whole)
    assert found.x.tolist() == [3.0, 2.0] and found.bound == pytest.approx(-17) and found.residual <= 1e-9


def test_rows_that_no_number_meets_are_named_with_their_cure():
    lp, whole = knapsack(low=[30], high=[40])
    with pytest.raises(InfeasibleProgramme) as caught:
        solve_mixed(lp, whole)
    relaxation = caught.value.relaxation
    assert [(v.kind, v.index) for v in relaxation.violations] == [("row", 0)]
    assert proves_infeasible(lp, relaxation.multipliers)
    assert solve_mixed(lp.changed(relaxation.cure(lp)), whole).x is not None


def test_rows_that_only_no_whole_number_meets_are_named_with_their_cure():
    lp, whole = knapsack(rows=[[2, 4]], low=[7], high=[7])
    assert solve(lp).status == "optimal"
    with pytest.raises(InfeasibleProgramme) as caught:
        solve_mixed(lp, whole)
    relaxation = caught.value.relaxation
    assert relaxation.total == pytest.approx(1 / 7) and not relaxation.multipliers.any()
    assert relaxation.certificate.holds() and relaxation.proof_rows.size == 0
    assert solve_mixed(lp.changed(relaxation.cure(lp)), whole).x is not None


def test_without_explanation_no_plan_is_plain():
    lp, whole = knapsack(low=[30], high=[40])
    with pytest.raises(Infeasible) as caught:
        solve_mixed(lp, whole, explain=False)
    assert not isinstance(caught.value, InfeasibleProgramme)


@pytest.mark.parametrize("lies", [1, 2])
def test_a_solver_that_wrongly_sees_no_plan_is_not_believed(monkeypatch, lies):
    lp, whole = knapsack()
    asked = mixed._asked
    said = []

    def lying(*words, **more):
        said.append(more["presolve"])
        return None if len(said) <= lies else asked(*words, **more)

    monkeypatch.setattr(mixed, "_asked", lying)
    with pytest.raises(SolverFailed, match="not decided"):
        solve_mixed(lp, whole)
    assert said[:2] == [True, False]


class Lying:
    """HiGHS with another answer."""

    def __init__(self, highs, x=None, bound=None):
        self._highs, self._x, self._bound = highs, x, bound

    def __getattr__(self, name):
        return getattr(self._highs, name)

    def getSolution(self):
        found = self._highs.getSolution()
        return SimpleNamespace(value_valid=True, col_value=found.col_value if self._x is None else self._x)

    def getInfo(self):
        info = self._highs.getInfo()
        bound = info.mip_dual_bound if self._bound is None else self._bound
        return SimpleNamespace(mip_dual_bound=bound, primal_solution_status=info.primal_solution_status)


@pytest.mark.parametrize(
    ("lie", "word"),
    [
        ({"x": [3.0, 5.0]}, "misses a row"),
        ({"x": [4.0, 1.0]}, "misses a row"),
        ({"x": [3.0, 1.5]}, "not whole"),
        ({"x": [3.0, np.nan]}, "misses a row"),
        ({"bound": 1e3}, "above a plan's"),
    ],
)
def test_a_plan_that_is_none_is_not_shown(monkeypatch, lie, word):
    lp, whole = knapsack()
    load = mixed._load
    monkeypatch.setattr(mixed, "_load", lambda *words: Lying(load(*words), **lie))
    with pytest.raises(SolverFailed, match=word):
        solve_mixed(lp, whole)


def test_multipliers_prove_a_contradiction_and_nothing_else():
    lp = programme([1, 1], [[1, 1], [1, -1]], [5, -INF], [INF, 0], [2, 2])
    found = relax(lp)
    assert found.total > 0 and proves_infeasible(lp, found.multipliers)
    assert not proves_infeasible(lp, -found.multipliers) and not proves_infeasible(lp, np.zeros(2))
    mended = lp.changed(found.cure(lp))
    assert not proves_infeasible(mended, found.multipliers)
    loose = lp.changed(Change.of(col_upper=([0, 1], [INF, INF])))
    assert not proves_infeasible(loose, found.multipliers) and not relax(loose).multipliers.any()
