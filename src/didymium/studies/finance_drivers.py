"""Which drawn input moves a project's value and its bankability most, told from the same draws."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from didymium.finance.returns import discount
from didymium.results import Row
from didymium.studies.ventures import Draws

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def driver_rows(
    drawn: Draws, prices: Mapping[str, Floats], value: Floats, content: Flags, rate: float, figures: Mapping[str, bool]
) -> list[Row]:
    """Rank correlation of each input with value, and bankable paths in its lowest and highest third.

    `prices` (path, year) of what is sold, told as their discounted mean; `content` (path,): lender and sponsor both
    get what they ask for; `figures`: which of the sheet's own figures have a range. Inputs are drawn apart, so that
    the squares of the correlations of value nearly add up to one where they act one by one.
    """
    from scipy.stats import spearmanr

    weight = discount(rate, next(iter(prices.values())).shape[1]) if prices else np.zeros(0)
    inputs = {f"price:{p}": path @ weight / weight.sum() for p, path in prices.items()}
    inputs |= {name: u for name, u in drawn.uniform.items() if figures.get(name, True)}
    rows: list[Row] = []
    for name, told in sorted(inputs.items()):
        low, high = np.quantile(told, [1 / 3, 2 / 3])
        rows.append(
            {
                "input": name,
                "rank_correlation": float(spearmanr(told, value).statistic),
                "bankable_share_low": float(content[told <= low].mean()),
                "bankable_share_high": float(content[told >= high].mean()),
                "npv_usd_m_low": float(np.median(value[told <= low])),
                "npv_usd_m_high": float(np.median(value[told >= high])),
            }
        )
    return sorted(rows, key=lambda r: -abs(float(r["rank_correlation"])))  # type: ignore[arg-type]
