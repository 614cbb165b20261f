"""What breaks, when, and by how much, if supply is cut.

Data → scenario → inputs → calibrated network → months, twice: with foresight and without. The band around each number
comes from seeded draws over the ranges of the assumptions, the drivers from moving one of them at a time to its ends.
A scenario with branches is run leaf by leaf; its rows are expectations, and the table `leaves` has each leaf.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import didymium
from didymium.data import Dataset
from didymium.errors import UnknownTerm
from didymium.model.ensemble import Draw, draws_of, drivers_of
from didymium.model.foresight import base_of
from didymium.results import Field, Result
from didymium.scenario.inputs import Inputs
from didymium.scenario.scenario import Scenario, load
from didymium.scenario.tree import leaves
from didymium.studies import stress_rows, stress_tree

FIELDS = (
    Field("demand_t", "t", "Finished magnets (or oxide) wanted over the run"),
    Field("unserved_t", "t", "Part of the demand that is not met, thrift included"),
    Field("unserved_share", "share", "Unserved over demand"),
    Field("days_to_shortage", "days", "Days from the first day of the run until firm demand goes unserved"),
    Field("loss_usd_m", "million USD", "Value at stake in what is unserved; a scale of harm, not a forecast of GDP"),
)


def stress(
    ds: Dataset,
    scenario: Scenario | str,
    *,
    parties: Sequence[str] = ("USA", "JPN"),
    foresight: Sequence[str] | None = None,
    track_origin: Sequence[str] = (),
    draws: int = 6,
    drivers: bool = True,
    seed: int = 0,
    workers: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """Unserved demand by party, product, sector and month, days to shortage, scarcity values, certificates.

    `foresight` is by default all kinds that the scenario can be run with: `tree` only where it has branches.
    `track_origin` names places whose content is followed through the chain; cuts by origin do so by themselves.
    """
    story = load(scenario) if isinstance(scenario, str) else scenario
    sights = stress_tree.sights_of(story)
    foresight = sights if foresight is None else tuple(foresight)
    found = leaves(story)

    def apply(one: Scenario, overrides: Mapping[str, float]) -> Inputs:
        return stress_tree.tracked(one.apply(ds, overrides), track_origin)

    inputs = apply(found[0].scenario, {})
    for kind, words, known in (("party", parties, inputs.chain.regions), ("foresight", foresight, sights)):
        for word in words:
            if word not in known:
                raise UnknownTerm(kind, word, known, cure=f"Known: {', '.join(sorted(known))}.")
    base = base_of(inputs)
    varied = [row for row in ds.rows("assumptions") if "stress" in row["used_by"]]
    whole = story.model_copy(update={"cuts": tuple(cut for leaf in found for cut in leaf.scenario.cuts)})
    cases = [
        Draw("central", {}),
        *draws_of(varied, whole, draws, seed),
        *(drivers_of(varied, whole) if drivers else ()),
    ]
    by_leaf = stress_tree.solved(apply, found, base, cases, foresight, workers=workers, progress=progress)
    outcomes = stress_tree.expected(found, by_leaf) if story.branches else by_leaf[()]
    rows = list(stress_rows.summary(ds, story, outcomes, parties, foresight))
    tables = {
        "scenarios": stress_rows.about(ds, story),
        "observed": stress_rows.observed(ds, story),
        "monthly": stress_rows.monthly(story, outcomes, parties, foresight),
        "scarcity": stress_rows.scarcity(story, inputs, outcomes, parties, foresight),
        "certificates": stress_rows.certificates(story, outcomes, foresight),
        "drivers": stress_rows.drivers(whole, varied, outcomes, parties, foresight),
    }
    if story.branches:
        of_leaves = stress_tree.leaf_rows(ds, found, by_leaf, parties, foresight)
        rows = list(stress_tree.expected_rows(story, found, of_leaves, iter(rows)))
        tables |= {"leaves": iter(of_leaves), "branches": iter(stress_tree.branch_rows(story))}
    tracking = next((one for leaf in found if (one := apply(leaf.scenario, {})).track_origin), inputs)
    if tracking.track_origin:
        tables["origin"] = stress_tree.origin_rows(tracking, base, parties)
    return Result.of(
        "stress",
        request=request(story, parties, foresight, draws, drivers, seed, track_origin),
        dataset=ds.describe(),
        code_version=didymium.__version__,
        rows=rows,
        fields=FIELDS,
        tables=tables,
        warnings=inputs.warnings,
        assumptions=[row["assumption_id"] for row in varied],
        source_ids=sorted(
            {s for o in inputs.observations for s in o.source_ids} | {row["source_id"] for row in varied}
        ),
    )


def request(
    story: Scenario,
    parties: Sequence[str],
    foresight: Sequence[str],
    draws: int,
    drivers: bool,
    seed: int,
    track_origin: Sequence[str] = (),
) -> dict[str, Any]:
    """The question as asked: with the dataset and the version it names the run."""
    asked: dict[str, Any] = {
        "scenario": story.model_dump(mode="json"),
        "parties": list(parties),
        "foresight": list(foresight),
        "draws": draws,
        "drivers": drivers,
        "seed": seed,
    }
    return asked | ({"track_origin": list(track_origin)} if track_origin else {})
