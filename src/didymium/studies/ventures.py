"""From a sheet of the register to a venture: drawn prices, overruns, delays and costs, path by path.

All projects and all packages share their draws: a path is one future, and what a package changes is not noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymium.finance.deal import Deal, Tranche, Venture
from didymium.finance.prices import Shocks, price_paths
from didymium.scenario.uncertain import split_uniform
from didymium.studies.register import STILL_TO_BUILD, Figure, Line, Register, Sheet

Floats = NDArray[np.float64]
Range = tuple[float, float, float]

DRAWN = (
    "delay_share",
    "finance_build_years",
    "finance_capex_overrun_share",
    "finance_fixed_cost_share",
    "finance_magnet_conversion_factor",
    "finance_utilisation_share",
    "ramp_years",
)
OWN = ("capex", "cost", "price_share")  # figures of a sheet that have a range of their own
HORIZON = 34  # years: what waits, builds and runs longest still ends inside


@dataclass(frozen=True, slots=True)
class Draws:
    """Draws that all projects share: uniforms by name (path,), and prices by product (path, year) [USD/kg]."""

    uniform: Mapping[str, Floats]
    prices: Mapping[str, Floats]
    ranges: Mapping[str, Range]
    paths: int

    def of(self, name: str) -> Floats:
        """An assumption's draws, its central value as the median."""
        low, value, high = self.ranges[name]
        return split_uniform(self.uniform[name], low, value, high)

    def between(self, start: int, stop: int) -> Draws:
        """The draws from `start` to before `stop` alone."""
        part = slice(start, min(stop, self.paths))
        return Draws(
            {name: u[part] for name, u in self.uniform.items()},
            {name: p[part] for name, p in self.prices.items()},
            self.ranges,
            part.stop - part.start,
        )


def draw(found: Register, ranges: Mapping[str, Range], *, paths: int, seed: int) -> Draws:
    """Seeded draws: a Latin hypercube over the assumptions, and price paths of each product around a common factor."""
    from scipy.stats import qmc

    names = (*DRAWN, *OWN)
    points = qmc.LatinHypercube(d=len(names), seed=np.random.default_rng([seed, 1])).random(paths)
    common = np.random.default_rng([seed, 2]).standard_normal((paths, HORIZON))
    prices = {}
    for number, product in enumerate(sorted(found.prices)):
        model = found.prices[product].model
        shocks = Shocks.of(
            paths,
            HORIZON,
            seed + 3,
            number,
            jump_rate=model.jump_rate,
            common=common,
            correlation=ranges["finance_price_correlation"][1],
        )
        prices[product] = price_paths(model, shocks)
    return Draws(dict(zip(names, points.T, strict=True)), prices, ranges, paths)


@dataclass(frozen=True, slots=True)
class Course:
    """How a project is built and run on each path, shape (path,). Times are years from year 0.

    It spends `capital` [million USD] evenly over `spell` years until it `opens`, ramps up over `ramp` years to `use` of
    its capacity, and runs for `life` years.
    """

    opens: Floats
    spell: Floats
    ramp: Floats
    use: Floats
    capital: Floats
    life: int


def course(sheet: Sheet, drawn: Draws, assume: Mapping[str, float], *, as_of: int) -> Course:
    """The course of a project that can be modelled. Year 0 is `as_of`.

    A plant that stands has no overrun and no wait. Otherwise spending lasts the building time and ends as output
    begins, in the stated start year plus the drawn delay, never before it can be built.
    """
    if sheet.missing:
        raise ValueError(f"{sheet.project_id} cannot be modelled: {sheet.missing}")
    new = sheet.status in STILL_TO_BUILD
    building = drawn.of("finance_build_years")
    stated = max(float((sheet.start_year or as_of) - as_of), 0.0)
    ahead = np.maximum(stated, building if sheet.status != "construction" else 1.0) if new else np.ones(drawn.paths)
    opens = ahead * (1 + (drawn.of("delay_share") if new else 0.0))
    overrun = drawn.of("finance_capex_overrun_share") if new else np.zeros(drawn.paths)
    return Course(
        opens=opens,
        spell=np.maximum(np.minimum(building, opens), 0.5),
        ramp=drawn.of("ramp_years"),
        use=drawn.of("finance_utilisation_share"),
        capital=_figure(sheet.capex, drawn.uniform["capex"]) * (1 + overrun),
        life=round(assume["finance_life_years"]),
    )


