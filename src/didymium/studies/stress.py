"""What breaks, when, and by how much, if supply is cut.

Data → scenario → inputs → calibrated network → months, twice: with foresight and without. The band around each number
comes from seeded draws over the ranges of the assumptions, the drivers from moving one of them at a time to its ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import didymium
from didymium.data import Dataset
from didymium.errors import UnknownTerm
from didymium.model.ensemble import Draw, draws_of, drivers_of, run_all
from didymium.model.foresight import FORESIGHTS, base_of
from didymium.results import Field, Result
from didymium.scenario.scenario import Scenario, load
from didymium.studies import stress_rows

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
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """Unserved demand by party, product, sector and month, days to shortage, scarcity values, certificates."""
    story = load(scenario) if isinstance(scenario, str) else scenario
    inputs = story.apply(ds)
    for kind, words, known in (("party", parties, inputs.chain.regions), ("foresight", foresight, FORESIGHTS)):
        for word in words:
            if word not in known:
                raise UnknownTerm(kind, word, known, cure=f"Known: {', '.join(sorted(known))}.")
    base = base_of(inputs)
    varied = [row for row in ds.rows("assumptions") if "stress" in row["used_by"]]
    cases = [
        Draw("central", {}),
        *draws_of(varied, story, draws, seed),
        *(drivers_of(varied, story) if drivers else ()),
    ]
    outcomes = run_all(
        lambda overrides: story.apply(ds, overrides, like=inputs),
        inputs,
        base,
        cases,
        tuple(foresight),
        workers=workers,
        progress=progress,
    )
    return Result.of(
        "stress",
        request=request(story, parties, foresight, draws, drivers, seed),
        dataset=ds.describe(),
        code_version=didymium.__version__,
        rows=stress_rows.summary(ds, story, outcomes, parties, foresight),
        fields=FIELDS,
        tables={
            "scenarios": stress_rows.about(ds, story),
            "observed": stress_rows.observed(ds, story),
            "monthly": stress_rows.monthly(story, outcomes, parties, foresight),
            "scarcity": stress_rows.scarcity(story, inputs, outcomes, parties, foresight),
            "certificates": stress_rows.certificates(story, outcomes, foresight),
            "drivers": stress_rows.drivers(story, varied, outcomes, parties, foresight),
        },
        warnings=inputs.warnings,
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
