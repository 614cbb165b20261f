"""`Inputs` of a family before any scenario: its chain, figures, prices, values, stocks and new plants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from didymium.scenario.chain import Tables, assumption
from didymium.scenario.family_chain import MAGNETS, WITHOUT_HOST, Family, family_chain
from didymium.scenario.family_coverage import warnings
from didymium.scenario.family_figures import family_observations, family_unseen, growth_at
from didymium.scenario.family_plants import plants
from didymium.scenario.family_trade import KG_A_T, price_per_kg
from didymium.scenario.inputs import Band, Chain, Floats, Inputs, Observation
from didymium.scenario.observing import Index
from didymium.scenario.thrift import flexible_share

Row = dict[str, Any]
MONTHS_A_YEAR = 12


def family_inputs(
    ds: Tables,
    name: str,
    year: int,
    months: tuple[str, ...],
    assume: Mapping[str, float],
    beside: Iterable[str] = (),
) -> Inputs:
    """Inputs of one family for a base year and the months of a run; nothing is cut."""
    besides = frozenset(beside)
    family, chain, seen, unseen, price = ds.once((name, year, besides), lambda: _facts(ds, name, year, besides))
    size = {p: chain.unit_of(p)[1] for p in chain.products}
    # Days and months of this family follow those of magnet materials: they have no ranges of their own.
    stock, slow = (assume[a] / assumption(ds, a) for a in ("pool_cover_days", "qualification_months_material"))
    cover = {p: float(row["cover_days"] or 0.0) * stock for p, row in family.products.items()}
    freight = [
        min(assume["freight_usd_per_kg"], assume["freight_price_share"] * price[p] / size[p]) * size[p]
        for p in chain.products
    ]
    spare = [
        assume["spare_capacity_chn_share"] if region == "CHN" else assume["spare_capacity_share"]
        for _, region in chain.activities
    ]
    return Inputs(
        chain=chain,
        base_year=year,
        observations=seen,
        unseen=unseen,
        surplus_share=assume["surplus_sigma_world_share"],
        months=months,
        demand_growth=np.ones(len(months)),
        availability=np.ones((len(chain.activities), len(months))),
        spare=np.array(spare),
        new_capacity=_new_capacity(family, chain, months, assume),
        ramp=np.full(len(chain.activities), assume["ramp_share_per_month"]),
        bands=bands(family, price, size, assume),
        use_cover_days=np.array([cover[p] for p, _, _ in chain.uses]),
        pool_cover_days=np.array([cover[p] for p in chain.products]),
        public_cover_days={},
        base_price=np.array([price[p] for p in chain.products]),
        freight=np.array(freight),
        flow_growth=assume["flow_growth_share_per_month"],
        new_supplier_share=assume["new_supplier_share"],
        qualification_months=np.array(
            [float(family.products[p]["qualification_months"] or 0.0) * slow for p in chain.products]
        ),
        discount_rate=assume["discount_rate_per_year"],
        convenience_rate=assume["convenience_share_per_month"],
        warnings=warnings(family, chain),
        growth_by_product=_growth(family, months, assume.get("demand_outlook", 0.5)),
    )


def _facts(
    ds: Tables, name: str, year: int, beside: frozenset[str]
) -> tuple[Family, Chain, tuple[Observation, ...], Mapping[int, float], Mapping[str, float]]:
    """What no draw over the assumptions of a run moves: rows, chain, figures of the base year, prices."""
    family = Family.of(ds, name, year, beside)
    chain = family_chain(family)
    seen = family_observations(family, chain)
    return family, chain, seen, family_unseen(family, chain, seen), prices(family, chain)


def _growth(family: Family, months: tuple[str, ...], position: float) -> dict[str, Floats]:
    found = {}
    for product, row in family.products.items():
        grown = growth_at(family.ds, row["growth_product"], position)
        found[product] = np.array([grown(int(m[:4]), family.year) for m in months])
    return found


def prices(family: Family, chain: Chain) -> dict[str, float]:
    """Base price of each product [thousand USD for one unit of the model; USD/kg where that unit is a tonne].

    Read from `prices`, the year of the base or the nearest before; what has no price costs its inputs by the dearest
    way to make it, hosts nothing.
    """
    price: dict[str, float] = {}
    for product, row in family.products.items():
        own = price_per_kg(family.ds, row, family.year)
        if own > 0 or row["may_be_left"]:
            price[product] = own * chain.unit_of(product)[1]
    routes: dict[str, list[Mapping[str, float]]] = {}
    for process in chain.processes:
        if process.inputs:
            routes.setdefault(next(iter(process.outputs)), []).append(process.inputs)
    for _ in routes:
        for product, ways in routes.items():
            if product not in price and all(p in price for inputs in ways for p in inputs):
                price[product] = max(sum(price[p] * q for p, q in inputs.items()) for inputs in ways)
    return {product: price.get(product, 0.0) for product in chain.products}


def bands(
    family: Family, price: Mapping[str, float], size: Mapping[str, float], assume: Mapping[str, float]
) -> dict[str, tuple[Band, ...]]:
    """Two slices of each use; where no value at stake is read, a multiple of the price. No slice is below its price."""
    lower = assume["flexible_value_share"]
    found: dict[str, tuple[Band, ...]] = {}
    for use in family.uses:
        product = use["chain_product"]
        span = _value_of(family.ds, use)
        value = assume.get(f"value:{use['sector']}", None if span is None else span[1])
        full = assume["floor_value_prices"] * price[product] if value is None else value * size[product]
        least = assume["least_value_prices"] * price[product]
        soft = max(lower * full, least)
        ratio = soft / price[product] if price[product] > 0 else 0.0
        share = flexible_share(family.ds, product.partition(":")[0], use["sector"], ratio, assume)
        found[use["sector"]] = (Band("flexible", share, soft), Band("firm", 1 - share, max(full, least)))
    return found


Span = tuple[float, float, float]
"""Low, central and high value."""


def _value_of(ds: Tables, use: Row) -> Span | None:
    """Value lost with a unit short [USD/kg, USD/kWh, USD a vehicle]; None where no row of `value_at_stake` tells."""
    if not use["value_product"]:
        return None
    per_kg = {row["unit"]: row["factor"] for row in ds.rows("units")}
    for row in ds.rows("value_at_stake", product=use["value_product"], sector=use["value_sector"]):
        if row["country"] == use["value_country"] and row["value"] is not None:
            factor = float(per_kg[row["unit"]]) / KG_A_T * float(use["value_factor"] or 1.0)
            value = float(row["value"])
            low, high = (value if row[end] is None else float(row[end]) for end in ("value_low", "value_high"))
            return low * factor, value * factor, high * factor
    return None


def values_of(ds: Tables, families: Sequence[str]) -> Iterator[tuple[str, str, str, Span, str]]:
    """Sector, its names, low, central and high value at stake, and the unit, of each use that has a range."""
    for family in families:
        if family == MAGNETS:
            for row in ds.rows("magnet_sectors"):
                low, value, high = (float(row[f"value_{end}usd_per_kg"]) for end in ("low_", "", "high_"))
                yield row["sector"], row["name"], row["name_ja"], (low, value, high), "USD/kg"
            continue
        unit = {row["chain_product"]: row["unit"] for row in ds.rows("chain_products", family=family)}
        for use in ds.rows("chain_uses", family=family):
            span = _value_of(ds, use)
            if span is not None:
                told = unit[use["chain_product"]]
                yield use["sector"], use["name"], use["name_ja"], span, "USD/kg" if told == "t" else f"USD/{told}"


def _new_capacity(family: Family, chain: Chain, months: tuple[str, ...], assume: Mapping[str, float]) -> Floats:
    """Capacity that projects add [units a month], shape (activity, month).

    Each plant to come, with the chance that its status gives, rising in a line from its start year; what stood in the
    middle of the base year is in the base already.
    """
    added = np.zeros((len(chain.activities), len(months)))
    index = Index.of(chain).activity
    clock = np.array([int(m[:4]) + (int(m[5:]) - 1) / MONTHS_A_YEAR for m in months])
    for plant in plants(family):
        at = next(index[a] for a in ((plant.process_id + t, plant.region) for t in ("", WITHOUT_HOST)) if a in index)
        age = np.append(clock, family.year + 0.5) - float(plant.project["start_year"])
        stands = np.clip(age / assume["ramp_years"], 0.0, 1.0)
        size = chain.unit_of(plant.step["chain_product"])[1]
        whole = plant.amount * float(plant.step["production_factor"] or 1.0) / size / MONTHS_A_YEAR
        chance = assume[f"success_share_{plant.project['status']}"]
        added[at] += whole * chance * np.maximum(stands[:-1] - stands[-1], 0.0)
    return added
