"""Sharing what places gain or pay together: Shapley value, nucleolus and core of a game in coalition form.

A game gives each coalition of players a worth v(S), the empty one 0: shortfall avoided, loss avoided, cost saved.
A cost game enters with its savings, or with v = −cost.

    Shapley     φ_i = Σ_{S ⊆ N∖i} |S|! (n − |S| − 1)! / n! · [v(S ∪ i) − v(S)]
    nucleolus   the division whose list of excesses v(S) − x(S), largest first, is the least in order of words
    core        x(N) = v(N) and no coalition gets less than its worth: x(S) ≥ v(S)

Shapley, L. S. 1953, A value for n-person games; Schmeidler, D. 1969, doi:10.1137/0117107.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from didymium.engine import LinearProgramme, solve
from didymium.errors import BadInput

Coalition = frozenset[str]
Game = Mapping[Coalition, float]

MOST_PLAYERS = 15
"""Most players whose 2ⁿ coalitions are listed."""

NUCLEOLUS_PLAYERS = 10
"""Most players of a nucleolus: each of its programmes has a row for every coalition."""

ROUNDING = 1e-7
"""Part of the largest worth below which a dual or a slack is taken for nothing: a hundred times HiGHS's tolerance."""


def coalitions(players: Iterable[str]) -> list[Coalition]:
    """Every coalition, by size and then by name; the empty one first."""
    names = sorted(players)
    return [frozenset(some) for size in range(len(names) + 1) for some in combinations(names, size)]


def players_of(game: Game, most: int = MOST_PLAYERS) -> tuple[str, ...]:
    """The players, in order of name.

    Raises BadInput if there are none or too many, if a coalition has no worth, or if that of the empty one is not 0.
    """
    names = sorted(frozenset().union(*game)) if game else []
    if not 0 < len(names) <= most:
        raise BadInput(f"a game of {len(names)} players", cure=f"Between 1 and {most} can be divided exactly.")
    for some in coalitions(names):
        if some and (some not in game or not np.isfinite(game[some])):
            raise BadInput(f"coalition {'+'.join(sorted(some))} has no worth", cure="Give v(S) for each coalition.")
    if game.get(frozenset(), 0.0) != 0.0:
        raise BadInput(f"nobody is worth {game[frozenset()]}", cure="The worth of the empty coalition is 0.")
    return tuple(names)


def shapley(game: Game) -> dict[str, float]:
    """What each player adds on average over all orders of arrival; the parts add up to v(N).

    Two capacities of 40 against a gap of 60 each fill 30 of it:

    >>> gap = {frozenset("a"): 40.0, frozenset("b"): 40.0, frozenset("ab"): 60.0}
    >>> shapley(gap)
    {'a': 30.0, 'b': 30.0}
    """
    names = players_of(game)
    n = len(names)
    worth = {frozenset[str](): 0.0, **game}
    found = {}
    for player in names:
        others = [name for name in names if name != player]
        found[player] = sum(
            (worth[some | {player}] - worth[some]) / (n * comb(n - 1, len(some))) for some in coalitions(others)
        )
    return found


def last_in(game: Game) -> dict[str, float]:
    """What is lost without each player alone: v(N) − v(N∖i). Complements are counted more than once."""
    whole = frozenset(players_of(game))
    return {player: game[whole] - (game[whole - {player}] if len(whole) > 1 else 0.0) for player in sorted(whole)}


