"""The harnesses of a full disk and of many writers find nothing in the store, and find what is broken on purpose."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.trust import shim

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(shim.why_not()), reason=shim.why_not() or "can be used"),
]


def harness(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"tests.trust.{name}", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)


def test_a_full_disk_or_a_file_limit_loses_nothing_and_is_said() -> None:
    said = harness("full", "--step", "3", "--limits", "6")
    assert said.returncode == 0, said.stdout + said.stderr
    found = re.search(r"full at (\d+) points, 0 faults; file-size limit at (\d+) points, 0 faults", said.stdout)
    assert found and int(found[1]) >= 30 and int(found[2]) >= 20


@pytest.mark.parametrize(
    ("variant", "only", "fault"),
    [
        ("run in place", "runs", "is incomplete"),
        ("run without a word", "runs", "which names no cause"),
        ("chunk in place", "chunks", "is lost"),
    ],
)
def test_a_store_that_is_broken_on_purpose_is_found(variant: str, only: str, fault: str) -> None:
    said = harness("full", "--step", "5", "--limits", "3", "--only", only, "--broken", variant)
    assert said.returncode == 1 and fault in said.stdout, said.stdout + said.stderr


def test_writers_at_once_lose_nothing() -> None:
    said = harness("writers", "--writers", "4", "--commits", "4", "--kills", "4")
    assert said.returncode == 0 and "all there once; with 4 kills: all there once" in said.stdout, said.stdout


def test_writers_without_a_lock_are_found() -> None:
    said = harness("writers", "--writers", "4", "--commits", "12", "--kills", "0", "--broken", "journal without a lock")
    assert said.returncode == 1 and "the journal does not open" in said.stdout, said.stdout
