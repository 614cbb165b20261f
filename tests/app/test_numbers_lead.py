"""Every number that a page shows in a table, a card or a caption leads to what stands behind it, or to its row."""

from __future__ import annotations

import random
import re
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient
from tests.app.test_pages import QUICK, read

import didymium.data
from didymium.app import fields
from didymium.app.site import Site, address
from didymium.questions import answering
from didymium.questions.catalogue import QUESTIONS
from didymium.results import Result, Row

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
    "/jobs",
    "/runs",
    *(f"/ask/{address(q)}" for q in QUICK),
    "/ask/measures-branches?branched=cn-us-ban-suspension",
)
END = re.compile(r"^/(explain/|lab/explain|data/|sources|runs/|commitments/|projects/|chain|gaps|lab|measures|#)")
"""Where a number may lead."""


class Numbers(HTMLParser):
    """The numbers of a page that lead nowhere (`bare`), and where the others lead.

    A number of a table has its own link; for a text that holds one, such as a name, a link of its row is enough, and
    for a caption one link.
    """

    PLACES = ("td", "dd", "strong", "figcaption")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.bare: list[str] = []
        self.leads: list[str] = []
        self._where = ""
        self._place = ""
        self._is_number = False
        self._texts: list[str] = []
        self._row_leads = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {k: v or "" for k, v in attrs}
        if tag == "a":
            self._where = held["href"]
            self._row_leads = True
        if tag in self.PLACES:
            self._place, self._is_number = tag, "number" in held.get("class", "").split()
        if tag in ("tr", "figcaption"):
            self._texts, self._row_leads = [], False

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._where = ""
        if tag == self._place:
            self._place = ""
        if tag in ("tr", "figcaption"):
            self.bare += [] if self._row_leads else self._texts

    def handle_data(self, text: str) -> None:
        if not self._place or not re.search(r"\d", text):
            return
        if self._where:
            self.leads.append(self._where)
        elif self._place in ("td", "figcaption") and not self._is_number:
            self._texts.append(text)
        else:
            self.bare.append(text)


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
    assert found.leads or path == "/jobs"
    for where in random.Random(20261128).sample(found.leads, min(3, len(found.leads))):
        if not where.startswith("#"):
            read(browser, where)
