"""The home page: one screen of what is at risk, what lapses, what is overdue and where the gaps are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from didymium.app import fields, pages, tables

if TYPE_CHECKING:
    from starlette.requests import Request

    from didymium.app.site import Site
    from didymium.i18n import Translator
    from didymium.results import Result

QUESTIONS = ("exposure", "measures", "commitments", "gaps")
YEAR = 2030
OUTLOOK = "STEPS"
MOST = 6
PAST_DAYS = 60
AHEAD_DAYS = 365
"""A measure that changed or will change within these days is news."""


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the page: its finding, its rows, and the page that holds all of them.

    `behind` is where its number stands in the answer: table, row and column.
    """

    name: str
    title: str
    number: str
    finding: str
    path: str
    result: Result
    table: str
    rows: tables.Numbered
    columns: tuple[str, ...]
    pages: Mapping[str, tuple[str, str]]
    behind: tuple[str, int, str] | None = None

    def where(self, lang: str) -> str:
        """The address of what stands behind its number; of its rows, where it is none of the answer."""
        if self.behind is None:
            return f"#{self.name}"
        table, number, column = self.behind
        return tables.behind(f"/explain/{self.result.run_id}", number, column, lang, table)


def answers(site: Site) -> dict[str, Result]:
    """The answers that the page rests on, each with its defaults."""
    found = {}
    for command in QUESTIONS:
        question = site.question(command)
        assert question is not None
        result = site.answered(fields.asked(question, {}))
        assert result is not None  # none of these is slow
        found[command] = result
    return found


def blocks(found: Mapping[str, Result], t: Translator) -> list[Block]:
    """The four parts, each with the number that matters most."""
    return [
        _risks(found["exposure"], t),
        _lapsing(found["measures"], t),
        _overdue(found["commitments"], t),
        _gaps(found["gaps"], t),
    ]


def _risks(result: Result, t: Translator) -> Block:
    rows = [r for r in tables.numbered(result.tables["ranking"]) if r[1]["rank"] is not None]
    rows.sort(key=lambda r: (_number(r[1]["rank"]), str(r[1]["party"])))
    first = rows[0][1]
    return Block(
        "risks",
        t("Most exposed"),
        t.share(_number(first["top_share"])),
        t(
            "of {product} comes from {country}: the step to which {party} is most exposed",
            product=t.product(str(first["product"])),
            country=t.place(str(first["top_country"])),
            party=t.place(str(first["party"])),
        ),
        "/ask/exposure",
        result,
        "ranking",
        rows[:MOST],
        ("party", "product", "top_country", "top_share"),
        {},
        ("ranking", rows[0][0], "top_share"),
    )


def _lapsing(result: Result, t: Translator) -> Block:
    dated = [r for r in tables.numbered(result.rows) if isinstance(r[1]["days_to_change"], int | float)]
    rows = [r for r in dated if -PAST_DAYS <= _number(r[1]["days_to_change"]) <= AHEAD_DAYS]
    rows.sort(key=lambda r: (abs(_number(r[1]["days_to_change"])), str(r[1]["measure_id"])))
    ahead = [r for r in rows if _number(r[1]["days_to_change"]) >= 0]
    number, finding = t.count(0), t("trade measures have a date of change ahead")
    behind: tuple[str, int, str] | None = None
    if ahead:
        at, soonest = min(ahead, key=lambda r: _number(r[1]["days_to_change"]))
        behind = ("", at, "days_to_change")
        number = t.days(_number(soonest["days_to_change"]))
        finding = t(
            "until the next change of a trade measure: {imposing} towards {targeted}, {date}",
            imposing=t.place(str(soonest["imposing"])),
            targeted=t.places(str(soonest["targeted"]).split(";")),
            date=t.date(str(soonest["next_change_date"])),
        )
    return Block(
        "measures",
        t("Lapsed lately or lapsing next"),
        number,
        finding,
        "/measures",
        result,
        "",
        rows[:MOST],
        ("measure_id", "targeted", "next_change_date", "days_to_change"),
        {"measure_id": ("/data/measures/", "measure_id")},
        behind,
    )


def _overdue(result: Result, t: Translator) -> Block:
    rows = [r for r in tables.numbered(result.rows) if r[1]["state"] == "overdue"]
    rows.sort(key=lambda r: -_number(r[1]["days_overdue"]))
    counted = next((n for n, r in tables.numbered(result.tables["by_state"]) if r["state"] == "overdue"), None)
    return Block(
        "commitments",
        t("Overdue promises"),
        t.count(len(rows)),
        t("of {all} promises followed are overdue", all=t.count(len(result.rows))),
        "/commitments",
        result,
        "",
        [(n, {**r, "summary": t.fact(str(r["summary"]))}) for n, r in rows[:MOST]],
        ("summary", "due_date", "days_overdue"),
        {"summary": ("/commitments/", "commitment_id")},
        None if counted is None else ("by_state", counted, "commitments"),
    )


def _gaps(result: Result, t: Translator) -> Block:
    rows = [
        r
        for r in tables.numbered(result.rows)
        if r[1]["outlook"] == OUTLOOK and r[1]["year"] == YEAR and "+" in str(r[1]["party"])
    ]
    rows.sort(key=lambda r: -_number(r[1]["gap_share"]))
    first = rows[0][1] if rows else None
    return Block(
        "gaps",
        t("Largest gaps of 2030, together"),
        t.share(_number(first["gap_share"])) if first else t.number(None),
        t(
            "of the {year} need of {product} has no sure source",
            year=t.year(YEAR),
            product=t.product(str(first["product"])),
        )
        if first
        else t("Nothing to show."),
        "/gaps",
        result,
        "",
        [(n, {**r, "step": _step(r)}) for n, r in rows if _number(r["gap_share"]) > 0][:MOST],
        ("stage", "product", "gap_t", "gap_share"),
        {"product": ("/gaps?", "step")},
        ("", rows[0][0], "gap_share") if rows else None,
    )


def _step(row: Mapping[str, Any]) -> str:
    """A step of the gaps page as words of an address."""
    return urlencode({name: str(row[name]) for name in ("party", "outlook", "stage", "product")})


def _number(value: Any) -> float:
    return 0.0 if value is None else float(value)


async def page(request: Request) -> Response:
    """The page."""
    t, site = pages.words_of(request), pages.site_of(request)
    parts = blocks(await run_in_threadpool(answers, site), t)
    drawn = [
        tables.table(
            b.rows, b.columns, t, title=b.title, run_id=b.result.run_id, name=b.table, pages=b.pages, most=MOST
        )
        for b in parts
    ]
    return pages.shown(request, "home.html.j2", t, title=t("Situation"), blocks=list(zip(parts, drawn, strict=True)))


async def twin(request: Request) -> Response:
    """The rows of the page as JSON, CSV or Excel, each with the part that it stands in."""
    t, site, form = pages.words_of(request), pages.site_of(request), request.path_params["form"]
    if form not in pages.FORMS:
        return JSONResponse({"error": "There is no such page here."}, status_code=404)
    parts = blocks(await run_in_threadpool(answers, site), t)
    rows = [
        {"part": b.name, "run_id": b.result.run_id, "row": n, "column": column, "value": row.get(column)}
        for b in parts
        for n, row in b.rows
        for column in b.columns
    ]
    whole = {"command": "situation", "dataset": dict(site.ds.describe()), "rows": rows}
    return pages.file_of(whole, rows, form, "situation")
