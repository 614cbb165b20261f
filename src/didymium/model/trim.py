"""Leave out what cannot carry: arcs from makers without output, uses and activities without a base.

The size of the programme decides how long a solve takes; an arc whose limit is zero or next to it in every month and
every draw only makes it larger. New routes open to makers of size, for what is processed further or wanted by users.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from didymium.model.calibrate import Base
from didymium.scenario.inputs import Inputs, OriginRestriction, Restriction

Member = TypeVar("Member")

LEAST_MAKER_SHARE = 0.005  # of world output: a maker below this opens no new route
LEAST_T = 0.5  # tonnes a year: below this a calibrated flow is no flow


@dataclass(frozen=True, slots=True)
class Kept:
    """Which members of a chain carry something: boolean masks over activities, arcs and uses."""

    activity: NDArray[np.bool_]
    arc: NDArray[np.bool_]
    use: NDArray[np.bool_]

    @classmethod
    def of(cls, inputs: Inputs, base: Base) -> Kept:
        """An activity stays with a base or new capacity, a use with demand, an arc with a flow or from a maker of size.
        What a new plant has sold ahead keeps its routes.

        An arc with a flow stays even if nothing takes the product where it ends: places ship on what they get.
        """
        chain = inputs.chain
        recipes = {p.process_id: p for p in chain.processes}
        activity = (base.activity >= LEAST_T) | (inputs.new_capacity.max(axis=1) > 0)
        made: dict[tuple[str, str], float] = {}
        for level, (process_id, region) in zip(base.activity, chain.activities, strict=True):
            for product, quantity in recipes[process_id].outputs.items():
                made[product, region] = made.get((product, region), 0.0) + float(level) * quantity
        world: dict[str, float] = {}
        for (product, _region), tonnes in made.items():
            world[product] = world.get(product, 0.0) + tonnes
        takers = {(p, r) for a, (q, r) in enumerate(chain.activities) if activity[a] for p in recipes[q].inputs}
        use = base.use >= LEAST_T
        takers |= {(p, r) for u, (p, r, _) in enumerate(chain.uses) if use[u]}
        arc = np.array(
            [
                base.flow[e] >= LEAST_T
                or (
                    (p, d) in takers
                    and (
                        made.get((p, o), 0.0) >= max(LEAST_T, LEAST_MAKER_SHARE * world.get(p, 0.0))
                        or (p, o) in inputs.sold_ahead
                    )
                )
                for e, (p, o, d) in enumerate(chain.arcs)
            ],
            dtype=np.bool_,
        )
        return cls(activity, arc, use)

    def inputs(self, inputs: Inputs) -> Inputs:
        """The same inputs over what is kept."""
        chain = inputs.chain
        new_arc = np.cumsum(self.arc) - 1
        restrictions = []
        for r in inputs.restrictions:
            stays = self.arc[r.arcs]
            restrictions.append(Restriction(r.name, new_arc[r.arcs[stays]].astype(np.int64), r.factor[:, stays]))
        return replace(
            inputs,
            chain=replace(
                chain,
                activities=_some(chain.activities, self.activity),
                arcs=_some(chain.arcs, self.arc),
                uses=_some(chain.uses, self.use),
            ),
            availability=inputs.availability[self.activity],
            spare=inputs.spare[self.activity],
            new_capacity=inputs.new_capacity[self.activity],
            ramp=inputs.ramp[self.activity],
            use_cover_days=inputs.use_cover_days[self.use],
            restrictions=tuple(restrictions),
            origin_restrictions=tuple(
                OriginRestriction(
                    r.name, new_arc[r.arcs[self.arc[r.arcs]]].astype(np.int64), r.factor[:, self.arc[r.arcs]]
                )
                for r in inputs.origin_restrictions
            ),
        )

    def base(self, base: Base) -> Base:
        """The same base year over what is kept."""
        return replace(base, activity=base.activity[self.activity], flow=base.flow[self.arc], use=base.use[self.use])

    def left_out(self) -> Mapping[str, int]:
        """How many members of each kind were left out."""
        return {
            "activities": int((~self.activity).sum()),
            "arcs": int((~self.arc).sum()),
            "uses": int((~self.use).sum()),
        }


def _some(members: tuple[Member, ...], mask: NDArray[np.bool_]) -> tuple[Member, ...]:
    return tuple(m for m, keep in zip(members, mask, strict=True) if keep)
