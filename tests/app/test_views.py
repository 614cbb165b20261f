"""The pages people look at: situation, chain, gaps, projects; in both languages, with figures, twins and links."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from starlette.testclient import TestClient
from tests.app.test_pages import HOST, checked, read

import didymium.data
from didymium.app import fields, tables
from didymium.app.guard import Guard
from didymium.app.site import Site, _routes
from didymium.i18n import translator
from didymium.questions import answering
from didymium.questions.catalogue import QUESTIONS
from didymium.results import Result, Row
from didymium.studies.chain_line import used_from

pytestmark = pytest.mark.slow

PAGES = (
    "/",
    "/chain",
    "/chain?family=batteries&product=lithium:refined",
    "/gaps",
    "/gaps?stage=magnet&product=ndfeb_magnet&party=JPN",
    "/projects",
    "/projects?stage=magnet&sort=-capacity",
    "/projects/caremag-lacq",
    "/measures?imposing=CHN",
    "/commitments?state=overdue",
    "/commitments/c001",
    "/floor?floor_product=dy_oxide&floor_at=500",
    "/stocks?stage=metal&party=JPN",
)
WITHOUT_FIGURES = (
    "/",
    "/gaps",
    "/projects/caremag-lacq",
    "/commitments/c001",
    "/floor?floor_product=dy_oxide&floor_at=500",
)


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_shows_its_figures_and_leads_on(browser: TestClient, path: str, lang: str) -> None:
    page = checked(read(browser, f"{path}{'&' if '?' in path else '?'}lang={lang}"), lang)
    pictures = [where for where in page.loads if ".svg" in where and "/static/" not in where]
    assert bool(pictures) == (path not in WITHOUT_FIGURES)
    for where in pictures:
        got = browser.get(where)
        assert got.status_code == 200 and got.text.startswith("<svg"), where
    behind = [where for where in page.links if where.startswith("/explain/")]
    for where in behind[:1] + behind[-1:]:
        checked(read(browser, where), lang)
    if not path.startswith("/projects"):
        assert behind


def plain(text: str) -> str:
    """The words of a page: numbers in them are links."""
    return re.sub(r"<[^>]*>", "", text)


def test_every_twin_of_a_page_holds_its_rows(browser: TestClient) -> None:
    for path in (
        "/situation",
        "/chain",
        "/chain/explain",
        "/gaps",
        "/projects",
        "/projects/caremag-lacq",
        "/measures",
        "/commitments",
        "/commitments/c001",
        "/floor",
        "/stocks",
        "/data",
        "/data/production",
        "/data/measures/cd-co-ban-2025",
        "/sources",
    ):
        whole = browser.get(f"{path}.json").json()
        rows = list(csv.DictReader(io.StringIO(browser.get(f"{path}.csv").text)))
        assert rows and len(rows) == len(whole["rows"]), path
        assert browser.get(f"{path}.xlsx").content[:2] == b"PK"
        assert browser.get(f"{path}.exe").status_code == 404


def test_the_line_adds_up(browser: TestClient) -> None:
    """What is used of a stage's goods is what was made, to the rounding of flows below one tonne."""
    whole = browser.get("/chain.json?product=ndpr_oxide").json()
    stages = list(dict.fromkeys(r["stage"] for r in whole["rows"]))
    assert stages == ["mine", "separated", "metal", "alloy", "magnet"]
    for stage in stages:
        assert sum(r["world_share"] for r in whole["rows"] if r["stage"] == stage) == pytest.approx(1, abs=2e-3)
    products = {p for r in whole["rows"] for p in r["products"].split(";")}
    assert "ndfeb_magnet_ht" in products and not any("swarf" in p or p == "ce_oxide" for p in products)


