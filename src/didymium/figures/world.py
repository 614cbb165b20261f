"""Shapes and points of countries, from Natural Earth; written by `tools.write_world`."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from didymium.i18n import Translator


@cache
def _world() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((files("didymium.figures") / "world.json").read_text(encoding="utf-8"))
    return found


def shapes() -> dict[str, Any]:
    """The topology: an object `countries` whose ids are ISO 3166 alpha-3."""
    topology: dict[str, Any] = _world()["topology"]
    return topology


def point(place: str) -> tuple[float, float] | None:
    """Longitude and latitude at which a country's label stands; None for a group."""
    found = _world()["points"].get(place)
    return None if found is None else (float(found[0]), float(found[1]))


def borders(t: Translator) -> str:
    """What every map says of its borders."""
    return t("Borders are those of Natural Earth and say nothing about claims")
