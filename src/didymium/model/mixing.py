"""Where the content of goods comes from: the base year's flows traced back to the places of origin.

A product has content of the tracked regions as soon as it is made there, or as soon as any of its inputs has such
content: the rule of a control that reaches goods with a very small foreign share by value. What arrives at a place is
mixed in proportion to where it came from; a plant keeps inputs of one kind together as far as they go, so that the
clean share of its output is the least clean share among its inputs. The shares solve

    s_n · (made_n + arriving_n) = Σ_a out_an x_a min_i s_i  +  Σ_{e into n} f_e s_from(e)

with s = 0 at the tracked regions: a linear system for each choice of the input that binds, and a sequence of those that
only falls (policy iteration, Howard 1960).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymium.errors import SolverFailed
from didymium.model.calibrate import Base
from didymium.scenario.inputs import Chain

Floats = NDArray[np.float64]

LEAK = (
    1e-12  # of what circles: content that never came from anywhere counts as tracked, and the system has one solution
)
SHARE_DIGITS = 9  # beyond these a share holds nothing but the leak and the rounding of the solver
MOST_ROUNDS = 100
ANY = "*"  # the tag of goods without tracked content


@dataclass(frozen=True, slots=True)
class Traced:
    """Clean shares, 0 to 1: of what is at hand at each (product, region), and of the output of each activity."""

    origin: tuple[str, ...]
    node: dict[tuple[str, str], float]
    activity: Floats  # (activity,)

    def share(self, product: str, region: str) -> float:
        """Share without tracked content of what is at hand; a node without any flow is clean unless at the origin."""
        return self.node.get((product, region), 0.0 if region in self.origin else 1.0)

    def split(self, chain: Chain, base: Base) -> dict[str, dict[str, Floats]]:
        """Activities, flows and uses of the base year [t/y] by tag: the tracked origin, and `*` for the rest."""
        flow = np.array([0.0 if o in self.origin else self.share(p, o) for p, o, _ in chain.arcs])
        use = np.array([self.share(p, r) for p, r, _ in chain.uses])
        tag = "+".join(self.origin)
        clean = {"activity": self.activity, "flow": flow, "use": use}
        whole = {"activity": base.activity, "flow": base.flow, "use": base.use}
        return {
            tag: {kind: whole[kind] * (1 - share) for kind, share in clean.items()},
            ANY: {kind: whole[kind] * share for kind, share in clean.items()},
        }


def trace(chain: Chain, base: Base, origin: Collection[str]) -> Traced:
    """Clean shares of the base year for content from the regions of `origin`.

    Raises SolverFailed when the choice of binding inputs does not settle.
    """
    from scipy import sparse
    from scipy.sparse.linalg import spsolve

    recipes = {p.process_id: p for p in chain.processes}
    number: dict[tuple[str, str], int] = {}
    for process_id, region in chain.activities:
        for product in (*recipes[process_id].inputs, *recipes[process_id].outputs):
            number.setdefault((product, region), len(number))
    for product, here, there in chain.arcs:
        number.setdefault((product, here), len(number))
        number.setdefault((product, there), len(number))
    for product, region, _sector in chain.uses:
        number.setdefault((product, region), len(number))
    at_origin = np.array([region in origin for _, region in number], dtype=np.bool_)
    arriving = [
        (number[p, d], number[p, o], float(max(base.flow[e], 0.0)))
        for e, (p, o, d) in enumerate(chain.arcs)
        if o not in origin
    ]
    supply = np.zeros(len(number))
    for e, (p, _o, d) in enumerate(chain.arcs):
        supply[number[p, d]] += max(base.flow[e], 0.0)
    made: list[tuple[int, int, float]] = []  # node, activity, tonnes
    for a, (process_id, region) in enumerate(chain.activities):
        for product, quantity in recipes[process_id].outputs.items():
            tonnes = float(max(base.activity[a], 0.0)) * quantity
            supply[number[product, region]] += tonnes
            made.append((number[product, region], a, tonnes))
    feeds = [[number[p, region] for p in recipes[q].inputs] for q, region in chain.activities]
    live = (supply > 0) & ~at_origin

    def solved(binding: list[int | None]) -> Floats:
        fresh = np.where(live | at_origin, 0.0, 1.0)
        parts = [(n, source, tonnes) for n, source, tonnes in arriving if live[n]]
        for n, a, tonnes in made:
            feed = binding[a]
            if not live[n]:
                continue
            if feed is None:
                fresh[n] += tonnes / supply[n]
            else:
                parts.append((n, feed, tonnes))
        rows, cols = ([part[i] for part in parts] for i in (0, 1))
        vals = np.array([tonnes / supply[n] for n, _, tonnes in parts])
        shape = (len(number), len(number))
        mix: Any = sparse.coo_array((vals * (1 - LEAK), (rows, cols)), shape=shape).tocsc()
        answer: Floats = np.clip(spsolve(sparse.eye_array(len(number), format="csc") - mix, fresh), 0.0, 1.0)
        return answer

    share = np.where(at_origin, 0.0, 1.0)
    binding: list[int | None] = [min(feed, key=lambda n: (share[n], n)) if feed else None for feed in feeds]
    for _ in range(MOST_ROUNDS):
        share = solved(binding)
        better: list[int | None] = [
            None
            if not feed
            else min(feed, key=lambda n: (share[n], n))
            if min(share[n] for n in feed) < share[old if old is not None else feed[0]] - LEAK
            else old
            for feed, old in zip(feeds, binding, strict=True)
        ]
        if better == binding:
            break
        binding = better
    else:
        raise SolverFailed("the origin of the base year's goods does not settle.", where="tracked origin")
    share = np.round(share, SHARE_DIGITS)
    activity = np.array(
        [
            0.0 if region in origin else 1.0 if feed is None else float(share[feed])
            for (_, region), feed in zip(chain.activities, binding, strict=True)
        ]
    )
    return Traced(tuple(sorted(origin)), {node: float(share[n]) for node, n in number.items()}, activity)
