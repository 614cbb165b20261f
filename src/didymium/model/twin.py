"""Folded twins of a network: fewer periods or fewer places, solved in a fraction of the time.

A twin adds up what a whole network limits one by one: months to periods, or small places to a rest. Whatever the
network can do its twin can do as well, and more: goods pass from place to place within the rest at no cost, and a
period that ends well hides a month that was short. Periods begin where limits change, so that they hide little. A twin
still tells too little harm, and which cases are worse than others rather than how bad they are. `model/screen.py` uses
it to choose what is solved in full.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain as joined
from typing import Any

import numpy as np

from didymium.engine import Solver
from didymium.errors import BadInput
from didymium.model.foresight import Networks
from didymium.model.network import Floats, Ints, Quantities, SupplyNetwork
from didymium.model.tracked import TrackedNetwork, TrackedQuantities
from didymium.scenario.inputs import Chain, Inputs

QUARTERLY, COUNTRY = KINDS = ("quarterly", "country")
QUARTER = 3  # months
FILLED = 2  # of the periods of a quarterly twin; the others begin where limits change
SHARP = 0.2  # of a limit: less than this in a month is growth, and no start or end of anything
BIG_SHARE = 0.8  # of the turnover of a chain: the largest places with it together keep their names in a country twin
REST = "REST"

Fold = Callable[[Quantities], Quantities]


@dataclass(slots=True)
class Twin:
    """A folded network with its own solver; each answer depends on its quantities alone.

    `use` (use of the whole network) is the number of the twin's use that holds it.
    """

    network: SupplyNetwork
    fold: Fold
    use: Ints
    solver: Solver

    @classmethod
    def of(cls, networks: Networks, inputs: Inputs, kind: str, *, parties: Sequence[str]) -> Twin:
        """The twin of a kind (`KINDS`) of the networks of some inputs. A country twin keeps the parties apart.

        Raises BadInput where goods are tracked by origin: places with other origins cannot be put together.
        """
        network, fold, use = _quarterly(networks, inputs) if kind == QUARTERLY else _country(networks, inputs, parties)
        return cls(network, fold, use, Solver(network.programme(fold(networks.quantities(inputs)))))

    def lost_value(self, q: Quantities) -> Floats:
        """Lost value [million USD] of each use of the twin, for quantities of the whole network."""
        folded = self.fold(q)
        lay = self.network.layout
        x = self.solver.solve(self.network.change(self.solver.programme, folded)).x
        bands = x[lay.columns_of("unserved", lay.uses * lay.bands)].reshape(lay.months, lay.uses, lay.bands)
        found: Floats = (bands * folded.band_value).sum(axis=(0, 2))
        return found


def _quarterly(networks: Networks, inputs: Inputs) -> tuple[SupplyNetwork, Fold, Ints]:
    whole = networks.network
    lay = whole.layout
    public = tuple(lay.nodes[n] for n in whole.public_nodes)
    takers = tuple(lay.nodes[n] for n in whole.unrecorded_nodes)
    count = -(-lay.months // QUARTER)
    network = SupplyNetwork.of(whole.chain, months=count, bands=lay.bands, public=public, unrecorded=takers)
    if networks.traced is not None:
        network = TrackedNetwork.tracked(network, networks.kept.inputs(inputs), networks.traced)
    return network, lambda q: by_period(q, periods(changes(whole, q), count)), np.arange(lay.uses)


def changes(network: SupplyNetwork, q: Quantities) -> Floats:
    """By how much limits change sharply from the month before, in million USD at base prices, shape (month,).

    Limits of routes and of what plants can make; a stock's end value tells the price of its product.
    """
    price = q.end_value_pool
    recipes = {p.process_id: p for p in network.chain.processes}
    made = [
        sum(x * price[network.node_index[p, region]] for p, x in recipes[process_id].outputs.items())
        for process_id, region in network.chain.activities
    ]
    moved = _sharp(q.flow_limit) @ price[network.arc_from] + _sharp(q.activity_limit) @ np.array(made)
    return np.append(0.0, moved)


def _sharp(limit: Floats) -> Floats:
    change = np.abs(np.diff(limit, axis=0))
    return np.where(change > SHARP * np.maximum(limit[1:], limit[:-1]), change, 0.0)


def periods(change: Floats, count: int) -> Ints:
    """First months of `count` periods of a run, given how much limits change in each month.

    Periods begin where limits change most; the longest of them are halved until there are enough.
    """
    months = len(change)
    most = np.argsort(-change, kind="stable")[: max(count - FILLED, 0)]
    starts = sorted({0, *(int(month) for month in most if change[month] > 0)})
    while len(starts) < count:
        lengths = np.diff([*starts, months])
        longest = int(np.argmax(lengths))
        starts.insert(longest + 1, starts[longest] + int(lengths[longest] + 1) // 2)
    return np.array(starts)


def by_period(q: Quantities, starts: Ints) -> Quantities:
    """Quantities of periods of any length: what flows is added up, what lies in stock is that of the last month.

    Output that rises by r a month can be k²r more in a period of n months than in one of m months before it, with k
    the smaller of n and m, and as much more again as n − m months can make if it is longer; n(n + 1)/2·r more in the
    first one than in n months like the one before the run. The worth of a month of stock is that of a period of mean
    length.
    """
    months = len(q.discount)
    length = np.diff(np.append(starts, months)).astype(np.float64)
    before = np.append(length[0], length[:-1])
    limit = np.add.reduceat(q.activity_limit, starts, axis=0)
    ramp = (np.minimum(length, before) ** 2)[:, None] * q.ramp
    ramp += (np.maximum(length - before, 0) / length)[:, None] * limit
    ramp[0] = length[0] * (length[0] + 1) / 2 * q.ramp
    folded = replace(q, activity_before=length[0] * q.activity_before, ramp=ramp)
    return _added(folded, starts, months / len(starts))


def by_quarter(q: Quantities, starts: Ints) -> Quantities:
    """Quantities of periods of three months.

    Output that rises by r a month can be 9r more in a quarter than in the one before, and 6r more in the first one than
    in three months like the one before it.
    """
    before = QUARTER * q.activity_before - QUARTER * (QUARTER - 1) / 2 * q.ramp
    return _added(replace(q, activity_before=before, ramp=QUARTER**2 * q.ramp), starts, QUARTER)


def _added(q: Quantities, starts: Ints, mean: float) -> Quantities:
    """What flows, added up by period; of stocks the last month; what a stock is worth for a period of mean length."""
    length = np.diff(np.append(starts, len(q.discount)))
    ends = starts + length - 1

    def total(values: Floats) -> Floats:
        return np.add.reduceat(values, starts, axis=0)

    folded = replace(
        q,
        activity_limit=total(q.activity_limit),
        activity_usual=total(np.minimum(q.activity_usual, q.activity_limit)),
        flow_limit=total(q.flow_limit),
        export_limit=total(q.export_limit),
        demand=total(q.demand),
        convenience_pool=mean * q.convenience_pool,
        convenience_user=mean * q.convenience_user,
        pool_normal=q.pool_normal[ends],
        user_stock_normal=q.user_stock_normal[ends],
        unrecorded_limit=total(q.unrecorded_limit),
        discount=total(q.discount) / length,
    )
    if isinstance(q, TrackedQuantities) and isinstance(folded, TrackedQuantities):
        return replace(folded, origin_limit=total(q.origin_limit))
    return folded


def kept_places(networks: Networks, inputs: Inputs, parties: Sequence[str]) -> frozenset[str]:
    """Places that keep their names in a country twin.

    Those where something happens (exporters of a cut, places of an outage), those with a public stock, the parties,
    and the largest by what they make and use at base prices, until four fifths of that are covered.
    """
    inputs = networks.kept.inputs(inputs)
    chain, base = inputs.chain, networks.base
    named = {chain.arcs[e][1] for r in inputs.restrictions for e in r.arcs}
    named |= {chain.activities[a][1] for a in np.flatnonzero((inputs.availability < 1).any(axis=1))}
    named |= {region for region, _ in inputs.public_cover_days} | set(parties)
    price = dict(zip(chain.products, inputs.base_price, strict=True))
    recipes = {p.process_id: p for p in chain.processes}
    turnover: dict[str, float] = {}
    made = (
        (region, level * sum(price[p] * x for p, x in recipes[process_id].outputs.items()))
        for level, (process_id, region) in zip(base.activity, chain.activities, strict=True)
    )
    used = ((region, level * price[p]) for level, (p, region, _) in zip(base.use, chain.uses, strict=True))
    for region, worth in joined(made, used):
        turnover[region] = turnover.get(region, 0.0) + float(worth)
    total, covered = sum(turnover.values()), 0.0
    for region in sorted(turnover, key=lambda r: (-turnover[r], r)):
        if covered >= BIG_SHARE * total:
            break
        named.add(region)
        covered += turnover[region]
    return frozenset(named)


def _country(networks: Networks, inputs: Inputs, parties: Sequence[str]) -> tuple[SupplyNetwork, Fold, Ints]:
    if networks.traced is not None:
        raise BadInput("goods tracked by origin have no country twin.", where="screen", cure="Take the quarterly twin.")
    whole = networks.network
    kept = kept_places(networks, inputs, parties)
    places = {region: region if region in kept else REST for region in whole.chain.regions}
    folding = Folding.of(whole, places)
    return folding.network, folding.quantities, folding.use


@dataclass(frozen=True, slots=True)
class Folding:
    """Where each member of a network stands in one with fewer places; −1 for routes within the rest."""

    network: SupplyNetwork
    activity: Ints
    arc: Ints
    use: Ints
    node: Ints
    exporter: Ints
    unrecorded: Ints

    @classmethod
    def of(cls, whole: SupplyNetwork, places: Mapping[str, str]) -> Folding:
        """Fold a network: `places` gives each region the place that holds it."""
        chain, lay = whole.chain, whole.layout
        activities = [(process, places[r]) for process, r in chain.activities]
        arcs = [(p, places[o], places[d]) for p, o, d in chain.arcs]
        uses = [(p, places[r], sector) for p, r, sector in chain.uses]
        folded = replace(
            chain,
            regions=tuple(dict.fromkeys(places[r] for r in chain.regions)),
            activities=tuple(dict.fromkeys(activities)),
            arcs=tuple(dict.fromkeys(arc for arc in arcs if arc[1] != arc[2])),
            uses=tuple(dict.fromkeys(uses)),
        )
        public = tuple((p, places[r]) for p, r in (lay.nodes[n] for n in whole.public_nodes))
        takers = [(p, places[r]) for p, r in (lay.nodes[n] for n in whole.unrecorded_nodes)]
        network = SupplyNetwork.of(
            folded, months=lay.months, bands=lay.bands, public=public, unrecorded=tuple(dict.fromkeys(takers))
        )
        exporters = dict.fromkeys((p, o) for p, o, _ in chain.arcs)
        return cls(
            network,
            _numbers(activities, folded.activities),
            _numbers(arcs, folded.arcs),
            _numbers(uses, folded.uses),
            _numbers([(p, places[r]) for p, r in lay.nodes], network.layout.nodes),
            _numbers([(p, places[o]) for p, o in exporters], _exporters(folded)),
            _numbers(takers, tuple(dict.fromkeys(takers))),
        )

    def quantities(self, q: Quantities) -> Quantities:
        """Quantities of the folded network: amounts are added up; prices are the least of what is put together."""
        lay = self.network.layout

        def total(values: Floats, at: Ints, size: int) -> Floats:
            found = np.zeros((*values.shape[:-1], size))
            np.add.at(found.T, at[at >= 0], values.T[at >= 0])
            return found

        def least(values: Floats, at: Ints, size: int) -> Floats:
            found = np.full(size, np.inf)
            np.minimum.at(found, at[at >= 0], values[at >= 0])
            return found

        sizes = {
            "activity": (self.activity, lay.activities),
            "flow": (self.arc, lay.arcs),
            "export": (self.exporter, lay.exporters),
            "use": (self.use, lay.uses),
            "node": (self.node, len(lay.nodes)),
            "unrecorded": (self.unrecorded, lay.unrecorded),
        }
        weight = q.demand.sum(axis=0)
        whole = np.maximum(total(weight, self.use, lay.uses), 1e-12)[:, None]

        def mean(values: Floats) -> Floats:
            return total((values * weight[:, None]).T, self.use, lay.uses).T / whole

        folded: dict[str, Any] = {name: total(getattr(q, name), *sizes[of]) for name, of in AMOUNTS.items()}
        folded |= {name: least(getattr(q, name), *sizes[of]) for name, of in PRICES.items()}
        return replace(q, **folded, band_width=mean(q.band_width), band_value=mean(q.band_value))


AMOUNTS = {
    "activity_limit": "activity",
    "activity_usual": "activity",
    "activity_before": "activity",
    "ramp": "activity",
    "flow_limit": "flow",
    "export_limit": "export",
    "demand": "use",
    "pool_before": "node",
    "user_stock_before": "use",
    "pool_normal": "node",
    "user_stock_normal": "use",
    "unrecorded_limit": "unrecorded",
}
PRICES = {
    "activity_cost": "activity",
    "flow_cost": "flow",
    "convenience_pool": "node",
    "convenience_user": "use",
    "end_value_pool": "node",
    "end_value_user": "use",
    "surplus_value": "node",
    "unrecorded_value": "unrecorded",
}
AS_THEY_ARE = (
    "band_width",
    "band_value",
    "public_stock",
    "release_cost",
    "discount",
    "release_limit",
)  # or folded by their own rule
assert {f.name for f in fields(Quantities)} == {*AMOUNTS, *PRICES, *AS_THEY_ARE}


def _exporters(chain: Chain) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys((p, o) for p, o, _ in chain.arcs))


def _numbers(members: list[Any], of: tuple[Any, ...]) -> Ints:
    number = {member: i for i, member in enumerate(of)}
    return np.array([number.get(member, -1) for member in members], dtype=np.int64)
