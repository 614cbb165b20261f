"""The gaps page: stage and product against year as a heat table; a step opens its ledger and its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from didymium import figures
from didymium.app import fields, notes, pages, pictures, sheets, tables
from didymium.errors import DidymiumError, NotFound
from didymium.i18n import rank
from didymium.questions.words import heading

if TYPE_CHECKING:
    from starlette.requests import Request

    from didymium.app.site import Site
    from didymium.i18n import Translator
    from didymium.results import Result

EDGES = (0.1, 0.25, 0.5, 0.75)
"""Shares of need at which a field takes the next colour."""
COLUMNS = ("year", "need_t", "own_t", "contracted_t", "allied_t", "stock_t", "gap_t", "gap_share", "evidence")


def answered(site: Site, words: Mapping[str, str]) -> tuple[fields.Asked, Result]:
    """The answer of `gaps` to the parameters of an address. Raises BadInput."""
    return sheets.at_once(site, "gaps", words)


def chosen(result: Result, words: Mapping[str, str]) -> dict[str, str]:
    """Party and outlook of the page: as asked, else the parties together and the first outlook."""
    parties = list(dict.fromkeys(str(r["party"]) for r in result.rows))
    outlooks = list(dict.fromkeys(str(r["outlook"]) for r in result.rows))
    party, outlook = words.get("party", ""), words.get("outlook", "")
    return {
        "party": party if party in parties else parties[-1],
        "outlook": outlook if outlook in outlooks else outlooks[0],
    }


def heat(result: Result, held: Mapping[str, str], given: Mapping[str, str], t: Translator) -> dict[str, Any]:
    """The heat table: for each step the share of need without a sure source, year by year, worst first in its stage."""
    rows = [r for r in tables.numbered(result.rows) if all(r[1][k] == v for k, v in held.items())]
    years = sorted({int(str(r["year"])) for _, r in rows})
    steps: dict[tuple[str, str], dict[int, tuple[int, Mapping[str, Any]]]] = {}
    for number, row in rows:
        steps.setdefault((str(row["stage"]), str(row["product"])), {})[int(str(row["year"]))] = (number, row)
    lines = []
    for (stage, product), by_year in sorted(
        steps.items(), key=lambda s: (rank("stage", s[0][0]), rank("product", s[0][1]))
    ):
        cells = []
        for year in years:
            number, row = by_year.get(year, (0, {}))
            share = row.get("gap_share")
            cells.append(
                {
                    "text": t.share(share, 2),
                    "level": 0 if not share else 1 + sum(float(share) >= e for e in EDGES),
                    "where": tables.behind(f"/explain/{result.run_id}", number, "gap_share", t.lang)
                    if number and share is not None
                    else "",
                    "tonnes": t.tonnes(row.get("gap_t")),
                }
            )
        asked = {**given, **held, "stage": stage, "product": product, "lang": t.lang}
        where = f"/gaps?{urlencode(asked)}"
        lines.append({"stage": t.term("stage", stage), "product": t.product(product), "where": where, "cells": cells})
    return {"years": [t.year(y) for y in years], "lines": lines}


async def page(request: Request) -> Response:
    """The page."""
    t, site, words = pages.words_of(request), pages.site_of(request), request.query_params
    try:
        asked, result = await run_in_threadpool(answered, site, dict(words))
        held = chosen(result, words)
        stage, product = words.get("stage", ""), words.get("product", "")
        step = [
            r
            for r in tables.numbered(result.rows)
            if r[1]["party"] == held["party"] and (r[1]["stage"], r[1]["product"]) == (stage, product)
        ]
        if (stage or product) and not step:
            raise NotFound(f"Gaps holds no rows for {product!r} at {stage!r}.", cure="Choose one of its steps.")
    except DidymiumError as wrong:
        return pages.refused(request, t, wrong)
    given = {k: v for k, v in asked.given.items() if k in words}
    opened = {"stage": stage, "product": product} if step else {}
    here = {**given, **held, **opened}
    detail = tables.table(
        [r for r in step if r[1]["outlook"] == held["outlook"]],
        COLUMNS,
        t,
        title=t("{product} ({stage})", product=t.product(product), stage=t.term("stage", stage)) if step else "",
        run_id=result.run_id,
        here="/gaps",
        asked=here,
        sort=words.get("sort", ""),
    )
    return pages.shown(
        request,
        "gaps.html.j2",
        t,
        title=t("Gaps"),
        form=_form(result, held, t),
        given=given,
        heat=heat(result, held, given, t),
        detail=detail if step else None,
        figure=pictures.Shown("/gaps/ledger.svg", _figure(result, here, t)["description"], "#rows") if step else None,
        query=urlencode(here),
        whole=urlencode(asked.given),
        notes=notes.notes(result, t),
    )


def _form(result: Result, held: Mapping[str, str], t: Translator) -> list[dict[str, Any]]:
    named: dict[str, Callable[[str], str]] = {
        "party": lambda p: "+".join(t.place(c) for c in p.split("+")),
        "outlook": lambda o: t.term("outlook", o),
    }
    return [
        {
            "name": name,
            "label": heading(name, t),
            "value": held[name],
            "options": [(v, word(v)) for v in dict.fromkeys(str(r[name]) for r in result.rows)],
        }
        for name, word in named.items()
    ]


def _figure(result: Result, words: Mapping[str, str], t: Translator, *, narrow: bool = False) -> dict[str, Any]:
    return figures.gap_ledger(
        result, lang=t.lang, names=t.names, narrow=narrow, stage=words.get("stage"), product=words.get("product")
    )


async def figure(request: Request) -> Response:
    """The ledger of one step as SVG."""
    t, site, words = pages.words_of(request), pages.site_of(request), dict(request.query_params)

    def draw() -> str:
        _, result = answered(site, words)
        return pictures.picture(_figure(result, words, t, narrow=words.get("narrow") == "1"))

    return await pages.drawn(request, draw)


async def twin(request: Request) -> Response:
    """The rows of the page: those of the party and outlook, and of the step if one is open."""
    site, form, words = pages.site_of(request), request.path_params["form"], dict(request.query_params)
    if form not in pages.FORMS:
        return JSONResponse({"error": "There is no such page here."}, status_code=404)
    try:
        _, result = await run_in_threadpool(answered, site, words)
    except DidymiumError as wrong:
        return JSONResponse({"error": str(wrong)}, status_code=422)
    held = {**chosen(result, words), **{k: words[k] for k in ("stage", "product") if words.get(k)}}
    rows = [dict(r) for r in result.rows if all(r[k] == v for k, v in held.items())]
    whole = {**result.as_dict(), "rows": rows}
    return pages.file_of(whole, rows, form, "gaps")
