"""Many runs of one network: draws over the ranges of assumptions, and one-at-a-time moves to their ends.

The central case is kept whole. Of every other case only a summary is kept, so that an ensemble may be large.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from didymium.engine import Ensemble, Keep, Start, run_ensemble
from didymium.model.calibrate import Base
from didymium.model.foresight import Runner
from didymium.model.ledger import split_uniform
from didymium.model.outcome import Outcome
from didymium.scenario.inputs import Inputs

Floats = NDArray[np.float64]

APPROVAL = "approval_position"  # where in its range each cut's approval share lies: 0 low, ½ central, 1 high


class Cut(Protocol):
    """What this room needs of a cut: the share that passes, with its range."""

    approval_share: float | None
    approval_low: float | None
    approval_high: float | None


class Story(Protocol):
    """What this room needs of a scenario."""

    @property
    def cuts(self) -> Sequence[Any]:
        """Its cuts."""
        ...


@dataclass(frozen=True, slots=True)
class Draw:
    """One case of an ensemble: its name and the assumptions it replaces."""

    name: str
    overrides: Mapping[str, float]


def approval_range(story: Story) -> tuple[float, float, float] | None:
    """Low, central and high approval share of the first cut that has a range; None when no cut has one."""
    for cut in story.cuts:
        share, low, high = cut.approval_share, cut.approval_low, cut.approval_high
        if share is not None and (low is not None or high is not None):
            return share if low is None else low, share, share if high is None else high
    return None


def _ranges(varied: Sequence[Mapping[str, Any]], story: Story) -> list[tuple[str, float, float, float]]:
    ranges = [(r["assumption_id"], float(r["low"]), float(r["value"]), float(r["high"])) for r in varied]
    return ranges if approval_range(story) is None else [*ranges, (APPROVAL, 0.0, 0.5, 1.0)]


def draws_of(varied: Sequence[Mapping[str, Any]], story: Story, count: int, seed: int) -> list[Draw]:
    """Seeded Latin-hypercube draws over the ranges of the assumptions, with the central value as the median of each.

    The approvals of a scenario's cuts move together: a strict office is strict on all of them.
    McKay, Beckman & Conover 1979 (doi 10.2307/1268522).
    """
    from scipy.stats import qmc

    if count == 0:
        return []
    ranges = _ranges(varied, story)
    points = qmc.LatinHypercube(d=len(ranges), seed=np.random.default_rng(seed)).random(count)
    drawn = []
    for i, point in enumerate(points):
        overrides = {name: float(split_uniform(u, *edges)) for u, (name, *edges) in zip(point, ranges, strict=True)}
        drawn.append(Draw(f"draw-{i:03d}", overrides))
    return drawn


def drivers_of(varied: Sequence[Mapping[str, Any]], story: Story) -> list[Draw]:
    """Each assumption alone at its low and at its high end."""
    return [
        Draw(f"{name}:{end}", {name: edge})
        for name, low, _value, high in _ranges(varied, story)
        for end, edge in (("low", low), ("high", high))
    ]


@dataclass(frozen=True, slots=True)
class Summary:
    """What is kept of a case: the part of its outcome that the bands and drivers are made of.

    `unserved`, `short` (month, use) [t]; `lost_value` (use) [million USD]; `days` (use) to the first shortage, NaN
    without one; `objective` [million USD]. Of its `programmes` linear programmes `proof` holds the worst primal
    residual, dual residual and gap.
    """

    unserved: Floats
    short: Floats
    lost_value: Floats
    days: Floats
    objective: float
    programmes: int
    is_optimal: bool
    proof: tuple[float, float, float]

    @classmethod
    def of(cls, outcome: Outcome) -> Summary:
        """The summary of an outcome."""
        days = [outcome.days_to_shortage(np.array([use])) for use in range(outcome.unserved.shape[1])]
        proofs = [s.certificate for s in outcome.solves]
        return cls(
            unserved=outcome.unserved,
            short=outcome.short,
            lost_value=outcome.lost_value.sum(axis=0),
            days=np.array([np.nan if d is None else d for d in days]),
            objective=float(outcome.objective),
            programmes=len(proofs),
            is_optimal=all(s.status == "optimal" for s in outcome.solves),
            proof=(
                max(c.primal_residual for c in proofs),
                max(c.dual_residual for c in proofs),
                max(c.gap for c in proofs),
            ),
        )

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Summary:
        """The inverse of `arrays`."""
        return cls(
            unserved=arrays["unserved"],
            short=arrays["short"],
            lost_value=arrays["lost_value"],
            days=arrays["days"],
            objective=float(arrays["objective"]),
            programmes=int(arrays["programmes"]),
            is_optimal=bool(arrays["is_optimal"]),
            proof=(float(arrays["proof"][0]), float(arrays["proof"][1]), float(arrays["proof"][2])),
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All fields as arrays."""
        return {name: np.asarray(getattr(self, name)) for name in self.__slots__}

    def days_to_shortage(self, uses: NDArray[np.int64]) -> float | None:
        """Days from the first day until firm demand of the first of these uses goes unserved; None if never."""
        found = self.days[uses]
        return None if np.isnan(found).all() else float(np.nanmin(found))


