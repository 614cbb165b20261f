"""`Outcome`: the solved months with their labels, and what a user asks of them: who runs short, when, by how much."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from didymium.engine import Certificate, LinearProgramme, Solution
from didymium.model.network import MUSD_PER_T, Quantities, SupplyNetwork

Floats = NDArray[np.float64]

SHORT_SHARE = 1e-3  # of a month's demand: less than this is no shortage
FEASIBLE = 1e-7  # largest relative violation of a bound (see Certificate) at which an answer is one


@dataclass(frozen=True, slots=True)
class Solve:
    """The record of one linear programme: its size, status, certificate, and the answer that they speak of.

    `month` is the first month of a myopic window, None over the whole horizon.
    """

    month: str | None
    rows: int
    columns: int
    nonzeros: int
    status: str
    iterations: int
    certificate: Certificate
    x: Floats = field(repr=False, compare=False)
    row_dual: Floats = field(repr=False, compare=False)

    @property
    def feasible(self) -> bool:
        """Whether the answer keeps all bounds. One that the time limit stopped need not."""
        return self.status == "optimal" or self.certificate.primal_residual <= FEASIBLE


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run by month: arrays (month, use), (month, arc) … in tonnes, and scarcity values in USD/kg (month, node).

    Where the time limit left no feasible answer the numbers are NaN, and so are scarcity values without an optimum.
    """

    network: SupplyNetwork
    months: tuple[str, ...]
    foresight: str
    demand: Floats
    unserved: Floats  # (month, use), thrift included
    short: Floats  # (month, use) the part of unserved demand that is firm
    lost_value: Floats  # (month, use) million USD
    user_stock: Floats  # (month, use) at the end of the month
    delivered: Floats
    activity: Floats
    flow: Floats
    scarcity: Floats
    user_stock_before: Floats
    objective: float
    solves: tuple[Solve, ...]

    @property
    def status(self) -> str:
        """`optimal` if every programme is proven, else `time_limit`."""
        return "optimal" if all(s.status == "optimal" for s in self.solves) else "time_limit"

    @property
    def feasible(self) -> bool:
        """Whether every month has numbers."""
        return all(s.feasible for s in self.solves)

    def days_to_shortage(self, uses: NDArray[np.int64]) -> float | None:
        """Days from the first day until firm demand of the first of these uses goes unserved; None if never.

        NaN if a month has no numbers.
        """
        if np.isnan(self.short[:, uses]).any():
            return float("nan")
        found = [days for days in (self._days_of(int(u)) for u in uses) if days is not None]
        return min(found, default=None)

    def _days_of(self, use: int) -> float | None:
        """Within the month of a shortage the stock runs out at an even rate.

        If the firm part unserved in the month is u and the shortfall of arrivals against what is used is s, the stock
        lasts for
        the share 1 − u/s of the month.
        """
        missing = self.short[:, use]
        demand = self.demand[:, use] - (self.unserved[:, use] - missing)
        late = np.flatnonzero(missing > SHORT_SHARE * np.maximum(demand, 1e-9))
        if not late.size:
            return None
        t = int(late[0])
        shortfall = max(float(demand[t] - self.delivered[t, use]), float(missing[t]))
        lasted = 1.0 - float(missing[t]) / shortfall
        return float(sum(days_in(m) for m in self.months[:t]) + lasted * days_in(self.months[t]))

    def first_shortage(self, days: float | None) -> str | None:
        """The calendar day that lies so many days after the first day of the run."""
        if days is None or np.isnan(days):
            return None
        year, month = (int(part) for part in self.months[0].split("-"))
        return (date(year, month, 1) + timedelta(days=int(days))).isoformat()


def days_in(month: str) -> int:
    """Days of a month given as YYYY-MM."""
    return calendar.monthrange(int(month[:4]), int(month[5:]))[1]


def read(
    network: SupplyNetwork,
    lp: LinearProgramme,
    solution: Solution,
    q: Quantities,
    months: tuple[str, ...],
    foresight: str,
    *,
    month: str | None = None,
) -> Outcome:
    """Labelled arrays out of a solved programme; `month` is the first of a myopic window."""
    lay = network.layout
    solve = Solve(
        month,
        lp.rows,
        lp.columns,
        lp.nonzeros,
        solution.status,
        solution.iterations,
        solution.certificate,
        solution.x,
        solution.row_dual,
    )
    x = solution.x if solve.feasible else np.full_like(solution.x, np.nan)
    y = solution.row_dual if solve.status == "optimal" else np.full_like(solution.row_dual, np.nan)

    def group(name: str, size: int) -> Floats:
        return x[lay.columns_of(name, size)]

    bands = group("unserved", lay.uses * lay.bands).reshape(lay.months, lay.uses, lay.bands)
    return Outcome(
        network=network,
        months=months,
        foresight=foresight,
        demand=q.demand,
        unserved=bands.sum(axis=2),
        short=bands[:, :, 1:].sum(axis=2),
        lost_value=(bands * q.band_value).sum(axis=2),
        user_stock=group("user_stock", lay.uses),
        delivered=group("delivery", lay.uses),
        activity=group("usual", lay.activities) + group("extra", lay.activities),
        flow=group("flow", lay.arcs),
        scarcity=np.abs(y[lay.rows_of("balance")]) / q.discount[:, None] / MUSD_PER_T,
        user_stock_before=q.user_stock_before,
        objective=solution.objective if solve.feasible else float("nan"),
        solves=(solve,),
    )


def joined(parts: list[Outcome], months: tuple[str, ...], demand: Floats, before: Floats) -> Outcome:
    """One outcome out of the first months of successive windows; months without a window are NaN."""

    def first(name: str) -> Floats:
        found = np.stack([getattr(p, name)[0] for p in parts])
        return np.concatenate([found, np.full((len(months) - len(parts), *found.shape[1:]), np.nan)])

    return Outcome(
        network=parts[0].network,
        months=months,
        foresight="myopic",
        demand=demand,
        unserved=first("unserved"),
        short=first("short"),
        lost_value=first("lost_value"),
        user_stock=first("user_stock"),
        delivered=first("delivered"),
        activity=first("activity"),
        flow=first("flow"),
        scarcity=first("scarcity"),
        user_stock_before=before,
        objective=float(first("lost_value").sum()),
        solves=tuple(s for p in parts for s in p.solves),
    )


def index_uses(outcome: Outcome) -> Mapping[tuple[str, str, str], int]:
    """Number of each (product, region, sector)."""
    return {use: i for i, use in enumerate(outcome.network.chain.uses)}
