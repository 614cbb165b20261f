"""Where two answers part: the first place, in reading order, at which they are not the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def first_difference(kept: Any, now: Any, place: str = "") -> str:
    """The first place where `now` is not `kept`, as one clause; empty if they are equal.

    >>> first_difference({"rows": [{"year": 2024, "hhi": 0.5}]}, {"rows": [{"year": 2024, "hhi": 0.6}]})
    'rows[0].hhi: kept 0.5, now 0.6'
    >>> first_difference([1, 2], [1])
    'the answer: kept 2 items, now 1'
    """
    if isinstance(kept, Mapping) and isinstance(now, Mapping):
        for name in sorted({*kept, *now}):
            inner = f"{place}.{name}" if place else str(name)
            if name not in now:
                return f"{inner}: kept, now missing"
            if name not in kept:
                return f"{inner}: not kept, now there"
            found = first_difference(kept[name], now[name], inner)
            if found:
                return found
        return ""
    if _is_list(kept) and _is_list(now):
        for number, (old, new) in enumerate(zip(kept, now, strict=False)):
            found = first_difference(old, new, f"{place}[{number}]")
            if found:
                return found
        if len(kept) != len(now):
            return f"{place or 'the answer'}: kept {len(kept)} items, now {len(now)}"
        return ""
    # 1 and 1.0 are other bytes, and True is not 1.
    if type(kept) is not type(now) or kept != now:
        return f"{place or 'the answer'}: kept {kept!r}, now {now!r}"
    return ""


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)
