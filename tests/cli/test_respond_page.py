"""`didymium respond` as a duty officer uses it: the situation over the options, and all of it in one workbook."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.cli.conftest import Didymium

BAN = """
id = "a-short-ban"
title = "No antimony from China for five months"
title_ja = "中国産アンチモンの5か月停止"
summary = "For a test."
based_on = ["cn-us-ban-2024"]
likelihood = "none: a test"
families = ["minor_metals"]
start = "2026-12"
months = 5
base_year = 2024

[[cuts]]
exporter = "CHN"
importers = ["USA"]
products = ["antimony"]
start = "2026-12"
approval_share = 0.0
"""


@pytest.fixture
def event(tmp_path: Path) -> Path:
    file = tmp_path / "ban.toml"
    file.write_text(BAN, encoding="utf-8")
    return file


def test_one_screen_has_the_measure_the_goods_the_first_shortage_and_the_options(
    didymium: Didymium, event: Path
) -> None:
    out = didymium("respond", "--event", str(event), "--parties", "USA", "--as-of", "2026-11-27").out
    order = ["cn-us-ban-2024", "Suspended", "811010", "Flame retardants", "All options together", "Rationing by sector"]
    places = [out.index(word) for word in order]
    assert places == sorted(places)


def test_a_workbook_is_the_whole_pack(didymium: Didymium, event: Path, tmp_path: Path) -> None:
    book = tmp_path / "pack.xlsx"
    asked = ("respond", "--event", str(event), "--parties", "USA", "--as-of", "2026-11-27")
    assert didymium(*asked, "--xlsx", "--output", str(book)).code == 0
    sheets = load_workbook(book, read_only=True).sheetnames
    assert {"rows", "hit", "measures", "situation", "combination", "by_party", "rationing"} <= set(sheets)


def test_a_party_outside_the_chain_is_refused_in_one_line(didymium: Didymium, event: Path) -> None:
    told = didymium("respond", "--event", str(event), "--parties", "XXX")
    assert told.code == 2
    assert "XXX" in told.err
