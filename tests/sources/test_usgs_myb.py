"""The tables of the yearbook, row by row: what repeats, narrows or ends a table, and where each figure stands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from didymium.errors import BadInput
from didymium.schema.workbook import Sheet, SheetCell
from didymium.sources import usgs_myb
from didymium.sources.figures import Figure
from didymium.sources.usgs_myb import _TITLES, ORIGINS, read

YEARS = ("2018", "2019", "2020", "2021", "2022")
ELEMENTS = ("La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Y")
Cells = dict[tuple[int, int], str | SheetCell]


def row(number: int, *cells: str | None) -> Cells:
    """Cells of a row from column A on."""
    return {(number, column): cell for column, cell in enumerate(cells, 1) if cell is not None}


def spread(number: int, label: str, *cells: str, first: int, step: int = 2, unit: str = "") -> Cells:
    """A label in column A, a unit in column B, and figures in every second column."""
    found: Cells = {(number, 1): label, **{(number, first + step * n): cell for n, cell in enumerate(cells)}}
    return found | ({(number, 2): unit} if unit else {})


TRADE: Cells = {(4, 5): "2021", (4, 9): "2022", (6, 5): "(kilograms)", (6, 9): "(kilograms)"} | {
    (6, 7): "Value",
    (6, 11): "Value",
}
HEADS: dict[str, Cells] = {
    "T1": {(4, 4 + 2 * n): year for n, year in enumerate(YEARS)},
    "T2": {(7, 7 + 2 * n): element for n, element in enumerate(ELEMENTS)},
    "T3": {(3, 1): "(Dollars per kilogram)", (6, 5): "2021", (6, 7): "2022"},
    **dict.fromkeys(("T4", "T5", "T6", "T7"), TRADE),
    "T8": {(4, 1): "(Metric tons, rare-earth oxide equivalent)"}
    | {(6, 3 + 2 * n): year for n, year in enumerate(YEARS)},
}


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> Any:
    """All figures of a workbook with the heads of the eight tables and the cells given."""

    def made(without: str = "", **more: Mapping[tuple[int, int], str | SheetCell]) -> list[Figure]:
        sheets = []
        for name, title in _TITLES.items():
            cells = {(1, 1): f"TABLE {name[1:]}", (2, 1): title, **HEADS[name], **more.get(name, {})}
            held = {at: cell if isinstance(cell, SheetCell) else SheetCell("text", cell) for at, cell in cells.items()}
            if name != without:
                sheets.append(Sheet(name, False, held))
        monkeypatch.setattr(usgs_myb, "read_workbook", lambda path: tuple(sheets))
        return list(read(Path("myb.xlsx"), ORIGINS[0]))

    return made


def told(found: list[Figure]) -> list[tuple[str, str, str, str, str, str]]:
    return [(one.series, one.unit, one.place, one.partner, one.period, one.text) for one in found]


def test_salient_statistics_have_headings_units_and_marks(figures: Any) -> None:
    found = figures(
        T1={
            **row(5, "Production of rare-earth concentrates", "metric tons", None, "14,000", None, "28,000"),
            **row(6, "Exports:"),
            **row(7, "Cerium compounds:"),
            **spread(8, "Gross weight", "1", "2", "3", "4", "5", first=4, unit="kilograms"),
            **spread(9, "Value", "6", first=4, unit="do."),
            **row(10, "Other compounds:"),
            **spread(11, "Gross weight", "7", first=4),
            **row(12, "Imports for consumption, metals:"),
            **spread(13, "Weight", "8", first=4, unit="do."),
            **spread(14, "World production, REO", "9", first=4, unit="metric tons"),
            (14, 5): "e",
            **row(15, "1Estimated data."),
            **spread(16, "no figure", "77", first=4),
        }
    )
    first = [one for one in found if one.text]
    assert told(first) == [
        ("T1 / Production of rare-earth concentrates", "metric tons", "United States", "", "2018", "14,000"),
        ("T1 / Production of rare-earth concentrates", "metric tons", "United States", "", "2019", "28,000"),
        *(
            ("T1 / Exports: / Cerium compounds: / Gross weight", "kilograms", "United States", "", year, str(n))
            for n, year in enumerate(YEARS, 1)
        ),
        ("T1 / Exports: / Cerium compounds: / Value", "kilograms", "United States", "", "2018", "6"),
        ("T1 / Exports: / Other compounds: / Gross weight", "", "United States", "", "2018", "7"),
        ("T1 / Imports for consumption, metals: / Weight", "kilograms", "United States", "", "2018", "8"),
        ("T1 / World production, REO", "metric tons", "World", "", "2018", "9"),
    ]
    assert len(found) == 5 * 6
    assert first[-1].flags == ("estimated",) and first[0].flags == ()
    assert first[0].locator == "myb.xlsx, sheet T1, row 5, column D"
    assert (first[-1].file, first[-1].sheet, first[-1].line, first[-1].column) == ("myb.xlsx", "T1", 14, "D")


def test_a_series_that_begins_with_production_stands_under_no_heading(figures: Any) -> None:
    found = figures(
        T1={
            **row(5, "Exports:"),
            **spread(6, "Weight", "1", first=4, unit="kg"),
            **spread(7, "Production of ore", "2", first=4, unit="t"),
            **spread(8, "Stocks", "3", first=4, unit="t"),
        }
    )
    assert [one.series for one in found if one.text] == [
        "T1 / Exports: / Weight",
        "T1 / Production of ore",
        "T1 / Exports: / Stocks",
    ]


def test_contents_of_minerals_repeat_source_and_country_and_go_on_below(figures: Any) -> None:
    shares = [str(n) for n in range(1, 16)]
    found = figures(
        T2={
            **row(8, "Bastnäsite", None, "United States", None, "Mountain Pass,"),
            **{(8, 7 + 2 * n): share for n, share in enumerate(shares)},
            (9, 5): "California1",
            **row(10, "Do.", None, "China", None, "Bayan Obo"),
            (10, 7): "23.0",
            **row(11, "Monazite", None, "do.", None, "Nangang"),
            (11, 7): "42.8",
            (12, 5): "Guangdong",
            (13, 5): "Province",
            **row(15, "Do., do. Ditto."),
            (15, 7): "99",
        }
    )
    assert told(found[:15]) == [
        (
            f"T2 / {element} / Bastnäsite / Mountain Pass, California1",
            "percent of REO",
            "United States",
            "",
            "2022",
            share,
        )
        for element, share in zip(ELEMENTS, shares, strict=True)
    ]
    assert [one.column for one in found[:15]] == [*"GIKMOQSUWY", "AA", "AC", "AE", "AG", "AI"]
    assert [(one.series, one.place, one.text, one.line) for one in found[15::15]] == [
        ("T2 / La / Bastnäsite / Bayan Obo", "China", "23.0", 10),
        ("T2 / La / Monazite / Nangang Guangdong Province", "China", "42.8", 11),
    ]
    assert len(found) == 45


def test_prices_carry_purity_and_a_footnote_for_the_market(figures: Any) -> None:
    found = figures(
        T3={
            **row(7, "Cerium4", None, "99.5", None, "1.5", None, "1.4"),
            **row(8, "Dysprosium4, 5", None, "99.0", None, "410", None, "382"),
            **row(9, "Mischmetal", None, "65", None, "6", None, "7"),
            **row(10, "Oxide (high)4,5", None, "99", None, "2", None, "3"),
            **row(11, "rRevised."),
        }
    )
    unit = "dollars per kilogram"
    assert told(found) == [
        ("T3 / Cerium / 99.5 percent", unit, "World", "", "2021", "1.5"),
        ("T3 / Cerium / 99.5 percent", unit, "World", "", "2022", "1.4"),
        ("T3 / Dysprosium / 99.0 percent", unit, "China", "", "2021", "410"),
        ("T3 / Dysprosium / 99.0 percent", unit, "China", "", "2022", "382"),
        ("T3 / Mischmetal / 65 percent", unit, "World", "", "2021", "6"),
        ("T3 / Mischmetal / 65 percent", unit, "World", "", "2022", "7"),
        ("T3 / Oxide (high) / 99 percent", unit, "China", "", "2021", "2"),
        ("T3 / Oxide (high) / 99 percent", unit, "China", "", "2022", "3"),
    ]
    assert [one.column for one in found[:2]] == ["E", "G"] and all(one.flags == () for one in found)


def test_trade_has_categories_partners_and_totals(figures: Any) -> None:
    cells = {
        **row(7, "Rare-earth metals, Russia:", None, "2805.30.0000"),
        **row(8, "Japan", None, None, None, "2,410", "r", "143,000", None, "2,030", "3", "122,000"),
        **row(9, "Total, metals", None, None, None, "2,500", None, "150,000"),
        **row(10, "Total estimated equivalent content", None, None, None, "20,400", None, "XX", None, "24,400"),
        **row(11, "Cerium:", None, "2846.10.0000"),
        **row(12, None, None, "no label"),
        **row(13, "China", None, None, None, "5"),
        **row(14, "Grand total", None, None, None, "9"),
        **row(15, "eEstimated."),
        **row(16, "Japan", None, None, None, "1"),
    }
    found = figures(T4=cells, T7=cells)
    assert {one.sheet for one in found} == {"T4", "T7"} and len(found) == 40
    head = "Rare-earth metals / 2805.30.0000"
    for sheet, direction in (("T4", "exports"), ("T7", "imports")):
        ours = [one for one in found if one.sheet == sheet]
        assert told(ours[:6]) == [
            (f"{sheet} / {direction} / {head}", "kilograms", "United States", "Japan", "2021", "2,410"),
            (f"{sheet} / {direction} / {head}", "dollars", "United States", "Japan", "2021", "143,000"),
            (f"{sheet} / {direction} / {head}", "kilograms", "United States", "Japan", "2022", "2,030"),
            (f"{sheet} / {direction} / {head}", "dollars", "United States", "Japan", "2022", "122,000"),
            (f"{sheet} / {direction} / Total, metals", "kilograms", "United States", "Total", "2021", "2,500"),
            (f"{sheet} / {direction} / Total, metals", "dollars", "United States", "Total", "2021", "150,000"),
        ]
        assert [one.flags for one in ours[:4]] == [("revised",), (), ("footnote 3",), ()]
        assert [one.column for one in ours[:4]] == ["E", "G", "I", "K"] and ours[0].line == 8
        assert [(one.series, one.partner) for one in ours[8::4]] == [
            (f"{sheet} / {direction} / Total, metals / REO equivalent", "Total"),
            (f"{sheet} / {direction} / Cerium / 2846.10.0000", "China"),
            (f"{sheet} / {direction} / Grand total", "Total"),
        ]


def test_t5_is_exports_and_t6_is_imports(figures: Any) -> None:
    cells = row(7, "Japan", None, None, None, "1")
    assert {one.series for one in figures(T5=cells, T6=cells)} == {"T5 / exports / ", "T6 / imports / "}


def test_world_production_by_country_and_year(figures: Any) -> None:
    found = figures(
        T8={
            **spread(7, "Australia", "21,000", "20,000", "20,000", "24,000", "18,000", first=3),
            **spread(8, "Burundi", "620", "200", "300", "180", "--", first=3),
            (8, 4): "e",
            (8, 12): "12",
            **row(9, "eEstimated.  rRevised."),
            **spread(10, "Atlantis", "1", first=3),
        }
    )
    series, unit = "T8 / World mine production", "metric tons REO"
    assert told(found) == [
        (series, unit, place, "", year, text)
        for place, texts in (
            ("Australia", ("21,000", "20,000", "20,000", "24,000", "18,000")),
            ("Burundi", ("620", "200", "300", "180", "--")),
        )
        for year, text in zip(YEARS, texts, strict=True)
    ]
    assert [one.flags for one in found[5:]] == [("estimated",), (), (), (), ("footnote 12",)]
    assert [one.column for one in found[5:]] == ["C", "E", "G", "I", "K"] and {one.line for one in found} == {7, 8}


@pytest.mark.parametrize("ends", ["Estimated", "eEstimated.", "eEst.", "rRev.", "1Data", "Do., do."])
def test_the_notes_end_a_table(figures: Any, ends: str) -> None:
    found = figures(
        T8={**spread(7, "China", "1", first=3), **spread(8, ends, "2", first=3), **spread(9, "x", "3", first=3)}
    )
    assert {one.place for one in found} == {"China"}
    last = figures(T8={**spread(7, "China", "1", first=3), **spread(8, "See Estimated", "2", first=3)})
    assert [one.place for one in last[::5]] == ["China", "See Estimated"]


EXPECTED = "A new layout needs a new reader."
LAYOUT: dict[str, tuple[str, tuple[int, int], str]] = {
    "T1 title": ("T1", (1, 1), "row 1, column A: 'odd' stands where 'TABLE 1' is expected."),
    "T2 title": ("T2", (2, 1), "row 2, column A: 'odd' stands where 'RARE EARTH CONTENTS OF SELECTED"),
    **{
        f"T1 {y}": ("T1", (4, 4 + 2 * n), f"row 4, column {'DFHJL'[n]}: 'odd' stands where '{y}'")
        for n, y in enumerate(YEARS)
    },
    "T3 unit": ("T3", (3, 1), "row 3, column A: 'odd' stands where '(Dollars per kilogram)' is expected."),
    "T3 2021": ("T3", (6, 5), "row 6, column E: 'odd' stands where '2021' is expected."),
    "T3 2022": ("T3", (6, 7), "row 6, column G: 'odd' stands where '2022' is expected."),
    "T4 2021": ("T4", (4, 5), "row 4, column E: 'odd' stands where '2021' is expected."),
    "T5 2022": ("T5", (4, 9), "row 4, column I: 'odd' stands where '2022' is expected."),
    "T6 unit": ("T6", (6, 5), "row 6, column E: 'odd' stands where '(kilograms)' is expected."),
    "T7 unit": ("T7", (6, 9), "row 6, column I: 'odd' stands where '(kilograms)' is expected."),
    "T4 value": ("T4", (6, 7), "row 6, column G: 'odd' stands where 'Value' is expected."),
    "T4 last": ("T4", (6, 11), "row 6, column K: 'odd' stands where 'Value' is expected."),
    "T8 unit": ("T8", (4, 1), "row 4, column A: 'odd' stands where '(Metric tons, rare-earth oxide equivalent)'"),
    **{
        f"T8 {y}": ("T8", (6, 3 + 2 * n), f"row 6, column {'CEGIK'[n]}: 'odd' stands where '{y}'")
        for n, y in enumerate(YEARS)
    },
}


@pytest.mark.parametrize("case", LAYOUT)
def test_a_head_that_changed_is_told_with_its_cell(figures: Any, case: str) -> None:
    sheet, at, told = LAYOUT[case]
    with pytest.raises(BadInput) as refused:
        figures(**{sheet: {at: "odd"}})
    assert refused.value.line().startswith(f"myb.xlsx sheet {sheet} {told}") and refused.value.cure == EXPECTED


def test_a_sheet_that_is_missing_is_named(figures: Any) -> None:
    with pytest.raises(BadInput) as refused:
        figures(without="T5")
    assert refused.value.line() == (
        "myb.xlsx: sheets are missing: T5. Expected the workbook myb1-2022-rare-earths-advance-tables.xlsx."
    )


@pytest.mark.parametrize("kind", ["formula", "error"])
def test_a_formula_or_an_error_anywhere_is_told(figures: Any, kind: Any) -> None:
    with pytest.raises(BadInput) as refused:
        figures(T2={(40, 28): SheetCell(kind, "2")})
    assert refused.value.line() == (
        "myb.xlsx sheet T2 row 40, column AB: a formula or an error stands in a table of figures. Expected values."
    )


def test_a_mark_beside_a_figure_that_is_not_known_is_told(figures: Any) -> None:
    with pytest.raises(BadInput) as refused:
        figures(T8={**spread(7, "China", "1", first=3), (7, 4): "q"})
    assert refused.value.line() == (
        "myb.xlsx sheet T8 row 7, column D: 'q' is not a known mark. Known: e, r, a number."
    )
