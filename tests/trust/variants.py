"""Deliberately broken variants of what keeps things: each harness must find fault with them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch


def _in_place(path: Path, body: bytes) -> None:
    with path.open("wb") as file:
        for at in range(0, len(body), 64):
            file.write(body[at : at + 64])
            file.flush()


def _save_in_place(self: Any, result: Any, manifest: Any) -> Path:
    from didymium.results.store import result_bytes

    body = result_bytes(result)
    final: Path = self.path / result.run_id
    final.mkdir(parents=True, exist_ok=True)
    _in_place(final / "result.json", body)
    _in_place(final / "manifest.json", manifest.sealed(body, {}).to_bytes())
    return final


def _set_aside_first(self: Any, aside: Path, final: Path, body: bytes, code: str) -> None:
    if final.exists() and (mark := self._keeps(final, body, code)):
        final.rename(self.path / f"{mark}{final.name}-0")
    aside.rename(final)


def _chunk_in_place(self: Any, chunk: tuple[int, ...], arrays: Any) -> None:
    self.path.mkdir(parents=True, exist_ok=True)
    _in_place(self.file(chunk), b"didymium chunk 1 ")


def _job_in_place(self: Any, job: Any) -> None:
    import json
    from dataclasses import asdict

    _in_place(self._folder / f"{job.key}.json", json.dumps(asdict(job)).encode("utf-8"))


def _nothing(*_: Any) -> None:
    pass


def _unsynced(path: Path, body: bytes) -> None:
    path.write_bytes(body)


@contextlib.contextmanager
def _no_care(*_: Any) -> Iterator[None]:
    yield


VARIANTS: dict[str, tuple[str, Callable[..., Any]]] = {
    "run in place": ("didymium.results.store.RunStore.save", _save_in_place),
    "run set aside first": ("didymium.results.store.RunStore._put", _set_aside_first),
    "run not synced": ("didymium.results.store.write_synced", _unsynced),
    "chunk in place": ("didymium.results.chunks.ChunkFolder.write", _chunk_in_place),
    "job in place": ("didymium.app.jobs.Jobs._write", _job_in_place),
    "job not synced": ("didymium.app.jobs.write_synced", _unsynced),
    "run without a word": ("didymium.results.store.RunStore._told", _no_care),
    "journal without a batch": ("didymium.data.journal_file._announce", _nothing),
    "journal without a lock": ("didymium.data.journal_file._locked", _no_care),
}


@contextlib.contextmanager
def broken(variant: str | None) -> Iterator[None]:
    """Put a broken part in place of the sound one; none if no variant is named."""
    if variant is None:
        yield
        return
    name, bad = VARIANTS[variant]
    with patch(name, bad):
        yield