def nucleolus(game: Game) -> dict[str, float]:
    """The division of v(N) that makes the worst-treated coalition as well off as can be, then the next, and so on.

    A sequence of linear programmes, each lowers the largest excess among the coalitions that are still open:

        minimise e    subject to    x(N) = v(N),  x(S) + e ≥ v(S) for open S,  x(S) = v(S) − e_S for settled S

    A coalition is settled once its dual is above 0, since then it binds in every optimum, or once the settled ones
    determine it. It ends when the settled coalitions determine every share. Shares are not held above a player's own
    worth; in a game whose core is not empty they are so by themselves.

    >>> estate = {frozenset("a"): 0.0, frozenset("b"): 0.0, frozenset("ab"): 10.0}
    >>> {player: round(part, 6) for player, part in nucleolus(estate).items()}
    {'a': 5.0, 'b': 5.0}
    """
    from scipy.sparse import csc_array

    names = players_of(game, NUCLEOLUS_PLAYERS)
    n = len(names)
    whole = frozenset(names)
    if n == 1:
        return {names[0]: float(game[whole])}
    proper = [some for some in coalitions(names) if some and some != whole]
    inside = np.array([[float(name in some) for name in names] for some in [*proper, whole]])
    worth = np.array([game[some] for some in [*proper, whole]], dtype=np.float64)
    size = max(float(np.abs(worth).max()), 1.0)
    lower, upper = worth / size, np.full(worth.size, np.inf)
    upper[-1] = lower[-1]
    is_open = np.ones(worth.size, dtype=bool)
    is_open[-1] = False
    share = np.zeros(n)
    while _rank(inside[~is_open]) < n:
        matrix = csc_array(np.column_stack([inside, is_open.astype(np.float64)]))
        free = np.full(n + 1, np.inf)
        answer = solve(LinearProgramme(np.append(np.zeros(n), 1.0), matrix, lower, upper, -free, free))
        share, most = answer.x[:n], float(answer.x[n])
        binding = is_open & (answer.row_dual > ROUNDING)
        lower = np.where(binding, lower - most, lower)
        upper = np.where(binding, lower, upper)
        is_open &= ~binding
        implied = is_open & _spanned(inside, inside[~is_open])
        lower[implied], upper[implied] = -np.inf, np.inf
        is_open &= ~implied
        if implied.any():  # what the settled ones imply needs no row of its own
            keep = ~implied
            inside, lower, upper, is_open = inside[keep], lower[keep], upper[keep], is_open[keep]
    return {name: float(part * size) for name, part in zip(names, share, strict=True)}


def _rank(rows: NDArray[np.float64]) -> int:
    return int(np.linalg.matrix_rank(rows)) if rows.size else 0


def _spanned(rows: NDArray[np.float64], basis: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which rows are linear combinations of the basis: their share is determined with it."""
    _, strength, directions = np.linalg.svd(basis, full_matrices=False)
    directions = directions[strength > ROUNDING]
    rest = rows - rows @ directions.T @ directions
    return np.asarray(np.abs(rest).max(axis=1) < ROUNDING)


def objections(game: Game, shares: Mapping[str, float], *, tolerance: float | None = None) -> dict[Coalition, float]:
    """Coalitions that could do better alone, and by how much [unit of the game]: v(S) − x(S) above rounding."""
    whole = frozenset(players_of(game))
    least = ROUNDING * max(1.0, *(abs(v) for v in game.values())) if tolerance is None else tolerance
    excess = {some: game[some] - sum(shares[p] for p in some) for some in coalitions(whole) if some}
    return {some: more for some, more in excess.items() if more > least}


def is_in_core(game: Game, shares: Mapping[str, float], *, tolerance: float | None = None) -> bool:
    """True if the shares add up to v(N) and no coalition could do better alone.

    >>> game = {frozenset("a"): 1.0, frozenset("b"): 1.0, frozenset("ab"): 3.0}
    >>> is_in_core(game, {"a": 1.5, "b": 1.5}), is_in_core(game, {"a": 0.5, "b": 2.5})
    (True, False)
    """
    whole = frozenset(players_of(game))
    least = ROUNDING * max(1.0, *(abs(v) for v in game.values())) if tolerance is None else tolerance
    is_whole = abs(sum(shares[p] for p in whole) - game[whole]) <= least
    return is_whole and not objections(game, shares, tolerance=tolerance)
