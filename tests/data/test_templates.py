"""The template: what people get, fill and give back comes back as it was."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

import didymium.data
from didymium.data.dataset import in_order
from didymium.data.layer_files import read_layer
from didymium.data.package import base_tables
from didymium.data.template import USUAL, template
from didymium.errors import UnknownTerm
from didymium.schema import TABLES
from didymium.schema.cells import LARGEST
from didymium.schema.reader import read_table
from didymium.schema.spreadsheet import escaped, unescaped
from didymium.schema.writing import table_csv

ROW = {
    "assumption_id": "user_cover_days",
    "meaning": "x",
    "meaning_ja": "x",
    "value": 1.0,
    "low": 0.0,
    "high": 2.0,
    "unit": "days",
    "applies_to": "all",
    "used_by": "stress",
    "year": 2026,
    "confidence": "low",
    "source_id": "didymium-derivation",
    "basis": "x",
}


def given_back(rows: list[dict[str, Any]], table: str, tmp_path: Path) -> list[dict[str, Any]]:
    """The rows after a trip through a workbook, and through CSV, which must agree."""
    ds = didymium.data.open()
    path = tmp_path / "mine.xlsx"
    path.write_bytes(template(ds.content, tables=[table], filled=True, own={table: rows}))
    layer = read_layer(path)
    assert layer.faults == ()
    parsed = read_table(table_csv(TABLES[table], rows), TABLES[table], "x.csv")
    assert parsed.faults == [] and parsed.rows == layer.tables[table].rows
    return [dict(row) for row in layer.tables[table].rows]


TEXTS = [
    "=1+1",
    "+81 3 1234",
    "-5",
    "@cmd",
    "'=quoted",
    "''=twice",
    "007",
    "085051110",
    "1e5",
    "2E5",
    "2024-05-03",
    "3/4",
    "TRUE",
    "NA",
    "#N/A",
    '=HYPERLINK("http://x.invalid","y")',
    "＝全角",
    "南鳥島のレアアース泥",
    "𠮷野家 🧲",
    "a\nb\n=c",
    "x" * 3_000,
    "<b>&amp;</b>",
    "_x000D_",
]
NUMBERS = [0.0, 0.1, 1 / 3, 0.30000000000000004, 123456789.12345679, 1e-300, 5e-324, 63800.0, 1e15 - 0.125, LARGEST]


def test_text_comes_back_whatever_it_looks_like(tmp_path: Path) -> None:
    rows = [
        {**ROW, "assumption_id": f"a{n}", "basis": text, "applies_to": text if "\n" not in text else "all"}
        for n, text in enumerate(TEXTS)
    ]
    assert given_back(rows, "assumptions", tmp_path) == rows


def test_numbers_come_back_to_the_last_digit(tmp_path: Path) -> None:
    rows = [
        {**ROW, "assumption_id": f"a{n}", "low": 0.0, "value": number, "high": number}
        for n, number in enumerate(NUMBERS)
    ]
    assert given_back(rows, "assumptions", tmp_path) == rows


@pytest.mark.parametrize("number", [1e308, 2**53 - 1.0, 2 * LARGEST])
def test_a_number_larger_than_any_is_refused_from_a_workbook_as_from_csv(number: float, tmp_path: Path) -> None:
    rows = [{**ROW, "low": 0.0, "value": number, "high": number}]
    path = tmp_path / "mine.xlsx"
    path.write_bytes(
        template(didymium.data.open().content, tables=["assumptions"], filled=True, own={"assumptions": rows})
    )
    for faults in (
        read_layer(path).faults,
        read_table(table_csv(TABLES["assumptions"], rows), TABLES["assumptions"], "x.csv").faults,
    ):
        assert [fault.column for fault in faults] == ["value", "high"]
        assert all("larger than anything that is measured here" in fault.what for fault in faults)


def test_empty_is_not_zero(tmp_path: Path) -> None:
    ds = didymium.data.open()
    shipped = ds.rows("stockpiles", country="JPN")[0]
    row = {name: shipped[name] for name in TABLES["stockpiles"].column_names}
    rows = [
        {**row, "year": 2026, "quantity": 0.0, "value_low": None, "value_high": None},
        {**row, "year": 2027, "quantity": None, "value_low": 0.0, "value_high": 9.5},
    ]
    back = given_back(rows, "stockpiles", tmp_path)
    assert back == rows and back[0]["quantity"] == 0.0 and back[1]["quantity"] is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40))
def test_an_apostrophe_is_put_and_taken(text: str) -> None:
    assert unescaped(escaped(text)) == text
    assert escaped(text)[:1] not in {"=", "+", "-", "@", "\t", "\r"}


@pytest.mark.slow
def test_all_shipped_tables_come_back(tmp_path: Path) -> None:
    ds = didymium.data.open()
    path = tmp_path / "all.xlsx"
    path.write_bytes(template(ds.content, tables=list(TABLES), filled=True))
    layer = read_layer(path)
    assert layer.faults == ()
    for name, parsed in base_tables().items():
        rows = sorted(parsed.rows, key=partial(in_order, TABLES[name].key))
        assert sorted(layer.tables[name].rows, key=partial(in_order, TABLES[name].key)) == rows, name


def test_a_template_is_the_same_bytes_each_time_and_says_what_a_column_is() -> None:
    ds = didymium.data.open()
    body = template(ds.content)
    assert body == template(ds.content)
    book = load_workbook(io.BytesIO(body))
    assert book.sheetnames == ["read-me", "layer", *USUAL, "lists"]
    sheet = book["production"]
    heads = {cell.value: cell for cell in sheet[1]}
    assert list(heads) == list(TABLES["production"].column_names)
    note = heads["quantity"].comment.text
    assert "Amount" in note and "Unit: as column unit says." in note and "Example: 63800" in note
    rules = {str(rule.sqref).split(":")[0]: rule for rule in sheet.data_validations.dataValidation}
    assert rules[f"{heads['is_total'].column_letter}2"].formula1 == '"0,1"'
    assert rules[f"{heads['product'].column_letter}2"].formula1.startswith("lists!$")
    assert rules[f"{heads['quantity'].column_letter}2"].type == "decimal"
    said = "\n".join(str(cell.value) for cell in book["read-me"]["A"])
    assert "Zero means zero" in said and "空のセルは「不明」" in said
    for name in ("production", "layer"):
        assert all(cell.data_type != "f" for row in book[name].iter_rows() for cell in row)


def test_the_words_of_a_validation_list_are_those_of_the_vocabulary() -> None:
    ds = didymium.data.open()
    book = load_workbook(io.BytesIO(template(ds.content, tables=["production"])))
    lists = {column[0].value: [c.value for c in column[1:] if c.value is not None] for column in book["lists"].columns}
    assert lists["products.product"] == sorted(row["product"] for row in ds.rows("products"))


def test_an_empty_template_is_sound_and_an_unknown_table_is_not(tmp_path: Path) -> None:
    ds = didymium.data.open()
    path = tmp_path / "empty.xlsx"
    path.write_bytes(template(ds.content))
    assert didymium.data.check(path) == []
    with pytest.raises(UnknownTerm, match="production"):
        template(ds.content, tables=["produktion"])
