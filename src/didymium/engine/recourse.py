"""What a choice costs in every case: the recourse solved case by case, each answer proven.

A search asks for the same cases again and again, under choices that differ less and less. So each case begins where its
own last answer ended, and one that the choices have left as they were is not solved again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from didymium.engine.elastic import InfeasibleProgramme
from didymium.engine.programme import Change, Entries, FloatArray, IntArray, LinearProgramme, Triples
from didymium.engine.solve import Near, Solution, Solver, Start, UnboundedProgramme
from didymium.engine.twostage import WHERE, Case, slope
from didymium.errors import BadInput

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# Cases that begin, the first time, each where the one before it ended: neighbours are often of one kind. A fixed number
# of them, so that the bytes do not depend on the number of workers.
CHAIN = 25
# Answers that are kept of one case.
KEPT = 1000


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
    """Each case by a `Solver`, one for each worker: the same bytes for any workers.

    It may serve one search after another over the same recourse and cases, whatever their probabilities, budgets and
    risk: what one has solved the next need not.
    """

    def __init__(
        self,
        recourse: LinearProgramme,
        cases: Sequence[Case],
        *,
        choices: int,
        start: Start | None = None,
        workers: int = 1,
    ) -> None:
        self._cases = [_Lifted.of(recourse, case, choices) for case in cases]
        self._choices = choices
        self._ended: list[Near | None] = [None] * len(cases)
        self._known: list[dict[bytes, _Answer]] = [{} for _ in cases]
        first = Solver(recourse, start=start)
        start = first.start()
        self._solvers = [first, *(Solver(recourse, start=start) for _ in range(workers - 1))]

    @property
    def size(self) -> tuple[int, int]:
        """Number of cases and of choices."""
        return len(self._cases), self._choices

    def at(self, x: FloatArray, end: float = np.inf) -> tuple[FloatArray, FloatArray, csr_array]:
        """See `Recourse`."""
        return self.answers(x, end, np.arange(len(self._cases)))

    def part(self, cases: IntArray) -> Recourse:
        """Some of the cases."""
        return _Part(self, cases)

    def answers(self, x: FloatArray, end: float, cases: IntArray) -> tuple[FloatArray, FloatArray, csr_array]:
        """See `Recourse`, of some cases."""
        from scipy import sparse

        count = cases.size
        losses, bounds, slopes = np.empty(count), np.empty(count), np.zeros((count, self._choices))

        def some(worker: int) -> None:
            for first in range(worker * CHAIN, count, len(self._solvers) * CHAIN):
                before: Near | None = None
                for row, number in enumerate(cases[first : first + CHAIN].tolist(), first):
                    answer = self._one(worker, number, x, end, before)
                    losses[row], bounds[row] = answer.loss, answer.bound
                    slopes[row, self._cases[number].acting] = answer.slope
                    before = self._ended[number]

        if len(self._solvers) == 1:
            some(0)
        else:
            with ThreadPoolExecutor(len(self._solvers)) as pool:
                list(pool.map(some, range(len(self._solvers))))
        return losses, bounds, sparse.csr_array(slopes)

    def solution(self, number: int, x: FloatArray, beside: Change | None = None) -> Solution:
        """The whole answer of one case, with a further change that the choices have no part in."""
        change = self._cases[number].at(x)
        near = self._ended[number]
        if beside is None:
            return self._solvers[0].solve(change, near=near)
        return self._solvers[0].solve(change.then(beside))

    def _one(self, worker: int, number: int, x: FloatArray, end: float, before: Near | None) -> _Answer:
        """The answer of a case; `before` is where another case ended, for one that has not been solved yet."""
        case, known = self._cases[number], self._known[number]
        key = x[case.acting].tobytes()
        if key in known:
            return known[key]
        left = end - time.monotonic()
        if left <= 0:
            raise OutOfTime
        solver = self._solvers[worker]
        try:
            found = solver.solve(
                case.at(x), time_limit=None if np.isinf(left) else left, near=self._ended[number] or before
            )
        except InfeasibleProgramme as error:
            raise BadInput(
                f"the recourse contradicts itself: {error.what}",
                where=f"{WHERE}, case {number}",
                cure="Let it fall short at a price, whatever is chosen.",
            ) from error
        except UnboundedProgramme as error:
            raise BadInput(error.what, where=f"{WHERE}, case {number}", cure=error.cure) from error
        if found.status == "time_limit":
            raise OutOfTime
        self._ended[number] = solver.ended()
        slopes = slope(case.case, found.row_dual, found.reduced_cost, self._choices)[case.acting]
        answer = _Answer(found.objective, found.certificate.bound, slopes)
        if len(known) >= KEPT:
            del known[next(iter(known))]
        known[key] = answer
        return answer


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Some cases of a recourse."""

    whole: SolvedRecourse
    cases: IntArray

    def at(self, x: FloatArray, end: float) -> tuple[FloatArray, FloatArray, csr_array]:
        """See `Recourse`."""
        return self.whole.answers(x, end, self.cases)


class _Answer(NamedTuple):
    """Loss of a case, a proven bound of it, and the slope of that bound in the choices that act in the case."""

    loss: float
    bound: float
    slope: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Lifted:
    """A case with all that does not depend on the choices: which of them act, and where its bounds go with them."""

    case: Case
    acting: IntArray
    change: Change
    rises: tuple[tuple[str, _Rise], ...]

    @classmethod
    def of(cls, recourse: LinearProgramme, case: Case, choices: int) -> _Lifted:
        column, row = case.links.column_upper, case.links.row_bound
        acts = np.zeros(choices, dtype=np.bool_)
        acts[column.column] = acts[row.column] = True
        sides = (("col_upper", column), ("row_lower", row), ("row_upper", row))
        rises = [
            (name, _Rise.of(getattr(recourse, name), getattr(case.change, name), link))
            for name, link in sides
            if link.row.size
        ]
        return cls(case, np.flatnonzero(acts), case.change, tuple(rises))

    def at(self, x: FloatArray) -> Change:
        """The same as `raised`."""
        entries = dict(self.change.items())
        entries.update((name, rise.at(x)) for name, rise in self.rises)
        return Change(**entries)


@dataclass(frozen=True, slots=True, eq=False)
class _Rise:
    """New values of a bound: those of the case at `place`, and at some of these what the choices add."""

    place: IntArray
    value: FloatArray
    at_place: IntArray  # for each link, its number in `place`
    choice: IntArray
    rise: FloatArray

    @classmethod
    def of(cls, bound: FloatArray, change: Entries, link: Triples) -> _Rise:
        place = np.union1d(change.place, link.row)
        now = bound.copy()
        now[change.place] = change.value
        return cls(place, now[place], np.searchsorted(place, link.row), link.column, link.value)

    def at(self, x: FloatArray) -> Entries:
        """The bound under some choices."""
        more = np.bincount(self.at_place, weights=self.rise * x[self.choice], minlength=self.place.size)
        return Entries(self.place, self.value + more)
