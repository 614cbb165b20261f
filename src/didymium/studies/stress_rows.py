"""Rows of a stress result, read out of the outcomes: nothing is computed here but sums, shares and percentiles.

Where a time limit left no numbers (NaN in an outcome) the rows have none, and say so in `status`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymium.data import Dataset
from didymium.model.ensemble import APPROVAL, RECORD, Cases, Summary, approval_range
from didymium.model.outcome import FEASIBLE, Outcome, days_in
from didymium.results import Row
from didymium.scenario.inputs import Chain, Inputs
from didymium.scenario.scenario import Scenario

MAGNETS = ("ndfeb_magnet", "ndfeb_magnet_std", "ndfeb_magnet_ht", "ce_oxide")
MAGNETS_SCARCE = ("ndpr_oxide", "ndpr_metal", "dy_oxide", "dy_metal", "tb_metal", "ndfeb_magnet_std", "ndfeb_magnet_ht")
TOTAL = "total"
OBSERVED_MEASURE = "cn-ree7-licence-2025"  # the measure whose effect on users `stockpiles` records


Group = tuple[str, str, str, NDArray[np.int64]]


def shown_products(chain: Chain) -> tuple[str, ...]:
    """Products told of in a result: finished magnets together and by grade, and whatever else is used."""
    used = dict.fromkeys(p for p, _, _ in chain.uses)
    magnets = [word for word in MAGNETS if any(p == word or p.startswith(f"{word}_") for p in used)]
    return (*magnets, *(p for p in used if p not in magnets))


def shown_scarce(chain: Chain, price: Mapping[str, float]) -> tuple[str, ...]:
    """Products whose worth at the margin is told: the magnet metals, and all that other families trade at a price."""
    magnets = [p for p in MAGNETS_SCARCE if p in chain.products]
    return (*magnets, *(p for p in chain.products if p in chain.units and price[p] > 0 and p not in magnets))


def is_whole(product: str) -> bool:
    """Whether a product is told month by month and in ties: magnets of both grades together only."""
    return not product.startswith("ndfeb_magnet_")


def told(chain: Chain, product: str) -> tuple[float, Row]:
    """Size of the model's unit of a product, and the column that names its unit where not all are tonnes."""
    if not chain.units:
        return 1.0, {}
    unit, size = chain.unit_of(product)
    return size, {"unit": unit}


def groups(outcome: Outcome, parties: Sequence[str]) -> Iterator[Group]:
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


@dataclass(frozen=True, slots=True)
class Spread:
    """What the draws of one foresight say of one group, by draw; `monthly` by month, then draw, where shown."""

    unserved: array[float]
    days: list[float | None]
    monthly: list[array[float]]


def spreads(cases: Cases, parties: Sequence[str], foresight: Sequence[str]) -> dict[str, list[Spread]]:
    """By foresight, the spread of each group in the order of `groups`: one pass, a few draws in memory at a time."""
    found = {}
    for sight in foresight:
        central = cases.central[sight]
        known = list(groups(central, parties))
        spread = [
            Spread(array("d"), [], [array("d") for _ in central.months if is_whole(product)])
            for _, product, _, _ in known
        ]
        for draw in cases.draws(sight):
            for (_, product, _, uses), one in zip(known, spread, strict=True):
                size, _ = told(central.network.chain, product)
                one.unserved.append(float(draw.unserved[:, uses].sum()) * size)
                one.days.append(draw.days_to_shortage(uses))
                for t, month in enumerate(one.monthly):
                    month.append(float(draw.unserved[t, uses].sum()) * size)
        found[sight] = spread
    return found


def _band(values: Sequence[float | None], horizon: float) -> tuple[float | None, float | None]:
    """P10 and P90; a run without shortage counts as lasting the whole horizon, and a bound there is unknown.

    A draw that the time limit stopped leaves no band: without it the band would be of the easy draws alone.
    """
    if not values:
        return None, None
    lasting = [horizon if v is None else v for v in values]
    if np.isnan(lasting).any():
        return None, None
    low, high = np.quantile(lasting, [0.1, 0.9])
    return (None if low >= horizon else float(low)), (None if high >= horizon else float(high))


