"""Chains small enough for paper: write down who makes, ships and uses what, and get `Inputs` and a `Base` for the
model.

Quantities are given as tonnes a **month** of the base year, because the programme works in months; prices in USD/kg, so
a
tonne is worth price/1000 million USD. By default nothing grows, no plant has spare capacity, nobody holds stock, money
has
no interest, and no new supplier is ever accepted: each case switches on what it is about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from didymium.engine import LinearProgramme, Solution, solve
from didymium.model.calibrate import Base
from didymium.model.foresight import Runner
from didymium.model.network import Quantities, SupplyNetwork, quantities, unrecorded
from didymium.model.outcome import Outcome
from didymium.scenario.inputs import Band, Chain, Inputs, Process, Restriction
from didymium.scenario.scenario import shift

NEVER = 999  # months of qualification: no new supplier within any of these runs


@dataclass
class SmallChain:
    """A chain in the making. `months` is the length of the run, `start` its first month."""

    months: int = 1
    start: str = "2025-04"
    prices: dict[str, float] = field(default_factory=dict)
    cover_days: float = 0.0  # of every use, at the start
    pool_days: dict[str, float] = field(default_factory=dict)  # by product, of what processes take in
    spare: float = 0.0
    ramp: float = 1.0
    discount: float = 0.0
    convenience: float = 0.0
    freight: float = 0.0
    flow_growth: float = 0.0
    new_supplier_share: float = 0.0
    qualification: float = NEVER
    growth: Sequence[float] | None = None
    processes: dict[str, Process] = field(default_factory=dict)
    activities: dict[tuple[str, str], float] = field(default_factory=dict)
    arcs: dict[tuple[str, str, str], float] = field(default_factory=dict)
    wants: dict[tuple[str, str, str], float] = field(default_factory=dict)
    bands: dict[str, tuple[Band, ...]] = field(default_factory=dict)
    outages: list[tuple[tuple[str, str], int, int, float]] = field(default_factory=list)
    cuts: list[tuple[list[tuple[str, str, str]], int, int, float]] = field(default_factory=list)
    public_days: dict[tuple[str, str], float] = field(default_factory=dict)
    left: dict[tuple[str, str], float] = field(default_factory=dict)  # left over in the base year, tonnes a month

    def process(
        self, process_id: str, stage: str, inputs: Mapping[str, float], outputs: Mapping[str, float]
    ) -> SmallChain:
        """A recipe: tonnes of inputs and outputs for one tonne of run."""
        self.processes[process_id] = Process(process_id, stage, inputs, outputs)
        return self

    def runs(self, process_id: str, region: str, tonnes: float) -> SmallChain:
        """A plant that runs at so many tonnes a month, its capacity too unless there is spare."""
        self.activities[process_id, region] = tonnes
        return self

    def ships(self, product: str, origin: str, destination: str, tonnes: float = 0.0) -> SmallChain:
        """A route; without tonnes nobody uses it yet."""
        self.arcs[product, origin, destination] = tonnes
        return self

    def uses(
        self,
        product: str,
        region: str,
        sector: str,
        tonnes: float,
        value: float = 1000.0,
        flexible: tuple[float, float] = (0, 1),
    ) -> SmallChain:
        """A use, worth `value` USD/kg; `flexible` is the share that gives way first and what that share is worth."""
        self.wants[product, region, sector] = tonnes
        share, worth = flexible
        self.bands[sector] = (Band("flexible", share, worth), Band("firm", 1 - share, value))
        return self

    def outage(self, process_id: str, region: str, first: int, months: int, stands: float = 0.0) -> SmallChain:
        """A plant of which only a share stands, from month number `first` on."""
        self.outages.append(((process_id, region), first, months, stands))
        return self

    def cut(self, arcs: list[tuple[str, str, str]], first: int, months: int, passes: float = 0.0) -> SmallChain:
        """Routes on which only a share of the base flow passes, from month number `first` on."""
        self.cuts.append((arcs, first, months, passes))
        return self

    # -- what the model takes -----------------------------------------------------------------------------------

    @property
    def chain(self) -> Chain:
        products = dict.fromkeys(p for q in self.processes.values() for p in (*q.inputs, *q.outputs))
        places = dict.fromkeys(
            [
                *(r for _, r in self.activities),
                *(r for _, o, d in self.arcs for r in (o, d)),
                *(r for _, r, _ in self.wants),
            ]
        )
        stage = dict.fromkeys(products, "") | {p: q.stage for q in self.processes.values() for p in q.outputs}
        return Chain(
            products=tuple(products),
            product_stage=stage,
            regions=tuple(places),
            processes=tuple(self.processes.values()),
            activities=tuple(self.activities),
            arcs=tuple(self.arcs),
            uses=tuple(self.wants),
            region_of={p: p for p in places},
        )

    @property
    def base(self) -> Base:
        """The base year [t/y], as written: these chains balance by construction."""

        def yearly(months: Mapping[Any, float]) -> Any:
            return 12 * np.array(list(months.values()), dtype=np.float64)

        left = {place: 12 * tonnes for place, tonnes in self.left.items()}
        return Base(2025, yearly(self.activities), yearly(self.arcs), yearly(self.wants), left, (), 0.0, 0.0)

    @property
    def inputs(self) -> Inputs:
        chain = self.chain
        stands = np.ones((len(chain.activities), self.months))
        for activity, first, months, share in self.outages:
            stands[chain.activities.index(activity), first : first + months] = share
        restrictions = []
        for number, (arcs, first, months, passes) in enumerate(self.cuts):
            factor = np.full((self.months, len(arcs)), np.inf)
            factor[first : first + months] = passes
            at = np.array([chain.arcs.index(arc) for arc in arcs], dtype=np.int64)
            restrictions.append(Restriction(f"cut {number}", at, factor))

        def each(value: float, members: Sequence[Any]) -> Any:
            return np.full(len(members), float(value))

        return Inputs(
            chain=chain,
            base_year=2025,
            observations=(),
            unseen={},
            surplus_share=0.005,
            months=tuple(shift(self.start, t) for t in range(self.months)),
            demand_growth=np.ones(self.months) if self.growth is None else np.array(self.growth, dtype=np.float64),
            availability=stands,
            spare=each(self.spare, chain.activities),
            new_capacity=np.zeros((len(chain.activities), self.months)),
            ramp=each(self.ramp, chain.activities),
            bands=self.bands,
            use_cover_days=each(self.cover_days, chain.uses),
            pool_cover_days=np.array([self.pool_days.get(p, 0.0) for p in chain.products]),
            public_cover_days=self.public_days,
            base_price=np.array([self.prices.get(p, 0.0) for p in chain.products]),
            freight=each(self.freight, chain.products),
            flow_growth=self.flow_growth,
            new_supplier_share=self.new_supplier_share,
            qualification_months=each(self.qualification, chain.products),
            discount_rate=self.discount,
            convenience_rate=self.convenience,
            restrictions=tuple(restrictions),
        )

    def solved(self) -> Solved:
        """The whole horizon at once, straight through network and engine."""
        inputs, base = self.inputs, self.base
        public = tuple((product, region) for region, product in inputs.public_cover_days)
        takers = unrecorded(inputs.chain, base)
        network = SupplyNetwork.of(inputs.chain, months=self.months, bands=2, public=public, unrecorded=takers)
        q = quantities(inputs, base, network)
        lp = network.programme(q)
        return Solved(network, q, lp, solve(lp))

    def outcome(self, foresight: str = "coordinated") -> Outcome:
        """The run as a study makes it: trimmed, solved with one kind of foresight, read out."""
        return Runner.of(self.inputs, self.base).run(self.inputs, foresight)


@dataclass(frozen=True)
class Solved:
    """Every variable of a solved chain by name, as an array over months [t]."""

    network: SupplyNetwork
    q: Quantities
    lp: LinearProgramme
    solution: Solution

    def _group(self, name: str, size: int) -> Any:
        return self.solution.x[self.network.layout.columns_of(name, size)]

    def run(self, process_id: str, region: str) -> Any:
        a = self.network.chain.activities.index((process_id, region))
        size = self.network.layout.activities
        return self._group("usual", size)[:, a] + self._group("extra", size)[:, a]

    def flow(self, product: str, origin: str, destination: str) -> Any:
        return self._group("flow", self.network.layout.arcs)[
            :, self.network.chain.arcs.index((product, origin, destination))
        ]

    def unserved(self, product: str, region: str, sector: str) -> Any:
        """Shape (month, band): flexible part, firm part."""
        lay = self.network.layout
        u = self.network.chain.uses.index((product, region, sector))
        return self._group("unserved", lay.uses * lay.bands).reshape(lay.months, lay.uses, lay.bands)[:, u]

    def surplus(self, product: str, region: str) -> Any:
        return self._group("surplus", len(self.network.layout.nodes))[:, self.network.node_index[product, region]]

    def unrecorded(self, product: str, region: str) -> Any:
        at = list(self.network.unrecorded_nodes).index(self.network.node_index[product, region])
        return self._group("unrecorded", self.network.layout.unrecorded)[:, at]

    def released(self, product: str, region: str) -> Any:
        at = list(self.network.public_nodes).index(self.network.node_index[product, region])
        return self._group("release", self.network.layout.public)[:, at]

    def scarcity(self, product: str, region: str) -> Any:
        """Dual of the balance [USD/kg], undiscounted."""
        rows = self.network.layout.rows_of("balance")[:, self.network.node_index[product, region]]
        return self.solution.row_dual[rows] / self.q.discount / 1e-3
