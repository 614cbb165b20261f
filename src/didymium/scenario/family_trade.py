"""Trade of a family's products by pair: rows of `trade`, brought to the product's basis and the family's regions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from didymium.scenario.chain import Tables, assumption
from didymium.scenario.observing import sigma_of

Row = dict[str, Any]
KG_A_T = 1000
RECONCILED = "reconciled"
NO_PAIR = ("residual", "world total")
OTHERS = "OTHERS"  # the other countries of a source: all origins that it does not name
SIDES = ("WLD", OTHERS)


@dataclass(slots=True)
class Flow:
    """What a pair of regions trades in a year [unit of the product]: rows with their amount and error, and notes."""

    value: float = 0.0
    year: int = 0
    parts: list[tuple[Row, float, float]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    beside: set[str] = field(default_factory=set)  # origins that the source names apart from its "other countries"


def own_rows(ds: Tables, table: str, **where: Any) -> list[Row]:
    """Preferred rows of a table with an amount."""
    return [r for r in ds.rows(table, **where) if r["preferred"] and r["quantity"] is not None]


def pair_flows(
    ds: Tables, family: str, product: Row, region_of: Mapping[str, str], year: int
) -> dict[tuple[str, str], Flow]:
    """Flows of a chain product by (origin, destination) region.

    `WLD` stands for all of one side, OTHERS for the origins that a source does not name. For each pair of places and
    each customs product one row: a reconciled one of the latest year that has any, else the latest, a report of a year
    before a mean of years. Means are shares of an importer's sources: they are taken of its imports of the latest year
    where these are read. Pairs below `least_pair_share` of what the product trades are left out, and so are flows
    within a region.
    """
    sigma = sigma_of(ds)
    price: dict[int, float] = {}
    by_product, chosen = _chosen(ds, family, product["chain_product"], year)
    found: dict[tuple[str, str], Flow] = {}
    for (trade_product, origin, destination), row in sorted(chosen.items()):
        whole = [p for p, rule in by_product.items() if trade_product in (rule["instead_of"] or "").split(";")]
        if any((p, origin, destination) in chosen for p in whole):
            continue
        pair = (_region(origin, region_of), _region(destination, region_of))
        apart: set[str] = set()
        if origin == "ROW" and row["flow_basis"] != RECONCILED:
            others = [o for p, o, d in chosen if p == trade_product and d == destination and o not in ("ROW", "WLD")]
            pair, apart = (OTHERS, pair[1]), {_region(o, region_of) for o in others}
        if pair[0] == pair[1] or "" in pair:
            continue
        if row["year"] not in price:
            price[row["year"]] = price_per_kg(ds, product, row["year"])
        amount, spread, note = _content(by_product[trade_product], row, price[row["year"]])
        told_year, step = _brought_forward(row, trade_product, destination, chosen)
        flow = found.setdefault(pair, Flow())
        flow.value += amount * step
        flow.year = max(flow.year, told_year)
        flow.parts.append(({**row, "year": told_year}, amount * step, amount * step * max(sigma(row), spread)))
        flow.beside |= apart
        flow.notes += [n for n in (note, row["period"] if row["period_kind"] == "rate" else "") if n]
    for side in (0, 1):  # a total that is older than its parts is not used
        for pair in [p for p in found if p[1 - side] == "WLD"]:
            if any(p[side] == pair[side] and flow.year > found[pair].year for p, flow in found.items()):
                del found[pair]
    least = assumption(ds, "least_pair_share") * sum(f.value for p, f in found.items() if not set(SIDES) & set(p))
    return {pair: flow for pair, flow in found.items() if flow.value >= least or set(SIDES) & set(pair)}


def _chosen(
    ds: Tables, family: str, chain_product: str, year: int
) -> tuple[dict[str, Row], dict[tuple[str, str, str], Row]]:
    """Rules by customs product, and the row used for each (customs product, exporter, importer)."""
    every = ds.rows("chain_trade", family=family)
    rules = {rule["trade_product"]: rule for rule in every if rule["chain_product"] == chain_product}
    chosen: dict[tuple[str, str, str], Row] = {}
    for rule in rules.values():
        only = {p for p in (rule["exporters"] or "").split(";") if p}
        same = [r for r in every if r["trade_product"] == rule["trade_product"]]
        named = {place for r in same for place in (r["exporters"] or "").split(";") if place}
        rows = [r for r in own_rows(ds, "trade", product=rule["trade_product"]) if _is_pair(r, year)]
        full = max((r["year"] for r in rows if r["flow_basis"] == RECONCILED), default=None)
        for row in rows:
            place = row["exporter"]
            if (only and place not in only) or (not only and place in named):
                continue
            if full is not None and (row["period_kind"] == "rate" or _is_older(row, full)):
                continue  # the reconciled year is full: a pair without a row traded nothing, and means say less
            key = (rule["trade_product"], row["exporter"], row["importer"])
            if key not in chosen or _rank(row) > _rank(chosen[key]):
                chosen[key] = row
    return rules, chosen


def _brought_forward(
    row: Row, trade_product: str, destination: str, chosen: Mapping[tuple[str, str, str], Row]
) -> tuple[int, float]:
    """The year that a row tells of, and the factor that takes a mean of years to the importer's imports of a year."""
    total = chosen.get((trade_product, "WLD", destination))
    if row["period_kind"] != "rate" or total is None or total["period_kind"] == "rate":
        return row["year"], 1.0
    means = [r for (p, _o, d), r in chosen.items() if (p, d) == (trade_product, destination) and r is not total]
    if any(r["period_kind"] != "rate" for r in means):
        return row["year"], 1.0
    return total["year"], float(total["quantity"]) / sum(float(r["quantity"]) for r in means)


