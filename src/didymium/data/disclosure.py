"""What may be told of confidential figures: each by its class, and sums from which no figure can be worked back.

A sum over the figures of a product and of a place is withheld when fewer than `LEAST` figures are in it or when one of
them makes up more than `MOST_SHARE` of it (primary suppression). What is left is audited as an attacker would: from all
classes and all sums that are told, a linear programme seeks the least and the largest value each figure can have. As
long as one can be narrowed within its class, the sum that narrows it is withheld too (secondary suppression).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from didymium.data.dataset import Dataset, Row
from didymium.data.explain import VALUE_COLUMNS
from didymium.data.redaction import Class, class_of
from didymium.schema import TABLES

LEAST = 3
"""Figures that a sum must hold."""
MOST_SHARE = 0.75
"""Part of a sum that one figure may make up."""
MARGIN = 1e-6


@dataclass(frozen=True, slots=True)
class Told:
    """A sum over some figures (by position) as its class, or withheld for a reason."""

    members: tuple[int, ...]
    shown: Class | None
    reason: str


def classes_of(ds: Dataset) -> list[Row]:
    """Every figure of the confidential layers by its class, with the words that the twin shows."""
    secret = {record.name for record in ds.redacted().records if not record.sha256}
    found = []
    for name, rows in ds.redacted().content.items():
        for row in rows:
            if row["layer"] not in secret or name == "sources":
                continue
            for column in TABLES[name].columns:
                if column.kind == "number" and row[column.name] is not None:
                    shown = class_of(float(row[column.name]), most=column.maximum)
                    words = {key: row.get(key) for key in ("product", "country", "year", "unit")}
                    ends = {"class_low": shown.low, "class_high": shown.high}
                    found.append({"table": name, **words, "column": column.name, **ends})
    return found


def sums_of(ds: Dataset) -> list[Row]:
    """Sums of the confidential figures by product and by place, told or withheld, by table, column, unit and year."""
    secret = set(ds.visible("confidential"))
    groups: dict[tuple[str, str, str, Any], list[Row]] = {}
    for name, entries in ds.content.items():
        table = TABLES[name]
        if "product" not in table.column_names or "country" not in table.column_names:
            continue
        for row in entries:
            column = next((c for c in VALUE_COLUMNS if row.get(c) is not None), None)
            if row["layer"] in secret and column is not None and row[column] >= 0 and not row.get("is_total"):
                unit = str(row.get("unit") or row.get("capacity_unit") or "")
                if unit and not unit.startswith("share"):
                    groups.setdefault((name, column, unit, row.get("year")), []).append(row)
    found: list[Row] = []
    for (name, column, unit, year), rows in sorted(groups.items(), key=lambda item: str(item[0])):
        figures = [float(row[column]) for row in rows]
        cells: dict[tuple[str, str], tuple[int, ...]] = {}
        for by in ("product", "country"):
            for word in sorted({str(row[by]) for row in rows}):
                cells[by, word] = tuple(i for i, row in enumerate(rows) if str(row[by]) == word)
        cells["all", ""] = tuple(range(len(rows)))
        for ((by, word), members), told in zip(cells.items(), told_sums(figures, list(cells.values())), strict=True):
            found.append(
                {
                    "table": name,
                    "column": column,
                    "unit": unit,
                    "year": year,
                    "by": by,
                    "word": word,
                    "figures": len(members) if len(members) >= LEAST else None,
                    "class_low": told.shown.low if told.shown else None,
                    "class_high": told.shown.high if told.shown else None,
                    "status": told.reason or "told",
                }
            )
    return found


def told_sums(figures: Sequence[float], cells: Sequence[tuple[int, ...]]) -> list[Told]:
    """Each sum as its class or withheld, so that no figure is narrowed within its own class.

    `cells` are the members of each sum. Primary: `few` or `dominated`. Secondary: `narrows`.
    """
    told: list[Told] = []
    for members in cells:
        parts = [figures[i] for i in members]
        whole = sum(parts)
        reason = "few" if len(parts) < LEAST else "dominated" if whole <= 0 or max(parts) > MOST_SHARE * whole else ""
        told.append(Told(members, None if reason else class_of(whole), reason))
    while True:
        worst = _narrowing(figures, told)
        if worst is None:
            return told
        told[worst] = Told(told[worst].members, None, "narrows")


def _narrowing(figures: Sequence[float], told: Sequence[Told]) -> int | None:
    """The smallest told sum that holds a figure which can be narrowed within its class; None if none can be."""
    open_sums = [n for n, one in enumerate(told) if one.shown is not None]
    for n in sorted(open_sums, key=lambda n: len(told[n].members)):
        for figure in told[n].members:
            low, high = bounds(figures, told, figure)
            own = class_of(figures[figure])
            if low > own.low + MARGIN * own.high or high < own.high - MARGIN * own.high:
                return n
    return None


def bounds(figures: Sequence[float], told: Sequence[Told], figure: int) -> tuple[float, float]:
    """Least and largest value of a figure that agree with all classes and all sums that are told: the attack."""
    import numpy as np
    from scipy.optimize import linprog

    own = [class_of(value) for value in figures]
    rows, limits = [], []
    for one in told:
        if one.shown is None:
            continue
        line = np.zeros(len(figures))
        line[list(one.members)] = 1.0
        rows += [line, -line]
        limits += [one.shown.high, -one.shown.low]
    ends = []
    for sign in (1.0, -1.0):
        aim = np.zeros(len(figures))
        aim[figure] = sign
        solved = linprog(
            aim,
            A_ub=np.array(rows) if rows else None,
            b_ub=np.array(limits) if rows else None,
            bounds=[(c.low, c.high) for c in own],
            method="highs",
        )
        if solved.fun is None:
            raise RuntimeError(f"the audit of the sums was not solved: {solved.message}")
        ends.append(sign * float(solved.fun))
    return ends[0], ends[1]
