"""The projects: a table, a map and a time line of all, and a page for each with its money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from didymium.app import fields, notes, pages, pictures, tables
from didymium.app.sheets import has_digit
from didymium.app.site import address
from didymium.errors import DidymiumError, NotFound
from didymium.figures.project_map import project_map
from didymium.i18n import order
from didymium.questions.words import heading

if TYPE_CHECKING:
    from starlette.requests import Request

    from didymium.app.site import Site
    from didymium.i18n import Translator
    from didymium.results import Result

FILTERS = ("stage", "status", "country")
REGISTER = ("name", "country", "stage", "product", "capacity", "capacity_unit", "status", "start_year")
EXPECTED = (
    "stage",
    "model_product",
    "expected_t_2027",
    "expected_t_2030",
    "expected_t_2035",
    "gap_t_2030",
    "fills_share",
)
FACTS = (
    "operator",
    "country",
    "ownership_country",
    "status",
    "start_year",
    "capex_usd_m",
    "npv_or_irr",
    "offtaker",
    "support_instruments",
    "support_party",
    "support_amount_usd_m",
    "support_date",
    "notes",
    "confidence",
)
MONEY = (
    "npv_usd_m",
    "irr_share",
    "payback_years",
    "break_even_usd_per_kg",
    "long_run_usd_per_kg",
    "capex_usd_m",
    "cost_usd_m_per_y",
    "sales_usd_m_per_y",
    "bankable_share",
    "lender_share",
    "sponsor_share",
    "package",
    "package_bankable_share",
    "package_cost_usd_m",
    "least_sizes",
)
MONEY_TABLES = {
    "frontier": ("package", "sizes", "bankable_share", "cost_usd_m", "tail_usd_m", "exposure_usd_m"),
    "flows": ("package", "year_of_deal", "sales_usd_m", "project_usd_m", "sponsor_usd_m", "dscr", "public_usd_m"),
    "drivers": (
        "input",
        "rank_correlation",
        "bankable_share_low",
        "bankable_share_high",
        "npv_usd_m_low",
        "npv_usd_m_high",
    ),
    "programmes": ("programme_id", "party", "agency", "expected_cost_usd_m", "left_usd_m", "budget_fit"),
    "own_deals": ("deal_id", "instrument", "deal_state", "party", "agency", "amount_usd_m"),
    "studies": (),
}
WORDS = {"status": "project_status", "ownership_country": "place", "confidence": "confidence"}


def register(site: Site, words: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows of the register that the filters leave, a project's stages and products each on its own."""
    held = {k: words[k] for k in FILTERS if words.get(k)}
    return [dict(r) for r in site.ds.rows("projects") if all(str(r[k]) == v for k, v in held.items())]


def expected(site: Site) -> Result:
    """The answer of `projects`, with its defaults."""
    question = site.question("projects")
    assert question is not None
    result = site.answered(fields.asked(question, {}))
    assert result is not None  # the question is not slow
    return result


async def page(request: Request) -> Response:
    """All projects."""
    t, site, words = pages.words_of(request), pages.site_of(request), dict(request.query_params)
    rows, result = register(site, words), await run_in_threadpool(expected, site)
    held = {k: words[k] for k in FILTERS if words.get(k)}
    listed = tables.table(
        [(n, {**r, "page": r["project_id"]}) for n, r in tables.numbered(rows)],
        REGISTER,
        t,
        title=t("Projects of the register"),
        words=WORDS,
        here="/projects",
        asked=held,
        sort=words.get("sort", ""),
        pages={"name": ("/projects/", "project_id")},
        most=400,
    )
    drawn = []
    if rows:
        said = project_map(result, rows, lang=t.lang, names=t.names)["description"]
        drawn.append(pictures.Shown("/projects/map.svg", said, "#listed"))
    drawn += pictures.shown(pictures.drawn(result, t), "/ask/projects", result.run_id, t.lang)
    return pages.shown(
        request,
        "projects.html.j2",
        t,
        title=t("Projects"),
        form=_filters(site, held, t),
        listed=listed,
        figures=drawn,
        query=urlencode(held),
        notes=notes.notes(result, t),
    )


