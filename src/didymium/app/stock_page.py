"""The stocks page: what is held and worth holding, rules and plan beside it, jointly or apart, release and refill."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from didymium.app import fields, notes, pages, pictures, sheets, tables
from didymium.errors import BadInput, DidymiumError, NotFound
from didymium.figures.stock_cover import stock_cover
from didymium.i18n import order
from didymium.questions.words import heading
from didymium.studies import plan as plan_study
from didymium.studies.stock_inputs import FORMS

if TYPE_CHECKING:
    from starlette.requests import Request

    from didymium.app.site import Site
    from didymium.i18n import Translator
    from didymium.results import Result

ASKED = ("parties", "outlook", "year", "draws", "seed")
PLANNED = ("parties", "year", "seed", "futures")
COVER = ("party", "stage", "product", "held_t", "held_need_days", "target_need_days", "protects_share", "form_rank")
BUY = ("party", "stage", "product", "rule_60_t", "rule_180_t", "target_t", "buy_t", "purchase_usd_m")
SIZES = ("stage", "stock_rule", "purchase_usd_m", "vault_usd_m", "vault_share")
POOLED = ("stage", "product", "separate_t", "pooled_t", "pooled_saving_usd_m_per_y", "pooled_saving_share")
TOLD = ("country", "organisation", "product", "year", "stock_type", "stated", "source_id")
PLAN = {
    "stocks": ("party", "product", "bought_t", "bought_days", "held_t", "stock_usd_m", "yearly_loss_avoided_usd_m"),
    "stock_rules": (
        "stock_rule",
        "bought_t",
        "purchase_usd_m",
        "vault_share",
        "holding_usd_m_per_y",
        "yearly_loss_avoided_usd_m",
        "net_usd_m_per_y",
    ),
    "release": (
        "party",
        "product",
        "used_share_3_months",
        "used_share_6_months",
        "used_share_12_months",
        "full_share",
        "short_chance",
        "replenished_t_per_y",
        "replenished_usd_m_per_y",
    ),
}


def answer(site: Site, words: Mapping[str, str]) -> tuple[fields.Asked, Result]:
    """The answer of `stocks`, of the year of a plan where no other is asked. Raises BadInput."""
    given = {"year": str(plan_study.YEAR), **{k: words[k] for k in ASKED if words.get(k)}}
    return sheets.at_once(site, "stocks", given)


def planned(site: Site, words: Mapping[str, str]) -> tuple[fields.Asked, Result | None]:
    """The plan whose money buys stocks alone, for the parties and the year of the page; None if it is work."""
    given = {k: words[k] for k in PLANNED if words.get(k) and (k, words[k]) != ("year", str(plan_study.YEAR))}
    return sheets.answered(site, "plan", {"only": "stocks", **given})


def stated(site: Site, asked: fields.Asked, held: Mapping[str, str]) -> list[tables.Numbered]:
    """What the tables state of stocks: those of the parties, then of others; the rows that the form leaves."""
    parties = [held["party"]] if held.get("party") else [str(p) for p in asked.params.get("parties") or ()]
    rows = site.ds.rows("stockpiles")
    ours = [r for r in rows if r["country"] in parties]
    return [tables.numbered(ours), tables.numbered(r for r in rows if r not in ours and not held.get("party"))]


def _stated_table(rows: tables.Numbered, t: Translator, title: str) -> tables.Table:
    """Rows of the data as they stand there, a secret amount as the range that is told of it."""
    shown = []
    for number, row in rows:
        low, high = row["value_low"], row["value_high"]
        span = t.span(t.number(low), t.number(high)) if low is not None and high is not None else ""
        told = span if row["quantity"] is None else t.number(row["quantity"]) + (f" ({span})" if span else "")
        more = {
            "stated": f"{told} {t.fact(str(row['unit'] or ''))}".strip(),
            "key": quote(str(row["row_id"]).partition(":")[2], safe=""),
            "source": quote(str(row["source_id"]), safe=""),
        }
        words = {k: t.fact(str(row[k])) for k in ("stock_type", "organisation") if row[k]}
        shown.append((number, {**row, **words, **more}))
    leads = {"stated": ("/data/stockpiles/", "key"), "source_id": ("/data/sources/", "source")}
    return tables.table(shown, TOLD, t, title=title, pages=leads)


def parts(
    site: Site,
    asked: fields.Asked,
    result: Result,
    plan: tuple[fields.Asked, Result | None],
    held: Mapping[str, str],
    t: Translator,
) -> list[sheets.Part]:
    """The tables of the page, each with what it tells."""
    kept = {k: v for k, v in held.items() if v}
    joint = "+".join(str(p) for p in asked.params["parties"])
    sized = {**kept, "party": held.get("party") or joint}
    staged = {k: v for k, v in kept.items() if k == "stage"}
    named = {joint: "+".join(t.place(p) for p in joint.split("+"))}
    ours, others = stated(site, asked, held)
    base = f"/explain/{result.run_id}"
    found = [
        sheets.Part(
            "cover",
            sheets.grid(result, asked, "", COVER, t, title=t("Held, and worth holding"), held=kept),
            t("Days are days of the whole need of the year. A secret stock is the range in which it may lie."),
        ),
        sheets.Part(
            "buy",
            sheets.grid(result, asked, "", BUY, t, title=t("Rules of days, and what is left to buy"), held=kept),
            t("Tonnes of 60 and 180 days of the whole need, the tonnes worth holding, and what of them is not held."),
            tables.behind(base, 1, "rule_60_t", t.lang),
        ),
        sheets.Part(
            "sizes",
            sheets.grid(
                result,
                asked,
                "sizes",
                SIZES,
                t,
                title=t(
                    "Rules of days and Project Vault: {party}", party=named.get(sized["party"], t.place(sized["party"]))
                ),
                held=sized,
            ),
            t("What 60 days, 180 days and the days worth holding cost in each form, all elements together."),
            tables.behind(base, 1, "purchase_usd_m", t.lang, "sizes"),
        ),
        sheets.Part(
            "pooled",
            sheets.grid(result, asked, "pooled", POOLED, t, title=t("Held jointly or apart"), held=staged),
            t("A joint reserve is judged at one value and one holding cost, the means of the parties."),
        ),
    ]
    planning, chosen = plan
    if chosen is not None:
        titles = {
            "stocks": (
                t("What a plan of stocks alone would hold"),
                t(
                    "The usual budget of each party, spent on stocks alone, against stops of supply drawn at random. "
                    "Of magnets, what is held and the days are of all grades together."
                ),
            ),
            "stock_rules": (t("The plan's stocks beside rules of days and Project Vault"), ""),
            "release": (
                t("Release and refill"),
                t(
                    "Of each stock: the part released in a stop of that length, how full it is when a stop "
                    "begins, and what is bought back in an average year."
                ),
            ),
        }
        found += [
            sheets.Part(
                f"plan-{name}",
                sheets.grid(chosen, planning, name, columns, t, title=titles[name][0], held=_of(name, held)),
                titles[name][1],
            )
            for name, columns in PLAN.items()
            if chosen.tables.get(name)
        ]
    found.append(
        sheets.Part(
            "stated",
            _stated_table(ours, t, t("What sources say of stocks")),
            t("Targets, estimates and observations as they were published; only a level held is counted as a stock."),
        )
    )
    if others:
        found.append(sheets.Part("elsewhere", _stated_table(others, t, t("What sources say of stocks elsewhere"))))
    return found


def _of(name: str, held: Mapping[str, str]) -> dict[str, str]:
    """The filter of a table of the plan: by party, where it has parties."""
    return {"party": held["party"]} if held.get("party") and name != "stock_rules" else {}


def _held(asked: fields.Asked, words: Mapping[str, str]) -> dict[str, str]:
    """Party and form that the page shows, none for all. Raises NotFound."""
    parties = [str(p) for p in asked.params.get("parties") or ()]
    return {"party": sheets.chosen(words, "party", parties), "stage": sheets.chosen(words, "stage", FORMS)}


def _form(asked: fields.Asked, held: Mapping[str, str], t: Translator) -> list[dict[str, Any]]:
    parties = [str(p) for p in asked.params.get("parties") or ()]
    stages = [s for s in order("stage") if s in FORMS]
    options = {
        "party": [(p, t.place(p)) for p in parties],
        "stage": [(s, t.term("stage", s)) for s in stages],
    }
    filters = [sheets.narrowing(name, heading(name, t), held[name], some, t) for name, some in options.items()]
    rest = [sheets.dial(e, "outlook", t) for e in asked.entries if e.name in ("parties", "outlook", "year")]
    return [*filters, *rest]


async def page(request: Request) -> Response:
    """The page."""
    t, site, words = pages.words_of(request), pages.site_of(request), dict(request.query_params)
    try:
        asked, result = await run_in_threadpool(answer, site, words)
        held = _held(asked, words)
        plan = await run_in_threadpool(planned, site, words)
    except DidymiumError as wrong:
        return pages.refused(request, t, wrong)
    given = {k: words[k] for k in (*ASKED, "futures") if words.get(k)}
    here = {**given, **{k: v for k, v in held.items() if v}}
    try:
        drawn = [pictures.Shown("/stocks/cover.svg", _figure(result, held, t)["description"], "#cover")]
    except NotFound:
        drawn = []
    return pages.shown(
        request,
        "sheet.html.j2",
        t,
        title=t("Stocks"),
        lead=t("What is held, what is worth holding in which form, and what rules, partners and a plan make of it."),
        form=_form(asked, held, t),
        facts=[],
        figures=drawn,
        parts=await run_in_threadpool(parts, site, asked, result, plan, held, t),
        work=None if plan[1] is not None else sheets.work(site, plan[0], "stocks", t.lang, here),
        work_title=t("What a plan of stocks alone would hold"),
        query=urlencode(here),
        sources=[],
        more=[
            ("/ask/stocks", t("All of it")),
            ("/data/stockpiles", t("Stocks in the data")),
            ("/plan?only=stocks", t("Plan with other budgets")),
        ],
        notes=notes.once(n for one in (result, plan[1]) if one is not None for n in notes.notes(one, t)),
    )


def _figure(result: Result, held: Mapping[str, str], t: Translator, *, narrow: bool = False) -> dict[str, Any]:
    return stock_cover(result, lang=t.lang, names=t.names, narrow=narrow, stage=held["stage"], party=held["party"])


async def figure(request: Request) -> Response:
    """Days held beside days worth holding, as SVG."""
    t, site, words = pages.words_of(request), pages.site_of(request), dict(request.query_params)

    def draw() -> str:
        asked, result = answer(site, words)
        return pictures.picture(_figure(result, _held(asked, words), t, narrow=words.get("narrow") == "1"))

    return await pages.drawn(request, draw)


async def twin(request: Request) -> Response:
    """The rows of the page as JSON (with all tables, what sources state, and a plan if there is one), CSV or Excel."""
    site, form, words = pages.site_of(request), request.path_params["form"], dict(request.query_params)

    def found() -> Response:
        asked, result = answer(site, words)
        try:
            held = _held(asked, words)
        except NotFound as wrong:
            raise BadInput(str(wrong)) from None
        _, chosen = planned(site, words)
        rows = [r for r in result.rows if all(r[k] == v for k, v in held.items() if v)]
        told = [dict(r) for some in stated(site, asked, held) for _, r in some]
        more: dict[str, Any] = {"stated": told}
        if chosen is not None:
            more["plan"] = {"run_id": chosen.run_id, **{name: list(chosen.tables.get(name, ())) for name in PLAN}}
        return sheets.twin(form, "stocks", result, rows, **more)

    try:
        return await run_in_threadpool(found)
    except DidymiumError as wrong:
        return JSONResponse({"error": str(wrong)}, status_code=422)
