"""E9: two workers against one on an ensemble, in wall time: what is measured is that they work at the same time.

python -m bench.workers
"""

from __future__ import annotations

import os
import time

from bench.shipped import Shipped, arguments
from bench.timing import table

from didymium.model.ensemble import run_all
from didymium.model.foresight import FORESIGHTS

WORKERS = (1, 2)


def ensemble(shipped: Shipped, workers: int) -> bytes:
    """All draws with both kinds of foresight; what goes unserved, as bytes in order."""
    found = run_all(shipped.apply, shipped.inputs, shipped.base, shipped.draws, FORESIGHTS, workers=workers)
    return b"".join(summary.unserved.tobytes() for _, _, summary in found)


def main() -> None:
    """Print least wall and CPU time of each number of workers, taken in turns."""
    said = arguments(__doc__.splitlines()[0], draws=24, repeats=3)
    shipped = Shipped.of(months=said.months, draws=said.draws)
    print(shipped.size())
    print(f"{len(shipped.draws)} draws, coordinated and myopic; load before: {os.getloadavg()[0]:.1f}")
    wall: dict[int, list[float]] = {w: [] for w in WORKERS}
    busy: dict[int, list[float]] = {w: [] for w in WORKERS}
    bytes_: dict[int, bytes] = {}
    for _ in range(said.repeats):
        for workers in WORKERS:
            start, cpu = time.perf_counter(), time.process_time()
            bytes_[workers] = ensemble(shipped, workers)
            wall[workers].append(time.perf_counter() - start)
            busy[workers].append(time.process_time() - cpu)
    rows = [
        [f"{w}", f"{min(wall[w]):.2f}", f"{min(busy[w]):.2f}", f"{min(wall[1]) / min(wall[w]):.2f}"] for w in WORKERS
    ]
    print(table(["workers", "wall seconds", "CPU seconds", "times one worker"], rows))
    same = len(set(bytes_.values())) == 1
    print(f"same bytes: {'yes' if same else 'no'}")
    assert same


if __name__ == "__main__":
    main()
