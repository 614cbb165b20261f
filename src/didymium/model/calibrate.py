"""Calibration: the base year's figures, made to balance with the least weighted change.

Base-year data do not add up: they come from different publishers, with different scopes and errors. The calibrated base
is the point nearest to all observations, each weighted by 1/σ², at which every balance of the chain holds and nothing
is negative (Stone, Champernowne & Meade 1942; Cencic 2016 for material flows). Every change is kept and can be listed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from didymium.engine import Reconciled, reconcile
from didymium.scenario.inputs import Chain, Observation

if TYPE_CHECKING:
    from scipy.sparse import csc_array

Floats = NDArray[np.float64]

TIE_SIGMAS = 10  # a tie between quantities may fall short of its value by no more than so many standard errors
UNKNOWN_SIGMA_T = 1e6  # a quantity that nothing is known of is drawn to zero so weakly that it never outweighs a figure


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What calibration did to one observation: `score` is the change in standard errors."""

    observation: Observation
    reconciled: float

    @property
    def change(self) -> float:
        """Reconciled minus observed [t/y]."""
        return self.reconciled - self.observation.value

    @property
    def score(self) -> float:
        """Change in units of the observation's standard error."""
        return self.change / self.observation.sigma


@dataclass(frozen=True, slots=True)
class Base:
    """The balanced base year [t/y]: output of activities, flows on arcs, uses, and surplus at nodes."""

    year: int
    activity: Floats
    flow: Floats
    use: Floats
    surplus: Mapping[tuple[str, str], float]
    adjustments: tuple[Adjustment, ...]
    chi2: float
    residual: float
    answer: Reconciled | None = None  # none where a base was written down, not calibrated

    def sd_of(self, gradients: Floats) -> Floats:
        """Standard deviations [t/y] of sums over activities, arcs and uses (in this order), shape (sum,).

        `gradients` (sum, activity + arc + use). They follow from the standard errors of the figures alone.
        """
        if self.answer is None:
            raise ValueError("a base that was not calibrated has no standard deviations")
        padded = np.zeros((gradients.shape[0], self.answer.value.size))
        padded[:, : gradients.shape[1]] = gradients
        return self.answer.sd_of(padded)


def calibrate(
    chain: Chain,
    observations: Sequence[Observation],
    year: int,
    *,
    unseen: Mapping[int, float] | None = None,
    surplus_share: float,
) -> Base:
    """Reconcile the observations of a year over a chain.

    `unseen` gives, for arcs that no observation speaks of, the standard error [t/y] around no flow at all.
    `surplus_share` is the standard error of what is left over of a used product, relative to world output.

    Raises SolverFailed when no balanced point is found.
    """
    return Task.of(chain, observations, year, unseen=unseen, surplus_share=surplus_share).solved()


