"""Published values against ours: every cell is computed again, and read again in its source where that is at hand."""

from __future__ import annotations

import doctest
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tools import eu_sourced, printed_cells
from tools import reproduced as tool

import didymium.data
from didymium.studies import reproduced

ROOT = Path(__file__).resolve().parents[2]
OPEN: set[str] = set()


def shared_raw() -> Path | None:
    """The raw files beside the repository or a folder above it, or in the folder that DIDYMIUM_SHARED names."""
    named = os.environ.get("DIDYMIUM_SHARED")
    folders = [Path(named)] if named else [folder / "shared" for folder in (ROOT, *ROOT.parents)]
    return next((folder / "data" / "raw" for folder in folders if (folder / "data" / "raw").is_dir()), None)


@pytest.fixture(scope="module")
def cells() -> list[dict[str, Any]]:
    return didymium.data.open().rows("reproduced")


def test_the_examples_in_the_module_run() -> None:
    assert doctest.testmod(reproduced).failed == 0


def test_there_are_enough_cells_of_enough_publishers(cells: list[dict[str, Any]]) -> None:
    publishers = Counter(row["publisher"] for row in cells)
    assert len(cells) >= 1400
    assert len(publishers) >= 6
    assert {row["source_id"] for row in cells} <= {row["source_id"] for row in didymium.data.open().rows("sources")}


def test_every_cell_computes_to_what_the_table_says(cells: list[dict[str, Any]]) -> None:
    for row in cells:
        assert reproduced.recomputed(row) == pytest.approx(row["ours"], rel=1e-8, abs=1e-12), row["cell_id"]


def test_a_cell_is_called_matched_exactly_where_it_prints_so(cells: list[dict[str, Any]]) -> None:
    for row in cells:
        assert reproduced.matches(row) is (row["status"] == "matched"), row["cell_id"]


def test_no_difference_is_left_without_a_reason_but_those_that_the_docs_name(cells: list[dict[str, Any]]) -> None:
    assert {row["cell_id"] for row in cells if row["status"] == "open"} == OPEN
    page = (ROOT / "docs/method/reproduced.md").read_text("utf-8").lower()
    assert all(row["subject"].lower() in page for row in cells if row["cell_id"] in OPEN)
    for row in cells:
        assert bool(row["reason"]) is bool(row["reason_kind"]) is (row["status"] == "explained"), row["cell_id"]
    assert Counter(row["status"] for row in cells)["matched"] >= 1200


def test_every_written_reason_belongs_to_a_cell_that_needs_it(cells: list[dict[str, Any]]) -> None:
    written = {line["cell_id"]: line for line in printed_cells.read(printed_cells.HERE / "reproduced_reasons.csv")}
    told = {row["cell_id"]: row for row in cells if row["status"] == "explained" and row["reason_kind"] != "rounding"}
    assert written.keys() == told.keys()
    assert all(
        (line["kind"], line["reason"]) == (told[k]["reason_kind"], told[k]["reason"]) for k, line in written.items()
    )


def test_every_figure_has_its_rounding_beside_it(cells: list[dict[str, Any]]) -> None:
    for row in cells:
        if row["rounding"]:
            values, halves = reproduced.figures(row["inputs"]), reproduced.figures(row["rounding"])
            assert {k: len(v) for k, v in values.items()} == {k: len(v) for k, v in halves.items()}, row["cell_id"]
            assert all(half >= 0 for side in halves.values() for half in side), row["cell_id"]


def test_the_page_counts_what_the_table_holds(cells: list[dict[str, Any]]) -> None:
    page = (ROOT / "docs/method/reproduced.md").read_text("utf-8")
    lines = [
        line.strip("|").split("|") for line in page.splitlines() if line.startswith("| ") and line.count("|") == 10
    ]
    numbers = [[int(part.strip(" *").replace(",", "")) for part in line[2:]] for line in lines[1:]]
    counts = Counter(row["reason_kind"] or row["status"] for row in cells)
    kinds = ("matched", "rounding", "source", "method", "uses", "open")
    assert [sum(column) for column in zip(*numbers[:-1], strict=True)] == numbers[-1]
    assert numbers[-1] == [len(cells), *(counts[kind] for kind in kinds)]


def test_a_wrong_figure_is_noticed(cells: list[dict[str, Any]]) -> None:
    cell = next(row for row in cells if row["cell_id"] == "usgs-nir-copper-2024")
    assert reproduced.matches(cell)
    assert not reproduced.matches({**cell, "inputs": cell["inputs"].replace("need=1860", "need=2860")})
    assert not reproduced.matches({**cell, "published_low": 0.6, "published_high": 0.7})


