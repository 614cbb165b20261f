"""How a need is met from outside, and what is left of it when suppliers stop: reliance, N-1, N-k, days of cover.

Pure functions. Amounts of one call are in one unit, of one product, at one stage, in one year.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from didymium.errors import BadInput
from didymium.model.concentration import Floats

DAYS = 365.0


@dataclass(frozen=True, slots=True)
class Reliance:
    """How a party's need at one stage is met [the product's unit]; `share` is net import reliance [fraction]."""

    need: float
    own: float
    net_imports: float

    @property
    def share(self) -> float:
        """Net imports over need: 1 is all from abroad, below 0 is a net exporter (published as "E")."""
        return self.net_imports / self.need


def reliance_from_flows(own: float, imports: float, exports: float, stock_draw: float = 0.0) -> Reliance:
    """Net import reliance from production and trade: (imports − exports + stock draw) / apparent consumption.

    Apparent consumption is own output (primary and secondary) + imports − exports + stock draw, as in the
    USGS Mineral Commodity Summaries. All four in one unit, for one product, one stage, one year.

    >>> reliance_from_flows(own=20, imports=90, exports=10).share
    0.8
    """
    net = imports - exports + stock_draw
    return _reliance(own + net, own, net)


def reliance_from_need(need: float, own: float) -> Reliance:
    """Net import reliance when the need is reported: what own output does not cover comes from outside.

    >>> reliance_from_need(need=100, own=20).share
    0.8
    """
    return _reliance(need, own, need - own)


def _reliance(need: float, own: float, net_imports: float) -> Reliance:
    if not need > 0:
        raise BadInput(f"reliance needs an apparent consumption above zero, got {need:g}.")
    return Reliance(need, own, net_imports)


def n_minus_one_world(supply_world: float, supply_top: float, demand_world: float, demand_top: float) -> float:
    """Cover of the rest of the world without the leading supplier, its supply *and* its demand taken out [fraction].

    (S_world − S_top) / (D_world − D_top): the definition of the IEA, Global Critical Minerals Outlook 2025.
    Not to be compared with `n_minus_one_importer`: for copper the two differ by tens of points.

    >>> n_minus_one_world(supply_world=100, supply_top=60, demand_world=100, demand_top=50)
    0.8
    """
    if not demand_world - demand_top > 0:
        raise BadInput("N-1 cover needs demand outside the leading supplier.")
    return (supply_world - supply_top) / (demand_world - demand_top)


def n_minus_one_importer(own: float, imports: Sequence[float] | Floats, demand: float) -> float:
    """Cover of one importer's demand when its largest foreign source stops [fraction].

    (own output + imports from all but the largest source) / demand.

    >>> n_minus_one_importer(own=10, imports=[60, 20, 10], demand=100)
    0.4
    """
    if not demand > 0:
        raise BadInput("N-1 cover needs a demand above zero.")
    flows = np.asarray(imports, dtype=np.float64)
    lost = float(flows.max()) if flows.size else 0.0
    return (own + float(flows.sum()) - lost) / demand


def n_minus_k_importer(own: float, imports: Sequence[float] | Floats, demand: float, count: int) -> float:
    """Cover of one importer's demand when its `count` largest foreign sources stop [fraction].

    Nothing is taken from elsewhere in their place, so the worst set is that of the largest ones.

    >>> round(n_minus_k_importer(own=10, imports=[60, 20, 10], demand=100, count=2), 12)
    0.2
    """
    if not demand > 0:
        raise BadInput("N-k cover needs a demand above zero.")
    flows = np.sort(np.asarray(imports, dtype=np.float64))[::-1]
    return (own + float(flows[count:].sum())) / demand


def worst_loss(
    quantities: Sequence[float] | Floats, spare: Sequence[float] | Floats, count: int
) -> tuple[float, tuple[int, ...]]:
    """N-k: the set of `count` suppliers whose loss hurts most, and the shortfall it leaves [unit of the quantities].

    Shortfall = what the set delivers − spare capacity of all others, not below zero. Spare capacity is taken
    as instantly at hand, so this is a floor. All sets are tried: meant for `count` up to 3.

    >>> loss, lost = worst_loss([55, 15, 10, 8, 7, 5], [0, 5, 10, 0, 2, 12], 1)
    >>> round(loss, 12), lost
    (26.0, (0,))
    """
    q, s = np.asarray(quantities, dtype=np.float64), np.asarray(spare, dtype=np.float64)
    if q.shape != s.shape or not 0 < count <= q.size:
        raise BadInput(f"N-k needs one spare capacity for each of {q.size} suppliers, and k from 1 to {q.size}.")
    worst = -1.0
    chosen: tuple[int, ...] = ()
    for lost in combinations(range(q.size), count):
        picked = list(lost)
        short = max(0.0, float(q[picked].sum() - (s.sum() - s[picked].sum())))
        if short > worst:
            worst, chosen = short, lost
    return worst, chosen


def days_of_cover(stock: float, yearly_demand: float) -> float:
    """How long a stock lasts at the year's average use [days], 365 days to the year.

    >>> days_of_cover(stock=60, yearly_demand=365)
    60.0
    """
    if not yearly_demand > 0:
        raise BadInput("days of cover need a yearly demand above zero.")
    return DAYS * stock / yearly_demand
