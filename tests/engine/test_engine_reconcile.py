from __future__ import annotations

import time

import numpy as np
import pytest
from engine_networks import INF
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from didymium.engine import InfeasibleProgramme, reconcile
from didymium.errors import BadInput

SUM = np.array([[1.0, -1.0, -1.0]])


def test_identity_of_three_flows():
    """methods.md section 8: x* = x - QAᵀ(AQAᵀ)⁻¹Ax by hand."""
    r = reconcile([100, 50, 40], [10, 5, 5], SUM, sd=True)
    assert r.value == pytest.approx([280 / 3, 155 / 3, 125 / 3], abs=1e-9)
    assert r.sd == pytest.approx([10 / 3**0.5, (125 / 6) ** 0.5, (125 / 6) ** 0.5], abs=1e-9)
    assert r.adjustment == pytest.approx([-20 / 3, 5 / 3, 5 / 3], abs=1e-9)
    assert r.score == pytest.approx([-2 / 3, 1 / 3, 1 / 3], abs=1e-9)
    assert r.chi2 == pytest.approx(2 / 3, abs=1e-9)
    assert r.degrees == 1
    assert r.residual <= 1e-9
    assert not r.at_bound.any()


def test_no_flow_becomes_negative():
    # Without bounds the third would be 1 - 11/3; at zero the other two meet in the middle.
    r = reconcile([10, 20, 1], [1, 1, 1], SUM)
    assert r.value == pytest.approx([15, 15, 0], abs=1e-9)
    assert r.value[2] == 0.0
    assert r.at_bound.tolist() == [False, False, True]
    assert r.chi2 == pytest.approx(51.0, abs=1e-7)


def test_upper_bound_and_exact_value():
    r = reconcile([10, 6, 6], [1, 1, 1], SUM, upper=[INF, 5.0, INF])
    assert r.value == pytest.approx([10.5, 5, 5.5], abs=1e-9)
    exact = reconcile([10, 6, 6], [1, 1, 1], SUM, lower=[0, 6, 0], upper=[INF, 6, INF])
    assert exact.value == pytest.approx([11, 6, 5], abs=1e-9)
    assert exact.value[1] == 6.0
    assert exact.at_bound[1]


def test_right_hand_side_and_balanced_data():
    r = reconcile([10, 4, 3], [1, 2, 3], SUM, rhs=[3.0])
    assert r.value == pytest.approx([10, 4, 3], abs=1e-9)
    assert r.chi2 == pytest.approx(0.0, abs=1e-12)


def test_unknown_value_follows_from_the_balance():
    r = reconcile([np.nan, 50, 40], [np.nan, 5, 5], SUM, sd=True)
    assert r.value == pytest.approx([90, 50, 40], abs=1e-7)
    assert np.isnan(r.adjustment[0])
    assert np.isnan(r.score[0])
    assert r.degrees == 0
    assert r.sd == pytest.approx([50**0.5, 5, 5], rel=1e-9)


def test_values_that_nothing_determines():
    free = reconcile([100, np.nan, np.nan], [1, 1, 1], SUM, sd=True)
    assert free.value[0] == pytest.approx(100, abs=1e-6)
    assert free.value[1] + free.value[2] == pytest.approx(free.value[0], rel=1e-12)
    assert np.isinf(free.sd[1:]).all()
    assert free.sd[0] == pytest.approx(1.0)
    pulled = reconcile([100, np.nan, np.nan], [1, 1, 1], SUM, unknown_sigma=1e4)
    assert pulled.value == pytest.approx([100, 50, 50], abs=1e-3)


def test_sigma_of_unknown_values_has_the_weight_it_says():
    # One unknown y = x: (x - 10)² / 2² + x² / 4² is least at 8; only the observation counts in chi2.
    r = reconcile([10, np.nan], [2.0, np.nan], np.array([[1.0, -1.0]]), unknown_sigma=4.0, sd=True)
    assert r.value == pytest.approx([8, 8], abs=1e-7)
    assert r.chi2 == pytest.approx(1.0, abs=1e-7)
    assert r.degrees == 0
    assert r.sd == pytest.approx([(16 / 5) ** 0.5] * 2, rel=1e-9)


