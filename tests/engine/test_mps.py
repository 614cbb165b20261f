"""Programmes as MPS files: two other programs read them back and come to the same optimum."""

from __future__ import annotations

from pathlib import Path

import highspy
import numpy as np
import pytest
import swiglpk as glpk
from engine_networks import INF, network, programme, transport

from didymium.engine import LinearProgramme, solve
from didymium.engine.mps import LONGEST_NAME, write_mps
from didymium.errors import BadInput


def named(lp: LinearProgramme) -> tuple[list[str], list[str]]:
    return [f"row[{i},a:b]" for i in range(lp.rows)], [f"column[{j},2026-12]" for j in range(lp.columns)]


def written(lp: LinearProgramme, folder: Path) -> Path:
    path = folder / "programme.mps"
    write_mps(lp, path, *named(lp), name="toy")
    return path


def by_highs(path: Path) -> highspy.Highs:
    """HiGHS with its own options, on the file alone."""
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    assert highs.readModel(str(path)) == highspy.HighsStatus.kOk
    assert highs.run() == highspy.HighsStatus.kOk
    return highs


def by_glpk(path: Path) -> float:
    """GLPK: another reader and another solver."""
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


@pytest.mark.parametrize("seed", range(4))
def test_other_programs_come_to_the_same_optimum(seed: int, tmp_path: Path) -> None:
    lp = network(places=4, products=3, periods=4, seed=seed)
    best = solve(lp).objective
    path = written(lp, tmp_path)
    assert by_highs(path).getInfo().objective_function_value == pytest.approx(best, rel=1e-7)
    assert by_glpk(path) == pytest.approx(best, rel=1e-7)


def test_names_bounds_and_coefficients_read_back(tmp_path: Path) -> None:
    """Every kind of bound: free, one-sided, two-sided, fixed; ranges, equalities and a free row."""
    lp = programme(
        [1.0, -2.0, 0.0, 1 / 3, 5.0],
        [[1, 2, 0, 0, 0], [0, 1, 1, 0, 1e-6], [3, 0, 0, 1, 0], [0, 0, 1, 1, 1], [1, 0, 0, 0, 7]],
        [-INF, 1.0, 4.0, -2.0, -INF],
        [8.0, INF, 4.0, 9.0, INF],
        col_lower=[0.0, -INF, -3.0, 2.0, -INF],
        col_upper=[INF, 7.0, 4.0, 2.0, INF],
    )
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("small_matrix_value", 1e-12)
    assert highs.readModel(str(written(lp, tmp_path))) == highspy.HighsStatus.kOk
    back = highs.getLp()
    rows, columns = named(lp)
    at = [list(back.row_names_).index(row) for row in rows if row in back.row_names_]
    assert list(back.col_names_) == columns
    assert np.array_equal(back.col_lower_, lp.col_lower) and np.array_equal(back.col_upper_, lp.col_upper)
    assert list(back.col_cost_) == pytest.approx(list(lp.cost), rel=1e-14)
    assert np.array_equal(np.array(back.row_lower_)[at], lp.row_lower[: len(at)])
    assert np.array_equal(np.array(back.row_upper_)[at], lp.row_upper[: len(at)])


@pytest.mark.parametrize(
    ("name", "said"),
    [("two words", "has spaces"), ("", "is empty"), ("x" * (LONGEST_NAME + 1), "longer than"), ("row[0,a:b]", "twice")],
)
def test_names_that_a_reader_would_break_on_are_refused(name: str, said: str, tmp_path: Path) -> None:
    lp = transport()
    rows, columns = named(lp)
    rows[1] = name
    with pytest.raises(BadInput, match=said):
        write_mps(lp, tmp_path / "x.mps", rows, columns, name="toy")


def test_as_many_names_as_rows_are_asked(tmp_path: Path) -> None:
    lp = transport()
    rows, columns = named(lp)
    with pytest.raises(BadInput, match=f"{lp.columns - 1} names for {lp.columns} columns"):
        write_mps(lp, tmp_path / "x.mps", rows, columns[1:], name="toy")
