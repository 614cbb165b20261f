"""Credit subsidies, tails and floors against printed values and closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from didymium.finance.options import black_call, black_put, reverting_variance, two_way
from didymium.finance.public_cost import loan_subsidy, public_cost, shared, tail_mean


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
