"""Which columns a page shows of a table that is too wide for a desktop, and where the others are."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.app.test_pages import checked, read

from didymium.app import fitting, tables
from didymium.i18n import translator
from didymium.questions.catalogue import QUESTIONS

T = translator("en")
ROW: dict[str, Any] = {"party": "JPN", "stage": "metal", "product": "dy_metal"}


def fitted(row: dict[str, Any], *more: dict[str, Any], **said: Any) -> tables.Table:
    rows = [row, *more]
    grid = tables.table(tables.numbered(rows), list(row), T, title="", run_id="r")
    return fitting.fitted(grid, T, all_columns="/all", lead=lambda n: f"/row-{n}", **said)


def names(table: tables.Table) -> list[str]:
    return [one.name for one in table.head]


def test_a_table_that_fits_is_left_as_it_is() -> None:
    drawn = fitted(ROW | {"gap_t": 5.0, "confidence": "high"})
    assert names(drawn) == [*ROW, "gap_t", "confidence"]
    assert (drawn.same, drawn.folded, drawn.all_columns) == ((), (), "")


def test_minor_columns_go_first_and_each_row_leads_to_all_of_it() -> None:
    wide = {f"quantity{n}_t": 12345.0 + n for n in range(14)}
    other = {k: 2 * v for k, v in wide.items()}
    drawn = fitted(ROW | {"confidence": "high"} | wide, ROW | {"confidence": "low"} | other)
    assert names(drawn)[:4] == ["", *ROW] and "quantity0_t" in names(drawn)
    assert "confidence" in drawn.folded and len(drawn.folded) == len(ROW) + 1 + len(wide) - (len(drawn.head) - 1)
    assert [line[0].where for line in drawn.lines] == ["/row-1", "/row-2"]
    assert all(len(line) == len(drawn.head) for line in drawn.lines)
    assert drawn.is_many and drawn.all_columns == "/all"


def test_what_is_the_same_in_all_rows_is_said_once() -> None:
    wide: dict[str, Any] = {f"quantity{n}_t": float(n) for n in range(16)}
    drawn = fitted(ROW | wide | {"unit": "t"}, *(ROW | wide | {f"quantity{n}_t": 9.0} for n in range(15)))
    assert ("quantity15 t", "15", "/explain/r?row=1&column=quantity15_t&lang=en") in [
        (name, cell.text, cell.where) for name, cell in drawn.same
    ]
    assert "quantity0_t" in names(drawn)


def test_what_may_go_is_named_by_the_question() -> None:
    wide = {f"quantity{n}_t": float(n) for n in range(15)}
    other = ROW | {k: v + 1 for k, v in wide.items()}
    drawn = fitted(ROW | wide, other, aside=["quantity0_t"])
    assert "quantity0_t" not in names(drawn) and "quantity1_t" in names(drawn)
    for question in QUESTIONS.values():
        assert set(question.aside) < set(question.columns), question.command


def test_a_narrow_column_stays_where_a_wide_one_made_room() -> None:
    row = ROW | {f"quantity{n}_t": float(n) for n in range(6)} | {"basis": "x" * 90, "notes": "y"}
    other = {k: v + 1 if isinstance(v, float) else v for k, v in row.items()} | {"basis": "x" * 91, "notes": "z"}
    drawn = fitted(row, other, aside=["notes"])
    assert "basis" not in names(drawn) and "notes" in names(drawn)


def test_the_first_columns_always_stay() -> None:
    row = {f"name{n}": "x" * 80 for n in range(5)}
    drawn = fitted(row, {k: f"{v}y" for k, v in row.items()})
    assert names(drawn) == ["", "name0", "name1", "name2"]


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_table_of_the_data_shows_what_tells_and_a_link_all_of_it(browser: TestClient, lang: str) -> None:
    page = checked(text := read(browser, f"/data/projects?lang={lang}"), lang)
    heads = text[text.index("<thead>") : text.index("</thead>")]
    assert all(f"sort={c}" in heads for c in ("project_id", "stage", "product", "capacity", "country"))
    assert "sort=notes" not in heads and "sort=row_id" not in heads
    whole = next(w for w in page.links if "columns=all" in w)
    heads = (text := read(browser, whole))[: text.index("</thead>")]
    assert "sort=notes" in heads and "columns=all" in heads and "columns=all" not in text[text.index("</table>") :]
    assert "notes" in browser.get("/data/projects.json").json()["rows"][0]


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_row_of_a_run_has_a_page_with_all_of_it(browser: TestClient, lang: str) -> None:
    page = checked(read(browser, f"/ask/commitments?table=by_clause&lang={lang}"), lang)
    assert any("columns=all" in w for w in page.links)
    where = next(w for w in page.links if w.startswith("/runs/") and "row=2" in w)
    row = checked(text := read(browser, where), lang)
    whole = browser.get(f"{where.partition('?')[0]}.json").json()["tables"]["by_clause"][1]
    assert text.count("<dt>") == len(tables.all_columns([whole]))
    behind = [w for w in row.links if w.startswith("/explain/")]
    assert behind and all("row=2" in w for w in behind)
    read(browser, where.replace("row=2", "row=9999"), 404)
    read(browser, where.replace("row=2", "row=two"), 404)
