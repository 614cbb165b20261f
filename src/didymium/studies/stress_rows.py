"""Rows of a stress result, read out of the outcomes: nothing is computed here but sums, shares and percentiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymium.data import Dataset
from didymium.model.ensemble import APPROVAL, approval_range
from didymium.model.outcome import Outcome, days_in
from didymium.results import Row
from didymium.scenario.inputs import Chain, Inputs
from didymium.scenario.scenario import Scenario

Outcomes = Mapping[tuple[str, str], Outcome]
MAGNETS = ("ndfeb_magnet", "ndfeb_magnet_std", "ndfeb_magnet_ht", "ce_oxide")
MAGNETS_SCARCE = ("ndpr_oxide", "ndpr_metal", "dy_oxide", "dy_metal", "tb_metal", "ndfeb_magnet_std", "ndfeb_magnet_ht")
TOTAL = "total"
OBSERVED_MEASURE = "cn-ree7-licence-2025"  # the measure whose effect on users `stockpiles` records


def shown_products(chain: Chain) -> tuple[str, ...]:
    """Products told of in a result: finished magnets together and by grade, and whatever else is used."""
    used = dict.fromkeys(p for p, _, _ in chain.uses)
    magnets = [word for word in MAGNETS if any(p == word or p.startswith(f"{word}_") for p in used)]
    return (*magnets, *(p for p in used if p not in magnets))


def shown_scarce(chain: Chain, price: Mapping[str, float]) -> tuple[str, ...]:
    """Products whose worth at the margin is told: the magnet metals, and all that other families trade at a price."""
    magnets = [p for p in MAGNETS_SCARCE if p in chain.products]
    return (*magnets, *(p for p in chain.products if p in chain.units and price[p] > 0 and p not in magnets))


def _told(chain: Chain, product: str) -> tuple[float, Row]:
    """Size of the model's unit of a product, and the column that names its unit where not all are tonnes."""
    if not chain.units:
        return 1.0, {}
    unit, size = chain.unit_of(product)
    return size, {"unit": unit}


def _groups(outcome: Outcome, parties: Sequence[str]) -> Iterator[tuple[str, str, str, NDArray[np.int64]]]:
    """Party, product, sector and the uses they cover; the sector `total` covers all of a product."""
    uses = outcome.network.chain.uses
    for party in parties:
        for product in shown_products(outcome.network.chain):
            mine = [
                i for i, (p, r, _) in enumerate(uses) if r == party and (p == product or p.startswith(f"{product}_"))
            ]
            sectors = dict.fromkeys(uses[i][2] for i in mine)
            whole = not product.startswith("ndfeb_magnet_") or len(sectors) == 1
            if mine:
                yield party, product, TOTAL, np.array(mine)
            for sector in sectors if whole and len(sectors) > 1 else ():
                yield party, product, sector, np.array([i for i in mine if uses[i][2] == sector])


def _drawn(outcomes: Outcomes, sight: str) -> list[Outcome]:
    return [o for (case, s), o in outcomes.items() if s == sight and case.startswith("draw-")]


def _band(values: Sequence[float | None], horizon: float) -> tuple[float | None, float | None]:
    """P10 and P90; a run without shortage counts as lasting the whole horizon, and a bound there is unknown."""
    if not values:
        return None, None
    low, high = np.quantile([horizon if v is None else v for v in values], [0.1, 0.9])
    return (None if low >= horizon else float(low)), (None if high >= horizon else float(high))


