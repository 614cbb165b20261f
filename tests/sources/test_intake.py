"""From a publisher's lines to our rows: states, units, places, and an account of everything that is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from publisher_files import BGS, BGS_HEADER, MCS_2025, MCS_2026, WGI, WMD, bgs_line, yearbook

from didymium.data.package import base_tables
from didymium.errors import BadInput, UnknownTerm
from didymium.sources.intake import Intake
from didymium.sources.terms import read_terms


def published(intake: Intake, **where: Any) -> list[dict[str, Any]]:
    return [row for row in intake.rows["published"] if all(row[name] == value for name, value in where.items())]


def one(intake: Intake, **where: Any) -> dict[str, Any]:
    (row,) = published(intake, **where)
    return row


def balanced(intake: Intake) -> bool:
    return intake.figures_in == len(intake.rows["published"]) + sum(intake.left_out.values())


@pytest.fixture
def mcs_2026(excerpts: Any) -> Intake:
    path = excerpts.write("MCS2026_Commodities_Data.csv", MCS_2026, "cp1252")
    return excerpts.take("usgs-mcs-2026", path)  # type: ignore[no-any-return]


def test_a_number_goes_to_both_tables_with_its_place_in_the_file(mcs_2026: Intake) -> None:
    row = one(mcs_2026, product="cobalt", country="COD")
    assert (row["quantity"], row["unit"], row["mass_basis"], row["value_status"]) == (
        226000.0,
        "t Co",
        "element",
        "estimated",
    )
    assert row["locator"] == "MCS2026_Commodities_Data.csv, line 2, column Value"
    assert (row["figure_as_given"], row["unit_as_given"], row["place_as_given"]) == (
        "226,000",
        "metric tons",
        "Congo (Kinshasa)",
    )
    assert row["confidence"] == "medium" and row["vintage"] == "2026"
    assert [(r["country"], r["quantity"], r["series"], r["is_total"]) for r in mcs_2026.rows["production"]] == [
        ("COD", 226000.0, "USGS", False),
        ("WLD", 290000.0, "USGS", True),
    ]


@pytest.mark.parametrize(
    ("where", "state"),
    [
        ({"product": "lithium", "attribute": "production"}, (None, None, None, "withheld", "W")),
        ({"product": "lithium", "attribute": "net_import_reliance"}, (None, 0.5, None, "estimated", ">50")),
        ({"product": "tungsten"}, (None, 0.0, 0.0, "none_reported", "—")),
        ({"product": "zinc"}, (None, None, 0.0, "reported", "E")),
        ({"product": "gallium"}, (0.21, None, None, "reported", "21")),
    ],
)
def test_marks_and_bounds_are_states_and_intervals(
    mcs_2026: Intake, where: dict[str, str], state: tuple[Any, ...]
) -> None:
    row = one(mcs_2026, **where)
    names = ("quantity", "quantity_low", "quantity_high", "value_status", "figure_as_given")
    assert tuple(row[name] for name in names) == state


def test_a_flow_has_a_partner_and_a_span_of_years(mcs_2026: Intake) -> None:
    row = one(mcs_2026, product="gallium")
    assert (row["country"], row["partner"], row["period"], row["year"]) == ("USA", "JPN", "2021/2024", 2024)


def test_what_is_out_of_scope_is_counted_and_not_judged(mcs_2026: Intake) -> None:
    assert mcs_2026.left_out == {"out of scope: Chapter of a commodity outside the chains that ship.": 1}
    assert balanced(mcs_2026)
    assert {"brazil-ree-reserves", "manganese-price-unit"} <= set(mcs_2026.unmet)


def test_a_mark_beside_a_blank_cell_is_read(excerpts: Any) -> None:
    found = excerpts.take("usgs-mcs-2025", excerpts.write("MCS2025_World_Data.csv", MCS_2025, "utf-8-sig"))
    assert [row["value_status"] for row in published(found, country="USA", attribute="production")] == ["withheld"] * 2
    brazil = {row["period"]: row["value_status"] for row in published(found, country="BRA", attribute="production")}
    assert brazil == {"2023": "estimated", "2024": "estimated"}
    assert one(found, country="IRN", attribute="reserves")["value_status"] == "none_reported"
    world = one(found, country="WLD", attribute="reserves")
    assert (world["quantity"], world["quantity_low"], world["flags"]) == (None, 2e6, "rounded")
    bound = next(row for row in found.rows["reserves"] if row["country"] == "WLD")
    assert (bound["quantity"], bound["basis"]) == (2e6, "USGS-MCS; lower bound")
    assert {row["series"] for row in found.rows["production"]} == {"USGS 2025 edition"}
    assert balanced(found) and found.left_out == {"empty cell": 8}


def test_bgs_tells_nil_from_not_available_and_not_significant(excerpts: Any) -> None:
    found = excerpts.take("bgs-wms", excerpts.write("BGS_gallium_production.csv", BGS))
    names = ("quantity", "quantity_low", "quantity_high", "value_status")
    said = {row["country"]: tuple(row[name] for name in names) for row in found.rows["published"]}
    assert said == {
        "CHN": (None, None, None, "none_reported"),
        "KAZ": (19.0, None, None, "reported"),
        "RUS": (5.0, None, None, "estimated"),
        "HUN": (None, 0.0, 0.0, "none_reported"),
        "UKR": (None, 0.0, 0.5, "reported"),
    }
    assert [row["country"] for row in found.rows["production"]] == ["KAZ", "RUS"]
    assert sum(found.left_out.values()) == 1 and "Soviet Union" in next(iter(found.left_out))


def test_a_folder_of_files_is_read_whole_or_not_at_all(excerpts: Any, tmp_path: Path) -> None:
    folder = tmp_path / "bgs"
    folder.mkdir()
    (folder / "BGS_gallium_production.csv").write_text(BGS, encoding="utf-8")
    (folder / "README.md").write_text("x", encoding="utf-8")
    assert excerpts.take("bgs-wms", folder).figures_in == 6
    (folder / "other.csv").write_text("x", encoding="utf-8")
    with pytest.raises(BadInput, match=r"other\.csv is no file of this publication"):
        excerpts.take("bgs-wms", folder)


def test_kilograms_and_lithium_oxide_are_converted(excerpts: Any) -> None:
    found = excerpts.take("wmd-2026", excerpts.write("wmd_production_2018_2024_selected.csv", WMD))
    assert one(found, product="palladium", period="2024")["quantity"] == 88.0
    # 2 x 6.94 / (2 x 6.94 + 15.999), standard atomic weights (IUPAC 2021)
    assert one(found, product="lithium", period="2022")["quantity"] == pytest.approx(14210 * 13.88 / 29.879, rel=1e-5)
    assert [row["period"] for row in published(found, product="natural_graphite")] == [
        "2020",
        "2021",
        "2022",
        "2023",
        "2024",
    ]
    assert found.left_out == {"empty cell": 2}


def test_indicators_of_governance(excerpts: Any) -> None:
    found = excerpts.take("wgi-2025", excerpts.write("wgi.csv", WGI))
    assert len(found.rows["governance"]) == 13
    assert one(found, country="PYF", period="2018")["value_status"] == "none_reported"
    assert found.rows["governance"][0]["indicator"] == "wgi_political_stability"


def test_a_printed_workbook(excerpts: Any) -> None:
    found = excerpts.take("usgs-myb-2022", excerpts.write("myb.xlsx", yearbook()))
    assert one(found, product="reo_mixed", country="AUS", period="2022")["flags"] == "estimated"
    burundi = {row["period"]: row["value_status"] for row in published(found, country="BDI")}
    assert burundi == {"2018": "estimated", **{str(y): "reported" for y in (2019, 2020, 2021)}, "2022": "none_reported"}
    world = one(found, country="WLD", period="2021", series_as_given="T8 / World mine production")
    assert world["flags"] == "revised" and world["quantity"] == 290000.0
    cerium = one(found, product="ce_oxide", attribute="element_share")
    assert (cerium["quantity_low"], cerium["quantity_high"]) == (0.0, 0.0109)
    assert cerium["series_as_given"] == "T2 / Ce / Rare-earth laterite / Longnan, Jiangxi Province4"
    price = one(found, product="dy_oxide", attribute="price", period="2021")
    assert (price["quantity"], price["unit"], price["country"]) == (410.0, "USD/kg", "CHN")
    japan = {(row["period"], row["unit"]): row["quantity"] for row in published(found, partner="JPN")}
    assert japan[("2021", "t gross")] == 2.41 and japan[("2022", "USD")] == 122000.0
    assert balanced(found)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"T8_C6": 2017}, r"sheet T8 row 6, column C: '2017' stands where '2018' is expected"),
        ({"T8_A2": "OTHER"}, r"sheet T8 row 2, column A"),
        ({"T8_D8": "q"}, r"sheet T8 row 8, column D: 'q' is not a known mark"),
        ({"T8_C8": "=1+1"}, r"sheet T8 row 8, column C: a formula"),
        ({"T8_A8": "Ruritania"}, r"place 'Ruritania' is not known"),
        ({"T8_C8": "1e308"}, r"mark '1e308' is larger than anything"),
    ],
)
def test_another_layout_is_refused(excerpts: Any, changes: dict[str, object], told: str) -> None:
    with pytest.raises(BadInput) as refused:
        excerpts.take("usgs-myb-2022", excerpts.write("myb.xlsx", yearbook(**changes)))
    import re

    assert re.search(told, "\n".join((refused.value.line(), *refused.value.faults)))


def test_all_new_words_are_told_together_and_nothing_is_imported(excerpts: Any) -> None:
    lines = [
        BGS_HEADER,
        bgs_line("Atlantis", "2020", "1", "1"),
        bgs_line("Atlantis", "2021", "1", "1"),
        bgs_line("China", "2020", "c. 400", "400"),
        bgs_line("Chine", "2021", "1", "1"),
        bgs_line("Japan", "2021", "1", "1").replace("tonnes (metric)", "long tons"),
    ]
    with pytest.raises(BadInput, match="new words: 1 mark, 2 places, 1 series") as refused:
        excerpts.take("bgs-wms", excerpts.write("BGS_gallium_production.csv", "\n".join(lines) + "\n"))
    told = "\n".join(refused.value.faults)
    assert "row 2, column quantity and 1 more cells: place 'Atlantis'" in told
    assert "place 'Chine' is not known. Did you mean CHN" in told
    assert "row 4, column quantity: mark 'c. 400' is neither a number nor a known mark" in told
    assert "[long tons]" in told


def test_own_terms_let_a_new_word_in(excerpts: Any, tmp_path: Path) -> None:
    path = excerpts.write("BGS_gallium_production.csv", f"{BGS_HEADER}\n{bgs_line('Cathay', '2020', '4', '4')}\n")
    own = tmp_path / "places.csv"
    own.write_text("body,term,place,flags,reviewed\nBGS-WMS,Cathay,CHN,,An old name.\n", encoding="utf-8")
    assert one(excerpts.take("bgs-wms", path, terms=[own]), country="CHN")["quantity"] == 4.0
    own.write_text("body,term,place,flags,reviewed\nBGS-WMS,Cathay,CHX,,An old name.\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"places\.csv row 2, column place: 'CHX' is not known"):
        excerpts.take("bgs-wms", path, terms=[own])


def test_a_word_that_one_file_of_terms_reads_twice_is_refused(excerpts: Any, tmp_path: Path) -> None:
    path = excerpts.write("BGS_gallium_production.csv", f"{BGS_HEADER}\n{bgs_line('Cathay', '2020', '4', '4')}\n")
    own = tmp_path / "places.csv"
    rows = "BGS-WMS,Cathay,CHN,,An old name.\nBGS-WMS,Cathay,JPN,,Another.\n"
    own.write_text(f"body,term,place,flags,reviewed\n{rows}", encoding="utf-8")
    with pytest.raises(BadInput, match=r"places\.csv row 3, column term: 'Cathay' already stands in row 2"):
        excerpts.take("bgs-wms", path, terms=[own])


def test_a_name_of_ours_that_may_be_two_places_in_a_publication_is_not_read_there() -> None:
    vocabulary = {name: parsed.rows for name, parsed in base_tables().items()}
    ours, theirs = (read_terms(body, "usgs-mcs-2026.csv", vocabulary) for body in ("BGS-WMS", "USGS-MCS"))
    assert ours.place("Congo").place == "COG" and theirs.place("Congo") is None
    assert theirs.place("Congo (Kinshasa)").place == "COD"
    assert "Congo (Brazzaville)" in theirs.near("place", "Congo")


def test_two_figures_for_one_fact_are_a_contradiction_and_the_same_twice_is_not(excerpts: Any) -> None:
    twice = [bgs_line("Japan", "2020", "3", "3"), bgs_line("Japan", "2020", "3", "3")]
    found = excerpts.take("bgs-wms", excerpts.write("BGS_gallium_production.csv", "\n".join([BGS_HEADER, *twice, ""])))
    assert found.left_out == {"the same figure again": 1} and balanced(found)
    twice[1] = bgs_line("Japan", "2020", "4", "4")
    with pytest.raises(BadInput, match=r"row 3, column quantity: '4' contradicts '3' of .* row 2"):
        excerpts.take("bgs-wms", excerpts.write("BGS_gallium_production.csv", "\n".join([BGS_HEADER, *twice, ""])))


def test_less_than_nothing_is_not_made(excerpts: Any) -> None:
    path = excerpts.write("BGS_gallium_production.csv", f"{BGS_HEADER}\n{bgs_line('Japan', '2020', '-3', '-3')}\n")
    with pytest.raises(BadInput, match="below zero"):
        excerpts.take("bgs-wms", path)


@pytest.mark.parametrize("notes", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)"])
def test_a_note_is_never_a_formula(excerpts: Any, notes: str) -> None:
    line = bgs_line("Japan", "2020", "3", "3", notes=notes)
    found = excerpts.take("bgs-wms", excerpts.write("BGS_gallium_production.csv", f"{BGS_HEADER}\n{line}\n"))
    assert one(found, country="JPN")["notes"] == "'" + notes


def test_an_importer_that_is_not_there(excerpts: Any, tmp_path: Path) -> None:
    with pytest.raises(UnknownTerm, match="Did you mean 'usgs-mcs-2026'"):
        excerpts.take("usgs-mcs-2027", tmp_path)
    with pytest.raises(BadInput, match="no such file or folder"):
        excerpts.take("usgs-mcs-2026", tmp_path / "none.csv")


def test_a_mark_of_the_compilers_that_is_new_is_told(excerpts: Any) -> None:
    path = excerpts.write("wmd.csv", WMD.replace("metr. t,e", "metr. t,q"))
    with pytest.raises(BadInput, match="column data_source: 'q' is not known"):
        excerpts.take("wmd-2026", path)
