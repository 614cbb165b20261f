from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from engine_networks import INF, cut, network, programme, transport

from didymium.engine import Change, InfeasibleProgramme, Solver, UnboundedProgramme, certificate, solve
from didymium.errors import BadInput, Infeasible, SolverFailed


def test_transport_plan_and_its_prices():
    answer = solve(transport())
    assert answer.status == "optimal"
    assert answer.objective == pytest.approx(870.0, abs=1e-9)
    assert answer.x == pytest.approx([0, 5, 30, 45, 0, 0, 0, 15, 0], abs=1e-9)
    assert answer.row_dual == pytest.approx([-3, 0, 0, 9, 9, 13], abs=1e-9)
    assert answer.reduced_cost == pytest.approx([2, 0, 0, 0, 3, 0, 5, 0, 3], abs=1e-9)


def test_four_city_transport_plan():
    """Winston, Operations Research, 4th ed., section 7.1, Powerco: 1,020."""
    rows = np.vstack([np.kron(np.eye(3), np.ones(4)), np.tile(np.eye(4), 3)])
    cost = [8, 6, 10, 9, 9, 12, 13, 7, 14, 9, 16, 5]
    lp = programme(cost, rows, [-INF] * 3 + [45, 20, 30, 30], [35, 50, 40, *[INF] * 4])
    assert solve(lp).objective == pytest.approx(1020.0, abs=1e-9)


def test_diet():
    """Winston, section 3.4: brownie, ice cream, cola, cheesecake [cents]; least cost 90, by ice cream and cola."""
    lp = programme(
        [50, 20, 30, 80],
        [[400, 200, 150, 500], [3, 2, 0, 0], [2, 2, 4, 4], [2, 4, 1, 5]],
        [500, 6, 10, 8],
        [INF] * 4,
    )
    answer = solve(lp)
    assert answer.objective == pytest.approx(90.0, abs=1e-9)
    assert answer.x == pytest.approx([0, 3, 1, 0], abs=1e-9)
    assert answer.row_dual == pytest.approx([0, 2.5, 7.5, 0], abs=1e-9)


def test_farmer_over_three_scenarios():
    """Birge and Louveaux, Introduction to Stochastic Programming, section 1.1: -108,390 with 170, 80 and 250 acres."""
    cost = np.concatenate([[150, 230, 260], np.tile(np.array([238, 210, -170, -150, -36, -10]) / 3, 3)])
    rows = np.zeros((10, 21))
    low, high = [-INF, *[200, 240, 0] * 3], [500.0, *[INF] * 9]
    rows[0, :3] = 1
    for s, factor in enumerate((1.2, 1.0, 0.8)):
        mine, bought = slice(1 + 3 * s, 4 + 3 * s), 3 + 6 * s
        rows[mine, :3] = np.diag([2.5, 3, 20]) * factor
        rows[mine, bought : bought + 6] = [[1, 0, -1, 0, 0, 0], [0, 1, 0, -1, 0, 0], [0, 0, 0, 0, -1, -1]]
    upper = [INF] * 3 + [INF, INF, INF, INF, 6000.0, INF] * 3
    answer = solve(programme(cost, rows, low, high, col_upper=upper))
    assert answer.objective == pytest.approx(-108_390, rel=1e-12)
    assert answer.x[:3] == pytest.approx([170, 80, 250], abs=1e-7)


def test_by_product_limits():
    """Host of 100, ratio 0.0005, demand 0.06: a circuit of 1 leaves 0.01 short, one of 0.03 leaves half."""
    for circuit, made, short in ((1.0, 0.05, 0.01), (0.03, 0.03, 0.03)):
        lp = programme([0, 0, 1], [[-0.0005, 1, 0], [0, 1, 1]], [-INF, 0.06], [0, INF], col_upper=[100, circuit, INF])
        answer = solve(lp)
        assert answer.x[1] == pytest.approx(made, rel=1e-9)
        assert answer.x[2] == pytest.approx(short, rel=1e-9)


