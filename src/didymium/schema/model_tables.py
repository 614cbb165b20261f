"""Tables of the supply model: assumptions with ranges, regions, ore routes, uses of magnets and oxides."""

from __future__ import annotations

from didymium.schema.columns import Column, Table
from didymium.schema.shared_columns import BASIS, CONFIDENCE, NAME, NAME_JA, SOURCE, YEAR

_PLACE = Column("place", "id", "Place.", references="places.place", required=True, example="MMR")

ASSUMPTIONS = Table(
    "assumptions",
    "Assumptions",
    "前提",
    "A number that the model needs and nobody publishes, with the range it is tested over.",
    (
        Column("assumption_id", "id", "Short name.", required=True, example="user_cover_days"),
        Column("meaning", "text", "What it says of the world.", required=True),
        Column("meaning_ja", "text", "The same in Japanese.", required=True),
        Column("value", "number", "Central value.", unit="{unit}", required=True),
        Column("low", "number", "Low end of the range tested.", unit="{unit}", required=True),
        Column("high", "number", "High end of the range tested.", unit="{unit}", required=True),
        Column("unit", "text", "Unit of value, low and high.", required=True, example="days"),
        Column("applies_to", "text", "Products, stages, places or statuses it is about.", required=True),
        Column("used_by", "text", "Studies that use it.", required=True, example="stress"),
        YEAR,
        CONFIDENCE,
        SOURCE,
        BASIS,
    ),
    ("assumption_id",),
    notes=("low ≤ value ≤ high.",),
)

REGIONS = Table(
    "regions",
    "Regions of the network",
    "モデルの地域",
    "The region of the network into which a place falls; small places are folded together by the reason given.",
    (
        _PLACE,
        Column("region", "text", "A place of its own, or ROW_EU, or ROW.", required=True, example="ROW_EU"),
        Column("reason", "text", "Why it stands alone or is folded.", required=True),
    ),
    ("place",),
)

ORE_ROUTES = Table(
    "ore_routes",
    "Ore routes",
    "鉱石の経路",
    "Of which deposit type a place's rare-earth mine output is, and where that feed is separated.",
    (
        _PLACE,
        Column(
            "process_id",
            "id",
            "Separation recipe of the deposit type.",
            references="recipes.process_id",
            required=True,
            example="sep_ionic_xinfeng",
        ),
        Column("share", "number", "Share of the place's output.", unit="share", required=True, minimum=0, maximum=1),
        Column(
            "separated_in", "list", "Places that separate it.", references="places.place", required=True, example="CHN"
        ),
        YEAR,
        CONFIDENCE,
        SOURCE,
        BASIS,
    ),
    ("place", "process_id"),
)

HEAVY_CIRCUITS = Table(
    "heavy_circuits",
    "Heavy rare-earth circuits",
    "重希土類の分離回路",
    "Which part of the heavy rare earths in its feed a place separates; a place without a row separates none.",
    (
        _PLACE,
        Column("year", "year", "From this year on.", required=True),
        Column("share", "number", "Part that is separated.", unit="share", required=True, minimum=0, maximum=1),
        CONFIDENCE,
        SOURCE,
        BASIS,
    ),
    ("place", "year"),
)

MAGNET_SECTORS = Table(
    "magnet_sectors",
    "Uses in the network",
    "用途",
    "A group of uses: its share of the world's magnets, the part that needs Dy or Tb, the loss per kilogram.",
    (
        Column("sector", "id", "Short name.", required=True, example="ev_motor"),
        NAME,
        NAME_JA,
        Column(
            "share_of_world", "number", "Share of world magnets.", unit="share", required=True, minimum=0, maximum=1
        ),
        Column(
            "heavy_grade_share",
            "number",
            "Part that needs the high-temperature grade with dysprosium or terbium.",
            unit="share",
            required=True,
            minimum=0,
            maximum=1,
        ),
        Column(
            "value_usd_per_kg", "number", "Value lost with a kilogram short.", unit="USD/kg", required=True, minimum=0
        ),
        Column("value_low_usd_per_kg", "number", "Low end.", unit="USD/kg", required=True, minimum=0),
        Column("value_high_usd_per_kg", "number", "High end.", unit="USD/kg", required=True, minimum=0),
        Column("rank", "integer", "Order in which uses are served when all else is equal.", required=True, minimum=1),
        YEAR,
        CONFIDENCE,
        SOURCE,
        BASIS,
    ),
    ("sector",),
    notes=("share_of_world sums to 1 over the uses of magnets.",),
)

