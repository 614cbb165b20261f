"""The network written a second time, in linopy, from docs/method/network.md: a peer for time, an oracle for tests.

Nothing here is taken from `model/network.py` but the names of its quantities. Money is million US dollars.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import linopy
import numpy as np
import pandas as pd
import xarray as xr

from didymium.model.network import Quantities
from didymium.scenario.inputs import Chain

Place = tuple[str, str]

USUAL, EXTRA = 0.95, 1.05  # of the value added: section `costs`
DISPOSAL = 1e-6  # 1 USD a tonne
HIGHS = {
    "output_flag": False,
    "log_to_console": False,
    "threads": 1,
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-9,
}
OPTIONS: dict[str, Any] = {"io_api": "direct", **HIGHS}  # of `Model.solve`
SOLVER: dict[str, Any] = {"io_api": "direct", "options": HIGHS}  # of `Solver.from_name`


def model(
    chain: Chain, nodes: Sequence[Place], public: Sequence[Place], q: Quantities, unrecorded: Sequence[Place] = ()
) -> linopy.Model:
    """The chain over the months of `q`; `nodes` is the order of q's arrays over (product, region)."""
    linopy.options["semantics"] = "v1"
    m = linopy.Model()
    number = {place: n for n, place in enumerate(nodes)}
    months = len(q.discount)
    for name, (dim, upper) in bounds(chain, nodes, q).items():
        index = [pd.RangeIndex(months, name="month"), pd.RangeIndex(upper.shape[1], name=dim)]
        if upper.ndim == 3:
            index.append(pd.RangeIndex(upper.shape[2], name="band"))
        m.add_variables(lower=0, upper=xr.DataArray(upper, coords=index), name=name)
    v = m.variables

    def at(values: Any, dim: str) -> xr.DataArray:
        return xr.DataArray(np.asarray(values), dims=[dim], coords={dim: np.arange(len(values))})

    def to_nodes(expression: Any, dim: str, places: Sequence[int]) -> Any:
        """Sum over the members of `dim` that stand at the same node."""
        where = at(np.asarray(places, dtype=int), dim).rename("node")
        return expression.groupby(where).sum().reindex(node=np.arange(len(nodes)), fill_value=_EMPTY)

    recipes = {p.process_id: p for p in chain.processes}
    part = [
        (a, number[product, region], sign * quantity)
        for a, (process_id, region) in enumerate(chain.activities)
        for sign, side in ((1.0, recipes[process_id].outputs), (-1.0, recipes[process_id].inputs))
        for product, quantity in side.items()
    ]
    runs = v["usual"] + v["extra"]
    parts = runs.sel(activity=xr.DataArray([a for a, _, _ in part], dims="part")).drop_vars("activity", errors="ignore")
    parts = parts.assign_coords(part=np.arange(len(part)))
    first = xr.DataArray(np.arange(months) == 0, dims="month", coords={"month": np.arange(months)})

    balance = to_nodes(parts * at([c for _, _, c in part], "part"), "part", [n for _, n, _ in part])
    if chain.arcs:
        balance += to_nodes(1 * v["flow"], "arc", [number[p, d] for p, _, d in chain.arcs])
        balance -= to_nodes(1 * v["flow"], "arc", [number[p, o] for p, o, _ in chain.arcs])
    if chain.uses:
        balance -= to_nodes(1 * v["delivery"], "use", [number[p, r] for p, r, _ in chain.uses])
    if public:
        balance += to_nodes(1 * v["release"], "stock", [number[place] for place in public])
    if unrecorded:
        balance -= to_nodes(1 * v["unrecorded"], "taker", [number[place] for place in unrecorded])
    balance += v["pool"].shift(month=1).fillna(0) - v["pool"] - v["surplus"]
    m.add_constraints(balance == -at(q.pool_before, "node") * first, name="balance")

    if chain.uses:
        served = v["delivery"] + v["user_stock"].shift(month=1).fillna(0) - v["user_stock"] + v["unserved"].sum("band")
        demand = xr.DataArray(q.demand, coords=[first.month, pd.RangeIndex(len(chain.uses), name="use")])
        m.add_constraints(served == demand - at(q.user_stock_before, "use") * first, name="use_balance")
    if chain.arcs:
        order = {place: k for k, place in enumerate(dict.fromkeys((p, o) for p, o, _ in chain.arcs))}
        leaves_from = at(np.array([order[p, o] for p, o, _ in chain.arcs]), "arc").rename("exporter")
        most = xr.DataArray(q.export_limit, coords=[first.month, pd.RangeIndex(len(order), name="exporter")])
        m.add_constraints((1 * v["flow"]).groupby(leaves_from).sum() <= most, name="diversion")
    rise = at(q.ramp, "activity") + at(q.activity_before, "activity") * first
    m.add_constraints(runs - runs.shift(month=1).fillna(0) <= rise, name="ramp")
    if public:
        m.add_constraints(v["release"].sum("month") <= at(q.public_stock, "stock"), name="public_stock")
    m.add_objective(_objective(m, q))
    return m


