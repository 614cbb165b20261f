"""Concentration: known answers and laws."""

from __future__ import annotations

import doctest
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from didymium.errors import BadInput
from didymium.model import concentration as c

tonnes = st.floats(min_value=1e-3, max_value=1e10)
supplies = st.lists(tonnes, min_size=1, max_size=12)


def test_the_examples_in_the_module_run() -> None:
    assert doctest.testmod(c).failed == 0


def test_known_answers() -> None:
    assert c.hhi([0.5, 0.3, 0.2]) == pytest.approx(0.38, rel=1e-12)
    assert c.governance_weighted_hhi([0.5, 0.3, 0.2], [0.6, 0.4, 0.2]) == pytest.approx(0.194, rel=1e-12)
    assert c.hhi([7.0]) == 1.0
    assert c.hhi_10000(1.0) == 10_000.0


@pytest.mark.parametrize("n", [1, 2, 5, 40])
def test_n_equal_suppliers_have_an_index_of_one_over_n(n: int) -> None:
    assert c.hhi([3.5] * n) == pytest.approx(1 / n, rel=1e-12)


def test_coal_sized_integers_do_not_overflow() -> None:
    assert 0 < c.hhi(np.array([4_300_000_000, 1_000_000_000, 900_000_000])) <= 1


@given(supplies)
def test_index_lies_between_one_over_n_and_one(q: list[float]) -> None:
    assert 1 / len(q) - 1e-12 <= c.hhi(q) <= 1 + 1e-12


@given(supplies, st.floats(min_value=1e-6, max_value=1e6))
def test_unit_does_not_matter(q: list[float], factor: float) -> None:
    assert c.hhi([x * factor for x in q]) == pytest.approx(c.hhi(q), rel=1e-9)


@given(supplies, st.randoms())
def test_names_and_order_of_suppliers_do_not_matter(q: list[float], random: object) -> None:
    mixed = list(q)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert c.hhi(mixed) == pytest.approx(c.hhi(q), rel=1e-9)


@given(st.integers(min_value=1, max_value=30), tonnes)
def test_one_more_equal_supplier_lowers_the_index(n: int, each: float) -> None:
    assert c.hhi([each] * (n + 1)) < c.hhi([each] * n)


@given(supplies, st.floats(min_value=0.0, max_value=1e10))
def test_bounds_enclose_every_split_of_the_rest_that_they_allow(q: list[float], rest: float) -> None:
    least, most = c.hhi_bounds(q, rest)
    assert least <= most <= 1 + 1e-9
    pieces = max(1, math.ceil(rest / min(q)))
    if rest > 0 and pieces <= 1000:
        split = c.hhi([*q, *[rest / pieces] * pieces])
        assert least - 1e-9 <= split <= most + 1e-9


def test_bounds_with_no_named_supplier_say_nothing() -> None:
    assert c.hhi_bounds([], 5.0) == (0.0, 1.0)


def test_negative_or_empty_supply_is_refused() -> None:
    for bad in ([], [0.0], [1.0, -1.0], [math.nan]):
        with pytest.raises(BadInput):
            c.shares(bad)


def test_a_supplier_without_governance_score_is_refused_not_guessed() -> None:
    with pytest.raises(BadInput):
        c.governance_weighted_hhi([1, 1], [0.4, math.nan])
    with pytest.raises(BadInput):
        c.governance_weighted_hhi([1, 1], [0.4])


def test_the_error_of_governance_scores_carries_over() -> None:
    # one supplier: s = 1, so the error is that of its risk, 0.2 of 5
    assert c.governance_weighted_hhi_error([7.0], 0.2) == pytest.approx(0.04)
    assert c.governance_weighted_hhi_error([1, 1], [0.2, 0.0]) == pytest.approx(0.25 * 0.04)


def test_draws_have_the_median_and_spread_that_they_claim() -> None:
    drawn = c.lognormal_draws([100.0, 0.0], [0.2, 0.2], draws=40_000, seed=3)
    assert np.median(drawn[:, 0]) == pytest.approx(100.0, rel=0.01)
    # 10 % and 90 % points of exp(0.2 z), z = ∓1.2815515655
    low, high = c.interval(drawn[:, 0])
    assert low == pytest.approx(100 * math.exp(-0.2 * 1.2815515655), rel=0.01)
    assert high == pytest.approx(100 * math.exp(0.2 * 1.2815515655), rel=0.01)
    assert (drawn[:, 1] == 0).all()


def test_the_seed_fixes_the_draws() -> None:
    one, same, other = (
        c.concentration([5, 3], [0.3, 0.3], rest=1, rest_sigma=0.3, draws=50, seed=s) for s in (1, 1, 2)
    )
    assert one == same
    assert one != other


def test_certain_quantities_without_a_rest_have_no_interval() -> None:
    got = c.concentration([50, 30, 20], [0, 0, 0], draws=20, seed=0)
    assert (got.hhi_p10, got.hhi, got.hhi_p90) == pytest.approx((0.38, 0.38, 0.38))
    for drawn in (got.shares_p10, got.shares_p90):
        assert drawn == pytest.approx(got.shares, rel=1e-12)


def test_a_monopoly_stays_one_however_uncertain_its_tonnage() -> None:
    got = c.concentration([2_280], [0.5], draws=100, seed=0)
    assert (got.hhi_p10, got.hhi, got.hhi_p90) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("unit", [1.0, 1e6])
def test_the_reported_value_of_a_leading_supplier_lies_in_its_interval(unit: float) -> None:
    got = c.concentration([90 * unit, 6 * unit], [0.2, 0.2], rest=4 * unit, rest_sigma=0.2, draws=2_000, seed=5)
    assert got.hhi_p10 < got.hhi < got.hhi_p90
    for low, mid, high in zip(got.shares_p10, got.shares, got.shares_p90, strict=True):
        assert low < mid < high
    assert sum(got.shares) + got.rest_share == pytest.approx(1.0)


def test_equal_suppliers_are_never_less_concentrated_than_reported() -> None:
    # equal shares are the least value of the index: errors can only raise it, and the interval says so
    got = c.concentration([1, 1, 1, 1], [0.3] * 4, draws=200, seed=5)
    assert got.hhi == 0.25
    assert got.hhi_p10 > 0.25
