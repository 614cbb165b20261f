"""Why each project is in the plan or not: what it adds, what it costs, what would change the decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from didymium.engine.twostage import PortfolioSolution
from didymium.model.ledger import Addition
from didymium.model.network import Floats
from didymium.results import Row
from didymium.scenario.uncertain import split_uniform
from didymium.studies.plan_candidates import HOSTED, Candidate
from didymium.studies.plan_ground import PROJECTS
from didymium.studies.plan_problem import LEAST_GAIN, Problem, acting
from didymium.studies.plan_scenarios import CHANCES, chances

PLENTY_T = 1e4  # tonnes a year more at a stage and place: more than the parties' whole need of most products
DRAWS = 200  # of the chances of stops, for the range of a gain
CHOSEN, LEFT_OUT = "chosen", "left_out"


@dataclass(frozen=True, slots=True)
class Gain:
    """What a choice takes off the risk measure [million USD a year], and where its chances of stops put that."""

    middle: float
    low: float
    high: float


def without(x: Floats, choices: Sequence[int]) -> Floats:
    """The same plan without some choices."""
    found = np.array(x)
    found[list(choices)] = 0.0
    return found


def drawn_rows(problem: Problem, count: int, seed: int) -> list[dict[str, float]]:
    """What the chances of stops follow from, drawn evenly from the ranges of the assumptions."""
    from scipy.stats import qmc

    points = qmc.LatinHypercube(d=len(CHANCES), rng=np.random.default_rng([seed, 8])).random(count)
    each = [split_uniform(points[:, i], *problem.ground.ranges[row]) for i, row in enumerate(CHANCES)]
    return [dict(zip(CHANCES, row, strict=True)) for row in np.column_stack(each).tolist()]


def drawn_chances(problem: Problem, count: int, seed: int) -> list[dict[str, float]]:
    """Chances of each kind of future, over the ranges of the assumptions."""
    return [chances(row) for row in drawn_rows(problem, count, seed)]


def gain_between(problem: Problem, before: Floats, after: Floats, drawn: Sequence[Mapping[str, float]]) -> Gain:
    """The fall of the risk measure from some losses to others, with its 10th and 90th percentile over the chances."""
    found = [problem.measure(before, c) - problem.measure(after, c) for c in drawn]
    low, high = np.quantile(found, [0.1, 0.9]).tolist()
    return Gain(*(_settled(x) for x in (problem.measure(before) - problem.measure(after), low, high)))


def _settled(gain: float) -> float:
    """A gain without what the solver leaves of nothing: to a dollar a year."""
    return round(gain, 6) + 0.0


def project_rows(
    problem: Problem, found: PortfolioSolution, budget: Mapping[str, float], *, seed: int, time_limit: float | None
) -> tuple[list[Row], list[PortfolioSolution]]:
    """One row for each project of the register that could reach the chain, chosen ones first, by worth.

    With them the plans made anew without each chosen project.
    """
    on = problem.ground
    planned = problem.losses(found.x)
    drawn = drawn_chances(problem, DRAWS, seed)
    offers: dict[str, list[int]] = {}
    for j, one in enumerate(on.offered):
        offers.setdefault(one.project_id, []).append(j)
    chosen = {on.offered[j].project_id: j for j in np.flatnonzero(found.x[: len(on.offered)] > 0.5).tolist()}
    gains = _gains(problem, found.x, planned, offers, drawn)
    best = {
        project: chosen.get(project, max(js, key=lambda j: (gains[j].middle - on.yearly[j], -j)))
        for project, js in offers.items()
    }
    idle = [j for p, j in best.items() if p not in chosen and gains[j].middle < LEAST_GAIN]
    why = _why_idle(problem, found.x, idle)
    alone = _alone(problem, best.values())
    left = {p: budget.get(p, 0.0) - float(on.charge @ (found.x * [q == p for q in on.payer])) for p in on.parties}
    again = {p: problem.solve(budget, time_limit=time_limit, cuts=found.cuts, barred=offers[p]) for p in sorted(chosen)}
    together = "+".join(on.parties)
    heads = _heads(problem)
    rows: list[Row] = []
    for project, plants in on.plants.items():
        last = _last(plants)
        row: dict[str, object] = {
            "project_id": project,
            "name": heads[project][0],
            "place": last.region,
            "stage": last.stage,
            "product": last.product,
            "status": last.status,
            "capacity_t": last.capacity,
            "decision": CHOSEN if project in chosen else LEFT_OUT,
            **dict.fromkeys(_MONEY),
            "waits_for": [],
            "next_best": "",
            "reason": on.reasons.get(project, CHOSEN),
            "source_ids": heads[project][1],
        }
        if project in best:
            j = best[project]
            row |= _supported(problem, j, last, gains[j], on.needs.get((together, last.stage, last.product), 0.0))
            row["loss_avoided_alone_usd_m"] = alone[j]
            row["cured_in"] = sum(j in acting(case) for case in problem.cases)
            one, cost = on.offered[j], float(on.yearly[j])
            if project in chosen:
                worth = again[project].objective - found.objective
                row["worth_in_plan_usd_m"] = max(worth, 0.0)
                row["worth_up_to_usd_m"] = max(worth + cost, 0.0) / on.spread
                row["next_best"] = ";".join(_taken_up(problem, found.x, again[project].x))
            else:
                reason, waits = why.get(j) or (_reason(one, gains[j].middle, cost, budget, left), [])
                if not row["cured_in"]:
                    reason, waits = "not_seen", []
                row["reason"] = "too_late" if min(p.start_year for p in plants) >= on.year + 1 else reason
                row["waits_for"] = waits
        rows.append(row)  # type: ignore[arg-type]
    rows.sort(key=lambda r: (r["decision"] != CHOSEN, -_number(r["yearly_loss_avoided_usd_m"]), str(r["project_id"])))
    return rows, list(again.values())


_MONEY = (
    "package",
    "party",
    "programme_ids",
    "public_cost_usd_m",
    "reserve_usd_m",
    "yearly_cost_usd_m",
    "chance",
    "chance_with",
    "cured_in",
    "added_t",
    "gap_share_closed",
    "yearly_loss_avoided_usd_m",
    "yearly_loss_avoided_usd_m_p10",
    "yearly_loss_avoided_usd_m_p90",
    "loss_avoided_alone_usd_m",
    "loss_avoided_per_cost",
    "worth_in_plan_usd_m",
    "worth_up_to_usd_m",
)


def _supported(problem: Problem, j: int, last: Addition, gain: Gain, need: float) -> dict[str, object]:
    """What is told of a project with its package."""
    one, cost = problem.ground.offered[j], float(problem.ground.yearly[j])
    added = last.capacity * (one.chance[1] - one.chance[0])
    return {
        "package": one.package,
        "party": one.party,
        "programme_ids": one.programmes,
        "public_cost_usd_m": one.expected,
        "reserve_usd_m": one.reserve,
        "yearly_cost_usd_m": cost,
        "chance": one.chance[0],
        "chance_with": one.chance[1],
        "added_t": added,
        "gap_share_closed": added / need if need > 0 else None,
        "yearly_loss_avoided_usd_m": gain.middle,
        "yearly_loss_avoided_usd_m_p10": gain.low,
        "yearly_loss_avoided_usd_m_p90": gain.high,
        "loss_avoided_per_cost": gain.middle / cost if cost > 0 else None,
    }


def _gains(
    problem: Problem,
    x: Floats,
    planned: Floats,
    offers: Mapping[str, Sequence[int]],
    drawn: Sequence[Mapping[str, float]],
) -> dict[int, Gain]:
    """Gain of each package: the plan with it against the plan without its project, all else as planned."""
    found: dict[int, Gain] = {}
    for choices in offers.values():
        bare = without(x, choices)
        base = problem.losses(bare)
        seen: dict[float, Gain] = {}  # whoever pays, a package that cures as much does the same
        for j in choices:
            bar = problem.ground.offered[j].chance[1]
            if bar not in seen:
                tried = bare.copy()
                tried[j] = 1.0
                seen[bar] = gain_between(problem, base, problem.losses(tried), drawn)
            found[j] = seen[bar]
    return found


def _alone(problem: Problem, choices: Iterable[int]) -> dict[int, float]:
    """Gain of each package if nothing else is done."""
    nothing = np.zeros(problem.ground.choices)
    losses = problem.losses(nothing)
    return {j: _added(problem, nothing, losses, j) for j in choices}


def _why_idle(problem: Problem, x: Floats, idle: Sequence[int]) -> dict[int, tuple[str, list[str]]]:
    """Reason of packages that gain nothing in the plan, and the stages that they wait for.

    Without the stocks of the plan a project may gain; or it would if another stage had all the capacity it wants.
    """
    if not idle:
        return {}
    on = problem.ground
    projects = np.where(on.is_open(PROJECTS), x, 0.0)
    losses = problem.losses(projects)
    found: dict[int, tuple[str, list[str]]] = {
        j: ("stocks_do_it", []) for j in idle if _added(problem, projects, losses, j) >= LEAST_GAIN
    }
    waits: dict[int, list[str]] = {j: [] for j in idle if j not in found}
    first = on.first_probe
    for stage in HOSTED:
        opened = projects.copy()
        opened[[first + k for k, probe in enumerate(on.probes) if probe.stage == stage]] = PLENTY_T
        losses = problem.losses(opened)
        for j, stages in waits.items():
            own = {plant.stage for plant in on.plants[on.offered[j].project_id]}
            if stage not in own and _added(problem, opened, losses, j) >= LEAST_GAIN:
                stages.append(stage)
    return found | {j: ("empty_link" if stages else "no_gain", stages) for j, stages in waits.items()}


def _added(problem: Problem, x: Floats, losses: Floats, j: int) -> float:
    """Gain of a package over some choices without it."""
    tried = x.copy()
    tried[j] = 1.0
    return _settled(problem.measure(losses) - problem.measure(problem.losses(tried)))


def _reason(one: Candidate, gain: float, cost: float, budget: Mapping[str, float], left: Mapping[str, float]) -> str:
    """Why a project that gains something is not supported."""
    if gain <= cost:
        return "costs_more"
    if one.reserve > budget.get(one.party, 0.0):
        return "over_budget"
    return "money_better_used" if one.reserve > left[one.party] else "within_gap"


def _taken_up(problem: Problem, x: Floats, other: Floats) -> list[str]:
    """Projects of one plan that are not in another."""
    offered = problem.ground.offered
    in_plan = {offered[j].project_id for j in np.flatnonzero(x[: len(offered)] > 0.5)}
    return sorted({offered[j].project_id for j in np.flatnonzero(other[: len(offered)] > 0.5)} - in_plan)


def _last(plants: Sequence[Addition]) -> Addition:
    """The plant of a project that is furthest down the chain."""
    return max(plants, key=lambda p: (HOSTED.index(p.stage) if p.stage in HOSTED else -1, p.capacity))


def _heads(problem: Problem) -> dict[str, tuple[str, list[str]]]:
    """Name and sources of each project."""
    names: dict[str, str] = {}
    sources: dict[str, set[str]] = {}
    for r in problem.ground.ds.rows("projects"):
        names.setdefault(str(r["project_id"]), str(r["name"]))
        sources.setdefault(str(r["project_id"]), set()).add(str(r["source_id"]))
    return {project: (name, sorted(sources[project])) for project, name in names.items()}


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
