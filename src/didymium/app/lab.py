"""The stress lab: a scenario with dials; figures and rows follow them. Two may stand side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from starlette.responses import JSONResponse, RedirectResponse, Response

from didymium import figures
from didymium.app import notes, pages, pictures, tables
from didymium.app.team import may
from didymium.errors import DidymiumError, NotFound
from didymium.questions.catalogue import QUESTIONS
from didymium.questions.forms import csv_text
from didymium.questions.params import PARAMS
from didymium.scenario.scenario import Scenario
from didymium.scenario.writing import toml_text
from didymium.studies.dials import Dials, adjustable, cover, dials, longest, turned
from didymium.studies.lab import Lab, compared
from didymium.studies.shelf import Unwanted, always

if TYPE_CHECKING:
    from starlette.requests import Request

    from didymium.i18n import Translator
    from didymium.results import Result

FIRST = "cn-stop-6"
DRAWN = (figures.first_shortage, figures.shortage_months)
NUMBERS = ("demand_t", "unserved_t", "unserved_share", "days_to_shortage", "loss_usd_m")
TOTALS = ("party", "product", "foresight", *NUMBERS)
SECTORS = ("party", "product", "sector", "foresight", *NUMBERS)
COMPARED = ("party", "product", "foresight", "unserved_a_t", "unserved_b_t", "unserved_change_t")
MOST_DAYS = 240
MOST_PARTIES = 4
_READERS = ThreadPoolExecutor(64, "lab-reader")
"""Those who wait for an answer here keep no thread of the other pages."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Setting:
    """Where the dials stand, as an address says it, and what is wrong with them by field."""

    scenario: Scenario
    to: Dials
    parties: tuple[str, ...]
    days: float
    typed: Mapping[str, str]
    faults: Mapping[str, str]

    @property
    def query(self) -> str:
        """The setting as words of an address."""
        return urlencode(self.typed)

    @property
    def base(self) -> str:
        """The address that explains the numbers of its answer: row and column are to be added."""
        return f"/lab/explain?{self.query}"


def setting(lab: Lab, words: Mapping[str, str], t: Translator) -> Setting:
    """Read an address. What is not given stands where the scenario and the data have it."""
    known = adjustable()
    faults = {}
    name = words.get("scenario") or FIRST
    if name not in known:
        faults["scenario"] = t("There is no such scenario here.")
        name = FIRST
    story = known[name]
    was = dials(story)
    assert was is not None
    usual = next(r["value"] for r in _covers(lab) if r["assumption_id"] == cover(story))
    typed = {
        "scenario": name,
        "place": words.get("place") or was.place,
        "towards": words.get("towards") or ",".join(was.importers),
        "products": words["products"].strip(",") if "products" in words else ",".join(was.products),
        "passes": words.get("passes") or f"{100 * was.share:g}",
        "months": words.get("months") or str(was.months),
        "days": words.get("days") or f"{usual:g}",
        "parties": words.get("parties") or "USA,JPN",
    }

    def number(field: str, low: float, high: float) -> float:
        try:
            value = float(typed[field])
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            faults[field] = t("A number from {low} to {high} is expected.", low=f"{low:g}", high=f"{high:g}")
            return low
        return value

    def several(field: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(w.strip() for w in typed[field].split(",") if w.strip()))

    to = Dials(
        typed["place"].strip(),
        several("towards") if story.cuts else (),
        tuple(p for p in was.products if p in several("products")),
        number("passes", 0, 100) / 100,
        int(number("months", 1, longest(story))),
    )
    if was.products and not to.products:
        faults["products"] = t("At least one product is expected.")
    parties = several("parties")
    if not 1 <= len(parties) <= MOST_PARTIES:
        faults["parties"] = t("One to {n} places are expected.", n=MOST_PARTIES)
    return Setting(story, to, parties, number("days", 0, MOST_DAYS), typed, faults)


def answered(lab: Lab, at: Setting, is_wanted: Callable[[], bool] = always) -> Result:
    """The answer of a setting. Raises DidymiumError in words, Unwanted if nobody waits for it any longer."""
    return lab.ask(at.scenario.id, at.to, at.parties, at.days, is_wanted)


async def waited(request: Request, find: Callable[[Callable[[], bool]], T]) -> T:
    """What a call gives that may have to wait for a turn to solve; it is told whether the browser still waits.

    A browser drops what it asked when a dial moves on. Raises Unwanted if the call gave up for that.
    """
    gone = Event()

    async def listened() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone.set()

    listens = asyncio.create_task(listened())
    try:
        return await asyncio.get_running_loop().run_in_executor(_READERS, find, lambda: not gone.is_set())
    finally:
        listens.cancel()


