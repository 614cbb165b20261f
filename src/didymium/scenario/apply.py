"""`Scenario.apply`: a scenario over a dataset gives `Inputs`, the labelled arrays that the model takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from didymium.errors import BadScenario, UnknownTerm
from didymium.scenario.chain import RISING, Tables, magnet_chain, project_steps
from didymium.scenario.families import join
from didymium.scenario.family_chain import MAGNETS, known_families
from didymium.scenario.family_inputs import family_inputs
from didymium.scenario.inputs import Band, Chain, Floats, Inputs, Observation, Process, Restriction
from didymium.scenario.observations import observations, unseen_flow_sigma
from didymium.scenario.observing import demand_growth, drawn_growth, outlook_scenarios
from didymium.scenario.origin import by_origin
from didymium.scenario.prices import base_prices
from didymium.scenario.scenario import FIRST_BASE_YEAR, Outage, Scenario, TradeCut, between
from didymium.scenario.stocks import levels, public_cover_days
from didymium.scenario.thrift import flexible_share
from didymium.scenario.uncertain import clocks

MATERIAL_STAGES = ("mine", "separated", "metal", "alloy")
NOT_MODELLED = (
    (
        "SmCo magnets, catalysts and yttrium's uses are families of their own; "
        "the uses of Eu, Gd and other heavy oxides made as co-products are not modelled"
    ),
    "iron, boron, cobalt, reagents and energy are taken as available",
    "users within one party and sector share their stock; a single firm can run short earlier",
    "magnets inside imported motors, cars and electronics are not counted as demand of the importing country",
    "nobody publishes a country's uses by sector: the world's mix stands in, so which sector is short first is a guess",
)


def assumptions(ds: Tables) -> dict[str, float]:
    """Central value of every assumption, by id."""
    return {row["assumption_id"]: float(row["value"]) for row in ds.rows("assumptions")}


def apply(scenario: Scenario, ds: Tables, overrides: Mapping[str, float] | None = None) -> Inputs:
    """Inputs of a scenario.

    `overrides` replaces central values by the names that `didymium.scenario.uncertain` lists: assumptions, positions
    of approvals, starts and lengths of cuts and outages, growth, prices and values.

    Raises BadScenario or UnknownTerm when the scenario names what the dataset does not hold.
    """
    given = dict(overrides or {})
    assume = {**assumptions(ds), **given}
    months = scenario.month_labels()
    base_year = scenario.first_base_year
    known = {r["measure_id"] for r in ds.rows("measures")}
    followed = (*scenario.based_on, *(c.approval_observed for c in scenario.cuts if c.approval_observed is not None))
    for measure in followed:
        if measure not in known:
            raise UnknownTerm(
                "measure", measure, known, where=f"scenario {scenario.id}", cure="List them: didymium measures."
            )
    known_families(ds, scenario.families, where=f"scenario {scenario.id}")
    growth = drawn_growth(partial(demand_growth, ds), _outlooks(ds), assume.get("demand_outlook", 0.5))
    grown = np.array([growth(int(m[:4]), base_year) for m in months])
    inputs = joint_inputs(ds, scenario.families, base_year, months, assume, uncut=True)
    restrictions = tuple(
        _restriction(
            cut,
            inputs.chain,
            _covered(cut, f"cuts.{clock}", given, months),
            months,
            given.get(f"approval:{cut.licensed_by}", 0.5),
            {} if cut.approval_observed is None else observed_shares(ds, cut.exporter, months, grown, base_year),
            where=f"scenario {scenario.id}: cuts.{i}",
        )
        for i, (cut, clock) in enumerate(zip(scenario.cuts, clocks(scenario.cuts), strict=True))
    )
    direct, tracked, through = by_origin(scenario, inputs.chain, restrictions)
    return replace(
        inputs,
        availability=_availability(scenario, inputs.chain, months, given),
        restrictions=direct,
        track_origin=tracked,
        origin_restrictions=through,
    )


def joint_inputs(
    ds: Tables,
    families: Sequence[str],
    base_year: int,
    months: tuple[str, ...],
    assume: Mapping[str, float],
    *,
    uncut: bool = False,
) -> Inputs:
    """Inputs of families together for a base year and the months of a run; nothing is cut.

    `uncut` asks of magnets the year as it would be without export restraints; see `observations`.

    Raises UnknownTerm for a family that the dataset does not hold.
    """
    asked = known_families(ds, families)
    return join(
        [
            _magnet_inputs(ds, base_year, months, assume, uncut)
            if family == MAGNETS
            else family_inputs(ds, family, base_year, months, assume, beside=set(asked) - {family})
            for family in asked
        ]
    )


def _magnet_inputs(
    ds: Tables, base_year: int, months: tuple[str, ...], assume: Mapping[str, float], uncut: bool
) -> Inputs:
    """Inputs of the magnet family for a base year and the months of a run; nothing is cut."""
    growth = drawn_growth(partial(demand_growth, ds), _outlooks(ds), assume.get("demand_outlook", 0.5))
    grown = np.array([growth(int(m[:4]), base_year) for m in months])
    chain, seen, unseen, central_price = ds.once(
        ("magnets", base_year, uncut), lambda: _magnet_facts(ds, base_year, uncut)
    )
    position = assume.get("price_position", 0.5)
    price = central_price if position == 0.5 else base_prices(ds, chain, 2024, position)
    stage = np.array([chain.product_stage[p] for p in chain.products])
    material = np.isin(stage, MATERIAL_STAGES)
    return Inputs(
        chain=chain,
        base_year=base_year,
        observations=seen,
        unseen=unseen,
        surplus_share=assume["surplus_sigma_world_share"],
        months=months,
        demand_growth=grown,
        availability=np.ones((len(chain.activities), len(months))),
        spare=_spare(chain, assume),
        new_capacity=_new_capacity(ds, chain, months, assume),
        ramp=np.full(len(chain.activities), assume["ramp_share_per_month"]),
        bands=_bands(ds, assume, price),
        use_cover_days=np.array(
            [
                assume["user_cover_days"] if p.startswith("ndfeb") else assume["pool_cover_days"]
                for p, _, _ in chain.uses
            ]
        ),
        pool_cover_days=np.where(material, assume["pool_cover_days"], 0.0),
        public_cover_days=public_cover_days(ds, chain, assume),
        base_price=np.array([price[p] for p in chain.products]),
        freight=np.full(len(chain.products), assume["freight_usd_per_kg"]),
        flow_growth=assume["flow_growth_share_per_month"],
        new_supplier_share=assume["new_supplier_share"],
        qualification_months=np.where(
            material, assume["qualification_months_material"], assume["qualification_months_magnet"]
        ),
        discount_rate=assume["discount_rate_per_year"],
        convenience_rate=assume["convenience_share_per_month"],
        warnings=(*NOT_MODELLED, *levels(ds)[1]),
    )


def _magnet_facts(
    ds: Tables, base_year: int, uncut: bool
) -> tuple[Chain, tuple[Observation, ...], Mapping[int, float], Mapping[str, float]]:
    """What no draw over the assumptions of a run moves: chain, figures of the base year, prices."""
    chain = magnet_chain(ds, base_year)
    seen = observations(ds, chain, base_year, uncut=uncut)
    return chain, seen, unseen_flow_sigma(ds, chain, seen), base_prices(ds, chain, 2024)


def _outlooks(ds: Tables) -> list[str]:
    """Names of the outlooks of magnet rare earths."""
    return outlook_scenarios(ds, "ree_magnet")


def _covered(spell: TradeCut | Outage, clock: str, given: Mapping[str, float], months: tuple[str, ...]) -> Floats:
    """Part of each month in which a cut or outage holds, 0 to 1: it may start and last for parts of months in draws."""
    first = between(months[0], spell.start) + given.get(f"{clock}.start", 0.0)
    length = np.inf if spell.months is None else given.get(f"{clock}.months", float(spell.months))
    month = np.arange(len(months))
    part: Floats = np.clip(np.minimum(first + length, month + 1) - np.maximum(first, month), 0.0, 1.0)
    return part


def _expand(word: str, names: tuple[str, ...], where: str) -> list[str]:
    """The chain's products that a word of a scenario stands for: itself, both grades, or all ores."""
    found = [n for n in names if n == word or n in (f"{word}_std", f"{word}_ht") or n.startswith(f"{word}:")]
    if not found:
        words = {*names, *(n.removesuffix("_std").removesuffix("_ht").partition(":")[0] for n in names)}
        raise UnknownTerm("product", word, words, where=where, cure="List them: didymium data table products")
    return found


