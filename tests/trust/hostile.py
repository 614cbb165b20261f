"""Hostile files of our own over every door: each sure fault is refused in words, each sound one is read as it is.

    python -m tests.trust.hostile [--record] [--only FAMILY] [--show]

A case passes at a door when the answer is the one that it must be: refused with exit code 2 and the words expected, or
taken with exactly the values of the file; never a traceback, never a number that is none.
"""

from __future__ import annotations

import argparse
import multiprocessing
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from tests.trust import hostile_books, hostile_files, hostile_others, hostile_tables
from tests.trust.hostile_case import Case
from tests.trust.hostile_doors import DOORS, Door, calm, faults_of, named
from tests.trust.record import record

PATIENCE = 60.0
"""Seconds of processor time that a door may take for one file; a child process has limits of its own."""


FAMILIES = {
    "shape": (hostile_tables.shape,),
    "encoding": (hostile_tables.encoding,),
    "number": (hostile_tables.number,),
    "key": (hostile_tables.key,),
    "text": (hostile_tables.words,),
    "unit": (hostile_tables.unit,),
    "xlsx": (hostile_books.workbooks, hostile_books.sheets),
    "container": (hostile_files.container,),
    "size": (hostile_files.size,),
    "json": (hostile_files.documents,),
    "name": (hostile_files.names,),
    "scenario": (hostile_others.scenarios, hostile_others.applied),
    "journal": (hostile_others.journals,),
    "import": (hostile_others.publications, hostile_others.terms),
    "book": (hostile_others.promises,),
}


def corpus(*families: str) -> Iterator[Case]:
    """All cases, or those of some families."""
    for family in families or FAMILIES:
        for part in FAMILIES[family]:
            yield from part()


@dataclass
class Tally:
    """What came of the cases at the doors."""

    tried: int = 0
    failed: list[str] = field(default_factory=list)
    silent: int = 0
    crashed: int = 0
    optional: int = 0
    faithful: int = 0
    refusals: int = 0
    whole: int = 0
    parts: Counter[str] = field(default_factory=Counter)
    lacking: list[str] = field(default_factory=list)
    files: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Count those of another part of the corpus too."""
        for name in ("tried", "silent", "crashed", "optional", "faithful", "refusals", "whole"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.failed += other.failed
        self.lacking += other.lacking
        self.parts += other.parts
        self.files += other.files


class Late(Exception):
    """A door took too long."""


def _late(_signal: int, _frame: FrameType | None) -> None:
    raise Late


def tried(cases: Sequence[Case], doors: Mapping[str, Door] | None = None) -> Tally:
    """Every case at every door that it is meant for."""
    calm()
    tally = Tally()
    for case in cases:
        tally.files[case.family] += 1
        for name, door in (doors or DOORS).items():
            if case.door == "book" and name != "command line":
                continue
            with tempfile.TemporaryDirectory() as folder:
                _one(case, name, door, Path(folder), tally)
    return tally


def _one(case: Case, name: str, door: Door, folder: Path, tally: Tally) -> None:
    path = case.make(folder)
    tally.tried += 1
    label = f"{case.family}: {case.name}, at the {name}"
    before = signal.signal(signal.SIGPROF, _late)
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    try:
        said = door(case, path)
    except Late:
        faults = [f"more than {PATIENCE:g} s"]
        tally.crashed += 1
    except Exception as error:  # noqa: BLE001 - whatever comes out of a door that is no answer is what is looked for
        faults = [f"crash: {type(error).__name__}: {error}"[:300]]
        tally.crashed += 1
    else:
        faults = faults_of(case, path, said)
        tally.silent += "taken silently" in faults
        tally.crashed += any(fault.startswith("crash") for fault in faults)
        if case.must == "either":
            tally.optional += 1
            tally.faithful += not said.is_refused and not faults
        if said.is_refused:
            tally.refusals += 1
            told = named(case, path, said)
            tally.whole += all(told.values())
            tally.parts.update(part for part, is_named in told.items() if not is_named)
            if not all(told.values()):
                lacks = ", ".join(part for part, is_named in told.items() if not is_named)
                tally.lacking.append(f"{label}: no {lacks}: {(said.lines or ('',))[0][:200]}")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    if faults:
        tally.failed.append(f"{label}: {faults[0]}")


def _part(asked: tuple[str, int, int, int]) -> Tally:
    family, first, step, every = asked
    return tried(list(corpus(family))[::every][first::step])


def main() -> int:
    """Try all, say what failed."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--record", action="store_true", help="write the figures to the page of trust")
    asked.add_argument("--only", metavar="FAMILY", choices=list(FAMILIES), action="append", default=[])
    asked.add_argument("--every", type=int, default=1, metavar="N", help="only each Nth file of a family")
    asked.add_argument("--workers", type=int, default=2)
    asked.add_argument("--show", action="store_true", help="list the refusals that do not name everything")
    given = asked.parse_args()
    tally, step = Tally(), 4
    parts = [(family, first, step, given.every) for family in given.only or FAMILIES for first in range(step)]
    with multiprocessing.get_context("spawn").Pool(given.workers) as pool:
        for number, part in enumerate(pool.imap_unordered(_part, parts), start=1):
            tally.add(part)
            for line in part.failed:
                print(line.encode("unicode_escape").decode("ascii"), flush=True)
            print(f"{number} of {len(parts)} parts, {tally.tried} answers", file=sys.stderr, flush=True)
    if given.show:
        for line in tally.lacking:
            print("lacks:", line.encode("unicode_escape").decode("ascii"))
    right = tally.tried - len(tally.failed)
    share = right / tally.tried
    which = f"{sum(tally.files.values())} files" + (f", each {given.every}th of all" if given.every > 1 else "")
    figure = (
        f"{which}: {right} of {tally.tried} answers at the doors as they must be ({share:.1%}), "
        f"{tally.silent} taken silently, {tally.crashed} crashes or hangs; "
        f"{tally.faithful} of {tally.optional} optional ones taken faithfully"
    )
    part = tally.whole / max(tally.refusals, 1)
    mention = f"{tally.whole} of {tally.refusals} refusals name all that there is to name ({part:.1%})"
    print(figure)
    print(mention, dict(tally.parts))
    print(dict(tally.files))
    if given.record:
        command = "python -m tests.trust.hostile --record" + (f" --every {given.every}" if given.every > 1 else "")
        record(1, "hostile files of our own, command line and library", figure, command, file="input")
        record(25, "refusals that name file, line, column, value and cure", mention, command, file="input")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
