"""Vocabularies and rules: the words all other tables use, and what may be done with their rows."""

from __future__ import annotations

from didymium.schema.columns import Column, Table
from didymium.schema.shared_columns import BASIS, CONFIDENCE, LAST_YEAR, NAME, NAME_JA, NOTES, SOURCE

SOURCES = Table(
    "sources",
    "Sources",
    "出典",
    "A publication, data set or page that facts were read from.",
    (
        Column("source_id", "id", "Short name used by all tables.", required=True, example="usgs-mcs2026"),
        Column("title", "text", "Title, or what the page is.", required=True),
        Column("producer", "text", "Who publishes it.", required=True),
        Column("url", "url", "Where it was read; empty for derivations of this project."),
        Column("published_date", "date", "When it was published, where known."),
        Column("accessed_date", "date", "When it was read, where known."),
        Column("licence", "text", "Terms of use; `unknown` where none were found.", required=True),
        Column(
            "kind",
            "id",
            "What kind of witness: official body, company, industry body, research, press, or our derivation.",
            terms=("official", "company", "industry", "research", "press", "derivation"),
            required=True,
        ),
        NOTES,
    ),
    ("source_id",),
)

PLACES = Table(
    "places",
    "Places",
    "国・地域",
    "A country (ISO 3166 alpha-3), a group of countries, the world, or the rest of it.",
    (
        Column("place", "id", "ISO 3166 alpha-3, or one of WLD, ROW, EU27, G7, QUAD.", required=True, example="JPN"),
        NAME,
        NAME_JA,
        Column(
            "kind",
            "id",
            "country; group = its members are listed by `groups`; world; rest = what is left of the world.",
            terms=("country", "group", "world", "rest"),
            required=True,
        ),
        Column("groups", "list", "Groups the country belongs to.", references="places.place", example="EU27;G7"),
        SOURCE,
    ),
    ("place",),
)

STAGES = Table(
    "stages",
    "Stages",
    "工程",
    "A step of a chain from mine to use.",
    (
        Column("stage", "id", "Stage.", required=True, example="separated"),
        NAME,
        NAME_JA,
        Column("position", "integer", "Order along the chain, small first.", required=True, minimum=0, maximum=200),
        Column("part_of", "id", "Stage whose total contains this one: never add both.", references="stages.stage"),
        Column("is_output", "flag", "0 = capacity, stock or demand: not production.", required=True),
        NOTES,
    ),
    ("stage",),
)

MASS_BASES = Table(
    "mass_bases",
    "Mass bases",
    "質量基準",
    "What a tonne weighs.",
    (
        Column("mass_basis", "id", "Mass basis.", required=True, example="oxide"),
        NAME,
        NAME_JA,
        Column("meaning", "text", "What is on the scale.", required=True),
        Column(
            "product", "id", "Product that has this mass, for conversion by recipes.", references="products.product"
        ),
    ),
    ("mass_basis",),
)

UNITS = Table(
    "units",
    "Units",
    "単位",
    "A unit that a number may stand in.",
    (
        Column("unit", "id", "Unit as written in the tables.", required=True, example="t REO"),
        NAME,
        NAME_JA,
        Column("dimension", "id", "What is measured; only equal dimensions may be compared.", required=True),
        Column("factor", "number", "Times this = base unit of the dimension (t, GWh, USD, day …).", minimum=0),
        Column("element", "text", "Element or compound weighed, if the unit names one.", example="Co"),
        Column(
            "sum_tolerance",
            "number",
            "How far shares in this unit may sum from 1, by the source's rounding; empty = not shares of a whole.",
            unit="share",
            minimum=0,
            maximum=0.1,
        ),
        Column("mass_basis", "id", "Mass basis that the unit itself states.", references="mass_bases.mass_basis"),
        NOTES,
    ),
    ("unit",),
)

PRODUCTS = Table(
    "products",
    "Products",
    "品目",
    "A material, article or group of them that a row can be about.",
    (
        Column("product", "id", "Product.", required=True, example="ndpr_oxide"),
        NAME,
        NAME_JA,
        Column("family", "id", "Family the product belongs to.", required=True),
        Column(
            "kind",
            "id",
            "material or article; blend of other products; aggregate of them; customs basket; group = a scope "
            "named by a law; technology = no tonnes.",
            terms=("material", "article", "blend", "aggregate", "basket", "group", "technology"),
            required=True,
        ),
        Column("stages", "list", "Stages it occurs at.", references="stages.stage", required=True),
        Column("unit", "id", "Usual unit; empty where tonnes make no sense.", references="units.unit"),
        Column("dimension", "text", "Dimensions its amounts may have, joined by `;`.", required=True),
        Column("element", "text", "Chemical symbol of the element it is about, if one.", example="Nd"),
        Column("hs_codes", "text", "Harmonised System codes, joined by `;`.", example="284690"),
        Column("byproduct_of", "text", "Host product, if it is a by-product."),
        Column(
            "companionality_share",
            "number",
            "Share of world supply that comes as a by-product.",
            unit="share",
            minimum=0,
            maximum=1,
        ),
        Column("notes", "text", "Scope and cautions."),
        SOURCE,
        CONFIDENCE,
    ),
    ("product",),
)

