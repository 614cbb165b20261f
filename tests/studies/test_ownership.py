"""Laws of control shares: they add up, a sale to the owner changes nothing, names do not matter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import didymium.data
from didymium.data import Dataset
from didymium.errors import BadInput, UnknownTerm
from didymium.results import Result
from didymium.studies.ownership import BASES, Sale, concentration, ownership, quantities, sold
from didymium.studies.plants import OPEN, UNKNOWN, Plant, plants


@pytest.fixture(scope="module")
def ds() -> Dataset:
    return didymium.data.open()


@pytest.fixture(scope="module")
def sale(ds: Dataset) -> Result:
    return ownership(ds, sale=("lynas-lamp=CHN",))


def test_shares_of_a_group_add_up_to_one(sale: Result) -> None:
    sums: dict[tuple[str, ...], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in sale.rows:
        key = tuple(str(row[c]) for c in ("basis", "scope", "stage", "product", "capacity_unit"))
        sums[key][0] += float(str(row["share"]))
        sums[key][1] += float(str(row["after_share"]))
    assert len(sums) > 100
    assert all(pair == pytest.approx([1.0, 1.0]) for pair in sums.values())


def test_every_plant_is_held_whole_by_each_reading(ds: Dataset) -> None:
    for plant in plants(ds)[0]:
        for basis in BASES:
            assert sum(share for _, share in plant.held(basis)) == pytest.approx(1.0), (plant.plant_id, basis)


def test_without_a_sale_nothing_changes(ds: Dataset) -> None:
    none = ownership(ds)
    assert not any(row["change_share"] for row in none.rows)
    assert none.tables["alerts"] == none.tables["sales"] == ()


@pytest.mark.parametrize("same", ["lynas-lamp=lynas-rare-earths", "lynas-lamp=AUS", "usar-stillwater=usa-rare-earth"])
def test_a_sale_to_the_owner_changes_nothing(ds: Dataset, same: str) -> None:
    found = ownership(ds, sale=(same,))
    assert not any(row["change_share"] for row in found.rows)
    assert found.tables["sales"] == ()


def test_a_sale_moves_the_plant_and_leaves_the_contracts(sale: Result) -> None:
    moved = {
        (row["basis"], row["holder"]): row["change_share"]
        for row in sale.rows
        if row["change_share"] and row["scope"] == "running"
    }
    assert moved["country", "CHN"] == pytest.approx(10500 / 10900)
    assert moved["country", "AUS"] == pytest.approx(-10500 / 10900)
    assert moved["entity", UNKNOWN] == pytest.approx(10500 / 10900)
    assert not any(basis == "offtake" for basis, _ in moved)


def test_a_sale_that_crosses_a_threshold_is_an_alert(sale: Result) -> None:
    alerts = {(row["threshold_id"], row["holder"], row["crossing"]) for row in sale.tables["alerts"]}
    assert {("eu-crma-65", "CHN", "crossed"), ("g7-60", "CHN", "crossed")} <= alerts
    assert not any(holder == "AUS" and limit == "g7-60" for limit, holder, _ in alerts), "Australia is a partner"
    assert sale.warnings[0].endswith("2 times: table alerts.")


def test_offtake_is_apart_from_ownership(ds: Dataset) -> None:
    rows = {
        (r["basis"], r["holder"]): r
        for r in ownership(ds).rows
        if r["product"] == "ndpr_oxide" and r["scope"] == "running"
    }
    assert rows["offtake", "JPN"]["capacity"] == pytest.approx(5000)
    assert ("country", "JPN") not in rows


def test_known_shares_divide_a_plant(ds: Dataset) -> None:
    swa = next(plant for plant in plants(ds)[0] if plant.plant_id == "swa-lithium")
    assert dict(swa.by_country) == {"CAN": pytest.approx(0.55), "NOR": pytest.approx(0.45)}
    ambatovy = next(plant for plant in plants(ds)[0] if plant.plant_id == "ambatovy")
    assert ambatovy.by_country == (("JPN+KOR", 1.0),), "one share of two is known: not divided"


def test_names_of_owners_do_not_matter(ds: Dataset) -> None:
    known = plants(ds)[0]
    swap = {"AUS": "zz", "CHN": "AUS", "USA": "CHN"}

    def renamed(plant: Plant) -> Plant:
        return replace(plant, by_country=tuple((swap.get(who, who), share) for who, share in plant.by_country))

    before = quantities(known, "country")
    after = quantities([renamed(plant) for plant in reversed(known)], "country")
    for group, held in before.items():
        assert {swap.get(who, who): tonnes for who, tonnes in held.items()} == pytest.approx(dict(after[group]))
        if sum(held.values()):
            assert concentration(_shares(held)) == pytest.approx(concentration(_shares(after[group])))


def _shares(held: Mapping[str, float]) -> dict[str, float]:
    return {who: tonnes / sum(held.values()) for who, tonnes in held.items()}


@given(st.dictionaries(st.sampled_from(["A", "B", "C", "A+B", UNKNOWN, OPEN]), st.floats(0.01, 10), min_size=1))
def test_concentration_lies_between_its_ends(tonnes: dict[str, float]) -> None:
    low, high = concentration(_shares(tonnes))
    assert 0 <= low <= high + 1e-12 <= 1 + 1e-9
    if not {"A+B", UNKNOWN, OPEN} & set(tonnes):
        assert low == pytest.approx(high)


def test_sales_in_turn_end_with_the_last_buyer(ds: Dataset) -> None:
    plant = plants(ds)[0][0]
    end = sold(plant, [Sale(plant.plant_id, "CHN", UNKNOWN), Sale(plant.plant_id, "JPN", "jogmec")])
    assert (end.by_country, end.by_entity) == ((("JPN", 1.0),), (("jogmec", 1.0),))


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("lynas-lamp", BadInput, "names no buyer"),
        ("lynas-lamb=CHN", UnknownTerm, "lynas-lamp"),
        ("lynas-lamp=sumitomo-corpp", UnknownTerm, "sumitomo-corp"),
    ],
)
def test_a_sale_that_names_nothing_is_refused(ds: Dataset, text: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        ownership(ds, sale=(text,))
