"""HiGHS behind two verbs, `solve` and `update`, with a proof on every answer.

A `Solver` holds one programme. Its base is solved once; each changed programme starts from the basis of the base, so
that an answer depends on its change alone, never on what was solved before, unless it is told to begin where another
ended (`near`). An answer without a valid certificate is
computed again from nothing, in two other ways; if none is proven the solver fails loudly.

Solver objects share nothing: use one per thread. The solver gives up the interpreter lock while it works.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from didymium.engine.certificate import Certificate, judge, magnitudes, proven_duals, proves_unbounded
from didymium.engine.elastic import SMALLEST, InfeasibleProgramme, relax
from didymium.engine.programme import Change, FloatArray, LinearProgramme, frozen
from didymium.engine.scaling import PIECE, Scaling
from didymium.errors import SolverFailed

if TYPE_CHECKING:
    import highspy
    from scipy.sparse import csc_array

WHERE = "linear programme"

# Above this many coefficients a cold start by interior point with crossover beats the simplex method (engine.md).
INTERIOR_FROM = 300_000
# HiGHS perturbs costs by a share of their size before the dual simplex method and mends the answer afterwards. Changed
# programmes start near their optimum: a hundredth of that saves 10 to 20 % of the time of most (docs/bench.md). The
# base keeps the solver's own, because of several optima it would take another.
NEAR_PERTURBATION = 0.01
# Tighter than the solver's 1e-7, so that the certificate holds at 1e-7 in the user's units.
TOLERANCE = 1e-9
NO_LIMIT = 2_147_483_647
# Steepest-edge weights made anew for a basis take a third of a millisecond for a thousand rows. From the basis of the
# base they are worth it; from where a like programme ended, a few steps away, Devex is quicker.
BY_THE_SOLVER, DEVEX = -1, 1
SLACK = 1  # HiGHS's status of a row that is in the basis

Status = Literal["optimal", "time_limit"]
Near: TypeAlias = Any
"""A basis as HiGHS holds it: where an answer of a `Solver` ended, for solvers of the same programme."""


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """An answer in the units of the programme.

    `status` is `optimal` only with a certificate that holds. `time_limit`: the best that was at hand; read its
    certificate before its `x`. `row_dual` [cost per unit of the row]: change of the least cost when the row's bounds
    rise by one. `reduced_cost` [cost per unit of the column]: the same for the bounds of a column. `iterations` counts
    those of this answer.
    """

    status: Status
    x: FloatArray
    row_dual: FloatArray
    reduced_cost: FloatArray
    objective: float
    iterations: int
    certificate: Certificate


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """The basis of a solved base: another solver of the same programme may begin with it. It can be pickled.

    `columns` and `rows` hold HiGHS's status of each; `iterations` is what the base took from nothing.
    """

    columns: np.ndarray[tuple[int], np.dtype[np.int8]]
    rows: np.ndarray[tuple[int], np.dtype[np.int8]]
    iterations: int

    def beside(self, rows: int) -> Start:
        """The same basis for a programme with so many rows more, which do not bind."""
        return Start(self.columns, np.append(self.rows, np.full(rows, SLACK, dtype=np.int8)), self.iterations)


class UnboundedProgramme(SolverFailed):
    """The cost falls without end; `column` is one that grows for ever."""

    def __init__(self, column: int) -> None:
        self.column = column
        super().__init__(
            f"the cost falls without end as column {column} grows.", where=WHERE, cure="Give that column a bound."
        )


@dataclass(frozen=True, slots=True)
class _Way:
    """One way of using HiGHS."""

    name: str
    warm: bool = False
    presolve: bool = False
    interior: bool = False
    primal: bool = False
    most_iterations: int = NO_LIMIT


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What one run of HiGHS gave: its own word, and the answer as we judge it (none without a point)."""

    verdict: str
    solution: Solution | None


