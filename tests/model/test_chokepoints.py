"""Maximum flow through stages: worked cases, and a linear programme as second opinion."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from scipy.optimize import linprog

from didymium.model import chokepoints as c


def test_the_examples_in_the_module_run() -> None:
    assert doctest.testmod(c).failed == 0


def test_a_path_fails_whole_at_any_place() -> None:
    path = [{"A": 1.0}, {"B": 1.0}, {"C": 1.0}]
    assert [one.left_share for one in c.single_points_of_failure(path)] == [0.0, 0.0, 0.0]


def test_two_disjoint_routes() -> None:
    routes = [{"A": 0.6, "B": 0.4}, {"C": 0.6, "D": 0.4}]
    arcs = [{("A", "C"): 0.6, ("B", "D"): 0.4}]
    assert c.largest_flow(routes, arcs) == pytest.approx(1.0)
    worst = c.single_points_of_failure(routes, arcs)[0]
    assert 1.0 - worst.left_share == pytest.approx(0.6)


def test_one_place_at_two_stages_stops_at_both() -> None:
    stages = [{"A": 0.3, "B": 0.7}, {"A": 0.9, "B": 0.1}]
    assert c.largest_flow(stages, without="A") == pytest.approx(0.1)
    assert c.largest_flow(stages, without="B") == pytest.approx(0.3)


def test_a_stage_without_anybody_lets_nothing_through() -> None:
    assert c.largest_flow([{"A": 1.0}, {}]) == 0.0
    assert c.single_points_of_failure([{"A": 0.0}]) == []


@pytest.mark.parametrize("seed", range(6))
def test_the_same_flow_as_a_linear_programme(seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = [f"P{i}" for i in range(5)]
    stages = [dict(zip(names, rng.uniform(0, 1, 5).tolist(), strict=True)) for _ in range(3)]
    arcs = [{(a, b): float(rng.uniform(0, 0.4)) for a in names for b in names if rng.random() < 0.5} for _ in range(2)]
    # a variable per arc; each place passes on what it gets and no more than its capacity
    keys = [(step, pair) for step, pairs in enumerate(arcs) for pair in pairs]
    bounds = [(0.0, arcs[step][pair]) for step, pair in keys]
    rows, limits, equal = [], [], []
    for number, stage in enumerate(stages):
        for place, capacity in stage.items():
            out = [float(step == number and pair[0] == place) for step, pair in keys]
            into = [float(step == number - 1 and pair[1] == place) for step, pair in keys]
            rows.append(out if number < 2 else into)
            limits.append(capacity)
            if number == 1:
                equal.append([a - b for a, b in zip(out, into, strict=True)])
    goal = [-float(step == 0) for step, _ in keys]
    found = linprog(goal, A_ub=rows, b_ub=limits, A_eq=equal, b_eq=[0.0] * len(equal), bounds=bounds)
    assert c.largest_flow(stages, arcs) == pytest.approx(-found.fun, abs=1e-7)


@pytest.mark.parametrize("length", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("seed", range(3))
def test_where_goods_may_go_anywhere_the_narrowest_stage_decides(length: int, seed: int) -> None:
    rng = np.random.default_rng([seed, length])
    stages = [{f"P{i}": float(rng.uniform(0, 5)) for i in range(int(rng.integers(2, 6)))} for _ in range(length)]
    # each arc is rounded to a billionth of the largest stage, at most 25 in five places
    assert c.largest_flow(stages) == pytest.approx(min(sum(stage.values()) for stage in stages), abs=1e-7)
    for place in ("P0", "P1", "Q"):
        left = min(sum(value for name, value in stage.items() if name != place) for stage in stages)
        assert c.largest_flow(stages, without=place) == pytest.approx(left, abs=1e-7), place


@pytest.mark.parametrize("free", range(8))
def test_a_step_without_arcs_is_one_with_all_of_them(free: int) -> None:
    """Any of three steps may be free: the same flow as with an arc of any size from each place to each."""
    rng = np.random.default_rng(9)
    stages = [{name: float(rng.uniform(1, 5)) for name in "ABCD"[: 4 - step % 2]} for step in range(4)]
    arcs = [
        {(a, b): float(rng.uniform(0, 1.5)) for a in stages[step] for b in stages[step + 1] if rng.random() < 0.7}
        for step in range(3)
    ]
    everywhere = [{(a, b): 1e6 for a in stages[step] for b in stages[step + 1]} for step in range(3)]
    some = [None if free >> step & 1 else arcs[step] for step in range(3)]
    full = [everywhere[step] if free >> step & 1 else arcs[step] for step in range(3)]
    for place in (None, "A", "D"):
        assert c.largest_flow(stages, some, place) == pytest.approx(c.largest_flow(stages, full, place), rel=1e-7)


def test_places_come_by_what_their_loss_leaves_and_equal_ones_by_name() -> None:
    got = c.single_points_of_failure([{"B": 1.0, "A": 1.0, "C": 2.0}, {"D": 4.0}])
    assert [(one.place, round(one.left_share, 6)) for one in got] == [("D", 0.0), ("C", 0.5), ("A", 0.75), ("B", 0.75)]
    assert c.largest_flow([]) == 0.0 and c.largest_flow([{"A": -1.0}]) == 0.0
