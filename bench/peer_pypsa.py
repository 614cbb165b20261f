"""The network as PyPSA's components: nodes are buses, activities and routes links, stocks stores, the rest generators.

PyPSA has no ramp over the sum of two tranches, no worth of the last stock and no total over time: these are added to
its model as constraints and costs of their own, as its users do. Money is million US dollars, a snapshot is a month.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import linopy
import numpy as np
import pandas as pd
import pypsa
import xarray as xr
from bench.peer_linopy import Place, bounds, prices

from didymium.model.network import Quantities
from didymium.scenario.inputs import Chain


def network(
    chain: Chain, nodes: Sequence[Place], public: Sequence[Place], q: Quantities, unrecorded: Sequence[Place] = ()
) -> pypsa.Network:
    """Components and their series; nothing is optimised yet."""
    n = pypsa.Network()
    months = pd.RangeIndex(len(q.discount))
    n.set_snapshots(months)
    n.snapshot_weightings["objective"] = q.discount
    most = {name: upper for name, (_, upper) in bounds(chain, nodes, q).items()}
    cost = prices(q)
    bus = {place: f"{place[0]} {place[1]}" for place in nodes}
    shop = [f"use {u}" for u in range(len(chain.uses))]
    n.add("Bus", [*bus.values(), *shop, "ground"])
    n.add("Generator", "ground", bus="ground", p_nom=1e9)

    recipes = {p.process_id: p for p in chain.processes}
    flows = [
        [
            (bus[p, r], sign * x)
            for sign, side in ((1, recipes[k].outputs), (-1, recipes[k].inputs))
            for p, x in side.items()
        ]
        for k, r in chain.activities
    ]
    ports = max(map(len, flows))
    for name in ("usual", "extra"):
        sides: dict[str, Any] = {}
        for port in range(ports):
            ends = [f[port] if port < len(f) else ("", 1.0) for f in flows]
            sides[f"bus{port + 1}"] = [end for end, _ in ends]
            sides["efficiency" if port == 0 else f"efficiency{port + 1}"] = [x for _, x in ends]
        _links(n, name, most[name], cost[name], bus0="ground", **sides)
    _links(
        n,
        "flow",
        most["flow"],
        cost["flow"],
        bus0=[bus[p, o] for p, o, _ in chain.arcs],
        bus1=[bus[p, d] for p, _, d in chain.arcs],
    )
    sold_at = [bus[p, r] for p, r, _ in chain.uses]
    n.add("Link", [f"delivery {u}" for u in range(len(shop))], bus0=sold_at, bus1=shop, p_nom=1e9)
    n.add("Load", shop, bus=shop, p_set=pd.DataFrame(q.demand, index=months, columns=shop))
    for b in range(q.band_width.shape[1]):
        names = pd.Index([f"unserved {u} {b}" for u in range(len(shop))])
        _made(n, "Generator", names, most["unserved"][:, :, b], marginal_cost=cost["unserved"][:, b], bus=shop)
    n.add(
        "Generator",
        [f"surplus {place}" for place in bus.values()],
        bus=list(bus.values()),
        sign=-1.0,
        p_nom=1e9,
        marginal_cost=cost["surplus"],
    )
    if public:
        names = [f"release {s}" for s in range(len(public))]
        n.add("Generator", names, bus=[bus[p] for p in public], p_nom=1e9, marginal_cost=cost["release"])
    if unrecorded:
        names = pd.Index([f"unrecorded {k}" for k in range(len(unrecorded))])
        taken = {"bus": [bus[p] for p in unrecorded], "sign": -1.0}
        _made(n, "Generator", names, most["unrecorded"], marginal_cost=cost["unrecorded"], **taken)
    for name, at, before in (("pool", list(bus.values()), q.pool_before), ("user_stock", shop, q.user_stock_before)):
        names = pd.Index([f"{name} {k}" for k in range(len(at))])
        worth = -(q.convenience_pool if name == "pool" else q.convenience_user)
        _made(n, "Store", names, most[name], marginal_cost_storage=worth, bus=at, e_initial=before)
    return n


def _made(n: pypsa.Network, kind: str, names: pd.Index, most: Any, **given: Any) -> None:
    """Members whose upper bound [t a month, or t] changes by month."""
    power, limit = ("e_nom", "e_max_pu") if kind == "Store" else ("p_nom", "p_max_pu")
    peak = most.max(axis=0)
    share = np.divide(most, peak, out=np.zeros_like(most), where=peak > 0)
    n.add(kind, names, **given, **{power: peak, limit: pd.DataFrame(share, index=n.snapshots, columns=names)})


def _links(n: pypsa.Network, name: str, most: Any, cost: Any, **given: Any) -> None:
    _made(n, "Link", pd.Index([f"{name} {k}" for k in range(most.shape[1])]), most, marginal_cost=cost, **given)


def model(n: pypsa.Network, chain: Chain, q: Quantities) -> Any:
    """PyPSA's linopy model with what its components cannot say."""
    linopy.options["semantics"] = "v1"
    n.optimize.create_model(include_objective_constant=False)
    _add_rest(n, chain, q)
    return n.model


