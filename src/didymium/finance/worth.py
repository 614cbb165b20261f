"""What a venture is worth before finance as its prices change: break-even prices, and the prices a value implies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didymium.finance.deal import USD_M, Venture
from didymium.finance.returns import discount
from didymium.finance.settle import depreciation, tax_on

Floats = NDArray[np.float64]


def flows_at(venture: Venture, *, price_factor: float = 1.0, taxed: bool = True) -> Floats:
    """Flow before finance [million USD], shape (path, year), with all prices times a factor; no closure."""
    earned = venture.sales * price_factor * (1 - venture.royalty_share) - venture.opex
    tax = tax_on(earned - _written_off(venture), venture.tax_rate) if taxed else 0.0
    return np.asarray(earned - tax - venture.capex)


def from_decision(venture: Venture, flows: Floats, rate: float) -> Floats:
    """Present value at the year of the first spending, as studies tell it, shape (path,)."""
    waits = np.argmax(venture.capex > 0, axis=1)
    return np.asarray(flows @ discount(rate, venture.years) * (1 + rate) ** waits)


def break_even(venture: Venture, product: int, rate: float) -> Floats:
    """Level price of a product at which each path just earns `rate` before finance, after tax [USD/kg], shape (path,).

    All else is as drawn, prices of other products included. Zero where these alone earn it; NaN without output.
    """
    from scipy.optimize.elementwise import find_root

    factor = discount(rate, venture.years)
    tonnes = venture.output[:, product] * USD_M * (1 - venture.royalty_share)
    own = venture.price[:, product] * tonnes
    rest = venture.sales * (1 - venture.royalty_share) - own - venture.opex
    written_off = _written_off(venture)
    sold = tonnes @ factor

    def worth(price: Floats, row: Floats) -> Floats:
        at = row.astype(np.int64)
        earned = rest[at] + price[:, None] * tonnes[at]
        flows = earned - tax_on(earned - written_off[at], venture.tax_rate) - venture.capex[at]
        return np.asarray(flows @ factor)

    rows = np.arange(venture.paths, dtype=np.float64)
    found = np.where(sold > 0, 0.0, np.nan)
    short = worth(np.zeros(venture.paths), rows)
    rows = rows[(short < 0) & (sold > 0)]
    at = rows.astype(np.int64)
    # before tax the price is short / sold; tax takes at most its rate of what is earned above that and of capital cost
    highest = (venture.capex @ factor - 2 * short)[at] / sold[at] / (1 - venture.tax_rate)
    root = find_root(worth, (np.zeros(rows.size), highest), args=(rows,), tolerances={"xrtol": 1e-6, "frtol": 1e-9})
    found[at] = np.where(root.success, root.x, np.nan)
    return found


def implied_factor(venture: Venture, value: float, rate: float, *, taxed: bool = True) -> float:
    """Factor on all prices, 0.1 to 10, at which the median path is worth `value` [million USD] at decision; or NaN."""
    from scipy.optimize import brentq

    def short(factor: float) -> float:
        flows = flows_at(venture, price_factor=factor, taxed=taxed)
        return float(np.median(from_decision(venture, flows, rate))) - value

    if short(0.1) * short(10.0) > 0:
        return float("nan")
    return float(brentq(short, 0.1, 10.0, xtol=1e-4))


def _written_off(venture: Venture) -> Floats:
    return depreciation(venture.capex, venture.opens, venture.depreciation_years)
