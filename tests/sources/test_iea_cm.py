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
from didymium.sources.figures import Figure
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


def _figures(tmp_path: Path, whole: Any) -> list[tuple[str, str, str, str, str, str]]:
    found = list(read(_written(tmp_path, whole), ORIGIN))
    assert {(one.file, one.line, one.partner) for one in found} <= {("iea.json", 0, "")}
    assert all(one.flags == (() if one.period == "2024" else ("modelled",)) for one in found)
    return [(one.series, one.unit, one.place, one.period, one.text, one.column) for one in found]


def test_supply_is_read_by_country_total_and_share(tmp_path: Path) -> None:
    mining = "/supply/Lithium/mining"
    base, kt = "supply, base case / Lithium / mining", "thousand tonnes"
    assert _figures(tmp_path, EXCERPT)[:8] == [
        ("supply / Lithium / mining", kt, "Australia", "2024", "89.969451315", f"{mining}/countries/Australia/2024"),
        (base, kt, "Australia", "2030", "123.5866246299", f"{mining}/countries/Australia/2030"),
        ("supply / Lithium / mining", kt, "Rest of world", "2024", "10.0", f"{mining}/countries/Rest of world/2024"),
        (base, kt, "Rest of world", "2030", "0.0", f"{mining}/countries/Rest of world/2030"),
        ("supply / Lithium / mining", kt, "World", "2024", "99.969451315", f"{mining}/total/2024"),
        (base, kt, "World", "2030", "123.5866246299", f"{mining}/total/2030"),
        ("supply / Lithium / mining / top3Share", "share", "World", "2024", "0.9", f"{mining}/top3Share/2024"),
        (f"{base} / top3Share", "share", "World", "2030", "1.0", f"{mining}/top3Share/2030"),
    ]


def test_demand_is_read_by_sector_year_and_scenario(tmp_path: Path) -> None:
    ev, share = "totalDemand / Lithium / Electric vehicles", "totalDemand / Lithium / cleanShare"
    at = "/totalDemand/Lithium"
    assert _figures(tmp_path, EXCERPT)[8:] == [
        (ev, "thousand tonnes", "World", "2024", "109.026", f"{at}/sectors/Electric vehicles/2024"),
        (f"{ev} / STEPS", "thousand tonnes", "World", "2030", "326.09", f"{at}/sectors/Electric vehicles/STEPS/2030"),
        (f"{ev} / NZE", "thousand tonnes", "World", "2030", "556.303", f"{at}/sectors/Electric vehicles/NZE/2030"),
        (share, "share", "World", "2024", "0.6", f"{at}/cleanShare/2024"),
        (f"{share} / STEPS", "share", "World", "2030", "0.8", f"{at}/cleanShare/STEPS/2030"),
    ]


def test_sections_come_in_their_order_whatever_that_of_the_file(tmp_path: Path) -> None:
    leaf = {"2024": 1, "APS": {"2030": 2}}
    whole = {
        "byTechnology": {"Solar": {"minerals": {"Silver": leaf}}},
        "cleantechByMineral": {"Silver": leaf},
        "cleantechByTech": {"Wind": leaf},
        "supply": {},
        "totalDemand": {"Silver": {"APS": {"2040": 3}}},
    }
    assert [one[0] for one in _figures(tmp_path, whole)] == [
        "totalDemand / Silver / APS",
        "cleantechByTech / Wind",
        "cleantechByTech / Wind / APS",
        "cleantechByMineral / Silver",
        "cleantechByMineral / Silver / APS",
        "byTechnology / Solar / Silver",
        "byTechnology / Solar / Silver / APS",
    ]


def test_trees_are_read_from_the_top_down(tmp_path: Path) -> None:
    tree = {"A": {"sectors": {"a": {"2024": 1}, "b": {"2024": 2}}, "c": {"2024": 3}}, "B": {"2024": 4}}
    found = _figures(tmp_path, {"supply": {}, "totalDemand": tree})
    assert [(one[0].removeprefix("totalDemand / "), one[4]) for one in found] == [
        ("A / a", "1"),
        ("A / b", "2"),
        ("A / c", "3"),
        ("B", "4"),
    ]


def _countries(**countries: Any) -> dict[str, Any]:
    return {"supply": {"Li": {"mining": {"countries": countries}}}, "totalDemand": {}}


