"""In marimo an answer is its table and a figure its picture."""

from __future__ import annotations

import pytest

import didymium as dd
from didymium.figures import concentration
from tests.results.test_display import answer

formatting = pytest.importorskip("marimo._output.formatting", reason="marimo comes with the dev extra")

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("opinionated", [True, False])
def test_an_answer_is_a_table(opinionated: bool) -> None:
    found = formatting.try_format(answer(), include_opinionated=opinionated)
    assert (found.mimetype, found.traceback) == ("text/html", None)
    assert "<table" in found.data and "&lt;b&gt;Lynas" in found.data and "<b>Lynas" not in found.data


@pytest.mark.parametrize("opinionated", [True, False])
def test_a_figure_is_a_picture(opinionated: bool) -> None:
    """It is a dict besides, which would be shown as a tree."""
    found = formatting.try_format(concentration(dd.exposure(dd.open()), lang="ja"), include_opinionated=opinionated)
    assert found.mimetype in ("image/svg+xml", "text/html") and found.data.startswith("<svg")
