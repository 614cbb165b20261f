"""The tables as an in-memory DuckDB database: no files, no network, no extensions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from didymium.errors import BadInput
from didymium.schema import TABLES

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

TYPES = {"number": "DOUBLE", "integer": "BIGINT", "year": "INTEGER", "flag": "BOOLEAN"}
"""DuckDB type by kind of column; all others are text, dates too, because they may be partial."""


def connect(content: Mapping[str, Sequence[Mapping[str, Any]]]) -> duckdb.DuckDBPyConnection:
    """A locked in-memory database that holds all tables, with `row_id` and `layer`."""
    import duckdb
    import pandas as pd

    base = duckdb.connect(
        ":memory:",
        config={"autoinstall_known_extensions": False, "autoload_known_extensions": False, "threads": 1},
    )
    for name, rows in content.items():
        kinds = [(c.name, TYPES.get(c.kind, "VARCHAR")) for c in TABLES[name].columns]
        kinds += [("row_id", "VARCHAR"), ("layer", "VARCHAR")]
        frame = pd.DataFrame({column: pd.Series([row[column] for row in rows], dtype=object) for column, _ in kinds})
        base.register("incoming", frame)
        casts = ", ".join(f'"{column}"::{kind} AS "{column}"' for column, kind in kinds)
        base.execute(f'CREATE TABLE "{name}" AS SELECT {casts} FROM incoming')
        base.unregister("incoming")
    base.execute("SET enable_external_access = false")
    base.execute("SET lock_configuration = true")
    return base


def query(content: Mapping[str, Sequence[Mapping[str, Any]]], text: str) -> pd.DataFrame:
    """The answer of one SQL query over all tables; BadInput when DuckDB refuses it."""
    import duckdb

    base = connect(content)
    try:
        return base.execute(text).df()
    except duckdb.Error as error:
        message = str(error).splitlines()[0]
        raise BadInput(
            f"the query cannot be run ({message}).", where="sql", cure="Tables: " + ", ".join(content)
        ) from None
    finally:
        base.close()
