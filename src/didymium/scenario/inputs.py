"""`Inputs`: all that the model needs, as labelled arrays.

Index sets: product p, region r, process, activity a = (process, region), arc e = (product, origin, destination),
use u = (product, region, sector), band b of a use, month t. Quantities are tonnes a month in the product's own basis
(REO, oxide, metal, alloy, blank, finished magnet); money is million US dollars, prices are USD a kilogram.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Process:
    """A recipe: tonnes of each input and output for one tonne of run; joint outputs come in fixed proportion."""

    process_id: str
    stage: str
    inputs: Mapping[str, float]
    outputs: Mapping[str, float]
    source_ids: tuple[str, ...] = ()
    recovery: float = 1.0  # share of the feed's content that comes out; 1 where the recipe does not say


@dataclass(frozen=True, slots=True)
class Chain:
    """Who can make, ship and use what: the topology of the network, without quantities."""

    products: tuple[str, ...]
    product_stage: Mapping[str, str]
    regions: tuple[str, ...]
    processes: tuple[Process, ...]
    activities: tuple[tuple[str, str], ...]  # (process_id, region)
    arcs: tuple[tuple[str, str, str], ...]  # (product, origin, destination)
    uses: tuple[tuple[str, str, str], ...]  # (product, region, sector)
    region_of: Mapping[str, str]  # place code -> region
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)  # group -> place codes
    free: frozenset[str] = frozenset()  # products of which any amount may be left over: co-products, hosts
    units: Mapping[str, tuple[str, float]] = field(default_factory=dict)  # product -> (unit, size of the model's unit)

    @property
    def settled(self) -> frozenset[str]:
        """Products that a process takes in or a user wants, without the free ones: next to nothing is left over."""
        taken = {product for process in self.processes for product in process.inputs}
        return frozenset(taken | {product for product, _, _ in self.uses}) - self.free

    def unit_of(self, product: str) -> tuple[str, float]:
        """The unit in which a product is told, and how much of it one unit of the model is; tonnes if not said."""
        return self.units.get(product, ("t", 1.0))

    def process(self, process_id: str) -> Process:
        """The recipe by its id. Raises KeyError."""
        return {p.process_id: p for p in self.processes}[process_id]


@dataclass(frozen=True, slots=True)
class Observation:
    """One published figure for a year, as a sum over model quantities, with its standard error.

    `terms` are (kind, index, coefficient) with kind `activity`, `arc` or `use`; the sum of coefficient × quantity
    over them should equal `value` [t a year] within `sigma`. `kind` is production, trade or demand; `prior` marks a
    split by a
    world mix, which no figure speaks of.
    """

    kind: str
    product: str
    stage: str
    place: str
    partner: str
    year: int
    value: float
    sigma: float
    confidence: str
    terms: tuple[tuple[str, int, float], ...]
    row_ids: tuple[str, ...]
    source_ids: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """A slice of a use: `width` is its share of demand, `value` what a kilogram short costs [USD/kg]."""

    name: str
    width: float
    value: float


@dataclass(frozen=True, slots=True)
class Restriction:
    """Share of the base flow that some arcs may carry: `factor` has shape (month, arc); infinite means no limit."""

    name: str
    arcs: Ints
    factor: Floats


@dataclass(frozen=True, slots=True)
class OriginRestriction:
    """Share of the base flow of goods with tracked content that some arcs may carry: `factor` as in `Restriction`."""

    name: str
    arcs: Ints
    factor: Floats


@dataclass(frozen=True, slots=True)
class Inputs:
    """One base year's observations and one scenario's months, ready for the model.

    Arrays: `demand_growth` (month,), `new_capacity` (activity, month) [t/month],
    `use_cover_days` (use,), `pool_cover_days` (product,), `base_price` and `freight` (product,) [USD/kg],
    `spare` (activity,) or (activity, month) share of base output, `availability` (activity, month) 0–1. `open_part`
    (month,) is the part of each month in which public stocks are open, all of it if not said. Where `bands_before` is
    given, `bands` hold in the part `bands_part` (month,) of each month and those before them in the rest.
    `sold_ahead`: what a new plant has sold before it runs; its buyers need no qualification any more, and base output
    does not bound it.
    """

    chain: Chain
    base_year: int
    observations: tuple[Observation, ...]
    unseen: Mapping[int, float]  # arc without any figure -> standard error around no flow [t/y]
    surplus_share: float  # standard error of what is left over of a used product, of world output
    months: tuple[str, ...]
    demand_growth: Floats
    availability: Floats
    spare: Floats
    new_capacity: Floats
    ramp: Floats
    bands: Mapping[str, tuple[Band, ...]]  # by sector
    use_cover_days: Floats
    pool_cover_days: Floats
    public_cover_days: Mapping[tuple[str, str], float]  # (region, product)
    base_price: Floats
    freight: Floats
    flow_growth: float  # a month, on an established arc
    new_supplier_share: float  # of the exporter's output, on a new arc once qualified
    qualification_months: Floats  # (product,)
    discount_rate: float  # a year
    convenience_rate: float  # a month, of the price: worth of normal stock net of holding cost
    restrictions: tuple[Restriction, ...] = ()
    track_origin: tuple[str, ...] = ()  # regions whose content is followed through the chain
    origin_restrictions: tuple[OriginRestriction, ...] = ()
    warnings: tuple[str, ...] = ()
    growth_by_product: Mapping[str, Floats] = field(default_factory=dict)  # (month,); others follow demand_growth
    open_part: Floats | None = None
    bands_before: Mapping[str, tuple[Band, ...]] = field(default_factory=dict)
    bands_part: Floats | None = None
    sold_ahead: Mapping[tuple[str, str], Floats] = field(
        default_factory=dict
    )  # (product, region) -> (month,) [t/month]

    def growth_of(self, products: Sequence[str]) -> Floats:
        """Demand over that of the base year, shape (month, product)."""
        own = [self.growth_by_product.get(product, self.demand_growth) for product in products]
        return np.stack(own, axis=1) if own else np.zeros((len(self.months), 0))
