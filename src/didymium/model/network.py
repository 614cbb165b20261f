"""`SupplyNetwork`: the chain as one linear programme over months.

Columns a month: activity x in two tranches (`usual`, up to the base level, and dearer `extra`), flow f, delivery d,
pool stock h, user stock q, unserved demand u (by band), surplus w, public release g, and what takers that no figure
names get (`unrecorded`, z). Rows a month: `balance` at each
(product, region), `use_balance` at each use, `ramp` of each activity, `diversion` of each exporter; and one
`public_stock` row for each public stock. The equations are those of docs/method/network.md; every function below that
writes rows is named as its heading there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from didymium.engine import Change, LinearProgramme, Triples, assemble, unrolled
from didymium.model.calibrate import Base
from didymium.scenario.inputs import Chain, Inputs

if TYPE_CHECKING:
    from scipy.sparse import csc_array

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MONTHS_A_YEAR = 12
DAYS_A_MONTH = 365.25 / 12
MUSD_PER_T = 1e-3  # million USD for one tonne at 1 USD/kg
END_VALUE_SHARE = (
    1.05  # a stock is worth a little more than its price: it is kept at its normal level unless someone runs short
)
MARGIN_SHARE = (
    0.05  # usual output costs a little less, extra output a little more, than prices pay: base patterns are kept
)
NEW_ROUTE_T = (
    1.0  # a base flow below this [t/y] is no established route; on established ones freight is in the base price
)
DISPOSAL_COST = 1e-6  # million USD a tonne: keeps free disposal from being indifferent
UNRECORDED_T = 1.0  # a leftover of the base year below this [t/y] is no taker
PUBLIC_VALUE_SHARE = 2.0  # a public stock is for need: it is released when a tonne is worth twice its base price


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each variable and row stands: sizes and offsets within one month."""

    nodes: tuple[tuple[str, str], ...]
    activities: int
    arcs: int
    uses: int
    bands: int  # per use
    public: int
    months: int
    exporters: int  # (product, region) pairs with routes to other regions
    unrecorded: int = 0  # nodes at which the base year leaves over what the chain uses

    @property
    def columns(self) -> int:
        """Columns of one month."""
        runs, uses, nodes = 2 * self.activities, 2 * self.uses + self.uses * self.bands, 2 * len(self.nodes)
        return runs + self.arcs + uses + nodes + self.public + self.unrecorded

    @property
    def rows(self) -> int:
        """Rows of one month (the public-stock rows come after all months)."""
        return len(self.nodes) + self.uses + self.activities + self.exporters

    def offset(self, group: str) -> int:
        """First column of a group within a month."""
        sizes = {
            "usual": self.activities,
            "extra": self.activities,
            "flow": self.arcs,
            "delivery": self.uses,
            "pool": len(self.nodes),
            "user_stock": self.uses,
            "unserved": self.uses * self.bands,
            "surplus": len(self.nodes),
            "release": self.public,
            "unrecorded": self.unrecorded,
        }
        start = 0
        for name, size in sizes.items():
            if name == group:
                return start
            start += size
        raise KeyError(group)

    def columns_of(self, group: str, size: int) -> Ints:
        """Column numbers of a group, shape (month, member)."""
        first = self.offset(group)
        return np.arange(self.months)[:, None] * self.columns + first + np.arange(size)[None, :]

    def rows_of(self, group: str) -> Ints:
        """Row numbers of a group of equations, shape (month, member); `public_stock` has shape (member,)."""
        if group == "public_stock":
            return self.months * self.rows + np.arange(self.public)
        first, size = {
            "balance": (0, len(self.nodes)),
            "use_balance": (len(self.nodes), self.uses),
            "ramp": (len(self.nodes) + self.uses, self.activities),
            "diversion": (len(self.nodes) + self.uses + self.activities, self.exporters),
        }[group]
        return np.arange(self.months)[:, None] * self.rows + first + np.arange(size)[None, :]


