"""Build the wheel twice from two copies of the checkout, and compare the bytes; count the direct dependencies.

    python -m tests.trust.supply --record           what is committed: HEAD
    python -m tests.trust.supply --broken clock     the second build has another date: must differ

The copies lie in folders of different names, with other file times, umask, time zone and hash seed. The date inside the
wheel is that of `SOURCE_DATE_EPOCH`, the time of the commit.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

from tests.trust.record import record

ROOT = Path(__file__).parents[2]
MOST_DEPENDENCIES = 15


def direct() -> list[str]:
    """What the program needs to run, by name and range."""
    return list(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"])


def built(folder: Path, *, epoch: int, second: bool) -> Path:
    """The wheel of HEAD, built in a copy under `folder`."""
    body = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True).stdout
    copy = folder / ("a second copy" if second else "copy")
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        archive.extractall(copy, filter="data")
    if second:
        for file in copy.rglob("*"):
            os.utime(file, (1_000_000_000, 1_000_000_000))
    surroundings = {
        **os.environ,
        "SOURCE_DATE_EPOCH": str(epoch),
        "PYTHONHASHSEED": "7" if second else "1",
        "TZ": "Asia/Tokyo" if second else "UTC",
        "LC_ALL": "C.UTF-8" if second else "C",
    }
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(copy / "out")],
        cwd=copy,
        check=True,
        env=surroundings,
        capture_output=True,
        umask=0o077 if second else 0o022,
    )
    (wheel,) = (copy / "out").glob("*.whl")
    return wheel


def twice(*, broken: bool = False) -> tuple[str, str]:
    """SHA-256 of the wheel, built twice."""
    said = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    epoch = int(said)
    with tempfile.TemporaryDirectory() as room:
        one = built(Path(room), epoch=epoch, second=False)
        other = built(Path(room), epoch=epoch + (86_400 if broken else 0), second=True)
        return hashlib.sha256(one.read_bytes()).hexdigest(), hashlib.sha256(other.read_bytes()).hexdigest()


def main() -> int:
    """Build, count, say what was found, and record it if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="keep the figures for the page of trust")
    parser.add_argument("--broken", choices=["clock"], help="give the second build another date")
    asked = parser.parse_args()
    one, other = twice(broken=asked.broken is not None)
    dependencies = direct()
    same = one == other
    figure = f"bit-identical: two builds of one commit have SHA-256 {one[:16]}…" if same else "the two builds differ"
    print(figure)
    print(f"{len(dependencies)} direct dependencies")
    if asked.record and not asked.broken:
        command = "python -m tests.trust.supply --record"
        record(23, "wheel built twice", figure, command, file="store")
        record(23, "direct runtime dependencies", str(len(dependencies)), command, file="store")
    return 0 if same and len(dependencies) <= MOST_DEPENDENCIES else 1


if __name__ == "__main__":
    sys.exit(main())
