"""Shipped figures carry their publisher's mark: reported, or the publisher's estimate."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from tools import publisher_marks

from didymium.data.package import base_tables
from didymium.errors import BadInput
from didymium.sources.curated import SHIPPED, documents, marked_table
from didymium.sources.shipped_marks import (
    COLUMNS,
    ESTIMATE,
    MARKS,
    REPORT,
    SERIES,
    TABLES_MARKED,
    marked,
    name_of,
    read_marks,
    with_marks,
)

ROOT = Path(__file__).resolve().parents[2]


def row(**changes: str) -> dict[str, str]:
    plain = {"series": "USGS", "value_status": "reported", "confidence": "high", "basis": "reported", "rule_id": ""}
    return {**plain, **changes}


def test_marks_are_those_that_the_importers_read(raw: Path) -> None:
    assert MARKS.read_text(encoding="utf-8") == publisher_marks.text(publisher_marks.lines(raw))


def test_every_shared_row_of_the_publishers_is_marked() -> None:
    with MARKS.open(encoding="utf-8", newline="") as file:
        counts = Counter((line["importer"], line["value_status"]) for line in csv.DictReader(file))
    assert counts == {
        ("bgs-wms", "estimated"): 24,
        ("bgs-wms", "reported"): 35,
        ("usgs-mcs-2025", "estimated"): 64,
        ("usgs-mcs-2025", "reported"): 110,
        ("usgs-mcs-2026", "estimated"): 285,
        ("usgs-mcs-2026", "reported"): 228,
        ("usgs-myb-2022", "estimated"): 49,
        ("usgs-myb-2022", "reported"): 15,
        ("wmd-2026", "estimated"): 109,
        ("wmd-2026", "reported"): 441,
    }


@pytest.mark.parametrize("table", TABLES_MARKED)
def test_shipped_rows_carry_the_mark(table: str) -> None:
    path = ROOT / SHIPPED / f"{table}.csv"
    assert marked_table(table, path.read_bytes()) == path.read_bytes(), "run: python -m didymium.sources.curated"
    assert documents(ROOT)[SHIPPED / f"{table}.csv"] == path.read_text(encoding="utf-8")
    marks = read_marks()
    said = {name_of(table, one): one["value_status"] for one in base_tables()[table].rows}
    assert all(said[name] == status for name, status in marks.items() if name.startswith(f"{table}:"))


def test_no_estimate_of_a_publisher_is_graded_as_a_count() -> None:
    rows = [one for one in base_tables()["production"].rows if one["series"] in SERIES]
    assert {one["confidence"] for one in rows if one["value_status"] == "estimated"} == {"medium", "low"}
    named = Counter(str(one["rule_id"]) for one in rows if one["rule_id"] in (ESTIMATE, REPORT))
    assert named == {ESTIMATE: 462, REPORT: 50}
    assert {one["confidence"] for one in rows if one["rule_id"] == ESTIMATE} == {"medium"}


def test_an_estimate_is_graded_medium_and_names_its_maker() -> None:
    made = marked("production", row(), "estimated")
    assert made == row(value_status="estimated", confidence="medium", basis="USGS estimate", rule_id=ESTIMATE)
    assert marked("production", made, "estimated") is made
    other = marked("production", row(series="WMD", basis="converted from Li2O"), "estimated")
    assert other["basis"] == "converted from Li2O; WMD estimate"


@pytest.mark.parametrize("status", ["reported", "estimated"])
@pytest.mark.parametrize("grade", ["low", "medium"])
def test_no_grade_is_raised(status: str, grade: str) -> None:
    for before in ("reported", "estimated"):
        one = row(series="BGS", value_status=before, confidence=grade, basis="reported by BGS; sum of reporters")
        assert marked("production", one, status)["confidence"] == grade


def test_a_report_keeps_its_grade_and_its_basis() -> None:
    one = row(series="BGS", value_status="estimated", confidence="medium", basis="reported by BGS; sum of reporters")
    assert marked("production", one, "reported") == {**one, "value_status": "reported", "rule_id": REPORT}


def test_a_rule_that_is_named_already_stays() -> None:
    assert marked("production", row(rule_id="wmd-world-2022"), "estimated")["rule_id"] == "wmd-world-2022"


def test_a_mark_without_its_row_stops_the_build() -> None:
    with pytest.raises(BadInput, match="no shipped row is named reserves:x"):
        with_marks("reserves", [], {"reserves:x": "reported", "production:y": "reported"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("row,mark\n", "header"),
        (",".join(COLUMNS) + "\nx,guessed,a,b\n", "x has another mark"),
        (",".join(COLUMNS) + "\nx,reported,a,b\nx,estimated,a,b\n", "marked twice"),
    ],
)
def test_a_file_that_the_tool_did_not_write_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "marks.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=told):
        read_marks(path)


def test_a_row_that_lost_its_mark_gets_it_back_and_nothing_else_moves() -> None:
    shipped = (ROOT / SHIPPED / "reserves.csv").read_bytes()
    lost = shipped.replace(b"estimated,usgs-mcs2026,,medium,USGS estimate", b"reported,usgs-mcs2026,,high,USGS", 1)
    assert lost != shipped
    assert marked_table("reserves", lost) == shipped
