"""A flow of customs statistics: value and mass in one row, bounds and estimates kept, nothing counted as weight."""

from __future__ import annotations

from typing import Any

import pytest

from didymium.sources.figures import Figure
from didymium.sources.trade_rows import trade_rows
from didymium.sources.usitc_dataweb import ORIGIN

Made = tuple[dict[str, Any], Figure]


def part(
    quantity: float | None,
    unit: str = "t",
    *,
    low: float | None = None,
    series: str = "Import / HS22 284690 / x",
    line: int = 2,
    period: str = "2024",
    **changes: Any,
) -> Made:
    """A row of `published` for one cell of a flow, and its figure."""
    row = {
        "country": "USA",
        "partner": "CHN",
        "product": "re_compounds",
        "attribute": "imports",
        "year": int(period[:4]),
        "quantity": quantity,
        "quantity_low": low,
        "unit": unit,
        "mass_basis": "gross" if unit == "t" else "none",
        "value_status": "reported",
        **changes,
    }
    return row, Figure(series, "kg", "United States", period, "5", "f.csv", line, "Value", "China")


def test_value_and_mass_of_a_flow_are_one_row() -> None:
    assert trade_rows([part(40.0, line=7), part(1500.0, "USD", line=8)], ORIGIN) == [
        {
            "exporter": "CHN",
            "importer": "USA",
            "product": "re_compounds",
            "hs_code": "284690",
            "hs_nomenclature": "HS22",
            "year": 2024,
            "period": "2024",
            "period_kind": "year",
            "flow_basis": "importer report",
            "series": "USITC",
            "quantity": 40.0,
            "unit": "t",
            "mass_basis": "gross",
            "value_usd": 1500.0,
            "is_total": False,
            "preferred": False,
            "value_status": "reported",
            "source_id": "usitc-dataweb-hts4",
            "locator": "f.csv, line 7, column Value",
            "confidence": "high",
            "basis": "USITC-DATAWEB importer report",
            "product_as_given": None,
            "rule_id": None,
        }
    ]


def one(*parts: Made) -> dict[str, Any]:
    (row,) = trade_rows(parts, ORIGIN)
    return row


def test_exports_turn_the_flow_round() -> None:
    row = one(part(40.0, attribute="exports"))
    assert (row["exporter"], row["importer"], row["flow_basis"]) == ("USA", "CHN", "exporter report")
    assert row["basis"] == "USITC-DATAWEB exporter report" and row["value_usd"] is None


def test_parts_of_mass_and_of_value_add_up_to_what_was_printed() -> None:
    row = one(part(0.1), part(0.2), part(0.1, "USD"), part(0.2, "USD"), part(0.0), part(0.0, "USD"))
    assert (row["quantity"], row["value_usd"]) == (0.3, 0.3)


@pytest.mark.parametrize("status", ["reported", "estimated"])
def test_a_lower_bound_makes_the_sum_one(status: str) -> None:
    row = one(part(5.0), part(None, low=3.0), part(7.0, "USD", value_status=status))
    assert row["quantity"] == 8.0 and (row["value_status"], row["confidence"]) == ("estimated", "medium")
    assert row["basis"] == "USITC-DATAWEB importer report; mass is a lower bound, suppressed in part"
    again = one(part(None, low=3.0), part(5.0))
    assert (again["quantity"], again["value_status"]) == (8.0, "estimated") and "lower bound" in again["basis"]


def test_an_estimated_mass_makes_the_row_an_estimate_and_an_estimated_value_does_not() -> None:
    row = one(part(5.0, value_status="estimated"), part(1.0))
    assert (row["value_status"], row["confidence"], row["basis"]) == (
        "estimated",
        "medium",
        "USITC-DATAWEB importer report",
    )
    assert one(part(5.0), part(9.0, "USD", value_status="estimated"))["value_status"] == "reported"


def test_what_costs_something_and_has_no_mass_has_an_unknown_one() -> None:
    for parts in ([part(9.0, "USD")], [part(9.0, "USD"), part(0.0)], [part(9.0, "USD"), part(None)]):
        row = one(*parts)
        assert (row["quantity"], row["value_usd"]) == (None, 9.0)
        assert row["basis"] == "USITC-DATAWEB importer report; value without mass"
    assert one(part(None), part(None, "USD"), part(4.0))["quantity"] == 4.0
    row = one(part(4.0), part(0.0, "USD"))
    assert (row["quantity"], row["value_usd"], row["basis"]) == (4.0, 0.0, "USITC-DATAWEB importer report")


def test_a_flow_of_nothing_is_left_out() -> None:
    assert trade_rows([part(0.0), part(0.0, "USD"), part(None), part(None, "USD")], ORIGIN) == []


def test_what_is_no_flow_of_a_code_is_left_out() -> None:
    assert trade_rows([part(5.0, partner=None), part(5.0, series="Import / net weight")], ORIGIN) == []
    row = one(part(5.0, partner=None), part(6.0))
    assert row["quantity"] == 6.0


@pytest.mark.parametrize(
    ("series", "code", "nomenclature"),
    [("x / HTS4 8505 / y", "8505", "HTS4"), ("HTS10 2805300000", "2805300000", "HTS10"), ("HS92 28 z", "28", "HS92")],
)
def test_the_code_and_its_list_come_from_the_series(series: str, code: str, nomenclature: str) -> None:
    row = one(part(1.0, series=series))
    assert (row["hs_code"], row["hs_nomenclature"]) == (code, nomenclature)


def test_another_place_product_code_direction_or_period_is_another_flow() -> None:
    others = [
        part(2.0, country="JPN"),
        part(3.0, partner="AUS"),
        part(4.0, product="magnets"),
        part(5.0, series="Import / HS22 284610 / x"),
        part(6.0, attribute="exports"),
        part(7.0, period="2023"),
        part(8.0, series="HS22 284690 January to Apr"),
        part(9.0, period="2024-05"),
    ]
    found = trade_rows([part(1.0), *others], ORIGIN)
    assert [row["quantity"] for row in found] == [float(n) for n in range(1, 10)]


@pytest.mark.parametrize(
    ("period", "span", "told", "kind"),
    [
        ("2024", "", "2024", "year"),
        ("2024-05", "", "2024-05", "month"),
        ("2026", " January to Apr", "2026-01/2026-04", "part_year"),
        ("2026", " January to Jan", "2026-01/2026-01", "part_year"),
        ("2026", " January to Dec", "2026-01/2026-12", "part_year"),
    ],
)
def test_a_period_is_a_year_a_month_or_a_part_of_a_year(period: str, span: str, told: str, kind: str) -> None:
    row = one(part(1.0, period=period, series=f"Import{span} / HS22 284690"))
    assert (row["period"], row["period_kind"]) == (told, kind)


def test_a_flow_with_the_world_is_a_total() -> None:
    assert one(part(1.0, partner="WLD"))["is_total"] is True
    assert one(part(1.0, country="WLD"))["is_total"] is True
    assert one(part(1.0, mass_basis="contained"))["mass_basis"] == "contained"
    assert one(part(1.0, "USD"))["mass_basis"] == "gross"
