"""The measures of a two-stage programme by hand, and what is refused of its choices, cases and links."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from didymium.engine import Case, Change, FirstStage, LinearProgramme, Links
from didymium.engine.programme import Triples
from didymium.engine.twostage import (
    Cuts,
    checked,
    cvar,
    raised,
    scale_of,
    slope,
    total,
    weights,
    worst_weights,
)
from didymium.errors import BadInput

INF = np.inf
LOSSES = np.array([3.0, 9.0, -2.0, 9.0, 5.0])
SHARES = np.array([0.1, 0.15, 0.4, 0.05, 0.3])


def by_hand(losses: list[float], shares: list[float], alpha: float) -> list[float]:
    """Fill the worst 1 − alpha from the largest loss down, equal ones in their order."""
    left, found = 1 - alpha, [0.0] * len(losses)
    for case in sorted(range(len(losses)), key=lambda n: (-losses[n], n)):
        found[case] = min(shares[case], max(left, 0.0)) / (1 - alpha)
        left -= shares[case]
    return found


@pytest.mark.parametrize("alpha", [0.0, 0.1, 0.5, 0.8, 0.83, 0.9, 0.99])
def test_the_worst_cases_are_filled_from_the_largest_loss_down(alpha: float) -> None:
    want = by_hand(LOSSES.tolist(), SHARES.tolist(), alpha)
    got = worst_weights(LOSSES, SHARES, alpha)
    assert got.tolist() == pytest.approx(want) and got.sum() == pytest.approx(1.0)
    assert cvar(LOSSES, SHARES, alpha) == pytest.approx(float(np.dot(want, LOSSES)))
    for risk in (0.0, 0.3, 1.0):
        mixed = [(1 - risk) * share + risk * worst for share, worst in zip(SHARES, want, strict=True)]
        assert weights(LOSSES, SHARES, risk, alpha).tolist() == pytest.approx(mixed)
        one = stage(cost=[2.0, -1.0])
        assert total(one, np.array([3.0, 4.0]), LOSSES, SHARES, risk, alpha) == pytest.approx(
            2.0 + float(np.dot(mixed, LOSSES))
        )


def test_shares_that_miss_one_by_a_rounding_give_weights_that_do_not() -> None:
    got = worst_weights(LOSSES, SHARES * (1 - 1e-7), 0.0)
    assert got.sum() == pytest.approx(1.0, abs=1e-15) and got == pytest.approx(SHARES)


def stage(**changes: Any) -> FirstStage:
    """Two choices, the first whole, under one row."""
    given = {
        "cost": [1.0, 2.0],
        "is_whole": [True, False],
        "lower": [0.0, -1.0],
        "upper": [5.0, 8.0],
        "matrix": sparse.csc_array([[1.0, -2.0]]),
        "row_lower": [-10.0],
        "row_upper": [4.0],
    }
    return FirstStage(**{**given, **changes})


def test_a_first_stage_keeps_what_it_is_given() -> None:
    one = stage()
    assert one.choices == 2 and one.is_whole.dtype == np.bool_ and one.is_whole.tolist() == [True, False]
    assert (one.cost.tolist(), one.lower.tolist(), one.upper.tolist()) == ([1.0, 2.0], [0.0, -1.0], [5.0, 8.0])
    assert (one.row_lower.tolist(), one.row_upper.tolist()) == ([-10.0], [4.0])
    lp = one.programme(np.array([1.0, 0.0]), np.array([1.0, 3.0]))
    assert (lp.cost.tolist(), lp.col_lower.tolist(), lp.col_upper.tolist()) == ([1.0, 2.0], [1.0, 0.0], [1.0, 3.0])
    assert (lp.row_lower.tolist(), lp.row_upper.tolist()) == ([-10.0], [4.0])
    assert lp.matrix.toarray().tolist() == [[1.0, -2.0]]
    for made in (one, Links(), Case(1.0), Cuts.none(2)):
        with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
            made.cost = 1  # type: ignore[union-attr,misc]
        assert not hasattr(made, "__dict__")


@pytest.mark.parametrize(
    ("x", "allowed"),
    [
        ([4.0, 0.0], True),
        ([4.0, 0.5], True),
        ([4.5, 0.5], False),  # not whole
        ([5.0, 0.0], False),  # above the row
        ([5.0, 0.5], True),
        ([0.0, 5.0], True),
        ([0.0, 5.5], False),  # below the row
        ([4.0 + 5e-7, 0.0], True),
        ([4.0 + 5e-5, 0.5], False),
        ([4.0, 0.5 - 1e-6], True),
        ([0.0, 5.0 + 4e-6], True),
        ([0.0, 5.0 + 9e-6], False),
    ],
)
def test_rows_and_whole_numbers_hold_to_a_millionth(x: list[float], allowed: bool) -> None:
    assert stage().allows(np.array(x)) is allowed


def test_a_first_stage_that_is_not_one_is_refused() -> None:
    with pytest.raises(BadInput, match=r"^portfolio: is_whole has shape \(1,\), the matrix wants \(2,\)"):
        stage(is_whole=[True])
    for changes in ({"upper": [5.0, INF]}, {"lower": [0.0, -INF]}):
        with pytest.raises(BadInput) as refused:
            stage(**changes)
        assert refused.value.line() == "portfolio: choice 1 has no finite lower and upper bound. Give it both."
    with pytest.raises(BadInput, match=r"choice 0 has no finite"):
        stage(lower=[-INF, -INF])


RECOURSE = LinearProgramme(
    np.array([1.0, 1.0, 1.0]),
    sparse.csc_array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]),
    np.array([2.0, -INF]),
    np.array([2.0, 7.0]),
    np.zeros(3),
    np.array([4.0, INF, 6.0]),
)


def triples(*found: tuple[int, int, float]) -> Triples:
    rows, columns, values = zip(*found, strict=True)
    return Triples(np.array(rows, dtype=np.intp), np.array(columns, dtype=np.intp), np.array(values))


def refusal(*cases: Case, risk: float = 0.0, alpha: float = 0.9) -> str:
    with pytest.raises(BadInput) as refused:
        checked(stage(), RECOURSE, cases, risk, alpha)
    return refused.value.line()


def test_shares_are_shares() -> None:
    sound = Case(1.0)
    assert refusal() == "portfolio: there are no cases. Give one or more."
    for risk in (-0.1, 1.1):
        assert refusal(sound, risk=risk) == f"portfolio: risk is {risk}. Expected a share from 0 to 1."
    for alpha in (-0.1, 1.0):
        cure = "Expected a share from 0 to below 1, such as 0.95."
        assert refusal(sound, alpha=alpha) == f"portfolio: alpha is {alpha}. {cure}"
    cure = "Expected shares that sum to 1."
    assert refusal(Case(0.5), Case(0.25)) == f"portfolio: probabilities sum to 0.75. {cure}"
    assert refusal(Case(1.5), Case(-0.5)) == f"portfolio: probabilities sum to 1. {cure}"
    assert refusal(Case(1.0), Case(2e-6)).startswith("portfolio: probabilities sum to 1")
    for risk, alpha in ((0.0, 0.0), (1.0, 0.999)):
        checked(stage(), RECOURSE, [Case(0.75), Case(0.25 + 5e-7), Case(0.0)], risk, alpha)


@pytest.mark.parametrize(
    ("case", "told"),
    [
        (Case(0.5, links=Links(column_upper=triples((3, 0, 1.0)))), "there are 3 columns, none of them 3."),
        (
            Case(0.5, links=Links(column_upper=triples((0, 0, 1.0), (-1, 0, 1.0)))),
            "there are 3 columns, none of them -1.",
        ),
        (Case(0.5, links=Links(column_upper=triples((0, 2, 1.0)))), "there are 2 choices, none of them 2."),
        (Case(0.5, links=Links(row_bound=triples((2, 0, 1.0)))), "there are 2 rows, none of them 2."),
        (Case(0.5, links=Links(row_bound=triples((0, -1, 1.0)))), "there are 2 choices, none of them -1."),
        (Case(0.5, Change.of(cost=([3], 1.0))), "there are 3 columns, none of them 3."),
        (Case(0.5, Change.of(col_lower=([0, 4], 1.0))), "there are 3 columns, none of them 4."),
        (Case(0.5, Change.of(col_upper=([-2], 1.0))), "there are 3 columns, none of them -2."),
        (Case(0.5, Change.of(row_lower=([2], 1.0))), "there are 2 rows, none of them 2."),
        (Case(0.5, Change.of(row_upper=([5], 1.0))), "there are 2 rows, none of them 5."),
        (
            Case(0.5, links=Links(column_upper=triples((0, 0, 1.0), (1, 0, 1.0)))),
            "column 1 has no upper bound to raise.",
        ),
        (
            Case(0.5, Change.of(col_upper=([2], INF)), Links(column_upper=triples((2, 1, 1.0)))),
            "column 2 has no upper bound to raise.",
        ),
        (
            Case(0.5, Change.of(row_lower=([1], 3.0)), Links(row_bound=triples((0, 0, 1.0), (1, 1, 1.0)))),
            "row 1 has two different bounds. Make two rows of it.",
        ),
    ],
)
def test_places_and_choices_that_are_not_there_are_told_with_their_case(case: Case, told: str) -> None:
    assert refusal(Case(0.5), case) == f"portfolio, case 1: {told}"


def test_links_that_can_be_raised_are_taken() -> None:
    links = Links(triples((0, 0, 1.0), (2, 1, 2.0)), triples((0, 0, 1.0), (1, 1, 1.0)))
    checked(stage(), RECOURSE, [Case(1.0, links=links)], 0.0, 0.5)
    lifted = Links(column_upper=triples((1, 0, 1.0)))
    checked(stage(), RECOURSE, [Case(1.0, Change.of(col_upper=([1], 9.0)), lifted)], 0.0, 0.5)


def test_choices_raise_the_bounds_that_the_case_has() -> None:
    """Columns 0 and 2 by 2·3 and 0.5·3 + 1·4; row 0, an equality, on both sides; row 1 above alone."""
    links = Links(triples((2, 0, 0.5), (0, 0, 2.0), (2, 1, 1.0)), triples((1, 1, 10.0), (0, 0, 1.0), (0, 1, -1.0)))
    x = np.array([3.0, 4.0])
    got = raised(RECOURSE, Case(1.0, links=links), x)
    assert (got.col_upper.place.tolist(), got.col_upper.value.tolist()) == ([0, 2], [4.0 + 6.0, 6.0 + 5.5])
    assert (got.row_lower.place.tolist(), got.row_lower.value.tolist()) == ([0, 1], [2.0 - 1.0, -INF])
    assert (got.row_upper.place.tolist(), got.row_upper.value.tolist()) == ([0, 1], [2.0 - 1.0, 7.0 + 40.0])
    assert got.cost.place.size == got.col_lower.place.size == 0

    change = Change.of(col_upper=([2], 60.0), rhs=([0], 20.0), cost=([1], 5.0))
    got = raised(RECOURSE, Case(1.0, change, links), x)
    assert dict(zip(got.col_upper.place.tolist(), got.col_upper.value.tolist(), strict=True)) == {0: 10.0, 2: 65.5}
    assert dict(zip(got.row_lower.place.tolist(), got.row_lower.value.tolist(), strict=True)) == {0: 19.0, 1: -INF}
    assert dict(zip(got.row_upper.place.tolist(), got.row_upper.value.tolist(), strict=True)) == {0: 19.0, 1: 47.0}
    assert (got.cost.place.tolist(), got.cost.value.tolist()) == ([1], [5.0])

    plain = raised(RECOURSE, Case(1.0, change), x)
    assert plain.col_upper.value.tolist() == [60.0] and plain.row_upper.value.tolist() == [20.0]
    only = raised(RECOURSE, Case(1.0, links=Links(row_bound=triples((1, 0, 1.0)))), x)
    assert only.col_upper.place.size == 0 and only.row_upper.value.tolist() == [10.0]


def test_a_loss_falls_with_the_bounds_that_a_choice_raises() -> None:
    links = Links(triples((2, 0, 0.5), (0, 0, 2.0), (2, 1, 1.0)), triples((1, 1, 10.0), (0, 0, 1.0), (0, 1, -1.0)))
    got = slope(Case(1.0, links=links), np.array([3.0, -4.0]), np.array([-5.0, 7.0, 6.0]), 2)
    assert got.tolist() == [2 * -5.0 + 3.0, -40.0 - 3.0]  # a reduced cost above zero is no upper bound's
    assert slope(Case(1.0), np.array([3.0, -4.0]), np.zeros(3), 2).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("value", "nothing", "scale"),
    [
        (5.0, 100.0, 5.0),
        (-5.0, 100.0, 5.0),
        (1e-8, 100.0, 100.0),
        (1e-7, -100.0, 100.0),
        (2e-7, -100.0, 2e-7),
        (0.0, 0.0, 1.0),
        (1e-9, 0.0, 1.0),
        (2e-9, 0.0, 2e-9),
    ],
)
def test_a_gap_is_a_share_of_the_value_or_of_doing_nothing(value: float, nothing: float, scale: float) -> None:
    assert scale_of(value, nothing) == scale


def test_cuts_are_counted() -> None:
    none = Cuts.none(3)
    assert (
        len(none) == 0 and none.slope.shape == (0, 3) and not none.is_single and (none.risk, none.alpha) == (0.0, 0.0)
    )
    assert len(Cuts(np.array([0, 2]), np.zeros(2), np.zeros((2, 3)))) == 2
