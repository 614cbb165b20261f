"""The journal on disk: lines are added under a lock and are on the disk before anybody is told so.

A process that dies in the middle leaves whole lines and at most one torn one at the end. Nobody was told that it was
written; the next writer ends it if it is whole, and else sets it aside in a file of its own.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from didymium.data.journal import START, Draft, Entry, read, sealed
from didymium.errors import BadInput, StoreError


def load(path: Path) -> tuple[Entry, ...]:
    """The lines of a journal; none if there is no file. Raises BadInput that names a broken line."""
    return read(_bytes(path), path.name)


def append(
    path: Path, drafts: Sequence[Draft], *, at: str, judge: Callable[[tuple[Entry, ...]], None] = lambda entries: None
) -> tuple[Entry, ...]:
    """Write the drafts after the last line, all or none, and return them as entries.

    `judge` sees the lines that are there, with the lock held, and may refuse by raising. Raises BadInput if the chain
    is broken: nothing is written after a line that cannot be trusted.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path.with_name(f"{path.name}.lock")):
            _end_torn_line(path)
            entries = load(path)
            judge(entries)
            made: list[Entry] = []
            body = b""
            for draft in drafts:
                before = made[-1] if made else (entries[-1] if entries else None)
                entry, line = sealed(
                    draft, line=before.line + 1 if before else 1, at=at, previous=before.hash if before else START
                )
                made.append(entry)
                body += line
            _write(path, body)
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


def _end_torn_line(path: Path) -> None:
    """End a last line that is whole but for its end; set another aside beside the journal."""
    data = _bytes(path)
    head, end, tail = data.rpartition(b"\n")
    if not tail:
        return
    try:
        read(data + b"\n", path.name)
    except BadInput:
        sound = head + end
        read(sound, path.name)  # what stands before it must be sound, or nothing is touched
        aside = path.with_name(f"{path.name}.torn-{secrets.token_hex(6)}")
        _write(aside, tail)
        with path.open("r+b") as file:
            file.truncate(len(sound))
            os.fsync(file.fileno())
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
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            try:
                yield
            finally:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
            yield
