"""The price response: known answers of partial equilibrium, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from didymium.model.price_response import Source, cleared, consumer_loss, spread

FAR = 1e12  # a choke price that no case reaches

elasticities = st.floats(0.05, 1.0)
losses = st.floats(0.0, 0.9)


def test_half_is_lost() -> None:
    answer = cleared([Source(1.0, 0.2, lost_share=0.5)], -0.2, FAR)
    assert answer.price == pytest.approx(5.656854, abs=5e-7)
    assert answer.quantity == pytest.approx(0.707107, abs=5e-7)


def test_a_cap_binds() -> None:
    answer = cleared([Source(1.0, 0.2, lost_share=0.5, cap=1.1)], -0.2, FAR)  # 0.55 is the most that is left
    assert answer.price == pytest.approx(19.869482, abs=5e-7)
    assert answer.quantity == pytest.approx(0.55, rel=1e-9)


def test_nothing_lost_changes_nothing() -> None:
    assert cleared([Source(3.0, 0.2), Source(1.0)], -0.2, FAR) == cleared([Source(1.0)], -0.9, FAR)
    assert (cleared([Source(3.0, 0.2)], -0.2, FAR).price, cleared([Source(3.0)], -0.2, FAR).quantity) == (1.0, 1.0)


def test_supply_that_answers_without_end_keeps_the_price() -> None:
    prices = [cleared([Source(1.0, lost_share=0.5), Source(1.0, e)], -0.2, FAR).price for e in (1, 10, 100, 1000)]
    assert prices == sorted(prices, reverse=True)
    assert prices[-1] == pytest.approx(1.0, abs=1e-3)


def test_a_full_stop_of_two_equal_sources_by_hand() -> None:
    """Half of supply does not answer and is lost, the other half neither: p = 0.5 ** (1 / −0.2)."""
    assert cleared([Source(1.0, lost_share=1.0), Source(1.0)], -0.2, FAR).price == pytest.approx(0.5**-5)


def test_above_the_choke_price_there_is_rationing() -> None:
    answer = cleared([Source(1.0, lost_share=0.9)], -0.1, choke=100.0)
    assert answer.is_rationed and answer.price == 100.0
    assert answer.quantity == pytest.approx(0.1)
    assert not cleared([Source(1.0, lost_share=0.1)], -0.1, choke=100.0).is_rationed


def test_what_buyers_lose() -> None:
    assert consumer_loss(2.0, -1.0) == pytest.approx(np.log(2.0))
    assert consumer_loss(2.0, -0.999999) == pytest.approx(np.log(2.0), rel=1e-5)
    p = np.linspace(1.0, 3.0, 20_001)
    assert consumer_loss(3.0, -0.3) == pytest.approx(float(np.trapezoid(p**-0.3, p)), rel=1e-8)


@pytest.mark.parametrize(
    ("demand", "choke", "said"), [(0.1, 10.0, "below 0"), (0.0, 10.0, "below 0"), (-0.1, 1.0, "above 1")]
)
def test_nonsense_is_refused(demand: float, choke: float, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        cleared([Source(1.0)], demand, choke)


@given(losses, losses, elasticities, elasticities, st.floats(0.1, 10.0))
def test_a_deeper_loss_never_lowers_the_price(a: float, b: float, e_d: float, e_s: float, rest: float) -> None:
    low, high = (
        cleared([Source(1.0, lost_share=x), Source(rest, e_s, cap=1.2 * rest)], -e_d, FAR) for x in sorted((a, b))
    )
    assert high.price >= low.price * (1 - 1e-9)
    assert high.quantity <= low.quantity * (1 + 1e-9)


@given(losses, elasticities, elasticities, st.floats(0.1, 10.0), st.floats(1e-6, 1e6))
def test_units_do_not_matter_and_the_market_clears(
    lost: float, e_d: float, e_s: float, rest: float, scale: float
) -> None:
    sources = [Source(1.0, lost_share=lost), Source(rest, e_s, cap=1.2 * rest)]
    answer = cleared(sources, -e_d, FAR)
    scaled = cleared([Source(scale, lost_share=lost), Source(scale * rest, e_s, cap=scale * 1.2 * rest)], -e_d, FAR)
    assert scaled.price == pytest.approx(answer.price, rel=1e-9)
    if not answer.is_rationed:
        supplied = sum(s.supply(answer.price) for s in sources)
        assert supplied == pytest.approx((1.0 + rest) * answer.price**-e_d, rel=1e-8)


def test_a_range_is_even_in_the_logarithm() -> None:
    assert spread(0.2, 2.0, np.array([0.0, 0.25, 0.5, 1.0])) == pytest.approx([0.1, 0.2 / 2**0.5, 0.2, 0.4])
