"""GeoPolRisk: known answers, and the authors' own library on the same figures."""

from __future__ import annotations

import doctest
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from didymium.model import geopolrisk as g

tonnes = st.floats(min_value=0.0, max_value=1e9)


def test_the_examples_in_the_module_run() -> None:
    assert doctest.testmod(g).failed == 0


def test_known_answers() -> None:
    # one supplier with risk 0.6: nothing made at home, as much made as imported, all made at home
    assert g.score(1.0, g.import_risk(0.6 * 10, 10.0, 0.0)) == pytest.approx(0.6)
    assert g.score(1.0, g.import_risk(0.6 * 10, 10.0, 10.0)) == pytest.approx(0.3)
    assert g.score(1.0, g.import_risk(0.0, 0.0, 10.0)) == 0.0


def test_no_data_is_no_score() -> None:
    assert np.isnan(g.import_risk(0.0, 0.0, 0.0))
    assert np.isnan(g.score(0.5, math.nan))


def test_flows_inside_a_bloc_dilute_the_risk() -> None:
    outside, inside = 60.0, 40.0
    assert g.import_risk(0.5 * outside, outside + inside, 0.0) == pytest.approx(0.3)


@given(st.lists(st.tuples(tonnes, st.floats(0, 1)), min_size=1, max_size=6), tonnes, st.floats(1e-3, 1e3))
def test_the_score_does_not_depend_on_the_unit(flows: list[tuple[float, float]], own: float, unit: float) -> None:
    risky, whole = sum(f * r for f, r in flows), sum(f for f, _ in flows)
    if whole + own <= 1e-6:
        return
    one = float(g.import_risk(risky, whole, own))
    assert 0.0 <= one <= 1.0 + 1e-9
    assert float(g.import_risk(risky * unit, whole * unit, own * unit)) == pytest.approx(one, rel=1e-9, abs=1e-12)


def test_scores_of_the_authors_own_library() -> None:
    """One function of geopolrisk-py, which writes no file when it is given numbers."""
    source = pytest.importorskip("importlib.util").find_spec("geopolrisk")
    if source is None:
        pytest.skip("geopolrisk-py is not installed")
    import ast
    from pathlib import Path

    # importing the package makes folders in the user's home: its function is taken out of the file instead
    text = (Path(str(source.submodule_search_locations[0])) / "assessment" / "core.py").read_text("utf-8")
    tree = ast.parse(text)
    body = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "GeoPolRisk"]
    space: dict[str, object] = {}
    exec(compile(ast.Module(body, []), "core.py", "exec"), space)
    theirs = space["GeoPolRisk"]
    assert callable(theirs)
    for risky, whole, price, own, hhi in ((6.0, 10.0, 5.0, 0.0, 1.0), (40.0, 90.0, 12.5, 30.0, 0.4)):
        score, factor, risk = theirs(risky, whole, price, own, hhi)
        ours = g.import_risk(risky, whole, own)
        assert float(ours) == pytest.approx(risk, rel=1e-12)
        assert float(g.score(hhi, ours)) == pytest.approx(score, rel=1e-12)
        assert float(g.characterisation_factor(score, price, 0.409412948)) == pytest.approx(factor, rel=1e-12)
