"""Controlled words, the declarations of all tables, and the check of rows against them."""

from __future__ import annotations

from collections.abc import Mapping

from didymium.schema.backtest_tables import BACKTEST_TABLES
from didymium.schema.columns import Column, Kind, Table, registry
from didymium.schema.entity_tables import ENTITY_TABLES
from didymium.schema.family_tables import FAMILY_TABLES
from didymium.schema.finance_tables import FINANCE_TABLES
from didymium.schema.indicator_tables import INDICATOR_TABLES
from didymium.schema.market_tables import MARKET_TABLES
from didymium.schema.model_tables import MODEL_TABLES
from didymium.schema.policy_tables import POLICY_TABLES
from didymium.schema.project_tables import PROJECT_TABLES
from didymium.schema.published_tables import PUBLISHED_TABLES
from didymium.schema.reading_tables import READING_TABLES
from didymium.schema.reference_tables import REFERENCE_TABLES
from didymium.schema.scrap_tables import SCRAP_TABLES

TABLES: Mapping[str, Table] = registry(
    REFERENCE_TABLES,
    MARKET_TABLES,
    PROJECT_TABLES,
    FINANCE_TABLES,
    PUBLISHED_TABLES,
    POLICY_TABLES,
    READING_TABLES,
    MODEL_TABLES,
    SCRAP_TABLES,
    FAMILY_TABLES,
    BACKTEST_TABLES,
    INDICATOR_TABLES,
    ENTITY_TABLES,
)
"""Every table of the data package by name."""

DATA_VERSION = "2026.11"
"""Calendar version of the shipped facts."""

__all__ = ["DATA_VERSION", "TABLES", "Column", "Kind", "Table"]