def test_redundant_balances_count_once():
    twice = np.vstack([SUM, 2 * SUM])
    r = reconcile([100, 50, 40], [10, 5, 5], twice, sd=True)
    assert r.value == pytest.approx([280 / 3, 155 / 3, 125 / 3], abs=1e-9)
    assert r.degrees == 1
    closed = np.array([[1.0, -1, 0], [0, 1, -1], [-1, 0, 1]])
    assert reconcile([3, 4, 5], [1, 1, 1], closed).degrees == 2


def test_contradiction_is_explained():
    with pytest.raises(InfeasibleProgramme) as caught:
        reconcile([1, 1, 1], [1, 1, 1], SUM, lower=[0, 2, 0], upper=[1, 5, 5])
    (violation,) = caught.value.violations
    assert (violation.kind, violation.index) == ("column", 1)
    assert violation.amount == pytest.approx(-1.0)


def test_contradiction_among_exact_values_is_explained():
    with pytest.raises(InfeasibleProgramme):
        reconcile([10, 4, 4], [1, 1, 1], SUM, lower=[10, 4, 4], upper=[10, 4, 4])


@pytest.mark.parametrize(
    ("estimate", "sigma", "fault"),
    [
        ([1, 2, 3], [1, 0, 1], "estimate 1 is 2.0 with sigma 0.0"),
        ([1, 2, 3], [1, -1, 1], "estimate 1 is 2.0 with sigma -1.0"),
        ([1, INF, 3], [1, 1, 1], "estimate 1 is inf"),
        ([1, 2, 3], [1, 1, np.nan], "estimate 2 is 3.0 with sigma nan"),
        ([1, 2, 3], [1, 1, INF], "estimate 2 is 3.0 with sigma inf"),
    ],
)
def test_bad_estimates_are_refused(estimate, sigma, fault):
    with pytest.raises(BadInput) as caught:
        reconcile(estimate, sigma, SUM)
    assert fault in str(caught.value)


def test_bad_settings_are_refused():
    with pytest.raises(BadInput, match="unknown_sigma is 0"):
        reconcile([1, 2, 3], [1, 1, 1], SUM, unknown_sigma=0.0)
    with pytest.raises(BadInput, match="standard deviations are wanted for 1500 values"):
        reconcile(np.ones(1500), 1.0, sparse.csc_array((1, 1500)), sd=True)


def flows(seed, places, count, unknown=0.0, spread=1.5):
    """Random flows between places whose true values balance, observed with errors of their sigma."""
    rng = np.random.default_rng(seed)
    start = rng.integers(0, places, count)
    end = (start + rng.integers(1, places, count)) % places
    each = np.arange(count)
    matrix = sparse.coo_array(
        (np.r_[rng.uniform(0.3, 1.0, count), -np.ones(count)], (np.r_[end, start], np.r_[each, each])),
        shape=(places, count),
    ).tocsc()
    true = rng.lognormal(3, spread, count)
    sigma = true * rng.choice([0.05, 0.15, 0.35], count)
    estimate = true + sigma * rng.standard_normal(count)
    estimate[rng.random(count) < unknown] = np.nan
    return estimate, sigma, matrix, matrix @ true


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(2, 12), st.integers(3, 40), st.sampled_from([0.0, 0.3]))
def test_answer_satisfies_the_optimality_conditions(seed, places, count, unknown):
    estimate, sigma, matrix, rhs = flows(seed, places, count, unknown)
    r = reconcile(estimate, sigma, matrix, rhs)
    assert r.residual <= 1e-9
    assert r.value.min() >= 0
    # Gradient = Aᵀλ on values inside their bounds, and ≥ Aᵀλ on those at zero, in units of sigma.
    known = ~np.isnan(estimate)
    unit = np.where(known, sigma, np.exp(np.log(sigma[known]).mean()) if known.any() else 1.0)
    gradient = np.where(known, np.nan_to_num(r.score), 0.0)
    scaled = (matrix.toarray() * unit).T
    inside = ~r.at_bound
    lam, *_ = np.linalg.lstsq(scaled[inside], gradient[inside], rcond=1e-10)
    size = 1 + np.abs(gradient).max()
    assert np.abs(scaled[inside] @ lam - gradient[inside]).max(initial=0.0) <= 1e-6 * size
    if np.linalg.matrix_rank(scaled[inside]) == np.linalg.matrix_rank(scaled):
        assert (gradient - scaled @ lam)[r.at_bound].min(initial=0.0) >= -1e-6 * size


