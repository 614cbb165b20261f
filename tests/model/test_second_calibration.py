"""The calibration by a second route: its balances and squares written from docs/method/calibration.md, and an active
set instead of an interior point.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import null_space
from scipy.optimize import lsq_linear
from small_chain import SmallChain

from didymium.model.calibrate import calibrate
from didymium.scenario.inputs import Chain, Observation

PLACES = ("AAA", "BBB", "CCC")
SURPLUS = 0.02  # standard error of what is left over, of world output


def nearest(squares: Any, goal: Any, balances: Any) -> Any:
    """argmin |squares·x − goal|² subject to balances·x = 0, x ≥ 0.

    Heavy weights on the balances tell which x are zero (Lawson and Hanson 1974, chapter 22); with these left out the
    rest follows exactly, from the directions that keep the balances.
    """
    scale = np.abs(goal).max() / np.abs(squares).max()
    weight = 1e3 * np.abs(squares).max()
    rough = lsq_linear(
        np.vstack([squares, weight * balances]),
        np.concatenate([goal / scale, np.zeros(len(balances))]),
        bounds=(0, np.inf),
        method="bvls",
        tol=1e-15,
        max_iter=1000,
    )
    inside = rough.active_mask == 0
    keep = null_space(balances[:, inside])
    x = np.zeros(squares.shape[1])
    x[inside] = keep @ np.linalg.lstsq(squares[:, inside] @ keep, goal, rcond=None)[0]
    assert x.min() >= -1e-6 * np.abs(x).max()
    return x


def second_route(chain: Chain, figures: Sequence[Observation]) -> tuple[Any, float]:
    """Activities, flows, uses, surpluses [t/y], and the sum of squares."""
    starts = {"activity": 0, "arc": len(chain.activities), "use": len(chain.activities) + len(chain.arcs)}
    count = starts["use"] + len(chain.uses)
    recipes = {p.process_id: p for p in chain.processes}
    net: dict[tuple[str, str], Any] = {}

    def entry(product: str, place: str, column: int, value: float) -> None:
        net.setdefault((product, place), np.zeros(count))[column] += value

    for a, (process, place) in enumerate(chain.activities):
        for sign, side in ((1, recipes[process].outputs), (-1, recipes[process].inputs)):
            for product, x in side.items():
                entry(product, place, a, sign * x)
    for e, (product, origin, destination) in enumerate(chain.arcs):
        entry(product, origin, starts["arc"] + e, -1)
        entry(product, destination, starts["arc"] + e, 1)
    for u, (product, place, _) in enumerate(chain.uses):
        entry(product, place, starts["use"] + u, -1)
    balances = np.hstack([np.array(list(net.values())), -np.eye(len(net))])

    squares, goal = [], []
    world: dict[str, float] = {}
    for seen in figures:
        row = np.zeros(count + len(net))
        for kind, index, coefficient in seen.terms:
            row[starts[kind] + index] += coefficient
        squares.append(row / seen.sigma)
        goal.append(seen.value / seen.sigma)
        kind, index, coefficient = seen.terms[0]
        if kind == "activity":
            for product, x in recipes[chain.activities[index][0]].outputs.items():
                world[product] = world.get(product, 0.0) + seen.value / coefficient * x
    used = {p for recipe in recipes.values() for p in recipe.inputs} | {p for p, _, _ in chain.uses}
    for n, (product, _) in enumerate(net):
        if product in used:
            row = np.zeros(count + len(net))
            row[count + n] = 1 / max(SURPLUS * world.get(product, 0.0), 1.0)
            squares.append(row)
            goal.append(0.0)
    x = nearest(np.array(squares), np.array(goal), balances)
    return x, float(np.sum((np.array(squares) @ x - goal) ** 2))


@st.composite
def figures(draw: st.DrawFn) -> tuple[Chain, list[Observation]]:
    """Mines, two kinds of plants, trade and users in three places; every quantity has a figure, and they contradict."""
    chain = SmallChain()
    chain.process("dig", "mine", {}, {"ore": 1.0})
    chain.process("split", "separated", {"ore": 1.6}, {"light": 1.0, "heavy": 0.1, "slag": 0.4})
    chain.process("press", "magnet", {"light": 0.4, "heavy": 0.02}, {"ndfeb_magnet": 1.0})

    def some() -> list[str]:
        return draw(st.lists(st.sampled_from(PLACES), min_size=1, unique=True))

    for process in chain.processes:
        for place in some():
            chain.runs(process, place, 1)
    lanes = [(p, o, d) for p in ("ore", "light", "heavy", "ndfeb_magnet") for o in PLACES for d in PLACES if o != d]
    for lane in draw(st.lists(st.sampled_from(lanes), min_size=1, max_size=8, unique=True)):
        chain.ships(*lane)
    for place in some():
        chain.uses("ndfeb_magnet", place, "cars", 1)
    members = {"activity": chain.activities, "arc": chain.arcs, "use": chain.wants}
    seen = []
    for kind, names in members.items():
        for index in range(len(names)):
            value = float(draw(st.integers(1, 10_000)))
            sigma = max(value * draw(st.floats(0.02, 0.5)), 10.0)
            terms = ((kind, index, 1.0),)
            seen.append(Observation("f", "p", "s", "AAA", "", 2024, value, sigma, "high", terms, (), ()))
    return chain.chain, seen


@settings(derandomize=True, deadline=None, max_examples=60)
@given(figures())
def test_two_routes_give_one_base_year(case: tuple[Chain, list[Observation]]) -> None:
    chain, seen = case
    x, _ = second_route(chain, seen)
    base = calibrate(chain, seen, 2024, surplus_share=SURPLUS)
    scale = max(o.value for o in seen) + 1.0
    found = np.concatenate([base.activity, base.flow, base.use])
    assert found == pytest.approx(x[: len(found)], rel=1e-5, abs=1e-5 * scale)
    misses = np.array([a.score for a in base.adjustments])
    values = dict(
        zip(
            ("activity", "arc", "use"),
            np.split(x[: len(found)], np.cumsum([len(base.activity), len(base.flow)])),
            strict=True,
        )
    )
    theirs = np.array([(values[o.terms[0][0]][o.terms[0][1]] - o.value) / o.sigma for o in seen])
    assert float(misses @ misses) == pytest.approx(float(theirs @ theirs), rel=1e-6, abs=1e-6)
