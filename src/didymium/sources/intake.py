"""From figures in a publisher's words to rows in ours: corrected, read through the terms, counted in and out.

Nothing is lost in silence: figures in = rows out + figures left out, each with its reason. Words that no table of
terms knows stop the import, all of them at once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from didymium.errors import BadInput
from didymium.schema import TABLES
from didymium.schema.faults import visible
from didymium.schema.references import key_of
from didymium.sources.figures import Figure, Origin
from didymium.sources.marks import NotRead, State, state_of
from didymium.sources.mending import Correction, Mended, mend
from didymium.sources.terms import OUT_OF_SCOPE, Meaning, Terms
from didymium.sources.trade_rows import trade_rows

Row = dict[str, Any]
EMPTY = "empty cell"
YEAR = re.compile(r"[0-9]{4}")
PERIOD = re.compile(r"(?:19|20)\d\d(?:/(?:19|20)\d\d|-(?:0[1-9]|1[0-2]))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Intake:
    """Rows by table, and the account of how they came about.

    `figures_in` = rows of `published` + all of `left_out`, by reason. `corrections` counts cells by correction;
    `unmet` are corrections that found no cell.
    """

    origin: Origin
    rows: Mapping[str, Sequence[Row]]
    figures_in: int
    left_out: Mapping[str, int]
    corrections: Mapping[str, int]
    unmet: tuple[str, ...]


@dataclass(slots=True)
class _Unknown:
    """Words that nobody has reviewed, by kind, with where each was first seen."""

    seen: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)

    def note(self, kind: str, word: str, where: str, what: str = "is not known") -> None:
        self.seen.setdefault((kind, word, what), []).append(where)

    def refuse(self, origin: Origin, terms: Terms) -> None:
        """Raise BadInput with the complete list, if there is anything on it."""
        if not self.seen:
            return
        cures = {
            "series": f"Add it to {origin.terms}, if only as out_of_scope.",
            "place": "Add it to places.csv.",
            "mark": "Add it to marks.csv: a mark is a state, never a number.",
            "period": "Expected a year, or its first and last year as 2021/2024.",
        }
        lines = []
        for (kind, word, what), where in sorted(self.seen.items()):
            more = f" and {len(where) - 1} more cells" if len(where) > 1 else ""
            near = terms.near("place", word) if kind == "place" else ""
            lines.append(f"{where[0]}{more}: {kind} {visible(word)} {what}. {near} {cures[kind]}")
        kinds = Counter(kind for kind, _, _ in self.seen)
        told = ", ".join(f"{n} {kind}{'s' if n > 1 and kind != 'series' else ''}" for kind, n in sorted(kinds.items()))
        cure = "Nothing was imported. Review the words in files of terms and give them with --terms FOLDER."
        raise BadInput(f"new words: {told}.", where=origin.importer, cure=cure, faults=lines)


def take(figures: Iterable[Figure], origin: Origin, terms: Terms, corrections: Sequence[Correction] = ()) -> Intake:
    """Rows of `published` and of the tables that the model reads. Raises BadInput with every unknown word."""
    unknown = _Unknown()
    left_out: Counter[str] = Counter()
    applied: Counter[str] = Counter()
    found: dict[str, tuple[Row, Meaning, Figure]] = {}
    faults: list[str] = []
    figures_in = 0
    for mended in mend(figures, corrections):
        figures_in += 1
        if mended.correction:
            applied[mended.correction] += 1
        reason, row, meaning = _read(mended, origin, terms, unknown)
        if row is None or meaning is None:
            left_out[reason] += bool(reason)
            continue
        key = key_of(row, TABLES["published"].key)
        earlier = found.get(key)
        if earlier is None:
            found[key] = row, meaning, mended.figure
        elif _claim(earlier[0]) == _claim(row):
            left_out["the same figure again"] += 1
        else:
            what = f"{visible(mended.figure.text)} contradicts {visible(earlier[2].text)} of {earlier[2].where}"
            faults.append(f"{mended.figure.where}: {what}: two figures for {key}. Settle it by a correction.")
    unknown.refuse(origin, terms)
    typed = _typed(found.values(), origin, faults)
    if faults:
        more = f" and {len(faults) - 1} more faults" if len(faults) > 1 else ""
        raise BadInput(f"{faults[0]}{more}", faults=faults)
    rows = {"published": [row for row, _, _ in found.values()], **typed}
    unmet = tuple(correction.id for correction in corrections if correction.id not in applied)
    return Intake(
        origin,
        {name: sorted(of, key=lambda row, name=name: key_of(row, TABLES[name].key)) for name, of in rows.items()},  # type: ignore[misc]
        figures_in,
        dict(sorted(left_out.items())),
        dict(sorted(applied.items())),
        unmet,
    )


def _claim(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("quantity", "quantity_low", "quantity_high", "value_status"))


def _read(mended: Mended, origin: Origin, terms: Terms, unknown: _Unknown) -> tuple[str, Row | None, Meaning | None]:
    """A row, or the reason why there is none; an unknown word is noted and gives neither."""
    figure = mended.figure
    if mended.dropped:
        return f"correction {mended.dropped}", None, None
    meaning = terms.meaning(figure.series, figure.unit)
    if meaning is not None and meaning.attribute == OUT_OF_SCOPE:
        return f"out of scope: {meaning.reviewed}", None, None
    if figure.text == "":
        return EMPTY, None, None
    if meaning is None:
        unknown.note("series", f"{figure.series} [{figure.unit}]", figure.where)
    places: list[str | None] = []
    reason = ""
    flags = figure.flags
    for word in (figure.place, *([figure.partner] if figure.partner else [])):
        read = terms.place(word)
        if read is None:
            unknown.note("place", word, figure.where)
        elif read.place is None:
            reason = f"place {word}: {read.reviewed}"
        places.append(read.place if read else None)
        flags += read.flags if read else ()
    state = None
    try:
        status = next((word for word in ("estimated", "modelled") if word in flags), "reported")
        state = state_of(figure.text, terms.marks, status=status)
    except NotRead as bad:
        unknown.note("mark", figure.text, figure.where, str(bad))
    dated = PERIOD.fullmatch(figure.period) is not None
    if not dated:
        unknown.note("period", figure.period, figure.where)
    if meaning is None or state is None or None in places or not dated:
        return reason, None, None
    partner = places[1] if len(places) > 1 else None
    mended = replace(mended, figure=replace(figure, flags=flags))
    row = _row(mended, origin, meaning, state.scaled(meaning.factor * mended.factor), str(places[0]), partner)
    return "", row, meaning


def _row(mended: Mended, origin: Origin, meaning: Meaning, state: State, country: str, partner: str | None) -> Row:
    figure = mended.figure
    estimated = state.value_status in ("estimated", "modelled")
    basis = (
        f"{origin.body} {'projection' if state.value_status == 'modelled' else 'estimate'}"
        if estimated
        else "as published"
    )
    if "corrected" in figure.flags:
        basis = f"corrected by {mended.correction}; printed otherwise"
    return {
        "body": origin.body,
        "vintage": origin.vintage,
        "attribute": meaning.attribute,
        "product": meaning.product,
        "stage": meaning.stage,
        "series_as_given": figure.series,
        "country": country,
        "partner": partner,
        "period": figure.period,
        "year": int(YEAR.findall(figure.period)[-1]),
        "quantity": state.quantity,
        "quantity_low": state.low,
        "quantity_high": state.high,
        "unit": meaning.unit,
        "mass_basis": meaning.mass_basis,
        "value_status": state.value_status,
        "figure_as_given": figure.text,
        "unit_as_given": figure.unit or None,
        "place_as_given": figure.place,
        "flags": ";".join(dict.fromkeys(figure.flags)) or None,
        "notes": harmless(figure.notes) or None,
        "correction": mended.correction,
        "source_id": origin.source_id,
        "locator": figure.locator,
        "confidence": "medium" if estimated else "high",
        "basis": basis,
    }


def harmless(text: str) -> str:
    """A note that no spreadsheet runs as a formula."""
    return "'" + text if text.startswith(("=", "+", "-", "@")) else text


def _typed(found: Iterable[tuple[Row, Meaning, Figure]], origin: Origin, faults: list[str]) -> dict[str, list[Row]]:
    """Rows for the tables that the model reads: what is a number, and reserves that are at least a number."""
    kept: dict[str, dict[str, tuple[Row, Figure]]] = {}
    for row, meaning, figure in found:
        if meaning.table is None or meaning.table == "trade" or row["partner"] is not None:
            continue
        made = next(_typed_rows(row, meaning.table, origin), None)
        if made is None:
            continue
        key = key_of(made, TABLES[meaning.table].key)
        value = "value" if meaning.table == "governance" else "quantity"
        if made[value] < 0 and meaning.table != "governance":
            faults.append(f"{figure.where}: {visible(figure.text)} is below zero. Expected an amount.")
        earlier = kept.setdefault(meaning.table, {}).setdefault(key, (made, figure))
        if earlier[0][value] != made[value]:
            what = f"{visible(figure.text)} and {visible(earlier[1].text)} of {earlier[1].where}"
            faults.append(
                f"{figure.where}: {what} are both {meaning.table} {key}. Take one of the series out of {origin.terms}."
            )
    typed = {name: [row for row, _ in rows.values()] for name, rows in kept.items()}
    trade = trade_rows(((row, figure) for row, meaning, figure in found if meaning.table == "trade"), origin)
    return {**typed, "trade": trade} if trade else typed


def _typed_rows(row: Row, table: str, origin: Origin) -> Iterator[Row]:
    quantity, basis = row["quantity"], row["basis"]
    if quantity is None and table == "reserves" and row["quantity_low"]:
        quantity, basis = row["quantity_low"], f"{origin.body}; lower bound"
    if quantity is None:
        return
    shared = {name: row[name] for name in ("country", "year", "unit", "source_id", "locator", "confidence")}
    if table == "governance":
        yield {**shared, "indicator": row["attribute"], "value": quantity, "basis": basis, "rule_id": None}
        return
    shared |= {
        "product": row["product"],
        "quantity": quantity,
        "mass_basis": row["mass_basis"],
        "is_total": row["country"] == "WLD",
        "value_status": row["value_status"],
        "basis": basis,
    }
    if table == "supply_outlook":
        del shared["is_total"]
        shared |= {"stage": row["stage"], "scenario": "base"}
    if table == "production":
        # Which claim is used is for the rules to say: a layer that marks its own rows would overrule them.
        shared |= {"stage": row["stage"], "series": origin.series, "preferred": False, "rule_id": None}
    yield shared
