"""The harnesses of the web find what is planted, and nothing in the pages as they are."""

from __future__ import annotations

import socket
import threading
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

import didymium.data
from tests.trust import api, canary, load, probe
from tests.trust.server import served


@pytest.mark.parametrize("text", ["<td>7,391.53</td>", "ZYZZYX-7731", "x=48.317", "Zyzzyx&#45;7731", "61.709 t"])
def test_the_search_finds_words_and_figures(text: str) -> None:
    assert canary.hits(text)


@pytest.mark.parametrize("text", ["148.317", "48.3171", "7392", "5000 to 10000"])
def test_the_search_does_not_find_others(text: str) -> None:
    assert not canary.hits(text)


def test_percentiles_of_waits() -> None:
    waits = load.Waits([float(n) for n in range(1, 101)])
    assert (waits.percentile(0.5), waits.percentile(0.99), waits.percentile(1.0)) == (51.0, 100.0, 100.0)


def test_every_case_of_the_probe_is_named_once_and_sends_something() -> None:
    listed = list(probe.cases("127.0.0.1:8321", "t"))
    assert len(listed) > 200 and all(case.sent and case.right for case in listed)


@pytest.mark.slow
def test_nothing_of_a_company_reaches_others(tmp_path: Path) -> None:
    first = list(canary.starts())
    blind, seeing = canary.searched(tmp_path, len(first))
    assert not blind.found and blind.read == len(first)
    assert {one.split(": ")[0] for one in seeing.found} >= {
        "/stocks",
        "/stocks.json",
        *(f"/data/{r}" for r in canary.ROWS),
    }


@pytest.mark.slow
def test_a_site_that_is_not_redacted_is_found_out(tmp_path: Path) -> None:
    blind, _ = canary.searched(tmp_path, 25, is_leaky=True)
    assert blind.found


@pytest.mark.slow
def test_the_probe_finds_nothing(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        for case in probe.cases(server.host, server.token()):
            if not case.name.startswith(("upload", "gaps", "measures")):
                assert probe.judged(server.port, case) == ""


@pytest.mark.slow
def test_pages_without_their_guard_are_found_out(tmp_path: Path) -> None:
    import uvicorn

    from didymium.app.site import Site, _routes

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = _routes(Site(didymium.data.open(), tmp_path, token="t"))
    runs = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=runs.run, daemon=True)
    thread.start()
    while not runs.started:
        time.sleep(0.05)
    tried = [c for c in probe.cases(f"127.0.0.1:{port}", "t") if c.name.startswith(("host", "GET from", "X-Forwarded"))]
    wrong = [fault for case in tried if (fault := probe.judged(port, case))]
    runs.should_exit = True
    thread.join(20)
    assert len(wrong) > len(tried) / 2


@pytest.mark.slow
@pytest.mark.skipif(find_spec("schemathesis") is None, reason="schemathesis is not installed")
@pytest.mark.filterwarnings("ignore")
def test_requests_made_up_from_the_description(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        seen = api.asked(f"http://{server.host}", 200)
    assert not seen.wrong and seen.requests >= 100
