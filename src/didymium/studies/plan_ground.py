"""What a plan stands on, whoever makes it and with whatever money: network, choices, gaps of the parties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from didymium.data import Dataset
from didymium.model.foresight import base_of
from didymium.model.ledger import Addition
from didymium.model.network import Floats
from didymium.model.plan_network import PlanNetwork
from didymium.scenario.apply import apply, assumptions
from didymium.scenario.inputs import Inputs
from didymium.studies.gap_supply import additions
from didymium.studies.plan_candidates import FORMS, Candidate, Link, Purchase, candidates, hastened, links, purchases
from didymium.studies.plan_parties import Members, members_of, needs_of, partners_of
from didymium.studies.plan_scenarios import STOPS, scenario_of

ALL, PROJECTS, STOCKS = PARTS = ("all", "projects", "stocks")


@dataclass(frozen=True, slots=True)
class Ground:
    """What does not depend on who plans, on money or on the futures drawn."""

    ds: Dataset
    parties: tuple[str, ...]
    members: Members
    year: int
    net: PlanNetwork
    inputs: Inputs
    plants: Mapping[str, tuple[Addition, ...]]
    offered: tuple[Candidate, ...]
    stocks: tuple[Purchase, ...]
    links: tuple[Link, ...]
    probes: tuple[Addition, ...]  # a tonne a year at a stage and place, to ask what one would be worth
    needs: Mapping[tuple[str, str, str], float]  # gap [t/y] by party, or all parties as "A+B", stage and product
    needing: frozenset[str]  # places of the parties that use magnets
    reasons: Mapping[str, str]
    assume: Mapping[str, float]
    ranges: Mapping[str, tuple[float, float, float]]
    partners: frozenset[str]
    only: str = ALL  # which choices are open
    drawn: Mapping[str, float] = field(default_factory=dict)  # prices and values of uses other than the central ones

    def is_open(self, part: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which choices are of a part of the plan."""
        number = np.arange(self.choices)
        is_stock = (number >= len(self.offered)) & (number < self.first_link)
        is_real = number < self.first_probe
        found = {ALL: is_real, PROJECTS: is_real & ~is_stock, STOCKS: is_stock}[part]
        return np.asarray(found, dtype=np.bool_)

    @property
    def first_link(self) -> int:
        """Number of the first choice that is capacity to be built."""
        return len(self.offered) + len(self.stocks)

    @property
    def first_probe(self) -> int:
        """Number of the first probe."""
        return self.first_link + len(self.links)

    @property
    def source_ids(self) -> set[str]:
        """Sources of the figures that the base year rests on."""
        return {s for observation in self.inputs.observations for s in observation.source_ids}

    @property
    def choices(self) -> int:
        """Projects with package and payer, steps of stocks, new capacity, and probes, which no plan can choose."""
        return self.first_probe + len(self.probes)

    @property
    def spread(self) -> float:
        """Yearly payment for a present value of one: r / (1 − (1 + r)^−H), Treasury rate and horizon of a plan."""
        rate, years = self.assume["finance_treasury_rate_real"], self.assume["plan_horizon_years"]
        return float(rate / (1 - (1 + rate) ** -years))

    @property
    def yearly(self) -> Floats:
        """Yearly public cost of one unit of each choice [million USD a year].

        A stock costs interest, store and turnover, and support that earns is free.
        """
        projects = [max(one.expected, 0.0) * self.spread for one in self.offered]
        stocks = [one.price * one.holding for one in self.stocks]
        new = [one.capital * self.spread + one.running for one in self.links]
        return np.array(projects + stocks + new + [0.0] * len(self.probes))

    @property
    def charge(self) -> Floats:
        """What one unit of each choice takes from its payer's budget [million USD]."""
        return np.array(
            [one.reserve for one in self.offered]
            + [one.price for one in self.stocks]
            + [one.capital + one.running / self.spread for one in self.links]
            + [0.0] * len(self.probes)
        )

    @property
    def payer(self) -> tuple[str, ...]:
        """Who pays for each choice."""
        paid = (one.party for some in (self.offered, self.stocks, self.links) for one in some)
        return (*paid, *([""] * len(self.probes)))


def ground(ds: Dataset, parties: Sequence[str], year: int, *, seed: int) -> Ground:
    """Calibrate, read the register and its finance, and lay out the network and the choices."""
    assume = assumptions(ds)
    ranges = {
        r["assumption_id"]: (float(r["low"]), float(r["value"]), float(r["high"])) for r in ds.rows("assumptions")
    }
    inputs = apply(scenario_of(STOPS[0], year), ds)
    chain, base = inputs.chain, base_of(inputs)
    members = members_of(chain, parties)
    friends = partners_of(ds, chain, members)
    heavy = sum(float(r["share_of_world"]) * float(r["heavy_grade_share"]) for r in ds.rows("magnet_sectors"))
    net = PlanNetwork.of(inputs, base, parties=members, partners=friends, forms=FORMS, heavy_share=heavy)
    plants: dict[str, tuple[Addition, ...]] = {}
    for plant in additions(ds, chain):
        plants[plant.project_id] = (*plants.get(plant.project_id, ()), plant)
    offered, reasons = candidates(ds, plants, members, assume, seed=seed)
    recipes = {p.process_id: p for p in chain.processes}
    world: dict[str, float] = {}
    for (process, _), level in zip(chain.activities, base.activity.tolist(), strict=True):
        for product, quantity in recipes[process].outputs.items():
            world[product] = world.get(product, 0.0) + level * quantity
    price = dict(zip(chain.products, inputs.base_price.tolist(), strict=True))
    stocks = purchases(ds, net, price, world, assume)
    offered += hastened(offered, plants, members, assume)
    needs, needing = needs_of(ds, members, year)
    most = {
        (p, stage, product): gap
        for (who, stage, product), gap in needs.items()
        if who == "+".join(parties)
        for p in parties
    }
    as_of = float(ds.version.split(".")[0])
    new = links(ds, offered, plants, most, members, price, assume, as_of=as_of)
    reasons = {p: why for p, why in reasons.items() if p not in {one.project_id for one in offered}}
    return Ground(
        ds,
        tuple(parties),
        members,
        year,
        net,
        inputs,
        plants,
        tuple(offered),
        tuple(stocks),
        tuple(new),
        _probes(members, friends),
        needs,
        needing,
        reasons,
        assume,
        ranges,
        friends,
    )


def _probes(members: Members, friends: frozenset[str]) -> tuple[Addition, ...]:
    steps = (
        *(("separated", f"{e}_oxide") for e in ("ndpr", "dy", "tb")),
        *(("metal", f"{e}_metal") for e in ("ndpr", "dy", "tb")),
        ("alloy", "ndfeb_alloy"),
        ("magnet", "ndfeb_magnet"),
    )
    places = (*(regions[0] for regions in members.values()), *sorted(friends)[:1])
    return tuple(Addition("", stage, product, place, 1.0, "", 0.0) for place in places for stage, product in steps)
