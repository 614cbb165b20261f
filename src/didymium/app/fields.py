"""From the words of a web address to the parameters of a question, and back to the fields of its form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

from didymium.errors import DidymiumError
from didymium.questions.params import PARAMS, Param
from didymium.questions.question import Question

NOT_ASKED = ("lang", "workers", "executor", "cluster", "fixed")
"""Parameters that say how or where to work, or name a file of this machine: a page has no field for them."""
AT_FIRST = {"floor_product": "ndpr_oxide", "floor_at": "110"}
"""What a form holds where the command line has no default."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One field of a form: what stands in it, what may be chosen, and what is wrong with it."""

    name: str
    kind: str  # text, number, date or choice
    value: str
    choices: tuple[str, ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with parameters in their kept form, and the fields that they came from."""

    question: Question
    params: Mapping[str, Any]
    entries: tuple[Entry, ...]

    @property
    def has_fault(self) -> bool:
        return any(entry.fault for entry in self.entries)

    @property
    def given(self) -> dict[str, str]:
        """The fields as words of an address."""
        return {entry.name: entry.value for entry in self.entries if entry.value}


def asked(question: Question, words: Mapping[str, str]) -> Asked:
    """The question as an address asks it. What is not given has its default; what cannot be read is a fault."""
    params: dict[str, Any] = {}
    entries = []
    for name in question.params:
        param = PARAMS[name]
        if name in NOT_ASKED:
            params[name] = "serial" if name == "executor" else param.kept_default()
            continue
        word = words.get(name, "").strip() or AT_FIRST.get(name, "")
        fault = ""
        try:
            params[name] = _kept(param, word) if word else param.kept_default()
        except (click.UsageError, DidymiumError) as wrong:
            fault = wrong.message if isinstance(wrong, click.UsageError) else str(wrong)
            params[name] = None
        shown = word if fault or word else typed(param, params[name])
        entries.append(Entry(name, _kind(param), shown, _choices(param), fault))
    return Asked(question, params, tuple(entries))


def described(param: Param) -> dict[str, Any]:
    """What may stand in an address for a parameter, as a JSON Schema of text. Empty text is the default."""
    choices = () if param.is_repeated else _choices(param)
    if choices:
        return {"type": "string", "enum": ["", *choices]}
    if isinstance(param.type, click.IntRange):
        return {"type": "string", "pattern": f"^({_digits(param.type)})?$"}
    kind = _kind(param)
    pattern = {"number": r"^([0-9]{1,9}(\.[0-9]{1,9})?)?$", "date": r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"}.get(kind)
    return {"type": "string", **({"pattern": pattern} if pattern else {})}


def _digits(whole: click.IntRange) -> str:
    """A pattern of the whole numbers of a range, by their number of digits, and by the first two where these are few.

    >>> _digits(click.IntRange(1900, 2100)), _digits(click.IntRange(8, 1000)), _digits(click.IntRange(0))
    ('(19|20|21)[0-9]{2}', '[0-9]{1,4}', '[0-9]{1,10}')
    """
    if whole.min is None or whole.max is None:
        return "[0-9]{1,10}"
    low, high = str(int(whole.min)), str(int(whole.max))
    first = range(int(low[:2]), int(high[:2]) + 1)
    if len(low) == len(high) > 2 and len(first) < 10:
        return f"({'|'.join(map(str, first))})[0-9]{{{len(low) - 2}}}"
    return f"[0-9]{{{len(low)},{len(high)}}}"


def _kept(param: Param, word: str) -> Any:
    """The kept form of a word. Scenarios are those of the library: an address names no file of this machine."""
    if param.is_repeated:
        return [part.strip() for part in word.split(",") if part.strip()]
    if type(param.type).__name__.startswith("Scenario"):
        known = _library()
        unknown = [one for one in word.split(",") if one.strip() not in known]
        if unknown and word != "all":
            from didymium.errors import UnknownTerm

            raise UnknownTerm("scenario", unknown[0].strip(), known)
    return param.type.convert(word, None, None)


def _library() -> tuple[str, ...]:
    from didymium.scenario.scenario import library

    return tuple(library())


def _choices(param: Param) -> tuple[str, ...]:
    if isinstance(param.type, click.Choice):
        return tuple(str(one) for one in param.type.choices)
    if isinstance(param.type, type(click.BOOL)):
        return ("true", "false")
    return _library() if type(param.type).__name__ == "ScenarioFile" else ()


def _kind(param: Param) -> str:
    if _choices(param):
        return "choice"
    if isinstance(param.type, click.IntRange | click.FloatRange):
        return "number"
    return "date" if type(param.type).__name__ == "IsoDate" else "text"


def typed(param: Param, kept: Any) -> str:
    """A kept value of a parameter as a field holds it: the default as it is written, else the value as text."""
    if isinstance(param.default, str) and kept == param.kept_default():
        return param.default
    return _text(kept)


def _text(kept: Any) -> str:
    """A kept value as it would be typed."""
    if kept is None:
        return ""
    if isinstance(kept, bool):
        return "true" if kept else "false"
    if isinstance(kept, dict):
        return str(kept.get("id", ""))
    if isinstance(kept, list):
        whole = [int(k) for k in kept if isinstance(k, int)]
        if len(whole) > 2 and whole == list(range(whole[0], whole[-1] + 1)):
            return f"{whole[0]}-{whole[-1]}"
        return ",".join(_text(part) for part in kept)
    return str(kept)
