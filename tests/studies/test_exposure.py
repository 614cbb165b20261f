"""Exposure: published shares reproduced from the shipped tables, and laws of lists and customs statements."""

from __future__ import annotations

import doctest
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import didymium.data
from didymium.data import Dataset
from didymium.errors import NotFound, UnknownTerm
from didymium.results.result import Result, canonical_json
from didymium.studies.exposure import MAGNET_CHAIN, exposure
from didymium.studies.reliance import imports_of
from didymium.studies.supply import Supply, full_list, supply_lists

PAGE = Path(__file__).parents[2] / "docs" / "method" / "exposure.md"

Row = dict[str, Any]


@pytest.fixture(scope="module")
def ds() -> Dataset:
    return didymium.data.open()


@pytest.fixture(scope="module")
def magnets(ds: Dataset) -> Result:
    return exposure(ds)


def told(result: Result, table: str | None = None) -> list[dict[str, Any]]:
    """The rows of a result, or of one of its tables."""
    return [dict(row) for row in (result.rows if table is None else result.tables[table])]


def by_stage(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(row["product"], row["stage"]): row for row in rows}


def changed(ds: Dataset, table: str, change: Callable[[Row], Row]) -> Dataset:
    """The dataset with every row of a table changed."""
    return replace(ds, content={**ds.content, table: tuple(change(dict(row)) for row in ds.content[table])})


def test_the_worked_example_of_the_page_runs() -> None:
    assert doctest.testfile(str(PAGE), module_relative=False).failed == 0


# --- published figures ------------------------------------------------------------------------------------------


def test_mining_share_of_china_by_usgs_and_by_iea(magnets: Result) -> None:
    rows = by_stage(magnets.rows)
    usgs, iea = rows["reo_mixed", "mine"], rows["ree_magnet", "mine"]
    assert "usgs-mcs2026" in usgs["source_ids"]
    # USGS Mineral Commodity Summaries 2026: 270 of 380 kt REO = 71.1 %; its rows add up to 384 kt, hence 70.3 %
    assert usgs["china_share"] == pytest.approx(270 / 384, abs=1e-9)
    assert usgs["world_quantity"] == 380_000
    assert usgs["listed_over_total"] == pytest.approx(384 / 380)
    # IEA Critical Minerals Dataset 2025: 45.8 of 75.1 kt of Nd, Pr, Dy and Tb = 61 %
    assert "iea-cm-dataset-2025" in iea["source_ids"]
    assert iea["china_share"] == pytest.approx(0.61, abs=0.005)


def test_refining_share_of_china_by_iea(magnets: Result) -> None:
    # IEA, Global Critical Minerals Outlook 2025: 91 % of magnet rare earths were refined in China in 2024
    refined = by_stage(magnets.rows)["ree_magnet", "separated"]
    assert "iea-cm-dataset-2025" in refined["source_ids"]
    assert 0.91 <= refined["china_share"] <= 0.92


def test_magnet_share_of_china(magnets: Result) -> None:
    # IEA, Global Critical Minerals Outlook 2025: 94 % of sintered magnets in 2024
    row = by_stage(magnets.rows)["ndfeb_magnet", "magnet"]
    assert row["china_share"] == pytest.approx(0.94, abs=0.001)
    assert row["mass_basis"] == "blank"
    assert row["china_share_p10"] > 0.9


def test_magnet_share_has_risen_since_2019(ds: Dataset) -> None:
    # US Department of Energy 2022: 92 % in 2020; IEA 2025: 94 % in 2024
    share = [told(exposure(ds, products=("ndfeb_magnet",), year=y))[0]["china_share"] for y in (2019, 2022, 2024)]
    assert share == pytest.approx([0.92, 0.93, 0.94], abs=0.001)


def test_other_claims_of_the_mining_share_stand_beside_the_used_one(magnets: Result) -> None:
    mine = {row["series"]: row for row in told(magnets, "claims") if row["product"] == "reo_mixed"}
    assert mine["USGS"]["china_share"] == pytest.approx(0.711, abs=0.001)
    assert mine["WMD"]["china_share"] == pytest.approx(0.678, abs=0.001)  # World Mining Data 2026
    assert (mine["USGS"]["preferred"], mine["WMD"]["preferred"]) == (True, False)