def test_a_gap_opens_its_own_years(browser: TestClient) -> None:
    rows = browser.get("/gaps.json?stage=magnet&product=ndfeb_magnet&party=JPN").json()["rows"]
    assert {(r["stage"], r["product"], r["party"], r["outlook"]) for r in rows} == {
        ("magnet", "ndfeb_magnet", "JPN", "STEPS")
    }
    assert len({r["year"] for r in rows}) == len(rows) > 5


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/chain?family=nothing", 422),
        ("/chain?product=nothing", 422),
        ("/chain?year=1990", 422),
        ("/chain/nothing.svg", 404),
        ("/gaps?stage=nothing", 404),
        ("/gaps?years=never", 422),
        ("/gaps/ledger.svg?stage=nothing", 404),
        ("/projects/nothing", 404),
        ("/projects/nothing.json", 404),
        ("/projects/map.svg?stage=nothing", 404),
        ("/plan?budget=USA%3D1&parties=nowhere", 422),
        ("/plan?futures=2", 422),
        ("/plan.json", 409),
        ("/ask/gaps/figure-0.svg?parties=nowhere", 404),
        ("/plan/frontier.svg", 404),
        ("/measures?product=nothing", 404),
        ("/measures?as_of=tomorrow", 422),
        ("/measures.json?product=nothing", 422),
        ("/commitments?state=nothing", 404),
        ("/commitments/nothing", 404),
        ("/commitments/nothing.csv", 404),
        ("/floor?floor_at=-1", 422),
        ("/stocks?party=nothing", 404),
        ("/stocks?stage=nothing", 404),
        ("/stocks?year=soon", 422),
        ("/stocks?year=1900", 422),
        ("/stocks?draws=5000", 422),
        ("/gaps?draws=5000", 422),
        ("/stocks.json?party=nothing", 422),
        ("/stocks/cover.svg?stage=nothing", 404),
        ("/runs/nothing", 404),
        ("/runs/nothing.csv", 404),
        ("/data/nothing/row", 404),
        ("/data/places/nothing", 404),
        ("/data/places/nothing.json", 404),
        ("/sources.exe", 404),
    ],
)
def test_what_is_not_there_is_said(browser: TestClient, path: str, status: int) -> None:
    assert browser.get(path).status_code == status


def test_a_new_family_takes_its_first_product(browser: TestClient) -> None:
    """The form sends the old product with a new family."""
    assert browser.get("/chain?family=batteries&product=ndpr_oxide").status_code == 200


def test_links_sort_a_table(browser: TestClient) -> None:
    page = checked(read(browser, "/projects?country=USA&lang=en"), "en")
    sorting = [w for w in page.links if "sort=" in w]
    assert {parse_qs(urlparse(w).query)["country"][0] for w in sorting} == {"USA"}
    text = read(browser, next(w for w in sorting if "sort=-start_year" in w))
    assert 'aria-sort="descending"' in text
    assert text.index("2031") < text.index("2026") if "2031" in text else True


def test_the_finance_of_a_project_starts_from_its_page(browser: TestClient) -> None:
    text = read(browser, "/projects/caremag-lacq?bankable_in=0.8&lang=en")
    assert 'name="project_page" value="caremag-lacq"' in text and 'name="bankable_in" value="0.8"' in text
    assert "e-bankable_in" in read(browser, "/projects/caremag-lacq?bankable_in=9&lang=en")


def test_unknown_values_come_last_either_way() -> None:
    rows = tables.numbered([{"t": 2.0}, {"t": None}, {"t": 5.0}])
    assert [n for n, _ in tables.sorted_by(rows, "t")] == [1, 3, 2]
    assert [n for n, _ in tables.sorted_by(rows, "-t")] == [3, 1, 2]
    drawn = tables.table(rows, ("t",), translator("en"), title="", here="/x", sort="-t")
    assert drawn.head[0].state == "descending" and "sort=t" in drawn.head[0].where


def test_rows_are_filtered_sorted_and_paged_by_links(browser: TestClient) -> None:
    page = checked(read(browser, "/data/production?country=JPN&sort=-quantity&lang=en"), "en")
    rows = browser.get("/data/production.json?country=JPN&sort=-quantity").json()["rows"]
    assert {r["country"] for r in rows} == {"JPN"}
    known = [r["quantity"] for r in rows if r["quantity"] is not None]
    assert known == sorted(known, reverse=True) and len(known) > 5
    behind = next(w for w in page.links if w.startswith("/data/production/"))
    assert "Licence" in read(browser, behind)
    whole = browser.get("/data/trade.json").json()["rows"]
    text, seen = read(browser, "/data/trade?lang=en"), 200
    assert f"Rows 1 to 200 of {len(whole):,}" in plain(text) and 'rel="next"' in text
    assert f"Rows {seen + 1} to 400" in plain(read(browser, "/data/trade?first=200&lang=en"))
    found = browser.get("/data.json?q=licence").json()["rows"]
    assert "sources" in {r["table"] for r in found} and len(found) < 20


