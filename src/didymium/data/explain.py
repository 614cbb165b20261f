"""The lineage of a number: the row in use, the rule that chose it, its source, and what others claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from didymium.data.evidence import Evidence
from didymium.errors import BadInput, NotFound, UnknownTerm
from didymium.schema import TABLES
from didymium.schema.columns import Table
from didymium.schema.preference import Rule, choose
from didymium.schema.references import suggest

if TYPE_CHECKING:
    from didymium.data.dataset import Dataset

Row = dict[str, Any]
VALUE_COLUMNS = ("quantity", "value", "price", "capacity", "substitutability", "amount_usd_m", "budget_usd_m")
UNIT_COLUMNS = ("unit", "capacity_unit")
NARRATED = 8
"""Longest list of other rows in the plain text; all are in `as_dict`."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One row that speaks of the fact, with its source row and evidence."""

    row: Row
    source: Row | None
    evidence: Evidence | None

    @property
    def value(self) -> Any:
        """The number the row states, or None."""
        return next((self.row[name] for name in VALUE_COLUMNS if self.row.get(name) is not None), None)

    @property
    def unit(self) -> str:
        """The unit of that number."""
        return next((str(self.row[name]) for name in UNIT_COLUMNS if self.row.get(name)), "")

    def as_dict(self) -> dict[str, Any]:
        """The claim as plain values."""
        record: dict[str, Any] = {"value": self.value, "unit": self.unit, **self.row}
        record["source"] = self.source
        if self.evidence:
            record["evidence"] = self.evidence.grade
            record["sigma_share"] = self.evidence.sigma_share
        return record


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a value is what it is.

    `used` is the row in use (None: no claim is used), `rule` the row of `rules` that chose it (None: it is the only
    claim), `claims` the rival rows of the same fact, `other_forms` rows that contain it, are part of it or state it in
    another form, `settled` the rules on contradictions about it, `world` the total it belongs to.
    """

    table: str
    fact: Row
    names: Row
    used: Claim | None
    rule: Row | None
    claims: tuple[Claim, ...]
    other_forms: tuple[Claim, ...]
    settled: tuple[Row, ...]
    world: Claim | None

    def as_dict(self) -> dict[str, Any]:
        """The explanation as plain values, for `--json`."""
        return {
            "table": self.table,
            "fact": self.fact,
            "names": self.names,
            "used": self.used.as_dict() if self.used else None,
            "rule": self.rule,
            "claims": [claim.as_dict() for claim in self.claims],
            "other_forms": [claim.as_dict() for claim in self.other_forms],
            "settled": list(self.settled),
            "world": self.world.as_dict() if self.world else None,
            "share_of_world": self.share_of_world,
        }

    @property
    def share_of_world(self) -> float | None:
        """The value over the world total of the same series or use; None without one."""
        if not self.used or not self.world or not self.world.value or self.used.value is None:
            return None
        alike = all(self.used.row.get(n) == self.world.row.get(n) for n in ("unit", "mass_basis"))
        return float(self.used.value) / float(self.world.value) if alike and self.used.row != self.world.row else None

    def text(self, *, lang: str = "en") -> str:
        """The explanation in words, `en` or `ja`."""
        from didymium.data.explain_text import render

        return render(self, lang)


def locate(ds: Dataset, table: str, parts: Sequence[str | int]) -> list[Row]:
    """Rows that the key parts name; parts keep the order of the key, and may skip columns."""
    if not parts:
        raise BadInput("no row is named.", where=f"explain {table}", cure=f"Give: {', '.join(TABLES[table].key)}.")
    rows = ds.rows(table)
    columns = list(TABLES[table].key)
    for part in parts:
        word = str(part)
        taken = None
        for column in columns:
            if any(str(row[column]) == word for row in rows if row[column] is not None):
                taken = column
                break
        if taken is None:
            _not_there(ds, table, word, rows, columns)
        rows = [row for row in rows if str(row[taken]) == word]
        columns = columns[columns.index(taken) + 1 :]
    return rows


def _not_there(ds: Dataset, table: str, word: str, rows: Sequence[Row], columns: Sequence[str]) -> NoReturn:
    """Say whether the word is unknown, or known but without a row, and what there is instead."""
    where = f"explain {table}"
    for column in columns:
        reference = TABLES[table].column(column).references.partition(".")
        vocabulary = {str(row[reference[2]]): row for row in ds.rows(reference[0])} if reference[0] else {}
        if word in vocabulary or (not vocabulary and word.isdigit() and TABLES[table].column(column).kind == "year"):
            there = sorted({str(row[column]) for row in rows if row[column] is not None})
            shown = ", ".join(there[:12]) + (" …" if len(there) > 12 else "")
            raise NotFound(f"there is no row for {column} {word}.", where=where, cure=f"There are: {shown}.")
    known: dict[str, Row] = {}
    for column in columns:
        reference = TABLES[table].column(column).references.partition(".")
        labels = {str(row[reference[2]]): row for row in ds.rows(reference[0])} if reference[0] else {}
        for row in rows:
            if row[column] is not None:
                known.setdefault(str(row[column]), labels.get(str(row[column]), {}))
    kind = " or ".join(columns) if columns else "word"
    raise UnknownTerm(kind, word, (), where=where, cure=suggest(word, known) or f"List: didymium data table {table}")


def _fact_columns(table: Table) -> tuple[str, ...]:
    return table.cell or table.key


def _claim(ds: Dataset, row: Row) -> Claim:
    source = ds.source(str(row["source_id"])) if row.get("source_id") else None
    evidence = ds.evidence(row) if row.get("confidence") and "basis" in row else None
    return Claim(row, source, evidence)


def _names(ds: Dataset, table: Table, fact: Mapping[str, Any]) -> Row:
    found: Row = {}
    for name, word in fact.items():
        reference = table.column(name).references.partition(".")
        if word is not None and reference[0] in ("products", "places", "stages", "demand_sectors"):
            row = ds.one(reference[0], **{reference[2]: word})
            found[name] = {"en": row["name"], "ja": row["name_ja"]}
    return found


def _other_forms(ds: Dataset, table: Table, row: Row) -> list[Row]:
    if "product" not in row or "year" not in row:
        return []
    additivity = ds.additivity
    product = str(row["product"])
    related = additivity.members("product", product) | additivity.wholes("product", product)
    alike = [name for name in ("country", "exporter", "importer", "sector", "scenario", "period") if name in row]
    same = ["year", *alike]
    return [
        other
        for other in ds.rows(table.name, year=row["year"])
        if other["product"] in related
        and all(other[name] == row[name] for name in same)
        and other.get("preferred", True)
    ]


def _settled(ds: Dataset, table: Table, row: Row) -> list[Row]:
    found = []
    for rule in ds.rows("rules", table=table.name):
        parsed = Rule.of(rule)
        narrow = "product" in parsed.scope
        if rule["rule_id"] == row.get("rule_id") or (
            narrow and rule["action"] not in ("prefer", "convert") and parsed.covers(row, any_series=True)
        ):
            found.append(rule)
    return found


def explain(ds: Dataset, table: str, parts: Sequence[str | int]) -> Explanation:
    """The lineage of the one fact that the key parts name."""
    rows = locate(ds, table, parts)
    declared = TABLES[table]
    columns = _fact_columns(declared)
    facts = {tuple(row[name] for name in columns): row for row in rows}
    if len(facts) > 1:
        free = [name for i, name in enumerate(columns) if len({fact[i] for fact in facts}) > 1]
        words = sorted({str(row[free[0]]) for row in rows})
        shown = ", ".join(words[:12]) + (" …" if len(words) > 12 else "")
        raise BadInput(f"{len(facts)} facts match.", where=f"explain {table}", cure=f"Add {free[0]}: {shown}.")
    fact = dict(zip(columns, next(iter(facts)), strict=True))
    claims = [row for row in ds.rows(table) if all(row[name] == value for name, value in fact.items())]
    used = next((row for row in claims if row.get("preferred", True)), None)
    rule = None
    if used is not None and declared.cell:
        peers = ds.rows(table)
        choices = choose(declared, peers, ds.rows("rules"))
        index = next(i for i, row in enumerate(peers) if row["row_id"] == used["row_id"])
        if choices[index].rule_id and used["layer"] == "base":
            rule = ds.one("rules", rule_id=choices[index].rule_id)
    anchor = used or claims[0]
    world = None
    if used is not None and used.get("country") not in (None, "WLD"):
        total = {name: value for name, value in fact.items() if name != "country"}
        worlds = [row for row in ds.rows(table, country="WLD", **total) if row.get("preferred", True)]
        world = _claim(ds, worlds[0]) if len(worlds) == 1 else None
    return Explanation(
        table,
        fact,
        _names(ds, declared, fact),
        _claim(ds, used) if used else None,
        rule,
        tuple(
            _claim(ds, row) for row in claims if row is not used and (used is None or row["row_id"] != used["row_id"])
        ),
        tuple(_claim(ds, row) for row in _other_forms(ds, declared, anchor)),
        tuple(_settled(ds, declared, anchor)),
        world,
    )
