"""What is known of trade: the chain's own products by pair, ionic feed, and customs baskets read by their value."""

from __future__ import annotations

from collections.abc import Callable

from didymium.scenario.chain import ORE, Tables, assumption
from didymium.scenario.inputs import Observation
from didymium.scenario.observing import Desk, Row, heavy_share, members_of
from didymium.scenario.output_figures import IONIC_NEIGHBOURS
from didymium.scenario.prices import base_prices
from didymium.scenario.scenario import FIRST_BASE_YEAR, LAST_BASE_YEAR

MONTHS_A_YEAR = 12
KG_A_T = 1000
RESTRAINTS = ("licence", "ban", "quota")


def own_trade(desk: Desk) -> list[Observation]:
    """Trade of the chain's own products: annual rows, or the mean of a year's months times twelve."""
    ds, chain, index = desk.ds, desk.chain, desk.index
    share, spread = heavy_share(ds)
    held = exports_held(ds) if desk.uncut else (lambda row: False)
    carried = {p.removesuffix("_std").removesuffix("_ht") for p, _, _ in chain.arcs}
    rows: list[Row] = []
    for product in sorted(carried):
        months: dict[tuple[str, str, int], list[Row]] = {}
        for r in ds.rows("trade", product=product):
            if r["unit"] != "t" or r["quantity"] is None or not r["preferred"] or r["flow_basis"] == "world total":
                continue
            if r["year"] > FIRST_BASE_YEAR and held(r):
                continue
            if r["period"] == str(r["year"]):
                rows.append(r)
            elif len(r["period"]) == 7:
                months.setdefault((r["exporter"], r["importer"], r["year"]), []).append(r)
        whole = {(r["exporter"], r["importer"], r["product"]) for r in rows}
        for (origin, destination, _y), part in months.items():
            if (origin, destination, product) not in whole:
                mean = sum(float(r["quantity"]) for r in part) / len(part)
                rows.append({**part[0], "quantity": mean * MONTHS_A_YEAR, "confidence": "low"})
    listed = {(r["product"], r["exporter"], r["importer"]) for r in rows}
    seen = []
    for row in desk.latest(rows, lambda r: (r["product"], r["exporter"], r["importer"])):
        names = [p for p in (row["product"], f"{row['product']}_std", f"{row['product']}_ht") if p in chain.products]
        takers = {d for p, _o, d in chain.arcs if p in names}
        others = {i for p, e, i in listed if p == row["product"] and e == row["exporter"]}
        places = members_of(row["importer"], chain, others, takers)
        origin = chain.region_of.get(row["exporter"], "")
        terms = tuple(
            ("arc", index.arc[p, origin, d], 1.0) for p in names for d in places if (p, origin, d) in index.arc
        )
        seen.append(
            desk.observe(
                "trade",
                row,
                terms,
                stage=chain.product_stage[names[0]],
                place=row["exporter"],
                partner=row["importer"],
            )
        )
        heavy = tuple(t for t in terms if chain.arcs[t[1]][0].endswith("_ht"))
        if len(names) > 1 and heavy:
            seen.append(
                desk.observe(
                    "prior",
                    {**row, "confidence": "low"},
                    heavy,
                    product=f"{row['product']}_ht",
                    stage=chain.product_stage[names[0]],
                    place=row["exporter"],
                    partner=row["importer"],
                    factor=share,
                    least=spread,
                    note="world share of the heavy grade",
                )
            )
    return seen


def exports_held(ds: Tables) -> Callable[[Row], bool]:
    """Whether a row of `trade` shows a year in which a restraint of its exporter was in force on its product.

    Rows of `measures` of the kinds licence, ban and quota, aimed at the importer or at all.
    """
    spells: dict[tuple[str, str], list[tuple[str, int, int]]] = {}
    for m in ds.rows("measures"):
        if m["kind"] in RESTRAINTS and m["effective_date"]:
            last = int(m["end_date"][:4]) if m["end_date"] else LAST_BASE_YEAR
            for product in m["products"].split(";"):
                spells.setdefault((m["imposing"], product), []).append(
                    (m["targeted"], int(m["effective_date"][:4]), last)
                )

    def held(row: Row) -> bool:
        found = spells.get((row["exporter"], row["product"]), [])
        return any(first <= row["year"] <= last and target in ("WLD", row["importer"]) for target, first, last in found)

    return held


def ionic_trade(desk: Desk) -> list[Observation]:
    """Ionic-clay feed crosses the border to China as mixed compounds, under the basket of separated ones."""
    ds, chain, index = desk.ds, desk.chain, desk.index
    (factor,) = ds.rows("assumptions", assumption_id="ionic_reo_per_gross_share")
    unsure = (float(factor["high"]) - float(factor["low"])) / 2 / float(factor["value"])
    seen = []
    for origin in IONIC_NEIGHBOURS:
        rows = [
            r for r in ds.rows("trade", product="re_compounds", exporter=origin, importer="CHN") if r["year"] <= 2024
        ]
        for row in desk.latest(rows, lambda r: r["exporter"]):
            terms = tuple(
                ("arc", index.arc[p, o, d], 1.0)
                for p, o, d in chain.arcs
                if o == origin and d == "CHN" and ":ionic" in p
            )
            seen.append(
                desk.observe(
                    "trade",
                    row,
                    terms,
                    product=ORE,
                    stage="mine",
                    place=origin,
                    partner="CHN",
                    factor=float(factor["value"]),
                    least=unsure,
                    note="mixed compounds counted as REO",
                )
            )
    return seen


def basket_trade(desk: Desk) -> list[Observation]:
    """Oxides and metals in customs baskets: what a basket's value allows of the product, as a wide prior."""
    ds, chain, index = desk.ds, desk.chain, desk.index
    share = assumption(ds, "trade_value_share")
    pure = assumption(ds, "basket_price_share")
    price = base_prices(ds, chain, 2024)
    direct = {(r["product"], r["exporter"], r["importer"]) for r in ds.rows("trade")}
    seen = []
    for basket, product in (("re_compounds", "ndpr_oxide"), ("re_metal", "ndpr_metal"), ("ce_compounds", "ce_oxide")):
        rows = [
            r
            for r in ds.rows("trade", product=basket)
            if r["flow_basis"] == "reconciled" and r["value_usd"] and r["year"] <= 2024
        ]
        for row in desk.latest(rows, lambda r: (r["exporter"], r["importer"])):
            origin, destination = row["exporter"], row["importer"]
            arc = (product, origin, destination)
            if arc not in index.arc or (product, origin, destination) in direct:
                continue
            unit_value = float(row["value_usd"]) / float(row["quantity"]) / KG_A_T
            part = 1.0 if unit_value >= pure * price[product] else share
            tonnes = min(float(row["quantity"]), part * float(row["value_usd"]) / price[product] / KG_A_T)
            guess = {**row, "quantity": tonnes, "confidence": "low"}
            seen.append(
                desk.observe(
                    "trade",
                    guess,
                    (("arc", index.arc[arc], 1.0),),
                    product=product,
                    stage=chain.product_stage[product],
                    place=origin,
                    partner=destination,
                    note=f"from the value of {basket}: USD {unit_value:.1f}/kg",
                )
            )
    return seen
