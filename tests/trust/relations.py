"""The 22 metamorphic relations: what must hold between two answers when a case changes in a known way.

    python -m tests.trust.relations --cases 1000 [--only NAME] [--record]

Objectives are compared always, plans by their cost in the other case (two plans of one cost are both right). A case is
fixed by the relation's name and its number, so a violation can be looked at again by its number.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from tests.trust import relations_chain as chain
from tests.trust import relations_money as money
from tests.trust import relations_plan as plan
from tests.trust.claims import Claim, Code, Relation
from tests.trust.record import record

RELATIONS: Mapping[str, Sequence[Relation]] = {
    "more capacity, stock or budget: shortage and loss not higher": (
        chain.more_capacity, chain.more_stock, plan.more_budget, money.better_floor,
    ),
    "all quantities times k: quantities times k, shares same": (chain.kilograms,),
    "more demand: shortage not lower": (chain.more_demand,),
    "all money times k: money times k, plan as good": (chain.other_money, plan.other_money, money.other_money),
    "one more project or supplier: loss not higher": (chain.one_more_supplier, plan.one_more_choice),
    "other names and order: results alike": (chain.other_names, plan.shuffled_choices),
    "a project not chosen struck off: nothing changes": (plan.choice_not_made,),
    "a scenario split, or all in another order: objective same": (plan.split_and_mixed,),
    "a longer or deeper disruption: loss not lower": (chain.deeper_or_longer,),
    "a scenario of probability zero: objective same": (plan.impossible_scenario,),
    "an irrelevant material: the rest unchanged": (chain.irrelevant_material,),
    "two equal suppliers merged: objective same": (chain.merged_suppliers, plan.merged_choices),
    "any constraint tighter: objective not better": (chain.tightened, plan.tighter),
    "a mix of two budgets: loss not above the mix": (chain.mixed_budgets, plan.mixed_budgets),
    "no weight on risk, or alpha zero: expected value": (plan.no_risk_weight, money.no_risk_weight),
    "a tonne of free stock: saves at most the dual price": (chain.more_stock,),
    "discount rate zero: plain sums": (chain.no_interest, money.no_interest),
    "all years shifted: same with other labels": (chain.shifted_years, money.shifted_years),
    "a lag of zero: same": (money.no_lag,),
    "scenarios equally likely: the average": (plan.even_chances, money.even_chances),
    "knowing before ≤ planning for all ≤ planning for the mean": (plan.knowing_and_planning,),
    "dual price times a small change: the change": (chain.dual_prices,),
}  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """One relation over its cases: claims made, those that fail with the number of their case, and the worst excess."""

    cases: int
    claims: int
    broken: tuple[tuple[str, int, Claim], ...]
    worst: float


def checked(name: str, cases: int, code: Code | None = None) -> Verdict:
    """One relation on so many random cases, by turns over the parts of the product it speaks of.

    A relation over several parts gets `cases` of each.
    """
    broken: list[tuple[str, int, Claim]] = []
    claims, worst = 0, 0.0
    for relation in RELATIONS[name]:
        label = f"{relation.__module__.rpartition('.')[2]}.{relation.__name__}"
        seed = zlib.crc32(label.encode())
        for number in range(cases):
            for claim in relation(np.random.default_rng([seed, number]), code or Code()):
                claims += 1
                worst = max(worst, claim.excess)
                if not claim.holds:
                    broken.append((label, number, claim))
    return Verdict(cases, claims, tuple(broken), worst)


def main() -> int:
    """Check all relations, or one, and say how many claims fail."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cases", type=int, default=1000)
    asked.add_argument("--only", default="")
    asked.add_argument("--workers", type=int, default=1)
    asked.add_argument("--record", action="store_true", help="write the figure to the page of trust")
    given = asked.parse_args()
    names = [name for name in RELATIONS if given.only in name]
    failed = claims = 0
    with ProcessPoolExecutor(given.workers) as crew:
        verdicts = crew.map(checked, names, [given.cases] * len(names))
        for name, found in zip(names, verdicts, strict=True):
            claims += found.claims
            failed += bool(found.broken)
            told = f"{len(found.broken):4d} of {found.claims:6d} claims fail, worst {found.worst:.1e}"
            print(f"{told}  {name}", flush=True)
            for label, number, claim in found.broken[:3]:
                print(f"      {label} case {number}: {claim}", flush=True)
    if given.record and not given.only:
        record(
            12,
            "metamorphic relations",
            f"{len(names) - failed} of {len(names)} hold, {given.cases:,} cases a relation and part of the product, "
            f"{claims:,} claims, {failed} relations with a violation",
            f"python -m tests.trust.relations --cases {given.cases} --record",
            file="answers",
        )
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