def summary(
    ds: Dataset, story: Scenario, outcomes: Outcomes, parties: Sequence[str], foresight: Sequence[str]
) -> Iterator[Row]:
    """One row for each foresight, party, product and sector."""
    sources = sorted(
        {r["source_id"] for r in ds.rows("magnet_sectors")} | {r["source_id"] for r in ds.rows("assumptions")}
    )
    if story.families != ("magnets",):
        sources = sorted({*sources, *(r["source_id"] for r in ds.rows("chain_uses", family=story.families))})
    for sight in foresight:
        central = outcomes["central", sight]
        drawn = _drawn(outcomes, sight)
        horizon = sum(days_in(m) for m in central.months)
        for party, product, sector, uses in _groups(central, parties):
            size, unit = _told(central.network.chain, product)
            missing = [float(o.unserved[:, uses].sum()) * size for o in drawn]
            low, high = _band(missing, np.inf)
            days = central.days_to_shortage(uses)
            early, late = _band([o.days_to_shortage(uses) for o in drawn], horizon)
            demand = float(central.demand[:, uses].sum()) * size
            unserved = float(central.unserved[:, uses].sum()) * size
            yield {
                "scenario": story.id,
                "foresight": sight,
                "party": party,
                "product": product,
                "sector": sector,
                "is_total": sector == TOTAL,
                "demand_t": demand,
                "unserved_t": unserved,
                "unserved_t_p10": low,
                "unserved_t_p90": high,
                "unserved_share": unserved / demand if demand else None,
                "first_shortage_date": central.first_shortage(days),
                "days_to_shortage": days,
                "days_to_shortage_p10": early,
                "days_to_shortage_p90": late,
                "days_to_shortage_status": "modelled" if days is not None else "no shortage within the run",
                "loss_usd_m": float(central.lost_value[:, uses].sum()),
                "start_date": f"{story.start}-01",
                "source_ids": sources,
                **unit,
            }


def monthly(story: Scenario, outcomes: Outcomes, parties: Sequence[str], foresight: Sequence[str]) -> Iterator[Row]:
    """Demand, unserved and users' stock by month."""
    for sight in foresight:
        central = outcomes["central", sight]
        drawn = _drawn(outcomes, sight)
        for party, product, sector, uses in _groups(central, parties):
            if product.startswith("ndfeb_magnet_"):
                continue
            size, unit = _told(central.network.chain, product)
            for t, month in enumerate(central.months):
                low, high = _band([float(o.unserved[t, uses].sum()) * size for o in drawn], np.inf)
                yield {
                    "scenario": story.id,
                    "foresight": sight,
                    "party": party,
                    "product": product,
                    "sector": sector,
                    "is_total": sector == TOTAL,
                    "month": month,
                    "demand_t": float(central.demand[t, uses].sum()) * size,
                    "unserved_t": float(central.unserved[t, uses].sum()) * size,
                    "unserved_t_p10": low,
                    "unserved_t_p90": high,
                    "stock_t": float(central.user_stock[t, uses].sum()) * size,
                    **unit,
                }


def scarcity(
    story: Scenario, inputs: Inputs, outcomes: Outcomes, parties: Sequence[str], foresight: Sequence[str]
) -> Iterator[Row]:
    """What one more kilogram would be worth at each party, by month, beside the base price. Not a price forecast.

    For what is not told in tonnes, a thousandth of its unit stands for the kilogram: a kWh, a vehicle.
    """
    price = dict(zip(inputs.chain.products, inputs.base_price, strict=True))
    for sight in foresight:
        central = outcomes["central", sight]
        for product in shown_scarce(central.network.chain, price):
            size, unit = _told(central.network.chain, product)
            for party in parties:
                node = central.network.node_index.get((product, party))
                if node is None:
                    continue
                for t, month in enumerate(central.months):
                    yield {
                        "scenario": story.id,
                        "foresight": sight,
                        "party": party,
                        "product": product,
                        "month": month,
                        "scarcity_usd_per_kg": float(central.scarcity[t, node]) / size,
                        "base_price_usd_per_kg": float(price[product]) / size,
                        **unit,
                    }


def observed(ds: Dataset, story: Scenario) -> Iterator[Row]:
    """Days from the start of the measure to the first stop of real users, where the scenario replays it."""
    if story.base_year is None or OBSERVED_MEASURE not in story.based_on:
        return
    for row in ds.rows("stockpiles", product="ndfeb_magnet", unit="days"):
        if row["stock_type"].startswith("observed days"):
            yield {
                "scenario": story.id,
                "who": row["organisation"],
                "party": row["country"],
                "days": float(row["quantity"]),
                "source_ids": [row["source_id"]],
            }


