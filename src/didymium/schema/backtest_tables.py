"""What happened after measures of the past, and how each observation is replayed."""

from __future__ import annotations

from didymium.schema.columns import Column, Table
from didymium.schema.shared_columns import BASIS, CONFIDENCE, LOCATOR, NAME, NAME_JA, PRODUCT, SOURCE, UNIT

OBSERVED_EFFECTS = Table(
    "observed_effects",
    "Observed effects of measures",
    "措置後に観測された影響",
    "One quantity seen after a measure: a price, a flow or a use over what it was before, or days to a stop.",
    (
        Column("effect_id", "id", "Observation.", required=True, example="ree7-dy-may-2025"),
        Column("measure_id", "id", "Measure.", references="measures.measure_id", required=True),
        PRODUCT,
        Column(
            "quantity",
            "id",
            "price_ratio, export_ratio, import_ratio, use_ratio = after over before; import_share = share of the "
            "place's imports that the imposing place supplies; days_to_stop = days until the first user stands still; "
            "published_price_ratio = a price ratio that another model states; words = told without a number.",
            terms=(
                "price_ratio",
                "export_ratio",
                "import_ratio",
                "use_ratio",
                "import_share",
                "days_to_stop",
                "published_price_ratio",
                "words",
            ),
            required=True,
        ),
        Column("place", "id", "Whose price, trade, use or stop.", references="places.place", required=True),
        NAME,
        NAME_JA,
        Column("before", "text", "What is compared with: period and figure.", example="Apr 2025: 280 (250-310) USD/kg"),
        Column("after", "text", "What was seen: period and figure.", example="6 May 2025: 850 (700-1000) USD/kg"),
        Column("date", "date", "When it was seen.", required=True, example="2025-05-06"),
        Column("value", "number", "Value.", unit="{unit}", minimum=0),
        Column("low", "number", "Low end; empty = as the value.", unit="{unit}", minimum=0),
        Column(
            "high",
            "number",
            "High end; empty = as the value, or not known if the source says `more than`.",
            unit="{unit}",
            minimum=0,
        ),
        UNIT,
        SOURCE,
        LOCATOR,
        CONFIDENCE,
        BASIS,
        Column("not_replayed", "text", "Why nothing is replayed against it; empty = `replays` has a row."),
        Column("not_replayed_ja", "text", "The same in Japanese."),
    ),
    ("effect_id",),
    notes=("low ≤ value ≤ high.",),
)

REPLAYS = Table(
    "replays",
    "Replays",
    "再現計算",
    "How an observation is replayed: with which shock, on the data of which year, by which method.",
    (
        Column("replay_id", "id", "Replay.", required=True, example="dy-may-2025-open"),
        Column(
            "effect_id", "id", "Observation it is held against.", references="observed_effects.effect_id", required=True
        ),
        Column(
            "method",
            "id",
            "price_response = partial equilibrium of one market; network = the supply network.",
            terms=("price_response", "network"),
            required=True,
        ),
        Column(
            "shock",
            "id",
            "announced = size as published with the measure; open = a licence regime of unknown strictness, any share "
            "may pass; recorded = the flows that customs recorded later: a test of the response alone.",
            terms=("announced", "open", "recorded"),
            required=True,
        ),
        Column("base_year", "year", "Year of the figures of supply and use.", required=True, example="2023"),
        Column("product", "id", "Product whose elasticities are taken.", references="products.product"),
        Column("stage", "id", "Stage of the elasticity of supply.", references="stages.stage"),
        Column(
            "disrupted", "number", "Yearly supply of the market that the measure can stop.", unit="{unit}", minimum=0
        ),
        Column("others", "number", "Yearly supply of the market from elsewhere.", unit="{unit}", minimum=0),
        Column("unit", "id", "Unit of supply.", references="units.unit"),
        Column("lost_share", "number", "Lost share of the disrupted supply.", unit="share", minimum=0, maximum=1),
        Column("lost_low", "number", "Low end.", unit="share", minimum=0, maximum=1),
        Column("lost_high", "number", "High end.", unit="share", minimum=0, maximum=1),
        Column("scenario", "text", "Scenario of the library that the network runs.", example="cn-us-ban-2024"),
        Column("chain_product", "text", "Product of the chain that is read.", example="antimony:refined"),
        Column("from_month", "date", "First month that is read; empty = the whole run.", example="2025-01"),
        Column("to_month", "date", "Last month that is read."),
        Column("is_circular", "flag", "1 = an input was set from the very observation.", required=True),
        Column("hindsight", "text", "Which figures nobody had on the day; empty = none."),
        Column("hindsight_ja", "text", "The same in Japanese."),
        Column("reason", "text", "Why the replay misses, or what a hit is worth."),
        Column("reason_ja", "text", "The same in Japanese."),
        SOURCE,
        CONFIDENCE,
        BASIS,
    ),
    ("replay_id",),
)

BACKTEST_TABLES = (OBSERVED_EFFECTS, REPLAYS)
