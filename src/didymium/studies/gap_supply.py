"""What the gap study needs from the data: base output, projects, partners, offtake, and need by outlook."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymium.data import Dataset
from didymium.errors import BadInput, UnknownTerm
from didymium.model.calibrate import Base, calibrate
from didymium.model.explode import need_per_tonne, output_by_stage
from didymium.model.ledger import Addition, Chances, Entry, Offtake, deliveries, rising, share_surplus, surplus_flows
from didymium.results import Row
from didymium.scenario.apply import assumptions
from didymium.scenario.chain import assumption, magnet_chain, project_steps, separation
from didymium.scenario.inputs import Chain, Observation
from didymium.scenario.observations import observations, unseen_flow_sigma
from didymium.scenario.observing import sigma_of
from didymium.scenario.stocks import METAL_OF, public_cover_days
from didymium.scenario.uncertain import split_uniform

Floats = NDArray[np.float64]
BASE_YEAR = 2024  # of need: the figures of 2025 hold the licence shock already
OUTPUT_YEAR = {"mine": 2025, "separated": 2025}  # stages whose plants report their own output for a later year
FIRST_NEW_YEAR = 2025  # a plant that ramps up since an earlier year is in the output figures
DAYS_A_YEAR = 365.25
OUTLOOK_SOURCE = "iea-cm-dataset-2025"
LEDGER_STAGES = ("mine", "separated", "metal", "alloy", "magnet")
OUTLOOK_SECTOR = {
    "ev_motor": "ev_motor",
    "wind": "wind",
}  # the outlook names these two uses; all others grow as its other_uses
WARNINGS = (
    "magnets inside imported goods are not counted as need; with them the gap of an importer is larger",
    "a new magnet plant is taken to cast its own alloy unless the register has an alloy row for it; metal it must buy",
    "base-year output is held level; plants that are not in the register are not counted",
    "oxide needs are gross: swarf that returns is counted as output where magnets are made",
    "the chance of success, delay and ramp of projects are assumptions by status, not judgements of single projects",
)


@dataclass(frozen=True, slots=True)
class Supply:
    """Everything but the need: by (stage, product) and region, arrays (draw + 1, year); draw 0 is the expected case."""

    chain: Chain
    base: Base
    years: Floats
    parties: tuple[str, ...]
    partners: Mapping[str, tuple[tuple[str, str], ...]]  # party -> (region, agreement_id)
    own: Mapping[tuple[str, str, str], Floats]
    additions: tuple[Addition, ...]
    added: Floats
    chances: Chances
    offtakes: tuple[Offtake, ...]
    sigma_use: Mapping[str, float]
    observed: tuple[Observation, ...]
    draws: int
    assumption_ids: tuple[str, ...]
    source_ids: tuple[str, ...]

    def products(self, stage: str) -> tuple[str, ...]:
        """The ledger's products at a stage."""
        oxides = ("ndpr_oxide", "dy_oxide", "tb_oxide")
        return {
            "mine": oxides,
            "separated": oxides,
            "metal": ("ndpr_metal", "dy_metal", "tb_metal"),
            "alloy": ("ndfeb_alloy",),
            "magnet": ("ndfeb_magnet",),
        }[stage]

    def allies(self) -> tuple[str, ...]:
        """Regions of the parties and of all their partners."""
        return tuple(dict.fromkeys((*self.parties, *(r for of in self.partners.values() for r, _ in of))))


