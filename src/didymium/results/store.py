"""The run store: every answer kept as a folder that is written whole or not at all.

A run is `<store>/<run_id>/`:

    result.json       the answer in canonical bytes, nothing else: the same question gives the same bytes
    manifest.json     what was asked, of which data, with which versions, when, and the hashes of the other files
    NAME-HASH.npz     solved arrays, where a study keeps them; result.json holds the hash of their content

It is written aside, synced to disk, renamed into place, and the store folder synced: a process that dies leaves the old
state and at most a folder whose name starts with `.partial-`.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from didymium.errors import NotFound, StoreError, UnknownTerm
from didymium.results.manifest import MalformedManifest, Manifest, NewerManifest
from didymium.results.result import PARTIAL, Result, canonical_json
from didymium.results.result import run_id as name_of_run

if TYPE_CHECKING:
    from didymium.results.arrays import Arrays

RESULT = "result.json"
MANIFEST = "manifest.json"
_PARTIAL = ".partial-"
_BROKEN = ".broken-"
_SUPERSEDED = ".superseded-"
_RUN_ID = re.compile(r"[0-9a-f]{12}")


def default_store() -> Path:
    """The folder for runs and caches when the user names none: `didymium` in the data folder of the platform.

    Windows: %LOCALAPPDATA%. macOS: ~/Library/Application Support. Elsewhere: $XDG_DATA_HOME or ~/.local/share.
    """
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        named = Path(os.environ.get("XDG_DATA_HOME", ""))
        base = named if named.is_absolute() else home / ".local" / "share"
    return base / "didymium"


def result_bytes(result: Result) -> bytes:
    """The canonical bytes of an answer: what the store keeps, hashes and compares."""
    return (canonical_json(result.as_dict()) + "\n").encode("utf-8")


@dataclass(frozen=True, slots=True)
class Entry:
    """One folder of the store: a run with its manifest, or something else with the reason why it is not one."""

    name: str
    manifest: Manifest | None
    fault: str = ""


def is_aside(name: str) -> bool:
    """Whether a folder of the store is no run that anybody was promised: unfinished, or set aside for another."""
    return name.startswith((_PARTIAL, _BROKEN, _SUPERSEDED))


class RunStore:
    """Runs under one folder. Safe for several processes that read and write at the same time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def prepare(self) -> None:
        """Make the folder and try to write in it, so that a long run does not fail at its end.

        Raises StoreError if the folder cannot be made or written to.
        """
        with self._told("prepared"):
            self.path.mkdir(parents=True, exist_ok=True)
            probe = self.path / f"{_PARTIAL}{secrets.token_hex(6)}"
            probe.mkdir()
            probe.rmdir()

    def save(self, result: Result, manifest: Manifest) -> Path:
        """Keep a run and return its folder.

        Saving the same run again with equal bytes changes nothing. With other bytes it raises StoreError, because the
        same question, data and code must give the same answer; a kept run of another build of the same version (see
        `code_hash`) is set aside instead, and so is a partial one, which says how far a machine came in its time.
        """
        body = result_bytes(result)
        files = _packed(result)
        record = manifest.sealed(body, files)
        final = self.path / result.run_id
        with self._told("written"):
            self.path.mkdir(parents=True, exist_ok=True)
            if final.exists() and self._keeps(final, body, record.versions["code"]) == "":
                return final
            aside = self.path / f"{_PARTIAL}{result.run_id}-{secrets.token_hex(6)}"
            aside.mkdir()
            try:
                write_synced(aside / RESULT, body)
                for name, held in files.items():
                    write_synced(aside / name, held)
                write_synced(aside / MANIFEST, record.to_bytes())
                sync_folder(aside)
                self._put(aside, final, body, record.versions["code"])
                sync_folder(self.path)
            finally:
                shutil.rmtree(aside, ignore_errors=True)
        return final

    def _put(self, aside: Path, final: Path, body: bytes, code: str) -> None:
        """Rename a written run into its place. What stands there and gives way is set aside, and never missing."""
        try:
            aside.rename(final)
            return
        except OSError:
            # There is a run: kept by another process in between, or one that gives way.
            if not final.is_dir():
                raise
        mark = self._keeps(final, body, code)
        if mark:
            exchange(aside, final)
            aside.rename(self.path / f"{mark}{final.name}-{secrets.token_hex(6)}")

    def _keeps(self, final: Path, body: bytes, code: str) -> str:
        """Empty if `final` is this run with these bytes.

        Else the mark under which it is set aside: an incomplete folder, a partial run, or a run of another build of
        this version with other bytes. Raises StoreError for what must not give way.
        """
        fault = self._fault(final)
        if fault.startswith("incomplete"):
            return _BROKEN
        if fault:
            raise StoreError(
                f"the kept run is {fault}.",
                where=str(final),
                cure="Move the folder away and ask again to keep it anew.",
            )
        kept = self._manifest(final)
        if kept.result_sha256 == hashlib.sha256(body).hexdigest():
            return ""
        if kept.versions.get("code") != code or kept.status == PARTIAL:
            return _SUPERSEDED
        raise StoreError(
            f"run {final.name} is kept with other bytes than the same question gives now.",
            where=str(final),
            cure=f"See where they part: didymium runs repeat {final.name}. "
            "Keep both with another --store, or move the folder away.",
        )

    def list(self) -> tuple[Entry, ...]:
        """Everything in the store: runs newest first, then what is not a sound run, with the reason."""
        sound: list[Entry] = []
        other: list[Entry] = []
        for folder in self._folders():
            fault = self._fault(folder)
            entry = Entry(folder.name, None if fault else self._manifest(folder), fault)
            (other if fault else sound).append(entry)
        sound.sort(key=lambda e: (e.manifest.created if e.manifest else "", e.name), reverse=True)
        return (*sound, *other)

    def manifests(self) -> tuple[Manifest, ...]:
        """What runs say of themselves, newest first; whether they are whole, `list` and `verify` tell."""
        found = []
        for folder in self._folders():
            with contextlib.suppress(OSError, MalformedManifest):
                if _RUN_ID.fullmatch(folder.name):
                    found.append(self._manifest(folder))
        return tuple(sorted(found, key=lambda m: (m.created, m.run_id), reverse=True))

    def _folders(self) -> tuple[Path, ...]:
        with self._told("read"):
            return tuple(sorted(self.path.iterdir())) if self.path.is_dir() else ()

    def find(self, prefix: str) -> str:
        """The id of the one run whose id starts with `prefix`.

        Raises UnknownTerm if there is none, NotFound if the store is empty, StoreError if several fit.
        """
        names = [folder.name for folder in self._folders() if _RUN_ID.fullmatch(folder.name)]
        if not names:
            raise NotFound(
                "the run store holds no run.", where=str(self.path), cure="Ask something first: didymium exposure."
            )
        fits = [n for n in names if prefix and n.startswith(prefix)]
        if not fits:
            raise UnknownTerm("run", prefix, names, where=str(self.path), cure="List them: didymium runs list.")
        if len(fits) > 1:
            raise StoreError(
                f"{len(fits)} runs start with {prefix!r}: {', '.join(sorted(fits)[:5])}.",
                where=str(self.path),
                cure="Give more digits.",
            )
        return fits[0]

    def manifest(self, run_id: str) -> Manifest:
        """The manifest of a run. Raises StoreError if the folder is not a sound run."""
        folder = self._sound(run_id)
        return self._manifest(folder)

    def read(self, run_id: str) -> bytes:
        """The kept bytes of a run's answer, after their hash was compared. Raises StoreError if they are damaged."""
        folder = self._sound(run_id)
        with self._told("read"):
            return (folder / RESULT).read_bytes()

    def load(self, run_id: str) -> Result:
        """The kept answer. Raises StoreError if the run is damaged."""
        return Result.from_dict(json.loads(self.read(run_id)))

    def arrays(self, run_id: str) -> dict[str, Arrays]:
        """The solved arrays kept beside an answer, by name. Raises StoreError if they are damaged or not its own."""
        from didymium.results.arrays import content_hash, unpack

        folder = self._sound(run_id)
        hashes = self.load(run_id).array_hashes
        found: dict[str, Arrays] = {}
        for name, expected in hashes.items():
            file = folder / _file_of(name, expected)
            try:
                found[name] = unpack(file.read_bytes())
            except (OSError, ValueError) as bad:
                raise StoreError(f"the arrays {name} {bad}.", where=str(file), cure="Ask again.") from bad
            if content_hash(found[name]) != expected:
                raise StoreError(
                    f"the arrays {name} are not those of the answer.",
                    where=str(file),
                    cure="Ask again to keep it anew.",
                )
        return found

    def verify(self, run_id: str) -> str:
        """Why the kept run cannot be trusted, in one clause.

        Empty if it is whole, its bytes match the manifest, and its id follows from question, data and version.
        """
        fault = self._fault(self.path / run_id)
        if fault:
            return fault
        manifest, result = self.manifest(run_id), self.load(run_id)
        asked = (result.command, plain(result.request), plain(result.dataset))
        if asked != (manifest.command, plain(manifest.request), plain(manifest.dataset)):
            return "damaged: the manifest names another question or dataset than the answer"
        if manifest.status != result.status:
            return f"damaged: the manifest says {manifest.status}, the answer {result.status}"
        if result.array_hashes:
            try:
                self.arrays(run_id)
            except StoreError as bad:
                return f"damaged: {bad.what.rstrip('.')}"
        named = name_of_run(manifest.command, manifest.request, manifest.dataset["id"], manifest.versions["didymium"])
        return "" if named == run_id else f"damaged: its question, data and version belong to run {named}"

    def _sound(self, run_id: str) -> Path:
        folder = self.path / run_id
        fault = self._fault(folder)
        if fault:
            raise StoreError(
                f"the kept run is {fault}.", where=str(folder), cure="Check all of them: didymium runs verify."
            )
        return folder

    def _manifest(self, folder: Path) -> Manifest:
        return Manifest.from_bytes((folder / MANIFEST).read_bytes())

    def _fault(self, folder: Path) -> str:
        name = folder.name
        if name.startswith(_PARTIAL):
            return "unfinished: being written now, or left by a process that was stopped"
        if name.startswith(_BROKEN):
            return "an incomplete run that was set aside"
        if name.startswith(_SUPERSEDED):
            return (
                "a run of another build of its version, or a partial one, set aside when the question gave other bytes"
            )
        if not _RUN_ID.fullmatch(name):
            return "not a run: the name is not 12 hex digits"
        try:
            manifest = self._manifest(folder)
            body = (folder / RESULT).read_bytes()
        except FileNotFoundError as missing:
            return f"incomplete: {Path(missing.filename).name} is missing"
        except NewerManifest as newer:
            return f"of a newer version of Didymium: {MANIFEST} {newer}"
        except MalformedManifest as bad:
            return f"incomplete: {MANIFEST} {bad}"
        except OSError as refused:
            return f"unreadable: {refused.strerror}"
        if manifest.run_id != name:
            return f"damaged: the manifest names run {manifest.run_id}"
        found = hashlib.sha256(body).hexdigest()
        if found != manifest.result_sha256:
            return f"damaged: {RESULT} has hash {found[:12]}…, the manifest says {manifest.result_sha256[:12]}…"
        return _fault_of_files(folder, manifest)

    @contextlib.contextmanager
    def _told(self, act: str) -> Iterator[None]:
        """Turn what the operating system refuses into a StoreError that says what to do."""
        try:
            yield
        except OSError as refused:
            raise StoreError(
                f"the run store cannot be {act}: {reason(refused)}.",
                where=str(self.path),
                cure="Free some space, or name another folder with --store."
                if refused.errno in _FULL
                else "Name another folder with --store.",
            ) from refused