def _filters(site: Site, held: Mapping[str, str], t: Translator) -> list[dict[str, Any]]:
    rows = site.ds.rows("projects")
    named = {
        "stage": lambda v: t.term("stage", v),
        "status": lambda v: t.term("project_status", v),
        "country": t.place,
    }
    form = []
    for name, word in named.items():
        values = {str(r[name]) for r in rows if r[name]}
        kind = {"stage": "stage", "status": "project_status"}.get(name)
        ranked = sorted(values, key=lambda v: (order(kind).index(v) if kind and v in order(kind) else 999, word(v)))
        options = [("", t("all")), *((v, word(v)) for v in ranked)]
        form.append({"name": name, "label": heading(name, t), "value": held.get(name, ""), "options": options})
    return form


async def figure(request: Request) -> Response:
    """The map as SVG."""
    t, site, words = pages.words_of(request), pages.site_of(request), dict(request.query_params)

    def draw() -> str:
        narrow = words.get("narrow") == "1"
        spec = project_map(expected(site), register(site, words), lang=t.lang, names=t.names, narrow=narrow)
        return pictures.picture(spec)

    return await pages.drawn(request, draw)


async def twin(request: Request) -> Response:
    """The rows of the register that the filters leave."""
    site, form = pages.site_of(request), request.path_params["form"]
    if form not in pages.FORMS:
        return JSONResponse({"error": "There is no such page here."}, status_code=404)
    rows = register(site, dict(request.query_params))
    whole = {"command": "data table projects", "dataset": dict(site.ds.describe()), "rows": rows}
    return await run_in_threadpool(pages.file_of, whole, rows, form, "projects")


# one project


def _asked(site: Site, project: str, words: Mapping[str, str]) -> fields.Asked:
    question = site.question("finance")
    assert question is not None
    return fields.asked(question, {**words, "projects": project})


async def one(request: Request) -> Response:
    """A project: what is known, what it would add, and whether it can be financed."""
    t, site, project = pages.words_of(request), pages.site_of(request), request.path_params["project"]
    rows = [dict(r) for r in site.ds.rows("projects") if r["project_id"] == project]
    if not rows:
        return await pages.missing(request, NotFound("no project"))
    words = {k: v for k, v in request.query_params.items() if k not in ("lang", "projects")}
    asked = _asked(site, project, words)
    money, fault = None, ""
    result = await run_in_threadpool(expected, site)
    try:
        money = None if asked.has_fault else await run_in_threadpool(site.answered, asked)
    except DidymiumError as wrong:
        fault = str(wrong)
    return pages.shown(
        request,
        "project.html.j2",
        t,
        title=str(rows[0]["name"]),
        project=project,
        facts=_facts(project, rows, t),
        known=_known(site, project, rows, result, t),
        asked=asked,
        form=[f for f in pages._form(asked, t) if f["entry"].name != "projects"],
        money=_money(money, t),
        figures=[]
        if money is None
        else pictures.shown(pictures.drawn(money, t), f"/ask/{address(asked.question)}", money.run_id, t.lang),
        job=site.jobs.find(site.key(asked)),
        fault=fault,
        query=urlencode(asked.given),
        question=address(asked.question),
        sources=_sources(site, rows),
    )


def _facts(project: str, rows: Sequence[Mapping[str, Any]], t: Translator) -> list[tuple[str, str, str]]:
    """What the register says of a project: name, value, and for what holds a number the address of its rows."""
    from didymium.questions.words import KINDS, value_text

    kinds = {**KINDS, **WORDS}
    found = []
    for name in FACTS:
        values = list(dict.fromkeys(r[name] for r in rows if r.get(name) not in (None, "")))
        if values:
            separate = [p for v in values for p in (str(v).split(";") if kinds.get(name) == "place" else [v])]
            text = "; ".join(dict.fromkeys(value_text(v, name, t, kinds) for v in separate))
            where = f"/data/projects?{urlencode({'project_id': project, 'lang': t.lang})}" if has_digit(text) else ""
            found.append((heading(name, t), text, where))
    return found


