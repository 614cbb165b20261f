"""The plan from further sides: money, stocks, futures, other budgets and weights, each party alone, missing links."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from didymium.engine.twostage import PortfolioSolution
from didymium.model.network import Floats
from didymium.model.plan_network import PARTNERS, REST
from didymium.results import Row
from didymium.scenario.uncertain import split_uniform
from didymium.studies.plan_problem import ALL, PROJECTS, STOCKS, Problem
from didymium.studies.plan_reasons import drawn_chances
from didymium.studies.plan_scenarios import QUIET, STOPS, chance_id

BUDGETS = (0.0, 0.5, 1.0, 2.0)  # multiples of the money asked about
OTHER_CHANCES, OTHER_FUTURES = 3, 2  # plans made again over other data
WEIGHT = "plan_weight_of_others"
STEPS = 8  # that a progress bar counts
LEAST_T = 0.05  # tonnes: less is nothing bought


@dataclass(frozen=True, slots=True)
class Again:
    """A plan made again: what moved, the chances of stops and the weight of others that it was made for."""

    moved: str
    chance: Mapping[str, float]
    weight: float
    found: PortfolioSolution


def tables(
    problem: Problem,
    found: PortfolioSolution,
    budget: Mapping[str, float],
    *,
    seed: int,
    time_limit: float | None,
    report: Callable[[int, int], None],
) -> tuple[dict[str, list[Row]], list[str]]:
    """All further tables, and the status of every programme solved for them."""
    more = {
        times: found
        if times == 1
        else problem.solve({p: m * times for p, m in budget.items()}, time_limit=time_limit, cuts=found.cuts)
        for times in BUDGETS
    }
    parts = _parts(problem, found, budget, time_limit)
    report(3, STEPS)
    together, alone = _together(problem, found, budget, time_limit, seed=seed)
    report(4, STEPS)
    weights = _weights(problem, found, budget, time_limit, seed=seed)
    report(5, STEPS)
    again = _made_again(problem, found, budget, time_limit, seed=seed)
    report(7, STEPS)
    every = [found, *(one.found for one in again)]
    made: dict[str, list[Row]] = {
        "proof": [_proof(problem, found)],
        "budget": _budget(problem, found, budget),
        "stocks": _stocks(problem, found, every),
        "scenarios": _futures(problem, found),
        "frontier": [_frontier(problem, b, s) for b, s in more.items()],
        "parts": [{"part": name, **_told(problem, s)} for name, s in parts.items()],
        "together": together,
        "double": _double(problem, alone),
        "weights": [{"weight_of_others": w, **_told(problem, s)} for w, s in weights.items()],
        "other_data": [_again(problem, one) for one in again],
        "robustness": _robustness(problem, every),
        "links": _links(problem, found),
    }
    report(STEPS, STEPS)
    return made, [s.status for s in (*more.values(), *parts.values(), *alone.values(), *weights.values(), *every)]


def _proof(problem: Problem, found: PortfolioSolution) -> Row:
    return {
        "status": found.status,
        "objective_usd_m": found.objective,
        "bound_usd_m": found.bound,
        "gap_of_value": found.gap_of_value,
        "value_usd_m": found.value,
        "yearly_cost_usd_m": float(problem.ground.yearly @ found.x),
        "futures": len(problem.futures),
        "only": problem.ground.only,
    }


def _projects(problem: Problem, x: Floats) -> list[int]:
    """Numbers of the projects chosen."""
    found: list[int] = np.flatnonzero(x[: len(problem.ground.offered)] > 0.5).tolist()
    return found


def _named(problem: Problem, x: Floats) -> str:
    return ";".join(problem.ground.offered[j].project_id for j in _projects(problem, x))


def _spent_on_stocks(problem: Problem, x: Floats, party: str | None = None) -> float:
    """Money for stocks [million USD], of a party or of all."""
    on, at = problem.ground, len(problem.ground.offered)
    return sum(s.price * float(x[at + k]) for k, s in enumerate(on.stocks) if party in (None, s.party))


def _told(problem: Problem, found: PortfolioSolution) -> dict[str, float | str | int]:
    """A plan in one row."""
    return {
        "value_usd_m": found.value,
        "yearly_cost_usd_m": float(problem.ground.yearly @ found.x),
        "stock_usd_m": _spent_on_stocks(problem, found.x),
        "projects": len(_projects(problem, found.x)),
        "project_ids": _named(problem, found.x),
        "gap_of_value": found.gap_of_value,
        "status": found.status,
    }


def _budget(problem: Problem, found: PortfolioSolution, budget: Mapping[str, float]) -> list[Row]:
    on = problem.ground
    rows: list[Row] = []
    for party in on.parties:
        own = [j for j in _projects(problem, found.x) if on.offered[j].party == party]
        stock = _spent_on_stocks(problem, found.x, party)
        reserve = sum(on.offered[j].reserve for j in own)
        rows.append(
            {
                "party": party,
                "budget_usd_m": budget.get(party, 0.0),
                "reserve_usd_m": reserve,
                "stock_usd_m": stock,
                "left_usd_m": max(budget.get(party, 0.0) - reserve - stock, 0.0),
                "public_cost_usd_m": sum(on.offered[j].expected for j in own),
                "offered": len({one.project_id for one in on.offered if one.party == party}),
                "project_ids": ";".join(on.offered[j].project_id for j in own),
                "programme_ids": ";".join(sorted({i for j in own for i in on.offered[j].programmes.split(";")})),
            }
        )
    return rows


def _stocks(problem: Problem, found: PortfolioSolution, every: Sequence[PortfolioSolution]) -> list[Row]:
    """What to hold, with what plans over other data would hold. A form that no plan buys has no row."""
    on, at = problem.ground, len(problem.ground.offered)
    planned = problem.losses(found.x)
    rows: list[Row] = []
    for number, (product, party) in enumerate(on.net.forms):
        steps = [(at + k, s) for k, s in enumerate(on.stocks) if s.form == number]
        bought = [sum(float(one.x[j]) for j, _ in steps) for one in every]
        if max(bought, default=0.0) < LEAST_T:
            continue
        sold = np.array(found.x)
        sold[[j for j, _ in steps]] = 0.0
        worth = problem.measure(problem.losses(sold, (found.x, planned))) - problem.measure(planned)
        rows.append(
            {
                "party": party,
                "product": product,
                "bought_t": bought[0],
                "bought_t_low": min(bought),
                "bought_t_high": max(bought),
                "chosen_in": sum(t >= LEAST_T for t in bought),
                "plans": len(every),
                "stock_usd_m": sum(float(found.x[j]) * s.price for j, s in steps),
                "price_rise_share": max((s.rise for j, s in steps if found.x[j] > LEAST_T), default=0.0),
                "world_share": bought[0] / steps[0][1].most * on.assume["plan_stock_tranche_share"],
                "yearly_loss_avoided_usd_m": worth,
                "source_ids": list(steps[0][1].source_ids),
            }
        )
    return rows


def _futures(problem: Problem, found: PortfolioSolution) -> list[Row]:
    """Lost value of each place in each future, with the plan and without.

    Of others only as goods go where most is lost: as the planners see it, a sale to others is worth its price alone.
    """
    on = problem.ground
    plain, planned = problem.look(np.zeros(on.choices)), problem.look(found.x)
    return [
        {
            "scenario": future.stop,
            "number": i + 1,
            "probability": future.probability,
            "demand_position": future.outlook,
            "party": place,
            "loss_usd_m_without": float(plain.lost[place][i]) if place in on.parties else None,
            "loss_usd_m_with": float(planned.lost[place][i]) if place in on.parties else None,
            "alike_usd_m_without": float(plain.alike[place][i]),
            "alike_usd_m_with": float(planned.alike[place][i]),
        }
        for i, future in enumerate(problem.futures)
        for place in (*on.parties, PARTNERS, REST)
    ]


def _frontier(problem: Problem, times: float, found: PortfolioSolution) -> Row:
    return {"budget_multiple": times, "mean_usd_m": found.mean, "tail_usd_m": found.cvar, **_told(problem, found)}


def _parts(
    problem: Problem, found: PortfolioSolution, budget: Mapping[str, float], time_limit: float | None
) -> dict[str, PortfolioSolution]:
    """The plan, and what projects without stocks and stocks without projects would do for the same money."""
    on = problem.ground
    made = {on.only: found}
    if on.only == ALL:
        for part in (PROJECTS, STOCKS):
            barred = np.flatnonzero(~on.is_open(part)).tolist()
            made[part] = problem.solve(budget, time_limit=time_limit, cuts=found.cuts, barred=barred)
    return made


def _together(
    problem: Problem, found: PortfolioSolution, budget: Mapping[str, float], time_limit: float | None, *, seed: int
) -> tuple[list[Row], dict[str, PortfolioSolution]]:
    """Each party with its own money and its own losses in mind, such plans side by side, and the joint plan.

    All are valued by the losses of all parties.
    """
    on = problem.ground
    alone: dict[str, PortfolioSolution] = {}
    if len(on.parties) > 1:
        for party in on.parties:
            own = Problem.of(on, (party,), risk=problem.how, scenarios=len(problem.futures), seed=seed)
            alone[party] = own.solve({party: budget.get(party, 0.0)}, time_limit=time_limit)
    plans = {p: s.x for p, s in alone.items()}
    paid = {p: float(on.yearly @ x) for p, x in plans.items()}
    if alone:
        paid["apart"] = sum(paid.values())
        plans["apart"] = _side_by_side(problem, list(alone.values()))
    plans["joint"] = found.x
    paid["joint"] = float(on.yearly @ found.x)
    nothing = problem.measure(problem.losses(np.zeros(on.choices)))
    value = {p: nothing - problem.measure(problem.losses(x)) - paid[p] for p, x in plans.items()}
    rows: list[Row] = [
        {
            "plan": p,
            "yearly_cost_usd_m": paid[p],
            "value_usd_m": value[p],
            "stock_usd_m": _spent_on_stocks(problem, x),
            "project_ids": _named(problem, x),
            "gain_usd_m": value[p] - value["apart"] if p == "joint" and alone else None,
        }
        for p, x in plans.items()
    ]
    return rows, alone


def _side_by_side(problem: Problem, alone: Sequence[PortfolioSolution]) -> Floats:
    """All that the parties do when none asks the other: a project that two of them pay for is built once."""
    x: Floats = np.sum([s.x for s in alone], axis=0)
    offered = problem.ground.offered
    for project in {one.project_id for one in offered}:
        taken = [j for j, one in enumerate(offered) if one.project_id == project and x[j] > 0.5]
        for j in sorted(taken, key=lambda j: -offered[j].chance[1])[1:]:
            x[j] = 0.0
    return x


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


def _weights(
    problem: Problem, found: PortfolioSolution, budget: Mapping[str, float], time_limit: float | None, *, seed: int
) -> dict[float, PortfolioSolution]:
    """The plan if losses of others weigh as the ends of their range say."""
    low, own, high = problem.ground.ranges[WEIGHT]
    made = {own: found}
    for weight in sorted({low, high} - {own}):
        other = replace(problem.ground, assume={**problem.ground.assume, WEIGHT: weight})
        again = Problem.of(other, other.parties, risk=problem.how, scenarios=len(problem.futures), seed=seed)
        made[weight] = again.solve(budget, time_limit=time_limit)
    return dict(sorted(made.items()))


def _made_again(
    problem: Problem, found: PortfolioSolution, budget: Mapping[str, float], time_limit: float | None, *, seed: int
) -> list[Again]:
    """The plan over other chances of stops, and over other futures with other chances and another weight of others."""
    on = problem.ground
    own = on.assume[WEIGHT]
    made = []
    for chance in drawn_chances(problem, OTHER_CHANCES, seed + 1):
        plan = problem.with_chances(chance).solve(budget, time_limit=time_limit, cuts=found.cuts)
        made.append(Again("chances", chance, own, plan))
    drawn = drawn_chances(problem, OTHER_FUTURES, seed + 2)
    at = (np.arange(OTHER_FUTURES) + 0.5) / OTHER_FUTURES
    for k, (chance, weight) in enumerate(zip(drawn, split_uniform(at, *on.ranges[WEIGHT]).tolist(), strict=True), 1):
        moved = {WEIGHT: weight, **{chance_id(stop): chance[stop] for stop in STOPS}}
        other = replace(on, assume={**on.assume, **moved})
        again = Problem.of(other, on.parties, risk=problem.how, scenarios=len(problem.futures), seed=seed + k)
        made.append(Again("all", chance, weight, again.solve(budget, time_limit=time_limit)))
    return made


def _again(problem: Problem, one: Again) -> Row:
    chance = {f"{stop.replace('-', '_')}_chance": p for stop, p in one.chance.items() if stop != QUIET}
    return {"moved": one.moved, **chance, "weight_of_others": one.weight, **_told(problem, one.found)}


def _robustness(problem: Problem, every: Sequence[PortfolioSolution]) -> list[Row]:
    """How often each project is chosen, over this plan and those over other data."""
    offered = problem.ground.offered
    count: dict[str, int] = {}
    for solution in every:
        for j in _projects(problem, solution.x):
            count[offered[j].project_id] = count.get(offered[j].project_id, 0) + 1
    planned = {offered[j].project_id for j in _projects(problem, every[0].x)}
    return [
        {
            "project_id": project,
            "decision": "chosen" if project in planned else "left_out",
            "chosen_share": n / len(every),
            "chosen_in": n,
            "plans": len(every),
        }
        for project, n in sorted(count.items(), key=lambda item: (-item[1], item[0]))
    ]


def _links(problem: Problem, found: PortfolioSolution) -> list[Row]:
    """What a tonne a year more would avoid at each stage and place under the plan: the largest is the empty link."""
    on = problem.ground
    first = len(on.offered) + len(on.stocks)
    worth = {probe: max(-float(found.marginal[first + k]), 0.0) * 1000 for k, probe in enumerate(on.probes)}
    return [
        {
            "place": on.net.places[probe.region],
            "stage": probe.stage,
            "product": probe.product,
            "loss_avoided_usd_per_kg": worth[probe],
        }
        for probe in sorted(on.probes, key=lambda p: (-worth[p], p.region, p.product))
    ]
