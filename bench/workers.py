"""E9: two workers against one on an ensemble, in wall time: what is measured is that they work at the same time.

python -m bench.workers

Wall time is worth something only if nothing else runs: each run is told with the share of the machine that others had
meanwhile (from Linux's account of all processors), and only quiet pairs count. What a busy machine can tell as well is
how much of the CPU time is spent in the solver, outside Python's lock: the rest is what two threads cannot share.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.shipped import Shipped, arguments
from bench.timing import table

from didymium.engine.executors import Memory
from didymium.model.draws import Tasks
from didymium.model.ensemble import run_all
from didymium.model.foresight import FORESIGHTS

WORKERS = (1, 2)
QUIET = 0.05  # of the machine: others may have this much of it
STAT = Path("/proc/stat")


def ensemble(shipped: Shipped, workers: int) -> bytes:
    """All draws with both kinds of foresight; what goes unserved, as bytes in order."""
    tasks = Tasks.of(shipped.draws, FORESIGHTS, None)
    found = run_all(shipped.made, shipped.inputs, shipped.base, tasks, FORESIGHTS, workers=workers, keep=Memory())
    return b"".join(summary.unserved.tobytes() for _, _, summary in found)


def busy() -> float:
    """CPU seconds that all programs of this machine have had so far; NaN where the system does not say."""
    if not STAT.exists():
        return float("nan")
    user, nice, system, _idle, _waiting, *rest = (int(x) for x in STAT.read_text("ascii").split("\n", 1)[0].split()[1:])
    return (user + nice + system + sum(rest[:3])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def counted_in_solver() -> Iterator[Callable[[], float]]:
    """CPU seconds of all threads inside HiGHS, where Python's lock is not held."""
    import highspy

    held: list[float] = []
    lock = threading.Lock()
    plain: Any = highspy.Highs.run

    def run(self: Any) -> Any:
        start = time.thread_time()
        said = plain(self)
        with lock:
            held.append(time.thread_time() - start)
        return said

    highspy.Highs.run = run
    try:
        yield lambda: sum(held)
    finally:
        highspy.Highs.run = plain


def main() -> None:
    """Print every pair of runs, the best quiet ratio, and the share of the work that is not behind Python's lock."""
    said = arguments(__doc__.splitlines()[0], draws=24, repeats=5)
    shipped = Shipped.of(months=said.months, draws=said.draws)
    cores = os.cpu_count() or 1
    print(shipped.size())
    print(f"{len(shipped.draws)} draws, coordinated and myopic, {cores} processors")
    with counted_in_solver() as inside:
        start = time.process_time()
        bytes_ = {ensemble(shipped, 1)}
        share = inside() / (time.process_time() - start)
    rows, quiet = [], []
    for number in range(1, said.repeats + 1):
        wall, own, others = {}, {}, {}
        for workers in WORKERS:
            start, cpu, all_ = time.perf_counter(), time.process_time(), busy()
            bytes_.add(ensemble(shipped, workers))
            wall[workers], own[workers] = time.perf_counter() - start, time.process_time() - cpu
            others[workers] = max(busy() - all_ - own[workers], 0.0) / (cores * wall[workers])
        ratio = wall[1] / wall[2]
        is_quiet = max(others.values()) <= QUIET
        quiet += [ratio] if is_quiet else []
        rows.append(
            [
                str(number),
                *(f"{wall[w]:.2f}" for w in WORKERS),
                f"{ratio:.2f}",
                f"{own[2] / own[1]:.2f}",
                *(f"{others[w]:.0%}" for w in WORKERS),
                "yes" if is_quiet else "no",
            ]
        )
    head = ["pair", "wall s, one", "wall s, two", "times one", "CPU, two over one"]
    print(table([*head, "others' share, one", "others' share, two", "quiet"], rows))
    print(f"CPU time inside the solver, without Python's lock: {share:.0%}")
    if quiet:
        print(f"two workers: {max(quiet):.2f} times one (best of {len(quiet)} quiet pairs)")
    else:
        print("two workers: no quiet pair, so no ratio; run again when the machine has nothing else to do")
    print(f"same bytes: {'yes' if len(bytes_) == 1 else 'no'}")
    assert len(bytes_) == 1


if __name__ == "__main__":
    main()
