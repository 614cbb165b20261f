"""Rapid response: laws of the options on a short event, and the answer as a user sees it."""

from __future__ import annotations

import numpy as np
import pytest

import didymium as dd
from didymium.data import Dataset
from didymium.model.foresight import Runner, base_of
from didymium.model.outcome import Outcome
from didymium.scenario.inputs import Inputs
from didymium.scenario.scenario import load
from didymium.studies.respond import respond
from didymium.studies.respond_options import Option, applied, locked, options

SIZES = {"release": 0.5, "licence": 0.2, "swing": 0.1, "substitution": 0.1, "acceleration": 6.0}
NOTHING = dict.fromkeys(SIZES, 0.0)
WITHIN = 1e-6  # relative, of an objective: what the solver proves


@pytest.fixture(scope="module")
def facts() -> Dataset:
    return dd.open()


@pytest.fixture(scope="module")
def inputs(facts: Dataset) -> Inputs:
    return load("cn-ree7-no-licence").model_copy(update={"months": 6}).apply(facts)


@pytest.fixture(scope="module")
def every(inputs: Inputs) -> tuple[Option, ...]:
    return options(inputs)


@pytest.fixture(scope="module")
def runner(inputs: Inputs) -> Runner:
    return Runner.of(locked(inputs), base_of(inputs))


@pytest.fixture(scope="module")
def without(inputs: Inputs, runner: Runner) -> Outcome:
    return runner.run(locked(inputs), "coordinated")


def test_no_option_makes_the_whole_worse_and_all_together_are_at_least_as_good_as_the_best(
    inputs: Inputs, every: tuple[Option, ...], runner: Runner, without: Outcome
) -> None:
    shut = locked(inputs)
    alone = [runner.run(applied(shut, (o,), SIZES), "coordinated").objective for o in every]
    together = runner.run(applied(shut, every, SIZES), "coordinated").objective
    slack = WITHIN * abs(without.objective)
    assert max(alone) <= without.objective + slack
    assert together <= min(alone) + slack
    assert together < without.objective - slack, "the event is one in which something helps"


def test_an_option_of_size_zero_changes_nothing(
    inputs: Inputs, every: tuple[Option, ...], runner: Runner, without: Outcome
) -> None:
    same = runner.run(applied(locked(inputs), every, NOTHING), "coordinated")
    assert same.objective == pytest.approx(without.objective, rel=1e-9)
    assert same.unserved.sum() == pytest.approx(without.unserved.sum(), rel=1e-6)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_what_is_released_does_not_exceed_what_is_opened(
    inputs: Inputs, every: tuple[Option, ...], runner: Runner, share: float
) -> None:
    opened = applied(locked(inputs), (every[0],), {"release": share})
    whole = runner.networks.quantities(inputs).public_stock
    outcome = runner.run(opened, "coordinated")
    layout = outcome.network.layout
    released = outcome.solves[0].x[layout.columns_of("release", layout.public)].sum(axis=0)
    assert (released <= share * whole + 1e-6).all()


def test_options_keep_shares_and_capacities_in_bounds(inputs: Inputs, every: tuple[Option, ...]) -> None:
    most = applied(inputs, every, {**dict.fromkeys(SIZES, 1.0), "acceleration": 12.0})
    for bands in most.bands.values():
        assert sum(band.width for band in bands) == pytest.approx(1.0)
        assert min(band.width for band in bands) >= 0
    assert all(float(r.factor.min()) == 1.0 for r in most.restrictions)
    assert (most.new_capacity >= inputs.new_capacity).all()
    chinese = np.array([region == "CHN" for _, region in inputs.chain.activities])
    assert (most.spare[chinese] == inputs.spare[chinese]).all()
    assert (most.spare[~chinese] > inputs.spare[~chinese]).all()


def test_the_order_of_options_does_not_matter(inputs: Inputs, every: tuple[Option, ...]) -> None:
    sizes = {**SIZES, "licence": 1.0}
    one, other = (applied(locked(inputs), chosen, sizes) for chosen in (every, every[::-1]))
    assert (one.spare == other.spare).all()
    assert (one.new_capacity == other.new_capacity).all()
    assert one.bands == other.bands
    assert one.public_cover_days == other.public_cover_days


def test_an_answer_ranks_and_gives_reasons(facts: Dataset) -> None:
    answer = respond(facts, load("cn-us-gallium-ban").model_copy(update={"months": 4}), parties=("USA",))
    rows = [row for row in answer.rows if row["foresight"] == "coordinated"]
    by = {row["option"]: row for row in rows}
    assert rows[0]["option"] == "everything"
    assert by["release"]["reason"] == "no_public_stock"
    assert by["release"]["loss_avoided_usd_m"] is None
    assert by["rationing"]["reason"] == "in_every_run"
    ranked = [row["loss_avoided_usd_m"] for row in rows[1:] if row["loss_avoided_usd_m"] is not None]
    assert ranked == sorted(ranked, key=lambda value: -float(str(value)))
    assert {row["hs6_code"] for row in answer.tables["hit"]} != {""}
