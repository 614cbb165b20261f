"""Cases solved by hand, as in docs/method/worked.md. Amounts in tonnes a month, values in USD/kg."""

from __future__ import annotations

import numpy as np
import pytest
from small_chain import SmallChain

HAND = {"abs": 1e-6}  # the arithmetic is exact; this is the solver's rounding on amounts of about 100
ONLY_USE = np.array([0])
MONTH = 365.25 / 12  # days by which a cover in days is turned into months of use


def three_nodes(**settings: float) -> SmallChain:
    """A mine, a plant and a user in three places, 100 t a month; ore at 10 and goods at 30 USD/kg."""
    chain = SmallChain(months=3, prices={"ore": 10.0, "good": 30.0}, **settings)
    chain.process("dig", "mine", {}, {"ore": 1.0}).process("make", "magnet", {"ore": 1.0}, {"good": 1.0})
    chain.runs("dig", "AAA", 100).runs("make", "BBB", 100)
    chain.ships("ore", "AAA", "BBB", 100).ships("good", "BBB", "CCC", 100)
    return chain.uses("good", "CCC", "cars", 100, value=1000, flexible=(0.1, 100))


def test_three_nodes_with_one_plant_out() -> None:
    """In the second of three months 40 % of the plant stands: 40 t are made, 60 t are missing.

    Of the 60 t the flexible tenth of demand goes first: 10 t at 100 USD/kg, then 50 t at 1,000 USD/kg:
    10·0.1 + 50·1.0 = 51 million USD. The mine digs 40 t too, there is no use for more.
    Runs: 240 t through mine (10 USD/kg) and plant (30 − 10 = 20), each plus 0.001, at the usual 95 %:
    240 · 0.95 · 30.002 / 1000 = 6.840456. Together 57.840456 million USD.
    """
    answer = three_nodes().outage("make", "BBB", first=1, months=1, stands=0.4).solved()
    assert answer.run("make", "BBB") == pytest.approx([100, 40, 100], **HAND)
    assert answer.run("dig", "AAA") == pytest.approx([100, 40, 100], **HAND)
    assert answer.unserved("good", "CCC", "cars")[:, 0] == pytest.approx([0, 10, 0], **HAND)
    assert answer.unserved("good", "CCC", "cars")[:, 1] == pytest.approx([0, 50, 0], **HAND)
    assert answer.solution.objective == pytest.approx(51 + 6.840456, **HAND)
    assert answer.scarcity("good", "CCC")[1] == pytest.approx(1000, **HAND)  # one more kg would serve firm demand


def test_three_nodes_as_a_study_reads_them() -> None:
    """The same run, trimmed and read out: 60 t unserved, 50 of them firm, 51 million USD lost, from 1 May on."""
    outcome = three_nodes().outage("make", "BBB", first=1, months=1, stands=0.4).outcome()
    assert outcome.unserved[:, 0] == pytest.approx([0, 60, 0], **HAND)
    assert outcome.short[:, 0] == pytest.approx([0, 50, 0], **HAND)
    assert outcome.lost_value.sum() == pytest.approx(51, **HAND)
    days = outcome.days_to_shortage(ONLY_USE)
    assert days == pytest.approx(30, **HAND)
    assert outcome.first_shortage(days) == "2025-05-01"


def ore_to_oxides(**amounts: float) -> SmallChain:
    """A mine of 100 t and a separation of 150 t: a tonne of ore gives 0.2 t NdPr, 0.01 t Dy and 0.5 t Ce, together."""
    chain = SmallChain(prices={"ore": 2.0, "ndpr": 50.0, "dy": 250.0, "ce": 1.0})
    chain.process("dig", "mine", {}, {"ore": 1.0})
    chain.process("separate", "separated", {"ore": 1.0}, {"ndpr": 0.2, "dy": 0.01, "ce": 0.5})
    chain.runs("dig", "AAA", 100).runs("separate", "AAA", 150)
    for product, wanted in amounts.items():
        chain.uses(product, "AAA", f"use of {product}", wanted, value=10_000)
    return chain


