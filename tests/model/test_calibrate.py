"""Calibration through the chain's own interface: closed forms, balances, bounds, and who gives way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_chain import SmallChain

from didymium.model.calibrate import Base, calibrate
from didymium.scenario.inputs import Chain, Observation


def seen(kind: str, index: int, value: float, sigma: float) -> Observation:
    """A figure for one activity, arc or use."""
    return Observation("production", "p", "s", "AAA", "", 2024, value, sigma, "high", ((kind, index, 1.0),), (), ())


def one_place() -> Chain:
    """Two plants and the use of their magnets in one place: used = first plant + second plant."""
    chain = (
        SmallChain()
        .process("old", "magnet", {}, {"ndfeb_magnet": 1.0})
        .process("new", "magnet", {}, {"ndfeb_magnet": 1.0})
    )
    return chain.runs("old", "AAA", 1).runs("new", "AAA", 1).uses("ndfeb_magnet", "AAA", "cars", 1).chain


def balanced(used: tuple[float, float], old: tuple[float, float], new: tuple[float, float]) -> Base:
    """The three figures, each with its standard error, in balance."""
    figures = [seen("use", 0, *used), seen("activity", 0, *old), seen("activity", 1, *new)]
    return calibrate(one_place(), figures, 2024, surplus_share=1e-9)


def test_the_closed_form_of_three_figures() -> None:
    """Used 100 ± 10, made 50 ± 5 and 40 ± 5: 10 are missing. The variances 100, 25, 25 share them: −6.667, +1.667,
    +1.667.

    93.3333 = 51.6667 + 41.6667, and χ² = 10² / 150 = 0.6667 (Stone 1942; Cencic 2016).
    """
    base = balanced((100, 10), (50, 5), (40, 5))
    assert base.use == pytest.approx([93 + 1 / 3], rel=1e-7)
    assert base.activity == pytest.approx([51 + 2 / 3, 41 + 2 / 3], rel=1e-7)
    assert base.chi2 == pytest.approx(2 / 3, rel=1e-7)
    assert [a.score for a in base.adjustments] == pytest.approx([-2 / 3, 1 / 3, 1 / 3], rel=1e-6)
    assert base.adjustments[0].change == pytest.approx(-20 / 3, rel=1e-6)


@given(error=st.tuples(*[st.floats(1, 50)] * 3), made=st.tuples(*[st.floats(50, 200)] * 2), missing=st.floats(0, 100))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_figures_give_way_by_their_variance(error, made, missing) -> None:
    """x* = x̂ − Q Aᵀ (A Q Aᵀ)⁻¹ A x̂ with A = (1, −1, −1)."""
    x, q = np.array([sum(made) + missing, *made]), np.array(error) ** 2
    a = np.array([1.0, -1.0, -1.0])
    base = balanced(*zip(x, error, strict=True))
    assert np.concatenate([base.use, base.activity]) == pytest.approx(x - q * a * (a @ x) / (a**2 @ q), rel=1e-6)


def test_nothing_turns_negative() -> None:
    """Used 10,000 ± 1,000, made 100,000 ± 1,000 and 5,000 ± 500,000: plain least squares puts the second plant near
    −90,000.

    It stands still instead, and the other two meet half way, but for a ton or so that is left over.
    """
    base = balanced((10_000, 1_000), (100_000, 1_000), (5_000, 500_000))
    assert base.activity == pytest.approx([55_000, 0], abs=10)
    assert base.use == pytest.approx([55_000], abs=10)
    assert base.activity.min() >= 0


def test_a_sure_figure_stays_and_a_weak_one_moves() -> None:
    base = balanced((100, 0.01), (50, 10), (40, 10))
    assert base.use == pytest.approx([100], abs=1e-4)
    assert base.activity == pytest.approx([55, 45], abs=1e-4)


def test_figures_that_agree_are_not_changed() -> None:
    base = balanced((90, 10), (50, 10), (40, 10))
    assert max(abs(a.change) for a in base.adjustments) <= 1e-6
    assert base.chi2 == pytest.approx(0, abs=1e-12)


def test_balances_hold_at_every_node() -> None:
    """A mine, two plants, trade and users in four places, with figures that contradict each other by a third."""
    chain = SmallChain().process("dig", "mine", {}, {"ore": 1.0})
    chain.process("make", "magnet", {"ore": 1.25}, {"ndfeb_magnet": 1.0, "slag": 0.2})
    chain.runs("dig", "AAA", 1).runs("make", "BBB", 1).runs("make", "CCC", 1)
    chain.ships("ore", "AAA", "BBB").ships("ore", "AAA", "CCC").ships("ndfeb_magnet", "BBB", "DDD").ships(
        "ndfeb_magnet", "CCC", "DDD"
    )
    chain.uses("ndfeb_magnet", "DDD", "cars", 1).uses("ndfeb_magnet", "BBB", "wind", 1)
    figures = [
        seen("activity", 0, 1000, 50),
        seen("activity", 1, 500, 100),
        seen("activity", 2, 100, 10),
        seen("use", 0, 300, 30),
        seen("use", 1, 200, 20),
        seen("arc", 2, 100, 10),
    ]
    small = chain.chain
    base = calibrate(small, figures, 2024, surplus_share=0.005)
    net = {node: -tonnes for node, tonnes in base.surplus.items()}
    recipes = {p.process_id: p for p in small.processes}
    for level, (process_id, place) in zip(base.activity, small.activities, strict=True):
        for sign, flows in ((1, recipes[process_id].outputs), (-1, recipes[process_id].inputs)):
            for product, quantity in flows.items():
                net[product, place] += sign * level * quantity
    for flow, (product, origin, destination) in zip(base.flow, small.arcs, strict=True):
        net[product, origin] -= flow
        net[product, destination] += flow
    for used, (product, place, _) in zip(base.use, small.uses, strict=True):
        net[product, place] -= used
    assert max(map(abs, net.values())) <= 1e-9 * base.activity.sum()
    assert base.residual <= 1e-9
    assert min(base.activity.min(), base.flow.min(), base.use.min(), *base.surplus.values()) >= 0
    assert base.surplus["slag", "BBB"] == pytest.approx(0.2 * base.activity[1])  # what nothing takes is left over
    assert abs(base.adjustments[0].score) > 1  # 1,000 t of ore against 600 t of magnets


def test_an_arc_that_no_figure_shows_is_held_near_zero() -> None:
    """B's 100 ± 10 t of use may come from its own plant, 60 ± 10 t, or over a route that customs do not show.

    Within ± 0.01 t around zero the route stays closed and the figures meet at 80; within ± 10,000 t it carries the 40
    t.
    """
    chain = (
        SmallChain().process("make", "magnet", {}, {"ndfeb_magnet": 1.0}).runs("make", "AAA", 1).runs("make", "BBB", 1)
    )
    small = chain.ships("ndfeb_magnet", "AAA", "BBB").uses("ndfeb_magnet", "BBB", "cars", 1).chain
    figures = [seen("activity", 1, 60_000, 10_000), seen("use", 0, 100_000, 10_000)]
    closed = calibrate(small, figures, 2024, unseen={0: 0.01}, surplus_share=1e-9)
    assert closed.flow == pytest.approx([0], abs=1)
    assert closed.use == pytest.approx([80_000], rel=1e-3)
    open_ = calibrate(small, figures, 2024, unseen={0: 1e7}, surplus_share=1e-9)
    assert open_.flow == pytest.approx([40_000], rel=1e-3)
