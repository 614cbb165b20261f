"""Write which shipped figures their publishers mark as estimates, from the publishers' own files.

Run `python -m tools.publisher_marks RAW` after a new edition or new rows: RAW is the folder with raw files. It reads
them as `didymium data import` does and writes `sources/shipped_marks.csv`; then `python -m didymium.sources.curated`
sets the marks on the rows. A row is found by table, product, stage, place, year and source.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from didymium.data.package import base_tables
from didymium.sources.register import import_file
from didymium.sources.shipped_marks import COLUMNS, MARKS, SERIES, TABLES_MARKED, name_of

FILES = {
    "bgs-wms": "bgs_wms",
    "usgs-mcs-2025": "usgs_mcs2025/MCS2025_World_Data.csv",
    "usgs-mcs-2026": "usgs_mcs2026/MCS2026_Commodities_Data.csv",
    "usgs-myb-2022": "usgs_myb2022/myb1-2022-rare-earths-advance-tables.xlsx",
    "wmd-2026": "world_mining_data/wmd_production_2018_2024_selected.csv",
}
Row = Mapping[str, Any]


def _fact(row: Row) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in ("product", "stage", "country", "year", "source_id"))


def marks(
    importer: str, read: Mapping[str, Sequence[Row]], shipped: Mapping[str, Iterable[Row]]
) -> Iterator[tuple[str, ...]]:
    """Lines of the file for the rows of one import. Sums and shares that were made here have other series: no mark."""
    for table in TABLES_MARKED:
        said = {_fact(row): row for row in read.get(table, ())}
        for row in shipped[table]:
            found = said.get(_fact(row))
            if found is not None and (table != "production" or row["series"] in SERIES):
                yield name_of(table, row), str(found["value_status"]), importer, str(found["locator"])


def lines(raw: Path) -> list[tuple[str, ...]]:
    """All lines, in the order of the rows' names."""
    shipped = {name: parsed.rows for name, parsed in base_tables().items()}
    found = [
        line
        for name, path in FILES.items()
        for line in marks(name, import_file(name, raw / path, shipped).rows, shipped)
    ]
    return sorted(found)


def text(found: Iterable[Sequence[str]]) -> str:
    """The file."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(found)
    return out.getvalue()


if __name__ == "__main__":
    MARKS.write_text(text(lines(Path(sys.argv[1]))), encoding="utf-8", newline="")
