"""The printed brief: HTML that loads nothing, a PDF that can be read aloud, a workbook that can be reckoned with."""

from __future__ import annotations

import io
import re
import zipfile
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from didymium import brief
from didymium.brief import Brief
from didymium.brief.language import is_foreign
from didymium.figures.theme import palette
from tests.brief.conftest import build

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """Reads a page strictly: tags must close in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(scope="session")
def page(html_en: str) -> Page:
    return Page(html_en)


@pytest.mark.parametrize("name", ["html_en", "html_ja"])
def test_the_page_loads_nothing(name: str, request: pytest.FixtureRequest) -> None:
    text: str = request.getfixturevalue(name)
    read = Page(text)
    assert not [t for t, _ in read.tags if t in {"script", "link", "iframe", "img", "object", "embed", "base"}]
    for tag, attrs in read.tags:
        for attribute in ("src", "srcset", "data", "poster", "xlink:href"):
            assert attribute not in attrs, (tag, attrs)
        if tag != "a":
            assert not (attrs.get("href") or "").startswith("http")
    assert all(u.startswith(("data:", "#")) for u in re.findall(r'url\(["\']?([^)"\']+)', text))
    assert "@import" not in text


def test_the_page_is_marked_up_for_everyone(page: Page) -> None:
    assert page.all("html")[0]["lang"] == "en"
    for landmark in ("header", "nav", "main", "footer"):
        assert len(page.all(landmark)) == 1
    assert page.all("a")[0] == {"class": "skip", "href": "#main"}
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))
    for _, attrs in page.tags:
        for reference in (attrs.get("aria-labelledby") or "").split():
            assert reference in ids
        if (attrs.get("href") or "").startswith("#"):
            assert (attrs["href"] or "")[1:] in ids


def test_headings_go_down_one_step_at_a_time(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_figure_has_a_description_and_a_table(page: Page, english: Brief) -> None:
    drawings = page.all("svg")
    assert len(page.all("figure")) == len(english.figures()) >= 12
    assert len(drawings) == 2 * len(english.figures())
    assert all(d.get("role") == "img" and d.get("aria-label") for d in drawings)
    assert len(page.all("details")) == len(english.figures())
    tables = {a.get("id") for a in page.all("table")}
    assert {f.table.id for f in english.figures()} <= tables


def test_every_table_has_a_caption_and_named_columns(page: Page) -> None:
    assert len(page.all("caption")) == len(page.all("table")) > 20
    assert all(a.get("scope") in {"col", "row"} for a in page.all("th"))


@pytest.mark.parametrize("name", ["html_en", "html_ja"])
def test_the_page_speaks_of_no_machine_values(name: str, request: pytest.FixtureRequest) -> None:
    words = {w for text in Page(request.getfixturevalue(name)).texts for w in re.split(r"[\s()\[\],.;:]+", text)}
    assert not words & {"nan", "NaN", "None", "null", "undefined", "Undefined"}


def test_words_from_the_data_cannot_break_the_page(html_en: str) -> None:
    assert "<for want of magnets>" not in html_en and "&lt;for want of magnets&gt;" in html_en
    assert "https://www.example.org/?a=1&amp;b=2" in html_en


def test_runs_and_dataset_are_on_the_page(html_en: str, english: Brief) -> None:
    for run in english.runs:
        assert run.run_id in html_en
    assert english.dataset in html_en and english.id in html_en


def test_japanese_carries_its_letters_and_marks_english(html_ja: str) -> None:
    assert Page(html_ja).all("html")[0]["lang"] == "ja"
    assert html_ja.count("@font-face") == 4
    assert "希土類磁石" in html_ja and "供給途絶" in html_ja
    assert '<li class="plain" lang="en">' in html_ja or ' lang="en">' in html_ja


def test_english_carries_latin_letters_only(html_en: str) -> None:
    assert html_en.count("@font-face") == 2 and len(html_en) < 1_500_000


def test_dark_colours_of_figures_are_those_of_the_palette(html_en: str) -> None:
    """A colour that the dark style replaces is one that the figures use."""
    replaced = set(re.findall(r'\.drawing \[(?:fill|stroke)="(#[0-9a-f]{6})"\]', html_en))
    assert replaced and replaced <= palette()


def test_the_same_brief_gives_the_same_bytes(html_en: str, pdf_en: bytes, xlsx_en: bytes) -> None:
    again = build("en")
    assert brief.render_html(again) == html_en
    assert brief.render_pdf(again) == pdf_en
    assert brief.render_xlsx(again) == xlsx_en


def pdf_text(pdf: bytes) -> str:
    from pypdf import PdfReader

    return "\n".join(p.extract_text() for p in PdfReader(io.BytesIO(pdf)).pages)


def test_the_pdf_holds_the_key_numbers_and_the_runs(pdf_en: bytes, english: Brief) -> None:
    text = " ".join(pdf_text(pdf_en).split())
    for run in english.runs:
        assert run.run_id in text
    for section in english.sections:
        assert section.title in text
    for wanted in (english.id, "27 Nov 2026", "99%", "Contents", "Suzuki"):
        assert wanted in text


def test_the_japanese_pdf_can_be_searched(pdf_ja: bytes) -> None:
    text = "".join(pdf_text(pdf_ja).split())
    for wanted in ("希土類磁石", "供給ギャップ", "酸化ジスプロシウム", "2026年11月27日", "目次"):
        assert wanted in text


def test_the_pdf_is_tagged_titled_and_carries_its_letters(pdf_ja: bytes, japanese: Brief) -> None:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(pdf_ja))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in root and root["/Lang"].lower().startswith("ja")
    assert reader.metadata is not None and reader.metadata.title == f"{japanese.title} – {japanese.subtitle}"
    assert reader.metadata.creation_date is not None and reader.metadata.creation_date.date() == japanese.as_of
    held = [p["/Resources"].get("/Font", {}).values() for p in reader.pages]
    fonts = {str(font.get_object()["/BaseFont"]) for page in held for font in page}
    assert fonts and all("DidymiumSans" in f for f in fonts)
    assert len(reader.outline) >= 11


def test_letter_paper_is_wider(english: Brief) -> None:
    from pypdf import PdfReader

    box = PdfReader(io.BytesIO(brief.render_pdf(english, paper="us-letter"))).pages[0].mediabox
    assert (round(box.width), round(box.height)) == (612, 792)


def test_the_workbook_holds_numbers_and_dates(xlsx_en: bytes, english: Brief) -> None:
    import datetime

    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(xlsx_en))
    assert book.sheetnames[0] == "Brief" and book.sheetnames[-1] == "Sources"
    assert len(book.sheetnames) == 2 + len(english.tables())
    assert all(sheet.freeze_panes == "A2" for sheet in book.worksheets[1:])
    calendar = list(book["Figure 1"].iter_rows(values_only=True))
    days = [cell.date() for row in calendar for cell in row if isinstance(cell, datetime.datetime)]
    assert datetime.date(2025, 4, 4) in days
    shares = list(book["Figure 2"].iter_rows(values_only=True))
    assert "Share, 10th percentile" in shares[0]
    assert 0.69 in [cell for row in shares for cell in row]
    ledger = next(t for t in english.tables() if "Gap ledger" in t.caption)
    assert any(c.unit == "t" for c in ledger.columns)


def test_no_cell_is_a_formula(xlsx_en: bytes) -> None:
    from openpyxl import load_workbook

    cells = [
        c
        for s in load_workbook(io.BytesIO(xlsx_en)).worksheets
        for row in s.iter_rows()
        for c in row
        if isinstance(c.value, str)
    ]
    assert not [c.value for c in cells if c.data_type == "f" or c.value.startswith(("=", "+", "-", "@"))]
    assert any(c.value == "'=Fund the selected projects, +like-minded ones" for c in cells)


def test_the_workbook_keeps_no_clock(xlsx_en: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(xlsx_en)) as archive:
        assert {i.date_time for i in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.read("docProps/core.xml").count(b"2026-11-22T00:00:00Z") == 2


def test_the_terminal_shows_the_front_page(english: Brief) -> None:
    from rich.console import Console

    out = io.StringIO()
    Console(file=out, width=100, highlight=False).print(brief.render_terminal(english))
    text = out.getvalue()
    assert "Findings" in text and "5 days" in text and english.runs[0].run_id in text
    assert max(len(line) for line in text.splitlines()) <= 100


def test_an_english_sentence_on_a_japanese_page_is_known_as_such() -> None:
    assert is_foreign("Treat as possibly back in force.", "ja")
    assert not is_foreign("Treat as possibly back in force.", "en")
    assert not is_foreign("STEPS（公表政策シナリオ）", "ja") and not is_foreign("Nolans", "ja")
