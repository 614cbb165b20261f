"""What stands behind the stress lab: the rows that a figure draws, and the explanation of any number of a setting.

The answer is found again for the setting that the address names, or is still at hand; nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.responses import JSONResponse, Response

from didymium.app import note_page, pages, sheets, tables
from didymium.app.lab import (
    DRAWN,
    NUMBERS,
    Setting,
    answered,
    cover_row,
    dial_fields,
    dropped,
    inner,
    is_layered,
    products_of,
    read_words,
    setting,
    stands,
    title_of,
    waited,
)
from didymium.app.notes import told
from didymium.errors import BadInput, DidymiumError, NotFound
from didymium.figures.shortage import first_rows, monthly_rows, scenarios
from didymium.studies.lineage import found_row, lineage
from didymium.studies.noted import Noted, noted
from didymium.studies.shelf import Unwanted

if TYPE_CHECKING:
    from starlette.requests import Request

    from didymium.i18n import Translator
    from didymium.results import Result, Row
    from didymium.results.lineage import Lineage
    from didymium.studies.lab import Lab

BEHIND: tuple[tuple[str, tuple[str, ...], Callable[[Result, str], list[Row]]], ...] = (
    ("", ("party", "sector", "foresight", "days_to_shortage", "unserved_t", "unserved_share", "demand_t"), first_rows),
    ("monthly", ("month", "party", "product", "sector", "foresight", "unserved_t", "demand_t"), monthly_rows),
)
"""Of each figure: the table of the answer, the columns that it shows, and how it picks its rows."""
MOST = 600


def drawn_rows(result: Result, figure: int) -> list[tuple[int, Row]]:
    """The rows that a figure draws, with their number in their table."""
    name, _, pick = BEHIND[figure]
    picked = {id(r) for scenario in scenarios(result) for r in pick(result, scenario)}
    return [r for r in tables.numbered(result.tables[name] if name else result.rows) if id(r[1]) in picked]


def _read(request: Request, lab: Lab, t: Translator) -> tuple[Setting, int]:
    """The setting of an address and the figure it names. Raises BadInput, NotFound."""
    words = read_words(request)
    at, figure = right(lab, words, t), words.get("figure") or "0"
    if figure not in map(str, range(len(DRAWN))):
        raise NotFound("The lab has no such figure.", cure="Choose one of its page.")
    return at, int(figure)


def right(lab: Lab, words: dict[str, str], t: Translator) -> Setting:
    """The setting of an address. Raises BadInput for one that cannot be."""
    at = setting(lab, words, t)
    if at.faults:
        raise BadInput(" ".join(at.faults.values()))
    return at


async def numbers(request: Request) -> Response:
    """The rows that a figure of a setting draws; each number leads to what stands behind it."""
    t, lab = pages.words_of(request), pages.site_of(request).lab

    def found(is_wanted: Callable[[], bool]) -> tuple[Setting, int, str, tables.Table]:
        at, figure = _read(request, lab, t)
        result = answered(lab, at, is_wanted)
        title = DRAWN[figure](result, lang=t.lang, names=t.names)["usermeta"]["title"]
        name, columns, _ = BEHIND[figure]
        rows = drawn_rows(result, figure)
        grid = tables.table(rows, columns, t, title=t("What the figure draws"), name=name, base=at.base, most=MOST)
        return at, figure, title, grid

    try:
        at, figure, title, grid = await waited(request, found)
    except Unwanted:
        return dropped()
    except DidymiumError as wrong:
        return pages.refused(request, t, wrong)
    return pages.shown(
        request,
        "sheet.html.j2",
        t,
        title=title,
        title_where="#rows",
        lead=told(f"{title_of(at.scenario, t)}: {stands(at, t)}", f"/lab?{at.query}&lang={t.lang}#dials"),
        form=[],
        facts=[],
        figures=[],
        parts=[sheets.Part("rows", grid)],
        work=None,
        work_title="",
        query=urlencode({**at.typed, "figure": figure}),
        sources=[],
        more=[(f"/lab?{at.query}", t("Stress lab"))],
        notes=[],
    )


async def numbers_twin(request: Request) -> Response:
    """The rows that a figure of a setting draws, as JSON, CSV or Excel."""
    t, lab, form = pages.words_of(request), pages.site_of(request).lab, request.path_params["form"]

    def found(is_wanted: Callable[[], bool]) -> Response:
        at, figure = _read(request, lab, t)
        result = answered(lab, at, is_wanted)
        return sheets.twin(form, "lab-numbers", result, [r for _, r in drawn_rows(result, figure)])

    try:
        return await waited(request, found)
    except Unwanted:
        return dropped()
    except DidymiumError as wrong:
        return JSONResponse({"error": str(wrong)}, status_code=422)


async def explain(request: Request) -> Response:
    """What stands behind one number of a setting, or behind its change against another setting (`a`)."""
    t, lab, words = pages.words_of(request), pages.site_of(request).lab, read_words(request)
    if words.get("note"):
        return await _note(request, lab, words, t)

    def found(is_wanted: Callable[[], bool]) -> tuple[Setting, Lineage, list[tuple[str, str, str]]]:
        at = right(lab, words, t)
        one = _behind(lab, at, words, is_wanted)
        if not words.get("a"):
            return at, one, []
        return at, *_changed(lab, right(lab, inner(words["a"]), t), at, one, t)

    try:
        at, one, terms = await waited(request, found)
    except Unwanted:
        return dropped()
    except DidymiumError as wrong:
        return pages.refused(request, t, wrong)
    return pages.explained(request, t, one, setting=_asked(lab, at, t), terms=terms)


async def _note(request: Request, lab: Lab, words: dict[str, str], t: Translator) -> Response:
    """What stands behind one note of a setting."""

    def found(is_wanted: Callable[[], bool]) -> tuple[Setting, Result, Noted]:
        at = right(lab, words, t)
        result = answered(lab, at, is_wanted)
        return at, result, noted(lab.ds, result, note_page.number_of(words["note"]))

    try:
        at, result, one = await waited(request, found)
    except Unwanted:
        return dropped()
    except DidymiumError as wrong:
        return pages.refused(request, t, wrong)
    record = f"/lab?{at.query}&{urlencode({'lang': t.lang})}"
    return note_page.explained(request, t, result, one, asked=_asked(lab, at, t), base=at.base, record=record)


def _behind(lab: Lab, at: Setting, words: dict[str, str], is_wanted: Callable[[], bool]) -> Lineage:
    result, table = answered(lab, at, is_wanted), words.get("table") or None
    number = found_row(result, words.get("row") or "1", table=table)
    return lineage(lab.ds, result, number, words.get("column") or NUMBERS[1], table=table)


def _changed(
    lab: Lab, first: Setting, second: Setting, one: Lineage, t: Translator
) -> tuple[Lineage, list[tuple[str, str, str]]]:
    """The change of a number from the first setting to the second, and its two terms with their addresses."""
    alike = ("party", "product", "sector", "foresight")
    before = [
        (n, r) for n, r in tables.numbered(answered(lab, first).rows) if all(r[k] == one.keys.get(k) for k in alike)
    ]
    was = before[0][1].get(one.column) if before and not one.table else None
    if not (tables.is_number(was) and tables.is_number(one.value)):
        raise NotFound("The first setting has no such number.", cure="Compare totals of the same party and product.")
    number, change = before[0][0], float(str(one.value)) - float(str(was))
    terms = [
        (f"{letter}: {stands(at, t)}", t.number(value), tables.behind(at.base, n, one.column, t.lang))
        for letter, at, n, value in (("A", first, number, was), ("B", second, one.number, one.value))
    ]
    said = t("B − A: the number of the second setting less that of the first; each leads to its own rows")
    changed = replace(one, column="unserved_change_t", value=change, formula=said, formula_ja=said)
    return changed, terms


def _asked(lab: Lab, at: Setting, t: Translator) -> list[tuple[str, str, str]]:
    """What the lab was asked, dial by dial; the stocks with the row of the data that they stand in for."""
    asked = [(t("Stress lab"), title_of(at.scenario, t), f"/lab?{at.query}&{urlencode({'lang': t.lang})}")]
    dials = f"/lab?{at.query}&{urlencode({'lang': t.lang})}#dials"
    for one in dial_fields(lab, at, t):
        text = dict(one["choices"])[one["value"]] if "choices" in one else one["value"]
        where = dials
        if one["name"] == "days":
            row = cover_row(lab, at)
            usual = f"{row['value']:g}"
            if is_layered(lab, at):
                text = t("{days} (in the data: {usual})", days=text, usual=usual)
            where = tables.row_address(str(row["row_id"]), t.lang)
        asked.append((one["label"], text, where))
    hit = [name for _, name, is_hit in products_of(at, t) if is_hit]
    return [*asked, (t("What is hit"), t.list(hit), "")] if hit else asked
