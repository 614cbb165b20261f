"""The tables as an in-memory DuckDB database that answers one SELECT: no files, no network, no extensions.

Locked in four ways: a child process with caps on memory and time, that writes no file and opens no connection; the
settings of the engine (no access outside, no extensions, no look at Python's variables, nothing spilled to disk, the
configuration locked); a parse that lets one SELECT through and nothing else; and counts of rows and characters that
stop what answers too much.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from didymium.errors import BadInput
from didymium.schema import TABLES

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

TYPES = {"number": "DOUBLE", "integer": "BIGINT", "year": "INTEGER", "flag": "BOOLEAN"}
"""DuckDB type by kind of column; all others are text, dates too, because they may be partial."""

MOST_MEMORY = "1GB"
MOST_SECONDS = 30.0
MOST_ROWS = 500_000
MOST_CELLS = 5_000_000
MOST_CHARACTERS = 100_000
MOST_TEXT = 50_000_000

SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "allow_community_extensions": False,
    "allow_unsigned_extensions": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "max_temp_directory_size": "0B",
    "memory_limit": MOST_MEMORY,
    "python_enable_replacements": False,
    "python_scan_all_frames": False,
    "temp_directory": "",
    "threads": 1,
}


def connect(content: Mapping[str, Sequence[Mapping[str, Any]]]) -> duckdb.DuckDBPyConnection:
    """A locked in-memory database that holds all tables, with `row_id` and `layer`."""
    import duckdb
    import pandas as pd

    base = duckdb.connect(":memory:", config=SETTINGS)
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


def query(
    content: Mapping[str, Sequence[Mapping[str, Any]]], text: str, *, seconds: float = MOST_SECONDS
) -> pd.DataFrame:
    """The answer of one SELECT over all tables, worked out in a child process.

    Raises BadInput when it is another statement, when DuckDB refuses it, or when it takes too long or too much.
    """
    import pandas as pd

    from didymium.data.sandbox import Limits, Refused, in_child

    if len(text) > MOST_CHARACTERS:
        raise _bad(f"the query has {len(text):,} characters.", f"Stay below {MOST_CHARACTERS:,}.")
    tables = {name: list(rows) for name, rows in content.items()}
    asked = json.dumps({"content": tables, "sql": text, "seconds": seconds})
    limits = Limits(memory=3_000_000_000, cpu=int(seconds) + 15, wall=int(seconds) + 30)
    try:
        found = in_child("didymium.data.sql:answered", asked.encode("utf-8"), limits)
    except Refused as refused:
        raise _bad(f"the query was stopped: {refused.what}", "Ask for less.") from None
    if "fault" in found:
        raise _bad(*found["fault"])
    return pd.DataFrame.from_records(found["rows"], columns=found["columns"])


def answered(data: bytes) -> dict[str, Any]:
    """In the child: columns and rows of the answer, or what is wrong with the question and what would be right."""
    import duckdb

    asked = json.loads(data)
    base = connect(asked["content"])
    late = threading.Event()

    def stop() -> None:
        late.set()
        base.interrupt()

    clock = threading.Timer(asked["seconds"], stop)
    try:
        _one_select(base, asked["sql"])
        clock.start()
        base.execute("BEGIN TRANSACTION READ ONLY")
        return _fetched(base.execute(asked["sql"]))
    except BadInput as bad:
        return {"fault": [bad.what, bad.cure]}
    except (duckdb.Error, MemoryError, OverflowError, UnicodeError) as error:
        if late.is_set():
            return {"fault": [f"the query took more than {asked['seconds']:g} s.", "Ask for less."]}
        message = (str(error).splitlines() or ["out of memory"])[0]
        return {"fault": [f"the query cannot be run ({message}).", "Tables: " + ", ".join(asked["content"])]}
    finally:
        clock.cancel()
        base.close()


def _fetched(answer: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Columns and rows as JSON values. Raises BadInput when there are too many."""
    columns = [str(column[0]) for column in answer.description or ()]
    most = min(MOST_ROWS, MOST_CELLS // max(len(columns), 1))
    rows: list[list[Any]] = []
    size = 0
    while part := answer.fetchmany(1_000):
        rows += [[_plain(value) for value in row] for row in part]
        size += sum(len(value) for row in rows[-len(part) :] for value in row if isinstance(value, str))
        if len(rows) > most:
            raise _bad(f"the answer has more than {most:,} rows.", "Add a LIMIT, or aggregate.")
        if size > MOST_TEXT:
            raise _bad(f"the answer has more than {MOST_TEXT:,} characters.", "Select fewer columns.")
    return {"columns": columns, "rows": rows}


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise _bad(f"the answer holds {value}, which is no number.", "Guard the division, or cast to text.")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else str(value)


def _one_select(base: duckdb.DuckDBPyConnection, text: str) -> None:
    import duckdb

    statements = base.extract_statements(text)
    kinds = [statement.type for statement in statements]
    if kinds != [duckdb.StatementType.SELECT]:
        found = ", ".join(kind.name for kind in kinds) or "nothing"
        raise _bad(f"one SELECT is expected, not {found}.", "Write: SELECT … FROM production …")


def _bad(what: str, cure: str) -> BadInput:
    return BadInput(what, where="sql", cure=cure)