@dataclass(frozen=True, slots=True)
class Quantities:
    """Bounds, costs and right-hand sides of the programme, by month, in tonnes a month and million USD.

    Everything a scenario or a draw can change is here; the matrix is not.
    """

    activity_limit: Floats  # (month, activity)
    activity_usual: Floats  # (month, activity) the base level, grown with demand: what runs at its ordinary cost
    activity_cost: Floats  # (activity,)
    activity_before: Floats  # (activity,) output in the month before the first
    ramp: Floats  # (activity,), or (month, activity): most that output can rise in a month
    flow_limit: Floats  # (month, arc)
    export_limit: Floats  # (month, exporter) most that leaves an exporter on all its routes
    flow_cost: Floats  # (arc,)
    demand: Floats  # (month, use)
    band_width: Floats  # (use, band), or (month, use, band)
    band_value: Floats  # (use, band) million USD a tonne
    pool_before: Floats  # (node,)
    user_stock_before: Floats  # (use,)
    convenience_pool: (
        Floats  # (node,) worth of a tonne of normal stock for a month, net of its holding cost [million USD]
    )
    convenience_user: Floats  # (use,)
    end_value_pool: Floats  # (node,)
    end_value_user: Floats  # (use,)
    pool_normal: Floats  # (month, node) most that is held: nobody hoards beyond the normal cover of the month's use
    user_stock_normal: Floats  # (month, use)
    public_stock: Floats  # (public,)
    surplus_value: Floats  # (node,) million USD a tonne: price of a co-product that may be left over, else 0
    release_cost: Floats  # (public,) million USD a tonne: what a public stock is worth that is kept
    discount: Floats  # (month,) factor on all money: a shortage later is better than one now
    unrecorded_limit: Floats = field(default_factory=lambda: np.zeros((1, 0)), kw_only=True)  # (month, unrecorded)
    unrecorded_value: Floats = field(default_factory=lambda: np.zeros(0), kw_only=True)  # million USD a tonne
    release_limit: Floats | None = field(default=None, kw_only=True)  # (month, public) most released in a month


