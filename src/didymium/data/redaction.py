"""The twin of a dataset that may be shown: confidential figures only by their class, confidential words not at all.

An answer made from the twin knows of a confidential figure no more than its class, whatever is subtracted from
whatever: all that leaves is computed from the twin, and the twin is the same for every figure of a class.

Classes are 0–1, 1–2, 2–5, 5–10, 10–20, … in the figure's own unit, and tenths for shares. In a figure's place stands
the middle of its class.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from didymium.data.dataset import Dataset, LayerRecord, Row, content_id, row_id
from didymium.schema import TABLES, Column, Table

HIDDEN = "confidential"
STEPS = (1.0, 2.0, 5.0)
KEPT_TEXTS = frozenset(("stock_type", "period", "hs_code", "hs_nomenclature", "capacity_unit"))
"""Text columns that say of which kind a row is, not what it tells."""


@dataclass(frozen=True, slots=True)
class Class:
    """The range in which a figure lies, all that is shown of it."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """What stands in the figure's place."""
        return (self.low + self.high) / 2

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"


def class_of(value: float, *, most: float | None = None) -> Class:
    """The class of a figure; `most` is the largest that its column allows, 1 for shares.

    >>> str(class_of(0.0)), str(class_of(0.7)), str(class_of(63800.0))
    ('0 to 1', '0 to 1', '50000 to 100000')
    >>> str(class_of(0.67, most=1.0)), str(class_of(1.0, most=1.0))
    ('0.6 to 0.7', '0.9 to 1')
    """
    if most is not None and most <= 1:
        tenth = min(max(math.floor(value * 10 + 1e-12), 0), 9)
        return Class(tenth / 10, (tenth + 1) / 10)
    size = abs(value)
    low, high = 0.0, 1.0
    if size >= 1:
        power = 10.0 ** math.floor(math.log10(size))
        power = power * 10 if size >= power * 10 else power / 10 if size < power else power
        step = max(step for step in STEPS if size >= step * power)
        low, high = step * power, (2 * power if step == 1 else 5 * power if step == 2 else 10 * power)
    return Class(low, high) if value >= 0 else Class(-high, -low)


def redacted(ds: Dataset) -> Dataset:
    """The twin of a dataset; the dataset itself if none of its layers is confidential."""
    secret = {r.name for r in ds.records if r.visibility == "confidential" and r.sha256}  # a twin's layers have no hash
    if not secret:
        return ds
    names = _Names(ds, secret)
    hidden_layers = {name: f"{HIDDEN}-{n}" for n, name in enumerate(sorted(secret, key=ds.layers.index), start=1)}
    content: dict[str, tuple[Row, ...]] = {}
    for name, rows in ds.content.items():
        table = TABLES[name]
        kept = [row for row in rows if row["layer"] not in secret]
        shown = _distinct([_row(row, table, names, hidden_layers) for row in _sorted(rows, secret, table)], table, kept)
        content[name] = (*kept, *({**row, "row_id": row_id(name, row)} for row in shown))
    if any(row["source_id"] == HIDDEN for rows in content.values() for row in rows if "source_id" in row):
        content["sources"] = (*content["sources"], _source(next(iter(hidden_layers.values()))))
    layers = tuple(hidden_layers.get(name, name) for name in ds.layers)
    records = tuple(
        LayerRecord(hidden_layers[r.name], r.visibility, r.is_stated, r.rows, "") if r.name in secret else r
        for r in ds.records
    )
    return Dataset(content, layers, ds.version, content_id(content), (), records)


def _sorted(rows: Sequence[Row], secret: set[str], table: Table) -> list[Row]:
    """Confidential rows in the order of their keys, which says nothing of their figures."""
    return sorted((row for row in rows if row["layer"] in secret), key=lambda r: str(r["row_id"]))


class _Names:
    """Which words of the key columns are public: those of a row that no confidential layer brought."""

    def __init__(self, ds: Dataset, secret: set[str]) -> None:
        self._public: dict[str, set[str]] = {}
        self._own: dict[str, dict[str, str]] = {}
        self._ds, self._secret = ds, secret

    def shown(self, table: Table, column: Column, value: Any) -> Any:
        """The word if the public tables have it, else a number in the place of the name."""
        where = column.references or f"{table.name}.{column.name}"
        source, _, name = where.partition(".")
        if where not in self._public:
            rows = self._ds.content[source]
            self._public[where] = {str(row[name]) for row in rows if row["layer"] not in self._secret}
            own = sorted({str(row[name]) for row in rows} - self._public[where])
            self._own[where] = {word: f"{HIDDEN}-{n}" for n, word in enumerate(own, start=1)}
        words = str(value).split(";") if column.kind == "list" else [str(value)]
        return ";".join(w if w in self._public[where] else self._own[where].get(w, HIDDEN) for w in words)


def _row(row: Row, table: Table, names: _Names, hidden: Mapping[str, str]) -> Row:
    shown: Row = {column.name: _cell(row, column, table, names) for column in table.columns}
    told = [c.name for c in table.columns if c.kind == "number" and row[c.name] is not None]
    if "basis" in shown and told:
        classes = ", ".join(f"{name} {class_of(float(row[name]), most=table.column(name).maximum)}" for name in told)
        shown["basis"] = f"{HIDDEN}; the middle of its class stands here: {classes}"
    return {**shown, "layer": hidden[row["layer"]]}


def _cell(row: Row, column: Column, table: Table, names: _Names) -> Any:
    value = row[column.name]
    if value is None:
        return None
    if column.kind == "number":
        return class_of(float(value), most=column.maximum).middle
    if column.kind == "integer":
        middle = class_of(float(value), most=column.maximum).middle
        return int(middle) if column.maximum is None else min(int(middle), int(column.maximum))
    if column.name == "source_id" and table.name != "sources":
        return HIDDEN
    if column.kind in ("flag", "year") or column.terms or column.name in KEPT_TEXTS:
        return value
    if column.kind == "date":
        return str(value)[:4]
    if column.kind == "url":
        return "https://confidential.invalid" if column.required else None
    if column.kind in ("id", "list"):
        target = column.references.partition(".")[0]
        if target in ("projects", "facilities", "sources") and column.name not in table.key and not column.required:
            return None  # which project or plant a row speaks of is what it tells
        return names.shown(table, column, value)
    return HIDDEN if column.required or column.name in table.key else None


def _distinct(rows: Sequence[Row], table: Table, kept: Sequence[Row]) -> list[Row]:
    """Rows whose keys fell together through hiding, told apart by numbers; a row of a public key keeps it."""
    taken = {row_id(table.name, row) for row in kept}
    found = []
    column = next((c for c in reversed(table.key) if _is_hidden_key(table.column(c))), None)
    for row in rows:
        number, tried = 1, row
        while row_id(table.name, tried) in taken and column is not None:
            number += 1
            tried = {**row, column: f"{HIDDEN}-{number}"}
        taken.add(row_id(table.name, tried))
        found.append(tried)
    return found


def _is_hidden_key(column: Column) -> bool:
    return column.kind == "text" and not column.terms and column.name not in KEPT_TEXTS


def _source(layer: str) -> Row:
    """The row of `sources` to which every confidential row points."""
    row: Row = {}
    for column in TABLES["sources"].columns:
        blank: Any = {"date": "2026", "url": "https://confidential.invalid", "flag": False, "year": 2026}.get(
            column.kind, HIDDEN
        )
        row[column.name] = (column.terms[0] if column.terms else blank) if column.required else None
    row |= {"source_id": HIDDEN, "layer": layer}
    return {**row, "row_id": row_id("sources", row)}
