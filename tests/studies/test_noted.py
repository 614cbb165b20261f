"""What a note of an answer rests on: the lines of notes.csv, and the rows that they find."""

from __future__ import annotations

from pathlib import Path

import pytest

import didymium
import didymium.data
from didymium.errors import NotFound
from didymium.results import Result, Row
from didymium.studies.noted import _lines, noted, told_of

ROOM = Path(didymium.__file__).parent
DOCS = ROOM.parents[1] / "docs"


@pytest.fixture(scope="module")
def ds() -> didymium.data.Dataset:
    return didymium.data.open()


def answer(ds: didymium.data.Dataset, command: str, warnings: list[str], rows: list[Row]) -> Result:
    return Result.of(
        command,
        request={},
        dataset=ds.describe(),
        code_version=didymium.__version__,
        rows=rows,
        warnings=warnings,
        assumptions=["discount_rate_per_year"],
        source_ids=["usgs-mcs2026", "didymium-derivation"],
    )


def lapsed(measure: str, day: str, flag: str = "state_unknown") -> Row:
    return {"measure_id": measure, "flag": flag, "next_change_date": day, "source_ids": ["usgs-mcs2026"]}


def test_a_count_rests_on_the_rows_that_it_counts(ds: didymium.data.Dataset) -> None:
    said = "The suspension of 2 measures ran out on 2026-11-10 and no later report was found: …"
    rows = [
        lapsed("a", "2026-11-10"),
        lapsed("b", "2026-11-27"),
        lapsed("c", "2026-11-10"),
        lapsed("d", "2026-11-10", "fresh"),
    ]
    found = noted(ds, answer(ds, "measures", [said], rows), 1)
    assert [number for number, _ in found.rows] == [1, 3]
    assert found.is_own and found.columns == ("measure_id",)
    assert [s["source_id"] for s in found.sources] == ["usgs-mcs2026"] and not found.assumptions


def test_a_day_rests_on_a_row_of_the_data(ds: didymium.data.Dataset) -> None:
    found = noted(ds, answer(ds, "commitments", ["Evidence was searched until 2026-07-01, 150 days before …"], []), 1)
    assert [r["row_id"] for r in found.data] == ["evidence_horizons:commitments"]
    assert found.data[0]["searched_until_date"] in found.text


def test_a_note_without_a_line_rests_on_the_answer(ds: didymium.data.Dataset) -> None:
    found = noted(ds, answer(ds, "gaps", ["none", "a sentence that nobody foresaw, with 3 numbers"], [{"t": 1.0}]), 2)
    assert not found.is_own and not found.rows and not found.data
    assert [s["source_id"] for s in found.sources] == ["didymium-derivation", "usgs-mcs2026"]
    assert [a["assumption_id"] for a in found.assumptions] == ["discount_rate_per_year"]


@pytest.mark.parametrize("number", [0, 2, -1])
def test_a_note_that_is_not_there(ds: didymium.data.Dataset, number: int) -> None:
    with pytest.raises(NotFound, match="there is no note"):
        noted(ds, answer(ds, "gaps", ["one"], []), number)


def test_every_line_is_of_a_sentence_that_is_said() -> None:
    """The words of each pattern stand in the package, its page in the docs, and it speaks both languages."""
    package = "\n".join(path.read_text("utf-8") for path in sorted(ROOM.rglob("*.py")))
    spoken = package.replace('"\n', "").replace('f"', "").replace('"', "")
    for line in _lines():
        for words in filter(None, line["note"].split("*")):
            assert words.split("  ")[0].strip() in spoken, line["note"]
        assert line["about"] and not line["about_ja"].isascii()
        assert not line["page"] or (DOCS / line["page"]).is_file(), line["page"]
    assert told_of("anything", "at all")["note"] == "*"
