"""Build time: write what follows from the declarations and the shipped tables.

The tables in `data/tables` are the truth and are edited by hand, but for their publishers' marks (`shipped_marks`);
`python -m didymium.sources.curated` sets those and renews `datapackage.json` and the data dictionary.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from didymium.schema import DATA_VERSION, TABLES
from didymium.schema.describe import datapackage, dictionary
from didymium.schema.reader import read_table
from didymium.sources.shipped_marks import TABLES_MARKED, read_marks, with_marks

PACKAGE = Path("src/didymium/data/datapackage.json")
DICTIONARY = Path("docs/reference/tables.md")
SHIPPED = PACKAGE.parent / "tables"


def marked_table(name: str, data: bytes) -> bytes:
    """A shipped table whose rows carry their publishers' marks; the same bytes when they carry them already."""
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))
    found = with_marks(name, rows, read_marks())
    if found == rows:
        return data
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, TABLES[name].column_names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return out.getvalue().encode("utf-8")


def documents(root: Path) -> dict[Path, str]:
    """Generated files, by path from the repository root, for the tables found there."""
    data = {name: (root / SHIPPED / f"{name}.csv").read_bytes() for name in TABLES}
    data |= {name: marked_table(name, data[name]) for name in TABLES_MARKED}
    rows = {name: len(read_table(data[name], table, f"{name}.csv").rows) for name, table in TABLES.items()}
    return {
        **{SHIPPED / f"{name}.csv": data[name].decode("utf-8") for name in TABLES_MARKED},
        PACKAGE: datapackage(TABLES, data, DATA_VERSION),
        DICTIONARY: dictionary(TABLES, rows, DATA_VERSION),
    }


def write(root: Path) -> None:
    """Write the generated files under the repository root."""
    for name, text in documents(root).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write(Path(__file__).resolve().parents[3])
