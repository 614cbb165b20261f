"""A project and its finance as arrays: what is built, made and sold, and who puts up the money on which terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

USD_M = 1e-3  # million USD for a tonne at 1 USD/kg


@dataclass(frozen=True, slots=True)
class Venture:
    """What is built, made and sold, before any support.

    `price` (path, product, year) [USD/kg]; `output` (path, product, year) [t]; `capex` and `opex` (path, year)
    [million USD]; `planned` is the capital cost before any overrun, 0 where it is what is spent. Shares are fractions
    of one.
    """

    price: Floats
    output: Floats
    capex: Floats
    opex: Floats
    tax_rate: float
    depreciation_years: int
    royalty_share: float = 0.0
    planned: float = 0.0

    @property
    def years(self) -> int:
        """Length of the horizon, the year of decision included."""
        return int(self.capex.shape[1])

    @property
    def paths(self) -> int:
        """How many futures are drawn."""
        return int(self.capex.shape[0])

    @property
    def opens(self) -> NDArray[np.int64]:
        """First year with output, shape (path,); the length of the horizon where there is none."""
        made = self.output.sum(axis=1) > 0
        return np.where(made.any(axis=1), np.argmax(made, axis=1), self.years)

    @property
    def sales(self) -> Floats:
        """Sales [million USD], shape (path, year)."""
        return np.asarray(np.einsum("npt,npt->nt", self.price, self.output) * USD_M)


@dataclass(frozen=True, slots=True)
class Tranche:
    """A loan. `share` is its part of what capital cost is left after grants; `rate` is real, a year.

    It is drawn with the capital cost. Interest is added to it until `grace` years of output have passed, time to ramp
    up; then it is repaid in `tenor` equal payments. `cover` is the share of a loss that a guarantor bears for `fee` a
    year of the covered balance; `lender` and `guarantor` name public purses, empty for private ones.
    """

    name: str
    share: float
    rate: float
    tenor: int
    grace: int = 0
    lender: str = ""
    cover: float = 0.0
    fee: float = 0.0
    guarantor: str = ""


@dataclass(frozen=True, slots=True)
class Stake:
    """Public equity: `share` of all equity. Cash is split `before` until the stake is paid back, `after` it then.

    A plain stake has both equal to its share. The US-Japan investment memorandum splits 50/50 until recovery and
    then 90/10: `before` 0.5 and `after` 0.1 for the investor.
    """

    holder: str
    share: float
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Deal:
    """A venture with its finance. Instruments return a changed deal; `settle` works it out.

    `receipts` (path, year): support that is taxed as income, such as payments under a floor; `untaxed`: support that
    is not, such as a tax credit paid in cash. `capital_support` (path, year): grants and investment credits, which
    lower what has to be financed and depreciated. `public` holds the flows of each public purse [million USD],
    negative when it pays; `exposure` the most that each could have to pay in all, its contingent liability.
    """

    venture: Venture
    receipts: Floats
    untaxed: Floats
    capital_support: Floats
    tranches: tuple[Tranche, ...] = ()
    stakes: tuple[Stake, ...] = ()
    public: Mapping[str, Floats] = field(default_factory=dict)
    exposure: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, venture: Venture, tranches: tuple[Tranche, ...] = ()) -> Deal:
        """A venture with private finance alone."""
        nothing = np.zeros_like(venture.capex)
        return cls(venture, nothing, nothing, nothing, tranches)


def operating_years(venture: Venture) -> Floats:
    """1 from the first year of output on, else 0; shape (path, year)."""
    return (np.arange(venture.years)[None, :] >= venture.opens[:, None]).astype(np.float64)


def later(values: Floats, years: Floats) -> Floats:
    """Yearly values (path, …, year) moved later by a part of years on each path; earlier where it is negative.

    What falls between whole years is split between them, so that nothing is lost but what slips beyond an end.
    """
    horizon = values.shape[-1]
    spread = years.reshape(-1, *([1] * (values.ndim - 1)))
    whole = np.floor(spread)
    part = spread - whole
    clock = np.arange(horizon)

    def moved(by: Floats) -> Floats:
        at = np.broadcast_to(clock - by.astype(np.int64), values.shape)
        inside = (at >= 0) & (at < horizon)
        return np.where(inside, np.take_along_axis(values, np.clip(at, 0, horizon - 1), axis=-1), 0.0)

    return moved(whole) * (1 - part) + moved(whole + 1) * part
