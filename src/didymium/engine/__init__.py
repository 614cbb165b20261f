"""Linear programmes over plain arrays: assemble, solve under changes, prove, explain, reconcile, run ensembles.

Knows nothing of minerals. Start with `LinearProgramme` and `solve`; for many scenarios of one network keep a `Solver`
and hand it a `Change` each, or hand a `Work` to `run_ensemble`.
"""

from __future__ import annotations

from didymium.engine.certificate import Certificate, certificate
from didymium.engine.crew import Work
from didymium.engine.elastic import InfeasibleProgramme, Prices, Relaxation, Violation, relax
from didymium.engine.executors import (
    Ensemble,
    EnsembleStopped,
    Keep,
    Memory,
    WorkersDied,
    WorkFailed,
    run_ensemble,
)
from didymium.engine.portfolio import portfolio
from didymium.engine.programme import Change, Entries, LinearProgramme, Triples, assemble, repeat, unrolled
from didymium.engine.reconcile import Reconciled, reconcile
from didymium.engine.screening import Screened, random_cases, two_phase
from didymium.engine.solve import Solution, Solver, Start, UnboundedProgramme, solve
from didymium.engine.twostage import Case, Cuts, FirstStage, Links, PortfolioSolution, cvar

__all__ = [
    "Case",
    "Certificate",
    "Change",
    "Cuts",
    "Ensemble",
    "EnsembleStopped",
    "Entries",
    "FirstStage",
    "InfeasibleProgramme",
    "Keep",
    "LinearProgramme",
    "Links",
    "Memory",
    "PortfolioSolution",
    "Prices",
    "Reconciled",
    "Relaxation",
    "Screened",
    "Solution",
    "Solver",
    "Start",
    "Triples",
    "UnboundedProgramme",
    "Violation",
    "Work",
    "WorkFailed",
    "WorkersDied",
    "assemble",
    "certificate",
    "cvar",
    "portfolio",
    "random_cases",
    "reconcile",
    "relax",
    "repeat",
    "run_ensemble",
    "solve",
    "two_phase",
    "unrolled",
]
