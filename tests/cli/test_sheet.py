"""Tables for people: what a window has no room for stands below its row, whole."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from didymium.cli.sheet import Sheet, _fitted

SAID = "The suspension ran out and no later report was found: treat it as possibly back in force from that day on."
TABLE = Sheet(
    ["measure", "state", "days", "then"],
    [["cn-1", "open", "-18", SAID], ["cn-2", "met", "3", "–"]],
    [False, False, True, False],
)


def printed(table: Sheet, width: int) -> list[str]:
    page = io.StringIO()
    Console(file=page, width=width, color_system=None).print(table)
    return [line.rstrip() for line in page.getvalue().splitlines()]


def test_a_wide_window_has_all_in_one_line() -> None:
    head, _, first, second = printed(TABLE, 200)
    assert head.split() == ["measure", "state", "days", "then"]
    assert first.endswith(SAID) and second.split() == ["cn-2", "met", "3", "–"]


@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_narrow_window_has_the_sentence_below_its_row(width: int) -> None:
    lines = printed(TABLE, width)
    assert lines[0].split() == ["measure", "state", "days"]
    assert lines[2].split() == ["cn-1", "open", "-18"]
    assert lines[0].index("state") == lines[2].index("open") == lines[-1].index("met")
    assert " ".join(line.strip() for line in lines[3:-1]) == SAID  # and nothing below the row that has no sentence
    assert all(len(line) <= width for line in lines)


@pytest.mark.parametrize(("width", "below"), [(60, ""), (36, "2030 [t] 8,670 (0–13,300); 2035 [t] 8,670")])
def test_columns_without_room_stand_below_with_their_headings_and_no_number_is_broken(width: int, below: str) -> None:
    heads = ["project", "place", "start", "2027 [t]", "2030 [t]", "2035 [t]"]
    row = ["Stillwater metal and magnet plant", "United States", "2026", "1,080", "8,670 (0–13,300)", "8,670"]
    lines = printed(Sheet(heads, [row], [False, False, False, True, True, True]), width)
    assert all(len(line) <= width for line in lines)
    assert below in " ".join(line.strip() for line in lines)
    for number in ("1,080", "8,670", "(0–13,300)"):
        assert any(number in line for line in lines), number


def test_what_stands_in_front_is_cut_last() -> None:
    assert _fitted([28, 30, 30], [14, 14, 14], 64) == [28, 15, 15]
    assert _fitted([28, 30, 30], [14, 14, 14], 48) == [14, 14, 14]
