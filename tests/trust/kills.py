"""Kill a process that keeps things, at every call that changes a file and at many moments, and see what is left.

    python -m tests.trust.kills --record            every call, 200 moments
    python -m tests.trust.kills --broken 'run in place'     the same on a broken store: must find faults

A child is forked, keeps things (`saving.py`), and says what it was promised. It is killed by SIGKILL from within at its
n-th call, for each n, once before the call and once after half of a write; and from outside at moments spread over its
run. After each kill nothing promised may be lost and nothing half-there, what was there before must open, and the same
script must then run to its end and leave what a script that was never killed leaves. The page cache outlives a killed
process: a power cut is another fault, for which the order of the calls is checked (`unsynced`).
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.trust import saving
from tests.trust.record import record
from tests.trust.shim import COUNT, HALF_AND_KILL, KILL, Shim, run_again_with_shim
from tests.trust.variants import VARIANTS, broken

MOMENTS = 200
PATIENCE = 60  # seconds after which a child that hangs is ended, which counts as a fault
VERIFY_EACH = (
    12  # kills: `didymium runs verify` takes a second, so it is asked after some; its check of a run after all
)


@dataclass
class Tally:
    """What the kills of a kind did: how many there were, and what did not hold afterwards."""

    kills: int = 0
    ended: int = 0  # the child was through before its moment came
    faults: list[str] = field(default_factory=list)


@contextmanager
def room() -> Iterator[Path]:
    """A folder, in memory where there is one: what is tested is the order of calls, not the disk."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="didymium-kills-", dir=memory if os.access(memory, os.W_OK) else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def child(
    script: Callable[[Path, saving.Say], None], folder: Path, ready: Callable[[], None], *, patience: int = PATIENCE
) -> tuple[int, int]:
    """Fork a process that runs the script after `ready()`: its id, and where to read what it was promised."""
    out, into = os.pipe()
    pid = os.fork()
    if pid:
        os.close(into)
        return pid, out
    code = 70
    try:
        os.close(out)
        signal.alarm(patience)
        ready()
        script(folder, lambda promise: said(into, promise))
        code = 0
    except BaseException as wrong:  # noqa: BLE001 - told to the parent, which judges
        os.write(into, f"!\t{type(wrong).__name__}\t{' '.join(str(wrong).split())}\n".encode())
        code = 2 if isinstance(wrong, saving.DidymiumError) else 70
    finally:
        os._exit(code)


def said(into: int, promise: saving.Promise) -> None:
    """Tell the parent of a promise, in one write."""
    os.write(into, ("\t".join(promise) + "\n").encode())


def heard(pid: int, out: int) -> tuple[int, list[saving.Promise]]:
    """How the child ended (negative: by a signal) and what it said."""
    with os.fdopen(out, "rb") as pipe:
        lines = pipe.read().decode().splitlines(keepends=True)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    kind, name, state = 0, 1, 2
    parts = [line.rstrip("\n").split("\t") for line in lines if line.endswith("\n")]
    return code, [(p[kind], p[name], p[state]) for p in parts]


def after(script: str, folder: Path, promised: list[saving.Promise]) -> Iterator[str]:
    """What does not hold of the folder, now and once the same script ran to its end."""
    yield from saving.faults(folder, promised)
    again: list[saving.Promise] = []
    try:
        saving.SCRIPTS[script](folder, again.append)
    except Exception as wrong:  # noqa: BLE001 - whatever it is, the next run did not work
        yield f"the next run fails: {type(wrong).__name__}: {wrong}"
        return
    for fault in saving.faults(folder, [*promised, *again]):
        yield f"after the next run: {fault}"


class Harness:
    """Kills of one process, with a folder that was filled once and is copied for each kill."""

    def __init__(self, folder: Path, variant: str | None) -> None:
        self.folder, self.variant = folder, variant
        self.shim = Shim()
        self.before = folder / "before"
        self.promised: list[saving.Promise] = []
        saving.before(self.before, self.promised.append)
        assert saving.faults(self.before, self.promised) == []

    def calls(self, script: str) -> list[tuple[str, str, str]]:
        """The calls of a script that nobody kills: name, path, second path."""
        record = self.folder / "record"

        def run(folder: Path, say: saving.Say) -> None:
            saving.SCRIPTS[script](folder, say)
            self.shim.disarm()
            record.write_text(self.shim.record, encoding="utf-8")

        code, _ = self.run(run, lambda: self.shim.arm(0, COUNT))
        assert code == 0
        parts = (line.split("\t") for line in record.read_text("utf-8").splitlines())
        return [(name, one, other) for name, one, other in parts]

    def at_call(self, script: str, number: int, how: int, tally: Tally) -> None:
        """Kill at the call of this number and judge."""
        code, promised = self.run(saving.SCRIPTS[script], lambda: self.shim.arm(number, how))
        self._judge(script, f"call {number}{' half' if how == HALF_AND_KILL else ''}", code, promised, tally)

    def at_moment(self, script: str, seconds: float, tally: Tally) -> None:
        """Kill after this time and judge."""

        def killed(pid: int) -> None:
            time.sleep(seconds)
            os.kill(pid, signal.SIGKILL)

        code, promised = self.run(saving.SCRIPTS[script], lambda: None, killed)
        self._judge(script, f"{seconds * 1000:.2f} ms", code, promised, tally)

    def took(self, script: str) -> float:
        """Seconds that a script takes when nobody kills it."""
        start = time.perf_counter()
        self.run(saving.SCRIPTS[script], lambda: None)
        return time.perf_counter() - start

    def run(
        self,
        script: Callable[[Path, saving.Say], None],
        ready: Callable[[], None],
        meanwhile: Callable[[int], None] = lambda pid: None,
    ) -> tuple[int, list[saving.Promise]]:
        """Run a script in a child on a fresh copy of the folder: how it ended and what it promised."""
        target = self.folder / "now"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.before, target)
        with broken(self.variant):
            pid, out = child(script, target, ready)
        meanwhile(pid)
        return heard(pid, out)

    def _judge(self, script: str, where: str, code: int, promised: list[saving.Promise], tally: Tally) -> None:
        if code == -signal.SIGKILL:
            tally.kills += 1
        elif code == 0:
            tally.ended += 1
        else:
            tally.faults.append(f"{script}, {where}: ended with {code}: {promised[-1:]}")
            return
        now = self.folder / "now"
        if tally.kills % VERIFY_EACH == 1 and (complaint := verified(now)):
            tally.faults.append(f"{script}, {where}: runs verify: {complaint}")
        found = after(script, now, [*self.promised, *promised])
        tally.faults += [f"{script}, {where}: {fault}" for fault in found]