DEMAND_SECTORS = Table(
    "demand_sectors",
    "Uses",
    "用途",
    "A use that demand is split into.",
    (
        Column("sector", "id", "Use.", required=True, example="ev_motor"),
        NAME,
        NAME_JA,
        Column(
            "role",
            "id",
            "part = adds up with other parts; total = sum of the parts; subtotal = sum of some parts; "
            "alternative = another reading of a part; memo = repeats parts along another split.",
            terms=("part", "total", "subtotal", "alternative", "memo"),
            required=True,
        ),
        Column("repeats", "id", "Sector that it repeats.", references="demand_sectors.sector"),
        NOTES,
    ),
    ("sector",),
)

HS_CODES = Table(
    "hs_codes",
    "Customs codes",
    "HSコード",
    "The Harmonised System code under which a product crosses a border.",
    (
        Column("product", "id", "Product.", references="products.product", required=True),
        Column("hs2017_code", "text", "Code in HS 2017.", required=True, example="850511"),
        Column("hs2022_code", "text", "Code in HS 2022.", required=True, example="850511"),
        Column("description", "text", "Wording of the heading.", required=True),
        Column(
            "precision",
            "id",
            "exact = the code is the product; broader = it holds other goods too.",
            terms=("exact", "broader"),
            required=True,
        ),
        Column("notes", "text", "National codes and cautions."),
        SOURCE,
        CONFIDENCE,
    ),
    ("product",),
)

TERMS_PRODUCTS = Table(
    "terms_products",
    "Product words in sources",
    "品目の対応表",
    "A word that a table's source uses for a product, and our product.",
    (
        Column("source_table", "id", "Table whose rows used the word.", required=True, example="projects"),
        Column("term", "text", "Word as given.", required=True, example="ree_ndpr_oxide"),
        Column(
            "record_id", "text", "Row for which this reading holds; empty = all rows with the word.", example="lofdal"
        ),
        Column("stage_as_given", "text", "Only where the row gave this stage; empty = any."),
        Column("product", "list", "Our products, one or more.", references="products.product", required=True),
        Column("factor", "number", "Times this = amount of our product.", minimum=0),
        Column("reviewed", "text", "Why this is the right reading.", required=True),
    ),
    ("source_table", "term", "record_id", "stage_as_given"),
)

TERMS_STAGES = Table(
    "terms_stages",
    "Stage words in sources",
    "工程の対応表",
    "A word that a table's source uses for a stage, and our stage.",
    (
        Column("source_table", "id", "Table whose rows used the word.", required=True),
        Column("term", "text", "Word as given.", required=True, example="separation"),
        Column("product", "text", "Our product for which this reading holds; empty = any."),
        Column("record_id", "text", "Row for which this reading holds; empty = all rows with the word."),
        Column("stage", "id", "Our stage.", references="stages.stage", required=True),
        Column("reviewed", "text", "Why this is the right reading.", required=True),
    ),
    ("source_table", "term", "product", "record_id"),
)

TERMS_PLACES = Table(
    "terms_places",
    "Place words in sources",
    "国・地域の対応表",
    "A code or name that a source uses for a place, and our place.",
    (
        Column("source_table", "id", "Table whose rows used the word.", required=True),
        Column("term", "text", "Word as given.", required=True, example="EUU"),
        Column("record_id", "text", "Row for which this reading holds; empty = all rows with the word."),
        Column("place", "id", "Our place.", references="places.place", required=True),
        Column("reviewed", "text", "Why this is the right reading.", required=True),
    ),
    ("source_table", "term", "record_id"),
)

