"""Keys and references: no row twice, no word that no vocabulary holds."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from didymium.schema.bodies import Bodies, Body, words
from didymium.schema.faults import Fault, visible

KIND_OF = {
    "products": "product",
    "places": "country",
    "stages": "stage",
    "units": "unit",
    "demand_sectors": "use",
    "sources": "source",
    "mass_bases": "mass basis",
}
LABEL_COLUMNS = ("name", "name_ja", "title")


def folded(text: str) -> str:
    """A text without the differences that the eye misses: width, case, spaces, invisible characters."""
    if text.isascii():
        return " ".join(text.casefold().split())
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(c for c in plain if unicodedata.category(c) != "Cf").split())


def key_of(row: Mapping[str, Any], key: tuple[str, ...]) -> str:
    """Key parts joined by `|`; an unknown part is empty."""
    return "|".join("" if row[name] is None else str(row[name]) for name in key)


def check_keys(body: Body) -> Iterator[Fault]:
    """Each key once, also when spelled with another case, width or space."""
    table = body.table
    seen: dict[str, int] = {}
    for index, row in enumerate(body.rows):
        exact = key_of(row, table.key)
        near = folded(exact).replace(" ", "")
        first = seen.setdefault(near, index)
        if first == index:
            continue
        last = body.blame([first, index])
        other = first if last == index else index
        place = f"{body.files[other]} row {body.lines[other]}"
        if key_of(body.rows[other], table.key) == exact:
            what = f"key {visible(exact)} already stands in {place}."
            cure = "Delete one, or tell the rows apart by " + ", ".join(table.key) + "."
        else:
            what = f"key {visible(exact)} differs from {place} only by case, width or spaces."
            cure = "Spell both alike."
        yield body.fault(last, table.key[-1], what, cure)


def suggest(word: str, vocabulary: Mapping[str, Mapping[str, Any]]) -> str:
    """Near words, also found by English or Japanese name."""
    names: dict[str, str] = {}
    for known, row in vocabulary.items():
        names[folded(known)] = known
        for label in LABEL_COLUMNS:
            if row.get(label):
                names.setdefault(folded(str(row[label])), known)
    sought = folded(word)
    if sought in names:
        return f"Write {names[sought]}."
    near = list(dict.fromkeys(names[n] for n in difflib.get_close_matches(sought, list(names), n=3, cutoff=0.6)))
    return f"Did you mean {' or '.join(near)}?" if near else ""


def check_references(bodies: Bodies, body: Body) -> Iterator[Fault]:
    """Every word that refers to a vocabulary stands in it."""
    for column in body.table.columns:
        name = column.name
        if column.terms:
            allowed = set(column.terms)
            for index, row in enumerate(body.rows):
                if row[name] is not None and row[name] not in allowed:
                    near = difflib.get_close_matches(folded(str(row[name])), column.terms, n=1)
                    hint = f"Did you mean {near[0]}? " if near else ""
                    what = f"{visible(str(row[name]))} is not allowed."
                    yield body.fault(index, name, what, f"{hint}Expected one of: {', '.join(column.terms)}.")
        if column.references:
            vocabulary = words(bodies, column.references)
            source = column.references.partition(".")[0]
            kind = KIND_OF.get(source, source.rstrip("s").replace("_", " "))
            for index, row in enumerate(body.rows):
                value = row[name]
                if value is None or value in vocabulary:
                    continue
                items = str(value).split(";") if column.kind == "list" else [str(value)]
                for item in items:
                    if item not in vocabulary:
                        hint = suggest(item, vocabulary) or f"Add it to {source}, or use a word that stands there."
                        yield body.fault(index, name, f"{kind} {visible(item)} is not known.", hint)
