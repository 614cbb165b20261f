"""The case of the guide that takes longer than an example may."""

from __future__ import annotations

from pathlib import Path

import pytest

import didymium.data
from didymium.studies.stress import stress

PAGE = Path(__file__).parents[2] / "docs" / "reproduce.md"


@pytest.mark.slow
def test_the_case_of_three_months_reads_as_the_guide_says() -> None:
    rows = stress(didymium.data.open(), "cn-stop-3", draws=8, drivers=False).rows
    row = next(r for r in rows if (r["party"], r["product"], r["sector"]) == ("USA", "ndfeb_magnet", "total"))
    assert (row["foresight"], row["first_shortage_date"]) == ("coordinated", "2027-02-02")
    assert f"lack {row['unserved_t']:.0f} t of finished magnets, first on 2 February 2027" in PAGE.read_text("utf-8")
