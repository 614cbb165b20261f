"""Sensitivity: the Ishigami function, whose indices are known, and inputs that do nothing."""

from __future__ import annotations

import numpy as np
import pytest

from didymium.model.draws import points
from didymium.model.sensitivity import design, from_draws, sobol, totals

NAMES = ("x1", "x2", "x3")


def ishigami(u: np.ndarray) -> np.ndarray:
    """a = 7, b = 0.1, on points of the unit cube."""
    x = (2 * u - 1) * np.pi
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_the_ishigami_indices_are_found_on_a_design_of_their_own() -> None:
    """S = (.3139, .4424, 0), T = (.5576, .4424, .2437), to a thousandth at 2^13."""
    found = {one.name: one for one in sobol(ishigami, NAMES, size=2**13)}
    assert [found[n].first for n in NAMES] == pytest.approx([0.3139, 0.4424, 0.0], abs=1e-3)
    assert [found[n].total for n in NAMES] == pytest.approx([0.5576, 0.4424, 0.2437], abs=1e-3)


def test_the_ishigami_indices_are_found_in_draws_made_for_something_else() -> None:
    """Given data: first order within its interval; x3 acts only together with x1, which PAWN sees and S1 does not."""
    u = points(5, 2**13, 0)
    found = from_draws(u, ishigami(u), ("x1", "x2", "x3", "idle", "idle too"), seed=0)
    by_name = {one.name: one for one in found.of}
    for name, true in zip(NAMES, (0.3139, 0.4424, 0.0), strict=True):
        assert by_name[name].first_low <= true <= by_name[name].first_high
        assert by_name[name].first == pytest.approx(true, abs=0.005)
    assert found.of[0].name == "x2"
    assert by_name["x3"].pawn > found.noise > 0
    assert by_name["idle"].pawn < 1.5 * found.noise and by_name["x1"].pawn > 5 * found.noise


def test_an_output_that_never_changes_has_no_index() -> None:
    u = points(2, 64, 0)
    assert not from_draws(u, np.zeros(64), ("a", "b"), seed=0).varies


def test_groups_share_an_index() -> None:
    names, groups = ("x1", "x2", "x3"), ("a", "b", "a")
    at = design(names, groups, 2**12, 0)
    assert at.shape == (2**12 * 4, 3)
    found = {one.name: one for one in totals(names, groups, ishigami(at), 0)}
    assert found["a"].total == pytest.approx(1 - 0.4424, abs=0.01)
    assert found["b"].total == pytest.approx(0.4424, abs=0.01)