def _restriction(
    cut: TradeCut,
    chain: Chain,
    held: Floats,
    months: tuple[str, ...],
    position: float,
    recorded: Mapping[tuple[str, str], float],
    *,
    where: str,
) -> Restriction:
    """The arcs a cut touches, and the share of their base flow that passes in each month (infinite: no limit).

    `held` is the part of each month in which the cut holds; in the rest of a month what would flow passes.
    """
    products = {p for word in cut.products for p in _expand(word, chain.products, where)}
    origins = _regions_of(chain, (cut.exporter,), where)
    targets = _regions_of(chain, cut.importers, where)
    arcs = [e for e, (p, o, d) in enumerate(chain.arcs) if p in products and o in origins and d in targets]
    if not arcs:
        raise BadScenario(
            f"the chain has no flow of {', '.join(cut.products)} from {cut.exporter} to {', '.join(cut.importers)}.",
            where=where,
            cure="Check exporter, importers and products.",
        )
    inside = held > 0
    factor = np.full((len(months), len(arcs)), np.inf)
    if cut.approval_share is None:
        for column, e in enumerate(arcs):
            place = chain.arcs[e][2]
            shares = np.array([recorded.get((place, m), recorded.get(("WLD", m), np.inf)) for m in months])
            factor[inside, column] = shares[inside]
    else:
        passes = cut.approval_share
        if cut.approval_range is not None and position != 0.5:
            passes = float(np.interp(position, [0.0, 0.5, 1.0], cut.approval_range))
        factor[inside] = passes
    partly = inside & (held < 1)
    factor[partly] = 1 - held[partly, None] * (1 - factor[partly])
    return Restriction(f"{cut.exporter}: {', '.join(cut.products)}", np.array(arcs, dtype=np.int64), factor)


