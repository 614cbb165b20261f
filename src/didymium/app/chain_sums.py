"""What stands behind a sum of the chain page: its terms, the figures that were balanced, and what may be added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from didymium.app import chain, pages, run_page, sheets, tables
from didymium.errors import DidymiumError, NotFound
from didymium.figures.chain_flows import goods
from didymium.questions.words import heading
from didymium.studies.chain_line import SUMS, sum_of, terms_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from didymium.app.site import Site
    from didymium.i18n import Translator
    from didymium.results import Row
    from didymium.studies.chain_line import Step

SEEN = ("kind", "stage", "product", "place", "partner", "observed_t", "reconciled_t", "change_share", "confidence")
KINDS = {"output_t": ("production",), "top_share": ("production",), "shipped_share": ("production", "trade")}
"""Figures of the base year that speak of a sum."""
WRITTEN = 6
"""Terms that a formula writes out; the others are counted, and stand in the table below it."""
MOST = 200


def _asked(seen: chain.View, words: Mapping[str, str]) -> tuple[Step, str]:
    """The stage and the sum that an address names, by default the output of the product's own. Raises NotFound."""
    column, stage = words.get("column") or SUMS[0], words.get("stage") or seen.step.stage
    step = next((s for s in seen.steps if s.stage == stage), None)
    if step is None or column not in SUMS:
        raise NotFound("The line has no such sum.", cure="Open one from the table of the chain page.")
    return step, column


def _formula(step: Step, column: str, t: Translator) -> str:
    """The sum written out: its largest terms with their names, and how many others there are."""
    found = terms_of(step, column)

    written = [f"{' → '.join(map(t.place, places))} {t.number(tonnes)}" for places, tonnes in found[:WRITTEN]]
    if len(found) > WRITTEN:
        rest = sum(tonnes for _, tonnes in found[WRITTEN:])
        written.append(t("{n} more terms {amount}", amount=t.number(rest), n=t.count(len(found) - WRITTEN)))
    added = " + ".join(written) or t.number(0.0)
    total = t.amount(step.total, step.unit)
    if column == "output_t":
        return f"{added} = {total}"
    return f"({added}) / {total} = {t.share(sum_of(step, column))}"


def _used(step: Step, t: Translator) -> tables.Table:
    """Use by maker and user; an amount leads to the output and the flows from which the mix is found."""
    rows = [{"maker": m, "user": u, "used_t": v} for (m, u), v in sorted(step.used.items(), key=lambda x: -x[1])]
    grid = tables.table(
        tables.numbered(rows),
        ("maker", "user", "used_t"),
        t,
        title=t("Who uses it, by who made it"),
        words={"maker": "place", "user": "place"},
        most=MOST,
    )
    lines = tuple((*line[:-1], replace(line[-1], where="#flows")) for line in grid.lines)
    return replace(grid, lines=lines)


def _observed(seen: chain.View, step: Step, column: str) -> list[tuple[int, Row]]:
    """The figures that the balance read of a stage, with their number in the answer."""
    return [
        (n, r)
        for n, r in tables.numbered(seen.result.rows)
        if r["product"] in step.products and r["kind"] in KINDS[column]
    ]


def _parts(seen: chain.View, step: Step, column: str, t: Translator) -> list[sheets.Part]:
    given: dict[str, Any] = {"run_id": seen.result.run_id, "most": MOST}
    of = {
        name: [(n, r) for n, r in tables.numbered(seen.result.tables[name]) if r["product"] in step.products]
        for name in ("output", "flows")
    }
    record = {name: pages.table_page(seen.result.run_id, name, t.lang) for name in ("", *of)}
    named = goods(step, t)
    made = tables.table(
        of["output"],
        ("product", "region", "output_t"),
        t,
        title=t("Who makes {product}", product=named),
        name="output",
        sort="-output_t",
        **given,
    )
    found = [sheets.Part("output", made, where=record["output"])]
    if column == "shipped_share":
        shipped = tables.table(
            of["flows"],
            ("product", "origin", "destination", "flow_t"),
            t,
            title=t("Who ships {product} to whom", product=named),
            name="flows",
            sort="-flow_t",
            **given,
        )
        said = t(
            "What a place uses is taken to be mixed in proportion to where it came from; output and shipments stand "
            "below. Used elsewhere are the rows whose two places differ."
        )
        found = [sheets.Part("used", _used(step, t), said), *found]
        found.append(sheets.Part("flows", shipped, where=record["flows"]))
    seen_rows = tables.table(
        _observed(seen, step, column),
        SEEN,
        t,
        title=t("Figures that were brought into balance"),
        words={"kind": "reconcile_kind"},
        **given,
    )
    said = t("Each figure with its confidence, and how far the balance moved it.")
    return [*found, sheets.Part("observed", seen_rows, said, record[""])]


