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
from didymium.schema.workbook import Sheet, SheetCell
from didymium.sources import usitc_dataweb
from didymium.sources.figures import Figure
from didymium.sources.register import import_file
from didymium.sources.usitc_dataweb import ORIGIN, edition, read

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


FEW: list[list[str | SheetCell]] = [
    ["Imports For Consumption|Annual + Year-To-Date Data from Jan - Apr"],
    ["Data Row Count", "2"],
    [*HEAD, "2024", "2025", "2026", "2025_Year_to_date", "2024_Suppressed", "2025_Year_to_date_Suppressed"],
    ["First Unit of Quantity", "China", "8505", "MAGNETS", "kilograms", "40", "1,000.0", "5", "7.5", "0", "2"],
    ["First Unit of Quantity", "Japan", "280530", "METALS", "number", "3", "", "0", "1", "4", "0"],
]
SAYS = [["Download Date", "2026-07-10 16:57"], ["Trade Flow", "Imports For Consumption"]]
SAYS += [["Classification System", "HTS Items"]]


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> Any:
    """All figures of a report of these sheets, each a list of rows of texts and cells."""

    def made(*sheets: list[list[Any]], says: list[list[Any]] = SAYS) -> list[Figure]:
        found = []
        for name, rows in [("Query Parameters", says), *((f"S{n}", rows) for n, rows in enumerate(sheets, 1))]:
            cells = {
                (r, c): cell if isinstance(cell, SheetCell) else SheetCell("text", cell)
                for r, row in enumerate(rows, 1)
                for c, cell in enumerate(row, 1)
                if cell != ""
            }
            found.append(Sheet(name, False, cells))
        monkeypatch.setattr(usitc_dataweb, "read_workbook", lambda path: tuple(found))
        return list(read(Path("r.xlsx"), ORIGIN))

    return made


def _with(row: int, column: int, value: Any, rows: list[list[Any]] = FEW) -> list[list[Any]]:
    """The rows with one cell changed, row and column counted from 1."""
    new = [list(one) for one in rows]
    new[row - 1][column - 1] = value
    return new


def test_every_cell_becomes_a_figure_with_its_place(figures: Any) -> None:
    found = figures(FEW)
    flow, unit = "Imports For Consumption", "First Unit of Quantity"
    china, japan = f"/ HTS4 8505 / {unit} / kilograms", f"/ HTS6 280530 / {unit} / number"
    assert [(one.series, one.unit, one.partner, one.period, one.text, one.line, one.column) for one in found] == [
        (f"{flow} {china}", "kilograms", "China", "2024", "40", 4, "F"),
        (f"{flow} {china}", "kilograms", "China", "2025", "1000", 4, "G"),
        (f"year not over / {flow} {china}", "kilograms", "China", "2026", "5", 4, "H"),
        (f"{flow} January to Apr {china}", "kilograms", "China", "2025", ">7.5", 4, "I"),
        (f"{flow} {japan}", "number", "Japan", "2024", ">3", 5, "F"),
        (f"{flow} {japan}", "number", "Japan", "2025", "", 5, "G"),
        (f"year not over / {flow} {japan}", "number", "Japan", "2026", "0", 5, "H"),
        (f"{flow} January to Apr {japan}", "number", "Japan", "2025", "1", 5, "I"),
    ]
    assert [one.flags for one in found] == [()] * 3 + [("suppressed in part",)] * 2 + [()] * 3
    assert {(one.place, one.file, one.sheet) for one in found} == {("United States", "r.xlsx", "S1")}
    assert [one.notes for one in found[3:5]] == ["MAGNETS", "METALS"]


def test_every_sheet_of_data_is_read_and_a_value_is_in_dollars(figures: Any) -> None:
    value = _with(4, 1, "Customs Value", _with(4, 5, "Value for: kilograms"))
    found = figures(value, FEW)
    assert len(found) == 16 and [one.sheet for one in found[::8]] == ["S1", "S2"]
    assert (found[0].unit, found[0].series) == (
        "USD",
        "Imports For Consumption / HTS4 8505 / Customs Value / kilograms",
    )


