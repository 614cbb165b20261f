"""Goods split by origin: shares by hand, conservation, and what a cut by origin does and does not do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from small_chain import SmallChain
from test_model_laws import AFTER, Tale, not_above, tales

import didymium.data
from didymium.model.foresight import Runner, base_of
from didymium.model.mixing import trace
from didymium.model.outcome import Outcome
from didymium.scenario.inputs import Inputs, OriginRestriction, Restriction
from didymium.scenario.scenario import load

law = settings(derandomize=True, deadline=None, max_examples=25)
HAND = {"abs": 1e-6}


def two_sources() -> SmallChain:
    """Japan makes 100 t of magnets from 60 t of Chinese and 40 t of Australian metal, and sends half to the USA."""
    chain = SmallChain(months=2)
    chain.process("smelt", "metal", {}, {"metal": 1.0}).process("make", "magnet", {"metal": 1.0}, {"good": 1.0})
    chain.runs("smelt", "CHN", 60).runs("smelt", "AUS", 40).runs("make", "JPN", 100)
    chain.ships("metal", "CHN", "JPN", 60).ships("metal", "AUS", "JPN", 40).ships("good", "JPN", "USA", 50)
    return chain.uses("good", "JPN", "cars", 50).uses("good", "USA", "fans", 50, value=2000)


def by_origin(chain: SmallChain, passes: float, product: str = "good", origin: str = "CHN") -> Inputs:
    """Only a share of goods with content from the origin passes between other places, in every month."""
    inputs = chain.inputs
    arcs = [e for e, (p, o, d) in enumerate(inputs.chain.arcs) if p == product and origin not in (o, d)]
    factor = np.full((chain.months, len(arcs)), passes)
    through = OriginRestriction("cut", np.array(arcs, dtype=np.int64), factor)
    return replace(inputs, track_origin=(origin,), origin_restrictions=(through,))


def run(inputs: Inputs, chain: SmallChain, sight: str = "coordinated") -> Outcome:
    return Runner.of(inputs, chain.base).run(inputs, sight)


def test_what_arrives_is_mixed_in_proportion() -> None:
    chain = two_sources()
    traced = trace(chain.chain, chain.base, ("CHN",))
    assert traced.share("metal", "JPN") == pytest.approx(0.4)
    assert [traced.share("good", place) for place in ("JPN", "USA")] == pytest.approx([0.4, 0.4])
    assert (traced.share("metal", "CHN"), traced.share("metal", "AUS")) == (0.0, 1.0)


def test_one_input_with_content_is_enough() -> None:
    """80 % of the neodymium and 20 % of the dysprosium are clean: at most a fifth of the alloy is."""
    chain = SmallChain(months=1)
    for metal, clean in (("nd", 80.0), ("dy", 20.0)):
        chain.process(f"smelt_{metal}", "metal", {}, {metal: 1.0})
        chain.runs(f"smelt_{metal}", "AUS", clean).runs(f"smelt_{metal}", "CHN", 100 - clean)
        chain.ships(metal, "AUS", "JPN", clean).ships(metal, "CHN", "JPN", 100 - clean)
    chain.process("cast", "alloy", {"nd": 1.0, "dy": 1.0}, {"alloy": 1.0}).runs("cast", "JPN", 100)
    chain.uses("alloy", "JPN", "cars", 100)
    traced = trace(chain.chain, chain.base, ("CHN",))
    assert traced.share("alloy", "JPN") == pytest.approx(0.2)


def test_what_is_recycled_keeps_its_origin() -> None:
    """90 t of oxide, half Chinese, and 10 t from the swarf of what is made of all of it: s = (45 + 10 s) / 100."""
    chain = SmallChain(months=1).process("leach", "separated", {}, {"oxide": 1.0})
    chain.process("make", "magnet", {"oxide": 1.0}, {"good": 0.9, "swarf": 0.1})
    chain.process("back", "separated", {"swarf": 1.0}, {"oxide": 1.0})
    chain.runs("leach", "JPN", 45).runs("leach", "CHN", 45).runs("make", "JPN", 100).runs("back", "JPN", 10)
    chain.ships("oxide", "CHN", "JPN", 45).uses("good", "JPN", "cars", 90)
    assert trace(chain.chain, chain.base, ("CHN",)).share("good", "JPN") == pytest.approx(0.5)


@pytest.mark.parametrize(("passes", "short"), [(0.0, 10.0), (0.2, 4.0), (0.5, 0.0), (1.0, 0.0)])
@pytest.mark.parametrize("sight", ["coordinated", "myopic"])
def test_a_third_country_exports_what_is_clean_first(passes: float, short: float, sight: str) -> None:
    """40 t of Japan's magnets are clean, and all of them can go abroad; of the other 30 t that went, a share passes.

    The USA want 50 t: 10 − 30 · passes are missing.
    """
    chain = two_sources()
    outcome = run(by_origin(chain, passes), chain, sight)
    usa = outcome.network.chain.uses.index(("good", "USA", "fans"))
    assert outcome.unserved[:, usa] == pytest.approx([short, short], **HAND)
    assert outcome.unserved.sum() == pytest.approx(2 * short, **HAND)


def test_clean_stock_is_carried_from_month_to_month() -> None:
    """30 days of metal lie in Japan, two fifths of it clean; Australian metal stops. Without foresight as with it,
    39.4 t of clean magnets can leave in the two months.
    """
    chain = two_sources()
    chain.pool_days, chain.discount = {"metal": 30.0}, 0.07
    chain.cut([("metal", "AUS", "JPN")], 0, 2)
    for sight in ("coordinated", "myopic"):
        outcome = run(by_origin(chain, 0.0), chain, sight)
        sent = outcome.flow[:, outcome.network.chain.arcs.index(("good", "JPN", "USA"))]
        assert sent.sum() == pytest.approx(0.4 * 100 * 30 / (365.25 / 12), **HAND)


@law
@given(tales())
def test_tags_add_up_and_balance(tale: Tale) -> None:
    chain = tale.chain()
    base, net = chain.base, chain.chain
    traced = trace(net, base, ("AAA",))
    parts = traced.split(net, base)
    assert set(parts) == {"AAA", "*"}
    for kind, whole in (("activity", base.activity), ("flow", base.flow), ("use", base.use)):
        assert parts["AAA"][kind] + parts["*"][kind] == pytest.approx(whole, abs=1e-9)
        assert min(part[kind].min(initial=0.0) for part in parts.values()) >= -1e-9
    supply: dict[tuple[str, str], list[float]] = {}
    recipes = {p.process_id: p for p in net.processes}
    for a, (process, place) in enumerate(net.activities):
        for product, quantity in recipes[process].outputs.items():
            both = supply.setdefault((product, place), [0.0, 0.0])
            both[0] += float(base.activity[a]) * quantity
            both[1] += float(parts["*"]["activity"][a]) * quantity
    for e, (product, _origin, place) in enumerate(net.arcs):
        both = supply.setdefault((product, place), [0.0, 0.0])
        both[0] += float(base.flow[e])
        both[1] += float(parts["*"]["flow"][e])
    for (product, place), (whole, clean) in supply.items():
        if whole > 0 and place != "AAA":
            assert clean == pytest.approx(traced.share(product, place) * whole, abs=1e-6)


@law
@given(tales())
def test_without_a_cut_by_origin_nothing_changes(tale: Tale) -> None:
    chain = tale.chain()
    plain = chain.inputs
    tracked = run(replace(plain, track_origin=("AAA",)), chain)
    assert tracked.objective == pytest.approx(run(plain, chain).objective, rel=1e-7, abs=1e-7)


def leaving(chain: SmallChain, passes: float) -> Restriction:
    """The same share of all goods that leave AAA passes."""
    arcs = [e for e, (p, o, _) in enumerate(chain.chain.arcs) if p == "good" and o == "AAA"]
    return Restriction("direct", np.array(arcs, dtype=np.int64), np.full((AFTER, len(arcs)), passes))


@law
@given(tales())
def test_to_follow_content_never_costs_less(tale: Tale) -> None:
    """More than the direct cut alone, and more the less passes."""
    chain = tale.chain()
    direct = (*chain.inputs.restrictions, leaving(chain, tale.passes))
    alone = run(replace(chain.inputs, restrictions=direct), chain).objective
    through, deeper = (
        run(replace(by_origin(chain, passes, origin="AAA"), restrictions=direct), chain).objective
        for passes in (tale.passes, tale.passes / 2)
    )
    assert not_above(alone, through)
    assert not_above(through, deeper)


@law
@given(tales())
def test_names_do_not_matter(tale: Tale) -> None:
    def cost(name: Callable[[str], str]) -> float:
        chain = tale.chain(name)
        return run(by_origin(chain, tale.passes, origin=name("AAA")), chain).objective

    assert cost(str) == pytest.approx(
        cost({"AAA": "ZZZ", "BBB": "AAA", "CCC": "MMM", "DDD": "BBB"}.__getitem__), rel=1e-8
    )


@pytest.mark.slow
def test_the_magnet_chain_without_a_cut_by_origin_and_with_one() -> None:
    ds = didymium.data.open()
    story = load("cn-october-notices-origin")
    direct = story.model_copy(
        update={"cuts": tuple(c.model_copy(update={"origin": None, "exporter": "CHN"}) for c in story.cuts)}
    )
    inputs = direct.apply(ds)
    base = base_of(inputs)

    def cost(one: Inputs) -> float:
        return Runner.of(one, base).run(one, "coordinated").objective

    alone = cost(inputs)
    assert cost(replace(inputs, track_origin=("CHN",))) == pytest.approx(alone, rel=1e-7)
    assert cost(story.apply(ds)) > alone


@pytest.mark.slow
def test_any_input_of_the_recipes_is_more_than_a_thousandth_of_the_value() -> None:
    """So a rule of 0.1 % by value is the rule that any input with content is enough."""
    inputs = load("cn-october-notices-origin").apply(didymium.data.open())
    price = dict(zip(inputs.chain.products, inputs.base_price, strict=True))
    for process in inputs.chain.processes:
        worth = sum(price[p] * q for p, q in process.outputs.items())
        for product, quantity in process.inputs.items():
            if not product.startswith("ndfeb_swarf"):
                assert price[product] * quantity > 0.001 * worth, (process.process_id, product)
