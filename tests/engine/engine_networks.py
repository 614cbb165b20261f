"""Small programmes for the tests: a transport plan with printed answer, and a network over periods."""

from __future__ import annotations

import numpy as np

from didymium.engine import Change, LinearProgramme, Triples, assemble, repeat

INF = np.inf


def programme(cost, matrix, row_lower, row_upper, col_lower=None, col_upper=None):
    """A programme from lists; columns are ≥ 0 unless said."""
    n = len(cost)
    return LinearProgramme(
        cost=np.array(cost, dtype=float),
        matrix=np.array(matrix, dtype=float).reshape(len(row_lower), n),
        row_lower=np.array(row_lower, dtype=float),
        row_upper=np.array(row_upper, dtype=float),
        col_lower=np.zeros(n) if col_lower is None else np.array(col_lower, dtype=float),
        col_upper=np.full(n, INF) if col_upper is None else np.array(col_upper, dtype=float),
    )


def transport(supply=(35, 50, 40), demand=(45, 20, 30), cost=((8, 6, 10), (9, 12, 13), (14, 9, 16))):
    """Three plants, three cities; Winston, Operations Research, 4th ed., section 7.1, with one city less."""
    rows = np.vstack([np.kron(np.eye(3), np.ones(3)), np.tile(np.eye(3), 3)])
    return programme(np.ravel(cost), rows, [-INF] * 3 + list(demand), [*supply, *[INF] * 3])


def network(places=5, products=3, periods=6, seed=0):
    """Processes, routes with delay, stocks and dear shortages over periods: always feasible, never unbounded."""
    rng = np.random.default_rng(seed)
    rows = places * products
    entries: list[tuple[int, int, float, int]] = []
    cost: list[float] = []
    upper: list[float] = []

    def column(price, most, *places_and_values):
        entries.extend((row, len(cost), value, lag) for row, value, lag in places_and_values)
        cost.append(price)
        upper.append(most)

    for place in range(places):
        mine = place * products
        column(rng.uniform(5, 50), rng.uniform(5, 40), (mine, 1.0, 0))
        for product in range(products - 1):
            column(rng.uniform(1, 10), rng.uniform(5, 30), (mine + product, -1.25, 0), (mine + product + 1, 1.0, 0))
    for product in range(products):
        for start in range(places):
            for end in range(places):
                if start != end:
                    gone, there = start * products + product, end * products + product
                    column(rng.uniform(0.1, 2), rng.uniform(1, 10), (gone, -1.0, 0), (there, 1.0, int(rng.integers(2))))
    for row in range(rows):
        column(0.01, rng.uniform(1, 5), (row, -1.0, 0), (row, 1.0, 1))
        column(1000.0 * rng.uniform(0.5, 2), INF, (row, 1.0, 0))
        column(0.001, INF, (row, -1.0, 0))
    place, col, value, lag = (np.array(part) for part in zip(*entries, strict=True))
    matrix = assemble(
        [repeat(Triples(place, col, value), periods, rows=rows, columns=len(cost), lag=lag)],
        (rows * periods, len(cost) * periods),
    )
    demand = np.tile(rng.uniform(1, 10, rows) * (np.arange(rows) % products == products - 1), periods)
    return LinearProgramme(
        np.tile(cost, periods), matrix, demand, demand, np.zeros(matrix.shape[1]), np.tile(upper, periods)
    )


def cut(lp, rng, count=15, share=0.1):
    """A change that takes most of the capacity of some random columns away."""
    columns = rng.choice(np.flatnonzero(np.isfinite(lp.col_upper)), count, replace=False)
    return Change.of(col_upper=(columns, lp.col_upper[columns] * share))
