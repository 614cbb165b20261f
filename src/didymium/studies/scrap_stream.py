"""One use of one material, from what enters it to what returns: the same for magnets, batteries, catalysts and others.

    entered → in use → out of use → collected → exported | recovered | lost

Arrays are (draw + 1, year) [t]; draw 0 is the central case. A place that a mapping leaves out is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymium.model.scrap import Recovery, recover

Floats = NDArray[np.float64]
WORLD = "WLD"
COLLECTION, YIELD, EXPORT = "collection", "yield", "export"
PULLS: Mapping[str, tuple[str, ...]] = {
    "": (),
    "collection_up": (COLLECTION,),
    "dismantling": (YIELD,),
    "both": (COLLECTION, YIELD),
    "leakage_to_zero": (EXPORT,),
    "all_levers": (COLLECTION, YIELD, EXPORT),
}
"""Levers and what they move; the two that stop exports have a figure only where exports are known."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share today, and what a lever reaches in its full year; None where no lever moves it."""

    now: Floats
    target: Floats | None = None

    def at(self, risen: Floats, pulled: bool) -> Floats:
        """The share; a lever rises in a line and never lowers it."""
        if not pulled or self.target is None:
            return self.now
        return np.asarray(self.now + risen * np.maximum(self.target - self.now, 0.0), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Line:
    """What one or more places hold and lose of a material; `exported` is None where it is not known."""

    in_use: Floats
    end_of_life: Floats
    collected: Floats
    recovered: Floats
    exported: Floats | None


@dataclass(frozen=True, slots=True)
class Stream:
    """A use of a material by place. `need` is what makers there take in; `new_scrap` the waste of their making."""

    family: str
    product: str
    element: str
    sector: str
    years: tuple[int, ...]
    entered: Mapping[str, Floats]
    in_use: Mapping[str, Floats]
    end_of_life: Mapping[str, Floats]
    collection: Mapping[str, Rate]
    export: Mapping[str, Floats]
    recovery: Rate
    risen: Floats
    new_scrap: Mapping[str, Floats]
    new_recovered: Mapping[str, Floats]
    need: Mapping[str, Floats]

    def ends(self, place: str, lever: str = "") -> Recovery:
        """Where the scrap of a place goes; scrap whose export is not known is followed as if none left."""
        pulled = PULLS[lever]
        out = self.export.get(place, np.zeros((1, 1)))
        leaving = out * (1.0 - self.risen) if EXPORT in pulled else out
        return recover(
            self.end_of_life[place],
            self.collection[place].at(self.risen, COLLECTION in pulled),
            leaving,
            self.recovery.at(self.risen, YIELD in pulled),
        )

    def line(self, places: Sequence[str], lever: str = "") -> Line | None:
        """The places together; None where what leaves use in one of them is not known, or what the lever does."""
        if any(place not in self.end_of_life for place in places):
            return None
        closed = all(place in self.export for place in places)
        if EXPORT in PULLS[lever] and not closed:
            return None
        found = [
            Line(self.in_use[p], self.end_of_life[p], ends.collected, ends.recovered, ends.exported if closed else None)
            for p in places
            for ends in (self.ends(p, lever),)
        ]
        return total(found)


def total(lines: Iterable[Line | None]) -> Line | None:
    """The sum of the lines that are known; None where none is. Exports are known where those of all lines are."""
    known = [line for line in lines if line is not None]
    if not known:
        return None
    closed = all(line.exported is not None for line in known)

    def added(name: str) -> Floats:
        return np.asarray(np.sum([getattr(line, name) for line in known], axis=0), dtype=np.float64)

    return Line(
        in_use=added("in_use"),
        end_of_life=added("end_of_life"),
        collected=added("collected"),
        recovered=added("recovered"),
        exported=added("exported") if closed else None,
    )


def summed(parts: Iterable[Mapping[str, Floats]], places: Sequence[str]) -> Floats | None:
    """What the mappings hold for the places together; None where none of them speaks of all the places."""
    found = [sum((part[p] for p in places), np.zeros((1, 1))) for part in parts if all(p in part for p in places)]
    return np.sum(found, axis=0) if found else None