class Solver:
    """A programme ready to be solved again and again under small changes.

    `interior_from`: number of coefficients from which a cold start uses the interior point method. `explain`: whether
    a contradiction is proven and explained (InfeasibleProgramme) or left undecided (SolverFailed). `start`: the base
    basis, if another solver has found it; changes are then solved as that other solver solves them, to the byte.
    `primal`: go on from `start` by the primal simplex method, and only so. That is quick where the basis is feasible
    and the costs are new; where the answer cannot be proven in this way, SolverFailed is raised at once.
    """

    def __init__(
        self,
        lp: LinearProgramme,
        *,
        interior_from: int = INTERIOR_FROM,
        explain: bool = True,
        start: Start | None = None,
        primal: bool = False,
    ) -> None:
        self._primal = primal
        self._lp = lp
        self._sizes: csc_array | None = None  # made for the first certificate
        self._scaling = Scaling.of(lp)
        self._interior = lp.nonzeros >= interior_from
        self._explain = explain
        # highspy's own stubs lack some of the methods used here.
        self._highs: Any = _load(lp, self._scaling)
        self._held = lp  # what HiGHS holds
        self._basis: highspy.HighsBasis | None = None
        self._base: Solution | None = None
        self._base_tried = False
        self._cold_iterations = 0
        if start is not None:
            self._basis = _basis(start)
            self._base_tried = True
            self._cold_iterations = start.iterations

    def start(self) -> Start | None:
        """The basis of the base, solved if need be; None if the base has no optimum."""
        self._try_base(None)
        return None if self._basis is None else _start(self._basis, self._cold_iterations)

    def begin(self, start: Start | None) -> None:
        """From now on changes go on from this basis instead of that of the base; from nothing if it is None."""
        self._basis = None if start is None else _basis(start)
        self._cold_iterations = 0 if start is None else start.iterations
        self._base_tried = True

    def reached(self) -> Start:
        """The basis of the last answer: changes that lie near that one may begin with it."""
        return _start(self._highs.getBasis(), self._cold_iterations)

    @property
    def programme(self) -> LinearProgramme:
        """The base programme, with all updates so far."""
        return self._lp

    def update(self, change: Change) -> None:
        """Make `change` part of the base. The next solve starts from the last base basis."""
        self._lp = self._lp.changed(change)
        self._write(self._lp)
        self._base = None
        self._base_tried = False

    def solve(
        self, change: Change | None = None, *, time_limit: float | None = None, near: Near | None = None
    ) -> Solution:
        """The optimum of the base, or of the base with `change`, which leaves the base as it is.

        `time_limit` [s] covers the whole call; when it runs out the answer has the status `time_limit`. `near`: where
        another answer ended (`ended`), to begin there and not at the base; the answer then depends on it too.
        Raises InfeasibleProgramme, UnboundedProgramme, or SolverFailed if no answer can be proven.
        """
        end = None if time_limit is None else self._highs.getRunTime() + time_limit
        if change is None:
            if self._base is None:
                self._write(self._lp)
                answer = self._decide(self._lp, end, self._basis)
                if answer.status == "optimal":
                    self._keep_base(answer)
                return answer
            return self._base
        self._try_base(end)
        changed = self._lp.changed(change)
        self._write(changed)
        return self._decide(changed, end, self._basis if near is None else near)

    def ended(self) -> Near:
        """Where the last answer ended: another answer may begin there."""
        return self._highs.getBasis()

    def _keep_base(self, answer: Solution) -> None:
        self._base = answer
        self._basis = self._highs.getBasis()
        self._base_tried = True

    def _try_base(self, end: float | None) -> None:
        """Get the base basis. A base without an optimum gives none: its changes are then solved from nothing."""
        if self._base_tried:
            return
        self._write(self._lp)
        for way in self._ways(self._basis):
            outcome = self._run(way, self._lp, end, self._basis)
            if outcome.verdict == "optimal" and outcome.solution is not None:
                self._keep_base(outcome.solution)
                return
            if outcome.verdict == "time_limit":
                return
        self._basis = None
        self._base_tried = True

    def _ways(self, basis: Near | None) -> Iterator[_Way]:
        if basis is not None:
            # A warm start that takes longer than two cold ones has lost its advantage.
            most = max(1000, 2 * self._cold_iterations)
            yield _Way("warm", warm=True, primal=self._primal, most_iterations=most)
        if self._primal:
            return
        # Presolve saves no time on networks of this kind, and a run that is stopped in it has no duals and so no bound.
        yield _Way("cold", presolve=self._interior, interior=self._interior)
        yield _Way("cold without presolve" if self._interior else "cold with presolve", presolve=not self._interior)
        yield _Way("primal", primal=True)

    def _decide(self, lp: LinearProgramme, end: float | None, basis: Near | None) -> Solution:
        """The first proven answer of the ways in turn."""
        words: list[str] = []
        for way in self._ways(basis):
            outcome = self._run(way, lp, end, basis)
            if outcome.verdict in ("optimal", "time_limit") and outcome.solution is not None:
                return outcome.solution
            if self._explain and outcome.verdict in ("infeasible", "unbounded or infeasible"):
                left = None if end is None else max(end - self._highs.getRunTime(), 0.0)
                relaxation = relax(lp, time_limit=left)
                if relaxation.total > SMALLEST:
                    raise InfeasibleProgramme(relaxation)
            elif outcome.verdict == "unbounded" and (ray := self._ray()) is not None and proves_unbounded(lp, ray):
                raise UnboundedProgramme(int(np.argmin(lp.cost * ray)))
            words.append(f"{way.name}: {outcome.verdict}")
        raise SolverFailed(
            f"not decided ({'; '.join(words)}).", where=WHERE, cure="Look for mixed units or near-parallel rows."
        )

    def _run(self, way: _Way, lp: LinearProgramme, end: float | None, basis: Near | None) -> _Outcome:
        from highspy import HighsModelStatus, HighsStatus

        highs = self._highs
        # Without this the factors and edge weights of the last solve stay in use, whatever the basis, and the last
        # digits tell what was solved before. Steepest-edge weights built anew beat Devex on networks of this kind.
        _demand(highs.clearSolver(), "starting afresh")
        if way.warm:
            _demand(highs.setBasis(basis), "taking a basis")
        near = way.warm and lp is not self._lp
        is_nearer = way.warm and basis is not self._basis
        _set(highs, "simplex_dual_edge_weight_strategy", DEVEX if is_nearer else BY_THE_SOLVER)
        _set(highs, "dual_simplex_cost_perturbation_multiplier", NEAR_PERTURBATION if near else 1.0)
        _set(highs, "presolve", "on" if way.presolve else "off")
        _set(highs, "solver", "ipx" if way.interior else "simplex")
        _set(highs, "simplex_strategy", 4 if way.primal else 1)
        _set(highs, "simplex_iteration_limit", way.most_iterations)
        # HiGHS counts the time of all its runs together.
        _set(highs, "time_limit", np.inf if end is None else max(end, highs.getRunTime()))

        said = highs.run()
        status = highs.getModelStatus()
        if said == HighsStatus.kError and status == HighsModelStatus.kNotset:
            # Other code in this process has started the solver's pool with more threads. The serial simplex method
            # does not use it, so the size of the pool is left to whoever set it.
            _set(highs, "threads", 0)
            said = highs.run()
            status = highs.getModelStatus()
        iterations = _iterations(highs)
        verdict = {
            HighsModelStatus.kOptimal: "optimal",
            HighsModelStatus.kTimeLimit: "time_limit",
            HighsModelStatus.kInfeasible: "infeasible",
            HighsModelStatus.kUnbounded: "unbounded",
            HighsModelStatus.kUnboundedOrInfeasible: "unbounded or infeasible",
        }.get(status, highs.modelStatusToString(status))
        if said == HighsStatus.kError:
            return _Outcome("error", None)
        if verdict == "optimal":
            if said != HighsStatus.kOk:
                return _Outcome("optimal with a warning", None)
            solution = self._read(lp, "optimal", iterations)
            if not solution.certificate.holds():
                return _Outcome(f"not proven ({solution.certificate.line()})", None)
            if not way.warm and lp is self._lp and self._basis is None:  # a change must leave no trace in later answers
                self._cold_iterations = max(iterations, 1)
            return _Outcome(verdict, solution)
        if verdict == "time_limit":
            return _Outcome(verdict, self._read(lp, "time_limit", iterations))
        return _Outcome(verdict, None)

    def _read(self, lp: LinearProgramme, status: Status, iterations: int) -> Solution:
        found = self._highs.getSolution()
        if found.value_valid:
            x = self._scaling.x(np.array(found.col_value))
        else:
            x = np.clip(0.0, lp.col_lower, lp.col_upper)
        if self._sizes is None:
            self._sizes = magnitudes(lp.matrix)
        y = self._scaling.row_dual(np.array(found.row_dual)) if found.dual_valid else np.zeros(lp.rows)
        y, d, terms = proven_duals(lp, y, self._sizes)
        proof = judge(lp, x, y, d, terms, self._sizes)
        return Solution(status, frozen(x), frozen(y), frozen(d), proof.objective, iterations, proof)

    def _write(self, lp: LinearProgramme) -> None:
        """Let HiGHS hold `lp`: what differs from what it holds."""
        held = self._held
        costs = _differ((lp.cost, held.cost))
        columns = _differ((lp.col_lower, held.col_lower), (lp.col_upper, held.col_upper))
        rows = _differ((lp.row_lower, held.row_lower), (lp.row_upper, held.row_upper))
        _hand_over(self._highs, self._scaling, lp, costs, columns, rows)
        self._held = lp

    def _ray(self) -> FloatArray | None:
        """The direction in which HiGHS says that the cost falls for ever, if it gives one."""
        _, has_ray, ray = self._highs.getPrimalRay()
        return self._scaling.x(np.array(ray)) if has_ray else None


