"""Didymium: an open decision system for the security of critical-mineral supply.

>>> import didymium as dd
>>> facts = dd.open()
>>> dd.exposure(facts, products=("dy_oxide",)).rows[0]["top_country"]
'CHN'
"""

from __future__ import annotations

import sys as _sys
from importlib import import_module as _import_module
from types import ModuleType as _ModuleType
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
    "branches": "didymium.studies.branches",
    "commitments": "didymium.studies.commitments",
    "entities": "didymium.studies.entities",
    "exposure": "didymium.studies.exposure",
    "finance": "didymium.studies.finance",
    "floor": "didymium.studies.floor",
    "gaps": "didymium.studies.gaps",
    "measures": "didymium.studies.measures",
    "open": "didymium.data",
    "ownership": "didymium.studies.ownership",
    "plan": "didymium.studies.plan",
    "projects": "didymium.studies.projects",
    "reconcile": "didymium.studies.reconcile",
    "recycling": "didymium.studies.recycling",
    "respond": "didymium.studies.respond",
    "stocks": "didymium.studies.stocks",
    "stress": "didymium.studies.stress",
}

__all__ = [
    "Dataset",
    "DidymiumError",
    "Result",
    "RunStore",
    "Scenario",
    "backtest",
    "branches",
    "commitments",
    "entities",
    "exposure",
    "finance",
    "floor",
    "gaps",
    "measures",
    "open",
    "ownership",
    "plan",
    "projects",
    "reconcile",
    "recycling",
    "respond",
    "stocks",
    "stress",
]


def __getattr__(name: str) -> _Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'didymium' has no attribute {name!r}")
    return getattr(_import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])


class _Package(_ModuleType):
    """Keeps a public word what it is when a room of the same name, `finance`, is imported: Python would rebind it."""

    def __setattr__(self, name: str, value: _Any) -> None:
        if not (name in _PUBLIC and isinstance(value, _ModuleType)):
            super().__setattr__(name, value)


_sys.modules[__name__].__class__ = _Package