def prepare(ds: Dataset, parties: Sequence[str], years: Sequence[int], draws: int, seed: int) -> Supply:
    """Calibrate the base year and lay projects, partners and contracts over the years."""
    chain = magnet_chain(ds, BASE_YEAR)
    for party in parties:
        if party not in chain.regions:
            known = sorted(chain.regions)
            raise UnknownTerm("party", party, known, cure=f"Parties are places of the chain: {', '.join(known)}.")
    if draws < 1:
        raise BadInput(f"draws is {draws}.", cure="The band is a percentile of draws: ask for at least 1.")
    seen, base = _calibrated(ds, chain, BASE_YEAR)
    assumed = {r["assumption_id"]: r for r in ds.rows("assumptions")}
    when = np.array(years, dtype=np.float64)
    extra = additions(ds, chain)
    odds = chances(ds)
    added = rising(extra, when, odds, draws, seed)
    own: dict[tuple[str, str, str], Floats] = {}
    for year in sorted({BASE_YEAR, *OUTPUT_YEAR.values()}):
        of_year = magnet_chain(ds, year)
        levels = dict(zip(of_year.activities, _calibrated(ds, of_year, year)[1].activity.tolist(), strict=True))
        for key, tonnes in output_by_stage(of_year, levels).items():
            if OUTPUT_YEAR.get(key[0], BASE_YEAR) == year:
                own[key] = np.full((draws + 1, when.size), tonnes)
    for a, more in zip(extra, added, strict=True):
        key = (a.stage, a.product, a.region)
        own[key] = own.get(key, np.zeros((draws + 1, when.size))) + more
    error = sigma_of(ds)
    used_by_all = ds.rows("demand", product="ndfeb_magnet", sector="total")
    sigma = {r["country"]: error(r) for r in used_by_all if r["preferred"]}
    used = [i for i, r in assumed.items() if "gaps" in r["used_by"] or "calibration" in r["used_by"]]
    return Supply(
        chain=chain,
        base=base,
        years=when,
        parties=tuple(parties),
        partners={p: partners(ds, chain, p) for p in parties},
        own=own,
        additions=extra,
        added=added,
        chances=odds,
        offtakes=tuple(_offtake(r, chain) for r in ds.rows("offtakes")),
        sigma_use=sigma,
        observed=seen,
        draws=draws,
        assumption_ids=tuple(used),
        source_ids=tuple(
            sorted({s for o in seen for s in o.source_ids} | {r["source_id"] for r in ds.rows("offtakes")})
        ),
    )


def chances(ds: Dataset) -> Chances:
    """How projects fare, from the rows of `assumptions`."""
    assumed = {r["assumption_id"]: r for r in ds.rows("assumptions")}
    return Chances(
        success={
            i.removeprefix("success_share_"): _range(r) for i, r in assumed.items() if i.startswith("success_share_")
        },
        delay_share=_range(assumed["delay_share"]),
        ramp_years=_range(assumed["ramp_years"]),
        as_of=float(ds.version.split(".")[0]),
    )


def _calibrated(ds: Dataset, chain: Chain, year: int) -> tuple[tuple[Observation, ...], Base]:
    seen = observations(ds, chain, year)
    spare = assumption(ds, "surplus_sigma_world_share")
    return seen, calibrate(chain, seen, year, unseen=unseen_flow_sigma(ds, chain, seen), surplus_share=spare)


def _range(row: Mapping[str, Any]) -> tuple[float, float, float]:
    return float(row["low"]), float(row["value"]), float(row["high"])


def _offtake(row: Mapping[str, Any], chain: Chain) -> Offtake:
    return Offtake(
        chain.region_of[row["party"]],
        row["product"],
        float(row["quantity"]),
        int(row["year_from"]),
        int(row["year_to"]),
        chain.region_of[row["supplier"]],
        row["project_id"] or "",
    )


def partners(ds: Dataset, chain: Chain, party: str) -> tuple[tuple[str, str], ...]:
    """Regions that share a minerals paper with the party, and the paper.

    A paper with China is no promise of supply against a Chinese cut.
    """
    found: dict[str, str] = {}
    for row in ds.rows("agreements"):
        signed = row["parties"].split(";")
        if party in signed and "CHN" not in signed:
            for place in signed:
                for member in sorted(chain.groups.get(place, {place})):
                    region = chain.region_of.get(member)
                    if region and region != party and region != "ROW":
                        found.setdefault(region, row["agreement_id"])
    return tuple(sorted(found.items()))


