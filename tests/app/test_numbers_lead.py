"""Every number that a page shows leads to what stands behind it: in a table, a card, a caption or a sentence."""

from __future__ import annotations

import random
import re
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient
from tests.app.test_pages import QUICK, read

import didymium.data
from didymium.app import fields
from didymium.app.notes import told
from didymium.app.site import Site, address
from didymium.questions import answering
from didymium.questions.catalogue import QUESTIONS
from didymium.results import Result, Row
from didymium.studies.noted import noted

SETTING = "scenario=mm-feed-halt&passes=30&months=8&days=20"
COMPUTED = {
    "finance": {"projects": "caremag-lacq", "draws": "40"},
    "measures branches": {"branched": "cn-us-ban-suspension"},
}
"""Questions that take a while, asked so that they do not."""
PAGES = (
    "/",
    "/chain",
    "/chain?family=batteries&product=lithium:refined",
    f"/lab?{SETTING}",
    f"/lab?{SETTING}&a=scenario%3Dmm-feed-halt",
    f"/lab/numbers?{SETTING}&figure=0",
    f"/lab/numbers?{SETTING}&figure=1",
    "/gaps?stage=magnet&product=ndfeb_magnet&party=JPN",
    "/stocks",
    "/plan",
    "/measures",
    "/measures?branched=cn-us-ban-suspension",
    "/floor",
    "/projects",
    "/projects/caremag-lacq?draws=40",
    "/commitments",
    "/commitments/c001",
    "/data",
    "/data/assumptions",
    "/data/production",
    "/data/projects",
    "/data/trade",
    "/sources",
    "/data/upload",
    "/lab/explain?passes=30&row=1&column=unserved_t&a=scenario%3Dcn-stop-6",
    "/jobs",
    "/runs",
    *(f"/ask/{address(q)}" for q in QUICK),
    "/ask/measures-branches?branched=cn-us-ban-suspension",
)
END = re.compile(
    r"^/(explain/|lab/|data\b|sources|runs/|commitments/|projects/|chain|gaps|lab|measures|#|ask/[^?]*[?].*columns=all)"
)
"""Where a number may lead."""


NAME = re.compile(r"https?://\S+|[A-Za-z0-9_./:-]*[A-Za-z_][A-Za-z0-9_./:-]*")
"""An id, an address or a word: digits in it are no number, unless a word follows them, as in 12-month."""


def has_number(text: str) -> bool:
    """Whether a running text holds a number."""
    return bool(re.search(r"(?<![A-Za-z0-9_./-])\d+-[A-Za-z]", text) or re.search(r"\d", NAME.sub("", text)))


class Numbers(HTMLParser):
    """The numbers of a page that lead nowhere (`bare`), and where the others lead.

    A number of a table has its own link, and so has one in running text: a title, a sentence, a note. For a text of a
    table that holds one, such as a name, a link of its row is enough; for a caption, and for a picture that says a
    number, one link to its rows. Heads of columns, fields of forms and lines to copy are no numbers of the page.
    """

    PLACES = ("td", "dd", "strong", "figcaption")
    NOT_READ = (
        "script",
        "style",
        "title",
        "label",
        "legend",
        "option",
        "output",
        "button",
        "pre",
        "th",
        "dt",
        "header",
    )

    def __init__(self, text: str) -> None:
        super().__init__()
        self.bare: list[str] = []
        self.leads: list[str] = []
        self._where = ""
        self._place = ""
        self._is_number = False
        self._texts: list[str] = []
        self._row_leads = False
        self._hidden = 0
        self._said: list[str] = []
        self._rows_lead = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {k: v or "" for k, v in attrs}
        self._hidden += tag in self.NOT_READ
        if tag == "figure":
            self._said, self._rows_lead = [], False
        if tag == "img" and has_number(held.get("alt", "")):
            self._said.append(held["alt"])
        if tag == "a":
            self._where = held["href"]
            self._row_leads = True
            self._rows_lead |= bool(END.match(self._where.replace("#", "/#", 1))) and ".svg" not in self._where
        if tag in self.PLACES:
            self._place, self._is_number = tag, "number" in held.get("class", "").split()
        if tag in ("tr", "figcaption"):
            self._texts, self._row_leads = [], False

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in self.NOT_READ
        if tag == "a":
            self._where = ""
        if tag == self._place:
            self._place = ""
        if tag in ("tr", "figcaption"):
            self.bare += [] if self._row_leads else self._texts
        if tag == "figure":
            self.bare += [] if self._rows_lead else self._said

    def handle_data(self, text: str) -> None:
        in_a_table = self._place in ("td", "strong", "figcaption")
        if self._hidden or not re.search(r"\d", text) or not (in_a_table or has_number(text)):
            return
        if self._where:
            self.leads.append(self._where)
        elif self._place in ("td", "figcaption") and not self._is_number:
            self._texts.append(text)
        else:
            self.bare.append(text.strip())


