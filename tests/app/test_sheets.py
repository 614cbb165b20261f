"""The pages of plan, measures, commitments, price floors and data: what their addresses mean."""

from __future__ import annotations

import re
from typing import cast

import pytest
from starlette.routing import Route

from didymium.app import browse, described, fields, pages, plan_page, sheets, stock_page, tables
from didymium.app.measure_page import beside, kept
from didymium.app.site import Site, _routes
from didymium.errors import NotFound
from didymium.figures.plan_frontier import plan_frontier
from didymium.i18n import translator
from didymium.questions.catalogue import QUESTIONS
from didymium.questions.question import Question
from didymium.results import Result
from didymium.schema import TABLES


def result(command: str, rows: list[dict[str, object]], **tables: list[dict[str, object]]) -> Result:
    return Result(
        command=command,
        run_id="run",
        request={},
        dataset={"id": "0" * 64, "version": "1"},
        rows=tuple(rows),
        tables={k: tuple(v) for k, v in tables.items()},
    )  # type: ignore[call-arg]


def test_every_address_is_described() -> None:
    """All routes that answer GET, each form of a file on its own; only the description and our own files are not."""
    found = described.paths(q for q in QUESTIONS.values() if q.command != "brief")
    asked = re.compile(r"^/ask/(?!\{)[^/.]+")
    known = {(asked.sub("/ask/{name}", path), method) for path, held in found.items() for method in held}
    for route in _routes(cast(Site, None)).routes:
        assert isinstance(route, Route)
        if route.path in ("/openapi.json", "/static/{name}"):
            continue
        path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
        method = "post" if "POST" in (route.methods or ()) else "get"
        for one in [path.replace("{form}", form) for form in pages.FORMS] if "{form}" in path else [path]:
            assert (one, method) in known, one


def test_descriptions_name_their_parts() -> None:
    for path, held in described.paths(QUESTIONS.values()).items():
        for operation in held.values():
            named = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert named == set(re.findall(r"\{(\w+)\}", path)), path


def test_a_budget_is_named_only_where_it_is_not_the_usual_one() -> None:
    assert plan_page.asking({"usd_m_USA": "1000", "usd_m_JPN": "1000", "lang": "ja"}) == {}
    assert plan_page.asking({"usd_m_USA": "250"}) == {"budget": "USA=250,JPN=1000"}
    assert plan_page.asking({"parties": "JPN", "budget": "jpn=300"}) == {"parties": "JPN", "budget": "JPN=300"}
    asked = fields.asked(QUESTIONS["plan"], plan_page.asking({"usd_m_USA": "250"}))
    assert asked.params["budget"] == {"USA": 250.0, "JPN": 1000.0}
    assert plan_page.money({"usd_m_USA": "-5"}, ["USA"]) == {"USA": 1000.0}


def test_the_frontier_says_what_the_budget_saves() -> None:
    rows: list[dict[str, object]] = [
        {"budget_multiple": 0.0, "mean_usd_m": 900.0, "tail_usd_m": 3000.0},
        {"budget_multiple": 1.0, "mean_usd_m": 500.0, "tail_usd_m": 1000.0},
        {"budget_multiple": 2.0, "mean_usd_m": 450.0, "tail_usd_m": 800.0},
    ]
    answer = result("plan", [], frontier=rows, budget=[{"budget_usd_m": 100.0}, {"budget_usd_m": 50.0}])
    spec = plan_frontier(answer, lang="en")
    assert spec["usermeta"]["title"] == (
        "USD 150 million cuts the expected loss of a year from USD 900 million to USD 500 million"
    )
    with pytest.raises(NotFound):
        plan_frontier(result("plan", []), lang="en")


def test_branches_stand_beside_each_other() -> None:
    """Worked by hand: two branches, two parties; a number opens the row that it stands in."""
    rows: list[dict[str, object]] = [
        {"branch": "a", "title": "Renewed", "title_ja": "延長", "party": "USA", "loss_usd_m": 0.0},
        {"branch": "a", "title": "Renewed", "title_ja": "延長", "party": "JPN", "loss_usd_m": 1.0},
        {"branch": "b", "title": "Lapsed", "title_ja": "失効", "party": "USA", "loss_usd_m": 7.0},
    ]
    table = beside(
        result("measures branches", [], parties=rows), "parties", ("party",), "loss_usd_m", translator("ja"), ""
    )
    assert [h.text for h in table.head][1:] == ["延長", "失効"]
    assert [[c.text for c in line] for line in table.lines] == [["米国", "0", "7"], ["日本", "1", "–"]]
    assert "row=3" in table.lines[0][2].where and not table.lines[1][2].where


