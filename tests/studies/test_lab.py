"""The dials of the stress lab: what they change in a scenario, and that its answers are those of the stress test."""

from __future__ import annotations

import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import didymium.data
from didymium.data import Dataset
from didymium.engine import Start
from didymium.errors import BadInput, BadScenario, UnknownTerm
from didymium.results import Result, canonical_json
from didymium.scenario.scenario import load, parse
from didymium.scenario.writing import toml_text
from didymium.studies import lab_starts
from didymium.studies.dials import Dials, adjustable, before, cell, cells, cover, dials, longest, turned
from didymium.studies.lab import UNSETTLED, Lab
from didymium.studies.stress import stress

AT_ONCE = ((0.3, 10.0), (0.3, 60.0), (0.35, 10.0), (0.25, 10.0), (0.3, 0.0))
SAME = ("foresight", "party", "product", "sector")


@pytest.fixture(scope="module")
def ds() -> Dataset:
    return didymium.data.open()


@pytest.fixture(scope="module")
def lab(ds: Dataset) -> Lab:
    return Lab(ds)


def at(name: str) -> Dials:
    found = dials(adjustable()[name])
    assert found is not None
    return found


def test_dials_where_the_scenario_has_them_change_nothing() -> None:
    for name, story in adjustable().items():
        assert turned(story, at(name)) is story


def test_a_story_of_branches_has_no_dials() -> None:
    assert dials(load("cn-october-suspension")) is None
    with pytest.raises(BadInput, match="not a single shock"):
        turned(load("cn-october-suspension"), at("cn-stop-6"))


def test_turned_dials_read_back_as_they_were_set() -> None:
    story = adjustable()["cn-stop-6"]
    to = Dials("MYS", ("JPN",), ("dy_oxide", "tb_oxide"), 0.35, 9)
    changed = turned(story, to)
    assert dials(changed) == to
    assert changed.cuts[0].months == 9
    assert changed.cuts[0].months_low is None
    assert story.cuts[0].months == 6


def test_a_dial_that_is_left_keeps_its_range() -> None:
    story = adjustable()["cn-stop-6"]
    changed = turned(story, replace(at("cn-stop-6"), share=0.5))
    assert (changed.cuts[0].months_low, changed.cuts[0].months_high) == (4, 9)


def test_products_are_taken_from_every_cut_and_an_empty_cut_falls_away() -> None:
    story = adjustable()["cn-october-notices-families"]
    changed = turned(story, replace(at(story.id), products=("sm_metal", "liion_cell")))
    assert [cut.products for cut in changed.cuts] == [("sm_metal",), ("liion_cell",)]
    with pytest.raises(BadInput, match="no product is left"):
        turned(story, replace(at(story.id), products=()))


def test_a_shock_ends_within_the_run() -> None:
    story = adjustable()["mm-feed-halt"]
    assert longest(story) == 24
    with pytest.raises(BadInput, match="25 months do not fit"):
        turned(story, replace(at(story.id), months=25))


def test_every_scenario_is_read_back_from_its_file() -> None:
    for name, story in adjustable().items():
        assert parse(toml_text(story), where=name) == story
        changed = turned(story, replace(at(name), share=0.25, months=5))
        assert parse(toml_text(changed), where=name) == changed


def test_a_quotation_mark_in_a_title_survives_the_file() -> None:
    about = {"title": 'a "full" stop \\ 停止', "summary": 'two "lines" \\\n停止'}
    story = adjustable()["cn-stop-3"].model_copy(update=about)
    assert parse(toml_text(story), where="text") == story
    hidden = story.model_copy(update={"title": 'a "full" stop \\ \x7f\n停止'})
    assert tomllib.loads(toml_text(hidden))["title"] == hidden.title  # written as it is, and refused when it is read
    with pytest.raises(BadScenario, match=r"title: the sign U\+007F cannot be seen"):
        parse(toml_text(hidden), where="text")


def test_a_cell_is_decided_by_share_and_length_alone() -> None:
    story, first = adjustable()["cn-stop-6"], at("cn-stop-6")
    near = cell(story, replace(first, share=0.32, months=7, place="MYS", products=("dy_oxide",)))
    assert near == replace(first, share=0.3, months=7)
    assert cell(story, replace(first, share=0.0, months=24)) == replace(first, months=24)


