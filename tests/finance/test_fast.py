"""The compiled pass against the settlement it stands for. Skipped where numba is not installed."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import didymium.data
from didymium.finance.fast import Floor, is_available
from didymium.scenario.apply import assumptions
from didymium.studies.packages import Hurdles
from didymium.studies.register import register
from didymium.studies.ventures import draw
from didymium.studies.wide import Wide, wide

PATHS = 1500  # not a whole number of blocks
pytestmark = pytest.mark.skipif(not is_available(), reason="numba is not installed: the extra fast has it")


@cache
def both() -> tuple[dict[str, Wide], dict[str, Wide]]:
    """All projects with a floor at 120 % of the long-run price, by the compiled pass and by `settle`."""
    ds = didymium.data.open()
    assume = assumptions(ds)
    found = register(ds, assume)
    ranges = {
        r["assumption_id"]: (float(r["low"]), float(r["value"]), float(r["high"])) for r in ds.rows("assumptions")
    }
    drawn = draw(found, ranges, paths=PATHS, seed=3)
    sheets = [s for s in found.sheets.values() if not s.missing]
    floors = {s.project_id: Floor(0, 1.2 * s.lines[0].level(found.prices), 10, 0.3) for s in sheets}
    hurdles = Hurdles(1.3, 0.1, 0.02, 0.4)
    quick, plain = (wide(sheets, drawn, assume, hurdles, as_of=2026, floors=floors, quick=way) for way in (True, False))
    return quick, plain


@pytest.mark.slow  # compiles for some seconds
def test_values_agree_to_single_precision() -> None:
    """Single precision keeps 7 digits; sums over 34 years and differences of large flows cost two or three."""
    quick, plain = both()
    assert quick.keys() == plain.keys() and len(quick) > 40
    for id, one in plain.items():
        apart = np.abs(quick[id].npv - one.npv) / one.npv.std()
        # an opening that falls on the turn of a year by less than single precision may move by a year
        assert np.mean(apart > 1e-4) <= 2 / PATHS, id
        assert np.abs(quick[id].floor_cost - one.floor_cost).max() <= 1e-4 * one.floor_cost.std() + 1e-5, id


@pytest.mark.slow
def test_who_is_content_is_the_same_but_on_the_edge() -> None:
    quick, plain = both()
    for id, one in plain.items():
        assert np.mean(quick[id].lender != one.lender) <= 2 / PATHS, id
        assert np.mean(quick[id].sponsor != one.sponsor) <= 2 / PATHS, id


@pytest.mark.slow
def test_rates_of_return_agree_or_are_told_by_neither() -> None:
    quick, plain = both()
    for id, one in plain.items():
        told = ~np.isnan(one.irr)
        assert np.mean(np.isnan(quick[id].irr) == told) <= 5 / PATHS, id
        apart = np.abs(quick[id].irr - one.irr)[told & ~np.isnan(quick[id].irr)]
        assert np.mean(apart > 1e-4) <= 5 / PATHS and np.median(apart) < 1e-6, id