@dataclass(frozen=True, slots=True)
class Task:
    """The calibration of a year, set up: estimates with their errors, and the balances that they shall keep.

    Columns: activities, arcs, uses, surplus at nodes, then what each observation adds up to. Rows: nodes, observations.
    """

    chain: Chain
    observations: tuple[Observation, ...]
    year: int
    nodes: tuple[tuple[str, str], ...]
    estimate: Floats
    sigma: Floats
    matrix: csc_array
    rhs: Floats
    shift: Floats  # (observation,) what keeps a tie that may be negative above zero

    @classmethod
    def of(
        cls,
        chain: Chain,
        observations: Sequence[Observation],
        year: int,
        *,
        unseen: Mapping[int, float] | None = None,
        surplus_share: float,
    ) -> Task:
        """Set up; arguments as for `calibrate`."""
        from scipy import sparse

        sizes = {"activity": len(chain.activities), "arc": len(chain.arcs), "use": len(chain.uses)}
        starts = {"activity": 0, "arc": sizes["activity"], "use": sizes["activity"] + sizes["arc"]}
        surplus_at = sum(sizes.values())
        nodes, balance = _balances(chain, starts, surplus_at)
        observed_at = surplus_at + len(nodes)
        columns = observed_at + len(observations)

        rows, cols, vals = balance
        rows.extend(range(len(nodes)))
        cols.extend(range(surplus_at, surplus_at + len(nodes)))
        vals.extend([-1.0] * len(nodes))
        for i, seen in enumerate(observations):
            row = len(nodes) + i
            rows.append(row)
            cols.append(observed_at + i)
            vals.append(-1.0)
            for kind, index, coefficient in seen.terms:
                rows.append(row)
                cols.append(starts[kind] + index)
                vals.append(coefficient)
        shape = (len(nodes) + len(observations), columns)
        matrix = sparse.csc_array(sparse.coo_array((vals, (rows, cols)), shape=shape))

        estimate = np.full(columns, np.nan)
        sigma = np.full(columns, np.inf)
        estimate[observed_at:] = [seen.value for seen in observations]
        sigma[observed_at:] = [seen.sigma for seen in observations]
        for arc, width in (unseen or {}).items():
            estimate[starts["arc"] + arc] = 0.0
            sigma[starts["arc"] + arc] = width
        used = chain.settled
        world = _world_output(chain, observations)
        for n, (product, _region) in enumerate(nodes):
            if product in used:
                estimate[surplus_at + n] = 0.0
                sigma[surplus_at + n] = max(surplus_share * world.get(product, 0.0), 1.0)
        shift = np.array(
            [TIE_SIGMAS * seen.sigma if any(c < 0 for _, _, c in seen.terms) else 0.0 for seen in observations]
        )
        estimate[observed_at:] += shift
        rhs = np.zeros(shape[0])
        rhs[len(nodes) :] = -shift
        return cls(chain, tuple(observations), year, tuple(nodes), estimate, sigma, matrix, rhs, shift)

    def solved(self, errors: Floats | None = None, upper: Floats | None = None) -> Base:
        """The balanced base year. Raises SolverFailed when no balanced point is found.

        `errors` (observation,) [standard errors] are added to the figures; `upper` (activity + arc + use,) [t/y] bounds
        the quantities: zero takes one out.
        """
        count = len(self.observations)
        observed_at = self.estimate.size - count
        estimate, most = self.estimate, np.full(self.estimate.size, np.inf)
        if errors is not None:
            estimate = estimate.copy()
            estimate[observed_at:] += self.sigma[observed_at:] * errors
        if upper is not None:
            most[: upper.size] = upper
        answer = reconcile(
            estimate,
            self.sigma,
            self.matrix,
            self.rhs,
            lower=np.zeros(estimate.size),
            upper=most,
            unknown_sigma=UNKNOWN_SIGMA_T,
        )
        value = answer.value
        arcs, uses = len(self.chain.activities), len(self.chain.activities) + len(self.chain.arcs)
        surplus_at = uses + len(self.chain.uses)
        return Base(
            year=self.year,
            activity=value[:arcs],
            flow=value[arcs:uses],
            use=value[uses:surplus_at],
            surplus={node: float(value[surplus_at + n]) for n, node in enumerate(self.nodes)},
            adjustments=tuple(
                Adjustment(seen, float(value[observed_at + i] - self.shift[i]))
                for i, seen in enumerate(self.observations)
            ),
            chi2=float(answer.chi2),
            residual=float(answer.residual),
            answer=answer,
        )


def balanced(chain: Chain) -> list[tuple[str, str]]:
    """The (product, region) pairs at which a base year balances, in the order of `Base.surplus`."""
    return _balances(chain, {"activity": 0, "arc": 0, "use": 0}, 0)[0]


def _balances(
    chain: Chain, starts: Mapping[str, int], quantities: int
) -> tuple[list[tuple[str, str]], tuple[list[int], list[int], list[float]]]:
    """Made + arriving − used − shipped − delivered − surplus = 0 at each (product, region), as COO triples."""
    nodes: dict[tuple[str, str], int] = {}
    rows: list[int] = []
    cols: list[int] = []
    vals: list[float] = []

    def entry(node: tuple[str, str], column: int, value: float) -> None:
        rows.append(nodes.setdefault(node, len(nodes)))
        cols.append(column)
        vals.append(value)

    recipes = {p.process_id: p for p in chain.processes}
    for a, (process_id, region) in enumerate(chain.activities):
        for product, quantity in recipes[process_id].inputs.items():
            entry((product, region), starts["activity"] + a, -quantity)
        for product, quantity in recipes[process_id].outputs.items():
            entry((product, region), starts["activity"] + a, quantity)
    for e, (product, origin, destination) in enumerate(chain.arcs):
        entry((product, origin), starts["arc"] + e, -1.0)
        entry((product, destination), starts["arc"] + e, 1.0)
    for u, (product, region, _sector) in enumerate(chain.uses):
        entry((product, region), starts["use"] + u, -1.0)
    return list(nodes), (rows, cols, vals)


def _world_output(chain: Chain, observations: Sequence[Observation]) -> dict[str, float]:
    """Rough world output of each product [t/y] from the observed activities: the scale of a tolerable surplus."""
    level = np.zeros(len(chain.activities))
    for seen in observations:
        made = [(index, c) for kind, index, c in seen.terms if kind == "activity" and c > 0]
        for index, c in made:
            level[index] = max(level[index], seen.value / len(made) / c)
    world: dict[str, float] = {}
    recipes = {p.process_id: p for p in chain.processes}
    for amount, (process_id, _region) in zip(level, chain.activities, strict=True):
        for product, quantity in recipes[process_id].outputs.items():
            world[product] = world.get(product, 0.0) + float(amount) * quantity
    return world
