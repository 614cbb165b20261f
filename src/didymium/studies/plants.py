"""Plants of the register with who controls them: by country of the owner, by entity, and by what is sold ahead.

A plant that several own without known shares is held by "USA+JPN" together, and one whose owner nobody names by
"unknown": neither is divided by guess.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from didymium.data import Dataset
from didymium.studies.names import Names, head_of, parents

UNKNOWN = "unknown"
OPEN = "open"
RUNNING = ("operating", "ramping")
IDLE = ("suspended", "exploration")

Holders = tuple[tuple[str, float], ...]
"""Who holds which share of a plant; the shares add up to 1."""


@dataclass(frozen=True, slots=True)
class Plant:
    """One product of one plant. `offtake`: who has bought which share of its output; the rest is `open`."""

    plant_id: str
    name: str
    product: str
    stage: str
    unit: str
    capacity: float
    country: str
    status: str
    by_country: Holders
    by_entity: Holders
    offtake: Holders
    source_ids: tuple[str, ...]

    def held(self, basis: str) -> Holders:
        """Holders by `country`, `entity` or `offtake`."""
        return {"country": self.by_country, "entity": self.by_entity, "offtake": self.offtake}[basis]


def together(holders: Iterable[str]) -> str:
    """Several holders whose shares are not known, as one."""
    return "+".join(sorted(set(holders))) or UNKNOWN


def plants(ds: Dataset) -> tuple[tuple[Plant, ...], tuple[dict[str, Any], ...]]:
    """Plants with a capacity, and what was left out and why.

    Projects go first; a plant of `facilities` with the same owner, product, stage and place as a project is the same
    one. Of a country's total, what is beyond its plants in the list counts as one more plant of unknown entity.
    """
    names, above = Names.of(ds), parents(ds)
    found: list[Plant] = []
    left: list[dict[str, Any]] = []
    seen: set[tuple[str, ...]] = set()
    for table, key in (("projects", "project_id"), ("facilities", "facility_id")):
        fresh: set[tuple[str, ...]] = set()
        for row in ds.rows(table):
            about = {"table": table, "plant_id": row[key], "product": row["product"], "stage": row["stage"]}
            place = (str(row["product"]), str(row["stage"]), str(row["country"]))
            heads = [head_of(e, above) for e in names.owners(row["operator"])]
            if table == "facilities" and row["is_aggregate"]:
                continue
            if row["status"] in IDLE:
                left.append({**about, "why": "idle"})
            elif any((*place, head) in seen for head in heads):
                left.append({**about, "why": "in_projects"})
            elif row["capacity"] is None:
                left.append({**about, "why": "no_capacity"})
            else:
                found.append(_plant(ds, row, str(row[key]), heads, table == "projects"))
            fresh.update((*place, head) for head in heads)
        seen |= fresh
    return (*found, *_beyond(ds, found)), tuple(left)


def _plant(ds: Dataset, row: Mapping[str, Any], plant_id: str, heads: list[str], is_project: bool) -> Plant:
    seats = [str(place) for place in row["ownership_country"].split(";")] if row["ownership_country"] else []
    shares = {
        str(link["entity_id"]): float(link["share"])
        for link in (ds.rows("entity_links", project_id=plant_id, kind="owner") if is_project else ())
        if link["share"] is not None
    }
    by_entity: Holders = ((together(heads), 1.0),)
    by_country: Holders = ((together(seats), 1.0),)
    if abs(sum(shares.values()) - 1) < 1e-9:
        by_entity = tuple(sorted(shares.items()))
        by_country = _added((seat_of(ds, entity), share) for entity, share in shares.items())
    plant = Plant(
        plant_id=plant_id,
        name=str(row["name"]),
        product=str(row["product"]),
        stage=str(row["stage"]),
        unit=str(row["capacity_unit"]),
        capacity=float(row["capacity"]),
        country=str(row["country"] or UNKNOWN),
        status=str(row["status"]),
        by_country=by_country,
        by_entity=by_entity,
        offtake=((OPEN, 1.0),),
        source_ids=(str(row["source_id"]),),
    )
    return replace(plant, offtake=_sold(ds, plant))


def _sold(ds: Dataset, plant: Plant) -> Holders:
    """Who has bought the output, by country: contracts in tonnes of the product, and shares that a link states."""
    if not plant.capacity:
        return ((OPEN, 1.0),)
    bought = [
        (str(row["party"]), float(row["quantity"]) / plant.capacity)
        for row in ds.rows("offtakes", project_id=plant.plant_id, product=plant.product)
    ]
    bought += [
        (seat_of(ds, str(link["entity_id"])), float(link["share"]))
        for link in ds.rows("entity_links", project_id=plant.plant_id, kind="offtaker")
        if link["share"] is not None
    ]
    total = sum(share for _, share in bought)
    scale = 1 / max(total, 1.0)
    return _added([*((who, share * scale) for who, share in bought), (OPEN, max(0.0, 1 - total))])


def seat_of(ds: Dataset, entity: str) -> str:
    """The country of an entity, or unknown."""
    return str(ds.one("entities", entity_id=entity)["country"] or UNKNOWN)


def _added(parts: Iterable[tuple[str, float]]) -> Holders:
    found: dict[str, float] = defaultdict(float)
    for who, share in parts:
        found[who] += share
    return tuple(sorted((who, share) for who, share in found.items() if share > 0))


def _beyond(ds: Dataset, found: Iterable[Plant]) -> Iterator[Plant]:
    """What a total of a place has beyond its running plants in the list; the largest total of several counts."""
    listed: dict[tuple[str, str, str, str], float] = defaultdict(float)
    for plant in found:
        if plant.status in RUNNING:
            for place in (plant.country, "WLD"):
                listed[place, plant.product, plant.stage, plant.unit] += plant.capacity
    totals: dict[tuple[str, str, str, str], Mapping[str, Any]] = {}
    for row in ds.rows("facilities", is_aggregate=True):
        key = (str(row["country"] or "WLD"), str(row["product"]), str(row["stage"]), str(row["capacity_unit"]))
        most = float(totals[key]["capacity"]) if key in totals else 0.0
        if row["capacity"] is not None and float(row["capacity"]) > most:
            totals[key] = row
    for key, total in sorted(totals.items(), key=lambda item: item[0][0] == "WLD"):
        place, product, stage, unit = key
        rest = float(total["capacity"]) - listed[key]
        if rest <= 0:
            continue
        listed["WLD", product, stage, unit] += rest
        seats = str(total["ownership_country"]).split(";") if total["ownership_country"] else []
        yield Plant(
            plant_id=f"{row['facility_id']}-rest",
            name=str(total["name"]),
            product=product,
            stage=stage,
            unit=unit,
            capacity=rest,
            country=place,
            status="operating",
            by_country=((together(seats), 1.0),),
            by_entity=((UNKNOWN, 1.0),),
            offtake=((OPEN, 1.0),),
            source_ids=(str(total["source_id"]),),
        )
