"""The addresses as `/openapi.json` describes them, under requests made up from that description by schemathesis.

    python -m tests.trust.api --requests 10000 [--record]

Sound and unsound requests to a running server, judged by all of schemathesis's checks but two: what a parameter's words
may be (places, products, years) is only half told by a schema, so that a sound word may be refused (422) and an
unsound one is not told from it. What is sent as a form needs the token of a page: `tests.trust.probe` sends those.
Needs schemathesis.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.trust.record import record
from tests.trust.server import served

NOT_JUDGED = ("positive_data_acceptance", "negative_data_rejection")


@dataclass(slots=True)
class Seen:
    """How many requests of which status, and what is wrong."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return sum(self.statuses.values())


def asked(url: str, requests: int, seed: int = 0) -> Seen:
    """Ask so many requests, spread over all operations of the description."""
    import hypothesis
    import schemathesis
    from schemathesis.checks import CHECKS, load_all_checks

    load_all_checks()
    excluded = [check for check in CHECKS.get_all() if check.__name__ in NOT_JUDGED]
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    operations = [found.ok() for found in schema.exclude(method="POST").get_all_operations()]
    seen = Seen()
    modes = list(schemathesis.GenerationMode)
    each = max(1, requests // (len(operations) * len(modes)))
    for number, operation in enumerate(operations):
        for mode in modes:
            try:
                strategy = operation.as_strategy(generation_mode=mode)
            except Exception as wrong:  # noqa: BLE001 - a tool that cannot make such a request says so
                seen.wrong.append(f"{operation.label}: {type(wrong).__name__}: {wrong}")
                continue

            @hypothesis.seed(seed + number)
            @hypothesis.settings(
                max_examples=each, deadline=None, database=None, suppress_health_check=list(hypothesis.HealthCheck)
            )
            @hypothesis.given(case=strategy)
            def one(case: Any) -> None:
                response = case.call(timeout=120)
                seen.statuses[response.status_code] += 1
                case.validate_response(response, excluded_checks=excluded)

            try:
                one()
            except hypothesis.errors.Unsatisfiable:
                continue  # nothing unsound can be said: every text is a sound one
            except (Exception, BaseExceptionGroup) as wrong:  # noqa: BLE001 - whatever is found is told
                seen.wrong.append(f"{operation.label}: {str(wrong)[:600]}")
    return seen


def main() -> int:
    """Ask, say what is wrong, and record it if asked."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--requests", type=int, default=1_000)
    given.add_argument("--seed", type=int, default=0)
    given.add_argument("--record", action="store_true", help="write the figure to the page of trust")
    words = given.parse_args()
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as server:
        seen = asked(f"http://{server.host}", words.requests, words.seed)
        log = server.log.read_text("utf-8", "replace")
        if "Traceback" in log:
            seen.wrong.append(f"the log tells of a fault nobody foresaw: {log[-800:]}")
    for fault in seen.wrong:
        print(fault)
    statuses = ", ".join(f"{status}: {count:,}" for status, count in sorted(seen.statuses.items()))
    figure = f"{seen.requests:,} requests, {len(seen.wrong)} failures (by status {statuses})"
    print(figure)
    if words.record:
        command = f"python -m tests.trust.api --requests {words.requests} --record"
        record(18, "requests made up from the description", figure, command, file="api")
    return 1 if seen.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
