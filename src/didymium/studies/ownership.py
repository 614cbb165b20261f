"""Who controls what share of each stage's capacity, before and after a sale, and which thresholds the sale crosses.

Three readings side by side: the country of the owner, the owner itself, and who has bought the output ahead. Shares
are of the plants that the register has with a capacity; a sale moves the whole plant to the buyer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from didymium import __version__
from didymium.data import Dataset
from didymium.errors import BadInput, UnknownTerm
from didymium.model.concentration import hhi_10000
from didymium.results import Field, Result, Row
from didymium.studies.plants import OPEN, RUNNING, UNKNOWN, Plant, plants, seat_of

BASES = ("country", "entity", "offtake")
SCOPES = ("running", "all")
"""Running plants alone, or with those that are built and planned."""

Group = tuple[str, str, str, str]
"""Scope, stage, product, unit of capacity."""


@dataclass(frozen=True, slots=True)
class Sale:
    """A plant goes to a buyer: an entity with its country, or a country whose firm is not named."""

    plant_id: str
    country: str
    entity: str


def ownership(ds: Dataset, *, sale: Sequence[str] = ()) -> Result:
    """Shares of control by owner country, owner and offtake, before and after the sales.

    `sale`: each `PLANT=BUYER`, the plant a project or facility id, the buyer an entity id or a place. Raises BadInput
    or UnknownTerm for a sale that names no plant with a capacity or no buyer.
    """
    known, left = plants(ds)
    before = tuple(known)
    sales = [_sale(ds, before, text) for text in sale]
    after = tuple(sold(plant, sales) for plant in before)
    rows = _rows(before, after)
    thresholds = list(_thresholds(ds, rows))
    alerts = [row for row in thresholds if row["crossing"] in ("crossed", "cleared")]
    return Result.of(
        "ownership",
        request={"sale": list(sale)},
        dataset=ds.describe(),
        code_version=__version__,
        rows=rows,
        fields=FIELDS,
        tables={
            "alerts": alerts,
            "thresholds": thresholds,
            "concentration": list(_concentration(rows)),
            "sales": list(_told(before, after)),
            "plants": [_plant_row(plant) for plant in before],
            "left_out": list(left),
        },
        warnings=_warnings(sale, alerts),
        source_ids=[source for plant in before for source in plant.source_ids],
    )


def _sale(ds: Dataset, known: Sequence[Plant], text: str) -> Sale:
    plant, _, buyer = text.partition("=")
    ids = {one.plant_id for one in known}
    if not buyer:
        raise BadInput(f"sale '{text}' names no buyer.", cure="Write PROJECT=BUYER, for example usar-round-top=CHN.")
    if plant not in ids:
        raise UnknownTerm("plant", plant, ids, cure="Plants with a capacity: didymium ownership --table plants.")
    if any(row["entity_id"] == buyer for row in ds.rows("entities")):
        return Sale(plant, seat_of(ds, buyer), buyer)
    places = {str(row["place"]) for row in ds.rows("places")}
    if buyer.upper() in places:
        return Sale(plant, buyer.upper(), UNKNOWN)
    words = {str(row["entity_id"]) for row in ds.rows("entities")} | places
    raise UnknownTerm("buyer", buyer, words, cure="A buyer is a row of the table entities, or a place.")


def sold(plant: Plant, sales: Sequence[Sale]) -> Plant:
    """The plant after the sales; one that the buyer holds already is as before, and contracts to deliver go with it."""
    for sale in sales:
        if sale.plant_id != plant.plant_id:
            continue
        same = plant.by_entity if sale.entity != UNKNOWN else plant.by_country
        if same == ((sale.entity if sale.entity != UNKNOWN else sale.country, 1.0),):
            continue
        plant = replace(plant, by_country=((sale.country, 1.0),), by_entity=((sale.entity, 1.0),))
    return plant


def quantities(known: Sequence[Plant], basis: str) -> dict[Group, dict[str, float]]:
    """Capacity by group and holder."""
    found: dict[Group, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for plant in known:
        for scope in SCOPES if plant.status in RUNNING else ("all",):
            for holder, share in plant.held(basis):
                found[scope, plant.stage, plant.product, plant.unit][holder] += share * plant.capacity
    return found


def _rows(before: Sequence[Plant], after: Sequence[Plant]) -> list[Row]:
    rows: list[Row] = []
    count, sources = _behind(before)
    for basis in BASES:
        was, now = quantities(before, basis), quantities(after, basis)
        for group, held in was.items():
            total = sum(held.values())
            if not total:
                continue
            for holder in sorted({*held, *now[group]}):
                first, then = held.get(holder, 0.0), now[group].get(holder, 0.0)
                rows.append(
                    {
                        "basis": basis,
                        "scope": group[0],
                        "stage": group[1],
                        "product": group[2],
                        "capacity_unit": group[3],
                        "holder": holder,
                        "capacity": first,
                        "share": first / total,
                        "capacity_after": then,
                        "after_share": then / total,
                        "change_share": (then - first) / total,
                        "plants": count[group],
                        "source_ids": sorted(sources[group]),
                    }
                )
    rows.sort(key=lambda r: (*(str(r[c]) for c in ("basis", "scope", "stage", "product")), -_share(r, "share")))
    return rows


def _behind(known: Sequence[Plant]) -> tuple[dict[Group, int], dict[Group, set[str]]]:
    count: dict[Group, int] = defaultdict(int)
    sources: dict[Group, set[str]] = defaultdict(set)
    for plant in known:
        for scope in SCOPES if plant.status in RUNNING else ("all",):
            group = (scope, plant.stage, plant.product, plant.unit)
            count[group] += 1
            sources[group] |= set(plant.source_ids)
    return count, sources


def _groups(rows: Sequence[Row]) -> dict[tuple[str, ...], list[Row]]:
    found: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        found[tuple(str(row[c]) for c in ("basis", "scope", "stage", "product", "capacity_unit"))].append(row)
    return found


def concentration(shares: Mapping[str, float]) -> tuple[float, float]:
    """Least and most of the index [0–1] if some of the capacity has no single known holder.

    Least: that part lies in many hands; most: it is all of the largest holder.
    """
    named = [share for holder, share in shares.items() if _is_one(holder)]
    rest = max(0.0, 1 - sum(named))
    squares = sum(share * share for share in named)
    top = max(named, default=0.0)
    return squares, squares - top * top + (top + rest) ** 2


def _is_one(holder: str) -> bool:
    return holder not in (UNKNOWN, OPEN) and "+" not in holder


def _concentration(rows: Sequence[Row]) -> Iterator[Row]:
    for (basis, scope, stage, product, unit), group in _groups(rows).items():
        if basis == "offtake":
            continue
        low, high = concentration({str(r["holder"]): _share(r, "share") for r in group})
        low_after, high_after = concentration({str(r["holder"]): _share(r, "after_share") for r in group})
        yield {
            "basis": basis,
            "scope": scope,
            "stage": stage,
            "product": product,
            "capacity_unit": unit,
            "hhi_10000_low": hhi_10000(low),
            "hhi_10000_high": hhi_10000(high),
            "hhi_10000_low_after": hhi_10000(low_after),
            "hhi_10000_high_after": hhi_10000(high_after),
            "change_hhi_10000": hhi_10000(low_after - low),
        }


def _thresholds(ds: Dataset, rows: Sequence[Row]) -> Iterator[Row]:
    """Each country above a threshold before or after, of each group; the largest where none is."""
    family = {str(row["product"]): str(row["family"]) for row in ds.rows("products")}
    groups = _groups([row for row in rows if row["basis"] != "entity"])
    for limit in ds.rows("control_thresholds"):
        own = _own(ds, limit)
        families = str(limit["families"] or "").split(";") if limit["families"] else []
        for (basis, scope, stage, product, unit), group in groups.items():
            if families and family[product] not in families:
                continue
            third = [r for r in group if _is_one(str(r["holder"])) and str(r["holder"]) not in own]
            if not third:
                continue
            most = float(limit["share"])
            over = [r for r in third if max(_share(r, "share"), _share(r, "after_share")) > most]
            for row in over or [max(third, key=lambda r: _share(r, "after_share"))]:
                yield {
                    "threshold_id": limit["threshold_id"],
                    "threshold_name": limit["name"],
                    "threshold_name_ja": limit["name_ja"],
                    "threshold_share": most,
                    "basis": basis,
                    "scope": scope,
                    "stage": stage,
                    "product": product,
                    "capacity_unit": unit,
                    "holder": row["holder"],
                    "share": row["share"],
                    "after_share": row["after_share"],
                    "crossing": _crossing(_share(row, "share") > most, _share(row, "after_share") > most),
                    "plants": row["plants"],
                    "source_ids": [limit["source_id"]],
                }


def _share(row: Row, column: str) -> float:
    return float(str(row[column]))


def _crossing(was: bool, now: bool) -> str:
    return {(False, True): "crossed", (True, False): "cleared", (True, True): "above", (False, False): "below"}[
        was, now
    ]


def _own(ds: Dataset, limit: Mapping[str, Any]) -> frozenset[str]:
    """Whose share does not count: the promise's parties and, where it speaks of allies, those that signed with one.

    Groups stand for their members.
    """
    parties = set(str(ds.one("commitments", commitment_id=limit["commitment_id"])["parties"]).split(";"))
    members: dict[str, set[str]] = defaultdict(set)
    for row in ds.rows("places"):
        for group in str(row["groups"] or "").split(";"):
            members[group].add(str(row["place"]))
    found = set(parties)
    if limit["counts"] == "non_partner":
        others = set(str(limit["not_partners"] or "").split(";"))
        for row in ds.rows("agreements"):
            signed = set(str(row["parties"]).split(";"))
            if signed & parties and not signed & others:
                found |= signed
    return frozenset(found.union(*(members[place] for place in found)))


def _told(before: Sequence[Plant], after: Sequence[Plant]) -> Iterator[Row]:
    for was, now in zip(before, after, strict=True):
        if was != now:
            yield {
                **_plant_row(was),
                "country_after": _text(now.by_country),
                "entity_after": _text(now.by_entity),
            }


def _plant_row(plant: Plant) -> dict[str, Any]:
    return {
        "plant_id": plant.plant_id,
        "name": plant.name,
        "stage": plant.stage,
        "product": plant.product,
        "capacity": plant.capacity,
        "capacity_unit": plant.unit,
        "status": plant.status,
        "owner_country": _text(plant.by_country),
        "owner_entity": _text(plant.by_entity),
        "offtake_country": _text(plant.offtake),
        "source_ids": list(plant.source_ids),
    }


def _text(holders: Sequence[tuple[str, float]]) -> str:
    if len(holders) == 1:
        return holders[0][0]
    return "; ".join(f"{holder} {share:.0%}" for holder, share in holders)


def _warnings(sale: Sequence[str], alerts: Sequence[Row]) -> list[str]:
    said = [
        "Shares are of plants that the register has with a capacity, not of the world: unlisted plants are missing."
    ]
    crossed = sum(1 for row in alerts if row["crossing"] == "crossed")
    if crossed:
        said.insert(0, f"The sale takes a country above a threshold {crossed} times: table alerts.")
    elif sale:
        said.insert(0, "The sale crosses no threshold upwards.")
    return said


FIELDS = (
    Field("basis", "", "country or entity of the owner, or offtake: who has bought the output"),
    Field("scope", "", "running plants alone, or all with those that are built and planned"),
    Field("holder", "", "who; A+B = together, split not known; open = not sold ahead, as far as known"),
    Field("capacity", "{capacity_unit}", "capacity held"),
    Field("share", "share", "of the capacity of the group"),
    Field("capacity_after", "{capacity_unit}", "the same after the sale"),
    Field("after_share", "share", "the same after the sale"),
    Field("change_share", "share", "after less before"),
    Field("plants", "", "plants in the group"),
    Field("source_ids", "", "sources"),
)
