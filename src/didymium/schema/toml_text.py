"""TOML that strangers write: read by Python's own reader, in a time that stays in proportion to its length."""

from __future__ import annotations

import re
import tomllib
from typing import Any

MOST_DOTS = 100  # in one key. The time of Python's reader grows with their square: a minute for fifty thousand
_DEEP_KEY = re.compile(rf"(?<![\w\"'.-])(?:[\w\"'-]++[ \t]*+\.[ \t]*+){{{MOST_DOTS}}}")


def loads(text: str) -> dict[str, Any]:
    """The content of a TOML text.

    Raises tomllib.TOMLDecodeError, or RecursionError where keys or brackets are nested too deep.
    """
    if _DEEP_KEY.search(text):
        raise RecursionError(f"a key has {MOST_DOTS} dots")
    return tomllib.loads(text)