def venture(sheet: Sheet, drawn: Draws, assume: Mapping[str, float], *, as_of: int) -> Venture:
    """The venture of a project that can be modelled, over the course of each path."""
    run = course(sheet, drawn, assume, as_of=as_of)
    edges = np.clip(np.arange(HORIZON + 1)[None, :] - run.opens[:, None], 0.0, run.life)  # age at the ends of each year
    stands = np.diff(edges, axis=1)
    runs = np.diff(_ramped(edges, run.ramp[:, None]), axis=1) * run.use[:, None]
    return Venture(
        price=np.stack([_earned(line, drawn) for line in sheet.lines], axis=1),
        output=np.stack([runs * line.tonnes for line in sheet.lines], axis=1),
        capex=run.capital[:, None] * _spread(run.opens - run.spell, run.spell),
        opex=_cost(sheet, drawn, stands, runs),
        tax_rate=assume["finance_tax_rate_share"],
        depreciation_years=depreciation_years(run.life),
        royalty_share=royalty(sheet, assume),
        planned=float(sheet.capex.value or 0.0),
    )


def depreciation_years(life: int) -> int:
    """Years over which a plant is written off: its life, at most 15."""
    return min(life, 15)


def royalty(sheet: Sheet, assume: Mapping[str, float]) -> float:
    """Royalty on sales: a mine pays it."""
    return assume["finance_royalty_share"] if sheet.stage == "mine" else 0.0


def bank_loan(assume: Mapping[str, float]) -> Tranche:
    """What a bank lends a project without support."""
    return Tranche(
        "bank debt",
        assume["finance_debt_share"],
        assume["finance_commercial_rate_real"],
        round(assume["finance_debt_years"]),
        grace=round(assume["ramp_years"]),
    )


def private(built: Venture, loan: Tranche) -> Deal:
    """The venture with private finance alone."""
    return Deal.of(built, (loan,))


def _figure(figure: Figure, uniform: Floats) -> Floats:
    """Draws of a cost: its value, or its 80 % range taken as lognormal around it."""
    if figure.value is None:
        raise ValueError("an unknown figure cannot be drawn")
    if figure.low is None or figure.high is None or figure.low >= figure.high:
        return np.full(uniform.shape, figure.value)
    from scipy.special import ndtri

    spread = np.log(figure.high / figure.low) / (2 * ndtri(0.9))
    return np.asarray(figure.value * np.exp(spread * np.clip(ndtri(uniform), -2.0, 2.0)))


def share_paid(line: Line, drawn: Draws) -> Floats:
    """Of the price of a line, what is paid, shape (path,)."""
    return split_uniform(drawn.uniform["price_share"], *line.share)


def _earned(line: Line, drawn: Draws) -> Floats:
    """What a kilogram of a line earns, shape (path, year) [USD/kg]."""
    share = share_paid(line, drawn)
    paid = line.constant + sum((w * drawn.prices[p] for p, w in line.weights.items()), np.zeros((drawn.paths, HORIZON)))
    return np.asarray(share[:, None] * paid)


def _ramped(age: Floats, ramp: Floats) -> Floats:
    """Years of full output up to an age, when output rises evenly over the years of `ramp`."""
    return np.where(age < ramp, age**2 / (2 * ramp), age - ramp / 2)


def cost_at_capacity(sheet: Sheet, drawn: Draws) -> Floats:
    """Operating cost at capacity, feed left out, shape (path,) [million USD a year].

    A magnet maker pays for the making; all others have a cost of their own.
    """
    making = sum(line.tonnes * line.conversion for line in sheet.lines if line.feed) / 1000
    if making:
        return making * drawn.of("finance_magnet_conversion_factor")
    return _figure(sheet.cost, drawn.uniform["cost"])


def feed_at_capacity(sheet: Sheet) -> dict[str, float]:
    """Oxides that are bought at the market in a year at capacity [t]; none where feed is in the cost."""
    bought: dict[str, float] = {}
    for line in sheet.lines:
        for product, tonnes in (line.feed or {}).items():
            bought[product] = bought.get(product, 0.0) + line.tonnes * tonnes
    return bought


def _cost(sheet: Sheet, drawn: Draws, stands: Floats, runs: Floats) -> Floats:
    """Operating cost, shape (path, year) [million USD].

    A fixed part is due as soon as the plant stands, the rest goes with output. `stands` is the part of a year that a
    plant stands, `runs` the years at capacity that its output of the year comes to.
    """
    fixed = drawn.of("finance_fixed_cost_share")[:, None]
    cost = cost_at_capacity(sheet, drawn)[:, None] * (fixed * stands + (1 - fixed) * runs)
    for product, tonnes in feed_at_capacity(sheet).items():
        cost = cost + tonnes / 1000 * runs * drawn.prices[product]
    return np.asarray(cost)


def _spread(start: Floats, length: Floats) -> Floats:
    """Even spending of 1 from `start` over `length` years, by year, shape (path, year)."""
    edges = np.arange(HORIZON + 1)[None, :]
    done = np.clip((edges - start[:, None]) / length[:, None], 0.0, 1.0)
    return np.diff(done, axis=1)
