"""Present values and rates of return: closed forms, and a library's answers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from didymium.finance.returns import HIGHEST, LOWEST, annuity, discount, irr, irr_or_loss, npv, payback


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


MANY = np.random.default_rng(8).normal(0.0, 10.0, (60, 7)) * np.array([3.0, 1, 1, 1, 1, 1, 1])
MANY[::5, 2] = 0.0
MANY[1::5, 0] = 0.0


def changes(row: list[float]) -> int:
    signs = [value > 0 for value in row if value != 0]
    return sum(a != b for a, b in itertools.pairwise(signs))


@pytest.mark.parametrize("row", range(60))
def test_a_rate_among_many_is_that_of_the_row_alone(row: int) -> None:
    flows = MANY[row].tolist()
    got = irr(MANY).rate[row]
    worth = {rate: sum(flow / (1 + rate) ** year for year, flow in enumerate(flows)) for rate in (LOWEST, 0.0, HIGHEST)}
    simple, running = changes(flows) == 1, changes(np.cumsum(flows).tolist()) == 1
    lowest = LOWEST if simple else 0.0
    assert np.isnan(got) == (not ((simple or running) and worth[lowest] * worth[HIGHEST] < 0))
    if not np.isnan(got):
        assert sum(flow / (1 + got) ** year for year, flow in enumerate(flows)) == pytest.approx(0, abs=1e-7)
        assert lowest < got < HIGHEST
    assert irr(MANY[row : row + 1]).rate[0] == pytest.approx(got, nan_ok=True)
    never = max(np.cumsum(flows)) <= 0
    assert irr_or_loss(MANY)[row] == pytest.approx(-1.0 if np.isnan(got) and never else got, nan_ok=True)


@pytest.mark.parametrize("row", range(60))
def test_payback_among_many_is_counted_by_hand(row: int) -> None:
    total, want = 0.0, 0.0
    for year, flow in enumerate(MANY[row].tolist()):
        before, total = total, total + flow
        if total < 0:
            want = float("nan")
        elif np.isnan(want):
            want = year - 1 - before / flow
    assert payback(MANY)[row] == pytest.approx(want, nan_ok=True)


def test_values_are_discounted_from_year_zero() -> None:
    assert discount(0.25, 3).tolist() == pytest.approx([1.0, 0.8, 0.64])
    assert npv(MANY, 0.25)[4] == pytest.approx(sum(flow / 1.25**year for year, flow in enumerate(MANY[4])))
    assert npv(MANY[4], 0.0) == pytest.approx(MANY[4].sum())
    assert annuity(0.5, 2) == pytest.approx(1 / 1.5 + 1 / 2.25) and annuity(-0.1, 2) == pytest.approx(
        1 / 0.9 + 1 / 0.81
    )
