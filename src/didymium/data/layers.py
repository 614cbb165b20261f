"""Layers: base ← partners ← the user's own; a later layer overrides by key and is checked before use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from didymium.data.dataset import Dataset, LayerRecord, Row, content_id, in_order, row_id
from didymium.data.layer_files import Layer, Tables, read_layer
from didymium.data.package import BASE, VERSION, base_tables
from didymium.errors import BadInput
from didymium.schema import TABLES
from didymium.schema.bodies import Body
from didymium.schema.check import check, merge
from didymium.schema.faults import Fault
from didymium.schema.laws import CLAIM_TABLES
from didymium.schema.preference import choose


def _settle(bodies: Mapping[str, Body]) -> None:
    """Let the latest layer's preferred claim win its fact, and the rules decide what no layer touched."""
    rules = bodies["rules"].rows
    for name in CLAIM_TABLES:
        body = bodies[name]
        if not any(body.layers) and not any(bodies["rules"].layers):
            continue
        own: dict[tuple[Any, ...], int] = {}
        for index, row in enumerate(body.rows):
            if body.layers[index] and row["preferred"]:
                cell = tuple(row[part] for part in body.table.cell)
                if cell not in own or body.layers[own[cell]] <= body.layers[index]:
                    own[cell] = index
        for index, choice in enumerate(choose(body.table, body.rows, rules)):
            row = body.rows[index]
            cell = tuple(row[part] for part in body.table.cell)
            wanted = own[cell] == index if cell in own else choice.preferred
            if row["preferred"] is not wanted:
                body.rows[index] = {**row, "preferred": wanted}


def _two_own_claims(layer: Tables) -> list[Fault]:
    faults = []
    for name in CLAIM_TABLES:
        if name not in layer:
            continue
        parsed = layer[name]
        first: dict[tuple[Any, ...], int] = {}
        for row, line in zip(parsed.rows, parsed.lines, strict=True):
            cell = tuple(row[part] for part in parsed.table.cell)
            if row["preferred"] and first.setdefault(cell, line) != line:
                what = f"{' '.join(str(c) for c in cell if c is not None)} is preferred here and in row {first[cell]}."
                faults.append(Fault(parsed.file, line, "preferred", "1", what, "Mark one of them 0."))
    return faults


def judge(layers: Sequence[Layer]) -> tuple[dict[str, Body], list[Fault]]:
    """Bodies after all layers, and the faults of the layers over the shipped tables."""
    faults = [fault for layer in layers for fault in layer.faults]
    bodies = merge(TABLES, [base_tables(), *(layer.tables for layer in layers)])
    if layers and not any(parsed.rows for layer in layers for parsed in layer.tables.values()):
        return bodies, faults  # no row came in that could break a law
    for layer in layers:
        faults += _two_own_claims(layer.tables)
    if layers:
        _settle(bodies)
    faults += check(bodies, since=1 if layers else 0)
    return bodies, faults


def open_layers(paths: Sequence[Path]) -> Dataset:
    """The dataset of the shipped tables and the layers, in order; BadInput when any of them has a fault."""
    for name, parsed in base_tables().items():
        if parsed.faults:
            lines = [fault.line() for fault in parsed.faults]
            raise BadInput(f"shipped table {name} has {len(lines)} faults. First: {lines[0]}", faults=lines)
    labels: list[str] = [BASE]
    read = []
    for path in paths:
        layer = read_layer(path)
        label = layer.name
        while label in labels:
            label += "+"
        labels.append(label)
        read.append(layer)
    bodies, faults = judge(read)
    errors = [fault.line() for fault in faults if fault.severity == "error"]
    if errors:
        more = f" and {len(errors) - 1} more faults" if len(errors) > 1 else ""
        raise BadInput(f"{errors[0]}{more}", cure="See all: didymium data check PATH" if more else "", faults=errors)
    content: dict[str, tuple[Row, ...]] = {}
    for name, body in bodies.items():
        rows = (
            {**row, "row_id": row_id(name, row), "layer": labels[layer]}
            for row, layer in zip(body.rows, body.layers, strict=True)
        )
        content[name] = tuple(sorted(rows, key=partial(in_order, body.table.key)))
    warnings = tuple(fault.line() for fault in faults if fault.severity == "warning")
    records = tuple(_record(label, layer) for label, layer in zip(labels[1:], read, strict=True))
    return Dataset(content, tuple(labels), VERSION, content_id(content), warnings, records)


def _record(label: str, layer: Layer) -> LayerRecord:
    own = {name: [{**row, "row_id": row_id(name, row)} for row in parsed.rows] for name, parsed in layer.tables.items()}
    rows = sum(len(found) for found in own.values())
    return LayerRecord(label, layer.visibility, layer.is_stated, rows, content_id(own))


def check_path(path: Path, *, table: str | None = None) -> list[Fault]:
    """All faults and warnings of a folder, a workbook, a CSV or JSON rows, judged over the shipped tables."""
    return sorted(judge([read_layer(path, table=table)])[1], key=lambda f: (f.file, f.row, f.column))
