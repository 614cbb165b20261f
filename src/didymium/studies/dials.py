"""The dials of the stress lab: what they change in a scenario, and the cells in which its questions lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from didymium.errors import BadInput
from didymium.scenario.scenario import Outage, Scenario, TradeCut, between, checked, library, shift

CELL_SHARES = 10
"""Steps of the share at which the solver's bases are kept, for every length."""
COARSE_MONTHS = (3, 6, 9, 12, 18, 24)
"""Lengths [months] whose bases are found from that of the scenario itself; those of the others from the nearest."""


@dataclass(frozen=True, slots=True)
class Dials:
    """Where dials stand: who is hit, towards whom, in which products, what share passes or remains, for how long."""

    place: str
    importers: tuple[str, ...]
    products: tuple[str, ...]
    share: float
    months: int


def dials(story: Scenario) -> Dials | None:
    """The dials as a scenario sets them; None for one that is not a single shock of stated size.

    >>> from didymium.scenario.scenario import load
    >>> dials(load("cn-graphite-stop"))
    Dials(place='CHN', importers=('ALL',), products=('natural_graphite', 'anode_graphite'), share=0.1, months=12)
    """
    if story.branches or any(cut.origin or cut.approval_share is None for cut in story.cuts):
        return None
    breaks: list[TradeCut | Outage] = [*story.cuts, *story.outages]
    products = tuple(dict.fromkeys(p for one in breaks for p in one.products))
    found = {_dials(one, story, products) for one in breaks}
    return found.pop() if len(found) == 1 else None


def _dials(one: TradeCut | Outage, story: Scenario, products: tuple[str, ...]) -> Dials:
    last = shift(story.start, story.months)
    months = between(one.start, last if one.end is None else min(one.end, last))
    if isinstance(one, Outage):
        return Dials(one.place, (), products, one.availability, months)
    return Dials(one.exporter, one.importers, products, float(one.approval_share or 0.0), months)


@cache
def adjustable() -> Mapping[str, Scenario]:
    """The scenarios of the library that have dials."""
    return {name: story for name, story in library().items() if dials(story) is not None}


def longest(story: Scenario) -> int:
    """The greatest length of a shock that ends within the run [months]."""
    first = min(one.start for one in (*story.cuts, *story.outages))
    return between(first, shift(story.start, story.months))


def turned(story: Scenario, to: Dials) -> Scenario:
    """The scenario with its dials elsewhere; a dial that is turned has no range of its own any more.

    Raises BadScenario or BadInput where that is none.
    """
    was = dials(story)
    if was is None:
        raise BadInput(f"scenario {story.id} is not a single shock.", cure=f"Choose one of {', '.join(adjustable())}.")
    if to == was:
        return story
    if not 1 <= to.months <= longest(story):
        raise BadInput(f"{to.months} months do not fit in the run.", cure=f"Choose 1 to {longest(story)}.")
    if was.products and not set(to.products) & set(was.products):
        raise BadInput("no product is left.", cure=f"Choose some of {', '.join(was.products)}.")
    whole = story.model_dump(mode="json")
    for kind in ("cuts", "outages"):
        for one in whole[kind]:
            one["left"] = [p for p in one["products"] if p in to.products]
        whole[kind] = [one for one in whole[kind] if one["left"] or not one["products"]]
        for one in whole[kind]:
            one["products"] = one.pop("left")
    for one in whole["cuts"]:
        one |= {"exporter": to.place, "importers": list(to.importers), **_length(one, was, to)}
        if to.share != was.share:
            one |= {"approval_share": to.share, "approval_low": None, "approval_high": None}
    for one in whole["outages"]:
        one |= {"place": to.place, **_length(one, was, to)}
        if to.share != was.share:
            one |= {"availability": to.share, "availability_low": None, "availability_high": None}
    about = {"id": f"{story.id}-lab", "title": f"{story.title}, changed", "title_ja": f"{story.title_ja}（変更）"}
    changed = {"summary": f"Made from {story.id}.", "likelihood": "not assessed"}
    return checked(whole | about | changed, where=f"scenario {story.id}-lab")


def _length(one: Mapping[str, Any], was: Dials, to: Dials) -> dict[str, Any]:
    if to.months == was.months:
        return {}
    return {"end": shift(one["start"], to.months), "months_low": None, "months_high": None}


def cover(story: Scenario) -> str:
    """The assumption behind the dial for stocks: those of magnet users, or of processors where no magnets are used."""
    return "user_cover_days" if "magnets" in story.families else "pool_cover_days"


def cell(story: Scenario, to: Dials) -> Dials:
    """The dials near by from whose solution a question starts.

    Share and length decide how far the solver has to go. The start of a question depends on the question alone, so
    that its answer does not depend on what was asked before.
    """
    was = dials(story)
    assert was is not None
    return replace(was, share=round(CELL_SHARES * to.share) / CELL_SHARES, months=to.months)


def before(story: Scenario, near: Dials) -> Dials | None:
    """The dials from whose basis that of a cell is found; None for those of the scenario, which is solved from nothing.

    >>> story = adjustable()["cn-stop-6"]
    >>> near = replace(dials(story), share=0.3, months=14)
    >>> [(one.share, one.months) for one in (before(story, near), before(story, before(story, near)))]
    [(0.3, 12), (0.0, 6)]
    """
    was = dials(story)
    assert was is not None
    if near == was:
        return None
    coarse = min((m for m in COARSE_MONTHS if m <= longest(story)), key=lambda m: abs(m - near.months), default=0)
    return was if coarse in (0, near.months) else replace(near, months=coarse)


def cells(story: Scenario) -> list[Dials]:
    """All cells of a scenario: those from which others are found first, then the shorter shocks."""
    was = dials(story)
    assert was is not None
    steps = [step / CELL_SHARES for step in range(CELL_SHARES + 1)]
    found = [replace(was, share=share, months=n + 1) for n in range(longest(story)) for share in steps]
    return sorted(found, key=lambda one: (one.months not in COARSE_MONTHS, one.months))
