"""A plan read in again: what if one project or instrument were in or out, and what two plans do differently."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

import didymium
from didymium.data import Dataset
from didymium.engine.twostage import PortfolioSolution
from didymium.errors import BadInput, Infeasible, UnknownTerm
from didymium.model.network import Floats
from didymium.results import Field, Result, Row
from didymium.results.result import COMPLETE, PARTIAL
from didymium.studies import plan_share
from didymium.studies.plan_ground import ALL, PARTS, Ground, ground
from didymium.studies.plan_problem import Problem
from didymium.studies.plan_share import LEAST_T

FUTURES = 32
STEPS = 3
BEST, FORCED, GIVEN = "best", "forced", "given"
FIELDS = (
    Field("value_usd_m", "million USD a year", "Objective of doing nothing less that of the plan"),
    Field("yearly_cost_usd_m", "million USD a year", "Expected cost spread over the horizon of the plan"),
    Field("behind_usd_m", "million USD a year", "By how much it is worth less than the best plan for the money"),
)


def whatif(
    ds: Dataset,
    *,
    parties: Sequence[str] = ("USA", "JPN"),
    budget: Mapping[str, float] | None = None,
    risk: tuple[float, float] = (0.5, 0.95),
    only: str = ALL,
    year: int | None = None,
    futures: int = FUTURES,
    seed: int = 0,
    force: Mapping[str, Sequence[str]] | None = None,
    fixed: Sequence[Mapping[str, Any]] | None = None,
    time_limit: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """The best plan, the best with some choices forced in or out, and a plan read in again; what it costs to differ.

    `force`: `project` names those that must be supported, `drop` those that must not: projects, instruments (such as
    `floor`) or products of stocks and new capacity. `fixed`: the table `choices` of an earlier plan, valued as it
    stands on these data and for this money. The second plan starts from the cuts of the first.

    Raises UnknownTerm for what no plan can choose, BadInput if the money does not allow what is forced.
    """
    if only not in PARTS:
        raise UnknownTerm("part", only, PARTS)
    money = dict.fromkeys(parties, 1000.0) if budget is None else dict(budget)
    report = progress or (lambda _done, _all: None)
    at, wanted = year or 2030, {name: list(what) for name, what in (force or {}).items()}
    on = replace(ground(ds, parties, at, seed=seed), only=only)
    forced, barred = chosen_by(on, wanted.get("project", ())), barred_by(on, wanted.get("drop", ()))
    problem = Problem.of(on, parties, risk=risk, scenarios=futures, seed=seed)
    report(1, STEPS)
    best = problem.solve(money, time_limit=time_limit)
    report(2, STEPS)
    made: dict[str, PortfolioSolution] = {BEST: best}
    if forced or barred:
        _affordable(on, forced, barred, money)
        made[FORCED] = _forced(problem, money, best, forced, barred, time_limit)
    rows = [_row(problem, name, one.x, one.objective, best) for name, one in made.items()]
    choices = {name: choice_rows(problem, one.x) for name, one in made.items()}
    if fixed is not None:
        x = read_choices(on, fixed)
        objective = float(on.yearly @ x) + problem.measure(problem.losses(x))
        rows.append({**_row(problem, GIVEN, x, objective, best), "over_budget_usd_m": _over(on, x, money)})
        choices[GIVEN] = choice_rows(problem, x)
    sources = sorted(on.source_ids)
    rows = [{"over_budget_usd_m": 0.0, **row, "source_ids": sources} for row in rows]
    other = choices.get(FORCED) or choices.get(GIVEN) or choices[BEST]
    report(STEPS, STEPS)
    statuses = [one.status for one in made.values()]
    return Result.of(
        "plan whatif",
        request={
            "parties": list(parties),
            "budget": money,
            "risk": list(risk),
            "only": only,
            "year": at,
            "futures": futures,
            "seed": seed,
            "force": wanted,
            "fixed": [dict(one) for one in fixed] if fixed is not None else None,
            "time_limit": time_limit,
        },
        dataset=ds.describe(),
        code_version=didymium.__version__,
        rows=rows,
        fields=FIELDS,
        tables={"changes": changes(choices[BEST], other), "choices": other},
        warnings=("Read it with the notes of the plan: didymium plan",),
        assumptions=[i for i in on.assume if i.startswith(("plan_", "success_share_"))],
        source_ids=sources,
        status=PARTIAL if "time_limit" in statuses else COMPLETE,
    )


def _row(problem: Problem, name: str, x: Floats, objective: float, best: PortfolioSolution) -> Row:
    on = problem.ground
    return {
        "plan": name,
        "value_usd_m": best.objective + best.value - objective,
        "behind_usd_m": objective - best.objective,
        "yearly_cost_usd_m": float(on.yearly @ x),
        "reserve_usd_m": float(on.charge @ x),
        "stock_usd_m": plan_share.spent_on_stocks(problem, x),
        "new_t": plan_share.built(problem, x),
        "project_ids": plan_share.named(problem, x),
    }


def _affordable(on: Ground, forced: Sequence[str], barred: Sequence[int], budget: Mapping[str, float]) -> None:
    """BadInput for a project of which no package is left that its payer's budget allows."""
    for project in forced:
        left = [(one, j) for j, one in enumerate(on.offered) if one.project_id == project and j not in barred]
        if not left:
            raise BadInput(f"{project} has no package without what is dropped.", where="force", cure="Drop less.")
        if all(one.reserve > budget.get(one.party, 0.0) for one, _ in left):
            least = min(one.reserve for one, _ in left)
            raise BadInput(
                f"{project} takes {least:,.0f} million USD of a budget, more than its payer has.",
                where="force",
                cure="Give more with --budget.",
            )


