"""Readers of the publishers' tables, line by line: usgs_mcs, bgs_wms, wmd and wgi, and what a figure says of itself."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
from publisher_files import BGS_HEADER, MCS_2025_HEADER, MCS_2026_HEADER, bgs_line

from didymium.errors import BadInput, UnknownTerm
from didymium.sources import bgs_wms, register, usgs_mcs, wgi, wmd
from didymium.sources.figures import Dated, Figure
from didymium.sources.register import import_documents, import_file, readers


def lines_of(tmp_path: Path, header: str, *lines: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "f.csv"
    path.write_bytes("\n".join((header, *lines, "")).encode(encoding))
    return path


# USGS, Mineral Commodity Summaries


def mcs_2026(tmp_path: Path, *lines: str) -> list[Figure]:
    return list(usgs_mcs.read(lines_of(tmp_path, MCS_2026_HEADER, *lines, encoding="cp1252"), usgs_mcs.MCS_2026))


def test_a_line_of_the_release_of_2026_is_a_figure(tmp_path: Path) -> None:
    found = mcs_2026(
        tmp_path,
        'COBALT,World Mine Production and Reserves,Cobalt,China,Production,"Mine, ore",t,2024,"5,000",Estimated.,Yes,x',
        "COBALT,Import Sources,Cobalt,Norway,Import sources,Metal,percent,2021–24,21,As estimated.,Yes,",
        "COBALT,Salient Statistics—United States,Cobalt,United States,Price,Spot: rounded,USD,2025,7,,Yes,",
        "COBALT,World Resources,Cobalt,World,Text,Land: unrounded,t,2024–25,8,,Yes,",
        "COBALT,Events,Cobalt,World,Text,Rounded,t,2020,9,,Yes,",
    )
    names = ("series", "unit", "place", "period", "text", "partner", "flags", "notes")
    world = "COBALT / World / Cobalt"
    assert [tuple(getattr(one, name) for name in names) for one in found] == [
        (f"{world} / Mine, ore", "t", "China", "2024", "5,000", "", ("estimated",), "Estimated."),
        (
            "COBALT / Import sources / Cobalt / Metal",
            "percent",
            "United States",
            "2021/2024",
            "21",
            "Norway",
            (),
            "As estimated.",
        ),
        ("COBALT / United States / Cobalt / Spot", "USD", "United States", "2025", "7", "", ("rounded",), ""),
        (f"{world} / Land: unrounded", "t", "World", "2024/2025", "8", "", (), ""),
        ("COBALT / Events / Cobalt / Rounded", "t", "World", "2020", "9", "", (), ""),
    ]
    assert [(one.file, one.line, one.column) for one in found] == [("f.csv", n, "Value") for n in range(2, 7)]


def test_a_rounded_figure_may_be_an_estimate_too(tmp_path: Path) -> None:
    (one,) = mcs_2026(tmp_path, 'A,World,A,World total,x,"Mine, rounded",t,2024,5,Estimated. See text.,Yes,')
    assert (one.series, one.flags) == ("A / World / A / Mine", ("rounded", "estimated"))


def mcs_2025(tmp_path: Path, line: str) -> dict[str, Figure]:
    path = lines_of(tmp_path, MCS_2025_HEADER, line, encoding="utf-8-sig")
    found = list(usgs_mcs.read(path, usgs_mcs.MCS_2025))
    assert [one.column for one in found] == [
        "PROD_2023",
        "PROD_EST_ 2024",
        "CAP_2023",
        "CAP_EST_ 2024",
        "RESERVES_2024",
    ]
    assert {(one.file, one.line) for one in found} == {("f.csv", 2)}
    return {one.column: one for one in found}


def test_a_line_of_the_release_of_2025_is_five_figures(tmp_path: Path) -> None:
    found = mcs_2025(tmp_path, "MCS2025,Cobalt ,Congo,Mine production,t,1,2,a,3,4,b,5,c")
    assert [(one.series, one.unit, one.place, one.period, one.text, one.notes) for one in found.values()] == [
        ("Cobalt / Mine production / production", "t", "Congo", "2023", "1", "a"),
        ("Cobalt / Mine production / production", "t", "Congo", "2024", "2", "a"),
        ("Cobalt / Mine production / capacity", "t", "Congo", "2023", "3", "b"),
        ("Cobalt / Mine production / capacity", "t", "Congo", "2024", "4", "b"),
        ("Cobalt / Mine production / reserves", "t", "Congo", "2024", "5", "c"),
    ]
    flags = [(), ("estimated",), (), ("estimated",), ()]
    assert [one.flags for one in found.values()] == flags


@pytest.mark.parametrize(
    ("note", "texts"),
    [
        ("W", ("W", "W")),
        ("W for 23-24", ("W", "W")),
        ("W for 2023", ("W", "")),
        ("w FOR 2024", ("", "w")),
        ("estimated", ("", "")),
        ("x" * 40, ("x" * 40, "x" * 40)),
        ("x" * 41, ("", "")),
        ("x" * 40 + " for 2023", ("x" * 40, "")),
        ("", ("", "")),
    ],
)
def test_a_short_note_beside_a_blank_cell_says_why_it_is_blank(
    tmp_path: Path, note: str, texts: tuple[str, str]
) -> None:
    found = mcs_2025(tmp_path, f"MCS2025,A,B,Mine,t,,,{note},,,,,")
    assert (found["PROD_2023"].text, found["PROD_EST_ 2024"].text) == texts
    kept = mcs_2025(tmp_path, f"MCS2025,A,B,Mine,t,1,2,{note},,,,,")
    assert (kept["PROD_2023"].text, kept["PROD_EST_ 2024"].text) == ("1", "2")


def test_notes_of_reserves_are_read_for_reserves(tmp_path: Path) -> None:
    found = mcs_2025(tmp_path, "MCS2025,A,B,Mine,t,,,,,,,,NA")
    assert [one.text for one in found.values()] == ["", "", "", "", "NA"]
    found = mcs_2025(tmp_path, "MCS2025,A,B,Mine,t,,,,,,,,Gross weight for reserves data")
    assert found["RESERVES_2024"].text == ""


@pytest.mark.parametrize(
    ("kind", "note", "flags"),
    [
        ("Mine", "", ("", "estimated", "")),
        ("Mine, estimated", "", ("estimated", "estimated", "")),
        ("Mine", "estimated", ("estimated", "estimated", "estimated")),
        ("Mine", "Estimated 2023", ("estimated", "estimated", "estimated")),
        ("Mine", "reported", ("", "", "")),
        ("Mine, estimated", "Reproted", ("", "", "")),
        ("Mine", "as estimated", ("", "estimated", "")),
    ],
)
def test_an_estimate_is_told_by_column_by_type_or_by_note(
    tmp_path: Path, kind: str, note: str, flags: tuple[str, str, str]
) -> None:
    found = mcs_2025(tmp_path, f'MCS2025,A,B,"{kind}",t,1,2,{note},,,,3,{note}')
    columns = ("PROD_2023", "PROD_EST_ 2024", "RESERVES_2024")
    assert tuple(";".join(found[column].flags) for column in columns) == flags


# British Geological Survey


def bgs(tmp_path: Path, *lines: str) -> list[Figure]:
    return list(bgs_wms.read(lines_of(tmp_path, BGS_HEADER, *lines), bgs_wms.ORIGINS[0]))


def test_a_line_of_the_geological_survey_is_a_figure(tmp_path: Path) -> None:
    assert bgs(tmp_path, bgs_line("Japan", "2020", "3", "3", notes="Estimates.|Sales")) == [
        Figure(
            "Production of primary gallium / gallium, primary",
            "tonnes (metric)",
            "Japan",
            "2020",
            "3",
            "f.csv",
            2,
            "quantity",
            "",
            ("estimated",),
            "Estimates. | Sales",
        )
    ]


@pytest.mark.parametrize(
    ("quantity", "book", "precision", "text"),
    [
        ("5", "5", "", "5"),
        ("", "...", "", "..."),
        ("0", "-----", "", "-----"),
        ("0", "--", "", "0"),
        ("0", "0", "Quantity is more than 0 but less than 0.5", "Quantity is more than 0 but less than 0.5"),
        ("0", "...", "Quantity is more than 0 but", "Quantity is more than 0 but"),
        ("7", "7", "Figures not available", "7"),
    ],
)
def test_the_book_says_why_a_quantity_is_nothing(
    tmp_path: Path, quantity: str, book: str, precision: str, text: str
) -> None:
    (one,) = bgs(tmp_path, bgs_line("Japan", "2020", quantity, book, precision, notes="No Estimates."))
    assert (one.text, one.flags) == (text, ())


def test_a_year_that_is_none_is_told(tmp_path: Path) -> None:
    for year in ("20", "soon" * 20):
        with pytest.raises(BadInput) as refused:
            bgs(tmp_path, bgs_line("Japan", "2020", "1", "1"), bgs_line("Japan", year, "1", "1"))
        shown = f"{year}-01-01 00:00:00"[:40]
        assert refused.value.line() == (
            f"f.csv row 3, column year: '{shown}' is not a year. Expected 2023-01-01 00:00:00."
        )


def test_a_folder_holds_files_of_the_publication_alone(tmp_path: Path) -> None:
    one = tmp_path / "BGS_cobalt_production.csv"
    cure = "Expected files such as BGS_cobalt_production.csv alone."
    with pytest.raises(BadInput) as refused:
        bgs_wms.files_of(tmp_path)
    assert refused.value.line() == f"{tmp_path.name}: the folder holds no file BGS_…_production.csv. {cure}"
    for name in ("BGS_tin_production.csv", one.name, "README.txt"):
        (tmp_path / name).write_text("x", "utf-8")
    assert [path.name for path in bgs_wms.files_of(tmp_path)] == [one.name, "BGS_tin_production.csv"]
    assert bgs_wms.files_of(one) == [one]
    (tmp_path / "Other.CSV").write_text("x", "utf-8")
    with pytest.raises(BadInput) as refused:
        bgs_wms.files_of(tmp_path)
    assert refused.value.line() == f"{tmp_path.name}: Other.CSV is no file of this publication. {cure}"


# World Mining Data, SCRREEN, governance

YEARS = [str(year) for year in range(2018, 2025)]


def test_a_line_of_world_mining_data_is_seven_figures(tmp_path: Path) -> None:
    header = f"commodity,Country,Country_ISO,{','.join(YEARS)},unit,data_source"
    flags = {"r": (), "e": ("estimated",), "p": ("provisional",), "nan": ()}
    path = lines_of(tmp_path, header, *(f"Cobalt,China,CHN,0,1,2,3,4,5,6,metr. t,{mark}" for mark in flags))
    found = list(wmd.read(path, wmd.WMD))
    assert found == [
        Figure("Cobalt", "metr. t", "China", year, str(n), "f.csv", line, year, flags=flags[mark])
        for line, mark in enumerate(flags, 2)
        for n, year in enumerate(YEARS)
    ]
    path = lines_of(tmp_path, header, *(f"A,B,C,0,1,2,3,4,5,6,t,{mark}" for mark in ("r", "q", "", "e")))
    with pytest.raises(BadInput) as refused:
        list(wmd.read(path, wmd.WMD))
    assert refused.value.line() == "f.csv row 3, column data_source: 'q' is not known. Known: r, e, p, nan."
    assert [fault.split(":")[0] for fault in refused.value.faults] == [
        "f.csv row 3, column data_source",
        "f.csv row 4, column data_source",
    ]


def test_a_line_of_recycling_rates_is_a_figure(tmp_path: Path) -> None:
    header = "Sheet_name,Reference ID,Supply Chain Stage,Reference,EoL-RIR (2023),HS Code,"
    header += "HS Code - Complementary,Description"
    path = lines_of(tmp_path, header, "Cobalt,1,Processing,Factsheet,0.22,8105,,x")
    assert list(wmd.read(path, wmd.SCRREEN)) == [
        Figure("Cobalt", "share", "EU", "2023", "0.22", "f.csv", 2, "EoL-RIR (2023)", notes="Factsheet")
    ]


def test_governance_by_year_or_as_a_mean_of_one(tmp_path: Path) -> None:
    path = lines_of(tmp_path, f"Country/Territory,Code,{','.join(YEARS)}", "Aruba,ABW,0,1,2,3,4,5,6")
    assert list(wgi.read(path, wgi.STABILITY)) == [
        Figure("Political Stability, estimate", "", "Aruba", year, str(n), "f.csv", 2, year)
        for n, year in enumerate(YEARS)
    ]
    with pytest.raises(BadInput, match="the header is not that"):
        list(wgi.read(path, wgi.MEAN))
    path = lines_of(tmp_path, "Country/Territory,2022", "Aruba,0.7")
    assert list(wgi.read(path, wgi.MEAN)) == [
        Figure("Mean of six estimates, normalised to 0-1", "", "Aruba", "2022", "0.7", "f.csv", 2, "2022")
    ]
    with pytest.raises(BadInput, match="the header is not that"):
        list(wgi.read(path, wgi.STABILITY))


# what a figure says of itself, and the readers by name


def test_a_figure_says_where_it_stands() -> None:
    one = Figure("s", "t", "p", "2024", "5", "f.csv", 2, "Value")
    assert (one.locator, one.where) == ("f.csv, line 2, column Value", "f.csv row 2, column Value")
    sheet = dataclasses.replace(one, sheet="T1")
    assert (sheet.locator, sheet.where) == (
        "f.csv, sheet T1, row 2, column Value",
        "f.csv sheet T1 row 2, column Value",
    )
    tree = dataclasses.replace(one, line=0, column="/a/b")
    assert (tree.locator, tree.where) == ("f.csv, /a/b", "f.csv, /a/b")


def test_what_a_reader_gives_is_never_changed() -> None:
    one = Figure("s", "t", "p", "2024", "5", "f.csv", 2, "Value")
    for value, name in ((one, "text"), (usgs_mcs.MCS_2025, "vintage")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, "other")
        assert not hasattr(value, "__dict__")
    assert one == Figure("s", "t", "p", "2024", "5", "f.csv", 2, "Value", "", (), "", "")


def test_readers_are_found_by_the_name_that_people_type(tmp_path: Path) -> None:
    found = readers()
    assert all(name == origin.importer for name, (_, origin) in found.items()) and len(found) == 11
    assert {name for name, (module, _) in found.items() if isinstance(module, Dated)} == {"comtrade", "usitc-dataweb"}
    with pytest.raises(UnknownTerm, match=r"importer 'bgs-wmz' is not known\. Did you mean 'bgs-wms'"):
        import_file("bgs-wmz", tmp_path, {})
    with pytest.raises(UnknownTerm, match=r"Did you mean 'baci'\? List them: didymium data sources --importers"):
        import_file("bac", tmp_path, {})
    with pytest.raises(BadInput) as refused:
        import_file("bgs-wms", tmp_path / "none", {})
    assert refused.value.line() == (
        "none: no such file or folder. Expected a file BGS_…_production.csv, or a folder of them."
    )


def test_the_documents_of_an_import_name_its_files(tmp_path: Path, vocabulary: Any) -> None:
    path = lines_of(tmp_path, BGS_HEADER, bgs_line("Japan", "2020", "3", "3"))
    intake, made = import_documents("bgs-wms", path, vocabulary)
    assert intake.figures_in == 1 and set(made) == {"production.csv", "published.csv", "import.json"}
    assert re.search(rb'"file": "f.csv",\s+"bytes": \d+', made["import.json"])
    _, alone = import_documents("bgs-wms", path, {**vocabulary, "sources": []})
    assert "sources.csv" in alone and register.MODULES[0] == "usgs_mcs"
