"""Scrap: closed forms, conservation and the laws that any stock of goods in use obeys."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import weibull_min

from didymium.errors import BadInput
from didymium.model.scrap import new_scrap, recover, stock, survival

LIVES = st.floats(0.3, 40.0)
SHAPES = st.floats(0.8, 6.0)
SHARES = st.floats(0.0, 1.0)
INFLOWS = st.lists(st.floats(0.0, 1e5), min_size=1, max_size=60)


def test_steady_stock_is_inflow_times_mean_life() -> None:
    held = stock(np.ones(60), mean_life=0.8, shape=2.0)
    assert held.in_use[-1] == pytest.approx(0.8, rel=1e-12)
    assert held.end_of_life[-1] == pytest.approx(1.0, rel=1e-12)


def test_survival_agrees_with_quadrature_of_scipys_weibull() -> None:
    nodes, weights = np.polynomial.legendre.leggauss(20)
    scale = 12.0 / weibull_min.mean(2.4)
    ages = np.arange(40)[:, None] + (nodes + 1.0) / 2.0
    expected = weibull_min.sf(ages, 2.4, scale=scale) @ weights / 2.0
    np.testing.assert_allclose(survival(40, 12.0, 2.4), expected, atol=1e-10)


def test_exponential_life_by_hand() -> None:
    # Shape 1 and mean 1: of the cohort 1 - 1/e is left at the end of its own year, that over e a year later.
    first = 1.0 - np.exp(-1.0)
    np.testing.assert_allclose(survival(2, 1.0, 1.0), [first, first / np.e], rtol=1e-12)


@given(INFLOWS, LIVES, SHAPES)
def test_what_enters_stays_or_leaves(inflow: list[float], life: float, shape: float) -> None:
    held = stock(inflow, life, shape)
    before = np.concatenate([[0.0], held.in_use[:-1]])
    residual = before + inflow - held.end_of_life - held.in_use
    assert np.abs(residual).max() <= 1e-12 * max(1.0, sum(inflow))
    assert held.end_of_life.min() >= -1e-12 * max(1.0, sum(inflow))


@given(INFLOWS, LIVES, SHAPES, st.floats(1.0, 3.0))
def test_longer_life_never_lowers_the_stock(inflow: list[float], life: float, shape: float, longer: float) -> None:
    slack = 1e-9 * max(1.0, sum(inflow))
    short, long = stock(inflow, life, shape), stock(inflow, life * longer, shape)
    assert np.all(long.in_use >= short.in_use - slack)
    assert np.all(np.cumsum(long.end_of_life) <= np.cumsum(short.end_of_life) + slack)


def test_sectors_in_columns_add_up_to_their_sum() -> None:
    sectors = np.random.default_rng(7).uniform(0.0, 100.0, (30, 4))
    apart, together = stock(sectors, 9.0, 2.0), stock(sectors.sum(axis=1), 9.0, 2.0)
    np.testing.assert_allclose(apart.end_of_life.sum(axis=1), together.end_of_life, rtol=1e-12)


@given(st.floats(0.0, 1e6), SHARES, SHARES, SHARES)
def test_scrap_is_conserved(scrap: float, collection: float, leakage: float, recovery: float) -> None:
    found = recover(scrap, collection, leakage, recovery)
    parts = found.uncollected + found.exported + found.recovered + found.lost
    assert parts == pytest.approx(scrap, rel=1e-12, abs=1e-12)


@given(SHARES, SHARES, SHARES, SHARES)
def test_more_collection_never_recovers_less(one: float, other: float, leakage: float, recovery: float) -> None:
    low, high = sorted((one, other))
    less, more = recover(100.0, low, leakage, recovery), recover(100.0, high, leakage, recovery)
    assert more.recovered >= less.recovered - 1e-12


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_outside_its_range_is_refused(share: float) -> None:
    with pytest.raises(BadInput, match="between 0 and 1"):
        recover(1.0, 0.5, share, 0.5)


def test_impossible_lives_losses_and_inflows_are_refused() -> None:
    with pytest.raises(BadInput, match="above 0"):
        survival(3, 0.0, 2.0)
    with pytest.raises(BadInput, match="above 0"):
        survival(3, 1.0, -1.0)
    with pytest.raises(BadInput, match="below 1"):
        new_scrap(1.0, 1.0)
    with pytest.raises(BadInput, match="known amount"):
        stock([1.0, float("nan")], 1.0, 2.0)
