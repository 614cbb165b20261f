"""The commitments page: time line, scoreboards and promises, overdue first; and a page of evidence for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from didymium.app import fields, notes, pages, pictures, sheets, tables
from didymium.errors import DidymiumError, NotFound
from didymium.figures import commitments_board
from didymium.i18n import order, rank
from didymium.questions.words import KINDS, heading, value_text

if TYPE_CHECKING:
    from starlette.requests import Request

    from didymium.app.site import Site
    from didymium.i18n import Translator
    from didymium.results import Result, Row

FIELDS = ("as_of", "horizon_days", "parties")
LISTED = ("summary", "agreement", "parties", "state", "due_date", "days_overdue")
AGREEMENTS = ("agreement", "commitments", "overdue", "due_soon", "partly", "unknown", "no_date", "met", "next_due_date")
CLAUSES = ("clause", "name", "state", "due_date", "promised", "lawful", "budgeted", "done", "follow_ups_done")
READOUTS = ("side", "said_date", "account_kind", "account", "confidence")
FACTS = (
    "agreement",
    "parties",
    "kind",
    "state",
    "due_date",
    "due_basis",
    "days_overdue",
    "other_due_date",
    "other_place",
    "legal_force",
    "clause",
    "last_evidence_date",
    "note",
    "confidence",
)
WORTH = ("tie", "world", "foresight", "worth_t", "worth_days", "worth_usd_m", "days_broken", "finding")


def answer(site: Site, words: Mapping[str, str]) -> tuple[fields.Asked, Result]:
    """The answer of `commitments`. Raises BadInput."""
    return sheets.at_once(site, "commitments", {k: words[k] for k in FIELDS if words.get(k)})


def kept(result: Result, words: Mapping[str, str]) -> list[tuple[int, Row]]:
    """The promises that the filters leave, what is overdue first. Raises NotFound."""
    held = {
        name: word
        for name in ("state", "agreement_id")
        if (word := sheets.chosen(words, name, sorted({str(r[name]) for r in result.rows})))
    }
    rows = [r for r in tables.numbered(result.rows) if all(r[1][k] == v for k, v in held.items())]
    rows.sort(
        key=lambda r: (rank("commitment_state", str(r[1]["state"])), -float(str(r[1]["days_overdue"] or 0)), r[0])
    )
    return rows


def _form(result: Result, asked: fields.Asked, words: Mapping[str, str], t: Translator) -> list[dict[str, Any]]:
    states = [s for s in order("commitment_state") if any(r["state"] == s for r in result.rows)]
    agreements = {str(r["agreement_id"]): t.fact(str(r["agreement"])) for r in result.rows}
    filters: dict[str, list[tuple[str, str]]] = {
        "state": [(s, t.term("commitment_state", s)) for s in states],
        "agreement_id": sorted(agreements.items(), key=lambda a: a[1]),
    }
    labels = {"state": heading("state", t), "agreement_id": heading("agreement", t)}
    rest = [
        {"name": e.name, "label": heading(e.name, t), "kind": e.kind, "value": e.value}
        for e in asked.entries
        if e.name in FIELDS
    ]
    chosen = [
        sheets.narrowing(name, labels[name], words.get(name, ""), options, t) for name, options in filters.items()
    ]
    return [*chosen, *rest]


async def page(request: Request) -> Response:
    """All promises."""
    t, site, words = pages.words_of(request), pages.site_of(request), dict(request.query_params)
    try:
        asked, result = await run_in_threadpool(answer, site, words)
        rows = kept(result, words)
    except DidymiumError as wrong:
        return pages.refused(request, t, wrong)
    held = {k: words[k] for k in ("state", "agreement_id", *FIELDS) if words.get(k)}
    leads = {"summary": ("/commitments/", "commitment_id")}
    listed = tables.table(
        [(n, {**r, **{k: t.fact(str(r[k])) for k in ("summary", "agreement")}}) for n, r in rows],
        LISTED,
        t,
        title=t("Promises, overdue first"),
        run_id=result.run_id,
        words={**asked.question.words, "parties": "place"},
        here="/commitments",
        asked=held,
        sort=words.get("sort", ""),
        pages=leads,
    )
    clauses = sheets.grid(result, asked, "by_clause", CLAUSES, t, title=t("Scoreboard of the framework, by clause"))
    parts = [
        sheets.Part("listed", listed),
        sheets.Part(
            "clauses", clauses, t("Promised, lawful, budgeted and done are four different things; each is told apart.")
        ),
        sheets.Part(
            "agreements",
            sheets.grid(
                result,
                asked,
                "by_agreement",
                AGREEMENTS,
                t,
                title=t("Scoreboard by agreement"),
                reads={name: t.fact(name) for r in result.rows if (name := str(r["agreement"]))},
            ),
        ),
    ]
    try:
        board = commitments_board(result, lang=t.lang, names=t.names)
        drawn = [pictures.Shown("/ask/commitments/figure-0.svg", board["description"], "#listed")]
    except NotFound:
        drawn = []
    return pages.shown(
        request,
        "sheet.html.j2",
        t,
        title=t("Commitments"),
        lead=t("What was promised, by when, and whether it is done. A promise opens its evidence."),
        form=_form(result, asked, words, t),
        facts=[],
        figures=drawn,
        parts=parts,
        work=None,
        work_title="",
        query=urlencode(held),
        sources=[],
        more=[
            ("/ask/commitments", t("All of it")),
            ("/ask/commitments-worth", t("Worth of promises")),
            ("/ask/commitments-coverage", t("Coverage by papers")),
        ],
        notes=notes.notes(result, t),
    )


async def twin(request: Request) -> Response:
    """The promises that the filters leave, as JSON, CSV or Excel."""
    site, form, words = pages.site_of(request), request.path_params["form"], dict(request.query_params)

    def held() -> tuple[Result, list[Row]]:
        _, result = answer(site, words)
        return result, [row for _, row in kept(result, words)]

    try:
        result, rows = await run_in_threadpool(held)
    except DidymiumError as wrong:
        return JSONResponse({"error": str(wrong)}, status_code=422)
    return await run_in_threadpool(sheets.twin, form, "commitments", result, rows)


# one promise


def worth(site: Site) -> tuple[fields.Asked, Result] | None:
    """What promises are worth, if somebody has had it computed."""
    question = site.question("commitments-worth")
    assert question is not None
    asked = fields.asked(question, {})
    job = site.jobs.find(site.key(asked))
    result = site.answered(asked) if job is not None and job.state == "done" else None
    return None if result is None else (asked, result)


def _evidence(site: Site, promise: str, asked: fields.Asked, result: Result, t: Translator) -> list[sheets.Part]:
    held = {"commitment_id": promise}
    found = [
        sheets.Part(
            "readouts",
            sheets.grid(result, asked, "readouts", READOUTS, t, title=t("What each side said of it"), held=held),
        ),
        sheets.Part(
            "clauses",
            sheets.grid(result, asked, "by_clause", CLAUSES, t, title=t("Its clause of the framework"), held=held),
        ),
    ]
    reckoned = worth(site)
    if reckoned is not None:
        table = sheets.grid(reckoned[1], reckoned[0], "", WORTH, t, title=t("What it is worth"), held=held)
        found.append(sheets.Part("worth", table))
    return [p for p in found if p.table.lines]


async def one(request: Request) -> Response:
    """A promise: what it says, how it stands, who said what of it, and what it is worth if that is known."""
    t, site, promise = pages.words_of(request), pages.site_of(request), request.path_params["promise"]
    words = dict(request.query_params)
    try:
        asked, result = await run_in_threadpool(answer, site, words)
    except DidymiumError as wrong:
        return pages.refused(request, t, wrong)
    number, row = next(((n, r) for n, r in tables.numbered(result.rows) if r["commitment_id"] == promise), (0, None))
    if row is None:
        return await pages.missing(request, NotFound("no promise"))
    base = f"/explain/{result.run_id}"
    kinds = {**KINDS, **asked.question.words, "parties": "place", "other_place": "place"}
    facts = [
        (heading(name, t), text, tables.behind(base, number, name, t.lang) if sheets.has_digit(text) else "")
        for name in FACTS
        if row.get(name) not in (None, "")
        for text in (t.fact(value_text(row[name], name, t, kinds)),)
    ]
    parts = await run_in_threadpool(_evidence, site, promise, asked, result, t)
    known = {r["source_id"]: r for r in site.ds.rows("sources")}
    ids = _sources(result, row)
    return pages.shown(
        request,
        "sheet.html.j2",
        t,
        title=t.fact(str(row["summary"])),
        title_where=tables.row_address(f"commitments:{promise}", t.lang),
        lead="",
        form=[],
        facts=facts,
        figures=[],
        parts=parts,
        work=None,
        work_title="",
        query=urlencode({k: words[k] for k in FIELDS if words.get(k)}),
        sources=[known[s] for s in ids if s in known],
        more=[
            ("/commitments", t("Commitments")),
            (f"/data/commitments/{promise}", t("Its row in the data")),
            *([] if any(p.name == "worth" for p in parts) else [("/ask/commitments-worth", t("Worth of promises"))]),
        ],
        notes=notes.notes(result, t),
    )


def _sources(result: Result, row: Row) -> list[str]:
    rows = [row, *(r for r in result.tables["readouts"] if r["commitment_id"] == row["commitment_id"])]
    return sorted({str(s) for r in rows for s in (r.get("source_ids") or ())})  # type: ignore[union-attr]


async def one_twin(request: Request) -> Response:
    """A promise with what each side said of it, as JSON, CSV or Excel."""
    site, form, promise = pages.site_of(request), request.path_params["form"], request.path_params["promise"]
    try:
        _, result = await run_in_threadpool(answer, site, dict(request.query_params))
    except DidymiumError as wrong:
        return JSONResponse({"error": str(wrong)}, status_code=422)
    rows = [dict(r) for r in result.rows if r["commitment_id"] == promise]
    if not rows:
        return JSONResponse({"error": "There is no such page here."}, status_code=404)
    return await run_in_threadpool(sheets.twin, form, promise, result, rows)
