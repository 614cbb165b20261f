"""Fewer full solves for the same statistic: a cheap screen looks at every case and chooses those that are solved.

Two statistics of all cases, from the cases that are solved in full:

    mean of the worst share    every case that the screen calls bad is solved: the screen decides what is solved, and
                               no number of the answer comes from it
    mean                       mean of the screen over all cases + mean of (full − screen) over cases taken at random

The second is the difference estimator with factor one (Cochran 1977, Sampling Techniques, 3rd ed., section 7): it has
no bias, however bad the screen is, and its standard error says how much the screen has helped. A factor fitted to a few
cases would do better on paper; losses have heavy tails, and there it does worse than no screen at all.

A screen is used only if it ranks a pilot of solved cases as they are; if none does, all cases are solved.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from didymium.engine.programme import FloatArray, IntArray
from didymium.errors import BadInput

PILOT = 50  # cases solved to judge the screens
LEAST_RANK = 0.9  # rank correlation with the pilot below which a screen is not used
TAIL = 0.05  # share of cases whose mean is the tail's
RANDOM_SHARE = 0.05  # of all cases, solved whatever the screen says
TOP_SHARE = 0.1  # of all cases, the worst by the screen, solved first; doubled until the tail is in it

LEAST_DRAWN = 10  # random cases outside the top below which they tell no error: then all cases are solved

Evaluate = Callable[[Sequence[int]], FloatArray]
"""Harm of some cases, shape (case, measure). The first measure ranks them."""


@dataclass(frozen=True, slots=True)
class Screened:
    """What is known of all cases from those that were solved.

    `screen` is the name of the one that was used, None if all cases were solved instead; `ranks` the rank correlation
    of each screen that was tried with the pilot. Arrays by measure: `mean`, and `standard_error` of it: how far it may
    be from the mean over all cases solved in full. `tail_mean` is the mean of the worst share of all cases by the
    first measure, `tail_at` the least harm among them.

    `sampled` solved cases lie outside what the screen calls worst. None of them belongs to the tail, and
    `largest_outside` is the largest harm among them: far below `tail_at` nothing was missed, next to it something may
    have been. With 95 % confidence at most the share `missed_share` of the cases outside belongs to the tail.
    """

    cases: int
    solved: IntArray
    screen: str | None
    ranks: Mapping[str, float]
    mean: FloatArray
    standard_error: FloatArray
    tail_mean: float
    tail_at: float
    top: int
    sampled: int
    largest_outside: float
    missed_share: float


def two_phase(
    cases: int,
    full: Evaluate,
    screens: Mapping[str, Evaluate],
    *,
    pilot: int = PILOT,
    least_rank: float = LEAST_RANK,
    tail: float = TAIL,
    random_share: float = RANDOM_SHARE,
    top_share: float = TOP_SHARE,
) -> Screened:
    """Screen all cases and solve what the statistics need; the cases have to be in random order.

    The first cases are the random ones, the pilot among them. Screens are tried in the order given and the first that
    ranks the pilot well is used. `full` is called at most once for each case.
    """
    if cases < 1 or pilot < 3 or not 0 < tail < 1:
        raise BadInput(f"{cases} cases, a pilot of {pilot} and a tail of {tail:g} are not enough.", where="screen")
    known = _Known(full)
    taken = random_cases(cases, pilot=pilot, share=random_share)
    known.solve(range(taken))
    if taken < cases:
        ranks: dict[str, float] = {}
        for name, screen in screens.items():
            seen = screen(range(pilot))
            ranks[name] = rank_correlation(seen[:, 0], known.of(range(pilot))[:, 0])
            if ranks[name] >= least_rank:
                guess = np.concatenate([seen, screen(range(pilot, cases))])
                return _chosen(known, name, ranks, guess, taken, tail, top_share)
    else:
        ranks = {}
    known.solve(range(cases))
    return _chosen(known, None, ranks, known.of(range(cases)), taken, tail, 1.0)


def random_cases(cases: int, *, pilot: int = PILOT, share: float = RANDOM_SHARE) -> int:
    """How many cases, from the first on, are solved whatever a screen says."""
    return min(cases, max(pilot, math.ceil(share * cases)))


class _Known:
    """Cases solved so far."""

    def __init__(self, full: Evaluate) -> None:
        self._full = full
        self._harm: dict[int, FloatArray] = {}

    def solve(self, wanted: Sequence[int] | IntArray) -> None:
        new = [int(case) for case in wanted if int(case) not in self._harm]
        if new:
            self._harm.update(zip(new, self._full(new), strict=True))

    def of(self, cases: Sequence[int] | IntArray) -> FloatArray:
        return np.array([self._harm[int(case)] for case in cases])

    @property
    def cases(self) -> IntArray:
        return np.array(sorted(self._harm), dtype=np.intp)


def _chosen(
    known: _Known, name: str | None, ranks: dict[str, float], guess: FloatArray, taken: int, tail: float, width: float
) -> Screened:
    cases = len(guess)
    worst = math.ceil(tail * cases)
    while True:
        top = worst_first(guess[:, 0])[: math.ceil(width * cases)]
        known.solve(top)
        harm = known.of(known.cases)[:, 0]
        at = float(np.sort(harm)[-worst])
        outside = np.setdiff1d(np.arange(taken), top)
        beside = known.of(outside)[:, 0] if outside.size else np.empty(0)
        if top.size == cases:
            break
        if outside.size >= LEAST_DRAWN and not (beside > at).any():
            break
        width = min(2 * width, 1.0) if outside.size >= LEAST_DRAWN else 1.0
    mean, error = difference_estimate(guess, known.of(top), top, known.of(outside), outside)
    return Screened(
        cases=cases,
        solved=known.cases,
        screen=name,
        ranks=ranks,
        mean=mean,
        standard_error=error,
        tail_mean=tail_mean(harm, tail, cases),
        tail_at=at,
        top=top.size,
        sampled=outside.size,
        largest_outside=float(beside.max(initial=0.0)),
        missed_share=0.0 if top.size == cases else 1.0 - 0.05 ** (1.0 / max(outside.size, 1)),
    )


def rank_correlation(screen: FloatArray, full: FloatArray) -> float:
    """Spearman's rank correlation; 0 where one of the two says the same of all cases."""
    from scipy.stats import spearmanr

    if np.ptp(screen) == 0 or np.ptp(full) == 0:
        return 0.0
    return float(spearmanr(screen, full).statistic)


