"""Present value and internal rate of return of yearly flows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LOWEST, HIGHEST = -0.5, 10.0  # a rate of return outside is not told apart from none


def discount(rate: float, years: int) -> Floats:
    """Present value of 1 in year t, shape (year,); year 0 is undiscounted."""
    return np.asarray((1 + rate) ** -np.arange(years, dtype=np.float64))


def npv(flows: Floats, rate: float) -> Floats:
    """Net present value at a yearly rate of flows whose last axis is the year."""
    return np.asarray(flows @ discount(rate, flows.shape[-1]))


def annuity(rate: float, years: int) -> float:
    """Present value of 1 a year, paid at the end of each of `years` years: (1 − (1+r)^−n) / r."""
    return float(years) if rate == 0 else float(-np.expm1(-years * np.log1p(rate)) / rate)


@dataclass(frozen=True, slots=True)
class Returns:
    """Rates of return of many paths. `rate` (path,) is NaN where there is no unique one."""

    rate: Floats

    @property
    def is_unique(self) -> Flags:
        """Where a rate could be told, shape (path,)."""
        return ~np.isnan(self.rate)


def irr(flows: Floats) -> Returns:
    """Internal rate of return of each row of `flows` (path, year), by bracketed roots (Chandrupatla 1997).

    Flows that change sign once have one rate (Descartes); flows whose running total changes sign once have one rate
    above zero (Norstrom 1972, doi 10.2307/2329820). Of all others none is told: "no unique IRR" is an answer.
    """
    from scipy.optimize.elementwise import find_root

    years = np.arange(flows.shape[1])
    simple = _sign_changes(flows) == 1
    running = _sign_changes(np.cumsum(flows, axis=1)) == 1
    lowest = np.where(simple, LOWEST, 0.0)

    def worth(rate: Floats, row: Floats) -> Floats:
        picked = flows[row.astype(np.int64)]
        return np.asarray(np.sum(picked * (1 + rate[..., None]) ** -years, axis=-1))

    rate = np.full(flows.shape[0], np.nan)
    rows = np.flatnonzero(simple | running)
    if rows.size:
        ends = worth(lowest[rows], rows.astype(np.float64)), worth(np.full(rows.size, HIGHEST), rows.astype(np.float64))
        rows = rows[np.sign(ends[0]) * np.sign(ends[1]) < 0]
    if rows.size:
        found = find_root(worth, (lowest[rows], np.full(rows.size, HIGHEST)), args=(rows.astype(np.float64),))
        rate[rows] = np.where(found.success, found.x, np.nan)
    return Returns(rate)


def irr_or_loss(flows: Floats) -> Floats:
    """Rate of return of each row of `flows`; −1 where none is unique and the money never comes back, else NaN.

    A path that only loses has no rate. Left out, it would lift the median of the rest.
    """
    rate = irr(flows).rate
    return np.where(np.isnan(rate) & (np.cumsum(flows, axis=1).max(axis=1) <= 0), -1.0, rate)


def _sign_changes(values: Floats) -> NDArray[np.int64]:
    """How often the sign changes along each row, zeros passed over; shape (row,)."""
    noise = 1e-12 * np.abs(values).max(axis=1, keepdims=True)
    sign = np.where(np.abs(values) <= noise, 0.0, np.sign(values))
    last = np.maximum.accumulate(np.where(sign != 0, np.arange(sign.shape[1])[None, :], 0), axis=1)
    filled = np.take_along_axis(sign, last, axis=1)
    return np.asarray(np.count_nonzero((filled[:, 1:] != filled[:, :-1]) & (filled[:, :-1] != 0), axis=1))


def payback(flows: Floats) -> Floats:
    """Years until the running total of each row turns to zero or more for good, in parts of a year; NaN if it does not.

    Within the year of the turn the flow is taken as even.
    """
    total = np.cumsum(flows, axis=1)
    short = total < 0
    last = np.where(short.any(axis=1), flows.shape[1] - 1 - np.argmax(short[:, ::-1], axis=1), -1)
    turned = last < flows.shape[1] - 1
    nxt = np.clip(last + 1, 0, flows.shape[1] - 1)
    rows = np.arange(flows.shape[0])
    owed = -np.where(last >= 0, total[rows, np.clip(last, 0, None)], 0.0)
    part = np.divide(owed, flows[rows, nxt], out=np.zeros_like(owed), where=(last >= 0) & turned)
    return np.where(turned, np.where(last < 0, 0.0, last + part), np.nan)
