"""`sql` answers one SELECT over the tables and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from didymium.data import Dataset
from didymium.data.sql import query
from didymium.errors import BadInput

ESCAPES = [
    ("attach '{there}/x.db'", "one SELECT is expected, not ATTACH"),
    ("copy production to '{there}/x.csv'", "not COPY"),
    ("copy (select 1) to '{there}/x.csv'", "not COPY"),
    ("export database '{there}/x'", "not EXPORT"),
    ("install httpfs", "not LOAD"),
    ("load httpfs", "not LOAD"),
    ("set enable_external_access = true", "not SET"),
    ("pragma database_list", "not PRAGMA"),
    ("call pragma_version()", "not CALL"),
    ("create table x as select 1", "not CREATE"),
    ("drop table production", "not DROP"),
    ("select 1; select 2", "not SELECT, SELECT"),
    ("", "not nothing"),
    ("select * from read_csv('/etc/passwd')", "file system operations are disabled"),
    ("select * from read_text('/etc/passwd')", "file system operations are disabled"),
    ("select * from read_blob('/proc/self/environ')", "file system operations are disabled"),
    ("select * from glob('/*')", "file system operations are disabled"),
    ("select * from '/etc/passwd'", "cannot be run"),
    ("select * from sniff_csv('/etc/passwd')", "cannot be run"),
    ("select * from 'https://example.invalid/x.csv'", "cannot be run"),
    ("select * from query('copy production to ''{there}/x''')", "cannot be run"),
    ("select * from asked", "cannot be run"),
    ("select * from content", "cannot be run"),
    ("select getenv('HOME')", "cannot be run"),
    ("with a as (delete from production returning *) select * from a", "read-only"),
    ("select 1e308::double * 10", "which is no number"),
]


@pytest.mark.parametrize(("text", "words"), ESCAPES)
@pytest.mark.slow
def test_there_is_no_way_out(ds: Dataset, tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadInput, match=r"^sql: ") as caught:
        query({"production": ds.content["production"][:5]}, text.format(there=tmp_path))
    assert words in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_one_way_out_of_each_kind_is_shut(ds: Dataset, tmp_path: Path) -> None:
    for text, words in (ESCAPES[0], ESCAPES[14]):
        with pytest.raises(BadInput, match=words):
            query({"production": ds.content["production"][:5]}, text.format(there=tmp_path))


@pytest.mark.slow
def test_time_rows_and_memory_have_an_end(ds: Dataset) -> None:
    some = {"production": ds.content["production"][:5]}
    endless = "with recursive t(n) as (select 1 union all select n + 1 from t) select sum(n) from t"
    with pytest.raises(BadInput, match="took more than 1 s"):
        query(some, endless, seconds=1.0)
    with pytest.raises(BadInput, match="more than 500,000 rows"):
        query(some, "select * from range(100000000000)")
    with pytest.raises(BadInput, match=r"cannot be run|was stopped|took more"):
        query(some, "select repeat('x', 900000000) from range(100)")


def test_a_select_is_answered(ds: Dataset) -> None:
    frame = ds.sql(
        "select country, quantity from production where product = 'nd_oxide' and year = 2024 order by 2 desc"
    )
    assert frame.iloc[0]["country"] in ("CHN", "WLD")
    assert list(frame.columns) == ["country", "quantity"]
