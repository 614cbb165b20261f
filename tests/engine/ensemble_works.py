"""Works for the tests of ensembles: importable, so that they can travel to other processes."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from engine_networks import cut, network

from didymium.engine import Solver


@dataclass(frozen=True)
class Squares:
    """Index squared, and a row of multiples. The state must not matter."""

    def prepare(self):
        return [0]

    def run(self, state, index):
        state[0] += 1
        return {"square": np.array(index**2), "multiples": np.arange(3.0) * index / 7}


@dataclass(frozen=True)
class Cuts:
    """A small network under one random cut for each index: its cost and a few flows."""

    seed: int = 0

    def prepare(self):
        return Solver(network(seed=self.seed))

    def run(self, state, index):
        answer = state.solve(cut(state.programme, np.random.default_rng(index)))
        return {"cost": np.array(answer.objective), "flows": answer.x[:40], "duals": answer.row_dual}


@dataclass(frozen=True)
class Deadly(Squares):
    """Kills its own process at one index, as long as the folder holds less than `times` marks."""

    folder: Path
    at: int = 5
    times: int = 1

    def run(self, state, index):
        marks = len(list(self.folder.iterdir()))
        if index == self.at and marks < self.times:
            (self.folder / f"{marks}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().run(state, index)


@dataclass(frozen=True)
class Stubborn(Squares):
    """Raises at some indices."""

    at: tuple[int, ...]

    def run(self, state, index):
        if index in self.at:
            raise ZeroDivisionError(f"no answer to {index}")
        return super().run(state, index)


@dataclass(frozen=True)
class Slow(Squares):
    """Takes its time, and leaves a mark with its process for each index."""

    folder: Path
    seconds: float = 0.1

    def run(self, state, index):
        (self.folder / f"{index}-{os.getpid()}-{time.monotonic_ns()}").touch()
        time.sleep(self.seconds)
        return super().run(state, index)


class Homesick(Squares):
    """Cannot be sent anywhere."""

    def __reduce__(self):
        raise TypeError("stays at home")


def build_of_this_process() -> str:
    """A build that differs from process to process."""
    return str(os.getpid())
