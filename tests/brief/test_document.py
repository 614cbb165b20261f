"""The brief as a value: every number is picked from a result, every part that is missing is said to be missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from didymium.brief import Brief
from didymium.brief.document import Column, Figure, Interval, Paragraph, Points, Table, Tiles, cite_groups, written
from didymium.errors import NotFound
from didymium.i18n import translator
from didymium.results import Result
from tests.brief import chain_fixture
from tests.brief.conftest import build

COMMANDS = ("exposure", "stress", "gaps", "projects", "finance", "commitments", "measures", "reconcile")


def words_of(brief: Brief) -> Iterator[str]:
    """Every text that a reader sees, figures' words too."""
    yield from (brief.title, brief.subtitle)
    for section in brief.sections:
        yield section.title
        for block in section.blocks:
            if isinstance(block, Paragraph):
                yield block.text
            elif isinstance(block, Points):
                yield from (block.heading, *(i.text for i in block.items))
            elif isinstance(block, Tiles):
                for tile in block.items:
                    yield from (tile.label, tile.value, tile.interval, tile.note)
            elif isinstance(block, Figure):
                yield from (block.title, block.subtitle, block.description)
    for table in brief.tables():
        yield table.caption
        for row in table.rows:
            yield from (written(cell, column, brief.words) for cell, column in zip(row, table.columns, strict=True))


def numbers_in(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from numbers_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from numbers_in(inner)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)


def in_results() -> set[float]:
    found: set[float] = set()
    for one in chain_fixture.results().values():
        for result in one if isinstance(one, list) else [one]:
            found |= set(numbers_in(result.as_dict()))
    return found


def test_no_number_in_a_table_is_new(english: Brief) -> None:
    picked = in_results()
    for table in english.tables():
        for row in table.rows:
            for cell in row:
                ends = (cell.value, cell.low, cell.high) if isinstance(cell, Interval) else (cell,)
                for number in ends:
                    if isinstance(number, int | float) and not isinstance(number, bool):
                        assert float(number) in picked, (table.caption, number)


def test_a_tile_shows_the_number_of_its_row(english: Brief) -> None:
    tiles = next(b for b in english.sections[0].blocks if isinstance(b, Tiles)).items
    shown = {tile.label: (tile.value, tile.interval) for tile in tiles}
    rows = [r for r in chain_fixture.exposure().rows if r["product"] == "dy_oxide"]
    assert shown["China's share of Dy oxide"][0] == english.words.share(float(str(rows[0]["top_share"])))
    assert shown["Next change of a measure in"] == ("5 days", "27 Nov 2026")
    assert shown["Commitments overdue"] == ("2", "of 6")


def test_a_changed_row_changes_the_page(english: Brief) -> None:
    rows = [
        {**r, "days_to_change": 3, "days_to_lapse": 3, "next_change_date": "2026-11-25"}
        if r["measure_id"] == "us-ban"
        else r
        for r in chain_fixture.measures().rows
    ]
    changed = build(measures=chain_fixture.measures().with_rows(rows))
    said = " ".join(words_of(changed))
    assert "25 Nov 2026, 3 days from now" in said and "25 Nov 2026, 3 days from now" not in " ".join(words_of(english))


def test_the_notices_that_ran_out_are_not_taken_for_ended(english: Brief) -> None:
    said = " ".join(words_of(english))
    assert "Measures that passed their date (10 Nov 2026) with no public trace of what followed: 1." in said
    assert "treat as possibly back in force" in said


def test_measures_on_other_goods_stay_out_of_the_story(english: Brief) -> None:
    situation = next(s for s in english.sections if s.id == "situation")
    shown = [b for b in situation.blocks if isinstance(b, Table)]
    assert not [row for table in shown for row in table.rows if "Nickel" in str(row[0])]
    calendar = next(b for b in situation.blocks if isinstance(b, Figure)).table
    assert [row for row in calendar.rows if "Nickel" in str(row[0])], "the table behind the figure holds all"


def test_every_row_of_a_result_table_cites_a_numbered_source(english: Brief) -> None:
    numbers = {s.number for s in english.sources}
    assert numbers == set(range(1, len(numbers) + 1))
    for table in english.tables():
        assert {n for row in table.cites for n in row} <= numbers
    for figure in english.figures():
        assert figure.cites or not figure.table.has_cites


def test_findings_cite_their_sources(english: Brief) -> None:
    findings = next(b for b in english.sections[0].blocks if isinstance(b, Points)).items
    assert len(findings) >= 8
    uncited = [f.text for f in findings if not f.cites]
    assert all(text.startswith("Candidate projects") for text in uncited)


