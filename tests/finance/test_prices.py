"""Price paths step by step, with shocks given, and the closed forms of options that support is held against."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from didymium.finance.options import black_call, black_put, reverting_variance, two_way
from didymium.finance.prices import PriceModel, Shocks, fitted_sigma, price_paths, yearly_volatility

PATHS, YEARS = 5, 9
MODEL = PriceModel(
    start=40.0,
    level=65.0,
    reversion=0.4,
    sigma=0.3,
    jump_rate=0.2,
    jump_sigma=0.5,
    dump_rate=0.3,
    dump_end_rate=0.4,
    dump_depth=0.25,
    premium=1.8,
    premium_captured=0.5,
    premium_fade=0.2,
)


def shocks(seed: int = 4) -> Shocks:
    chance = np.random.default_rng(seed)
    return Shocks(chance.normal(size=(PATHS, YEARS)), chance.normal(size=(PATHS, YEARS)), chance.random((PATHS, YEARS)))


@pytest.mark.parametrize("reversion", [0.0, 0.4, 3.0])
def test_a_path_is_its_steps(reversion: float) -> None:
    """The log goes back towards its level by 1 − e^−κ a year; its step deviates by σ √((1 − e^−2κ) / 2κ)."""
    model = PriceModel(
        **{**{name: getattr(MODEL, name) for name in MODEL.__dataclass_fields__}, "reversion": reversion}
    )
    given, got = shocks(), price_paths(model, shocks())
    deviation = math.sqrt((1 - math.exp(-2 * reversion)) / (2 * reversion)) if reversion else 1.0
    for path in range(PATHS):
        log, low = math.log(40.0), False
        for year in range(YEARS):
            if year:
                move = 0.3 * deviation * given.normal[path, year] + 0.5 * given.jumps[path, year]
                log = math.log(65.0) + (log - math.log(65.0)) * math.exp(-reversion) + move
                low = given.regime[path, year] >= 0.4 if low else given.regime[path, year] < 0.3
            want = math.exp(log) * (0.75 if low else 1.0) * (1 + 0.8 * 0.5 * math.exp(-0.2 * year))
            assert got[path, year] == pytest.approx(want, rel=1e-12), (path, year)


def test_a_model_without_more_said_has_no_jump_no_dumping_and_no_premium() -> None:
    plain = PriceModel(start=50.0, level=50.0, reversion=0.5, sigma=0.0)
    assert price_paths(plain, shocks()) == pytest.approx(np.full((PATHS, YEARS), 50.0))
    assert PriceModel(start=50.0, level=50.0, reversion=0.5, sigma=0.0, dump_rate=1.0) != plain
    dumped = PriceModel(start=50.0, level=50.0, reversion=0.5, sigma=0.0, dump_rate=1.0, dump_depth=0.5)
    assert price_paths(dumped, shocks())[:, 1:5:2] == pytest.approx(np.full((PATHS, 2), 25.0))  # ends after a year
    assert price_paths(dumped, shocks())[:, 0:5:2] == pytest.approx(np.full((PATHS, 3), 50.0))


def test_shocks_are_seeded_by_product_and_may_share_a_part() -> None:
    first = Shocks.of(400, 60, 7, 2, jump_rate=0.3)
    again, other = Shocks.of(400, 60, 7, 2, jump_rate=0.3), Shocks.of(400, 60, 7, 3, jump_rate=0.3)
    assert np.array_equal(first.normal, again.normal) and np.array_equal(first.jumps, again.jumps)
    assert np.array_equal(first.regime, again.regime) and not np.array_equal(first.normal, other.normal)
    assert first.normal.shape == first.jumps.shape == first.regime.shape == (400, 60)
    assert first.regime.min() >= 0 and first.regime.max() < 1 and abs(first.regime.mean() - 0.5) < 0.01
    assert first.jumps.var() == pytest.approx(0.3, rel=0.1) and (first.jumps == 0).mean() == pytest.approx(
        math.exp(-0.3), abs=0.01
    )
    common = np.random.default_rng(1).standard_normal((400, 60))
    mixed = Shocks.of(400, 60, 7, 2, jump_rate=0.3, common=common, correlation=0.36)
    assert mixed.normal == pytest.approx(0.6 * common + 0.8 * first.normal)
    assert np.array_equal(Shocks.of(400, 60, 7, 2, jump_rate=0.3, common=common).normal, first.normal)
    assert not Shocks.of(400, 60, 7, 2, jump_rate=0.0).jumps.any()


def test_volatility_is_that_of_the_changes_of_the_log() -> None:
    prices = np.array([10.0, 12.0, 9.0, 20.0])
    moves = [math.log(12 / 10), math.log(9 / 12), math.log(20 / 9)]
    mean = sum(moves) / 3
    assert yearly_volatility(prices) == pytest.approx(math.sqrt(sum((m - mean) ** 2 for m in moves) / 2))
    assert math.isnan(yearly_volatility(prices[:2])) and not math.isnan(yearly_volatility(prices[:3]))


@pytest.mark.parametrize("reversion", [0.0, 0.2, 1.5])
def test_a_fitted_volatility_gives_the_changes_it_was_fitted_to(reversion: float) -> None:
    """2 (s² + λσ_J²) / (1 + e^−κ) of the fit is the variance of the changes."""
    sigma = fitted_sigma(0.5, reversion=reversion, jump_rate=0.2, jump_sigma=0.4)
    step = sigma**2 * ((1 - math.exp(-2 * reversion)) / (2 * reversion) if reversion else 1.0)
    assert 2 * (step + 0.2 * 0.16) / (1 + math.exp(-reversion)) == pytest.approx(0.25)
    assert fitted_sigma(0.1, reversion=reversion, jump_rate=0.2, jump_sigma=0.4) == 0.0


CASES = [(50.0, 60.0, 0.3, 2.0, 0.04), (80.0, 60.0, 0.5, 0.5, 0.0), (60.0, 60.0, 0.2, 7.0, 0.1)]


@pytest.mark.parametrize(("forward", "strike", "sigma", "years", "rate"), CASES)
def test_an_option_is_the_discounted_mean_of_what_it_pays(
    forward: float, strike: float, sigma: float, years: float, rate: float
) -> None:
    spread = sigma * math.sqrt(years)

    def mean(sign: int) -> float:
        edge = (math.log(strike / forward) + spread**2 / 2) / spread
        low, high = (-12.0, edge) if sign < 0 else (edge, 12.0)
        price = lambda z: forward * math.exp(spread * z - spread**2 / 2)  # noqa: E731
        value, _ = quad(lambda z: sign * (price(z) - strike) * norm.pdf(z), low, high, epsabs=1e-12)
        return math.exp(-rate * years) * float(value)

    put, call = (black(forward, strike, sigma, years, rate) for black in (black_put, black_call))
    assert (put, call) == (pytest.approx(mean(-1), abs=1e-8), pytest.approx(mean(1), abs=1e-8))
    assert put - call == pytest.approx(two_way(forward, strike, years, rate))
    assert two_way(forward, strike, years, rate) == pytest.approx(math.exp(-rate * years) * (strike - forward))


def test_an_option_without_time_or_motion_is_worth_what_it_would_pay_now() -> None:
    for sigma, years in ((0.0, 2.0), (0.3, 0.0)):
        discount = math.exp(-0.05 * years)
        assert black_put(50.0, 60.0, sigma, years, 0.05) == pytest.approx(10 * discount)
        assert black_call(70.0, 60.0, sigma, years, 0.05) == pytest.approx(10 * discount)
        assert black_put(70.0, 60.0, sigma, years, 0.05) == black_call(50.0, 60.0, sigma, years, 0.05) == 0.0


def test_variance_grows_with_time_and_stops_at_its_limit() -> None:
    assert reverting_variance(0.3, 0.0, 4.0) == pytest.approx(0.36)
    assert reverting_variance(0.3, 1e-9, 4.0) == pytest.approx(0.36)
    assert reverting_variance(0.3, 0.5, 2.0) == pytest.approx(0.09 * (1 - math.exp(-2.0)))
    assert reverting_variance(0.3, 0.5, 1000.0) == pytest.approx(0.09)