def _regions_of(chain: Chain, places: tuple[str, ...], where: str) -> set[str]:
    """Regions that places stand for; a place folded into a rest is refused: the whole rest would be cut with it."""
    if "ALL" in places:
        return set(chain.regions)
    found: set[str] = set()
    for place in places:
        if place in chain.groups:
            found |= {chain.region_of[member] for member in chain.groups[place] if member in chain.region_of}
        elif place in chain.regions:
            found.add(place)
        elif place in chain.region_of:
            raise BadScenario(
                f"{place} is not a place of its own in the chain, but part of {chain.region_of[place]}.",
                where=where,
                cure=f"Places: {', '.join(sorted(chain.regions))}.",
            )
        else:
            known = {*chain.regions, *chain.groups, "ALL"}
            raise UnknownTerm("place", place, known, where=where, cure=f"Places: {', '.join(sorted(known))}.")
    return found


def observed_shares(
    ds: Tables, exporter: str, months: tuple[str, ...], growth: Floats, base_year: int
) -> dict[tuple[str, str], float]:
    """Recorded magnet exports of a month over the grown mean month of the base year, by destination ("WLD" for all).

    Source: customs rows of `trade` (product ndfeb_magnet); the destination's own row where the month has one. Raises
    BadScenario when no year's total of the base year is recorded.
    """
    recorded = ds.rows("trade", product="ndfeb_magnet", exporter=exporter)
    rows = [r for r in recorded if r["unit"] == "t" and r["preferred"] and r["quantity"] is not None]
    year_mean = {r["importer"]: float(r["quantity"]) / 12 for r in rows if r["period"] == str(base_year)}
    if "WLD" not in year_mean:
        raise BadScenario(
            f"no exports of magnets by {exporter} in {base_year} are recorded to take shares of.",
            cure="Set base_year to a year before the measure.",
        )
    grown = dict(zip(months, growth.tolist(), strict=True))
    return {
        (r["importer"], r["period"]): float(r["quantity"]) / year_mean[r["importer"]] / grown[r["period"]]
        for r in rows
        if r["period"] in grown and r["quantity"] is not None and r["importer"] in year_mean
    }


def _availability(scenario: Scenario, chain: Chain, months: tuple[str, ...], given: Mapping[str, float]) -> Floats:
    """Share of capacity that stands, shape (activity, month)."""
    stands = np.ones((len(chain.activities), len(months)))
    recipes = {p.process_id: p for p in chain.processes}
    for i, (outage, clock) in enumerate(zip(scenario.outages, clocks(scenario.outages), strict=True)):
        where = f"scenario {scenario.id}: outages.{i}"
        held = _covered(outage, f"outages.{clock}", given, months)
        remains = given.get(f"outages.{i}.availability", outage.availability)
        hit = [a for a, (p, r) in enumerate(chain.activities) if _is_hit(outage, recipes[p], r, chain, where)]
        if not hit:
            raise BadScenario(f"{outage.place} has no {outage.stage} in the chain.", where=where)
        for a in hit:
            stands[a] *= 1 - held * (1 - remains)
    return stands


