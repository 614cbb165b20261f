"""The back-test: nothing observed is left out, misses carry their reason, the page says what the study says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tools import write_backtest

import didymium.data
from didymium.data import Dataset
from didymium.errors import BadInput
from didymium.results import Result
from didymium.scenario.scenario import load
from didymium.studies.backtest import backtest, verdict
from didymium.studies.backtest_replays import elasticity, price_sample

PAGE = Path(__file__).parents[2] / "docs" / "method" / "backtest.md"


@pytest.fixture(scope="module")
def ds() -> Dataset:
    return didymium.data.open()


@pytest.fixture(scope="module")
def result(ds: Dataset) -> Result:
    return backtest(ds)


def test_every_measure_with_an_effect_is_observed(ds: Dataset) -> None:
    told = {row["measure_id"] for row in ds.rows("measures") if row["observed_effect"]}
    assert told <= {row["measure_id"] for row in ds.rows("observed_effects")}


def test_an_observation_is_replayed_or_says_why_not(ds: Dataset) -> None:
    replayed = {row["effect_id"] for row in ds.rows("replays")}
    for row in ds.rows("observed_effects"):
        assert (row["effect_id"] in replayed) != bool(row["not_replayed"]), row["effect_id"]
        assert bool(row["not_replayed"]) == bool(row["not_replayed_ja"])
        assert row["value"] is not None or row["quantity"] == "words"


def test_a_replay_has_what_its_method_needs(ds: Dataset) -> None:
    for row in ds.rows("replays"):
        market = [row[c] for c in ("product", "disrupted", "others", "unit", "lost_share", "lost_low", "lost_high")]
        network = [row[c] for c in ("scenario", "chain_product")]
        assert None not in (market if row["method"] == "price_response" else network), row["replay_id"]
        assert set(network if row["method"] == "price_response" else market) == {None}, row["replay_id"]
        assert bool(row["reason"]) == bool(row["reason_ja"]) and bool(row["hindsight"]) == bool(row["hindsight_ja"])
        if row["method"] == "network":
            story = load(row["scenario"])
            assert story.base_year == row["base_year"]
            assert ds.one("observed_effects", effect_id=row["effect_id"])["measure_id"] in story.based_on


def test_a_shock_of_unknown_size_may_be_anything(ds: Dataset) -> None:
    for row in ds.rows("replays", method="price_response", shock="open"):
        assert (row["lost_low"], row["lost_share"], row["lost_high"]) == (0.0, 0.5, 1.0)


def test_prices_of_a_year_before_are_no_replay_of_their_own_base(ds: Dataset) -> None:
    """Where a market is named by the base of a network, no figure of the base is younger than the shock."""
    for row in ds.rows("replays"):
        seen = str(ds.one("observed_effects", effect_id=row["effect_id"])["date"])
        assert row["base_year"] < int(seen[:4]) or row["base_year"] == int(seen[:4]) == 2024


def test_a_missing_elasticity_is_named(ds: Dataset) -> None:
    with pytest.raises(BadInput, match="no preferred row for natural_graphite, mine, supply_price"):
        elasticity(ds, "natural_graphite", "supply_price", "mine")


def test_a_price_band_holds_its_central_case_and_repeats(ds: Dataset) -> None:
    replay = ds.one("replays", replay_id="ge-2025-recorded")
    one, again, other = (price_sample(ds, replay, seed).values for seed in (0, 0, 1))
    assert np.array_equal(one, again) and not np.array_equal(one, other)
    assert np.quantile(one, 0.1) < np.quantile(one, 0.5) < np.quantile(one, 0.9)
    assert np.quantile(one, 0.5) == pytest.approx(np.quantile(other, 0.5), rel=0.03)


@pytest.mark.parametrize(
    ("band", "seen", "said"),
    [
        ((1.2, 3.0), (2.0, 1.5, 2.5), "inside"),
        ((1.2, 3.0), (3.1, 2.9, 3.3), "touches"),
        ((1.2, 3.0), (1.1, 1.0, 1.2), "touches"),
        ((1.2, 3.0), (4.0, 3.5, 4.5), "above"),
        ((1.2, 3.0), (1.0, 0.9, 1.1), "below"),
        ((1.2, 3.0), (0.9, 0.9, None), "touches"),
        ((58.0, None), (55.0, 55.0, 55.0), "below"),
        ((58.0, None), (60.0, 60.0, 60.0), "inside"),
        ((None, None), (55.0, 55.0, 55.0), "below"),
    ],
)
def test_where_an_observation_lies(band: Any, seen: Any, said: str) -> None:
    assert verdict(*band, *seen) == said


@pytest.mark.slow
def test_a_miss_and_an_easy_hit_have_their_reason(result: Result) -> None:
    for row in result.rows:
        if row["verdict"] != "inside" or row["shock"] == "open" or row["is_circular"]:
            assert row["reason"] and row["reason_ja"], row["replay_id"]
        assert row["modelled_p10"] is None or row["modelled"] is None or row["modelled_p10"] <= row["modelled"]  # type: ignore[operator]


@pytest.mark.slow
def test_what_is_circular_is_not_scored(result: Result) -> None:
    assert {row["method"] for row in result.rows if row["is_circular"]} == {"network"}
    assert not [row for row in result.rows if row["is_circular"] and row["is_scored"]]
    whole = result.tables["score"][0]
    assert whole["replays"] == sum(bool(row["is_scored"]) for row in result.rows)
    assert whole["replays"] == sum(int(whole[k]) for k in ("inside", "touches", "above", "below"))  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "lines", "table"),
    [
        ("replays", write_backtest.event_rows, None),
        ("score", write_backtest.score_rows, "score"),
        ("not replayed", write_backtest.missing_rows, "not_replayed"),
    ],
)
def test_the_page_says_what_the_study_says(result: Result, name: str, lines: Any, table: str | None) -> None:
    page = PAGE.read_text("utf-8")
    rows = result.rows if table is None else result.tables[table]
    assert page == write_backtest.replaced(page, name, lines(rows)), "run: python -m tools.write_backtest"


@pytest.mark.slow
def test_the_numbers_in_the_text_are_those_of_the_study(result: Result) -> None:
    text = re.sub(r"\s+", " ", PAGE.read_text("utf-8").partition("## What it says")[2])
    score = {row["kind"]: row for row in result.tables["score"]}
    assert f"{score['all']['inside']} of {score['all']['replays']} replays lie inside" in text
    assert f"a factor of {score['all']['error_factor']:.1f}" in text
    assert f"{score['announced']['inside']} of {score['announced']['replays']}" in text
    by_id = {row["replay_id"]: row for row in result.rows}
    for replay in ("ga-usgs-full", "ge-usgs-full"):
        row = by_id[replay]
        band = [write_backtest.number(row[c]) for c in ("modelled", "modelled_p10", "modelled_p90")]  # type: ignore[arg-type]
        assert f"{band[0]} ({band[1]}–{band[2]})" in text
