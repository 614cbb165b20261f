"""The state of a promise on any day: its due date, counted from the text, against the evidence found.

Three dates decide: the day it falls due, the day of the last evidence, and the day until which evidence was
searched. A promise whose date came after the search ended is not called overdue: nobody looked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from didymium.model.calendar import days_between, due_date, first_day, last_day

Record = Mapping[str, Any]

STATES = ("overdue", "due_soon", "unknown", "partly", "open", "no_date", "missed", "met")
"""States of a promise, the ones that ask for action first.

overdue: its date has passed and nothing shows that it was done in full, though evidence was searched after that
date. due_soon: it falls due within the horizon. open: its date lies further ahead. unknown: its date passed after
the search for evidence ended, or it has no date and nothing was found. partly: no date or one to come, part of
it is done. no_date: the text sets none. missed: shown to have failed. met: done, even if late.
"""


@dataclass(frozen=True, slots=True)
class Clock:
    """The dated facts of one promise, ISO dates that may be only a month or a year.

    `due_kind`: `by` for a thing to be done by the date, `until` for a state to be kept up to it.
    `other_due`: the date when the term is counted from the civil date at the other side's capital.
    """

    made: str | None
    due: date | None
    other_due: date | None
    due_kind: str | None
    done: str | None
    status: str
    last_evidence: str | None
    searched_until: str

    @classmethod
    def of(cls, record: Record, reading: Record, agreement: Record, *, searched_until: str) -> Clock:
        """The clock of a row of `commitments`, how its text was read, and its agreement."""
        return cls(
            made=agreement["signed_date"],
            due=_due(reading, "counted_from_date"),
            other_due=_due(reading, "other_counted_from_date"),
            due_kind=reading["due_kind"],
            done=reading["done_date"],
            status=record["status"],
            last_evidence=record["last_evidence_date"],
            searched_until=searched_until,
        )

    def is_made_on(self, day: date) -> bool:
        """Whether the promise had been made by that day; one without a date counts as made."""
        return self.made is None or day >= first_day(self.made)

    def status_on(self, day: date) -> str:
        """What was known of its fulfilment on that day: `open` before the evidence for anything else."""
        known_from = self.done or self.last_evidence
        return "open" if known_from and day < first_day(known_from) else self.status

    def state_on(self, day: date, horizon_days: int) -> str:
        """What the calendar and the evidence make of it that day, one of `STATES`."""
        status = self.status_on(day)
        if status in ("met", "missed"):
            return status
        if self.due is None:
            return "no_date" if status == "open" else status
        if day <= self.due:
            soon = days_between(day, self.due) <= horizon_days
            return "due_soon" if soon else "partly" if status == "partly" else "open"
        # Evidence found later, as in a user's journal, shows that somebody looked.
        searched_until = max(last_day(found) for found in (self.searched_until, self.last_evidence) if found)
        searched_after_due = searched_until > self.due
        return "overdue" if self.due_kind == "by" and searched_after_due else "unknown"

    def days_overdue_on(self, day: date) -> int | None:
        """Days past the due date, negative before it; of a promise that was met, how late it was met, if known."""
        if self.due is None:
            return None
        if self.status_on(day) == "met":
            return days_between(self.due, last_day(self.done)) if self.done else None
        return days_between(self.due, day)


def _due(reading: Record, start: str) -> date | None:
    if not reading[start]:
        return None
    return due_date(reading[start], reading["term"] or 0, reading["term_unit"])
