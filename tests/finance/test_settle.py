"""Deals settled path by path: against a plain ledger of one path, and each path alone as among others."""

from __future__ import annotations

import math

import numpy as np
import pytest

from didymium.finance.deal import Deal, Stake, Tranche, Venture, operating_years
from didymium.finance.returns import irr, npv
from didymium.finance.settle import PATIENCE, Books, Settlement, _share_of, depreciation, settle, still_runs, tax_on

PATHS, YEARS = 7, 14


def plain_tax(profit: list[float], rate: float) -> list[float]:
    """Tax year by year: what was lost before is made up for first."""
    loss, paid = 0.0, []
    for one in profit:
        used = min(loss, max(one, 0.0))
        loss += max(-one, 0.0) - used
        paid.append(rate * (max(one, 0.0) - used))
    return paid


def plain_depreciation(capital: list[float], opens: int, life: int) -> list[float]:
    """Each amount in equal parts over `life` years from its own year, or from the first output if that is later."""
    years = len(capital)
    found = [0.0] * years
    for spent, amount in enumerate(capital):
        for year in range(max(spent, opens), min(max(spent, opens) + life, years)):
            found[year] += amount / life
    return found


def test_tax_of_many_paths_is_that_of_each() -> None:
    profit = np.random.default_rng(1).normal(0.0, 10.0, (40, 9))
    got = tax_on(profit, 0.3)
    for path in range(40):
        assert got[path].tolist() == pytest.approx(plain_tax(profit[path].tolist(), 0.3), abs=1e-12)
    assert tax_on(np.array([[-10.0, 4.0, 10.0, -5.0, 7.0]]), 0.5).tolist() == [[0.0, 0.0, 2.0, 0.0, 1.0]]


@pytest.mark.parametrize("life", [1, 3, 8, 9, 20])
def test_capital_is_written_off_from_the_first_output_or_from_its_own_year(life: int) -> None:
    capital = np.random.default_rng(2).uniform(0.0, 10.0, (10, 9))
    opens = np.arange(10)
    before = capital.copy()
    got = depreciation(capital, opens, life)
    for path in range(10):
        want = plain_depreciation(capital[path].tolist(), int(opens[path]), life)
        assert got[path].tolist() == pytest.approx(want, abs=1e-12)
    assert (capital == before).all() and got[9].tolist() == [0.0] * 9


def test_a_plant_closes_after_three_years_of_loss_in_a_row() -> None:
    earned = np.array(
        [
            [0, -1, -1, -1, 5, 5],
            [0, -1, -1, 0, -1, -1],
            [-1, -1, -1, -1, -1, -1],
            [9, 9, 9, -1, -1, -1],
            [-1, -1, -1, 1, 1, 1],
        ],
        dtype=float,
    )
    open_years = np.ones((5, 6))
    open_years[2, :2] = 0.0
    assert PATIENCE == 3 and still_runs(earned, open_years).tolist() == [
        [1, 1, 1, 1, 0, 0],
        [1, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 0],
        [1, 1, 1, 1, 1, 1],
        [1, 1, 1, 0, 0, 0],
    ]


def test_a_stake_is_paid_back_before_its_part_falls() -> None:
    owners = np.array([[-100.0, 60.0, 60.0, -10.0, 60.0, 60.0], [-100.0, 0.0, 500.0, 0.0, 0.0, 10.0]])
    got = _share_of(owners, Stake("state", 0.4, 0.5, 0.1))
    # 40 put in: 30 of 60; then 10 from the first 20 and a tenth of the other 40; 4 more put in, 4 of the first 8
    assert got.tolist() == [
        pytest.approx([-40.0, 30.0, 10.0 + 4.0, -4.0, 4.0 + 5.2, 6.0]),
        pytest.approx([-40.0, 0.0, 40.0 + 42.0, 0.0, 0.0, 1.0]),
    ]
    never = _share_of(owners, Stake("state", 0.4, 0.0, 0.25))
    assert never[0].tolist() == pytest.approx([-40.0, 0.0, 0.0, -4.0, 0.0, 0.0])


def deal(paths: slice = slice(None)) -> Deal:
    """Loans of two lenders, a guarantee, two stakes and support of every kind, on paths that differ in all they can."""
    chance = np.random.default_rng(11)
    opens = np.array([1, 2, 3, 2, 4, 1, YEARS])
    clock = np.arange(YEARS)
    made = np.where(clock[None, None, :] >= opens[:, None, None], chance.uniform(300, 900, (PATHS, 2, YEARS)), 0.0)
    price = chance.uniform(30, 70, (PATHS, 2, YEARS))
    price[1] *= 0.02  # never earns its cost
    price[2, :, 8:] *= 0.3  # falls behind later
    price[5] *= 0.72
    capex = np.where(clock[None, :] < 3, chance.uniform(20, 50, (PATHS, YEARS)), 0.0)
    capex[3, 6] = 15.0
    capex[1, 9] = 12.0  # after its default: nobody lends for it, and no owner pays it
    opex = np.where(clock[None, :] >= opens[:, None], 20.0, 0.0)
    support = chance.uniform(0.0, 3.0, (4, PATHS, YEARS))
    venture = Venture(price[paths], made[paths], capex[paths], opex[paths], 0.25, 5, royalty_share=0.04)
    tranches = (
        Tranche("bank", 0.3, 0.07, 5, grace=1, cover=0.8, fee=0.02, guarantor="agency"),
        Tranche("state", 0.2, 0.03, 7, grace=2, lender="state"),
        Tranche("both", 0.1, 0.05, 3, lender="state", cover=0.5, fee=0.01, guarantor="state"),
    )
    stakes = (Stake("fund", 0.3, 0.5, 0.1), Stake("state", 0.1, 0.1, 0.1))
    public = {"state": -support[0][paths], "treasury": -support[1][paths]}
    exposure = {"state": 40.0, "treasury": 25.0}
    return Deal(
        venture,
        support[0][paths],
        support[1][paths],
        support[3][paths] * (clock < 3),
        tranches,
        stakes,
        public,
        exposure,
    )


