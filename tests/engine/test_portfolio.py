from __future__ import annotations

import numpy as np
import pytest
from portfolio_cases import every, farmer, plan

from didymium.engine import Case, cvar, portfolio

METHODS = ("extensive", "benders")


@pytest.mark.parametrize("method", METHODS)
def test_the_farmer_and_what_knowing_is_worth(method):
    """Birge and Louveaux, section 1.1: -108,390 with 170, 80, 250 acres; knowing the weather is worth 7,015.56."""
    first, recourse, cases = farmer()
    answer = portfolio(first, recourse, cases, method=method, gap=1e-9)
    assert answer.status == "optimal"
    assert answer.objective == pytest.approx(-108_390, rel=1e-9)
    assert answer.x == pytest.approx([170, 80, 250], abs=1e-5)
    each = [
        portfolio(first, recourse, [Case(1.0, case.change, case.links)], method=method, gap=1e-9).objective
        for case in cases
    ]
    assert answer.objective - np.mean(each) == pytest.approx(7_015.56, abs=0.01)


def test_the_farmer_who_plans_for_the_mean():
    """The plan for mean yields loses 1,150 against the one for three weathers."""
    first, recourse, cases = farmer()
    mean = portfolio(first, recourse, farmer((1.0,))[2], method="extensive")
    used = portfolio(first, recourse, cases, method="extensive", fixed=(mean.x, mean.x))
    assert used.objective + 108_390 == pytest.approx(1_150, abs=0.01)


@pytest.mark.parametrize("risk", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(4))
def test_no_choice_of_all_is_better(method, seed, risk):
    problem = plan(seed)
    answer = portfolio(*problem, risk=risk, alpha=0.7, method=method, gap=1e-9)
    assert answer.status == "optimal"
    assert answer.objective == pytest.approx(every(*problem, risk, 0.7), rel=1e-7)
    assert answer.bound <= answer.objective


def test_mean_of_the_worst():
    losses, even = np.arange(1.0, 11.0), np.full(10, 0.1)
    assert cvar(losses, even, 0.8) == pytest.approx(9.5)
    assert cvar(losses, even, 0.85) == pytest.approx(9 + 2 / 3)
    assert cvar(losses, even, 0.0) == pytest.approx(5.5)
    assert cvar(losses, even, 0.99) == pytest.approx(10.0)
