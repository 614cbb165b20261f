"""What the page of the plan says by hand is made again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csc_array

from didymium import data
from didymium.engine.portfolio import portfolio
from didymium.studies.plan_ground import ground
from didymium.studies.plan_problem import GAP, Problem

PAGE = Path(__file__).parents[2] / "docs" / "method" / "plan.md"


@pytest.mark.slow
def test_one_purse_is_worth_what_the_page_says() -> None:
    money = {"USA": 2000.0, "JPN": 1000.0}
    on = ground(data.open(), tuple(money), 2030, seed=0)
    problem = Problem.of(on, tuple(money), risk=(0.5, 0.95), scenarios=32, seed=0)
    apart = problem.solve(money)
    rows = problem.first(money)
    parties = len(money)

    def one(bound: np.ndarray, together: float) -> np.ndarray:
        return np.concatenate([[together], bound[parties:]])

    matrix = rows.matrix.toarray()
    purse = replace(
        rows,
        matrix=csc_array(np.vstack([matrix[:parties].sum(axis=0), matrix[parties:]])),
        row_lower=one(rows.row_lower, -np.inf),
        row_upper=one(rows.row_upper, sum(money.values())),
    )
    joint = portfolio(
        purse,
        problem.lp,
        problem.cases,
        risk=problem.risk,
        alpha=problem.alpha,
        method="benders",
        gap=GAP,
        cuts=apart.cuts,
        solved=problem.solved,
    )
    assert not (joint.x[: len(on.offered)] > 0.5).any() and not (apart.x[: len(on.offered)] > 0.5).any()
    most = apart.objective - joint.bound
    spent = float(on.charge @ (joint.x * [payer == "JPN" for payer in on.payer]))
    told = (
        f"the plan would be worth {joint.value - apart.value:.0f} million USD a year more, and no plan more than "
        f"{most:.0f} ({most / apart.value:.1%}); {spent - money['JPN']:.0f} million of American money would go to what "
        "stands in Japan."
    )
    assert told.replace("%", " %") in PAGE.read_text("utf-8")
