"""Languages: messages, names and numbers as a reader of English or Japanese expects them.

A message is written in English where it is used, `t("{n} notices lapse", n=t.count(6))`, and looked up in
`locale/<lang>.po`. A name belongs to an id that never changes (`dy_oxide`, `ev_motor`, `USA`). It comes from
`locale/terms.csv` (short names, chosen for figures and tables), else, for places, from the Unicode locale data, else
from the dataset.
"""

from __future__ import annotations

import csv
import datetime
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from didymium.errors import UnknownTerm

LANGUAGES = ("en", "ja")
_NUMBERS = re.compile(r"\d{4}-\d{2}-\d{2}|\d+(?:\.\d+)?")
_LISTED = re.compile(r"([a-z_]+): (.+?): (.+)")
_ITEM = re.compile(r"([^:\s]*)(?::(\w+))?(.*)")
UNKNOWN = "–"
"""Stands for a value that nobody knows or has published; zero is written 0."""

Names = Mapping[str, Mapping[str, str]]
"""Names by kind and id, for example names["product"]["dy_oxide"], in one language."""


@cache
def _catalogue(lang: str) -> Mapping[tuple[str | None, str], str]:
    """Translations by (context, English text); empty for English itself."""
    if lang == "en":
        return MappingProxyType({})
    from babel.messages.pofile import read_po

    with (files("didymium") / "locale" / f"{lang}.po").open("rb") as po:
        catalogue = read_po(po, locale=lang, abort_invalid=True)
    return MappingProxyType({(m.context, str(m.id)): str(m.string) for m in catalogue if m.id and m.string})


