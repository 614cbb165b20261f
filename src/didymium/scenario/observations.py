"""What is known of a year: published figures as sums over the chain's activities, arcs and uses, with standard errors.

A year without a figure takes the nearest earlier one, moved with the growth of world magnet demand; its error is widened and
the observation says so. Figures on another mass basis are converted by the recipes: output of magnets is counted as blanks,
customs and demand as finished magnets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from didymium.data.evidence import basis_kind
from didymium.scenario.chain import GRADES, ORE, REDUCED, Tables, assumption
from didymium.scenario.inputs import Chain, Observation

Row = dict[str, Any]
Sigma = Callable[[Mapping[str, Any]], float]
Terms = tuple[tuple[str, int, float], ...]

IMPUTED_WIDENING = 1.5  # a moved figure is that much less certain
SECTOR_SIGMA_SHARE = 0.25  # of the world use of a sector: claims differ by about that (EV motors 27 or 37 kt)
SPLIT_SIGMA_SHARE = 0.5  # of one place's use in a sector around the world mix: a prior, no figure of its own
FIRST_DEMAND_YEAR = 2024  # the year for which all places have a demand figure
MONTHS_A_YEAR = 12
IONIC_NEIGHBOURS = ("MMR", "LAO")  # their mines ship ionic-clay feed to China as mixed compounds
KG_A_T = 1000


@dataclass(frozen=True, slots=True)
class Index:
    """Where each activity, arc and use of a chain stands."""

    activity: Mapping[tuple[str, str], int]
    arc: Mapping[tuple[str, str, str], int]
    use: Mapping[tuple[str, str, str], int]

    @classmethod
    def of(cls, chain: Chain) -> Index:
        """Number the members of a chain."""
        return cls(
            {a: i for i, a in enumerate(chain.activities)},
            {e: i for i, e in enumerate(chain.arcs)},
            {u: i for i, u in enumerate(chain.uses)},
        )


def observations(ds: Tables, chain: Chain, year: int) -> tuple[Observation, ...]:
    """All observations of a year for the magnet chain."""
    sigma = sigma_of(ds)
    index = Index.of(chain)
    growth = demand_growth(ds)
    seen: list[Observation] = []
    seen += _mined(ds, chain, index, year, sigma, growth)
    seen += _separated(ds, chain, index, year, sigma, growth)
    seen += _magnet_elements(ds, chain, index, year, sigma, growth)
    seen += _metals(ds, chain, index, year, sigma, growth)
    seen += _blanks(ds, chain, index, year, sigma, growth)
    seen += _demand(ds, chain, index, year, sigma, growth)
    seen += _trade(ds, chain, index, year, sigma, growth)
    seen += _basket_trade(ds, chain, index, year, sigma, growth)
    seen += _ionic_trade(ds, chain, index, year, sigma, growth)
    return tuple(o for o in seen if o.terms)


def sigma_of(ds: Tables) -> Sigma:
    """Relative standard error of a row, by its confidence and by how its figure came about."""
    grade = {(r["confidence"], r["basis_kind"]): float(r["sigma_share"]) for r in ds.rows("confidence_grades")}
    return lambda row: grade[row["confidence"], basis_kind(row)]


def unseen_flow_sigma(ds: Tables, chain: Chain, seen: Iterable[Observation]) -> dict[int, float]:
    """Standard error around zero [t/y] of each arc that no figure speaks of.

    Customs statistics cover oxides and metals pair by pair, so no record there means next to nothing; alloy and magnets are
    known for a few pairs only, so little can be said of the others. Ore is left free: its routes are few and known.
    """
    spoken = {index for o in seen for kind, index, _ in o.terms if kind == "arc"}
    wide = assumption(ds, "unseen_flow_t_magnet")
    narrow = assumption(ds, "unseen_flow_t_covered")
    return {
        e: wide if product.startswith("ndfeb") else narrow
        for e, (product, _, _) in enumerate(chain.arcs)
        if e not in spoken and not product.startswith(ORE)  # ore goes where its route leads
    }


def demand_growth(ds: Tables) -> Callable[[int, int], float]:
    """World demand for magnet rare earths in one year relative to another (IEA base year and STEPS, geometric between)."""
    points = {2024: 0.0}
    for row in ds.rows("demand", product="ree_magnet", country="WLD", sector="total", year=2024):
        points[2024] = float(row["quantity"])
    for row in ds.rows("demand_outlook", product="ree_magnet", country="WLD", sector="total", scenario="STEPS"):
        points[int(row["year"])] = float(row["quantity"])
    years = sorted(points)

    def level(year: int) -> float:
        first, last = years[0], years[-1]
        if year >= last:
            return points[last]
        later = next((y for y in years[1:] if y >= year), years[1])
        earlier = max((y for y in years if y < later), default=first)
        rate = (points[later] / points[earlier]) ** (1 / (later - earlier))
        return points[earlier] * float(rate ** (year - earlier))

    return lambda to, since: level(to) / level(since)


def _latest(rows: Iterable[Row], year: int, key: Callable[[Row], Any]) -> list[tuple[Row, bool]]:
    """For each key the row of the year, else the nearest earlier one; the flag says that it was moved."""
    best: dict[Any, Row] = {}
    for row in rows:
        if row["year"] <= year and row["quantity"] is not None:
            k = key(row)
            if k not in best or row["year"] > best[k]["year"]:
                best[k] = row
    return [(row, row["year"] != year) for row in best.values()]


def _observe(
    kind: str, row: Row, terms: Terms, year: int, sigma: Sigma, growth: Callable[[int, int], float],
    *, product: str = "", stage: str = "", place: str = "", partner: str = "", factor: float = 1.0, widen: float = 1.0, least: float = 0.0, least_t: float = 1.0, note: str = "",
) -> Observation:
    """One observation from one row: moved to the year if older, its error from the row's confidence."""
    moved = row["year"] != year
    value = float(row["quantity"]) * factor * (growth(year, row["year"]) if moved else 1.0)
    width = max(sigma(row), least) * widen * (IMPUTED_WIDENING if moved else 1.0)
    told = "; ".join(t for t in (note, f"moved from {row['year']} with world demand" if moved else "") if t)
    return Observation(
        kind=kind,
        product=product or row["product"],
        stage=stage or str(row.get("stage") or ""),
        place=place or str(row.get("country") or row.get("exporter") or ""),
        partner=partner,
        year=year,
        value=value,
        sigma=max(width * abs(value), least_t),
        confidence=row["confidence"],
        terms=terms,
        row_ids=(row["row_id"],),
        source_ids=(row["source_id"],),
        note=told,
    )


