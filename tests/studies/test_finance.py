"""The register as an investor reads it, and what the finance and floor questions answer on the shipped data."""

from __future__ import annotations

import numpy as np
import pytest

import didymium.data
from didymium.data import Dataset
from didymium.errors import BadInput, UnknownTerm
from didymium.scenario.apply import assumptions
from didymium.studies.finance import finance
from didymium.studies.floor import floor
from didymium.studies.payers import budgets
from didymium.studies.register import Register, register


@pytest.fixture(scope="module")
def ds() -> Dataset:
    return didymium.data.open()


@pytest.fixture(scope="module")
def found(ds: Dataset) -> Register:
    return register(ds, assumptions(ds))


def test_capital_cost_is_taken_once_whatever_a_project_makes(ds: Dataset, found: Register) -> None:
    """White Mesa sells three oxides and a mine's rest; its 410 million stand on one row."""
    rows = ds.rows("projects", project_id="white-mesa-phase2")
    assert sum(r["capex_usd_m"] is not None for r in rows) == 1 and len(rows) > 1
    assert found.sheet("white-mesa-phase2").capex.value == 410.0
    for sheet in found.sheets.values():
        told = [r["capex_usd_m"] for r in ds.rows("projects", project_id=sheet.project_id) if r["capex_usd_m"]]
        if sheet.capex.status == "reported":
            assert sheet.capex.value == pytest.approx(sum(told))


def test_what_is_not_told_is_estimated_with_a_range_or_refused(found: Register) -> None:
    for sheet in found.sheets.values():
        for figure in (sheet.capex, sheet.cost):
            if figure.status == "estimated":
                assert figure.low is not None and figure.high is not None and figure.value is not None
                assert figure.low < figure.value < figure.high and "comparables" in figure.basis
                assert sheet.project_id not in figure.basis.partition(":")[2].replace(",", " ").split()
    assert "most of its sales" in found.sheet("perpetua-stibnite").missing
    assert "not published" in found.sheet("minamitorishima").missing


def test_xenotime_is_worth_more_than_monazite(found: Register) -> None:
    heavy = found.sheet("browns-range").lines[0]
    light = found.sheet("songwe-hill").lines[0]
    assert heavy.weights["dy_oxide"] > 10 * light.weights["dy_oxide"]
    assert heavy.level(found.prices) > 2 * light.level(found.prices)


def test_every_deal_has_a_state_and_interest_is_no_commitment(ds: Dataset) -> None:
    state = {r["deal_id"]: r["state"] for r in ds.rows("deal_states")}
    assert set(state) == {r["deal_id"] for r in ds.rows("finance_terms")}
    for deal in ds.rows("finance_terms"):
        if "letter of interest" in deal["conditions"].lower() or "loi" in deal["conditions"].lower().split():
            assert state[deal["deal_id"]] == "letter_of_interest", deal["deal_id"]


def test_white_mesa_agrees_with_its_own_study(ds: Dataset) -> None:
    """The study says NPV8 of 1.9 billion USD and an IRR of 33 %; both lie in the band of prices of 2021 to 2025."""
    (row,) = finance(ds, projects=("white-mesa-phase2",), draws=400).rows
    assert row["npv_usd_m_p10"] < 1900 < row["npv_usd_m_p90"]  # type: ignore[operator]
    assert row["irr_share_p10"] < 0.33 < row["irr_share_p90"]  # type: ignore[operator]
    assert row["break_even_usd_per_kg"] < row["long_run_usd_per_kg"]  # type: ignore[operator]


def test_more_support_banks_more_and_the_frontier_rises(ds: Dataset) -> None:
    result = finance(ds, projects=("iluka-eneabba",), draws=300)
    packages = {r["package"]: r for r in result.tables["packages"]}
    grants = [packages[f"grant-{n}"]["bankable_share"] for n in (10, 30, 50)]
    floors = [packages[f"floor-{n}"]["cost_usd_m"] for n in (80, 120, 160)]
    assert packages["none"]["bankable_share"] <= grants[0] <= grants[1] <= grants[2]  # type: ignore[operator]
    assert floors[0] < floors[1] < floors[2]  # type: ignore[operator]
    rising = [(r["cost_usd_m"], r["bankable_share"]) for r in result.tables["frontier"]]
    assert [s for _, s in rising] == sorted(s for _, s in rising)  # type: ignore[type-var]
    best = next(r for r in result.tables["packages"] if r["package"] == result.rows[0]["package"])
    assert all(
        p["cost_usd_m"] >= min(best["cost_usd_m"], 0) or p["bankable_share"] < 0.7  # type: ignore[operator,type-var]
        for p in result.tables["packages"]
    )
    own = [r for r in result.tables["precedents"] if r["is_own"]]
    assert {r["deal_id"] for r in own} == {"iluka-efa-2022", "iluka-efa-2024"}


