"""Money and risk as they are typed for a plan, and what is said where they cannot be read."""

from __future__ import annotations

import pytest

from didymium.questions.params import Money, Risk
from tests.cli.conftest import Didymium


def test_money_and_risk_are_read() -> None:
    assert Money().convert("usa=2000, JPN=1.5", None, None) == {"USA": 2000.0, "JPN": 1.5}
    assert Risk().convert("0.5@95", None, None) == [0.5, 0.95]
    assert Risk().convert("1", None, None) == [1.0, 0.95]


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--budget", "USA", "is not a budget"),
        ("--budget", "USA=-1", "a budget is from 0"),
        ("--risk", "2@95", "is not a weight and a level"),
        ("--only", "mines", "is not one of"),
    ],
)
def test_what_cannot_be_read_is_refused(didymium: Didymium, option: str, value: str, said: str) -> None:
    answer = didymium("plan", option, value)
    assert answer.code == 2
    assert said in answer.err
