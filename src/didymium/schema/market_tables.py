"""Facts of the market: who makes, trades, uses, holds and pays how much."""

from __future__ import annotations

from didymium.schema.columns import Column, Table
from didymium.schema.shared_columns import (
    BASIS,
    CONFIDENCE,
    COUNTRY,
    EVIDENCE,
    IS_TOTAL,
    LOCATOR,
    MASS_BASIS,
    PREFERRED,
    PRODUCT,
    QUANTITY,
    RULE,
    SECTOR,
    SERIES,
    SOURCE,
    STAGE,
    UNIT,
    VALUE_STATUS,
    YEAR,
)

PRODUCTION = Table(
    "production",
    "Production",
    "生産",
    "Output of a product at a stage in a place and year, as one body states it.",
    (
        PRODUCT,
        STAGE,
        COUNTRY,
        YEAR,
        SERIES,
        QUANTITY,
        UNIT,
        MASS_BASIS,
        IS_TOTAL,
        PREFERRED,
        VALUE_STATUS,
        *EVIDENCE,
        RULE,
    ),
    ("product", "stage", "country", "year", "series"),
    (
        "Several series may speak of one fact. Rows with preferred = 1 are used; `rules` says why.",
        "Rows with is_total = 1 are totals (WLD). ROW closes the sum of its series.",
    ),
    cell=("product", "stage", "country", "year"),
    footing=("product", "stage", "year"),
)

SUPPLY_OUTLOOK = Table(
    "supply_outlook",
    "Supply outlook",
    "供給見通し",
    "Output expected in a future year from projects known today.",
    (
        PRODUCT,
        STAGE,
        COUNTRY,
        YEAR,
        Column("scenario", "id", "Outlook.", terms=("base",), required=True, example="base"),
        QUANTITY,
        UNIT,
        MASS_BASIS,
        VALUE_STATUS,
        *EVIDENCE,
    ),
    ("product", "stage", "country", "year", "scenario"),
)

RESERVES = Table(
    "reserves",
    "Reserves",
    "埋蔵量",
    "What can be mined at a profit with today's methods.",
    (PRODUCT, COUNTRY, YEAR, QUANTITY, UNIT, MASS_BASIS, IS_TOTAL, VALUE_STATUS, *EVIDENCE),
    ("product", "country", "year"),
)

DEMAND = Table(
    "demand",
    "Demand",
    "需要",
    "Use of a product by a sector in a place and year, as one body states it.",
    (
        PRODUCT,
        COUNTRY,
        SECTOR,
        YEAR,
        SERIES,
        QUANTITY,
        UNIT,
        MASS_BASIS,
        IS_TOTAL,
        PREFERRED,
        VALUE_STATUS,
        *EVIDENCE,
        RULE,
    ),
    ("product", "country", "sector", "year", "series"),
    (
        "is_total = 1: the row sums sectors (role total or subtotal) or places (WLD).",
        "Sectors with role alternative or memo repeat other rows; see `demand_sectors`.",
    ),
    cell=("product", "country", "sector", "year"),
)

DEMAND_OUTLOOK = Table(
    "demand_outlook",
    "Demand outlook",
    "需要見通し",
    "Use expected in a future year under an energy scenario.",
    (
        PRODUCT,
        COUNTRY,
        SECTOR,
        Column(
            "scenario", "id", "Energy scenario of the IEA.", terms=("STEPS", "APS", "NZE", "APS-2024ed"), required=True
        ),
        YEAR,
        QUANTITY,
        UNIT,
        MASS_BASIS,
        VALUE_STATUS,
        *EVIDENCE,
    ),
    ("product", "country", "sector", "scenario", "year"),
)

