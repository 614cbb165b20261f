"""Coverage-guided fuzzing of each reader: bytes that reach new code are kept and changed further.

    python -m tests.trust.fuzz [--minutes 10] [--only NAME] [--record]

Needs Atheris (`pip install atheris`), which is no dependency of the project. Each reader runs in a process of its own
that starts from the sound files of `mutants_input` and is held to the same: taken soundly or refused in words.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.trust.mutants_input import PATIENCE, Seed, seeds
from tests.trust.record import record

SHORTEST = 20  # seconds of a round
BROKEN = "broken"
"""A reader that falls over bytes that hold a quote: the harness has to find it."""

_CHILD = """
import sys, tempfile
from pathlib import Path
import atheris
with atheris.instrument_imports(include=["didymium", "csv", "json", "tomllib", "zipfile"]):
    import csv, json, tomllib
    import didymium.data.layer_files, didymium.data.layers, didymium.data.journal
    import didymium.scenario.scenario, didymium.schema.sandbox_child
    import didymium.sources.register, didymium.sources.intake
from tests.trust import fuzz, mutants_input
seed = fuzz.target(sys.argv[1])
folder = Path(tempfile.mkdtemp())
seed.read(seed.data, seed.name, folder)
def one(data):
    seed.read(data, seed.name, folder)
atheris.Setup([sys.argv[0], *sys.argv[2:]], one)
atheris.Fuzz()
"""


def target(name: str) -> Seed:
    """The seed file whose reader is fuzzed."""
    if name == BROKEN:

        def falls(data: bytes, _name: str, _folder: Path) -> str:
            if b'"' in data:
                raise KeyError("a quote")
            return "taken"

        return Seed(BROKEN, b"abc", falls)
    return next(seed for seed in seeds() if seed.name == name)


TARGETS = (
    "production.csv",
    "production.json",
    "own.toml",
    "promises.jsonl",
    "own.xlsx",
    "mcs26.csv",
    "wmd.csv",
    "places.csv",
)
"""One file for each reader."""


def fuzzed(name: str, seconds: float) -> tuple[int, float, str]:
    """Runs, seconds of processor time, and what was found ("" if nothing).

    Atheris counts by the clock; on a busy machine rounds go on from the files kept until the processor time is spent.
    """
    count, spent = 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        (corpus / "sound").write_bytes(target(name).data)
        while spent < seconds:
            runs, took, what = _round(name, corpus, max(math.ceil(seconds - spent), SHORTEST))
            count, spent = count + runs, spent + took
            if what:
                return count, spent, what
    return count, spent, ""


def _round(name: str, corpus: Path, seconds: int) -> tuple[int, float, str]:
    """One run of Atheris over the files that are kept, for so long by the clock."""
    folder = corpus.parent
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [
            *(sys.executable, "-c", _CHILD, name, str(corpus), f"-max_total_time={seconds}", "-rss_limit_mb=3000"),
            *(
                f"-timeout={round(PATIENCE * 15)}",
                "-max_len=20000",
                f"-artifact_prefix={folder}/",
                "-print_final_stats=1",
            ),
        ],
        capture_output=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = done.stderr.decode("utf-8", "replace") + done.stdout.decode("utf-8", "replace")
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    runs = re.findall(r"(?:Done (\d+) runs|stat::number_of_executed_units: (\d+))", told)
    count = max((int(a or b) for a, b in runs), default=0)
    if done.returncode == 0:
        return count, spent, ""
    hurt = next((path.read_bytes()[:300] for path in sorted(folder.iterdir()) if path.is_file()), b"")
    error = re.compile(r"^\w[\w.]*(Error|Wrong|Exception)\b")
    reason = next((line for line in told.splitlines() if error.match(line)), told[-300:])
    return count, spent, f"{name}: {reason[:200]}: {hurt!r}"


def main() -> int:
    """Fuzz them one after the other, say what was found."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=float, default=10.0, help="of processor time, for each reader")
    asked.add_argument("--only", choices=[*TARGETS, BROKEN], action="append", default=[])
    asked.add_argument("--record", action="store_true", help="write the figure to the page of trust")
    given = asked.parse_args()
    if importlib.util.find_spec("atheris") is None:
        raise SystemExit("Atheris is not installed: pip install atheris")
    count, spent, found, began = 0, 0.0, [], time.monotonic()
    names = given.only or TARGETS
    for name in names:
        runs, seconds, what = fuzzed(name, given.minutes * 60)
        count, spent = count + runs, spent + seconds
        found += [what] if what else []
        print(f"{name}: {runs:,} runs, {seconds:.0f} s of processor time. {what or 'Nothing found.'}", flush=True)
    figure = f"{count:,} files at {len(names)} readers in {spent / 3600:.2f} CPU-hours: {len(found)} findings"
    print(figure, f"({(time.monotonic() - began) / 60:.0f} min)")
    if given.record:
        command = f"python -m tests.trust.fuzz --minutes {given.minutes:g} --record"
        record(3, "coverage-guided fuzzing of each parser", figure, command, file="input")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
