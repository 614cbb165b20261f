"""A linear programme with whole numbers, through HiGHS: a plan, and a bound that no plan beats."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from didymium.engine.certificate import magnitudes, primal_residual, typical
from didymium.engine.elastic import SMALLEST, InfeasibleProgramme, relax
from didymium.engine.programme import FloatArray, LinearProgramme
from didymium.engine.scaling import Scaling
from didymium.engine.solve import WHERE, _demand, _int32, _load, _set
from didymium.errors import Infeasible, SolverFailed

UNDECIDED = "Look for mixed units or near-parallel rows."
# Rows may be missed by this share of their terms once whole numbers are rounded.
RESIDUAL = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Mixed:
    """`x` with its whole numbers rounded, None if none was found in time; `bound`: least cost that is possible.

    `residual`: largest violation of a bound by `x`, relative to its terms; 0 without an `x`.
    """

    status: Literal["optimal", "time_limit"]
    x: FloatArray | None
    bound: float
    residual: float = 0.0


def solve_mixed(
    lp: LinearProgramme,
    is_whole: np.ndarray[Any, np.dtype[np.bool_]],
    *,
    zero: float = 0.0,
    gap: float = 0.0,
    time_limit: float | None = None,
    begin: FloatArray | None = None,
    explain: bool = True,
) -> Mixed:
    """The least cost with some columns whole, to within `gap` as a share of the distance from `zero` to that cost.

    Columns are measured in units near one, except whole ones, which must stay whole. `begin`: a plan to begin with; of
    it the whole columns count. A word of the solver is not taken for an answer: x has to meet the rows, must not beat
    the bound, and that there is no plan has to be found in a second way as well.

    Raises InfeasibleProgramme, with what would have to give way, if no plan meets the rows; with `explain` off plain
    Infeasible. Raises SolverFailed if nothing can be proven.
    """
    said = _asked(lp, is_whole, zero, gap, time_limit, begin, presolve=True)
    if said is not None:
        return said
    if _asked(lp, is_whole, zero, gap, time_limit, begin, presolve=False) is not None:
        raise SolverFailed("not decided (with presolve: infeasible; without: a plan).", where=WHERE, cure=UNDECIDED)
    if not explain:
        raise Infeasible("no plan meets all rows.", where=WHERE, cure="Give way in a budget or a link.")
    relaxation = relax(lp, time_limit=time_limit)
    if relaxation.total <= SMALLEST:
        relaxation = relax(lp, is_whole=is_whole, time_limit=time_limit)
    if relaxation.total <= SMALLEST:
        raise SolverFailed("not decided (infeasible; yet nothing has to give way).", where=WHERE, cure=UNDECIDED)
    raise InfeasibleProgramme(relaxation)


def _asked(
    lp: LinearProgramme,
    is_whole: np.ndarray[Any, np.dtype[np.bool_]],
    zero: float,
    gap: float,
    time_limit: float | None,
    begin: FloatArray | None,
    *,
    presolve: bool,
) -> Mixed | None:
    """What HiGHS finds, checked; None if it says that there is no plan."""
    from highspy import HighsModelStatus, HighsStatus, HighsVarType

    scaling = Scaling.of(lp)
    scaling = replace(scaling, column=np.where(is_whole, 1 / scaling.quantity, scaling.column))
    highs = _load(lp, scaling)
    whole = np.flatnonzero(is_whole)
    kinds = np.full(whole.size, HighsVarType.kInteger.value, dtype=np.uint8)
    _demand(highs.changeColsIntegrality(whole.size, _int32(whole), kinds), "making columns whole")
    unit = scaling.quantity / scaling.price  # money of one unit of HiGHS's objective
    _demand(highs.changeObjectiveOffset(-zero / unit), "moving the objective")
    for option, value in (
        ("mip_rel_gap", gap),
        ("mip_abs_gap", 0.0),
        ("mip_feasibility_tolerance", 1e-7),
        ("presolve", "on" if presolve else "off"),
        ("time_limit", np.inf if time_limit is None else max(time_limit, 0.0)),
    ):
        _set(highs, option, value)
    if begin is not None:
        _begin(highs, whole, begin)
    said = highs.run()
    status = highs.getModelStatus()
    if status == HighsModelStatus.kNotset:  # the solver's pool was started with more threads, see Solver
        _set(highs, "threads", 0)
        said = highs.run()
        status = highs.getModelStatus()
    info = highs.getInfo()
    if status == HighsModelStatus.kInfeasible:
        return None
    if said == HighsStatus.kError or status not in (HighsModelStatus.kOptimal, HighsModelStatus.kTimeLimit):
        told = highs.modelStatusToString(status)
        raise SolverFailed(f"HiGHS says: {told} ({said.name}).", where=WHERE, cure="Check the bounds.")
    bound = float(info.mip_dual_bound) * unit + zero if np.isfinite(info.mip_dual_bound) else -np.inf
    found = highs.getSolution()
    x = scaling.x(np.array(found.col_value)) if found.value_valid and info.primal_solution_status == 2 else None
    state: Literal["optimal", "time_limit"] = "optimal" if status == HighsModelStatus.kOptimal else "time_limit"
    if x is None:
        return Mixed(state, None, bound)
    if np.abs(x[whole] - np.rint(x[whole])).max(initial=0.0) > 1e-5:
        raise SolverFailed("HiGHS gives numbers that are not whole.", where=WHERE, cure=UNDECIDED)
    x[whole] = np.rint(x[whole])
    quantity = typical((lp.col_lower, lp.col_upper, lp.row_lower, lp.row_upper))
    residual = primal_residual(lp, x, quantity, magnitudes(lp.matrix))
    if not residual <= RESIDUAL:
        raise SolverFailed(f"HiGHS gives a plan that misses a row by {residual:.1e}.", where=WHERE, cure=UNDECIDED)
    cost = float((lp.cost * x).sum())
    if bound > cost + RESIDUAL * max(abs(cost), abs(bound), abs(zero)):
        raise SolverFailed(f"HiGHS's bound {bound:g} is above a plan's {cost:g}.", where=WHERE, cure=UNDECIDED)
    return Mixed(state, x, bound, residual)


def _begin(highs: Any, whole: np.ndarray[Any, Any], begin: FloatArray) -> None:
    highs.setSolution(whole.size, _int32(whole), np.rint(begin[whole]))
