"""Scrap of batteries, catalysts and minor metals: balances, closed forms, levers, unknowns, published figures."""

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
from didymium.studies.recycling import FAMILIES, recycling
from didymium.studies.scrap_material import MAGNETS, Material, of_family
from didymium.studies.scrap_rows import EARLIEST, Rates, base_figure, course, uses
from didymium.studies.scrap_stream import PULLS, WORLD, Rate, Stream

OTHERS = tuple(f for f in FAMILIES if f != MAGNETS)
DRAWS = 12
YEARS = (2026, 2030, 2035)
SHARES = {"collection_share", "collection_target", "export_share", "recovery_share", "recovery_target", "making_loss"}
SHARES |= {"making_recovery", "use_share", "make_share"}
FULL = np.array([[2035.0]])


@pytest.fixture(scope="module")
def ds() -> Dataset:
    return didymium.data.open()


@pytest.fixture(scope="module")
def answer(ds: Dataset) -> Result:
    return recycling(ds, families=OTHERS, years=YEARS, draws=DRAWS)


@pytest.fixture(scope="module")
def materials(ds: Dataset) -> list[Material]:
    known: dict[str, Any] = {"last": 2040, "outlook": "STEPS", "draws": DRAWS, "seed": 0, "full_year": FULL}
    return [m for f in OTHERS for m in of_family(ds, f, **known)]


@pytest.fixture(scope="module")
def every(materials: list[Material]) -> list[Stream]:
    return [s for m in materials for s in m.streams]


def line(answer: Result, party: str, element: str, year: int, sector: str = "total") -> Any:
    key = (party, element, year, sector)
    return next(r for r in answer.rows if (r["party"], r["element"], r["year"], r["sector"]) == key)


def test_what_enters_is_in_use_or_has_left(every: list[Stream]) -> None:
    """In every draw, use and place: from year to year the stock changes by what enters less what leaves."""
    for stream in every:
        for place, held in stream.in_use.items():
            change = stream.entered[place][:, 1:] - stream.end_of_life[place][:, 1:]
            assert np.allclose(np.diff(held, axis=1), change, rtol=1e-12, atol=1e-9 * held.max())


def test_what_leaves_use_goes_somewhere(every: list[Stream]) -> None:
    for stream in every:
        for place, gone in stream.end_of_life.items():
            for lever in PULLS:
                ends = stream.ends(place, lever)
                parts = (ends.uncollected, ends.exported, ends.recovered, ends.lost)
                assert all(np.all(part >= 0.0) for part in parts)
                assert np.allclose(sum(parts), gone, rtol=1e-12)


def test_each_lever_never_gives_less(every: list[Stream]) -> None:
    for stream in every:
        for place in stream.end_of_life:
            back = {lever: stream.ends(place, lever).recovered for lever in PULLS}
            slack = 1e-9 * (1.0 + back[""].max())
            for one in ("collection_up", "dismantling", "leakage_to_zero"):
                assert np.all(back[one] >= back[""] - slack)
                assert np.all(back["all_levers"] >= back[one] - slack)


def test_more_collection_never_gives_less(every: list[Stream]) -> None:
    for stream in every:
        raised = {p: Rate(np.minimum(r.now * 1.5, 1.0), r.target) for p, r in stream.collection.items()}
        more = replace(stream, collection=raised)
        for place in stream.end_of_life:
            assert np.all(more.ends(place).recovered >= stream.ends(place).recovered * (1 - 1e-12))


def test_a_lever_is_full_in_its_year(ds: Dataset, every: list[Stream]) -> None:
    """The law's step of recovery: by the end of 2031, four fifths of the lithium that is collected and stays."""
    stream = next(s for s in every if (s.element, s.sector) == ("Li", "battery_ev"))
    rates = Rates.of(ds, "batteries", 1, 0)
    target = float(rates.must("battery_ev", "recovery_target", "lithium")[0, 0])
    i = stream.years.index(2031)
    ends = stream.ends(WORLD, "dismantling")
    assert ends.recovered[0, i] / (ends.collected[0, i] - ends.exported[0, i]) == pytest.approx(target)
    assert stream.ends(WORLD, "dismantling").recovered[0, stream.years.index(2026)] == pytest.approx(
        stream.ends(WORLD).recovered[0, stream.years.index(2026)]
    )


def test_without_spread_of_lives_what_entered_leaves_after_that_life() -> None:
    """Weibull with a steep shape: all leaves at the mean age; even entry over a year means even exit over one."""
    entered = np.array([5.0, 0.0, 3.0, 7.0, 0.0, 0.0, 0.0, 0.0])
    found = stock(entered, mean_life=3.0, shape=300.0)
    spread = 1.3 * 3.0 / 300.0  # standard deviation of that life, in years: what a cohort may miss its year by
    assert found.end_of_life == pytest.approx([0, 0, 0, 5, 0, 3, 7, 0], abs=7.0 * spread)
    assert found.in_use == pytest.approx([5, 5, 8, 10, 10, 7, 0, 0], abs=7.0 * spread)