Task = tuple[Draw, str]  # a case and the kind of foresight with which it is solved


@dataclass(slots=True)
class _Desk:
    """What one worker has at hand: a runner, and the inputs of the last case, which the next task often shares."""

    runner: Runner
    case: Draw | None = None
    inputs: Inputs | None = None


@dataclass(frozen=True)
class CaseWork:
    """The work of an ensemble of cases: each index is a task."""

    apply: Callable[[Mapping[str, float]], Inputs]
    central: Inputs
    base: Base
    start: Start | None
    tasks: tuple[Task, ...]

    def prepare(self) -> _Desk:
        """A runner that begins with the basis of the central case."""
        return _Desk(Runner.of(self.central, self.base, start=self.start))

    def run(self, state: _Desk, index: int) -> dict[str, NDArray[Any]]:
        """The summary of one task."""
        case, sight = self.tasks[index]
        if state.inputs is None or state.case is not case:
            state.case, state.inputs = case, self.apply(case.overrides)
        return Summary.of(state.runner.run(state.inputs, sight)).arrays()


@dataclass(frozen=True)
class Cases:
    """The central case whole, by foresight, and the summaries of all others, in the order of the tasks."""

    central: Mapping[str, Outcome]
    tasks: tuple[Task, ...]
    ensemble: Ensemble

    def __iter__(self) -> Iterator[tuple[str, str, Summary]]:
        """Name of the case, foresight, summary; a few of them are in memory at a time."""
        for index, arrays in self.ensemble:
            case, sight = self.tasks[index]
            yield case.name, sight, Summary.from_arrays(arrays)

    def draws(self, sight: str) -> Iterator[Summary]:
        """The summaries of the draws, in order."""
        return (found for name, kind, found in self if kind == sight and name.startswith("draw-"))

    @cached_property
    def moved(self) -> Mapping[str, Summary]:
        """The one-at-a-time moves by name, `assumption:low` and `assumption:high`."""
        return {name: found for name, _, found in self if ":" in name}


def run_all(
    apply: Callable[[Mapping[str, float]], Inputs],
    central: Inputs,
    base: Base,
    cases: Sequence[Draw],
    foresight: tuple[str, ...],
    *,
    executor: str | Executor = "threads",
    workers: int = 1,
    keep: Keep | None = None,
    code: Callable[[], str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Cases:
    """The central case and all others; the same for every executor and any number of workers.

    Every solve starts from the central basis. One-at-a-time moves are solved with the first foresight only. `executor`,
    `keep` and `code` are those of `run_ensemble`; for processes and clusters `apply` has to be picklable.
    """
    tasks = tuple((c, f) for c in cases for f in foresight if ":" not in c.name or f == foresight[0])
    total = len(foresight) + len(tasks)
    runner = Runner.of(central, base)
    whole = {}
    for done, sight in enumerate(foresight, start=1):
        whole[sight] = runner.run(central, sight)
        if progress is not None:
            progress(done, total)
    ensemble = run_ensemble(
        CaseWork(apply, central, base, runner.whole.start(), tasks),
        range(len(tasks)),
        executor=executor,
        workers=workers,
        keep=keep,
        code=code,
        progress=None if progress is None else lambda done, _of: progress(len(foresight) + done, total),
        name=lambda index: f"{tasks[index][0].name} {tasks[index][1]}",
    )
    return Cases(whole, tasks, ensemble)
