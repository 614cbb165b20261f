"""Stress on an event tree: every leaf solved, then the expectation with its range over leaves and probabilities.

`coordinated` lets each leaf know its own future and `myopic` lets none know any; `tree` lies between: what is done
before stories part is common to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymium.data import Dataset
from didymium.engine import Keep
from didymium.errors import BadInput
from didymium.model.calibrate import Base
from didymium.model.draws import Draw, Tasks
from didymium.model.ensemble import Applied, Cases, Node, Summary, nodes_of, run_all
from didymium.model.foresight import FORESIGHTS, Runner
from didymium.model.mixing import trace
from didymium.model.outcome import Outcome
from didymium.model.redraw import Redraw
from didymium.model.tree import TREE, TreeRunner
from didymium.results import Row
from didymium.scenario.inputs import Inputs
from didymium.scenario.scenario import Branch, Scenario
from didymium.scenario.tree import Leaf, Path, expected_range, known_when, probabilities
from didymium.scenario.uncertain import FIGURES
from didymium.studies import stress_rows
from didymium.studies.stress_bands import PERCENTILES, bands

TREE_FORESIGHTS = ("coordinated", TREE, "myopic")
MEANS = ("unserved", "short", "lost_value", "user_stock", "delivered", "activity", "flow", "scarcity")


def sights_of(story: Scenario) -> tuple[str, ...]:
    """The kinds of foresight that a scenario can be run with."""
    return TREE_FORESIGHTS if story.branches else FORESIGHTS


def tracked(inputs: Inputs, origin: Sequence[str]) -> Inputs:
    """The inputs with goods split by origin. Raises BadInput when their cuts follow another origin."""
    if not origin or tuple(origin) == inputs.track_origin:
        return inputs
    known = set(inputs.chain.regions)
    if inputs.track_origin or not set(origin) <= known:
        follows = f"the scenario's cuts follow {', '.join(inputs.track_origin)}" if inputs.track_origin else "not known"
        raise BadInput(f"origin {', '.join(origin)}: {follows}.", cure=f"Places: {', '.join(sorted(known))}.")
    return replace(inputs, track_origin=tuple(sorted(origin)))


def applied(ds: Dataset, track_origin: Sequence[str], story: Scenario, overrides: Mapping[str, float]) -> Inputs:
    """Inputs of an ordinary scenario, with goods split by origin if asked."""
    return tracked(story.apply(ds, overrides), track_origin)


@dataclass(frozen=True, slots=True)
class Made:
    """Makes the cases of an ordinary scenario: inputs, and the base year that they start from. It can be pickled."""

    ds: Dataset
    track_origin: tuple[str, ...]
    scenario: Scenario
    base: Base
    redraw: Redraw

    def __call__(self, overrides: Mapping[str, float]) -> Applied:
        """Inputs and base year of a case."""
        inputs = applied(self.ds, self.track_origin, self.scenario, overrides)
        return inputs, self.redraw.base(overrides[FIGURES]) if FIGURES in overrides else self.base


@dataclass(frozen=True)
class Asking:
    """What is asked of every leaf: the cases beside the central one, with which foresight, and who does the work."""

    ds: Dataset
    track_origin: tuple[str, ...]
    base: Base
    redraw: Redraw
    cases: Sequence[Draw]
    watched: tuple[Node, ...]
    foresight: tuple[str, ...]
    drawn: tuple[str, ...]
    executor: str
    workers: int
    keep: Callable[[Path], Keep] | None
    code: Callable[[], str]
    time_limit: float | None

    def made(self, leaf: Leaf) -> Made:
        """What makes the cases of a leaf."""
        return Made(self.ds, self.track_origin, leaf.scenario, self.base, self.redraw)

    def inputs(self, leaf: Leaf) -> Inputs:
        """Central inputs of a leaf."""
        return applied(self.ds, self.track_origin, leaf.scenario, {})

    def tasks(self, kinds: tuple[str, ...]) -> Tasks:
        """What is solved with these kinds: draws, and moves of one input only with the first kind of all."""
        first = self.foresight[0] if self.foresight[0] in kinds else None
        return Tasks.of(self.cases, tuple(kind for kind in self.drawn if kind in kinds), first)


def solved(asking: Asking, found: Sequence[Leaf], progress: Callable[[int, int], None] | None) -> dict[Path, Cases]:
    """All cases of every leaf, by path."""
    plain = tuple(sight for sight in asking.foresight if sight != TREE)
    common = asking.tasks((TREE,))
    each = len(plain) + len(asking.tasks(plain))
    total = each * len(found) + (1 + len(common) if TREE in asking.foresight else 0)
    done = 0

    def report(at: int, _of: int) -> None:
        if progress is not None:
            progress(done + at, total)

    by_leaf: dict[Path, Cases] = {leaf.path: Cases.of_central({}) for leaf in found}
    for leaf in found if plain else ():
        by_leaf[leaf.path] = run_all(
            asking.made(leaf),
            asking.inputs(leaf),
            asking.base,
            asking.tasks(plain),
            plain,
            watched=asking.watched,
            executor=asking.executor,
            workers=asking.workers,
            keep=None if asking.keep is None else asking.keep(leaf.path),
            code=asking.code,
            time_limit=asking.time_limit,
            progress=report,
        )
        done += each
    if TREE in asking.foresight:
        by_leaf = _with_tree(asking, tuple(found), by_leaf, common, report)
    return by_leaf


def _with_tree(
    asking: Asking,
    found: tuple[Leaf, ...],
    plain: Mapping[Path, Cases],
    common: Tasks,
    report: Callable[[int, int], None],
) -> dict[Path, Cases]:
    """The cases of every leaf with those of the tree beside them: one programme gives the outcomes of all leaves."""
    central = [asking.inputs(leaf) for leaf in found]
    runner = _tree_runner(found, central, asking.base)
    whole = runner.run(central, time_limit=asking.time_limit)
    report(1, 0)
    drawn: list[list[dict[str, NDArray[Any]]]] = [[] for _ in found]
    nodes = nodes_of(runner.runner.network, asking.watched)
    for number, (case, _) in enumerate(common, start=2):
        # The errors of the base year are the same in all leaves: it is one draw of one tree.
        inputs = [applied(asking.ds, asking.track_origin, leaf.scenario, case.overrides) for leaf in found]
        base = asking.redraw.base(case.overrides[FIGURES]) if FIGURES in case.overrides else asking.base
        outcomes = runner.run(inputs, base=base, time_limit=asking.time_limit)
        for arrays, outcome in zip(drawn, outcomes, strict=True):
            arrays.append(Summary.of(outcome, runner.runner.kept.base(base), nodes).arrays())
        report(number, 0)
    by_leaf = {}
    for leaf, outcome, arrays in zip(found, whole, drawn, strict=True):
        before = plain[leaf.path]
        both = {**before.central, TREE: outcome}
        by_leaf[leaf.path] = Cases(
            {sight: both[sight] for sight in asking.foresight},
            (*before.tasks, *common),
            [*before.ensemble, *enumerate(arrays, start=len(before.tasks))],
        )
    return by_leaf


def _tree_runner(found: tuple[Leaf, ...], central: Sequence[Inputs], base: Base) -> TreeRunner:
    """The runner of a tree: its network has the routes that a cut by origin touches in any leaf."""
    origin = tuple(sorted({place for inputs in central for place in inputs.track_origin}))
    through = tuple(cut for inputs in central for cut in inputs.origin_restrictions)
    runner = Runner.of(replace(central[0], track_origin=origin, origin_restrictions=through), base)
    return TreeRunner.of(runner, central, probabilities(found), known_when(found, central[0].months))


def expected(found: Sequence[Leaf], by_leaf: Mapping[Path, Cases]) -> Cases:
    """The probability-weighted mean of the leaves; its programmes are those of all leaves, once."""
    first = by_leaf[found[0].path]
    weights = [leaf.probability for leaf in found]
    central = {
        sight: _mean([(leaf.probability, by_leaf[leaf.path].central[sight]) for leaf in found])
        for sight in first.central
    }
    return Cases(central, first.tasks, _Together(tuple(weights), tuple(by_leaf[leaf.path] for leaf in found)))


@dataclass(frozen=True, slots=True)
class _Together:
    """The mean of the leaves' summaries, task by task, read when it is asked for."""

    weights: tuple[float, ...]
    leaves: tuple[Cases, ...]

    def __iter__(self) -> Iterator[tuple[int, dict[str, NDArray[Any]]]]:
        for parts in zip(*(leaf.ensemble for leaf in self.leaves), strict=True):
            yield parts[0][0], _mean_arrays(self.weights, [arrays for _, arrays in parts])


