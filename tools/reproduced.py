"""Rows of the table `reproduced`: published values, the figures they rest on, and what our formulas make of them.

Run `python -m tools.reproduced RAW`: RAW is the folder with the raw files. What is read, and how:

- `usgs_cells.py`: summaries of 2026 (whole tables of salient statistics that print consumption, and world tables) and
  of 2025 (world tables), yearbook of rare earths for 2022; `use_lines.csv` and `reliance_lines.csv` say which printed
  lines the printed definitions count.
- `yearbook_cells.py`: its tables of trade.
- `iea_cells.py`: the data explorer of 2025.
- `eu_cells.py`: the study of 2023; `eu_world_shares.csv` is its annex 7, `eu_world_only.csv` its results of stages
  rated by world supply alone, `eu_largest.csv` its table of largest suppliers.
- `eu_2017_cells.py`: the study of 2017, from the report itself (`eu_2017.csv`, `eu_2017_groups.csv`).
- here: the scores that geopolrisk-py printed, with their parts (`geopolrisk_scores.json`), and single values of the
  Commission, JOGMEC, Eurostat and the IEA (`published_cells.csv`).

The reasons of what does not match (`reproduced_reasons.csv`) are written by people: one cell, one class, one sentence.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tools import eu_2017_cells, eu_cells, iea_cells, usgs_cells, yearbook_cells
from tools.commodity_rows import SHIPPED, put
from tools.printed_cells import HERE, Printed, Row, cell, name, printed, read
from tools.reach import reached

from didymium.studies.reproduced import matches, recomputed

COPPER = 0.409412948
"""What a kilogram of copper is worth in the library [USD], which factors are set against."""


def library_scores(scores: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    """Scores and characterisation factors that geopolrisk-py prints for the data it carries."""
    codes = {"Japan": "JPN", "USA": "USA", "United States": "USA", "Germany": "DEU"}
    for one in scores:
        parts = {key: [Printed(float(one[key]))] for key in ("hhi", "risky", "imports", "own")}
        priced = {**parts, "price": [Printed(float(one["price"]))], "copper": [Printed(COPPER)]}
        where = f"gprs_calc([{one['year']}], ['{one['country']}'], ['{one['material']}'])"
        for measure, formula, value, given in (
            ("GeoPolRisk score", "geopolrisk", one["score"], parts),
            ("characterisation factor [kg Cu eq/kg]", "geopolrisk_cf", one["cf"], priced),
        ):
            text = f"{value:.6g}"
            half = abs(value) * 5e-6
            yield cell(
                name(formula, one["material"], codes[one["country"]], one["year"]),
                "GeoPolRisk authors",
                one["material"],
                measure,
                codes[one["country"]],
                one["year"],
                text,
                (printed(value - half), printed(value + half)),
                formula,
                given,
                "geopolrisk-py",
                where,
            )


def others() -> Iterator[Row]:
    """Values of the Commission, JOGMEC, Eurostat and the agency's report, as written down in `published_cells.csv`."""
    for line in read(HERE / "published_cells.csv"):
        yield {"rounding": "", **line}


ROUNDING = "Figures that print the same way give the published value."


def judged(rows: Iterable[Row]) -> Iterator[Row]:
    """Rows with our value, and how they stand; reasons other than rounding are written by people."""
    reasons = {line["cell_id"]: line for line in read(HERE / "reproduced_reasons.csv")}
    for row in rows:
        typed = {key: (float(row[key]) if row[key] else None) for key in ("published_low", "published_high")}
        ours = recomputed(row)
        status, kind, reason = "matched", "", ""
        if not matches({**row, **typed}):
            written = reasons.get(row["cell_id"], {})
            rounded = reached({**row, **typed})
            kind, reason = ("rounding", ROUNDING) if rounded else (written.get("kind", ""), written.get("reason", ""))
            status = "explained" if reason else "open"
        yield {
            **row,
            "ours": printed(float(f"{ours:.9g}")),
            "status": status,
            "reason_kind": kind,
            "reason": reason,
        }


def rows_of(raw: Path) -> list[Row]:
    """All cells, without our values."""
    lines = read(raw / "usgs_mcs2026" / "MCS2026_Commodities_Data.csv", "cp1252")
    earlier = read(raw / "usgs_mcs2025" / "MCS2025_World_Data.csv", "utf-8-sig")
    yearbook = raw / "usgs_myb2022" / "myb1-2022-rare-earths-advance-tables.xlsx"
    explorer = json.loads((raw / "iea_cm_dataset_2025" / "iea_cm_data_explorer_2025.json").read_text("utf-8"))
    scores = json.loads((HERE / "geopolrisk_scores.json").read_text("utf-8"))
    return [
        *usgs_cells.reliances(lines),
        *usgs_cells.apparent_uses(lines),
        *usgs_cells.world_totals(lines),
        *usgs_cells.earlier_totals(earlier),
        *usgs_cells.yearbook_totals(yearbook),
        *yearbook_cells.trade(yearbook),
        *iea_cells.largest_shares(explorer),
        *iea_cells.supply_totals(explorer),
        *iea_cells.demands(explorer),
        *library_scores(scores),
        *eu_2017_cells.risks(),
        *eu_2017_cells.averages(),
        *eu_cells.importances(),
        *eu_cells.world_risks(),
        *eu_cells.largest_suppliers(),
        *others(),
    ]


def main(raw: Path) -> None:
    """Write the table anew."""
    rows = list(judged(rows_of(raw)))
    (SHIPPED / "reproduced.csv").unlink()
    put("reproduced", rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
