"""Together or apart: what each coalition of parties could do, how the gain may be shared, and whom the plan serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from didymium.engine.twostage import PortfolioSolution, weights
from didymium.model.cooperation import Coalition, coalitions, is_in_core, nucleolus, shapley
from didymium.model.network import Floats
from didymium.model.plan_network import PARTNERS, REST
from didymium.results import Row
from didymium.studies.plan_problem import Look, Problem
from didymium.studies.plan_scenarios import QUIET

MOST_PARTIES = 5  # of which every coalition makes its own plan; of more only each alone and all
LEAST_T = 0.05  # tonnes: less is nothing


def apart(
    problem: Problem,
    found: PortfolioSolution,
    budget: Mapping[str, float],
    *,
    seed: int,
    time_limit: float | None,
) -> dict[Coalition, PortfolioSolution]:
    """The plan of each coalition for its own losses with its own money; that of all is the plan itself."""
    on = problem.ground
    whole = frozenset(on.parties)
    made: dict[Coalition, PortfolioSolution] = {}
    for some in coalitions(on.parties):
        if some == whole:
            made[some] = found
        elif some and (len(some) == 1 or len(whole) <= MOST_PARTIES):
            own = Problem.of(on, sorted(some), risk=problem.how, scenarios=len(problem.futures), seed=seed)
            others = [j for j, payer in enumerate(on.payer) if payer not in some]
            made[some] = own.solve({p: budget.get(p, 0.0) for p in some}, time_limit=time_limit, barred=others)
    return made


def together_rows(problem: Problem, made: Mapping[Coalition, PortfolioSolution]) -> list[Row]:
    """Each coalition with its own money and its own losses in mind, each alone side by side, and the joint plan.

    All are valued by the losses of all parties; `own_value_usd_m` is the value in the coalition's own eyes.
    """
    on = problem.ground
    whole = frozenset(on.parties)
    plans = {name_of(some): solution.x for some, solution in made.items() if some != whole}
    paid = {name: float(on.yearly @ x) for name, x in plans.items()}
    own: dict[str, float | None] = {name_of(some): s.value for some, s in made.items() if some != whole}
    singles = {some: s for some, s in made.items() if len(some) == 1 and some != whole}
    if singles:
        plans["apart"] = side_by_side(problem, list(singles.values()))
        paid["apart"] = sum(paid[name_of(some)] for some in singles)
    plans["joint"], own["joint"] = made[whole].x, made[whole].value
    paid["joint"] = float(on.yearly @ made[whole].x)
    nothing = problem.measure(problem.losses(np.zeros(on.choices)))
    value = {name: nothing - problem.measure(problem.losses(x)) - paid[name] for name, x in plans.items()}
    return [
        {
            "plan": name,
            "yearly_cost_usd_m": paid[name],
            "value_usd_m": value[name],
            "own_value_usd_m": own.get(name),
            "stock_usd_m": spent_on_stocks(problem, x),
            "new_t": built(problem, x),
            "project_ids": named(problem, x),
            "gain_usd_m": value[name] - value["apart"] if name == "joint" and singles else None,
        }
        for name, x in plans.items()
    ]


def side_by_side(problem: Problem, plans: Sequence[PortfolioSolution]) -> Floats:
    """Several plans at once. Of one project's packages only the one that cures most counts; each is paid."""
    on = problem.ground
    x = np.sum([plan.x for plan in plans], axis=0)
    for project in {one.project_id for one in on.offered}:
        both = [j for j, one in enumerate(on.offered) if one.project_id == project and x[j] > 0.5]
        if both:
            x[both] = 0.0
            x[max(both, key=lambda j: on.offered[j].chance[1])] = 1.0
    return np.asarray(x)


