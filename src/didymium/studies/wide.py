"""Value, return and bankability of many projects over very many draws, without support or with one floor.

The kernel of `finance/fast.py` where numba is installed, else `settle` project by project; both give the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymium.finance import instruments
from didymium.finance.deal import Tranche
from didymium.finance.fast import Floor, Plant, is_available, swift
from didymium.finance.returns import irr_or_loss, npv
from didymium.finance.settle import settle
from didymium.studies.packages import Hurdles
from didymium.studies.register import Sheet
from didymium.studies.ventures import (
    Draws,
    bank_loan,
    cost_at_capacity,
    course,
    depreciation_years,
    feed_at_capacity,
    private,
    royalty,
    share_paid,
    venture,
)

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Wide:
    """What a project comes to without support, shape (path,); `floor_cost` with the floor that was asked for."""

    npv: NDArray[np.floating]
    irr: NDArray[np.floating]
    lender: Flags
    sponsor: Flags
    floor_cost: NDArray[np.floating]


def wide(
    sheets: Sequence[Sheet],
    drawn: Draws,
    assume: Mapping[str, float],
    hurdles: Hurdles,
    *,
    as_of: int,
    floors: Mapping[str, Floor] | None = None,
    with_irr: bool = True,
    quick: bool | None = None,
) -> dict[str, Wide]:
    """Projects that can be modelled, by id. `floors`: by project; `quick`: the kernel, by default where it is."""
    held = floors or {}
    if is_available() if quick is None else quick:
        market = Market.of(drawn)
        return {
            s.project_id: _quick(s, market, drawn, assume, hurdles, as_of, held.get(s.project_id), with_irr)
            for s in sheets
        }
    return {s.project_id: _plain(s, drawn, assume, hurdles, as_of, held.get(s.project_id), with_irr) for s in sheets}


@dataclass(frozen=True, slots=True)
class Market:
    """Prices of all products, (product, year, path), and their order."""

    prices: Singles
    order: Mapping[str, int]

    @classmethod
    def of(cls, drawn: Draws) -> Market:
        """Paths innermost, in single precision."""
        names = sorted(drawn.prices)
        years = next(iter(drawn.prices.values())).shape[1]
        prices = np.empty((len(names), years, drawn.paths), dtype=np.float32)
        for number, name in enumerate(names):
            prices[number] = drawn.prices[name].T
        return cls(prices, {name: number for number, name in enumerate(names)})


def plant(sheet: Sheet, market: Market, drawn: Draws, assume: Mapping[str, float], *, as_of: int) -> Plant:
    """A project as the kernel takes it: the same draws as `venture`."""
    run = course(sheet, drawn, assume, as_of=as_of)
    weights = np.zeros((len(sheet.lines), len(market.order)), dtype=np.float32)
    for number, line in enumerate(sheet.lines):
        for product, weight in line.weights.items():
            weights[number, market.order[product]] = weight
    feed = np.zeros(len(market.order), dtype=np.float32)
    for product, tonnes in feed_at_capacity(sheet).items():
        feed[market.order[product]] = tonnes
    return Plant(
        prices=market.prices,
        tonnes=_single([line.tonnes for line in sheet.lines]),
        constant=_single([line.constant for line in sheet.lines]),
        weights=weights,
        shares=_single([share_paid(line, drawn) for line in sheet.lines]),
        feed=feed,
        opens=_single(run.opens),
        spell=_single(run.spell),
        ramp=_single(run.ramp),
        use=_single(run.use),
        capital=_single(run.capital),
        cost=_single(cost_at_capacity(sheet, drawn)),
        fixed=_single(drawn.of("finance_fixed_cost_share")),
        life=run.life,
        depreciation_years=depreciation_years(run.life),
        tax_rate=assume["finance_tax_rate_share"],
        royalty_share=royalty(sheet, assume),
    )


def _single(values: object) -> Singles:
    return np.ascontiguousarray(values, dtype=np.float32)


def _quick(
    sheet: Sheet,
    market: Market,
    drawn: Draws,
    assume: Mapping[str, float],
    hurdles: Hurdles,
    as_of: int,
    floor: Floor | None,
    with_irr: bool,
) -> Wide:
    built = plant(sheet, market, drawn, assume, as_of=as_of)
    rates = {"rate": assume["finance_study_rate"], "hurdle": hurdles.irr, "treasury": hurdles.treasury}
    got = swift(built, bank_loan(assume), **rates, floor=floor, with_irr=with_irr)
    return Wide(got.npv, got.irr, got.least_dscr >= hurdles.dscr, got.sponsor_npv >= 0, got.floor_cost)


def _plain(
    sheet: Sheet,
    drawn: Draws,
    assume: Mapping[str, float],
    hurdles: Hurdles,
    as_of: int,
    floor: Floor | None,
    with_irr: bool,
) -> Wide:
    loan: Tranche = bank_loan(assume)
    deal = private(venture(sheet, drawn, assume, as_of=as_of), loan)
    if floor is not None:
        deal = instruments.price_floor(
            deal,
            "public",
            product=floor.line,
            floor=floor.floor,
            years=floor.years,
            upside_share=floor.upside_share,
        )
    got = settle(deal, recovery=hurdles.recovery)
    flows = got.project
    return Wide(
        npv(flows, assume["finance_study_rate"]),
        irr_or_loss(flows) if with_irr else np.full(drawn.paths, np.nan),
        got.least_dscr >= hurdles.dscr,
        npv(got.sponsor, hurdles.irr) >= 0,
        -npv(got.public["public"], hurdles.treasury) if floor is not None else np.zeros(drawn.paths),
    )
