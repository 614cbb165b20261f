"""How much to hold in store: closed forms for a reserve, and a dynamic programme for one that moves the market.

All are functions of numbers or arrays of draws. A reserve is what is held beyond the stock that a running plant needs.

    newsvendor             S* = μ + σ Φ⁻¹(p / (p + h))
    disruption newsvendor  S* = d (1 + n*), n* the least n with 1 − a/(a+b) (1−b)ⁿ ≥ p / (p + h)
    reserve                t* = 1/μ · max(0, ln( λμ/(λ+μ) · v/h )): the same without steps, each unit short lost once
    EOQ with disruptions   g(Q) = (K + hQ²/2d + pdψ/μ) / (Q/d + ψ/μ), ψ = λ/(λ+μ) (1 − e^{−(λ+μ)Q/d})
    strategic reserve      V(s,i) = min_{s'} c(s,s',i) + β Σ_j π_ij V(s',j)

Snyder & Shen 2019, Fundamentals of Supply Chain Theory; Tomlin 2006, doi:10.1287/mnsc.1060.0515; Teisberg 1981,
doi:10.2307/3003568.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from didymium.errors import BadInput

Floats = NDArray[np.float64]
DAYS_A_YEAR = 365.0


def days_of_cover(days: ArrayLike, need_per_year: ArrayLike) -> Floats:
    """Tonnes that carry a yearly need for so many days: the form in which Japan (60, 180) and Korea (100) set targets.

    >>> float(days_of_cover(60, 3650.0))
    600.0
    """
    return np.asarray(days, dtype=np.float64) / DAYS_A_YEAR * np.asarray(need_per_year, dtype=np.float64)


def newsvendor(mean: float, sigma: float, *, holding: float, penalty: float) -> float:
    """Stock for one period of normal demand; `holding` per unit left over, `penalty` per unit short.

    >>> round(newsvendor(50, 8, holding=0.18, penalty=0.70), 6)
    56.603956
    """
    from scipy.stats import norm

    return mean + sigma * float(norm.ppf(penalty / (penalty + holding)))


def disruption_newsvendor(demand: float, *, fails: float, recovers: float, holding: float, penalty: float) -> float:
    """Stock at the start of each period for steady demand and a supplier that stands still now and then.

    `fails` and `recovers`: probabilities from one period to the next; `penalty` per unit short and period.

    >>> disruption_newsvendor(2000, fails=0.04, recovers=0.25, holding=0.25, penalty=3)
    8000.0
    """
    if not (0 <= fails <= 1 and 0 < recovers <= 1):
        raise BadInput(
            f"chances of {fails} and {recovers} a period", cure="Both lie between 0 and 1; recovery above 0."
        )
    down = fails / (fails + recovers)
    wanted = penalty / (penalty + holding)
    periods = 0
    while 1.0 - down * (1.0 - recovers) ** periods < wanted:
        periods += 1
    return demand * (1.0 + periods)


def reserve_days(*, rate: ArrayLike, years: ArrayLike, value: ArrayLike, holding: ArrayLike) -> Floats:
    """Days of shortfall worth holding [days].

    `rate`: cuts a year that begin while supply runs; `years`: mean length of a cut; `value`: what a unit short loses,
    once [USD/kg]; `holding`: cost of a unit held for a year [USD/kg]. One more day of reserve is worth it as long as
    the chance that a cut outlasts it, times the value, exceeds a year's holding. It is the disruption newsvendor with
    ever shorter periods: lengths are memoryless, so a unit short waits 1/μ and p = v·μ; h is small beside p.

    >>> float(reserve_days(rate=0.0, years=0.5, value=1000.0, holding=10.0))
    0.0
    """
    lam, length = np.asarray(rate, dtype=np.float64), np.asarray(years, dtype=np.float64)
    chance = lam / (1.0 + lam * length)
    worth = chance * np.asarray(value, dtype=np.float64) / np.asarray(holding, dtype=np.float64)
    return np.asarray(DAYS_A_YEAR * length * np.log(np.maximum(worth, 1.0)))


def implied_value(days: ArrayLike, *, rate: ArrayLike, years: ArrayLike, holding: ArrayLike) -> Floats:
    """The value of a unit short at which just so many days are worth holding: `reserve_days` turned round [USD/kg]."""
    lam, length = np.asarray(rate, dtype=np.float64), np.asarray(years, dtype=np.float64)
    chance = lam / (1.0 + lam * length)
    return np.asarray(np.asarray(holding) / chance * np.exp(np.asarray(days) / (DAYS_A_YEAR * length)))


def saved_days(days: ArrayLike, *, rate: ArrayLike, years: ArrayLike) -> Floats:
    """Days of shortfall that a reserve of so many days fills in an average year [days a year]."""
    lam, length = np.asarray(rate, dtype=np.float64), np.asarray(years, dtype=np.float64)
    filled = 1.0 - np.exp(-np.asarray(days, dtype=np.float64) / (DAYS_A_YEAR * length))
    return np.asarray(lam / (1.0 + lam * length) * length * DAYS_A_YEAR * filled)


class Lot(NamedTuple):
    """An order size and what it costs a year."""

    size: float
    cost: float


def lot_under_disruptions(
    demand: float, *, order_cost: float, holding: float, penalty: float, fails: float, recovers: float
) -> Lot:
    """Order size of least cost if the supplier may stand still when an order falls due; rates and costs a year.

    >>> lot = lot_under_disruptions(1300, order_cost=8, holding=0.225, penalty=5, fails=1.5, recovers=14)
    >>> round(lot.size, 2), round(lot.cost, 4)
    (772.81, 173.95)
    """
    from scipy.optimize import minimize_scalar

    def cost(size: float) -> float:
        psi = fails / (fails + recovers) * -math.expm1(-(fails + recovers) * size / demand)
        wait = psi / recovers
        return float((order_cost + holding * size**2 / (2 * demand) + penalty * demand * wait) / (size / demand + wait))

    classic = math.sqrt(2 * order_cost * demand / holding)
    most = 10 * (classic + demand * math.sqrt(penalty / holding) / recovers)
    found = minimize_scalar(cost, bounds=(1e-9 * classic, most), method="bounded", options={"xatol": 1e-9 * most})
    return Lot(float(found.x), float(found.fun))


class Policy(NamedTuple):
    """Level to move to, and present value of cost, from each (state of the market, level)."""

    to: Floats
    value: Floats


def strategic_reserve(levels: Sequence[float], cost: Floats, transition: Floats, *, discount: float) -> Policy:
    """Policy of least expected discounted cost for a reserve, by policy iteration.

    `cost` (market state, level, next level) may be infinite where a move is barred; `transition` (state, next state)
    does not depend on the reserve; `discount` is the weight of the next period.
    """
    states, count = cost.shape[:2]
    if cost.shape != (states, len(levels), len(levels)) or transition.shape != (states, states):
        raise BadInput(f"costs {cost.shape} and chances {transition.shape} do not fit {len(levels)} levels")
    if not np.allclose(transition.sum(axis=1), 1.0) or not 0 <= discount < 1:
        raise BadInput(f"chances add up to {transition.sum(axis=1)}, discount {discount}", cure="Rows of 1; below 1.")
    at = np.argmin(cost, axis=2)
    pick = np.arange(states)[:, None], np.arange(count)[None, :]
    while True:
        step = np.zeros((states, count, states, count))
        for state in range(states):
            for level in range(count):
                step[state, level, :, at[state, level]] = transition[state]
        system = np.eye(states * count) - discount * step.reshape(states * count, -1)
        value = np.linalg.solve(system, cost[(*pick, at)].ravel()).reshape(states, count)
        ahead = cost + discount * (transition @ value)[:, None, :]
        better = np.argmin(ahead, axis=2)
        if np.all(ahead[(*pick, better)] >= ahead[(*pick, at)] - 1e-12 * np.abs(value).max()):
            return Policy(np.asarray(levels, dtype=np.float64)[at], value)
        at = better


def price_rise(bought_share: ArrayLike, *, supply_elasticity: ArrayLike, demand_elasticity: ArrayLike) -> Floats:
    """Share by which the price rises while purchases take a share of world output: q / (ε_s − ε_d), small steps.

    >>> round(float(price_rise(0.02, supply_elasticity=0.15, demand_elasticity=-0.1)), 6)
    0.08
    """
    give = np.asarray(supply_elasticity, dtype=np.float64) - np.asarray(demand_elasticity, dtype=np.float64)
    return np.asarray(np.asarray(bought_share, dtype=np.float64) / give)


class Pool(NamedTuple):
    """Stock and yearly cost of a reserve against drawn shortfalls."""

    stock: float
    cost: float


def reserve_against(shortfalls: Floats, *, value: float, holding: float) -> Pool:
    """Reserve of least expected yearly cost against drawn yearly shortfalls [t]: h·S + v·mean(max(0, L − S)).

    The cost of a reserve for several places together is never above that of reserves for each, whatever hangs together
    with what: max(0, ΣL − ΣS) ≤ Σ max(0, L − S). Of the stock this is true of alike places, not always.
    """
    ratio = 1.0 - min(holding / value, 1.0) if value > 0 else 0.0
    stock = float(np.quantile(shortfalls, ratio, method="inverted_cdf")) if ratio > 0 else 0.0
    return Pool(stock, holding * stock + value * float(np.maximum(shortfalls - stock, 0.0).mean()))