def test_the_claim_said_to_be_used_is_the_one_that_is_used(magnets: Result) -> None:
    used = {(row["product"], row["stage"]): row for row in told(magnets, "claims") if row["preferred"]}
    for row in told(magnets):
        claim = used.get((row["product"], row["stage"]))
        if claim and claim["china_share"] is not None and row["year"] == claim["year"]:
            # a total that is rounded, or holds unnamed places, is not exactly the sum of the places
            assert row["china_share"] == pytest.approx(claim["china_share"], abs=0.011), row["product"]
    assert {"nd_oxide", "pr_oxide"} <= {product for product, _ in used}


def test_a_need_that_counts_other_goods_is_not_told_in_the_unit_of_the_product(magnets: Result) -> None:
    """USGS counts compounds and metals of all rare earths; Japan's newer metals too: no tonne of Nd, Pr, Dy and Tb."""
    need = {
        row["party"]: row for row in told(magnets, "reliance") if row["product"] == "ree_magnet" and row["need_unit"]
    }
    assert (need["USA"]["need_quantity"], need["USA"]["need_unit"]) == (9_010, "t REO")
    assert (need["JPN"]["need_quantity"], need["JPN"]["need_unit"]) == (18_835, "t")
    for row in told(magnets, "reliance"):
        if row["need_unit"] and row["scope"] == "wider":
            assert row["need_unit"] != row["unit"], row["product"]


def test_concentration_of_refining_by_hand(magnets: Result) -> None:
    # China 73,756.7, Malaysia 3,625.24, United States 961.35 of 80,805.16 t; unnamed 2,461.87 t (IEA base year 2024)
    whole = 73_756.7 + 3_625.24 + 961.35 + 2_461.87
    least = (73_756.7**2 + 3_625.24**2 + 961.35**2) / whole**2
    # the unnamed at most as two suppliers as large as the United States and one of the remaining 539.17 t
    most = least + (2 * 961.35**2 + 539.17**2) / whole**2
    assert by_stage(magnets.rows)["ree_magnet", "separated"]["hhi"] == pytest.approx((least + most) / 2, abs=1e-7)


# --- shape ------------------------------------------------------------------------------------------------------


def test_the_default_question_is_the_magnet_chain_in_one_year(magnets: Result) -> None:
    assert [(row["product"], row["stage"]) for row in told(magnets)] == list(MAGNET_CHAIN)
    assert {row["year"] for row in told(magnets)} == {2024}
    assert set(magnets.rows[0]) == {field.name for field in magnets.fields}


def test_intervals_hold_their_value_and_shares_close(magnets: Result) -> None:
    for row in told(magnets):
        assert row["hhi_p10"] <= row["hhi"] <= row["hhi_p90"]
        assert row["top_share_p10"] <= row["top_share"] <= row["top_share_p90"]
        assert row["hhi_10000"] == pytest.approx(10_000 * row["hhi"])
        assert row["hhi_wgi"] < row["hhi"]
        parts = [
            s["share"] for s in told(magnets, "shares") if s["product"] == row["product"] and s["stage"] == row["stage"]
        ]
        assert sum(parts) + row["rest_share"] == pytest.approx(1.0)


def test_weaker_evidence_has_the_wider_interval(magnets: Result) -> None:
    rows = by_stage(magnets.rows)
    reported, derived = rows["ree_magnet", "separated"], rows["re_metal", "metal"]
    width = {name: row["hhi_p90"] - row["hhi_p10"] for name, row in (("r", reported), ("d", derived))}
    assert reported["evidence"] < derived["evidence"]
    assert width["r"] < width["d"]


def test_every_figure_says_what_it_does_not_tell_in_both_languages(ds: Dataset) -> None:
    known = {row["source_id"] for row in ds.rows("sources")}
    cautions = {row["caution_id"] for row in ds.rows("cautions")}
    for row in told(exposure(ds, products="all")):
        assert str(row["says"]).endswith(".") and str(row["says_ja"]).endswith("。")
        assert "{" not in f"{row['says']}{row['says_ja']}"
        assert set(row["caution_ids"]) <= cautions
        assert row["source_ids"] and set(row["source_ids"]) <= known


def test_company_figures_without_a_world_total_make_no_share(ds: Dataset) -> None:
    result = exposure(ds, products=("nd_oxide",))
    assert [row["year"] for row in result.rows] == [2024]  # 2025 has two companies and no world
    assert (result.tables["left_out"][0]["year"], result.tables["left_out"][0]["reason"]) == (2025, "no_world_total")


