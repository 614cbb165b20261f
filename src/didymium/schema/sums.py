"""Sums that must hold: countries against the world, mass shares against one."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from didymium.schema.bodies import Bodies, Body, half_digit, words
from didymium.schema.faults import Fault

WIDEST_ROUNDING = 0.025
"""Rounding of printed figures explains at most this share of a total; more must be listed in known_differences."""


def _rounding(total: float, parts: Iterable[float]) -> float:
    """How far a sum of printed figures may stand from a printed total: half a last digit of each."""
    allowed = half_digit(total) + sum(half_digit(part) for part in parts)
    return min(allowed, WIDEST_ROUNDING * abs(total)) + 1e-9 * abs(total)


def _one_footing(
    body: Body, groups: dict[tuple[Any, ...], list[int]], members: dict[str, set[str]]
) -> Iterator[tuple[int, float, float, bool, list[int]]]:
    """World row, total, sum of its countries, whether they close the world, and all rows, for each group."""
    for indices in groups.values():
        worlds = [i for i in indices if body.rows[i]["country"] == "WLD"]
        parts = [i for i in indices if body.rows[i]["country"] != "WLD" and body.rows[i]["quantity"] is not None]
        if len(worlds) != 1 or not parts:
            continue
        places = {body.rows[i]["country"] for i in parts}
        inside = {member for group in places & set(members) for member in members[group]}
        parts = [i for i in parts if body.rows[i]["country"] not in inside]
        total = float(body.rows[worlds[0]]["quantity"])
        yield worlds[0], total, math.fsum(body.rows[i]["quantity"] for i in parts), "ROW" in places, [*worlds, *parts]


def _known(bodies: Bodies) -> dict[tuple[str, str, str, str, int, str], float]:
    return {
        (r["table"], r["product"], r["stage"] or "", r["sector"] or "", r["year"], r["series"] or ""): r[
            "difference_share"
        ]
        for r in bodies["known_differences"].rows
    }


SUMMED = {
    "production": ("product", "stage", "year", "series", "unit", "mass_basis"),
    "supply_outlook": ("product", "stage", "year", "scenario", "unit", "mass_basis"),
    "reserves": ("product", "year", "unit", "mass_basis"),
    "demand": ("product", "sector", "year", "unit", "mass_basis"),
    "demand_outlook": ("product", "sector", "year", "scenario", "unit", "mass_basis"),
}


def world_sums(bodies: Bodies) -> Iterator[Fault]:
    """Countries of one series add up to its world row, within the rounding of the printed figures.

    Where a rest-of-world row closes the series the sum must meet the total; otherwise it must not exceed it.
    """
    groups_of = defaultdict(set)
    for place in bodies["places"].rows:
        for group in str(place["groups"] or "").split(";"):
            if group:
                groups_of[group].add(str(place["place"]))
    known = _known(bodies)
    seen = set()
    for name, names in SUMMED.items():
        body = bodies[name]
        groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        for index, row in enumerate(body.rows):
            if name != "demand" or row["preferred"]:
                groups[tuple(row[part] for part in names)].append(index)
        for world, total, parts, closed, indices in _one_footing(body, groups, groups_of):
            row = body.rows[world]
            if not closed and parts <= total:
                continue
            rows: Sequence[float] = [body.rows[i]["quantity"] for i in indices[1:]]
            if abs(parts - total) <= _rounding(total, rows):
                continue
            series = "" if name == "demand" else str(row.get("series") or "")
            key = (name, row["product"], row.get("stage") or "", row.get("sector") or "", row["year"], series)
            share = parts / total - 1 if total else math.inf
            if key in known and abs(known[key] - share) <= 1e-4:
                seen.add(key)
                continue
            fact = " ".join(str(row[part]) for part in names[:4])
            what = f"countries of {fact} add up to {parts:,.6g}, the world row says {total:,.6g} ({share:+.1%})."
            index = body.blame(indices)
            severity = "warning" if body.layers[index] else "error"
            cure = "Correct a row, or list the difference in known_differences with a reason."
            yield body.fault(index, "quantity", what, cure, severity=severity)
    listed = bodies["known_differences"]
    for index, key in enumerate(known):
        if key not in seen:
            what = f"the difference of {' '.join(str(part) for part in key if part)} is not there (any more)."
            yield listed.fault(index, "difference_share", what, "Delete the row, or correct the share.")


def mass_shares(bodies: Bodies) -> Iterator[Fault]:
    """Shares of one whole in a recipe sum to 1 within the rounding that the unit's source allows."""
    tolerance = {
        name: row["sum_tolerance"]
        for name, row in words(bodies, "units.unit").items()
        if row["sum_tolerance"] is not None
    }
    body = bodies["recipes"]
    groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for index, row in enumerate(body.rows):
        if row["unit"] in tolerance:
            groups[(row["process_id"], row["deposit_or_variant"], row["flow_role"], row["unit"])].append(index)
    for (process, variant, role, unit), indices in groups.items():
        total = math.fsum(body.rows[i]["quantity"] for i in indices)
        if abs(total - 1) > tolerance[unit] + 1e-9:
            what = f"{role} shares of {process} {variant or ''} sum to {total:.4f}."
            cure = f"Expected 1 within {tolerance[unit]:g} (unit {unit})."
            yield body.fault(body.blame(indices), "quantity", what, cure)


def listed_sums(bodies: Bodies) -> Iterator[Fault]:
    """The oxides of an ore add up to the sum that the recipe states for them."""
    body = bodies["recipes"]
    outputs: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index in body.where(flow_role="output", unit="t oxide per t REO feed"):
        outputs[(body.rows[index]["process_id"], body.rows[index]["deposit_or_variant"])].append(index)
    for index in body.where(flow_role="parameter", unit="sum of listed oxide shares"):
        row = body.rows[index]
        parts = outputs.get((row["process_id"], row["deposit_or_variant"]), [])
        total = math.fsum(body.rows[i]["quantity"] for i in parts)
        if abs(total - row["quantity"]) > 1e-5:
            what = f"oxides of {row['process_id']} sum to {total:.6g}, the recipe says {row['quantity']:.6g}."
            yield body.fault(body.blame([index, *parts]), "quantity", what, "Correct a share or the stated sum.")


def yields_hold(bodies: Bodies) -> Iterator[Fault]:
    """A yield lies in (0, 1]: nothing comes from nothing."""
    body = bodies["recipes"]
    for index, row in enumerate(body.rows):
        if row["yield_share"] is not None and row["yield_share"] <= 0:
            yield body.fault(index, "yield_share", f"{row['yield_share']:g} is no yield.", "Expected above 0, up to 1.")
