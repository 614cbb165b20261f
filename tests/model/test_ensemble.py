"""Draws lie in their ranges with the central value in the middle, and any number of workers gives the same answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pytest
from small_chain import SmallChain

from didymium.engine import Keep, WorkFailed
from didymium.errors import BadScenario
from didymium.model.ensemble import APPROVAL, Cases, approval_range, draws_of, drivers_of, run_all
from didymium.model.foresight import Runner
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


@dataclass(frozen=True)
class Covered:
    """Inputs with another cover of the users: what a scenario does, in small."""

    inputs: Inputs

    def __call__(self, overrides: Mapping[str, float]) -> Inputs:
        return replace(self.inputs, use_cover_days=np.full(1, overrides.get("cover", 40.0)))


def run(
    workers: int, seen: list[tuple[int, int]] | None = None, *, executor: str = "threads", keep: Keep | None = None
) -> Cases:
    chain = cut_off()
    cases = [*draws_of(VARIED, calm(), 6, seed=2), *drivers_of(VARIED[:1], calm())]
    report = None if seen is None else lambda done, of: seen.append((done, of))
    return run_all(
        Covered(chain.inputs),
        chain.inputs,
        chain.base,
        cases,
        ("coordinated", "myopic"),
        executor=executor,
        workers=workers,
        keep=keep,
        progress=report,
    )


def body(cases: Cases) -> list[tuple[str, str, dict[str, bytes]]]:
    return [(name, sight, {k: a.tobytes() for k, a in found.arrays().items()}) for name, sight, found in cases]


@pytest.mark.parametrize(("executor", "workers"), [("threads", 1), ("threads", 3), ("processes", 2)])
def test_one_worker_and_several_give_the_same_bytes(executor: str, workers: int) -> None:
    alone, many = run(1, executor="serial"), run(workers, executor=executor)
    assert body(alone) == body(many)
    for sight, outcome in alone.central.items():
        for name in ("unserved", "user_stock", "flow", "activity", "scarcity", "lost_value"):
            assert getattr(outcome, name).tobytes() == getattr(many.central[sight], name).tobytes()


def test_a_summary_says_what_its_outcome_says() -> None:
    """Each draw solved by a runner of its own: the same arrays, days and proofs as in the ensemble."""
    chain, done = cut_off(), run(2)
    apply, uses = Covered(chain.inputs), np.array([0])
    for case, sight in done.tasks:
        outcome = Runner.of(chain.inputs, chain.base).run(apply(case.overrides), sight)
        (summary,) = [found for name, kind, found in done if (name, kind) == (case.name, sight)]
        assert summary.unserved.tobytes() == outcome.unserved.tobytes()
        assert summary.short.tobytes() == outcome.short.tobytes()
        assert summary.days_to_shortage(uses) == outcome.days_to_shortage(uses)
        assert summary.lost_value.sum() == pytest.approx(outcome.lost_value.sum(), rel=1e-12)
        assert len(summary.solves) == len(outcome.solves) and summary.is_optimal
        assert summary.worst("gap") == max(s.certificate.gap for s in outcome.solves)
    assert {summary.days_to_shortage(uses) is None for _, _, summary in done} == {True, False}


def test_the_first_shortage_of_several_uses_is_the_earliest() -> None:
    (_, _, one), *_ = run(1)
    several = replace(one, days=np.array([np.inf, 40.0, 12.5, np.inf]))
    assert several.days_to_shortage(np.array([0, 1, 2])) == 12.5
    assert several.days_to_shortage(np.array([0, 1])) == 40.0
    assert several.days_to_shortage(np.array([0, 3])) is None


def test_each_case_is_run_and_single_moves_with_the_first_foresight_only() -> None:
    seen: list[tuple[int, int]] = []
    cases = run(1, seen)
    done = [(name, sight) for name, sight, _ in cases]
    assert list(cases.central) == ["coordinated", "myopic"] and ("draw-005", "myopic") in done
    assert ("cover:low", "coordinated") in done and ("cover:low", "myopic") not in done
    assert len(done) == len(set(done)) == 2 * 6 + 2
    assert seen[-1] == (len(done) + 2, len(done) + 2) and sorted(seen) == seen
    assert len(list(cases.draws("myopic"))) == 6
    assert cases.moved["cover:high"].unserved.sum() < cases.moved["cover:low"].unserved.sum()


def test_an_error_names_the_draw() -> None:
    chain = cut_off()

    def refuse(overrides: Mapping[str, float]) -> Inputs:
        raise BadScenario("no such month.")

    with pytest.raises(WorkFailed, match="ensemble, draw-000 coordinated: no such month"):
        run_all(refuse, chain.inputs, chain.base, draws_of(VARIED, calm(), 2, seed=2), ("coordinated",))
