"""Cells of published tables against ours: matched within the printed rounding, explained, or open.

    python -m tests.trust.cells [--record]

The table `reproduced` holds what a publisher printed, the figures it rests on and what our formulas make of them. Here
the file is read as text, each value is computed again, and whether it prints as published is judged by decimals alone.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import didymium
from tests.trust.record import record

TABLE = Path(didymium.__file__).parent / "data" / "tables" / "reproduced.csv"


@dataclass(frozen=True)
class Cell:
    """A published cell: in which table it stands, and what became of it."""

    cell_id: str
    table: str
    verdict: str


def judged(row: dict[str, str], ours: float) -> Cell:
    """`matched` where our value lies within what prints so; else `explained` with a reason, `open` without."""
    low, high = row["published_low"], row["published_high"]
    value, slack = Decimal(repr(ours)), Decimal("1e-9")
    inside = (not low or value >= Decimal(low) - slack) and (not high or value <= Decimal(high) + slack)
    verdict = "matched" if inside else "explained" if row["reason"].strip() else "open"
    return Cell(row["cell_id"], row["source_id"], verdict)


def cells(path: Path = TABLE) -> list[Cell]:
    """All cells, computed again."""
    from didymium.studies.reproduced import recomputed

    numbers = ("published_low", "published_high", "ours")
    found = []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            typed = {k: (float(v) if v else None) if k in numbers else v for k, v in row.items()}
            found.append(judged(row, recomputed(typed)))
    return found


def told(found: Sequence[Cell]) -> str:
    """The count in one line."""
    count = Counter(cell.verdict for cell in found)
    share = count["matched"] / len(found)
    return (
        f"{count['matched']} of {len(found)} cells of {len({c.table for c in found})} tables within the printed "
        f"rounding ({share:.1%}), {count['explained']} explained, {count['open']} open"
    )


def main() -> int:
    """Count them."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--record", action="store_true", help="write the figure to the page of trust")
    given = asked.parse_args()
    found = cells()
    for table in sorted({cell.table for cell in found}):
        mine = Counter(cell.verdict for cell in found if cell.table == table)
        print(f"{table}: {dict(mine)}")
    print(told(found))
    if given.record:
        record(13, "cells of published tables", told(found), "python -m tests.trust.cells --record", file="answers")
    return 1 if any(cell.verdict == "open" for cell in found) else 0


if __name__ == "__main__":
    raise SystemExit(main())
