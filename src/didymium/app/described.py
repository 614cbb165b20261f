"""The addresses of the app in the form of OpenAPI 3.1: pages, their figures and files, and what is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from didymium.app import fields, pages
from didymium.app.site import address
from didymium.questions.params import PARAMS

if TYPE_CHECKING:
    from starlette.requests import Request

    from didymium.questions.question import Question

HTML, SVG = "text/html", "image/svg+xml"
TEXT: Mapping[str, Any] = {"type": "string"}
DAY = fields.described(PARAMS["as_of"])
DAYS = {"horizon_days": fields.described(PARAMS["horizon_days"]), "as_of": DAY, "parties": TEXT}
DIALS = ("scenario", "place", "towards", "products", "passes", "months", "days", "parties")
REASONS = {
    404: "Nothing of this name",
    409: "Not computed yet",
    422: "Parameters that cannot be read",
    503: "Busy: ask again in a moment",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its address and that of its files (none: it has none), its figures, and the words it understands."""

    path: str
    says: str
    words: Mapping[str, Mapping[str, Any]]
    files: str = ""
    figures: tuple[str, ...] = ()
    media: str = HTML


def _texts(*names: str) -> dict[str, Mapping[str, Any]]:
    return dict.fromkeys(names, TEXT)


GAPS = {name: fields.described(PARAMS[name]) for name in ("parties", "years", "outlooks", "draws", "seed")}
FINANCE = {name: fields.described(PARAMS[name]) for name in ("bankable_in", "draws", "seed")}
PLAN = {n: fields.described(PARAMS[n]) for n in ("parties", "budget", "risk", "only", "year", "futures", "seed")}
FLOOR = {n: fields.described(PARAMS[n]) for n in ("floor_product", "floor_at", "floor_years", "parties", "seed")}
STOCKS = {n: fields.described(PARAMS[n]) for n in ("parties", "outlook", "year", "draws", "seed", "futures")}
ROWS = _texts("q", "sort", "first", "columns")
PAGES = (
    Page("/", "What is at risk, lapses, is overdue, and where the gaps are", {}, "/situation"),
    Page(
        "/chain",
        "A product from mine to use: who makes, ships and uses it",
        _texts("family", "product", "year", "stage", "sort"),
        "/chain",
        ("/chain/{name}.svg",),
    ),
    Page(
        "/chain/explain",
        "What stands behind a sum of the chain: its terms, the figures that were balanced, and what may be added",
        _texts("family", "product", "year", "stage", "column"),
        "/chain/explain",
    ),
    Page(
        "/lab",
        "A shock with dials",
        _texts(*DIALS, "a"),
        "/lab",
        ("/lab/figure-{number}.svg",),
    ),
    Page(
        "/gaps",
        "Gaps by stage, product and year",
        {**GAPS, **_texts("party", "outlook", "stage", "product", "sort")},
        "/gaps",
        ("/gaps/ledger.svg",),
    ),
    Page(
        "/projects",
        "The projects of the register",
        _texts("stage", "status", "country", "sort"),
        "/projects",
        ("/projects/map.svg",),
    ),
    Page("/projects/{project}", "A project and its money", FINANCE, "/projects/{project}"),
    Page("/plan", "What a budget should buy, and who pays", PLAN, "/plan", ("/plan/frontier.svg",)),
    Page(
        "/measures",
        "Trade measures, their calendar and their branches",
        {**DAYS, **_texts("product", "imposing", "branched", "sort")},
        "/measures",
        ("/measures/calendar.svg",),
    ),
    Page(
        "/commitments", "Promises, overdue first", {**DAYS, **_texts("state", "agreement_id", "sort")}, "/commitments"
    ),
    Page("/commitments/{promise}", "The evidence of a promise", DAYS, "/commitments/{promise}"),
    Page("/floor", "What a price floor costs, and who pays", FLOOR, "/floor"),
    Page(
        "/stocks",
        "What is held, what is worth holding, and what a plan of stocks would hold",
        {**STOCKS, **_texts("party", "stage")},
        "/stocks",
        ("/stocks/cover.svg",),
    ),
    Page("/data", "The tables of the data", _texts("q"), "/data"),
    Page("/data/{table}", "The rows of a table; a column's name filters", ROWS, "/data/{table}"),
    Page("/data/{table}/{key}", "A row with its source and licence; .json, .csv or .xlsx is its file", {}),
    Page("/sources", "The sources and their licences", _texts("q", "licence", "kind", "sort"), "/sources"),
    Page("/data/upload", "The form for tables of one's own, and the layers that are kept", {}),
    Page("/jobs", "Work that takes longer than a page may", {}),
    Page("/jobs/{key}", "How a piece of work stands", {}, media="application/json"),
    Page("/runs", "The kept runs", {}),
    Page(
        "/runs/{run_id}",
        "A kept run: what was asked, whether it is whole, its tables; or one row of them",
        _texts("table", "columns", "row"),
        "/runs/{run_id}",
    ),
    Page("/explain/{run_id}", "What stands behind a number or a note", _texts("row", "column", "table", "note")),
    Page(
        "/lab/numbers",
        "The rows that a figure of the lab draws",
        {**_texts(*DIALS), "figure": {"type": "integer", "minimum": 0, "maximum": 1}},
        "/lab/numbers",
    ),
    Page(
        "/lab/explain",
        "What stands behind a number or a note of the lab",
        _texts(*DIALS, "a", "row", "column", "table", "note"),
    ),
    Page(
        "/lab/{name}", "The scenario of a setting as a file: scenario.toml or assumptions.csv", _texts(*DIALS), media=""
    ),
)
SENT: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "/jobs": ("Begin work", ("token", "question")),
    "/jobs/{key}/cancel": ("Stop work", ("token",)),
    "/lab/keep": ("Keep a setting of the stress lab as a run", ("token", "setting")),
    "/data/upload": (
        "Bring a file of tables; with Accept: application/json its faults come as JSON",
        ("token", "file"),
    ),
    "/data/upload/{name}/{what}": ("Use a kept layer, set it aside, or remove it", ("token",)),
}
"""What is sent as a form, with the token that our pages hold."""


