"""The plan as a two-stage programme: budgets and one package a project now, the network of each future later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from didymium.data import Dataset
from didymium.engine import LinearProgramme, Solver
from didymium.engine.portfolio import portfolio
from didymium.engine.twostage import Case, Cuts, FirstStage, PortfolioSolution, cvar, raised
from didymium.errors import UnknownTerm
from didymium.model.foresight import base_of
from didymium.model.ledger import Addition
from didymium.model.network import Floats, Quantities
from didymium.model.plan_network import CHINA, PARTNERS, REST, PlanNetwork
from didymium.scenario.apply import apply, assumptions
from didymium.studies.gap_supply import additions, partners
from didymium.studies.plan_candidates import FORMS, Candidate, Purchase, candidates, purchases
from didymium.studies.plan_scenarios import STOPS, Future, bare, cases, futures, scenario_of

if TYPE_CHECKING:
    from didymium.scenario.inputs import Inputs

GAP = 1e-3  # of the value of the plan


@dataclass(frozen=True, slots=True)
class Ground:
    """What does not depend on who plans, on money or on the futures drawn."""

    ds: Dataset
    parties: tuple[str, ...]
    year: int
    net: PlanNetwork
    inputs: Inputs
    plants: Mapping[str, tuple[Addition, ...]]
    offered: tuple[Candidate, ...]
    stocks: tuple[Purchase, ...]
    probes: tuple[Addition, ...]  # a tonne a year at a stage and place, to ask what one would be worth
    reasons: Mapping[str, str]
    assume: Mapping[str, float]
    ranges: Mapping[str, tuple[float, float, float]]
    partners: frozenset[str]

    @property
    def choices(self) -> int:
        """Projects with package and payer, steps of stocks, and probes, which no plan can choose."""
        return len(self.offered) + len(self.stocks) + len(self.probes)

    @property
    def spread(self) -> float:
        """Yearly payment for a present value of one: r / (1 − (1 + r)^−H), Treasury rate and horizon of a plan."""
        rate, years = self.assume["finance_treasury_rate_real"], self.assume["plan_horizon_years"]
        return rate / (1 - (1 + rate) ** -years)

    @property
    def yearly(self) -> Floats:
        """Yearly public cost of one unit of each choice [million USD a year]; a stock costs the interest on it, and support that earns is free."""
        projects = [max(one.expected, 0.0) * self.spread for one in self.offered]
        stocks = [one.price * self.assume["discount_rate_per_year"] for one in self.stocks]
        return np.array(projects + stocks + [0.0] * len(self.probes))

    @property
    def charge(self) -> Floats:
        """What one unit of each choice takes from its payer's budget [million USD]."""
        return np.array([one.reserve for one in self.offered] + [one.price for one in self.stocks] + [0.0] * len(self.probes))

    @property
    def payer(self) -> tuple[str, ...]:
        """Who pays for each choice."""
        return (*(one.party for one in self.offered), *(one.party for one in self.stocks), *([""] * len(self.probes)))


def ground(ds: Dataset, parties: Sequence[str], year: int, *, seed: int) -> Ground:
    """Calibrate, read the register and its finance, and lay out the network and the choices."""
    assume = assumptions(ds)
    ranges = {
        r["assumption_id"]: (float(r["low"]), float(r["value"]), float(r["high"])) for r in ds.rows("assumptions")
    }
    inputs = apply(scenario_of(STOPS[0], year), ds)
    chain, base = inputs.chain, base_of(inputs)
    for party in parties:
        if party not in chain.regions:
            known = sorted(chain.regions)
            raise UnknownTerm("party", party, known, cure=f"Parties are places of the chain: {', '.join(known)}.")
    friends = frozenset(r for party in parties for r, _ in partners(ds, chain, party)) - set(parties)
    heavy = sum(float(r["share_of_world"]) * float(r["heavy_grade_share"]) for r in ds.rows("magnet_sectors"))
    net = PlanNetwork.of(inputs, base, parties=parties, partners=friends, forms=FORMS, heavy_share=heavy)
    plants: dict[str, tuple[Addition, ...]] = {}
    for plant in additions(ds, chain):
        plants[plant.project_id] = (*plants.get(plant.project_id, ()), plant)
    offered, reasons = candidates(ds, plants, parties, assume, seed=seed)
    recipes = {p.process_id: p for p in chain.processes}
    world: dict[str, float] = {}
    for (process, _), level in zip(chain.activities, base.activity.tolist(), strict=True):
        for product, quantity in recipes[process].outputs.items():
            world[product] = world.get(product, 0.0) + level * quantity
    price = dict(zip(chain.products, inputs.base_price.tolist(), strict=True))
    stocks = purchases(ds, net, price, world, assume)
    return Ground(
        ds, tuple(parties), year, net, inputs, plants, tuple(offered), tuple(stocks), _probes(parties, friends), reasons, assume, ranges, friends
    )


