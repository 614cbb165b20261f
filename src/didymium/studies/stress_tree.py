"""Stress on an event tree: every leaf solved, then the expectation with its range over leaves and probabilities.

`coordinated` lets each leaf know its own future and `myopic` lets none know any; `tree` lies between: what is done
before stories part is common to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from didymium.data import Dataset
from didymium.errors import BadInput
from didymium.model.calibrate import Base
from didymium.model.ensemble import Draw, run_all
from didymium.model.foresight import FORESIGHTS, Runner
from didymium.model.mixing import trace
from didymium.model.outcome import Outcome
from didymium.model.tree import TREE, TreeRunner
from didymium.results import Row
from didymium.scenario.inputs import Inputs
from didymium.scenario.scenario import Branch, Scenario
from didymium.scenario.tree import Leaf, Path, expected_range, known_when, probabilities
from didymium.studies import stress_rows

Outcomes = Mapping[tuple[str, str], Outcome]
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


def solved(
    apply: Callable[[Scenario, Mapping[str, float]], Inputs],
    found: Sequence[Leaf],
    base: Base,
    cases: Sequence[Draw],
    foresight: Sequence[str],
    *,
    workers: int,
    progress: Callable[[int, int], None] | None,
) -> dict[Path, dict[tuple[str, str], Outcome]]:
    """Outcomes of every leaf by (case, foresight). Moves of one assumption are solved with the first foresight only."""
    plain = tuple(sight for sight in foresight if sight != TREE)
    outcomes: dict[Path, dict[tuple[str, str], Outcome]] = {leaf.path: {} for leaf in found}
    own = [case for case in cases if foresight[0] != TREE or ":" not in case.name]
    steps = [len([1 for case in own for s in plain if ":" not in case.name or s == plain[0]])] * len(found)
    common = [case for case in cases if ":" not in case.name or foresight[0] == TREE] if TREE in foresight else []
    total = sum(steps) + len(common)
    done = 0

    def report(at: int, _of: int) -> None:
        if progress is not None:
            progress(done + at, total)

    for leaf, count in zip(found, steps, strict=True):
        if plain:
            story = leaf.scenario
            outcomes[leaf.path] |= run_all(
                lambda overrides, story=story: apply(story, overrides),  # type: ignore[misc]
                apply(story, {}),
                base,
                own,
                plain,
                workers=workers,
                progress=report,
            )
        done += count
    if common:
        central = [apply(leaf.scenario, {}) for leaf in found]
        runner = _tree_runner(tuple(found), central, base)
        for case in common:
            leaves = [apply(leaf.scenario, case.overrides) for leaf in found]
            for leaf, outcome in zip(found, runner.run(leaves), strict=True):
                outcomes[leaf.path][case.name, TREE] = outcome
            report(1, total)
            done += 1
    return outcomes


def _tree_runner(found: tuple[Leaf, ...], central: Sequence[Inputs], base: Base) -> TreeRunner:
    """The runner of a tree: its network has the routes that a cut by origin touches in any leaf."""
    origin = tuple(sorted({place for inputs in central for place in inputs.track_origin}))
    through = tuple(cut for inputs in central for cut in inputs.origin_restrictions)
    runner = Runner.of(replace(central[0], track_origin=origin, origin_restrictions=through), base)
    return TreeRunner.of(runner, central, probabilities(found), known_when(found, central[0].months))


def expected(found: Sequence[Leaf], outcomes: Mapping[Path, Outcomes]) -> dict[tuple[str, str], Outcome]:
    """The probability-weighted mean of the leaves, by (case, foresight); its solves are those of all leaves, once."""
    first = outcomes[found[0].path]
    return {key: _mean([(leaf.probability, outcomes[leaf.path][key]) for leaf in found]) for key in first}


def _mean(weighted: Sequence[tuple[float, Outcome]]) -> Outcome:
    whole = weighted[0][1]
    arrays: dict[str, Any] = {
        name: np.sum([weight * getattr(one, name) for weight, one in weighted], axis=0) for name in MEANS
    }
    solves = {id(s): s for _, one in weighted for s in one.solves}
    objective = float(sum(weight * one.objective for weight, one in weighted))
    return replace(whole, **arrays, objective=objective, solves=tuple(solves.values()))


def leaf_rows(
    ds: Dataset, found: Sequence[Leaf], outcomes: Mapping[Path, Outcomes], parties: Sequence[str], sights: Sequence[str]
) -> list[Row]:
    """The rows of a plain scenario for each leaf, with its path and probability."""
    return [
        {**row, "leaf": leaf.name, "title": leaf.title(), "title_ja": leaf.title("ja"), "probability": leaf.probability}
        for leaf in found
        for row in stress_rows.summary(ds, leaf.scenario, outcomes[leaf.path], parties, sights)
    ]


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
            "days_to_shortage_p10": None,
            "days_to_shortage_p90": None,
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
