"""`Scenario.apply`: a scenario over a dataset gives `Inputs`, the labelled arrays that the model takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from didymium.errors import BadScenario, UnknownTerm
from didymium.scenario.chain import PRESENT, Tables, magnet_chain, project_steps
from didymium.scenario.inputs import Band, Chain, Floats, Inputs, Restriction
from didymium.scenario.observations import observations, unseen_flow_sigma
from didymium.scenario.observing import demand_growth
from didymium.scenario.prices import base_prices
from didymium.scenario.scenario import Outage, Scenario, TradeCut

CALIBRATED_YEARS = (2024, 2025, 2026)
MATERIAL_STAGES = ("mine", "separated", "metal", "alloy")
NOT_MODELLED = (
    "SmCo magnets are not modelled, nor the uses of La, Sm, Eu, Gd, Y and other heavy oxides made as co-products",
    "iron, boron, cobalt, reagents and energy are taken as available",
    "users within one party and sector share their stock; a single firm can run short earlier",
    "magnets inside imported motors, cars and electronics are not counted as demand of the importing country",
)


def assumptions(ds: Tables) -> dict[str, float]:
    """Central value of every assumption, by id."""
    return {row["assumption_id"]: float(row["value"]) for row in ds.rows("assumptions")}


def apply(scenario: Scenario, ds: Tables, overrides: Mapping[str, float] | None = None) -> Inputs:
    """Inputs of a scenario.

    `overrides` replaces central values of assumptions; `approval_position` moves every approval within its own range,
    from 0 (low) over ½ (central) to 1 (high).

    Raises BadScenario or UnknownTerm when the scenario names what the dataset does not hold.
    """
    given = dict(overrides or {})
    assume = {**assumptions(ds), **given}
    months = scenario.month_labels()
    base_year = min(max(int(scenario.start[:4]), CALIBRATED_YEARS[0]), CALIBRATED_YEARS[-1])
    chain = magnet_chain(ds, base_year)
    known = {r["measure_id"] for r in ds.rows("measures")}
    for measure in scenario.based_on:
        if measure not in known:
            raise UnknownTerm("measure", measure, known, where=f"scenario {scenario.id}", cure="See: didymium measures")
    growth = demand_growth(ds)
    seen = observations(ds, chain, base_year)
    price = base_prices(ds, chain, 2024)
    stage = np.array([chain.product_stage[p] for p in chain.products])
    material = np.isin(stage, MATERIAL_STAGES)
    return Inputs(
        chain=chain,
        base_year=base_year,
        observations=seen,
        unseen=unseen_flow_sigma(ds, chain, seen),
        surplus_share=assume["surplus_sigma_world_share"],
        months=months,
        demand_growth=np.array([growth(int(m[:4]), base_year) for m in months]),
        availability=_availability(scenario, chain, months),
        spare=_spare(chain, assume),
        new_capacity=_new_capacity(ds, chain, months, assume),
        ramp=np.full(len(chain.activities), assume["ramp_share_per_month"]),
        bands=_bands(ds, assume),
        use_cover_days=np.array(
            [
                assume["user_cover_days"] if p.startswith("ndfeb") else assume["pool_cover_days"]
                for p, _, _ in chain.uses
            ]
        ),
        pool_cover_days=np.where(material, assume["pool_cover_days"], 0.0),
        public_cover_days={
            ("JPN", metal): assume["jpn_public_cover_days"] for metal in ("ndpr_metal", "dy_metal", "tb_metal")
        },
        base_price=np.array([price[p] for p in chain.products]),
        freight=np.full(len(chain.products), assume["freight_usd_per_kg"]),
        flow_growth=assume["flow_growth_share_per_month"],
        new_supplier_share=assume["new_supplier_share"],
        qualification_months=np.where(
            material, assume["qualification_months_material"], assume["qualification_months_magnet"]
        ),
        discount_rate=assume["discount_rate_per_year"],
        convenience_rate=assume["convenience_share_per_month"],
        restrictions=tuple(
            _restriction(cut, chain, ds, months, given.get("approval_position", 0.5)) for cut in scenario.cuts
        ),
        warnings=NOT_MODELLED,
    )


def month_range(start: str, end: str | None, months: tuple[str, ...]) -> Any:
    """Which of the months lie in [start, end), as a boolean array."""
    return np.array([m >= start and (end is None or m < end) for m in months])


def _expand(word: str, names: tuple[str, ...], what: str) -> list[str]:
    """The chain's products that a word of a scenario stands for: itself, or both grades."""
    found = [n for n in names if n == word or n in (f"{word}_std", f"{word}_ht") or n.startswith(f"{word}:")]
    if not found:
        raise UnknownTerm(what, word, names, cure="List them: didymium scenario show cn-stop-12")
    return found


