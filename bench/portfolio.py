"""E4: a portfolio over many cases with CVaR and simple recourse, against the extensive form of mpi-sppy.

python -m bench.portfolio [--tiny] [--projects 60] [--cases 1000] [--repeats 3]

Both ways begin with the same arrays and end with a plan; building the model is part of the work. Without mpi-sppy the
peer is the extensive form of this engine.
"""

from __future__ import annotations

import argparse
import importlib.util
import warnings
from typing import Any

import numpy as np
from bench.timing import least, quiet, table
from scipy import sparse

from didymium.engine import Case, Change, FirstStage, LinearProgramme, Links, PortfolioSolution, Triples, portfolio

RISK, ALPHA, PRODUCTS = 0.5, 0.95, 8
GAP = 1e-6
Problem = tuple[FirstStage, LinearProgramme, list[Case]]


def problem(projects: int, cases: int, *, is_whole: bool, seed: int = 0) -> Problem:
    """Projects that fill gaps in one or two products, and may fail or come late; what is left is bought or missed."""
    rng = np.random.default_rng(seed)
    cost = rng.lognormal(3.0, 0.7, projects)
    first = FirstStage(
        cost,
        np.full(projects, is_whole),
        np.zeros(projects),
        np.ones(projects),
        sparse.csc_array(cost[None, :]),
        np.array([-np.inf]),
        np.array([0.35 * cost.sum()]),
    )
    need = rng.lognormal(2.0, 0.5, PRODUCTS)
    price = rng.uniform(8.0, 30.0, PRODUCTS)
    recourse = LinearProgramme(
        np.concatenate([price, price / 4]),  # missed, bought
        sparse.csc_array(np.hstack([np.eye(PRODUCTS), np.eye(PRODUCTS)])),
        need,
        np.full(PRODUCTS, np.inf),
        np.zeros(2 * PRODUCTS),
        np.concatenate([np.full(PRODUCTS, np.inf), 0.2 * need]),
    )
    main = np.arange(projects) % PRODUCTS
    second = (main + rng.integers(1, PRODUCTS, projects)) % PRODUCTS
    size = cost / rng.uniform(5.0, 25.0, projects)
    place = np.concatenate([main, second])
    choice = np.tile(np.arange(projects), 2)
    found = []
    for _ in range(cases):
        comes = np.where(rng.random(projects) < 0.75, rng.uniform(0.5, 1.0, projects), 0.0)
        links = Links(row_bound=Triples(place, choice, -np.concatenate([comes * size, 0.3 * comes * size])))
        change = Change.of(row_lower=(np.arange(PRODUCTS), need * rng.lognormal(0.0, 0.6, PRODUCTS)))
        found.append(Case(1 / cases, change, links))
    return first, recourse, found


def own(given: Problem, method: str = "auto") -> PortfolioSolution:
    """This engine."""
    return portfolio(*given, risk=RISK, alpha=ALPHA, gap=GAP, method=method)


