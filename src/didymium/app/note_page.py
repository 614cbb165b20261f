"""What stands behind a sentence of an answer: the rows it speaks of, the method, assumptions and sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool

from didymium.app import pages, run_page, sheets, tables
from didymium.app.notes import told
from didymium.errors import DidymiumError
from didymium.questions.catalogue import QUESTIONS
from didymium.questions.words import heading
from didymium.studies.noted import Noted, noted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from didymium.i18n import Translator
    from didymium.results import Result

MOST = 40
MOST_DIGITS = 9


async def note(request: Request) -> Response:
    """What stands behind one note of a kept answer."""
    t, site = pages.words_of(request), pages.site_of(request)

    def behind() -> tuple[Result, Noted, list[tuple[str, str, str]]]:
        name = site.runs.find(request.path_params["run_id"])
        result = site.loaded(name)
        found = noted(site.ds, result, number_of(request.query_params["note"]))
        return result, found, run_page.asked_facts(site.runs.manifest(name), t)

    try:
        result, found, asked = await run_in_threadpool(behind)
    except DidymiumError as wrong:
        return pages.refused(request, t, wrong)
    record = pages.table_page(result.run_id, "", t.lang)
    return explained(request, t, result, found, asked=asked, base=f"/explain/{result.run_id}", record=record)


def number_of(word: str) -> int:
    """The number of a note in an address; 0, which none has, for what is no number."""
    return int(word) if word.isascii() and word.isdigit() and len(word) < MOST_DIGITS else 0


def explained(
    request: Request,
    t: Translator,
    result: Result,
    found: Noted,
    *,
    asked: Sequence[tuple[str, str, str]],
    base: str,
    record: str,
) -> Response:
    """The page of a note. `asked`: what was asked, as facts; `base`: where numbers of the answer are explained;
    `record`: the page that holds its tables."""
    question = QUESTIONS.get(result.command)
    rows = tables.table(
        found.rows,
        found.columns or tables.all_columns([r for _, r in found.rows]),
        t,
        title=heading(found.table, t) if found.table else t("Rows"),
        name=found.table,
        words=question.words if question else {},
        pages=pages.NAMED,
        base=base,
        most=MOST,
    )
    there = f"{record}{'&' if '?' in record else '?'}{urlencode({'table': found.table})}" if found.table else record
    data = result.dataset
    facts: list[tuple[str, str, str]] = [
        (t("Its numbers"), found.about_ja if t.lang == "ja" else found.about, ""),
        *([(t("Page"), f"docs/{found.page}", "")] if found.page else []),
        *asked,
        *([(t("Rows that fit"), t.count(len(found.rows)), there)] if found.rows else []),
        (t("Data"), f"{data['version']} ({str(data['id'])[:12]})", "/data"),
    ]
    facts += [
        (t("Layer"), f"{one['name']} {str(one['sha256'])[:12]}".strip(), "") for one in data.get("layer_records", ())
    ]
    more: dict[str, Any] = {"behind": found.data, "assumptions": found.assumptions, "sources": found.sources}
    return pages.shown(
        request,
        "behind.html.j2",
        t,
        title=t("What a sentence rests on"),
        said=told(t.fact(found.text), there if found.rows else ""),
        value="",
        facts=facts,
        parts=[sheets.Part("numbers", rows, where=there)],
        rules=[],
        **more,
    )
