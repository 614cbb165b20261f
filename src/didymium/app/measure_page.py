"""The measures page: what bites, what changes when, and what follows if a suspension lapses or is renewed."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from didymium.app import fields, notes, pages, pictures, sheets, tables
from didymium.errors import DidymiumError, NotFound
from didymium.figures import measures_calendar
from didymium.questions.words import heading

if TYPE_CHECKING:
    from starlette.requests import Request

    from didymium.app.site import Site
    from didymium.i18n import Translator
    from didymium.results import Result, Row

COLUMNS = ("measure_id", "imposing", "targeted", "products", "kind", "status", "next_change_date", "days_to_change")
CALENDAR = ("date", "event", "measure_id", "imposing", "targeted", "state", "days_from_now")
BRANCHES = ("branch", "title", "start", "probability", "probability_low", "probability_high", "probability_basis")
FIELDS = ("as_of", "horizon_days", "parties")


def kept(result: Result, words: Mapping[str, str]) -> list[Row]:
    """The measures that the filters leave. Raises NotFound for a word that no measure has."""
    product = sheets.chosen(words, "product", _products(result.rows))
    imposing = sheets.chosen(words, "imposing", sorted({str(r["imposing"]) for r in result.rows}))
    return [
        r
        for r in result.rows
        if (not product or product in _list(r["products"])) and (not imposing or r["imposing"] == imposing)
    ]


def _list(value: Any) -> list[str]:
    return [str(v) for v in value] if isinstance(value, list | tuple) else str(value or "").split(";")


def _products(rows: Sequence[Row]) -> list[str]:
    return sorted({p for r in rows for p in _list(r["products"]) if p})


def beside(result: Result, name: str, lines: Sequence[str], value: str, t: Translator, title: str) -> tables.Table:
    """The branches of an answer as columns beside each other: a line for each party (and product)."""
    rows = [r for r in tables.numbered(result.tables[name] if name else result.rows) if r[1].get("is_total", True)]
    named = "title_ja" if t.lang == "ja" else "title"
    branches = {str(r["branch"]): str(r[named] or r["branch"]) for _, r in rows}
    found: dict[tuple[str, ...], dict[str, tuple[int, Row]]] = {}
    for number, row in rows:
        found.setdefault(tuple(str(row[c]) for c in lines), {})[str(row["branch"])] = (number, row)
    word = {"party": t.place, "product": t.product}
    drawn = []
    for key, by_branch in found.items():
        cells = [tables.Cell(word[c](k)) for c, k in zip(lines, key, strict=True)]
        for branch in branches:
            number, row = by_branch.get(branch, (0, {}))
            there = tables.behind(f"/explain/{result.run_id}", number, value, t.lang, name)
            amount = row.get(value)
            cells.append(
                tables.Cell(
                    t.number(None if amount is None else float(str(amount))), True, there if amount is not None else ""
                )
            )
        drawn.append(tuple(cells))
    heads = [*(tables.Head(heading(c, t)) for c in lines), *(tables.Head(b, is_number=True) for b in branches.values())]
    return tables.Table(title, tuple(heads), tuple(drawn), len(drawn))


def _parts(
    result: Result, rows: list[Row], asked: fields.Asked, branched: Result | None, t: Translator, sort: str
) -> list[sheets.Part]:
    numbers = {id(r): n for n, r in tables.numbered(result.rows)}
    ids = {r["measure_id"] for r in rows}
    leads = {"measure_id": ("/data/measures/", "measure_id")}
    given = {"run_id": result.run_id, "words": asked.question.words, "pages": leads}
    soon = [
        r
        for r in tables.numbered(result.tables["calendar"])
        if r[1]["within_horizon"] and float(str(r[1]["days_from_now"])) >= 0 and r[1]["measure_id"] in ids
    ]
    words = {"event": "measure_event", "state": "measure_status"}
    listed = tables.table(
        [(numbers[id(r)], r) for r in rows],
        COLUMNS,
        t,
        title=t("Trade measures"),
        here="/measures",
        asked={k: v for k, v in asked.given.items() if k in FIELDS},
        sort=sort,
        **{**given, "words": {**asked.question.words, "products": "product"}},  # type: ignore[arg-type]
    )
    changes = tables.table(
        soon,
        CALENDAR,
        t,
        title=t("Changes within {days}", days=t.days(float(str(asked.params["horizon_days"])))),
        name="calendar",
        **{**given, "words": {**asked.question.words, **words}},  # type: ignore[arg-type]
    )
    found = [sheets.Part("changes", changes, where="#f-horizon_days"), sheets.Part("listed", listed)]
    if branched is not None:
        text = t("One central run for each branch, without an interval. Losses are of the months of the scenario.")
        by_product = ("party", "product")
        found += [
            sheets.Part(
                "tonnes",
                beside(branched, "", by_product, "unserved_t", t, t("Unserved, by branch [t]")),
                text,
                pages.table_page(branched.run_id, "branches", t.lang),
            ),
            sheets.Part(
                "days",
                beside(branched, "", by_product, "days_to_shortage", t, t("Days to the first shortage, by branch")),
                t("Until firm demand goes unserved. Tonnes above also count demand that gives way to price."),
            ),
            sheets.Part(
                "losses", beside(branched, "parties", ("party",), "loss_usd_m", t, t("Loss, by branch [million USD]"))
            ),
            sheets.Part(
                "branches",
                tables.table(
                    tables.numbered(branched.tables["branches"]),
                    BRANCHES,
                    t,
                    title=t("The branches"),
                    run_id=branched.run_id,
                    name="branches",
                ),
            ),
        ]
    return found


def _form(result: Result, asked: fields.Asked, words: Mapping[str, str], t: Translator) -> list[dict[str, Any]]:
    products = sorted(_products(result.rows), key=t.product)
    places = sorted({str(r["imposing"]) for r in result.rows}, key=t.place)
    choices = {"product": [(p, t.product(p)) for p in products], "imposing": [(p, t.place(p)) for p in places]}
    filters = [
        {
            "name": name,
            "label": heading(name, t),
            "kind": "choice",
            "value": words.get(name, ""),
            "options": [("", t("all")), *options],
        }
        for name, options in choices.items()
    ]
    rest = [
        {"name": e.name, "label": heading(e.name, t), "kind": e.kind, "value": e.value}
        for e in asked.entries
        if e.name in FIELDS
    ]
    return [*filters, *rest]


async def page(request: Request) -> Response:
    """The page."""
    t, site, words = pages.words_of(request), pages.site_of(request), dict(request.query_params)
    given = {k: words[k] for k in FIELDS if words.get(k)}
    try:
        asked, result = await run_in_threadpool(sheets.at_once, site, "measures", given)
        rows = kept(result, words)
        split, branched = await run_in_threadpool(
            sheets.answered, site, "measures branches", {k: words[k] for k in ("branched", "parties") if words.get(k)}
        )
    except DidymiumError as wrong:
        return pages.refused(request, t, wrong)
    held = given | {k: words[k] for k in ("product", "imposing") if words.get(k)}
    drawn = []
    with contextlib.suppress(NotFound):
        drawn.append(pictures.Shown("/measures/calendar.svg", _figure(result, rows, t)["description"], "#listed"))
    return pages.shown(
        request,
        "sheet.html.j2",
        t,
        title=t("Measures"),
        lead=t("What bites, what changes next, and what follows if a suspension lapses."),
        form=_form(result, asked, words, t),
        facts=[],
        figures=drawn,
        parts=_parts(result, rows, asked, branched, t, words.get("sort", "")),
        work=None if branched is not None else sheets.work(site, split, "measures", t.lang, held),
        work_title=t("If a suspension lapses: the branches side by side"),
        query=urlencode(held),
        sources=[],
        more=[("/ask/measures", t("All of it")), ("/ask/measures-branches", t("Branches"))],
        notes=[*notes.notes(result, t), *(notes.notes(branched, t) if branched is not None else ())],
    )


def _figure(result: Result, rows: list[Row], t: Translator, *, narrow: bool = False) -> dict[str, Any]:
    return measures_calendar(replace(result, rows=tuple(rows)), lang=t.lang, names=t.names, narrow=narrow)


def _rows(site: Site, words: Mapping[str, str]) -> tuple[Result, list[Row]]:
    _, result = sheets.at_once(site, "measures", {k: words[k] for k in FIELDS if words.get(k)})
    return result, kept(result, words)


async def figure(request: Request) -> Response:
    """The calendar of the measures that the filters leave."""
    t, site, words = pages.words_of(request), pages.site_of(request), dict(request.query_params)

    def draw() -> str:
        result, rows = _rows(site, words)
        return pictures.picture(_figure(result, rows, t, narrow=words.get("narrow") == "1"))

    return await pages.drawn(request, draw)


async def twin(request: Request) -> Response:
    """The measures that the filters leave, as JSON, CSV or Excel."""
    site, form = pages.site_of(request), request.path_params["form"]
    try:
        result, rows = await run_in_threadpool(_rows, site, dict(request.query_params))
    except DidymiumError as wrong:
        return JSONResponse({"error": str(wrong)}, status_code=422)
    return await run_in_threadpool(sheets.twin, form, "measures", result, rows)
