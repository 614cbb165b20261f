"""The stress lab as a browser without scripts gets it, and the files it hands out."""

from __future__ import annotations

import asyncio
import csv
import html
import io
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

import didymium.data
from didymium.app.guard import Guard
from didymium.app.lab import run_params, setting
from didymium.app.site import Site, _routes
from didymium.errors import BadInput
from didymium.i18n import translator
from didymium.questions.catalogue import QUESTIONS
from didymium.scenario.scenario import parse
from didymium.studies.dials import turned
from didymium.studies.lab import AT_ONCE, Lab

HOST = "127.0.0.1:8321"
QUERY = "scenario=mm-feed-halt&passes=30&months=8&days=20"
HARD = "scenario=cn-stop-6&passes=30&days=20"


def test_an_empty_address_stands_where_the_scenario_does(site: Site) -> None:
    at = setting(site.lab, {}, translator("en"))
    assert at.faults == {}
    assert (at.scenario.id, at.to.share, at.to.months, at.parties) == ("cn-stop-6", 0.0, 6, ("USA", "JPN"))


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ({"passes": "101"}, "passes"),
        ({"passes": "nan"}, "passes"),
        ({"months": "25"}, "months"),
        ({"days": "-1"}, "days"),
        ({"days": "many"}, "days"),
        ({"scenario": "no-such"}, "scenario"),
        ({"products": ""}, "products"),
        ({"products": "moon_dust"}, "products"),
        ({"parties": "USA,JPN,KOR,DEU,FRA"}, "parties"),
    ],
)
def test_a_wrong_word_is_a_fault_of_its_field(site: Site, words: dict[str, str], fault: str) -> None:
    assert list(setting(site.lab, words, translator("en")).faults) == [fault]


def test_a_setting_is_its_own_address(site: Site) -> None:
    at = setting(site.lab, {"passes": "35", "products": ",dy_oxide,tb_oxide", "towards": "JPN"}, translator("en"))
    assert at.to.products == ("dy_oxide", "tb_oxide")
    again = setting(
        site.lab, dict(part.split("=") for part in at.query.replace("%2C", ",").split("&")), translator("en")
    )
    assert again.to == at.to


def test_wrong_settings_are_said_on_the_page(browser: TestClient) -> None:
    reply = browser.get("/lab", params={"passes": "140", "lang": "ja"})
    assert reply.status_code == 422
    assert "0から100までの数" in reply.text


def test_the_scenario_is_saved_as_it_stands(browser: TestClient) -> None:
    reply = browser.get(f"/lab/scenario.toml?{QUERY}")
    assert reply.headers["content-disposition"] == 'attachment; filename="mm-feed-halt-lab.toml"'
    outage = parse(reply.text, where="file").outages[0]
    assert (outage.availability, outage.months) == (0.3, 8)


def test_the_stocks_are_saved_as_a_layer(browser: TestClient, site: Site) -> None:
    (row,) = csv.DictReader(io.StringIO(browser.get(f"/lab/assumptions.csv?{QUERY}").text))
    assert (row["assumption_id"], float(row["value"])) == ("user_cover_days", 20.0)
    assert float(row["low"]) <= 20.0 <= float(row["high"])


def test_nothing_else_is_handed_out(browser: TestClient) -> None:
    for name in ("app.py", "..%2Flab.py", "figure-9.svg"):
        assert browser.get(f"/lab/{name}?{QUERY}").status_code == 404
    assert browser.get(f"/lab.pdf?{QUERY}").status_code == 404


@pytest.mark.slow
def test_the_page_its_twins_and_its_figures_tell_one_answer(browser: TestClient) -> None:
    page = browser.get(f"/lab?{QUERY}&lang=en")
    assert page.status_code == 200
    assert "didymium stress --scenario mm-feed-halt-lab.toml --parties USA,JPN --layer lab-layer" in page.text
    rows = browser.get(f"/lab.json?{QUERY}").json()["rows"]
    assert len(list(csv.DictReader(io.StringIO(browser.get(f"/lab.csv?{QUERY}").text)))) == len(rows)
    assert browser.get(f"/lab.xlsx?{QUERY}").content[:2] == b"PK"
    for number in (0, 1):
        picture = browser.get(f"/lab/figure-{number}.svg?{QUERY}&lang=ja")
        assert picture.text.startswith("<svg")
        assert "script" not in picture.headers["content-security-policy"]


