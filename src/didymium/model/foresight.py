"""Two ways to look ahead: `coordinated` sees the whole horizon, `myopic` decides month by month.

Coordinated is the best that any rapid-response group could do. Myopic re-solves each month over a short window in which
the
present state is believed to last, keeps the first month and moves on: what firms do that do not know when a cut ends.
Real outcomes lie between the two.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from didymium.engine import InfeasibleProgramme, LinearProgramme, Solver, Start
from didymium.model.calibrate import Base, calibrate
from didymium.model.conflict import explained, refuse_crossed
from didymium.model.mixing import Traced, trace
from didymium.model.network import Floats, Quantities, SupplyNetwork, quantities, unrecorded
from didymium.model.outcome import Outcome, joined, read
from didymium.model.tracked import TrackedNetwork, TrackedQuantities, tracked_quantities
from didymium.model.trim import Kept
from didymium.scenario.inputs import Inputs
from didymium.scenario.scenario import shift

WINDOW = 3  # months: with one month goods under way and stocks have no worth, and the answer is far off
MONTHLY = 3  # dimensions of band widths that are told month by month
FORESIGHTS = ("coordinated", "myopic")


def base_of(inputs: Inputs) -> Base:
    """The calibrated base year of some inputs."""
    return calibrate(
        inputs.chain, inputs.observations, inputs.base_year, unseen=inputs.unseen, surplus_share=inputs.surplus_share
    )


@dataclass(frozen=True, slots=True)
class Networks:
    """The networks of some inputs over the whole horizon and over the myopic window, without what cannot carry.

    Programmes without a solver: what a run solves, and what can be assembled again to check it.
    """

    network: SupplyNetwork
    window: SupplyNetwork
    base: Base
    kept: Kept
    traced: Traced | None = None

    @classmethod
    def of(cls, inputs: Inputs, base: Base) -> Networks:
        """Trim inputs and base, and lay out both grids of months; goods are split by origin if the inputs track one."""
        traced = trace(inputs.chain, base, inputs.track_origin) if inputs.track_origin else None
        kept = Kept.of(inputs, base)
        inputs, base = kept.inputs(inputs), kept.base(base)
        bands = len(next(iter(inputs.bands.values())))
        public = tuple((product, region) for region, product in inputs.public_cover_days)
        months = len(inputs.months)
        network, window = (
            SupplyNetwork.of(
                inputs.chain, months=grid, bands=bands, public=public, unrecorded=unrecorded(inputs.chain, base)
            )
            for grid in (months, min(WINDOW, months))
        )
        if traced is not None:
            network, window = (TrackedNetwork.tracked(plain, inputs, traced) for plain in (network, window))
        return cls(network, window, base, kept, traced)

    def quantities(self, inputs: Inputs, base: Base | None = None) -> Quantities:
        """Limits and costs by month of inputs over the same chain. Raises Infeasible where bounds cross.

        `base`: a redrawn base year, over the whole chain; what counts as content of a tracked origin stays as in the
        central one.
        """
        inputs = self.kept.inputs(inputs)
        base = self.base if base is None else self.kept.base(base)
        q = _quantities(inputs, base, self.network, self.traced)
        refuse_crossed(self.network, q, inputs.months)
        return q

    def believed(self, state: Quantities, q: Quantities, t: int) -> Quantities:
        """What a decision maker in month t sees of his window, in the state that the months before have left."""
        return _believed(state, q, t, self.window.layout.months)

    def after(self, state: Quantities, x: Floats) -> Quantities:
        """The state in which the first month of a window's answer `x` leaves the next one."""
        lay = self.window.layout

        def first(group: str, size: int) -> Floats:
            found: Floats = x[lay.columns_of(group, size)[0]]
            return found

        if isinstance(state, TrackedQuantities) and isinstance(self.window, TrackedNetwork):
            state = replace(state, clean_before=x[self.window.clean_columns(2)[0]])
        return replace(
            state,
            activity_before=first("usual", lay.activities) + first("extra", lay.activities),
            pool_before=first("pool", len(lay.nodes)),
            user_stock_before=first("user_stock", lay.uses),
            public_stock=np.maximum(state.public_stock - first("release", lay.public), 0.0),
        )

    def window_months(self, month: str) -> tuple[str, ...]:
        """Labels of the months of the window that opens in `month`; the last ones may lie after the run."""
        return tuple(shift(month, k) for k in range(self.window.layout.months))


