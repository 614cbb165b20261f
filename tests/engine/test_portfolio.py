from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from engine_networks import INF, programme
from hypothesis import given
from hypothesis import strategies as st
from portfolio_cases import every, farmer, plan, shares, triples
from scipy import sparse

from didymium.engine import Case, Change, FirstStage, LinearProgramme, Links, Solver, benders, cvar, portfolio
from didymium.engine.benders import Master
from didymium.engine.recourse import SolvedRecourse
from didymium.engine.simple import SimpleRecourse, is_simple
from didymium.errors import BadInput, Infeasible

METHODS = ("extensive", "benders")


@pytest.mark.parametrize("method", METHODS)
def test_the_farmer_and_what_knowing_is_worth(method):
    """Birge and Louveaux, section 1.1: -108,390 with 170, 80, 250 acres; knowing the weather is worth 7,015.56."""
    first, recourse, cases = farmer()
    answer = portfolio(first, recourse, cases, method=method, gap=1e-9)
    assert answer.status == "optimal"
    assert answer.objective == pytest.approx(-108_390, rel=1e-9)
    assert answer.x == pytest.approx([170, 80, 250], abs=1e-5)
    each = [
        portfolio(first, recourse, [Case(1.0, case.change, case.links)], method=method, gap=1e-9).objective
        for case in cases
    ]
    assert answer.objective - np.mean(each) == pytest.approx(7_015.56, abs=0.01)


def test_the_farmer_who_plans_for_the_mean():
    """The plan for mean yields loses 1,150 against the one for three weathers."""
    first, recourse, cases = farmer()
    mean = portfolio(first, recourse, farmer((1.0,))[2], method="extensive")
    used = portfolio(first, recourse, cases, method="extensive", fixed=(mean.x, mean.x))
    assert used.objective + 108_390 == pytest.approx(1_150, abs=0.01)


@pytest.mark.parametrize("risk", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(3))
def test_no_choice_of_all_is_better(method, seed, risk):
    problem = plan(seed)
    answer = portfolio(*problem, risk=risk, alpha=0.7, method=method, gap=1e-9)
    assert answer.status == "optimal"
    assert answer.objective == pytest.approx(every(*problem, risk, 0.7), rel=1e-7)
    assert answer.bound <= answer.objective


@pytest.mark.parametrize("risk", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("is_simple_recourse", [False, True])
def test_taken_apart_and_whole_agree(is_simple_recourse, risk):
    first, recourse, cases = plan(11, choices=10, count=8, groups=4, moves=not is_simple_recourse)
    assert is_simple(recourse, len(cases)) == is_simple_recourse
    for stage in (first, replace(first, is_whole=np.zeros(10, dtype=bool))):
        whole, apart = (
            portfolio(stage, recourse, cases, risk=risk, alpha=0.8, method=method, gap=1e-8) for method in METHODS
        )
        assert apart.objective == pytest.approx(whole.objective, rel=1e-6)
        assert apart.gap_of_value <= 1e-6
        mix = (1 - risk) * apart.mean + risk * apart.cvar
        assert apart.objective == pytest.approx(apart.first_cost + mix, rel=1e-12)


def test_cases_that_only_fill_what_is_missing_need_no_solver(monkeypatch):
    def none(*_, **__):
        raise AssertionError("a recourse of one bound a row is added up")

    monkeypatch.setattr(sys.modules[portfolio.__module__], "SolvedRecourse", none)
    with pytest.raises(AssertionError, match="added up"):
        portfolio(*plan(11, choices=10, count=8, groups=4), method="benders")
    simple = plan(11, choices=10, count=8, groups=4, moves=False)
    assert portfolio(*simple, method="benders").status == "optimal"


def test_mean_of_the_worst():
    losses, even = np.arange(1.0, 11.0), np.full(10, 0.1)
    assert cvar(losses, even, 0.8) == pytest.approx(9.5)
    assert cvar(losses, even, 0.85) == pytest.approx(9 + 2 / 3)
    assert cvar(losses, even, 0.0) == pytest.approx(5.5)
    assert cvar(losses, even, 0.99) == pytest.approx(10.0)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20), st.floats(0, 0.99), st.integers(0, 1000))
