"""Separated elements: a country that companies report is joined with the rest of the world of the same source."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import didymium.data
from didymium.data import Dataset
from didymium.scenario.inputs import Observation
from didymium.scenario.observing import Desk
from didymium.scenario.output_figures import magnet_elements
from didymium.scenario.scenario import load

IEA = {"CHN": 73756.7, "MYS": 3625.24, "USA": 961.35, "ROW": 2461.87}
ELEMENT = 0.849943  # of NdPr oxide


@pytest.fixture(scope="module")
def shipped() -> Desk:
    ds = didymium.data.open()
    return Desk.of(ds, load("cn-ree7-licence-2025").apply(ds).chain, 2024)


def seen(desk: Desk, *rows: dict[str, Any], without: tuple[str, ...] = (), year: int = 2024) -> dict[str, Observation]:
    """Observations of separated elements by place, with rows added to `production`, or without reports of places."""
    assert isinstance(desk.ds, Dataset)
    like = next(r for r in desk.ds.rows("production", product="ndpr_oxide", country="MYS", year=2024))
    kept = tuple(
        r
        for r in desk.ds.content["production"]
        if not (r["product"] == "ndpr_oxide" and r["stage"] == "separated" and r["country"] in without)
    )
    added = tuple({**like, "row_id": f"mine {n}", **row} for n, row in enumerate(rows))
    ds = replace(desk.ds, content={**desk.ds.content, "production": (*kept, *added)})
    return {o.place: o for o in magnet_elements(Desk.of(ds, desk.chain, year))}


def regions(desk: Desk, one: Observation) -> set[str]:
    """Where the activities of an observation stand."""
    return {desk.chain.activities[index][1] for _, index, _ in one.terms}


def test_companies_are_joined_with_the_rest(shipped: Desk) -> None:
    found = seen(shipped)
    assert set(found) == {"CHN", "ROW"}
    assert found["ROW"].value == pytest.approx(IEA["MYS"] + IEA["USA"] + IEA["ROW"])
    assert {"MYS", "USA", "IND"} <= regions(shipped, found["ROW"])
    assert "CHN" not in regions(shipped, found["ROW"])


def test_without_companies_every_figure_stands_alone(shipped: Desk) -> None:
    found = seen(shipped, without=("MYS", "USA"))
    assert {place: one.value for place, one in found.items()} == pytest.approx(IEA)
    assert "MYS" not in regions(shipped, found["ROW"])


def test_a_first_report_after_the_year_of_the_rest_joins_nothing(shipped: Desk) -> None:
    """Of China in 2025: the IEA's figure of China stays what it is, in 2024 and in 2025."""
    later = {"country": "CHN", "year": 2025, "quantity": 110_000.0}
    for year in (2024, 2025):
        plain, with_it = seen(shipped, year=year), seen(shipped, later, year=year)
        assert {p: o.value for p, o in with_it.items()} == pytest.approx({p: o.value for p, o in plain.items()})


def test_a_figure_of_another_year_than_the_rest_is_not_lost(shipped: Desk) -> None:
    """The IEA's Malaysia of 2025 stands alone; Malaysia's plants are then not among those of the rest."""
    newer = {"product": "ree_magnet", "country": "MYS", "year": 2025, "quantity": 4000.0, "series": "IEA"}
    found = seen(shipped, newer, year=2025)
    assert found["MYS"].value == pytest.approx(4000.0)
    assert regions(shipped, found["MYS"]) == {"MYS"}
    assert "MYS" not in regions(shipped, found["ROW"])


def test_companies_beyond_the_total_leave_nothing_and_never_less(shipped: Desk) -> None:
    """Malaysia at 20,000 t of oxide in 2024 and 100 in 2025: what is left is nothing, and the figure is theirs."""
    rows = ({"country": "MYS", "year": y, "quantity": q} for y, q in ((2024, 20_000.0), (2025, 100.0)))
    found = seen(shipped, *rows, without=("MYS",), year=2025)
    assert found["ROW"].value == pytest.approx((100 + 2599) * ELEMENT)
    assert found["ROW"].sigma > 0


def test_of_nothing_at_all_the_error_stays(shipped: Desk) -> None:
    rows = [{"country": p, "year": y, "quantity": q} for p in ("MYS", "USA") for y, q in ((2024, 2e4), (2025, 0.0))]
    found = seen(shipped, *rows, without=("MYS", "USA"), year=2025)
    assert found["ROW"].value == 0
    assert found["ROW"].sigma > 10_000
