"""Plans with whole numbers against a second solver on a few models; a plan that is a little dear is told."""

from __future__ import annotations

import pytest

pytest.importorskip("swiglpk")

from tests.trust.cases import Plan
from tests.trust.second_solver import by_product, compared


def test_both_solvers_agree() -> None:
    found = [compared(number) for number in range(12)]
    assert all(one.is_same for one in found)
    assert any(one.theirs is None for one in found) and any(one.theirs is not None for one in found)


@pytest.mark.slow
def test_both_solvers_agree_on_many() -> None:
    assert all(compared(number).is_same for number in range(300))


def test_a_wrong_plan_or_a_wrong_refusal_is_told() -> None:
    def dear(p: Plan) -> float | None:
        cost = by_product(p)
        return None if cost is None else cost * (1 + 1e-5)

    assert not any(compared(number, dear).is_same for number in range(12) if compared(number).theirs is not None)
    assert not all(compared(number, lambda _: None).is_same for number in range(4))
