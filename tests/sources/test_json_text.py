"""A publisher's JSON: numbers as written, each key once, and every fault with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from didymium.errors import BadInput
from didymium.sources.json_text import MOST_BYTES, MOST_IN_A_NUMBER, Written, is_object, read_json

CURE = "Expected the publisher's answer, saved as it came."


def read(tmp_path: Path, data: str | bytes) -> Any:
    path = tmp_path / "a.json"
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    return read_json(path)


def refused(tmp_path: Path, data: str | bytes) -> str:
    with pytest.raises(BadInput) as told:
        read(tmp_path, data)
    return told.value.line()


def test_numbers_keep_their_digits_and_nothing_else_is_a_number(tmp_path: Path) -> None:
    found = read(tmp_path, '\ufeff{"a": 1.50, "b": -7, "c": 2E5, "d": "3", "e": null, "f": true, "g": [1]}')
    assert found == {"a": "1.50", "b": "-7", "c": "2E5", "d": "3", "e": None, "f": True, "g": ["1"]}
    assert [name for name, value in found.items() if isinstance(value, Written)] == ["a", "b", "c"]
    assert isinstance(found["g"][0], Written) and not hasattr(Written("1"), "__dict__")


def test_a_number_of_forty_digits_is_read_and_one_more_is_not(tmp_path: Path) -> None:
    assert MOST_IN_A_NUMBER == 40 and MOST_BYTES == 67_108_864
    assert read(tmp_path, "1" * 40) == "1" * 40
    for number in ("1" * 41, "1." + "5" * 39):
        assert refused(tmp_path, f'{{"a":\n[1,\n{number}]}}') == f"a.json row 3: '{number}' has 41 digits. {CURE}"
    assert "has 1,200 digits." in refused(tmp_path, "1" * 1200)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_told_with_its_line(tmp_path: Path, word: str) -> None:
    assert refused(tmp_path, f'{{"a":\n{word}}}') == f"a.json row 2: {word} is no number: unknown is null. {CURE}"


def test_a_key_twice_is_told_with_its_line(tmp_path: Path) -> None:
    line = refused(tmp_path, '{"x": 1,\n"y": {"b": 1, "a\\"é": 1, "a\\"é": 2, "b": 1}}')
    assert line == f"a.json row 2: the key 'b' stands twice in one object. {CURE}"
    assert refused(tmp_path, '{"b": 1,\n"a": 1, "a": 2}').startswith("a.json row 2: the key 'a' stands twice")
    assert refused(tmp_path, '{"\\u0061": 1,\n"\\u0061": 2}').startswith("a.json row 1: the key 'a' stands twice")


def test_what_is_no_json_is_told_with_line_and_column(tmp_path: Path) -> None:
    assert (
        refused(tmp_path, '{"a": 1,\n "b" 2}') == f"a.json row 2, column 6: not JSON (Expecting ':' delimiter). {CURE}"
    )
    assert refused(tmp_path, "[" * 100_000) == f"a.json: the brackets are nested too deep. {CURE}"


def test_a_file_that_is_no_text_or_too_large_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(tmp_path, b"\xff\xfe{").startswith("a.json row 1: the bytes are UTF-16.")
    assert refused(tmp_path, b'{"a": 1}\x00').startswith("a.json row 1: a NUL byte")
    monkeypatch.setattr("didymium.sources.json_text.MOST_BYTES", 4)
    assert read(tmp_path, '"12"') == "12"
    assert refused(tmp_path, '"123"').startswith("a.json: the file is larger than 4 bytes.")


def test_an_object_is_an_object() -> None:
    assert is_object({"a": 1}, "f", "an answer") == {"a": 1}
    for value, shown in (([1], "a list"), ("x", "'x'"), (None, "'None'"), (Written("5"), "'5'"), (True, "'True'")):
        with pytest.raises(BadInput) as told:
            is_object(value, "f, /a", "an answer")
        assert told.value.line() == f"f, /a: {shown} stands where an answer should. Is it the right file?"