def additions(ds: Dataset, chain: Chain) -> tuple[Addition, ...]:
    """Projects of the register at the ledger's stages, in its products.

    Plants that ran in the base year are in its output already. A row for all oxides together is split by the deposit
    type of its own, where the table `project_deposits` names it, else of its country (or monazite), unless the project
    has rows for the single oxides. A magnet plant casts its own
    alloy unless its project has an alloy row, as in the stress runs.
    """
    routes: dict[str, str] = {}
    for route in sorted(ds.rows("ore_routes"), key=lambda r: -float(r["share"])):
        routes.setdefault(route["place"], route["process_id"])
    deposits = {row["project_id"]: row["process_id"] for row in ds.rows("project_deposits")}
    rows = [
        r for r in project_steps(ds) if r["capacity"] and r["start_year"] and r["stage"] in (*LEDGER_STAGES, "recycled")
    ]
    single = {r["project_id"] for r in rows if r["product"] in ("ndpr_oxide", "dy_oxide", "tb_oxide")}
    casting = {r["project_id"] for r in rows if r["product"] == "ndfeb_alloy"}
    alloy_per_magnet = need_per_tonne(chain, "ndfeb_magnet_std")["alloy", "ndfeb_alloy"]
    found: list[Addition] = []
    for r in rows:
        if r["status"] == "operating" or (r["status"] == "ramping" and r["start_year"] < FIRST_NEW_YEAR):
            continue
        region = chain.region_of.get(r["country"], "ROW")
        stage = "separated" if r["stage"] == "recycled" and r["product"].endswith("oxide") else r["stage"]
        one = Addition(
            r["project_id"], stage, r["product"], region, float(r["capacity"]), r["status"], float(r["start_year"])
        )
        unit = str(r["capacity_unit"])
        if stage == "magnet" and r["project_id"] not in casting:
            found.append(replace(one, stage="alloy", product="ndfeb_alloy", capacity=one.capacity * alloy_per_magnet))
        if (stage, r["product"]) in _LEDGER and unit in ("t/y", "t alloy/y", "t magnets/y", "t contained/y"):
            found.append(one)
        elif unit == "t NdPr contained/y":
            found.append(replace(one, product="ndpr_oxide"))
        elif r["product"] in ("reo_separated", "reo_mixed") and unit == "t REO/y" and r["project_id"] not in single:
            recipe_id = deposits.get(r["project_id"]) or routes.get(r["country"], "sep_monazite_india")
            recipe = separation(ds, recipe_id)
            for oxide in ("ndpr_oxide", "dy_oxide", "tb_oxide"):
                content = recipe.outputs.get(oxide, 0.0) / recipe.recovery
                found.append(replace(one, product=oxide, capacity=one.capacity * content))
    return tuple(a for a in found if a.capacity > 0)


_LEDGER = {
    *((s, p) for s in ("mine", "separated") for p in ("ndpr_oxide", "dy_oxide", "tb_oxide")),
    *(("metal", p) for p in ("ndpr_metal", "dy_metal", "tb_metal")),
    ("alloy", "ndfeb_alloy"),
    ("magnet", "ndfeb_magnet"),
}


def sector_growth(ds: Dataset, outlook: str, years: Floats) -> dict[str, Floats]:
    """Use of each sector relative to the base year: IEA base year and outlook, geometric between the years given.

    Raises BadInput for a year before the base year or beyond the outlook, UnknownTerm for an unknown outlook.
    """
    told = {r["scenario"] for r in ds.rows("demand_outlook", product="ree_magnet", country="WLD", sector="other_uses")}
    if outlook not in told:
        raise UnknownTerm("outlook", outlook, told, cure=f"Outlooks with these sectors: {', '.join(sorted(told))}.")
    growth = {}
    for named in ("ev_motor", "wind", "other_uses"):
        points = {2024: 0.0}
        for r in ds.rows("demand", product="ree_magnet", country="WLD", sector=named, year=2024):
            points[2024] = float(r["quantity"])
        for r in ds.rows("demand_outlook", product="ree_magnet", country="WLD", sector=named, scenario=outlook):
            points[int(r["year"])] = float(r["quantity"])
        at = np.array(sorted(points), dtype=np.float64)
        if years.min() < at[0] or years.max() > at[-1]:
            asked = f"{years.min():.0f} to {years.max():.0f}"
            raise BadInput(f"years {asked}: the demand outlook {outlook} speaks of {at[0]:.0f} to {at[-1]:.0f}.")
        logs = np.interp(np.append(years, BASE_YEAR), at, np.log([points[int(y)] for y in at]))
        growth[named] = np.exp(logs[:-1] - logs[-1])
    return growth


def needs(ds: Dataset, supply: Supply, outlook: str, seed: int) -> dict[tuple[str, str, str], Floats]:
    """Need by (stage, product, region), shape (draw + 1, year): base use × outlook, exploded; draws move the base."""
    growth = sector_growth(ds, outlook, supply.years)
    rng = np.random.default_rng(seed + 1)
    wide = assumption(ds, "need_band_sigmas")
    regions = sorted({r for _, r, _ in supply.chain.uses})
    factor = {}
    for region in regions:
        sigma = supply.sigma_use.get(region, supply.sigma_use.get("ROW", 0.0))
        spread = split_uniform(rng.random(supply.draws), 1 - wide * sigma, 1.0, 1 + wide * sigma)
        factor[region] = np.concatenate([[1.0], spread])
    found: dict[tuple[str, str, str], Floats] = {}
    for (product, region, sector), tonnes in zip(supply.chain.uses, supply.base.use.tolist(), strict=True):
        if not product.startswith("ndfeb_magnet"):
            continue
        curve = growth[OUTLOOK_SECTOR.get(sector, "other_uses")]
        used = tonnes * factor[region][:, None] * curve[None, :]
        for (stage, part), per in need_per_tonne(supply.chain, product).items():
            key = (stage, part, region)
            found[key] = found.get(key, 0.0) + used * per
    return found