def _known(value: float | None) -> float | None:
    """A number, or None where the time limit left none."""
    return None if value is None or np.isnan(value) else float(value)


def _days_status(days: float | None) -> str:
    if days is None:
        return "no shortage within the run"
    return "time_limit" if np.isnan(days) else "modelled"


def summary(
    ds: Dataset,
    story: Scenario,
    cases: Cases,
    drawn: Mapping[str, Sequence[Spread]],
    parties: Sequence[str],
) -> Iterator[Row]:
    """One row for each foresight, party, product and sector."""
    sources = sorted(
        {r["source_id"] for r in ds.rows("magnet_sectors")} | {r["source_id"] for r in ds.rows("assumptions")}
    )
    if story.families != ("magnets",):
        sources = sorted({*sources, *(r["source_id"] for r in ds.rows("chain_uses", family=story.families))})
    for sight, central in cases.central.items():
        horizon = sum(days_in(m) for m in central.months)
        for (party, product, sector, uses), spread in zip(groups(central, parties), drawn[sight], strict=True):
            size, unit = told(central.network.chain, product)
            low, high = _band(spread.unserved, np.inf)
            days = central.days_to_shortage(uses)
            early, late = _band(spread.days, horizon)
            demand = float(central.demand[:, uses].sum()) * size
            unserved = _known(central.unserved[:, uses].sum() * size)
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
                "unserved_share": unserved / demand if demand and unserved is not None else None,
                "first_shortage_date": central.first_shortage(days),
                "days_to_shortage": _known(days),
                "days_to_shortage_p10": early,
                "days_to_shortage_p90": late,
                "days_to_shortage_status": _days_status(days),
                "loss_usd_m": _known(central.lost_value[:, uses].sum()),
                "status": central.status,
                "start_date": f"{story.start}-01",
                "source_ids": sources,
                **unit,
            }


def monthly(
    story: Scenario, cases: Cases, drawn: Mapping[str, Sequence[Spread]], parties: Sequence[str]
) -> Iterator[Row]:
    """Demand, unserved and users' stock by month."""
    for sight, central in cases.central.items():
        for (party, product, sector, uses), spread in zip(groups(central, parties), drawn[sight], strict=True):
            if not is_whole(product):
                continue
            size, unit = told(central.network.chain, product)
            for t, month in enumerate(central.months):
                low, high = _band(spread.monthly[t], np.inf)
                yield {
                    "scenario": story.id,
                    "foresight": sight,
                    "party": party,
                    "product": product,
                    "sector": sector,
                    "is_total": sector == TOTAL,
                    "month": month,
                    "demand_t": float(central.demand[t, uses].sum()) * size,
                    "unserved_t": _known(central.unserved[t, uses].sum() * size),
                    "unserved_t_p10": low,
                    "unserved_t_p90": high,
                    "stock_t": _known(central.user_stock[t, uses].sum() * size),
                    **unit,
                }


def scarcity(story: Scenario, inputs: Inputs, cases: Cases, parties: Sequence[str]) -> Iterator[Row]:
    """What one more kilogram would be worth at each party, by month, beside the base price. Not a price forecast.

    For what is not told in tonnes, a thousandth of its unit stands for the kilogram: a kWh, a vehicle.
    """
    price = dict(zip(inputs.chain.products, inputs.base_price, strict=True))
    for sight, central in cases.central.items():
        for product in shown_scarce(central.network.chain, price):
            size, unit = told(central.network.chain, product)
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
                        "scarcity_usd_per_kg": _known(central.scarcity[t, node] / size),
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


def certificates(story: Scenario, cases: Cases) -> Iterator[Row]:
    """Size, status and proof: the worst residual and gap over all programmes of a kind."""
    for sight, central in cases.central.items():
        proofs = [Summary.of(central), *(found for _, kind, found in cases if kind == sight)]
        first = central.solves[0]
        yield {
            "scenario": story.id,
            "foresight": sight,
            "programmes": sum(len(s.solves) for s in proofs),
            "status": "optimal" if all(s.is_optimal for s in proofs) else "partial",
            "rows": first.rows,
            "columns": first.columns,
            "nonzeros": first.nonzeros,
            "objective": _known(central.objective),
            "primal_residual": max(s.worst("primal_residual") for s in proofs),
            "dual_residual": max(s.worst("dual_residual") for s in proofs),
            "gap": max(s.worst("gap") for s in proofs),
        }


