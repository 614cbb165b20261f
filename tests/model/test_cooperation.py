"""Shares of a game: published divisions, identities, and laws over drawn games."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didymium.errors import BadInput
from didymium.model.cooperation import (
    Coalition,
    coalitions,
    is_in_core,
    last_in,
    nucleolus,
    objections,
    players_of,
    shapley,
)


def capped(caps: dict[str, float], gap: float) -> dict[Coalition, float]:
    return {some: min(gap, sum(caps[p] for p in some)) for some in coalitions(caps)}


def bankruptcy(estate: float, claims: dict[str, float]) -> dict[Coalition, float]:
    """What a coalition gets once all others are paid in full."""
    return {
        some: max(0.0, estate - sum(c for p, c in claims.items() if p not in some)) if some else 0.0
        for some in coalitions(claims)
    }


CLAIMS = {"a": 100.0, "b": 200.0, "c": 300.0}


@pytest.mark.parametrize(
    ("caps", "expected"), [((40.0, 40.0), (30.0, 30.0)), ((60.0, 20.0), (50.0, 10.0))], ids=["equal", "unequal"]
)
def test_two_capacities_share_a_gap_of_sixty(caps: tuple[float, float], expected: tuple[float, float]) -> None:
    assert tuple(shapley(capped(dict(zip("ab", caps, strict=True)), 60.0)).values()) == expected


def test_in_an_additive_game_each_gets_its_own() -> None:
    caps = {"a": 3.0, "b": 5.0, "c": 11.0}
    game = capped(caps, 1e9)
    assert shapley(game) == pytest.approx(caps, rel=1e-12)
    assert nucleolus(game) == pytest.approx(caps, abs=1e-6)
    assert last_in(game) == caps


def test_a_dummy_gets_nothing_and_twins_the_same() -> None:
    game = capped({"a": 40.0, "b": 40.0, "idle": 0.0}, 60.0)
    assert shapley(game)["idle"] == 0.0
    assert shapley(game)["a"] == shapley(game)["b"]
    assert last_in(game) == {"a": 20.0, "b": 20.0, "idle": 0.0}


@pytest.mark.parametrize(
    ("estate", "expected"),
    [(100.0, (100 / 3, 100 / 3, 100 / 3)), (200.0, (50.0, 75.0, 75.0)), (300.0, (50.0, 100.0, 150.0))],
)
def test_the_talmud_divides_three_estates(estate: float, expected: tuple[float, ...]) -> None:
    """Aumann & Maschler 1985, doi:10.1016/0022-0531(85)90102-4: the nucleolus of each estate is the Talmud's."""
    game = bankruptcy(estate, CLAIMS)
    assert tuple(nucleolus(game).values()) == pytest.approx(expected, abs=1e-5)
    assert is_in_core(game, nucleolus(game))


def test_the_glove_game_gives_all_to_the_scarce_side() -> None:
    """One left glove, two right ones: core and nucleolus (1, 0, 0), Shapley (2/3, 1/6, 1/6)."""
    game = {some: float("l" in some and len(some) > 1) for some in coalitions(("l", "r1", "r2"))}
    assert nucleolus(game) == pytest.approx({"l": 1.0, "r1": 0.0, "r2": 0.0}, abs=1e-6)
    assert shapley(game) == pytest.approx({"l": 2 / 3, "r1": 1 / 6, "r2": 1 / 6}, rel=1e-12)
    assert not is_in_core(game, shapley(game))
    assert objections(game, shapley(game)) == pytest.approx(
        {frozenset(("l", "r1")): 1 / 6, frozenset(("l", "r2")): 1 / 6}
    )


def test_a_game_without_a_core_has_a_nucleolus() -> None:
    """Three players, any two of whom win: equal shares, which every pair could better."""
    game = {some: float(len(some) > 1) for some in coalitions("abc")}
    shares = nucleolus(game)
    assert shares == pytest.approx(dict.fromkeys("abc", 1 / 3), abs=1e-6)
    assert len(objections(game, shares)) == 3


GAMES = st.integers(2, 5).flatmap(
    lambda n: st.lists(st.floats(0, 100, width=32), min_size=2**n - 1, max_size=2**n - 1).map(
        lambda worths: dict(zip(coalitions("abcde"[:n])[1:], map(float, worths), strict=True))
    )
)


@given(GAMES)
@settings(max_examples=40, deadline=None)
def test_all_of_the_worth_is_divided(game: dict[Coalition, float]) -> None:
    whole = frozenset(players_of(game))
    assert sum(shapley(game).values()) == pytest.approx(game[whole], abs=1e-9)
    assert sum(nucleolus(game).values()) == pytest.approx(game[whole], abs=1e-4)


@given(GAMES, st.integers(0, 2**31 - 1))
@settings(max_examples=30, deadline=None)
def test_no_other_division_makes_the_largest_excess_smaller(game: dict[Coalition, float], seed: int) -> None:
    """The list of excesses of the nucleolus comes first among all divisions; its largest entry is the least."""
    names = players_of(game)
    proper = [some for some in coalitions(names) if some and len(some) < len(names)]

    def worst(shares: dict[str, float]) -> float:
        return max(game[some] - sum(shares[p] for p in some) for some in proper)

    found = nucleolus(game)
    move = np.random.default_rng(seed).normal(size=len(names)) * 10.0
    move -= move.mean()
    other = {p: found[p] + d for p, d in zip(names, move.tolist(), strict=True)}
    assert worst(found) <= worst(other) + 1e-4


@given(GAMES)
@settings(max_examples=20, deadline=None)
def test_units_and_names_do_not_matter(game: dict[Coalition, float]) -> None:
    scaled = {some: 1000.0 * worth for some, worth in game.items()}
    assert shapley(scaled) == pytest.approx({p: 1000.0 * x for p, x in shapley(game).items()}, abs=1e-6)
    turned = dict(zip("abcde", "edcba", strict=True))
    renamed = {frozenset(turned[p] for p in some): worth for some, worth in game.items()}
    assert nucleolus(renamed) == pytest.approx({turned[p]: x for p, x in nucleolus(game).items()}, abs=1e-3)


@pytest.mark.parametrize(
    ("game", "said"),
    [
        ({}, "0 players"),
        ({frozenset("a"): 1.0, frozenset("ab"): 1.0}, "coalition b has no worth"),
        ({frozenset("a"): float("nan")}, "coalition a has no worth"),
        ({frozenset(): 2.0, frozenset("a"): 1.0}, "nobody is worth"),
    ],
)
def test_what_is_no_game_is_refused(game: dict[Coalition, float], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        shapley(game)


def test_a_worth_next_to_nothing_is_no_number_for_the_solver() -> None:
    """The smallest float above zero beside 1: lost in any sum, and nothing that a solver takes as a bound."""
    game = {frozenset("a"): 0.0, frozenset("b"): 1.0, frozenset("ab"): 5e-324}
    assert nucleolus(game) == pytest.approx({"a": -0.5, "b": 0.5}, abs=1e-6)
