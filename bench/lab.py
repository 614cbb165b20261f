"""E11: from a dial that is let go to the redrawn figure, on the magnet chain, warm beside cold.

python -m bench.lab --moves 40

Wall time is that of one process with what else the machine does at the time; CPU time is what to compare.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from bench.timing import quiet, table

import didymium.data
from didymium import figures
from didymium.app.pictures import picture
from didymium.data import Dataset
from didymium.results import Result
from didymium.scenario.scenario import Scenario
from didymium.studies.lab import Dials, Lab, adjustable, dials, longest, turned
from didymium.studies.stress import stress

NAME, PARTIES, SEED = "cn-stop-6", ("USA", "JPN"), 7
Times = list[tuple[float, float]]


def moves(count: int) -> list[tuple[Dials, float]]:
    """Dials and days of stock as somebody would turn them: one dial at a time, anywhere along it."""
    rng = random.Random(SEED)
    story = adjustable()[NAME]
    first = dials(story)
    assert first is not None
    to, days, found = first, 55.0, []
    for _ in range(count):
        dial = rng.choice(["share", "months", "days"])
        if dial == "share":
            to = replace(to, share=rng.randrange(0, 20) / 20)
        elif dial == "months":
            to = replace(to, months=rng.randint(1, longest(story)))
        else:
            days = 5.0 * rng.randint(0, 48)
        found.append((to, days))
    return found


def timed(times: Times, what: Callable[[], Any]) -> Any:
    """What a call gives; its wall and CPU time [s] are noted."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = what()
    times.append((time.perf_counter() - wall, time.process_time() - cpu))
    return found


def drawn(result: Result) -> None:
    """The figure that comes first on the page."""
    picture(figures.first_shortage(result, lang="en"))


def cold(ds: Dataset, story: Scenario) -> None:
    """The same without a lab."""
    drawn(stress(ds, story, parties=PARTIES, draws=0, drivers=False))


def main() -> None:
    """Print the median and the 95th percentile of both ways."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--moves", type=int, default=40, help="how many times a dial is turned (default: 40)")
    parser.add_argument("--cold", type=int, default=5, help="how many of these are also asked cold (default: 5)")
    parser.add_argument("--tiny", action="store_true", help="one turn, without what is made ready before")
    said = parser.parse_args()
    count, cold_count = (1, 1) if said.tiny else (said.moves, said.cold)
    ds = didymium.data.open()
    lab, turns = Lab(ds), moves(count)
    story = adjustable()[NAME]
    names = ("warm: answer", "warm: answer and figure", "cold: answer and figure")
    times: dict[str, Times] = {name: [] for name in names}
    with quiet():
        if not said.tiny:
            lab.warm(NAME)
        drawn(lab.ask(NAME, turns[0][0], PARTIES, 1.0))  # the drawing engine has started
        for n, (to, days) in enumerate(turns):
            result = timed(times[names[0]], partial(lab.ask, NAME, to, PARTIES, days))
            figure: Times = []
            timed(figure, partial(drawn, result))
            answer = times[names[0]][-1]
            times[names[1]].append((answer[0] + figure[0][0], answer[1] + figure[0][1]))
            if n < cold_count:
                timed(times[names[2]], partial(cold, ds, turned(story, to)))
    head = ["way", "wall p50 [s]", "wall p95 [s]", "CPU p50 [s]", "CPU p95 [s]"]
    rows = []
    for name in names:
        half, most = np.percentile(np.array(times[name]), [50, 95], axis=0)
        rows.append([name, *(f"{value:.3f}" for value in (half[0], most[0], half[1], most[1]))])
    print(table(head, rows))


if __name__ == "__main__":
    main()
