"""Relations of finance: rates of zero, lags of zero, other years and other money."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from didymium.engine import LinearProgramme, Triples, assemble, repeat
from didymium.finance import Deal, Tranche
from didymium.finance.deal import later
from didymium.finance.instruments import faster_permit, price_floor
from tests.trust.cases import Random, venture
from tests.trust.claims import Claim, Code, not_above, same


def _flows(rng: Random) -> np.ndarray:
    """Money spent first, earned after: one change of sign, so one rate of return."""
    return np.concatenate([-rng.uniform(10, 100, (4, 2)), rng.uniform(5, 60, (4, 8))], axis=1)


def no_interest(rng: Random, code: Code) -> Iterator[Claim]:
    """At a rate of zero worth is the plain sum, and an annuity its years."""
    flows = _flows(rng)
    for worth, total in zip(code.npv(flows, 0.0), flows.sum(axis=1), strict=True):
        yield same(worth, total)
    years = int(rng.integers(1, 40))
    yield same(code.annuity(0.0, years), years)
    yield same(code.annuity(1e-12, years), years)
    deal = Deal.of(venture(rng), (Tranche("loan", 0.5, 0.0, 5),))
    free = code.settle(deal, recovery=0.4)
    without = code.settle(replace(deal, tranches=()), recovery=0.4)
    for paid, alone, failed in zip(free.sponsor, without.sponsor, free.defaulted, strict=True):
        if not failed:  # a loan without interest moves money between years and costs nothing, tax included
            yield same(paid.sum(), alone.sum())


def shifted_years(rng: Random, code: Code) -> Iterator[Claim]:
    """All flows n years later: worth falls by (1 + r)ⁿ, the rate of return stays."""
    flows, n, rate = _flows(rng), int(rng.integers(1, 5)), rng.uniform(0.01, 0.2)
    late = np.concatenate([np.zeros((flows.shape[0], n)), flows], axis=1)
    for before, after in zip(code.npv(flows, rate), code.npv(late, rate), strict=True):
        yield same(after * (1 + rate) ** n, before)
    for before, after in zip(code.irr(flows).rate, code.irr(late).rate, strict=True):
        if not np.isnan(before):
            yield same(before, after)


def no_lag(rng: Random, code: Code) -> Iterator[Claim]:
    """A delay of zero years, a permit no faster, an arc of lag zero: nothing moves."""
    v = venture(rng)
    moved = later(v.output, np.zeros(v.paths))
    yield same(np.abs(moved - v.output).max(), 0.0)
    deal = Deal.of(v, (Tranche("loan", 0.4, 0.05, 5),))
    same_deal = faster_permit(deal, months=0.0)
    one, other = code.settle(deal, recovery=0.4), code.settle(same_deal, recovery=0.4)
    for before, after in zip(code.npv(one.sponsor, 0.08), code.npv(other.sponsor, 0.08), strict=True):
        yield same(before, after)
    yield from _arc_without_lag(rng, code)


def _arc_without_lag(rng: Random, code: Code) -> Iterator[Claim]:
    """A stage between two periods of which nothing is delayed: told by `repeat` with lag 0, and block by block."""
    periods, price, need = 3, rng.uniform(1, 9, 2), rng.uniform(1, 5)
    block = Triples(np.array([0, 0]), np.array([0, 1]), np.array([1.0, 1.0]))
    told = assemble([repeat(block, periods, rows=1, columns=2, lag=0)], (periods, 2 * periods))
    plain = np.kron(np.eye(periods), np.array([[1.0, 1.0]]))
    costs = []
    for matrix in (told, plain):
        lower, upper = np.full(periods, need), np.full(periods, np.inf)
        top = np.tile([need / 2, np.inf], periods)
        costs.append(
            code.cost(LinearProgramme(np.tile(price, periods), matrix, lower, upper, np.zeros(2 * periods), top))
        )
    yield same(costs[0], costs[1])


def other_money(rng: Random, code: Code) -> Iterator[Claim]:
    """All money times k: worth times k, rates of return and defaults as they were."""
    v, k, rate = venture(rng), float(rng.choice([1e-3, 150.0])), rng.uniform(0.01, 0.2)
    dear = replace(v, price=v.price * k, capex=v.capex * k, opex=v.opex * k)
    tranche = (Tranche("loan", 0.5, 0.06, 6),)
    one = code.settle(Deal.of(v, tranche), recovery=0.4)
    other = code.settle(Deal.of(dear, tranche), recovery=0.4)
    yield same(np.abs(one.defaulted.astype(float) - other.defaulted.astype(float)).max(), 0.0)
    for before, after in zip(code.npv(one.sponsor, rate), code.npv(other.sponsor, rate), strict=True):
        yield same(after / k, before)
    for before, after in zip(code.irr(one.sponsor).rate, code.irr(other.sponsor).rate, strict=True):
        if not (np.isnan(before) or np.isnan(after)):
            yield same(before, after)


def even_chances(rng: Random, code: Code) -> Iterator[Claim]:
    """Equally likely paths: expected cost is the average of the paths taken one by one."""
    flows = rng.normal(0, 20, (6, 8))
    each = [code.public_cost(flows[[i]], 0.0, rate=0.03).expected for i in range(flows.shape[0])]
    yield same(code.public_cost(flows, 0.0, rate=0.03).expected, np.mean(each))


def no_risk_weight(rng: Random, code: Code) -> Iterator[Claim]:
    """The tail mean at alpha zero is the mean."""
    flows = rng.normal(0, 20, (6, 8))
    cost = code.public_cost(flows, 0.0, rate=0.03, alpha=0.0)
    yield same(cost.tail, cost.expected)


def better_floor(rng: Random, code: Code) -> Iterator[Claim]:
    """A floor is support: the owners without loans are never worse off before tax, the purse never gains."""
    v = replace(venture(rng), tax_rate=0.0)
    bare = Deal.of(v)
    low, high = sorted(rng.uniform(10, 100, 2))
    worths = [
        code.npv(code.settle(deal, recovery=0.4).sponsor, 0.08)
        for deal in (bare, *(price_floor(bare, "USA", product=0, floor=f, years=20) for f in (low, high)))
    ]
    for less, some, more in zip(*worths, strict=True):
        yield not_above(less, some)
        yield not_above(some, more)
