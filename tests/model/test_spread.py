"""Percentiles, tail means and their errors: by hand, by scipy, and without holding all draws."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from didymium.model.spread import blocks, cvar, draws_for_tail, spread

TEN = np.arange(1.0, 11.0)[:, None]


@pytest.mark.parametrize(("alpha", "expected"), [(0.0, 5.5), (0.8, 9.5), (0.85, 9.6667), (0.99, 10.0), (1.0, 10.0)])
def test_tail_mean_of_ten_equal_losses(alpha: float, expected: float) -> None:
    """α = 0 is the mean, α → 1 the worst; with α = 0.85 the quantile is 9 and the worst one and a half draws count."""
    assert cvar(TEN, alpha)[0][0] == pytest.approx(expected, abs=1e-4)


def test_tail_mean_is_the_least_of_rockafellar_and_uryasev() -> None:
    losses = np.random.default_rng(3).lognormal(size=(333, 1))
    at = np.linspace(0, losses.max(), 20_001)
    values = at + np.maximum(losses - at, 0).mean(axis=0) / (1 - 0.9)
    assert cvar(losses, 0.9)[0][0] == pytest.approx(values.min(), rel=1e-6)


def test_the_errors_are_those_of_repeated_samples() -> None:
    """400 draws of an exponential, 500 times over: the spread of mean and tail mean is what one sample says of it."""
    chance = np.random.default_rng(0)
    losses = chance.exponential(size=(400, 500))
    tail, error = cvar(losses, 0.9)
    assert error.mean() == pytest.approx(tail.std(), rel=0.1)
    one = spread(lambda: losses, 400, 500, alpha=0.9)
    assert one.mean_se.mean() == pytest.approx(losses.mean(axis=0).std(), rel=0.1)
    assert one.p50.mean() == pytest.approx(np.log(2), rel=0.02)


def test_a_draw_without_the_event_is_no_number() -> None:
    """Six of ten run short on days 10 to 60: the median is one of the days, P90 lies beyond the run, no mean."""
    days = np.array([10.0, 20, 30, 40, 50, 60, np.inf, np.inf, np.inf, np.inf])[:, None]
    found = spread(lambda: days, 10, 1, alpha=0.9)
    assert (found.p10[0], found.p50[0], found.p90[0]) == (10.0, 50.0, np.inf)
    assert found.never[0] == pytest.approx(0.4) and np.isnan(found.mean[0]) and np.isnan(found.cvar[0])


def test_a_draw_that_was_stopped_leaves_no_band() -> None:
    found = spread(lambda: np.array([[1.0, 2.0], [np.nan, 3.0]]), 2, 2, alpha=0.9)
    assert np.isnan(found.p10[0]) and np.isnan(found.mean[0]) and np.isnan(found.never[0])
    assert found.mean[1] == 2.5


def test_no_draw_no_spread() -> None:
    assert np.isnan(spread(lambda: iter(()), 0, 3, alpha=0.9).p50).all()


def test_blocks_of_any_size_give_the_same() -> None:
    """A memory of one number a draw: as many passes as quantities, and the same answer."""
    numbers = np.random.default_rng(0).random((50, 7))
    passes = []

    def rows() -> Iterator[np.ndarray]:
        passes.append(1)
        return iter(numbers)

    assert len(list(blocks(rows, 50, 7, memory=8 * 50))) == len(passes) == 7
    small, large = (spread(lambda: numbers, 50, 7, alpha=0.8, memory=m) for m in (8 * 50, 2**20))
    for name in small.__slots__:
        assert np.array_equal(getattr(small, name), getattr(large, name)), name


@pytest.mark.parametrize(("alpha", "least"), [(0.9, 200), (0.95, 400), (0.99, 2000)])
def test_twenty_draws_lie_in_the_tail(alpha: float, least: int) -> None:
    assert draws_for_tail(alpha) == least