def test_least_sizes_still_suffice_and_less_does_not(ds: Dataset) -> None:
    result = finance(ds, projects=("iluka-eneabba",), draws=300)
    cheapest, least = result.rows[0], result.tables["least_sizes"]
    assert all(r["bankable_share"] >= 0.7 for r in least)  # type: ignore[operator]
    assert least[0]["cost_usd_m"] == cheapest["least_cost_usd_m"] <= cheapest["package_cost_usd_m"]  # type: ignore[operator]
    menu = {r["option_id"]: r["size"] for r in ds.rows("support_menu")}
    for row in least:
        names = str(row["package"]).split(" + ")
        sizes = [float(x) for x in str(row["sizes"]).split("; ")]
        cut = [n for n, size in zip(names, sizes, strict=True) if size != menu[n]]
        assert len(cut) <= 1 and all(size <= menu[n] for n, size in zip(names, sizes, strict=True))
    packages = {r["package"]: r["bankable_share"] for r in result.tables["packages"]}
    assert packages["grant-40 + floor-120"] < 0.7  # a step below on both sides  # type: ignore[operator]


def test_what_moves_a_project_most(ds: Dataset) -> None:
    drivers = finance(ds, projects=("iluka-eneabba",), draws=600).tables["drivers"]
    first = drivers[0]
    assert first["input"] == "cost" and first["rank_correlation"] < -0.5  # type: ignore[operator]
    assert "capex" not in {r["input"] for r in drivers}  # stated: it has no range of its own
    assert sum(float(r["rank_correlation"]) ** 2 for r in drivers if not str(r["input"]).startswith("price:")) < 1.0  # type: ignore[arg-type]
    price = next(r for r in drivers if r["input"] == "price:ndpr_oxide")
    assert price["npv_usd_m_low"] < price["npv_usd_m_high"]  # type: ignore[operator]
    assert price["bankable_share_low"] <= price["bankable_share_high"]  # type: ignore[operator]


def test_programmes_are_left_with_what_deals_have_not_taken(ds: Dataset) -> None:
    """Eneabba: 800 of 3,250 million USD of the Critical Minerals Facility are lent, 257 more are conditional."""
    known = budgets(ds)
    assert known["au-critical-minerals-facility"]["given"] == 800.0
    assert known["au-critical-minerals-facility"]["promised"] == 257.0
    assert known["au-critical-minerals-facility"]["left"] == 2450.0
    assert known["exim-remaining"]["given"] == 0.0  # letters of interest take nothing
    result = finance(ds, projects=("iluka-eneabba",), draws=300)
    for row in result.tables["programmes"]:
        if row["budget_fit"] == "no":
            assert row["expected_cost_usd_m"] > row["left_usd_m"]  # type: ignore[operator]
        elif row["budget_fit"] == "whole":
            assert row["most_usd_m"] <= row["left_usd_m"]  # type: ignore[operator]
    options = set(str(result.rows[0]["package"]).split(" + "))
    for row in result.tables["parties"]:
        told = set(str(row["carries"]).split(" + ")) | set(str(row["leaves"]).split(" + "))
        assert told - {""} == options


def test_a_programme_pays_where_it_may(ds: Dataset) -> None:
    """Japan's 550 billion are for projects in the United States, Title III for those and three allies."""
    rows = finance(ds, projects=("caremag-lacq", "aclara-louisiana", "mp-10x"), draws=200).tables["programmes"]
    payers = {(r["project_id"], r["programme_id"]) for r in rows}
    assert not {p for p, id in payers if id in ("us-jp-550bn", "us-obbba-dpa")} & {"caremag-lacq"}
    assert ("mp-10x", "us-jp-550bn") in payers


def test_costs_of_the_parts_make_the_cost_of_the_package(ds: Dataset) -> None:
    result = finance(ds, projects=("white-mesa-phase2",), draws=300, bankable_in=0.9995)
    (row,) = result.rows
    carried = [r for r in result.tables["parties"] if r["leaves"] == ""]
    assert carried, result.tables["parties"]
    assert carried[0]["expected_cost_usd_m"] == pytest.approx(row["package_cost_usd_m"])


def test_stated_values_stand_beside_ours(ds: Dataset) -> None:
    studies = {
        (r["project_id"], r["case_name"]): r
        for r in finance(ds, projects=("white-mesa-phase2", "ngualla", "asm-dubbo", "vara-mada"), draws=300).tables[
            "studies"
        ]
    }
    mesa = studies["white-mesa-phase2", "base"]
    assert mesa["difference"] in ("inside", "close") and 1.0 < mesa["implied_price_factor"] < 1.3  # type: ignore[operator]
    assert studies["ngualla", "base"]["difference"] == "price_or_cost"
    assert studies["asm-dubbo", "base"]["difference"] == "scope"
    assert studies["vara-mada", "base"]["difference"] == "not_modelled"
    assert studies["vara-mada", "base"]["npv_usd_m"] is None


