"""Write the shipped table `published`: the cells of both USGS summaries that are no number.

The tables that the model reads cannot hold them. Run `python -m tools.write_published FOLDER…` with the folders that
`didymium data import` made of the two editions; a test compares the shipped rows with the raw files where they are.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from didymium.data.layers import read_layer
from didymium.schema import TABLES
from didymium.schema.references import key_of
from didymium.schema.writing import table_csv

TABLE = Path(__file__).parents[1] / "src" / "didymium" / "data" / "tables" / "published.csv"


def chosen(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Rows without a number, by key."""
    key = TABLES["published"].key
    return sorted((row for row in rows if row["quantity"] is None), key=lambda row: key_of(row, key))


if __name__ == "__main__":
    read = [row for name in sys.argv[1:] for row in read_layer(Path(name))[0]["published"].rows]
    TABLE.write_bytes(table_csv(TABLES["published"], chosen(read)))
