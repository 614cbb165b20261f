"""Present values and rates of return: closed forms, and a library's answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from didymium.finance.returns import annuity, irr, irr_or_loss, npv, payback


def test_a_bond_at_par_yields_its_coupon() -> None:
    flows = np.array([[-100.0, *([7.0] * 9), 107.0]])
    assert irr(flows).rate[0] == pytest.approx(0.07, abs=1e-12)
    assert npv(flows, 0.07)[0] == pytest.approx(0.0, abs=1e-9)


def test_an_annuity_is_its_sum() -> None:
    assert annuity(0.05, 12) == pytest.approx(sum(1.05**-k for k in range(1, 13)), rel=1e-14)
    assert annuity(0.0, 12) == 12.0


@given(st.lists(st.floats(5.0, 80.0), min_size=3, max_size=25), st.floats(20.0, 400.0))
def test_rates_are_those_of_a_library(gains: list[float], spent: float) -> None:
    import numpy_financial

    flows = np.array([[-spent, *gains]])
    theirs = float(numpy_financial.irr(flows[0]))
    ours = irr(flows).rate[0]
    if -0.45 < theirs < 9.0:
        assert ours == pytest.approx(theirs, abs=1e-7)


def test_flows_with_two_rates_have_no_unique_one() -> None:
    two_roots = np.array([[-100.0, 230.0, -132.0]])  # 10 % and 20 %
    assert npv(two_roots, 0.1)[0] == pytest.approx(0, abs=1e-9)
    assert npv(two_roots, 0.2)[0] == pytest.approx(0, abs=1e-9)
    assert not irr(two_roots).is_unique[0]


def test_flows_that_never_turn_have_none() -> None:
    assert not irr(np.array([[-5.0, -1.0, -2.0], [1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])).is_unique.any()


def test_a_clean_up_at_the_end_keeps_one_rate() -> None:
    """The running total changes sign once: Norstrom's criterion, where Descartes' does not tell."""
    flows = np.array([[-100.0, 60.0, 60.0, 60.0, -20.0]])
    rate = irr(flows).rate[0]
    assert npv(flows, float(rate))[0] == pytest.approx(0.0, abs=1e-8) and rate > 0.3


def test_a_loss_has_a_negative_rate() -> None:
    assert irr(np.array([[-100.0, 50.0, 25.0]])).rate[0] == pytest.approx(-0.1910, abs=1e-3)


def test_payback_counts_parts_of_years() -> None:
    got = payback(np.array([[-100.0, 40.0, 40.0, 40.0], [-100.0, 10.0, 10.0, 10.0], [5.0, 1.0, 1.0, 1.0]]))
    assert got[0] == pytest.approx(2.5) and np.isnan(got[1]) and got[2] == 0.0


def test_a_path_that_only_loses_counts_as_all_lost() -> None:
    got = irr_or_loss(np.array([[-5.0, -1.0, -2.0], [-100.0, 230.0, -132.0], [-100.0, 110.0, 0.0]]))
    assert got[0] == -1.0 and np.isnan(got[1]) and got[2] == pytest.approx(0.1)
