"""The same bytes from every executor; dead workers, stops and faults lose nothing and count nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from ensemble_works import Cuts, Deadly, Homesick, Slow, Squares, Stubborn, build_of_this_process

from didymium.engine import Ensemble, EnsembleStopped, Memory, Solver, WorkersDied, WorkFailed, run_ensemble
from didymium.errors import BadInput, DidymiumError, Infeasible, SolverFailed, StoreError, UnknownTerm
from didymium.results import ChunkStore

HERE = Path(__file__).parent


def body(ensemble: Ensemble) -> bytes:
    """All that an ensemble says, in order."""
    return b"".join(
        f"{index} {name} {array.dtype} {array.shape} ".encode() + array.tobytes()
        for index, arrays in ensemble
        for name, array in arrays.items()
    )


@pytest.fixture(scope="module")
def alone() -> bytes:
    """The cuts, each by a solver of its own: no history at all."""
    work = Cuts()
    keep = Memory()
    for index in range(18):
        keep.write((index,), {n: a[None] for n, a in work.run(work.prepare(), index).items()})
    return body(Ensemble.of(range(18), keep, chunk=1))


@pytest.mark.parametrize(
    ("executor", "workers"), [("serial", 1), ("threads", 1), ("threads", 2), ("threads", 4), ("processes", 2)]
)
def test_every_executor_gives_the_bytes_of_fresh_solvers(executor: str, workers: int, alone: bytes) -> None:
    assert body(run_ensemble(Cuts(), range(18), executor=executor, workers=workers)) == alone


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 3, 4])
def test_any_number_of_processes_gives_the_same_bytes(workers: int, alone: bytes) -> None:
    assert body(run_ensemble(Cuts(), range(18), executor="processes", workers=workers)) == alone


@pytest.mark.parametrize("chunk", [1, 5, 18, 100])
def test_the_size_of_a_chunk_changes_no_byte(chunk: int, alone: bytes) -> None:
    assert body(run_ensemble(Cuts(), range(18), workers=2, chunk=chunk)) == alone


def test_an_executor_of_the_standard_library_fits_and_stays_open() -> None:
    with ThreadPoolExecutor(2) as pool:
        done = run_ensemble(Squares(), range(9), executor=pool)
        assert pool.submit(int, "7").result() == 7
    assert done.load("square").tolist() == [i**2 for i in range(9)]


def test_order_is_that_of_the_indices_given() -> None:
    done = run_ensemble(Squares(), [7, 3, 11], workers=2, chunk=1)
    assert done.indices == (7, 3, 11) and done.load("square").tolist() == [49, 9, 121]
    assert [index for index, _ in done] == [7, 3, 11] and len(done) == 3
    assert done.load("multiples").shape == (3, 3)


def test_nothing_to_do_is_done() -> None:
    assert len(run_ensemble(Squares(), [])) == 0


def test_progress_counts_each_index_once_to_the_end() -> None:
    seen: list[tuple[int, int]] = []
    run_ensemble(Squares(), range(10), workers=3, progress=lambda *now: seen.append(now))
    assert sorted(seen) == seen and seen[-1] == (10, 10) and len(set(seen)) == len(seen) == 3


def test_a_start_handed_over_changes_no_byte() -> None:
    """A solver that begins with the basis of another gives its bytes, without solving the base."""
    work = Cuts(seed=3)
    first = work.prepare()
    second = Solver(first.programme, start=first.start())
    for index in range(6):
        one, other = work.run(first, index), work.run(second, index)
        assert all(one[name].tobytes() == other[name].tobytes() for name in one)


# --- what is refused -------------------------------------------------------------------------------------------


def test_unknown_executors_sizes_and_indices_are_refused() -> None:
    with pytest.raises(UnknownTerm, match=r"executor 'thread' is not known\. Did you mean 'threads'"):
        run_ensemble(Squares(), range(3), executor="thread")
    with pytest.raises(BadInput, match="chunk of 0"):
        run_ensemble(Squares(), range(3), chunk=0)
    with pytest.raises(BadInput, match="0 workers"):
        run_ensemble(Squares(), range(3), workers=0)
    with pytest.raises(BadInput, match="occurs twice"):
        run_ensemble(Squares(), [1, 1])


def test_work_that_cannot_travel_is_told_before_a_process_starts() -> None:
    with pytest.raises(BadInput, match="cannot be sent to another process: stays at home"):
        run_ensemble(Homesick(), range(3), executor="processes")
    assert len(run_ensemble(Homesick(), range(3), executor="threads")) == 3


class Uneven(Squares):
    """Another shape at one index."""

    def run(self, state, index):
        return {"a": np.zeros(2 if index == self.odd else 1)}

    def __init__(self, odd: int) -> None:
        object.__setattr__(self, "odd", odd)


@pytest.mark.parametrize("odd", [2, 6])
def test_summaries_of_another_shape_are_refused(odd: int) -> None:
    """Within a chunk and between chunks."""
    with pytest.raises(DidymiumError, match=r"differ from (those of the first|\{)"):
        run_ensemble(Uneven(odd), range(7), chunk=3 if odd == 2 else 2)


@pytest.mark.parametrize("executor", ["serial", "threads", "processes"])
def test_an_error_names_its_index_and_is_not_tried_again(executor: str) -> None:
    """The first in order, whoever meets another one sooner."""
    with pytest.raises(WorkFailed, match="ensemble, index 6: ZeroDivisionError: no answer to 6") as told:
        run_ensemble(Stubborn((17, 6, 9)), range(20), executor=executor, workers=2)
    assert told.value.index == 6 and isinstance(told.value.__cause__, ZeroDivisionError)


class Impossible(Squares):
    """Finds contradictions."""

    def run(self, state, index):
        raise Infeasible("the bounds contradict each other.", conflicts=["dy JPN"])


def test_an_error_of_ours_keeps_its_exit_code_and_conflicts() -> None:
    with pytest.raises(WorkFailed, match="the draw 0: the bounds contradict") as told:
        run_ensemble(Impossible(), range(2), name="the draw {}".format)
    assert told.value.exit_code == 1 and told.value.conflicts == ("dy JPN",)


def test_a_worker_with_another_build_refuses() -> None:
    with pytest.raises(WorkFailed, match="a worker has another build"):
        run_ensemble(Squares(), range(2), executor="processes", code=build_of_this_process)


# --- workers that die ------------------------------------------------------------------------------------------


def test_a_killed_worker_is_replaced_and_nothing_is_lost_or_counted_twice(tmp_path: Path) -> None:
    seen: list[int] = []
    work = Deadly(tmp_path, times=2)
    done = run_ensemble(work, range(20), executor="processes", workers=2, progress=lambda now, _: seen.append(now))
    assert body(done) == body(run_ensemble(Squares(), range(20)))
    assert seen == [4, 8, 12, 16, 20] and len(list(tmp_path.iterdir())) == 2


def test_a_chunk_that_kills_every_worker_fails_by_name(tmp_path: Path) -> None:
    with pytest.raises(WorkersDied, match=r"3 workers died .* chunk from index 4 to index 7") as told:
        run_ensemble(Deadly(tmp_path, times=99), range(8), executor="processes", workers=1)
    assert told.value.chunk == (4, 5, 6, 7)
    assert len(list(tmp_path.iterdir())) == 4  # once among others, three times alone


# --- checkpoints -----------------------------------------------------------------------------------------------


def test_kept_chunks_are_not_run_again_and_give_the_same_bytes(tmp_path: Path) -> None:
    marks, keep = tmp_path / "marks", ChunkStore(tmp_path / "kept").of("slow", code="1")
    marks.mkdir()
    stop = threading.Event()

    def watch(done: int, of: int) -> None:
        if done >= 8:
            stop.set()

    with pytest.raises(EnsembleStopped, match="stopped with") as told:
        run_ensemble(Slow(marks, 0.01), range(40), workers=2, keep=keep, progress=watch, stop=stop)
    before = told.value.so_far
    assert 8 <= len(before) < 40
    assert before.load("square").tolist() == [i**2 for i in before.indices]
    for mark in marks.iterdir():
        mark.unlink()
    again = run_ensemble(Slow(marks, 0.0), range(40), workers=2, keep=keep)
    ran = {int(mark.name.partition("-")[0]) for mark in marks.iterdir()}
    assert ran == set(range(40)) - set(before.indices)
    assert body(again) == body(run_ensemble(Squares(), range(40)))


def torn(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-9])


def flipped(file: Path) -> None:
    whole = bytearray(file.read_bytes())
    whole[-1] ^= 1
    file.write_bytes(bytes(whole))


def longer(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"\0")


def empty(file: Path) -> None:
    file.write_bytes(b"")


def foreign(file: Path) -> None:
    other = ChunkStore(file.parent.parent / "other").of("another work", code="1")
    other.write((0, 1, 2, 3), {"square": np.zeros(4), "multiples": np.zeros((4, 3))})
    file.write_bytes(other.file((0, 1, 2, 3)).read_bytes())


def relabelled(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"square", b"cubes!"))


@pytest.mark.parametrize("spoil", [torn, flipped, longer, empty, foreign, relabelled])
def test_a_spoiled_chunk_is_computed_again(spoil, tmp_path: Path) -> None:
    keep = ChunkStore(tmp_path / "kept").of("squares", code="1")
    whole = run_ensemble(Squares(), range(8), keep=keep)
    right = body(whole)
    good = keep.file((0, 1, 2, 3)).read_bytes()
    spoil(keep.file((0, 1, 2, 3)))
    assert keep.names((0, 1, 2, 3)) is None and whole.so_far().indices == (4, 5, 6, 7)
    assert body(run_ensemble(Squares(), range(8), keep=keep)) == right
    assert keep.file((0, 1, 2, 3)).read_bytes() == good


def test_another_work_or_build_does_not_see_the_chunks(tmp_path: Path) -> None:
    store = ChunkStore(tmp_path)
    run_ensemble(Squares(), range(4), keep=store.of("squares", code="1"))
    chunk = (0, 1, 2, 3)
    assert store.of("squares", code="1").names(chunk) == ("square", "multiples")
    assert store.of("squares", code="2").names(chunk) is None
    assert store.of("cubes", code="1").names(chunk) is None
    assert store.of("squares", code="1").names((0, 1, 2)) is None


def test_a_chunk_that_was_removed_is_told(tmp_path: Path) -> None:
    store = ChunkStore(tmp_path)
    done = run_ensemble(Squares(), range(4), keep=store.of("squares", code="1"))
    store.discard()
    assert not list(tmp_path.iterdir())
    with pytest.raises(StoreError, match="square of the chunk from 0 to 3 cannot be read"):
        done.load("square")
    with pytest.raises(StoreError, match="the chunk from 0 to 3 is not finished, or was removed"):
        list(done)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be written: a file is in the way"):
        run_ensemble(Squares(), range(4), keep=ChunkStore(tmp_path / "file").of("squares", code="1"))


def test_partial_results_are_read_while_it_runs(tmp_path: Path) -> None:
    """Another reader of the same folder sees whole chunks only."""
    part = Ensemble.of(range(12), ChunkStore(tmp_path).of("squares", code="1"))
    seen: list[list[int]] = []
    run_ensemble(
        Squares(),
        range(12),
        executor="serial",
        keep=ChunkStore(tmp_path).of("squares", code="1"),
        progress=lambda *_: seen.append(part.so_far().load("square").tolist()),
    )
    squares = [i**2 for i in range(12)]
    assert seen == [squares[:4], squares[:8], squares]


def test_ten_thousand_indices_do_not_stay_in_memory(tmp_path: Path) -> None:
    """10 kB for each index are 100 MB; while they are computed and read the peak grows by less than a third of that."""
    script = """
