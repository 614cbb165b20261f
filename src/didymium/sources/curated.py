"""Build time: write what follows from the declarations and the shipped tables.

The tables in `data/tables` are the truth and are edited by hand; `python -m didymium.sources.curated` then renews
`datapackage.json` and the data dictionary.
"""

from __future__ import annotations

from pathlib import Path

from didymium.schema import DATA_VERSION, TABLES
from didymium.schema.describe import datapackage, dictionary
from didymium.schema.reader import read_table

PACKAGE = Path("src/didymium/data/datapackage.json")
DICTIONARY = Path("docs/reference/tables.md")


def documents(root: Path) -> dict[Path, str]:
    """Generated files, by path from the repository root, for the tables found there."""
    folder = root / PACKAGE.parent / "tables"
    data = {name: (folder / f"{name}.csv").read_bytes() for name in TABLES}
    rows = {name: len(read_table(data[name], table, f"{name}.csv").rows) for name, table in TABLES.items()}
    return {
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