def test_a_number_without_a_link_is_found() -> None:
    row = '<tr><td>Unit 2</td><td class="number"><a href="/explain/r?row=1">5.1</a></td></tr>'
    assert (Numbers(row).bare, Numbers(row).leads) == ([], ["/explain/r?row=1"])
    assert Numbers('<tr><td>x</td><td class="number">5.1</td></tr>').bare == ["5.1"]
    assert Numbers("<tr><td>Unit 2</td><td>x</td></tr>").bare == ["Unit 2"]
    assert Numbers("<dl><dd>7 %</dd></dl><strong>9</strong><figcaption>in 3 days</figcaption>").bare == [
        "7 %",
        "9",
        "in 3 days",
    ]
    assert Numbers('<ul><li><a href="#x"><strong>9</strong></a></li></ul>').leads == ["#x"]


@pytest.mark.parametrize(
    "text",
    [
        "Of 50 firms none is known.",
        "stopped on 2026-11-10",
        "a 12-month stop",
        "germanium:refined (68%)",
        "数量は2024年の較正値",
        "全行（5.6トン）で共通",
    ],
)
def test_a_number_in_running_text_is_found(text: str) -> None:
    for tag in ("p", "li", "h1", "h2"):
        assert Numbers(f"<{tag}>{text}</{tag}>").bare == [text]
        found = Numbers(f"<{tag}>{told(text, '/explain/r?note=1')}</{tag}>")
        assert found.bare == [] and set(found.leads) == {"/explain/r?note=1"}
    assert Numbers(f'<figure><a href="/x.svg"><img alt="{text}"></a></figure>').bare == [text]
    assert Numbers(f'<figure><a href="/runs/r"><img alt="{text}"></a></figure>').bare == []


@pytest.mark.parametrize(
    "text", ["usgs-mcs-2026", "50969a18d82b", "https://example.org/20260220-312340", "ndpr_oxide2", "Run ce54351dd043"]
)
def test_digits_of_a_name_are_no_number(text: str) -> None:
    assert Numbers(f"<p>{text}</p>").bare == []
    assert str(told(text, "/x")) == text


