"""Strict reading of a publisher's JSON: UTF-8, no key twice, numbers kept as they are written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from didymium.errors import BadInput
from didymium.schema.faults import visible
from didymium.sources.text import decoded, file_bytes

MOST_BYTES = 64 << 20
MOST_IN_A_NUMBER = 40


class Written(str):
    """A number as the file writes it: no digit is lost, and none is believed before it is looked at."""

    __slots__ = ()


def read_json(path: Path) -> Any:
    """The document; its numbers are `Written`. Raises BadInput with what is wrong with it and where."""
    text = decoded(file_bytes(path, most=MOST_BYTES), path.name, "utf-8").removeprefix("\ufeff")
    cure = "Expected the publisher's answer, saved as it came."
    try:
        return json.loads(
            text,
            parse_float=_number,
            parse_int=_number,
            parse_constant=_no_constant,
            object_pairs_hook=_once,
        )
    except json.JSONDecodeError as error:
        where = f"{path.name} row {error.lineno}, column {error.colno}"
        raise BadInput(f"not JSON ({error.msg}).", where=where, cure=cure) from None
    except RecursionError:
        raise BadInput("the brackets are nested too deep.", where=path.name, cure=cure) from None
    except _Refused as refused:
        line = _line_of(text, refused.word)
        raise BadInput(str(refused), where=f"{path.name} row {line}", cure=cure) from None


class _Refused(ValueError):
    def __init__(self, what: str, word: str) -> None:
        super().__init__(what)
        self.word = word


def _line_of(text: str, word: str) -> int:
    """The line on which a word last stands: a second key is the last of its kind that was read."""
    return text.count("\n", 0, max(text.find(word), 0)) + 1


def _number(word: str) -> Written:
    if len(word) > MOST_IN_A_NUMBER:
        raise _Refused(f"{visible(word)} has {len(word):,} digits.", word)
    return Written(word)


def _no_constant(word: str) -> NoReturn:
    raise _Refused(f"{word} is no number: unknown is null.", word)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Refused(f"the key {visible(twice)} stands twice in one object.", json.dumps(twice))
    return found


def is_object(value: Any, where: str, what: str) -> dict[str, Any]:
    """The value as an object. Raises BadInput that says what was expected there."""
    if not isinstance(value, dict):
        shown = visible(str(value)) if not isinstance(value, list) else "a list"
        raise BadInput(f"{shown} stands where {what} should.", where=where, cure="Is it the right file?")
    return value
