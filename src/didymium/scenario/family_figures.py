"""What is known of a family's year: output by place, trade by pair, use by place and world, and splits of use.

Figures of another year are moved with the outlook of the product where one is read, else taken as they are; their
error is widened as for magnets, and with the square root of the years, as a quantity that wanders does. Figures of
places that share a region are added up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from didymium.scenario.chain import Tables, assumption
from didymium.scenario.family_chain import MAGNETS, WITHOUT_HOST, Family, first_plants, is_first, listed_output
from didymium.scenario.family_plants import plants
from didymium.scenario.family_trade import OTHERS, own_rows
from didymium.scenario.inputs import Chain, Observation
from didymium.scenario.observing import Growth, Index, drawn_growth, eu_regions, outlook_scenarios, sigma_of

Row = dict[str, Any]
Terms = tuple[tuple[str, int, float], ...]
FIRST_YEAR = 2024  # the outlooks start from it


def growth(ds: Tables, product: str | None, scenario: str = "STEPS") -> Callable[[int, int], float]:
    """World use of a product in one year over another: IEA base year and outlook, geometric between; 1 if not read."""
    points: dict[int, float] = {}
    if product:
        for row in ds.rows("demand", product=product, country="WLD", sector="total", year=FIRST_YEAR):
            points[FIRST_YEAR] = float(row["quantity"])
        for row in ds.rows("demand_outlook", product=product, country="WLD", sector="total", scenario=scenario):
            points[int(row["year"])] = float(row["quantity"])
    if len(points) < 2:
        return lambda to, since: 1.0
    years = sorted(points)
    logs = np.log([points[y] for y in years])
    return lambda to, since: float(np.exp(np.interp(to, years, logs) - np.interp(since, years, logs)))


def growth_at(ds: Tables, product: str | None, position: float) -> Growth:
    """Growth of a product's world use at a position between its outlooks; see `drawn_growth`."""
    rivals = outlook_scenarios(ds, product) if product else []
    return drawn_growth(partial(growth, ds, product), rivals, position)


def outlook_span(ds: Tables, families: Sequence[str], year: int, since: int) -> tuple[float, float]:
    """Growth from one year to another by the lowest and the highest outlook of what the first family grows with.

    1 and 1 where no family has an outlook.
    """
    products = ["ree_magnet"] if MAGNETS in families else []
    for family in families:
        products += [r["growth_product"] for r in ds.rows("chain_products", family=family) if r["growth_product"]]
    if not products:
        return 1.0, 1.0
    low, high = (growth_at(ds, products[0], position)(year, since) for position in (0.0, 1.0))
    return low, high


@dataclass(frozen=True, slots=True)
class FamilyDesk:
    """What every reading of a family's figures needs."""

    family: Family
    chain: Chain
    index: Index
    recipes: dict[str, Any]
    widening: float

    @classmethod
    def of(cls, family: Family, chain: Chain) -> FamilyDesk:
        """Set up for one family and its chain."""
        wider = assumption(family.ds, "moved_figure_widening")
        return cls(family, chain, Index.of(chain), {p.process_id: p for p in chain.processes}, wider)

    def scale(self, product: str) -> float:
        """Units of the product in one unit of the model."""
        return self.chain.unit_of(product)[1]

    def observe(
        self,
        kind: str,
        product: str,
        terms: Terms,
        parts: Iterable[tuple[Row, float, float]],
        *,
        stage: str = "",
        place: str = "",
        partner: str = "",
        note: str = "",
    ) -> Observation:
        """One observation out of rows with their amount and error [unit of the product]; errors add in squares."""
        rows = list(parts)
        year = self.family.year
        grown = growth(self.family.ds, self.family.products[product]["growth_product"])
        value = variance = 0.0
        moved: set[int] = set()
        for row, amount, error in rows:
            step = grown(year, row["year"])
            wide = self.widening * np.sqrt(abs(year - row["year"])) if row["year"] != year else 1.0
            moved |= {row["year"]} - {year}
            value += amount * step
            variance += (error * step * wide) ** 2
        told = [note] if note else []
        told += [f"moved from {', '.join(map(str, sorted(moved)))}"] if moved else []
        scale = self.scale(product)
        return Observation(
            kind=kind,
            product=product,
            stage=stage or self.chain.product_stage[product],
            place=place,
            partner=partner,
            year=year,
            value=value / scale,
            sigma=max(np.sqrt(variance) / scale, 1.0),
            confidence=min((r["confidence"] for r, _, _ in rows), key=("low", "medium", "high").index),
            terms=terms,
            row_ids=tuple(r["row_id"] for r, _, _ in rows),
            source_ids=tuple(dict.fromkeys(r["source_id"] for r, _, _ in rows)),
            note="; ".join(told),
        )


