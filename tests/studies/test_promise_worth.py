"""Worth of promises: every promise has a reading, a tie touches what it says, and the laws of keeping and breaking."""

from __future__ import annotations

import numpy as np
import pytest

import didymium.data
from didymium.data import Dataset
from didymium.errors import UnknownTerm
from didymium.model.foresight import Runner, base_of
from didymium.scenario.opening import opened
from didymium.studies.worth import worth
from didymium.studies.worth_ties import CALM, Tie, kept_and_broken, named, prepared, touched


@pytest.fixture(scope="module")
def facts() -> Dataset:
    return didymium.data.open()


def tie_of(ds: Dataset, name: str) -> Tie:
    return Tie.of(ds.one("commitment_ties", commitment_id=name))


def test_every_promise_has_a_tie_or_a_reason(facts: Dataset) -> None:
    ties = {row["commitment_id"]: row for row in facts.rows("commitment_ties")}
    assert set(ties) == {row["commitment_id"] for row in facts.rows("commitments")}
    for row in ties.values():
        assert (row["reason"] is not None) == (row["tie"] == "unknown")
        if row["size"] is not None:
            assert row["size_low"] <= row["size"] <= row["size_high"] and row["basis"]


def test_what_is_unknown_is_told_without_a_run(facts: Dataset) -> None:
    result = worth(facts, promises=("c002", "c074"))
    assert result.rows == ()
    assert [row["reason"] for row in result.tables["unknown"]] == ["no_tonnes_of_its_own", "already_in_base"]
    with pytest.raises(UnknownTerm, match="c999"):
        worth(facts, promises=("c999",))


def test_a_plant_is_opened_where_nobody_makes_its_product_and_the_base_year_stays(facts: Dataset) -> None:
    tie = tie_of(facts, "c063")
    before = tie.story(facts, CALM).apply(facts)
    after = prepared(before, tie)
    (product,) = named(after.chain, ("gallium:refined",))
    assert after.chain.activities[:-1] == before.chain.activities
    assert after.chain.activities[-1][1] == "AUS"
    assert opened(after, product, "AUS") is after
    old, new = base_of(before), base_of(after)
    assert new.activity[:-1] == pytest.approx(old.activity, rel=1e-3, abs=5.0)
    assert new.activity[-1] == pytest.approx(0.0, abs=1e-3)
    kept, broken = kept_and_broken(after, new, tie, 0.5)
    added = (kept.new_capacity - broken.new_capacity)[-1]
    assert added * 12 * after.chain.unit_of(product)[1] == pytest.approx(100.0)


@pytest.mark.slow
def test_to_break_a_promise_never_helps_the_world_and_a_deeper_break_hurts_more(facts: Dataset) -> None:
    for name in ("c101", "c131"):
        tie = tie_of(facts, name)
        inputs = prepared(tie.story(facts, CALM if name == "c101" else "event").apply(facts), tie)
        base = base_of(inputs)
        runner = Runner.of(kept_and_broken(inputs, base, tie, 0.5)[0], base)
        cost = [
            [runner.run(one, "coordinated").objective for one in kept_and_broken(inputs, base, tie, position)]
            for position in (0.0, 0.5, 1.0)
        ]
        slack = 1e-6 * abs(cost[0][0])
        harm = np.array([broken - kept for kept, broken in cost])
        assert (harm >= -slack).all()
        wider = harm if name == "c131" else harm[::-1]  # the size is days held, or the share that passes
        assert (np.diff(wider) >= -slack).all()


@pytest.mark.slow
def test_worth_is_the_difference_of_the_two_runs(facts: Dataset) -> None:
    result = worth(facts, promises=("c101", "c041"), parties=("USA",), draws=2)
    tied = [row for row in result.rows if row["worth_status"] == "modelled"]
    for row in tied:
        assert row["worth_t"] == pytest.approx(row["unserved_broken_t"] - row["unserved_kept_t"])
        assert row["worth_t_p10"] <= row["worth_t_p90"]
        assert row["finding"] == "helps" and row["days_broken"] is not None and row["days_kept"] is None
    (paid,) = (row for row in result.rows if row["worth_status"] == "transfer")
    assert paid["commitment_id"] == "c041" and 0 < paid["worth_usd_m_p10"] < paid["worth_usd_m_p90"]
    tie, inputs = tie_of(facts, "c101"), tie_of(facts, "c101").story(facts, CALM).apply(facts)
    assert tied[0]["touched_t"] == pytest.approx(touched(inputs, base_of(inputs), tie))
    again = worth(facts, promises=("c101", "c041"), parties=("USA",), draws=2)
    assert again.rows == result.rows and again.run_id == result.run_id
