"""Trimming: the smaller programme has the same answer."""

from __future__ import annotations

import numpy as np
import pytest
from small_chain import SmallChain

from didymium.engine import solve
from didymium.model.network import SupplyNetwork, quantities
from didymium.model.trim import Kept


def with_idle_members() -> SmallChain:
    """A maker, a re-exporter and two users; a plant that stands still, a use without demand, and routes to nowhere."""
    chain = SmallChain(
        months=4, prices={"ore": 10.0, "good": 30.0}, new_supplier_share=0.2, qualification=2, discount=0.05
    )
    chain.process("dig", "mine", {}, {"ore": 1.0}).process("make", "magnet", {"ore": 1.0}, {"good": 1.0})
    chain.runs("dig", "AAA", 100).runs("make", "AAA", 100).runs("make", "DDD", 0)
    chain.ships("good", "AAA", "BBB", 60).ships("good", "BBB", "CCC", 20).ships("good", "AAA", "CCC", 40)
    chain.ships("ore", "AAA", "DDD").ships("good", "DDD", "CCC").ships("good", "AAA", "DDD")
    chain.uses("good", "BBB", "cars", 40, value=500).uses("good", "CCC", "motors", 60, value=900, flexible=(0.2, 50))
    return chain.uses("good", "DDD", "motors", 0).cut([("good", "AAA", "CCC")], first=1, months=3, passes=0.5)


def solved(inputs, base):
    """Objective and programme, straight through the network."""
    network = SupplyNetwork.of(inputs.chain, months=len(inputs.months), bands=2)
    lp = network.programme(quantities(inputs, base, network))
    return solve(lp).objective, lp


def test_trimmed_and_whole_chain_cost_the_same() -> None:
    chain = with_idle_members()
    kept = Kept.of(chain.inputs, chain.base)
    whole, whole_lp = solved(chain.inputs, chain.base)
    small, small_lp = solved(kept.inputs(chain.inputs), kept.base(chain.base))
    assert small == pytest.approx(whole, rel=1e-9)
    assert small_lp.columns < whole_lp.columns
    assert kept.left_out() == {"activities": 1, "arcs": 3, "uses": 1}


def test_what_a_place_ships_on_is_kept() -> None:
    """BBB makes nothing and, without its own use, takes nothing; yet what C gets through it is part of the base."""
    chain = with_idle_members()
    chain.wants["good", "BBB", "cars"] = 0.0
    chain.arcs["good", "AAA", "BBB"] = 20.0
    kept = Kept.of(chain.inputs, chain.base)
    assert kept.arc[chain.chain.arcs.index(("good", "AAA", "BBB"))]
    whole, _ = solved(chain.inputs, chain.base)
    small, _ = solved(kept.inputs(chain.inputs), kept.base(chain.base))
    assert small == pytest.approx(whole, rel=1e-9)


def test_restrictions_follow_their_arcs() -> None:
    chain = with_idle_members()
    chain.cut([("ore", "AAA", "DDD"), ("good", "AAA", "CCC")], first=0, months=1)
    inputs = chain.inputs
    inputs.restrictions[1].factor[0, 0] = 0.7  # of the route that is trimmed away
    small = Kept.of(inputs, chain.base).inputs(inputs)
    first, second = small.restrictions
    assert [small.chain.arcs[e] for e in first.arcs] == [("good", "AAA", "CCC")]
    assert [small.chain.arcs[e] for e in second.arcs] == [("good", "AAA", "CCC")]
    np.testing.assert_array_equal(second.factor[:, 0], [0.0, np.inf, np.inf, np.inf])


def test_new_capacity_keeps_a_plant_without_a_base() -> None:
    chain = with_idle_members()
    inputs = chain.inputs
    inputs.new_capacity[chain.chain.activities.index(("make", "DDD")), 2:] = 5.0
    assert Kept.of(inputs, chain.base).activity.all()
