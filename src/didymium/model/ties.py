"""How far a party's shortage could move among plans that are as good: ties and near ties.

The programme has one least cost but many plans that reach it, or nearly. After the central answer each party's unserved
demand is made as small and as large as it can be, while the world is short of no more of any product than it was and
the cost stays within a small share of the lost value above the least. Between the two the model does not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from didymium.engine import Change, LinearProgramme, Solver, Start
from didymium.errors import SolverFailed
from didymium.model.foresight import Networks
from didymium.model.network import Floats
from didymium.model.outcome import Outcome, read
from didymium.scenario.inputs import Inputs

NEAR = 1e-3  # of the lost value: plans that cost no more than that above the least are as good
LEEWAY = 1e-3  # units of the model over the whole run: without it the two limits leave no room to move in


@dataclass(frozen=True, slots=True)
class Tie:
    """The plans with the lowest and with the highest unserved demand of a group, among those that are as good.

    Their `solves` carry the certificates. None where no answer could be proven.
    """

    low: Outcome | None
    high: Outcome | None


def ties(
    networks: Networks,
    inputs: Inputs,
    outcome: Outcome,
    start: Start,
    groups: Sequence[NDArray[np.int64]],
    *,
    near: float = NEAR,
) -> list[Tie]:
    """For each group of uses the two extreme plans.

    `outcome` is the coordinated answer to `inputs` over `networks`, `start` its basis. Without any lost value there is
    nothing to share out, and all groups keep the answer as it is.
    """
    q = networks.quantities(inputs)
    network = networks.network
    lp = network.programme(q)
    lay = network.layout
    columns = lay.columns_of("unserved", lay.uses * lay.bands)
    lost = float((lp.cost[columns] * outcome.solves[0].x[columns]).sum())
    if lost <= 0:
        return [Tie(outcome, outcome) for _ in groups]
    all_unserved = np.zeros(lp.columns)
    all_unserved[columns] = 1.0
    by_use = columns.reshape(lay.months, lay.uses, lay.bands)
    short = outcome.unserved.sum(axis=0)
    limits = [(lp.cost, outcome.objective + near * lost)]
    for product in dict.fromkeys(p for p, _, _ in network.chain.uses):
        mine = np.array([u for u, (p, _, _) in enumerate(network.chain.uses) if p == product])
        world = np.zeros(lp.columns)
        world[by_use[:, mine, :]] = 1.0
        limits.append((world, float(short[mine].sum()) + LEEWAY))
    solver = Solver(_within(lp, limits, all_unserved), explain=False, start=start.beside(len(limits)), primal=True)

    def extreme(uses: NDArray[np.int64], sign: float) -> Outcome | None:
        cost = np.zeros(columns.shape)
        cost[np.isin(columns, by_use[:, uses, :])] = sign
        try:
            solution = solver.solve(Change.of(cost=(columns.ravel(), cost.ravel())))
        except SolverFailed:
            return None
        own = replace(solution, row_dual=solution.row_dual[: lp.rows], objective=float((lp.cost * solution.x).sum()))
        return read(network, lp, own, q, inputs.months, outcome.foresight)

    return [Tie(extreme(uses, 1.0), extreme(uses, -1.0)) for uses in groups]


def _within(lp: LinearProgramme, limits: Sequence[tuple[Floats, float]], cost: Floats) -> LinearProgramme:
    """The programme with a row more for each limit, that a sum is at most so much, and another cost to make small."""
    from scipy import sparse

    return replace(
        lp,
        cost=cost,
        matrix=sparse.csc_array(sparse.vstack([lp.matrix, *(sparse.csr_array(row[None, :]) for row, _ in limits)])),
        row_lower=np.append(lp.row_lower, np.full(len(limits), -np.inf)),
        row_upper=np.append(lp.row_upper, [most for _, most in limits]),
    )
