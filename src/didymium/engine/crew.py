"""Who does the work of an ensemble: this thread, threads, processes, or a Dask cluster named by address.

A worker builds the state of the work once and then runs chunks. The work travels to other processes as bytes.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import threading
import time
import uuid
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from didymium.errors import BadInput, SolverFailed, UnknownTerm

Chunk = tuple[int, ...]
Arrays = dict[str, NDArray[Any]]

EXECUTORS = ("serial", "threads", "processes")
_ANSWERS_WITHIN = 20  # seconds that a scheduler has to answer and to show a worker
_EMPTY_FOR = 60  # seconds without any worker after which nobody is waited for


class Work(Protocol):
    """What an ensemble repeats. Picklable, if it shall run in other processes."""

    def prepare(self) -> Any:
        """The state of one worker, for example a solver of the base programme. Built once, used by one thread."""
        ...

    def run(self, state: Any, index: int) -> Mapping[str, NDArray[Any]]:
        """Small summaries of one index, with the same names, types and shapes for every index.

        The answer may depend on the index alone, not on what the state was used for before.
        """
        ...


@dataclass(frozen=True, slots=True)
class Fault:
    """An error that the work raised: where, its kind and text, and the error itself if it can travel."""

    chunk: Chunk
    index: int
    kind: str
    text: str
    error: Exception | None


Answer = Arrays | Fault | None
"""Arrays with the index of the chunk first; or a fault; or nothing, from a worker that was told to halt."""


class Parcel:
    """Work on its way to workers: by reference to threads, as bytes to other processes."""

    def __init__(self, work: Work, code: Callable[[], str] | None) -> None:
        self.token = uuid.uuid4().hex
        self._work: Work | None = work
        self._code = code
        self._build = "" if code is None else code()
        self._bytes = b""
        self.halted: Callable[[], bool] = lambda: False

    def __getstate__(self) -> dict[str, Any]:
        if not self._bytes:
            try:
                self._bytes = zlib.compress(pickle.dumps(self._work, protocol=pickle.HIGHEST_PROTOCOL), level=1)
            except (pickle.PicklingError, TypeError, AttributeError) as fault:
                raise BadInput(
                    f"the work cannot be sent to another process: {fault}.", where="ensemble", cure="Use threads."
                ) from fault
        return {"token": self.token, "_code": self._code, "_build": self._build, "_bytes": self._bytes}

    def __setstate__(self, found: Mapping[str, Any]) -> None:
        self.__dict__.update(found)
        self._work = None
        self.halted = lambda: False

    def unpacked(self) -> tuple[Work, Any]:
        """The work and the state of this thread, built when the thread first needs it."""
        if getattr(_own, "token", None) != self.token:
            _own.__dict__.clear()
            if self._code is not None and (here := self._code()) != self._build:
                raise SolverFailed(
                    f"a worker has another build of the program ({here}) than the one that asks ({self._build}).",
                    where="ensemble",
                    cure="Install the same build on all workers.",
                )
            work: Work = pickle.loads(zlib.decompress(self._bytes)) if self._work is None else self._work
            _own.work, _own.state, _own.token = work, work.prepare(), self.token
        return _own.work, _own.state

    def run(self, chunk: Chunk) -> Answer:
        """The answers of a chunk, or the fault of its first index that has one."""
        found: list[Mapping[str, NDArray[Any]]] = []
        for index in chunk:
            if self.halted():
                return None
            try:
                work, state = self.unpacked()
                found.append({name: np.asarray(array) for name, array in work.run(state, index).items()})
                _alike(found[0], found[-1])
            except Exception as error:  # noqa: BLE001 - told with its index, by whoever asked
                return Fault(chunk, index, type(error).__name__, str(error), _portable(error))
        return {name: np.stack([one[name] for one in found]) for name in found[0]}


_own = threading.local()  # of each worker: token, work and state of the ensemble that it works for


def _alike(first: Mapping[str, NDArray[Any]], other: Mapping[str, NDArray[Any]]) -> None:
    for name, array in other.items():
        if array.dtype.hasobject:
            raise TypeError(f"{name} holds objects; a summary is numbers")
    here = {name: (array.dtype, array.shape) for name, array in other.items()}
    if here != {name: (array.dtype, array.shape) for name, array in first.items()}:
        raise ValueError(f"names, types or shapes differ from those of the first index of the chunk: {here}")


def _portable(error: Exception) -> Exception | None:
    try:
        again = pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - an error may refuse to travel in any way it likes
        return None
    return error if type(again) is type(error) and str(again) == str(error) else None


class Crew(Protocol):
    """Workers that take chunks.

    `losses` are the errors that say that a worker died, `lives` how many of them end the ensemble when they hit one
    chunk while nothing else runs.
    """

    losses: tuple[type[BaseException], ...]
    lives: int

    @property
    def room(self) -> int:
        """How many chunks may be under way."""
        ...

    def submit(self, chunk: Chunk) -> Future[Answer]:
        """Start a chunk."""
        ...

    def renew(self) -> None:
        """Replace workers that died."""
        ...

    def watch(self) -> None:
        """Raise SolverFailed if there is nobody left who could finish a chunk."""
        ...

    def halt(self) -> None:
        """Ask the workers to stop at the next index."""
        ...

    def close(self) -> None:
        """Stop, and wait until no worker is left."""
        ...


@contextlib.contextmanager
def opened(executor: str | Executor, work: Work, *, workers: int, code: Callable[[], str] | None) -> Iterator[Crew]:
    """The crew that an executor's name stands for; closed in every case, with its workers at rest."""
    parcel = Parcel(work, code)
    crew: Crew
    if isinstance(executor, Executor):
        crew = _Given(executor, parcel)
    elif "://" in executor:
        crew = _Cluster(executor, parcel)
    elif executor == "serial":
        crew = _Given(_Serial(), parcel, room=1)
    elif executor == "threads":
        crew = _Given(ThreadPoolExecutor(max_workers=workers), parcel, room=2 * workers, ours=True)
    elif executor == "processes":
        crew = _Processes(parcel, workers)
    else:
        raise UnknownTerm("executor", executor, EXECUTORS, cure="Known: serial, threads, processes, tcp://host:port.")
    try:
        yield crew
    finally:
        crew.halt()
        crew.close()


