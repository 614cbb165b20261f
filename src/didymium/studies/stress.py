"""What breaks, when, and by how much, if supply is cut.

Data → scenario → inputs → calibrated network → months, twice: with foresight and without. The band around each number
comes from seeded draws over the ranges of the assumptions, the drivers from moving one of them at a time to its ends.
A scenario with branches is run leaf by leaf; its rows are expectations, and the table `leaves` has each leaf.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import didymium
from didymium.data import Dataset
from didymium.errors import UnknownTerm
from didymium.model.ensemble import draws_of, drivers_of
from didymium.model.foresight import base_of
from didymium.results import COMPLETE, PARTIAL, ChunkStore, Field, Result, canonical_json
from didymium.results.manifest import code_hash
from didymium.scenario.scenario import Scenario, load
from didymium.scenario.tree import leaves
from didymium.studies import proofs, stress_rows, stress_ties, stress_tree
from didymium.studies.stress_tree import Asking

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
    executor: str = "threads",
    cluster: str | None = None,
    keep: ChunkStore | None = None,
    time_limit: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """Unserved demand by party, product, sector and month, days to shortage, scarcity values, certificates.

    `foresight` is by default all kinds that the scenario can be run with: `tree` only where it has branches.
    `track_origin` names places whose content is followed through the chain; cuts by origin do so by themselves.
    The draws run on `workers` of an `executor` (`serial`, `threads`, `processes`) or on the Dask cluster at the address
    `cluster`; the answer does not depend on which. `keep` holds what is finished, for when the run is stopped.
    `time_limit` [s of solver time] holds for each programme. If it stops one, the result is `partial`, its rows say so,
    and it answers a question of its own, with the limit in it: it never stands for the complete answer. Raises
    Infeasible, in words, if the inputs contradict each other.
    """
    story = load(scenario) if isinstance(scenario, str) else scenario
    sights = stress_tree.sights_of(story)
    foresight = sights if foresight is None else tuple(foresight)
    found = leaves(story)
    inputs = stress_tree.applied(ds, track_origin, found[0].scenario, {})
    for kind, words, known in (("party", parties, inputs.chain.regions), ("foresight", foresight, sights)):
        for word in words:
            if word not in known:
                raise UnknownTerm(kind, word, known, cure=f"Known: {', '.join(sorted(known))}.")
    base = base_of(inputs)
    varied = [row for row in ds.rows("assumptions") if "stress" in row["used_by"]]
    whole = story.model_copy(update={"cuts": tuple(cut for leaf in found for cut in leaf.scenario.cuts)})
    asked = request(story, parties, foresight, draws, drivers, seed, track_origin)
    asking = Asking(
        ds=ds,
        track_origin=tuple(track_origin),
        base=base,
        cases=(*draws_of(varied, whole, draws, seed), *(drivers_of(varied, whole) if drivers else ())),
        foresight=foresight,
        executor=cluster or executor,
        workers=workers,
        keep=None
        if keep is None
        else lambda leaf: keep.of(canonical_json(["stress", asked, ds.full_id, time_limit, *leaf]), code=code_hash()),
        code=code_hash,
        time_limit=time_limit,
    )
    by_leaf = stress_tree.solved(asking, found, progress)
    cases = stress_tree.expected(found, by_leaf) if story.branches else by_leaf[()]
    drawn = stress_rows.spreads(cases, parties, foresight)
    rows = list(stress_rows.summary(ds, story, cases, drawn, parties))
    tables = {
        "scenarios": stress_rows.about(ds, story),
        "observed": stress_rows.observed(ds, story),
        "monthly": stress_rows.monthly(story, cases, drawn, parties),
        "scarcity": stress_rows.scarcity(story, inputs, cases, parties),
        "certificates": stress_rows.certificates(story, cases),
        "programmes": stress_rows.programmes(story, cases),
        "drivers": stress_rows.drivers(whole, varied, cases, parties),
    }
    if not story.branches:
        tables["ties"] = stress_ties.tie_rows(story, inputs, base, cases, parties)
    if story.branches:
        of_leaves = stress_tree.leaf_rows(ds, found, by_leaf, parties, foresight)
        rows = list(stress_tree.expected_rows(story, found, of_leaves, iter(rows)))
        tables |= {"leaves": iter(of_leaves), "branches": iter(stress_tree.branch_rows(story))}
    applied = [stress_tree.applied(ds, track_origin, leaf.scenario, {}) for leaf in found]
    tracking = next((one for one in applied if one.track_origin), inputs)
    if tracking.track_origin:
        tables["origin"] = stress_tree.origin_rows(tracking, base, parties)
    late = stress_rows.is_late(cases)
    if late:
        asked["time_limit_s"] = time_limit
    return Result.of(
        "stress",
        request=asked,
        dataset=ds.describe(),
        code_version=didymium.__version__,
        rows=rows,
        fields=FIELDS,
        tables=tables,
        warnings=[*inputs.warnings, *(stress_rows.stopped(cases, time_limit or 0.0) if late else ())],
        status=PARTIAL if late else COMPLETE,
        arrays={} if story.branches else proofs.solved_arrays(base, cases.central),
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
