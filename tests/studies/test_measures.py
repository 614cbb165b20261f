"""The calendar of measures: dated facts of the shipped table, and laws of the clock."""

from __future__ import annotations

import doctest
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

import didymium.data
from didymium.data import Dataset
from didymium.results.result import canonical_json
from didymium.schema import TABLES
from didymium.studies.measure_clock import CHANGES, STATES, Clock
from didymium.studies.measures import measures

PAGE = Path(__file__).parents[2] / "docs" / "method" / "measures.md"

SIX = {
    "cn-2025-55-superhard",
    "cn-2025-56-ree-equipment",
    "cn-2025-57-ree5",
    "cn-2025-58-battery-graphite",
    "cn-2025-61-extraterritorial",
    "cn-2025-62-ree-tech",
}


@pytest.fixture(scope="module")
def ds() -> Dataset:
    return didymium.data.open()


def on(ds: Dataset, day: str) -> dict[str, Mapping[str, Any]]:
    return {str(row["measure_id"]): row for row in measures(ds, as_of=date.fromisoformat(day)).rows}


def test_the_worked_example_of_the_page_runs() -> None:
    assert doctest.testfile(str(PAGE), module_relative=False).failed == 0


def test_the_six_notices_of_october_2025_through_their_suspension(ds: Dataset) -> None:
    before, during, last_day, after = (on(ds, day) for day in ("2025-10-20", "2026-06-30", "2026-11-10", "2026-11-11"))
    for notice in SIX - {"cn-2025-62-ree-tech"}:  # notice 62 took effect on the day it was announced
        assert before[notice]["status"] == "announced"
    assert before["cn-2025-62-ree-tech"]["status"] == "in_force"
    for notice in SIX:
        assert during[notice]["status"] == "suspended"
        assert (last_day[notice]["status"], last_day[notice]["days_to_lapse"]) == ("suspended", 0)
        assert (after[notice]["state"], after[notice]["days_to_lapse"]) == ("possibly_back", -1)
        assert (after[notice]["status"], after[notice]["flag"]) == ("unknown", "state_unknown")
        assert after[notice]["end_date"] == during[notice]["end_date"] == "2026-11-10"
        assert "possibly back in force" in str(after[notice]["lapse_effect"])
        assert "再び有効になった可能性" in str(after[notice]["lapse_effect_ja"])


def test_the_six_notices_stand_first_once_their_state_is_unknown(ds: Dataset) -> None:
    result = measures(ds, as_of=date(2026, 11, 22))
    assert {row["measure_id"] for row in result.rows[:6]} == SIX
    assert len(result.warnings) == 1
    assert "6 measures" in result.warnings[0] and "2026-11-10" in result.warnings[0]


def test_the_us_ban_on_gallium_germanium_and_antimony(ds: Dataset) -> None:
    ban = "cn-us-ban-2024"
    assert on(ds, "2025-11-08")[ban]["status"] == "in_force"
    suspended = on(ds, "2026-11-22")[ban]
    assert (suspended["status"], suspended["days_to_lapse"], suspended["flag"]) == ("suspended", 5, "lapses_soon")
    assert "gallium; germanium; antimony" in str(suspended["lapse_effect"])
    assert on(ds, "2026-11-28")[ban]["state"] == "possibly_back"


def test_the_suspensions_end_on_the_days_that_were_promised(ds: Dataset) -> None:
    promised = {row["commitment_id"]: row["due_date"] for row in ds.rows("commitments", commitment_id=("c100", "c101"))}
    for row in ds.rows("measure_suspensions"):
        assert row["until_date"] == promised["c101" if row["measure_id"] == "cn-us-ban-2024" else "c100"]


def test_a_measure_that_nobody_could_know_of_is_not_listed(ds: Dataset) -> None:
    assert not SIX & set(on(ds, "2025-10-08"))
    assert set(on(ds, "2025-10-09")) >= SIX


def test_what_ended_stays_ended_and_what_is_to_come_is_announced(ds: Dataset) -> None:
    rows = on(ds, "2026-11-22")
    assert rows["cd-co-ban-2025"]["status"] == "ended"
    assert rows["zw-raw-suspension-2026"]["status"] == "replaced"
    assert (rows["zw-li-ban-2027"]["status"], rows["zw-li-ban-2027"]["days_to_change"]) == ("announced", 40)
    assert rows["zw-li-ban-2027"]["flag"] == "starts_soon"
    # nobody has reported that the ban began: after its date it is unknown, not in force
    assert on(ds, "2027-02-01")["zw-li-ban-2027"]["status"] == "unknown"


def test_whom_a_measure_touches(ds: Dataset) -> None:
    rows = on(ds, "2026-11-22")
    assert rows["cn-jp-dualuse-2026"]["touches"] == "named"
    assert rows["cn-ree7-licence-2025"]["touches"] == "everyone"
    assert rows["us-301-magnet-graphite-2026"]["touches"] == "own"
    assert rows["mm-kachin-ree-levy-2024"]["touches"] == "others"
    alone = {row["measure_id"]: row for row in measures(ds, as_of=date(2026, 11, 22), parties=("USA",)).rows}
    assert alone["cn-jp-dualuse-2026"]["touches"] == "others"


