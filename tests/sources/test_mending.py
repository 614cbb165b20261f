"""Corrections change what they name, expect what they found, and stop when the publisher mends the file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from didymium.errors import BadInput
from didymium.sources.figures import Figure
from didymium.sources.mending import FOLDER, Correction, Mended, mend, read_corrections
from didymium.sources.register import readers

FIGURE = Figure("Cobalt", "t", "China", "2020", "10", "f.csv", 2, "2020")


def correction(action: str, **changes: Any) -> Correction:
    whole = Correction(
        "c", "production", {"place": "China"}, "flag", "text", None, "why", "there", "found here", ("10",)
    )
    return replace(whole, action=action, **changes)  # type: ignore[arg-type]


def test_each_action_does_its_own() -> None:
    (kept,) = mend([FIGURE], [correction("flag")])
    assert kept.figure.text == "10" and kept.figure.flags == ("flagged",) and kept.correction == "c"
    (changed,) = mend([FIGURE], [correction("override", value="100")])
    assert changed.figure.text == "100" and changed.figure.flags == ("corrected",)
    (moved,) = mend([FIGURE], [correction("override", column="place", value="Taiwan")])
    assert moved.figure.place == "Taiwan" and moved.figure.text == "10"
    (scaled,) = mend([FIGURE], [correction("scale", value=0.001)])
    assert scaled.factor == 0.001 and scaled.figure.text == "10"
    (dropped,) = mend([FIGURE], [correction("drop")])
    assert dropped.dropped == "c: why"
    (other,) = mend([replace(FIGURE, place="Japan")], [correction("drop")])
    assert other.correction is None and not other.dropped


def test_a_mended_file_stops_the_import() -> None:
    with pytest.raises(BadInput, match=r"f\.csv row 2, column 2020: correction c expects '10' and finds '100'"):
        list(mend([replace(FIGURE, text="100")], [correction("override", value="100")]))


def test_a_further_cell_under_the_key_stops_it_too() -> None:
    with pytest.raises(BadInput, match="expects None and finds '10'"):
        list(mend([FIGURE, replace(FIGURE, line=3)], [correction("flag")]))


@pytest.mark.parametrize("importer", sorted(readers()))
def test_shipped_corrections_are_whole(importer: str) -> None:
    found = read_corrections(importer)
    assert len({one.id for one in found}) == len(found)
    for one in found:
        assert one.reason.endswith(".") and one.evidence.endswith(".") and one.status and one.expect
    assert {path.stem for path in FOLDER.glob("*.toml")} <= set(readers())


@pytest.mark.parametrize(
    "text",
    [
        "x = ",
        "[[other]]\nid = 'a'",
        "[[correction]]\nid = 'a'",
        "[[correction]]\nid='a'\ntable='t'\nkey={}\naction='drop'\nreason='r'\nevidence='e'\nstatus='s'\nexpect='1'",
        "[[correction]]\nid='a'\ntable='t'\nkey={line=1}\naction='burn'\nreason='r'\nevidence='e'\nstatus='s'\nexpect='1'",
        "[[correction]]\nid='a'\ntable='t'\nkey={line=1}\naction='scale'\nreason='r'\nevidence='e'\nstatus='s'\nexpect='1'",
    ],
)
def test_a_file_of_corrections_that_is_not_sound_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=r"x\.toml"):
        read_corrections("x", tmp_path)


def test_what_a_correction_leaves_of_a_figure() -> None:
    marked = replace(FIGURE, flags=("revised",))
    (kept,) = mend([marked], [correction("flag")])
    assert kept == Mended(replace(marked, flags=("revised", "flagged")), "c", 1.0, "")
    (changed,) = mend([marked], [correction("override", value=7)])
    assert changed == Mended(replace(marked, text="7", flags=("revised", "corrected")), "c", 1.0, "")
    (scaled,) = mend([marked], [correction("scale", value="1000")])
    assert scaled == Mended(replace(marked, flags=("revised", "corrected")), "c", 1000.0, "")
    (dropped,) = mend([marked], [correction("drop")])
    assert dropped == Mended(marked, "c", 1.0, "c: why")
    (other,) = mend([replace(marked, place="Japan")], [correction("drop")])
    assert other == Mended(replace(marked, place="Japan"))


def test_corrections_of_one_cell_follow_each_other() -> None:
    first, second = correction("scale", value=10), replace(correction("scale", value=4), id="d")
    (done,) = mend([FIGURE], [first, second])
    assert (done.factor, done.correction, done.figure.flags) == (40.0, "d", ("corrected", "corrected"))
    moved = correction("override", column="place", value="Japan")
    (done,) = mend([FIGURE], [moved, replace(second, key={"place": "Japan"})])
    assert (done.figure.place, done.factor, done.correction) == ("Japan", 1.0, "c")


def test_each_cell_of_a_correction_has_its_own_expectation_in_order() -> None:
    cells = [FIGURE, replace(FIGURE, text="20", line=3), replace(FIGURE, place="Japan")]
    found = list(mend(iter(cells), iter([correction("flag", expect=("10", "20"))])))
    assert [one.correction for one in found] == ["c", "c", None]
    with pytest.raises(BadInput) as refused:
        list(mend(cells, [correction("flag", expect=("20", "10"))]))
    assert refused.value.line() == (
        "f.csv row 2, column 2020: correction c expects '20' and finds '10'. "
        "The publisher mended it, or the file is another one: review the correction."
    )


def test_a_correction_covers_what_fits_its_whole_key() -> None:
    both = correction("flag", key={"place": "China", "line": 2})
    assert (
        both.covers(FIGURE) and not both.covers(replace(FIGURE, line=3)) and not both.covers(replace(FIGURE, place="x"))
    )


ENTRY = {
    "id": "'a'",
    "table": "'production'",
    "key": "{line = 1}",
    "action": "'drop'",
    "reason": "'Why.'",
    "evidence": "'There.'",
    "status": "'found here'",
    "expect": "'1'",
}


def written(tmp_path: Path, **changes: str | None) -> Path:
    entry = {name: value for name, value in {**ENTRY, **changes}.items() if value is not None}
    lines = ["[[correction]]", *(f"{name} = {value}" for name, value in entry.items())]
    (tmp_path / "x.toml").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def test_a_file_of_corrections_is_read_as_it_stands(tmp_path: Path) -> None:
    assert read_corrections("none", tmp_path) == ()
    assert read_corrections("x", written(tmp_path)) == (
        Correction("a", "production", {"line": 1}, "drop", "text", None, "Why.", "There.", "found here", ("1",)),
    )
    changes = {"action": "'override'", "column": "'unit'", "value": "5", "expect": "['1', '2']"}
    (one,) = read_corrections("x", written(tmp_path, **changes))
    assert (one.action, one.column, one.value, one.expect) == ("override", "unit", 5, ("1", "2"))
    assert read_corrections("x", written(tmp_path, expect="7"))[0].expect == ("7",)


NAMES = "id, table, key, action, column, value, reason, evidence, status, expect"
KNOWN = (
    "Actions: override, drop, scale, flag. Key: series, unit, place, period, partner, file, line, column, sheet. "
    "Columns: text, place, partner, unit, series, period, notes."
)
ODD = "x.toml correction a: action, key or column is not one that is known. "


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"reason": None, "status": None}, f"(missing: reason, status; not known: none). It has {NAMES}."),
        ({"extra": "1", "more": "2"}, f"(missing: none; not known: extra, more). It has {NAMES}."),
        (
            {"id": None},
            f"x.toml correction ?: the entry is not complete (missing: id; not known: none). It has {NAMES}.",
        ),
        ({"action": "'burn'"}, ODD + KNOWN),
        ({"key": "{}"}, ODD + KNOWN),
        ({"key": "{line = 1, page = 2}"}, ODD + KNOWN),
        ({"column": "'line'"}, ODD + KNOWN),
        ({"action": "'override'"}, "x.toml correction a: the value is missing. Say what is right."),
        ({"action": "'scale'"}, "x.toml correction a: the value is missing. Say what is right."),
    ],
)
def test_a_correction_that_is_not_sound_says_what_it_needs(
    tmp_path: Path, changes: dict[str, str | None], told: str
) -> None:
    with pytest.raises(BadInput) as refused:
        read_corrections("x", written(tmp_path, **changes))
    assert refused.value.line().endswith(told) and refused.value.line().startswith("x.toml correction ")


def test_a_file_of_corrections_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    for data in (b"x = ", b"[[other]]\nid = 'a'", b"\xff"):
        (tmp_path / "x.toml").write_bytes(data)
        with pytest.raises(BadInput) as refused:
            read_corrections("x", tmp_path)
        assert refused.value.line().startswith("x.toml: the corrections cannot be read (")
        assert refused.value.line().endswith("). Mend the file.")