@dataclass(frozen=True, slots=True)
class SupplyNetwork:
    """A chain over a grid of months: its layout, and the way from quantities to a linear programme."""

    chain: Chain
    layout: Layout
    node_index: Mapping[tuple[str, str], int]
    public_nodes: Ints  # (public,) node of each public stock
    unrecorded_nodes: Ints  # (unrecorded,) node of each taker that no figure names
    use_node: Ints
    arc_from: Ints
    arc_to: Ints
    arc_exporter: Ints  # (arc,) number of the (product, region) it leaves from

    @classmethod
    def of(
        cls,
        chain: Chain,
        *,
        months: int,
        bands: int,
        public: tuple[tuple[str, str], ...] = (),
        unrecorded: tuple[tuple[str, str], ...] = (),
    ) -> SupplyNetwork:
        """Lay out a chain over `months` periods, with `bands` slices for each use.

        `public` and `unrecorded` name the nodes of public stocks and of takers that no figure names.
        """
        nodes: dict[tuple[str, str], int] = {}
        recipes = {p.process_id: p for p in chain.processes}
        for process_id, region in chain.activities:
            for product in (*recipes[process_id].inputs, *recipes[process_id].outputs):
                nodes.setdefault((product, region), len(nodes))
        for product, origin, destination in chain.arcs:
            nodes.setdefault((product, origin), len(nodes))
            nodes.setdefault((product, destination), len(nodes))
        for product, region, _sector in chain.uses:
            nodes.setdefault((product, region), len(nodes))
        for place in (*public, *unrecorded):
            nodes.setdefault(place, len(nodes))
        exporters = {place: i for i, place in enumerate(dict.fromkeys((p, o) for p, o, _ in chain.arcs))}
        layout = Layout(
            nodes=tuple(nodes),
            activities=len(chain.activities),
            arcs=len(chain.arcs),
            uses=len(chain.uses),
            bands=bands,
            public=len(public),
            months=months,
            exporters=len(exporters),
            unrecorded=len(unrecorded),
        )
        return cls(
            chain=chain,
            layout=layout,
            node_index=nodes,
            public_nodes=np.array([nodes[place] for place in public], dtype=np.int64),
            unrecorded_nodes=np.array([nodes[place] for place in unrecorded], dtype=np.int64),
            use_node=np.array([nodes[p, r] for p, r, _ in chain.uses], dtype=np.int64),
            arc_from=np.array([nodes[p, o] for p, o, _ in chain.arcs], dtype=np.int64),
            arc_to=np.array([nodes[p, d] for p, _, d in chain.arcs], dtype=np.int64),
            arc_exporter=np.array([exporters[p, o] for p, o, _ in chain.arcs], dtype=np.int64),
        )

    def programme(self, q: Quantities) -> LinearProgramme:
        """The linear programme: the chain's matrix with these quantities."""
        matrix = self._matrix()
        arrays = (self.costs(q), *self.row_bounds(q), *self.column_bounds(q))
        for array in arrays:
            array.setflags(write=False)  # so that the programme takes them as they are
        cost, row_lower, row_upper, col_lower, col_upper = arrays
        return LinearProgramme(cost, matrix, row_lower, row_upper, col_lower, col_upper)

    def _matrix(self) -> csc_array:
        """The equations below. All months are alike, so two are written down and the others repeat them."""
        lay = self.layout
        if lay.months > 2:
            two = replace(self, layout=replace(lay, months=2))._matrix()
            return unrolled(two, lay.months, rows=lay.rows, columns=lay.columns)
        shape = (lay.rows * lay.months + lay.public, lay.columns * lay.months)
        parts = (self.balance(), self.use_balance(), self.ramp(), self.diversion(), self.public_stock())
        return assemble([block for part in parts for block in part], shape)

    def change(self, base: LinearProgramme, q: Quantities) -> Change:
        """What differs when the programme has these quantities: arrays only, the matrix stays."""
        row_lower, row_upper = self.row_bounds(q)
        col_lower, col_upper = self.column_bounds(q)

        def moved(old: Floats, new: Floats) -> tuple[Ints, Floats]:
            at = np.flatnonzero(old != new)
            return at, new[at]

        return Change.of(
            cost=moved(base.cost, self.costs(q)),
            row_lower=moved(base.row_lower, row_lower),
            row_upper=moved(base.row_upper, row_upper),
            col_lower=moved(base.col_lower, col_lower),
            col_upper=moved(base.col_upper, col_upper),
        )

    # -- the equations ------------------------------------------------------------------------------------------

    def balance(self) -> list[Triples]:
        """Made + arriving + taken from stock = used + shipped + delivered + left over, at each product and region."""
        lay = self.layout
        row = lay.rows_of("balance")
        recipes = {p.process_id: p for p in self.chain.processes}
        made_row, made_col, made_val = [], [], []
        for a, (process_id, region) in enumerate(self.chain.activities):
            for sign, flows in ((-1.0, recipes[process_id].inputs), (1.0, recipes[process_id].outputs)):
                for product, quantity in flows.items():
                    made_row.append(self.node_index[product, region])
                    made_col.append(a)
                    made_val.append(sign * quantity)
        usual, extra = (lay.columns_of(name, lay.activities) for name in ("usual", "extra"))
        flow = lay.columns_of("flow", lay.arcs)
        pool = lay.columns_of("pool", len(lay.nodes))
        return [
            _block(row[:, made_row], usual[:, made_col], made_val),
            _block(row[:, made_row], extra[:, made_col], made_val),
            _block(row[:, self.arc_to], flow, 1.0),
            _block(row[:, self.arc_from], flow, -1.0),
            _block(row[:, self.use_node], lay.columns_of("delivery", lay.uses), -1.0),
            _block(row, lay.columns_of("surplus", len(lay.nodes)), -1.0),
            _block(row, pool, -1.0),
            _block(row[1:], pool[:-1], 1.0),
            _block(row[:, self.public_nodes], lay.columns_of("release", lay.public), 1.0),
            _block(row[:, self.unrecorded_nodes], lay.columns_of("unrecorded", lay.unrecorded), -1.0),
        ]

    def use_balance(self) -> list[Triples]:
        """Delivered + taken from the users' stock + unserved = demand, at each use."""
        lay = self.layout
        row = lay.rows_of("use_balance")
        stock = lay.columns_of("user_stock", lay.uses)
        unserved = lay.columns_of("unserved", lay.uses * lay.bands)
        return [
            _block(row, lay.columns_of("delivery", lay.uses), 1.0),
            _block(row, stock, -1.0),
            _block(row[1:], stock[:-1], 1.0),
            _block(np.repeat(row, lay.bands, axis=1), unserved, 1.0),
        ]

    def ramp(self) -> list[Triples]:
        """Output of an activity rises by no more than its ramp in a month."""
        lay = self.layout
        row = lay.rows_of("ramp")
        tranches = [lay.columns_of(name, lay.activities) for name in ("usual", "extra")]
        now = [_block(row, tranche, 1.0) for tranche in tranches]
        before = [_block(row[1:], tranche[:-1], -1.0) for tranche in tranches]
        return [*now, *before]

    def diversion(self) -> list[Triples]:
        """All that leaves an exporter of a product in a month does not exceed its export limit."""
        lay = self.layout
        return [_block(lay.rows_of("diversion")[:, self.arc_exporter], lay.columns_of("flow", lay.arcs), 1.0)]

    def public_stock(self) -> list[Triples]:
        """All releases of a public stock together do not exceed it."""
        lay = self.layout
        release = lay.columns_of("release", lay.public)
        return [_block(np.broadcast_to(lay.rows_of("public_stock"), release.shape), release, 1.0)]

    # -- bounds, costs and right-hand sides ---------------------------------------------------------------------

    def row_bounds(self, q: Quantities) -> tuple[Floats, Floats]:
        """Right-hand sides: balances are equalities; ramps, exports and public stocks have an upper side only."""
        lay = self.layout
        lower = np.zeros(lay.rows * lay.months + lay.public)
        upper = lower.copy()
        balance = lay.rows_of("balance")
        lower[balance[0]] = upper[balance[0]] = -q.pool_before
        use = lay.rows_of("use_balance")
        first = np.zeros_like(q.demand)
        first[0] = q.user_stock_before
        lower[use] = upper[use] = q.demand - first
        rise = np.broadcast_to(q.ramp, (lay.months, lay.activities)).copy()
        rise[0] += q.activity_before
        lower[lay.rows_of("ramp")] = -np.inf
        upper[lay.rows_of("ramp")] = rise
        lower[lay.rows_of("diversion")] = -np.inf
        upper[lay.rows_of("diversion")] = q.export_limit
        lower[lay.rows_of("public_stock")] = -np.inf
        upper[lay.rows_of("public_stock")] = q.public_stock
        return lower, upper

    def column_bounds(self, q: Quantities) -> tuple[Floats, Floats]:
        """Capacities, flow limits, normal stocks and band widths; all other variables are only non-negative."""
        lay = self.layout
        lower = np.broadcast_to(0.0, lay.columns * lay.months)  # takes no memory
        upper = np.full(lay.columns * lay.months, np.inf)
        usual = np.minimum(q.activity_usual, q.activity_limit)
        upper[lay.columns_of("usual", lay.activities)] = usual
        upper[lay.columns_of("extra", lay.activities)] = q.activity_limit - usual
        upper[lay.columns_of("flow", lay.arcs)] = q.flow_limit
        upper[lay.columns_of("pool", len(lay.nodes))] = np.maximum(q.pool_normal, q.pool_before)
        upper[lay.columns_of("user_stock", lay.uses)] = np.maximum(q.user_stock_normal, q.user_stock_before)
        width = q.demand[:, :, None] * q.band_width
        upper[lay.columns_of("unserved", lay.uses * lay.bands)] = width.reshape(lay.months, -1)
        upper[lay.columns_of("unrecorded", lay.unrecorded)] = q.unrecorded_limit
        if q.release_limit is not None:
            upper[lay.columns_of("release", lay.public)] = q.release_limit
        return lower, upper

    def costs(self, q: Quantities) -> Floats:
        """Million USD: lost value of unserved demand + operating cost + freight + public stock used

        − co-products and unrecorded deliveries sold − worth of normal stocks.
        """
        lay = self.layout
        cost = np.zeros(lay.columns * lay.months)
        cost[lay.columns_of("usual", lay.activities)] = q.activity_cost * (1 - MARGIN_SHARE)
        cost[lay.columns_of("extra", lay.activities)] = q.activity_cost * (1 + MARGIN_SHARE)
        cost[lay.columns_of("flow", lay.arcs)] = q.flow_cost
        cost[lay.columns_of("unserved", lay.uses * lay.bands)] = q.band_value.reshape(-1)
        cost[lay.columns_of("surplus", len(lay.nodes))] = DISPOSAL_COST - q.surplus_value
        pool = lay.columns_of("pool", len(lay.nodes))
        user = lay.columns_of("user_stock", lay.uses)
        cost[lay.columns_of("release", lay.public)] = q.release_cost
        cost[lay.columns_of("unrecorded", lay.unrecorded)] = -q.unrecorded_value
        cost[pool] = -q.convenience_pool
        cost[user] = -q.convenience_user
        cost[pool[-1]] -= q.end_value_pool
        cost[user[-1]] -= q.end_value_user
        cost.reshape(lay.months, lay.columns)[:] *= q.discount[:, None]
        return cost


