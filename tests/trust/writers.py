"""Eight processes keep runs and write journal lines at once, fifty times each; every one must be there, once.

    python -m tests.trust.writers --record                              undisturbed, and with writers that are killed
    python -m tests.trust.writers --broken 'journal without a lock'     must find faults

Each commit of a writer is a run of its own, a run that all writers keep, and a line of the one journal. A writer that
was killed begins anew, as a user would: it looks what is there, and does the rest. Then a process holds the journal,
and another one has to say within five seconds that it is busy. A writer that is told so tries again.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from didymium.data.chained import Draft
from didymium.data.journal_file import append, load
from didymium.errors import StoreError
from didymium.results import RunStore
from tests.trust.kills import child, room
from tests.trust.record import record
from tests.trust.saving import answer, manifest
from tests.trust.variants import VARIANTS, broken

WRITERS, COMMITS = 8, 50
SAYS_BUSY_WITHIN = 5.0
_AT = "2026-01-01T00:00:00+00:00"


def _name(writer: int, commit: int) -> str:
    return f"writer-{writer}-{commit}"


def _own(writer: int, commit: int) -> int:
    """The year that makes a run a writer's own."""
    return 10_000 + 1_000 * writer + commit


def write(folder: Path, writer: int, commits: int) -> None:
    """Do what is not there yet of the commits of one writer."""
    store, journal = RunStore(folder / "runs"), folder / "journal.jsonl"
    there = {entry.subject for entry in load(journal)} if journal.exists() else set()
    for commit in range(commits):
        for year in (_own(writer, commit), 9_000 + commit):
            store.save(answer(year), manifest(answer(year)))
        if _name(writer, commit) not in there:
            _add(journal, _name(writer, commit))


def _add(journal: Path, name: str) -> None:
    """Write a line, again when another writer has held the journal for long."""
    draft = Draft("update", name, {"notes": "x"}, who="harness", why="at once")
    while True:
        try:
            append(journal, [draft], at=_AT)
            return
        except StoreError as said:
            if "busy" not in str(said):
                raise


def together(folder: Path, writers: int, commits: int, *, kills: int, seed: int, variant: str | None) -> list[str]:
    """Run all writers to their end, some of them killed on the way; what did not hold."""
    draw, faults = random.Random(seed), list[str]()

    def start(writer: int) -> tuple[int, int]:
        with broken(variant):
            return child(lambda at, say: write(at, writer, commits), folder, lambda: None, patience=600)

    running = {writer: start(writer) for writer in range(writers)}
    while kills > 0:
        time.sleep(draw.uniform(0.0, 0.2))
        writer = draw.choice(sorted(running))
        pid, out = running[writer]
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.close(out)
        os.waitpid(pid, 0)
        running[writer] = start(writer)
        kills -= 1
    for writer, (pid, out) in running.items():
        with os.fdopen(out, "rb") as pipe:
            words = pipe.read().decode().strip()
        if code := os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
            faults.append(f"writer {writer} ended with {code}: {words}")
    return [*faults, *missing(folder, writers, commits)]


def missing(folder: Path, writers: int, commits: int) -> Iterator[str]:
    """Runs and lines that are not there once, and whole."""
    store = RunStore(folder / "runs")
    wanted = {answer(_own(w, c)).run_id for w in range(writers) for c in range(commits)}
    wanted |= {answer(9_000 + c).run_id for c in range(commits)}
    found = {entry.name for entry in store.list() if not entry.name.startswith(".")}
    if wanted != found:
        yield f"{len(wanted - found)} runs are missing, {len(found - wanted)} are too many"
    yield from (f"run {name} is {fault}" for name in sorted(found & wanted) if (fault := store.verify(name)))
    try:
        lines = Counter(entry.subject for entry in load(folder / "journal.jsonl"))
    except Exception as wrong:  # noqa: BLE001 - whatever it is, the journal does not open
        yield f"the journal does not open: {wrong}"
        return
    names = {_name(w, c) for w in range(writers) for c in range(commits)}
    if names != set(lines) or set(lines.values()) != {1}:
        twice = sum(count > 1 for count in lines.values())
        yield f"{len(names - set(lines))} lines are missing, {twice} are there twice"


def busy(folder: Path) -> list[str]:
    """A journal that another process holds: the writer says so in time, and nothing is written."""
    import fcntl

    journal = folder / "journal.jsonl"
    before = journal.read_bytes()
    with journal.with_name("journal.jsonl.lock").open("a+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        begun = time.monotonic()
        try:
            append(journal, [Draft("update", "late", {"notes": "x"}, who="harness", why="busy")], at=_AT)
        except StoreError as said:
            took = time.monotonic() - begun
            late = took > SAYS_BUSY_WITHIN or "busy" not in str(said)
            found = [f"after {took:.1f} s the writer says: {said}"] if late else []
        else:
            found = ["a journal that is held was written"]
    return found if journal.read_bytes() == before else [*found, "a refused line is there"]


def main() -> int:
    """Write, say what was found, and record it if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="keep the figure for the page of trust")
    parser.add_argument("--writers", type=int, default=WRITERS)
    parser.add_argument("--commits", type=int, default=COMMITS)
    parser.add_argument("--kills", type=int, default=40, help="writers killed in the second round")
    parser.add_argument("--broken", choices=sorted(VARIANTS), help="break the store on purpose")
    asked = parser.parse_args()
    faults, figures = [], []
    for kills in (0, asked.kills):
        with room() as folder:
            found = together(folder, asked.writers, asked.commits, kills=kills, seed=kills, variant=asked.broken)
            if kills == 0 and not found:
                found += busy(folder)
        faults += found
        there = "all there once" if not found else f"{len(found)} faults"
        figures.append(f"{kills} kills: {there}" if kills else there)
    for fault in faults[:20]:
        print(fault)
    figure = f"{asked.writers} writers × {asked.commits} commits: {figures[0]}; with {figures[1]}"
    figure += "" if faults else "; busy is said within 5 s"
    print(figure)
    if asked.record and not asked.broken:
        record(6, "8 writers × 50 commits", figure, "python -m tests.trust.writers --record", file="store")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
