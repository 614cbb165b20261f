"""Confidential layers: what may be shown gives no figure away, whoever subtracts what from what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import didymium
import didymium.data
from didymium.data.disclosure import LEAST, bounds, classes_of, sums_of, told_sums
from didymium.data.redaction import HIDDEN, class_of
from didymium.errors import BadInput

CANARY = "CANARY-7731"
SOURCE = {
    "source_id": "acme-file",
    "title": f"Quote {CANARY}",
    "producer": f"Acme {CANARY}",
    "licence": "internal",
    "kind": "company",
}


def secret(layer: Any, quantity: float = 431.7, contract: float = 377.0, low: float = 37.0) -> Path:
    """A confidential layer: a plant's output, a contract, a stock as a range, their source."""
    folder: Path = layer.folder
    made = {"product": "ndfeb_magnet", "stage": "magnet", "country": "DEU", "year": "2024"}
    row = layer.shipped("production", **made)[0]
    layer.write("sources", [SOURCE])
    own = {"source_id": "acme-file", "basis": CANARY, "confidence": "high"}
    layer.write("production", [{**row, **own, "series": CANARY, "quantity": repr(quantity), "rule_id": ""}])
    contract_row = {"offtake_id": CANARY, "party": "JPN", "product": "ndfeb_magnet", "quantity": repr(contract)}
    years = {"year_from": "2027", "year_to": "2032", "unit": "t", "supplier": "VNM", "project_id": "vnm-plant"}
    layer.write("offtakes", [{**contract_row, **years, **own}])
    stock = {"country": "JPN", "organisation": CANARY, "product": "dy_metal", "year": "2026", "stock_type": "level"}
    layer.write("stockpiles", [{**stock, "unit": "days", "value_low": repr(low), "value_high": "173", **own}])
    layer.raw("layer.toml", b'visibility = "confidential"\n')
    return folder


def everything(ds: didymium.Dataset) -> str:
    return repr([ds.describe(), ds.content, ds.warnings])


def test_the_twin_holds_no_word_and_no_figure_of_the_layer(layer: Any) -> None:
    ds = didymium.data.open([secret(layer)])
    assert ds.visible("confidential") == ("mine",)
    assert CANARY in everything(ds) and "431.7" in everything(ds)
    twin = ds.redacted()
    hidden = [row for rows in twin.content.values() for row in rows if row["layer"] != "base"]
    assert len(hidden) == 5  # four rows, and the one source that all of them are said to have
    assert CANARY not in everything(twin)
    for word in ("431.7", "377", "37.0", "173", "acme", "Acme", "vnm", "'mine'"):
        assert word not in repr([hidden, twin.describe()]).replace("'stage': 'mine'", "")
    assert twin.layers == ("base", "confidential-1")
    row = twin.one("production", product="ndfeb_magnet", country="DEU", year=2024, layer="confidential-1")
    assert row["quantity"] == 350.0 and row["series"] == HIDDEN and "quantity 200 to 500" in row["basis"]
    assert twin.redacted() is twin or twin.redacted().full_id == twin.full_id


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(200, 499.99), st.floats(200, 499.99), st.floats(20, 49.99))
def test_figures_of_one_class_give_one_twin(layer: Any, quantity: float, contract: float, low: float) -> None:
    """The attack that no cleverness beats: all that leaves is computed from the twin, and the twin is the same."""
    one = didymium.data.open([secret(layer)]).redacted()
    other = didymium.data.open([secret(layer, quantity, contract, low)]).redacted()
    assert one.full_id == other.full_id and one.describe() == other.describe() and one.content == other.content


def test_figures_of_a_class_are_one_twin_and_another_class_is_another(layer: Any) -> None:
    one = didymium.data.open([secret(layer)]).redacted()
    assert didymium.data.open([secret(layer, 201.3, 480.1, 20.5)]).redacted().content == one.content
    assert didymium.data.open([secret(layer, quantity=700.0)]).redacted().full_id != one.full_id


@pytest.mark.slow
def test_answers_from_the_twin_are_the_same_for_all_figures_of_a_class(layer: Any) -> None:
    answers = []
    for figures in ((431.7, 377.0, 37.0), (207.1, 499.0, 21.0)):
        twin = didymium.data.open([secret(layer, *figures)]).redacted()
        answers.append([didymium.exposure(twin).as_dict(), didymium.gaps(twin, draws=10, years=(2030,)).as_dict()])
    assert answers[0] == answers[1]
    assert answers[0][0]["warnings"][0].startswith("Redacted: in place of each figure of a confidential layer")