def test_every_study_says_what_the_row_of_its_project_says(ds: Dataset) -> None:
    """Each value and rate of project_studies is written in npv_or_irr, and converts at the stated rate."""
    told = {r["project_id"]: str(r["npv_or_irr"]) for r in ds.rows("projects") if r["npv_or_irr"]}
    studies = ds.rows("project_studies")
    assert {r["project_id"] for r in studies} == set(told)
    for row in studies:
        text = told[row["project_id"]]
        if row["irr_share"] is not None:
            assert f"{100 * row['irr_share']:g}" in text, row
        if row["npv_m"] is not None:
            assert f"{row['npv_m']:g}" in text or f"{row['npv_m'] / 1000:g}" in text, row
            assert row["npv_usd_m"] == pytest.approx(row["npv_m"] * row["usd_per_unit"], rel=1e-5)
        if row["discount_rate"] is not None:
            assert f"NPV{100 * row['discount_rate']:g}" in text, row
        assert (row["tax_basis"] == "unknown") == ("pre-tax" not in text and "post-tax" not in text) or "case" in text


@pytest.mark.slow
def test_very_many_draws_tell_the_same(ds: Dataset) -> None:
    many = finance(ds, projects=("white-mesa-phase2",), draws=20_000).rows[0]
    few = finance(ds, projects=("white-mesa-phase2",), draws=4000).rows[0]
    assert many["bankable_share"] == pytest.approx(few["bankable_share"], abs=0.03)
    assert many["npv_usd_m"] == pytest.approx(few["npv_usd_m"], rel=0.05)


def test_unknown_projects_and_floors_are_refused(ds: Dataset) -> None:
    with pytest.raises(UnknownTerm, match=r"iluka-eneaba.*Did you mean 'iluka-eneabba'"):
        finance(ds, projects=("iluka-eneaba",))
    with pytest.raises(UnknownTerm, match="ndpr_oxide"):
        floor(ds, floor_product="gallium", floor_at=300)
    with pytest.raises(BadInput, match="above zero"):
        floor(ds, floor_product="ndpr_oxide", floor_at=0)


def test_a_floor_by_hand(ds: Dataset) -> None:
    """1.238 t of oxide make a tonne of metal; a standard magnet holds 0.413 t of metal: 0.512 t of oxide."""
    result = floor(ds, floor_product="ndpr_oxide", floor_at=110.0)
    at = {r["stage"]: r for r in result.rows}
    price = max((r for r in ds.rows("prices", product="ndpr_oxide", market="China FOB")), key=lambda r: r["year"])
    assert at["separated"]["extra_usd_per_kg_now"] == pytest.approx(110 - price["price"])
    assert at["metal"]["content_t_per_t"] == pytest.approx(1.23847)
    assert 0.4549 < at["magnet"]["content_t_per_t"] < 0.5119  # type: ignore[operator]
    for row in result.rows:
        content = float(row["content_t_per_t"])  # type: ignore[arg-type]
        assert row["extra_usd_per_kg_now"] == pytest.approx(content * (110 - price["price"]))
    motor = next(r for r in result.tables["uses"] if r["use"] == "ev_motor_pm")
    assert motor["extra_usd_now"] == pytest.approx(1.5 * at["magnet"]["extra_usd_per_kg_now"])  # type: ignore[operator]


def test_what_some_pay_others_get(ds: Dataset) -> None:
    result = floor(ds, floor_product="ndpr_oxide", floor_at=110.0)
    for party in ("USA", "JPN"):
        for way in ("treasury", "border_all", "border_oxide", "border_to_metal"):
            paid = [
                float(r["paid_usd_m_per_y_now"])  # type: ignore[arg-type]
                for r in result.tables["payers"]
                if (r["party"], r["way"]) == (party, way)
            ]
            assert sum(paid) == pytest.approx(0.0, abs=1e-9) and max(paid) > 0


def test_a_floor_below_the_market_costs_nothing_now(ds: Dataset) -> None:
    result = floor(ds, floor_product="ndpr_oxide", floor_at=10.0)
    assert all(r["extra_usd_per_kg_now"] == 0 for r in result.rows)
    assert all(r["paid_usd_m_per_y_now"] == 0 for r in result.tables["payers"])


def test_signed_floors_are_priced_with_their_upside(ds: Dataset) -> None:
    """MP Materials: 51 million USD were paid for one quarter; a year at today's run rate is of that order."""
    deals = {r["deal_id"]: r for r in floor(ds, floor_product="ndpr_oxide", floor_at=110.0).tables["deals"]}
    mp, jare = deals["mp-dow-floor"], deals["lynas-jare-2026-floor"]
    assert 51 < mp["first_year_usd_m"] < 4 * 51  # type: ignore[operator]
    assert mp["cost_usd_m_p10"] < mp["cost_usd_m"] < mp["tail_usd_m"] < mp["exposure_usd_m"]  # type: ignore[operator]
    assert jare["years"] == 12 and np.isclose(jare["exposure_usd_m"], 110 * 7200 * 12 / 1000)  # type: ignore[arg-type]
