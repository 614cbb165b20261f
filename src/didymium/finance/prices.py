"""Price paths: a level that prices return to, jumps, years of dumping, and a premium outside China that may fade.

The log of a price is an Ornstein–Uhlenbeck process with compound Poisson jumps, in exact yearly steps (Schwartz 1997,
doi 10.1111/j.1540-6261.1997.tb02721.x, model 1; Merton 1976 for the jumps). On it lie two regimes of the rare-earth
trade: a market that is pushed down for some years, and buyers who pay more for material from elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PriceModel:
    """A price [USD/kg] and how it moves. Rates are a year.

    `start` is the price in year 0, `level` the median that it returns to at `reversion`, `sigma` the volatility of the
    log price. Jumps come at `jump_rate`, their log has deviation `jump_sigma`. Dumping begins at `dump_rate`, ends at
    `dump_end_rate`, and takes `dump_depth` of the price. `premium` is the ratio outside over inside China in year 0, of
    which a seller gets `premium_captured`; it fades at `premium_fade`.
    """

    start: float
    level: float
    reversion: float
    sigma: float
    jump_rate: float = 0.0
    jump_sigma: float = 0.0
    dump_rate: float = 0.0
    dump_end_rate: float = 1.0
    dump_depth: float = 0.0
    premium: float = 1.0
    premium_captured: float = 0.0
    premium_fade: float = 0.0


@dataclass(frozen=True, slots=True)
class Shocks:
    """Standard random numbers of one product, shape (path, year): the same for every model and package compared."""

    normal: Floats
    jumps: Floats  # number of jumps in the year, times a normal of their sum
    regime: Floats  # uniform

    @classmethod
    def of(
        cls,
        paths: int,
        years: int,
        seed: int,
        product: int,
        *,
        jump_rate: float,
        common: Floats | None = None,
        correlation: float = 0.0,
    ) -> Shocks:
        """Seeded draws of a product; `common` (path, year) is a normal that products share with `correlation`."""
        rng = np.random.default_rng([seed, product])
        own = rng.standard_normal((paths, years))
        normal = own if common is None else np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own
        count = rng.poisson(jump_rate, (paths, years))
        return cls(normal, np.sqrt(count) * rng.standard_normal((paths, years)), rng.random((paths, years)))


def price_paths(model: PriceModel, shocks: Shocks) -> Floats:
    """Prices [USD/kg], shape (path, year): year 0 is `start` on every path."""
    paths, years = shocks.normal.shape
    keep = np.exp(-model.reversion)
    step = model.sigma * _step_of_one(model.reversion)
    middle = np.log(model.level)
    log = np.empty((paths, years))
    log[:, 0] = np.log(model.start)
    for t in range(1, years):
        move = step * shocks.normal[:, t] + model.jump_sigma * shocks.jumps[:, t]
        log[:, t] = middle + (log[:, t - 1] - middle) * keep + move
    return np.exp(log) * _dumping(model, shocks.regime) * _premium(model, years)


def _step_of_one(reversion: float) -> float:
    """Deviation of a yearly step of the reverting log price at a volatility of one."""
    return float(np.sqrt(-np.expm1(-2 * reversion) / (2 * reversion))) if reversion else 1.0


def _dumping(model: PriceModel, uniform: Floats) -> Floats:
    """Factor on the price of each path and year: below 1 in years of dumping (a two-state Markov chain)."""
    low = np.zeros(uniform.shape, dtype=np.bool_)
    for t in range(1, uniform.shape[1]):
        low[:, t] = np.where(low[:, t - 1], uniform[:, t] >= model.dump_end_rate, uniform[:, t] < model.dump_rate)
    return np.where(low, 1 - model.dump_depth, 1.0)


def _premium(model: PriceModel, years: int) -> Floats:
    """What a seller outside China gets over the price inside, shape (year,)."""
    fading = np.exp(-model.premium_fade * np.arange(years))
    return np.asarray(1 + (model.premium - 1) * model.premium_captured * fading)


def yearly_volatility(prices: Floats) -> float:
    """Deviation of the yearly changes of the log price, from consecutive yearly prices; NaN from fewer than 3."""
    moves = np.diff(np.log(prices))
    return float(moves.std(ddof=1)) if moves.size >= 2 else float("nan")


def fitted_sigma(moves: float, *, reversion: float, jump_rate: float, jump_sigma: float) -> float:
    """Volatility at which yearly changes of the log price deviate by `moves`, jumps included.

    Changes of a process that returns have the variance 2 (s² + λ σ_J²) / (1 + e^−κ), s the deviation of its step. What
    jumps explain is not counted twice; where they explain all, the volatility is zero.
    """
    step = moves**2 * (1 + np.exp(-reversion)) / 2 - jump_rate * jump_sigma**2
    return float(np.sqrt(max(step, 0.0)) / _step_of_one(reversion))
