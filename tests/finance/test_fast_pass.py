"""The pass over a block of paths, run as plain Python without its compiler, against the settlement it stands for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from didymium.finance import fast, instruments
from didymium.finance.deal import Deal, Tranche, Venture
from didymium.finance.fast import Floor, Plant, Swift, swift
from didymium.finance.returns import irr_or_loss, npv
from didymium.finance.settle import settle

RATES = {"rate": 0.07, "hurdle": 0.12, "treasury": 0.03}
YEARS, PATHS = 16, 7  # in blocks of four: one whole, one not


@pytest.fixture(autouse=True)
def plainly(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No compiler, and small blocks."""
    monkeypatch.setitem(sys.modules, "numba", SimpleNamespace(njit=lambda **how: lambda function: function))
    monkeypatch.setattr(fast, "BLOCK", 4)
    fast._kernel.cache_clear()
    yield
    fast._kernel.cache_clear()


def single(values: Any) -> Any:
    return np.ascontiguousarray(values, dtype=np.float32)


@cache
def plant() -> Plant:
    """Two lines of three products, one of them bought; paths that open late, ramp up slowly, fail, close and end."""
    chance = np.random.default_rng(5)
    prices = chance.uniform(20, 60, (3, YEARS, PATHS))
    prices[:, :, 1] *= 0.2  # closes, and its loan fails
    prices[:, 9:, 2] *= 0.5  # fails late
    return Plant(
        prices=single(prices),
        tonnes=single([800.0, 300.0]),
        constant=single([0.0, 4.0]),
        weights=single([[1.0, 0.0, 0.0], [0.2, 0.9, 0.0]]),
        shares=single(chance.uniform(0.8, 1.0, (2, PATHS))),
        feed=single([0.0, 0.0, 120.0]),
        opens=single([1.0, 2.25, 3.5, 1.75, 4.0, 0.5, 30.0]),
        spell=single([2.0, 1.5, 3.0, 1.0, 2.5, 1.0, 2.0]),
        ramp=single([1.0, 2.0, 3.5, 1.0, 2.0, 0.5, 1.0]),
        use=single([0.9, 0.8, 1.0, 0.95, 0.85, 0.7, 0.9]),
        capital=single([60.0, 80.0, 90.0, 70.0, 50.0, 40.0, 60.0]),
        cost=single([14.0, 15.0, 13.0, 12.0, 18.0, 20.0, 14.0]),
        fixed=single([0.5, 0.4, 0.6, 0.3, 0.5, 0.5, 0.5]),
        life=9,
        depreciation_years=5,
        tax_rate=0.25,
        royalty_share=0.03,
    )


def venture(one: Plant) -> Venture:
    """The same plant as arrays of whole years, in double precision."""
    clock = np.arange(YEARS)[None, :]
    column = {name: getattr(one, name).astype(float)[:, None] for name in ("opens", "spell", "ramp", "use", "capital")}
    age = np.clip(np.arange(YEARS + 1)[None, :] - column["opens"], 0.0, one.life)
    up = np.minimum(age, column["ramp"])
    runs = np.diff(up * up / (2 * column["ramp"]) + age - up, axis=1) * column["use"]
    price = np.einsum("lp,pyn->nly", one.weights.astype(float), one.prices.astype(float)) + one.constant[None, :, None]
    fed = np.einsum("p,pyn->ny", one.feed.astype(float), one.prices.astype(float)) / 1000
    cost, fixed = one.cost.astype(float)[:, None], one.fixed.astype(float)[:, None]
    opex = cost * fixed * np.diff(age, axis=1) + cost * (1 - fixed) * runs + fed * runs
    done = np.clip((clock + 1 - column["opens"] + column["spell"]) / column["spell"], 0.0, 1.0)
    return Venture(
        price * one.shares.astype(float).T[:, :, None],
        one.tonnes[None, :, None] * runs[:, None, :],
        column["capital"] * np.diff(done, axis=1, prepend=0.0),
        opex,
        one.tax_rate,
        one.depreciation_years,
        royalty_share=one.royalty_share,
    )


def settled(one: Plant, loan: Tranche, floor: Floor | None) -> Swift:
    deal = Deal.of(venture(one), (loan,))
    if floor is not None:
        deal = instruments.price_floor(
            deal, "state", product=floor.line, floor=floor.floor, years=floor.years, upside_share=floor.upside_share
        )
    got = settle(deal, recovery=0.4)
    cost = -npv(got.public["state"], RATES["treasury"]) if floor is not None else np.zeros(PATHS)
    return Swift(
        npv(got.project, RATES["rate"]),
        irr_or_loss(got.project),
        got.least_dscr,
        npv(got.sponsor, RATES["hurdle"]),
        cost,
    )


LOANS = [
    Tranche("bank", 0.6, 0.06, 6, grace=1),
    Tranche("bank", 0.4, 0.09, 4),
    Tranche("bank", 0.0, 0.05, 5, grace=2),
    Tranche("bank", 0.5, 0.05, 30),
]
FLOORS = [None, Floor(0, 55.0, 5, 0.3), Floor(1, 50.0, 20), Floor(1, 15.0, 3, 1.0)]


@pytest.mark.parametrize("loan", LOANS, ids=range(len(LOANS)))
@pytest.mark.parametrize("floor", FLOORS, ids=range(len(FLOORS)))
def test_the_pass_comes_to_what_the_settlement_does(loan: Tranche, floor: Floor | None) -> None:
    got, want = swift(plant(), loan, **RATES, floor=floor), settled(plant(), loan, floor)
    for name in ("npv", "sponsor_npv", "floor_cost"):
        assert getattr(got, name) == pytest.approx(getattr(want, name), abs=2e-3), name
    assert got.least_dscr == pytest.approx(want.least_dscr, rel=1e-4)
    assert got.irr == pytest.approx(want.irr, abs=1e-4, nan_ok=True)


def test_the_paths_of_the_case_differ_in_what_becomes_of_them() -> None:
    want = settled(plant(), LOANS[0], None)
    assert (want.npv > 0).any() and (want.npv < -10).any() and want.npv[6] == 0.0
    assert (want.least_dscr < 1).sum() >= 2 and np.isinf(want.least_dscr[6]) and (want.least_dscr > 1).sum() == 3
    assert (want.irr == -1).any() and (want.irr > 0.1).any()


def test_rates_are_left_out_where_nobody_asks() -> None:
    got, want = swift(plant(), LOANS[0], **RATES, with_irr=False), swift(plant(), LOANS[0], **RATES)
    assert np.isnan(got.irr).all() and np.array_equal(got.npv, want.npv)


@pytest.mark.parametrize("size", [1, 3, 7, 8, 64])
def test_the_size_of_a_block_changes_nothing(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    want = swift(plant(), LOANS[0], **RATES, floor=FLOORS[1])
    monkeypatch.setattr(fast, "BLOCK", size)
    fast._kernel.cache_clear()
    got = swift(plant(), LOANS[0], **RATES, floor=FLOORS[1])
    for name in ("npv", "irr", "least_dscr", "sponsor_npv", "floor_cost"):
        assert getattr(got, name) == pytest.approx(getattr(want, name), abs=1e-5, nan_ok=True), name


def test_a_loan_larger_than_any_cash_leaves_the_owners_what_they_put_in() -> None:
    poor = replace(plant(), prices=plant().prices * np.float32(0.01))
    got, want = swift(poor, LOANS[0], **RATES), settled(poor, LOANS[0], None)
    assert got.sponsor_npv == pytest.approx(want.sponsor_npv, abs=2e-3)
    assert (got.irr[:6] == -1).all() and (got.least_dscr[:5] < 0).all()
