"""What must hold between rows: units fit products, claims are settled, dates are in order, ranges are ranges."""

from __future__ import annotations

import re
from collections.abc import Iterator

from didymium.schema.bodies import Bodies, Body, words
from didymium.schema.faults import Fault, visible
from didymium.schema.preference import choose

ISO_ALPHA_3 = re.compile(r"[A-Z]{3}")
AMOUNT_TABLES = ("production", "supply_outlook", "reserves", "demand", "demand_outlook", "trade")
CAPACITY_TABLES = ("projects", "facilities")
STAGED_TABLES = ("production", "supply_outlook", "projects", "facilities")
CLAIM_TABLES = ("production", "demand", "trade", "elasticities")
CAPACITY_OF = {
    "mass": ("capacity_mass", "capacity_feed"),
    "energy": ("capacity_energy",),
    "count": ("capacity_count",),
    "power": ("capacity_power",),
}
UNIT_DIMENSIONS = {
    "prices": ("price_per_mass", "share"),
    "stockpiles": ("mass", "energy", "time", "share", "count"),
    "lead_times": ("time", "share"),
    "governance": ("index",),
    "elasticities": ("share",),
    "value_at_stake": ("price_per_mass", "money_per_time"),
    "licences": ("share", "time"),
    "recipes": ("recipe", "mass_share", "mass", "share"),
}
RANGES = (
    ("low", "value"),
    ("value", "high"),
    ("value_low", "value"),
    ("value", "value_high"),
    ("value_low", "quantity"),
    ("quantity", "value_high"),
    ("value_low", "value_high"),
    ("price_low", "price"),
    ("price", "price_high"),
    ("sigma_share_low", "sigma_share"),
    ("sigma_share", "sigma_share_high"),
    ("year_from", "year_to"),
    ("approved", "submitted"),
    ("lost_low", "lost_share"),
    ("lost_share", "lost_high"),
    ("value_low", "value_high"),
    ("published_low", "published_high"),
    ("content_share_low", "content_share"),
    ("content_share", "content_share_high"),
)
DATE_ORDER = {
    "measures": (("announced_date", "effective_date"), ("announced_date", "end_date")),
    "sources": (("published_date", "accessed_date"),),
}


def units_fit(bodies: Bodies) -> Iterator[Fault]:
    """The unit of an amount has a dimension of its product, weighs its element, and states its mass basis."""
    units, products = words(bodies, "units.unit"), words(bodies, "products.product")
    for name in (*AMOUNT_TABLES, *CAPACITY_TABLES):
        body = bodies[name]
        column = "capacity_unit" if name in CAPACITY_TABLES else "unit"
        for index, row in enumerate(body.rows):
            unit, product = units.get(row[column]), products.get(row["product"])
            if unit is None or product is None:
                continue
            allowed = str(product["dimension"]).split(";")
            if name in CAPACITY_TABLES:
                allowed = [capacity for dimension in allowed for capacity in CAPACITY_OF.get(dimension, ())]
            elif unit["dimension"] == "share":
                if row.get("quantity") is not None and row["quantity"] > 1:
                    yield body.fault(index, "quantity", f"{row['quantity']:g} is no share.", "Expected 0 to 1.")
                continue
            if unit["dimension"] not in allowed:
                what = f"unit {visible(row[column])} measures {unit['dimension']}; {row['product']} is given in "
                usual = f" Usual unit: {product['unit']}." if product["unit"] else ""
                yield body.fault(index, column, what + f"{' or '.join(allowed) or 'no amounts'}.", usual)
                continue
            weighed, element = unit["element"], product["element"]
            if weighed == "REO":
                fits = product["family"] == "ree"
            else:
                fits = not weighed or not element or weighed == element
            if not fits:
                what = f"unit {visible(row[column])} weighs {weighed}; {row['product']} holds {element or 'none'}."
                yield body.fault(index, column, what, f"Usual unit: {product['unit'] or '(none)'}.")
            basis = row.get("mass_basis")
            if basis and unit["mass_basis"] and basis != unit["mass_basis"]:
                what = f"mass basis {basis} contradicts unit {visible(row[column])}."
                yield body.fault(index, "mass_basis", what, f"Expected {unit['mass_basis']}.")
    for name, dimensions in UNIT_DIMENSIONS.items():
        body = bodies[name]
        for index, row in enumerate(body.rows):
            unit = units.get(row["unit"])
            if unit is not None and unit["dimension"] not in dimensions:
                what = f"unit {visible(row['unit'])} measures {unit['dimension']}."
                yield body.fault(index, "unit", what, f"Table {name} takes {' or '.join(dimensions)}.")