def worst_first(harm: FloatArray) -> IntArray:
    """Cases in the order of their harm, the largest first; of equal ones the first."""
    return np.argsort(-harm, kind="stable")


def tail_mean(harm: FloatArray, share: float, cases: int | None = None) -> float:
    """Mean of the worst share of `cases` (all in `harm`, or those in `harm` and others with less).

    Where the share is not a whole number of cases the last one counts in part (Rockafellar & Uryasev 2002,
    doi 10.1016/S0378-4266(02)00271-6).
    """
    ordered = -np.sort(-harm)
    weight = share * (harm.size if cases is None else cases)
    whole = math.floor(weight + 1e-9)
    part = max(weight - whole, 0.0) if whole < ordered.size else 0.0
    return float((ordered[:whole].sum() + (part * ordered[whole] if part > 1e-9 else 0.0)) / (whole + part))


def difference_estimate(
    guess: FloatArray, certain: FloatArray, top: IntArray, drawn: FloatArray, outside: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Mean over all cases, with its standard error, by measure.

    `guess` (case, measure) is what the screen says; `certain` the harm of the cases `top`, all of them solved; `drawn`
    that of `outside`, a random sample of the others.
    """
    cases = len(guess)
    others: npt.NDArray[np.bool_] = np.ones(cases, dtype=np.bool_)
    others[top] = False
    left = int(others.sum())
    total = certain.sum(axis=0)
    if left == 0:
        return total / cases, np.zeros(guess.shape[1])
    apart = drawn - guess[outside]
    total = total + guess[others].sum(axis=0) + left * apart.mean(axis=0)
    spread = apart.std(axis=0, ddof=1) / math.sqrt(len(drawn)) * math.sqrt(1.0 - len(drawn) / left)
    return total / cases, left / cases * spread
