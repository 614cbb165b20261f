"""A linear programme with whole numbers, through HiGHS: a plan, and a bound that no plan beats."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from didymium.engine.programme import FloatArray, LinearProgramme
from didymium.engine.scaling import Scaling
from didymium.engine.solve import WHERE, _demand, _int32, _load, _set
from didymium.errors import Infeasible, SolverFailed


@dataclass(frozen=True, slots=True, eq=False)
class Mixed:
    """`x` with its whole numbers rounded, None if none was found in time; `bound`: least cost that is possible."""

    status: Literal["optimal", "time_limit"]
    x: FloatArray | None
    bound: float


def solve_mixed(
    lp: LinearProgramme,
    is_whole: np.ndarray[Any, np.dtype[np.bool_]],
    *,
    zero: float = 0.0,
    gap: float = 0.0,
    time_limit: float | None = None,
    begin: FloatArray | None = None,
) -> Mixed:
    """The least cost with some columns whole, to within `gap` as a share of the distance from `zero` to that cost.

    Columns are measured in units near one, except whole ones, which must stay whole. `begin`: a plan to begin with; of
    it the whole columns count. Raises Infeasible if no plan meets the rows, SolverFailed if HiGHS gives up.
    """
    from highspy import HighsModelStatus, HighsVarType

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
        ("presolve", "on"),
        ("time_limit", np.inf if time_limit is None else max(time_limit, 0.0)),
    ):
        _set(highs, option, value)
    if begin is not None:
        _begin(highs, whole, begin)
    highs.run()
    status = highs.getModelStatus()
    if status == HighsModelStatus.kNotset:  # the solver's pool was started with more threads, see Solver
        _set(highs, "threads", 0)
        highs.run()
        status = highs.getModelStatus()
    info = highs.getInfo()
    if status == HighsModelStatus.kInfeasible:
        raise Infeasible("no plan meets all rows.", where=WHERE, cure="Give way in a budget or a link.")
    if status not in (HighsModelStatus.kOptimal, HighsModelStatus.kTimeLimit):
        raise SolverFailed(f"HiGHS says: {highs.modelStatusToString(status)}.", where=WHERE, cure="Check the bounds.")
    bound = float(info.mip_dual_bound) * unit + zero if np.isfinite(info.mip_dual_bound) else -np.inf
    found = highs.getSolution()
    x = scaling.x(np.array(found.col_value)) if found.value_valid and info.primal_solution_status == 2 else None
    if x is not None:
        if np.abs(x[whole] - np.rint(x[whole])).max(initial=0.0) > 1e-5:
            raise SolverFailed("HiGHS gives numbers that are not whole.", where=WHERE, cure="Look for mixed units.")
        x[whole] = np.rint(x[whole])
    return Mixed("optimal" if status == HighsModelStatus.kOptimal else "time_limit", x, bound)


def _begin(highs: Any, whole: np.ndarray[Any, Any], begin: FloatArray) -> None:
    highs.setSolution(whole.size, _int32(whole), np.rint(begin[whole]))
