"""The magnet chain, built from tables: recipes, ore routes, plants, trade and sectors.

Ore is carried by deposit type, because each type gives the fifteen rare earths in its own proportions. Neodymium and
praseodymium are carried as their blend. Alloy, blank and magnet come in two grades: `std`, and `ht` with dysprosium and
terbium for hot machines. A place joins a step of the chain when a table says that it makes, ships or uses something
there.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from didymium.scenario.inputs import Chain, Process

Row = Mapping[str, Any]
Made = TypeVar("Made")

ORE = "reo_mixed"
GRADES = {"std": "ndfeb_alloy_n", "ht": "ndfeb_alloy_iea_ev_motor"}
BLENDED = {"nd_oxide": "ndpr_oxide", "pr_oxide": "ndpr_oxide"}
REDUCED = {"red_ndpr": "ndpr_oxide", "red_dy": "dy_oxide", "red_tb": "tb_oxide"}
HEAVY = (
    "sm_oxide",
    "eu_oxide",
    "gd_oxide",
    "tb_oxide",
    "dy_oxide",
    "y_oxide",
    "other_hree_oxide",
)  # leave together as SEG
METALS = ("ndpr_metal", "dy_metal", "tb_metal")
RISING = ("ramping", "construction")  # plants whose output is still to come, in part or whole
PRESENT = ("operating", *RISING)  # plants that stand or are being built


class Tables(Protocol):
    """What this room needs of a dataset."""

    def rows(self, table: str, /, **equals: Any) -> list[dict[str, Any]]:
        """Typed rows of a table whose columns equal the given values."""
        ...

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What `make` works out of the rows, worked out once for each `key`."""
        ...


def regions(ds: Tables) -> dict[str, str]:
    """Place code → region of the network."""
    return {r["place"]: r["region"] for r in ds.rows("regions")}


def assumption(ds: Tables, assumption_id: str) -> float:
    """The value of one assumption row. Raises KeyError."""
    for row in ds.rows("assumptions", assumption_id=assumption_id):
        return float(row["value"])
    raise KeyError(assumption_id)


def groups(ds: Tables) -> dict[str, frozenset[str]]:
    """Groups of places that a scenario may name, with their members."""
    return {"EU27": frozenset(r["place"] for r in ds.rows("places") if "EU27" in (r["groups"] or "").split(";"))}


def magnet_processes(ds: Tables) -> tuple[Process, ...]:
    """All recipes of the chain, from ore to finished magnet and back from swarf to oxide.

    `collect` brings in magnet scrap beyond the swarf of machining: rejects, sludge and old magnets, counted as swarf.
    """
    recipes: dict[str, list[Row]] = {}
    for row in ds.rows("recipes"):
        recipes.setdefault(row["process_id"], []).append(row)
    ores = sorted({row["process_id"] for row in ds.rows("ore_routes")})
    steps: list[Process] = []
    for recipe_id in ores:
        ore = f"{ORE}:{recipe_id.removeprefix('sep_')}"
        steps.append(Process(f"mine_{ore.partition(':')[2]}", "mine", {}, {ore: 1.0}))
        steps.append(_separation(recipe_id, recipes[recipe_id], ore))
    for recipe_id in REDUCED:
        steps.append(_plain(recipe_id, "metal", recipes[recipe_id], METALS + tuple(REDUCED.values())))
    press = assumption(ds, "press_sinter_yield")
    finished_per_alloy = 1.0 / _quantity(recipes["sinter_ndfeb"], "input", "ndfeb_alloy")
    machining = finished_per_alloy / press
    recovery = assumption(ds, "swarf_recovery_share")
    oxide_per_metal = {
        metal: _quantity(recipes[recipe_id], "parameter", oxide)
        for recipe_id, oxide in REDUCED.items()
        for metal in METALS
        if oxide.split("_")[0] == metal.split("_")[0]
    }
    for grade, recipe_id in GRADES.items():
        alloy = _plain(recipe_id, "alloy", recipes[recipe_id], METALS)
        ids = alloy.source_ids
        steps.append(Process(f"alloy_{grade}", "alloy", alloy.inputs, {f"ndfeb_alloy_{grade}": 1.0}, ids))
        blank = f"ndfeb_blank_{grade}"
        steps.append(Process(f"sinter_{grade}", "blank", {f"ndfeb_alloy_{grade}": 1 / press}, {blank: 1.0}, ids))
        swarf = f"ndfeb_swarf_{grade}"
        steps.append(Process(f"collect_{grade}", "scrap", {}, {swarf: 1.0}))
        made = {f"ndfeb_magnet_{grade}": 1.0, swarf: (1 - machining) / machining}
        steps.append(Process(f"machine_{grade}", "magnet", {blank: 1 / machining}, made, ids))
        back = {
            metal.replace("_metal", "_oxide"): share / oxide_per_metal[metal] * recovery
            for metal, share in alloy.inputs.items()
        }
        steps.append(Process(f"recycle_{grade}", "separated", {swarf: 1.0}, back, ids))
    return tuple(steps)


