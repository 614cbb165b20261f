"""Finished parts of an ensemble on disk: whole or not there, of one work only, each byte believed by its checksum."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from didymium.errors import StoreError
from didymium.results import chunks
from didymium.results.chunks import ChunkFolder, ChunkStore

CHUNK = (3, 4, 7)
ARRAYS = {
    "cover": np.arange(6, dtype=np.float64).reshape(3, 2) / 7,
    "gap": np.arange(3, dtype=np.int32),
    "none": np.zeros((3, 0)),
    "turned": np.arange(12, dtype=np.float32).reshape(3, 4).T,
}


@pytest.fixture
def folder(tmp_path: Path) -> ChunkFolder:
    made = ChunkStore(tmp_path / "store").of("work", code="build")
    made.write(CHUNK, ARRAYS)
    return made


def test_a_chunk_comes_back_array_by_array(folder: ChunkFolder) -> None:
    assert folder.names(CHUNK) == tuple(ARRAYS)
    for name, array in ARRAYS.items():
        got = folder.read(CHUNK, name)
        assert got.dtype == array.dtype and got.shape == array.shape and np.array_equal(got, array)
    assert [path.name for path in folder.path.iterdir()] == [folder.file(CHUNK).name]
    assert folder.file(CHUNK).name.startswith("000003-000007-") and folder.file(CHUNK).suffix == ".chunk"
    assert len(folder.file(CHUNK).stem) == len("000003-000007-") + 16 and len(folder.path.name) == 16


def test_a_chunk_belongs_to_its_work_its_indices_and_its_build(tmp_path: Path, folder: ChunkFolder) -> None:
    store = ChunkStore(tmp_path / "store")
    assert store.of("work", code="build").names(CHUNK) == tuple(ARRAYS)
    assert store.of("work", code="other").names(CHUNK) is None and store.of("other", code="build").names(CHUNK) is None
    assert folder.names((3, 7)) is None and folder.names((3, 4, 5, 7)) is None
    stolen = ChunkFolder(folder.path, "work", "other")
    folder.file(CHUNK).rename(stolen.file(CHUNK))  # of another build, under a name that fits
    assert stolen.names(CHUNK) is None
    with pytest.raises(StoreError):
        stolen.read(CHUNK, "gap")


def test_what_is_not_kept_is_told_with_what_to_do(folder: ChunkFolder) -> None:
    for chunk, name in (((8, 9), "gap"), (CHUNK, "other")):
        with pytest.raises(StoreError) as refused:
            folder.read(chunk, name)
        assert refused.value.line() == (
            f"{folder.path}: {name} of the chunk from {chunk[0]} to {chunk[-1]} cannot be read. "
            "Ask again: what is missing is computed."
        )


def test_a_changed_byte_is_not_believed(folder: ChunkFolder) -> None:
    path = folder.file(CHUNK)
    whole = path.read_bytes()
    start = whole.index(b"\n") + 1
    for at in [*range(0, start, 7), start - 1, *range(start, len(whole), 5), len(whole) - 1]:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert folder.names(CHUNK) is None, at
    for torn in (b"", whole[:10], whole[:start], whole[:-1], whole + b"x"):
        path.write_bytes(torn)
        assert folder.names(CHUNK) is None
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))  # a fault of one array leaves the others
    assert np.array_equal(folder.read(CHUNK, "gap"), ARRAYS["gap"])
    with pytest.raises(StoreError):
        folder.read(CHUNK, "turned")
    folder.write(CHUNK, ARRAYS)
    assert folder.names(CHUNK) == tuple(ARRAYS) and path.read_bytes() == whole


def test_a_write_that_fails_leaves_the_old_chunk_and_nothing_beside(
    folder: ChunkFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = folder.file(CHUNK).read_bytes()

    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    for name in ("write_synced", "sync_folder"):
        with monkeypatch.context() as broken:
            broken.setattr(chunks, name, full)
            with pytest.raises(StoreError, match=r"a chunk of the ensemble cannot be written: .*\. Free some space"):
                folder.write(CHUNK, ARRAYS)
        assert [path.name for path in folder.path.iterdir()] == [folder.file(CHUNK).name]
        assert folder.file(CHUNK).read_bytes() == whole
    with monkeypatch.context() as broken:
        broken.setattr(chunks.os, "replace", full)
        with pytest.raises(StoreError):
            folder.write((8, 9), ARRAYS)
    assert folder.names((8, 9)) is None and len(list(folder.path.iterdir())) == 1


def test_only_what_was_opened_is_discarded(tmp_path: Path) -> None:
    first, second = ChunkStore(tmp_path), ChunkStore(tmp_path)
    for store, work in ((first, "a"), (first, "b"), (second, "c")):
        store.of(work, code="x").write((1,), {"n": np.ones(1)})
    first.discard()
    assert second.of("a", code="x").names((1,)) is None and second.of("b", code="x").names((1,)) is None
    assert second.of("c", code="x").names((1,)) == ("n",)
    second.of("a", code="x").write((1,), {"n": np.ones(1)})
    first.discard()  # nothing is open any more
    assert second.of("a", code="x").names((1,)) == ("n",)
    ChunkStore(tmp_path / "nowhere").discard()
