"""Run the tests in another order for each seed: none may lean on another.

python -m tests.trust.orders --record                          20 seeds, every room
python -m tests.trust.orders --seeds 8 --rooms cli studies     some rooms; with --record they add to what was run before
python -m tests.trust.orders --broken                          two tests that lean on each other: must be found

The rooms named run in one process for each seed, so that a test may meet what one of another room left behind. A room
is a folder of tests, or a file beside the folders. What was run is kept by seed and rooms in
`results/kept/orders.json`: a later run goes on from there, and leaves out what is there unless `--again` is given.
The same runs count what the tests ask of the network: nothing beyond this machine.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.trust.outgoing import Asked, watched
from tests.trust.record import RESULTS, record

ROOT = Path(__file__).parents[2]
KEPT = RESULTS / "kept" / "orders.json"
SEEDS = 20
WHOLE = ("test_docs.py", "test_howtos.py", "test_method.py")
"""Documents that run as a whole, one after the other by their numbers: their order is not of the tests' making."""
_LEANING = """
known = []
def test_that_tells():
    known.append(1)
def test_that_has_to_be_told():
    assert known
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of some rooms in the order of a seed: how many tests passed, and which failed, in one line.

    `local` and `out`: connections to this machine and to others; None in runs of before they were counted.
    """

    seed: int
    rooms: tuple[str, ...]
    passed: int
    failed: str
    local: int | None = None
    out: int | None = None


def every_room() -> tuple[str, ...]:
    """Folders of tests, and files beside them, but for documents that run as a whole."""
    tests = ROOT / "tests"
    folders = {path.parent.name for path in tests.glob("*/test_*.py")}
    return *sorted(folders), *sorted({path.name for path in tests.glob("test_*.py")} - set(WHOLE))


def run(places: Sequence[str], seed: int) -> tuple[int, str, Asked]:
    """Tests that passed with a seed, those that failed in one line, and what was asked of the network.

    One process, so that each test can meet any.
    """
    command = [sys.executable, "-m", "pytest", *places, "-n", "0", "-v"]
    command += ["-p", "randomly", f"--randomly-seed={seed}", "-p", "no:cacheprovider"]
    done, asked = watched(command, cwd=ROOT)
    passed = sum(int(n) for n in re.findall(r"(\d+) passed", done.stdout))
    failed = sorted(set(re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)))
    return passed, "; ".join(failed) or ("" if done.returncode == 0 else f"exit code {done.returncode}"), asked


def kept(path: Path = KEPT) -> list[Ran]:
    """What earlier runs have kept."""
    if not path.exists():
        return []
    return [Ran(**{**one, "rooms": tuple(one["rooms"])}) for one in json.loads(path.read_text("utf-8"))]


def keep(ran: Iterable[Ran], path: Path = KEPT) -> list[Ran]:
    """Add runs to those kept; one of the same seed and rooms gives way."""
    every = {(one.seed, one.rooms): one for one in (*kept(path), *ran)}
    sorted_runs = [every[key] for key in sorted(every, key=lambda key: (key[1], key[0]))]
    path.parent.mkdir(parents=True, exist_ok=True)
    body = ",\n".join(json.dumps(asdict(one)) for one in sorted_runs)
    path.write_text(f"[\n{body}\n]\n", encoding="utf-8", newline="\n")
    return sorted_runs


def told(runs: Sequence[Ran], rooms: Sequence[str]) -> str:
    """The figure: for how many seeds each room was run, how many tests passed, how often one failed."""
    seeds = {room: len({one.seed for one in runs if room in one.rooms}) for room in rooms}
    parts = []
    for count in sorted(set(seeds.values()), reverse=True):
        names = [room for room in rooms if seeds[room] == count]
        parts.append(f"{count} {'seed' if count == 1 else 'seeds'} over {', '.join(names)}")
    total, failing = sum(one.passed for one in runs), sum(bool(one.failed) for one in runs)
    if len(parts) == 1:
        parts = [f"{max(seeds.values(), default=0)} seeds over every room"]
    return f"{'; '.join(parts)}; {total:,} test runs, {failing} with a failure"


def asked_of_others(runs: Sequence[Ran], rooms: Sequence[str]) -> str:
    """The figure of the network: how many tests ran while it was watched, of which rooms, and what they asked for."""
    seen = [one for one in runs if one.out is not None]
    total, local, out = (
        sum(x or 0 for x in (getattr(one, name) for one in seen)) for name in ("passed", "local", "out")
    )
    missing = ", ".join(room for room in rooms if not any(room in one.rooms for one in seen))
    where = f"every room but {missing}" if missing else "every room"
    return f"{out} in {total:,} test runs of {where}; {local:,} connections to this machine"


def main() -> int:
    """Run, say what was found, and record it if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="keep the runs, and the figures for the page of trust")
    parser.add_argument("--keep", action="store_true", help="keep the runs alone")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="the last seed")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--rooms", nargs="*", default=[], help="folders or files of tests; every one if none is named")
    parser.add_argument("--again", action="store_true", help="run also what is kept already")
    parser.add_argument("--broken", action="store_true", help="run two tests that lean on each other")
    asked = parser.parse_args()
    # A job in the background ignores the interrupt of the keyboard, and would hand that on to tests that send one.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    rooms = tuple(sorted(asked.rooms)) or every_room()
    keeps = (asked.record or asked.keep) and not asked.broken
    done = {(one.seed, one.rooms) for one in kept()} if keeps and not asked.again else set()
    failing = 0
    with tempfile.TemporaryDirectory() as folder:
        leaning = Path(folder) / "test_leaning.py"
        leaning.write_text(_LEANING, encoding="utf-8")
        places = [str(leaning)] if asked.broken else [f"tests/{room}" for room in rooms]
        for seed in range(asked.first, asked.seeds + 1):
            if (seed, rooms) in done:
                continue
            passed, failed, net = run(places, seed)
            print(*net.out, sep="\n", end="\n" if net.out else "")
            ran = Ran(seed, rooms, passed, failed, net.local, len(net.out))
            failing += bool(ran.failed or ran.out)
            print(f"seed {seed}: {ran.passed} passed{'; ' + ran.failed if ran.failed else ''}", flush=True)
            if keeps:
                keep([ran])
    if asked.record and not asked.broken:
        figure = told(kept(), every_room())
        print(figure)
        record(22, "tests in random order", figure, "python -m tests.trust.orders --record", file="store")
        figure = asked_of_others(kept(), every_room())
        print(figure)
        record(20, "outgoing connections of the tests", figure, "python -m tests.trust.orders --record", file="web")
    return 1 if failing else 0


if __name__ == "__main__":
    sys.exit(main())
