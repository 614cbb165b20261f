"""What differs between two sets of tables: two editions, two layers, or the shipped facts and an import."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from didymium.schema import TABLES

Row = Mapping[str, Any]
Change = Literal["added", "removed", "changed", "equal"]
Sides = Mapping[str, Sequence[Row]]

EDITION = ("series", "vintage", "body", "series_as_given", "place_as_given", "source_id", "is_total", "preferred")
"""Columns that say who states a fact and in which words, not which fact."""

AMOUNTS = ("quantity", "value", "price", "value_usd")
"""Columns that hold what a row says, the first that is not empty; a table without one is not compared."""

TOLD = ("attribute", "product", "stage", "country", "exporter", "importer", "partner", "sector", "indicator", "period")
EQUAL = 5e-6
"""Shipped figures have six significant digits: a smaller relative difference is none."""
CLOSE = 1e-3
"""Below this a difference is told as close: rounding, or a factor with another atomic weight."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact on both sides. `share` is the relative change from A to B, None where there is none."""

    table: str
    key: str
    change: Change
    a: Row | None
    b: Row | None
    share: float | None

    def as_dict(self) -> dict[str, Any]:
        """The difference as a flat record."""
        row = self.b or self.a or {}
        told = {name: row[name] for name in TOLD if name in row}
        told.setdefault("period", str(row["year"]) if row.get("year") is not None else None)
        a, b = figure(self.a), figure(self.b)
        return {
            "table": self.table,
            "change": self.change,
            **{name: told.get(name) for name in TOLD},
            "unit": row.get("unit"),
            "a": a,
            "b": b,
            "difference": b - a if isinstance(a, float) and isinstance(b, float) else None,
            "change_share": self.share,
            "a_status": (self.a or {}).get("value_status"),
            "b_status": (self.b or {}).get("value_status"),
            "a_source": (self.a or {}).get("source_id"),
            "b_source": (self.b or {}).get("source_id"),
            "key": self.key,
        }


def figure(row: Row | None) -> float | str | None:
    """What a row says: its number, or its bounds or mark in words."""
    if row is None:
        return None
    number = _number(row)
    if number is not None:
        return number
    low, high = row.get("quantity_low"), row.get("quantity_high")
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    if low is not None or high is not None:
        return f"at least {low:g}" if low is not None else f"at most {high:g}"
    return str(row.get("figure_as_given") or row.get("value_status") or "")


def differences(a: Sides, b: Sides, tables: Iterable[str] | None = None) -> list[Difference]:
    """Facts that A and B state, equal ones too, the largest relative change first.

    Rows are matched by the key of their table without the words of the edition. Claims of a series that both sides
    hold are matched with their like; where no series is common, the claim in use stands for its fact.
    """
    found: list[Difference] = []
    for name in tables or sorted({*a, *b}):
        if any(column.name in AMOUNTS and column.kind == "number" for column in TABLES[name].columns):
            found += _of_table(name, a.get(name, ()), b.get(name, ()))
    return sorted(found, key=lambda d: (-abs(d.share or 0.0), d.table, d.change, d.key))


def _of_table(name: str, a: Sequence[Row], b: Sequence[Row]) -> list[Difference]:
    key = TABLES[name].key
    short = tuple(part for part in key if part not in EDITION)
    if "series" in key:
        common = {row["series"] for row in a} & {row["series"] for row in b}
        if common:
            short = key
        else:
            a, b = _in_use(a, short), _in_use(b, short)
    groups: dict[str, tuple[list[Row], list[Row]]] = defaultdict(lambda: ([], []))
    for side, rows in enumerate((a, b)):
        for row in rows:
            groups[_joined(row, short)][side].append(row)
    found = []
    for label, (left, right) in groups.items():
        if len(left) <= 1 and len(right) <= 1:
            found.append(_one(name, label, left[0] if left else None, right[0] if right else None))
            continue
        words = tuple(part for part in key if part != "vintage")
        ones = {_joined(row, words): row for row in left}
        others = {_joined(row, words): row for row in right}
        for full in sorted({*ones, *others}):
            found.append(_one(name, full, ones.get(full), others.get(full)))
    return found


def _in_use(rows: Sequence[Row], cell: Sequence[str]) -> list[Row]:
    """One claim for each fact: the preferred one, or the only one."""
    claims: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        claims[_joined(row, cell)].append(row)
    return [
        row
        for of in claims.values()
        for row in (of if len(of) == 1 else [row for row in of if row.get("preferred")][:1])
    ]


def _one(table: str, key: str, a: Row | None, b: Row | None) -> Difference:
    if a is None or b is None:
        return Difference(table, key, "added" if a is None else "removed", a, b, None)
    one, other = _number(a), _number(b)
    if one is None or other is None:
        same = figure(a) == figure(b) and a.get("value_status") == b.get("value_status")
        return Difference(table, key, "equal" if same else "changed", a, b, None)
    if abs(other - one) <= EQUAL * max(abs(one), abs(other)):
        return Difference(table, key, "equal", a, b, 0.0)
    return Difference(table, key, "changed", a, b, other / one - 1 if one else None)


def _number(row: Row) -> float | None:
    for name in AMOUNTS:
        if isinstance(row.get(name), int | float):
            return float(row[name])
    return None


def _joined(row: Row, parts: Sequence[str]) -> str:
    return "|".join("" if row[part] is None else str(row[part]) for part in parts)


def agreement(found: Iterable[Difference], by: Sequence[str] = ("table", "product")) -> list[dict[str, Any]]:
    """How far two sides agree, for each table and product, or for other columns of the differences.

    matched = equal + close + different: facts that both state. only_a and only_b: facts of one side.
    """
    counts: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    largest: dict[tuple[Any, ...], tuple[float, str]] = {}
    for one in found:
        row = one.as_dict()
        group = tuple(row[name] for name in by)
        counts[group][_class(one)] += 1
        share = abs(one.share) if one.share is not None else 0.0
        if share > largest.get(group, (0.0, ""))[0]:
            largest[group] = share, one.key
    rows = []
    for group in sorted(counts, key=lambda g: tuple(str(part or "") for part in g)):
        n = counts[group]
        rows.append(
            {
                **dict(zip(by, group, strict=True)),
                "matched": n["equal"] + n["close"] + n["different"],
                "equal": n["equal"],
                "close": n["close"],
                "different": n["different"],
                "only_a": n["removed"],
                "only_b": n["added"],
                "largest_change_share": largest.get(group, (None, ""))[0],
                "largest_change": largest.get(group, (None, ""))[1] or None,
            }
        )
    return rows


def _class(one: Difference) -> str:
    if one.change in ("added", "removed", "equal"):
        return one.change
    return "close" if one.share is not None and abs(one.share) <= CLOSE else "different"
