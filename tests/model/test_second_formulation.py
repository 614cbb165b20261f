"""The network written twice: from docs/method/network.md in linopy, and as the model has it. Both give one optimum.

The second formulation (bench/peer_linopy.py) and the quantities below are written from that page. Flow limits and the
size of public stocks are given to both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from bench import peer_linopy
from hypothesis import given, settings
from hypothesis import strategies as st
from small_chain import SmallChain

from didymium.engine import LinearProgramme, Solver, solve
from didymium.model.calibrate import Base
from didymium.model.network import Quantities, SupplyNetwork, export_limits, flow_limits, quantities, unrecorded
from didymium.scenario.inputs import Band, Inputs

PLACES = ("AAA", "BBB", "CCC")
MONTHS = 5
SAME = 1e-7  # of the optimum
PRICES = {"ore": 6.0, "light": 50.0, "heavy": 400.0, "slag": 3.0, "magnet": 90.0, "hot_magnet": 160.0}
DAYS_A_MONTH = 365.25 / 12


@dataclass(frozen=True)
class Case:
    """A random network: its inputs and base year, and what lies in public stocks."""

    inputs: Inputs
    base: Base
    held: Mapping[tuple[str, str], float]  # (product, region) -> t

    def network(self) -> SupplyNetwork:
        bands = len(next(iter(self.inputs.bands.values())))
        return SupplyNetwork.of(
            self.inputs.chain,
            months=MONTHS,
            bands=bands,
            public=tuple(self.held),
            unrecorded=unrecorded(self.inputs.chain, self.base),
        )

    def quantities(self, network: SupplyNetwork) -> Quantities:
        days = dict.fromkeys(((region, product) for product, region in self.held), 0.0)
        q = quantities(replace(self.inputs, public_cover_days=days), self.base, network)
        return replace(q, public_stock=np.array(list(self.held.values())))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Mine → separation with joint oxides and a co-product → two magnets → users; cut, outage, new plant, stocks."""
    share, amount = st.floats(0.05, 0.95), st.integers(1, 100)

    def some() -> list[str]:
        return draw(st.lists(st.sampled_from(PLACES), min_size=1, unique=True))

    chain = SmallChain(
        months=MONTHS,
        prices=PRICES,
        cover_days=draw(st.sampled_from([0, 20, 55])),
        pool_days=dict.fromkeys(["ore", "light", "heavy"], draw(st.sampled_from([0.0, 30.0]))),
        spare=draw(st.sampled_from([0.0, 0.2])),
        ramp=draw(st.sampled_from([0.05, 0.3, 1.0])),
        discount=0.07,
        convenience=0.01,
        freight=0.5,
        flow_growth=draw(st.sampled_from([0.0, 0.03])),
        new_supplier_share=0.1,
        qualification=2,
        growth=np.cumprod([1.0, *(draw(st.sampled_from([0.9, 1.0, 1.1])) for _ in range(MONTHS - 1))]).tolist(),
    )
    chain.process("dig", "mine", {}, {"ore": 1.0})
    chain.process("split", "separated", {"ore": 1.6}, {"light": 1.0, "heavy": draw(share) / 5, "slag": draw(share)})
    chain.process("press", "magnet", {"light": 0.4}, {"magnet": 1.0})
    chain.process("dope", "magnet", {"light": 0.35, "heavy": 0.05}, {"hot_magnet": 1.0})
    for process in chain.processes:
        for place in some():
            chain.runs(process, place, draw(amount))
    wants = draw(st.lists(st.sampled_from(["magnet", "hot_magnet", "heavy"]), min_size=1, unique=True))
    slices = draw(st.integers(1, 4))
    for product in wants:
        for place in some():
            chain.uses(product, place, f"{product} users", draw(amount))
            width = np.diff([0.0, *sorted(draw(share) for _ in range(slices - 1)), 1.0])
            chain.bands[f"{product} users"] = tuple(Band(str(b), float(w), 100.0 * 3.0**b) for b, w in enumerate(width))
    lanes = [(p, o, d) for p in ("ore", "light", "heavy", *wants) for o in PLACES for d in PLACES if o != d]
    for lane in draw(st.lists(st.sampled_from(lanes), min_size=1, max_size=12, unique=True)):
        chain.ships(*lane, draw(st.one_of(st.just(0), amount)))
    cut = draw(st.lists(st.sampled_from(list(chain.arcs)), min_size=1, unique=True))
    chain.cut(cut, draw(st.integers(0, 3)), draw(st.integers(1, 4)), draw(st.sampled_from([0.0, 0.3])))
    chain.outage(*draw(st.sampled_from(list(chain.activities))), draw(st.integers(0, 3)), 2, draw(share))
    inputs = chain.inputs
    inputs.new_capacity[draw(st.integers(0, len(chain.activities) - 1))] += np.linspace(0, draw(amount), MONTHS)
    chain.left = draw(st.dictionaries(st.sampled_from([(p, r) for p in ("light", "heavy") for r in PLACES]), amount))
    held = draw(st.dictionaries(st.sampled_from([(p, r) for p in ("light", "heavy") for r in PLACES]), amount))
    return Case(inputs, chain.base, held)


