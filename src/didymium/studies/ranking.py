"""Which commodities a party is most exposed in: governance-weighted concentration times net import reliance.

For each product the worst stage rules. The reliance is ours where we have it, else the published one, else 1 for a
party
that a source says makes none. This is an order of exposure today, not of importance: what a shortage costs is another
question.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Record = Mapping[str, Any]


def ranking(
    rows: Iterable[Record], parties: Iterable[str], makes_none: Iterable[tuple[str, str, str]]
) -> list[dict[str, Any]]:
    """One row per party and product, the most exposed first; products whose reliance nobody knows come last, unranked.

    `rows`: indicator rows of one year per stage. `makes_none`: product, stage and party without output.
    """
    none = set(makes_none)
    held = {(row["product"], row["stage"], row["party"], row["indicator"]): row for row in rows}
    stages = sorted({key[:2] for key in held})
    found: list[dict[str, Any]] = []
    for party in parties:
        best: dict[str, dict[str, Any]] = {}
        for product, stage in stages:
            one = _stage(held, product, stage, party, (product, stage, party) in none)
            now = best.get(product)
            if now is None or _order(one) < _order(now):
                best[product] = one
        ranked = sorted(best.values(), key=_order)
        for number, one in enumerate(ranked, start=1):
            found.append({**one, "rank": number if one["exposure_index"] is not None else None})
    return found


def _order(one: Mapping[str, Any]) -> tuple[bool, float, str]:
    """The most exposed first; then those of unknown reliance, the most concentrated first."""
    index = one["exposure_index"]
    return index is None, -(one["hhi_10000"] if index is None else index), one["product"]


def _stage(
    held: Mapping[tuple[str, str, str, str], Record], product: str, stage: str, party: str, makes_none: bool
) -> dict[str, Any]:
    def world(name: str) -> Record:
        return held[product, stage, "WLD", name]

    def of(name: str) -> Record:
        return held[product, stage, party, name]

    reliance, status = _reliance(of("net_import_reliance"), makes_none)
    weighted = world("hhi_wgi")
    index = None if reliance is None else [weighted[part] * r for part, r in zip(VALUE, reliance, strict=True)]
    return {
        "party": party,
        "rank": None,
        "product": product,
        "stage": stage,
        "year": weighted["year"],
        "exposure_index": index[0] if index else None,
        "exposure_index_p10": min(index[1:]) if index else None,
        "exposure_index_p90": max(index[1:]) if index else None,
        "hhi_10000": world("hhi_10000")["value"],
        "top_country": world("top1_share")["detail"],
        "top_share": world("top1_share")["value"],
        "reliance_share": reliance[0] if reliance else None,
        "reliance_status": status,
        "import_top_country": of("import_top1_share")["detail"] or None,
        "import_top_share": of("import_top1_share")["value"],
        "supply_risk": of("supply_risk")["value"],
        "geopolrisk": of("geopolrisk")["value"],
        "n1_cover_share": of("n1_importer_cover")["value"],
        "days_of_cover": of("days_of_cover")["value"],
        "source_ids": sorted({*weighted["source_ids"], *of("net_import_reliance")["source_ids"]}),
    }


VALUE = ("value", "value_p10", "value_p90")


def _reliance(row: Record, makes_none: bool) -> tuple[tuple[float, float, float] | None, str]:
    """Reliance as used in the index, cut at zero for a net exporter, with its low and high value."""
    printed = row["published"]
    if printed is not None and row["published_year"] == row["year"]:
        low, high = printed_bounds(printed)
        if row["value"] is None or not low <= row["value"] <= high:
            return ((low + high) / 2.0, low, high), "published"
    if row["value"] is not None:
        value, low, high = (min(1.0, max(0.0, row[part])) for part in VALUE)
        return (value, low, high), str(row["status"])
    if makes_none:
        return (1.0, 1.0, 1.0), "makes_none"
    return None, str(row["status"])


def printed_bounds(text: str) -> tuple[float, float]:
    """Least and greatest reliance [0–1] that a printed percentage says; E is a net exporter: nothing from abroad.

    >>> printed_bounds("E"), printed_bounds(">50"), printed_bounds("<25"), printed_bounds("86")
    ((0.0, 0.0), (0.5, 1.0), (0.0, 0.25), (0.855, 0.865))
    """
    if text == "E":
        return 0.0, 0.0
    if text[0] in "<>":
        bound = float(text[1:]) / 100.0
        return (bound, 1.0) if text[0] == ">" else (0.0, bound)
    value = float(text)
    return max(0.0, (value - 0.5) / 100.0), min(1.0, (value + 0.5) / 100.0)
