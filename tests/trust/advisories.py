"""Each pinned package against a list of published advisories: what is known to be unsafe is found, or waived by date.

    python -m tests.trust.advisories --advisories FOLDER [--list NAME] [--as-of DATE] [--record]
    python -m tests.trust.advisories --broken        a pin that an advisory names: must be found

FOLDER holds advisories in the form of OSV, one a file (YAML or JSON), in any folders: a checkout of the PyPA advisory
database, or a download of osv.dev. A list only knows what was published before its date; where there is a network,
`pip-audit` asks the list of today. `waivers.csv` says which finding does not apply, why, and until when that holds.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.trust.record import record

ROOT = Path(__file__).parents[2]
PINS = (ROOT / "constraints.txt", ROOT / "constraints-dev.txt")
WAIVERS = Path(__file__).parent / "waivers.csv"
PLANTED = """id: TEST-1
modified: '2026-01-02T00:00:00Z'
affected:
- package: {name: Planted.Package, ecosystem: PyPI}
  ranges:
  - {type: ECOSYSTEM, events: [{introduced: '0'}, {fixed: 1.2.0}, {introduced: 2.0.0}]}
"""


@dataclass(frozen=True, slots=True, order=True)
class Pin:
    """One version of a package that may be installed."""

    package: str
    version: str


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A pin that an advisory names. `aliases`: what other lists call the same advisory."""

    pin: Pin
    advisory: str
    aliases: tuple[str, ...] = ()

    def __str__(self) -> str:
        also = f" ({', '.join(self.aliases)})" if self.aliases else ""
        return f"{self.pin.package} {self.pin.version}: {self.advisory}{also}"


@dataclass(frozen=True, slots=True)
class Audit:
    """What a list says of the pins: open findings, waived ones, how many advisories it has, and the newest change."""

    open: tuple[Finding, ...]
    waived: tuple[Finding, ...]
    advisories: int
    newest: str


def pins(paths: Iterable[Path] = PINS) -> list[Pin]:
    """Every pin of the lists of versions, for whatever Python and platform."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    found = set()
    for path in paths:
        for line in path.read_text("utf-8").splitlines():
            if "==" in line and not line.startswith(("#", " ")):
                one = Requirement(line.removesuffix("\\").strip())
                (exact,) = one.specifier
                found.add(Pin(canonicalize_name(one.name), exact.version))
    return sorted(found)


def advisories(folder: Path) -> Iterator[dict[str, Any]]:
    """What the files of a folder tell, those withdrawn left out."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".yaml", ".yml", ".json") or not path.is_file():
            continue
        text = path.read_text("utf-8")
        told = json.loads(text) if path.suffix == ".json" else yaml.load(text, loader)
        if isinstance(told, dict) and "id" in told and "affected" in told and not told.get("withdrawn"):
            yield told


def is_affected(version: str, affected: dict[str, Any]) -> bool:
    """Whether an entry of `affected` names a version, by its list or by a range of it.

    An entry without either, and a range whose bounds are no versions, name every version: better asked than missed.

    >>> one = {"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.10"}]}]}
    >>> is_affected("2.9", one), is_affected("2.10", one)
    (True, False)
    """
    from packaging.version import InvalidVersion, Version

    if version in map(str, affected.get("versions") or ()):
        return True
    ranges = [one for one in affected.get("ranges") or () if one.get("type") in ("ECOSYSTEM", "SEMVER")]
    if not ranges:
        return not affected.get("versions")
    mine = Version(version)
    try:
        return any(_inside(mine, one["events"]) for one in ranges)
    except InvalidVersion:
        return True


def _inside(version: Any, events: Sequence[dict[str, Any]]) -> bool:
    """Whether a version lies in what the events of a range leave open, taken in the order of their versions."""
    from packaging.version import Version

    def at(event: dict[str, Any]) -> tuple[Any, bool]:
        ((kind, where),) = event.items()
        return Version(str(where)), kind == "last_affected"  # what is mended at a version is so before it ends

    inside = False
    for event in sorted((one for one in events if "limit" not in one), key=at):
        where, is_last = at(event)
        if "introduced" in event:
            inside = inside or where <= version
        elif (version > where) if is_last else (version >= where):
            inside = False
    return inside


def waivers(path: Path, today: datetime.date) -> set[tuple[Pin, str]]:
    """Findings that do not apply, as long as the waiver holds."""
    with path.open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    return {
        (Pin(row["package"], row["version"]), row["advisory"])
        for row in rows
        if row["reason"] and datetime.date.fromisoformat(row["until_date"]) >= today
    }


def audited(every: Sequence[Pin], folder: Path, waived: set[tuple[Pin, str]]) -> Audit:
    """The pins against all advisories of a folder."""
    from packaging.utils import canonicalize_name

    found, count, newest = set(), 0, ""
    for told in advisories(folder):
        count, newest = count + 1, max(newest, str(told.get("modified", ""))[:10])
        for entry in told["affected"]:
            package = entry.get("package") or {}
            if package.get("ecosystem") != "PyPI":
                continue
            name = canonicalize_name(str(package["name"]))
            found |= {
                Finding(pin, str(told["id"]), tuple(map(str, told.get("aliases") or ())))
                for pin in every
                if pin.package == name and is_affected(pin.version, entry)
            }
    aside = {one for one in found if any((one.pin, name) in waived for name in (one.advisory, *one.aliases))}
    return Audit(tuple(sorted(found - aside)), tuple(sorted(aside)), count, newest)


def main() -> int:
    """Check, say what was found, and record it if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--advisories", type=Path, help="folder of advisories in the form of OSV")
    parser.add_argument("--list", default="a list of advisories", help="what the list is called, with its commit")
    parser.add_argument("--as-of", help="the date of the list; if not given, that of its newest change")
    parser.add_argument("--broken", action="store_true", help="a pin that an advisory names")
    parser.add_argument("--record", action="store_true", help="keep the figure for the page of trust")
    asked = parser.parse_args()
    every, today = pins(), datetime.datetime.now(datetime.UTC).date()
    with tempfile.TemporaryDirectory() as room:
        folder = asked.advisories
        if asked.broken:
            folder, every = Path(room), [*every, Pin("planted-package", "2.3.0")]
            (folder / "planted.yaml").write_text(PLANTED, "utf-8")
        if folder is None or not folder.is_dir():
            parser.error("--advisories names no folder")
        audit = audited(every, folder, waivers(WAIVERS, today))
    if not audit.advisories:
        parser.error(f"{folder} holds no advisory")
    for one in audit.open:
        print(one)
    for one in audit.waived:
        print(f"{one}: waived")
    as_of = asked.as_of or audit.newest
    figure = f"{len(audit.open)} open, {len(audit.waived)} waived of {len(every)} pins, by {audit.advisories:,}"
    figure += f" advisories as of {as_of} ({asked.list}); later ones are not in it"
    print(figure)
    if asked.record and not asked.broken:
        command = "python -m tests.trust.advisories --advisories FOLDER --record"
        record(23, "pins that an advisory names", figure, command, file="store")
    return 1 if audit.open else 0


if __name__ == "__main__":
    raise SystemExit(main())