import resource, sys
import numpy as np
from didymium.engine import run_ensemble
from didymium.results import ChunkStore
class Large:
    def prepare(self): return None
    def run(self, state, index): return {"large": np.full(1_250, float(index)), "small": np.array(float(index))}
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
keep = ChunkStore(__import__("pathlib").Path(sys.argv[1])).of("large", code="1")
run_ensemble(Large(), range(-20, 0), workers=2, keep=keep)
before = peak()
done = run_ensemble(Large(), range(10_000), workers=2, chunk=100, keep=keep)
assert sum(float(one["large"][7]) for _, one in done) == 49_995_000.0
assert done.load("small").sum() == 49_995_000.0
print(peak() - before)
"""
    said = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(said.stdout) < 33


# --- stopped from outside --------------------------------------------------------------------------------------


def running(folder: Path, marks: Path, executor: str, seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(HERE / "stopped_ensemble.py"), str(folder), str(marks), executor, str(seconds)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize(
    ("executor", "signal_"),
    [
        ("processes", signal.SIGINT),
        ("processes", signal.SIGKILL),
        pytest.param("threads", signal.SIGINT, marks=pytest.mark.slow),
        pytest.param("threads", signal.SIGKILL, marks=pytest.mark.slow),
    ],
)
def test_a_stopped_ensemble_leaves_no_orphan_and_goes_on(executor: str, signal_: int, tmp_path: Path) -> None:
    kept, marks = tmp_path / "kept", tmp_path / "marks"
    marks.mkdir()
    with running(kept, marks, executor, 0.05) as process:
        assert process.stdout is not None
        process.stdout.readline()  # the first chunk is kept
        if signal_ == signal.SIGINT:
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of the group
        else:
            process.kill()
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()  # or the test would wait for it without end
            raise
    workers = {int(mark.name.split("-")[1]) for mark in marks.iterdir()}
    end = time.monotonic() + 10
    while any(map(is_alive, workers)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not [pid for pid in workers if is_alive(pid)]

    keep = ChunkStore(kept).of("slow", code="test")
    before = Ensemble.of(range(40), keep).so_far()
    assert 4 <= len(before) < 40
    if signal_ == signal.SIGINT:
        assert not list(kept.rglob(".partial-*"))
    for mark in marks.iterdir():
        mark.unlink()
    again = run_ensemble(Slow(marks, 0.0), range(40), keep=keep, workers=2)
    assert {int(mark.name.split("-")[0]) for mark in marks.iterdir()} == set(range(40)) - set(before.indices)
    assert body(again) == body(run_ensemble(Squares(), range(40)))


@pytest.mark.parametrize("again", [False, True])
def test_an_interrupt_in_the_middle_of_a_line_leaves_no_lock_taken(tmp_path: Path, again: bool) -> None:
    """The signal comes just after the main thread took the lock of a chunk under way; or there, and once more later."""
    script = """
