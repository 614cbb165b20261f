"""The estimators against all cases solved, with screens that are exact, biased, noisy and useless on purpose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from didymium.engine.screening import (
    Evaluate,
    difference_estimate,
    rank_correlation,
    tail_mean,
    two_phase,
    worst_first,
)
from didymium.errors import BadInput

CASES = 1000


class Counted:
    """Harm of cases, and which of them were asked for."""

    def __init__(self, harm: np.ndarray) -> None:
        self.harm = harm.reshape(len(harm), -1)
        self.asked: list[int] = []

    def __call__(self, cases: Sequence[int]) -> np.ndarray:
        self.asked.extend(cases)
        return self.harm[list(cases)]


def losses(seed: int = 0, cases: int = CASES) -> np.ndarray:
    """Heavy-tailed, with a third of no harm at all."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(cases) < 1 / 3, 0.0, rng.pareto(1.8, cases) * 100)


def biased(harm: np.ndarray) -> np.ndarray:
    """Ranks as they are, levels that are far off."""
    return 0.3 * harm - 5.0


def noisy(harm: np.ndarray, seed: int = 1) -> np.ndarray:
    return harm * np.random.default_rng(seed).lognormal(0.0, 0.15, harm.shape)


def useless(harm: np.ndarray, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).permutation(harm)


@pytest.mark.parametrize("distort", [lambda harm: harm, biased, noisy])
@pytest.mark.parametrize("seed", range(4))
def test_the_tail_is_that_of_all_cases(distort: Evaluate, seed: int) -> None:
    harm = losses(seed)
    found = two_phase(CASES, Counted(harm), {"twin": Counted(distort(harm))})
    assert found.screen == "twin"
    assert found.tail_mean == pytest.approx(tail_mean(harm, 0.05), rel=1e-12)
    assert found.tail_at == np.sort(harm)[-50]
    assert found.solved.size < CASES / 4


def test_a_screen_that_is_exact_leaves_no_error() -> None:
    harm = losses()
    found = two_phase(CASES, Counted(harm), {"twin": Counted(harm)})
    assert found.standard_error[0] == 0.0
    assert found.mean[0] == pytest.approx(harm.mean(), rel=1e-12)


def test_a_constant_bias_is_taken_out_whole() -> None:
    harm = losses()
    found = two_phase(CASES, Counted(harm), {"twin": Counted(harm - 1000.0)})
    assert found.mean[0] == pytest.approx(harm.mean(), rel=1e-9)
    assert found.standard_error[0] < 1e-9


def test_the_mean_is_within_its_error_as_often_as_it_says() -> None:
    """Over 200 orders of the same cases, two standard errors hold the truth about 95 times in 100, without bias."""
    harm, rng = np.random.default_rng(5).gamma(2.0, 100.0, CASES), np.random.default_rng(3)
    apart = []
    for seed in range(200):
        order = rng.permutation(CASES)
        own = harm[order]
        found = two_phase(CASES, Counted(own), {"twin": Counted(biased(noisy(own, seed)))}, random_share=0.1)
        apart.append((found.mean[0] - harm.mean()) / found.standard_error[0])
    assert 0.9 <= np.mean(np.abs(apart) < 2) <= 0.99
    assert abs(np.mean(apart)) < 3 / np.sqrt(len(apart))


def test_a_useless_screen_is_rejected_and_all_cases_are_solved() -> None:
    harm = losses()
    full, twin = Counted(harm), Counted(useless(harm))
    found = two_phase(CASES, full, {"twin": twin})
    assert found.screen is None and abs(found.ranks["twin"]) < 0.5
    assert sorted(full.asked) == list(range(CASES))
    assert len(twin.asked) == 50  # the pilot alone
    assert found.mean[0] == pytest.approx(harm.mean()) and found.standard_error[0] == 0.0
    assert found.tail_mean == pytest.approx(tail_mean(harm, 0.05)) and found.missed_share == 0.0