def paths(questions: Iterable[Question]) -> dict[str, Any]:
    """All addresses, for the questions that have a page of their own."""
    found: dict[str, Any] = {}
    for page in PAGES:
        _add(found, page)
    for question in questions:
        words = {n: fields.described(PARAMS[n]) for n in question.params if n not in fields.NOT_ASKED}
        path = f"/ask/{address(question)}"
        table = {"table": TEXT, "sort": TEXT, "columns": TEXT}
        _add(found, Page(path, question.help, {**words, **table}, path, (f"{path}/figure-{{number}}.svg",)))
    for path, (says, names) in SENT.items():
        form = {"type": "object", "properties": dict.fromkeys(names, TEXT), "required": list(names)}
        if "file" in names:
            form["properties"] = {**form["properties"], "file": {"type": "string", "format": "binary"}}  # type: ignore[dict-item]
        kind = "multipart/form-data" if "file" in names else "application/x-www-form-urlencoded"
        statuses = (200, 303, 403, 404, 413, 422, 503)
        found.setdefault(path, {})["post"] = {
            "summary": says,
            "parameters": _in_path(path),
            "requestBody": {"required": True, "content": {kind: {"schema": form}}},
            "responses": {str(s): {"description": REASONS.get(s, "See the page")} for s in statuses},
        }
    return found


def _add(found: dict[str, Any], page: Page) -> None:
    given = [
        {"name": name, "in": "query", "required": False, "schema": schema, **_help(name)}
        for name, schema in page.words.items()
    ]
    wanted = [(page.path, page.media, True)]
    wanted += [(path, SVG, True) for path in page.figures]
    wanted += [
        (f"{page.files}.{form}", media.split(";")[0], False) for form, media in pages.FORMS.items() if page.files
    ]
    for path, media, is_shown in wanted:
        lang = [
            {"name": "lang", "in": "query", "required": False, "schema": {"type": "string", "enum": ["", "en", "ja"]}}
        ]
        narrow = [{"name": "narrow", "in": "query", "required": False, "schema": {"type": "string", "enum": ["", "1"]}}]
        more = (lang if is_shown else []) + (narrow if media == SVG else [])
        ok: dict[str, Any] = {"description": page.says, **({"content": {media: {}}} if media else {})}
        reasons = {str(status): {"description": text} for status, text in REASONS.items() if status != 503}
        found.setdefault(path, {})["get"] = {
            "summary": page.says,
            "parameters": [*_in_path(path), *given, *more],
            "responses": {"200": ok, **reasons},
        }


def _help(name: str) -> dict[str, str]:
    return {"description": PARAMS[name].help} if name in PARAMS else {}


def _in_path(path: str) -> list[dict[str, Any]]:
    names = [part.split("}")[0] for part in path.split("{")[1:]]
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "integer", "minimum": 0, "maximum": 99}
            if name == "number"
            else {"type": "string", "minLength": 1},
        }
        for name in names
    ]


async def openapi(request: Request) -> Response:
    """The description."""
    from didymium import __version__

    info = {"title": "Didymium", "version": __version__}
    found = paths(pages.site_of(request).questions())
    return JSONResponse({"openapi": "3.1.0", "info": info, "paths": found})
