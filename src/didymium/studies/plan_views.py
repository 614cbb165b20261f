"""The plan from further sides: money, stocks, futures, other budgets, each party alone, other data, and missing links."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from didymium.engine.twostage import PortfolioSolution
from didymium.model.network import Floats
from didymium.model.plan_network import PARTNERS, REST
from didymium.results import Row
from didymium.scenario.uncertain import split_uniform
from didymium.studies.plan_problem import Problem

BUDGETS = (0.0, 0.5, 1.0, 2.0)  # multiples of the money asked about
REDRAWN = 3  # plans over other data
MOVED = ("plan_stop_3_chance", "plan_stop_6_chance", "plan_stop_12_chance", "plan_other_loss_weight")
STEPS = 8  # that a progress bar counts
LEAST_T = 0.05  # tonnes: less is nothing bought


def tables(
    problem: Problem,
    found: PortfolioSolution,
    budget: Mapping[str, float],
    rows: Sequence[Row],
    *,
    seed: int,
    time_limit: float | None,
    report: Callable[[int, int], None],
) -> tuple[dict[str, list[Row]], list[str]]:
    """All further tables, and the status of every programme solved for them."""
    more = {b: found if b == 1 else _solved(problem, budget, b, time_limit) for b in BUDGETS}
    report(4, STEPS)
    together, alone = _together(problem, found, budget, time_limit, seed=seed)
    report(6, STEPS)
    again = [_redrawn(problem, budget, time_limit, seed=seed + k) for k in range(1, REDRAWN + 1)]
    report(STEPS, STEPS)
    made = {
        "proof": [_proof(found, float(problem.ground.yearly @ found.x))],
        "budget": _budget(problem, found, budget),
        "stocks": _stocks(problem, found),
        "scenarios": _futures(problem, found),
        "frontier": [_frontier(problem, b, s) for b, s in more.items()],
        "together": together,
        "double": _double(problem, alone),
        "robustness": _robustness(problem, found, again),
        "links": _links(problem, found),
    }
    return made, [s.status for s in (*more.values(), *alone.values(), *again)]


def _solved(problem: Problem, budget: Mapping[str, float], times: float, time_limit: float | None) -> PortfolioSolution:
    return problem.solve({p: m * times for p, m in budget.items()}, time_limit=time_limit)


def _proof(found: PortfolioSolution, cost: float) -> Row:
    return {
        "status": found.status,
        "objective_usd_m": found.objective,
        "bound_usd_m": found.bound,
        "gap_of_value": found.gap_of_value,
        "value_usd_m": found.value,
        "yearly_cost_usd_m": cost,
    }


def _projects(problem: Problem, x: Floats) -> list[int]:
    """Numbers of the projects chosen."""
    found: list[int] = np.flatnonzero(x[: len(problem.ground.offered)] > 0.5).tolist()
    return found


def _budget(problem: Problem, found: PortfolioSolution, budget: Mapping[str, float]) -> list[Row]:
    on = problem.ground
    at = len(on.offered)
    rows: list[Row] = []
    for party in on.parties:
        own = [j for j in _projects(problem, found.x) if on.offered[j].party == party]
        stock = sum(s.price * float(found.x[at + k]) for k, s in enumerate(on.stocks) if s.party == party)
        reserve = sum(on.offered[j].reserve for j in own)
        rows.append(
            {
                "party": party,
                "budget_usd_m": budget.get(party, 0.0),
                "reserve_usd_m": reserve,
                "stock_usd_m": stock,
                "left_usd_m": max(budget.get(party, 0.0) - reserve - stock, 0.0),
                "public_cost_usd_m": sum(on.offered[j].expected for j in own),
                "project_ids": ";".join(on.offered[j].project_id for j in own),
                "programme_ids": ";".join(sorted({i for j in own for i in on.offered[j].programmes.split(";")})),
            }
        )
    return rows


def _stocks(problem: Problem, found: PortfolioSolution) -> list[Row]:
    """What to hold, with the days of the party's own use of the product in the base year where it uses any."""
    on = problem.ground
    at = len(on.offered)
    rows: list[Row] = []
    for number, (product, party) in enumerate(on.net.forms):
        steps = [(k, s) for k, s in enumerate(on.stocks) if s.form == number]
        tonnes = sum(float(found.x[at + k]) for k, _ in steps)
        if tonnes < LEAST_T:
            continue
        money = sum(float(found.x[at + k]) * s.price for k, s in steps)
        full = steps[0][1]
        rows.append(
            {
                "party": party,
                "product": product,
                "bought_t": tonnes,
                "stock_usd_m": money,
                "price_rise_share": max(s.rise for k, s in steps if found.x[at + k] > LEAST_T),
                "world_share": tonnes / full.most * on.assume["plan_stock_tranche_share"],
                "loss_avoided_usd_m": problem.measure(_sold(found.x, [at + k for k, _ in steps]))
                - problem.measure(found.x),
            }
        )
    return rows


def _sold(x: Floats, choices: Sequence[int]) -> Floats:
    found = np.array(x)
    found[list(choices)] = 0.0
    return found


def _futures(problem: Problem, found: PortfolioSolution) -> list[Row]:
    """Lost value of the parties in each future, with the plan and without, and of everybody else."""
    on = problem.ground
    plain, planned = problem.look(np.zeros(on.choices)), problem.look(found.x)
    return [
        {
            "scenario": future.stop,
            "number": i + 1,
            "probability": future.probability,
            "demand_position": future.outlook,
            "party": place,
            "loss_usd_m_without": float(plain.lost[place][i]),
            "loss_usd_m_with": float(planned.lost[place][i]),
        }
        for i, future in enumerate(problem.futures)
        for place in (*on.parties, PARTNERS, REST)
    ]


