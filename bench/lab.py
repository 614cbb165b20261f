"""E11: from a dial that is let go to the redrawn figure, on the magnet chain, as a browser asks for it.

python -m bench.lab --moves 60

`didymium serve` runs in a process of its own. A move asks at once for the page and for its first figure, as the script
of the page does, and ends when both are there; what the browser does then (some 20 ms) is not in it. CPU time is that
of the server. Wall time is that of this machine with what else it does at the time.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from bench.timing import quiet, table
from tests.trust.server import Served, served

import didymium.data
from didymium import figures
from didymium.app.pictures import picture
from didymium.data import Dataset
from didymium.studies.dials import Dials, adjustable, dials, longest, turned
from didymium.studies.stress import stress

NAME, PARTIES, SEED = "cn-stop-6", ("USA", "JPN"), 7
FIRST_DAYS = 55.0

Move = tuple[Dials, float]
Times = list[tuple[float, float]]


def moves(count: int) -> list[Move]:
    """Dials and days of stock as somebody would turn them: one dial at a time, anywhere along it, never twice alike."""
    rng = random.Random(SEED)
    story = adjustable()[NAME]
    first = dials(story)
    assert first is not None
    to, days = first, FIRST_DAYS
    found: dict[Move, None] = {}
    while len(found) < count:
        dial = rng.choice(["share", "months", "days"])
        if dial == "share":
            to = replace(to, share=rng.randrange(0, 20) / 20)
        elif dial == "months":
            to = replace(to, months=rng.randint(1, longest(story)))
        else:
            days = 5.0 * rng.randint(0, 48)
        found[to, days] = None
    return list(found)


def addresses(move: Move) -> tuple[str, str]:
    """What the script of the page asks for: the page, and its first figure without words."""
    to, days = move
    words = {"lang": "en", "scenario": NAME, "passes": f"{100 * to.share:g}", "months": to.months, "days": f"{days:g}"}
    said = urlencode(words)
    return f"/lab?{said}", f"/lab/figure-0.svg?{said}&bare=1"


def moved(server: Served, pool: ThreadPoolExecutor, move: Move) -> None:
    """Ask as a browser does, and wait for both answers."""

    def size(path: str) -> int:
        talk = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        try:
            talk.request("GET", path)
            got = talk.getresponse()
            text = got.read()
        finally:
            talk.close()
        if got.status != 200 or not text:
            raise RuntimeError(f"{path}: {got.status}")
        return len(text)

    list(pool.map(size, addresses(move)))


def timed(what: Callable[[], object], cpu: Callable[[], float]) -> tuple[float, float]:
    """Wall and CPU time of a call [s]."""
    wall, spent = time.perf_counter(), cpu()
    what()
    return time.perf_counter() - wall, cpu() - spent


def cold(ds: Dataset, move: Move) -> None:
    """The same figure without a lab: the stress test of a scenario, and its drawing."""
    result = stress(ds, turned(adjustable()[NAME], move[0]), parties=PARTIES, draws=0, drivers=False)
    picture(figures.first_shortage(result, lang="en"), words=False)


def row(name: str, times: Sequence[tuple[float, float]]) -> list[str]:
    """A line of the table: how many, and the median and the 95th percentile of both kinds of time."""
    half, most = np.percentile(np.array(times), [50, 95], axis=0)
    return [name, str(len(times)), *(f"{value:.3f}" for value in (half[0], most[0], half[1], most[1]))]


def main() -> None:
    """Print the median and the 95th percentile of each way."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--moves", type=int, default=60, help="how many times a dial is turned (default: 60)")
    parser.add_argument("--cold", type=int, default=3, help="how many of these are also asked cold (default: 3)")
    parser.add_argument("--tiny", action="store_true", help="one turn, without what is made ready before")
    said = parser.parse_args()
    count, cold_count = (1, 1) if said.tiny else (said.moves, said.cold)
    turns = moves(count)
    ways: dict[str, Times] = {"dial turned": [], "where it stood before": [], "cold, no lab": []}
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as server, ThreadPoolExecutor(2) as pool:
        moved(server, pool, (turns[0][0], 1.0))
        if not said.tiny:
            server.settle()
        for name in list(ways)[:2]:
            for move in turns:
                ways[name].append(timed(lambda move=move: moved(server, pool, move), server.processor))
    ds = didymium.data.open()
    with quiet():
        for move in turns[:cold_count]:
            ways["cold, no lab"].append(timed(lambda move=move: cold(ds, move), time.process_time))
    head = ["way", "moves", "wall p50 [s]", "wall p95 [s]", "CPU p50 [s]", "CPU p95 [s]"]
    print(table(head, [row(name, times) for name, times in ways.items()]))
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