def told(case: Case, nodes: tuple[tuple[str, str], ...], flow_limit: Any, export_limit: Any) -> Quantities:
    """The quantities as docs/method/network.md gives them (sections `quantities`, `costs`, `ramp`)."""
    inputs, base, chain = case.inputs, case.base, case.inputs.chain
    price = {p: float(usd) / 1000 for p, usd in zip(chain.products, inputs.base_price, strict=True)}  # million USD a t
    cover = {p: float(days) / DAYS_A_MONTH for p, days in zip(chain.products, inputs.pool_cover_days, strict=True)}
    recipes = {p.process_id: p for p in chain.processes}
    growth = inputs.demand_growth
    usual = np.outer(growth, base.activity / 12)
    capacity = (usual * (1 + inputs.spare) + inputs.new_capacity.T) * inputs.availability.T
    demand = np.outer(growth, base.use / 12)
    taken_in = dict.fromkeys(nodes, 0.0)
    worth_added = []
    for level, (process, region) in zip(base.activity, chain.activities, strict=True):
        recipe = recipes[process]
        for product, quantity in recipe.inputs.items():
            taken_in[product, region] += level / 12 * quantity
        earned, spent = (sum(price[p] * x for p, x in side.items()) for side in (recipe.outputs, recipe.inputs))
        worth_added.append(max(earned - spent, 0.0) + 1e-6)
    wanted = {p for recipe in recipes.values() for p in recipe.inputs} | {p for p, _, _ in chain.uses}
    takers = [place for place in base.surplus if place[0] in wanted]
    pool = np.outer(growth, [taken_in[p, r] * cover[p] for p, r in nodes])
    user = demand * inputs.use_cover_days / DAYS_A_MONTH
    node_price = np.array([price[p] for p, _ in nodes])
    use_price = np.array([price[p] for p, _, _ in chain.uses])
    bands = [inputs.bands[sector] for _, _, sector in chain.uses]
    return Quantities(
        activity_limit=capacity,
        activity_usual=usual,
        activity_cost=np.array(worth_added),
        activity_before=usual[0],
        ramp=inputs.ramp * capacity.max(axis=0),
        flow_limit=flow_limit,
        export_limit=export_limit,
        flow_cost=np.array(
            [0.5 / 1000 if yearly < 1 else 0.0 for yearly in base.flow],
        ),
        demand=demand,
        band_width=np.array([[b.width for b in some] for some in bands]),
        band_value=np.array([[b.value / 1000 for b in some] for some in bands]),
        pool_before=pool[0],
        user_stock_before=user[0],
        convenience_pool=0.01 * node_price,
        convenience_user=0.01 * use_price,
        end_value_pool=1.05 * node_price,
        end_value_user=1.05 * use_price,
        pool_normal=pool,
        user_stock_normal=user,
        public_stock=np.array(list(case.held.values()), dtype=np.float64),
        surplus_value=np.array([0.0 if p in wanted else price[p] for p, _ in nodes]),
        release_cost=np.array([2 * price[p] for p, _ in case.held]),
        discount=np.array([1.07 ** (-t / 12) for t in range(MONTHS)]),
        unrecorded_limit=np.outer(growth, [base.surplus[place] / 12 for place in takers]),
        unrecorded_value=np.array([price[p] for p, _ in takers]),
    )


def second_optimum(network: SupplyNetwork, case: Case, q: Quantities) -> float:
    """The least cost that linopy's formulation finds, with HiGHS at our tolerance."""
    takers = [network.layout.nodes[n] for n in network.unrecorded_nodes]
    m = peer_linopy.model(case.inputs.chain, network.layout.nodes, tuple(case.held), q, takers)
    assert m.solve("highs", **peer_linopy.OPTIONS) == ("ok", "optimal")
    return float(m.objective.value)


def first_optimum(lp: LinearProgramme) -> float:
    return solve(lp).objective


@settings(derandomize=True, deadline=None, max_examples=15)
@given(cases())
def test_two_formulations_give_one_optimum(case: Case) -> None:
    network = case.network()
    limits = flow_limits(case.inputs, case.base, MONTHS), export_limits(case.inputs, case.base, network)
    q = told(case, network.layout.nodes, *limits)
    ours = first_optimum(network.programme(case.quantities(network)))
    assert second_optimum(network, case, q) == pytest.approx(ours, rel=SAME, abs=SAME)


@settings(derandomize=True, deadline=None, max_examples=6)
@given(cases(), st.floats(0.2, 1.5), st.floats(0.0, 0.9))
def test_a_change_gives_what_the_second_formulation_gives_when_built_anew(case: Case, demand: float, stands: float):
    """The base is solved first; then demand, capacity and routes move: the warm answer meets the other's cold one."""
    network = case.network()
    q = case.quantities(network)
    solver = Solver(network.programme(q))
    solver.solve()
    moved = replace(
        q,
        demand=q.demand * demand,
        activity_limit=q.activity_limit * stands,
        flow_limit=q.flow_limit * stands,
        export_limit=q.export_limit * demand,
    )
    warm = solver.solve(network.change(solver.programme, moved))
    assert second_optimum(network, case, moved) == pytest.approx(warm.objective, rel=SAME, abs=SAME)