def test_the_cells_are_what_the_sources_print(cells: list[dict[str, Any]]) -> None:
    raw = shared_raw()
    if raw is None:
        pytest.skip("the raw files are not beside the repository; set DIDYMIUM_SHARED to their folder")
    read = {row["cell_id"]: row for row in tool.judged(tool.rows_of(raw))}
    held = {row["cell_id"]: row for row in cells}
    assert read.keys() == held.keys()
    for name, row in read.items():
        for column in (
            "published_text",
            "inputs",
            "rounding",
            "formula",
            "locator",
            "status",
            "subject",
            "reason_kind",
        ):
            assert str(held[name][column] or "") == str(row[column]), (name, column)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("86", "0.855", "0.865"), ("E", "", "0"), (">50", "0.5", ""), ("<25", "", "0.25"), ("46.3", "0.4625", "0.4635")],
)
def test_what_a_printed_percentage_may_be(text: str, low: str, high: str) -> None:
    assert printed_cells.percentage(text) == (low, high)


@pytest.mark.parametrize(
    ("text", "notes", "unit", "half"),
    [
        ("5,830", "", "thousand metric tons", 5),
        ("1,000", "", "metric tons", 50),  # two digits at least are meant
        ("1,000", "Rounded to one significant digit.", "metric tons", 500),
        ("800", "Rounded to the nearest 100,000 tons to avoid disclosure.", "thousand metric tons", 50),
        ("40,000", "Rounded to the nearest 5,000 tons.", "metric tons", 2500),
        ("456", "Rounded to two significant digits.", "thousand metric tons", 0.5),  # the figure has three
        ("0.46", "", "million carats", 0.005),
        ("12.0", "", "million liters", 0.05),
        ("—", "", "metric tons", 0),
        ("s", "Less than half a unit.", "thousand metric tons", 0),
    ],
)
def test_what_rounding_a_printed_figure_leaves_open(text: str, notes: str, unit: str, half: float) -> None:
    said = printed_cells.figure(text, notes, unit)
    assert said is not None
    assert said.half == pytest.approx(half)


def test_a_mark_is_no_figure() -> None:
    assert [printed_cells.figure(mark) for mark in ("W", "NA", "?1", "")] == [None] * 4


def test_stocks_at_both_ends_and_what_was_released_come_into_use() -> None:
    row = {"formula": "use_from_flows", "inputs": "own=175;imports=39;exports=59;before=35;after=10;released=9"}
    assert reproduced.recomputed(row) == 189  # beryllium 2022
    row = {"formula": "net_imports_over_use", "inputs": "need=34600;imports=25400;exports=596;before=10900;after=9600"}
    assert round(reproduced.recomputed(row), 3) == 0.754  # tin 2024, printed 75 %


def test_stages_of_2023_that_need_sourcing_are_tried_on_a_copy_of_the_annex(tmp_path: Path) -> None:
    head = "Material,Stage,Country,Share,t\n"
    world = f"{head}Gallium,P,China,93.8%,1.0\nGallium,P,Ukraine,<0.1%,1.0\n"
    (tmp_path / "fact_GlobalSupplyShares&t.csv").write_text(world, "cp1252")
    (tmp_path / "fact_EUSupplyShares&t.csv").write_text(f"{head}Gallium,P,China,69%,1\n", "cp1252")
    (found,) = eu_sourced.rated(tmp_path)
    risk = eu_sourced.governance_risk()["CHN"] * 10
    ours = (0.938**2 * 0.49 + 0.69**2 * 0.51) * risk * 0.98  # import reliance 98 %, substitution 0.98
    assert found.ours == pytest.approx(ours, abs=1e-4)
    assert found.least < ours < found.greatest
    assert found.verdict == "differs"  # 3.9 is printed


def test_the_trial_names_each_stage_once() -> None:
    lines = printed_cells.read(printed_cells.HERE / "eu_sourced.csv")
    stages = Counter((line["material"], line["stage"]) for line in lines)
    assert max(stages.values()) == 1
    assert all(0 <= float(line[rate]) <= 100 for line in lines for rate in ("reliance", "recycling"))


def test_supply_risk_of_a_stage_rated_by_one_side_takes_that_side() -> None:
    both = "world=4;sourcing=2;reliance=0.5;recycling=0.1;substitution=0.9"
    assert reproduced.recomputed({"formula": "supply_risk", "inputs": both}) == pytest.approx(2.5 * 0.81)
    one = "sourcing=2;recycling=0.1;substitution=0.9"
    assert reproduced.recomputed({"formula": "supply_risk", "inputs": one}) == pytest.approx(2 * 0.81)