class _Serial(Executor):
    """Runs a call at once, in the thread that asks."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class _Given:
    """An executor of the standard library's kind that cannot lose workers, or is not ours to replace."""

    losses: tuple[type[BaseException], ...] = ()
    lives = 1

    def __init__(self, executor: Executor, parcel: Parcel, *, room: int = 16, ours: bool = False) -> None:
        self._executor, self._parcel, self._ours = executor, parcel, ours
        self.room = room
        self._stopped = threading.Event()
        self._running: set[Future[Answer]] = set()
        parcel.halted = self._stopped.is_set

    def submit(self, chunk: Chunk) -> Future[Answer]:
        future = self._executor.submit(_chunk_of, self._parcel, chunk)
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        return future

    def renew(self) -> None:
        """Nothing to replace."""

    def watch(self) -> None:
        """Threads do not go away; an executor that breaks says so by itself."""

    def halt(self) -> None:
        self._stopped.set()

    def close(self) -> None:
        for future in tuple(self._running):
            future.cancel()
        if self._ours:
            self._executor.shutdown(wait=True, cancel_futures=True)
        else:
            for future in tuple(self._running):
                with contextlib.suppress(Exception):
                    future.exception()
        _own.__dict__.clear()


def _chunk_of(parcel: Parcel, chunk: Chunk) -> Answer:
    return parcel.run(chunk)