def _frontier(problem: Problem, times: float, found: PortfolioSolution) -> Row:
    x = found.x
    cost = float(problem.ground.yearly @ x)
    return {
        "budget_multiple": times,
        "mean_usd_m": found.mean,
        "tail_usd_m": found.cvar,
        "value_usd_m": found.value,
        "yearly_cost_usd_m": cost,
        "projects": len(_projects(problem, x)),
        "project_ids": ";".join(problem.ground.offered[j].project_id for j in _projects(problem, x)),
        "gap_of_value": found.gap_of_value,
        "status": found.status,
    }


def _together(
    problem: Problem, found: PortfolioSolution, budget: Mapping[str, float], time_limit: float | None, *, seed: int
) -> tuple[list[Row], dict[str, PortfolioSolution]]:
    """Each party with its own money and its own losses in mind, both such plans side by side, and the joint plan."""
    on = problem.ground
    alone: dict[str, PortfolioSolution] = {}
    if len(on.parties) > 1:
        for party in on.parties:
            own = Problem.of(
                on, (party,), risk=(problem.risk, problem.alpha), scenarios=len(problem.futures), seed=seed
            )
            alone[party] = own.solve({party: budget.get(party, 0.0)}, time_limit=time_limit)
    plans = {**{p: s.x for p, s in alone.items()}}
    if alone:
        plans["apart"] = _side_by_side(problem, list(alone.values()))
    plans["joint"] = found.x
    market = problem.market
    paid = {p: float(on.yearly @ s.x) for p, s in alone.items()}
    paid["apart"], paid["joint"] = sum(paid.values()), float(on.yearly @ found.x)
    nothing = problem.measure(np.zeros(on.choices))
    value = {p: nothing - problem.measure(x) - paid[p] - float(market @ x) for p, x in plans.items()}
    rows: list[Row] = [
        {
            "plan": p,
            "yearly_cost_usd_m": paid[p],
            "value_usd_m": value[p],
            "project_ids": ";".join(on.offered[j].project_id for j in _projects(problem, x)),
            "gain_usd_m": value[p] - value["apart"] if p == "joint" and alone else None,
        }
        for p, x in plans.items()
    ]
    return rows, alone


def _side_by_side(problem: Problem, alone: Sequence[PortfolioSolution]) -> Floats:
    """All that the parties do when none asks the other: a project that two of them pay for is built once."""
    x = np.sum([s.x for s in alone], axis=0)
    offered = problem.ground.offered
    for project in {one.project_id for one in offered}:
        taken = [j for j, one in enumerate(offered) if one.project_id == project and x[j] > 0.5]
        for j in sorted(taken, key=lambda j: -offered[j].chance[1])[1:]:
            x[j] = 0.0
    found: Floats = x
    return found


def _double(problem: Problem, alone: Mapping[str, PortfolioSolution]) -> list[Row]:
    """Projects that more than one party would pay for by itself."""
    offered = problem.ground.offered
    payers: dict[str, list[int]] = {}
    for solution in alone.values():
        for j in _projects(problem, solution.x):
            payers.setdefault(offered[j].project_id, []).append(j)
    return [
        {
            "project_id": project,
            "parties": ";".join(offered[j].party for j in js),
            "reserve_usd_m": sum(offered[j].reserve for j in js),
        }
        for project, js in sorted(payers.items())
        if len(js) > 1
    ]


def _redrawn(
    problem: Problem, budget: Mapping[str, float], time_limit: float | None, *, seed: int
) -> PortfolioSolution:
    """The plan over other futures, with the chances of stops and the weight of others drawn from their ranges."""
    on = problem.ground
    at = np.random.default_rng([seed, 7]).random(len(MOVED))
    moved = {
        name: float(split_uniform(at[i : i + 1], *on.ranges[name])[0]) for i, name in enumerate(MOVED)
    }
    other = replace(on, assume={**on.assume, **moved})
    return Problem.of(
        other, on.parties, risk=(problem.risk, problem.alpha), scenarios=len(problem.futures), seed=seed
    ).solve(budget, time_limit=time_limit)


def _robustness(problem: Problem, found: PortfolioSolution, again: Sequence[PortfolioSolution]) -> list[Row]:
    """How often each project is chosen, over this plan and those over other data."""
    offered = problem.ground.offered
    every = [found, *again]
    count: dict[str, int] = {}
    for solution in every:
        for j in _projects(problem, solution.x):
            count[offered[j].project_id] = count.get(offered[j].project_id, 0) + 1
    return [
        {"project_id": project, "chosen_share": n / len(every), "plans": len(every)}
        for project, n in sorted(count.items(), key=lambda item: (-item[1], item[0]))
    ]


def _links(problem: Problem, found: PortfolioSolution) -> list[Row]:
    """What a tonne a year more would avoid at each stage and place under the plan: the largest is the empty link."""
    on = problem.ground
    first, market = len(on.offered) + len(on.stocks), problem.market
    rows: list[Row] = [
        {
            "place": on.net.places[probe.region],
            "stage": probe.stage,
            "product": probe.product,
            "loss_avoided_usd_per_kg": max(-float(found.marginal[first + k] + market[first + k]), 0.0) * 1000,
        }
        for k, probe in enumerate(on.probes)
    ]
    return sorted(rows, key=lambda r: (-float(r["loss_avoided_usd_per_kg"]), str(r["place"]), str(r["product"])))  # type: ignore[arg-type]