RECOVERY = 0.35


@pytest.fixture(scope="module")
def whole() -> Settlement:
    return settle(deal(), recovery=RECOVERY)


@pytest.mark.parametrize("path", range(PATHS))
def test_a_path_is_settled_alone_as_among_others(whole: Settlement, path: int) -> None:
    alone = settle(deal(slice(path, path + 1)), recovery=RECOVERY)
    for name in ("sales", "earned", "taxed", "financed", "sponsor", "dscr", "project"):
        assert getattr(alone, name)[0] == pytest.approx(getattr(whole, name)[path], abs=1e-9, nan_ok=True), name
    assert alone.defaulted[0] == whole.defaulted[path] and alone.least_dscr[0] == pytest.approx(whole.least_dscr[path])
    assert set(alone.public) == set(whole.public) == {"state", "treasury", "agency", "fund"}
    for purse, flow in alone.public.items():
        assert flow[0] == pytest.approx(whole.public[purse][path], abs=1e-9), purse


class Ledger:
    """One path of a deal, year by year in plain numbers, by the rules that stand at the head of the module."""

    def __init__(self, path: int) -> None:
        one = deal(slice(path, path + 1))
        venture, self.deal = one.venture, one
        opens = int(venture.opens[0])
        self.financed = (venture.capex - one.capital_support)[0].tolist()
        sales = (venture.price * venture.output).sum(axis=1)[0] / 1000
        receipts, untaxed, opex = one.receipts[0], one.untaxed[0], venture.opex[0]
        self.loans = [self.loan(tranche, opens) for tranche in one.tranches]
        losses, self.closes = 0, YEARS
        for year in range(YEARS):
            result = sales[year] * 0.96 + receipts[year] - opex[year] + untaxed[year]
            losses = losses + 1 if result < 0 and year >= opens else 0
            if losses == 3:
                self.closes = year + 1
                break
        runs = [float(year < self.closes) for year in range(YEARS)]
        income = [(sales[y] * 0.96 + receipts[y] - opex[y]) * runs[y] for y in range(YEARS)]
        self.earned = [income[y] + untaxed[y] * runs[y] for y in range(YEARS)]
        interest = [sum(loan["interest"][y] + loan["fees"][y] for loan in self.loans) for y in range(YEARS)]
        building = plain_depreciation([interest[y] if y < opens else 0.0 for y in range(YEARS)], opens, 5)
        written = plain_depreciation(self.financed, opens, 5)
        deducted = [building[y] + (interest[y] if y >= opens else 0.0) for y in range(YEARS)]
        self.taxed = [income[y] - written[y] for y in range(YEARS)]
        tax = plain_tax([self.taxed[y] - deducted[y] for y in range(YEARS)], 0.25)
        cash = [self.earned[y] - tax[y] for y in range(YEARS)]
        due = [sum(loan["due"][y] for loan in self.loans) for y in range(YEARS)]
        self.dscr = [cash[y] / due[y] if due[y] > 1e-9 else math.nan for y in range(YEARS)]
        self.fails = next((y for y in range(YEARS) if due[y] > 1e-9 and cash[y] < due[y] * (1 - 1e-12)), YEARS)
        self.runs, self.cash, self.due = runs, cash, due

    def loan(self, tranche: Tranche, opens: int) -> dict[str, list[float]]:
        """Drawn with the capital cost; interest added until repayment; then equal payments; the rest with the last."""
        told: dict[str, list[float]] = {"drawn": [], "interest": [], "fees": [], "due": [], "owed": []}
        balance, ends = 0.0, tranche.grace + tranche.tenor
        for year in range(YEARS):
            age = max(year - opens + 1, 0)
            drawn = self.financed[year] * tranche.share
            interest, fee = balance * tranche.rate, balance * tranche.cover * tranche.fee
            payment, left = 0.0, ends - age + 1
            if tranche.grace < age <= ends:
                payment = balance * tranche.rate / (1 - (1 + tranche.rate) ** -left)
            told["owed"].append(balance)
            told["interest"].append(interest)
            told["fees"].append(fee)
            told["drawn"].append(drawn)
            balance += interest - payment + drawn
            if age > tranche.grace:
                payment += fee
            else:
                balance += fee
            if age >= ends:
                payment, balance = payment + balance, 0.0
            told["due"].append(payment)
        return told

    def flows(self) -> dict[str, list[float]]:
        """Flow of each purse, and of the private owners."""
        found = {name: [flow[0, y] * self.runs[y] for y in range(YEARS)] for name, flow in self.deal.public.items()}
        owners = [0.0] * YEARS
        for year in range(min(self.fails + 1, YEARS)):
            put_in = self.financed[year] - sum(loan["drawn"][year] for loan in self.loans)
            owners[year] = (self.cash[year] - self.due[year] if year < self.fails else 0.0) - put_in
        for loan, tranche in zip(self.loans, self.deal.tranches, strict=True):
            for year in range(min(self.fails + 1, YEARS)):
                failed = year == self.fails
                loss = loan["owed"][year] * (1 - RECOVERY) * tranche.cover if failed else 0.0
                if tranche.lender:
                    served = loan["owed"][year] * RECOVERY if failed else loan["due"][year] - loan["fees"][year]
                    found.setdefault(tranche.lender, [0.0] * YEARS)[year] += served + loss - loan["drawn"][year]
                if tranche.guarantor:
                    fee = 0.0 if failed else loan["fees"][year]
                    found.setdefault(tranche.guarantor, [0.0] * YEARS)[year] += fee - loss
        rest = list(owners)
        for stake in self.deal.stakes:
            owed = 0.0
            for year, flow in enumerate(owners):
                if flow < 0:
                    part = flow * stake.share
                    owed -= part
                else:
                    first = min(flow, owed / stake.before)
                    part = first * stake.before + (flow - first) * stake.after
                    owed -= first * stake.before
                found.setdefault(stake.holder, [0.0] * YEARS)[year] += part
                rest[year] -= part
        return {**found, "": rest}


