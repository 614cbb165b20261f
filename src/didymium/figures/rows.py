"""How a figure reads the rows of a result: numbers, lists, dates, and the steps of the chain by name."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from didymium.i18n import Translator, rank
from didymium.results import Result, Row


def quantity(value: Any) -> float:
    """A number out of a row, nothing where it is not known: for lengths of bars and for sorting, never for text."""
    return 0.0 if value is None else float(value)


def known(value: Any) -> float | None:
    """A number out of a row; unknown stays unknown."""
    return None if value is None else float(value)


def year_of(row: Row) -> int:
    """The calendar year of a row."""
    return int(str(row["year"]))


def as_list(value: Any) -> list[str]:
    """A list column, however the study wrote it: a list or words joined by semicolons."""
    if value is None or value == "":
        return []
    return (
        [str(v) for v in value]
        if isinstance(value, list | tuple)
        else [v.strip() for v in str(value).split(";") if v.strip()]
    )


def as_of(result: Result) -> datetime.date:
    """The day for which the study was asked."""
    return datetime.date.fromisoformat(str(result.request["as_of"]))


def day(iso: Any) -> str | None:
    """An ISO date filled up to a day: `2010-09` is drawn at its first day."""
    if not iso:
        return None
    parts = str(iso)[:10].split("-")
    return "-".join([*parts, *["01"] * (3 - len(parts))])


def latest(rows: tuple[Row, ...], *keys: str) -> list[Row]:
    """The rows of the last year there is for each combination of `keys`, in the order of the chain."""
    last: dict[tuple[Any, ...], int] = {}
    for row in rows:
        key = tuple(row[k] for k in keys)
        last[key] = max(last.get(key, 0), year_of(row))
    kept = [row for row in rows if row["year"] == last[tuple(row[k] for k in keys)]]
    return sorted(kept, key=lambda r: (rank("stage", str(r["stage"])), rank("product", str(r["product"]))))


def firm(rows: list[Row]) -> list[Row]:
    """The rows measured or reported (evidence A or B), on which a headline may rest; without any, all."""
    return [r for r in rows if r.get("evidence") in ("A", "B")] or rows


def step_name(row: Row, t: Translator, among: Iterable[Row] = ()) -> str:
    """Name of a step of the chain: its product, and its stage where the product stands at several `among` the rows."""
    product = t.term("product", str(row["product"]))
    if len({str(r["stage"]) for r in among if r["product"] == row["product"]}) > 1:
        return t("{product} ({stage})", product=product, stage=t.term("stage", str(row["stage"])))
    return product


def years_of(rows: list[Row], t: Translator) -> str:
    """The year or the years of the rows, for a subtitle."""
    years = sorted({int(str(r["year"])) for r in rows})
    return t.year(years[0]) if years[0] == years[-1] else t.span(t.year(years[0]), t.year(years[-1]))
