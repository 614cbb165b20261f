"""A stock that is secret is a range: its middle in the central case, its ends in draws and drivers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import didymium.data
from didymium.errors import BadInput
from didymium.scenario.scenario import load
from didymium.scenario.stocks import as_assumptions, levels, stock_range

STOCK: dict[str, Any] = {
    "country": "JPN",
    "organisation": "not told",
    "product": "dy_oxide",
    "year": 2026,
    "stock_type": "level",
    "unit": "days",
    "quantity": None,
    "value_low": 40,
    "value_high": 160,
    "source_id": "didymium-derivation",
    "confidence": "low",
    "basis": "range told in confidence",
}


def opened(tmp_path: Path, *rows: dict[str, Any]) -> didymium.data.Dataset:
    path = tmp_path / "stockpiles.json"
    path.write_text(json.dumps(list(rows)))
    return didymium.data.open([path])


def test_a_range_moves_the_public_stock_of_its_metal_alone(tmp_path: Path) -> None:
    ds = opened(tmp_path, STOCK)
    story = load("cn-stop-6")
    central = story.apply(ds).public_cover_days
    shipped = story.apply(didymium.data.open()).public_cover_days
    assert central["JPN", "dy_metal"] == 100.0
    assert {k: v for k, v in central.items() if k != ("JPN", "dy_metal")} == {
        k: v for k, v in shipped.items() if k != ("JPN", "dy_metal")
    }
    (row,) = as_assumptions(ds)
    assert (row["low"], row["value"], row["high"]) == (40.0, 100.0, 160.0)
    drawn = story.apply(ds, {row["assumption_id"]: 40.0}).public_cover_days
    assert drawn["JPN", "dy_metal"] == 40.0


def test_the_shipped_rows_state_no_level() -> None:
    assert levels(didymium.data.open()) == ({}, [])


def test_a_new_place_and_a_later_year(tmp_path: Path) -> None:
    usa = {**STOCK, "country": "USA", "product": "tb_metal", "quantity": 30, "value_low": None, "value_high": None}
    ds = opened(tmp_path, STOCK, {**STOCK, "year": 2027, "value_high": 60}, usa)
    found = levels(ds)[0]
    assert stock_range(found["JPN", "dy_metal"]) == (40.0, 50.0, 60.0)
    assert load("cn-stop-6").apply(ds).public_cover_days["USA", "tb_metal"] == 30.0


def test_a_stock_that_the_model_cannot_take_is_said(tmp_path: Path) -> None:
    ds = opened(tmp_path, {**STOCK, "product": "gallium"})
    assert any("stock JPN gallium 2026 is not in the model" in line for line in load("cn-stop-6").apply(ds).warnings)


def test_half_a_range_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"neither an amount nor a range. Give quantity, or value_low and value_high"):
        opened(tmp_path, {**STOCK, "value_high": None})
    with pytest.raises(BadInput, match="is above value_high"):
        opened(tmp_path, {**STOCK, "value_low": 200})