@pytest.mark.parametrize("path", range(PATHS))
def test_a_path_is_settled_as_a_plain_ledger_settles_it(whole: Settlement, path: int) -> None:
    ledger = Ledger(path)
    assert whole.financed[path].tolist() == pytest.approx(ledger.financed)
    assert whole.earned[path].tolist() == pytest.approx(ledger.earned, abs=1e-9)
    assert whole.taxed[path].tolist() == pytest.approx(ledger.taxed, abs=1e-9)
    assert whole.dscr[path].tolist() == pytest.approx(ledger.dscr, nan_ok=True)
    assert bool(whole.defaulted[path]) == (ledger.fails < YEARS)
    flows = ledger.flows()
    assert whole.sponsor[path].tolist() == pytest.approx(flows.pop(""), abs=1e-9)
    for purse, flow in flows.items():
        assert whole.public[purse][path].tolist() == pytest.approx(flow, abs=1e-9), purse


def test_the_paths_of_the_case_differ_in_what_becomes_of_them() -> None:
    ledgers = [Ledger(path) for path in range(PATHS)]
    assert (
        {ledger.closes < YEARS for ledger in ledgers} == {ledger.fails < YEARS for ledger in ledgers} == {True, False}
    )


def test_what_a_settlement_says_of_itself(whole: Settlement) -> None:
    tax = np.array([plain_tax(row, 0.25) for row in whole.taxed.tolist()])
    assert whole.tax_rate == 0.25 and whole.project == pytest.approx(whole.earned - tax - whole.financed)
    assert whole.project_npv(0.08).tolist() == pytest.approx(npv(whole.project, 0.08).tolist())
    assert np.array_equal(whole.project_irr().rate, irr(whole.project).rate, equal_nan=True)
    assert np.array_equal(whole.sponsor_irr().rate, irr(whole.sponsor).rate, equal_nan=True)


def test_what_a_purse_could_have_to_pay_adds_up_over_its_part_in_a_deal(whole: Settlement) -> None:
    ledgers = [Ledger(path) for path in range(PATHS)]

    def lent(number: int) -> float:
        return max(sum(one.loans[number]["drawn"][: one.fails + 1]) for one in ledgers)

    owed = [max(max(one.loans[number]["owed"]) for one in ledgers) for number in range(3)]
    fund = settle(deal(), recovery=RECOVERY).public["fund"]
    assert whole.exposure["treasury"] == 25.0
    assert whole.exposure["agency"] == pytest.approx(owed[0] * 0.8)
    assert whole.exposure["fund"] == pytest.approx(float((-np.minimum(fund, 0)).sum(axis=1).max()))
    base = 40.0 + lent(1) + lent(2) + owed[2] * 0.5
    assert whole.exposure["state"] > base and whole.exposure["state"] < base + whole.exposure["fund"]


def test_books_at_hand_change_nothing(whole: Settlement) -> None:
    again = settle(deal(), recovery=RECOVERY, books=Books.of(deal()))
    assert np.array_equal(again.sponsor, whole.sponsor) and again.exposure == whole.exposure
    assert operating_years(deal().venture).sum(axis=1).tolist() == [13, 12, 11, 12, 10, 13, 0]
