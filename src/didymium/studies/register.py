"""The register of projects as an investor reads it: what each sells, what it costs, and what is only estimated.

A project stands on several rows, one for each product and stage. Its money stands on one of them, so capital cost is
taken once, whatever it makes. Where cost is not stated it is estimated from comparable projects, over what they would
sell at long-run prices, with the range of a prediction; such a figure is marked `estimated` and names its comparables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from didymium.data import Dataset
from didymium.errors import NotFound, UnknownTerm
from didymium.model.explode import need_per_tonne
from didymium.scenario.chain import magnet_chain
from didymium.scenario.inputs import Chain
from didymium.studies.price_models import Quoted, quoted

OXIDES_FOB = "China FOB"
MAGNET_OXIDES = ("ndpr_oxide", "dy_oxide", "tb_oxide")
PRICE_YEAR = 2024  # of the customs unit value of magnets and of the oxides that are inside it
LEAST_COMPARABLES = 3
WIDEST = 20.0  # an 80 % range of which the high end is more than this many times the low one tells nothing
CAUTIONED = {
    "capex_covers_more": "its capital cost pays for more than the products listed",
    "sells_more": "most of its sales are of products that have no row",
    "runs_already": "its capital cost is old, a purchase price or that of a restart",
    "feeds_on_scrap": "it feeds on scrap, and what that costs is not told",
}
FURTHEST = ("mine", "intermediate", "recycled", "separated", "refined", "metal", "alloy", "magnet")
STILL_TO_BUILD = ("proposed", "exploration", "feasibility", "permitting", "construction")


@dataclass(frozen=True, slots=True)
class Figure:
    """A cost with its 80 % range: `reported`, `estimated` from comparables, `assumed`, or `unknown`."""

    value: float | None
    low: float | None
    high: float | None
    status: str
    basis: str
    source_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """What a project sells of one product: tonnes a year at capacity, and the weights of the prices that it earns.

    A tonne earns `constant` [USD/kg] plus Σ weight · price of each quoted product; `share` (low, central, high) scales
    all of it.
    """

    product: str
    stage: str
    tonnes: float
    constant: float
    weights: Mapping[str, float]
    share: tuple[float, float, float]
    conversion: float = 0.0  # part of the constant that making a magnet costs, at factor 1 [USD/kg]
    feed: Mapping[str, float] | None = None  # oxides bought for a tonne [t], where it buys its feed at the market

    def level(self, prices: Mapping[str, Quoted]) -> float:
        """What a kilogram earns at long-run prices [USD/kg]."""
        return self.share[1] * (self.constant + sum(w * prices[p].level for p, w in self.weights.items()))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A project as one thing to invest in. `missing` says why it cannot be modelled; empty if it can."""

    project_id: str
    name: str
    country: str
    stage: str
    status: str
    start_year: int | None
    lines: tuple[Line, ...]
    capex: Figure  # million USD
    cost: Figure  # operating cost at capacity [million USD a year]
    stated: str  # value or return as the company states it
    source_ids: tuple[str, ...]
    missing: str = ""

    def sales(self, prices: Mapping[str, Quoted]) -> float:
        """Sales at capacity and long-run prices [million USD a year]."""
        return sum(line.tonnes * line.level(prices) for line in self.lines) / 1000


@dataclass(frozen=True, slots=True)
class Register:
    """All projects and the price models of what they sell."""

    sheets: Mapping[str, Sheet]
    prices: Mapping[str, Quoted]

    def sheet(self, project_id: str) -> Sheet:
        """One project. Raises UnknownTerm."""
        if project_id not in self.sheets:
            raise UnknownTerm("project", project_id, self.sheets, cure="List them: didymium finance")
        return self.sheets[project_id]


def register(ds: Dataset, assume: Mapping[str, float]) -> Register:
    """Read all projects; costs that nobody states are estimated from those that somebody does."""
    chain = magnet_chain(ds, PRICE_YEAR)
    prices = _prices(ds, assume)
    sold = {(r["product"], r["stage"], r["capacity_unit"]): r for r in ds.rows("sold_products")}
    by_project: dict[str, list[dict[str, Any]]] = {}
    for row in ds.rows("projects"):
        by_project.setdefault(str(row["project_id"]), []).append(row)
    caution = {r["project_id"]: r for r in ds.rows("project_cautions")}
    plain = {key: _sheet(ds, rows, sold, prices, chain, caution.get(key)) for key, rows in sorted(by_project.items())}
    return Register({key: _completed(one, plain, prices, assume) for key, one in plain.items()}, prices)


def _prices(ds: Dataset, assume: Mapping[str, float]) -> dict[str, Quoted]:
    wanted = {(r["price_product"], r["market"]) for r in ds.rows("sold_products", kind="price")}
    wanted |= {
        (r["product"], OXIDES_FOB) for r in ds.rows("prices", market=OXIDES_FOB) if r["product"].endswith("_oxide")
    }
    found = {}
    for product, market in sorted(wanted):
        try:
            found[product] = quoted(ds, product, market, assume)
        except NotFound:
            continue  # a project that needs it is told to lack a price
    return found