def test_the_summary_says_until_when_promises_were_looked_up(english: Brief, japanese: Brief) -> None:
    """A promise is overdue as far as anybody looked: the day of the last search stands beside the count."""
    for brief, counted, searched in (
        (english, "Of 6 commitments: 2 overdue", "until 2026-07-01"),
        (japanese, "約束事項6件", "2026年7月1日まで"),
    ):
        (points,) = (b for b in brief.sections[0].blocks if isinstance(b, Points))
        (found,) = (i.text for i in points.items if i.text.startswith(counted))
        assert searched in found


def test_the_card_of_the_gap_has_one_unit(english: Brief) -> None:
    (tiles,) = (b for b in english.sections[0].blocks if isinstance(b, Tiles))
    (tile,) = (tile for tile in tiles.items if tile.label.startswith("Gap in "))
    assert tile.value.endswith(" t") and tile.interval.endswith(" t") and "% of need" in tile.note


def test_intervals_stand_beside_modelled_numbers(english: Brief) -> None:
    said = [f.text for f in next(b for b in english.sections[0].blocks if isinstance(b, Points)).items]
    assert any("(42–" in s or "–" in s for s in said if "run short after" in s)
    gap = next(s for s in said if "no sure source" in s)
    assert "–" in gap


def test_an_interval_that_is_open_says_never() -> None:
    rows = [{**r, "days_to_shortage_p90": None} for r in chain_fixture.stress()[0].rows]
    said = " ".join(words_of(build(stress=[chain_fixture.stress()[0].with_rows(rows)])))
    assert "to never)" in said


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_missing_study_is_said_in_words(command: str, lang: str) -> None:
    brief = build(lang, **{command: None})
    said = " ".join(words_of(brief))
    assert ("without the study of" in said) if lang == "en" else ("含まれていない" in said)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_study_that_found_nothing_is_said_in_words(command: str) -> None:
    brief = build(**{command: chain_fixture.result(command, [])})
    assert "found nothing for these parties" in " ".join(words_of(brief))


def test_a_brief_of_nothing_still_reads() -> None:
    brief = build(**dict.fromkeys(COMMANDS))
    said = " ".join(words_of(brief))
    assert "None of the studies found anything" in said and not brief.figures() and not brief.sources


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_no_word_of_the_machine_reaches_the_page(lang: str) -> None:
    words = [w for text in words_of(build(lang)) for w in text.replace("(", " ").replace(")", " ").split()]
    assert not set(words) & {"nan", "None", "null", "NaN", "True", "False"}
    assert not [w for w in words if "{" in w or "}" in w]


def test_several_scenarios_are_read_as_one_study(english: Brief) -> None:
    said = " ".join(words_of(english))
    for scenario in chain_fixture.table(chain_fixture.SCENARIOS):
        assert scenario["title"] in said
    assert len([r for r in english.runs if r.command == "stress"]) == 3


def test_japanese_uses_the_japanese_of_the_data(japanese: Brief) -> None:
    said = " ".join(words_of(japanese))
    assert "2025年10月の6公告の復活" in said and "枠を超える生産は数えない。" in said and "投資閣僚会合" in said


def test_the_brief_has_an_id_of_its_input(english: Brief) -> None:
    assert build().id == english.id
    assert build("ja").id != english.id


def test_stress_without_any_result_is_refused() -> None:
    with pytest.raises(NotFound):
        build(stress=[])


def test_cells_are_written_for_people() -> None:
    t = translator("en")
    assert written(Interval(10.0, 8.0, 12.0), Column("x", "number"), t) == "10 (8–12)"
    assert written(Interval(0.0, 0.0, 0.0), Column("x", "number"), t) == "0"
    assert written(Interval(None, 8.0, None), Column("x", "count"), t) == "–"
    assert written(Interval(2028, 2027, 2031), Column("x", "year"), t) == "2028 (2027–2031)"
    assert written(Interval(0.5, 0.4, 0.6), Column("x", "share"), t) == "50% (40–60)"
    assert [written(c, Column("x"), t) for c in (None, "", True, False, "text")] == ["–", "–", "yes", "no", "text"]
    assert written("2026-11", Column("x", "date"), t) == "Nov 2026"


def test_long_runs_of_sources_are_drawn_together() -> None:
    assert cite_groups([5, 1, 2, 3, 4, 9, 10]) == [(1, "1–5"), (9, "9"), (10, "10")]


def test_columns_that_hold_nothing_are_left_out(english: Brief) -> None:
    for table in english.tables():
        if table.rows and table.id.startswith("table"):
            for i, column in enumerate(table.columns):
                assert any(row[i] not in (None, "") for row in table.rows), column.label


def test_results_are_not_changed_by_a_brief() -> None:
    results = chain_fixture.results()
    before = {k: v.as_dict() for k, v in results.items() if isinstance(v, Result)}
    build()
    assert {k: v.as_dict() for k, v in results.items() if isinstance(v, Result)} == before
