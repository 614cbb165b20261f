"""Layers: base ← partners ← the user's own; a later layer overrides by key."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from didymium.data.dataset import Dataset, Row, content_id, row_id
from didymium.data.package import BASE, VERSION, base_tables
from didymium.errors import BadInput


def open_layers(folders: Sequence[Path]) -> Dataset:
    """The dataset of the shipped tables and the folders, in order."""
    content: dict[str, dict[str, Row]] = {}
    faults = []
    for name, parsed in base_tables().items():
        faults += [fault.line() for fault in parsed.faults]
        rows: dict[str, Row] = {}
        for row in parsed.rows:
            key = row_id(name, row)
            rows[key] = {**row, "row_id": key, "layer": BASE}
        content[name] = rows
    if faults:
        raise BadInput(f"{len(faults)} faults in the shipped tables. First: {faults[0]}", faults=faults)
    tables = {name: tuple(rows.values()) for name, rows in content.items()}
    return Dataset(tables, (BASE,), VERSION, content_id(tables))
