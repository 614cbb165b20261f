"""Each open contradiction of the compiled facts is settled: the value in use, and the claims that stay."""

from __future__ import annotations

from typing import Any

import pytest


def used(ds: Any, table: str, **where: Any) -> float:
    return float(ds.one(table, preferred=True, **where)["quantity"])


def claims(ds: Any, table: str, **where: Any) -> set[float]:
    return {row["quantity"] for row in ds.rows(table, **where)}


def test_magnet_output_weighs_blanks_and_trade_weighs_finished_magnets(ds: Any) -> None:
    rows = ds.rows("production", product="ndfeb_magnet")
    assert {row["series"]: row["mass_basis"] for row in rows} == {
        "SMM/IEA": "blank",
        "Argus": "blank",
        "METI share": "blank",
        "Project Blue": "finished",
        "Adamas/DOE share": "finished",
    }
    assert {r["mass_basis"] for r in ds.rows("trade", product="ndfeb_magnet", unit="t")} == {"finished"}
    assert ds.one("rules", rule_id="magnet-mass-basis")["action"] == "basis"


def test_the_mass_basis_makes_the_claims_of_2022_agree(ds: Any) -> None:
    blanks = used(ds, "production", product="ndfeb_magnet", country="WLD", year=2022)
    assert blanks == 226372.0
    finished = blanks * ds.mass_factor("blank", "finished")
    alloy = blanks * ds.mass_factor("blank", "alloy")
    assert finished == pytest.approx(170000, rel=0.05), "Project Blue: finished magnets"
    assert alloy == pytest.approx(246000, rel=0.06), "Adamas: alloy and powder"


def test_company_figures_win_for_malaysia_and_the_united_states(ds: Any) -> None:
    fact = {"stage": "separated", "year": 2024}
    assert used(ds, "production", product="ndpr_oxide", country="MYS", **fact) == 6198
    assert used(ds, "production", product="nd_oxide", country="MYS", **fact) == 4826
    assert used(ds, "production", product="pr_oxide", country="MYS", **fact) == 1372
    assert used(ds, "production", product="ndpr_oxide", country="USA", **fact) == 1294 + 30
    assert used(ds, "production", product="nd_oxide", country="USA", **fact) == 974
    assert used(ds, "production", product="pr_oxide", country="USA", **fact) == 350
    assert claims(ds, "production", product="nd_oxide", country="USA", year=2024) == {833.0, 974.0}
    for year, tonnes in ((2023, 200), (2025, 2599)):
        assert used(ds, "production", product="ndpr_oxide", country="USA", year=year) == tonnes


def test_world_totals_are_added_again_with_the_company_figures(ds: Any) -> None:
    row = ds.one("production", product="pr_oxide", country="WLD", year=2024, preferred=True)
    assert row["quantity"] == 20000 + 1372 + 166 + 350
    assert "CHN 20,000 + MYS 1,372 + ROW 166 + USA 350 = 21,888" in row["basis"]
    assert claims(ds, "production", product="pr_oxide", country="WLD", year=2024) == {21847.0, 21888.0}


def test_japan_share_of_magnets(ds: Any) -> None:
    japan = used(ds, "production", product="ndfeb_magnet", country="JPN", year=2024)
    world = used(ds, "production", product="ndfeb_magnet", country="WLD", year=2024)
    assert japan / world == pytest.approx(0.0504, abs=1e-3)
    assert 22128.0 in claims(ds, "production", product="ndfeb_magnet", country="JPN", year=2024)


@pytest.mark.parametrize(
    ("period", "tonnes", "other"), [("2023", 52576, 52865), ("2025-05", 1238, 1240), ("2025-09", 5774, 5773)]
)
def test_magnet_exports_of_china(ds: Any, period: str, tonnes: float, other: float) -> None:
    flow = {"exporter": "CHN", "importer": "WLD", "product": "ndfeb_magnet", "period": period}
    assert used(ds, "trade", **flow) == tonnes
    assert claims(ds, "trade", **flow) == {float(tonnes), float(other)}


def test_magnet_imports_of_india(ds: Any) -> None:
    assert ds.one("trade", importer="IND", product="permanent_magnet_metal", quantity=53748.0)["year"] == 2024
    assert used(ds, "trade", exporter="CHN", importer="IND", product="ndfeb_magnet", period="2024") == 3132


