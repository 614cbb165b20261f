"""A company's confidential rows in a team's server: nothing of them reaches somebody who may not see them.

    python -m tests.trust.canary [--pages 2000] [--record]

A layer holds words and figures that stand nowhere else. A person without clearance follows every link, twin, figure,
explanation and error there is; what comes back, what the server logs, and what the store of the redacted site holds is
searched for them. A person with clearance finds them, which shows that the search can. Every address that
`/openapi.json` describes has to be among the pages that are read, or the walk is said to be short.
"""

from __future__ import annotations

import argparse
import csv
import html
import io
import logging
import re
import tempfile
import time
import zipfile
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote

from starlette.testclient import TestClient

import didymium.data
from didymium.app import create
from didymium.app.team import read_team
from didymium.questions.catalogue import QUESTIONS
from didymium.schema import TABLES
from tests.trust.record import record

WORD = "Zyzzyx-7731"
FIGURES = ("48.317", "7391.53", "61.709")
SECRET = "c" * 40
TEAM = """host = "team.example"
proxies = ["192.0.2.7"]
secret_file = "secret.txt"
confidential = ["cleared"]
[roles]
view = ["staff"]
admin = ["leads"]
"""
ROWS = (
    f"sources/{WORD.lower()}-file",
    f"offtakes/{WORD.lower()}",
    f"stockpiles/JPN%7C{WORD}%7Cdy_metal%7C2026%7Clevel%7Cdays",
)
"""The addresses of the company's rows in the data."""
SEEN = ("/data/offtakes", "/data/stockpiles", "/data/sources.json", "/data?q=zyzz", "/stocks", "/stocks.json")
"""Pages on which somebody with clearance finds the rows, besides those of the rows themselves."""
OF_A_KIND = 3
"""Pages of one kind (the same address but for its words) that are looked at of each page that links to them."""


@dataclass(slots=True)
class Search:
    """Which pages were read, where something was found, and which addresses were asked for and had something."""

    read: int = 0
    found: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    described: list[str] = field(default_factory=list)


def layer(folder: Path) -> Path:
    """A confidential layer of one supplier: a contract, a stock, the source of both."""
    folder.mkdir(parents=True)
    own = {"source_id": f"{WORD}-file".lower(), "basis": WORD, "confidence": "high"}
    tables = {
        "sources": {"source_id": own["source_id"], "title": f"Quote {WORD}", "producer": WORD, "licence": "internal"}
        | {"kind": "company"},
        "offtakes": {"offtake_id": WORD.lower(), "party": "JPN", "product": "ndfeb_magnet", "quantity": FIGURES[1]}
        | {"unit": "t", "year_from": 2027, "year_to": 2032, "supplier": "VNM", **own},
        "stockpiles": {"country": "JPN", "organisation": WORD, "product": "dy_metal", "year": 2026, "unit": "days"}
        | {"stock_type": "level", "value_low": FIGURES[0], "value_high": FIGURES[2], **own},
    }
    for name, row in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, TABLES[name].column_names)
            writer.writeheader()
            writer.writerow(row)
    (folder / "layer.toml").write_text('visibility = "confidential"\n', encoding="utf-8")
    return folder


def hits(text: str) -> list[str]:
    """Words and figures of the layer in a text, thousands marked or not."""
    plain = html.unescape(text).lower().replace(",", "").replace("\u202f", "")
    words = [word for word in (WORD.lower(), WORD.lower().split("-")[0]) if word in plain]
    return words + [one for one in FIGURES if re.search(rf"(?<![\d.]){re.escape(one)}(?!\d)", plain)]


def text_of(content: bytes) -> str:
    """What a response holds, workbooks unpacked."""
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return "\n".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    return content.decode("utf-8", "replace")


