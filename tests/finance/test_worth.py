"""Break-even prices and the prices that a value implies: closed forms and agreement with settled deals."""

from __future__ import annotations

import numpy as np
import pytest

from didymium.finance import Deal, Venture, npv, settle
from didymium.finance.returns import annuity
from didymium.finance.worth import break_even, flows_at, from_decision, implied_factor


def plant(price: float = 50.0, *, paths: int = 1, tax: float = 0.0, royalty: float = 0.0) -> Venture:
    """100 spent in year 0; 1,000 t a year and 20 of cost for ten years."""
    made = np.zeros((paths, 1, 11))
    made[:, :, 1:] = 1000.0
    spent = np.zeros((paths, 11))
    spent[:, 0] = 100.0
    return Venture(np.full_like(made, price), made, spent, np.where(made[:, 0] > 0, 20.0, 0.0), tax, 10, royalty)


def test_break_even_is_cost_and_an_annuity_of_capital() -> None:
    """1,000 t earn 1 million USD at 1 USD/kg: 20 of cost and 100 over ten years at 8 %."""
    assert break_even(plant(), 0, 0.08)[0] == pytest.approx(20 + 100 / annuity(0.08, 10), rel=1e-5)
    paid = break_even(plant(royalty=0.05), 0, 0.08)[0]
    assert paid * 0.95 == pytest.approx(20 + 100 / annuity(0.08, 10), rel=1e-5)


def test_break_even_after_tax() -> None:
    """Profit of P − 20 − 10 is taxed: (P − 20)(1 − t) + 10 t has to be the annuity."""
    needed = 100 / annuity(0.08, 10)
    assert break_even(plant(tax=0.25), 0, 0.08)[0] == pytest.approx((needed - 2.5) / 0.75 + 20, rel=1e-5)


def test_a_plant_at_its_break_even_price_is_worth_nothing() -> None:
    rng = np.random.default_rng(2)
    made = np.zeros((40, 2, 15))
    made[:, :, 2:] = rng.uniform(200, 900, (40, 2, 1))
    spent = np.zeros((40, 15))
    spent[:, :2] = rng.uniform(20, 90, (40, 2))
    price = 40 * np.exp(0.3 * rng.standard_normal((40, 2, 15)))
    many = Venture(price, made, spent, np.where(made[:, 0] > 0, rng.uniform(5, 20, (40, 1)), 0.0), 0.26, 10, 0.03)
    level = break_even(many, 0, 0.1)
    assert (level > 0).mean() > 0.8  # where by-products alone earn it, it is zero
    held = price.copy()
    held[:, 0] = level[:, None]
    got = settle(Deal.of(Venture(held, made, spent, many.opex, 0.26, 10, 0.03)), recovery=0.4)
    open_ = (got.sales[:, 2:] > 0).all(axis=1) & (level > 0)  # closure after losses is no part of a break-even
    assert npv(got.project, 0.1)[open_] == pytest.approx(np.zeros(int(open_.sum())), abs=1e-3)
    assert open_.sum() > 20


def test_without_output_there_is_no_price() -> None:
    idle = plant()
    none = Venture(idle.price, idle.output * 0, idle.capex, idle.opex, 0.0, 10)
    assert np.isnan(break_even(none, 0, 0.08)[0])


def test_flows_before_finance_are_those_of_a_settled_deal() -> None:
    bare = plant(tax=0.25, royalty=0.03)
    assert flows_at(bare) == pytest.approx(settle(Deal.of(bare), recovery=0.4).project)


def test_the_factor_that_a_value_implies() -> None:
    bare = plant()
    worth = float(npv(flows_at(bare, price_factor=1.3, taxed=False), 0.08)[0])
    assert implied_factor(bare, worth, 0.08, taxed=False) == pytest.approx(1.3, abs=1e-3)
    assert np.isnan(implied_factor(bare, 1e9, 0.08))


def test_studies_count_from_the_first_spending() -> None:
    late = plant()
    moved = Venture(late.price, np.roll(late.output, 0, 2), np.roll(late.capex, 3, 1), late.opex, 0.0, 10)
    flows = np.zeros((1, 11))
    flows[0, 3], flows[0, 5] = -100.0, 121.0
    assert from_decision(moved, flows, 0.1)[0] == pytest.approx(0.0)
    assert from_decision(moved, flows, 0.0)[0] == pytest.approx(21.0)
