"""Ensembles: one piece of work, many indices, on threads, processes or a cluster, with the same bytes from each.

Three rules make the bytes the same. The indices are cut into chunks of a fixed size, never by the number of workers or
by time. An answer depends on its index alone, never on what a worker did before. Answers are read in the order of the
indices, whoever finished first.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from didymium.engine.crew import Answer, Arrays, Chunk, Crew, Fault, Work, opened
from didymium.errors import BadInput, DidymiumError, SolverFailed, StoreError

CHUNK = 4  # indices; about a second of work for the runs of one scenario
_GLANCE = 0.5  # seconds between two looks at the stop sign


class Keep(Protocol):
    """Where finished chunks lie. What is not whole, or not of this ensemble, is not there."""

    def names(self, chunk: Chunk) -> tuple[str, ...] | None:
        """The quantities of a chunk; None if the chunk is not kept."""
        ...

    def read(self, chunk: Chunk, name: str) -> NDArray[Any]:
        """One quantity of a kept chunk, (index, …)."""
        ...

    def write(self, chunk: Chunk, arrays: Arrays) -> None:
        """Keep a chunk whole or not at all."""
        ...


@dataclass(frozen=True, slots=True)
class Memory:
    """Chunks in memory, for ensembles that are small and need not outlive the process."""

    chunks: dict[Chunk, Arrays] = field(default_factory=dict)

    def names(self, chunk: Chunk) -> tuple[str, ...] | None:
        """The quantities of a chunk."""
        return tuple(self.chunks[chunk]) if chunk in self.chunks else None

    def read(self, chunk: Chunk, name: str) -> NDArray[Any]:
        """One quantity of a chunk."""
        return self.chunks[chunk][name]

    def write(self, chunk: Chunk, arrays: Arrays) -> None:
        """Keep a chunk."""
        self.chunks[chunk] = arrays


@dataclass(frozen=True, slots=True)
class Ensemble:
    """The answers of an ensemble, in the order of its indices. Only what is asked for is in memory.

    It may be read while the ensemble runs, by this process or another: see `so_far`.
    """

    chunks: tuple[Chunk, ...]
    keep: Keep

    @classmethod
    def of(cls, indices: Sequence[int], keep: Keep, *, chunk: int = CHUNK) -> Ensemble:
        """The ensemble of these indices, whether it has run or not. Indices are cut in the order given."""
        if chunk < 1:
            raise BadInput(f"a chunk of {chunk} indices holds nothing.", where="ensemble", cure="Take 1 or more.")
        if len(set(indices)) != len(indices):
            raise BadInput("an index occurs twice.", where="ensemble", cure="Give each index once.")
        return cls(tuple(tuple(indices[i : i + chunk]) for i in range(0, len(indices), chunk)), keep)

    @property
    def indices(self) -> tuple[int, ...]:
        """All indices, in order."""
        return tuple(index for chunk in self.chunks for index in chunk)

    def so_far(self) -> Ensemble:
        """The part that is finished now: whole chunks, in order, with gaps."""
        return Ensemble(tuple(c for c in self.chunks if self.keep.names(c) is not None), self.keep)

    def __len__(self) -> int:
        return sum(len(chunk) for chunk in self.chunks)

    def __iter__(self) -> Iterator[tuple[int, dict[str, NDArray[Any]]]]:
        """Each index with its quantities; one chunk is in memory at a time. StoreError at a chunk that is not there."""
        for chunk in self.chunks:
            names = self.keep.names(chunk)
            if names is None:
                raise StoreError(
                    f"the chunk from {chunk[0]} to {chunk[-1]} is not finished, or was removed.",
                    where="ensemble",
                    cure="Ask again, or read what is there: so_far().",
                )
            arrays = {name: self.keep.read(chunk, name) for name in names}
            for place, index in enumerate(chunk):
                yield index, {name: array[place] for name, array in arrays.items()}

    def load(self, name: str) -> NDArray[Any]:
        """One quantity of all indices, (index, …)."""
        parts = [self.keep.read(chunk, name) for chunk in self.chunks]
        return np.concatenate(parts) if parts else np.empty(0)


class WorkFailed(DidymiumError):
    """The work of one index raised an error; `index` says which. The exit code is that of the error."""

    def __init__(self, fault: Fault, name: str) -> None:
        self.index = fault.index
        known = fault.error if isinstance(fault.error, DidymiumError) else None
        self.exit_code = known.exit_code if known else self.exit_code
        self.conflicts: tuple[str, ...] = getattr(known, "conflicts", ())
        self.faults: tuple[str, ...] = getattr(known, "faults", ())
        what = known.line() if known else f"{fault.kind}: {fault.text}"
        super().__init__(what, where=f"ensemble, {name}")


class WorkersDied(SolverFailed):
    """Workers died again and again under one chunk; `chunk` holds its indices."""

    def __init__(self, chunk: Chunk, deaths: int, first: str, last: str) -> None:
        self.chunk = chunk
        super().__init__(
            f"{deaths} workers died one after the other in the chunk from {first} to {last}, while nothing else ran.",
            where="ensemble",
            cure="Look for want of memory, then ask again: what is finished is kept if a store was named.",
        )


class EnsembleStopped(DidymiumError):
    """The ensemble was asked to stop; `so_far` is what it has."""

    def __init__(self, so_far: Ensemble, total: int) -> None:
        self.so_far = so_far
        super().__init__(f"stopped with {len(so_far)} of {total} done.", where="ensemble", cure="Ask again to go on.")


def run_ensemble(
    work: Work,
    indices: Sequence[int],
    *,
    executor: str | Executor = "threads",
    workers: int = 1,
    chunk: int = CHUNK,
    keep: Keep | None = None,
    code: Callable[[], str] | None = None,
    progress: Callable[[int, int], None] | None = None,
    stop: threading.Event | None = None,
    name: Callable[[int], str] = "index {}".format,
) -> Ensemble:
    """Run the work for each index; the same bytes for every executor and every number of workers.

    `executor`: `serial`, `threads`, `processes`, the address of a Dask scheduler (`tcp://host:port`), or any
    `concurrent.futures.Executor`, which is left open. `workers` is for threads and processes. Chunks that `keep` holds
    are not run again; without it chunks are kept in memory. `code` names the program's build; a worker with another
    one refuses to work. `progress` is called with the number of indices done and of all. `stop` ends the run early.
    `name` says what an index is, for messages.

    Raises WorkFailed for an error of the work (the first index in order that has one), WorkersDied, EnsembleStopped,
    and BadInput for an executor that is not there.
    """
    if workers < 1:
        raise BadInput(f"{workers} workers do nothing.", where="ensemble", cure="Take 1 or more.")
    whole = Ensemble.of(indices, Memory() if keep is None else keep, chunk=chunk)
    waiting = deque(c for c in whole.chunks if whole.keep.names(c) is None)
    total = len(whole)
    done = total - sum(map(len, waiting))
    if progress is not None and done:
        progress(done, total)
    if not waiting:
        return whole
    form: dict[str, tuple[Any, ...]] = {}
    with opened(executor, work, workers=workers, code=code) as crew, _held_back(executor) as heed:
        for finished, arrays in _finished(crew, waiting, stop, name, heed):
            here = {what: (array.dtype, array.shape[1:]) for what, array in arrays.items()}
            form = form or here
            if here != form:
                raise BadInput(
                    f"quantities {here} differ from {form} of others.", where=f"ensemble, {name(finished[0])}"
                )
            whole.keep.write(finished, arrays)
            done += len(finished)
            if progress is not None:
                progress(done, total)
    if done < total:
        raise EnsembleStopped(whole.so_far(), total)
    return whole


@contextlib.contextmanager
def _held_back(executor: str | Executor) -> Iterator[Callable[[], None]]:
    """Tell Ctrl-C only where the function given is called; a second one at once.

    Told in the middle of a line it can leave the lock of a future taken, and then no crew can ever be closed. `serial`
    has no such locks, and may be long in one line.
    """
    ours = threading.current_thread() is threading.main_thread() and executor != "serial"
    came: list[int] = []

    def note(number: int, frame: Any) -> None:
        if came:
            signal.default_int_handler(number, frame)
        came.append(number)

    def heed() -> None:
        if came:
            raise KeyboardInterrupt

    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield heed
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield heed
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    heed()


def _finished(
    crew: Crew,
    waiting: deque[Chunk],
    stop: threading.Event | None,
    name: Callable[[int], str],
    heed: Callable[[], None],
) -> Iterator[tuple[Chunk, Arrays]]:
    """Chunks as they are finished, each once.

    A worker that dies takes a whole pool with it, so it is not known whose chunk killed it. The chunks that were under
    way then run one at a time: a death now has one cause.
    """
    order = {chunk: place for place, chunk in enumerate(waiting)}
    running: dict[Future[Answer], Chunk] = {}
    alone: deque[Chunk] = deque()
    deaths: Counter[Chunk] = Counter()
    faults: list[Fault] = []
    broken = False

    def died(chunk: Chunk) -> None:
        nonlocal broken
        broken = True
        if chunk in deaths:  # it ran alone
            deaths[chunk] += 1
            if deaths[chunk] >= crew.lives:
                raise WorkersDied(chunk, deaths[chunk], name(chunk[0]), name(chunk[-1]))
        else:
            deaths[chunk] = 0
        alone.append(chunk)

    def start(chunk: Chunk) -> None:
        try:
            running[crew.submit(chunk)] = chunk
        except crew.losses:
            died(chunk)

    def halted() -> bool:
        return bool(faults) or (stop is not None and stop.is_set())

    while True:
        heed()
        while alone and not running and not halted():
            if broken:
                crew.renew()
                broken = False
            start(alone.popleft())
        while waiting and not alone and not halted() and len(running) < crew.room:
            start(waiting.popleft())
        if not running:
            break
        if stop is not None and stop.is_set():
            crew.halt()
        ended = wait(running, timeout=_GLANCE, return_when=FIRST_COMPLETED)[0]
        if not ended:
            crew.watch()
        for future in sorted(ended, key=lambda f: order[running[f]]):
            chunk = running.pop(future)
            try:
                answer = future.result()
            except crew.losses:
                died(chunk)
            except (CancelledError, BrokenExecutor) as lost:
                raise SolverFailed(
                    f"the workers are gone that had the chunk from {name(chunk[0])} to {name(chunk[-1])}.",
                    where="ensemble",
                    cure="See whether the executor or its scheduler still runs, then ask again.",
                ) from lost
            else:
                if isinstance(answer, Fault):
                    faults.append(answer)
                elif answer is not None:
                    yield chunk, answer
    if faults:
        # Chunks start in order and all that started were waited for, so the first fault is the same in every run.
        first = min(faults, key=lambda f: order[f.chunk])
        raise WorkFailed(first, name(first.index)) from first.error
