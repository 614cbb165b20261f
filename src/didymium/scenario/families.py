"""Several families as one network: their inputs joined, what they share told once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from didymium.scenario.inputs import Chain, Floats, Inputs, Observation
from didymium.scenario.observing import Index


def join_chains(chains: Sequence[Chain]) -> Chain:
    """One chain out of several. A product, process, route or use that several have is the same thing.

    A product that one of them makes and neither uses nor processes may be left over in the whole: whoever wants
    magnets gets lanthanum too. Each chain keeps its own regions for its own products; a place that any of them knows by
    itself is known by itself in the whole.
    """
    if len(chains) == 1:
        return chains[0]
    free: set[str] = set()
    for chain in chains:
        made = {product for process in chain.processes for product in process.outputs}
        free |= chain.free | (made - chain.settled)
    region_of: dict[str, str] = {}
    for chain in chains:
        for place, region in chain.region_of.items():
            region_of[place] = place if region == place else region_of.get(place, region)
    return Chain(
        products=tuple(dict.fromkeys(p for c in chains for p in c.products)),
        product_stage={p: s for c in reversed(chains) for p, s in c.product_stage.items()},
        regions=tuple(dict.fromkeys(r for c in chains for r in c.regions)),
        processes=tuple({p.process_id: p for c in chains for p in c.processes}.values()),
        activities=tuple(dict.fromkeys(a for c in chains for a in c.activities)),
        arcs=tuple(dict.fromkeys(e for c in chains for e in c.arcs)),
        uses=tuple(dict.fromkeys(u for c in chains for u in c.uses)),
        region_of=region_of,
        groups={name: places for c in chains for name, places in c.groups.items()},
        free=frozenset(free),
        units={p: unit for c in reversed(chains) for p, unit in c.units.items()},
    )


def join(parts: Sequence[Inputs]) -> Inputs:
    """One set of inputs out of several families' for the same base year and months.

    Where two families tell a number of the same thing, the first one's holds.
    """
    first = parts[0]
    if len(parts) == 1:
        return first
    chain = join_chains([part.chain for part in parts])
    index = Index.of(chain)
    where: dict[str, Mapping[Any, int]] = {"activity": index.activity, "arc": index.arc, "use": index.use}
    unseen: dict[int, float] = {}
    growth: dict[str, Floats] = {}
    for part in parts:
        for e, sigma in part.unseen.items():
            unseen.setdefault(index.arc[part.chain.arcs[e]], sigma)
        for product in part.chain.products:
            growth.setdefault(product, part.growth_of([product])[:, 0])

    def gathered(name: str, members: str) -> Floats:
        at: dict[object, Floats] = {}
        for part in parts:
            for member, value in zip(getattr(part.chain, members), getattr(part, name), strict=True):
                at.setdefault(member, value)
        return np.array([at[member] for member in getattr(chain, members)])

    seen = [_moved(o, part.chain, where) for part in parts for o in part.observations]
    spoken = {i for o in seen if len(o.terms) == 1 for kind, i, _ in o.terms if kind == "arc"}
    return replace(
        first,
        chain=chain,
        observations=tuple(seen),
        unseen={e: sigma for e, sigma in unseen.items() if e not in spoken},
        availability=gathered("availability", "activities"),
        spare=gathered("spare", "activities"),
        new_capacity=gathered("new_capacity", "activities"),
        ramp=gathered("ramp", "activities"),
        bands={sector: bands for part in reversed(parts) for sector, bands in part.bands.items()},
        use_cover_days=gathered("use_cover_days", "uses"),
        pool_cover_days=gathered("pool_cover_days", "products"),
        public_cover_days={k: v for part in parts for k, v in part.public_cover_days.items()},
        base_price=gathered("base_price", "products"),
        freight=gathered("freight", "products"),
        qualification_months=gathered("qualification_months", "products"),
        warnings=tuple(dict.fromkeys(w for part in parts for w in part.warnings)),
        growth_by_product=growth,
    )


def _moved(seen: Observation, chain: Chain, where: Mapping[str, Mapping[Any, int]]) -> Observation:
    """The same observation over the members of the joint chain."""
    members: dict[str, tuple[Any, ...]] = {"activity": chain.activities, "arc": chain.arcs, "use": chain.uses}
    terms = tuple((kind, where[kind][members[kind][i]], c) for kind, i, c in seen.terms)
    return replace(seen, terms=terms)
