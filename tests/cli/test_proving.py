"""A kept stress run: its programmes checked again without a solver, exported, and solved by other programs."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pytest
import swiglpk as glpk

import didymium.data
from didymium.data import Dataset
from didymium.results import Manifest, Result, RunStore, result_bytes
from didymium.results.store import MANIFEST
from didymium.studies import proofs
from didymium.studies.stress import stress
from tests.cli.conftest import Didymium

MYOPIC_MONTHS = 24


@pytest.fixture(scope="module")
def ds() -> Dataset:
    return didymium.data.open()


@pytest.fixture(scope="module")
def answer(ds: Dataset) -> Result:
    return stress(ds, "cn-stop-3", draws=0, drivers=False, workers=1)


def keep(store: RunStore, result: Result) -> Path:
    params = {"scenario": result.request["scenario"], "seed": 0}
    call = {"command": "stress", "params": params, "layers": []}
    return store.save(result, Manifest.of(result, call=call, created="2026-11-24T00:00:00+00:00"))


@pytest.fixture
def kept(answer: Result, own_store: Path) -> Path:
    """The folder of the run."""
    return keep(RunStore(own_store / "runs"), answer)


@pytest.fixture
def no_solver(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever asks for a solver fails."""
    for name in ("highspy", "clarabel"):
        monkeypatch.setitem(sys.modules, name, None)
    yield


# --- every solve is stored ---------------------------------------------------------------------------------------


def test_every_programme_has_its_row(ds: Dataset) -> None:
    result = stress(ds, "cn-stop-3", draws=2, drivers=False, foresight=("myopic",))
    rows = result.tables["programmes"]
    assert len(rows) == 3 * MYOPIC_MONTHS
    assert {r["case"] for r in rows} == {"central", "draw-000", "draw-001"}
    assert [r["month"] for r in rows[:2]] == ["2026-12", "2027-01"]
    for row in rows:
        assert row["status"] == "optimal" and row["iterations"] >= 0
        assert max(row["primal_residual"], row["dual_residual"], row["gap"]) <= 1e-7
        assert row["objective"] == pytest.approx(row["bound"], rel=1e-7)
    (worst,) = result.tables["certificates"]
    assert worst["programmes"] == len(rows)
    for residual in ("primal_residual", "dual_residual", "gap"):
        assert worst[residual] == max(r[residual] for r in rows)


# --- verify ------------------------------------------------------------------------------------------------------


def test_verify_proves_each_programme_without_a_solver(didymium: Didymium, kept: Path, no_solver: None) -> None:
    said = didymium("runs", "verify", kept.name)
    lines = said.out.splitlines()
    assert said.code == 0
    assert sum(": holds (primal residual" in line for line in lines) == 1 + MYOPIC_MONTHS
    assert sum("follow from the kept answers" in line for line in lines) == 2
    assert lines[-1] == "27 of 27 checks of solved programmes hold."
    whole = didymium("runs", "verify", "--json").json()
    assert [r["fault"] for r in whole["rows"]] == [None]
    assert all(r["holds"] for r in whole["programmes"])


def test_a_flipped_byte_is_found_in_every_file(didymium: Didymium, kept: Path) -> None:
    for path in sorted(kept.iterdir()):
        body = path.read_bytes()
        place = len(body) // 2
        path.write_bytes(body[:place] + bytes([body[place] ^ 4]) + body[place + 1 :])
        said = didymium("runs", "verify", kept.name)
        assert said.code == 1
        assert path.name in said.out or "manifest" in said.out
        path.write_bytes(body)
    assert didymium("runs", "verify").code == 0


def forged(answer: Result, sight: str, edit: str, by: float) -> Result:
    """The answer with a kept number changed, and all hashes made anew."""
    arrays = {name: {k: v.copy() for k, v in held.items()} for name, held in answer.arrays.items()}
    values = arrays[sight][edit]
    if edit == "row_dual":
        values *= 1 + by  # one dual alone may be as good as another: they need not be unique
    else:
        values[np.unravel_index(int(np.argmax(np.abs(values))), values.shape)] *= 1 + by
    return Result.of(
        answer.command,
        request=answer.request,
        dataset=answer.dataset,
        code_version=didymium.__version__,
        rows=answer.rows,
        fields=answer.fields,
        tables=answer.tables,
        warnings=answer.warnings,
        assumptions=answer.assumptions,
        source_ids=answer.source_ids,
        arrays=arrays,
    )