def test_free_columns_equalities_and_ranges():
    lp = programme(
        [1, 1, 0],
        [[1, -1, 0], [1, 2, 1], [0, 0, 1]],
        [-4, 3, -1],
        [-4, 5, 2],
        col_lower=[-INF, -INF, -INF],
        col_upper=[INF, INF, INF],
    )
    # x0 = x1 - 4, so cost 2·x1 - 4 with 3·x1 - 4 + x2 ≥ 3 and x2 ≤ 2: x1 = 5/3.
    answer = solve(lp)
    assert answer.objective == pytest.approx(-2 / 3, rel=1e-12)
    assert answer.x == pytest.approx([-7 / 3, 5 / 3, 2], rel=1e-12)
    assert answer.row_dual == pytest.approx([1 / 3, 2 / 3, -2 / 3], rel=1e-12)


def test_degenerate_cycle():
    """Beale 1955: cycles under the textbook rule; optimum -1/20."""
    lp = programme(
        [-0.75, 150, -0.02, 6],
        [[0.25, -60, -0.04, 9], [0.5, -90, -0.02, 3], [0, 0, 1, 0]],
        [-INF] * 3,
        [0, 0, 1],
    )
    assert solve(lp).objective == pytest.approx(-0.05, rel=1e-12)


def test_programme_without_rows_or_with_fixed_columns():
    lp = programme([1, -1, 0], [], [], [], col_lower=[-2, 0, 0], col_upper=[5, 3, 0])
    answer = solve(lp)
    assert answer.x.tolist() == [-2, 3, 0]
    assert answer.objective == -5
    fixed = programme([3.0], [[1.0]], [2.0], [2.0], col_lower=[2.0], col_upper=[2.0])
    assert solve(fixed).objective == 6


def test_strong_duality_in_terms_of_bounds():
    lp = network(seed=3)
    answer = solve(lp)
    y, d = answer.row_dual, answer.reduced_cost
    terms = lp.row_lower @ y
    terms += np.where(d > 0, lp.col_lower, 0.0) @ d
    terms += np.where(d < 0, np.where(np.isfinite(lp.col_upper), lp.col_upper, 0.0), 0.0) @ d
    assert terms == pytest.approx(answer.objective, rel=1e-9)
    assert np.all(d[np.isinf(lp.col_upper)] >= 0)


def test_dual_is_the_price_of_one_more_tonne():
    solver = Solver(transport())
    before = solver.solve()
    after = solver.solve(Change.of(row_lower=([3], [45.5])))
    assert after.objective - before.objective == pytest.approx(0.5 * before.row_dual[3], rel=1e-9)


def test_warm_answers_equal_cold_ones():
    lp = network(seed=1)
    rng = np.random.default_rng(5)
    solver = Solver(lp)
    base = solver.solve()
    for _ in range(10):
        change = cut(lp, rng)
        change = change.then(Change.of(cost=(rng.choice(lp.columns, 5, replace=False), 3.0)))
        rows = np.flatnonzero(lp.row_lower > 0)[:4]
        change = change.then(Change.of(rhs=(rows, lp.row_lower[rows] * 1.3)))
        warm, cold = solver.solve(change), solve(lp.changed(change))
        assert warm.objective == pytest.approx(cold.objective, rel=1e-9)
        assert warm.certificate.holds(1e-9)
        assert warm.iterations < cold.iterations
    assert solver.solve() is base
    assert solver.programme is lp
    start = solver.start()
    assert start is not None and start.iterations == base.iterations > 0  # of the base, whatever was asked since


