"""The situation on the day: what is hit, how long stocks last, who runs short first, and what rationing is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import numpy as np

from didymium.data import Dataset
from didymium.model.calendar import first_day
from didymium.model.network import DAYS_A_MONTH, MUSD_PER_T, Floats
from didymium.model.outcome import Outcome
from didymium.results import Row
from didymium.scenario.inputs import Inputs
from didymium.scenario.scenario import Scenario
from didymium.studies import measure_links
from didymium.studies.measures import measures
from didymium.studies.respond_costs import Substitute
from didymium.studies.stress_bands import TOTAL, groups, size_of, told_by_month

DERIVED = "didymium-derivation"
GRADES = ("_std", "_ht")


def followed(story: Scenario) -> tuple[str, ...]:
    """Measures that an event follows."""
    seen = (cut.approval_observed for cut in story.cuts)
    return tuple(dict.fromkeys([*story.based_on, *(m for m in seen if m is not None)]))


def begins(ds: Dataset, story: Scenario) -> date:
    """The day on which the event begins: that of a measure that takes effect in its first month, else the first."""
    of = {row["measure_id"]: row["effective_date"] for row in ds.rows("measures")}
    days = [first_day(of[m]) for m in followed(story) if of.get(m)]
    return min((day for day in days if f"{day:%Y-%m}" == story.start), default=_first(story))


def hit(ds: Dataset, story: Scenario) -> Iterator[Row]:
    """The cuts and outages of the event, with the HS codes of their products and the measures that it follows."""
    sources = {r["measure_id"]: r["source_id"] for r in ds.rows("measures")}
    about: Row = {
        "measure_id": "; ".join(story.based_on),
        "source_ids": sorted({sources[m] for m in followed(story) if m in sources}),
    }
    for cut in story.cuts:
        for product in cut.products:
            yield {
                "product": product,
                "hs_codes": _codes(ds, product),
                "exporter": cut.exporter,
                "importers": list(cut.importers),
                "start": cut.start,
                "end": cut.end,
                "passes_share": cut.approval_share,
                **about,
            }
    for outage in story.outages:
        yield {
            "product": "; ".join(outage.products) or outage.stage,
            "hs_codes": sorted({code for product in outage.products for code in _codes(ds, product)}),
            "exporter": outage.place,
            "importers": ["ALL"],
            "start": outage.start,
            "end": outage.end,
            "passes_share": outage.availability,
            **about,
        }


def _codes(ds: Dataset, product: str) -> list[str]:
    """Codes of a product; of a grade those of the product, since customs know no grades."""
    plain = product
    for grade in GRADES:
        plain = plain.removesuffix(grade)
    return measure_links.hs_codes(ds, [product, plain.partition(":")[0]])


def states(ds: Dataset, story: Scenario, parties: Sequence[str], as_of: date) -> list[Row]:
    """The measures that the event follows, as they stand on the day, and what changes next."""
    of = {row["measure_id"]: row for row in measures(ds, as_of=as_of, parties=parties).rows}
    names = (
        "imposing",
        "targeted",
        "products",
        "hs_codes",
        "kind",
        "next_change",
        "next_change_date",
        "days_to_change",
    )
    return [
        {
            "measure_id": measure,
            "measure_state": row["state"] if (row := of.get(measure)) else "not_known_yet",
            **{name: None if row is None else row[name] for name in names},
            "source_ids": [] if row is None else row["source_ids"],
        }
        for measure in followed(story)
    ]


def shortages(
    story: Scenario,
    outcomes: Mapping[str, Outcome],
    opened: Mapping[str, Outcome],
    parties: Sequence[str],
    as_of: date,
) -> list[Row]:
    """Days of cover when the event begins and first shortages by party, product and sector, earliest first.

    `outcomes` have public stocks shut, `opened` have them open from the first day. A first shortage is the same in
    both, and in `stress`: firm need that goes unserved.
    """
    rows: list[tuple[tuple[float, float], Row]] = []
    for sight, outcome in outcomes.items():
        free = opened[sight]
        found = {tuple(key): free.days_to_shortage(uses) for *key, uses in groups(free, parties)}
        for party, product, sector, uses in groups(outcome, parties):
            size, unit = size_of(outcome.network.chain, product)
            days = outcome.days_to_shortage(uses)
            loss = float(outcome.lost_value[:, uses].sum())
            row: Row = {
                "party": party,
                "product": product,
                "sector": sector,
                "is_total": sector == TOTAL,
                "foresight": sight,
                "cover_days": _cover(outcome, uses),
                "days_to_shortage": days,
                "days_left": None if days is None else days - gone(story, as_of),
                "first_shortage_date": outcome.first_shortage(days),
                "days_to_shortage_open": found[party, product, sector],
                "first_shortage_open_date": free.first_shortage(found[party, product, sector]),
                "demand_t": float(outcome.demand[:, uses].sum()) * size,
                "unserved_t": float(outcome.unserved[:, uses].sum()) * size,
                "firm_t": float(outcome.short[:, uses].sum()) * size,
                "loss_usd_m": loss,
                "start_date": f"{story.start}-01",
                "source_ids": [DERIVED],
                **unit,
            }
            rows.append(((float("inf") if days is None else days, -loss), row))
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


def situation(rows: Sequence[Row]) -> Iterator[Row]:
    """One line a party and product that something is short of: earliest first, over both kinds of foresight.

    `first_foresight` names the kinds with which the first shortage falls on that day.
    """
    seen: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        seen.setdefault((str(row["party"]), str(row["product"])), []).append(row)
    for (party, product), mine in seen.items():
        totals = [row for row in mine if row["is_total"]]
        lost = sorted(float(str(row["loss_usd_m"])) for row in totals)
        if lost[-1] <= 0 or not told_by_month(product):
            continue
        sectors = [row for row in mine if not row["is_total"]] or mine
        first = next((row for row in sectors if row["days_to_shortage"] is not None), None)
        day = None if first is None else first["first_shortage_date"]
        opened = sorted(str(row["first_shortage_open_date"]) for row in totals if row["first_shortage_open_date"])
        short = sorted(float(str(row["unserved_t"])) for row in totals)
        yield {
            "party": party,
            "product": product,
            "cover_days": totals[0]["cover_days"],
            "first_sector": None if first is None else first["sector"],
            "days_left": None if first is None else first["days_left"],
            "first_shortage_date": day,
            "first_foresight": sorted(
                str(row["foresight"]) for row in totals if day and row["first_shortage_date"] == day
            ),
            "first_shortage_open_date": opened[0] if opened else None,
            "unserved_t_low": short[0],
            "unserved_t_high": short[-1],
            "loss_usd_m_low": lost[0],
            "loss_usd_m_high": lost[-1],
            "source_ids": [DERIVED],
            **({"unit": totals[0]["unit"]} if "unit" in totals[0] else {}),
        }


def _cover(outcome: Outcome, uses: Floats | np.ndarray[tuple[int], np.dtype[np.int64]]) -> float | None:
    """Days of use that the users' own stock carries when the event begins."""
    demand = float(outcome.demand[0, uses].sum())
    return float(outcome.user_stock_before[uses].sum()) / demand * DAYS_A_MONTH if demand else None


