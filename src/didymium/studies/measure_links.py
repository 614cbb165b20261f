"""One calendar of export restraints, tariffs, price floors and entity lists, and what each of them touches.

The states of `measures` are those of a day; the calendar has every dated fact, floors that were signed and days on
which firms were listed among them. Links lead from a measure to the plants, projects and firms that it reaches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from didymium.data import Dataset
from didymium.errors import UnknownTerm
from didymium.model.calendar import days_between, due_date, first_day
from didymium.studies.names import Names, head_of, parents

Record = Mapping[str, Any]

RESTRAINT, TARIFF, FLOOR, LIST = "export_restraint", "import_measure", "price_floor", "entity_list"


def classes(ds: Dataset) -> dict[str, str]:
    """What each measure is: an entity list, a measure on imports, or else a restraint of exports."""
    lists = {str(row["measure_id"]) for row in ds.rows("entity_lists")}
    imports = {str(row["measure_id"]) for row in ds.rows("import_measures")}
    ids = [str(row["measure_id"]) for row in ds.rows("measures")]
    return {m: LIST if m in lists else TARIFF if m in imports else RESTRAINT for m in ids}


def covered(ds: Dataset, products: Sequence[str]) -> tuple[str, ...]:
    """Products that a measure covers, with the members of those that are groups."""
    found = {product for word in products for product in (word, *_members(ds, word))}
    return tuple(sorted(found))


def _members(ds: Dataset, word: str) -> tuple[str, ...]:
    try:
        return ds.members(word)
    except UnknownTerm:
        return ()


def hs_codes(ds: Dataset, products: Sequence[str]) -> list[str]:
    """Six-digit codes of HS 2022 under which the products go; a code may cover more than the product."""
    wanted = set(covered(ds, products))
    found = {str(row["hs2022_code"]) for row in ds.rows("hs_codes") if row["product"] in wanted}
    for row in ds.rows("products"):
        if row["product"] in wanted and row["hs_codes"]:
            found |= {code for code in str(row["hs_codes"]).split(";") if len(code) == 6}
    return sorted(found - {"None"})


def calendar(ds: Dataset, rows: Sequence[Record], as_of: date, horizon_days: int) -> list[dict[str, Any]]:
    """Every dated fact of the measures in `rows`, of floors and of lists, in the order of days."""
    kinds = classes(ds)
    found = [_event(ds, row, kinds[row["measure_id"]], event, day) for row in rows for event, day in _days(row) if day]
    found += [
        _event(ds, row, LIST, "listed", listing["listed_date"])
        for listing in ds.rows("entity_lists")
        for row in rows
        if row["measure_id"] == listing["measure_id"]
    ]
    found += _floors(ds, as_of)
    for event in found:
        days = days_between(as_of, first_day(event["date"]))
        event["days_from_now"] = days
        event["within_horizon"] = 0 <= days <= horizon_days
    found.sort(key=lambda e: (first_day(e["date"]), e["measure_id"], e["event"]))
    return found


def _days(row: Record) -> tuple[tuple[str, str | None], ...]:
    ends = row["end_date"] if row["end_date"] != row["suspended_until_date"] else None
    return (
        ("announced", row["announced_date"]),
        ("takes_effect", row["effective_date"]),
        ("suspended", row["suspended_from_date"]),
        ("suspension_ends", row["suspended_until_date"]),
        ("ends", ends),
    )


def _event(ds: Dataset, row: Record, kind: str, event: str, day: str) -> dict[str, Any]:
    return {
        "date": day,
        "event": event,
        "class": kind,
        "measure_id": row["measure_id"],
        "imposing": row["imposing"],
        "targeted": row["targeted"],
        "products": list(row["products"]),
        "hs_codes": hs_codes(ds, row["products"]),
        "state": row["state"],
        "source_ids": list(row["source_ids"]),
    }


def _floors(ds: Dataset, as_of: date) -> list[dict[str, Any]]:
    """Price floors that public purses signed, known on the day: first and last day of the contract."""
    found = []
    for deal in _deals(ds, as_of):
        days = [("floor_signed", str(deal["date"]))]
        if deal["tenor_years"] is not None:
            ends = due_date(str(deal["date"]), round(12 * float(deal["tenor_years"])), "months")
            days.append(("floor_ends", ends.isoformat()))
        row = {
            "measure_id": deal["deal_id"],
            "imposing": deal["party"],
            "targeted": _site(ds, str(deal["project_id"]))[1],
            "products": [deal["floor_product"]],
            "state": _deal_state(ds, deal),
            "source_ids": [deal["source_id"]],
        }
        found += [_event(ds, row, FLOOR, event, day) for event, day in days]
    return found


def links(ds: Dataset, rows: Sequence[Record], parties: Sequence[str], as_of: date) -> list[dict[str, Any]]:
    """What each measure that is not over reaches: see `how` in the page on measures."""
    return [
        link for row in rows if row["state"] not in ("ended", "replaced") for link in _links_of(ds, row, parties)
    ] + list(_floor_links(ds, as_of))


def _links_of(ds: Dataset, row: Record, parties: Sequence[str]) -> Iterator[dict[str, Any]]:
    kind = classes(ds)[row["measure_id"]]
    names, above = Names.of(ds), parents(ds)
    named = {str(hit["entity_id"]) for hit in ds.rows("entity_listings", measure_id=row["measure_id"])}
    for entity in sorted(named):
        yield _link(row, kind, "listed", "entities", entity, row)
    goods = set(covered(ds, row["products"]))
    for table, key in (("projects", "project_id"), ("facilities", "facility_id")):
        for plant in ds.rows(table):
            if table == "facilities" and plant["is_aggregate"]:
                continue
            heads = {e for entity in names.found(plant["operator"]) for e in (entity, head_of(entity, above))}
            how = None
            if named & heads:
                how = "operator_listed"
            elif kind == LIST or plant["product"] not in goods:
                continue
            elif plant["country"] == (row["imposing"] if kind == RESTRAINT else row["targeted"]):
                how = "made_there"
            elif plant["country"] in _gainers(row, kind, parties):
                how = "made_here"
            if how:
                yield _link(row, kind, how, table, str(plant[key]), plant)


def _gainers(row: Record, kind: str, parties: Sequence[str]) -> tuple[str, ...]:
    """Parties that the measure cuts off, or that lay it on imports: whoever makes the goods there is wanted more."""
    if kind == TARIFF:
        return (row["imposing"],)
    return tuple(party for party in parties if row["targeted"] in ("WLD", party) and party != row["imposing"])


def _floor_links(ds: Dataset, as_of: date) -> Iterator[dict[str, Any]]:
    for deal in _deals(ds, as_of):
        row = {"measure_id": deal["deal_id"], "state": _deal_state(ds, deal), "source_ids": [deal["source_id"]]}
        table, place = _site(ds, str(deal["project_id"]))
        about = {"product": deal["floor_product"], "country": place}
        yield _link(row, FLOOR, "floor", table, str(deal["project_id"]), about)


def _deals(ds: Dataset, as_of: date) -> list[Record]:
    return [row for row in ds.rows("finance_terms", instrument="price_floor") if first_day(row["date"]) <= as_of]


def _deal_state(ds: Dataset, deal: Record) -> str | None:
    states = ds.rows("deal_states", deal_id=deal["deal_id"])
    return str(states[0]["state"]) if states else None


def _site(ds: Dataset, plant: str) -> tuple[str, str | None]:
    """The table and the place of a plant; deals speak of projects and of plants that stand already."""
    for table, key in (("projects", "project_id"), ("facilities", "facility_id")):
        for row in ds.rows(table, **{key: plant}):
            return table, row["country"]
    return "projects", None


def _link(row: Record, kind: str, how: str, table: str, record: str, about: Record) -> dict[str, Any]:
    return {
        "measure_id": row["measure_id"],
        "class": kind,
        "state": row["state"],
        "how": how,
        "table": table,
        "record": record,
        "country": about.get("country"),
        "product": about.get("product"),
        "capacity": about.get("capacity"),
        "capacity_unit": about.get("capacity_unit"),
        "source_ids": sorted({*row["source_ids"], *([about["source_id"]] if about.get("source_id") else [])}),
    }
