"""Firms on lists and behind projects: who is found, who is not, and what measures touch."""

from __future__ import annotations

from datetime import date

import pytest

import didymium.data
from didymium.data import Dataset
from didymium.results import Result
from didymium.studies.entities import entities
from didymium.studies.measures import measures
from didymium.studies.names import Names, head_of

DAY = date(2026, 11, 27)


@pytest.fixture(scope="module")
def ds() -> Dataset:
    return didymium.data.open()


@pytest.fixture(scope="module")
def found(ds: Dataset) -> Result:
    return entities(ds, as_of=DAY)


def test_a_watch_listed_firm_is_found_as_partner_and_operator(found: Result) -> None:
    rows = [row for row in found.rows if row["entity_id"] == "mitsubishi-materials"]
    assert {row["role"] for row in rows} == {"operator", "partner"}
    assert {row["listing"] for row in rows} == {"listed"}
    assert all(row["measures"] == ["cn-jp-watchlist-2026"] for row in rows)


def test_listed_us_firms_are_found_with_their_projects(found: Result) -> None:
    by_firm = {
        firm: {row["record"] for row in found.rows if row["entity_id"] == firm and row["table"] == "projects"}
        for firm in ("mp-materials", "usa-rare-earth")
    }
    assert {"mp-10x", "mp-independence", "mp-mountain-pass"} <= by_firm["mp-materials"]
    assert {"usar-round-top", "usar-stillwater"} <= by_firm["usa-rare-earth"]


def test_a_subsidiary_is_reached_by_its_parents_listing(found: Result) -> None:
    rows = [row for row in found.rows if row["entity_id"] == "less-common-metals"]
    assert rows and {row["listing"] for row in rows} == {"parent_listed"}


def test_before_the_list_nobody_is_on_it(ds: Dataset) -> None:
    early = entities(ds, as_of=date(2026, 1, 1))
    assert {row["listing"] for row in early.rows} == {"not_listed"}
    assert early.tables["lists"] == ()


def test_names_and_the_count_of_the_unnamed_add_up(found: Result) -> None:
    for row in found.tables["lists"]:
        assert row["named"] + row["named_by_parent"] + row["not_named"] == row["entities"]  # type: ignore[operator]
    assert sum(int(str(row["not_named"])) for row in found.tables["lists"]) == 41


def test_what_matches_no_name_is_listed(ds: Dataset, found: Result) -> None:
    assert any(row["text"] == "Up to five winners" for row in found.tables["unmatched"])
    assert Names.of(ds).found("Up to five winners") == ()


@pytest.mark.parametrize(
    ("text", "named", "owners"),
    [
        ("Less Common Metals (USA Rare Earth)", ("less-common-metals", "usa-rare-earth"), ("less-common-metals",)),
        (
            "Namibia Critical Metals / JOGMEC",
            ("namibia-critical-metals", "jogmec"),
            ("namibia-critical-metals", "jogmec"),
        ),
        ("Fordham and Applegate", (), ()),
        ("双日と岩谷産業", ("sojitz", "iwatani"), ("sojitz", "iwatani")),
        (None, (), ()),
    ],
)
def test_names_are_read_whole_and_longest_first(
    ds: Dataset, text: str | None, named: tuple[str, ...], owners: tuple[str, ...]
) -> None:
    names = Names.of(ds)
    assert (names.found(text), names.owners(text)) == (named, owners)


def test_a_ring_of_parents_ends() -> None:
    assert head_of("a", {"a": "b", "b": "c"}) == "c"
    assert head_of("a", {"a": "b", "b": "a"}) == "b"


def test_the_calendar_holds_four_kinds_in_order(ds: Dataset) -> None:
    calendar = measures(ds, as_of=DAY).tables["calendar"]
    assert {row["class"] for row in calendar} == {"export_restraint", "import_measure", "entity_list", "price_floor"}
    assert [str(row["date"])[:4] for row in calendar] == sorted(str(row["date"])[:4] for row in calendar)
    today = [row for row in calendar if row["days_from_now"] == 0]
    assert [(row["measure_id"], row["event"]) for row in today] == [("cn-us-ban-2024", "suspension_ends")]
    floor = [row for row in calendar if row["measure_id"] == "mp-dow-floor"]
    assert [(row["date"], row["event"]) for row in floor] == [
        ("2025-07-10", "floor_signed"),
        ("2035-07-10", "floor_ends"),
    ]


def test_a_measure_on_magnets_has_their_code(ds: Dataset) -> None:
    rows = {row["measure_id"]: row for row in measures(ds, as_of=DAY).rows}
    assert "850511" in rows["us-301-magnet-graphite-2026"]["hs_codes"]  # type: ignore[operator]
    assert rows["us-301-magnet-graphite-2026"]["class"] == "import_measure"
    assert "284690" in rows["cn-ree7-licence-2025"]["hs_codes"]  # type: ignore[operator]


def test_links_reach_suppliers_rivals_and_listed_operators(ds: Dataset) -> None:
    links = {(row["measure_id"], row["how"], row["record"]) for row in measures(ds, as_of=DAY).tables["links"]}
    assert ("cn-us-entity-2026", "operator_listed", "mp-10x") in links
    assert ("cn-us-entity-2026", "operator_listed", "lcm-lacq") in links
    assert ("us-301-magnet-graphite-2026", "made_there", "jl-mag") in links
    assert ("us-301-magnet-graphite-2026", "made_here", "usar-stillwater") in links
    assert not any(
        how == "made_here" and record == "tdk-magnets" and m.startswith("us-301") for m, how, record in links
    )
    assert ("lynas-jare-2026-floor", "floor", "lynas-lamp") in links
