"""Reliance, N-1, N-k and days of cover: known answers and laws."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from didymium.errors import BadInput
from didymium.model import cover as c

tonnes = st.floats(min_value=1e-3, max_value=1e9)


def test_the_examples_in_the_module_run() -> None:
    assert doctest.testmod(c).failed == 0


def test_a_closed_economy_relies_on_nobody() -> None:
    assert c.reliance_from_flows(own=120, imports=0, exports=0).share == 0.0


def test_a_net_exporter_has_negative_reliance_and_keeps_its_number() -> None:
    assert c.reliance_from_flows(own=100, imports=10, exports=60).share == pytest.approx(-1.0)


def test_both_ways_to_reliance_agree_when_the_balance_closes() -> None:
    flows = c.reliance_from_flows(own=30, imports=80, exports=10, stock_draw=5)
    assert c.reliance_from_need(need=flows.need, own=30).share == pytest.approx(flows.share, rel=1e-12)


def test_the_two_n_minus_one_definitions_are_different_numbers() -> None:
    # one importer with all demand outside the leading supplier, buying 70 of 100 from it
    assert c.n_minus_one_importer(own=10, imports=[70, 20], demand=100) == pytest.approx(0.3)
    assert c.n_minus_one_world(supply_world=200, supply_top=120, demand_world=200, demand_top=100) == 0.8


def test_the_worst_loss_of_one_and_of_two_suppliers() -> None:
    supply, spare = [0.55, 0.15, 0.10, 0.08, 0.07, 0.05], [0, 0.05, 0.10, 0, 0.02, 0.12]
    for count, short, who in ((1, 0.26, (0,)), (2, 0.46, (0, 1))):
        loss, lost = c.worst_loss(supply, spare, count)
        assert loss == pytest.approx(short, rel=1e-12)
        assert lost == who


def test_days_of_cover() -> None:
    assert c.days_of_cover(stock=5_000, yearly_demand=10_000) == 182.5


@given(st.lists(tonnes, min_size=1, max_size=8), tonnes, tonnes)
def test_losing_one_more_source_never_helps(imports: list[float], own: float, demand: float) -> None:
    covers = [c.n_minus_k_importer(own, imports, demand, count) for count in range(len(imports) + 1)]
    assert covers == sorted(covers, reverse=True)
    assert covers[-1] == pytest.approx(own / demand)
    # the sum without the largest is taken as a difference there: exact to the rounding of the sum
    scale = (own + sum(imports)) / demand
    assert c.n_minus_one_importer(own, imports, demand) == pytest.approx(covers[1], abs=1e-14 * scale)


@given(st.lists(tonnes, min_size=2, max_size=7), st.integers(1, 2))
def test_without_spare_capacity_the_worst_set_is_that_of_the_largest(supply: list[float], count: int) -> None:
    loss, lost = c.worst_loss(supply, [0.0] * len(supply), count)
    assert loss == pytest.approx(sum(sorted(supply, reverse=True)[:count]))
    assert len(lost) == count


def test_a_cover_of_no_demand_is_refused() -> None:
    for call in (
        lambda: c.n_minus_k_importer(1, [1], 0, 1),
        lambda: c.days_of_cover(1, 0),
        lambda: c.reliance_from_need(0, 1),
        lambda: c.n_minus_one_world(1, 1, 1, 1),
    ):
        with pytest.raises(BadInput):
            call()
