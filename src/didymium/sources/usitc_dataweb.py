"""USITC DataWeb: an exported report of US imports or exports by partner and customs heading, with its query beside it.

Customs value is what was paid without freight, insurance and duty (free alongside or on board), of goods that entered
for consumption. A heading may be counted in several units; the value of each is a row of its own. A quantity that is
suppressed in part is a lower bound. A zero of a year that was not over when the report was made is no figure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from didymium.errors import BadInput
from didymium.schema.faults import visible
from didymium.schema.workbook import Sheet, column_letters, read_workbook
from didymium.sources.figures import Figure, Origin
from didymium.sources.text import tidy

ORIGIN = Origin(
    importer="usitc-dataweb",
    source_id="usitc-dataweb-hts4",
    body="USITC-DATAWEB",
    vintage="",
    series="USITC",
    producer="U.S. International Trade Commission",
    title="DataWeb, exported report",
    version="",
    published="",
    accessed="",
    url="https://dataweb.usitc.gov/",
    citation="U.S. International Trade Commission, DataWeb.",
    attribution="Source: USITC DataWeb, from data of the U.S. Census Bureau.",
    licence="US public domain",
    redistributable="yes",
    terms="usitc-dataweb.csv",
    layout="the workbook that DataWeb exports, with its sheet Query Parameters",
)
ORIGINS = (ORIGIN,)

QUERY = "Query Parameters"
_HEAD = ("Data Type", "Country", "HTS Number", "Description", "Quantity Description")
_YEAR = re.compile(r"((?:19|20)[0-9]{2})(_Year_to_date)?(_Suppressed)?")
_TITLE = re.compile(r"(.+?)\|.*?(?:Data from (.+))?")
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]+)?")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})")


@dataclass(frozen=True, slots=True)
class _Report:
    """What holds for the whole report: the day it was made, its flow, its classification."""

    day: date
    flow: str
    classification: str


def edition(path: Path, origin: Origin) -> Origin:
    """The origin with the day on which the report was made as its vintage."""
    day = _report(read_workbook(path), path.name).day.isoformat()
    return replace(origin, vintage=day, version=f"report of {day}", accessed=day)


def read(path: Path, origin: Origin) -> Iterator[Figure]:
    """Every figure of every sheet. Rows and totals are reconciled with what the report says of itself."""
    sheets = read_workbook(path)
    report = _report(sheets, path.name)
    data = [sheet for sheet in sheets if sheet.name != QUERY]
    if not data:
        raise BadInput("the workbook has no sheet of data.", where=path.name, cure="Export the report again.")
    for sheet in data:
        yield from _sheet(sheet, report, path.name)


def _report(sheets: tuple[Sheet, ...], file: str) -> _Report:
    query = next((sheet for sheet in sheets if sheet.name == QUERY), None)
    if query is None:
        raise BadInput(f"there is no sheet {QUERY}.", where=file, cure="Export the report with its query.")
    told = {tidy(query.text(row, 1)): tidy(query.text(row, 2)) for row in range(1, query.last_row + 1)}
    found = _DAY.match(told.get("Download Date", ""))
    try:
        day = date.fromisoformat(found[1]) if found else None
    except ValueError:
        day = None
    if day is None:
        raise BadInput(
            f"{visible(told.get('Download Date', ''))} is not a day.",
            where=f"{file} sheet {QUERY}, Download Date",
            cure="Export the report again.",
        )
    flow, classification = told.get("Trade Flow", ""), told.get("Classification System", "")
    if not flow or classification != "HTS Items":
        raise BadInput(
            f"{visible(classification)} with flow {visible(flow)} is not read.",
            where=f"{file} sheet {QUERY}",
            cure="Choose HTS Items and one trade flow.",
        )
    return _Report(day, flow, "HTS")


def _sheet(sheet: Sheet, report: _Report, file: str) -> Iterator[Figure]:
    where = f"{file} sheet {sheet.name}"
    title = _TITLE.fullmatch(tidy(sheet.text(1, 1)))
    if title is None or title[1] != report.flow:
        raise BadInput(
            f"the title is {visible(sheet.text(1, 1))}.", where=f"{where} row 1", cure=f"Expected {report.flow}|…"
        )
    header = [tidy(sheet.text(3, column)) for column in range(1, sheet.last_column + 1)]
    if tuple(header[:5]) != _HEAD:
        raise BadInput(
            f"the header begins {visible(', '.join(header[:5]))}.",
            where=f"{where} row 3",
            cure=f"Expected {', '.join(_HEAD)}: break out countries and commodities.",
        )
    years = {}
    for column, word in enumerate(header[5:], start=6):
        match = _YEAR.fullmatch(word)
        if match is None:
            raise BadInput(
                f"{visible(word)} is not a year.", where=f"{where} row 3", cure="Choose years or year-to-date."
            )
        years[column] = (match[1], bool(match[2]), bool(match[3]))
    suppressed = {(year, part): column for column, (year, part, is_mark) in years.items() if is_mark}
    rows = [row for row in range(4, sheet.last_row + 1) if not sheet.text(row, 1).startswith("Total")]
    _reconcile(sheet, rows, [column for column, (_, _, is_mark) in years.items() if not is_mark], where)
    for row in rows:
        measure, country, code, description, counted = (tidy(sheet.text(row, column)) for column in range(1, 6))
        if not (code.isascii() and code.isdigit() and 2 <= len(code) <= 10 and country and measure):
            raise BadInput(
                f"{visible(code)} of {visible(country)} is not a customs heading.",
                where=f"{where} row {row}, column C",
                cure="Expected a partner and a code, e.g. 2846.",
            )
        unit = counted.removeprefix("Value for: ")
        is_value = "Value" in measure
        for column, (year, part, is_mark) in years.items():
            if is_mark:
                continue
            text = _cell(sheet, row, column, where)
            span = f" January to {_last_month(title[2])}" if part else ""
            flow = f"{report.flow}{span}"
            if not part and int(year) >= report.day.year:
                flow = f"year not over / {flow}"
            mark = suppressed.get((year, part))
            withheld = mark is not None and _cell(sheet, row, mark, where) not in ("", "0")
            yield Figure(
                series=f"{flow} / HTS{len(code)} {code} / {measure} / {unit}",
                unit="USD" if is_value else unit,
                place="United States",
                partner=country,
                period=year,
                text=f">{text}" if withheld else text,
                file=file,
                line=row,
                column=column_letters(column),
                flags=("suppressed in part",) if withheld else (),
                notes=description,
                sheet=sheet.name,
            )


def _last_month(span: str | None) -> str:
    """The last month of a report to date: `Jan - Apr` gives `Apr`."""
    return tidy((span or "").rpartition("-")[2]) or "?"


def _cell(sheet: Sheet, row: int, column: int, where: str) -> str:
    """A cell as a plain number in text; empty stays empty. Raises BadInput for anything else."""
    cell = sheet.cells.get((row, column))
    if cell is None:
        return ""
    text = tidy(cell.text).replace(",", "")
    if cell.kind not in ("number", "text") or not _NUMBER.fullmatch(text):
        raise BadInput(
            f"{visible(cell.text)} is not an amount.",
            where=f"{where} row {row}, column {column_letters(column)}",
            cure="Expected the report as DataWeb exports it.",
        )
    return text.removesuffix(".0")


def _reconcile(sheet: Sheet, rows: list[int], columns: list[int], where: str) -> None:
    """The report says how many rows it has, and sums each year of value: both must fit."""
    told = tidy(sheet.text(2, 2)).replace(",", "").removesuffix(".0")
    if tidy(sheet.text(2, 1)) != "Data Row Count" or told != str(len(rows)):
        raise BadInput(
            f"{len(rows):,} rows of {visible(told)}.",
            where=f"{where} row 2",
            cure="The sheet was cut: export it again.",
        )
    total = next((row for row in range(4, sheet.last_row + 1) if sheet.text(row, 1).startswith("Total")), None)
    for column in columns if total is not None else ():
        said = _cell(sheet, total or 0, column, where)
        summed = sum(float(_cell(sheet, row, column, where) or 0) for row in rows)
        if abs(float(said or 0) - summed) > 0.5 + 1e-9 * summed:
            raise BadInput(
                f"the total is {said}, the rows sum to {summed:.0f}.",
                where=f"{where} row {total}, column {column_letters(column)}",
                cure="Export the report again.",
            )
