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
Case = tuple[Supply, Need]
"""The expected case alone, with one input moved."""


def driver_rows(ds: Dataset, supply: Supply, outlooks: Sequence[str], seed: int) -> Iterator[Row]:
    """The ten inputs that move each gap of all parties together most, for the first outlook, largest first."""
    years = supply.years.astype(int).tolist()
    at = years.index(YEAR) if YEAR in years else len(years) - 1
    one = _expected(supply)
    outlook = outlooks[0]
    need = gap_supply.needs(ds, one, outlook, seed)
    cases: list[Case] = [(one, need)]
    moved: dict[str, list[int]] = {}  # driver: its cases

    def move(driver: str, *to: Case) -> None:
        moved[driver] = list(range(len(cases), len(cases) + len(to)))
        cases.extend(to)

    for driver, *ends in _ends(supply.chances, sorted({a.status for a in supply.additions})):
        move(driver, *((_with_chances(one, end), need) for end in ends))
    for region, sigma in _moving(supply).items():
        wide = assumption(ds, "need_band_sigmas") * sigma
        move(f"use_{region}", *((one, _times(need, region, 1 + part)) for part in (-wide, wide)))
    if len(outlooks) > 1:
        move("demand_outlook", *((one, gap_supply.needs(ds, one, name, seed)) for name in outlooks))
    for line, gap in _gaps(cases, at).items():
        ends_of = {driver: _in_order(driver, gap[which]) for driver, which in moved.items()}
        rows = [
            {
                "party": "+".join(supply.parties),
                "stage": line[0],
                "product": line[1],
                "year": years[at],
                "outlook": outlook,
                "driver": driver,
                "gap_t": float(gap[0]),
                "gap_t_low": low,
                "gap_t_high": high,
                "swing_t": abs(high - low),
            }
            for driver, (low, high) in ends_of.items()
            if low != high
        ]
        yield from sorted(rows, key=lambda row: (-float(str(row["swing_t"])), str(row["driver"])))[:MOST]


def _in_order(driver: str, gap: Floats) -> tuple[float, float]:
    """The gap at the low and at the high end of an input; of outlooks, which have no order, the least and the most."""
    ends = (gap.min(), gap.max()) if driver == "demand_outlook" else (gap[0], gap[1])
    return float(ends[0]), float(ends[1])


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


def _gaps(cases: Sequence[Case], at: int) -> dict[Line, Floats]:
    """The gap [t] of all parties together in one year by stage and product, shape (case,): cases stand as draws."""
    first = cases[0][0]
    own = {key: np.concatenate([one.own[key] for one, _ in cases]) for key in first.own}
    whole = replace(first, own=own, added=np.concatenate([one.added for one, _ in cases], axis=1), draws=len(cases) - 1)
    need = {key: np.concatenate([needed[key] for _, needed in cases]) for key in cases[0][1]}
    everybody = "+".join(first.parties)
    return {
        (stage, product): np.asarray(gap_supply.entries(whole, need, stage, product)[everybody].gap)[:, at]
        for stage in STEPS
        for product in first.products(stage)
    }