def mpi_sppy(given: Problem) -> float:
    """The extensive form of mpi-sppy, solved by the same HiGHS."""
    import pyomo.environ as pyo
    from mpisppy.opt.ef import ExtensiveForm
    from mpisppy.utils import sputils

    first, recourse, cases = given
    matrix = recourse.matrix.tocsr()

    def scenario(name: str) -> Any:
        case = cases[int(name.removeprefix("case"))]
        lp = recourse.changed(case.change)
        model = pyo.ConcreteModel(name)
        domain = pyo.Binary if first.is_whole.all() else pyo.NonNegativeReals
        model.x = pyo.Var(range(first.choices), domain=domain, bounds=(0, 1))
        model.y = pyo.Var(
            range(lp.columns), bounds=lambda _, j: (0, lp.col_upper[j] if np.isfinite(lp.col_upper[j]) else None)
        )
        model.eta = pyo.Var()
        model.excess = pyo.Var(domain=pyo.NonNegativeReals)
        model.budget = pyo.Constraint(
            expr=pyo.quicksum(float(c) * model.x[j] for j, c in enumerate(first.cost)) <= float(first.row_upper[0])
        )
        link = case.links.row_bound
        help_of: list[list[tuple[int, float]]] = [[] for _ in range(lp.rows)]
        for row, choice, rise in zip(link.row.tolist(), link.column.tolist(), link.value.tolist(), strict=True):
            help_of[row].append((choice, rise))
        model.rows = pyo.Constraint(
            range(lp.rows),
            rule=lambda m, i: (
                pyo.quicksum(
                    float(matrix.data[k]) * m.y[int(matrix.indices[k])]
                    for k in range(matrix.indptr[i], matrix.indptr[i + 1])
                )
                - pyo.quicksum(rise * m.x[choice] for choice, rise in help_of[i])
                >= float(lp.row_lower[i])
            ),
        )
        loss = pyo.quicksum(float(c) * model.y[j] for j, c in enumerate(lp.cost))
        model.tail = pyo.Constraint(expr=model.excess >= loss - model.eta)
        spent = pyo.quicksum(float(c) * model.x[j] for j, c in enumerate(first.cost))
        model.total = pyo.Objective(
            expr=spent + (1 - RISK) * loss + RISK * (model.eta + model.excess / (1 - ALPHA)), sense=pyo.minimize
        )
        sputils.attach_root_node(model, spent, [model.x, model.eta])
        model._mpisppy_probability = case.probability
        return model

    names = [f"case{number}" for number in range(len(cases))]
    form = ExtensiveForm({"solver": "appsi_highs"}, names, scenario)
    form.solve_extensive_form({"threads": 1, "mip_rel_gap": GAP * 0.1})
    return float(form.get_objective_value())


def main() -> None:
    """Print one table, and how far the answers are apart."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--projects", type=int, default=60)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--whole-cases", type=int, default=None, help="cases of the binary problem")
    parser.add_argument("--tiny", action="store_true")
    said = parser.parse_args()
    projects, cases, repeats = (10, 20, 1) if said.tiny else (said.projects, said.cases, said.repeats)
    has_peer = importlib.util.find_spec("mpisppy") is not None
    peer = "mpi-sppy extensive form" if has_peer else "extensive form of this engine (mpi-sppy is not installed)"
    rows, apart = [], []
    for name, is_whole in (("continuous", False), ("binary", True)):
        count = cases if said.whole_cases is None or not is_whole or said.tiny else said.whole_cases
        given = problem(projects, count, is_whole=is_whole)
        answers: dict[str, Any] = {}

        def ours(given: Problem = given, answers: dict[str, Any] = answers) -> None:
            answers["own"] = own(given)

        def theirs(given: Problem = given, answers: dict[str, Any] = answers) -> None:
            answers["peer"] = mpi_sppy(given) if has_peer else own(given, "extensive").objective

        with quiet():
            small = problem(projects, 3, is_whole=is_whole)  # imports
            own(small)
            if has_peer:
                mpi_sppy(small)
        times = least({"own": ours, "peer": theirs}, repeats=repeats)
        plan = answers["own"]
        rows.append(
            [
                name,
                f"{count:,}",
                f"{times['own']:.2f}",
                f"{times['peer']:.2f}",
                f"{times['peer'] / times['own']:.1f}",
                f"{plan.rounds}",
                f"{plan.gap_of_value:.1e}",
            ]
        )
        apart.append(f"{name}: {abs(plan.objective - answers['peer']) / abs(plan.objective):.1e}")
    print(f"{projects} projects, {PRODUCTS} products, risk {RISK}, CVaR at {ALPHA}; CPU seconds, least of {repeats}")
    print(table(["choices", "cases", "didymium", peer, "ratio", "rounds", "gap of value"], rows))
    print("Objectives apart, relative: " + "; ".join(apart))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
