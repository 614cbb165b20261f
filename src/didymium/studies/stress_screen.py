"""Mean and tail of loss over many draws of a stress run, most of them only screened: docs/method/ensembles.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from didymium.engine import Screened
from didymium.engine.screening import PILOT, TAIL
from didymium.errors import BadInput
from didymium.model.draws import Design
from didymium.model.screen import AUTO, OFF, SCREENS, screened
from didymium.results import Row
from didymium.scenario.inputs import Inputs
from didymium.scenario.scenario import Scenario
from didymium.scenario.tree import Leaf
from didymium.studies.stress_bands import TOTAL
from didymium.studies.stress_tree import Asking

BANDS = 256  # draws of their own behind the bands of a screened run

__all__ = ["AUTO", "BANDS", "OFF", "SCREENS", "check", "loss_rows", "remarks", "solve"]


def check(screen: str, story: Scenario, foresight: Sequence[str], time_limit: float | None) -> None:
    """Refuse what cannot be screened. Raises BadInput."""
    if screen not in SCREENS:
        raise BadInput(f"screen '{screen}' is not known.", where="stress", cure=f"Known: {', '.join(SCREENS)}.")
    if screen == OFF:
        return
    for wrong, cure in (
        ("a scenario with branches is not screened", "Run one of its leaves.") if story.branches else ("", ""),
        ("only a coordinated run is screened", "Add coordinated.") if "coordinated" not in foresight else ("", ""),
        ("a screen and a time limit exclude each other", "Leave one out.") if time_limit is not None else ("", ""),
    ):
        if wrong:
            raise BadInput(f"{wrong}.", where="stress", cure=cure)


def solve(
    asking: Asking,
    leaf: Leaf,
    central: Inputs,
    draws: Design,
    parties: Sequence[str],
    screen: str,
    progress: Callable[[int, int], None] | None,
) -> Screened:
    """Screen the draws of a scenario without branches and solve those that its statistics need."""
    keep = asking.keep
    return screened(
        asking.made(leaf),
        central,
        asking.base,
        draws,
        parties,
        screen,
        executor=asking.executor,
        workers=asking.workers,
        keep=None if keep is None else lambda part: keep(("screen", part)),
        code=asking.code,
        progress=progress,
    )


def loss_rows(story: Scenario, found: Screened, parties: Sequence[str]) -> Iterator[Row]:
    """Loss over all draws: of all parties together with its tail, then of each; and how it was come by."""
    for number, party in enumerate((TOTAL, *parties)):
        whole = number == 0
        yield {
            "scenario": story.id,
            "foresight": "coordinated",
            "party": party,
            "is_total": whole,
            "loss_usd_m_mean": float(found.mean[number]),
            "loss_usd_m_standard_error": float(found.standard_error[number]),
            "loss_usd_m_tail_mean": found.tail_mean if whole else None,
            "loss_usd_m_tail_from": found.tail_at if whole else None,
            "tail_share": TAIL,
            "draws": found.cases,
            "solved_in_full": int(found.solved.size),
            "solved_at_random": found.sampled,
            "largest_outside_usd_m": found.largest_outside,
            "missed_share_p95": found.missed_share,
            "screen": found.screen or "none",
            **{f"rank_correlation_{name}": value for name, value in found.ranks.items()},
        }


def remarks(found: Screened) -> Iterator[str]:
    """What a reader has to know of a screened answer. Whole sentences: each has its translation."""
    solved = int(found.solved.size)
    if found.screen is None and found.ranks:
        yield f"All {found.cases} draws are solved in full: no twin ranks the pilot of {PILOT} draws well enough."
        return
    if found.screen is None:
        yield f"All {found.cases} draws are solved in full: they are too few to screen."
        return
    yield (
        f"The {found.screen} twin chose which {solved} of {found.cases} draws are solved in full; over a pilot of "
        f"{PILOT} its rank correlation is {found.ranks[found.screen]:.3f}. The twin alone is never an answer: it is "
        "biased, and no number here is its own."
    )
    yield (
        f"The tail is the worst {100 * TAIL:g} % of the draws. Of {found.sampled} draws solved at random outside the "
        f"{found.top} that the twin calls worst none belongs to it: the largest loss among them is "
        f"{found.largest_outside:.0f} million USD, the least in the tail {found.tail_at:.0f}. The bands are those of "
        f"{min(found.cases, BANDS)} draws of their own."
    )
