"""The gap ledger on the shipped data: identities, bands, orders, stocks, contracts, need by hand from recipes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import didymium.data
from didymium.data import Dataset
from didymium.errors import BadInput, UnknownTerm
from didymium.i18n import translator
from didymium.model.explode import STEPS
from didymium.results import Result
from didymium.results.result import canonical_json
from didymium.scenario.chain import magnet_chain
from didymium.studies.gap_supply import LEDGER_STAGES, additions, entries, needs, prepare
from didymium.studies.gaps import OUTLOOKS, gaps

DRAWS = 100
YEARS = (2026, 2028, 2030, 2035)
BOTH = "USA+JPN"


@pytest.fixture(scope="module")
def ds() -> Dataset:
    return didymium.data.open()


@pytest.fixture(scope="module")
def ledger(ds: Dataset) -> Result:
    return gaps(ds, years=YEARS, draws=DRAWS)


def keyed(result: Result, *names: str) -> dict[tuple[Any, ...], Any]:
    return {tuple(r[n] for n in names): r for r in result.rows}


KEY = ("party", "stage", "product", "year", "outlook")


def test_the_gap_is_need_less_own_contracted_and_allied(ledger: Result) -> None:
    for r in ledger.rows:
        covered = r["own_t"] + r["contracted_t"] + r["allied_t"]
        assert r["gap_t"] == pytest.approx(max(0.0, r["need_t"] - covered), abs=1e-6)
        assert r["gap_share"] == pytest.approx(r["gap_t"] / r["need_t"])
        assert min(r[c] for c in ("need_t", "own_t", "contracted_t", "allied_t")) >= 0


def test_every_party_stage_product_year_and_outlook_has_one_row(ledger: Result) -> None:
    assert len(keyed(ledger, *KEY)) == len(ledger.rows) == 3 * (3 + 3 + 3 + 1 + 1) * len(YEARS) * len(OUTLOOKS)
    assert {r["party"] for r in ledger.rows} == {"USA", "JPN", BOTH}
    assert {r["stage"] for r in ledger.rows} == set(STEPS)


def test_together_the_gap_is_no_more_than_the_sum(ledger: Result) -> None:
    found = keyed(ledger, *KEY)
    for (party, *rest), r in found.items():
        if party == BOTH:
            usa, jpn = found["USA", *rest], found["JPN", *rest]
            assert r["need_t"] == pytest.approx(usa["need_t"] + jpn["need_t"])
            assert r["gap_t"] == pytest.approx(usa["gap_t"] + jpn["gap_t"], abs=1e-6)
            assert r["own_t"] <= usa["own_t"] + jpn["own_t"] + 1e-6
            assert r["contracted_t"] <= usa["contracted_t"] + jpn["contracted_t"] + 1e-6
            if r["stock_t"] is not None:
                assert r["stock_t"] == pytest.approx(usa["stock_t"] + jpn["stock_t"])


def test_a_party_asked_alone_has_the_row_that_it_has_beside_its_partner(ds: Dataset, ledger: Result) -> None:
    together = keyed(ledger, *KEY)
    for party in ("USA", "JPN"):
        for key, row in keyed(gaps(ds, parties=(party,), years=YEARS, draws=DRAWS), *KEY).items():
            assert row["gap_t"] == pytest.approx(together[key]["gap_t"], abs=1e-9), key


def test_what_two_parties_draw_on_together_no_supplier_gives_twice(ds: Dataset) -> None:
    """Shares of one surplus: each party's line holds the other, so that both together get no more than there is."""
    supply = prepare(ds, ("USA", "JPN"), (2030,), 5, 0)
    need = needs(ds, supply, "STEPS", 0)
    for stage in LEDGER_STAGES:
        for product in supply.products(stage):
            lines = entries(supply, need, stage, product)
            spare = sum(
                np.maximum(supply.own.get((stage, product, r), 0.0) - need.get((stage, product, r), 0.0), 0.0)
                for r in supply.allies()
            )
            assert (lines["USA"].allied + lines["JPN"].allied <= spare + 1e-6).all(), (stage, product)