def dropped() -> Response:
    """What is said to a browser that has hung up: nobody reads it."""
    return Response(status_code=499)


class _Unkept(Exception):
    """A page that says what is wrong: shown, not kept."""

    def __init__(self, reply: Response) -> None:
        super().__init__()
        self.reply = reply


async def page(request: Request) -> Response:
    """The dials, the answer, and another one beside it if the address names it.

    A page that was shown to somebody of the same standing is not made again.
    """
    lab, lang = pages.site_of(request).lab, pages.language_of(request)
    key = ("page", request.url.query, lang, request.scope.get("person"), may(request, "edit"))
    body = lab.shown.at_hand(key)
    if body is None:

        def made() -> bytes:
            return _page(request, lab, lambda: lab.shown.wanted(key))

        try:
            body = await waited(request, lambda is_wanted: lab.shown.get(key, made, is_wanted))
        except _Unkept as unkept:
            return unkept.reply
        except Unwanted:
            return dropped()
    return Response(body, media_type="text/html; charset=utf-8")


def _page(request: Request, lab: Lab, is_wanted: Callable[[], bool]) -> bytes:
    t, words = pages.words_of(request), read_words(request)
    at = setting(lab, words, t)
    other = setting(lab, inner(words["a"]), t) if words.get("a") else None
    both = [one for one in (other, at) if one is not None]
    letters = ("A", "B") if len(both) > 1 else ("",)
    told = [_told(lab, one, t, letter, is_wanted) for one, letter in zip(both, letters, strict=True)]
    is_right = all("fault" not in one for one in told)
    if pages.site_of(request).is_warm:
        Thread(target=lab.warm, args=(at.scenario.id,), daemon=True).start()
    reply = pages.shown(
        request,
        "lab.html.j2",
        t,
        status=200 if is_right else 422,
        title=t("Stress lab"),
        at=at,
        held=words.get("a", ""),
        fields=dial_fields(lab, at, t),
        products=products_of(at, t),
        answers=told,
        compared=_compared(lab, both, t) if len(both) > 1 and is_right else None,
        scenarios=[(name, title_of(story, t)) for name, story in adjustable().items()],
        twice=urlencode({"a": at.query}),
    )
    if not is_right:
        raise _Unkept(reply)
    return bytes(reply.body)


def read_words(request: Request) -> dict[str, str]:
    """The words of an address; what stands there more than once, with commas."""
    found: dict[str, str] = {}
    for name, word in request.query_params.multi_items():
        found[name] = f"{found[name]},{word}" if name in found else word
    return found


def inner(query: str) -> dict[str, str]:
    return dict(parse_qsl(query))


def title_of(story: Scenario, t: Translator) -> str:
    return story.title_ja if t.lang == "ja" else story.title


def dial_fields(lab: Lab, at: Setting, t: Translator) -> list[dict[str, Any]]:
    """The dials of the form: what they are called, where they stand, what they may be."""
    stocks = t("Users' stock at the start [days]")
    if cover(at.scenario) == "pool_cover_days":
        stocks = t("Processors' stock at the start [days]")
    share = t("Share of exports that passes [%]") if at.scenario.cuts else t("Share of output that remains [%]")
    regions = sorted((r for r in lab.regions(at.scenario.id) if not r.startswith("ROW")), key=t.place)
    found: list[dict[str, Any]] = [
        {"name": "passes", "label": share, "low": 0, "high": 100, "step": 5},
        {"name": "months", "label": t("Length [months]"), "low": 1, "high": longest(at.scenario), "step": 1},
        {"name": "days", "label": stocks, "low": 0, "high": MOST_DAYS, "step": 5},
        {"name": "place", "label": t("Who cuts") if at.scenario.cuts else t("Where"), "choices": regions},
    ]
    if at.scenario.cuts:
        found.append({"name": "towards", "label": t("Towards"), "choices": ["ALL", "USA,JPN", *regions]})
    found.append({"name": "parties", "label": t("Who is looked at"), "choices": ["USA,JPN", *regions]})
    for one in found:
        value = at.typed[one["name"]]
        one |= {"value": value, "fault": at.faults.get(one["name"], "")}
        if "choices" in one:
            words = dict.fromkeys([*one["choices"], *([value] if value else [])])
            one["choices"] = [(word, t.list([t.place(code) for code in word.split(",")])) for word in words]
    return found


