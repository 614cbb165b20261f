"""Which projects, packages and stocks together, for this money, and who pays what?

Data → what can be chosen → futures → the two-stage programme → the plan with its reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import didymium
from didymium.data import Dataset
from didymium.errors import BadInput, UnknownTerm
from didymium.results import Field, Result
from didymium.results.result import COMPLETE, PARTIAL
from didymium.studies import plan_reasons, plan_second, plan_views
from didymium.studies.plan_ground import ALL, PARTS, ground
from didymium.studies.plan_problem import Problem
from didymium.studies.plan_warnings import plan_warnings

FUTURES = 32
USED = ("delay_share", "demand_outlook", "discount_rate_per_year", "finance_treasury_rate_real", "ramp_years")
YEAR = 2030
FIELDS = (
    Field("public_cost_usd_m", "million USD", "Expected present value of the package to the public"),
    Field("reserve_usd_m", "million USD", "Mean cost of its worst 5 % of paths: what the budget is charged with"),
    Field("yearly_cost_usd_m", "million USD a year", "Expected cost spread over the horizon of the plan"),
    Field("added_t", "t/y", "Capacity of the furthest stage times what the package adds to the chance of success"),
    Field("gap_share_closed", "share", "Added tonnes over the gap of the parties at that stage in the year"),
    Field(
        "yearly_loss_avoided_usd_m",
        "million USD a year",
        "Fall of the risk measure by this choice: with against without it, the others as planned",
    ),
    Field(
        "yearly_loss_avoided_usd_m_p10",
        "million USD a year",
        "Its 10th percentile over the ranges of the chances of stops",
    ),
    Field(
        "yearly_loss_avoided_usd_m_p90",
        "million USD a year",
        "Its 90th percentile over the ranges of the chances of stops",
    ),
    Field("loss_avoided_alone_usd_m", "million USD a year", "Fall of the risk measure if nothing else is done"),
    Field(
        "worth_in_plan_usd_m",
        "million USD a year",
        "What the plan would lose without it, made anew with the money that this frees",
    ),
    Field("loss_avoided_per_cost", "ratio", "Loss avoided over yearly cost"),
    Field(
        "worth_up_to_usd_m",
        "million USD",
        "Public cost up to which it stays in the plan; for one left out, up to which the rest of the plan pays for it",
    ),
    Field("cured_in", "", "Number of futures in which the package decides whether the project stands"),
    Field("chance", "share", "Chance of success without the package"),
    Field("chance_with", "share", "Chance of success with it"),
)


def plan(
    ds: Dataset,
    *,
    parties: Sequence[str] = ("USA", "JPN"),
    budget: Mapping[str, float] | None = None,
    risk: tuple[float, float] = (0.5, 0.95),
    only: str = ALL,
    year: int | None = None,
    futures: int = FUTURES,
    seed: int = 0,
    time_limit: float | None = None,
    verify: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """The plan of the parties for a year, with reasons, what each could do alone, and more or less money.

    `budget` [million USD] by party, 1,000 each by default. `risk`: weight of the tail, and its level. `only`: projects,
    stocks, or all. `year`: the year that the plan is for, 2030 by default. `futures`: how many are drawn, one in eight
    of them quiet. `time_limit` [s] for each programme. `verify`: ask a second solver as well (table second_solver).

    Raises UnknownTerm for a party that the chain does not hold or an unknown part, BadInput for a budget of nobody's.
    """
    money = dict.fromkeys(parties, 1000.0) if budget is None else dict(budget)
    for payer in money:
        if payer not in parties:
            raise BadInput(f"{payer} has a budget and is no party.", where="budget", cure="Name it in --parties.")
    report = progress or (lambda _done, _all: None)
    report(0, plan_views.STEPS)
    at = year or YEAR
    if only not in PARTS:
        raise UnknownTerm("part", only, PARTS)
    on = replace(ground(ds, parties, at, seed=seed), only=only)
    problem = Problem.of(on, parties, risk=risk, scenarios=futures, seed=seed)
    found = problem.solve(money, time_limit=time_limit)
    report(1, plan_views.STEPS)
    rows, anew = plan_reasons.project_rows(problem, found, money, seed=seed, time_limit=time_limit)
    report(2, plan_views.STEPS)
    tables, statuses = plan_views.tables(problem, found, money, rows, seed=seed, time_limit=time_limit, report=report)
    tables["near"] = plan_second.near(problem, found, anew)
    warned = plan_second.near_warning(tables["near"])
    if verify:
        tables["second_solver"] = plan_second.verified(problem, found, money, time_limit=time_limit)
        warned += plan_second.second_warning(tables["second_solver"])
    statuses += [found.status, *(one.status for one in anew)]
    sources = {s for table in (rows, tables["stocks"]) for r in table for s in r["source_ids"]}  # type: ignore[union-attr]
    return Result.of(
        "plan",
        request={
            "parties": list(parties),
            "budget": money,
            "risk": list(risk),
            "only": only,
            "year": at,
            "futures": futures,
            "seed": seed,
            "time_limit": time_limit,
            **({"verify": True} if verify else {}),
        },
        dataset=ds.describe(),
        code_version=didymium.__version__,
        rows=rows,
        fields=FIELDS,
        tables=tables,
        warnings=[*plan_warnings(rows, tables), *warned],
        assumptions=[i for i in on.assume if i.startswith(("plan_", "success_share_")) or i in USED],
        source_ids=sources | on.source_ids,
        status=PARTIAL if "time_limit" in statuses else COMPLETE,
    )