def _probes(parties: Sequence[str], friends: frozenset[str]) -> tuple[Addition, ...]:
    steps = (
        *(("separated", f"{e}_oxide") for e in ("ndpr", "dy", "tb")),
        *(("metal", f"{e}_metal") for e in ("ndpr", "dy", "tb")),
        ("alloy", "ndfeb_alloy"),
        ("magnet", "ndfeb_magnet"),
    )
    places = (*parties, *sorted(friends)[:1])
    return tuple(Addition("", stage, product, place, 1.0, "", 0.0) for place in places for stage, product in steps)


@dataclass(frozen=True, slots=True)
class Problem:
    """One planner's programme over one set of futures."""

    ground: Ground
    futures: tuple[Future, ...]
    weight: Mapping[str, float]
    lp: LinearProgramme
    cases: tuple[Case, ...]
    plain: tuple[Quantities, ...]  # of each future, with every loss at its full worth
    risk: float
    alpha: float

    @classmethod
    def of(
        cls, on: Ground, planners: Sequence[str], *, risk: tuple[float, float], scenarios: int, seed: int
    ) -> Problem:
        """The futures as these planners weigh them: their own losses whole, those of others at a part."""
        drawn = futures(list(on.plants), on.assume, scenarios=scenarios, seed=seed)
        other = on.assume["plan_other_loss_weight"]
        weight = {region: other for region in on.inputs.chain.regions if region not in planners}
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
            on.probes,
            year=on.year,
            weight=weight,
            chances=chances,
            ranges=on.ranges,
            as_of=float(on.ds.version.split(".")[0]),
        )
        plain = tuple(
            on.net.quantities(bare(apply(scenario_of(f.stop, on.year), on.ds, {"demand_outlook": f.outlook})), {})
            for f in drawn
        )
        return cls(on, tuple(drawn), weight, lp, tuple(found), plain, *risk)

    @property
    def market(self) -> Floats:
        """Worth at base prices of the oxide that each choice adds [million USD a year, expected].

        It enters the network free of charge; what making it costs is taken to be what it sells for.
        """
        on, lay = self.ground, self.ground.net.network.layout
        price = dict(zip(on.inputs.chain.products, on.inputs.base_price.tolist(), strict=True))
        worth = np.array([price[product] for product, _ in lay.nodes]) / 1000
        found = np.zeros(on.choices)
        for case in self.cases:
            row, choice, value = case.links.row_bound
            node = row % lay.rows
            is_source = (value < 0) & (row < lay.rows * lay.months)
            at = node[is_source]
            np.add.at(found, choice[is_source], -case.probability * value[is_source] * worth[at])
        return found

    def first(self, budget: Mapping[str, float]) -> FirstStage:
        """Budgets of the parties, and at most one package of each project."""
        from scipy.sparse import csc_array

        on = self.ground
        projects = sorted({one.project_id for one in on.offered})
        matrix = np.zeros((len(on.parties) + len(projects), on.choices))
        for row, party in enumerate(on.parties):
            matrix[row] = np.where([p == party for p in on.payer], on.charge, 0.0)
        for row, project in enumerate(projects, len(on.parties)):
            matrix[row, : len(on.offered)] = [one.project_id == project for one in on.offered]
        return FirstStage(
            cost=on.yearly + self.market,
            is_whole=np.arange(on.choices) < len(on.offered),
            lower=np.zeros(on.choices),
            upper=np.array([1.0] * len(on.offered) + [one.most for one in on.stocks] + [0.0] * len(on.probes)),
            matrix=csc_array(matrix),
            row_lower=np.full(matrix.shape[0], -np.inf),
            row_upper=np.array([budget.get(p, 0.0) for p in on.parties] + [1.0] * len(projects)),
        )

    def solve(
        self, budget: Mapping[str, float], *, time_limit: float | None = None, cuts: Cuts | None = None
    ) -> PortfolioSolution:
        """The plan for a budget [million USD by party]."""
        return portfolio(
            self.first(budget),
            self.lp,
            self.cases,
            risk=self.risk,
            alpha=self.alpha,
            gap=GAP,
            time_limit=time_limit,
            cuts=cuts,
        )

    def measure(self, x: Floats) -> float:
        """(1 − risk) · mean + risk · CVaR of the recourse under some choices [million USD a year]."""
        solver = Solver(self.lp)
        losses = np.array([solver.solve(raised(self.lp, case, x)).objective for case in self.cases])
        share = np.array([case.probability for case in self.cases])
        return (1 - self.risk) * float(share @ losses) + self.risk * cvar(losses, share, self.alpha)

    def look(self, x: Floats) -> Look:
        """What happens in each future under some choices."""
        on, solver = self.ground, Solver(self.lp)
        answers = [solver.solve(raised(self.lp, case, x)) for case in self.cases]
        places = (*on.parties, PARTNERS, REST, CHINA)
        lost = {p: np.array([on.net.lost_value(q, a.x, p) for a, q in zip(answers, self.plain, strict=True)]) for p in places}
        return Look(lost)


@dataclass(frozen=True, slots=True)
class Look:
    """Lost value of each place in each future, every loss at its full worth [million USD]."""

    lost: Mapping[str, Floats]