def gone(story: Scenario, as_of: date) -> int:
    """Days that have passed since the event began; below zero before it."""
    return (as_of - _first(story)).days


def _first(story: Scenario) -> date:
    return date.fromisoformat(f"{story.start}-01")


def even_cut(outcome: Outcome, inputs: Inputs, parties: Sequence[str]) -> Iterator[Row]:
    """The same lack of each party, product and month spread evenly over its sectors, beside the one by value.

    Within a sector the flexible part gives way first in both. The sectors that lose most per kilogram come first.
    """
    chain = outcome.network.chain
    found: list[tuple[float, Row]] = []
    for party in parties:
        for product in dict.fromkeys(p for p, _, _ in chain.uses):
            mine = [u for u, (p, region, _) in enumerate(chain.uses) if (p, region) == (product, party)]
            demand = outcome.demand[:, mine].sum(axis=1)
            lack = outcome.unserved[:, mine].sum(axis=1)
            share = np.divide(lack, demand, out=np.zeros_like(lack), where=demand > 0)
            size, unit = size_of(chain, product)
            for u in mine:
                sector = chain.uses[u][2]
                bands = inputs.bands[sector]
                parts = filled(share, np.array([band.width for band in bands])) * outcome.demand[:, u, None]
                value = np.array([band.value for band in bands]) * MUSD_PER_T
                row: Row = {
                    "party": party,
                    "product": product,
                    "sector": sector,
                    "value_usd_per_kg": bands[-1].value,
                    "demand_t": float(outcome.demand[:, u].sum()) * size,
                    "unserved_t": float(outcome.unserved[:, u].sum()) * size,
                    "even_unserved_t": float(parts.sum()) * size,
                    "firm_t": float(outcome.short[:, u].sum()) * size,
                    "even_firm_t": float(parts[:, 1:].sum()) * size,
                    "loss_usd_m": float(outcome.lost_value[:, u].sum()),
                    "even_loss_usd_m": float((parts @ value).sum()),
                    "source_ids": [DERIVED],
                    **unit,
                }
                found.append((-bands[-1].value, row))
    for rank, (_, row) in enumerate(sorted(found, key=lambda pair: pair[0]), start=1):
        yield {"rank": rank, **row}


def filled(share: Floats, width: Floats) -> Floats:
    """How a share of a use falls on its bands, the first one first, shape (month, band)."""
    start = np.concatenate([[0.0], np.cumsum(width)[:-1]])
    filled: Floats = np.clip(share[:, None] - start[None, :], 0.0, width[None, :])
    return filled


def substitute_rows(known: Sequence[Substitute], months: int) -> Iterator[Row]:
    """Substitutes on record for the uses of the chain, and whether they can be had at scale within the run."""
    for one in known:
        yield {
            "product": one.product,
            "sector": one.sector,
            "substitute": one.substitute,
            "substitutability_share": one.reach,
            "cost_penalty_share": one.penalty,
            "time_years": one.years,
            "ready_in_run": None if one.years is None else one.years * 12 < months,
            "source_ids": [one.source_id],
        }
