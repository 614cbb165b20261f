"""Rules for a reserve: published results, limits, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from didymium.errors import BadInput
from didymium.model.stock_rules import (
    days_of_cover,
    disruption_newsvendor,
    implied_value,
    lot_under_disruptions,
    newsvendor,
    price_rise,
    reserve_against,
    reserve_days,
    saved_days,
    strategic_reserve,
)

LEVELS = tuple(3.0 * n for n in range(8))


def _oil(disruption: float) -> np.ndarray:
    """Yearly cost of moving the oil reserve, as the public GAMS library model MARKOV (SEQ=82) states it."""
    rise = np.subtract.outer(LEVELS, LEVELS).T
    found = []
    for lost in (0.0, disruption):
        price = (342 / (110 - lost + 130 - rise)) ** (1 / 0.1)
        loss = 0.25 * (-130 * (price - 34.526) + 342 * (price**0.9 - 34.526**0.9) / 0.9)
        found.append(loss + price * rise + 0.32 * np.array(LEVELS)[None, :])
    found[1] = np.where(rise > 0, np.inf, found[1])  # nothing is bought in a disruption
    return np.array(found)


def test_the_oil_reserve_of_teisberg() -> None:
    policy = strategic_reserve(LEVELS, _oil(11.0), np.array([[0.8, 0.2], [0.5, 0.5]]), discount=0.95)
    assert float(policy.value.mean()) == pytest.approx(2401.577, abs=5e-4)
    assert policy.to.tolist() == [[3, 3, 6, 6, 9, 12, 15, 18], [0, 0, 3, 3, 6, 9, 9, 12]]


def test_no_disruption_leaves_nothing_in_any_rule() -> None:
    policy = strategic_reserve(LEVELS, _oil(11.0), np.array([[1.0, 0.0], [1.0, 0.0]]), discount=0.95)
    level = LEVELS[-1]
    for _ in LEVELS:
        level = policy.to[0, LEVELS.index(level)]
    assert level == 0.0
    assert reserve_days(rate=0.0, years=1.0, value=1e6, holding=1.0) == 0.0
    assert disruption_newsvendor(2000, fails=0.0, recovers=0.25, holding=0.25, penalty=3) == 2000  # the period's own
    assert reserve_against(np.zeros(100), value=1e6, holding=1.0) == (0.0, 0.0)


def test_the_published_closed_forms() -> None:
    """Snyder & Shen 2019, examples of chapters 4 and 9."""
    assert newsvendor(50, 8, holding=0.18, penalty=0.70) == pytest.approx(56.603956, abs=5e-7)
    assert disruption_newsvendor(2000, fails=0.04, recovers=0.25, holding=0.25, penalty=3) == 8000
    lot = lot_under_disruptions(1300, order_cost=8, holding=0.225, penalty=5, fails=1.5, recovers=14)
    assert lot.size == pytest.approx(772.81, abs=5e-3)
    assert lot.cost == pytest.approx(173.9500, abs=5e-5)


def test_short_periods_lead_to_the_reserve_without_steps() -> None:
    rate, years, value, holding = 0.2, 0.5, 900.0, 6.0
    steps = 20_000  # periods a year
    stock = disruption_newsvendor(
        365 / steps,
        fails=rate / steps,
        recovers=1 / (years * steps),
        holding=holding / steps,
        penalty=value / years / steps,
    )
    found = float(reserve_days(rate=rate, years=years, value=value, holding=holding))
    h_beside_p = 365 * years * np.log1p(holding * years / value)  # the part of (p + h) / h that the reserve leaves out
    assert stock == pytest.approx(found + h_beside_p, abs=2.5 * 365 / steps)


POSITIVE = st.floats(0.01, 100.0)


@given(rate=st.floats(0, 2), years=st.floats(0.05, 3), value=st.floats(1, 1e5), holding=POSITIVE, more=POSITIVE)
def test_the_reserve_rises_with_value_and_risk_and_falls_with_cost(
    rate: float, years: float, value: float, holding: float, more: float
) -> None:
    def days(rate: float = rate, value: float = value, holding: float = holding) -> float:
        return float(reserve_days(rate=rate, years=years, value=value, holding=holding))

    assert days(value=value + more) >= days()
    assert days(rate=rate + more) >= days()
    assert days(holding=holding + more) <= days()


@given(rate=st.floats(0.01, 2), years=st.floats(0.05, 3), holding=POSITIVE, days=st.floats(1, 1000))
def test_the_implied_value_gives_the_days_back(rate: float, years: float, holding: float, days: float) -> None:
    value = implied_value(days, rate=rate, years=years, holding=holding)
    assert float(reserve_days(rate=rate, years=years, value=value, holding=holding)) == pytest.approx(days, rel=1e-6)


@given(
    rate=st.floats(0.01, 2), years=st.floats(0.05, 3), value=st.floats(1, 1e4), holding=POSITIVE, off=st.floats(0, 500)
)
def test_no_other_reserve_nets_more(rate: float, years: float, value: float, holding: float, off: float) -> None:
    def net(days: float) -> float:
        return value * float(saved_days(days, rate=rate, years=years)) - holding * days

    best = float(reserve_days(rate=rate, years=years, value=value, holding=holding))
    assert net(best) >= net(off) - 1e-9 * value * 365


@given(st.integers(0, 2**31 - 1), st.floats(0, 1), st.floats(1, 1000))
def test_a_pool_costs_no_more_than_its_parts(seed: int, common: float, value: float) -> None:
    rng = np.random.default_rng(seed)
    first = 100 * rng.exponential(0.5, 500) * (rng.random(500) < 0.3)
    other = 40 * rng.exponential(0.5, 500) * (rng.random(500) < 0.3)
    second = np.where(rng.random(500) < common, 0.4 * first, other)
    apart = [reserve_against(each, value=value, holding=5.0) for each in (first, second)]
    pooled = reserve_against(first + second, value=value, holding=5.0)
    assert pooled.cost <= sum(each.cost for each in apart) + 1e-9
    best = min(
        5.0 * s + value * float(np.maximum(first + second - s, 0).mean()) for s in np.append(first + second, 0.0)
    )
    assert pooled.cost == pytest.approx(best, rel=1e-9)


def test_cover_and_price() -> None:
    assert days_of_cover([60, 180], 365.0).tolist() == [60.0, 180.0]
    assert float(price_rise(0.0, supply_elasticity=0.1, demand_elasticity=-0.1)) == 0.0


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(BadInput, match="chances of"):
        disruption_newsvendor(1, fails=0.1, recovers=0.0, holding=1, penalty=1)
    with pytest.raises(BadInput, match="do not fit"):
        strategic_reserve(LEVELS[:3], _oil(1.0), np.eye(2), discount=0.9)
    with pytest.raises(BadInput, match="add up"):
        strategic_reserve(LEVELS, _oil(1.0), np.ones((2, 2)), discount=0.9)
