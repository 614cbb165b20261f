"""A scenario as the text of a file that `didymium.scenario.scenario.parse` reads back as the same scenario."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from didymium.scenario.scenario import Scenario


def toml_text(story: Scenario) -> str:
    """The scenario as TOML. What is not set is left out.

    >>> from didymium.scenario.scenario import load, parse
    >>> story = load("cn-stop-6")
    >>> parse(toml_text(story), where="text") == story
    True
    """
    return "\n".join(_lines(story.model_dump(mode="json", exclude_none=True), "")) + "\n"


def _lines(table: Mapping[str, Any], name: str) -> Iterator[str]:
    """Plain keys first, then the tables within, as TOML asks."""
    inner = {k: v for k, v in table.items() if isinstance(v, list) and v and isinstance(v[0], dict)}
    for key, value in table.items():
        if key not in inner and value not in ([], ""):
            yield f"{key} = {_value(value)}"
    for key, rows in inner.items():
        path = f"{name}.{key}" if name else key
        for row in rows:
            yield from ("", f"[[{path}]]", *_lines(row, path))


def _value(value: Any) -> str:
    """A text, number or list; JSON writes them as TOML does, but for one control character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