def test_joint_products_come_together() -> None:
    """1.2 t Dy need 120 t of ore, the mine gives 100: 1.0 t Dy, 0.2 t short.

    With it come 20 t NdPr, all used, and 50 t Ce, of which 10 t are used and 40 t are left over.
    """
    answer = ore_to_oxides(dy=1.2, ndpr=20, ce=10).solved()
    assert answer.run("separate", "AAA") == pytest.approx([100], **HAND)
    assert answer.unserved("dy", "AAA", "use of dy").sum() == pytest.approx(0.2, **HAND)
    assert answer.unserved("ndpr", "AAA", "use of ndpr").sum() == pytest.approx(0, **HAND)
    assert answer.surplus("ce", "AAA") == pytest.approx([40], **HAND)
    assert answer.surplus("ndpr", "AAA") == pytest.approx([0], **HAND)


def test_who_wants_dysprosium_gets_cerium_too() -> None:
    """0.6 t Dy are wanted and nothing else: 60 t of ore are run, and 30 t Ce and 12 t NdPr are left over, in
    proportion.
    """
    answer = ore_to_oxides(dy=0.6).solved()
    assert answer.run("separate", "AAA") == pytest.approx([60], **HAND)
    assert answer.surplus("ce", "AAA") / 0.5 == pytest.approx([60], **HAND)
    assert answer.surplus("ndpr", "AAA") / 0.2 == pytest.approx([60], **HAND)


def test_a_co_product_that_nothing_takes_earns_its_price_outside_the_chain() -> None:
    """One more kilogram Dy takes 100 kg of ore: mine and plant at 95 % of the value added, less NdPr and Ce sold
    outside.

    A tonne of ore earns 0.2·50 + 0.01·250 + 0.5·1 = 13 USD/kg; the mine adds 2 and the plant 11, each plus 0.001.
    Cost 0.95 · 13.002 = 12.3519; co-products 0.2·50 + 0.5·1 = 10.5, less 0.7 · 0.001 for their removal; the rest is
    paid by
    0.01 kg Dy: (12.3519 − 10.4993) / 0.01 = 185.26 USD/kg.
    With a use for Ce in the chain its surplus is left over there and earns nothing: (12.3519 − 9.9993) / 0.01 = 235.26.
    """
    assert ore_to_oxides(dy=0.6).solved().scarcity("dy", "AAA") == pytest.approx([185.26], **HAND)
    assert ore_to_oxides(dy=0.6, ce=10).solved().scarcity("dy", "AAA") == pytest.approx([235.26], **HAND)


@pytest.mark.parametrize(("users", "taken", "short"), [(40, 30, 0), (60, 20, 0), (90, 0, 10)])
def test_what_the_base_year_left_over_is_taken_until_somebody_needs_it(
    users: float, taken: float, short: float
) -> None:
    """A plant makes 80 t NdPr and, with it, 8 t La. In the base year 30 t NdPr were left over.

    Users of 40 t and those 30 t keep it at 70 t, with 7 t La; if only users paid, it would run at 40 t and 3 t La would
    be missing. Users of 60 t leave 20 t; users of 90 t take all 80 t and are 10 t short.
    """
    chain = SmallChain(prices={"ore": 1.0, "ndpr": 50.0, "la": 1.0})
    chain.process("mine", "mine", {}, {"ore": 1.0}).process("split", "separated", {"ore": 8.0}, {"ndpr": 1, "la": 0.1})
    chain.runs("mine", "AAA", 640).runs("split", "AAA", 80)
    chain.uses("ndpr", "AAA", "magnets", users, value=900).uses("la", "AAA", "glass", 8 if users > 40 else 7, value=10)
    chain.left["ndpr", "AAA"] = 30
    answer = chain.solved()
    assert answer.unrecorded("ndpr", "AAA") == pytest.approx([taken], abs=1e-9)
    assert answer.unserved("ndpr", "AAA", "magnets").sum() == pytest.approx(short, abs=1e-9)
    assert answer.unserved("la", "AAA", "glass").sum() == pytest.approx(0, abs=1e-9)
    assert answer.run("split", "AAA") == pytest.approx([70 if users == 40 else 80], **HAND)


