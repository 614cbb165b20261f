"""What every answering command does: parse, ask, keep, show."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from didymium.results import Manifest, RunStore
from tests.cli.conftest import Didymium
from tests.cli.toy import ToyData


def test_json_is_the_answer_and_nothing_else(didymium: Didymium, toy: ToyData, own_store: Path) -> None:
    said = didymium("exposure", "--json", "--as-of", "2026-11-22")
    assert (said.code, said.err) == (0, "")
    answer = said.json()
    assert list(answer)[:2] == ["command", "run_id"]
    assert answer == RunStore(own_store / "runs").load(answer["run_id"]).as_dict()
    assert answer["request"] == {"as_of": "2026-11-22", "parties": ["USA", "JPN"], "seed": 0}
    assert answer["rows"][1]["says"] == "分離"


def test_the_answer_is_kept_with_its_question(didymium: Didymium, toy: ToyData, own_store: Path) -> None:
    run_id = didymium("exposure", "--json", "--parties", "jpn", "--seed", "7", "--as-of", "2026-11-22").json()["run_id"]
    manifest: Manifest = RunStore(own_store / "runs").manifest(run_id)
    assert manifest.call == {
        "command": "exposure",
        "params": {"as_of": "2026-11-22", "parties": ["JPN"], "seed": 7},
        "layers": [],
    }
    assert set(manifest.tables) == {"production", "trade"}


def test_a_person_sees_names_bands_notes_and_the_next_command(didymium: Didymium, toy: ToyData) -> None:
    said = didymium("exposure")
    assert said.code == 0
    assert "China" in said.out
    assert "91.7%" in said.out and "90%" in said.out and "93%" in said.out
    assert "2,350" in said.out
    assert "Note: sources disagree" in said.out
    assert said.out.splitlines()[-1] == "Next: didymium gaps"
    assert "\x1b" not in said.out, "no colour without a terminal"


def test_in_japanese_headings_and_names_are_japanese(didymium: Didymium, toy: ToyData) -> None:
    said = didymium("exposure", "--lang", "ja")
    assert "中国" in said.out
    assert "最大供給国" in said.out


def test_quiet_leaves_the_hint_out(didymium: Didymium, toy: ToyData) -> None:
    assert "Next:" not in didymium("exposure", "--quiet").out


def test_csv_keeps_numbers_and_disarms_formulas(didymium: Didymium, toy: ToyData) -> None:
    rows = list(csv.DictReader(io.StringIO(didymium("exposure", "--csv").out)))
    assert rows[0]["says"] == '\'=HYPERLINK("x")'
    assert rows[1]["world_quantity"] == "-1.5"
    assert rows[0]["source_ids"] == "s1;s2"
    assert rows[1]["top_share"] == ""


def test_a_further_table_is_shown_by_name(didymium: Didymium, toy: ToyData) -> None:
    assert didymium("exposure", "--csv", "--table", "shares").out == "country,share\nCHN,1.0\n"
    assert "China" in didymium("exposure", "--table", "shares").out
    said = didymium("exposure", "--table", "share")
    assert said.code == 2
    assert "Did you mean 'shares'?" in said.err


@pytest.mark.parametrize("form", ["json", "csv", "parquet"])
def test_a_file_is_written_in_the_format_of_its_name(
    didymium: Didymium, toy: ToyData, tmp_path: Path, form: str
) -> None:
    said = didymium("exposure", "-o", tmp_path / f"answer.{form}")
    assert (said.code, said.out) == (0, "")
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == [f"answer.{form}"]
    if form == "parquet":
        import duckdb

        found = duckdb.sql(f"SELECT product, source_ids FROM '{tmp_path / 'answer.parquet'}'").fetchall()
        assert found == [("dy_oxide", ["s1", "s2"]), ("tb_oxide", [])]


def test_a_file_that_cannot_be_written_is_told(didymium: Didymium, toy: ToyData, tmp_path: Path) -> None:
    said = didymium("exposure", "-o", tmp_path / "none" / "answer.csv")
    assert said.code == 2
    assert "answer.csv: cannot be written" in said.err and said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--json", "--csv"), "Choose one of"),
        (("--parquet",), "--parquet needs --output"),
        (("-o", "x.doc"), "name the file .json, .csv, .parquet or .xlsx"),
        (("--as-of", "22.11.2026"), "'22.11.2026' is not a date"),
        (("--parties", "USA,USA"), "different words"),
        (("--parties", ","), "different words"),
        (("--seed", "-1"), "--seed"),
        (("--lang", "fr"), "--lang"),
        (("--wrong",), "--wrong"),
        (("extra",), "extra"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(
    didymium: Didymium, toy: ToyData, arguments: tuple[str, ...], words: str
) -> None:
    said = didymium("exposure", *arguments)
    assert (said.code, said.out) == (2, "")
    assert words in said.err
    assert said.err.count("\n") == 1


def test_an_unknown_command_gets_a_near_name(didymium: Didymium, toy: ToyData) -> None:
    said = didymium("exposur")
    assert said.code == 2
    assert "Did you mean 'exposure'?" in said.err


def test_each_fault_of_bad_input_is_a_line(didymium: Didymium, toy: ToyData) -> None:
    said = didymium("exposure", "--parties", "XXX")
    assert said.code == 2
    assert said.err == "production.csv: the data have faults.\nrow 3: first\nrow 9: second\n"


def test_with_json_an_error_is_an_object(didymium: Didymium, toy: ToyData) -> None:
    said = didymium("exposure", "--json", "--parties", "XXX")
    assert (said.code, said.out) == (2, "")
    error = json.loads(said.err)
    assert error["error"] == "BadInput"
    assert error["faults"] == ["row 3: first", "row 9: second"]
    wrong = didymium("exposure", "--json", "--wrong")
    assert json.loads(wrong.err)["exit_code"] == 2


def test_no_answer_is_exit_code_1(didymium: Didymium, toy: ToyData) -> None:
    said = didymium("exposure", "--parties", "YYY")
    assert (said.code, said.err) == (1, "no plan meets this.\ndy_oxide JPN 2027\n")


def test_an_unexpected_fault_is_one_line_with_advice(didymium: Didymium, toy: ToyData) -> None:
    said = didymium("exposure", "--parties", "ZZZ")
    assert said.code == 2
    assert said.err.count("\n") == 1
    assert "RuntimeError: the sky fell" in said.err and "--debug" in said.err
    assert "Traceback" in didymium("exposure", "--parties", "ZZZ", "--debug").err


def test_a_refused_question_keeps_no_run(didymium: Didymium, toy: ToyData, own_store: Path) -> None:
    didymium("exposure", "--parties", "XXX")
    assert list((own_store / "runs").iterdir()) == []


def test_a_store_that_cannot_be_written_is_told_before_the_work(
    didymium: Didymium, toy: ToyData, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    said = didymium("exposure", "--store", tmp_path / "file")
    assert said.code == 2
    assert "--store" in said.err
