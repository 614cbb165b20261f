"""Disruptions by a seed: four or five at once, each an outage of a stage in a place or a cut of a product's exports.

This is the kind of scenario from which the floors of E2 come: 4 to 5 events, 120 to 240 changed bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from didymium.scenario.inputs import Chain
from didymium.scenario.scenario import Scenario, checked, shift

T = TypeVar("T")
Event = dict[str, Any]

LEFT = (0.0, 0.25, 0.5, 0.75)  # share of output or exports
MOST_START = 18  # month of the run before which each begins
SHORTEST, LONGEST = 2, 9  # months


def disruptions(story: Scenario, chain: Chain, count: int, seed: int) -> list[Scenario]:
    """`count` scenarios of the length and start of `story`, every place and exporter of the chain equally likely."""
    stage_of = {process.process_id: process.stage for process in chain.processes}
    stages = sorted({(stage_of[process], place) for process, place in chain.activities})
    exports = sorted({(_word(product), place) for product, place, _ in chain.arcs})
    rng = np.random.default_rng(seed)

    def one_of(choices: Sequence[T]) -> T:
        return choices[int(rng.integers(len(choices)))]

    told = []
    for number in range(count):
        outages: list[Event] = []
        cuts: list[Event] = []
        for _ in range(int(rng.integers(4, 6))):
            start = shift(story.start, int(rng.integers(min(MOST_START, story.months))))
            spell = {"start": start, "end": shift(start, int(rng.integers(SHORTEST, LONGEST + 1)))}
            left = one_of(LEFT)
            if rng.integers(2):
                stage, place = one_of(stages)
                outages.append({"place": place, "stage": stage, "availability": left, **spell})
            else:
                product, place = one_of(exports)
                cuts.append({"exporter": place, "products": (product,), "approval_share": left, **spell})
        parts = {"id": f"events-{number}", "outages": tuple(outages), "cuts": tuple(cuts)}
        told.append(checked(story.model_dump() | parts, where="events"))
    return told


def _word(product: str) -> str:
    """The name of a product in a scenario: without grade and without the deposit of an ore."""
    return product.removesuffix("_std").removesuffix("_ht").partition(":")[0]
