"""Columns that mean the same in every table that has them."""

from __future__ import annotations

from didymium.schema.columns import Column

FIRST_YEAR = 1900
LAST_YEAR = 2100

PRODUCT = Column("product", "id", "Product.", references="products.product", required=True, example="nd_oxide")
STAGE = Column("stage", "id", "Stage of the chain.", references="stages.stage", required=True, example="separated")
COUNTRY = Column("country", "id", "Place.", references="places.place", required=True, example="CHN")
SECTOR = Column("sector", "id", "Use.", references="demand_sectors.sector", required=True, example="ev_motor")
YEAR = Column(
    "year",
    "year",
    "Calendar year the fact is about.",
    required=True,
    minimum=FIRST_YEAR,
    maximum=LAST_YEAR,
    example="2024",
)
QUANTITY = Column(
    "quantity", "number", "Amount; empty = unknown.", unit="{unit}", required=True, minimum=0, example="63800"
)
UNIT = Column("unit", "id", "Unit of the amount.", references="units.unit", required=True, example="t oxide")
MASS_BASIS = Column(
    "mass_basis",
    "id",
    "What the tonnes weigh: the whole article, the oxide, the element inside.",
    references="mass_bases.mass_basis",
    required=True,
    example="oxide",
)
SERIES = Column("series", "text", "Which claim: the body or method that makes it.", required=True, example="USGS")
PREFERRED = Column("preferred", "flag", "1 = this row is used; set by `rules`.", required=True, example="1")
IS_TOTAL = Column("is_total", "flag", "1 = a total over the other rows: never add it to them.", required=True)
SOURCE = Column("source_id", "id", "Source.", references="sources.source_id", required=True, example="usgs-mcs2026")
LOCATOR = Column("locator", "text", "Where in the source, or through whom it was read; empty = the title says it.")
CONFIDENCE = Column(
    "confidence",
    "id",
    "high = read from the source or a faithful copy; medium = second-hand or simply derived; "
    "low = assumption, weak derivation or recalled.",
    references="confidence_grades.confidence",
    required=True,
    example="high",
)
BASIS = Column("basis", "text", "How the figure came about; arithmetic if derived.", required=True, lines=True)
VALUE_STATUS = Column(
    "value_status",
    "id",
    "reported, estimated, imputed (closes a sum) or modelled (derived, assumed).",
    terms=("reported", "estimated", "withheld", "none_reported", "imputed", "modelled"),
    required=True,
    example="reported",
)
RULE = Column(
    "rule_id",
    "id",
    "Rule that added this row or changed it from the source's wording; empty = as compiled.",
    references="rules.rule_id",
)
NOTES = Column("notes", "text", "What else should be known.", lines=True)
NAME = Column("name", "text", "English name.", required=True)
NAME_JA = Column("name_ja", "text", "Japanese name.", required=True)
SOURCE_DATE = Column("source_date", "date", "Date of the source read.", example="2025-11-09")

EVIDENCE = (SOURCE, LOCATOR, CONFIDENCE, BASIS)
"""The four columns by which a number can be judged."""
