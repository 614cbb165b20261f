"""USGS Minerals Yearbook 2022, rare earths, advance tables: one workbook, eight tables, made to be printed.

Footnote letters and numbers stand glued to names or in a narrow column beside a figure, `do.` repeats the cell above,
and the categories of the trade tables are rows of their own. The layout is checked cell by cell before it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from didymium.errors import BadInput
from didymium.schema.faults import visible
from didymium.schema.workbook import Sheet, column_letters, read_workbook
from didymium.sources.figures import Figure, Origin
from didymium.sources.text import tidy

ORIGINS = (
    Origin(
        importer="usgs-myb-2022",
        source_id="usgs-myb2022-rare-earths",
        body="USGS-MYB",
        vintage="2022",
        series="USGS MYB 2022",
        producer="U.S. Geological Survey",
        title="Minerals Yearbook 2022, Rare Earths, advance tables",
        version="posted 19 March 2025",
        published="2025-03-19",
        accessed="2026-11-22",
        url="https://www.usgs.gov/media/files/rare-earths-2022-tables-only-release",
        citation="U.S. Geological Survey, 2025, Minerals Yearbook 2022, v. I, Rare earths, advance tables.",
        attribution="Data: U.S. Geological Survey, Minerals Yearbook (public domain).",
        licence="US public domain",
        redistributable="yes",
        terms="usgs-myb-2022.csv",
        layout="the workbook myb1-2022-rare-earths-advance-tables.xlsx",
    ),
)

_FOOTNOTES = re.compile(r"^(?P<name>.*?[A-Za-z)])(?P<notes>\d(?:, ?\d)*)$")
_TITLES = {
    "T1": "SALIENT U.S. RARE EARTH STATISTICS1",
    "T2": "RARE EARTH CONTENTS OF SELECTED SOURCE MINERALS1, 2",
    "T3": "AVERAGE RARE-EARTH OXIDE PRICES1",
    "T4": "U.S. EXPORTS OF RARE-EARTH COMPOUNDS, BY COUNTRY OR LOCALITY1",
    "T5": "U.S. EXPORTS OF RARE-EARTH METALS AND ALLOYS, BY COUNTRY OR LOCALITY1",
    "T6": "U.S. IMPORTS FOR CONSUMPTION OF RARE-EARTH COMPOUNDS, BY COUNTRY OR LOCALITY1",
    "T7": "U.S. IMPORTS FOR CONSUMPTION OF RARE-EARTH METALS AND ALLOYS, BY COUNTRY OR LOCALITY1",
    "T8": "RARE EARTHS: WORLD MINE PRODUCTION, BY COUNTRY OR LOCALITY1",
}
# First row of figures, and the columns that hold them with what the header above says there.
_SALIENT = {4: "2018", 6: "2019", 8: "2020", 10: "2021", 12: "2022"}
_WORLD = {3: "2018", 5: "2019", 7: "2020", 9: "2021", 11: "2022"}
_TRADE = {5: ("2021", "kilograms"), 7: ("2021", "dollars"), 9: ("2022", "kilograms"), 11: ("2022", "dollars")}
_FLAGS = {"": (), "e": ("estimated",), "r": ("revised",)}


@dataclass(frozen=True, slots=True)
class _Page:
    """A sheet with the name of its file, for figures and messages."""

    file: str
    sheet: Sheet

    def text(self, row: int, column: int) -> str:
        return tidy(self.sheet.text(row, column))

    def figure(
        self, row: int, column: int, series: str, unit: str, place: str, period: str, *, marks: bool, partner: str = ""
    ) -> Figure:
        """The cell as a figure. `marks`: the next column holds its footnote."""
        beside = self.text(row, column + 1) if marks else ""
        flags = _FLAGS.get(beside)
        if flags is None:
            if not beside.isdigit():
                raise self.refusal(row, column + 1, f"{visible(beside)} is not a known mark.", "Known: e, r, a number.")
            flags = (f"footnote {beside}",)
        return Figure(
            series=series,
            unit=unit,
            place=place,
            partner=partner,
            period=period,
            text=self.text(row, column),
            file=self.file,
            sheet=self.sheet.name,
            line=row,
            column=column_letters(column),
            flags=flags,
        )

    def expect(self, row: int, column: int, text: str) -> None:
        """Refuse a sheet that does not have this text here: the layout changed."""
        if self.text(row, column) != text:
            what = f"{visible(self.text(row, column))} stands where {visible(text)} is expected."
            raise self.refusal(row, column, what, "A new layout needs a new reader.")

    def refusal(self, row: int, column: int, what: str, cure: str) -> BadInput:
        """An error at a cell."""
        where = f"{self.file} sheet {self.sheet.name} row {row}, column {column_letters(column)}"
        return BadInput(what, where=where, cure=cure)

    def body(self, first: int) -> range:
        """Rows of figures: from `first` to the row before the notes."""
        for row in range(first, self.sheet.last_row + 1):
            label = self.text(row, 1)
            if re.match(r"(?:e?Estimated|eEst|rRev|1|Do\., do\.)", label):
                return range(first, row)
        return range(first, self.sheet.last_row + 1)


def read(path: Path, origin: Origin) -> Iterator[Figure]:
    """Every figure of the tables T1 to T8."""
    pages = {sheet.name: _Page(path.name, sheet) for sheet in read_workbook(path)}
    missing = [name for name in _TITLES if name not in pages]
    if missing:
        raise BadInput(f"sheets are missing: {', '.join(missing)}.", where=path.name, cure=f"Expected {origin.layout}.")
    for name, title in _TITLES.items():
        page = pages[name]
        formula = next((place for place, cell in page.sheet.cells.items() if cell.kind in ("formula", "error")), None)
        if formula:
            raise page.refusal(*formula, "a formula or an error stands in a table of figures.", "Expected values.")
        page.expect(1, 1, f"TABLE {name[1:]}")
        page.expect(2, 1, title)
    yield from _salient(pages["T1"])
    yield from _contents(pages["T2"])
    yield from _prices(pages["T3"])
    for name in ("T4", "T5"):
        yield from _trade(pages[name], "exports")
    for name in ("T6", "T7"):
        yield from _trade(pages[name], "imports")
    yield from _world(pages["T8"])


def _salient(page: _Page) -> Iterator[Figure]:
    for column, year in _SALIENT.items():
        page.expect(4, column, year)
    heads: list[str] = []
    unit = ""
    for row in page.body(5):
        label = page.text(row, 1)
        if not any(page.text(row, column) for column in _SALIENT):
            # A heading that ends in a colon; a second one below the first narrows it.
            heads = [label] if ", " in label else [*heads[:1], label]
            continue
        # `do.` repeats the last unit that was stated; a blank cell is left blank, for a correction to fill.
        stated = page.text(row, 2)
        unit = stated if stated not in ("", "do.") else unit
        loose = label.startswith(("Production of", "World production"))
        series = " / ".join(["T1", *([] if loose else heads), label])
        place = "World" if label.startswith("World") else "United States"
        for column, year in _SALIENT.items():
            yield page.figure(row, column, series, unit if stated else "", place, year, marks=True)


def _contents(page: _Page) -> Iterator[Figure]:
    columns = range(7, 36, 2)
    elements = [page.text(7, column) for column in columns]
    source = country = ""
    for row in page.body(8):
        if not page.text(row, 7):
            continue
        source = source if page.text(row, 1) == "Do." else page.text(row, 1)
        country = country if page.text(row, 3) == "do." else page.text(row, 3)
        location = [page.text(row, 5)]
        below = row + 1
        while not page.text(below, 7) and page.text(below, 5):
            location.append(page.text(below, 5))
            below += 1
        for column, element in zip(columns, elements, strict=True):
            series = " / ".join(("T2", element, source, " ".join(location)))
            yield page.figure(row, column, series, "percent of REO", country, "2022", marks=False)


def _prices(page: _Page) -> Iterator[Figure]:
    page.expect(3, 1, "(Dollars per kilogram)")
    for column, year in ((5, "2021"), (7, "2022")):
        page.expect(6, column, year)
    for row in page.body(7):
        found = _FOOTNOTES.match(page.text(row, 1))
        name, notes = (found["name"], found["notes"]) if found else (page.text(row, 1), "")
        place = "China" if "5" in notes else "World"
        series = " / ".join(("T3", name, f"{page.text(row, 3)} percent"))
        for column, year in ((5, "2021"), (7, "2022")):
            yield page.figure(row, column, series, "dollars per kilogram", place, year, marks=False)


def _trade(page: _Page, direction: str) -> Iterator[Figure]:
    for column, (year, unit) in _TRADE.items():
        if unit == "kilograms":
            page.expect(4, column, year)
            page.expect(6, column, "(kilograms)")
        else:
            page.expect(6, column, "Value")
    category = ""
    for row in page.body(7):
        label, code = page.text(row, 1), page.text(row, 3)
        has_figures = any(page.text(row, column) for column in _TRADE)
        if code and label:
            category = f"{label.split(', Russia')[0].rstrip(':')} / {code}"
        if not has_figures:
            continue
        series, partner = [page.sheet.name, direction, category], label
        if label.startswith(("Total, ", "Grand total")):
            series, partner = [page.sheet.name, direction, label], "Total"
            category = label
        elif "equivalent content" in label:
            series, partner = [*series, "REO equivalent"], "Total"
        for column, (year, unit) in _TRADE.items():
            yield page.figure(row, column, " / ".join(series), unit, "United States", year, marks=True, partner=partner)


def _world(page: _Page) -> Iterator[Figure]:
    page.expect(4, 1, "(Metric tons, rare-earth oxide equivalent)")
    for column, year in _WORLD.items():
        page.expect(6, column, year)
    for row in page.body(7):
        for column, year in _WORLD.items():
            yield page.figure(
                row, column, "T8 / World mine production", "metric tons REO", page.text(row, 1), year, marks=True
            )