def _file_of(name: str, content: str) -> str:
    """File of solved arrays, named by what is in it."""
    return f"{name}-{content[:16]}.npz"


def _packed(result: Result) -> dict[str, bytes]:
    """The files of the answer's arrays. Raises StoreError for an answer that names arrays it does not bring."""
    if not result.array_hashes:
        return {}
    from didymium.results.arrays import pack

    missing = sorted(set(result.array_hashes) - set(result.arrays))
    if missing:
        raise StoreError(
            f"the answer comes without its arrays {', '.join(missing)}.",
            where=f"run {result.run_id}",
            cure="Copy the folder of the run instead.",
        )
    return {_file_of(name, content): pack(result.arrays[name]) for name, content in result.array_hashes.items()}


def _fault_of_files(folder: Path, manifest: Manifest) -> str:
    for name, expected in sorted(manifest.files.items()):
        try:
            held = (folder / name).read_bytes()
        except FileNotFoundError:
            return f"incomplete: {name} is missing"
        except OSError as refused:
            return f"unreadable: {name}: {refused.strerror}"
        found = hashlib.sha256(held).hexdigest()
        if found != expected:
            return f"damaged: {name} has hash {found[:12]}…, the manifest says {expected[:12]}…"
    return ""


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) if hasattr(errno, "EDQUOT") else (errno.ENOSPC, errno.EFBIG)


