"""Random small cases from a generator of random numbers: chains over months, portfolios of projects, ventures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from didymium.engine import Case, Change, FirstStage, LinearProgramme, Links, Triples
from didymium.finance import Venture
from didymium.model.network import Quantities, SupplyNetwork, quantities
from tests.worked.small_chain import SmallChain

Random = np.random.Generator
Floats = NDArray[np.float64]
PLACES = ("AAA", "BBB", "CCC")
INF = np.inf


@dataclass(frozen=True)
class World:
    """A random chain in words: who digs, makes, ships and wants how much [t a month], and which route is cut."""

    mines: tuple[tuple[str, float], ...]
    plants: tuple[tuple[str, float], ...]
    routes: tuple[tuple[str, str, str, float], ...]
    users: tuple[tuple[str, str, float, float], ...]
    cover: float
    spare: float
    cut: tuple[str, str, str]
    first: int
    length: int
    passes: float
    months: int = 4
    discount: float = 0.07
    start: str = "2025-04"

    def chain(self, names: dict[str, str] | None = None, tonne: float = 1.0, money: float = 1.0) -> SmallChain:
        """The chain of this world, with its places renamed and its units of mass and money changed."""
        name = (names or {}).get
        chain = SmallChain(
            months=self.months, start=self.start, cover_days=self.cover, spare=self.spare, discount=self.discount,
            prices={"ore": 8 * money, "good": 40 * money, "slag": money}, freight=0.5 * money, pool_days={"ore": 15.0},
            ramp=0.3, convenience=0.01, flow_growth=0.03, new_supplier_share=0.1, qualification=2,
        )  # fmt: skip
        chain.process("dig", "mine", {}, {"ore": 1.0})
        chain.process("make", "magnet", {"ore": 1.25}, {"good": 1.0, "slag": 0.2})
        for process, plants in (("dig", self.mines), ("make", self.plants)):
            for place, amount in plants:
                chain.runs(process, name(place, place), amount * tonne)
        for product, origin, destination, amount in self.routes:
            chain.ships(product, name(origin, origin), name(destination, destination), amount * tonne)
        for place, sector, amount, value in self.users:
            worth = value * money
            chain.uses("good", name(place, place), sector, amount * tonne, value=worth, flexible=(0.2, worth / 5))
        product, origin, destination = self.cut
        at = (product, name(origin, origin), name(destination, destination))
        return chain.cut([at], self.first, self.length, self.passes)


def world(rng: Random) -> World:
    """A chain over three places: mine, plant, users; one route is cut for a while."""

    def some() -> list[str]:
        return [str(p) for p in rng.permutation(PLACES)[: rng.integers(1, 4)]]

    def amount() -> float:
        return float(rng.integers(2, 101))

    mines, plants, users = some(), some(), some()
    pairs = [("ore", o, d) for o in mines for d in plants if o != d]
    pairs += [("good", o, d) for o in plants for d in users if o != d]
    pairs = pairs or [("good", plants[0], "DDD")]
    return World(
        mines=tuple((p, amount()) for p in mines),
        plants=tuple((p, amount()) for p in plants),
        routes=tuple((*pair, amount() if rng.random() < 0.7 else 0.0) for pair in pairs),
        users=tuple((p, s, amount(), v) for p in users for s, v in (("cars", 900.0), ("fans", 200.0))),
        cover=float(rng.choice([0, 20, 55])),
        spare=float(rng.choice([0.0, 0.3])),
        cut=pairs[rng.integers(len(pairs))],
        first=int(rng.integers(0, 3)),
        length=int(rng.integers(1, 5)),
        passes=float(rng.choice([0.0, 0.25, 0.7])),
    )


def written(
    chain: SmallChain, stock: tuple[str, str] | None = None, **changes: Any
) -> tuple[SupplyNetwork, Quantities]:
    """The network of a chain and its quantities; `changes` replace inputs; `stock`: where a public stock may lie."""
    base, inputs = changes.pop("base", chain.base), replace(chain.inputs, **changes)
    public = () if stock is None else (stock,)
    network = SupplyNetwork.of(chain.chain, months=chain.months, bands=2, public=public)
    days = {stock[::-1]: 0.0} if stock else {}
    return network, quantities(replace(inputs, public_cover_days=days), base, network)


def worthless(chain: SmallChain) -> dict[str, Any]:
    """Changes of inputs after which only unserved demand costs anything: the least cost is the least shortage."""
    products = len(chain.inputs.base_price)
    return {"base_price": np.zeros(products), "freight": np.zeros(products), "convenience_rate": 0.0}


@dataclass(frozen=True)
class Plan:
    """Projects under a budget and an exclusive pair; each may fail; what is short is bought dearly."""

    first: FirstStage
    recourse: LinearProgramme
    cases: tuple[Case, ...]
    risk: float = 0.0
    alpha: float = 0.8


def links(entries: list[tuple[int, int, float]]) -> Triples:
    """Links from (place, choice, rise)."""
    row, column, value = zip(*entries, strict=True)
    return Triples(np.array(row), np.array(column), np.array(value, dtype=float))


def plan(rng: Random, *, choices: int = 5, count: int = 4, groups: int = 2, whole: bool = True) -> Plan:
    """A random portfolio of which every choice could be searched by hand: shortage is always possible."""
    matrix = np.vstack([rng.uniform(1, 4, choices), np.eye(choices)[0] + np.eye(choices)[1]])
    first = FirstStage(
        cost=rng.uniform(1, 6, choices),
        is_whole=np.full(choices, whole),
        lower=np.zeros(choices),
        upper=np.ones(choices),
        matrix=sparse.csc_array(matrix),
        row_lower=np.full(2, -INF),
        row_upper=np.array([rng.uniform(0.8, 1.6) * choices, 1.0]),
    )
    cost, upper, rows = np.zeros(3 * groups), np.full(3 * groups, INF), np.zeros((groups, 3 * groups))
    for g in range(groups):
        made, moved, short = 3 * g, 3 * g + 1, 3 * g + 2
        rows[g, [made, short]], rows[g, moved] = 1, -1
        rows[(g + 1) % groups, moved] += 0.8
        cost[[made, moved, short]] = rng.uniform(1, 3), 0.5, rng.uniform(8, 20)
        upper[[made, moved]] = 1.0, 2.0
    recourse = LinearProgramme(
        cost, sparse.csc_array(rows), np.full(groups, 2.0), np.full(groups, INF), np.zeros(3 * groups), upper
    )
    share = rng.dirichlet(np.ones(count))
    cases = []
    for s in range(count):
        works = rng.random(choices) < 0.8
        rises = [(3 * (j % groups), j, 1.5 * works[j]) for j in range(choices)]
        eased = [(j % groups, j, -0.2 * works[j]) for j in range(0, choices, 2)]
        need = Change.of(row_lower=(np.arange(groups), rng.uniform(1, 4, groups)), cost=([0], [rng.uniform(1, 3)]))
        cases.append(Case(float(share[s]), need, Links(links(rises), links(eased))))
    return Plan(first, recourse, tuple(cases), risk=float(rng.choice([0.0, 0.4, 1.0])))


def venture(rng: Random, *, paths: int = 3, years: int = 10) -> Venture:
    """A plant with drawn prices: capital cost in the first years, output after them."""
    made = np.zeros((paths, 1, years))
    opens = int(rng.integers(1, 4))
    made[:, :, opens:] = rng.uniform(200, 2000, (paths, 1, 1))
    capex = np.zeros((paths, years))
    capex[:, :opens] = rng.uniform(5, 60, (paths, opens))
    opex = np.where(made[:, 0] > 0, rng.uniform(2, 15, (paths, 1)), 0.0)
    price = rng.uniform(20, 90, (paths, 1, years))
    return Venture(price, made, capex, opex, float(rng.uniform(0, 0.4)), int(rng.integers(3, 12)))
