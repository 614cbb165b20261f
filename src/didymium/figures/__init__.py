"""Figures: pure functions from a result to a Vega-Lite specification."""

from didymium.figures.chain import chain_shares, concentration
from didymium.figures.gaps import gap_heat, gap_ledger
from didymium.figures.record import commitments_board, measures_calendar, project_timeline
from didymium.figures.shortage import drivers_tornado, first_shortage, shortage_months

__all__ = [
    "chain_shares",
    "commitments_board",
    "concentration",
    "drivers_tornado",
    "first_shortage",
    "gap_heat",
    "gap_ledger",
    "measures_calendar",
    "project_timeline",
    "shortage_months",
]