def _is_pair(row: Row, year: int) -> bool:
    """Whether a row tells an amount of a whole year or a mean of years, up to the year."""
    whole = row["period"] == str(row["year"]) or row["period_kind"] == "rate"
    return bool(whole and row["unit"].startswith("t") and row["flow_basis"] not in NO_PAIR and row["year"] <= year)


def _is_older(row: Row, year: int) -> bool:
    return bool(row["flow_basis"] == RECONCILED and row["year"] < year)


def _rank(row: Row) -> tuple[bool, int, bool]:
    return row["flow_basis"] == RECONCILED, row["year"], row["period_kind"] != "rate"


def _region(place: str, region_of: Mapping[str, str]) -> str:
    return place if place == "WLD" else region_of.get(place, "")


def _content(rule: Row, row: Row, price: float) -> tuple[float, float, str]:
    """Amount of the chain product in a row, the relative error of its content, and a note.

    Rows in element or oxide mass are taken as they are. A gross tonne holds `content`; where a value share is given,
    a flow too cheap for that holds what its value pays for.
    """
    amount = float(row["quantity"])
    low, content, high = (float(rule[c]) for c in ("content_low", "content", "content_high"))
    spread = (high - low) / 2 / content
    if row["mass_basis"] != "gross":
        return amount, spread, ""
    if rule["value_share"] is None or not row["value_usd"] or price <= 0:
        return amount * content, spread, f"{content:g} of gross {rule['trade_product']}" if content != 1 else ""
    paid = float(row["value_usd"]) / (price * float(rule["value_share"]) * KG_A_T)
    if paid >= amount * content:
        return amount * content, spread, f"{content:g} of gross {rule['trade_product']}"
    return paid, spread, f"from the value of {rule['trade_product']}"


def price_per_kg(ds: Tables, product: Row, year: int) -> float:
    """Price of a chain product [USD/kg, USD/kWh, USD a vehicle] in the year or the nearest before; 0 if none is read.

    The mean of the rows of the year's market.
    """
    if not product["price_product"]:
        return 0.0
    factor = {row["unit"]: row["factor"] for row in ds.rows("units")}
    best: dict[int, list[float]] = {}
    for row in ds.rows("prices", product=product["price_product"], market=product["price_market"]):
        if row["period"] == str(row["year"]) and row["price"] is not None:
            best.setdefault(row["year"], []).append(float(row["price"]) * float(factor[row["unit"]]) / KG_A_T)
    years = [y for y in best if y <= year] or list(best)
    if not years:
        return 0.0
    chosen = max(years) if max(years) <= year else min(years)
    return sum(best[chosen]) / len(best[chosen]) * float(product["price_factor"] or 1.0)
