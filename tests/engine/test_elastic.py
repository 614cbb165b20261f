from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from engine_networks import INF, network, programme, transport

from didymium.engine import Change, InfeasibleProgramme, Prices, Solver, Violation, relax, solve
from didymium.errors import BadInput, SolverFailed


def most(lp, row):
    """The largest activity that a row can reach."""
    return float(-solve(dataclasses.replace(lp, cost=-lp.matrix[[row]].toarray()[0])).objective)


def without_shortage(seed):
    """A network in which demand must be met: shortages cost 1,000 and are closed except for a start."""
    lp = network(seed=seed)
    short = np.flatnonzero((lp.cost > 100) & np.isinf(lp.col_upper))
    needed = solve(lp).x[short] + 1.0
    return lp.changed(Change.of(col_upper=(short, needed)))


@pytest.mark.parametrize("seed", range(50))
def test_planted_conflicts_are_named(seed):
    rng = np.random.default_rng(seed)
    lp = without_shortage(seed)
    planted = np.sort(rng.choice(np.flatnonzero(lp.row_lower > 0), 1 + seed % 3, replace=False))
    level = np.array([100 * most(lp.changed(Change.of(row_upper=([r], [INF]))), r) for r in planted])
    broken = lp.changed(Change.of(rhs=(planted, level)))
    with pytest.raises(InfeasibleProgramme) as caught:
        solve(broken)
    relaxation = caught.value.relaxation
    named = {v.index for v in relaxation.violations if v.kind == "row"}
    assert set(planted) <= named
    assert len(relaxation.violations) <= 10
    assert set(planted) <= set(relaxation.proof_rows)
    assert relaxation.certificate.holds()
    assert relaxation.certificate.bound > 0
    cured = solve(broken.changed(relaxation.cure(broken)))
    assert cured.status == "optimal"


def test_least_relaxation_of_a_least_output():
    # At least 50 of x, at most 40 of y, x = y: lowering 50 by 10 is 20 %, raising 40 by 10 would be 25 %.
    lp = programme([1, 1], [[1, -1]], [0], [0], col_lower=[50, 0], col_upper=[INF, 40])
    relaxation = relax(lp)
    assert relaxation.violations == (Violation("column", 0, pytest.approx(-10.0)),)
    assert relaxation.total == pytest.approx(0.2)
    assert relaxation.proof_rows.tolist() == [0]
    assert relaxation.proof_columns.tolist() == [0, 1]
    assert solve(lp.changed(relaxation.cure(lp))).x == pytest.approx([40, 40])


def test_nothing_is_made_from_nothing_while_a_number_can_give_way():
    # Demand 15 through a chain of two equalities from a capacity of 10.
    lp = programme([1, 1, 1], [[1, -1, 0], [0, 1, -1], [0, 0, 1]], [0, 0, 15], [0, 0, INF], col_upper=[10, INF, INF])
    assert relax(lp).violations == (Violation("row", 2, pytest.approx(-5.0)),)


def test_structure_gives_way_only_if_nothing_else_can():
    lp = programme([1], [[1], [1]], [0, 5], [0, INF], col_upper=[INF])
    own = Prices.relative(lp)
    never = np.array([INF, INF])
    relaxation = relax(lp, dataclasses.replace(own, row_lower=never))
    assert relaxation.violations == (Violation("row", 0, pytest.approx(5.0)),)
    assert relax(lp).violations == (Violation("row", 1, pytest.approx(-5.0)),)


def test_a_relaxed_bound_does_not_change_sign():
    # x ≥ 2 may fall to 0, no further: the other 3 must come from the row.
    lp = programme([1], [[1]], [-INF], [-3], col_lower=[2])
    prices = dataclasses.replace(Prices.relative(lp), col_lower=np.array([1e-6]))
    relaxation = relax(lp, prices)
    assert {(v.kind, round(v.amount, 9)) for v in relaxation.violations} == {("column", -2.0), ("row", 3.0)}


def test_prices_that_forbid_every_cure_are_answered_by_the_default():
    lp = transport(demand=(450, 20, 30))
    never = Prices(np.full(6, INF), np.full(6, INF), np.full(9, INF), np.full(9, INF))
    with pytest.raises(InfeasibleProgramme) as caught:
        relax(lp, never)
    assert caught.value.violations == (Violation("row", 3, pytest.approx(-375.0)),)


def test_prices_must_be_above_zero():
    with pytest.raises(BadInput, match=r"price 0\.0 of row_upper 1"):
        Prices(np.ones(2), np.array([1.0, 0.0]), np.ones(2), np.ones(2))


def test_amounts_do_not_depend_on_units():
    lp = transport(demand=(450, 20, 30))
    tonnes = relax(lp).violations[0]
    k = 1e6
    kilograms = relax(dataclasses.replace(lp, row_lower=lp.row_lower * k, row_upper=lp.row_upper * k)).violations[0]
    assert kilograms.amount == pytest.approx(tonnes.amount * k, rel=1e-9)
    assert (kilograms.kind, kilograms.index) == (tonnes.kind, tonnes.index)


def test_time_limit_while_explaining_is_no_answer():
    with pytest.raises(SolverFailed, match="time ran out"):
        relax(network(), time_limit=0.0)


def test_without_explanation_a_contradiction_stays_undecided():
    with pytest.raises(SolverFailed, match="not decided") as caught:
        Solver(transport(demand=(450, 20, 30)), explain=False).solve()
    assert "infeasible" in caught.value.line()


def test_long_lists_are_cut_in_the_message_only():
    n = 8
    lp = programme(np.ones(n), np.eye(n), np.full(n, 5.0), np.full(n, INF), col_upper=np.full(n, 1.0))
    lp = lp.changed(Change.of(col_upper=(np.arange(n), 0.0)))
    with pytest.raises(InfeasibleProgramme, match="and 3 more") as caught:
        solve(lp)
    assert len(caught.value.conflicts) == n
