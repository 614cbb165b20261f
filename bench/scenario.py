"""E2: one exact scenario, from its quantities to the optimum: a dial turned, disruptions, a cut, a draw of every input.

python -m bench.scenario
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from bench.build import known
from bench.events import disruptions
from bench.shipped import CUTS, Shipped, arguments
from bench.timing import quiet, ratios

from didymium.model.network import Quantities
from didymium.scenario.scenario import load
from didymium.studies.dials import dials, turned

SAME = 1e-7  # of the optimum
KEPT = 0.1  # share of trade that passes in the scenario that is solved before
SHARES = (0.05, 0.075, 0.125, 0.15)  # and in those asked: as far as any lies from a kept one, and half as far

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
                n = peer_pypsa.network(*sets, q, shipped.unrecorded)
                return peer_pypsa.optimise(n, sets[0], q, **peer_linopy.OPTIONS)

            ways["PyPSA, rebuilt"] = pypsa
    return ways


Times = dict[tuple[str, int], float]


def timed(shipped: Shipped, told: Sequence[Quantities], repeats: int) -> Times:
    """CPU seconds of each way and scenario, the least of the repeats. Says what came before, and how far optima lie."""
    start = time.process_time()
    with quiet():
        shipped.runner.whole.solve()
    print(f"base programme of didymium, solved once for all: {time.process_time() - start:.2f} s")
    with quiet():
        ways = ways_of(shipped)
    moved = [shipped.runner.network.change(shipped.runner.whole.programme, q) for q in told]
    changed = [sum(entries.place.size for _, entries in change.items()) for change in moved]
    print(f"numbers that one changes, mean: {np.mean(changed):,.0f}")
    found: Times = {}
    times: Times = {}
    with quiet():
        for _ in range(repeats):
            # Scenario by scenario, so that no way meets the same one twice in a row: one that goes on from its last
            # answer would have nothing left to do.
            for number, q in enumerate(told):
                for name, way in ways.items():
                    start = time.process_time()
                    found[name, number] = way(q)
                    times[name, number] = min(times.get((name, number), np.inf), time.process_time() - start)
    apart = max(abs(cost / found["didymium", k] - 1) for (_, k), cost in found.items())
    print(f"optima differ by at most {apart:.1e} of their value")
    assert apart <= SAME
    return times


def tell(times: Times, what: str) -> None:
    """Print the mean time of each way."""
    ways = list(dict.fromkeys(name for name, _ in times))
    numbers = {k for _, k in times}
    mean = {name: sum(times[name, k] for k in numbers) / len(numbers) for name in ways}
    print(ratios(mean, own="didymium", what=f"CPU seconds, mean of {len(numbers)} {what}"))


def near(months: int | None, scenarios: Sequence[str], repeats: int) -> Times:
    """A dial turned: those of the scenarios that are one shock of stated size, solved at a share of 0.1, asked near it.

    The lab keeps solutions at every tenth of the share, so that no other share lies farther than a twentieth from one.
    """
    times: Times = {}
    for name in scenarios:
        story = load(name)
        was = dials(story)
        if was is None:
            continue
        shipped = Shipped.of(turned(story, replace(was, share=KEPT)), months=months)
        print(shipped.size())
        told = [shipped.cut(turned(story, replace(was, share=share))) for share in SHARES]
        done = len({k for _, k in times})
        times |= {(way, done + k): took for (way, k), took in timed(shipped, told, repeats).items()}
    return times


def main() -> None:
    """Settings near one that is solved; scenarios of the library, from a base without any; draws of every input."""
    said = arguments(__doc__.splitlines()[0], events=24, draws=4, repeats=3, seed=0)
    names = CUTS[: 2 if said.tiny else None]
    tell(near(said.months, names, said.repeats), "settings near a solved one")
    calm = Shipped.of(months=said.months, calm=True)
    print(calm.size())
    events = disruptions(calm.made.scenario, calm.chain, said.events, said.seed)
    tell(timed(calm, [calm.cut(story) for story in events], said.repeats), "disruptions")
    tell(timed(calm, [calm.cut(load(name)) for name in names], said.repeats), "scenarios")
    shipped = Shipped.of(months=said.months, draws=said.draws)
    tell(timed(shipped, [shipped.drawn(draw) for draw in shipped.draws], said.repeats), "draws")


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    main()
