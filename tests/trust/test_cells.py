"""Published cells are counted as they are, and a wrong one is seen."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.trust.cells import TABLE, cells, judged


def test_no_cell_is_open_and_five_tables_are_compared() -> None:
    found = cells()
    assert not [cell for cell in found if cell.verdict == "open"]
    assert len({cell.table for cell in found}) >= 5


def test_a_value_beyond_its_rounding_is_open_without_a_reason() -> None:
    with TABLE.open(encoding="utf-8", newline="") as file:
        row = next(r for r in csv.DictReader(file) if r["published_low"] and r["published_high"] and not r["reason"])
    low, high = float(row["published_low"]), float(row["published_high"])
    assert judged(row, (low + high) / 2).verdict == "matched"
    beyond = high + (high - low)
    assert judged(row, beyond).verdict == "open"
    assert judged({**row, "reason": "a source error"}, beyond).verdict == "explained"
    assert Path(TABLE).exists()