def split_rows(problem: Problem, made: Mapping[Coalition, PortfolioSolution], plain: Look, planned: Look) -> list[Row]:
    """How the value of the joint plan could be shared, and what each would then pay of its yearly cost.

    A game in which a coalition is worth the losses that its plan avoids to its members, less what the plan costs. All
    plans are laid into one network, in which the losses of all parties count: alone, a party would take the goods of
    the others in a stop, and that is no gain of a plan. Who gains b of losses avoided and is to keep φ pays b − φ.
    """
    on = problem.ground
    whole = frozenset(on.parties)
    if not 2 <= len(whole) <= MOST_PARTIES:
        return []
    nothing = problem.losses(np.zeros(on.choices))
    parts = {some: plan.x for some, plan in made.items() if some != whole}
    looks = {whole: planned, **dict(zip(parts, problem.looks(list(parts.values())), strict=True))}
    benefit = {
        some: {p: _avoided(problem, plain, looks[some], p, nothing, problem.losses(plan.x)) for p in on.parties}
        for some, plan in made.items()
    }
    game = {some: sum(benefit[some][p] for p in some) - float(on.yearly @ plan.x) for some, plan in made.items()}
    by_order, by_worst = shapley(game), nucleolus(game)
    x = made[whole].x
    return [
        {
            "party": party,
            "alone_value_usd_m": game[frozenset([party])],
            "shapley_usd_m": by_order[party],
            "nucleolus_usd_m": by_worst[party],
            "benefit_usd_m": benefit[whole][party],
            "yearly_cost_usd_m": float(on.yearly @ (x * [p == party for p in on.payer])),
            "shapley_cost_usd_m": benefit[whole][party] - by_order[party],
            "nucleolus_cost_usd_m": benefit[whole][party] - by_worst[party],
            "shapley_in_core": is_in_core(game, by_order),
        }
        for party in on.parties
    ]


def _avoided(problem: Problem, plain: Look, planned: Look, party: str, before: Floats, after: Floats) -> float:
    """Fall of a party's lost value, at the weights that the joint risk measure gives the futures before and after."""
    share = np.array([future.probability for future in problem.futures])
    heavy, light = (weights(some, share, problem.risk, problem.alpha) for some in (before, after))
    return float(heavy @ plain.lost[party] - light @ planned.lost[party])


def benefit_rows(problem: Problem, plain: Look, planned: Look) -> list[Row]:
    """Whom the plan serves: magnets delivered in stops and losses avoided, by place, others included.

    As the planners see it, who come first, and as it is where goods go to whoever loses most (`alike`).
    """
    on = problem.ground
    share = np.array([future.probability for future in problem.futures])
    stop = share * [future.stop != QUIET for future in problem.futures]
    places = (*on.parties, PARTNERS, REST)
    added = {p: round(float(stop @ (planned.served[p] - plain.served[p])), 6) + 0.0 for p in places}
    alike = {p: float(stop @ (planned.served_alike[p] - plain.served_alike[p])) for p in places}
    return [
        {
            "party": place,
            "need_t": float(stop @ plain.need[place] / stop.sum()),
            "served_share_without": _part(stop @ plain.served[place], stop @ plain.need[place]),
            "served_share_with": _part(stop @ planned.served[place], stop @ plain.need[place]),
            "delivery_share": added[place] / sum(added.values()) if sum(added.values()) > LEAST_T else None,
            "alike_share_without": _part(stop @ plain.served_alike[place], stop @ plain.need[place]),
            "alike_share_with": _part(stop @ planned.served_alike[place], stop @ plain.need[place]),
            "alike_delivery_share": alike[place] / sum(alike.values()) if sum(alike.values()) > LEAST_T else None,
            "alike_avoided_usd_m": float(share @ (plain.alike[place] - planned.alike[place])),
            "is_party": place in on.parties,
        }
        for place in places
    ]


def _part(some: Any, whole: Any) -> float | None:
    """A share; None of a place that needs nothing."""
    return float(some / whole) if whole > 0 else None


def double_rows(problem: Problem, made: Mapping[Coalition, PortfolioSolution]) -> list[Row]:
    """What more than one party would pay for by itself: projects, and capacity at a stage that both would build.

    `reserve_usd_m` is the money of all that would; `spared_usd_m` what is saved if one of them pays, or if they build
    what the joint plan builds.
    """
    on = problem.ground
    whole = made[frozenset(on.parties)]
    singles = {next(iter(some)): s.x for some, s in made.items() if len(some) == 1 and len(on.parties) > 1}
    payers: dict[str, dict[str, float]] = {}
    for party, x in singles.items():
        for j in projects(problem, x):
            payers.setdefault(on.offered[j].project_id, {})[party] = on.offered[j].reserve
        for k, link in enumerate(on.links, on.first_link):
            if x[k] > LEAST_T:
                payers.setdefault(f"new:{link.plant.product}", {})[party] = float(x[k] * on.charge[k])
    rows: list[Row] = []
    for what, paid in sorted(payers.items()):
        if len(paid) < 2:
            continue
        joint = sum(
            float(whole.x[k] * on.charge[k])
            for k, link in enumerate(on.links, on.first_link)
            if what == f"new:{link.plant.product}"
        )
        spared = sum(paid.values()) - (joint if what.startswith("new:") else max(paid.values()))
        if spared <= 0:  # jointly as much is built and more: nothing is paid twice
            continue
        rows.append(
            {
                "project_id": what,
                "parties": ";".join(sorted(paid)),
                "reserve_usd_m": sum(paid.values()),
                "spared_usd_m": spared,
            }
        )
    return rows


