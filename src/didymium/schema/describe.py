"""The declarations as documents: Frictionless `datapackage.json` and the data dictionary."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from didymium.schema.columns import Column, Table

FRICTIONLESS_TYPES = {"number": "number", "integer": "integer", "year": "year", "flag": "boolean"}
DATE_PATTERN = r"\d{4}(-\d{2}(-\d{2})?)?"
KIND_WORDS = {
    "text": "text",
    "id": "word",
    "list": "words joined by ;",
    "number": "number",
    "integer": "whole number",
    "year": "year",
    "date": "ISO date, may be partial",
    "flag": "0 or 1",
    "url": "web address",
}


def _field(column: Column) -> dict[str, Any]:
    kind = FRICTIONLESS_TYPES.get(column.kind, "string")
    field: dict[str, Any] = {"name": column.name, "type": kind, "description": column.meaning}
    if kind == "boolean":
        field |= {"trueValues": ["1"], "falseValues": ["0"]}
    if column.unit:
        field["unit"] = column.unit
    limits: dict[str, Any] = {}
    if column.required:
        limits["required"] = True
    if column.terms and column.kind != "list":
        limits["enum"] = list(column.terms)
    if column.minimum is not None:
        limits["minimum"] = int(column.minimum) if column.kind in ("year", "integer") else column.minimum
    if column.maximum is not None:
        limits["maximum"] = int(column.maximum) if column.kind in ("year", "integer") else column.maximum
    if column.kind == "date":
        limits["pattern"] = DATE_PATTERN
    if column.kind == "url":
        limits["pattern"] = r"https?://\S+"
    if limits:
        field["constraints"] = limits
    if column.example:
        field["example"] = column.example
    return field


def _foreign_keys(table: Table) -> list[dict[str, Any]]:
    keys = []
    for column in table.columns:
        if column.references and column.kind == "id":
            resource, _, field = column.references.partition(".")
            target = "" if resource == table.name else resource
            keys.append({"fields": [column.name], "reference": {"resource": target, "fields": [field]}})
    return keys


def resource(table: Table, data: bytes) -> dict[str, Any]:
    """One table as a Frictionless tabular data resource."""
    schema: dict[str, Any] = {
        "fields": [_field(column) for column in table.columns],
        "missingValues": [""],
        "primaryKey": list(table.key),
    }
    if keys := _foreign_keys(table):
        schema["foreignKeys"] = keys
    return {
        "name": table.name.replace("_", "-"),
        "path": f"tables/{table.name}.csv",
        "profile": "tabular-data-resource",
        "title": table.title,
        "description": table.meaning,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(data),
        "hash": f"sha256:{hashlib.sha256(data).hexdigest()}",
        "schema": schema,
    }


def datapackage(tables: Mapping[str, Table], data: Mapping[str, bytes], version: str) -> str:
    """`datapackage.json` of the tables: Frictionless tabular data package, version 1."""
    resources = [resource(table, data[name]) for name, table in tables.items()]
    names = {name: name.replace("_", "-") for name in tables}
    for entry in resources:
        for key in entry["schema"].get("foreignKeys", ()):
            target = key["reference"]["resource"]
            key["reference"]["resource"] = names.get(target, target)
    package = {
        "profile": "tabular-data-package",
        "name": "didymium-critical-minerals",
        "title": "Didymium: critical-mineral supply, demand, trade, projects and policy",
        "description": "Curated public facts, one fact a row, with source, confidence and basis. "
        "Terms of use stand with each source in the table sources.",
        "version": version,
        "resources": resources,
    }
    return json.dumps(package, ensure_ascii=False, indent=1) + "\n"


def _allowed(column: Column) -> str:
    parts = []
    if column.terms:
        parts.append(", ".join(f"`{term}`" for term in column.terms))
    if column.references:
        parts.append(f"a word of `{column.references}`")
    if column.minimum is not None and column.maximum is not None:
        parts.append(f"{column.minimum:g} to {column.maximum:g}")
    elif column.minimum is not None:
        parts.append(f"at least {column.minimum:g}")
    elif column.maximum is not None:
        parts.append(f"at most {column.maximum:g}")
    return "; ".join(parts)


def _unit(column: Column) -> str:
    if column.unit.startswith("{"):
        return f"see `{column.unit[1:-1]}`"
    return column.unit


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _table_page(table: Table, rows: int) -> list[str]:
    key = ", ".join(f"`{name}`" for name in table.key)
    lines = [f"## {table.name}", "", f"**{table.title}** ({table.title_ja}). {table.meaning}", ""]
    lines.append(f"{rows:,} rows. Key: {key}.")
    if table.cell:
        cell = ", ".join(f"`{name}`" for name in table.cell)
        lines.append(f"Rows that share {cell} are claims of one fact; at most one is preferred.")
    for note in table.notes:
        lines.append(note)
    lines += ["", "| column | kind | unit | meaning | allowed |", "|---|---|---|---|---|"]
    for column in table.columns:
        kind = KIND_WORDS[column.kind] + ("" if column.required else ", may be empty")
        cells = (f"`{column.name}`", kind, _unit(column), _cell(column.meaning), _cell(_allowed(column)))
        lines.append("| " + " | ".join(cells) + " |")
    return [*lines, ""]


def dictionary(tables: Mapping[str, Table], rows: Mapping[str, int], version: str) -> str:
    """The data dictionary as a Markdown page."""
    lines = [
        "# Tables",
        "",
        f"Data version {version}. This page is generated from the declarations in `didymium.schema`.",
        "",
        "Every table is a CSV file in UTF-8 with a header. An empty cell means unknown; zero means zero. Shares are",
        "fractions from 0 to 1. Dates are ISO dates and may stop at the year or the month. A word column holds words",
        "of a vocabulary table or of a closed list.",
        "",
        "| table | what a row states | rows |",
        "|---|---|---|",
    ]
    for name, table in tables.items():
        lines.append(f"| [{name}](#{name}) | {_cell(table.meaning)} | {rows[name]:,} |")
    lines.append("")
    for name, table in tables.items():
        lines += _table_page(table, rows[name])
    return "\n".join(lines).rstrip("\n") + "\n"
