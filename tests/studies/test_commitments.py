"""Promises: due dates recomputed from the text, dated facts of the shipped tables, and laws of the clock."""

from __future__ import annotations

import doctest
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import didymium.data
from didymium.data import Dataset
from didymium.results.result import canonical_json
from didymium.studies.commitment_clock import STATES, Clock
from didymium.studies.commitments import commitments

PAGE = Path(__file__).parents[2] / "docs" / "method" / "commitments.md"
TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def ds() -> Dataset:
    return didymium.data.open()


def on(ds: Dataset, day: date, parties: tuple[str, ...] = ("USA", "JPN")) -> dict[str, Mapping[str, Any]]:
    return {str(row["commitment_id"]): row for row in commitments(ds, as_of=day, parties=parties).rows}


def test_the_worked_example_of_the_page_runs() -> None:
    assert doctest.testfile(str(PAGE), module_relative=False).failed == 0


def test_every_due_date_in_the_table_follows_from_its_term(ds: Dataset) -> None:
    computed = on(ds, date(2040, 1, 1), parties=())
    stated = {row["commitment_id"]: row["due_date"] for row in ds.rows("commitments")}
    assert {name: row["due_date"] for name, row in computed.items()} == stated
    assert sum(date_ is not None for date_ in stated.values()) > 25


def test_the_clocks_of_the_framework_on_both_sides_of_the_date_line(ds: Dataset) -> None:
    rows = on(ds, TODAY)
    ministerial, funding = rows["c002"], rows["c001"]
    assert (ministerial["due_date"], ministerial["other_due_date"]) == ("2026-04-26", "2026-04-25")
    assert (funding["due_date"], funding["other_due_date"]) == ("2026-04-28", "2026-04-27")
    assert (ministerial["days_overdue"], funding["days_overdue"]) == (210, 208)
    assert (ministerial["clause"], funding["clause"]) == ("F-07", "F-05")
    assert (ministerial["state"], ministerial["status"]) == ("overdue", "unknown")
    assert (funding["state"], funding["status"]) == ("overdue", "partly")


def test_a_late_delivery_keeps_its_delay(ds: Dataset) -> None:
    rows = on(ds, TODAY)
    assert (rows["c050"]["state"], rows["c050"]["days_overdue"]) == ("met", 49)
    assert (rows["c086"]["state"], rows["c086"]["days_overdue"]) == ("met", 33)
    assert rows["c110"]["days_overdue"] == -61  # two months early


def test_what_fell_due_after_the_search_ended_is_unknown_not_overdue(ds: Dataset) -> None:
    searched = ds.one("evidence_horizons", table_name="commitments")["searched_until_date"]
    rows = on(ds, TODAY)
    for name in ("c056", "c085", "c100"):
        assert rows[name]["due_date"] > searched
        assert rows[name]["state"] == "unknown"
        assert rows[name]["days_overdue"] > 0
    for row in rows.values():
        if row["state"] == "overdue":
            assert row["due_date"] < searched


def test_what_falls_due_within_the_horizon(ds: Dataset) -> None:
    assert {name for name, row in on(ds, TODAY).items() if row["state"] == "due_soon"} == {"c101", "c131"}
    near = commitments(ds, as_of=TODAY, horizon_days=5)
    assert {row["commitment_id"] for row in near.rows if row["state"] == "due_soon"} == {"c101"}


def test_on_the_due_date_itself_a_promise_is_not_overdue(ds: Dataset) -> None:
    day, after = on(ds, date(2026, 4, 28))["c001"], on(ds, date(2026, 4, 29))["c001"]
    assert (day["state"], day["days_overdue"]) == ("due_soon", 0)
    assert (after["state"], after["days_overdue"]) == ("overdue", 1)


def test_later_evidence_is_not_known_earlier(ds: Dataset) -> None:
    early = on(ds, date(2026, 3, 1))
    assert (early["c050"]["status"], early["c050"]["state"]) == ("open", "due_soon")  # met on 24 April
    assert "c089" not in early  # signed in May
    assert on(ds, date(2026, 4, 23))["c050"]["state"] == "overdue"


def test_parties_choose_the_agreements(ds: Dataset) -> None:
    both, everyone = on(ds, TODAY), on(ds, TODAY, parties=())
    assert "c116" not in both and "c116" in everyone  # a law of the European Union alone
    assert "c100" in both  # China's promise to the United States
    assert len(everyone) == len(ds.rows("commitments"))
    assert set(on(ds, TODAY, parties=("JPN",))) < set(both)