def stages_fit(bodies: Bodies) -> Iterator[Fault]:
    """A product stands at one of the stages its vocabulary row names."""
    products, stages = words(bodies, "products.product"), words(bodies, "stages.stage")
    for name in STAGED_TABLES:
        body = bodies[name]
        for index, row in enumerate(body.rows):
            product = products.get(row["product"])
            if product and row["stage"] in stages and row["stage"] not in str(product["stages"]).split(";"):
                what = f"{row['product']} does not occur at stage {visible(row['stage'])}."
                yield body.fault(index, "stage", what, f"Its stages: {product['stages'].replace(';', ', ')}.")


def ranges_hold(bodies: Bodies) -> Iterator[Fault]:
    """Low ends lie below values, values below high ends."""
    for body in bodies.values():
        names = body.table.column_names
        for low, high in RANGES:
            if low not in names or high not in names:
                continue
            for index, row in enumerate(body.rows):
                if row[low] is not None and row[high] is not None and row[low] > row[high]:
                    what = f"{row[low]:g} is above {high} {row[high]:g}."
                    yield body.fault(index, low, what, "Swap or correct them.")


def stocks_told(bodies: Bodies) -> Iterator[Fault]:
    """A stock has an amount, or both ends of a range."""
    body = bodies["stockpiles"]
    for index, row in enumerate(body.rows):
        if row["quantity"] is None and (row["value_low"] is None or row["value_high"] is None):
            what = "there is neither an amount nor a range."
            yield body.fault(index, "quantity", what, "Give quantity, or value_low and value_high.")


def dates_in_order(bodies: Bodies) -> Iterator[Fault]:
    """What comes first is dated first; a partial date may be any day it covers."""
    for name, pairs in DATE_ORDER.items():
        body = bodies[name]
        for index, row in enumerate(body.rows):
            for first, then in pairs:
                a, b = row[first], row[then]
                if a and b and a[: len(b)] > b[: len(a)]:
                    yield body.fault(index, then, f"{b} lies before {first} {a}.", "Correct one of them.")
    body = bodies["trade"]
    for index, row in enumerate(body.rows):
        if row["period_kind"] in ("year", "month", "part_year") and str(row["year"]) != row["period"][:4]:
            yield body.fault(index, "year", f"{row['year']} is not the year of period {row['period']}.", "Correct it.")
    body = bodies["prices"]
    for index, row in enumerate(body.rows):
        if str(row["year"]) != row["period"][:4]:
            yield body.fault(index, "year", f"{row['year']} is not the year of period {row['period']}.", "Correct it.")


def totals_marked(bodies: Bodies) -> Iterator[Fault]:
    """is_total says what the words say: the world, or a sector that sums others."""
    roles = {name: row["role"] for name, row in words(bodies, "demand_sectors.sector").items()}
    for name in ("production", "reserves", "demand", "trade"):
        body = bodies[name]
        for index, row in enumerate(body.rows):
            if name == "trade":
                total = "WLD" in (row["exporter"], row["importer"])
            else:
                total = row["country"] == "WLD"
            if name == "demand":
                total = total or roles.get(row["sector"]) in ("total", "subtotal")
            if row["is_total"] is not total:
                what = f"is_total is {int(row['is_total'])} for {'a total' if total else 'a part'}."
                yield body.fault(index, "is_total", what, f"Expected {int(total)}.")


def claims_settled(bodies: Bodies) -> Iterator[Fault]:
    """Of several claims of one fact at most one is used: the one that the rules name.

    Facts that a layer speaks of are left out: there the layer's own mark wins over the rules.
    """
    rules = bodies["rules"].rows
    changed = any(any(body.layers) for body in bodies.values())
    for name in CLAIM_TABLES:
        body = bodies[name]
        table = body.table
        if changed and not any(body.layers):
            continue
        layered = {
            tuple(row[part] for part in table.cell) for row, layer in zip(body.rows, body.layers, strict=True) if layer
        }
        for index, choice in enumerate(choose(table, body.rows, rules)):
            row = body.rows[index]
            if layered and tuple(row[part] for part in table.cell) in layered:
                continue
            fact = " ".join(str(row[part]) for part in table.cell if row[part] is not None)
            if choice.undecided:
                if row["preferred"]:
                    what = f"several series claim {fact} and no rule chooses."
                    yield body.fault(index, "preferred", what, "Add a row to rules (action prefer), or keep one claim.")
            elif row["preferred"] is not choice.preferred:
                reason = f"rule {choice.rule_id}" if choice.rule_id else "another series is used"
                if choice.preferred and not choice.rule_id:
                    reason = "it is the only claim"
                what = f"series {visible(str(row['series']))} of {fact} is marked {int(row['preferred'])}; {reason}."
                yield body.fault(index, "preferred", what, f"Expected {int(choice.preferred)}, or change the rules.")