def separation(ds: Tables, recipe_id: str) -> Process:
    """The separation recipe of a deposit type, whether or not it is an ore of the chain."""
    return _separation(recipe_id, ds.rows("recipes", process_id=recipe_id), f"{ORE}:{recipe_id.removeprefix('sep_')}")


def _separation(recipe_id: str, rows: Iterable[Row], ore: str) -> Process:
    """Joint oxides of one ore, in its proportions, less the loss of separation."""
    rows = list(rows)
    shares: dict[str, float] = {}
    for row in rows:
        if row["flow_role"] == "output":
            product = BLENDED.get(row["product"], row["product"])
            shares[str(product)] = shares.get(str(product), 0.0) + float(row["quantity"])
    recovery = next(
        float(r["quantity"]) for r in rows if r["flow_role"] == "parameter" and r["unit"].startswith("overall")
    )
    total = max(
        sum(shares.values()), 1.0
    )  # a source's shares may sum to a little over one: no tonne is made of nothing
    outputs = {product: share / total * recovery for product, share in shares.items()}
    return Process(recipe_id, "separated", {ore: 1.0}, outputs, _sources(rows), recovery)


def _plain(recipe_id: str, stage: str, rows: Iterable[Row], kept: tuple[str, ...]) -> Process:
    """A recipe with only the products of the chain; iron, boron and cobalt are not followed."""
    rows = list(rows)
    inputs = {r["product"]: float(r["quantity"]) for r in rows if r["flow_role"] == "input" and r["product"] in kept}
    outputs = {r["product"]: float(r["quantity"]) for r in rows if r["flow_role"] == "output"}
    return Process(recipe_id, stage, inputs, outputs, _sources(rows))


def _quantity(rows: Iterable[Row], role: str, product: str) -> float:
    return next(float(r["quantity"]) for r in rows if r["flow_role"] == role and r["product"] == product)


