"""What calibration changed: every observation of a base year beside its balanced value, the largest changes first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import didymium
from didymium.data import Dataset
from didymium.errors import BadInput
from didymium.model.calibrate import Adjustment
from didymium.model.foresight import base_of
from didymium.results import Field, Result, Row
from didymium.scenario.apply import assumptions, joint_inputs
from didymium.scenario.family_coverage import coverage
from didymium.scenario.inputs import Chain
from didymium.scenario.scenario import FIRST_BASE_YEAR, FIRST_FAMILY_YEAR, LAST_BASE_YEAR
from didymium.studies.base_shares import shares

FIELDS = (
    Field("observed_t", "t/y", "Figure as published, brought to the model's mass basis"),
    Field("reconciled_t", "t/y", "Value at which the whole chain balances"),
    Field("change_t", "t/y", "Reconciled less observed"),
    Field("sigma_t", "t/y", "Standard error given to the figure"),
    Field("score", "", "Change in standard errors; beyond 2 the figure does not fit the others"),
)


def reconcile(ds: Dataset, *, year: int = 2024, families: Sequence[str] = ("magnets",)) -> Result:
    """The calibrated base year: adjustments, and the shares of output that follow from it.

    For families beside magnets the table `coverage` says how much rests on figures, and rows name their unit.
    """
    first = FIRST_BASE_YEAR if "magnets" in families else FIRST_FAMILY_YEAR
    if not first <= year <= LAST_BASE_YEAR:
        cure = f"Years with figures for the whole chain: {first} to {LAST_BASE_YEAR}."
        raise BadInput(f"{year} cannot be brought into balance.", cure=cure)
    inputs = joint_inputs(ds, families, year, (f"{year}-01",), assumptions(ds))
    chain, seen = inputs.chain, inputs.observations
    base = base_of(inputs)
    magnets = tuple(families) == ("magnets",)
    ranked = sorted(base.adjustments, key=lambda a: (-abs(a.score), a.observation.product, a.observation.place))
    made: dict[tuple[str, str, str], float] = {}
    recipes = {p.process_id: p for p in chain.processes}
    for level, (process_id, region) in zip(base.activity.tolist(), chain.activities, strict=True):
        for product, quantity in recipes[process_id].outputs.items():
            key = (recipes[process_id].stage, product, region)
            made[key] = made.get(key, 0.0) + level * quantity
    output: list[Row] = [
        _told(chain, product, {"stage": stage, "product": product, "region": region, "year": year, "output_t": tonnes})
        for (stage, product, region), tonnes in sorted(made.items())
        if tonnes > 0
    ]
    flows: list[Row] = [
        _told(chain, p, {"product": p, "origin": o, "destination": d, "year": year, "flow_t": float(f)})
        for (p, o, d), f in sorted(zip(chain.arcs, base.flow.tolist(), strict=True))
        if f >= 1
    ]
    return Result.of(
        "reconcile",
        request={"year": year} if magnets else {"year": year, "families": list(families)},
        dataset=ds.describe(),
        code_version=didymium.__version__,
        rows=[_row(chain, a) for a in ranked if a.observation.kind != "prior"],
        fields=FIELDS,
        tables={
            "priors": [_row(chain, a) for a in ranked if a.observation.kind == "prior"],
            "output": output,
            "flows": flows,
            "shares": list(shares(ds, chain, base)) if magnets else [],
            "fit": list(_fit(base.chi2, len(seen), base.residual)),
            **({} if magnets else {"coverage": coverage(ds, tuple(families), year)}),
        },
        warnings=() if magnets else inputs.warnings,
        assumptions=[r["assumption_id"] for r in ds.rows("assumptions") if "calibration" in r["used_by"]],
        source_ids={s for o in seen for s in o.source_ids},
    )


AMOUNTS = ("observed_t", "reconciled_t", "change_t", "sigma_t", "output_t", "flow_t")


def _told(chain: Chain, product: str, row: Row) -> Row:
    """A row with its amounts in the product's unit, and the unit named where not all are tonnes."""
    if not chain.units:
        return row
    unit, size = chain.unit_of(product)
    return {k: v * size if isinstance(v, float) and k in AMOUNTS else v for k, v in row.items()} | {"unit": unit}


def _row(chain: Chain, a: Adjustment) -> Row:
    o = a.observation
    row: Row = {
        "kind": o.kind,
        "product": o.product,
        "stage": o.stage,
        "place": o.place,
        "partner": "" if o.kind == "demand" else o.partner,
        "sector": o.partner if o.kind == "demand" else "",
        "year": o.year,
        "observed_t": o.value,
        "reconciled_t": a.reconciled,
        "change_t": a.change,
        "change_share": a.change / o.value if o.value else None,
        "sigma_t": o.sigma,
        "score": a.score,
        "confidence": o.confidence,
        "note": o.note,
        "row_ids": list(o.row_ids),
        "source_ids": list(o.source_ids),
    }
    return _told(chain, o.product, row)


def _fit(chi2: float, count: int, residual: float) -> Iterator[Row]:
    yield {"chi2": chi2, "observations": count, "balance_residual": residual}
