"""The doors that a file can come in by. Each takes a case and its path, and says what became of it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.trust.hostile_case import Case


@dataclass(frozen=True)
class Said:
    """What a door answered: refused or taken, the lines of the refusal, and the rows that would be used."""

    is_refused: bool
    lines: tuple[str, ...] = ()
    rows: tuple[Mapping[str, Any], ...] = ()
    code: int = 0
    shown: str = field(default="", repr=False)


Door = Callable[[Case, Path], Said]


def python(case: Case, path: Path) -> Said:
    """The library: `didymium.data.check`, then `open`."""
    import didymium.data
    from didymium.errors import DidymiumError

    try:
        if case.door == "layer":
            errors = [fault.line() for fault in didymium.data.check(path) if fault.severity == "error"]
            if errors:
                return Said(True, tuple(errors), code=2)
            opened = didymium.data.open([path])
            return Said(False, rows=tuple(row for row in opened.content[case.table] if row["layer"] != "base"))
        if case.door == "scenario":
            from didymium.scenario.scenario import load

            return Said(False, rows=(load(str(path)).model_dump(mode="json"),))
        if case.door == "journal":
            from didymium.data.journal_file import load as lines_of

            found = lines_of(path)
            return Said(False, rows=tuple({"line": e.line, "of": len(found), **e.draft.fields} for e in found))
        if case.door == "applied":
            from didymium.scenario.scenario import load

            load(str(path)).apply(didymium.data.open())
            return Said(False)
        return _imported(case, path)
    except DidymiumError as error:
        return Said(True, (error.line(), *getattr(error, "faults", ())), code=error.exit_code)


def _imported(case: Case, path: Path) -> Said:
    from didymium.data.package import base_tables
    from didymium.sources.register import import_file

    kind, _, importer = case.door.partition(" ")
    vocabulary = {name: parsed.rows for name, parsed in base_tables().items()}
    if kind == "terms":
        found = import_file(importer, path.parent / "sound.csv", vocabulary, [path])
    else:
        found = import_file(importer, path, vocabulary)
    if found.figures_in != len(found.rows["published"]) + sum(found.left_out.values()):
        raise AssertionError("figures were lost")
    return Said(False, rows=tuple(found.rows["published"]))


def command(arguments: list[str]) -> tuple[int, str, str]:
    """A command run in this process: its exit code and both streams."""
    from didymium.cli import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    return code, out.getvalue(), err.getvalue()


def commands(case: Case, path: Path) -> Said:
    """The command line, as a user would call it for a file of this kind."""
    store = str(path.parent / ".store")
    if case.door == "layer":
        checked = command(["data", "check", str(path), "--store", store])
        read = ["data", "table", case.table, "--layer", str(path), "--json", "--store", store]
        if checked[0]:
            if len(case.name) % 4 == 0:  # a part of them: the check and --layer read by the same code
                used = command(read)
                if used[0] != 2:
                    raise AssertionError(f"the check refuses it, and --layer takes it with {used[0]}")
            return _told(checked)
        code, out, err = command(read)
        rows = json.loads(out, parse_constant=_no_constant)["rows"] if code == 0 else []
        return Said(code != 0, tuple(err.splitlines()), tuple(r for r in rows if r["layer"] != "base"), code, out + err)
    if case.door == "scenario":
        code, out, err = command(["scenario", "show", str(path), "--json"])
        rows = (json.loads(out, parse_constant=_no_constant),) if code == 0 else ()
        return Said(code != 0, tuple(err.splitlines()), rows, code, out + err)
    if case.door == "applied":
        return _told(command(["stress", "--scenario", str(path), "--no-drivers", "--draws", "8", "--store", store]))
    if case.door == "journal":
        return _told(command(["commitments", "verify", "--journal", str(path)]))
    if case.door == "book":
        journal = str(path.parent / "journal.jsonl")
        asked = ["commitments", "update", "--from", str(path), "--journal", journal, "--who", "me", "--why", "so"]
        said = _told(command(asked))
        if said.is_refused and Path(journal).exists() and Path(journal).stat().st_size:
            raise AssertionError("a refused workbook left a line in the journal")
        return said
    kind, _, importer = case.door.partition(" ")
    file, more = (path.parent / "sound.csv", ["--terms", str(path)]) if kind == "terms" else (path, [])
    into = path.parent / "into"
    said = _told(command(["data", "import", importer, str(file), "--into", str(into), *more]))
    if said.is_refused and into.exists():
        raise AssertionError("a refused import left a folder")
    return said


def _told(answer: tuple[int, str, str]) -> Said:
    code, out, err = answer
    return Said(code != 0, tuple(line for line in err.splitlines() if line), code=code, shown=out + err)


def _no_constant(word: str) -> float:
    raise AssertionError(f"{word} is shown")


NOT_SHOWN = re.compile(r"\bNaN\b|\bnan\b|\bInfinity\b|(?<![\w'])-?inf\b")


def faults_of(case: Case, path: Path, said: Said) -> list[str]:
    """What is wrong with the answer of a door; nothing if it is as it must be."""
    found = []
    whole = "\n".join(said.lines)
    if "Traceback (most recent" in whole + said.shown or "didymium: unexpected" in whole:
        found.append(f"crash: {whole[-300:]}")
    if said.is_refused:
        if case.must == "taken":
            found.append(f"refused: {whole[:300]}")
        if said.code != 2:
            found.append(f"exit code {said.code}")
        found += [f"does not say {word!r}: {whole[:300]}" for word in case.words if word not in whole]
        if any(len(line) > 3000 for line in said.lines) or len(said.lines) > 20_000:
            found.append("too long an answer")
        if re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", whole):
            found.append(f"control characters reach the terminal: {whole[:200]!a}")
    else:
        if case.must == "refused":
            found.append("taken silently")
        if said.shown:
            found += [f"does not say {word!r}: {said.shown[-300:]}" for word in case.words if word not in said.shown]
        for column, value in case.held.items():
            kept = said.rows[0].get(column) if said.rows else value
            if kept != value:
                found.append(f"{column}: {value!a} became {kept!a}")
        if case.door == "layer" and NOT_SHOWN.search(said.shown.replace("NaNoBasis", "")):
            found.append("a number that is none is shown")
    return found


def named(case: Case, path: Path, said: Said) -> dict[str, bool]:
    """What of file, row, column, value and cure the refusal names, of those that the case has."""
    wanted = [line for line in said.lines if case.row in line and case.column in line] or list(said.lines)
    best: dict[str, bool] = {}
    names = [_shown(path.name), path.name]
    if case.door == "applied":  # a scenario may come from no file: it is named by its id
        names.append("scenario own")
    for line in wanted:
        place, _, rest = line.partition(": ")
        told = {"file": any(name in line for name in names), "cure": rest.count(". ") + rest.count("? ") > 0}
        if case.row:
            told["row"] = (
                f"{case.row}," in f"{place}," or f"{case.row}:" in f"{place}:" or case.row in place.split(" and ")[0]
            )
        if case.column:
            told["column"] = f"column {case.column}" in place or f"{case.column}" in line
        if case.column and case.value.strip():
            told["value"] = _shown(case.value)[:50] in line or case.value.strip()[:50] in line
        if sum(told.values()) >= sum(best.values()):
            best = told
    return best


def _shown(text: str) -> str:
    from didymium.schema.faults import visible

    return " ".join(visible(text)[1:-1].split())


DOORS: dict[str, Door] = {"library": python, "command line": commands}
"""The doors that are tried; a page that takes files adds its own with the same two arguments."""

QUIET = {"COLUMNS": "200", "NO_COLOR": "1"}


def calm() -> None:
    """No colours and wide lines, whatever the terminal."""
    os.environ.update(QUIET)
