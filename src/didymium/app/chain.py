"""The chain page: one product's way from mine to use, on a map and in bands, from the balanced base year."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from didymium.app import pages, pictures, sheets, tables
from didymium.errors import DidymiumError, NotFound
from didymium.figures.chain_flows import chain_sankey, flow_map, goods
from didymium.questions.words import heading
from didymium.studies.chain_line import SUMS, sum_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from didymium.app.site import Site
    from didymium.data import Dataset
    from didymium.i18n import Translator
    from didymium.results import Result
    from didymium.studies.chain_line import Step

FIRST_FAMILY = "magnets"
FIRST_PRODUCT = "ndpr_oxide"
FIGURES = ("bands", "map")


@dataclass(frozen=True, slots=True)
class View:
    """What the address asks for, and its answer."""

    family: str
    product: str
    year: int
    result: Result
    products: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def step(self) -> Step:
        """The step of the product itself."""
        return next(s for s in self.steps if self.product in s.products)

    @property
    def query(self) -> str:
        return urlencode({"family": self.family, "product": self.product, "year": self.year})


def view(site: Site, words: Mapping[str, str]) -> View:
    """The line that an address asks for. Raises UnknownTerm, BadInput."""
    from didymium.errors import UnknownTerm
    from didymium.studies.chain_line import products_of, steps

    families = [str(r["family"]) for r in site.ds.rows("families")]
    family = words.get("family") or FIRST_FAMILY
    if family not in families:
        raise UnknownTerm("family", family, families)
    _, result = sheets.at_once(site, "data reconcile", {"families": family, "year": words.get("year", "")})
    known = products_of(result)
    first = FIRST_PRODUCT if FIRST_PRODUCT in known else known[0]
    product = words.get("product") or first
    if product not in known:
        if product.partition(":")[0] not in {r["product"] for r in site.ds.rows("products")}:
            raise UnknownTerm("product", product, known)
        product = first  # another family's: the form was sent with a new family
    year = int(str(result.request["year"]))
    line = steps(result, _stages(_Data(str(site.ds.describe()["id"]), site.ds), family, year, product))
    return View(family, product, year, result, tuple(known), tuple(line))


@dataclass(frozen=True, slots=True)
class _Data:
    """A dataset by its id, so that what was found in it can be kept."""

    id: str
    ds: Dataset = field(compare=False)


@lru_cache(maxsize=64)
def _stages(data: _Data, family: str, year: int, product: str) -> list[tuple[str, tuple[str, ...]]]:
    from didymium.scenario.apply import assumptions, joint_inputs
    from didymium.studies.chain_line import stages_on

    ds = data.ds
    chain = joint_inputs(ds, (family,), year, (f"{year}-01",), assumptions(ds)).chain
    return stages_on(chain, product, {str(r["stage"]): int(r["position"]) for r in ds.rows("stages")})


async def page(request: Request) -> Response:
    """The page."""
    t, site = pages.words_of(request), pages.site_of(request)
    try:
        seen = await run_in_threadpool(view, site, dict(request.query_params))
        drawn = await run_in_threadpool(
            lambda: [
                pictures.Shown(f"/chain/{n}.svg", _drawn(seen, n, t)["description"], _rows(seen, n, t)) for n in FIGURES
            ]
        )
    except DidymiumError as wrong:
        return pages.refused(request, t, wrong)
    return pages.shown(
        request,
        "chain.html.j2",
        t,
        title=t("Chain: {product}", product=t.product(seen.product)),
        form=_form(site, seen, t),
        figures=drawn,
        parts=_tables(seen, t, request.query_params.get("sort", "")),
        run=f"/runs/{seen.result.run_id}",
        query=seen.query,
        family=seen.family,
        year=str(seen.year),
    )


def _form(site: Site, seen: View, t: Translator) -> list[dict[str, Any]]:
    from didymium.scenario.scenario import FIRST_BASE_YEAR, FIRST_FAMILY_YEAR, LAST_BASE_YEAR

    first = FIRST_BASE_YEAR if seen.family == FIRST_FAMILY else FIRST_FAMILY_YEAR
    named = "name_ja" if t.lang == "ja" else "name"
    return [
        {
            "name": "family",
            "label": heading("family", t),
            "value": seen.family,
            "options": [(str(r["family"]), str(r[named])) for r in site.ds.rows("families")],
        },
        {
            "name": "product",
            "label": heading("product", t),
            "value": seen.product,
            "options": [(p, t.product(p)) for p in seen.products],
        },
        {
            "name": "year",
            "label": heading("year", t),
            "value": str(seen.year),
            "options": [(str(y), t.year(y)) for y in range(LAST_BASE_YEAR, first - 1, -1)],
        },
    ]


def _drawn(seen: View, name: str, t: Translator, *, narrow: bool = False) -> dict[str, Any]:
    if name == "map":
        return flow_map(seen.result, seen.step, lang=t.lang, names=t.names, narrow=narrow)
    return chain_sankey(seen.result, seen.steps, lang=t.lang, names=t.names, narrow=narrow)


def _rows(seen: View, name: str, t: Translator) -> str:
    """Where the rows stand that a figure draws: shipments, or the use of the last stage, of which the bands tell."""
    if name == "map":
        return "#flows"
    words = urlencode({"stage": seen.steps[-1].stage, "column": "shipped_share", "lang": t.lang})
    return f"/chain/explain?{seen.query}&{words}#used"


def _tables(seen: View, t: Translator, sort: str) -> list[tables.Table]:
    asked = {"family": seen.family, "product": seen.product, "year": str(seen.year)}
    given: dict[str, Any] = {"run_id": seen.result.run_id, "here": "/chain", "asked": asked}
    step = seen.step
    named = goods(step, t)
    return [
        tables.table(
            tables.numbered(_summary(seen, t)),
            ("stage", "goods", "output_t", "unit", "top_country", "top_share", "shipped_share"),
            t,
            title=t("The line, stage by stage"),
            name="line",
            pages={"stage": ("/chain?", "line"), **{c: ("/chain/explain?", f"{c}_sum") for c in SUMS}},
        ),
        tables.table(
            _of(seen, "output"),
            ("product", "region", "output_t"),
            t,
            title=t("Who makes {product}", product=named),
            name="output",
            sort=sort or "-output_t",
            **given,
        ),
        tables.table(
            _of(seen, "flows"),
            ("product", "origin", "destination", "flow_t"),
            t,
            title=t("Who ships {product} to whom", product=named),
            name="flows",
            sort=sort or "-flow_t",
            most=40,
            **given,
        ),
    ]


def _of(seen: View, table: str) -> list[tuple[int, Mapping[str, Any]]]:
    return [(n, r) for n, r in tables.numbered(seen.result.tables[table]) if r["product"] in seen.step.products]


def _summary(seen: View, t: Translator) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for step in seen.steps:
        top = max(step.made, key=lambda p: step.made[p])
        found.append(
            {
                "stage": step.stage,
                "goods": goods(step, t),
                "unit": step.unit,
                "top_country": top,
                **{column: sum_of(step, column) for column in SUMS},
                "line": urlencode({"family": seen.family, "product": step.products[0], "year": seen.year}),
                **{
                    f"{column}_sum": f"{seen.query}&{urlencode({'stage': step.stage, 'column': column})}"
                    for column in SUMS
                },
            }
        )
    return found


async def figure(request: Request) -> Response:
    """The map or the bands as SVG."""
    t, site, name = pages.words_of(request), pages.site_of(request), request.path_params["name"]
    if name not in FIGURES:
        return await pages.missing(request, NotFound("no figure"))
    narrow = request.query_params.get("narrow") == "1"

    def draw() -> str:
        return pictures.picture(_drawn(view(site, dict(request.query_params)), name, t, narrow=narrow))

    return await pages.drawn(request, draw)


async def twin(request: Request) -> Response:
    """What each place makes and what is used where, by place of making, for every stage of the line."""
    site, form = pages.site_of(request), request.path_params["form"]
    if form not in pages.FORMS:
        return JSONResponse({"error": "There is no such page here."}, status_code=404)
    try:
        seen = await run_in_threadpool(view, site, dict(request.query_params))
    except DidymiumError as wrong:
        return JSONResponse({"error": str(wrong)}, status_code=422)
    rows = [
        {
            "stage": s.stage,
            "products": ";".join(s.products),
            "year": seen.year,
            "maker": maker,
            "user": user,
            "used_t": tonnes,
            "unit": s.unit,
            "world_share": tonnes / s.total,
        }
        for s in seen.steps
        for (maker, user), tonnes in s.used.items()
    ]
    whole = {
        "command": "chain",
        "request": {"family": seen.family, "product": seen.product, "year": seen.year},
        "run_id": seen.result.run_id,
        "dataset": dict(site.ds.describe()),
        "rows": rows,
        "flows": [dict(r) for _, r in _of(seen, "flows")],
    }
    return pages.file_of(whole, rows, form, "chain")