def _block(rows: Ints, cols: Ints, values: float | list[float]) -> Triples:
    """Flatten matching row and column numbers, repeating the values of one month over all of them."""
    shape = np.broadcast_shapes(rows.shape, cols.shape)
    spread = np.broadcast_to(np.asarray(values, dtype=np.float64), shape)
    return Triples(
        np.ascontiguousarray(np.broadcast_to(rows, shape)).ravel().astype(np.intp),
        np.ascontiguousarray(np.broadcast_to(cols, shape)).ravel().astype(np.intp),
        np.ascontiguousarray(spread).ravel(),
    )


def quantities(inputs: Inputs, base: Base, network: SupplyNetwork) -> Quantities:
    """Month-by-month limits and costs from the calibrated base and the scenario's inputs."""
    chain = inputs.chain
    price = dict(zip(chain.products, inputs.base_price, strict=True))
    months = len(inputs.months)
    recipes = {p.process_id: p for p in chain.processes}
    grown = inputs.growth_of([next(iter(recipes[p].outputs)) for p, _ in chain.activities])
    wanted = inputs.growth_of([p for p, _, _ in chain.uses])
    level = base.activity / MONTHS_A_YEAR
    running = level[None, :] * grown * (1 + np.atleast_2d(inputs.spare.T))
    limit = (running + inputs.new_capacity.T) * inputs.availability.T
    demand = base.use[None, :] / MONTHS_A_YEAR * wanted
    sectors = [s for _, _, s in chain.uses]
    width = np.array([[b.width for b in inputs.bands[s]] for s in sectors])
    if inputs.bands_part is not None:
        before = np.array([[b.width for b in inputs.bands_before[s]] for s in sectors])
        width = before + inputs.bands_part[:, None, None] * (width - before)
    value = np.array([[b.value for b in inputs.bands[s]] for s in sectors]) * MUSD_PER_T
    nodes = network.layout.nodes
    node_price = np.array([price[p] for p, _ in nodes]) * MUSD_PER_T
    use_price = np.array([price[p] for p, _, _ in chain.uses]) * MUSD_PER_T
    settled = chain.settled
    cover = dict(zip(chain.products, inputs.pool_cover_days / DAYS_A_MONTH, strict=True))
    passing = inputs.growth_of([p for p, _ in nodes])
    throughput = _throughput(chain, base, network) / MONTHS_A_YEAR * passing[0]
    pool_before = throughput * np.array([cover[p] for p, _ in nodes])
    freight = dict(zip(chain.products, inputs.freight, strict=True))
    new_route = base.flow < NEW_ROUTE_T
    stock = np.array(
        [
            _metal_need(chain, base, metal, region) / MONTHS_A_YEAR / DAYS_A_MONTH * days
            for (region, metal), days in inputs.public_cover_days.items()
        ]
    )
    return Quantities(
        activity_limit=limit,
        activity_usual=level[None, :] * grown,
        activity_cost=_operating_cost(chain, price) * MUSD_PER_T,
        activity_before=level * grown[0],
        ramp=np.maximum(limit.max(axis=0), 0) * inputs.ramp,
        flow_limit=flow_limits(inputs, base, months),
        export_limit=export_limits(inputs, base, network),
        flow_cost=np.where(new_route, [freight[p] for p, _, _ in chain.arcs], 0.0) * MUSD_PER_T,
        demand=demand,
        band_width=width,
        band_value=value,
        pool_before=pool_before,
        user_stock_before=demand[0] * inputs.use_cover_days / DAYS_A_MONTH,
        pool_normal=pool_before[None, :] * passing / passing[0],
        user_stock_normal=demand * inputs.use_cover_days / DAYS_A_MONTH,
        convenience_pool=node_price * inputs.convenience_rate,
        convenience_user=use_price * inputs.convenience_rate,
        end_value_pool=node_price * END_VALUE_SHARE,
        end_value_user=use_price * END_VALUE_SHARE,
        discount=(1 + inputs.discount_rate) ** (-np.arange(months) / MONTHS_A_YEAR),
        public_stock=stock,
        release_limit=None if inputs.open_part is None else inputs.open_part[:, None] * stock[None, :],
        surplus_value=np.where([p in settled for p, _ in nodes], 0.0, node_price),
        release_cost=np.array([price[product] for _, product in inputs.public_cover_days])
        * PUBLIC_VALUE_SHARE
        * MUSD_PER_T,
        unrecorded_limit=passing[:, network.unrecorded_nodes]
        * np.array([base.surplus[nodes[n]] / MONTHS_A_YEAR for n in network.unrecorded_nodes]),
        unrecorded_value=node_price[network.unrecorded_nodes],
    )


