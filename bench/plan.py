"""E5: the plan on the real network, all projects and packages over many futures, against one large programme.

python -m bench.plan [--tiny] [--futures 200] [--beside 8] [--times 40]

First the cuts of this engine and HiGHS on the extensive form, over the futures asked for. The cuts prove a thousandth
of the value; HiGHS is asked for the floor alone, 2 %, and is ended after --times the CPU seconds of the cuts: processor
time, which other programmes on the machine do not use up. Ended, it had no plan proven to 2 %. Then, over the few
futures of --beside, the same problem in mpi-sppy. Building the futures is part of neither, building each form of the
programme is.
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import resource
import sys
import time
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from bench.timing import quiet, table

from didymium import data
from didymium.engine import Case, FirstStage, LinearProgramme, PortfolioSolution, portfolio
from didymium.studies.plan_ground import ground
from didymium.studies.plan_problem import Problem

RISK, ALPHA = 0.5, 0.95
GAP = 1e-3
FLOOR = 0.02  # the gap of E5
MONEY = {"USA": 2000.0, "JPN": 1000.0}


def own(problem: Problem, method: str, gap: float = GAP) -> PortfolioSolution:
    """This engine."""
    given = problem.first(MONEY), problem.lp, problem.cases
    return portfolio(*given, risk=RISK, alpha=ALPHA, gap=gap, method=method)


def ended_after(problem: Problem, limit: int) -> tuple[PortfolioSolution | None, float]:
    """The extensive form in a process of its own, which the system ends after so many CPU seconds; its CPU seconds.

    None if it was ended: until then it had no plan proven to the floor, or it would have stopped by itself.
    """

    def work() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
        with quiet():
            there.send(own(problem, "extensive", FLOOR))

    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    child = context.Process(target=work)
    child.start()
    there.close()
    try:
        found = here.recv()
    except EOFError:
        found = None
    child.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def mpi_sppy(first: FirstStage, recourse: LinearProgramme, cases: Sequence[Case]) -> float:
    """The extensive form of mpi-sppy, solved by the same HiGHS."""
    import pyomo.environ as pyo
    from mpisppy.opt.ef import ExtensiveForm
    from mpisppy.utils import sputils

    rows = first.matrix.tocsr()
    matrix = recourse.matrix.tocsr()

    def added(model: Any, links: Any, size: int) -> list[Any]:
        found: list[Any] = [0.0] * size
        for place, choice, rise in zip(links.row.tolist(), links.column.tolist(), links.value.tolist(), strict=True):
            found[place] = found[place] + rise * model.x[choice]
        return found

    def within(low: float, body: Any, high: float) -> Any:
        import pyomo.environ as pyo

        if low == high:
            return body == low
        if np.isfinite(low):
            return body >= low
        return body <= high if np.isfinite(high) else pyo.Constraint.Skip

    def scenario(name: str) -> Any:
        case = cases[int(name.removeprefix("case"))]
        lp = recourse.changed(case.change)
        model = pyo.ConcreteModel(name)
        model.x = pyo.Var(range(first.choices))
        for j in range(first.choices):
            model.x[j].domain = pyo.Integers if first.is_whole[j] else pyo.Reals
            model.x[j].setlb(float(first.lower[j]))
            model.x[j].setub(float(first.upper[j]))
        column, row = case.links.column_upper, case.links.row_bound
        by_column, by_row = added(model, column, lp.columns), added(model, row, lp.rows)
        raised = set(column.row.tolist())
        model.y = pyo.Var(range(lp.columns))
        for j in range(lp.columns):
            model.y[j].setlb(float(lp.col_lower[j]) if np.isfinite(lp.col_lower[j]) else None)
            model.y[j].setub(float(lp.col_upper[j]) if np.isfinite(lp.col_upper[j]) and j not in raised else None)
        model.caps = pyo.Constraint(sorted(raised), rule=lambda m, j: m.y[j] - by_column[j] <= float(lp.col_upper[j]))
        model.eta = pyo.Var()
        model.excess = pyo.Var(domain=pyo.NonNegativeReals)

        def weighed(of: Any, i: int, variable: Any) -> Any:
            part = range(of.indptr[i], of.indptr[i + 1])
            return pyo.quicksum(float(of.data[k]) * variable[int(of.indices[k])] for k in part)

        model.budget = pyo.Constraint(
            range(rows.shape[0]), rule=lambda m, i: weighed(rows, i, m.x) <= float(first.row_upper[i])
        )
        model.rows = pyo.Constraint(
            [i for i in range(lp.rows) if matrix.indptr[i] < matrix.indptr[i + 1]],
            rule=lambda m, i: within(
                float(lp.row_lower[i]), weighed(matrix, i, m.y) - by_row[i], float(lp.row_upper[i])
            ),
        )
        loss = pyo.quicksum(float(c) * model.y[j] for j, c in enumerate(lp.cost) if c)
        model.tail = pyo.Constraint(expr=model.excess >= loss - model.eta)
        spent = pyo.quicksum(float(c) * model.x[j] for j, c in enumerate(first.cost))
        model.total = pyo.Objective(expr=spent + (1 - RISK) * loss + RISK * (model.eta + model.excess / (1 - ALPHA)))
        sputils.attach_root_node(model, spent, [model.x, model.eta])
        model._mpisppy_probability = case.probability
        return model

    names = [f"case{number}" for number in range(len(cases))]
    form = ExtensiveForm({"solver": "appsi_highs"}, names, scenario)
    form.solve_extensive_form({"threads": 1, "mip_rel_gap": 1e-6})
    return float(form.get_objective_value())


def timed(work: Any) -> tuple[Any, float]:
    """An answer and the CPU seconds that it took."""
    begun = time.process_time()
    answer = work()
    return answer, time.process_time() - begun


def line(name: str, found: PortfolioSolution, seconds: float, futures: int) -> list[str]:
    """One row of the table, also told at once: the next way may take long."""
    print(f"{name}, {futures} futures: {seconds:.1f} CPU s, gap {found.gap_of_value:.1e} of the value", file=sys.stderr)
    return [
        name,
        f"{futures}",
        f"{seconds:.1f}",
        f"{found.objective:,.2f}",
        f"{found.value:,.1f}",
        f"{found.gap_of_value:.1e}",
        found.status,
    ]


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--futures", type=int, default=200)
    parser.add_argument("--beside", type=int, default=8)
    parser.add_argument("--times", type=float, default=40.0)
    parser.add_argument("--tiny", action="store_true")
    said = parser.parse_args()
    futures, beside, times = (8, 8, 3.0) if said.tiny else (said.futures, said.beside, said.times)
    on, before = timed(lambda: ground(data.open(), ("USA", "JPN"), 2030, seed=0))
    rows = []
    large, laid_out = timed(lambda: Problem.of(on, on.parties, risk=(RISK, ALPHA), scenarios=futures, seed=0))
    found, seconds = timed(lambda: own(large, "benders"))
    rows.append(line("cuts", found, seconds, futures))
    floor, sooner = timed(lambda: own(large, "benders", FLOOR))
    rows.append(line(f"cuts, asked for {FLOOR}", floor, sooner, futures))
    print(
        f"{len(on.offered)} packages of {len({o.project_id for o in on.offered})} projects, {len(on.stocks)} steps of "
        f"stocks, {len(on.links)} new capacities; {large.lp.rows:,} rows and {large.lp.columns:,} columns a future; "
        f"ground {before:.1f} s, futures {laid_out:.1f} s",
        flush=True,
    )
    whole, other = ended_after(large, max(int(times * seconds), 1))
    if whole is None:
        print(f"extensive form: no plan proven to {FLOOR:.0%} after {other:.1f} CPU s", file=sys.stderr, flush=True)
        rows.append(["extensive form, HiGHS", f"{futures}", f"{other:.1f}", "", "", f"none within {FLOOR}", "ended"])
    else:
        rows.append(line("extensive form, HiGHS", whole, other, futures))
    small = Problem.of(on, on.parties, risk=(RISK, ALPHA), scenarios=beside, seed=1)
    cuts, quick = timed(lambda: own(small, "benders"))
    rows.append(line("cuts", cuts, quick, beside))
    if importlib.util.find_spec("mpisppy") is not None:
        with quiet():
            peer, slow = timed(lambda: mpi_sppy(small.first(MONEY), small.lp, small.cases))
        apart = abs(cuts.objective - peer) / abs(cuts.value)
        rows.append(["mpi-sppy extensive form", f"{beside}", f"{slow:.1f}", f"{peer:,.2f}", "", f"{apart:.1e}", ""])
    print(table(["way", "futures", "CPU s", "objective", "value", "gap of value", "status"], rows))
    more = " or more" if whole is None else ""
    print(f"ratio over {futures} futures: {other / seconds:.1f}{more}; to {FLOOR} both: {other / sooner:.1f}{more}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
