"""Who plans: a place of the chain, or a group of places that plans as one with one budget, such as the Union."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from didymium.data import Dataset
from didymium.errors import BadInput, UnknownTerm
from didymium.scenario.inputs import Chain
from didymium.studies.gap_supply import partners
from didymium.studies.gaps import gaps

Members = Mapping[str, tuple[str, ...]]
"""The places of the chain of each party."""


def members_of(chain: Chain, parties: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The places of each party. A group has those that hold none but its members.

    Raises UnknownTerm for a party that the chain does not hold, BadInput for a place of two parties.
    """
    held: dict[str, set[str]] = {}
    for code, region in chain.region_of.items():
        held.setdefault(region, set()).add(code)
    found: dict[str, tuple[str, ...]] = {}
    taken: dict[str, str] = {}
    for party in parties:
        group = chain.groups.get(party, frozenset())
        if party in chain.regions:
            found[party] = (party,)
        elif own := tuple(r for r in chain.regions if held.get(r, {r}) <= group):
            found[party] = own
        else:
            known = sorted({*chain.regions, *chain.groups})
            raise UnknownTerm("party", party, known, cure=f"Parties are places of the chain: {', '.join(known)}.")
        for region in found[party]:
            if region in taken:
                cure = "Leave one of them out: nobody plans for the same place twice."
                raise BadInput(f"{region} is of {taken[region]} and of {party}.", where="parties", cure=cure)
            taken[region] = party
    return found


def partners_of(ds: Dataset, chain: Chain, members: Members) -> frozenset[str]:
    """Places that share a minerals paper with a party or with a place of it, and are of no party."""
    own = {region for regions in members.values() for region in regions}
    asked = {*members, *own}
    return frozenset(r for party in asked for r, _ in partners(ds, chain, party)) - own


def needs_of(ds: Dataset, members: Members, year: int) -> tuple[dict[tuple[str, str, str], float], frozenset[str]]:
    """Gap [t/y] by party, or all parties as "A+B", stage and product; and the places that need any of it."""
    every = [region for regions in members.values() for region in regions]
    names = {"+".join(every): "+".join(members)}
    ledgers = [every, *(list(regions) for regions in members.values() if len(regions) > 1)]
    names |= {"+".join(regions): party for party, regions in members.items()}
    found: dict[tuple[str, str, str], float] = {}
    needing: set[str] = set()
    for regions in ledgers:
        for r in gaps(ds, parties=regions, years=(year,), outlooks=("STEPS",), draws=1).rows:
            party, gap = str(r["party"]), float(r["gap_t"])  # type: ignore[arg-type]
            if party in regions and float(r["need_t"]) > 0:  # type: ignore[arg-type]
                needing.add(party)
            if party in names:
                found.setdefault((names[party], str(r["stage"]), str(r["product"])), gap)
    return found, frozenset(needing)