def test_browns_range_is_xenotime(ds: Dataset) -> None:
    """4,350 t of oxides with 9.1 % dysprosium (recipe sep_xenotime_guangdong): 396 t, not the 11 t of a Mount Weld."""
    found = {a.product: a.capacity for a in additions(ds, magnet_chain(ds, 2024)) if a.project_id == "browns-range"}
    assert found["dy_oxide"] == pytest.approx(4350 * 0.091, rel=0.03)  # the shares of the source sum to 1.026
    assert found["ndpr_oxide"] == pytest.approx(4350 * 0.041, rel=0.03)


def test_a_need_that_is_met_has_no_gap_left_by_rounding(ledger: Result) -> None:
    assert not [r for r in ledger.rows if 0 < r["gap_t"] < 1e-6 * r["need_t"]]


@pytest.mark.parametrize("years", [(1999,), (2030, 2050)])
def test_a_year_of_which_the_outlook_does_not_speak_is_refused(ds: Dataset, years: tuple[int, ...]) -> None:
    with pytest.raises(BadInput, match="speaks of 2024 to 2040"):
        gaps(ds, years=years, outlooks=("STEPS",), draws=8)


def test_bands_have_their_order(ledger: Result) -> None:
    for r in ledger.rows:
        assert 0 <= r["gap_t_p10"] <= r["gap_t_p90"]
    assert sum(r["gap_t_p10"] < r["gap_t_p90"] for r in ledger.rows) > 0.8 * len(ledger.rows)


def test_a_higher_outlook_needs_more(ledger: Result) -> None:
    """IEA: stated policies below announced pledges below net zero, in every stage and year after the base year."""
    found = keyed(ledger, *KEY)
    for (*rest, outlook), r in found.items():
        if outlook == "STEPS":
            apprehended = [found[(*rest, o)] for o in ("STEPS", "APS", "NZE")]
            assert r["need_t"] <= apprehended[1]["need_t"] + 1e-9 <= apprehended[2]["need_t"] + 2e-9
            assert (
                r["own_t"] <= apprehended[2]["own_t"] + 1e-6
            )  # what is made does not depend on the outlook; both parties
            assert r["gap_t"] <= apprehended[2]["gap_t"] + 1e-6  # together count no more of it than they need


def test_need_grows_with_the_years(ledger: Result) -> None:
    by_line = defaultdict(list)
    for r in ledger.rows:
        by_line[r["party"], r["stage"], r["product"], r["outlook"]].append((r["year"], r["need_t"]))
    for line in by_line.values():
        needs = [need for _, need in sorted(line)]
        assert needs == sorted(needs)