def family_observations(family: Family, chain: Chain) -> tuple[Observation, ...]:
    """All observations of a family's year."""
    desk = FamilyDesk.of(family, chain)
    found = [*output(desk), *idle(desk), *mixes(desk), *trade(desk), *use(desk), *splits(desk)]
    return tuple(seen for seen in found if seen.terms)


def output(desk: FamilyDesk) -> list[Observation]:
    """Output by place, and of the world where the places listed leave a part of it open."""
    family, seen, first = desk.family, [], first_plants(desk.family)
    sigma = sigma_of(family.ds)
    flows: dict[tuple[str, str], list[Row]] = {}
    for rows in family.steps.values():
        years = [_listed_year(family, row) for row in rows]
        for row, year in zip(rows, years, strict=True):
            if year and year >= (years[0] or 0):  # an older figure of a co-product: its recipe says more
                flows.setdefault((row["production_product"], row["production_stage"]), []).append(row)
    for (product, stage), steps in flows.items():
        chain_product = steps[0]["chain_product"]
        factor = float(steps[0]["production_factor"] or 1.0)
        at: dict[str, dict[str, list[tuple[int, float]]]] = {}  # process -> region -> activities, output of each
        for step in steps:
            for a, (process_id, region) in enumerate(desk.chain.activities):
                if process_id.removesuffix(WITHOUT_HOST) == step["process_id"]:
                    coefficient = desk.recipes[process_id].outputs[step["chain_product"]]
                    if is_first((process_id, region), first):
                        continue
                    at.setdefault(step["process_id"], {}).setdefault(region, []).append((a, coefficient))
        listed = listed_output(family.ds, product, stage, family.year)
        told: dict[tuple[str, tuple[str, ...]], list[Row]] = {}
        for row in listed:
            region = family.region_of.get(row["country"], "")
            own = tuple(s["process_id"] for s in steps if row["country"] in (s["places"] or "").split(";"))
            running = own or tuple(s["process_id"] for s in steps if not s["places"])
            running = tuple(p for p in running if region in at.get(p, {}))
            if not row["is_total"] and running:
                told.setdefault((region, running), []).append(row)
        named = sum(float(r["quantity"]) for rows in told.values() for r in rows)
        covered = {a for region, running in told for p in running for a, _ in at[p][region]}
        for (region, running), told_rows in sorted(told.items()):
            pairs = [pair for p in running for pair in at[p][region]]
            if any(row["country"] == "ROW" for row in told_rows):  # other countries: all that run it and are not named
                pairs += [x for p in running for here in at[p].values() for x in here if x[0] not in covered]
                covered |= {a for a, _ in pairs}
            terms = tuple(("activity", a, c) for a, c in pairs)
            parts = [_part(row, factor, sigma) for row in told_rows]
            seen.append(desk.observe("production", chain_product, terms, parts, stage=stage, place=region))
        totals = [row for row in listed if row["country"] == "WLD"]
        every = [pair for here in at.values() for pairs in here.values() for pair in pairs]
        if totals and {a for a, _ in every} - covered:
            terms = tuple(("activity", a, c) for a, c in every)
            parts = [_part(totals[0], factor, sigma)]
            note = f"the places listed are {named / float(totals[0]['quantity']):.0%} of it"
            seen.append(desk.observe("production", chain_product, terms, parts, stage=stage, place="WLD", note=note))
    return seen


def idle(desk: FamilyDesk) -> list[Observation]:
    """Nothing is made where the first plants are still being built: the projects that say so, as a prior of zero."""
    family, seen = desk.family, []
    coming = list(plants(family))
    first = first_plants(family)
    for a, activity in enumerate(desk.chain.activities):
        if not is_first(activity, first):
            continue
        own = (activity[0].removesuffix(WITHOUT_HOST), activity[1])
        here = [plant for plant in coming if (plant.process_id, plant.region) == own]
        product = here[0].step["chain_product"]
        parts = [({**plant.project, "year": family.year}, 0.0, 0.0) for plant in here]
        terms = (("activity", a, desk.recipes[activity[0]].outputs[product]),)
        told = {"stage": here[0].step["stage"], "place": own[1], "note": "the first plants are being built"}
        seen.append(desk.observe("prior", product, terms, parts, **told))
    return seen


