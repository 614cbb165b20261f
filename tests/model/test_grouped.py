"""Sums over groups: the same numbers as one group at a time."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

from didymium.model import concentration, grouped


def test_the_examples_in_the_module_run() -> None:
    assert doctest.testmod(grouped, extraglobs={"np": np}).failed == 0


def test_groups_give_what_each_supply_gives_alone() -> None:
    rng = np.random.default_rng(5)
    sizes = [1, 3, 7, 12]
    group = np.repeat(np.arange(len(sizes)), sizes)
    order = rng.permutation(group.size)
    values = rng.lognormal(3, 2, (group.size, 4))
    rest = rng.lognormal(1, 1, (len(sizes), 4))
    rest[1] = 0.0
    hhi = grouped.group_hhi(values[order], group[order], len(sizes))
    low, high = grouped.group_hhi_bounds(values[order], group[order], rest)
    first, largest = grouped.group_largest(values[order], group[order], len(sizes))
    second = grouped.group_largest(values[order], group[order], len(sizes), 2)[0]
    for number in range(len(sizes)):
        alone = values[group == number]
        for draw in range(4):
            assert hhi[number, draw] == pytest.approx(concentration.hhi(alone[:, draw]), rel=1e-12)
            bounds = concentration.hhi_bounds(alone[:, draw], rest[number, draw])
            assert (low[number, draw], high[number, draw]) == pytest.approx(bounds, rel=1e-12)
        assert largest[number, 0] == alone[:, 0].max()
        assert values[order][first[number], 0] == alone[:, 0].max()
    assert second[0] == -1


def test_nothing_to_sum() -> None:
    none = np.zeros((0, 2))
    found, values = grouped.group_largest(none, np.zeros(0, dtype=np.int64), 2)
    assert found.tolist() == [-1, -1]
    assert values.shape == (2, 2)
