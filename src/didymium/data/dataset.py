"""The facts as one value: typed rows of all tables, each knowing its layer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from didymium.data.additivity import Additivity, sum_safely
from didymium.data.evidence import Evidence, basis_kind
from didymium.errors import NotFound, UnknownTerm
from didymium.schema import TABLES
from didymium.schema.references import key_of

if TYPE_CHECKING:
    import pandas as pd

    from didymium.data.explain import Explanation

Row = dict[str, Any]
Made = TypeVar("Made")


def row_id(table: str, row: Mapping[str, Any]) -> str:
    """Name of a row: `table:` and the key parts joined by `|`; an unknown part is empty."""
    return f"{table}:{key_of(row, TABLES[table].key)}"


def in_order(key: Sequence[str], row: Mapping[str, Any]) -> tuple[str, ...]:
    """Where a row stands in its table: by the parts of its key as text, whatever the order of the file.

    Sums are taken and random numbers dealt in this order, so that a file sorted otherwise gives the same bytes.
    """
    return tuple("" if row[part] is None else str(row[part]) for part in key)


def content_id(rows: Mapping[str, Iterable[Mapping[str, Any]]]) -> str:
    """SHA-256 over all rows, by table and row id: order of rows and of columns and line ends do not matter."""
    digest = hashlib.sha256()
    for table in sorted(rows):
        for row in sorted(rows[table], key=lambda r: str(r["row_id"])):
            text = json.dumps([table, row], sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            digest.update(text.encode("utf-8"))
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class LayerRecord:
    """What a dataset knows of one of its layers: its name, who may see it, how many rows, the hash of its content.

    `is_stated` is False where the layer does not say who may see it, and `visibility` is the default.
    """

    name: str
    visibility: str
    is_stated: bool
    rows: int
    sha256: str

    def as_dict(self) -> dict[str, Any]:
        """The record as plain values."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


