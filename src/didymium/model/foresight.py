"""Two ways to look ahead: `coordinated` sees the whole horizon, `myopic` decides month by month.

Coordinated is the best that any rapid-response group could do. Myopic re-solves each month over a short window in which the
present state is believed to last, keeps the first month and moves on: what firms do that do not know when a cut ends.
Real outcomes lie between the two.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from didymium.engine import LinearProgramme, Solver
from didymium.model.calibrate import Base, calibrate
from didymium.model.network import Quantities, SupplyNetwork, quantities
from didymium.model.outcome import Outcome, joined, read
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
    """Solves one network again and again: the programmes are built once, each run changes arrays only."""

    network: SupplyNetwork
    window: SupplyNetwork
    base: Base
    _whole: Solver | None = None
    _window: Solver | None = None

    @classmethod
    def of(cls, inputs: Inputs, base: Base) -> Runner:
        """Networks over the whole horizon and over the myopic window."""
        bands = len(next(iter(inputs.bands.values())))
        public = tuple((product, region) for region, product in inputs.public_cover_days)
        months = len(inputs.months)
        return cls(
            SupplyNetwork.of(inputs.chain, months=months, bands=bands, public=public),
            SupplyNetwork.of(inputs.chain, months=min(WINDOW, months), bands=bands, public=public),
            base,
        )

    def run(self, inputs: Inputs, foresight: str) -> Outcome:
        """Solve inputs over the runner's chain and months with one kind of foresight.

        Raises SolverFailed without a certificate, and Infeasible when the inputs contradict each other.
        """
        q = quantities(inputs, self.base, self.network)
        return self._coordinated(inputs, q) if foresight == "coordinated" else self._myopic(inputs, q)

    def _coordinated(self, inputs: Inputs, q: Quantities) -> Outcome:
        if self._whole is None:
            self._whole = Solver(self.network.programme(q))
        lp: LinearProgramme = self._whole.programme
        solution = self._whole.solve(self.network.change(lp, q))
        return read(self.network, lp, solution, q, inputs.months, "coordinated")

    def _myopic(self, inputs: Inputs, q: Quantities) -> Outcome:
        width = self.window.layout.months
        state = q
        parts: list[Outcome] = []
        for t, month in enumerate(inputs.months):
            seen = replace(
                state,
                discount=q.discount[:width],
                activity_usual=np.repeat(q.activity_usual[t : t + 1], width, axis=0),
                activity_limit=np.repeat(q.activity_limit[t : t + 1], width, axis=0),
                flow_limit=np.repeat(q.flow_limit[t : t + 1], width, axis=0),
                demand=np.repeat(q.demand[t : t + 1], width, axis=0),
            )
            if self._window is None:
                self._window = Solver(self.window.programme(seen))
            lp = self._window.programme
            solution = self._window.solve(self.window.change(lp, seen))
            step = read(self.window, lp, solution, seen, (month,) * width, "myopic")
            parts.append(step)
            lay = self.window.layout
            released = solution.x[lay.columns_of("release", lay.public)[0]]
            state = replace(
                state,
                activity_before=step.activity[0],
                pool_before=solution.x[lay.columns_of("pool", len(lay.nodes))[0]],
                user_stock_before=step.user_stock[0],
                public_stock=np.maximum(state.public_stock - released, 0.0),
            )
        return joined(parts, inputs.months, q.demand, q.user_stock_before)
