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
        """One pass over the years of each block of paths.

        Each loop over a block touches few arrays, so that the compiler can tell them apart and use wide registers.
        """
        years, paths = prices.shape[1], prices.shape[2]
        life, written_years, tax_rate, royalty, lent, interest_rate = terms
        none, one, two = single(0.0), single(1.0), single(2.0)
        least = single(1e-6)
        flows = np.empty((years, BLOCK), dtype=single)
        opens = np.empty(BLOCK, dtype=single)
        spell = np.empty(BLOCK, dtype=single)
        ramp = np.empty(BLOCK, dtype=single)
        use = np.empty(BLOCK, dtype=single)
        capital = np.empty(BLOCK, dtype=single)
        fixed_cost = np.empty(BLOCK, dtype=single)
        running_cost = np.empty(BLOCK, dtype=single)
        share = np.empty((tonnes.size, BLOCK), dtype=single)
        price = np.empty(BLOCK, dtype=single)
        sales = np.empty(BLOCK, dtype=single)
        support = np.empty(BLOCK, dtype=single)
        cost = np.empty(BLOCK, dtype=single)
        earned = np.empty(BLOCK, dtype=single)
        runs = np.empty(BLOCK, dtype=single)
        stands = np.empty(BLOCK, dtype=single)
        made = np.empty(BLOCK, dtype=single)  # years of full output so far
        age = np.empty(BLOCK, dtype=single)  # years of output, 1 in the first
        done = np.empty(BLOCK, dtype=single)  # of capital cost
        streak = np.empty(BLOCK, dtype=single)  # years of loss in a row; stays once the plant is closed
        owed = np.empty(BLOCK, dtype=single)
        building = np.empty(BLOCK, dtype=single)  # interest before output
        part = np.empty(BLOCK, dtype=single)
        due = np.empty(BLOCK, dtype=single)
        deducted = np.empty(BLOCK, dtype=single)
        spent = np.empty(BLOCK, dtype=single)
        written = np.empty(BLOCK, dtype=single)
        profit = np.empty(BLOCK, dtype=single)  # running totals, and how high they stood
        height = np.empty(BLOCK, dtype=single)
        levered = np.empty(BLOCK, dtype=single)
        levered_height = np.empty(BLOCK, dtype=single)
        cash = np.empty(BLOCK, dtype=single)
        cover = np.empty(BLOCK, dtype=single)
        alive = np.empty(BLOCK, dtype=single)  # 1 until a loan fails
        owners = np.empty(BLOCK, dtype=single)
        worth = np.empty(BLOCK, dtype=single)
        paid_out = np.empty(BLOCK, dtype=single)
        opens[:], spell[:], ramp[:], use[:], capital[:] = one, one, one, none, none  # lanes beyond the last path
        fixed_cost[:], running_cost[:], share[:] = none, none, none
        for begin in range(0, paths, BLOCK):
            size = min(BLOCK, paths - begin)
            end = begin + size
            opens[:size], spell[:size], ramp[:size] = drawn[0, begin:end], drawn[1, begin:end], drawn[2, begin:end]
            use[:size], capital[:size] = drawn[3, begin:end], drawn[4, begin:end]
            fixed_cost[:size] = drawn[5, begin:end] * drawn[6, begin:end]
            running_cost[:size] = drawn[5, begin:end] - fixed_cost[:size]
            share[:, :size] = shares[:, begin:end]
            made[:], age[:], done[:], streak[:], owed[:], building[:] = none, none, none, none, none, none
            profit[:], height[:], levered[:], levered_height[:] = none, none, none, none
            cover[:], alive[:], owners[:], worth[:], paid_out[:] = single(np.inf), one, none, none, none
            for t in range(years):
                now = single(t)
                for b in range(BLOCK):
                    here = min(max(now - opens[b], none), life)
                    there = min(max(now + one - opens[b], none), life)
                    stands[b] = there - here
                    up = min(there, ramp[b])
                    full = up * up / (two * ramp[b]) + there - up
                    runs[b] = (full - made[b]) * use[b]
                    made[b] = full
                for b in range(BLOCK):
                    age[b] += one if age[b] > none or runs[b] > none else none
                    cost[b] = fixed_cost[b] * stands[b] + running_cost[b] * runs[b]
                sales[:] = none
                support[:] = none
                for i in range(tonnes.size):
                    price[:] = constant[i]
                    for k in range(starts[i], starts[i + 1]):
                        row, times = prices[product[k], t, begin:end], weight[k]
                        for b in range(size):
                            price[b] += times * row[b]
                    own, much = share[i], tonnes[i]
                    for b in range(BLOCK):
                        price[b] *= own[b]
                        sales[b] += price[b] * much
                    if i == floor_line and floor_years > 0:
                        for b in range(BLOCK):
                            above = price[b] - floor[0]
                            support[b] = (max(-above, none) - floor[1] * max(above, none)) * much
                for k in range(fed.size):
                    row, times = prices[fed[k], t, begin:end], feed[k]
                    for b in range(size):
                        cost[b] += times * row[b] * runs[b]
                if floor_years > 0:
                    limit = single(floor_years)
                    for b in range(BLOCK):
                        support[b] *= runs[b] if age[b] <= limit else none
                for b in range(BLOCK):
                    earned[b] = sales[b] * (one - royalty) * runs[b] + support[b] - cost[b]
                for b in range(BLOCK):
                    shut = streak[b] >= PATIENCE
                    losing = earned[b] < none and age[b] > none
                    in_a_row = streak[b] + one if losing else none
                    streak[b] = streak[b] if shut else in_a_row
                    earned[b] = none if shut else earned[b]
                    support[b] = none if shut else support[b]
                for b in range(BLOCK):
                    share_done = min(max((now + one - opens[b] + spell[b]) / spell[b], none), one)
                    spent[b] = capital[b] * (share_done - done[b])
                    done[b] = share_done
                    # all is spent by the first year of output, whose part comes in that year
                    written[b] = capital[b] / written_years if age[b] > none and age[b] <= written_years else none
                for b in range(BLOCK):
                    part[b] = due_part[int(age[b])]
                last_age = single(max(ends, 1))
                for b in range(BLOCK):
                    is_open = age[b] > none
                    charged = owed[b] * interest_rate
                    paid = owed[b] * part[b]
                    left = owed[b] + charged - paid + spent[b] * lent
                    is_last = age[b] >= last_age
                    due[b] = paid + (left if is_last else none)
                    owed[b] = none if is_last else left
                    building[b] += none if is_open else charged
                    spread = building[b] / written_years if age[b] <= written_years else none
                    deducted[b] = charged + spread if is_open else none
                # tax falls on new heights of the running total of profit
                for b in range(BLOCK):
                    profit[b] += earned[b] - written[b]
                    top = max(height[b], profit[b])
                    flow = earned[b] - tax_rate * (top - height[b]) - spent[b]
                    height[b] = top
                    cash[b] = flow
                for b in range(BLOCK):
                    flows[t, b] = cash[b]
                    worth[b] += cash[b] * factors[0, t]
                for b in range(BLOCK):
                    levered[b] += earned[b] - written[b] - deducted[b]
                    top = max(levered_height[b], levered[b])
                    cash[b] = earned[b] - tax_rate * (top - levered_height[b])
                    levered_height[b] = top
                for b in range(BLOCK):
                    is_due = due[b] > least
                    ratio = cash[b] / max(due[b], least)
                    cover[b] = min(cover[b], ratio) if is_due else cover[b]
                    stays = none if is_due and cash[b] < due[b] * (one - least) else alive[b]
                    flow = stays * (cash[b] - due[b]) - alive[b] * spent[b] * (one - lent)
                    owners[b] += flow * factors[1, t]
                    alive[b] = stays
                for b in range(BLOCK):
                    paid_out[b] += support[b] * factors[2, t]
            out[0, begin:end], out[2, begin:end] = worth[:size], cover[:size]
            out[3, begin:end], out[4, begin:end] = owners[:size], paid_out[:size]
            if with_irr:
                rates(flows, size, out[1, begin:end])
            else:
                out[1, begin:end] = single(np.nan)

    compiled: Callable[..., None] = kernel
    return compiled
