"""E12: the share of a solve that its certificate takes, measured inside the solves.

python -m bench.certificates
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from typing import Any

from bench.shipped import Shipped, arguments
from bench.timing import table

engine: Any = importlib.import_module("didymium.engine.solve")  # the name of the room's function hides the module


class Watched:
    """A function that keeps account of the CPU time spent in it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.seconds = function, 0.0

    def __call__(self, *given: Any) -> Any:
        start = time.process_time()
        try:
            return self.function(*given)
        finally:
            self.seconds += time.process_time() - start


def main() -> None:
    """Print the time of all warm solves, of them the time of the certificates, and how many hold."""
    said = arguments(__doc__.splitlines()[0], draws=12, repeats=3)
    shipped = Shipped.of(months=said.months, draws=said.draws)
    print(shipped.size())
    network, solver = shipped.runner.network, shipped.runner.whole
    engine.proven_duals, engine.judge = parts = Watched(engine.proven_duals), Watched(engine.judge)
    solver.solve()
    whole = proof = 0.0
    held = 0
    for draw in shipped.draws:
        change = network.change(shipped.programme, shipped.drawn(draw))
        found = []
        for _ in range(said.repeats):
            before, start = sum(part.seconds for part in parts), time.process_time()
            answer = solver.solve(change)
            found.append((time.process_time() - start, sum(part.seconds for part in parts) - before))
        took, of_it = min(found)
        whole, proof = whole + took, proof + of_it
        held += answer.certificate.holds()
    n = len(shipped.draws)
    print(
        table(
            ["draws", "CPU ms a solve", "of it certificate", "share", "certificates that hold"],
            [[str(n), f"{1e3 * whole / n:.0f}", f"{1e3 * proof / n:.1f}", f"{proof / whole:.1%}", f"{held} of {n}"]],
        )
    )
    assert held == n


if __name__ == "__main__":
    main()