def test_no_list_counts_a_group_or_the_world_as_a_supplier(ds: Dataset) -> None:
    kinds = {row["place"]: row["kind"] for row in ds.rows("places")}
    lists, _ = supply_lists(ds)
    assert len(lists) > 60
    for supply in lists.values():
        assert {kinds[row["country"]] for row in supply.named} == {"country"}
        assert all(row["preferred"] and not row["is_total"] for row in supply.named)
        assert len({row["country"] for row in supply.named}) == len(supply.named)


def test_an_unknown_product_and_a_year_without_lists_are_refused(ds: Dataset) -> None:
    with pytest.raises(UnknownTerm, match="gallium"):
        exposure(ds, products=("galium",))
    with pytest.raises(NotFound):
        exposure(ds, year=1950)


# --- laws -------------------------------------------------------------------------------------------------------


def test_the_same_question_gives_the_same_bytes_and_the_seed_moves_only_intervals(ds: Dataset) -> None:
    one, two, other = exposure(ds), exposure(ds), exposure(ds, seed=1)
    assert canonical_json(one.as_dict()) == canonical_json(two.as_dict())
    for a, b in zip(one.rows, other.rows, strict=True):
        moved = {name for name in a if a[name] != b[name]}
        assert all(name.endswith(("_p10", "_p90")) for name in moved)


def test_scaling_the_unit_changes_no_share(ds: Dataset) -> None:
    def thousandfold(row: Row) -> Row:
        return {**row, "quantity": row["quantity"] * 1000.0}

    scaled = exposure(changed(ds, "production", thousandfold))
    for a, b in zip(told(exposure(ds)), told(scaled), strict=True):
        for name in ("hhi", "hhi_p10", "hhi_p90", "top_share", "top3_share", "china_share", "rest_share"):
            assert b[name] == pytest.approx(a[name], rel=1e-9)


def test_renaming_a_country_changes_no_concentration(ds: Dataset) -> None:
    def renamed(row: Row) -> Row:
        return {**row, "country": "LAO" if row["country"] == "MMR" else row["country"]}

    other = exposure(changed(ds, "production", renamed), products=("ree_magnet",))
    for a, b in zip(exposure(ds, products=("ree_magnet",)).rows, other.rows, strict=True):
        assert (a["hhi"], a["hhi_p10"], a["top3_share"]) == (b["hhi"], b["hhi_p10"], b["top3_share"])


KINDS = {"AAA": "country", "BBB": "country", "CCC": "country", "EEE": "group", "ROW": "rest", "WLD": "world"}


def production(country: str, quantity: float, **more: Any) -> Row:
    told = {"product": "p", "stage": "mine", "year": 2024, "unit": "t", "mass_basis": "gross", "source_id": "s"}
    return {**told, "country": country, "quantity": quantity, "is_total": country == "WLD", **more}


def test_a_total_above_the_rows_leaves_an_unnamed_rest() -> None:
    found = full_list([production("AAA", 60.0), production("BBB", 30.0), production("WLD", 100.0)], kinds=KINDS)
    assert isinstance(found, Supply)
    assert (found.rest, found.whole, found.total) == (10.0, 100.0, 100.0)


def test_rows_above_a_rounded_total_are_all_counted() -> None:
    found = full_list([production("AAA", 60.0), production("BBB", 42.0), production("WLD", 100.0)], kinds=KINDS)
    assert isinstance(found, Supply)
    assert (found.rest, found.whole, found.total) == (0.0, 102.0, 100.0)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([production("AAA", 60.0)], "no_world_total"),
        ([production("AAA", 10.0), production("WLD", 100.0)], "too_few_named"),
        ([production("AAA", 60.0), production("ROW", 5.0, unit="kt")], "mixed_units"),
        ([production("AAA", 60.0), production("ROW", 5.0, mass_basis="oxide")], "mixed_units"),
        ([production("AAA", 60.0), production("AAA", 61.0), production("WLD", 100.0)], "two_rows_for_a_place"),
        ([production("AAA", 60.0), production("EEE", 20.0), production("WLD", 100.0)], "group_and_member"),
    ],
)
def test_what_is_no_full_list_says_why(rows: list[Row], reason: str) -> None:
    assert full_list(rows, kinds=KINDS, overlaps=[("EEE", "AAA")]) == reason


# --- reliance ---------------------------------------------------------------------------------------------------


