"""Closed forms of price floors: what simulated support is held against.

Black 1976, doi 10.1016/0304-405X(76)90024-6. Quotes of minor metals are no traded forwards, so these are expected costs
under a price model, not market values (methods of the floor page).
"""

from __future__ import annotations

import numpy as np


def black_put(forward: float, strike: float, sigma: float, years: float, rate: float) -> float:
    """Value of the right to sell at `strike` in `years`: e^−rT [KΦ(−d2) − FΦ(−d1)], the price lognormal."""
    return _black(forward, strike, sigma, years, rate, sign=-1)


def black_call(forward: float, strike: float, sigma: float, years: float, rate: float) -> float:
    """Value of the right to buy at `strike` in `years`: e^−rT [FΦ(d1) − KΦ(d2)]."""
    return _black(forward, strike, sigma, years, rate, sign=1)


def two_way(forward: float, strike: float, years: float, rate: float) -> float:
    """Value of a two-way contract for difference, put less call: e^−rT (K − F), whatever the volatility."""
    return float(np.exp(-rate * years) * (strike - forward))


def reverting_variance(sigma: float, speed: float, years: float) -> float:
    """Variance of the log price after `years` when it reverts at `speed` a year: σ²(1 − e^−2κT) / 2κ."""
    if speed == 0:
        return sigma**2 * years
    return float(sigma**2 * -np.expm1(-2 * speed * years) / (2 * speed))


def _black(forward: float, strike: float, sigma: float, years: float, rate: float, *, sign: int) -> float:
    from scipy.special import ndtr

    spread = sigma * np.sqrt(years)
    if spread == 0:
        return float(np.exp(-rate * years) * max(sign * (forward - strike), 0.0))
    d1 = np.log(forward / strike) / spread + spread / 2
    return float(np.exp(-rate * years) * sign * (forward * ndtr(sign * d1) - strike * ndtr(sign * (d1 - spread))))
