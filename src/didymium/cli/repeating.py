"""Asking a kept question again: the manifest says what to ask, the store says what the answer was."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from didymium import __version__
from didymium.cli.options import Shared
from didymium.cli.progress import progress_bar
from didymium.errors import StoreError
from didymium.questions import answering
from didymium.questions.catalogue import QUESTIONS
from didymium.questions.question import Question
from didymium.results import PARTIAL, Manifest, RunStore, first_difference, result_bytes
from didymium.results.manifest import versions

if TYPE_CHECKING:
    from didymium.data import Dataset


def repeated(store: RunStore, run_id: str, shared: Shared) -> dict[str, Any]:
    """Whether a run gives the same bytes again, and if not, where they part.

    Raises StoreError if the run cannot be repeated here: other version, other data, unknown question.
    """
    manifest, kept = store.manifest(run_id), store.read(run_id)
    where = str(store.path / run_id)
    if manifest.status == PARTIAL:
        raise StoreError(
            "the run is partial: how far it came in its time limit depends on the machine, so nothing repeats.",
            where=where,
            cure="Ask the question again without --time-limit.",
        )
    question = question_of(manifest, where)
    ds = data_of(manifest, where, shared)
    # The kept answer is complete, so its time limit stopped nothing.
    params = {**manifest.call["params"], **({"time_limit": None} if "time_limit" in question.params else {})}
    with progress_bar(question.command, quiet=shared.quiet) as progress:
        again = answering.answer(question, ds, params, progress)
    now = result_bytes(again)
    same = now == kept
    here = versions()
    return {
        "run_id": run_id,
        "same": same,
        "bytes": len(kept),
        "sha256_kept": manifest.result_sha256,
        "sha256_now": hashlib.sha256(now).hexdigest(),
        "first_difference": None if same else first_difference(json.loads(kept), json.loads(now)),
        "other_versions": [
            f"{name} {version} then, {here.get(name, 'none')} now"
            for name, version in sorted(manifest.versions.items())
            if here.get(name) != version
        ],
    }


def question_of(manifest: Manifest, where: str) -> Question:
    """The question of a run. Raises StoreError if another version asked it."""
    question = QUESTIONS.get(manifest.call["command"])
    asked_by = manifest.versions["didymium"]
    if question is None or asked_by != __version__:
        raise StoreError(
            f"the run was made by Didymium {asked_by}; this is {__version__}.",
            where=where,
            cure=f"Install version {asked_by} to repeat it.",
        )
    return question


def data_of(manifest: Manifest, where: str, shared: Shared) -> Dataset:
    """The data of a run. Raises StoreError if they are not at hand."""
    # Layers are where they were, unless the user says where they are now.
    ds = answering.dataset(shared.layers or tuple(Path(layer) for layer in manifest.call["layers"]))
    if manifest.call.get("redact"):
        ds = ds.redacted()
    asked_of = str(manifest.dataset["id"])
    if ds.id != asked_of:
        raise StoreError(
            f"the run was made from dataset {asked_of[:12]}; this is {ds.id[:12]}{_parted(manifest, ds)}.",
            where=where,
            cure="Give the data of the run with --layer, or install the version that shipped them.",
        )
    return ds


def _parted(manifest: Manifest, ds: Dataset) -> str:
    """Which tables are not those of the run."""
    now = answering.table_hashes(ds)
    other = [name for name in sorted({*manifest.tables, *now}) if manifest.tables.get(name) != now.get(name)]
    if not other:
        return ""
    more = f" and {len(other) - 5} more" if len(other) > 5 else ""
    return f" (tables that differ: {', '.join(other[:5])}{more})"
