"""From a number of a kept answer back to the rows of the data: which rows, by which formula, under which scenario.

Which formula a column has, and which kinds of rows (roles) it rests on, stands in `formulas.csv`; how the rows of a
role are found stands here. A calibrated or modelled number rests on observations: those named are the ones that speak
of its product, stage and place, not all that the least squares couple with them.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import didymium
from didymium.data import Dataset
from didymium.data.explain import UNIT_COLUMNS, VALUE_COLUMNS
from didymium.errors import BadInput, NotFound, UnknownTerm
from didymium.results import Result
from didymium.results.lineage import Behind, Lineage
from didymium.scenario.inputs import Observation

Row = Mapping[str, Any]

KEYS = (
    "command",
    "scenario",
    "foresight",
    "family",
    "party",
    "place",
    "region",
    "country",
    "partner",
    "origin",
    "destination",
    "stage",
    "product",
    "element",
    "sector",
    "lever",
    "measure",
    "series",
    "project_id",
    "measure_id",
    "commitment_id",
    "agreement_id",
    "assumption_id",
    "state",
    "clause",
    "outlook",
    "case",
    "kind",
    "year",
    "month",
    "file",
)
"""Columns that say which row of an answer a number stands in."""

MOST_DIGITS = 12
"""No answer has rows of a longer number."""

SCRAP_ROLES = ("stated", "scrap", "lives", "this project", "cited")
"""What a number of scrap rests on in a family that has no gap ledger."""


_MADE_AS = {"magnet": {"blank"}, "alloy": {"blank", "metal"}, "metal": {"separated"}}
"""Where no figure speaks of a stage's output, the stages whose figures the calibration reads it from."""


def lineage(ds: Dataset, result: Result, number: int, column: str, *, table: str | None = None) -> Lineage:
    """What stands behind `column` of row `number` (counted from 1) of an answer or of one of its further tables.

    Raises NotFound for a row or column that the answer does not have.
    """
    rows = result.rows if table is None else _table(result, table)
    if not 1 <= number <= len(rows):
        cure = f"Rows run from 1 to {len(rows)}."
        raise NotFound(f"there is no row {number}.", where=f"run {result.run_id}", cure=cure)
    row = rows[number - 1]
    if column not in row:
        raise UnknownTerm("column", column, row, where=f"run {result.run_id}", cure=f"Columns: {', '.join(row)}.")
    told = _formula(result.command, table or "", column)
    search = _Search(ds, result, table or "", row)
    behind = search.behind(told["roles"].split(";"))
    assumptions = search.assumptions(behind)
    by_rule = {str(one.row["rule_id"]) for one in behind if one.row.get("rule_id")}
    cited = {str(r["source_id"]) for r in (*(one.row for one in behind), *assumptions) if r.get("source_id")}
    named = {str(one.row.get("layer")) for one in behind}
    field = next((f for f in result.fields if f.name == column), None)
    low, high = row.get(f"{column}_p10"), row.get(f"{column}_p90")
    return Lineage(
        run_id=result.run_id,
        command=result.command,
        table=table or "",
        number=number,
        keys={name: row[name] for name in KEYS if row.get(name) not in (None, "")},
        column=column,
        value=row[column],
        low=low if isinstance(low, float) else None,
        high=high if isinstance(high, float) else None,
        unit=(field.unit if field else "") or str(row.get("unit") or ""),
        meaning=field.meaning if field else "",
        formula=told["formula"],
        formula_ja=told["formula_ja"],
        page=told["page"],
        rows=tuple(behind),
        assumptions=tuple(assumptions),
        rules=tuple(r for r in ds.rows("rules") if r["rule_id"] in by_rule),
        sources=tuple(ds.source(source_id) for source_id in sorted(cited)),
        layers=tuple(r.as_dict() for r in ds.records if r.name in named),
        scenario=search.scenario,
        certificates=tuple(search.certificates()),
        runs=tuple(str(r) for r in result.request.get("runs", ())),
        dataset=dict(result.dataset),
        version=didymium.__version__,
    )