_EMPTY = {"vars": -1, "coeffs": np.nan, "const": 0.0}


def bounds(chain: Chain, nodes: Sequence[Place], q: Quantities) -> dict[str, tuple[str, Any]]:
    """Dimension and upper bounds of each variable, shape (month, member[, band]); lower bounds are zero."""
    months = len(q.discount)
    usual = np.minimum(q.activity_usual, q.activity_limit)
    free = np.full((months, 1), np.inf)
    found = {
        "usual": ("activity", usual),
        "extra": ("activity", q.activity_limit - usual),
        "flow": ("arc", q.flow_limit),
        "delivery": ("use", free.repeat(len(chain.uses), axis=1)),
        "pool": ("node", np.maximum(q.pool_normal, q.pool_before)),
        "user_stock": ("use", np.maximum(q.user_stock_normal, q.user_stock_before)),
        "unserved": ("use", q.demand[:, :, None] * q.band_width),
        "surplus": ("node", free.repeat(len(nodes), axis=1)),
        "release": ("stock", free.repeat(len(q.public_stock), axis=1)),
        "unrecorded": ("taker", q.unrecorded_limit),
    }
    return {name: (dim, upper) for name, (dim, upper) in found.items() if upper.shape[1]}


def prices(q: Quantities) -> dict[str, Any]:
    """Undiscounted cost of a unit of each variable; stocks of the last month are worth their end value besides."""
    last = (np.arange(len(q.discount)) == len(q.discount) - 1)[:, None]
    return {
        "usual": q.activity_cost * USUAL,
        "extra": q.activity_cost * EXTRA,
        "flow": q.flow_cost,
        "unserved": q.band_value,
        "release": q.release_cost,
        "surplus": DISPOSAL - q.surplus_value,
        "unrecorded": -q.unrecorded_value,
        "pool": -q.convenience_pool - last * q.end_value_pool,
        "user_stock": -q.convenience_user - last * q.end_value_user,
    }


def _objective(m: linopy.Model, q: Quantities) -> Any:
    terms = []
    for name, price in prices(q).items():
        if name not in m.variables:
            continue
        variable = m.variables[name]
        shape = variable.shape
        if price.ndim < len(shape):
            price = np.broadcast_to(price, shape)
        factor = q.discount.reshape(-1, *[1] * (len(shape) - 1))
        terms.append((variable * xr.DataArray(price * factor, coords=variable.coords, dims=variable.dims)).sum())
    return sum(terms[1:], start=terms[0])


def update(m: linopy.Model, chain: Chain, nodes: Sequence[Place], q: Quantities) -> None:
    """Write other quantities into a built model, in place: bounds, right-hand sides and costs."""
    for name, (_, upper) in bounds(chain, nodes, q).items():
        variable = m.variables[name]
        variable.update(upper=xr.DataArray(upper, dims=variable.dims, coords=variable.coords))
    first = (np.arange(len(q.discount)) == 0)[:, None]
    sides = {
        "balance": -q.pool_before * first,
        "use_balance": q.demand - q.user_stock_before * first,
        "ramp": q.ramp + q.activity_before * first,
        "diversion": q.export_limit,
        "public_stock": q.public_stock,
    }
    for name, side in sides.items():
        if name in m.constraints:
            con = m.constraints[name]
            con.rhs = xr.DataArray(side, dims=con.rhs.dims, coords=con.rhs.coords)
    m.objective.expression = _objective(m, q)
