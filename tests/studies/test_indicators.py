"""Indicators of exposure: worked cases on made-up rows, laws on the shipped ones, and what the field knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

import didymium.data
from didymium.data import Dataset
from didymium.errors import UnknownTerm
from didymium.model import cover, geopolrisk
from didymium.model.concentration import hhi
from didymium.results.result import Result
from didymium.studies.access import Facts
from didymium.studies.exposure import exposure
from didymium.studies.ranking import printed_bounds, ranking
from didymium.studies.supply import supply_lists

Row = dict[str, Any]


@pytest.fixture(scope="module")
def ds() -> Dataset:
    return didymium.data.open()


@pytest.fixture(scope="module")
def everything(ds: Dataset) -> Result:
    return exposure(ds, products="all", year=2024, parties=("JPN", "USA", "EU27"))


def told(result: Result, table: str = "indicators") -> list[dict[str, Any]]:
    return [dict(row) for row in result.tables[table]]


def one(rows: Sequence[Mapping[str, Any]], product: str, stage: str, party: str, indicator: str) -> Mapping[str, Any]:
    key = (product, stage, party, indicator)
    return next(r for r in rows if (r["product"], r["stage"], r["party"], r["indicator"]) == key)


# --- shape ------------------------------------------------------------------------------------------------------


def test_every_indicator_speaks_of_every_commodity_and_party(ds: Dataset, everything: Result) -> None:
    kinds = {row["indicator"]: row["speaks_of"] for row in ds.rows("indicators")}
    rows, stages = told(everything), {(row["product"], row["stage"]) for row in told_rows(everything)}
    supply = [row for row in rows if kinds[row["indicator"]] == "supply"]
    party = [row for row in rows if kinds[row["indicator"]] == "party"]
    assert len(stages) > 65
    assert len(supply) == len(stages) * len({row["indicator"] for row in supply})
    assert len(party) == len(stages) * 3 * len({row["indicator"] for row in party})
    assert {"copper", "gallium", "tungsten", "niobium", "potash"} <= {row["product"] for row in rows}


def told_rows(result: Result) -> list[dict[str, Any]]:
    return [dict(row) for row in result.rows]


def test_known_values_have_an_interval_and_unknown_ones_a_reason(everything: Result) -> None:
    for row in told(everything):
        assert row["says"].endswith(".") and row["says_ja"].endswith("。")
        assert row["status"] and row["source_ids"]
        if row["value"] is None:
            assert row["value_p10"] is None and row["status"] not in ("known", "from_need", "from_flows")
        else:
            assert row["value_p10"] is None or row["value_p10"] <= row["value_p90"]


def test_shares_and_scores_stay_in_their_scale(everything: Result) -> None:
    whole = ("top1_share", "top3_share", "hhi", "hhi_wgi", "left_without_one", "import_top1_share", "import_hhi")
    for row in told(everything):
        if row["value"] is not None and row["indicator"] in (*whole, "geopolrisk", "g7_60", "eu_import_reliance"):
            assert 0.0 <= row["value"] <= 1.0 + 1e-9, row


def test_the_two_scales_and_the_main_table_agree(everything: Result) -> None:
    rows = told(everything)
    for main in told_rows(everything):
        got = {
            n: one(rows, main["product"], main["stage"], "WLD", n)["value"] for n in ("hhi", "hhi_wgi", "hhi_wgi_10")
        }
        assert got["hhi"] == pytest.approx(main["hhi"], rel=1e-9)
        assert got["hhi_wgi"] == pytest.approx(main["hhi_wgi"], rel=1e-9)
        assert got["hhi_wgi_10"] == pytest.approx(10 * main["hhi_wgi"], rel=1e-9)
        assert main["hhi_wgi_10"] == pytest.approx(10 * main["hhi_wgi"])


def test_the_same_question_has_the_same_values_and_the_seed_moves_only_intervals(ds: Dataset) -> None:
    first, again, other = (
        told(exposure(ds, products=("copper", "tungsten"), year=2024, seed=seed)) for seed in (0, 0, 1)
    )
    assert first == again
    for a, b in zip(first, other, strict=True):
        assert {name for name in a if a[name] != b[name]} <= {"value_p10", "value_p90"}


def test_everyone_is_every_party_at_once(ds: Dataset) -> None:
    alone = told(exposure(ds, products=("copper", "niobium"), year=2024, parties=("JPN",)))
    everyone = told(exposure(ds, products=("copper", "niobium"), year=2024, parties=("ALL",)))
    known = {(r["product"], r["stage"], r["party"], r["indicator"]): r["value"] for r in everyone}
    assert len({row["party"] for row in everyone}) > 20
    for row in alone:
        if row["value"] is not None and (row["product"], row["stage"], "JPN", row["indicator"]) in known:
            key = (row["product"], row["stage"], row["party"], row["indicator"])
            assert known[key] == pytest.approx(row["value"], rel=1e-9)


def test_every_year_holds_the_single_year(ds: Dataset) -> None:
    years = exposure(ds, products=("gallium",), all_years=True)
    assert sorted(row["year"] for row in told_rows(years)) == [2022, 2023, 2024, 2025]
    single = {
        r["indicator"]: r["value"] for r in told(exposure(ds, products=("gallium",), year=2023)) if r["party"] == "USA"
    }
    many = {r["indicator"]: r["value"] for r in told(years) if r["party"] == "USA" and r["year"] == 2023}
    assert single == many


def test_a_party_that_is_no_place_is_refused(ds: Dataset) -> None:
    with pytest.raises(UnknownTerm, match="JPN"):
        exposure(ds, parties=("JPM",))


# --- worked by hand from the rows ---------------------------------------------------------------------------------


def test_japans_copper_by_hand(ds: Dataset, everything: Result) -> None:
    """No mine, concentrate of 27 % copper: the score is HHI times the mean risk of where it comes from."""
    flows = [
        row
        for row in ds.rows("trade", product="copper_ore", importer="JPN", year=2024, preferred=1)
        if row["exporter"] != "WLD"
    ]
    risk = {
        row["country"]: (2.5 - row["value"]) / 5
        for row in sorted(ds.rows("governance", indicator="wgi_political_stability"), key=lambda row: row["year"])
    }
    whole = sum(row["quantity"] for row in flows)
    risky = sum(row["quantity"] * risk.get(row["exporter"], 0.0) for row in flows)
    lists, _ = supply_lists(ds)
    supply = lists["copper", "mine", 2024]
    rows = told(everything)
    wanted = one(rows, "copper", "mine", "WLD", "hhi")["value"] * risky / whole
    assert one(rows, "copper", "mine", "JPN", "geopolrisk")["value"] == pytest.approx(wanted, rel=1e-9)
    assert one(rows, "copper", "mine", "JPN", "net_import_reliance")["value"] == pytest.approx(1.0)
    largest = max(flows, key=lambda row: row["quantity"])
    got = one(rows, "copper", "mine", "JPN", "import_top1_share")
    assert (got["value"], got["detail"]) == (pytest.approx(largest["quantity"] / whole), largest["exporter"])
    assert "HS 260300" in got["basket"]
    exports = [row["quantity"] for row in ds.rows("trade", product="copper_ore", exporter="JPN", year=2024)]
    parts = [row["quantity"] for row in flows]
    n1 = cover.n_minus_one_importer(0.0, parts, whole - sum(exports))
    assert one(rows, "copper", "mine", "JPN", "n1_importer_cover")["value"] == pytest.approx(n1, rel=1e-9)
    assert hhi([row["quantity"] for row in supply.named]) > one(rows, "copper", "mine", "WLD", "hhi")["value"]


def test_us_copper_reliance_as_the_survey_defines_it(everything: Result) -> None:
    # MCS 2026: consumption 1,860; refinery output 850 by its world table, of which 39 from scrap; old scrap 140 (kt)
    got = one(told(everything), "copper", "refined", "USA", "net_import_reliance")
    assert got["published"] == "45"
    assert got["value"] == pytest.approx(0.45, abs=0.03)


def test_content_of_a_traded_good_widens_the_interval(everything: Result) -> None:
    rows = told(everything)
    ore = one(rows, "copper", "mine", "EU27", "net_import_reliance")  # ore and content: 20 to 32 %
    metal = one(rows, "niobium", "mine", "USA", "import_top1_share")
    assert ore["value_p90"] - ore["value_p10"] > 0.005
    assert metal["value_p90"] - metal["value_p10"] < 0.2


def test_secret_stocks_are_unknown_and_the_target_is_told(everything: Result) -> None:
    rows = told(everything)
    japan, states = (one(rows, "gallium", "refined", party, "days_of_cover") for party in ("JPN", "USA"))
    assert (japan["value"], japan["status"]) == (None, "level_secret")
    assert "60 days" in japan["detail"]
    # MCS 2026: consumer stocks of 3.41 t, consumption of 18.7 t
    assert states["value"] == pytest.approx(365 * 3.41 / 18.7, rel=1e-3)


def test_the_worst_place_of_the_magnet_chain_is_one_place_at_all_stages(ds: Dataset) -> None:
    rows = told(exposure(ds, year=2024))
    left = [
        one(rows, *stage, "WLD", "left_without_one")
        for stage in (
            ("ree_magnet", "mine"),
            ("ree_magnet", "separated"),
            ("re_metal", "metal"),
            ("ndfeb_magnet", "magnet"),
        )
    ]
    assert [row["detail"][:3] for row in left] == ["CHN"] * 4
    assert [row["value"] for row in left] == sorted((row["value"] for row in left), reverse=True)
    assert left[-1]["value"] == pytest.approx(1 - 0.94, abs=0.001)


def test_limits_of_the_two_tests(everything: Result) -> None:
    rows = told(everything)
    niobium, copper = (one(rows, product, "mine", "JPN", "g7_60") for product in ("niobium", "copper"))
    assert (niobium["detail"], niobium["status"]) == ("BRA", "above")
    assert copper["status"] == "within"
    assert one(rows, "natural_graphite", "mine", "JPN", "eu_65")["status"] == "above"


# --- laws ---------------------------------------------------------------------------------------------------------


def test_scaling_all_tonnes_changes_no_indicator_without_a_unit(ds: Dataset) -> None:
    def scaled(table: str) -> tuple[Row, ...]:
        return tuple({**row, "quantity": row["quantity"] and row["quantity"] * 1000.0} for row in ds.content[table])

    other = replace(ds, content={**ds.content, **{table: scaled(table) for table in ("production", "trade", "demand")}})
    for a, b in zip(
        told(exposure(ds, products=("copper", "tin"), year=2024)),
        told(exposure(other, products=("copper", "tin"), year=2024)),
        strict=True,
    ):
        if a["indicator"] not in ("geopolrisk_cf", "days_of_cover"):
            assert b["value"] == (None if a["value"] is None else pytest.approx(a["value"], rel=1e-9))


def test_more_output_of_its_own_never_raises_a_partys_risk(ds: Dataset) -> None:
    def grown(row: Row) -> Row:
        mine = (row["product"], row["stage"], row["country"]) == ("vanadium", "mine", "ZAF")
        return {**row, "quantity": row["quantity"] * 3.0} if mine else dict(row)

    other = replace(ds, content={**ds.content, "production": tuple(grown(row) for row in ds.content["production"])})
    before, after = (
        one(
            told(exposure(d, products=("vanadium",), year=2024, parties=("ZAF",))),
            "vanadium",
            "mine",
            "ZAF",
            "n1_importer_cover",
        )
        for d in (ds, other)
    )
    assert (before["value"] is None) is (after["value"] is None)
    if before["value"] is not None:
        assert after["value"] >= before["value"]


def test_an_unknown_recycling_rate_is_no_zero(ds: Dataset) -> None:
    none = tuple(row for row in ds.content["published_indicators"] if row["product"] != "tungsten")
    blind = replace(ds, content={**ds.content, "published_indicators": none})
    got = one(told(exposure(blind, products=("tungsten",), year=2024)), "tungsten", "mine", "JPN", "supply_risk")
    assert (got["value"], got["status"]) == (None, "no_recycling_rate")


def test_a_place_is_without_output_only_where_a_source_says_so(ds: Dataset) -> None:
    facts, (lists, _) = Facts(ds), supply_lists(ds)
    assert facts.makes_none(lists["gallium", "refined", 2024], "USA")  # a dash in MCS 2026
    assert not facts.makes_none(lists["gallium", "refined", 2024], "DEU")
    for row in ds.rows("non_producers"):
        made = ds.rows(
            "production", product=row["product"], stage=row["stage"], country=row["country"], year=row["year"]
        )
        assert not any(other["preferred"] and other["quantity"] for other in made), row


# --- what the field knows -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("party", ["JPN", "USA"])
def test_the_order_of_exposure_is_that_of_the_field(everything: Result, party: str) -> None:
    ranks = {row["product"]: row["rank"] for row in told(everything, "ranking") if row["party"] == party}
    high = ("gallium", "germanium", "dy_oxide", "tb_oxide", "natural_graphite", "tungsten", "niobium")
    low = ("copper", "zinc", "iron_ore", "lead")
    assert all(ranks[name] is not None and ranks[name] <= 12 for name in high), ranks
    assert all(ranks[name] is None or ranks[name] > 25 for name in low), ranks


def test_ranks_run_from_one_and_the_unknown_come_last(everything: Result) -> None:
    for party in ("JPN", "USA"):
        rows = [row for row in told(everything, "ranking") if row["party"] == party]
        known = [row for row in rows if row["exposure_index"] is not None]
        assert [row["rank"] for row in rows] == [*range(1, len(known) + 1), *[None] * (len(rows) - len(known))]
        values = [row["exposure_index"] for row in known]
        assert values == sorted(values, reverse=True)


def test_a_printed_reliance_is_a_range() -> None:
    assert printed_bounds("100") == (0.995, 1.0)
    assert printed_bounds("<1") == (0.0, 0.01)


def test_an_empty_question_has_no_ranking() -> None:
    assert ranking([], ("JPN",), []) == []


def test_geopolrisk_of_the_table_is_the_formula(everything: Result) -> None:
    rows = told(everything)
    found = 0
    for row in rows:
        if row["indicator"] == "geopolrisk" and row["value"] is not None:
            index = one(rows, row["product"], row["stage"], "WLD", "hhi")["value"]
            assert row["value"] <= float(geopolrisk.score(index, 1.0)) + 1e-9
            found += 1
    assert found > 50
