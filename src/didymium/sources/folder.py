"""The folder that an import leaves: tables in the schema, and the record of their origin. Whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from didymium.errors import BadInput
from didymium.schema import DATA_VERSION, TABLES
from didymium.schema.writing import table_csv
from didymium.sources.figures import Origin
from didymium.sources.intake import Intake

RECORD = "import.json"


def fingerprints(path: Path) -> list[dict[str, Any]]:
    """Name, size and SHA-256 of the file, or of every file of the folder, that was read."""
    files = sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
    found = []
    for file in files:
        data = file.read_bytes()
        found.append({"file": file.name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})
    return found


def documents(intake: Intake, files: Sequence[Mapping[str, Any]], known_sources: Iterable[str]) -> dict[str, bytes]:
    """The files of the folder by name. The same input gives the same bytes: no clock, sorted rows."""
    rows: dict[str, Sequence[Mapping[str, Any]]] = {name: of for name, of in intake.rows.items() if of}
    if intake.origin.source_id not in set(known_sources):
        rows["sources"] = [source_row(intake.origin)]
    record = {
        "importer": intake.origin.importer,
        "origin": asdict(intake.origin),
        "data_version": DATA_VERSION,
        "files": list(files),
        "figures_in": intake.figures_in,
        "rows_out": len(intake.rows["published"]),
        "left_out": dict(intake.left_out),
        "corrections": dict(intake.corrections),
        "corrections_without_a_cell": list(intake.unmet),
        "tables": {name: len(of) for name, of in sorted(rows.items())},
    }
    made = {f"{name}.csv": table_csv(TABLES[name], of) for name, of in sorted(rows.items())}
    made[RECORD] = (json.dumps(record, ensure_ascii=False, indent=2) + "\n").encode("utf-8")
    return made


def source_row(origin: Origin) -> dict[str, Any]:
    """The row of table `sources` for an edition that ships no row of its own."""
    return {
        "source_id": origin.source_id,
        "title": origin.title,
        "producer": origin.producer,
        "url": origin.url,
        "published_date": origin.published,
        "accessed_date": origin.accessed,
        "licence": origin.licence,
        "kind": "official",
        "notes": origin.attribution,
    }


def write_folder(made: Mapping[str, bytes], folder: Path, check: Callable[[Path], None]) -> bool:
    """Put the files into the folder after `check` has passed on them; False when they are there already.

    The folder is built beside its place and renamed: whatever stops this, the place holds the old import or the new
    one. An existing folder must be an import of the same publication, or empty.
    """
    if _already(made, folder):
        return False
    aside = folder.with_name(f".{folder.name}.{secrets.token_hex(6)}")
    old = folder.with_name(f"{aside.name}.old")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside.mkdir()
        try:
            for name, body in made.items():
                with (aside / name).open("wb") as file:
                    file.write(body)
                    file.flush()
                    os.fsync(file.fileno())
            check(aside)
            if folder.exists():
                folder.rename(old)
            try:
                aside.rename(folder)
            except OSError:
                if old.exists():
                    old.rename(folder)
                raise
        finally:
            shutil.rmtree(aside, ignore_errors=True)
            if folder.exists():
                shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadInput(f"cannot be written: {reason}.", where=str(folder), cure="Name another place.") from error
    return True


def _already(made: Mapping[str, bytes], folder: Path) -> bool:
    """True when the folder holds exactly these files. Raises BadInput when it holds something else than an import."""
    if not folder.exists() and not folder.is_symlink():
        return False
    if not folder.is_dir() or folder.is_symlink():
        raise BadInput("is no folder.", where=str(folder), cure="Name a new folder with --into.")
    held = {file.name: file for file in folder.iterdir()}
    if not held:
        return False
    importer = json.loads(made[RECORD])["importer"]
    known = {f"{name}.csv" for name in TABLES} | {RECORD}
    if RECORD not in held or not set(held) <= known or _importer_of(held[RECORD]) != importer:
        what = f"the folder holds something else than an import of {importer}."
        raise BadInput(what, where=str(folder), cure="Name a new folder with --into.")
    return set(held) == set(made) and all(file.read_bytes() == made[name] for name, file in held.items())


def _importer_of(record: Path) -> str:
    try:
        return str(json.loads(record.read_bytes())["importer"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