def _forced(
    problem: Problem,
    budget: Mapping[str, float],
    best: PortfolioSolution,
    forced: Sequence[str],
    barred: Sequence[int],
    time_limit: float | None,
) -> PortfolioSolution:
    try:
        return problem.solve(budget, time_limit=time_limit, cuts=best.cuts, barred=barred, forced=forced)
    except Infeasible:
        raise BadInput(
            f"the budgets do not pay for {', '.join(forced)} together.", where="force", cure="Force fewer projects."
        ) from None


def _over(on: Ground, x: Floats, budget: Mapping[str, float]) -> float:
    """Money that a plan takes beyond the budgets [million USD]."""
    spent = (float(on.charge @ (x * [p == party for p in on.payer])) - budget.get(party, 0.0) for party in on.parties)
    return sum(max(over, 0.0) for over in spent)


def chosen_by(on: Ground, names: Sequence[str]) -> list[str]:
    """Projects that must be supported. Raises UnknownTerm for one that cannot be."""
    known = {one.project_id for one in on.offered}
    for name in names:
        if name not in known:
            why = on.reasons.get(name)
            cure = f"It is no choice of a plan: {why}." if why else f"Projects: {', '.join(sorted(known))}."
            raise UnknownTerm("project", name, known, cure=cure)
    return list(names)


def barred_by(on: Ground, names: Sequence[str]) -> list[int]:
    """Numbers of the choices that a project, an instrument or a product names. Raises UnknownTerm for nothing named."""
    words: dict[str, set[int]] = {}
    for j, one in enumerate(on.offered):
        kinds = {part.split("-")[0] if part != "two-way" else part for part in one.package.split(" + ")}
        kinds = {"two-way" if kind == "two" else kind for kind in kinds}
        for word in (one.project_id, *kinds):
            words.setdefault(word, set()).add(j)
    for k, step in enumerate(on.stocks, len(on.offered)):
        for word in (on.net.forms[step.form][0], "stocks"):
            words.setdefault(word, set()).add(k)
    for k, link in enumerate(on.links, on.first_link):
        for word in (link.plant.product, "new"):
            words.setdefault(word, set()).add(k)
    for name in names:
        if name not in words:
            raise UnknownTerm("choice", name, words, cure=f"A plan can leave out: {', '.join(sorted(words))}.")
    return sorted({j for name in names for j in words[name]})


