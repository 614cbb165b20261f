"""The indicators of exposure for many products, places and years at once, each with its interval.

Every quantity is an array of the reported value and of drawn values, and every formula runs once over all cases. What
cannot be had is unknown and `status` says why; nothing unknown is counted as zero or as a middling value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from didymium.model.grouped import Floats
from didymium.studies.access import Facts
from didymium.studies.drawn import Values, drawn_of
from didymium.studies.party_indicators import of_parties
from didymium.studies.supply import Supply
from didymium.studies.supply_indicators import of_supply

if TYPE_CHECKING:
    from didymium.data import Dataset

Record = Mapping[str, Any]


def rows_of(
    ds: Dataset,
    values: Mapping[str, Values],
    cases: Sequence[tuple[Supply, str, Sequence[str], str]],
    *,
    known_only: bool,
) -> Iterator[dict[str, Any]]:
    """Flat rows: one per indicator and case. `cases`: supply, place, sources and basket in words."""
    baskets = {(row["product"], row["stage"]): row["need_product"] for row in ds.rows("stage_baskets")}
    described = {row["indicator"]: row for row in ds.rows("indicators")}
    published: dict[tuple[str | None, str, str, str], Record] = {}
    for row in sorted(ds.rows("published_indicators"), key=lambda row: row["year"]):
        published[row["product"], row["stage"], row["indicator"], row["place"]] = row
        published[row["product"], row["stage"], row["indicator"], f"{row['place']} {row['year']}"] = row
    for name, found in values.items():
        about = described[name]
        finite = np.isfinite(found.drawn[:, 0])
        low, high = np.full(finite.size, np.nan), np.full(finite.size, np.nan)
        if finite.any() and found.drawn.shape[1] > 1:
            low[finite], high[finite] = _tenths(found.drawn[finite, 1:])
        for number, (supply, place, source_ids, basket) in enumerate(cases):
            claim = next(
                (
                    published[product, supply.stage, name, when]
                    for product in (supply.product, baskets.get((supply.product, supply.stage)))
                    for when in (f"{place} {supply.year}", place)
                    if (product, supply.stage, name, when) in published
                ),
                None,
            )
            if not finite[number] and known_only:
                continue
            yield {
                "product": supply.product,
                "stage": supply.stage,
                "year": supply.year,
                "party": place,
                "indicator": name,
                "value": float(found.drawn[number, 0]) if finite[number] else None,
                "value_p10": float(low[number]) if np.isfinite(low[number]) else None,
                "value_p90": float(high[number]) if np.isfinite(high[number]) else None,
                "unit": about["unit"],
                "status": found.status[number],
                "detail": found.detail[number],
                "basket": basket,
                "published": claim["value_text"] if claim else None,
                "published_year": claim["year"] if claim else None,
                "says": about["says"],
                "says_ja": about["says_ja"],
                "source_ids": sorted({*source_ids, *([claim["source_id"]] if claim else [])}),
            }


def _tenths(drawn: Floats) -> Floats:
    """The 10 % and 90 % points of each case; draws in which the indicator does not exist are left out."""
    gaps = ~np.isfinite(drawn).all(axis=1)
    points = np.asarray(np.quantile(drawn, [0.1, 0.9], axis=1), dtype=np.float64)
    for case in np.flatnonzero(gaps):
        there = drawn[case][np.isfinite(drawn[case])]
        points[:, case] = np.quantile(there, [0.1, 0.9]) if there.size else np.nan
    return points


def indicator_rows(
    ds: Dataset,
    supplies: Sequence[Supply],
    parties: Sequence[str],
    *,
    seed: int,
    draws: int,
    known_only: bool = False,
) -> list[dict[str, Any]]:
    """All indicators of the supplies, and of each party's access to them; one year at a time, to save memory."""
    facts = Facts(ds)
    found: list[dict[str, Any]] = []
    for year in sorted({supply.year for supply in supplies}):
        of_year = [supply for supply in supplies if supply.year == year]
        drawn = drawn_of(ds, of_year, seed=seed, draws=draws)
        accesses = list(facts.accesses(of_year, parties))
        worlds = [(one, "WLD", sorted({row["source_id"] for row in one.rows}), "") for one in of_year]
        own = [
            (of_year[one.supply], one.party, one.source_ids or worlds[one.supply][2], one.basket) for one in accesses
        ]
        found += rows_of(ds, of_supply(ds, drawn), worlds, known_only=known_only)
        if accesses:
            found += rows_of(ds, of_parties(ds, facts, accesses, drawn, seed), own, known_only=known_only)
    return found