def found_row(result: Result, text: str, *, table: str | None = None) -> int:
    """The number of the row that a text names: a number from 1, or `column=value,…` that one row alone has.

    Raises BadInput when no row or several fit.
    """
    rows = result.rows if table is None else _table(result, table)
    if text.isdecimal() and len(text) <= MOST_DIGITS:
        return int(text)
    wanted = {}
    for part in text.split(","):
        name, sign, value = part.partition("=")
        if not sign:
            raise BadInput(f"{text!r} names no row.", where="explain", cure="Give its number, or column=value,….")
        wanted[name.strip()] = value.strip()
    fits = [
        number
        for number, row in enumerate(rows, start=1)
        if all(name in row and str(row[name]) == value for name, value in wanted.items())
    ]
    if len(fits) != 1:
        free = [name for name in KEYS if len({str(rows[n - 1].get(name)) for n in fits}) > 1]
        cure = f"Add {free[0]}=…" if free else f"Columns: {', '.join(rows[0]) if rows else 'none'}."
        raise BadInput(f"{len(fits)} rows have {text}.", where=f"run {result.run_id}", cure=cure)
    return fits[0]


def _table(result: Result, table: str) -> Sequence[Row]:
    if table not in result.tables:
        raise UnknownTerm("table", table, result.tables, cure=f"This answer has: {', '.join(result.tables) or 'none'}.")
    return result.tables[table]