def unrecorded(chain: Chain, base: Base) -> tuple[tuple[str, str], ...]:
    """Where the base year leaves over some of a product that the chain uses: stock building, and uses without a figure.

    Whoever takes it goes on taking it as long as nobody values it above its price. Without them a plant whose output
    is left over would stand still from the first month on, with all its co-products.
    """
    wanted = chain.settled
    return tuple(node for node, tonnes in base.surplus.items() if node[0] in wanted and tonnes >= UNRECORDED_T)


def flow_limits(inputs: Inputs, base: Base, months: int) -> Floats:
    """Most that each arc can carry in each month, shape (month, arc) [t].

    A flow grows from its base. After the months of qualification any buyer may take up to a share of the exporter's
    base output, if that is more. A restriction lets its share of the base flow pass, and of new routes.
    """
    normal, grown = _established(inputs, base, months)
    opened = _opened(inputs, base, months)
    unknown = np.where(base.flow < NEW_ROUTE_T, opened, 0.0)  # what a buyer without a record may ask a licence for
    limit: Floats = np.maximum(grown, opened)
    for restriction in inputs.restrictions:
        held = np.isfinite(restriction.factor)
        part = limit[:, restriction.arcs]
        allowed = np.where(held, restriction.factor, 0.0) * (normal + unknown)[:, restriction.arcs]
        limit[:, restriction.arcs] = np.where(held, np.minimum(part, allowed), part)
    return limit


