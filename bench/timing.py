"""CPU seconds of several ways to do one thing, taken in turns, and a table of their ratios."""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

REPEATS = 3


def least(ways: Mapping[str, Callable[[], Any]], *, repeats: int = REPEATS) -> dict[str, float]:
    """Least CPU time [s] of each way over some rounds; in each round every way runs once, one after the other."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    with quiet():
        for _ in range(repeats):
            for name, way in ways.items():
                start = time.process_time()
                way()
                times[name].append(time.process_time() - start)
    return {name: min(taken) for name, taken in times.items()}


@contextmanager
def quiet() -> Iterator[None]:
    """Without what solvers and libraries say, whatever they write it with."""
    sys.stdout.flush()
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def ratios(times: Mapping[str, float], *, own: str, what: str = "CPU seconds") -> str:
    """Each way's time, and how many times that of `own` it is."""
    return table(
        ["way", what, f"times {own}"], [[name, f"{t:.3f}", f"{t / times[own]:.2f}"] for name, t in times.items()]
    )


def peak_mb() -> float:
    """Largest resident memory of this program so far [MB], from Linux's own account of it."""
    return _status_mb("VmHWM")


def from_files_mb() -> float:
    """Resident memory of this program that stands in files: code of packages, as far as it has run [MB]."""
    return _status_mb("RssFile")


def _status_mb(entry: str) -> float:
    said = Path("/proc/self/status").read_text("ascii")
    return int(said.split(f"{entry}:")[1].split()[0]) / 1e3
