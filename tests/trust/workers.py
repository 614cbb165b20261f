"""Kill workers of an ensemble while it runs, and compare the bytes with those of one thread that nobody disturbs.

    python -m tests.trust.workers --record              10 rounds of 1,000 cases, 3 of 4 workers killed
    python -m tests.trust.workers --broken              answers depend on which worker gives them: must differ

Rounds take turns between processes of this machine, which are replaced, and a Dask cluster on loopback, whose workers
are not. Then a scheduler is killed with its workers; the next run, on this machine, has to go on from the chunks that
were finished and to come to the same bytes. Each case is a small linear programme of a chain under a random cut.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from didymium.engine import Ensemble, run_ensemble
from didymium.errors import DidymiumError
from didymium.results import ChunkStore
from didymium.results.chunks import ChunkFolder
from tests.trust.record import record

CASES, WORKERS, ROUNDS = 1_000, 4, 10
CHUNK = 10
TESTS = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Cuts:
    """A small network under one random cut for each index. `marks` is where workers leave their names."""

    marks: Path
    broken: bool = False

    def prepare(self) -> Any:
        from engine_networks import network

        from didymium.engine import Solver

        (self.marks / str(os.getpid())).touch()
        return Solver(network(seed=5))

    def run(self, state: Any, index: int) -> dict[str, Any]:
        from engine_networks import cut

        answer = state.solve(cut(state.programme, np.random.default_rng(index)))
        told = answer.objective + (os.getpid() if self.broken else 0)
        return {"cost": np.array(told), "flows": answer.x[:40], "duals": answer.row_dual}


def body(done: Ensemble) -> bytes:
    """All answers, in order."""
    return b"".join(done.load(name).tobytes() for name in ("cost", "flows", "duals"))


def killer(marks: Path, kept: ChunkFolder, killed: list[int], kills: int, cases: int) -> threading.Thread:
    """Kills living workers one by one as the work goes on, and notes them; the thread ends with the last."""

    def kill() -> None:
        for number in range(kills):
            wanted = (number + 1) * cases // CHUNK // (kills + 2)
            while len(list(kept.path.glob("*.chunk"))) < wanted:
                time.sleep(0.01)
            for mark in sorted(marks.iterdir()):
                if int(mark.name) not in killed:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(mark.name), signal.SIGKILL)
                        killed.append(int(mark.name))
                        break

    return threading.Thread(target=kill, daemon=True)


@contextmanager
def cluster(workers: int) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A scheduler on loopback with bare workers, and its process."""
    with subprocess.Popen(
        [sys.executable, str(TESTS / "engine" / "loopback_cluster.py"), str(workers)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            yield process.stdout.readline().strip(), process
        finally:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            process.wait(timeout=60)


def disturbed(executor: str, room: Path, cases: int, *, broken: bool, workers: int = WORKERS) -> tuple[bytes, int]:
    """The answers of an ensemble whose workers are killed, all but one; and how many were."""
    marks, killed = room / "marks", list[int]()
    marks.mkdir()
    kept = ChunkStore(room / "kept").of("cuts", code="1")
    thread = killer(marks, kept, killed, workers - 1, cases)
    thread.start()
    work = Cuts(marks, broken)
    done = run_ensemble(work, range(cases), executor=executor, workers=workers, chunk=CHUNK, keep=kept)
    thread.join()
    return body(done), len(killed)


def scheduler_killed(room: Path, cases: int) -> tuple[bytes, float]:
    """The answers when the scheduler dies halfway and the run is asked again; the share of finished work used again."""
    marks, again = room / "marks", room / "again"
    marks.mkdir()
    again.mkdir()
    kept = ChunkStore(room / "kept").of("cuts", code="1")
    with cluster(2) as (address, process):

        def kill() -> None:
            while len(list(kept.path.glob("*.chunk"))) < cases // CHUNK // 2:
                time.sleep(0.01)
            process.kill()

        thread = threading.Thread(target=kill, daemon=True)
        thread.start()
        with contextlib.suppress(DidymiumError):
            run_ensemble(Cuts(marks), range(cases), executor=address, chunk=CHUNK, keep=kept)
        thread.join()
        for mark in marks.iterdir():  # workers whose parent was killed
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(mark.name), signal.SIGKILL)
    finished = {file.name: file.stat().st_mtime_ns for file in kept.path.glob("*.chunk")}
    done = run_ensemble(Cuts(again), range(cases), chunk=CHUNK, keep=kept)
    same = sum(kept.path.joinpath(name).stat().st_mtime_ns == at for name, at in finished.items())
    return body(done), same / max(1, len(finished))


def main() -> int:
    """Kill, compare, say what was found, and record it if asked."""
    sys.path.insert(0, str(TESTS / "engine"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="keep the figure for the page of trust")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--broken", action="store_true", help="let the worker into the answer")
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)  # Dask tells of each connection that is lost
    right, same, reused = b"", 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        room.joinpath("serial").mkdir()
        right = body(run_ensemble(Cuts(room / "serial"), range(asked.cases), executor="serial", chunk=CHUNK))
        for number in range(asked.rounds):
            own = room / str(number)
            own.mkdir()
            if number % 2 == 0:
                found, killed = disturbed("processes", own, asked.cases, broken=asked.broken)
            else:
                with cluster(WORKERS) as (address, _):
                    found, killed = disturbed(address, own, asked.cases, broken=asked.broken)
            same += found == right
            words = "the same bytes" if found == right else "other bytes"
            print(f"round {number}: {killed} workers killed: {words}", flush=True)
        own = room / "scheduler"
        own.mkdir()
        found, reused = scheduler_killed(own, asked.cases)
        resumed = found == right
    figure = (
        f"{same} of {asked.rounds} bit-identical, {WORKERS - 1} of {WORKERS} workers killed, {asked.cases:,} cases; "
    )
    figure += f"scheduler killed: {reused:.0%} of the finished work used again, {'same' if resumed else 'other'} bytes"
    print(figure)
    if asked.record and not asked.broken:
        what = "workers and scheduler killed, processes and Dask"
        command = f"python -m tests.trust.workers --rounds {asked.rounds} --record"
        record(7, what, figure, command, file="store")
    return 0 if same == asked.rounds and resumed and reused >= 0.9 else 1


if __name__ == "__main__":
    from tests.trust.workers import main as under_its_own_name  # so that the work can travel to other processes

    sys.exit(under_its_own_name())