def _restriction(cut: TradeCut, chain: Chain, ds: Tables, months: tuple[str, ...], position: float) -> Restriction:
    """The arcs a cut touches, and the share of their base flow that passes in each month (infinite: no limit)."""
    products = {p for word in cut.products for p in _expand(word, chain.products, "product")}
    for place in (cut.exporter, *cut.importers):
        if place != "ALL" and place not in chain.region_of and place not in chain.regions:
            raise UnknownTerm("place", place, chain.region_of, cure="Use ISO 3166 alpha-3 codes or ALL")
    origins = _regions_of(chain, (cut.exporter,))
    targets = _regions_of(chain, cut.importers)
    arcs = [e for e, (p, o, d) in enumerate(chain.arcs) if p in products and o in origins and d in targets]
    if not arcs:
        raise BadScenario(
            f"no flow from {cut.exporter} of {', '.join(cut.products)} exists in the chain.",
            cure="Check exporter and products",
        )
    inside = month_range(cut.start, cut.end, months)
    factor = np.full((len(months), len(arcs)), np.inf)
    if cut.approval_observed is not None:
        recorded = observed_shares(ds, cut.exporter, months)
        for column, e in enumerate(arcs):
            place = chain.arcs[e][2]
            share = np.array([recorded.get((place, m), recorded.get(("WLD", m), np.inf)) for m in months])
            factor[inside, column] = share[inside]
    elif cut.approval_share is not None:
        central = cut.approval_share
        low, high = (central if end is None else end for end in (cut.approval_low, cut.approval_high))
        factor[inside] = float(np.interp(position, [0.0, 0.5, 1.0], [low, central, high]))
    return Restriction(f"{cut.exporter}: {', '.join(cut.products)}", np.array(arcs, dtype=np.int64), factor)


def _regions_of(chain: Chain, places: tuple[str, ...]) -> set[str]:
    if "ALL" in places:
        return set(chain.regions)
    members = {p for group in places if group in chain.groups for p in chain.groups[group]}
    return {chain.region_of.get(p, p) for p in (*places, *members) if p not in chain.groups}


def observed_shares(ds: Tables, exporter: str, months: tuple[str, ...]) -> dict[tuple[str, str], float]:
    """Recorded magnet exports of a month over the monthly mean of 2024, by destination ("WLD" for all).

    Source: customs rows of `trade` (product ndfeb_magnet); the destination's own row where the month has one.
    """
    rows = [
        r for r in ds.rows("trade", product="ndfeb_magnet", exporter=exporter) if r["unit"] == "t" and r["preferred"]
    ]
    year_mean = {r["importer"]: float(r["quantity"]) / 12 for r in rows if r["period"] == "2024" and r["quantity"]}
    return {
        (r["importer"], r["period"]): float(r["quantity"]) / year_mean[r["importer"]]
        for r in rows
        if r["period"] in months and r["quantity"] is not None and r["importer"] in year_mean
    }


def _availability(scenario: Scenario, chain: Chain, months: tuple[str, ...]) -> Floats:
    """Share of capacity that stands, shape (activity, month)."""
    stands = np.ones((len(chain.activities), len(months)))
    recipes = {p.process_id: p for p in chain.processes}
    for outage in scenario.outages:
        inside = month_range(outage.start, outage.end, months)
        hit = [a for a, (p, r) in enumerate(chain.activities) if _is_hit(outage, recipes[p].stage, r, chain)]
        if not hit:
            raise BadScenario(
                f"outage: {outage.place} has no {outage.stage} in the chain.", where=f"scenario {scenario.id}"
            )
        for a in hit:
            stands[a, inside] *= outage.availability
    return stands


def _is_hit(outage: Outage, stage: str, region: str, chain: Chain) -> bool:
    return stage == outage.stage and region in _regions_of(chain, (outage.place,))


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
    the
    ramp years from its start year. They cast their own alloy; the two grades share by the world mix.
    """
    added = np.zeros((len(chain.activities), len(months)))
    heavy = sum(float(r["share_of_world"]) * float(r["heavy_grade_share"]) for r in ds.rows("magnet_sectors"))
    recipes = {p.process_id: p for p in chain.processes}
    index = {a: i for i, a in enumerate(chain.activities)}
    clock = np.array([int(m[:4]) + (int(m[5:]) - 1) / 12 for m in months])
    for row in project_steps(ds):
        if (
            row["product"] != "ndfeb_magnet"
            or row["status"] not in PRESENT
            or row["capacity"] is None
            or row["start_year"] is None
        ):
            continue
        region = chain.region_of.get(row["country"], "ROW")
        chance = assume[f"success_share_{row['status']}"]
        risen = np.clip((clock - float(row["start_year"])) / assume["ramp_years"], 0.0, 1.0)
        for grade, part in (("std", 1 - heavy), ("ht", heavy)):
            need = float(row["capacity"]) * chance * part / 12
            for process_id in (f"machine_{grade}", f"sinter_{grade}", f"alloy_{grade}"):
                if (process_id, region) in index:
                    added[index[process_id, region]] += need * risen
                    if process_id.startswith(("machine", "sinter")):
                        need *= next(iter(recipes[process_id].inputs.values()))
    return added


def _bands(ds: Tables, assume: Mapping[str, float]) -> dict[str, tuple[Band, ...]]:
    """Two slices of each sector's use: a flexible part that gives way first, and the rest at full value."""
    share, value = assume["flexible_share"], assume["flexible_value_share"]
    return {
        row["sector"]: (
            Band("flexible", share, value * float(row["value_usd_per_kg"])),
            Band("firm", 1 - share, float(row["value_usd_per_kg"])),
        )
        for row in ds.rows("magnet_sectors")
    }
