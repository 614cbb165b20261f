"""The network: where things stand, what balances, what is proven."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_chain import SmallChain

from didymium.engine import Certificate, certificate
from didymium.model.network import DAYS_A_MONTH, SupplyNetwork, quantities
from didymium.model.outcome import Solve


def steady(**settings) -> SmallChain:
    """Ore in AAA, goods from BBB, users in CCC and BBB, with stocks everywhere."""
    settings = {
        "months": 6,
        "cover_days": 45,
        "pool_days": {"ore": 30.0},
        "discount": 0.07,
        "convenience": 0.01,
    } | settings
    chain = SmallChain(prices={"ore": 10.0, "good": 30.0, "slag": 1.0}, **settings)
    chain.process("dig", "mine", {}, {"ore": 1.0}).process("make", "magnet", {"ore": 1.25}, {"good": 1.0, "slag": 0.2})
    chain.runs("dig", "AAA", 125).runs("make", "BBB", 100).ships("ore", "AAA", "BBB", 125).ships(
        "good", "BBB", "CCC", 70
    )
    chain.uses("good", "CCC", "cars", 70, value=800, flexible=(0.2, 100))
    return chain.uses("good", "BBB", "motors", 30, value=600, flexible=(0.1, 90))


def test_every_column_and_row_has_one_place() -> None:
    """The groups of a layout cover all columns, and all rows, each once."""
    chain = steady(public_days={("BBB", "ore"): 10}).chain
    lay = SupplyNetwork.of(chain, months=3, bands=2, public=(("ore", "BBB"),), unrecorded=(("good", "BBB"),)).layout
    sizes = {
        "usual": lay.activities,
        "extra": lay.activities,
        "flow": lay.arcs,
        "delivery": lay.uses,
        "pool": len(lay.nodes),
        "user_stock": lay.uses,
        "unserved": lay.uses * lay.bands,
        "surplus": len(lay.nodes),
        "release": lay.public,
        "unrecorded": lay.unrecorded,
    }
    columns = np.concatenate([lay.columns_of(name, size).ravel() for name, size in sizes.items()])
    assert sorted(columns) == list(range(3 * lay.columns))
    rows = np.concatenate(
        [lay.rows_of(n).ravel() for n in ("balance", "use_balance", "ramp", "diversion", "public_stock")]
    )
    assert sorted(rows) == list(range(3 * lay.rows + lay.public))
    with pytest.raises(KeyError):
        lay.offset("no such group")


def test_nodes_are_where_something_can_happen() -> None:
    network = SupplyNetwork.of(steady().chain, months=1, bands=2)
    assert set(network.node_index) == {
        ("ore", "AAA"),
        ("ore", "BBB"),
        ("good", "BBB"),
        ("good", "CCC"),
        ("slag", "BBB"),
    }
    assert [network.layout.nodes[n] for n in network.arc_from] == [("ore", "AAA"), ("good", "BBB")]
    assert [network.layout.nodes[n] for n in network.arc_to] == [("ore", "BBB"), ("good", "CCC")]


def test_what_comes_in_goes_out_or_into_stock() -> None:
    """At each node and month: made + arriving + stock before = used + shipped + delivered + left over + stock after."""
    chain = steady().cut([("good", "BBB", "CCC")], first=1, months=2, passes=0.3).outage("dig", "AAA", 2, 2, stands=0.5)
    answer = chain.solved()
    lay, x = answer.network.layout, answer.solution.x
    recipes = {p.process_id: p for p in chain.chain.processes}
    pool = x[lay.columns_of("pool", len(lay.nodes))]
    before = np.vstack([answer.q.pool_before, pool[:-1]])
    for n, (product, place) in enumerate(lay.nodes):
        comes = before[:, n].copy()
        goes = pool[:, n] + answer.surplus(product, place)
        for process_id, region in chain.activities:
            if region == place:
                comes += recipes[process_id].outputs.get(product, 0.0) * answer.run(process_id, region)
                goes = goes + recipes[process_id].inputs.get(product, 0.0) * answer.run(process_id, region)
        for p, origin, destination in chain.arcs:
            if p == product and destination == place:
                comes += answer.flow(p, origin, destination)
            if p == product and origin == place:
                goes = goes + answer.flow(p, origin, destination)
        for u, (p, region, _) in enumerate(chain.wants):
            if (p, region) == (product, place):
                goes = goes + x[lay.columns_of("delivery", lay.uses)][:, u]
        np.testing.assert_allclose(comes, goes, atol=1e-6)


def test_users_get_use_or_miss() -> None:
    """At each use and month: delivered + stock before + unserved = demand + stock after."""
    chain = steady().cut([("good", "BBB", "CCC")], first=0, months=4, passes=0.1)
    answer = chain.solved()
    lay, x = answer.network.layout, answer.solution.x
    stock = x[lay.columns_of("user_stock", lay.uses)]
    before = np.vstack([answer.q.user_stock_before, stock[:-1]])
    unserved = np.stack([answer.unserved(*use).sum(axis=1) for use in chain.wants], axis=1)
    got = x[lay.columns_of("delivery", lay.uses)]
    np.testing.assert_allclose(got + before + unserved, answer.q.demand + stock, atol=1e-6)


def test_duals_prove_the_optimum() -> None:
    """Strong duality: the bound rebuilt from the duals alone equals the cost of the plan, in user units."""
    answer = steady().cut([("good", "BBB", "CCC")], first=1, months=3, passes=0.2).solved()
    proof = certificate(answer.lp, answer.solution.x, answer.solution.row_dual)
    assert proof.holds(1e-9)
    assert proof.bound == pytest.approx(proof.objective, rel=1e-9)


def test_without_a_cut_the_base_goes_on() -> None:
    """Nothing is unserved, every plant runs and every route carries as in the base year, stocks stay at their normal
    level.
    """
    answer = steady().solved()
    assert answer.run("make", "BBB") == pytest.approx([100] * 6, abs=1e-6)
    assert answer.run("dig", "AAA") == pytest.approx([125] * 6, abs=1e-6)
    assert answer.flow("good", "BBB", "CCC") == pytest.approx([70] * 6, abs=1e-6)
    lay, x = answer.network.layout, answer.solution.x
    assert x[lay.columns_of("unserved", lay.uses * lay.bands)].max() <= 1e-9
    np.testing.assert_allclose(
        x[lay.columns_of("user_stock", lay.uses)], np.tile(answer.q.user_stock_before, (6, 1)), atol=1e-6
    )


def test_stocks_cover_the_use_of_the_month() -> None:
    """Pool and users' stocks are days of cover of the month's use: they grow when demand does, and not before."""
    chain = steady(growth=[1.2, 1.2, 1.2, 1.5, 1.5, 1.5], spare=1.0, flow_growth=1.0)
    inputs = chain.inputs
    network = SupplyNetwork.of(inputs.chain, months=6, bands=2)
    q = quantities(inputs, chain.base, network)
    ore = network.node_index["ore", "BBB"]
    assert q.pool_before[ore] == pytest.approx(125 * 1.2 * 30 / DAYS_A_MONTH)
    assert q.pool_normal[[0, 5], ore] == pytest.approx(125 * np.array([1.2, 1.5]) * 30 / DAYS_A_MONTH)
    assert q.user_stock_before == pytest.approx(np.array([70, 30]) * 1.2 * 45 / DAYS_A_MONTH)
    assert q.user_stock_normal[5] == pytest.approx(np.array([70, 30]) * 1.5 * 45 / DAYS_A_MONTH)
    for made in (chain.solved().run("make", "BBB"), chain.outcome("myopic").activity[:, 1]):
        assert made == pytest.approx([120, 120, 120, 150 + 30 * 45 / DAYS_A_MONTH, 150, 150], abs=1e-6)


def test_bands_are_shares_of_the_demand_of_the_month() -> None:
    """Demand grows by half in the fourth month; with nothing made, both bands of both uses go unserved in full."""
    chain = steady(cover_days=0, pool_days={}, growth=[1.0, 1.0, 1.0, 1.5, 1.5, 1.5]).outage("make", "BBB", 0, 6)
    answer = chain.solved()
    for use, amount, share in ((("good", "CCC", "cars"), 70, 0.2), (("good", "BBB", "motors"), 30, 0.1)):
        wanted = amount * np.array([1.0, 1.0, 1.0, 1.5, 1.5, 1.5])
        assert answer.unserved(*use) == pytest.approx(np.outer(wanted, [share, 1 - share]), abs=1e-6)


def test_capacity_is_base_with_spare_and_new_plants_as_far_as_they_stand() -> None:
    """(100 · growth · 1.5 + new) · availability."""
    chain = steady(spare=0.5, growth=[1.0, 1.0, 1.0, 1.1, 1.1, 1.1]).outage("make", "BBB", 4, 2, stands=0.5)
    inputs = chain.inputs
    make = inputs.chain.activities.index(("make", "BBB"))
    inputs.new_capacity[make, 5] = 7.0
    q = quantities(inputs, chain.base, SupplyNetwork.of(inputs.chain, months=6, bands=2))
    assert q.activity_limit[:, make] == pytest.approx([150, 150, 150, 165, 82.5, 86])
    assert q.activity_usual[:, make] == pytest.approx([100, 100, 100, 110, 110, 110])


def test_flow_limits_grow_open_and_are_cut() -> None:
    """An established route grows by 3 % a month; a new one opens in the third month; a cut lets a share of the base
    pass.
    """
    chain = steady(flow_growth=0.03, new_supplier_share=0.1, qualification=2)
    chain.ships("good", "BBB", "DDD").uses("good", "DDD", "fans", 1)
    chain.cut([("good", "BBB", "CCC"), ("good", "BBB", "DDD")], first=4, months=1, passes=0.5)
    inputs = chain.inputs
    q = quantities(inputs, chain.base, SupplyNetwork.of(inputs.chain, months=6, bands=2))
    old, new = (list(chain.arcs).index(("good", "BBB", place)) for place in ("CCC", "DDD"))
    grown = 70 * 1.03 ** np.arange(6)
    assert q.flow_limit[:2, old] == pytest.approx(grown[:2])
    assert q.flow_limit[2:4, old] == pytest.approx(grown[2:4])  # what opens after qualification is for new routes only
    assert q.flow_limit[4, old] == pytest.approx(0.5 * 70)  # of the base flow
    assert q.flow_limit[:, new] == pytest.approx([0, 0, 10, 10, 5, 10])


def test_output_rises_by_its_ramp() -> None:
    """A plant that stood still comes back by a quarter of its capacity a month."""
    answer = steady(months=8, cover_days=0, ramp=0.25).outage("make", "BBB", 1, 2).solved()
    assert answer.run("make", "BBB") == pytest.approx([100, 0, 0, 25, 50, 75, 100, 100], abs=1e-6)


def test_a_change_of_quantities_is_the_same_programme() -> None:
    """`change` moves a solved programme to other quantities: the arrays are those of the programme built anew."""
    calm, cut = steady(), steady().cut([("good", "BBB", "CCC")], first=1, months=3)
    network = SupplyNetwork.of(calm.chain, months=6, bands=2)
    before, after = (network.programme(quantities(c.inputs, c.base, network)) for c in (calm, cut))
    moved = before.changed(network.change(before, quantities(cut.inputs, cut.base, network)))
    for name in ("cost", "row_lower", "row_upper", "col_lower", "col_upper"):
        np.testing.assert_array_equal(getattr(moved, name), getattr(after, name))


def test_records_of_solves_are_equal_by_what_they_say() -> None:
    one = Solve("2027-01", 3, 4, 9, "optimal", 7, Certificate(0.0, 0.0, 0.0, 5.0, 5.0), np.zeros(4), np.zeros(3))
    assert one == replace(one, x=np.ones(4), row_dual=np.ones(3)) != replace(one, status="time_limit")