def test_the_next_screen_is_tried_after_a_useless_one() -> None:
    harm = losses()
    found = two_phase(CASES, Counted(harm), {"first": Counted(useless(harm)), "second": Counted(biased(harm))})
    assert found.screen == "second" and list(found.ranks) == ["first", "second"]


def test_a_screen_that_says_one_thing_of_all_is_useless() -> None:
    harm = losses()
    found = two_phase(CASES, Counted(harm), {"twin": Counted(np.ones(CASES))})
    assert found.screen is None and found.ranks["twin"] == 0.0


def test_what_the_screen_hides_widens_what_is_solved() -> None:
    """Every twentieth case is bad, and the screen does not see it: random ones find some; more is solved."""
    harm = np.sort(losses(2))[np.random.default_rng(0).permutation(CASES)]
    hidden = np.arange(CASES) % 20 == 7
    shown = harm.copy()
    harm = np.where(hidden, 1e5 + np.arange(CASES), harm)
    found = two_phase(CASES, Counted(harm), {"twin": Counted(shown)}, least_rank=0.5, random_share=0.2)
    assert found.top > 100
    assert found.largest_outside <= found.tail_at


def test_each_case_is_solved_once() -> None:
    harm = losses()
    full = Counted(harm)
    found = two_phase(CASES, full, {"twin": Counted(noisy(harm))})
    assert len(full.asked) == len(set(full.asked)) == found.solved.size


def test_the_first_measure_ranks_and_every_measure_has_a_mean() -> None:
    harm = np.stack([losses(0), losses(1)], axis=1)
    found = two_phase(CASES, Counted(harm), {"twin": Counted(biased(harm))})
    assert found.mean.shape == found.standard_error.shape == (2,)
    assert found.tail_mean == pytest.approx(tail_mean(harm[:, 0], 0.05))
    assert np.all(np.abs(found.mean - harm.mean(axis=0)) <= 5 * found.standard_error)


def test_few_cases_are_all_solved() -> None:
    harm = losses(cases=40)
    found = two_phase(40, Counted(harm), {"twin": Counted(useless(harm))})
    assert found.solved.size == 40 and found.screen is None and not found.ranks


@pytest.mark.parametrize(("cases", "tail"), [(0, 0.05), (10, 0.0), (10, 1.0)])
def test_nonsense_is_refused(cases: int, tail: float) -> None:
    with pytest.raises(BadInput):
        two_phase(cases, Counted(np.ones(10)), {}, tail=tail)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60), st.floats(0.01, 0.99))
def test_the_tail_lies_between_mean_and_largest_and_counts_part_of_a_case(harm: list[int], share: float) -> None:
    values = np.array(harm, dtype=np.float64)
    found = tail_mean(values, share)
    assert values.mean() - 1e-9 <= found <= values.max() + 1e-9
    # Rockafellar and Uryasev: the least of v + mean(max(x − v, 0)) / share over v, which lies at one of the values
    least = min(v + np.maximum(values - v, 0.0).mean() / share for v in values)
    assert found == pytest.approx(least, abs=1e-6)


@given(st.integers(0, 1000))
def test_factor_and_unit_go_through(seed: int) -> None:
    rng = np.random.default_rng(seed)
    guess, harm = rng.random((30, 1)), rng.random((30, 1))
    top, outside = np.arange(5), np.arange(5, 12)
    mean, error = difference_estimate(guess, harm[top], top, harm[outside], outside)
    more, wider = difference_estimate(1000 * guess, 1000 * harm[top], top, 1000 * harm[outside], outside)
    assert more[0] == pytest.approx(1000 * mean[0]) and wider[0] == pytest.approx(1000 * error[0])


def test_ranks() -> None:
    rising = np.arange(10.0)
    assert rank_correlation(rising, rising**3) == pytest.approx(1.0)
    assert rank_correlation(-rising, rising) == pytest.approx(-1.0)
    assert worst_first(np.array([1.0, 3.0, 3.0, 2.0])).tolist() == [1, 2, 3, 0]
