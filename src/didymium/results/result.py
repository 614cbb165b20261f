"""The answer of a study: flat rows with units, sources and what was assumed."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from didymium.results.arrays import Arrays

Value = str | float | int | bool | None | list[str]
Row = Mapping[str, Value]

COMPLETE = "complete"
PARTIAL = "partial"


def _notices(dataset: Mapping[str, Any]) -> list[str]:
    """What to say first of the layers that not everybody may see."""
    if not dataset.get("layer_records"):
        return []
    from didymium.results.notices import layer_notices

    return layer_notices(dataset)


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a result: its unit (empty for text) and its meaning in the domain."""

    name: str
    unit: str
    meaning: str


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and shortest float text: equal values give equal bytes.

    Raises ValueError on NaN or infinity: unknown is `null`, never a number.
    """
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def run_id(command: str, request: Mapping[str, Any], dataset_id: str, code_version: str) -> str:
    """Name of a run: the first 12 hex digits of the hash of everything that decides its answer."""
    key = canonical_json([command, dict(request), dataset_id, code_version])
    return hashlib.sha256(key.encode("utf-8")).hexdigest()[:12]


def _checked(rows: Iterable[Row]) -> tuple[Row, ...]:
    kept = []
    for row in rows:
        for name, value in row.items():
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"column {name} holds {value}: unknown is None, with a status column that says why")
        kept.append(dict(row))
    return tuple(kept)


@dataclass(frozen=True, slots=True, repr=False)
class Result:
    """What a study answers.

    `rows` is the main table; `tables` holds further ones by name (for example `monthly`).
    `request` is the parsed question and, with the dataset's id and the code version, fixes `run_id`.
    `source_ids` and `assumptions` list the ids of the table rows that the numbers rest on.
    `status` is `complete`, or `partial` if a time limit stopped part of the work: then some numbers are missing.
    `arrays` are solved arrays by name, kept beside the answer; the answer itself holds their hashes, `array_hashes`.
    """

    command: str
    run_id: str
    request: Mapping[str, Any]
    dataset: Mapping[str, Any]
    rows: tuple[Row, ...]
    fields: tuple[Field, ...] = ()
    tables: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    source_ids: tuple[str, ...] = ()
    status: str = COMPLETE
    array_hashes: Mapping[str, str] = field(default_factory=dict)
    arrays: Mapping[str, Arrays] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(
        cls,
        command: str,
        *,
        request: Mapping[str, Any],
        dataset: Mapping[str, Any],
        code_version: str,
        rows: Iterable[Row],
        fields: Sequence[Field] = (),
        tables: Mapping[str, Iterable[Row]] | None = None,
        warnings: Iterable[str] = (),
        assumptions: Iterable[str] = (),
        source_ids: Iterable[str] = (),
        status: str = COMPLETE,
        arrays: Mapping[str, Arrays] | None = None,
    ) -> Result:
        """Build a result; its run id follows from request, dataset and code version."""
        hashes = {}
        if arrays:
            from didymium.results.arrays import content_hash

            hashes = {name: content_hash(arrays[name]) for name in sorted(arrays)}
        return cls(
            command=command,
            run_id=run_id(command, request, str(dataset["id"]), code_version),
            request=dict(request),
            dataset=dict(dataset),
            rows=_checked(rows),
            fields=tuple(fields),
            tables={name: _checked(part) for name, part in (tables or {}).items()},
            warnings=(*_notices(dataset), *warnings),
            assumptions=tuple(sorted(set(assumptions))),
            source_ids=tuple(sorted(set(source_ids))),
            status=status,
            array_hashes=hashes,
            arrays=dict(arrays or {}),
        )

    def __repr__(self) -> str:
        from didymium.results.display import line

        return line(self)

    def _repr_html_(self) -> str:
        """How notebooks show it."""
        from didymium.results.display import html

        return html(self)

    def table(self, name: str | None = None) -> pd.DataFrame:
        """The main table, or the named one, as a DataFrame."""
        import pandas as pd

        return pd.DataFrame.from_records([dict(r) for r in (self.rows if name is None else self.tables[name])])

    def by(self, *dims: str, table: str | None = None) -> pd.DataFrame:
        """Sums of the tonnes and dollars over everything but `dims`."""
        frame = self.table(table)
        sums = [c for c in frame.columns if c.endswith("_t") or ("_usd" in c and "per" not in c)]
        return frame.groupby(list(dims), as_index=False, sort=True)[sums].sum(min_count=1)

    def with_rows(self, rows: Iterable[Row]) -> Result:
        """The same result with other rows in the main table."""
        return replace(self, rows=_checked(rows))

    def as_dict(self) -> dict[str, Any]:
        """The one object that `--json` prints and the run store keeps."""
        return {
            "command": self.command,
            "run_id": self.run_id,
            "status": self.status,
            "request": dict(self.request),
            "dataset": dict(self.dataset),
            "unit_notes": {f.name: f"{f.meaning} [{f.unit}]" if f.unit else f.meaning for f in self.fields},
            "rows": [dict(r) for r in self.rows],
            "tables": {name: [dict(r) for r in part] for name, part in self.tables.items()},
            "warnings": list(self.warnings),
            "assumptions": list(self.assumptions),
            "source_ids": list(self.source_ids),
            **({"arrays": dict(self.array_hashes)} if self.array_hashes else {}),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Result:
        """The inverse of `as_dict`; field units come back from `unit_notes`. The arrays themselves are in the store."""
        fields = []
        for name, note in stored.get("unit_notes", {}).items():
            meaning, _, unit = note.rpartition(" [") if note.endswith("]") else (note, "", "")
            fields.append(Field(name, unit.removesuffix("]"), meaning))
        return cls(
            command=stored["command"],
            run_id=stored["run_id"],
            request=stored["request"],
            dataset=stored["dataset"],
            rows=_checked(stored["rows"]),
            fields=tuple(fields),
            tables={name: _checked(part) for name, part in stored["tables"].items()},
            warnings=tuple(stored["warnings"]),
            assumptions=tuple(stored["assumptions"]),
            source_ids=tuple(stored["source_ids"]),
            status=stored.get("status", COMPLETE),
            array_hashes=stored.get("arrays", {}),
        )