def _members(place: str, chain: Chain, listed: set[str], regions: Iterable[str]) -> list[str]:
    """Regions that a place in a source stands for: itself, a group, or all that the source does not list."""
    present = list(dict.fromkeys(regions))
    if place == "WLD":
        return present
    if place == "EU27":
        return [r for r in present if r in eu_regions(chain)]
    if place == "ROW":
        covered = set(listed) - {"ROW"} | (eu_regions(chain) if "EU27" in listed else set())
        return [r for r in present if r not in covered]
    return [r for r in present if r == chain.region_of.get(place)]


def eu_regions(chain: Chain) -> set[str]:
    """Regions inside the European Union."""
    return {region for place, region in chain.region_of.items() if place in chain.groups["EU27"]}


def _mined(ds: Tables, chain: Chain, index: Index, year: int, sigma: Sigma, growth: Any) -> list[Observation]:
    rows = [r for r in ds.rows("production", product=ORE, stage="mine") if not r["is_total"]]
    preferred = [r for r in rows if r["preferred"]]
    named = {r["country"] for r in preferred if r["year"] == min(year, 2025)}
    others = [r for r in rows if not r["preferred"] and r["country"] not in named and r["country"] != "ROW"]
    route = {(r["place"], r["process_id"].removeprefix("sep_")): float(r["share"]) for r in ds.rows("ore_routes")}
    quota = assumption(ds, "quota_sigma_share")
    seen = []
    for row, _ in _latest(preferred + others, year, lambda r: r["country"]):
        place = row["country"]
        claims = [float(r["quantity"]) for r in rows if r["country"] == place and r["year"] == row["year"]]
        crossed = _border_claim(ds, place, year)
        claims += [crossed] if crossed else []
        spread = (max(claims) - min(claims)) / 2 / max(float(row["quantity"]), 1.0)
        floor = max(spread, quota if place == "CHN" else 0.0)
        ores = [(ore, share) for (p, ore), share in route.items() if p == place]
        for ore, share in ores:
            region = chain.region_of[place]
            if place == "ROW" or region == place:
                terms = (("activity", index.activity[f"mine_{ore}", region], 1.0),)
                seen.append(
                    _observe("production", row, terms, year, sigma, growth, product=f"{ORE}:{ore}", place=place, factor=share, least=floor,
                             note="" if share == 1 else f"{share:.0%} of the country's output by ore route")
                )
    return seen


