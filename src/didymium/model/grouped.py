"""Sums over groups of rows, for many groups and many draws at once.

Arrays hold one row per fact and one column per draw, the reported value first: (fact, draw). `group` says to which of
`count` groups a fact belongs. What comes out has one row per group: (group, draw).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Groups = NDArray[np.int64]


def group_sums(values: Floats, group: Groups, count: int) -> Floats:
    """Sum of the facts of each group; a group without facts is zero.

    >>> group_sums(np.array([[1.0], [2.0], [4.0]]), np.array([0, 2, 0]), 3).tolist()
    [[5.0], [0.0], [2.0]]
    """
    from scipy.sparse import csr_array

    ones = (np.ones(group.size), (group, np.arange(group.size)))
    return np.asarray(csr_array(ones, shape=(count, group.size)) @ values, dtype=np.float64)


def group_shares(values: Floats, group: Groups, count: int) -> Floats:
    """Part of each fact in its group's sum [fraction]; 0 where the sum is zero."""
    whole = group_sums(values, group, count)[group]
    return np.divide(values, whole, out=np.zeros_like(values), where=whole > 0)


def group_hhi(values: Floats, group: Groups, count: int, weight: Floats | None = None) -> Floats:
    """Sum of squared shares of each group, each square times `weight` if given [0–1].

    >>> round(float(group_hhi(np.array([[50.0], [30.0], [20.0]]), np.zeros(3, dtype=np.int64), 1)[0, 0]), 12)
    0.38
    """
    squares = np.square(group_shares(values, group, count))
    return group_sums(squares if weight is None else squares * weight, group, count)


def group_largest(values: Floats, group: Groups, count: int, rank: int = 1) -> tuple[NDArray[np.int64], Floats]:
    """The `rank`-th largest fact of each group by its reported value: which fact it is (−1 = none), and its values."""
    if not group.size:
        return np.full(count, -1), np.zeros((count, values.shape[1]))
    order = np.lexsort((-values[:, 0], group))
    sizes = np.bincount(group, minlength=count)
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    found = np.where(sizes >= rank, order[np.minimum(starts + rank - 1, group.size - 1)], -1)
    return found, np.where(found[:, None] >= 0, values[found], 0.0)


def group_hhi_bounds(named: Floats, group: Groups, rest: Floats) -> tuple[Floats, Floats]:
    """Least and greatest index of each group when `rest` (group, draw) is supply of unnamed places.

    As `concentration.hhi_bounds`: the least splits the rest without end, the greatest makes its suppliers as large
    as the smallest named one.

    >>> low, high = group_hhi_bounds(np.array([[80.0]]), np.array([0]), np.array([[20.0]]))
    >>> round(float(low[0, 0]), 12), round(float(high[0, 0]), 12)
    (0.64, 0.68)
    """
    count = rest.shape[0]
    whole = group_sums(named, group, count) + rest
    safe = np.where(whole > 0, whole, 1.0)
    least = group_sums(np.square(named / safe[group]), group, count)
    smallest = np.full(rest.shape, np.inf)
    np.minimum.at(smallest, group, np.where(named > 0, named, np.inf))
    unnamed, largest = rest / safe, np.minimum(rest, smallest) / safe
    full = np.floor(np.divide(unnamed, largest, out=np.zeros_like(rest), where=largest > 0) + 1e-12)
    left = np.maximum(unnamed - full * largest, 0.0)
    return least, least + full * np.square(largest) + np.square(left)
