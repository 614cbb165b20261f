"""Small changes of the code, one at a time, each of which some test has to notice: the mutation score.

    python -m tests.trust.mutants core|importers|MODULE … [--mutants 80] [--seed 21] [--minutes 30] [--record]

Cosmic Ray says which changes a module can suffer; a random part of those of all modules named (of a fixed seed) is
tried in a copy of the checkout, each against the tests that name its module. What stands in type hints is left out,
since it does not run. A change that lives is a gap of the tests, or no change at all; it counts against the score
either way. Tests of the publishers' own files run where these are at hand, and the figure says whether they were.
The core is engine, finance, model and results; the importers are sources, and what reads text and cells. What became
of each mutant is kept in `results/kept/mutants.json`: a later run of the same sample of the same code goes on from
there. It does not try again what lived, for which a test has been written since: that would flatter the score.
"""

from __future__ import annotations

import argparse
import ast
import compileall
import difflib
import hashlib
import json
import math
import os
import py_compile
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.sources.conftest import raw_folder
from tests.trust.record import RESULTS, record

ROOT = Path(__file__).parent.parent.parent
PACKAGE = Path("src") / "didymium"
KEPT = RESULTS / "kept" / "mutants.json"
SEED = 21
PATIENCE = 10  # a mutant whose tests take so many times as long as without it, and a minute, never ends: noticed
PARTS = {
    "core": ("engine", "finance", "model", "results"),
    "importers": ("sources", "schema/reader.py", "schema/cells.py", "schema/spreadsheet.py"),
}
ELSEWHERE = {"plan_network": ["tests/model/test_plan_network.py", "tests/studies/test_plan.py"]}


@dataclass(frozen=True)
class Mutant:
    """The `occurrence`-th place of a module where an operator of Cosmic Ray has something to change."""

    module: Path
    operator: str
    occurrence: int
    line: int


def modules(part: str) -> list[Path]:
    """Modules of a part, or the one named, relative to the checkout."""
    found: list[Path] = []
    for name in PARTS.get(part, ()):
        path = PACKAGE / name
        every = sorted((ROOT / path).rglob("*.py")) if path.suffix == "" else [ROOT / path]
        found += [one.relative_to(ROOT) for one in every if one.name != "__init__.py"]
    return found or [Path(part)]


def tests_of(module: Path) -> list[str]:
    """Test files that name the module, those in whose own name it stands first: of its room, else of any room.

    A module that none names has the tests of its room.
    """
    if module.stem in ELSEWHERE:
        return ELSEWHERE[module.stem]
    tests = ROOT / "tests"
    room = [*sorted((tests / module.parent.name).glob("test_*.py")), tests / "trust" / "test_known.py"]
    name = re.compile(rf"\b{module.stem}\b")
    imported = re.compile(rf"didymium\.{module.parent.name}(\.| import .*\b){module.stem}\b")
    found = [one for one in room if name.search(one.read_text("utf-8"))] or [
        one for one in sorted(tests.rglob("test_*.py")) if imported.search(one.read_text("utf-8"))
    ]
    return [str(one.relative_to(ROOT)) for one in sorted(found or room, key=lambda one: module.stem not in one.stem)]


