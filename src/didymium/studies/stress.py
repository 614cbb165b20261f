"""What breaks, when, and by how much, if supply is cut.

Data → scenario → inputs → calibrated network → months, twice: with foresight and without. The band around each number
comes from seeded draws over all uncertain inputs (`didymium.scenario.uncertain`), the errors of the base year's figures
among them; the drivers from moving one input at a time to its ends and, with enough draws, from global sensitivity.
A scenario with branches is run leaf by leaf; its rows are expectations, and the table `leaves` has each leaf.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import didymium
from didymium.data import Dataset
from didymium.engine import Screened
from didymium.errors import BadInput, UnknownTerm
from didymium.model.draws import Design
from didymium.model.ensemble import Cases
from didymium.model.foresight import base_of
from didymium.model.redraw import Redraw
from didymium.results import COMPLETE, PARTIAL, ChunkStore, Field, Result, canonical_json
from didymium.results.chunks import ChunkFolder
from didymium.results.manifest import code_hash
from didymium.scenario.inputs import Inputs
from didymium.scenario.scenario import Scenario, load
from didymium.scenario.tree import Leaf, leaves
from didymium.scenario.tree import Path as Way
from didymium.scenario.uncertain import factors
from didymium.studies import proofs, stress_bands, stress_rows, stress_screen, stress_ties, stress_tree
from didymium.studies.stress_tree import Asking

FIELDS = (
    Field("demand_t", "t", "Finished magnets (or oxide) wanted over the run"),
    Field("unserved_t", "t", "Part of the demand that is not met, thrift included"),
    Field("unserved_share", "share", "Unserved over demand"),
    Field("days_to_shortage", "days", "Days from the first day of the run until firm demand goes unserved"),
    Field("loss_usd_m", "million USD", "Value at stake in what is unserved; a scale of harm, not a forecast of GDP"),
)

OPEN = (
    "public stocks may be drawn on from the first day; respond runs an event with them shut, so its first shortages "
    "may fall on other days"
)
DRAWS = 16
MOST_IN_MEMORY = 256  # draws; a kept draw is some ten thousand numbers


def stress(
    ds: Dataset,
    scenario: Scenario | str,
    *,
    parties: Sequence[str] = ("USA", "JPN"),
    foresight: Sequence[str] | None = None,
    track_origin: Sequence[str] = (),
    draws: int = DRAWS,
    draw_foresight: Sequence[str] | None = None,
    drivers: bool = True,
    alpha: float = stress_bands.ALPHA,
    seed: int = 0,
    workers: int = 2,
    executor: str = "threads",
    cluster: str | None = None,
    keep: ChunkStore | None = None,
    time_limit: float | None = None,
    screen: str = stress_screen.OFF,
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """Unserved demand by party, product, sector and month, days to shortage, scarcity values, certificates.

    `foresight` is by default all kinds that the scenario can be run with: `tree` only where it has branches.
    `track_origin` names places whose content is followed through the chain; cuts by origin do so by themselves.
    `draw_foresight` are the kinds that get a band, by default all; `alpha` is the level of the tail mean (CVaR): the
    mean of the worst share 1 − alpha of the draws. The draws run on `workers` of an `executor` (`serial`, `threads`,
    `processes`) or on the Dask cluster at the address `cluster`; the answer does not depend on which. `keep` holds what
    is finished, for when the run is stopped; without it many draws go through a temporary folder, so that they are not
    held in memory. `time_limit` [s of solver time] holds for each programme. If it stops one, the result is `partial`,
    its rows say so, and it answers a question of its own, with the limit in it: it never stands for the complete
    answer. `screen` (`quarterly`, `country`, `auto`) is for thousands of draws: the table `loss` has mean and tail over
    all of them, most of them only looked at by a folded twin; bands are those of some draws of their own. Raises
    Infeasible, in words, if the inputs contradict each other.
    """
    if not 0 <= alpha < 1:
        raise BadInput(f"alpha is {alpha:g}.", cure="It is a share below 1: 0.95 asks for the mean of the worst 5 %.")
    story = load(scenario) if isinstance(scenario, str) else scenario
    sights = stress_tree.sights_of(story)
    foresight = sights if foresight is None else tuple(foresight)
    found = leaves(story)
    stress_screen.check(screen, story, foresight, time_limit)
    inputs = stress_tree.applied(ds, track_origin, found[0].scenario, {})
    drawn = foresight if draw_foresight is None else tuple(draw_foresight)
    for kind, words, known in (
        ("party", parties, inputs.chain.regions),
        ("foresight", foresight, sights),
        ("foresight", drawn, foresight),
    ):
        for word in words:
            if word not in known:
                raise UnknownTerm(kind, word, known, cure=f"Known: {', '.join(sorted(known))}.")
    base = base_of(inputs)
    screening = screen != stress_screen.OFF
    design = Design(factors(ds, story), min(draws, stress_screen.BANDS) if screening else draws, seed, moves=drivers)
    asked = request(story, parties, foresight, draws, drawn, drivers, alpha, seed, track_origin, screen)
    with ExitStack() as opened:
        if keep is None and design.draws > MOST_IN_MEMORY:
            keep = ChunkStore(Path(opened.enter_context(TemporaryDirectory(prefix="didymium-"))))
        asking = Asking(
            ds=ds,
            track_origin=tuple(track_origin),
            base=base,
            redraw=Redraw.of(inputs, base, seed),
            cases=design,
            watched=stress_rows.watched(inputs, parties),
            foresight=foresight,
            drawn=drawn,
            executor=cluster or executor,
            workers=workers,
            keep=None if keep is None else partial(_kept, keep, asked, ds.full_id, time_limit),
            code=code_hash,
            time_limit=time_limit,
        )
        by_leaf = stress_tree.solved(asking, found, progress)
        looked = None
        if screening and draws:
            many = Design(design.factors, draws, seed, moves=False)
            looked = stress_screen.solve(asking, found[0], inputs, many, parties, screen, progress)
        return _told(story, found, inputs, design, asking, asked, by_leaf, parties, looked)


def _kept(store: ChunkStore, asked: dict[str, Any], data: str, time_limit: float | None, leaf: Way) -> ChunkFolder:
    """The chunks of a leaf: everything that decides its answers names them."""
    return store.of(canonical_json(["stress", asked, data, time_limit, *leaf]), code=code_hash())


def _told(
    story: Scenario,
    found: Sequence[Leaf],
    inputs: Inputs,
    design: Design,
    asking: Asking,
    asked: dict[str, Any],
    by_leaf: dict[Way, Cases],
    parties: Sequence[str],
    looked: Screened | None,
) -> Result:
    """The result, read out of the solved cases."""
    ds, alpha = asking.ds, asked["alpha"]
    cases = stress_tree.expected(found, by_leaf) if story.branches else by_leaf[()]
    drawn = stress_bands.bands(cases, parties, asking.watched, alpha)
    of_draws = stress_bands.Drawn.of(cases, parties)
    importance = stress_bands.importance(design, of_draws)
    moved = list(stress_rows.drivers(story, design, cases, parties, importance))
    rows = list(stress_rows.summary(ds, story, cases, drawn, parties))
    tables = {
        "scenarios": stress_rows.about(ds, story),
        "observed": stress_rows.observed(ds, story),
        "monthly": stress_rows.monthly(story, cases, drawn, parties),
        "scarcity": stress_rows.scarcity(story, inputs, cases, drawn, parties),
        "certificates": stress_rows.certificates(story, cases),
        "programmes": stress_rows.programmes(story, cases),
        "drivers": iter(moved),
        "uncertain": stress_rows.uncertain(story, design),
        "finding": stress_rows.finding(story, moved, design),
    }
    if not story.branches:
        tables["ties"] = stress_ties.tie_rows(story, inputs, asking.base, cases, parties)
    if story.branches:
        of_leaves = stress_tree.leaf_rows(ds, found, by_leaf, parties, asking.watched, alpha)
        rows = list(stress_tree.expected_rows(story, found, of_leaves, iter(rows)))
        tables |= {"leaves": iter(of_leaves), "branches": iter(stress_tree.branch_rows(story))}
    applied = [asking.inputs(leaf) for leaf in found]
    tracking = next((one for one in applied if one.track_origin), inputs)
    if tracking.track_origin:
        tables["origin"] = stress_tree.origin_rows(tracking, asking.base, parties)
    if looked is not None:
        tables["loss"] = stress_screen.loss_rows(story, looked, parties)
    late = stress_rows.is_late(cases)
    if late:
        asked["time_limit_s"] = asking.time_limit
    arrays = {} if story.branches else proofs.solved_arrays(asking.base, cases.central)
    if of_draws.harm.size and not late:
        arrays["draws"] = {"at": design.points, **of_draws.arrays()}
    return Result.of(
        "stress",
        request=asked,
        dataset=ds.describe(),
        code_version=didymium.__version__,
        rows=rows,
        fields=FIELDS,
        tables=tables,
        warnings=[
            *inputs.warnings,
            *((OPEN,) if any(inputs.public_cover_days.values()) else ()),
            *(stress_rows.stopped(cases, asking.time_limit or 0.0) if late else ()),
            *stress_bands.few_draws(design.draws, alpha),
            *(() if looked is None else stress_screen.remarks(looked)),
        ],
        status=PARTIAL if late else COMPLETE,
        arrays=arrays,
        assumptions=[r["assumption_id"] for r in ds.rows("assumptions") if "stress" in r["used_by"]],
        source_ids=sorted(
            {s for o in inputs.observations for s in o.source_ids}
            | {f.source_id for f in design.factors if f.source_id}
        ),
    )


def request(
    story: Scenario,
    parties: Sequence[str],
    foresight: Sequence[str],
    draws: int,
    draw_foresight: Sequence[str],
    drivers: bool,
    alpha: float,
    seed: int,
    track_origin: Sequence[str] = (),
    screen: str = stress_screen.OFF,
) -> dict[str, Any]:
    """The question as asked: with the dataset and the version it names the run."""
    asked: dict[str, Any] = {
        "scenario": story.model_dump(mode="json"),
        "parties": list(parties),
        "foresight": list(foresight),
        "draws": draws,
        "draw_foresight": list(draw_foresight),
        "drivers": drivers,
        "alpha": alpha,
        "seed": seed,
    }
    further = {"track_origin": list(track_origin)} if track_origin else {}
    return asked | further | ({} if screen == stress_screen.OFF else {"screen": screen})
