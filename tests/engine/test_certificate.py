from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from engine_networks import INF, network, programme, transport

from didymium.engine import Certificate, certificate, solve


def test_hand_made_proof_of_a_transport_plan():
    lp = transport()
    x = np.array([0, 5, 30, 45, 0, 0, 0, 15, 0.0])
    y = np.array([-3, 0, 0, 9, 9, 13.0])
    proof = certificate(lp, x, y)
    assert proof == Certificate(0.0, 0.0, 0.0, 870.0, 870.0)
    assert proof.holds(0.0)


def test_bound_comes_from_the_duals_alone():
    lp = transport()
    y = np.array([-3, 0, 0, 9, 9, 13.0])
    assert certificate(lp, np.zeros(9), y).bound == 870.0
    weaker = certificate(lp, np.zeros(9), y * 0.5)
    assert weaker.bound == 435.0
    assert weaker.dual_residual == 0.0


@pytest.mark.parametrize("tampered", range(6))
def test_tampered_answers_do_not_hold(tampered):
    lp = network()
    good = solve(lp)
    x, y = good.x.copy(), good.row_dual.copy()
    used = int(np.argmax(x))
    if tampered == 0:
        x[used] *= 1 + 1e-5
    elif tampered == 1:
        y[np.argmax(np.abs(y))] *= 1.001
    elif tampered == 2:
        x[used] = -x[used]
    elif tampered == 3:
        y = np.zeros_like(y)
    elif tampered == 4:
        x[0] = np.nan
    else:
        y[0] = np.nan
    assert good.certificate.holds()
    assert not certificate(lp, x, y).holds()


def test_feasible_but_dear_answer_shows_in_the_gap_only():
    lp = transport()
    dear = np.array([5, 0, 30, 40, 10, 0, 0, 10, 0.0])
    proof = certificate(lp, dear, solve(lp).row_dual)
    assert proof.primal_residual == 0.0
    assert proof.dual_residual == 0.0
    assert proof.gap == pytest.approx((proof.objective - 870) / proof.objective, rel=1e-3)
    assert proof.objective > 870.0


def test_dual_of_impossible_sign_proves_nothing():
    lp = programme([1], [[1]], [-INF], [5])
    assert certificate(lp, np.zeros(1), np.array([3.0])).bound == 0.0


def test_reduced_cost_that_no_bound_pays_is_a_dual_residual():
    lp = programme([-1], [[1]], [-INF], [5])
    proof = certificate(lp, np.array([5.0]), np.array([0.0]))
    assert proof.dual_residual > 0.1
    assert not proof.holds()


def test_verdict_does_not_depend_on_units():
    lp = network()
    good = solve(lp)
    for k in (1e-6, 1e6):
        scaled = dataclasses.replace(
            lp,
            row_lower=lp.row_lower * k,
            row_upper=lp.row_upper * k,
            col_lower=lp.col_lower * k,
            col_upper=lp.col_upper * k,
        )
        wrong = good.x * k
        wrong[np.argmax(wrong)] *= 1 + 1e-5
        assert certificate(scaled, good.x * k, good.row_dual).holds(1e-9)
        assert not certificate(scaled, wrong, good.row_dual).holds()


def test_rows_without_entries_are_judged_by_their_bounds():
    assert not certificate(programme([1], [[0]], [1], [2]), np.zeros(1), np.zeros(1)).holds()
    assert certificate(programme([1], [[0]], [0], [2]), np.zeros(1), np.zeros(1)).holds()
