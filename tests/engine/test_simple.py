"""Recourse of rows that stand alone: losses against a solver, slopes against the losses, refusals in their case."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from didymium.engine import Case, Change, LinearProgramme, Links
from didymium.engine import simple as module
from didymium.engine.programme import Triples
from didymium.engine.simple import SimpleRecourse, is_simple
from didymium.errors import BadInput

INF = np.inf
ROWS, COLUMNS, CHOICES = 3, 8, 4
WIDE = np.array([0.0, 1.5, INF])  # an equality, a range, a lower bound
AT = [0, 1, 1, 0, 2, 1, 0, -1]  # the row of each column; the last stands in none


def recourse(seed: int = 0) -> LinearProgramme:
    """Rows of three, three and one columns; each row has columns that can always meet it, at a price."""
    chance = np.random.default_rng(seed)
    matrix = np.zeros((ROWS, COLUMNS))
    for column, row in enumerate(AT):
        if row >= 0:
            matrix[row, column] = chance.choice([-1.0, 1.0]) * chance.uniform(0.5, 2.0)
    cost = chance.uniform(-3, 6, COLUMNS)
    lower, upper = -chance.uniform(0, 2, COLUMNS), chance.uniform(1, 4, COLUMNS)
    low = chance.uniform(-2, 1, ROWS)
    return LinearProgramme(cost, sparse.csc_array(matrix), low, low + WIDE, lower, upper)


def triples(*found: tuple[int, int, float]) -> Triples:
    rows, columns, values = zip(*found, strict=True)
    return Triples(np.array(rows, dtype=np.intp), np.array(columns, dtype=np.intp), np.array(values))


def cases() -> list[Case]:
    return [
        Case(0.2),
        Case(0.3, Change.of(cost=([0, 3, 7], [4.0, -1.0, 2.0]), col_upper=([4], 6.0))),
        Case(
            0.1,
            Change.of(row_lower=([2], 0.5), col_lower=([1, 7], -0.5)),
            Links(triples((0, 1, 0.7), (4, 3, 1.1), (0, 0, 0.2)), triples((2, 2, 0.3))),
        ),
        Case(0.4, links=Links(row_bound=triples((0, 1, 0.2), (0, 2, -0.3), (2, 0, 0.4)))),
    ]


def whole(lp: LinearProgramme, case: Case, x: np.ndarray) -> float:
    """The loss of a case by a solver, with its bounds written down anew."""
    now = lp.changed(case.change)
    upper, low, high = now.col_upper.copy(), now.row_lower.copy(), now.row_upper.copy()
    for place, choice, value in zip(*case.links.column_upper, strict=True):
        upper[place] += value * x[choice]
    for place, choice, value in zip(*case.links.row_bound, strict=True):
        low[place] += value * x[choice]
        high[place] += value * x[choice]
    a = now.matrix.toarray()
    rows = np.concatenate([a[np.isfinite(high)], -a[np.isfinite(low)]])
    limits = np.concatenate([high[np.isfinite(high)], -low[np.isfinite(low)]])
    bounds = [(l, u) for l, u in zip(now.col_lower, upper, strict=True)]  # noqa: E741
    found = linprog(now.cost, A_ub=rows, b_ub=limits, bounds=bounds)
    assert found.status == 0, found.message
    return float(found.fun)


POINTS = [np.zeros(CHOICES), np.array([1.0, 0.0, 2.0, 0.5]), np.array([0.3, 1.4, 0.2, 0.9])]


def sound(seed: int) -> LinearProgramme:
    """A recourse that has an answer in every case at every point of the test: its rows ask for less."""
    lp = recourse(seed)
    room = np.abs(lp.matrix.toarray()) @ (lp.col_upper - lp.col_lower)
    middle = lp.matrix.toarray() @ (lp.col_upper + lp.col_lower) / 2
    low = np.clip(lp.row_lower, middle - room / 4, middle + room / 8)
    return LinearProgramme(lp.cost, lp.matrix, low, low + WIDE, lp.col_lower, lp.col_upper)


def answer(seed: int, x: np.ndarray) -> tuple[LinearProgramme, list[Case], Any]:
    lp, told = sound(seed), cases()
    told[2] = Case(0.1, Change.of(col_lower=([1, 7], -0.5)), told[2].links)
    return lp, told, SimpleRecourse(lp, told, choices=CHOICES).at(x, INF)


@pytest.mark.parametrize("x", POINTS, ids=range(len(POINTS)))
@pytest.mark.parametrize("seed", range(6))
def test_losses_are_those_of_a_solver(seed: int, x: np.ndarray) -> None:
    try:
        lp, told, (losses, bounds, _) = answer(seed, x)
    except BadInput:
        pytest.fail("the cases of this test have an answer")
    assert losses.tolist() == pytest.approx([whole(lp, case, x) for case in told], abs=1e-9)
    assert bounds is losses


@pytest.mark.parametrize("seed", range(6))
def test_a_slope_proves_the_loss_of_every_other_choice_from_below(seed: int) -> None:
    """loss(x) ≥ loss(x̂) + slope · (x − x̂), and it is met where a choice moves by little."""
    for at in POINTS:
        _, _, (losses, _, slopes) = answer(seed, at)
        assert slopes.shape == (4, CHOICES)
        for x in (*POINTS, at + 1e-4 * np.eye(CHOICES)[1], at - 1e-4 * np.eye(CHOICES)[2]):
            found = answer(seed, x)[2][0]
            proven = losses + slopes @ (x - at)
            assert (found >= proven - 1e-9).all()
            if np.abs(x - at).max() <= 1e-4 and x is not at:
                assert found == pytest.approx(proven, abs=2e-3)
        assert not slopes.toarray()[:2].any()  # cases without links


def test_what_stands_alone_and_what_fits_is_simple(monkeypatch: pytest.MonkeyPatch) -> None:
    lp = recourse()
    assert is_simple(lp, 4)
    two = LinearProgramme(
        lp.cost[:2], sparse.csc_array([[1.0, 1.0], [0.0, 1.0]]), np.zeros(2), np.ones(2), np.zeros(2), np.ones(2)
    )
    assert not is_simple(two, 1)
    # columns 8; the widest row has 3 members, in 3 rows and the one for columns that stand in none: 12 numbers a case
    monkeypatch.setattr(module, "MOST", 48)
    assert is_simple(lp, 4) and not is_simple(lp, 5)
    flat = LinearProgramme(
        np.ones(9), sparse.csc_array(np.eye(9)[:8]), np.zeros(8), np.ones(8), np.zeros(9), np.ones(9)
    )
    assert is_simple(flat, 5) and not is_simple(flat, 6)


def one(cost: list[float], row: list[float], low: float, high: float, lower: list[float], upper: list[float]) -> Any:
    lp = LinearProgramme(
        np.array(cost), sparse.csc_array([row]), np.array([low]), np.array([high]), np.array(lower), np.array(upper)
    )
    return lambda *told: SimpleRecourse(lp, list(told) or [Case(1.0)], choices=1).at(np.ones(1), INF)


CURE = "Let it fall short at a price, whatever is chosen."


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (
            one([1.0], [1.0], 5.0, 9.0, [0.0], [4.0]),
            f"portfolio, case 0: the recourse contradicts itself at row 0. {CURE}",
        ),
        (
            one([1.0], [1.0], -9.0, -1.0, [0.0], [4.0]),
            f"portfolio, case 0: the recourse contradicts itself at row 0. {CURE}",
        ),
        (
            one([1.0], [-2.0], 1.0, INF, [0.0], [4.0]),
            f"portfolio, case 0: the recourse contradicts itself at row 0. {CURE}",
        ),
        (
            one([-1.0], [1.0], -INF, INF, [0.0], [INF]),
            "portfolio, case 0: the cost falls without end. Bound its columns.",
        ),
        (one([1.0], [1.0], 0.0, INF, [-INF], [INF]), None),
        (one([1.0], [1.0], 4.0, 9.0, [0.0], [4.0]), None),
        (one([1.0], [1.0], -9.0, 0.0, [0.0], [4.0]), None),
    ],
    ids=range(7),
)
def test_what_cannot_be_is_refused_and_the_edge_of_it_is_not(made: Any, told: str | None) -> None:
    if told is None:
        assert made()[0].tolist() == pytest.approx([4.0 if made() and made()[0][0] > 1 else 0.0])
        return
    with pytest.raises(BadInput) as refused:
        made()
    assert refused.value.line() == told


def test_the_case_that_cannot_be_is_named() -> None:
    made = one([1.0, 9.0], [1.0, 0.0], 2.0, 3.0, [0.0, 0.0], [4.0, 1.0])
    sound_one, far = Case(0.5), Case(0.5, Change.of(row_lower=([0], 7.0), row_upper=([0], 8.0)))
    with pytest.raises(BadInput, match=r"^portfolio, case 1: the recourse contradicts itself at row 0\."):
        made(sound_one, far)
    falling = Case(0.5, links=Links(column_upper=triples((1, 0, -3.0))))
    what = "a column with its upper bound below its lower"
    with pytest.raises(BadInput, match=rf"^portfolio, case 1: the recourse contradicts itself at {what}\."):
        made(sound_one, falling)
    with pytest.raises(BadInput):
        made(sound_one, Case(0.5, Change.of(cost=([0], INF))))
    with pytest.raises(BadInput):
        made(sound_one, Case(0.5, Change.of(col_lower=([0], 5.0))))
    raised = Case(0.5, links=Links(row_bound=triples((0, 0, 1.5))))
    losses, _, slopes = made(sound_one, raised)
    assert losses.tolist() == [2.0, 3.5] and slopes.toarray().tolist() == [[0.0], [1.5]]
