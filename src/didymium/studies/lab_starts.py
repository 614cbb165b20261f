"""The bases that a lab has found, kept in a file: the next server of the same data need not find them again."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import secrets
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import numpy as np

import didymium
from didymium.data import Dataset
from didymium.engine import Start
from didymium.studies.dials import Dials

STATUSES = set(range(5))
"""How HiGHS counts what a column or row is in a basis."""

log = logging.getLogger(__name__)


def file_of(folder: Path, ds: Dataset, scenario: str) -> Path:
    """Where the bases of a scenario lie. Data, version and solver decide them, so they are part of the name."""
    made_by = [str(ds.describe()["id"]), didymium.__version__, version("highspy")]
    return folder / f"{scenario}.{hashlib.sha256(json.dumps(made_by).encode()).hexdigest()[:16]}.npz"


def write(path: Path, starts: Mapping[Dials, Start]) -> None:
    """Write bases aside and put them in place; those of other data or versions go. A full disk is no fault of a lab."""
    aside = path.with_suffix(f".{secrets.token_hex(6)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as file:
            np.savez_compressed(
                file,
                dials=np.array([json.dumps(asdict(one)) for one in starts]),
                columns=np.stack([start.columns for start in starts.values()]),
                rows=np.stack([start.rows for start in starts.values()]),
                iterations=np.array([start.iterations for start in starts.values()]),
            )
        aside.replace(path)
        for old in path.parent.glob(f"{path.name.split('.')[0]}.*.npz"):
            if old != path:
                old.unlink(missing_ok=True)
    except OSError as wrong:
        log.warning("the lab's bases are not kept: %s", wrong)
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)


def read(path: Path, columns: int, rows: int) -> dict[Dials, Start]:
    """The bases of a file for programmes of this size; none if there is no such file, or it cannot be read."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            found = {name: held[name] for name in ("dials", "columns", "rows", "iterations")}
        said = [json.loads(text) for text in found["dials"].tolist()]
        dials = [
            Dials(
                one["place"], tuple(one["importers"]), tuple(one["products"]), float(one["share"]), int(one["months"])
            )
            for one in said
        ]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as wrong:
        log.warning("the lab's bases cannot be read and are found again: %s: %s", path, wrong)
        return {}
    sizes = {"columns": columns, "rows": rows}
    if any(
        found[n].shape != (len(dials), size) or not set(np.unique(found[n])) <= STATUSES for n, size in sizes.items()
    ):
        return {}
    parts = zip(dials, found["columns"], found["rows"], found["iterations"].tolist(), strict=True)
    return {one: Start(np.asarray(c, np.int8), np.asarray(r, np.int8), int(n)) for one, c, r, n in parts}
