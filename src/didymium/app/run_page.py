"""Kept runs: the list, and a page for each with what was asked, whether it is whole, its tables and its files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from didymium.app import fields, fitting, notes, pages, sheets, tables
from didymium.app.site import address
from didymium.errors import DidymiumError, NotFound
from didymium.questions.catalogue import QUESTIONS
from didymium.questions.params import PARAMS
from didymium.questions.words import heading
from didymium.studies.lineage import found_row

if TYPE_CHECKING:
    from starlette.requests import Request

    from didymium.app.site import Site
    from didymium.i18n import Translator
    from didymium.results import Manifest, Result


async def runs(request: Request) -> Response:
    """The kept runs, the latest first."""
    t, site = pages.words_of(request), pages.site_of(request)
    kept = await run_in_threadpool(site.runs.manifests)
    names = pages.titles(t)
    first = _first()
    shown = [(m, names.get(command_of(m), command_of(m)), _asked_words(m, first)) for m in kept[: tables.SHOWN]]
    return pages.shown(request, "runs.html.j2", t, title=t("Runs"), runs=shown)


def command_of(manifest: Manifest) -> str:
    """The question of a run as the catalogue names it: that of `branches` is `measures branches`."""
    return str(manifest.call["command"])


def words_of_run(site: Site, manifest: Manifest) -> tuple[str, dict[str, str]] | None:
    """The page that asks the question of a run again, and its words; None where a page cannot ask just that."""
    question = QUESTIONS.get(command_of(manifest))
    if question is None or question not in site.questions():
        return None
    params = manifest.call["params"]
    words = {
        name: fields.typed(PARAMS[name], params[name])
        for name in question.params
        if name not in fields.NOT_ASKED and params.get(name) is not None
    }
    asked = fields.asked(question, words)
    same = all(asked.params[name] == params.get(name) for name in question.params if name not in fields.NOT_ASKED)
    return (f"/ask/{address(question)}", words) if same and not asked.has_fault else None


def _first() -> dict[str, Any]:
    """What a form holds at first. Reading the scenarios of the library takes a while."""
    return {n: p.kept_default() for n, p in PARAMS.items() if not p.is_required}


def _asked_words(manifest: Manifest, first: Mapping[str, Any]) -> str:
    """What was asked, where it is not what a form holds at first."""
    params = manifest.call["params"]
    told = {n: v for n, v in params.items() if n in PARAMS and n not in fields.NOT_ASKED and v != first.get(n)}
    return ", ".join(f"{n}={fields.typed(PARAMS[n], v)}" for n, v in told.items() if v not in (None, "", []))


def _found(site: Site, run_id: str) -> tuple[Manifest, Result]:
    """A kept run, its bytes held against its manifest just now. Raises NotFound, StoreError if they differ."""
    name = site.runs.find(run_id)
    return site.runs.manifest(name), site.loaded(name)


def asked_facts(manifest: Manifest, t: Translator) -> list[tuple[str, str, str]]:
    """What a run was asked, with the address of the run."""
    run = f"/runs/{manifest.run_id}?{urlencode({'lang': t.lang})}"
    return [
        (t("Question"), pages.titles(t).get(command_of(manifest), command_of(manifest)), ""),
        (t("Asked with"), _asked_words(manifest, _first()) or t("what a form holds at first"), ""),
        (t("Run"), manifest.run_id, run),
    ]


def _facts(site: Site, manifest: Manifest, t: Translator) -> list[tuple[str, str, str]]:
    known = str(manifest.dataset["id"])
    is_ours = known == str(site.ds.describe()["id"])
    data = t("Data {version} ({id})", version=str(manifest.dataset["version"]), id=known[:12])
    other = t("other data than this page shows")
    record, again = f"/runs/{manifest.run_id}.json", words_of_run(site, manifest)
    asked = f"{again[0]}?{urlencode({**again[1], 'lang': t.lang})}" if again is not None else record
    return [
        (t("Question"), pages.titles(t).get(command_of(manifest), command_of(manifest)), ""),
        (t("Asked with"), _asked_words(manifest, _first()) or t("what a form holds at first"), asked),
        (t("Kept"), str(manifest.created), record),
        (t("Data"), data if is_ours else f"{data}: {other}", f"/data?{urlencode({'lang': t.lang})}"),
        (t("Version"), manifest.versions["didymium"], record),
        (t("Checked now"), t("whole: the bytes are those of its manifest"), ""),
        (t("SHA-256"), manifest.result_sha256, record),
        (t("On a command line"), f"didymium runs repeat {manifest.run_id}", ""),
    ]


def _words(manifest: Manifest) -> Mapping[str, str]:
    question = QUESTIONS.get(command_of(manifest))
    return question.words if question else {}


def _table(manifest: Manifest, result: Result, name: str, t: Translator, is_whole: bool) -> tables.Table:
    """The rows of a run, or one of its further tables."""
    question = QUESTIONS.get(command_of(manifest))
    rows = result.tables[name] if name else result.rows
    first = [c for c in question.columns if rows and c in rows[0]] if question and not name else []
    grid = tables.table(
        tables.numbered(rows),
        first or tables.all_columns(rows),
        t,
        title=heading(name, t) if name else t("Rows"),
        run_id=result.run_id,
        name=name,
        words=_words(manifest),
        pages=pages.NAMED,
    )
    if is_whole:
        return grid
    given = {"table": name, "columns": pages.ALL, "lang": t.lang}
    return fitting.fitted(
        grid,
        t,
        all_columns=f"/runs/{result.run_id}?{urlencode({k: v for k, v in given.items() if v})}",
        lead=lambda number: pages.row_page(result.run_id, name, number, t.lang),
        aside=question.aside if question and not name else (),
    )


def _row(request: Request, manifest: Manifest, result: Result, name: str, t: Translator) -> Response:
    """One row of a run with all its columns; each number leads to what stands behind it. Raises NotFound."""
    number = found_row(result, request.query_params["row"], table=name or None)
    rows = result.tables[name] if name else result.rows
    if not 1 <= number <= len(rows):
        raise NotFound(f"there is no row {number}.", cure=f"Rows run from 1 to {len(rows)}.")
    grid = tables.table(
        [(number, rows[number - 1])],
        tables.all_columns(rows),
        t,
        title=t("Rows"),
        run_id=result.run_id,
        name=name,
        words=_words(manifest),
    )

    def there(column: str) -> str:
        return tables.behind(f"/explain/{result.run_id}", number, column, t.lang, name)

    where = f"/runs/{result.run_id}?{urlencode({'table': name})}" if name else f"/runs/{result.run_id}"
    question = pages.titles(t).get(command_of(manifest), command_of(manifest))
    known = {r["source_id"]: r for r in pages.site_of(request).ds.rows("sources")}
    said = rows[number - 1].get("source_ids")
    return pages.shown(
        request,
        "sheet.html.j2",
        t,
        title=t("Row {n}", n=t.count(number)),
        title_where=f"{where}{'&' if name else '?'}{urlencode({'lang': t.lang})}",
        lead=f"{question}: {heading(name, t)}" if name else question,
        form=[],
        facts=[
            (head.text, cell.text, cell.where or (there(head.name) if sheets.has_digit(cell.text) else ""))
            for head, cell in zip(grid.head, grid.lines[0], strict=True)
        ],
        figures=[],
        parts=[],
        work=None,
        work_title="",
        query="",
        sources=[known[s] for s in said if s in known] if isinstance(said, list) else [],
        more=[(where, t("Run {run}", run=result.run_id))],
        notes=[],
    )


async def one(request: Request) -> Response:
    """A run: what was asked, of which data, whether it is whole, and its tables; or one `row` of a table."""
    t, site = pages.words_of(request), pages.site_of(request)
    try:
        manifest, result = await run_in_threadpool(_found, site, request.path_params["run_id"])
        name = sheets.chosen(request.query_params, "table", list(result.tables))
        if request.query_params.get("row"):
            return _row(request, manifest, result, name, t)
    except DidymiumError as wrong:
        return pages.refused(request, t, NotFound(str(wrong)))
    is_whole = request.query_params.get("columns") == pages.ALL
    choices = [("", t("Main table")), *((n, heading(n, t)) for n, rows in result.tables.items() if rows)]
    again = words_of_run(site, manifest)
    more = [("/runs", t("Runs"))]
    if again is not None:
        more.append((f"{again[0]}?{urlencode(again[1])}", t("Ask it again")))
    known = {r["source_id"]: r for r in site.ds.rows("sources")}
    return pages.shown(
        request,
        "sheet.html.j2",
        t,
        title=t("Run {run}", run=manifest.run_id),
        lead="",
        form=[{"name": "table", "label": heading("table", t), "kind": "choice", "value": name, "options": choices}],
        facts=_facts(site, manifest, t),
        figures=[],
        parts=[sheets.Part("rows", _table(manifest, result, name, t, is_whole))],
        work=None,
        work_title="",
        query="",
        sources=[known[s] for s in result.source_ids if s in known],
        more=more,
        notes=notes.notes(result, t),
    )


async def twin(request: Request) -> Response:
    """A kept run as JSON (whole), CSV or Excel (its rows)."""
    site, form = pages.site_of(request), request.path_params["form"]
    if form not in pages.FORMS:
        return JSONResponse({"error": "There is no such page here."}, status_code=404)

    def held() -> tuple[Mapping[str, Any], Any]:
        result = site.loaded(site.runs.find(request.path_params["run_id"]))
        return result.as_dict(), result.rows

    try:
        whole, rows = await run_in_threadpool(held)
    except DidymiumError as wrong:
        return JSONResponse({"error": str(wrong)}, status_code=404)
    return await run_in_threadpool(pages.file_of, whole, rows, form, request.path_params["run_id"])