@pytest.mark.parametrize(("circuit", "made", "short", "dumped"), [(1.0, 0.05, 0.01, 0.0), (0.03, 0.03, 0.03, 0.02)])
def test_a_by_product_is_bound_by_its_host_and_by_its_circuit(
    circuit: float, made: float, short: float, dumped: float
) -> None:
    """A smelter of 100 t zinc leaves 0.0005 t germanium in the residue of each tonne: 0.05 t at most.

    0.06 t are wanted. With a circuit of 1 t a month 0.05 t are recovered and 0.01 t is short; with a circuit of 0.03 t
    0.03 t are recovered, 0.03 t is short, and 0.02 t stays in the residue.
    """
    chain = SmallChain(prices={"zinc": 3.0, "residue": 0.0, "germanium": 1500.0})
    chain.process("smelt", "separated", {}, {"zinc": 1.0, "residue": 0.0005})
    chain.process("recover", "separated", {"residue": 1.0}, {"germanium": 1.0})
    chain.runs("smelt", "AAA", 100).runs("recover", "AAA", circuit)
    chain.uses("zinc", "AAA", "galvanising", 100, value=30).uses("germanium", "AAA", "fibre", 0.06, value=20_000)
    answer = chain.solved()
    assert answer.run("smelt", "AAA") == pytest.approx([100], **HAND)
    assert answer.run("recover", "AAA") == pytest.approx([made], abs=1e-9)
    assert answer.unserved("germanium", "AAA", "fibre").sum() == pytest.approx(short, abs=1e-9)
    assert answer.surplus("residue", "AAA") == pytest.approx([dumped], abs=1e-9)


@pytest.mark.parametrize("foresight", ["coordinated", "myopic"])
@pytest.mark.parametrize(("passes", "day", "date"), [(0.0, 55.0164, "2025-05-26"), (0.25, 73.2793, "2025-06-13")])
def test_a_stock_runs_out_on_a_known_day(foresight: str, passes: float, day: float, date: str) -> None:
    """Users hold 55 days: 55 / 30.4375 = 1.80698 months of use. The cut begins on 1 April.

    Nothing arrives: April (30 days) takes 1 month of use, the rest lasts 0.80698 of May's 31 days: 30 + 25.0164 =
    55.0164.
    A quarter arrives: the stock gives 0.75 a month, 1.80698 / 0.75 = 2.40931 months: 30 + 31 + 0.40931·30 = 73.2793.
    The day is the same with foresight and without: nobody can do better than to use the stock.
    """
    chain = SmallChain(months=5, prices={"good": 30.0}, cover_days=55, discount=0.07)
    chain.process("make", "magnet", {}, {"good": 1.0}).runs("make", "AAA", 100).ships("good", "AAA", "CCC", 100)
    chain.uses("good", "CCC", "cars", 100).cut([("good", "AAA", "CCC")], first=0, months=5, passes=passes)
    outcome = chain.outcome(foresight)
    days = outcome.days_to_shortage(ONLY_USE)
    assert days == pytest.approx(day, abs=1e-4)
    assert outcome.first_shortage(days) == date
    arrived = 5 * 100 * passes
    assert outcome.unserved.sum() == pytest.approx(500 - arrived - 100 * 55 / MONTH, **HAND)


def test_a_new_supplier_delivers_after_qualification() -> None:
    """A's exports to C stop. B makes 100 t for itself and could make half as much again; C accepts it after three
    months.

    From the fourth month (July) C draws 40 % of B's base output: 100 t short in each of the first three months, then 60
    t.
    """
    chain = SmallChain(months=6, spare=0.5, new_supplier_share=0.4, qualification=3, freight=0.5, prices={"good": 30.0})
    chain.process("make", "magnet", {}, {"good": 1.0}).runs("make", "AAA", 100).runs("make", "BBB", 100)
    chain.ships("good", "AAA", "CCC", 100).ships("good", "BBB", "CCC")
    chain.uses("good", "BBB", "motors", 100).uses("good", "CCC", "cars", 100)
    answer = chain.cut([("good", "AAA", "CCC")], first=0, months=6).solved()
    assert answer.flow("good", "BBB", "CCC") == pytest.approx([0, 0, 0, 40, 40, 40], **HAND)
    assert answer.unserved("good", "CCC", "cars").sum(axis=1) == pytest.approx([100, 100, 100, 60, 60, 60], **HAND)
    assert answer.unserved("good", "BBB", "motors").sum() == pytest.approx(0, **HAND)


