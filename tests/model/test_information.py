"""Value of information: closed cases."""

from __future__ import annotations

import numpy as np
import pytest

from didymium.model.information import worth


def test_one_sure_item_and_one_even_on_0_to_1_9() -> None:
    """E[max(1, x)] − 1 = ∫ from 1 to 1.9 of (x − 1)/1.9 dx = 0.81/3.8; the other stands first in 9 of 19 cases."""
    x = np.random.default_rng(1).uniform(0, 1.9, 100_000)
    found = worth(np.column_stack([np.full_like(x, 1.0), x]), x, bins=38)
    assert found.evppi == pytest.approx(0.81 / 3.8, abs=0.004)
    assert found.change_share == pytest.approx(9 / 19, abs=1 / 38)
    assert found.variance_share == 0.0 and found.mostly == 1


def test_two_equal_coins_are_worth_half_each() -> None:
    """Items a and b are 0 or 1. Knowing a alone: ½·1 + ½·½ = 3/4 against 1/2 without."""
    rng = np.random.default_rng(2)
    a, b = rng.integers(0, 2, (2, 100_000)).astype(float)
    found = worth(np.column_stack([a, b]), a)
    assert found.evppi == pytest.approx(0.25, abs=0.01)


def test_an_input_of_no_bearing_is_worth_nothing() -> None:
    rng = np.random.default_rng(3)
    scores = np.column_stack([rng.normal(1.0, 0.5, 4_000), rng.normal(0.9, 0.5, 4_000)])
    found = worth(scores, rng.normal(size=4_000))
    assert found.evppi < 0.005 and found.variance_share < 0.005
    assert worth(scores, np.zeros(4_000)) == worth(scores[:3], np.arange(3.0)).__class__(0.0, 0.0, 0.0, None)


def test_information_is_never_harmful_and_full_information_explains_all() -> None:
    rng = np.random.default_rng(5)
    for _ in range(50):
        scores = rng.normal(size=(400, 3)) * rng.uniform(0.1, 3, 3)
        known = scores[:, int(rng.integers(3))]
        found = worth(scores, known, shuffles=0)
        assert found.evppi >= 0 and 0 <= found.change_share <= 1 and 0 <= found.variance_share <= 1
    x = rng.normal(size=5_000) + 10
    assert worth(np.column_stack([x, np.zeros_like(x)]), x).variance_share > 0.9