def about(ds: Dataset, story: Scenario) -> Iterator[Row]:
    """What the scenario is, for those who read the result alone."""
    named = {r["measure_id"]: r["source_id"] for r in ds.rows("measures")}
    yield {
        "scenario": story.id,
        "title": story.title,
        "title_ja": story.title_ja,
        "summary": story.summary,
        "start": story.start,
        "months": story.months,
        "likelihood": story.likelihood,
        "based_on": list(story.based_on),
        "source_ids": sorted({named[m] for m in story.based_on if m in named}),
    }


def certificates(story: Scenario, outcomes: Outcomes, foresight: Sequence[str]) -> Iterator[Row]:
    """Size, status and proof: the worst residual and gap over all programmes of a kind."""
    for sight in foresight:
        solves = [s for (_, kind), o in outcomes.items() if kind == sight for s in o.solves]
        first = solves[0]
        yield {
            "scenario": story.id,
            "foresight": sight,
            "programmes": len(solves),
            "status": "optimal" if all(s.status == "optimal" for s in solves) else "partial",
            "rows": first.rows,
            "columns": first.columns,
            "nonzeros": first.nonzeros,
            "objective": float(outcomes["central", sight].objective),
            "primal_residual": max(s.certificate.primal_residual for s in solves),
            "dual_residual": max(s.certificate.dual_residual for s in solves),
            "gap": max(s.certificate.gap for s in solves),
        }


def drivers(
    story: Scenario,
    varied: Sequence[Mapping[str, Any]],
    outcomes: Outcomes,
    parties: Sequence[str],
    foresight: Sequence[str],
) -> Iterator[Row]:
    """How far each assumption, moved alone to its ends, moves the unserved magnets of the parties.

    Without magnets the products have no common unit: then it is the value at stake in what is unserved.
    """
    sight = foresight[0]
    central = outcomes["central", sight]
    chain = central.network.chain
    mine = [(i, p) for i, (p, r, _) in enumerate(chain.uses) if r in parties]
    magnets = np.array([i for i, p in mine if p.startswith("ndfeb")], dtype=np.int64)
    uses = magnets if magnets.size else np.array([i for i, _ in mine], dtype=np.int64)
    name_of = "unserved_t" if magnets.size else "loss_usd_m"

    def harm(outcome: Outcome) -> float:
        return float((outcome.unserved if magnets.size else outcome.lost_value)[:, uses].sum())

    about = {r["assumption_id"]: r for r in varied}
    approvals = approval_range(story) or (None, None, None)
    found = []
    for name in dict.fromkeys(case.partition(":")[0] for case, _ in outcomes if ":" in case):
        low, high = (outcomes[f"{name}:{end}", sight] for end in ("low", "high"))
        at_low, at_high = harm(low), harm(high)
        row = about.get(name)
        swing = abs(at_high - at_low)
        line: Row = {
            "scenario": story.id,
            "foresight": sight,
            "assumption_id": "approval_share" if name == APPROVAL else name,
            "meaning": row["meaning"] if row else "Share of the cut flows that is licensed",
            "meaning_ja": row["meaning_ja"] if row else "規制対象フローのうち許可される割合",
            "low": float(row["low"]) if row else approvals[0],
            "high": float(row["high"]) if row else approvals[2],
            "unit": row["unit"] if row else "share",
            name_of: harm(central),
            f"{name_of}_low": at_low,
            f"{name_of}_high": at_high,
            "days_low": low.days_to_shortage(uses),
            "days_high": high.days_to_shortage(uses),
            "swing_t" if magnets.size else "swing_usd_m": swing,
        }
        found.append((-swing, name, line))
    yield from (row for _, _, row in sorted(found, key=lambda f: f[:2]))
