"""Tables that a user brings by the browser: bounded, judged in a child process, kept whole or not at all.

A kept layer is a folder in the store: the file under the name of its table, and `layer.toml` that says who may see it.
`in-use.json` beside the folders names those that answers are made with, in order.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from didymium.data.confined import confined, judged
from didymium.data.layer_files import LAYER_FILE, VISIBILITIES
from didymium.errors import BadInput
from didymium.schema import TABLES

MOST_UPLOAD = 8 << 20
"""Largest file [bytes]."""
MOST_KEPT = 50
"""Layers that are kept at most."""
SECONDS, MEGABYTES = 60, 2000
"""What the child that reads a file may take."""
SUFFIXES = (".xlsx", ".csv", ".json")
IN_USE = "in-use.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """A layer in the store: the file it came as, who may see it, and whether answers are made with it."""

    name: str
    file: str
    visibility: str
    is_used: bool


def kept(folder: Path) -> list[Kept]:
    """The layers of a store, by name."""
    used = in_use(folder)
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        file = next((f for f in path.iterdir() if f.suffix in SUFFIXES), None) if path.is_dir() else None
        if file is not None and not path.name.startswith("."):
            said = (path / LAYER_FILE).read_text("utf-8")
            found.append(Kept(path.name, file.name, said.split('"')[1], path.name in used))
    return found


def in_use(folder: Path) -> tuple[str, ...]:
    """Names of the layers that answers are made with, in order."""
    try:
        return tuple(json.loads((folder / IN_USE).read_text("utf-8")))
    except FileNotFoundError:
        return ()


def put_in_use(folder: Path, names: tuple[str, ...]) -> None:
    """Write down which layers answers are made with."""
    aside = folder / f".{secrets.token_hex(6)}.part"
    aside.write_text(json.dumps(names), encoding="utf-8")
    aside.replace(folder / IN_USE)


def take(folder: Path, filename: str, data: bytes, *, table: str, visibility: str) -> tuple[str, list[dict[str, Any]]]:
    """Keep a file as a layer if it has no fault; returns its name, empty if it is not kept, and faults and warnings.

    `table` is the table of a CSV or of JSON rows; empty if the file is named after it. Raises BadInput for what is no
    table at all.
    """
    label = _label(filename)
    suffix = Path(label).suffix.lower()
    if suffix not in SUFFIXES:
        raise BadInput(f"{suffix or 'a file without ending'} is not read here.", where=label, cure="Save it as .xlsx.")
    if not data:
        raise BadInput("the file is empty.", where=label, cure="Choose a file with rows.")
    if len(data) > MOST_UPLOAD:
        raise BadInput(f"the file has {len(data):,} bytes.", where=label, cure=f"Expected at most {MOST_UPLOAD:,}.")
    if visibility not in VISIBILITIES:
        raise BadInput(f"{visibility!r} is not known.", where="visibility", cure=f"Expected {', '.join(VISIBILITIES)}.")
    stem = "upload" if suffix == ".xlsx" else table or Path(label).stem.lower()
    if suffix != ".xlsx" and stem not in TABLES:
        raise BadInput(f"there is no table {stem!r}.", where=label, cure="Choose the table that the file fills.")
    name = _name(label, data, stem, visibility)
    if (folder / name).is_dir():
        return name, []
    if len(kept(folder)) >= MOST_KEPT:
        raise BadInput(f"{MOST_KEPT} layers are kept.", where=label, cure="Remove one that is not in use.")
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".{secrets.token_hex(6)}"
    try:
        (aside / name).mkdir(parents=True)
        (aside / name / f"{stem}{suffix}").write_bytes(data)
        (aside / name / LAYER_FILE).write_text(f'visibility = "{visibility}"\n', encoding="utf-8")
        found = confined(judged, aside / name, seconds=SECONDS, megabytes=MEGABYTES)
        faults = [{**one, "file": label, "line": one["line"].replace(f"{name}/{stem}{suffix}", label)} for one in found]
        if any(one["severity"] == "error" for one in faults):
            return "", faults
        (aside / name).rename(folder / name)
    except OSError as refused:
        raise BadInput(
            f"cannot be kept: {refused.strerror or refused}.", where=label, cure="Free some space."
        ) from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return name, faults


def remove(folder: Path, name: str) -> None:
    """Delete a layer that is not in use. Raises BadInput for others."""
    one = next((k for k in kept(folder) if k.name == name), None)
    if one is None or one.is_used:
        what = "there is no such layer." if one is None else "answers are made with this layer."
        raise BadInput(what, where=name[:60], cure="Choose one that is kept and not in use.")
    gone = folder / f".{secrets.token_hex(6)}"
    (folder / name).rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _label(filename: str) -> str:
    """What messages call a file: the last part of its name, without characters that cannot be seen."""
    last = re.split(r"[\\/]", filename)[-1]
    return "".join(c for c in last if c.isprintable())[-100:].lstrip(".") or "file"


def _name(label: str, data: bytes, stem: str, visibility: str) -> str:
    """The folder of a layer: its file's name in plain letters and a hash of all that it says."""
    plain = re.sub(r"[^a-z0-9]+", "-", Path(label).stem.lower()).strip("-")[:40] or "layer"
    return f"{plain}-{hashlib.sha256(repr((stem, visibility)).encode() + data).hexdigest()[:8]}"
