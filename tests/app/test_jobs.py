"""Jobs: done once, cancelled, kept over a restart."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from didymium.app.jobs import Job, Jobs, Progress
from didymium.errors import BadInput, StoreError


def until(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come to pass within five seconds")


def state(jobs: Jobs, key: str) -> str:
    job = jobs.find(key)
    assert job is not None
    return job.state


def test_a_job_is_done_once_and_kept(tmp_path: Path) -> None:
    calls = []

    def work(command: str, params: Mapping[str, Any], progress: Progress) -> str:
        calls.append((command, dict(params)))
        progress(1, 2)
        return "abc"

    jobs = Jobs(tmp_path, work)
    jobs.start("k", "stress", {"draws": 8}, "/ask/stress")
    until(lambda: state(jobs, "k") == "done")
    jobs.start("k", "stress", {"draws": 8}, "/ask/stress")
    jobs.close()
    assert calls == [("stress", {"draws": 8})]
    again = Jobs(tmp_path, work).find("k")
    assert again == Job("k", "stress", {"draws": 8}, "/ask/stress", "done", 0, 0, "abc")


def test_a_job_that_a_stopped_server_left_begins_again(tmp_path: Path) -> None:
    held = threading.Event()

    def stuck(command: str, params: Mapping[str, Any], progress: Progress) -> str:
        held.wait(10)
        return "old"

    first = Jobs(tmp_path, stuck)
    first.start("k", "stress", {}, "/ask/stress")
    until(lambda: state(first, "k") == "running")
    second = Jobs(tmp_path, lambda command, params, progress: "new")
    until(lambda: state(second, "k") == "done")
    found = second.find("k")
    assert found is not None and found.run_id == "new"
    held.set()
    first.close()


def test_cancel_ends_the_work_at_its_next_step(tmp_path: Path) -> None:
    begun = threading.Event()

    def long(command: str, params: Mapping[str, Any], progress: Progress) -> str:
        for step in range(1000):
            begun.set()
            progress(step, 1000)
            time.sleep(0.01)
        return "never"

    jobs = Jobs(tmp_path, long)
    jobs.start("k", "stress", {}, "/ask/stress")
    begun.wait(5)
    jobs.cancel("k")
    until(lambda: state(jobs, "k") == "stopped")
    jobs.close()


def test_a_fault_is_said(tmp_path: Path) -> None:
    def wrong(command: str, params: Mapping[str, Any], progress: Progress) -> str:
        raise BadInput("no such year", cure="Choose another.")

    jobs = Jobs(tmp_path, wrong)
    jobs.start("k", "gaps", {}, "/ask/gaps")
    until(lambda: state(jobs, "k") == "failed")
    job = jobs.find("k")
    assert job is not None and "no such year" in job.fault
    jobs.close()


def test_a_broken_file_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{", encoding="utf-8")
    assert Jobs(tmp_path, lambda command, params, progress: "").all() == []


def test_work_that_cannot_be_written_down_is_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    jobs = Jobs(tmp_path, lambda command, params, progress: "abc")
    monkeypatch.setattr("didymium.app.jobs.write_synced", full)
    with pytest.raises(StoreError, match="the disk is full"):
        jobs.start("k", "stress", {}, "/ask/stress")
    assert jobs.find("k") is None and list(tmp_path.iterdir()) == []
    jobs.close()


def test_a_disk_that_fills_up_meanwhile_does_not_hide_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()

    def work(command: str, params: Mapping[str, Any], progress: Progress) -> str:
        go.wait(5)
        return "abc"

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    jobs = Jobs(tmp_path, work)
    jobs.start("k", "stress", {}, "/ask/stress")
    until(lambda: state(jobs, "k") == "running")
    monkeypatch.setattr("didymium.app.jobs.write_synced", full)
    go.set()
    until(lambda: state(jobs, "k") == "done")
    jobs.close()
    monkeypatch.undo()
    again = Jobs(tmp_path, work)  # what was written says that it was begun: it is done again
    until(lambda: state(again, "k") == "done")
    again.close()


def test_a_job_is_on_the_disk_before_anybody_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (synced.append(handle), real(handle))[1])
    jobs = Jobs(tmp_path, lambda command, params, progress: "abc")
    jobs.start("k", "stress", {}, "/ask/stress")
    assert len(synced) >= 2  # the file and its folder
    jobs.close()
