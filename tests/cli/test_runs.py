from __future__ import annotations

from pathlib import Path

import pytest

import didymium.cli.repeating as repeating
from didymium.results.store import RESULT
from tests.cli import toy as toy_module
from tests.cli.conftest import Didymium
from tests.cli.toy import ToyData


@pytest.fixture
def run_id(didymium: Didymium, toy: ToyData) -> str:
    """A kept run."""
    kept: str = didymium("exposure", "--json", "--as-of", "2026-11-22", "--seed", "3").json()["run_id"]
    return kept


def test_list_names_each_run(didymium: Didymium, run_id: str) -> None:
    said = didymium("runs", "list")
    assert said.code == 0
    assert run_id in said.out and "exposure" in said.out
    assert said.out.splitlines()[-1] == f"Next: didymium runs show {run_id}"
    (row,) = didymium("runs", "list", "--json").json()["rows"]
    assert (row["run_id"], row["command"], row["seed"]) == (run_id, "exposure", 3)


def test_list_of_an_empty_store_says_so(didymium: Didymium) -> None:
    said = didymium("runs", "list")
    assert said.code == 0
    assert "Nothing to show." in said.out


def test_list_tells_what_is_not_a_run(didymium: Didymium, run_id: str, own_store: Path) -> None:
    (own_store / "runs" / ".partial-x").mkdir()
    assert ".partial-x is unfinished" in didymium("runs", "list").out


def test_what_a_killed_process_left_is_told_and_is_no_fault(didymium: Didymium, run_id: str, own_store: Path) -> None:
    for left in (".partial-x", ".superseded-0123456789ab-cafe"):
        (own_store / "runs" / left).mkdir()
    said = didymium("runs", "verify")
    assert said.code == 0 and "1 of 1 runs are whole" in said.out and ".partial-x: unfinished" in said.out
    (own_store / "runs" / "0123456789ab").mkdir()
    said = didymium("runs", "verify")
    assert said.code == 1 and "1 of 2 runs are whole" in said.out and "0123456789ab: incomplete" in said.out


def test_show_gives_manifest_and_answer(didymium: Didymium, run_id: str) -> None:
    said = didymium("runs", "show", run_id[:5])
    assert said.code == 0
    assert "seed=3" in said.out and "as_of=2026-11-22" in said.out and "China" in said.out
    whole = didymium("runs", "show", run_id, "--json").json()
    assert whole["manifest"]["run_id"] == whole["result"]["run_id"] == run_id


def test_repeat_gives_the_same_bytes(didymium: Didymium, run_id: str) -> None:
    said = didymium("runs", "repeat", run_id[:6])
    assert said.code == 0
    assert said.out.startswith(f"Same: run {run_id}")
    assert didymium("runs", "repeat", run_id, "--json").json()["same"] is True


def test_repeat_names_the_first_difference(didymium: Didymium, run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(toy_module.TAMPER, "top_share", 0.918)
    said = didymium("runs", "repeat", run_id)
    assert said.code == 1
    assert "First: rows[0].top_share: kept 0.917, now 0.918" in said.out
    verdict = didymium("runs", "repeat", run_id, "--json")
    assert verdict.code == 1
    assert verdict.json()["first_difference"] == "rows[0].top_share: kept 0.917, now 0.918"


def test_repeat_with_other_data_cannot_and_names_the_tables(didymium: Didymium, run_id: str, toy: ToyData) -> None:
    toy.id, toy.content["trade"] = "cccc", ({"row_id": "trade:a", "quantity": 3.0},)
    said = didymium("runs", "repeat", run_id)
    assert said.code == 2
    assert "made from dataset aaaa1111bbbb; this is cccc (tables that differ: trade)" in said.err


def test_repeat_with_another_version_cannot(didymium: Didymium, run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeating, "__version__", "9.9.9")
    said = didymium("runs", "repeat", run_id)
    assert said.code == 2
    assert "made by Didymium 0.1.0; this is 9.9.9" in said.err


def test_repeat_of_an_unknown_run_is_refused(didymium: Didymium, run_id: str) -> None:
    said = didymium("runs", "repeat", "ffff00000000")
    assert said.code == 2
    assert "didymium runs list" in said.err


def test_tampered_bytes_are_told_by_verify_and_refused_by_all(didymium: Didymium, run_id: str, own_store: Path) -> None:
    assert didymium("runs", "verify").code == 0
    result = own_store / "runs" / run_id / RESULT
    result.write_bytes(result.read_bytes().replace(b"0.917", b"0.817"))
    said = didymium("runs", "verify")
    assert said.code == 1
    assert f"{run_id}: damaged" in said.out
    assert [didymium("runs", act, run_id).code for act in ("show", "repeat")] == [2, 2]


def test_asking_again_keeps_one_run(didymium: Didymium, run_id: str, own_store: Path) -> None:
    assert didymium("exposure", "--as-of", "2026-11-22", "--seed", "3").code == 0
    assert [p.name for p in (own_store / "runs").iterdir()] == [run_id]
