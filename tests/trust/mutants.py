"""Small changes of one module at a time, each of which some test has to notice: the mutation score.

    python -m tests.trust.mutants MODULE TEST … [--mutants 40] [--record]

Cosmic Ray makes the mutants of a module, in a copy of the checkout; a random part of them (of a fixed seed) is tried,
each against the tests named. A mutant that lives is either a gap of the tests or no change at all: changes of type
hints and of texts cannot be told, and count against the score all the same.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.trust.record import record

ROOT = Path(__file__).parent.parent.parent
SEED = 21


def tried(module: str, tests: list[str], mutants: int, folder: Path) -> tuple[int, int, list[str]]:
    """Mutants noticed, mutants tried, and what those that live have changed."""
    copy = folder / "checkout"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", "build", "*.pyc"))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-n",
        "0",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        *tests,
    ]
    quoted = " ".join(f"'{word}'" for word in command)
    (copy / "mutants.toml").write_text(
        f'[cosmic-ray]\nmodule-path = "{module}"\ntimeout = 60.0\nexcluded-modules = []\n'
        f'test-command = "{quoted}"\n[cosmic-ray.distributor]\nname = "local"\n',
        "utf-8",
    )
    python = {"PYTHONPATH": f"{copy / 'src'}{os.pathsep}{copy}", "PYTHONDONTWRITEBYTECODE": "1"}
    environment = {**os.environ, **python}

    def ray(*words: str) -> None:
        tool = str(Path(sys.executable).with_name("cosmic-ray"))
        subprocess.run([tool, *words], cwd=copy, env=environment, check=True, capture_output=True)

    whole = subprocess.run(command, cwd=copy, env=environment, capture_output=True, check=False)
    if whole.returncode:
        raise SystemExit("the tests fail without any mutant")
    ray("init", "mutants.toml", "session.sqlite")
    with sqlite3.connect(copy / "session.sqlite") as session:
        every = sorted(row[0] for row in session.execute("select job_id from work_items"))
        chosen = set(random.Random(SEED).sample(every, min(mutants, len(every))))
        for job in every:
            if job not in chosen:
                session.execute("delete from mutation_specs where job_id = ?", (job,))
                session.execute("delete from work_items where job_id = ?", (job,))
    ray("exec", "mutants.toml", "session.sqlite")
    with sqlite3.connect(copy / "session.sqlite") as session:
        outcomes = list(
            session.execute(
                "select s.operator_name, s.start_pos_row, r.test_outcome, r.diff from mutation_specs s "
                "join work_results r on r.job_id = s.job_id"
            )
        )
    alive = []
    for operator, line, outcome, diff in outcomes:
        if "SURVIVED" in str(outcome).upper():
            alive.append(
                f"line {line}, {operator}: " + "; ".join(x for x in str(diff).splitlines() if x[:1] in "+-")[:160]
            )
    return len(outcomes) - len(alive), len(outcomes), alive


def main() -> int:
    """Try one module."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("module")
    asked.add_argument("tests", nargs="+")
    asked.add_argument("--mutants", type=int, default=40)
    asked.add_argument("--record", action="store_true", help="write the figure to the page of trust")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        noticed, count, alive = tried(given.module, given.tests, given.mutants, Path(folder))
    for one in alive:
        print(f"lives: {one}")
    print(f"{noticed} of {count} mutants of {given.module} are noticed ({noticed / count:.0%})")
    if given.record:
        command = (
            f"python -m tests.trust.mutants {given.module} {' '.join(given.tests)} --mutants {given.mutants} --record"
        )
        what = f"mutation score, {given.module.removeprefix('src/didymium/')}"
        record(
            21, what, f"{noticed} of {count} sampled mutants noticed ({noticed / count:.0%})", command, file="answers"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