def _listed_year(family: Family, row: Row) -> int | None:
    """Year of the list that speaks of an output; None if none does."""
    if not row["production_product"] or row["flow_role"] != "output":
        return None
    listed = listed_output(family.ds, row["production_product"], row["production_stage"], family.year)
    return listed[0]["year"] if listed else None


def mixes(desk: FamilyDesk) -> list[Observation]:
    """How the world makes what several processes make and no list splits: Σ one process = share × Σ all of them."""
    family, seen = desk.family, []
    size = world_output(desk)
    for rows in family.steps.values():
        for row in rows:
            if row["share_of_output"] is None:
                continue
            product, share = row["chain_product"], float(row["share_of_output"])
            spread = (float(row["share_high"]) - float(row["share_low"])) / 2 * size[product] * desk.scale(product)
            terms = tuple(
                ("activity", a, desk.recipes[p].outputs[product] * ((1.0 if p == row["process_id"] else 0.0) - share))
                for a, (p, _) in enumerate(desk.chain.activities)
                if product in desk.recipes[p].outputs
            )
            parts = [({**row, "year": family.year}, 0.0, spread)]
            told = {
                "stage": row["stage"],
                "place": "WLD",
                "partner": row["process_id"],
                "note": "world mix of processes",
            }
            seen.append(desk.observe("prior", product, terms, parts, **told))
    return seen


def _part(row: Row, factor: float, sigma: Callable[[Row], float]) -> tuple[Row, float, float]:
    amount = float(row["quantity"]) * factor
    return row, amount, amount * sigma(row)


def trade(desk: FamilyDesk) -> list[Observation]:
    """Flows by pair of regions; `WLD` on one side means all routes from or to the other."""
    seen = []
    for product, flows in desk.family.flows.items():
        routes = [(e, o, d) for e, (p, o, d) in enumerate(desk.chain.arcs) if p == product]
        for (origin, destination), flow in sorted(flows.items()):
            if origin == destination:
                continue
            terms = tuple(
                ("arc", e, 1.0)
                for e, o, d in routes
                if (origin in (o, "WLD") or (origin == OTHERS and o not in flow.beside)) and destination in (d, "WLD")
            )
            note = "; ".join(dict.fromkeys(flow.notes))
            seen.append(desk.observe("trade", product, terms, flow.parts, place=origin, partner=destination, note=note))
    return seen


def use(desk: FamilyDesk) -> list[Observation]:
    """Use by place and of the world: totals, and the sectors that a use is made of."""
    family, seen = desk.family, []
    sigma = sigma_of(family.ds)
    for product, row in family.products.items():
        if not row["demand_product"]:
            continue
        least, factor = float(row["demand_spread"] or 0.0), float(row["demand_factor"] or 1.0)
        own = [(u, r, s) for u, (p, r, s) in enumerate(desk.chain.uses) if p == product]
        into = _metered(desk, product)
        wanted: list[tuple[str, set[str], list[tuple[str, int, float, str]]]] = [
            ("total", {"total"}, [("use", u, 1.0, r) for u, r, _ in own] + [t for _, _, ts in into for t in ts])
        ]
        wanted += [
            (use["sector"], set((use["demand_sectors"] or "").split(";")) - {""}, _of(own, use["sector"]))
            for use in family.uses
            if use["chain_product"] == product
        ]
        wanted += into
        for name, sectors, terms in wanted:
            rows = [r for r in own_rows(family.ds, "demand", product=row["demand_product"]) if r["sector"] in sectors]
            rows = [r for r in rows if r["year"] <= family.year]
            for place, chosen in sorted(_latest(rows).items()):
                regions = _regions(desk, place, {r["country"] for r in rows}, [t[3] for t in terms])
                kept = tuple(t[:3] for t in terms if t[3] in regions)
                parts = [(r, a, max(error, least * a)) for r, a, error in (_part(r, factor, sigma) for r in chosen)]
                partner = "" if name == "total" else name
                seen.append(desk.observe("demand", product, kept, parts, stage="end_use", place=place, partner=partner))
    return seen


def _metered(desk: FamilyDesk, product: str) -> list[tuple[str, set[str], list[tuple[str, int, float, str]]]]:
    """Uses of a product that are processes of the chain: (name, sectors, terms with their region)."""
    found: dict[str, list[tuple[str, int, float, str]]] = {}
    for process_id, rows in desk.family.steps.items():
        for row in rows:
            if row["flow_role"] == "input" and row["chain_product"] == product and row["demand_sectors"]:
                found.setdefault(row["demand_sectors"], []).extend(
                    ("activity", a, desk.recipes[p].inputs[product], r)
                    for a, (p, r) in enumerate(desk.chain.activities)
                    if p == process_id
                )
    return [(sectors, set(sectors.split(";")), terms) for sectors, terms in found.items()]


