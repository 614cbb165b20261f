"""Work that takes longer than a page may: kept as a file, so that it outlives a reload and a restart of the server.

A job is named by the hash of what it asks. Its file is written aside, synced and renamed: what was begun is on the disk
before anybody is told so. Jobs that a stopped server left
unfinished begin again when the next one starts; parts of ensembles that were finished are not computed twice.
"""

from __future__ import annotations

import contextlib
import json
import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from didymium.errors import DidymiumError, StoreError
from didymium.results.store import reason, sync_folder, write_synced

Progress = Callable[[int, int], None]
Work = Callable[[str, Mapping[str, Any], Progress], str]
"""Called with a command and its parameters; returns the id of the run."""

log = logging.getLogger(__name__)

OPEN = ("waiting", "running")


class _Stopped(Exception):
    """Somebody asked the work to end."""


@dataclass(frozen=True, slots=True)
class Job:
    """How a piece of work stands: waiting, running, done, failed or stopped."""

    key: str
    command: str
    params: Mapping[str, Any]
    address: str
    state: str = "waiting"
    done: int = 0
    of: int = 0
    run_id: str = ""
    fault: str = ""

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


class Jobs:
    """The work of one server, one piece at a time. `folder` holds a file for each.

    `key_of` says what a piece of work would be called now: one that waited under another name was asked of other data,
    and its answer would pass for theirs.
    """

    def __init__(self, folder: Path, work: Work, key_of: Callable[[str, Mapping[str, Any]], str] | None = None) -> None:
        self._folder = folder
        self._work = work
        self._key_of = key_of
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="job")
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._stop: set[str] = set()
        folder.mkdir(parents=True, exist_ok=True)
        for file in sorted(folder.glob("*.json")):
            with contextlib.suppress(ValueError, TypeError, KeyError):
                job = Job(**json.loads(file.read_text(encoding="utf-8")))
                self._jobs[job.key] = job
        for job in list(self._jobs.values()):
            if job.is_open:
                self._set(replace(job, state="waiting", done=0, of=0))
                self._pool.submit(self._run, job.key)

    def start(self, key: str, command: str, params: Mapping[str, Any], address: str) -> Job:
        """The job of this key: as it stands if it is open or done, else begun.

        Raises StoreError if it cannot be written down: it is not begun then.
        """
        with self._lock:
            job = self._jobs.get(key)
            if job is not None and (job.is_open or job.state == "done"):
                return job
        return self._submit(Job(key, command, dict(params), address))

    def find(self, key: str) -> Job | None:
        """How a job stands; None if nobody asked for it."""
        with self._lock:
            return self._jobs.get(key)

    def all(self) -> list[Job]:
        """All jobs, open ones first."""
        with self._lock:
            return sorted(self._jobs.values(), key=lambda job: (not job.is_open, job.command, job.key))

    def cancel(self, key: str) -> None:
        """End a job at its next step."""
        with self._lock:
            job = self._jobs.get(key)
            if job is not None and job.is_open:
                self._stop.add(key)
        if job is not None and job.state == "waiting":
            self._set(replace(job, state="stopped"))

    def close(self) -> None:
        """Stop taking work; what runs is left open in its file and begins again with the next server."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _submit(self, job: Job) -> Job:
        with self._lock:
            self._stop.discard(job.key)
        self._write(job)
        with self._lock:
            self._jobs[job.key] = job
        self._pool.submit(self._run, job.key)
        return job

    def _run(self, key: str) -> None:
        job = self.find(key)
        if job is None or job.state != "waiting":
            return
        if self._key_of is not None and self._key_of(job.command, job.params) != key:
            self._set(replace(job, state="failed", fault="The data or the version changed since it was asked."))
            return
        self._set(replace(job, state="running"))

        def progress(done: int, of: int) -> None:
            now = self.find(key)
            if key in self._stop:
                raise _Stopped
            if now is not None:
                with self._lock:  # shown, not written: a file for each step would be too much
                    self._jobs[key] = replace(now, done=done, of=of)

        try:
            run_id = self._work(job.command, job.params, progress)
        except _Stopped:
            self._set(replace(job, state="stopped"))
        except DidymiumError as wrong:
            self._set(replace(job, state="failed", fault=str(wrong)))
        except Exception as wrong:
            log.exception("job %s", key)
            self._set(replace(job, state="failed", fault=type(wrong).__name__))
        else:
            self._set(replace(job, state="done", run_id=run_id))

    def _set(self, job: Job) -> None:
        """How a job stands now, in its file too. What was written before stays if the disk takes no more."""
        try:
            self._write(job)
        except StoreError as refused:
            log.error("job %s: %s", job.key, refused)
        with self._lock:
            self._jobs[job.key] = job

    def _write(self, job: Job) -> None:
        file = self._folder / f"{job.key}.json"
        aside = file.with_suffix(f".{secrets.token_hex(6)}.part")
        try:
            try:
                write_synced(aside, json.dumps(asdict(job), ensure_ascii=False).encode("utf-8"))
                aside.replace(file)
            finally:
                aside.unlink(missing_ok=True)
            sync_folder(self._folder)
        except OSError as refused:
            raise StoreError(
                f"the work cannot be written down: {reason(refused)}.",
                where=str(self._folder),
                cure="Free some space, then ask again.",
            ) from refused