def test_changes_may_begin_with_the_basis_of_another_answer():
    lp = network(seed=4)
    rng = np.random.default_rng(8)
    there, near = cut(lp, rng), cut(lp, rng)
    finder = Solver(lp)
    finder.solve(there)
    start = finder.reached()
    solver = Solver(lp)
    from_base = solver.solve(there)
    solver.begin(start)
    again, other = solver.solve(there), solver.solve(near)
    assert again.iterations == 0 < from_base.iterations
    assert again.objective == pytest.approx(from_base.objective, rel=1e-9)
    solver.solve(there)
    solver.begin(start)
    assert solver.solve(near).x.tobytes() == other.x.tobytes()  # the basis decides, not what came between
    fresh = Solver(lp, start=start)
    solver.begin(None)
    solver.begin(start)
    assert (solver.reached().iterations, solver.solve(near).iterations) == (start.iterations, other.iterations)
    assert fresh.solve(near).x.tobytes() == other.x.tobytes()
    solver.begin(None)
    assert solver.solve(near).objective == pytest.approx(other.objective, rel=1e-9)


def test_an_answer_depends_on_its_change_alone():
    lp = network(seed=2)
    rng = np.random.default_rng(6)
    changes = [cut(lp, rng) for _ in range(6)]
    forth = Solver(lp)
    back = Solver(lp)
    first = [forth.solve(c) for c in changes]
    second = [back.solve(c) for c in reversed(changes)][::-1]
    for a, b in zip(first, second, strict=True):
        assert a.x.tobytes() == b.x.tobytes()
        assert a.row_dual.tobytes() == b.row_dual.tobytes()


def test_no_change_leaves_a_number_behind():
    """What a change wrote into the solver is gone in the next one, in the base, and after an update."""
    lp = network()
    wide, narrow = (cut(lp, np.random.default_rng(seed)) for seed in (1, 2))
    solver = Solver(lp)
    solver.solve(wide)
    assert solver.solve().x.tobytes() == Solver(lp).solve().x.tobytes()
    solver.solve(wide)
    solver.update(narrow)
    fresh = Solver(lp.changed(narrow))
    assert solver.solve().objective == pytest.approx(fresh.solve().objective, rel=1e-12)
    assert solver.solve(wide).objective == pytest.approx(fresh.solve(wide).objective, rel=1e-12)


def test_solvers_in_threads_give_the_same_bytes():
    lp = network(seed=2)
    rng = np.random.default_rng(7)
    changes = [cut(lp, rng) for _ in range(4)]

    def run(change):
        return Solver(lp).solve(change).x.tobytes()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(run, changes)) == [run(c) for c in changes]


def test_update_moves_the_base():
    lp = network(seed=4)
    rng = np.random.default_rng(8)
    solver = Solver(lp)
    solver.solve()
    for _ in range(5):
        change = cut(solver.programme, rng, count=5, share=0.5)
        solver.update(change)
        lp = lp.changed(change)
        moved = solver.solve()
        assert moved.objective == pytest.approx(solve(lp).objective, rel=1e-9)
        assert solver.solve(Change()).objective == pytest.approx(moved.objective, rel=1e-12)
    assert np.array_equal(solver.programme.col_upper, lp.col_upper)


def test_update_before_the_first_solve():
    solver = Solver(transport())
    solver.update(Change.of(row_lower=([3], [50.0])))
    assert solver.solve().objective == pytest.approx(915.0)


def test_a_refused_change_leaves_the_solver_as_it_was():
    solver = Solver(transport())
    with pytest.raises(BadInput):
        solver.solve(Change.of(cost=([0], [np.nan])))
    with pytest.raises(InfeasibleProgramme):
        solver.solve(Change.of(row_lower=([3], [500.0])))
    with pytest.raises(BadInput):
        solver.update(Change.of(row_lower=([3], [np.nan])))
    assert solver.solve().objective == pytest.approx(870.0)
    assert solver.solve(Change.of(row_lower=([3], [50.0]))).objective == pytest.approx(915.0)


def test_base_without_answer_does_not_spoil_its_changes():
    solver = Solver(transport(demand=(450, 20, 30)))
    assert solver.solve(Change.of(row_lower=([3], [45.0]))).objective == pytest.approx(870.0)
    with pytest.raises(InfeasibleProgramme):
        solver.solve()


def test_nan_never_reaches_the_solver():
    with pytest.raises(BadInput, match="cost of column 0 is nan"):
        solve(programme([np.nan], [[1]], [1], [2]))


