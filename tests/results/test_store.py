from __future__ import annotations

import errno
import json
import multiprocessing
import os
import signal
import stat
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from didymium.errors import NotFound, StoreError, UnknownTerm
from didymium.results import Manifest, Result, RunStore, result_bytes
from didymium.results import store as store_module
from didymium.results.store import MANIFEST, RESULT, default_store, exchange

CALL = {"command": "exposure", "params": {"parties": ["USA", "JPN"], "seed": 7}, "layers": []}
DATASET = {"id": "abc123abc123", "version": "2026.11", "layers": ["base"]}


def answer(year: int = 2024, share: float = 0.91) -> Result:
    return Result.of(
        "exposure",
        request={"year": year, "parties": ("USA", "JPN")},
        dataset=DATASET,
        code_version="0.1.0",
        rows=[{"product": "nd_oxide", "year": year, "top_share": share, "note": "分離", "source_ids": ["s1"]}],
        tables={"certificates": [{"scenario": "base", "status": "optimal", "gap": 0.0}]},
        warnings=["one source disagrees"],
    )


def record(result: Result, created: str = "2026-11-23T10:00:00+00:00") -> Manifest:
    return Manifest.of(result, call=CALL, tables={"production": "ff00"}, created=created)


def keep(store: RunStore, result: Result) -> Path:
    return store.save(result, record(result))


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


def test_a_run_reads_back_as_it_was_saved(store: RunStore) -> None:
    kept = answer()
    folder = keep(store, kept)
    assert sorted(p.name for p in folder.iterdir()) == [MANIFEST, RESULT]
    assert store.read(kept.run_id) == result_bytes(kept)
    assert result_bytes(store.load(kept.run_id)) == result_bytes(kept)
    assert store.verify(kept.run_id) == ""


def test_the_manifest_names_what_decided_the_answer(store: RunStore) -> None:
    kept = answer()
    keep(store, kept)
    manifest = store.manifest(kept.run_id)
    assert manifest.command == "exposure"
    assert manifest.call == CALL
    assert manifest.dataset == DATASET
    assert manifest.tables == {"production": "ff00"}
    assert manifest.seed == 7
    assert manifest.solver == ({"scenario": "base", "status": "optimal", "gap": 0.0},)
    assert manifest.warnings == ("one source disagrees",)
    assert {"didymium", "python", "highspy", "numpy"} <= set(manifest.versions)


def test_the_time_is_in_the_manifest_and_not_in_the_answer(store: RunStore) -> None:
    kept = answer()
    folder = keep(store, kept)
    assert "2026-11-23T10:00" in (folder / MANIFEST).read_text("utf-8")
    assert "2026-11-23T10:00" not in (folder / RESULT).read_text("utf-8")


def test_saving_the_same_run_again_changes_nothing(store: RunStore) -> None:
    kept = answer()
    folder = keep(store, kept)
    before = (folder / MANIFEST).read_bytes()
    assert store.save(kept, record(kept, created="2027-01-01T00:00:00+00:00")) == folder
    assert (folder / MANIFEST).read_bytes() == before
    assert [p.name for p in store.path.iterdir()] == [kept.run_id]


def test_the_same_run_with_other_bytes_is_refused_and_the_kept_one_stays(store: RunStore) -> None:
    kept = answer(share=0.91)
    keep(store, kept)
    with pytest.raises(StoreError, match="kept with other bytes") as refused:
        keep(store, answer(share=0.92))
    assert f"didymium runs repeat {kept.run_id}" in refused.value.line()
    assert result_bytes(store.load(kept.run_id)) == result_bytes(kept)


def test_a_run_of_another_build_with_other_bytes_is_set_aside(store: RunStore) -> None:
    old = record(answer(share=0.91))
    store.save(answer(share=0.91), replace(old, versions={**old.versions, "code": "0123456789ab"}))
    new = answer(share=0.92)
    keep(store, new)
    assert result_bytes(store.load(new.run_id)) == result_bytes(new)
    assert [e.fault.partition(",")[0] for e in store.list()] == ["", "a run of another build of its version"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG])
@pytest.mark.parametrize("call", ["mkdir", "fsync", "write"])
def test_a_run_that_would_give_way_stays_if_the_new_one_cannot_be_written(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, number: int, call: str
) -> None:
    store.save(answer(share=0.1), replace(record(answer(share=0.1)), versions={"code": "another build"}))
    kept = store.read(answer().run_id)

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        place = {"mkdir": (Path, "mkdir"), "fsync": (os, "fsync"), "write": (store_module, "write_synced")}[call]
        patch.setattr(*place, refuse)
        with pytest.raises(StoreError, match=r"disk is full|limit for files"):
            keep(store, answer(share=0.2))
    assert store.read(answer().run_id) == kept
    assert [entry.name for entry in store.list()] == [answer().run_id]


