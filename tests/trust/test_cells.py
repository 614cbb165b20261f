"""Published cells are counted as they are, and a wrong one is seen."""

from __future__ import annotations

import csv
from pathlib import Path

from didymium.studies.reproduced import recomputed
from tests.trust.cells import TABLE, cells, half_unit, judged, reached


def test_two_cells_are_open_and_five_tables_are_compared() -> None:
    found = cells()
    opened = {cell.cell_id for cell in found if cell.verdict == "open"}
    assert opened == {"eu-importance-fluorspar", "eu-importance-iron-ore"}  # told on the page Reproduced
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


def test_rounding_is_what_the_digits_printed_leave_open() -> None:
    said = [half_unit("need", value) for value in (2410, 14000, 1000, 7, 0.25)]
    assert said == [5, 500, 50, 0.5, 0.005]
    assert (half_unit("share", 0.1), half_unit("hhi", 0.1)) == (0.005, 0)


def test_a_difference_beyond_all_rounding_is_not_called_one_of_rounding() -> None:
    row = {"published_low": 0.575, "published_high": 0.585, "formula": "reliance_from_need"}
    assert reached({**row, "inputs": "need=2410;own=1000"}, recomputed)  # 0.58506
    assert not reached({**row, "inputs": "need=2410;own=900"}, recomputed)  # 0.627; 0.605 at the least
