"""Files of every kind changed at random: read soundly, or refused in words; never a crash, a hang or a silent fault.

    python -m tests.trust.mutants_input [--count 100000] [--minutes 30] [--workers 2] [--seed 0] [--record]

A mutant is a seed file with a few bytes, cells, rows or lines changed. A part of them carries a sure fault besides (no
number where a number must be, a cell too many, two figures for one key …): those may not be taken. What is taken of a
table is read again by Python's own csv, and has to say the same. Layers are judged over a part of the shipped tables,
for speed; workbooks are opened in this process, by the code of the child.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import itertools
import json
import math
import multiprocessing
import random
import signal
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import patch

from tests.trust.hostile_case import TABLES as FOLDER
from tests.trust.record import record

PATIENCE = 20.0
"""Seconds of processor time that one file may take."""

KEPT = 60
"""Rows that are kept of each large table."""

LARGE = ("production", "trade", "governance", "published_indicators", "reproduced", "demand_outlook", "entity_names")

NO_NUMBERS = (
    "5,5oo",
    "W",
    "NaN",
    "inf",
    "1e309",
    "—",
    "12 %",
    "1,234",
    "0x1F",
    "５",
    "<5",
    "5 t",
    "1e99",
    "--",
    "#N/A",
    "−7",
)
TRAPS = (
    *NO_NUMBERS,
    *("=cmd|' /C calc'!A0", '"', "\r", "\x00", "\ufeff", "\u202e", "2E5", "080510", "NA", "Namibia ", "中国"),
    *("%s%n", "../../etc/passwd", "x" * 30_000, "", " ", ",", "\n", "null", "true", "[]", "{}", "1e-400", "0", "1"),
)  # fmt: skip


@dataclass(frozen=True)
class Seed:
    """A sound file: its name, its bytes, and how it is read. `faults` make sure faults of it."""

    name: str
    data: bytes
    read: Callable[[bytes, str, Path], str]
    faults: tuple[Callable[[bytes, random.Random], bytes], ...] = ()


class Wrong(Exception):
    """A file was taken that says something else, or refused without words."""


# reading


@cache
def _base() -> dict[str, Any]:
    """The shipped tables: the words whole, of the figures a part."""
    from didymium.data.package import base_tables

    found = {}
    for name, parsed in base_tables().items():
        most = KEPT if name in LARGE else len(parsed.rows)
        part = [
            i
            for i, row in enumerate(parsed.rows)
            if i < most or (row.get("product") == "nd_oxide" and name == "production")
        ]
        found[name] = replace(parsed, rows=[parsed.rows[i] for i in part], lines=[parsed.lines[i] for i in part])
    return found


def _layer(data: bytes, name: str, folder: Path) -> str:
    """Read and judge a layer of one file."""
    from didymium.data import layers
    from didymium.data.layer_files import read_layer
    from didymium.schema.workbook import read_here

    path = folder / name
    path.write_bytes(data)
    with read_here(), patch.object(layers, "base_tables", _base):
        layer = read_layer(path)
        faults = [fault for fault in layer.faults if fault.severity == "error"] or layers.judge([layer])[1]
    errors = [fault for fault in faults if fault.severity == "error"]
    for fault in errors[:50]:
        _in_words(fault.line())
    if errors:
        return "refused"
    for parsed in layer.tables.values():
        for row in parsed.rows:
            _finite(row)
    if name.endswith(".csv"):
        _same(data, layer.tables[Path(name).stem].rows)
    return "taken"


def _in_words(line: str) -> None:
    if not line or "\n" in line or not line.isprintable() or len(line) > 3000:
        raise Wrong(f"no line: {line[:100]!a}")


def _finite(row: Mapping[str, Any]) -> None:
    for name, value in row.items():
        if isinstance(value, float) and not (math.isfinite(value) and abs(value) <= 1e18):
            raise Wrong(f"{name} is {value}")


def _same(data: bytes, rows: list[dict[str, Any]]) -> None:
    """Compare what was taken with what Python's csv reads."""
    other = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    if len(other) != len(rows):
        raise Wrong(f"{len(other)} rows became {len(rows)}")
    for mine, theirs in zip(rows, other, strict=True):
        for column, text in theirs.items():
            value = mine[column]
            if isinstance(value, bool):
                fits = text == ("1" if value else "0")
            elif isinstance(value, int | float):
                fits = float(text.removeprefix("'")) == value
            else:
                fits = (value or "") in (text, text[1:])
            if not fits:
                raise Wrong(f"{column}: {text!a} became {value!a}")