def test_interior_point_that_circles_is_helped_out():
    r = reconcile(*flows(3628, 2, 5, unknown=0.3))
    assert r.residual <= 1e-9
    assert r.degrees == 1


@pytest.mark.parametrize("k", [1e-6, 1e-3, 1e6])
def test_unit_of_the_values_does_not_matter(k):
    estimate, sigma, matrix, rhs = flows(1, 10, 60, 0.2)
    here = reconcile(estimate, sigma, matrix, rhs, unknown_sigma=1e6)
    there = reconcile(estimate * k, sigma * k, matrix, rhs * k, unknown_sigma=1e6 * k)
    assert there.value / k == pytest.approx(here.value, rel=1e-6, abs=1e-6)
    assert there.chi2 == pytest.approx(here.chi2, rel=1e-7)
    assert there.degrees == here.degrees


def test_unit_of_a_balance_does_not_matter():
    estimate, sigma, matrix, rhs = flows(2, 10, 60)
    k = 10.0 ** np.random.default_rng(0).integers(-4, 5, 10)
    here = reconcile(estimate, sigma, matrix, rhs)
    there = reconcile(estimate, sigma, sparse.diags_array(k) @ matrix, rhs * k)
    assert there.value == pytest.approx(here.value, rel=1e-8, abs=1e-8)
    assert there.degrees == here.degrees


def test_chi2_of_right_sigmas_is_near_its_degrees():
    r = reconcile(*flows(3, 300, 1500, spread=0.5), lower=-INF)
    assert abs(r.chi2 - r.degrees) <= 4 * (2 * r.degrees) ** 0.5


def test_five_thousand_values_and_1500_balances():
    estimate, sigma, matrix, rhs = flows(4, 1500, 5000, unknown=0.1)
    begin = time.process_time()
    r = reconcile(estimate, sigma, matrix, rhs)
    assert time.process_time() - begin < 3.0
    assert r.residual <= 1e-9
    assert r.value.min() >= 0


@pytest.mark.parametrize("balances", [SUM, np.vstack([SUM, 2 * SUM])])
def test_sd_of_sums_is_that_of_the_covariance_by_hand(balances):
    """Posterior covariance Q − QAᵀ(AQAᵀ)⁻¹AQ of methods.md section 8, with A = (1, −1, −1)."""
    r = reconcile([100, 50, 40], [10, 5, 5], balances, sd=True)
    q, a = np.diag([100.0, 25.0, 25.0]), SUM
    covariance = q - q @ a.T @ np.linalg.inv(a @ q @ a.T) @ a @ q
    along = np.array([[1.0, 0, 0], [0, 1, 0], [0, 1, -1], [0.01, -0.02, 0]])
    assert r.sd_of(along) == pytest.approx(np.sqrt(np.diag(along @ covariance @ along.T)), rel=1e-6)
    assert r.sd_of(np.eye(3)) == pytest.approx(r.sd, rel=1e-6)


def test_sd_of_a_balance_is_zero_and_what_a_bound_keeps_does_not_move():
    r = reconcile([10, 20, 1], [1, 1, 1], SUM)
    assert r.sd_of(SUM) == pytest.approx([0.0], abs=1e-4)
    assert r.sd_of([[0.0, 0.0, 1.0]]) == pytest.approx([0.0])
    assert r.sd_of([[1.0, 0.0, 0.0]]) == pytest.approx([0.5**0.5], rel=1e-6)


def test_dust_on_a_bound_is_no_open_balance():
    """Flows that the figures drive to zero leave 1e-20 t behind; that is no contradiction."""
    chain = np.array([[1.0, -1.0, 0.0, 0.0], [0.0, 1.0, -1.0, 0.0], [0.0, 0.0, 1.0, -1.0]])
    r = reconcile([0.0, 0.0, 0.0, 1e-20], [5, 5, 5, 5], chain)
    assert r.value == pytest.approx([0, 0, 0, 0], abs=1e-9)
    assert r.residual <= 1e-9
