"""Figures: pure functions from a result to a Vega-Lite specification."""

from didymium.figures.backtest import backtest_bands
from didymium.figures.bankability import bankability
from didymium.figures.chain import chain_shares, concentration
from didymium.figures.commitments import commitments_board
from didymium.figures.drivers import drivers_tornado
from didymium.figures.frontier import package_frontier
from didymium.figures.gaps import gap_heat, gap_ledger
from didymium.figures.measures import measures_calendar
from didymium.figures.projects import project_timeline
from didymium.figures.recycling import scrap_return
from didymium.figures.shortage import first_shortage, shortage_months

__all__ = [
    "backtest_bands",
    "bankability",
    "chain_shares",
    "commitments_board",
    "concentration",
    "drivers_tornado",
    "first_shortage",
    "gap_heat",
    "gap_ledger",
    "measures_calendar",
    "package_frontier",
    "project_timeline",
    "scrap_return",
    "shortage_months",
]
