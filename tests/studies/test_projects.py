"""Projects against the ledger: which rows enter, how phases and shares add up, and how near a project stands."""

from __future__ import annotations

from typing import Any

import pytest

import didymium.data
from didymium.data import Dataset
from didymium.results import Result
from didymium.results.result import canonical_json
from didymium.studies.gaps import gaps
from didymium.studies.projects import projects, reach

DRAWS = 100


@pytest.fixture(scope="module")
def ds() -> Dataset:
    return didymium.data.open()


@pytest.fixture(scope="module")
def answer(ds: Dataset) -> Result:
    return projects(ds, draws=DRAWS)


@pytest.fixture(scope="module")
def ledger(ds: Dataset) -> Result:
    """What the answer is held against."""
    return gaps(ds, outlooks=("STEPS",), draws=DRAWS)


def line(answer: Result, project_id: str, product: str) -> Any:
    return next(r for r in answer.rows if (r["project_id"], r["model_product"]) == (project_id, product))


def test_each_project_has_one_row_for_a_product_and_stage(answer: Result) -> None:
    keys = [(r["project_id"], r["stage"], r["model_product"]) for r in answer.rows]
    assert len(set(keys)) == len(keys)
    shares = [r["fills_share"] for r in answer.rows]
    assert shares == sorted(shares, reverse=True)


def test_all_magnet_plants_of_the_register_are_there(answer: Result, ds: Dataset) -> None:
    """All with a capacity and a start, but those that ran in 2025: they are in the base."""
    wanted = {
        r["project_id"]
        for r in ds.rows("projects", product="ndfeb_magnet")
        if r["capacity"] and r["start_year"] and not (r["status"] == "ramping" and r["start_year"] < 2025)
    }
    assert {r["project_id"] for r in answer.rows if r["model_product"] == "ndfeb_magnet"} == wanted
    assert {"mp-independence", "mp-10x", "vulcan-elements-10kt", "neo-narva"} <= wanted


def test_expected_output_of_one_plant_by_hand(answer: Result) -> None:
    """MP's 10X: 7,000 t, under construction (chance 0.65), start 2028, late by a quarter of the time from 2026: 2028.5.

    At mid-2030 two of two years of ramp have passed: 4,550 t; nothing in 2027. P10 and P90 of the start: 2028.42 and
    2028.93.
    """
    plant = line(answer, "mp-10x", "ndfeb_magnet")
    assert plant["expected_t_2027"] == 0
    assert plant["expected_t_2030"] == plant["expected_t_2035"] == pytest.approx(7000 * 0.65)
    assert (plant["expected_start_year_p10"], plant["expected_start_year_p90"]) == pytest.approx((2028.42, 2028.932))
    assert (plant["expected_t_2030_p10"], plant["capacity_t"]) == (0, 7000)


def test_phases_of_a_plant_add_up(answer: Result) -> None:
    """USA Rare Earth's Stillwater: 1,200 t ramping in 2026 (0.75), 8,800 t more proposed for 2030 (0.15, late until
    2031).
    """
    plant = line(answer, "usar-stillwater", "ndfeb_magnet")
    assert plant["expected_t_2030"] == pytest.approx(1200 * 0.75)
    assert plant["expected_t_2035"] == pytest.approx(1200 * 0.75 + 8800 * 0.15)
    assert 0 < plant["expected_t_2027"] < plant["expected_t_2030"]


def test_all_oxides_together_are_split_by_the_deposit_type(answer: Result, ds: Dataset) -> None:
    """Eneabba: 23,000 t of separated oxides a year; its monazite is split as such, not as ore of Mount Weld."""
    shares = {
        r["product"]: float(r["quantity"])
        for r in ds.rows("recipes", process_id="sep_monazite_india")
        if r["flow_role"] == "output"
    }
    expected = {p: line(answer, "iluka-eneabba", p)["expected_t_2035"] for p in ("ndpr_oxide", "dy_oxide")}
    total = 23_000 * 0.65 / max(sum(shares.values()), 1.0)
    assert expected["ndpr_oxide"] == pytest.approx(total * (shares["nd_oxide"] + shares["pr_oxide"]), rel=0.01)
    assert expected["dy_oxide"] == pytest.approx(total * shares["dy_oxide"], rel=0.01)


def test_a_share_is_expected_output_over_the_need_of_both(answer: Result, ledger: Result) -> None:
    need = {(r["stage"], r["product"]): r for r in ledger.rows if (r["party"], r["year"]) == ("USA+JPN", 2030)}
    for r in answer.rows:
        gap = need[r["stage"], r["model_product"]]
        assert r["fills_share"] == pytest.approx(r["expected_t_2030"] / gap["need_t"])
        assert r["gap_t_2030"] == pytest.approx(gap["gap_t"])
        assert r["gap_party"] == "USA+JPN"


def test_how_near_a_project_stands(answer: Result, ds: Dataset) -> None:
    assert line(answer, "mp-10x", "ndfeb_magnet")["reach"] == "home"
    assert line(answer, "caremag-lacq", "dy_oxide")["reach"] == "partner"
    assert line(answer, "ngualla", "ndpr_oxide")["reach"] == "elsewhere"
    assert reach("MYS", ("JPN",), {"AUS"}) == "elsewhere"
    alone = projects(ds, parties=("JPN",), draws=DRAWS)
    assert line(alone, "mp-10x", "ndfeb_magnet")["reach"] == "partner"
    assert line(alone, "lynas-malaysia-hree", "dy_oxide")["reach"] == "elsewhere"


def test_bands_and_years_have_their_order(answer: Result) -> None:
    for r in answer.rows:
        assert 0 <= r["expected_t_2030_p10"] <= r["expected_t_2030_p90"]
        assert r["expected_t_2027"] <= r["expected_t_2030"] + 1e-9 <= r["expected_t_2035"] + 2e-9
        assert (
            r["start_year"] <= r["expected_start_year_p10"] <= r["expected_start_year"] <= r["expected_start_year_p90"]
        )
        assert r["capacity_t"] is None or r["expected_t_2035"] <= r["capacity_t"]


def test_sources_and_names_come_from_the_register(answer: Result, ds: Dataset) -> None:
    known = {r["source_id"] for r in ds.rows("sources")}
    register = {r["project_id"] for r in ds.rows("projects")}
    for r in answer.rows:
        assert r["project_id"] in register
        assert r["name"] and r["operator"]
        assert r["source_ids"] and set(r["source_ids"]) <= known


def test_the_same_seed_gives_the_same_bytes(answer: Result, ds: Dataset) -> None:
    again = projects(ds, draws=DRAWS)
    assert again.run_id == answer.run_id
    assert canonical_json(again.rows) == canonical_json(answer.rows)


def test_a_capacity_is_told_as_its_register_row_states_it(answer: Result) -> None:
    """Eneabba states 23,000 t of all oxides and no figure of its NdPr; a magnet plant's alloy rests on its magnets."""
    found = {(r["project_id"], r["gap_stage"], r["model_product"]): r for r in answer.rows}
    oxides = found["iluka-eneabba", "separated", "ndpr_oxide"]
    assert (oxides["capacity_t"], oxides["capacity_status"]) == (None, "derived from reo_separated")
    assert (oxides["stated_capacity"], oxides["stated_capacity_unit"]) == (23_000, "t REO/y")
    alloy = found["vulcan-elements-10kt", "alloy", "ndfeb_alloy"]
    assert (alloy["capacity_status"], alloy["stated_capacity"]) == ("derived from ndfeb_magnet", 10_000)
    assert all(r["capacity_t"] == r["stated_capacity"] for r in answer.rows if r["capacity_status"] == "reported")
