"""Two ways to look ahead: `coordinated` sees the whole horizon, `myopic` decides month by month.

Coordinated is the best that any rapid-response group could do. Myopic re-solves each month over a short window in which
the
present state is believed to last, keeps the first month and moves on: what firms do that do not know when a cut ends.
Real outcomes lie between the two.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from didymium.engine import LinearProgramme, Solver
from didymium.model.calibrate import Base, calibrate
from didymium.model.mixing import Traced, trace
from didymium.model.network import Floats, Quantities, SupplyNetwork, quantities
from didymium.model.outcome import Outcome, joined, read
from didymium.model.tracked import TrackedNetwork, TrackedQuantities, tracked_quantities
from didymium.model.trim import Kept
from didymium.scenario.inputs import Inputs

WINDOW = 3  # months: with one month goods under way and stocks have no worth, and the answer is far off
FORESIGHTS = ("coordinated", "myopic")


def base_of(inputs: Inputs) -> Base:
    """The calibrated base year of some inputs."""
    return calibrate(
        inputs.chain, inputs.observations, inputs.base_year, unseen=inputs.unseen, surplus_share=inputs.surplus_share
    )


@dataclass(slots=True)
class Runner:
    """Solves one network again and again: the programmes are built once, each run changes arrays only.

    A coordinated run starts from the basis of the central inputs, a myopic one goes from window to window from a start
    of its
    own: no answer depends on what was run before.
    """

    network: SupplyNetwork
    window: SupplyNetwork
    base: Base
    kept: Kept
    traced: Traced | None
    whole: Solver
    rolling: LinearProgramme

    @classmethod
    def of(cls, inputs: Inputs, base: Base) -> Runner:
        """Networks over the whole horizon and over the myopic window, without what cannot carry.

        Goods are split by origin when the inputs track one.
        """
        traced = trace(inputs.chain, base, inputs.track_origin) if inputs.track_origin else None
        kept = Kept.of(inputs, base)
        inputs, base = kept.inputs(inputs), kept.base(base)
        bands = len(next(iter(inputs.bands.values())))
        public = tuple((product, region) for region, product in inputs.public_cover_days)
        months = len(inputs.months)
        network = SupplyNetwork.of(inputs.chain, months=months, bands=bands, public=public)
        window = SupplyNetwork.of(inputs.chain, months=min(WINDOW, months), bands=bands, public=public)
        if traced is not None:
            network, window = (TrackedNetwork.tracked(plain, inputs, traced) for plain in (network, window))
        q = _quantities(inputs, base, network, traced)
        rolling = window.programme(_believed(q, q, 0, window.layout.months))
        return cls(network, window, base, kept, traced, Solver(network.programme(q)), rolling)

    def run(self, inputs: Inputs, foresight: str) -> Outcome:
        """Solve inputs over the runner's chain and months with one kind of foresight.

        Raises SolverFailed without a certificate, and Infeasible when the inputs contradict each other.
        """
        q = self.quantities(inputs)
        inputs = self.kept.inputs(inputs)
        return self._coordinated(inputs, q) if foresight == "coordinated" else self._myopic(inputs, q)

    def quantities(self, inputs: Inputs) -> Quantities:
        """Limits and costs of some inputs over what the runner kept."""
        return _quantities(self.kept.inputs(inputs), self.base, self.network, self.traced)

    def _coordinated(self, inputs: Inputs, q: Quantities) -> Outcome:
        lp = self.whole.programme
        solution = self.whole.solve(self.network.change(lp, q))
        return read(self.network, lp, solution, q, inputs.months, "coordinated")

    def _myopic(self, inputs: Inputs, q: Quantities) -> Outcome:
        lay = self.window.layout
        solver = Solver(self.rolling)
        state = q
        parts: list[Outcome] = []
        for t, month in enumerate(inputs.months):
            seen = _believed(state, q, t, lay.months)
            solver.update(self.window.change(solver.programme, seen))
            solution = solver.solve()
            step = read(self.window, solver.programme, solution, seen, (month,) * lay.months, "myopic")
            parts.append(step)
            released = solution.x[lay.columns_of("release", lay.public)[0]]
            state = replace(
                state,
                activity_before=step.activity[0],
                pool_before=solution.x[lay.columns_of("pool", len(lay.nodes))[0]],
                user_stock_before=step.user_stock[0],
                public_stock=np.maximum(state.public_stock - released, 0.0),
            )
            if isinstance(state, TrackedQuantities) and isinstance(self.window, TrackedNetwork):
                state = replace(state, clean_before=solution.x[self.window.clean_columns(2)[0]])
        return joined(parts, inputs.months, q.demand, q.user_stock_before)


def _quantities(inputs: Inputs, base: Base, network: SupplyNetwork, traced: Traced | None) -> Quantities:
    if traced is not None and isinstance(network, TrackedNetwork):
        return tracked_quantities(inputs, base, network, traced)
    return quantities(inputs, base, network)


def _believed(state: Quantities, q: Quantities, t: int, width: int) -> Quantities:
    """What a decision maker in month t takes the next months to be: like this one."""

    def lasting(values: Floats) -> Floats:
        return np.repeat(values[t : t + 1], width, axis=0)

    if isinstance(state, TrackedQuantities) and isinstance(q, TrackedQuantities):
        state = replace(state, origin_limit=lasting(q.origin_limit))
    return replace(
        state,
        discount=q.discount[:width],
        activity_usual=lasting(q.activity_usual),
        activity_limit=lasting(q.activity_limit),
        flow_limit=lasting(q.flow_limit),
        demand=lasting(q.demand),
        pool_normal=lasting(q.pool_normal),
        user_stock_normal=lasting(q.user_stock_normal),
    )
