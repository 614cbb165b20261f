"""Repeat kept runs in a clean clone and environment, installed from the hash-pinned list, and compare the bytes.

    python -m tests.trust.clean --record            ten runs; needs a package index, or a folder that pip is told of
    python -m tests.trust.clean --broken            a byte of a kept answer is changed: must be found

The runs are asked here and kept in a folder. Then the checkout is cloned as it is committed, an environment is made by
the README's own line, and `didymium runs repeat` asks each of them again there, by its manifest alone.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.trust.record import record

ROOT = Path(__file__).parents[2]
QUESTIONS = (
    "exposure",
    "exposure --parties JPN",
    "exposure --parties USA",
    "commitments --as-of 2026-11-22",
    "commitments --as-of 2026-04-26",
    "measures --as-of 2026-11-22",
    "measures --as-of 2026-04-26",
    "measures floor ndpr_oxide --at 110",
    "data reconcile --year 2024",
    "stress --draws 8 --no-drivers --foresight coordinated",
)


def _readme_line() -> str:
    """The README's line that makes the environment and installs, without the command at its end."""
    text = (ROOT / "README.md").read_text("utf-8")
    line = text.partition("<!-- line: try -->\n```sh\n")[2].partition("\n")[0]
    return line.rpartition(" && ")[0]


def kept(store: Path) -> list[str]:
    """Ask all questions here, in this checkout; the runs' ids."""
    for question in QUESTIONS:
        command = [sys.executable, "-m", "didymium", *question.split(), "--store", str(store), "--quiet"]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return sorted(folder.name for folder in (store / "runs").iterdir() if not folder.name.startswith("."))


def clean(folder: Path) -> Path:
    """The program of a clean clone in a clean environment."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    bare = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME")}
    subprocess.run(["bash", "-c", _readme_line()], cwd=folder, check=True, capture_output=True, env=bare)
    return folder / ".venv" / "bin" / "didymium"


def repeated(program: Path, run: str, store: Path) -> str:
    """What the clean program has against a run; empty if it comes to the same bytes."""
    bare = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    command = [str(program), "runs", "repeat", run, "--store", str(store)]
    done = subprocess.run(command, capture_output=True, text=True, env=bare, check=False)
    return "" if done.returncode == 0 else f"{run}: exit code {done.returncode}: {(done.stdout + done.stderr).strip()}"


def main() -> int:
    """Ask, clone, repeat, say what was found, and record it if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="keep the figure for the page of trust")
    parser.add_argument("--broken", action="store_true", help="change a byte of a kept answer")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as room:
        store = Path(room) / "store"
        runs = kept(store)
        if asked.broken:
            answer = store / "runs" / runs[0] / "result.json"
            answer.write_bytes(answer.read_bytes().replace(b"a", b"e", 1))
        program = clean(Path(room) / "clone")
        found = [(run, repeated(program, run, store)) for run in runs]
    for _, fault in found:
        if fault:
            print(fault)
    same = sum(not fault for _, fault in found)
    figure = f"{same} of {len(found)} byte-equal in a clean clone and environment"
    print(figure)
    if asked.record and not asked.broken:
        record(16, "runs repeated from their manifests", figure, "python -m tests.trust.clean --record", file="store")
    return 0 if same == len(found) == len(QUESTIONS) else 1


if __name__ == "__main__":
    sys.exit(main())