def _scenario(data: bytes, name: str, folder: Path) -> str:
    from didymium.errors import BadScenario
    from didymium.scenario.scenario import load

    path = folder / name
    path.write_bytes(data)
    try:
        found = load(str(path))
    except BadScenario as refused:
        _in_words(refused.line())
        return "refused"
    said = tomllib.loads(data.decode("utf-8-sig"))
    if found.id != said["id"] or found.months != said.get("months", 24) or len(found.cuts) != len(said.get("cuts", ())):
        raise Wrong("the scenario says something else")
    for cut in found.cuts:
        _finite(cut.model_dump())
    return "taken"


def _journal(data: bytes, name: str, folder: Path) -> str:
    from didymium.data.journal import read
    from didymium.errors import BadInput

    try:
        entries = read(data, name)
    except BadInput as refused:
        _in_words(refused.line())
        return "refused"
    if len(entries) != data.count(b"\n"):
        raise Wrong("lines of the journal were lost")
    return "taken"


@cache
def _reading(importer: str) -> Any:
    from didymium.data.package import base_tables
    from didymium.sources.mending import read_corrections
    from didymium.sources.register import readers
    from didymium.sources.terms import read_terms

    reader, origin = readers()[importer]
    vocabulary = {name: parsed.rows for name, parsed in base_tables().items()}
    return reader, origin, read_terms(origin.body, origin.terms, vocabulary), read_corrections(importer)


def _import(importer: str) -> Callable[[bytes, str, Path], str]:
    def read(data: bytes, name: str, folder: Path) -> str:
        from didymium.errors import DidymiumError
        from didymium.schema.workbook import read_here
        from didymium.sources.figures import Dated
        from didymium.sources.intake import take

        reader, origin, terms, corrections = _reading(importer)
        path = folder / name
        path.write_bytes(data)
        try:
            with read_here():
                of = reader.edition(path, origin) if isinstance(reader, Dated) else origin
                found = take(reader.read(path, of), of, terms, corrections)
        except DidymiumError as refused:
            _in_words(refused.line()[:2900])
            return "refused"
        if found.figures_in != len(found.rows["published"]) + sum(found.left_out.values()):
            raise Wrong("figures were lost")
        for row in found.rows["published"]:
            _finite(row)
            if row["value_status"] in ("withheld", "none_reported") and row["quantity"] is not None:
                raise Wrong("a mark became a number")
        return "taken"

    return read


def _terms(data: bytes, name: str, folder: Path) -> str:
    from didymium.data.package import base_tables
    from didymium.errors import BadInput
    from didymium.sources import terms

    path = folder / name
    path.write_bytes(data)
    vocabulary = {table: parsed.rows for table, parsed in base_tables().items()}
    try:
        terms.read_terms("X", "wgi.csv", vocabulary, [path])
    except BadInput as refused:
        _in_words(refused.line())
        return "refused"
    return "taken"


# changing


