"""Twins tell too little harm and say where; what they choose gives the mean and tail that all draws would give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pytest
from small_chain import SmallChain

from didymium.engine import solve
from didymium.errors import BadInput
from didymium.model.calibrate import Base
from didymium.model.draws import Draw
from didymium.model.foresight import Networks, Runner
from didymium.model.network import SupplyNetwork
from didymium.model.screen import screened
from didymium.model.twin import (
    COUNTRY,
    QUARTERLY,
    Folding,
    Twin,
    by_period,
    by_quarter,
    changes,
    kept_places,
    periods,
)
from didymium.scenario.inputs import Inputs

MONTHS = 6
PARTIES = ("BBB",)


def chain(**options: float) -> SmallChain:
    """Two makers, one of them cut off from one of three users."""
    made = SmallChain(months=MONTHS, prices={"good": 30.0}, cover_days=0, **options)  # type: ignore[arg-type]
    made.process("make", "magnet", {}, {"good": 1.0}).runs("make", "AAA", 300).runs("make", "DDD", 60)
    for place, tonnes in (("BBB", 150), ("CCC", 120), ("EEE", 90)):
        made.uses("good", place, "cars", tonnes, value=900, flexible=(0.2, 90))
        made.ships("good", "AAA", place, tonnes * 300 / 360).ships("good", "DDD", place, tonnes * 60 / 360)
    return made.cut([("good", "AAA", "BBB")], 1, 4, 0.2)


@dataclass(frozen=True)
class Cover:
    """Inputs with other stocks and another share of what is let through: what a scenario does, in small."""

    inputs: Inputs
    base: Base

    def __call__(self, overrides: Mapping[str, float]) -> tuple[Inputs, Base]:
        share = overrides.get("passes", 0.2)
        cut = self.inputs.restrictions[0]
        factor = np.where(np.isfinite(cut.factor), share, np.inf)
        made = replace(
            self.inputs,
            use_cover_days=np.full(len(self.inputs.chain.uses), overrides.get("cover", 0.0)),
            restrictions=(replace(cut, factor=factor),),
        )
        return made, self.base


def networks(made: SmallChain) -> Networks:
    return Networks.of(made.inputs, made.base)


def lost(made: SmallChain, kind: str) -> tuple[float, float]:
    """Lost value of BBB by the network and by a twin."""
    whole = networks(made)
    twin = Twin.of(whole, made.inputs, kind, parties=PARTIES)
    use = next(u for u, (_, region, _) in enumerate(whole.network.chain.uses) if region == "BBB")
    full = made.outcome()
    return float(full.lost_value[:, use].sum()), float(twin.lost_value(whole.quantities(made.inputs))[twin.use[use]])


def test_a_shortage_that_nothing_mends_is_the_same_in_every_twin() -> None:
    full, country = lost(chain(), COUNTRY)
    assert full > 0 and country == pytest.approx(full)
    whole_quarters = chain()
    whole_quarters.cuts = [([("good", "AAA", "BBB")], 0, 6, 0.2)]
    full, quarterly = lost(whole_quarters, QUARTERLY)
    assert full > 0 and quarterly == pytest.approx(full)


def test_a_quarter_hides_a_month_that_can_be_made_up_for() -> None:
    """One month without the maker, spare capacity after it: month by month users wait, in a quarter they do not."""
    made = SmallChain(months=3, prices={"good": 30.0}, spare=1.0)
    made.process("make", "magnet", {}, {"good": 1.0}).runs("make", "AAA", 100).ships("good", "AAA", "BBB", 100)
    made.uses("good", "BBB", "cars", 100, value=900).outage("make", "AAA", 0, 1)
    made.flow_growth = 1.0
    full, quarterly = lost(made, QUARTERLY)
    assert full > 0 and quarterly < full


def test_quarters_add_up_flows_and_keep_the_last_stock() -> None:
    made = chain(spare=0.1)
    whole = networks(made)
    q = whole.quantities(made.inputs)
    folded = by_quarter(q, np.array([0, 3]))
    assert folded.demand == pytest.approx(q.demand.reshape(2, 3, -1).sum(axis=1))
    assert folded.flow_limit == pytest.approx(q.flow_limit.reshape(2, 3, -1).sum(axis=1))
    assert (folded.pool_normal == q.pool_normal[[2, 5]]).all()
    assert folded.discount == pytest.approx(q.discount.reshape(2, 3).mean(axis=1))


def test_the_ramp_of_a_quarter_lets_through_what_rises_month_by_month() -> None:
    """From b the output rises by r a month: b + r, b + 2r … b + 6r. Both quarters are on the edge of their limits."""
    made = chain(ramp=0.1)
    whole = networks(made)
    q = whole.quantities(made.inputs)
    folded = by_quarter(q, np.array([0, 3]))
    level = q.activity_before[None, :] + q.ramp[None, :] * np.arange(1, 7)[:, None]
    first, second = level.reshape(2, 3, -1).sum(axis=1)
    assert first == pytest.approx(folded.activity_before + folded.ramp)
    assert second - first == pytest.approx(folded.ramp)


def test_the_ramp_of_periods_of_any_length_lets_through_what_rises_month_by_month() -> None:
    made = chain(ramp=0.1, spare=1.0)
    whole = networks(made)
    q = whole.quantities(made.inputs)
    starts = np.array([0, 1, 4])
    folded = by_period(q, starts)
    level = q.activity_before[None, :] + q.ramp[None, :] * np.arange(1, 7)[:, None]
    first, second, third = np.add.reduceat(level, starts, axis=0)
    assert folded.ramp.shape == (3, len(q.activity_before))
    assert first == pytest.approx(folded.activity_before + folded.ramp[0])
    assert (second - first <= folded.ramp[1] + 1e-9).all()
    assert (third - second <= folded.ramp[2] + 1e-9).all()
    assert by_period(q, np.array([0, 3])).ramp[1] == pytest.approx(by_quarter(q, np.array([0, 3])).ramp)


def test_periods_add_up_what_the_months_hold() -> None:
    made = chain(spare=0.1)
    q = networks(made).quantities(made.inputs)
    starts = np.array([0, 1, 4])
    folded = by_period(q, starts)
    assert folded.demand.sum(axis=0) == pytest.approx(q.demand.sum(axis=0))
    assert folded.flow_limit[1] == pytest.approx(q.flow_limit[1:4].sum(axis=0))
    assert (folded.pool_normal == q.pool_normal[[0, 3, 5]]).all()
    assert folded.discount[1] == pytest.approx(q.discount[1:4].mean())


def test_periods_begin_where_a_cut_begins_and_ends() -> None:
    made = chain()
    whole = networks(made)
    found = changes(whole.network, whole.quantities(made.inputs))
    assert np.flatnonzero(found).tolist() == [1, 5]  # growth is no change of this kind
    assert periods(found, 5).tolist() == [0, 1, 2, 3, 5]
    steady = np.zeros(24)
    assert np.diff(np.append(periods(steady, 8), 24)).tolist() == [3] * 8
    shock = 1.0 * np.isin(np.arange(24), (5, 13))
    assert {5, 13} <= set(periods(shock, 8).tolist())
    assert len(set(periods(shock, 8).tolist())) == 8


def test_a_cut_of_one_month_is_seen_by_periods_that_begin_with_it() -> None:
    """In a quarter the two months without a cut make up for the one with it: periods that fit the cut hide less."""
    made = SmallChain(months=12, prices={"good": 30.0}, spare=1.0, cover_days=0)
    made.process("make", "magnet", {}, {"good": 1.0}).runs("make", "AAA", 100).ships("good", "AAA", "BBB", 100)
    made.uses("good", "BBB", "cars", 100, value=900).cut([("good", "AAA", "BBB")], 7, 1, 0.0)
    made.flow_growth = 1.0
    whole = networks(made)
    q = whole.quantities(made.inputs)
    network = SupplyNetwork.of(whole.network.chain, months=4, bands=whole.network.layout.bands)
    unserved = network.layout.columns_of("unserved", network.layout.uses * network.layout.bands)
    fitted, plain = (
        float(solve(network.programme(folded)).x[unserved].sum())
        for folded in (by_period(q, np.array([0, 4, 7, 8])), by_quarter(q, np.array([0, 3, 6, 9])))
    )
    full, _ = lost(made, QUARTERLY)
    assert full > 0 and fitted == pytest.approx(100.0) and plain < fitted


def test_a_country_twin_keeps_parties_and_exporters_and_adds_up_the_rest() -> None:
    made = chain()
    whole = networks(made)
    kept = kept_places(whole, made.inputs, PARTIES)
    assert {"AAA", "BBB"} <= kept
    places = {r: r if r in ("AAA", "BBB") else "REST" for r in whole.network.chain.regions}
    folding = Folding.of(whole.network, places)
    q = whole.quantities(made.inputs)
    folded = folding.quantities(q)
    assert folded.demand.sum() == pytest.approx(q.demand.sum())
    assert folded.activity_limit.sum() == pytest.approx(q.activity_limit.sum())
    inside = folding.arc < 0  # from DDD to CCC and EEE
    assert inside.sum() == 2
    assert folded.flow_limit.sum() == pytest.approx(q.flow_limit[:, ~inside].sum())


def test_folding_nothing_changes_nothing() -> None:
    made = chain(spare=0.2)
    whole = networks(made)
    folding = Folding.of(whole.network, {r: r for r in whole.network.chain.regions})
    q = whole.quantities(made.inputs)
    assert isinstance(folding.network, SupplyNetwork)
    before, after = whole.network.programme(q), folding.network.programme(folding.quantities(q))
    assert (before.matrix != after.matrix).nnz == 0
    for name in ("cost", "row_lower", "row_upper", "col_lower", "col_upper"):
        assert getattr(after, name) == pytest.approx(getattr(before, name)), name


def draws(count: int, seed: int = 0) -> tuple[Draw, ...]:
    rng = np.random.default_rng(seed)
    return tuple(
        Draw(f"draw-{i:03d}", {"cover": 90 * rng.random(), "passes": float(rng.random())}) for i in range(count)
    )


@pytest.mark.parametrize("kind", ["quarterly", "country", "auto"])
def test_screened_mean_and_tail_are_those_of_all_draws(kind: str) -> None:
    made, drawn = chain(), draws(160)
    whole = screened(Cover(made.inputs, made.base), made.inputs, made.base, drawn, PARTIES, "off", executor="serial")
    found = screened(Cover(made.inputs, made.base), made.inputs, made.base, drawn, PARTIES, kind, executor="serial")
    assert whole.screen is None and whole.solved.size == 160
    assert found.screen in ("quarterly", "country")
    assert found.solved.size < 100
    assert found.tail_mean == pytest.approx(whole.tail_mean, rel=1e-9)
    assert abs(found.mean[0] - whole.mean[0]) <= 4 * found.standard_error[0] + 1e-9
    assert found.mean[0] == found.mean[1]  # one party


def test_off_is_the_plain_mean_and_the_worst() -> None:
    made, drawn = chain(), draws(8)
    runner = Runner.of(made.inputs, made.base)
    seen = [runner.run(Cover(made.inputs, made.base)(d.overrides)[0], "coordinated") for d in drawn]
    use = next(u for u, (_, region, _) in enumerate(runner.network.chain.uses) if region == "BBB")
    loss = np.array([one.lost_value[:, use].sum() for one in seen])
    found = screened(Cover(made.inputs, made.base), made.inputs, made.base, drawn, PARTIES, "off", executor="serial")
    assert found.mean[0] == pytest.approx(loss.mean()) and found.standard_error[0] == 0.0
    assert found.tail_mean == pytest.approx(loss.max())  # a twentieth of eight draws is a part of one


def test_workers_and_executors_change_nothing() -> None:
    made, drawn = chain(), draws(90)
    cover = Cover(made.inputs, made.base)
    one, two = (
        screened(cover, made.inputs, made.base, drawn, PARTIES, "quarterly", executor=kind, workers=n)
        for kind, n in (("serial", 1), ("threads", 3))
    )
    assert one.mean.tobytes() == two.mean.tobytes()
    assert one.standard_error.tobytes() == two.standard_error.tobytes()
    assert (one.tail_mean, one.ranks, one.solved.tolist()) == (two.tail_mean, two.ranks, two.solved.tolist())


def test_a_tracked_network_has_no_country_twin() -> None:
    made = chain()
    inputs = replace(made.inputs, track_origin=("AAA",))
    with pytest.raises(BadInput):
        Twin.of(Networks.of(inputs, made.base), inputs, COUNTRY, parties=PARTIES)
