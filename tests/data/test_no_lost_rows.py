"""No row of the compiled facts is lost: each stands in the shipped tables with its figures and its wording.

The compiled files lie outside the repository, in the folder named by DIDYMIUM_SHARED or in `../shared` beside it.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tools.commodity_rows import mapped

SHARED = Path(os.environ.get("DIDYMIUM_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data"

pytestmark = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the compiled files are not beside the repository; set DIDYMIUM_SHARED to their folder"
)

PERCENT = {
    "% of world",
    "% of importer imports",
    "% of projects",
    "% over budget",
    "% over schedule",
    "% cut of planned output Apr-Sep 2025",
}

# table: (files, [(compiled column, shipped column)]); figures first, then the words that tell rows apart
TABLES: dict[str, tuple[tuple[str, ...], list[tuple[str, str]]]] = {
    "production": (
        ("production", "production_more", "production_more2"),
        [(c, c) for c in ("product", "country", "year", "series", "quantity", "confidence", "basis")],
    ),
    "supply_outlook": (
        ("supply_outlook",),
        [(c, c) for c in ("product", "stage", "country", "year", "quantity", "unit", "confidence", "basis")],
    ),
    "reserves": (("reserves",), [(c, c) for c in ("product", "country", "year", "quantity", "unit", "basis")]),
    "demand": (
        ("demand", "demand_more", "demand_more2"),
        [(c, c) for c in ("product", "country", "sector", "year", "quantity", "unit", "confidence", "basis")],
    ),
    "demand_outlook": (
        ("demand_outlook",),
        [(c, c) for c in ("product", "country", "sector", "scenario", "year", "quantity", "unit", "basis")],
    ),
    "trade": (
        ("trade", "trade_more", "trade_more2"),
        [
            (c, c)
            for c in ("exporter", "importer", "hs_code", "hs_nomenclature", "period", "quantity", "value_usd", "basis")
        ]
        + [("flow_basis", "flow_basis"), ("product", "product_as_given")],
    ),
    "recipes": (
        ("recipes",),
        [(c, c) for c in ("process_id", "flow_role", "product", "quantity", "unit", "main_output", "year", "basis")]
        + [("yield_recovery", "yield_share")],
    ),
    "prices": (
        ("prices",),
        [(c, c) for c in ("product", "period", "price", "price_low", "price_high", "market", "grade", "basis")],
    ),
    "elasticities": (
        ("elasticities", "elasticities_more"),
        [(c, c) for c in ("product", "elasticity_type", "horizon", "value", "year", "basis")]
        + [("evidence", "method")],
    ),
    "substitution": (
        ("substitution",),
        [(c, c) for c in ("product", "substitute", "substitutability", "performance_penalty", "time_years", "basis")],
    ),
    "stockpiles": (
        ("stockpiles", "stockpiles_more"),
        [(c, c) for c in ("country", "organisation", "product", "year", "stock_type", "quantity", "basis")],
    ),
    "governance": (("governance",), [(c, c) for c in ("indicator", "value", "year")]),
    "value_at_stake": (
        ("value_at_stake",),
        [(c, c) for c in ("product", "sector", "country", "value_low", "value", "value_high", "year", "basis")],
    ),
    "lead_times": (
        ("lead_times",),
        [("stage", "stage_as_given"), ("product_or_family", "scope"), ("low", "value_low"), ("high", "value_high")]
        + [(c, c) for c in ("country", "statistic", "value", "year", "basis")],
    ),
    "projects": (
        ("projects",),
        [("product", "product_as_given"), ("stage", "stage_as_given"), ("capacity_unit", "capacity_unit_as_given")]
        + [(c, c) for c in ("project_id", "name", "operator", "country", "lat", "lon", "capacity", "status")]
        + [(c, c) for c in ("start_year", "capex_usd_m", "opex_usd_per_t", "npv_or_irr", "offtaker", "notes")]
        + [(c, c) for c in ("support_instruments", "support_amount_usd_m", "support_date", "ownership_country")],
    ),
    "facilities": (
        ("facilities",),
        [("product", "product_as_given"), ("stage", "stage_as_given"), ("capacity_unit", "capacity_unit_as_given")]
        + [(c, c) for c in ("facility_id", "name", "operator", "country", "capacity", "year", "status", "notes")],
    ),
    "finance_terms": (
        ("finance_terms",),
        [("floor_product", "product_as_given")]
        + [(c, c) for c in ("deal_id", "project_id", "instrument", "agency", "amount_usd_m", "tenor_years")]
        + [(c, c) for c in ("interest_rate", "price_floor_usd_per_kg", "quantity", "share_of_capex", "date")]
        + [("conditions", "conditions")],
    ),
    "programmes": (
        ("programmes",),
        [("instrument", "instruments")]
        + [(c, c) for c in ("programme_id", "agency", "budget_usd_m", "period", "eligibility", "notes")],
    ),
    "agreements": (
        ("agreements",),
        [(c, c) for c in ("agreement_id", "name", "signed_date", "kind", "binding", "minerals_scope", "notes")],
    ),
    "commitments": (
        ("commitments",),
        [("status_as_of_2026_11", "status")]
        + [(c, c) for c in ("commitment_id", "agreement_id", "kind", "summary", "quantity", "unit", "due_date")]
        + [(c, c) for c in ("due_basis", "last_evidence_date", "notes")],
    ),
    "measures": (
        ("measures",),
        [("products", "products_as_given"), ("end_or_suspension_date", "end_date"), ("status_as_of_2026_11", "status")]
        + [(c, c) for c in ("measure_id", "kind", "announced_date", "effective_date", "observed_effect", "notes")],
    ),
    "licences": (
        ("licences",),
        [(c, c) for c in ("measure_id", "date", "party", "country", "product", "approval_share", "sample")]
        + [(c, c) for c in ("approved", "submitted", "delay_days", "volume_ratio_yoy", "unit", "basis")],
    ),
    "products": (
        ("products", "products_more2"),
        [(c, c) for c in ("product", "name", "name_ja", "family", "hs_codes", "byproduct_of", "notes")],
    ),
    "hs_codes": (
        ("hs_codes",),
        [("hs2017", "hs2017_code"), ("hs2022", "hs2022_code")]
        + [(c, c) for c in ("product", "description", "precision", "notes")],
    ),
    "places": (("country_codes",), [("code", "place")]),
}

MERGED = {
    ("wgi_political_stability", 0.41802, 2023.0): 1,
    ("wgi_political_stability", 0.41203, 2024.0): 1,
}
"""Compiled rows of `governance` that say the same twice (Guyana) and stand once."""

ADDED_RULES = {
    "us-companies-sum": 1,
    "mp-over-derived": 2,
    "world-nd-pr-adjusted": 2,
    "rest-is-a-residual": 2,
    "magnet-yields": 5,
    "magnet-demand-finished": 13,
    "magnet-demand-sectors": 3,
    "re-metal-world-trade": 3,
    "wmd-world-2022": 7,
}
"""Shipped rows that no compiled row states, by the rule that added them."""

_BESIDE = [line for line in mapped() if line["flows"] == "all" and line["product"] != "zinc"]
COMMODITIES = {line["product"] for line in _BESIDE}
COMMODITIES_TRADED = {line["trade_product"] for line in mapped() if line["flows"] == "all"} - {""}
CORRECTED = {
    ("ndpr_oxide", "MYS", 2024.0, "company", 6259.0): "production",  # the June quarter of Lynas has been read since
    ("nd_oxide", "MYS", 2024.0, "company-derived", 4873.0): "production",  # splits it
    ("pr_oxide", "MYS", 2024.0, "company-derived", 1386.0): "production",  # splits it
    ("fcc", "input", "la_oxide", 0.02): "recipes",  # no source had been read; one has been since
    ("fcc", "input", "ce_oxide", 0.003): "recipes",
    # an effect that customs contradict: 6,685 t in a quarter of which half a year counts 3,617 t (table `trade`)
    ("ndfeb_magnet;smco_magnet;graphite_natural", None, "in_force_presumed", "us-301-magnet-graphite-2026"): "measures",
}
"""Derivations and assumptions of the compilation that were made again when what was missing had been read."""

MARKED_SINCE = {
    ("production", "USGS", "estimated"): 97 + 64 + 49,  # summaries of 2026 and 2025, yearbook of 2022
    ("production", "USGS", "reported"): 15,  # yearbook of 2022
    ("production", "WMD", "estimated"): 109,
    ("reserves", "USGS", "estimated"): 1,
}
"""Rows that the publisher's own file marks as estimates and that the compilation called well read; and rows of which
the compilation left open which of the two they are, and the file does not."""

RENAMED = {"DoD Office of Strategic Capital": "DoW Office of Strategic Capital"}
"""One agency under two names."""

READ_SINCE = {"production": 16, "prices": 2, "trade": 2, "elasticities": 1}
"""Rows read or derived after the compilation: samarium-cobalt magnets, cracking catalyst, thrift of defence, Argus."""

ADDED_CLAIMS = {
    "companies",
    "company-derived",
    "derived with company figures",
    "finished mass",
    "BACI-HS92 without concentrate",
    "press_sinter_ndfeb",
    "machine_ndfeb",
    "WMD summed",
}


def compiled(names: tuple[str, ...]) -> list[dict[str, str]]:
    rows = []
    for name in names:
        with (SHARED / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows += list(csv.DictReader(file))
    return rows


def plain(value: Any) -> Any:
    """A cell for comparison: numbers as numbers, words without doubled spaces."""
    if value is None or value == "":
        return None
    try:
        return float(value)
    except ValueError:
        return " ".join(str(value).split())


def test_every_compiled_file_is_covered() -> None:
    covered = {name for names, _ in TABLES.values() for name in names}
    assert covered == {path.stem for path in SHARED.glob("*.csv")}


@pytest.mark.parametrize("table", sorted(TABLES))
def test_rows_in_equal_rows_out(ds: Any, table: str) -> None:
    names, pairs = TABLES[table]
    before: Counter[tuple[Any, ...]] = Counter()
    for row in compiled(names):
        if row.get("unit") in PERCENT:
            for name in ("quantity", "value", "low", "high"):
                if row.get(name):
                    row[name] = str(round(float(row[name]) / 100, 12))
        if table == "programmes":
            row["agency"] = RENAMED.get(row["agency"], row["agency"])
        before[tuple(plain(row[source]) for source, _ in pairs)] += 1
    suspended = {row["measure_id"]: row["from_date"] for row in ds.rows("measure_suspensions")}
    after: Counter[tuple[Any, ...]] = Counter()
    for row in ds.rows(table):
        if table == "trade":
            row["product_as_given"] = row["product_as_given"] or row["product"]
        if table == "measures":
            row["end_date"] = row["end_date"] or suspended.get(row["measure_id"])
        after[tuple(plain(row[target]) for _, target in pairs)] += 1
    assert marked_since(table, before, after) == {key: n for key, n in MARKED_SINCE.items() if key[0] == table}
    lost = before - after
    mended = [row for row in lost if any(row[: len(key)] == key for key in CORRECTED if CORRECTED[key] == table)]
    assert len(mended) == sum(of == table for of in CORRECTED.values())
    for row in mended:
        del lost[row]
    assert lost == (MERGED if table == "governance" else {}), f"{sum(lost.values())} rows lost"
    if table not in ("products", "places"):
        added = sum((after - before).values())
        known = len([row for row in ds.rows(table) if is_added(row) or is_of_a_release(table, row)])
        assert added == known + len(mended) + READ_SINCE.get(table, 0)


def marked_since(table: str, before: Counter[tuple[Any, ...]], after: Counter[tuple[Any, ...]]) -> dict[Any, int]:
    """Take out of both the rows that only became less sure, or say now what was left open; how many they are."""
    found: Counter[tuple[str, str, str]] = Counter()
    if table not in ("production", "reserves"):
        return found
    for row in list(before - after):
        series = row[3] if table == "production" else "USGS"
        for status in ("estimated", "reported"):
            now = _marked(table, row, f"{series} estimate" if status == "estimated" else status)
            if after[now] > before[now]:
                before[row] -= 1
                after[now] -= 1
                found[table, series, status] += 1
                break
    return found


def _marked(table: str, row: tuple[Any, ...], said: str) -> tuple[Any, ...]:
    """The row as it would stand with a mark: an estimate is graded medium, what is said stands first or last."""
    *rest, basis = row
    estimate = said != "reported"
    if basis.startswith("reported/estimated; "):
        basis = basis.replace("reported/estimated", said)
    elif estimate:
        basis = said if basis in ("reported", "USGS") else f"{basis}; {said}"
    if table == "production" and estimate and rest[-1] == "high":
        rest[-1] = "medium"
    return (*rest, basis)


def is_of_a_release(table: str, row: dict[str, Any]) -> bool:
    """True for a row that `tools/commodity_rows.py` took from a release for a commodity beside the chains."""
    if table == "trade":
        return row["product"] in COMMODITIES_TRADED
    return table in ("production", "demand") and row["product"] in COMMODITIES and row["series"] == "USGS"


def is_added(row: dict[str, Any]) -> bool:
    """True for a row that this project computed to settle a contradiction."""
    return row.get("rule_id") in ADDED_RULES and (row.get("series") or row.get("process_id")) in ADDED_CLAIMS


def test_added_rows_are_named_one_by_one(ds: Any) -> None:
    tables = ("production", "demand", "trade", "recipes")
    assert Counter(row["rule_id"] for table in tables for row in ds.rows(table) if is_added(row)) == ADDED_RULES


def test_every_compiled_address_stands_in_sources(ds: Any) -> None:
    known = {row["url"] for row in ds.rows("sources")}
    for path in sorted(SHARED.glob("*.csv")):
        for row in compiled((path.stem,)):
            for name in ("source_url", "evidence_url", "effect_source_url"):
                url = row.get(name)
                assert not url or url in known or url == "derived-see-basis", (path.name, url)
