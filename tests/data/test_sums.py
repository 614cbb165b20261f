"""What may be added is added; wholes with parts, rivals and unlike bases are refused with the reason."""

from __future__ import annotations

import math
from typing import Any

import pytest

from didymium.errors import BadInput


def refused(ds: Any, table: str, rows: list[dict[str, Any]]) -> str:
    with pytest.raises(BadInput, match="These rows may not be added") as caught:
        ds.sum_safely(table, rows)
    return "\n".join(caught.value.faults)


def test_countries_of_one_series_add_up_to_their_world(ds: Any) -> None:
    parts = ds.rows("production", product="nd_oxide", year=2024, preferred=True, is_total=False)
    assert ds.sum_safely("production", parts) == 70205.0
    assert ds.one("production", product="nd_oxide", year=2024, preferred=True, is_total=True)["quantity"] == 70205.0


def test_total_with_its_parts(ds: Any) -> None:
    assert "WLD contains CHN" in refused(
        ds, "production", ds.rows("production", product="gallium", year=2024, series="USGS")
    )


def test_blend_with_its_oxides(ds: Any) -> None:
    rows = [
        ds.one("production", product=product, country="MYS", year=2025, stage="separated", preferred=True)
        for product in ("ndpr_oxide", "nd_oxide")
    ]
    assert "ndpr_oxide contains nd_oxide. Blend of the two oxides." in refused(ds, "production", rows)


def test_aggregate_with_its_elements(ds: Any) -> None:
    rows = ds.rows("demand", product=("ree_magnet", "nd_element"), country="WLD", sector="wind", year=2024)
    why = refused(ds, "demand", rows)
    assert "ree_magnet contains nd_element" in why


def test_two_claims_of_one_fact(ds: Any) -> None:
    rows = ds.rows("production", product="reo_mixed", country="MMR", year=2024)
    why = refused(ds, "production", rows)
    assert "2 claims of one fact: reo_mixed mine MMR 2024" in why
    assert "some rows are in use and some are rival claims" in why


def test_germany_inside_the_european_union(ds: Any) -> None:
    rows = ds.rows("demand", product="ndfeb_magnet", sector="total", year=2024, country=("DEU", "EU27"), preferred=True)
    assert "country: EU27 contains DEU" in refused(ds, "demand", rows)


def test_unlike_mass_bases(ds: Any) -> None:
    rows = ds.rows("production", product="ndfeb_magnet", year=2022, country="WLD")
    why = refused(ds, "production", rows)
    assert "mass_basis differs: blank, finished. Different things are on the scale." in why


@pytest.mark.parametrize(
    ("product", "country", "year", "one", "other"),
    [
        ("palladium", "USA", 2023, "total", "total_alt"),
        ("liion_cell", "WLD", 2024, "battery_ev", "battery_ev_alt"),
        ("ndfeb_magnet", "IND", 2024, "total", "automotive"),
        ("gallium", "CHN", 2023, "total", "solar_pv"),
    ],
)
def test_sectors_that_repeat_others(ds: Any, product: str, country: str, year: int, one: str, other: str) -> None:
    rows = ds.rows("demand", product=product, country=country, year=year, sector=(one, other), preferred=True)
    assert len(rows) == 2
    assert f"{one} contains {other}" in refused(ds, "demand", rows)


def test_split_by_industry_repeats_the_split_by_use(ds: Any) -> None:
    assert ds.one("demand_sectors", sector="by_industry_transport")["role"] == "memo"
    assert "by_industry_transport" in ds.members("total", dimension="sector")


def test_recycled_part_with_recycled_total(ds: Any) -> None:
    rows = ds.rows(
        "production", product="platinum", country="WLD", year=2024, stage=("recycled", "recycled_autocatalyst")
    )
    assert "recycled contains recycled_autocatalyst" in refused(ds, "production", rows)


def test_share_of_the_world_is_no_amount(ds: Any) -> None:
    rows = ds.rows("production", product="nickel_sulphate", country="CHN")
    why = refused(ds, "production", rows)
    assert "is a share, not an amount" in why and "unit differs" in why


def test_flows_of_different_basis(ds: Any) -> None:
    rows = ds.rows("trade", exporter="CHN", importer="JPN", product="re_metal", period="2024")
    assert "flow_basis differs" in refused(ds, "trade", rows)


def test_month_inside_a_year(ds: Any) -> None:
    rows = ds.rows(
        "trade", exporter="CHN", importer="WLD", product="ndfeb_magnet", period=("2025", "2025-05"), preferred=True
    )
    assert "periods 2025 and 2025-05 of CHN WLD ndfeb_magnet overlap" in refused(ds, "trade", rows)


def test_months_of_one_flow_add(ds: Any) -> None:
    rows = ds.rows(
        "trade", exporter="CHN", importer="WLD", product="ndfeb_magnet", period_kind="month", year=2025, preferred=True
    )
    assert len(rows) == 12
    assert ds.sum_safely("trade", rows) == pytest.approx(57392, rel=0.005), (
        "twelve months against the year as published"
    )


def test_aggregate_plant_with_plants(ds: Any) -> None:
    rows = ds.rows("facilities", product="germanium", country="CHN")
    with pytest.raises(BadInput) as caught:
        ds.sum_safely("facilities", rows, column="capacity")
    assert any("cn-germanium-2024 is an aggregate" in line for line in caught.value.faults)


def test_unknown_amount_is_not_zero(ds: Any) -> None:
    rows = ds.rows(
        "trade", exporter="CHN", importer="WLD", product="permanent_magnet_metal", period="2024", series="Comtrade"
    )
    assert "1 of 1 rows have no quantity: unknown is not zero" in refused(ds, "trade", rows)
    assert ds.sum_safely("trade", rows, column="value_usd") > 3e9


def test_members_reach_through_groups(ds: Any) -> None:
    assert "lu_oxide" in ds.members("rare_earths") and "nd_metal" in ds.members("rare_earths")
    assert set(ds.members("permanent_magnets")) == {"ndfeb_magnet", "smco_magnet"}
    assert len(ds.members("EU27", dimension="country")) == 27
    assert ds.members("nd_oxide") == ()


def test_mass_factor_follows_the_recipes(ds: Any) -> None:
    assert ds.mass_factor("blank", "finished") == pytest.approx(0.75 / 0.97, abs=1e-6)
    assert ds.mass_factor("alloy", "finished") == pytest.approx(0.75)
    assert ds.mass_factor("finished", "blank") == pytest.approx(1 / ds.mass_factor("blank", "finished"))
    assert ds.mass_factor("oxide", "oxide") == 1.0
    assert ds.mass_factor("alloy", "blank") * ds.mass_factor("blank", "finished") == pytest.approx(0.75, abs=1e-6)


def test_world_totals_equal_their_countries_where_a_series_is_closed(ds: Any) -> None:
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in ds.rows("production", preferred=True):
        groups.setdefault((row["product"], row["stage"], row["year"]), []).append(row)
    known = {(r["product"], r["stage"], r["year"]) for r in ds.rows("known_differences", table="production")}
    closed = 0
    for fact, rows in groups.items():
        world = [row["quantity"] for row in rows if row["country"] == "WLD"]
        parts = [row["quantity"] for row in rows if row["country"] != "WLD"]
        if world and any(row["country"] == "ROW" for row in rows) and fact not in known:
            closed += 1
            assert math.fsum(parts) == pytest.approx(world[0], rel=0.025), fact
    assert closed > 60
