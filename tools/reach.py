"""Whether figures that print the same way give a published value: what is found so exists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy.optimize import linprog

from didymium.studies.reproduced import FORMULAS, figures, matches, recomputed

Held = dict[str, list[float]]


def reached(row: Mapping[str, Any]) -> bool:
    """Whether a value that prints as published can be had: each figure moves alone, to one end of what prints so.

    Shares of uses are parts of one whole: they move together, by a linear programme. `published_low` and
    `published_high` are numbers or none.
    """
    held, halves = figures(row["inputs"]), figures(row["rounding"]) if row["rounding"] else {}
    if matches(row):
        return True
    up = row["published_low"] is not None and recomputed(row) < row["published_low"]
    sign, compute = (1.0 if up else -1.0), FORMULAS[row["formula"]]
    for name, steps in halves.items():
        if name == "share" and "value_added" in held:
            held["share"] = _shares(held["share"], steps, [sign * each for each in held["value_added"]])
        else:
            _move(held, name, steps, lambda: sign * compute(held))
    end, slack = compute(held), 1e-9
    # between the printed figures and these the value takes every value between
    return bool(end >= row["published_low"] - slack if up else end <= row["published_high"] + slack)


def _move(held: Held, name: str, steps: list[float], gain: Callable[[], float]) -> None:
    values = held[name]
    for index, step in enumerate(steps):
        printed = values[index]
        tried: list[tuple[float, int, float]] = []
        for moved in (printed, max(0.0, printed - step), printed + step):
            values[index] = moved
            tried.append((gain(), -len(tried), moved))
        values[index] = max(tried)[2]


def _shares(shares: list[float], steps: list[float], worth: list[float]) -> list[float]:
    """The shares within their rounding that are worth most; they add to one, or to what other uses leave."""
    printed = sum(shares)
    least = 1.0 if printed >= 1.0 - 1e-9 else printed - steps[0]
    box = [(max(0.0, share - step), min(1.0, share + step)) for share, step in zip(shares, steps, strict=True)]
    ones = np.ones(len(shares))
    found = linprog(-np.array(worth), A_ub=np.vstack([ones, -ones]), b_ub=[1.0, -least], bounds=box)
    return shares if found.x is None else [float(x) for x in found.x]
