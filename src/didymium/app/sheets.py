"""What the pages of several questions share: asking one, its work, its tables with links, and its twins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.responses import JSONResponse, Response

from didymium.app import fields, pages, tables
from didymium.app.site import address
from didymium.errors import BadInput, NotFound
from didymium.questions.words import heading

if TYPE_CHECKING:
    from didymium.app.jobs import Job
    from didymium.app.site import Site
    from didymium.i18n import Translator
    from didymium.results import Result


@dataclass(frozen=True, slots=True)
class Work:
    """An answer that takes a while: what is asked, the page that began it, and how it stands (None: not begun)."""

    question: str
    page: str
    given: Mapping[str, str]
    job: Job | None
    look: str


@dataclass(frozen=True, slots=True)
class Part:
    """A table of a page under its heading, with a sentence that says what it tells.

    `where`: what the numbers of heading and sentence rest on.
    """

    name: str
    table: tables.Table
    text: str = ""
    where: str = ""


def answered(site: Site, command: str, words: Mapping[str, str]) -> tuple[fields.Asked, Result | None]:
    """A question as an address asks it, and its answer; None if that is work. Raises BadInput."""
    question = site.question(command.replace(" ", "-"))
    assert question is not None
    asked = fields.asked(question, words)
    faults = [f"{e.name}: {e.fault}" for e in asked.entries if e.fault]
    if faults:
        raise BadInput(faults[0])
    return asked, site.answered(asked)


def at_once(site: Site, command: str, words: Mapping[str, str]) -> tuple[fields.Asked, Result]:
    """The same for a question that a page answers at once. Raises BadInput, also for more draws than it computes."""
    from didymium.app.site import MOST_DRAWS

    asked, result = answered(site, command, words)
    if result is None:
        where = f"/ask/{address(asked.question)}"
        raise BadInput(f"draws: this page computes at most {MOST_DRAWS}.", cure=f"Begin it as work: {where}.")
    return asked, result


def work(site: Site, asked: fields.Asked, page: str, lang: str, here: Mapping[str, str]) -> Work:
    """How the work of a question stands, for the page that shows its answer."""
    look = f"{pages.PATHS[page]}?{urlencode({**here, 'lang': lang})}"
    return Work(address(asked.question), page, asked.given, site.jobs.find(site.key(asked)), look)


def grid(
    result: Result,
    asked: fields.Asked,
    name: str,
    columns: Sequence[str],
    t: Translator,
    *,
    title: str = "",
    held: Mapping[str, Any] = {},
    leads: Mapping[str, tuple[str, str]] = {},
    reads: Mapping[str, str] = {},
    empty: Sequence[str] = (),
) -> tables.Table:
    """A table of an answer (its rows if `name` is empty) with the rows that have what is `held`; numbers are links.

    `reads` says of words that are in no vocabulary how they read. Rows without a number but zero in the columns `empty`
    are left out.
    """
    rows = tables.numbered(result.tables.get(name, ()) if name else result.rows)
    kept = [
        (n, {k: reads.get(v, v) if isinstance(v, str) else v for k, v in r.items()})
        for n, r in rows
        if all(r.get(k) == v for k, v in held.items()) and (not empty or any(r.get(c) for c in empty))
    ]
    there = [c for c in columns if not kept or c in kept[0][1]]
    return tables.table(
        kept,
        there,
        t,
        title=title or heading(name, t),
        run_id=result.run_id,
        name=name,
        words=asked.question.words,
        pages=leads,
    )


def twin(
    form: str, name: str, result: Result | None, rows: Sequence[Mapping[str, Any]], **more: Mapping[str, Any]
) -> Response:
    """An answer, or some of its rows, as JSON, CSV or Excel."""
    if form not in pages.FORMS:
        return JSONResponse({"error": "There is no such page here."}, status_code=404)
    if result is None:
        return JSONResponse({"error": "Not computed yet. Start it on its page."}, status_code=409)
    return pages.file_of({**result.as_dict(), "rows": [dict(r) for r in rows], **more}, rows, form, name)


def chosen(words: Mapping[str, str], name: str, known: Sequence[str]) -> str:
    """A filter of an address: one of the known words, or nothing. Raises NotFound."""
    word = words.get(name, "")
    if word and word not in known:
        raise NotFound(f"{word!r} is not among the values of {name} here.", cure="Choose one of the form.")
    return word


def dial(entry: fields.Entry, terms: str, t: Translator) -> dict[str, Any]:
    """A parameter of a question as the form of a page shows it; its choices are words of the vocabulary `terms`."""
    return {
        "name": entry.name,
        "label": heading(entry.name, t),
        "kind": entry.kind,
        "value": entry.value,
        "options": [(c, t.term(terms, c)) for c in entry.choices],
    }


def narrowing(name: str, label: str, value: str, options: Sequence[tuple[str, str]], t: Translator) -> dict[str, Any]:
    """A filter of the rows of a page, with none of it first."""
    return {"name": name, "label": label, "kind": "choice", "value": value, "options": [("", t("all")), *options]}


def has_digit(text: str) -> bool:
    """Whether a fact of a page holds a number, which then leads to what stands behind it."""
    return any(c.isdigit() for c in text)
