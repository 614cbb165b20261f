"""Draws lie in their ranges with the central value in the middle, and any number of workers gives the same answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from small_chain import SmallChain

from didymium.model.ensemble import APPROVAL, Draw, approval_range, draws_of, drivers_of, run_all
from didymium.scenario.inputs import Inputs
from didymium.scenario.scenario import Scenario, load

VARIED = [
    {"assumption_id": "cover", "low": 50.0, "value": 55.0, "high": 102.0},
    {"assumption_id": "spare", "low": 0.1, "value": 0.43, "high": 0.43},
    {"assumption_id": "growth", "low": 0.01, "value": 0.03, "high": 0.06},
]


def calm() -> Scenario:
    """A story without a range of approval."""
    return load("mm-feed-halt")


def test_draws_stay_in_their_ranges_with_the_central_value_as_median() -> None:
    """Latin hypercube: exactly half of 400 draws lie on each side of the central value, whatever the shape of the
    range.
    """
    drawn = draws_of(VARIED, load("cn-october-notices-return"), 400, seed=7)
    assert [d.name for d in drawn[:2]] == ["draw-000", "draw-001"]
    for row in (*VARIED, {"assumption_id": APPROVAL, "low": 0.0, "value": 0.5, "high": 1.0}):
        values = np.array([d.overrides[row["assumption_id"]] for d in drawn])
        assert row["low"] <= values.min() and values.max() <= row["high"]
        assert (values < row["value"]).sum() == 200
        assert np.median(values) == pytest.approx(row["value"], abs=0.01 * (row["high"] - row["low"]))


def test_every_layer_of_a_range_is_drawn_once() -> None:
    """With 100 draws each hundredth of the range of a uniform assumption holds one."""
    drawn = draws_of([{"assumption_id": "a", "low": 0.0, "value": 0.5, "high": 1.0}], calm(), 100, seed=1)
    layers = sorted(int(d.overrides["a"] * 100) for d in drawn)
    assert layers == list(range(100))


def test_the_seed_decides() -> None:
    assert draws_of(VARIED, calm(), 8, seed=0) == draws_of(VARIED, calm(), 8, seed=0)
    assert draws_of(VARIED, calm(), 8, seed=0) != draws_of(VARIED, calm(), 8, seed=1)
    assert draws_of(VARIED, calm(), 0, seed=0) == []


def test_drivers_move_one_assumption_at_a_time() -> None:
    moved = {d.name: d.overrides for d in drivers_of(VARIED, load("cn-october-notices-return"))}
    assert moved["cover:low"] == {"cover": 50.0} and moved["cover:high"] == {"cover": 102.0}
    assert moved[f"{APPROVAL}:high"] == {APPROVAL: 1.0}
    assert len(moved) == 8
    assert len(drivers_of(VARIED, calm())) == 6


def test_the_range_of_approval_is_that_of_the_first_cut_with_one() -> None:
    assert approval_range(load("cn-october-notices-return")) == (0.25, 0.5, 0.85)
    assert approval_range(load("cn-ree7-licence-2025")) is None
    one_sided = calm().cut("CHN", products=("dy_oxide",), share=0.6)
    cut = one_sided.cuts[0].model_copy(update={"approval_high": 0.9})
    assert approval_range(one_sided.model_copy(update={"cuts": (cut,)})) == (
        pytest.approx(0.4),
        pytest.approx(0.4),
        0.9,
    )


def cut_off() -> SmallChain:
    chain = SmallChain(months=5, prices={"good": 30.0}, cover_days=40, discount=0.07)
    chain.process("make", "magnet", {}, {"good": 1.0}).runs("make", "AAA", 100).ships("good", "AAA", "CCC", 100)
    return chain.uses("good", "CCC", "cars", 100, value=900, flexible=(0.15, 90)).cut(
        [("good", "AAA", "CCC")], 0, 4, 0.2
    )


def run(workers: int, seen: list[tuple[int, int]] | None = None):
    chain = cut_off()
    inputs = chain.inputs

    def apply(overrides: Mapping[str, float]) -> Inputs:
        return replace(inputs, use_cover_days=np.full(1, overrides.get("cover", 40.0)))

    cases = [Draw("central", {}), *draws_of(VARIED, calm(), 6, seed=2), *drivers_of(VARIED[:1], calm())]
    report = None if seen is None else lambda done, of: seen.append((done, of))
    return run_all(apply, inputs, chain.base, cases, ("coordinated", "myopic"), workers=workers, progress=report)


def test_one_worker_and_several_give_the_same_bytes() -> None:
    alone, many = run(1), run(3)
    assert list(alone) == list(many)
    for case, outcome in alone.items():
        for name in ("unserved", "user_stock", "flow", "activity", "scarcity", "lost_value"):
            assert getattr(outcome, name).tobytes() == getattr(many[case], name).tobytes()


def test_each_case_is_run_and_single_moves_with_the_first_foresight_only() -> None:
    seen: list[tuple[int, int]] = []
    done = run(1, seen)
    assert ("central", "myopic") in done and ("draw-005", "myopic") in done
    assert ("cover:low", "coordinated") in done and ("cover:low", "myopic") not in done
    assert len(done) == 2 * 7 + 2
    assert seen == [(i, len(done)) for i in range(1, len(done) + 1)]
    more, less = done["cover:high", "coordinated"], done["cover:low", "coordinated"]
    assert more.unserved.sum() < less.unserved.sum()
