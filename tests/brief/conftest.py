"""Briefs of the fixture, rendered once for all tests."""

from __future__ import annotations

import pytest

from didymium import brief
from didymium.brief import Brief
from tests.brief import chain_fixture


def build(lang: str = "en", **changes: object) -> Brief:
    """The brief of the fixture, with some results changed; None leaves a study out."""
    results = {**chain_fixture.results(), **changes}
    return brief.build(
        {command: one for command, one in results.items() if one is not None},
        dataset=chain_fixture.FixtureDataset(),
        parties=chain_fixture.PARTIES,
        as_of=chain_fixture.AS_OF,
        lang=lang,
        limits=["Magnets inside imported goods are not modelled."],
    )


@pytest.fixture(scope="session")
def english() -> Brief:
    return build("en")


@pytest.fixture(scope="session")
def japanese() -> Brief:
    return build("ja")


@pytest.fixture(scope="session")
def html_en(english: Brief) -> str:
    return brief.render_html(english)


@pytest.fixture(scope="session")
def html_ja(japanese: Brief) -> str:
    return brief.render_html(japanese)


@pytest.fixture(scope="session")
def pdf_en(english: Brief) -> bytes:
    return brief.render_pdf(english)


@pytest.fixture(scope="session")
def pdf_ja(japanese: Brief) -> bytes:
    return brief.render_pdf(japanese)


@pytest.fixture(scope="session")
def xlsx_en(english: Brief) -> bytes:
    return brief.render_xlsx(english)
