"""The chain of a family, from the tables `chain_products`, `chain_steps`, `chain_trade` and `chain_uses`.

A process runs where preferred rows of `production` say that its output is made, or where its row names places. Where
no table lists the makers of a product, they are the places that import what it is made of, export it, or have a plant.
A by-product carries its host: it takes in what the host brings up in the same place, and is not bound elsewhere.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from didymium.errors import UnknownTerm
from didymium.scenario.chain import PRESENT, Tables, assumption, groups, makers_and_takers
from didymium.scenario.family_plants import plants
from didymium.scenario.family_trade import SIDES, Flow, own_rows, pair_flows
from didymium.scenario.inputs import Chain, Process

Row = dict[str, Any]
MAGNETS = "magnets"  # built by `magnet_chain`, from tables of its own
WITHOUT_HOST = "_without_host"


@dataclass(frozen=True, slots=True)
class Family:
    """A family's rows for one year, beside the other families asked: what chain and figures are read from."""

    ds: Tables
    family: str
    year: int
    region_of: Mapping[str, str]
    products: Mapping[str, Row]
    steps: Mapping[str, tuple[Row, ...]]
    elsewhere: Mapping[str, tuple[Row, ...]]  # steps that another family asked runs in its own way
    uses: tuple[Row, ...]
    flows: Mapping[str, Mapping[tuple[str, str], Flow]]

    @classmethod
    def of(cls, ds: Tables, family: str, year: int, beside: Iterable[str] = ()) -> Family:
        """Read a family. Steps that a family asked `beside` it runs in its own way are set apart."""
        known_families(ds, (family,))
        steps: dict[str, list[Row]] = {}
        apart: dict[str, list[Row]] = {}
        others = set(beside)
        for row in sorted(ds.rows("chain_steps", family=family), key=lambda r: (r["process_id"], r["position"])):
            if row["with_family"] and row["with_family"] not in others:
                continue
            kept = row["without_family"] not in others
            (steps if kept else apart).setdefault(row["process_id"], []).append(row)
        places = family_regions(ds, family)
        products = {row["chain_product"]: row for row in ds.rows("chain_products", family=family)}
        return cls(
            ds,
            family,
            year,
            places,
            products,
            {k: tuple(v) for k, v in steps.items()},
            {k: tuple(v) for k, v in apart.items()},
            tuple(ds.rows("chain_uses", family=family)),
            {p: pair_flows(ds, family, row, places, year) for p, row in products.items()},
        )


def known_families(ds: Tables, families: Iterable[str], where: str = "") -> tuple[str, ...]:
    """The families, if the dataset holds them. Raises UnknownTerm."""
    known = [row["family"] for row in ds.rows("families")]
    for family in families:
        if family not in known:
            raise UnknownTerm("family", family, known, where=where, cure=f"Families: {', '.join(sorted(known))}.")
    return tuple(families)


def family_regions(ds: Tables, family: str) -> dict[str, str]:
    """Place code → region of the family's network."""
    own = {row["place"]: row["region"] for row in ds.rows("family_regions", family=family)}
    union = groups(ds)["EU27"]
    return {
        row["place"]: own.get(row["place"], "ROW_EU" if row["place"] in union else "ROW")
        for row in ds.rows("places")
        if row["kind"] in ("country", "rest")
    }


def quantity(ds: Tables, row: Row) -> float:
    """Amount of a step for one unit of its first output, in the units of both [see `chain_products`]."""
    if row["quantity"] is not None:
        return float(row["quantity"])
    found = [
        float(r["quantity"])
        for r in ds.rows("recipes", process_id=row["recipe_id"], product=row["recipe_product"])
        if r["flow_role"] == row["recipe_role"]
    ]
    return found[0] * float(row["recipe_factor"] or 1.0)


