"""What a promise touches in the model: a row of `commitment_ties`, and two sets of inputs, with it kept and broken.

Either set is a small pure change of the same inputs, as with the options of `respond`: no copy of the chain. A
restraint or a delivery that is broken cuts routes; a capacity or a stock that is kept adds to plants or public stocks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from didymium.model.calibrate import Base
from didymium.scenario.chain import Tables
from didymium.scenario.inputs import Chain, Inputs, Restriction
from didymium.scenario.opening import opened
from didymium.scenario.scenario import Scenario, TradeCut, load

MONTHS_A_YEAR = 12
CENTRAL = 0.5  # position of the central size between its ends
CALM = "calm"
EVENT = "event"


@dataclass(frozen=True, slots=True)
class Tie:
    """One promise and what of the model it is tied to; `size` holds low, central and high end."""

    commitment_id: str
    kind: str  # restraint, delivery, capacity, stock
    families: tuple[str, ...]
    place: str
    takers: tuple[str, ...]
    products: tuple[str, ...]
    size: tuple[float, float, float]
    size_unit: str
    event: str
    start: str
    months: int
    base_year: int | None
    source_id: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Tie:
        """Read from a row of `commitment_ties`."""

        def words(name: str) -> tuple[str, ...]:
            return tuple(str(row[name] or "").split(";")) if row[name] else ()

        return cls(
            commitment_id=str(row["commitment_id"]),
            kind=str(row["tie"]),
            families=words("families"),
            place=str(row["place"] or ""),
            takers=words("takers"),
            products=words("products"),
            size=(float(row["size_low"]), float(row["size"]), float(row["size_high"])),
            size_unit=str(row["size_unit"]),
            event=str(row["event"] or ""),
            start=str(row["start"]),
            months=int(row["months"]),
            base_year=None if row["base_year"] is None else int(row["base_year"]),
            source_id=str(row["source_id"]),
        )

    def at(self, position: float) -> float:
        """The size at a position of its range: 0 the low end, ½ the central size, 1 the high end."""
        return float(np.interp(position, [0.0, CENTRAL, 1.0], self.size))

    def story(self, ds: Tables, world: str) -> Scenario:
        """The run in a calm world, or with the cuts of the event held from its first month to its last.

        Of a cut only the products that the families of the tie hold count.
        """
        calm = Scenario(
            id=f"worth-{self.commitment_id}-{world}",
            title=self.commitment_id,
            title_ja=self.commitment_id,
            families=self.families,
            start=self.start,
            months=self.months,
            base_year=self.base_year,
        )
        if world == CALM:
            return calm
        chain = calm.apply(ds).chain
        cuts = []
        for cut in load(self.event).cuts:
            held = tuple(word for word in cut.products if named(chain, (word,)))
            if held:
                cuts.append(
                    TradeCut.model_validate(
                        {
                            "exporter": cut.exporter,
                            "importers": cut.importers,
                            "products": held,
                            "approval_share": cut.approval_share,
                            "approval_low": cut.approval_low,
                            "approval_high": cut.approval_high,
                            "start": self.start,
                        }
                    )
                )
        return calm.model_copy(update={"cuts": tuple(cuts)})


def prepared(inputs: Inputs, tie: Tie) -> Inputs:
    """The inputs with a plant's place opened where nobody makes the product yet; see `opening.opened`."""
    if tie.kind != "capacity":
        return inputs
    for word in tie.products:
        inputs = opened(inputs, _made(inputs.chain, word), inputs.chain.region_of[tie.place])
    return inputs


def kept_and_broken(inputs: Inputs, base: Base, tie: Tie, position: float) -> tuple[Inputs, Inputs]:
    """The inputs with the promise kept, and with it broken; the size at a position of its range."""
    size = tie.at(position)
    if tie.kind == "restraint":
        return inputs, _cut(inputs, tie, size)
    if tie.kind == "delivery":
        moved = float(base.flow[_arcs(inputs.chain, tie)].sum())
        return inputs, _cut(inputs, tie, max(1.0 - size / moved, 0.0) if moved > 0 else 1.0)
    if tie.kind == "stock":
        places = [(region, product) for region in tie.takers for product in named(inputs.chain, tie.products)]
        stock = {place: inputs.public_cover_days.get(place, 0.0) for place in places}
        return (
            replace(inputs, public_cover_days={**inputs.public_cover_days, **dict.fromkeys(places, size)}),
            replace(inputs, public_cover_days={**inputs.public_cover_days, **stock}),
        )
    return _with_plant(inputs, tie, size), inputs


def touched(inputs: Inputs, base: Base, tie: Tie) -> float | None:
    """Tonnes a year that flow in the base year on the routes of a tie; None for a tie that is no route."""
    if tie.kind not in ("restraint", "delivery"):
        return None
    chain = inputs.chain
    arcs = [e for e in _arcs(chain, tie) if chain.unit_of(chain.arcs[e][0])[0] == "t"]
    return float(sum(base.flow[e] * chain.unit_of(chain.arcs[e][0])[1] for e in arcs))


def named(chain: Chain, words: Sequence[str]) -> list[str]:
    """Products of the chain that words of a scenario stand for."""
    return [
        product
        for product in chain.products
        if any(product in (w, f"{w}_std", f"{w}_ht") or product.startswith(f"{w}:") for w in words)
    ]


def _arcs(chain: Chain, tie: Tie) -> list[int]:
    products = set(named(chain, tie.products))
    takers = set(chain.regions) if tie.takers == ("ALL",) else {chain.region_of[taker] for taker in tie.takers}
    origin = chain.region_of[tie.place]
    return [e for e, (p, o, d) in enumerate(chain.arcs) if p in products and o == origin and d in takers]


def _cut(inputs: Inputs, tie: Tie, passes: float) -> Inputs:
    """The inputs with what flows on the routes of a tie held to a share of the base flow in all months."""
    arcs = np.array(_arcs(inputs.chain, tie), dtype=np.int64)
    factor = np.full((len(inputs.months), arcs.size), passes)
    return replace(inputs, restrictions=(*inputs.restrictions, Restriction(tie.commitment_id, arcs, factor)))


def _made(chain: Chain, word: str) -> str:
    """The product of the chain that a plant makes: the refined one where a bare word names several."""
    found = named(chain, (word,))
    return next((product for product in found if product in (word, f"{word}:refined")), found[0])


def _with_plant(inputs: Inputs, tie: Tie, size: float) -> Inputs:
    """The inputs with what a plant adds in all months, sold ahead in whole; recycling is left as it is.

    The plant has stood for some time when the run begins: it does not ramp any more.
    """
    chain, region = inputs.chain, inputs.chain.region_of[tie.place]
    added = np.zeros((len(chain.activities), 1))
    recipes = {process.process_id: process for process in chain.processes}
    sold, ramp = dict(inputs.sold_ahead), inputs.ramp.copy()
    for word in tie.products:
        product = _made(chain, word)
        amount = size / chain.unit_of(product)[1] / MONTHS_A_YEAR
        at = next(
            a
            for a, (process_id, place) in enumerate(chain.activities)
            if place == region and next(iter(recipes[process_id].outputs)) == product and "recycling" not in process_id
        )
        added[at] += amount
        ramp[at] = 1.0
        sold[product, region] = np.full(len(inputs.months), amount)
    return replace(inputs, new_capacity=inputs.new_capacity + added, ramp=ramp, sold_ahead=sold)
