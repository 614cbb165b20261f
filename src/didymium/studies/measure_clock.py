"""The state of a trade measure on any day, from its dated facts.

A record says what was found and up to when. A dated fact (start, suspension, end) outranks the status that was
recorded with it; the recorded status holds from its evidence on. Nobody's report is needed for a day that lies
between a start and later evidence of the measure; where a suspension ran out after the last evidence, nothing is
known, and the state says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from didymium.model.calendar import first_day, last_day

Record = Mapping[str, Any]

STATES = ("possibly_back", "suspended", "in_force", "in_force_presumed", "announced", "unknown", "ended", "replaced")
"""States of a measure. possibly_back: its suspension ran out and nothing later was found."""

CHANGES = ("suspension_ended", "suspension_ends", "ends", "takes_effect")
"""What a calendar of measures can announce; suspension_ended lies in the past."""


@dataclass(frozen=True, slots=True)
class Change:
    """The next known change of a measure, or the last one if nothing is known of what followed.

    `kind`: suspension_ends, suspension_ended, ends, takes_effect. `on` is the last day of the old state, and for
    takes_effect the first day of the new one.
    """

    kind: str
    on: date


@dataclass(frozen=True, slots=True)
class Clock:
    """The dated facts of one measure (ISO, perhaps only a month or year) and the status recorded with them."""

    announced: str | None
    effective: str | None
    end: str | None
    suspended_from: str | None
    suspended_until: str | None
    status: str
    last_evidence: str
    first_heard: str

    @classmethod
    def of(cls, record: Record, suspension: Record | None) -> Clock:
        """The clock of a row of `measures` and, if it has been suspended, of its row of `measure_suspensions`."""
        return cls(
            announced=record["announced_date"],
            effective=record["effective_date"],
            end=record["end_date"],
            suspended_from=suspension["from_date"] if suspension else None,
            suspended_until=suspension["until_date"] if suspension else None,
            status=record["status"],
            last_evidence=record["last_evidence_date"],
            first_heard=record["source_date"] or record["last_evidence_date"],
        )

    def is_known_on(self, day: date) -> bool:
        """Whether anybody could know of the measure that day: it is announced, in force, or reported on."""
        return day >= min(first_day(d) for d in (self.announced, self.effective, self.first_heard) if d)

    def state_on(self, day: date) -> str:
        """The state that the dated facts prove or suggest for a day, one of `STATES`.

        A dated fact (end, suspension, start) outranks the recorded status. A recorded status holds from its
        evidence on; before that day, a measure that had started and not ended was in force.
        """
        if self.end and day > last_day(self.end):
            return "replaced" if self.status == "replaced" else "ended"
        if self.suspended_from and self.suspended_until and day >= first_day(self.suspended_from):
            if day <= last_day(self.suspended_until):
                return "suspended"
            seen_since = last_day(self.last_evidence) > last_day(self.suspended_until)
            return self.status if seen_since and self.status != "suspended" else "possibly_back"
        heard_since_start = not self.effective or last_day(self.last_evidence) >= first_day(self.effective)
        if self.effective and day < first_day(self.effective):
            return "announced"
        if self.effective and heard_since_start and day <= last_day(self.last_evidence):
            return "in_force"
        if self.status in ("announced", "suspended"):  # announced to start, but nobody reported the start
            return "unknown" if self.effective else "announced"
        return self.status

    def change_on(self, day: date) -> Change | None:
        """What changes next after the day, or what ran out before it without a report of what followed."""
        state = self.state_on(day)
        if state in ("suspended", "possibly_back") and self.suspended_until:
            return Change(
                "suspension_ends" if state == "suspended" else "suspension_ended", last_day(self.suspended_until)
            )
        if state == "announced" and self.effective:
            return Change("takes_effect", first_day(self.effective))
        if state not in ("ended", "replaced") and self.end:
            return Change("ends", last_day(self.end))
        return None
