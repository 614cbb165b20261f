"""The commands that show facts and scenarios, on the shipped data."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from didymium.schema import TABLES
from tests.cli.conftest import Didymium


def test_every_table_is_listed(didymium: Didymium) -> None:
    rows = didymium("data", "list", "--json").json()["rows"]
    assert [row["table"] for row in rows] == list(TABLES)
    assert "production" in didymium("data", "list").out
    assert TABLES["production"].title_ja in didymium("data", "list", "--lang", "ja").out


def test_a_table_reads_back_with_keys_and_layers(didymium: Didymium) -> None:
    said = didymium("data", "table", "production", "--where", "product=nd_oxide", "--where", "year=2024", "--json")
    rows = said.json()["rows"]
    assert rows and {row["product"] for row in rows} == {"nd_oxide"} and {row["year"] for row in rows} == {2024}
    assert all(row["layer"] == "base" and row["row_id"].startswith("production:") for row in rows)


def test_a_table_as_csv_has_the_declared_columns(didymium: Didymium) -> None:
    rows = list(csv.DictReader(io.StringIO(didymium("data", "table", "stages", "--csv").out)))
    assert set(TABLES["stages"].column_names) <= set(rows[0])


def test_a_table_that_is_not_there_gets_a_near_name(didymium: Didymium) -> None:
    said = didymium("data", "table", "productions")
    assert said.code == 2
    assert "Did you mean 'production'" in said.err and said.err.count("\n") == 1


def test_a_column_that_is_not_there_is_refused(didymium: Didymium) -> None:
    said = didymium("data", "table", "production", "--where", "yaer=2024")
    assert said.code == 2
    assert "'year'" in said.err
    assert didymium("data", "table", "production", "--where", "year").code == 2


def test_sources_are_listed_with_their_terms(didymium: Didymium) -> None:
    rows = didymium("data", "sources", "--json").json()["rows"]
    assert {"source_id", "producer", "title", "licence"} <= set(rows[0])


def test_scenarios_are_listed_and_shown(didymium: Didymium) -> None:
    ids = [row["id"] for row in didymium("scenario", "list", "--json").json()["rows"]]
    assert "cn-stop-6" in ids
    for one in ids:
        assert didymium("scenario", "show", one).code == 0
    whole = didymium("scenario", "show", "cn-stop-6", "--json").json()
    assert whole["cuts"][0]["exporter"] == "CHN"


def test_branches_are_shown_with_their_probabilities(didymium: Didymium) -> None:
    listed = {row["id"]: row["leaves"] for row in didymium("scenario", "list", "--json").json()["rows"]}
    assert (listed["cn-stop-6"], listed["cn-october-suspension"]) == (1, 5)
    rows = didymium("scenario", "show", "cn-october-suspension", "--csv").out.splitlines()
    assert sum(",branch," in row for row in rows) == 7
    for lang, word in (("en", "the licence office proves lax"), ("ja", "審査が緩い")):
        assert word in didymium("scenario", "show", "cn-october-suspension", "--lang", lang).out


def test_a_scenario_file_is_shown_and_a_broken_one_refused(didymium: Didymium, tmp_path: Path) -> None:
    good = tmp_path / "my.toml"
    good.write_text('id = "mine"\ntitle = "Mine"\ntitle_ja = "例"\nstart = "2026-12"\n', "utf-8")
    assert didymium("scenario", "show", good).code == 0
    good.write_text('id = "mine"\ntitle = "Mine"\ntitle_ja = "例"\nstart = "December"\n', "utf-8")
    said = didymium("scenario", "show", good)
    assert said.code == 2
    assert "my.toml: start:" in said.err and "didymium scenario schema" in said.err


def test_an_unknown_scenario_gets_a_near_name(didymium: Didymium) -> None:
    said = didymium("scenario", "show", "cn-stop-7")
    assert said.code == 2
    assert "'cn-stop-6'" in said.err


def test_the_schema_of_a_scenario_is_json(didymium: Didymium) -> None:
    schema = didymium("scenario", "schema").json()
    assert {"id", "title", "start"} <= set(schema["required"])