def test_cheap_uses_give_way_first_and_defence_last() -> None:
    """45 of 100 t fail. Toys take 60 t, half of it worth 20 and half 100 USD/kg; defence 40 t, a quarter worth 50, the
    rest 5,000.

    First 30 t of toys at 20, then 10 t of defence at 50, then 5 t of toys at 100: 0.6 + 0.5 + 0.5 = 1.6 million USD.
    Firm defence is served in full, and one more kilogram is worth 100 USD: the band that gives way last.
    """
    chain = SmallChain(prices={"good": 10.0})
    chain.process("make", "magnet", {}, {"good": 1.0}).runs("make", "AAA", 100).outage("make", "AAA", 0, 1, stands=0.55)
    chain.uses("good", "AAA", "toys", 60, value=100, flexible=(0.5, 20))
    chain.uses("good", "AAA", "defence", 40, value=5000, flexible=(0.25, 50))
    answer = chain.solved()
    assert answer.unserved("good", "AAA", "toys")[0] == pytest.approx([30, 5], **HAND)
    assert answer.unserved("good", "AAA", "defence")[0] == pytest.approx([10, 0], **HAND)
    assert answer.solution.objective == pytest.approx(1.6 + 55 * 0.95 * 10.001 / 1000, **HAND)
    assert answer.scarcity("good", "AAA") == pytest.approx([100], **HAND)


def metal_for_japan() -> SmallChain:
    """China reduces 30 t of metal a month; Japan makes 100 t of alloy and magnets of it."""
    chain = SmallChain(months=3, prices={"metal": 70.0, "alloy": 22.0, "magnet": 50.0}, discount=0.07)
    chain.process("reduce", "metal", {}, {"metal": 1.0}).process("cast", "alloy", {"metal": 0.3}, {"alloy": 1.0})
    chain.process("press", "magnet", {"alloy": 1.0}, {"magnet": 1.0})
    chain.runs("reduce", "CHN", 30).runs("cast", "JPN", 100).runs("press", "JPN", 100).ships("metal", "CHN", "JPN", 30)
    return chain.uses("magnet", "JPN", "cars", 100).cut([("metal", "CHN", "JPN")], first=0, months=3)


def test_a_public_stock_is_released_when_imports_stop() -> None:
    """Japan's 60 days are counted in the metal of its magnets, 30 t a month: 30 · 60 / 30.4375 = 59.1376 t.

    April takes 30 t, May the remaining 29.1376 t: that casts 97.1253 t of alloy, 2.8747 t of magnets are short; June
    has nothing.
    """
    chain = metal_for_japan()
    chain.public_days["JPN", "metal"] = 60
    answer = chain.solved()
    held = 30 * 60 / MONTH
    assert answer.released("metal", "JPN") == pytest.approx([30, held - 30, 0], **HAND)
    assert answer.unserved("magnet", "JPN", "cars").sum(axis=1) == pytest.approx(
        [0, 100 - (held - 30) / 0.3, 100], **HAND
    )
    assert chain.outcome("myopic").unserved[:, 0] == pytest.approx([0, 100 - (held - 30) / 0.3, 100], **HAND)


def test_without_a_public_stock_all_three_months_fail() -> None:
    """The same cut with no stock: 3 · 100 t."""
    assert metal_for_japan().solved().unserved("magnet", "JPN", "cars").sum() == pytest.approx(300, **HAND)


@pytest.mark.parametrize("foresight", ["coordinated", "myopic"])
def test_a_public_stock_is_kept_until_it_is_needed(foresight: str) -> None:
    """The cut comes in the fourth of six months. Nothing is released before: April to June run on imports of 30 t.

    From July on it is the case above: 0, 2.8747 and 100 t are short. Without a cut the stock stays as it is.
    """
    chain = metal_for_japan()
    chain.months, chain.cuts = 6, []
    chain.public_days["JPN", "metal"] = 60
    assert chain.solved().released("metal", "JPN") == pytest.approx([0] * 6, **HAND)
    outcome = chain.cut([("metal", "CHN", "JPN")], first=3, months=3).outcome(foresight)
    assert outcome.flow[:, 0] == pytest.approx([30, 30, 30, 0, 0, 0], **HAND)
    assert outcome.unserved[:, 0] == pytest.approx([0, 0, 0, 0, 100 - (30 * 60 / MONTH - 30) / 0.3, 100], **HAND)
