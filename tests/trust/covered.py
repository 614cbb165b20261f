"""How much of the core the fast tests of its own rooms go through, branches counted.

    python -m tests.trust.covered [--record]

The core is what computes and what keeps: engine, finance, model, results. Needs coverage.py. Code that numba compiles
is run as it is written, or it would not be seen; what runs in other processes only is not.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.trust.record import record

ROOMS = ("engine", "finance", "model", "results", "worked")
# what the core does for one question only is tested with that question
QUESTIONS = ("plan", "measures", "explained")
TESTS = (
    *(f"tests/{room}" for room in ROOMS),
    *(f"tests/studies/test_{question}.py" for question in QUESTIONS),
    "tests/data/test_redaction.py",
    "tests/trust/test_known.py",
    "tests/cli/test_runs.py",
)


def main() -> int:
    """Run the tests room by room under coverage, and say what share of statements and branches they reach."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--record", action="store_true", help="write the figure to the page of trust")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "COVERAGE_FILE": str(Path(folder) / "coverage"), "NUMBA_DISABLE_JIT": "1"}

        def say(*words: str) -> int:
            return subprocess.run([sys.executable, "-m", *words], env=environment, check=False).returncode

        # room by room: files of one name in two rooms cannot be collected together
        failed = [tests for tests in TESTS if say("coverage", "run", "-m", "pytest", "-q", "-n", "0", tests)]
        if failed:
            print(f"tests fail: {', '.join(failed)}")
            return 1
        say("coverage", "combine", "-q")
        told = Path(folder) / "coverage.json"
        say("coverage", "json", "-q", "-o", str(told))
        say("coverage", "report", "--skip-covered")
        total = json.loads(told.read_text("utf-8"))["totals"]
    branches = total["covered_branches"] / total["num_branches"]
    figure = f"{total['percent_covered']:.1f} % of statements and branches; of branches alone {branches:.1%}"
    print(figure)
    if given.record:
        command = "python -m tests.trust.covered --record"
        record(21, "branch coverage of the core, fast tests of its rooms", figure, command, file="answers")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
