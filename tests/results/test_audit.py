"""The record of sign-offs, comments and errata only grows, and shows where it was touched."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from didymium.errors import BadInput, StoreError
from didymium.results import Manifest
from didymium.results.audit import (
    COMMENT_COLUMNS,
    ERRATUM,
    SIGN,
    add,
    affected,
    bound,
    comments_in,
    entries,
    lapsed,
)
from didymium.results.manifest import versions

AT = "2026-11-28T10:00:00+00:00"


def manifest(**other: Any) -> Manifest:
    """Of a run of the program that is here."""
    given: dict[str, Any] = {
        "run_id": "0123456789ab",
        "command": "stress",
        "request": {},
        "call": {"command": "stress", "params": {}, "layers": []},
        "dataset": {"id": "d1"},
        "tables": {},
        "seed": 0,
        "versions": versions(),
        "platform": "",
        "created": AT,
        "solver": (),
        "warnings": (),
        "result_sha256": "aa",
    }
    return Manifest(**(given | other))


def test_entries_come_back_in_order(tmp_path: Path) -> None:
    assert entries(tmp_path / "none") == ()
    for n in range(3):
        assert add(tmp_path, SIGN, {"n": n}, at=AT).number == n + 1
    found = entries(tmp_path)
    assert [(e.number, e.kind, e.said["n"], e.at) for e in found] == [(n + 1, SIGN, n, AT) for n in range(3)]
    assert len({e.hash for e in found}) == 3
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"{n:08d}.json" for n in (1, 2, 3)]  # nothing left aside


@pytest.mark.parametrize(
    ("fault", "word"),
    [("change", "00000002.json .* was changed"), ("remove", "does not follow"), ("tear", "cannot be read")],
)
def test_what_was_touched_is_named(tmp_path: Path, fault: str, word: str) -> None:
    for n in range(3):
        add(tmp_path, SIGN, {"n": n}, at=AT)
    second = tmp_path / "00000002.json"
    if fault == "change":
        body = json.loads(second.read_text("utf-8"))
        second.write_text(json.dumps(body | {"said": {"n": 9}}), "utf-8")
    elif fault == "remove":
        second.unlink()
    else:
        second.write_text(second.read_text("utf-8")[:40], "utf-8")
    with pytest.raises(StoreError, match=word):
        entries(tmp_path)
    with pytest.raises(StoreError, match=word):
        add(tmp_path, SIGN, {}, at=AT)


def test_an_entry_of_another_shape_is_none(tmp_path: Path) -> None:
    add(tmp_path, SIGN, {}, at=AT)
    (tmp_path / "00000002.json").write_text('{"said": 1}', "utf-8")
    with pytest.raises(StoreError, match="does not hold the fields"):
        entries(tmp_path)


def test_two_writers_never_share_a_number(tmp_path: Path) -> None:
    writers = [threading.Thread(target=lambda: [add(tmp_path, SIGN, {}, at=AT) for _ in range(5)]) for _ in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert [e.number for e in entries(tmp_path)] == list(range(1, 21))


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "record").write_text("", "utf-8")
    with pytest.raises(StoreError, match="cannot be written"):
        add(tmp_path / "record", SIGN, {}, at=AT)


def test_a_sign_off_lapses_with_whatever_it_binds_to() -> None:
    m = manifest()
    said = bound(m)
    assert lapsed(said, m, "d1") == []
    assert lapsed(said, replace(m, result_sha256="bb"), "d1") == ["the answer has other bytes"]
    assert lapsed(said, m, "d2") == ["the data have changed"]
    assert lapsed(said, m, None) == ["the data of the run are not at hand"]
    assert lapsed(said, None, "d1") == ["the run is not kept whole"]
    for name in ("didymium", "code"):
        other = {**said, "versions": {**said["versions"], name: "0"}}
        assert lapsed(other, m, "d1") == ["the program has changed"]
    numpy = manifest(versions=versions() | {"numpy": "0"})
    assert lapsed(bound(numpy), numpy, "d1") == []


@pytest.mark.parametrize(
    ("named", "hit"),
    [
        ({}, False),
        ({"commands": ["stress"]}, True),
        ({"commands": ["gaps"]}, False),
        ({"source_ids": ["s1", "s9"]}, True),
        ({"source_ids": ["s9"]}, False),
        ({"assumptions": ["a1"]}, True),
        ({"commands": ["stress"], "source_ids": ["s9"]}, False),
        ({"commands": ["stress"], "source_ids": ["s2"]}, True),
        ({"before_version": "0.10.0"}, True),
        ({"before_version": "0.9.0"}, False),
        ({"before_version": "0.8.1", "commands": ["stress"]}, False),
    ],
)
def test_an_erratum_touches_what_meets_all_that_it_names(named: dict[str, Any], hit: bool) -> None:
    m = manifest(versions={"didymium": "0.9.0", "code": ""})
    assert affected(named, m, {"source_ids": ["s1", "s2"], "assumptions": ["a1"]}) is hit
    assert ERRATUM == "erratum"


HEAD = ",".join(COMMENT_COLUMNS)


def test_comments_come_back_from_a_sheet() -> None:
    text = f'\ufeff{HEAD}\r\n,1,Ito,,table bands,"Two lines,\r\nwith a comma",,\r\n0123456789ab,2,Ito,,,,open,\r\n'
    (one,) = comments_in(text, "c.csv", manifest())
    assert one["comment"] == "Two lines,\r\nwith a comma" and one["state"] == "open"
    assert one["run_id"] == "0123456789ab"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a,b\n1,2\n", "c.csv: the column run_id is missing"),
        (f"{HEAD}\n,1,Ito,,,text,open\n", "row 2: the row has other cells"),
        (f"{HEAD}\n,1,Ito,,,text,open,,more\n", "row 2: the row has other cells"),
        (f"{HEAD}\n,1,,,,text,open,\n", "row 2: column reviewer is empty"),
        (f"{HEAD}\n,,Ito,,,text,open,\n", "row 2: column comment_id is empty"),
        (f"{HEAD}\n,1,Ito,,,a,open,\n,1,Ito,,,b,open,\n", "row 3: comment_id 1 stands twice"),
        (f"{HEAD}\n,1,Ito,,,text,done,\n", "row 2: state 'done' is not known"),
        (f"{HEAD}\nffffffffffff,1,Ito,,,text,open,\n", "row 2: run_id ffffffffffff is not 0123456789ab"),
        (f'{HEAD}\n,1,Ito,,,"text,open,\n', "c.csv: unexpected end of data"),
    ],
)
def test_a_sheet_with_a_fault_is_refused(text: str, word: str) -> None:
    with pytest.raises(BadInput) as caught:
        comments_in(text, "c.csv", manifest())
    assert word in str(caught.value)