@pytest.mark.parametrize(
    ("title", "span"),
    [
        ("Imports For Consumption|Annual Data from Jan - Dec", "Dec"),
        ("Imports For Consumption|Data from Jun", "Jun"),
        ("Imports For Consumption|Annual", "?"),
        ("Imports For Consumption|", "?"),
    ],
)
def test_the_title_tells_the_last_month(figures: Any, title: str, span: str) -> None:
    assert figures(_with(1, 1, title))[3].series.startswith(f"Imports For Consumption January to {span} / ")


def test_the_year_of_the_report_and_later_ones_are_not_over(figures: Any) -> None:
    for day, over in (("2024-12-31", []), ("2025-01-01", ["2024"]), ("2027-01-01", ["2024", "2025", "2026"])):
        found = figures(FEW, says=[["Download Date", day], *SAYS[1:]])
        assert [one.period for one in found[:3] if not one.series.startswith("year not over")] == over


def test_totals_are_reconciled_to_the_rounding_of_a_dollar(figures: Any) -> None:
    for said in ("43", "43.5", "42.5"):
        assert len(figures([*FEW, ["Total: ", "", "", "", "", said, "1000", "5", "8.5"]])) == 8
    for said, told in (("43.6", "43.6"), ("42.4", "42.4"), ("", ""), ("0", "0")):
        with pytest.raises(BadInput) as refused:
            figures([*FEW, ["Total: ", "", "", "", "", said, "1000", "5", "8.5"]])
        assert refused.value.line() == (
            f"r.xlsx sheet S1 row 6, column F: the total is {told}, the rows sum to 43. Export the report again."
        )
    with pytest.raises(BadInput, match=r"row 6, column I: the total is 10, the rows sum to 8\."):
        figures([*FEW, ["Total: ", "", "", "", "", "43", "1000", "5", "10"]])


def test_a_total_of_billions_may_differ_in_its_last_digits(figures: Any) -> None:
    rows = _with(4, 6, "4000000000")
    assert figures([*rows, ["Total", "", "", "", "", "4000000007", "1000", "5", "8.5"]])
    with pytest.raises(BadInput, match="the total is 4000000009, the rows sum to 4000000003"):
        figures([*rows, ["Total", "", "", "", "", "4000000009", "1000", "5", "8.5"]])


S1 = "r.xlsx sheet S1 "
AS_EXPORTED = "Expected the report as DataWeb exports it."
ODD: dict[str, tuple[tuple[int, int, Any], str]] = {
    "rows": ((2, 2, "3"), "row 2: 2 rows of '3'. The sheet was cut: export it again."),
    "count": ((2, 1, "Rows"), "row 2: 2 rows of '2'. The sheet was cut: export it again."),
    "title": ((1, 1, "Imports"), "row 1: the title is 'Imports'. Expected Imports For Consumption|…"),
    "other flow": ((1, 1, "Exports|x"), "row 1: the title is 'Exports|x'. Expected Imports For Consumption|…"),
    "header": (
        (3, 5, "Unit"),
        (
            "row 3: the header begins 'Data Type, Country, HTS Number, Description, Unit'. "
            f"Expected {', '.join(HEAD)}: break out countries and commodities."
        ),
    ),
    "year": ((3, 6, "1899"), "row 3: '1899' is not a year. Choose years or year-to-date."),
    "year and more": ((3, 6, "2024_x"), "row 3: '2024_x' is not a year. Choose years or year-to-date."),
    "code": ((4, 3, "85O5"), "row 4, column C: '85O5' of 'China' is not a customs heading."),
    "short code": ((5, 3, "8"), "row 5, column C: '8' of 'Japan' is not a customs heading."),
    "long code": ((5, 3, "28053000001"), "row 5, column C: '28053000001' of 'Japan' is not a customs heading."),
    "wide code": ((5, 3, "８５０５"), "row 5, column C: '８５０５' of 'Japan' is not a customs heading."),
    "no partner": ((5, 2, ""), "row 5, column C: '280530' of '' is not a customs heading."),
    "no measure": ((5, 1, ""), "row 5, column C: '280530' of 'Japan' is not a customs heading."),
    "no amount": ((4, 6, "n/a"), f"row 4, column F: 'n/a' is not an amount. {AS_EXPORTED}"),
    "below zero": ((4, 6, "-1"), f"row 4, column F: '-1' is not an amount. {AS_EXPORTED}"),
    "sixteen digits": ((4, 6, "1" * 16), f"row 4, column F: '{'1' * 16}' is not an amount. {AS_EXPORTED}"),
    "formula": ((4, 6, SheetCell("formula", "7")), f"row 4, column F: '7' is not an amount. {AS_EXPORTED}"),
    "date": ((4, 6, SheetCell("date", "7")), f"row 4, column F: '7' is not an amount. {AS_EXPORTED}"),
    "mark": ((4, 10, "x"), f"row 4, column J: 'x' is not an amount. {AS_EXPORTED}"),
}


