"""Solved arrays beside an answer: packed and unpacked, named by content, missed and found damaged by name."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from didymium.errors import StoreError
from didymium.results import COMPLETE, PARTIAL, Manifest, Result, RunStore, result_bytes
from didymium.results.arrays import content_hash, pack, unpack
from didymium.results.store import MANIFEST, RESULT

X = {"x": np.array([[1.5, -0.0, 1e-300], [np.pi, 2.0, 3.0]]), "row_dual": np.array([[0.1], [0.2]])}


def answer(arrays: dict[str, dict[str, np.ndarray]] | None = None, *, seed: int = 1, status: str = COMPLETE) -> Result:
    return Result.of(
        "stress",
        request={"seed": seed, **({"time_limit_s": 1.0} if status == PARTIAL else {})},
        dataset={"id": "abc", "version": "2026.11"},
        code_version="0.1.0",
        rows=[{"seed": seed, "status": status}],
        status=status,
        arrays={"coordinated": X} if arrays is None else arrays,
    )


def keep(store: RunStore, result: Result) -> Path:
    call = {"command": "stress", "params": {"seed": 1}, "layers": []}
    return store.save(result, Manifest.of(result, call=call, created="2026-11-24T00:00:00+00:00"))


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


def test_packed_arrays_read_back_bit_by_bit() -> None:
    back = unpack(pack(X))
    assert sorted(back) == sorted(X)
    assert all(back[name].tobytes() == X[name].tobytes() for name in X)
    assert pack(X) == pack({name: X[name].copy() for name in reversed(X)})


def test_the_hash_tells_every_bit_name_and_shape() -> None:
    other = {**X, "x": X["x"].copy()}
    other["x"][0, 1] = 0.0  # plus zero instead of minus zero
    renamed = {"y": X["x"], "row_dual": X["row_dual"]}
    reshaped = {**X, "x": X["x"].reshape(3, 2)}
    assert len({content_hash(a) for a in (X, other, renamed, reshaped)}) == 4
    assert content_hash(X) == content_hash({name: np.asfortranarray(X[name]) for name in X})


def test_arrays_are_kept_beside_the_answer_and_named_in_it(store: RunStore) -> None:
    result = answer()
    folder = keep(store, result)
    files = sorted(p.name for p in folder.iterdir())
    assert files == [f"coordinated-{content_hash(X)[:16]}.npz", MANIFEST, RESULT]
    assert json.loads(store.read(result.run_id))["arrays"] == {"coordinated": content_hash(X)}
    back = store.arrays(result.run_id)["coordinated"]
    assert all(np.array_equal(back[name], X[name]) for name in X)
    assert store.verify(result.run_id) == ""


def test_every_flipped_byte_is_found_and_its_file_named(store: RunStore) -> None:
    result = answer()
    folder = keep(store, result)
    for path in sorted(folder.glob("*.npz")):
        body = path.read_bytes()
        for place in range(len(body)):
            path.write_bytes(body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :])
            assert store.verify(result.run_id).startswith(f"damaged: {path.name} has hash")
        path.write_bytes(body)
    assert store.verify(result.run_id) == ""


def test_other_arrays_under_a_mended_manifest_are_found(store: RunStore) -> None:
    """Who changes a number and the manifest's hash with it still misses the hash in the answer."""
    result = answer()
    folder = keep(store, result)
    (path,) = folder.glob("*.npz")
    body = pack({**X, "x": X["x"] + 1})
    path.write_bytes(body)
    held = json.loads((folder / MANIFEST).read_text("utf-8"))
    held["files"][path.name] = hashlib.sha256(body).hexdigest()
    (folder / MANIFEST).write_text(json.dumps(held), "utf-8")
    assert store.verify(result.run_id) == "damaged: the arrays coordinated are not those of the answer"
    with pytest.raises(StoreError, match="not those of the answer"):
        store.arrays(result.run_id)


def test_a_run_without_its_arrays_is_incomplete_and_kept_anew(store: RunStore) -> None:
    result = answer()
    folder = keep(store, result)
    (path,) = folder.glob("*.npz")
    path.unlink()
    assert store.verify(result.run_id) == f"incomplete: {path.name} is missing"
    keep(store, result)
    assert store.verify(result.run_id) == ""


def test_an_answer_read_back_cannot_be_kept_without_its_arrays(store: RunStore, tmp_path: Path) -> None:
    result = answer()
    keep(store, result)
    again = store.load(result.run_id)
    assert result_bytes(again) == result_bytes(result)
    with pytest.raises(StoreError, match="without its arrays coordinated"):
        keep(RunStore(tmp_path / "other"), again)


def test_a_partial_run_has_its_own_id_and_gives_way_to_a_later_one(store: RunStore) -> None:
    whole, part = answer(), answer({}, status=PARTIAL)
    assert whole.run_id != part.run_id
    keep(store, part)
    assert store.manifest(part.run_id).status == PARTIAL
    assert json.loads(store.read(part.run_id))["status"] == store.load(part.run_id).status == PARTIAL
    further = Result.from_dict({**part.as_dict(), "rows": [{"seed": 1, "status": "further"}]})
    keep(store, further)
    assert store.load(part.run_id).rows[0]["status"] == "further"
    assert [e.name for e in store.list() if e.name.startswith(".superseded-")]


def test_a_complete_answer_is_not_taken_for_another(store: RunStore) -> None:
    result = answer()
    keep(store, result)
    with pytest.raises(StoreError, match="with other bytes"):
        keep(store, answer({"coordinated": {**X, "x": X["x"] + 1}}))


def test_a_manifest_of_the_first_format_is_read(store: RunStore) -> None:
    result = answer({})
    folder = keep(store, result)
    old = json.loads((folder / MANIFEST).read_text("utf-8"))
    old["format"] = 1
    del old["status"], old["files"]
    (folder / MANIFEST).write_text(json.dumps(old), "utf-8")
    assert store.verify(result.run_id) == ""
    assert store.manifest(result.run_id).status == COMPLETE