def verified(folder: Path) -> str:
    """What `didymium runs verify` has against a store; empty if it is clean."""
    command = [sys.executable, "-m", "didymium", "runs", "verify", "--store", str(folder)]
    plain = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD"}
    said = subprocess.run(command, capture_output=True, text=True, env=plain, check=False)
    return "" if said.returncode == 0 else f"exit code {said.returncode}: {said.stdout}{said.stderr}"


def unsynced(calls: list[tuple[str, str, str]]) -> list[str]:
    """What a power cut could take although it was promised: files renamed or left before their bytes were synced.

    A file that was written must be synced before it, or a folder above it, is renamed, and before the end; a folder in
    which a name appeared must be synced before the end.
    """
    dirty: set[str] = set()
    folders: set[str] = set()
    found: list[str] = []
    for name, one, other in calls:
        if name in ("write", "open"):
            dirty.add(one)
        elif name in ("fsync", "fdatasync"):
            dirty.discard(one)
            folders.discard(one)
        elif name.startswith("rename"):
            found += [f"{file} is renamed before it is synced" for file in dirty if (file + "/").startswith(one + "/")]
            folders.add(str(Path(other).parent))
        elif name == "unlink":
            dirty.discard(one)
    left = {file for file in dirty if not file.endswith(".lock")}
    left |= {folder for folder in folders if Path(folder).is_dir()}
    return [*found, *(f"{path} is not synced in the end" for path in sorted(left))]


def at_every_call(harness: Harness, scripts: Sequence[str], *, step: int = 1) -> Tally:
    """Kill at each call of each script, before it and after half of it if it writes."""
    tally = Tally()
    for script in scripts:
        calls = harness.calls(script)
        tally.faults += [f"{script}: {fault}" for fault in unsynced(calls)]
        for number in range(1, len(calls) + 1, step):
            harness.at_call(script, number, KILL, tally)
            if calls[number - 1][0] == "write":
                harness.at_call(script, number, HALF_AND_KILL, tally)
    return tally


def at_moments(harness: Harness, scripts: Sequence[str], kills: int, *, seed: int = 1) -> Tally:
    """Kill at moments spread over each script, until that many kills hit.

    Where a script ended first, it is timed again: a busy machine is not always as slow.
    """
    tally, draw = Tally(), random.Random(seed)
    took = {script: harness.took(script) for script in scripts}
    while tally.kills < kills and tally.ended < 20 * kills:
        for script in scripts:
            ended = tally.ended
            harness.at_moment(script, draw.uniform(0, 1.1 * took[script]), tally)
            if tally.ended > ended:
                took[script] = harness.took(script)
    return tally


def main() -> int:
    """Run the harness and say what it found."""
    run_again_with_shim()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="keep the figure for the page of trust")
    parser.add_argument("--moments", type=int, default=MOMENTS, help="kills at moments")
    parser.add_argument("--step", type=int, default=1, help="kill at each n-th call alone")
    parser.add_argument("--only", choices=sorted(saving.SCRIPTS), help="kill one script alone")
    parser.add_argument("--count", action="store_true", help="say how many calls of each kind there are, and end")
    parser.add_argument("--broken", choices=sorted(VARIANTS), help="break the store on purpose")
    asked = parser.parse_args()
    with room() as folder:
        harness = Harness(folder, asked.broken)
        if asked.count:
            counts = Counter(name for script in saving.SCRIPTS for name, *_ in harness.calls(script))
            print(" ".join(f"{name}={n}" for name, n in sorted(counts.items())))
            return 0
        scripts = (asked.only,) if asked.only else tuple(saving.SCRIPTS)
        calls = at_every_call(harness, scripts, step=asked.step)
        moments = at_moments(harness, scripts, asked.moments)
    for fault in [*calls.faults, *moments.faults][:20]:
        print(fault)
    figure = (
        f"{calls.kills} kills at calls, {len(calls.faults)} faults; "
        f"{moments.kills} at moments, {len(moments.faults)} faults"
    )
    print(figure)
    if asked.record and asked.step == 1 and not asked.broken and not asked.only:
        what = "kill -9 of a process that keeps runs, journal lines, chunks and jobs"
        record(4, what, figure, "python -m tests.trust.kills --record", file="store")
    return 1 if calls.faults or moments.faults else 0


if __name__ == "__main__":
    sys.exit(main())
