"""Relations of portfolios: what more choices, budgets and other scenarios do to the best plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy import sparse

from didymium.engine import Case, Change, FirstStage, Links
from tests.trust.cases import Plan, Random, links, plan
from tests.trust.claims import Claim, Code, not_above, same


def more_budget(rng: Random, code: Code) -> Iterator[Claim]:
    p = plan(rng)
    room = replace(p.first, row_upper=p.first.row_upper + np.array([rng.uniform(0, 3), 0.0]))
    yield not_above(code.best(replace(p, first=room)).objective, code.best(p).objective)


def one_more_choice(rng: Random, code: Code) -> Iterator[Claim]:
    """A project added to the list: here the last is taken away by its upper bound."""
    p = plan(rng)
    at = int(rng.integers(p.first.choices))
    upper = np.where(np.arange(p.first.choices) == at, 0.0, p.first.upper)
    yield not_above(code.best(p).objective, code.best(p, fixed=(p.first.lower, upper)).objective)


def choice_not_made(rng: Random, code: Code) -> Iterator[Claim]:
    """All projects that the best plan leaves out are struck off the list."""
    p = plan(rng)
    best = code.best(p)
    kept = np.flatnonzero(np.rint(best.x) > 0)
    yield same(best.objective, code.best(p, fixed=(p.first.lower, np.rint(best.x))).objective)
    if kept.size:
        yield same(best.objective, code.best(_only(p, kept)).objective)


def _only(p: Plan, kept: np.ndarray) -> Plan:
    """The plan with the other choices not written down at all."""
    f = p.first
    first = FirstStage(
        f.cost[kept], f.is_whole[kept], f.lower[kept], f.upper[kept], f.matrix[:, kept], f.row_lower, f.row_upper
    )
    new = {int(old): number for number, old in enumerate(kept)}

    def left(link: object) -> list[tuple[int, int, float]]:
        rows = zip(link.row, link.column, link.value, strict=True)  # type: ignore[attr-defined]
        return [(int(r), new[int(c)], float(v)) for r, c, v in rows if int(c) in new]

    cases = []
    for case in p.cases:
        upper, bound = left(case.links.column_upper), left(case.links.row_bound)
        given = {"column_upper": links(upper)} if upper else {}
        given |= {"row_bound": links(bound)} if bound else {}
        cases.append(Case(case.probability, case.change, Links(**given)))
    return replace(p, first=first, cases=tuple(cases))


def tighter(rng: Random, code: Code) -> Iterator[Claim]:
    p = plan(rng)
    less = replace(p.first, row_upper=p.first.row_upper * np.array([rng.random(), 1.0]))
    yield not_above(code.best(p).objective, code.best(replace(p, first=less)).objective)


def split_and_mixed(rng: Random, code: Code) -> Iterator[Claim]:
    """One scenario told in two parts (p = a + b), and all in another order."""
    p = plan(rng)
    before = code.best(p).objective
    share, first = rng.random(), p.cases[0]
    parts = [replace(first, probability=first.probability * part) for part in (share, 1 - share)]
    yield same(before, code.best(replace(p, cases=(*parts, *p.cases[1:]))).objective)
    mixed = tuple(p.cases[i] for i in rng.permutation(len(p.cases)))
    yield same(before, code.best(replace(p, cases=mixed)).objective)


def impossible_scenario(rng: Random, code: Code) -> Iterator[Claim]:
    """A scenario of probability zero, worse than all others."""
    p = plan(rng)
    worse = Change.of(row_lower=(np.arange(p.recourse.rows), rng.uniform(5, 9, p.recourse.rows)))
    never = Case(0.0, worse, p.cases[0].links)
    yield same(code.best(p).objective, code.best(replace(p, cases=(*p.cases, never))).objective)


def merged_choices(rng: Random, code: Code) -> Iterator[Claim]:
    """A choice in parts told as two halves of the same cost and effect."""
    p = plan(rng, whole=False)
    f = p.first
    at = int(rng.integers(2, f.choices))
    upper = f.upper.copy()
    upper[at] /= 2
    twice = FirstStage(
        np.append(f.cost, f.cost[at]), np.append(f.is_whole, False), np.append(f.lower, 0.0),
        np.append(upper, upper[at]), sparse.hstack([f.matrix, f.matrix[:, [at]]], format="csc"),
        f.row_lower, f.row_upper,
    )  # fmt: skip

    def again(link: object) -> object:
        rows = list(zip(link.row, link.column, link.value, strict=True))  # type: ignore[attr-defined]
        more = [(r, f.choices, v) for r, c, v in rows if c == at]
        return links([(int(r), int(c), float(v)) for r, c, v in (*rows, *more)])

    cases = tuple(
        replace(c, links=Links(again(c.links.column_upper), again(c.links.row_bound)))  # type: ignore[arg-type]
        for c in p.cases
    )
    yield same(code.best(p).objective, code.best(replace(p, first=twice, cases=cases)).objective)


def mixed_budgets(rng: Random, code: Code) -> Iterator[Claim]:
    p = plan(rng, whole=False)
    low, high, share = rng.uniform(0, 3), rng.uniform(3, 9), rng.random()

    def at(budget: float) -> float:
        first = replace(p.first, row_upper=np.array([budget, p.first.row_upper[1]]))
        return float(code.best(replace(p, first=first)).objective)

    yield not_above(at(share * low + (1 - share) * high), share * at(low) + (1 - share) * at(high))


def no_risk_weight(rng: Random, code: Code) -> Iterator[Claim]:
    """A weight of zero on risk, or all weight on the mean of all cases: both are the expected value."""
    p = plan(rng)
    plain = code.best(p, risk=0.0)
    share = np.array([case.probability for case in p.cases])
    yield same(plain.objective, p.first.cost @ plain.x + share @ plain.losses)
    yield same(plain.objective, code.best(p, risk=1.0, alpha=0.0).objective)
    yield same(plain.objective, code.best(p, risk=0.6, alpha=0.0).objective)


def even_chances(rng: Random, code: Code) -> Iterator[Claim]:
    """Equal probabilities, one copy each: the mean is the average of the cases taken one by one."""
    p = plan(rng)
    x = np.zeros(p.first.choices)
    x[int(rng.integers(p.first.choices))] = 1.0
    if not p.first.allows(x):
        x[:] = 0.0
    even = tuple(replace(case, probability=1 / len(p.cases)) for case in p.cases)
    together = code.best(replace(p, cases=even), risk=0.0, fixed=(x, x))
    each = [
        code.best(replace(p, cases=(replace(case, probability=1.0),)), risk=0.0, fixed=(x, x)).objective
        for case in p.cases
    ]
    yield same(together.objective, np.mean(each))


def knowing_and_planning(rng: Random, code: Code) -> Iterator[Claim]:
    """WS ≤ RP ≤ EEV: knowing before choosing is never dearer, the plan for the mean case never cheaper."""
    p = replace(plan(rng), risk=0.0)
    share = np.array([case.probability for case in p.cases])
    best = code.best(p)
    known = [code.best(replace(p, cases=(replace(case, probability=1.0),))).objective for case in p.cases]
    need = share @ np.array([case.change.row_lower.value for case in p.cases])
    price = share @ np.array([case.change.cost.value for case in p.cases])
    rises = [_mean(share, [getattr(case.links, side) for case in p.cases]) for side in ("column_upper", "row_bound")]
    mean = Case(1.0, Change.of(row_lower=(np.arange(need.size), need), cost=([0], price)), Links(*rises))
    for_mean = np.rint(code.best(replace(p, cases=(mean,))).x)
    yield not_above(share @ np.array(known), best.objective)
    yield not_above(best.objective, code.best(p, fixed=(for_mean, for_mean)).objective)


def _mean(share: np.ndarray, of: list[object]) -> object:
    one = of[0]
    value = share @ np.array([link.value for link in of])  # type: ignore[attr-defined]
    return links([(int(r), int(c), float(v)) for r, c, v in zip(one.row, one.column, value, strict=True)])  # type: ignore[attr-defined]


def other_money(rng: Random, code: Code) -> Iterator[Claim]:
    """All money times k: the objective times k, and the plan of one is as good in the other."""
    p, k = plan(rng), float(rng.choice([1e-3, 150.0]))
    r = p.recourse
    cases = tuple(
        replace(c, change=replace(c.change, cost=c.change.cost._replace(value=c.change.cost.value * k)))
        for c in p.cases
    )
    dear = replace(p, first=replace(p.first, cost=p.first.cost * k), recourse=replace(r, cost=r.cost * k), cases=cases)
    one, other = code.best(p), code.best(dear)
    yield same(other.objective / k, one.objective)
    x = np.rint(other.x)
    yield same(code.best(p, fixed=(x, x)).objective, one.objective)


def shuffled_choices(rng: Random, code: Code) -> Iterator[Claim]:
    """Projects listed in another order."""
    p = plan(rng)
    order = rng.permutation(p.first.choices)
    yield same(code.best(p).objective, code.best(_only(p, order)).objective)