def test_work_of_the_plan_leads_back_to_its_page(browser: TestClient) -> None:
    text = read(browser, "/plan?usd_m_USA=250&lang=en")
    assert 'name="page" value="plan"' in text and 'name="budget" value="USA=250,JPN=1000"' in text


def test_goods_that_pass_through_keep_their_maker() -> None:
    """Worked by hand: of 40 t that reach MYS 30 t go on; a place that also makes mixes both."""
    assert used_from({"CHN": 90.0}, {("CHN", "MYS"): 40.0, ("MYS", "JPN"): 30.0}) == {
        ("CHN", "CHN"): 50.0,
        ("CHN", "JPN"): 30.0,
        ("CHN", "MYS"): 10.0,
    }
    mixed = used_from({"CHN": 50.0, "MYS": 10.0}, {("CHN", "MYS"): 30.0, ("MYS", "JPN"): 20.0})
    assert mixed[("CHN", "JPN")] == pytest.approx(15.0) and mixed[("MYS", "JPN")] == pytest.approx(5.0)
    assert sum(mixed.values()) == pytest.approx(60.0)


def test_a_plan_of_stocks_starts_from_the_page_of_stocks(browser: TestClient) -> None:
    text = read(browser, "/stocks?parties=JPN&lang=en")
    assert 'name="page" value="stocks"' in text and 'name="only" value="stocks"' in text
    assert "/plan?only=stocks&amp;lang=en" in text


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_run_has_a_page_and_is_asked_again(browser: TestClient, lang: str) -> None:
    asked = browser.get("/gaps.json?years=2027-2028&seed=3").json()
    page = checked(read(browser, f"/runs/{asked['run_id']}?lang={lang}"), lang)
    again = next(w for w in page.links if w.startswith("/ask/gaps?"))
    assert parse_qs(urlparse(again).query)["seed"] == ["3"]
    assert asked["run_id"] in read(browser, again)
    assert any(w.startswith("/explain/") for w in page.links)
    whole = browser.get(f"/runs/{asked['run_id']}.json").json()
    rows = list(csv.DictReader(io.StringIO(browser.get(f"/runs/{asked['run_id']}.csv").text)))
    assert whole["run_id"] == asked["run_id"] and len(rows) == len(whole["rows"]) > 0
    assert f"/runs/{asked['run_id']}?lang={lang}" in checked(read(browser, f"/runs?lang={lang}"), lang).links


def test_a_plan_that_the_command_line_kept_is_shown(tmp_path: Path) -> None:
    """Of the same data and parameters; one of other parameters is another answer."""
    ds = didymium.data.open()
    site = Site(ds, tmp_path, token="secret")
    bought: Row = {"party": "JPN", "product": "dy_metal", "bought_t": 17.9, "bought_days": 25.4, "held_t": 67.8}
    rule: Row = {"stock_rule": "plan", "bought_t": 17.9, "purchase_usd_m": 5.8}
    result = Result.of(
        "plan",
        request={"only": "stocks"},
        dataset=ds.describe(),
        code_version=didymium.__version__,
        rows=[],
        fields=[],
        tables={"stocks": [bought], "stock_rules": [rule], "release": [{**bought, "full_share": 0.95}]},
    )
    params = {**fields.asked(QUESTIONS["plan"], {"only": "stocks"}).params, "executor": "thread"}
    answering.keep(result, QUESTIONS["plan"], params, store=site.runs, ds=ds, layers=())
    with TestClient(Guard(_routes(site), frozenset({HOST})), base_url=f"http://{HOST}") as client:
        page = checked(read(client, "/stocks?lang=en"), "en")
        assert any(w.startswith(f"/explain/{result.run_id}") and "table=release" in w for w in page.links)
        assert client.get("/stocks.json").json()["plan"]["stocks"] == [bought]
        assert "plan" not in client.get("/stocks.json?year=2032").json()
        assert 'name="only" value="stocks"' in read(client, "/stocks?year=2032&lang=en")
