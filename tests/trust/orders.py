"""Run the tests in another order for each seed: none may lean on another.

python -m tests.trust.orders --record                       20 seeds, all fast tests
python -m tests.trust.orders --seeds 2 --rooms data engine  some rooms
python -m tests.trust.orders --broken                       two tests that lean on each other: must be found
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.trust.record import record

ROOT = Path(__file__).parents[2]
SEEDS = 20
_LEANING = """
known = []
def test_that_tells():
    known.append(1)
def test_that_has_to_be_told():
    assert known
"""


def run(places: list[str], seed: int) -> tuple[int, str]:
    """Tests that were run with a seed, and those that failed, in one line."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        *places,
        "-p",
        "randomly",
        f"--randomly-seed={seed}",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run([*command, "-v"], cwd=ROOT, capture_output=True, text=True, check=False)
    passed = sum(int(n) for n in re.findall(r"(\d+) passed", done.stdout))
    failed = sorted(set(re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)))
    return passed, "; ".join(failed) or ("" if done.returncode == 0 else f"exit code {done.returncode}")


def main() -> int:
    """Run, say what was found, and record it if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="keep the figure for the page of trust")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--rooms", nargs="*", default=[], help="folders of tests; all of them if none is named")
    parser.add_argument("--broken", action="store_true", help="run two tests that lean on each other")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        leaning = Path(folder) / "test_leaning.py"
        leaning.write_text(_LEANING, encoding="utf-8")
        places = [str(leaning), "-n", "0"] if asked.broken else [f"tests/{room}" for room in asked.rooms]
        failing, total = 0, 0
        for seed in range(1, asked.seeds + 1):
            passed, failed = run(places, seed)
            total, failing = total + passed, failing + bool(failed)
            print(f"seed {seed}: {passed} passed{'; ' + failed if failed else ''}", flush=True)
    rooms = ", ".join(asked.rooms) or "all"
    figure = f"{asked.seeds} seeds, rooms: {rooms}; {total:,} test runs, {failing} seeds with a failure"
    print(figure)
    if asked.record and not asked.broken:
        command = f"python -m tests.trust.orders --seeds {asked.seeds} --record"
        command += f" --rooms {' '.join(asked.rooms)}" if asked.rooms else ""
        record(22, "tests in random order", figure, command, file="store")
    return 1 if failing else 0


if __name__ == "__main__":
    sys.exit(main())
