"""Let the disk be full, or the file-size limit be reached, at many points, and see what is left and what is said.

    python -m tests.trust.full --record                       both, at 60 points or more each
    python -m tests.trust.full --broken 'run in place'     the same on a broken store: must find faults

A full disk is played by the preloaded library (`shim.py`): from the n-th call on, whatever takes space fails with
ENOSPC, and the first write may go half through. The file-size limit is the system's own (`setrlimit`). The process has
to end with a refusal that names the cause; nothing that was promised may be lost and nothing half-there; what was kept
before must open; and once there is space again the same script must run to its end.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.trust import saving
from tests.trust.kills import Harness, Tally, after, room
from tests.trust.record import record
from tests.trust.shim import FULL, HALF_AND_FULL, run_again_with_shim
from tests.trust.variants import VARIANTS

LIMITS = 60
_SAID = {"disk": ("the disk is full", "No space left on device"), "limit": ("the limit for files", "File too large")}


def _judge(
    harness: Harness, script: str, kind: str, where: str, code: int, promised: list[saving.Promise], tally: Tally
) -> None:
    told = [p for p in promised if p[0] == "!"]
    # A job whose end cannot be written down begins again with the next server: its run is kept, and found.
    kept = [(kind, name, "asked" if kind == "job" else state) for kind, name, state in promised if kind != "!"]
    if code == 0:
        tally.ended += 1  # what was asked took no space after the point
    else:
        tally.kills += 1
        words = told[-1][2] if told else ""
        if code != 2 or not any(cause in words for cause in _SAID[kind]):
            tally.faults.append(f"{script}, {where}: ended with {code} and says {words!r}, which names no cause")
    found = after(script, harness.folder / "now", [*harness.promised, *kept])
    tally.faults += [f"{script}, {where}: {fault}" for fault in found]


def full_disk(harness: Harness, scripts: Sequence[str], *, step: int = 1) -> Tally:
    """A disk that is full from each call on."""
    tally = Tally()
    for script in scripts:
        calls = harness.calls(script)
        for number in range(1, len(calls) + 1, step):
            for how in (FULL, HALF_AND_FULL) if calls[number - 1][0] == "write" else (FULL,):
                code, promised = harness.run(saving.SCRIPTS[script], lambda n=number, h=how: harness.shim.arm(n, h))
                where = f"full from call {number}{' half' if how == HALF_AND_FULL else ''}"
                _judge(harness, script, "disk", where, code, promised, tally)
    return tally


def file_limit(harness: Harness, scripts: Sequence[str], points: int = LIMITS) -> Tally:
    """A limit for the size of a file, from nothing to the largest that a script writes."""
    tally = Tally()
    for script in scripts:
        harness.run(saving.SCRIPTS[script], lambda: None)
        largest = max(file.stat().st_size for file in _written(harness.folder / "now", script))
        for point in range(points):
            size = point * largest // points
            code, promised = harness.run(saving.SCRIPTS[script], _limited(size))
            _judge(harness, script, "limit", f"files of {size} bytes at most", code, promised, tally)
    return tally


def _written(folder: Path, script: str) -> list[Path]:
    """The files of a script: those of its folder, or its one file."""
    names = {"runs": "runs/**/*", "journal": "journal.jsonl", "chunks": "ensembles/**/*", "jobs": "jobs/*"}
    return [file for file in folder.glob(names[script]) if file.is_file()]


def _limited(size: int) -> Callable[[], None]:
    def limit() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def main() -> int:
    """Refuse space, say what was found, and record it if asked."""
    run_again_with_shim()
    logging.disable(logging.CRITICAL)  # what a job tells the log, the harness hears from the job
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="keep the figure for the page of trust")
    parser.add_argument("--limits", type=int, default=LIMITS, help="points of the file-size limit, for each script")
    parser.add_argument("--step", type=int, default=1, help="a full disk at each n-th call alone")
    parser.add_argument("--only", choices=sorted(saving.SCRIPTS), help="one script alone")
    parser.add_argument("--broken", choices=sorted(VARIANTS), help="break the store on purpose")
    asked = parser.parse_args()
    with room() as folder:
        harness = Harness(folder, asked.broken)
        scripts = (asked.only,) if asked.only else tuple(saving.SCRIPTS)
        disk = full_disk(harness, scripts, step=asked.step)
        limit = file_limit(harness, scripts, asked.limits)
    for fault in [*disk.faults, *limit.faults][:20]:
        print(fault)
    figure = (
        f"disk full at {disk.kills} points, {len(disk.faults)} faults; "
        f"file-size limit at {limit.kills} points, {len(limit.faults)} faults"
    )
    print(figure)
    if asked.record and asked.step == 1 and not asked.broken and not asked.only:
        record(5, "disk full and file-size limit", figure, "python -m tests.trust.full --record", file="store")
    return 1 if disk.faults or limit.faults else 0


if __name__ == "__main__":
    sys.exit(main())