def test_the_need_of_a_stage_by_hand_from_the_recipes(ledger: Result, ds: Dataset) -> None:
    """Alloy per finished magnet, and metal and oxide per alloy, as the recipes say; both grades mix between their ends.

    Table `recipes`: sinter_ndfeb takes 1.3333 t of alloy for a tonne of finished magnet; ndfeb_alloy_n and
    ndfeb_alloy_iea_ev_motor give the metal in alloy; red_ndpr, red_dy and red_tb the oxide in metal. Ore counts by its
    oxides at 90 % recovery.
    """
    recipe = {(r["process_id"], r["flow_role"], r["product"]): float(r["quantity"]) for r in ds.rows("recipes")}
    alloy = recipe["sinter_ndfeb", "input", "ndfeb_alloy"]
    grades = [
        {metal: recipe.get((grade, "input", metal), 0.0) for metal in ("ndpr_metal", "dy_metal", "tb_metal")}
        for grade in ("ndfeb_alloy_n", "ndfeb_alloy_iea_ev_motor")
    ]
    found = keyed(ledger, *KEY)
    for party in ("USA", "JPN"):

        def need(stage: str, product: str, party: str = party) -> float:
            return found[party, stage, product, 2030, "STEPS"]["need_t"]

        magnets = need("magnet", "ndfeb_magnet")
        assert need("alloy", "ndfeb_alloy") == pytest.approx(alloy * magnets)
        for element in ("ndpr", "dy", "tb"):
            metal = need("metal", f"{element}_metal")
            low, high = sorted(g[f"{element}_metal"] for g in grades)
            assert low <= metal / (alloy * magnets) <= high
            oxide = recipe[f"red_{element}", "input", f"{element}_oxide"]
            assert need("separated", f"{element}_oxide") == pytest.approx(oxide * metal)
            assert need("mine", f"{element}_oxide") == pytest.approx(oxide * metal / 0.9)
        heavy = need("metal", "dy_metal") / (alloy * magnets) / grades[1]["dy_metal"]
        assert need("metal", "tb_metal") / (alloy * magnets) / grades[1]["tb_metal"] == pytest.approx(heavy)
        assert 0.2 < heavy < 0.5  # a third of the world's magnets are of the heavy grade


def test_need_follows_the_outlook_of_its_sector(ledger: Result, ds: Dataset) -> None:
    """World growth 2030 → 2035 of the three IEA uses brackets that of every party: each is a mix of them."""
    world: dict[tuple[str, int], float] = {
        (r["sector"], r["year"]): float(r["quantity"])
        for r in ds.rows("demand_outlook", product="ree_magnet", country="WLD", scenario="STEPS")
    }
    growth = [world[s, 2035] / world[s, 2030] for s in ("ev_motor", "wind", "other_uses")]
    found = keyed(ledger, *KEY)
    for party in ("USA", "JPN"):
        early, late = (found[party, "magnet", "ndfeb_magnet", y, "STEPS"]["need_t"] for y in (2030, 2035))
        assert min(growth) <= late / early <= max(growth)


# --- stocks and contracts ---------------------------------------------------------------------------------------


def test_stocks_are_days_of_need(ledger: Result, ds: Dataset) -> None:
    """Users hold 55 days of magnets, processors 30 days of materials; Japan's 60 public days lie at oxide and metal."""
    days = {r["assumption_id"]: float(r["value"]) for r in ds.rows("assumptions")}
    for r in ledger.rows:
        if r["party"] == BOTH:
            continue
        if r["stage"] == "mine":
            assert r["stock_t"] is None
            continue
        held = days["user_cover_days" if r["stage"] == "magnet" else "pool_cover_days"]
        held += days["jpn_public_cover_days"] if r["party"] == "JPN" and r["stage"] in ("separated", "metal") else 0
        assert r["stock_t"] == pytest.approx(r["need_t"] * held / 365.25)
        if r["gap_t"] > 0:
            assert r["cover_months"] == pytest.approx(12 * r["stock_t"] / r["gap_t"])
        else:
            assert r["cover_months"] is None


def test_the_offtake_from_lynas_counts_also_when_japan_is_asked_about_alone(ledger: Result, ds: Dataset) -> None:
    """JARE's contract: 5,000 t NdPr oxide a year to 2038 from Malaysia, which shares no minerals paper with Japan."""
    alone = gaps(ds, parties=("JPN",), years=YEARS, outlooks=("STEPS",), draws=DRAWS)
    assert {r["party"] for r in alone.rows} == {"JPN"}
    assert "MYS" not in {r["partner"] for r in alone.tables["partners"]}
    for result in (ledger, alone):
        for year in YEARS:
            assert keyed(result, *KEY)["JPN", "separated", "ndpr_oxide", year, "STEPS"][
                "contracted_t"
            ] == pytest.approx(5000)