def _is_hit(outage: Outage, process: Process, region: str, chain: Chain, where: str) -> bool:
    """Whether an outage stops a process: its stage and place, and one of its outputs if products are named."""
    named = {p for word in outage.products for p in _expand(word, chain.products, where)}
    made = not named or bool(named & set(process.outputs))
    return made and process.stage == outage.stage and region in _regions_of(chain, (outage.place,), where)


def _spare(chain: Chain, assume: Mapping[str, float]) -> Floats:
    """Output that could be added at once, as a share of base output, by activity."""
    recipes = {p.process_id: p for p in chain.processes}
    spare = []
    for process_id, region in chain.activities:
        if region == "CHN":
            spare.append(assume["spare_capacity_chn_share"])
        elif recipes[process_id].stage in ("blank", "magnet"):
            spare.append(assume["spare_magnet_exchina_share"])
        else:
            spare.append(assume["spare_capacity_share"])
    return np.array(spare)


def _new_capacity(ds: Tables, chain: Chain, months: tuple[str, ...], assume: Mapping[str, float]) -> Floats:
    """Capacity that magnet projects add [t/month], shape (activity, month).

    Only plants that are ramping or being built count, each with the chance that its status gives, rising in a line over
    the ramp years from its start year; what stood in the middle of the year of the output figures is in the base
    already. They cast their own alloy; the two grades share by the world mix.
    """
    added = np.zeros((len(chain.activities), len(months)))
    heavy = sum(float(r["share_of_world"]) * float(r["heavy_grade_share"]) for r in ds.rows("magnet_sectors"))
    recipes = {p.process_id: p for p in chain.processes}
    index = {a: i for i, a in enumerate(chain.activities)}
    clock = np.array([int(m[:4]) + (int(m[5:]) - 1) / 12 for m in months])
    for row in project_steps(ds):
        if row["product"] != "ndfeb_magnet" or row["status"] not in RISING:
            continue
        if row["capacity"] is None or row["start_year"] is None:
            continue
        region = chain.region_of.get(row["country"], "ROW")
        chance = assume[f"success_share_{row['status']}"]
        age = np.append(clock, FIRST_BASE_YEAR + 0.5) - float(row["start_year"])
        stands = np.clip(age / assume["ramp_years"], 0.0, 1.0)
        risen = np.maximum(stands[:-1] - stands[-1], 0.0)
        for grade, part in (("std", 1 - heavy), ("ht", heavy)):
            need = float(row["capacity"]) * chance * part / 12
            for process_id in (f"machine_{grade}", f"sinter_{grade}", f"alloy_{grade}"):
                if (process_id, region) in index:
                    added[index[process_id, region]] += need * risen
                    if process_id.startswith(("machine", "sinter")):
                        need *= next(iter(recipes[process_id].inputs.values()))
    return added


def _bands(ds: Tables, assume: Mapping[str, float], price: Mapping[str, float]) -> dict[str, tuple[Band, ...]]:
    """Two slices of each sector's use: a flexible part that gives way first, and the rest at full value.

    No slice is worth so little that nobody would buy at the base price: `least_value_prices` prices at least.
    """
    oxide = {row["sector"]: row["product"] for row in ds.rows("oxide_uses")}
    found: dict[str, tuple[Band, ...]] = {}
    for row in ds.rows("magnet_sectors"):
        sector = row["sector"]
        grade = "ndfeb_magnet_ht" if row["heavy_grade_share"] >= 1 else "ndfeb_magnet_std"
        base = price[oxide.get(sector, grade)]
        least = assume["least_value_prices"] * base
        full = max(assume.get(f"value:{sector}", float(row["value_usd_per_kg"])), least)
        soft = max(assume["flexible_value_share"] * full, least)
        share = flexible_share(ds, oxide.get(sector, "ndfeb_magnet"), sector, soft / base if base else 0.0, assume)
        found[sector] = (Band("flexible", share, soft), Band("firm", 1 - share, full))
    return found
