"""Partner coverage: the parts of a need add up, agree with the gap ledger, and follow the papers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import didymium.data
from didymium.data import Dataset
from didymium.studies.coverage import FORCES, coverage, names_product
from didymium.studies.coverage import Paper as ThePaper
from didymium.studies.gaps import gaps

YEARS = (2028, 2030)


@pytest.fixture(scope="module")
def ds() -> Dataset:
    return didymium.data.open()


def lines(result: Any) -> dict[tuple[Any, ...], dict[str, Any]]:
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in result.rows:
        key = (row["party"], row["stage"], row["product"], row["year"])
        found.setdefault(key, {})[row["cover_force"]] = row
    return found


def test_the_parts_add_up_to_the_need_and_the_rest_is_the_gap(ds: Dataset) -> None:
    parts = lines(coverage(ds, years=YEARS, draws=16))
    ledger: dict[Any, Any] = {
        (r["party"], r["stage"], r["product"], r["year"]): r
        for r in gaps(ds, years=YEARS, outlooks=("STEPS",), draws=16).rows
    }
    assert len(parts) == 2 * 11 * len(YEARS)
    for key, by_force in parts.items():
        assert tuple(by_force) == FORCES
        need = by_force["own"]["need_t"]
        assert sum(row["covered_t"] for row in by_force.values()) == pytest.approx(need, rel=1e-12, abs=1e-9)
        assert need == ledger[key]["need_t"]
        assert by_force["none"]["covered_t"] == pytest.approx(ledger[key]["gap_t"], rel=1e-9, abs=1e-6)
        assert by_force["none"]["covered_t_p90"] == pytest.approx(ledger[key]["gap_t_p90"], rel=1e-9, abs=1e-6)
        for row in by_force.values():
            assert -1e-9 <= row["covered_t_p10"] <= row["covered_t_p90"] <= need * 10


def test_partners_add_up_to_the_forces(ds: Dataset) -> None:
    result = coverage(ds, years=YEARS, draws=16)
    rows: list[Any] = list(result.tables["by_partner"])
    for key, by_force in lines(result).items():
        for force in FORCES[1:5]:
            own = [
                r for r in rows if (r["party"], r["stage"], r["product"], r["year"], r["cover_force"]) == (*key, force)
            ]
            assert sum(r["covered_t"] for r in own) == pytest.approx(by_force[force]["covered_t"], abs=1e-9)
    papers = {row["agreement_id"]: row for row in ds.rows("agreements")}
    for row in rows:
        if row["cover_force"] == "binding_paper":
            assert {papers[i]["binding"] for i in row["agreement_ids"]} == {"yes"}
        if row["cover_force"] == "political_paper":
            assert {papers[i]["binding"] for i in row["agreement_ids"]} == {"no"}
        assert row["source_ids"]


def test_a_paper_that_has_lapsed_binds_nobody(ds: Dataset) -> None:
    result = coverage(ds, years=YEARS, draws=16)
    named = {i for table in (result.rows, result.tables["by_partner"]) for row in table for i in row["agreement_ids"]}
    assert "us-my-art-2025" not in named and "us-id-art-2026" not in named and "jp-in-irel-2012" not in named
    assert "us-my-mou-2025" in named


def test_a_paper_turned_binding_moves_its_tonnes(ds: Dataset) -> None:
    bound = tuple({**row, "binding": "yes"} for row in ds.rows("agreements"))
    before = lines(coverage(ds, years=YEARS, draws=16))
    after = lines(coverage(replace(ds, content={**ds.content, "agreements": bound}), years=YEARS, draws=16))
    moved = 0.0
    for key, by_force in after.items():
        assert by_force["political_paper"]["covered_t"] == 0
        both = sum(before[key][force]["covered_t"] for force in ("binding_paper", "political_paper"))
        assert by_force["binding_paper"]["covered_t"] == pytest.approx(both, abs=1e-9)
        moved += before[key]["political_paper"]["covered_t"]
    assert moved > 100


def test_a_scope_names_products(ds: Dataset) -> None:
    def named(products: str, stage: str, product: str) -> bool:
        paper = ThePaper("x", frozenset({"USA"}), True, tuple(products.split(";")), "s")
        return names_product(ds, paper, stage, product)

    assert named("critical_minerals_all", "metal", "dy_metal")
    assert named("rare_earths", "magnet", "ndfeb_magnet")
    assert named("hree_oxides", "separated", "dy_oxide") and not named("hree_oxides", "metal", "dy_metal")
    assert named("ndpr_oxide", "separated", "ndpr_oxide") and not named("ndpr_oxide", "metal", "ndpr_metal")
    assert not named("cobalt;graphite;lithium", "separated", "ndpr_oxide")