def reason(refused: OSError) -> str:
    """Why the operating system refused to write, for people."""
    if refused.errno == errno.EFBIG:
        return "the file would be larger than the limit for files here (see ulimit -f)"
    if refused.errno in _FULL:
        return "the disk is full"
    if refused.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "the folder is not writable for you"
    if refused.errno in (errno.ENOTDIR, errno.EEXIST):
        return "a file is in the way of the folder"
    return refused.strerror or str(refused)


def write_synced(path: Path, body: bytes) -> None:
    """Write a new file and wait until it is on the disk."""
    with path.open("xb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def exchange(one: Path, other: Path) -> None:
    """Let two folders change places, in one step where the system has one: Linux and macOS.

    Elsewhere `other` is missing for a moment, and a process that dies in it leaves it under a name of its own.
    """
    import ctypes

    calls: dict[str, tuple[str, tuple[Any, ...], tuple[Any, ...], int]] = {
        "linux": ("renameat2", (_AT_THIS_FOLDER,), (_AT_THIS_FOLDER,), 2),  # RENAME_EXCHANGE
        "darwin": ("renamex_np", (), (), 2),  # RENAME_SWAP
    }
    if sys.platform in calls:
        name, before, between, flag = calls[sys.platform]
        library = ctypes.CDLL(None, use_errno=True)
        if hasattr(library, name):
            done = getattr(library, name)(*before, os.fsencode(one), *between, os.fsencode(other), flag)
            if done == 0:
                return
            if ctypes.get_errno() not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(other))
    held = other.with_name(f"{_SUPERSEDED}{other.name}-{secrets.token_hex(6)}")
    other.rename(held)
    one.rename(other)
    held.rename(one)


_AT_THIS_FOLDER = -100  # AT_FDCWD


def sync_folder(path: Path) -> None:
    """Make a rename survive a power cut. Windows has no such call and orders its renames by itself."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def plain(value: Any) -> Any:
    """The value as it reads back from JSON, where a tuple is a list: what may be compared with a kept answer."""
    return json.loads(canonical_json(value))