def products_of(at: Setting, t: Translator) -> list[tuple[str, str, bool]]:
    """The products that the scenario hits: id, name, and whether they are hit now."""
    was = dials(at.scenario)
    return [(p, t.product(p), p in at.to.products) for p in (was.products if was is not None else ())]


def stands(at: Setting, t: Translator) -> str:
    """Where the dials stand, in words."""
    return t(
        "{share} % passes or remains, {months} months, {days} days of stock",
        share=at.typed["passes"],
        months=at.typed["months"],
        days=at.typed["days"],
    )


def _told(lab: Lab, at: Setting, t: Translator, letter: str, is_wanted: Callable[[], bool]) -> dict[str, Any]:
    """An answer as a page shows it, or what is wrong; `letter` tells it from another one beside it."""
    about: dict[str, Any] = {"query": at.query, "name": title_of(at.scenario, t), "stands": stands(at, t)}
    if at.faults:
        return about | {"fault": " ".join(at.faults.values())}
    try:
        result = answered(lab, at, is_wanted)
        specs = [draw(result, lang=t.lang, names=t.names) for draw in DRAWN]
    except DidymiumError as wrong:
        return about | {"fault": str(wrong)}
    wanted = (
        (t("Totals"), [r for r in tables.numbered(result.rows) if r[1]["is_total"]], TOTALS),
        (t("By sector"), [r for r in tables.numbered(result.rows) if not r[1]["is_total"]], SECTORS),
    )
    return about | {
        "figures": [{"number": n, "description": s["description"], **s["usermeta"]} for n, s in enumerate(specs)],
        "tables": [
            tables.table(
                rows, columns, t, title=f"{name} ({letter})" if letter else name, base=at.base, most=len(result.rows)
            )
            for name, rows, columns in wanted
        ],
        "notes": notes.notes(result, t, base=at.base),
        "cli": _cli(lab, at),
        "python": _python(lab, at),
        "layer": is_layered(lab, at),
    }


def _compared(lab: Lab, pair: Sequence[Setting], t: Translator) -> tables.Table:
    """What the second of two settings changes against the first; a change leads to the two numbers it lies between."""
    first, second = pair
    rows = compared(answered(lab, first), answered(lab, second))
    lines = []
    for number, row in tables.numbered(rows):
        behind = {"column": "unserved_t", "row": row["row_a"]}, {"column": "unserved_t", "row": row["row_b"]}
        to_b = f"{second.query}&{urlencode(behind[1])}"
        leads = {
            "a": f"{first.query}&{urlencode(behind[0])}",
            "b": to_b,
            "change": f"{to_b}&{urlencode({'a': first.query})}",
        }
        lines.append((number, {**row, **leads}))
    leads_by = {f"unserved_{name}_t": ("/lab/explain?", name) for name in ("a", "b", "change")}
    return tables.table(lines, COMPARED, t, title=t("A against B"), pages=leads_by, most=len(lines))


def is_layered(lab: Lab, at: Setting) -> bool:
    """Whether the stocks stand elsewhere than in the data, so that it takes a layer to ask the same."""
    return bool(at.days != cover_row(lab, at)["value"])


def cover_row(lab: Lab, at: Setting) -> dict[str, Any]:
    """The assumption that the dial of the stocks turns."""
    return next(row for row in _covers(lab) if row["assumption_id"] == cover(at.scenario))


def _covers(lab: Lab) -> list[dict[str, Any]]:
    return lab.ds.rows("assumptions", assumption_id=("user_cover_days", "pool_cover_days"))


def _cli(lab: Lab, at: Setting) -> str:
    """The same question on a terminal, beside the downloaded files."""
    story = turned(at.scenario, at.to)
    name = story.id if story is at.scenario else f"{story.id}.toml"
    layer = " --layer lab-layer" if is_layered(lab, at) else ""
    return f"didymium stress --scenario {name} --parties {','.join(at.parties)}{layer}"


def _python(lab: Lab, at: Setting) -> str:
    story = turned(at.scenario, at.to)
    name = story.id if story is at.scenario else f"{story.id}.toml"
    layer = '("lab-layer",)' if is_layered(lab, at) else ""
    return "\n".join(
        [
            "import didymium",
            "from didymium.scenario.scenario import load",
            f"ds = didymium.open({layer})",
            f'result = didymium.stress(ds, load("{name}"), parties={at.parties!r}, draws=0, drivers=False)',
        ]
    )