def test_a_footnote_has_no_figure_and_begins_with_notes_or_is_long(tmp_path: Path) -> None:
    empty = {"2024": None}
    long, fits = "x" * 61, "y" * 60
    found = list(read(_written(tmp_path, _countries(**{"Chile": {"2024": 1}, "Notes: a": empty, long: empty})), ORIGIN))
    assert [(one.place, one.notes) for one in found] == [("Chile", f"Notes: a {long}")]
    for word, years in ((fits, empty), ("See notes", empty), ("Notes: b", {"2024": 5}), (long, {"2024": 0})):
        (one,) = read(_written(tmp_path, _countries(**{word: years})), ORIGIN)
        assert (one.place, one.notes, one.text) == (word, "", "" if years is empty else str(years["2024"]))


def test_words_are_tidied_and_an_unknown_figure_is_an_empty_cell(tmp_path: Path) -> None:
    (one,) = read(_written(tmp_path, _countries(**{" New  Caledonia ": {"2030": None}})), ORIGIN)
    assert one == Figure(
        "supply, base case / Li / mining",
        "thousand tonnes",
        "New Caledonia",
        "2030",
        "",
        "iea.json",
        0,
        "/supply/Li/mining/countries/ New  Caledonia /2030",
        "",
        ("modelled",),
    )


NEW = "A new layout needs a new reader."
AT = "iea.json, /supply/Li/mining"
REFUSED: list[tuple[Any, str]] = [
    ({"supply": {}}, f"iea.json: the sections are not those of this edition (missing: 'totalDemand'). {NEW}"),
    (
        {"a": 1, "source": "x"},
        (
            "iea.json: the sections are not those of this edition "
            f"(not known: 'a'; missing: 'totalDemand', 'supply'). {NEW}"
        ),
    ),
    ({"supply": [], "totalDemand": {}}, "iea.json, /supply: a list stands where an object by mineral should."),
    ({"supply": {"Li": 5}, "totalDemand": {}}, "iea.json, /supply/Li: '5' stands where an object by stage should."),
    (
        {"supply": {"Li": {"mining": 5}}, "totalDemand": {}},
        f"{AT}: '5' stands where countries, total and top3Share should.",
    ),
    (
        {"supply": {"Li": {"mining": {"total": {}}}}, "totalDemand": {}},
        f"{AT}/countries: 'None' stands where an object by country should.",
    ),
    (_countries(Chile=5), f"{AT}/countries/Chile: '5' stands where an object by year should."),
    (_countries(Chile={"2024": "5"}), f"{AT}/countries/Chile/2024: '5' is not a number. Expected a number."),
    (_countries(Chile={"2024": True}), f"{AT}/countries/Chile/2024: 'True' is not a number. Expected a number."),
    (_countries(Chile={"203": 5}), f"{AT}/countries/Chile/203: '203' is not a year. Expected e.g. 2030."),
    (_countries(Chile={"20300": 5}), f"{AT}/countries/Chile/20300: '20300' is not a year. Expected e.g. 2030."),
    (
        _countries(Chile={"２０３０": 5}),
        f"{AT}/countries/Chile/２０３０: '２０３０' is not a year. Expected e.g. 2030.",
    ),
    (_countries(Chile={"203a": 5}), f"{AT}/countries/Chile/203a: '203a' is not a year. Expected e.g. 2030."),
    ({"supply": {}, "totalDemand": {"Li": 5}}, "iea.json, /totalDemand/Li: '5' stands where an object should."),
    (
        {"supply": {}, "totalDemand": {"Li": {"STEPS": 5}}},
        "iea.json, /totalDemand/Li/STEPS: '5' stands where years should.",
    ),
    (
        {"supply": {}, "totalDemand": {"Li": {"2024": 1, "other": 2}}},
        "iea.json, /totalDemand/Li/other: 'other' is not a year. Expected e.g. 2030.",
    ),
]


@pytest.mark.parametrize(("whole", "told"), REFUSED, ids=range(len(REFUSED)))
def test_a_refusal_names_the_path_to_what_is_odd(tmp_path: Path, whole: Any, told: str) -> None:
    with pytest.raises(BadInput) as refused:
        list(read(_written(tmp_path, whole), ORIGIN))
    assert refused.value.line().startswith(told)


def test_only_the_first_six_new_sections_are_named(tmp_path: Path) -> None:
    whole = {**{f"s{n}": {} for n in range(8)}, "supply": {}, "totalDemand": {}}
    with pytest.raises(BadInput, match=r"not known: 's0', 's1', 's2', 's3', 's4', 's5'\)"):
        list(read(_written(tmp_path, whole), ORIGIN))


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
