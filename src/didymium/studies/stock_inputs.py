"""What the stock study needs from the data: the chain of a party in a cut, values, prices and costs, all by draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymium.data import Dataset
from didymium.model.explode import need_per_tonne
from didymium.model.stock_rules import days_of_cover
from didymium.scenario.prices import base_prices
from didymium.scenario.stocks import METAL_OF, levels, stock_range
from didymium.scenario.uncertain import split_uniform
from didymium.studies import gap_supply
from didymium.studies.gap_supply import Supply

Floats = NDArray[np.float64]

FORMS = ("mine", "separated", "metal", "alloy", "magnet")
ELEMENTS = ("ndpr", "dy", "tb")
DRAWN = (
    "discount_rate_per_year",
    "elasticity_range_factor",
    "jpn_public_cover_days",
    "ore_value_share",
    "pool_cover_days",
    "stock_adaptation_months",
    "stock_common_cause_share",
    "stock_disruption_months",
    "stock_disruption_rate_per_year",
    "stock_loss_share",
    "stock_magnet_fit_share",
    "stock_purchase_world_share",
    "stock_rotation_loss_share",
    "stock_shelf_years_alloy",
    "stock_shelf_years_magnet",
    "stock_shelf_years_metal",
    "stock_shelf_years_mine",
    "stock_shelf_years_separated",
    "stock_storage_share_per_year",
    "user_cover_days",
)


@dataclass(frozen=True, slots=True)
class Setting:
    """What all forms share: cuts, bounds and drawn assumptions, arrays (draw)."""

    year: int
    drawn: Mapping[str, Floats]
    rate: Floats  # cuts a year
    length: Floats  # years
    common: Floats
    most_bought: Floats
    elasticity_factor: Floats
    secret: Floats  # quantile at which a secret stock lies in its range
    price: Mapping[tuple[str, str], Floats]  # (stage, product) -> USD/kg
    values: Mapping[str, Floats]  # use -> USD per kg of magnet that is lost for good
    assumption_ids: tuple[str, ...]
    price_sources: tuple[str, ...]
    source_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """A product that a party could hold, arrays (draw)."""

    party: str
    stage: str
    product: str
    need: Floats  # t a year
    runs_on: Floats  # share of use that runs on in a cut
    protects: Floats  # share of use that the stock lets run on besides
    limited_by: str | None  # the weakest stage that the stock has to pass
    adapts: Floats  # years until uses have found another way
    held: Floats  # t
    value: Floats  # USD/kg
    price: Floats  # USD/kg
    holding: Floats  # USD/kg and year
    shelf_years: Floats
    world: float  # t a year
    supply_elasticity: float
    demand_elasticity: float
    source_ids: tuple[str, ...]


def setting(ds: Dataset, supply: Supply, year: int, seed: int) -> Setting:
    """Draw the assumptions, the values and the prices, each once for all parties and forms."""
    rng = np.random.default_rng(seed + 3)
    rows = {i: ds.one("assumptions", assumption_id=i) for i in DRAWN}

    def draw(low: float, value: float, high: float) -> Floats:
        return split_uniform(rng.random(supply.draws), low, value, high)

    drawn = {i: draw(float(r["low"]), float(r["value"]), float(r["high"])) for i, r in rows.items()}
    sectors = ds.rows("magnet_sectors")
    values = {
        str(r["sector"]): drawn["stock_loss_share"]
        * draw(float(r["value_low_usd_per_kg"]), float(r["value_usd_per_kg"]), float(r["value_high_usd_per_kg"]))
        for r in sectors
    }
    factor = drawn["elasticity_range_factor"]
    used = ("ndpr_oxide", "dy_oxide", "tb_oxide", "ndfeb_magnet")
    price_sources = sorted({str(r["source_id"]) for p in used for r in ds.rows("prices", product=p)})
    return Setting(
        year=year,
        drawn=drawn,
        rate=drawn["stock_disruption_rate_per_year"],
        length=drawn["stock_disruption_months"] / 12.0,
        common=drawn["stock_common_cause_share"],
        most_bought=drawn["stock_purchase_world_share"],
        elasticity_factor=factor ** (2.0 * rng.random(supply.draws) - 1.0),
        price=_prices(ds, supply, year, rng.random(supply.draws), drawn["ore_value_share"]),
        values=values,
        secret=rng.random(supply.draws),
        assumption_ids=DRAWN,
        price_sources=tuple(price_sources),
        source_ids=tuple(sorted({*price_sources, *(str(r["source_id"]) for r in (*sectors, *rows.values()))})),
    )


def _prices(ds: Dataset, supply: Supply, year: int, at: Floats, ore_share: Floats) -> dict[tuple[str, str], Floats]:
    """Prices of the forms [USD/kg], between the lowest and the highest row of any market since the base price."""
    told = [base_prices(ds, supply.chain, year, position) for position in (0.0, 0.5, 1.0)]
    heavy = sum(float(r["share_of_world"]) * float(r["heavy_grade_share"]) for r in ds.rows("magnet_sectors"))

    def drawn(product: str) -> Floats:
        return np.interp(at, [0.0, 0.5, 1.0], [one[product] for one in told])

    found: dict[tuple[str, str], Floats] = {}
    for element in ELEMENTS:
        oxide = drawn(f"{element}_oxide")
        found["mine", f"{element}_oxide"] = ore_share * oxide
        found["separated", f"{element}_oxide"] = oxide
        found["metal", f"{element}_metal"] = drawn(f"{element}_metal")
    for stage in ("alloy", "magnet"):
        name = f"ndfeb_{stage}"
        found[stage, name] = (1 - heavy) * drawn(f"{name}_std") + heavy * drawn(f"{name}_ht")
    return found


def users(supply: Supply, parties: Sequence[str]) -> list[str]:
    """The parties that use magnets: what others hold serves no need of their own."""
    amounts = zip(supply.chain.uses, supply.base.use.tolist(), strict=True)
    using = {region for (product, region, _), tonnes in amounts if "magnet" in product and tonnes > 0}
    return [party for party in parties if party in using]


def forms_of(
    ds: Dataset, given: Setting, supply: Supply, need: Mapping[tuple[str, str, str], Floats], party: str
) -> list[Form]:
    """All forms that a party could hold: ore, oxide and metal of each element, alloy, magnets."""
    lines = {
        (stage, product): gap_supply.entries(supply, need, stage, product)[party]
        for stage in FORMS
        for product in supply.products(stage)
    }
    needed = {key: line.need[1:, 0] for key, line in lines.items()}
    sure = {
        key: np.clip((line.own + line.contracted + line.allied)[1:, 0] / needed[key], 0.0, 1.0)
        for key, line in lines.items()
    }
    found = []
    for stage in FORMS:
        for product in supply.products(stage):
            element = product.split("_")[0] if stage in FORMS[:3] else "ndpr"
            chain = [(s, p) for s in FORMS for p in supply.products(s) if p.startswith((element, "ndfeb"))]
            runs_on = np.min([sure[key] for key in chain], axis=0)
            later = [key for key in chain if FORMS.index(key[0]) > FORMS.index(stage)]
            could = np.min([sure[key] for key in later], axis=0) if later else np.ones_like(runs_on)
            protects = could - runs_on
            if stage == "magnet":
                protects = protects * given.drawn["stock_magnet_fit_share"]
            weakest = min(later, key=lambda key: float(np.median(sure[key])))[0] if later else None
            price = given.price[stage, product]
            shelf = given.drawn[f"stock_shelf_years_{stage}"]
            yearly = (
                given.drawn["discount_rate_per_year"]
                + given.drawn["stock_storage_share_per_year"]
                + given.drawn["stock_rotation_loss_share"] / shelf
            )
            gives, takes, sources = _elasticities(ds, stage, element)
            found.append(
                Form(
                    party=party,
                    stage=stage,
                    product=product,
                    need=needed[stage, product],
                    runs_on=runs_on,
                    protects=protects,
                    limited_by=weakest,
                    adapts=given.drawn["stock_adaptation_months"] / 12.0,
                    held=_held(ds, given, party, stage, product, needed[stage, product]),
                    value=_value(given, supply, party, stage, product, runs_on, protects),
                    price=price,
                    holding=price * yearly,
                    shelf_years=shelf,
                    world=sum(float(t[0, 0]) for (s, p, _), t in supply.own.items() if (s, p) == (stage, product)),
                    supply_elasticity=gives,
                    demand_elasticity=takes,
                    source_ids=tuple(sorted({*gap_supply.sources_of(supply, party, stage), *sources})),
                )
            )
    return found


def _elasticities(ds: Dataset, stage: str, element: str) -> tuple[float, float, list[str]]:
    """Short-run elasticities of supply at the stage and of demand; ore gives as its oxide does."""
    late = stage in ("alloy", "magnet")
    makes, made_at = {
        "mine": (f"{element}_oxide", "separated"),
        "separated": (f"{element}_oxide", "separated"),
        "metal": ("re_metal", "metal"),
    }.get(stage, ("ndfeb_magnet", "magnet"))
    gives = ds.one("elasticities", product=makes, stage=made_at, elasticity_type="supply_price", horizon="same_year")
    takes = ds.one(
        "elasticities",
        product="ndfeb_magnet" if late else f"{element}_oxide",
        stage="end_use",
        sector="total",
        elasticity_type="demand_price",
        horizon="same_year",
    )
    return float(gives["value"]), float(takes["value"]), [str(gives["source_id"]), str(takes["source_id"])]


def _held(ds: Dataset, given: Setting, party: str, stage: str, product: str, need: Floats) -> Floats:
    """Working stock of firms, and public stock of oxide or metal [t]; a secret stock is drawn within its range.

    None is known of ore. A public stock counts alike as oxide and as metal: it is one stock.
    """
    if stage == "mine":
        return np.zeros_like(need)
    days = given.drawn["user_cover_days" if stage == "magnet" else "pool_cover_days"]
    if stage in ("separated", "metal"):
        row = levels(ds)[0].get((party, METAL_OF[product]))
        if row is not None:
            low, value, high = stock_range(row)
            days = days + split_uniform(given.secret, low, value, high)
        elif party == "JPN":
            days = days + given.drawn["jpn_public_cover_days"]
    return days_of_cover(days, need)


def _value(
    given: Setting, supply: Supply, party: str, stage: str, product: str, runs_on: Floats, protects: Floats
) -> Floats:
    """What a kilogram of the product short loses [USD/kg], on average over the uses that a stock of it would protect.

    The dearest uses are served first; the stock serves those that come next.
    """
    amounts, values = [], []
    for (magnet, region, sector), tonnes in zip(supply.chain.uses, supply.base.use.tolist(), strict=True):
        per = need_per_tonne(supply.chain, magnet).get((stage, product), 0.0) if "magnet" in magnet else 0.0
        if region == party and per > 0 and tonnes > 0:
            amounts.append(tonnes * per)
            values.append(given.values[sector] / per)
    share, worth = np.array(amounts) / sum(amounts), np.array(values).T
    order = np.argsort(-worth, axis=1)
    upto = np.cumsum(share[order], axis=1)
    inside = np.minimum(upto, (runs_on + protects)[:, None]) - np.maximum(upto - share[order], runs_on[:, None])
    inside = np.maximum(inside, 0.0)
    total = inside.sum(axis=1)
    mean = (inside * np.take_along_axis(worth, order, axis=1)).sum(axis=1)
    return np.asarray(np.divide(mean, total, out=np.zeros_like(mean), where=total > 1e-9))