def hints(source: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where type hints and `if TYPE_CHECKING` stand, from line and column to line and column."""
    spans = []
    for node in ast.walk(ast.parse(source)):
        parts: list[ast.AST | None] = []
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            parts = [node.returns, *(one.annotation for one in ast.walk(node.args) if isinstance(one, ast.arg))]
        elif isinstance(node, ast.AnnAssign):
            parts = [node.annotation]
        elif isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            parts = [node]
        for part in parts:
            if part is not None:
                spans.append(((part.lineno, part.col_offset), (part.end_lineno or 0, part.end_col_offset or 0)))  # type: ignore[attr-defined]
    return spans


def mutants(module: Path) -> Iterator[Mutant]:
    """All that Cosmic Ray would change in a module, but for type hints."""
    from cosmic_ray.ast import ast_nodes, get_ast_from_path
    from cosmic_ray.plugins import get_operator, operator_names

    source = (ROOT / module).read_text("utf-8")
    left_out = hints(source)
    tree = get_ast_from_path(ROOT / module)
    for operator in sorted(operator_names()):
        kind = get_operator(operator)
        if kind.arguments():
            continue
        places = [start for node in ast_nodes(tree) for start, _ in kind().mutation_positions(node)]
        for occurrence, start in enumerate(places):
            if not any(first <= tuple(start) < last for first, last in left_out):
                yield Mutant(module, operator, occurrence, start[0])


def changed(source: str, mutant: Mutant) -> str:
    """The source with the change."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    found = mutate_code(source, get_operator(mutant.operator)(), mutant.occurrence)
    if found is None:
        raise ValueError(f"{mutant} is not there")
    return str(found)


def passes(copy: Path, tests: Sequence[str], most: float | None = None) -> bool:
    """Whether all these tests pass in the copy, within `most` seconds; on the same examples each time, however slow."""
    words = ("-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-p", "no:randomly", "--hypothesis-profile", "ci")
    paths = f"{copy / 'src'}{os.pathsep}{copy}"
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    raw = raw_folder()
    if raw is not None:  # the copy does not lie beside them
        environment["DIDYMIUM_SHARED"] = str(raw.parent.parent)
    command = [sys.executable, "-m", "pytest", *words, *tests]
    try:
        ran = subprocess.run(command, cwd=copy, env=environment, capture_output=True, check=False, timeout=most)
    except subprocess.TimeoutExpired:
        return False
    return ran.returncode == 0


def tried(
    chosen: Sequence[tuple[int, Mutant]], folder: Path, minutes: float = math.inf
) -> Iterator[tuple[int, Mutant, str]]:
    """Mutants with their numbers, one by one, and the change of each that lives ("" for one that is noticed).

    No new one is begun after so many minutes.
    """
    copy, end = folder / "checkout", time.monotonic() + 60 * minutes
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", "build", "*.pyc"))
    # compiled once; a module that is changed is told by its hash
    compileall.compile_dir(copy, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
    took: dict[tuple[str, ...], float] = {}
    for number, one in chosen:
        if time.monotonic() > end:
            return
        tests = tuple(tests_of(one.module))
        if tests not in took:
            begun = time.monotonic()
            if not passes(copy, tests):
                raise SystemExit(f"the tests {' '.join(tests)} fail without any change")
            took[tests] = time.monotonic() - begun
        path = copy / one.module
        source = path.read_text("utf-8")
        after = changed(source, one)
        path.write_text(after, encoding="utf-8", newline="\n")
        lives = passes(copy, tests, 60 + PATIENCE * took[tests])
        path.write_text(source, encoding="utf-8", newline="\n")
        lines = list(difflib.unified_diff(source.splitlines(), after.splitlines(), lineterm="", n=0))[3:]
        yield number, one, " → ".join(line[1:].strip() for line in lines) if lives else ""


def code_of(parts: Sequence[str]) -> str:
    """What the code of these parts is, in twelve letters: a sample of other code is another sample."""
    digest = hashlib.sha256()
    for module in sorted({module for part in parts for module in modules(part)}):
        digest.update(str(module).encode() + (ROOT / module).read_bytes())
    return digest.hexdigest()[:12]


def kept(name: str, path: Path = KEPT) -> dict[str, str]:
    """What became of the mutants of a sample, by number: the change of one that lived, "" for one that was noticed."""
    every: dict[str, dict[str, str]] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return every.get(name, {})


def keep(name: str, number: int, lived: str, path: Path = KEPT) -> None:
    """Add one. Samples of the same parts and seed of other code give way."""
    every: dict[str, dict[str, str]] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    same = name.rpartition(" ")[0]
    every = {one: told for one, told in every.items() if one == name or one.rpartition(" ")[0] != same}
    told = {**every.get(name, {}), str(number): lived}
    every[name] = {key: told[key] for key in sorted(told, key=int)}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(every, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")


def main() -> int:
    """Try a part of the code."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("parts", nargs="+")
    asked.add_argument("--mutants", type=int, default=80)
    asked.add_argument("--minutes", type=float, default=math.inf, help="begin no new one after so long")
    asked.add_argument("--seed", type=int, default=SEED)
    asked.add_argument("--record", action="store_true", help="write the figure to the page of trust")
    given = asked.parse_args()
    # A job in the background ignores the interrupt of the keyboard, and would hand that on to tests that send one.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    every = [one for part in given.parts for module in modules(part) for one in mutants(module)]
    chosen = list(enumerate(random.Random(given.seed).sample(every, min(given.mutants, len(every))), 1))
    name = f"{' '.join(given.parts)}, {given.mutants} of seed {given.seed}, code {code_of(given.parts)}"
    told = kept(name) if given.record else {}
    left = [(number, one) for number, one in chosen if str(number) not in told]
    with tempfile.TemporaryDirectory() as folder:
        for number, one, lived in tried(left, Path(folder), given.minutes):
            told = {**told, str(number): lived}
            print(
                f"{number}/{len(chosen)} {one.module}:{one.line} {one.operator} {'LIVES' if lived else '-'}", flush=True
            )
            if lived:
                print(f"    {lived}", flush=True)
            if given.record:
                keep(name, number, lived)
    noticed = sum(not lived for lived in told.values())
    if not told:
        raise SystemExit("none was tried")
    first = sorted(map(int, told)) == list(range(1, len(told) + 1))
    asked_for = "" if len(told) == len(chosen) else f"{'the first ' if first else ''}{len(told)} of "
    figure = f"{noticed} of {len(told)} noticed ({noticed / len(told):.0%}): {asked_for}a sample of {given.mutants} "
    figure += f"of {len(every):,}, raw files {'at hand' if raw_folder() else 'absent'}"
    print(figure)
    if given.record:
        what = " and ".join(given.parts)
        seed = "" if given.seed == SEED else f" --seed {given.seed}"
        command = f"python -m tests.trust.mutants {' '.join(given.parts)} --mutants {given.mutants}{seed} --record"
        record(21, f"mutation score, {what}", figure, command, file="answers")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
