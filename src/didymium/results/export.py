"""Rows on their way to other programs: an Excel workbook, and the long format of the IAMC."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from didymium.errors import BadInput
from didymium.schema.spreadsheet import put, settled

Row = Mapping[str, Any]

MOST_ROWS = 1_048_575
"""Rows of a sheet below its header: the limit of the format."""


def workbook(sheets: Mapping[str, Sequence[Row]], *, about: Sequence[str] = (), title: str = "") -> bytes:
    """One plain sheet for each table of rows, numbers as numbers; `about` stands on a first sheet of its own."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    book.remove(book.active)
    if about:
        front = book.create_sheet("about")
        for number, line in enumerate(about, start=1):
            put(front.cell(number, 1), line)
        front.column_dimensions["A"].width = 110
    for name, rows in sheets.items():
        if len(rows) > MOST_ROWS:
            raise BadInput(f"{name}: {len(rows):,} rows; a sheet holds {MOST_ROWS:,}.", cure="Use --csv or --parquet.")
        sheet = book.create_sheet(name[:31])
        columns = list(dict.fromkeys(column for row in rows for column in row))
        for index, column in enumerate(columns, start=1):
            head = sheet.cell(1, index)
            put(head, column)
            head.font = Font(bold=True)
        for number, row in enumerate(rows, start=2):
            for index, column in enumerate(columns, start=1):
                put(sheet.cell(number, index), plain(row.get(column)))
        sheet.freeze_panes = "A2"
    book.properties.creator = "Didymium"
    book.properties.title = title
    return settled(book)


def plain(value: Any) -> Any:
    """A value that fits one cell: lists joined by semicolons."""
    return ";".join(str(part) for part in value) if isinstance(value, list | tuple) else value


# IAMC: model, scenario, region, variable, unit, then one column a year

REGION = ("party", "region", "country", "place", "imposing", "gap_party")
VARIABLE = (
    "family",
    "element",
    "product",
    "material_form",
    "main_output",
    "stage",
    "sector",
    "project_id",
    "process_id",
    "indicator",
    "series",
    "organisation",
    "stock_type",
    "partner",
    "foresight",
    "statement",
    "kind",
)
SCENARIO = ("scenario", "outlook", "scenario_id")
NO_VALUE = frozenset(("year", "preferred", "is_total", "lat", "lon", "rows", "draws", "seed"))
_BANDS = (("_p10", "10th Percentile"), ("_p50", "Median"), ("_p90", "90th Percentile"))
_UNITS = (
    ("_usd_per_kg", "USD/kg"),
    ("_usd_m", "million USD"),
    ("_share", "1"),
    ("_t", "t"),
    ("_days", "days"),
    ("days", "days"),
    ("_months", "months"),
    ("_years", "years"),
)


def iamc(
    rows: Iterable[Row],
    *,
    model: str,
    subject: str,
    scenario: str,
    year: int,
    units: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """The numbers of the rows in the long format of the IAMC, one row a variable, sorted.

    `subject` starts each variable. `scenario` and `year` stand where a row names none. `units` gives the unit of a
    column; else a row's own `unit` does, or the ending of the column's name. A flow is of the region `CHN>JPN`.
    Unknown numbers are left out. Raises BadInput when two numbers would stand in one cell.
    """
    found: dict[tuple[str, str, str, str], dict[int, float]] = {}
    for row in rows:
        if row.get("month") or row.get("period_kind") == "month":
            continue  # the format knows years alone
        region = _region(row)
        story = next((str(row[name]) for name in SCENARIO if row.get(name)), scenario)
        at = row.get("year")
        when = at if isinstance(at, int) else year
        parts = [str(row[name]) for name in VARIABLE if row.get(name) not in (None, "")]
        for name, value in row.items():
            if name in NO_VALUE or isinstance(value, bool) or not isinstance(value, int | float):
                continue
            column, band = _split(name)
            variable = "|".join(_word(part) for part in (subject, *parts, column, *band))
            key = (story, region, variable, _unit(column, row, units or {}))
            cells = found.setdefault(key, {})
            if when in cells and cells[when] != value:
                cure = "Choose rows that differ in product, stage, sector or year."
                raise BadInput(f"{variable} of {region} in {when} has two values.", where="IAMC", cure=cure)
            cells[when] = value
    years = sorted({year for cells in found.values() for year in cells})
    return [
        {
            "model": model,
            "scenario": story,
            "region": region,
            "variable": variable,
            "unit": unit,
            **{str(year): cells.get(year) for year in years},
        }
        for (story, region, variable, unit), cells in sorted(found.items())
    ]


def _region(row: Row) -> str:
    if row.get("exporter") and row.get("importer"):
        return f"{row['exporter']}>{row['importer']}"
    found = next((str(row[name]) for name in REGION if row.get(name)), "World")
    return "World" if found == "WLD" else found


def _split(name: str) -> tuple[str, tuple[str, ...]]:
    """A column and, apart, which end of its band it is."""
    for ending, words in _BANDS:
        if name.endswith(ending):
            return name.removesuffix(ending), (words,)
    return name, ()


def _word(text: str) -> str:
    """A part of a variable: no bars, words with capitals."""
    return " ".join(word[:1].upper() + word[1:] for word in text.replace("|", "/").replace("_", " ").split())


def _unit(column: str, row: Row, units: Mapping[str, str]) -> str:
    said = units.get(column, "")
    if said and not said.startswith(("see ", "{")):
        return said
    if said or column in ("quantity", "value", "world_quantity"):
        return str(row.get("unit") or row.get("capacity_unit") or "")
    return next((unit for ending, unit in _UNITS if column.endswith(ending)), "1")