@cache
def _formulas() -> tuple[dict[str, str], ...]:
    text = (files("didymium.studies") / "formulas.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def _formula(command: str, table: str, column: str) -> dict[str, str]:
    """The first line of `formulas.csv` that fits."""
    for line in _formulas():
        fits_table = line["table"] == table or (line["table"] == "*")
        if fnmatchcase(command, line["command"]) and fits_table and fnmatchcase(column, line["column"]):
            return line
    raise AssertionError("the last line fits everything")


@dataclass
class _Search:
    """Finds the rows of each role for one row of an answer."""

    ds: Dataset
    result: Result
    table: str
    row: Row

    def behind(self, roles: Iterable[str]) -> list[Behind]:
        """The rows of the roles; if none of them has any, the rows of the cited sources."""
        found: dict[str, Behind] = {}
        for role in roles:
            if self._has_no_ledger and role not in SCRAP_ROLES:
                continue
            for row_id in self._by_role(role)():
                self._add(found, role, row_id)
        if not found:
            for row_id in self._cited():
                self._add(found, "cited", row_id)
        return list(found.values())

    def _add(self, found: dict[str, Behind], role: str, row_id: str) -> None:
        row = self._index.get(row_id)
        if row is not None and row_id not in found:
            value = next((row[name] for name in VALUE_COLUMNS if row.get(name) is not None), None)
            unit = next((str(row[name]) for name in UNIT_COLUMNS if row.get(name)), "")
            found[row_id] = Behind(role, row_id.partition(":")[0], row, value, unit)

    def _by_role(self, role: str) -> Callable[[], Iterable[str]]:
        return {
            "producers": self._producers,
            "this producer": lambda: self._producers(str(self.row.get("country"))),
            "governance": self._governance,
            "series": self._series,
            "need": lambda: self._observed("demand"),
            "output": lambda: self._observed("production"),
            "flows": lambda: self._observed("trade"),
            "own output": lambda: self._made(self._places),
            "partners' output": lambda: self._made(self._partners),
            "projects": self._projects,
            "this project": lambda: self._named("project_id"),
            "contracts": self._contracts,
            "outlook": self._outlook,
            "recipes": self._recipes,
            "lives": self._lives,
            "scrap": self._scrap,
            "stated": self._stated,
            "stocks": self._stocks,
            "prices": self._prices,
            "this deal": lambda: self._named("deal_id"),
            "this programme": lambda: self._named("programme_id"),
            "this measure": lambda: self._named("measure_id"),
            "this commitment": lambda: self._named("commitment_id"),
            "this entity": lambda: self._named("entity_id"),
            "this threshold": lambda: self._named("threshold_id"),
            "papers": self._papers,
            "plants": self._plants,
            "touched": self._touched,
            "this assumption": lambda: [self._assumption_id(str(self.row.get("assumption_id")))],
            "counted": self._counted,
            "observation": self._observation,
            "runs": lambda: (),
            "cited": self._cited,
        }[role]

    @cached_property
    def _index(self) -> dict[str, Row]:
        return {row["row_id"]: row for rows in self.ds.content.values() for row in rows}

    def _rows(self, table: str, /, **where: Any) -> list[str]:
        return [str(row["row_id"]) for row in self.ds.rows(table, **where)]

    # who, what, when

    @property
    def _places(self) -> set[str]:
        columns = ("party", "place", "region", "country", "gap_party")
        said = next((str(self.row[name]) for name in columns if self.row.get(name)), "")
        return set(said.split("+")) - {""}

    @cached_property
    def _partners(self) -> set[str]:
        partners = self.result.tables.get("partners", ())
        return {str(r["partner"]) for r in partners if r["party"] in self._places}

    @property
    def _base_product(self) -> set[str]:
        product = str(self.row.get("product") or "").partition(":")[0]
        return {product, product.removesuffix("_std").removesuffix("_ht")}

    @property
    def _year(self) -> int | None:
        year = self.row.get("year")
        return year if isinstance(year, int) else None

    @cached_property
    def scenario(self) -> Row | None:
        """What the scenario of the answer is, in a few words."""
        story = self.result.request.get("scenario", self.result.request.get("event"))
        if isinstance(story, dict):
            return {name: story.get(name) for name in ("id", "title", "start", "months", "based_on")}
        outlook = self.row.get("outlook")
        return {"id": outlook, "title": f"demand outlook {outlook}"} if outlook else None

    # roles

    def _producers(self, country: str = "") -> Iterable[str]:
        from didymium.studies.supply import supply_lists

        key = (str(self.row.get("product")), str(self.row.get("stage")), self._year or 0)
        found = supply_lists(self.ds)[0].get(key)
        if found is None:
            return self._rows("production", product=key[0], stage=key[1], year=key[2])
        return [str(r["row_id"]) for r in found.rows if not country or r["country"] == country]

    def _governance(self) -> Iterable[str]:
        named = {self._index[i]["country"] for i in self._producers()}
        rows = [r for r in self.ds.rows("governance", indicator="wgi_mean6") if r["country"] in named]
        return {r["country"]: str(r["row_id"]) for r in sorted(rows, key=lambda r: r["year"])}.values()

    def _series(self) -> Iterable[str]:
        where = {name: self.row[name] for name in ("product", "stage", "year", "series")}
        return self._rows("production", country=("CHN", "WLD"), **where)

    @cached_property
    def _observations(self) -> tuple[Observation, ...]:
        """What the base year of the answer was calibrated to."""
        from didymium.scenario.chain import magnet_chain
        from didymium.scenario.observations import observations
        from didymium.scenario.scenario import Scenario
        from didymium.scenario.tree import leaves
        from didymium.studies.gap_supply import BASE_YEAR

        story = self.result.request.get("scenario", self.result.request.get("event"))
        if isinstance(story, dict):
            return leaves(Scenario.model_validate(story))[0].scenario.apply(self.ds).observations
        asked = self.result.request.get("year")
        year = asked if self.result.command == "reconcile" and isinstance(asked, int) else BASE_YEAR
        return observations(self.ds, magnet_chain(self.ds, year), year)

    def _observed(self, kind: str) -> Iterator[str]:
        """Rows of the observations of a kind: of the place, if any of them is, and of the world."""
        places = self._places | {str(self.row.get("destination")), str(self.row.get("origin"))}
        seen = [o for o in self._observations if o.kind == kind]
        near = [o for o in seen if {o.place, o.partner} & places] or seen
        near += [o for o in seen if kind == "production" and self._is_made_of(o) and o not in near]
        for one in near:
            yield from one.row_ids

    def _is_made_of(self, seen: Observation) -> bool:
        """Whether an observation speaks of the product itself."""
        return seen.product.partition(":")[0] in self._base_product

    def _made(self, places: set[str]) -> Iterator[str]:
        stage = self.row.get("stage") or self.row.get("gap_stage")
        stages = {stage, *_MADE_AS.get(str(stage), ())}
        for one in self._observations:
            if one.kind == "production" and one.place in places and one.stage in stages:
                yield from one.row_ids

    def _projects(self) -> Iterator[str]:
        from didymium.scenario.chain import project_steps

        stage, places = self.row.get("gap_stage") or self.row.get("stage"), self._places | self._partners
        ledger = self.result.tables.get("additions", ())
        if ledger:
            mine = {
                str(r["project_id"])
                for r in ledger
                if r["region"] in places and r["stage"] == stage and r["product"] == self.row.get("product")
            }
            for project_id in sorted(mine):
                yield from self._rows("projects", project_id=project_id)
            return
        for step in project_steps(self.ds):
            if step["country"] in places and step["stage"] in (stage, "recycled"):
                yield from self._rows("projects", project_id=step["project_id"])

    def _named(self, column: str) -> Iterator[str]:
        """Rows of all tables that carry the id."""
        word = str(self.row.get(column) or "")
        for table, rows in self.ds.content.items():
            if rows and column in rows[0]:
                yield from (row["row_id"] for row in self.ds.rows(table, **{column: word}))

    def _papers(self) -> Iterator[str]:
        """Agreements that the row names."""
        yield from self._rows("agreements", agreement_id=set(self.row.get("agreement_ids") or ()))

    def _plants(self) -> Iterator[str]:
        """Plants of the step; those of the answer's own list."""
        for plant in self.result.tables.get("plants", ()):
            if plant["stage"] == self.row.get("stage") and plant["product"] == self.row.get("product"):
                for table, key in (("projects", "project_id"), ("facilities", "facility_id")):
                    where = {key: plant["plant_id"], "product": plant["product"]}
                    yield from self._rows(table, **where)

    def _touched(self) -> Iterator[str]:
        """Figures of the base year of the goods that a promise touches."""
        from didymium.studies.worth_ties import CALM, Tie, named

        (row,) = self.ds.rows("commitment_ties", commitment_id=self.row["commitment_id"])
        if row["tie"] == "floor":
            yield from self._rows("finance_terms", deal_id=row["deal_id"])
            yield from self._rows("prices", product=row["products"])
            return
        tie = Tie.of(row)
        inputs = tie.story(self.ds, CALM).apply(self.ds)
        goods = set(named(inputs.chain, tie.products))
        for one in inputs.observations:
            if one.product in goods:
                yield from one.row_ids

    def _contracts(self) -> Iterable[str]:
        """Contracts of the party for the product; if there are none, all that were looked through."""
        rows = self.ds.rows("offtakes")
        mine = [r for r in rows if r["party"] in self._places and r["product"] in self._base_product]
        return [str(r["row_id"]) for r in mine or rows]

    def _outlook(self) -> Iterable[str]:
        outlook = self.row.get("outlook") or self.result.request.get("outlook")
        yield from self._rows("demand_outlook", product="ree_magnet", country="WLD", scenario=outlook)
        yield from self._rows("demand", product="ree_magnet", country="WLD", year=2024)

    def _recipes(self) -> Iterable[str]:
        made = ("ndfeb_magnet", "ndfeb_alloy", "ndfeb_blank")
        return [
            str(r["row_id"])
            for r in self.ds.rows("recipes")
            if r["main_output"] in made and r["flow_role"] == "input" and r["yield_share"] is not None
        ]

    @property
    def _has_no_ledger(self) -> bool:
        return self.result.command == "recycling" and self.row.get("family") not in (None, "magnets")

    def _lives(self) -> Iterable[str]:
        """How long goods stay in the use, how it grew, and what is collected; of every use for a total."""
        rows = self.ds.rows("lifetimes", family=self.row.get("family") or "magnets")
        named = {u["sector"] for u in self._scrap_uses()}
        mine = [r for r in rows if r["sector"] in ({self.row.get("sector")} if self._is_one_use else named)]
        product = {u["product"] for u in self._scrap_uses()}
        mine = [r for r in mine if r["product"] is None or r["product"] in product]
        mine = [r for r in mine if r["place"] is None or r["place"] in self._places]
        return [str(r["row_id"]) for r in mine or rows]

    @property
    def _is_one_use(self) -> bool:
        return self.row.get("sector") not in (None, "total")

    def _scrap_uses(self) -> list[Row]:
        """The uses followed of the material of the row."""
        uses = self.ds.rows("scrap_uses", family=self.row.get("family"), followed=True)
        elements = set(str(self.row.get("element")).split("+"))
        mine = [u for u in uses if u["element"] in elements or u["product"] == self.row.get("product")]
        return [u for u in mine if not self._is_one_use or u["sector"] == self.row.get("sector")]

    def _scrap(self) -> Iterator[str]:
        """What goes into the uses: their rows, the base figure, the course before it and the outlook."""
        outlook = self.row.get("outlook") or self.result.request.get("outlook")
        for use in self._scrap_uses():
            yield str(use["row_id"])
            column = "stage" if use["base_table"] == "production" else "sector"
            where = {"product": use["base_product"], "country": "WLD", column: use["base_sector"]}
            yield from self._rows(use["base_table"], **where, year=use["base_year"])
            yield from (
                str(r["row_id"])
                for r in self.ds.rows("scrap_history", sector=use["sector"])
                if r["product"] in (None, use["product"])
            )
            ahead = {"product": use["outlook_product"], "country": "WLD", "sector": use["outlook_sector"]}
            if use["outlook_product"]:
                yield from self._rows("demand_outlook", **ahead, scenario=outlook)

    def _stated(self) -> list[str]:
        """The published figure, or the law, that the row is held against."""
        where = {"source_id": self.row.get("source_id"), "year": self.row.get("year"), "family": self.row.get("family")}
        return self._rows(f"scrap_{self.table}", **where)

    def _stocks(self) -> Iterator[str]:
        for name in ("user_cover_days", "pool_cover_days", "jpn_public_cover_days"):
            yield self._assumption_id(name)
        for row in self.ds.rows("stockpiles", stock_type="level"):
            if row["country"] in self._places:
                yield str(row["row_id"])

    def _prices(self) -> Iterable[str]:
        """Prices of the product, or, where nobody lists one, of the oxide that it is made of."""
        oxides = {product.replace("_metal", "_oxide") for product in self._base_product}
        return self._rows("prices", product=self._base_product) or self._rows("prices", product=oxides)

    def _counted(self) -> Iterator[str]:
        """Rows of the things that were counted: those of the main table that share the words of this row."""
        key = "measure_id" if self.result.command == "measures" else "commitment_id"
        words = {n: self.row[n] for n in ("state", "touches", "agreement_id") if self.row.get(n) is not None}
        ids = {str(r[key]) for r in self.result.rows if all(r.get(n) == v for n, v in words.items())}
        own = self.row.get(key)
        for word in sorted({str(own)} if own else ids):
            yield from self._rows("measures" if key == "measure_id" else "commitments", **{key: word})
        if self.row.get("clause"):
            yield from (r["row_id"] for r in self.ds.rows("framework_clauses") if self.row["clause"] in r.values())

    def _observation(self) -> Iterable[str]:
        said = self.row.get("row_ids")
        return [str(row_id) for row_id in said] if isinstance(said, list) else []

    def _cited(self) -> Iterator[str]:
        """Rows of the cited sources that speak of the same product and place."""
        said = self.row.get("source_ids")
        cited = set(said) if isinstance(said, list) else set(self.result.source_ids)
        near: list[tuple[int, str]] = []
        for table, rows in self.ds.content.items():
            if table == "sources":
                continue
            for row in rows:
                if row.get("source_id") not in cited:
                    continue
                alike = [
                    row.get("product") in self._base_product,
                    bool({row.get(n) for n in ("country", "importer", "exporter", "party")} & self._places),
                    self._year is not None and row.get("year") == self._year,
                ]
                if any(alike[:2]):
                    near.append((sum(alike), row["row_id"]))
        best = max((score for score, _ in near), default=0)
        yield from (row_id for score, row_id in near if score == best)

    # what it rests on beside rows

    def _assumption_id(self, name: str) -> str:
        if name.startswith("stock-"):
            return next((i for i in self._stocks() if i.startswith("stockpiles:")), "")
        return f"assumptions:{name}"

    def assumptions(self, behind: Sequence[Behind]) -> list[Row]:
        """Rows of assumptions of the answer, and the grades of confidence of the rows behind the number."""
        found: dict[str, Row] = {}
        for name in self.result.assumptions:
            row_id = name if name in self._index else self._assumption_id(name)
            if row_id in self._index and row_id.partition(":")[0] == "assumptions":
                found[row_id] = self._index[row_id]
        if self.result.command == "exposure":
            from didymium.data.evidence import basis_kind

            for one in behind:
                if one.row.get("confidence") and "basis" in one.row:
                    row_id = f"confidence_grades:{one.row['confidence']}|{basis_kind(one.row)}"
                    if row_id in self._index:
                        found[row_id] = self._index[row_id]
        return list(found.values())

    def certificates(self) -> Iterator[Row]:
        """Proofs of the programmes with the same kind of foresight."""
        for row in self.result.tables.get("certificates", ()):
            if self.row.get("foresight") in (None, row.get("foresight")):
                yield row
