"""A material with its uses, the waste of its makers, their need and their gap, for all families."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from didymium.data import Dataset
from didymium.model.ledger import Entry
from didymium.model.scrap import new_scrap
from didymium.studies.gap_supply import Supply
from didymium.studies.scrap_figures import ELEMENTS, MAGNET, Figures
from didymium.studies.scrap_rows import streams
from didymium.studies.scrap_stream import WORLD, Line, Rate, Stream, summed, total

Floats = NDArray[np.float64]
MAGNETS = "magnets"
MADE_STAGE = "magnet"
OXIDE_STAGE = "separated"


@dataclass(frozen=True, slots=True)
class Material:
    """Arrays (draw + 1, year) [t of the element] by place; a place that is left out is not known.

    `gap` is by party and by all parties together; families without a gap ledger have none. `sold_as` is the product in
    which projects count it, and `content` the element in a tonne of that.
    """

    family: str
    element: str
    years: tuple[int, ...]
    streams: tuple[Stream, ...]
    new_scrap: Mapping[str, Floats]
    new_recovered: Mapping[str, Floats]
    need: Mapping[str, Floats]
    sold_as: str
    content: float = 1.0
    gap: Mapping[str, Floats] = field(default_factory=dict)

    def whole(self, places: Sequence[str], lever: str = "") -> Line | None:
        """All uses together; with a lever that stops exports, None where one of the uses does not know its own."""
        lines = [s.line(places, lever) for s in self.streams]
        if lever and any(now is None for now in lines):
            told = [s.line(places) for s in self.streams]
            if any(now is None and then is not None for now, then in zip(lines, told, strict=True)):
                return None
        return total(lines)

    def told(self, places: Sequence[str]) -> str:
        """Whether what leaves use is known of all uses, of some, or of none."""
        known = [s.line(places) is not None for s in self.streams]
        return "modelled" if all(known) else "partial" if any(known) else "unknown"

    def at(self, of: Mapping[str, Floats], places: Sequence[str]) -> Floats | None:
        """New scrap, what returns of it, or need of the places together; None where one of them is not known."""
        return summed([of], places)


def of_family(
    ds: Dataset, family: str, *, last: int, outlook: str, draws: int, seed: int, full_year: Floats
) -> Iterator[Material]:
    """The materials of a family whose rows are in `scrap_uses`."""
    found: dict[tuple[str, str], list[Stream]] = {}
    for one in streams(ds, family, last=last, outlook=outlook, draws=draws, seed=seed, full_year=full_year):
        found.setdefault((one.element, one.product), []).append(one)
    for (element, product), parts in found.items():
        yield Material(
            family=family,
            element=element,
            years=parts[0].years,
            streams=tuple(parts),
            new_scrap=_together([s.new_scrap for s in parts]),
            new_recovered=_together([s.new_recovered for s in parts]),
            need=_together([s.need for s in parts]),
            sold_as=product,
        )


def _together(parts: Sequence[Mapping[str, Floats]]) -> dict[str, Floats]:
    places = sorted({p for part in parts for p in part})
    return {p: np.sum([part[p] for part in parts if p in part], axis=0) for p in places}


def of_magnets(
    known: Figures,
    supply: Supply,
    need: Mapping[tuple[str, str, str], Floats],
    gap: Mapping[str, Mapping[str, Entry]],
    *,
    others: Sequence[str] = (),
) -> Iterator[Material]:
    """The four magnet rare earths. A party's makers are its plants and projects; the world makes what it uses.

    `others`: places beside the parties for which figures are published.
    """
    world = tuple(dict.fromkeys(place for place, _, _ in known.use))
    places = {**{p: (p,) for p in (*supply.parties, *others) if p != WORLD}, WORLD: world}
    for element in ELEMENTS:
        oxide = known.oxides[element]
        waste, wanted = {}, {}
        for place, members in places.items():
            made_by = need if place == WORLD else supply.own
            makers = [(MADE_STAGE, MAGNET, p) for p in members]
            made = sum((made_by[k][:1] for k in makers if k in made_by), np.zeros((1, 1)))
            scrap = new_scrap(made, known.waste_share) * known.made_content(element)
            waste[place] = np.broadcast_to(scrap, (1, len(known.years)))
            takers = [need[OXIDE_STAGE, oxide.product, p][:1] for p in members]
            wanted[place] = sum(takers, np.zeros((1, 1))) * oxide.element_share
        yield Material(
            family=MAGNETS,
            element=element,
            years=known.years,
            streams=tuple(_magnet_stream(known, places, sector, element) for sector in known.sectors),
            new_scrap=waste,
            new_recovered={p: t * known.swarf_recovery for p, t in waste.items()},
            need=wanted,
            sold_as=oxide.product,
            content=oxide.element_share,
            gap={p: entry.gap[:1] * oxide.element_share for p, entry in gap[oxide.product].items()},
        )


def _magnet_stream(known: Figures, places: Mapping[str, Sequence[str]], sector: str, element: str) -> Stream:
    """Exports of magnet scrap are not known: no place but the world has a share."""
    base = {
        place: sum(
            (
                known.use[p, s, grade] * known.content[grade, element]
                for p, s, grade in known.use
                if p in members and s == sector
            ),
            np.zeros((1, 1)),
        )
        for place, members in places.items()
    }
    rate = Rate(known.collection[sector], known.target[sector])
    return Stream(
        family=MAGNETS,
        product=MAGNET,
        element=element,
        sector=sector,
        years=known.years,
        entered={},
        in_use={p: t * known.in_use[sector] for p, t in base.items()},
        end_of_life={p: t * known.end_of_life[sector] for p, t in base.items()},
        collection=dict.fromkeys(base, rate),
        export={},
        recovery=Rate(known.recovery, known.dismantled),
        risen=known.risen,
        new_scrap={},
        new_recovered={},
        need={},
    )
