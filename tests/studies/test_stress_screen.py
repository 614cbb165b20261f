"""A screened stress run: its rows, its words in both languages, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

import didymium.data
from didymium.engine import Screened
from didymium.errors import BadInput
from didymium.i18n import translator
from didymium.model.draws import Design
from didymium.model.foresight import base_of
from didymium.model.redraw import Redraw
from didymium.model.screen import screened
from didymium.scenario.scenario import load
from didymium.scenario.uncertain import factors
from didymium.studies.stress import request, stress
from didymium.studies.stress_screen import check, loss_rows, remarks
from didymium.studies.stress_tree import Made

STORY = load("cn-october-notices-return")


def found(screen: str | None, ranks: dict[str, float]) -> Screened:
    return Screened(
        cases=10_000,
        solved=np.arange(1450),
        screen=screen,
        ranks=ranks,
        mean=np.array([3.0, 2.0, 1.0]),
        standard_error=np.array([0.3, 0.2, 0.1]),
        tail_mean=9.0,
        tail_at=7.0,
        top=1000,
        sampled=450,
        largest_outside=4.0,
        missed_share=0.0066,
    )


@pytest.mark.parametrize(
    ("screen", "ranks"),
    [
        ("quarterly", {"quarterly": 0.98}),
        ("country", {"quarterly": 0.5, "country": 0.95}),
        (None, {"quarterly": 0.5}),
        (None, {}),
    ],
)
def test_every_remark_has_its_japanese(screen: str | None, ranks: dict[str, float]) -> None:
    told = list(remarks(found(screen, ranks)))
    assert told
    for text in told:
        assert translator("ja").fact(text) != text


def test_the_answer_says_how_it_was_come_by() -> None:
    rows = list(loss_rows(STORY, found("country", {"quarterly": 0.5, "country": 0.95}), ("USA", "JPN")))
    assert [row["party"] for row in rows] == ["total", "USA", "JPN"]
    assert rows[0]["loss_usd_m_mean"] == 3.0 and rows[0]["loss_usd_m_standard_error"] == 0.3
    assert rows[0]["loss_usd_m_tail_mean"] == 9.0 and rows[1]["loss_usd_m_tail_mean"] is None
    assert rows[0]["draws"] == 10_000 and rows[0]["solved_in_full"] == 1450
    assert rows[0]["rank_correlation_quarterly"] == 0.5 and rows[0]["screen"] == "country"
    assert any("never an answer" in text for text in remarks(found("country", {"country": 0.95})))


def test_a_question_without_a_screen_is_the_one_it_was() -> None:
    asked = (STORY, ("USA",), ("coordinated",), 6, ("coordinated",), True, 0.95, 0)
    plain = request(*asked)
    assert "screen" not in plain
    assert request(*asked, screen="auto") == plain | {"screen": "auto"}


@pytest.mark.parametrize(
    ("screen", "scenario", "foresight", "time_limit"),
    [
        ("weekly", "cn-stop-3", ("coordinated",), None),
        ("auto", "cn-october-suspension", ("coordinated",), None),
        ("auto", "cn-stop-3", ("myopic",), None),
        ("auto", "cn-stop-3", ("coordinated",), 5.0),
    ],
)
def test_what_cannot_be_screened_is_refused(
    screen: str, scenario: str, foresight: tuple[str, ...], time_limit: float | None
) -> None:
    with pytest.raises(BadInput):
        check(screen, load(scenario), foresight, time_limit)


@pytest.mark.slow
def test_mean_and_tail_of_real_draws_agree_with_all_of_them_solved() -> None:
    """Six months of the shipped network, 200 draws: the same tail, and the mean within four standard errors."""
    ds, story = didymium.data.open(), STORY.model_copy(update={"months": 6})

    result = stress(
        ds, story, foresight=("coordinated",), draws=200, drivers=False, screen="quarterly", executor="serial"
    )
    looked = result.tables["loss"][0]
    assert looked["screen"] == "quarterly" and looked["solved_in_full"] < 120
    inputs = story.apply(ds)
    base = base_of(inputs)
    whole = screened(
        Made(ds, (), story, base, Redraw.of(inputs, base, 0)),
        inputs,
        base,
        Design(factors(ds, story), 200, 0, moves=False),
        ("USA", "JPN"),
        "off",
        executor="serial",
    )
    assert looked["loss_usd_m_tail_mean"] == pytest.approx(whole.tail_mean, rel=1e-9)
    assert abs(looked["loss_usd_m_mean"] - whole.mean[0]) <= 4 * looked["loss_usd_m_standard_error"]
