"""Deals settled: hand cases, conservation of money, and instruments against what they replace."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didymium.finance import Deal, Tranche, Venture, npv, settle
from didymium.finance.deal import later
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
from didymium.finance.options import black_call, black_put, reverting_variance
from didymium.finance.prices import PriceModel, Shocks, fitted_sigma, price_paths, yearly_volatility
from didymium.finance.public_cost import loan_subsidy, public_cost
from didymium.studies.packages import asked_cover


def venture(
    price: object = 50.0,
    *,
    paths: int = 1,
    years: int = 12,
    tonnes: float = 1000.0,
    capex: float = 100.0,
    opex: float = 20.0,
    tax: float = 0.0,
    wait: int = 0,
    life: int = 10,
) -> Venture:
    """Capital cost in year `wait`, then level output to the end."""
    made = np.zeros((paths, 1, years))
    made[:, :, wait + 1 :] = tonnes
    spent = np.zeros((paths, years))
    spent[:, wait] = capex
    cost = np.where(made[:, 0] > 0, opex, 0.0)
    return Venture(np.broadcast_to(np.asarray(price, dtype=float), made.shape), made, spent, cost, tax, life)


def test_a_plant_without_debt_or_tax() -> None:
    got = settle(Deal.of(venture()), recovery=0.4)
    assert got.project[0].tolist() == [-100.0, *([30.0] * 11)]
    assert got.sponsor[0].tolist() == got.project[0].tolist()
    assert not got.defaulted[0] and np.isinf(got.least_dscr[0])


def test_tax_waits_for_losses_to_be_used_up() -> None:
    """Depreciation 10 a year; profit 20 − 10; a quarter is tax. With 100 spent twice as fast: loss first."""
    got = settle(Deal.of(venture(opex=30.0, tax=0.25)), recovery=0.4)
    assert got.project[0, 1] == pytest.approx(20 - 0.25 * 10)
    fast = settle(Deal.of(venture(opex=30.0, tax=0.25, life=2)), recovery=0.4)  # −30 −30, then 20 a year
    assert fast.project[0, 1:6].tolist() == pytest.approx([20.0, 20.0, 20.0, 20.0, 20 - 0.0])
    assert fast.project[0, 6] == pytest.approx(20 - 0.25 * 20)
    assert fast.project.sum() < got.project.sum() + 0.25 * 20


def test_a_loan_is_worth_its_face_at_its_own_rate() -> None:
    loan = Tranche("bank", 0.6, 0.08, 7, grace=2, lender="bank")
    got = settle(Deal.of(venture(), (loan,)), recovery=0.0)
    assert npv(got.public["bank"], 0.08)[0] == pytest.approx(0.0, abs=1e-9)
    due = 60 * 1.08**2 / sum(1.08**-k for k in range(1, 8))
    assert got.public["bank"][0, :4].tolist() == pytest.approx([-60.0, 0.0, 0.0, due])
    assert got.dscr[0, 3] == pytest.approx(30 / due)


def test_cheap_loan_costs_what_the_subsidy_rule_says() -> None:
    """Paid off in level payments from year 1: 1 − a_n(y) / a_n(r) of its face, whatever the plant."""
    deal = concessional_loan(Deal.of(venture()), "state", share=0.5, rate=0.02, tenor=10)
    got = settle(deal, recovery=0.4)
    cost = public_cost(got.public["state"], got.exposure["state"], rate=0.045)
    assert cost.expected == pytest.approx(50 * loan_subsidy(50, 10, rate=0.02, treasury=0.045), rel=1e-12)
    assert got.exposure["state"] == pytest.approx(50.0)


def test_a_guarantee_costs_the_expected_loss() -> None:
    """One path in four earns nothing: the loan fails in year 1, before anything is paid back."""
    price = np.full((4, 1, 12), 50.0)
    price[0] = 0.0
    deal = Deal.of(venture(price, paths=4), (Tranche("bank", 0.5, 0.0, 10),))
    got = settle(guarantee(deal, "state", cover=0.8, fee=0.0, rate=0.0), recovery=0.4)
    assert got.defaulted.tolist() == [True, False, False, False]
    loss = 50 * (1 - 0.4) * 0.8
    assert public_cost(got.public["state"], 0.0, rate=0.05).expected == pytest.approx(0.25 * loss / 1.05)
    premium = settle(insurance(deal, "state", cover=0.8, premium=0.02), recovery=0.4)
    assert premium.public["state"][1, 1] == pytest.approx(50 * 0.8 * 0.02)


def test_owners_lose_the_plant_with_the_loan() -> None:
    got = settle(Deal.of(venture(10.0), (Tranche("bank", 0.5, 0.05, 10),)), recovery=0.4)
    assert got.defaulted[0] and got.sponsor[0].tolist() == [-50.0, *([0.0] * 11)]


def test_a_floor_costs_a_strip_of_puts() -> None:
    """Reverting lognormal prices, one put for each year: Black 1976 with the variance of the reverting log."""
    model = PriceModel(start=60.0, level=60.0, reversion=0.3, sigma=0.35)
    shocks = Shocks.of(40_000, 8, 5, 0, jump_rate=0.0)
    price = price_paths(model, shocks)[:, None, :]
    deal = price_floor(Deal.of(venture(price, paths=40_000, years=8)), "state", product=0, floor=70.0, years=7)
    cost = public_cost(settle(deal, recovery=0.4).public["state"], 0.0, rate=0.04)
    exact = 0.0
    for t in range(1, 8):
        variance = reverting_variance(0.35, 0.3, t)
        forward = 60.0 * np.exp(variance / 2)  # the median stays at 60
        exact += black_put(forward, 70.0, float(np.sqrt(variance / t)), t, 0.04)
    assert abs(cost.expected - exact) < 4 * cost.standard_error
    assert cost.standard_error < 0.01 * exact


def test_a_two_way_contract_fixes_the_price() -> None:
    rng = np.random.default_rng(1)
    price = 50 * np.exp(0.4 * rng.standard_normal((50, 1, 12)))
    deal = price_floor(Deal.of(venture(price, paths=50)), "state", product=0, floor=60.0, years=11, upside_share=1.0)
    got = settle(deal, recovery=0.4)
    assert got.project[:, 1:] == pytest.approx(np.full((50, 11), 60.0 - 20.0))
    flat = settle(offtake(Deal.of(venture(price, paths=50)), "state", product=0, price=60.0, years=11), recovery=0.4)
    assert flat.project == pytest.approx(got.project)
    assert flat.public["state"] == pytest.approx(got.public["state"])


def test_upside_is_shared_up_to_its_cap() -> None:
    """Lynas and JARE 2026: 30 % of what stands above 150 USD/kg, at most 10 million USD a year."""
    deal = price_floor(
        Deal.of(venture(200.0)),
        "state",
        product=0,
        floor=110.0,
        years=11,
        upside_share=0.3,
        upside_above=150.0,
        upside_cap=10.0,
    )
    assert settle(deal, recovery=0.4).public["state"][0, 1] == pytest.approx(10.0)


def test_grants_and_credits_reach_the_owner() -> None:
    plain = settle(Deal.of(venture()), recovery=0.4)
    given_ = settle(grant(Deal.of(venture()), "state", share=0.3), recovery=0.4)
    assert (given_.project - plain.project)[0].tolist() == pytest.approx([30.0, *([0.0] * 11)])
    credit = settle(investment_tax_credit(Deal.of(venture()), "state", rate=0.3), recovery=0.4)
    assert (credit.project - plain.project)[0, :2].tolist() == pytest.approx([0.0, 30.0])
    made = settle(production_tax_credit(Deal.of(venture(tax=0.2)), "state", share_of_cost=0.1, years=3), recovery=0.4)
    taxed = settle(Deal.of(venture(tax=0.2)), recovery=0.4)
    assert (made.project - taxed.project)[0, 1:6].tolist() == pytest.approx([2.0, 2.0, 2.0, 0.0, 0.0])


def test_an_overrun_is_the_owners() -> None:
    base = venture(paths=3)
    spent = base.capex * np.array([[1.0], [1.0], [2.0]])
    overrun = Venture(base.price, base.output, spent, base.opex, 0.0, 10, planned=100.0)
    deal = grant(Deal.of(overrun), "state", share=0.5)
    assert settle(deal, recovery=0.4).public["state"][:, 0].tolist() == [-50.0, -50.0, -50.0]


def test_public_equity_by_the_rule_of_recovery() -> None:
    plain = settle(equity(Deal.of(venture()), "state", share=0.4), recovery=0.4)
    assert plain.public["state"][0].tolist() == pytest.approx((0.4 * plain.project[0]).tolist())
    split = settle(equity(Deal.of(venture()), "state", share=1.0, before=0.5, after=0.1), recovery=0.4)
    gained = split.public["state"][0, 1:].sum()
    assert gained == pytest.approx(100 + 0.1 * (330 - 200))


def test_a_faster_permit_moves_everything_that_waits() -> None:
    slow = Deal.of(venture(wait=3))
    sooner = settle(faster_permit(slow, months=24), recovery=0.4)
    assert sooner.project[0, :3].tolist() == pytest.approx([0.0, -100.0, 30.0])
    assert npv(sooner.project, 0.1)[0] > npv(settle(slow, recovery=0.4).project, 0.1)[0]
    assert settle(faster_permit(slow, months=600), recovery=0.4).project[0, 0] == pytest.approx(-100.0)


def test_a_plant_that_only_loses_is_closed() -> None:
    got = settle(Deal.of(venture(10.0)), recovery=0.4)  # 10 of sales against 20 of cost
    assert got.project[0].tolist() == [-100.0, -10.0, -10.0, -10.0, *([0.0] * 8)]
    kept = settle(price_floor(Deal.of(venture(10.0)), "state", product=0, floor=30.0, years=11), recovery=0.4)
    assert kept.project[0, 1:].tolist() == pytest.approx([10.0] * 11)


SUPPORT: dict[str, Callable[[Deal], Deal]] = {
    "grant": lambda d: grant(d, "a", share=0.2),
    "itc": lambda d: investment_tax_credit(d, "b", rate=0.1),
    "floor": lambda d: price_floor(d, "c", product=0, floor=55.0, years=6, upside_share=0.3),
    "offtake": lambda d: offtake(d, "d", product=0, price=60.0, share=0.5, years=6),
    "equity": lambda d: equity(d, "e", share=0.3, before=0.5, after=0.1),
}


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(sorted(SUPPORT))), st.floats(5.0, 120.0), st.floats(0.0, 0.7), st.floats(0.0, 0.12))
def test_money_is_conserved(names: set[str], price: float, debt: float, rate: float) -> None:
    """Without tax and default loss, what owners, lenders and purses get is what the plant earns."""
    bare = venture(price)
    deal = Deal.of(bare, (Tranche("bank", debt, rate, 8, lender="bank"),))
    for name in sorted(names):
        deal = SUPPORT[name](deal)
    got = settle(deal, recovery=1.0)
    everyone = got.sponsor + sum(got.public.values())
    earned = got.sales - bare.opex * (got.sales > 0) - bare.capex
    whole = ~got.defaulted
    assert everyone[whole] == pytest.approx(earned[whole], abs=1e-9)


@given(st.floats(-4.0, 4.0))
def test_a_shift_keeps_what_stays_inside(years: float) -> None:
    values = np.zeros((1, 1, 20))
    values[0, 0, 8:12] = [1.0, 2.0, 3.0, 4.0]
    moved = later(values, np.array([years]))
    assert moved.sum() == pytest.approx(10.0)
    centre = (moved[0, 0] * np.arange(20)).sum() / 10
    assert centre == pytest.approx((values[0, 0] * np.arange(20)).sum() / 10 + years)


def test_prices_return_to_their_level_and_spread_as_told() -> None:
    model = PriceModel(start=100.0, level=60.0, reversion=0.5, sigma=0.3)
    paths = price_paths(model, Shocks.of(20_000, 40, 3, 1, jump_rate=0.0))
    assert np.median(paths[:, -1]) == pytest.approx(60.0, rel=0.01)
    assert np.log(paths[:, -1]).std() == pytest.approx(np.sqrt(reverting_variance(0.3, 0.5, 39)), rel=0.02)
    assert paths[:, 0] == pytest.approx(np.full(20_000, 100.0))


def test_dumping_and_premium() -> None:
    flat = {"start": 50.0, "level": 50.0, "reversion": 0.5, "sigma": 0.0}
    shocks = Shocks.of(20_000, 30, 3, 1, jump_rate=0.0)
    dumped = price_paths(PriceModel(**flat, dump_rate=0.1, dump_end_rate=0.4, dump_depth=0.4), shocks)
    assert set(np.round(np.unique(dumped), 9)) == {30.0, 50.0}
    assert (dumped[:, -1] < 40.0).mean() == pytest.approx(0.1 / 0.5, abs=0.02)  # stationary share of the chain
    paid = price_paths(PriceModel(**flat, premium=3.0, premium_captured=0.25, premium_fade=0.2), shocks)
    assert paid[0, 0] == pytest.approx(75.0) and paid[0, 5] == pytest.approx(50 * (1 + 0.5 * np.exp(-1.0)))


def test_volatility_of_a_short_series() -> None:
    assert yearly_volatility(np.array([1.0, np.e, 1.0])) == pytest.approx(np.sqrt(2.0))
    assert np.isnan(yearly_volatility(np.array([1.0, 2.0])))


def test_a_fitted_price_moves_as_the_rows_did() -> None:
    """Yearly changes of the paths deviate as those of the series: jumps and reversion are not counted twice."""
    terms = {"reversion": 0.3, "jump_rate": 0.1, "jump_sigma": 0.4}
    model = PriceModel(start=60.0, level=60.0, sigma=fitted_sigma(0.35, **terms), **terms)
    log = np.log(price_paths(model, Shocks.of(20_000, 40, 3, 1, jump_rate=0.1)))
    assert np.diff(log[:, 20:], axis=1).std() == pytest.approx(0.35, rel=0.01)
    assert fitted_sigma(0.05, **terms) == 0.0
    assert fitted_sigma(0.3, reversion=0.0, jump_rate=0.0, jump_sigma=0.0) == pytest.approx(0.3)


def test_a_production_credit_is_worth_its_face_without_profit() -> None:
    """A plant that pays no tax yet gets what the purse pays, no more."""
    losing = venture(21.0, tax=0.25)  # 21 of sales, 20 of cost, 10 of depreciation: no tax in ten years
    plain = settle(Deal.of(losing), recovery=0.4)
    made = settle(production_tax_credit(Deal.of(losing), "state", share_of_cost=0.1, years=3), recovery=0.4)
    assert (made.project - plain.project)[0, 1:5].tolist() == pytest.approx([2.0, 2.0, 2.0, 0.0])
    assert made.public["state"][0, 1:5].tolist() == pytest.approx([-2.0, -2.0, -2.0, 0.0])


def test_interest_while_building_is_written_off_with_the_plant() -> None:
    """50 lent at 10 % two years before output: 5 of interest is added, and a tenth of it comes off profit each year."""
    plant = venture(tax=0.25)
    made = np.where(np.arange(12) >= 2, plant.output, 0.0)
    late = Venture(plant.price, made, plant.capex, np.where(made[:, 0] > 0, 20.0, 0.0), 0.25, 10)
    got = settle(Deal.of(late, (Tranche("bank", 0.5, 0.1, 8),)), recovery=0.4)
    owed = 50 * 1.1
    tax = 0.25 * (30 - 10 - 5 / 10 - owed * 0.1)
    due = owed / sum(1.1**-k for k in range(1, 9))
    assert got.sponsor[0, 2] == pytest.approx(30 - tax - due)


def test_a_floor_with_a_capped_upside_is_puts_less_calls_between_two_prices() -> None:
    """30 % above 75, at most 1.5 a year on 1,000 t: a call at 75 less a call at 75 + 1.5 / 0.3."""
    model = PriceModel(start=60.0, level=60.0, reversion=0.3, sigma=0.35)
    price = price_paths(model, Shocks.of(40_000, 8, 5, 0, jump_rate=0.0))[:, None, :]
    terms = {"upside_share": 0.3, "upside_above": 75.0, "upside_cap": 1.5}
    deal = price_floor(Deal.of(venture(price, paths=40_000, years=8)), "state", product=0, floor=50.0, years=7, **terms)
    cost = public_cost(settle(deal, recovery=0.4).public["state"], 0.0, rate=0.04)
    exact = 0.0
    for t in range(1, 8):
        variance = reverting_variance(0.35, 0.3, t)
        forward, sigma = 60.0 * np.exp(variance / 2), float(np.sqrt(variance / t))
        call = black_call(forward, 75.0, sigma, t, 0.04) - black_call(forward, 80.0, sigma, t, 0.04)
        exact += black_put(forward, 50.0, sigma, t, 0.04) - 0.3 * call
    assert abs(cost.expected - exact) < 4 * cost.standard_error
    assert cost.standard_error < 0.02 * abs(exact)


def test_what_fails_late_is_not_paid_for_by_owners_who_lost_it() -> None:
    """Capital spent after a default is not the owners': they lost the plant."""
    plant = venture(10.0)
    spent = plant.capex.copy()
    spent[:, 5] = 20.0
    late = Venture(plant.price, plant.output, spent, plant.opex, 0.0, 10)
    got = settle(Deal.of(late, (Tranche("bank", 0.5, 0.05, 10),)), recovery=0.4)
    assert got.defaulted[0] and got.sponsor[0, 2:].tolist() == [0.0] * 10


def test_who_bears_no_loss_asks_for_no_cushion() -> None:
    bank = Tranche("bank", 0.5, 0.05, 10)
    assert asked_cover(Deal.of(venture()), 1.3) == 1.3
    assert asked_cover(Deal.of(venture(), (bank,)), 1.3) == pytest.approx(1.3)
    covered = insurance(Deal.of(venture(), (bank,)), "state", cover=0.9, premium=0.01)
    assert asked_cover(covered, 1.3) == pytest.approx(1.03)
