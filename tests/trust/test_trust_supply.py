"""The wheel is the same to the byte whoever builds it, and little is needed to run it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.trust.supply import MOST_DEPENDENCIES, direct, twice

ROOT = Path(__file__).parents[2]


def test_few_packages_are_needed_to_run() -> None:
    assert len(direct()) <= MOST_DEPENDENCIES


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="what is committed is built, and this is no checkout")
def test_two_builds_of_one_commit_are_the_same_and_another_date_is_found() -> None:
    one, other = twice()
    assert one == other
    one, other = twice(broken=True)
    assert one != other


@pytest.mark.slow
def test_the_bill_of_materials_names_every_direct_dependency(tmp_path: Path) -> None:
    from packaging.requirements import Requirement

    written = tmp_path / "sbom.json"
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible", "--pyproject"]
    command += [str(ROOT / "pyproject.toml"), "--output-file", str(written), sys.executable]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    found = json.loads(written.read_text("utf-8"))
    assert found["bomFormat"] == "CycloneDX" and found["metadata"]["component"]["name"] == "didymium"
    parts = {part["name"].lower().replace("_", "-"): part for part in found["components"]}
    wanted = [Requirement(text).name for text in direct()]
    assert [name for name in wanted if name not in parts] == []
    assert all(parts[name]["version"] and parts[name]["purl"] for name in wanted)
