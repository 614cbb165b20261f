"""Rows of the finance answer: packages, what precedents would have done here, yearly flows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymium.data import Dataset
from didymium.finance import instruments
from didymium.finance.deal import Deal, Venture
from didymium.finance.settle import Settlement
from didymium.results import Row, Value
from didymium.studies.packages import GRACE, Case, Tried, judged
from didymium.studies.register import Register, Sheet

Floats = NDArray[np.float64]


def quantiles(name: str, values: NDArray[np.floating]) -> dict[str, Value]:
    """Median and P10, P90 of the paths that have a value; None if none has."""
    told = values[~np.isnan(values)]
    if not told.size:
        return {name: None, f"{name}_p10": None, f"{name}_p90": None}
    low, middle, high = np.quantile(told, [0.1, 0.5, 0.9]).tolist()
    return {name: middle, f"{name}_p10": low, f"{name}_p90": high}


def package_row(one: Tried, sheet: Sheet, level: float) -> Row:
    """A package with its share of bankable paths and its cost."""
    cost = one.cost
    capital = sheet.capex.value or float("nan")
    return {
        "project_id": sheet.project_id,
        "package": " + ".join(one.options) or "none",
        "sizes": "; ".join(f"{o['size']:g}" for o in one.chosen),
        "bankable_share": one.bankable_share,
        "lender_share": one.lender_share,
        "sponsor_share": one.sponsor_share,
        "default_share": one.default_share,
        "cost_usd_m": cost.expected,
        "cost_usd_m_standard_error": cost.standard_error,
        "cost_usd_m_p10": cost.p10,
        "cost_usd_m_p90": cost.p90,
        "tail_usd_m": cost.tail,
        "exposure_usd_m": cost.exposure,
        "cost_share_of_capex": cost.expected / capital,
        "long_run_usd_per_kg": level,
    }


def precedent_rows(ds: Dataset, sheet: Sheet, case: Case, found: Register) -> list[Row]:
    """What each real deal whose terms are known would have done here, alone.

    Amounts carry over as a share of capital cost: the deal's own share, or its amount over the capital cost of its
    project. A deal without either, or of a kind that needs more terms than are told, is left out.
    """
    capital = {k: s.capex.value for k, s in found.sheets.items() if s.capex.status == "reported"}
    floors = {str(r["deal_id"]): r for r in ds.rows("floor_deals")}
    state = {str(r["deal_id"]): r["state"] for r in ds.rows("deal_states")}
    ordered: list[tuple[tuple[float, float, str], Row]] = []
    for deal in sorted(ds.rows("finance_terms"), key=lambda r: str(r["deal_id"])):
        share = deal["share_of_capex"]
        if share is None and deal["amount_usd_m"] is not None and capital.get(deal["project_id"]):
            share = float(deal["amount_usd_m"]) / float(capital[deal["project_id"]] or 1.0)
        applied = _as_here(deal, share, case, sheet, floors)
        if applied is None:
            continue
        got = judged(applied, (), case.hurdles)
        cost = got.cost
        row: Row = {
            "deal_id": deal["deal_id"],
            "instrument": deal["instrument"],
            "deal_state": state.get(str(deal["deal_id"])),
            "is_own": deal["project_id"] == sheet.project_id,
            "party": deal["party"],
            "agency": deal["agency"],
            "share_of_capex": None if share is None else float(share),
            "bankable_share": got.bankable_share,
            "cost_usd_m": cost.expected,
            "cost_usd_m_p10": cost.p10,
            "cost_usd_m_p90": cost.p90,
            "tail_usd_m": cost.tail,
            "conditions": deal["conditions"],
            "source_ids": [deal["source_id"]],
        }
        ordered.append(((-got.bankable_share, cost.expected, str(deal["deal_id"])), row))
    return [row for _, row in sorted(ordered, key=lambda pair: pair[0])]


def upside_of(terms: dict[str, Any] | None) -> dict[str, float]:
    """What goes back to the purse under a signed floor, as arguments of `price_floor`; nothing where none is told."""
    if terms is None or not terms["upside_share"]:
        return {}
    cap = terms["upside_cap_usd_m"]
    return {
        "upside_share": float(terms["upside_share"]),
        "upside_above": float(terms["upside_above_usd_per_kg"]),
        "upside_cap": np.inf if cap is None else float(cap),
    }


def _as_here(
    deal: dict[str, Any],
    share: float | None,
    case: Case,
    sheet: Sheet,
    floors: dict[str, dict[str, Any]],
) -> Deal | None:
    """The project's private deal with a precedent's terms; None where they do not carry over."""
    bare, main = case.private, case.product
    kind = deal["instrument"]
    if kind == "price_floor" and deal["floor_product"] == sheet.lines[main].product:
        return instruments.price_floor(
            bare,
            "public",
            product=main,
            floor=float(deal["price_floor_usd_per_kg"]),
            years=int(deal["tenor_years"]),
            **upside_of(floors.get(str(deal["deal_id"]))),
        )
    if share is None or share > 1.0:
        return None
    if kind == "grant":
        return instruments.grant(bare, "public", share=share)
    if kind == "tax_credit":
        return instruments.investment_tax_credit(bare, "public", rate=share)
    if kind == "loan":
        tenor = int(deal["tenor_years"] or 15)
        return instruments.concessional_loan(
            bare, "public", share=share, rate=case.hurdles.treasury, tenor=tenor, grace=GRACE
        )
    if kind == "equity":
        held = share / max(1 - sum(t.share for t in bare.tranches), 1e-9)
        return instruments.equity(bare, "public", share=min(held, 0.9))
    return None


def flow_rows(plain: Settlement, best: Settlement | None, built: Venture) -> list[Row]:
    """Median flows of each year [million USD], without support and with the cheapest package."""
    rows: list[Row] = []
    for name, got in (("none", plain), ("package", best)):
        if got is None:
            continue
        project = got.project
        public = sum(got.public.values(), np.zeros_like(got.sales))
        for year in range(got.sales.shape[1]):
            rows.append(
                {
                    "package": name,
                    "year_of_deal": year,
                    "sales_usd_m": float(np.median(got.sales[:, year])),
                    **quantiles("project_usd_m", project[:, year]),
                    **quantiles("sponsor_usd_m", got.sponsor[:, year]),
                    **quantiles("dscr", got.dscr[:, year]),
                    "public_usd_m": float(public[:, year].mean()),
                    "capex_usd_m": float(np.median(built.capex[:, year])),
                }
            )
    return rows
