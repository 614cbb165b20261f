"""Scrap: what is in use, what leaves use, and what of it comes back, from the history of what was put into use.

A cohort enters evenly over its year and stays as long as a Weibull lifetime says. Survival is averaged over the year
exactly, by the incomplete gamma function: a single point in mid-year can be wrong by a sixth for a life of 0.8 years.
Stocks are those at the end of a year. Nothing was in use before the first year given: a history that starts too late
understates both stock and scrap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from didymium.errors import BadInput

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stock:
    """What is in use at the end of each year [t] and what left use during it [t/y]."""

    in_use: Floats
    end_of_life: Floats


@dataclass(frozen=True, slots=True)
class Recovery:
    """Where scrap went [t/y]; the four parts add up to the scrap."""

    uncollected: Floats
    exported: Floats
    recovered: Floats
    lost: Floats

    @property
    def collected(self) -> Floats:
        """What was collected, whether it then stayed or left the country [t/y]."""
        return self.exported + self.recovered + self.lost


def survival(years: int, mean_life: float, shape: float) -> Floats:
    """Share of a cohort still in use at the end of its own year, the next, … (`years` of them).

    Weibull with `mean_life` [y] and `shape`, averaged over the year in which the cohort entered. The shares of all
    years add up to the mean life.

    >>> round(float(survival(50, mean_life=0.8, shape=2.0).sum()), 9)
    0.8
    """
    from scipy.special import gamma, gammainc

    if not (np.isfinite(mean_life) and mean_life > 0.0):
        raise BadInput(f"mean life {mean_life}: a life is a number of years above 0")
    if not (np.isfinite(shape) and shape > 0.0):
        raise BadInput(f"shape {shape}: the shape of a Weibull lifetime is above 0")
    scale = mean_life / gamma(1.0 + 1.0 / shape)
    lived = mean_life * gammainc(1.0 / shape, (np.arange(years + 1) / scale) ** shape)
    return np.asarray(np.diff(lived), dtype=np.float64)


def stock(inflow: ArrayLike, mean_life: float, shape: float) -> Stock:
    """Stock and outflow of goods put into use year after year: `inflow` [t/y], years along the first axis.

    >>> steady = stock([1.0] * 50, mean_life=0.8, shape=2.0)
    >>> round(float(steady.in_use[-1]), 9), round(float(steady.end_of_life[-1]), 9)
    (0.8, 1.0)
    """
    from scipy.linalg import toeplitz

    entered = np.asarray(inflow, dtype=np.float64)
    if not np.all(entered >= 0.0):
        raise BadInput("inflow into use: every year needs a known amount of at least 0 t")
    years = len(entered)
    kept = survival(years, mean_life, shape)
    left = -np.diff(kept, prepend=1.0)
    nothing = np.zeros(years)
    return Stock(toeplitz(kept, nothing) @ entered, toeplitz(left, nothing) @ entered)


def new_scrap(finished: ArrayLike, loss: ArrayLike) -> Floats:
    """Scrap of making `finished` goods [t/y] when the share `loss` of what goes in is cut or ground away.

    >>> round(float(new_scrap(70.0, 0.3)), 9)
    30.0
    """
    share = _share(loss, "loss in making")
    if np.any(share >= 1.0):
        raise BadInput("loss in making 1: nothing would be left to finish; a loss is below 1")
    return np.asarray(finished, dtype=np.float64) * share / (1.0 - share)


def recover(scrap: ArrayLike, collection: ArrayLike, leakage: ArrayLike, recovery: ArrayLike) -> Recovery:
    """Follow `scrap` [t/y]: the share collected, the share of that which leaves the country, the yield of the rest.

    >>> found = recover(100.0, collection=0.5, leakage=0.2, recovery=0.9)
    >>> [round(float(x), 9) for x in (found.uncollected, found.exported, found.recovered, found.lost)]
    [50.0, 10.0, 36.0, 4.0]
    """
    amount = np.asarray(scrap, dtype=np.float64)
    collected = amount * _share(collection, "collection")
    exported = collected * _share(leakage, "leakage")
    treated = collected - exported
    recovered = treated * _share(recovery, "recovery")
    return Recovery(amount - collected, exported, recovered, treated - recovered)


def _share(value: ArrayLike, name: str) -> Floats:
    share = np.asarray(value, dtype=np.float64)
    if not np.all((share >= 0.0) & (share <= 1.0)):
        raise BadInput(f"{name} {share}: a share lies between 0 and 1")
    return share