def starts() -> Iterator[str]:
    """Addresses from which everything else is linked, and some that lead to errors which quote what was asked."""
    yield from ("/", "/data", "/data/upload", "/runs", "/jobs", "/openapi.json", "/lab", "/lab/scenario.toml")
    yield from (f"/ask/{q.command.replace(' ', '-')}" for q in QUESTIONS.values())
    yield from (
        "/data/offtakes",
        "/data/stockpiles",
        "/data/sources",
        "/data/confidential-1",
        "/runs/000000000000.json",
    )
    yield from ("/ask/gaps?parties=XXX", "/ask/stress?scenario=x", "/explain/000000000000?row=1&column=x")
    yield from ("/chain", "/gaps", "/projects", "/plan", "/floor", "/stocks", "/measures", "/commitments", "/sources")
    yield from ("/chain?stage=magnet", "/gaps?stage=magnet&product=ndfeb_magnet&party=JPN", "/plan?only=stocks")
    yield from ("/stocks?party=JPN&stage=metal", "/stocks.json?party=JPN", "/stocks.csv", "/stocks.xlsx", "/plan.json")
    yield from ("/projects/caremag-lacq", "/projects/caremag-lacq.json", "/commitments/c001", "/commitments/c001.json")
    yield from ("/data?q=zyzz", "/data.json?q=zyzz", "/sources?q=zyzz", "/sources.json", "/sources?licence=internal")
    yield from (f"/data/{table}?q=zyzz" for table in ("offtakes", "stockpiles", "sources", "commitments", "projects"))
    yield from (f"/data/{table}.{form}" for table in ("offtakes", "stockpiles") for form in ("json", "csv", "xlsx"))
    yield from (f"/data/{row}" for row in (*ROWS, *(f"{one}.json" for one in ROWS)))
    yield from ("/ask/gaps?products=x", "/lab?scenario=x", "/data/upload/x/use", "/data/layers.json")


def crawl(browser: TestClient, headers: dict[str, str], most: int, first: Iterable[str]) -> Search:
    """Read what can be reached, at most so many pages, and search it.

    Of what is linked, an address of the kind that was read least comes next, so that every kind is read early.
    """
    search, first = Search(), list(first)
    paths = browser.get("/openapi.json", headers=headers).json()["paths"]
    search.described = [address for address, ways in paths.items() if "get" in ways]
    kind_of = Kinds(search.described)
    first += [path for one in search.described if "{" not in (path := one.replace("{number}", "0"))]
    first, seen = list(dict.fromkeys(first)), set(first)
    todo: dict[str, deque[str]] = {"": deque(first)}
    times: Counter[str] = Counter()
    while search.read < most and (waiting := [kind for kind in todo if todo[kind]]):
        kind = "" if todo[""] else min(waiting, key=lambda one: times[one])
        where = todo[kind].popleft()
        times[kind_of(where)] += 1
        got = browser.get(where, headers=headers)
        search.read += 1
        search.asked.add(where.partition("?")[0])
        if got.status_code == 200:
            search.answered.add(where.partition("?")[0])
        text = body = text_of(got.content)
        for asked in (where.partition("?")[0], unquote(where.partition("?")[0])):
            text = text.replace(asked, "")  # what was asked is no news
        told = hits(text) + hits(repr(got.headers))
        search.found += [f"{where}: {one}" for one in told]
        if not got.headers.get("content-type", "").startswith("text/html"):
            continue
        kinds: dict[str, int] = {}
        for link in re.findall(r'(?:href|src|srcset)="(/[^"]*)"', body):
            link = html.unescape(link)
            kind = re.sub(r"=[^&]*|/[0-9a-f]{12}", "", link) + re.sub(r".*column=(\w+).*", r"\1", link)
            kinds[kind] = kinds.get(kind, 0) + 1
            if kinds[kind] <= OF_A_KIND and link not in seen:
                seen.add(link)
                todo.setdefault(kind_of(link), deque()).append(link)
    return search


class Kinds:
    """Which address of the description one is an example of; its own path if of none.

    >>> kind_of = Kinds(["/data/{table}", "/data/{table}.{form}", "/data/{table}/{key}", "/runs"])
    >>> [kind_of(one) for one in ("/runs?lang=ja", "/data/sources.json", "/data/sources/x%2Fy.z", "/static/a.css")]
    ['/runs', '/data/{table}.{form}', '/data/{table}/{key}', '/static/a.css']
    """

    _PARTS: ClassVar[dict[str, str]] = {"form": "json|csv|xlsx", "key": ".+", "name": "[^/]+"}

    def __init__(self, described: Iterable[str]) -> None:
        self._patterns = [(self._pattern(one), one) for one in sorted(described, key=lambda one: one.count("{"))]

    def _pattern(self, address: str) -> re.Pattern[str]:
        words = re.split(r"{(\w+)}", address)
        named = (f"(?:{self._PARTS.get(word, '[^/.]+')})" if n % 2 else re.escape(word) for n, word in enumerate(words))
        return re.compile("".join(named))

    def __call__(self, address: str) -> str:
        path = unquote(address.partition("?")[0])
        return next((kind for pattern, kind in self._patterns if pattern.fullmatch(path)), path)


