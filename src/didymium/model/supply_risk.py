"""Supply risk and economic importance as the European Commission's guidelines of 2017 define them.

Functions take numbers, or arrays of equal shape for many cases and draws at once. Source: European Commission (2017),
Methodology for establishing the EU list of critical raw materials, doi 10.2873/769526; Blengini et al. (2017), JRC,
EUR 28654.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from didymium.errors import BadInput
from didymium.model.concentration import shares

Floats = NDArray[np.float64]

SUPPLY_RISK_LIMIT = 1.0
IMPORTANCE_LIMIT = 2.8
"""A raw material is on the list if both are reached: supply risk 1.0 and economic importance 2.8."""
LARGEST_IMPORTANCE = 10.0
"""Economic importance of a material all of whose uses stand in the largest industry, without a substitute."""


def traded_concentration(quantities: ArrayLike, risk: ArrayLike, trade_factor: ArrayLike = 1.0) -> float:
    """(HHI_WGI,t) [0–10]: Σ s²·WGI·t with governance risk on the scale 0–10, here given as `risk` [0–1].

    `trade_factor` is below 1 for the party itself and for partners of an agreement, above 1 for an export tax,
    quota or ban.

    >>> round(traded_concentration([50, 30, 20], [0.6, 0.4, 0.2]), 12)
    1.94
    """
    s = shares(cast(Sequence[float], quantities))
    weight = 10.0 * np.asarray(risk, dtype=np.float64) * np.asarray(trade_factor, dtype=np.float64)
    return float((np.square(s) * weight).sum())


def import_reliance(imports: ArrayLike, exports: ArrayLike, own: ArrayLike) -> Floats:
    """Import reliance IR [0–1]: (imports − exports) / (own output + imports − exports), cut at 0 and 1.

    NaN where nothing is used at all.

    >>> import_reliance([90, 10, 0], [10, 90, 0], [20, 100, 0]).tolist()
    [0.8, 0.0, nan]
    """
    net = np.asarray(imports, dtype=np.float64) - np.asarray(exports, dtype=np.float64)
    used = np.asarray(own, dtype=np.float64) + net
    ratio = np.divide(net, used, out=np.full(np.broadcast(net, used).shape, np.nan), where=used > 0)
    # who exports all it has, and more, is no importer; who has no output of its own and no net imports uses nothing
    ratio = np.where((used <= 0) & (net < 0), 0.0, ratio)
    return np.clip(ratio, 0.0, 1.0)


def supply_risk(
    world: ArrayLike, own_sourcing: ArrayLike, reliance: ArrayLike, recycling: ArrayLike, substitution: ArrayLike
) -> Floats:
    """SR = [GS·IR/2 + SS·(1 − IR/2)] · (1 − EoL-RIR) · SI.

    `world` and `own_sourcing` are the traded concentrations of world supply and of the party's sourcing [0–10]; NaN
    = not
    known: the other is then used alone. `recycling` is the end-of-life recycling input rate [0–1], `substitution` the
    index SI [0–1, 1 = no substitute].

    >>> round(float(supply_risk(2.0, 1.0, 0.8, 0.25, 0.9)), 12)
    0.945
    """
    gs, ss = np.asarray(world, dtype=np.float64), np.asarray(own_sourcing, dtype=np.float64)
    half = np.asarray(reliance, dtype=np.float64) / 2.0
    both = gs * half + ss * (1.0 - half)
    core = np.where(np.isnan(ss), gs, np.where(np.isnan(gs), ss, both))
    return np.asarray(
        core * (1.0 - np.asarray(recycling, dtype=np.float64)) * np.asarray(substitution, dtype=np.float64),
        dtype=np.float64,
    )


def substitution_index(
    production: Sequence[float],
    criticality: Sequence[float],
    co_production: Sequence[float],
    sub_share: Sequence[float],
    share: Sequence[float],
) -> float:
    """SI for supply risk [0–1]: Σ over substitutes of (SP·SCr·SCo)^(1/3) times the share of the use that they can take.

    One entry per substitute and use. What no substitute can take counts in full: pass it as an entry of ones.

    >>> round(substitution_index([1.0, 0.8], [1.0, 0.8], [1.0, 1.0], [0.5, 0.5], [1.0, 1.0]), 6)
    0.930887
    """
    factors = np.cbrt(np.asarray(production) * np.asarray(criticality) * np.asarray(co_production))
    return float((factors * np.asarray(sub_share) * np.asarray(share)).sum())


def economic_importance(
    share: ArrayLike, value_added: ArrayLike, substitution: float, largest_value_added: float, *, rounding: float = 0.0
) -> float:
    """EI [0–10]: Σ A·Q · SI, with A the share of a use, Q the value added of its industry, the largest industry
    being 10.

    A use without an industry is left out. Shares sum to 1 at most, or to 1 and `rounding` for each of them. Raises
    BadInput otherwise, or if the two arrays differ in length.

    >>> economic_importance([0.5, 0.5], [100.0, 60.0], 0.9, 200.0)
    3.6
    """
    a, q = np.asarray(share, dtype=np.float64), np.asarray(value_added, dtype=np.float64)
    if a.shape != q.shape or a.sum() > 1.0 + 1e-9 + rounding * a.size or not largest_value_added > 0:
        raise BadInput(
            "economic importance needs a value added for each use, and shares of uses that sum to 1 at most."
        )
    return min(float((a * q).sum() / largest_value_added * LARGEST_IMPORTANCE * substitution), LARGEST_IMPORTANCE)


def is_critical(risk: float, importance: float) -> bool:
    """Whether both limits of the list are reached.

    >>> is_critical(1.0, 2.8), is_critical(5.0, 2.7)
    (True, False)
    """
    return risk >= SUPPLY_RISK_LIMIT and importance >= IMPORTANCE_LIMIT