@pytest.mark.parametrize("case", ODD)
def test_a_cell_that_dataweb_does_not_export_is_told(figures: Any, case: str) -> None:
    (row, column, value), told = ODD[case]
    with pytest.raises(BadInput) as refused:
        figures(_with(row, column, value))
    assert refused.value.line().startswith(S1 + told)


def test_headings_of_two_to_ten_digits_and_amounts_of_fifteen_are_read(figures: Any) -> None:
    for code in ("28", "2805300000"):
        assert f"/ HTS{len(code)} {code} /" in figures(_with(4, 3, code))[0].series
    assert figures(_with(4, 6, "9" * 15))[0].text == "9" * 15
    assert figures(_with(4, 6, SheetCell("number", "40.0")))[0].text == "40"
    assert figures(_with(2, 2, "2.0")) and figures(_with(2, 2, SheetCell("number", "2")))


QUERY_SHEET = "r.xlsx sheet Query Parameters"


@pytest.mark.parametrize(
    ("row", "value", "told"),
    [
        (1, "10 July 2026", f"{QUERY_SHEET}, Download Date: '10 July 2026' is not a day. Export the report again."),
        (1, "2026-13-10", f"{QUERY_SHEET}, Download Date: '2026-13-10' is not a day. Export the report again."),
        (1, "", f"{QUERY_SHEET}, Download Date: '' is not a day. Export the report again."),
        (2, "", f"{QUERY_SHEET}: 'HTS Items' with flow '' is not read. Choose HTS Items and one trade flow."),
        (
            3,
            "SITC",
            (
                f"{QUERY_SHEET}: 'SITC' with flow 'Imports For Consumption' is not read. "
                "Choose HTS Items and one trade flow."
            ),
        ),
    ],
)
def test_a_query_that_is_not_read_is_told(figures: Any, row: int, value: str, told: str) -> None:
    with pytest.raises(BadInput) as refused:
        figures(FEW, says=_with(row, 2, value, SAYS))
    assert refused.value.line() == told


def test_a_report_without_data_or_without_a_query_is_told(figures: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match=r"^r\.xlsx: the workbook has no sheet of data\. Export the report again\.$"):
        figures()
    monkeypatch.setattr(usitc_dataweb, "read_workbook", lambda path: ())
    with pytest.raises(
        BadInput, match=r"^r\.xlsx: there is no sheet Query Parameters\. Export the report with its query\.$"
    ):
        list(read(Path("r.xlsx"), ORIGIN))


def test_the_edition_is_the_day_of_the_report(figures: Any) -> None:
    figures(FEW)
    found = edition(Path("r.xlsx"), ORIGIN)
    assert (found.vintage, found.version, found.accessed) == ("2026-07-10", "report of 2026-07-10", "2026-07-10")
    assert found.importer == ORIGIN.importer == "usitc-dataweb" and ORIGIN.vintage == ""


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
