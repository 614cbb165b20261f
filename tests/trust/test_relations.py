"""Relations between answers: they hold on a few cases here, on thousands by command, and a faulty code breaks each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from didymium.engine import Change, LinearProgramme, solve
from tests.trust.cases import plan, world, worthless, written
from tests.trust.claims import Code, Noise, not_above, same
from tests.trust.relations import RELATIONS, checked


def test_there_are_twenty_two() -> None:
    assert len(RELATIONS) == 22


@pytest.mark.parametrize("name", RELATIONS)
def test_it_holds_on_a_few_cases(name: str) -> None:
    found = checked(name, 4)
    assert found.claims >= 4
    assert found.broken == ()


@pytest.mark.slow
@pytest.mark.parametrize("name", RELATIONS)
def test_it_holds_on_many_cases(name: str) -> None:
    assert checked(name, 100).broken == ()


@pytest.mark.parametrize("name", RELATIONS)
def test_a_fault_in_the_answers_breaks_it(name: str) -> None:
    """Errors of a hundredth in every answer are found."""
    assert checked(name, 12, Noise().code()).broken


def test_a_stock_that_counts_twice_is_found() -> None:
    """A fault of one kind: the last finite upper side of a row, a public stock where there is one, is doubled."""

    def doubled(lp: LinearProgramme) -> object:
        answer = solve(lp)
        at = lp.rows - 1
        if lp.row_lower[at] == -np.inf and lp.row_upper[at] == 1.0:
            return solve(lp.changed(Change.of(row_upper=([at], [2.0]))))
        return answer

    found = checked("a tonne of free stock: saves at most the dual price", 60, Code(solve=doubled))  # type: ignore[arg-type]
    assert found.broken


def test_a_claim_knows_its_tolerance() -> None:
    assert same(1.0, 1.0 + 1e-6).holds and not same(1.0, 1.0 + 1e-5).holds
    assert not_above(1.0, 2.0).holds and not not_above(2.0, 1.0).holds
    assert not same(float("nan"), 1.0).holds


def test_the_cases_are_worth_asking_about() -> None:
    """Some chains run short and some do not; most plans choose something and leave something out."""
    short, chosen = [], []
    for number in range(40):
        rng = np.random.default_rng(number)
        chain = replace(world(rng), cover=0.0).chain()
        network, q = written(chain, **worthless(chain))
        short.append(solve(network.programme(q)).objective > 1e-3)
        chosen.append(float(np.rint(Code().best(plan(rng)).x).mean()))
    assert 0.2 < np.mean(short) < 1.0
    assert np.mean([0 < share < 1 for share in chosen]) > 0.7