def test_contracts_are_for_the_buyer_and_bound_by_the_plant(ledger: Result) -> None:
    """Caremag's 250 t and Lynas's 125 t of Dy begin in 2027; before that, and for the USA, there is nothing under
    contract.
    """
    found = keyed(ledger, *KEY)
    line = [found["JPN", "separated", "dy_oxide", year, "STEPS"]["contracted_t"] for year in YEARS]
    assert line[0] == 0
    assert line[-1] == pytest.approx(375)
    assert line == sorted(line)
    assert {r["contracted_t"] for r in ledger.rows if r["party"] == "USA"} == {0.0}
    assert {r["contracted_t"] for r in ledger.rows if r["stage"] != "separated"} == {0.0}


def test_a_second_contract_cannot_take_what_the_first_has(ds: Dataset) -> None:
    """A layer in which the USA buys Caremag's whole plant too: both contracts together stay within what it makes."""
    rows = ds.content["offtakes"]
    second = next(
        {**r, "offtake_id": "second", "party": "USA", "quantity": 500.0}
        for r in rows
        if r["offtake_id"] == "caremag-dy"
    )
    more = gaps(
        replace(ds, content={**ds.content, "offtakes": (*rows, second)}),
        years=(2035,),
        outlooks=("STEPS",),
        draws=DRAWS,
    )
    plant = next(
        r
        for r in more.tables["additions"]
        if (r["project_id"], r["product"], r["year"]) == ("caremag-lacq", "dy_oxide", 2035)
    )
    found = keyed(more, *KEY)
    usa, jpn = (found[p, "separated", "dy_oxide", 2035, "STEPS"]["contracted_t"] for p in ("USA", "JPN"))
    lynas = 125
    assert usa + (jpn - lynas) == pytest.approx(plant["expected_t"])
    assert usa == pytest.approx(2 * (jpn - lynas))  # 500 and 250 t were promised


# --- projects in the ledger -------------------------------------------------------------------------------------


def test_own_output_is_the_base_and_what_home_projects_are_expected_to_add(ledger: Result) -> None:
    found = keyed(ledger, *KEY)
    added: dict[tuple[str, str, str, int], float] = defaultdict(float)
    for r in ledger.tables["additions"]:
        added[r["region"], r["stage"], r["product"], r["year"]] += r["expected_t"]
    for party in ("USA", "JPN"):
        for stage, product in (("separated", "dy_oxide"), ("separated", "ndpr_oxide"), ("magnet", "ndfeb_magnet")):
            base = [
                found[party, stage, product, year, "STEPS"]["own_t"] - added[party, stage, product, year]
                for year in YEARS
            ]
            assert np.ptp(base) <= 1e-6  # held level
            assert base[0] >= 0


def test_no_project_adds_more_than_its_capacity(ledger: Result, ds: Dataset) -> None:
    size = defaultdict(float)
    for r in ds.rows("projects"):
        size[r["project_id"]] += r["capacity"] or 0.0
    recipe = next(r for r in ds.rows("recipes", process_id="sinter_ndfeb") if r["flow_role"] == "input")
    for r in ledger.tables["additions"]:
        # A magnet plant casts the alloy that its magnets need.
        most = size[r["project_id"]] * (recipe["quantity"] if r["stage"] == "alloy" else 1.0) + 1e-9
        assert 0 <= r["expected_t_p10"] <= r["expected_t_p90"] <= most
        assert 0 <= r["expected_t"] <= most


# --- the question itself ----------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes(ledger: Result, ds: Dataset) -> None:
    again = gaps(ds, years=YEARS, draws=DRAWS)
    assert canonical_json(again.rows) == canonical_json(ledger.rows)
    assert again.run_id == ledger.run_id
    other = gaps(ds, years=YEARS, draws=DRAWS, seed=1)
    assert other.run_id != ledger.run_id
    expected = [[r["gap_t"] for r in result.rows] for result in (ledger, other)]
    assert expected[0] == expected[1]  # the seed moves the bands, not the expected case
    assert [r["gap_t_p90"] for r in other.rows] != [r["gap_t_p90"] for r in ledger.rows]


