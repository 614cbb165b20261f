"""What a publisher's words mean: reviewed tables in `terms/`, which a user may extend with files of the same form.

`places.csv` reads spellings of places; `marks.csv` the signs in cells; `<publication>.csv` the series. A word that
stands in none of them stops the import, with all such words of the file together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from didymium.errors import BadInput
from didymium.schema.columns import Column, Table
from didymium.schema.faults import visible
from didymium.schema.published_tables import ATTRIBUTES
from didymium.schema.reader import Parsed, read_table
from didymium.schema.references import suggest
from didymium.sources.marks import Mark

FOLDER = Path(__file__).with_name("terms")
OUT_OF_SCOPE = "out_of_scope"
AMBIGUOUS = "ambiguous"
"""A flag of a word for a place that is one of our names and, in this publication, may mean another place too."""
TYPED = ("production", "reserves", "governance", "supply_outlook", "trade")
"""Tables that the model reads and an import can fill."""

_REVIEWED = Column("reviewed", "text", "Why this is the right reading.", required=True)

PLACES = Table(
    "places",
    "Place words",
    "地名",
    "A spelling of a place.",
    (
        Column("body", "id", "Publication whose word it is; empty = any.", example="BGS-WMS"),
        Column("term", "text", "Word as given.", required=True, example="Burma"),
        Column("place", "id", "Our place; empty = rows with this word are left out."),
        Column(
            "flags",
            "list",
            "Marks that the spelling itself carries: a footnote letter, a bracket.",
            example="estimated",
        ),
        _REVIEWED,
    ),
    ("body", "term"),
)

MARKS = Table(
    "marks",
    "Marks",
    "記号",
    "A sign that stands in a cell instead of a number.",
    (
        Column("body", "id", "Publication whose sign it is; empty = any."),
        Column("mark", "text", "Sign as given.", required=True, example="W"),
        Column("value_status", "id", "State.", terms=("reported", "withheld", "none_reported"), required=True),
        Column("low", "number", "Lower bound in the unit of the cell; empty = none."),
        Column("high", "number", "Upper bound in the unit of the cell; empty = none."),
        _REVIEWED,
    ),
    ("body", "mark"),
)

SERIES = Table(
    "series",
    "Series",
    "系列",
    "A series of a publication, and what it measures.",
    (
        Column("term", "text", "Publisher's words, joined by ` / `; a final * stands for any.", required=True),
        Column("unit_as_given", "text", "Publisher's unit; empty = any, for what is left out."),
        Column("attribute", "id", "What it measures.", terms=(*ATTRIBUTES, OUT_OF_SCOPE), required=True),
        Column("product", "id", "Our product; empty = none."),
        Column("stage", "id", "Our stage; empty = none."),
        Column("unit", "id", "Our unit."),
        Column("factor", "number", "Times this = amount in our unit."),
        Column("mass_basis", "id", "What the tonnes weigh."),
        Column("table", "id", "Table that the model reads, which takes it too; empty = none.", terms=TYPED),
        _REVIEWED,
    ),
    ("term", "unit_as_given"),
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a series measures, in our words. `attribute` is `out_of_scope` for what is left out, `reviewed` says why."""

    attribute: str
    product: str | None
    stage: str | None
    unit: str
    factor: float
    mass_basis: str
    table: str | None
    reviewed: str


@dataclass(frozen=True, slots=True)
class Place:
    """What a word for a place means: our place (None = left out), the marks it carries, and why it is read so."""

    place: str | None
    flags: tuple[str, ...]
    reviewed: str


@dataclass(frozen=True, slots=True)
class Terms:
    """The readings for one publication."""

    series: Mapping[tuple[str, str | None], Meaning]
    places: Mapping[str, Place]
    marks: Mapping[str, Mark]
    known: Mapping[str, Mapping[str, Mapping[str, object]]] = field(repr=False, default_factory=dict)
    ambiguous: Mapping[str, str] = field(repr=False, default_factory=dict)

    def meaning(self, term: str, unit: str) -> Meaning | None:
        """What a series measures; the exact words win over a form with `*`, a longer form over a shorter."""
        found = self.series.get((term, unit)) or self.series.get((term, None))
        parts = term.split(" / ")
        while found is None and parts:
            parts.pop()
            general = " / ".join([*parts, "*"])
            found = self.series.get((general, unit)) or self.series.get((general, None))
        return found

    def place(self, word: str) -> Place | None:
        """What a word for a place means; None when nobody has reviewed it."""
        return self.places.get(word)

    def near(self, kind: str, word: str) -> str:
        """A hint at what a word of a vocabulary may be; of one that may be several, why it is not read."""
        if kind == "place" and word in self.ambiguous:
            return self.ambiguous[word]
        return suggest(word, self.known.get(kind, {}))


