"""The plan page: budgets as dials, then what is chosen and why, what more money buys, joint and separate, who pays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from didymium.app import fields, notes, pages, pictures, sheets
from didymium.errors import DidymiumError, NotFound
from didymium.figures.bankability import named_package
from didymium.figures.plan_frontier import plan_frontier

if TYPE_CHECKING:
    from starlette.requests import Request

    from didymium.app.site import Site
    from didymium.i18n import Translator
    from didymium.results import Result

MOST_USD_M = 5_000
STEP_USD_M = 50
USUAL_USD_M = 1_000.0
"""What `didymium plan` gives each party where nobody says."""
DIAL = "usd_m_"
ASKED = ("parties", "only", "year", "futures")
CHOSEN = ("name", "place", "stage", "package", "party", "public_cost_usd_m", "added_t", "yearly_loss_avoided_usd_m")
LEFT = ("name", "place", "stage", "decision", "reason", "waits_for", "loss_avoided_alone_usd_m", "worth_up_to_usd_m")
TABLES: dict[str, tuple[str, ...]] = {
    "new": (
        "party",
        "product",
        "new_t",
        "new_t_low",
        "new_t_high",
        "gap_t",
        "start_year",
        "reserve_usd_m",
        "yearly_loss_avoided_usd_m",
    ),
    "stocks": ("party", "product", "bought_t", "bought_days", "held_t", "stock_usd_m", "yearly_loss_avoided_usd_m"),
    "budget": ("party", "budget_usd_m", "reserve_usd_m", "new_usd_m", "stock_usd_m", "left_usd_m"),
    "frontier": ("budget_multiple", "mean_usd_m", "tail_usd_m", "yearly_cost_usd_m", "stock_usd_m", "new_t"),
    "parts": ("part", "value_usd_m", "yearly_cost_usd_m", "stock_usd_m", "new_t", "projects"),
    "together": ("plan", "value_usd_m", "own_value_usd_m", "yearly_cost_usd_m", "stock_usd_m", "new_t", "gain_usd_m"),
    "split": (
        "party",
        "alone_value_usd_m",
        "benefit_usd_m",
        "shapley_usd_m",
        "yearly_cost_usd_m",
        "shapley_cost_usd_m",
        "nucleolus_cost_usd_m",
        "shapley_in_core",
    ),
    "benefit": ("party", "need_t", "served_share_without", "served_share_with", "delivery_share"),
    "robustness": ("project_id", "decision", "chosen_share", "chosen_in", "plans"),
    "near": ("near_plan", "left_out", "taken_up", "worse_by_usd_m", "worse_by_share_of_value", "nearness"),
}


def money(words: Mapping[str, str], parties: list[str]) -> dict[str, float]:
    """The budget of each party: a dial of the page, else the word `budget` of an address, else the usual.

    >>> money({"usd_m_USA": "500", "budget": "USA=1,JPN=2000"}, ["USA", "JPN"])
    {'USA': 500.0, 'JPN': 2000.0}
    """
    typed = dict(part.strip().upper().split("=", 1) for part in words.get("budget", "").split(",") if "=" in part)
    return {p: _number(words.get(DIAL + p) or typed.get(p, "")) for p in parties}


def _number(word: str) -> float:
    try:
        found = float(word)
    except ValueError:
        return USUAL_USD_M
    return found if 0 <= found < 1e9 else USUAL_USD_M


def asking(words: Mapping[str, str]) -> dict[str, str]:
    """The words of the question for those of the page: a budget is named only where it is not the usual one."""
    parties = [p.strip().upper() for p in (words.get("parties") or "USA,JPN").split(",") if p.strip()]
    budget = money(words, parties)
    given = {k: words[k] for k in ("risk", "seed", "time_limit", "verify", *ASKED) if words.get(k)}
    if any(amount != USUAL_USD_M for amount in budget.values()):
        given["budget"] = ",".join(f"{p}={amount:g}" for p, amount in budget.items())
    return given


def parts(result: Result, asked: fields.Asked, t: Translator) -> list[sheets.Part]:
    """The tables of the page, each with what it tells."""
    titles = {
        "new": (
            t("New capacity"),
            t("Capacity that no project stands for yet; low and high are over all plans tried."),
        ),
        "stocks": (t("Stocks to buy"), ""),
        "budget": (t("Budget by party"), ""),
        "frontier": (
            t("What more money buys"),
            t(
                "Losses of a year that stay, for multiples of the budget: the mean of all futures, "
                "and of the worst ones."
            ),
        ),
        "parts": (t("Projects, stocks, or both"), ""),
        "together": (t("Joint and separate plans"), t("Each party alone, both apart, and both together.")),
        "split": (
            t("Who pays"),
            t(
                "The gain of planning together, split by the Shapley value; what each then pays a "
                "year, beside what it spends."
            ),
        ),
        "benefit": (t("Who is served"), ""),
        "robustness": (
            t("How firm the choices are"),
            t("In how many of the plans tried with other data a project is chosen."),
        ),
        "near": (t("Plans nearly as good"), ""),
    }
    reads = {
        "PARTNERS": t("Partners"),
        "REST": t("Rest of the world"),
        "apart": t("Each alone, added up"),
        "joint": t("Together"),
    }
    reads |= {str(r["party"]): t.place(str(r["party"])) for r in result.tables.get("budget", ())}
    packages = {p: named_package(p, t) for r in result.rows if (p := str(r["package"] or ""))}
    rows = [
        sheets.Part(
            "chosen",
            sheets.grid(
                result,
                asked,
                "",
                CHOSEN,
                t,
                title=t("Projects chosen"),
                held={"decision": "chosen"},
                reads=packages,
                leads={"name": ("/projects/", "project_id")},
            ),
        )
    ]
    rows += [
        sheets.Part(
            name, sheets.grid(result, asked, name, columns, t, title=titles[name][0], reads=reads), titles[name][1]
        )
        for name, columns in TABLES.items()
        if result.tables.get(name)
    ]
    left = {str(r["decision"]) for r in result.rows} - {"chosen"}
    rows += [
        sheets.Part(
            f"left-{decision}",
            sheets.grid(
                result,
                asked,
                "",
                LEFT,
                t,
                title=t("Projects not chosen: {decision}", decision=t.term("plan_decision", decision)),
                held={"decision": decision},
                leads={"name": ("/projects/", "project_id")},
            ),
        )
        for decision in sorted(left)
    ]
    return rows


def _form(asked: fields.Asked, words: Mapping[str, str], t: Translator) -> list[dict[str, Any]]:
    parties = [str(p) for p in asked.params.get("parties") or ()]
    budget = money(words, parties)
    dials = [
        {
            "name": DIAL + party,
            "label": t("Budget of {party} [million USD]", party=t.place(party)),
            "kind": "range",
            "high": max(MOST_USD_M, int(amount)),
            "step": STEP_USD_M,
            "value": f"{amount:g}",
        }
        for party, amount in budget.items()
    ]
    rest = [sheets.dial(e, "plan_part", t) for e in asked.entries if e.name in ASKED]
    return [*dials, *rest]


async def page(request: Request) -> Response:
    """The page."""
    t, site, words = pages.words_of(request), pages.site_of(request), dict(request.query_params)
    given = asking(words)
    try:
        asked, result = await run_in_threadpool(sheets.answered, site, "plan", given)
    except DidymiumError as wrong:
        return pages.refused(request, t, wrong)
    drawn = []
    if result is not None:
        drawn.append(pictures.Shown("/plan/frontier.svg", _figure(result, t)["description"], "#frontier"))
    return pages.shown(
        request,
        "sheet.html.j2",
        t,
        title=t("Plan"),
        lead=t(
            "Which projects, new capacity and stocks this money should buy, against stops of supply drawn at random."
        ),
        form=_form(asked, words, t),
        facts=[],
        figures=drawn,
        parts=[] if result is None else parts(result, asked, t),
        work=None if result is not None else sheets.work(site, asked, "plan", t.lang, given),
        work_title="",
        query=urlencode(given),
        sources=[],
        more=[("/ask/plan", t("All of it"))],
        notes=[] if result is None else notes.notes(result, t),
    )


def _figure(result: Result, t: Translator, *, narrow: bool = False) -> dict[str, Any]:
    return plan_frontier(result, lang=t.lang, names=t.names, narrow=narrow)


async def figure(request: Request) -> Response:
    """What more money buys, as SVG."""
    t, site, words = pages.words_of(request), pages.site_of(request), dict(request.query_params)

    def draw() -> str:
        _, result = sheets.answered(site, "plan", asking(words))
        if result is None:
            raise NotFound("no answer yet")
        return pictures.picture(_figure(result, t, narrow=words.get("narrow") == "1"))

    return await pages.drawn(request, draw)


def _held(site: Site, words: Mapping[str, str]) -> Result | None:
    return sheets.answered(site, "plan", asking(words))[1]


async def twin(request: Request) -> Response:
    """The plan as JSON, CSV or Excel."""
    site, form = pages.site_of(request), request.path_params["form"]
    try:
        result = await run_in_threadpool(_held, site, dict(request.query_params))
    except DidymiumError as wrong:
        return JSONResponse({"error": str(wrong)}, status_code=422)
    return await run_in_threadpool(sheets.twin, form, "plan", result, () if result is None else result.rows)
