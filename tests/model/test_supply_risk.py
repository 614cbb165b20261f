"""Supply risk and economic importance of the European Commission: known answers and edge cases."""

from __future__ import annotations

import doctest
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from didymium.errors import BadInput
from didymium.model import supply_risk as s

share = st.floats(min_value=0.0, max_value=1.0)
risk = st.floats(min_value=0.0, max_value=10.0)


def test_the_examples_in_the_module_run() -> None:
    assert doctest.testmod(s).failed == 0


def test_known_answers() -> None:
    assert s.supply_risk(2.0, 1.0, 0.8, 0.25, 0.9) == pytest.approx(0.945, rel=1e-12)
    assert s.supply_risk(2.0, 1.0, 0.0, 0.0, 1.0) == 1.0  # no import reliance: own sourcing alone
    assert s.supply_risk(2.0, 1.0, 1.0, 0.0, 1.0) == 1.5  # full import reliance: equal halves
    assert s.supply_risk(2.0, 1.0, 0.8, 1.0, 0.9) == 0.0  # all from old scrap


def test_one_term_alone_is_used_where_the_other_is_not_known() -> None:
    assert s.supply_risk(2.0, math.nan, 0.0, 0.5, 1.0) == 1.0
    assert s.supply_risk(math.nan, 1.0, 1.0, 0.5, 1.0) == 0.5
    assert np.isnan(s.supply_risk(math.nan, math.nan, 1.0, 0.5, 1.0))


def test_an_unknown_parameter_makes_the_risk_unknown_and_not_a_default() -> None:
    assert np.isnan(s.supply_risk(2.0, 1.0, 0.8, math.nan, 0.9))
    assert np.isnan(s.supply_risk(2.0, 1.0, 0.8, 0.25, math.nan))


@given(risk, risk, share, share, share)
def test_risk_lies_between_its_terms_and_falls_with_recycling(
    world: float, own: float, reliance: float, recycling: float, index: float
) -> None:
    got = float(s.supply_risk(world, own, reliance, 0.0, 1.0))
    assert min(world, own) - 1e-9 <= got <= max(world, own) + 1e-9
    assert float(s.supply_risk(world, own, reliance, recycling, index)) <= got + 1e-9


def test_trade_factors_scale_a_supplier_alone() -> None:
    plain = s.traded_concentration([50, 50], [0.5, 0.5])
    taxed = s.traded_concentration([50, 50], [0.5, 0.5], [1.1, 1.0])
    assert (plain, taxed) == pytest.approx((2.5, 2.5 + 0.1 * 1.25))


def test_import_reliance_is_cut_at_both_ends() -> None:
    assert s.import_reliance(50.0, 0.0, 0.0) == 1.0
    assert s.import_reliance(0.0, 50.0, 100.0) == 0.0
    assert s.import_reliance(0.0, 150.0, 100.0) == 0.0  # from stocks: exports exceed output
    assert np.isnan(s.import_reliance(0.0, 0.0, 0.0))


def test_importance_is_ten_for_the_largest_industry_alone() -> None:
    assert s.economic_importance([1.0], [250.0], 1.0, 250.0) == 10.0
    assert s.substitution_index([1.0], [1.0], [1.0], [1.0], [1.0]) == 1.0  # no substitute
    with pytest.raises(BadInput):
        s.economic_importance([0.7, 0.7], [1.0, 1.0], 1.0, 1.0)
    with pytest.raises(BadInput):
        s.economic_importance([1.0], [1.0, 1.0], 1.0, 1.0)
