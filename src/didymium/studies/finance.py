"""What does it take to make a project bankable, and what does that cost the public?

Register → ventures over shared draws of prices, cost and time → packages of support → bankable or not, at which cost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import didymium
from didymium.data import Dataset
from didymium.finance.returns import irr_or_loss, npv, payback
from didymium.finance.worth import break_even
from didymium.results import Field, Result, Row
from didymium.scenario.apply import assumptions
from didymium.studies.finance_drivers import driver_rows
from didymium.studies.finance_rows import flow_rows, package_row, precedent_rows, quantiles
from didymium.studies.packages import Case, Hurdles, cheapest, frontier, refined, tried
from didymium.studies.payers import option_costs, own_deals, party_rows, programme_rows
from didymium.studies.register import Register, Sheet, register
from didymium.studies.stated_values import study_rows
from didymium.studies.ventures import DRAWN, Draws, bank_loan, draw, private, venture
from didymium.studies.wide import Wide, wide

MANY = 20_000  # draws from which on the plain deals are settled in one pass
FEW = 4000  # draws that packages are then tried on

FIELDS = (
    Field("capex_usd_m", "million USD", "Capital cost, before any overrun"),
    Field(
        "npv_usd_m", "million USD", "Present value after tax, before finance and support, at the rate that studies use"
    ),
    Field(
        "irr_share",
        "share per year",
        "Real rate of return after tax, before finance and support; −1 where the money is lost",
    ),
    Field("irr_unique_share", "share", "Paths in which there is a unique rate of return, or all is lost"),
    Field("payback_years", "years", "Years from the decision until the money is back; median of the paths that do"),
    Field(
        "break_even_usd_per_kg",
        "USD/kg",
        "Level price of the main product at which a path just earns the hurdle; median",
    ),
    Field("bankable_share", "share", "Paths in which lender and sponsor both get what they ask for, without support"),
    Field("package_cost_usd_m", "million USD", "Expected present value of the cheapest package that suffices"),
    Field("package_tail_usd_m", "million USD", "Mean cost of its worst 5 % of paths"),
    Field("package_exposure_usd_m", "million USD", "The most it could cost, undiscounted: a contingent liability"),
)


def finance(
    ds: Dataset,
    *,
    projects: Sequence[str] = (),
    bankable_in: float = 0.7,
    draws: int | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """Bankability of one project, with its frontier, precedents and programmes, or of several or all in one table.

    `projects`: ids; all where empty. `bankable_in`: share of paths in which lender and sponsor have to be content.
    `draws`: by default 4,000 paths for one project, 500 for more; from `MANY` on, value, return and bankability without
    support are told of all of them and the rest of the first `FEW`. Raises UnknownTerm for a project that is not in the
    register.
    """
    assume = assumptions(ds)
    found = register(ds, assume)
    sheets = [found.sheet(one) for one in projects] or list(found.sheets.values())
    alone = len(projects) == 1
    paths = draws or (4000 if alone else 500)
    ranges = {
        r["assumption_id"]: (float(r["low"]), float(r["value"]), float(r["high"])) for r in ds.rows("assumptions")
    }
    drawn = draw(found, ranges, paths=paths, seed=seed)
    hurdles = Hurdles(
        assume["finance_lender_dscr"],
        assume["finance_sponsor_return_real"],
        assume["finance_treasury_rate_real"],
        assume["finance_recovery_share"],
    )
    as_of = int(ds.version.split(".")[0])
    told = {}
    if paths >= MANY:
        told = wide([s for s in sheets if not s.missing], drawn, assume, hurdles, as_of=as_of)
        drawn = drawn.between(0, FEW)
    offered = ds.rows("support_menu") if alone else ds.rows("support_menu", is_for_all=True)
    menu = sorted(offered, key=lambda r: (r["instrument"], r["size"], r["option_id"]))
    rows: list[Row] = []
    tables: dict[str, list[Row]] = {name: [] for name in ("programmes", "parties", "own_deals", "studies")}
    for number, sheet in enumerate(sheets):
        if progress is not None:
            progress(number, len(sheets))
        if sheet.missing:
            rows.append(_unknown(sheet))
            tables["studies"] += study_rows(ds, sheet, None, assume["finance_study_rate"])
            continue
        row = _answer(ds, found, sheet, drawn, assume, hurdles, menu, bankable_in, tables, alone=alone)
        rows.append({**row, **_of_all(told[sheet.project_id])} if told else row)
    rows.sort(key=lambda r: (r["missing"] != "", -float(r["bankable_share"] or 0.0), str(r["project_id"])))  # type: ignore[arg-type]
    return Result.of(
        "finance",
        request={"projects": list(projects), "bankable_in": bankable_in, "draws": draws, "seed": seed},
        dataset=ds.describe(),
        code_version=didymium.__version__,
        rows=rows,
        fields=FIELDS,
        tables={**tables, "prices": _price_rows(found)},
        warnings=(
            "volatility is that of five yearly prices; reversion, jumps and regimes are assumptions",
            "a project is taken to be built: the chance that it is not is in the gap ledger",
            "costs marked estimated come from comparable projects; their range is wide because they differ",
            "support already given is not in the deal: the question is what would be needed from nothing",
            *([f"packages, payback and break-even are those of the first {FEW:,} draws"] if told else []),
        ),
        assumptions=[i for i in assume if i.startswith("finance_")] + list(DRAWN),
        source_ids={s for r in rows for s in r["source_ids"]},  # type: ignore[union-attr]
    )


def _answer(
    ds: Dataset,
    found: Register,
    sheet: Sheet,
    drawn: Draws,
    assume: Mapping[str, float],
    hurdles: Hurdles,
    menu: Sequence[Mapping[str, Any]],
    share: float,
    tables: dict[str, list[Row]],
    *,
    alone: bool,
) -> Row:
    """The row of a project; `tables` gets its rows, all of them for one that is asked about alone."""
    built = venture(sheet, drawn, assume, as_of=int(ds.version.split(".")[0]))
    main = max(range(len(sheet.lines)), key=lambda i: sheet.lines[i].tonnes * sheet.lines[i].level(found.prices))
    line = sheet.lines[main]
    level = line.level(found.prices)
    case = Case(private(built, bank_loan(assume)), main, level, hurdles)
    packages = tried(case, menu)
    plain, best = packages[0], cheapest(packages, share)
    cut = refined(case, packages, share, most=5 if alone else 1)
    costs = option_costs(case, best) if best else {}
    bare = case.settled(())
    flows = bare.project
    value = npv(flows, assume["finance_study_rate"])
    rates = irr_or_loss(flows)
    back = payback(flows)
    payers = programme_rows(ds, sheet, best, costs)
    tables["programmes"] += payers
    tables["parties"] += party_rows(payers, best, costs)
    tables["own_deals"] += own_deals(ds, sheet.project_id)
    tables["studies"] += study_rows(ds, sheet, built, assume["finance_study_rate"])
    if alone:
        content = (bare.least_dscr >= hurdles.dscr) & (npv(bare.sponsor, hurdles.irr) >= 0)
        figures = {
            "capex": sheet.capex.low != sheet.capex.high,
            "cost": sheet.cost.low != sheet.cost.high,
            "price_share": any(line.share[0] != line.share[2] for line in sheet.lines),
        }
        sold = {p: drawn.prices[p] for line in sheet.lines for p in line.weights}
        tables["drivers"] = driver_rows(drawn, sold, value, content, assume["finance_study_rate"], figures)
        tables["frontier"] = [package_row(t, sheet, level) for t in frontier([*packages, *cut])]
        tables["packages"] = [package_row(t, sheet, level) for t in packages]
        tables["least_sizes"] = [package_row(t, sheet, level) for t in cut]
        tables["precedents"] = precedent_rows(ds, sheet, case, found)
        tables["flows"] = flow_rows(bare, case.settled(best.chosen) if best else None, built)
    cost = best.cost if best else None
    return {
        "project_id": sheet.project_id,
        "name": sheet.name,
        "country": sheet.country,
        "stage": sheet.stage,
        "product": line.product,
        "status": sheet.status,
        "finance_status": "modelled",
        "missing": "",
        "capex_usd_m": sheet.capex.value,
        "capex_usd_m_p10": sheet.capex.low,
        "capex_usd_m_p90": sheet.capex.high,
        "capex_status": sheet.capex.status,
        "cost_usd_m_per_y": sheet.cost.value,
        "cost_usd_m_per_y_p10": sheet.cost.low,
        "cost_usd_m_per_y_p90": sheet.cost.high,
        "cost_status": sheet.cost.status,
        "sales_usd_m_per_y": sheet.sales(found.prices),
        **quantiles("npv_usd_m", value),
        **quantiles("irr_share", rates),
        "irr_unique_share": float((~np.isnan(rates)).mean()),
        **quantiles("payback_years", back),
        "payback_share": float((~np.isnan(back)).mean()),
        **quantiles("break_even_usd_per_kg", break_even(built, main, hurdles.irr)),
        "long_run_usd_per_kg": level,
        "bankable_share": plain.bankable_share,
        "lender_share": plain.lender_share,
        "sponsor_share": plain.sponsor_share,
        "package": "" if best is None else " + ".join(best.options) or "none needed",
        "package_bankable_share": None if best is None else best.bankable_share,
        "package_cost_usd_m": None if cost is None else cost.expected,
        "package_cost_usd_m_p10": None if cost is None else cost.p10,
        "package_cost_usd_m_p90": None if cost is None else cost.p90,
        "package_tail_usd_m": None if cost is None else cost.tail,
        "package_exposure_usd_m": None if cost is None else cost.exposure,
        "least_sizes": "; ".join(f"{o['option_id']}: {o['size']:g}" for o in cut[0].chosen) if cut else "",
        "least_cost_usd_m": cut[0].expected if cut else None,
        "best_share": max(t.bankable_share for t in packages),
        "stated_value": sheet.stated,
        "source_ids": sorted({*sheet.source_ids, *sheet.capex.source_ids, *_sources(found, sheet)}),
    }


def _of_all(one: Wide) -> Row:
    """Value, return and bankability of very many draws."""
    return {
        **quantiles("npv_usd_m", one.npv),
        **quantiles("irr_share", one.irr),
        "irr_unique_share": float((~np.isnan(one.irr)).mean()),
        "bankable_share": float((one.lender & one.sponsor).mean()),
        "lender_share": float(one.lender.mean()),
        "sponsor_share": float(one.sponsor.mean()),
    }


def _sources(found: Register, sheet: Sheet) -> set[str]:
    return {s for line in sheet.lines for p in line.weights for s in found.prices[p].source_ids}


def _price_rows(found: Register) -> list[Row]:
    return [
        {
            "product": q.product,
            "market": q.market,
            "start_usd_per_kg": q.model.start,
            "long_run_usd_per_kg": q.level,
            "volatility_share": q.model.sigma,
            "years": len(q.years),
            "premium": q.model.premium,
            "source_ids": list(q.source_ids),
        }
        for q in found.prices.values()
    ]


def _unknown(sheet: Sheet) -> Row:
    return {
        "project_id": sheet.project_id,
        "name": sheet.name,
        "country": sheet.country,
        "stage": sheet.stage,
        "product": sheet.lines[0].product if sheet.lines else "",
        "status": sheet.status,
        "finance_status": "not_modelled",
        "missing": sheet.missing,
        "capex_usd_m": sheet.capex.value,
        "capex_status": sheet.capex.status,
        "bankable_share": None,
        "source_ids": list(sheet.source_ids),
    }