def _border_claim(ds: Tables, place: str, year: int) -> float:
    """Ionic feed that China recorded at its border [t REO]; 0 where it has none."""
    if place not in IONIC_NEIGHBOURS:
        return 0.0
    rows = [r for r in ds.rows("trade", product="re_compounds", exporter=place, importer="CHN") if r["year"] <= min(year, 2024)]
    latest = max(rows, key=lambda r: r["year"], default=None)
    return float(latest["quantity"]) * assumption(ds, "ionic_reo_per_gross_share") if latest else 0.0


def _separated(ds: Tables, chain: Chain, index: Index, year: int, sigma: Sigma, growth: Any) -> list[Observation]:
    recipes = {p.process_id: p for p in chain.processes}
    seen = []
    wanted = {"ndpr_oxide": ("ndpr_oxide", "nd_oxide", "pr_oxide"), "dy_oxide": ("dy_oxide",), "tb_oxide": ("tb_oxide",)}
    for product, given in wanted.items():
        rows = [r for g in given for r in ds.rows("production", product=g, stage="separated") if r["preferred"] and not r["is_total"]]
        blend_places = {(r["country"], r["year"]) for r in rows if r["product"] == "ndpr_oxide"}
        rows = [r for r in rows if r["product"] in ("ndpr_oxide", "dy_oxide", "tb_oxide") or (r["country"], r["year"]) not in blend_places]
        summed: dict[tuple[str, int], Row] = {}
        for r in rows:
            key = (r["country"], r["year"])
            if key in summed:
                first = summed[key]
                summed[key] = {**first, "quantity": first["quantity"] + r["quantity"]}
            else:
                summed[key] = dict(r)
        listed = {place for place, _ in summed}
        for row, _ in _latest(summed.values(), year, lambda r: r["country"]):
            places = _members(row["country"], chain, listed, [r for p, r in chain.activities if p.startswith("sep_")])
            terms = tuple(
                ("activity", index.activity[p, r], recipes[p].outputs[product])
                for p, r in chain.activities
                if p.startswith("sep_") and r in places and product in recipes[p].outputs
            )
            seen.append(_observe("production", row, terms, year, sigma, growth, product=product))
    return seen


def _magnet_elements(ds: Tables, chain: Chain, index: Index, year: int, sigma: Sigma, growth: Any) -> list[Observation]:
    """Separated Nd+Pr+Dy+Tb as element content, primary and from swarf; where a company reports its own output, that wins."""
    rows = [r for r in ds.rows("production", product="ree_magnet", stage="separated") if not r["is_total"]]
    listed = {r["country"] for r in rows}
    company = {r["country"] for r in ds.rows("production", product="ndpr_oxide", stage="separated") if r["preferred"]}
    content = {
        product: next(float(r["quantity"]) for r in ds.rows("recipes", process_id=recipe) if r["flow_role"] == "parameter")
        for recipe, product in REDUCED.items()
    }
    recipes = {p.process_id: p for p in chain.processes}
    makers = [(p, r) for p, r in chain.activities if p.startswith(("sep_", "recycle_"))]
    seen = []
    for row, _ in _latest(rows, year, lambda r: r["country"]):
        if row["country"] in company:
            continue
        places = _members(row["country"], chain, listed, [r for _, r in makers])
        terms = tuple(
            ("activity", index.activity[p, r], sum(content[o] * recipes[p].outputs.get(o, 0.0) for o in content))
            for p, r in makers
            if r in places
        )
        seen.append(_observe("production", row, terms, year, sigma, growth))
    return seen


