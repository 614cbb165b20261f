"""Draws lie in their ranges with the central value in the middle, and any number of workers gives the same answers."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_chain import SmallChain

from didymium.data import open as open_data
from didymium.engine import Keep, WorkFailed
from didymium.errors import BadScenario
from didymium.model.calibrate import Base
from didymium.model.draws import Design, Tasks, points
from didymium.model.ensemble import Applied, Cases, run_all
from didymium.model.foresight import Runner
from didymium.results import ChunkStore
from didymium.scenario.inputs import Inputs
from didymium.scenario.scenario import load
from didymium.scenario.uncertain import FIGURES, assumption_factors, factors
from didymium.studies.stress_bands import Drawn, bands

VARIED = tuple(
    assumption_factors(
        [
            {"assumption_id": "cover", "low": 50.0, "value": 55.0, "high": 102.0},
            {"assumption_id": "spare", "low": 0.1, "value": 0.43, "high": 0.43},
            {"assumption_id": "growth", "low": 0.01, "value": 0.03, "high": 0.06},
        ]
    )
)


def test_draws_stay_in_their_ranges_with_the_central_value_as_median() -> None:
    """Latin hypercube: half of 512 draws lie on each side of the central value, whatever the shape of the range."""
    drawn = Design(factors(open_data(), load("cn-october-notices-return")), 512, seed=7, moves=False)
    assert [d.name for d in drawn[:2]] == ["draw-000", "draw-001"] and len(drawn) == 512
    for factor in drawn.factors:
        values = np.array([d.overrides[factor.id] for d in drawn])
        assert factor.low <= values.min() and values.max() <= factor.high
        if factor.low < factor.value < factor.high:
            assert (values < factor.value).sum() == 256
            assert np.median(values) == pytest.approx(factor.value, abs=0.01 * (factor.high - factor.low))


def test_every_layer_of_a_range_is_drawn_once() -> None:
    """With 128 draws each 128th of the range of a uniform input holds one."""
    one = assumption_factors([{"assumption_id": "a", "low": 0.0, "value": 0.5, "high": 1.0}])
    layers = sorted(int(d.overrides["a"] * 128) for d in Design(tuple(one), 128, seed=1, moves=False))
    assert layers == list(range(128))


def test_the_seed_decides() -> None:
    assert list(Design(VARIED, 8, 0)) == list(Design(VARIED, 8, 0)) != list(Design(VARIED, 8, 1))
    assert points(3, 0, 0).shape == (0, 3) and len(Design(VARIED, 0, 0, moves=False)) == 0


def test_a_case_is_made_from_its_number_alone() -> None:
    design = Design(VARIED, 16, 3)
    assert design[11] == list(design)[11] and design[-1] == list(design)[-1]
    with pytest.raises(IndexError):
        design[len(design)]


def test_drivers_move_one_input_at_a_time() -> None:
    design = Design(factors(open_data(), load("cn-october-notices-return")), 0, 0)
    moved = {d.name: d.overrides for d in design}
    assert moved["user_cover_days:low"] == {"user_cover_days": 50.0}
    assert moved["approval:CHN:high"] == {"approval:CHN": 1.0}
    assert moved["cuts.0.months:high"] == {"cuts.0.months": 18.0}
    assert not any(FIGURES in name for name in moved) and len(moved) == 2 * (len(design.factors) - 1)
    assert all(case.is_move and case.moves in case.overrides for case in design)


def cut_off() -> SmallChain:
    chain = SmallChain(months=5, prices={"good": 30.0}, cover_days=40, discount=0.07)
    chain.process("make", "magnet", {}, {"good": 1.0}).runs("make", "AAA", 100).ships("good", "AAA", "CCC", 100)
    return chain.uses("good", "CCC", "cars", 100, value=900, flexible=(0.15, 90)).cut(
        [("good", "AAA", "CCC")], 0, 4, 0.2
    )


@dataclass(frozen=True)
class Covered:
    """Inputs with another cover of the users, and the base year as it is: what a scenario does, in small."""

    chain: SmallChain

    def __call__(self, overrides: Mapping[str, float]) -> Applied:
        inputs = replace(self.chain.inputs, use_cover_days=np.full(1, overrides.get("cover", 40.0)))
        return inputs, self.chain.base


SIGHTS = ("coordinated", "myopic")


def run(
    workers: int, seen: list[tuple[int, int]] | None = None, *, executor: str = "threads", keep: Keep | None = None
) -> Cases:
    chain = cut_off()
    cases = [*Design(VARIED, 6, 2, moves=False), *Design(VARIED[:1], 0, 2)]
    report = None if seen is None else lambda done, of: seen.append((done, of))
    return run_all(
        Covered(chain),
        chain.inputs,
        chain.base,
        Tasks.of(cases, SIGHTS, "coordinated"),
        SIGHTS,
        watched=(("good", "CCC"), ("good", "nowhere")),
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
    apply, uses = Covered(chain), np.array([0])
    for case, sight in done.tasks:
        inputs, base = apply(case.overrides)
        outcome = Runner.of(chain.inputs, chain.base).run(inputs, sight, base=base)
        (summary,) = [found for name, kind, found in done if (name, kind) == (case.name, sight)]
        assert summary.unserved.tobytes() == outcome.unserved.tobytes()
        assert summary.short.tobytes() == outcome.short.tobytes()
        assert summary.days_to_shortage(uses) == outcome.days_to_shortage(uses)
        assert summary.lost_value.sum() == pytest.approx(outcome.lost_value.sum(), rel=1e-12)
        assert len(summary.solves) == len(outcome.solves) and summary.is_optimal
        node = outcome.network.node_index["good", "CCC"]
        assert summary.scarcity.tobytes() == outcome.scarcity[:, [node]].tobytes()
        assert summary.base_use.tolist() == base.use.tolist()
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

    def refuse(overrides: Mapping[str, float]) -> tuple[Inputs, Base]:
        raise BadScenario("no such month.")

    with pytest.raises(WorkFailed, match="ensemble, draw-000 coordinated: no such month"):
        tasks = Tasks.of(Design(VARIED, 2, 2, moves=False), ("coordinated",), None)
        run_all(refuse, chain.inputs, chain.base, tasks, ("coordinated",))


def test_the_order_of_the_cases_changes_no_answer() -> None:
    chain = cut_off()
    cases = list(Design(VARIED, 7, 4, moves=False))

    def answers(order: list[int]) -> dict[str, dict[str, bytes]]:
        tasks = Tasks.of([cases[i] for i in order], ("coordinated",), None)
        done = run_all(Covered(chain), chain.inputs, chain.base, tasks, ("coordinated",), executor="serial")
        return {name: {k: a.tobytes() for k, a in found.arrays().items()} for name, _, found in done}

    assert answers(list(range(7))) == answers([4, 6, 0, 5, 2, 1, 3])


@dataclass(frozen=True)
class Story:
    """A chain of three plants under a cut, with inputs that draws replace: what passes, capacity, cover, demand."""

    passes: float
    more: float = 0.0

    def chain(self) -> SmallChain:
        built = SmallChain(months=6, prices={"oxide": 5.0, "good": 30.0}, cover_days=20, spare=0.1, flow_growth=0.02)
        built.process("dig", "mine", {}, {"oxide": 1.0}).process("make", "magnet", {"oxide": 1.0}, {"good": 1.0})
        built.runs("dig", "AAA", 120).runs("make", "AAA", 90).runs("make", "BBB", 30)
        built.ships("oxide", "AAA", "BBB", 30).ships("good", "AAA", "CCC", 90).ships("good", "BBB", "CCC", 30)
        built.uses("good", "CCC", "cars", 80, value=900, flexible=(0.15, 90))
        built.uses("good", "CCC", "toys", 40, value=200, flexible=(0.3, 60))
        return built.cut([("good", "AAA", "CCC"), ("oxide", "AAA", "BBB")], 1, 4, self.passes)

    def __call__(self, overrides: Mapping[str, float]) -> Applied:
        built = self.chain()
        inputs, base = built.inputs, built.base
        tighter = self.passes * overrides["strict"]
        cuts = tuple(
            replace(cut, factor=np.where(np.isfinite(cut.factor), tighter, np.inf)) for cut in inputs.restrictions
        )
        return (
            replace(
                inputs,
                restrictions=cuts,
                use_cover_days=inputs.use_cover_days * overrides["cover"],
                spare=inputs.spare + overrides["spare"] + self.more,
                demand_growth=inputs.demand_growth * overrides["growth"],
            ),
            base,
        )


LAWS = tuple(
    assumption_factors(
        [
            {"assumption_id": "strict", "low": 0.2, "value": 0.6, "high": 1.0},
            {"assumption_id": "cover", "low": 0.5, "value": 1.0, "high": 3.0},
            {"assumption_id": "spare", "low": 0.0, "value": 0.1, "high": 0.5},
            {"assumption_id": "growth", "low": 1.0, "value": 1.05, "high": 1.3},
        ]
    )
)


def costs(story: Story, draws: int, seed: int) -> np.ndarray:
    """What each draw costs in all [million USD]."""
    built = story.chain()
    tasks = Tasks.of(Design(LAWS, draws, seed, moves=False), ("coordinated",), None)
    done = run_all(story, built.inputs, built.base, tasks, ("coordinated",), executor="serial")
    return np.array([found.objective for _, _, found in done])


@settings(max_examples=8, deadline=None)
@given(
    shares=st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)).map(sorted),
    more=st.floats(0.0, 1.0),
    seed=st.integers(0, 2**31),
)
def test_deeper_cuts_and_less_capacity_never_cost_less_draw_by_draw(
    shares: list[float], more: float, seed: int
) -> None:
    """The set of what can be done shrinks with the cut and grows with capacity, in each draw by itself."""
    deep, mild = (costs(Story(share), 6, seed) for share in shares)
    room = 1e-6 * (1 + np.abs(deep))
    assert (deep >= mild - room).all()
    assert (costs(Story(shares[0], more), 6, seed) <= deep + room).all()


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_draws(tmp_path: Path) -> None:
    """Nine times the draws on a small network: a few numbers more for each draw, not its outcome."""
    chain = replace(cut_off(), months=12)
    watched = (("good", "CCC"),)

    def held(draws: int) -> tuple[int, int]:
        """Most bytes that are in use, garbage aside, while the draws run; and the bytes of one outcome."""
        tasks = Tasks.of(Design(VARIED, draws, 1, moves=False), ("coordinated",), None)
        keep = ChunkStore(tmp_path / str(draws)).of("memory", code="1")
        seen: list[int] = []

        def look(done: int, _of: int) -> None:
            if done % 10 == 1:
                gc.collect()
                seen.append(tracemalloc.get_traced_memory()[0])

        tracemalloc.start()
        done = run_all(
            Covered(chain),
            chain.inputs,
            chain.base,
            tasks,
            ("coordinated",),
            watched=watched,
            executor="serial",
            keep=keep,
            progress=look,
        )
        gc.collect()
        tracemalloc.reset_peak()
        found = bands(done, ("CCC",), watched, 0.95, memory=2**14)
        Drawn.of(done, ("CCC",))
        seen.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert found["coordinated"].found.draws == draws and len(seen) > draws // 20
        return max(seen), next(sum(a.nbytes for a in arrays.values()) for _, arrays in done.ensemble)

    held(8)  # what is loaded once
    few, one = held(50)
    many, _ = held(450)
    assert many - few < 0.25 * 400 * one


@pytest.mark.parametrize("kinds", [(), ("coordinated",), SIGHTS, (*SIGHTS, "alone")])
def test_tasks_are_all_draws_with_each_foresight_and_then_each_move_once(kinds: tuple[str, ...]) -> None:
    draws, moves = list(Design(VARIED, 5, 2, moves=False)), list(Design(VARIED[:2], 0, 2))
    tasks = Tasks.of([*draws, *moves], kinds, "coordinated")
    assert list(tasks) == [(d, kind) for d in draws for kind in kinds] + [(m, "coordinated") for m in moves]
    assert list(Tasks.of([*draws, *moves], kinds, None)) == [(d, kind) for d in draws for kind in kinds]
