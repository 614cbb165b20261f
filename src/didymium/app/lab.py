"""The stress lab: a scenario with dials; figures and rows follow them. Two may stand side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from didymium import figures
from didymium.app import pages, pictures
from didymium.errors import DidymiumError, NotFound
from didymium.questions.forms import csv_text
from didymium.questions.words import cell, heading
from didymium.scenario.scenario import Scenario
from didymium.scenario.writing import toml_text
from didymium.studies.lab import Dials, adjustable, cover, dials, longest, turned

if TYPE_CHECKING:
    from starlette.requests import Request

    from didymium.app.site import Site
    from didymium.i18n import Translator
    from didymium.results import Result

FIRST = "cn-stop-6"
DRAWN = (figures.shortage_months, figures.first_shortage)
COLUMNS = (
    "foresight",
    "party",
    "product",
    "sector",
    "demand_t",
    "unserved_t",
    "unserved_share",
    "days_to_shortage",
    "loss_usd_m",
)
MOST_DAYS = 240
MOST_PARTIES = 4


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


def setting(site: Site, words: Mapping[str, str], t: Translator) -> Setting:
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
    usual = next(r["value"] for r in site.ds.rows("assumptions") if r["assumption_id"] == cover(story))
    typed = {
        "scenario": name,
        "place": words.get("place") or was.place,
        "towards": words.get("towards") or ",".join(was.importers),
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

    def codes(field: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(w.strip().upper() for w in typed[field].split(",") if w.strip()))

    to = Dials(
        typed["place"].strip().upper(),
        codes("towards") if story.cuts else (),
        number("passes", 0, 100) / 100,
        int(number("months", 1, longest(story))),
    )
    parties = codes("parties")
    if not 1 <= len(parties) <= MOST_PARTIES:
        faults["parties"] = t("One to {n} places are expected.", n=MOST_PARTIES)
    return Setting(story, to, parties, number("days", 0, MOST_DAYS), typed, faults)


def answered(site: Site, at: Setting) -> Result:
    """The answer of a setting. Raises DidymiumError in words."""
    return site.lab.ask(at.scenario.id, at.to, at.parties, at.days)


async def page(request: Request) -> Response:
    """The dials, the answer, and another one beside it if the address names it."""
    t, site = pages.words_of(request), pages.site_of(request)
    words = dict(request.query_params)
    at = setting(site, _inner(words["b"]) if "b" in words else words, t)
    other = setting(site, _inner(words["a"]), t) if words.get("a") else None
    shown = [one for one in (other, at) if one is not None]
    told = [await run_in_threadpool(_told, site, one, t) for one in shown]
    status = 200 if all("fault" not in one for one in told) else 422
    return pages.shown(
        request,
        "lab.html.j2",
        t,
        status=status,
        title=t("Stress lab"),
        at=at,
        held=words.get("a", ""),
        fields=_fields(at, t),
        answers=told,
        columns=[heading(c, t) for c in COLUMNS],
        scenarios=[(name, _title(story, t)) for name, story in adjustable().items()],
        twice=urlencode({"a": at.query}),
    )


def _inner(query: str) -> dict[str, str]:
    return dict(parse_qsl(query))


def _title(story: Scenario, t: Translator) -> str:
    return story.title_ja if t.lang == "ja" else story.title


def _fields(at: Setting, t: Translator) -> list[dict[str, Any]]:
    """The dials of the form: what they are called, where they stand, how far they go."""
    stocks = t("Users' stock at the start [days]")
    if cover(at.scenario) == "pool_cover_days":
        stocks = t("Processors' stock at the start [days]")
    found: list[dict[str, Any]] = [
        {
            "name": "passes",
            "label": t("Share that passes or remains [%]"),
            "low": 0,
            "high": 100,
            "step": 5,
        },
        {"name": "months", "label": t("Length [months]"), "low": 1, "high": longest(at.scenario), "step": 1},
        {"name": "days", "label": stocks, "low": 0, "high": MOST_DAYS, "step": 5},
        {"name": "place", "label": t("Who is hit or cuts, as ISO 3166 code"), "low": None},
    ]
    if at.scenario.cuts:
        found.append({"name": "towards", "label": t("Towards (ALL, or codes with commas)"), "low": None})
    found.append({"name": "parties", "label": t("Parties, as codes with commas"), "low": None})
    return [one | {"value": at.typed[one["name"]], "fault": at.faults.get(one["name"], "")} for one in found]


def _told(site: Site, at: Setting, t: Translator) -> dict[str, Any]:
    """An answer as a page shows it, or what is wrong."""
    about: dict[str, Any] = {"query": at.query, "name": _title(at.scenario, t)}
    if at.faults:
        return about | {"fault": " ".join(at.faults.values())}
    try:
        result = answered(site, at)
        specs = [draw(result, lang=t.lang, names=t.names) for draw in DRAWN]
    except DidymiumError as wrong:
        return about | {"fault": str(wrong)}
    rows = [r for r in result.rows if r["is_total"] or not str(r["product"]).startswith("ndfeb_magnet_")]
    return about | {
        "figures": [{"number": n, "description": s["usermeta"]["title"]} for n, s in enumerate(specs)],
        "lines": [[{"text": cell(r, c, t), "number": isinstance(r.get(c), float)} for c in COLUMNS] for r in rows],
        "notes": [t.fact(w) for w in result.warnings],
        "cli": _cli(site, at),
        "python": _python(site, at),
        "layer": _is_layered(site, at),
    }


def _is_layered(site: Site, at: Setting) -> bool:
    return bool(at.days != _row(site, at)["value"])


def _row(site: Site, at: Setting) -> dict[str, Any]:
    name = cover(at.scenario)
    return next(dict(r) for r in site.ds.rows("assumptions") if r["assumption_id"] == name)


def _cli(site: Site, at: Setting) -> str:
    """The same question on a terminal, beside the downloaded files."""
    story = turned(at.scenario, at.to)
    name = story.id if story is at.scenario else f"{story.id}.toml"
    layer = " --layer lab-layer" if _is_layered(site, at) else ""
    return f"didymium stress --scenario {name} --parties {','.join(at.parties)}{layer}"


def _python(site: Site, at: Setting) -> str:
    story = turned(at.scenario, at.to)
    name = story.id if story is at.scenario else f"{story.id}.toml"
    layer = '("lab-layer",)' if _is_layered(site, at) else ""
    return "\n".join(
        [
            "import didymium",
            "from didymium.scenario.scenario import load",
            f"ds = didymium.open({layer})",
            f'result = didymium.stress(ds, load("{name}"), parties={at.parties!r}, draws=0, drivers=False)',
        ]
    )


async def figure(request: Request) -> Response:
    """A figure of a setting as SVG."""
    t, site, number = pages.words_of(request), pages.site_of(request), request.path_params["number"]
    at = setting(site, request.query_params, t)
    if at.faults or number >= len(DRAWN):
        return await pages.missing(request, NotFound("no figure"))
    is_narrow = request.query_params.get("narrow") == "1"

    def draw() -> str:
        spec = DRAWN[number](answered(site, at), lang=t.lang, names=t.names, narrow=is_narrow)
        return pictures.picture(spec)

    try:
        return pages.svg_response(await run_in_threadpool(draw))
    except DidymiumError:
        return await pages.missing(request, NotFound("no figure"))


async def twin(request: Request) -> Response:
    """The answer of a setting as JSON, CSV or Excel."""
    t, site, form = pages.words_of(request), pages.site_of(request), request.path_params["form"]
    at = setting(site, request.query_params, t)
    if form not in pages.FORMS:
        return JSONResponse({"error": "There is no such page here."}, status_code=404)
    if at.faults:
        return JSONResponse({"error": "Some parameters cannot be read.", "parameters": at.faults}, status_code=422)
    try:
        result = await run_in_threadpool(answered, site, at)
    except DidymiumError as wrong:
        return JSONResponse({"error": str(wrong)}, status_code=422)
    return await run_in_threadpool(pages.file_of, result.as_dict(), result.rows, form, "lab")


async def saved(request: Request) -> Response:
    """The scenario of a setting as a file, or the changed assumption as a file of a layer."""
    t, site = pages.words_of(request), pages.site_of(request)
    at = setting(site, request.query_params, t)
    try:
        story = turned(at.scenario, at.to)
    except DidymiumError as wrong:
        return pages.refused(request, t, wrong)
    if at.faults:
        return await pages.missing(request, NotFound("no scenario"))
    if request.path_params["name"] == "scenario.toml":
        name, text, media = f"{story.id}.toml", toml_text(story), "application/toml"
    elif request.path_params["name"] == "assumptions.csv":
        row = {k: v for k, v in _row(site, at).items() if k not in ("row_id", "layer")}
        ends = {"value": at.days, "low": min(at.days, row["low"]), "high": max(at.days, row["high"])}
        row |= ends | {"source_id": "didymium-derivation", "basis": "ASSUMPTION: set by hand in the stress lab"}
        name, text, media = "assumptions.csv", csv_text([row]), "text/csv; charset=utf-8"
    else:
        return await pages.missing(request, NotFound("no file"))
    return Response(text, media_type=media, headers={"content-disposition": f'attachment; filename="{name}"'})
