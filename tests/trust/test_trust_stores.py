"""Stores that earlier versions wrote open, and say what they said; a later one is refused with a word."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from didymium.app.jobs import Jobs
from didymium.data.journal_file import load
from didymium.errors import StoreError
from didymium.results import RunStore, result_bytes
from didymium.results.chunks import ChunkStore
from didymium.results.manifest import FORMAT
from tests.trust import saving

STORES = Path(__file__).parent / "stores"
with (STORES / "expected.csv").open(encoding="utf-8", newline="") as table:
    EXPECTED = list(csv.DictReader(table))


@pytest.fixture
def stores(tmp_path: Path) -> Path:
    """A copy, because who opens a store may write in it."""
    return Path(shutil.copytree(STORES, tmp_path / "stores"))


def test_every_kept_store_is_expected_and_every_form_has_one() -> None:
    kept = {(path.parts[-4], path.parts[-2]) for path in STORES.glob("*/runs/*/result.json")}
    assert kept == {(line["store"], line["run_id"]) for line in EXPECTED}
    forms = {json.loads(path.read_text("utf-8"))["format"] for path in STORES.glob("*/runs/*/manifest.json")}
    assert forms == set(range(1, FORMAT + 1)), "a new form needs a store of the form before: see stores/README.md"


@pytest.mark.parametrize("line", EXPECTED, ids=lambda line: f"{line['store']}-{line['run_id']}")
def test_a_run_of_an_earlier_version_opens_with_the_same_answer(line: dict[str, str], stores: Path) -> None:
    store, run = RunStore(stores / line["store"] / "runs"), line["run_id"]
    assert store.verify(run) == ""
    assert hashlib.sha256(store.read(run)).hexdigest() == line["sha256"]
    answer = store.load(run)
    assert answer.run_id == run and [row["year"] for row in answer.rows] == list(range(2020, 2026))
    assert answer.rows[0]["note"] == "日本 – kept" and answer.rows[1]["note"] is None
    assert set(store.arrays(run)) == set(answer.array_hashes)
    assert run in {entry.name for entry in store.list() if not entry.fault}


def test_an_answer_of_the_present_form_is_written_as_it_was(stores: Path) -> None:
    store = RunStore(stores / f"format-{FORMAT}" / "runs")
    for entry in store.list():
        assert result_bytes(store.load(entry.name)) == store.read(entry.name)


def test_a_changed_byte_of_an_earlier_store_is_found(stores: Path) -> None:
    for line in EXPECTED:
        answer = stores / line["store"] / "runs" / line["run_id"] / "result.json"
        answer.write_bytes(answer.read_bytes().replace(b"one warning", b"two warning"))
        assert RunStore(stores / line["store"] / "runs").verify(line["run_id"]).startswith("damaged")


def test_a_later_form_is_refused_with_a_word_and_left_alone(stores: Path) -> None:
    run = EXPECTED[-1]["run_id"]
    store = RunStore(stores / EXPECTED[-1]["store"] / "runs")
    folder = store.path / run
    later = replace(store.manifest(run), format=FORMAT + 1).to_bytes()
    (folder / "manifest.json").write_bytes(later)
    with pytest.raises(StoreError, match="of a newer version of Didymium"):
        store.load(run)
    assert (folder / "manifest.json").read_bytes() == later


def test_a_journal_a_chunk_and_a_job_of_an_earlier_version_open(stores: Path) -> None:
    old = stores / "format-2"
    assert [entry.subject for entry in load(old / "journal.jsonl")] == ["promise-1", "promise-2", "promise-3"]
    kept = ChunkStore(old / "ensembles").of("work", code="here")
    assert kept.names((8, 9)) == ("cost", "flows") and kept.read((8, 9), "cost").tolist() == [8 / 7, 9 / 7]
    jobs = Jobs(old / "jobs", lambda command, params, progress: "another run")
    job = jobs.find("first")
    jobs.close()
    assert job is not None and (job.state, job.run_id) == ("done", "run-of-first")


def test_what_is_indexed_or_cached_is_made_again(stores: Path) -> None:
    """The folders are the truth: a store moved elsewhere, or listed for the first time, needs no index beside it."""
    moved = Path(shutil.move(stores / "format-2", stores / "moved"))
    names = {entry.name for entry in RunStore(moved / "runs").list()}
    assert names == {line["run_id"] for line in EXPECTED if line["store"] == "format-2"}
    assert [path for path in moved.rglob("*") if path.suffix in (".duckdb", ".db", ".sqlite", ".wal")] == []
    assert saving.faults(moved, [("chunk", "[8, 9]", "")]) == []
