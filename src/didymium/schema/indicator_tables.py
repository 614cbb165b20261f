"""Tables of the indicators: what each says, what other bodies publish of it, and the parameters of the formulas."""

from __future__ import annotations

from didymium.schema.columns import Column, Table
from didymium.schema.shared_columns import (
    BASIS,
    CONFIDENCE,
    COUNTRY,
    LOCATOR,
    NAME,
    NAME_JA,
    PRODUCT,
    SOURCE,
    STAGE,
    YEAR,
)

_INDICATOR = Column(
    "indicator", "id", "Indicator.", references="indicators.indicator", required=True, example="net_import_reliance"
)

INDICATORS = Table(
    "indicators",
    "Indicators",
    "指標",
    "An indicator of exposure: its unit, where its formula comes from, and what its value does not tell.",
    (
        Column("indicator", "id", "Short name.", required=True, example="supply_risk"),
        NAME,
        NAME_JA,
        Column("unit", "text", "Scale of its values.", required=True, example="0–1"),
        Column(
            "speaks_of",
            "id",
            "supply = of the world's producers alone; party = of one place's access to them.",
            terms=("supply", "party"),
            required=True,
        ),
        Column("position", "integer", "Order in lists.", required=True, minimum=0, maximum=999),
        Column("definition", "text", "Formula in words.", required=True),
        Column("says", "text", "What a value does not tell, in English.", required=True),
        Column("says_ja", "text", "The same in Japanese.", required=True),
        SOURCE,
    ),
    ("indicator",),
)

PUBLISHED_INDICATORS = Table(
    "published_indicators",
    "Published indicators and parameters",
    "公表指標・係数",
    "A value of an indicator, or of a parameter of its formula, as another body publishes it.",
    (
        PRODUCT,
        STAGE,
        _INDICATOR,
        Column("place", "id", "Whose indicator.", references="places.place", required=True, example="EU27"),
        YEAR,
        Column("series", "text", "Publication.", required=True, example="EU 2023"),
        Column("value", "number", "Value; empty = only bounds are published."),
        Column("value_low", "number", "Lower bound, where only bounds are published."),
        Column("value_high", "number", "Upper bound, where only bounds are published."),
        Column("value_text", "text", "As printed.", required=True, example=">50"),
        SOURCE,
        LOCATOR,
        CONFIDENCE,
        BASIS,
    ),
    ("product", "stage", "indicator", "place", "year", "series"),
    ("A net exporter is printed as E: below zero, the number itself is not published.",),
)

TRADE_TERMS = Table(
    "trade_terms",
    "Trade terms in supply risk",
    "供給リスクの貿易係数",
    "Factor t by which a supplier's part of supply risk is raised (export tax, quota, ban) or lowered (by an "
    "agreement).",
    (
        PRODUCT,
        STAGE,
        Column("supplier", "id", "Supplying country.", references="places.place", required=True, example="CHN"),
        Column(
            "sourcing",
            "id",
            "WLD = in the world's supply; a party = in its own sourcing.",
            references="places.place",
            required=True,
            example="EU27",
        ),
        Column("trade_factor", "number", "Factor t.", unit="ratio", required=True, minimum=0, maximum=3),
        YEAR,
        SOURCE,
        LOCATOR,
        CONFIDENCE,
        BASIS,
    ),
    ("product", "stage", "supplier", "sourcing"),
    ("A country that is not listed has t = 1: no restriction and no agreement was read, which is not proof of none.",),
)

INDUSTRIES = Table(
    "industries",
    "Industries",
    "産業",
    "Value added of an industry in a place, as a study of criticality counts it.",
    (
        Column("industry", "id", "NACE Rev. 2 division.", required=True, example="C28"),
        NAME,
        NAME_JA,
        Column("place", "id", "Where.", references="places.place", required=True, example="EU27"),
        Column("series", "text", "Publication.", required=True, example="EU 2023"),
        Column("value_added", "number", "Value added in a year.", unit="million EUR", required=True, minimum=0),
        SOURCE,
        LOCATOR,
        CONFIDENCE,
        BASIS,
    ),
    ("industry", "place", "series"),
    ("The largest of a place and series is the 10 of economic importance.",),
)

