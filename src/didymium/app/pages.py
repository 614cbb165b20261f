"""The pages: each takes a request and returns a response. Everything they show is in the address."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from didymium.app import fields, fitting, notes, pictures, tables
from didymium.app.site import address
from didymium.app.team import may
from didymium.errors import DidymiumError, NotFound
from didymium.i18n import Translator, dataset_names, translator
from didymium.questions.forms import csv_text, json_text, picked, workbook
from didymium.questions.words import heading, value_text

if TYPE_CHECKING:
    from jinja2 import Environment
    from starlette.requests import Request

    from didymium.app.site import Site
    from didymium.questions.question import Question
    from didymium.results import Result
    from didymium.results.lineage import Lineage

FORMS = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
PATHS = {"plan": "/plan", "measures": "/measures", "stocks": "/stocks"}
"""Pages to which work that they began leads back."""
ALL = "all"
"""The word `columns` of an address that asks for all columns of a table, however wide."""
NAMED = {
    "commitment_id": ("/commitments/", "commitment_id"),
    "measure_id": ("/data/measures/", "measure_id"),
}
"""Columns of answers whose words have a page of their own."""
LANGUAGES = {"en": "English", "ja": "日本語"}


@cache
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("didymium.app"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["breaking"] = breaking
    environment.globals["told"] = notes.told
    return environment


def breaking(text: str) -> str:
    """A text that may be broken after the signs that join the parts of an id.

    >>> str(breaking("ndpr_oxide"))
    'ndpr_<wbr>oxide'
    """
    from markupsafe import Markup, escape

    found = escape(text)
    for sign in "_|":
        found = found.replace(sign, Markup(f"{sign}<wbr>"))
    return found


def titles(t: Translator) -> dict[str, str]:
    """What the page of each question is called."""
    return {
        "backtest": t("Back-test"),
        "commitments": t("Commitments"),
        "commitments coverage": t("Coverage by papers"),
        "commitments worth": t("Worth of promises"),
        "data reconcile": t("Reconciliation"),
        "data value-of-information": t("Value of information"),
        "exposure": t("Exposure"),
        "finance": t("Finance"),
        "gaps": t("Gaps"),
        "measures": t("Measures"),
        "measures branches": t("Branches"),
        "measures entities": t("Firms on lists"),
        "measures floor": t("Price floor"),
        "ownership": t("Ownership"),
        "assumptions": t("Assumptions"),
        "plan": t("Plan"),
        "plan whatif": t("What if"),
        "projects": t("Projects"),
        "recycling": t("Recycling"),
        "respond": t("Response"),
        "stocks": t("Stocks"),
        "stress": t("Stress test"),
    }


def site_of(request: Request) -> Site:
    """What the pages share."""
    site: Site = request.app.state.site
    return site


def language_of(request: Request) -> str:
    """The language of a page: asked for in the address, else what the browser prefers."""
    lang = request.query_params.get("lang", "")
    if lang not in LANGUAGES:
        lang = "ja" if request.headers.get("accept-language", "").lower().startswith("ja") else "en"
    return lang


def words_of(request: Request) -> Translator:
    """The words of the language of a page, and the names that its data have in it."""
    lang, ds = language_of(request), site_of(request).ds
    return translator(lang, ds.once(("names", lang), lambda: dataset_names(ds, lang)))


def shown(
    request: Request, template: str, t: Translator, /, *, status: int = 200, title_where: str = "", **values: Any
) -> Response:
    """A page in its frame. `title_where`: what the numbers of its title rest on."""
    site = site_of(request)
    known = titles(t)

    def link(path: str, **words: str) -> str:
        asked = urlencode({**{k: v for k, v in words.items() if v}, "lang": t.lang})
        return f"{path}{'&' if '?' in path else '?'}{asked}"

    def named(question: Question) -> str:
        return known.get(question.command, question.command)

    here = {k: v for k, v in request.query_params.items() if k != "lang"}
    body = (
        _templates()
        .get_template(template)
        .render(
            t=t,
            link=link,
            static=static_link,
            named=named,
            address=address,
            row_address=tables.row_address,
            questions=site.questions(),
            languages={code: f"{request.url.path}?{urlencode({**here, 'lang': code})}" for code in LANGUAGES},
            language_names=LANGUAGES,
            token=site.token,
            person=request.scope.get("person"),
            may_edit=may(request, "edit"),
            data=site.ds.describe(),
            here=request.url.path,
            title_where=title_where,
            **values,
        )
    )
    return Response(body, status_code=status, media_type="text/html; charset=utf-8")


async def missing(request: Request, _: Exception) -> Response:
    """There is no such page."""
    t = words_of(request)
    return shown(request, "error.html.j2", t, status=404, title=t("Not found"), text=t("There is no such page here."))


async def broken(request: Request, _: Exception) -> Response:
    """Something went wrong that nobody foresaw: said, and nothing shown as an answer."""
    return PlainTextResponse("Something went wrong here. The server's log says what.\n", status_code=500)


def refused(request: Request, t: Translator, wrong: DidymiumError) -> Response:
    """What cannot be answered, and why."""
    status = 404 if isinstance(wrong, NotFound) else 422
    return shown(request, "error.html.j2", t, status=status, title=t("This cannot be answered"), text=str(wrong))


def too_old(request: Request, t: Translator) -> Response:
    """A change whose token is not ours."""
    return shown(request, "error.html.j2", t, status=403, title=t("Not allowed"), text=t("The page is too old."))


def not_allowed(request: Request, t: Translator) -> Response:
    """A change that is not for this person."""
    text = t("Your role does not allow this.")
    return shown(request, "error.html.j2", t, status=403, title=t("Not allowed"), text=text)


# questions


def _asked(request: Request) -> fields.Asked | None:
    question = site_of(request).question(request.path_params["name"])
    return None if question is None else fields.asked(question, dict(request.query_params))


async def ask(request: Request) -> Response:
    """The page of a question: its form, its answer or the way to it, its figures, and its twins."""
    t, site = words_of(request), site_of(request)
    asked = _asked(request)
    if asked is None:
        return await missing(request, NotFound("no question"))
    shared: dict[str, Any] = {"title": titles(t).get(asked.question.command, asked.question.command), "asked": asked}
    nothing: dict[str, Any] = {"answer": None, "job": None, "commands": _commands(asked)}
    if asked.has_fault:
        return shown(request, "ask.html.j2", t, status=422, **shared, **nothing, form=_form(asked, t))
    try:
        result = await run_in_threadpool(site.answered, asked)
    except DidymiumError as wrong:
        return refused(request, t, wrong)
    if result is None:
        nothing["job"] = site.jobs.find(site.key(asked))
        return shown(request, "ask.html.j2", t, **shared, **nothing, form=_form(asked, t))
    table = request.query_params.get("table", "")
    if table and table not in result.tables:
        return await missing(request, NotFound("no table"))
    specs = await run_in_threadpool(pictures.drawn, result, t) if not table else []
    nothing["answer"] = _answer(result, asked, table, specs, t, request.query_params)
    return shown(request, "ask.html.j2", t, **shared, **nothing, form=_form(asked, t))


def _form(asked: fields.Asked, t: Translator) -> list[dict[str, Any]]:
    return [
        {
            "entry": entry,
            "label": heading(entry.name, t),
            "options": [(c, {"true": t("yes"), "false": t("no")}.get(c, c)) for c in entry.choices],
        }
        for entry in asked.entries
    ]


def _commands(asked: fields.Asked) -> dict[str, str]:
    """The same question for a terminal and for Python."""
    from didymium.questions.params import PARAMS

    first = {e.name: e.value for e in fields.asked(asked.question, {}).entries}
    changed = {
        e.name: e.value for e in asked.entries if e.value and (e.value != first[e.name] or e.name in fields.AT_FIRST)
    }
    words = ["didymium", asked.question.command]
    for name, value in changed.items():
        param = PARAMS[name]
        flag = param.flag.split("/")[0 if value == "true" else -1] if "/" in param.flag else param.flag
        words += [value] if param.is_argument else [flag] if "/" in param.flag else [flag, value]
    return {"cli": " ".join(words)}


def _answer(
    result: Result,
    asked: fields.Asked,
    table: str,
    specs: Sequence[Mapping[str, Any]],
    t: Translator,
    query: Mapping[str, str],
) -> dict[str, Any]:
    """What a page shows of an answer: every number with the address of what stands behind it."""
    rows = list(result.tables[table] if table else result.rows)
    whole = len(rows)
    numbered = tables.numbered(rows)
    columns = [c for c in asked.question.columns if rows and c in rows[0]]
    if not table:
        kept = {id(r) for r in picked(rows, asked.question)}
        numbered = [(n, r) for n, r in numbered if id(r) in kept]
    if table or not columns:
        columns = tables.all_columns(rows)
    given = {**asked.given, **({"table": table} if table else {})}
    is_whole = query.get("columns") == ALL
    here = f"/ask/{address(asked.question)}"
    grid = tables.table(
        numbered,
        columns,
        t,
        title=t("Rows"),
        run_id=result.run_id,
        name=table,
        words=asked.question.words,
        pages=NAMED,
        here=here,
        asked={**given, **({"columns": ALL} if is_whole else {})},
        sort=query.get("sort", ""),
    )
    if not is_whole:
        grid = fitting.fitted(
            grid,
            t,
            all_columns=f"{here}?{urlencode({**given, 'columns': ALL, 'lang': t.lang})}",
            lead=lambda number: row_page(result.run_id, table, number, t.lang),
            aside=asked.question.aside if not table else (),
        )
    above = [
        tables.table(
            tables.numbered(result.tables[name]),
            [c for c in shown if c in result.tables[name][0]],
            t,
            title=heading(name, t),
            run_id=result.run_id,
            name=name,
            words=asked.question.words,
            pages=NAMED,
        )
        for name, shown in asked.question.above.items()
        if not table and result.tables.get(name)
    ]
    return {
        "run_id": result.run_id,
        "status": result.status,
        "table": table,
        "tables": list(result.tables),
        "grid": grid,
        "above": above,
        "shown": grid.shown,
        "whole": whole,
        "notes": notes.notes(result, t),
        "figures": pictures.shown(specs, f"/ask/{address(asked.question)}", result.run_id, t.lang),
        "query": urlencode(asked.given),
    }


def table_page(run_id: str, table: str, lang: str) -> str:
    """The address of a table of a kept answer, its rows if `table` is empty."""
    given = {"table": table, "lang": lang}
    return f"/runs/{run_id}?{urlencode({k: v for k, v in given.items() if v})}"


def row_page(run_id: str, table: str, number: int, lang: str) -> str:
    """The address of one row of an answer with all its columns."""
    given = {"table": table, "row": str(number), "lang": lang}
    return f"/runs/{run_id}?{urlencode({k: v for k, v in given.items() if v})}"


async def figure(request: Request) -> Response:
    """A figure of an answer as SVG."""
    t, site, asked = words_of(request), site_of(request), _asked(request)
    if asked is None or asked.has_fault:
        return await missing(request, NotFound("no figure"))

    def draw() -> str | None:
        result = site.answered(asked)
        is_narrow = request.query_params.get("narrow") == "1"
        specs = [] if result is None else pictures.drawn(result, t, narrow=is_narrow)
        number = request.path_params["number"]
        return pictures.picture(specs[number]) if number < len(specs) else None

    try:
        drawing = await run_in_threadpool(draw)
    except DidymiumError:
        drawing = None
    if drawing is None:
        return await missing(request, NotFound("no figure"))
    return svg_response(drawing)


async def drawn(request: Request, draw: Callable[[], str]) -> Response:
    """The figure that `draw` gives as SVG, or that there is none."""
    try:
        return svg_response(await run_in_threadpool(draw))
    except DidymiumError:
        return await missing(request, NotFound("no figure"))


def svg_response(drawing: str) -> Response:
    """A picture: it may style itself, and do nothing else."""
    policy = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; font-src data:"}
    return Response(drawing, media_type="image/svg+xml", headers=policy)


async def twin(request: Request) -> Response:
    """The answer of a page as JSON, CSV or Excel."""
    site, asked, form = site_of(request), _asked(request), request.path_params["form"]
    if asked is None or form not in FORMS:
        return JSONResponse({"error": "There is no such page here."}, status_code=404)
    if asked.has_fault:
        faults = {e.name: e.fault for e in asked.entries if e.fault}
        return JSONResponse({"error": "Some parameters cannot be read.", "parameters": faults}, status_code=422)
    try:
        result = await run_in_threadpool(site.answered, asked)
    except DidymiumError as wrong:
        return JSONResponse({"error": str(wrong)}, status_code=422)
    if result is None:
        return JSONResponse({"error": "Not computed yet. Start it on its page."}, status_code=409)
    table = request.query_params.get("table", "")
    if table and table not in result.tables:
        return JSONResponse({"error": f"The answer has no table {table}."}, status_code=404)
    return file_of(result.as_dict(), result.tables[table] if table else result.rows, form, address(asked.question))


def file_of(whole: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], form: str, name: str) -> Response:
    """Rows as a file to keep."""
    body = {
        "json": lambda: json_text(whole).encode(),
        "csv": lambda: csv_text(rows).encode(),
        "xlsx": lambda: workbook(whole, {"rows": rows}),
    }[form]()
    headers = {} if form == "json" else {"content-disposition": f'attachment; filename="{name}.{form}"'}
    return Response(body, media_type=FORMS[form], headers=headers)


# jobs


async def begin(request: Request) -> Response:
    """Start the work of a question and go to its page."""
    t, site = words_of(request), site_of(request)
    form = await request.form()
    given = {k: v for k, v in form.items() if isinstance(v, str)}
    if given.pop("token", "") != site.token:
        return too_old(request, t)
    question = site.question(given.pop("question", ""))
    if question is None:
        return await missing(request, NotFound("no question"))
    project, page = given.pop("project_page", ""), given.pop("page", "")
    asked = fields.asked(question, given)
    where = PATHS.get(page, f"/ask/{address(question)}")
    where = f"/projects/{quote(project, safe='')}" if project else where
    back = f"{where}?{urlencode({**asked.given, 'lang': t.lang})}"
    if not asked.has_fault:
        try:
            site.jobs.start(site.key(asked), question.command, dict(asked.params), back)
        except DidymiumError as wrong:
            return refused(request, t, wrong)
    return RedirectResponse(back, status_code=303)


async def cancel(request: Request) -> Response:
    """End the work of a job at its next step."""
    t, site = words_of(request), site_of(request)
    form = await request.form()
    if form.get("token") != site.token:
        return too_old(request, t)
    job = site.jobs.find(request.path_params["key"])
    if job is None:
        return await missing(request, NotFound("no job"))
    site.jobs.cancel(job.key)
    return RedirectResponse(job.address, status_code=303)


async def jobs(request: Request) -> Response:
    """All work of this store, open first."""
    t = words_of(request)
    return shown(request, "jobs.html.j2", t, title=t("Work"), jobs=site_of(request).jobs.all())


async def job(request: Request) -> Response:
    """How a piece of work stands, for programs."""
    found = site_of(request).jobs.find(request.path_params["key"])
    if found is None:
        return JSONResponse({"error": "There is no such job."}, status_code=404)
    return JSONResponse({k: getattr(found, k) for k in ("key", "command", "state", "done", "of", "run_id", "fault")})


# explanations


async def explain(request: Request) -> Response:
    """What stands behind one number: rows, sources, rules, formula, assumptions."""
    from didymium.app import note_page
    from didymium.studies.lineage import found_row, lineage

    t, site, words = words_of(request), site_of(request), request.query_params
    if words.get("note"):
        return await note_page.note(request)

    def behind() -> Any:
        result = site.loaded(site.runs.find(request.path_params["run_id"]))
        table = words.get("table") or None
        row = found_row(result, words.get("row", ""), table=table)
        return lineage(site.ds, result, row, words.get("column", ""), table=table)

    try:
        found = await run_in_threadpool(behind)
    except DidymiumError as wrong:
        return refused(request, t, wrong)
    return explained(request, t, found)


def explained(request: Request, t: Translator, found: Lineage, **more: Any) -> Response:
    """The page of what stands behind one number; `more`: `setting` and `terms`, see its template."""
    unit = "" if found.unit == "share" or not tables.is_number(found.value) else found.unit
    band = (found.low, found.high) if found.low is not None and found.high is not None else None
    return shown(
        request,
        "explain.html.j2",
        t,
        title=heading(found.column, t),
        found=found,
        value=value_text(found.value, found.column, t),
        band=t.span(*(value_text(v, found.column, t) for v in band)) if band else "",
        unit=unit,
        keys=[(heading(name, t), value_text(value, name, t)) for name, value in found.keys.items()],
        **{"setting": [], "terms": [], **more},
    )


STATIC = {
    "app.css": "text/css; charset=utf-8",
    "dials.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "lab.js": "text/javascript; charset=utf-8",
    "work.js": "text/javascript; charset=utf-8",
}


async def static(request: Request) -> Response:
    """The style sheet, the icon and the scripts."""
    name = request.path_params["name"]
    if name not in STATIC:
        return PlainTextResponse("There is no such file here.\n", status_code=404)
    is_current = request.query_params.get("v") == stamp(name)
    headers = {"cache-control": "max-age=31536000, immutable" if is_current else "no-cache"}
    return Response(_file(name), media_type=STATIC[name], headers=headers)


@cache
def _file(name: str) -> bytes:
    return (files("didymium.app") / "static" / name).read_bytes()


@cache
def stamp(name: str) -> str:
    """What a file holds, as a short hash: a link with it may be kept, since a changed file has another."""
    return hashlib.sha256(_file(name)).hexdigest()[:12]


def static_link(name: str) -> str:
    """The address of a file of ours, new whenever it changes."""
    return f"/static/{name}?v={stamp(name)}"