@pytest.mark.slow
def test_the_same_dials_give_the_same_bytes_whoever_asks(
    browser: TestClient, site: Site, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """From what was kept, from a server that was asked nothing before, and with words in another order."""
    other = Site(didymium.data.open(), tmp_path_factory.mktemp("other"), token=site.token)
    with TestClient(Guard(_routes(other), frozenset({HOST})), base_url=f"http://{HOST}") as fresh:
        for address in (f"/lab?{QUERY}&lang=ja", f"/lab/figure-0.svg?{QUERY}&lang=ja&bare=1"):
            first = browser.get(address)
            assert first.content == browser.get(address).content == fresh.get(address).content
    turned = browser.get("/lab/figure-0.svg?days=20&months=8&passes=30&scenario=mm-feed-halt&lang=ja&bare=1")
    assert turned.content == first.content
    assert browser.get(f"/lab?{QUERY}&lang=en").content != browser.get(f"/lab?{QUERY}&lang=ja").content
    assert turned.content != browser.get(f"/lab/figure-0.svg?{QUERY}&lang=ja").content


def test_a_wrong_setting_is_not_kept(browser: TestClient, site: Site) -> None:
    before = len(site.lab.shown)
    assert browser.get("/lab?passes=140&lang=en").status_code == 422
    assert browser.get("/lab/figure-0.svg?passes=140&lang=en").status_code == 404
    assert len(site.lab.shown) == before


@pytest.mark.slow
def test_two_settings_stand_side_by_side(browser: TestClient) -> None:
    page = browser.get("/lab", params={"scenario": "mm-feed-halt", "a": QUERY, "lang": "en"})
    assert page.status_code == 200
    assert page.text.index("A against B") < page.text.index("A: ") < page.text.index("B: ")


@pytest.mark.slow
def test_what_is_handed_out_gives_the_same_answer(
    browser: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The saved files and the lines of Python, run where they were put."""
    page = browser.get(f"/lab?{HARD}&lang=en").text
    lines = html.unescape(page[page.index("import didymium") : page.index("drivers=False)")]) + "drivers=False)"
    (tmp_path / "lab-layer").mkdir()
    (tmp_path / "cn-stop-6-lab.toml").write_text(browser.get(f"/lab/scenario.toml?{HARD}").text, encoding="utf-8")
    (tmp_path / "lab-layer" / "assumptions.csv").write_bytes(browser.get(f"/lab/assumptions.csv?{HARD}").content)
    monkeypatch.chdir(tmp_path)
    found: dict[str, Any] = {}
    exec(lines, found)
    rows = browser.get(f"/lab.json?{HARD}").json()["rows"]
    lost = [r["unserved_t"] for r in found["result"].rows]
    assert lost == pytest.approx([r["unserved_t"] for r in rows], rel=1e-6, abs=1e-6)
    assert sum(lost) > 0


def test_what_is_kept_of_a_setting_is_the_question_that_the_terminal_asks(site: Site) -> None:
    at = setting(site.lab, {"scenario": "cn-stop-6", "passes": "30", "months": "4"}, translator("en"))
    params = run_params(at)
    assert params["scenario"] == turned(at.scenario, at.to).model_dump(mode="json")
    assert (params["parties"], params["draws"], params["drivers"]) == (["USA", "JPN"], 0, False)
    assert params.keys() >= set(QUESTIONS["stress"].params) - {"scenario", "chunks"}


def test_keeping_a_setting_needs_the_token_and_a_setting_that_a_run_can_hold(site: Site, browser: TestClient) -> None:
    send, before = {"origin": f"http://{HOST}"}, site.jobs.all()
    wrong = browser.post("/lab/keep", data={"token": "x", "setting": QUERY}, headers=send)
    layered = browser.post("/lab/keep", data={"token": site.token, "setting": QUERY}, headers=send)  # other stocks
    faulty = browser.post("/lab/keep", data={"token": site.token, "setting": "passes=101"}, headers=send)
    assert (wrong.status_code, layered.status_code, faulty.status_code) == (403, 404, 404)
    assert site.jobs.all() == before


@pytest.mark.slow
def test_a_kept_setting_is_a_run_with_the_numbers_of_the_lab(site: Site, browser: TestClient) -> None:
    words = {"scenario": "cn-stop-3", "passes": "50", "parties": "USA,JPN"}
    asked = {"token": site.token, "setting": urlencode(words)}
    sent = browser.post("/lab/keep", data=asked, headers={"origin": f"http://{HOST}"}, follow_redirects=False)
    assert sent.status_code == 303 and sent.headers["location"].startswith("/jobs")
    job = site.jobs.all()[0]
    for _ in range(600):
        job = site.jobs.find(job.key) or job
        if not job.is_open:
            break
        time.sleep(0.2)
    assert (job.state, job.fault) == ("done", "")
    assert f"/runs/{job.run_id}" in browser.get("/jobs").text
    run, shown = browser.get(f"/runs/{job.run_id}.json").json(), browser.get(f"/lab.json?{urlencode(words)}").json()
    key = ("party", "product", "sector", "foresight")
    held = {tuple(r[k] for k in key): r["unserved_t"] for r in run["rows"]}
    assert {tuple(r[k] for k in key): r["unserved_t"] for r in shown["rows"]} == pytest.approx(held, rel=1e-6, abs=1e-6)
    assert browser.get(f"/runs/{job.run_id}").status_code == 200


async def asked(app: Any, query: str, hangs_up: asyncio.Event) -> int:
    """The status that a browser gets which waits until it hangs up."""
    wanted: list[dict[str, Any]] = [{"type": "http.request", "body": b"", "more_body": False}]
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        if wanted:
            return wanted.pop()
        await hangs_up.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        statuses.extend([message["status"]] if "status" in message else [])

    scope = {"type": "http", "method": "GET", "path": "/lab", "raw_path": b"/lab", "query_string": query.encode()}
    await app({**scope, "headers": [(b"host", HOST.encode())], "asgi": {"version": "3.0"}}, receive, send)
    return statuses[0]


def test_what_a_browser_dropped_before_its_turn_is_not_solved(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dial goes from 41 over 42 to 43 days while others are being solved; somebody else looks at 42 as well."""
    solved: list[float] = []

    def solve(self: Lab, name: str, to: object, story: object, asked: dict[str, Any]) -> None:
        solved.extend(asked["overrides"].values())
        raise BadInput("no answer here")

    monkeypatch.setattr(Lab, "_solved", solve)
    app = Guard(_routes(site), frozenset({HOST}))

    async def turned_twice() -> list[int]:
        drops, stays = asyncio.Event(), asyncio.Event()
        queries = {"days=41": drops, "days=42": drops, "days=42&lang=ja": stays, "days=43": stays, "days=44": drops}
        tasks = [asyncio.create_task(asked(app, query, hangs_up)) for query, hangs_up in queries.items()]
        while site.lab._asking < len({q.partition("&")[0] for q in queries}):
            await asyncio.sleep(0.01)
        drops.set()
        await asyncio.sleep(0.05)
        for _ in range(AT_ONCE):
            site.lab._slots.release()
        return await asyncio.gather(*tasks)

    for _ in range(AT_ONCE):
        site.lab._slots.acquire()
    statuses = asyncio.run(asyncio.wait_for(turned_twice(), 30))
    assert sorted(solved) == [42.0, 43.0]
    assert [statuses[0], *statuses[2:]] == [499, 422, 422, 499]
    assert site.lab._answers._asking == site.lab.shown._asking == {}
