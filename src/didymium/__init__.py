"""Didymium: an open decision system for the security of critical-mineral supply.

>>> import didymium as dd
>>> facts = dd.open()
>>> dd.exposure(facts, products=("dy_oxide",)).rows[0]["top_country"]
'CHN'
"""

from __future__ import annotations

from importlib import import_module as _import_module
from typing import Any as _Any

__version__ = "0.1.0"

# Loaded when first used, so that `import didymium` and `didymium --help` stay fast. `__init__.pyi` has the types.
_PUBLIC = {
    "Dataset": "didymium.data",
    "DidymiumError": "didymium.errors",
    "Result": "didymium.results",
    "RunStore": "didymium.results",
    "Scenario": "didymium.scenario.scenario",
    "backtest": "didymium.studies.backtest",
    "commitments": "didymium.studies.commitments",
    "exposure": "didymium.studies.exposure",
    "gaps": "didymium.studies.gaps",
    "measures": "didymium.studies.measures",
    "open": "didymium.data",
    "projects": "didymium.studies.projects",
    "reconcile": "didymium.studies.reconcile",
    "stress": "didymium.studies.stress",
}

__all__ = [
    "Dataset",
    "DidymiumError",
    "Result",
    "RunStore",
    "Scenario",
    "backtest",
    "commitments",
    "exposure",
    "gaps",
    "measures",
    "open",
    "projects",
    "reconcile",
    "stress",
]


def __getattr__(name: str) -> _Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'didymium' has no attribute {name!r}")
    return getattr(_import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
