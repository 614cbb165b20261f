"""Base prices of the chain's products: read where a row has them, else built from the cost of inputs."""

from __future__ import annotations

import numpy as np

from didymium.errors import NotFound
from didymium.scenario.chain import Tables, assumption
from didymium.scenario.inputs import Chain


def base_prices(ds: Tables, chain: Chain, year: int, position: float = 0.5) -> dict[str, float]:
    """Base price of each product [USD/kg].

    China FOB of the year or the nearest before; the customs unit value for finished magnets; and for what has no price
    row the cost of its inputs, so that a price never falls along the chain. An ore takes a share of its oxides.
    `position` moves what is read: 0 to the lowest, 1 to the highest of all rows of the product from that year on.
    Raises NotFound for a year before the first prices.
    """
    best: dict[str, tuple[int, float]] = {}
    for row in ds.rows("prices"):
        listed = row["unit"] == "USD/kg" and row["market"] == "China FOB" and row["period"] == str(row["year"])
        if listed and row["year"] <= year and row["year"] > best.get(row["product"], (0, 0.0))[0]:
            best[row["product"]] = (row["year"], float(row["price"]))
    price = {
        product: value if position == 0.5 else _drawn(ds, product, since, value, position)
        for product, (since, value) in best.items()
        if product in chain.products
    }
    unit_value = next(float(r["value"]) for r in ds.rows("value_at_stake", product="ndfeb_magnet", sector="other_uses"))
    for _ in range(len(chain.processes)):
        for process in chain.processes:
            if len(process.outputs) == 1 and process.inputs and not process.process_id.startswith("recycle"):
                (product,) = process.outputs
                if product not in price and all(p in price for p in process.inputs):
                    price[product] = sum(price[p] * q for p, q in process.inputs.items())
    if "ndfeb_blank_ht" not in price:
        raise NotFound(
            f"The inputs of magnets have no listed price up to {year}.", where="prices", cure="Ask for a later year."
        )
    extra = price["ndfeb_blank_ht"] - price["ndfeb_blank_std"]
    price["ndfeb_magnet_std"] = unit_value
    price["ndfeb_magnet_ht"] = unit_value + extra
    ore_share = assumption(ds, "ore_value_share")
    for process in chain.processes:
        if process.stage == "separated" and not process.process_id.startswith("recycle"):
            (ore,) = process.inputs
            price[ore] = ore_share * sum(price.get(p, 0.0) * q for p, q in process.outputs.items())
    return {product: price.get(product, 0.0) for product in chain.products}


def _drawn(ds: Tables, product: str, since: int, value: float, position: float) -> float:
    """A price at a position between the lowest and the highest row of any market from a year on [USD/kg]."""
    rows = [r for r in ds.rows("prices", product=product, unit="USD/kg") if r["year"] >= since]
    told = [float(r[c]) for r in rows for c in ("price_low", "price", "price_high") if r[c] is not None]
    return float(np.interp(position, [0.0, 0.5, 1.0], [min(told, default=value), value, max(told, default=value)]))