def test_tiny_coefficient_is_not_dropped():
    # HiGHS alone drops 1e-10 with a warning and answers 5; buying from the second column costs 0.
    lp = programme([1, 0], [[1, 1e-10]], [5], [INF])
    answer = solve(lp)
    assert answer.objective == pytest.approx(0.0, abs=1e-9)
    assert answer.x[1] == pytest.approx(5e10, rel=1e-9)


def test_coefficient_that_no_unit_can_save_is_refused():
    lp = programme([1, 1, 1], [[1, 1e-14, 1], [1, 1, 1], [1, 1, 1]], [1, 1, 1], [INF] * 3)
    with pytest.raises(BadInput, match="coefficient at row 0, column 1 is 1e-14"):
        solve(lp)


@pytest.mark.parametrize("unit", [1e-9, 1e-6, 1e-3, 1e3, 1e9])
def test_answer_does_not_depend_on_the_unit(unit):
    lp = network(seed=5)
    k = 1 / unit
    other = lp.changed(
        Change.of(
            rhs=(np.arange(lp.rows), lp.row_lower * k),
            col_upper=(np.arange(lp.columns), lp.col_upper * k),
        )
    )
    here, there = solve(lp), solve(other)
    assert there.objective == pytest.approx(here.objective * k, rel=1e-9)
    dear = other.changed(Change.of(cost=(np.arange(lp.columns), lp.cost * 1e6)))
    assert solve(dear).objective == pytest.approx(here.objective * k * 1e6, rel=1e-9)


def test_one_column_in_another_unit():
    lp = programme([2e9, 3], [[1e9, 1], [1e9, -1]], [10, -INF], [INF, 0], col_upper=[4e-9, INF])
    answer = solve(lp)
    assert answer.objective == pytest.approx(2 * 4 + 3 * 6, rel=1e-9)
    assert answer.x == pytest.approx([4e-9, 6], rel=1e-9)


def test_infeasible_programme_names_the_row():
    lp = transport(demand=(450, 20, 30))
    with pytest.raises(InfeasibleProgramme) as caught:
        solve(lp)
    (violation,) = caught.value.violations
    assert (violation.kind, violation.index) == ("row", 3)
    assert violation.amount == pytest.approx(-375.0)
    assert isinstance(caught.value, Infeasible)
    assert caught.value.conflicts == ("row 3: -375",)
    assert "row 3" in caught.value.line()
    assert caught.value.exit_code == 1


def test_unbounded_programme_names_the_column():
    lp = programme([1, -1, 0], [[1, 1, -1]], [1], [5])
    with pytest.raises(UnboundedProgramme) as caught:
        solve(lp)
    assert caught.value.column == 1
    assert isinstance(caught.value, SolverFailed)
    assert "column 1" in caught.value.line()


def test_warm_start_into_an_unbounded_programme():
    solver = Solver(transport())
    solver.solve()
    with pytest.raises(UnboundedProgramme) as caught:
        solver.solve(Change.of(cost=([3], [-5.0]), row_upper=([1], [INF])))
    assert caught.value.column == 3
    assert solver.solve().objective == pytest.approx(870.0)


def test_infeasible_and_unbounded_at_once_is_called_infeasible():
    lp = programme([-1, 0], [[1, 0], [0, 1], [0, 1]], [0, 5, -INF], [INF, INF, 3])
    with pytest.raises(InfeasibleProgramme):
        solve(lp)


@pytest.mark.parametrize("seed", range(20))
def test_time_limit_is_never_called_optimal(seed):
    lp = network(places=6, products=4, periods=8, seed=seed)
    answer = solve(lp, time_limit=0.0)
    assert answer.status == "time_limit"
    assert answer.objective == pytest.approx(lp.cost @ answer.x, rel=1e-12)
    assert answer.certificate == certificate(lp, answer.x, answer.row_dual)
    assert not answer.certificate.holds()


