"""Entities in running text: `Alcoa / Sojitz-JOGMEC (JAGA)` names Alcoa and JAGA.

Names come from the table `entity_names`; the longest that fits counts, and upper and lower case do too. `Ford` is not
found in "Fordham"; Japanese has no spaces, so that its names are found within a sentence. What stands in brackets is
named beside the owner, not as an owner.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from didymium.data import Dataset

_BRACKETS = re.compile(r"\([^()]*\)")
_PARTS = re.compile(r"[;/,()]| and (?=[A-Z])")
_NOT_A_NAME = re.compile(r"^[\d\s.%,+-]*$")


@dataclass(frozen=True, slots=True)
class Names:
    """The known names: finds entities in a text, and says which parts of it name none."""

    entity_of: Mapping[str, str]
    pattern: re.Pattern[str]

    @classmethod
    def of(cls, ds: Dataset) -> Names:
        """The names of a dataset."""
        entity_of = {str(row["name"]): str(row["entity_id"]) for row in ds.rows("entity_names")}
        longest_first = sorted(entity_of, key=lambda name: (-len(name), name))
        words = "|".join(re.escape(name) for name in longest_first)
        return cls(entity_of, re.compile(rf"(?<!\w)(?:{words})(?!\w)" if words else r"(?!)", re.ASCII))

    def found(self, text: str | None) -> tuple[str, ...]:
        """The entities that a text names, in its order, each once."""
        return tuple(dict.fromkeys(self.entity_of[hit] for hit in self.pattern.findall(text or "")))

    def owners(self, text: str | None) -> tuple[str, ...]:
        """The entities outside brackets; those inside if there is no other."""
        return self.found(_BRACKETS.sub(" ", text or "")) or self.found(text)

    def unmatched(self, text: str | None) -> tuple[str, ...]:
        """The parts of a text, split at its separators, in which no known name stands."""
        whole = self.pattern.sub("\0", text or "")
        parts = [part.strip() for part in _PARTS.split(whole)]
        return tuple(part for part in parts if part and "\0" not in part and not _NOT_A_NAME.match(part))


def parents(ds: Dataset) -> dict[str, str]:
    """The one parent of each entity that has one; a joint venture with two parents stands for itself."""
    above: dict[str, set[str]] = {}
    for row in ds.rows("entity_links", kind="parent"):
        above.setdefault(str(row["entity_id"]), set()).add(str(row["of_entity_id"]))
    return {entity: min(found) for entity, found in above.items() if len(found) == 1}


def head_of(entity: str, above: Mapping[str, str]) -> str:
    """The entity at the head of a chain of parents; a ring of parents ends where it began."""
    seen = {entity}
    while entity in above and above[entity] not in seen:
        entity = above[entity]
        seen.add(entity)
    return entity