def solve(lp: LinearProgramme, *, time_limit: float | None = None) -> Solution:
    """The optimum of one programme, with its certificate. For many similar programmes keep a `Solver`."""
    return Solver(lp).solve(time_limit=time_limit)


def _start(basis: highspy.HighsBasis, iterations: int) -> Start:
    columns, rows = (
        np.array([int(status) for status in statuses], dtype=np.int8)
        for statuses in (basis.col_status, basis.row_status)
    )
    return Start(columns, rows, iterations)


def _basis(start: Start) -> highspy.HighsBasis:
    import highspy

    statuses = {int(one): one for one in highspy.HighsBasisStatus.__members__.values()}
    basis = highspy.HighsBasis()
    basis.col_status = [statuses[status] for status in start.columns.tolist()]
    basis.row_status = [statuses[status] for status in start.rows.tolist()]
    basis.valid = True
    basis.alien = basis.was_alien = False
    return basis


def _load(lp: LinearProgramme, scaling: Scaling) -> Any:
    import highspy

    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("parallel", "off"),
        ("random_seed", 0),
        ("small_matrix_value", 1e-12),
        ("primal_feasibility_tolerance", TOLERANCE),
        ("dual_feasibility_tolerance", TOLERANCE),
    ):
        _set(highs, option, value)
    no_row = np.zeros(lp.rows)
    said = highs.passModel(
        lp.columns,
        lp.rows,
        lp.nonzeros,
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        # Stand-ins: costs and bounds follow in pieces. Whole arrays of them, scaled, beside those of the matrix would
        # be the most memory that a build needs.
        lp.cost,
        lp.cost,
        lp.cost,
        no_row,
        no_row,
        _int32(lp.matrix.indptr),
        _int32(lp.matrix.indices),
        scaling.coefficients(lp.matrix),
        np.zeros(lp.columns, dtype=np.int32),
    )
    # A warning here means that HiGHS has changed the programme, for example dropped a coefficient.
    _demand(said, "taking the programme")
    none = _int32([])
    for first in range(0, lp.columns, PIECE):
        columns = np.arange(first, min(first + PIECE, lp.columns), dtype=np.int32)
        _hand_over(highs, scaling, lp, columns, columns, none)
    for first in range(0, lp.rows, PIECE):
        _hand_over(highs, scaling, lp, none, none, np.arange(first, min(first + PIECE, lp.rows), dtype=np.int32))
    return highs


