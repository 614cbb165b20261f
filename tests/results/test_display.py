"""In a notebook an answer is a short table, its words are text, and data do not spill over the page."""

from __future__ import annotations

import datetime

import pytest

import didymium as dd
from didymium.results import Field, Result


def answer(rows: int = 30, name: str = "<b>Lynas</b>") -> Result:
    return Result.of(
        "exposure",
        request={},
        dataset={"id": "x"},
        code_version="0",
        rows=[{"name": name, "output_t": None if i else 12345.678} for i in range(rows)],
        fields=[Field("output_t", "t", "Output")],
        warnings=["First <i>", "Second"],
    )


def test_an_answer_is_a_short_table_of_text() -> None:
    shown = answer()._repr_html_()
    assert shown.count("<tr") == 13 and "12,346" in shown and "–" in shown and "NaN" not in shown
    assert "<b>Lynas" not in shown and "&lt;b&gt;Lynas" in shown and "First &lt;i&gt;" in shown
    assert "output_t [t]" in shown and "30 rows" in shown
    assert "<script" not in shown and "<style" not in shown


def test_an_answer_without_rows_is_shown() -> None:
    assert "0 rows" in answer(0)._repr_html_()


def test_a_line_says_what_it_is() -> None:
    assert repr(answer()).startswith("<Result of exposure: run ") and len(repr(answer())) < 120


def test_data_are_one_line() -> None:
    assert repr(dd.open()).startswith("<Dataset 2026.") and len(repr(dd.open())) < 200


def test_jupyter_takes_table_and_picture() -> None:
    core = pytest.importorskip("IPython.core.formatters")
    from didymium.figures import measures_calendar

    shell = core.DisplayFormatter()
    result = dd.measures(dd.open(), as_of=datetime.date(2026, 11, 22))
    assert "<table" in shell.format(result)[0]["text/html"]
    picture = shell.format(measures_calendar(result, lang="en"))[0]["image/svg+xml"]
    assert picture.startswith("<svg ") and "<script" not in picture