OXIDE_USES = Table(
    "oxide_uses",
    "Uses of oxides",
    "酸化物の用途",
    "An oxide that is used as such, and how its users are found in trade.",
    (
        Column("product", "id", "Oxide.", references="products.product", required=True, example="ce_oxide"),
        Column("sector", "id", "Use.", references="magnet_sectors.sector", required=True),
        Column(
            "trade_product",
            "id",
            "Customs basket.",
            references="products.product",
            required=True,
            example="ce_compounds",
        ),
        Column(
            "oxide_per_gross_share",
            "number",
            "Oxide in a tonne of the basket.",
            unit="share",
            required=True,
            minimum=0,
            maximum=1,
        ),
        Column("min_trade_t", "number", "Yearly imports that make a place a user.", unit="t", required=True, minimum=0),
        YEAR,
        CONFIDENCE,
        SOURCE,
        BASIS,
    ),
    ("product", "sector"),
)

OFFTAKES = Table(
    "offtakes",
    "Contracted offtake",
    "引取契約",
    "Tonnes a year that a party has under contract from a plant in another place.",
    (
        Column("offtake_id", "id", "Short name.", required=True, example="jare-lynas-ndpr"),
        Column("party", "id", "Who takes.", references="places.place", required=True, example="JPN"),
        Column("product", "id", "What.", references="products.product", required=True, example="ndpr_oxide"),
        Column("quantity", "number", "Tonnes a year.", unit="{unit}", required=True, minimum=0),
        Column("unit", "id", "Unit of the amount.", references="units.unit", required=True, example="t oxide"),
        Column("year_from", "year", "First year.", required=True),
        Column("year_to", "year", "Last year.", required=True),
        Column("supplier", "id", "Place of the plant.", references="places.place", required=True, example="MYS"),
        Column("project_id", "text", "Project or facility that supplies.", example="lynas-malaysia-hree"),
        CONFIDENCE,
        SOURCE,
        BASIS,
    ),
    ("offtake_id",),
)

PROJECT_DEPOSITS = Table(
    "project_deposits",
    "Deposits of projects",
    "事業の鉱床タイプ",
    "The deposit type of a project whose ore is not of its country's main type.",
    (
        Column("project_id", "id", "Project.", references="projects.project_id", required=True, example="browns-range"),
        Column("process_id", "id", "Separation recipe of its ore.", references="recipes.process_id", required=True),
        CONFIDENCE,
        SOURCE,
        BASIS,
    ),
    ("project_id",),
)

PROJECT_PHASES = Table(
    "project_phases",
    "Phases of projects",
    "プロジェクトの段階",
    "New capacity of a project by phase, where `projects` gives a total that is not all new or not all at once.",
    (
        Column(
            "project_id", "id", "Project.", references="projects.project_id", required=True, example="lynas-mt-weld"
        ),
        Column("product", "id", "Product.", references="products.product", required=True, example="reo_mixed"),
        Column("phase", "integer", "Number of the phase.", required=True, minimum=1),
        Column("start_year", "year", "First output.", required=True),
        Column("capacity", "number", "New capacity.", unit="{capacity_unit}", required=True, minimum=0),
        Column("capacity_unit", "id", "Unit of capacity.", references="units.unit", required=True, example="t/y"),
        Column(
            "status",
            "text",
            "State of the phase.",
            terms=(
                "exploration",
                "feasibility",
                "permitting",
                "proposed",
                "construction",
                "ramping",
                "operating",
                "suspended",
            ),
            required=True,
        ),
        CONFIDENCE,
        SOURCE,
        BASIS,
    ),
    ("project_id", "product", "phase"),
)

MODEL_TABLES: tuple[Table, ...] = (
    ASSUMPTIONS,
    REGIONS,
    ORE_ROUTES,
    HEAVY_CIRCUITS,
    MAGNET_SECTORS,
    OXIDE_USES,
    OFFTAKES,
    PROJECT_DEPOSITS,
    PROJECT_PHASES,
)
