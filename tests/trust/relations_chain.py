"""Relations of the supply network: what more, less, other names and other units do to the least cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from didymium.engine import Change, InfeasibleProgramme
from didymium.errors import SolverFailed
from tests.trust.cases import PLACES, Random, world, worthless, written
from tests.trust.claims import Claim, Code, not_above, same
from tests.worked.small_chain import SmallChain


def cost(code: Code, chain: SmallChain, **changes: object) -> float:
    """Least cost of a chain."""
    network, q = written(chain, **changes)
    return code.cost(network.programme(q))


def more_capacity(rng: Random, code: Code) -> Iterator[Claim]:
    chain = world(rng).chain()
    inputs = chain.inputs
    more = inputs.new_capacity.copy()
    more[rng.integers(len(chain.activities))] += rng.uniform(0.1, 50)
    yield not_above(cost(code, chain, new_capacity=more), cost(code, chain))
    yield not_above(cost(code, chain, new_capacity=more, **worthless(chain)), cost(code, chain, **worthless(chain)))


def more_stock(rng: Random, code: Code) -> Iterator[Claim]:
    """A tonne of public stock: never dearer, and it saves at most what the first tonne saves."""
    w = world(rng)
    network, q = written(w.chain(), stock=("ore", w.plants[0][0]))
    held = rng.uniform(0.1, 100)
    none = code.solve(network.programme(replace(q, public_stock=np.array([0.0]))))
    some = code.solve(network.programme(replace(q, public_stock=np.array([held]))))
    one = code.solve(network.programme(replace(q, public_stock=np.array([1.0]))))
    yield not_above(some.objective, none.objective)
    first = -none.row_dual[network.layout.rows_of("public_stock")[0]]
    yield not_above(none.objective - one.objective, first, size=1 + abs(none.objective))
    yield not_above(none.objective - some.objective, held * first, size=1 + abs(none.objective))


def more_demand(rng: Random, code: Code) -> Iterator[Claim]:
    chain = replace(world(rng), cover=0.0).chain()
    base = chain.base
    factor = 1 + rng.choice([1e-3, 2.0]) * rng.random(base.use.size)
    more = replace(base, use=base.use * factor)
    yield not_above(cost(code, chain, **worthless(chain)), cost(code, chain, base=more, **worthless(chain)))


def deeper_or_longer(rng: Random, code: Code) -> Iterator[Claim]:
    w = world(rng)
    before = cost(code, w.chain())
    more = int(rng.integers(1, 4))
    yield not_above(before, cost(code, replace(w, passes=w.passes * rng.random()).chain()))
    yield not_above(before, cost(code, replace(w, length=w.length + more).chain()))
    early = replace(w, first=max(w.first - more, 0), length=w.length + min(more, w.first))
    yield not_above(before, cost(code, early.chain()))


def one_more_supplier(rng: Random, code: Code) -> Iterator[Claim]:
    """A mine or a plant where there was none, with its capacity, that the base year did not run."""
    w = world(rng)
    process = str(rng.choice(["dig", "make"]))
    chain, with_it = w.chain(), w.chain()
    place = str(rng.choice([p for p in (*PLACES, "DDD") if (process, p) not in chain.activities]))
    with_it.runs(process, place, 0.0)
    idle = cost(code, with_it)
    yield same(cost(code, chain), idle)
    more = with_it.inputs.new_capacity.copy()
    more[with_it.chain.activities.index((process, place))] = rng.uniform(1, 60)
    yield not_above(cost(code, with_it, new_capacity=more), idle)


def irrelevant_material(rng: Random, code: Code) -> Iterator[Claim]:
    """A second chain in the same places, cut off from the first: costs add up."""
    w = world(rng)
    amount = float(rng.integers(2, 101))

    def add(chain: SmallChain) -> SmallChain:
        chain.prices["gallium"] = 300.0
        chain.process("refine", "separated", {}, {"gallium": 1.0}).runs("refine", "AAA", amount / 2)
        return chain.uses("gallium", "AAA", "chips", amount, value=5000)

    kept = ("months", "start", "cover_days", "ramp", "discount", "convenience", "spare")
    alone = add(SmallChain(**{k: getattr(w.chain(), k) for k in kept}))
    yield same(cost(code, add(w.chain())), cost(code, w.chain()) + cost(code, alone))


def other_names(rng: Random, code: Code) -> Iterator[Claim]:
    """Places renamed and all lists in another order; unserved demand of each place moves with its name."""
    w = world(rng)
    names = dict(zip(PLACES, (str(p) for p in rng.permutation(PLACES)), strict=True)) | {"DDD": "EEE"}
    parts = {p: tuple(getattr(w, p)) for p in ("mines", "plants", "routes", "users")}
    mixed = {p: tuple(rows[i] for i in rng.permutation(len(rows))) for p, rows in parts.items()}
    before, after = w.chain(), replace(w, **mixed).chain(names=names)
    yield same(cost(code, before), cost(code, after))
    place = w.users[0][0]
    for chain, where in ((before, place), (after, names[place])):
        only = {s: tuple(replace(b, value=0.0) for b in bands) for s, bands in chain.bands.items()}
        yield from _bounded(code, chain, where, only)


def _bounded(code: Code, chain: SmallChain, where: str, only: dict[str, object]) -> Iterator[Claim]:
    """With demand worth nothing, no cost of shortage is left wherever it stands."""
    yield not_above(cost(code, chain, bands=only, **worthless(chain)), 1e-3)


def kilograms(rng: Random, code: Code) -> Iterator[Claim]:
    """All quantities times k: money times k, and the share that is short stays."""
    w, k = world(rng), float(rng.choice([10.0, 1000.0]))
    yield same(cost(code, w.chain(tonne=k)) / k, cost(code, w.chain()))
    small, large = w.chain(), w.chain(tonne=k)
    yield same(cost(code, large, **worthless(large)) / k, cost(code, small, **worthless(small)))


def other_money(rng: Random, code: Code) -> Iterator[Claim]:
    """All money times k: cost times k, and the plan as good. Two tie-breaking constants of a USD a tonne stay.

    With c the cost, d = k·c − c' what does not scale, x and x' the plans: k·f − d·x' ≤ f' ≤ k·f − d·x, for any d.
    """
    w, k = world(rng), float(rng.choice([0.15, 150.0]))
    network, q = written(w.chain())
    other_network, other = written(w.chain(money=k))
    lp, lp_k = network.programme(q), other_network.programme(other)
    plan, plan_k = code.solve(lp), code.solve(lp_k)
    stays = k * lp.cost - lp_k.cost
    size = k * (1 + abs(plan.objective))
    yield not_above(np.abs(stays).max() / abs(k - 1), 1.1e-6, size=1e-6)
    yield not_above(plan_k.objective, k * plan.objective - stays @ plan.x, size=size)
    yield not_above(k * plan.objective - stays @ plan_k.x, plan_k.objective, size=size)


def shifted_years(rng: Random, code: Code) -> Iterator[Claim]:
    w = world(rng)
    start = f"{rng.integers(2026, 2060)}-{rng.integers(1, 13):02d}"
    yield same(cost(code, w.chain()), cost(code, replace(w, start=start).chain()))


def merged_suppliers(rng: Random, code: Code) -> Iterator[Claim]:
    """A mine told as two half mines of one recipe in one place."""
    w = world(rng)
    place, amount = w.mines[0]
    whole, halves = w.chain(), replace(w, mines=((place, amount / 2), *w.mines[1:])).chain()
    halves.process("dig_too", "mine", {}, {"ore": 1.0}).runs("dig_too", place, amount / 2)
    yield same(cost(code, whole), cost(code, halves))


def tightened(rng: Random, code: Code) -> Iterator[Claim]:
    """Any finite bound of the programme made tighter; what has no answer any more is not better."""
    network, q = written(world(rng).chain())
    lp = network.programme(q)
    before = code.cost(lp)
    for side in ("col_upper", "row_upper"):
        bound = getattr(lp, side)
        at = int(rng.choice(np.flatnonzero(np.isfinite(bound))))
        if side == "row_upper" and lp.row_lower[at] == lp.row_upper[at]:
            continue
        room = bound[at] - lp.col_lower[at] if side == "col_upper" else 1 + abs(bound[at])
        less = lp.changed(Change.of(**{side: ([at], [bound[at] - rng.random() * room])}))
        try:
            after = code.cost(less)
        except InfeasibleProgramme:
            continue
        yield not_above(before, after)


def mixed_budgets(rng: Random, code: Code) -> Iterator[Claim]:
    """Cost is convex in all right-hand sides together: a mix of two worlds is no dearer than the mix of their costs."""
    w, share = world(rng), rng.random()
    costs = [cost(code, replace(w, passes=p).chain()) for p in (0.0, 0.8, 0.8 * share)]
    yield not_above(costs[2], share * costs[1] + (1 - share) * costs[0])


def no_interest(rng: Random, code: Code) -> Iterator[Claim]:
    """At a rate of zero the cost is the plain sum over months of undiscounted prices times amounts."""
    w = replace(world(rng), discount=0.0)
    network, q = written(w.chain())
    answer = code.solve(network.programme(q))
    months = answer.x.reshape(network.layout.months, network.layout.columns)
    dear = written(replace(w, discount=0.09).chain())
    lp = dear[0].programme(dear[1])
    undone = lp.cost.reshape(months.shape) * (1.09 ** (np.arange(months.shape[0]) / 12))[:, None]
    yield same(answer.objective, sum(float(u @ m) for u, m in zip(undone, months, strict=True)))


def dual_prices(rng: Random, code: Code) -> Iterator[Claim]:
    """A little more of a bound: the cost moves by the dual, or by no less than it where there is a kink."""
    network, q = written(world(rng).chain())
    lp = network.programme(q)
    here = code.solve(lp)
    rows = np.flatnonzero(np.isfinite(lp.row_upper))
    at = int(rng.choice(rows))
    step = 1e-3 * (1 + abs(lp.row_upper[at]))
    moved = []
    for sign in (1, -1):
        sides = {"row_upper": ([at], [lp.row_upper[at] + sign * step])}
        if np.isfinite(lp.row_lower[at]):
            sides["row_lower"] = ([at], [lp.row_lower[at] + sign * step])
        try:
            moved.append(code.cost(lp.changed(Change.of(**sides))))
        except (InfeasibleProgramme, SolverFailed):
            moved.append(np.inf)
    up, down = moved[0] - here.objective, here.objective - moved[1]
    told = here.row_dual[at] * step
    size = 1 + abs(here.objective)
    yield not_above(told, min(up, 1e300), size=size)
    yield not_above(max(down, -1e300), told, size=size)
    if np.isfinite(up) and np.isfinite(down) and abs(up - down) <= 1e-9 * size:
        yield same(up, told, size=size)
