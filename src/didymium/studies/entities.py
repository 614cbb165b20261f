"""Which firms and agencies stand behind projects, plants, offtakes and public money, and which lists name them.

A firm can be on a control list and a partner at once: every link of an entity has the lists beside it that name the
entity, its parent or a unit of it. What matches no known name is listed as unmatched, and what a list does not tell us
is counted, not guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from didymium import __version__
from didymium.data import Dataset
from didymium.model.calendar import first_day
from didymium.results import Field, Result, Row
from didymium.studies.measures import measures
from didymium.studies.names import Names, head_of, parents

Link = dict[str, Any]

_PLACES = (
    ("projects", "project_id", "operator", "operator"),
    ("projects", "project_id", "offtaker", "offtaker"),
    ("facilities", "facility_id", "operator", "operator"),
    ("finance_terms", "deal_id", "agency", "funder"),
)
"""Table, its id, the column that names entities, and what they are there."""


def entities(ds: Dataset, *, as_of: date, parties: Sequence[str] = ("USA", "JPN")) -> Result:
    """Links of entities to projects, plants, deals and agreements; listed ones first.

    `as_of`: lists of a later day are left out, and the state of the measure is that of the day. `touches` says whether
    the link reaches the `parties`: by the seat of the entity, or by the place of what it is linked to.
    """
    names, above = Names.of(ds), parents(ds)
    known = {str(row["entity_id"]): row for row in ds.rows("entities")}
    listed = _listed(ds, as_of)
    found = {tuple(link.items()): link for link in (*_named(ds, names), *_linked(ds))}
    rows: list[Row] = [_row(link, known, above, listed, parties) for link in found.values()]
    linked = {str(row["entity_id"]) for row in rows}
    rows += [
        _row(_link(entity, "listed", "measures", str(hit["measure_id"]), hit), known, above, listed, parties)
        for entity, hits in listed.items()
        if entity not in linked
        for hit in hits
    ]
    rows.sort(key=lambda row: (_RANK[str(row["listing"])], str(row["entity_id"]), str(row["role"]), str(row["record"])))
    return Result.of(
        "entities",
        request={"as_of": as_of.isoformat(), "parties": list(parties)},
        dataset=ds.describe(),
        code_version=__version__,
        rows=rows,
        fields=FIELDS,
        tables={"lists": _lists(ds, as_of), "unmatched": list(_unmatched(ds, names))},
        warnings=_warnings(ds, as_of),
        source_ids=[source for row in rows for source in _as_list(row["source_ids"])],
    )


_RANK = {"listed": 0, "parent_listed": 1, "unit_listed": 2, "not_listed": 3}


def _as_list(value: Any) -> list[str]:
    return [str(one) for one in value]


def _link(entity: str, role: str, table: str, record: str, row: Mapping[str, Any]) -> Link:
    return {
        "entity_id": entity,
        "role": role,
        "table": table,
        "record": record,
        "record_name": row.get("name"),
        "project_id": row.get("project_id"),
        "country": row.get("country"),
        "stage": row.get("stage"),
        "product": row.get("product"),
        "source_id": row["source_id"],
    }


def _named(ds: Dataset, names: Names) -> Iterator[Link]:
    """Entities that the texts of the tables name."""
    for table, key, column, role in _PLACES:
        for row in ds.rows(table):
            text = row[column]
            first = set(names.owners(text)) if role == "operator" else set(names.found(text))
            for entity in names.found(text):
                yield _link(entity, role if entity in first else "named_beside", table, str(row[key]), row)


def _linked(ds: Dataset) -> Iterator[Link]:
    """Entities of the table of links; a link to an entity has no project."""
    projects = {str(row["project_id"]): row for row in ds.rows("projects")}
    for row in ds.rows("entity_links"):
        to = next(c for c in ("project_id", "agreement_id", "of_entity_id") if row[c])
        table = {"project_id": "projects", "agreement_id": "agreements", "of_entity_id": "entities"}[to]
        about = projects.get(str(row["project_id"])) or {}
        role = "child" if row["kind"] == "parent" else str(row["kind"])
        yield {
            **_link(str(row["entity_id"]), role, table, str(row[to]), {**about, "source_id": row["source_id"]}),
            "share": row["share"],
        }


def _listed(ds: Dataset, as_of: date) -> dict[str, list[dict[str, Any]]]:
    """The listings of each entity that had been made by the day, with the state of the measure on it."""
    state = {row["measure_id"]: row["state"] for row in measures(ds, as_of=as_of).rows}
    found: dict[str, list[dict[str, Any]]] = {}
    for row in ds.rows("entity_listings"):
        if first_day(row["listed_date"]) <= as_of:
            found.setdefault(str(row["entity_id"]), []).append({**row, "state": state.get(row["measure_id"])})
    return found


def _row(
    link: Link,
    known: Mapping[str, Mapping[str, Any]],
    above: Mapping[str, str],
    listed: Mapping[str, list[dict[str, Any]]],
    parties: Sequence[str],
) -> Row:
    entity, head = str(link["entity_id"]), head_of(str(link["entity_id"]), above)
    own, hits = listed.get(entity, []), listed.get(entity, []) or listed.get(head, [])
    whole = any(hit["listed_as"] == "itself" for hit in hits)
    listing = "not_listed" if not hits else "parent_listed" if not own else "listed" if whole else "unit_listed"
    seat = known[entity]["country"]
    return {
        "entity_id": entity,
        "name": known[entity]["name"],
        "name_ja": known[entity]["name_ja"] or known[entity]["name"],
        "seat": seat,
        "head": head,
        "role": link["role"],
        "table": link["table"],
        "record": link["record"],
        "record_name": link["record_name"],
        "country": link["country"],
        "stage": link["stage"],
        "product": link["product"],
        "share": link.get("share"),
        "listing": listing,
        "measures": [str(hit["measure_id"]) for hit in hits],
        "measure_states": [str(hit["state"]) for hit in hits],
        "listed_date": min((str(hit["listed_date"]) for hit in hits), default=None),
        "touches": "seat" if seat in parties else "place" if link["country"] in parties else "others",
        "source_ids": sorted({str(link["source_id"]), *(str(hit["source_id"]) for hit in hits)}),
    }


def _lists(ds: Dataset, as_of: date) -> list[Row]:
    named = Counter(row["measure_id"] for row in ds.rows("entity_listings"))
    units = Counter(row["measure_id"] for row in ds.rows("entity_listings", listed_as="unit"))
    return [
        {
            "measure_id": row["measure_id"],
            "list_name": row["name"],
            "list_name_ja": row["name_ja"],
            "listed_date": row["listed_date"],
            "entities": row["entities"],
            "named": named[row["measure_id"]] - units[row["measure_id"]],
            "named_by_parent": units[row["measure_id"]],
            "not_named": row["entities"] - named[row["measure_id"]],
            "source_ids": [row["source_id"]],
        }
        for row in ds.rows("entity_lists")
        if first_day(row["listed_date"]) <= as_of
    ]


def _unmatched(ds: Dataset, names: Names) -> Iterator[Row]:
    seen: dict[tuple[str, str, str], list[str]] = {}
    for table, key, column, _ in _PLACES:
        for row in ds.rows(table):
            for part in names.unmatched(row[column]):
                seen.setdefault((table, column, part), []).append(str(row[key]))
    for (table, column, part), records in sorted(seen.items()):
        yield {"table": table, "column": column, "text": part, "records": sorted(set(records))}


def _warnings(ds: Dataset, as_of: date) -> list[str]:
    lists = _lists(ds, as_of)
    total, open_ = (sum(int(str(row[c])) for row in lists) for c in ("entities", "not_named"))
    if not lists:
        return []
    said = (
        f"Of {total} firms on {len(lists)} lists, {open_} are named in no source that we hold: a firm that is not "
        "found here may still be listed."
    )
    return [said]


FIELDS = (
    Field("entity_id", "", "the firm or agency"),
    Field("seat", "", "where it is seated"),
    Field("head", "", "the parent at the head of its chain, or itself"),
    Field("role", "", "operator, offtaker, funder, owner, partner, child, named_beside or listed"),
    Field("record", "", "what it is linked to"),
    Field("share", "share", "share owned where it is known"),
    Field("listing", "", "listed, parent_listed, unit_listed or not_listed"),
    Field("measures", "", "lists that name it"),
    Field("measure_states", "", "state of these measures on the day"),
    Field("touches", "", "seat or place: how the link reaches the parties; else others"),
    Field("source_ids", "", "sources"),
)