def _mean_arrays(weights: Sequence[float], parts: Sequence[Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """The mean of summaries; a day is the mean of all leaves' and infinite if one of them never runs short."""
    found: dict[str, NDArray[Any]] = {
        name: np.sum([w * arrays[name] for w, arrays in zip(weights, parts, strict=True)], axis=0)
        for name in parts[0]
        if name != "solves"
    }
    return {**found, "solves": np.concatenate([arrays["solves"] for arrays in parts])}


def _mean(weighted: Sequence[tuple[float, Outcome]]) -> Outcome:
    whole = weighted[0][1]
    arrays: dict[str, Any] = {
        name: np.sum([weight * getattr(one, name) for weight, one in weighted], axis=0) for name in MEANS
    }
    solves = {id(s): s for _, one in weighted for s in one.solves}
    objective = float(sum(weight * one.objective for weight, one in weighted))
    return replace(whole, **arrays, objective=objective, solves=tuple(solves.values()))


def leaf_rows(
    ds: Dataset,
    found: Sequence[Leaf],
    by_leaf: Mapping[Path, Cases],
    parties: Sequence[str],
    watched: Sequence[Node],
    alpha: float,
) -> list[Row]:
    """The rows of a plain scenario for each leaf, with its path and probability."""
    rows: list[Row] = []
    for leaf in found:
        cases = by_leaf[leaf.path]
        about: Row = {
            "leaf": leaf.name,
            "title": leaf.title(),
            "title_ja": leaf.title("ja"),
            "probability": leaf.probability,
        }
        spread = bands(cases, parties, watched, alpha)
        rows += [{**row, **about} for row in stress_rows.summary(ds, leaf.scenario, cases, spread, parties)]
    return rows


def expected_rows(story: Scenario, found: Sequence[Leaf], by_leaf: Sequence[Row], mean: Iterator[Row]) -> Iterator[Row]:
    """Rows of the expectation, with their range over leaves and over the ranges of the probabilities.

    The mean day of a shortage is given only if every leaf has one, the date only if all have the same;
    `shortage_probability` is the weight of those that run short.
    """
    key = ("foresight", "party", "product", "sector")
    parts: dict[tuple[Any, ...], dict[Path, Row]] = {}
    paths = {leaf.name: leaf for leaf in found}
    for row in by_leaf:
        parts.setdefault(tuple(row[k] for k in key), {})[paths[str(row["leaf"])].path] = row
    for row in mean:
        own = parts[tuple(row[k] for k in key)]
        unserved = {path: _number(one["unserved_t"]) for path, one in own.items()}
        low, high = expected_range(story, unserved)
        days = [(leaf.probability, own[leaf.path]["days_to_shortage"]) for leaf in found]
        short = [(weight, _number(day)) for weight, day in days if day is not None]
        every = len(short) == len(days)
        dates = {one["first_shortage_date"] for one in own.values()}
        yield {
            **row,
            "unserved_t_least": min(unserved.values()),
            "unserved_t_most": max(unserved.values()),
            "unserved_t_probability_low": low,
            "unserved_t_probability_high": high,
            "shortage_probability": min(sum(weight for weight, _ in short), 1.0),
            "first_shortage_date": dates.pop() if len(dates) == 1 else None,
            "days_to_shortage": sum(weight * day for weight, day in short) if every else None,
            "no_shortage_share": None,
            **{f"days_to_shortage{end}": None for end in PERCENTILES},
            "days_to_shortage_status": "mean over leaves" if every else "no shortage in some or all leaves",
        }


def _number(value: Any) -> float:
    return float(value)


def branch_rows(story: Scenario) -> list[Row]:
    """The branches with their probabilities, ranges and what these rest on."""

    def walk(branches: Sequence[Branch], path: Path) -> Iterator[Row]:
        for branch in branches:
            low, high = branch.probability_range
            yield {
                "scenario": story.id,
                "branch": "/".join((*path, branch.id)),
                "title": branch.title,
                "title_ja": branch.title_ja,
                "start": branch.start,
                "probability": branch.probability,
                "probability_low": low,
                "probability_high": high,
                "probability_basis": branch.probability_basis,
                "based_on": list(branch.based_on),
                "ends": list(branch.ends),
            }
            yield from walk(branch.branches, (*path, branch.id))

    return list(walk(story.branches, ()))


def origin_rows(inputs: Inputs, base: Base, parties: Sequence[str]) -> Iterator[Row]:
    """Base-year uses of the parties and what is at hand at each place, with the share that has tracked content."""
    if not inputs.track_origin:
        return
    traced = trace(inputs.chain, base, inputs.track_origin)
    tag = "+".join(inputs.track_origin)
    for party in parties:
        for product in inputs.chain.products:
            tonnes = sum(
                float(t) for t, u in zip(base.use, inputs.chain.uses, strict=True) if u[:2] == (product, party)
            )
            if (product, party) in traced.node:
                yield {
                    "origin": tag,
                    "party": party,
                    "product": product,
                    "year": inputs.base_year,
                    "use_t": tonnes,
                    "origin_share": 1 - traced.share(product, party),
                }
