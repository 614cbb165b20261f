"""Layers: base ← partners ← the user's own; a later layer overrides by key and is checked before use."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from didymium.data.dataset import Dataset, Row, content_id, row_id
from didymium.data.package import BASE, VERSION, base_tables
from didymium.errors import BadInput
from didymium.schema import TABLES
from didymium.schema.bodies import Body
from didymium.schema.check import check, merge
from didymium.schema.faults import Fault
from didymium.schema.laws import CLAIM_TABLES
from didymium.schema.preference import choose
from didymium.schema.reader import Parsed, read_records, read_table
from didymium.schema.references import suggest

Layer = dict[str, Parsed]


TABLE_SUFFIXES = (".csv", ".json", ".xlsx", ".xls", ".tsv", ".parquet")
"""Files of a folder that look like tables; those that cannot be read are named, never skipped."""

NO_TABLES = ("datapackage.json", "import.json")


def _no_table(label: str, name: str) -> Fault:
    hint = suggest(name, {known: {} for known in TABLES}) or f"Tables are: {', '.join(sorted(TABLES))}."
    return Fault(label, 0, "", name, f"there is no table {name!r}.", hint)


def _read_json(data: bytes, path: Path, label: str, table: str | None) -> tuple[Layer, list[Fault]]:
    """Rows of one table as JSON: a list of objects, or {"table": name, "rows": [...]}."""
    try:
        found = json.loads(data.decode("utf-8-sig"), parse_constant=_no_constant)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        return {}, [Fault(label, 0, "", "", f"the file is not JSON in UTF-8 ({error}).", "Expected a list of rows.")]
    name, rows = table or path.stem, found
    if isinstance(found, Mapping):
        name, rows = str(found.get("table", name)), found.get("rows")
    if name not in TABLES:
        return {}, [_no_table(label, name)]
    if not isinstance(rows, list):
        return {}, [Fault(label, 0, "", "", "there is no list of rows.", 'Expected [{"column": value, …}, …].')]
    return {name: read_records(rows, TABLES[name], label)}, []


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is no number: unknown is null")


def read_layer(path: Path, *, table: str | None = None) -> tuple[Layer, list[Fault]]:
    """Rows of a folder of tables, of one CSV named after its table, or of JSON rows; with all reading faults."""
    if not path.exists():
        raise BadInput("no such file or folder.", where=path.name, cure="Give a folder of tables, a CSV, or JSON rows.")
    files = [path]
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if _is_table_file(file))
        if not files:
            raise BadInput("the folder holds no table.", where=path.name, cure="Expected files such as production.csv.")
    layer: Layer = {}
    faults: list[Fault] = []
    for file in files:
        label = f"{path.name}/{file.name}" if path.is_dir() else file.name
        try:
            data = file.read_bytes()
        except OSError as error:
            faults.append(Fault(label, 0, "", "", f"the file cannot be read ({error.strerror}).", "Check the file."))
            continue
        found, bad = _read_file(data, file, label, table)
        faults += bad
        for name, parsed in found.items():
            if name in layer:
                faults.append(Fault(label, 0, "", name, f"table {name} comes twice.", "Keep one file for it."))
                continue
            layer[name] = parsed
            faults += parsed.faults
    return layer, faults


def _is_table_file(path: Path) -> bool:
    return path.suffix.lower() in TABLE_SUFFIXES and path.name not in NO_TABLES and not path.name.startswith(".")


def _read_file(data: bytes, path: Path, label: str, table: str | None) -> tuple[Layer, list[Fault]]:
    suffix = path.suffix.lower()
    if suffix == ".json":
        return _read_json(data, path, label, table)
    if suffix != ".csv":
        what = f"{suffix or 'a file without ending'} is not read as a table."
        return {}, [Fault(label, 0, "", path.name, what, "Save it as CSV in UTF-8, or as JSON rows.")]
    name = table or path.stem
    if name not in TABLES:
        return {}, [_no_table(label, name)]
    return {name: read_table(data, TABLES[name], label)}, []


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


def _two_own_claims(layer: Layer) -> list[Fault]:
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


def judge(layers: Sequence[tuple[str, Layer, list[Fault]]]) -> tuple[dict[str, Body], list[Fault]]:
    """Bodies after all layers, and the faults of the layers over the shipped tables."""
    faults = [fault for _, _, bad in layers for fault in bad]
    bodies = merge(TABLES, [base_tables(), *(layer for _, layer, _ in layers)])
    for _, layer, _ in layers:
        faults += _two_own_claims(layer)
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
        label = path.name or "layer"
        while label in labels:
            label += "+"
        labels.append(label)
        read.append((label, *read_layer(path)))
    bodies, faults = judge(read)
    errors = [fault.line() for fault in faults if fault.severity == "error"]
    if errors:
        more = f" and {len(errors) - 1} more faults" if len(errors) > 1 else ""
        raise BadInput(f"{errors[0]}{more}", cure="See all: didymium data check PATH" if more else "", faults=errors)
    content: dict[str, tuple[Row, ...]] = {}
    for name, body in bodies.items():
        content[name] = tuple(
            {**row, "row_id": row_id(name, row), "layer": labels[layer]}
            for row, layer in zip(body.rows, body.layers, strict=True)
        )
    warnings = tuple(fault.line() for fault in faults if fault.severity == "warning")
    return Dataset(content, tuple(labels), VERSION, content_id(content), warnings)


def check_path(path: Path, *, table: str | None = None) -> list[Fault]:
    """All faults and warnings of a folder, a CSV or JSON rows, judged over the shipped tables."""
    layer, faults = read_layer(path, table=table)
    return sorted(judge([(path.name, layer, faults)])[1], key=lambda f: (f.file, f.row, f.column))