def export_limits(inputs: Inputs, base: Base, network: SupplyNetwork) -> Floats:
    """Most that leaves each exporter on all its routes in each month, shape (month, exporter) [t].

    What its established routes may carry, and to all new customers together the share of its base output that one of
    them may have: a maker does not leave its old customers and its own country for whoever loses most.
    """
    months = len(inputs.months)
    _, grown = _established(inputs, base, months)
    opened = _opened(inputs, base, months)
    limit = np.zeros((network.layout.exporters, months))
    np.maximum.at(limit, network.arc_exporter, opened.T)
    np.add.at(limit, network.arc_exporter, grown.T)
    return limit.T


def _established(inputs: Inputs, base: Base, months: int) -> tuple[Floats, Floats]:
    """Base flows as need grows, and as far as they can grow by themselves, shape (month, arc) [t]."""
    monthly = base.flow / MONTHS_A_YEAR
    normal = monthly[None, :] * inputs.growth_of([p for p, _, _ in inputs.chain.arcs])[:months]
    return normal, np.maximum(normal, monthly[None, :] * ((1 + inputs.flow_growth) ** np.arange(months))[:, None])


def _opened(inputs: Inputs, base: Base, months: int) -> Floats:
    """What a buyer that a source has newly qualified with may take there, shape (month, arc) [t]."""
    chain = inputs.chain
    made: dict[tuple[str, str], float] = {}
    recipes = {p.process_id: p for p in chain.processes}
    for level, (process_id, region) in zip(base.activity, chain.activities, strict=True):
        for product, quantity in recipes[process_id].outputs.items():
            made[product, region] = made.get((product, region), 0.0) + level * quantity / MONTHS_A_YEAR
    wait = dict(zip(chain.products, inputs.qualification_months, strict=True))
    opens = np.array([wait[p] for p, _, _ in chain.arcs])
    output = np.array([made.get((p, o), 0.0) for p, o, _ in chain.arcs])
    open_: Floats = np.where(np.arange(months)[:, None] >= opens[None, :], output * inputs.new_supplier_share, 0.0)
    for (product, origin), sold in inputs.sold_ahead.items():
        open_[:, [(p, o) == (product, origin) for p, o, _ in chain.arcs]] += np.asarray(sold)[:months, None]
    return open_


