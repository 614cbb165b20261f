"""Sentences of pages: a number in running text leads to what stands behind it, as a number of a table does."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from markupsafe import Markup

    from didymium.i18n import Translator
    from didymium.results import Result

_FIGURE = r"\d+(?:,\d{3})*(?:\.\d+)?"
NUMBER = re.compile(
    r"(?<![A-Za-z0-9_./-])(?:"
    r"\d{4}-\d{2}-\d{2}"
    r"|\d{4}年(?:\d{1,2}月(?:\d{1,2}日)?)?"
    r"|\d{1,2} [A-Z][a-z]{2,8} \d{4}"
    rf"|[−-]?{_FIGURE}(?:[–～-][−-]?{_FIGURE})?(?: ?[%％]| ?t\b|トン|日|か月|年)?"
    r")(?![A-Za-z0-9_])"
)
"""A date or a number with its range and its unit; digits within a name or an id are none."""


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence, and the address of what its numbers rest on."""

    text: str
    where: str


def told(text: str, where: str) -> Markup:
    """A text whose numbers lead to `where`; without an address it is left as it is.

    >>> str(told("3 of ti22-2025, 12%", "/x"))
    '<a class="told" href="/x">3</a> of ti22-2025, <a class="told" href="/x">12%</a>'
    """
    from markupsafe import Markup, escape

    if not where:
        return escape(text)
    found, last = Markup(""), 0
    for one in NUMBER.finditer(text):
        found += escape(text[last : one.start()]) + Markup('<a class="told" href="{}">{}</a>').format(where, one[0])
        last = one.end()
    return found + escape(text[last:])


def notes(result: Result, t: Translator, *, base: str = "") -> list[Note]:
    """The notes of an answer; their numbers lead to what each note rests on, by default to that of the kept run."""
    base = base or f"/explain/{result.run_id}"
    return [
        Note(t.fact(str(w)), f"{base}{'&' if '?' in base else '?'}{urlencode({'note': n, 'lang': t.lang})}")
        for n, w in enumerate(result.warnings, start=1)
    ]


def once(found: Iterable[Note]) -> list[Note]:
    """The notes, each text once: that of the first answer that has it."""
    return list({note.text: note for note in reversed(list(found))}.values())[::-1]
