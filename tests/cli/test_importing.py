"""`didymium data import`, `data diff` and `data sources --importers` as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from didymium.i18n import translator
from tests.cli.conftest import Didymium

WGI = (
    "Country/Territory,Code,2018,2019,2020,2021,2022,2023,2024\n"
    "Aruba,ABW,1.3373,1.3357,1.3715,1.4315,1.4747,1.3362,1.3302\n"
    "French Polynesia,PYF,nan,0.9033,0.9518,1.0386,1.0479,1.0494,1.0303\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "wgi.csv"
    path.write_text(WGI, encoding="utf-8")
    return path


def test_an_import_says_what_it_did_and_what_to_do_next(didymium: Didymium, file: Path, tmp_path: Path) -> None:
    said = didymium("data", "import", "wgi-2025", file, "--into", tmp_path / "out")
    assert said.code == 0, said.err
    assert "Figures in: 14. Rows of table published: 14. Left out: 0." in said.out
    assert "CC BY 4.0" in said.out and said.out.rstrip().endswith(f"didymium data diff shipped {tmp_path / 'out'}")
    again = didymium("data", "import", "wgi-2025", file, "--into", tmp_path / "out", "--json")
    assert again.json()["changed"] is False and again.json()["figures_in"] == again.json()["rows_out"] == 14
    assert didymium("data", "check", tmp_path / "out").code == 0
    read = didymium(
        "data", "table", "governance", "--layer", tmp_path / "out", "--where", "country=PYF", "--json"
    ).json()
    assert {row["layer"] for row in read["rows"] if row["indicator"] == "wgi_political_stability"} == {"out"}


def test_the_import_speaks_japanese(didymium: Didymium, file: Path, tmp_path: Path) -> None:
    said = didymium("data", "import", "wgi-2025", file, "--into", tmp_path / "out", "--lang", "ja")
    t = translator("ja")
    assert t("Licence: {text}.", text="CC BY 4.0") in said.out
    assert t("Written to {path}.", path=str(tmp_path / "out")) in said.out
    assert t("Written to {path}.", path="x") != "Written to x."


def test_new_words_are_listed_one_a_line_and_the_exit_code_is_2(didymium: Didymium, file: Path, tmp_path: Path) -> None:
    file.write_text(WGI.replace("Aruba", "Erewhon").replace("1.0303", "about 1"), encoding="utf-8")
    said = didymium("data", "import", "wgi-2025", file, "--into", tmp_path / "out")
    assert said.code == 2 and not (tmp_path / "out").exists()
    lines = said.err.splitlines()
    assert lines[0].startswith("wgi-2025: new words: 1 mark, 1 place.")
    assert "wgi.csv row 3, column 2024: mark 'about 1' is neither a number nor a known mark" in lines[1]
    assert "wgi.csv row 2, column 2018 and 6 more cells: place 'Erewhon' is not known" in lines[2]
    as_json = json.loads(didymium("data", "import", "wgi-2025", file, "--into", tmp_path / "out", "--json").err)
    assert as_json["error"] == "BadInput" and len(as_json["faults"]) == 2


def test_an_unknown_importer_and_a_missing_file(didymium: Didymium, file: Path, tmp_path: Path) -> None:
    said = didymium("data", "import", "wgi-2024", file, "--into", tmp_path / "out")
    assert said.code == 2 and "Did you mean" in said.err and "--importers" in said.err
    said = didymium("data", "import", "wgi-2025", tmp_path / "no.csv", "--into", tmp_path / "out")
    assert said.code == 2 and said.err.startswith("no.csv: no such file")


def test_own_terms_can_be_given_as_a_folder(didymium: Didymium, file: Path, tmp_path: Path) -> None:
    file.write_text(WGI.replace("Aruba", "Erewhon"), encoding="utf-8")
    own = tmp_path / "own"
    own.mkdir()
    (own / "places.csv").write_text("body,term,place,flags,reviewed\nWGI,Erewhon,NZL,,A novel.\n", encoding="utf-8")
    assert didymium("data", "import", "wgi-2025", file, "--into", tmp_path / "out", "--terms", own).code == 0


def test_the_importers_are_listed_with_their_terms(didymium: Didymium) -> None:
    rows = didymium("data", "sources", "--importers", "--json").json()["rows"]
    assert {"usgs-mcs-2025", "usgs-mcs-2026", "usgs-myb-2022", "bgs-wms", "wmd-2026", "wgi-2025"} <= {
        row["importer"] for row in rows
    }
    assert all(row["licence"] and row["attribution"] for row in rows)
    assert "bgs-wms" in didymium("data", "sources", "--importers").out


def test_a_difference_is_shown_counted_and_written(didymium: Didymium, file: Path, tmp_path: Path) -> None:
    didymium("data", "import", "wgi-2025", file, "--into", tmp_path / "a")
    file.write_text(WGI.replace("1.4747", "2.4747"), encoding="utf-8")
    didymium("data", "import", "wgi-2025", file, "--into", tmp_path / "b")
    said = didymium("data", "diff", tmp_path / "a", tmp_path / "b", "--in", "governance", "--json").json()
    (row,) = said["rows"]
    assert (row["country"], row["a"], row["b"], row["change"]) == ("ABW", 1.4747, 2.4747, "changed")
    assert row["change_share"] == pytest.approx(2.4747 / 1.4747 - 1)
    (counts,) = said["agreement"]
    assert (counts["matched"], counts["equal"], counts["different"]) == (13, 12, 1)
    people = didymium("data", "diff", tmp_path / "a", tmp_path / "b", "--by", "country", "--in", "governance").out
    assert "ABW" in people and "Facts on both sides: 13; equal 12, within 0.1 % 0, different 1." in people
    none = didymium("data", "diff", tmp_path / "a", tmp_path / "b", "--country", "PYF", "--in", "governance")
    assert none.code == 0 and "Nothing to show." in none.out


def test_the_shipped_facts_can_stand_on_one_side(didymium: Didymium, file: Path, tmp_path: Path) -> None:
    didymium("data", "import", "wgi-2025", file, "--into", tmp_path / "a")
    said = didymium("data", "diff", "shipped", tmp_path / "a", "--in", "governance", "--json").json()
    assert said["agreement"][0]["matched"] == 6 and said["agreement"][0]["different"] == 0
    assert didymium("data", "diff", "shipped", tmp_path / "none").code == 2
    assert didymium("data", "diff", "shipped", "shipped", "--in", "nonsense").code == 2