def test_an_answer_says_first_who_may_see_it(layer: Any) -> None:
    ds = didymium.data.open([secret(layer)])
    result = didymium.exposure(ds)
    assert result.warnings[0].startswith("CONFIDENTIAL: made with mine (4 rows).")
    (record,) = result.dataset["layer_records"]
    assert record["visibility"] == "confidential" and len(record["sha256"]) == 64


def test_classes_cover_every_figure() -> None:
    for value in (0.0, 0.3, 1.0, 1.99, 2.0, 4.999, 5.0, 9.99, 10.0, 999.9, 1000.0, 63800.0, 1e12, 123.456):
        for figure in (value, -value):
            one = class_of(figure)
            assert one.low <= figure <= one.high and one.high > one.low
    for share in (0.0, 0.1, 0.3, 0.55, 0.7, 1.0):
        one = class_of(share, most=1.0)
        assert one.low - 1e-9 <= share <= one.high + 1e-9 and one.high - one.low == pytest.approx(0.1)


def test_a_layer_without_a_statement_is_for_partners_and_a_strange_one_is_refused(layer: Any) -> None:
    folder = secret(layer)
    (folder / "layer.toml").unlink()
    ds = didymium.data.open([folder])
    assert ds.records[0].visibility == "partner" and not ds.records[0].is_stated
    (folder / "layer.toml").write_text('visibility = "secret"\n')
    with pytest.raises(BadInput, match=r"'secret' is not allowed. Expected public, partner or confidential"):
        didymium.data.open([folder])


# sums


def attacked(figures: list[float], cells: list[tuple[int, ...]]) -> None:
    """Whatever is told, each figure may still be anything in its class."""
    told = told_sums(figures, cells)
    for one in told:
        if one.shown is not None:
            parts = [figures[i] for i in one.members]
            assert len(parts) >= LEAST and one.shown.low <= sum(parts) <= one.shown.high
    for i, figure in enumerate(figures):
        low, high = bounds(figures, told, i)
        own = class_of(figure)
        assert low <= own.low + 1e-5 * own.high and high >= own.high - 1e-5 * own.high


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 5_000), min_size=3, max_size=9), st.integers(2, 4), st.randoms(use_true_random=False))
def test_no_figure_can_be_narrowed_within_its_class_from_all_sums(figures: list[float], width: int, rng: Any) -> None:
    order = list(range(len(figures)))
    rng.shuffle(order)
    columns = [tuple(i for n, i in enumerate(order) if n % width == k) for k in range(width)]
    rows = [tuple(order[k : k + 4]) for k in range(0, len(order), 4)]
    attacked(figures, [c for c in (*columns, *rows, tuple(order)) if c])


def test_a_sum_of_three_like_figures_is_told_and_a_dominated_one_is_not() -> None:
    (told,) = told_sums([1_100.0, 1_300.0, 1_900.0, 1_700.0, 1_500.0, 1_200.0, 1_250.0], [tuple(range(7))])
    assert told.reason in ("", "narrows")
    (few,) = told_sums([100.0, 200.0], [(0, 1)])
    (dominated,) = told_sums([1_000.0, 10.0, 10.0, 10.0], [(0, 1, 2, 3)])
    assert (few.reason, dominated.reason) == ("few", "dominated") and few.shown is dominated.shown is None


def test_a_difference_of_two_sums_is_no_way_in() -> None:
    """A total and all but one of its parts: telling both would give the last one away."""
    figures = [700.0, 800.0, 900.0, 400.0]
    attacked(figures, [(0, 1, 2), (0, 1, 2, 3)])


def test_the_page_of_the_layer_shows_classes_and_withholds_thin_sums(layer: Any) -> None:
    ds = didymium.data.open([secret(layer)])
    shown = classes_of(ds)
    assert {(r["table"], r["column"], r["class_low"], r["class_high"]) for r in shown} == {
        ("production", "quantity", 200.0, 500.0),
        ("offtakes", "quantity", 200.0, 500.0),
        ("stockpiles", "value_low", 20.0, 50.0),
        ("stockpiles", "value_high", 100.0, 200.0),
    }
    assert {r["status"] for r in sums_of(ds)} == {"few"}
