"""Cuts that follow the content of goods: what of them is a limit on all of a flow, and what on its tracked part."""

from __future__ import annotations

from didymium.errors import BadScenario
from didymium.scenario.inputs import Chain, OriginRestriction, Restriction
from didymium.scenario.scenario import Scenario


def by_origin(
    scenario: Scenario, chain: Chain, restrictions: tuple[Restriction, ...]
) -> tuple[tuple[Restriction, ...], tuple[str, ...], tuple[OriginRestriction, ...]]:
    """Limits on whole flows, the tracked regions, and limits on flows of goods with content from them.

    `restrictions` belong to the scenario's cuts, in their order. All that leaves the origin itself counts as its
    content, so there a cut by origin is an ordinary limit. What goes back to the origin is not limited.

    Raises BadScenario when cuts name different origins, or one that is no region of its own.
    """
    origins = sorted({cut.origin for cut in scenario.cuts if cut.origin is not None})
    where = f"scenario {scenario.id}"
    if len(origins) > 1:
        raise BadScenario(f"cuts follow content from {' and '.join(origins)}.", where=where, cure="Follow one origin.")
    for origin in origins:
        if origin not in chain.regions:
            raise BadScenario(
                f"origin {origin} is not a place of its own in the chain.",
                where=where,
                cure=f"Places: {', '.join(sorted(chain.regions))}.",
            )
    direct: list[Restriction] = []
    through: list[OriginRestriction] = []
    for cut, whole in zip(scenario.cuts, restrictions, strict=True):
        if cut.origin is None:
            direct.append(whole)
            continue
        leaving = [i for i, e in enumerate(whole.arcs) if chain.arcs[e][1] == cut.origin]
        abroad = [i for i, e in enumerate(whole.arcs) if cut.origin not in chain.arcs[e][1:]]
        name = f"{whole.name} with content from {cut.origin}"
        if leaving:
            direct.append(Restriction(name, whole.arcs[leaving], whole.factor[:, leaving]))
        if abroad:
            through.append(OriginRestriction(name, whole.arcs[abroad], whole.factor[:, abroad]))
    return tuple(direct), tuple(origins), tuple(through)
