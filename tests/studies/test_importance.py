"""Economic importance: the Commission's own figures give its own results, and what is not known is not made up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import didymium.data
from didymium.studies.indicators import indicator_rows
from didymium.studies.supply import supply_lists

PRODUCTS = ("nd_oxide", "tungsten", "palladium", "lithium")


@pytest.fixture(scope="module")
def ds() -> Any:
    return didymium.data.open()


def importances(ds: Any, parties: tuple[str, ...] = ("EU27", "JPN"), seed: int = 0) -> dict[tuple[str, str], Any]:
    supplies = [one for one in supply_lists(ds)[0].values() if one.product in PRODUCTS and one.year == 2024]
    rows = indicator_rows(ds, supplies, parties, seed=seed, draws=200)
    return {(row["product"], row["party"]): row for row in rows if row["indicator"] == "economic_importance"}


def test_the_study_s_uses_give_the_study_s_results(ds: Any) -> None:
    found = importances(ds)
    for product, printed in (("nd_oxide", 7.2), ("tungsten", 8.7), ("palladium", 8.1)):
        row = found[product, "EU27"]
        assert row["value"] == pytest.approx(printed, abs=0.05)
        assert row["published"] == str(printed) or row["stage"] == "mine"
        assert row["value_p10"] < row["value_p90"] and row["status"] == "known"


def test_what_is_not_known_is_said_to_be_unknown(ds: Any) -> None:
    found = importances(ds)
    assert (found["lithium", "EU27"]["value"], found["lithium", "EU27"]["status"]) == (None, "no_use_shares")
    assert (found["tungsten", "JPN"]["value"], found["tungsten", "JPN"]["status"]) == (None, "no_value_added")


def test_too_many_uses_without_an_industry_leave_it_unknown(ds: Any) -> None:
    blank = [{**row, "industry": None} if row["product"] == "palladium" else row for row in ds.content["use_shares"]]
    row = importances(_with(ds, "use_shares", blank))["palladium", "EU27"]
    assert (row["value"], row["status"]) == (None, "uses_without_industry")


def _with(ds: Any, table: str, rows: list[Any]) -> Any:
    return replace(ds, content={**ds.content, table: tuple(rows)})


def test_the_unit_of_value_added_and_the_order_of_rows_do_not_matter(ds: Any) -> None:
    before = importances(ds)
    thousands = [{**row, "value_added": row["value_added"] * 1000.0} for row in ds.content["industries"]]
    after = importances(_with(ds, "industries", thousands))
    turned = importances(_with(ds, "use_shares", list(reversed(ds.content["use_shares"]))))
    for key, row in before.items():
        for name in ("value", "value_p10", "value_p90") if row["value"] else ():
            assert after[key][name] == pytest.approx(row[name], rel=1e-12)
            assert turned[key][name] == row[name]
    assert sum(row["value"] is not None for row in before.values()) == 3


def test_a_use_in_a_larger_industry_stands_for_more(ds: Any) -> None:
    moved = [
        {**row, "industry": "C28"} if (row["product"], row["industry"]) == ("palladium", "C26") else row
        for row in ds.content["use_shares"]
    ]
    more, less = importances(_with(ds, "use_shares", moved)), importances(ds)
    assert more["palladium", "EU27"]["value"] > less["palladium", "EU27"]["value"]
    assert more["tungsten", "EU27"]["value"] == less["tungsten", "EU27"]["value"]


def test_another_party_with_its_own_industries_has_its_own_importance(ds: Any) -> None:
    def japan(table: str) -> list[Any]:
        own = [{**row, "place": "JPN"} for row in ds.content[table]]
        return [*ds.content[table], *own]

    both = _with(_with(ds, "industries", japan("industries")), "use_shares", japan("use_shares"))
    found = importances(both)
    assert found["tungsten", "JPN"]["value"] == found["tungsten", "EU27"]["value"]