@dataclass(frozen=True, slots=True)
class Position:
    """Where each region stands at a stage in a product, arrays (draw + 1, year) [t]; `deals` are the contracts with
    what they deliver, `firm` what contracts bring a region less what they take from it."""

    need: Mapping[str, Floats]
    own: Mapping[str, Floats]
    firm: Mapping[str, Floats]
    bought: Mapping[str, Floats]
    deals: tuple[tuple[Offtake, Floats], ...]


def position(supply: Supply, need: Mapping[tuple[str, str, str], Floats], stage: str, product: str) -> Position:
    """Need, own output and contracts of the parties and their partners."""
    zero = np.zeros((supply.draws + 1, supply.years.size))
    allies = supply.allies()
    made = {r: supply.own.get((stage, product, r), zero) for r in allies}
    plants = {
        a.project_id: supply.added[k]
        for k, a in enumerate(supply.additions)
        if a.stage == stage and a.product == product
    }
    # A contract holds whoever the supplier is friends with; one with a plant at home is in the own output.
    deals = [
        o
        for o in supply.offtakes
        if o.product == product and supply.chain.product_stage.get(product, stage) == stage and o.supplier != o.party
    ]
    suppliers = {o.supplier: supply.own.get((stage, product, o.supplier), zero) for o in deals}
    firm = dict.fromkeys(allies, zero)
    bought = dict.fromkeys(allies, zero)
    delivered = deliveries(deals, supply.years, {**suppliers, **plants})
    for deal, amount in zip(deals, delivered, strict=True):
        if deal.supplier in firm:
            firm[deal.supplier] = firm[deal.supplier] - amount
        if deal.party in firm:
            firm[deal.party] = firm[deal.party] + amount
            bought[deal.party] = bought[deal.party] + amount
    needed = {r: need.get((stage, product, r), zero) for r in allies}
    return Position(needed, made, firm, bought, tuple(zip(deals, delivered, strict=True)))


def entries(supply: Supply, need: Mapping[tuple[str, str, str], Floats], stage: str, product: str) -> dict[str, Entry]:
    """The ledger line of each party, and of all together: the sum of what each takes, with the sum of their gaps.

    What one party has beyond its need helps another only as far as `share_surplus` lets it.
    """
    zero = np.zeros((supply.draws + 1, supply.years.size))
    at = position(supply, need, stage, product)
    lines = {}
    for party in supply.parties:
        allies, shares = _sharing(supply, party)
        drawn = share_surplus(at.need, at.own, at.firm, allies, shares)[party]
        lines[party] = Entry(at.need[party], at.own[party], at.bought[party], drawn)
    if len(lines) > 1:
        both = [lines[p].taken for p in supply.parties]
        lines["+".join(supply.parties)] = Entry(
            sum((e.need for e in both), zero),
            sum((e.own for e in both), zero),
            sum((e.contracted for e in both), zero),
            sum((e.allied for e in both), zero),
        )
    return lines


def drawn_from(supply: Supply, at: Position, party: str) -> dict[str, Floats]:
    """What a party may draw on each of its partners; together as much as the ledger's line says."""
    allies, shares = _sharing(supply, party)
    flows = surplus_flows(at.need, at.own, at.firm, allies, shares)
    offered = {supplier: amount for (supplier, taker), amount in flows.items() if taker == party}
    total = sum(offered.values(), np.zeros_like(at.need[party]))
    taken = share_surplus(at.need, at.own, at.firm, allies, shares)[party]
    rate = np.divide(taken, total, out=np.zeros_like(total), where=total > 0)
    return {supplier: amount * rate for supplier, amount in offered.items()}


