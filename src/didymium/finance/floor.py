"""One price floor carried along a chain: what it adds at each stage, and who bears it.

A floor of *F* on a product that costs *P* adds F − P to a kilogram of it where P is lower, else nothing. What a
kilogram further down the chain costs more follows from how much of the product is in it:

    extra_s = content_s · max(0, F − P),     content_s [t of the product for a tonne at stage s]

A duty of extra_s on what is imported at stage s keeps goods made from floor-priced material level with others; it is a
share extra_s / price_s of their value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MUSD = 1e-3  # million USD for a tonne at 1 USD/kg


@dataclass(frozen=True, slots=True)
class Burden:
    """Who bears a floor for a year [million USD; positive pays, negative gets].

    `makers` get what `users`, `treasury` and `importers` pay: the four add up to nothing.
    """

    makers: float
    users: float
    treasury: float
    importers: float


def missing(floor: float, price: Floats) -> Floats:
    """What a floor adds to a kilogram of its product [USD/kg]: max(0, F − P)."""
    return np.maximum(floor - price, 0.0)


def by_treasury(made: float, gap: float) -> Burden:
    """A contract for difference on `made` tonnes of the product: the treasury pays, users see the market price."""
    paid = made * gap * MUSD
    return Burden(makers=-paid, users=0.0, treasury=paid, importers=0.0)


def by_border(
    used: float,
    net_imports: Mapping[str, float],
    content: Mapping[str, float],
    gap: float,
    covered: Sequence[str],
    last: str,
) -> Burden:
    """A duty on what comes in at the covered stages, given back on what goes out.

    `used`: tonnes of the last stage that are used inside. `net_imports`: imports less exports [t], by stage. `content`:
    tonnes of the product in a tonne at a stage. Where the last stage is covered, its users pay for all the product in
    what they use; the treasury gets the duty and makers inside the rest. Where it is not, goods of the last stage come
    in at the market price and nobody inside can charge more: users pay nothing, and the duty falls on those who bring
    in the covered stages.
    """
    duty = sum(net_imports.get(s, 0.0) * content[s] for s in covered) * gap * MUSD
    if last in covered:
        paid = used * content[last] * gap * MUSD
        return Burden(makers=-(paid - duty), users=paid, treasury=-duty, importers=0.0)
    return Burden(makers=0.0, users=0.0, treasury=-duty, importers=duty)


def escapes(
    content: Mapping[str, float], price: Mapping[str, float], stages: Sequence[str], covered: Sequence[str], gap: float
) -> list[tuple[str, str, float, float]]:
    """Where goods slip past a duty on some stages: from each covered stage to the next one that is not covered.

    Each row: stage left, stage entered, what a kilogram of the latter saves [USD/kg], and over its price (share). The
    saving is what is gained by doing the next step outside and bringing in its product instead.
    """
    found = []
    for here, there in pairwise(stages):
        if here in covered and there not in covered:
            saved = content[there] * gap
            found.append((here, there, saved, saved / price[there] if price[there] else float("nan")))
    return found