def _of(own: list[tuple[int, str, str]], sector: str) -> list[tuple[str, int, float, str]]:
    return [("use", u, 1.0, r) for u, r, s in own if s == sector]


def _latest(rows: list[Row]) -> dict[str, list[Row]]:
    """Rows of the latest year by place; several sectors of one use in one year are all kept."""
    last: dict[str, int] = {}
    for row in rows:
        last[row["country"]] = max(row["year"], last.get(row["country"], 0))
    return {place: [r for r in rows if r["country"] == place and r["year"] == y] for place, y in last.items()}


def _regions(desk: FamilyDesk, place: str, listed: set[str], present: Iterable[str]) -> set[str]:
    """Regions that a place of a source stands for; `ROW` is all that the source does not list."""
    regions, union = set(present), eu_regions(desk.chain)
    if place == "WLD":
        return regions
    if place == "EU27":
        return regions & union
    if place == "ROW":
        named = {desk.chain.region_of[p] for p in listed if p in desk.chain.region_of} - {"ROW"}
        return regions - named - (union if "EU27" in listed else set())
    return regions & {desk.chain.region_of.get(place, "")}


def splits(desk: FamilyDesk) -> list[Observation]:
    """The world's mix of uses, as a tie between uses of a product: Σ one use = share × Σ all uses.

    One tie for the world and a wider one for each region. No figure speaks of them: they are priors.
    """
    family, seen = desk.family, []
    local = assumption(family.ds, "use_split_sigma_share")
    size = world_output(desk)
    for use in family.uses:
        product, share = use["chain_product"], float(use["share_of_world"])
        if share >= 1:
            continue
        spread = (float(use["share_high"]) - float(use["share_low"])) / 2
        uses = [(u, r, s) for u, (p, r, s) in enumerate(desk.chain.uses) if p == product]
        regions = sorted({r for _, r, _ in uses})
        whole = size[product] * desk.scale(product)
        for place in ("WLD", *regions):
            terms = tuple(
                ("use", u, (1.0 if s == use["sector"] else 0.0) - share) for u, r, s in uses if place in ("WLD", r)
            )
            error = whole * spread if place == "WLD" else whole * local * share
            seen.append(
                desk.observe(
                    "prior",
                    product,
                    terms,
                    [({**use, "year": family.year}, 0.0, error)],
                    stage="end_use",
                    place=place,
                    partner=use["sector"],
                    note="world mix of uses",
                )
            )
    return seen


def world_output(desk: FamilyDesk) -> dict[str, float]:
    """Rough world output of each product [units of the model]: listed output, carried through the recipes."""
    family = desk.family
    size: dict[str, float] = dict.fromkeys(family.products, 0.0)
    for rows in (*family.steps.values(), *family.elsewhere.values()):
        for row in rows:
            if row["production_product"] and row["flow_role"] == "output":
                listed = listed_output(family.ds, row["production_product"], row["production_stage"], family.year)
                factor = float(row["production_factor"] or 1.0) / desk.scale(row["chain_product"])
                total = [r for r in listed if r["country"] == "WLD"] or [r for r in listed if not r["is_total"]]
                size[row["chain_product"]] = max(
                    size[row["chain_product"]], factor * sum(float(r["quantity"]) for r in total)
                )
    for process in desk.chain.processes:
        for made, amount in process.outputs.items():
            for taken, need in process.inputs.items():
                if not size[made] and size.get(taken):
                    size[made] = size[taken] / need * amount
    return size


def family_unseen(family: Family, chain: Chain, seen: Iterable[Observation]) -> dict[int, float]:
    """Standard error around zero [units of the model] of each route that no figure of its own speaks of.

    A feed that customs do not fully show, and that nobody uses as such, is left free: it goes where it is processed.
    What may be left over is not: nobody ships it to leave it over.
    """
    spoken = {i for o in seen if len(o.terms) == 1 for kind, i, _ in o.terms if kind == "arc"}
    full = {row["chain_product"] for row in family.ds.rows("chain_trade", family=family.family) if row["is_full"]}
    used = {product for product, _, _ in chain.uses}
    size = world_output(FamilyDesk.of(family, chain))
    narrow = assumption(family.ds, "unseen_flow_full_world_share")
    wide = assumption(family.ds, "unseen_flow_part_world_share")
    return {
        e: max(size[p] * (narrow if p in full else wide), 1.0)
        for e, (p, _, _) in enumerate(chain.arcs)
        if e not in spoken and (p in full or p in used or p in chain.free)
    }
