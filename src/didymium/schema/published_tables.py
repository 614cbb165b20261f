"""Figures as their publishers printed them, edition by edition, with what is withheld, censored or absent."""

from __future__ import annotations

from dataclasses import replace

from didymium.schema.columns import Column, Table
from didymium.schema.shared_columns import (
    BASIS,
    CONFIDENCE,
    COUNTRY,
    MASS_BASIS,
    PRODUCT,
    SOURCE,
    STAGE,
    UNIT,
    VALUE_STATUS,
    YEAR,
)

ATTRIBUTES = (
    "production",
    "capacity",
    "reserves",
    "imports",
    "exports",
    "import_share",
    "net_import_reliance",
    "consumption",
    "stocks",
    "price",
    "recycling_input_rate",
    "element_share",
    "demand",
    "supply",
    "wgi_political_stability",
    "wgi_mean6_normalised",
)
"""What a figure is about."""


def _optional(column: Column, meaning: str) -> Column:
    return replace(column, required=False, meaning=meaning)


PUBLISHED = Table(
    "published",
    "Published figures by edition",
    "公表値（版別）",
    "A figure as one edition of a publication printed it: a value, an interval, or the word for why there is none.",
    (
        Column("body", "id", "Publication, without its edition.", required=True, example="USGS-MCS"),
        Column("vintage", "text", "Edition: a later one may revise the figure.", required=True, example="2026"),
        Column("attribute", "id", "What the figure is about.", terms=ATTRIBUTES, required=True, example="production"),
        _optional(PRODUCT, "Product; empty = the figure is about a place alone."),
        _optional(STAGE, "Stage of the chain; empty = none applies."),
        Column(
            "series_as_given",
            "text",
            "The publisher's words for what is measured, joined by ` / `.",
            required=True,
            example="Antimony / Mine production",
        ),
        COUNTRY,
        Column("partner", "id", "The other place of a flow.", references="places.place", example="CHN"),
        Column("period", "text", "Year, month, or first and last year.", required=True, example="2024"),
        replace(YEAR, meaning="Last year of the period."),
        Column(
            "quantity", "number", "The value; empty = not a number, see value_status and the bounds.", unit="{unit}"
        ),
        Column("quantity_low", "number", "Lower bound, where the publisher gives a bound.", unit="{unit}"),
        Column("quantity_high", "number", "Upper bound, where the publisher gives a bound.", unit="{unit}"),
        UNIT,
        MASS_BASIS,
        replace(
            VALUE_STATUS,
            meaning="reported or estimated by the publisher; withheld: known and kept back; none_reported: the "
            "publisher says there is none, or has none to give (see figure_as_given).",
        ),
        Column("figure_as_given", "text", "What stands in the cell; empty = an empty cell.", example="W"),
        Column("unit_as_given", "text", "The publisher's unit.", example="metric tons"),
        Column("place_as_given", "text", "The publisher's word for the place.", example="Burma"),
        Column(
            "flags",
            "list",
            "Marks beside the figure, such as revised, estimated, rounded, corrected.",
            example="revised",
        ),
        Column("notes", "text", "Footnotes in the publisher's words."),
        Column("correction", "id", "Correction of an error of the publisher's file, if one was made or noted."),
        SOURCE,
        Column("locator", "text", "File, sheet, line or cell.", required=True),
        CONFIDENCE,
        BASIS,
    ),
    (
        "body",
        "vintage",
        "attribute",
        "product",
        "stage",
        "series_as_given",
        "country",
        "partner",
        "place_as_given",
        "period",
        "unit",
    ),
    (
        "Written by `didymium data import`: all cells of an edition, those that are no number too.",
        "Editions stand beside each other. The tables that the model reads hold the latest number alone.",
    ),
)

PUBLISHED_TABLES = (PUBLISHED,)
