"""Each instrument by itself, path by path: what a purse pays and when, the most it could pay, what the deal becomes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from didymium.finance.deal import Deal, Stake, Tranche, Venture, later
from didymium.finance.instruments import (
    concessional_loan,
    equity,
    faster_permit,
    grant,
    guarantee,
    insurance,
    investment_tax_credit,
    offtake,
    price_floor,
    production_tax_credit,
)

PATHS, YEARS = 4, 8
OPENS = (1, 3, 2, YEARS)


def venture(planned: float = 0.0) -> Venture:
    """Two products, four paths that open in different years, one of them never; spending before and after."""
    chance = np.random.default_rng(3)
    open_years = np.arange(YEARS)[None, :] >= np.array(OPENS)[:, None]
    output = chance.uniform(100, 900, (PATHS, 2, YEARS)) * open_years[:, None, :]
    capex = chance.uniform(1, 9, (PATHS, YEARS)) * (np.arange(YEARS) < 5)
    capex[1, 0] = 0.0
    price = chance.uniform(20, 80, (PATHS, 2, YEARS))
    return Venture(price, output, capex, chance.uniform(1, 3, (PATHS, YEARS)), 0.2, 5, planned=planned)


DEAL = replace(
    Deal.of(venture(), (Tranche("a", 0.4, 0.08, 5), Tranche("b", 0.2, 0.06, 7, lender="other"))),
    receipts=np.full((PATHS, YEARS), 0.5),
    untaxed=np.full((PATHS, YEARS), 0.25),
    capital_support=np.full((PATHS, YEARS), 0.125),
    public={"state": np.full((PATHS, YEARS), -1.0), "other": np.zeros((PATHS, YEARS))},
    exposure={"state": 8.0},
)


def changed(got: Deal, **told: np.ndarray) -> None:
    """The deal differs from the one before by what is told, and in nothing else that a year holds."""
    for name in ("receipts", "untaxed", "capital_support"):
        want = getattr(DEAL, name) + told.get(name, 0.0)
        assert getattr(got, name) == pytest.approx(want), name
    assert got.public["state"] == pytest.approx(-1.0 + told["state"])
    assert set(got.public) == {"state", "other"} and not got.public["other"].any()
    assert got.exposure == {"state": pytest.approx(8.0 + float(told["most"]))}
    assert (DEAL.exposure, DEAL.public["state"].min(), DEAL.public["state"].max()) == ({"state": 8.0}, -1.0, -1.0)
    assert got.tranches == DEAL.tranches and got.stakes == () and got.venture is DEAL.venture


def worst(paid: np.ndarray) -> np.ndarray:
    return np.maximum(paid, 0.0).sum(axis=1).max()


def years_of_output(path: int, first: int) -> list[int]:
    return list(range(OPENS[path], min(OPENS[path] + first, YEARS)))


def test_a_grant_is_a_share_of_the_plan_paid_as_it_is_spent() -> None:
    spent = DEAL.venture.capex
    changed(grant(DEAL, "state", share=0.3), capital_support=0.3 * spent, state=-0.3 * spent, most=worst(0.3 * spent))
    for planned in (10.0, 1000.0):
        planned_deal = replace(DEAL, venture=venture(planned))
        got = grant(planned_deal, "state", share=0.5).capital_support - 0.125
        for path in range(PATHS):
            total = spent[path].sum()
            assert got[path] == pytest.approx(0.5 * min(total, planned) * spent[path] / total)
    nothing = replace(DEAL, venture=replace(venture(), capex=np.zeros((PATHS, YEARS))))
    assert grant(nothing, "state", share=0.5).exposure == {"state": 8.0}


def test_an_investment_credit_is_paid_with_the_first_output() -> None:
    spent, paid = DEAL.venture.capex, np.zeros((PATHS, YEARS))
    for path, opens in enumerate(OPENS):
        for year in range(YEARS):
            if opens < YEARS:
                paid[path, max(year, opens)] += 0.2 * spent[path, year]
    changed(investment_tax_credit(DEAL, "state", rate=0.2), capital_support=paid, state=-paid, most=worst(paid))


@pytest.mark.parametrize("years", [0, 1, 3, 50])
def test_a_production_credit_runs_from_the_first_output(years: int) -> None:
    paid = np.zeros((PATHS, YEARS))
    for path in range(PATHS):
        for year in years_of_output(path, years):
            paid[path, year] = 0.1 * DEAL.venture.opex[path, year]
    got = production_tax_credit(DEAL, "state", share_of_cost=0.1, years=years)
    changed(got, untaxed=paid, state=-paid, most=worst(paid))


@pytest.mark.parametrize("product", [0, 1])
@pytest.mark.parametrize(
    ("floor", "share", "years", "upside", "above", "cap"),
    [
        (50.0, 1.0, 3, 0.0, None, np.inf),
        (50.0, 0.6, 50, 0.3, None, np.inf),
        (40.0, 1.0, 4, 0.5, 60.0, np.inf),
        (45.0, 0.5, 5, 1.0, 50.0, 2.0),
    ],
)
def test_a_floor_pays_what_is_missing_and_takes_a_part_of_what_is_above(
    product: int, floor: float, share: float, years: int, upside: float, above: float | None, cap: float
) -> None:
    flow, most = np.zeros((PATHS, YEARS)), np.zeros(PATHS)
    for path in range(PATHS):
        for year in years_of_output(path, years):
            price, tonnes = DEAL.venture.price[path, product, year], DEAL.venture.output[path, product, year] * share
            missing = max(floor - price, 0.0) * tonnes / 1000
            back = min(max(price - (floor if above is None else above), 0.0) * tonnes / 1000 * upside, cap)
            flow[path, year] = missing - back
            most[path] += floor * tonnes / 1000
    got = price_floor(
        DEAL,
        "state",
        product=product,
        floor=floor,
        share=share,
        years=years,
        upside_share=upside,
        upside_above=above,
        upside_cap=cap,
    )
    changed(got, receipts=flow, state=-flow, most=most.max())
    assert np.abs(flow).max() > 1


@pytest.mark.parametrize(("share", "years", "discount"), [(1.0, 4, 0.0), (0.4, 50, 0.1)])
def test_an_offtake_buys_at_its_price_and_sells_at_the_market(share: float, years: int, discount: float) -> None:
    gain, purse, most = np.zeros((PATHS, YEARS)), np.zeros((PATHS, YEARS)), np.zeros(PATHS)
    for path in range(PATHS):
        for year in years_of_output(path, years):
            market, tonnes = DEAL.venture.price[path, 1, year], DEAL.venture.output[path, 1, year] * share
            gain[path, year] = (55.0 - market) * tonnes / 1000
            purse[path, year] = (market * (1 - discount) - 55.0) * tonnes / 1000
            most[path] += 55.0 * tonnes / 1000
    got = offtake(DEAL, "state", product=1, price=55.0, share=share, years=years, resale_discount=discount)
    changed(got, receipts=gain, state=purse, most=most.max())


def test_a_public_loan_takes_the_place_of_private_ones() -> None:
    got = concessional_loan(DEAL, "state", share=0.3, rate=0.02, tenor=9, grace=2)
    loan = Tranche("public loan", 0.3, 0.02, 9, 2, "state")
    assert got.tranches == (
        Tranche("a", pytest.approx(0.2), 0.08, 5),  # type: ignore[arg-type]
        Tranche("b", pytest.approx(0.1), 0.06, 7, lender="other"),  # type: ignore[arg-type]
        loan,
    )
    assert concessional_loan(DEAL, "state", share=0.7, rate=0.02, tenor=9, grace=2).tranches == (
        replace(loan, share=0.7),
    )
    bare = concessional_loan(Deal.of(venture()), "state", share=0.3, rate=0.02, tenor=9, name="soft")
    assert bare.tranches == (Tranche("soft", 0.3, 0.02, 9, 0, "state"),)
    assert got.public is DEAL.public and got.exposure == DEAL.exposure


def test_a_guarantee_lowers_the_rate_of_private_loans_and_insurance_does_not() -> None:
    first, second = guarantee(DEAL, "state", cover=0.8, fee=0.01, rate=0.03).tranches
    assert first == Tranche("a", 0.4, pytest.approx(0.04), 5, cover=0.8, fee=0.01, guarantor="state")  # type: ignore[arg-type]
    assert second == DEAL.tranches[1]
    first, second = insurance(DEAL, "state", cover=0.8, premium=0.02).tranches
    assert first == Tranche("a", 0.4, 0.08, 5, cover=0.8, fee=0.02, guarantor="state") and second == DEAL.tranches[1]


def test_public_equity_is_a_stake_beside_others() -> None:
    got = equity(equity(DEAL, "state", share=0.3), "fund", share=0.2, before=0.5, after=0.0)
    assert got.stakes == (Stake("state", 0.3, 0.3, 0.3), Stake("fund", 0.2, 0.5, 0.0))
    assert equity(DEAL, "x", share=0.1, before=0.0).stakes == (Stake("x", 0.1, 0.0, 0.1),)


@pytest.mark.parametrize("months", [0.0, 6.0, 12.0, 600.0])
def test_a_faster_permit_moves_spending_output_and_cost_by_what_they_wait(months: float) -> None:
    got = faster_permit(DEAL, months=months).venture
    was = DEAL.venture
    shift = -np.array([0.0, min(months / 12, 1.0), 0.0, 0.0])  # only the second path waits, a year
    assert got.output == pytest.approx(later(was.output, shift))
    assert got.capex == pytest.approx(later(was.capex, shift)) and got.opex == pytest.approx(later(was.opex, shift))
    assert got.price is was.price and (got.tax_rate, got.planned) == (was.tax_rate, was.planned)


@pytest.mark.parametrize("years", [-2.0, -0.25, 0.0, 0.5, 1.0, 2.75, 30.0])
def test_what_is_moved_by_a_part_of_a_year_is_split_between_two(years: float) -> None:
    values = np.arange(1.0, 7.0)[None, None, :].repeat(2, axis=0)
    got = later(values, np.array([years, 0.0]))
    want = np.zeros(6)
    for at, value in enumerate(values[0, 0]):
        whole = int(np.floor(years))
        for year, part in ((at + whole, 1 - (years - whole)), (at + whole + 1, years - whole)):
            if 0 <= year < 6:
                want[year] += value * part
    assert got[0, 0] == pytest.approx(want) and got[1, 0] == pytest.approx(values[1, 0])