TRADE = Table(
    "trade",
    "Trade",
    "貿易",
    "A flow from one place to another in a period, as one side or a reconciliation states it.",
    (
        Column("exporter", "id", "From.", references="places.place", required=True, example="CHN"),
        Column("importer", "id", "To.", references="places.place", required=True, example="JPN"),
        PRODUCT,
        Column("hs_code", "text", "Customs code as given; empty = not stated.", example="85051110"),
        Column("hs_nomenclature", "text", "Edition or national list of the code.", example="CN8"),
        YEAR,
        Column(
            "period", "text", "Year, month, span, or a mean over a span (see basis).", required=True, example="2025-05"
        ),
        Column(
            "period_kind",
            "id",
            "year; month; part_year; rate = a mean over months scaled to a year.",
            terms=("year", "month", "part_year", "rate"),
            required=True,
        ),
        Column(
            "flow_basis",
            "id",
            "Whose statement: never add rows of different basis.",
            terms=("reconciled", "exporter report", "importer report", "derived", "residual", "world total"),
            required=True,
        ),
        SERIES,
        Column("quantity", "number", "Amount; empty = only the value is known.", unit="{unit}", minimum=0),
        UNIT,
        MASS_BASIS,
        Column("value_usd", "number", "Value.", unit="USD", minimum=0),
        IS_TOTAL,
        PREFERRED,
        VALUE_STATUS,
        *EVIDENCE,
        Column(
            "product_as_given",
            "id",
            "Product the source named, where a rule reads it otherwise.",
            references="products.product",
        ),
        RULE,
    ),
    ("exporter", "importer", "product", "hs_code", "hs_nomenclature", "period", "flow_basis", "series"),
    ("preferred = 1: the claim used where two claims speak of the same flow and period on the same basis.",),
    cell=("exporter", "importer", "product", "hs_nomenclature", "period", "flow_basis", "unit"),
)

RECIPES = Table(
    "recipes",
    "Recipes",
    "工程の原単位",
    "What a process takes in and gives out.",
    (
        Column("process_id", "id", "Process.", required=True, example="sep_mtweld"),
        STAGE,
        Column("flow_role", "id", "Side of the process.", terms=("input", "output", "parameter"), required=True),
        PRODUCT,
        Column("deposit_or_variant", "text", "Ore, grade or variant."),
        Column("quantity", "number", "Amount.", unit="{unit}", required=True, minimum=0),
        UNIT,
        Column("main_output", "id", "Product that the amounts are per unit of.", references="products.product"),
        Column(
            "yield_share",
            "number",
            "Share of the input that reaches the output, already inside the amount.",
            unit="share",
            minimum=0,
            maximum=1,
        ),
        YEAR,
        *EVIDENCE,
        RULE,
    ),
    ("process_id", "flow_role", "product", "deposit_or_variant", "year"),
    ("Joint outputs of separation are per 1 t REO of feed before the recovery parameter.",),
)

PRICES = Table(
    "prices",
    "Prices",
    "価格",
    "A price on a market in a period.",
    (
        PRODUCT,
        Column("period", "date", "Year or month.", required=True, example="2025-09"),
        YEAR,
        Column("market", "text", "Market; China and ex-China prices differ.", required=True, example="China FOB"),
        Column("grade", "text", "Grade.", example="99.5%"),
        Column("price", "number", "Price.", unit="{unit}", required=True, minimum=0),
        Column("price_low", "number", "Low end.", unit="{unit}", minimum=0),
        Column("price_high", "number", "High end.", unit="{unit}", minimum=0),
        UNIT,
        *EVIDENCE,
    ),
    ("product", "period", "market", "grade"),
)

ELASTICITIES = Table(
    "elasticities",
    "Elasticities",
    "弾力性",
    "How much supply or demand answers to price.",
    (
        PRODUCT,
        STAGE,
        Column("sector", "id", "Use, where the elasticity is of one; total = all.", references="demand_sectors.sector"),
        Column(
            "elasticity_type",
            "id",
            "Of what with respect to price.",
            terms=("supply_price", "demand_price", "excess_demand_price"),
            required=True,
        ),
        Column(
            "horizon",
            "id",
            "After how long.",
            terms=("same_year", "next_year", "2_years", "20_years", "long_run", "idle_capacity"),
            required=True,
        ),
        SERIES,
        Column("value", "number", "Elasticity.", unit="{unit}", required=True, minimum=-10, maximum=10),
        UNIT,
        PREFERRED,
        Column("method", "text", "Estimate, model result or assumption.", required=True),
        YEAR,
        *EVIDENCE,
    ),
    ("product", "stage", "sector", "elasticity_type", "horizon", "series"),
    cell=("product", "stage", "sector", "elasticity_type", "horizon"),
)