def _sharing(supply: Supply, party: str) -> tuple[tuple[str, ...], Callable[[str, str], bool]]:
    """Who stands in line with a party for its partners' surplus: the partners and the other parties, nobody else.

    The answer is the same whether the others are asked too, as long as they share a paper with it.
    """
    signed = {region for region, _ in supply.partners[party]}

    def shares(supplier: str, taker: str) -> bool:
        """The party draws only on places that share a paper with it; other places share among themselves."""
        return all(there in signed for here, there in ((supplier, taker), (taker, supplier)) if here == party)

    return tuple(dict.fromkeys((party, *supply.parties, *sorted(signed)))), shares


def stock(ds: Dataset, chain: Chain, lines: Mapping[str, Entry], party: str, stage: str, product: str) -> Floats | None:
    """Working stock, and public stocks at the oxide and metal stages [t], from days of need; None for ore.

    Parties together hold what each of them holds.
    """
    if stage == "mine":
        return None
    working = assumption(ds, "user_cover_days" if stage == "magnet" else "pool_cover_days")
    held = public_cover_days(ds, chain, assumptions(ds)) if stage in ("separated", "metal") else {}
    public = {place: days for (place, metal), days in held.items() if METAL_OF.get(product) == metal}
    return sum((lines[p].need[0] * (working + public.get(p, 0.0)) / DAYS_A_YEAR for p in party.split("+")), np.zeros(1))


def rows(
    party: str,
    product: str,
    stage: str,
    element: str,
    outlook: str,
    years: Sequence[int],
    line: Entry,
    held: Floats | None,
    supply: Supply,
) -> Iterator[Row]:
    """One row a year: the expected case and the P10–P90 of the draws."""
    low, middle, high = np.quantile(line.gap[1:], [0.1, 0.5, 0.9], axis=0)
    sources = sources_of(supply, party, stage)
    for i, year in enumerate(years):
        gap = float(line.gap[0, i])
        need = float(line.need[0, i])
        cover = None if held is None or gap <= 0 else 12 * float(held[i]) / gap
        yield {
            "party": party,
            "product": product,
            "stage": stage,
            "element": element,
            "year": int(year),
            "outlook": outlook,
            "need_t": need,
            "own_t": float(line.own[0, i]),
            "allied_t": float(line.allied[0, i]),
            "contracted_t": float(line.contracted[0, i]),
            "stock_t": None if held is None else float(held[i]),
            "gap_t": gap,
            "gap_t_p10": float(low[i]),
            "gap_t_p50": float(middle[i]),
            "gap_t_p90": float(high[i]),
            "gap_share": gap / need if need else None,
            "cover_months": cover,
            "cover_months_status": "modelled" if cover is not None else ("no gap" if gap <= 0 else "no stock figure"),
            "evidence": "D",
            "source_ids": sources,
        }


def sources_of(supply: Supply, party: str, stage: str) -> list[str]:
    """Sources of the base-year figures behind a line: the parties' use, and output at home and with partners."""
    places = set(party.split("+"))
    made_in = places | {r for p in places for r, _ in supply.partners.get(p, ())}
    named = {
        s
        for o in supply.observed
        for s in o.source_ids
        if (o.kind == "demand" and o.place in places | {"WLD"})
        or (o.kind == "production" and o.stage == stage and o.place in made_in)
    }
    return sorted(named | {OUTLOOK_SOURCE})


def partner_rows(supply: Supply) -> Iterator[Row]:
    """Which regions count as partners of each party, and by which paper."""
    for party, found in supply.partners.items():
        for region, agreement in found:
            yield {"party": party, "partner": region, "agreement_id": agreement}


def addition_rows(supply: Supply) -> Iterator[Row]:
    """Expected output of each project at each ledger product, by year, and when it starts; phases are added up."""
    steps: dict[tuple[str, str, str], list[int]] = {}
    for k, a in enumerate(supply.additions):
        steps.setdefault((a.project_id, a.stage, a.product), []).append(k)
    for (project_id, stage, product), at in steps.items():
        made = supply.added[at].sum(axis=0)
        low, high = np.quantile(made[1:], [0.1, 0.9], axis=0)
        first = min((supply.additions[k] for k in at), key=lambda a: a.start_year)
        early, middle, late = (supply.chances.start(first, q) for q in (0.1, 0.5, 0.9))
        for i, year in enumerate(supply.years):
            yield {
                "project_id": project_id,
                "stage": stage,
                "product": product,
                "region": first.region,
                "status": first.status,
                "expected_start_year": middle,
                "expected_start_year_p10": early,
                "expected_start_year_p90": late,
                "year": int(year),
                "expected_t": float(made[0, i]),
                "expected_t_p10": float(low[i]),
                "expected_t_p90": float(high[i]),
            }