USE_SHARES = Table(
    "use_shares",
    "Shares of uses",
    "用途構成",
    "The share of a product that goes into a use in a place, and the industry that the use belongs to.",
    (
        PRODUCT,
        Column("application", "text", "Use, as the source names it.", required=True, example="Magnets"),
        Column(
            "industry", "id", "Industry of the use; empty = the source names none.", references="industries.industry"
        ),
        Column("place", "id", "Where.", references="places.place", required=True, example="EU27"),
        Column("series", "text", "Publication.", required=True, example="EU 2023"),
        Column("share", "number", "Share of use.", unit="share", required=True, minimum=0, maximum=1),
        SOURCE,
        LOCATOR,
        CONFIDENCE,
        BASIS,
    ),
    ("product", "application", "industry", "place", "series"),
    ("Shares are printed as whole per cent: those of a product add up to 100 % within that rounding.",),
)

TRADE_FORMS = Table(
    "trade_forms",
    "Traded forms",
    "貿易形態",
    "The customs rows that speak of a product's stage, and how much of the product as counted they hold.",
    (
        PRODUCT,
        STAGE,
        Column(
            "trade_product",
            "id",
            "Product of the trade rows.",
            references="products.product",
            required=True,
            example="copper_ore",
        ),
        Column("hs_codes", "text", "Customs codes, joined by `;`.", required=True, example="260300"),
        Column(
            "scope",
            "id",
            "same = these goods; part = some forms of the product are in other codes; wider = other goods too.",
            terms=("same", "part", "wider"),
            required=True,
        ),
        Column(
            "content_share",
            "number",
            "Tonnes of the product, as its output is counted, in one tonne cleared.",
            unit="t/t",
            required=True,
            minimum=0,
            maximum=3,
        ),
        Column("content_share_low", "number", "Low end.", unit="t/t", required=True, minimum=0, maximum=3),
        Column("content_share_high", "number", "High end.", unit="t/t", required=True, minimum=0, maximum=3),
        SOURCE,
        CONFIDENCE,
        BASIS,
    ),
    ("product", "stage", "trade_product"),
)

NON_PRODUCERS = Table(
    "non_producers",
    "Places without output",
    "生産のない国",
    "A place that a source says makes none of a product at a stage, or that a list of all producers does not name.",
    (PRODUCT, STAGE, COUNTRY, YEAR, SOURCE, LOCATOR, CONFIDENCE, BASIS),
    ("product", "stage", "country", "year"),
)

REPRODUCED = Table(
    "reproduced",
    "Published values and ours",
    "公表値と本システムの値",
    "A published value, the figures it rests on, and what our formula makes of them.",
    (
        Column("cell_id", "id", "Cell.", required=True, example="usgs-nir-antimony-2024"),
        Column("publisher", "text", "Who publishes it.", required=True, example="USGS"),
        Column("subject", "text", "Commodity, stage and form, as the source names it.", required=True),
        Column("measure", "text", "What is published.", required=True, example="net import reliance"),
        Column("place", "id", "Whose.", references="places.place", required=True),
        YEAR,
        Column("published_text", "text", "As printed.", required=True, example=">50"),
        Column("published_low", "number", "Least value that prints so."),
        Column("published_high", "number", "Greatest value that prints so."),
        Column("formula", "id", "Name of our formula.", required=True, example="reliance_from_need"),
        Column("inputs", "text", "Figures it rests on, name=value joined by `;`.", required=True),
        Column(
            "rounding",
            "text",
            "Half of the last place printed of each figure, in the same order; empty where figures are taken as exact.",
        ),
        Column("ours", "number", "What our formula gives.", required=True),
        Column(
            "status",
            "id",
            "matched = it prints so; explained = it does not, and the reason is known; open = the reason is not known.",
            terms=("matched", "explained", "open"),
            required=True,
        ),
        Column(
            "reason_kind",
            "id",
            "rounding = figures that print so give the published value; source = the source disagrees with itself; "
            "method = the publisher counts what it does not print; years = figures of other years; "
            "uses = uses without an industry, or under another.",
            terms=("rounding", "source", "method", "years", "uses"),
        ),
        Column("reason", "text", "Why it does not match."),
        SOURCE,
        LOCATOR,
    ),
    ("cell_id",),
)

INDICATOR_TABLES = (
    INDICATORS,
    PUBLISHED_INDICATORS,
    TRADE_TERMS,
    INDUSTRIES,
    USE_SHARES,
    TRADE_FORMS,
    NON_PRODUCERS,
    REPRODUCED,
)