def test_time_limit_in_the_midst_leaves_the_solver_usable():
    lp = network(seed=9)
    solver = Solver(lp)
    change = cut(lp, np.random.default_rng(9))
    assert solver.solve(change, time_limit=0.0).status == "time_limit"
    assert solver.solve(time_limit=0.0).status == "time_limit"
    # The clock of HiGHS runs over all solves: a generous limit on the second call must not be used up by the first.
    assert solver.solve(time_limit=60.0).status == "optimal"
    assert solver.solve(change, time_limit=60.0).objective == pytest.approx(solve(lp.changed(change)).objective)


def test_bound_at_the_time_limit_is_below_the_optimum():
    lp = network(seed=9)
    best = solve(lp).objective
    assert solve(lp, time_limit=0.0).certificate.bound <= best


def test_large_programmes_start_by_interior_point():
    lp = network(seed=6)
    solver = Solver(lp, interior_from=0)
    answer = solver.solve()
    assert answer.objective == pytest.approx(solve(lp).objective, rel=1e-9)
    assert solver._highs.getInfo().ipm_iteration_count > 0
    change = cut(lp, np.random.default_rng(1))
    warm = solver.solve(change)
    assert solver._highs.getInfo().ipm_iteration_count <= 0
    assert warm.objective == pytest.approx(solve(lp.changed(change)).objective, rel=1e-9)


def test_answer_without_proof_is_computed_again_and_then_refused(monkeypatch):
    lp = transport()
    solver = Solver(lp)
    read = Solver._read
    ways = []

    def spoilt(self, lp, status, iterations):
        ways.append(self._highs.getOptionValue("presolve")[1])
        answer = read(self, lp, status, iterations)
        wrong = certificate(lp, answer.x * 1.01, answer.row_dual)
        return type(answer)(**{n: getattr(answer, n) for n in answer.__slots__} | {"certificate": wrong})

    monkeypatch.setattr(Solver, "_read", spoilt)
    with pytest.raises(SolverFailed, match="not proven") as caught:
        solver.solve()
    assert ways == ["off", "on", "off"]
    assert "cold with presolve" in caught.value.line()
    monkeypatch.undo()
    assert solver.solve().objective == pytest.approx(870.0)


def test_pool_of_threads_set_by_other_code_does_not_matter():
    """HiGHS refuses to run where other code of the process has set another number of threads."""
    script = """
import highspy, numpy as np
from engine_networks import network
from didymium.engine import solve
lp = network()
other = highspy.Highs()
for option, value in (("output_flag", False), ("threads", 2), ("parallel", "on"), ("simplex_strategy", 2)):
    other.setOptionValue(option, value)
other.passModel(lp.columns, lp.rows, lp.nonzeros, 1, 1, 0.0, lp.cost, lp.col_lower, lp.col_upper, lp.row_lower,
    lp.row_upper, lp.matrix.indptr, lp.matrix.indices, lp.matrix.data, np.zeros(lp.columns, np.int32))
assert other.run() == highspy.HighsStatus.kOk
assert abs(solve(lp).objective / other.getInfo().objective_function_value - 1) < 1e-9
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_costs_and_bounds_that_reach_the_solver_in_pieces_are_all_there(monkeypatch):
    """HiGHS holds every scaled cost and bound, whatever the size of the pieces."""
    lp = network(places=4, products=2, periods=5)
    room = sys.modules["didymium.engine.solve"]
    sides = ("col_lower", "col_upper", "row_lower", "row_upper")
    held = []
    for piece in (7, room.PIECE):
        monkeypatch.setattr(room, "PIECE", piece)
        found = Solver(lp)._highs.getLp()
        held.append([np.array(getattr(found, f"{name}_")) for name in ("col_cost", *sides)])
    scaling = Solver(lp)._scaling
    right = [
        scaling.cost(lp.cost),
        *(scaling.col_bound(side) for side in (lp.col_lower, lp.col_upper)),
        *(scaling.row_bound(side) for side in (lp.row_lower, lp.row_upper)),
    ]
    assert lp.columns > 7 and lp.rows > 7
    for pieces in held:
        assert all(np.array_equal(got, wanted) for got, wanted in zip(pieces, right, strict=True))