def _lines(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def _bytes(lines: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(lines)
    return out.getvalue().encode("utf-8", "surrogatepass")


def _no_number(columns: tuple[str, ...]) -> Callable[[bytes, random.Random], bytes]:
    def change(data: bytes, chance: random.Random) -> bytes:
        lines = _lines(data)
        row = chance.choice(lines[1:])
        row[lines[0].index(chance.choice(columns))] = chance.choice(NO_NUMBERS)
        return _bytes(lines)

    return change


def _other_width(data: bytes, chance: random.Random) -> bytes:
    lines = _lines(data)
    row = chance.choice(lines[1:])
    if chance.random() < 0.5:
        row.insert(chance.randrange(len(row)), chance.choice(("x", "", "5")))
    else:
        row.pop(chance.randrange(len(row)))
    return _bytes(lines)


def _twice(data: bytes, chance: random.Random) -> bytes:
    lines = _lines(data)
    lines.append(list(chance.choice(lines[1:])))
    return _bytes(lines)


def _not_utf8(data: bytes, chance: random.Random) -> bytes:
    at = data.index(b"\n") + 1 + chance.randrange(len(data) - data.index(b"\n") - 1)
    return data[:at] + chance.choice((b"\xff", b"\x00", b"\x93\xec\x92\xb9", b"\xc0\xaf", b"\xed\xa0\x80")) + data[at:]


def _lost_column(data: bytes, chance: random.Random) -> bytes:
    lines = _lines(data)
    lines[0][chance.randrange(len(lines[0]))] = chance.choice(("x", "", "Quantity", lines[0][0] + " "))
    return _bytes(lines)


def _unknown_word(columns: tuple[str, ...]) -> Callable[[bytes, random.Random], bytes]:
    def change(data: bytes, chance: random.Random) -> bytes:
        lines = _lines(data)
        row, at = chance.choice(lines[1:]), lines[0].index(chance.choice(columns))
        row[at] = chance.choice(
            (row[at] + "x", row[at] + " ", row[at].upper() + "q", "Z" + row[at], row[at] + "\u200b", "?")
        )
        return _bytes(lines)

    return change


def _changed_line(data: bytes, chance: random.Random) -> bytes:
    """A journal with one letter changed inside a line."""
    at = chance.randrange(len(data) - 1)
    new = bytes([data[at] ^ (1 << chance.randrange(7))])
    return data[:at] + new + data[at + 1 :]


def changed(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """The file with a few bytes, cells, lines or pieces changed."""
    for _ in range(chance.choice((1, 1, 1, 2, 3, 5))):
        kind, size = chance.randrange(9), max(len(data), 1)
        at = chance.randrange(size)
        if kind == 0:
            data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
        elif kind == 1:
            data = data[:at] + data[at + chance.randrange(1, 40) :]
        elif kind == 2:
            data = data[:at] + chance.choice(TRAPS).encode("utf-8") + data[at:]
        elif kind == 3:
            data = data[:at] + data[at : at + chance.randrange(1, 200)] + data[at:]
        elif kind == 4:
            lines = data.split(b"\n")
            lines.insert(chance.randrange(len(lines)), chance.choice(lines))
            data = b"\n".join(lines)
        elif kind == 5:
            lines = data.split(b"\n")
            lines.pop(chance.randrange(len(lines)))
            data = b"\n".join(lines)
        elif kind == 6:
            lines = data.split(b"\n")
            where = chance.randrange(len(lines))
            cells = lines[where].split(b",")
            cells[chance.randrange(len(cells))] = chance.choice(TRAPS).encode("utf-8")
            lines[where] = b",".join(cells)
            data = b"\n".join(lines)
        elif kind == 7:
            other = chance.choice(others)
            start = chance.randrange(max(len(other), 1))
            data = data[:at] + other[start : start + chance.randrange(1, 120)] + data[at:]
        else:
            data = data[:at]
    return data


def changed_book(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """A workbook with a part changed, or with its bytes changed."""
    import warnings
    import zipfile

    if chance.random() < 0.3:
        return changed(data, chance, others)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        members = old.namelist()
        hit = chance.choice(
            [m for m in members if "sheet" in m or "workbook.xml" in m or "shared" in m or m == chance.choice(members)]
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for member in members:
                body = old.read(member)
                new.writestr(member, changed(body, chance, others) if member == hit else body)
    return out.getvalue()


# the seeds


def _table(name: str, numbers: tuple[str, ...], words: tuple[str, ...]) -> Seed:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        lines = [
            next(reader),
            *itertools.islice((row for row in reader if "nd_oxide" in row or name != "production"), 3),
        ]
    faults = (_no_number(numbers), _unknown_word(words), _other_width, _twice, _not_utf8, _lost_column)
    return Seed(f"{name}.csv", _bytes(lines), _layer, faults)


def seeds() -> list[Seed]:
    """The sound files, all of them taken as they are."""
    from tests.sources.publisher_files import BGS, MCS_2025, MCS_2026, WGI, WMD, yearbook
    from tests.trust.hostile_books import shared, sound
    from tests.trust.hostile_others import SCENARIO
    from tests.trust.hostile_others import _journal as journal_lines

    tables = [
        _table("production", ("quantity", "year", "is_total"), ("product", "country", "unit", "source_id", "stage")),
        _table("projects", ("capacity", "lat"), ("country", "capacity_unit", "source_id", "status", "stage")),
        _table("measures", ("effective_date",), ("imposing", "source_id", "kind")),
        _table("commitments", ("quantity",), ("agreement_id", "source_id", "status")),
        _table("sources", ("published_date",), ("kind",)),
        _table("trade", ("quantity", "year"), ("exporter", "product", "unit", "source_id")),
        _table("prices", ("price", "year"), ("product", "unit", "source_id")),
        _table("demand", ("year",), ("source_id",)),
        _table("reserves", ("year", "quantity"), ("product", "country", "unit", "source_id")),
        _table("governance", ("year", "value"), ("country", "source_id")),
    ]
    documents = []
    for table in tables[:3]:
        head, *rows = _lines(table.data)
        whole = [dict(zip(head, row, strict=True)) for row in rows]
        documents.append(Seed(table.name.replace(".csv", ".json"), json.dumps(whole, indent=1).encode(), _layer))
    library = sorted((FOLDER.parent.parent / "scenario" / "library").glob("cn-*.toml"))
    stories = [Seed("own.toml", SCENARIO.encode(), _scenario)]
    stories += [Seed(f"own{i}.toml", path.read_bytes(), _scenario) for i, path in enumerate(library[:3])]
    sound_mcs = (
        MCS_2026.replace("oddly", "5")
        .replace("ASBESTOS", "COBALT")
        .replace("Asbestos", "Cobalt")
        .replace("Ruritania", "Canada")
    )
    places = b"body,term,place,flags,reviewed\n,Ruritania,JPN,,mine\nX,Nowhere,,,left out\n"
    return [
        *tables,
        *documents,
        *stories,
        Seed("promises.jsonl", b"".join(journal_lines()), _journal, (_changed_line,)),
        Seed("own.xlsx", sound(), _layer),
        Seed("words.xlsx", shared(), _layer),
        Seed("mcs26.csv", sound_mcs.encode("cp1252"), _import("usgs-mcs-2026")),
        Seed("mcs25.csv", MCS_2025.encode("utf-8-sig"), _import("usgs-mcs-2025")),
        Seed("BGS_x_production.csv", BGS.encode(), _import("bgs-wms")),
        Seed("wmd.csv", WMD.encode(), _import("wmd-2026")),
        Seed("wgi.csv", WGI.encode(), _import("wgi-2025")),
        Seed("myb.xlsx", yearbook(), _import("usgs-myb-2022")),
        Seed("places.csv", places, _terms),
    ]


# the run


@dataclass
class Count:
    """What became of the mutants."""

    distinct: int = 0
    taken: int = 0
    refused: int = 0
    sure: int = 0
    found: list[str] = field(default_factory=list)
    seen: set[bytes] = field(default_factory=set)
    seconds: float = 0.0

    def add(self, other: Count) -> None:
        """Count those of another run that were not seen before."""
        new = other.seen - self.seen
        share = len(new) / max(len(other.seen), 1)
        self.seen |= new
        self.distinct = len(self.seen)
        self.taken += round(other.taken * share)
        self.refused += round(other.refused * share)
        self.sure += round(other.sure * share)
        self.found += other.found
        self.seconds += other.seconds


class _Late(Exception):
    pass


def _late(_signal: int, _frame: FrameType | None) -> None:
    raise _Late


def tried(sown: list[Seed], count: int, number: int, *, until: float = math.inf) -> Count:
    """So many mutants of the seeds in turn; those that were seen before do not count."""
    chance, result, others = random.Random(number), Count(), [seed.data for seed in sown]
    began = time.process_time()
    signal.signal(signal.SIGPROF, _late)
    with tempfile.TemporaryDirectory() as folder:
        for seed in itertools.cycle(sown):
            if result.distinct >= count or time.monotonic() > until:
                break
            is_sure = bool(seed.faults) and chance.random() < 0.4
            change = changed_book if seed.name.endswith(".xlsx") else changed
            data = chance.choice(seed.faults)(seed.data, chance) if is_sure else change(seed.data, chance, others)
            mark = hashlib.blake2b(seed.name.encode() + data, digest_size=12).digest()
            if mark in result.seen or data == seed.data:
                continue
            result.seen.add(mark)
            result.distinct += 1
            result.sure += is_sure
            said = verdict(seed, data, Path(folder))
            result.taken += said == "taken"
            result.refused += said == "refused"
            if said not in ("taken", "refused") or (is_sure and said == "taken"):
                result.found.append(f"{seed.name} (mutant {result.distinct} of {number}): {said}: {data[:400]!r}")
    result.seconds = time.process_time() - began
    return result


def verdict(seed: Seed, data: bytes, folder: Path) -> str:
    """taken, refused, or what went wrong."""
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    try:
        return seed.read(data, seed.name, folder)
    except _Late:
        return f"hang: more than {PATIENCE:g} s"
    except Wrong as wrong:
        return f"silent: {wrong}"
    except Exception as error:  # noqa: BLE001 - whatever comes out of a reader that is no refusal is what is looked for
        return f"crash: {type(error).__name__}: {error}"[:300]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _worker(asked: tuple[int, int, float]) -> Count:
    count, number, until = asked
    return tried(seeds(), count, number, until=until)


def _parts(count: int, seed: int, until: float) -> Iterator[tuple[int, int, float]]:
    part = 1000
    for number in range(-(-count // part)):
        yield min(part, count - number * part), seed * 1_000_000 + number, until


def main() -> int:
    """Try them, say what was found."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--count", type=int, default=100_000)
    asked.add_argument("--minutes", type=float, default=600.0)
    asked.add_argument("--workers", type=int, default=2)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--record", action="store_true", help="write the figure to the page of trust")
    given = asked.parse_args()
    until = time.monotonic() + given.minutes * 60
    whole, kinds = Count(), len(seeds())
    with multiprocessing.get_context("spawn").Pool(given.workers) as pool:
        for part in pool.imap_unordered(_worker, _parts(given.count, given.seed, until)):
            whole.add(part)
            for line in part.found:
                print(line, flush=True)
            print(
                f"{whole.distinct:,} distinct, {len(whole.found)} found, {whole.seconds:.0f} s",
                file=sys.stderr,
                flush=True,
            )
    figure = (
        f"{whole.distinct:,} distinct mutants of {kinds} files: {len(whole.found)} crashes, hangs, "
        f"misreadings or sure faults taken; "
        f"{whole.sure:,} sure faults refused, {whole.taken:,} others taken"
    )
    print(figure, f"({whole.seconds / 3600:.2f} CPU-hours)")
    if given.record:
        limit = f" --minutes {given.minutes:g}" if given.minutes != asked.get_default("minutes") else ""
        command = f"python -m tests.trust.mutants_input --count {given.count}{limit} --record"
        record(2, "distinct mutants of 20 or more seed files", figure, command, file="input")
    return 1 if whole.found else 0


if __name__ == "__main__":
    raise SystemExit(main())
