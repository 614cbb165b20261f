"""The harness of kills finds nothing in the store, and finds each variant that is broken on purpose."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.trust import shim
from tests.trust.kills import unsynced

ROOT = Path(__file__).parents[2]
KILLS = [sys.executable, "-m", "tests.trust.kills"]

pytestmark = pytest.mark.skipif(bool(shim.why_not()), reason=shim.why_not() or "can be used")


def kills(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*KILLS, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.slow
def test_a_kill_at_any_call_loses_nothing_and_leaves_nothing_half_there() -> None:
    said = kills("--moments", "12")
    assert said.returncode == 0, said.stdout + said.stderr
    found = re.search(r"(\d+) kills at calls, 0 faults; (\d+) at moments, 0 faults", said.stdout)
    assert found and int(found[1]) > 100 and int(found[2]) >= 12


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variant", "only", "fault"),
    [
        ("run in place", "runs", "is incomplete"),
        ("run set aside first", "runs", "is lost"),
        ("run not synced", "runs", "is not synced"),
        ("chunk in place", "chunks", "half there"),
        ("job in place", "jobs", "half there"),
        ("job not synced", "jobs", "before it is synced"),
        ("journal without a batch", "journal", "of three lines written at once some are there"),
    ],
)
def test_a_store_that_is_broken_on_purpose_is_found(variant: str, only: str, fault: str) -> None:
    said = kills("--moments", "0", "--only", only, "--broken", variant)
    assert said.returncode == 1 and fault in said.stdout, said.stdout + said.stderr


def test_a_file_renamed_before_it_is_synced_is_found() -> None:
    calls = [("open", "/a/.p/x", ""), ("write", "/a/.p/x", ""), ("rename", "/a/.p", "/a/r")]
    assert unsynced(calls)[0] == "/a/.p/x is renamed before it is synced"
    assert unsynced([*calls[:2], ("fsync", "/a/.p/x", ""), calls[2], ("fsync", "/a", "")]) == []


_COUNTED = "write,writev,pwrite64,open,openat,rename,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,ftruncate,fsync"
_OTHERS = "pwritev,pwritev2,creat,renameat,linkat,symlinkat,fallocate,copy_file_range,sendfile,fdatasync,truncate"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_library_sees_every_call_that_the_kernel_sees(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from tests.trust import saving\n"
        "folder = Path(sys.argv[1]); saving.before(folder, lambda promise: None); os.write(1, b'BEGIN')\n"
        "for name in saving.SCRIPTS: saving.SCRIPTS[name](folder, lambda promise: None)\n"
        "os.write(1, b'END')"
    )
    log = tmp_path / "log"
    trace = ["strace", "-f", "-o", str(log), "-e", f"trace={_COUNTED},{_OTHERS}"]
    subprocess.run([*trace, sys.executable, "-c", script, str(tmp_path / "f")], cwd=ROOT, check=True, timeout=120)
    inner = log.read_text("utf-8").partition('"BEGIN"')[2].partition('"END"')[0]
    kernel = Counter(
        found[1].replace("openat", "open")
        for line in inner.splitlines()[1:-1]
        if (found := re.match(r"\d+ +(\w+)\(", line)) and not (found[1] == "openat" and "O_CREAT" not in line)
    )
    said = subprocess.run([*KILLS, "--count"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    ours = Counter({name: int(n) for name, n in (pair.split("=") for pair in said.stdout.split())})
    assert kernel == ours
