"""Tables of the supply model: assumptions, regions, ore routes, sectors."""

from __future__ import annotations

from didymium.schema.columns import Table

MODEL_TABLES: tuple[Table, ...] = ()
