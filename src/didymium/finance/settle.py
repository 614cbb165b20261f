"""Work a deal out: tax, debt service, default, and what is left for the owners and for each public purse.

Year by year over all paths at once. The rules:

- Capital cost less grants is financed by the tranches' shares and by equity. Interest before repayment begins is added
  to the loans; cash that runs short before then is the owners' to put in.
- Tax is paid on sales and receipts less royalty, operating cost, interest and straight-line depreciation; losses are
  carried forward without limit. Interest before the first output is written off with the plant.
- A plant that earns less than it costs for `PATIENCE` years in a row is closed; nothing flows after that, support
  included.
- A loan that cannot be served from the year's cash defaults, and with it all loans: lenders get `recovery` of what is
  owed, a guarantor pays its cover of the rest, the owners lose the plant. A purse that pays under a floor goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymium.finance.deal import Deal, Stake, Tranche, operating_years
from didymium.finance.returns import Returns, annuity, irr, npv

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

PATIENCE = 3  # years of operating loss in a row after which a plant is closed


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a deal comes to, path by path. Flows are million USD, shape (path, year).

    `sponsor` is the flow of the private owners; `dscr` the cash of a year over the debt due in it, NaN where nothing is
    due. `defaulted` (path,) says where a loan fails. `public` holds the flow of each purse, negative when it pays;
    `exposure` the most it could have to pay. `earned` is sales and support less cost, `taxed` the profit before
    interest, `financed` capital cost less grants.
    """

    sales: Floats
    earned: Floats
    taxed: Floats
    financed: Floats
    tax_rate: float
    sponsor: Floats
    dscr: Floats
    defaulted: Flags
    public: Mapping[str, Floats]
    exposure: Mapping[str, float]

    @property
    def project(self) -> Floats:
        """The flow before finance, after a tax without interest to deduct."""
        return self.earned - tax_on(self.taxed, self.tax_rate) - self.financed

    @property
    def least_dscr(self) -> Floats:
        """The lowest cover of debt service of each path; infinite without debt."""
        return np.asarray(np.where(np.isnan(self.dscr), np.inf, self.dscr).min(axis=1))

    def project_npv(self, rate: float) -> Floats:
        """Present value before finance, shape (path,)."""
        return npv(self.project, rate)

    def project_irr(self) -> Returns:
        """Rate of return before finance."""
        return irr(self.project)

    def sponsor_irr(self) -> Returns:
        """Rate of return of the private owners."""
        return irr(self.sponsor)


@dataclass(frozen=True, slots=True)
class _Loan:
    """A tranche by path and year: drawn, interest, fees, payment due (fees included), owed at the start of the year."""

    drawn: Floats
    interest: Floats
    fees: Floats
    due: Floats
    owed: Floats


@dataclass(frozen=True, slots=True)
class Books:
    """What does not hang on support of the price or on public stakes: sales, depreciation, loans. Shape (path, year).

    Deals that differ only in such support share their books.
    """

    open_years: Floats
    sales: Floats
    financed: Floats
    written_off: Floats
    deducted: Floats  # interest: as it falls due after the first output, with the plant before
    loans: tuple[_Loan, ...]

    @classmethod
    def of(cls, deal: Deal) -> Books:
        """Depreciation and loans of a deal."""
        venture = deal.venture
        open_years = operating_years(venture)
        financed = venture.capex - deal.capital_support
        loans = tuple(_loan(tranche, financed, open_years) for tranche in deal.tranches)
        interest = sum((loan.interest + loan.fees for loan in loans), np.zeros_like(financed))
        building = depreciation(interest * (1 - open_years), venture.opens, venture.depreciation_years)
        written_off = depreciation(financed, venture.opens, venture.depreciation_years)
        return cls(open_years, venture.sales, financed, written_off, building + interest * open_years, loans)


def settle(deal: Deal, *, recovery: float, books: Books | None = None) -> Settlement:
    """Settle a deal on all paths. `recovery`: share of what is owed that lenders get back after a default.

    `books`: those of a deal with the same capital cost and finance, where they are at hand.
    """
    venture = deal.venture
    books = books or Books.of(deal)
    open_years, financed, written_off, loans = books.open_years, books.financed, books.written_off, books.loans
    taxable = books.sales * (1 - venture.royalty_share) + deal.receipts - venture.opex
    runs = still_runs(taxable + deal.untaxed, open_years)
    sales, taxable = books.sales * runs, taxable * runs
    earned = taxable + deal.untaxed * runs
    taxed = taxable - written_off
    tax = tax_on(taxed - books.deducted, venture.tax_rate)
    due = sum((loan.due for loan in loans), np.zeros_like(sales))
    cash = earned - tax
    dscr = np.divide(cash, due, out=np.full_like(cash, np.nan), where=due > 1e-9)
    failing = (due > 1e-9) & (cash < due * (1 - 1e-12))
    defaulted: Flags = np.asarray(failing.any(axis=1))
    year = np.where(defaulted, np.argmax(failing, axis=1), sales.shape[1])[:, None]
    clock = np.arange(sales.shape[1])[None, :]
    before, at = clock < year, clock == year
    drawn = sum((loan.drawn for loan in loans), np.zeros_like(sales))
    owners = np.where(before, cash - due, 0.0) - np.where(clock <= year, financed - drawn, 0.0)
    public: dict[str, Floats] = {name: flow * runs for name, flow in deal.public.items()}
    exposure = dict(deal.exposure)
    for loan, tranche in zip(loans, deal.tranches, strict=True):
        lost = np.where(at, loan.owed, 0.0) * (1 - recovery)
        lent = np.where(clock <= year, loan.drawn, 0.0)
        paid = np.where(before, loan.due - loan.fees, 0.0) + np.where(at, loan.owed, 0.0) * recovery - lent
        if tranche.lender:
            _add(public, tranche.lender, paid + lost * tranche.cover)
            exposure[tranche.lender] = exposure.get(tranche.lender, 0.0) + float(lent.sum(axis=1).max())
        if tranche.guarantor:
            _add(public, tranche.guarantor, np.where(before, loan.fees, 0.0) - lost * tranche.cover)
            most = float(loan.owed.max()) * tranche.cover
            exposure[tranche.guarantor] = exposure.get(tranche.guarantor, 0.0) + most
    sponsor = owners
    for stake in deal.stakes:
        part = _share_of(owners, stake)
        _add(public, stake.holder, part)
        exposure[stake.holder] = exposure.get(stake.holder, 0.0) + float((-np.minimum(part, 0)).sum(axis=1).max())
        sponsor = sponsor - part
    return Settlement(
        sales=sales,
        earned=earned,
        taxed=taxed,
        financed=financed,
        tax_rate=venture.tax_rate,
        sponsor=sponsor,
        dscr=dscr,
        defaulted=defaulted,
        public=public,
        exposure=exposure,
    )


