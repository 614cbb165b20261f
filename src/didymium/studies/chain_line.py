"""One line through a chain: the steps on the way of a product, and at each who makes what others use.

The answer of `reconcile` holds output and flows of a balanced base year. A place that only passes goods on makes none
of them: what arrives is taken to be mixed in proportion to where it came from, so that use can be told by maker.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from didymium.results import Result, Row
from didymium.scenario.inputs import Chain

SUMS = ("output_t", "top_share", "shipped_share")
"""What is told of a stage as a whole."""


@dataclass(frozen=True, slots=True)
class Step:
    """A stage on the line: its products, output by place, shipments, and use by place of making [`unit`/y]."""

    stage: str
    products: tuple[str, ...]
    unit: str
    made: Mapping[str, float]
    shipped: Mapping[tuple[str, str], float]  # (seller, buyer)
    used: Mapping[tuple[str, str], float]  # (maker, user)

    @property
    def total(self) -> float:
        """Output of all places."""
        return sum(self.made.values())


def sum_of(step: Step, column: str) -> float:
    """Output of all places, share of the largest, or share that is used elsewhere than it was made.

    >>> step = Step("mine", ("x",), "t", {"CHN": 90.0, "USA": 10.0}, {}, {("CHN", "CHN"): 60.0, ("CHN", "JPN"): 30.0})
    >>> [sum_of(step, column) for column in SUMS]
    [100.0, 0.9, 0.3]
    """
    if column == "output_t":
        return step.total
    if column == "top_share":
        return max(step.made.values()) / step.total
    return sum(t for (maker, user), t in step.used.items() if maker != user) / step.total


def terms_of(step: Step, column: str) -> list[tuple[tuple[str, ...], float]]:
    """What a sum adds [`unit`/y], by place or by maker and user, the largest first; of a top share the largest alone.

    >>> step = Step("mine", ("x",), "t", {"USA": 10.0, "CHN": 90.0}, {}, {("CHN", "CHN"): 60.0, ("CHN", "JPN"): 30.0})
    >>> terms_of(step, "output_t"), terms_of(step, "shipped_share")
    ([(('CHN',), 90.0), (('USA',), 10.0)], [(('CHN', 'JPN'), 30.0)])
    """
    found: list[tuple[tuple[str, ...], float]]
    if column == "shipped_share":
        found = [(pair, t) for pair, t in step.used.items() if pair[0] != pair[1]]
    else:
        found = [((place,), t) for place, t in step.made.items()]
    ordered = sorted(found, key=lambda term: (-term[1], term[0]))
    return ordered[:1] if column == "top_share" else ordered


def products_of(result: Result) -> list[str]:
    """Products that a line may be drawn for: those that are made and shipped, in the order of the answer."""
    shipped = {str(r["product"]) for r in result.tables["flows"]}
    return [p for p in dict.fromkeys(str(r["product"]) for r in result.tables["output"]) if p in shipped]


def stages_on(chain: Chain, product: str, positions: Mapping[str, int]) -> list[tuple[str, tuple[str, ...]]]:
    """The stages and products from which `product` is made and that are made from it, in the order of the chain.

    `positions`: place of each stage in the chain. Recycling, which leads back, and left-over co-products are not on it.
    """
    before = _closure(chain, product, positions, forward=False)
    after = _closure(chain, product, positions, forward=True)
    grouped: dict[str, list[str]] = {}
    for one in chain.products:
        if one in before | after | {product}:
            grouped.setdefault(chain.product_stage[one], []).append(one)
    return [(s, tuple(grouped[s])) for s in sorted(grouped, key=lambda s: positions[s])]


def _closure(chain: Chain, product: str, positions: Mapping[str, int], *, forward: bool) -> set[str]:
    found: set[str] = set()
    ahead = [product]
    while ahead:
        one = ahead.pop()
        for process in chain.processes:
            here, there = (process.inputs, process.outputs) if forward else (process.outputs, process.inputs)
            if one not in here:
                continue
            for other in there:
                moved = positions[chain.product_stage[other]] - positions[chain.product_stage[one]]
                is_on = (moved > 0) == forward and moved and other not in chain.free
                if is_on and other not in found and not _leads_back(chain, other, positions):
                    found.add(other)
                    ahead.append(other)
    return found


def _leads_back(chain: Chain, product: str, positions: Mapping[str, int]) -> bool:
    """Whether all that is made of a product stands before it, as with scrap."""
    made = [o for process in chain.processes if product in process.inputs for o in process.outputs]
    return bool(made) and all(positions[chain.product_stage[o]] < positions[chain.product_stage[product]] for o in made)


def steps(result: Result, stages: Sequence[tuple[str, tuple[str, ...]]]) -> list[Step]:
    """The steps of a line in numbers; stages whose goods never leave the place where they are made are left out."""
    found = [_step(result, stage, products) for stage, products in stages]
    made = [s for s in found if s.made]
    return [s for s in made if s.shipped or s is made[-1]]


def _step(result: Result, stage: str, products: tuple[str, ...]) -> Step:
    made = _summed(result.tables["output"], products, ("region",), "output_t")
    shipped = _summed(result.tables["flows"], products, ("origin", "destination"), "flow_t")
    rows = [r for r in result.tables["output"] if r["product"] in products]
    unit = str(rows[0].get("unit", "t")) if rows else "t"
    by_place = {str(place[0]): t for place, t in made.items()}
    flows = {(str(o), str(d)): t for (o, d), t in shipped.items()}
    return Step(stage, products, unit, by_place, flows, used_from(by_place, flows))


def _summed(rows: Sequence[Row], products: Collection[str], by: Sequence[str], column: str) -> dict[Any, float]:
    sums: dict[Any, float] = {}
    for row in rows:
        if row["product"] in products:
            key = tuple(row[b] for b in by)
            sums[key] = sums.get(key, 0.0) + float(str(row[column]))
    return sums


def used_from(made: Mapping[str, float], shipped: Mapping[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    """What each place uses, by the place that made it, if goods are mixed in proportion to where they came from.

    The shares x of makers at a place d solve x_d · (made_d + Σ_o f_od) = made_d e_d + Σ_o f_od x_o.

    >>> used_from({"CHN": 90.0}, {("CHN", "MYS"): 40.0, ("MYS", "JPN"): 30.0})
    {('CHN', 'CHN'): 50.0, ('CHN', 'JPN'): 30.0, ('CHN', 'MYS'): 10.0}
    """
    import numpy as np

    places = sorted({*made, *(p for pair in shipped for p in pair)})
    at = {place: i for i, place in enumerate(places)}
    flow = np.zeros((len(places), len(places)))  # buyer × seller
    for (seller, buyer), tonnes in shipped.items():
        flow[at[buyer], at[seller]] += tonnes
    output = np.array([made.get(p, 0.0) for p in places])
    supply = output + flow.sum(axis=1)
    shares = np.linalg.solve(np.diag(np.where(supply > 0, supply, 1.0)) - flow, np.diag(output))
    left = np.maximum(supply - flow.sum(axis=0), 0.0)
    amounts = shares * left[:, None]
    return {
        (maker, user): float(round(amounts[at[user], at[maker]], 6))
        for maker in places
        for user in places
        if amounts[at[user], at[maker]] > 1e-6
    }
