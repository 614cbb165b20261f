"""The writing desk: the results at hand, the language, and the running numbers of sources and figures."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from didymium.brief.document import Block, Cell, Column, Figure, Interval, Paragraph, Source, Table
from didymium.errors import NotFound
from didymium.figures.theme import Spec
from didymium.i18n import Translator
from didymium.results import Result, Row

Picked = tuple[Column, Callable[[Row], Cell]]
"""A column of a table and the function that picks its cell from a row."""


class SourceTable(Protocol):
    """What a brief asks of a dataset."""

    def describe(self) -> Mapping[str, Any]: ...

    def source(self, source_id: str, /) -> Mapping[str, Any]: ...

    def rows(self, table: str, /, **where: Any) -> Sequence[Mapping[str, Any]]: ...


def merged(result: Result | Sequence[Result]) -> Result:
    """One result out of several of the same study (one for each scenario): rows and tables one after the other."""
    if isinstance(result, Result):
        return result
    if not result:
        raise NotFound("A study gave no result at all.", cure="Run it for at least one scenario.")
    tables: dict[str, tuple[Row, ...]] = {}
    for one in result:
        for name, rows in one.tables.items():
            tables[name] = (*tables.get(name, ()), *rows)
    return dataclasses.replace(
        result[0],
        request={**result[0].request, "scenarios": [r.request["scenario"] for r in result if "scenario" in r.request]},
        run_id=", ".join(dict.fromkeys(r.run_id for r in result)),
        rows=tuple(row for r in result for row in r.rows),
        tables=tables,
        warnings=tuple(dict.fromkeys(w for r in result for w in r.warnings)),
        assumptions=tuple(sorted({a for r in result for a in r.assumptions})),
        source_ids=tuple(sorted({s for r in result for s in r.source_ids})),
    )


@dataclasses.dataclass(slots=True)
class Desk:
    """Hands out numbers for sources and figures in the order in which they are first used."""

    results: Mapping[str, Result]
    dataset: SourceTable
    t: Translator
    parties: tuple[str, ...]
    as_of: datetime.date
    limits: tuple[str, ...] = ()
    cited: dict[str, int] = dataclasses.field(default_factory=dict)
    drawn: int = 0
    tabled: int = 0

    def has(self, command: str) -> bool:
        return command in self.results and bool(self.results[command].rows)

    def result(self, command: str) -> Result:
        return self.results[command]

    def rows(self, command: str) -> tuple[Row, ...]:
        return self.results[command].rows if command in self.results else ()

    def extra(self, command: str, table: str) -> tuple[Row, ...]:
        """Rows of a further table of a result; none where the study does not have it."""
        return self.results[command].tables.get(table, ()) if command in self.results else ()

    def missing(self, command: str, what: str) -> Paragraph:
        """Says in words why a part of the brief is empty."""
        if command not in self.results:
            return Paragraph(self.t("This brief was made without the study of {what}.", what=what), tone="note")
        return Paragraph(self.t("The study of {what} found nothing for these parties.", what=what), tone="note")

    # sources

    def cite(self, *rows: Row) -> tuple[int, ...]:
        """Numbers of the sources of some rows; a source keeps the number of its first use."""
        ids: list[str] = []
        for row in rows:
            held = row.get("source_ids")
            ids += held if isinstance(held, list) else []
        return tuple(sorted({self.cited.setdefault(s, len(self.cited) + 1) for s in ids}))

    def sources(self) -> tuple[Source, ...]:
        """All sources used so far, by number."""
        found = []
        for source_id, number in self.cited.items():
            row = self.dataset.source(source_id)
            word = {key: str(row.get(key) or "") for key in ("title", "producer", "url", "licence")}
            found.append(
                Source(
                    number,
                    source_id,
                    word["title"] or source_id,
                    word["producer"],
                    word["url"],
                    word["licence"] if word["licence"] != "unknown" else "",
                )
            )
        return tuple(found)

    # blocks

    def table(
        self, caption: str, rows: Iterable[Row], columns: Sequence[Picked], *, note: str = "", id: str = ""
    ) -> Table:
        """A table of some rows: each column with the function that picks its cell."""
        kept = list(rows)
        if not id:
            self.tabled += 1
            id = f"table-{self.tabled}"
        used = [(c, pick) for c, pick in columns if any(pick(r) not in (None, "") for r in kept)] or list(columns)
        return Table(
            id=id,
            caption=caption,
            columns=tuple(c for c, _ in used),
            rows=tuple(tuple(pick(r) for _, pick in used) for r in kept),
            cites=tuple(self.cite(r) for r in kept),
            note=note,
        )

    def figure(
        self, result: Result, draw: Callable[..., Spec], twin: Callable[[str], Table], **choices: Any
    ) -> Sequence[Block]:
        """A figure with its table, or a sentence that says why there is none."""
        try:
            spec, narrow = (
                draw(result, lang=self.t.lang, names=self.t.names, narrow=n, **choices) for n in (False, True)
            )
        except NotFound:
            return (
                Paragraph(self.t("There is nothing to draw here: the table behind this figure is empty."), tone="note"),
            )
        self.drawn += 1
        table = twin(f"figure-{self.drawn}-table")
        words = spec["usermeta"]
        return (
            Figure(
                id=f"figure-{self.drawn}",
                number=self.drawn,
                title=words["title"],
                subtitle=words["subtitle"],
                description=spec["description"],
                spec=spec,
                narrow=narrow,
                table=table,
                run_id=result.run_id
                if "," not in result.run_id
                else self.t("{n} runs, listed at the end", n=self.t.count(result.run_id.count(",") + 1)),
                cites=table.cited(),
            ),
        )


def number(value: Any) -> float | None:
    """A number out of a result row; unknown stays unknown."""
    return None if value is None or value == "" else float(value)


def text(value: Any) -> str:
    return "" if value is None else str(value)


def said(row: Row, column: str, t: Translator) -> str:
    """A sentence of a row in the language of the page: translated by the row, by the catalogue, or as it is."""
    own = row.get(f"{column}_{t.lang}")
    return text(own) if own else t.fact(text(row.get(column)))


def interval(row: Row, name: str) -> Interval:
    """A column with its `_p10` and `_p90` neighbours."""
    return Interval(number(row.get(name)), number(row.get(f"{name}_p10")), number(row.get(f"{name}_p90")))
