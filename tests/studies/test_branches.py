"""Branches of a suspension side by side."""

from __future__ import annotations

import pytest

import didymium.data
from didymium.errors import BadScenario
from didymium.studies.branches import branches


def test_a_scenario_without_branches_is_refused() -> None:
    with pytest.raises(BadScenario, match="no branches"):
        branches(didymium.data.open(), branched="cn-stop-6")


@pytest.mark.slow
def test_the_lapse_of_the_us_ban_is_felt_in_antimony_and_not_if_it_is_renewed() -> None:
    found = branches(didymium.data.open(), branched="cn-us-ban-suspension")
    total = {(row["branch"], row["product"]): row for row in found.rows if row["is_total"] and row["party"] == "USA"}
    assert total["renewed/again", "antimony:refined"]["extra_unserved_t"] == 0
    settled, lasting = (
        float(str(total[f"lapsed/{end}", "antimony:refined"]["extra_unserved_t"])) for end in ("settled", "lasting")
    )
    assert 0 < settled < lasting
    parties = {(row["branch"], row["party"]): row for row in found.tables["parties"]}
    assert parties["lapsed/lasting", "USA"]["unserved_t"] is None, "tonnes of different metals are not added"
    assert [row["suspended_until_date"] for row in found.tables["measures"]] == ["2026-11-27"]
