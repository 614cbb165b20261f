"""Finished parts of an ensemble as files: written whole or not at all, believed only with their checksums.

    <folder>/<work>/<first>-<last>-<name>.chunk

`name` is a hash over work, indices and build of the program. A chunk is one line of JSON with its hash in front, then
the bytes of its arrays; each array has a hash of its own, so that one quantity can be read alone. A file that is torn,
or of another work, is not there: it is computed again and replaced.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymium.errors import StoreError
from didymium.results.result import canonical_json
from didymium.results.store import reason, sync_folder, write_synced

_MAGIC = b"didymium chunk 1 "
_PARTIAL = ".partial-"
_SUFFIX = ".chunk"


class ChunkStore:
    """Chunks of any number of ensembles under one folder. Safe for several processes at the same time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened: list[Path] = []

    def of(self, work: str, *, code: str) -> ChunkFolder:
        """The chunks of one work: `work` says all that decides its answers, `code` is the build of the program."""
        folder = self.path / hashlib.sha256(work.encode("utf-8")).hexdigest()[:16]
        self._opened.append(folder)
        return ChunkFolder(folder, work, code)

    def discard(self) -> None:
        """Remove the chunks of the works that were opened here: their answer is kept elsewhere."""
        for folder in self._opened:
            shutil.rmtree(folder, ignore_errors=True)
        self._opened.clear()


class ChunkFolder:
    """The chunks of one ensemble."""

    def __init__(self, path: Path, work: str, code: str) -> None:
        self.path = path
        self._work, self._code = work, code

    def file(self, chunk: tuple[int, ...]) -> Path:
        """Where a chunk lies, once it is finished."""
        name = hashlib.sha256(self._key(chunk).encode("utf-8")).hexdigest()[:16]
        return self.path / f"{chunk[0]:06d}-{chunk[-1]:06d}-{name}{_SUFFIX}"

    def names(self, chunk: tuple[int, ...]) -> tuple[str, ...] | None:
        """The quantities of a chunk; None if it is not kept whole."""
        found = self._whole(chunk)
        return None if found is None else tuple(found)

    def read(self, chunk: tuple[int, ...], name: str) -> NDArray[Any]:
        """One quantity of a chunk, (index, …). Raises StoreError if the chunk is not, or no longer, kept whole."""
        with contextlib.suppress(OSError, ValueError, KeyError), self.file(chunk).open("rb") as file:
            about, start = self._head(file.readline(), chunk)
            one = about[name]
            file.seek(start + one["offset"])
            return _array(one, file.read(one["bytes"]))
        raise StoreError(
            f"{name} of the chunk from {chunk[0]} to {chunk[-1]} cannot be read.",
            where=str(self.path),
            cure="Ask again: what is missing is computed.",
        )

    def write(self, chunk: tuple[int, ...], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Keep a chunk: written aside, synced, renamed into place. Raises StoreError if that is refused."""
        about, parts, offset = [], [], 0
        for name, array in arrays.items():
            body = np.ascontiguousarray(array).tobytes()
            about.append(
                {
                    "name": name,
                    "dtype": array.dtype.str,
                    "shape": list(array.shape),
                    "offset": offset,
                    "bytes": len(body),
                    "sha256": hashlib.sha256(body).hexdigest(),
                }
            )
            parts.append(body)
            offset += len(body)
        head = canonical_json({"key": self._key(chunk), "arrays": about}).encode("utf-8")
        mark = _MAGIC + hashlib.sha256(head).hexdigest().encode("ascii") + b" "
        final = self.file(chunk)
        aside = self.path / f"{_PARTIAL}{secrets.token_hex(8)}"
        with self._told():
            self.path.mkdir(parents=True, exist_ok=True)
            try:
                write_synced(aside, b"".join([mark, head, b"\n", *parts]))
                os.replace(aside, final)  # noqa: PTH105 - the name of the thing that is atomic
            finally:
                aside.unlink(missing_ok=True)
            sync_folder(self.path)

    def _key(self, chunk: tuple[int, ...]) -> str:
        return canonical_json([self._work, list(chunk), self._code])

    def _head(self, line: bytes, chunk: tuple[int, ...]) -> tuple[dict[str, dict[str, Any]], int]:
        """What the first line says of each array, and where the arrays begin. Raises ValueError on any other line."""
        mark, _, head = line.removesuffix(b"\n").partition(b" {")
        head = b"{" + head
        if mark != _MAGIC + hashlib.sha256(head).hexdigest().encode("ascii"):
            raise ValueError("torn or foreign")
        said = json.loads(head)
        if said["key"] != self._key(chunk):
            raise ValueError("of another work")
        return {one["name"]: one for one in said["arrays"]}, len(line)

    def _whole(self, chunk: tuple[int, ...]) -> dict[str, dict[str, Any]] | None:
        try:
            with self.file(chunk).open("rb") as file:
                about, _ = self._head(file.readline(), chunk)
                for one in about.values():
                    _array(one, file.read(one["bytes"]))
                if file.read(1):
                    raise ValueError("more than was written")
        except (OSError, ValueError, KeyError):
            return None
        return about

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as refused:
            raise StoreError(
                f"a chunk of the ensemble cannot be written: {reason(refused)}.",
                where=str(self.path),
                cure="Free some space, or name another folder with --store; what is finished is kept.",
            ) from refused


def _array(one: Mapping[str, Any], body: bytes) -> NDArray[Any]:
    if len(body) != one["bytes"] or hashlib.sha256(body).hexdigest() != one["sha256"]:
        raise ValueError("torn")
    return np.frombuffer(body, dtype=np.dtype(one["dtype"])).reshape(one["shape"])
