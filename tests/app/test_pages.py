"""Every page of the app, in both languages, as a browser without scripts gets it."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from didymium.app.site import Site, address
from didymium.questions.catalogue import QUESTIONS

HOST = "127.0.0.1:8321"
QUICK = [q for q in QUESTIONS.values() if not q.slow and q.command != "brief"]
SLOW = [q for q in QUESTIONS.values() if q.slow and q.command != "brief"]


class _Page(HTMLParser):
    """What a page loads, names and labels."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.labels: list[str] = []
        self.named: list[str] = []
        self.headings = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {k: v or "" for k, v in attrs}
        self.ids += [held["id"]] if "id" in held else []
        if tag in ("script", "img", "link", "iframe"):
            self.loads.append(held.get("src", held.get("href", "")))
        if tag == "a":
            self.links.append(held["href"])
        if tag == "label":
            self.labels.append(held["for"])
        if tag in ("input", "select") and held.get("type") != "hidden":
            self.named.append(held["id"])
        assert "style" not in held and not any(k.startswith("on") for k in held), "the policy forbids it"
        self.headings += tag == "h1"


def read(browser: TestClient, path: str, status: int = 200) -> str:
    got = browser.get(path)
    assert got.status_code == status, (path, got.text[:300])
    assert got.headers["content-security-policy"].startswith("default-src 'self'")
    return got.text


def checked(text: str, lang: str) -> _Page:
    page = _Page(text)
    assert f'<html lang="{lang}">' in text
    assert page.headings == 1
    assert all(where.startswith("/") for where in page.loads)
    assert len(set(page.ids)) == len(page.ids)
    assert set(page.named) <= set(page.labels)
    assert "None" not in re.sub(r"<[^>]*>", "", text) and "nan" not in re.findall(r"\bnan\b", text.lower())
    return page


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("path", ["/", "/data", "/data/places", "/runs", "/jobs"])
def test_a_page_without_a_question(browser: TestClient, path: str, lang: str) -> None:
    checked(read(browser, f"{path}?lang={lang}"), lang)


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("question", SLOW, ids=lambda q: q.command)
def test_slow_questions_offer_to_compute(browser: TestClient, question: object, lang: str) -> None:
    text = read(browser, f"/ask/{address(question)}?lang={lang}")  # type: ignore[arg-type]
    checked(text, lang)
    assert 'action="/jobs?lang=' in text


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("question", QUICK, ids=lambda q: q.command)
def test_quick_questions_answer_at_once(browser: TestClient, question: object, lang: str) -> None:
    name = address(question)  # type: ignore[arg-type]
    page = checked(read(browser, f"/ask/{name}?lang={lang}"), lang)
    for where in page.loads:
        assert browser.get(where).status_code == 200, where
    whole = browser.get(f"/ask/{name}.json").json()
    rows = list(csv.DictReader(io.StringIO(browser.get(f"/ask/{name}.csv").text)))
    assert len(rows) == len(whole["rows"])
    assert browser.get(f"/ask/{name}.xlsx").content[:2] == b"PK"
    for where in [w for w in page.links if w.startswith("/explain/")][:3]:
        checked(read(browser, where), lang)


def test_measures_answer_with_twins_and_explanations(browser: TestClient) -> None:
    page = checked(read(browser, "/ask/measures?as_of=2026-11-22&lang=en"), "en")
    behind = [w for w in page.links if w.startswith("/explain/")]
    assert behind
    checked(read(browser, behind[0]), "en")
    whole = browser.get("/ask/measures.json?as_of=2026-11-22").json()
    assert whole["request"]["as_of"] == "2026-11-22"
    assert whole["rows"]


def test_a_wrong_parameter_is_said_at_its_field(browser: TestClient) -> None:
    text = read(browser, "/ask/measures?as_of=tomorrow&lang=en", 422)
    assert "&#39;tomorrow&#39; is not a date" in text and 'aria-describedby="e-as_of"' in text
    assert browser.get("/ask/measures.json?as_of=tomorrow").status_code == 422


def test_an_address_names_no_file_of_this_machine(browser: TestClient, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('id = "own"\n', encoding="utf-8")
    for name in (str(file), "../../etc/passwd", "/etc/passwd"):
        got = browser.get("/ask/stress", params={"scenario": name})
        assert got.status_code == 422 and "is not known" in got.text


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/ask/nothing",
        "/data/nothing",
        "/static/../site.py",
        "/static/site.py",
        "/data/..%2f..%2fetc%2fpasswd",
    ],
)
def test_what_is_not_there_is_said_so(browser: TestClient, path: str) -> None:
    assert browser.get(path).status_code == 404


def test_labels_are_text_and_not_markup(browser: TestClient) -> None:
    text = read(browser, "/ask/measures?parties=<script>alert(1)</script>", 422)
    assert "<script>" not in text.lower()


def test_a_change_needs_our_origin_and_the_token(browser: TestClient, site: Site) -> None:
    ours, form = {"origin": f"http://{HOST}"}, {"question": "backtest", "draws": "8"}
    assert browser.post("/jobs", data={**form, "token": "secret"}).status_code == 403
    assert browser.post("/jobs", data={**form, "token": "guess"}, headers=ours).status_code == 403
    assert browser.post("/jobs", data=form, headers={"origin": "http://evil.example"}).status_code == 403
    assert not site.jobs.all()


def test_a_body_without_a_length_is_bounded(browser: TestClient) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b"a" * 65536

    headers = {"origin": f"http://{HOST}", "content-type": "application/x-www-form-urlencoded"}
    assert browser.post("/jobs", content=endless(), headers=headers).status_code == 413


@pytest.mark.slow
def test_a_job_is_computed_and_its_page_shows_the_answer(browser: TestClient, site: Site) -> None:
    words = {"question": "measures-branches", "branched": "cn-us-ban-suspension", "token": "secret"}
    got = browser.post("/jobs?lang=en", data=words, headers={"origin": f"http://{HOST}"}, follow_redirects=False)
    assert got.status_code == 303
    where = got.headers["location"]
    key = site.jobs.all()[0].key
    for _ in range(600):
        if browser.get(f"/jobs/{key}").json()["state"] == "done":
            break
        time.sleep(0.2)
    assert "<table" in read(browser, where)


def test_the_description_of_the_addresses_names_every_question(browser: TestClient) -> None:
    paths = browser.get("/openapi.json").json()["paths"]
    assert {f"/ask/{address(q)}.json" for q in (*QUICK, *SLOW)} <= set(paths)
