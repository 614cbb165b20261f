"""Many runs of one network: draws over uncertain inputs, and one-at-a-time moves to the ends of their ranges.

The central case is kept whole. Of every other case only a summary is kept, so that an ensemble may be large.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymium.engine import Keep, Start, run_ensemble
from didymium.model.calibrate import Base
from didymium.model.draws import Draw, Task
from didymium.model.foresight import Runner
from didymium.model.network import SupplyNetwork
from didymium.model.outcome import Outcome, Solve
from didymium.scenario.inputs import Inputs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Node = tuple[str, str]  # product, region
Applied = tuple[Inputs, Base]
"""What a case is made of: the months to come, and the base year that they start from."""

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


@dataclass(frozen=True, slots=True)
class Summary:
    """What is kept of a case: the part of its outcome that the bands and drivers are made of.

    `unserved`, `short` (month, use) [t]; `lost_value` (use) [million USD]; `days` (use) to the first shortage,
    infinite without one, NaN where the time limit left no answer; `scarcity` (month, watched node) [USD/kg];
    `base_use` and `base_activity` [t/y] of the base year that it started from; `objective` [million USD]; `solves` the
    record of each linear programme, shape (programme, field), in the order of `RECORD`.
    """

    unserved: Floats
    short: Floats
    lost_value: Floats
    days: Floats
    scarcity: Floats
    base_use: Floats
    base_activity: Floats
    objective: float
    solves: Floats

    @classmethod
    def of(cls, outcome: Outcome, base: Base | None = None, watched: Ints | None = None) -> Summary:
        """The summary of an outcome and of the base year that it started from; `watched` are numbers of nodes."""
        days = [outcome.days_to_shortage(np.array([use])) for use in range(outcome.unserved.shape[1])]
        return cls(
            unserved=outcome.unserved,
            short=outcome.short,
            lost_value=outcome.lost_value.sum(axis=0),
            days=np.array([np.inf if d is None else d for d in days]),
            scarcity=outcome.scarcity[:, [] if watched is None else watched],
            base_use=np.empty(0) if base is None else base.use,
            base_activity=np.empty(0) if base is None else base.activity,
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
            scarcity=arrays["scarcity"],
            base_use=arrays["base_use"],
            base_activity=arrays["base_activity"],
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


def nodes_of(network: SupplyNetwork, watched: Sequence[Node]) -> Ints:
    """Numbers of the watched nodes that the network has."""
    return np.array([network.node_index[n] for n in watched if n in network.node_index], dtype=np.int64)


@dataclass(slots=True)
class _Desk:
    """What one worker has at hand: a runner, and what the last case is made of, which the next task often shares."""

    runner: Runner
    watched: Ints
    case: Draw | None = None
    made: Applied | None = None


@dataclass(frozen=True)
class CaseWork:
    """The work of an ensemble of cases: each index is a task."""

    apply: Callable[[Mapping[str, float]], Applied]
    central: Inputs
    base: Base
    start: Start | None
    tasks: Sequence[Task]
    watched: tuple[Node, ...] = ()
    time_limit: float | None = None

    def prepare(self) -> _Desk:
        """A runner that begins with the basis of the central case."""
        runner = Runner.of(self.central, self.base, start=self.start)
        return _Desk(runner, nodes_of(runner.network, self.watched))

    def run(self, state: _Desk, index: int) -> dict[str, NDArray[Any]]:
        """The summary of one task."""
        case, sight = self.tasks[index]
        if state.made is None or state.case != case:
            state.case, state.made = case, self.apply(case.overrides)
        inputs, base = state.made
        outcome = state.runner.run(inputs, sight, base=base, time_limit=self.time_limit)
        return Summary.of(outcome, state.runner.kept.base(base), state.watched).arrays()


@dataclass(frozen=True)
class Cases:
    """The central case whole, by foresight, and the summaries of all others, in the order of the tasks."""

    central: Mapping[str, Outcome]
    tasks: Sequence[Task]
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
        for index, arrays in self.ensemble:
            case, kind = self.tasks[index]
            if kind == sight and not case.is_move:
                yield Summary.from_arrays(arrays)

    @cached_property
    def drawn(self) -> Mapping[str, int]:
        """How many draws there are, by foresight."""
        return Counter(kind for case, kind in self.tasks if not case.is_move)

    @cached_property
    def moved(self) -> Mapping[str, Summary]:
        """The one-at-a-time moves by name, `user_cover_days:low` and `user_cover_days:high`."""
        return {name: found for name, _, found in self if name.endswith((":low", ":high"))}


def run_all(
    apply: Callable[[Mapping[str, float]], Applied],
    central: Inputs,
    base: Base,
    tasks: Sequence[Task],
    foresight: tuple[str, ...],
    *,
    watched: tuple[Node, ...] = (),
    executor: str | Executor = "threads",
    workers: int = 1,
    time_limit: float | None = None,
    keep: Keep | None = None,
    code: Callable[[], str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Cases:
    """The central case and all others; the same for every executor and any number of workers.

    `apply` gives inputs and base year of a case; `tasks` are the cases with the foresight to solve each with (`Tasks`),
    `foresight` the kinds of the central case. Every solve starts from the central basis. `watched` are the (product,
    region) whose scarcity values are kept. `executor`, `keep` and `code` are those of `run_ensemble`; for processes and
    clusters `apply` has to be picklable. `time_limit` [s] holds for each programme.
    """
    total = len(foresight) + len(tasks)
    runner = Runner.of(central, base)
    whole = {}
    for done, sight in enumerate(foresight, start=1):
        whole[sight] = runner.run(central, sight, time_limit=time_limit)
        if progress is not None:
            progress(done, total)
    start = runner.whole.start() if time_limit is None else None  # a stopped base has no basis to hand on
    ensemble = run_ensemble(
        CaseWork(apply, central, base, start, tasks, watched, time_limit),
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