def _metals(ds: Tables, chain: Chain, index: Index, year: int, sigma: Sigma, growth: Any) -> list[Observation]:
    rows = [r for r in ds.rows("production", product="re_metal", stage="metal") if r["preferred"] and not r["is_total"]]
    listed = {r["country"] for r in rows}
    least = assumption(ds, "split_sigma_world_share") * sum(float(r["quantity"]) for r in rows if r["year"] == 2024)
    seen = []
    for row, _ in _latest(rows, year, lambda r: r["country"]):
        places = _members(row["country"], chain, listed, [r for p, r in chain.activities if p.startswith("red_")])
        terms = tuple(("activity", index.activity[p, r], 1.0) for p, r in chain.activities if p.startswith("red_") and r in places)
        seen.append(_observe("production", row, terms, year, sigma, growth, least_t=least))
    return seen


def _blanks(ds: Tables, chain: Chain, index: Index, year: int, sigma: Sigma, growth: Any) -> list[Observation]:
    rows = [r for r in ds.rows("production", product="ndfeb_magnet", stage="magnet") if r["preferred"] and not r["is_total"]]
    listed = {r["country"] for r in rows}
    least = assumption(ds, "split_sigma_world_share") * sum(float(r["quantity"]) for r in rows if r["year"] == 2024)
    share, spread = _heavy_share(ds)
    seen = []
    for row, _ in _latest(rows, year, lambda r: r["country"]):
        places = _members(row["country"], chain, listed, [r for p, r in chain.activities if p.startswith("sinter_")])
        terms = tuple(("activity", index.activity[p, r], 1.0) for p, r in chain.activities if p.startswith("sinter_") and r in places)
        seen.append(_observe("production", row, terms, year, sigma, growth, product="ndfeb_blank", stage="blank", least_t=least,
                             note="magnet output is counted as blanks"))
        heavy = tuple(t for t, (p, _) in zip(terms, ((p, r) for p, r in chain.activities if p.startswith("sinter_") and r in places), strict=True) if p == "sinter_ht")
        seen.append(_observe("prior", {**row, "confidence": "low"}, heavy, year, sigma, growth, product="ndfeb_blank_ht", stage="blank",
                             factor=share, least=spread, least_t=least, note="world share of the heavy grade"))
    return seen


def _heavy_share(ds: Tables) -> tuple[float, float]:
    """Share of the heavy grade in the world's magnets, and how far one country or flow may lie from it."""
    share = sum(float(r["share_of_world"]) * float(r["heavy_grade_share"]) for r in ds.rows("magnet_sectors"))
    return share, assumption(ds, "grade_split_sigma_share")


def _demand(ds: Tables, chain: Chain, index: Index, year: int, sigma: Sigma, growth: Any) -> list[Observation]:
    """Finished magnets that places use, and their split over sectors and grades."""
    rows = [
        r for r in ds.rows("demand", product="ndfeb_magnet", sector="total")
        if r["preferred"] and r["mass_basis"] == "finished" and r["country"] != "WLD" and r["year"] >= FIRST_DEMAND_YEAR
    ]
    listed = {r["country"] for r in rows}
    seen = []
    for row, _ in _latest(rows, year, lambda r: r["country"]):
        members = set(_members(row["country"], chain, listed, [r for _, r, _ in chain.uses]))
        terms = tuple(("use", i, 1.0) for u, i in index.use.items() if u[1] in members and u[0].startswith("ndfeb_magnet"))
        seen.append(_observe("demand", row, terms, year, sigma, growth, stage="end_use"))
        for sector in ds.rows("magnet_sectors"):
            for product, part in _grade_parts(sector):
                own = tuple(t for t in terms if chain.uses[t[1]][0] == product and chain.uses[t[1]][2] == sector["sector"])
                if own and part > 0:
                    seen.append(
                        _observe("prior", {**row, "confidence": "low"}, own, year, sigma, growth, product=product, stage="end_use",
                                 partner=sector["sector"], factor=part, least=SPLIT_SIGMA_SHARE, note="world mix of uses")
                    )
    return seen + _sector_split(ds, chain, index, year, growth)