SUBSTITUTION = Table(
    "substitution",
    "Substitution",
    "代替",
    "How far another material or design can take over a use.",
    (
        PRODUCT,
        Column("application", "id", "Use.", references="demand_sectors.sector", required=True),
        Column("substitute", "text", "What takes over.", required=True),
        Column(
            "substitutability",
            "number",
            "0 none, 1 full.",
            unit="index 0–1",
            required=True,
            minimum=0,
            maximum=1,
        ),
        Column("performance_penalty", "text", "What is lost.", required=True),
        Column(
            "cost_penalty_share",
            "number",
            "Extra cost over the original; negative = cheaper.",
            unit="share",
            minimum=-1,
            maximum=10,
        ),
        Column("time_years", "number", "Years until it can be had at scale.", unit="years", minimum=0, maximum=50),
        YEAR,
        *EVIDENCE,
    ),
    ("product", "application", "substitute"),
)

STOCKPILES = Table(
    "stockpiles",
    "Stocks",
    "備蓄・在庫",
    "A stock, a target for one, or what was seen of one.",
    (
        COUNTRY,
        Column("organisation", "text", "Who holds it or saw it.", required=True),
        PRODUCT,
        YEAR,
        Column("stock_type", "text", "Target, level, purchase or observation.", required=True),
        UNIT,
        Column("quantity", "number", "Amount.", unit="{unit}", required=True, minimum=0),
        *EVIDENCE,
    ),
    ("country", "organisation", "product", "year", "stock_type", "unit"),
)

GOVERNANCE = Table(
    "governance",
    "Governance",
    "ガバナンス指標",
    "A governance indicator of a country.",
    (
        COUNTRY,
        Column(
            "indicator",
            "id",
            "Indicator.",
            terms=("wgi_political_stability", "wgi_mean6", "wgi_mean6_normalised"),
            required=True,
        ),
        YEAR,
        Column("value", "number", "Value.", unit="{unit}", required=True, minimum=-4, maximum=4),
        UNIT,
        *EVIDENCE,
        RULE,
    ),
    ("country", "indicator", "year"),
)

VALUE_AT_STAKE = Table(
    "value_at_stake",
    "Value at stake",
    "失われる価値",
    "What users lose for each kilogram or tonne they lack: orders of magnitude.",
    (
        PRODUCT,
        SECTOR,
        COUNTRY,
        YEAR,
        Column("value_low", "number", "Low end.", unit="{unit}", minimum=0),
        Column("value", "number", "Central value.", unit="{unit}", required=True, minimum=0),
        Column("value_high", "number", "High end.", unit="{unit}", minimum=0),
        UNIT,
        *EVIDENCE,
    ),
    ("product", "sector", "country", "year"),
)

LEAD_TIMES = Table(
    "lead_times",
    "Lead times and overruns",
    "リードタイムと超過",
    "How long projects of a kind took, or by how much they overran.",
    (
        STAGE,
        Column("scope", "text", "Metals or products covered.", required=True, example="rare earths"),
        COUNTRY,
        Column("statistic", "text", "What was measured.", required=True),
        YEAR,
        Column("value", "number", "Value.", unit="{unit}", required=True, minimum=0),
        Column("value_low", "number", "Low end.", unit="{unit}", minimum=0),
        Column("value_high", "number", "High end.", unit="{unit}", minimum=0),
        UNIT,
        Column("stage_as_given", "text", "Stage in the source's words.", required=True),
        SOURCE,
        LOCATOR,
        CONFIDENCE,
        Column("basis", "text", BASIS.meaning),
    ),
    ("stage_as_given", "scope", "country", "statistic", "year"),
)

MARKET_TABLES = (
    PRODUCTION,
    SUPPLY_OUTLOOK,
    RESERVES,
    DEMAND,
    DEMAND_OUTLOOK,
    TRADE,
    RECIPES,
    PRICES,
    ELASTICITIES,
    SUBSTITUTION,
    STOCKPILES,
    GOVERNANCE,
    VALUE_AT_STAKE,
    LEAD_TIMES,
)