@dataclass(frozen=True, slots=True, repr=False)
class Dataset:
    """Checked rows of all tables after layers; never changes once opened.

    `warnings` are lines on layers that are sound by themselves but do not close a sum with the shipped rows.
    """

    content: Mapping[str, tuple[Row, ...]]
    layers: tuple[str, ...]
    version: str
    full_id: str
    warnings: tuple[str, ...] = ()
    records: tuple[LayerRecord, ...] = ()
    # Rows by the value of one column, made when first asked for: the same few columns are asked thousands of times.
    # No argument: a copy with other content makes its own.
    _by_value: dict[tuple[str, str], dict[Any, list[Row]]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    # What others have worked out of these rows alone; see `once`.
    _known: dict[Any, Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    def __repr__(self) -> str:
        rows = sum(len(table) for table in self.content.values())
        under = " < ".join(self.layers)
        return f"<Dataset {self.version} {self.id}: {rows:,} rows in {len(self.content)} tables, layers {under}>"

    @property
    def id(self) -> str:
        """Name of the dataset: 16 hex digits of the hash over its content."""
        return self.full_id[:16]

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of all tables."""
        return tuple(self.content)

    def describe(self) -> dict[str, Any]:
        """What names this dataset in a result; with layers, who may see each and the hash of its content."""
        named: dict[str, Any] = {"id": self.id, "version": self.version, "layers": list(self.layers)}
        return named | ({"layer_records": [r.as_dict() for r in self.records]} if self.records else {})

    def visible(self, visibility: str) -> tuple[str, ...]:
        """Names of the layers that may be seen by these alone."""
        return tuple(record.name for record in self.records if record.visibility == visibility)

    def redacted(self) -> Dataset:
        """The twin that may be shown: confidential figures by their class alone. The same dataset if there are none."""
        from didymium.data.redaction import redacted

        return redacted(self)

    def rows(self, table: str, /, **where: Any) -> list[Row]:
        """Rows of a table, as dicts of typed values; None means unknown.

        `where` keeps rows whose column equals the value, or is one of them if a tuple, list or set is given.
        """
        found: Sequence[Row] = self._table(table)
        whole = True
        for name, wanted in where.items():
            if name not in TABLES[table].column_names and name not in ("row_id", "layer"):
                raise UnknownTerm("column", name, TABLES[table].column_names, where=f"table {table}")
            allowed = set(wanted) if isinstance(wanted, (tuple, list, set, frozenset)) else {wanted}
            if whole and len(allowed) == 1:
                found = self._having(table, name).get(next(iter(allowed)), ())
            else:
                found = [row for row in found if row[name] in allowed]
            whole = False
        return [dict(row) for row in found]

    def _having(self, table: str, column: str) -> dict[Any, list[Row]]:
        """Rows of a table by the value of a column, each list in the order of the table."""
        found = self._by_value.get((table, column))
        if found is None:
            found = {}
            for row in self.content[table]:
                found.setdefault(row[column], []).append(row)
            self._by_value[table, column] = found
        return found

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What `make` works out of these rows, worked out once; `key` says all that it depends on beside them.

        It is shared, so it must not be changed.
        """
        if key not in self._known:
            self._known[key] = make()
        found: Made = self._known[key]
        return found

    def frame(self, table: str) -> pd.DataFrame:
        """The same rows as a DataFrame."""
        import pandas as pd

        columns = [*TABLES[table].column_names, "row_id", "layer"] if table in TABLES else []
        return pd.DataFrame.from_records(list(self._table(table)), columns=columns)

    def one(self, table: str, /, **key: Any) -> Row:
        """The single row with these values; NotFound if there is none or more than one."""
        found = self.rows(table, **key)
        if len(found) != 1:
            asked = " ".join(f"{name}={value}" for name, value in key.items())
            raise NotFound(f"{len(found)} rows match {asked}.", where=f"table {table}", cure="Give all key parts.")
        return found[0]

    def source(self, source_id: str) -> Row:
        """The row of `sources` that an id names."""
        for row in self._table("sources"):
            if row["source_id"] == source_id:
                return dict(row)
        raise UnknownTerm("source", source_id, (str(r["source_id"]) for r in self._table("sources")))

    def evidence(self, row: Mapping[str, Any]) -> Evidence:
        """Grade and relative standard deviation of a row, by its confidence and basis."""
        kind = basis_kind(row)
        grade = self.one("confidence_grades", confidence=row["confidence"], basis_kind=kind)
        return Evidence(
            grade["evidence"],
            grade["sigma_share"],
            grade["sigma_share_low"],
            grade["sigma_share_high"],
            f"{grade['confidence']}, {kind}: {grade['reason']}",
        )

    @property
    def additivity(self) -> Additivity:
        """Wholes and parts of products, places, uses and stages."""
        return Additivity.of(self._table("additivity"), self._table("places"))

    def sum_safely(self, table: str, rows: Sequence[Mapping[str, Any]], *, column: str = "quantity") -> float:
        """The sum of a column over rows of a table; BadInput when a row may not be added, with all reasons."""
        self._table(table)
        return sum_safely(rows, self.additivity, cell=TABLES[table].cell, column=column)

    def members(self, word: str, *, dimension: str = "product") -> tuple[str, ...]:
        """All parts of a group or aggregate (`rare_earths`, `EU27`, `recycled`), sorted; empty for a single thing."""
        parts = self.additivity.members(dimension, word)
        return tuple(sorted(parts - {"*"}))

    def mass_factor(self, have: str, want: str) -> float:
        """Times this, a mass on basis `have` becomes a mass on basis `want` (alloy, blank, finished).

        The product of the yields of the recipes that lead from one to the other.
        """
        products = {row["mass_basis"]: row["product"] for row in self._table("mass_bases")}
        for basis in (have, want):
            if basis not in products:
                raise UnknownTerm("mass basis", basis, products)
        if have == want:
            return 1.0
        start, goal = products[have], products[want]
        if start and goal:
            for one, other, inverse in ((start, goal, False), (goal, start, True)):
                factor = self._yield(one, other)
                if factor is not None:
                    return 1 / factor if inverse else factor
        raise NotFound(
            f"no recipe leads from {have} to {want} mass.", where="table recipes", cure="Compare like bases."
        )

    def _yield(self, start: str, goal: str) -> float | None:
        steps: dict[str, list[tuple[str, float]]] = {}
        for row in self._table("recipes"):
            if row["flow_role"] == "input" and row["yield_share"] is not None and row["main_output"]:
                steps.setdefault(row["product"], []).append((row["main_output"], row["yield_share"]))
        reached, todo = {start: 1.0}, [start]
        while todo:
            here = todo.pop(0)
            for then, share in steps.get(here, ()):
                if then not in reached:
                    reached[then] = reached[here] * share
                    todo.append(then)
        return reached.get(goal)

    def explain(self, table: str, *parts: str | int) -> Explanation:
        """Why a value is what it is: row in use, rule, source, confidence, basis, and rival claims.

        `parts` are key parts in order; parts that other parts imply (a stage, a series) may be left out:
        `explain("production", "nd_oxide", "CHN", 2024)`.
        """
        from didymium.data.explain import explain

        return explain(self, table, parts)

    def sql(self, query: str) -> pd.DataFrame:
        """The answer of an SQL query over all tables, in memory, without files or network."""
        from didymium.data.sql import query as run

        return run(self.content, query)

    def _table(self, table: str) -> tuple[Row, ...]:
        if table not in self.content:
            raise UnknownTerm("table", table, self.content, cure="List them: didymium data list")
        return self.content[table]
