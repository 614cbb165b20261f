"""The study held against published figures, and against the recycled content that laws ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from didymium.data import Dataset
from didymium.results import Row
from didymium.studies.scrap_material import Material
from didymium.studies.scrap_stream import summed

Floats = NDArray[np.float64]
UNDER = ("", "both", "all_levers")


def published(ds: Dataset, known: Sequence[Material], families: Sequence[str]) -> list[Row]:
    """Each published figure of the families beside the number of the study, where it has that place and year."""
    return [_held(row, known) for f in families for row in ds.rows("scrap_published", family=f)]


def held_places(ds: Dataset, family: str) -> tuple[str, ...]:
    """Places for which something is published on a family."""
    return tuple(dict.fromkeys(str(row["place"]) for row in ds.rows("scrap_published", family=family)))


def _held(row: Mapping[str, object], known: Sequence[Material]) -> Row:
    asked = set(str(row["elements"]).split(";"))
    mine = [m for m in known if m.family == row["family"] and m.element in asked]
    year, place, measure = int(str(row["year"])), str(row["place"]), str(row["measure"])
    ours = _measured(mine, place, year, measure) if len(mine) == len(asked) else None
    theirs = float(str(row["quantity"]))
    low, high = _band(ours)
    return {
        "family": str(row["family"]),
        "element": "+".join(m.element for m in mine) or "+".join(sorted(asked)),
        "party": place,
        "year": year,
        "measure": measure,
        "published_value": theirs,
        "unit": str(row["unit"]),
        "study_value": None if ours is None else float(ours[0]),
        "study_value_p10": low,
        "study_value_p90": high,
        "study_over_published": None if ours is None else float(ours[0]) / theirs,
        "band_holds": "unknown" if ours is None else _holds(low, high, theirs),
        "reads": str(row["reads"]),
        "reads_ja": str(row["reads_ja"]),
        "source_id": str(row["source_id"]),
    }


def _band(values: Floats | None) -> tuple[float | None, float | None]:
    """P10 and P90 of the draws; None where there are none."""
    if values is None or len(values) < 2:
        return None, None
    low, high = np.quantile(values[1:], [0.1, 0.9])
    return float(low), float(high)


def _holds(low: float | None, high: float | None, value: float) -> str:
    if low is None or high is None:
        return "no_band"
    return "inside" if low <= value <= high else "outside"


def _measured(materials: Sequence[Material], place: str, year: int, measure: str) -> Floats | None:
    """The number of the study, draw by draw; None where one of its parts is not known."""
    parts: dict[str, Floats] = {}
    for material in materials:
        if year not in material.years:
            return None
        i = material.years.index(year)
        line = material.whole((place,))
        for name, values in (
            ("end_of_life_t", None if line is None else line.end_of_life),
            ("collected_t", None if line is None else line.collected),
            ("recovered_t", None if line is None else line.recovered),
            ("new_scrap_t", material.at(material.new_scrap, (place,))),
            ("new_recovered_t", material.at(material.new_recovered, (place,))),
        ):
            if values is not None:
                parts[name] = parts.get(name, np.zeros(1)) + values[:, i]
    if measure in parts:
        return parts[measure]
    try:
        if measure == "all_recovered_t":
            # Where what leaves use in a place is not known, what returns of new scrap is all that is told.
            return parts.get("recovered_t", np.zeros(1)) + parts["new_recovered_t"]
        if measure == "new_feed_share":
            return parts["new_scrap_t"] / (parts["new_scrap_t"] + parts["collected_t"])
    except KeyError:
        return None
    return None


def last_target(ds: Dataset) -> int:
    """The last year for which a law asks something."""
    return max(int(r["year"]) for r in ds.rows("scrap_targets"))


def bound_places(ds: Dataset) -> dict[str, tuple[str, ...]]:
    """Places whose law asks for recycled content."""
    return {str(r["place"]): (str(r["place"]),) for r in ds.rows("scrap_targets")}


def targets(
    ds: Dataset, known: Sequence[Material], places: Mapping[str, Sequence[str]], families: Sequence[str]
) -> list[Row]:
    """What a law asks of the goods put into use, and what returns in the same place, today's way and under levers."""
    return [
        one
        for f in families
        for row in ds.rows("scrap_targets", family=f)
        for material in known
        if material.family == f and material.sold_as == row["product"]
        for one in _asked(row, material, places)
    ]


def _asked(row: Mapping[str, object], material: Material, places: Mapping[str, Sequence[str]]) -> Iterator[Row]:
    i = material.years.index(int(str(row["year"])))
    bound = set(str(row["sectors"]).split(";"))
    for party, members in places.items():
        entered = summed([s.entered for s in material.streams if s.sector in bound], members)
        needed = None if entered is None else float(row["share"]) * entered[:, i]  # type: ignore[arg-type]
        returned = material.at(material.new_recovered, members)
        for lever in UNDER:
            line = material.whole(members, lever)
            back = None if line is None or returned is None else line.recovered[:, i] + returned[:, i]
            met = None if back is None or needed is None else back / needed
            low, high = _band(met)
            yield {
                "family": material.family,
                "party": party,
                "element": material.element,
                "year": int(str(row["year"])),
                "lever": lever or "none",
                "binds": str(row["place"]) == party,
                "target_share": float(str(row["share"])),
                "asked_t": None if needed is None else float(needed[0]),
                "returned_t": None if back is None else float(back[0]),
                "met_share": None if met is None else float(met[0]),
                "met_share_p10": low,
                "met_share_p90": high,
                "law": str(row["law"]),
                "law_ja": str(row["law_ja"]),
                "source_id": str(row["source_id"]),
            }
