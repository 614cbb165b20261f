"""The stocks of a plan: what to hold, beside the rules of days and Project Vault, and how full a stock is when needed.

A stock is drawn on in a stop as far as the network draws on it, and bought back over the years after. How full it is
when a stop begins follows from drawn histories of years.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from didymium.engine.twostage import PortfolioSolution
from didymium.model.network import Floats
from didymium.results import Result, Row
from didymium.studies import stocks as stock_study
from didymium.studies.plan_ground import Ground
from didymium.studies.plan_problem import Problem
from didymium.studies.plan_scenarios import LATER, QUIET, STOPS
from didymium.studies.plan_share import LEAST_T, released

HISTORIES, YEARS, SETTLING = 2_000, 40, 10  # drawn histories; years of each, of which the first ones are not counted
DRAWS = 50  # of the stock study
RULE_STAGE = "metal"  # the form in which the rules of days are held here: what a stop lacks most outside China
DAYS = 365
STUDIED = ("need_t", "rule_60_t", "rule_180_t", "held_t", "held_t_p10", "held_t_p90")


def stock_rows(problem: Problem, found: PortfolioSolution, every: Sequence[PortfolioSolution]) -> list[Row]:
    """What to hold, with what plans over other data would hold. A form that no plan buys has no row.

    `held_t` is what firms and the state hold already; a secret stock stands as the range in which it lies. Of a group
    the amounts of its places are added up, the ends of the ranges too.
    """
    on, at = problem.ground, len(problem.ground.offered)
    planned = problem.losses(found.x)
    known = _known(on, _study(on))
    rows: list[Row] = []
    for number, (product, party) in enumerate(on.net.forms):
        steps = [(at + k, s) for k, s in enumerate(on.stocks) if s.form == number]
        bought = [sum(float(one.x[j]) for j, _ in steps) for one in every]
        if max(bought, default=0.0) < LEAST_T:
            continue
        sold = np.array(found.x)
        sold[[j for j, _ in steps]] = 0.0
        worth = problem.measure(problem.losses(sold)) - problem.measure(planned)
        beside = known.get((party, *_as_studied(product)), {})
        need = beside.get("need_t")
        rows.append(
            {
                "party": party,
                "product": product,
                "bought_t": bought[0],
                "bought_t_low": min(bought),
                "bought_t_high": max(bought),
                "chosen_in": sum(t >= LEAST_T for t in bought),
                "plans": len(every),
                "bought_days": bought[0] / need * DAYS if need else None,
                "rule_60_t": beside.get("rule_60_t"),
                "rule_180_t": beside.get("rule_180_t"),
                "held_t": beside.get("held_t"),
                "held_t_p10": beside.get("held_t_p10"),
                "held_t_p90": beside.get("held_t_p90"),
                "stock_usd_m": sum(float(found.x[j]) * s.price for j, s in steps),
                "holding_usd_m_per_y": sum(float(found.x[j]) * s.price * s.holding for j, s in steps),
                "price_rise_share": max((s.rise for j, s in steps if found.x[j] > LEAST_T), default=0.0),
                "world_share": bought[0] / steps[0][1].most * on.assume["plan_stock_tranche_share"],
                "yearly_loss_avoided_usd_m": worth,
                "source_ids": list(steps[0][1].source_ids),
            }
        )
    return rows


def _study(on: Ground) -> Result | None:
    """The stock study of the places of the parties that use magnets; None if none does."""
    places = [region for regions in on.members.values() for region in regions if region in on.needing]
    return stock_study.stocks(on.ds, parties=places, year=on.year, draws=DRAWS) if places else None


def _known(on: Ground, study: Result | None) -> dict[tuple[str, str, str], dict[str, float]]:
    """Need, rules and what is held by party, product and stage: those of a group are the sums of its places."""
    of = {region: party for party, regions in on.members.items() for region in regions}
    found: dict[tuple[str, str, str], dict[str, float]] = {}
    for r in study.rows if study else ():
        sums = found.setdefault((of[str(r["party"])], str(r["product"]), str(r["stage"])), dict.fromkeys(STUDIED, 0.0))
        for name in STUDIED:
            sums[name] += float(r[name])  # type: ignore[arg-type]
    return found


def _as_studied(product: str) -> tuple[str, str]:
    """Product and stage as the stock study names them: it knows no grades of magnets."""
    if product.startswith("ndfeb_magnet"):
        return "ndfeb_magnet", "magnet"
    if product.endswith("_oxide"):
        return product, "separated"
    return product, "metal"


def rule_rows(problem: Problem, found: PortfolioSolution) -> list[Row]:
    """The stocks of the plan beside 60 and 180 days of need in metal and what Project Vault could buy.

    Each is laid into the same futures, without the projects and the capacity of the plan and with them. A rule is cut
    to the money of Project Vault nowhere: its size stands beside as a share.
    """
    on, at = problem.ground, len(problem.ground.offered)
    study = _study(on)
    if study is None:
        return []
    is_stock = on.is_open("stocks")
    others = np.where(is_stock, 0.0, found.x)
    without = problem.losses(others), problem.losses(np.zeros(on.choices))
    vault = float(next(r["vault_usd_m"] for r in study.tables["sizes"]))  # type: ignore[arg-type]
    tried: list[tuple[str, dict[tuple[str, str], float], float]] = []
    for days in (60, 180):
        tonnes = {
            (party, product): sums[f"rule_{days}_t"]
            for (party, product, stage), sums in _known(on, study).items()
            if stage == RULE_STAGE
        }
        of = [r for r in study.tables["sizes"] if (r["stage"], r["stock_rule"]) == (RULE_STAGE, f"days_{days}")]
        costs = [float(r["purchase_usd_m"]) for r in of if r["party"] in on.needing]  # type: ignore[arg-type]
        tried.append((f"days_{days}", tonnes, sum(costs)))
    rows: list[Row] = []
    for rule, tonnes, paid in tried:
        x = np.zeros(on.choices)
        holding = 0.0
        for (party, product), amount in tonnes.items():
            k, step = next((k, s) for k, s in enumerate(on.stocks) if on.net.forms[s.form] == (product, party))
            x[at + k] = amount
            holding += amount * step.price * step.holding
        rows.append(_ruled(problem, rule, x, others, without, paid, holding, vault))
    plan_x = np.where(is_stock, found.x, 0.0)
    money, yearly = float(on.charge @ plan_x), float(on.yearly @ plan_x)
    rows.append(_ruled(problem, "plan", plan_x, others, without, money, yearly, vault))
    return rows


def _ruled(
    problem: Problem,
    rule: str,
    stock: Floats,
    others: Floats,
    without: tuple[Floats, Floats],
    paid: float,
    holding: float,
    vault: float,
) -> Row:
    on = problem.ground
    at = len(on.offered)
    alone = problem.measure(without[1]) - problem.measure(problem.losses(stock))
    beside = problem.measure(without[0]) - problem.measure(problem.losses(others + stock))
    return {
        "stock_rule": rule,
        "bought_t": float(stock[at : on.first_link].sum()),
        "purchase_usd_m": paid,
        "vault_usd_m": vault,
        "vault_share": paid / vault,
        "holding_usd_m_per_y": holding,
        "loss_avoided_alone_usd_m": alone,
        "yearly_loss_avoided_usd_m": beside,
        "net_usd_m_per_y": beside - holding,
    }


def release_rows(problem: Problem, found: PortfolioSolution, *, seed: int) -> list[Row]:
    """Rule of release and replenishment, followed through drawn histories of years.

    In a stop what the network draws is released, less where the stock is not full; afterwards an equal part of the
    whole is bought back in each quiet year, over the years of the purchase. `full_share` is how full it is, on average,
    when a stop begins; `short_chance` how often it is less than half full then.
    """
    on = problem.ground
    used = released(problem, found.x)
    chance = {future.stop: 0.0 for future in problem.futures}
    for future in problem.futures:
        chance[future.stop] += future.probability
    rng = np.random.default_rng([seed, 9])
    kinds = [QUIET, *STOPS]
    starts = np.array([chance.get(kind, 0.0) for kind in kinds])
    drawn = rng.choice(len(kinds), size=(HISTORIES, YEARS), p=starts / starts.sum())
    lasting = _lasting(problem, chance)
    goes_on = rng.random((HISTORIES, YEARS)) < lasting
    years = on.assume["plan_stock_years"]
    rows: list[Row] = []
    at = len(on.offered)
    for number, form in enumerate(on.net.forms):
        if form not in used:
            continue
        part = np.array([used[form].get(kind, 0.0) for kind in kinds])
        level = np.ones(HISTORIES)
        before, taken, back = [], 0.0, 0.0
        was_long = np.zeros(HISTORIES, dtype=np.bool_)
        for year in range(YEARS):
            stop = (drawn[:, year] > 0) & ~was_long
            out = np.where(stop, np.minimum(level, part[drawn[:, year]]), 0.0)
            fill = np.where(stop | was_long, 0.0, np.minimum(1 - level, 1 / years))
            if year >= SETTLING:
                before.append(level[stop])
                taken += float(out.sum())
                back += float(fill.sum())
            level = level - out + fill
            was_long = (stop & (drawn[:, year] == len(kinds) - 1) | was_long) & goes_on[:, year]
        met = np.concatenate(before)
        steps = [(at + k, s) for k, s in enumerate(on.stocks) if s.form == number]
        tonnes = sum(float(found.x[j]) for j, _ in steps)
        price = sum(float(found.x[j]) * s.price for j, s in steps) / tonnes
        counted = HISTORIES * (YEARS - SETTLING)
        rows.append(
            {
                "product": form[0],
                "party": form[1],
                "bought_t": tonnes,
                "used_share_3_months": used[form].get(STOPS[0], 0.0),
                "used_share_6_months": used[form].get(STOPS[1], 0.0),
                "used_share_12_months": used[form].get(STOPS[2], 0.0),
                "full_share": float(met.mean()) if met.size else None,
                "short_chance": float((met < 0.5).mean()) if met.size else None,
                "released_t_per_y": taken / counted * tonnes,
                "replenished_t_per_y": back / counted * tonnes,
                "replenished_usd_m_per_y": back / counted * tonnes * price,
            }
        )
    return rows


def _lasting(problem: Problem, chance: Mapping[str, float]) -> float:
    """Chance that a stop of twelve months goes on for a further year: years that go on over all years of such stops."""
    on = chance.get(LATER, 0.0)
    return on / (on + chance[STOPS[-1]]) if on > 0 else 0.0
