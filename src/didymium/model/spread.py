"""What draws say of a number: percentiles, mean, tail mean, and how sure these are. Arrays are (draw, quantity).

Memory is bounded: `blocks` goes through the draws as often as needed, so that no pass holds more than a fixed amount.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SHARES = (0.1, 0.5, 0.9)
MEMORY = 32 * 2**20  # bytes of numbers held at a time
TAIL = 20  # draws that shall lie beyond the quantile of a tail mean


@dataclass(frozen=True, slots=True)
class Spread:
    """By quantity: percentiles, mean and tail mean with their standard errors; NaN where they are not known.

    `never` is the share of draws that are infinite: nothing happened within the run.
    """

    draws: int
    alpha: float
    p10: Floats
    p50: Floats
    p90: Floats
    mean: Floats
    mean_se: Floats
    cvar: Floats
    cvar_se: Floats
    never: Floats


def blocks(
    rows: Callable[[], Iterable[Floats]], draws: int, width: int, memory: int = MEMORY
) -> Iterator[tuple[slice, Floats]]:
    """The numbers of all draws, some quantities at a time: their place, and an array (draw, quantity).

    `rows` goes through the draws anew each time; each row has `width` quantities.
    """
    step = max(1, memory // (8 * max(draws, 1)))
    for first in range(0, width, step):
        place = slice(first, min(first + step, width))
        found = np.empty((draws, place.stop - first))
        for number, row in enumerate(rows()):
            found[number] = row[place]
        yield place, found


def spread(
    rows: Callable[[], Iterable[Floats]], draws: int, width: int, *, alpha: float, memory: int = MEMORY
) -> Spread:
    """The spread of each of `width` quantities over the draws.

    A quantity with a draw that is NaN (stopped by a time limit) has none: the rest would be the easy draws alone.
    Infinite draws are censored: a percentile that falls on one is infinite, and there is no mean.
    """
    parts = [_described(found, alpha) for _, found in blocks(rows, draws, width, memory)] if draws else []
    table = np.concatenate(parts, axis=1) if parts else np.full((8, width), np.nan)
    return Spread(draws, alpha, *table)


def _described(found: Floats, alpha: float) -> Floats:
    """The eight rows of numbers of a Spread, for an array (draw, quantity)."""
    n = found.shape[0]
    censored = np.isinf(found).any(axis=0)
    out = np.full((8, found.shape[1]), np.nan)
    # An infinite draw has no place between two numbers: the percentile is then one of the draws.
    out[:3, ~censored] = np.quantile(found[:, ~censored], SHARES, axis=0)
    out[:3, censored] = np.quantile(found[:, censored], SHARES, axis=0, method="inverted_cdf")
    plain = found[:, ~censored]
    out[3, ~censored] = plain.mean(axis=0)
    if n > 1:
        out[4, ~censored] = plain.std(axis=0, ddof=1) / np.sqrt(n)
    tail, error = cvar(plain, alpha)
    out[5, ~censored], out[6, ~censored] = tail, error
    out[7] = np.isinf(found).mean(axis=0)
    out[:, np.isnan(found).any(axis=0)] = np.nan
    return out


def cvar(losses: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Mean of the worst share 1 − alpha of equally likely losses, and its standard error; shape (quantity,).

    min over η of η + mean((L − η)⁺) / (1 − α); Rockafellar & Uryasev 2000, doi 10.21314/JOR.2000.038. The standard
    error is that of the mean at the best η (Trindade et al. 2007, doi 10.1016/j.jbankfin.2007.04.014).

    >>> cvar(np.arange(1.0, 11.0)[:, None], 0.8)[0].round(4).tolist()
    [9.5]
    """
    n = losses.shape[0]
    place = min(max(int(np.ceil(alpha * n - 1e-9)) - 1, 0), n - 1)
    at = np.sort(losses, axis=0)[place]
    beyond = np.maximum(losses - at, 0.0)
    if alpha >= 1.0:
        return losses.max(axis=0), np.full(losses.shape[1], np.nan)
    error = beyond.std(axis=0, ddof=1) / np.sqrt(n) / (1 - alpha) if n > 1 else np.full(losses.shape[1], np.nan)
    return at + beyond.mean(axis=0) / (1 - alpha), error


def draws_for_tail(alpha: float) -> int:
    """How many draws a tail mean needs at least: twenty of them beyond its quantile.

    >>> draws_for_tail(0.95)
    400
    """
    return int(np.ceil(TAIL / (1 - alpha) - 1e-9))
