"""The futures of a plan: whether and how long supply stops, which projects succeed and when, how demand grows.

All futures share their draws: a project's luck in a future is one number, and support moves only the bar that it has to
clear. So a choice differs from no choice by what it does and not by noise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from didymium.data import Dataset
from didymium.engine import Change, LinearProgramme, Triples
from didymium.engine.twostage import Case, Links, raised
from didymium.model.ledger import Addition
from didymium.model.network import Floats
from didymium.model.plan_network import PlanNetwork, joined, of_choice
from didymium.model.twin import QUARTER
from didymium.scenario.apply import apply
from didymium.scenario.inputs import Inputs
from didymium.scenario.scenario import Scenario, load
from didymium.scenario.uncertain import split_uniform
from didymium.studies.plan_candidates import Candidate, Purchase

STOPS = ("cn-stop-3", "cn-stop-6", "cn-stop-12")
QUIET = "quiet"
MONTHS = 12


@dataclass(frozen=True, slots=True)
class Future:
    """One future: its stop (or quiet), probability, demand outlook, and luck and slip of each project, all 0 to 1."""

    stop: str
    probability: float
    outlook: float
    luck: Mapping[str, float]
    slip: float


def futures(projects: Sequence[str], assume: Mapping[str, float], *, scenarios: int, seed: int) -> list[Future]:
    """One quiet year in eight futures, the rest shared among the stops; chances are those of the assumptions.

    Luck, slip and demand are spread evenly within each kind (Latin hypercube), so that no kind has all the bad luck.
    """
    from scipy.stats import qmc

    found = []
    chance = chances(assume)
    for kind, count in sizes(scenarios).items():
        rng = np.random.default_rng([seed, 6, (QUIET, *STOPS).index(kind)])
        for point in qmc.LatinHypercube(d=len(projects) + 2, rng=rng).random(count):
            luck = dict(zip(sorted(projects), point[2:].tolist(), strict=True))
            found.append(Future(kind, chance[kind] / count, float(point[0]), luck, float(point[1])))
    return found


def sizes(scenarios: int) -> dict[str, int]:
    """How many futures are of each kind."""
    quiet = max(scenarios // 8, 1)
    rest = scenarios - quiet
    return {QUIET: quiet, **{stop: (rest + len(STOPS) - 1 - i) // len(STOPS) for i, stop in enumerate(STOPS)}}


def chances(assume: Mapping[str, float]) -> dict[str, float]:
    """Probability of each kind of future."""
    found = {stop: assume[chance_id(stop)] for stop in STOPS}
    return {QUIET: 1 - sum(found.values()), **found}


def chance_id(stop: str) -> str:
    """The assumption that holds the chance of a stop."""
    return f"plan_{stop.removeprefix('cn-').replace('-', '_')}_chance"


def with_chances(all_futures: Sequence[Future], chance: Mapping[str, float]) -> list[Future]:
    """The same futures with other chances of their kinds."""
    count = Counter(future.stop for future in all_futures)
    return [replace(future, probability=chance[future.stop] / count[future.stop]) for future in all_futures]


def scenario_of(stop: str, year: int) -> Scenario:
    """A stop of the library, moved to January of the year; without its cuts for a quiet one."""
    plain = load(STOPS[0] if stop == QUIET else stop)
    if stop == QUIET:
        return plain.model_copy(update={"start": f"{year}-01", "months": MONTHS, "cuts": ()})
    cuts = []
    for cut in plain.cuts:
        ends = str(np.datetime64(cut.end, "M") - np.datetime64(cut.start, "M") + np.datetime64(f"{year}-01", "M"))
        cuts.append(cut.model_copy(update={"start": f"{year}-01", "end": ends}))
    return plain.model_copy(update={"start": f"{year}-01", "months": MONTHS, "cuts": tuple(cuts)})


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
    probes: Sequence[Addition],
    *,
    year: int,
    weight: Mapping[str, float],
    chances: Mapping[str, float],
    ranges: Mapping[str, tuple[float, float, float]],
    as_of: float,
) -> list[Case]:
    """The recourse of each future: what goes ahead anyway is in its change, what choices add is in its links."""
    found = []
    by_project: dict[str, list[int]] = {}
    for j, one in enumerate(chosen):
        by_project.setdefault(one.project_id, []).append(j)
    for future in all_futures:
        inputs = apply(scenario_of(future.stop, year), ds, {"demand_outlook": future.outlook})
        change = net.network.change(lp, net.quantities(bare(inputs), weight))
        anyway_columns, anyway_rows, columns, rows = [], [], [], []
        for project, own in plants.items():
            luck = future.luck[project]
            choices = [j for j in by_project.get(project, ()) if luck < chosen[j].chance[1]]
            if luck >= chances[project] and not choices:
                continue
            for plant in own:
                column, row = net.raised(plant, stands(plant, future, year, ranges, as_of))
                if luck < chances[project]:
                    anyway_columns.append(column)
                    anyway_rows.append(row)
                else:
                    columns += [of_choice(column, j) for j in choices]
                    rows += [of_choice(row, j) for j in choices]
        for k, stock in enumerate(stocks):
            rows.append(Triples(np.array([net.stock_row(stock.form)]), np.array([len(chosen) + k]), np.array([1.0])))
        for k, probe in enumerate(probes, len(chosen) + len(stocks)):
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
