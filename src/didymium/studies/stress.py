"""What breaks, when, and by how much, if supply is cut.

Data → scenario → inputs → calibrated network → months, twice: with foresight and without. The band around each number
comes from seeded draws over the ranges of the assumptions, the drivers from moving one of them at a time to its ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import didymium
from didymium.data import Dataset
from didymium.errors import UnknownTerm
from didymium.model.ensemble import draws_of, drivers_of, run_all
from didymium.model.foresight import FORESIGHTS, base_of
from didymium.results import COMPLETE, PARTIAL, ChunkStore, Field, Result, canonical_json
from didymium.results.manifest import code_hash
from didymium.scenario.scenario import Scenario, load
from didymium.studies import proofs, stress_rows

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
    foresight: Sequence[str] = FORESIGHTS,
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

    The draws run on `workers` of an `executor` (`serial`, `threads`, `processes`) or on the Dask cluster at the address
    `cluster`; the answer does not depend on which. `keep` holds what is finished, for when the run is stopped.
    `time_limit` [s of solver time] holds for each programme. If it stops one, the result is `partial`, its rows say so,
    and it answers a question of its own, with the limit in it: it never stands for the complete answer. Raises
    Infeasible, in words, if the inputs contradict each other.
    """
    story = load(scenario) if isinstance(scenario, str) else scenario
    inputs = story.apply(ds)
    for kind, words, known in (("party", parties, inputs.chain.regions), ("foresight", foresight, FORESIGHTS)):
        for word in words:
            if word not in known:
                raise UnknownTerm(kind, word, known, cure=f"Known: {', '.join(sorted(known))}.")
    base = base_of(inputs)
    varied = [row for row in ds.rows("assumptions") if "stress" in row["used_by"]]
    asked = request(story, parties, foresight, draws, drivers, seed)
    cases = run_all(
        partial(story.apply, ds),
        inputs,
        base,
        [*draws_of(varied, story, draws, seed), *(drivers_of(varied, story) if drivers else ())],
        tuple(foresight),
        executor=cluster or executor,
        workers=workers,
        keep=None
        if keep is None
        else keep.of(canonical_json(["stress", asked, ds.full_id, time_limit]), code=code_hash()),
        code=code_hash,
        time_limit=time_limit,
        progress=progress,
    )
    drawn = stress_rows.spreads(cases, parties, foresight)
    late = stress_rows.is_late(cases)
    if late:
        asked["time_limit_s"] = time_limit
    return Result.of(
        "stress",
        request=asked,
        dataset=ds.describe(),
        code_version=didymium.__version__,
        rows=stress_rows.summary(ds, story, cases, drawn, parties),
        fields=FIELDS,
        tables={
            "scenarios": stress_rows.about(ds, story),
            "observed": stress_rows.observed(ds, story),
            "monthly": stress_rows.monthly(story, cases, drawn, parties),
            "scarcity": stress_rows.scarcity(story, inputs, cases, parties),
            "certificates": stress_rows.certificates(story, cases),
            "programmes": stress_rows.programmes(story, cases),
            "drivers": stress_rows.drivers(story, varied, cases, parties),
        },
        warnings=[*inputs.warnings, *(stress_rows.stopped(cases, time_limit or 0.0) if late else ())],
        status=PARTIAL if late else COMPLETE,
        arrays=proofs.solved_arrays(base, cases.central),
        assumptions=[row["assumption_id"] for row in varied],
        source_ids=sorted(
            {s for o in inputs.observations for s in o.source_ids} | {row["source_id"] for row in varied}
        ),
    )


def request(
    story: Scenario, parties: Sequence[str], foresight: Sequence[str], draws: int, drivers: bool, seed: int
) -> dict[str, Any]:
    """The question as asked: with the dataset and the version it names the run."""
    return {
        "scenario": story.model_dump(mode="json"),
        "parties": list(parties),
        "foresight": list(foresight),
        "draws": draws,
        "drivers": drivers,
        "seed": seed,
    }