def test_mean_of_the_worst_lies_between_mean_and_worst_and_is_its_own_minimum(losses, alpha, seed):
    loss = np.array(losses)
    share = np.random.default_rng(seed).dirichlet(np.ones(loss.size))
    found = cvar(loss, share, alpha)
    size = 1e-9 * (1 + np.abs(loss).max())
    assert share @ loss - size <= found <= loss.max() + size
    # Rockafellar and Uryasev: the minimum over η of η + E(L − η)⁺ / (1 − α) is taken at one of the losses.
    assert found == pytest.approx(
        min(eta + share @ np.maximum(loss - eta, 0) / (1 - alpha) for eta in loss), rel=1e-7, abs=size
    )


@pytest.mark.parametrize("seed", range(3))
def test_more_budget_and_another_choice_are_never_worse(seed):
    first, recourse, cases = plan(seed, choices=8)
    answer = portfolio(first, recourse, cases, risk=0.3, alpha=0.7, method="benders", gap=1e-8)
    room = replace(first, row_upper=first.row_upper + np.array([2.0, 0.0]))
    richer = portfolio(room, recourse, cases, risk=0.3, alpha=0.7, method="benders", gap=1e-8)
    again = portfolio(room, recourse, cases, risk=0.3, alpha=0.7, method="benders", gap=1e-8, cuts=answer.cuts)
    assert richer.objective <= answer.objective + 1e-6
    assert again.objective == pytest.approx(richer.objective, rel=1e-8)
    assert again.rounds <= richer.rounds
    same = portfolio(first, recourse, cases, risk=0.3, alpha=0.7, method="benders", gap=1e-8, cuts=answer.cuts)
    assert same.rounds < answer.rounds and same.objective == pytest.approx(answer.objective, rel=1e-8)
    without = portfolio(
        first, recourse, cases, risk=0.3, alpha=0.7, gap=1e-8, fixed=(first.lower, np.where(np.arange(8) == 3, 0, 1.0))
    )
    assert answer.objective <= without.objective + 1e-6
    assert answer.value >= 0 <= without.value


def test_a_case_told_in_two_parts_changes_nothing():
    first, recourse, cases = plan(5)
    parts = [replace(cases[0], probability=cases[0].probability * share) for share in (0.3, 0.7)]
    for method in METHODS:
        one, two = (
            portfolio(first, recourse, told, risk=0.6, alpha=0.7, method=method, gap=1e-9)
            for told in (cases, [*parts, *cases[1:]])
        )
        assert two.objective == pytest.approx(one.objective, rel=1e-9)
        assert two.x == pytest.approx(one.x)


def test_without_risk_the_mean_counts_and_with_all_risk_the_worst():
    first, recourse, cases = plan(6)
    mean = portfolio(first, recourse, cases, risk=0.0, alpha=0.8, gap=1e-9)
    worst = portfolio(first, recourse, cases, risk=1.0, alpha=0.8, gap=1e-9)
    assert mean.objective == pytest.approx(mean.first_cost + mean.mean)
    assert worst.objective == pytest.approx(worst.first_cost + worst.cvar)
    assert mean.first_cost + mean.mean <= worst.first_cost + worst.mean + 1e-9
    assert worst.first_cost + worst.cvar <= mean.first_cost + mean.cvar + 1e-9


@pytest.mark.parametrize("method", METHODS)
def test_out_of_time_there_is_still_a_plan_and_a_gap(method):
    first, recourse, cases = plan(7, choices=10, count=8)
    answer = portfolio(first, recourse, cases, risk=0.5, alpha=0.8, method=method, time_limit=0.0)
    assert answer.status == "time_limit"
    assert first.allows(answer.x)
    assert answer.gap_of_value > 0
    best = portfolio(first, recourse, cases, risk=0.5, alpha=0.8, method=method, gap=1e-9)
    assert answer.bound <= best.objective + 1e-9 <= answer.objective + 2e-9


def test_any_number_of_workers_gives_the_same_bytes():
    problem = plan(8, choices=9, count=7)
    one, three = (portfolio(*problem, risk=0.5, alpha=0.7, method="benders", workers=w) for w in (1, 3))
    for name in ("x", "losses", "marginal"):
        assert getattr(one, name).tobytes() == getattr(three, name).tobytes()
    assert (one.objective, one.bound, one.rounds) == (three.objective, three.bound, three.rounds)
    assert one.cuts.slope.tobytes() == three.cuts.slope.tobytes()


