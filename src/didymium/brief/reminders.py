"""Due dates of promises as an iCalendar file (RFC 5545): all-day entries with alarms, in both languages.

The identifier of an entry is the promise's own, so that a calendar that reads a later file moves its entry.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING

from didymium.errors import BadInput
from didymium.figures.rows import as_list, as_of
from didymium.i18n import translator
from didymium.results import Result, Row

if TYPE_CHECKING:
    from icalendar import Event

ALARM_DAYS = (30, 7, 0)
"""Days before the due date on which a calendar reminds."""

SETTLED = ("met", "missed")


def calendar_bytes(result: Result, *, lang: str) -> bytes:
    """The dated promises of an answer that are not settled; titles in `lang`, descriptions in both languages.

    What fell due before the day of the answer stands in the calendar without an alarm. Raises BadInput where the
    library that writes the format is not installed.
    """
    try:
        from icalendar import Calendar
    except ImportError as missing:
        raise BadInput(
            "the package icalendar, which writes calendars, is not installed.",
            cure="Install it: pip install 'didymium[calendar]'.",
        ) from missing
    t = translator(lang)
    calendar = Calendar()
    calendar.add("prodid", "-//Didymium//commitments//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", t("Critical minerals: promises"))
    for row in sorted(reminded(result), key=lambda r: (str(r["due_date"]), str(r["commitment_id"]))):
        calendar.add_component(_event(row, as_of(result), lang))
    return bytes(calendar.to_ical())


def reminded(result: Result) -> Sequence[Row]:
    """The promises with a date that are not settled or dead: those of which a calendar reminds."""
    return [r for r in result.rows if r["due_date"] and r["state"] not in SETTLED and r["behind"] != "dead"]


def _event(row: Row, today: datetime.date, lang: str) -> Event:
    from icalendar import Alarm, Event

    due = datetime.date.fromisoformat(str(row["due_date"]))
    event = Event()
    event.add("uid", f"{row['commitment_id']}.commitments@didymium")
    # The day asked about, not the clock: the same answer gives the same bytes.
    event.add("dtstamp", datetime.datetime.combine(today, datetime.time(), tzinfo=datetime.UTC))
    event.add("dtstart", due)
    event.add("dtend", due + datetime.timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    title = _title(row, lang)
    event.add("summary", title, parameters={"LANGUAGE": lang})
    other = "ja" if lang == "en" else "en"
    event.add("description", f"{_description(row, lang)}\n\n{_title(row, other)}\n{_description(row, other)}")
    event.add("categories", [str(row["agreement_id"]), str(row["state"])])
    if row["evidence_url"]:
        event.add("url", str(row["evidence_url"]))
    if due >= today:
        for days in ALARM_DAYS:
            alarm = Alarm()
            alarm.add("action", "DISPLAY")
            alarm.add("trigger", -datetime.timedelta(days=days))
            alarm.add("description", title)
            event.add_component(alarm)
    return event


def _title(row: Row, lang: str) -> str:
    t = translator(lang)
    who = t(", ").join(t.place(p) for p in as_list(row["parties"])[:3])
    text = t("{who}: {what}", who=who, what=t.fact(str(row["summary"])))
    return t("Last day: {what}", what=text) if row["due_kind"] == "until" else t("Due: {what}", what=text)


def _description(row: Row, lang: str) -> str:
    t = translator(lang)
    lines = [
        str(row["agreement"]),
        t(
            "State: {state}; legal force: {force}",
            state=t.term("commitment_state", str(row["state"])),
            force=t.term("legal_force", str(row["legal_force"])) if row["legal_force"] else t.number(None),
        ),
        t("How the date follows: {basis}", basis=t.fact(str(row["due_basis"]))),
    ]
    if row["other_due_date"]:
        lines.append(
            t(
                "Counted from the date in {place}: {date}",
                place=t.place(str(row["other_place"])),
                date=t.date(str(row["other_due_date"])),
            )
        )
    return "\n".join([*lines, f"didymium data explain commitments {row['commitment_id']}"])
