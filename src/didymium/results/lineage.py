"""What stands behind one number of an answer: rows with their roles, formula, scenario, proof of the solver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Behind:
    """A row of the data behind a number, and what it is there for."""

    role: str
    table: str
    row: Row
    value: float | str | None
    unit: str

    @property
    def row_id(self) -> str:
        """Name of the row."""
        return str(self.row["row_id"])

    def as_dict(self) -> dict[str, Any]:
        """The row as plain values."""
        return {"role": self.role, "table": self.table, "value": self.value, "value_unit": self.unit, **self.row}


@dataclass(frozen=True, slots=True)
class Lineage:
    """Why a number is what it is.

    `keys` say which row it stands in. `rows` are the rows of the data it is computed from, `assumptions` those of the
    tables of assumptions and grades, `rules` the decisions and corrections that touched any of them, `sources` what
    they were read from, `layers` where they came in. `scenario` is None where none was asked of; `certificates` are the
    proofs of the programmes behind a modelled number.
    """

    run_id: str
    command: str
    table: str
    number: int
    keys: Row
    column: str
    value: Any
    low: float | None
    high: float | None
    unit: str
    meaning: str
    formula: str
    formula_ja: str
    page: str
    rows: tuple[Behind, ...]
    assumptions: tuple[Row, ...]
    rules: tuple[Row, ...]
    sources: tuple[Row, ...]
    layers: tuple[Row, ...]
    scenario: Row | None
    certificates: tuple[Row, ...]
    runs: tuple[str, ...]
    dataset: Row
    version: str

    def as_dict(self) -> dict[str, Any]:
        """The whole lineage as plain values, for `--json`."""
        return {
            "command": "explain",
            "run_id": self.run_id,
            "dataset": dict(self.dataset),
            "question": self.command,
            "table": self.table,
            "row": self.number,
            "keys": dict(self.keys),
            "column": self.column,
            "value": self.value,
            "value_p10": self.low,
            "value_p90": self.high,
            "unit": self.unit,
            "meaning": self.meaning,
            "formula": self.formula,
            "page": self.page,
            "rows": [one.as_dict() for one in self.rows],
            "assumptions": [dict(one) for one in self.assumptions],
            "rules": [dict(one) for one in self.rules],
            "sources": [dict(one) for one in self.sources],
            "layers": [dict(one) for one in self.layers],
            "scenario": None if self.scenario is None else dict(self.scenario),
            "certificates": [dict(one) for one in self.certificates],
            "runs": list(self.runs),
        }


def prov(lineage: Lineage) -> dict[str, Any]:
    """The lineage as PROV-JSON (W3C member submission of 24 April 2013).

    The number is an entity that the run (an activity) generated out of the rows (entities), which were derived from
    their sources; the rules that chose or corrected a row are plans that the reading of the row followed.
    """
    run = f"run:{lineage.run_id}"
    table = f"{lineage.table}." if lineage.table else ""
    number = f"number:{_name(f'{lineage.run_id}.{table}{lineage.number}.{lineage.column}')}"
    entities: dict[str, dict[str, Any]] = {
        number: {
            "prov:type": "didymium:Number",
            "prov:value": lineage.value,
            "prov:label": f"{lineage.command} {lineage.column}",
            "didymium:unit": lineage.unit,
            "didymium:formula": lineage.formula,
        }
    }
    document: dict[str, Any] = {
        "prefix": {
            "didymium": "https://didymium.example/terms#",
            "run": "https://didymium.example/run/",
            "number": "https://didymium.example/number/",
            "row": "https://didymium.example/row/",
            "source": "https://didymium.example/source/",
            "rule": "https://didymium.example/rule/",
            "agent": "https://didymium.example/agent/",
        },
        "entity": entities,
        "activity": {run: {"prov:type": "didymium:Run", "didymium:dataset": str(lineage.dataset.get("id", ""))}},
        "agent": {"agent:didymium": {"prov:type": "prov:SoftwareAgent", "prov:label": f"Didymium {lineage.version}"}},
        "wasGeneratedBy": {"_:g1": {"prov:entity": number, "prov:activity": run}},
        "wasAssociatedWith": {"_:a1": {"prov:activity": run, "prov:agent": "agent:didymium"}},
    }
    used: dict[str, dict[str, str]] = {}
    derived: dict[str, dict[str, str]] = {}
    behind = [(one.row, one.table, one.value, one.unit) for one in lineage.rows]
    behind += [(row, str(row["row_id"]).partition(":")[0], row.get("value"), "") for row in lineage.assumptions]
    for row, name, value, unit in behind:
        entity = f"row:{_name(str(row['row_id']))}"
        if entity in entities:
            continue
        entities[entity] = {
            "prov:type": "didymium:Row",
            "prov:label": str(row["row_id"]),
            "didymium:table": name,
            "didymium:layer": str(row.get("layer", "")),
            **({} if value is None else {"prov:value": value}),
            **({"didymium:unit": unit} if unit else {}),
        }
        used[f"_:u{len(used) + 1}"] = {"prov:activity": run, "prov:entity": entity}
        derived[f"_:d{len(derived) + 1}"] = {"prov:generatedEntity": number, "prov:usedEntity": entity}
        for kind in ("source_id", "rule_id"):
            if row.get(kind):
                word = "source" if kind == "source_id" else "rule"
                derived[f"_:d{len(derived) + 1}"] = {
                    "prov:generatedEntity": entity,
                    "prov:usedEntity": f"{word}:{_name(str(row[kind]))}",
                }
    for source in lineage.sources:
        entities[f"source:{_name(str(source['source_id']))}"] = {
            "prov:type": "didymium:Source",
            "prov:label": str(source["title"]),
            "didymium:producer": str(source["producer"]),
            **({"prov:location": str(source["url"])} if source.get("url") else {}),
        }
    for rule in lineage.rules:
        entities[f"rule:{_name(str(rule['rule_id']))}"] = {
            "prov:type": "prov:Plan",
            "prov:label": str(rule["decision"]),
            "didymium:reason": str(rule["reason"]),
        }
    if used:
        document |= {"used": used, "wasDerivedFrom": derived}
    return document


def _name(text: str) -> str:
    """A text as the local part of a qualified name."""
    return quote(text, safe="").replace("~", "%7E")