def _hand_over(highs: Any, scaling: Scaling, lp: LinearProgramme, costs: Any, columns: Any, rows: Any) -> None:
    """Let HiGHS have the costs and the bounds of these columns, and the bounds of these rows."""
    # All numbers are looked at before the first is handed over.
    cost = scaling.cost(lp.cost[costs], costs)
    column = [scaling.col_bound(side[columns], columns) for side in (lp.col_lower, lp.col_upper)]
    row = [scaling.row_bound(side[rows], rows) for side in (lp.row_lower, lp.row_upper)]
    if costs.size:
        _demand(highs.changeColsCost(costs.size, costs, cost), "changing costs")
    if columns.size:
        _demand(highs.changeColsBounds(columns.size, columns, *column), "changing column bounds")
    if rows.size:
        _demand(highs.changeRowsBounds(rows.size, rows, *row), "changing row bounds")


def _differ(*pairs: tuple[FloatArray, FloatArray]) -> Any:
    """Places in which the arrays of a pair differ, of any pair."""
    differs = [one != other for one, other in pairs if one is not other]
    return _int32(np.flatnonzero(np.logical_or.reduce(differs)) if differs else [])


def _int32(values: Any) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.ascontiguousarray(values, dtype=np.int32)


def _set(highs: Any, option: str, value: Any) -> None:
    _demand(highs.setOptionValue(option, value), f"setting {option}")


def _demand(said: Any, doing: str) -> None:
    from highspy import HighsStatus

    if said != HighsStatus.kOk:
        raise SolverFailed(f"HiGHS answers {said.name} while {doing}.", where=WHERE, cure="Check the numbers given.")


def _iterations(highs: Any) -> int:
    info = highs.getInfo()
    simplex, interior = max(info.simplex_iteration_count, 0), max(info.ipm_iteration_count, 0)
    return int(simplex + interior + max(info.crossover_iteration_count, 0))
