"""The manifest of a run: all that decides its answer, and what has to be the same to repeat it."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

from didymium import __version__
from didymium.results.result import COMPLETE, Result

FORMAT = 2
# What manifests of format 1 lack, and what it means there.
_SINCE_2: Mapping[str, Any] = {"status": COMPLETE, "files": {}}

# The libraries whose version can change the last digits of an answer.
_DECIDING = ("clarabel", "duckdb", "highspy", "numpy", "pandas", "scipy")


class MalformedManifest(ValueError):
    """A manifest that is not JSON, or lacks what a manifest holds."""


class NewerManifest(MalformedManifest):
    """A manifest that a newer version of Didymium wrote."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was asked, of which data, with which versions, and the hashes of what is kept.

    `call` is the question as the command line put it, `{"params": …, "layers": […]}`: enough to ask again.
    `request` is the question as the study understood it. `dataset` names the data, `tables` the hash of each table.
    `solver` repeats status and worst residuals of the solves of a kind. `status` is `complete` or `partial`. `files`
    gives the SHA-256 of each further file of the run. `created` [ISO time] stands here and never in the answer.
    """

    run_id: str
    command: str
    request: Mapping[str, Any]
    call: Mapping[str, Any]
    dataset: Mapping[str, Any]
    tables: Mapping[str, str]
    seed: int | None
    versions: Mapping[str, str]
    platform: str
    created: str
    solver: tuple[Mapping[str, Any], ...]
    warnings: tuple[str, ...]
    result_sha256: str = ""
    result_bytes: int = 0
    status: str = COMPLETE
    files: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT

    @classmethod
    def of(
        cls,
        result: Result,
        *,
        call: Mapping[str, Any],
        tables: Mapping[str, str] | None = None,
        created: str,
    ) -> Manifest:
        """The manifest of an answer on this machine, not yet sealed with the hash of its bytes."""
        seed = call["params"].get("seed")
        return cls(
            run_id=result.run_id,
            command=result.command,
            request=dict(result.request),
            call=dict(call),
            dataset=dict(result.dataset),
            tables=dict(tables or {}),
            seed=seed if isinstance(seed, int) else None,
            versions=versions(),
            platform=f"{platform.system()} {platform.machine()}",
            created=created,
            solver=tuple(dict(row) for row in result.tables.get("certificates", ())),
            warnings=result.warnings,
            status=result.status,
        )

    def sealed(self, body: bytes, files: Mapping[str, bytes] | None = None) -> Manifest:
        """The same manifest with the hash and size of the answer's bytes, and the hashes of the files beside it."""
        hashes = {name: hashlib.sha256(held).hexdigest() for name, held in sorted((files or {}).items())}
        return replace(self, result_sha256=hashlib.sha256(body).hexdigest(), result_bytes=len(body), files=hashes)

    def as_dict(self) -> dict[str, Any]:
        """All fields as JSON values."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        return {**found, "solver": [dict(s) for s in self.solver], "warnings": list(self.warnings)}

    def to_bytes(self) -> bytes:
        """Indented JSON with sorted keys, for people and programs to read."""
        text = json.dumps(self.as_dict(), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
        return (text + "\n").encode("utf-8")

    @classmethod
    def from_bytes(cls, body: bytes) -> Manifest:
        """The inverse of `to_bytes`. Raises MalformedManifest, with what is wrong, on anything else.

        A format above ours raises NewerManifest, whatever else it holds: it is sound, and not ours to judge.
        """
        try:
            found = json.loads(body)
        except ValueError as bad:
            raise MalformedManifest(f"is not JSON ({bad})") from bad
        names = {f.name for f in fields(cls)}
        if isinstance(found, dict) and isinstance(found.get("format"), int) and found["format"] > FORMAT:
            raise NewerManifest(f"has format {found['format']}, this version reads 1 and {FORMAT}")
        if isinstance(found, dict) and found.get("format") == 1:
            found = {**_SINCE_2, **found}
        if not isinstance(found, dict) or set(found) != names:
            raise MalformedManifest("does not hold the fields of a manifest")
        if found["format"] not in (1, FORMAT):
            raise MalformedManifest(f"has format {found['format']!r}, this version reads 1 and {FORMAT}")
        return cls(**{**found, "solver": tuple(found["solver"]), "warnings": tuple(found["warnings"])})


@cache
def code_hash() -> str:
    """Hash over the program's own modules, 12 hex digits: tells two builds of one version apart."""
    digest = hashlib.sha256()
    root = Path(__file__).parent.parent
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode("utf-8") + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def versions() -> dict[str, str]:
    """Versions of Didymium, Python and the libraries that compute, as installed here."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"didymium": __version__, "code": code_hash(), "python": platform.python_version()}
    for name in _DECIDING:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # not needed for every answer
            continue
    return found