def choice_rows(problem: Problem, x: Floats) -> list[Row]:
    """Every choice of a plan, in the form in which it is read in again."""
    on, at = problem.ground, len(problem.ground.offered)
    rows: list[Row] = [
        {
            "choice": "project",
            "project_id": on.offered[j].project_id,
            "package": on.offered[j].package,
            "party": on.offered[j].party,
        }
        for j in plan_share.projects(problem, x)
    ]
    held: dict[tuple[str, str], float] = {}
    for k, step in enumerate(on.stocks, at):
        form = on.net.forms[step.form]
        held[form] = held.get(form, 0.0) + float(x[k])
    rows += [{"choice": "stock", "product": p, "party": who, "quantity_t": t} for (p, who), t in held.items() if t > 0]
    rows += [
        {"choice": "new", "product": one.plant.product, "party": one.party, "quantity_t": float(x[k])}
        for k, one in enumerate(on.links, on.first_link)
        if x[k] > 0
    ]
    whole: Row = {"choice": "", "project_id": "", "package": "", "product": "", "party": "", "quantity_t": None}
    return [{**whole, **row} for row in rows]


def read_choices(on: Ground, rows: Sequence[Mapping[str, Any]]) -> Floats:
    """The choices of a plan from its table `choices`: steps of a stock are filled from the cheapest on.

    Raises BadInput for a choice that these data do not offer.
    """
    x = np.zeros(on.choices)
    for number, row in enumerate(rows, start=1):
        where, party, product = f"choices, row {number}", row.get("party"), row.get("product")
        if row.get("choice") == "project":
            key = (row.get("project_id"), row.get("package"), party)
            same = [j for j, one in enumerate(on.offered) if (one.project_id, one.package, one.party) == key]
            left = 1.0
            steps = [(j, 1.0) for j in same]
        elif row.get("choice") in ("stock", "new"):
            left = float(row["quantity_t"])
            if row["choice"] == "stock":
                own = enumerate(on.stocks, len(on.offered))
                steps = [(k, s.most) for k, s in own if on.net.forms[s.form] == (product, party)]
            else:
                new = enumerate(on.links, on.first_link)
                steps = [(k, one.most) for k, one in new if (one.plant.product, one.party) == (product, party)]
        else:
            raise BadInput(f"{row.get('choice')!r} is no choice.", where=where, cure="Use project, stock or new.")
        for j, most in steps:
            x[j] = min(left, most)
            left -= x[j]
        if left > LEAST_T:
            named = row.get("project_id") or product
            raise BadInput(
                f"{named} for {party} is not offered in that size or package.", where=where, cure="Make the plan again."
            )
    return x


def changes(one: Sequence[Row], other: Sequence[Row]) -> list[Row]:
    """What the second plan does and the first does not, and the other way round; of amounts, both."""
    names = ("choice", "project_id", "product", "party")
    first, second = ({tuple(str(r[n] or "") for n in names): r for r in rows} for rows in (one, other))
    rows: list[Row] = []
    for key in sorted({*first, *second}):
        a, b = first.get(key), second.get(key)
        before, after = (None if r is None else r["quantity_t"] for r in (a, b))
        same = a is not None and b is not None and a["package"] == b["package"]
        if same and _near(before, after):
            continue
        rows.append(
            {
                **dict(zip(names, key, strict=True)),
                "change": "added" if a is None else "dropped" if b is None else "changed",
                "package_before": "" if a is None else a["package"],
                "package_after": "" if b is None else b["package"],
                "quantity_t_before": before,
                "quantity_t_after": after,
            }
        )
    return rows


def _near(before: object, after: object) -> bool:
    """Whether two amounts are the same to a part of a tonne."""
    if before is None or after is None:
        return before is after
    return abs(float(before) - float(after)) < LEAST_T  # type: ignore[arg-type]
