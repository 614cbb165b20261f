"""What a choice costs in every case: the recourse solved case by case, each answer proven."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

import numpy as np

from didymium.engine.elastic import InfeasibleProgramme
from didymium.engine.programme import FloatArray, LinearProgramme
from didymium.engine.solve import Solver, Start, UnboundedProgramme
from didymium.engine.twostage import WHERE, Case, raised, slope
from didymium.errors import BadInput

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class OutOfTime(Exception):
    """The time is up before all cases are solved."""


class Recourse(Protocol):
    """The losses of all cases under a choice."""

    def at(self, x: FloatArray, end: float) -> tuple[FloatArray, FloatArray, csr_array]:
        """Loss (cases,), proven lower bound of it (cases,), and slope (cases, choices) of that bound at `x`.

        `end`: when to give up, by `time.monotonic`; OutOfTime is raised then.
        """
        ...


class SolvedRecourse:
    """Each case by a `Solver`, one for each worker, from the basis of the base: the same bytes for any workers."""

    def __init__(
        self,
        recourse: LinearProgramme,
        cases: Sequence[Case],
        *,
        choices: int,
        start: Start | None = None,
        workers: int = 1,
    ) -> None:
        self._lp, self._cases, self._choices = recourse, cases, choices
        first = Solver(recourse, start=start)
        start = first.start()
        self._solvers = [first, *(Solver(recourse, start=start) for _ in range(workers - 1))]

    def at(self, x: FloatArray, end: float) -> tuple[FloatArray, FloatArray, csr_array]:
        """See `Recourse`."""
        from scipy import sparse

        count = len(self._cases)
        losses, bounds, slopes = np.empty(count), np.empty(count), np.zeros((count, self._choices))

        def some(worker: int) -> None:
            for number in range(worker, count, len(self._solvers)):
                losses[number], bounds[number], slopes[number] = self._one(worker, number, x, end)

        if len(self._solvers) == 1:
            some(0)
        else:
            with ThreadPoolExecutor(len(self._solvers)) as pool:
                list(pool.map(some, range(len(self._solvers))))
        return losses, bounds, sparse.csr_array(slopes)

    def _one(self, worker: int, number: int, x: FloatArray, end: float) -> tuple[float, float, FloatArray]:
        case = self._cases[number]
        left = end - time.monotonic()
        if left <= 0:
            raise OutOfTime
        try:
            answer = self._solvers[worker].solve(raised(self._lp, case, x), time_limit=None if np.isinf(left) else left)
        except InfeasibleProgramme as error:
            raise BadInput(
                f"the recourse contradicts itself: {error.what}",
                where=f"{WHERE}, case {number}",
                cure="Let it fall short at a price, whatever is chosen.",
            ) from error
        except UnboundedProgramme as error:
            raise BadInput(error.what, where=f"{WHERE}, case {number}", cure=error.cure) from error
        if answer.status == "time_limit":
            raise OutOfTime
        return (
            answer.objective,
            answer.certificate.bound,
            slope(case, answer.row_dual, answer.reduced_cost, self._choices),
        )
