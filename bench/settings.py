"""Which settings of HiGHS pay on the shipped network: the base programme from nothing, and draws from its basis.

python -m bench.settings
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import highspy
from bench.shipped import Shipped, arguments
from bench.timing import least, table

from didymium.engine import Change, LinearProgramme
from didymium.engine.scaling import Scaling

engine = importlib.import_module("didymium.engine.solve")
Options = Mapping[str, Any]

PLAIN: Options = {
    "presolve": "off",
    "solver": "simplex",
    "simplex_strategy": 1,
    "threads": 1,
    "parallel": "off",
    "simplex_dual_edge_weight_strategy": -1,
    "dual_simplex_cost_perturbation_multiplier": 1.0,
}
DEVEX: Options = {"simplex_dual_edge_weight_strategy": 1}
DANTZIG: Options = {"simplex_dual_edge_weight_strategy": 0}
BASE: Mapping[str, Options] = {
    "dual simplex, without presolve (as shipped)": {},
    "presolve": {"presolve": "on"},
    "Devex, presolve": {"presolve": "on"} | DEVEX,
    "Dantzig": DANTZIG,
    "two threads (PAMI)": {"simplex_strategy": 3, "threads": 2, "parallel": "on"},
    "primal simplex, presolve": {"presolve": "on", "simplex_strategy": 4},
    "IPX with crossover": {"presolve": "on", "solver": "ipx"},
}
PERTURBATION = "dual_simplex_cost_perturbation_multiplier"
WARM: Mapping[str, tuple[str, Options]] = {
    "base basis, perturbation of costs × 0.01 (as shipped)": ("base", {PERTURBATION: 0.01}),
    "perturbation as HiGHS has it": ("base", {}),
    "Devex": ("base", DEVEX),
    "Dantzig": ("base", DANTZIG),
    "perturbation of costs × 0.1": ("base", {PERTURBATION: 0.1}),
    "without perturbation": ("base", {PERTURBATION: 0.0}),
    "the same, basis of a base solved with presolve": ("presolved base", {PERTURBATION: 0.01}),
    "cold, presolve": ("", {"presolve": "on"}),
    "cold, without presolve": ("", {}),
    "cold, IPX with crossover": ("", {"presolve": "on", "solver": "ipx"}),
}
GIVE_UP = 15.0  # s of wall time, of one run: on a busy machine far fewer of CPU time


class Bare:
    """HiGHS holding the programme as our solver hands it over, to be run with any options."""

    def __init__(self, lp: LinearProgramme) -> None:
        self.lp = lp
        self.scaling = Scaling.of(lp)
        self.highs = engine._load(lp, self.scaling)

    def push(self, lp: LinearProgramme, change: Change) -> None:
        """Write the places of `change` with the values of `lp`."""
        at, scaling = change.columns(), self.scaling
        low, high = scaling.col_bound(lp.col_lower[at], at), scaling.col_bound(lp.col_upper[at], at)
        self.highs.changeColsBounds(at.size, engine._int32(at), low, high)
        at = change.rows()
        low, high = scaling.row_bound(lp.row_lower[at], at), scaling.row_bound(lp.row_upper[at], at)
        self.highs.changeRowsBounds(at.size, engine._int32(at), low, high)
        at = change.cost.place
        self.highs.changeColsCost(at.size, engine._int32(at), scaling.cost(lp.cost[at], at))

    def run(self, options: Options, basis: Any = None) -> tuple[int, bool]:
        """Iterations, and whether the optimum was found in time."""
        self.highs.clearSolver()
        highspy.Highs.resetGlobalScheduler(True)  # else the number of threads of the first run stays
        if basis is not None:
            self.highs.setBasis(basis)
        for name, value in {**PLAIN, **options, "time_limit": self.highs.getRunTime() + GIVE_UP}.items():
            assert self.highs.setOptionValue(name, value) == highspy.HighsStatus.kOk, name
        self.highs.run()
        return engine._iterations(self.highs), self.highs.getModelStatus() == highspy.HighsModelStatus.kOptimal


def rows(times: Mapping[str, float], pivots: Mapping[str, int], done: Mapping[str, bool]) -> str:
    """A table; the first way is the measure of the others."""
    first = next(iter(times.values()))
    return table(
        ["setting", "CPU seconds", "times the first", "iterations"],
        [
            [n, f"{t:.2f}", f"{t / first:.2f}", f"{pivots[n]:,}"]
            if done[n]
            else [n, f"no optimum in {GIVE_UP:.0f} s of wall time", "–", "–"]
            for n, t in times.items()
        ],
    )


def main() -> None:
    """Print one table for the base programme and one for draws, each the sum over all draws of the least time."""
    said = arguments(__doc__.splitlines()[0], draws=8, repeats=3)
    shipped = Shipped.of(months=said.months, draws=said.draws)
    print(shipped.size())
    bare = Bare(shipped.programme)
    pivots: dict[str, int] = {}
    done: dict[str, bool] = {}

    def run(name: str, options: Options, basis: Any = None) -> None:
        count, optimal = bare.run(options, basis)
        pivots[name] = pivots.get(name, 0) + (count if name not in seen else 0)
        done[name] = done.get(name, True) and optimal
        seen.add(name)

    seen: set[str] = set()
    slow = {name for name, options in BASE.items() if not bare.run(options)[1]}
    found = least({n: lambda n=n, o=o: run(n, o) for n, o in BASE.items() if n not in slow}, repeats=said.repeats)
    for name in slow:
        found[name], pivots[name], done[name] = GIVE_UP, bare.run(BASE[name])[0], False
    print(rows(found, pivots, done))

    bare.run({})
    bases = {"": None, "base": bare.highs.getBasis()}
    bare.run(BASE["presolve"])
    bases["presolved base"] = bare.highs.getBasis()
    pivots, done = {}, {}
    total = dict.fromkeys(WARM, 0.0)
    for draw in shipped.draws:
        change = shipped.runner.network.change(shipped.programme, shipped.drawn(draw))
        bare.push(shipped.programme.changed(change), change)
        seen = set()
        ways = {n: lambda n=n, b=b, o=o: run(n, o, bases[b]) for n, (b, o) in WARM.items()}
        for name, seconds in least(ways, repeats=said.repeats).items():
            total[name] += seconds
        bare.push(shipped.programme, change)
    print(rows(total, pivots, done))


if __name__ == "__main__":
    main()
