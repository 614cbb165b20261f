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
from didymium.model.ledger import split_uniform
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


def venture(sheet: Sheet, drawn: Draws, assume: Mapping[str, float], *, as_of: int) -> Venture:
    """The venture of a project that can be modelled. Year 0 is `as_of`.

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
    life = round(assume["finance_life_years"])
    ramp = drawn.of("ramp_years")
    edges = np.clip(np.arange(HORIZON + 1)[None, :] - opens[:, None], 0.0, life)  # age at the ends of each year
    stands = np.diff(edges, axis=1)
    runs = np.diff(_ramped(edges, ramp[:, None]), axis=1)
    running = runs * drawn.of("finance_utilisation_share")[:, None]
    overrun = drawn.of("finance_capex_overrun_share") if new else np.zeros(drawn.paths)
    capital = _figure(sheet.capex, drawn.uniform["capex"]) * (1 + overrun)
    spell = np.maximum(np.minimum(building, opens), 0.5)
    cost = _cost(sheet, drawn, stands, runs)
    return Venture(
        price=np.stack([_earned(line, drawn) for line in sheet.lines], axis=1),
        output=np.stack([running * line.tonnes for line in sheet.lines], axis=1),
        capex=capital[:, None] * _spread(opens - spell, spell),
        opex=cost,
        tax_rate=assume["finance_tax_rate_share"],
        depreciation_years=min(life, 15),
        royalty_share=assume["finance_royalty_share"] if sheet.stage == "mine" else 0.0,
        planned=float(sheet.capex.value or 0.0),
    )


def private(sheet: Sheet, built: Venture, assume: Mapping[str, float]) -> Deal:
    """The venture with private finance alone."""
    loan = Tranche(
        "bank debt",
        assume["finance_debt_share"],
        assume["finance_commercial_rate_real"],
        round(assume["finance_debt_years"]),
        grace=round(assume["ramp_years"]),
    )
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


def _earned(line: Line, drawn: Draws) -> Floats:
    """What a kilogram of a line earns, shape (path, year) [USD/kg]."""
    share = split_uniform(drawn.uniform["price_share"], *line.share)
    paid = line.constant + sum((w * drawn.prices[p] for p, w in line.weights.items()), np.zeros((drawn.paths, HORIZON)))
    return np.asarray(share[:, None] * paid)


def _ramped(age: Floats, ramp: Floats) -> Floats:
    """Years of full output up to an age, when output rises evenly over the years of `ramp`."""
    return np.where(age < ramp, age**2 / (2 * ramp), age - ramp / 2)


def _cost(sheet: Sheet, drawn: Draws, stands: Floats, runs: Floats) -> Floats:
    """Operating cost, shape (path, year) [million USD].

    A magnet maker buys its oxides at the market and pays for the making; all others pay a cost at capacity. A fixed
    part is due as soon as the plant stands, the rest goes with output. `stands` is the part of a year that a plant
    stands, `runs` the years of full output in it.
    """
    fixed = drawn.of("finance_fixed_cost_share")[:, None]
    use = drawn.of("finance_utilisation_share")[:, None]
    feeding = [line for line in sheet.lines if line.feed]
    if feeding:
        factor = drawn.of("finance_magnet_conversion_factor")[:, None]
        total = np.zeros_like(stands)
        for line in feeding:
            bought = sum((q * drawn.prices[p] for p, q in (line.feed or {}).items()), np.zeros_like(stands))
            making = (fixed * stands + (1 - fixed) * runs * use) * line.conversion * factor
            total = total + line.tonnes * (runs * use * bought + making)
        return total / 1000
    at_capacity = _figure(sheet.cost, drawn.uniform["cost"])[:, None]
    return np.asarray(at_capacity * (fixed * stands + (1 - fixed) * runs * use))


def _spread(start: Floats, length: Floats) -> Floats:
    """Even spending of 1 from `start` over `length` years, by year, shape (path, year)."""
    edges = np.arange(HORIZON + 1)[None, :]
    done = np.clip((edges - start[:, None]) / length[:, None], 0.0, 1.0)
    return np.diff(done, axis=1)