RULES = Table(
    "rules",
    "Rules that settle contradictions",
    "矛盾を解く規則",
    "A decision on which claim is used where sources disagree, or how a claim must be read.",
    (
        Column("rule_id", "id", "Rule.", required=True, example="lynas-over-derived"),
        Column("table", "id", "Table it acts on.", required=True, example="production"),
        Column(
            "action",
            "id",
            "prefer = use this series; exclude = never use this series; reassign = another product or place than the "
            "source's; adjust = a row added so that sums hold; convert = another unit; merge = equal rows kept once; "
            "basis = states the mass basis; keep = claims differ and all stay, the decision says which is used; "
            "mark = state and grade follow the publisher's mark.",
            terms=("prefer", "exclude", "reassign", "adjust", "convert", "merge", "basis", "keep", "mark"),
            required=True,
        ),
        Column("rank", "integer", "Among rules of equal scope the smaller number wins.", required=True, minimum=0),
        Column("product", "list", "Only these products; empty = all.", references="products.product"),
        Column("stage", "list", "Only these stages; empty = all.", references="stages.stage"),
        Column("country", "list", "Only these places; empty = all.", references="places.place"),
        Column("sector", "list", "Only these uses; empty = all.", references="demand_sectors.sector"),
        Column("year_from", "year", "First year; empty = no limit.", minimum=1900, maximum=LAST_YEAR),
        Column("year_to", "year", "Last year; empty = no limit.", minimum=1900, maximum=LAST_YEAR),
        Column("series", "text", "Series that the rule speaks of.", example="USGS"),
        Column("decision", "text", "What is done.", required=True),
        Column("reason", "text", "Why.", required=True),
        Column("source_id", "id", "Source of the reason, if one.", references="sources.source_id"),
    ),
    ("rule_id",),
)

ADDITIVITY = Table(
    "additivity",
    "What may not be added up",
    "合算できないもの",
    "A pair along one dimension of which the whole contains or repeats the part: their amounts must not be added.",
    (
        Column(
            "dimension",
            "id",
            "Dimension along which rows would be added.",
            terms=("product", "country", "sector", "stage", "mass_basis", "flow_basis", "hs_nomenclature"),
            required=True,
        ),
        Column("whole", "id", "The containing word.", required=True, example="ndpr_oxide"),
        Column("part", "id", "The contained word.", required=True, example="nd_oxide"),
        Column("table", "id", "Only in this table; empty = everywhere."),
        Column("reason", "text", "Why.", required=True),
    ),
    ("dimension", "whole", "part", "table"),
)

KNOWN_DIFFERENCES = Table(
    "known_differences",
    "Known differences of sums",
    "既知の差異",
    "A world total that its country rows do not reach or exceed by more than rounding, and why it is left so.",
    (
        Column("table", "id", "Table.", required=True),
        Column("product", "id", "Product.", references="products.product", required=True),
        Column("stage", "id", "Stage.", references="stages.stage"),
        Column("year", "year", "Year.", required=True, minimum=1900, maximum=LAST_YEAR),
        Column("sector", "id", "Use.", references="demand_sectors.sector"),
        Column("series", "text", "Series; empty = the rows in use."),
        Column("difference_share", "number", "Country sum over world total, minus 1.", unit="share", required=True),
        Column("reason", "text", "Why it is left.", required=True),
    ),
    ("table", "product", "stage", "sector", "year", "series"),
)

CONFIDENCE_GRADES = Table(
    "confidence_grades",
    "Confidence and uncertainty",
    "信頼度と不確かさ",
    "What a grade of confidence means as evidence and as relative standard deviation.",
    (
        Column("confidence", "id", "Grade.", terms=("high", "medium", "low"), required=True),
        Column(
            "basis_kind",
            "id",
            "source = read; derived = arithmetic on other figures; assumption = no source read.",
            terms=("source", "derived", "assumption"),
            required=True,
        ),
        Column("evidence", "id", "Evidence grade shown to readers.", terms=("A", "B", "C", "D"), required=True),
        Column(
            "sigma_share",
            "number",
            "Relative standard deviation.",
            unit="share of value",
            minimum=0,
            maximum=2,
            required=True,
        ),
        Column("sigma_share_low", "number", "Low end.", unit="share of value", minimum=0, maximum=2, required=True),
        Column("sigma_share_high", "number", "High end.", unit="share of value", minimum=0, maximum=2, required=True),
        Column("reason", "text", "Why.", required=True),
        SOURCE,
        BASIS,
    ),
    ("confidence", "basis_kind"),
)

REFERENCE_TABLES = (
    SOURCES,
    PLACES,
    STAGES,
    MASS_BASES,
    UNITS,
    PRODUCTS,
    DEMAND_SECTORS,
    HS_CODES,
    TERMS_PRODUCTS,
    TERMS_STAGES,
    TERMS_PLACES,
    RULES,
    ADDITIVITY,
    KNOWN_DIFFERENCES,
    CONFIDENCE_GRADES,
)
