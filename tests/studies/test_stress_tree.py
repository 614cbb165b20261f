"""Stress on a scenario with branches: leaves as plain scenarios, expectations over them, orders between foresights."""

from __future__ import annotations

from typing import Any

import pytest

import didymium.data
from didymium.data import Dataset
from didymium.errors import BadInput, UnknownTerm
from didymium.results import Result
from didymium.results.result import canonical_json
from didymium.scenario.scenario import Branch, Scenario, load
from didymium.studies.stress import stress

NAMES = ("foresight", "party", "product", "sector")


@pytest.fixture(scope="module")
def ds() -> Dataset:
    return didymium.data.open()


def short_tree(**changes: Any) -> Scenario:
    """Six months: China's magnets stop for the first two; the stop ends, or it goes on to the end."""
    plain = load("cn-stop-3").model_copy(update={"cuts": (), "months": 6, "id": "short"})
    stop = plain.cut("CHN", products=("ndfeb_magnet",)).cuts[0].model_copy(update={"name": "stop"})
    about = {"title": "x", "title_ja": "x", "start": "2027-02", "probability_basis": "ASSUMPTION: for the test"}
    ends = Branch(id="ends", probability=0.25, probability_low=0.0, probability_high=1.0, ends=("stop",), **about)
    stays = Branch(id="stays", probability=0.75, probability_low=0.0, probability_high=1.0, **about)
    return plain.model_copy(update={"cuts": (stop,), "branches": (ends, stays), **changes})


@pytest.fixture(scope="module")
def answer(ds: Dataset) -> Result:
    return stress(ds, short_tree(), draws=0, drivers=False)


def by_name(rows: Any) -> dict[tuple[Any, ...], Any]:
    return {tuple(row[name] for name in (*NAMES, *(["leaf"] if "leaf" in row else []))): row for row in rows}


def test_an_expectation_is_the_weighted_sum_of_its_leaves(answer: Result) -> None:
    leaves = by_name(answer.tables["leaves"])
    assert {row["foresight"] for row in answer.rows} == {"coordinated", "tree", "myopic"}
    assert any(row["unserved_t"] > 0 for row in answer.rows)
    for key, row in by_name(answer.rows).items():
        ends, stays = leaves[(*key, "ends")], leaves[(*key, "stays")]
        for name in ("demand_t", "unserved_t", "loss_usd_m"):
            assert row[name] == pytest.approx(0.25 * ends[name] + 0.75 * stays[name], rel=1e-9, abs=1e-9)
        both = (ends["unserved_t"], stays["unserved_t"])
        assert (row["unserved_t_least"], row["unserved_t_most"]) == (min(both), max(both))
        assert row["unserved_t_probability_low"] == pytest.approx(min(both))  # each probability may be 0 or 1
        assert row["unserved_t_probability_high"] == pytest.approx(max(both))
        weight = 0.25 * (ends["days_to_shortage"] is not None) + 0.75 * (stays["days_to_shortage"] is not None)
        assert row["shortage_probability"] == weight
        assert (row["days_to_shortage"] is None) == (weight < 1)


def test_a_tree_lies_between_to_know_and_not_to_know(answer: Result) -> None:
    """In cost, the first holds always; that firms without foresight lose more holds on this chain."""
    cost = {row["foresight"]: row["objective"] for row in answer.tables["certificates"]}
    assert cost["coordinated"] <= cost["tree"] * (1 + 1e-9)
    world = {
        sight: sum(
            float(row["loss_usd_m"])
            for row in answer.rows
            if (row["foresight"], row["product"], row["sector"]) == (sight, "ndfeb_magnet", "total")
        )
        for sight in ("coordinated", "tree", "myopic")
    }
    assert world["tree"] <= world["myopic"]


def test_every_programme_of_a_tree_is_proven_and_counted_once(answer: Result) -> None:
    programmes = {row["foresight"]: row for row in answer.tables["certificates"]}
    assert {sight: row["programmes"] for sight, row in programmes.items()} == {
        "coordinated": 2,
        "tree": 1,
        "myopic": 12,
    }
    assert all(row["status"] == "optimal" and row["gap"] < 1e-7 for row in programmes.values())


def test_leaves_are_the_plain_scenarios(ds: Dataset, answer: Result) -> None:
    """The stop that goes on, asked for by itself, loses the same to the world."""
    alone = stress(
        ds, short_tree(branches=()), foresight=("coordinated",), parties=("USA", "JPN"), draws=0, drivers=False
    )
    leaves = by_name(answer.tables["leaves"])
    mine = by_name(alone.rows)["coordinated", "USA", "ndfeb_magnet", "total"]
    leaf = leaves["coordinated", "USA", "ndfeb_magnet", "total", "stays"]
    assert leaf["demand_t"] == mine["demand_t"]
    assert leaf["unserved_t"] == pytest.approx(mine["unserved_t"], rel=0.05)  # ties between places, as in test_stress


def test_branches_are_told_with_what_their_probability_rests_on(answer: Result) -> None:
    first, second = answer.tables["branches"]
    assert (first["branch"], first["probability"], first["ends"]) == ("ends", 0.25, ["stop"])
    assert str(second["probability_basis"]).startswith("ASSUMPTION")


def test_draws_and_drivers_go_over_the_whole_tree(ds: Dataset) -> None:
    one, other = (
        stress(ds, short_tree(), foresight=("tree",), draws=3, drivers=False, seed=1, workers=w) for w in (1, 2)
    )
    assert canonical_json(one.rows) == canonical_json(other.rows)
    row = by_name(one.rows)["tree", "USA", "ndfeb_magnet", "total"]
    assert row["unserved_t_p10"] <= row["unserved_t_p90"]


def test_only_a_tree_has_the_foresight_of_a_tree(ds: Dataset) -> None:
    with pytest.raises(UnknownTerm, match="foresight 'tree' is not known"):
        stress(ds, "cn-stop-3", foresight=("tree",), draws=0, drivers=False)


def test_content_is_told_by_place(ds: Dataset) -> None:
    told = stress(
        ds, short_tree(branches=()), foresight=("coordinated",), track_origin=("CHN",), draws=0, drivers=False
    )
    shares = {(r["party"], r["product"]): r["origin_share"] for r in told.tables["origin"]}
    assert all(0 <= share <= 1 for share in shares.values())  # type: ignore[operator]
    assert shares["USA", "ndfeb_magnet_ht"] > shares["JPN", "ndfeb_magnet_std"] > 0  # type: ignore[operator]


@pytest.mark.parametrize(
    ("origin", "said"), [("XXX", "origin XXX: not known"), ("MYS", "the scenario's cuts follow CHN")]
)
def test_an_origin_that_cannot_be_tracked_is_refused(ds: Dataset, origin: str, said: str) -> None:
    story = "cn-october-notices-origin" if origin == "MYS" else "cn-stop-3"
    with pytest.raises(BadInput, match=said):
        stress(ds, story, track_origin=(origin,), draws=0, drivers=False)
