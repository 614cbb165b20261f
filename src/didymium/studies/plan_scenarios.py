"""The futures of a plan: whether and how long supply stops, which projects succeed and when, how demand grows.

A stop that lasts is two kinds of year: its first is a stop of twelve months, and in each later one all stocks are used
up. How likely it is that a year is a later one is the chance that such a stop begins times the years it goes on.

All futures share their draws: a project's luck in a future is one number, and support moves only the bar that it has to
clear. So a choice differs from no choice by what it does and not by noise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from didymium.data import Dataset
from didymium.engine import Change, LinearProgramme, Triples
from didymium.engine.twostage import Case, Links, raised
from didymium.errors import BadInput
from didymium.model.ledger import Addition
from didymium.model.network import Floats, Quantities
from didymium.model.plan_network import PlanNetwork, joined, of_choice
from didymium.model.twin import QUARTER
from didymium.scenario.apply import apply
from didymium.scenario.inputs import Inputs
from didymium.scenario.scenario import Scenario, load, shift
from didymium.scenario.uncertain import split_uniform
from didymium.studies.plan_candidates import Candidate, Link, Purchase

STOPS = ("cn-stop-3", "cn-stop-6", "cn-stop-12")
QUIET, LATER = "quiet", "cn-stop-later"
KINDS = (QUIET, *STOPS, LATER)
LASTING, LATER_YEARS = "plan_stop_lasting_chance", "plan_stop_later_years"
MONTHS = 12


@dataclass(frozen=True, slots=True)
class Future:
    """One future: its kind, probability, demand outlook, and luck and slip of each project, all 0 to 1."""

    stop: str
    probability: float
    outlook: float
    luck: Mapping[str, float]
    slip: float


def futures(projects: Sequence[str], assume: Mapping[str, float], *, scenarios: int, seed: int) -> list[Future]:
    """One quiet year in eight futures, the rest shared among the stops; chances are those of the assumptions.

    Luck, slip and demand are spread evenly within each kind (Latin hypercube), so that no kind has all the bad luck.
    Each has a sequence of its own: a project more, or a party more, leaves the luck of the others as it was.
    """
    found = []
    chance = chances(assume)
    for kind, count in sizes(scenarios).items():
        own = [seed, 6, KINDS.index(kind)]
        luck = {project: _spread(own, project, count) for project in sorted(projects)}
        found += [
            Future(kind, chance[kind] / count, outlook, {p: drawn[i] for p, drawn in luck.items()}, slip)
            for i, (outlook, slip) in enumerate(
                zip(_spread(own, "outlook", count), _spread(own, "slip", count), strict=True)
            )
        ]
    return found


def _spread(seed: Sequence[int], what: str, count: int) -> list[float]:
    """Draws of one thing, one in each of so many equal parts of 0 to 1, in an order of their own."""
    from scipy.stats import qmc

    rng = np.random.default_rng([*seed, *what.encode()])
    points: list[float] = qmc.LatinHypercube(d=1, rng=rng).random(count)[:, 0].tolist()
    return points


def sizes(scenarios: int) -> dict[str, int]:
    """How many futures are of each kind."""
    quiet = max(scenarios // 8, 1)
    rest, stops = scenarios - quiet, KINDS[1:]
    return {QUIET: quiet, **{stop: (rest + len(stops) - 1 - i) // len(stops) for i, stop in enumerate(stops)}}


def chances(assume: Mapping[str, float]) -> dict[str, float]:
    """Probability that a year is of each kind; the first year of a lasting stop is a stop of twelve months.

    Raises BadInput if nothing is left for a quiet year.
    """
    found = {stop: assume[chance_id(stop)] for stop in STOPS}
    found[STOPS[-1]] += assume[LASTING]
    found[LATER] = assume[LASTING] * assume[LATER_YEARS]
    quiet = 1 - sum(found.values())
    if quiet < 0:
        raise BadInput(
            f"the chances of stops add up to {1 - quiet:g}.", where="assumptions", cure="Together at most 1 a year."
        )
    return {QUIET: quiet, **found}


def chance_id(stop: str) -> str:
    """The assumption that holds the chance of a stop."""
    return f"plan_{stop.removeprefix('cn-').replace('-', '_')}_chance"


CHANCES = (*(chance_id(stop) for stop in STOPS), LASTING, LATER_YEARS)
"""The assumptions from which the chances of the kinds follow."""


def with_chances(all_futures: Sequence[Future], chance: Mapping[str, float]) -> list[Future]:
    """The same futures with other chances of their kinds."""
    count = Counter(future.stop for future in all_futures)
    return [replace(future, probability=chance[future.stop] / count[future.stop]) for future in all_futures]


@cache
def scenario_of(kind: str, year: int) -> Scenario:
    """A stop of the library, moved to January of the year; without its cuts for a quiet one.

    For a later year of a lasting stop it begins a year before and goes on to the end of the year.
    """
    plain = load({QUIET: STOPS[0], LATER: STOPS[-1]}.get(kind, kind))
    start, months = (f"{year - 1}-01", 2 * MONTHS) if kind == LATER else (f"{year}-01", MONTHS)
    cuts = []
    for cut in () if kind == QUIET else plain.cuts:
        length = months if kind == LATER else cut.months
        end = None if length is None else shift(start, length)
        cuts.append(cut.model_copy(update={"start": start, "end": end}))
    return plain.model_copy(update={"start": start, "months": months, "cuts": tuple(cuts)})


def limits(
    ds: Dataset,
    net: PlanNetwork,
    kind: str,
    outlook: float,
    year: int,
    weight: Mapping[str, float],
    drawn: Mapping[str, float],
) -> Quantities:
    """Limits and costs of the network in a year of a kind; in a later year of a lasting stop its stocks are used up.

    `drawn`: prices and values of uses other than the central ones.
    """
    inputs = bare(apply(scenario_of(kind, year), ds, {**drawn, "demand_outlook": outlook}))
    return net.quantities(inputs, weight, skipped=MONTHS if kind == LATER else 0)


def stands(
    plant: Addition, future: Future, year: int, ranges: Mapping[str, tuple[float, float, float]], as_of: float
) -> Floats:
    """Part of a plant's capacity that stands in each quarter of a year, if it succeeds."""
    slip = split_uniform(np.array([future.slip]), *ranges["delay_share"])[0]
    starts = plant.start_year + max(plant.start_year - as_of, 0.0) * slip
    middle = year + (np.arange(0, MONTHS, QUARTER) + QUARTER / 2) / 12
    risen: Floats = np.clip((middle - starts) / ranges["ramp_years"][1], 0.0, 1.0)
    return risen


