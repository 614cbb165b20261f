"""What studies say that a project is worth, beside what it is worth here on the same terms, and why they differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from didymium.data import Dataset
from didymium.finance.deal import Venture
from didymium.finance.returns import irr_or_loss
from didymium.finance.worth import flows_at, from_decision, implied_factor
from didymium.results import Row, Value
from didymium.studies.finance_rows import quantiles
from didymium.studies.register import Sheet

OURS = (
    "npv_usd_m",
    "npv_usd_m_p10",
    "npv_usd_m_p90",
    "irr_share",
    "irr_share_p10",
    "irr_share_p90",
    "implied_price_factor",
)
CLOSE = 0.1  # of the price: what studies and spot markets differ by from month to month


def study_rows(ds: Dataset, sheet: Sheet, built: Venture | None, study_rate: float) -> list[Row]:
    """Stated value and return of a project beside ours at the same rate, tax and date; `built` None is not modelled.

    `implied_price_factor` is the factor on all of our prices that makes our median the stated value: a study is told
    with prices of its own, and this is how much higher they would have to be if nothing else differed.
    """
    rows: list[Row] = []
    for told in sorted(ds.rows("project_studies", project_id=sheet.project_id), key=lambda r: str(r["case_name"])):
        row: dict[str, Value] = {
            "project_id": sheet.project_id,
            "case_name": told["case_name"],
            "stated_npv_usd_m": told["npv_usd_m"],
            "stated_irr_share": told["irr_share"],
            "discount_rate": told["discount_rate"],
            "tax_basis": told["tax_basis"],
            "scope": told["scope"],
            **dict.fromkeys(OURS),
            "difference": "not_modelled",
            "basis": told["basis"],
            "source_ids": [told["source_id"]],
        }
        if built is not None:
            row.update(_ours(told, built, study_rate))
        rows.append(row)
    return rows


def _ours(told: Mapping[str, Any], built: Venture, study_rate: float) -> Row:
    rate = study_rate if told["discount_rate"] is None else float(told["discount_rate"])
    taxed = told["tax_basis"] != "pre"
    flows = flows_at(built, taxed=taxed)
    value = quantiles("npv_usd_m", from_decision(built, flows, rate))
    stated = told["npv_usd_m"]
    factor = float("nan") if stated is None else implied_factor(built, float(stated), rate, taxed=taxed)
    return {
        **value,
        **quantiles("irr_share", irr_or_loss(flows)),
        "implied_price_factor": None if np.isnan(factor) else factor,
        "difference": _reason(told, value, factor),
    }


def _reason(told: Mapping[str, Any], value: Mapping[str, Any], factor: float) -> str:
    """Why ours and theirs differ, as far as it can be told; `inside` where the stated value lies in our interval."""
    if told["scope"] == "more":
        return "scope"
    if told["npv_usd_m"] is None:
        return "no_value"
    if value["npv_usd_m_p10"] <= float(told["npv_usd_m"]) <= value["npv_usd_m_p90"]:
        return "close" if abs(factor - 1) <= CLOSE else "inside"
    if told["discount_rate"] is None:
        return "rate_not_told"
    return "price_or_cost"
