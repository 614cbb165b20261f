"""How much of a use gives way first: the assumed share, and in draws what the elasticity of its product allows.

The central case takes the assumption `flexible_share` for every use. Where `elasticities` has a row of demand within
the year for the product, the ends of its range are widened to what constant elasticity says: at a price ratio r the
share 1 − r^ε of a use has given way (methods: D = D₀·p^ε), r being the worth of the flexible part over the base price.
Whether the world is thrifty is one draw for all uses; how far each can be is its own.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from didymium.scenario.chain import Tables

THRIFT = "thrift"  # position of all flexible shares in their ranges: 0 low, ½ central, 1 high
MOST = 0.9  # of a use: something of every use is firm


def elasticity(ds: Tables, product: str, sector: str) -> float | None:
    """Price elasticity of demand within the year: of the sector, else of all use; None where the product has none."""
    rows = ds.rows(
        "elasticities", product=product, elasticity_type="demand_price", horizon="same_year", stage="end_use"
    )
    by_sector = {row["sector"]: float(row["value"]) for row in rows if row["preferred"]}
    return by_sector.get(sector, by_sector.get("total"))


def flexible_share(ds: Tables, product: str, sector: str, ratio: float, assume: Mapping[str, float]) -> float:
    """Share of a use that gives way first: `flexible_share`, or within its range at the position `thrift`, 0 to 1.

    `ratio` is the worth of that part over the base price of the product.
    """
    position = assume.get(THRIFT, 0.5)
    if position == 0.5:
        return assume["flexible_share"]
    (row,) = ds.rows("assumptions", assumption_id="flexible_share")
    low, high = float(row["low"]), float(row["high"])
    found = elasticity(ds, product, sector)
    if found is not None and ratio > 1.0:
        spread = assume["elasticity_spread"]
        low = min(low, 1.0 - ratio ** (found / spread))
        high = min(max(high, 1.0 - ratio ** (found * spread)), MOST)
    return float(np.interp(position, [0.0, 0.5, 1.0], [low, assume["flexible_share"], high]))