import os, signal, sys, threading, time
from concurrent.futures import Future
import numpy as np
from didymium.engine import run_ensemble
class Slow:
    def prepare(self): return None
    def run(self, state, index): time.sleep(0.01); return {"x": np.array(float(index))}
class Interrupted(threading.Condition):
    came = False
    def __enter__(self):
        taken = super().__enter__()
        if not Interrupted.came and sys._getframe(1).f_code.co_name == "wait" and self.of.running():
            Interrupted.came = True
            os.kill(os.getpid(), signal.SIGINT)
        return taken
plain = Future.__init__
def made(self):
    plain(self)
    self._condition = Interrupted()
    self._condition.of = self
Future.__init__ = made
def progress(done, of):
    if Interrupted.came and sys.argv[1] == "True": os.kill(os.getpid(), signal.SIGINT)
try:
    run_ensemble(Slow(), range(400), executor="threads", workers=2, progress=progress)
except KeyboardInterrupt:
    print("interrupted", Interrupted.came, signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""
    said = subprocess.run(
        [sys.executable, "-c", script, str(again)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert said.stdout == "interrupted True True\n"


def test_a_pool_of_the_caller_that_breaks_is_told(tmp_path: Path) -> None:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    with (
        ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool,
        pytest.raises(SolverFailed, match="the workers are gone that had the chunk from index"),
    ):
        run_ensemble(Deadly(tmp_path, times=9), range(8), executor=pool)
