"""A second solver for a plan with whole numbers: SCIP, on one programme over all cases.

HiGHS decides by decomposition; SCIP gets the extensive form whole, presolves and branches by itself, and shares no code
with HiGHS. It needs the package pyscipopt, the extra `verify`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from didymium.engine.certificate import magnitudes, primal_residual, typical
from didymium.engine.extensive import extensive_form
from didymium.engine.mixed import RESIDUAL
from didymium.engine.scaling import Scaling
from didymium.errors import BadInput, SolverFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from didymium.engine.programme import FloatArray, LinearProgramme
    from didymium.engine.twostage import Case, FirstStage

WHERE = "second solver"
_FINE = ("optimal", "gaplimit")


@dataclass(frozen=True, slots=True, eq=False)
class SecondOpinion:
    """What the second solver says: `bound` ≤ least cost ≤ `objective`; None and no `x` if it found no plan.

    `time_limit`: it did not get to the end, so that the bound alone stands.
    """

    solver: str
    status: Literal["optimal", "infeasible", "time_limit"]
    x: FloatArray | None
    objective: float | None
    bound: float


def second_opinion(
    first: FirstStage,
    recourse: LinearProgramme,
    cases: Sequence[Case],
    *,
    risk: float,
    alpha: float,
    gap: float,
    time_limit: float | None = None,
) -> SecondOpinion:
    """The same question as `portfolio`, to the second solver. `gap` is relative to the objective.

    Raises BadInput if the package is not there, SolverFailed if the solver gives up or its plan misses a row.
    """
    form = extensive_form(first, recourse, cases, risk=risk, alpha=alpha, lower=first.lower, upper=first.upper)
    whole = np.append(first.is_whole, np.zeros(form.columns - first.choices, dtype=np.bool_))
    return ask_scip(form, whole, gap=gap, time_limit=time_limit)


def ask_scip(
    lp: LinearProgramme, is_whole: np.ndarray[Any, np.dtype[np.bool_]], *, gap: float, time_limit: float | None = None
) -> SecondOpinion:
    """Least cost of `lp` with some columns whole, by SCIP."""
    scip = _scip()
    scaling = Scaling.of(lp)
    column = np.where(is_whole, 1.0, scaling.column * scaling.quantity)
    row = scaling.row / scaling.quantity
    model: Any = scip.Model()
    model.hideOutput()
    low, high, cost = lp.col_lower / column, lp.col_upper / column, lp.cost * column * scaling.price
    variables = [
        model.addVar(vtype="I" if is_whole[j] else "C", lb=_side(low[j]), ub=_side(high[j]), obj=float(cost[j]))
        for j in range(lp.columns)
    ]
    byrow = lp.matrix.tocsr()
    value = byrow.data * np.repeat(row, np.diff(byrow.indptr)) * column[byrow.indices]
    for i in range(lp.rows):
        entries = range(byrow.indptr[i], byrow.indptr[i + 1])
        sides = (_side(lp.row_lower[i] * row[i]), _side(lp.row_upper[i] * row[i]))
        if sides == (None, None):
            continue
        terms = scip.quicksum(float(value[k]) * variables[byrow.indices[k]] for k in entries)
        model.addCons(scip.scip.ExprCons(terms, *sides))
    model.setParam("limits/gap", gap)
    model.setParam("numerics/feastol", 1e-8)
    if time_limit is not None:
        model.setParam("limits/time", max(time_limit, 0.0))
    model.optimize()
    said = model.getStatus()
    name = f"SCIP {model.version():g}"
    if said in ("infeasible", "inforunbd"):
        return SecondOpinion(name, "infeasible", None, None, np.inf)
    if said not in (*_FINE, "timelimit"):
        raise SolverFailed(f"SCIP says: {said}.", where=WHERE, cure="Leave --verify out, or give it more time.")
    bound = float(model.getDualbound()) / scaling.price
    status: Literal["optimal", "time_limit"] = "optimal" if said in _FINE else "time_limit"
    if not model.getNSols():
        return SecondOpinion(name, status, None, None, bound)
    best = model.getBestSol()
    x = np.array([model.getSolVal(best, one) for one in variables]) * column
    x[is_whole] = np.rint(x[is_whole])
    quantity = typical((lp.col_lower, lp.col_upper, lp.row_lower, lp.row_upper))
    residual = primal_residual(lp, x, quantity, magnitudes(lp.matrix))
    if not residual <= RESIDUAL:
        raise SolverFailed(f"SCIP's plan misses a row by {residual:.1e}.", where=WHERE, cure="Look for mixed units.")
    return SecondOpinion(name, status, x, float((lp.cost * x).sum()), bound)


def _scip() -> Any:
    try:
        return import_module("pyscipopt")
    except ImportError as missing:
        raise BadInput(
            "the package pyscipopt is not installed.", where=WHERE, cure="Install didymium with the extra `verify`."
        ) from missing


def _side(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
