"""The pages in a real browser: phone and wide screen, light and dark, both languages, eyes and keyboard.

Pictures of the pages are left in `build/shots`, to be looked at.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from starlette.routing import Route

import didymium.data
from didymium.app import create
from didymium.app.fields import asked
from didymium.app.jobs import Job
from didymium.app.site import Site, _routes, address
from didymium.questions.catalogue import QUESTIONS
from didymium.scenario.scenario import parse

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FloatRect, Page

pytestmark = pytest.mark.slow

SHOTS = Path(__file__).parents[2] / "build" / "shots"
PHONE, WIDE = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
SCREENS = {"phone": (PHONE, "light"), "wide-dark": (WIDE, "dark")}
EVERYWHERE = bool(os.environ.get("DIDYMIUM_AXE_EVERYWHERE"))
JUDGED = {"en": tuple(SCREENS) if EVERYWHERE else ("phone",), "ja": tuple(SCREENS) if EVERYWHERE else ("wide-dark",)}
"""Where axe looks: it takes seconds a page. Widths are checked on both."""
MISSING = "/nothing"
HELD = "/lab?scenario=cn-stop-6&passes=30&a=scenario%3Dcn-stop-6"
WRONG = "/lab?passes=140"
UNDER_WAY = "/stocks?parties=JPN"
"""Stocks whose plan is being computed."""
ROUTES = [
    route.path
    for route in _routes(cast(Site, None)).routes
    if isinstance(route, Route) and "{" not in route.path and "GET" in (route.methods or ())
]
"""What can be read without being named further; `/lab/keep` is only sent to."""
PAGES = [
    *dict.fromkeys(path for path in ROUTES if path != "/openapi.json" and not path.endswith(".svg")),
    "/data/places",
    "/data/places/JPN",
    "/data/measures/cd-co-ban-2025",
    "/data/sources/nikkei-asia-via-business-standard-jun-2025",
    "/projects/caremag-lacq",
    "/commitments/c001",
    "/gaps?stage=magnet&product=ndfeb_magnet&party=JPN",
    "/stocks?party=JPN&stage=metal",
    UNDER_WAY,
    HELD,
    WRONG,
    "/lab/explain?passes=30&row=1&column=unserved_t&a=scenario%3Dcn-stop-6",
    MISSING,
]
REFUSED = (MISSING, WRONG)
"""Pages that answer with 404 or 422, of which a browser complains."""
TALLEST = 12_000
"""Pixels of a page in its picture: from 16,384 on the browser may take a minute, or give none."""
STATES = {"backtest": "running", "finance": "failed", "respond": "stopped"}
"""Work that the server finds as it stands, for how its pages look then."""
FITTING = [
    *(
        "/",
        "/chain",
        "/chain/explain?column=shipped_share",
        "/gaps",
        "/lab",
        "/projects",
        "/plan",
        "/floor",
        "/stocks",
        "/measures",
        "/commitments",
    ),
    *(f"/ask/{address(q)}" for q in QUESTIONS.values() if q.aside and not q.slow),
    *("/ask/exposure?table=reliance", "/ask/commitments?table=by_clause", "/ask/measures?table=calendar"),
    *("/data/assumptions", "/data/production", "/data/projects", "/data/trade", "/lab/numbers?figure=1"),
]
"""Pages whose tables do not scroll sideways on a desktop."""
ASKED = [f"/ask/{address(q)}" for q in QUESTIONS.values() if q.command != "brief"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import uvicorn

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
    app = create(didymium.data.open(), tmp_path_factory.mktemp("store"), hosts=(host,))
    site = app.app.state.site  # type: ignore[attr-defined]
    for command, state in STATES.items():
        key = site.key(asked(QUESTIONS[command], {}))
        site.jobs._jobs[key] = Job(key, command, {}, f"/ask/{command}", state, 3, 10, fault="no plan meets 80 % cover.")
    plan = asked(QUESTIONS["plan"], {"only": "stocks", "parties": "JPN"})
    key = site.key(plan)
    site.jobs._jobs[key] = Job(key, "plan", {}, UNDER_WAY, "running", 3, 10)
    runs = uvicorn.Server(uvicorn.Config(app, port=int(host.rsplit(":", 1)[1]), log_level="error", lifespan="off"))
    thread = threading.Thread(target=runs.run, daemon=True)
    thread.start()
    for _ in range(500):
        if runs.started:
            break
        time.sleep(0.01)
    yield f"http://{host}"
    runs.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Playwright's own Chromium, else the machine's."""
    pytest.importorskip("axe_playwright_python", reason="the pages in a browser need axe-playwright-python")
    pytest.importorskip("playwright", reason="the pages in a browser need playwright")
    from playwright.sync_api import Error, sync_playwright

    named = os.environ.get("DIDYMIUM_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as play:
        try:
            browser = play.chromium.launch()
        except Error:
            if named is None:
                pytest.skip("no Chromium: run python -m playwright install chromium, or name one in DIDYMIUM_CHROMIUM")
            browser = play.chromium.launch(executable_path=named, args=["--no-sandbox"])
        yield browser
        browser.close()


def opened(chromium: Browser, server: str, path: str, lang: str) -> tuple[Page, list[str]]:
    """The page and what the browser complains of."""
    page = chromium.new_page()
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda fault: said.append(str(fault)))
    page.set_default_timeout(240_000)  # work that other pages began goes on beside
    page.goto(f"{server}{path}{'&' if '?' in path else '?'}lang={lang}")
    return page, said