def family_chain(family: Family) -> Chain:
    """Products, processes, activities, routes and uses of a family."""
    ds = family.ds
    processes, activities = _activities(family, _processes(family))
    first = first_plants(family)
    running = tuple(one for one in activities if not is_first(one, first))
    users = {product: _users(family, product, running, processes) for product in _used(family)}
    uses = tuple(
        (row["chain_product"], region, row["sector"])
        for row in family.uses
        for region in sorted(users[row["chain_product"]])
    )
    return Chain(
        products=tuple(family.products),
        product_stage={p: row["stage"] for p, row in family.products.items()},
        regions=tuple(dict.fromkeys(family.region_of.values())),
        processes=processes,
        activities=activities,
        arcs=_arcs(family, activities, processes, uses),
        uses=uses,
        region_of=family.region_of,
        groups=groups(ds),
        free=frozenset(p for p, row in family.products.items() if row["may_be_left"]),
        units={p: (row["unit"], float(row["scale"])) for p, row in family.products.items()},
    )


def _processes(family: Family) -> dict[str, tuple[Process, Process | None]]:
    """Each process, and how it runs where it has no host; amounts in the units of the model."""
    found = {}
    every = family.ds.rows("chain_products")  # an input may come from a family asked beside
    scale = {row["chain_product"]: float(row["scale"]) for row in every}
    for process_id, rows in family.steps.items():
        main = scale[rows[0]["chain_product"]]
        part: dict[str, dict[str, float]] = {"output": {}, "input": {}, "limit": {}}
        for row in rows:
            product = row["chain_product"]
            part[row["flow_role"]][product] = quantity(family.ds, row) * main / scale[product]
        sources = tuple(sorted({row["source_id"] for row in rows}))
        stage = rows[0]["stage"]
        hosted = Process(process_id, stage, part["input"] | part["limit"], part["output"], sources)
        alone = Process(process_id + WITHOUT_HOST, stage, part["input"], part["output"], sources)
        found[process_id] = (hosted, alone if part["limit"] else None)
    return found


def _activities(
    family: Family, processes: Mapping[str, tuple[Process, Process | None]]
) -> tuple[tuple[Process, ...], tuple[tuple[str, str], ...]]:
    """Which process runs where."""
    at = {process_id: _places(family, rows) for process_id, rows in family.steps.items()}
    for process_id, region in first_plants(family):
        at[process_id].add(region)
    made: dict[str, set[str]] = {}
    for process_id, (hosted, _) in processes.items():
        for product in hosted.outputs:
            made.setdefault(product, set()).update(at[process_id])
    pairs: list[tuple[str, str]] = []
    kept: list[Process] = []
    for process_id, (hosted, alone) in processes.items():
        limits = {row["chain_product"] for row in family.steps[process_id] if row["flow_role"] == "limit"}
        bound = {r for r in at[process_id] if all(r in made.get(p, set()) for p in limits)}
        for process, regions in ((hosted, bound), (alone, at[process_id] - bound)):
            if process is not None and regions:
                kept.append(process)
                pairs.extend((process.process_id, region) for region in sorted(regions))
    return tuple(kept), tuple(pairs)


def first_plants(family: Family) -> frozenset[tuple[str, str]]:
    """Process and region of plants to come where no list has its output yet; they run nothing in the base year."""
    coming = {(plant.process_id, plant.region) for plant in plants(family)}
    at = {process_id: _places(family, family.steps[process_id]) for process_id, _ in coming}
    return frozenset((process_id, region) for process_id, region in coming if region not in at[process_id])


def is_first(activity: tuple[str, str], first: Container[tuple[str, str]]) -> bool:
    """Whether an activity is there for plants that are still being built, and for nothing else."""
    process_id, region = activity
    return (process_id.removesuffix(WITHOUT_HOST), region) in first


def _places(family: Family, rows: tuple[Row, ...]) -> set[str]:
    """Regions that run a process."""
    named = {p for row in rows for p in (row["places"] or "").split(";") if p}
    if named:
        return {family.region_of[place] for place in named}
    found: set[str] = set()
    for row in rows:
        if row["production_product"] and row["flow_role"] == "output":
            listed = listed_output(family.ds, row["production_product"], row["production_stage"], family.year)
            makers = {r["country"] for r in listed if r["quantity"] and not r["is_total"]}
            found |= {family.region_of[place] for place in makers if place in family.region_of}
            if "ROW" in makers:  # exporters that the list does not name are among its other countries
                found |= {origin for origin, _ in family.flows[row["chain_product"]]} - set(SIDES)
    return found or _traders(family, rows)


