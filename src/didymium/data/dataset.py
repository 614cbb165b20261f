"""The facts as one value: typed rows of all tables, each knowing its layer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from didymium.errors import NotFound, UnknownTerm
from didymium.schema import TABLES

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]


def row_id(table: str, row: Mapping[str, Any]) -> str:
    """Name of a row: `table:` and the key parts joined by `|`; an unknown part is empty."""
    parts = ("" if row[name] is None else str(row[name]) for name in TABLES[table].key)
    return f"{table}:{'|'.join(parts)}"


def content_id(rows: Mapping[str, Iterable[Mapping[str, Any]]]) -> str:
    """SHA-256 over all rows, by table and row id: order of rows and line ends do not matter."""
    digest = hashlib.sha256()
    for table in sorted(rows):
        for row in sorted(rows[table], key=lambda r: str(r["row_id"])):
            text = json.dumps([table, row], sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            digest.update(text.encode("utf-8"))
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Dataset:
    """Checked rows of all tables after layers; never changes once opened."""

    content: Mapping[str, tuple[Row, ...]]
    layers: tuple[str, ...]
    version: str
    full_id: str

    @property
    def id(self) -> str:
        """Name of the dataset: 16 hex digits of the hash over its content."""
        return self.full_id[:16]

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of all tables."""
        return tuple(self.content)

    def describe(self) -> dict[str, Any]:
        """What names this dataset in a result."""
        return {"id": self.id, "version": self.version, "layers": list(self.layers)}

    def rows(self, table: str, **where: Any) -> list[Row]:
        """Rows of a table, as dicts of typed values; None means unknown.

        `where` keeps rows whose column equals the value, or is one of them if a tuple, list or set is given.
        """
        found: Iterable[Row] = self._table(table)
        for name, wanted in where.items():
            if name not in TABLES[table].column_names and name not in ("row_id", "layer"):
                raise UnknownTerm("column", name, TABLES[table].column_names, where=f"table {table}")
            allowed = set(wanted) if isinstance(wanted, (tuple, list, set, frozenset)) else {wanted}
            found = [row for row in found if row[name] in allowed]
        return [dict(row) for row in found]

    def frame(self, table: str) -> pd.DataFrame:
        """The same rows as a DataFrame."""
        import pandas as pd

        return pd.DataFrame.from_records(
            list(self._table(table)), columns=[*TABLES[table].column_names, "row_id", "layer"]
        )

    def source(self, source_id: str) -> Row:
        """The row of `sources` that an id names."""
        for row in self._table("sources"):
            if row["source_id"] == source_id:
                return dict(row)
        raise UnknownTerm("source", source_id, (str(r["source_id"]) for r in self._table("sources")))

    def one(self, table: str, **key: Any) -> Row:
        """The single row with this key; NotFound if there is none or more than one."""
        found = self.rows(table, **key)
        if len(found) != 1:
            raise NotFound(f"{len(found)} rows of {table} match {key}.", cure="Give all key parts.")
        return found[0]

    def _table(self, table: str) -> tuple[Row, ...]:
        if table not in self.content:
            raise UnknownTerm("table", table, self.content, cure="List them: didymium data list")
        return self.content[table]
