"""Single points of failure: how much still reaches a party when one place stops, by maximum flow through the stages.

A chain is a list of stages. At each stage places have a capacity; between stages goods go where arcs lead, or anywhere
if no arcs are known. All amounts are in one unit of the final good (output of each stage over what one unit needs
of it).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Place = str
Arc = tuple[Place, Place]

RESOLUTION = 10**9
"""Flows are computed in whole parts: the total of the largest stage over this number, which fits 32 bits."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What the loss of one place at all stages leaves: part of the undisturbed flow [fraction]."""

    place: Place
    left_share: float


def largest_flow(
    stages: Sequence[Mapping[Place, float]],
    arcs: Sequence[Mapping[Arc, float] | None] = (),
    without: Place | None = None,
) -> float:
    """Greatest amount that can pass all stages, with one place left out of each if named.

    `stages`: capacity of each place, stage by stage. `arcs`: for each step from a stage to the next the capacity of
    each pair of places, or None where goods may go anywhere; left out = anywhere throughout.

    >>> largest_flow([{"A": 1.0}, {"B": 1.0}, {"C": 1.0}])
    1.0
    >>> largest_flow([{"A": 1.0}, {"B": 1.0}, {"C": 1.0}], without="B")
    0.0
    >>> twins = [{"A": 0.6, "B": 0.4}, {"A": 0.6, "B": 0.4}]
    >>> round(largest_flow(twins, [{("A", "A"): 1.0, ("B", "B"): 1.0}], without="A"), 8)
    0.4
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_flow

    steps = list(arcs) or [None] * (len(stages) - 1)
    places = [(number, place) for number, stage in enumerate(stages) for place in stage if place != without]
    entry = {key: 1 + 2 * i for i, key in enumerate(places)}  # a place is an arc from its entry to its exit
    sink = 1 + 2 * len(places)
    hubs = {number: sink + 1 + i for i, number in enumerate(n for n, step in enumerate(steps) if step is None)}
    largest = max((sum(stage.values()) for stage in stages), default=0.0)
    if largest <= 0.0 or any(not any(number == n for number, _ in places) for n in range(len(stages))):
        return 0.0
    edges: list[tuple[int, int, float]] = []
    for number, place in places:
        node = entry[number, place]
        edges.append((node, node + 1, stages[number][place]))
        if number == 0:
            edges.append((0, node, stages[number][place]))
        if number == len(stages) - 1:
            edges.append((node + 1, sink, stages[number][place]))
        if number in hubs:
            edges.append((node + 1, hubs[number], stages[number][place]))
        if number - 1 in hubs:
            edges.append((hubs[number - 1], node, stages[number][place]))
    for number, step in enumerate(steps):
        for (start, end), capacity in (step or {}).items():
            if (number, start) in entry and (number + 1, end) in entry:
                edges.append((entry[number, start] + 1, entry[number + 1, end], capacity))
    tail, head, capacity_of = (np.array(column) for column in zip(*edges, strict=True))
    whole = np.rint(np.minimum(capacity_of, largest) / largest * RESOLUTION).astype(np.int32)
    nodes = sink + 1 + len(hubs)
    flow = maximum_flow(csr_array((whole, (tail, head)), shape=(nodes, nodes)), 0, sink).flow_value
    return float(flow) / RESOLUTION * largest


def single_points_of_failure(
    stages: Sequence[Mapping[Place, float]], arcs: Sequence[Mapping[Arc, float] | None] = ()
) -> list[Failure]:
    """Every place, by what its loss leaves of the flow, the worst first; equal ones by name.

    >>> [(one.place, round(one.left_share, 8)) for one in single_points_of_failure([{"A": 0.6, "B": 0.4}])]
    [('A', 0.4), ('B', 0.6)]
    """
    whole = largest_flow(stages, arcs)
    if whole <= 0.0:
        return []
    places = sorted({place for stage in stages for place in stage})
    found = [Failure(place, largest_flow(stages, arcs, place) / whole) for place in places]
    return sorted(found, key=lambda one: (one.left_share, one.place))
