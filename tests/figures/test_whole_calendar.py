"""The calendar of measures names the days on which suspensions ran out, and can be drawn whole."""

from __future__ import annotations

from datetime import date

import pytest

import didymium.data
from didymium.data import Dataset
from didymium.figures.measures import calendar_finding, measures_calendar
from didymium.i18n import translator
from didymium.studies.measures import measures


@pytest.fixture(scope="module")
def facts() -> Dataset:
    return didymium.data.open()


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 11, 5), "Suspended only until 10 Nov 2026 (6) and 27 Nov 2026 (1)"),
        (date(2026, 11, 20), "Suspensions ran out on 10 Nov 2026 (6) and end on 27 Nov 2026 (1)"),
        (date(2026, 11, 28), "Suspensions ran out on 10 Nov 2026 (6) and 27 Nov 2026 (1): possibly back in force"),
    ],
)
def test_the_title_names_the_days(facts: Dataset, day: date, words: str) -> None:
    assert calendar_finding(measures(facts, as_of=day), translator("en")) == words


def test_the_whole_calendar_holds_every_measure_that_touches_its_years(facts: Dataset) -> None:
    result = measures(facts, as_of=date(2026, 11, 28))
    spec = measures_calendar(result, lang="en", most=1000, years=(2025, 2027))
    (body,) = (part for outer in spec["vconcat"] for part in outer["vconcat"] if "layer" in part)
    bars = body["layer"][0]["data"]["values"]
    assert {bar["from"][:4] for bar in bars} <= {"2025", "2026", "2027"}
    assert min(bar["from"] for bar in bars) == "2025-01-01" and max(bar["to"] for bar in bars) == "2027-12-31"
    assert any(bar["status"] == "Ended" for bar in bars)