def _throughput(chain: Chain, base: Base, network: SupplyNetwork) -> Floats:
    """Tonnes a year that processes take in at each node: what a stock there must cover."""
    out = np.zeros(len(network.layout.nodes))
    recipes = {p.process_id: p for p in chain.processes}
    for level, (process_id, region) in zip(base.activity, chain.activities, strict=True):
        for product, quantity in recipes[process_id].inputs.items():
            out[network.node_index[product, region]] += level * quantity
    return out


def _metal_need(chain: Chain, base: Base, metal: str, region: str) -> float:
    """Metal [t/y] in the blanks that a region makes and in what it uses as such: what days of cover are counted in."""
    recipes = {p.process_id: p for p in chain.processes}
    alloys = {product: p for p in chain.processes if p.stage == "alloy" for product in p.outputs}
    used = sum(float(base.use[u]) for u, (p, place, _) in enumerate(chain.uses) if (p, place) == (metal, region))
    return used + sum(
        float(level) * quantity * alloys[product].inputs.get(metal, 0.0)
        for level, (process_id, place) in zip(base.activity, chain.activities, strict=True)
        if place == region
        for product, quantity in recipes[process_id].inputs.items()
        if product in alloys
    )


def _operating_cost(chain: Chain, price: Mapping[str, float]) -> Floats:
    """Value added by a tonne of run [USD/kg of run]: base prices just cover cost, so no stock pays for itself."""
    recipes = {p.process_id: p for p in chain.processes}
    cost = []
    for process_id, _region in chain.activities:
        recipe = recipes[process_id]
        earned = sum(price[p] * q for p, q in recipe.outputs.items())
        spent = sum(price[p] * q for p, q in recipe.inputs.items())
        cost.append(max(earned - spent, 0.0) + 1e-3)
    return np.array(cost)
