"""The credibility card grades from the record alone, and the register of assumptions says who answers for what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import didymium.data
from didymium import __version__
from didymium.data import Dataset
from didymium.i18n import translator
from didymium.results import Field, Manifest, Result
from didymium.studies.assumptions import assumptions, commands
from didymium.studies.credibility import FACTORS, Checks, Kept, card

GOOD = {"primal_residual": 1e-12, "dual_residual": 1e-12, "gap": 1e-12}


@pytest.fixture(scope="module")
def ds() -> Dataset:
    return didymium.data.open()


def answer(ds: Dataset, **own: Any) -> Result:
    given: dict[str, Any] = {
        "request": {"draws": 400},
        "dataset": ds.describe(),
        "code_version": __version__,
        "rows": [{"x": 1.0, "x_p10": 0.5, "x_p90": 2.0, "cvar": 3.0}],
        "fields": [Field("x", "t", "a number")],
        "tables": {"drivers": [{"factor": f"f{n}"} for n in range(12)], "ties": [{"tie": 1}], "certificates": [GOOD]},
        "assumptions": ["delay_share"],
        "source_ids": ["mckinsey-the-capex-crystal-ball-27-nov-2024"],
    }
    return Result.of("stress", **{**given, **own})


def grades(ds: Dataset, result: Result, kept: Kept | None = None, checks: Checks | None = None) -> dict[str, int]:
    manifest = Manifest.of(
        result, call={"params": {}, "layers": [], "command": "stress"}, created="2026-11-28T00:00:00"
    )
    sealed = replace(manifest, result_sha256="ab")
    rows = card(sealed, result, ds, kept or Kept(1, 1), checks or Checks(None, (True,)))
    assert [row["factor"] for row in rows] == list(FACTORS)
    return {str(row["factor"]): int(row["grade"]) for row in rows}


def test_a_well_recorded_answer(ds: Dataset) -> None:
    found = grades(ds, answer(ds), Kept(12, 3))
    assert (found["verification"], found["uncertainty"], found["robustness"]) == (3, 4, 4)
    assert (found["use_history"], found["management"], found["input_pedigree"]) == (2, 2, 4)
    assert found["validation"] == 0


def test_nothing_on_record_is_nothing(ds: Dataset) -> None:
    bare = answer(ds, request={}, rows=[], fields=[], tables={}, assumptions=[], source_ids=[])
    assert set(grades(ds, bare, checks=Checks("torn")).values()) == {0}


@pytest.mark.parametrize(
    ("own", "factor", "grade"),
    [
        ({"tables": {"certificates": [{**GOOD, "gap": 1e-3}]}}, "verification", 1),
        ({"tables": {}}, "robustness", 1),
        ({"request": {"draws": 8}}, "uncertainty", 2),
        ({"rows": [{"x": 1.0, "x_p10": None, "x_p90": None}]}, "uncertainty", 1),
        ({"source_ids": ["nobody-knows"]}, "data_pedigree", 1),
        ({"assumptions": ["choke_price_multiple"]}, "input_pedigree", 2),
    ],
)
def test_a_grade_falls_with_its_evidence(ds: Dataset, own: dict[str, Any], factor: str, grade: int) -> None:
    assert grades(ds, answer(ds, **own))[factor] == grade


def test_a_programme_that_does_not_hold_costs_the_proof(ds: Dataset) -> None:
    assert grades(ds, answer(ds), checks=Checks(None, (True, False)))["verification"] == 2
    assert grades(ds, answer(ds), checks=Checks("other bytes", (True,)))["verification"] == 0


def test_a_back_test_counts_what_it_met(ds: Dataset) -> None:
    def tested(*verdicts: str, other: bool = False) -> Kept:
        rows = [{"verdict": verdict} for verdict in verdicts]
        about = {**ds.describe(), **({"id": "0" * 64} if other else {})}
        return Kept(1, 1, Result.of("backtest", request={}, dataset=about, code_version="0", rows=rows))

    assert grades(ds, answer(ds), tested("inside", "touches", "above"))["validation"] == 3
    assert grades(ds, answer(ds), tested("inside", "above", "below"))["validation"] == 2
    assert grades(ds, answer(ds), tested("inside", other=True))["validation"] == 1


def test_each_sentence_of_a_card_has_its_japanese(ds: Dataset) -> None:
    t = translator("ja")
    manifest = Manifest.of(answer(ds), call={"params": {}, "layers": [], "command": "stress"}, created="2026-11-28")
    bare = answer(ds, request={}, rows=[], fields=[], tables={}, assumptions=[], source_ids=[])
    rows = [row for one in (answer(ds), bare) for row in card(manifest, one, ds, Kept(1, 1), Checks(None, (True,)))]
    said = [text for row in rows for text in (row["on_record"], row["next_grade"]) if text]
    assert said and not [text for text in said if t.fact(text).isascii()]


def test_every_assumption_has_an_owner_and_a_user(ds: Dataset) -> None:
    result = assumptions(ds)
    assert len(result.rows) == len(ds.rows("assumptions"))
    assert all(row["owner"] and row["commands"] and row["source_ids"] for row in result.rows)
    by_id = {row["assumption_id"]: row for row in result.rows}
    assert (by_id["delay_share"]["owner"], by_id["delay_share"]["stands_on"]) == ("McKinsey", "source")
    assert by_id["choke_price_multiple"]["stands_on"] == "judgement"
    told = {str(row["command"]): row for row in result.tables["by_command"]}
    assert told["stress"]["assumptions"] == sum("stress" in row["commands"] for row in result.rows)  # type: ignore[operator]


def test_users_are_commands(ds: Dataset) -> None:
    from didymium.questions.catalogue import QUESTIONS

    named = {command for row in ds.rows("assumptions") for command in commands(str(row["used_by"]))}
    assert named <= set(QUESTIONS)
