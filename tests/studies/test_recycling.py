"""Scrap of real magnets: sums, conservation, closed forms, and the laws that hold whatever the assumptions are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import didymium.data
from didymium.data import Dataset
from didymium.errors import BadInput, UnknownTerm
from didymium.model.scrap import stock
from didymium.results import Result
from didymium.results.result import canonical_json
from didymium.studies import gap_supply
from didymium.studies.gaps import gaps
from didymium.studies.recycling import recycling
from didymium.studies.scrap_figures import ELEMENTS, LEVERS, Figures, figures
from didymium.studies.scrap_projects import SHOWN

DRAWS = 40
MAGNETS = ("magnets",)
YEARS = (2026, 2030, 2035)
SUMMED = ("in_use_stock_t", "end_of_life_t", "collected_t", "recovered_t")


@pytest.fixture(scope="module")
def ds() -> Dataset:
    return didymium.data.open()


@pytest.fixture(scope="module")
def answer(ds: Dataset) -> Result:
    return recycling(ds, families=MAGNETS, years=YEARS, draws=DRAWS)


@pytest.fixture(scope="module")
def known(ds: Dataset) -> Figures:
    supply = gap_supply.prepare(ds, ("USA", "JPN"), range(2025, 2036), DRAWS, 0)
    return figures(ds, supply, "STEPS", 0)


def line(answer: Result, party: str, element: str, year: int, sector: str = "total") -> Any:
    key = (party, element, year, sector)
    return next(r for r in answer.rows if (r["party"], r["element"], r["year"], r["sector"]) == key)


def keys(answer: Result) -> list[tuple[Any, Any, Any]]:
    return sorted({(r["party"], r["element"], r["year"]) for r in answer.rows})


def test_uses_add_up_to_the_total(answer: Result) -> None:
    for key in keys(answer):
        parts: list[Any] = [
            r for r in answer.rows if (r["party"], r["element"], r["year"]) == key and r["sector"] != "total"
        ]
        assert len(parts) == 6
        for column in SUMMED:
            assert sum(r[column] for r in parts) == pytest.approx(line(answer, *key)[column], rel=1e-12)


def test_parties_together_hold_what_each_holds(answer: Result) -> None:
    for element in ELEMENTS:
        for year in YEARS:
            usa, jpn, both, world = (line(answer, p, element, year) for p in ("USA", "JPN", "USA+JPN", "WLD"))
            for column in (*SUMMED, "new_scrap_t", "need_t"):
                assert usa[column] + jpn[column] == pytest.approx(both[column], rel=1e-12)
            assert all(both[column] < world[column] for column in (*SUMMED, "need_t"))


def test_recovered_is_collected_times_yield(answer: Result, ds: Dataset) -> None:
    share = float(ds.rows("assumptions", assumption_id="recycling_recovery_share")[0]["value"])
    rows: list[Any] = list(answer.rows)
    for row in rows:
        assert row["recovered_t"] == pytest.approx(share * row["collected_t"], rel=1e-12)
        assert 0 <= row["recovered_t"] <= row["collected_t"] <= row["end_of_life_t"]


def test_what_leaves_use_is_what_entered_less_what_stays(known: Figures, ds: Dataset) -> None:
    """From the end of one year to the next, in every draw: the stock changes by use less what leaves."""
    for sector in known.sectors:
        named = gap_supply.OUTLOOK_SECTOR.get(sector, "other_uses")
        entered = gap_supply.sector_growth(ds, "STEPS", np.array(known.years, dtype=float))[named]
        change = np.diff(known.in_use[sector], axis=1)
        assert np.allclose(change, entered[1:] - known.end_of_life[sector][:, 1:], atol=1e-9)


def test_the_history_is_the_growth_row_carried_back(known: Figures, ds: Dataset) -> None:
    rows = {(r["sector"], r["parameter"]): float(r["value"]) for r in ds.rows("lifetimes", family="magnets")}
    start = int(ds.rows("assumptions", assumption_id="recycling_history_start")[0]["value"])
    growth = gap_supply.sector_growth(ds, "STEPS", np.array(known.years, dtype=float))["wind"]
    use = [(1 + rows["wind", "growth_before"]) ** (year - 2024) for year in range(start, 2025)]
    found = stock([*use, *growth], rows["wind", "mean_life"], rows["wind", "weibull_shape"])
    assert known.end_of_life["wind"][0] == pytest.approx(found.end_of_life[-len(growth) :], rel=1e-12)


def test_every_use_of_magnets_has_all_parameters(ds: Dataset) -> None:
    uses = {r["sector"] for r in ds.rows("magnet_sectors") if r["share_of_world"] > 0}
    found = {(r["sector"], r["parameter"]) for r in ds.rows("lifetimes", family="magnets")}
    names = {"mean_life", "weibull_shape", "growth_before", "collection_share", "collection_target"}
    assert found == {(use, name) for use in uses for name in names}
    assert all(r["low"] <= r["value"] <= r["high"] for r in ds.rows("lifetimes", family="magnets"))
    assert all(r["high"] <= 1 for r in ds.rows("lifetimes", family="magnets") if r["unit"] == "share")


def test_what_has_no_source_says_that_it_is_assumed(ds: Dataset) -> None:
    own = [r for r in ds.rows("lifetimes", family="magnets") if r["source_id"] == "didymium-derivation"]
    assert own and all("ASSUMPTION" in r["basis"] for r in own)


def test_content_of_a_magnet_is_that_of_its_alloy(known: Figures) -> None:
    assert known.content["std", "Nd"] + known.content["std", "Pr"] == pytest.approx(0.31, rel=1e-12)
    assert known.content["std", "Dy"] == 0
    assert sum(known.content["ht", e] for e in ELEMENTS) == pytest.approx(0.305, abs=1e-5)
    # 0.75 t Nd2O3 a tonne of blend, 0.857356 t Nd a tonne of Nd2O3, 0.849943 t of both metals a tonne of blend
    assert known.content["std", "Nd"] == pytest.approx(0.31 * 0.75 * 0.857356 / 0.849943, rel=1e-5)


def test_more_collection_never_lowers_what_is_recovered(answer: Result) -> None:
    pulled = [r for r in answer.tables["levers"] if r["gained_status"] == "modelled"]
    assert {r["lever"] for r in pulled} == set(LEVERS)
    assert all(float(r[c]) >= 0 for r in pulled for c in ("gained_t", "gained_t_p10", "gained_t_p90"))  # type: ignore[arg-type]
    gain = {(r["party"], r["element"], r["year"], r["lever"]): float(r["gained_t"]) for r in pulled}  # type: ignore[arg-type]
    for party, element, year in keys(answer):
        one, other, both = (gain[party, element, year, lever] for lever in LEVERS)
        assert both >= one + other - 1e-9
        assert (both > 0) == (year > 2026)


def test_a_higher_collection_row_recovers_more(known: Figures) -> None:
    more = replace(known, collection={s: np.minimum(c * 2, 1.0) for s, c in known.collection.items()})
    for sector in known.sectors:
        for lever in ("", *LEVERS):
            now, then = (np.multiply(*k.rates(sector, lever)) for k in (known, more))
            assert np.all(then >= now * (1 - 4 * np.finfo(float).eps))


def test_what_leaves_the_country_is_not_known_and_is_not_zero(answer: Result) -> None:
    assert {(r["exported_t"], r["exported_status"]) for r in answer.rows} == {(None, "unknown")}
    stopped = [r for r in answer.tables["levers"] if r["lever"] == "leakage_to_zero"]
    assert stopped and all(r["gained_t"] is None and r["gained_status"] == "unknown" for r in stopped)


def test_the_gap_is_the_ledgers(answer: Result, ds: Dataset) -> None:
    ledger = gaps(ds, years=YEARS, outlooks=("STEPS",), draws=DRAWS)
    for oxide, parts in (("ndpr_oxide", ("Nd", "Pr")), ("dy_oxide", ("Dy",)), ("tb_oxide", ("Tb",))):
        for party in ("USA", "JPN", "USA+JPN"):
            for year in YEARS:
                key = (party, "separated", oxide, year)
                told = next(r for r in ledger.rows if (r["party"], r["stage"], r["product"], r["year"]) == key)
                rows = [line(answer, party, e, year) for e in parts]
                for column in ("gap_t", "need_t"):
                    inside = sum(r[column] for r in rows)
                    content = {"ndpr_oxide": 0.849943, "dy_oxide": 0.871321, "tb_oxide": 0.850215}[oxide]
                    assert inside == pytest.approx(float(told[column]) * content, rel=1e-5, abs=1e-9)  # type: ignore[arg-type]


def test_the_part_of_need_is_small_until_2035(answer: Result) -> None:
    """About one per cent of what leaves use is recycled; where use grows, that is less than one per cent of need."""
    assert all(0 < line(answer, *key)["need_share"] < 0.01 for key in keys(answer))


def test_world_scrap_of_2035_holds_the_published_figure(answer: Result) -> None:
    """McKinsey (2025): about 41,000 t of post-consumer scrap of magnet rare earths in 2035, read second-hand."""
    rows = [line(answer, "WLD", e, 2035) for e in ELEMENTS]
    assert sum(r["end_of_life_t_p10"] for r in rows) < 41_000 < sum(r["end_of_life_t_p90"] for r in rows)


def test_what_is_published_of_china_stands_beside_the_swarf_of_its_makers(answer: Result, ds: Dataset) -> None:
    """The study counts the swarf of machining; Argus counts rejects and what traders collect, too.

    By hand: 1.293 t of blank a tonne of magnets leave 0.293 t of swarf, four fifths of its metal return.
    """
    (row,) = (r for r in answer.tables["published"] if (r["party"], r["year"]) == ("CHN", 2024))
    supply = gap_supply.prepare(ds, ("USA", "JPN"), (2025,), 1, 0)
    made = {
        p: t for (p, r), t in zip(supply.chain.activities, supply.base.activity.tolist(), strict=True) if r == "CHN"
    }
    swarf = 0.8 * 0.293 * (made["machine_std"] + made["machine_ht"]) * 0.31
    assert row["study_value"] == pytest.approx(swarf, rel=0.02)
    assert 0.5 < row["study_over_published"] < 0.8
    assert "CHN" not in {r["party"] for r in answer.rows}


def test_the_year_before_the_first_is_the_base_year(known: Figures, ds: Dataset) -> None:
    """Years that begin with the base year itself tell the later ones the same stock and scrap."""
    longer = figures(ds, gap_supply.prepare(ds, ("USA", "JPN"), range(2024, 2036), DRAWS, 0), "STEPS", 0)
    assert longer.years[1:] == known.years
    for sector in known.sectors:
        assert longer.in_use[sector][:, 1:] == pytest.approx(known.in_use[sector], rel=1e-12)
        assert longer.end_of_life[sector][:, 1:] == pytest.approx(known.end_of_life[sector], rel=1e-12)


def test_scrap_stands_beside_projects_in_oxide(answer: Result) -> None:
    table = answer.tables["against_projects"]
    assert {r["kind"] for r in table} == {"old_scrap", "primary_project", "recycler"}
    for year in SHOWN[:1]:
        key = ("USA", "none", "ndpr_oxide")
        scrap = next(r for r in table if (r["party"], r["lever"], r["product"]) == key)
        metal = sum(line(answer, "USA", e, year)["recovered_t"] for e in ("Nd", "Pr"))
        assert scrap[f"expected_t_{year}"] == pytest.approx(metal / 0.849943, rel=1e-5)
    named = {r["project_id"] for r in table if r["kind"] == "recycler"}
    assert {"caremag-lacq", "cyclic-kingston", "hypromag-usa", "ionic-belfast"} == named


def test_capital_cost_is_that_of_the_whole_project_over_its_oxides(answer: Result) -> None:
    nolans = [r for r in answer.tables["against_projects"] if r["project_id"] == "arafura-nolans"]
    assert [(r["product"], r["capacity"]) for r in nolans] == [("ndpr_oxide", 4440.0)]
    assert nolans[0]["capex_usd_per_t_per_y"] == pytest.approx(1e6 * float(nolans[0]["capex_usd_m"]) / 4440.0)  # type: ignore[arg-type]


def test_same_seed_same_answer(answer: Result, ds: Dataset) -> None:
    again = recycling(ds, families=MAGNETS, years=YEARS, draws=DRAWS)
    other = recycling(ds, families=MAGNETS, years=YEARS, draws=DRAWS, seed=1)
    assert canonical_json(list(again.rows)) == canonical_json(list(answer.rows))
    for mine, theirs in zip(answer.rows, other.rows, strict=True):
        assert mine["recovered_t"] == theirs["recovered_t"]
    assert any(m["recovered_t_p10"] != t["recovered_t_p10"] for m, t in zip(answer.rows, other.rows, strict=True))


def test_one_party_alone_is_told_once(ds: Dataset) -> None:
    alone = recycling(ds, parties=("JPN",), families=MAGNETS, years=(2030,), draws=8)
    assert {r["party"] for r in alone.rows} == {"JPN", "WLD"}


def test_years_and_names_are_checked(ds: Dataset) -> None:
    with pytest.raises(BadInput, match="2025 to 2040"):
        recycling(ds, years=(2024,))
    with pytest.raises(BadInput, match="2025 to 2040"):
        recycling(ds, years=(2041,))
    with pytest.raises(UnknownTerm):
        recycling(ds, parties=("ATL",))
