"""Which choices to make now, over all cases at once: the verb `portfolio`, and what every way of solving it shares.

Whatever the method found, the plan is judged here: its whole numbers are rounded, its rows checked, every case is
solved with a certificate, and objective, value and gap are computed from those losses.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from didymium.engine.benders import Master, decompose
from didymium.engine.extensive import extensive_form
from didymium.engine.mixed import solve_mixed
from didymium.engine.programme import FloatArray, LinearProgramme, frozen
from didymium.engine.recourse import Recourse, SolvedRecourse
from didymium.engine.simple import SimpleRecourse, is_simple
from didymium.engine.solve import Solver, Start
from didymium.engine.twostage import (
    PROVEN,
    WHERE,
    WHOLE,
    Case,
    Cuts,
    FirstStage,
    Found,
    PortfolioSolution,
    checked,
    cvar,
    scale_of,
    total,
    weights,
)
from didymium.errors import BadInput, Infeasible, SolverFailed

Method = Literal["auto", "extensive", "benders"]
Progress = Callable[[int, float, float], None]


# Up to here `auto` takes the extensive form: coefficients of all cases together.
SMALL_FORM = 20_000


def portfolio(
    first: FirstStage,
    recourse: LinearProgramme,
    cases: Sequence[Case],
    *,
    risk: float = 0.0,
    alpha: float = 0.95,
    method: Method = "auto",
    gap: float = 1e-4,
    time_limit: float | None = None,
    start: Start | None = None,
    workers: int = 1,
    fixed: tuple[FloatArray, FloatArray] | None = None,
    cuts: Cuts | None = None,
    solved: SolvedRecourse | None = None,
    progress: Progress | None = None,
) -> PortfolioSolution:
    """The choices with the least cost · x + (1 − risk) · mean(loss) + risk · CVaR(loss, alpha), with a proof.

    `gap`: stop when the bound is that near, as a share of the value of the plan (see PortfolioSolution). `time_limit`
    [s] gives the best plan so far with its proven gap. `start`: the basis of the recourse's base. `fixed`: other lower
    and upper bounds of the choices, for a what-if; the value is still measured from the first stage's own lower bounds.
    `cuts`: those of an earlier answer over the same recourse and cases; `solved`: the cases as earlier searches left
    them, instead of `start` and `workers`. `progress` is called with the round, the best objective and the bound. The
    bytes are the same for any number of workers.

    Raises Infeasible if no choice meets the rows, BadInput if the recourse of a case has no optimum.
    """
    checked(first, recourse, cases, risk, alpha)
    if method not in get_args(Method):
        raise BadInput(f"method {method!r} is not known.", where=WHERE, cure=f"Use {', '.join(get_args(Method))}.")
    end = np.inf if time_limit is None else time.monotonic() + time_limit
    lower, upper = _bounds(first, fixed)
    simple = solved is None and is_simple(recourse, len(cases))
    if solved is not None and solved.size != (len(cases), first.choices):
        raise BadInput("what is solved is of other choices or cases.", where=WHERE, cure="Leave it out.")
    if solved is None and not simple:
        solved = SolvedRecourse(recourse, cases, choices=first.choices, start=start, workers=workers)
    losses_of: Recourse = solved or SimpleRecourse(recourse, cases, choices=first.choices)
    judge = _Judge(first, cases, losses_of, risk, alpha)
    # Nothing can be said without the losses of doing nothing and of the plan: the time limit does not stop these two.
    bare = losses_of.at(first.lower, np.inf)
    nothing = judge.total(first.lower, bare[0])
    is_small = len(cases) * max(recourse.nonzeros, recourse.columns) <= SMALL_FORM and not simple
    if method == "extensive" or (method == "auto" and is_small):
        form = extensive_form(first, recourse, cases, risk=risk, alpha=alpha, lower=lower, upper=upper)
        found = _whole_form(first, form, nothing, gap, end)
    else:
        master = Master(first, lower, upper, judge.probability, risk, alpha, is_single=simple)
        if cuts is not None and len(cuts):
            master.take(cuts)
        part = solved.part if solved and not master.pool else None
        master.add(first.lower, bare[1], bare[2], np.full(master.losses, -np.inf), 0.0)
        found = decompose(master, losses_of, nothing=nothing, gap=gap, end=end, progress=progress, part=part)
    if found.x is not None:
        return judge.solution(found.x, found, nothing, gap)
    # Out of time: the rounded relaxation, and doing nothing, as far as the rows allow them.
    tries = [np.clip(first.lower, lower, upper)]
    if found.relaxed is not None:
        tries.append(np.where(first.is_whole, np.floor(found.relaxed + WHOLE), found.relaxed))
    plans = [judge.solution(x, found, nothing, gap) for x in tries if first.allows(x)]
    if not plans:
        raise SolverFailed("no plan was found in time.", where=WHERE, cure="Give it more time.")
    return min(plans, key=lambda plan: plan.objective)


def _bounds(first: FirstStage, fixed: tuple[FloatArray, FloatArray] | None) -> tuple[FloatArray, FloatArray]:
    """Bounds of the choices, those of whole ones whole."""
    lower, upper = (first.lower, first.upper) if fixed is None else (frozen(fixed[0]), frozen(fixed[1]))
    if lower.shape != first.lower.shape or upper.shape != first.lower.shape:
        raise BadInput(
            f"fixed has shapes {lower.shape}, {upper.shape}.", where=WHERE, cure="One bound for each choice."
        )
    lower = np.where(first.is_whole, np.ceil(lower - WHOLE), lower)
    upper = np.where(first.is_whole, np.floor(upper + WHOLE), upper)
    crossed = np.flatnonzero(lower > upper)
    if crossed.size:
        raise Infeasible(f"choice {crossed[0]} has no value between its bounds.", where=WHERE, cure="Widen them.")
    return frozen(lower), frozen(upper)


@dataclass(frozen=True, slots=True, eq=False)
class _Judge:
    """Objective and proof of any plan."""

    first: FirstStage
    cases: Sequence[Case]
    recourse: Recourse
    risk: float
    alpha: float

    @property
    def probability(self) -> FloatArray:
        """Probability of each case."""
        return np.array([case.probability for case in self.cases])

    def total(self, x: FloatArray, losses: FloatArray) -> float:
        """The objective, from a choice and its losses."""
        return total(self.first, x, losses, self.probability, self.risk, self.alpha)

    def solution(self, x: FloatArray, found: Found, nothing: float, gap: float) -> PortfolioSolution:
        """The plan with its proof; SolverFailed if it breaks a row or beats its bound."""
        if not self.first.allows(x):
            raise SolverFailed("the plan breaks a row.", where=WHERE, cure="Look for mixed units.")
        losses, _, slopes = self.recourse.at(x, np.inf)
        objective = self.total(x, losses)
        value = nothing - objective
        scale = scale_of(value, nothing)
        if found.bound > objective + PROVEN * scale:
            raise SolverFailed(
                f"the bound {found.bound:g} is above a plan's {objective:g}.", where=WHERE, cure="Look for mixed units."
            )
        bound = min(found.bound, objective)
        distance = (objective - bound) / scale
        probability = self.probability
        return PortfolioSolution(
            "optimal" if distance <= PROVEN else "gap" if distance <= gap or found.is_in_time else "time_limit",
            frozen(x + 0.0),  # no minus zero
            objective,
            bound,
            distance,
            value,
            float((self.first.cost * x).sum()),
            frozen(losses),
            float((probability * losses).sum()),
            cvar(losses, probability, self.alpha),
            frozen(slopes.T @ weights(losses, probability, self.risk, self.alpha)),
            found.rounds,
            found.cuts,
        )


def _whole_form(first: FirstStage, form: LinearProgramme, nothing: float, gap: float, end: float) -> Found:
    """The extensive form, by HiGHS alone."""
    n, none = first.choices, Cuts.none(first.choices)
    left = None if np.isinf(end) else max(end - time.monotonic(), 0.0)
    if not first.is_whole.any():
        answer = Solver(form).solve(time_limit=left)
        proof = answer.certificate
        if answer.status == "optimal":
            return Found(np.clip(answer.x[:n], form.col_lower[:n], form.col_upper[:n]), proof.bound, True, 1, none)
        bound = proof.bound if proof.dual_residual <= 1e-7 else -np.inf
        return Found(None, bound, False, 1, none)
    whole = np.zeros(form.columns, dtype=np.bool_)
    whole[:n] = first.is_whole
    mixed = solve_mixed(form, whole, zero=nothing, gap=gap, time_limit=left)
    x = None if mixed.x is None else np.clip(mixed.x[:n], form.col_lower[:n], form.col_upper[:n])
    return Found(x, mixed.bound, mixed.status == "optimal", 1, none)
