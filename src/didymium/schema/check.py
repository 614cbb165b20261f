"""The whole check: cells were read strictly; now keys, references and laws. All faults, never only the first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from didymium.schema import laws, sums
from didymium.schema.bodies import Bodies, Body, Law
from didymium.schema.columns import Table
from didymium.schema.faults import Fault
from didymium.schema.reader import Parsed
from didymium.schema.references import check_keys, check_references, key_of

LAWS: tuple[Law, ...] = (
    laws.units_fit,
    laws.stages_fit,
    laws.ranges_hold,
    laws.stocks_told,
    laws.dates_in_order,
    laws.totals_marked,
    laws.claims_settled,
    laws.projects_exist,
    laws.tables_named,
    laws.additivity_named,
    laws.places_formed,
    laws.terms_reviewed,
    sums.world_sums,
    sums.mass_shares,
    sums.listed_sums,
    sums.yields_hold,
)


def merge(tables: Mapping[str, Table], layers: Iterable[Mapping[str, Parsed]]) -> dict[str, Body]:
    """Rows of all layers over each other: a later layer replaces a row with the same key, or adds one."""
    bodies = {name: Body(table) for name, table in tables.items()}
    places: dict[str, dict[str, int]] = {name: {} for name in tables}
    for number, layer in enumerate(layers):
        for name, parsed in layer.items():
            body, known = bodies[name], places[name]
            for row, line in zip(parsed.rows, parsed.lines, strict=True):
                key = key_of(row, body.table.key)
                index = known.get(key)
                if index is None or body.layers[index] == number:
                    known[key] = len(body.rows)
                    body.add(row, parsed.file, line, number)
                else:
                    body.rows[index], body.files[index] = row, parsed.file
                    body.lines[index], body.layers[index] = line, number
    return bodies


def check(bodies: Bodies, *, since: int = 0) -> list[Fault]:
    """All faults of rows that came with layer `since` or later, sorted by file and row.

    Tables that no such layer touches keep the soundness of their last check: layers add words and never take any away.
    """
    found: list[Fault] = []
    for body in bodies.values():
        if not since or any(layer >= since for layer in body.layers):
            found += check_keys(body)
            found += check_references(bodies, body)
    for law in LAWS:
        found += law(bodies)
    if since:
        names = {file for b in bodies.values() for file, n in zip(b.files, b.layers, strict=True) if n >= since}
        found = [fault for fault in found if fault.file in names]
    return sorted(found, key=lambda f: (f.file, f.row, f.column, f.what))
