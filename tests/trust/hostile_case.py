"""What a hostile file is: its bytes, the door it is meant for, and what has to become of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Must = Literal["refused", "taken", "either"]
"""refused: a sure fault. taken: odd to look at but sound. either: a refusal and a faithful reading are both right."""

TABLES = Path(__file__).parent.parent.parent / "src" / "didymium" / "data" / "tables"


@dataclass(frozen=True)
class Case:
    """One hostile file. `make` puts it into an empty folder and gives its path.

    A refusal has to hold `words`, and to name the file, a cure, and what of `row`, `column` and `value` is not empty.
    `held` is what the first row has to say, by column, if the file is taken.
    """

    family: str
    name: str
    make: Callable[[Path], Path]
    must: Must = "refused"
    words: tuple[str, ...] = ()
    row: str = ""
    column: str = ""
    value: str = ""
    held: Mapping[str, object] = field(default_factory=dict)
    door: str = "layer"
    table: str = "production"


def put(name: str, data: bytes) -> Callable[[Path], Path]:
    """A file of that name with these bytes."""

    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(data)
        return path

    return make


def shipped(table: str, **where: str) -> dict[str, str]:
    """The first shipped row with these cells, as text."""
    with (TABLES / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if all(row[column] == value for column, value in where.items()):
                return row
    raise LookupError(f"{table} has no row with {where}")


SEEDS: dict[str, dict[str, str]] = {
    "production": {"product": "nd_oxide", "country": "CHN", "year": "2024"},
    "projects": {"project_id": "mp-10x"},
    "measures": {"measure_id": "cn-gage-licence-2023"},
    "commitments": {"commitment_id": "c001"},
    "sources": {"source_id": "usgs-mcs2026"},
    "trade": {"series": "USGS", "product": "y_oxide"},
    "prices": {},
    "recipes": {"process_id": "sinter_ndfeb", "flow_role": "input"},
}


def seed(table: str, **changes: str) -> dict[str, str]:
    """The seed row of a table with some cells changed."""
    return {**shipped(table, **SEEDS[table]), **changes}


def text(rows: Sequence[Mapping[str, str]], columns: Sequence[str] = ()) -> str:
    """Rows as CSV."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    names = list(columns or rows[0])
    writer.writerow(names)
    writer.writerows([[row[name] for name in names] for row in rows])
    return out.getvalue()


def table_file(table: str, rows: Sequence[Mapping[str, str]]) -> Callable[[Path], Path]:
    """Rows as the CSV file of a table."""
    return put(f"{table}.csv", text(rows).encode("utf-8"))
