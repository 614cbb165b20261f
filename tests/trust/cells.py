"""Cells of published tables against ours: matched, within the rounding of what they rest on, explained, or open.

    python -m tests.trust.cells [--record]

The table `reproduced` holds what a publisher printed, the figures it rests on and what our formulas make of them. Here
the file is read as text, each value is computed again, and whether it prints as published is judged by decimals alone.
Where it does not, every figure it rests on is moved to the ends of what prints the same way, towards the published
value: if that reaches it, the difference is one of rounding.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

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


def half_unit(name: str, value: float) -> float:
    """Half of the last digit that is printed: per cent and hundredths for shares, else what is left of end noughts.

    Two digits at least are taken to be meant: 1000 may be 950 to 1050.
    """
    if name in ("share", "substitution"):
        return 0.005
    if name not in ("need", "own", "imports", "exports", "parts"):
        return 0.0
    digits = f"{Decimal(repr(value)).normalize():f}"
    if "." in digits:
        return 0.5 * 10.0 ** -len(digits.partition(".")[2])
    noughts = len(digits) - len(digits.rstrip("0"))
    return 0.5 * 10.0 ** max(0, min(noughts, len(digits) - 2))


def reached(row: dict[str, Any], compute: Callable[[dict[str, Any]], float]) -> bool:
    """Whether figures that print the same way give a value that prints as published. Each moves one way alone."""
    from didymium.studies.reproduced import figures

    low, high = row["published_low"], row["published_high"]
    ours = compute(row)
    above = high is not None and ours > high
    held = figures(row["inputs"])
    for name, values in held.items():
        for index, value in enumerate(values):
            tried = []
            for moved in (value - half_unit(name, value), value, value + half_unit(name, value)):
                values[index] = max(0.0, moved)
                tried.append((compute({**row, "inputs": _text(held)}), values[index]))
            values[index] = (min(tried) if above else max(tried))[1]
    end = compute({**row, "inputs": _text(held)})
    return end <= high if above else end >= low


def _text(held: dict[str, list[float]]) -> str:
    return ";".join(f"{name}={'|'.join(repr(value) for value in values)}" for name, values in held.items())


def cells(path: Path = TABLE) -> list[Cell]:
    """All cells, computed again."""
    from didymium.studies.reproduced import recomputed

    numbers = ("published_low", "published_high", "ours")
    found = []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            typed = {k: (float(v) if v else None) if k in numbers else v for k, v in row.items()}
            cell = judged(row, recomputed(typed))
            rounded = cell.verdict != "matched" and reached(typed, recomputed)
            found.append(replace(cell, verdict="rounded") if rounded else cell)
    return found


def told(found: Sequence[Cell]) -> str:
    """The count in one line."""
    count = Counter(cell.verdict for cell in found)
    share, both = count["matched"] / len(found), (count["matched"] + count["rounded"]) / len(found)
    return (
        f"{count['matched']} of {len(found)} cells of {len({c.table for c in found})} tables print as published "
        f"({share:.1%}), with {count['rounded']} within the rounding of the figures they rest on {both:.1%}; "
        f"{count['explained']} explained otherwise, {count['open']} open"
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
