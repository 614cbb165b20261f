"""Names of rows and columns, and contradictions in words: product, region, month, and how much would mend it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_chain import SmallChain

from didymium.engine import InfeasibleProgramme, solve
from didymium.errors import Infeasible
from didymium.model import names
from didymium.model.conflict import explained
from didymium.model.foresight import Networks, Runner
from didymium.model.network import SupplyNetwork

ARC = ("magnet", "AAA", "BBB")


def chain(**own: float) -> SmallChain:
    """A plant in A, users in B, three months, a public stock of magnets in B."""
    c = SmallChain(months=3, prices={"magnet": 50.0}, cover_days=15, public_days={("BBB", "magnet"): 10.0}, **own)
    c.process("sinter", "magnet", {}, {"magnet": 1.0}).runs("sinter", "AAA", 100)
    return c.ships(*ARC, 100).uses("magnet", "BBB", "motors", 100, flexible=(0.2, 60.0))


def test_each_name_stands_where_the_layout_puts_its_variable() -> None:
    c = chain()
    network = Networks.of(c.inputs, c.base).network
    lay = network.layout
    columns = [str(n) for n in names.columns(network, c.inputs.months)]
    rows = [str(n) for n in names.rows(network, c.inputs.months)]
    lp = network.programme(Networks.of(c.inputs, c.base).quantities(c.inputs))
    assert (len(rows), len(columns)) == (lp.rows, lp.columns)
    assert len(set(rows)) == len(rows) and len(set(columns)) == len(columns)
    for group, size, label in (
        ("usual", lay.activities, "usual[sinter,AAA,2025-05]"),
        ("flow", lay.arcs, "flow[magnet,AAA,BBB,2025-05]"),
        ("delivery", lay.uses, "delivery[magnet,BBB,motors,2025-05]"),
        ("user_stock", lay.uses, "user_stock[magnet,BBB,motors,2025-05]"),
        ("unserved", lay.uses * lay.bands, "unserved[magnet,BBB,motors,band0,2025-05]"),
        ("release", lay.public, "release[magnet,BBB,2025-05]"),
    ):
        assert columns[lay.columns_of(group, size)[1, 0]] == label
    node = network.node_index["magnet", "BBB"]
    for group in ("pool", "surplus"):
        assert columns[lay.columns_of(group, len(lay.nodes))[2, node]] == f"{group}[magnet,BBB,2025-06]"
    assert rows[lay.rows_of("balance")[2, node]] == "balance[magnet,BBB,2025-06]"
    assert rows[lay.rows_of("use_balance")[0, 0]] == "use_balance[magnet,BBB,motors,2025-04]"
    assert rows[lay.rows_of("ramp")[1, 0]] == "ramp[sinter,AAA,2025-05]"
    assert rows[lay.rows_of("public_stock")[0]] == "public_stock[magnet,BBB]"


def test_the_column_of_a_route_enters_the_balances_that_its_name_says() -> None:
    c = chain()
    networks = Networks.of(c.inputs, c.base)
    lp = networks.network.programme(networks.quantities(c.inputs))
    rows = [str(n) for n in names.rows(networks.network, c.inputs.months)]
    columns = [str(n) for n in names.columns(networks.network, c.inputs.months)]
    at = lp.matrix[:, [columns.index("flow[magnet,AAA,BBB,2025-06]")]].toarray()[:, 0]
    entered = {rows[i]: at[i] for i in np.flatnonzero(at)}
    balances = {"balance[magnet,AAA,2025-06]": -1.0, "balance[magnet,BBB,2025-06]": 1.0}
    assert entered == {**balances, "diversion[magnet,AAA,2025-06]": 1.0}


@pytest.mark.parametrize("sight", ["coordinated", "myopic"])
def test_demand_that_cannot_go_unserved_is_named_with_its_month_and_amount(sight: str) -> None:
    """Of April's demand of 100 t nothing arrives and nothing is held, and only 70 t may go unserved: 30 t are asked."""
    c = chain().cut([ARC], 0, 2)
    inputs = replace(c.inputs, use_cover_days=np.zeros(1), public_cover_days={("BBB", "magnet"): 0.0})
    narrow = {s: tuple(replace(b, width=b.width * 0.7) for b in bands) for s, bands in inputs.bands.items()}
    with pytest.raises(Infeasible) as told:
        Runner.of(inputs, c.base).run(replace(inputs, bands=narrow), sight)
    assert told.value.exit_code == 1
    assert any("of magnet in BBB for motors" in line and "2025-04" in line for line in told.value.conflicts)
    assert any("30 t" in line for line in told.value.conflicts), told.value.conflicts
    assert "\n" not in told.value.line() and "row " not in told.value.line() and "column " not in told.value.line()


def test_a_public_stock_below_nothing_is_named() -> None:
    c = chain()
    inputs = replace(c.inputs, public_cover_days={("BBB", "magnet"): -10.0})
    networks = Networks.of(c.inputs, c.base)
    q = replace(networks.quantities(c.inputs), public_stock=np.array([-5.0]))
    lp = networks.network.programme(q)
    with pytest.raises(InfeasibleProgramme) as found:
        solve(lp)
    told = explained(found.value, networks.network, inputs.months)
    assert told.conflicts == ("public stock of magnet in BBB: 5 t more than is there",)


def test_a_limit_below_zero_is_refused_by_name() -> None:
    c = chain()
    inputs = replace(c.inputs, spare=np.array([-3.0]))
    with pytest.raises(Infeasible, match=r"usual output of sinter in AAA in 2025-04 is -\d+ t, below zero"):
        Runner.of(inputs, c.base)


def test_months_and_grid_must_fit() -> None:
    network: SupplyNetwork = Networks.of(chain().inputs, chain().base).network
    with pytest.raises(ValueError, match="2 labels for 3 months"):
        names.rows(network, ("2025-04", "2025-05"))
