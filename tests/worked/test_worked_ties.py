"""Ties by hand: two users of equal worth, what each may go without, and that names and order do not matter."""

from __future__ import annotations

import numpy as np
import pytest
from small_chain import SmallChain

from didymium.model.foresight import Runner
from didymium.model.ties import Tie, ties


def two_users(first: str, second: str, worth: tuple[float, float]) -> SmallChain:
    """A plant of 100 t serves two users of 50 t each; then 60 t of it stand. Routes carry at most 50 t."""
    chain = SmallChain(prices={"good": 30.0}).process("make", "magnet", {}, {"good": 1.0}).runs("make", "AAA", 100)
    for place, value in zip((first, second), worth, strict=True):
        chain.ships("good", "AAA", place, 50).uses("good", place, f"cars {place}", 50, value=value)
    return chain.outage("make", "AAA", 0, 1, stands=0.6)


def ends(chain: SmallChain, *, near: float = 1e-3) -> dict[str, tuple[float, float]]:
    """Lowest and highest unserved demand of each place."""
    inputs, base = chain.inputs, chain.base
    runner = Runner.of(inputs, base)
    outcome = runner.run(inputs, "coordinated")
    start = runner.whole.start()
    assert start is not None
    uses = runner.network.chain.uses
    groups = [np.array([u]) for u in range(len(uses))]

    def sums(tie: Tie, uses: np.ndarray) -> tuple[float, float]:
        assert tie.low is not None and tie.high is not None
        assert all(end.solves[0].certificate.holds() for end in (tie.low, tie.high))
        return float(tie.low.unserved[:, uses].sum()), float(tie.high.unserved[:, uses].sum())

    found = ties(runner.networks, inputs, outcome, start, groups, near=near)
    return {place: sums(tie, group) for (_, place, _), tie, group in zip(uses, found, groups, strict=True)}


def test_equals_may_share_a_shortage_in_any_way() -> None:
    """40 t are missing. Each user may go without all of them or without any: the routes carry the other's 50 t."""
    found = ends(two_users("BBB", "CCC", (1000, 1000)))
    assert found["BBB"] == pytest.approx((0, 40), abs=2e-3)
    assert found["CCC"] == pytest.approx((0, 40), abs=2e-3)


def test_who_is_worth_more_is_served_but_for_a_thousandth_of_the_loss() -> None:
    """All 40 t fall on users worth 900 USD/kg: 36 million USD. Plans that cost 0.036 million more are as good.

    Each tonne moved to users worth 1,000 USD/kg costs 0.1 million: 0.36 t.
    """
    found = ends(two_users("BBB", "CCC", (1000, 900)))
    assert found["BBB"] == pytest.approx((0, 0.36), abs=2e-3)
    assert found["CCC"] == pytest.approx((39.64, 40), abs=2e-3)


def test_names_and_order_change_nothing() -> None:
    found = ends(two_users("BBB", "CCC", (1000, 1000)))
    other = ends(two_users("ZZZ", "BBB", (1000, 1000)))
    assert other["ZZZ"] == pytest.approx(found["BBB"], abs=1e-9)
    assert other["BBB"] == pytest.approx(found["CCC"], abs=1e-9)


def test_without_a_shortage_there_is_nothing_to_share_out() -> None:
    chain = two_users("BBB", "CCC", (1000, 1000))
    chain.outages.clear()
    assert ends(chain) == {"BBB": (0, 0), "CCC": (0, 0)}


def test_ends_that_may_cost_more_lie_further_apart() -> None:
    chain = two_users("BBB", "CCC", (1000, 900))
    near, far = ends(chain, near=1e-3)["BBB"], ends(chain, near=1e-2)["BBB"]
    assert far[1] == pytest.approx(10 * near[1], rel=1e-2)
