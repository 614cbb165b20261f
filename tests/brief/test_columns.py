"""Widths of columns: no word is cut, no room is exceeded, and room is spent on lines alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from didymium.brief.columns import Column, widths

WORDS = st.lists(st.text("ab日", min_size=1, max_size=9), min_size=1, max_size=6).map(" ".join)


def lines(columns: list[Column], found: list[int]) -> int:
    """Lines of the whole table."""
    return int(np.max([c.lines(w) for c, w in zip(columns, found, strict=True)], axis=0).sum())


def test_room_goes_to_the_column_whose_words_need_it() -> None:
    names = Column(["Project", "Lynas heavy rare-earth separation Malaysia", "Vulcan Elements Benson magnet plant"])
    years = Column(["Expected 2030", "3,810 (0–5,860)", "6,500 (0–10,000)"], whole=True)
    found = widths([names, years], 60)
    assert found == [42, 16]
    assert lines([names, years], found) == 3
    assert widths([names, years], 10) == [10, 16]  # words are never cut, even where the page is too narrow


@settings(deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=3), st.integers(0, 40))
def test_words_stay_whole_and_room_is_kept(rows: list[tuple[str, str]], spare: int) -> None:
    columns = [Column(cells) for cells in zip(("Name", "Words"), *rows, strict=True)]
    least = [c.least for c in columns]
    found = widths(columns, sum(least) + spare)
    assert all(w >= low for w, low in zip(found, least, strict=True))
    assert sum(found) <= sum(least) + spare
    assert lines(columns, found) <= lines(columns, least)


def test_nothing_to_show_has_a_width() -> None:
    assert widths([Column(["", ""]), Column(["", ""], whole=True)], 40) == [6, 6]


def test_a_long_word_gets_its_line_where_there_is_room() -> None:
    """The next word of the first column needs 23 letters more, which no small step would find."""
    names = Column(["Name", "abcdefgh abcdefghijklmnopqrstuv"])
    assert names.least == 22
    assert lines([names], widths([names], 40)) == 2
