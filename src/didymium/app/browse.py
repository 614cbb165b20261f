"""The data: tables found by a word, their rows by links, a row with its source and licence, and all sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from didymium.app import fitting, pages, tables
from didymium.errors import NotFound
from didymium.questions.words import TELLING, heading
from didymium.schema import TABLES

if TYPE_CHECKING:
    from starlette.requests import Request

    from didymium.app.site import Site
    from didymium.i18n import Translator
    from didymium.schema.columns import Table as TableOf

RESERVED = ("lang", "sort", "q", "first", "columns")
"""Words of an address that are no columns."""
MOST_VALUES = 60
"""Different values up to which a column filters by a link."""
SOURCES = ("source_id", "title", "producer", "licence", "kind")


@dataclass(frozen=True, slots=True)
class Found:
    """A table that a word finds: how many rows, what it is called, and its columns that the word finds."""

    name: str
    rows: int
    title: str
    columns: tuple[str, ...]


def search(site: Site, word: str, t: Translator) -> list[Found]:
    """Tables whose name, title, meaning or columns hold a word; all of them for none."""
    low, found = word.strip().lower(), []
    for name in sorted(site.ds.content):
        if name not in TABLES:
            continue
        table = TABLES[name]
        columns = tuple(c.name for c in table.columns if low and low in f"{c.name} {c.meaning}".lower())
        said = f"{name} {table.title} {table.title_ja} {table.meaning}".lower()
        if columns or low in said:
            found.append(
                Found(name, len(site.ds.rows(name)), table.title_ja if t.lang == "ja" else table.title, columns)
            )
    return found


def picked(rows: Sequence[Mapping[str, Any]], words: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """The rows that an address leaves: by column, and by a text that stands anywhere in them; sorted.

    >>> picked([{"a": "x", "n": 1}, {"a": "y", "n": 2}], {"a": "y", "lang": "en"})
    [{'a': 'y', 'n': 2}]
    """
    held = {k: v for k, v in words.items() if k not in RESERVED and rows and k in rows[0]}
    text = words.get("q", "").strip().lower()
    kept = [
        r
        for r in rows
        if all(_text(r[k]) == v for k, v in held.items())
        and (not text or any(text in _text(v).lower() for v in r.values()))
    ]
    sort = words.get("sort", "")
    if rows and sort.removeprefix("-") in rows[0]:
        kept = [r for _, r in tables.sorted_by(tables.numbered(kept), sort)]
    return kept


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _cells(
    name: str,
    rows: Sequence[Mapping[str, Any]],
    whole: Sequence[Mapping[str, Any]],
    given: Mapping[str, str],
    t: Translator,
) -> list[list[tables.Cell]]:
    columns = list(whole[0]) if whole else []
    by_link = {
        c
        for c in columns
        if c not in ("row_id", "layer")
        and name in TABLES
        and TABLES[name].column(c).kind not in ("number", "url")
        and 1 < len({_text(r[c]) for r in whole}) <= MOST_VALUES
    }
    lines = []
    for row in rows:
        there = tables.row_address(str(row["row_id"]), t.lang)
        line = [tables.Cell("→", where=there, label=t("Row"))]
        for column in columns:
            text, where = _text(row[column]), ""
            if text and column.endswith("source_id") and name != "sources":
                where = f"/data/sources/{quote(text, safe='')}?{urlencode({'lang': t.lang})}"
            elif text and column in by_link and given.get(column) != text:
                where = f"/data/{name}?{urlencode({**given, column: text, 'lang': t.lang})}"
            elif text and tables.is_told(column, row[column]):
                where = there
            line.append(tables.Cell(text, tables.is_number(row[column]), where))
        lines.append(line)
    return lines


def _tells(column: str, table: TableOf | None) -> bool:
    """Whether a column is what a reader of a table looks for: a number, its unit or year, a place, or a known name."""
    if column in TELLING or column == "country" or column.endswith(("unit", "year")):
        return True
    is_number = table is not None and column in table.column_names and table.column(column).kind == "number"
    return is_number and column not in ("lat", "lon")


async def data(request: Request) -> Response:
    """The tables of the data that a word finds."""
    t, site, word = pages.words_of(request), pages.site_of(request), request.query_params.get("q", "")
    found = await run_in_threadpool(search, site, word, t)
    return pages.shown(request, "tables.html.j2", t, title=t("Data"), tables=found, word=word)


async def data_twin(request: Request) -> Response:
    """The tables that a word finds, as JSON, CSV or Excel."""
    t, site, form = pages.words_of(request), pages.site_of(request), request.path_params["form"]
    if form not in pages.FORMS:
        return JSONResponse({"error": "There is no such page here."}, status_code=404)
    found = await run_in_threadpool(search, site, request.query_params.get("q", ""), t)
    rows = [{"table": f.name, "rows": f.rows, "title": f.title, "columns": ";".join(f.columns)} for f in found]
    return pages.file_of(
        {"command": "data tables", "dataset": dict(site.ds.describe()), "rows": rows}, rows, form, "data"
    )


async def table(request: Request) -> Response:
    """The rows of one table, as they would be used: filtered, sorted and paged by links."""
    t, site, name = pages.words_of(request), pages.site_of(request), request.path_params["table"]
    if name not in site.ds.content:
        return await pages.missing(request, NotFound("no table"))
    whole = site.ds.rows(name)
    columns = list(whole[0]) if whole else []
    words = dict(request.query_params)
    is_all = words.get("columns") == pages.ALL
    kept = await run_in_threadpool(picked, whole, words)
    given = {k: v for k, v in words.items() if v and (k in ("q", "sort") or k in columns)}
    shown = {**given, **({"columns": pages.ALL} if is_all else {})}
    first = words.get("first", "")
    start = min(int(first), max(len(kept) - 1, 0)) if first.isascii() and first.isdigit() and len(first) < 9 else 0

    def to(more: Mapping[str, str], without: str = "") -> str:
        asked = {k: v for k, v in {**shown, **more}.items() if k != without}
        return f"/data/{name}?{urlencode({**asked, 'lang': t.lang})}"

    sort = words.get("sort", "")
    heads = [
        tables.Head(
            c,
            to({"sort": f"-{c}" if sort == c else c}),
            {c: "ascending", f"-{c}": "descending"}.get(sort, ""),
            name=c,
        )
        for c in columns
    ]
    said = TABLES.get(name)
    lines = _cells(name, kept[start : start + tables.SHOWN], whole, shown, t)
    grid = tables.Table(name, (tables.Head(t("Row")), *heads), tuple(map(tuple, lines)), len(kept))
    if not is_all:
        key = [c for c in columns if said is not None and c in said.key]
        minor = [c for c in columns if c not in key and not _tells(c, said)]
        grid = fitting.fitted(
            fitting.ordered(grid, ["", *key]),
            t,
            all_columns=to({"columns": pages.ALL}),
            aside=["row_id", "layer", *reversed(minor)],
            first=1 + len(key),
        )
    return pages.shown(
        request,
        "table.html.j2",
        t,
        title=name if said is None else f"{said.title_ja if t.lang == 'ja' else said.title} ({name})",
        lead=said.meaning if said is not None and t.lang == "en" else "",
        name=name,
        grid=grid,
        held=[(k, v, to({}, k)) for k, v in given.items() if k in columns],
        word=words.get("q", ""),
        hidden={k: v for k, v in shown.items() if k != "q"},
        first=start + 1 if kept else 0,
        last=min(start + tables.SHOWN, len(kept)),
        whole=len(kept),
        before=to({"first": str(max(start - tables.SHOWN, 0))}) if start else "",
        after=to({"first": str(start + tables.SHOWN)}) if start + tables.SHOWN < len(kept) else "",
        query=urlencode(given),
    )


async def table_twin(request: Request) -> Response:
    """The rows of one table that the address leaves, as JSON, CSV or Excel."""
    site, name, form = pages.site_of(request), request.path_params["table"], request.path_params["form"]
    if name not in site.ds.content or form not in pages.FORMS:
        return JSONResponse({"error": "There is no such page here."}, status_code=404)
    rows = [dict(r) for r in picked(site.ds.rows(name), dict(request.query_params))]
    whole = {"command": f"data table {name}", "dataset": dict(site.ds.describe()), "rows": rows}
    return await run_in_threadpool(pages.file_of, whole, rows, form, name)


async def row(request: Request) -> Response:
    """One row with its source and licence; the same address with .json, .csv or .xlsx is its file."""
    t, site, name = pages.words_of(request), pages.site_of(request), request.path_params["table"]
    key = request.path_params["key"]
    if name not in site.ds.content:
        return await pages.missing(request, NotFound("no table"))
    stem, _, form = key.rpartition(".")
    held = site.ds.rows(name, row_id=f"{name}:{key}")
    if not held and form in pages.FORMS and (rows := site.ds.rows(name, row_id=f"{name}:{stem}")):
        whole = {"command": f"data table {name}", "dataset": dict(site.ds.describe()), "rows": rows}
        return pages.file_of(whole, rows, form, name)
    if not held:
        return await pages.missing(request, NotFound("no row"))
    found, said = held[0], TABLES.get(name)
    ids = [str(found[c]) for c in found if c.endswith("source_id") and found[c]]
    facts = []
    for column, value in found.items():
        declared = said.column(column) if said and column in said.column_names else None
        unit = declared.unit if declared else ""
        unit = _text(found.get("unit")) if unit == "{unit}" else unit
        where = str(value) if str(value).startswith(("https://", "http://")) else ""
        meaning = declared.meaning if declared and t.lang == "en" else ""
        facts.append((column, _text(value), unit if value is not None else "", meaning, where))
    return pages.shown(
        request,
        "row.html.j2",
        t,
        title=key.replace("|", " · "),
        name=name,
        table_title=(said.title_ja if t.lang == "ja" else said.title) if said else name,
        key=quote(key, safe=""),
        facts=facts,
        sources=site.ds.rows("sources", source_id=ids) if ids and name != "sources" else [],
        used=await run_in_threadpool(_used, site, key) if name == "sources" else [],
    )


def _used(site: Site, source: str) -> list[tuple[str, int]]:
    """Tables with rows of a source, and how many."""
    counts = [
        (name, sum(r.get("source_id") == source for r in site.ds.rows(name)))
        for name in sorted(site.ds.content)
        if name in TABLES and name != "sources" and "source_id" in TABLES[name].column_names
    ]
    return [(name, n) for name, n in counts if n]


# sources


def _licences(rows: Sequence[Mapping[str, Any]], t: Translator) -> tables.Table:
    counts: dict[str, int] = {}
    for one in rows:
        counts[str(one["licence"])] = counts.get(str(one["licence"]), 0) + 1
    heads = (tables.Head(heading("licence", t)), tables.Head(t("Sources"), is_number=True))
    lines = tuple(
        (
            tables.Cell(licence, where=where),
            tables.Cell(t.count(n), True, where),
        )
        for licence, n in sorted(counts.items(), key=lambda c: (-c[1], c[0]))
        for where in (f"/sources?{urlencode({'licence': licence, 'lang': t.lang})}",)
    )
    return tables.Table(t("Licences"), heads, lines, len(lines))


async def sources(request: Request) -> Response:
    """All sources with their licences."""
    t, site, words = pages.words_of(request), pages.site_of(request), dict(request.query_params)
    whole = site.ds.rows("sources")
    rows = picked(whole, {k: v for k, v in words.items() if v and k != "sort"})
    held = {k: words[k] for k in ("licence", "kind", "q") if words.get(k)}
    listed = tables.table(
        [(n, {**r, "key": quote(str(r["source_id"]), safe="")}) for n, r in tables.numbered(rows)],
        SOURCES,
        t,
        title=t("Sources"),
        here="/sources",
        asked=held,
        sort=words.get("sort", ""),
        pages={"source_id": ("/data/sources/", "key")},
    )
    choices = {name: sorted({str(r[name]) for r in whole}) for name in ("licence", "kind")}
    form: list[dict[str, Any]] = [
        {
            "name": name,
            "label": heading(name, t),
            "kind": "choice",
            "value": words.get(name, ""),
            "options": [("", t("all")), *((v, v) for v in values)],
        }
        for name, values in choices.items()
    ]
    form.append({"name": "q", "label": t("Text in it"), "kind": "text", "value": words.get("q", "")})
    from didymium.app.sheets import Part

    return pages.shown(
        request,
        "sheet.html.j2",
        t,
        title=t("Sources"),
        lead=t(
            "Where the facts were read, and on which terms they may be passed on. Unknown means that "
            "no terms were found."
        ),
        form=form,
        facts=[],
        figures=[],
        parts=[Part("licences", _licences(rows, t)), Part("listed", listed)],
        work=None,
        work_title="",
        query=urlencode(held),
        sources=[],
        more=[("/data", t("Data"))],
        notes=[],
    )


async def sources_twin(request: Request) -> Response:
    """The sources that the filters leave, as JSON, CSV or Excel."""
    site, form = pages.site_of(request), request.path_params["form"]
    if form not in pages.FORMS:
        return JSONResponse({"error": "There is no such page here."}, status_code=404)
    words = {k: v for k, v in request.query_params.items() if v}
    rows = [dict(r) for r in picked(site.ds.rows("sources"), words)]
    whole = {"command": "data table sources", "dataset": dict(site.ds.describe()), "rows": rows}
    return await run_in_threadpool(pages.file_of, whole, rows, form, "sources")
