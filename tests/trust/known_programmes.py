"""Programmes whose answers are printed in books or follow by hand, written down here with numpy alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse

from didymium.engine import Case, Change, FirstStage, LinearProgramme, Links, Solution, Triples, portfolio, solve
from didymium.engine.mixed import solve_mixed
from tests.worked.small_chain import SmallChain

INF = np.inf


def least(cost: Any, rows: Any, lower: Any = None, upper: Any = None, free: Sequence[int] = ()) -> Solution:
    """The least cost over columns ≥ 0, but for those that are free; a side of the rows left out does not bind."""
    matrix = np.array(rows, dtype=float)
    m, n = matrix.shape
    low = np.where(np.isin(np.arange(n), free), -INF, 0.0)
    return solve(
        LinearProgramme(
            np.array(cost, dtype=float),
            matrix,
            np.full(m, -INF) if lower is None else np.array(lower, dtype=float),
            np.full(m, INF) if upper is None else np.array(upper, dtype=float),
            low,
            np.full(n, INF),
        )
    )


def most(gain: Any, rows: Any, upper: Any) -> float:
    """The greatest gain over columns ≥ 0."""
    return -least(-np.array(gain, dtype=float), rows, upper=upper).objective


def shipped(cost: Any, supply: Sequence[float], demand: Sequence[float]) -> float:
    """Least cost of a transport plan: rows of `cost` are sources."""
    prices = np.array(cost, dtype=float)
    m, n = prices.shape
    rows = np.vstack([np.kron(np.eye(m), np.ones(n)), np.tile(np.eye(n), m)])
    return least(prices.ravel(), rows, [-INF] * m + list(demand), [*supply, *[INF] * n]).objective


def knapsack(weights: Sequence[float], values: Sequence[float], room: float) -> float:
    """Greatest value of whole things within the room."""
    n = len(weights)
    lp = LinearProgramme(
        -np.array(values, dtype=float), np.array([weights], dtype=float), np.array([-INF]), np.array([room]),
        np.zeros(n), np.ones(n),
    )  # fmt: skip
    found = solve_mixed(lp, np.ones(n, dtype=bool))
    assert found.x is not None and found.status == "optimal"
    return float(np.array(values) @ found.x)


def flow_through(capacity: dict[tuple[str, str], float], start: str, end: str) -> float:
    """Greatest flow of a network, as a linear programme over its arcs and one way back."""
    arcs = list(capacity)
    places = sorted({p for arc in arcs for p in arc})
    matrix = np.zeros((len(places) + len(arcs), len(arcs) + 1))
    for k, (a, b) in enumerate(arcs):
        matrix[places.index(a), k] -= 1
        matrix[places.index(b), k] += 1
        matrix[len(places) + k, k] = 1
    matrix[places.index(end), -1] -= 1
    matrix[places.index(start), -1] += 1
    lower = [0.0] * len(places) + [-INF] * len(arcs)
    return -least([0.0] * len(arcs) + [-1.0], matrix, lower, [0.0] * len(places) + list(capacity.values())).objective


def _farm(factors: Sequence[float], fixed: Any = None) -> Any:
    first = FirstStage(
        np.array([150.0, 230.0, 260.0]), np.zeros(3, dtype=bool), np.zeros(3), np.full(3, 500.0),
        sparse.csc_array(np.ones((1, 3))), np.array([-INF]), np.array([500.0]),
    )  # fmt: skip
    # bought wheat, bought corn, sold wheat, sold corn, beets within and beyond the quota
    rows = np.array([[1.0, 0, -1, 0, 0, 0], [0, 1, 0, -1, 0, 0], [0, 0, 0, 0, -1, -1]])
    cost = np.array([238.0, 210, -170, -150, -36, -10])
    top = np.array([INF, INF, INF, INF, 6000, INF])
    recourse = LinearProgramme(cost, rows, np.array([200.0, 240, 0]), np.full(3, INF), np.zeros(6), top)
    at = np.arange(3)
    cases = [
        Case(1 / len(factors), Change(), Links(row_bound=Triples(at, at, -np.array([2.5, 3.0, 20.0]) * f)))
        for f in factors
    ]
    return portfolio(first, recourse, cases, gap=1e-10, fixed=fixed)


def farmer(*factors: float) -> float:
    """Cost of the best use of 500 acres over equally likely weathers."""
    return float(_farm(factors).objective)


def farmer_for_the_mean() -> float:
    """Cost over three weathers of what would be best if the mean weather were sure."""
    sure = _farm([1.0]).x
    return float(_farm([1.2, 1.0, 0.8], fixed=(sure, sure)).objective)


def stockpile(price: float, short: float, needs: Sequence[float], *, risk: float = 0.0, alpha: float = 0.0,
              shares: Sequence[float] | None = None) -> float:  # fmt: skip
    """Least expected cost of a stock bought now at `price` against needs, each unit short at `short`."""
    first = FirstStage(
        np.array([price]), np.zeros(1, dtype=bool), np.zeros(1), np.array([1000.0]),
        sparse.csc_array((0, 1)), np.empty(0), np.empty(0),
    )  # fmt: skip
    recourse = LinearProgramme(
        np.array([short]), np.ones((1, 1)), np.zeros(1), np.full(1, INF), np.zeros(1), np.full(1, INF)
    )
    link = Links(row_bound=Triples(np.array([0]), np.array([0]), np.array([-1.0])))
    chance = [1 / len(needs)] * len(needs) if shares is None else shares
    cases = [Case(p, Change.of(row_lower=([0], [need])), link) for p, need in zip(chance, needs, strict=True)]
    return float(portfolio(first, recourse, cases, risk=risk, alpha=alpha, gap=1e-10).objective)


def lost_months(stopped: int, *, cover_days: float = 0.0, second: float = 0.0) -> float:
    """Tonnes unserved in a year of 100 t a month when the only plant stands still for some months.

    `second`: what a second plant without customers can make a month, beside the first.
    """
    chain = SmallChain(months=12, prices={"magnet": 50.0}, cover_days=cover_days)
    chain.process("sinter", "magnet", {}, {"magnet": 1.0}).runs("sinter", "AAA", 100.0)
    chain.uses("magnet", "AAA", "motors", 100.0, value=10_000.0)
    chain.outage("sinter", "AAA", 2, stopped)
    if second:
        chain.process("press", "magnet", {}, {"magnet": 1.0}).runs("press", "AAA", second)
        chain = replace(chain, activities={("sinter", "AAA"): 100.0 - second, ("press", "AAA"): second})
    return float(chain.solved().unserved("magnet", "AAA", "motors").sum())
