"""A Dask cluster gives the bytes of one thread, also when its workers are killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from ensemble_works import Cuts, Deadly, Squares, Stubborn
from test_executors import body

from didymium.engine import WorkersDied, WorkFailed, run_ensemble
from didymium.engine.crew import _Cluster
from didymium.errors import BadInput, SolverFailed
from didymium.results import ChunkStore

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")


@contextmanager
def started(workers: int, **settings: str) -> Iterator[str]:
    """The address of a scheduler on loopback with bare worker processes, which nobody replaces."""
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).parent / "loopback_cluster.py"), str(workers)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **settings},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """Two workers."""
    with started(2) as address:
        yield address


def test_a_cluster_gives_the_bytes_of_one_thread(cluster: str) -> None:
    assert cluster.startswith("tcp://127.0.0.1:")
    assert body(run_ensemble(Cuts(), range(18), executor=cluster)) == body(run_ensemble(Cuts(), range(18)))


def test_a_killed_worker_of_a_cluster_loses_nothing(tmp_path: Path) -> None:
    """Two of three workers die under one chunk; the third does all the rest."""
    seen: list[int] = []
    kept = ChunkStore(tmp_path / "kept").of("squares", code="1")
    marks = tmp_path / "marks"
    marks.mkdir()
    with started(3) as address:
        done = run_ensemble(
            Deadly(marks, times=2), range(24), executor=address, keep=kept, progress=lambda now, _: seen.append(now)
        )
    assert body(done) == body(run_ensemble(Squares(), range(24)))
    assert seen == [4, 8, 12, 16, 20, 24] and len(list(marks.iterdir())) == 2


def test_an_error_on_a_cluster_names_its_index(cluster: str) -> None:
    with pytest.raises(WorkFailed, match="index 6: ZeroDivisionError: no answer to 6"):
        run_ensemble(Stubborn((17, 6, 9)), range(20), executor=cluster)


@pytest.mark.slow
def test_a_chunk_that_kills_the_workers_of_a_cluster_fails_by_name(tmp_path: Path) -> None:
    """With a scheduler that gives a task up after one death: once among others, once alone."""
    with (
        started(4, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0") as address,
        pytest.raises(WorkersDied, match="chunk from index 4 to index 7"),
    ):
        run_ensemble(Deadly(tmp_path, times=99), range(8), executor=address)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.slow
def test_a_cluster_whose_workers_are_all_gone_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scheduler alone, after its only worker was killed and nobody starts another."""
    monkeypatch.setattr("didymium.engine.crew._EMPTY_FOR", 0.5)
    with started(1) as address, pytest.raises(SolverFailed, match="the cluster has had no worker for"):
        run_ensemble(Deadly(tmp_path, times=99), range(8), executor=address)


@pytest.mark.parametrize("ask", ["room", "watch"])
def test_a_scheduler_that_is_gone_is_told(ask: str) -> None:
    class Gone:
        def nthreads(self) -> dict[str, int]:
            raise ConnectionResetError(104, "Connection reset by peer")  # what Dask raises is one of its kind

    crew = object.__new__(_Cluster)
    crew._client = Gone()
    with pytest.raises(SolverFailed, match="does not answer any more"):
        _ = crew.room if ask == "room" else crew.watch()


def test_a_scheduler_without_workers_is_given_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("didymium.engine.crew._EMPTY_FOR", 60)
    threads: dict[str, int] = {"a": 2}
    crew = object.__new__(_Cluster)
    crew._client = SimpleNamespace(nthreads=lambda: threads)
    crew._seen = time.monotonic() - 61
    crew.watch()  # there is a worker now: the wait begins anew
    threads.clear()
    crew.watch()
    crew._seen -= 59
    crew.watch()
    crew._seen -= 2
    with pytest.raises(SolverFailed, match="the cluster has had no worker for 60 seconds"):
        crew.watch()


def test_an_address_without_a_scheduler_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("didymium.engine.crew._ANSWERS_WITHIN", 0.5)
    with pytest.raises(BadInput, match=r"cluster tcp://127\.0\.0\.1:9: no Dask scheduler answers"):
        run_ensemble(Squares(), range(4), executor="tcp://127.0.0.1:9")


def test_without_the_extra_the_cure_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(BadInput, match="Install didymium with the extra `cluster`"):
        run_ensemble(Squares(), range(4), executor="tcp://127.0.0.1:9")