def unread(described: Iterable[str], answered: Iterable[str]) -> list[str]:
    """Addresses of the description that none of those answered is an example of."""
    described = list(described)
    kinds = set(map(Kinds(described), answered))
    return [one for one in described if one not in kinds]


def begun(browser: TestClient, headers: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Start a piece of work: the address where it stands, and what the form was."""
    form = re.findall(
        r'<form method="post" action="/jobs\?.*?</form>', browser.get("/ask/stress", headers=headers).text, re.S
    )
    given = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', form[0]))
    page = browser.post("/jobs", data=given, headers={**headers, "origin": "https://team.example"})
    return re.findall(r'action="(/jobs/[^"/]+)/cancel', page.text)[0], given


def ended(browser: TestClient, headers: dict[str, str], job: str, given: dict[str, str]) -> None:
    """Cancel it, and wait until it has heard."""
    browser.post(f"{job}/cancel", data=given, headers={**headers, "origin": "https://team.example"})
    end = time.monotonic() + 120
    while browser.get(job, headers=headers).json()["state"] in ("waiting", "running") and time.monotonic() < end:
        time.sleep(0.2)


def searched(folder: Path, most: int, *, is_leaky: bool = False) -> tuple[Search, Search]:
    """What somebody without clearance finds, and somebody with it. `is_leaky`: the twin is not redacted."""
    (folder / "secret.txt").write_text(SECRET, encoding="utf-8")
    (folder / "team.toml").write_text(TEAM, encoding="utf-8")
    ours = layer(folder / f"{WORD}-layer".lower())
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    logging.getLogger().addHandler(handler)
    try:
        app = create(
            didymium.data.open([ours]), folder / "store", hosts=(), layers=(ours,), team=read_team(folder / "team.toml")
        )
        browser = TestClient(app, "https://team.example", raise_server_exceptions=False, client=("192.0.2.7", 5))
        person = {"x-didymium-proxy": SECRET, "x-auth-request-user": "ann", "accept-language": "en"}
        viewer = {**person, "x-auth-request-groups": "staff,leads,cleared" if is_leaky else "staff,leads"}
        cleared = {**person, "x-auth-request-groups": "leads,cleared"}
        own, given = begun(browser, viewer)
        theirs, too = (own, given) if is_leaky else begun(browser, cleared)
        blind = crawl(browser, viewer, most, [own, theirs, *starts()])
        blind.found += [f"{theirs}: the work of somebody else"] if theirs in blind.answered else []
        ended(browser, viewer, own, given)
        ended(browser, cleared, theirs, too)
        blind.found += [f"log: {one}" for one in hits(said.getvalue())]
        for path in sorted((folder / "store" / "redacted").rglob("*")):
            if path.is_file():
                blind.found += [f"{path.name}: {one}" for one in hits(text_of(path.read_bytes()) + path.name)]
        seeing = crawl(browser, cleared, len(SEEN) + len(ROWS), [*SEEN, *(f"/data/{row}" for row in ROWS)])
    finally:
        logging.getLogger().removeHandler(handler)
    return blind, seeing


def main() -> int:
    """Search, say what was found, and record it if asked."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--pages", type=int, default=2000)
    asked.add_argument("--record", action="store_true", help="write the figure to the page of trust")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        blind, seeing = searched(Path(folder), given.pages)
    for one in blind.found[:20]:
        print(one)
    left, every = unread(blind.described, blind.asked), len(blind.described)
    empty = len(unread(blind.described, blind.answered))
    figure = f"{len(blind.found)} found in {blind.read:,} pages, twins, figures and explanations, the log and the store"
    figure += f"; {every - len(left)} of {every} kinds of address read, {every - empty} of them with content"
    print(figure, f"(with clearance: {len(seeing.found)} in {seeing.read})", *left)
    if given.record and seeing.found:
        command = f"python -m tests.trust.canary --pages {given.pages} --record"
        record(20, "canary rows of a company, as somebody without clearance", figure, command, file="web")
    return 1 if blind.found or left or not seeing.found else 0


if __name__ == "__main__":
    raise SystemExit(main())
