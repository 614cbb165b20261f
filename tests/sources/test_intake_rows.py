"""Figures to rows with terms made for the test: each column, each reason for leaving out, each refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from didymium.errors import BadInput
from didymium.sources.bgs_wms import ORIGINS
from didymium.sources.figures import Figure
from didymium.sources.intake import EMPTY, Intake, harmless, take
from didymium.sources.marks import Mark
from didymium.sources.mending import Correction
from didymium.sources.terms import Meaning, Place, Terms

ORIGIN = ORIGINS[0]
FIGURE = Figure("Cobalt", "kg", "China", "2023", "1,500", "f.csv", 2, "quantity")


def meaning(table: str | None = "production", **changes: Any) -> Meaning:
    whole = Meaning("production", "cobalt", "mine", "t Co", 0.001, "element", table, "Read.")
    return replace(whole, **changes)


TERMS = Terms(
    {
        ("Cobalt", "kg"): meaning(),
        ("Cobalt again", "kg"): meaning(),
        ("Cobalt apart", "kg"): meaning(None),
        ("Reserves", "kg"): meaning("reserves", attribute="reserves", stage=None),
        ("Outlook", "kg"): meaning("supply_outlook", attribute="supply"),
        ("Stability", ""): meaning(
            "governance",
            attribute="wgi_political_stability",
            product=None,
            stage=None,
            unit="index",
            factor=1.0,
            mass_basis="none",
        ),
        ("Old", None): meaning(None, attribute="out_of_scope", reviewed="Not ours."),
        ("Import / HS22 284690", "kg"): meaning("trade", attribute="imports", product="re_compounds", stage=None),
    },
    {
        "China": Place("CHN", (), "Ours."),
        "Japan": Place("JPN", (), "Ours."),
        "World": Place("WLD", (), "Ours."),
        "Chinae": Place("CHN", ("estimated",), "A footnote."),
        "Japanr": Place("JPN", ("revised",), "A footnote."),
        "Nowhere": Place(None, (), "Not told."),
    },
    {"W": Mark("withheld", None, None), "—": Mark("none_reported", 0.0, 0.0), "s": Mark("reported", 0.0, 500.0)},
    {"place": {"CHN": {"name": "China"}}},
)


def taken(*figures: Figure, corrections: Sequence[Correction] = ()) -> Intake:
    found = take(figures, ORIGIN, TERMS, corrections)
    assert found.origin is ORIGIN
    assert found.figures_in == len(figures) == len(found.rows["published"]) + sum(found.left_out.values())
    return found


def published(**changes: Any) -> dict[str, Any]:
    (row,) = taken(replace(FIGURE, **changes)).rows["published"]
    return row


ROW = {
    "body": "BGS-WMS",
    "vintage": "2023",
    "attribute": "production",
    "product": "cobalt",
    "stage": "mine",
    "series_as_given": "Cobalt",
    "country": "CHN",
    "partner": None,
    "period": "2023",
    "year": 2023,
    "quantity": 1.5,
    "quantity_low": None,
    "quantity_high": None,
    "unit": "t Co",
    "mass_basis": "element",
    "value_status": "reported",
    "figure_as_given": "1,500",
    "unit_as_given": "kg",
    "place_as_given": "China",
    "flags": None,
    "notes": None,
    "correction": None,
    "source_id": "bgs-wms",
    "locator": "f.csv, line 2, column quantity",
    "confidence": "high",
    "basis": "as published",
}


def test_a_figure_becomes_a_row_in_our_words() -> None:
    assert published() == ROW
    assert taken(FIGURE).rows["production"] == [
        {
            "country": "CHN",
            "year": 2023,
            "unit": "t Co",
            "source_id": "bgs-wms",
            "locator": "f.csv, line 2, column quantity",
            "confidence": "high",
            "product": "cobalt",
            "quantity": 1.5,
            "mass_basis": "element",
            "is_total": False,
            "value_status": "reported",
            "basis": "as published",
            "stage": "mine",
            "series": "BGS",
            "preferred": False,
            "rule_id": None,
        }
    ]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"flags": ("estimated",)}, ("estimated", "estimated", "medium", "BGS-WMS estimate")),
        ({"flags": ("modelled",)}, ("modelled", "modelled", "medium", "BGS-WMS projection")),
        ({"flags": ("modelled", "estimated")}, ("estimated", "modelled;estimated", "medium", "BGS-WMS estimate")),
        ({"flags": ("revised", "revised")}, ("reported", "revised", "high", "as published")),
        ({"place": "Chinae"}, ("estimated", "estimated", "medium", "BGS-WMS estimate")),
        ({"place": "Chinae", "flags": ("rounded",)}, ("estimated", "rounded;estimated", "medium", "BGS-WMS estimate")),
        ({"text": "W", "flags": ("estimated",)}, ("withheld", "estimated", "high", "as published")),
        ({"flags": ("corrected",)}, ("reported", "corrected", "high", "corrected by None; printed otherwise")),
    ],
)
def test_marks_beside_a_figure_say_how_sure_it_is(changes: dict[str, Any], told: tuple[str, ...]) -> None:
    row = published(**changes)
    assert (row["value_status"], row["flags"], row["confidence"], row["basis"]) == told


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("0", (0.0, None, None, "reported")),
        ("-2", None),
        ("W", (None, None, None, "withheld")),
        ("—", (None, 0.0, 0.0, "none_reported")),
        ("s", (None, 0.0, 0.5, "reported")),
        ("<1", (None, 0.0, 0.001, "reported")),
        (">2000", (None, 2.0, None, "reported")),
        ("1000–3000", (None, 1.0, 3.0, "reported")),
    ],
)
def test_what_a_cell_says_is_a_number_a_bound_or_a_state(text: str, state: tuple[Any, ...] | None) -> None:
    if state is None:
        with pytest.raises(BadInput) as refused:
            taken(replace(FIGURE, text=text))
        assert refused.value.line() == "f.csv row 2, column quantity: '-2' is below zero. Expected an amount."
        return
    found = taken(replace(FIGURE, text=text))
    (row,) = found.rows["published"]
    assert (row["quantity"], row["quantity_low"], row["quantity_high"], row["value_status"]) == state
    assert ("production" in found.rows) == (state[0] is not None)


@pytest.mark.parametrize(
    ("period", "year"),
    [("2023", 2023), ("1900", 1900), ("2021/2024", 2024), ("2024-05", 2024), ("2024-12", 2024), ("2099", 2099)],
)
def test_the_year_is_the_last_of_the_period(period: str, year: int) -> None:
    row = published(period=period)
    assert (row["period"], row["year"]) == (period, year)


@pytest.mark.parametrize("period", ["1899", "2100", "2024-13", "2024-00", "2024/", "24", "2023-2024", "２０２４", ""])
def test_what_is_no_period_is_told(period: str) -> None:
    with pytest.raises(BadInput, match=r"^bgs-wms: new words: 1 period\. ") as refused:
        taken(replace(FIGURE, period=period))
    assert refused.value.faults == (
        (
            f"f.csv row 2, column quantity: period '{period}' is not known.  "
            "Expected a year, or its first and last year as 2021/2024."
        ),
    )


def test_notes_and_units_may_be_absent_and_a_note_is_never_run() -> None:
    row = published(notes="=1+1")
    assert row["notes"] == "'=1+1" and harmless("a=1") == "a=1" and harmless("") == ""
    stability = replace(FIGURE, series="Stability", unit="", text="-0.5")
    assert taken(stability).rows["published"][0]["unit_as_given"] is None


def test_what_is_left_out_has_its_reason() -> None:
    found = taken(
        replace(FIGURE, series="Old", text="anything", place="Atlantis", period="soon"),
        replace(FIGURE, text=""),
        replace(FIGURE, text="", series="New"),
        replace(FIGURE, place="Nowhere"),
        replace(FIGURE, partner="Nowhere"),
        FIGURE,
        replace(FIGURE, line=9),
        replace(FIGURE, text="7", line=10, place="Japan"),
        corrections=[
            Correction("gone", "t", {"line": 10}, "drop", "text", None, "It is twice.", "p. 1", "found here", ("7",))
        ],
    )
    assert found.left_out == {
        "correction gone: It is twice.": 1,
        EMPTY: 2,
        "out of scope: Not ours.": 1,
        "place Nowhere: Not told.": 2,
        "the same figure again": 1,
    }
    assert list(found.left_out) == sorted(found.left_out) and found.corrections == {"gone": 1} and found.unmet == ()
    assert len(found.rows["published"]) == 1


def test_a_correction_is_counted_named_and_its_factor_applied() -> None:
    def correction(name: str, action: Any, value: Any, *expect: str, **key: Any) -> Correction:
        return Correction(name, "t", key, action, "text", value, "Why.", "p. 1", "found here", expect)

    found = taken(
        FIGURE,
        replace(FIGURE, place="Japan", line=3),
        replace(FIGURE, place="World", line=4),
        corrections=[
            correction("b-scale", "scale", 10, "1,500", place="China"),
            correction("a-right", "override", "99", "1,500", place="Japan"),
            correction("c-none", "flag", None, "5", place="Nowhere"),
        ],
    )
    rows = {row["country"]: row for row in found.rows["published"]}
    assert (rows["CHN"]["quantity"], rows["CHN"]["correction"], rows["CHN"]["flags"]) == (15.0, "b-scale", "corrected")
    assert rows["CHN"]["basis"] == "corrected by b-scale; printed otherwise"
    assert (rows["JPN"]["quantity"], rows["JPN"]["figure_as_given"]) == (0.099, "99")
    assert (rows["WLD"]["correction"], rows["WLD"]["basis"]) == (None, "as published")
    assert found.corrections == {"a-right": 1, "b-scale": 1} and list(found.corrections) == ["a-right", "b-scale"]
    assert found.unmet == ("c-none",)


def test_a_flow_has_a_partner_that_may_carry_a_mark() -> None:
    row = published(partner="Japanr", place="Chinae")
    assert (row["country"], row["partner"], row["flags"], row["place_as_given"]) == (
        "CHN",
        "JPN",
        "estimated;revised",
        "Chinae",
    )
    assert "production" not in taken(replace(FIGURE, partner="Japan")).rows


def test_new_words_are_told_all_at_once_with_where_they_first_stand() -> None:
    with pytest.raises(BadInput) as refused:
        taken(
            replace(FIGURE, series="New", line=2),
            replace(FIGURE, series="New", line=3),
            replace(FIGURE, series="New", unit="lb", line=4),
            replace(FIGURE, place="Chin", line=5),
            replace(FIGURE, place="Atlantis", partner="Lemuria", line=6),
            replace(FIGURE, text="c. 5", line=7),
            replace(FIGURE, text="c. 5", line=8),
            replace(FIGURE, text="c. 5", line=9),
            replace(FIGURE, text="1e99", line=10),
            FIGURE,
        )
    where = "f.csv row {}, column quantity"
    assert refused.value.line() == (
        "bgs-wms: new words: 2 marks, 3 places, 2 series. "
        "Nothing was imported. Review the words in files of terms and give them with --terms FOLDER."
    )
    assert list(refused.value.faults) == [
        where.format(10)
        + ": mark '1e99' is larger than anything that is measured here (1e+15).  "
        + "Add it to marks.csv: a mark is a state, never a number.",
        where.format(7)
        + " and 2 more cells: mark 'c. 5' is neither a number nor a known mark.  "
        + "Add it to marks.csv: a mark is a state, never a number.",
        where.format(6) + ": place 'Atlantis' is not known.  Add it to places.csv.",
        where.format(5) + ": place 'Chin' is not known. Did you mean CHN? Add it to places.csv.",
        where.format(6) + ": place 'Lemuria' is not known.  Add it to places.csv.",
        where.format(2)
        + " and 1 more cells: series 'New [kg]' is not known.  Add it to bgs-wms.csv, if only as out_of_scope.",
        where.format(4) + ": series 'New [lb]' is not known.  Add it to bgs-wms.csv, if only as out_of_scope.",
    ]


def test_two_figures_for_one_fact_contradict_each_other() -> None:
    key = "BGS-WMS|2023|production|cobalt|mine|Cobalt|CHN||China|2023|t Co"
    for changes, shown in (({"text": "9"}, "'9'"), ({"text": "W"}, "'W'"), ({"flags": ("estimated",)}, "'1,500'")):
        with pytest.raises(BadInput) as refused:
            taken(FIGURE, replace(FIGURE, line=3, **changes))
        assert refused.value.faults[0] == (
            f"f.csv row 3, column quantity: {shown} contradicts '1,500' of f.csv row 2, column quantity: "
            f"two figures for {key}. Settle it by a correction."
        )
        assert refused.value.line() == refused.value.faults[0]
    with pytest.raises(BadInput) as refused:
        taken(FIGURE, replace(FIGURE, line=3, text="9"), replace(FIGURE, line=4, text="8"))
    assert (
        refused.value.line().endswith("Settle it by a correction. and 1 more faults") and len(refused.value.faults) == 2
    )


def test_two_series_that_claim_one_fact_of_the_model_are_told_unless_they_agree() -> None:
    again = replace(FIGURE, series="Cobalt again", line=3)
    found = taken(FIGURE, again)
    assert len(found.rows["published"]) == 2 and len(found.rows["production"]) == 1
    with pytest.raises(BadInput) as refused:
        taken(FIGURE, replace(again, text="2,000"))
    assert refused.value.line() == (
        "f.csv row 3, column quantity: '2,000' and '1,500' of f.csv row 2, column quantity are both production "
        "cobalt|mine|CHN|2023|BGS. Take one of the series out of bgs-wms.csv."
    )


def test_rows_come_sorted_by_their_keys() -> None:
    figures = [
        replace(FIGURE, place=place, period=year) for place in ("World", "Japan", "China") for year in ("2023", "2022")
    ]
    found = taken(*figures)
    for name in ("published", "production"):
        keys = [(row["country"], row["year"]) for row in found.rows[name]]
        assert keys == sorted(keys) and len(keys) == 6
    assert [row["is_total"] for row in found.rows["production"]] == [False] * 4 + [True] * 2


def test_reserves_may_be_a_lower_bound_above_zero_and_production_may_not() -> None:
    found = taken(
        replace(FIGURE, series="Reserves", text=">2,000"),
        replace(FIGURE, series="Reserves", text="<5", place="Japan"),
        replace(FIGURE, series="Cobalt", text=">2,000"),
        replace(FIGURE, series="Reserves", text="W", place="World"),
    )
    assert set(found.rows) == {"published", "reserves"}
    (row,) = found.rows["reserves"]
    assert (row["quantity"], row["basis"], row["country"], row["is_total"]) == (
        2.0,
        "BGS-WMS; lower bound",
        "CHN",
        False,
    )
    assert set(row) == {
        "country", "year", "unit", "source_id", "locator", "confidence", "product", "quantity", "mass_basis",
        "is_total", "value_status", "basis",
    }  # fmt: skip


def test_an_indicator_may_be_below_zero_and_an_outlook_has_a_scenario() -> None:
    found = taken(
        replace(FIGURE, series="Stability", unit="", text="-0.5"),
        replace(FIGURE, series="Outlook", flags=("modelled",)),
        replace(FIGURE, series="Cobalt apart"),
    )
    assert found.rows["governance"] == [
        {
            "country": "CHN",
            "year": 2023,
            "unit": "index",
            "source_id": "bgs-wms",
            "locator": "f.csv, line 2, column quantity",
            "confidence": "high",
            "indicator": "wgi_political_stability",
            "value": -0.5,
            "basis": "as published",
            "rule_id": None,
        }
    ]
    (row,) = found.rows["supply_outlook"]
    assert (row["stage"], row["scenario"], row["quantity"], row["value_status"]) == ("mine", "base", 1.5, "modelled")
    assert "is_total" not in row and "series" not in row
    assert set(found.rows) == {"published", "governance", "supply_outlook"}


def test_flows_go_to_the_table_of_trade_and_to_no_other() -> None:
    flow = replace(FIGURE, series="Import / HS22 284690", partner="Japan")
    found = taken(flow, FIGURE)
    assert set(found.rows) == {"published", "production", "trade"}
    (row,) = found.rows["trade"]
    assert (row["exporter"], row["importer"], row["quantity"], row["series"]) == ("JPN", "CHN", 1.5, "BGS")
    assert set(taken(replace(flow, text="0")).rows) == {"published"}
