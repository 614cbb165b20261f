"""The price floor page: what a floor costs along the chain, who pays it, and where it leaks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from didymium.app import fields, notes, pages, sheets
from didymium.errors import DidymiumError
from didymium.questions.words import heading
from didymium.studies.floor import FLOORED

if TYPE_CHECKING:
    from starlette.requests import Request

    from didymium.app.site import Site
    from didymium.i18n import Translator
    from didymium.results import Result

FIELDS = ("floor_product", "floor_at", "floor_years", "parties", "seed")
TABLES: dict[str, tuple[str, ...]] = {
    "uses": ("use", "magnet_kg", "unit", "extra_usd_now", "extra_usd"),
    "payers": ("party", "way", "payer", "paid_usd_m_per_y_now", "paid_usd_m_per_y"),
    "leaks": ("duty_up_to", "enters_as", "saved_usd_per_kg", "saved_share"),
    "projects": (
        "project_id",
        "country",
        "status",
        "bankable_share",
        "floor_bankable_share",
        "cost_usd_m",
        "tail_usd_m",
    ),
    "deals": ("deal_id", "party", "agency", "floor_usd_per_kg", "years", "quantity_t", "cost_usd_m", "exposure_usd_m"),
}


def answer(site: Site, words: Mapping[str, str]) -> tuple[fields.Asked, Result]:
    """The answer of `measures floor`. Raises BadInput."""
    asked, result = sheets.at_once(site, "measures floor", {k: words[k] for k in FIELDS if words.get(k)})
    return asked, result


def parts(result: Result, asked: fields.Asked, t: Translator) -> list[sheets.Part]:
    """The chain, then who pays, where it leaks, and what it does to projects."""
    told = {
        "uses": (t("What it adds to a product that people buy"), ""),
        "payers": (
            t("Who pays"),
            t(
                "Three ways to bring a floor about; a negative sum is received. Now: at today's "
                "price; else over drawn prices."
            ),
        ),
        "leaks": (
            t("Where it leaks"),
            t("A duty that ends at a stage is saved by bringing the goods in as the next one."),
        ),
        "projects": (t("What it does to projects"), ""),
        "deals": (t("Floors that were agreed"), ""),
    }
    chain = sheets.grid(result, asked, "", asked.question.columns, t, title=t("Cost along the chain"))
    leads = {"project_id": ("/projects/", "project_id")}
    found = [sheets.Part("chain", chain)]
    return found + [
        sheets.Part(
            name,
            sheets.grid(
                result,
                asked,
                name,
                columns,
                t,
                title=told[name][0],
                leads=leads,
                empty=("paid_usd_m_per_y_now", "paid_usd_m_per_y") if name == "payers" else (),
            ),
            told[name][1],
            pages.table_page(result.run_id, name, t.lang),
        )
        for name, columns in TABLES.items()
        if result.tables.get(name)
    ]


async def page(request: Request) -> Response:
    """The page."""
    t, site = pages.words_of(request), pages.site_of(request)
    try:
        asked, result = await run_in_threadpool(answer, site, dict(request.query_params))
    except DidymiumError as wrong:
        return pages.refused(request, t, wrong)
    form = [
        {
            "name": e.name,
            "label": heading(e.name, t),
            "kind": "choice" if e.name == "floor_product" else e.kind,
            "value": e.value,
            "options": [(p, t.product(p)) for p in FLOORED],
        }
        for e in asked.entries
    ]
    return pages.shown(
        request,
        "sheet.html.j2",
        t,
        title=t("Price floor"),
        lead=t("What a price floor on an oxide costs along the chain to the magnet, and who pays."),
        form=form,
        facts=[],
        figures=[],
        parts=parts(result, asked, t),
        work=None,
        work_title="",
        query=urlencode(asked.given),
        sources=[],
        more=[("/ask/measures-floor", t("All of it"))],
        notes=notes.notes(result, t),
    )


async def twin(request: Request) -> Response:
    """The chain of costs as JSON (with all tables), CSV or Excel."""
    site, form = pages.site_of(request), request.path_params["form"]
    try:
        _, result = await run_in_threadpool(answer, site, dict(request.query_params))
    except DidymiumError as wrong:
        return JSONResponse({"error": str(wrong)}, status_code=422)
    return await run_in_threadpool(sheets.twin, form, "floor", result, result.rows)
