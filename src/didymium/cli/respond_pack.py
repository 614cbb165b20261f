"""The answer to an event and the log of actions as one pack: a document (HTML, PDF), a workbook and JSON.

Nothing is computed here: every number stands in a table of the answer or in a line of the log.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from didymium.brief.desk import Desk
from didymium.brief.document import Brief, Cell, Column, Paragraph, Run, Section, Table
from didymium.questions.catalogue import QUESTIONS
from didymium.questions.words import KINDS, heading, value_text

if TYPE_CHECKING:
    from didymium.data import Dataset
    from didymium.i18n import Translator
    from didymium.results import Result

Row = Mapping[str, Any]
FILES = ("respond.html", "respond.pdf", "respond.xlsx", "respond.json")
COMBINATION = (
    "means",
    "rank",
    "option",
    "more_loss_avoided_usd_m",
    "loss_avoided_usd_m",
    "firm_avoided_t",
    "response_cost_usd_m",
)
ACTIONS = ("action_id", "what", "option", "owner", "party", "due_date", "state", "signed_by", "missing", "note")
LINES = ("line", "at", "who", "step", "action_id", "fields", "why")
LOG_WORDS = {"state": "action_state", "option": "respond_option", "step": "log_step", "missing": "place"}


def pack(
    result: Result, actions: Sequence[Row], lines: Sequence[Row], *, dataset: Dataset, lang: str
) -> dict[str, bytes]:
    """The four files, by name. Same answer and same log, same bytes."""
    from didymium.brief import render_html, render_pdf
    from didymium.questions.forms import json_text, workbook

    brief = document(result, actions, lines, dataset=dataset, lang=lang)
    last = str(lines[-1]["hash"]) if lines else ""
    whole = {**result.as_dict(), "actions": list(actions), "log": list(lines), "last_hash": last}
    sheets = {"rows": result.rows, **result.tables, "actions": actions, "log": lines}
    return {
        "respond.html": render_html(brief).encode("utf-8"),
        "respond.pdf": render_pdf(brief),
        "respond.xlsx": workbook(result.as_dict(), {name: rows for name, rows in sheets.items() if rows}),
        "respond.json": json_text(whole).encode("utf-8"),
    }


def document(result: Result, actions: Sequence[Row], lines: Sequence[Row], *, dataset: Dataset, lang: str) -> Brief:
    """The pack as a brief: situation, options, actions."""
    from didymium import __version__
    from didymium.i18n import dataset_names, translator
    from didymium.results import layer_notices

    t = translator(lang, dataset_names(dataset, lang))
    question = QUESTIONS["respond"]
    event = result.request["event"]
    parties = tuple(str(party) for party in result.request["parties"])
    as_of = datetime.date.fromisoformat(str(result.request["as_of"]))
    desk = Desk(results={}, dataset=dataset, t=t, parties=parties, as_of=as_of)
    words = question.words
    captions = {
        "measures": t("Measures that the event follows"),
        "hit": t("What is cut"),
        "situation": t("Days of cover, and who runs short first"),
    }
    situation = [
        _table(desk, captions[name], result.tables[name], columns, words)
        for name, columns in question.above.items()
        if result.tables.get(name)
    ]
    options = [
        _table(desk, t("Options, ranked by the loss that they avoid"), result.rows, question.columns, words),
        _table(desk, t("Options taken one after the other"), result.tables["combination"], COMBINATION, words),
    ]
    described = dataset.describe()
    notices = [Paragraph(notice, tone="warning") for notice in layer_notices(described, t)]
    warned = [Paragraph(t.fact(warning), tone="note") for warning in result.warnings]
    logged: list[Paragraph | Table] = [Paragraph(t("No action is in the log yet."), tone="note")]
    if actions:
        logged = [
            _table(desk, t("Actions, as they stand"), actions, ACTIONS, LOG_WORDS),
            _table(desk, t("The log, line by line"), lines, LINES, LOG_WORDS),
            Paragraph(t("Last hash: {hash}", hash=str(lines[-1]["hash"])), tone="note"),
        ]
    return Brief(
        id=result.run_id,
        lang=lang,
        title=t("Response: {event}", event=str(event["title_ja" if lang == "ja" else "title"])),
        subtitle=t("For {parties}, as of {date}", parties=t.places(parties), date=t.date(as_of)),
        parties=parties,
        as_of=as_of,
        dataset=f"{described.get('version', '')} ({str(described['id'])[:12]})",
        version=__version__,
        runs=(Run("respond", t.term("result", "respond"), result.run_id),),
        sections=(
            Section("situation", t("Situation"), (*notices, *situation)),
            Section("options", t("Options"), (*options, *warned)),
            Section("actions", t("Actions"), tuple(logged)),
        ),
        sources=desk.sources(),
        warnings=tuple(result.warnings),
        words=t,
    )


def _table(desk: Desk, caption: str, rows: Sequence[Row], columns: Sequence[str], words: Mapping[str, str]) -> Table:
    """Rows as a table of the document: numbers as numbers, words in the language of the page."""
    kinds = {**KINDS, **words}

    def column(name: str) -> Column:
        values = [row.get(name) for row in rows]
        plain = any(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
        kind = "share" if name.endswith("share") else "number"
        wide = name in ("what", "why", "fields", "note")
        return Column(heading(name, desk.t), kind if plain else "text", wide=wide)  # type: ignore[arg-type]

    def picked(name: str) -> Any:
        return lambda row: _cell(row, name, desk.t, kinds)

    return desk.table(caption, rows, [(column(name), picked(name)) for name in columns])


def _cell(row: Row, name: str, t: Translator, kinds: Mapping[str, str]) -> Cell:
    value = row.get(name)
    if value is None or value == "" or value == []:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return value_text(value, name, t, kinds)
