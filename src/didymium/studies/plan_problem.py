"""The plan as a two-stage programme: budgets and one package a project now, the network of each future later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from didymium.engine import Change, LinearProgramme
from didymium.engine.portfolio import portfolio
from didymium.engine.recourse import SolvedRecourse
from didymium.engine.twostage import Case, Cuts, FirstStage, PortfolioSolution, cvar, scale_of
from didymium.model.network import Floats
from didymium.model.plan_network import CHINA, PARTNERS, REST
from didymium.studies.plan_ground import Ground
from didymium.studies.plan_scenarios import Future, bare, cases, futures, limits, with_chances

GAP = 1e-3  # of the value of the plan, to which it is proven
SPARED = 5e-4  # of the value: projects that together are worth less are left out, and their money stays free
LEAST_GAIN = 0.1  # million USD a year: less is no gain


@dataclass(frozen=True, slots=True)
class Problem:
    """One planner's programme over one set of futures."""

    ground: Ground
    futures: tuple[Future, ...]
    weight: Mapping[str, float]
    lp: LinearProgramme
    cases: tuple[Case, ...]
    solved: SolvedRecourse  # what has been learned of the futures, whatever the budget and the chances of stops
    risk: float
    alpha: float

    @classmethod
    def of(
        cls, on: Ground, planners: Sequence[str], *, risk: tuple[float, float], scenarios: int, seed: int
    ) -> Problem:
        """The futures as these planners weigh them: their own losses whole, those of others at a part."""
        named = [*on.plants, *(one.plant.project_id for one in on.links)]
        drawn = futures(named, on.assume, scenarios=scenarios, seed=seed)
        other = on.assume["plan_weight_of_others"]
        own = {region for party in planners for region in on.members[party]}
        weight = {region: other for region in on.inputs.chain.regions if region not in own}
        lp = on.net.programme(on.net.quantities(bare(on.inputs), weight))
        chances = {p: on.assume[f"success_share_{own[0].status}"] for p, own in on.plants.items()}
        found = cases(
            on.ds,
            on.net,
            lp,
            drawn,
            on.plants,
            on.offered,
            on.stocks,
            on.links,
            on.probes,
            year=on.year,
            weight=weight,
            chances=chances,
            ranges=on.ranges,
            as_of=float(on.ds.version.split(".")[0]),
            drawn=on.drawn,
        )
        solved = SolvedRecourse(lp, found, choices=on.choices)
        return cls(on, tuple(drawn), weight, lp, tuple(found), solved, *risk)

    @property
    def how(self) -> tuple[float, float]:
        """Weight of the tail, and its level."""
        return self.risk, self.alpha

    def first(self, budget: Mapping[str, float], forced: Sequence[str] = ()) -> FirstStage:
        """Budgets of the parties, and at most one package of each project; one of each that is `forced`."""
        from scipy.sparse import csc_array

        on = self.ground
        projects = sorted({one.project_id for one in on.offered})
        matrix = np.zeros((len(on.parties) + len(projects), on.choices))
        for row, party in enumerate(on.parties):
            matrix[row] = np.where([p == party for p in on.payer], on.charge, 0.0)
        for row, project in enumerate(projects, len(on.parties)):
            matrix[row, : len(on.offered)] = [one.project_id == project for one in on.offered]
        sizes = [*(one.most for one in on.stocks), *(one.most for one in on.links)]
        most = np.array([1.0] * len(on.offered) + sizes + [0.0] * len(on.probes))
        return FirstStage(
            cost=on.yearly,
            is_whole=np.arange(on.choices) < len(on.offered),
            lower=np.zeros(on.choices),
            upper=np.where(on.is_open(on.only), most, 0.0),
            matrix=csc_array(matrix),
            row_lower=np.array(
                [-np.inf] * len(on.parties) + [1.0 if project in forced else -np.inf for project in projects]
            ),
            row_upper=np.array([budget.get(p, 0.0) for p in on.parties] + [1.0] * len(projects)),
        )

    def solve(
        self,
        budget: Mapping[str, float],
        *,
        time_limit: float | None = None,
        cuts: Cuts | None = None,
        barred: Sequence[int] = (),
        forced: Sequence[str] = (),
    ) -> PortfolioSolution:
        """The plan for a budget [million USD by party], without the choices `barred` and with the projects `forced`.

        `cuts` of an earlier plan of this problem hold for any budget, and spare solving its cases again. Projects that
        together are worth next to nothing are left out of the plan found: free support is no reason.
        """

        def best(barred: Sequence[int], cuts: Cuts | None) -> PortfolioSolution:
            upper = first.upper.copy()
            upper[list(barred)] = 0.0
            return portfolio(
                first,
                self.lp,
                self.cases,
                risk=self.risk,
                alpha=self.alpha,
                method="benders",
                gap=GAP,
                time_limit=time_limit,
                fixed=(first.lower, upper),
                cuts=cuts,
                solved=self.solved,
            )

        first = self.first(budget, forced)
        found = best(barred, cuts)
        idle = [j for j in self._idle(found) if self.ground.offered[j].project_id not in forced]
        if not idle:
            return found
        # without a project the bound of all plans is that of the plan with it
        leaner = best([*barred, *idle], found.cuts)
        scale = scale_of(leaner.value, leaner.objective + leaner.value)
        distance = max(leaner.objective - found.bound, 0.0) / scale
        return replace(leaner, bound=found.bound, gap_of_value=distance, status=found.status, cuts=found.cuts)

    def _idle(self, found: PortfolioSolution) -> list[int]:
        """Projects chosen that together are worth less than is spared, those that take most of a budget first."""
        on = self.ground
        x = found.x
        chosen = np.flatnonzero(x[: len(on.offered)] > 0.5).tolist()
        most = found.objective + max(SPARED * found.value, LEAST_GAIN)
        idle: list[int] = []
        for j in sorted(chosen, key=lambda j: (-on.offered[j].reserve, j)):
            tried = np.array(x)
            tried[j] = 0.0
            again = self.losses(tried)
            if float(on.yearly @ tried) + self.measure(again) <= most:
                idle += [k for k, one in enumerate(on.offered) if one.project_id == on.offered[j].project_id]
                x = tried
        return idle

    def losses(self, x: Floats) -> Floats:
        """Loss of each future under some choices [million USD]; only what they change is solved."""
        return self.solved.at(x)[0]

    def measure(self, losses: Floats, chance: Mapping[str, float] | None = None) -> float:
        """(1 − risk) · mean + risk · CVaR of losses [million USD a year], under other chances of stops if given."""
        share = self.shares(chance)
        return (1 - self.risk) * float(share @ losses) + self.risk * cvar(losses, share, self.alpha)

    def shares(self, chance: Mapping[str, float] | None = None) -> Floats:
        """Probability of each future, under other chances of stops if given."""
        if chance is None:
            return np.array([future.probability for future in self.futures])
        count = Counter(future.stop for future in self.futures)
        each = {kind: chance[kind] / number for kind, number in count.items()}
        return np.array([each[future.stop] for future in self.futures])

    def with_chances(self, chance: Mapping[str, float]) -> Problem:
        """The same futures with other chances of stops; cuts of one hold for the other."""
        drawn = tuple(with_chances(self.futures, chance))
        again = [replace(case, probability=f.probability) for case, f in zip(self.cases, drawn, strict=True)]
        return replace(self, futures=drawn, cases=tuple(again))

    def looks(self, plans: Sequence[Floats]) -> list[Look]:
        """What happens in each future under each of some plans."""
        on = self.ground
        places = (*on.parties, PARTNERS, REST, CHINA)
        found = [Look(*({p: np.zeros(len(self.futures)) for p in places} for _ in range(5))) for _ in plans]
        for i, future in enumerate(self.futures):
            q = limits(on.ds, on.net, future.stop, future.outlook, on.year, {}, on.drawn)
            costs = on.net.network.costs(q)
            full = Change.of(cost=(np.arange(costs.size), costs))
            for look, x in zip(found, plans, strict=True):
                seen, alike = self.solved.solution(i, x), self.solved.solution(i, x, full)
                for place in places:
                    for lost, served, answer in (
                        (look.lost, look.served, seen),
                        (look.alike, look.served_alike, alike),
                    ):
                        wanted, missed = on.net.magnets(q, answer.x, place)
                        lost[place][i] = on.net.lost_value(q, answer.x, place)
                        served[place][i] = wanted - missed
                    look.need[place][i] = wanted
        return found


@dataclass(frozen=True, slots=True)
class Look:
    """Lost value [million USD] and magnets [t] of each place in each future, every loss at its full worth.

    `lost`, `served`: goods go where the planners want them; `alike`, `served_alike`: they go where most is lost,
    whoever loses it.
    """

    lost: Mapping[str, Floats]
    alike: Mapping[str, Floats]
    served: Mapping[str, Floats]
    served_alike: Mapping[str, Floats]
    need: Mapping[str, Floats]


def acting(case: Case) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Choices that do something in a case."""
    return np.concatenate([case.links.column_upper.column, case.links.row_bound.column])