def test_a_run_gives_way_without_being_missing_for_a_moment(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        (folder / "name").write_text(folder.name)
    exchange(one, other)
    assert [(folder / "name").read_text() for folder in (one, other)] == ["other", "one"]


@pytest.mark.parametrize("platform", ["win32", "linux without the call"])
def test_where_the_system_cannot_exchange_both_are_there_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    monkeypatch.setattr(store_module.sys, "platform", platform)
    test_a_run_gives_way_without_being_missing_for_a_moment(tmp_path)


def test_a_run_of_a_newer_version_is_told_and_left_alone(store: RunStore) -> None:
    folder = keep(store, answer())
    manifest = json.loads((folder / "manifest.json").read_bytes())
    later = json.dumps({**manifest, "format": 3, "not_yet_known": 1}).encode()
    (folder / "manifest.json").write_bytes(later)
    assert store.verify(folder.name).startswith("of a newer version of Didymium: manifest.json has format 3")
    with pytest.raises(StoreError, match="of a newer version"):
        store.load(folder.name)
    with pytest.raises(StoreError, match="of a newer version"):
        keep(store, answer(share=0.2))
    assert (folder / "manifest.json").read_bytes() == later


def test_runs_are_listed_newest_first(store: RunStore) -> None:
    old, new = answer(2023), answer(2024)
    store.save(new, record(new, created="2026-11-23T11:00:00+00:00"))
    store.save(old, record(old, created="2026-11-22T11:00:00+00:00"))
    assert [e.name for e in store.list()] == [new.run_id, old.run_id]


def test_an_empty_or_missing_store_lists_nothing(store: RunStore) -> None:
    assert store.list() == ()


def test_a_run_is_found_by_the_start_of_its_id(store: RunStore) -> None:
    kept = answer()
    keep(store, kept)
    assert store.find(kept.run_id[:4]) == kept.run_id


def test_an_unknown_run_is_refused_with_the_next_step(store: RunStore) -> None:
    with pytest.raises(NotFound, match="holds no run"):
        store.find("abc")
    keep(store, answer())
    with pytest.raises(UnknownTerm, match="didymium runs list"):
        store.find("zzz")
    with pytest.raises(UnknownTerm):
        store.find("../../etc")


def test_an_ambiguous_start_is_refused(store: RunStore) -> None:
    answers = [answer(year) for year in range(1990, 2010)]
    for one in answers:
        keep(store, one)
    first = sorted(a.run_id[0] for a in answers)
    twice = next(c for c in first if first.count(c) > 1)
    with pytest.raises(StoreError, match="Give more digits"):
        store.find(twice)


@pytest.mark.parametrize(
    ("junk", "fault"),
    [
        (".partial-0123456789ab-cafe", "unfinished"),
        ("notes", "not a run"),
        ("0123456789ab", "incomplete: manifest.json is missing"),
    ],
)
def test_what_is_not_a_run_is_reported_and_stops_nothing(store: RunStore, junk: str, fault: str) -> None:
    kept = answer()
    keep(store, kept)
    (store.path / junk).mkdir()
    sound, other = store.list()
    assert (sound.name, sound.fault) == (kept.run_id, "")
    assert (other.name, other.manifest) == (junk, None)
    assert other.fault.startswith(fault)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"run_id": "x"}', b"\xff\xfe", b"null"])
def test_a_spoiled_manifest_is_reported(store: RunStore, body: bytes) -> None:
    kept = answer()
    (keep(store, kept) / MANIFEST).write_bytes(body)
    (entry,) = store.list()
    assert entry.fault.startswith("incomplete: manifest.json")
    with pytest.raises(StoreError):
        store.load(kept.run_id)


def test_a_file_in_the_store_is_reported(store: RunStore) -> None:
    store.prepare()
    (store.path / "0123456789ab").write_text("x")
    (entry,) = store.list()
    assert entry.fault.startswith("unreadable")


def test_tampered_bytes_are_found(store: RunStore) -> None:
    kept = answer()
    folder = keep(store, kept)
    body = (folder / RESULT).read_bytes()
    (folder / RESULT).write_bytes(body.replace(b"0.91", b"0.19"))
    assert store.verify(kept.run_id).startswith("damaged: result.json has hash")
    with pytest.raises(StoreError, match="damaged"):
        store.read(kept.run_id)
    with pytest.raises(StoreError, match="damaged"):
        keep(store, kept)


