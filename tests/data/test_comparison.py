"""What differs between two sets of tables, told once for each fact."""

from __future__ import annotations

from typing import Any

from didymium.data.comparison import agreement, differences, figure
from didymium.data.package import base_tables


def row(country: str, quantity: float | None, *, year: int = 2024, series: str = "USGS", **more: Any) -> dict[str, Any]:
    return {
        "product": "gallium",
        "stage": "refined",
        "country": country,
        "year": year,
        "series": series,
        "quantity": quantity,
        "unit": "t Ga",
        "value_status": "reported",
        "source_id": "s",
        "preferred": True,
        **more,
    }


def told(a: list[dict[str, Any]], b: list[dict[str, Any]]) -> list[tuple[str, str, float | None]]:
    return [(one.key, one.change, one.share) for one in differences({"production": a}, {"production": b})]


def test_added_removed_changed_and_equal() -> None:
    a = [row("CHN", 100.0), row("JPN", 3.0), row("RUS", 6.0)]
    b = [row("CHN", 150.0), row("JPN", 3.0), row("KOR", 2.0)]
    assert told(a, b) == [
        ("gallium|refined|CHN|2024|USGS", "changed", 0.5),
        ("gallium|refined|KOR|2024|USGS", "added", None),
        ("gallium|refined|JPN|2024|USGS", "equal", 0.0),
        ("gallium|refined|RUS|2024|USGS", "removed", None),
    ]


def test_another_edition_is_compared_with_the_claim_in_use() -> None:
    a = [row("CHN", 100.0), row("CHN", 90.0, series="WMD", preferred=False)]
    assert told(a, [row("CHN", 110.0, series="USGS 2025 edition")]) == [
        ("gallium|refined|CHN|2024", "changed", 110 / 100 - 1)
    ]


def test_a_series_of_both_sides_is_compared_with_itself() -> None:
    a = [row("CHN", 100.0), row("CHN", 90.0, series="WMD", preferred=False)]
    assert ("gallium|refined|CHN|2024|WMD", "equal", 0.0) in told(a, [row("CHN", 90.0, series="WMD")])


def test_six_digits_are_equal_and_nought_has_no_share() -> None:
    assert told([row("CHN", 396753970.0)], [row("CHN", 396754000.0)])[0][1] == "equal"
    assert told([row("CHN", 0.0)], [row("CHN", 5.0)])[0][1:] == ("changed", None)


def test_a_state_is_told_in_words_and_compared() -> None:
    def cell(**state: Any) -> dict[str, Any]:
        base = dict.fromkeys(("quantity", "quantity_low", "quantity_high", "figure_as_given"))
        return {**base, "value_status": "reported", **state}

    assert figure(cell(quantity_low=0.0, quantity_high=1.0)) == "0 to 1"
    assert figure(cell(quantity_low=50.0)) == "at least 50"
    assert figure(cell(quantity_high=0.0)) == "at most 0"
    assert figure(cell(figure_as_given="W", value_status="withheld")) == "W"
    assert figure(None) is None


def test_nothing_differs_from_itself() -> None:
    shipped = {name: parsed.rows for name, parsed in base_tables().items()}
    found = differences(shipped, shipped)
    assert len(found) > 10_000
    assert {one.change for one in found} == {"equal"}


def test_every_row_is_counted_once() -> None:
    shipped = {name: parsed.rows for name, parsed in base_tables().items()}
    counts = agreement(differences(shipped, {}, ("production",)))
    assert sum(r["only_a"] for r in counts) + sum(r["matched"] + r["only_b"] for r in counts) <= len(
        shipped["production"]
    )
    counts = agreement(differences(shipped, shipped, ("production",)), ("country",))
    assert sum(r["matched"] for r in counts) == len(shipped["production"])


def test_agreement_counts_by_any_column() -> None:
    a = [row("CHN", 100.0), row("JPN", 3.0)]
    b = [row("CHN", 100.05), row("JPN", 4.0), row("KOR", 2.0)]
    (all_of_it,) = agreement(differences({"production": a}, {"production": b}))
    assert {name: all_of_it[name] for name in ("matched", "equal", "close", "different", "only_a", "only_b")} == {
        "matched": 2,
        "equal": 0,
        "close": 1,
        "different": 1,
        "only_a": 0,
        "only_b": 1,
    }
    assert all_of_it["largest_change"] == "gallium|refined|JPN|2024|USGS"
    by_place = agreement(differences({"production": a}, {"production": b}), ("country",))
    assert [r["country"] for r in by_place] == ["CHN", "JPN", "KOR"]
