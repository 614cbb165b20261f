"""Tables of scrap: which uses are followed, how long goods stay in them, what returns, and what others publish."""

from __future__ import annotations

from didymium.schema.columns import Column, Table
from didymium.schema.shared_columns import BASIS, CONFIDENCE, SOURCE, UNIT, YEAR

_FAMILY = Column("family", "id", "Family.", references="families.family", required=True, example="batteries")
_PRODUCT = Column("product", "id", "Material.", references="products.product", example="lithium")
_PLACE = Column("place", "id", "Place.", references="places.place", required=True, example="JPN")
_ELEMENT = Column("element", "text", "Element, as the answers name it.", required=True, example="Li")
MEASURES = (
    "recovered_t",
    "all_recovered_t",
    "end_of_life_t",
    "new_scrap_t",
    "new_feed_share",
)
RATES = (
    "mean_life",
    "weibull_shape",
    "first_year",
    "growth_before",
    "growth_after",
    "collection_share",
    "collection_target",
    "export_share",
    "recovery_share",
    "recovery_target",
    "making_loss",
    "making_recovery",
    "use_share",
    "make_share",
    "full_year",
)

LIFETIMES = Table(
    "lifetimes",
    "Lives of goods and what returns of them",
    "製品の使用年数と戻り",
    "How long goods stay in a use, how fast that use grew, how much is collected, exported and won back at the end.",
    (
        _FAMILY,
        Column("sector", "id", "Use.", required=True, example="ev_motor"),
        Column("product", "id", "Material; empty = every material of the use.", references="products.product"),
        Column("place", "id", "Place; empty = every place without a row of its own.", references="places.place"),
        Column(
            "parameter",
            "text",
            "mean_life and weibull_shape of the lives; first_year of the use; growth_before, a year, up to the first "
            "figure; growth_after, a year, from the base year where no outlook speaks of the use; collection_share, "
            "what reaches a recycler today; export_share, the part of that which leaves the place; recovery_share, "
            "what is won of the rest; making_loss, the part of what goes in that becomes new scrap; making_recovery, "
            "what is won of that; use_share and make_share of the place in the world; *_target, what a lever "
            "reaches; full_year, when it is reached.",
            terms=RATES,
            required=True,
            example="mean_life",
        ),
        Column("value", "number", "Central value.", unit="{unit}", required=True, example="13.9"),
        Column("low", "number", "Low end.", unit="{unit}", required=True),
        Column("high", "number", "High end.", unit="{unit}", required=True),
        Column(
            "unit",
            "text",
            "Unit.",
            terms=("years", "year", "ratio", "share per year", "share"),
            required=True,
            example="years",
        ),
        YEAR,
        CONFIDENCE,
        SOURCE,
        BASIS,
    ),
    ("family", "sector", "product", "place", "parameter"),
    notes=(
        "`basis` says of each row what is read and what is assumed.",
        "A row for the material or the place stands before one for all; the material before the place.",
    ),
)

SCRAP_USES = Table(
    "scrap_uses",
    "Uses followed to their scrap",
    "スクラップまで追う用途",
    "A use of a material that is followed to its scrap, with the rows that say how much goes in; or why it is not.",
    (
        _FAMILY,
        _PRODUCT.must(),
        _ELEMENT,
        Column("sector", "id", "Use.", references="demand_sectors.sector", required=True, example="battery_ev"),
        Column("followed", "flag", "1 = followed; 0 = not, and `reason` says why.", required=True),
        Column("base_table", "text", "Table with the base figure of the world.", terms=("demand", "production")),
        Column("base_product", "id", "Its product.", references="products.product"),
        Column("base_sector", "id", "Its use, or its stage.", example="battery_ev"),
        Column("base_year", "year", "Its year."),
        Column("base_factor", "number", "Tonnes of the element in this use for one of the figure.", unit="", minimum=0),
        Column(
            "measured_at",
            "text",
            "goods = what is inside the goods; feed = what goes into making them, new scrap included.",
            terms=("goods", "feed"),
        ),
        Column("outlook_product", "id", "Product of the outlook it grows with.", references="products.product"),
        Column("outlook_sector", "id", "Use of that outlook.", references="demand_sectors.sector"),
        Column("reason", "text", "Why it is not followed."),
        Column("reason_ja", "text", "The same in Japanese."),
        CONFIDENCE,
        SOURCE,
        BASIS,
    ),
    ("family", "product", "sector"),
)

SCRAP_HISTORY = Table(
    "scrap_history",
    "What entered use before",
    "過去の投入量",
    "What entered a use in an earlier year; the years between are filled in at even growth.",
    (
        Column("sector", "id", "Use.", references="demand_sectors.sector", required=True, example="autocatalyst"),
        Column("product", "id", "Material; empty = every material of the use.", references="products.product"),
        YEAR,
        Column("quantity", "number", "Amount.", unit="{unit}", required=True, minimum=0),
        UNIT,
        CONFIDENCE,
        SOURCE,
        BASIS,
    ),
    ("sector", "product", "year"),
    notes=("Only the course counts: each series holds the base year of its use.",),
)

SCRAP_PUBLISHED = Table(
    "scrap_published",
    "Published figures of scrap",
    "公表されたスクラップの数値",
    "A figure of others against which the study is held.",
    (
        Column("published_id", "id", "Short name.", required=True, example="pd-wld-2024"),
        _FAMILY,
        Column("elements", "list", "Elements that it counts together.", required=True, example="Pd"),
        _PLACE,
        YEAR,
        Column("measure", "text", "Which number of the study it is held against.", terms=MEASURES, required=True),
        Column("quantity", "number", "Figure.", unit="{unit}", required=True, minimum=0),
        Column("unit", "text", "Unit.", terms=("t", "share"), required=True),
        Column("reads", "text", "What to mind when the two differ.", required=True),
        Column("reads_ja", "text", "The same in Japanese.", required=True),
        CONFIDENCE,
        SOURCE,
        BASIS,
    ),
    ("published_id",),
)

SCRAP_TARGETS = Table(
    "scrap_targets",
    "Recycled content that laws ask",
    "法定の再生材含有率",
    "The share of a material in new goods that must come from waste, from a year on.",
    (
        Column("target_id", "id", "Short name.", required=True, example="eu-content-cobalt-2031"),
        _FAMILY,
        _PRODUCT.must(),
        _ELEMENT,
        _PLACE,
        YEAR,
        Column("share", "number", "Least share.", unit="share", required=True, minimum=0, maximum=1),
        Column("sectors", "list", "Uses that it binds.", references="demand_sectors.sector", required=True),
        Column("law", "text", "Law.", required=True),
        Column("law_ja", "text", "The same in Japanese.", required=True),
        CONFIDENCE,
        SOURCE,
        BASIS,
    ),
    ("target_id",),
)

SCRAP_TABLES = (LIFETIMES, SCRAP_USES, SCRAP_HISTORY, SCRAP_PUBLISHED, SCRAP_TARGETS)
