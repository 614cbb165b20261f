"""The cases of an ensemble: quasi-random draws over uncertain inputs, and moves of one input to the ends of its range.

A case is made when it is asked for, from its number: an ensemble of ten thousand holds no list of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import overload

import numpy as np
from numpy.typing import NDArray

from didymium.scenario.uncertain import FIGURES, Factor

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Draw:
    """One case of an ensemble: its name and the central values it replaces."""

    name: str
    overrides: Mapping[str, float]

    @property
    def is_move(self) -> bool:
        """Whether it moves one input alone: `user_cover_days:low`."""
        return self.name.endswith((":low", ":high"))

    @property
    def moves(self) -> str:
        """The input that a move moves."""
        return self.name.rpartition(":")[0]


@lru_cache(maxsize=4)
def points(inputs: int, count: int, seed: int) -> Floats:
    """A Latin hypercube in the unit cube, (draw, input): each of `count` layers of each input holds one draw.

    McKay, Beckman & Conover 1979 (doi 10.1080/00401706.1979.10489755). Layers are paired at random. Sobol' points fill
    two inputs at a time in patterns until there are thousands of them: with thirty inputs and 256 draws the indices of
    sensitivity gave a third of one input's share to another that does nothing.
    """
    from scipy.stats import qmc

    if count == 0 or inputs == 0:
        return np.empty((count, inputs))
    found: Floats = qmc.LatinHypercube(d=inputs, seed=np.random.default_rng(seed)).random(count)
    found.flags.writeable = False
    return found


@dataclass(frozen=True, slots=True)
class Design(Sequence[Draw]):
    """The cases over some inputs: `draws` quasi-random ones, then, if asked for, each input alone at both its ends.

    The errors of the base year's figures are drawn, never moved alone: they have no low and high end.
    """

    factors: tuple[Factor, ...]
    draws: int
    seed: int
    moves: bool = True

    @property
    def moved(self) -> tuple[Factor, ...]:
        """The inputs that are moved alone."""
        return tuple(f for f in self.factors if f.id != FIGURES) if self.moves else ()

    @property
    def points(self) -> Floats:
        """Where each draw lies in the range of each input, (draw, input), 0 to 1."""
        return points(len(self.factors), self.draws, self.seed)

    def __len__(self) -> int:
        return self.draws + 2 * len(self.moved)

    @overload
    def __getitem__(self, number: int) -> Draw: ...
    @overload
    def __getitem__(self, number: slice) -> list[Draw]: ...
    def __getitem__(self, number: int | slice) -> Draw | list[Draw]:
        if isinstance(number, slice):
            return [self[i] for i in range(*number.indices(len(self)))]
        if number < 0:
            number += len(self)
        if not 0 <= number < len(self):
            raise IndexError(number)
        if number < self.draws:
            at = zip(self.factors, self.points[number].tolist(), strict=True)
            return Draw(f"draw-{number:03d}", {f.id: f.at(u) for f, u in at})
        which, end = divmod(number - self.draws, 2)
        factor = self.moved[which]
        return Draw(f"{factor.id}:{'high' if end else 'low'}", {factor.id: factor.high if end else factor.low})


Task = tuple[Draw, str]  # a case and the kind of foresight with which it is solved


@dataclass(frozen=True, slots=True)
class Tasks(Sequence[Task]):
    """Every draw with each foresight that is drawn, then the moves of one input with one foresight.

    Cases that are moves come last. `plain` is the number of the others.
    """

    cases: Sequence[Draw]
    drawn: tuple[str, ...]
    moved: str | None
    plain: int

    @classmethod
    def of(cls, cases: Sequence[Draw], drawn: tuple[str, ...], moved: str | None) -> Tasks:
        """The tasks of some cases; without a foresight for them, moves are left out."""
        plain = sum(not case.is_move for case in cases)
        if any(case.is_move for case in cases[:plain]):
            raise ValueError("moves of one input come after all other cases")
        return cls(cases, drawn, moved, plain)

    def __len__(self) -> int:
        return self.plain * len(self.drawn) + (0 if self.moved is None else len(self.cases) - self.plain)

    @overload
    def __getitem__(self, number: int) -> Task: ...
    @overload
    def __getitem__(self, number: slice) -> list[Task]: ...
    def __getitem__(self, number: int | slice) -> Task | list[Task]:
        if isinstance(number, slice):
            return [self[i] for i in range(*number.indices(len(self)))]
        if not 0 <= number < len(self):
            raise IndexError(number)
        kinds = len(self.drawn)
        if number < self.plain * kinds:
            return self.cases[number // kinds], self.drawn[number % kinds]
        assert self.moved is not None
        return self.cases[number - self.plain * (kinds - 1)], self.moved
