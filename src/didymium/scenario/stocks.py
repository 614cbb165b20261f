"""Public stocks that a row of `stockpiles` states as held: what a layer knows better than the public sources do.

Only rows of the stock type `level` count; a target, an estimate or an observation is no stock. A secret stock is a
range alone: its middle is the central case, its ends are what the draws move between. Days are days of the region's
need of the metal; a stock of the oxide or of the metal counts alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from didymium.scenario.chain import Tables
from didymium.scenario.inputs import Chain

LEVEL = "level"
METAL_OF = {
    "nd_oxide": "ndpr_metal",
    "pr_oxide": "ndpr_metal",
    "ndpr_oxide": "ndpr_metal",
    "nd_metal": "ndpr_metal",
    "ndpr_metal": "ndpr_metal",
    "dy_oxide": "dy_metal",
    "dy_metal": "dy_metal",
    "tb_oxide": "tb_metal",
    "tb_metal": "tb_metal",
}
"""The metal of the chain as which a stock of a product is released."""

Levels = dict[tuple[str, str], Mapping[str, Any]]


def stock_range(row: Mapping[str, Any]) -> tuple[float, float, float]:
    """Least, central and most of a stock: its ends where only a range is told, the amount itself where only that is.

    >>> stock_range({"quantity": None, "value_low": 30.0, "value_high": 90.0})
    (30.0, 60.0, 90.0)
    >>> stock_range({"quantity": 50.0, "value_low": None, "value_high": None})
    (50.0, 50.0, 50.0)
    """
    low, value, high = row["value_low"], row["quantity"], row["value_high"]
    if value is None:
        value = (low + high) / 2
    return float(value if low is None else low), float(value), float(value if high is None else high)


def levels(ds: Tables) -> tuple[Levels, list[str]]:
    """The stocks in days by place and metal, the latest year of each, and a line on each row that cannot be used."""
    found: Levels = {}
    unused = []
    for row in sorted(ds.rows("stockpiles", stock_type=LEVEL), key=lambda r: (r["year"], r["row_id"])):
        metal = METAL_OF.get(row["product"])
        if metal is None or row["unit"] not in ("days", "days of consumption", "days of domestic consumption"):
            unused.append(
                f"stock {row['country']} {row['product']} {row['year']} is not in the model: "
                "it takes days of the magnet metals or their oxides"
            )
            continue
        found[row["country"], metal] = row
    return found, unused


def as_assumptions(ds: Tables) -> list[dict[str, Any]]:
    """The stocks in the form of rows of `assumptions`, so that draws and drivers move them within their range."""
    rows = []
    for (place, metal), row in levels(ds)[0].items():
        low, value, high = stock_range(row)
        if low < high:
            rows.append(
                {
                    "assumption_id": _id(place, metal),
                    "meaning": f"Days of {metal} in stock, {place}",
                    "meaning_ja": f"{place}の{metal}の在庫日数",
                    "low": low,
                    "value": value,
                    "high": high,
                    "unit": "days",
                    "source_id": row["source_id"],
                }
            )
    return rows


def public_cover_days(ds: Tables, chain: Chain, given: Mapping[str, float]) -> dict[tuple[str, str], float]:
    """Days of need in public stock by region and metal: Japan's by assumption, whatever a row states by the row.

    `given` holds assumptions and the values that a draw puts in the place of a row.
    """
    metals = ("ndpr_metal", "dy_metal", "tb_metal")
    found = {("JPN", metal): given["jpn_public_cover_days"] for metal in metals}
    for (place, metal), row in levels(ds)[0].items():
        if place in chain.regions:
            found[place, metal] = given.get(_id(place, metal), stock_range(row)[1])
    return found


def _id(place: str, metal: str) -> str:
    return f"stock-{place}-{metal}"