def test_every_row_names_its_sources_and_its_words(ds: Dataset) -> None:
    known = {row["source_id"] for row in ds.rows("sources")}
    products = {row["product"] for row in ds.rows("products")}
    result = measures(ds, as_of=date(2026, 11, 22))
    rows: list[Any] = list(result.rows)
    for row in rows:
        assert row["source_ids"] and set(row["source_ids"]) <= known
        assert set(row["products"]) <= products
        assert row["state"] in STATES
        assert row["status"] in TABLES["measures"].column("status").terms
        assert (row["next_change"] is None) == (row["lapse_effect"] is None) == (row["lapse_effect_ja"] is None)
        assert row["next_change"] in (None, *CHANGES)
    assert set(result.rows[0]) == {field.name for field in result.fields}


def test_every_kind_of_measure_and_of_change_has_its_sentences(ds: Dataset) -> None:
    said = {row["sentence_id"]: row for row in ds.rows("sentences")}
    kinds = TABLES["measures"].column("kind").terms
    assert {f"measures.rule.{kind}" for kind in kinds} | {f"measures.{change}" for change in CHANGES} <= set(said)
    for row in said.values():  # both languages name the same fields
        fields = [{name for _, name, _, _ in Formatter().parse(row[text]) if name} for text in ("text", "text_ja")]
        assert fields[0] == fields[1]


def test_the_days_left_shrink_by_one_a_day_until_the_state_changes(ds: Dataset) -> None:
    for row in ds.rows("measures"):
        suspension = next(iter(ds.rows("measure_suspensions", measure_id=row["measure_id"])), None)
        clock = Clock.of(row, suspension)
        day, last = date(2026, 10, 1), None
        while day < date(2027, 1, 10):
            change = clock.change_on(day)
            if change and last and change == last[0]:
                assert (change.on - day).days == last[1] - 1
            last = (change, (change.on - day).days) if change else None
            day += timedelta(days=1)


def _clock(**facts: str) -> Clock:
    told: dict[str, Any] = {
        "announced": "2025-01-01",
        "effective": "2025-02-01",
        "end": None,
        "suspended_from": "2025-06-01",
        "suspended_until": "2025-12-31",
        "status": "in_force",
        "last_evidence": "2025-03-01",
        "first_heard": "2025-01-01",
    }
    return Clock(**{**told, **facts})


def test_a_second_suspension_takes_over_from_the_first(ds: Dataset) -> None:
    renewed = {
        **ds.one("measure_suspensions", measure_id="cn-2025-57-ree5"),
        "from_date": "2026-11-11",
        "until_date": "2027-11-10",
    }
    longer = replace(ds, content={**ds.content, "measure_suspensions": (*ds.content["measure_suspensions"], renewed)})
    assert on(longer, "2026-11-10")["cn-2025-57-ree5"]["days_to_lapse"] == 0
    row = on(longer, "2026-11-22")["cn-2025-57-ree5"]
    assert (row["status"], row["suspended_until_date"]) == ("suspended", "2027-11-10")
    assert on(longer, "2026-11-22")["cn-2025-55-superhard"]["state"] == "possibly_back"


def test_evidence_after_a_suspension_settles_its_state() -> None:
    silent, reported = _clock(), _clock(last_evidence="2026-02-01")
    assert silent.state_on(date(2026, 3, 1)) == "possibly_back"
    assert reported.state_on(date(2026, 3, 1)) == "in_force"
    assert reported.change_on(date(2026, 3, 1)) is None


def test_an_end_outranks_a_suspension_and_a_recorded_status() -> None:
    assert _clock(end="2025-09-30").state_on(date(2025, 10, 1)) == "ended"
    assert _clock(end="2025-09").state_on(date(2025, 9, 30)) == "suspended"


def test_a_month_as_start_begins_on_its_first_day_and_as_end_on_its_last() -> None:
    clock = _clock(effective="2025-02", end="2025-04", suspended_from="2027-01-01", suspended_until="2027-02-01")
    days = (date(2025, 1, 31), date(2025, 2, 1), date(2025, 4, 30), date(2025, 5, 1))
    assert [clock.state_on(day) for day in days] == ["announced", "in_force", "in_force", "ended"]


def test_the_same_question_gives_the_same_bytes(ds: Dataset) -> None:
    one, two = (canonical_json(measures(ds, as_of=date(2026, 11, 22)).as_dict()) for _ in range(2))
    assert one == two


def test_a_sentence_calls_a_place_as_the_table_beside_it_does(ds: Dataset) -> None:
    """Not by its name in ISO 3166, 'Congo, The Democratic Republic of the'."""
    (quota,) = (r for r in measures(ds, as_of=date(2026, 11, 28)).rows if r["measure_id"] == "cd-co-quota-2025")
    assert "Until then DR Congo limits cobalt" in str(quota["lapse_effect"])
    assert "コンゴ民主共和国は" in str(quota["lapse_effect_ja"])
