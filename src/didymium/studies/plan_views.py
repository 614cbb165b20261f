"""The plan from further sides: money, stocks, futures, other budgets and weights, each party alone, missing links."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from didymium.engine.twostage import PortfolioSolution
from didymium.model.plan_network import PARTNERS, REST
from didymium.results import Row
from didymium.scenario.uncertain import split_uniform
from didymium.studies import plan_share, plan_stocks
from didymium.studies.plan_again import choice_rows
from didymium.studies.plan_errors import wrong_grounds
from didymium.studies.plan_ground import ALL, PROJECTS, STOCKS
from didymium.studies.plan_problem import Look, Problem
from didymium.studies.plan_reasons import drawn_chances, drawn_rows
from didymium.studies.plan_scenarios import LASTING, LATER_YEARS, QUIET, chances
from didymium.studies.plan_share import LEAST_T, built, named, projects, spent_on_links, spent_on_stocks

BUDGETS = (0.0, 0.5, 1.0, 2.0)  # multiples of the money asked about
OTHER_CHANCES, OTHER_DATA, OTHER_FUTURES = 3, 4, 2  # plans made again over other data
WEIGHT = "plan_weight_of_others"
STEPS = 8  # that a progress bar counts


Plans = dict[tuple[float, float], PortfolioSolution]
"""Plans by the chance that a lasting stop begins and the years that it goes on after the first."""


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
    rows: Sequence[Row],
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
    made_by = plan_share.apart(problem, found, budget, seed=seed, time_limit=time_limit)
    plain, planned = problem.looks([np.zeros(problem.ground.choices), found.x])
    report(4, STEPS)
    weights = _weights(problem, found, budget, time_limit, seed=seed)
    report(5, STEPS)
    lasting = _lasting(problem, found, budget, time_limit)
    again = _made_again(problem, found, budget, time_limit, seed=seed)
    report(7, STEPS)
    every = [found, *(one.found for one in again)]
    made: dict[str, list[Row]] = {
        "proof": [_proof(problem, found)],
        "budget": _budget(problem, found, budget),
        "choices": choice_rows(problem, found.x),
        "new": _new(problem, found, every),
        "stocks": plan_stocks.stock_rows(problem, found, every),
        "stock_rules": plan_stocks.rule_rows(problem, found),
        "release": plan_stocks.release_rows(problem, found, seed=seed),
        "scenarios": _futures(problem, plain, planned),
        "frontier": [_frontier(problem, b, s) for b, s in more.items()],
        "parts": [{"part": name, **_told(problem, s)} for name, s in parts.items()],
        "together": plan_share.together_rows(problem, made_by),
        "split": plan_share.split_rows(problem, made_by, plain, planned),
        "benefit": plan_share.benefit_rows(problem, plain, planned),
        "double": plan_share.double_rows(problem, made_by),
        "weights": [{"weight_of_others": w, **_told(problem, s)} for w, s in weights.items()],
        "lasting": [
            {"stop_lasting_chance": c, "stop_later_years": y, **_told(problem, s)} for (c, y), s in lasting.items()
        ],
        "other_data": [_again(problem, one) for one in again],
        "robustness": _robustness(problem, every),
        "links": plan_share.link_rows(problem, found, rows),
    }
    report(STEPS, STEPS)
    return made, [
        s.status
        for s in (*more.values(), *parts.values(), *made_by.values(), *weights.values(), *lasting.values(), *every)
    ]


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


def _told(problem: Problem, found: PortfolioSolution) -> dict[str, float | str | int]:
    """A plan in one row."""
    return {
        "value_usd_m": found.value,
        "yearly_cost_usd_m": float(problem.ground.yearly @ found.x),
        "stock_usd_m": spent_on_stocks(problem, found.x),
        "new_t": built(problem, found.x),
        "projects": len(projects(problem, found.x)),
        "project_ids": named(problem, found.x),
        "gap_of_value": found.gap_of_value,
        "status": found.status,
    }


def _budget(problem: Problem, found: PortfolioSolution, budget: Mapping[str, float]) -> list[Row]:
    on = problem.ground
    rows: list[Row] = []
    for party in on.parties:
        own = [j for j in projects(problem, found.x) if on.offered[j].party == party]
        stock = spent_on_stocks(problem, found.x, party)
        reserve = sum(on.offered[j].reserve for j in own)
        new = spent_on_links(problem, found.x, party)
        rows.append(
            {
                "party": party,
                "budget_usd_m": budget.get(party, 0.0),
                "reserve_usd_m": reserve,
                "stock_usd_m": stock,
                "new_usd_m": new,
                "left_usd_m": max(round(budget.get(party, 0.0) - reserve - stock - new, 6), 0.0) + 0.0,
                "public_cost_usd_m": sum(on.offered[j].expected for j in own),
                "offered": len({one.project_id for one in on.offered if one.party == party}),
                "project_ids": ";".join(on.offered[j].project_id for j in own),
                "programme_ids": ";".join(sorted({i for j in own for i in on.offered[j].programmes.split(";") if i})),
            }
        )
    return rows


def _new(problem: Problem, found: PortfolioSolution, every: Sequence[PortfolioSolution]) -> list[Row]:
    """Capacity to be built at a stage at which no project can be supported."""
    on = problem.ground
    planned = problem.losses(found.x)
    rows: list[Row] = []
    for k, one in enumerate(on.links, on.first_link):
        bought = [float(plan.x[k]) for plan in every]
        if max(bought, default=0.0) < LEAST_T:
            continue
        bare = np.array(found.x)
        bare[k] = 0.0
        worth = problem.measure(problem.losses(bare)) - problem.measure(planned)
        cost = float(on.yearly[k] * found.x[k])
        rows.append(
            {
                "party": one.party,
                "stage": one.plant.stage,
                "product": one.plant.product,
                "new_t": bought[0],
                "new_t_low": min(bought),
                "new_t_high": max(bought),
                "chosen_in": sum(t >= LEAST_T for t in bought),
                "plans": len(every),
                "gap_t": one.most,
                "start_year": one.plant.start_year,
                "chance_with": one.chance,
                "capital_usd_m": one.capital * bought[0],
                "reserve_usd_m": float(on.charge[k] * bought[0]),
                "yearly_cost_usd_m": cost,
                "yearly_loss_avoided_usd_m": worth,
                "loss_avoided_per_cost": worth / cost if cost > 0 else None,
                "source_ids": list(one.source_ids),
            }
        )
    return rows


def _futures(problem: Problem, plain: Look, planned: Look) -> list[Row]:
    """Lost value of each place in each future, with the plan and without.

    Of others only as goods go where most is lost: as the planners see it, a sale to others is worth its price alone.
    """
    on = problem.ground
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


def _lasting(
    problem: Problem, found: PortfolioSolution, budget: Mapping[str, float], time_limit: float | None
) -> Plans:
    """The plan over chances that a lasting stop begins and years that it goes on, at the ends of their ranges."""
    on = problem.ground
    chance, years = on.ranges[LASTING], on.ranges[LATER_YEARS]
    own = (on.assume[LASTING], on.assume[LATER_YEARS])
    made: Plans = {}
    for pair in ((chance[0], years[1]), (chance[1], years[1]), (chance[2], years[1]), (chance[2], years[2])):
        if pair == own:
            made[pair] = found
            continue
        other = chances({**on.assume, LASTING: pair[0], LATER_YEARS: pair[1]})
        made[pair] = problem.with_chances(other).solve(budget, time_limit=time_limit, cuts=found.cuts)
    return made


def _made_again(
    problem: Problem, found: PortfolioSolution, budget: Mapping[str, float], time_limit: float | None, *, seed: int
) -> list[Again]:
    """The plan over other chances of stops, over errors of the data, and over both with other futures and weight."""
    on = problem.ground
    own = on.assume[WEIGHT]
    made = []
    for chance in drawn_chances(problem, OTHER_CHANCES, seed + 1):
        plan = problem.with_chances(chance).solve(budget, time_limit=time_limit, cuts=found.cuts)
        made.append(Again("chances", chance, own, plan))
    grounds = wrong_grounds(on, OTHER_DATA + OTHER_FUTURES, seed=seed + 3)
    for wrong in grounds[:OTHER_DATA]:
        again = Problem.of(wrong, on.parties, risk=problem.how, scenarios=len(problem.futures), seed=seed)
        plan = again.solve(budget, time_limit=time_limit)
        made.append(Again("data", chances(on.assume), own, plan))
    drawn = drawn_rows(problem, OTHER_FUTURES, seed + 2)
    at = (np.arange(OTHER_FUTURES) + 0.5) / OTHER_FUTURES
    weights = split_uniform(at, *on.ranges[WEIGHT]).tolist()
    for k, (wrong, moved, weight) in enumerate(zip(grounds[OTHER_DATA:], drawn, weights, strict=True), 1):
        other = replace(wrong, assume={**wrong.assume, **moved, WEIGHT: weight})
        again = Problem.of(other, on.parties, risk=problem.how, scenarios=len(problem.futures), seed=seed + k)
        made.append(Again("all", chances(moved), weight, again.solve(budget, time_limit=time_limit)))
    return made


def _again(problem: Problem, one: Again) -> Row:
    chance = {f"{stop.replace('-', '_')}_chance": p for stop, p in one.chance.items() if stop != QUIET}
    return {"moved": one.moved, **chance, "weight_of_others": one.weight, **_told(problem, one.found)}


def _robustness(problem: Problem, every: Sequence[PortfolioSolution]) -> list[Row]:
    """How often each project is chosen, over this plan and those over other data."""
    offered = problem.ground.offered
    count: dict[str, int] = {}
    for solution in every:
        for j in projects(problem, solution.x):
            count[offered[j].project_id] = count.get(offered[j].project_id, 0) + 1
    planned = {offered[j].project_id for j in projects(problem, every[0].x)}
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