def test_the_course_goes_through_the_history(ds: Dataset) -> None:
    use = next(u for u in uses(ds, ("catalysts",)) if u["product"] == "palladium")
    every = np.arange(1975, 2036)
    found = base_figure(ds, use) * course(ds, Rates.of(ds, "catalysts", 1, 0), use, every, "STEPS")[0]
    for row in ds.rows("scrap_history", sector="autocatalyst", product="palladium"):
        assert found[every == row["year"]] == pytest.approx([row["quantity"]])
    rise = float(Rates.of(ds, "catalysts", 1, 0).must("autocatalyst", "growth_before", "palladium")[0, 0])
    assert found[every == 2009] / found[every == 2008] == pytest.approx([1 + rise])


def test_the_course_follows_the_outlook(ds: Dataset) -> None:
    use = next(u for u in uses(ds, ("batteries",)) if (u["product"], u["sector"]) == ("lithium", "battery_ev"))
    years = np.array([2024, 2030, 2035])
    found = base_figure(ds, use) * course(ds, Rates.of(ds, "batteries", 1, 0), use, years, "STEPS")[0]
    assert found == pytest.approx([109_030, 326_090, 537_600])


def test_uses_add_up_and_parties_add_up(answer: Result) -> None:
    for key in sorted({(str(r["party"]), str(r["element"]), int(str(r["year"]))) for r in answer.rows}):
        told: list[Any] = [r for r in answer.rows if (r["party"], r["element"], r["year"]) == key]
        parts = [r for r in told if r["sector"] != "total" and r["use_status"] == "modelled"]
        whole = line(answer, *key)
        for column in ("in_use_stock_t", "end_of_life_t", "collected_t", "recovered_t"):
            assert (sum(r[column] for r in parts) if parts else None) == pytest.approx(whole[column])
    for element in ("Li", "Pd", "W"):
        usa, jpn, both = (line(answer, p, element, 2035) for p in ("USA", "JPN", "USA+JPN"))
        for column in ("end_of_life_t", "recovered_t", "new_scrap_t", "need_t"):
            if usa[column] is not None:
                assert usa[column] + jpn[column] == pytest.approx(both[column])


def test_shares_of_places_stay_below_the_world(ds: Dataset) -> None:
    for name in ("use_share", "make_share"):
        found: dict[tuple[str, str], float] = {}
        for row in ds.rows("lifetimes"):
            if row["parameter"] == name and row["place"]:
                key = (str(row["family"]), str(row["sector"]))
                found[key] = found.get(key, 0.0) + float(row["value"])
        assert found and all(0 < total <= 1 for total in found.values())


def test_every_use_that_is_followed_has_its_rows(ds: Dataset) -> None:
    for use in uses(ds, OTHERS):
        rates = Rates.of(ds, str(use["family"]), 1, 0)
        for name in ("first_year", "mean_life", "weibull_shape", "growth_before", "collection_share", "recovery_share"):
            assert rates.row(use["sector"], name, use["product"]) is not None, (use["sector"], name)
        assert use["outlook_product"] or rates.row(use["sector"], "growth_after", use["product"])
        assert (rates.row(use["sector"], "making_loss") is None) == (
            rates.row(use["sector"], "making_recovery", use["product"]) is None
        )
        assert base_figure(ds, use) > 0


def test_rows_are_ranges_and_assumptions_say_so(ds: Dataset) -> None:
    for row in ds.rows("lifetimes"):
        assert row["low"] <= row["value"] <= row["high"], row["row_id"]
        if row["parameter"] in SHARES:
            assert row["low"] >= 0 and row["high"] <= 1, row["row_id"]
        if row["source_id"] == "didymium-derivation":
            assert "ASSUMPTION" in row["basis"], row["row_id"]


def test_what_is_not_followed_says_why_in_both_languages(answer: Result, ds: Dataset) -> None:
    left = answer.tables["not_followed"]
    assert {r["family"] for r in left} == set(OTHERS)
    assert all(str(r["reason"]) and not str(r["reason_ja"]).isascii() for r in left)
    assert {("Sb", "metal_products_ammunition_batteries"), ("Ce", "autocatalyst")} <= {
        (r["element"], r["sector"]) for r in left
    }
    assert not {r["element"] for r in answer.rows} & {"Sb"}