def cases(
    ds: Dataset,
    net: PlanNetwork,
    lp: LinearProgramme,
    all_futures: Sequence[Future],
    plants: Mapping[str, Sequence[Addition]],
    chosen: Sequence[Candidate],
    stocks: Sequence[Purchase],
    new: Sequence[Link],
    probes: Sequence[Addition],
    *,
    year: int,
    weight: Mapping[str, float],
    chances: Mapping[str, float],
    ranges: Mapping[str, tuple[float, float, float]],
    as_of: float,
    drawn: Mapping[str, float],
) -> list[Case]:
    """The recourse of each future: what goes ahead anyway is in its change, what choices add is in its links."""
    found = []
    by_project: dict[str, list[int]] = {}
    for j, one in enumerate(chosen):
        by_project.setdefault(one.project_id, []).append(j)
    for future in all_futures:
        change = net.network.change(lp, limits(ds, net, future.stop, future.outlook, year, weight, drawn))
        anyway_columns, anyway_rows, columns, rows = [], [], [], []
        for project, own in plants.items():
            luck = future.luck[project]
            goes_on = luck < chances[project]
            choices = [j for j in by_project.get(project, ()) if luck < chosen[j].chance[1]]
            for plant in own if goes_on or choices else ():
                stood = stands(plant, future, year, ranges, as_of)
                if goes_on:
                    column, row = net.raised(plant, stood)
                    anyway_columns.append(column)
                    anyway_rows.append(row)
                for j in choices:
                    early = replace(plant, start_year=plant.start_year - chosen[j].sooner)
                    more = stands(early, future, year, ranges, as_of) - (stood if goes_on else 0.0)
                    if more.any():
                        column, row = net.raised(plant, more)
                        columns.append(of_choice(column, j))
                        rows.append(of_choice(row, j))
        for k, stock in enumerate(() if future.stop == LATER else stocks):  # in a later year it has been used up
            row_of, fits = np.array([net.stock_row(stock.form)]), np.array([stock.fits])
            rows.append(Triples(row_of, np.array([len(chosen) + k]), fits))
        for k, link in enumerate(new, len(chosen) + len(stocks)):
            if future.luck[link.plant.project_id] < link.chance:
                column, row = net.raised(link.plant, stands(link.plant, future, year, ranges, as_of))
                columns.append(of_choice(column, k))
                rows.append(of_choice(row, k))
        for k, probe in enumerate(probes, len(chosen) + len(stocks) + len(new)):
            column, row = net.raised(probe, np.ones(MONTHS // QUARTER))
            columns.append(of_choice(column, k))
            rows.append(of_choice(row, k))
        anyway = Case(1.0, change, Links(joined(anyway_columns), joined(anyway_rows)))
        base: Change = raised(lp, anyway, np.ones(1))
        found.append(Case(future.probability, base, Links(joined(columns), joined(rows))))
    return found


def bare(inputs: Inputs) -> Inputs:
    """Inputs without the expected output of new plants: here each of them stands or not."""
    return replace(inputs, new_capacity=np.zeros_like(inputs.new_capacity))
