"""What stands beside the plan: other plans that are as good or nearly so, and the word of a second solver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from didymium.engine.second import second_opinion
from didymium.engine.twostage import scale_of
from didymium.errors import SolverFailed
from didymium.studies.plan_problem import GAP, Problem

if TYPE_CHECKING:
    from didymium.engine import PortfolioSolution
    from didymium.results import Row

NEAR = 0.01
"""Part of the value of the plan by which another may be worse and still be called near."""


def near(problem: Problem, found: PortfolioSolution, anew: Sequence[PortfolioSolution]) -> list[Row]:
    """The best plans without one of the chosen projects, nearest first; each once.

    `tie`: not told apart from the plan, for the difference is within the proven distance from the best. `near`: worse
    by a hundredth of the plan's value at most.
    """
    scale = scale_of(found.value, found.objective + found.value)
    ours = _projects(problem, found)
    rows: dict[tuple[str, ...], Row] = {}
    for other in sorted(anew, key=lambda one: one.objective):
        theirs = _projects(problem, other)
        if theirs in rows or theirs == ours:
            continue
        share = (other.objective - found.objective) / scale
        rows[theirs] = {
            "near_plan": len(rows) + 1,
            "project_ids": list(theirs),
            "left_out": sorted(set(ours) - set(theirs)),
            "taken_up": sorted(set(theirs) - set(ours)),
            "worse_by_usd_m": other.objective - found.objective,
            "worse_by_share_of_value": share,
            "nearness": "tie" if share <= max(GAP, found.gap_of_value) else "near" if share <= NEAR else "apart",
            "status": other.status,
        }
    return list(rows.values())


def near_warning(rows: Sequence[Row]) -> list[str]:
    """What an answer says of plans that are as good."""
    ties = sum(row["nearness"] == "tie" for row in rows)
    close = sum(row["nearness"] == "near" for row in rows)
    if not ties and not close:
        return []
    return [f"Not the only plan: {ties} others are as good as far as can be told, {close} nearly so; table near."]


def verified(
    problem: Problem, found: PortfolioSolution, budget: Mapping[str, float], *, time_limit: float | None
) -> list[Row]:
    """The same plan asked of a second solver, in one row. Raises SolverFailed if the two contradict each other."""
    scale = scale_of(found.value, found.objective + found.value)
    other = second_opinion(
        problem.first(budget),
        problem.lp,
        problem.cases,
        risk=problem.risk,
        alpha=problem.alpha,
        gap=GAP * scale / max(abs(found.objective), scale),
        time_limit=time_limit,
    )
    apart = None if other.objective is None else (other.objective - found.objective) / scale
    contradicts = other.status == "infeasible" or other.bound > found.objective + GAP * scale
    if other.objective is not None:
        contradicts |= other.objective < found.bound - GAP * scale
    if contradicts:
        raise SolverFailed(
            f"not decided: HiGHS finds {found.objective:.6g} and proves {found.bound:.6g}; {other.solver} says "
            f"{other.status}, {other.objective}, bound {other.bound:.6g}.",
            where="second solver",
            cure="Report it with the data and the command; rely on neither.",
        )
    done = other.status == "optimal" and apart is not None and abs(apart) <= 2 * GAP
    theirs = () if other.x is None else _chosen(problem, other.x)
    return [
        {
            "second_solver": other.solver,
            "status": other.status,
            "objective_usd_m": found.objective,
            "bound_usd_m": found.bound,
            "second_objective_usd_m": other.objective,
            "second_bound_usd_m": other.bound,
            "worse_by_share_of_value": apart,
            "same_projects": None if other.x is None else theirs == _projects(problem, found),
            "agrees": True if done else None,
        }
    ]


def second_warning(rows: Sequence[Row]) -> list[str]:
    """What an answer says of a second solver that did not get to the end, or found another plan as good."""
    found = []
    for row in rows:
        if row["agrees"] is not True:
            found.append(f"{row['second_solver']} did not get to the end in its time: its bound alone stands.")
        elif row["same_projects"] is False:
            found.append(f"{row['second_solver']} finds another plan that is as good as far as can be told.")
    return found


def _projects(problem: Problem, found: PortfolioSolution) -> tuple[str, ...]:
    return _chosen(problem, found.x)


def _chosen(problem: Problem, x: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[str, ...]:
    offered = problem.ground.offered
    return tuple(sorted(one.project_id for one, part in zip(offered, x, strict=False) if part > 0.5))