class Sums(HTMLParser):
    """The numbers of the table `#line` of the chain page with their addresses; None for one without."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str | None]] = []
        self._section = ""
        self._in: str | None = None
        self._where: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {k: v or "" for k, v in attrs}
        self._section = held.get("id", "") if tag == "section" else self._section
        if tag == "td" and "number" in held.get("class", ""):
            self._in, self._where = "", None
        if tag == "a" and self._in is not None:
            self._where = held["href"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "td" and self._in is not None:
            if self._section == "line":
                self.found.append((self._in, self._where))
            self._in = None

    def handle_data(self, text: str) -> None:
        if self._in is not None:
            self._in += text


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A store that holds answers of the questions that take a while; the plan is made up."""
    site = Site(didymium.data.open(), tmp_path_factory.mktemp("store"), token="secret")
    for command, words in COMPUTED.items():
        site.work(command, fields.asked(QUESTIONS[command], words).params, lambda done, of: None)
    plan: Row = {
        "name": "Kraftwerk 2",
        "project_id": "caremag-lacq",
        "decision": "chosen",
        "package": "",
        "added_t": 5.0,
    }
    result = Result.of(
        "plan",
        request={},
        dataset=site.ds.describe(),
        code_version=didymium.__version__,
        rows=[plan, {**plan, "decision": "unfunded", "worth_up_to_usd_m": 3.0}],
        fields=[],
        tables={
            "budget": [{"party": "JPN", "budget_usd_m": 1000.0, "left_usd_m": 2.0}],
            "frontier": [
                {"budget_multiple": m, "mean_usd_m": 9.0 - m, "tail_usd_m": 12.0 - m, "yearly_cost_usd_m": m}
                for m in (0.0, 1.0, 2.0)
            ],
        },
    )
    question = QUESTIONS["plan"]
    params = {**fields.asked(question, {}).params, "executor": "thread"}
    answering.keep(result, question, params, store=site.runs, ds=site.ds, layers=())
    return site


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("path", PAGES)
def test_every_number_of_a_page_leads_to_what_stands_behind_it(browser: TestClient, path: str, lang: str) -> None:
    found = Numbers(read(browser, f"{path}{'&' if '?' in path else '?'}lang={lang}"))
    assert found.bare == []
    assert {where for where in found.leads if not END.match(where.replace("#", "/#", 1))} == set()
    assert found.leads or path in ("/jobs", "/data/upload")
    for where in random.Random(20261128).sample(found.leads, min(3, len(found.leads))):
        if not where.startswith("#"):
            read(browser, where)


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize(
    "ends", ["explain/{}?row=1&column=days_to_change", "explain/{}?note=1", "runs/{}?", "runs/{}?row=2"]
)
def test_where_numbers_lead_they_lead_on(browser: TestClient, site: Site, ends: str, lang: str) -> None:
    """An explanation of a number and of a note, a run, and a row of it."""
    result = site.answered(fields.asked(QUESTIONS["measures"], {}))
    assert result is not None
    assert Numbers(read(browser, f"/{ends.format(result.run_id)}&lang={lang}")).bare == []


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("path", ["/chain", "/chain?family=batteries&product=lithium:refined"])
def test_every_sum_of_the_chain_is_written_out(browser: TestClient, path: str, lang: str) -> None:
    sums = Sums(read(browser, f"{path}{'&' if '?' in path else '?'}lang={lang}")).found
    assert len(sums) >= 9 and len({where for _, where in sums}) == len(sums)
    for said, where in sums:
        assert where is not None and where.startswith("/chain/explain?")
        text = read(browser, where)
        assert re.sub(r"[%％]", "", said) in text.partition('<p class="value">')[2].partition("</p>")[0]
        assert Numbers(text).bare == []
        found = browser.get(where.replace("/chain/explain?", "/chain/explain.json?")).json()
        added = sum(row["amount"] for row in found["rows"])
        assert found["value"] == pytest.approx(added / (1.0 if "column=output_t" in where else found["total"]))


def test_a_sum_without_an_explanation_is_found() -> None:
    table = '<section id="line"><table><tr><td class="number">{}</td></tr></table></section>'
    assert Sums(table.format("5.1")).found == [("5.1", None)]
    assert Sums(table.format('<a href="/chain?x">5.1</a>')).found == [("5.1", "/chain?x")]


@pytest.mark.slow
def test_every_note_with_a_number_says_what_it_rests_on(browser: TestClient, site: Site) -> None:
    """A line of its own in notes.csv, and a page; notes of answers that take long are told by their text alone."""
    for question in QUICK:
        site.answered(fields.asked(question, {}))
    found = [
        (manifest.run_id, number, str(text))
        for manifest in site.runs.manifests()
        for number, text in enumerate(site.loaded(manifest.run_id).warnings, start=1)
        if has_number(str(text))
    ]
    assert len(found) >= 6
    for run_id, number, text in found:
        assert noted(site.ds, site.loaded(run_id), number).is_own, text
        for lang in ("en", "ja"):
            page = read(browser, f"/explain/{run_id}?note={number}&lang={lang}")
            assert "/data/" in page or f"/explain/{run_id}?row=" in page


@pytest.mark.slow
@pytest.mark.parametrize("number", ["0", "99", "x", "-1"])
def test_a_note_that_is_not_there_is_refused(browser: TestClient, site: Site, number: str) -> None:
    asked = fields.asked(QUESTIONS["assumptions"], {})
    result = site.answered(asked)
    assert result is not None
    assert "there is no note" in read(browser, f"/explain/{result.run_id}?note={number}", 404)