class _Processes:
    """Fresh processes, not forks: a fork would copy the solver's threads in the middle of what they do."""

    losses: tuple[type[BaseException], ...] = (BrokenExecutor,)
    lives = 3

    def __init__(self, parcel: Parcel, workers: int) -> None:
        import multiprocessing

        self._context = multiprocessing.get_context("spawn")
        self._parcel, self._workers = parcel, workers
        self.room = 2 * workers
        # Without a lock: a worker that is killed while it holds one would stop all others.
        self._stopped = self._context.RawValue("b", 0)
        parcel.__getstate__()  # a work that cannot travel is told here, not as a worker that dies
        self._pool = self._open()

    def _open(self) -> Executor:
        from concurrent.futures import ProcessPoolExecutor

        return ProcessPoolExecutor(
            self._workers, mp_context=self._context, initializer=_install, initargs=(self._parcel, self._stopped)
        )

    def submit(self, chunk: Chunk) -> Future[Answer]:
        return self._pool.submit(_run_installed, chunk)

    def renew(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = self._open()

    def watch(self) -> None:
        """A pool whose process dies says so by itself."""

    def halt(self) -> None:
        self._stopped.value = 1

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


_installed: list[Parcel] = []  # in a worker process: the one parcel that it works for


def _install(parcel: Parcel, stopped: Any) -> None:
    """Make this process a worker that leaves Ctrl-C to its parent and ends when its parent does."""
    import multiprocessing

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parcel.halted = lambda: bool(stopped.value)
    _installed[:] = [parcel]
    if (parent := multiprocessing.parent_process()) is not None:

        def follow() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=follow, daemon=True).start()


def _run_installed(chunk: Chunk) -> Answer:
    return _installed[0].run(chunk)


class _Cluster:
    """A Dask cluster. Its scheduler runs the chunks of a dead worker again on another one, by itself.

    It gives a task up after as many deaths as its setting `distributed.scheduler.allowed-failures` allows; then the
    chunk is run alone once more.
    """

    lives = 1

    def __init__(self, address: str, parcel: Parcel) -> None:
        try:
            dask: Any = import_module("distributed")
        except ImportError as missing:
            raise BadInput(
                "the package distributed is not installed.",
                where=f"cluster {address}",
                cure="Install didymium with the extra `cluster`.",
            ) from missing
        # What a chunk itself raises comes back as a Fault. A worker that dies with an answer it has not handed over is
        # told by Dask's executor as a ValueError: it takes the two parts of "lost" for the three of an error.
        self.losses: tuple[type[BaseException], ...] = (dask.KilledWorker, ValueError)
        parcel.__getstate__()
        try:
            self._client: Any = dask.Client(address, timeout=_ANSWERS_WITHIN, set_as_default=False)
        except (OSError, ValueError, RuntimeError) as refused:
            raise BadInput(
                "no Dask scheduler answers.", where=f"cluster {address}", cure="Check the address, tcp://host:port."
            ) from refused
        try:
            self._client.wait_for_workers(1, timeout=_ANSWERS_WITHIN)
        except (OSError, TimeoutError) as none:
            self._client.close()
            raise BadInput("the scheduler has no workers.", where=f"cluster {address}", cure="Start some.") from none
        self._executor: Executor = self._client.get_executor(pure=False)
        self._seen = time.monotonic()  # when there was a worker
        # Sent with each chunk, a megabyte or so: shared data would have to be fetched from workers that may be dead.
        self._parcel = parcel

    @property
    def room(self) -> int:
        return 2 * max(1, self._threads())

    def _threads(self) -> int:
        """Threads of all workers. Raises SolverFailed when the scheduler is gone."""
        try:
            return int(sum(self._client.nthreads().values()))
        except (OSError, TimeoutError) as gone:
            raise SolverFailed(
                "the scheduler of the cluster does not answer any more.",
                where="ensemble",
                cure="Start it again, then ask again: what is finished is kept if a store was named.",
            ) from gone

    def submit(self, chunk: Chunk) -> Future[Answer]:
        return self._executor.submit(_chunk_of, self._parcel, chunk)

    def renew(self) -> None:
        """The cluster replaces its workers itself."""

    def watch(self) -> None:
        if self._threads():
            self._seen = time.monotonic()
        elif time.monotonic() - self._seen > _EMPTY_FOR:
            raise SolverFailed(
                f"the cluster has had no worker for {_EMPTY_FOR} seconds.",
                where="ensemble",
                cure="Start workers, then ask again: what is finished is kept if a store was named.",
            )

    def halt(self) -> None:
        """Chunks that have not started are cancelled by `close`."""

    def close(self) -> None:
        self._executor.shutdown(wait=False)  # cancels what has not ended
        self._client.close()
