"""GeoPolRisk: geopolitical supply risk of a party's access to a raw material, as a score and a characterisation factor.

Functions take numbers, or arrays of equal shape for many cases and draws at once. Sources: Gemechu et al. 2016;
Santillán-Saldivar et al. 2021; Koyamparambath et al. 2024; the library of the method's authors, doi
10.21105/joss.09600.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def import_risk(risky_imports: ArrayLike, imports: ArrayLike, own: ArrayLike) -> Floats:
    """Governance risk of what a party gets [0–1]: Σ g·f / (own output + Σ f); own output carries no risk.

    `risky_imports` is Σ g·f over exporters, `imports` is Σ f, all in the unit and form of own output. For a bloc, flows
    inside it are left out of `risky_imports` and stay in `imports`. NaN where there is neither output nor import.

    >>> import_risk([60.0, 60.0, 0.0, 0.0], [100.0, 100.0, 0.0, 0.0], [0.0, 100.0, 50.0, 0.0]).tolist()
    [0.6, 0.3, 0.0, nan]
    """
    risky = np.asarray(risky_imports, dtype=np.float64)
    got = np.asarray(imports, dtype=np.float64) + np.asarray(own, dtype=np.float64)
    shape = np.broadcast(risky, got).shape
    known = np.broadcast_to(got > 0, shape)
    return np.asarray(np.divide(risky, got, out=np.full(shape, np.nan), where=known), dtype=np.float64)


def score(hhi: ArrayLike, risk_of_imports: ArrayLike) -> Floats:
    """The GeoPolRisk score [0–1]: concentration of world output times the risk of imports.

    >>> round(float(score(1.0, 0.6)), 12)
    0.6
    """
    return np.asarray(
        np.asarray(hhi, dtype=np.float64) * np.asarray(risk_of_imports, dtype=np.float64), dtype=np.float64
    )


def characterisation_factor(scores: ArrayLike, price_usd_per_kg: ArrayLike, copper: float) -> Floats:
    """Supply-risk potential [kg copper equivalent per kg]: score × price over the same product for copper.

    `copper` [USD/kg] is the mean of score × price for copper that the authors divide by.

    >>> round(float(characterisation_factor(0.2, 10.0, 0.4)), 12)
    5.0
    """
    product = np.asarray(scores, dtype=np.float64) * np.asarray(price_usd_per_kg, dtype=np.float64)
    return np.asarray(product / copper, dtype=np.float64)