def test_measures_are_filtered_by_product_and_place() -> None:
    rows: list[dict[str, object]] = [
        {"measure_id": "m1", "imposing": "CHN", "products": ["dy_oxide", "tb_oxide"]},
        {"measure_id": "m2", "imposing": "IDN", "products": ["nickel_ore"]},
    ]
    answer = result("measures", rows)
    assert [r["measure_id"] for r in kept(answer, {"product": "tb_oxide"})] == ["m1"]
    assert [r["measure_id"] for r in kept(answer, {"imposing": "IDN"})] == ["m2"]
    assert not kept(answer, {"product": "dy_oxide", "imposing": "IDN"})
    with pytest.raises(NotFound):
        kept(answer, {"product": "nothing"})


def test_rows_are_found_by_column_and_by_text() -> None:
    rows: list[dict[str, object]] = [{"a": "x", "n": 2.0}, {"a": "y", "n": None}, {"a": "xy", "n": 5.0}]
    assert browse.picked(rows, {"q": "X", "sort": "-n"}) == [rows[2], rows[0]]
    assert browse.picked(rows, {"a": "x", "unknown": "z"}) == [rows[0]]
    assert browse.picked(rows, {"n": ""}) == [rows[1]]


def test_no_column_is_a_word_of_the_page() -> None:
    assert not {c for table in TABLES.values() for c in table.column_names} & set(browse.RESERVED)


def test_a_changed_style_sheet_has_another_address() -> None:
    assert re.fullmatch(r"/static/app\.css\?v=[0-9a-f]{12}", pages.static_link("app.css"))
    assert pages.stamp("app.css") != pages.stamp("work.js")


def test_words_of_no_vocabulary_are_read() -> None:
    asked = fields.asked(QUESTIONS["plan"], {})
    answer = result("plan", [], together=[{"plan": "joint", "value_usd_m": 3.0}])
    table = sheets.grid(
        answer, asked, "together", ("plan", "value_usd_m"), translator("en"), reads={"joint": "Together"}
    )
    assert [c.text for c in table.lines[0]] == ["Together", "3"]
    assert table.lines[0][1].where.startswith("/explain/run?row=1&column=value_usd_m&table=together")


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda q: q.command)
def test_a_form_that_nobody_touched_asks_the_same_question(question: Question) -> None:
    """What stands in the fields at first is sent when work is begun: it has to be readable, and the same."""
    first = fields.asked(question, {})
    again = fields.asked(question, first.given)
    assert not again.has_fault and again.params == first.params


@pytest.mark.parametrize(("quantity", "said"), [(None, "30–90 days"), (50.0, "50 (30–90) days")])
def test_a_secret_stock_is_shown_as_its_range(quantity: float | None, said: str) -> None:
    row = {"row_id": "stockpiles:JPN|a/b", "country": "JPN", "organisation": "a/b", "product": "dy_metal", "year": 2026}
    row |= {"stock_type": "level", "unit": "days", "quantity": quantity, "value_low": 30.0, "value_high": 90.0}
    table = stock_page._stated_table([(1, {**row, "source_id": "s"})], translator("en"), "Stocks")
    cell = table.lines[0][stock_page.TOLD.index("stated")]
    assert cell.text == said and cell.where == "/data/stockpiles/JPN%7Ca%2Fb?lang=en"


def test_a_band_may_take_a_line_of_its_own_and_words_may_not() -> None:
    assert tables.Cell("5,660 (2,770–8,130)", is_number=True).pieces == ("5,660", "(2,770–8,130)")
    assert tables.Cell("NdPr oxide (Mine)").pieces == ("NdPr oxide (Mine)", "")
    kinds = [tables.Cell(text).kind for text in ("Gallium", "ガリウム", "ネオジム・プラセオジム", "重要鉱物" * 8)]
    assert kinds == ["short", "short", "", "long"]
