"""A later layer overrides by key; each row knows its layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import didymium.data
from didymium.errors import BadInput

NEODYMIUM = {"product": "nd_oxide", "country": "CHN", "year": "2024"}


def test_later_layer_replaces_the_row_with_the_same_key(layer: Any, ds: Any) -> None:
    row = layer.shipped("production", **NEODYMIUM)[0]
    layer.write("production", [{**row, "quantity": "64000", "basis": "own count"}])
    mine = didymium.data.open([layer.folder])
    (found,) = mine.rows("production", product="nd_oxide", country="CHN", year=2024)
    assert (found["quantity"], found["layer"], found["basis"]) == (64000.0, "mine", "own count")
    assert len(mine.rows("production")) == len(ds.rows("production"))
    assert mine.describe()["layers"] == ["base", "mine"] and mine.id != ds.id


def test_the_last_of_two_layers_wins(layer: Any, tmp_path: Path) -> None:
    row = layer.shipped("prices", product="dy_oxide", period="2025")[0]
    layer.write("prices", [{**row, "price": "1"}])
    other = type(layer)(tmp_path / "partner")
    other.write("prices", [{**row, "price": "2"}])
    key = {"product": "dy_oxide", "period": "2025", "market": row["market"], "grade": row["grade"]}
    assert didymium.data.open([layer.folder, other.folder]).one("prices", **key)["price"] == 2.0
    assert didymium.data.open([other.folder, layer.folder]).one("prices", **key)["price"] == 1.0
    assert didymium.data.open([other.folder, layer.folder]).layers == ("base", "partner", "mine")


def test_own_claim_marked_preferred_wins_its_fact(layer: Any) -> None:
    row = layer.shipped("production", **NEODYMIUM)[0]
    layer.write("production", [{**row, "series": "own", "quantity": "65000", "rule_id": ""}])
    mine = didymium.data.open([layer.folder])
    claims = {row["series"]: row["preferred"] for row in mine.rows("production", product="nd_oxide", country="CHN")}
    assert claims == {"derived": False, "own": True}
    assert "the layer's own row wins" in mine.explain("production", "nd_oxide", "CHN", 2024).text()


def test_own_claim_not_marked_stays_a_claim(layer: Any) -> None:
    row = layer.shipped("production", **NEODYMIUM)[0]
    layer.write("production", [{**row, "series": "own", "quantity": "65000", "preferred": "0"}])
    mine = didymium.data.open([layer.folder])
    assert mine.one("production", product="nd_oxide", country="CHN", preferred=True)["quantity"] == 63800.0


def test_own_rule_changes_the_choice(layer: Any) -> None:
    rule = layer.shipped("rules", rule_id="magnet-output-argus")[0]
    layer.write("rules", [{**rule, "rule_id": "we-use-argus", "action": "prefer", "series": "Argus", "rank": "0"}])
    mine = didymium.data.open([layer.folder])
    used = mine.one("production", product="ndfeb_magnet", country="CHN", year=2024, preferred=True)
    assert (used["series"], used["quantity"]) == ("Argus", 300000.0)


def test_a_layer_may_bring_its_own_words_and_sources(layer: Any) -> None:
    source = {
        "source_id": "own-desk",
        "title": "Own desk study",
        "producer": "Us",
        "licence": "own",
        "kind": "derivation",
    }
    product = {**layer.shipped("products", product="nd_oxide")[0], "product": "nd_acetate", "name": "Nd acetate"}
    row = {**layer.shipped("production", **NEODYMIUM)[0], "product": "nd_acetate", "source_id": "own-desk"}
    layer.write("sources", [source])
    layer.write("products", [product])
    layer.write("production", [row])
    mine = didymium.data.open([layer.folder])
    assert mine.one("production", product="nd_acetate")["source_id"] == "own-desk"


def test_one_file_is_a_layer_too(layer: Any) -> None:
    path = layer.write("production", layer.shipped("production", **NEODYMIUM))
    assert didymium.data.open([path]).layers == ("base", "production.csv")


def test_a_bad_layer_leaves_nothing_half_opened(layer: Any) -> None:
    row = layer.shipped("production", **NEODYMIUM)[0]
    layer.write("production", [{**row, "quantity": "1"}, {**row, "country": "MYS", "unit": "GWh"}])
    with pytest.raises(BadInput):
        didymium.data.open([layer.folder])
    assert didymium.data.open().one("production", product="nd_oxide", country="CHN", year=2024)["quantity"] == 63800.0