def test_unknown_stays_unknown(answer: Result) -> None:
    """Nobody counts how much gallium is in goods used in Japan; new scrap of its makers is known."""
    gallium = line(answer, "JPN", "Ga", 2030)
    assert gallium["use_status"] == "unknown"
    assert gallium["end_of_life_t"] is None and gallium["recovered_t"] is None and gallium["new_scrap_t"] > 0
    tungsten = line(answer, "USA", "W", 2030)
    assert (tungsten["exported_t"], tungsten["exported_status"]) == (None, "unknown") and tungsten["recovered_t"] > 0
    stopped = [r for r in answer.tables["levers"] if (r["party"], r["element"]) == ("USA", "W")]
    assert {r["gained_status"] for r in stopped if r["lever"] in ("leakage_to_zero", "all_levers")} == {"unknown"}
    palladium = line(answer, "JPN", "Pd", 2030)
    assert palladium["exported_status"] == "modelled" and palladium["new_scrap_t"] is None


def test_a_ban_on_exports_gives_what_leaves_times_the_yield(answer: Result, ds: Dataset) -> None:
    now = line(answer, "JPN", "Pd", 2035)
    rate = float(Rates.of(ds, "catalysts", 1, 0).must("autocatalyst", "recovery_share")[0, 0])
    key = ("JPN", "Pd", 2035, "leakage_to_zero")
    gain = next(r for r in answer.tables["levers"] if (r["party"], r["element"], r["year"], r["lever"]) == key)
    assert gain["gained_t"] == pytest.approx(now["exported_t"] * rate)


def test_recycled_content_is_the_share_of_what_enters(answer: Result, every: list[Stream]) -> None:
    asked: Any = [
        r for r in answer.tables["targets"] if (r["party"], r["element"], r["lever"]) == ("EU27", "Li", "none")
    ]
    assert {(r["year"], r["target_share"], r["binds"]) for r in asked} == {(2031, 0.06, True), (2036, 0.12, True)}
    bound = [s for s in every if s.element == "Li" and s.sector in ("battery_ev", "battery_storage")]
    for row in asked:
        entered = sum(float(s.entered["EU27"][0, s.years.index(row["year"])]) for s in bound)
        assert row["asked_t"] == pytest.approx(row["target_share"] * entered)
        assert row["met_share"] == pytest.approx(row["returned_t"] / row["asked_t"])
    assert not any(r["binds"] for r in answer.tables["targets"] if r["party"] != "EU27")


def test_published_figures_stand_beside_the_study(ds: Dataset) -> None:
    """Each says whether the band holds it; the page of the method explains those that it does not."""
    held = recycling(ds, families=OTHERS, years=(2030,)).tables["published"]
    assert len(held) == len([r for f in OTHERS for r in ds.rows("scrap_published", family=f)])
    outside = {(r["element"], r["party"], r["year"]) for r in held if r["band_holds"] == "outside"}
    assert outside <= {("Pd", "USA", 2024), ("Rh", "WLD", 2025)}
    for row in held:
        if (row["element"], row["party"]) != ("Pd", "USA"):
            assert 0.5 < float(str(row["study_over_published"])) < 2.0


def test_projects_stand_beside_in_the_element(answer: Result) -> None:
    table: Any = answer.tables["against_projects"]
    thacker = next(r for r in table if r["project_id"] == "thacker-pass")
    assert (thacker["product"], thacker["expected_status"]) == ("lithium", "modelled")
    assert 0 < thacker["expected_t_2035"] < 40_000 * 0.187852
    sangdong = next(r for r in table if r["project_id"] == "almonty-sangdong")
    assert 0 < sangdong["expected_t_2035"] < 2_300 * 0.792971
    platreef = next(r for r in table if r["project_id"] == "platreef-phase2")
    assert (platreef["expected_t_2035"], platreef["expected_status"]) == (None, "not_in_element")


def test_one_family_alone_says_the_same(answer: Result, ds: Dataset) -> None:
    alone = recycling(ds, families=("catalysts",), years=YEARS, draws=DRAWS)
    assert canonical_json(list(alone.rows)) == canonical_json([r for r in answer.rows if r["family"] == "catalysts"])


def test_older_years_are_kept_for_the_published_figures(every: list[Stream]) -> None:
    assert all(s.years[0] == EARLIEST and s.years[-1] == 2040 for s in every)


def test_words_are_checked(ds: Dataset) -> None:
    with pytest.raises(UnknownTerm, match="family"):
        recycling(ds, families=("cars",))
    with pytest.raises(UnknownTerm, match="party"):
        recycling(ds, parties=("ATL",), families=("catalysts",))
    with pytest.raises(UnknownTerm, match="outlook"):
        recycling(ds, families=("batteries",), outlook="BEST")
    with pytest.raises(BadInput, match="lifetimes"):
        Rates.of(ds, "catalysts", 1, 0).must("autocatalyst", "making_loss")
