"""The IEA dataset: base case apart from what was observed, footnotes as notes, the rest of the world once."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.sources.raw_files import raw_file

import didymium as dd
from didymium.errors import BadInput
from didymium.sources.iea_cm import ORIGIN, read
from didymium.sources.intake import Intake, take
from didymium.sources.mending import read_corrections
from didymium.sources.register import import_file
from didymium.sources.terms import read_terms

NOTE = "Notes: Supply projections for the key minerals are built using the data for the pipeline of operating projects."
YEARS = {"2024": 1.0, "2030": 2.0}
EXCERPT: dict[str, Any] = {
    "source": "IEA",
    "supply": {
        "Lithium": {
            "mining": {
                "countries": {
                    "Australia": {"2024": 89.969451315, "2030": 123.5866246299},
                    "Rest of world": {"2024": 10.0, "2030": 0.0},
                    NOTE: {"2024": None, "2030": None},
                },
                "total": {"2024": 99.969451315, "2030": 123.5866246299},
                "top3Share": {"2024": 0.9, "2030": 1.0},
            }
        }
    },
    "totalDemand": {
        "Lithium": {
            "sectors": {"Electric vehicles": {"2024": 109.026, "STEPS": {"2030": 326.09}, "NZE": {"2030": 556.303}}},
            "cleanShare": {"2024": 0.6, "STEPS": {"2030": 0.8}},
        }
    },
}


@cache
def _vocabulary() -> dict[str, Any]:
    return dict(dd.open().content)


def _written(tmp_path: Path, whole: Any) -> Path:
    path = tmp_path / "iea.json"
    path.write_text(whole if isinstance(whole, str) else json.dumps(whole, indent=1), "utf-8")
    return path


def _taken(path: Path) -> Intake:
    return take(read(path, ORIGIN), ORIGIN, read_terms(ORIGIN.body, ORIGIN.terms, _vocabulary()))


def test_observed_and_projected_supply_go_to_their_tables(tmp_path: Path) -> None:
    intake = _taken(_written(tmp_path, EXCERPT))
    (made,) = [row for row in intake.rows["production"] if row["country"] == "AUS"]
    assert (made["product"], made["stage"], made["quantity"], made["unit"]) == ("lithium", "mine", 89969.451315, "t Li")
    assert (made["value_status"], made["year"], made["series"]) == ("reported", 2024, "IEA")
    (planned,) = [row for row in intake.rows["supply_outlook"] if row["country"] == "AUS"]
    assert (planned["quantity"], planned["value_status"], planned["scenario"]) == (123586.62463, "modelled", "base")
    assert {row["country"]: row["is_total"] for row in intake.rows["production"]} == {
        "AUS": False,
        "ROW": False,
        "WLD": True,
    }
    assert intake.figures_in == len(intake.rows["published"]) + sum(intake.left_out.values()) == 13


def test_a_footnote_is_a_note_and_not_a_country(tmp_path: Path) -> None:
    intake = _taken(_written(tmp_path, EXCERPT))
    assert {row["notes"] for row in intake.rows["published"] if row["attribute"] == "production"} == {NOTE}
    assert not [row for row in intake.rows["published"] if "Notes" in row["place_as_given"]]


def test_demand_keeps_sector_and_scenario_in_the_words_of_the_source(tmp_path: Path) -> None:
    rows = {row["series_as_given"]: row for row in _taken(_written(tmp_path, EXCERPT)).rows["published"]}
    steps = rows["totalDemand / Lithium / Electric vehicles / STEPS"]
    assert (steps["quantity"], steps["value_status"], steps["country"], steps["period"]) == (
        326090.0,
        "modelled",
        "WLD",
        "2030",
    )
    assert rows["totalDemand / Lithium / cleanShare / STEPS"]["unit"] == "share"


def _with(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    whole = copy.deepcopy(EXCERPT)
    node = whole
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = value
    return whole


AUSTRALIA = ("supply", "Lithium", "mining", "countries", "Australia")
BROKEN = {
    "an unknown section": (_with(("prices",), {}), "not known: 'prices'"),
    "no supply": ({"totalDemand": {}}, "missing: 'supply'"),
    "a text for a number": (_with((*AUSTRALIA, "2024"), "=1+1"), "'=1+1' is not a number"),
    "a list for years": (_with(AUSTRALIA, [1, 2]), "a list stands where an object by year"),
    "no year": (_with((*AUSTRALIA, "soon"), 1), "'soon' is not a year"),
    "a new country": (
        _with(("supply", "Lithium", "mining", "countries", "Atlantis"), YEARS),
        "place 'Atlantis' is not known",
    ),
    "a new mineral": (_with(("supply", "Unobtainium"), {"mining": {"countries": {}, "total": YEARS}}), "Unobtainium"),
    "a huge number": (_with((*AUSTRALIA, "2024"), 1e300), "larger than anything"),
    "not an object": ([1], "a list stands where"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_the_edition_does_not_hold_is_refused(tmp_path: Path, case: str) -> None:
    whole, told = BROKEN[case]
    with pytest.raises(BadInput) as refused:
        _taken(_written(tmp_path, whole))
    assert told in " ".join([refused.value.line(), *refused.value.faults])
    assert "\n" not in refused.value.line()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    at=st.integers(0, 1200),
    junk=st.one_of(st.binary(min_size=1, max_size=5), st.sampled_from([b"[" * 9999, b"NaN", b"1e999"])),
)
def test_any_bytes_in_the_file_are_read_or_refused_in_a_line(tmp_path: Path, at: int, junk: bytes) -> None:
    text = json.dumps(EXCERPT, indent=1).encode("utf-8")
    path = tmp_path / "iea.json"
    path.write_bytes(text[:at] + junk + text[at + 1 :])
    try:
        intake = _taken(path)
    except BadInput as refused:
        assert "\n" not in refused.line()
        return
    assert intake.figures_in == len(intake.rows["published"]) + sum(intake.left_out.values())


def test_the_real_edition_agrees_with_the_shipped_rows(tmp_path: Path) -> None:
    path = raw_file("iea_cm_dataset_2025", "iea_cm_data_explorer_2025.json")
    intake = import_file("iea-cm-2025", path, _vocabulary())
    assert not intake.unmet and len(intake.corrections) == 15
    ds = dd.open()
    for table, names, expected in (
        ("production", ("product", "stage", "country", "year", "series"), 66),
        ("supply_outlook", ("product", "stage", "country", "year", "scenario"), 210),
    ):
        ours = {tuple(row[name] for name in names): row["quantity"] for row in intake.rows[table]}
        theirs = {tuple(row[name] for name in names): row for row in ds.rows(table, source_id="iea-cm-dataset-2025")}
        both = ours.keys() & theirs.keys()
        assert len(both) == expected
        assert all(ours[key] == pytest.approx(theirs[key]["quantity"], rel=6e-5) for key in both)


def test_every_correction_says_what_it_expects() -> None:
    for correction in read_corrections("iea-cm-2025"):
        assert correction.action == "override" and correction.key["place"] == "Rest of world"
        assert float(correction.value) < float(correction.expect[0])
