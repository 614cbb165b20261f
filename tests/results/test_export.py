"""Answers as Excel and in the long format of the IAMC."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from didymium.errors import BadInput
from didymium.results.export import iamc, workbook

ROWS = [
    {"party": "JPN", "product": "dy_oxide", "stage": "separated", "year": 2030, "outlook": "STEPS", "gap_t": 12.5},
    {"party": "JPN", "product": "dy_oxide", "stage": "separated", "year": 2035, "outlook": "STEPS", "gap_t": None},
    {"party": "USA", "product": "dy_oxide", "stage": "separated", "year": 2030, "outlook": "APS", "gap_t": 3.0},
]


def test_a_number_stands_under_its_year_in_its_unit() -> None:
    found = iamc(ROWS, model="Didymium 1", subject="gaps", scenario="base", year=2026)
    assert found == [
        {
            "model": "Didymium 1",
            "scenario": story,
            "region": region,
            "variable": "Gaps|Dy Oxide|Separated|Gap T",
            "unit": "t",
            "2030": value,
        }
        for story, region, value in (("APS", "USA", 3.0), ("STEPS", "JPN", 12.5))
    ]


def test_bands_flows_and_units_of_rows() -> None:
    row = {
        "exporter": "CHN",
        "importer": "JPN",
        "product": "dy_oxide",
        "year": 2024,
        "quantity": 5.0,
        "unit": "t oxide",
    }
    (flow,) = iamc([row], model="m", subject="trade", scenario="base", year=2026)
    assert (flow["region"], flow["unit"], flow["variable"], flow["2024"]) == (
        "CHN>JPN",
        "t oxide",
        "Trade|Dy Oxide|Quantity",
        5.0,
    )
    (band,) = iamc([{"party": "USA", "hhi_p10": 0.4}], model="m", subject="exposure", scenario="s", year=2025)
    assert band["variable"] == "Exposure|Hhi|10th Percentile" and band["2025"] == 0.4


def test_two_numbers_for_one_cell_are_refused() -> None:
    twice = [{"party": "JPN", "year": 2030, "gap_t": 1.0}, {"party": "JPN", "year": 2030, "gap_t": 2.0}]
    with pytest.raises(BadInput, match="has two values"):
        iamc(twice, model="m", subject="gaps", scenario="s", year=2026)


def test_a_workbook_holds_numbers_as_numbers_and_runs_nothing() -> None:
    rows = [{"name": "=1+1", "quantity": 0.1 + 0.2, "ids": ["a", "b"], "none": None, "n": 0}]
    body = workbook({"rows": rows}, about=["@front"], title="x")
    assert body == workbook({"rows": rows}, about=["@front"], title="x")
    book = load_workbook(io.BytesIO(body))
    assert [cell.value for cell in book["rows"][2]] == ["=1+1", "0.30000000000000004", "a;b", None, 0]
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
