"""Which claim is used: the rules of table `rules`, applied to rows that speak of the same fact.

A rule with a place decides for that place alone. A rule without one decides for all places of a product, stage and
year together, because countries and their total must come from one series. A fact with a single claim needs no rule,
unless the series in use already closes the world (its rest of world would count it twice).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from didymium.schema.columns import Table

Row = Mapping[str, Any]
SCOPES = ("product", "stage", "country", "sector")


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of `rules`, ready to be matched."""

    rule_id: str
    action: str
    rank: int
    series: str | None
    scope: Mapping[str, frozenset[str]]
    year_from: int
    year_to: int

    @classmethod
    def of(cls, row: Row) -> Rule:
        """A rule from its table row."""
        scope = {name: frozenset(str(row[name]).split(";")) for name in SCOPES if row[name]}
        return cls(
            str(row["rule_id"]),
            str(row["action"]),
            int(row["rank"]),
            row["series"],
            scope,
            int(row["year_from"] or 0),
            int(row["year_to"] or 9999),
        )

    @property
    def specific(self) -> int:
        """How many limits the rule states: the narrower rule wins."""
        return len(self.scope) + (self.year_from > 0)

    def covers(self, row: Row, *, any_series: bool = False) -> bool:
        """True when the row lies in the scope (and, unless waived, in the series) of the rule."""
        if self.series and not any_series and row.get("series") != self.series:
            return False
        if not self.year_from <= int(row.get("year") or 0) <= self.year_to:
            return False
        for name, words in self.scope.items():
            if name == "country" and "country" not in row:
                if not words & {row.get("exporter"), row.get("importer")}:
                    return False
            elif row.get(name) not in words:
                return False
        return True


def rules_for(table: str, rules: Iterable[Row]) -> list[Rule]:
    """Rules that choose or exclude series of a table, the most telling first."""
    found = [Rule.of(row) for row in rules if row["table"] == table and row["action"] in ("prefer", "exclude")]
    return sorted(found, key=lambda rule: (-rule.specific, rule.rank, rule.rule_id))


@dataclass(frozen=True, slots=True)
class Choice:
    """Whether a row is used, by which rule (None = the only claim), and whether a rule is missing."""

    preferred: bool
    rule_id: str | None
    undecided: bool = False


UNUSED = Choice(False, None)


def _first(rules: Sequence[Rule], rows: Sequence[Row], among: Sequence[int]) -> tuple[Rule, int] | None:
    for rule in rules:
        for index in among:
            if rule.covers(rows[index]):
                return rule, index
    return None


def _groups(rows: Sequence[Row], names: Sequence[str]) -> dict[tuple[Any, ...], list[int]]:
    found: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        found[tuple(row[name] for name in names)].append(index)
    return found


def choose(table: Table, rows: Sequence[Row], rules: Iterable[Row]) -> list[Choice]:
    """For each row of the table, whether it is the claim in use and why."""
    known = rules_for(table.name, rules)
    excluding = [rule for rule in known if rule.action == "exclude"]
    preferring = [rule for rule in known if rule.action == "prefer"]
    local = [rule for rule in preferring if not table.footing or "country" in rule.scope]
    common = [rule for rule in preferring if table.footing and "country" not in rule.scope]
    chosen = [UNUSED] * len(rows)
    for index, row in enumerate(rows):
        excluded = next((rule for rule in excluding if rule.covers(row)), None)
        if excluded:
            chosen[index] = Choice(False, excluded.rule_id)
    open_rows = [i for i in range(len(rows)) if chosen[i].rule_id is None]
    base: dict[tuple[Any, ...], tuple[str, str, bool]] = {}
    if table.footing:
        for key, members in _groups(rows, table.footing).items():
            found = _first(common, rows, [i for i in members if chosen[i].rule_id is None])
            if found:
                series = str(rows[found[1]]["series"])
                closed = any(rows[i]["series"] == series and not rows[i]["is_total"] for i in members)
                base[key] = (series, found[0].rule_id, closed)
    cells: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for i in open_rows:
        cells[tuple(rows[i][name] for name in table.cell)].append(i)
    for members in cells.values():
        found = _first(local, rows, members)
        if found:
            chosen[found[1]] = Choice(True, found[0].rule_id)
            continue
        footing = base.get(tuple(rows[members[0]][name] for name in table.footing)) if table.footing else None
        if footing:
            of_base = next((i for i in members if rows[i]["series"] == footing[0]), None)
            if of_base is not None:
                chosen[of_base] = Choice(True, footing[1])
                continue
            if footing[2]:
                continue
        if len(members) == 1:
            chosen[members[0]] = Choice(True, None)
        else:
            for i in members:
                chosen[i] = Choice(bool(rows[i]["preferred"]), None, undecided=True)
    return chosen