def _behind(site: Site, seen: chain.View, step: Step, column: str) -> list[Mapping[str, Any]]:
    """The rows of the data behind the figures, and the rules that chose or corrected them."""
    ids = {str(i) for _, r in _observed(seen, step, column) for i in (r["row_ids"] or ())}  # type: ignore[union-attr]
    rows = [
        row
        for table in sorted({i.partition(":")[0] for i in ids})
        if table in site.ds.content
        for row in site.ds.rows(table)
        if row["row_id"] in ids
    ]
    by_rule = {r["rule_id"] for r in rows if r.get("rule_id")}
    return [*rows, *(r for r in site.ds.rows("rules") if r["rule_id"] in by_rule)]


def _rules(column: str, t: Translator) -> list[str]:
    found = [
        t("Each place and product of the balance is added once. World totals (is_total) are not added to their parts."),
        t("Where several rows claim one fact the preferred one is read; the table rules says why."),
        t("Products of a stage are added tonne by tonne, in the unit of the stage, whatever their grade."),
        t("What recycling returns at a stage counts as made there."),
        t(
            "Output that no figure speaks of follows from the balance: what is used further on has to be made "
            "somewhere."
        ),
    ]
    if column == "shipped_share":
        found.append(
            t(
                "Of each pair of places one figure is read, on the basis that flow_basis names: what seller and buyer "
                "state of the same goods is not added."
            )
        )
    return found


async def page(request: Request) -> Response:
    """The page of one sum."""
    t, site, words = pages.words_of(request), pages.site_of(request), dict(request.query_params)

    def found() -> dict[str, Any]:
        seen = chain.view(site, words)
        step, column = _asked(seen, words)
        data = _behind(site, seen, step, column)
        known = {r["source_id"]: r for r in site.ds.rows("sources")}
        cited = sorted({str(r["source_id"]) for r in data if r.get("source_id")})
        manifest = site.runs.manifest(site.runs.find(seen.result.run_id))
        amount, there = sum_of(step, column), "#used" if column == "shipped_share" else "#output"
        return {
            "title": f"{t.term('stage', step.stage)}: {heading(column, t)}",
            "value": t.amount(amount, step.unit) if column == "output_t" else t.share(amount),
            "facts": [
                (heading("stage", t), t.term("stage", step.stage), f"/chain?{seen.query}&lang={t.lang}#line"),
                (heading("goods", t), goods(step, t), ""),
                (t("Formula"), _formula(step, column, t), ""),
                (t("Terms"), t.count(len(terms_of(step, column))), there),
                (t("Page"), "docs/method/calibration.md", ""),
                *run_page.asked_facts(manifest, t),
            ],
            "parts": _parts(seen, step, column, t),
            "behind": data,
            "sources": [known[s] for s in cited if s in known],
            "assumptions": [r for r in site.ds.rows("assumptions") if r["assumption_id"] in seen.result.assumptions],
            "rules": _rules(column, t),
        }

    try:
        values = await run_in_threadpool(found)
    except DidymiumError as wrong:
        return pages.refused(request, t, wrong)
    return pages.shown(request, "behind.html.j2", t, said="", **values)


async def twin(request: Request) -> Response:
    """The terms of one sum, as JSON, CSV or Excel."""
    site, form, words = pages.site_of(request), request.path_params["form"], dict(request.query_params)
    if form not in pages.FORMS:
        return JSONResponse({"error": "There is no such page here."}, status_code=404)
    try:
        seen = await run_in_threadpool(chain.view, site, words)
        step, column = _asked(seen, words)
    except DidymiumError as wrong:
        return JSONResponse({"error": str(wrong)}, status_code=422)
    rows = [
        {"stage": step.stage, "column": column, "term": "→".join(places), "amount": tonnes, "unit": step.unit}
        for places, tonnes in terms_of(step, column)
    ]
    whole = {
        "command": "chain",
        "request": {"family": seen.family, "product": seen.product, "year": seen.year},
        "run_id": seen.result.run_id,
        "dataset": dict(site.ds.describe()),
        "value": sum_of(step, column),
        "total": step.total,
        "rows": rows,
    }
    return pages.file_of(whole, rows, form, "chain-sum")