def _sheet(
    ds: Dataset,
    rows: Sequence[Mapping[str, Any]],
    sold: Mapping[tuple[str, str, str], Mapping[str, Any]],
    prices: Mapping[str, Quoted],
    chain: Chain,
    caution: Mapping[str, Any] | None,
) -> Sheet:
    lines, refused = [], []
    for row in _furthest(rows):
        key = (row["product"], row["stage"], row["capacity_unit"])
        if row["capacity"] is None:
            refused.append(f"capacity of {row['product']} is not published")
        elif key not in sold:
            refused.append(f"no price is in the tables for {row['product']} ({row['stage']}, {row['capacity_unit']})")
        else:
            sells = _lines(ds, row, sold[key], prices, chain)
            lines += sells
            refused += [] if sells else [f"no yearly prices are in the tables for {row['product']}"]
    head = max(rows, key=lambda r: (FURTHEST.index(r["stage"]) if r["stage"] in FURTHEST else -1, r["capacity"] or 0))
    capex = [r for r in rows if r["capex_usd_m"] is not None]
    opex = [r for r in rows if lines and r["opex_usd_per_t"] is not None]
    told = next((r for r in rows if r["npv_or_irr"]), None)
    money = sum(float(r["capex_usd_m"]) for r in capex)
    cost = sum(float(r["opex_usd_per_t"]) for r in opex[:1]) * sum(line.tonnes for line in lines) / 1e6
    return Sheet(
        project_id=str(head["project_id"]),
        name=str(head["name"]),
        country=str(head["country"]),
        stage=str(lines[0].stage if lines else head["stage"]),
        status=str(head["status"]),
        start_year=min((int(r["start_year"]) for r in rows if r["start_year"] is not None), default=None),
        lines=tuple(lines),
        capex=Figure(money, money, money, "reported", "row of projects", _sources(capex))
        if capex
        else Figure(None, None, None, "unknown", ""),
        cost=Figure(cost, cost, cost, "reported", "row of projects, per tonne sold", _sources(opex))
        if opex
        else Figure(None, None, None, "unknown", ""),
        stated=str(told["npv_or_irr"]) if told else "",
        source_ids=_sources(rows),
        missing=CAUTIONED[caution["kind"]] if caution else "" if lines else "; ".join(dict.fromkeys(refused)),
    )


