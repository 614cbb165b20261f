"""`TrackedNetwork`: the supply network with goods split by origin, for controls that follow content abroad.

Every quantity of the network keeps its column. Beside the amount that runs, ships or lies in stock stands the part of
it that is clean, without content from the tracked regions: the rest is `product@CHN`. Limits on capacity, routes and
stocks hold for both together, so that without a cut by origin nothing changes. Rows a month, after those of
`SupplyNetwork`: `clean_balance` at each node, `clean_part` for each clean column, and `origin_limit` for each route
that a cut by origin touches. The equations are those of docs/method/trees.md.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from didymium.engine import LinearProgramme, Triples, assemble
from didymium.model.calibrate import Base
from didymium.model.mixing import Traced
from didymium.model.network import Floats, Ints, Quantities, SupplyNetwork, flow_limits, quantities
from didymium.scenario.inputs import Inputs, Restriction


@dataclass(frozen=True, slots=True)
class TrackedQuantities(Quantities):
    """`Quantities` with the limits on tracked goods [t/month] and the clean part of what is at hand at the start."""

    origin_limit: Floats  # (month, limited arc)
    clean_before: Floats  # (clean node,)


@dataclass(frozen=True, slots=True)
class TrackedNetwork(SupplyNetwork):
    """A network with a clean part of each run, flow, stock and release outside the tracked regions.

    The clean columns stand after all others, month by month: runs, flows, stocks, releases.
    """

    runs: Ints  # activities outside the tracked regions
    flows: Ints  # arcs that neither leave nor reach them
    stocks: Ints  # nodes outside them
    limited: Ints  # positions in `flows` of the arcs that cuts by origin touch
    release_share: Floats  # (public,) clean share of each public stock

    @classmethod
    def tracked(cls, plain: SupplyNetwork, inputs: Inputs, traced: Traced) -> TrackedNetwork:
        """The network with the origins of `inputs` tracked, its base year traced."""
        chain, origin = plain.chain, set(traced.origin)
        flows = np.array([e for e, (_, o, d) in enumerate(chain.arcs) if not {o, d} & origin], dtype=np.int64)
        at = {int(e): i for i, e in enumerate(flows)}
        limited = sorted({at[int(e)] for cut in inputs.origin_restrictions for e in cut.arcs})
        nodes = plain.layout.nodes
        return cls(
            **{f.name: getattr(plain, f.name) for f in fields(SupplyNetwork)},
            runs=np.array([a for a, (_, r) in enumerate(chain.activities) if r not in origin], dtype=np.int64),
            flows=flows,
            stocks=np.array([n for n, (_, r) in enumerate(nodes) if r not in origin], dtype=np.int64),
            limited=np.array(limited, dtype=np.int64),
            release_share=np.array([traced.share(*nodes[n]) for n in plain.public_nodes]),
        )

    @property
    def clean_sizes(self) -> tuple[int, int, int, int]:
        """How many clean runs, flows, stocks and releases a month has."""
        return self.runs.size, self.flows.size, self.stocks.size, self.layout.public

    def clean_columns(self, group: int) -> Ints:
        """Column numbers of the clean runs (0), flows (1), stocks (2) or releases (3), shape (month, member)."""
        lay, sizes = self.layout, self.clean_sizes
        first = lay.columns * lay.months + sum(sizes[:group])
        return first + np.arange(lay.months)[:, None] * sum(sizes) + np.arange(sizes[group])[None, :]

    def clean_rows(self, group: int) -> Ints:
        """Row numbers of `clean_balance` (0), `clean_part` (1) or `origin_limit` (2), shape (month, member)."""
        lay, sizes = self.layout, (self.stocks.size, sum(self.clean_sizes), self.limited.size)
        first = lay.rows * lay.months + lay.public + sum(sizes[:group])
        return first + np.arange(lay.months)[:, None] * sum(sizes) + np.arange(sizes[group])[None, :]

    def programme(self, q: Quantities) -> LinearProgramme:
        """The linear programme: that of the plain network, with the clean parts."""
        row_lower, row_upper = self.row_bounds(q)
        col_lower, col_upper = self.column_bounds(q)
        cost = self.costs(q)
        blocks = [*self.balance(), *self.use_balance(), *self.ramp(), *self.diversion(), *self.public_stock()]
        blocks += [*self.clean_balance(), *self.clean_part(), *self.origin_limit()]
        return LinearProgramme(
            cost=cost,
            matrix=assemble(blocks, (row_lower.size, cost.size)),
            row_lower=row_lower,
            row_upper=row_upper,
            col_lower=col_lower,
            col_upper=col_upper,
        )

    def clean_balance(self) -> list[Triples]:
        """Clean goods that are made, arrive or come out of stock cover those that clean runs, flows and stocks take.

        What is over may go wherever tracked goods go.
        """
        row = self.clean_rows(0)
        runs, flows, stocks, releases = (self.clean_columns(g) for g in range(4))
        at = {int(n): i for i, n in enumerate(self.stocks)}
        recipes = {p.process_id: p for p in self.chain.processes}
        members: list[int] = []
        columns: list[int] = []
        amounts: list[float] = []
        for i, a in enumerate(self.runs):
            process_id, region = self.chain.activities[a]
            for sign, goods in ((-1.0, recipes[process_id].inputs), (1.0, recipes[process_id].outputs)):
                for product, quantity in goods.items():
                    members.append(at[self.node_index[product, region]])
                    columns.append(i)
                    amounts.append(sign * quantity)
        into = [at[int(self.arc_to[e])] for e in self.flows]
        out_of = [at[int(self.arc_from[e])] for e in self.flows]
        public = [(i, at[int(n)]) for i, n in enumerate(self.public_nodes) if int(n) in at]
        return [
            _spread(row[:, members], runs[:, columns], np.array(amounts)),
            _spread(row[:, into], flows, 1.0),
            _spread(row[:, out_of], flows, -1.0),
            _spread(row, stocks, -1.0),
            _spread(row[1:], stocks[:-1], 1.0),
            _spread(row[:, [n for _, n in public]], releases[:, [i for i, _ in public]], 1.0),
        ]

    def clean_part(self) -> list[Triples]:
        """The clean part of a run, flow, stock or release is no more than the whole of it."""
        lay = self.layout
        row = self.clean_rows(1)
        ends = np.cumsum(self.clean_sizes)
        parts = [row[:, end - size : end] for end, size in zip(ends, self.clean_sizes, strict=True)]
        wholes = [
            lay.columns_of("usual", lay.activities)[:, self.runs],
            lay.columns_of("flow", lay.arcs)[:, self.flows],
            lay.columns_of("pool", len(lay.nodes))[:, self.stocks],
        ]
        return [
            *(_spread(parts[g], self.clean_columns(g), 1.0) for g in range(4)),
            *(_spread(part, whole, -1.0) for part, whole in zip(parts, wholes, strict=False)),
            _spread(parts[0], lay.columns_of("extra", lay.activities)[:, self.runs], -1.0),
            _spread(parts[3], lay.columns_of("release", lay.public), -self.release_share),
        ]

    def origin_limit(self) -> list[Triples]:
        """Flow less its clean part, on each route that a cut by origin touches, is within what the cut lets pass."""
        lay = self.layout
        row = self.clean_rows(2)
        whole = lay.columns_of("flow", lay.arcs)[:, self.flows[self.limited]]
        return [_spread(row, whole, 1.0), _spread(row, self.clean_columns(1)[:, self.limited], -1.0)]

    def row_bounds(self, q: Quantities) -> tuple[Floats, Floats]:
        """Those of the plain network, then: clean balances ≥ 0, clean parts ≤ 0, tracked flows ≤ their limits."""
        assert isinstance(q, TrackedQuantities)
        lower, upper = SupplyNetwork.row_bounds(self, q)
        size = self.layout.months * (self.stocks.size + sum(self.clean_sizes) + self.limited.size)
        lower, upper = (np.concatenate([side, np.full(size, end)]) for side, end in ((lower, -np.inf), (upper, np.inf)))
        balance = self.clean_rows(0)
        lower[balance] = 0.0
        lower[balance[0]] = -q.clean_before
        upper[self.clean_rows(1)] = 0.0
        upper[self.clean_rows(2)] = q.origin_limit
        return lower, upper

    def column_bounds(self, q: Quantities) -> tuple[Floats, Floats]:
        """Those of the plain network; clean parts are only non-negative."""
        lower, upper = SupplyNetwork.column_bounds(self, q)
        size = self.layout.months * sum(self.clean_sizes)
        return np.concatenate([lower, np.zeros(size)]), np.concatenate([upper, np.full(size, np.inf)])

    def costs(self, q: Quantities) -> Floats:
        """Those of the plain network: to be clean costs nothing."""
        return np.concatenate([SupplyNetwork.costs(self, q), np.zeros(self.layout.months * sum(self.clean_sizes))])


def tracked_quantities(inputs: Inputs, base: Base, network: TrackedNetwork, traced: Traced) -> TrackedQuantities:
    """`quantities`, with the limits of cuts by origin: a share of the tracked part of what would flow without them.

    The tracked part of a route is the tracked share of what the exporter has of the product in the base year.
    """
    plain = quantities(inputs, base, network)
    nodes = network.layout.nodes
    months, arcs = len(inputs.months), len(inputs.chain.arcs)
    whole = Restriction("what would flow", np.arange(arcs), np.ones((months, arcs)))
    usual = flow_limits(replace(inputs, restrictions=(whole,)), base, months)
    tainted = np.array([1 - traced.share(p, o) for p, o, _ in inputs.chain.arcs])
    limit = np.full((months, arcs), np.inf)
    for cut in inputs.origin_restrictions:
        held = np.isfinite(cut.factor)
        allowed = np.where(held, cut.factor, 0.0) * usual[:, cut.arcs] * tainted[cut.arcs]
        limit[:, cut.arcs] = np.where(held, np.minimum(limit[:, cut.arcs], allowed), limit[:, cut.arcs])
    return TrackedQuantities(
        **{f.name: getattr(plain, f.name) for f in fields(Quantities)},
        origin_limit=limit[:, network.flows[network.limited]],
        clean_before=plain.pool_before[network.stocks] * [traced.share(*nodes[n]) for n in network.stocks],
    )


def _spread(rows: Ints, cols: Ints, values: Floats | float) -> Triples:
    shape = np.broadcast_shapes(rows.shape, cols.shape)
    spread = np.broadcast_to(np.asarray(values, dtype=np.float64), shape)
    return Triples(
        np.ascontiguousarray(np.broadcast_to(rows, shape)).ravel().astype(np.intp),
        np.ascontiguousarray(np.broadcast_to(cols, shape)).ravel().astype(np.intp),
        np.ascontiguousarray(spread).ravel(),
    )
