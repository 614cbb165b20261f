"""Stocks: laws of the target, identities between columns and tables, on the shipped data."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest

from didymium import data
from didymium.data import Dataset
from didymium.errors import NotFound, UnknownTerm
from didymium.results import Result
from didymium.studies import gap_supply
from didymium.studies.stock_inputs import FORMS, Form, Setting, _held, forms_of, setting
from didymium.studies.stocks import NO_NEED, _days, _reserve, stocks

DRAWS = 60


@pytest.fixture(scope="module")
def ds() -> Dataset:
    return data.open()


@pytest.fixture(scope="module")
def answer(ds: Dataset) -> Result:
    return stocks(ds, draws=DRAWS)


@pytest.fixture(scope="module")
def inside(ds: Dataset) -> tuple[Setting, list[Form]]:
    supply = gap_supply.prepare(ds, ("USA", "JPN"), [2027], DRAWS, 0)
    need = gap_supply.needs(ds, supply, "STEPS", 0)
    given = setting(ds, supply, 2027, 0)
    return given, forms_of(ds, given, supply, need, "JPN")


def test_every_form_of_every_party_is_told_once(answer: Result) -> None:
    keys = [(r["party"], r["stage"], r["product"]) for r in answer.rows]
    assert len(set(keys)) == len(keys) == 2 * 11
    assert all(r["source_ids"] for r in answer.rows)
    assert {r["evidence"] for r in answer.rows} == {"D"}


def test_medians_lie_within_their_bands(answer: Result) -> None:
    rows = [*answer.rows, *answer.tables["pooled"], *answer.tables["sizes"]]
    for row in rows:
        for name in [n.removesuffix("_p10") for n in row if n.endswith("_p10")]:
            if row[name] is not None:
                assert row[f"{name}_p10"] <= row[name] <= row[f"{name}_p90"], name


def test_what_runs_on_and_what_is_protected_are_no_more_than_the_need(answer: Result) -> None:
    for row in answer.rows:
        assert row["runs_on_share"] >= 0
        assert row["protects_share"] >= 0
        assert row["runs_on_share_p90"] + row["protects_share_p10"] <= 1 + 1e-9


def test_a_later_form_protects_no_less(inside: tuple[Setting, list[Form]]) -> None:
    """A stock nearer the user passes fewer stages; magnets aside, of which only a part fits."""
    chain = [f for f in inside[1] if f.product.startswith("ndpr") or f.stage == "alloy"]
    assert [f.stage for f in chain] == list(FORMS[:4])
    for early, late in pairwise(chain):
        assert np.all(late.protects >= early.protects - 1e-12)


def test_a_dearer_loss_lengthens_and_a_dearer_store_shortens_the_target(inside: tuple[Setting, list[Form]]) -> None:
    given, forms = inside
    metal = next(f for f in forms if f.product == "ndpr_metal")
    days = _days(given, metal)
    assert np.all(_days(given, dataclasses.replace(metal, value=2 * metal.value)) >= days)
    assert np.all(_days(given, dataclasses.replace(metal, holding=2 * metal.holding)) <= days)
    assert np.any(_days(given, dataclasses.replace(metal, holding=2 * metal.holding)) < days)
    assert np.all(days <= 365 * metal.adapts)


def test_without_cuts_nothing_is_held(inside: tuple[Setting, list[Form]]) -> None:
    given, forms = inside
    calm = dataclasses.replace(given, rate=np.zeros_like(given.rate))
    assert all(not _days(calm, form).any() for form in forms)


def test_what_is_held_need_not_be_bought_and_buying_moves_the_price(inside: tuple[Setting, list[Form]]) -> None:
    given, forms = inside
    metal = next(f for f in forms if f.product == "ndpr_metal")
    full = _reserve(given, dataclasses.replace(metal, held=np.full_like(metal.held, 1e9)))
    empty = dataclasses.replace(metal, held=np.zeros_like(metal.held))
    none = _reserve(given, empty)
    assert full["buy_t"] == full["purchase_usd_m"] == full["price_rise_share"] == 0.0
    assert none["buy_t"] == pytest.approx(none["target_t"])
    assert float(str(none["price_rise_share"])) > 0
    small = _reserve(given, dataclasses.replace(empty, world=metal.world / 10))
    assert float(str(small["price_rise_share"])) >= float(str(none["price_rise_share"]))


class _Told:
    """A table `stockpiles` with one secret level."""

    def rows(self, table: str, **where: object) -> list[dict[str, object]]:
        level = {"country": "USA", "product": "ndpr_oxide", "unit": "days", "year": 2026, "row_id": "x"}
        return [{**level, "quantity": None, "value_low": 100.0, "value_high": 200.0}]


def test_a_secret_stock_counts_as_a_range(inside: tuple[Setting, list[Form]]) -> None:
    given, need = inside[0], np.full(DRAWS, 365.0)
    public = _held(_Told(), given, "USA", "separated", "ndpr_oxide", need) - given.drawn["pool_cover_days"]  # type: ignore[arg-type]
    assert 100 <= public.min() < 120
    assert 180 < public.max() <= 200
    other = _held(_Told(), given, "USA", "separated", "dy_oxide", need)  # type: ignore[arg-type]
    assert other == pytest.approx(given.drawn["pool_cover_days"])


def test_a_joint_reserve_costs_no_more(answer: Result) -> None:
    assert len(answer.tables["pooled"]) == 11
    for row in answer.tables["pooled"]:
        assert row["pooled_saving_usd_m_per_y_p10"] >= 0
        assert row["pooled_t"] <= row["separate_t"] * (1 + 1e-9)


def test_the_sizes_grow_with_the_days_and_hold_all_parties(answer: Result) -> None:
    told = {(r["party"], r["stage"], r["stock_rule"]): r for r in answer.tables["sizes"]}
    assert {who for who, _, _ in told} == {"USA", "JPN", "USA+JPN"}
    for stage in FORMS:
        for who in ("USA", "JPN", "USA+JPN"):
            sixty, most = (told[who, stage, rule]["purchase_usd_m"] for rule in ("days_60", "days_180"))
            assert 2.9 * sixty < most < 3.4 * sixty  # three times the tonnes, at a somewhat higher price
    one = told["JPN", "metal", "target"]
    assert one["vault_share"] == pytest.approx(one["purchase_usd_m"] / 11_670)


def test_a_party_alone_is_answered_the_same(ds: Dataset, answer: Result) -> None:
    alone = stocks(ds, parties=("JPN",), draws=DRAWS)
    assert not alone.tables["pooled"]
    both = {(r["stage"], r["product"]): r["target_days"] for r in answer.rows if r["party"] == "JPN"}
    for row in alone.rows:
        assert both[row["stage"], row["product"]] == pytest.approx(row["target_days"], rel=0.25, abs=1.0)


def test_a_party_that_is_no_place_is_refused(ds: Dataset) -> None:
    with pytest.raises(UnknownTerm, match="JAP"):
        stocks(ds, parties=("JAP",))


def test_a_party_that_uses_no_magnets_needs_no_stock_and_leaves_the_others_as_they_are(ds: Dataset) -> None:
    both, alone = stocks(ds, parties=("AUS", "JPN"), draws=DRAWS), stocks(ds, parties=("JPN",), draws=DRAWS)
    assert {row["party"] for row in both.rows} == {"JPN"} and not both.tables["pooled"]
    assert [row["stage"] for row in both.rows] == [row["stage"] for row in alone.rows]
    assert NO_NEED in both.warnings and NO_NEED not in alone.warnings
    with pytest.raises(NotFound, match="AUS uses no magnets"):
        stocks(ds, parties=("AUS",), draws=DRAWS)