def test_a_manifest_that_tells_another_story_is_found(store: RunStore) -> None:
    kept = answer()
    folder = keep(store, kept)
    told = json.loads((folder / MANIFEST).read_bytes())
    told["request"]["year"] = 1999
    (folder / MANIFEST).write_text(json.dumps(told), "utf-8")
    assert "another question" in store.verify(kept.run_id)


def test_a_run_under_a_wrong_name_is_found(store: RunStore) -> None:
    kept = answer()
    keep(store, kept).rename(store.path / "0123456789ab")
    assert "names run" in store.verify("0123456789ab")


def test_an_incomplete_run_is_set_aside_when_asked_again(store: RunStore) -> None:
    kept = answer()
    folder = keep(store, kept)
    (folder / RESULT).unlink()
    keep(store, kept)
    assert store.verify(kept.run_id) == ""
    assert [e.fault for e in store.list()] == ["", "an incomplete run that was set aside"]


def test_a_file_in_the_way_of_the_store_is_told(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    for act in (RunStore(tmp_path / "runs").prepare, lambda: keep(RunStore(tmp_path / "runs"), answer())):
        with pytest.raises(StoreError, match="a file is in the way") as refused:
            act()
        assert "--store" in refused.value.line()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_read_only_folder_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with pytest.raises(StoreError, match="not writable"):
            RunStore(tmp_path / "runs").prepare()
    finally:
        tmp_path.chmod(stat.S_IRWXU)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EROFS, "not writable"),
        (errno.EACCES, "not writable"),
        (errno.EIO, ""),
    ],
)
@pytest.mark.parametrize("call", ["mkdir", "fsync", "rename"])
def test_what_the_system_refuses_is_one_line_and_leaves_nothing(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, number: int, words: str, call: str
) -> None:
    store.prepare()

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(*((os, "fsync") if call == "fsync" else (Path, call)), refuse)
        with pytest.raises(StoreError) as refused:
            keep(store, answer())
    assert words in refused.value.line()
    assert "\n" not in refused.value.line()
    assert list(store.path.iterdir()) == []


def _save_many(path: str, first: int, gate: Any) -> None:
    gate.wait()
    for number in range(20):
        # Half of the runs are the same for all writers, half are the writer's own.
        year = number if number % 2 else 1000 * first + number
        keep(RunStore(Path(path)), answer(year))


def test_eight_writers_at_once_lose_and_break_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(8)
    writers = [context.Process(target=_save_many, args=(str(tmp_path), n, gate)) for n in range(1, 9)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [w.exitcode for w in writers] == [0] * 8
    entries = RunStore(tmp_path).list()
    assert [e for e in entries if e.fault] == []
    assert len(entries) == 10 + 8 * 10


def _save_slowly(path: str, started: Any) -> None:
    sync = os.fsync

    def slow(handle: int) -> None:
        started.set()
        time.sleep(60)
        sync(handle)

    os.fsync = slow
    keep(RunStore(Path(path)), answer())


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a signal that cannot be caught")
def test_a_writer_killed_half_way_leaves_no_run(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    writer = context.Process(target=_save_slowly, args=(str(tmp_path), started))
    writer.start()
    assert started.wait(30)
    writer.kill()
    writer.join(30)
    store = RunStore(tmp_path)
    (left,) = store.list()
    assert left.fault.startswith("unfinished")
    keep(store, answer())
    assert store.verify(answer().run_id) == ""


def test_the_manifest_refuses_a_later_format() -> None:
    later = replace(record(answer()), format=99)
    with pytest.raises(ValueError, match="format 99"):
        Manifest.from_bytes(later.to_bytes())


@pytest.mark.parametrize(
    ("system", "named", "folder"),
    [
        ("linux", {}, "/people/a/.local/share/didymium"),
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/didymium"),
        (
            "linux",
            {"XDG_DATA_HOME": "data"},
            "/people/a/.local/share/didymium",
        ),  # the standard: a relative one is ignored
        ("darwin", {}, "/people/a/Library/Application Support/didymium"),
        ("win32", {}, "/people/a/AppData/Local/didymium"),
        ("win32", {"LOCALAPPDATA": "/users/a/local"}, "/users/a/local/didymium"),
    ],
)
def test_the_default_store_is_in_the_users_data_folder(
    system: str, named: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("didymium.results.store.sys.platform", system)
    monkeypatch.setattr(Path, "home", lambda: Path("/people/a"))
    for name in ("XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    assert default_store() == Path(folder)
