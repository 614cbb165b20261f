"""Credit subsidies, tails and floors against printed values and closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from didymium.finance.options import black_call, black_put, reverting_variance, two_way
from didymium.finance.public_cost import cost_of, loan_subsidy, public_cost, shared, tail_mean


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"rate": 0.045}, 0.0),
        ({"rate": 0.02}, 0.1191046),
        ({"rate": 0.045, "default": 0.03, "recovery": 0.4}, 0.0874231),
        ({"rate": 0.045, "default": 0.03, "recovery": 1.0, "accrues": True}, 0.0),
    ],
)
def test_subsidy_of_a_loan(terms: dict[str, float], expected: float) -> None:
    """Ten years, Treasury at 4.5 %: values recomputed from OMB A-11 section 185."""
    assert loan_subsidy(100.0, 10, treasury=0.045, **terms) == pytest.approx(expected, abs=5e-8)


def test_tail_of_ten_losses() -> None:
    losses = np.arange(1.0, 11.0)
    assert tail_mean(losses, 0.8) == pytest.approx(9.5)
    assert tail_mean(losses, 0.85) == pytest.approx(9.6667, abs=5e-5)
    assert tail_mean(losses, 0.0) == pytest.approx(5.5)
    assert tail_mean(losses, 1.0) == 10.0


def test_a_floor_is_a_put() -> None:
    put = black_put(60, 110, 0.35, 5, 0.04)
    call = black_call(60, 110, 0.35, 5, 0.04)
    assert put == pytest.approx(47.195268, abs=5e-7)
    assert put - call == pytest.approx(40.936538, abs=5e-7)
    assert two_way(60, 110, 5, 0.04) == pytest.approx(put - call, rel=1e-12)
    assert black_put(60, 110, 0.0, 5, 0.04) == pytest.approx(40.936538, abs=5e-7)


def test_variance_of_a_price_that_reverts() -> None:
    assert reverting_variance(0.3, 0.0, 4) == pytest.approx(0.36)
    assert reverting_variance(0.3, 1e-9, 4) == pytest.approx(0.36, rel=1e-6)
    assert reverting_variance(0.3, 0.5, 1e6) == pytest.approx(0.09)


def test_recovery_first_then_ninety_to_ten() -> None:
    assert shared(100.0, 100.0, before=0.5, after=0.1) == (50.0, 50.0)
    assert shared(200.0, 100.0, before=0.5, after=0.1) == (100.0, 100.0)
    assert shared(300.0, 100.0, before=0.5, after=0.1) == (110.0, 190.0)


def test_cost_of_a_sure_outlay() -> None:
    flows = np.tile([-10.0, 0.0, -10.0], (5, 1))
    cost = public_cost(flows, 20.0, rate=0.1)
    assert cost.expected == pytest.approx(10 + 10 / 1.21) and cost.tail == pytest.approx(cost.expected)
    assert cost.standard_error == pytest.approx(0, abs=1e-12) and cost.exposure == 20.0


def test_the_tail_is_filled_from_the_worst_loss_down() -> None:
    losses = np.random.default_rng(1).normal(size=23)
    for alpha in (0.0, 0.3, 0.5, 0.91, 0.95, 0.99):
        room, total = (1 - alpha) * 23, 0.0
        for loss in sorted(losses.tolist(), reverse=True):
            part = min(room, 1.0)
            total, room = total + part * loss, room - part
        assert tail_mean(losses, alpha) == pytest.approx(total / ((1 - alpha) * 23)), alpha
    assert tail_mean(losses, 1.0) == tail_mean(losses, 1.5) == losses.max()


def test_what_a_cost_says_of_its_paths() -> None:
    costs = np.array([4.0, -1.0, 7.0, 2.0, 8.0, 0.0])
    got = cost_of(costs, 12.5, alpha=0.5)
    assert (got.expected, got.exposure) == (pytest.approx(20 / 6), 12.5)
    assert got.tail == pytest.approx((8 + 7 + 4) / 3)
    spread = sum((one - 20 / 6) ** 2 for one in costs.tolist()) / 5
    assert got.standard_error == pytest.approx((spread / 6) ** 0.5)
    assert (got.p10, got.p90) == (pytest.approx(-0.5), pytest.approx(7.5))
    assert cost_of(costs[:1], 0.0).standard_error == 0.0 and cost_of(costs[:2], 0.0).standard_error == pytest.approx(
        2.5
    )
    assert cost_of(costs, 0.0).tail == 8.0 and cost_of(costs, 0.0) == cost_of(costs, 0.0, alpha=0.95)
    flows = np.array([[-1.0, 2.0], [3.0, -4.0]])
    assert public_cost(flows, 0.0, rate=0.25).expected == pytest.approx(((1 - 1.6) + (-3 + 3.2)) / 2)


@pytest.mark.parametrize("accrues", [True, False])
@pytest.mark.parametrize(("default", "recovery", "fee"), [(0.0, 0.5, 0.02), (0.1, 0.3, 0.01), (0.25, 0.0, 0.0)])
def test_a_subsidy_is_the_face_less_what_comes_back(default: float, recovery: float, fee: float, accrues: bool) -> None:
    """Year by year: 1,000 lent for four years at 6 %, counted at 4 %."""
    payment = 1000 * 0.06 / (1 - 1.06**-4)
    owed, performing, back = 1000.0, 1.0, fee * 1000
    for year in (1, 2, 3, 4):
        lost = performing * default
        performing -= lost
        claim = owed * 1.06 if accrues else owed
        back += (performing * payment + lost * recovery * claim) / 1.04**year
        owed = owed * 1.06 - payment
    assert owed == pytest.approx(0, abs=1e-9)
    terms = {"default": default, "recovery": recovery, "fee": fee}
    got = loan_subsidy(1000.0, 4, rate=0.06, treasury=0.04, accrues=accrues, **terms)
    assert got == pytest.approx(1 - back / 1000)


def test_a_split_before_and_after_the_stake_is_back() -> None:
    assert shared(30.0, 100.0, before=0.25, after=0.1) == (7.5, 22.5)
    assert shared(400.0, 100.0, before=0.25, after=0.1) == (100.0, 300.0)
    assert shared(500.0, 100.0, before=0.25, after=0.1) == (110.0, 390.0)
    assert shared(0.0, 100.0, before=0.5, after=0.1) == (0.0, 0.0)
