"""The network of a plan on a chain small enough to look at: what is folded, opened, weighed, skipped and raised."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from small_chain import SmallChain

from didymium.engine import Triples, solve
from didymium.model import plan_network
from didymium.model.ledger import Addition
from didymium.model.network import MUSD_PER_T, PUBLIC_VALUE_SHARE
from didymium.model.plan_network import CHINA, PARTNERS, REST, PlanNetwork, joined, of_choice

MONTHS, QUARTERS = 8, 3  # the last quarter has two months
PRICES = {"ndpr_oxide": 60.0, "dy_oxide": 300.0, "tb_oxide": 900.0, "ndpr_metal": 80.0}
PRICES |= {"alloy_std": 30.0, "alloy_ht": 45.0, "block_std": 40.0, "block_ht": 60.0}
PRICES |= {"ndfeb_magnet_std": 60.0, "ndfeb_magnet_ht": 90.0}
GROWTH = tuple(1.0 + 0.02 * t for t in range(MONTHS))


def small(**settings: Any) -> SmallChain:
    """All steps in China; oxide in Viet Nam and Brazil too, all steps from metal on in Japan, users in both parties."""
    settings = {"months": MONTHS, "prices": PRICES, "growth": GROWTH, "spare": 0.1, "ramp": 0.2} | settings
    chain = SmallChain(public_days={("JPN", "ndpr_metal"): 30.0}, **settings)
    for product in ("ndpr", "dy", "tb"):
        chain.process(f"sep_{product}", "separated", {}, {f"{product}_oxide": 1.0})
    chain.process("red_ndpr", "metal", {"ndpr_oxide": 1.2}, {"ndpr_metal": 1.0})
    for grade, heavy in (("std", {}), ("ht", {"dy_oxide": 0.02, "tb_oxide": 0.01})):
        chain.process(f"alloy_{grade}", "alloy", {"ndpr_metal": 0.3, **heavy}, {f"alloy_{grade}": 1.0})
        chain.process(f"sinter_{grade}", "magnet", {f"alloy_{grade}": 1.1}, {f"block_{grade}": 1.0})
        chain.process(f"machine_{grade}", "magnet", {f"block_{grade}": 1.25}, {f"ndfeb_magnet_{grade}": 1.0})
    for process, region, tonnes in (
        ("sep_ndpr", "CHN", 90.0),
        ("sep_dy", "CHN", 2.0),
        ("sep_tb", "CHN", 1.0),
        ("sep_ndpr", "VNM", 4.95),
        ("sep_ndpr", "BRA", 3.0),
        ("red_ndpr", "CHN", 75.0),
        ("red_ndpr", "JPN", 4.125),
        ("alloy_std", "JPN", 13.75),
        ("sinter_std", "JPN", 12.5),
        *((f"{step}_{grade}", "CHN", 100.0) for step in ("alloy", "sinter", "machine") for grade in ("std", "ht")),
        ("machine_std", "JPN", 10.0),
    ):
        chain.runs(process, region, tonnes)
    chain.ships("ndpr_oxide", "VNM", "JPN", 4.95).ships("ndpr_oxide", "BRA", "CHN", 3.0)
    chain.ships("ndpr_oxide", "BRA", "JPN", 0.0)
    for grade, usa, japan in (("std", 20.0, 30.0), ("ht", 8.0, 12.0)):
        chain.ships(f"ndfeb_magnet_{grade}", "CHN", "USA", usa).ships(f"ndfeb_magnet_{grade}", "CHN", "JPN", japan)
        for region, tonnes in (("USA", usa), ("JPN", japan)):
            chain.uses(f"ndfeb_magnet_{grade}", region, f"cars_{grade}", tonnes, value=700.0, flexible=(0.2, 150.0))
    return chain


HEAVY = 0.3


def of(chain: SmallChain) -> PlanNetwork:
    return PlanNetwork.of(
        chain.inputs,
        chain.base,
        parties={"USA": ("USA",), "JPN": ("JPN",)},
        partners=frozenset({"VNM"}),
        forms=("ndpr_oxide", "dy_oxide"),
        heavy_share=HEAVY,
    )


@cache
def network() -> PlanNetwork:
    return of(small())


def test_every_region_is_of_a_party_china_a_partner_or_the_rest() -> None:
    one = network()
    assert dict(one.places) == {"CHN": CHINA, "USA": "USA", "JPN": "JPN", "VNM": PARTNERS, "BRA": REST}
    assert one.parties == ("USA", "JPN") and one.heavy_share == HEAVY
    assert one.forms == (("ndpr_oxide", "USA"), ("dy_oxide", "USA"), ("ndpr_oxide", "JPN"), ("dy_oxide", "JPN"))
    assert one.network.layout.months == QUARTERS and one.whole.layout.months == MONTHS
    assert one.network.layout.public == 1 + len(one.forms)
    own = {(p, r) for p, r in one.network.chain.activities if p.startswith("own_ore")}
    assert own == {
        (f"own_ore_{p}", r) for p in ("ndpr_oxide", "dy_oxide", "tb_oxide") for r in ("USA", "JPN", PARTNERS, REST)
    }


def test_stocks_that_can_be_bought_have_a_row_of_their_own_and_are_empty() -> None:
    one = network()
    rows = [one.stock_row(form) for form in range(len(one.forms))]
    assert rows == list(one.network.layout.rows_of("public_stock")[1:])
    lp = one.programme(one.quantities(small().inputs, {}))
    assert lp.row_upper[rows].tolist() == [0.0] * 4 and lp.row_upper[one.network.layout.rows_of("public_stock")[0]] > 0
    q = one.quantities(small().inputs, {})
    want = [PRICES[product] * PUBLIC_VALUE_SHARE * MUSD_PER_T for product, _ in one.forms]
    assert q.release_cost[1:].tolist() == pytest.approx(want) and q.public_stock[1:].tolist() == [0.0] * 4


def test_at_base_everybody_is_served_and_nothing_is_lost() -> None:
    one = network()
    q = one.quantities(small(growth=None).inputs, {})
    x = solve(one.programme(q)).x
    for place, tonnes in (("USA", 28.0), ("JPN", 42.0)):
        need, short = one.magnets(q, x, place)
        assert need == pytest.approx(tonnes * MONTHS) and short == pytest.approx(0.0, abs=1e-6)
        assert one.lost_value(q, x, place) == pytest.approx(0.0, abs=1e-6)
    assert one.magnets(q, x, REST) == (0.0, 0.0) and one.lost_value(q, x, CHINA) == 0.0


def test_what_uses_do_not_get_is_counted_where_they_are() -> None:
    one = network()
    q = one.quantities(small().inputs, {})
    lay, x = one.network.layout, np.zeros(one.programme(q).columns)
    columns = lay.columns_of("unserved", lay.uses * lay.bands).reshape(lay.months, lay.uses, lay.bands)
    x[columns] = np.arange(columns.size).reshape(columns.shape)
    for place in ("USA", "JPN"):
        uses = [u for u, (_, region, _) in enumerate(one.network.chain.uses) if region == place]
        assert one.magnets(q, x, place)[1] == pytest.approx(x[columns[:, uses]].sum())
        lost = sum(x[columns[t, u, b]] * q.band_value[u, b] for t in range(QUARTERS) for u in uses for b in range(2))
        assert one.lost_value(q, x, place) == pytest.approx(lost)


def test_a_loss_elsewhere_counts_by_its_weight_from_a_sale_at_the_base_price() -> None:
    one, inputs = network(), small().inputs
    full, none, half = (one.quantities(inputs, {"USA": weight}).band_value for weight in (1.0, 0.0, 0.5))
    for u, (product, region, _) in enumerate(one.network.chain.uses):
        sale = PRICES[product] * MUSD_PER_T
        if region == "USA":
            assert none[u].tolist() == pytest.approx([sale, sale])
            assert half[u].tolist() == pytest.approx([(sale + value) / 2 for value in full[u]])
        else:
            assert none[u].tolist() == half[u].tolist() == full[u].tolist()
    assert np.array_equal(one.quantities(inputs, {}).band_value, full)


def test_outside_china_output_does_not_grow_with_need() -> None:
    one = network()
    grown, flat = (one.quantities(small(growth=growth).inputs, {}) for growth in (GROWTH, None))
    chain = one.network.chain
    months = [(0, 1, 2), (3, 4, 5), (6, 7)]
    for a, (process, region) in enumerate(chain.activities):
        factor = [sum(GROWTH[t] for t in quarter) / len(quarter) if region == CHINA else 1.0 for quarter in months]
        for name in ("activity_limit", "activity_usual"):
            want = getattr(flat, name)[:, a] * factor
            assert getattr(grown, name)[:, a] == pytest.approx(want), (name, process, region)


def test_months_before_the_year_are_skipped_with_every_stock_used_up() -> None:
    one, inputs = (
        of(small(cover_days=60.0, pool_days={"ndpr_oxide": 30.0})),
        small(cover_days=60.0, pool_days={"ndpr_oxide": 30.0}, discount=0.1).inputs,
    )
    q, late = one.quantities(inputs, {}), one.quantities(inputs, {}, skipped=3)
    assert q.demand.shape[0] == 3 and late.demand.shape[0] == 2  # five months are left
    assert late.demand[0] == pytest.approx(q.demand[1]) and late.activity_limit[0] == pytest.approx(q.activity_limit[1])
    assert late.flow_limit[1] == pytest.approx(q.flow_limit[2]) and late.export_limit[0] == pytest.approx(
        q.export_limit[1]
    )
    assert late.discount[0] == pytest.approx(q.discount[0]), "money counts from the first month of the year"
    assert q.user_stock_before.sum() > 0 and q.public_stock[0] > 0
    for name in ("pool_before", "user_stock_before", "public_stock"):
        assert not getattr(late, name).any(), name
    assert late.user_stock_normal[0] == pytest.approx(q.user_stock_normal[1])
    assert (late.ramp >= late.activity_limit.max(axis=0) * (1 - 1e-9)).all()


SHARE = np.array([0.0, 0.5, 1.0])


def plant(stage: str, product: str, region: str, capacity: float = 240.0) -> Addition:
    return Addition("p", stage, product, region, capacity, "planned", 2027.0)


def by_place(found: Triples) -> dict[int, float]:
    told = {int(row): float(value) for row, value in zip(found.row, found.value, strict=True)}
    assert len(told) == found.row.size and not found.column.any() and found.column.dtype == np.intp
    return told


def raised(one: PlanNetwork, plants: list[tuple[str, str, float]], shipped: list[tuple[str, str, float]]) -> Any:
    """What (process, place, tonnes a year) and (product, place, tonnes a year) should raise, place by place."""
    lay, columns, rows = one.network.layout, {}, {}
    for process, place, tonnes in plants:
        a = one.network.chain.activities.index((process, place))
        for t in range(QUARTERS):
            columns[int(lay.columns_of("extra", lay.activities)[t, a])] = tonnes / 12 * 3 * SHARE[t]
            rows[int(lay.rows_of("ramp")[t, a])] = tonnes / 12 * 3 * SHARE[t]
    for product, place, tonnes in shipped:
        arcs = [e for e, (p, o, _) in enumerate(one.network.chain.arcs) if (p, o) == (product, place)]
        assert arcs
        for t in range(QUARTERS):
            for e in arcs:
                columns[int(lay.columns_of("flow", lay.arcs)[t, e])] = tonnes / 12 * 3 * SHARE[t]
            rows[int(lay.rows_of("diversion")[t, one.network.arc_exporter[arcs[0]]])] = tonnes / 12 * 3 * SHARE[t]
    return columns, rows


MAGNETS = [
    ("machine_std", "USA", 168.0),
    ("machine_ht", "USA", 72.0),
    ("sinter_std", "USA", 210.0),
    ("sinter_ht", "USA", 90.0),
]


@pytest.mark.parametrize(
    ("one", "plants", "shipped"),
    [
        (
            plant("separated", "dy_oxide", "VNM"),
            [("own_ore_dy_oxide", PARTNERS, 240.0)],
            [("dy_oxide", PARTNERS, 240.0)],
        ),
        (
            plant("separated", "ndpr_oxide", "ZZZ", 12.0),
            [("own_ore_ndpr_oxide", REST, 12.0)],
            [("ndpr_oxide", REST, 12.0)],
        ),
        (plant("metal", "ndpr_metal", "JPN"), [("red_ndpr", "JPN", 240.0)], [("ndpr_metal", "JPN", 240.0)]),
        (plant("alloy", "alloy", "USA"), [("alloy_std", "USA", 168.0), ("alloy_ht", "USA", 72.0)], []),
        (
            plant("magnet", "ndfeb_magnet", "USA"),
            MAGNETS,
            [("ndfeb_magnet_std", "USA", 168.0), ("ndfeb_magnet_ht", "USA", 72.0)],
        ),
        (plant("separated", "ndpr_oxide", "CHN"), [], [("ndpr_oxide", CHINA, 240.0)]),
        (plant("mine", "ore", "USA"), [], []),
    ],
    ids=["oxide", "unknown place", "metal", "alloy", "magnet", "china", "mine"],
)
def test_a_plant_raises_its_steps_and_the_routes_of_what_it_makes(one: Addition, plants: Any, shipped: Any) -> None:
    net = network()
    if one.region == "CHN":
        shipped = [s for s in shipped if any((p, o) == s[:2] for p, o, _ in net.network.chain.arcs)]
    columns, rows = net.raised(one, SHARE)
    want = raised(net, plants, shipped)
    assert by_place(columns) == pytest.approx(want[0]) and by_place(rows) == pytest.approx(want[1])


def test_a_plant_that_stands_makes_a_shortage_smaller() -> None:
    """China sends nothing: magnets made in the USA from its own ore would serve it."""
    one = network()
    cut = small().cut([("ndfeb_magnet_std", "CHN", "USA"), ("ndfeb_magnet_ht", "CHN", "USA")], 0, MONTHS)
    q = one.quantities(cut.inputs, {})
    lp = one.programme(q)
    lost = one.lost_value(q, solve(lp).x, "USA")
    upper, low, high = lp.col_upper.copy(), lp.row_lower.copy(), lp.row_upper.copy()
    for stage, product in (
        ("separated", "ndpr_oxide"),
        ("separated", "dy_oxide"),
        ("separated", "tb_oxide"),
        ("metal", "ndpr_metal"),
        ("alloy", "alloy"),
        ("magnet", "ndfeb_magnet"),
    ):
        columns, rows = one.raised(plant(stage, product, "USA", 600.0), np.ones(QUARTERS))
        np.add.at(upper, columns.row, columns.value)
        for bound in (low, high):
            np.add.at(bound, rows.row, np.where(np.isfinite(bound[rows.row]), rows.value, 0.0))
    again = one.lost_value(q, solve(replace(lp, col_upper=upper, row_lower=low, row_upper=high)).x, "USA")
    assert again < 0.9 * lost and lost > 1.0


def test_rises_are_joined_and_given_to_a_choice() -> None:
    a = Triples(np.array([1, 2]), np.zeros(2, dtype=np.intp), np.array([0.5, 1.5]))
    b = Triples(np.array([7]), np.zeros(1, dtype=np.intp), np.array([2.5]))
    found = of_choice(joined([a, b]), 4)
    assert (found.row.tolist(), found.column.tolist(), found.value.tolist()) == ([1, 2, 7], [4, 4, 4], [0.5, 1.5, 2.5])
    assert joined([]).row.size == 0 and of_choice(joined([]), 1).column.size == 0
    assert {
        *("red_ndpr", "red_dy", "red_tb"),
        *(f"{step}_{grade}" for step in ("alloy", "sinter", "machine") for grade in ("std", "ht")),
    } == plan_network.STEPS
