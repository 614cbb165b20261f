"""Damaged files: read soundly, or refused in a line. No crash, no hang, no figure that is not one."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from publisher_files import BGS, MCS_2025, MCS_2026, WGI, WMD

from didymium.errors import DidymiumError
from didymium.sources.register import import_file

SEEDS = {
    "usgs-mcs-2026": MCS_2026.encode("cp1252"),
    "usgs-mcs-2025": MCS_2025.encode("utf-8-sig"),
    "bgs-wms": BGS.encode(),
    "wmd-2026": WMD.encode(),
    "wgi-2025": WGI.encode(),
}
TRAPS = (
    "=cmd|' /C calc'!A0",
    "1e308",
    "1e999",
    "NaN",
    "inf",
    "-inf",
    "0x1F",
    "1,2,3",
    '"',
    "\r",
    "\x00",
    "\ufeff",
    "\u202e",
    "１２３",
    "WW",
    "--",
    "—",
    "<",
    "< 5",
    ">>5",
    "5–2",
    "2E5",
    "080510",
    "NA",
    "Namibia ",
    "Côte d'Ivoire",
    "中国",
    "日本",
    "%s%n",
    "../../etc/passwd",
    "x" * 30_000,
)


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The file with a few cells, bytes or lines changed."""
    changed = data
    for _ in range(chance.randint(1, 4)):
        kind = chance.randrange(6)
        if kind == 0 and changed:
            place = chance.randrange(len(changed))
            changed = changed[:place] + bytes([chance.randrange(256)]) + changed[place + 1 :]
        elif kind == 1 and changed:
            start = chance.randrange(len(changed))
            changed = changed[:start] + changed[start + chance.randrange(40) :]
        elif kind == 2:
            lines = changed.split(b"\n")
            lines.insert(chance.randrange(len(lines)), chance.choice(lines))
            changed = b"\n".join(lines)
        elif kind == 3:
            lines = changed.split(b"\n")
            chance.shuffle(lines)
            changed = b"\n".join(lines)
        else:
            lines = changed.split(b"\n")
            at = chance.randrange(len(lines))
            cells = lines[at].split(b",")
            cells[chance.randrange(len(cells))] = chance.choice(TRAPS).encode("utf-8")
            lines[at] = b",".join(cells)
            changed = b"\n".join(lines)
    return changed


def sound(importer: str, data: bytes, folder: Path, vocabulary: Any) -> str:
    """`taken` or `refused`; anything else is a failed test."""
    path = folder / ("BGS_x_production.csv" if importer == "bgs-wms" else "file.csv")
    path.write_bytes(data)
    try:
        found = import_file(importer, path, vocabulary)
    except DidymiumError as refused:
        line = refused.line()
        assert line and "\n" not in line and len(line) < 2000, line
        assert refused.exit_code == 2
        return "refused"
    assert found.figures_in == len(found.rows["published"]) + sum(found.left_out.values())
    for row in found.rows["published"]:
        for name in ("quantity", "quantity_low", "quantity_high"):
            assert row[name] is None or (math.isfinite(row[name]) and abs(row[name]) <= 1e18)
        if row["value_status"] in ("withheld", "none_reported"):
            assert row["quantity"] is None
        assert not str(row["notes"] or "").startswith(("=", "+", "-", "@"))
    return "taken"


@pytest.mark.parametrize("importer", SEEDS)
def test_hundred_damaged_files_of_each_kind(importer: str, tmp_path: Path, vocabulary: Any) -> None:
    said = {sound(importer, mutated(SEEDS[importer], random.Random(i)), tmp_path, vocabulary) for i in range(100)}
    assert said == {"taken", "refused"}


@pytest.mark.slow
@pytest.mark.parametrize("importer", SEEDS)
def test_thousands_of_damaged_files(importer: str, tmp_path: Path, vocabulary: Any) -> None:
    for i in range(2000):
        sound(importer, mutated(SEEDS[importer], random.Random(10_000 + i)), tmp_path, vocabulary)


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400), importer=st.sampled_from(sorted(SEEDS)))
def test_any_bytes(data: bytes, importer: str, tmp_path: Path, vocabulary: Any) -> None:
    sound(importer, data, tmp_path, vocabulary)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_the_real_workbook_damaged(seed: int, raw: Path, tmp_path: Path, vocabulary: Any) -> None:
    data = bytearray((raw / "usgs_myb2022" / "myb1-2022-rare-earths-advance-tables.xlsx").read_bytes())
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 200)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    path = tmp_path / "myb.xlsx"
    path.write_bytes(bytes(data))
    try:
        found = import_file("usgs-myb-2022", path, vocabulary)
    except DidymiumError as refused:
        assert refused.line().startswith("myb.xlsx") or "usgs-myb-2022" in refused.line()
    else:
        assert found.figures_in == 1043