def _grade_parts(sector: Row) -> tuple[tuple[str, float], ...]:
    """Product of each grade and its part of all magnets, for one sector."""
    share, heavy = float(sector["share_of_world"]), float(sector["heavy_grade_share"])
    return ("ndfeb_magnet_std", share * (1 - heavy)), ("ndfeb_magnet_ht", share * heavy)


def _sector_split(ds: Tables, chain: Chain, index: Index, year: int, growth: Any) -> list[Observation]:
    """World use of each sector and grade: sector shares of the world's finished magnets."""
    world = next(
        r for r in ds.rows("demand", product="ndfeb_magnet", sector="total", country="WLD", year=FIRST_DEMAND_YEAR) if r["preferred"]
    )
    total = float(world["quantity"]) * growth(year, FIRST_DEMAND_YEAR)
    seen = []
    for row in ds.rows("magnet_sectors"):
        for product, part in _grade_parts(row):
            terms = tuple(("use", i, 1.0) for (p, _r, s), i in index.use.items() if s == row["sector"] and p == product)
            value = total * part
            if terms and value > 0:
                seen.append(
                    Observation(
                        "demand", product, "end_use", "WLD", row["sector"], year, value, SECTOR_SIGMA_SHARE * value,
                        row["confidence"], terms, (row["row_id"], world["row_id"]), (row["source_id"], world["source_id"]),
                        "sector's share of the world's finished magnets",
                    )
                )
    return seen


def _trade(ds: Tables, chain: Chain, index: Index, year: int, sigma: Sigma, growth: Any) -> list[Observation]:
    """Trade of the chain's own products: annual rows, or the mean of a year's months times twelve."""
    share, spread = _heavy_share(ds)
    carried = {p.removesuffix("_std").removesuffix("_ht") for p, _, _ in chain.arcs}
    rows: list[Row] = []
    for product in sorted(carried):
        months: dict[tuple[str, str, int], list[Row]] = {}
        for r in ds.rows("trade", product=product):
            if r["unit"] != "t" or r["quantity"] is None or not r["preferred"] or r["flow_basis"] == "world total":
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
    for row, _ in _latest(rows, year, lambda r: (r["product"], r["exporter"], r["importer"])):
        names = [p for p in (row["product"], f"{row['product']}_std", f"{row['product']}_ht") if p in chain.products]
        takers = {d for p, _o, d in chain.arcs if p in names}
        others = {i for p, e, i in listed if p == row["product"] and e == row["exporter"]}
        places = _members(row["importer"], chain, others, takers)
        origin = chain.region_of.get(row["exporter"], "")
        terms = tuple(("arc", index.arc[p, origin, d], 1.0) for p in names for d in places if (p, origin, d) in index.arc)
        seen.append(_observe("trade", row, terms, year, sigma, growth, stage=chain.product_stage[names[0]],
                             place=row["exporter"], partner=row["importer"]))
        heavy = tuple(t for t in terms if chain.arcs[t[1]][0].endswith("_ht"))
        if len(names) > 1 and heavy:
            seen.append(_observe("prior", {**row, "confidence": "low"}, heavy, year, sigma, growth, product=f"{row['product']}_ht",
                                 stage=chain.product_stage[names[0]], place=row["exporter"], partner=row["importer"], factor=share,
                                 least=spread, note="world share of the heavy grade"))
    return seen