Vocabulary = Mapping[str, Iterable[Mapping[str, object]]]
"""Rows of `places`, `products`, `stages`, `units` and `mass_bases`, shipped or layered."""


def read_terms(body: str, file: str, vocabulary: Vocabulary, extra: Iterable[Path] = ()) -> Terms:
    """Readings for a publication: those that ship, then the user's own files, which win. Raises BadInput.

    `file` is the name of the publication's table of series. A file of the user is named places.csv, marks.csv or after
    the publication.
    """
    series = _rows(SERIES, file, extra)
    places = _rows(PLACES, "places.csv", extra)
    marks = _rows(MARKS, "marks.csv", extra)
    known = _known(vocabulary)
    faults = []
    for parsed in (*series, *places):
        faults += _references(parsed, known)
    if faults:
        raise BadInput(f"{faults[0]}", faults=faults)
    own = "The name that we use."
    exact = {code: Place(code, (), own) for code in known["place"]}
    exact |= {str(row["name"]): Place(code, (), own) for code, row in known["place"].items()}
    reviewed = {
        str(row["term"]): Place(_word(row["place"]), _words(row["flags"]), str(row["reviewed"]))
        for wanted in (None, body)
        for parsed in places
        for row in parsed.rows
        if row["body"] == wanted
    }
    return Terms(
        {
            (str(row["term"]), _word(row["unit_as_given"])): Meaning(
                str(row["attribute"]),
                _word(row["product"]),
                _word(row["stage"]),
                str(row["unit"] or ""),
                float(row["factor"] or 1),
                str(row["mass_basis"] or "none"),
                _word(row["table"]),
                str(row["reviewed"]),
            )
            for parsed in series
            for row in parsed.rows
        },
        {word: place for word, place in (exact | reviewed).items() if AMBIGUOUS not in place.flags},
        {
            str(row["mark"]): Mark(str(row["value_status"]), _number(row["low"]), _number(row["high"]))
            for wanted in (None, body)
            for parsed in marks
            for row in parsed.rows
            if row["body"] == wanted
        },
        known,
        {word: place.reviewed for word, place in reviewed.items() if AMBIGUOUS in place.flags},
    )


def _rows(table: Table, name: str, extra: Iterable[Path]) -> list[Parsed]:
    found = []
    own = [path for path in extra if path.name == name]
    for path in (FOLDER / name, *own):
        try:
            data = path.read_bytes()
        except OSError as error:
            raise BadInput(
                f"the terms cannot be read ({error.strerror}).", where=path.name, cure="Check it."
            ) from error
        parsed = read_table(data, table, f"terms/{name}" if path.parent == FOLDER else name)
        lines = [fault.line() for fault in parsed.faults] or _twice(parsed)
        if lines:
            raise BadInput(lines[0], faults=lines)
        found.append(parsed)
    return found


def _twice(parsed: Parsed) -> list[str]:
    """Words that one file reads twice: the later row would win unseen."""
    faults, seen = [], dict[tuple[object, ...], int]()
    for line, row in zip(parsed.lines, parsed.rows, strict=True):
        key = tuple(row[name] for name in parsed.table.key)
        first = seen.setdefault(key, line)
        if first != line:
            name = "mark" if "mark" in row else "term"
            place = f"{parsed.file} row {line}, column {name}"
            faults.append(f"{place}: {visible(str(row[name]))} already stands in row {first}. Keep one reading of it.")
    return faults


def _known(vocabulary: Vocabulary) -> dict[str, dict[str, Mapping[str, object]]]:
    tables = (
        ("place", "places"),
        ("product", "products"),
        ("stage", "stages"),
        ("unit", "units"),
        ("mass_basis", "mass_bases"),
    )
    return {key: {str(row[key]): row for row in vocabulary[table]} for key, table in tables}


def _references(parsed: Parsed, known: Mapping[str, Mapping[str, object]]) -> list[str]:
    faults = []
    for line, row in zip(parsed.lines, parsed.rows, strict=True):
        scoped = row.get("attribute") != OUT_OF_SCOPE
        for name in ("place", "product", "stage", "unit", "mass_basis"):
            value = row.get(name)
            if value is not None and str(value) not in known[name]:
                faults.append(f"{parsed.file} row {line}, column {name}: '{value}' is not known. Use a word of ours.")
            if value is None and scoped and name in ("unit", "mass_basis") and name in row:
                faults.append(f"{parsed.file} row {line}, column {name}: is empty. Only what is out of scope has none.")
    return faults


def _word(value: object) -> str | None:
    return None if value is None else str(value)


def _words(value: object) -> tuple[str, ...]:
    return tuple(str(value).split(";")) if value else ()


def _number(value: object) -> float | None:
    return value if isinstance(value, float) else None