@dataclass(slots=True)
class Runner:
    """Solves one network again and again: the programmes are built once, each run changes arrays only.

    A coordinated run starts from the basis of the central inputs, a myopic one goes from window to window from a start
    of its
    own: no answer depends on what was run before.
    """

    networks: Networks
    whole: Solver
    rolling: LinearProgramme

    @classmethod
    def of(cls, inputs: Inputs, base: Base, *, start: Start | None = None) -> Runner:
        """Both programmes with the quantities of the central inputs. Raises Infeasible where their bounds cross.

        `start`: the basis that another runner of the same inputs has found (`runner.whole.start()`).
        """
        networks = Networks.of(inputs, base)
        q = networks.quantities(inputs)
        rolling = networks.window.programme(networks.believed(q, q, 0))
        return cls(networks, Solver(networks.network.programme(q), start=start), rolling)

    @property
    def network(self) -> SupplyNetwork:
        """The network over the whole horizon."""
        return self.networks.network

    @property
    def base(self) -> Base:
        """The base year over what was kept of the chain."""
        return self.networks.base

    @property
    def kept(self) -> Kept:
        """What was kept of the chain."""
        return self.networks.kept

    def run(
        self, inputs: Inputs, foresight: str, *, base: Base | None = None, time_limit: float | None = None
    ) -> Outcome:
        """Solve inputs over the runner's chain and months with one kind of foresight.

        `base`: another base year over the whole chain; by default the runner's own. `time_limit` [s] holds for each
        programme; months without a feasible answer within it are not numbers. Raises SolverFailed without a
        certificate, and Infeasible, in words, when the inputs contradict each other.
        """
        q = self.networks.quantities(inputs, base)
        run = self._coordinated if foresight == "coordinated" else self._myopic
        return run(inputs.months, q, time_limit)

    def _coordinated(self, months: tuple[str, ...], q: Quantities, time_limit: float | None) -> Outcome:
        lp = self.whole.programme
        try:
            solution = self.whole.solve(self.network.change(lp, q), time_limit=time_limit)
        except InfeasibleProgramme as found:
            raise explained(found, self.network, months) from found
        return read(self.network, lp, solution, q, months, "coordinated")

    def _myopic(self, months: tuple[str, ...], q: Quantities, time_limit: float | None) -> Outcome:
        window = self.networks.window
        solver = Solver(self.rolling)
        state = q
        parts: list[Outcome] = []
        for t, month in enumerate(months):
            seen = self.networks.believed(state, q, t)
            labels = self.networks.window_months(month)
            try:
                solver.update(window.change(solver.programme, seen))
                solution = solver.solve(time_limit=time_limit)
            except InfeasibleProgramme as found:
                raise explained(found, window, labels) from found
            parts.append(read(window, solver.programme, solution, seen, labels, "myopic", month=month))
            if not parts[-1].feasible:
                break  # the months after would rest on a state that cannot be
            state = self.networks.after(state, solution.x)
        return joined(parts, months, q.demand, q.user_stock_before)


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
        export_limit=lasting(q.export_limit),
        demand=lasting(q.demand),
        pool_normal=lasting(q.pool_normal),
        user_stock_normal=lasting(q.user_stock_normal),
        unrecorded_limit=lasting(q.unrecorded_limit),
        band_width=lasting(q.band_width) if q.band_width.ndim == MONTHLY else q.band_width,
        release_limit=None if q.release_limit is None else lasting(q.release_limit),
    )
