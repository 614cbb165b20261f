"""Each how-to runs as a user runs it, and says something."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import didymium

HOWTOS = sorted((Path(__file__).parent.parent / "howtos").glob("*.py"))
SLOW = {"00_first_brief.py", "03_stress_and_plot.py", "07_confidential_layer.py"}  # they take more than a few seconds


@pytest.mark.parametrize(
    "script", [pytest.param(p, id=p.name, marks=pytest.mark.slow if p.name in SLOW else ()) for p in HOWTOS]
)
def test_a_how_to_runs(script: Path, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(didymium.__file__).parent.parent)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.stdout.strip()