def test_magnet_demand_in_finished_mass_closes(ds: Any) -> None:
    for year in (2023, 2024):
        rows = ds.rows("demand", product="ndfeb_magnet", sector="total", year=year, preferred=True)
        assert {row["mass_basis"] for row in rows} == {"finished"}
        parts = [row for row in rows if row["country"] not in ("WLD", "DEU")]
        world = next(row for row in rows if row["country"] == "WLD")
        assert ds.sum_safely("demand", parts) == world["quantity"]
    output = used(ds, "production", product="ndfeb_magnet", country="WLD", year=2024)
    assert world["quantity"] == pytest.approx(output * ds.mass_factor("blank", "finished"), abs=1)


def test_magnet_uses_of_2024_add_up_in_finished_mass(ds: Any) -> None:
    rows = ds.rows("demand", product="ndfeb_magnet", country="WLD", year=2024, preferred=True)
    parts = [row for row in rows if row["sector"] != "total"]
    assert {row["sector"] for row in parts} == {"ev_motor", "wind", "electronics", "automotive_auxiliary", "other"}
    (total,) = [row["quantity"] for row in rows if row["sector"] == "total"]
    assert ds.sum_safely("demand", parts) == total
    assert next(row["quantity"] for row in parts if row["sector"] == "ev_motor") == 27407
    assert claims(ds, "demand", product="ndfeb_magnet", sector="ev_motor", year=2024) == {27407.0, 37000.0}


def test_lynas_concentrate_is_no_metal(ds: Any) -> None:
    rows = ds.rows("trade", exporter="AUS", importer="MYS", hs_code="280530")
    assert {row["period"]: row["quantity"] for row in rows} == {"2022": 34172.0, "2023": 28616.0, "2024": 31210.0}
    assert {(r["product"], r["product_as_given"], r["rule_id"]) for r in rows} == {
        ("reo_mixed", "re_metal", "lynas-concentrate")
    }
    world = used(ds, "trade", product="re_metal", flow_basis="world total", period="2024")
    flows = ds.rows(
        "trade", product="re_metal", series="BACI-HS92", period="2024", flow_basis=("reconciled", "residual")
    )
    assert sum(row["quantity"] or 0 for row in flows) == pytest.approx(world, rel=1e-3)
    assert world == 44938 - 31210


def test_other_settled_figures(ds: Any) -> None:
    assert used(ds, "production", product="reo_mixed", country="MMR", year=2024) == 27000
    assert claims(ds, "production", product="reo_mixed", country="MMR", year=2024) == {27000.0, 39400.0}
    assert used(ds, "production", product="gallium", country="CHN", year=2024) == 839
    assert used(ds, "demand", product="palladium", country="USA", sector="total", year=2023) == 88.5
    assert used(ds, "demand", product="palladium", country="USA", sector="total_alt", year=2023) == 62.207
    assert used(ds, "demand", product="liion_cell", country="WLD", sector="battery_ev", year=2024) == 950
    assert used(ds, "trade", exporter="CHN", importer="WLD", product="gallium", period="2024") == 60.88
    assert used(ds, "demand", product="antimony", country="WLD", sector="total", year=2023) == 150000


def test_two_series_of_guyana_are_two_places(ds: Any) -> None:
    where = {"indicator": "wgi_political_stability", "year": 2022}
    assert ds.one("governance", country="GUY", **where)["value"] == 0.027062
    assert ds.one("governance", country="GUF", **where)["value"] == 0.33147


def test_each_rule_speaks_of_rows_that_exist(ds: Any) -> None:
    for rule in ds.rows("rules"):
        if rule["series"] and rule["table"] in ("production", "demand", "trade"):
            assert ds.rows(rule["table"], series=rule["series"]), rule["rule_id"]
    named = {row["rule_id"] for table in ds.tables for row in ds.rows(table) if row.get("rule_id") and table != "rules"}
    assert named <= {rule["rule_id"] for rule in ds.rows("rules")}


def test_at_most_one_claim_of_each_fact_is_used(ds: Any) -> None:
    from didymium.schema import TABLES

    for table in ("production", "demand", "trade", "elasticities"):
        cells = [tuple(row[name] for name in TABLES[table].cell) for row in ds.rows(table, preferred=True)]
        assert len(cells) == len(set(cells))


def test_no_closed_series_is_mixed_with_another_outside_company_figures(ds: Any) -> None:
    footing: dict[tuple[Any, ...], set[str]] = {}
    for row in ds.rows("production", preferred=True, year=2024, stage="mine"):
        footing.setdefault((row["product"], row["stage"]), set()).add(row["series"])
    assert all(len(series) == 1 for series in footing.values())
