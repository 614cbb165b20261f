"""What holds for every file that is kept: no trace of one machine, nothing that needs another, nothing too large."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
LONGEST_MODULE = 600  # lines
LARGEST_FILE = 3_000_000  # bytes

# Written with a class of one letter, so that this file does not hold what it forbids.
_PLACES_OF_ONE_MACHINE = re.compile(
    r"(?:^|[^\w.:/])(?:/(?:w[o]rk|r[o]ot|h[o]me|U[s]ers|o[p]t|m[n]t)/\w|C:\\U[s]ers)", re.MULTILINE
)
_REGISTRIES = re.compile(
    r"p[y]pi\.org|p[y]thonhosted\.org|npm[j]s\.(?:org|com)|deb\.d[e]bian\.org|anac[o]nda\.org|crat[e]s\.io"
    r"|--ind[e]x-url|--extra-ind[e]x|f[i]le:///"
)
_LOCKS = re.compile(r"(?:^|/)(?:uv\.lock|poetry\.lock|pylock[^/]*\.toml|package-lock\.json|yarn\.lock|Pipfile\.lock)$")


def kept() -> list[Path]:
    """Every file that git tracks."""
    try:
        said = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in said.stdout.decode("utf-8").split("\0") if name]
    return [path for path in paths if path.is_file()]


def texts() -> list[tuple[str, str]]:
    """Tracked text files but tables of facts, whose addresses are facts."""
    found = []
    for path in kept():
        if path.suffix == ".csv":
            continue
        try:
            found.append((path.relative_to(ROOT).as_posix(), path.read_text("utf-8")))
        except UnicodeDecodeError:
            continue
    return found


def test_no_file_names_a_place_of_one_machine() -> None:
    assert [(name, hit.group()) for name, text in texts() for hit in _PLACES_OF_ONE_MACHINE.finditer(text)] == []


def test_no_file_names_a_package_registry() -> None:
    assert [(name, hit.group()) for name, text in texts() for hit in _REGISTRIES.finditer(text)] == []


def test_the_patterns_find_what_they_forbid() -> None:
    assert _PLACES_OF_ONE_MACHINE.search("see /" + "work/x") and _PLACES_OF_ONE_MACHINE.search("C:\\" + "Users")
    assert not _PLACES_OF_ONE_MACHINE.search("https://example.org/" + "work/x")
    assert _REGISTRIES.search("https://" + "py" + "pi.org/simple")
    assert _LOCKS.search("app/" + "uv.lock")


def test_no_lock_file_is_kept() -> None:
    assert [path.name for path in kept() if _LOCKS.search(path.as_posix())] == []


def test_no_module_is_too_long() -> None:
    lengths = {path.name: len(path.read_text("utf-8").splitlines()) for path in kept() if path.suffix == ".py"}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_MODULE} == {}


def test_no_file_is_too_large() -> None:
    assert [path.name for path in kept() if path.stat().st_size > LARGEST_FILE] == []


def test_no_module_is_a_drawer_for_anything() -> None:
    drawers = {"utils.py", "util.py", "helpers.py", "common.py", "misc.py", "manager.py"}
    assert [path.name for path in kept() if path.name in drawers] == []


def _direct() -> dict[str, list[Requirement]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    run = [Requirement(text) for text in project["dependencies"]]
    return {"run": run, "dev": [Requirement(text) for text in project["optional-dependencies"]["dev"]]}


def _pins(name: str) -> dict[str, set[str]]:
    text = (ROOT / name).read_text("utf-8")
    found: dict[str, set[str]] = {}
    for package, version in re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)", text, re.MULTILINE):
        found.setdefault(canonicalize_name(package), set()).add(version)
    return found


def test_the_page_of_dependencies_names_each_one_and_no_other() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    listed = re.findall(r"^\| `([a-z0-9-]+)` \|", page, re.MULTILINE)
    declared = [requirement.name for group in _direct().values() for requirement in group]
    assert listed == declared


@pytest.mark.parametrize(("name", "groups"), [("constraints.txt", ["run"]), ("constraints-dev.txt", ["run", "dev"])])
def test_every_dependency_is_pinned_within_its_range(name: str, groups: list[str]) -> None:
    pins = _pins(name)
    for requirement in (r for group in groups for r in _direct()[group]):
        versions = pins.get(canonicalize_name(requirement.name), set())
        assert versions, f"{requirement.name} is not in {name}"
        assert all(requirement.specifier.contains(Version(v)) for v in versions), f"{requirement} against {versions}"


def test_every_pin_has_a_hash() -> None:
    for name in ("constraints.txt", "constraints-dev.txt"):
        entries = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / name).read_text("utf-8"))
        bare = [entry.split(" ")[0] for entry in entries if not entry.startswith("#") and "--hash=sha256:" not in entry]
        assert bare == []


def test_what_is_tested_is_what_is_installed() -> None:
    run, dev = _pins("constraints.txt"), _pins("constraints-dev.txt")
    assert {name: versions for name, versions in run.items() if dev.get(name) != versions} == {}
