"""Bad input is refused with file, row, column, value and what would be right; the clean copy passes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import didymium.data
from didymium.errors import BadInput

NEODYMIUM = {"product": "nd_oxide", "country": "CHN", "year": "2024"}


def lines(path: Path) -> list[str]:
    return [fault.line() for fault in didymium.data.check(path) if fault.severity == "error"]


def test_clean_copy_of_every_table_passes(layer: Any) -> None:
    for table in didymium.data.open().tables:
        layer.write(table, layer.shipped(table))
    assert didymium.data.check(layer.folder) == []


def test_clean_copies_of_the_rows_below_pass(layer: Any) -> None:
    for table, where in {(table, tuple(where.items())) for table, where, *_ in CELLS}:
        assert lines(layer.write(table, layer.shipped(table, **dict(where))[:1])) == [], (table, where)


CELLS = [
    # table, rows chosen, column, bad text, words of the message
    ("production", NEODYMIUM, "quantity", "5,5oo", ["'5,5oo' is not a number", "e.g. 63800"]),
    ("production", NEODYMIUM, "quantity", "63,800", ["'63,800' has separators", "Write 63800"]),
    ("production", NEODYMIUM, "quantity", "-5", ["'-5' is out of range", "at least 0"]),
    ("production", NEODYMIUM, "quantity", "NaN", ["'NaN' is not a finite number", "Leave the cell empty"]),
    ("production", NEODYMIUM, "quantity", "inf", ["'inf' is not a finite number"]),
    ("production", NEODYMIUM, "quantity", "-Infinity", ["'-Infinity' is not a finite number"]),
    ("production", NEODYMIUM, "quantity", "1e309", ["'1e309' is too large"]),
    ("production", NEODYMIUM, "quantity", "1e-400", ["'1e-400' is too small"]),
    ("production", NEODYMIUM, "quantity", "1_000", ["'1_000' has separators", "Write 1000"]),
    ("production", NEODYMIUM, "quantity", "12%", ["'12%' is a percentage", "0.05"]),
    ("production", NEODYMIUM, "quantity", "６３８００", ["not in plain ASCII digits", "Write 63800"]),
    ("production", NEODYMIUM, "quantity", "W", ["'W' is a mark, not a number", "say why in basis"]),
    ("production", NEODYMIUM, "quantity", "NA", ["'NA' is a mark"]),
    ("production", NEODYMIUM, "quantity", "n/a", ["'n/a' is a mark"]),
    ("production", NEODYMIUM, "quantity", "—", ["'—' is a mark"]),
    ("production", NEODYMIUM, "quantity", "", ["is empty", "Expected amount"]),
    ("production", NEODYMIUM, "year", "24", ["'24' is not a year", "four digits"]),
    ("production", NEODYMIUM, "year", "1750", ["'1750' is out of range", "between 1900 and 2100"]),
    ("production", NEODYMIUM, "year", "2024.0", ["'2024.0' is not a year"]),
    ("production", NEODYMIUM, "is_total", "yes", ["'yes' is not a flag", "0 or 1"]),
    ("production", NEODYMIUM, "is_total", "1", ["is_total is 1 for a part", "Expected 0"]),
    ("production", NEODYMIUM, "product", "nd_oxid", ["product 'nd_oxid' is not known", "nd_oxide"]),
    ("production", NEODYMIUM, "product", "Neodymium oxide", ["is not known", "Write nd_oxide"]),
    ("production", NEODYMIUM, "product", "酸化ネオジム", ["is not known", "Write nd_oxide"]),
    ("production", NEODYMIUM, "country", "CNH", ["country 'CNH' is not known", "CHN"]),
    ("production", NEODYMIUM, "country", "China", ["country 'China' is not known", "Write CHN"]),
    ("production", NEODYMIUM, "country", "CHN ", ["'CHN ' has spaces", "Write 'CHN'"]),
    ("production", NEODYMIUM, "country", "C\u200bHN", ["'C\\u200bHN' holds a character that cannot be seen"]),
    ("production", NEODYMIUM, "stage", "seperated", ["stage 'seperated' is not known", "separated"]),
    ("production", NEODYMIUM, "stage", "cell", ["nd_oxide does not occur at stage 'cell'", "separated"]),
    ("production", NEODYMIUM, "unit", "tonnes", ["unit 'tonnes' is not known", "Did you mean"]),
    ("production", NEODYMIUM, "unit", "GWh", ["unit 'GWh' measures energy", "Usual unit: t oxide"]),
    ("production", NEODYMIUM, "unit", "t Ni", ["unit 't Ni' weighs Ni; nd_oxide holds Nd"]),
    ("production", NEODYMIUM, "mass_basis", "element", ["mass basis element contradicts unit 't oxide'"]),
    ("production", NEODYMIUM, "mass_basis", "oxid", ["mass basis 'oxid' is not known", "oxide"]),
    ("production", NEODYMIUM, "source_id", "usgs", ["source 'usgs' is not known"]),
    ("production", NEODYMIUM, "confidence", "sure", ["'sure' is not known"]),
    ("production", NEODYMIUM, "value_status", "guessed", ["'guessed' is not allowed", "reported, estimated"]),
    ("production", NEODYMIUM, "basis", "", ["is empty"]),
    ("production", NEODYMIUM, "rule_id", "no-such-rule", ["rule 'no-such-rule' is not known"]),
    ("licences", {"sample": "not stated"}, "approval_share", "60", ["'60' is out of range", "between 0 and 1"]),
    ("recipes", {"process_id": "sinter_ndfeb", "flow_role": "input"}, "yield_share", "1.2", ["'1.2' is out of range"]),
    ("recipes", {"process_id": "sinter_ndfeb", "flow_role": "input"}, "yield_share", "0", ["0 is no yield"]),
    ("projects", {"project_id": "mp-10x"}, "capacity", "-7000", ["'-7000' is out of range", "at least 0"]),
    ("projects", {"project_id": "mp-10x"}, "capacity_unit", "GWh/y", ["measures capacity_energy", "capacity_mass"]),
    ("projects", {"project_id": "mp-10x"}, "lat", "133.1", ["'133.1' is out of range", "between -90 and 90"]),
    ("projects", {"project_id": "mp-10x"}, "support_date", "2025-02-30", ["'2025-02-30' is not in the calendar"]),
    ("projects", {"project_id": "mp-10x"}, "support_date", "10/07/2025", ["'10/07/2025' is not an ISO date"]),
    ("projects", {"project_id": "mp-10x"}, "support_party", "USA, JPN", ["country 'USA, JPN' is not known"]),
    ("projects", {"project_id": "mp-10x"}, "support_party", "USA;USA", ["'USA;USA' names a word twice"]),
    ("projects", {"project_id": "mp-10x"}, "support_party", "USA; JPN", ["'USA; JPN' is not a list", "USA;JPN"]),
    ("projects", {"project_id": "mp-10x"}, "product_as_given", "magnetz", ["'magnetz' is not read as ndfeb_magnet"]),
    (
        "measures",
        {"measure_id": "cn-gage-licence-2023"},
        "effective_date",
        "2022-01-01",
        ["lies before announced_date"],
    ),
    ("commitments", {"commitment_id": "c001"}, "agreement_id", "us-jp-fw-2024", ["agreement 'us-jp-fw-2024'", "2025"]),
    ("finance_terms", {"deal_id": "mp-dow-equity"}, "project_id", "mp", ["project 'mp' is not known"]),
    ("trade", {"period": "2025-05", "series": "GACC"}, "year", "2024", ["2024 is not the year of period 2025-05"]),
    ("sources", {"source_id": "usgs-mcs2026"}, "url", "doi 10.5066", ["'doi 10.5066' is not a web address"]),
    ("places", {"place": "JPN"}, "place", "jpn", ["'jpn' is no ISO 3166 alpha-3 code"]),
    ("confidence_grades", {"confidence": "low"}, "sigma_share_low", "0.9", ["0.9 is above sigma_share"]),
    ("elasticities", {"product": "nickel"}, "value", "17", ["'17' is out of range", "between -10 and 10"]),
]


@pytest.mark.parametrize(("table", "where", "column", "bad", "words"), CELLS)
def test_bad_cell_is_named(
    layer: Any, table: str, where: dict[str, str], column: str, bad: str, words: list[str]
) -> None:
    rows = layer.shipped(table, **where)[:1]
    rows[0][column] = bad
    found = lines(layer.write(table, rows))
    assert found, f"{bad!r} must be refused"
    line = next((line for line in found if f"column {column}:" in line), found[0])
    assert line.startswith(f"{table}.csv row 2, column {column}: ")
    for word in words:
        assert word in line


def test_all_faults_of_a_file_come_together(layer: Any) -> None:
    rows = layer.shipped("production", product="nd_oxide", year="2024")
    rows[0]["quantity"], rows[1]["country"], rows[2]["year"] = "x", "XXX", "now"
    found = lines(layer.write("production", rows))
    assert [line.split(":")[0] for line in found] == [
        "production.csv row 2, column quantity",
        "production.csv row 3, column country",
        "production.csv row 4, column year",
    ]


def test_open_raises_with_all_faults_and_the_first_in_the_message(layer: Any) -> None:
    rows = layer.shipped("production", product="nd_oxide", year="2024")
    rows[0]["quantity"], rows[1]["country"] = "x", "XXX"
    layer.write("production", rows)
    with pytest.raises(BadInput) as caught:
        didymium.data.open([layer.folder])
    assert len(caught.value.faults) == 2
    assert caught.value.exit_code == 2
    assert "mine/production.csv row 2, column quantity: 'x' is not a number" in str(caught.value)


FILES = [
    ("utf-16", lambda text: text.encode("utf-16"), "the bytes are UTF-16", 1),
    ("utf-16-le without mark", lambda text: text.encode("utf-16-le"), "NUL", 1),
    ("NUL", lambda text: text.replace("63800", "638\x0000").encode(), "NUL", 2),
    ("CR only", lambda text: text.replace("\n", "\r").encode(), "CR alone", 1),
    ("lone CR", lambda text: text.replace("nd_oxide,", "nd_\roxide,", 1).encode(), "CR alone", 2),
    ("empty", lambda text: b"", "the file is empty", 0),
    ("blank", lambda text: b"\n\n", "the file is empty", 0),
    ("short row", lambda text: text.rstrip("\n").rsplit(",", 1)[0].encode(), "cells, the header 16", 2),
    ("long row", lambda text: (text.rstrip("\n") + ",x\n").encode(), "has 17 cells, the header 16", 2),
    ("empty row", lambda text: (text + "\n").encode(), "the row is empty. Delete the line", 3),
    ("empty rows", lambda text: (text + "\n" * 5_000).encode(), "the first of 5,000 empty rows", 3),
    ("open quote", lambda text: (text + '"nd_oxide,').encode(), "cannot be split", 3),
    ("missing column", lambda text: text.replace("confidence", "konfidence", 1).encode(), "the column is missing", 1),
    ("unknown column", lambda text: text.replace("quantity", "quantity_t", 1).encode(), "Did you mean 'quantity'?", 1),
    ("column twice", lambda text: text.replace("rule_id", "basis", 1).encode(), "column 'basis' stands twice", 1),
]


@pytest.mark.parametrize(("name", "change", "words", "row"), FILES, ids=[case[0] for case in FILES])
def test_broken_file_is_named(layer: Any, name: str, change, words: str, row: int) -> None:  # type: ignore[no-untyped-def]
    text = layer.text("production", layer.shipped("production", **NEODYMIUM)[:1])
    found = lines(layer.raw("production.csv", change(text)))
    assert any(words in line for line in found), found
    place = f"production.csv row {row}" if row else "production.csv:"
    assert all(line.startswith("production.csv") for line in found)
    assert any(line.startswith(place) for line in found)


def test_shift_jis_bytes_are_recognised(layer: Any) -> None:
    rows = layer.shipped("projects", project_id="minamitorishima")
    rows[0]["notes"] = "南鳥島のレアアース泥"
    text = layer.text("projects", rows)
    assert lines(layer.raw("projects.csv", text.encode("utf-8"))) == []
    (line,) = lines(layer.raw("projects.csv", text.encode("cp932")))
    assert line.startswith("projects.csv row 2: bytes ")
    assert "Shift-JIS" in line and "Save the file as UTF-8" in line


def test_missing_column_says_what_it_holds(layer: Any) -> None:
    rows = layer.shipped("production", **NEODYMIUM)[:1]
    names = [name for name in rows[0] if name != "confidence"]
    (line,) = lines(layer.raw("production.csv", layer.text("production", rows, names).encode()))
    assert line.startswith("production.csv row 1, column confidence: the column is missing. Add it: high = read")


@pytest.mark.parametrize("change", [lambda t: "\ufeff" + t, lambda t: t.replace("\n", "\r\n"), lambda t: t])
def test_mark_and_line_ends_do_not_matter(layer: Any, change) -> None:  # type: ignore[no-untyped-def]
    text = layer.text("production", layer.shipped("production", **NEODYMIUM))
    assert lines(layer.raw("production.csv", change(text).encode("utf-8"))) == []


def test_duplicate_key_names_both_rows(layer: Any) -> None:
    row = layer.shipped("production", **NEODYMIUM)[0]
    line = next(line for line in lines(layer.write("production", [row, row])) if "column series" in line)
    assert line.startswith("production.csv row 3, column series: key 'nd_oxide|separated|CHN|2024|derived'")
    assert "already stands in production.csv row 2" in line


def test_empty_rows_are_one_fault(layer: Any) -> None:
    text = layer.text("production", layer.shipped("production", **NEODYMIUM)[:1])
    (line,) = lines(layer.raw("production.csv", (text + "\n" * 5_000).encode()))
    assert line.startswith("production.csv row 3: the row is empty")


@pytest.mark.parametrize("sign", ["|", "/", "\\"])
def test_an_id_parts_no_key_and_no_path(layer: Any, sign: str) -> None:
    row = layer.shipped("projects", project_id="minamitorishima")[0]
    (line,) = lines(layer.write("projects", [{**row, "project_id": f"a{sign}b"}]))
    assert line.startswith("projects.csv row 2, column project_id: ") and f"holds {sign}, which parts" in line


@pytest.mark.parametrize("series", ["Derived", "DERIVED", "ｄｅｒｉｖｅｄ", "deri ved", "deri\xa0ved", "deri\u3000ved"])
def test_key_that_differs_only_to_the_machine_is_refused(layer: Any, series: str) -> None:
    row = layer.shipped("production", **NEODYMIUM)[0]
    found = lines(layer.write("production", [{**row, "series": series, "preferred": "0"}]))
    assert any("differs from production.csv row" in line and "only by case, width or spaces" in line for line in found)


def test_two_preferred_claims_of_one_fact_are_double_counting(layer: Any) -> None:
    row = layer.shipped("production", **NEODYMIUM)[0]
    rows = [{**row, "series": "ours"}, {**row, "series": "theirs"}]
    (line,) = lines(layer.write("production", rows))
    assert "nd_oxide separated CHN 2024 is preferred here and in row 2" in line


def test_recipe_that_makes_mass_is_refused(layer: Any) -> None:
    rows = layer.shipped("recipes", process_id="ndfeb_alloy_sh", flow_role="input")
    path = layer.write("recipes", rows)
    assert lines(path) == []
    iron = next(row for row in rows if row["product"] == "iron")
    iron["quantity"] = "0.865"
    (line,) = lines(layer.write("recipes", rows))
    assert "input shares of ndfeb_alloy_sh SH (150C) sum to 1.2000" in line
    assert "Expected 1 within 0.005" in line


def test_country_sum_against_the_world_is_a_warning_in_a_layer(layer: Any) -> None:
    row = layer.shipped("production", product="reo_mixed", country="CHN", year="2024", series="USGS")[0]
    row["quantity"] = "370000"
    (fault,) = didymium.data.check(layer.write("production", [row]))
    assert fault.severity == "warning"
    assert "countries of reo_mixed mine 2024 USGS add up to 484,000, the world row says 380,000 (+27.4%)" in fault.what
    ds = didymium.data.open([layer.folder])
    assert len(ds.warnings) == 1 and "+27.4%" in ds.warnings[0]


def test_unknown_table_is_refused_with_a_near_name(layer: Any) -> None:
    (line,) = lines(layer.raw("Production.csv", b"a\n1\n"))
    assert line == "Production.csv: there is no table 'Production'. Write production."


def test_file_that_is_no_table_is_named_not_skipped(layer: Any) -> None:
    layer.write("production", layer.shipped("production", **NEODYMIUM))
    layer.raw("projects.xlsx", b"PK\x03\x04")
    layer.raw("notes.md", b"# notes")
    layer.raw("prices.parquet", b"PAR1")
    lost, broken = lines(layer.folder)
    assert lost.startswith("mine/prices.parquet: .parquet is not read as a table.")
    assert broken.startswith("mine/projects.xlsx: the workbook cannot be read")


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file or folder"):
        didymium.data.check(tmp_path / "nothing")


def test_folder_without_tables(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="the folder holds no table"):
        didymium.data.check(tmp_path)


JSON = [
    ([{"product": "nd_oxide"}], "rows.json", "there is no table 'rows'"),
    ({"table": "production", "rows": {}}, "rows.json", "there is no list of rows"),
    ({"table": "production", "rows": [1]}, "rows.json", "the row is not an object"),
    (
        {"table": "production", "rows": [{"produkt": "nd_oxide"}]},
        "x.json",
        "column 'produkt' is not known. Did you mean",
    ),
    ({"table": "production", "rows": [{"product": "nd_oxide"}]}, "x.json", "x.json row 1, column quantity: is empty."),
]


@pytest.mark.parametrize(("content", "name", "words"), JSON)
def test_bad_json_is_named(layer: Any, content: object, name: str, words: str) -> None:
    found = lines(layer.raw(name, json.dumps(content).encode()))
    assert any(words in line for line in found), found


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e309"])
def test_json_numbers_are_finite(layer: Any, number: str) -> None:
    row = dict(layer.shipped("production", **NEODYMIUM)[0])
    text = json.dumps([{**row, "quantity": 12345}])
    assert lines(layer.raw("production.json", text.encode())) == []
    (line,) = lines(layer.raw("production.json", text.replace("12345", number).encode()))
    assert "NaN" in line or "Infinity" in line or "'1e309' is too large for a number" in line


def test_half_characters_in_json_are_refused_and_can_be_printed(layer: Any) -> None:
    row = dict(layer.shipped("production", **NEODYMIUM)[0], basis="x\ud800y")
    (line,) = lines(layer.raw("production.json", json.dumps([row]).encode()))
    assert "cannot be seen" in line
    line.encode("utf-8")
