"""How far a row can be trusted: evidence grade and relative standard deviation, from table `confidence_grades`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ASSUMED = ("ASSUMPTION", "recalled", "held at the ")
DERIVED = ("derived", "sum of derived", "closes the ")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Grade A (read from an official source) to D (assumption), with its relative standard deviation [share]."""

    grade: str
    sigma_share: float
    sigma_share_low: float
    sigma_share_high: float
    reason: str


def basis_kind(row: Mapping[str, Any]) -> str:
    """Whether a row was read (source), computed from others (derived), or chosen (assumption).

    A derivation that names an assumption in capitals is one; a derivation from recalled figures stays a derivation.
    """
    basis = str(row.get("basis") or "")
    if basis.startswith(DERIVED) and "ASSUMPTION" not in basis:
        return "derived"
    if any(word in f"{basis} {row.get('locator') or ''}" for word in ASSUMED):
        return "assumption"
    return "source"
