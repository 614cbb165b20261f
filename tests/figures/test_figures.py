"""Figures: each says what it shows, in both languages and widths, and refuses to draw nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from didymium import figures
from didymium.brief.desk import merged
from didymium.errors import NotFound
from didymium.figures import theme
from didymium.figures.commitments import lateness
from didymium.figures.gaps import covering
from didymium.figures.render import svg
from didymium.i18n import translator
from didymium.results import Result, canonical_json
from tests.brief import chain_fixture

RESULTS: dict[str, Result] = {command: merged(one) for command, one in chain_fixture.results().items()}
REPLAY = {
    "replay_id": "tin-stop",
    "event": "Tin, March 2030",
    "event_ja": "すず2030年3月",
    "unit": "ratio",
    "method": "price_response",
    "shock": "announced",
    "modelled": 2.0,
    "modelled_p10": 1.5,
    "modelled_p90": 4.0,
    "observed": 1.2,
    "verdict": "below",
    "is_scored": True,
    "source_ids": ["s1"],
}
NETWORK_REPLAY = {
    **REPLAY,
    "replay_id": "tin-use",
    "method": "network",
    "shock": "recorded",
    "modelled_p90": None,
    "observed": 2.5,
    "verdict": "inside",
}
RESULTS["backtest"] = chain_fixture.result("backtest", [REPLAY, NETWORK_REPLAY])
SCRAP = {"family": "catalysts", "party": "USA+JPN", "element": "Pd", "year": 2035}
UNKNOWN_EXPORTS = {"family": "minor_metals", "party": "USA+JPN", "element": "W", "year": 2035}
RESULTS["recycling"] = chain_fixture.result(
    "recycling",
    [
        {**SCRAP, "sector": "total", "need_t": 50.0, "need_share": 0.4, "source_ids": ["s1"]},
        {**UNKNOWN_EXPORTS, "sector": "total", "need_t": 100.0, "need_share": 0.3, "source_ids": ["s1"]},
    ],
    tables={
        "levers": [
            {**SCRAP, "lever": "all_levers", "recovered_t": 40.0},
            {**UNKNOWN_EXPORTS, "lever": "all_levers", "recovered_t": None},
            {**UNKNOWN_EXPORTS, "lever": "both", "recovered_t": 60.0},
        ]
    },
)
STUDY = {
    "backtest_bands": "backtest",
    "chain_shares": "exposure",
    "concentration": "exposure",
    "shortage_months": "stress",
    "first_shortage": "stress",
    "drivers_tornado": "stress",
    "gap_heat": "gaps",
    "gap_ledger": "gaps",
    "project_timeline": "projects",
    "bankability": "finance",
    "package_frontier": "finance",
    "commitments_board": "commitments",
    "measures_calendar": "measures",
    "scrap_return": "recycling",
}


def draw(name: str, *, lang: str = "en", narrow: bool = False, result: Result | None = None) -> theme.Spec:
    function: Callable[..., theme.Spec] = getattr(figures, name)
    return function(result or RESULTS[STUDY[name]], lang=lang, narrow=narrow)


def values_in(spec: Any) -> Iterator[Any]:
    if isinstance(spec, dict):
        for value in spec.values():
            yield from values_in(value)
    elif isinstance(spec, list | tuple):
        for value in spec:
            yield from values_in(value)
    else:
        yield spec


def test_every_figure_is_tested() -> None:
    assert set(STUDY) == set(figures.__all__)


@pytest.mark.parametrize("name", sorted(STUDY))
@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("narrow", [False, True])
def test_a_figure_says_what_it_shows_and_where_it_comes_from(name: str, lang: str, narrow: bool) -> None:
    spec = draw(name, lang=lang, narrow=narrow)
    words = spec["usermeta"]
    assert words["title"] in spec["description"] and words["subtitle"] in spec["description"]
    assert RESULTS[STUDY[name]].run_id.split(",")[0] in words["footer"] and "2026.11" in words["footer"]
    assert "{" not in words["title"] + words["subtitle"] + words["footer"]
    texts = {v for v in values_in(spec) if isinstance(v, str)}
    assert not texts & {"nan", "None", "null", "NaN"}
    if lang == "ja":
        assert any("\u3040" <= c <= "\u9fff" for c in words["title"])


@pytest.mark.parametrize("name", sorted(STUDY))
def test_the_same_result_gives_the_same_figure(name: str) -> None:
    assert canonical_json(draw(name)) == canonical_json(draw(name))


@pytest.mark.parametrize("name", sorted(STUDY))
def test_a_figure_of_nothing_is_refused(name: str) -> None:
    empty = chain_fixture.result(STUDY[name], [])
    with pytest.raises(NotFound):
        draw(name, result=empty)


@pytest.mark.parametrize("name", sorted(STUDY))
def test_vermilion_means_a_gap_and_nothing_else(name: str) -> None:
    drawn = {v.lower() for v in values_in(draw(name)) if isinstance(v, str)}
    assert (theme.VERMILION in drawn) == (name == "gap_ledger")


def test_what_covers_a_need_and_the_gap_are_the_need_and_stock_is_no_part_of_it() -> None:
    """By hand: 100 t needed, 60 made, 70 under contract: 40 of the contract are taken, nothing is missing."""
    row = {"need_t": 100.0, "own_t": 60.0, "contracted_t": 70.0, "allied_t": 5.0, "stock_t": 30.0, "gap_t": 0.0}
    assert covering(row) == {"own_t": 60.0, "contracted_t": 40.0, "allied_t": 0.0, "gap_t": 0.0}
    for row in RESULTS["gaps"].rows:
        assert sum(covering(row).values()) == pytest.approx(row["need_t"])
        assert covering(row)["gap_t"] == pytest.approx(row["gap_t"], abs=1e-9)
    assert not {v for v in values_in(draw("gap_ledger")) if v == "Stock"}


def test_what_is_overdue_is_shown_whoever_is_nearer_and_what_lapsed_unseen_is_not_late() -> None:
    drawn = json.dumps(figures.commitments_board(RESULTS["commitments"], lang="en", most=3), ensure_ascii=False)
    assert "210 days late" in drawn and "208 days late" in drawn and "Collect comments" not in drawn
    lapsed = {"days_overdue": 18, "state": "unknown"}
    assert lateness(lapsed, translator("en")) == "18 days past its date"


@pytest.mark.parametrize(
    "name",
    ["backtest_bands", "chain_shares", "concentration", "first_shortage", "gap_heat", "gap_ledger", "shortage_months"],
)
def test_a_modelled_number_shows_its_interval(name: str) -> None:
    spec = draw(name)
    assert "10–90%" in spec["usermeta"]["subtitle"]
    assert re.search(r'"(low|high|from)":', json.dumps(spec)) or "–" in json.dumps(spec, ensure_ascii=False)


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colour", [theme.INK, theme.MUTED, theme.LEADER])
def test_text_stands_out_from_the_page(colour: str) -> None:
    assert contrast(colour, theme.PAPER) >= 4.5


def test_text_stands_out_in_every_cell_of_the_heat_table() -> None:
    for ground in theme.GAPS[:-1]:
        assert contrast(theme.ON_COLOUR, ground) >= 4.5
    assert contrast(theme.PAPER, theme.GAPS[-1]) >= 4.5
    assert contrast(theme.ON_COLOUR, theme.NONE) >= 4.5


def test_a_gap_of_zero_looks_different_from_a_small_one() -> None:
    assert theme.NONE not in theme.GAPS


def test_one_outlook_at_a_time() -> None:
    title = draw("gap_heat")["usermeta"]["subtitle"]
    assert "STEPS" in title and "APS" not in title


def test_a_step_is_named_with_its_stage_only_where_that_is_needed() -> None:
    cells = json.dumps(draw("gap_heat"), ensure_ascii=False)
    assert "NdPr oxide (Mine)" in cells and "NdPr oxide (Separation)" in cells
    assert "NdFeB magnets (Magnets)" not in cells


def test_totals_are_not_taken_for_a_use() -> None:
    assert "All sectors" not in json.dumps(draw("shortage_months"))
    assert "All sectors" not in json.dumps(draw("first_shortage"))


def test_a_suspended_measure_is_drawn_in_pieces() -> None:
    spec = json.dumps(draw("measures_calendar"))
    assert {"In force", "Suspended", "Possibly back"} <= set(re.findall(r'"status": "([^"]+)"', spec))


def test_wrap_breaks_between_words_and_between_kanji() -> None:
    assert theme.wrap("NdFeB magnets, high-temperature", 16) == ["NdFeB magnets,", "high-temperature"]
    lines = theme.wrap("中国産酸化物・磁石の全面停止（12か月）", 20)
    assert "".join(lines) == "中国産酸化物・磁石の全面停止（12か月）" and all(
        theme.columns(line) <= 20 for line in lines
    )
    assert not any(line.startswith(("、", "）", "ー")) for line in lines)


def test_a_label_too_long_ends_in_an_ellipsis() -> None:
    short = theme.label("one two three four five six seven", 9, 2)
    assert short.endswith("…") and short.count("\n") == 1


def test_svg_carries_its_description_and_no_foreign_letters() -> None:
    drawing = svg(draw("concentration", lang="ja"), name="x")
    assert drawing.startswith("<svg") and 'role="img"' in drawing and "aria-label=" in drawing
    families = set(re.findall(r'font-family="([^"]+)"', drawing))
    assert families == {theme.FONT}
    assert "酸化ジスプロシウム" in drawing
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]+"', "", drawing)


def test_ids_in_a_drawing_carry_its_name() -> None:
    drawing = svg(draw("shortage_months"), words=False, name="figure-9")
    assert all(name.startswith("figure-9-") for name in re.findall(r'id="([^"]+)"', drawing))


def test_without_words_the_finding_is_left_to_the_page() -> None:
    spec = draw("concentration")
    assert spec["usermeta"]["title"].split(":")[0] in svg(spec)
    assert spec["usermeta"]["title"].split(":")[0] not in re.sub(r'aria-label="[^"]*"', "", svg(spec, words=False))


def test_a_replay_is_drawn_by_its_shock_and_what_is_not_scored_is_not() -> None:
    title = draw("backtest_bands")["usermeta"]["title"]
    assert title == "1 of 2 replays hold what was observed"
    panels = draw("backtest_bands")["vconcat"][0]["vconcat"][0]["vconcat"]
    assert [panel["title"]["text"] for panel in panels] == ["as announced", "as recorded later"]
    circular = chain_fixture.result("backtest", [{**REPLAY, "is_scored": False}])
    with pytest.raises(NotFound):
        draw("backtest_bands", result=circular)


def test_scrap_without_known_exports_is_drawn_with_the_other_two_levers() -> None:
    cells = json.dumps(draw("scrap_return"), ensure_ascii=False)
    assert "40% → 80%" in cells and "30% → 60%" in cells
    assert draw("scrap_return")["usermeta"]["title"] == "Scrap could meet most of the need for Pd: 80%"