def _sources(rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple(sorted({r["source_id"] for r in rows if r.get("source_id")}))


def magnet_chain(ds: Tables, year: int) -> Chain:
    """The topology of the rare-earth magnet chain in a year, over the regions of the `regions` table."""
    region_of = regions(ds)
    names = tuple(dict.fromkeys(region_of.values()))
    processes = magnet_processes(ds)
    activities, processes = _with_circuits(ds, year, _activities(ds, region_of, processes), processes)
    uses = tuple(
        (f"ndfeb_magnet_{grade}", region, sector["sector"])
        for sector in ds.rows("magnet_sectors")
        for grade in _grades_of(sector["heavy_grade_share"])
        for region in _users(ds, region_of)
        if sector["share_of_world"]
    ) + tuple(
        (row["product"], region, row["sector"])
        for row in ds.rows("oxide_uses")
        for region in _oxide_users(ds, region_of, row)
    )
    arcs = _arcs(ds, region_of, processes, activities, uses)
    products: dict[str, str] = {}
    for process in processes:
        for product in (*process.inputs, *process.outputs):
            products.setdefault(product, "")
        for product in process.outputs:
            if not process.process_id.startswith(("recycle", "collect")):
                products[product] = process.stage
    return Chain(
        products=tuple(products),
        product_stage=products,
        regions=names,
        processes=processes,
        activities=activities,
        arcs=arcs,
        uses=uses,
        region_of=region_of,
        groups=groups(ds),
        free=frozenset(row["product"] for row in ds.rows("oxide_uses")),  # made whether wanted or not
    )


def _grades_of(heavy_share: float) -> tuple[str, ...]:
    if heavy_share >= 1:
        return ("ht",)
    return ("std",) if heavy_share <= 0 else ("std", "ht")


def _users(ds: Tables, region_of: Mapping[str, str]) -> tuple[str, ...]:
    """Regions that use finished magnets: those with a demand figure or magnet imports."""
    found = {region_of[r["country"]] for r in ds.rows("demand", product="ndfeb_magnet") if r["country"] in region_of}
    found |= {
        region_of[r["importer"]]
        for product in ("ndfeb_magnet", "permanent_magnet_metal")
        for r in ds.rows("trade", product=product)
        if r["importer"] in region_of
    }
    return tuple(sorted(found | {"ROW", "ROW_EU"}))


def _oxide_users(ds: Tables, region_of: Mapping[str, str], use: Row) -> tuple[str, ...]:
    """Regions that take an oxide for uses of its own: large importers of its customs basket, and China."""
    found = {
        region_of[r["importer"]]
        for r in ds.rows("trade", product=use["trade_product"])
        if r["importer"] in region_of and (r["quantity"] or 0) >= use["min_trade_t"] and r["flow_basis"] == "reconciled"
    }
    return tuple(sorted(found | {"CHN"}))


def plants(ds: Tables, region_of: Mapping[str, str]) -> dict[str, set[str]]:
    """Stage → regions that run it, or will: from output rows, plants and projects that exist or are being built."""
    stage_products = {
        "separated": {"nd_oxide", "pr_oxide", "ndpr_oxide", "dy_oxide", "tb_oxide", "re_compounds"},
        "metal": {"re_metal", "ndpr_metal", "nd_metal", "dy_metal"},
        "alloy": {"ndfeb_alloy"},
        "magnet": {"ndfeb_magnet", "ndfeb_blank"},
    }
    found: dict[str, set[str]] = {stage: set() for stage in stage_products}
    rows = [r for r in ds.rows("production") if r["preferred"]]
    rows += [r for t in ("facilities", "projects") for r in ds.rows(t) if r["status"] in PRESENT]
    for row in rows:
        for stage, products in stage_products.items():
            if row["product"] in products and row["country"] in region_of:
                found[stage].add(region_of[row["country"]])
    found["alloy"] |= found["metal"] | found["magnet"]
    return found


def scrapped(ds: Tables, region_of: Mapping[str, str]) -> set[str]:
    """Regions whose output of magnet oxides from scrap is published."""
    rows = ds.rows("production", stage="recycled")
    return {region_of[r["country"]] for r in rows if r["product"] in REDUCED.values() and r["country"] in region_of}


def project_steps(ds: Tables) -> list[Row]:
    """Rows of `projects`, one row a phase where a project has phases: capacity that is new, when it is new."""
    phases: dict[tuple[str, str], list[Row]] = {}
    for phase in ds.rows("project_phases"):
        phases.setdefault((phase["project_id"], phase["product"]), []).append(phase)
    steps: list[Row] = []
    for row in ds.rows("projects"):
        parts = phases.get((row["project_id"], row["product"]))
        taken = ("start_year", "capacity", "capacity_unit", "status")
        steps += [{**row, **{k: part[k] for k in taken}} for part in parts] if parts else [row]
    return steps


def _activities(
    ds: Tables, region_of: Mapping[str, str], processes: tuple[Process, ...]
) -> tuple[tuple[str, str], ...]:
    """Which recipe runs where: ore routes fix mining and separation, plants fix the later steps."""
    at = plants(ds, region_of)
    mined: dict[str, set[str]] = {}
    separated: dict[str, set[str]] = {}
    for row in ds.rows("ore_routes"):
        recipe_id = row["process_id"]
        mined.setdefault(recipe_id, set()).add(region_of[row["place"]])
        separated.setdefault(recipe_id, set()).update(region_of[p] for p in row["separated_in"].split(";"))
    homes = {"sep": separated, "mine": {f"mine_{k.removeprefix('sep_')}": v for k, v in mined.items()}}
    homes["collect"] = dict.fromkeys((f"collect_{grade}" for grade in GRADES), scrapped(ds, region_of))
    stage = {"red": "metal", "alloy": "alloy", "sinter": "magnet", "machine": "magnet", "recycle": "magnet"}
    pairs: list[tuple[str, str]] = []
    for process in processes:
        kind = process.process_id.partition("_")[0]
        places = homes[kind][process.process_id] if kind in homes else at[stage[kind]]
        pairs.extend((process.process_id, region) for region in sorted(places))
    return tuple(pairs)


def _with_circuits(
    ds: Tables, year: int, activities: tuple[tuple[str, str], ...], processes: tuple[Process, ...]
) -> tuple[tuple[tuple[str, str], ...], tuple[Process, ...]]:
    """Give each place that separates only part of its heavies a recipe of its own, `sep_<ore>_<place>`."""
    heavy = {
        r["place"]: float(r["share"])
        for r in sorted(ds.rows("heavy_circuits"), key=lambda r: r["year"])
        if r["year"] <= year
    }
    recipes = {p.process_id: p for p in processes}
    placed: list[tuple[str, str]] = []
    own: dict[str, Process] = {}
    for process_id, region in activities:
        share = heavy.get(region, 0.0)
        if not process_id.startswith("sep_") or share >= 1:
            placed.append((process_id, region))
            continue
        recipe = recipes[process_id]
        kept = {p: q * (share if p in HEAVY else 1.0) for p, q in recipe.outputs.items()}
        name = f"{process_id}_{region.lower()}"
        own[name] = replace(recipe, process_id=name, outputs={p: q for p, q in kept.items() if q > 0})
        placed.append((name, region))
    return tuple(placed), (*processes, *own.values())


def makers_and_takers(
    processes: Sequence[Process],
    activities: Iterable[tuple[str, str]],
    uses: Iterable[tuple[str, str, str]],
    made: Mapping[str, Iterable[str]] = MappingProxyType({}),
) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """By product, the regions that make it and those that take it in; `made`: what is known to be made elsewhere."""
    recipes = {p.process_id: p for p in processes}
    makers = {product: set(regions) for product, regions in made.items()}
    takers: dict[str, set[str]] = {}
    for process_id, region in activities:
        for product in recipes[process_id].outputs:
            makers.setdefault(product, set()).add(region)
        for product in recipes[process_id].inputs:
            takers.setdefault(product, set()).add(region)
    for product, region, _sector in uses:
        takers.setdefault(product, set()).add(region)
    return makers, takers


def _arcs(
    ds: Tables,
    region_of: Mapping[str, str],
    processes: tuple[Process, ...],
    activities: tuple[tuple[str, str], ...],
    uses: tuple[tuple[str, str, str], ...],
) -> tuple[tuple[str, str, str], ...]:
    """Routes from makers to takers of a product; ore follows its route, blanks and swarf stay where they arise."""
    makers, takers = makers_and_takers(processes, activities, uses)
    arcs: dict[tuple[str, str, str], None] = {}
    for row in ds.rows("ore_routes"):
        ore = f"{ORE}:{row['process_id'].removeprefix('sep_')}"
        origin = region_of[row["place"]]
        for place in row["separated_in"].split(";"):
            if region_of[place] != origin:
                arcs[ore, origin, region_of[place]] = None
    for product, origins in sorted(makers.items()):
        if not product.startswith(("ndfeb_blank", "ndfeb_swarf", ORE)):
            for origin in sorted(origins):
                for destination in sorted(takers.get(product, set()) - {origin}):
                    arcs[product, origin, destination] = None
    return tuple(arcs)
