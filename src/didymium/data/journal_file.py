"""The journal on disk: lines are added under a lock and are on the disk before anybody is told so.

A process that dies in the middle leaves whole lines and at most one torn one at the end. Nobody was told that it was
written: readers pass over it, and the next writer ends it if it is whole, and else sets it aside in a file of its own.
Lines that are written together are announced in a file beside the journal first, so that none of them counts until the
last is whole.
"""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from didymium.data.chained import START, Draft, Entry, read, sealed
from didymium.data.journal import KEY
from didymium.errors import BadInput, StoreError

_PATIENCE = 4.0  # seconds that a writer waits for another


def load(path: Path, *, key: str = KEY) -> tuple[Entry, ...]:
    """The lines of a journal, or of another file with chained lines; none if there is no file.

    What a writer has not finished, or left when it died, is not there. Raises BadInput that names a broken line.
    """
    return read(finished(path), path.name, key)


def append(
    path: Path,
    drafts: Sequence[Draft],
    *,
    at: str,
    judge: Callable[[tuple[Entry, ...]], None] = lambda entries: None,
    key: str = KEY,
) -> tuple[Entry, ...]:
    """Write the drafts after the last line, all or none, and return them as entries.

    `judge` sees the lines that are there, with the lock held, and may refuse by raising. Raises BadInput if the chain
    is broken: nothing is written after a line that cannot be trusted.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path.with_name(f"{path.name}.lock")):
            _end_batch(path)
            _end_torn_line(path, key)
            entries = load(path, key=key)
            judge(entries)
            made: list[Entry] = []
            body = b""
            for draft in drafts:
                before = made[-1] if made else (entries[-1] if entries else None)
                entry, line = sealed(
                    draft,
                    line=before.line + 1 if before else 1,
                    at=at,
                    previous=before.hash if before else START,
                    key=key,
                )
                made.append(entry)
                body += line
            if len(made) > 1:
                _announce(path, len(body))
            _write(path, body)
            _batch(path).unlink(missing_ok=True)
    except OSError as refused:
        raise StoreError(
            f"the journal cannot be written: {refused.strerror or refused}.",
            where=str(path),
            cure="Name another file with --journal.",
        ) from refused
    return tuple(made)


def _bytes(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise StoreError("is no ordinary file.", where=str(path), cure="Name another file with --journal.")
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as refused:
        cure = "Name another file with --journal."
        raise StoreError(f"the journal cannot be read: {refused.strerror}.", where=str(path), cure=cure) from refused


def _batch(path: Path) -> Path:
    """Where lines that belong together are announced: the size of the journal before and after them."""
    return path.with_name(f"{path.name}.batch")


def _announce(path: Path, length: int) -> None:
    before = len(_bytes(path))
    aside = path.with_name(f"{path.name}.batch-{secrets.token_hex(6)}")
    try:
        _write(aside, f"{before} {before + length}\n".encode("ascii"))
        aside.replace(_batch(path))
    finally:
        aside.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _announced(path: Path) -> tuple[int, int] | None:
    found = _bytes(_batch(path)).split()
    return (int(found[0]), int(found[1])) if len(found) == 2 else None


def finished(path: Path) -> bytes:
    """The bytes that somebody may have been told of: whole lines, without a batch that is not whole."""
    while True:
        announced, data = _announced(path), _bytes(path)
        if announced == _announced(path):  # else a writer began or ended in between
            break
    if announced is not None and announced[0] < len(data) < announced[1]:
        data = data[: announced[0]]
    head, end, _ = data.rpartition(b"\n")
    return head + end


def unfinished(path: Path) -> int:
    """Bytes at the end that do not count: a writer is at work, or died there."""
    return len(_bytes(path)) - len(finished(path))


def _end_batch(path: Path) -> None:
    """Set aside what is there of lines that belong together, if the last is not whole."""
    announced = _announced(path)
    if announced is None:
        return
    before, after = announced
    data = _bytes(path)
    if before < len(data) < after:
        _cut(path, before, data[before:])
    _batch(path).unlink()


def _cut(path: Path, size: int, tail: bytes) -> None:
    """Move the end of a file to a file of its own beside it."""
    _write(path.with_name(f"{path.name}.torn-{secrets.token_hex(6)}"), tail)
    with path.open("r+b") as file:
        file.truncate(size)
        os.fsync(file.fileno())


def _write(path: Path, body: bytes) -> None:
    """Add bytes at the end and wait until they are on the disk; what was written in part is taken back."""
    is_new = not path.exists()
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
    try:
        size = os.fstat(handle).st_size
        try:
            left = memoryview(body)
            while left:
                left = left[os.write(handle, left) :]
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, size)
            raise
    finally:
        os.close(handle)
    if is_new:
        _sync_folder(path.parent)


def _end_torn_line(path: Path, key: str) -> None:
    """End a last line that is whole but for its end; set another aside beside the journal."""
    data = _bytes(path)
    head, end, tail = data.rpartition(b"\n")
    if not tail:
        return
    try:
        read(data + b"\n", path.name, key)
    except BadInput:
        sound = head + end
        read(sound, path.name, key)  # what stands before it must be sound, or nothing is touched
        _cut(path, len(sound), tail)
    else:
        _write(path, b"\n")


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One writer at a time, on this machine; the operating system frees the lock of a process that dies."""
    with path.open("a+b") as file:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            _patiently(lambda: msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1), path)
            try:
                yield
            finally:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
        else:
            import fcntl

            _patiently(lambda: fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB), path)
            yield


def _patiently(take: Callable[[], None], path: Path) -> None:
    """Take the lock as soon as it is free. Raises StoreError if another writer holds it for too long."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            take()
            return
        except (BlockingIOError, PermissionError) as held:
            if time.monotonic() > until:
                raise StoreError(
                    f"the journal is busy: another process has held it for {_PATIENCE:g} seconds.",
                    where=str(path.with_suffix("")),
                    cure="Nothing was written. Try again when the other one is through.",
                ) from held
        time.sleep(random.uniform(0.001, 0.01))
