"""Errors of a publisher's file, corrected or flagged in `corrections/<source>.toml`, each with reason and evidence.

A correction names the cell by what it says and where, and what it expects to find there. When the publisher mends the
file, the expectation fails and the import stops: a correction of what is right would be an error of ours.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from didymium.errors import BadInput
from didymium.sources.figures import Figure

Action = Literal["override", "drop", "scale", "flag"]
FOLDER = Path(__file__).with_name("corrections")
KEY = ("series", "unit", "place", "period", "partner", "file", "line", "column", "sheet")
CHANGED = ("text", "place", "partner", "unit", "series", "period", "notes")
_NAMES = ("id", "table", "key", "action", "column", "value", "reason", "evidence", "status", "expect")


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction: which cells (`key`), what is done, and what must stand there now (`expect`, one for each cell).

    override: `column` of the figure gets `value`. scale: the number is multiplied by `value`. drop: the cell is left
    out. flag: the cell stays and carries the reason. `status` says whether the publisher knows: found here, reported
    to the publisher, or confirmed by it.
    """

    id: str
    table: str
    key: dict[str, Any]
    action: Action
    column: str
    value: Any
    reason: str
    evidence: str
    status: str
    expect: tuple[str, ...]

    def covers(self, figure: Figure) -> bool:
        """True when the figure is one that is meant."""
        return all(getattr(figure, name) == value for name, value in self.key.items())


def read_corrections(importer: str, folder: Path = FOLDER) -> tuple[Correction, ...]:
    """The corrections of an edition; none when it has no file. Raises BadInput for a file that is not sound."""
    path = folder / f"{importer}.toml"
    if not path.exists():
        return ()
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))["correction"]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError) as error:
        raise BadInput(f"the corrections cannot be read ({error}).", where=path.name, cure="Mend the file.") from error
    return tuple(_one(entry, path.name) for entry in found)


def _one(entry: dict[str, Any], file: str) -> Correction:
    where = f"{file} correction {entry.get('id', '?')}"
    missing = [name for name in _NAMES if name not in entry and name not in ("column", "value")]
    extra = [name for name in entry if name not in _NAMES]
    if missing or extra:
        told = f"missing: {', '.join(missing) or 'none'}; not known: {', '.join(extra) or 'none'}"
        raise BadInput(f"the entry is not complete ({told}).", where=where, cure=f"It has {', '.join(_NAMES)}.")
    action, key = entry["action"], entry["key"]
    column = entry.get("column", "text")
    wrong = [name for name in key if name not in KEY]
    if action not in get_args(Action) or wrong or not key or column not in CHANGED:
        cure = f"Actions: {', '.join(get_args(Action))}. Key: {', '.join(KEY)}. Columns: {', '.join(CHANGED)}."
        raise BadInput("action, key or column is not one that is known.", where=where, cure=cure)
    if action in ("override", "scale") and "value" not in entry:
        raise BadInput("the value is missing.", where=where, cure="Say what is right.")
    expect = entry["expect"]
    return Correction(
        str(entry["id"]),
        str(entry["table"]),
        dict(key),
        action,
        column,
        entry.get("value"),
        str(entry["reason"]),
        str(entry["evidence"]),
        str(entry["status"]),
        tuple(expect) if isinstance(expect, list) else (str(expect),),
    )


@dataclass(frozen=True, slots=True)
class Mended:
    """A figure after corrections. `correction` is the one that changed or flagged it; `factor` what scale asks for."""

    figure: Figure
    correction: str | None = None
    factor: float = 1.0
    dropped: str = ""


def mend(figures: Iterable[Figure], corrections: Iterable[Correction]) -> Iterator[Mended]:
    """Every figure, corrected where a correction covers it. Raises BadInput when one does not find what it expects.

    A correction that finds no cell at all is reported by `unmet`, not here: the file may be a part of the whole.
    """
    known = list(corrections)
    left = {correction.id: list(correction.expect) for correction in known}
    for figure in figures:
        done = Mended(figure)
        for correction in known:
            if not correction.covers(figure):
                continue
            expected = left[correction.id].pop(0) if left[correction.id] else None
            if figure.text != expected:
                what = f"correction {correction.id} expects {expected!r} and finds {figure.text!r}."
                cure = "The publisher mended it, or the file is another one: review the correction."
                raise BadInput(what, where=figure.where, cure=cure)
            done = _apply(replace(done, correction=correction.id), correction)
        yield done


def _apply(done: Mended, correction: Correction) -> Mended:
    note = f"{correction.id}: {correction.reason}"
    if correction.action == "drop":
        return replace(done, dropped=note)
    figure = done.figure
    marked = replace(
        figure,
        flags=(*figure.flags, "flagged" if correction.action == "flag" else "corrected"),
    )
    if correction.action == "override":
        changes: dict[str, Any] = {correction.column: str(correction.value)}
        marked = replace(marked, **changes)
    factor = float(correction.value) if correction.action == "scale" else 1.0
    return replace(done, figure=marked, factor=done.factor * factor)


_FIELDS = {one.name for one in fields(Figure)}
assert set(KEY) | set(CHANGED) <= _FIELDS
