"""Why each project is in the plan or not: what it adds, what it costs, what would change the decision."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from didymium.engine.twostage import PortfolioSolution
from didymium.model.network import Floats
from didymium.results import Row
from didymium.studies.gaps import gaps
from didymium.studies.plan_candidates import HOSTED, Candidate
from didymium.studies.plan_problem import Problem

LEAST_GAIN = 0.1  # million USD a year: less is no gain
WARNINGS = (
    "the chance of a stop is an assumption that nobody can know; the plan depends on it",
    "support is taken to cure only failures for lack of finance, half of them: an assumption with a wide range",
    "partners are one place and the rest another: goods pass freely inside each, so losses are told too small",
    "an oxide plant is taken to have its ore; mines without a separation plant are not candidates",
    "other buyers outbid nobody beyond one and a half prices, so the parties' losses without a plan are told too small",
    "budgets are charged with the mean cost of the worst 5% of paths, not with expected cost or with face value",
    "finished magnets are made to a user's drawing: a stock of them serves fewer users than it holds tonnes",
)


def without(x: Floats, choices: list[int]) -> Floats:
    """The same plan without some choices."""
    found = np.array(x)
    found[choices] = 0.0
    return found


def project_rows(problem: Problem, found: PortfolioSolution, budget: Mapping[str, float]) -> list[Row]:
    """One row for each project of the register that could reach the chain; chosen ones first, by worth."""
    on = problem.ground
    measure = problem.measure(found.x)
    names = {str(r["project_id"]): str(r["name"]) for r in on.ds.rows("projects")}
    ledger = gaps(on.ds, parties=on.parties, years=(on.year,), outlooks=("STEPS",), draws=1)
    together = "+".join(on.parties)
    gap = {
        (str(r["stage"]), str(r["product"])): float(r["gap_t"])  # type: ignore[arg-type]
        for r in ledger.rows
        if r["party"] == together
    }
    offers: dict[str, list[int]] = {}
    for j, one in enumerate(on.offered):
        offers.setdefault(one.project_id, []).append(j)
    gains: dict[int, float] = {}
    market = problem.market
    for choices in offers.values():
        bare = without(found.x, choices)
        taken = [j for j in choices if found.x[j] > 0.5]
        base = problem.measure(bare) if taken else measure
        seen: dict[float, float] = {}  # whoever pays, a package does the same
        for j in choices:
            bar = on.offered[j].chance[1]
            if bar not in seen:
                tried = bare.copy()
                tried[j] = 1.0
                seen[bar] = base - (measure if j in taken else problem.measure(tried))
            gains[j] = seen[bar] - float(market[j])
    chosen = {on.offered[j].project_id: j for j in np.flatnonzero(found.x[: len(on.offered)] > 0.5).tolist()}
    best = {
        project: chosen.get(project, max(js, key=lambda j: gains[j] - on.yearly[j])) for project, js in offers.items()
    }
    rows: list[Row] = []
    for project, plants in on.plants.items():
        last = max(plants, key=lambda p: (HOSTED.index(p.stage) if p.stage in HOSTED else -1, p.capacity))
        row: dict[str, str | float | None] = {
            "project_id": project,
            "name": names[project],
            "place": last.region,
            "stage": last.stage,
            "product": last.product,
            "status": last.status,
            "capacity_t": last.capacity,
            "decision": "chosen" if project in chosen else "left_out",
        }
        if project not in best:
            rows.append({**row, "reason": on.reasons[project], "loss_avoided_usd_m": None, "package": ""})
            continue
        j = best[project]
        one, gain, cost = on.offered[j], gains[j], float(on.yearly[j])
        added = last.capacity * (one.chance[1] - one.chance[0])
        need = gap.get((last.stage, last.product), 0.0)
        rows.append(
            {
                **row,
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
                "loss_avoided_usd_m": gain,
                "loss_avoided_per_cost": gain / cost if cost > 0 else None,
                "worth_up_to_usd_m": gain / on.spread,
                "next_best": _next_best(problem, best, chosen, gains, one) if project in chosen else "",
                "reason": "chosen" if project in chosen else _reason(one, gain, cost, budget),
            }
        )
    return sorted(
        rows, key=lambda r: (r["decision"] != "chosen", -float(r["loss_avoided_usd_m"] or 0.0), str(r["project_id"]))  # type: ignore[arg-type]
    )


def _reason(one: Candidate, gain: float, cost: float, budget: Mapping[str, float]) -> str:
    """Why a project that could be supported is not."""
    if gain < LEAST_GAIN:
        return "no_gain"
    if gain <= cost:
        return "costs_more"
    return "over_budget" if one.reserve > budget.get(one.party, 0.0) else "money_better_used"


def _next_best(
    problem: Problem, best: Mapping[str, int], chosen: Mapping[str, int], gains: Mapping[int, float], one: Candidate
) -> str:
    """The project left out that would gain most, paid by the same party from what this one takes; empty if none."""
    offered = problem.ground.offered
    fits = [
        j
        for project, j in best.items()
        if project not in chosen and offered[j].party == one.party and offered[j].reserve <= one.reserve
    ]
    net = {j: gains[j] - float(problem.ground.yearly[j]) for j in fits}
    found = max(net, key=lambda j: net[j], default=None)
    return offered[found].project_id if found is not None and net[found] > 0 else ""
