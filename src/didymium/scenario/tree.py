"""Event trees: a scenario with branches as its leaves, each an ordinary scenario with a path and a probability.

A leaf is one way through the tree from the first month to the last. Two leaves share all that stands before the month
in which their paths part: nobody knows in those months which of them will come.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from didymium.scenario.inputs import Floats, Ints
from didymium.scenario.scenario import Branch, Outage, Scenario, TradeCut

Path = tuple[str, ...]
Break = TypeVar("Break", TradeCut, Outage)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One way through a tree: the branches taken, in order, and the scenario that they make."""

    branches: tuple[Branch, ...]
    scenario: Scenario

    @property
    def path(self) -> Path:
        """Ids of the branches taken; empty for a scenario without branches."""
        return tuple(branch.id for branch in self.branches)

    @property
    def name(self) -> str:
        """The path as one word, `lapsed/strict`."""
        return "/".join(self.path)

    @property
    def probability(self) -> float:
        """Product of the probabilities along the path."""
        return float(np.prod([branch.probability for branch in self.branches]))

    def title(self, lang: str = "en") -> str:
        """Titles of the branches taken."""
        return "; ".join(b.title_ja if lang == "ja" else b.title for b in self.branches)

    def known(self, month: str) -> Path:
        """The branches known to be taken in a month: two leaves with the same answer cannot be told apart then."""
        return tuple(branch.id for branch in self.branches if branch.start <= month)


def leaves(story: Scenario) -> tuple[Leaf, ...]:
    """All ways through a scenario, in the order of the file; one for a scenario without branches."""
    return tuple(Leaf(path, _along(story, path)) for path in _paths(story.branches))


def _paths(branches: tuple[Branch, ...]) -> list[tuple[Branch, ...]]:
    if not branches:
        return [()]
    return [(branch, *rest) for branch in branches for rest in _paths(branch.branches)]


def _along(story: Scenario, path: tuple[Branch, ...]) -> Scenario:
    """The ordinary scenario that the branches of a path make of a story."""
    if not path:
        return story
    cuts, outages, based_on = story.cuts, story.outages, dict.fromkeys(story.based_on)
    for branch in path:
        cuts = (*_ended(cuts, branch), *branch.cuts)
        outages = (*_ended(outages, branch), *branch.outages)
        based_on |= dict.fromkeys(branch.based_on)
    return story.model_copy(
        update={
            "id": "-".join((story.id, *(branch.id for branch in path))),
            "title": ": ".join((story.title, "; ".join(b.title for b in path))),
            "title_ja": "：".join((story.title_ja, "、".join(b.title_ja for b in path))),
            "based_on": tuple(based_on),
            "cuts": cuts,
            "outages": outages,
            "branches": (),
        }
    )


def _ended(breaks: tuple[Break, ...], branch: Branch) -> tuple[Break, ...]:
    """The breaks as they go on in a branch: those that it ends stop at its start, or never come."""
    found: list[Break] = []
    for one in breaks:
        if one.name is None or one.name not in branch.ends or (one.end is not None and one.end <= branch.start):
            found.append(one)
        elif one.start < branch.start:
            found.append(one.model_copy(update={"end": branch.start}))
    return tuple(found)


def known_when(found: tuple[Leaf, ...], months: tuple[str, ...]) -> Ints:
    """Number of the node that each leaf stands in, shape (leaf, month): equal where leaves cannot be told apart."""
    numbers: dict[Path, int] = {}
    return np.array(
        [[numbers.setdefault(leaf.known(month), len(numbers)) for month in months] for leaf in found], dtype=np.int64
    )


def probabilities(found: tuple[Leaf, ...]) -> Floats:
    """Probability of each leaf, shape (leaf,); sums to 1."""
    return np.array([leaf.probability for leaf in found])


def expected_range(story: Scenario, values: Mapping[Path, float]) -> tuple[float, float]:
    """Least and greatest expectation of a value by leaf, when each probability lies anywhere within its range.

    At each parting the free part of the probability goes to the least (or greatest) first; nested partings are
    independent, so this is exact for values that do not depend on the probabilities themselves.

    >>> from didymium.scenario.scenario import library
    >>> story = next(s for s in library().values() if s.branches)
    >>> expected_range(story, {leaf.path: 7.0 for leaf in leaves(story)})
    (7.0, 7.0)
    """
    return _extreme(story.branches, (), values, min), _extreme(story.branches, (), values, max)


def _extreme(
    branches: tuple[Branch, ...], path: Path, values: Mapping[Path, float], best: Callable[[float, float], float]
) -> float:
    if not branches:
        return values[path]
    inner = [(_extreme(b.branches, (*path, b.id), values, best), *b.probability_range) for b in branches]
    inner.sort(key=lambda part: part[0], reverse=best is max)
    free = 1.0 - sum(low for _, low, _ in inner)
    total = 0.0
    for value, low, high in inner:
        more = min(high - low, free)
        free -= more
        total += value * (low + more)
    return total
