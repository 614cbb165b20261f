"""Contradictions planted in small chains are named in words; an explanation that does not name them is told."""

from __future__ import annotations

import numpy as np
import pytest

from tests.trust.conflicts import MOST_ITEMS, Verdict, conflict


def verdicts(count: int, explain: object = None) -> list[Verdict]:
    return [conflict(np.random.default_rng([14, number]), explain) for number in range(count)]  # type: ignore[arg-type]


def test_planted_conflicts_are_named() -> None:
    found = verdicts(8)
    assert all(one.passes and one.is_proven for one in found)
    assert max(len(one.lines) for one in found) <= MOST_ITEMS


@pytest.mark.slow
def test_fifty_of_them() -> None:
    found = verdicts(50)
    assert sum(one.passes for one in found) >= 45
    kinds = {planted.kind for one in found for planted in one.planted}
    assert len(kinds) == 5 and {len(one.planted) for one in found} == {1, 2, 3}


def test_numbers_of_rows_are_no_explanation() -> None:
    raw = verdicts(8, lambda found: [f"{v.kind} {v.index}" for v in found.violations])
    assert not any(one.passes for one in raw)


def test_an_explanation_that_leaves_one_out_or_lists_all_is_told() -> None:
    assert not any(one.passes for one in verdicts(8, lambda _: ()))
    long = verdicts(8, lambda found: [f"line {n}" for n in range(MOST_ITEMS + 1)])
    assert not any(one.passes for one in long)
