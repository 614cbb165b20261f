"""How much of the core, and of all, the fast tests go through, branches counted.

    python -m tests.trust.covered [--all] [--record]

The core is what computes and what keeps: engine, finance, model, results; it is measured by the tests of its own rooms,
with code that numba compiles run as it is written, or it would not be seen. `--all` goes on with every other room, and
measures the whole package. Needs coverage.py. What runs in other processes only is not seen.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.trust.orders import every_room
from tests.trust.record import record

SEED = 21
CORE = ("engine", "finance", "model", "results")
ROOMS = (*CORE, "worked")
# what the core does for one question only is tested with that question
QUESTIONS = ("plan", "measures", "explained")
TESTS = (
    *(f"tests/{room}" for room in ROOMS),
    *(f"tests/studies/test_{question}.py" for question in QUESTIONS),
    "tests/data/test_redaction.py",
    "tests/trust/test_known.py",
    "tests/cli/test_runs.py",
)


def figure(total: dict[str, float]) -> str:
    """What coverage.py counts, in one line.

    >>> figure({"percent_covered": 91.26, "covered_branches": 3, "num_branches": 4})
    '91.3 % of statements and branches; of branches alone 75.0%'
    """
    branches = total["covered_branches"] / total["num_branches"]
    return f"{total['percent_covered']:.1f} % of statements and branches; of branches alone {branches:.1%}"


def main() -> int:
    """Run the tests room by room under coverage, and say what share of statements and branches they reach."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--all", action="store_true", help="every room, and the whole package")
    asked.add_argument("--record", action="store_true", help="write the figures to the page of trust")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        surroundings = {**os.environ, "COVERAGE_FILE": str(Path(folder) / "coverage")}

        def say(*words: str, **more: str) -> int:
            return subprocess.run([sys.executable, "-m", *words], env={**surroundings, **more}, check=False).returncode

        def ran(tests: Sequence[str], **more: str) -> list[str]:
            """Those that fail, of these places of tests, each run by itself."""
            words = ("coverage", "run", "--source", "didymium", "-m", "pytest", "-q", "-n", "0")
            words += ("-p", "no:cacheprovider", f"--randomly-seed={SEED}")
            failed = [one for one in tests if say(*words, one, **more)]
            say("coverage", "combine", "-q", "--append")
            return failed

        def counted(*words: str) -> dict[str, float]:
            told = Path(folder) / "told.json"
            say("coverage", "json", "-q", "-o", str(told), *words)
            say("coverage", "report", "--skip-covered", *words)
            return dict(json.loads(told.read_text("utf-8"))["totals"])

        failed = ran(TESTS, NUMBA_DISABLE_JIT="1")
        core = figure(counted("--include", ",".join(f"*/didymium/{room}/*" for room in CORE)))
        print(f"core: {core}")
        if given.record and not failed:
            command = "python -m tests.trust.covered --record"
            record(21, "branch coverage of the core, fast tests of its rooms", core, command, file="answers")
        if given.all and not failed:
            failed = ran([f"tests/{room}" for room in every_room() if room not in ROOMS])
            whole = figure(counted())
            whole += f"; some tests of {', '.join(failed)} do not bear being watched" if failed else ""
            print(f"all: {whole}")
            if given.record:
                command = "python -m tests.trust.covered --all --record"
                record(21, "branch coverage of all, fast tests", whole, command, file="answers")
    if failed:
        print(f"tests fail: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