def optimise(n: pypsa.Network, chain: Chain, q: Quantities, **options: Any) -> float:
    """The least cost, by PyPSA's own call: checked, modelled, solved, and the answer written into the network."""
    linopy.options["semantics"] = "v1"
    said, condition = n.optimize(
        include_objective_constant=False,
        extra_functionality=lambda network, _: _add_rest(network, chain, q),
        solver_name="highs",
        **options,
    )
    assert (said, condition) == ("ok", "optimal")
    return float(n.model.objective.value)


def _add_rest(n: pypsa.Network, chain: Chain, q: Quantities) -> None:
    m = n.model
    runs = m.variables["Link-p"]
    count = len(q.ramp)
    now = runs.sel(name=[f"usual {a}" for a in range(count)]) * 1
    extra = runs.sel(name=[f"extra {a}" for a in range(count)]) * 1
    both = now.assign_coords(name=range(count)) + extra.assign_coords(name=range(count))
    rise = np.tile(q.ramp, (len(q.discount), 1))
    rise[0] += q.activity_before
    side = xr.DataArray(rise, dims=["snapshot", "name"], coords={"snapshot": n.snapshots, "name": range(count)})
    before = both.shift(snapshot=1).fillna(0)
    m.add_constraints(both - before <= side, name="ramp")
    if q.export_limit.shape[1]:
        order = {place: k for k, place in enumerate(dict.fromkeys((p, o) for p, o, _ in chain.arcs))}
        exporters = [order[p, o] for p, o, _ in chain.arcs]
        flows = runs.sel(name=[f"flow {e}" for e in range(len(q.flow_cost))]) * 1
        exporter = xr.DataArray(exporters, dims=["name"], coords={"name": flows.indexes["name"]}, name="exporter")
        most = xr.DataArray(
            q.export_limit,
            dims=["snapshot", "exporter"],
            coords={"snapshot": n.snapshots, "exporter": range(q.export_limit.shape[1])},
        )
        m.add_constraints(flows.groupby(exporter).sum() <= most, name="diversion")
    if len(q.public_stock):
        names = [f"release {s}" for s in range(len(q.public_stock))]
        released = m.variables["Generator-p"].sel(name=names).sum("snapshot")
        held = xr.DataArray(q.public_stock, dims=["name"], coords={"name": names})
        m.add_constraints(released <= held, name="public_stock")
    last = m.variables["Store-e"].sel(snapshot=n.snapshots[-1])
    worth = np.concatenate([q.end_value_pool, q.end_value_user]) * q.discount[-1]
    ends = {"pool": q.end_value_pool, "user_stock": q.end_value_user}
    names = [f"{name} {k}" for name, value in ends.items() for k in range(len(value))]
    worth_at = xr.DataArray(worth, dims=["name"], coords={"name": names})
    m.objective.expression = m.objective.expression - (last.sel(name=names) * worth_at).sum()
