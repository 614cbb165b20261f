"""A server that is killed in the middle of work takes it up again when it is back, and answers the same."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.trust.server import Served, served

ASKED = {"question": "stress", "scenario": "cn-stop-3", "draws": "8", "foresight": "coordinated", "drivers": "false"}


def until(true: Callable[[], bool], seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.1)


def job(server: Served, key: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(server.get(f"/jobs/{key}")[1])
    assert found["state"] != "failed", found
    return found


def answered(store: Path) -> tuple[str, bytes]:
    """Start the work, and let it end: its run and the kept bytes."""
    with served(store) as server:
        assert server.post("/jobs?lang=en", **ASKED) == 303
        key = next((store / "jobs").glob("*.json")).stem
        until(lambda: job(server, key)["state"] == "done")
        run_id = str(job(server, key)["run_id"])
        return run_id, server.get(f"/runs/{run_id}.json")[1].encode()


@pytest.mark.slow
def test_work_outlives_a_kill(tmp_path: Path) -> None:
    store = tmp_path / "killed"
    with served(store) as server:
        assert server.post("/jobs?lang=en", **ASKED) == 303
        key = next((store / "jobs").glob("*.json")).stem
        until(lambda: job(server, key)["state"] == "running" and any((store / "ensembles").rglob("*.*")))
        server.process.kill()
        server.process.wait(20)
    assert json.loads((store / "jobs" / f"{key}.json").read_text("utf-8"))["state"] == "running"
    assert not list((store / "runs").glob("[0-9a-f]*"))
    with served(store) as server:
        until(lambda: job(server, key)["state"] == "done")
        run_id = str(job(server, key)["run_id"])
        again = server.get(f"/runs/{run_id}.json")[1].encode()
        page = server.get("/ask/stress?lang=en&" + "&".join(f"{k}={v}" for k, v in ASKED.items() if k != "question"))
        assert page[0] == 200 and "<table" in page[1]
    assert (run_id, again) == answered(tmp_path / "whole")
