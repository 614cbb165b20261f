"""Small layers for the tests: shipped rows with changed cells, written as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

import didymium.data
from didymium.data.package import table_bytes
from didymium.schema import TABLES


class Layering:
    """Writes layers into one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def shipped(self, table: str, **where: str) -> list[dict[str, str]]:
        """Shipped rows as text, those whose cells equal `where`."""
        rows = csv.DictReader(io.StringIO(table_bytes(table).decode("utf-8"), newline=""))
        found = [row for row in rows if all(row[name] == value for name, value in where.items())]
        assert found, f"no shipped row of {table} with {where}"
        return found

    def text(self, table: str, rows: Sequence[Mapping[str, str]], columns: Sequence[str] = ()) -> str:
        """CSV text of the rows."""
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\n")
        names = list(columns or TABLES[table].column_names)
        writer.writerow(names)
        writer.writerows([[row.get(name, "") for name in names] for row in rows])
        return out.getvalue()

    def write(self, table: str, rows: Sequence[Mapping[str, str]]) -> Path:
        """A CSV of the table; its path."""
        return self.raw(f"{table}.csv", self.text(table, rows).encode("utf-8"))

    def raw(self, name: str, data: bytes) -> Path:
        """A file of these bytes; its path."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / name
        path.write_bytes(data)
        return path


@pytest.fixture
def layer(tmp_path: Path) -> Layering:
    """A folder to write a layer into."""
    return Layering(tmp_path / "mine")


@pytest.fixture(scope="session")
def ds() -> didymium.data.Dataset:
    """The shipped dataset."""
    return didymium.data.open()
