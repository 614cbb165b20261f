"""The shipped tables: where they lie, and their rows."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

from didymium.schema import DATA_VERSION, TABLES
from didymium.schema.reader import Parsed, read_table

VERSION = DATA_VERSION

BASE = "base"
"""Name of the shipped layer."""


def table_bytes(name: str) -> bytes:
    """The CSV bytes of a shipped table."""
    return resources.files("didymium.data").joinpath("tables", f"{name}.csv").read_bytes()


@lru_cache(maxsize=1)
def base_tables() -> dict[str, Parsed]:
    """All shipped tables as typed rows; parsed once for each process."""
    return {name: read_table(table_bytes(name), table, f"{name}.csv") for name, table in TABLES.items()}