def turned(page: Page, screen: str) -> None:
    """The page on another screen, with all its pictures there."""
    size, scheme = SCREENS[screen]
    page.set_viewport_size(size)  # type: ignore[arg-type]
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.evaluate("for (const one of document.images) one.loading = 'eager'")
    page.evaluate(
        "Promise.all([...document.images].map(one => one.complete || "
        "new Promise(done => { one.onload = one.onerror = done })))"
    )


def pictured(page: Page, path: str, lang: str, screen: str) -> None:
    name = re.sub(r"[^a-z0-9]+", "-", path.strip("/").lower())[:80] or "home"
    SHOTS.mkdir(parents=True, exist_ok=True)
    size = page.evaluate("({width: innerWidth, height: document.documentElement.scrollHeight})")
    top: FloatRect = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], TALLEST)}
    page.screenshot(path=SHOTS / f"{name}.{lang}.{screen}.png", full_page=True, clip=top, animations="disabled")


def findings(page: Page) -> list[str]:
    """What axe finds that is serious or worse."""
    from axe_playwright_python.sync_playwright import Axe

    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"][:3]
    ]


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("path", [*PAGES, *ASKED])
def test_a_page_can_be_read_by_everyone_everywhere(chromium: Browser, server: str, path: str, lang: str) -> None:
    looked_at(chromium, server, path, lang)


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize(
    ("path", "link"),
    [("/runs", "[href^='/runs/']"), ("/commitments", "[href^='/explain/']"), ("/commitments", "[href*='note=']")],
)
def test_a_run_and_an_explanation_can_be_read_too(
    chromium: Browser, server: str, path: str, link: str, lang: str
) -> None:
    """Their addresses are those that a page leads to."""
    page, _ = opened(chromium, server, "/commitments", lang)
    page.goto(f"{server}{path}?lang={lang}")
    where = page.locator(f"main a{link}").first.get_attribute("href") or ""
    page.close()
    looked_at(chromium, server, where.replace(f"lang={lang}", ""), lang)


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("path", FITTING)
def test_tables_of_the_pages_fit_a_desktop(chromium: Browser, server: str, path: str, lang: str) -> None:
    page, _ = opened(chromium, server, path, lang)
    page.set_viewport_size({"width": 1280, "height": 900})
    wide = "[...document.querySelectorAll('.wide')].filter(one => one.scrollWidth > one.clientWidth)"
    assert page.evaluate(f"{wide}.map(one => one.ariaLabel)") == []
    page.close()


def looked_at(chromium: Browser, server: str, path: str, lang: str) -> None:
    """A page on phone and wide screen: pictures, width, what axe finds, what the browser complains of."""
    page, said = opened(chromium, server, path, lang)
    for screen in SCREENS:
        turned(page, screen)
        pictured(page, path, lang, screen)
        assert page.evaluate("[...document.images].filter(one => !one.naturalWidth).map(one => one.src)") == []
        wide = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide[0] <= wide[1], (screen, wide)
        assert screen not in JUDGED[lang] or findings(page) == [], screen
    assert not [line for line in said if path not in REFUSED or "Failed to load resource" not in line]
    page.close()


@pytest.mark.parametrize("path", ["/ask/measures-floor", "/lab", "/jobs"])
def test_the_keyboard_reaches_everything(chromium: Browser, server: str, path: str) -> None:
    page, _ = opened(chromium, server, path, "en")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    assert page.get_by_role("link", name="Skip to content").is_visible()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.reload()
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    kinds = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"
    whole = page.evaluate(f'[...document.querySelectorAll("{kinds}")].map((one, i) => one.dataset.at = i).length')
    reached = set()
    for _ in range(whole + 20):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.dataset.at ?? ''"))
        shown = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert shown != "none" or page.evaluate("document.activeElement === document.body")
    assert {str(i) for i in range(whole)} <= reached
    page.close()


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_dial_that_is_let_go_redraws_the_answer_and_the_address_keeps_it(
    chromium: Browser, server: str, lang: str
) -> None:
    page, said = opened(chromium, server, "/lab", lang)
    before = page.locator("#answer img").first.get_attribute("src")
    page.locator("#f-months").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**months=7**")
    assert page.locator("#answer").get_attribute("aria-busy") is None
    assert page.locator("#answer img").first.get_attribute("src") != before
    assert page.locator("output[for=f-months]").text_content() == "7"
    drawn = page.locator("#answer").inner_text()
    page.reload()
    assert page.locator("#answer").inner_text() == drawn
    other = page.locator(".languages a:not([aria-current])")
    assert "months=7" in (other.get_attribute("href") or "")
    assert said == []
    page.close()


def test_the_lab_works_without_script(chromium: Browser, server: str) -> None:
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.set_default_timeout(240_000)  # work that other pages began goes on beside
    page.goto(f"{server}/lab?lang=en&scenario=mm-feed-halt")
    page.locator("#f-passes").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Ask").click()
    assert "passes=5" in page.url
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save as scenario file").click()
    text = Path(saved.value.path()).read_text(encoding="utf-8")
    assert parse(text, where="the file").outages[0].availability == 0.05
    page.get_by_role("link", name="Hold it beside another").click()
    assert page.get_by_role("heading", name="A against B").is_visible()
    page.close()


def test_printed_pages_hold_no_controls(chromium: Browser, server: str) -> None:
    page, _ = opened(chromium, server, "/ask/measures-floor", "en")
    page.emulate_media(media="print")
    assert not page.locator("form.ask").is_visible()
    assert not page.locator(".pages").is_visible()
    assert page.locator("main table").first.is_visible()
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / "measures-floor.print.png", full_page=True)
    page.close()
