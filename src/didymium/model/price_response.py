"""Price after part of a market's supply is lost, under stated elasticities: one market, one year, no forecast.

Demand D·p^ε_d, supply S_i·p^ε_i up to a cap, p the price over the price before. What is lost of a source scales its
supply and its cap. The price that clears the market is unique, because demand falls and supply rises with it
(Nassar et al. 2024, USGS OFR 2024-1057, doi 10.3133/ofr20241057, for the idea of postdisruption equilibria).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LARGEST_LOG = 700.0  # of a number that a float can hold


@dataclass(frozen=True, slots=True)
class Source:
    """A source of supply before the disruption: `quantity` [any unit of mass], `cap` [the same], elasticity, and loss.

    `elasticity` ≥ 0 is the response of supply to price; infinite is not allowed, a large number is. `lost_share` 0–1.
    """

    quantity: float
    elasticity: float = 0.0
    lost_share: float = 0.0
    cap: float = np.inf

    def supply(self, p: float) -> float:
        """Supply at p times the price before."""
        grown = self.quantity * np.exp(min(self.elasticity * np.log(p), _LARGEST_LOG))
        return float((1.0 - self.lost_share) * min(self.cap, grown))


@dataclass(frozen=True, slots=True)
class Cleared:
    """A cleared market: price over the price before, quantity over the quantity before.

    `is_rationed`: supply does not meet demand even at the choke price; the rest goes without at that price.
    """

    price: float
    quantity: float
    is_rationed: bool = False


def cleared(sources: Sequence[Source], demand_elasticity: float, choke: float) -> Cleared:
    """The price at which demand meets what is left of supply. `demand_elasticity` < 0, `choke` > 1.

    Demand before is the sum of supply before. With one elasticity of supply and no cap p = (1 − δ)^(−1/(ε_s − ε_d)):

    >>> round(cleared([Source(1.0, 0.2, lost_share=0.5)], -0.2, choke=1000).price, 6)
    5.656854
    """
    if not demand_elasticity < 0:
        raise ValueError(f"the elasticity of demand is {demand_elasticity:g}; it has to be below 0")
    if not choke > 1:
        raise ValueError(f"the choke price is {choke:g} times the price before; it has to be above 1")
    before = sum(s.quantity for s in sources)

    def excess(log_p: float) -> float:
        p = float(np.exp(log_p))
        return float(before * p**demand_elasticity - sum(s.supply(p) for s in sources))

    if excess(np.log(choke)) > 0:
        return Cleared(choke, sum(s.supply(choke) for s in sources) / before, is_rationed=True)
    if excess(0.0) <= 0:
        return Cleared(1.0, 1.0)
    from scipy.optimize import brentq

    price = float(np.exp(brentq(excess, 0.0, float(np.log(choke)), xtol=1e-13, rtol=1e-13)))
    return Cleared(price, price**demand_elasticity)


def consumer_loss(price: float, demand_elasticity: float) -> float:
    """Loss of buyers as a share of what they spent before: ∫ of demand from the price before to `price` times it.

    >>> consumer_loss(1.0, -0.2)
    0.0
    """
    if demand_elasticity == -1.0:
        return float(np.log(price))
    return float((price ** (1.0 + demand_elasticity) - 1.0) / (1.0 + demand_elasticity))


def spread(value: float, factor: float, u: Floats) -> Floats:
    """Quantiles `u` of a number known within a factor: even in the logarithm between value/factor and value·factor.

    >>> spread(-0.1, 2.0, np.array([0.0, 0.5, 1.0])).round(3).tolist()
    [-0.05, -0.1, -0.2]
    """
    return value * factor ** (2.0 * u - 1.0)