def test_japan_and_the_united_states_in_finished_magnets(ds: Dataset, magnets: Result) -> None:
    rows = {row["party"]: row for row in told(magnets, "reliance") if row["stage"] == "magnet"}
    # output is counted in blanks: 13,940 t x 0.75/0.97 = 10,779 t finished, of a need of 13,404 t
    assert rows["JPN"]["own_quantity"] == pytest.approx(13_940.4 * 0.75 / 0.97, rel=1e-5)
    assert rows["JPN"]["reliance_share"] == pytest.approx(1 - 13_940.4 * 0.75 / 0.97 / 13_404, rel=1e-4)
    # no United States output is named; at most the unnamed rest, 498 t of blanks
    assert rows["USA"]["reliance_share"] == 1.0
    assert rows["USA"]["reliance_share_low"] == pytest.approx(1 - 498.158 * 0.75 / 0.97 / 8_915, abs=1e-4)
    # US Census imports of sintered magnets by value, January to March 2024: 58.4 of 69.9 M USD from China
    assert rows["USA"]["china_import_share"] == pytest.approx(58.4 / 69.9)
    # share of Japan's permanent-magnet imports (KITA), published for 2022 only
    assert (rows["JPN"]["china_import_share"], rows["JPN"]["china_import_year"]) == (0.311, 2022)


def test_reliance_is_unknown_where_oxides_meet_compounds_of_all_rare_earths(magnets: Result) -> None:
    for row in told(magnets, "reliance"):
        if row["stage"] == "separated":
            assert row["reliance_share"] is None
            assert row["status"] in ("own_output_not_comparable", "no_need_and_no_trade_rows")


def test_us_platinum_reliance_as_published(ds: Dataset) -> None:
    # USGS: apparent consumption 68.9 t, mine 3.01 t, secondary 7.09 t in 2024
    rows = told(exposure(ds, products=("platinum",), year=2024), "reliance")
    party = next(row for row in rows if row["party"] == "USA" and row["stage"] == "mine")
    assert party["reliance_share"] == pytest.approx(1 - (3.01 + 7.09) / 68.9)


def test_a_reliance_is_given_exactly_where_its_status_says_so(ds: Dataset) -> None:
    for row in told(exposure(ds, products="all"), "reliance"):
        assert (row["reliance_share"] is not None) == str(row["status"]).startswith("from_")
        if row["reliance_share"] is not None:
            assert row["reliance_share_low"] <= row["reliance_share"] <= 1


def flow(exporter: str, importer: str, quantity: float | None, **more: Any) -> Row:
    told = {
        "exporter": exporter,
        "importer": importer,
        "quantity": quantity,
        "year": 2024,
        "period": "2024",
        "period_kind": "year",
        "flow_basis": "reconciled",
        "hs_code": "280530",
        "hs_nomenclature": "HS92",
        "series": "x",
        "unit": "t",
        "mass_basis": "gross",
        "value_usd": None,
        "row_id": f"trade:{exporter}|{importer}",
        "source_id": "s",
    }
    return {**told, **more}


def test_customs_statements_are_not_added_to_each_other() -> None:
    rows = [
        flow("CHN", "JPN", 60.0),
        flow("VNM", "JPN", 40.0),
        flow("CHN", "JPN", 65.0, flow_basis="importer report"),
        flow("THA", "JPN", 9.0, flow_basis="importer report"),
        flow("CHN", "JPN", 5.0, period="2024-05", period_kind="month"),
        flow("CHN", "JPN", 70.0, hs_nomenclature="HS17", quantity_="less"),
        flow("JPN", "KOR", 10.0),
    ]
    got = imports_of(rows, "JPN", 2024)
    assert (got.quantity, got.china_share, got.exports) == (100.0, 0.6, 10.0)
    assert got.by_exporter == {"CHN": 60.0, "VNM": 40.0}


def test_a_statement_s_own_total_outranks_the_sum_of_its_partners() -> None:
    rows = [flow("CHN", "USA", 80.0), flow("DEU", "USA", 10.0), flow("WLD", "USA", 100.0)]
    got = imports_of(rows, "USA", 2024)
    assert (got.quantity, got.china_share) == (100.0, 0.8)


def test_an_exporter_s_word_alone_gives_no_import_total() -> None:
    got = imports_of([flow("CHN", "JPN", 2_292.0, flow_basis="exporter report")], "JPN", 2024)
    assert (got.quantity, got.china_share) == (None, None)


def test_a_share_published_for_a_near_year_is_used_with_its_year() -> None:
    share = flow("CHN", "JPN", 0.3, year=2022, period="2022", unit="share of importer imports")
    assert (imports_of([share], "JPN", 2024).china_share, imports_of([share], "JPN", 2024).china_year) == (0.3, 2022)
    assert imports_of([share], "JPN", 2025).china_share is None
