"""DataWeb reports: value and mass of a heading in one row, suppressed parts as bounds, the open year left out."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.sources.raw_files import raw_file

import didymium as dd
from didymium.errors import BadInput
from didymium.sources.register import import_file

QUERY: list[list[Any]] = [
    ["Download Date", datetime.datetime.fromisoformat("2026-07-10T16:57:00")],
    ["Trade Flow", "Imports For Consumption"],
    ["Classification System", "HTS Items"],
]
TITLE = "Imports For Consumption|Annual + Year-To-Date Data from Jan - Apr"
HEAD = ["Data Type", "Country", "HTS Number", "Description", "Quantity Description"]
VALUE: list[list[Any]] = [
    [TITLE],
    ["Data Row Count", 3],
    [*HEAD, "2025", "2026"],
    ["Customs Value", "China", "8505", "MAGNETS", "Value for: kilograms", 1000.0, 0.0],
    ["Customs Value", "China", "8505", "MAGNETS", "Value for: number", 500.0, 0.0],
    ["Customs Value", "South Korea", "2846", "COMPOUNDS", "Value for: kilograms", 0.0, 0.0],
    ["Total: ", "", "", "", "", "1,500", "0"],
]
FIRST: list[list[Any]] = [
    [TITLE],
    ["Data Row Count", 2],
    [*HEAD, "2025", "2026", "2025_Suppressed", "2026_Suppressed"],
    ["First Unit of Quantity", "China", "8505", "MAGNETS", "kilograms", 40.0, 0.0, 0.0, 0.0],
    ["First Unit of Quantity", "China", "8505", "MAGNETS", "number", 7.0, 0.0, 0.0, 0.0],
]
SECOND: list[list[Any]] = [
    [TITLE],
    ["Data Row Count", 1],
    [*HEAD, "2025", "2026", "2025_Suppressed", "2026_Suppressed"],
    ["Second Unit of Quantity", "China", "8505", "MAGNETS", "kilograms", 60.0, 0.0, 0.0, 0.0],
]
YEAR_TO_DATE: list[list[Any]] = [
    [TITLE],
    ["Data Row Count", 1],
    [*HEAD, "2025_Year_to_date", "2026_Year_to_date"],
    ["Customs Value", "China", "8505", "MAGNETS", "Value for: kilograms", 300.0, 400.0],
]
Book = dict[str, list[list[Any]]]


def _book() -> Book:
    return {
        "Query Parameters": [list(row) for row in QUERY],
        "Customs Value": [list(row) for row in VALUE],
        "First Unit of Quantity": [list(row) for row in FIRST],
        "Second Unit of Quantity": [list(row) for row in SECOND],
        "Customs Value YTD": [list(row) for row in YEAR_TO_DATE],
    }


def _written(tmp_path: Path, book: Book) -> Path:
    from openpyxl import Workbook

    made = Workbook()
    made.remove(made.active)
    for name, rows in book.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    path = tmp_path / "report.xlsx"
    made.save(path)
    return path


def _import(path: Path) -> Any:
    return import_file("usitc-dataweb", path, _vocabulary())


@cache
def _vocabulary() -> dict[str, Any]:
    return dict(dd.open().content)


def test_value_and_mass_of_a_heading_come_together(tmp_path: Path) -> None:
    intake = _import(_written(tmp_path, _book()))
    assert intake.origin.vintage == "2026-07-10"
    rows = {(row["exporter"], row["period"]): row for row in intake.rows["trade"]}
    assert set(rows) == {("CHN", "2025"), ("CHN", "2025-01/2025-04"), ("CHN", "2026-01/2026-04")}
    whole = rows["CHN", "2025"]
    assert (whole["importer"], whole["product"], whole["hs_code"]) == ("USA", "magnets_heading_8505", "8505")
    assert (whole["value_usd"], whole["quantity"], whole["unit"]) == (1500.0, 0.1, "t")  # 40 kg, and 60 kg of 7 pieces
    assert (whole["hs_nomenclature"], whole["flow_basis"], whole["value_status"]) == (
        "HTS4",
        "importer report",
        "reported",
    )
    part = rows["CHN", "2026-01/2026-04"]
    assert (part["value_usd"], part["quantity"], part["period_kind"]) == (400.0, None, "part_year")


def test_the_zero_of_a_year_that_is_not_over_is_no_figure(tmp_path: Path) -> None:
    intake = _import(_written(tmp_path, _book()))
    assert not [
        row for row in intake.rows["published"] if row["period"] == "2026" and "January" not in row["series_as_given"]
    ]
    assert sum(n for reason, n in intake.left_out.items() if "was not over" in reason) == 6


def test_a_suppressed_part_makes_the_mass_a_lower_bound(tmp_path: Path) -> None:
    book = _book()
    book["First Unit of Quantity"][3][7] = 2.0
    intake = _import(_written(tmp_path, book))
    (row,) = [
        r for r in intake.rows["published"] if r["series_as_given"].endswith("First Unit of Quantity / kilograms")
    ]
    assert (row["quantity"], row["quantity_low"], row["flags"]) == (None, 0.04, "suppressed in part")
    (flow,) = [r for r in intake.rows["trade"] if r["period"] == "2025"]
    assert flow["quantity"] == 0.1 and flow["value_status"] == "estimated" and "lower bound" in flow["basis"]


def _set(sheet: str, row: int, column: int, value: Any) -> Callable[[Book], None]:
    def change(book: Book) -> None:
        book[sheet][row][column] = value

    return change


BROKEN: dict[str, tuple[Callable[[Book], None], str]] = {
    "a row is missing": (lambda book: book["Customs Value"].pop(4) and None, "2 rows of '3'"),
    "the total does not fit": (_set("Customs Value", 3, 5, 999.0), "the total is 1500, the rows sum to 1499"),
    "a formula": (_set("Customs Value", 3, 5, "=1+1"), "row 4, column F"),
    "a text": (_set("First Unit of Quantity", 3, 5, "n/a"), "'n/a' is not an amount"),
    "below zero": (_set("Second Unit of Quantity", 3, 5, -1.0), "is not an amount"),
    "too large": (_set("Second Unit of Quantity", 3, 5, 1e308), "is not an amount"),
    "a new heading": (_set("Second Unit of Quantity", 3, 2, "9999"), "HTS4 9999"),
    "no heading": (_set("Second Unit of Quantity", 3, 2, "magnets"), "'magnets' of 'China' is not a customs heading"),
    "a new partner": (_set("Second Unit of Quantity", 3, 1, "Atlantis"), "place 'Atlantis' is not known"),
    "a new unit": (_set("Customs Value YTD", 2, 5, "2025_Months"), "'2025_Months' is not a year"),
    "another title": (_set("Customs Value", 0, 0, "General Imports|x"), "Expected Imports For Consumption"),
    "another header": (_set("Customs Value", 2, 1, "Partner"), "the header begins"),
    "no query": (lambda book: book.pop("Query Parameters") and None, "there is no sheet Query Parameters"),
    "no day": (_set("Query Parameters", 0, 1, "yesterday"), "'yesterday' is not a day"),
    "another classification": (_set("Query Parameters", 2, 1, "SITC"), "is not read"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_such_report_is_refused_with_its_place(tmp_path: Path, case: str) -> None:
    change, told = BROKEN[case]
    book = _book()
    change(book)
    with pytest.raises(BadInput) as refused:
        _import(_written(tmp_path, book))
    assert told in " ".join([refused.value.line(), *refused.value.faults])
    assert "\n" not in refused.value.line()


@pytest.mark.slow
def test_the_real_report_agrees_with_the_shipped_rows() -> None:
    intake = _import(raw_file("usitc_dataweb", "us_imports_for_consumption_1993-2026_hts4.xlsx"))
    names = ("exporter", "importer", "product", "hs_code", "period", "flow_basis", "series")
    ours = {tuple(row[name] for name in names): row for row in intake.rows["trade"]}
    shipped = dd.open().rows("trade", source_id="usitc-dataweb-hts4")
    assert len(shipped) == 220
    for row in shipped:
        found = ours[tuple(row[name] for name in names)]
        for column in ("quantity", "value_usd"):
            assert (found[column] or 0) == pytest.approx(row[column] or 0, rel=6e-5, abs=5e-4), (row, column)
