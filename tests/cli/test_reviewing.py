"""Signing, reviewing and correcting kept runs, as a user does it."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest

from didymium.results import audit
from tests.cli.conftest import Didymium
from tests.cli.toy import ToyData


@pytest.fixture
def run_id(didymium: Didymium, toy: ToyData) -> str:
    """A kept run."""
    kept: str = didymium("exposure", "--json", "--as-of", "2026-11-22", "--seed", "3").json()["run_id"]
    return kept


def test_a_sign_off_holds_until_the_program_changes(
    didymium: Didymium, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = didymium("runs", "sign", run_id[:6], "--as", "assurer", "--by", "Aiko Ito", "--note", "all rows")
    assert said.code == 0 and said.out.startswith(f"Signed: run {run_id}, entry 1")
    listed = didymium("runs", "signs")
    assert listed.code == 0 and "Aiko Ito" in listed.out and "1 of 1 sign-offs hold." in listed.out
    here = audit.versions()
    monkeypatch.setattr(audit, "versions", lambda: here | {"code": "0"})
    told = didymium("runs", "signs", run_id, "--json")
    assert told.code == 1
    (row,) = told.json()["rows"]
    assert row["holds"] is False and row["lapsed_because"] == ["the program has changed"]
    assert didymium("runs", "signs", "--lang", "ja").code == 1
    again = didymium("runs", "sign", run_id, "--as", "approver", "--by", "B")
    assert again.code == 2 and "a sign-off would not hold: the program has changed" in again.err


def test_a_damaged_run_is_not_signed_and_lapses(didymium: Didymium, run_id: str, own_store: Path) -> None:
    didymium("runs", "sign", run_id, "--as", "analyst", "--by", "A")
    result = own_store / "runs" / run_id / "result.json"
    result.write_bytes(result.read_bytes().replace(b"0.917", b"0.918"))
    (row,) = didymium("runs", "signs", "--json").json()["rows"]
    assert "the run is not kept whole" in row["lapsed_because"]
    said = didymium("runs", "sign", run_id, "--as", "analyst", "--by", "A")
    assert said.code == 2 and "damaged" in said.err


def test_a_name_is_needed(didymium: Didymium, run_id: str) -> None:
    assert didymium("runs", "sign", run_id, "--as", "analyst", "--by", " ").code == 2


def test_an_erratum_lists_the_runs_it_touches(didymium: Didymium, run_id: str) -> None:
    assert didymium("runs", "errata").code == 0
    said = didymium("runs", "errata", "--add", "China was 0.917, is 0.918", "--command", "exposure")
    assert said.code == 1 and run_id in said.out and "ask again" in said.out
    told = didymium("runs", "errata", "--add", "x", "--command", "gaps", "--json").json()["rows"]
    assert [row["run_ids"] for row in told] == [[run_id], []]
    assert didymium("runs", "errata", "--add", "touches nothing").code == 2
    assert didymium("runs", "errata", "--command", "gaps").code == 2


@pytest.mark.slow
def test_a_package_goes_out_and_comments_come_back(didymium: Didymium, tmp_path: Path) -> None:
    run_id = didymium("exposure", "--json", "--products", "tb_oxide", "--draws", "100").json()["run_id"]
    file = tmp_path / "review.zip"
    said = didymium("runs", "review", run_id, str(file))
    assert said.code == 0, said.err
    first = file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        names = set(archive.namelist())
        assert {"README.md", "manifest.json", "result.json", "rows.csv", "card.json", "comments.csv"} <= names
        assert archive.testzip() is None
        sheet = archive.read("comments.csv").decode("utf-8-sig")
    didymium("runs", "review", run_id, str(file))
    assert file.read_bytes() == first
    (row,) = csv.DictReader(io.StringIO(sheet, newline=""))
    assert row["run_id"] == run_id

    filled = tmp_path / "comments.csv"

    def fill(**cells: str) -> None:
        with filled.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, audit.COMMENT_COLUMNS)
            writer.writeheader()
            writer.writerow({**row, "reviewer": "K. Sato", "comment": "Why 2024?", **cells})

    fill()
    said = didymium("runs", "comments", run_id, "--from", str(filled))
    assert said.code == 0 and "Why 2024?" in said.out and "1 of 1 comments are open." in said.out
    didymium("runs", "comments", run_id, "--from", str(filled))  # the same sheet again changes nothing
    fill(state="answered", reply="The last full year.")
    didymium("runs", "comments", run_id, "--from", str(filled))
    (told,) = didymium("runs", "comments", run_id, "--json").json()["rows"]
    assert (told["state"], told["reply"], told["of_these_bytes"]) == ("answered", "The last full year.", True)
    assert "0 of 1 comments are open." in didymium("runs", "comments", run_id).out
    with zipfile.ZipFile(tmp_path / "back.zip", "w") as archive:
        archive.writestr("comments.csv", filled.read_bytes())
    assert didymium("runs", "comments", run_id, "--from", str(tmp_path / "back.zip")).code == 0


@pytest.mark.parametrize(
    ("name", "body", "word"),
    [
        ("x.zip", b"PK nothing", "not a readable package"),
        ("x.csv", b"\xff\xfe,", "is not UTF-8"),
        ("x.csv", b"a,b\n", "column run_id is missing"),
    ],
)
def test_a_bad_sheet_is_refused(
    didymium: Didymium, run_id: str, tmp_path: Path, name: str, body: bytes, word: str
) -> None:
    path = tmp_path / name
    path.write_bytes(body)
    said = didymium("runs", "comments", run_id, "--from", str(path))
    assert said.code == 2 and word in said.err and name in said.err


def test_a_package_without_a_sheet_and_another_ending_are_refused(
    didymium: Didymium, run_id: str, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
        archive.writestr("README.md", "")
    said = didymium("runs", "comments", run_id, "--from", str(tmp_path / "e.zip"))
    assert said.code == 2 and "there is no comments.csv" in said.err
    assert didymium("runs", "review", run_id, str(tmp_path / "e.tar")).code == 2
