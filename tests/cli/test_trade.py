"""`didymium data import baci` and `didymium data trade`: keep a year, ask it, make a layer of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Didymium
from tests.sources.baci_years import FLOWS, write_year


@pytest.fixture
def store(didymium: Didymium, tmp_path: Path) -> Path:
    write_year(tmp_path / "raw")
    said = didymium("data", "import", "baci", tmp_path / "raw", "--store", tmp_path / "store")
    assert said.code == 0, said.err
    return tmp_path / "store"


def test_an_import_says_what_it_kept_and_a_second_one_changes_nothing(
    didymium: Didymium, store: Path, tmp_path: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in store.rglob("*")}
    said = didymium("data", "import", "baci", tmp_path / "raw", "--store", store)
    assert said.code == 0 and "kept already, nothing changes" in said.out
    assert {path: path.stat().st_mtime_ns for path in store.rglob("*")} == before
    rows = didymium("data", "import", "baci", tmp_path / "raw", "--store", store, "--json").json()["rows"]
    assert [(row["year"], row["rows"], row["is_new"]) for row in rows] == [(2024, len(FLOWS), False)]


def test_without_a_code_it_lists_what_is_kept(didymium: Didymium, store: Path) -> None:
    (row,) = didymium("data", "trade", "--store", store, "--json").json()["rows"]
    assert (row["edition"], row["year"], row["rows"]) == ("baci-hs92-v202601", 2024, len(FLOWS))
    assert "baci-hs92-v202601" in didymium("data", "trade", "--store", store).out


def test_flows_by_code_and_place(didymium: Didymium, store: Path) -> None:
    said = didymium("data", "trade", "284690", "--from", "CHN", "--store", store, "--json").json()
    assert [(row["importer"], row["quantity_t"]) for row in said["rows"]] == [("JPN", 6010.25), ("USA", None)]
    said = didymium("data", "trade", "284690", "--to", "JPN", "--from", "twn", "--store", store, "--csv")
    assert said.out.splitlines()[1] == "284690,2024,S19,JPN,2470.0,0.911"


def test_sums_by_a_side_or_a_year(didymium: Didymium, store: Path) -> None:
    rows = didymium("data", "trade", "28", "--by", "exporter", "--store", store, "--json").json()["rows"]
    assert [row["exporter"] for row in rows] == ["CHN", "AUS", "S19", "JPN"]
    assert rows[0]["quantity_unknown_share"] == pytest.approx(30000 / 154000.5)
    (year,) = didymium("data", "trade", "284690", "--by", "year", "--store", store, "--json").json()["rows"]
    assert year["value_kusd"] == pytest.approx(156470.5)
    assert "284690" in didymium("data", "trade", "284690", "--store", store, "--lang", "ja").out


def test_a_layer_is_written_and_used(didymium: Didymium, store: Path, tmp_path: Path) -> None:
    said = didymium("data", "trade", "--as-layer", tmp_path / "layer", "--store", store)
    assert said.code == 0, said.err
    assert didymium("data", "check", tmp_path / "layer").code == 0
    where = ("--where", "hs_code=284690", "--where", "year=2024", "--where", "exporter=TWN", "--where", "importer=JPN")
    rows = didymium("data", "table", "trade", *where, "--layer", tmp_path / "layer", "--json").json()["rows"]
    assert [(row["quantity"], row["layer"]) for row in rows if row["series"] == "BACI-HS92"] == [(0.911, "layer")]
    again = {path.name: path.read_bytes() for path in (tmp_path / "layer").iterdir()}
    assert (
        didymium("data", "import", "baci", tmp_path / "raw", "--into", tmp_path / "layer", "--store", store).code == 0
    )
    assert {path.name: path.read_bytes() for path in (tmp_path / "layer").iterdir()} == again


def test_agreement_with_the_shipped_rows(didymium: Didymium, store: Path) -> None:
    rows = didymium("data", "trade", "--agreement", "--store", store, "--json").json()["rows"]
    told = {(row["hs6_code"], row["year"]): row for row in rows}
    assert told["280530", 2024]["agree"] == 1  # the flow that the excerpt has
    assert told["284690", 2024]["missing"] > 50


def test_wrong_use_is_told_in_one_line_with_exit_code_2(didymium: Didymium, store: Path, tmp_path: Path) -> None:
    asked = {
        ("284691",): "Did you mean '284690'",
        ("284690", "--from", "XXX"): "place 'XXX' is not known",
        ("284690", "--edition", "baci-hs17-v202601"): "baci-hs92-v202601",
        ("284690", "--as-layer", str(tmp_path / "x")): "Leave CODE out",
    }
    for arguments, told in asked.items():
        said = didymium("data", "trade", *arguments, "--store", store)
        assert said.code == 2 and told in said.err and said.err.count("\n") == 1, said
    said = didymium("data", "trade", "284690", "--years", "1999", "--store", store)
    assert said.code == 1 and "It holds: baci-hs92-v202601 2024-2024" in said.err
    said = didymium("data", "trade", "284690", "--store", tmp_path / "none")
    assert said.code == 1 and "didymium data import baci FOLDER" in said.err


def test_bad_files_leave_nothing_behind(didymium: Didymium, tmp_path: Path) -> None:
    path = write_year(tmp_path / "raw", lines=["2024,156,392,284690,=1+1,1.0"])
    said = didymium("data", "import", "baci", path, "--store", tmp_path / "store")
    assert said.code == 2 and "row 8, column v: '=1+1'" in said.err.splitlines()[0]
    assert not list((tmp_path / "store").rglob("*")) if (tmp_path / "store").exists() else True
    said = didymium("data", "import", "usgs-mcs-2026", path)
    assert said.code == 2 and "--into FOLDER" in said.err
    said = didymium("data", "import", "bacy", path, "--into", tmp_path / "x")
    assert said.code == 2 and "'baci'" in said.err
