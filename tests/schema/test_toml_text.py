"""TOML is read as Python reads it, and a key of thousands of dots is refused at once."""

from __future__ import annotations

import tomllib

import pytest

from didymium.schema import toml_text

DEEP = ["a" + ".a" * 50_000 + " = 1", "[" + "a . " * 50_000 + "a]", "x = {" + '"a".' * 50_000 + "a = 1}"]


@pytest.mark.parametrize("text", DEEP)
def test_a_key_of_many_dots_is_refused_before_it_is_read(text: str) -> None:
    with pytest.raises(RecursionError, match="100 dots"):
        toml_text.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        "a." * 50 + "a = 1",
        "\n".join(f"b{i}.c = {i}.5" for i in range(2000)),
        'summary = "' + "Exports stop. Users wait. " * 2000 + "." * 5000 + '"',
        "x = [" + "0.25, " * 2000 + "]",
    ],
)
def test_what_has_no_such_key_is_read_as_ever(text: str) -> None:
    assert toml_text.loads(text) == tomllib.loads(text)
