"""What a time limit leaves: sentences with the proven gap or bound, numbers only where all bounds are kept."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from didymium.engine import Certificate
from didymium.i18n import translator
from didymium.model.ensemble import Cases
from didymium.model.foresight import Runner
from didymium.model.outcome import Outcome
from didymium.studies.stress_rows import stopped

sys.path.insert(0, str(Path(__file__).parents[1] / "worked"))
from small_chain import SmallChain

FEASIBLE = Certificate(primal_residual=0.0, dual_residual=0.0, gap=0.025, objective=102.5, bound=100.0)
BOUNDED = Certificate(primal_residual=0.5, dual_residual=0.0, gap=0.9, objective=10.0, bound=152388.4)
NOTHING = Certificate(primal_residual=0.5, dual_residual=0.9, gap=1.0, objective=0.0, bound=-4621.0)


@pytest.fixture(scope="module")
def whole() -> Outcome:
    c = SmallChain(months=4, prices={"magnet": 50.0}, cover_days=45)
    c.process("sinter", "magnet", {}, {"magnet": 1.0}).runs("sinter", "AAA", 100)
    arc = ("magnet", "AAA", "BBB")
    c.ships(*arc, 100).uses("magnet", "BBB", "motors", 100, flexible=(0.2, 60.0)).cut([arc], 0, 3)
    return Runner.of(c.inputs, c.base).run(c.inputs, "coordinated")


def late(outcome: Outcome, proof: Certificate) -> Outcome:
    (solve,) = outcome.solves
    return replace(outcome, solves=(replace(solve, status="time_limit", certificate=proof),))


@pytest.mark.parametrize(
    ("proof", "said", "in_japanese"),
    [
        (FEASIBLE, "proven gap 2.5000 % of the cost", "証明されたギャップは費用の 2.5000 %"),
        (BOUNDED, "no numbers, proven least cost 152388 million USD", "152388 百万米ドル"),
        (NOTHING, "no numbers, nothing proven", "何も証明されていません"),
    ],
)
def test_the_warning_states_what_is_proven(proof: Certificate, said: str, in_japanese: str, whole: Outcome) -> None:
    (warning,) = stopped(Cases.of_central({"coordinated": late(whole, proof)}), 2.5)
    assert said in warning and "time limit of 2.5 s" in warning
    assert in_japanese in translator("ja").fact(warning)


def test_what_is_proven_needs_no_warning(whole: Outcome) -> None:
    assert list(stopped(Cases.of_central({"coordinated": whole}), 2.5)) == []


def test_an_outcome_without_numbers_is_not_one_without_shortage(whole: Outcome) -> None:
    uses = np.array([0])
    assert whole.days_to_shortage(uses) is not None
    empty = replace(whole, short=np.full_like(whole.short, np.nan))
    days = empty.days_to_shortage(uses)
    assert days is not None and np.isnan(days)
    assert empty.first_shortage(days) is None


@pytest.mark.parametrize("sight", ["coordinated", "myopic"])
def test_a_run_stopped_at_once_has_no_numbers_and_says_so(sight: str) -> None:
    c = SmallChain(months=4, prices={"magnet": 50.0}, cover_days=45)
    c.process("sinter", "magnet", {}, {"magnet": 1.0}).runs("sinter", "AAA", 100)
    c.ships("magnet", "AAA", "BBB", 100).uses("magnet", "BBB", "motors", 100, flexible=(0.2, 60.0))
    outcome = Runner.of(c.inputs, c.base).run(c.inputs, sight, time_limit=1e-9)
    assert outcome.status == "time_limit" and not outcome.feasible
    assert len(outcome.solves) == 1
    assert outcome.unserved.shape == (4, 1)
    assert np.isnan(outcome.unserved).all() and np.isnan(outcome.objective)
