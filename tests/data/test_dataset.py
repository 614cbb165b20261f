"""The dataset: rows are typed and traceable, its name follows its content, SQL cannot reach outside."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import replace
from typing import Any

import pytest

import didymium.data
from didymium.data.dataset import content_id, in_order
from didymium.errors import BadInput, NotFound, UnknownTerm
from didymium.schema import TABLES


def test_rows_are_typed_and_know_their_key_and_layer(ds: Any) -> None:
    (row,) = ds.rows("production", product="nd_oxide", country="CHN", year=2024)
    assert row["quantity"] == 63800.0 and isinstance(row["quantity"], float)
    assert row["year"] == 2024 and isinstance(row["year"], int)
    assert row["is_total"] is False and row["preferred"] is True
    assert row["locator"] is None
    assert row["row_id"] == "production:nd_oxide|separated|CHN|2024|derived"
    assert row["layer"] == "base"


def test_rows_are_copies(ds: Any) -> None:
    ds.rows("production")[0]["quantity"] = -1
    assert all(row["quantity"] >= 0 for row in ds.rows("production"))


def test_what_is_worked_out_once_belongs_to_these_rows(ds: Any) -> None:
    made: list[str] = []

    def make() -> list[str]:
        made.append("made")
        return made

    assert ds.once(("a test", 1), make) is ds.once(("a test", 1), make)
    assert made == ["made"]
    ds.once(("a test", 2), make)
    other = replace(ds, content={**ds.content, "production": ()})
    other.once(("a test", 1), make)
    assert len(made) == 3


def test_where_takes_several_values(ds: Any) -> None:
    found = ds.rows("production", product=("nd_oxide", "pr_oxide"), country="CHN", year={2024, 2025})
    assert sorted(row["product"] for row in found) == ["nd_oxide", "pr_oxide"]


def test_frame_holds_the_same_rows(ds: Any) -> None:
    for table in ds.tables:
        frame = ds.frame(table)
        assert len(frame) == len(ds.rows(table))
        assert list(frame.columns) == [*TABLES[table].column_names, "row_id", "layer"]


def test_every_row_refers_to_a_source_with_title_producer_and_terms(ds: Any) -> None:
    ids = {row["source_id"] for row in ds.rows("sources")}
    for table in ds.tables:
        if "source_id" in TABLES[table].column_names and table != "rules":
            assert {row["source_id"] for row in ds.rows(table)} <= ids
    usgs = ds.source("usgs-mcs2026")
    assert usgs["producer"] == "U.S. Geological Survey" and usgs["licence"] == "US public domain"
    assert usgs["url"] == "https://doi.org/10.5066/P1WKQ63T" and usgs["published_date"] == "2026-02-06"


def test_unknown_words_are_answered_with_near_ones(ds: Any) -> None:
    with pytest.raises(UnknownTerm, match=r"'prodction' is not known. Did you mean 'production'"):
        ds.rows("prodction")
    with pytest.raises(UnknownTerm, match=r"column 'produkt' is not known. Did you mean 'product'"):
        ds.rows("production", produkt="nd_oxide")
    with pytest.raises(UnknownTerm, match="usgs-mcs2026"):
        ds.source("usgs-mcs-2026")
    with pytest.raises(NotFound, match="2 rows match product=nd_oxide country=MYS year=2024"):
        ds.one("production", product="nd_oxide", country="MYS", year=2024)


def test_name_of_the_dataset_follows_content_not_order(ds: Any) -> None:
    assert re.fullmatch(r"[0-9a-f]{16}", ds.id)
    assert ds.describe() == {"id": ds.id, "version": "2026.11", "layers": ["base"]}
    turned = {name: tuple(reversed(rows)) for name, rows in ds.content.items()}
    assert content_id(turned) == ds.full_id
    again = {name: tuple(dict(reversed(list(row.items()))) for row in rows) for name, rows in ds.content.items()}
    assert content_id(again) == ds.full_id
    changed = dict(ds.content)
    changed["stages"] = changed["stages"][1:]
    assert content_id(changed) != ds.full_id


def test_rows_stand_in_the_order_of_their_keys(ds: Any) -> None:
    """Whatever the order in the files: sums, draws and answers follow this one."""
    for name, rows in ds.content.items():
        places = [in_order(TABLES[name].key, row) for row in rows]
        assert places == sorted(places), name


def test_opening_twice_gives_the_same_name(ds: Any) -> None:
    assert didymium.data.open().id == ds.id


def test_row_order_and_line_ends_of_a_layer_do_not_change_the_name(layer: Any) -> None:
    rows = layer.shipped("prices", product="dy_oxide")
    rows[0]["price"] = "301"
    layer.write("prices", rows)
    first = didymium.data.open([layer.folder]).id
    text = layer.text("prices", list(reversed(rows))).replace("\n", "\r\n")
    layer.raw("prices.csv", b"\xef\xbb\xbf" + text.encode())
    assert didymium.data.open([layer.folder]).id == first
    rows[0]["price"] = "302"
    layer.write("prices", rows)
    assert didymium.data.open([layer.folder]).id != first


def test_evidence_follows_confidence_and_basis(ds: Any) -> None:
    read = ds.one("production", product="ree_magnet", stage="separated", country="CHN", year=2024)
    assert ds.evidence(read).grade == "A" and ds.evidence(read).sigma_share == 0.05
    estimated = ds.one("production", product="reo_mixed", country="CHN", year=2024, series="USGS")
    assert ds.evidence(estimated).grade == "B" and ds.evidence(estimated).sigma_share == 0.15
    derived = ds.one("production", product="nd_oxide", country="CHN", year=2024)
    assert ds.evidence(derived).grade == "C"
    (assumed,) = ds.rows("stockpiles", organisation="magnet users outside China")
    assert ds.evidence(assumed).grade == "D"
    for row in ds.rows("confidence_grades"):
        assert row["sigma_share_low"] <= row["sigma_share"] <= row["sigma_share_high"]


needs_duckdb = pytest.mark.skipif(importlib.util.find_spec("duckdb") is None, reason="duckdb is not installed")


@needs_duckdb
def test_sql_sees_typed_tables(ds: Any) -> None:
    frame = ds.sql("SELECT sum(quantity) AS t FROM production WHERE product = 'nd_oxide' AND year = 2024 AND is_total")
    assert frame["t"][0] == 70153 + 70205
    kinds = ds.sql("SELECT typeof(year) y, typeof(preferred) p, typeof(quantity) q FROM trade LIMIT 1").iloc[0]
    assert list(kinds) == ["INTEGER", "BOOLEAN", "DOUBLE"]


@needs_duckdb
@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('/etc/hostname')",
        "COPY production TO 'stolen.csv'",
        "ATTACH 'other.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SELECT * FROM 'https://example.org/x.parquet'",
        "SELEC 1",
    ],
)
def test_sql_cannot_reach_files_or_network(ds: Any, query: str) -> None:
    with pytest.raises(BadInput, match=r"the query cannot be run|one SELECT is expected"):
        ds.sql(query)


def test_a_copy_with_other_rows_does_not_remember_the_old_ones(ds: Any) -> None:
    first = ds.rows("assumptions")[0]
    wanted = {"assumption_id": first["assumption_id"]}
    assert ds.rows("assumptions", **wanted) == [first]
    other = replace(ds, content={**ds.content, "assumptions": ({**first, "value": -1.0},)})
    assert other.rows("assumptions", **wanted)[0]["value"] == -1.0
    assert ds.rows("assumptions", **wanted) == [first]
