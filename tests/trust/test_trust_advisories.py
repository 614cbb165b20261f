"""The audit of the pins finds what an advisory names; nothing is older than the mend of one that was read by hand."""

from __future__ import annotations

import csv
import datetime
import tomllib
from pathlib import Path

import pytest

from tests.trust.advisories import PINS, PLANTED, WAIVERS, Finding, Pin, audited, is_affected, pins, waivers

ROOT = Path(__file__).parents[2]
LATER = Path(__file__).parent / "advisories_later.csv"
BAD = Pin("planted-package", "2.3.0")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "planted.yaml").write_text(PLANTED + "aliases: [CVE-1]\n", "utf-8")
    (tmp_path / "withdrawn.yaml").write_text(PLANTED + "withdrawn: '2026-02-01T00:00:00Z'\n", "utf-8")
    (tmp_path / "other.json").write_text(
        '{"id": "TEST-2", "modified": "2026-03-04T00:00:00Z",'
        ' "affected": [{"package": {"ecosystem": "npm", "name": "planted-package"}, "versions": ["2.3.0"]}]}',
        "utf-8",
    )
    return tmp_path


def test_a_planted_pin_is_found_and_sound_ones_are_not(folder: Path) -> None:
    sound = [Pin("planted-package", "1.2.0"), Pin("other-package", "2.3.0")]
    audit = audited([BAD, *sound], folder, set())
    assert audit.open == (Finding(BAD, "TEST-1", ("CVE-1",)),)
    assert (audit.advisories, audit.newest) == (2, "2026-03-04")


@pytest.mark.parametrize("name", ["TEST-1", "CVE-1"])
def test_a_waiver_holds_until_its_date_for_its_version(folder: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / "waivers.csv"
    head = WAIVERS.read_text("utf-8").splitlines()[0]
    path.write_text(f"{head}\nplanted-package,2.3.0,{name},2026-01-01,2026-06-30,not reached\n", "utf-8")
    before, after = datetime.date(2026, 6, 30), datetime.date(2026, 7, 1)
    assert audited([BAD], folder, waivers(path, before)).waived == (Finding(BAD, "TEST-1", ("CVE-1",)),)
    assert audited([BAD], folder, waivers(path, after)).open
    assert audited([Pin("planted-package", "2.4.0")], folder, waivers(path, before)).open


@pytest.mark.parametrize(
    ("events", "inside"),
    [
        ([{"introduced": "0"}], {"1.0", "2.0rc1", "2.0", "2.10"}),
        ([{"introduced": "2.0"}, {"fixed": "2.10"}], {"2.0"}),
        ([{"fixed": "2.0"}, {"introduced": "0"}], {"1.0", "2.0rc1"}),
        ([{"introduced": "0"}, {"last_affected": "2.0"}], {"1.0", "2.0rc1", "2.0"}),
        ([{"introduced": "0"}, {"fixed": "2.0rc1"}, {"introduced": "2.10"}], {"1.0", "2.10"}),
    ],
)
def test_ranges_are_of_versions_not_of_text(events: list[dict[str, str]], inside: set[str]) -> None:
    entry = {"ranges": [{"type": "ECOSYSTEM", "events": events}]}
    assert {one for one in ("1.0", "2.0rc1", "2.0", "2.10") if is_affected(one, entry)} == inside


def test_what_cannot_be_told_counts_as_named() -> None:
    assert is_affected("1.0", {}) and is_affected("1.0", {"ranges": [{"type": "GIT", "events": []}]})
    assert is_affected("1.0", {"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "not a version"}]}]})
    assert not is_affected("1.0", {"versions": ["1.0.1"], "ranges": [{"type": "GIT", "events": []}]})


def test_every_pin_is_read() -> None:
    lines = [line for path in PINS for line in path.read_text("utf-8").splitlines() if "==" in line]
    named = {line.split(";")[0].removesuffix("\\").strip() for line in lines if not line.startswith("#")}
    assert {f"{pin.package}=={pin.version}" for pin in pins()} == named


def test_waivers_are_of_pins_and_have_a_reason() -> None:
    with WAIVERS.open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    assert all(len(row["reason"]) > 20 and row["decided_date"] < row["until_date"] for row in rows)
    assert {Pin(row["package"], row["version"]) for row in rows} <= set(pins())


def test_no_pin_and_no_lower_bound_is_older_than_the_mend_of_an_advisory_that_is_known() -> None:
    from packaging.requirements import Requirement
    from packaging.version import Version

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    bounds = [(one.name, part.version) for one in map(Requirement, asked) for part in one.specifier]
    with LATER.open(encoding="utf-8", newline="") as table:
        fixed = [(row["package"], row["advisory"], Version(row["fixed_version"])) for row in csv.DictReader(table)]
    given = [*((pin.package, pin.version) for pin in pins()), *bounds]
    assert [
        f"{name} {version}: {advisory} is mended in {mend}"
        for name, version in given
        for package, advisory, mend in fixed
        if name == package and Version(version) < mend
    ] == []
