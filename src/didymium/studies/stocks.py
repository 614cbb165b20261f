"""What to hold in store, in which form, where, and for how many days?

Gap ledger of a year → what runs on without the cut suppliers, stage by stage → what a stock in each form lets run on →
value of that, cost of holding → days worth holding, beside the rules of 60 and 180 days → purchase in a thin market.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

import didymium
from didymium.data import Dataset
from didymium.errors import NotFound
from didymium.model.explode import element_of
from didymium.model.stock_rules import (
    DAYS_A_YEAR,
    Floats,
    days_of_cover,
    implied_value,
    price_rise,
    reserve_against,
    reserve_days,
    saved_days,
)
from didymium.results import Field, Result, Row
from didymium.studies import gap_supply
from didymium.studies.finance_rows import quantiles
from didymium.studies.stock_inputs import FORMS, Form, Setting, forms_of, setting, users

YEAR = 2027
RULES = ("days_60", "days_180", "target")
VAULT = "us-project-vault"
POOL_YEARS = 2_000
POOL_DRAWS = 100
FIELDS = (
    Field("need_t", "t", "What the party's final use needs at the stage in a year"),
    Field("runs_on_share", "share", "Part of that use which runs on in a cut, by the weakest stage of the chain"),
    Field("protects_share", "share", "Part of that use which a stock in this form lets run on besides"),
    Field("target_days", "days", "Days of what it protects that are worth holding"),
    Field("target_t", "t", "The same in tonnes"),
    Field("target_need_days", "days", "The same as days of the whole need, to hold against a rule of days"),
    Field("held_t", "t", "Held by firms and the state, a secret stock as a range"),
    Field("held_need_days", "days", "The same as days of the whole need"),
    Field("buy_t", "t", "Target less what is held"),
    Field("purchase_usd_m", "million USD", "To buy it, at the price that buying makes"),
    Field("price_rise_share", "share", "By how much buying lifts the price while it lasts"),
    Field("years_to_buy", "years", "At the most that may be bought in a year"),
    Field("holding_usd_m_per_y", "million USD a year", "Capital, store and rotation of the target"),
    Field("saved_usd_m_per_y", "million USD a year", "Loss that the target avoids in an average year"),
    Field("net_usd_m_per_y", "million USD a year", "Loss avoided less holding"),
    Field("form_rank", "", "Order of the forms of an element by net worth; 1 is the best"),
    Field("value_usd_per_kg", "USD/kg", "What a kilogram short loses, of the uses that the stock protects"),
    Field("value_at_60_days_usd_per_kg", "USD/kg", "The loss at which just 60 days would be worth holding"),
    Field("value_at_180_days_usd_per_kg", "USD/kg", "The loss at which just 180 days would be worth holding"),
)
WARNINGS = (
    "one element helps only where the others are there too: the worth of stocks of several elements does not add up",
    "rate and length of cuts are assumptions; a cut is whole, and its end does not draw nearer with time",
    "once uses have found another way nobody is short: the months that takes bound a target and are an assumption",
    "the same working and public stock counts once as oxide and once as metal; it is one stock",
    "magnets inside imported goods are not counted as need",
    "plants of third countries run on for a party only where a paper or a contract says so",
)
NO_NEED = "parties that use no magnets in the tables are left out: they have no need that a stock could cover"


def stocks(
    ds: Dataset,
    *,
    parties: Sequence[str] = ("USA", "JPN"),
    outlook: str = "STEPS",
    year: int | None = None,
    draws: int = 200,
    seed: int = 0,
) -> Result:
    """Reserve of each party by element and form in one year (2027 by default), with its cost and its rivals.

    `pooled` holds a joint reserve against separate ones, `sizes` what rules and targets cost together, beside Project
    Vault.
    """
    at = year or YEAR
    supply = gap_supply.prepare(ds, parties, [at], draws, seed)
    need = gap_supply.needs(ds, supply, outlook, seed)
    given = setting(ds, supply, at, seed)
    using = users(supply, parties)
    if not using:
        asked = ", ".join(parties)
        raise NotFound(f"{asked} uses no magnets in the tables.", cure="Ask for a party that does, such as JPN.")
    forms = {party: forms_of(ds, given, supply, need, party) for party in using}
    found = {party: [_reserve(given, form) for form in of] for party, of in forms.items()}
    rows = [row for of in found.values() for row in _ranked(of)]
    return Result.of(
        "stocks",
        request={"parties": list(parties), "outlook": outlook, "year": at, "draws": draws, "seed": seed},
        dataset=ds.describe(),
        code_version=didymium.__version__,
        rows=rows,
        fields=FIELDS,
        tables={
            "pooled": list(_pooled(given, forms, seed)) if len(using) > 1 else [],
            "sizes": list(_sizes(ds, given, forms)),
        },
        warnings=[*WARNINGS, *([NO_NEED] if len(using) < len(parties) else [])],
        assumptions=[*supply.assumption_ids, *given.assumption_ids],
        source_ids=sorted({*supply.source_ids, *given.source_ids}),
    )


def _days(given: Setting, form: Form) -> Floats:
    """Days worth holding; once uses have found another way there is nothing left to bridge."""
    days = reserve_days(rate=given.rate, years=given.length, value=form.value, holding=form.holding)
    return np.minimum(days, DAYS_A_YEAR * form.adapts)


def _bought(given: Setting, form: Form, tonnes: Floats) -> tuple[Floats, Floats, Floats]:
    """Cost [million USD], rise of the price [share] and years that a purchase takes, within its bound."""
    share = tonnes / form.world
    rise = price_rise(
        np.minimum(share, given.most_bought),
        supply_elasticity=form.supply_elasticity * given.elasticity_factor,
        demand_elasticity=form.demand_elasticity * given.elasticity_factor,
    )
    return tonnes * form.price * (1 + rise) / 1e3, rise, share / given.most_bought


def _reserve(given: Setting, form: Form) -> Row:
    """One form: how much, at what cost, for what."""
    days = _days(given, form)
    target = days_of_cover(days, form.need * form.protects)
    buy = np.maximum(target - form.held, 0.0)
    cost, rise, years = _bought(given, form, buy)
    filled = saved_days(days, rate=given.rate, years=given.length) / DAYS_A_YEAR * form.need * form.protects
    saved, holding = filled * form.value / 1e3, target * form.holding / 1e3
    return {
        "party": form.party,
        "element": element_of(form.product),
        "stage": form.stage,
        "product": form.product,
        "year": given.year,
        **quantiles("need_t", form.need),
        **quantiles("runs_on_share", form.runs_on),
        **quantiles("protects_share", form.protects),
        "limited_by": form.limited_by,
        **quantiles("target_days", days),
        **quantiles("target_t", target),
        **quantiles("target_need_days", days * form.protects),
        "rule_60_t": float(np.median(days_of_cover(60, form.need))),
        "rule_180_t": float(np.median(days_of_cover(180, form.need))),
        **quantiles("held_t", form.held),
        **quantiles("held_need_days", form.held / form.need * DAYS_A_YEAR),
        **quantiles("buy_t", buy),
        **quantiles("purchase_usd_m", cost),
        **quantiles("price_rise_share", rise),
        **quantiles("years_to_buy", years),
        **quantiles("holding_usd_m_per_y", holding),
        **quantiles("saved_usd_m_per_y", saved),
        **quantiles("net_usd_m_per_y", saved - holding),
        **quantiles("value_usd_per_kg", form.value),
        **{
            f"value_at_{rule}_days_usd_per_kg": float(
                np.median(implied_value(rule, rate=given.rate, years=given.length, holding=form.holding))
            )
            for rule in (60, 180)
        },
        "shelf_years": float(np.median(form.shelf_years)),
        "evidence": "D",
        "source_ids": list(form.source_ids),
    }


def _ranked(rows: Sequence[Row]) -> Iterator[Row]:
    """Rows with the order of the forms: alloy and magnets stand in the order of NdPr, of which they are made."""
    for row in rows:
        group = [r for r in rows if (r["element"] in ("NdPr", "all")) == (row["element"] in ("NdPr", "all"))]
        group = group if row["element"] in ("NdPr", "all") else [r for r in group if r["element"] == row["element"]]
        better = sum(float(str(r["net_usd_m_per_y"])) > float(str(row["net_usd_m_per_y"])) for r in group)
        yield {**row, "form_rank": 1 + better}


def _pooled(given: Setting, forms: Mapping[str, Sequence[Form]], seed: int) -> Iterator[Row]:
    """A joint reserve against separate ones, by drawn years in which cuts meet one party or all.

    Both are judged at one value and one holding cost, their means over the parties.
    """
    rng = np.random.default_rng(seed + 2)
    count = min(POOL_DRAWS, given.rate.size)
    chance, length = rng.random((2, POOL_YEARS)), rng.exponential(1.0, (2, POOL_YEARS))
    own = rng.random((len(forms), POOL_YEARS)), rng.exponential(1.0, (len(forms), POOL_YEARS))
    for several in zip(*forms.values(), strict=True):
        apart, joint, dear, cheap = (np.zeros(count) for _ in range(4))
        for k in range(count):
            often = -np.expm1(-given.rate[k] / (1 + given.rate[k] * given.length[k]))
            common = chance[0] < given.common[k]
            value = float(np.mean([f.value[k] for f in several]))
            holding = float(np.mean([f.holding[k] for f in several]))
            lost = []
            for i, form in enumerate(several):
                is_cut = np.where(common, chance[1], own[0][i]) < often
                spell = np.minimum(np.where(common, length[0], own[1][i]) * given.length[k], form.adapts[k])
                lost.append(is_cut * spell * float(form.need[k] * form.protects[k]))
            alone = [reserve_against(one, value=value, holding=holding) for one in lost]
            both = reserve_against(np.sum(lost, axis=0), value=value, holding=holding)
            apart[k], joint[k] = sum(a.stock for a in alone), both.stock
            dear[k], cheap[k] = sum(a.cost for a in alone), both.cost
        some, less = several[0], np.where(dear - cheap > 1e-9 * dear, dear - cheap, 0.0)  # the rest is rounding
        yield {
            "party": "+".join(forms),
            "element": element_of(some.product),
            "stage": some.stage,
            "product": some.product,
            **quantiles("separate_t", apart),
            **quantiles("pooled_t", joint),
            **quantiles("pooled_saving_usd_m_per_y", less / 1e3),
            **quantiles("pooled_saving_share", np.divide(less, dear, out=np.full(count, np.nan), where=dear > 0)),
            "evidence": "D",
            "source_ids": sorted({s for f in several for s in f.source_ids}),
        }


def _sizes(ds: Dataset, given: Setting, forms: Mapping[str, Sequence[Form]]) -> Iterator[Row]:
    """What the rules of days and the target cost in each form, all elements together, beside Project Vault."""
    vault = [r for r in ds.rows("programmes") if str(r["programme_id"]).startswith(VAULT)]
    size = sum(float(r["budget_usd_m"]) for r in vault)
    sources = sorted({*given.price_sources, *(str(r["source_id"]) for r in vault)})
    together = {"+".join(forms): [form for of in forms.values() for form in of]}
    for who, of in {**forms, **together}.items():
        for stage in FORMS:
            here = [form for form in of if form.stage == stage]
            for rule in RULES:
                cost = np.sum([_bought(given, form, _wanted(given, form, rule))[0] for form in here], axis=0)
                yield {
                    "party": who,
                    "stage": stage,
                    "stock_rule": rule,
                    **quantiles("purchase_usd_m", cost),
                    **quantiles("vault_share", cost / size),
                    "vault_usd_m": size,
                    "source_ids": sources,
                }


def _wanted(given: Setting, form: Form, rule: str) -> Floats:
    if rule == "target":
        return days_of_cover(_days(given, form), form.need * form.protects)
    return days_of_cover(int(rule.removeprefix("days_")), form.need)
