"""Which real projects fill which gap, and when?

Register of projects → the ledger's products → expected output with its band → the gap of the parties that it meets.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import didymium
from didymium.data import Dataset
from didymium.model.explode import element_of
from didymium.results import Field, Result, Row
from didymium.studies.gaps import gaps

SHOWN_YEARS = (2027, 2030, 2035)
FIELDS = (
    Field("capacity_t", "t/y", "Stated capacity, new"),
    Field("stated_capacity", "as stated", "Capacity in the unit and of the product that the register states"),
    Field("start_year", "year", "First output as stated"),
    Field("expected_start_year", "year", "First output with the slip that such projects have had; 2027.5 is mid-2027"),
    Field("expected_t_2030", "t", "Capacity × chance of success × ramp in 2030"),
    Field("fills_share", "share", "Expected output of 2030 over what the parties need at that stage"),
    Field("support_usd_m", "million USD", "Public support as announced; forms are not added up"),
    Field("lead_time_years", "years", "Typical lead time of such a plant, from the table lead_times"),
)


def projects(
    ds: Dataset, *, parties: Sequence[str] = ("USA", "JPN"), outlook: str = "STEPS", draws: int = 400, seed: int = 0
) -> Result:
    """The register of magnet-chain projects against the gap ledger of the parties."""
    ledger = gaps(ds, parties=parties, years=tuple(range(2026, 2036)), outlooks=(outlook,), draws=draws, seed=seed)
    together = "+".join(parties)
    gap = {(r["stage"], r["product"]): r for r in ledger.rows if r["party"] == together and r["year"] == 2030}
    expected: dict[tuple[str, str, str], dict[int, Row]] = {}
    for r in ledger.tables["additions"]:
        expected.setdefault((str(r["project_id"]), str(r["stage"]), str(r["product"])), {})[int(str(r["year"]))] = r
    register: dict[str, list[dict[str, Any]]] = {}
    for row in ds.rows("projects"):
        register.setdefault(row["project_id"], []).append(row)
    partners = {str(r["partner"]) for r in ledger.tables["partners"]}
    rows = [
        {**line, "reach": reach(str(expected[key][SHOWN_YEARS[0]]["region"]), parties, partners)}
        for key in sorted(expected)
        for line in _line(ds, register[key[0]], key, expected[key], gap.get(key[1:]), together)
    ]
    rows.sort(key=lambda r: (-float(r["fills_share"] or 0), r["project_id"], r["model_product"]))
    return Result.of(
        "projects",
        request={"parties": list(parties), "outlook": outlook, "draws": draws, "seed": seed},
        dataset=ds.describe(),
        code_version=didymium.__version__,
        rows=rows,
        fields=FIELDS,
        warnings=(
            "a project is judged by its status alone; feed, offtake and finance of single projects are not examined",
            "stages are judged apart: a magnet plant without metal is an empty link",
            "expected output weighs success and failure: where a project most often fails, it lies above its interval",
        ),
        assumptions=ledger.assumptions,
        source_ids={s for r in rows for s in r["source_ids"]},
    )


def reach(region: str, parties: Sequence[str], partners: Collection[str]) -> str:
    """How near to the parties a project stands: `home`, with a `partner` by some paper, or `elsewhere`."""
    if region in parties:
        return "home"
    return "partner" if region in partners else "elsewhere"


def _line(
    ds: Dataset,
    register: list[dict[str, Any]],
    key: tuple[str, str, str],
    by_year: dict[int, Row],
    gap: Row | None,
    together: str,
) -> Iterator[dict[str, Any]]:
    project_id, stage, product = key
    row = _said(register, stage, product)
    is_own = row["product"] == product and row["capacity"] is not None
    head = next((r for r in register if r["support_amount_usd_m"] is not None), row)
    made = {year: by_year[year] for year in SHOWN_YEARS}
    need = None if gap is None else float(gap["need_t"])  # type: ignore[arg-type]
    expected_2030 = float(made[2030]["expected_t"])  # type: ignore[arg-type]
    lead = _lead_time(ds, stage)
    yield {
        "project_id": project_id,
        "name": row["name"],
        "operator": row["operator"],
        "country": row["country"],
        "stage": stage,
        "product": row["product"],
        "model_product": product,
        "element": element_of(product),
        "capacity_t": float(row["capacity"]) if is_own else None,
        "capacity_status": "reported" if is_own else f"derived from {row['product']}",
        "stated_capacity": None if row["capacity"] is None else float(row["capacity"]),
        "stated_capacity_unit": row["capacity_unit"],
        "status": row["status"],
        "start_year": row["start_year"],
        **{
            f"expected_start_year{end}": made[SHOWN_YEARS[0]][f"expected_start_year{end}"]
            for end in ("", "_p10", "_p90")
        },
        "expected_t_2027": float(made[2027]["expected_t"]),  # type: ignore[arg-type]
        "expected_t_2030": expected_2030,
        "expected_t_2030_p10": float(made[2030]["expected_t_p10"]),  # type: ignore[arg-type]
        "expected_t_2030_p90": float(made[2030]["expected_t_p90"]),  # type: ignore[arg-type]
        "expected_t_2035": float(made[2035]["expected_t"]),  # type: ignore[arg-type]
        "lead_time_years": None if lead is None else float(lead["value"]),
        "gap_party": together,
        "gap_stage": stage,
        "gap_t_2030": None if gap is None else gap["gap_t"],
        "fills_share": expected_2030 / need if need else None,
        "support_instruments": head["support_instruments"],
        "support_party": head["support_party"],
        "support_usd_m": None if head["support_amount_usd_m"] is None else float(head["support_amount_usd_m"]),
        "support_date": head["support_date"],
        "offtaker": row["offtaker"],
        "note": row["notes"],
        "source_ids": sorted({r["source_id"] for r in (row, head)} | ({lead["source_id"]} if lead else set())),
    }


def _said(register: list[dict[str, Any]], stage: str, product: str) -> dict[str, Any]:
    """The row from which the ledger reads a product's capacity: its own, else one at its stage, else any with a figure.

    A row for all oxides stands for each of them, and one for magnets for the alloy that they are taken to cast.
    """
    return max(register, key=lambda r: (r["capacity"] is not None, r["product"] == product, r["stage"] == stage))


def _lead_time(ds: Dataset, stage: str) -> dict[str, Any] | None:
    """The row of `lead_times` that speaks of new plants at a stage."""
    said = {"separated": "new facility, mean lead time", "mine": "discovery to commercial production, mean"}.get(stage)
    return next((r for r in ds.rows("lead_times") if r["statistic"] == said), None)