async def figure(request: Request) -> Response:
    """A figure of a setting as SVG; `bare` without its title and foot, for a page that has them as text."""
    t, lab, words = pages.words_of(request), pages.site_of(request).lab, read_words(request)
    at, number = setting(lab, words, t), request.path_params["number"]
    if at.faults or number >= len(DRAWN):
        return await pages.missing(request, NotFound("no figure"))
    is_narrow, is_bare = words.get("narrow") == "1", words.get("bare") == "1"

    def drawn() -> bytes:
        result = answered(lab, at, lambda: lab.shown.wanted(key))
        spec = DRAWN[number](result, lang=t.lang, names=t.names, narrow=is_narrow)
        return pictures.picture(spec, words=not is_bare).encode("utf-8")

    key = ("figure", number, at.query, t.lang, is_narrow, is_bare)
    body = lab.shown.at_hand(key)
    if body is None:
        try:
            body = await waited(request, lambda is_wanted: lab.shown.get(key, drawn, is_wanted))
        except DidymiumError:
            return await pages.missing(request, NotFound("no figure"))
        except Unwanted:
            return dropped()
    return pages.svg_response(body.decode("utf-8"))


async def twin(request: Request) -> Response:
    """The answer of a setting as JSON, CSV or Excel."""
    t, lab, form = pages.words_of(request), pages.site_of(request).lab, request.path_params["form"]
    at = setting(lab, read_words(request), t)
    if form not in pages.FORMS:
        return JSONResponse({"error": "There is no such page here."}, status_code=404)
    if at.faults:
        return JSONResponse({"error": "Some parameters cannot be read.", "parameters": at.faults}, status_code=422)

    def written(is_wanted: Callable[[], bool]) -> Response:
        result = answered(lab, at, is_wanted)
        return pages.file_of(result.as_dict(), result.rows, form, "lab")

    try:
        return await waited(request, written)
    except Unwanted:
        return dropped()
    except DidymiumError as wrong:
        return JSONResponse({"error": str(wrong)}, status_code=422)


async def saved(request: Request) -> Response:
    """The scenario of a setting as a file, or the changed assumption as a file of a layer."""
    t, lab = pages.words_of(request), pages.site_of(request).lab
    at = setting(lab, read_words(request), t)
    try:
        story = turned(at.scenario, at.to)
    except DidymiumError as wrong:
        return pages.refused(request, t, wrong)
    if at.faults:
        return await pages.missing(request, NotFound("no scenario"))
    if request.path_params["name"] == "scenario.toml":
        name, text, media = f"{story.id}.toml", toml_text(story), "application/toml"
    elif request.path_params["name"] == "assumptions.csv":
        row = {k: v for k, v in cover_row(lab, at).items() if k not in ("row_id", "layer")}
        ends = {"value": at.days, "low": min(at.days, row["low"]), "high": max(at.days, row["high"])}
        row |= ends | {"source_id": "didymium-derivation", "basis": "ASSUMPTION: set by hand in the stress lab"}
        name, text, media = "assumptions.csv", csv_text([row]), "text/csv; charset=utf-8"
    else:
        return await pages.missing(request, NotFound("no file"))
    return Response(text, media_type=media, headers={"content-disposition": f'attachment; filename="{name}"'})


def run_params(at: Setting) -> dict[str, Any]:
    """The parameters of `didymium stress` that ask what the lab shows, in their kept form."""
    question = QUESTIONS["stress"]
    usual = {name: PARAMS[name].kept_default() for name in question.params if not PARAMS[name].is_required}
    story = turned(at.scenario, at.to).model_dump(mode="json")
    own = {"scenario": story, "parties": list(at.parties), "foresight": "both", "draws": 0, "drivers": False}
    return {**usual, **own}


async def keep(request: Request) -> Response:
    """Ask the setting as a run that is kept, where every number has its explanation; the work page tells when it is."""
    t, site = pages.words_of(request), pages.site_of(request)
    form = await request.form()
    if form.get("token") != site.token:
        return pages.too_old(request, t)
    at = setting(site.lab, inner(str(form.get("setting", ""))), t)
    if at.faults or is_layered(site.lab, at):
        return await pages.missing(request, NotFound("no setting that a run can hold"))
    try:
        params = run_params(at)
        site.jobs.start(site.key_of("stress", params), "stress", params, f"/lab?{at.query}&lang={t.lang}")
    except DidymiumError as wrong:
        return pages.refused(request, t, wrong)
    return RedirectResponse(f"/jobs?lang={t.lang}", status_code=303)
