"""What may be added: a sum over rows that refuses wholes with their parts, rival claims and unlike bases."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from didymium.errors import BadInput

Row = Mapping[str, Any]
ALIKE = ("unit", "mass_basis", "flow_basis", "hs_nomenclature", "scenario", "capacity_unit", "period_kind")
DIMENSIONS = (
    ("product", "product"),
    ("sector", "sector"),
    ("stage", "stage"),
    ("country", "country"),
    ("exporter", "country"),
    ("importer", "country"),
)
"""Columns that name wholes and parts, and the dimension of `additivity` they speak of."""


@dataclass(frozen=True, slots=True)
class Additivity:
    """Wholes and their parts along each dimension, closed under part-of-a-part."""

    parts: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    reasons: Mapping[tuple[str, str, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, additivity: Iterable[Row], places: Iterable[Row]) -> Additivity:
        """Read the tables `additivity` and `places` (groups and their members)."""
        direct: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        reasons: dict[tuple[str, str, str], str] = {}
        for row in additivity:
            direct[row["dimension"]][row["whole"]].add(row["part"])
            reasons[(row["dimension"], row["whole"], row["part"])] = str(row["reason"])
        for row in places:
            for group in str(row["groups"] or "").split(";"):
                if group:
                    direct["country"][group].add(str(row["place"]))
        closed = {
            dimension: {whole: frozenset(_reach(wholes, whole)) for whole in list(wholes)}
            for dimension, wholes in direct.items()
        }
        return cls(closed, reasons)

    def members(self, dimension: str, whole: str) -> frozenset[str]:
        """All parts of a whole, parts of parts included."""
        return self.parts.get(dimension, {}).get(whole, frozenset())

    def wholes(self, dimension: str, part: str) -> frozenset[str]:
        """All wholes that contain a part."""
        return frozenset(whole for whole, parts in self.parts.get(dimension, {}).items() if part in parts)

    def overlap(self, dimension: str, one: str, other: str) -> str | None:
        """Why two words of a dimension may not be added; None if they may."""
        for whole, part in ((one, other), (other, one)):
            parts = self.members(dimension, whole)
            if part in parts or ("*" in parts and part != whole):
                reason = self.reasons.get((dimension, whole, part)) or self.reasons.get((dimension, whole, "*"), "")
                return f"{whole} contains {part}. {reason}".strip()
        return None


def _reach(wholes: Mapping[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    todo = list(wholes.get(start, ()))
    while todo:
        part = todo.pop()
        if part not in found and part != start:
            found.add(part)
            todo += wholes.get(part, ())
    return found


def _months(period: str) -> tuple[int, int] | None:
    """First and last month of a period, counted from year 0; None for wording that is no span."""
    try:
        ends = [part.split("-") for part in period.split("/")]
        first, last = ends[0], ends[-1]
        begin = int(first[0]) * 12 + (int(first[1]) if len(first) > 1 else 1)
        return begin, int(last[0]) * 12 + (int(last[1]) if len(last) > 1 else 12)
    except (ValueError, IndexError):
        return None


def refusals(rows: Sequence[Row], additivity: Additivity, cell: Sequence[str], column: str) -> list[str]:
    """Why these rows may not be added, one line for each reason; empty if they may."""
    found: list[str] = []
    if any(row.get(column) is None for row in rows):
        missing = sum(row.get(column) is None for row in rows)
        found.append(f"{missing} of {len(rows)} rows have no {column}: unknown is not zero.")
    for name in ALIKE:
        words = sorted({str(row[name]) for row in rows if row.get(name) is not None})
        if len(words) > 1:
            reason = additivity.reasons.get((name, "*", "*"), "They cannot be added as they stand.")
            found.append(f"{name} differs: {', '.join(words)}. {reason}")
    for row in rows:
        if str(row.get("unit") or "").startswith("share"):
            found.append(f"{row.get('row_id', 'a row')} is a share, not an amount.")
        if row.get("is_aggregate"):
            found.append(f"{row.get('row_id', 'a row')} is an aggregate over other rows.")
    if cell and all(name in row for row in rows for name in cell):
        facts: dict[tuple[Any, ...], int] = defaultdict(int)
        for row in rows:
            facts[tuple(row[name] for name in cell)] += 1
        for fact, count in facts.items():
            if count > 1:
                found.append(f"{count} claims of one fact: {' '.join(str(f) for f in fact if f is not None)}.")
    if len({bool(row["preferred"]) for row in rows if row.get("preferred") is not None}) > 1:
        found.append("some rows are in use and some are rival claims (preferred 1 and 0). Take one or the other.")
    for name, dimension in DIMENSIONS:
        words = sorted({str(row[name]) for row in rows if row.get(name) is not None})
        for one, other in combinations(words, 2):
            why = additivity.overlap(dimension, one, other)
            if why and _meet(rows, additivity, name, one, other):
                found.append(f"{name}: {why}")
    if any("period" in row for row in rows):
        found += _periods(rows)
    return list(dict.fromkeys(found))


def _meet(rows: Sequence[Row], additivity: Additivity, name: str, one: str, other: str) -> bool:
    """True when a row of each word could count the same tonnes: same year and period, and like words elsewhere."""

    def alike(a: Row, b: Row) -> bool:
        if a.get("year") != b.get("year") or a.get("period") != b.get("period"):
            return False
        return all(
            a.get(column) == b.get(column) or additivity.overlap(dimension, str(a.get(column)), str(b.get(column)))
            for column, dimension in DIMENSIONS
            if column != name
        )

    others = [row for row in rows if row.get(name) == other]
    return any(alike(row, another) for row in rows if row.get(name) == one for another in others)


def _periods(rows: Sequence[Row]) -> list[str]:
    flows: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for row in rows:
        flows[tuple(row.get(name) for name in ("exporter", "importer", "product"))].add(str(row["period"]))
    found = []
    for flow, periods in flows.items():
        for one, other in combinations(sorted(periods), 2):
            a, b = _months(one), _months(other)
            if a is None or b is None or (a[0] <= b[1] and b[0] <= a[1]):
                found.append(f"periods {one} and {other} of {' '.join(str(f) for f in flow)} overlap.")
    return found


def sum_safely(
    rows: Sequence[Row], additivity: Additivity, *, cell: Sequence[str] = (), column: str = "quantity"
) -> float:
    """The sum of a column over rows, or BadInput that says which rows may not be added and why."""
    why = refusals(rows, additivity, cell, column)
    if why:
        raise BadInput(f"These rows may not be added: {why[0]}", cure="Select rows that do not overlap.", faults=why)
    return math.fsum(float(row[column]) for row in rows)