def _ionic_trade(ds: Tables, chain: Chain, index: Index, year: int, sigma: Sigma, growth: Any) -> list[Observation]:
    """Ionic-clay feed crosses the border to China as mixed compounds, under the basket of separated ones."""
    factor = assumption(ds, "ionic_reo_per_gross_share")
    seen = []
    for origin in IONIC_NEIGHBOURS:
        rows = [r for r in ds.rows("trade", product="re_compounds", exporter=origin, importer="CHN") if r["year"] <= 2024]
        for row, _ in _latest(rows, year, lambda r: r["exporter"]):
            terms = tuple(
                ("arc", index.arc[p, o, d], 1.0) for p, o, d in chain.arcs if o == origin and d == "CHN" and ":ionic" in p
            )
            seen.append(_observe("trade", {**row, "confidence": "medium"}, terms, year, sigma, growth, product=ORE, stage="mine",
                                 place=origin, partner="CHN", factor=factor, note="mixed compounds counted as REO"))
    return seen


def _basket_trade(ds: Tables, chain: Chain, index: Index, year: int, sigma: Sigma, growth: Any) -> list[Observation]:
    """Oxides and metals in customs baskets: what a basket's value allows of the product, as a wide prior."""
    share = assumption(ds, "trade_value_share")
    price = base_prices(ds, chain, 2024)
    direct = {(r["product"], r["exporter"], r["importer"]) for r in ds.rows("trade")}
    seen = []
    for basket, product in (("re_compounds", "ndpr_oxide"), ("re_metal", "ndpr_metal"), ("ce_compounds", "ce_oxide")):
        rows = [r for r in ds.rows("trade", product=basket) if r["flow_basis"] == "reconciled" and r["value_usd"] and r["year"] <= 2024]
        for row, _ in _latest(rows, year, lambda r: (r["exporter"], r["importer"])):
            origin, destination = row["exporter"], row["importer"]
            arc = (product, origin, destination)
            if arc not in index.arc or (product, origin, destination) in direct:
                continue
            unit_value = float(row["value_usd"]) / float(row["quantity"]) / KG_A_T
            part = 1.0 if unit_value >= 0.5 * price[product] else share
            tonnes = min(float(row["quantity"]), part * float(row["value_usd"]) / price[product] / KG_A_T)
            guess = {**row, "quantity": tonnes, "confidence": "low"}
            seen.append(_observe("trade", guess, (("arc", index.arc[arc], 1.0),), year, sigma, growth, product=product,
                                 stage=chain.product_stage[product], place=origin, partner=destination,
                                 note=f"from the value of {basket}: USD {unit_value:.1f}/kg"))
    return seen


def base_prices(ds: Tables, chain: Chain, year: int) -> dict[str, float]:
    """Base price of each product [USD/kg].

    China FOB of the year or the nearest before; the customs unit value for finished magnets; and for what has no price row
    the cost of its inputs, so that a price never falls along the chain. Ores take half of what their oxides earn.
    """
    best: dict[str, tuple[int, float]] = {}
    for row in ds.rows("prices"):
        listed = row["unit"] == "USD/kg" and row["market"] == "China FOB" and row["period"] == str(row["year"])
        if listed and row["year"] <= year and row["year"] > best.get(row["product"], (0, 0.0))[0]:
            best[row["product"]] = (row["year"], float(row["price"]))
    price = {product: value for product, (_, value) in best.items() if product in chain.products}
    unit_value = next(float(r["value"]) for r in ds.rows("value_at_stake", product="ndfeb_magnet", sector="other_uses"))
    for _ in range(len(chain.processes)):
        for process in chain.processes:
            if len(process.outputs) == 1 and process.inputs and not process.process_id.startswith("recycle"):
                (product,) = process.outputs
                if product not in price and all(p in price for p in process.inputs):
                    price[product] = sum(price[p] * q for p, q in process.inputs.items())
    extra = price["ndfeb_blank_ht"] - price["ndfeb_blank_std"]
    price["ndfeb_magnet_std"] = unit_value
    price["ndfeb_magnet_ht"] = unit_value + extra
    for process in chain.processes:
        if process.stage == "separated" and not process.process_id.startswith("recycle"):
            (ore,) = process.inputs
            price[ore] = 0.5 * sum(price.get(p, 0.0) * q for p, q in process.outputs.items())
    return {product: price.get(product, 0.0) for product in chain.products}
