"""Layers at the command line: template, check, redaction, exports, what stands behind a number."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.cli.conftest import Didymium

CANARY = "CANARY-4417"


@pytest.fixture
def book(didymium: Didymium, tmp_path: Path) -> Path:
    """A template with one confidential contract in it."""
    path = tmp_path / "mine.xlsx"
    assert didymium("data", "template", path, "--tables", "offtakes,stockpiles", "-q").code == 0
    filled = load_workbook(path)
    sheet = filled["offtakes"]
    row: dict[str, Any] = {
        "offtake_id": CANARY,
        "party": "JPN",
        "product": "ndfeb_magnet",
        "quantity": 377.25,
        "unit": "t",
        "year_from": 2027,
        "year_to": 2032,
        "supplier": "VNM",
        "confidence": "high",
        "source_id": "didymium-derivation",
        "basis": CANARY,
    }
    for cell in list(sheet[1]):
        sheet.cell(2, cell.column).value = row.get(str(cell.value))
    filled.save(path)
    return path


def test_a_filled_template_is_sound_and_read_back(didymium: Didymium, book: Path) -> None:
    assert didymium("data", "check", book).code == 0
    rows = didymium("data", "table", "offtakes", "--layer", book, "--json").json()["rows"]
    (mine,) = [row for row in rows if row["layer"] == "mine.xlsx"]
    assert (mine["offtake_id"], mine["quantity"]) == (CANARY, 377.25)
    said = didymium("data", "table", "offtakes", "--layer", book)
    assert said.out.startswith("CONFIDENTIAL: made with mine.xlsx (1 rows).")


def test_a_fault_of_a_workbook_names_sheet_row_column_value_and_cure(didymium: Didymium, book: Path) -> None:
    filled = load_workbook(book)
    filled["offtakes"]["D2"].value = "3,77"
    filled.save(book)
    said = didymium("data", "check", book, "--json")
    assert said.code == 2
    (fault,) = said.json()["faults"]
    assert {k: fault[k] for k in ("file", "sheet", "row", "column", "value")} == {
        "file": "mine.xlsx",
        "sheet": "offtakes",
        "row": 2,
        "column": "quantity",
        "value": "3,77",
    }
    assert fault["cure"]


@pytest.mark.slow
def test_what_is_redacted_holds_no_word_of_the_layer(didymium: Didymium, book: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    arguments = ("--layer", book, "--redact", "-q")
    said = [didymium("data", "table", "offtakes", *arguments), didymium("data", "redact", "--layer", book, "--json")]
    for name in ("gaps.json", "gaps.csv", "gaps.xlsx", "gaps.parquet"):
        said.append(didymium("gaps", "--draws", "10", "--years", "2030", *arguments, "-o", out / name))
    assert didymium("data", "export", "--package", out / "package", "--layer", book, "-q").code == 0
    assert [one.code for one in said] == [0] * len(said)
    told = "".join(one.out + one.err for one in said)
    whole = told + "".join(p.read_bytes().decode("latin-1") for p in out.rglob("*") if p.is_file())
    whole += "".join(str(c.value) for sheet in load_workbook(out / "gaps.xlsx") for row in sheet.rows for c in row)
    for word in (CANARY, "377.25", "mine.xlsx"):
        assert word not in whole, word
    assert "Redacted: in place of each figure" in told
    rows = json.loads((out / "gaps.json").read_text("utf-8"))["rows"]
    contracted = [
        r["contracted_t"] for r in rows if (r["party"], r["stage"], r["outlook"]) == ("JPN", "magnet", "STEPS")
    ]
    assert contracted == [350.0]


def test_an_export_holds_figures_only_when_asked(didymium: Didymium, book: Path, tmp_path: Path) -> None:
    folder = tmp_path / "open"
    said = didymium(
        "data", "export", "--package", folder, "--tables", "offtakes", "--layer", book, "--include-confidential"
    )
    assert said.code == 0 and said.out.startswith("CONFIDENTIAL")
    assert CANARY in (folder / "tables" / "offtakes.csv").read_text("utf-8")
    assert didymium("data", "export", "--package", folder).code == 2  # not empty
    assert didymium("gaps", "--redact", "--include-confidential").code == 2


@pytest.mark.slow
def test_a_redacted_run_is_repeated_to_the_byte_and_explained(didymium: Didymium, book: Path) -> None:
    run = didymium("gaps", "--draws", "10", "--years", "2030", "--layer", book, "--redact", "--json").json()["run_id"]
    assert didymium("runs", "repeat", run).code == 0
    said = didymium("explain", run, "party=JPN,stage=magnet,outlook=STEPS", "contracted_t")
    assert said.code == 0 and "350" in said.out and CANARY not in said.out and "confidential-1" in said.out
    document = didymium("explain", run, "1", "gap_t", "--prov").json()
    assert {"entity", "activity", "wasDerivedFrom"} <= set(document)


def test_the_long_format_of_the_iamc(didymium: Didymium) -> None:
    said = didymium("gaps", "--draws", "10", "--years", "2030,2035", "--iamc")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert said.code == 0 and list(rows[0]) == ["model", "scenario", "region", "variable", "unit", "2030", "2035"]
    assert {"STEPS", "APS", "NZE"} == {row["scenario"] for row in rows}
    prices = didymium("data", "table", "demand_outlook", "--where", "product=ree_magnet", "--iamc")
    assert prices.code == 0 and "World" in prices.out


def test_sql_at_the_command_line(didymium: Didymium) -> None:
    said = didymium("data", "sql", "select count(*) as n from production", "--json")
    assert said.json()["rows"][0]["n"] > 1_000
    assert didymium("data", "sql", "drop table production").code == 2


def test_confidential_figures_stay_out_of_a_template_that_is_handed_on(
    didymium: Didymium, book: Path, tmp_path: Path
) -> None:
    path = tmp_path / "other.xlsx"
    assert didymium("data", "template", path, "--tables", "offtakes", "--filled", "--layer", book).code == 0
    words = {str(cell.value) for sheet in load_workbook(path) for row in sheet.rows for cell in row}
    assert CANARY not in words and "377.25" not in words and "350" in words
    assert didymium("data", "template", tmp_path / "x.csv").code == 2


@pytest.mark.slow
def test_a_brief_holds_confidential_figures_only_when_asked(didymium: Didymium, book: Path, tmp_path: Path) -> None:
    for asked, word in (((), "Redacted: in place of each figure"), (("--include-confidential",), "CONFIDENTIAL")):
        folder = tmp_path / f"brief{len(asked)}"
        said = didymium(
            "brief", "--layer", book, "--scenario", "cn-stop-6", "-o", folder, "--as-of", "2026-11-28", "-q", *asked
        )
        assert said.code == 0, said.err
        page = (folder / "brief.html").read_text("utf-8")
        assert word in page and word in said.out.replace("\n", " ")
        assert page.index(word) < page.index("Findings")
        assert any(word in str(cell.value) for cell in load_workbook(folder / "brief.xlsx").worksheets[0]["A"])
        assert CANARY not in page or asked