@pytest.mark.parametrize(
    ("sight", "array", "said"),
    [
        ("coordinated", "x", r"coordinated: does not hold: .*\[.*\] is broken most"),
        ("coordinated", "row_dual", r"coordinated: does not hold: .*gap"),
        ("myopic", "x", r"myopic-\d{4}-\d{2}: does not hold"),
        ("base", "use", r"does not hold"),
    ],
)
def test_an_edited_solution_is_found_even_with_new_hashes(
    sight: str, array: str, said: str, answer: Result, didymium: Didymium, own_store: Path, no_solver: None
) -> None:
    keep(RunStore(own_store / "runs"), forged(answer, sight, array, 1e-3))
    found = didymium("runs", "verify")
    assert found.code == 1
    assert "1 of 1 runs are whole." in found.out
    assert re.search(said, found.out)


@pytest.mark.parametrize("table", ["rows", "monthly", "scarcity"])
def test_an_edited_number_of_the_answer_is_found_even_with_new_hashes(
    table: str, answer: Result, didymium: Didymium, own_store: Path
) -> None:
    column = "scarcity_usd_per_kg" if table == "scarcity" else "unserved_t"

    def edited(rows: Any) -> Any:
        return tuple({**row, column: row[column] + 0.5} if i == 3 else row for i, row in enumerate(rows))

    other = (
        replace(answer, rows=edited(answer.rows))
        if table == "rows"
        else replace(answer, tables={**answer.tables, table: edited(answer.tables[table])})
    )
    assert result_bytes(other) != result_bytes(answer)
    keep(RunStore(own_store / "runs"), other)
    found = didymium("runs", "verify")
    assert found.code == 1
    assert f"coordinated, numbers: does not hold: {table}[3].{column}: kept" in found.out


