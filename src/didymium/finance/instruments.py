"""Instruments of public support. Each is a small function from deal to deal.

`purse` names who pays. What an instrument costs is worked out with the deal (`settle`), path by path, and priced by
`public_cost.py`. Shares are fractions of one; years count from the first output where a support is for output.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from didymium.finance.deal import USD_M, Deal, Stake, Tranche, later, operating_years

Floats = NDArray[np.float64]


def _paid(deal: Deal, purse: str, flow: Floats, *, most: float | None = None) -> Deal:
    """The deal with a flow to the public purse (negative: from it) and with what it could have to pay at most."""
    public = dict(deal.public)
    public[purse] = public[purse] + flow if purse in public else flow
    worst = float((-np.minimum(flow, 0.0)).sum(axis=1).max()) if most is None else most
    return replace(deal, public=public, exposure={**deal.exposure, purse: deal.exposure.get(purse, 0.0) + worst})


def grant(deal: Deal, purse: str, *, share: float) -> Deal:
    """A share of the planned capital cost, paid as it is spent. An overrun is not shared: a grant has an amount."""
    spent = deal.venture.capex
    total = spent.sum(axis=1, keepdims=True)
    least = np.minimum(total, deal.venture.planned or np.inf)
    paid = share * least * np.divide(spent, total, out=np.zeros_like(spent), where=total > 0)
    return _paid(replace(deal, capital_support=deal.capital_support + paid), purse, -paid)


def investment_tax_credit(deal: Deal, purse: str, *, rate: float) -> Deal:
    """A share of what is really spent, paid in cash in the year of the first output (or that of a later spending).

    As section 48C or 48D of the US tax code with direct payment; the depreciable base falls by the whole credit.
    """
    venture = deal.venture
    clock = np.arange(venture.years)[None, :]
    spent = venture.capex * rate
    early = np.where(clock < venture.opens[:, None], spent, 0.0).sum(axis=1)
    paid = np.where(clock >= venture.opens[:, None], spent, 0.0)
    inside = venture.opens < venture.years
    paid[np.flatnonzero(inside), venture.opens[inside]] += early[inside]
    return _paid(replace(deal, capital_support=deal.capital_support + paid), purse, -paid)


def production_tax_credit(deal: Deal, purse: str, *, share_of_cost: float, years: int) -> Deal:
    """A share of operating cost for the first `years` of output, free of tax (section 45X of the US tax code: 10 %)."""
    inside = _first_years(deal, years)
    paid = deal.venture.opex * share_of_cost * inside
    return _paid(replace(deal, untaxed=deal.untaxed + paid), purse, -paid)


def concessional_loan(
    deal: Deal, purse: str, *, share: float, rate: float, tenor: int, grace: int = 0, name: str = "public loan"
) -> Deal:
    """A public loan for a share of capital cost; private loans shrink so that debt does not exceed what it replaces."""
    before = sum(tranche.share for tranche in deal.tranches)
    rest = max(before - share, 0.0)
    kept = tuple(replace(t, share=t.share * rest / before) for t in deal.tranches) if before else ()
    loan = Tranche(name, share, rate, tenor, grace, lender=purse)
    return replace(deal, tranches=(*(t for t in kept if t.share > 0), loan))


def guarantee(deal: Deal, purse: str, *, cover: float, fee: float, rate: float) -> Deal:
    """A purse bears `cover` of what private lenders lose, for `fee` a year; covered debt costs `rate` instead."""
    tranches = tuple(
        t if t.lender else replace(t, rate=cover * rate + (1 - cover) * t.rate, cover=cover, fee=fee, guarantor=purse)
        for t in deal.tranches
    )
    return replace(deal, tranches=tranches)


def insurance(deal: Deal, purse: str, *, cover: float, premium: float) -> Deal:
    """Cover of lenders' losses at a premium, without a lower rate on the loan: what an export insurer sells."""
    tranches = tuple(t if t.lender else replace(t, cover=cover, fee=premium, guarantor=purse) for t in deal.tranches)
    return replace(deal, tranches=tranches)


def equity(deal: Deal, purse: str, *, share: float, before: float | None = None, after: float | None = None) -> Deal:
    """A public stake; cash is split `before` until it is paid back and `after` it then, by default by its share."""
    stake = Stake(purse, share, share if before is None else before, share if after is None else after)
    return replace(deal, stakes=(*deal.stakes, stake))


def price_floor(
    deal: Deal,
    purse: str,
    *,
    product: int,
    floor: float,
    share: float = 1.0,
    years: int,
    upside_share: float = 0.0,
    upside_above: float | None = None,
    upside_cap: float = np.inf,
) -> Deal:
    """A floor on the price of a product [USD/kg] for a share of its output: the purse pays what is missing.

    Of what the price stands above `upside_above` (by default the floor) the purse gets `upside_share`, at most
    `upside_cap` [million USD] a year. With an upside share of one at the floor it is a two-way contract for difference.
    """
    price, tonnes = deal.venture.price[:, product], deal.venture.output[:, product] * share * _first_years(deal, years)
    missing = np.maximum(floor - price, 0.0) * tonnes * USD_M
    above = floor if upside_above is None else upside_above
    back = np.minimum(np.maximum(price - above, 0.0) * tonnes * USD_M * upside_share, upside_cap)
    flow = missing - back
    most = float((floor * tonnes * USD_M).sum(axis=1).max())
    return _paid(replace(deal, receipts=deal.receipts + flow), purse, -flow, most=most)


def offtake(
    deal: Deal, purse: str, *, product: int, price: float, share: float = 1.0, years: int, resale_discount: float = 0.0
) -> Deal:
    """A purchase at a fixed price [USD/kg] of a share of output; the purse sells on at the market less a discount."""
    market, tonnes = deal.venture.price[:, product], deal.venture.output[:, product] * share * _first_years(deal, years)
    gain = (price - market) * tonnes * USD_M
    sold = market * (1 - resale_discount) * tonnes * USD_M
    return _paid(
        replace(deal, receipts=deal.receipts + gain),
        purse,
        sold - price * tonnes * USD_M,
        most=float((price * tonnes * USD_M).sum(axis=1).max()),
    )


def faster_permit(deal: Deal, *, months: float) -> Deal:
    """All that waits for a permit, spending, output and cost, comes `months` earlier; prices keep their calendar.

    It comes before other instruments: they pay by the years of the venture that they are given. What had to be spent
    in year 0 already cannot come earlier. No purse pays: what more staff of an authority cost is not known here.
    """
    venture = deal.venture
    waits = np.argmax(venture.capex > 0, axis=1)
    shift = -np.minimum(months / 12, waits)
    sooner = replace(
        venture,
        output=later(venture.output, shift),
        capex=later(venture.capex, shift),
        opex=later(venture.opex, shift),
    )
    return replace(deal, venture=sooner)


def _first_years(deal: Deal, years: int) -> Floats:
    """1 in the first `years` years of output of each path, else 0; shape (path, year)."""
    open_years = operating_years(deal.venture)
    return open_years * (np.cumsum(open_years, axis=1) <= years)
