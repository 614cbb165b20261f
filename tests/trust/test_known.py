"""Problems solved by hand or in print: each is met within 1e-8, and a slightly wrong code is caught by many."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tests.trust.known import KNOWN, TOLERANCE, Known


@pytest.mark.parametrize("one", KNOWN, ids=[one.name for one in KNOWN])
def test_a_known_answer_comes_out(one: Known) -> None:
    assert one.error() <= TOLERANCE, one.origin


def test_there_are_enough_of_them_and_no_two_of_one_name() -> None:
    assert len({one.name for one in KNOWN}) == len(KNOWN) >= 30
    assert sum(math.isnan(one.answer) for one in KNOWN) >= 2


@pytest.mark.parametrize("one", KNOWN, ids=[one.name for one in KNOWN])
def test_an_answer_that_is_off_by_a_millionth_is_told(one: Known) -> None:
    if math.isnan(one.answer):
        assert replace(one, ours=lambda: 0.1).error() == math.inf
    else:
        assert replace(one, ours=lambda: one.answer + 1e-6 * max(1.0, abs(one.answer))).error() > TOLERANCE


def test_a_payment_one_year_early_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault planted in the product: the present value counts the first year as year one."""
    from didymium.finance import returns
    from tests.trust import known

    monkeypatch.setattr(known, "npv", lambda flows, rate: returns.npv(flows, rate) / (1 + rate))
    assert sum(one.error() > TOLERANCE for one in KNOWN) >= 4


def test_a_loose_solver_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    from didymium.engine import solve
    from tests.trust import known_programmes

    def loose(lp: object) -> object:
        answer = solve(lp)  # type: ignore[arg-type]
        return replace(answer, objective=answer.objective * (1 + 1e-6))

    monkeypatch.setattr(known_programmes, "solve", loose)
    assert sum(one.error() > TOLERANCE for one in KNOWN) >= 8
