"""Which uncertain input matters most: global sensitivity from the draws at hand, or from a design of its own. SALib.

`from_draws` asks of draws that were made anyway (given data); `sobol` runs a function on a design that tells total
effects too, interactions included.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST_DRAWS = 64  # below this an index says nothing
HARMONICS = 4  # enough for what bends a few times; more add noise where draws are few
SLIDES = 10  # conditioning intervals of the PAWN index
DUMMIES = 150  # inputs that do nothing: what their indices reach by chance is noise
RESAMPLES = 200


@dataclass(frozen=True, slots=True)
class Index:
    """Of one input: first-order share of the variance with its 95 % interval, and the PAWN distance (0 none, 1 all)."""

    name: str
    first: float
    first_low: float
    first_high: float
    pawn: float


@dataclass(frozen=True, slots=True)
class Indices:
    """Of all inputs, the most important first; an input whose PAWN distance is below `noise` cannot be told from none.

    `varies` is false when the output is the same in all draws: then there is nothing to explain, and no index.
    """

    of: tuple[Index, ...]
    noise: float
    varies: bool


def from_draws(at: Floats, output: Floats, names: Sequence[str], *, seed: int) -> Indices:
    """Indices from given data: `at` (draw, input) are ranks or places in the range, `output` (draw,) what came of it.

    First order: random balance designs with the bias taken out (Tarantola, Gatelli & Mara 2006, doi
    10.1016/j.ress.2005.06.003; Plischke 2010, doi 10.1016/j.ress.2009.11.005), interval by bootstrap. PAWN: the median
    Kolmogorov–Smirnov distance between the output and the output with the input held in a tenth of its range (Pianosi
    & Wagener 2018, doi 10.1016/j.envsoft.2018.07.019). `noise` is the largest PAWN distance of inputs that do nothing.
    """
    from SALib.analyze import pawn, rbd_fast

    if np.ptp(output) == 0:
        return Indices((), 0.0, varies=False)
    chance = np.random.default_rng([seed, 1])
    whole = np.hstack([at, chance.random((at.shape[0], DUMMIES))])
    asked = {"num_vars": whole.shape[1], "names": [str(i) for i in range(whole.shape[1])]}
    distance = np.asarray(pawn.analyze(asked, whole, output, S=SLIDES)["median"])
    own = {"num_vars": at.shape[1], "names": list(names)}
    first = rbd_fast.analyze(own, at, output, M=HARMONICS, num_resamples=RESAMPLES, seed=chance)
    share = np.clip(np.asarray(first["S1"], dtype=np.float64), 0.0, 1.0)
    half = np.asarray(first["S1_conf"], dtype=np.float64)
    found = [
        Index(
            name,
            float(share[i]),
            max(float(share[i] - half[i]), 0.0),
            min(float(share[i] + half[i]), 1.0),
            float(distance[i]),
        )
        for i, name in enumerate(names)
    ]
    ordered = sorted(found, key=lambda one: (-one.first, -one.pawn, one.name))
    return Indices(tuple(ordered), float(distance[at.shape[1] :].max()), varies=True)


@dataclass(frozen=True, slots=True)
class Total:
    """Of one input or group: first-order and total share of the variance, each with its 95 % interval's half width."""

    name: str
    first: float
    first_half: float
    total: float
    total_half: float


def design(names: Sequence[str], groups: Sequence[str], size: int, seed: int) -> Floats:
    """Points at which `totals` needs the output, (point, input), 0 to 1: size × (groups + 2). `size` is a power of 2.

    Saltelli et al. 2010, doi 10.1016/j.cpc.2009.09.018.
    """
    from SALib.sample import sobol as sampled

    asked = _problem(names, groups)
    found: Floats = sampled.sample(asked, size, calc_second_order=False, seed=seed)
    return found


def totals(names: Sequence[str], groups: Sequence[str], output: Floats, seed: int) -> tuple[Total, ...]:
    """Sobol' indices of the groups from the outputs at the points of `design`, the largest total first.

    Total effects after Jansen 1999, doi 10.1016/S0010-4655(98)00154-4.
    """
    from SALib.analyze import sobol as analysed

    asked = _problem(names, groups)
    found = analysed.analyze(asked, output, calc_second_order=False, num_resamples=RESAMPLES, seed=seed)
    labels = list(dict.fromkeys(groups))
    rows = [
        Total(label, *(float(found[key][i]) for key in ("S1", "S1_conf", "ST", "ST_conf")))
        for i, label in enumerate(labels)
    ]
    return tuple(sorted(rows, key=lambda one: (-one.total, one.name)))


def sobol(evaluate: Callable[[Floats], Floats], names: Sequence[str], *, size: int, seed: int = 0) -> tuple[Total, ...]:
    """Sobol' indices of a function of points in the unit cube, each input by itself.

    >>> [round(one.total, 2) for one in sobol(lambda u: u[:, 0] + 2 * u[:, 1], ("a", "b"), size=1024)]
    [0.8, 0.2]
    """
    return totals(names, names, evaluate(design(names, names, size, seed)), seed)


def _problem(names: Sequence[str], groups: Sequence[str]) -> dict[str, object]:
    whole = {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}
    return whole if list(groups) == list(names) else whole | {"groups": list(groups)}
