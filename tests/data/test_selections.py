"""A selection as a data package: sound by the standard's own tool, closed, versioned, the same bytes each time."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest

import didymium.data
from didymium.data import Dataset
from didymium.data.selection import chosen, closed, package
from didymium.errors import NotFound, UnknownTerm
from didymium.schema import DATA_VERSION


@pytest.mark.slow
def test_a_package_is_valid_by_frictionless(ds: Dataset, tmp_path: Path) -> None:
    rows = closed(ds, chosen(ds, products=("dy_oxide", "ndfeb_magnet"), places=("JPN", "CHN"), years=(2023, 2024)))
    for name, body in package(ds, rows).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frictionless = pytest.importorskip("frictionless")
        report = frictionless.validate(str(tmp_path / "datapackage.json"))
    assert report.valid, [error.message for task in report.tasks for error in task.errors][:5] or report.errors


def test_a_selection_is_closed_and_can_be_given_back(ds: Dataset, tmp_path: Path) -> None:
    picked = chosen(ds, tables=("production",), products=("dy_oxide",), years=(2024,))
    assert {row["product"] for row in picked["production"]} == {"dy_oxide"}
    rows = closed(ds, picked)
    assert {row["source_id"] for row in rows["production"]} <= {row["source_id"] for row in rows["sources"]}
    files = package(ds, rows)
    assert files == package(ds, rows)
    assert json.loads(files["datapackage.json"])["version"] == DATA_VERSION
    for name, body in files.items():
        if name.endswith(".csv"):
            (tmp_path / Path(name).name).write_bytes(body)
    assert [f.line() for f in didymium.data.check(tmp_path) if f.severity == "error"] == []


def test_a_word_that_is_not_known_and_a_selection_of_nothing_are_told_apart(ds: Dataset) -> None:
    with pytest.raises(UnknownTerm, match="dy_oxide"):
        chosen(ds, products=("dy_oxid",))
    with pytest.raises(NotFound, match="no row fits"):
        chosen(ds, tables=("production",), products=("dy_oxide",), years=(1950,))