def test_other_data_are_told_apart_from_a_fault(
    answer: Result, didymium: Didymium, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run of data that are not at hand is whole; its programmes cannot be assembled here."""
    from didymium.cli import repeating

    monkeypatch.setattr(repeating, "__version__", "9.9.9")
    said = didymium("runs", "verify")
    assert said.code == 0
    assert "not checked here: the run was made by Didymium" in said.out
    assert "checks of solved programmes hold" not in said.out


# --- export ------------------------------------------------------------------------------------------------------


@pytest.fixture
def exported(kept: Path, didymium: Didymium, tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    said = didymium("runs", "export", kept.name, "--model", folder)
    assert (said.code, said.err) == (0, "")
    return folder


def by_highs(path: Path) -> tuple[float, dict[str, float]]:
    highs = highspy.Highs()
    assert highs.readOptions(str(path.with_name("highs.options"))) == highspy.HighsStatus.kOk
    highs.setOptionValue("output_flag", False)
    assert highs.readModel(str(path)) == highspy.HighsStatus.kOk
    assert highs.run() == highspy.HighsStatus.kOk
    assert highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    values = dict(zip(highs.getLp().col_names_, highs.getSolution().col_value, strict=True))
    return highs.getInfo().objective_function_value, values


def by_glpk(path: Path) -> float:
    glpk.glp_term_out(glpk.GLP_OFF)
    problem = glpk.glp_create_prob()
    try:
        assert glpk.glp_read_mps(problem, glpk.GLP_MPS_FILE, None, str(path)) == 0
        options = glpk.glp_smcp()
        glpk.glp_init_smcp(options)
        options.meth, options.presolve = glpk.GLP_DUALP, glpk.GLP_ON
        assert glpk.glp_simplex(problem, options) == 0
        assert glpk.glp_get_status(problem) == glpk.GLP_OPT
        return float(glpk.glp_get_obj_val(problem))
    finally:
        glpk.glp_delete_prob(problem)


def test_export_writes_what_others_can_check(exported: Path, answer: Result) -> None:
    manifest = json.loads((exported / MANIFEST).read_text("utf-8"))
    assert manifest["run_id"] == answer.run_id
    assert len(manifest["programmes"]) == 1 + MYOPIC_MONTHS
    for listed in manifest["files"]:
        body = (exported / listed["file"]).read_bytes()
        assert (len(body), hashlib.sha256(body).hexdigest()) == (listed["bytes"], listed["sha256"])
    assert {p.name for p in exported.iterdir()} == {f["file"] for f in manifest["files"]} | {MANIFEST}

    stored = {(r["foresight"], r["month"]): r for r in answer.tables["programmes"]}
    coordinated = json.loads((exported / "coordinated.json").read_text("utf-8"))
    assert coordinated["objective"] == pytest.approx(stored["coordinated", None]["objective"], rel=1e-12)
    objective, values = by_highs(exported / "coordinated.mps")
    assert objective == pytest.approx(coordinated["objective"], rel=1e-7)
    assert set(coordinated["primal"]) <= set(values)
    assert any(name.startswith("flow[dy_oxide,CHN,JPN,2027-01") for name in values)

    for month in ("2026-12", "2027-02"):
        window = json.loads((exported / f"myopic-{month}.json").read_text("utf-8"))
        assert by_highs(exported / f"myopic-{month}.mps")[0] == pytest.approx(window["objective"], rel=1e-7)
    assert by_glpk(exported / "myopic-2027-02.mps") == pytest.approx(window["objective"], rel=1e-7)


def test_exported_duals_prove_the_exported_primal(exported: Path) -> None:
    """Written for this test from the files alone: feasibility, signs and complementary slackness, then the bound."""
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    assert highs.readModel(str(exported / "coordinated.mps")) == highspy.HighsStatus.kOk
    lp = highs.getLp()
    solution = json.loads((exported / "coordinated.json").read_text("utf-8"))
    x = np.array([solution["primal"].get(name, 0.0) for name in lp.col_names_])
    y = np.array([solution["dual"].get(name, 0.0) for name in lp.row_names_])
    d = np.array([solution["reduced_cost"].get(name, 0.0) for name in lp.col_names_])
    start, index = np.array(lp.a_matrix_.start_), np.array(lp.a_matrix_.index_)
    value = np.array(lp.a_matrix_.value_)
    column = np.repeat(np.arange(x.size), np.diff(start))
    activity = np.bincount(index, value * x[column], minlength=y.size)
    priced = np.bincount(column, value * y[index], minlength=x.size)
    cost = np.array(lp.col_cost_)
    low, high = np.array(lp.row_lower_), np.array(lp.row_upper_)
    lower, upper = np.array(lp.col_lower_), np.array(lp.col_upper_)
    size = np.bincount(index, np.abs(value * x[column]), minlength=y.size) + 1
    assert np.all(activity >= low - 1e-7 * size) and np.all(activity <= high + 1e-7 * size)
    assert np.all(x >= lower - 1e-7 * (1 + np.abs(x))) and np.all(x <= upper + 1e-7 * (1 + np.abs(x)))
    assert cost - priced == pytest.approx(d, abs=1e-9)
    assert np.all(np.isfinite(lower[d > 1e-9])) and np.all(np.isfinite(upper[d < -1e-9]))

    def paid(dual: Any, least: Any, most: Any) -> float:
        up, down = (dual > 0) & np.isfinite(least), (dual < 0) & np.isfinite(most)
        return float(dual[up] @ least[up] + dual[down] @ most[down])

    bound = paid(y, low, high) + paid(d, lower, upper)
    assert bound == pytest.approx(float(cost @ x), rel=1e-7)
    assert bound == pytest.approx(solution["objective"], rel=1e-7)


def test_export_leaves_a_folder_with_files_alone(kept: Path, didymium: Didymium, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine", "utf-8")
    said = didymium("runs", "export", kept.name, "--model", tmp_path)
    assert said.code == 2
    assert "the folder is not empty" in said.err


def test_a_confidential_run_is_not_exported_unasked(
    answer: Result, didymium: Didymium, own_store: Path, tmp_path: Path
) -> None:
    record = {"name": "ours", "visibility": "confidential", "is_stated": True, "rows": 3, "sha256": "ab"}
    store = RunStore(own_store / "runs")
    secret = replace(answer, dataset={**answer.dataset, "layer_records": [record]})
    said = didymium("runs", "export", keep(store, secret).name, "--model", tmp_path / "x")
    assert said.code == 2 and "confidential layer ours" in said.err and not (tmp_path / "x").exists()
    asked = ("runs", "export", secret.run_id, "--model", tmp_path / "y", "--include-confidential")
    assert didymium(*asked).code == 0
    assert "CONFIDENTIAL: made with ours" in (tmp_path / "y" / "README.md").read_text("utf-8")


def test_a_twin_is_exported(answer: Result, didymium: Didymium, own_store: Path, tmp_path: Path) -> None:
    record = {"name": "confidential-1", "visibility": "confidential", "is_stated": True, "rows": 3, "sha256": ""}
    twin = replace(answer, dataset={**answer.dataset, "layer_records": [record]})
    kept = keep(RunStore(own_store / "runs"), twin)
    assert didymium("runs", "export", kept.name, "--model", tmp_path / "x").code == 0


def test_export_of_a_run_without_programmes_says_so(didymium: Didymium, tmp_path: Path) -> None:
    run_id = didymium("measures", "--as-of", "2026-11-22", "--json").json()["run_id"]
    said = didymium("runs", "export", run_id, "--model", tmp_path / "x")
    assert said.code == 2
    assert "answers 'measures' and keeps no solved programme" in said.err
    assert didymium("runs", "verify").code == 0


# --- time limit --------------------------------------------------------------------------------------------------

ASK = ("stress", "--scenario", "cn-stop-3", "--draws", "10", "--no-drivers")


def test_a_time_limit_is_told_in_rows_warning_exit_code_and_store(didymium: Didymium, own_store: Path) -> None:
    said = didymium(*ASK, "--time-limit", "0.000001", "--json")
    found = said.json()
    assert said.code == 1
    assert found["status"] == "partial"
    assert {r["status"] for r in found["rows"]} == {"time_limit"}
    for row in found["rows"]:
        for column in ("unserved_t", "unserved_share", "days_to_shortage", "loss_usd_m", "unserved_t_p10"):
            assert row[column] is None
        assert row["days_to_shortage_status"] == "time_limit"
    assert {r["scarcity_usd_per_kg"] for r in found["tables"]["scarcity"]} == {None}
    assert "optimal" not in {r["status"] for r in found["tables"]["programmes"]}
    told = [w for w in found["warnings"] if "time limit" in w]
    assert len(told) == 3 and all("1e-06 s" in w for w in told[:2])
    assert found["request"]["time_limit_s"] == 1e-6
    run_id = found["run_id"]
    assert RunStore(own_store / "runs").manifest(run_id).status == "partial"
    assert "partial" in didymium("runs", "list").out
    again = didymium("runs", "repeat", run_id)
    assert again.code == 2 and "is partial" in again.err
    export = didymium("runs", "export", run_id, "--model", own_store / "x")
    assert export.code == 2 and "time limit stopped" in export.err
    assert didymium("runs", "verify").code == 0


def test_a_partial_answer_never_stands_for_the_complete_one(ds: Dataset, answer: Result) -> None:
    part = stress(ds, "cn-stop-3", draws=0, drivers=False, time_limit=1e-6)
    assert part.run_id != answer.run_id


def test_a_limit_that_stops_nothing_changes_nothing(ds: Dataset, answer: Result) -> None:
    generous = stress(ds, "cn-stop-3", draws=0, drivers=False, time_limit=3600.0)
    assert result_bytes(generous) == result_bytes(answer)


def test_a_draw_that_is_stopped_leaves_no_band(ds: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """The central case has its numbers; bands without the stopped draw would be those of the easy draws."""
    from didymium.model.foresight import Runner

    run = Runner.run

    def hurried(self: Runner, inputs: Any, foresight: str, *, base: Any = None, time_limit: float | None = None) -> Any:
        central = inputs.use_cover_days.max() == pytest.approx(55.0)
        return run(self, inputs, foresight, base=base, time_limit=None if central else 1e-6)

    monkeypatch.setattr(Runner, "run", hurried)
    result = stress(ds, "cn-stop-3", draws=2, drivers=False, foresight=("myopic",), time_limit=1.0)
    assert result.status == "partial"
    assert {r["status"] for r in result.rows} == {"optimal"}
    assert all(r["unserved_t"] is not None and r["unserved_t_p10"] is None for r in result.rows)
    assert any("2 of 2 runs of draws" in w for w in result.warnings)
    assert not [row["fault"] for row in proofs.checked(ds, result, result.arrays) if row["fault"]]


# --- contradictions ----------------------------------------------------------------------------------------------


def contrary(folder: Path, ds: Dataset, assumption: str, value: str) -> Path:
    """A layer that sets one assumption."""
    (row,) = [r for r in ds.rows("assumptions") if r["assumption_id"] == assumption]
    names = [n for n in row if n not in ("row_id", "layer")]
    own = {**row, "value": value, "low": value, "high": value}
    folder.mkdir()
    with (folder / "assumptions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerow([";".join(own[n]) if isinstance(own[n], list | tuple) else own[n] for n in names])
    return folder


@pytest.mark.parametrize(
    ("assumption", "value", "said"),
    [
        ("jpn_public_cover_days", "-30", r"public stock of ndpr_metal in JPN: [\d.]+ t more than is there"),
        (
            "user_cover_days",
            "-30",
            r"normal users' stock of ndfeb_magnet_\w+ in [A-Z_]+ for \w+ in 2026-12 is -[\d.]+ t",
        ),
    ],
)
def test_inputs_without_an_answer_are_explained_by_product_region_and_month(
    assumption: str, value: str, said: str, ds: Dataset, didymium: Didymium, tmp_path: Path, own_store: Path
) -> None:
    layer = contrary(tmp_path / "mine", ds, assumption, value)
    ask = (*ASK, "--foresight", "coordinated", "--layer", layer)
    found = didymium(*ask)
    assert (found.code, found.out) == (1, "")
    assert re.search(said, found.err.splitlines()[0])
    assert not re.search(r"\b(row|column) \d", found.err)
    told = didymium(*ask, "--json")
    assert told.code == 1
    error = json.loads(told.err)
    assert (error["error"], error["exit_code"]) == ("Infeasible", 1)
    assert error["faults"] and re.search(said, error["faults"][0])
    assert list((own_store / "runs").iterdir()) == []
