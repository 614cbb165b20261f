"""Many readers at once while a solve runs beside them: how long they wait, and whether anybody gets no answer.

    python -m tests.trust.load [--users 20] [--seconds 60] [--record]
    python -m tests.trust.load --path /lab --users 50 [--record]
    python -m tests.trust.load --dials 40 --users 50 [--record]

With `--dials` users turn dials of the lab, among so many settings of its first scenario: each looks at the page and its
first figure. The first who comes to a setting has it solved, the others find it there. The server has made ready before
what it makes ready by itself.

Each user is a thread that reads a page, waits as a reader does, and reads the next. Pages are asked once before the
clock starts, as the first reader of a day does. The load of the machine itself is said with the figure.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.trust.record import record
from tests.trust.server import Served, served

PATHS = (
    "/?lang=en", "/?lang=ja", "/data?lang=en", "/data/places?lang=ja", "/ask/measures?lang=en", "/ask/gaps?lang=ja",
    "/ask/commitments?lang=en", "/ask/measures.json", "/ask/gaps.csv", "/runs?lang=en", "/jobs?lang=ja",
)  # fmt: skip
SOLVE = {"question": "stress", "scenario": "cn-stop-12", "draws": "100000"}
PAUSE = (1.0, 5.0)
"""Seconds that a reader looks at a page."""


@dataclass(slots=True)
class Waits:
    """Seconds until each answer was there, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """The wait that this share of the requests does not exceed [s]."""
        return sorted(self.seconds)[min(len(self.seconds) - 1, int(share * len(self.seconds)))]


def settings(count: int) -> tuple[str, ...]:
    """Addresses of the lab with its dials in so many places."""
    chance = random.Random(1)
    dials = [
        (share, months, days) for share in range(0, 100, 5) for months in range(1, 25) for days in range(0, 245, 5)
    ]
    return tuple(f"/lab?lang=en&passes={s}&months={m}&days={d}" for s, m, d in chance.sample(dials, count))


def reader(port: int, paths: tuple[str, ...], until: float, seed: int, waits: Waits) -> None:
    """Read one page after the other."""
    chance = random.Random(seed)
    time.sleep(chance.uniform(0, PAUSE[1]))
    while time.monotonic() < until:
        path = chance.choice(paths)
        start = time.monotonic()
        for part in (path, path.replace("/lab?", "/lab/figure-0.svg?bare=1&")) if "/lab?" in path else (path,):
            talk = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            try:
                talk.request("GET", part)
                got = talk.getresponse()
                size = len(got.read())
                if got.status != 200 or not size:
                    waits.wrong.append(f"{part}: {got.status}")
            except OSError as error:
                waits.wrong.append(f"{part}: {error}")
            finally:
                talk.close()
        waits.seconds.append(time.monotonic() - start)
        time.sleep(chance.uniform(*PAUSE))


def loaded(server: Served, paths: tuple[str, ...], users: int, seconds: float, *, first: int | None = None) -> Waits:
    """So many users for so long, with a solve beside them that outlasts them. `first`: pages asked once before."""
    for path in paths[:first]:
        status, text = server.get(path)
        if status != 200:
            raise RuntimeError(f"{path}: {status} {text[:200]}")
    if first is not None:
        server.settle()
    if server.post("/jobs?lang=en", **SOLVE) != 303:
        raise RuntimeError("the solve was not taken")
    waits = Waits()
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=reader, args=(server.port, paths, until, n, waits)) for n in range(users)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return waits


def memory(process_id: int) -> float:
    """Memory that a process holds [MB]; 0 where the system does not say."""
    try:
        pages = int(Path(f"/proc/{process_id}/statm").read_text("ascii").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> int:
    """Load, say how long users waited, and record it if asked."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--path", action="append", help="read these pages instead of the usual ones; may come again")
    asked.add_argument("--dials", type=int, help="turn dials of the lab, among so many settings")
    asked.add_argument("--users", type=int, default=20)
    asked.add_argument("--seconds", type=float, default=60)
    asked.add_argument("--record", action="store_true", help="write the figure to the page of trust")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as server:
        paths = settings(given.dials) if given.dials else tuple(given.path or PATHS)
        waits = loaded(server, paths, given.users, given.seconds, first=1 if given.dials else None)
        held = memory(server.process.pid)
    busy = os.getloadavg()[0]
    for fault in waits.wrong[:10]:
        print(fault)
    p50, p95, p99 = (1000 * waits.percentile(share) for share in (0.5, 0.95, 0.99))
    figure = (
        f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms, {len(waits.wrong)} errors in {len(waits.seconds):,} "
        f"requests of {given.users} users; {held:.0f} MB; on {os.cpu_count()} cores with a load of {busy:.1f}"
    )
    print(figure)
    if given.record:
        options = "".join(f" --path {path}" for path in given.path or ())
        options += f" --dials {given.dials}" if given.dials else ""
        command = f"python -m tests.trust.load --users {given.users} --seconds {given.seconds:.0f}{options} --record"
        what = f"reads of {' '.join(given.path)}, a solve beside them" if given.path else "reads, a solve beside them"
        what = f"dials of the lab turned to {given.dials} settings, a solve beside them" if given.dials else what
        record(19, what, figure, command, file="load")
    return 1 if waits.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
