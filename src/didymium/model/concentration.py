"""How concentrated a supply is.

Pure functions over plain numbers. Tonnes of one product at one stage go in (never of different compounds:
convert first), fractions come out. A missing value is the caller's to handle: nothing here reads it as zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymium.errors import BadInput

Floats = NDArray[np.float64]


def shares(quantities: Sequence[float] | Floats) -> Floats:
    """Each supplier's part of the sum [fraction], in float64: integers overflow when tonnes are squared.

    >>> shares([60, 40]).tolist()
    [0.6, 0.4]
    """
    q = np.asarray(quantities, dtype=np.float64)
    total = q.sum()
    if q.size == 0 or not np.isfinite(total) or total <= 0 or (q < 0).any():
        raise BadInput(
            f"shares need quantities of which none is negative and one is positive, got {q.tolist()}.",
            cure="Leave out unknown values.",
        )
    return np.asarray(q / total, dtype=np.float64)


def hhi(quantities: Sequence[float] | Floats) -> float:
    """Concentration of supply: the sum of squared shares (Herfindahl 1950) [0–1].

    1 means one supplier, 1/n means n equal ones. The scale 0–10,000 of competition law is `hhi_10000`.
    The quantities need not add up to one: multiplying all of them by a number changes nothing.

    >>> round(hhi([50, 30, 20]), 12)
    0.38
    """
    return float(np.square(shares(quantities)).sum())


def hhi_10000(value: float) -> float:
    """The index on the scale of competition law [0–10,000], on which 1,800 counts as highly concentrated.

    US Department of Justice and Federal Trade Commission, Merger Guidelines 2023, section 2.1.

    >>> hhi_10000(0.38)
    3800.0
    """
    return value * 10_000.0


def hhi_bounds(named: Sequence[float] | Floats, rest: float) -> tuple[float, float]:
    """Least and greatest index [0–1] when some supply is known only as "rest of the world".

    The least value splits the rest over ever so many small suppliers, so that it adds nothing. The greatest
    makes its suppliers as large as they can be, none above the smallest named one, because tables list the
    large suppliers first.

    >>> low, high = hhi_bounds([80], 20)
    >>> round(low, 12), round(high, 12)
    (0.64, 0.68)
    """
    s = shares(np.append(np.asarray(named, dtype=np.float64), rest))
    least, most = _bounds(s[np.newaxis, :])
    return float(least[0]), float(most[0])


def _bounds(all_shares: Floats) -> tuple[Floats, Floats]:
    """`hhi_bounds` for an array of shares (draw, supplier) whose last column is the rest of the world."""
    known, rest = all_shares[:, :-1], all_shares[:, -1]
    least = np.square(known).sum(axis=1)
    smallest = np.where(known > 0, known, np.inf).min(axis=1, initial=np.inf)
    largest = np.minimum(rest, smallest)
    full = np.floor(np.divide(rest, largest, out=np.zeros_like(rest), where=largest > 0) + 1e-12)
    left = np.maximum(rest - full * largest, 0.0)
    return least, least + full * np.square(largest) + np.square(left)


def governance_risk(wgi: float) -> float:
    """Governance risk [0–1] from a World Bank governance score [−2.5 worst, +2.5 best]: (2.5 − WGI)/5.

    Kaufmann, Kraay and Mastruzzi, Worldwide Governance Indicators.

    >>> governance_risk(2.5), governance_risk(-2.5)
    (0.0, 1.0)
    """
    return (2.5 - wgi) / 5.0


def governance_weighted_hhi(quantities: Sequence[float] | Floats, risk: Sequence[float] | Floats) -> float:
    """Concentration in which each squared share counts by its country's governance risk [0–1].

    Every supplier needs a risk: a country without a score is to be listed, not given a middling one.

    >>> round(governance_weighted_hhi([50, 30, 20], [0.6, 0.4, 0.2]), 12)
    0.194
    """
    s, g = shares(quantities), np.asarray(risk, dtype=np.float64)
    if s.shape != g.shape or not np.isfinite(g).all():
        raise BadInput(f"{s.size} suppliers need as many governance risks, got {g.size}, all of them known.")
    return float((np.square(s) * g).sum())


def governance_weighted_hhi_error(
    quantities: Sequence[float] | Floats, wgi_error: Sequence[float] | Floats | float
) -> float:
    """Standard error of `governance_weighted_hhi` [0–1] from that of the governance scores [on their own scale].

    First order, with the errors of countries taken as independent: square root of Σ (s²·e/5)².

    >>> round(governance_weighted_hhi_error([50, 30, 20], 0.2), 6)
    0.010748
    """
    return float(np.sqrt(np.square(np.square(shares(quantities)) * np.asarray(wgi_error) / 5.0).sum()))


def top_share(quantities: Sequence[float] | Floats, count: int = 1) -> float:
    """What the `count` largest suppliers hold together [fraction].

    >>> round(top_share([50, 30, 20], 2), 12)
    0.8
    """
    return float(np.sort(shares(quantities))[::-1][:count].sum())


def lognormal_draws(
    quantities: Sequence[float] | Floats, sigma: Sequence[float] | Floats, draws: int, seed: int
) -> Floats:
    """Plausible values of reported quantities: array (draw, supplier), in the quantities' unit.

    Each is the reported value times exp(sigma·z) with its own standard normal z: the reported value is the
    median, a value never turns negative, and zero stays zero. `sigma` [fraction] is the relative standard
    error of the row's confidence grade. Errors are drawn independently: a bias common to all rows of one
    source is not covered. The seed fixes every draw.
    """
    q, s = np.asarray(quantities, dtype=np.float64), np.asarray(sigma, dtype=np.float64)
    if q.shape != s.shape or (s < 0).any():
        raise BadInput(f"draws need one relative error, zero or above, for each of {q.size} quantities.")
    z = np.random.default_rng(seed).standard_normal((draws, q.size))
    return np.asarray(q * np.exp(s * z), dtype=np.float64)


def interval(values: Floats, low: float = 0.1, high: float = 0.9) -> tuple[float, float]:
    """The 10 % and 90 % points of drawn values (linear between order statistics).

    >>> interval(np.arange(11.0))
    (1.0, 9.0)
    """
    p = np.quantile(values, [low, high])
    return float(p[0]), float(p[1])


@dataclass(frozen=True, slots=True)
class Concentration:
    """Concentration of one supply with its interval. Suppliers keep the order in which they were given."""

    shares: tuple[float, ...]
    shares_p10: tuple[float, ...]
    shares_p90: tuple[float, ...]
    rest_share: float
    hhi: float
    hhi_p10: float
    hhi_p90: float


def concentration(
    named: Sequence[float] | Floats,
    named_sigma: Sequence[float] | Floats,
    *,
    rest: float = 0.0,
    rest_sigma: float = 0.0,
    draws: int,
    seed: int,
) -> Concentration:
    """Shares and index of named suppliers and a rest of the world, with 10–90 % intervals.

    Two things are uncertain: the quantities (`lognormal_draws`) and how the rest divides over countries
    (drawn evenly between the `hhi_bounds`). The central index is the middle of its bounds.
    """
    q = np.append(np.asarray(named, dtype=np.float64), rest)
    drawn = lognormal_draws(q, np.append(np.asarray(named_sigma, dtype=np.float64), rest_sigma), draws, seed)
    drawn_shares = drawn / drawn.sum(axis=1, keepdims=True)
    split = np.random.default_rng([seed, 1]).uniform(size=draws)
    least, most = _bounds(drawn_shares)
    index = least + split * (most - least)
    central = shares(q)
    low, high = np.quantile(drawn_shares, [0.1, 0.9], axis=0)
    index_low, index_high = interval(index)
    return Concentration(
        shares=tuple(central[:-1].tolist()),
        shares_p10=tuple(low[:-1].tolist()),
        shares_p90=tuple(high[:-1].tolist()),
        rest_share=float(central[-1]),
        hhi=sum(hhi_bounds(q[:-1], rest)) / 2.0,
        hhi_p10=index_low,
        hhi_p90=index_high,
    )