def listed_output(ds: Tables, product: str, stage: str, year: int) -> list[Row]:
    """Preferred output rows of the latest year with a list, or of the first one after.

    One list only: a place that a later list leaves out is not carried on from an earlier one.
    """
    rows = [r for r in ds.rows("production", product=product, stage=stage) if r["preferred"]]
    years = sorted({r["year"] for r in rows})
    if not years:
        return []
    chosen = max((y for y in years if y <= year), default=years[0])
    return [r for r in rows if r["year"] == chosen]


def _traders(family: Family, rows: tuple[Row, ...]) -> set[str]:
    """Makers that no table lists: places that bring up or import the feed, export the product, or have a plant."""
    least = assumption(family.ds, "least_trader_share")
    product = rows[0]["chain_product"]
    feeds = [row["chain_product"] for row in rows if row["flow_role"] == "input"]
    found: set[str] = set()
    for at, chosen in ((1, feeds), (0, [product])):
        for one in chosen:
            flows = {pair: flow.value for pair, flow in family.flows[one].items() if not set(SIDES) & set(pair)}
            moved: dict[str, float] = {}
            for pair, tonnes in flows.items():
                moved[pair[at]] = moved.get(pair[at], 0.0) + tonnes
            found |= {region for region, tonnes in moved.items() if tonnes >= least * sum(flows.values())}
    for row in (r for steps in family.steps.values() for r in steps):
        if row["chain_product"] in feeds and row["flow_role"] == "output" and row["production_product"]:
            listed = listed_output(family.ds, row["production_product"], row["production_stage"], family.year)
            named = [r for r in listed if not r["is_total"] and r["country"] in family.region_of]
            whole = sum(float(r["quantity"]) for r in named)
            found |= {family.region_of[r["country"]] for r in named if float(r["quantity"]) >= least * whole}
    bare, _, stage = product.partition(":")
    plants = [r for table in ("facilities", "projects") for r in family.ds.rows(table, product=bare, stage=stage)]
    return found | {family.region_of[r["country"]] for r in plants if r["status"] in PRESENT}


def _used(family: Family) -> list[str]:
    return list(dict.fromkeys(row["chain_product"] for row in family.uses))


def _users(
    family: Family, product: str, activities: tuple[tuple[str, str], ...], processes: tuple[Process, ...]
) -> set[str]:
    """Regions that use a product as such: with a demand figure, with imports, or where it is made."""
    asked = family.products[product]["demand_product"]
    rows = own_rows(family.ds, "demand", product=asked) if asked else []
    found = {family.region_of[r["country"]] for r in rows if r["country"] in family.region_of}
    found |= {destination for (_o, destination) in family.flows[product] if destination != "WLD"}
    outputs = {p.process_id: p.outputs for p in processes}
    found |= {region for process_id, region in activities if product in outputs[process_id]}
    return found | _made_elsewhere(family).get(product, set())


def _made_elsewhere(family: Family) -> dict[str, set[str]]:
    """Regions that make a product in the processes of another family."""
    return {rows[0]["chain_product"]: _places(family, rows) for rows in family.elsewhere.values()}


def _arcs(
    family: Family,
    activities: tuple[tuple[str, str], ...],
    processes: tuple[Process, ...],
    uses: tuple[tuple[str, str, str], ...],
) -> tuple[tuple[str, str, str], ...]:
    """Routes from makers to takers, and those that customs show from places that only pass a product on.

    What lies in a liquor or a residue stays where it is: products without a price are not shipped.
    """
    makers, takers = makers_and_takers(processes, activities, uses, _made_elsewhere(family))
    for product, flows in family.flows.items():
        takers.setdefault(product, set()).update({origin for origin, _ in flows} - set(SIDES))
    found: dict[tuple[str, str, str], None] = {}
    for product, row in family.products.items():
        if not row["is_shipped"]:
            continue
        for origin in sorted(makers.get(product, set())):
            for destination in sorted(takers.get(product, set()) - {origin}):
                found[product, origin, destination] = None
        for origin, destination in sorted(family.flows[product]):
            if not set(SIDES) & {origin, destination}:
                found[product, origin, destination] = None
    return tuple(found)
