"""The harnesses of input find what is planted; a part of the hostile files, and of the mutants, with every run."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.trust import hostile, mutants_input, trace
from tests.trust.hostile_case import Case
from tests.trust.hostile_doors import DOORS, Said


def _a_part(family: str, most: int) -> list[Case]:
    cases = list(hostile.corpus(family))
    return cases[:: max(1, len(cases) // most)][:most]


@pytest.mark.parametrize("family", ["shape", "encoding", "number", "text", "json", "scenario", "journal"])
def test_some_hostile_files_of_a_family(family: str) -> None:
    tally = hostile.tried(_a_part(family, 3), {"library": DOORS["library"]})
    assert tally.tried == 3
    assert tally.failed == []


@pytest.mark.slow
@pytest.mark.parametrize("family", list(hostile.FAMILIES))
def test_more_hostile_files_at_every_door(family: str) -> None:
    tally = hostile.tried(_a_part(family, 6))
    assert tally.failed == []


def test_there_are_hundreds_of_files_of_every_family_and_none_twice() -> None:
    light = [family for family in hostile.FAMILIES if family not in ("xlsx", "size", "import", "book")]
    cases = list(hostile.corpus(*light))
    names = [(case.family, case.name) for case in cases]
    assert len(names) == len(set(names))
    assert len(cases) >= 300
    assert {case.family for case in cases} == set(light)


def _guessing(case: Case, path: Path) -> Said:
    """A reader as many are: whatever is not UTF-8 is guessed, whatever is no number is none, a short row is filled."""
    import csv

    text = path.read_bytes().decode("utf-8", "replace")
    return Said(False, rows=tuple(csv.DictReader(text.splitlines())))


def _mute(case: Case, path: Path) -> Said:
    """A reader that refuses, and does not say why."""
    return Said(True, ("bad input",), code=2)


def _falling(case: Case, path: Path) -> Said:
    raise KeyError(path.name)


def test_a_reader_that_guesses_is_found_out() -> None:
    cases = [case for case in hostile.corpus("number") if case.must == "refused"][:20]
    tally = hostile.tried(cases, {"guessing": _guessing})
    assert tally.silent == len(tally.failed) == 20


def test_a_reader_that_does_not_say_why_is_found_out() -> None:
    cases = _a_part("key", 10)
    tally = hostile.tried(cases, {"mute": _mute})
    assert tally.refusals == 10 and tally.whole == 0
    assert tally.parts["file"] == 10


def test_a_reader_that_falls_over_is_found_out() -> None:
    tally = hostile.tried(_a_part("shape", 4), {"falling": _falling})
    assert tally.crashed == len(tally.failed) == 4


def test_a_reader_that_loses_a_value_is_found_out() -> None:
    def losing(case: Case, path: Path) -> Said:
        said = DOORS["library"](case, path)
        return dataclasses.replace(said, rows=tuple({**row, "quantity": 1.0} for row in said.rows))

    cases = [case for case in hostile.corpus("shape") if case.must == "taken"][:1]
    (line,) = hostile.tried(cases, {"losing": losing}).failed
    assert "quantity: 63800.0 became 1.0" in line


# mutants


def _light() -> list[mutants_input.Seed]:
    kinds = ("production.csv", "own.toml", "promises.jsonl", "mcs26.csv", "wmd.csv")
    return [seed for seed in mutants_input.seeds() if seed.name in kinds]


def test_every_seed_is_sound_and_there_are_twenty() -> None:
    sown = mutants_input.seeds()
    assert len({seed.name for seed in sown}) == len(sown) >= 20
    with tempfile.TemporaryDirectory() as folder:
        assert {mutants_input.verdict(seed, seed.data, Path(folder)) for seed in _light()} == {"taken"}


def test_a_hundred_mutants() -> None:
    count = mutants_input.tried(_light(), 100, 5)
    assert count.found == []
    assert count.distinct == 100 and count.refused > 20 and count.sure > 5


@pytest.mark.slow
def test_mutants_of_every_seed() -> None:
    with tempfile.TemporaryDirectory() as folder:
        sown = mutants_input.seeds()
        assert {seed.name: mutants_input.verdict(seed, seed.data, Path(folder)) for seed in sown} == {
            seed.name: "taken" for seed in sown
        }
    assert mutants_input.tried(sown, 600, 6).found == []


def test_mutants_find_a_reader_that_skips_bad_rows_and_one_that_falls() -> None:
    (seed,) = [seed for seed in mutants_input.seeds() if seed.name == "production.csv"]

    def skipping(data: bytes, name: str, folder: Path) -> str:
        return "taken"

    def falling(data: bytes, name: str, folder: Path) -> str:
        return str(data.decode("utf-8").index("nd_oxide")) and "taken"

    found = mutants_input.tried([dataclasses.replace(seed, read=skipping)], 60, 7).found
    assert len(found) > 10 and all("taken" in line for line in found)
    found = mutants_input.tried([dataclasses.replace(seed, read=falling)], 60, 8).found
    assert any("crash: UnicodeDecodeError" in line for line in found)


def test_what_is_taken_is_compared_with_another_reader() -> None:
    with pytest.raises(mutants_input.Wrong, match="became"):
        mutants_input._same(b"quantity\n5\n", [{"quantity": 6.0}])
    with pytest.raises(mutants_input.Wrong, match="2 rows became 1"):
        mutants_input._same(b"quantity\n5\n6\n", [{"quantity": 5.0}])


# tracing


@pytest.fixture
def lineages(tmp_path: Path) -> Iterator[Any]:
    from datetime import date

    import didymium as dd
    from didymium.studies.lineage import lineage

    ds = dd.open()
    result = dd.commitments(ds, as_of=date(2026, 11, 22))
    row = next(n for n, r in enumerate(result.rows, start=1) if isinstance(r.get("quantity"), float))
    yield lambda: lineage(ds, result, row, "quantity")


def test_a_number_is_followed_to_its_cells_and_a_broken_trail_is_found(lineages: Any) -> None:
    found = lineages()
    assert trace.lacks(found) == []
    behind = found.rows[0]
    column = next(
        c for c, v in behind.row.items() if isinstance(v, str) and c in trace.cells(behind.table)[behind.row_id][1]
    )
    changed = dataclasses.replace(behind, row={**behind.row, column: "another word"})
    assert "the lineage 'another word'" in trace.lacks(dataclasses.replace(found, rows=(changed,)))[0] or column in str(
        trace.lacks(dataclasses.replace(found, rows=(changed,)))
    )
    assert trace.lacks(dataclasses.replace(found, rows=(), assumptions=())) == ["no row of the data", "no source"]
    invented = dataclasses.replace(behind, row={**behind.row, "row_id": "commitments:c999"})
    assert "is no row of" in trace.lacks(dataclasses.replace(found, rows=(invented,)))[0]
    assert "no formula" in trace.lacks(dataclasses.replace(found, page="nowhere.md"))[0]


def test_numbers_are_drawn_from_every_command_alike() -> None:
    many = [("a", "r", "", n, "x") for n in range(100)] + [("b", "s", "", 1, "y")]
    picked = trace.drawn(many, 10, 0)
    assert len(picked) == 10 and ("b", "s", "", 1, "y") in picked
    assert picked == trace.drawn(many, 10, 0)


@pytest.mark.slow
def test_the_fuzzer_finds_a_reader_that_falls() -> None:
    pytest.importorskip("atheris")
    from tests.trust import fuzz

    _, _, what = fuzz.fuzzed(fuzz.BROKEN, 60)
    assert "KeyError" in what
