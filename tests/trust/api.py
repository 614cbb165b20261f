"""The addresses as `/openapi.json` describes them, under requests made up from that description by schemathesis.

    python -m tests.trust.api --requests 10000 [--record]

Sound and unsound requests to a running server, judged by all of schemathesis's checks but two: what a parameter's words
may be (places, products, years) is only half told by a schema, so that a sound word may be refused (422) and an
unsound one is not told from it. What is sent as a form needs the token of a page: `tests.trust.probe` sends those. No
operation that reads is left out; an answer that is work of minutes is told as 409 here, since nobody began it.
Needs schemathesis.
"""

from __future__ import annotations

import argparse
import math
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.trust.record import record
from tests.trust.server import served

KNOWN: Mapping[str, Sequence[str]] = {
    "parties": ("", "USA", "JPN", "USA,JPN", "JPN,KOR", "EU27"),
    "products": ("", "ndfeb_magnet", "dy_oxide,tb_oxide"),
    "product": ("", "ndfeb_magnet", "dy_oxide", "gallium"),
    "stage": ("", "mine", "metal", "magnet"),
    "years": ("", "2027", "2028,2030"),
    "year": ("", "2024", "2030"),
    "families": ("", "magnets", "batteries"),
    "draws": ("", "20"),
    "seed": ("", "1"),
    "project": ("caremag-lacq",),
    "promise": ("c001",),
    "table": ("stockpiles", "measures"),
}
"""Words that the data know, where a schema says no more than that it is a text or a number."""
ONE_IN = 4
"""Of so many sound requests one says words that the data know: its answer is computed, where others are refused."""
NOT_JUDGED = ("positive_data_acceptance", "negative_data_rejection")


@dataclass(slots=True)
class Seen:
    """How many requests of which status, how long each operation took, and what is wrong."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    waited: dict[str, list[float]] = field(default_factory=dict)
    """Seconds until each answer, by operation; none where the description allows no request."""

    @property
    def requests(self) -> int:
        return sum(self.statuses.values())


def asked(url: str, requests: int, seed: int = 0) -> Seen:
    """Ask at least so many requests, spread over all operations of the description.

    Of an operation that allows few different requests fewer are made than its part; the others then make up for it.
    """
    import schemathesis
    from schemathesis.checks import CHECKS, load_all_checks

    load_all_checks()
    excluded = [check for check in CHECKS.get_all() if check.__name__ in NOT_JUDGED]
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    operations = [found.ok() for found in schema.exclude(method="POST").get_all_operations()]
    seen = Seen(waited={operation.label: [] for operation in operations})
    open_ways = [(operation, mode) for operation in operations for mode in schemathesis.GenerationMode]
    round_ = 0
    while seen.requests < requests and open_ways and not seen.wrong:
        each = math.ceil((requests - seen.requests) / len(open_ways))
        made = [_made(seen, way, each, seed + 1_000 * round_ + n, excluded) for n, way in enumerate(open_ways)]
        open_ways = [way for way, count in zip(open_ways, made, strict=True) if count >= each]
        round_ += 1
    return seen


def _made(seen: Seen, way: tuple[Any, Any], most: int, seed: int, excluded: list[Any]) -> int:
    """Ask one operation with sound or with unsound words; how many requests that were."""
    import hypothesis

    operation, mode = way
    before = seen.requests
    try:
        strategy = operation.as_strategy(generation_mode=mode)
    except Exception as wrong:  # noqa: BLE001 - a tool that cannot make such a request says so
        seen.wrong.append(f"{operation.label}: {type(wrong).__name__}: {wrong}")
        return 0

    known = hypothesis.strategies.fixed_dictionaries(
        {name: hypothesis.strategies.sampled_from(words) for name, words in KNOWN.items()}
    )

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=most, deadline=None, database=None, suppress_health_check=list(hypothesis.HealthCheck)
    )
    @hypothesis.given(case=strategy, known=known, turn=hypothesis.strategies.integers(1, ONE_IN))
    def one(case: Any, known: Mapping[str, str], turn: int) -> None:
        if turn == 1 and mode.is_positive:
            case.query.update({name: word for name, word in known.items() if name in case.query})
            case.path_parameters.update({n: w for n, w in known.items() if n in case.path_parameters and w})
        began = time.perf_counter()
        response = case.call(timeout=120)
        seen.waited[operation.label].append(time.perf_counter() - began)
        seen.statuses[response.status_code] += 1
        case.validate_response(response, excluded_checks=excluded)

    try:
        one()
    except hypothesis.errors.Unsatisfiable:
        pass  # nothing unsound can be said: every text is a sound one
    except (Exception, BaseExceptionGroup) as wrong:  # noqa: BLE001 - whatever is found is told
        seen.wrong.append(f"{operation.label}: {str(wrong)[:600]}")
    return seen.requests - before


def main() -> int:
    """Ask, say what is wrong and what took how long, and record it if asked."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--requests", type=int, default=1_000)
    given.add_argument("--seed", type=int, default=0)
    given.add_argument("--slowest", type=int, default=25, help="operations whose time is told")
    given.add_argument("--record", action="store_true", help="write the figure to the page of trust")
    words = given.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with served(Path(folder)) as server:
            seen = asked(f"http://{server.host}", words.requests, words.seed)
            log = server.log.read_text("utf-8", "replace")
        if "Traceback" in log:
            seen.wrong.append(f"the log tells of a fault nobody foresaw: {log[-800:]}")
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(one.ru_utime + one.ru_stime for one in used)
    for label, waits in sorted(seen.waited.items(), key=lambda one: -sum(one[1]))[: words.slowest]:
        if waits:
            print(f"{sum(waits):8.1f} s in {len(waits):5,} requests, at most {max(waits):5.1f} s  {label}")
    for fault in seen.wrong:
        print(fault)
    statuses = ", ".join(f"{status}: {count:,}" for status, count in sorted(seen.statuses.items()))
    reached = sum(bool(waits) for waits in seen.waited.values())
    figure = f"{seen.requests:,} requests, {len(seen.wrong)} failures (by status {statuses})"
    figure += f"; {reached} of {len(seen.waited)} operations that read, in {cpu:,.0f} s of CPU time"
    print(figure)
    if words.record:
        command = f"python -m tests.trust.api --requests {words.requests} --record"
        record(18, "requests made up from the description", figure, command, file="api")
    return 1 if seen.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
