"""Brief → PDF, set by typst: tagged (PDF/UA-1), with our own letters, the same bytes for the same brief."""

from __future__ import annotations

import datetime
import json
from importlib.resources import as_file, files
from typing import Any, Literal

from didymium.brief.columns import Column, widths
from didymium.brief.document import (
    Block,
    Brief,
    Figure,
    Paragraph,
    Points,
    Table,
    Tiles,
    cite_groups,
    is_numeric,
    written,
)
from didymium.brief.language import is_foreign
from didymium.figures.render import svg

_HERE = files("didymium.brief")
_PAGE = 499.0
"""Width of the text on an A4 page [pt]."""
_TALLEST = 610.0
"""Height that a drawing may take [pt]."""
_GAP = 6.0
"""Room between two columns [pt]."""
_LETTER = 0.55
"""Width of a half-width character in our letters, as part of the type size."""


def render_pdf(brief: Brief, *, paper: Literal["a4", "us-letter"] = "a4") -> bytes:
    """The whole brief as a PDF file."""
    import typst

    day = datetime.datetime(brief.as_of.year, brief.as_of.month, brief.as_of.day, tzinfo=datetime.UTC)
    data = json.dumps(_data(brief, paper), ensure_ascii=False, sort_keys=True)
    with as_file(_HERE / "fonts") as fonts, as_file(_HERE / "templates" / "brief.typ") as template:
        made: bytes = typst.compile(
            template.read_bytes(),
            format="pdf",
            font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(fonts)]),
            ignore_system_fonts=True,
            sys_inputs={"brief": data},
            pdf_standards=["ua-1"],
            timestamp=day,
        )
    return made


def _data(brief: Brief, paper: str) -> dict[str, Any]:
    """The brief as the template reads it: strings already written in the language of the page."""
    t = brief.words
    facts = [
        t("Dataset: {dataset}", dataset=brief.dataset),
        t("Brief: {id}", id=brief.id),
        t("Software: {software}", software=f"Didymium {brief.version}"),
    ]
    sections = []
    for section in brief.sections:
        blocks = [_block(b, brief) for b in section.blocks]
        for block, following in zip(blocks, [*blocks[1:], None], strict=True):
            block["leads"] = following is not None and following["kind"] == "figure"
        sections.append({"title": section.title, "blocks": blocks, "own_page": section.own_page})
    return {
        "lang": brief.lang,
        "region": {"en": "US", "ja": "JP"}[brief.lang],
        "paper": paper,
        "title": brief.title,
        "subtitle": brief.subtitle,
        "keywords": ["Didymium", brief.id, *(r.run_id for r in brief.runs)],
        "id": brief.id,
        "date": [brief.as_of.year, brief.as_of.month, brief.as_of.day],
        "words": {
            "kicker": t("Didymium brief"),
            "facts": " · ".join(facts),
            "as_of": t("As of {date}", date=t.date(brief.as_of)),
            "dataset": t("Data: {dataset}", dataset=brief.dataset),
            "contents": t("Contents"),
            "sources": t("Sources"),
            "sources_and_runs": t("Sources and runs"),
            "no_source": t("No source is cited."),
            "runs": t("Runs"),
            "runs_lead": t("Each study was run once and kept under its run id. The same run gives the same bytes."),
        },
        "sections": sections,
        "sources": [
            {
                "number": s.number,
                "title": s.title,
                "foreign": is_foreign(s.title, brief.lang),
                "producer": s.producer,
                "url": s.url,
                "aside": " · ".join(x for x in (s.id, s.licence) if x),
            }
            for s in brief.sources
        ],
        "runs": [{"name": r.name, "run_id": r.run_id} for r in brief.runs],
    }


def _sentence(item: Paragraph, lang: str) -> dict[str, Any]:
    return {
        "text": item.text,
        "tone": item.tone,
        "cites": cite_groups(item.cites),
        "foreign": is_foreign(item.text, lang),
    }


def _block(block: Block, brief: Brief) -> dict[str, Any]:
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", **_sentence(block, brief.lang)}
    if isinstance(block, Points):
        return {"kind": "points", "heading": block.heading, "items": [_sentence(i, brief.lang) for i in block.items]}
    if isinstance(block, Tiles):
        items = [
            {"label": i.label, "value": i.value, "interval": i.interval, "note": i.note, "cites": cite_groups(i.cites)}
            for i in block.items
        ]
        return {"kind": "tiles", "items": items}
    return _figure(block, brief) if isinstance(block, Figure) else _table(block, brief)


def _figure(figure: Figure, brief: Brief) -> dict[str, Any]:
    t = brief.words
    drawing = svg(figure.spec, words=False, name=figure.id)
    return {
        "kind": "figure",
        "label": t("Figure {n}", n=figure.number),
        "title": figure.title,
        "subtitle": figure.subtitle,
        "alt": figure.description,
        "svg": drawing,
        "width": _share_of_page(drawing),
        "cites": cite_groups(figure.cites),
        "origin": t("Run: {run}", run=figure.run_id)
        + " · "
        + t("Numbers: workbook, sheet “{sheet}”", sheet=t("Figure {n}", n=figure.number)),
    }


def _share_of_page(drawing: str) -> float:
    """Width of a drawing as part of the page: all at one scale, but never taller than a page."""
    wide, high = (float(drawing.split(f'{side}="', 1)[1].split('"', 1)[0]) for side in ("width", "height"))
    return min(1.0, wide / 760, _TALLEST / _PAGE * wide / high)


def _table(table: Table, brief: Brief) -> dict[str, Any]:
    t = brief.words
    rows = [[written(cell, column, t) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows]
    cited = table.has_cites
    head = [{"text": c.heading, "right": is_numeric(c)} for c in table.columns]
    if cited:
        head.append({"text": t("Sources"), "right": False})
    return {
        "kind": "table",
        "caption": table.caption,
        "note": table.note,
        "dense": table.is_dense,
        "cited": cited,
        "head": head,
        "widths": _widths(table, rows),
        "rows": [
            {
                "cells": [
                    {"text": text, "right": is_numeric(column), "foreign": is_foreign(text, brief.lang)}
                    for text, column in zip(row, table.columns, strict=True)
                ],
                "cites": cite_groups(table.cites[n]) if cited else [],
            }
            for n, row in enumerate(rows)
        ],
    }


def _widths(table: Table, rows: list[list[str]]) -> list[float]:
    """Shares of the page for the columns: as few lines as it allows."""
    size = 6.8 if table.is_dense else 7.8
    letter = size * _LETTER
    columns = [
        Column([c.heading, *(r[i] for r in rows)], is_numeric(c) or c.kind in ("date", "month", "year"))
        for i, c in enumerate(table.columns)
    ]
    cited = []
    if table.has_cites:
        shown = max((sum(len(label) + 2 for _, label in cite_groups(c)) for c in table.cites), default=0)
        cited = [max(7.0 * letter, min(shown, 12) * size * 0.4) + _GAP]
    room = _PAGE - sum(cited) - _GAP * len(columns)
    return [*(letters * letter + _GAP for letters in widths(columns, int(room / letter))), *cited]