def projects_exist(bodies: Bodies) -> Iterator[Fault]:
    """A deal belongs to a project or a plant."""
    known = set(words(bodies, "projects.project_id")) | set(words(bodies, "facilities.facility_id"))
    body = bodies["finance_terms"]
    for index, row in enumerate(body.rows):
        if row["project_id"] not in known:
            what = f"project {visible(row['project_id'])} is not known."
            yield body.fault(index, "project_id", what, "Expected an id of projects or facilities.")


def tables_named(bodies: Bodies) -> Iterator[Fault]:
    """Rules, terms and known differences name tables that exist."""
    for name, column in (
        ("rules", "table"),
        ("additivity", "table"),
        ("known_differences", "table"),
        ("terms_products", "source_table"),
        ("terms_stages", "source_table"),
        ("terms_places", "source_table"),
    ):
        body = bodies[name]
        for index, row in enumerate(body.rows):
            if row[column] is not None and row[column] not in bodies:
                yield body.fault(
                    index, column, f"table {visible(row[column])} is not known.", "See the data dictionary."
                )


def places_formed(bodies: Bodies) -> Iterator[Fault]:
    """A country has an ISO 3166 alpha-3 code; groups are named as groups."""
    body = bodies["places"]
    kinds = {row["place"]: row["kind"] for row in body.rows}
    for index, row in enumerate(body.rows):
        if row["kind"] == "country" and not ISO_ALPHA_3.fullmatch(row["place"]):
            what = f"{visible(row['place'])} is no ISO 3166 alpha-3 code."
            yield body.fault(index, "place", what, "Expected three capital letters, e.g. AUS.")
        for group in str(row["groups"] or "").split(";"):
            if group and kinds.get(group) not in (None, "group"):
                yield body.fault(index, "groups", f"{visible(group)} is no group.", "Its kind must be group.")


def terms_reviewed(bodies: Bodies) -> Iterator[Fault]:
    """A product or stage that the source named otherwise stands in the table of terms with the reading used."""
    products: dict[tuple[str, str], set[str]] = {}
    for row in bodies["terms_products"].rows:
        products.setdefault((row["source_table"], row["term"]), set()).update(str(row["product"]).split(";"))
    stages: dict[tuple[str, str], set[str]] = {}
    for row in bodies["terms_stages"].rows:
        stages.setdefault((row["source_table"], row["term"]), set()).add(row["stage"])
    for name in CAPACITY_TABLES:
        body = bodies[name]
        for index, row in enumerate(body.rows):
            for column, given, known in (
                ("product", row["product_as_given"], products),
                ("stage", row["stage_as_given"], stages),
            ):
                if given and given != row[column] and row[column] not in known.get((name, given), set()):
                    what = f"{visible(given)} is not read as {row[column]} in terms_{column}s."
                    yield body.fault(index, f"{column}_as_given", what, f"Add a reviewed row to terms_{column}s.")


ADDITIVITY_WORDS = {
    "product": "products.product",
    "country": "places.place",
    "sector": "demand_sectors.sector",
    "stage": "stages.stage",
    "mass_basis": "mass_bases.mass_basis",
}


def additivity_named(bodies: Bodies) -> Iterator[Fault]:
    """Wholes and parts are words of their dimension, and nothing contains itself."""
    body: Body = bodies["additivity"]
    for index, row in enumerate(body.rows):
        if row["whole"] == row["part"] and row["whole"] != "*":
            yield body.fault(index, "part", f"{visible(row['part'])} is its own part.", "Delete the row.")
        if row["dimension"] not in ADDITIVITY_WORDS:
            continue
        known = words(bodies, ADDITIVITY_WORDS[row["dimension"]])
        for column in ("whole", "part"):
            if row[column] != "*" and row[column] not in known:
                what = f"{row['dimension']} {visible(row[column])} is not known."
                yield body.fault(index, column, what, f"Use a word of {ADDITIVITY_WORDS[row['dimension']]}.")
