"""Published cells are counted as they are, and a wrong one is seen."""

from __future__ import annotations

import csv
from pathlib import Path

from tools.reach import reached as reached_by_the_tool

from tests.trust.cells import SELDOM, cells, held, judged, likely, reached, rows, shares, told, widest

ROW = {"measure": "net import reliance [%]", "source_id": "x", "cell_id": "x", "reason": "", "reason_kind": ""}


def test_no_cell_is_open_and_five_tables_are_compared() -> None:
    found = cells()
    opened = {cell.cell_id for cell in found if cell.verdict == "open"}
    assert opened == set()
    assert len({cell.table for cell in found}) >= 5


def test_a_value_beyond_its_rounding_is_open_without_a_reason() -> None:
    row = next(r for r in rows() if r["published_low"] and r["published_high"] and not r["reason"])
    low, high = float(row["published_low"]), float(row["published_high"])
    assert judged(row, (low + high) / 2).verdict == "matched"
    beyond = high + (high - low)
    assert judged(row, beyond).verdict == "open"
    assert judged({**row, "reason": "The source errs.", "reason_kind": "source"}, beyond).verdict == "source"


def test_no_figure_is_moved_further_than_its_digits_or_a_stated_rounding_allow() -> None:
    assert [widest(value) for value in (2410, 14000, 7, 0.25)] == [5, 500, 0.5, 0.005]
    for row in rows():
        if row["source_id"].startswith("usgs") and row["rounding"]:
            for name, ends in held(row).items():
                for low, high in ends:
                    stated = row["source_id"] == "usgs-mcs2026" and name in ("need", "own", "exports")
                    half = high - (low + high) / 2 if low > 0 else high / 2
                    assert stated or half <= widest((low + high) / 2 if low > 0 else high) + 1e-9, row["cell_id"]


def within(formula: str, inputs: str, rounding: str, low: float, high: float | None = None) -> bool:
    """Whether a value from `low` to `high` can be had from figures that print as these do; without `high`, or more."""
    more = {"formula": formula, "inputs": inputs, "rounding": rounding}
    return reached({**ROW, **more, "published_low": str(low), "published_high": "" if high is None else str(high)})


def test_the_ends_of_a_sum_a_quotient_and_a_difference_are_exact() -> None:
    reliance = ("reliance_from_need", "need=2410;own=1000", "need=5;own=50")
    assert within(*reliance, 0.60, 0.61)  # 1 - 950 / 2415 = 0.6066
    assert not within(*reliance, 0.607, 0.61)
    assert within("sum", "parts=10|20", "parts=0.5|5", 35.5, 40)
    assert not within("sum", "parts=10|20", "parts=0.5|5", 35.6, 40)
    assert within(
        "use_from_flows",
        "own=10;imports=5;exports=3;before=4;after=2",
        "own=1;imports=0;exports=1;before=0;after=0",
        16,
        17,
    )
    assert within("top_share", "named=6|3|1;count=2;whole=10", "named=0|0.5|0;count=0;whole=0", 0.95, 1.0)


def test_the_ends_of_a_supply_risk_from_printed_concentrations_are_those_of_its_figures() -> None:
    inputs = "world=4;sourcing=2;reliance=0.5;recycling=0.1;substitution=0.9"
    rounding = "world=0.05;sourcing=0.05;reliance=0.005;recycling=0.005;substitution=0.05"
    greatest = (4.05 * 0.505 / 2 + 2.05 * (1 - 0.505 / 2)) * 0.905 * 0.95
    assert within("supply_risk", inputs, rounding, greatest)
    assert not within("supply_risk", inputs, rounding, greatest + 1e-6)


def test_shares_of_uses_move_within_their_rounding_only_together() -> None:
    inputs = "share=0.5|0.5;value_added=100|50;substitution=1;largest=100"
    rounding = "share=0.005|0.005;value_added=0|0;substitution=0;largest=0"
    assert within("economic_importance", inputs, rounding, 7.524)  # 0.505 and 0.495; both cannot be above a half
    assert not within("economic_importance", inputs, rounding, 7.53)


def test_the_harness_and_the_tool_agree_on_what_rounding_explains() -> None:
    for row in rows():
        if row["status"] != "matched" and row["rounding"]:
            typed = {k: (float(row[k]) if row[k] else None) for k in ("published_low", "published_high")}
            assert reached(row) is reached_by_the_tool({**row, **typed}), row["cell_id"]


def test_a_difference_called_rounding_that_is_none_is_open(tmp_path: Path) -> None:
    row = next(r for r in rows() if r["reason_kind"] == "rounding" and r["formula"] == "sum")
    path = tmp_path / "reproduced.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, row)
        writer.writeheader()
        writer.writerows([row, {**row, "cell_id": "broken", "inputs": row["inputs"].replace("parts=", "parts=9")}])
    assert [cell.verdict for cell in cells(path)] == ["rounding", "open"]


def test_what_only_an_end_of_all_roundings_reaches_is_told_apart() -> None:
    row = {**ROW, "formula": "sum", "published_high": "", "inputs": "parts=10|20", "rounding": "parts=0.5|0.5"}
    assert likely({**row, "published_low": "30"}) > 0.4
    assert likely({**row, "published_low": "30.95"}) < SELDOM
    assert reached({**row, "published_low": "30.95"})


def test_both_figures_stand_in_the_line() -> None:
    found = cells()
    matched, rounded, whole = shares(found)
    assert f"{(matched + rounded) / whole:.1%}" in told(found)
    assert f"{matched / whole:.1%}" in told(found)
