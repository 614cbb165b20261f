"""What a gap hangs on: each input of the ledger moved alone to the ends of its range, the others at their values.

The expected case is computed again for each move: chances of success, delay and ramp of projects, today's use within
its statistical band, and the outlook of demand. What the calibration makes of the base year is not moved here; its
width is part of the bands of use and of the warnings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from didymium.data import Dataset
from didymium.model.explode import STEPS
from didymium.model.ledger import Chances, rising
from didymium.results import Row
from didymium.scenario.chain import assumption
from didymium.studies import gap_supply
from didymium.studies.gap_supply import Floats, Supply

MOST = 10
YEAR = 2030
"""The year of the headline figures; the last year asked for where it is not among them."""

Need = Mapping[tuple[str, str, str], Floats]
Line = tuple[str, str]


def driver_rows(ds: Dataset, supply: Supply, outlooks: Sequence[str], seed: int) -> Iterator[Row]:
    """The ten inputs that move each gap of all parties together most, for the first outlook, largest first."""
    years = supply.years.astype(int).tolist()
    at = years.index(YEAR) if YEAR in years else len(years) - 1
    one = _expected(supply)
    outlook = outlooks[0]
    need = gap_supply.needs(ds, one, outlook, seed)
    middle = _gaps(one, need, at)
    moved: list[tuple[str, dict[Line, float], dict[Line, float]]] = []
    statuses = sorted({a.status for a in supply.additions})
    for driver, *ends in _ends(supply.chances, statuses):
        low, high = (_gaps(_with_chances(one, end), need, at) for end in ends)
        moved.append((driver, low, high))
    for region, sigma in _moving(supply).items():
        wide = assumption(ds, "need_band_sigmas") * sigma
        low, high = (_gaps(one, _times(need, region, 1 + part), at) for part in (-wide, wide))
        moved.append((f"use_{region}", low, high))
    if len(outlooks) > 1:
        others = [_gaps(one, gap_supply.needs(ds, one, name, seed), at) for name in outlooks]
        low, high = ({line: pick(gaps[line] for gaps in others) for line in middle} for pick in (min, max))
        moved.append(("demand_outlook", low, high))
    for stage, product in middle:
        line = (stage, product)
        rows = [
            {
                "party": "+".join(supply.parties),
                "stage": stage,
                "product": product,
                "year": years[at],
                "outlook": outlook,
                "driver": driver,
                "gap_t": middle[line],
                "gap_t_low": low[line],
                "gap_t_high": high[line],
                "swing_t": abs(high[line] - low[line]),
            }
            for driver, low, high in moved
            if low[line] != high[line]
        ]
        yield from sorted(rows, key=lambda row: (-float(str(row["swing_t"])), str(row["driver"])))[:MOST]


def _expected(supply: Supply) -> Supply:
    """The expected case alone."""
    own = {key: made[:1] for key, made in supply.own.items()}
    return replace(supply, own=own, added=supply.added[:, :1], draws=0)


def _ends(chances: Chances, statuses: Sequence[str]) -> Iterator[tuple[str, Chances, Chances]]:
    """Each chance of a project at its low and at its high end."""
    for status in statuses:
        low, _, high = chances.success[status]
        moved = [replace(chances, success={**chances.success, status: (v, v, v)}) for v in (low, high)]
        yield f"success_share_{status}", moved[0], moved[1]
    low, _, high = chances.delay_share
    yield "delay_share", replace(chances, delay_share=(low,) * 3), replace(chances, delay_share=(high,) * 3)
    low, _, high = chances.ramp_years
    yield "ramp_years", replace(chances, ramp_years=(low,) * 3), replace(chances, ramp_years=(high,) * 3)


def _with_chances(one: Supply, chances: Chances) -> Supply:
    """The expected case under other chances of projects."""
    added = rising(one.additions, one.years, chances, 0, 0)
    own = dict(one.own)
    for addition, before, after in zip(one.additions, one.added, added, strict=True):
        key = (addition.stage, addition.product, addition.region)
        own[key] = own[key] - before + after
    return replace(one, own=own, added=added)


def _moving(supply: Supply) -> dict[str, float]:
    """Relative error of use of each place whose use the ledger of the parties feels."""
    places = {region for _, region, _ in supply.chain.uses} & set(supply.allies())
    return {r: supply.sigma_use.get(r, supply.sigma_use.get("ROW", 0.0)) for r in sorted(places)}


def _times(need: Need, region: str, factor: float) -> Need:
    return {key: tonnes * factor if key[2] == region else tonnes for key, tonnes in need.items()}


def _gaps(supply: Supply, need: Need, at: int) -> dict[Line, float]:
    """The gap [t] of all parties together in one year, by stage and product."""
    found: dict[Line, float] = {}
    for stage in STEPS:
        for product in supply.products(stage):
            lines = gap_supply.entries(supply, need, stage, product)
            found[stage, product] = float(np.asarray(lines["+".join(supply.parties)].gap)[0, at])
    return found
