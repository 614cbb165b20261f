"""The same settlement as `settle`, in one pass over each path: for very many draws of a project with private finance.

One kernel takes the drawn course of a project and the prices to its value, return, cover of debt and cost of a floor,
without an array in between. Paths lie innermost, in blocks that fit the first cache, in single precision. It needs
numba, the extra `fast`; `settle` is its oracle (tests) and does the work where numba is absent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymium.finance.deal import USD_M, Tranche
from didymium.finance.returns import HIGHEST, LOWEST, annuity
from didymium.finance.settle import PATIENCE

Singles = NDArray[np.float32]
Counts = NDArray[np.int64]

BLOCK = 128
NEWTON_STEPS = 40  # at most; a block stops as soon as all its paths have converged
CONVERGED = 2e-6  # of the discount factor
FAST = {"reassoc", "contract", "arcp", "nsz"}  # liberties of arithmetic; infinity and NaN keep their meaning


@dataclass(frozen=True, slots=True)
class Plant:
    """A project by path: prices are (product, year, path), shares (line, path), the rest (path,).

    `capital`, `cost` at capacity in million USD; `tonnes` (line,) at capacity; `weights` (line, product) and `constant`
    (line,) make the price of a line; `feed` (product,) is bought in a year at capacity [t].
    """

    prices: Singles
    tonnes: Singles
    constant: Singles
    weights: Singles
    shares: Singles
    feed: Singles
    opens: Singles
    spell: Singles
    ramp: Singles
    use: Singles
    capital: Singles
    cost: Singles
    fixed: Singles
    life: int
    depreciation_years: int
    tax_rate: float
    royalty_share: float


@dataclass(frozen=True, slots=True)
class Floor:
    """A price floor on a line of a plant, as `instruments.price_floor` with a share of one."""

    line: int
    floor: float
    years: int
    upside_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Swift:
    """What a plant comes to, shape (path,): as `Settlement`, in single precision.

    `npv` before finance at the rate of studies, `sponsor_npv` at the sponsor's hurdle, `floor_cost` at the Treasury's
    rate. `irr` is that before finance, NaN where none is unique, −1 where the money never comes back.
    """

    npv: Singles
    irr: Singles
    least_dscr: Singles
    sponsor_npv: Singles
    floor_cost: Singles


def is_available() -> bool:
    """Whether numba is installed."""
    from importlib.util import find_spec

    return find_spec("numba") is not None


def swift(
    plant: Plant,
    loan: Tranche,
    *,
    rate: float,
    hurdle: float,
    treasury: float,
    floor: Floor | None = None,
    with_irr: bool = True,
) -> Swift:
    """Settle a plant with one bank loan, and a floor if there is one. Raises ImportError without numba."""
    years, paths = plant.prices.shape[1:]
    held = floor or Floor(0, 0.0, 0)
    ends = loan.grace + loan.tenor
    due_part = np.zeros(years + 2, dtype=np.float32)
    for paid in range(loan.grace + 1, min(ends, years) + 1):
        due_part[paid] = 1 / annuity(loan.rate, ends - paid + 1)
    clock = np.arange(years)
    factors = np.array([(1 + r) ** -clock for r in (rate, hurdle, treasury)], dtype=np.float32)
    uses, owners = np.nonzero(plant.weights.T)  # by product, line
    order = np.argsort(owners, kind="stable")
    starts = np.searchsorted(owners[order], np.arange(plant.tonnes.size + 1))
    fed = np.flatnonzero(plant.feed)
    out = np.empty((5, paths), dtype=np.float32)
    _kernel()(
        plant.prices,
        plant.tonnes * np.float32(USD_M),
        plant.constant,
        starts,
        uses[order],
        plant.weights.T[uses[order], owners[order]],
        plant.shares,
        fed,
        plant.feed[fed] * np.float32(USD_M),
        np.stack([plant.opens, plant.spell, plant.ramp, plant.use, plant.capital, plant.cost, plant.fixed]),
        np.array(
            [plant.life, plant.depreciation_years, plant.tax_rate, plant.royalty_share, loan.share, loan.rate],
            dtype=np.float32,
        ),
        loan.grace,
        ends,
        due_part,
        factors,
        held.line,
        np.array([held.floor, held.upside_share], dtype=np.float32),
        held.years,
        with_irr,
        out,
    )
    return Swift(*out)


@cache
def _kernel() -> Callable[..., None]:
    from numba import njit

    single = np.float32

    @njit(fastmath=FAST, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
    def rates(flows: Any, size: int, out: Any) -> None:
        """Rates of return of a block by Newton steps in the discount factor, each kept inside a bracket."""
        years = flows.shape[0]
        low = np.empty(BLOCK, dtype=single)
        high = np.empty(BLOCK, dtype=single)
        at = np.empty(BLOCK, dtype=single)
        value = np.empty(BLOCK, dtype=single)
        slope = np.empty(BLOCK, dtype=single)
        told = np.empty(BLOCK, dtype=np.bool_)
        for b in range(size):
            total = last = single(0.0)
            last_total = best = peak = single(0.0)
            changes = running = 0
            for t in range(years):
                peak = max(peak, abs(flows[t, b]))
            noise = single(1e-6) * peak
            for t in range(years):
                flow = flows[t, b]
                total += flow
                best = max(best, total)
                if abs(flow) > noise:
                    changes += (flow > 0) != (last > 0) and last != 0
                    last = flow
                if abs(total) > noise:
                    running += (total > 0) != (last_total > 0) and last_total != 0
                    last_total = total
            told[b] = changes == 1 or running == 1
            low[b] = single(1 / (1 + HIGHEST))
            high[b] = single(1 / (1 + LOWEST)) if changes == 1 else single(1.0)
            at[b] = single(0.9)
            out[b] = single(-1.0) if best <= noise else single(np.nan)
        for end in range(2):  # the value has to change its sign between the ends
            for b in range(size):
                value[b] = single(0.0)
            for t in range(years - 1, -1, -1):
                for b in range(size):
                    value[b] = value[b] * (low[b] if end == 0 else high[b]) + flows[t, b]
            for b in range(size):
                slope[b] = value[b] if end == 0 else slope[b] * value[b]
        for b in range(size):
            told[b] = told[b] and slope[b] < 0
        for _ in range(NEWTON_STEPS):
            for b in range(size):
                value[b] = single(0.0)
                slope[b] = single(0.0)
            for t in range(years - 1, -1, -1):
                for b in range(size):
                    slope[b] = slope[b] * at[b] + value[b]
                    value[b] = value[b] * at[b] + flows[t, b]
            moved = single(0.0)
            for b in range(size):
                low[b] = at[b] if value[b] < 0 else low[b]
                high[b] = at[b] if value[b] >= 0 else high[b]
                step = at[b] - value[b] / slope[b] if slope[b] > 0 else low[b]
                inside = step > low[b] and step < high[b]
                middle = single(0.5) * (low[b] + high[b])
                to = step if inside else middle
                moved = max(moved, abs(to - at[b]) if told[b] else single(0.0))
                at[b] = to
            if moved < single(CONVERGED):
                break
        for b in range(size):
            out[b] = single(1.0) / at[b] - single(1.0) if told[b] else out[b]

    @njit(fastmath=FAST, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
    def kernel(
        prices: Any,
        tonnes: Any,
        constant: Any,
        starts: Any,
        product: Any,
        weight: Any,
        shares: Any,
        fed: Any,
        feed: Any,
        drawn: Any,
        terms: Any,
        grace: int,
        ends: int,
        due_part: Any,
        factors: Any,
        floor_line: int,
        floor: Any,
        floor_years: int,
        with_irr: bool,
        out: Any,
    ) -> None:
        """One pass over the years of each block of paths."""
        years, paths = prices.shape[1], prices.shape[2]
        life, written_years, tax_rate, royalty, lent, interest_rate = terms
        none, one = single(0.0), single(1.0)
        flows = np.empty((years, BLOCK), dtype=single)
        sales = np.empty(BLOCK, dtype=single)
        price = np.empty(BLOCK, dtype=single)
        help_ = np.empty(BLOCK, dtype=single)
        runs = np.empty(BLOCK, dtype=single)
        stands = np.empty(BLOCK, dtype=single)
        bought = np.empty(BLOCK, dtype=single)
        state = np.empty((12, BLOCK), dtype=single)
        for begin in range(0, paths, BLOCK):
            size = min(BLOCK, paths - begin)
            state[:] = none
            for b in range(size):
                state[8, b] = single(np.inf)
                for k in range(5):
                    out[k, begin + b] = none
            for t in range(years):
                for b in range(size):
                    opens, ramp = drawn[0, begin + b], drawn[2, begin + b]
                    here = min(max(t - opens, none), life)
                    there = min(max(t + one - opens, none), life)
                    stands[b] = there - here
                    made = here * here / (2 * ramp) if here < ramp else here - ramp / 2
                    more = there * there / (2 * ramp) if there < ramp else there - ramp / 2
                    runs[b] = (more - made) * drawn[3, begin + b]
                    sales[b] = none
                    bought[b] = none
                    help_[b] = none
                for i in range(tonnes.size):
                    for b in range(size):
                        price[b] = constant[i]
                    for k in range(starts[i], starts[i + 1]):
                        for b in range(size):
                            price[b] += weight[k] * prices[product[k], t, begin + b]
                    for b in range(size):
                        price[b] *= shares[i, begin + b]
                        sales[b] += price[b] * tonnes[i]
                    if i == floor_line and floor_years > 0:
                        for b in range(size):
                            short = max(floor[0] - price[b], none) - floor[1] * max(price[b] - floor[0], none)
                            help_[b] = short * tonnes[i]
                for k in range(fed.size):
                    for b in range(size):
                        bought[b] += feed[k] * prices[fed[k], t, begin + b]
                for b in range(size):
                    p = begin + b
                    opens, spell, capital = drawn[0, p], drawn[1, p], drawn[4, p]
                    fixed = drawn[6, p]
                    # age counts years of output, 1 in the first; it is opened for good
                    age = state[0, b] + (one if state[0, b] > 0 or runs[b] > 0 else none)
                    state[0, b] = age
                    is_open = age > 0
                    support = runs[b] * help_[b] if is_open and age <= floor_years else none
                    cost = drawn[5, p] * (fixed * stands[b] + (one - fixed) * runs[b]) + runs[b] * bought[b]
                    earned = runs[b] * sales[b] * (one - royalty) + support - cost
                    closed = state[1, b] >= PATIENCE
                    losing = is_open and earned < 0
                    streak = state[1, b] + one if losing else none
                    state[1, b] = state[1, b] if closed else streak
                    earned = none if closed else earned
                    support = none if closed else support
                    done = min(max((t + one - (opens - spell)) / spell, none), one)
                    spent = capital * (done - state[2, b])
                    state[2, b] = done
                    # a loan grows until output and its grace are over
                    owed = state[3, b]
                    charged = owed * interest_rate
                    paid = owed * due_part[int(age)]
                    left = owed + charged - paid + spent * lent
                    is_last = is_open and age >= ends
                    due = paid + (left if is_last else none)
                    state[3, b] = none if is_last else left
                    state[4, b] += none if is_open else charged
                    whole = capital  # all is spent by the first year of output, whose part comes in that year
                    off = is_open and age <= written_years
                    written = whole / written_years if off else none
                    deducted = charged + (state[4, b] / written_years if off else none) if is_open else none
                    # tax falls on new heights of the running total of profit
                    state[5, b] += earned - written
                    height = max(state[6, b], state[5, b])
                    plain_tax = tax_rate * (height - state[6, b])
                    state[6, b] = height
                    state[7, b] += earned - written - deducted
                    levered = max(state[9, b], state[7, b])
                    tax = tax_rate * (levered - state[9, b])
                    state[9, b] = levered
                    cash = earned - tax
                    is_due = due > single(1e-6)
                    cover = cash / due if is_due else single(np.inf)
                    state[8, b] = min(state[8, b], cover)
                    failed_before = state[10, b] > 0
                    fails = is_due and cash < due * (one - single(1e-6))
                    state[10, b] = one if failed_before or fails else none
                    owners = none if failed_before or fails else cash - due
                    owners -= none if failed_before else spent * (one - lent)
                    flow = earned - plain_tax - spent
                    flows[t, b] = flow
                    out[0, p] += flow * factors[0, t]
                    out[3, p] += owners * factors[1, t]
                    out[4, p] += support * factors[2, t]
            for b in range(size):
                out[2, begin + b] = state[8, b]
            if with_irr:
                rates(flows, size, out[1, begin : begin + size])

    return kernel