@pytest.mark.parametrize("seed", range(20))
def test_rows_that_stand_alone_cost_what_the_solver_says(seed):
    """Equalities, ranges, one-sided rows, free columns, costs and coefficients of both signs."""
    rng = np.random.default_rng(seed)
    rows, columns = 4, 14
    matrix = np.zeros((rows, columns))
    matrix[rng.integers(0, rows, columns - 1), np.arange(columns - 1)] = rng.choice([-2.0, -1, 0.5, 1, 3], columns - 1)
    slack = np.vstack([np.eye(rows), -np.eye(rows)])  # dear ways out of any row
    matrix = np.hstack([matrix, slack.T])
    cost = np.concatenate([rng.integers(-3, 6, columns).astype(float), np.full(2 * rows, 50.0)])
    upper = np.concatenate([rng.uniform(0.5, 3, columns), np.full(2 * rows, INF)])
    low, high = rng.uniform(-4, 4, rows), np.full(rows, INF)
    high[0], low[1], high[1], high[2] = low[0], -INF, 1.0, low[2] + 1
    recourse = LinearProgramme(cost, sparse.csc_array(matrix), low, high, np.zeros(columns + 2 * rows), upper)
    cases = [
        Case(
            0.25,
            Change.of(col_upper=([s], [rng.uniform(0, 2)]), cost=([5], [rng.uniform(-1, 3)])),
            Links(triples((s, 0, 0.5), (7, 1, -0.1)), triples((0, 0, 1.0), (1, 1, -1.0), (3, 1, 0.7))),
        )
        for s in range(4)
    ]
    x = rng.uniform(0, 1, 2)
    losses, _, slopes = SimpleRecourse(recourse, cases, choices=2).at(x, INF)
    solved, _, _ = SolvedRecourse(recourse, cases, choices=2).at(x, INF)
    assert losses == pytest.approx(solved, rel=1e-9, abs=1e-9)
    # A slope is one of a convex function: the line lies below it everywhere.
    for other in rng.uniform(0, 1, (5, 2)):
        there, _, _ = SimpleRecourse(recourse, cases, choices=2).at(other, INF)
        assert np.all(losses + slopes.toarray() @ (other - x) <= there + 1e-9)


def test_marginals_tell_what_a_little_more_does():
    first, recourse, cases = farmer((1.3, 1.0, 0.8, 0.6))
    at = np.array([101.0, 91.0, 211.0])  # no weather has a kink here
    answer = portfolio(first, recourse, cases, fixed=(at, at))
    for choice in range(3):
        more = at + 1e-3 * np.eye(3)[choice]
        moved = portfolio(first, recourse, cases, fixed=(more, more))
        assert (moved.mean - answer.mean) / 1e-3 == pytest.approx(answer.marginal[choice], rel=1e-6)


def test_what_cannot_be_is_refused():
    first, recourse, cases = plan(1)
    with pytest.raises(BadInput, match="of other choices or cases"):
        portfolio(first, recourse, cases, solved=SolvedRecourse(recourse, cases[1:], choices=first.choices))
    with pytest.raises(BadInput, match="probabilities sum to"):
        portfolio(first, recourse, cases[1:])
    with pytest.raises(BadInput, match="alpha is 1"):
        portfolio(first, recourse, cases, alpha=1.0)
    with pytest.raises(BadInput, match="no upper bound to raise"):
        portfolio(first, recourse, shares([Case(1.0, Change(), Links(column_upper=triples((2, 0, 1.0))))]))
    with pytest.raises(BadInput, match="none of them 99"):
        portfolio(first, recourse, shares([Case(1.0, Change(), Links(row_bound=triples((0, 99, 1.0))))]))
    with pytest.raises(Infeasible):
        portfolio(replace(first, row_upper=np.array([-1.0, 1.0])), recourse, cases, method="extensive")
    with pytest.raises(Infeasible):
        portfolio(replace(first, row_upper=np.array([-1.0, 1.0])), recourse, cases, method="benders")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("matrix", [[[1.0, 0.0]], [[1.0, 0.0], [1.0, 1.0]]])
def test_a_recourse_without_a_way_out_is_an_error(method, matrix):
    first = FirstStage(
        np.ones(1), np.ones(1, dtype=bool), np.zeros(1), np.ones(1), sparse.csc_array((0, 1)), np.empty(0), np.empty(0)
    )
    rows = len(matrix)
    recourse = programme([1.0, 1.0], matrix, [2.0] + [0.0] * (rows - 1), [INF] * rows, col_upper=[1.0, 1.0])
    with pytest.raises(BadInput, match="case 0: the recourse contradicts itself"):
        portfolio(first, recourse, [Case(1.0)], method=method)