def _sources(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(sorted({str(r["source_id"]) for r in rows}))


def _furthest(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows of what leaves the project: the furthest stage of rare earths, and single oxides before their sum."""
    chain = [r for r in rows if r["product"].startswith(("reo_", "ndpr_", "dy_", "tb_", "y_", "hree_", "ndfeb_"))]
    others = [r for r in rows if r not in chain]
    with_size = [r for r in chain if r["capacity"] is not None]
    order = {stage: i for i, stage in enumerate(FURTHEST)}
    if with_size:
        last = max(order.get(r["stage"], -1) for r in with_size)
        chain = [r for r in with_size if order.get(r["stage"], -1) == last]
        single = [r for r in chain if not r["product"].startswith(("reo_", "hree_"))]
        whole = [r for r in chain if r["product"].startswith("reo_")]
        # the sum of all oxides where it is told, else the oxides that are
        chain = whole[:1] or single or chain
    return [*chain, *others]


def _lines(
    ds: Dataset,
    row: Mapping[str, Any],
    sold: Mapping[str, Any],
    prices: Mapping[str, Quoted],
    chain: Chain,
) -> list[Line]:
    """What a row of projects sells: one line, or of separated oxides one for each magnet oxide and one for the rest."""
    share = (float(sold["price_share_low"]), float(sold["price_share"]), float(sold["price_share_high"]))
    product, stage, tonnes = str(row["product"]), str(row["stage"]), float(row["capacity"])
    if sold["kind"] == "price":
        known = sold["price_product"] in prices
        return [Line(product, stage, tonnes, 0.0, {sold["price_product"]: 1.0}, share)] if known else []
    if sold["kind"] == "chain":
        value, feed = _magnet(ds, chain)
        conversion = value - sum(q * _of_year(ds, p) for p, q in feed.items())
        return [Line(product, stage, tonnes, conversion, feed, share, conversion, feed)]
    content = _content(ds, _ore(ds, row), prices)
    apart = {p: content.pop(p) for p in MAGNET_OXIDES if p in content}
    if stage != "separated":
        return [Line(product, stage, tonnes, 0.0, {**content, **apart}, share)]
    if sold["kind"] == "magnet_basket":
        content, apart = {}, {p: q / sum(apart.values()) for p, q in apart.items()}
    found = [Line(p, stage, tonnes * q, 0.0, {p: 1.0}, share) for p, q in apart.items()]
    return [*found, Line(product, stage, tonnes, 0.0, content, share)] if content else found


def _ore(ds: Dataset, row: Mapping[str, Any]) -> str:
    """Recipe with the ore of a project: its own, else the main one of its country, else monazite."""
    own = ds.rows("project_deposits", project_id=row["project_id"])
    if own:
        return str(own[0]["process_id"])
    routes = sorted(ds.rows("ore_routes", place=row["country"]), key=lambda r: -float(r["share"]))
    return str(routes[0]["process_id"]) if routes else "sep_monazite_india"


def _content(ds: Dataset, process_id: str, prices: Mapping[str, Quoted]) -> dict[str, float]:
    """Oxides with a price in a tonne of rare-earth oxide of an ore [t]; what has no price earns nothing."""
    found: dict[str, float] = {}
    for row in ds.rows("recipes", process_id=process_id, flow_role="output"):
        product = "ndpr_oxide" if row["product"] in ("nd_oxide", "pr_oxide") else str(row["product"])
        if product in prices:
            found[product] = found.get(product, 0.0) + float(row["quantity"])
    return found


def _magnet(ds: Dataset, chain: Chain) -> tuple[float, dict[str, float]]:
    """Customs unit value of a magnet [USD/kg], and the oxides in a tonne of the world mix of grades [t]."""
    value = float(next(r["value"] for r in ds.rows("value_at_stake", product="ndfeb_magnet", sector="other_uses")))
    heavy = sum(float(r["share_of_world"]) * float(r["heavy_grade_share"]) for r in ds.rows("magnet_sectors"))
    feed: dict[str, float] = {}
    for grade, part in (("std", 1 - heavy), ("ht", heavy)):
        for (stage, product), tonnes in need_per_tonne(chain, f"ndfeb_magnet_{grade}").items():
            if stage == "separated":
                feed[product] = feed.get(product, 0.0) + part * tonnes
    return value, feed


def _of_year(ds: Dataset, product: str) -> float:
    """Price of an oxide in the year of the magnets' unit value [USD/kg]."""
    return next(
        float(r["price"])
        for r in ds.rows("prices", product=product, market=OXIDES_FOB, year=PRICE_YEAR)
        if r["period"] == str(PRICE_YEAR) and r["unit"] == "USD/kg"
    )


def _completed(
    one: Sheet, all_sheets: Mapping[str, Sheet], prices: Mapping[str, Quoted], assume: Mapping[str, float]
) -> Sheet:
    """The sheet with its unknown costs estimated from comparables."""
    if one.missing:
        return one
    sales = one.sales(prices)
    capex, cost = one.capex, one.cost
    if capex.value is None:
        told = {k: s.capex.value / s.sales(prices) for k, s in _alike(one, all_sheets).items() if s.capex.value}
        capex = _predicted(told, sales, "capital cost over yearly sales at long-run prices")
    if cost.value is None and not any(line.feed for line in one.lines):
        told = {k: s.cost.value / s.sales(prices) for k, s in all_sheets.items() if not s.missing and s.cost.value}
        cost = _predicted(told, sales, "operating cost over yearly sales at long-run prices, all stages")
        if cost.value is None:
            share = assume["finance_other_cost_share"]
            cost = Figure(share * sales, None, None, "assumed", "finance_other_cost_share")
    missing = "" if capex.value is not None else "capital cost is not published, and comparables do not agree"
    return replace(one, capex=capex, cost=cost, missing=missing)


def _alike(one: Sheet, all_sheets: Mapping[str, Sheet]) -> dict[str, Sheet]:
    """Sheets of the same stage and group of products that state their capital cost."""
    rare = one.lines[0].product.startswith(("reo_", "ndpr_", "dy_", "tb_"))

    def near(other: Sheet) -> bool:
        if other.missing or not other.lines or other.stage != one.stage or other.capex.status != "reported":
            return False
        return other.lines[0].product.startswith(("reo_", "ndpr_", "dy_", "tb_")) == rare

    return {key: sheet for key, sheet in all_sheets.items() if key != one.project_id and near(sheet)}


def _predicted(told: Mapping[str, float], sales: float, what: str) -> Figure:
    """Geometric mean of the comparables' ratios times sales, with the 80 % range of a prediction (Student's t)."""
    from scipy.stats import t as student

    ratios = np.array([told[k] for k in sorted(told)])
    if ratios.size < LEAST_COMPARABLES:
        return Figure(None, None, None, "unknown", "")
    logs = np.log(ratios)
    middle = float(logs.mean())
    spread = float(student.ppf(0.9, logs.size - 1) * logs.std(ddof=1) * np.sqrt(1 + 1 / logs.size))
    if 2 * spread > np.log(WIDEST):
        return Figure(None, None, None, "unknown", "")
    low, value, high = (float(np.exp(middle + s) * sales) for s in (-spread, 0.0, spread))
    return Figure(value, low, high, "estimated", f"{what}, {ratios.size} comparables: {', '.join(sorted(told))}")
