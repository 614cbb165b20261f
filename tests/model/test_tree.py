"""Event trees: what is done before stories part is common to them. Chains by hand, and laws on random chains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_chain import SmallChain
from test_model_laws import AFTER, Tale, not_above, tales

from didymium.errors import BadInput
from didymium.model.foresight import Runner
from didymium.model.outcome import Outcome
from didymium.model.tree import Extensive, TreeRunner

law = settings(derandomize=True, deadline=None, max_examples=25)
HAND = {"abs": 1e-6}
ARC = [("good", "AAA", "BBB")]


def hedge(months: int) -> SmallChain:
    """100 t a month go from AAA to BBB, where 100 t lie in stock; from the first month nothing arrives for `months`.

    Four fifths of the use are worth 4,000 USD/kg, a fifth 1,000.
    """
    chain = SmallChain(months=3, cover_days=365.25 / 12, discount=0.01)
    chain.process("make", "magnet", {}, {"good": 1.0}).runs("make", "AAA", 100).ships("good", "AAA", "BBB", 100)
    chain.uses("good", "BBB", "cars", 100, value=4000, flexible=(0.2, 1000))
    return chain.cut(ARC, 0, months)


def tree(chains: Sequence[SmallChain], probability: Sequence[float], node: Sequence[Sequence[int]]) -> list[Outcome]:
    inputs = [chain.inputs for chain in chains]
    runner = Runner.of(inputs[0], chains[0].base)
    return TreeRunner.of(runner, inputs, np.array(probability), np.array(node)).run(inputs)


def lost(outcomes: Sequence[Outcome], probability: Sequence[float]) -> float:
    return float(sum(p * o.lost_value.sum() for p, o in zip(probability, outcomes, strict=True)))


@pytest.mark.parametrize(
    ("longer", "tree_lost", "known_lost", "myopic_lost"),
    [(0.1, 34, 28, 46), (0.5, 150, 140, 150), (0.9, 254, 252, 254)],
)
def test_saving_for_a_cut_that_may_go_on(
    longer: float, tree_lost: float, known_lost: float, myopic_lost: float
) -> None:
    """In month 1 nothing arrives; in month 2 the cut ends, or goes on for that month with probability p.

    Stock serves month 1. Giving up 20 t of cheap use then costs 20 and saves 20 t of firm use, worth 80, if the cut
    goes on: done in the tree if 80 p > 20. Lost if it goes on: 20 + 60·4 with 20 saved, 20 + 80·4 without.
    Tree: p = 0.1 nothing is saved, 0.1 · 340 = 34; p = 0.5: 20 + 0.5 · 260 = 150; p = 0.9: 20 + 0.9 · 260 = 254.
    Known: only who will need it saves, p · 280. Myopic: the cut is believed to last, all save, 20 + p · 260.
    """
    chains, p = [hedge(1), hedge(2)], [1 - longer, longer]
    found = tree(chains, p, [[0, 1, 1], [0, 2, 2]])
    assert lost(found, p) == pytest.approx(tree_lost, **HAND)
    assert lost([c.outcome() for c in chains], p) == pytest.approx(known_lost, **HAND)
    assert lost([c.outcome("myopic") for c in chains], p) == pytest.approx(myopic_lost, **HAND)
    assert found[0].unserved[0] == pytest.approx(found[1].unserved[0], abs=0)
    assert found[0].solves[0].certificate.holds(1e-8)


def test_the_scarcity_of_a_leaf_is_that_of_its_own_months() -> None:
    """One more kilogram in the month in which the cut goes on serves firm use, 4,000 USD, whatever its probability."""
    for p in (0.1, 0.7):
        ends, goes_on = tree([hedge(1), hedge(2)], [1 - p, p], [[0, 1, 1], [0, 2, 2]])
        user = goes_on.network.node_index["good", "BBB"]
        assert goes_on.scarcity[1, user] == pytest.approx(4000, rel=1e-6)
        assert ends.scarcity[1, user] < 4000


def branched(tale: Tale) -> tuple[list[SmallChain], list[list[int]]]:
    """The cut of a tale and a milder one, parting in the month of its start."""
    chains = [tale.chain(), replace(tale, passes=(1 + tale.passes) / 2, length=1).chain()]
    return chains, [[(t >= tale.first) * (1 + leaf) for t in range(AFTER)] for leaf in (0, 1)]


def cost(outcomes: Sequence[Outcome], probability: Sequence[float]) -> float:
    return float(sum(p * o.objective for p, o in zip(probability, outcomes, strict=True)))


@law
@given(tales())
def test_a_tree_of_one_leaf_is_the_scenario(tale: Tale) -> None:
    chain = tale.chain()
    (only,) = tree([chain], [1.0], [[0] * AFTER])
    plain = chain.outcome()
    assert only.objective == pytest.approx(plain.objective, rel=1e-9, abs=1e-9)
    assert only.solves[0].columns == plain.solves[0].columns


@law
@given(tales(), st.floats(0.05, 0.95), st.integers(0, AFTER - 1))
def test_leaves_that_are_alike_are_the_scenario(tale: Tale, p: float, parting: int) -> None:
    chain = tale.chain()
    node = [[(t >= parting) * (1 + leaf) for t in range(AFTER)] for leaf in (0, 1)]
    assert cost(tree([chain, chain], [p, 1 - p], node), [p, 1 - p]) == pytest.approx(
        chain.outcome().objective, rel=1e-8, abs=1e-8
    )


@law
@given(tales(), st.floats(0.05, 0.95))
def test_to_know_the_branch_never_costs_more(tale: Tale, p: float) -> None:
    chains, node = branched(tale)
    known = cost([chain.outcome() for chain in chains], [p, 1 - p])
    assert not_above(known, cost(tree(chains, [p, 1 - p], node), [p, 1 - p]))


@law
@given(tales(), st.floats(0.05, 0.95))
def test_to_learn_sooner_never_costs_more(tale: Tale, p: float) -> None:
    """With one month more in common there is less to choose."""
    later = replace(tale, first=tale.first + 1)
    chains, node = branched(later)
    sooner = [[0 if t < later.first - 1 else number or 1 + leaf for t, number in enumerate(path)] for leaf, path in
              enumerate(node)]  # fmt: skip
    costs = [cost(tree(chains, [p, 1 - p], nodes), [p, 1 - p]) for nodes in (sooner, node)]
    assert not_above(*costs)


@law
@given(tales(), st.floats(0.05, 0.95))
def test_the_order_of_leaves_changes_no_cost(tale: Tale, p: float) -> None:
    chains, node = branched(tale)
    one = cost(tree(chains, [p, 1 - p], node), [p, 1 - p])
    other = cost(tree(chains[::-1], [1 - p, p], node[::-1]), [1 - p, p])
    assert one == pytest.approx(other, rel=1e-8, abs=1e-8)


def test_a_public_stock_is_spent_once_in_every_leaf() -> None:
    """60 days of metal; imports stop in month 2, for one month or for two: releases in no leaf exceed the stock."""
    chains = []
    for length in (1, 2):
        chain = SmallChain(months=4, public_days={("JPN", "metal"): 60.0}, prices={"metal": 1.0})
        chain.process("smelt", "metal", {}, {"metal": 1.0}).process("cast", "alloy", {"metal": 1.0}, {"alloy": 1.0})
        chain.process("press", "magnet", {"alloy": 1.0}, {"good": 1.0})
        chain.runs("smelt", "CHN", 100).runs("cast", "JPN", 100).runs("press", "JPN", 100)
        chain.ships("metal", "CHN", "JPN", 100).uses("good", "JPN", "cars", 100, value=1000)
        chains.append(chain.cut([("metal", "CHN", "JPN")], 1, length))
    short, long = tree(chains, [0.5, 0.5], [[0, 0, 1, 1], [0, 0, 2, 2]])
    stock = 100 * 60 / (365.25 / 12)
    assert short.unserved.sum() == pytest.approx(0, **HAND)
    assert long.unserved.sum() == pytest.approx(200 - stock, **HAND)


def test_leaves_that_differ_too_early_are_refused() -> None:
    with pytest.raises(BadInput, match="before they part"):
        tree([hedge(1), hedge(2)], [0.5, 0.5], [[0, 0, 1], [0, 0, 2]])


def test_leaves_do_not_come_together_again() -> None:
    chain = hedge(1)
    network = Runner.of(chain.inputs, chain.base).network
    with pytest.raises(BadInput, match="one again in month 2"):
        Extensive.of(network, np.array([0.5, 0.5]), np.array([[0, 1, 0], [0, 2, 0]]))