def test_fewer_years_give_the_same_rows(ledger: Result, ds: Dataset) -> None:
    few = gaps(ds, years=(2030,), outlooks=("STEPS",), draws=DRAWS)
    found = keyed(ledger, *KEY)
    for r in few.rows:
        assert r["gap_t"] == pytest.approx(found[tuple(r[n] for n in KEY)]["gap_t"])
        assert r["gap_t_p90"] == pytest.approx(found[tuple(r[n] for n in KEY)]["gap_t_p90"])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"parties": ("USA", "XXX")}, "party 'XXX' is not known"),
        ({"parties": ("EU27",)}, "party 'EU27' is not known"),
        ({"outlooks": ("NETZERO",)}, r"outlook 'NETZERO' is not known\. .*APS, NZE, STEPS"),
        ({"outlooks": ("APS-2024ed",)}, "outlook 'APS-2024ed' is not known"),
    ],
)
def test_unknown_words_are_refused(asked: dict[str, Any], said: str, ds: Dataset) -> None:
    """An outlook that gives the total alone is refused too: nothing could be said of its sectors."""
    with pytest.raises(UnknownTerm, match=said):
        gaps(ds, **asked)


def test_no_draws_no_band(ds: Dataset) -> None:
    with pytest.raises(BadInput, match="at least 1"):
        gaps(ds, draws=0)


def test_sources_are_named_and_known(ledger: Result, ds: Dataset) -> None:
    known = {r["source_id"] for r in ds.rows("sources")}
    for r in ledger.rows:
        assert set(r["source_ids"]) <= known
        assert "iea-cm-dataset-2025" in r["source_ids"]


def test_what_the_ledger_leaves_out_is_said_in_japanese_too(ledger: Result) -> None:
    t = translator("ja")
    assert ledger.warnings
    assert [w for w in ledger.warnings if t.fact(w) == w] == []


def test_drivers_are_ten_at_most_and_stand_by_swing(ledger: Result) -> None:
    rows: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in ledger.tables["drivers"]:
        rows[row["stage"], row["product"]].append(row)
    assert ("magnet", "ndfeb_magnet") in rows
    expected = keyed(ledger, "party", "stage", "product", "year", "outlook")
    for (stage, product), mine in rows.items():
        swings = [row["swing_t"] for row in mine]
        assert len(mine) <= 10 and swings == sorted(swings, reverse=True) and min(swings) > 0
        central = expected[BOTH, stage, product, 2030, "STEPS"]["gap_t"]
        assert all(row["gap_t"] == pytest.approx(central, rel=1e-12, abs=1e-9) for row in mine)
        for row in mine:
            if row["driver"].startswith("success_share_"):
                assert row["gap_t_low"] >= row["gap_t_high"]
            if row["driver"].startswith("use_") and row["driver"].removeprefix("use_") in BOTH:
                # What a use does not move comes out the same but for the last digits of the sums.
                assert row["gap_t_low"] - 1e-9 <= row["gap_t"] <= row["gap_t_high"] + 1e-9


def test_the_driver_of_the_outlook_is_the_span_of_the_outlooks(ledger: Result) -> None:
    expected = keyed(ledger, "party", "stage", "product", "year", "outlook")
    told = [row for row in ledger.tables["drivers"] if row["driver"] == "demand_outlook"]
    assert told
    for row in told:
        every = [expected[BOTH, row["stage"], row["product"], 2030, outlook]["gap_t"] for outlook in OUTLOOKS]
        assert (row["gap_t_low"], row["gap_t_high"]) == pytest.approx((min(every), max(every)), rel=1e-12)


def test_the_median_lies_within_the_band(ledger: Result) -> None:
    assert all(row["gap_t_p10"] <= row["gap_t_p50"] <= row["gap_t_p90"] for row in ledger.rows)
