"""Tables brought by the browser: bounded, judged apart, each fault at its cell, kept whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from starlette.testclient import TestClient

import didymium.data
from didymium.app import uploads
from didymium.app.guard import Guard
from didymium.app.site import Site, _routes
from didymium.data.template import template
from didymium.errors import BadInput

HOST = "127.0.0.1:8321"
OURS = {"origin": f"http://{HOST}"}
CONTRACT = {
    "offtake_id": "ours", "party": "JPN", "product": "ndfeb_magnet", "quantity": 377, "unit": "t", "year_from": 2027,
    "year_to": 2032, "supplier": "VNM", "source_id": "didymium-derivation", "confidence": "low", "basis": "made up",
}  # fmt: skip


def workbook(**changed: Any) -> bytes:
    book = load_workbook(io.BytesIO(template(didymium.data.open().content, tables=["offtakes"])))
    for head in list(book["offtakes"][1]):
        book["offtakes"].cell(2, head.column).value = {**CONTRACT, **changed}.get(head.value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(didymium.data.open(), tmp_path / "store", token="secret")
    yield site
    site.jobs.close()


@pytest.fixture
def browser(site: Site) -> Iterator[TestClient]:
    larger = {"/data/upload": uploads.MOST_UPLOAD + (64 << 10)}
    with TestClient(Guard(_routes(site), frozenset({HOST}), larger), base_url=f"http://{HOST}") as client:
        yield client


def bring(browser: TestClient, name: str, data: bytes, **words: str) -> Any:
    form = {"token": "secret", "visibility": "confidential", **words}
    return browser.post("/data/upload?lang=en", data=form, files={"file": (name, data)}, headers=OURS)


def left(site: Site) -> list[str]:
    return sorted(str(p.relative_to(site.uploads)) for p in site.uploads.rglob("*")) if site.uploads.is_dir() else []


def test_a_sound_workbook_is_kept_used_set_aside_and_removed(browser: TestClient, site: Site) -> None:
    got = bring(browser, "Our contracts.xlsx", workbook())
    assert got.status_code == 200 and "Kept as our-contracts-" in got.text, got.text
    name = uploads.kept(site.uploads)[0].name
    before = site.ds.id

    def change(what: str) -> int:
        where = f"/data/upload/{name}/{what}?lang=en"
        return int(browser.post(where, data={"token": "secret"}, headers=OURS).status_code)

    assert change("use") == 200 and site.ds.id != before and site.ds.visible("confidential") == (name,)
    assert site.ds.one("offtakes", offtake_id="ours")["quantity"] == 377
    again = Site(didymium.data.open(), site.store)
    assert again.ds.id == site.ds.id, "what is used is used after a restart too"
    again.jobs.close()
    assert change("remove") == 422
    assert change("aside") == 200 and site.ds.id == before
    assert change("remove") == 200 and left(site) == ["in-use.json"]
    assert change("use") == 404


def test_faults_stand_at_their_cells_and_nothing_is_kept(browser: TestClient, site: Site) -> None:
    got = bring(browser, "mine.xlsx", workbook(quantity="1,ooo", year_from="soon"))
    assert got.status_code == 422 and left(site) == []
    assert '<td>offtakes</td><td class="number">2</td><td>quantity</td><td>1,ooo</td>' in got.text
    assert "<td>year_from</td><td>soon</td>" in got.text
    told = browser.post(
        "/data/upload",
        data={"token": "secret", "visibility": "public"},
        files={"file": ("offtakes.csv", b"offtake_id,party\nx,<b>\n")},
        headers={**OURS, "accept": "application/json"},
    )
    assert told.status_code == 422 and told.json()["kept"] == ""
    assert all(
        one["file"] == "offtakes.csv" and "/" not in one["line"].split(" row ")[0] for one in told.json()["faults"]
    )


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("", b"", "not read here"),
        ("x.exe", b"MZ", "not read here"),
        ("x.xlsx", b"", "empty"),
        ("x.csv", b"a\n1\n", "there is no table"),
        ("../../etc/production.csv\x00.exe", b"a\n", "not read here"),
    ],
)
def test_what_is_no_table_is_refused_before_it_is_read(tmp_path: Path, name: str, data: bytes, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        uploads.take(tmp_path / "layers", name, data, table="", visibility="public")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "name", ["../../../offtakes.csv", "C:\\x\\offtakes.csv", "/etc/offtakes.csv", "..offtakes.csv"]
)
def test_a_file_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    uploads.take(tmp_path / "a" / "layers", name, b"offtake_id\n\n", table="", visibility="public")
    assert [p.name for p in tmp_path.rglob("*") if p.is_file() and p.suffix == ".csv"] in ([], ["offtakes.csv"])
    assert {p.relative_to(tmp_path).parts[0] for p in tmp_path.rglob("*")} <= {"a"}


def test_a_workbook_that_would_break_its_reader_is_refused(browser: TestClient, site: Site) -> None:
    for data in (b"PK\x03\x04" + b"\0" * 500, b"\xd0\xcf\x11\xe0" + b"\0" * 500, workbook()[:-400]):
        assert bring(browser, "bad.xlsx", data).status_code == 422
    assert left(site) == []


def test_the_token_and_the_size_are_judged_first(browser: TestClient, site: Site) -> None:
    assert bring(browser, "mine.xlsx", b"PK", token="guess").status_code == 403
    assert bring(browser, "mine.xlsx", b"P" * (uploads.MOST_UPLOAD + (65 << 10))).status_code == 413
    where = "/data/upload/x/use"
    assert browser.post(where, data={"token": "guess"}, headers=OURS).status_code == 403
    assert browser.post("/jobs", content=b"a" * (2 << 20), headers=OURS).status_code == 413
    assert left(site) == []


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_page_can_be_read(browser: TestClient, lang: str) -> None:
    text = browser.get(f"/data/upload?lang={lang}").text
    assert f'<html lang="{lang}">' in text and 'enctype="multipart/form-data"' in text
