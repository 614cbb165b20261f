"""Economic importance by the method of the European Commission: what stands on the uses of a product in a place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from didymium.model.grouped import Floats
from didymium.model.supply_risk import LARGEST_IMPORTANCE, economic_importance
from didymium.studies.access import Access
from didymium.studies.drawn import Drawn, Values, assumed

if TYPE_CHECKING:
    from didymium.data import Dataset

Record = Mapping[str, Any]

SERIES = "EU 2023"
_HALF_PER_CENT = 0.005
"""Shares of uses are printed as whole per cent, the substitution index with two decimals."""


def importance(ds: Dataset, accesses: Sequence[Access], drawn: Drawn, *, seed: int) -> Values:
    """EI [0–10] of every access, from the shares of uses and the value added of the place.

    The reported value counts a use without an industry as nothing, as the guidelines do. In the draws such a use counts
    between nothing and the average of the others, and printed shares lie anywhere within their rounding. Where too much
    of the use has no industry the value is unknown.
    """
    uses: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for row in ds.rows("use_shares", series=SERIES):
        uses[row["product"], row["place"]].append(row)
    added: dict[str, dict[str, float]] = defaultdict(dict)
    for row in ds.rows("industries", series=SERIES):
        added[row["place"]][row["industry"]] = row["value_added"]
    index = {
        row["product"]: row["value"]
        for row in ds.rows("published_indicators", indicator="substitution_importance", series=SERIES)
    }
    limit = assumed(ds, "unassigned_use_limit")
    rng = np.random.default_rng([seed, 25])
    found = Values.unknown(len(accesses), drawn.draws, "no_use_shares")
    known: dict[tuple[str, str], Floats] = {}
    for case, one in enumerate(accesses):
        product, place = drawn.supplies[one.supply].product, one.party
        rows, industries = uses.get((product, place), []), added.get(place)
        open_share = sum(row["share"] for row in rows if row["industry"] is None)
        if not industries:
            found.status[case] = "no_value_added"
        elif not rows:
            continue
        elif product not in index:
            found.status[case] = "no_substitution_index"
        elif open_share > limit:
            found.status[case] = "uses_without_industry"
        else:
            if (product, place) not in known:
                known[product, place] = _drawn(rows, industries, index[product], drawn.draws - 1, rng)
            found.drawn[case], found.status[case] = known[product, place], "known"
    return found


def _drawn(
    rows: Sequence[Record], industries: Mapping[str, float], substitution: float, draws: int, rng: np.random.Generator
) -> Floats:
    """The reported value, then drawn ones: (1 + draws,)."""
    named = sorted((row for row in rows if row["industry"] is not None), key=lambda row: str(row["application"]))
    shares = np.array([row["share"] for row in named])
    values = np.array([industries[row["industry"]] for row in named])
    left = sum(row["share"] for row in rows if row["industry"] is None)
    largest = max(industries.values())
    said = economic_importance(shares, values, substitution, largest, rounding=_HALF_PER_CENT)
    moved = np.clip(shares + rng.uniform(-_HALF_PER_CENT, _HALF_PER_CENT, (draws, shares.size)), 0.0, 1.0)
    average = float((shares * values).sum() / shares.sum())
    stands = moved @ values + left * average * rng.uniform(0.0, 1.0, draws)
    index = np.clip(substitution + rng.uniform(-_HALF_PER_CENT, _HALF_PER_CENT, draws), 0.0, 1.0)
    drawn = np.minimum(stands / largest * LARGEST_IMPORTANCE * index, LARGEST_IMPORTANCE)
    return np.concatenate([[said], drawn])