@cache
def _terms() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Names of the controlled words: kind → id → language → name, in the order of the file."""
    terms: dict[str, dict[str, Mapping[str, str]]] = {}
    table = (files("didymium") / "locale" / "terms.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(table.splitlines()):
        terms.setdefault(row["kind"], {})[row["id"]] = {lang: row[lang] for lang in LANGUAGES}
    return terms


def order(kind: str) -> tuple[str, ...]:
    """The ids of one kind in the order in which a reader meets them: stages run from mine to end use."""
    return tuple(_terms().get(kind, ()))


def rank(kind: str, word: str) -> int:
    """Place of an id in `order(kind)`; ids that are not listed come last."""
    known = order(kind)
    return known.index(word) if word in known else len(known)


@cache
def _territory(code: str, lang: str) -> str | None:
    """Name of an ISO 3166 alpha-3 code in the Unicode locale data (CLDR)."""
    from babel import Locale
    from babel.core import get_global

    alias = get_global("territory_aliases").get(code)
    return Locale.parse(lang).territories.get(alias[0]) if alias and len(code) == 3 else None


def numbers_of(text: str) -> list[str]:
    """The dates and numbers of a sentence: what may differ where the sentence is the same.

    >>> numbers_of("The suspension of 6 measures ran out on 2026-11-10")
    ['6', '2026-11-10']
    """
    return _NUMBERS.findall(text)


def _pattern(text: str) -> str:
    """A sentence with {0}, {1} … in the places of its dates and numbers."""
    count = iter(range(len(text)))
    return _NUMBERS.sub(lambda _: f"{{{next(count)}}}", text)


@dataclass(frozen=True, slots=True)
class Translator:
    """Everything that is said in one language. Call it with an English message and its values."""

    lang: str
    names: Names = field(default_factory=dict)

    def __call__(self, message: str, /, **values: str | int) -> str:
        text = _catalogue(self.lang).get((None, message), message)
        return text.format_map(values) if values else text

    def fact(self, text: str) -> str:
        """A sentence of a data table or a study: translated if the catalogue knows it, as it is otherwise.

        Dates and numbers may differ: the catalogue holds the sentence with {0}, {1} … in their places.
        """
        known = _catalogue(self.lang)
        if ("data", text) in known:
            return known["data", text]
        found = numbers_of(text)
        if pattern := known.get(("data", _pattern(text))):
            return pattern.format(*(self.date(n) if "-" in n else n for n in found))
        listed = _LISTED.fullmatch(text)
        # Sentences of ours are those that the Japanese catalogue holds: any other text stays as somebody wrote it.
        is_ours = listed and listed[1] in _terms()["family"] and ("data", _pattern(listed[2])) in _catalogue("ja")
        return self._listed(*listed.groups()) if listed and is_ours else text

    def _listed(self, family: str, text: str, items: str) -> str:
        """What is said of products, stages or uses of a family, their ids as names."""
        named = []
        for item in items.split(", "):
            word, stage, more = _ITEM.fullmatch(item).groups()  # type: ignore[union-attr]  # matches any text
            kind = "product" if word in self.names.get("product", {}) or stage else "sector"
            name = self.term(kind, word)
            named.append(
                (self("{product}, {ore}", product=name, ore=self.term("stage", stage)) if stage else name) + more
            )
        words = {"family": self.term("family", family), "text": self.fact(text), "items": self("; ").join(named)}
        return self("{family}: {text}: {items}", **words)

    # names

    def term(self, kind: str, word: str) -> str:
        """Name of a controlled word; an id nobody has named reads as its own words."""
        known = _terms().get(kind, {}).get(word)
        return known[self.lang] if known else self.names.get(kind, {}).get(word) or word.replace("_", " ")

    def terms(self, kind: str, words: Iterable[str]) -> str:
        """Names of several words, separated as in a table cell."""
        return self(", ").join(self.term(kind, w) for w in words)

    def product(self, word: str) -> str:
        """Name of a product; where the tables name none, with the kind of ore behind the colon of its id."""
        if word in self.names.get("product", {}):
            return self.term("product", word)
        product, _, ore = word.partition(":")
        name = self.term("product", product)
        return self("{product}, {ore}", product=name, ore=self.term("ore", ore)) if ore else name

    def place(self, code: str) -> str:
        """Name of an ISO 3166 alpha-3 place or of one of our groups."""
        short = _terms()["place"].get(code)
        return short[self.lang] if short else _territory(code, self.lang) or self.names.get("place", {}).get(code, code)

    def places(self, codes: Iterable[str]) -> str:
        """Several places in a row."""
        return self.list([self.place(c) for c in codes])

    def list(self, words: Iterable[str]) -> str:
        """`a, b and c` in the manner of the language."""
        from babel.lists import format_list

        return format_list(list(words), locale=self.lang)

    # numbers

    def number(self, value: float | None, digits: int = 3) -> str:
        """A measured or modelled number with `digits` significant digits and separators: 12,300."""
        if value is None:
            return UNKNOWN
        from babel.numbers import format_decimal

        rounded = float(f"{value:.{digits}g}")
        decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded)))) if rounded else 0
        pattern = "#,##0" + ("." + "#" * decimals if decimals else "")
        return format_decimal(rounded + 0.0, format=pattern, locale=self.lang).replace("-", "−")

    def count(self, value: int) -> str:
        """An exact whole number."""
        from babel.numbers import format_decimal

        return format_decimal(value, format="#,##0", locale=self.lang)

    def share(self, value: float | None, digits: int = 3) -> str:
        """A fraction 0–1 as per cent."""
        return UNKNOWN if value is None else self("{n}%", n=self.number(value * 100, digits))

    def tonnes(self, value: float | None) -> str:
        """Tonnes with their unit."""
        return UNKNOWN if value is None else self("{n} t", n=self.number(value))

    def usd_m(self, value: float | None) -> str:
        """Millions of US dollars."""
        return UNKNOWN if value is None else self("USD {n} million", n=self.number(value))

    def days(self, value: float | None) -> str:
        """Whole days."""
        if value is None:
            return UNKNOWN
        whole = round(value)
        return self("1 day") if whole == 1 else self("{n} days", n=self.count(whole))

    def amount(self, value: float | None, unit: str) -> str:
        """A number with the unit of its column."""
        if value is None:
            return UNKNOWN
        return self("{n} {unit}", n=self.number(value), unit=self.term("unit", unit)).strip()

    def span(self, low: str, high: str) -> str:
        """An interval, both ends already written."""
        return self("{low}–{high}", low=low, high=high)

    # dates

    def date(self, iso: str | datetime.date | None) -> str:
        """An ISO date; a year or a month alone means that only that much is known."""
        if iso is None or iso == "":
            return UNKNOWN
        from babel.dates import format_date

        text = iso.isoformat() if isinstance(iso, datetime.date) else iso
        parts = text[:10].split("-")
        if len(parts) == 1:
            return self("{year}", year=text)
        day = datetime.date(int(parts[0]), int(parts[1]), int(parts[2]) if len(parts) == 3 else 1)
        return format_date(day, self("d MMM y") if len(parts) == 3 else self("MMM y"), locale=self.lang)

    def year(self, value: int) -> str:
        """A calendar year in running text."""
        return self("{year}", year=str(value))


def translator(lang: str, names: Names | None = None) -> Translator:
    """The language of a page, with the names that a dataset holds (see `dataset_names`).

    >>> translator("en").share(0.9173)
    '91.7%'
    """
    if lang not in LANGUAGES:
        raise UnknownTerm("Language", lang, LANGUAGES, cure=f"Known: {', '.join(LANGUAGES)}.")
    return Translator(lang, names or {})


_NAMED = (
    ("product", "chain_products", "chain_product"),
    ("product", "products", "product"),
    ("place", "places", "place"),
    ("stage", "stages", "stage"),
    ("sector", "chain_uses", "sector"),
    ("sector", "demand_sectors", "sector"),
    ("sector", "magnet_sectors", "sector"),
    ("unit", "units", "unit"),
)
"""Kind of word, the table that names it, and the table's key."""


def dataset_names(dataset: Any, lang: str) -> dict[str, dict[str, str]]:
    """Names that the tables of a dataset give to their ids, in one language."""
    column = "name" if lang == "en" else f"name_{lang}"
    found: dict[str, dict[str, str]] = {}
    for kind, table, key in _NAMED:
        names = {row[key]: row[column] for row in dataset.rows(table) if row.get(column)}
        found.setdefault(kind, {}).update(names)
    return found
