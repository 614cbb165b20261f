"""The formulas of the gap ledger: shares of surplus, contracts, projects that rise, and what is missing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from didymium.model.ledger import Addition, Chances, Entry, Offtake, deliveries, rising, share_surplus
from didymium.scenario.uncertain import split_uniform

YEARS = np.array([2026.0, 2027.0, 2028.0, 2029.0])
tonnes = arrays(np.float64, (2, 4), elements=st.floats(0, 1e5))


def entry(**given: float) -> Entry:
    zero = np.zeros((1, 1))
    return Entry(**{name: zero + given.get(name, 0.0) for name in ("need", "own", "contracted", "allied")})


def test_the_gap_is_what_no_one_covers() -> None:
    """100 − 30 − 20 − 10 = 40 t; and never below zero."""
    assert entry(need=100, own=30, contracted=20, allied=10).gap == 40
    assert entry(need=100, own=130).gap == 0


# --- surplus of allies ------------------------------------------------------------------------------------------


def flat(**by_region: float) -> dict[str, np.ndarray]:
    return {r: np.full((1, 1), float(v)) for r, v in by_region.items()}


def test_surplus_is_shared_in_proportion_to_what_each_lacks() -> None:
    """AUS has 30 t beyond its need. USA lacks 20, JPN 40: half of each is covered, 10 and 20 t."""
    need, own = flat(AUS=10, USA=50, JPN=60), flat(AUS=40, USA=30, JPN=20)
    drawn = share_surplus(need, own, flat(AUS=0, USA=0, JPN=0), ("AUS", "USA", "JPN"))
    assert {r: d.item() for r, d in drawn.items()} == pytest.approx({"AUS": 0, "USA": 10, "JPN": 20})


def test_what_is_sold_under_contract_is_no_surplus() -> None:
    """AUS has sold 25 of its 30 t to JPN: 5 t are left, and JPN lacks 15: of 35 t wanted a seventh is covered."""
    need, own = flat(AUS=10, USA=50, JPN=60), flat(AUS=40, USA=30, JPN=20)
    drawn = share_surplus(need, own, flat(AUS=-25, USA=0, JPN=25), ("AUS", "USA", "JPN"))
    assert {r: d.item() for r, d in drawn.items()} == pytest.approx({"AUS": 0, "USA": 20 / 7, "JPN": 15 / 7})


def test_with_plenty_each_gets_what_it_lacks() -> None:
    drawn = share_surplus(flat(AUS=0, USA=50), flat(AUS=400, USA=30), flat(AUS=0, USA=0), ("AUS", "USA"))
    assert drawn["USA"] == 20


@given(need=st.tuples(tonnes, tonnes, tonnes), own=st.tuples(tonnes, tonnes, tonnes), sold=st.floats(0, 1e5))
def test_shares_exceed_neither_the_surplus_nor_the_lack(need, own, sold) -> None:
    names = ("AUS", "USA", "JPN")
    needed, made = dict(zip(names, need, strict=True)), dict(zip(names, own, strict=True))
    contract = np.minimum(sold, made["AUS"])
    firm = {"AUS": -contract, "USA": np.zeros((2, 4)), "JPN": contract}
    drawn = share_surplus(needed, made, firm, names)
    surplus = sum(np.maximum(made[r] + np.minimum(firm[r], 0) - needed[r], 0) for r in names)
    assert (sum(drawn.values()) <= surplus + 1e-6).all()
    for r in names:
        assert (drawn[r] >= 0).all()
        assert (drawn[r] <= np.maximum(needed[r] - made[r] - firm[r], 0) + 1e-6).all()


# --- contracts --------------------------------------------------------------------------------------------------


def offtake(quantity: float, *, party: str = "JPN", plant: str = "", years: tuple[int, int] = (2026, 2029)) -> Offtake:
    return Offtake(party, "dy_oxide", quantity, *years, "FRA", plant)


def test_a_contract_holds_in_its_years() -> None:
    (got,) = deliveries([offtake(50, years=(2027, 2028))], YEARS, {"FRA": np.full((1, 4), 80.0)})
    assert got.tolist() == [[0, 50, 50, 0]]


def test_a_contract_gets_no_more_than_the_plant_makes() -> None:
    """The plant ramps up: 0, 20, 40, 60 t; its contract of 50 t is met in the last year only, whatever the country
    makes.
    """
    made = {"lacq": np.array([[0.0, 20.0, 40.0, 60.0]]), "FRA": np.full((1, 4), 1000.0)}
    (got,) = deliveries([offtake(50, plant="lacq")], YEARS, made)
    assert got.tolist() == [[0, 20, 40, 50]]


def test_contracts_on_one_plant_share_what_it_makes() -> None:
    """Promised 60 to JPN and 20 to USA, made 40: each gets half of its promise."""
    deals = [offtake(60, plant="lacq"), offtake(20, party="USA", plant="lacq")]
    first, second = deliveries(deals, YEARS, {"lacq": np.full((1, 4), 40.0)})
    assert first.tolist() == [[30] * 4] and second.tolist() == [[10] * 4]


@given(
    st.lists(st.tuples(st.floats(0, 1e4), st.integers(2024, 2031), st.integers(0, 5)), min_size=1, max_size=5), tonnes
)
def test_contracts_together_never_exceed_the_plant(deals, made) -> None:
    got = deliveries([offtake(q, plant="p", years=(y, y + n)) for q, y, n in deals], YEARS, {"p": made})
    assert (sum(got) <= made * (1 + 1e-9) + 1e-9).all()
    for (quantity, _, _), amount in zip(deals, got, strict=True):
        assert (amount >= 0).all() and (amount <= quantity).all()


# --- projects ---------------------------------------------------------------------------------------------------

CHANCES = Chances(
    {"construction": (0.4, 0.65, 0.85), "sure": (1.0, 1.0, 1.0)}, (0.2, 0.25, 0.52), (1.0, 2.0, 4.0), as_of=2026.0
)


def project(status: str = "construction", start: float = 2028.0, name: str = "p") -> Addition:
    return Addition(name, "separated", "dy_oxide", "FRA", 100.0, status, start)


def test_expected_output_by_hand() -> None:
    """Start 2028, two years from 2026, late by a quarter of that: 2028.5. At mid-2029 half of the two years of ramp
    have passed.

    100 t · 0.65 · (2029.5 − 2028.5) / 2 = 32.5 t; at mid-2028 it just starts.
    """
    made = rising([project()], YEARS, CHANCES, 0, seed=0)
    assert made.shape == (1, 1, 4)
    assert made[0, 0].tolist() == pytest.approx([0, 0, 0, 32.5])


def test_a_start_in_the_past_does_not_slip() -> None:
    made = rising([project(start=2025.0)], YEARS, CHANCES, 0, seed=0)
    assert made[0, 0].tolist() == pytest.approx([0.65 * 75, 65, 65, 65])  # mid-2026: 1.5 of 2 years


def test_draws_follow_the_ranges() -> None:
    """With chance 1 every draw works; starts lie between 20 and 52 % late and ramps between 1 and 4 years."""
    made = rising([project("sure")], np.array([2030.0]), CHANCES, 2000, seed=3)[0, 1:, 0]
    earliest, latest = 100 * 1.0, 100 * (2030.5 - 2028 - 2 * 0.52) / 4
    assert latest <= made.min() and made.max() <= earliest
    assert made.std() > 1


def test_a_project_works_or_fails_as_a_whole() -> None:
    """Rows of one project stand or fall together; the share of draws that work is near the chance of its status."""
    made = rising([project(), project(), project(name="q")], np.array([2040.0]), CHANCES, 4000, seed=5)[:, 1:, 0]
    assert set(np.unique(made)) == {0.0, 100.0}
    np.testing.assert_array_equal(made[0], made[1])
    assert (made[0] != made[2]).any()
    assert (made[0] > 0).mean() == pytest.approx(
        0.64, abs=0.03
    )  # mean of the range: half of (0.4+0.65)/2 and (0.65+0.85)/2


def test_the_same_seed_gives_the_same_draws() -> None:
    a, b, c = (rising([project()], YEARS, CHANCES, 50, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert (a != c).any()


@given(st.floats(0, 1), st.tuples(st.floats(-1e3, 1e3), st.floats(0, 1e3), st.floats(0, 1e3)))
def test_a_range_has_its_central_value_as_median(u: float, edges: tuple[float, float, float]) -> None:
    low, value, high = edges[0], edges[0] + edges[1], edges[0] + edges[1] + edges[2]
    drawn = float(split_uniform(np.array(u), low, value, high))
    slack = 1e-9 * (abs(low) + abs(high))
    assert low - slack <= drawn <= high + slack
    assert (u < 0.5 and drawn <= value + slack) or (u >= 0.5 and drawn >= value - slack)
    assert split_uniform(np.array(0.5), low, value, high) == pytest.approx(value)


@pytest.mark.parametrize(
    ("quantile", "year"), [(0.0, 2028.4), (0.5, 2028.5), (0.1, 2028.42), (0.9, 2028.932), (1.0, 2029.04)]
)
def test_a_start_slips_by_a_share_of_the_time_left(quantile: float, year: float) -> None:
    """Two years from 2026 to 2028; the slip is 20–25–52 % of them, and P90 lies at 25 + 0.8 · 27 = 46.6 %."""
    assert CHANCES.start(project(), quantile) == pytest.approx(year)
    assert CHANCES.start(project(start=2025.0), quantile) == 2025.0
