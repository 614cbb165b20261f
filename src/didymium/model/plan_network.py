"""The network as the recourse of a plan: few places, quarters, public stocks that start empty, and what choices raise.

Places are the parties, China, the parties' partners together and the rest together; months are added up to quarters.
Both folds give the network more freedom than the chain has, so a plan's losses are told too small
(docs/method/plan.md).

A plant that is raised runs in the dearer tranche of its activity, at a little more than base prices pay. So at base
prices it stands idle and earns nothing, and what it is worth comes from scarcity alone. A plant with ore of its own is
an activity without inputs, whose operating cost is by the same rule the base price of its oxide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from didymium.engine import LinearProgramme, Triples
from didymium.engine.twostage import NOTHING
from didymium.model.calibrate import Base
from didymium.model.ledger import Addition
from didymium.model.network import MUSD_PER_T, PUBLIC_VALUE_SHARE, Floats, Quantities, SupplyNetwork, quantities
from didymium.model.network import unrecorded as takers_of
from didymium.model.trim import Kept
from didymium.model.twin import QUARTER, Folding, by_quarter
from didymium.scenario.inputs import Chain, Inputs, Process

PARTNERS, REST, CHINA = "PARTNERS", "REST", "CHN"
GRADES = ("std", "ht")
OWN_ORE = "own_ore"
OXIDES = ("ndpr_oxide", "dy_oxide", "tb_oxide")  # of plants with their own ore
METALS = ("ndpr", "dy", "tb")
STEPS = frozenset(
    [f"red_{metal}" for metal in METALS] + [f"{step}_{g}" for step in ("alloy", "sinter", "machine") for g in GRADES]
)


@dataclass(frozen=True, slots=True)
class PlanNetwork:
    """A folded network and the way from inputs to its programme.

    `forms` are the (product, party) of stocks that a plan can buy; they stand behind the stocks that exist.
    """

    network: SupplyNetwork
    folding: Folding
    kept: Kept
    opened: Opened
    whole: SupplyNetwork
    base: Base
    places: Mapping[str, str]
    parties: tuple[str, ...]
    forms: tuple[tuple[str, str], ...]
    heavy_share: float

    @classmethod
    def of(
        cls,
        inputs: Inputs,
        base: Base,
        *,
        parties: Mapping[str, Sequence[str]],
        partners: frozenset[str],
        forms: Sequence[str],
        heavy_share: float,
    ) -> PlanNetwork:
        """Fold a chain: every region is of a party, China, a partner of a party, or the rest.

        `parties`: the regions of each; its stocks lie in the first of them, which in the network is the whole party.
        """
        kept = Kept.of(inputs, base)
        own = {CHINA: CHINA, **{r: party for party, regions in parties.items() for r in regions}}
        places = {r: own.get(r, PARTNERS if r in partners else REST) for r in inputs.chain.regions}
        kept = replace(kept, arc=kept.arc | _openable(inputs, places))
        inputs, base = kept.inputs(inputs), kept.base(base)
        opened = Opened.of(inputs.chain, places, parties)
        inputs, base = opened.inputs(inputs), opened.base(base)
        bought = tuple((product, party) for party in parties for product in forms)
        held = ((product, region) for region, product in inputs.public_cover_days)
        public = (*held, *((product, parties[party][0]) for product, party in bought))
        grid = len(range(0, len(inputs.months), QUARTER))
        bands = len(next(iter(inputs.bands.values())))
        whole, by_month = (
            SupplyNetwork.of(
                inputs.chain, months=months, bands=bands, public=public, unrecorded=takers_of(inputs.chain, base)
            )
            for months in (grid, len(inputs.months))
        )
        folding = Folding.of(whole, places)
        return cls(folding.network, folding, kept, opened, by_month, base, places, tuple(parties), bought, heavy_share)

    def quantities(self, inputs: Inputs, weight: Mapping[str, float], *, skipped: int = 0) -> Quantities:
        """Limits and costs by quarter. Outside China, plants stay at the output of the base year.

        `weight`: how much a loss in a region counts, 1 where it is not named. At 0 a delivery there is a sale at the
        base price, which pays what it costs: value of a slice = price + weight · (full value − price). `skipped`: the
        months of the inputs that lie before the year, in which stocks are used up.
        """
        inputs = self.opened.inputs(self.kept.inputs(inputs))
        q = _level(quantities(inputs, self.base, self.whole), inputs)
        price = dict(zip(inputs.chain.products, inputs.base_price, strict=True))
        worth = np.array([price[product] for product, _ in self.forms]) * PUBLIC_VALUE_SHARE * MUSD_PER_T
        counts = np.array([weight.get(region, 1.0) for _, region, _ in inputs.chain.uses])[:, None]
        sale = np.array([price[p] for p, _, _ in inputs.chain.uses])[:, None] * MUSD_PER_T
        q = replace(
            q,
            public_stock=np.append(q.public_stock, np.zeros(len(self.forms))),
            release_cost=np.append(q.release_cost, worth),
            band_value=np.where(counts == 1, q.band_value, sale + counts * (q.band_value - sale)),
        )
        if skipped:
            q = _after(q, skipped)
        starts = np.arange(0, len(inputs.months) - skipped, QUARTER)
        return self.folding.quantities(by_quarter(q, starts))

    def programme(self, q: Quantities) -> LinearProgramme:
        """The recourse."""
        return self.network.programme(q)

    def lost_value(self, q: Quantities, x: Floats, place: str) -> float:
        """Lost value [million USD] of the uses of a place, at the weights in `q`."""
        lay = self.network.layout
        bands = x[lay.columns_of("unserved", lay.uses * lay.bands)].reshape(lay.months, lay.uses, lay.bands)
        lost = (bands * q.band_value).sum(axis=(0, 2))
        return float(sum(lost[u] for u, (_, r, _) in enumerate(self.network.chain.uses) if r == place))

    def magnets(self, q: Quantities, x: Floats, place: str) -> tuple[float, float]:
        """Tonnes of magnets that the uses of a place need, and those that they do not get."""
        lay = self.network.layout
        bands = x[lay.columns_of("unserved", lay.uses * lay.bands)].reshape(lay.months, lay.uses, lay.bands)
        own = [u for u, (p, r, _) in enumerate(self.network.chain.uses) if r == place and p.startswith("ndfeb_magnet")]
        return float(q.demand[:, own].sum()), float(bands[:, own].sum())

    def stock_row(self, form: int) -> int:
        """Row of the release limit of a stock that can be bought."""
        lay = self.network.layout
        return int(lay.rows_of("public_stock")[lay.public - len(self.forms) + form])

    # -- what a plant raises --------------------------------------------------------------------------------------

    def raised(self, plant: Addition, share: Floats) -> tuple[Triples, Triples]:
        """Bounds that a plant raises if it stands: (column upper bounds, row bounds).

        `share` (period,): part of its capacity that stands in each quarter. The choice number is left 0.
        """
        tonnes = plant.capacity / 12 * QUARTER * share
        place = self.places.get(plant.region, REST)
        if plant.stage == "separated":
            process = f"{OWN_ORE}_{plant.product}"
            return _joined(self._activity(process, place, tonnes), self._shipping(plant.product, place, tonnes))
        if plant.stage == "metal":
            process = f"red_{plant.product.removesuffix('_metal')}"
            return _joined(self._activity(process, place, tonnes), self._shipping(plant.product, place, tonnes))
        parts = []
        for grade, part in zip(GRADES, (1 - self.heavy_share, self.heavy_share), strict=True):
            need = tonnes * part
            if plant.stage == "magnet":
                parts.append(self._activity(f"machine_{grade}", place, need))
                parts.append(self._shipping(f"ndfeb_magnet_{grade}", place, need))
                blank = next(p for p in self.network.chain.processes if p.process_id == f"machine_{grade}")
                parts.append(self._activity(f"sinter_{grade}", place, need * next(iter(blank.inputs.values()))))
            elif plant.stage == "alloy":
                parts.append(self._activity(f"alloy_{grade}", place, need))
        return _joined(*parts)

    def _activity(self, process: str, place: str, tonnes: Floats) -> tuple[Triples, Triples]:
        lay = self.network.layout
        if (process, place) not in self.network.chain.activities:
            return NOTHING, NOTHING
        a = self.network.chain.activities.index((process, place))
        columns = lay.columns_of("extra", lay.activities)[:, a].astype(np.intp)
        rows = lay.rows_of("ramp")[:, a].astype(np.intp)
        # what stands has been ramped up: it may run in any quarter, whatever ran in the one before
        return Triples(columns, _zeros(lay.months), tonnes), Triples(rows, _zeros(lay.months), tonnes)

    def _shipping(self, product: str, place: str, tonnes: Floats) -> tuple[Triples, Triples]:
        """What a plant makes may leave its place, on any route of the product."""
        lay = self.network.layout
        arcs = [e for e, (p, o, _) in enumerate(self.network.chain.arcs) if (p, o) == (product, place)]
        if not arcs:
            return NOTHING, NOTHING
        columns = lay.columns_of("flow", lay.arcs)[:, arcs].astype(np.intp)
        rows = lay.rows_of("diversion")[:, self.network.arc_exporter[arcs[0]]].astype(np.intp)
        spread = np.repeat(tonnes[:, None], len(arcs), axis=1).ravel()
        return Triples(columns.ravel(), _zeros(columns.size), spread), Triples(rows, _zeros(lay.months), tonnes)


def _openable(inputs: Inputs, places: Mapping[str, str]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """One arc of each product between any two places but China: where a new plant could ship, if only what it makes."""
    found = np.zeros(len(inputs.chain.arcs), dtype=np.bool_)
    seen: set[tuple[str, str, str]] = set()
    for e, (p, o, d) in enumerate(inputs.chain.arcs):
        key = (p, places[o], places[d])
        if CHINA not in key and key[1] != key[2] and ":" not in p and key not in seen:
            seen.add(key)
            found[e] = True
    return found


@dataclass(frozen=True, slots=True)
class Opened:
    """What nobody does yet and a plan can begin: activities and routes, of no size until something raises them.

    Plants with ore of their own, everywhere but in China; at a party each step of the chain that it does not take yet;
    and to and from a party each route of what these make, but for those to and from China.
    """

    processes: tuple[Process, ...]
    activities: tuple[tuple[str, str], ...]
    arcs: tuple[tuple[str, str, str], ...]

    @classmethod
    def of(cls, chain: Chain, places: Mapping[str, str], parties: Mapping[str, Sequence[str]]) -> Opened:
        """What to add to a chain. A place with several regions begins in the first of them."""
        first: dict[str, str] = {}
        for region, place in places.items():
            first.setdefault(place, region)
        ores = tuple(Process(f"{OWN_ORE}_{p}", "separated", {}, {p: 1.0}) for p in OXIDES)
        outside = [place for place in first if place != CHINA]
        activities = [(ore.process_id, first[place]) for ore in ores for place in outside]
        taken = {(process, places[region]) for process, region in chain.activities}
        steps = [p for p in chain.processes if p.process_id in STEPS]
        activities += [
            (step.process_id, first[party])
            for step in steps
            for party in parties
            if (step.process_id, party) not in taken
        ]
        shipped = [*OXIDES, *(p for step in steps for p in step.outputs if p in set(chain.products))]
        routes = {(p, places[o], places[d]) for p, o, d in chain.arcs}
        from_: dict[tuple[str, str], dict[str, None]] = {}
        for p, o, _ in chain.arcs:
            from_.setdefault((p, places[o]), {})[o] = None
        arcs = [
            (p, region, first[there])
            for p in dict.fromkeys(shipped)
            for here in outside
            for there in outside
            if here != there and {here, there} & set(parties) and (p, here, there) not in routes
            for region in from_.get((p, here), {first[here]: None})
        ]
        return cls(ores, tuple(activities), tuple(arcs))

    def inputs(self, inputs: Inputs) -> Inputs:
        """The same inputs with what is added."""
        chain, count = inputs.chain, len(self.activities)
        return replace(
            inputs,
            chain=replace(
                chain,
                processes=(*chain.processes, *self.processes),
                activities=(*chain.activities, *self.activities),
                arcs=(*chain.arcs, *self.arcs),
            ),
            availability=np.vstack([inputs.availability, np.ones((count, len(inputs.months)))]),
            new_capacity=np.vstack([inputs.new_capacity, np.zeros((count, len(inputs.months)))]),
            spare=np.append(inputs.spare, np.zeros(count)),
            ramp=np.append(inputs.ramp, np.zeros(count)),
        )

    def base(self, base: Base) -> Base:
        """The same base year, in which nobody does it."""
        return replace(
            base,
            activity=np.append(base.activity, np.zeros(len(self.activities))),
            flow=np.append(base.flow, np.zeros(len(self.arcs))),
        )


def _level(q: Quantities, inputs: Inputs) -> Quantities:
    """Base output outside China without the growth of need: what is added there are projects, each told apart."""
    chain = inputs.chain
    recipes = {p.process_id: p for p in chain.processes}
    grown = inputs.growth_of([next(iter(recipes[p].outputs)) for p, _ in chain.activities])
    outside = np.array([region != CHINA for _, region in chain.activities])
    factor = np.where(outside[None, :], grown, 1.0)
    limit = q.activity_limit / factor
    return replace(
        q,
        activity_limit=limit,
        activity_usual=q.activity_usual / factor,
        activity_before=q.activity_before / factor[0],
        ramp=np.maximum(limit.max(axis=0), 0) * inputs.ramp,
    )


_MONTHLY = (
    "activity_limit",
    "activity_usual",
    "flow_limit",
    "export_limit",
    "demand",
    "pool_normal",
    "user_stock_normal",
    "unrecorded_limit",
)


def _after(q: Quantities, skipped: int) -> Quantities:
    """The months after `skipped` ones in which every stock has been used up and every plant has run up."""
    monthly = {name: getattr(q, name)[skipped:] for name in _MONTHLY}
    return replace(
        q,
        **monthly,
        discount=q.discount[: len(q.discount) - skipped],
        ramp=np.maximum(monthly["activity_limit"].max(axis=0), 0.0),
        pool_before=np.zeros_like(q.pool_before),
        user_stock_before=np.zeros_like(q.user_stock_before),
        public_stock=np.zeros_like(q.public_stock),
    )


def _zeros(size: int) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    return np.zeros(size, dtype=np.intp)


def _joined(*parts: tuple[Triples, Triples]) -> tuple[Triples, Triples]:
    return joined([c for c, _ in parts]), joined([r for _, r in parts])


def joined(parts: Sequence[Triples]) -> Triples:
    """Triples one after the other."""
    return Triples(*(np.concatenate([getattr(t, name) for t in (NOTHING, *parts)]) for name in Triples._fields))


def of_choice(raises: Triples, choice: int) -> Triples:
    """The same rises, of a choice."""
    return Triples(raises.row, np.full(raises.row.size, choice, dtype=np.intp), raises.value)
