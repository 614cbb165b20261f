"""Many runs of one network: draws over the ranges of assumptions, and one-at-a-time moves to their ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock, local
from typing import Any, Protocol

import numpy as np

from didymium.model.calibrate import Base
from didymium.model.foresight import Runner
from didymium.model.ledger import split_uniform
from didymium.model.outcome import Outcome
from didymium.scenario.inputs import Inputs

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


def run_all(
    apply: Callable[[Mapping[str, float]], Inputs],
    central: Inputs,
    base: Base,
    cases: Sequence[Draw],
    foresight: tuple[str, ...],
    *,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> dict[tuple[str, str], Outcome]:
    """Outcomes by (case, foresight), in the order of the cases; the same for any number of workers.

    Each thread owns a runner that starts every solve from the central basis, which is found once for all of them.
    One-at-a-time moves are solved with the first kind of foresight only.
    """
    first = Runner.of(central, base)
    own = local()
    lock = Lock()
    tasks = [(c, f) for c in cases for f in foresight if ":" not in c.name or f == foresight[0]]
    done = 0

    def solve(task: tuple[Draw, str]) -> Outcome:
        nonlocal done
        case, sight = task
        if not hasattr(own, "runner"):
            own.runner = first.twin()
        outcome: Outcome = own.runner.run(apply(case.overrides) if case.overrides else central, sight)
        with lock:
            done += 1
            if progress is not None:
                progress(done, len(tasks))
        return outcome

    if workers <= 1:
        found = [solve(task) for task in tasks]
    else:
        with ThreadPoolExecutor(max_workers=workers) as pool:
            found = list(pool.map(solve, tasks))
    return {(case.name, sight): outcome for (case, sight), outcome in zip(tasks, found, strict=True)}
