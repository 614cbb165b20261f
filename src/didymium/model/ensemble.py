"""Many runs of one network: draws over the ranges of assumptions, and one-at-a-time moves to their ends.

The central case is kept whole. Of every other case only a summary is kept, so that an ensemble may be large.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from didymium.engine import Keep, Start, run_ensemble
from didymium.model.calibrate import Base
from didymium.model.foresight import Runner
from didymium.model.ledger import split_uniform
from didymium.model.outcome import Outcome, Solve
from didymium.scenario.inputs import Inputs

Floats = NDArray[np.float64]

APPROVAL = "approval_position"  # where in its range each cut's approval share lies: 0 low, ½ central, 1 high
RECORD = (
    "month",
    "is_optimal",
    "rows",
    "columns",
    "nonzeros",
    "iterations",
    "objective",
    "bound",
    "primal_residual",
    "dual_residual",
    "gap",
)


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

    `unserved`, `short` (month, use) [t]; `lost_value` (use) [million USD]; `days` (use) to the first shortage,
    infinite without one, NaN where the time limit left no answer; `objective` [million USD]; `solves` the record of
    each linear programme, shape (programme, field), in the order of `RECORD`.
    """

    unserved: Floats
    short: Floats
    lost_value: Floats
    days: Floats
    objective: float
    solves: Floats

    @classmethod
    def of(cls, outcome: Outcome) -> Summary:
        """The summary of an outcome."""
        days = [outcome.days_to_shortage(np.array([use])) for use in range(outcome.unserved.shape[1])]
        return cls(
            unserved=outcome.unserved,
            short=outcome.short,
            lost_value=outcome.lost_value.sum(axis=0),
            days=np.array([np.inf if d is None else d for d in days]),
            objective=float(outcome.objective),
            solves=np.array([_record(s) for s in outcome.solves]),
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
            solves=arrays["solves"][~np.isnan(arrays["solves"][:, RECORD.index("rows")])],
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All fields as arrays, of one shape for each kind of foresight: unused records are NaN."""
        fields = {name: np.asarray(getattr(self, name)) for name in self.__slots__}
        padded = np.full((self.unserved.shape[0], len(RECORD)), np.nan)
        padded[: len(self.solves)] = self.solves
        return {**fields, "solves": padded}

    def days_to_shortage(self, uses: NDArray[np.int64]) -> float | None:
        """Days from the first day until firm demand of the first of these uses goes unserved; None if never."""
        first = float(self.days[uses].min())
        return None if np.isposinf(first) else first

    @property
    def is_optimal(self) -> bool:
        """Whether every programme is proven."""
        return bool(self.solves[:, RECORD.index("is_optimal")].all())

    def worst(self, measure: str) -> float:
        """The largest of a measure of proof over all programmes."""
        return float(self.solves[:, RECORD.index(measure)].max())


def _record(solve: Solve) -> list[float]:
    """What is kept of a programme, in the order of `RECORD`; the month is counted from year 0, NaN for none."""
    proof = solve.certificate
    month = np.nan if solve.month is None else int(solve.month[:4]) * 12 + int(solve.month[5:]) - 1
    sizes = (solve.rows, solve.columns, solve.nonzeros, solve.iterations)
    proven = (proof.objective, proof.bound, proof.primal_residual, proof.dual_residual, proof.gap)
    return [month, float(solve.status == "optimal"), *map(float, sizes), *proven]


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
    time_limit: float | None = None

    def prepare(self) -> _Desk:
        """A runner that begins with the basis of the central case."""
        return _Desk(Runner.of(self.central, self.base, start=self.start))

    def run(self, state: _Desk, index: int) -> dict[str, NDArray[Any]]:
        """The summary of one task."""
        case, sight = self.tasks[index]
        if state.inputs is None or state.case is not case:
            state.case, state.inputs = case, self.apply(case.overrides)
        return Summary.of(state.runner.run(state.inputs, sight, time_limit=self.time_limit)).arrays()


@dataclass(frozen=True)
class Cases:
    """The central case whole, by foresight, and the summaries of all others, in the order of the tasks."""

    central: Mapping[str, Outcome]
    tasks: tuple[Task, ...]
    ensemble: Iterable[tuple[int, Mapping[str, NDArray[Any]]]]  # number of a task and the arrays of its summary
    start: Start | None = None  # the basis of the central case over the whole horizon

    @classmethod
    def of_central(cls, central: Mapping[str, Outcome]) -> Cases:
        """The central case without any other."""
        return cls(central, (), ())

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
    time_limit: float | None = None,
    keep: Keep | None = None,
    code: Callable[[], str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Cases:
    """The central case and all others; the same for every executor and any number of workers.

    Every solve starts from the central basis. One-at-a-time moves are solved with the first foresight only. `executor`,
    `keep` and `code` are those of `run_ensemble`; for processes and clusters `apply` has to be picklable. `time_limit`
    [s] holds for each programme.
    """
    tasks = tuple((c, f) for c in cases for f in foresight if ":" not in c.name or f == foresight[0])
    total = len(foresight) + len(tasks)
    runner = Runner.of(central, base)
    whole = {}
    for done, sight in enumerate(foresight, start=1):
        whole[sight] = runner.run(central, sight, time_limit=time_limit)
        if progress is not None:
            progress(done, total)
    start = runner.whole.start() if time_limit is None else None  # a stopped base has no basis to hand on
    ensemble = run_ensemble(
        CaseWork(apply, central, base, start, tasks, time_limit),
        range(len(tasks)),
        executor=executor,
        workers=workers,
        keep=keep,
        code=code,
        progress=None if progress is None else lambda done, _of: progress(len(foresight) + done, total),
        name=lambda index: f"{tasks[index][0].name} {tasks[index][1]}",
    )
    ahead = whole.get("coordinated")
    proven = ahead is not None and ahead.status == "optimal"
    return Cases(whole, tasks, ensemble, runner.whole.start() if proven else None)