def test_slopes_that_are_rounding_leave_a_cut_that_still_holds() -> None:
    """Rounding in a slope would decide the units of its column; without it the cut is lower by its worst."""
    n = 3
    upper = np.array([1.0, 100.0, 5.0])
    first = FirstStage(
        np.ones(n), np.zeros(n, bool), np.zeros(n), upper, sparse.csc_array((0, n)), np.empty(0), np.empty(0)
    )
    master = Master(first, np.zeros(n), upper, np.ones(1), 0.0, 0.95, False)
    slopes, constant = np.array([[-3.0, -1e-14, 1e-13]]), np.array([1000.0])
    kept, lower = master._without_noise(slopes, constant)
    assert kept.tolist() == [[-3.0, 0.0, 0.0]]
    assert lower[0] == pytest.approx(1000.0, abs=1e-9)
    for x in np.random.default_rng(0).random((50, n)) * upper:
        assert lower[0] + kept[0] @ x <= constant[0] + slopes[0] @ x + 1e-12


@pytest.mark.parametrize("risk", [0.0, 0.5])
@pytest.mark.parametrize("seed", range(3))
def test_a_few_cases_first_and_the_plan_is_the_same(monkeypatch, seed, risk):
    monkeypatch.setattr(benders, "FEW_FROM", 4)
    monkeypatch.setattr(benders, "NEIGHBOURS", 3)
    asked: list[list[int]] = []
    part = SolvedRecourse.part
    monkeypatch.setattr(SolvedRecourse, "part", lambda own, cases: (asked.append(cases.tolist()), part(own, cases))[1])
    problem = plan(seed, choices=9, count=10)
    whole, apart = (portfolio(*problem, risk=risk, alpha=0.7, method=method, gap=1e-8) for method in METHODS)
    assert asked == [[1, 4, 7, 9]], "the middle one of each three, and of the two that are left"
    assert apart.objective == pytest.approx(whole.objective, rel=1e-7)
    again = portfolio(*problem, risk=risk, alpha=0.7, method="benders", gap=1e-8, workers=3)
    assert again.x.tobytes() == apart.x.tobytes() and again.bound == apart.bound
    later = portfolio(*problem, risk=risk, alpha=0.7, method="benders", gap=1e-8, cuts=apart.cuts)
    assert len(asked) == 2 and later.objective == pytest.approx(whole.objective, rel=1e-7)


def test_what_one_search_has_solved_the_next_need_not(monkeypatch):
    first, recourse, cases = plan(4, choices=9, count=7)
    solved = SolvedRecourse(recourse, cases, choices=9)
    count = []
    solve = Solver.solve
    monkeypatch.setattr(Solver, "solve", lambda *a, **k: (count.append(1), solve(*a, **k))[1])
    given = {"risk": 0.5, "alpha": 0.7, "method": "benders", "gap": 1e-8}
    one = portfolio(first, recourse, cases, solved=solved, **given)
    before = len(count)
    same = portfolio(first, recourse, cases, solved=solved, cuts=one.cuts, **given)
    again = len(count) - before
    assert same.objective == one.objective and again < before / 2
    # Other budgets and chances over the same cases: as if solved from nothing.
    richer = replace(first, row_upper=first.row_upper + np.array([2.0, 0.0]))
    chance = np.random.default_rng(0).dirichlet(np.ones(7))
    other = [replace(case, probability=float(p)) for case, p in zip(cases, chance, strict=True)]
    for stage, told in ((richer, cases), (first, other)):
        found = portfolio(stage, recourse, told, solved=solved, cuts=one.cuts, **given)
        assert found.objective == pytest.approx(portfolio(stage, recourse, told, **given).objective, rel=1e-8)
    losses, bounds, _ = solved.at(one.x)
    fresh, _, _ = SolvedRecourse(recourse, cases, choices=9).at(one.x)
    assert losses == pytest.approx(fresh, rel=1e-9) and np.all(bounds <= losses + 1e-9 * np.abs(losses))


def test_a_case_that_its_choices_leave_alone_is_not_solved_again(monkeypatch):
    first, recourse, cases = plan(2, choices=6, count=5)
    cases = [replace(cases[0], links=Links()), *cases[1:]]
    solved = SolvedRecourse(recourse, cases, choices=6)
    solved.at(np.zeros(6))
    count = []
    solve = Solver.solve
    monkeypatch.setattr(Solver, "solve", lambda *a, **k: (count.append(1), solve(*a, **k))[1])
    solved.at(np.zeros(6))
    assert not count
    acting = {j: sum(j in (*c.links.column_upper.column, *c.links.row_bound.column) for c in cases) for j in range(6)}
    solved.at(np.eye(6)[3])
    assert len(count) == acting[3] <= 4
    assert first.choices == 6
