"""Laws that hold for every chain: what must never get worse, and what must change nothing. Objectives are compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_chain import SmallChain, Solved

from didymium.engine import solve
from didymium.model.network import SupplyNetwork, quantities

law = settings(derandomize=True, deadline=None, max_examples=50)
PLACES = ("AAA", "BBB", "CCC")
AFTER = 4  # months of a run
SLACK = 1e-7  # of the objective: what two solves may differ by


@dataclass(frozen=True)
class Tale:
    """A random chain in words: who digs, makes, ships and wants how much, and what is cut."""

    mines: tuple[tuple[str, int], ...]
    plants: tuple[tuple[str, int], ...]
    routes: tuple[tuple[str, str, str, int], ...]
    users: tuple[tuple[str, str, int, int], ...]
    cover: int
    spare: float
    cut: tuple[str, str, str]
    first: int
    length: int
    passes: float

    def chain(self, name: Callable[[str], str] = str, tonne: float = 1.0, **settings: Any) -> SmallChain:
        """The chain of the tale, with its places renamed and its unit of mass changed."""
        chain = SmallChain(
            **{
                "months": AFTER, "prices": {"ore": 8.0, "good": 40.0, "slag": 1.0}, "cover_days": self.cover,
                "pool_days": {"ore": 15.0}, "spare": self.spare, "ramp": 0.3, "discount": 0.07, "convenience": 0.01,
                "freight": 0.5, "flow_growth": 0.03, "new_supplier_share": 0.1, "qualification": 2,
            } | settings
        )  # fmt: skip
        chain.process("dig", "mine", {}, {"ore": 1.0})
        chain.process("make", "magnet", {"ore": 1.25}, {"good": 1.0, "slag": 0.2})
        for process, plants in (("dig", self.mines), ("make", self.plants)):
            for place, amount in plants:
                chain.runs(process, name(place), amount * tonne)
        for product, origin, destination, amount in self.routes:
            chain.ships(product, name(origin), name(destination), amount * tonne)
        for place, sector, amount, value in self.users:
            chain.uses("good", name(place), sector, amount * tonne, value=value, flexible=(0.2, value / 5))
        product, origin, destination = self.cut
        return chain.cut([(product, name(origin), name(destination))], self.first, self.length, self.passes)


amounts = st.integers(2, 100)


@st.composite
def tales(draw: st.DrawFn) -> Tale:
    def some(places: tuple[str, ...]) -> list[str]:
        return draw(st.lists(st.sampled_from(places), min_size=1, unique=True))

    mines, plants, users = some(PLACES), some(PLACES), some(PLACES)
    pairs = [("ore", o, d) for o in mines for d in plants if o != d] + [
        ("good", o, d) for o in plants for d in users if o != d
    ]
    pairs = pairs or [("good", plants[0], "DDD")]
    routes = tuple((*pair, draw(st.one_of(st.just(0), amounts))) for pair in pairs)
    return Tale(
        mines=tuple((p, draw(amounts)) for p in mines),
        plants=tuple((p, draw(amounts)) for p in plants),
        routes=routes,
        users=tuple((p, s, draw(amounts), v) for p in users for s, v in (("cars", 900), ("fans", 200))),
        cover=draw(st.sampled_from([0, 20, 55])),
        spare=draw(st.sampled_from([0.0, 0.3])),
        cut=draw(st.sampled_from(pairs)),
        first=draw(st.integers(0, 2)),
        length=draw(st.integers(1, 4)),
        passes=draw(st.sampled_from([0.0, 0.25, 0.7])),
    )


def cost(chain: SmallChain) -> float:
    return chain.solved().solution.objective


def not_above(better: float, worse: float) -> bool:
    return better <= worse + SLACK * (1 + abs(worse))


@law
@given(tales())
def test_every_programme_is_proven(tale: Tale) -> None:
    answer = tale.chain().solved()
    assert answer.solution.certificate.holds(1e-8)
    assert answer.solution.x.min() >= -1e-9


@law
@given(tales(), st.floats(0, 1))
def test_a_deeper_cut_never_costs_less(tale: Tale, share: float) -> None:
    deeper = replace(tale, passes=tale.passes * share)
    assert not_above(cost(tale.chain()), cost(deeper.chain()))


@law
@given(tales(), st.integers(1, 3))
def test_a_longer_cut_never_costs_less(tale: Tale, more: int) -> None:
    longer = replace(tale, length=tale.length + more)
    earlier = replace(tale, first=max(tale.first - more, 0), length=tale.length + min(more, tale.first))
    before = cost(tale.chain())
    assert not_above(before, cost(longer.chain()))
    assert not_above(before, cost(earlier.chain()))


@law
@given(tales(), st.integers(0, 5), st.floats(0.1, 50))
def test_more_capacity_never_costs_more(tale: Tale, which: int, more: float) -> None:
    chain = tale.chain()
    inputs, base = chain.inputs, chain.base
    before = cost(chain)
    inputs.new_capacity[which % len(chain.activities)] += more
    assert not_above(solved_with(chain, inputs, base), before)


def solved_with(chain: SmallChain, inputs: Any, base: Any) -> float:
    """Objective for inputs that were changed by hand."""

    class Changed(SmallChain):
        @property
        def inputs(self) -> Any:
            return inputs

        @property
        def base(self) -> Any:
            return base

    return Changed(months=chain.months, public_days=chain.public_days).solved().solution.objective


@law
@given(tales(), st.floats(0.1, 100))
def test_a_public_stock_never_costs_more_and_saves_no_more_than_its_dual(tale: Tale, held: float) -> None:
    """The stock lies at a plant, as ore. What it saves is at most what its first tonne saves."""
    chain = tale.chain()
    at = ("ore", tale.plants[0][0])
    network = SupplyNetwork.of(chain.chain, months=AFTER, bands=2, public=(at,))
    q = quantities(replace(chain.inputs, public_cover_days={at[::-1]: 0.0}), chain.base, network)
    none, some = (solve(network.programme(replace(q, public_stock=np.array([t])))) for t in (0.0, held))
    assert not_above(some.objective, none.objective)
    first_tonne = -none.row_dual[network.layout.rows_of("public_stock")[0]]
    assert not_above(none.objective - some.objective, held * first_tonne)


@law
@given(tales(), st.sampled_from([10.0, 1000.0]))
def test_kilograms_or_tonnes_give_the_same_shares(tale: Tale, scale: float) -> None:
    """All quantities times k: all money times k, all quantities of the plan times k."""
    small, large = tale.chain().solved(), tale.chain(tonne=scale).solved()
    assert large.solution.objective == pytest.approx(scale * small.solution.objective, rel=SLACK, abs=scale * 1e-7)
    assert short(large) == pytest.approx(scale * short(small), rel=1e-5, abs=scale * 1e-5)


def short(answer: Solved) -> float:
    """Value of all unserved demand: the same in every optimum only up to ties, so it is compared loosely."""
    lay = answer.network.layout
    columns = lay.columns_of("unserved", lay.uses * lay.bands).ravel()
    return float(answer.lp.cost[columns] @ answer.solution.x[columns])


@law
@given(tales(), st.permutations(PLACES), st.randoms(use_true_random=False))
def test_names_and_order_of_places_change_nothing(tale: Tale, names: list[str], random: Any) -> None:
    other = dict(zip(PLACES, names, strict=True)) | {"DDD": "EEE"}
    mixed = {}
    for part in ("mines", "plants", "routes", "users"):
        listed = list(getattr(tale, part))
        random.shuffle(listed)
        mixed[part] = tuple(listed)
    assert cost(replace(tale, **mixed).chain(name=other.__getitem__)) == pytest.approx(
        cost(tale.chain()), rel=SLACK, abs=1e-7
    )


@law
@given(tales(), amounts)
def test_an_irrelevant_product_changes_nothing_else(tale: Tale, amount: int) -> None:
    """A second chain in the same places, cut off from the first: costs add up, unserved demand of the first stays."""

    def add(chain: SmallChain) -> SmallChain:
        chain.prices["gallium"] = 300.0
        chain.process("refine", "separated", {}, {"gallium": 1.0}).runs("refine", "AAA", amount / 2)
        return chain.uses("gallium", "AAA", "chips", amount, value=5000)

    alone = add(
        SmallChain(
            **{
                k: getattr(tale.chain(), k)
                for k in ("months", "cover_days", "ramp", "discount", "convenience", "spare")
            }
        )
    )
    before, after = tale.chain().solved(), add(tale.chain()).solved()
    assert after.solution.objective == pytest.approx(before.solution.objective + cost(alone), rel=SLACK, abs=1e-6)


@law
@given(tales())
def test_the_calendar_year_changes_nothing(tale: Tale) -> None:
    assert cost(tale.chain(start="2031-11")) == pytest.approx(cost(tale.chain()), rel=1e-12)


@law
@given(tales(), st.floats(1.0, 3.0))
def test_more_demand_never_leaves_less_unserved_value(tale: Tale, factor: float) -> None:
    """With demand alone scaled up (capacity as before) the value of what is missing does not fall."""
    chain = tale.chain(cover_days=0)
    base = chain.base
    more = replace(base, use=base.use * factor)
    assert not_above(solved_short(chain, base), solved_short(chain, more))


def solved_short(chain: SmallChain, base: Any) -> float:
    """Least value of unserved demand when nothing else costs anything: prices and stocks are worth nothing."""
    inputs = replace(
        chain.inputs,
        base_price=np.zeros(len(chain.inputs.base_price)),
        freight=np.zeros(len(chain.inputs.freight)),
        convenience_rate=0.0,
    )
    return solved_with(chain, inputs, base)


@law
@given(tales(), st.floats(0, 1))
def test_a_mix_of_two_worlds_costs_no_more_than_the_mean(tale: Tale, weight: float) -> None:
    """Cost is convex in what passes: half a cut is at most half as bad as none and a whole one together."""
    world = [replace(tale, passes=share) for share in (0.0, 0.8, 0.8 * weight)]
    none, most, mixed = (cost(w.chain()) for w in world)
    assert not_above(mixed, weight * most + (1 - weight) * none)