def test_the_scoreboards_count_every_promise_once(ds: Dataset) -> None:
    result = commitments(ds, as_of=TODAY)
    by_state: dict[Any, Any] = {row["state"]: row["commitments"] for row in result.tables["by_state"]}
    board: list[Any] = list(result.tables["by_agreement"])
    assert tuple(by_state) == STATES
    assert sum(by_state.values()) == len(result.rows)
    assert sum(row["commitments"] for row in board) == len(result.rows)
    for row in board:
        assert row["commitments"] == sum(row[state] for state in STATES)


def test_the_sixteen_clauses_and_the_promises_that_carry_them(ds: Dataset) -> None:
    board: dict[Any, Any] = {row["clause"]: row for row in commitments(ds, as_of=TODAY).tables["by_clause"]}
    assert list(board) == [f"F-{n:02d}" for n in range(1, 17)]
    assert {clause for clause, row in board.items() if row["commitment_id"] is None} == {"F-01", "F-03", "F-16"}
    assert board["F-12"]["state"] == "met"
    assert board["F-07"]["state"] == board["F-05"]["state"] == "overdue"
    assert "c041" in board["F-09"]["follow_up_ids"]
    # the framework's own thirteen promises, each under one clause
    own = [row["commitment_id"] for row in ds.rows("commitments", agreement_id="us-jp-fw-2025")]
    assert sorted(str(row["commitment_id"]) for row in board.values() if row["commitment_id"]) == sorted(own)


def test_legal_force_agrees_with_the_agreement(ds: Dataset) -> None:
    binding = {row["agreement_id"]: row["binding"] for row in ds.rows("agreements")}
    for row in on(ds, TODAY, parties=()).values():
        if binding[row["agreement_id"]] == "no":
            assert row["legal_force"] == "political"
    assert on(ds, TODAY)["c041"]["legal_force"] == "contract"
    assert on(ds, TODAY)["c070"]["legal_force"] == "not_in_force"


def test_every_row_names_its_sources(ds: Dataset) -> None:
    known = {row["source_id"] for row in ds.rows("sources")}
    result = commitments(ds, as_of=TODAY)
    rows: list[Any] = list(result.rows)
    for row in rows:
        assert row["source_ids"] and set(row["source_ids"]) <= known
    assert set(result.rows[0]) == {field.name for field in result.fields}


def test_a_promise_of_a_user_s_own_needs_no_reading(ds: Dataset) -> None:
    mine = {**ds.one("commitments", commitment_id="c001"), "commitment_id": "u1", "due_date": "2026-12"}
    own = replace(ds, content={**ds.content, "commitments": (mine,)})
    row = on(own, TODAY)["u1"]
    assert (row["due_date"], row["state"], row["legal_force"], row["clause"]) == (
        "2026-12-31",
        "due_soon",
        "political",
        None,
    )


def _clock(**facts: Any) -> Clock:
    told: dict[str, Any] = {
        "made": "2026-01-01",
        "due": date(2026, 3, 31),
        "other_due": None,
        "due_kind": "by",
        "done": None,
        "status": "open",
        "last_evidence": "2026-01-15",
        "searched_until": "2026-07-01",
    }
    return Clock(**{**told, **facts})


def test_a_state_to_be_kept_until_a_date_is_never_overdue() -> None:
    kept = _clock(due_kind="until")
    assert [kept.state_on(date(2026, m, 1), 30) for m in (2, 3, 4)] == ["open", "due_soon", "unknown"]


def test_a_promise_that_was_met_stays_met_and_one_without_date_is_never_overdue() -> None:
    met = _clock(status="met", done="2026-04-10")
    assert [met.state_on(date(2026, m, 20), 0) for m in (3, 4, 12)] == ["open", "met", "met"]
    assert met.state_on(date(2026, 4, 5), 0) == "overdue"
    dateless = _clock(due=None, due_kind=None)
    assert dateless.state_on(date(2050, 1, 1), 90) == "no_date"
    assert dateless.days_overdue_on(date(2050, 1, 1)) is None


def test_the_same_question_gives_the_same_bytes(ds: Dataset) -> None:
    one, two = (canonical_json(commitments(ds, as_of=TODAY).as_dict()) for _ in range(2))
    assert one == two
