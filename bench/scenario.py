"""E2: one exact scenario, from its quantities to the optimum: one that cuts trade, and a draw of all uncertain inputs.

python -m bench.scenario
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

import numpy as np
from bench.build import known
from bench.shipped import CUTS, Shipped, arguments
from bench.timing import quiet, ratios

from didymium.model.network import Quantities

SAME = 1e-7  # of the optimum

Solve = Callable[[Quantities], float]


def ways_of(shipped: Shipped) -> dict[str, Solve]:
    """Each way to the optimum of some quantities. What a way keeps between scenarios is made here, not timed."""
    network, solver = shipped.runner.network, shipped.runner.whole
    solver.solve()

    def own(q: Quantities) -> float:
        return solver.solve(network.change(solver.programme, q)).objective

    ways: dict[str, Solve] = {"didymium": own}
    installed = known()
    if "linopy" in installed:
        from bench import peer_linopy
        from linopy.solvers import Solver

        sets = (shipped.chain, shipped.nodes, shipped.public)
        kept = peer_linopy.model(*sets, shipped.quantities, shipped.unrecorded)
        persistent = Solver.from_name("highs", kept, track_updates=True, **peer_linopy.SOLVER)
        kept.assign_result(persistent.solve())

        def in_place(q: Quantities) -> float:
            peer_linopy.update(kept, *sets[:2], q)
            kept.assign_result(persistent.solve(model=kept))
            assert persistent._rebuilds == 0
            return float(kept.objective.value)

        def rebuilt(q: Quantities) -> float:
            m = peer_linopy.model(*sets, q, shipped.unrecorded)
            m.solve("highs", **peer_linopy.OPTIONS)
            return float(m.objective.value)

        ways |= {"linopy, persistent": in_place, "linopy, rebuilt": rebuilt}
        if "PyPSA" in installed:
            from bench import peer_pypsa

            def pypsa(q: Quantities) -> float:
                m = peer_pypsa.model(peer_pypsa.network(*sets, q, shipped.unrecorded), sets[0], q)
                m.solve("highs", **peer_linopy.OPTIONS)
                return float(m.objective.value)

            ways["PyPSA, rebuilt"] = pypsa
    return ways


def compare(shipped: Shipped, told: Sequence[Quantities], what: str, repeats: int) -> None:
    """Print the mean over the scenarios of the least time of each, and the largest difference between the optima."""
    start = time.process_time()
    with quiet():
        shipped.runner.whole.solve()
    print(f"base programme of didymium, solved once for all: {time.process_time() - start:.2f} s")
    with quiet():
        ways = ways_of(shipped)
    moved = [shipped.runner.network.change(shipped.runner.whole.programme, q) for q in told]
    changed = [sum(entries.place.size for _, entries in change.items()) for change in moved]
    print(f"numbers that one changes, mean: {np.mean(changed):,.0f}")
    found: dict[tuple[str, int], float] = {}
    times: dict[tuple[str, int], float] = {}
    with quiet():
        for _ in range(repeats):
            # Scenario by scenario, so that no way meets the same one twice in a row: one that goes on from its last
            # answer would have nothing left to do.
            for number, q in enumerate(told):
                for name, way in ways.items():
                    start = time.process_time()
                    found[name, number] = way(q)
                    times[name, number] = min(times.get((name, number), np.inf), time.process_time() - start)
    mean = {name: sum(times[name, k] for k in range(len(told))) / len(told) for name in ways}
    apart = max(abs(cost / found["didymium", k] - 1) for (_, k), cost in found.items())
    print(ratios(mean, own="didymium", what=f"CPU seconds, mean of {len(told)} {what}"))
    print(f"optima differ by at most {apart:.1e} of their value")
    assert apart <= SAME


def main() -> None:
    """Scenarios of the library, which change what is cut; then draws, which move every uncertain input."""
    said = arguments(__doc__.splitlines()[0], draws=4, repeats=3)
    calm = Shipped.of(months=said.months, calm=True)
    print(calm.size())
    compare(calm, [calm.cut(name) for name in CUTS[: 2 if said.tiny else None]], "scenarios", said.repeats)
    shipped = Shipped.of(months=said.months, draws=said.draws)
    compare(shipped, [shipped.drawn(draw) for draw in shipped.draws], "draws", said.repeats)


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    main()
