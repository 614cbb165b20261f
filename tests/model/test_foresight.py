"""Two kinds of foresight, on equal terms, and what is read out of a run."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_chain import SmallChain

from didymium.model.foresight import Runner
from didymium.model.network import quantities
from didymium.model.outcome import Outcome, days_in


def two_suppliers(**settings) -> SmallChain:
    """C buys 60 t from A and 40 t from B; both can add a tenth; users hold stocks."""
    chain = SmallChain(
        **{"months": 8, "prices": {"good": 30.0}, "cover_days": 40, "discount": 0.07, "spare": 0.1} | settings
    )
    chain.process("make", "magnet", {}, {"good": 1.0}).runs("make", "AAA", 60).runs("make", "BBB", 80)
    chain.ships("good", "AAA", "CCC", 60).ships("good", "BBB", "CCC", 40)
    chain.uses("good", "BBB", "motors", 40, value=400, flexible=(0.2, 60))
    return chain.uses("good", "CCC", "cars", 100, value=900, flexible=(0.15, 90))


def cost(outcome: Outcome, chain: SmallChain) -> float:
    """Discounted cost of a run [million USD], from what was done: production, freight, lost value, less what stocks are
    worth.

    These chains have no pool stocks and no co-products, so nothing else costs.
    """
    network = outcome.network
    q = quantities(Runner.of(chain.inputs, chain.base).kept.inputs(chain.inputs), chain.base, network)
    usual = np.minimum(outcome.activity, q.activity_usual)
    extra = outcome.activity - usual
    month = (
        (0.95 * usual + 1.05 * extra) @ q.activity_cost
        + outcome.flow @ q.flow_cost
        + outcome.lost_value.sum(axis=1)
        - outcome.user_stock @ q.convenience_user
    )
    return float(q.discount @ month - q.discount[-1] * outcome.user_stock[-1] @ q.end_value_user)


@given(
    first=st.integers(0, 5),
    length=st.integers(1, 8),
    passes=st.sampled_from([0.0, 0.3, 0.8]),
    cover=st.sampled_from([0, 15, 60]),
    convenience=st.sampled_from([0.0, 0.01]),
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_foresight_never_costs_more(first: int, length: int, passes: float, cover: int, convenience: float) -> None:
    """What myopic firms did is a plan that foresight could have chosen: on equal terms it is never cheaper."""
    chain = two_suppliers(cover_days=cover, convenience=convenience).cut(
        [("good", "AAA", "CCC")], first, length, passes
    )
    seeing, blind = (cost(chain.outcome(f), chain) for f in ("coordinated", "myopic"))
    assert seeing == pytest.approx(chain.outcome("coordinated").objective, rel=1e-6)
    assert seeing <= blind + 1e-6 * abs(blind)


def test_foresight_saves_by_thrift_before_the_stock_is_gone() -> None:
    """Nothing arrives from A for six months. Seeing that, users save their flexible 15 % from the first month on.

    Myopic users, who look three months ahead, save later and are short of more of their firm use.
    """
    chain = two_suppliers().cut([("good", "AAA", "CCC")], first=0, months=6)
    seeing, blind = (chain.outcome(f) for f in ("coordinated", "myopic"))
    assert seeing.short.sum() <= blind.short.sum() + 1e-6
    assert seeing.lost_value.sum() <= blind.lost_value.sum() + 1e-6
    assert seeing.unserved[0].sum() > 0
    assert seeing.short[0].sum() == pytest.approx(0, abs=1e-9)


def test_without_a_cut_both_see_the_same() -> None:
    seeing, blind = (two_suppliers(convenience=0.01).outcome(f) for f in ("coordinated", "myopic"))
    for name in ("activity", "flow", "delivered", "user_stock", "unserved"):
        np.testing.assert_allclose(getattr(seeing, name), getattr(blind, name), atol=1e-6)
    assert seeing.unserved.max() <= 1e-9


@pytest.mark.parametrize("months", [1, 2, 3])
def test_runs_shorter_than_the_window(months: int) -> None:
    chain = two_suppliers(months=months, cover_days=0).cut([("good", "AAA", "CCC")], 0, months)
    assert chain.outcome("myopic").unserved.sum() == pytest.approx(
        chain.outcome("coordinated").unserved.sum(), abs=1e-6
    )


def test_stock_is_carried_from_month_to_month() -> None:
    """Delivered + stock before + unserved = demand + stock after, also between the windows of myopic firms."""
    for foresight in ("coordinated", "myopic"):
        run = two_suppliers().cut([("good", "AAA", "CCC")], first=2, months=4).outcome(foresight)
        before = np.vstack([run.user_stock_before, run.user_stock[:-1]])
        np.testing.assert_allclose(run.delivered + before + run.unserved, run.demand + run.user_stock, atol=1e-6)


def test_a_myopic_plant_ramps_from_where_it_stood() -> None:
    """A plant that was out comes back by a quarter of its capacity a month, in one programme or in many."""
    chain = two_suppliers(cover_days=0, ramp=0.25, spare=0.0).outage("make", "BBB", 1, 1)
    for foresight in ("coordinated", "myopic"):
        run = chain.outcome(foresight)
        assert run.activity[:, 1] == pytest.approx([80, 0, 20, 40, 60, 80, 80, 80], abs=1e-6)


def test_one_runner_gives_the_same_answers_in_any_order() -> None:
    calm, cut = two_suppliers(), two_suppliers().cut([("good", "AAA", "CCC")], first=0, months=5)
    runner = Runner.of(cut.inputs, cut.base)
    tasks = [(cut, "coordinated"), (cut, "myopic"), (calm, "coordinated")]
    first = [runner.run(chain.inputs, sight).unserved for chain, sight in tasks]
    again = [runner.run(chain.inputs, sight).unserved for chain, sight in reversed(tasks)]
    for a, b in zip(first, reversed(again), strict=True):
        np.testing.assert_array_equal(a, b)


def test_every_solve_of_a_run_carries_its_proof() -> None:
    run = two_suppliers().cut([("good", "AAA", "CCC")], first=0, months=5).outcome("myopic")
    assert len(run.solves) == 8
    assert all(s.status == "optimal" and s.certificate.holds(1e-8) for s in run.solves)


# --- reading a run out ------------------------------------------------------------------------------------------


def outcome(demand, short, thrift, delivered, months=("2025-04", "2025-05", "2025-06")) -> Outcome:
    """A run of one use, written by hand."""
    network = (
        SmallChain()
        .process("make", "magnet", {}, {"good": 1.0})
        .runs("make", "AAA", 1)
        .uses("good", "AAA", "cars", 1)
        .outcome()
        .network
    )
    column = [np.array(values, dtype=np.float64)[:, None] for values in (demand, short, thrift, delivered)]
    wanted, missing, saved, got = column
    zero = np.zeros_like(wanted)
    return Outcome(
        network,
        months,
        "coordinated",
        wanted,
        missing + saved,
        missing,
        zero,
        zero,
        got,
        zero,
        zero,
        zero,
        np.zeros(1),
        0.0,
        (),
    )


FIRST = np.array([0])


def test_days_to_a_shortage_by_hand() -> None:
    """April is met. In May 100 are wanted, 20 saved, 30 arrive, 20 come from stock, 30 are missing.

    The shortfall of arrivals is 80 − 30 = 50; stock covers 20 of it: 40 % of May, 12.4 days after April's 30.
    """
    run = outcome([100, 100, 100], [0, 30, 80], [0, 20, 20], [100, 30, 0])
    assert run.days_to_shortage(FIRST) == pytest.approx(30 + 0.4 * 31)
    assert run.first_shortage(42.4) == "2025-05-13"


def test_no_shortage_has_no_day() -> None:
    run = outcome([100, 100, 100], [0, 0, 0], [20, 20, 20], [100, 90, 80])  # thrift alone is no shortage
    assert run.days_to_shortage(FIRST) is None
    assert run.first_shortage(None) is None


def test_less_than_a_thousandth_is_no_shortage() -> None:
    run = outcome([100, 100, 100], [0, 0.05, 50], [0, 0, 0], [100, 99.95, 50])
    assert run.days_to_shortage(FIRST) == pytest.approx(61)


def test_nothing_from_the_start_is_day_zero() -> None:
    run = outcome([100, 100, 100], [100, 100, 100], [0, 0, 0], [0, 0, 0])
    assert run.days_to_shortage(FIRST) == 0
    assert run.first_shortage(0.0) == "2025-04-01"


@pytest.mark.parametrize(("month", "days"), [("2025-04", 30), ("2026-02", 28), ("2028-02", 29), ("2025-12", 31)])
def test_days_of_a_month(month: str, days: int) -> None:
    assert days_in(month) == days