def link_rows(problem: Problem, found: PortfolioSolution, rows: Sequence[Row]) -> list[Row]:
    """What a tonne a year more would avoid at each stage and place under the plan: the largest is the empty link.

    With the projects of the register at that stage and place, those elsewhere that wait for the stage, and what the
    plan builds there.
    """
    on = problem.ground
    worth = {probe: max(-float(found.marginal[on.first_probe + k]), 0.0) * 1000 for k, probe in enumerate(on.probes)}
    at: dict[tuple[str, str], set[str]] = {}
    for project, plants in on.plants.items():
        for plant in plants:
            place = on.net.places[plant.region]
            at.setdefault((place, plant.stage), set()).add(project)
    waiting: dict[str, list[str]] = {}
    for row in rows:
        for stage in row["waits_for"] if isinstance(row["waits_for"], list) else ():
            waiting.setdefault(stage, []).append(str(row["project_id"]))
    new = {(link.party, link.plant.product): float(found.x[k]) for k, link in enumerate(on.links, on.first_link)}
    return [
        {
            "place": on.net.places[probe.region],
            "stage": probe.stage,
            "product": probe.product,
            "loss_avoided_usd_per_kg": worth[probe],
            "new_t": new.get((on.net.places[probe.region], probe.product), 0.0),
            "project_ids": ";".join(sorted(at.get((on.net.places[probe.region], probe.stage), ()))),
            "waiting_ids": ";".join(sorted(waiting.get(probe.stage, ()))),
        }
        for probe in sorted(on.probes, key=lambda p: (-worth[p], p.region, p.product))
    ]


# -- a plan in words ---------------------------------------------------------------------------------------------------


def name_of(some: Coalition) -> str:
    """A coalition as a reader names it."""
    return "+".join(sorted(some))


def projects(problem: Problem, x: Floats) -> list[int]:
    """Numbers of the projects chosen."""
    found: list[int] = np.flatnonzero(x[: len(problem.ground.offered)] > 0.5).tolist()
    return found


def named(problem: Problem, x: Floats) -> str:
    """Projects chosen, with semicolons between them."""
    return ";".join(problem.ground.offered[j].project_id for j in projects(problem, x))


def spent_on_stocks(problem: Problem, x: Floats, party: str | None = None) -> float:
    """Money for stocks [million USD], of a party or of all."""
    on, at = problem.ground, len(problem.ground.offered)
    return float(sum(s.price * float(x[at + k]) for k, s in enumerate(on.stocks) if party in (None, s.party)))


def built(problem: Problem, x: Floats, party: str | None = None) -> float:
    """Capacity built [t/y], of a party or of all."""
    on = problem.ground
    return sum(float(x[k]) for k, one in enumerate(on.links, on.first_link) if party in (None, one.party))


def spent_on_links(problem: Problem, x: Floats, party: str | None = None) -> float:
    """Money for capacity that is built [million USD], of a party or of all."""
    on = problem.ground
    return sum(
        float(x[k] * on.charge[k]) for k, one in enumerate(on.links, on.first_link) if party in (None, one.party)
    )


def released(problem: Problem, x: Floats) -> dict[tuple[str, str], dict[str, float]]:
    """Part of each stock bought that is released, by kind of future, on average over its futures."""
    on = problem.ground
    lay = on.net.network.layout
    columns = lay.columns_of("release", lay.public)[:, lay.public - len(on.net.forms) :]
    at = len(on.offered)
    bought = np.zeros(len(on.net.forms))
    for k, step in enumerate(on.stocks):
        bought[step.form] += float(x[at + k]) * step.fits
    used: dict[str, list[Floats]] = {}
    for number, future in enumerate(problem.futures):
        answer = problem.solved.solution(number, x)
        used.setdefault(future.stop, []).append(answer.x[columns].sum(axis=0))
    return {
        form: {kind: float(np.mean([u[i] for u in some]) / bought[i]) for kind, some in used.items()}
        for i, form in enumerate(on.net.forms)
        if bought[i] > LEAST_T
    }
