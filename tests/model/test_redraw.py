"""Redrawn base years: they balance, they are named by a number, and they spread as calibration says they must."""

from __future__ import annotations

import numpy as np
import pytest

import didymium.data
from didymium.data import Dataset
from didymium.model.calibrate import Base, calibrate
from didymium.model.foresight import Runner, base_of
from didymium.model.redraw import Redraw
from didymium.scenario.inputs import Inputs
from didymium.scenario.scenario import load

DRAWS = 40


@pytest.fixture(scope="module")
def ds() -> Dataset:
    return didymium.data.open()


@pytest.fixture(scope="module")
def inputs(ds: Dataset) -> Inputs:
    return load("cn-ree7-no-licence").apply(ds)


@pytest.fixture(scope="module")
def base(inputs: Inputs) -> Base:
    return base_of(inputs)


@pytest.fixture(scope="module")
def redraw(inputs: Inputs, base: Base) -> Redraw:
    return Redraw.of(inputs, base, 0)


def missing(inputs: Inputs, base: Base) -> float:
    """The worst open balance, made + arriving − taken − shipped − used − left, relative to what passes."""
    chain = inputs.chain
    recipes = {p.process_id: p for p in chain.processes}
    net: dict[tuple[str, str], float] = dict.fromkeys(base.surplus, 0.0)
    size = dict.fromkeys(base.surplus, 0.0)

    def add(node: tuple[str, str], amount: float) -> None:
        net[node] += amount
        size[node] += abs(amount)

    for (process_id, region), level in zip(chain.activities, base.activity, strict=True):
        for sign, goods in ((-1.0, recipes[process_id].inputs), (1.0, recipes[process_id].outputs)):
            for product, quantity in goods.items():
                add((product, region), sign * quantity * float(level))
    for (product, origin, destination), flow in zip(chain.arcs, base.flow, strict=True):
        add((product, origin), -float(flow))
        add((product, destination), float(flow))
    for (product, region, _), use in zip(chain.uses, base.use, strict=True):
        add((product, region), -float(use))
    for node, left in base.surplus.items():
        add(node, -left)
    return max(abs(net[node]) / max(size[node], 1.0) for node in net)


def test_every_redrawn_year_balances_and_is_never_negative(inputs: Inputs, redraw: Redraw) -> None:
    for u in np.linspace(0.01, 0.99, 12):
        drawn = redraw.base(float(u))
        assert missing(inputs, drawn) <= 1e-9 and drawn.residual <= 1e-9
        assert min(drawn.activity.min(), drawn.flow.min(), drawn.use.min(), *drawn.surplus.values()) >= 0


def test_a_number_names_a_year(inputs: Inputs, base: Base, redraw: Redraw) -> None:
    """The same number and seed give the same bytes, whatever was drawn before."""
    first = redraw.base(0.25)
    redraw.base(0.75)
    again = Redraw.of(inputs, base, 0).base(0.25)
    for name in ("activity", "flow", "use"):
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()
    assert Redraw.of(inputs, base, 1).base(0.25).use.tobytes() != first.use.tobytes()


def test_without_errors_the_year_is_the_central_one(base: Base, redraw: Redraw) -> None:
    """What the chain does not carry weighs little: no quantity moves by more than 25 t, and all use by a thousandth."""
    calm = redraw.task.solved(np.zeros(len(redraw.task.observations)), redraw.upper)
    for name in ("activity", "flow", "use"):
        assert np.abs(getattr(calm, name) - getattr(base, name)).max() < 25.0
    assert calm.use.sum() == pytest.approx(base.use.sum(), rel=1e-3)


def test_what_the_chain_does_not_carry_stays_out(inputs: Inputs, base: Base, redraw: Redraw) -> None:
    kept = Runner.of(inputs, base).kept
    drawn = redraw.base(0.5)
    for mask, values in ((kept.activity, drawn.activity), (kept.arc, drawn.flow), (kept.use, drawn.use)):
        assert not values[~mask].any()


def test_the_spread_is_that_of_the_figures_own_errors(ds: Dataset) -> None:
    """Three meters on a pipe, 100 ± 10 in, 50 ± 5 and 40 ± 5 out (methods §8): sd 5.77, 4.56, 4.56 after balancing.

    Nothing is bounded and every quantity is read, so the redrawn years spread as the covariance says.
    """
    from didymium.model.calibrate import Task
    from didymium.scenario.inputs import Chain, Observation, Process

    chain = Chain(
        products=("water",),
        product_stage={"water": "mine"},
        regions=("AAA", "BBB", "CCC"),
        processes=(Process("pump", "mine", {}, {"water": 1.0}),),
        activities=(("pump", "AAA"),),
        arcs=(),
        uses=(("water", "AAA", "left"), ("water", "AAA", "right")),
        region_of={"AAA": "AAA"},
    )

    def meter(kind: str, index: int, value: float, sigma: float) -> Observation:
        return Observation(
            kind, "water", "mine", "AAA", "", 2025, value, sigma, "low", ((kind, index, 1.0),), ("r",), ("s",)
        )

    seen = [meter("activity", 0, 100, 10), meter("use", 0, 50, 5), meter("use", 1, 40, 5)]
    central = calibrate(chain, seen, 2025, surplus_share=1e-9)
    # A surplus of 0 ± 1 t is the least that calibration knows; it hardly loosens the pipe.
    assert [central.activity[0], *central.use] == pytest.approx([93.33, 51.67, 41.67], abs=0.1)
    task = Task.of(chain, seen, 2025, surplus_share=1e-9)
    chance = np.random.default_rng(0)
    drawn = [task.solved(chance.standard_normal(3)) for _ in range(400)]
    spread = np.std([[b.activity[0], *b.use] for b in drawn], axis=0)
    assert spread == pytest.approx([5.7735, 4.5644, 4.5644], rel=0.1)


def test_uses_of_the_parties_spread_around_the_central_year(inputs: Inputs, base: Base, redraw: Redraw) -> None:
    """The mean over draws lies near the central use: within four standard errors and a twentieth, for bounds push."""
    chain = inputs.chain
    drawn = [redraw.base(u) for u in np.random.default_rng(1).random(DRAWS)]
    for party in ("USA", "JPN", "CHN"):
        mine = [i for i, (p, r, _) in enumerate(chain.uses) if r == party and p.startswith("ndfeb")]
        sums = np.array([b.use[mine].sum() for b in drawn])
        central = float(base.use[mine].sum())
        assert abs(sums.mean() - central) < 4 * sums.std() / np.sqrt(DRAWS) + 0.05 * central
        assert 0.01 < sums.std() / central < 0.3