def programmes(story: Scenario, cases: Cases) -> Iterator[Row]:
    """Size, status and proof of every single programme, by case, foresight and, where myopic, first month."""
    whole = (("central", sight, Summary.of(outcome)) for sight, outcome in cases.central.items())
    for case, sight, found in (*whole, *cases):
        for record in found.solves.tolist():
            solve = dict(zip(RECORD, record, strict=True))
            month = solve.pop("month")
            yield {
                "scenario": story.id,
                "case": case,
                "foresight": sight,
                "month": None if np.isnan(month) else f"{int(month) // 12:04d}-{int(month) % 12 + 1:02d}",
                "status": "optimal" if solve.pop("is_optimal") else "time_limit",
                **{name: int(solve.pop(name)) for name in ("rows", "columns", "nonzeros", "iterations")},
                **solve,
            }


def is_late(cases: Cases) -> bool:
    """Whether a time limit stopped any programme."""
    return any(o.status != "optimal" for o in cases.central.values()) or any(not s.is_optimal for _, _, s in cases)


def stopped(cases: Cases, time_limit: float) -> Iterator[str]:
    """Warnings about what the time limit stopped, with what is proven all the same."""
    for sight, central in cases.central.items():
        late = [s for s in central.solves if s.status != "optimal"]
        if not late:
            continue
        worst = max(late, key=lambda s: s.certificate.gap)
        head = f"The {sight} run was stopped by the time limit of {time_limit:g} s for a programme"
        if central.feasible:
            gap = 100 * worst.certificate.gap
            yield f"{head} before its optimum was proven: proven gap {gap:.4f} % of the cost, scarcity values left out."
        elif late[-1].certificate.dual_residual <= FEASIBLE:
            bound = late[-1].certificate.bound
            yield f"{head} before it had a feasible answer: no numbers, proven least cost {bound:.0f} million USD."
        else:
            yield f"{head} before it had a feasible answer: no numbers, nothing proven."
    others = [found.is_optimal for _, _, found in cases]
    late_others = others.count(False)
    if late_others:
        yield (
            f"The time limit stopped {late_others} of {len(others)} runs of draws and drivers: "
            "bands and drivers that need them are left out."
        )


def drivers(
    story: Scenario,
    varied: Sequence[Mapping[str, Any]],
    cases: Cases,
    parties: Sequence[str],
) -> Iterator[Row]:
    """How far each assumption, moved alone to its ends, moves the unserved magnets of the parties.

    Without magnets the products have no common unit: then it is the value at stake in what is unserved.
    """
    sight, whole = next(iter(cases.central.items()))
    central = Summary.of(whole)
    mine = [(i, p) for i, (p, r, _) in enumerate(whole.network.chain.uses) if r in parties]
    magnets = np.array([i for i, p in mine if p.startswith("ndfeb")], dtype=np.int64)
    uses = magnets if magnets.size else np.array([i for i, _ in mine], dtype=np.int64)
    name_of = "unserved_t" if magnets.size else "loss_usd_m"

    def harm(found: Summary) -> float:
        return float(found.unserved[:, uses].sum() if magnets.size else found.lost_value[uses].sum())

    about = {r["assumption_id"]: r for r in varied}
    approvals = approval_range(story) or (None, None, None)
    found = []
    for name in dict.fromkeys(case.partition(":")[0] for case in cases.moved):
        low, high = (cases.moved[f"{name}:{end}"] for end in ("low", "high"))
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
            name_of: _known(harm(central)),
            f"{name_of}_low": _known(at_low),
            f"{name_of}_high": _known(at_high),
            "days_low": _known(low.days_to_shortage(uses)),
            "days_high": _known(high.days_to_shortage(uses)),
            "swing_t" if magnets.size else "swing_usd_m": _known(swing),
        }
        found.append((np.inf if np.isnan(swing) else -swing, name, line))
    yield from (row for _, _, row in sorted(found, key=lambda f: f[:2]))