def still_runs(earned: Floats, open_years: Floats) -> Floats:
    """1 until a plant is closed for good, else 0; shape (path, year).

    It closes after `PATIENCE` years of output in a row in which it earns less than it costs: no owner pays for ever.
    """
    losing = (earned < 0) & (open_years > 0)
    row = losing.copy()
    for back in range(1, PATIENCE):
        row[:, back:] &= losing[:, :-back]
        row[:, :back] = False
    closed = np.cumsum(row, axis=1) > 0
    closed[:, 1:], closed[:, 0] = closed[:, :-1].copy(), False
    return np.where(closed, 0.0, 1.0)


def _add(purses: dict[str, Floats], name: str, flow: Floats) -> None:
    purses[name] = purses[name] + flow if name in purses else flow


def _loan(tranche: Tranche, financed: Floats, open_years: Floats) -> _Loan:
    """Balance by balance; what is drawn after the last payment, an overrun for example, is due at once."""
    drawn = financed * tranche.share
    paths, years = financed.shape
    fees, due, owed = (np.zeros((years, paths)) for _ in range(3))  # a year is one piece of memory
    balance = np.zeros(paths)
    age = np.cumsum(open_years, axis=1).T.astype(np.intp)  # 1 in the first year of output
    ends = tranche.grace + tranche.tenor
    due_part = np.zeros(years + 1)  # of the balance, by age
    for paid in range(tranche.grace + 1, min(ends, years) + 1):
        due_part[paid] = 1 / annuity(tranche.rate, ends - paid + 1)
    last = (age > 0) & (age >= ends)
    for t, now_drawn in enumerate(np.ascontiguousarray(drawn.T)):
        owed[t] = balance
        fees[t] = balance * (tranche.cover * tranche.fee)
        payment = balance * due_part[age[t]]
        balance = balance * (1 + tranche.rate) - payment + now_drawn
        payment += np.where(last[t], balance, 0.0)
        now = (age[t] > tranche.grace) | last[t]
        due[t] = payment + np.where(now, fees[t], 0.0)
        balance = np.where(last[t], 0.0, balance) + np.where(now, 0.0, fees[t])
    return _Loan(drawn, owed.T * tranche.rate, fees.T, due.T, owed.T)


def tax_on(profit: Floats, rate: float) -> Floats:
    """Tax of each year with losses carried forward without limit, shape (path, year).

    What has been taxed up to a year is the highest running total of profit so far, if above zero: a loss is made up for
    before profit is taxed again.
    """
    taxed = np.maximum(np.maximum.accumulate(np.cumsum(profit, axis=1), axis=1), 0.0)
    return np.asarray(np.diff(taxed, axis=1, prepend=0.0) * rate)


def depreciation(capital: Floats, opens: NDArray[np.int64], life: int) -> Floats:
    """Straight line over `life` years from the first output on; what is spent later starts in its own year."""
    years = capital.shape[1]
    early = np.arange(years)[None, :] < opens[:, None]
    starts = np.where(early, 0.0, capital)
    inside = np.flatnonzero(opens < years)
    starts[inside, opens[inside]] += np.where(early, capital, 0.0).sum(axis=1)[inside]
    running = np.cumsum(starts, axis=1) / life
    running[:, life:] -= running[:, :-life].copy() if life < years else 0.0
    return running


def _share_of(owners: Floats, stake: Stake) -> Floats:
    """What a public stake pays in and gets: its share of what is put up, then of cash by the rule of recovery."""
    part = np.where(owners < 0, owners * stake.share, 0.0)
    owed = np.zeros(owners.shape[0])
    for t in range(owners.shape[1]):
        owed = owed - part[:, t]
        gain = np.maximum(owners[:, t], 0.0)
        first = np.minimum(gain, owed / stake.before if stake.before > 0 else np.inf)
        first = np.where(owed > 0, first, 0.0)
        back = first * stake.before
        part[:, t] += back + (gain - first) * stake.after
        owed = np.maximum(owed - back, 0.0)
    return part
