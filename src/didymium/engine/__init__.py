"""Linear programmes over plain arrays: assemble, solve under changes, prove, explain, reconcile.

Knows nothing of minerals. Start with `LinearProgramme` and `solve`; for many scenarios of one network keep a `Solver`
and hand it a `Change` each.
"""

from __future__ import annotations

from didymium.engine.certificate import Certificate, certificate
from didymium.engine.elastic import InfeasibleProgramme, Prices, Relaxation, Violation, relax
from didymium.engine.programme import Change, Entries, LinearProgramme, Triples, assemble, repeat
from didymium.engine.reconcile import Reconciled, reconcile
from didymium.engine.solve import Solution, Solver, UnboundedProgramme, solve

__all__ = [
    "Certificate",
    "Change",
    "Entries",
    "InfeasibleProgramme",
    "LinearProgramme",
    "Prices",
    "Reconciled",
    "Relaxation",
    "Solution",
    "Solver",
    "Triples",
    "UnboundedProgramme",
    "Violation",
    "assemble",
    "certificate",
    "reconcile",
    "relax",
    "repeat",
    "solve",
]
