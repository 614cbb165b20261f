"""Ask one question again and again, each time in other surroundings, and compare the bytes of the answer.

    python -m tests.trust.repeats --record              20 times: a stress run with draws
    python -m tests.trust.repeats --broken order        the order of the rows gets into the answer: must differ

What changes: 1, 2 and 4 workers, in threads and processes; the seed of Python's hashes; the threads that numerical
libraries may use; time zone and language of the machine; the order in which a folder lists its files; and the order of
the rows in every table, in a copy of the package. What must not change: the run's id and the bytes of `result.json`.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.trust.record import record

SOURCE = Path(__file__).parents[2] / "src"
TIMES = 20
QUESTION = ("stress", "--draws", "8", "--no-drivers", "--foresight", "coordinated", "--seed", "3")

_SORTED = "tuple(sorted(rows, key=partial(in_order, body.table.key)))"

# Run in the child before the program: folders list their files in an order of their own.
_LISTED_OTHERWISE = """
import os, random, runpy, sys
draw, real = random.Random(int(sys.argv.pop(1))), os.listdir
def listed(path="."):
    names = real(path)
    draw.shuffle(names)
    return names
os.listdir = listed
runpy.run_module("didymium", run_name="__main__", alter_sys=True)
"""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What one asking differs in."""

    number: int
    workers: int
    executor: str
    shuffled: bool

    def variables(self) -> dict[str, str]:
        """The environment of the process."""
        return {
            "PYTHONHASHSEED": str(self.number),
            "OMP_NUM_THREADS": str(self.workers),
            "OPENBLAS_NUM_THREADS": str(self.workers),
            "TZ": ("UTC", "Asia/Tokyo", "America/New_York")[self.number % 3],
            "LC_ALL": ("C.UTF-8", "C")[self.number % 2],
            "PYTHONUTF8": "1",
        }


def surroundings(times: int) -> list[Surroundings]:
    """All that are tried: the first is plain, every other one has its rows in another order."""
    kinds = [(workers, executor) for executor in ("threads", "processes") for workers in (1, 2, 4)]
    return [Surroundings(n, *kinds[n % len(kinds)], shuffled=n % 2 == 1) for n in range(times)]


def shuffled(package: Path, seed: int) -> None:
    """Put the rows of every table of a copy of the package in another order."""
    draw = random.Random(seed)
    for table in sorted((package / "didymium" / "data" / "tables").glob("*.csv")):
        with table.open(encoding="utf-8", newline="") as file:
            head, *rows = list(csv.reader(file))
        draw.shuffle(rows)
        with table.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([head, *rows])


def in_order_of_the_file(package: Path) -> None:
    """Break a copy of the package: rows stand as the file has them."""
    module = package / "didymium" / "data" / "layers.py"
    text = module.read_text("utf-8")
    assert _SORTED in text
    module.write_text(text.replace(_SORTED, "tuple(rows)"), encoding="utf-8")


def asked(question: tuple[str, ...], around: Surroundings, room: Path, *, broken: bool = False) -> tuple[str, str]:
    """The id of the run and the hash of its answer."""
    package = room / "package"
    shutil.rmtree(package, ignore_errors=True)
    shutil.copytree(SOURCE, package, ignore=shutil.ignore_patterns("__pycache__"))
    if around.shuffled:
        shuffled(package, around.number)
    if broken:
        in_order_of_the_file(package)
    store = room / f"store-{around.number}"
    command = [sys.executable, "-c", _LISTED_OTHERWISE, str(around.number), *question, "--store", str(store), "--quiet"]
    if question[0] == "stress":
        command += ["--workers", str(around.workers), "--executor", around.executor]
    environment = {**os.environ, **around.variables(), "PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=room)
    if done.returncode != 0:
        return "", f"exit code {done.returncode}: {done.stderr.strip()[-300:]}"
    (run,) = (folder for folder in (store / "runs").iterdir() if not folder.name.startswith("."))
    dataset = json.loads((run / "manifest.json").read_text("utf-8"))["dataset"]["id"]
    return f"{run.name} of {dataset[:12]}", hashlib.sha256((run / "result.json").read_bytes()).hexdigest()


def main() -> int:
    """Ask, compare, say what was found, and record it if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="keep the figure for the page of trust")
    parser.add_argument("--times", type=int, default=TIMES)
    parser.add_argument("--question", help="another question, as on the command line")
    parser.add_argument("--broken", choices=["order"], help="let the order of rows into the answer")
    asking = parser.parse_args()
    question = tuple(asking.question.split()) if asking.question else QUESTION
    answers = []
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        for around in surroundings(asking.times):
            answers.append(asked(question, around, room, broken=bool(asking.broken)))
            same = answers[-1] == answers[0]
            print(f"{around}: {'the same' if same else answers[-1]}", flush=True)
    same = sum(answer == answers[0] and bool(answer[0]) for answer in answers)
    figure = f"{same} of {len(answers)} bit-identical"
    print(figure)
    if asking.record and not asking.broken:
        varied = "1, 2, 4 workers, " if question[0] == "stress" else ""
        what = f"`{' '.join(question)}` with {varied}hash seeds, order of files and rows"
        command = f"python -m tests.trust.repeats --times {asking.times} --record"
        command += f" --question '{asking.question}'" if asking.question else ""
        record(8, what, figure, command, file="store")
    return 0 if same == len(answers) else 1


if __name__ == "__main__":
    sys.exit(main())