def test_an_unknown_scenario_is_refused(lab: Lab) -> None:
    with pytest.raises(UnknownTerm, match="cn-stop-66"):
        lab.ask("cn-stop-66", at("cn-stop-6"), ("USA",), 30)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "change", "days"),
    [
        ("cn-stop-6", {"share": 0.4, "months": 10}, 20.0),
        ("cn-stop-6", {"share": 0.15, "months": 21}, 90.0),
        ("cn-stop-6", {"place": "MYS", "products": ("dy_oxide", "tb_oxide")}, 60.0),
        ("za-pgm-outage", {"share": 0.2}, 0.0),
    ],
)
def test_the_answer_is_that_of_the_stress_test(
    ds: Dataset, lab: Lab, name: str, change: dict[str, object], days: float
) -> None:
    """The lab starts from another basis than the stress test: what is lost has to be the same."""
    to = replace(at(name), **change)  # type: ignore[arg-type]
    story = turned(adjustable()[name], to)
    told = lab.ask(name, to, ("USA", "JPN"), days)
    whole = stress(ds, story, parties=("USA", "JPN"), draws=0, drivers=False)
    usual = next(r["value"] for r in ds.rows("assumptions") if r["assumption_id"] == cover(story))
    same = lab.ask(name, to, ("USA", "JPN"), usual)
    assert len(same.rows) == len(whole.rows)
    for mine, theirs in zip(same.rows, whole.rows, strict=True):
        assert [mine[k] for k in SAME] == [theirs[k] for k in SAME]
        for column in ("demand_t", "unserved_t", "loss_usd_m"):
            assert mine[column] == pytest.approx(theirs[column], rel=1e-6, abs=1e-6), [mine[k] for k in SAME]
    for mine, theirs in zip(same.tables["monthly"], whole.tables["monthly"], strict=True):
        assert set(theirs) - set(mine) == set(UNSETTLED)
        for column, value in mine.items():
            is_number = isinstance(value, float)
            assert theirs[column] == (pytest.approx(value, rel=1e-6, abs=1e-6) if is_number else value), column
    assert told.request["overrides"] == {cover(story): days}


@pytest.mark.slow
def test_an_answer_does_not_depend_on_what_was_asked_before(ds: Dataset, lab: Lab) -> None:
    to = replace(at("cn-stop-6"), share=0.6, months=5)
    lab.ask("cn-stop-6", replace(to, share=0.1), ("USA", "JPN"), 10)
    assert lab.ask("cn-stop-6", to, ("USA", "JPN"), 45).rows == Lab(ds).ask("cn-stop-6", to, ("USA", "JPN"), 45).rows


def test_every_cell_is_found_from_one_that_is_found_before() -> None:
    for name, story in adjustable().items():
        met = {at(name)}
        for one in cells(story):
            earlier = before(story, one)
            assert (earlier is None) == (one == at(name))
            assert earlier is None or earlier in met
            met.add(one)
        assert {cell(story, replace(at(name), share=0.37, months=n + 1)) for n in range(longest(story))} <= met


def bases(count: int) -> dict[Dials, Start]:
    rng = np.random.default_rng(3)
    return {
        replace(at("cn-stop-6"), share=n / 10, months=n + 1): Start(
            rng.integers(0, 5, 7).astype(np.int8), rng.integers(0, 5, 4).astype(np.int8), 100 + n
        )
        for n in range(count)
    }


def test_bases_are_read_back_as_they_were_kept(tmp_path: Path) -> None:
    path, kept = tmp_path / "lab" / "cn-stop-6.new.npz", bases(3)
    path.parent.mkdir()
    older, other = path.with_name("cn-stop-6.old.npz"), path.with_name("cn-stop-60.old.npz")
    for file in (older, other):
        file.write_bytes(b"")
    lab_starts.write(path, kept)
    found = lab_starts.read(path, 7, 4)
    assert list(found) == list(kept)
    for one, start in kept.items():
        assert found[one].iterations == start.iterations
        assert np.array_equal(found[one].columns, start.columns)
        assert np.array_equal(found[one].rows, start.rows)
    assert sorted(file.name for file in path.parent.iterdir()) == ["cn-stop-6.new.npz", "cn-stop-60.old.npz"]


def test_bases_that_do_not_fit_are_not_used(tmp_path: Path) -> None:
    path = tmp_path / "cn-stop-6.new.npz"
    assert lab_starts.read(path, 7, 4) == {}
    kept = bases(2)
    lab_starts.write(path, kept)
    assert lab_starts.read(path, 8, 4) == {}
    path.write_bytes(path.read_bytes()[:-40])
    assert lab_starts.read(path, 7, 4) == {}
    strange = {one: replace(start, rows=start.rows + 9) for one, start in kept.items()}
    lab_starts.write(path, strange)
    assert lab_starts.read(path, 7, 4) == {}


@pytest.mark.slow
def test_dials_that_are_turned_at_once_are_not_mixed_up(ds: Dataset, lab: Lab) -> None:
    """Twenty threads ask five settings; each gets its own answer, and that of a lab that was asked nothing else."""
    settings = [(replace(at("cn-stop-6"), share=share, months=5), days) for share, days in AT_ONCE]

    def asked(number: int) -> tuple[int, Result]:
        to, days = settings[number % len(settings)]
        return number, lab.ask("cn-stop-6", to, ("USA", "JPN"), days)

    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(asked, range(20)))
    for number, result in found:
        to, days = settings[number % len(settings)]
        assert result.request["overrides"] == {"user_cover_days": days}
        assert (
            parse(toml_text(turned(adjustable()["cn-stop-6"], to)), where="x").model_dump(mode="json")
            == (result.request["scenario"])
        )
        assert result is found[number % len(settings)][1]
    to, days = settings[2]
    assert Lab(ds).ask("cn-stop-6", to, ("USA", "JPN"), days) == found[2][1]
    assert len({canonical_json(result.rows) for _, result in found}) == len(settings)
