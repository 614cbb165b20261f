"""What a plan is made on if the figures behind it are wrong: the same choices with other costs, capacities and prices.

Figures of the register err by their `confidence`, as everywhere; assumptions and prices lie within the ranges of their
rows. The base year, the recipes and the outcome of the finance model stay as they are: what support costs moves with
the capital cost of its project.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from didymium.scenario.apply import apply
from didymium.scenario.observing import sigma_of
from didymium.scenario.uncertain import PRICES, factors, split_uniform
from didymium.studies.plan_candidates import Candidate
from didymium.studies.plan_ground import Ground
from didymium.studies.plan_scenarios import STOPS, scenario_of

OVERRUN = "finance_capex_overrun_share"
CAPITAL, RUNNING = "plan_link_capital_usd_per_t", "plan_link_running_share"
VALUE = "value:"


def wrong_grounds(on: Ground, count: int, *, seed: int) -> list[Ground]:
    """The ground of a plan over drawn errors of its data, spread evenly over their ranges (Latin hypercube).

    Drawn are the capacity and the capital cost of each project, by the `confidence` of its rows; the overrun of capital
    cost, what new capacity costs and uses, and chances of success by status; base prices and the values of uses.
    """
    from scipy.stats import norm, qmc

    moved = [OVERRUN, CAPITAL, RUNNING, *(i for i in sorted(on.assume) if i.startswith("success_share_"))]
    ranges = {name: on.ranges[name] for name in moved}
    for one in factors(on.ds, scenario_of(STOPS[0], on.year)):
        if one.id == PRICES or one.id.startswith(VALUE):
            ranges[one.id] = (one.low, one.value, one.high)
    names, projects = list(ranges), sorted(on.plants)
    rng = np.random.default_rng([seed, 9])
    points = qmc.LatinHypercube(d=len(names) + 2 * len(projects), rng=rng).random(count)
    errors = _errors(on)
    found = []
    for point in points:
        drawn = {n: float(split_uniform(np.array(u), *ranges[n])) for n, u in zip(names, point, strict=False)}
        z = norm.ppf(point[len(names) :]).reshape(2, -1)
        size, cost = (
            {p: float(np.exp(errors[p] * of)) for p, of in zip(projects, row.tolist(), strict=True)} for row in z
        )
        found.append(_with(on, drawn, size, cost))
    return found


def _errors(on: Ground) -> dict[str, float]:
    """Relative standard error of each project: the largest of its rows."""
    sigma, found = sigma_of(on.ds), dict.fromkeys(on.plants, 0.0)
    for row in on.ds.rows("projects", project_id=set(on.plants)):
        found[row["project_id"]] = max(found[row["project_id"]], sigma(row))
    return found


def _with(on: Ground, drawn: Mapping[str, float], size: Mapping[str, float], cost: Mapping[str, float]) -> Ground:
    """The ground with drawn values, and each project's capacity and capital cost times a factor."""
    assume = {**on.assume, **{n: v for n, v in drawn.items() if n in on.assume}}
    prices = {n: v for n, v in drawn.items() if n not in on.assume}
    inputs = apply(scenario_of(STOPS[0], on.year), on.ds, prices)
    before, after = on.inputs.base_price, inputs.base_price
    ratio = dict(zip(inputs.chain.products, (after / np.where(before > 0, before, 1.0)).tolist(), strict=True))
    overrun = (1 + assume[OVERRUN]) / (1 + on.assume[OVERRUN])
    capital = overrun * assume[CAPITAL] / on.assume[CAPITAL]
    running = assume[RUNNING] / on.assume[RUNNING]
    cures = on.assume["plan_finance_obstacle_share"]
    new = assume["success_share_proposed"]
    return replace(
        on,
        inputs=inputs,
        drawn=prices,
        assume=assume,
        plants={
            project: tuple(replace(plant, capacity=plant.capacity * size[project]) for plant in own)
            for project, own in on.plants.items()
        },
        offered=tuple(
            _dearer(one, overrun * cost[one.project_id], assume[f"success_share_{on.plants[one.project_id][0].status}"])
            for one in on.offered
        ),
        stocks=tuple(replace(one, price=one.price * ratio[one.product]) for one in on.stocks),
        links=tuple(
            replace(
                one,
                capital=one.capital * capital,
                running=one.running * running * ratio[one.plant.product],
                chance=new + cures * (1 - new),
            )
            for one in on.links
        ),
    )


def _dearer(one: Candidate, cost: float, chance: float) -> Candidate:
    """A choice whose project costs so many times as much and succeeds with another chance.

    It cures the same part of the failures. Support that is expected to earn earns as before.
    """
    before, after = one.chance
    cured = (after - before) / (1 - before) if before < 1 else 0.0
    return replace(
        one,
        expected=one.expected * cost if one.expected > 0 else one.expected,
        reserve=one.reserve * cost,
        chance=(chance, chance + cured * (1 - chance)),
    )
