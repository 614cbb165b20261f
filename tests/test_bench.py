"""Each benchmark runs, at its smallest size; what it measures is judged by nobody here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SCRIPTS = (
    "build",
    "scenario",
    "tail",
    "workers",
    "certificates",
    "settings",
    "indicators",
    "trade",
    "cashflow",
    "portfolio",
    "plan",
    "lab",
)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_benchmark_runs_and_prints_a_table(name: str) -> None:
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    said = subprocess.run(
        [sys.executable, "-m", f"bench.{name}", "--tiny"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    assert "| ---" in said.stdout


def test_every_benchmark_is_on_the_page() -> None:
    page = (ROOT / "docs" / "bench.md").read_text("utf-8")
    assert [name for name in SCRIPTS if f"python -m bench.{name}" not in page] == []
    peers = {"events", "shipped", "timing", "peer_geopolrisk", "peer_linopy", "peer_pypsa"}
    assert {path.stem for path in (ROOT / "bench").glob("*.py")} == {*SCRIPTS, *peers}
