"""From rows of prices to price models: the level that a price returns to, how it moves, and what the tables do not say.

Five yearly prices of a product are few. They give the level (their geometric mean) and the volatility; how fast a price
returns, its jumps and the regimes of the market are assumptions with ranges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from didymium.data import Dataset
from didymium.errors import NotFound
from didymium.finance.prices import PriceModel, fitted_sigma, yearly_volatility

LEAST_PRICES = 3  # yearly prices below which no volatility is told
PREMIUM = "ex-China / China premium"
KG_A_T = 1000.0


@dataclass(frozen=True, slots=True)
class Quoted:
    """A product's price model [USD/kg] and the rows that it rests on."""

    product: str
    market: str
    model: PriceModel
    years: tuple[int, ...]
    source_ids: tuple[str, ...]

    @property
    def level(self) -> float:
        """The median that the price returns to, premium left out."""
        return self.model.level


def quoted(ds: Dataset, product: str, market: str, assume: Mapping[str, float]) -> Quoted:
    """The price model of a product on a market. Raises NotFound without enough yearly prices."""
    per_t = {row["unit"]: float(row["factor"]) for row in ds.rows("units", dimension="price_per_mass")}
    yearly: dict[int, dict[str, Any]] = {}
    for row in sorted(ds.rows("prices", product=product), key=lambda r: str(r["grade"])):
        if row["market"] == market and row["period"] == str(row["year"]) and row["price"] is not None:
            yearly.setdefault(int(row["year"]), row)
    if len(yearly) < LEAST_PRICES:
        raise NotFound(f"{product} has {len(yearly)} yearly prices on {market}; a volatility needs {LEAST_PRICES}.")
    years = tuple(sorted(yearly))
    value = np.array([float(yearly[y]["price"]) * per_t[yearly[y]["unit"]] / KG_A_T for y in years])
    premium = [r for r in ds.rows("prices", product=product) if r["market"] == PREMIUM]
    last = max(premium, key=lambda r: str(r["period"]), default=None)
    return Quoted(
        product,
        market,
        PriceModel(
            start=float(value[-1]),
            level=float(np.exp(np.log(value).mean())),
            reversion=assume["finance_price_reversion"],
            sigma=fitted_sigma(
                yearly_volatility(value),
                reversion=assume["finance_price_reversion"],
                jump_rate=assume["finance_price_jump_rate"],
                jump_sigma=assume["finance_price_jump_sigma"],
            ),
            jump_rate=assume["finance_price_jump_rate"],
            jump_sigma=assume["finance_price_jump_sigma"],
            dump_rate=assume["finance_dump_rate"],
            dump_end_rate=assume["finance_dump_end_rate"],
            dump_depth=assume["finance_dump_depth_share"],
            premium=1.0 if last is None or market != "China FOB" else float(last["price"]),
            premium_captured=assume["finance_premium_captured_share"],
            premium_fade=assume["finance_premium_fade_rate"],
        ),
        years,
        tuple(sorted({str(r["source_id"]) for r in yearly.values()} | ({str(last["source_id"])} if last else set()))),
    )
