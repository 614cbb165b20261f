"""The master of the programme taken apart: what its cuts prove, what it costs, and which cuts it takes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from didymium.engine import FirstStage, Solver
from didymium.engine.benders import Master
from didymium.engine.scaling import Scaling
from didymium.engine.twostage import Cuts, weights
from didymium.errors import BadInput

CHOICES, CASES = 3, 4
LOWER, UPPER = np.array([0.0, -1.0, 2.0]), np.array([4.0, 3.0, 2.0])  # the last choice has one value only
SHARES = np.array([0.1, 0.4, 0.3, 0.2])


def stage(**changes: Any) -> FirstStage:
    given = {
        "cost": [1.0, 0.5, 2.0],
        "is_whole": [True, False, False],
        "lower": LOWER,
        "upper": UPPER,
        "matrix": sparse.csc_array([[1.0, 1.0, 0.0], [0.0, 2.0, 1.0]]),
        "row_lower": [-np.inf, 1.0],
        "row_upper": [5.0, np.inf],
    }
    return FirstStage(**{**given, **changes})


def cuts(count: int, *, cases: int = CASES, seed: int = 1, **more: Any) -> Cuts:
    """At least one cut of each case."""
    chance = np.random.default_rng(seed)
    case = np.concatenate([np.arange(cases), chance.integers(0, cases, count - cases)])
    return Cuts(case, chance.uniform(5, 30, count), chance.uniform(-4, 1, (count, CHOICES)), **more)


def master(risk: float = 0.0, alpha: float = 0.6, *, is_single: bool = False, **bounds: Any) -> Master:
    lower, upper = bounds.get("lower", LOWER), bounds.get("upper", UPPER)
    return Master(stage(), lower, upper, SHARES, risk, alpha, is_single)


def held(one: Master) -> Master:
    one.pool += [cuts(6, seed=1), cuts(9, seed=2)]
    if one.is_single:
        one.pool[:] = [cuts(5, cases=1, is_single=True, risk=one.risk, alpha=one.alpha)]
    return one


def proven(one: Master, x: np.ndarray) -> list[float]:
    """What the cuts say of each loss, cut by cut."""
    found = [-np.inf] * one.losses
    for pool in one.pool:
        for case, constant, slope in zip(pool.case, pool.constant, pool.slope, strict=True):
            found[case] = max(found[case], float(constant + sum(slope * x)))
    return found


POINTS = [np.array([0.0, -1.0, 2.0]), np.array([4.0, 1.0, 2.0]), np.array([1.5, 0.25, 2.0])]


@pytest.mark.parametrize("x", POINTS, ids=range(len(POINTS)))
@pytest.mark.parametrize("is_single", [False, True])
def test_what_the_cuts_prove_at_a_choice(x: np.ndarray, is_single: bool) -> None:
    one = held(master(0.3, is_single=is_single))
    assert one.losses == (1 if is_single else CASES)
    assert one.known(x).tolist() == pytest.approx(proven(one, x))
    empty = Master(stage(), LOWER, UPPER, SHARES, 0.3, 0.6, is_single)
    assert np.isneginf(empty.known(x)).all() and empty.known(x).size == one.losses


@pytest.mark.parametrize("risk", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("is_single", [False, True])
@pytest.mark.parametrize("x", POINTS[1:], ids=range(len(POINTS) - 1))
def test_the_master_at_one_choice_costs_what_its_cuts_prove_there(x: np.ndarray, is_single: bool, risk: float) -> None:
    one = held(master(risk, is_single=is_single, lower=x, upper=x))
    losses = np.array(proven(one, x))
    mix = losses[0] if is_single else float(weights(losses, SHARES, risk, 0.6) @ losses)
    answer = Solver(one.programme()).solve()
    assert answer.x[:CHOICES] == pytest.approx(x)
    assert answer.objective == pytest.approx(float(stage().cost @ x) + mix)


@pytest.mark.parametrize("risk", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("is_single", [False, True])
def test_the_master_is_the_least_of_all_choices_that_the_rows_allow(is_single: bool, risk: float) -> None:
    one = held(master(risk, is_single=is_single))
    answer = Solver(one.programme()).solve()
    best = answer.x[:CHOICES]
    losses = one.known(best)
    mix = losses[0] if is_single else float(weights(losses, SHARES, risk, 0.6) @ losses)
    assert answer.objective == pytest.approx(float(stage().cost @ best) + mix)
    for a in np.linspace(0, 4, 9):
        for b in np.linspace(-1, 3, 9):
            x = np.array([a, b, 2.0])
            if x[0] + x[1] <= 5 and 2 * x[1] + x[2] >= 1:
                losses = one.known(x)
                mix = losses[0] if is_single else float(weights(losses, SHARES, risk, 0.6) @ losses)
                assert answer.objective <= float(stage().cost @ x) + mix + 1e-9


@pytest.mark.parametrize(
    ("risk", "is_single", "more"), [(0.0, False, (0, 0)), (0.4, False, (4, 5)), (0.4, True, (0, 0))]
)
def test_rows_of_cuts_come_last_in_the_order_in_which_they_were_taken(
    risk: float, is_single: bool, more: tuple[int, int]
) -> None:
    one = held(master(risk, is_single=is_single))
    lp, count = one.programme(), len(one.cuts())
    assert (lp.rows, lp.columns) == (2 + more[0] + count, CHOICES + one.losses + more[1])
    matrix = lp.matrix.toarray()
    free = np.array([1.0, 1.0, 0.0])
    assert matrix[-count:, :CHOICES] == pytest.approx(-one.cuts().slope * free)
    assert lp.row_lower[-count:] == pytest.approx(one.cuts().constant + one.cuts().slope[:, 2] * 2.0)
    assert np.isposinf(lp.row_upper[2:]).all() and lp.row_upper[0] == 5.0 and np.isneginf(lp.row_lower[0])
    assert matrix[-count:, CHOICES : CHOICES + one.losses].tolist() == np.eye(one.losses)[one.cuts().case].tolist()
    assert not matrix[-count:, CHOICES + one.losses :].any() and matrix[:2, :CHOICES].tolist() == [[1, 1, 0], [0, 2, 1]]
    assert lp.col_lower[:CHOICES].tolist() == LOWER.tolist() and lp.col_upper[:CHOICES].tolist() == UPPER.tolist()


def test_a_slope_that_the_solver_would_drop_is_left_out_at_its_worst() -> None:
    """Among slopes of a million two of a billionth are dropped; their cuts are lower by what they could have added."""
    slopes = np.random.default_rng(4).uniform(1e6, 3e6, (40, CHOICES)) * np.array([-1.0, -1.0, 0.0])
    slopes[[0, 7], 1] = 1e-9, -1e-9
    one = master()
    one.first = stage(lower=[0.0, 2e8, 2.0], upper=[4.0, 1e9, 2.0], row_upper=[1e10, np.inf])
    one.lower, one.upper = one.first.lower, one.first.upper
    one.pool.append(Cuts(np.arange(40) % CASES, np.full(40, 7e6), slopes))
    lp = one.programme()
    assert not [at for at in Scaling.negligible(lp) if lp.matrix.indices[at] >= 2]
    got = lp.matrix.toarray()[2:, :2]
    assert np.argwhere(got == 0).tolist() == [[0, 1], [7, 1]]
    assert got[got != 0].tolist() == (-slopes[:, :2])[got != 0].tolist()
    # at its worst a slope that rises adds 0.2, at the lower bound, and one that falls takes 1, at the upper one
    assert (lp.row_lower[2:] - 7e6).tolist() == pytest.approx([0.2, *[0.0] * 6, -1.0, *[0.0] * 32], abs=1e-8)


def test_cuts_are_taken_where_they_raise_a_loss_by_enough() -> None:
    one = held(master(0.4))
    x, before = POINTS[1], len(one.pool)
    known = one.known(x)
    bounds = known + np.array([1.0, 0.5, 0.0, -1.0])
    slopes = sparse.csr_array(np.arange(12.0).reshape(4, 3))
    assert one.add(x, bounds, slopes, known, 0.5) is True
    taken = one.pool[-1]
    assert taken.case.tolist() == [0] and taken.slope.tolist() == [[0.0, 1.0, 2.0]] and not taken.is_single
    assert taken.constant[0] + taken.slope[0] @ x == pytest.approx(bounds[0]) and (taken.risk, taken.alpha) == (
        0.4,
        0.6,
    )
    assert one.known(x).tolist() == pytest.approx([known[0] + 1.0, *known[1:]])
    assert one.add(x, bounds, slopes, one.known(x), 0.5) is False and len(one.pool[-1]) == 0
    assert len(one.pool) == before + 2


def test_a_single_cut_is_on_the_weighted_sum() -> None:
    one = Master(stage(), LOWER, UPPER, SHARES, 0.4, 0.6, True)
    x, bounds = POINTS[2], np.array([3.0, 9.0, 1.0, 7.0])
    slopes = np.random.default_rng(5).normal(size=(4, 3))
    assert one.add(x, bounds, sparse.csr_array(slopes), one.known(x), 0.0) is True
    weight = weights(bounds, SHARES, 0.4, 0.6)
    taken = one.pool[0]
    assert taken.case.tolist() == [0] and taken.is_single and taken.slope[0] == pytest.approx(weight @ slopes)
    assert one.known(x)[0] == pytest.approx(float(weight @ bounds))
    assert one.add(x, bounds, sparse.csr_array(slopes), one.known(x), 1e-9) is False
    assert one.total(x, bounds) == pytest.approx(float(stage().cost @ x + weight @ bounds))


def test_a_few_cases_stand_for_their_blocks_and_keep_their_cuts() -> None:
    one = held(master(0.4))
    few = one.of_few([np.array([0, 1]), np.array([2, 3])], np.array([1, 3]))
    assert few.probability.tolist() == pytest.approx([0.5, 0.5]) and few.losses == 2 and not few.is_single
    assert (few.risk, few.alpha, few.first) == (0.4, 0.6, one.first)
    for x in POINTS:
        assert few.known(x).tolist() == pytest.approx([one.known(x)[1], one.known(x)[3]])
    assert [len(pool) for pool in few.pool] == [int(np.isin(pool.case, [1, 3]).sum()) for pool in one.pool]


def test_cuts_of_an_earlier_search_are_taken_if_they_speak_of_the_same_losses() -> None:
    for is_single in (False, True):
        one = master(0.4, is_single=is_single)
        single = cuts(5, cases=1, is_single=True, risk=0.4, alpha=0.6)
        others = [cuts(5, cases=1, is_single=True, risk=r, alpha=a) for r, a in ((0.5, 0.6), (0.4, 0.7))]
        for given in (single, *others):
            one.take(given)
        assert [pool is single for pool in one.pool] == ([True] if is_single else [])
        many = cuts(6)
        if is_single:
            with pytest.raises(BadInput):
                one.take(many)
        else:
            one.take(many)
            assert one.pool == [many]
    for wrong in (Cuts.none(2), Cuts(np.array([CASES]), np.zeros(1), np.zeros((1, CHOICES)))):
        with pytest.raises(BadInput) as refused:
            master().take(wrong)
        assert refused.value.line() == "portfolio: the cuts are of other choices or cases. Leave them out."
    one = master()
    one.take(Cuts.none(CHOICES))
    assert len(one.cuts()) == 0 and one.cuts().slope.shape == (0, CHOICES)


def test_all_cuts_are_told_in_order() -> None:
    one = held(master(0.4))
    told = one.cuts()
    assert len(told) == 15 and (told.is_single, told.risk, told.alpha) == (False, 0.4, 0.6)
    edges = [0, *np.cumsum([len(pool) for pool in one.pool])]
    for pool, (start, stop) in zip(one.pool, pairwise(edges), strict=True):
        assert told.case[start:stop].tolist() == pool.case.tolist()
        assert told.constant[start:stop].tolist() == pool.constant.tolist()
        assert told.slope[start:stop].tolist() == pool.slope.tolist()
