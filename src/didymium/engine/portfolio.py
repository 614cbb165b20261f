"""Which choices to make now, over all cases at once: the verb `portfolio`, and what every way of solving it shares.

Whatever the method found, the plan is judged here: its whole numbers are rounded, its rows checked, every case is
solved once more with a certificate, and objective, value and gap are computed from those losses.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from didymium.engine.extensive import extensive_form
from didymium.engine.mixed import solve_mixed
from didymium.engine.programme import FloatArray, LinearProgramme, frozen
from didymium.engine.recourse import Recourse, SolvedRecourse
from didymium.engine.solve import Solver, Start
from didymium.engine.twostage import (
    NO_VALUE,
    PROVEN,
    WHERE,
    Case,
    Cuts,
    FirstStage,
    PortfolioSolution,
    checked,
    cvar,
    weights,
)
from didymium.errors import SolverFailed

Method = Literal["auto", "extensive", "benders"]
Progress = Callable[[int, float, float], None]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a method hands back: a plan (None: none in time), and a bound that no plan beats."""

    x: FloatArray | None
    bound: float
    is_in_time: bool
    rounds: int
    cuts: Cuts


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
    progress: Progress | None = None,
) -> PortfolioSolution:
    """The choices with the least cost · x + (1 − risk) · mean(loss) + risk · CVaR(loss, alpha), with a proof.

    `gap`: stop when the bound is that near, as a share of the value of the plan (see PortfolioSolution). `time_limit`
    [s] gives the best plan so far with its proven gap. `start`: the basis of the recourse's base. `fixed`: other lower
    and upper bounds of the choices, for a what-if; the value is still measured from the first stage's own lower bounds.
    `cuts`: those of an earlier answer over the same recourse and cases. `progress` is called with the round, the best
    objective and the bound. The bytes are the same for any number of workers.

    Raises Infeasible if no choice meets the rows, BadInput if the recourse of a case has no optimum.
    """
    checked(first, recourse, cases, risk, alpha)
    begun = time.monotonic()
    end = np.inf if time_limit is None else begun + time_limit
    lower, upper = (first.lower, first.upper) if fixed is None else (frozen(fixed[0]), frozen(fixed[1]))
    losses_of: Recourse = SolvedRecourse(recourse, cases, choices=first.choices, start=start, workers=workers)
    judge = _Judge(first, cases, losses_of, risk, alpha)
    # Both evaluations are needed for any answer at all, so the time limit does not stop them.
    nothing = judge.objective(first.lower)
    form = extensive_form(first, recourse, cases, risk=risk, alpha=alpha, lower=lower, upper=upper)
    found = _whole_form(first, form, nothing, gap, end)
    x = found.x
    if x is None:
        x = np.clip(first.lower, lower, upper)
        if not first.allows(x):
            raise SolverFailed("no plan was found in time.", where=WHERE, cure="Give it more time.")
    return judge.solution(x, found, nothing, gap)


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
        return np.array([case.probability for case in self.cases])

    def _total(self, x: FloatArray, losses: FloatArray) -> float:
        weight = weights(losses, self.probability, self.risk, self.alpha)
        return float((self.first.cost * x).sum() + (weight * losses).sum())

    def objective(self, x: FloatArray) -> float:
        return self._total(x, self.recourse.at(x, np.inf)[0])

    def solution(self, x: FloatArray, found: Found, nothing: float, gap: float) -> PortfolioSolution:
        if not self.first.allows(x):
            raise SolverFailed("the plan breaks a row.", where=WHERE, cure="Look for mixed units.")
        losses, _, slopes = self.recourse.at(x, np.inf)
        objective = self._total(x, losses)
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
            frozen(x),
            objective,
            bound,
            distance,
            value,
            float((self.first.cost * x).sum()),
            frozen(losses),
            float((probability * losses).sum()),
            cvar(losses, probability, self.alpha),
            frozen(weights(losses, probability, self.risk, self.alpha) @ slopes),
            found.rounds,
            found.cuts,
        )


def scale_of(value: float, nothing: float) -> float:
    """What a gap is a share of: the value, or the objective of doing nothing where there is no value."""
    size = abs(nothing) if nothing else 1.0
    return abs(value) if abs(value) > NO_VALUE * size else size


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
