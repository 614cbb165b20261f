"""What a user's process keeps, as a script that says what it was promised; and what must hold of the folder afterwards.

The script writes a line for each promise after the call returned. `faults` reads the folder with plain `json` and
`hashlib` first and with the program second, so that a mistake of the store cannot hide in its own reader.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from didymium.app.jobs import Jobs
from didymium.data.chained import Draft
from didymium.data.journal import read as read_journal
from didymium.data.journal_file import append, load
from didymium.errors import DidymiumError
from didymium.results import Manifest, Result, RunStore
from didymium.results.chunks import ChunkStore

Promise = tuple[str, str, str]
"""Kind, name, and hash or state of what was promised."""
Say = Callable[[Promise], None]

_ARRAYS = {"flows": {"a": np.arange(600.0), "b": np.ones((3, 5))}}
_CHUNKS = ((0, 1, 2, 3), (4, 5, 6, 7), (8, 9))


def answer(year: int, *, status: str = "complete", value: float = 1.5, arrays: bool = False) -> Result:
    """A small answer; the year makes it another question."""
    return Result.of(
        "exposure",
        request={"year": year},
        dataset={"id": "d" * 64, "version": "2026.1"},
        code_version="0.0.1",
        rows=[{"name": f"r{i}", "value": value + i} for i in range(40)],
        status=status,
        arrays=_ARRAYS if arrays else None,
    )


def manifest(result: Result, code: str = "here") -> Manifest:
    """Its manifest, by the build `code`."""
    call = {"command": "exposure", "params": {}, "layers": []}
    made = Manifest.of(result, call=call, created="2026-01-01T00:00:00+00:00")
    return replace(made, versions={**made.versions, "didymium": "0.0.1", "code": code})


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _draft(number: int) -> Draft:
    fields = {"notes": f"line {number} " + "x" * 200}
    return Draft("update", f"promise-{number}", fields, who="harness", why="to be killed")


def _chunk(chunk: tuple[int, ...]) -> dict[str, Any]:
    return {"cost": np.array(chunk) / 7, "flows": np.outer(chunk, np.arange(50.0))}


def _keep_run(folder: Path, say: Say, result: Result, code: str = "here") -> None:
    kept = RunStore(folder / "runs").save(result, manifest(result, code))
    say(("run", result.run_id, _hash((kept / "result.json").read_bytes())))


def _write_lines(folder: Path, say: Say, numbers: Iterable[int]) -> None:
    for entry in append(folder / "journal.jsonl", [_draft(n) for n in numbers], at="2026-01-01T00:00:00+00:00"):
        say(("line", entry.subject, entry.hash))


def _write_chunks(folder: Path, say: Say, chunks: Iterable[tuple[int, ...]]) -> None:
    kept = ChunkStore(folder / "ensembles").of("work", code="here")
    for chunk in chunks:
        kept.write(chunk, _chunk(chunk))
        say(("chunk", repr(list(chunk)), ""))


def _work(command: str, params: Mapping[str, Any], progress: Callable[[int, int], None]) -> str:
    progress(1, 1)
    return f"run-of-{command}"


def _do_jobs(folder: Path, say: Say, names: Iterable[str]) -> None:
    jobs = Jobs(folder / "jobs", _work)
    try:
        for name in names:
            jobs.start(name, name, {"year": 2030}, "/ask")
            say(("job", name, "asked"))
        for name in names:
            while (job := jobs.find(name)) is not None and job.is_open:
                time.sleep(0.001)
            if job is not None and job.state == "done":
                say(("job", name, "done"))
            elif job is not None:
                raise DidymiumError(job.fault)
    finally:
        jobs.close()


def before(folder: Path, say: Say) -> None:
    """What was there already: runs, one partial and one of another build; lines, a chunk, a job that is done."""
    _keep_run(folder, say, answer(2020))
    _keep_run(folder, say, answer(2021, arrays=True))
    _keep_run(folder, say, answer(2022, status="partial", value=9.5))
    _keep_run(folder, say, answer(2023, value=8.5), "another build")
    _write_lines(folder, say, (1, 2))
    _write_chunks(folder, say, _CHUNKS[:1])
    _do_jobs(folder, say, ("first",))


def runs(folder: Path, say: Say) -> None:
    """Runs: plain, with arrays, the same again, in place of a partial one, in place of one of another build."""
    _keep_run(folder, say, answer(2030))
    _keep_run(folder, say, answer(2031, arrays=True))
    _keep_run(folder, say, answer(2020))
    _keep_run(folder, say, answer(2022))
    _keep_run(folder, say, answer(2023))


def journal(folder: Path, say: Say) -> None:
    """Lines of the journal: one, three at once (all or none), one more."""
    for numbers in ((3,), (4, 5, 6), (7,)):
        _write_lines(folder, say, numbers)


def chunks(folder: Path, say: Say) -> None:
    """Parts of an ensemble."""
    _write_chunks(folder, say, _CHUNKS)


def jobs(folder: Path, say: Say) -> None:
    """Work that the pages were asked for."""
    _do_jobs(folder, say, ("second", "third"))


SCRIPTS: dict[str, Callable[[Path, Say], None]] = {"runs": runs, "journal": journal, "chunks": chunks, "jobs": jobs}


def faults(folder: Path, promised: Iterable[Promise]) -> list[str]:
    """What does not hold of the folder: a promise that was lost, something half-there, something that does not open."""
    last = {(kind, name): state for kind, name, state in promised}
    return [
        *_of_runs(folder, {n: s for (k, n), s in last.items() if k == "run"}),
        *_of_lines(folder, {n: s for (k, n), s in last.items() if k == "line"}),
        *_of_chunks(folder, [json.loads(n) for k, n in last if k == "chunk"]),
        *_of_jobs(folder, {n: s for (k, n), s in last.items() if k == "job"}),
    ]


def _of_runs(folder: Path, promised: Mapping[str, str]) -> Iterable[str]:
    replaced = {answer(2022).run_id, answer(2023).run_id}  # may hold the later answer before anybody was told
    for name, digest in promised.items():
        file = folder / "runs" / name / "result.json"
        if not file.is_file():
            yield f"run {name} is lost"
        elif _hash(file.read_bytes()) != digest and name not in replaced:
            yield f"run {name} has other bytes than were promised"
    store = RunStore(folder / "runs")
    for entry in store.list():
        if entry.name.startswith("."):
            continue
        if fault := store.verify(entry.name):
            yield f"run {entry.name} is {fault}"
        else:
            store.load(entry.name)
            store.arrays(entry.name)


def _of_lines(folder: Path, promised: Mapping[str, str]) -> Iterable[str]:
    file = folder / "journal.jsonl"
    whole = file.read_bytes().split(b"\n")[:-1]
    try:
        known = {line["commitment_id"]: line["hash"] for line in map(json.loads, whole)}
    except ValueError:
        yield "the journal has a line that is no JSON, and lines after it"
        return
    for name, digest in promised.items():
        if known.get(name) != digest:
            yield f"line {name} is lost"
    try:
        read_journal(b"".join(line + b"\n" for line in whole))
        held = {entry.subject for entry in load(file)}
    except DidymiumError as wrong:
        yield f"the journal does not open: {wrong}"
        return
    if 0 < len(held & {"promise-4", "promise-5", "promise-6"}) < 3:
        yield f"of three lines written at once some are there: {sorted(held)}"


def _of_chunks(folder: Path, promised: Iterable[list[int]]) -> Iterable[str]:
    kept = ChunkStore(folder / "ensembles").of("work", code="here")
    for chunk in map(tuple, promised):
        expected = _chunk(chunk)
        if kept.names(chunk) != tuple(expected):
            yield f"chunk {chunk} is lost"
        elif any(kept.read(chunk, name).tobytes() != array.tobytes() for name, array in expected.items()):
            yield f"chunk {chunk} has other bytes"
    for file in kept.path.glob("*.chunk"):
        if not any(kept.file(chunk) == file and kept.names(chunk) is not None for chunk in _CHUNKS):
            yield f"chunk {file.name} is half there"


def _of_jobs(folder: Path, promised: Mapping[str, str]) -> Iterable[str]:
    for file in (folder / "jobs").glob("*.json"):
        try:
            json.loads(file.read_text("utf-8"))
        except ValueError:
            yield f"job {file.name} is half there"
    for name, state in promised.items():
        file = folder / "jobs" / f"{name}.json"
        if not file.is_file():
            yield f"job {name} is lost"
        elif state == "done" and json.loads(file.read_text("utf-8")).get("run_id") != f"run-of-{name}":
            yield f"job {name} was done and is not"
