"""Where two answers part."""

from __future__ import annotations

from typing import Any

import pytest

from didymium.results.difference import first_difference


@pytest.mark.parametrize(
    ("kept", "now", "said"),
    [
        ([1, 2], [1], "the answer: kept 2 items, now 1"),
        ({"rows": [1]}, {"rows": [1, 2]}, "rows: kept 1 items, now 2"),
        ([1, 2], [3], "[0]: kept 1, now 3"),
        ({"a": 1}, {}, "a: kept, now missing"),
        ({}, {"a": 1}, "a: not kept, now there"),
        ({"b": [{"c": 1}], "a": {"d": 2}}, {"b": [{"c": 2}], "a": {"d": 3}}, "a.d: kept 2, now 3"),
        ({"b": [{"c": 1}]}, {"b": [{"c": 2}]}, "b[0].c: kept 1, now 2"),
        (1, 1.0, "the answer: kept 1, now 1.0"),
        (True, 1, "the answer: kept True, now 1"),
        ("ab", ["a", "b"], "the answer: kept 'ab', now ['a', 'b']"),
        ({"x": None}, {"x": 0}, "x: kept None, now 0"),
    ],
)
def test_the_first_place_is_named(kept: Any, now: Any, said: str) -> None:
    assert first_difference(kept, now) == said


@pytest.mark.parametrize("same", [{}, [], [1, "a", {"b": [None, 2.5]}], "text", 0.0])
def test_equal_answers_do_not_part(same: Any) -> None:
    assert first_difference(same, same) == ""
