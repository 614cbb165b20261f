"""What must hold for every programme."""

from __future__ import annotations

import numpy as np
import pytest
from engine_networks import INF
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

from didymium.engine import Change, LinearProgramme, Solver, certificate, relax, solve

law = settings(derandomize=True, deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
# Objectives of two solves agree to the certificate's tolerance, relative to the sizes in the programme.
SAME = {"rel": 1e-7, "abs": 1e-5}


@st.composite
def programmes(draw, most_rows=8, most_columns=10):
    """A feasible programme with an optimum: bounds lie around a known point, and open sides cost money."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows, columns = draw(st.integers(1, most_rows)), draw(st.integers(1, most_columns))
    dense = rng.choice([0.0, 0.0, 1.0, -1.0, 2.0, 0.5], size=(rows, columns)) * rng.choice([1.0, 1.3], (rows, columns))
    x = np.round(rng.uniform(-5, 10, columns))
    cost = np.round(rng.normal(0, 10, columns), 1)
    lower = x - rng.choice([0.0, 1.0, 7.0], columns)
    upper = x + rng.choice([0.0, 2.0, 9.0], columns)
    lower[(rng.random(columns) < 0.2) & (cost <= 0)] = -INF
    upper[(rng.random(columns) < 0.3) & (cost >= 0)] = INF
    activity = dense @ x
    row_lower = activity - rng.choice([0.0, 0.0, 1.0, 5.0, INF], rows)
    row_upper = activity + rng.choice([0.0, 0.0, 2.0, 6.0, INF], rows)
    return LinearProgramme(cost, sparse.csc_array(dense), row_lower, row_upper, lower, upper)


@law
@given(programmes())
def test_every_answer_is_proven(lp):
    answer = solve(lp)
    assert answer.status == "optimal"
    assert answer.certificate.holds(1e-8)
    assert certificate(lp, answer.x, answer.row_dual) == answer.certificate
    assert answer.objective == (lp.cost * answer.x).sum()


@law
@given(programmes(), st.data())
def test_scaling_rows_and_columns_changes_nothing(lp, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    row, column = 10.0 ** rng.integers(-3, 4, lp.rows), 10.0 ** rng.integers(-3, 4, lp.columns)
    scaled = LinearProgramme(
        lp.cost * column,
        sparse.diags_array(row) @ lp.matrix @ sparse.diags_array(column),
        lp.row_lower * row,
        lp.row_upper * row,
        lp.col_lower / column,
        lp.col_upper / column,
    )
    assert solve(scaled).objective == pytest.approx(solve(lp).objective, **SAME)


@law
@given(programmes(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_columns_changes_nothing(lp, random):
    rows, columns = list(range(lp.rows)), list(range(lp.columns))
    random.shuffle(rows)
    random.shuffle(columns)
    mixed = LinearProgramme(
        lp.cost[columns],
        lp.matrix[rows][:, columns],
        lp.row_lower[rows],
        lp.row_upper[rows],
        lp.col_lower[columns],
        lp.col_upper[columns],
    )
    assert solve(mixed).objective == pytest.approx(solve(lp).objective, **SAME)


@law
@given(programmes(), st.data())
def test_a_wider_bound_never_makes_it_dearer(lp, data):
    wider = data.draw(st.floats(0.1, 10))
    j, i = data.draw(st.integers(0, lp.columns - 1)), data.draw(st.integers(0, lp.rows - 1))
    solver = Solver(lp)
    before = solver.solve().objective
    for change in (
        Change.of(col_upper=([j], [lp.col_upper[j] + wider])),
        Change.of(col_lower=([j], [lp.col_lower[j] - wider])),
        Change.of(row_upper=([i], [lp.row_upper[i] + wider])),
        Change.of(row_lower=([i], [lp.row_lower[i] - wider])),
    ):
        after = solver.solve(change).objective
        assert after <= before + 1e-6 * (1 + abs(before))


@law
@given(programmes(), st.data())
def test_old_duals_bound_every_changed_programme_from_below(lp, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    columns = rng.choice(lp.columns, rng.integers(1, lp.columns + 1), replace=False)
    rows = rng.choice(lp.rows, rng.integers(1, lp.rows + 1), replace=False)
    change = Change.of(
        col_upper=(columns, lp.col_upper[columns] + rng.uniform(0, 5, columns.size)),
        row_lower=(rows, lp.row_lower[rows] - rng.uniform(0, 5, rows.size)),
    )
    duals = solve(lp).row_dual
    changed = lp.changed(change)
    answer = solve(changed)
    proof = certificate(changed, answer.x, duals)
    assert proof.dual_residual <= 1e-9
    assert proof.bound <= answer.objective + 1e-6 * (1 + abs(answer.objective))


@law
@given(programmes(), st.data())
def test_warm_equals_cold(lp, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    solver = Solver(lp)
    solver.solve()
    for _ in range(2):
        columns = rng.choice(lp.columns, rng.integers(1, lp.columns + 1), replace=False)
        rows = rng.choice(lp.rows, rng.integers(1, lp.rows + 1), replace=False)
        open_ended = np.isinf(lp.col_lower[columns]) | np.isinf(lp.col_upper[columns])
        change = Change.of(
            cost=(columns, np.where(open_ended, lp.cost[columns] * 2, -lp.cost[columns])),
            col_upper=(columns, lp.col_upper[columns] + rng.uniform(0, 3, columns.size)),
            row_lower=(rows, lp.row_lower[rows] - rng.uniform(0, 3, rows.size)),
        )
        warm, cold = solver.solve(change), solve(lp.changed(change))
        assert warm.objective == pytest.approx(cold.objective, **SAME)


@law
@given(programmes())
def test_a_feasible_programme_needs_no_relaxation(lp):
    relaxation = relax(lp)
    assert relaxation.violations == ()
    assert relaxation.total == pytest.approx(0.0, abs=1e-7)