def _known(
    site: Site, project: str, rows: Sequence[Mapping[str, Any]], result: Result, t: Translator
) -> list[tables.Table]:
    parts = [
        tables.table(
            tables.numbered(rows),
            ("stage", "product", "capacity", "capacity_unit", "status", "start_year"),
            t,
            title=t("Capacity as stated"),
            words=WORDS,
        ),
        tables.table(
            [r for r in tables.numbered(result.rows) if r[1]["project_id"] == project],
            EXPECTED,
            t,
            title=t("Expected output, and what it fills of the gap"),
            run_id=result.run_id,
        ),
    ]
    for name, columns, title in (
        ("offtakes", ("party", "product", "quantity", "unit", "year_from", "year_to", "basis"), t("Offtakes")),
        ("project_studies", ("case_name", "npv_usd_m", "discount_rate", "irr_share", "basis"), t("Published studies")),
        ("project_cautions", ("kind", "basis", "confidence"), t("To be careful about")),
    ):
        held = [r for r in site.ds.rows(name) if r.get("project_id") == project]
        parts.append(tables.table(tables.numbered(held), columns, t, title=title, words={"party": "place"}))
    return [p for p in parts if p.lines]


def _money(result: Result | None, t: Translator) -> dict[str, Any] | None:
    from didymium.questions.catalogue import QUESTIONS

    if result is None:
        return None
    words = QUESTIONS["finance"].words
    row, base = result.rows[0], f"/explain/{result.run_id}"
    given = {"run_id": result.run_id, "words": words}
    columns = [c for c in MONEY if row.get(c) not in (None, "")]
    main = tables.table(
        [(1, row)],
        columns,
        t,
        title=t("Money"),
        **given,  # type: ignore[arg-type]
    )
    more = [
        tables.table(
            tables.numbered(result.tables.get(name, ())),
            columns or tables.all_columns(result.tables.get(name, ())),
            t,
            title=heading(name, t),
            name=name,
            most=40,
            **given,  # type: ignore[arg-type]
        )
        for name, columns in MONEY_TABLES.items()
    ]
    return {
        "facts": [
            (
                head,
                one if one.where or not has_digit(one.text) else replace(one, where=tables.behind(base, 1, c, t.lang)),
            )
            for c, head, one in zip(columns, main.head, main.lines[0], strict=True)
        ],
        "missing": str(row.get("missing") or ""),
        "tables": [m for m in more if m.lines],
        "notes": notes.notes(result, t),
    }


def _sources(site: Site, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    ids = {r["source_id"] for r in rows}
    return [r for r in site.ds.rows("sources") if r["source_id"] in ids]


async def one_twin(request: Request) -> Response:
    """What the register holds of a project, with the answers about it that are at hand."""
    site, form, project = pages.site_of(request), request.path_params["form"], request.path_params["project"]
    rows = [dict(r) for r in site.ds.rows("projects") if r["project_id"] == project]
    if form not in pages.FORMS or not rows:
        return JSONResponse({"error": "There is no such page here."}, status_code=404)
    words = {k: v for k, v in request.query_params.items() if k not in ("lang", "projects")}
    asked = _asked(site, project, words)
    result = await run_in_threadpool(expected, site)
    money = None if asked.has_fault else await run_in_threadpool(site.answered, asked)
    whole = {
        "command": "project",
        "dataset": dict(site.ds.describe()),
        "rows": rows,
        "expected": [dict(r) for r in result.rows if r["project_id"] == project],
        "finance": None if money is None else money.as_dict(),
    }
    return await run_in_threadpool(pages.file_of, whole, rows, form, project)
