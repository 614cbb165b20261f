"""Corrections change what they name, expect what they found, and stop when the publisher mends the file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from didymium.errors import BadInput
from didymium.sources.figures import Figure
from didymium.sources.mending import FOLDER, Correction, mend, read_corrections
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
