"""Two-stage programmes for the tests: the farmer, and random small plans that can be searched through."""

from __future__ import annotations

import itertools

import numpy as np
from engine_networks import INF, programme
from scipy import sparse

from didymium.engine import Case, Change, FirstStage, LinearProgramme, Links, Triples, cvar, solve


def triples(*entries):
    """Links from (place, choice, rise)."""
    row, column, value = zip(*entries, strict=True)
    return Triples(np.array(row), np.array(column), np.array(value, dtype=float))


def shares(cases):
    """The cases with even probabilities."""
    return [Case(1 / len(cases), case.change, case.links) for case in cases]


def farmer(factors=(1.2, 1.0, 0.8)):
    """Birge and Louveaux, Introduction to Stochastic Programming, section 1.1: 500 acres of wheat, corn and beets."""
    first = FirstStage(
        np.array([150.0, 230, 260]),
        np.zeros(3, dtype=bool),
        np.zeros(3),
        np.full(3, 500.0),
        sparse.csc_array(np.ones((1, 3))),
        np.array([-INF]),
        np.array([500.0]),
    )
    # Bought wheat and corn, sold wheat and corn, beets sold within and beyond the quota.
    rows = [[1, 0, -1, 0, 0, 0], [0, 1, 0, -1, 0, 0], [0, 0, 0, 0, -1, -1]]
    recourse = programme(
        [238, 210, -170, -150, -36, -10],
        rows,
        [200, 240, 0],
        [INF] * 3,
        col_upper=[INF, INF, INF, INF, 6000, INF],
    )
    cases = [
        Case(
            1 / len(factors),
            Change(),
            Links(row_bound=triples((0, 0, -2.5 * f), (1, 1, -3 * f), (2, 2, -20 * f))),
        )
        for f in factors
    ]
    return first, recourse, cases


def plan(seed, choices=6, count=5, groups=3, moves=True):
    """Projects that add capacity and steps of a chain, under a budget; each may fail. Shortage is always possible."""
    rng = np.random.default_rng(seed)
    first = FirstStage(
        rng.uniform(1, 6, choices),
        np.ones(choices, dtype=bool),
        np.zeros(choices),
        np.ones(choices),
        sparse.csc_array(np.vstack([rng.uniform(1, 4, choices), np.eye(choices)[0] + np.eye(choices)[1]])),
        np.full(2, -INF),
        np.array([1.2 * choices, 1.0]),
    )
    # Each product: made (dear or cheap), carried over to the next product, short.
    columns, rows = 3 * groups, groups
    matrix = np.zeros((rows, columns))
    cost, upper = np.zeros(columns), np.full(columns, INF)
    for g in range(groups):
        made, moved, short = 3 * g, 3 * g + 1, 3 * g + 2
        matrix[g, [made, short]] = 1
        matrix[g, moved] = -1
        if moves:
            matrix[(g + 1) % groups, moved] = 0.8
        cost[[made, moved, short]] = rng.uniform(1, 3), 0.5, rng.uniform(8, 20)
        upper[[made, moved]] = 1.0, 2.0
    recourse = LinearProgramme(
        cost, sparse.csc_array(matrix), np.full(rows, 2.0), np.full(rows, INF), np.zeros(columns), upper
    )
    cases = []
    share = rng.dirichlet(np.ones(count))
    for s in range(count):
        works = rng.random(choices) < 0.8
        links = Links(
            column_upper=triples(*((3 * (j % groups), j, 1.5 * works[j]) for j in range(choices))),
            row_bound=triples(*((j % groups, j, -0.2 * works[j]) for j in range(0, choices, 2))),
        )
        need = Change.of(row_lower=(np.arange(rows), rng.uniform(1, 4, rows)), cost=([0], [rng.uniform(1, 3)]))
        cases.append(Case(float(share[s]), need, links))
    return first, recourse, cases


def every(first, recourse, cases, risk, alpha):
    """Least objective over all choices of zeros and ones, each case written down anew."""
    share = np.array([case.probability for case in cases])
    best = INF
    for choice in itertools.product((0.0, 1.0), repeat=first.choices):
        x = np.array(choice)
        activity = first.matrix @ x
        if np.any(activity > first.row_upper + 1e-9) or np.any(activity < first.row_lower - 1e-9):
            continue
        losses = []
        for case in cases:
            lp = recourse.changed(case.change)
            upper, low = lp.col_upper.copy(), lp.row_lower.copy()
            np.add.at(
                upper, case.links.column_upper.row, case.links.column_upper.value * x[case.links.column_upper.column]
            )
            np.add.at(low, case.links.row_bound.row, case.links.row_bound.value * x[case.links.row_bound.column])
            losses.append(solve(LinearProgramme(lp.cost, lp.matrix, low, lp.row_upper, lp.col_lower, upper)).objective)
        loss = np.array(losses)
        best = min(best, first.cost @ x + (1 - risk) * share @ loss + risk * cvar(loss, share, alpha))
    return best
