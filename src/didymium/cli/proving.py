"""The solved programmes of a kept run: checked again without a solver, and written out for other programs to check."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from didymium.cli.options import Shared
from didymium.cli.repeating import data_of, question_of
from didymium.errors import BadInput, DidymiumError, StoreError
from didymium.questions.catalogue import QUESTIONS
from didymium.results import Manifest, RunStore
from didymium.results.notices import layer_notices

if TYPE_CHECKING:
    import numpy as np

    from didymium.data import Dataset
    from didymium.i18n import Translator
    from didymium.studies.proofs import Answered

README = "README.md"
MANIFEST = "manifest.json"
OPTIONS = "highs.options"
_TIGHT = "primal_feasibility_tolerance = 1e-9\ndual_feasibility_tolerance = 1e-9\npresolve = off\n"  # as solved here


class Proofs:
    """Checks of the runs of one store; a dataset that several runs share is opened once."""

    def __init__(self, store: RunStore, shared: Shared) -> None:
        self._store = store
        self._shared = shared
        self._opened: dict[tuple[str, ...], Dataset] = {}

    def rows(self, run_id: str) -> Iterator[dict[str, Any]]:
        """One row for each central programme of a sound run: `holds` is true, false, or None where it cannot be told.

        A run without solved programmes has no rows.
        """
        result = self._store.load(run_id)
        question = QUESTIONS.get(self._store.manifest(run_id).call["command"])
        if question is None or not question.proofs or not result.array_hashes:
            return
        try:
            ds = self._data(run_id)
        except DidymiumError as elsewhere:
            yield {"name": run_id, "programme": "", "holds": None, "fault": elsewhere.what}
            return
        try:
            for row in import_module(question.proofs).checked(ds, result, self._store.arrays(run_id)):
                yield {"name": run_id, "holds": row["fault"] is None, **row}
        except BadInput as other:
            yield {"name": run_id, "programme": "", "holds": False, "fault": other.line()}

    def answered(self, run_id: str) -> list[Answered]:
        """The central programmes with their kept answers. Raises StoreError if the run has none or data are missing."""
        result = self._store.load(run_id)
        where = str(self._store.path / run_id)
        command = self._store.manifest(run_id).call["command"]
        question = QUESTIONS.get(command)
        if question is None or not question.proofs or not result.array_hashes:
            stopped = result.status != "complete" and question is not None and bool(question.proofs)
            raise StoreError(
                "the time limit stopped all programmes of the run."
                if stopped
                else f"the run answers '{command}' and keeps no solved programme.",
                where=where,
                cure="Ask again without --time-limit." if stopped else "Export a run of: didymium stress.",
            )
        return list(import_module(question.proofs).answered(self._data(run_id), result, self._store.arrays(run_id)))

    def _data(self, run_id: str) -> Dataset:
        manifest, where = self._store.manifest(run_id), str(self._store.path / run_id)
        question_of(manifest, where)
        key = (str(manifest.dataset["id"]), *manifest.call["layers"])
        if key not in self._opened:
            self._opened[key] = data_of(manifest, where, self._shared)
        return self._opened[key]


def export(store: RunStore, run_id: str, folder: Path, shared: Shared, t: Translator) -> list[dict[str, Any]]:
    """Write each central programme as MPS, its answer as JSON, a manifest with hashes and a README into `folder`.

    Returns one row for each file. Raises BadInput if the folder holds something already or cannot be written, and for
    a run made with confidential figures unless `shared` lets them out: a programme holds them all.
    """
    from didymium.engine.mps import write_mps

    manifest = store.manifest(run_id)
    secret = [r for r in manifest.dataset.get("layer_records", ()) if r["visibility"] == "confidential" and r["sha256"]]
    if secret and not shared.include_confidential:
        raise BadInput(
            f"the run was made with the confidential layer {', '.join(str(r['name']) for r in secret)}.",
            where=f"run {run_id}",
            cure="Ask the question again with --redact and export that run, or add --include-confidential.",
        )
    solved = Proofs(store, shared).answered(run_id)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise BadInput("the folder is not empty.", where=str(folder), cure="Name a new or an empty folder.")
        listed = []
        for one in solved:
            rows, columns = one.names()
            path = folder / f"{one.name}.mps"
            write_mps(one.programme, path, rows, columns, name=f"{run_id}-{one.name}")
            answer = _answer(one, run_id, rows, columns)
            _write_json(folder / f"{one.name}.json", answer)
            listed.append({key: answer[key] for key in ("programme", "objective", "bound", "certificate", "sizes")})
        (folder / OPTIONS).write_text(_TIGHT, encoding="utf-8")
        (folder / README).write_text(_readme(manifest, t), encoding="utf-8")
        files = [_hashed(path) for path in sorted(folder.iterdir())]
        about = {"run_id": run_id, "call": dict(manifest.call), "dataset": dict(manifest.dataset)}
        versions = dict(manifest.versions)
        _write_json(folder / MANIFEST, {**about, "versions": versions, "programmes": listed, "files": files})
    except OSError as refused:
        reason = refused.strerror or str(refused)
        raise BadInput(f"cannot be written: {reason}.", where=str(folder), cure="Name another folder.") from refused
    return [*files, _hashed(folder / MANIFEST)]


def _answer(one: Answered, run_id: str, rows: list[str], columns: list[str]) -> dict[str, Any]:
    """Objective, certificate and the values by name; names that are not listed are 0."""
    proof = one.certificate()
    reduced = one.programme.cost - one.programme.matrix.T @ one.row_dual
    return {
        "run_id": run_id,
        "programme": one.name,
        "sense": "minimise",
        "units": {"objective": "million USD", "primal": "t", "dual": "million USD per t"},
        "objective": proof.objective,
        "bound": proof.bound,
        "certificate": {
            "primal_residual": proof.primal_residual,
            "dual_residual": proof.dual_residual,
            "gap": proof.gap,
        },
        "sizes": {
            "rows": one.programme.rows,
            "columns": one.programme.columns,
            "nonzeros": one.programme.nonzeros,
        },
        "primal": _by_name(columns, one.x),
        "dual": _by_name(rows, one.row_dual),
        "reduced_cost": _by_name(columns, reduced),
    }


def _by_name(names: list[str], values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> dict[str, float]:
    return {name: float(value) for name, value in zip(names, values, strict=True) if value != 0}


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def _hashed(path: Path) -> dict[str, Any]:
    body = path.read_bytes()
    return {"file": path.name, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def _readme(manifest: Manifest, t: Translator) -> str:
    lines = (
        "# " + t("Solved programmes of run {run}", run=manifest.run_id),
        *layer_notices(manifest.dataset, t),
        t(
            "Each `.mps` file is one linear programme of the central case, in free MPS form, to be minimised. "
            "`coordinated` is the whole horizon. Each `myopic-YYYY-MM` is the window that opens in that month."
        ),
        t(
            "The `.json` file of the same name holds objective, certificate, primal values, row duals and reduced "
            "costs by name. Names that are not listed are 0."
        ),
        t(
            "Quantities are tonnes a month, costs million USD. A row dual is the change of the least cost when the "
            "row's bounds rise by one."
        ),
        t(
            "A window of a myopic run starts from the state that the window before leaves, so its right-hand sides "
            "hold the answer of that window."
        ),
        t("`manifest.json` holds the hash of each file, the sizes, the data and the versions."),
        t("To solve them again with HiGHS, or with GLPK:"),
        f"    highs --options_file={OPTIONS} coordinated.mps\n    glpsol --freemps coordinated.mps",
        t(
            "With a solver's usual tolerance of 1e-7 the objective may come out about 1e-6 too high or too low; "
            "with 1e-9, as in the options file, it agrees to ten digits."
        ),
        t("The objective is unique; where several answers cost the same, another solver may show another one."),
    )
    return "\n\n".join(lines) + "\n"
