"""Due dates of promises and changes of measures as iCalendar files (RFC 5545): all-day entries with alarms.

Titles are in one language, descriptions in both. The identifier of an entry is that of the promise or measure, so that
a calendar that reads a later file moves its entry.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from didymium.errors import BadInput
from didymium.figures.measures import change_date, change_days, change_kind, measure_name, state_of, target_names
from didymium.figures.rows import as_list, as_of, day
from didymium.i18n import Translator, translator
from didymium.results import Result, Row

if TYPE_CHECKING:
    from icalendar import Event

ALARM_DAYS = (30, 7, 0)
"""Days before the due date on which a calendar reminds."""

LANGUAGES = ("en", "ja")

SETTLED = ("met", "missed")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One all-day entry: title and description by language."""

    uid: str
    day: datetime.date
    title: Mapping[str, str]
    description: Mapping[str, str]
    categories: tuple[str, ...]
    url: str = ""


def calendar_bytes(result: Result, *, lang: str) -> bytes:
    """The dated promises of an answer that are not settled; titles in `lang`, descriptions in both languages.

    What fell due before the day of the answer stands in the calendar without an alarm. Raises BadInput where the
    library that writes the format is not installed.
    """
    rows = sorted(reminded(result), key=lambda r: (str(r["due_date"]), str(r["commitment_id"])))
    entries = [
        _Entry(
            uid=f"{row['commitment_id']}.commitments@didymium",
            day=datetime.date.fromisoformat(str(row["due_date"])),
            title={one: _title(row, one) for one in LANGUAGES},
            description={one: _description(row, one) for one in LANGUAGES},
            categories=(str(row["agreement_id"]), str(row["state"])),
            url=str(row["evidence_url"] or ""),
        )
        for row in rows
    ]
    t = translator(lang)
    return _written(entries, "commitments", t("Critical minerals: promises"), as_of(result), lang)


def measures_calendar_bytes(result: Result, *, lang: str) -> bytes:
    """The changes of measures that are on record: what lapses, ends or takes effect, and what ran out unreported.

    As `calendar_bytes`; a change that lies before the day of the answer has no alarm.
    """
    rows = sorted(changing(result), key=lambda r: (str(change_date(r)), str(r["measure_id"])))
    entries = [
        _Entry(
            uid=f"{row['measure_id']}.measures@didymium",
            day=datetime.date.fromisoformat(str(day(change_date(row)))),
            title={one: _change(row, one) for one in LANGUAGES},
            description={one: _about(row, one) for one in LANGUAGES},
            categories=(str(row["kind"]), state_of(row)),
        )
        for row in rows
    ]
    t = translator(lang)
    return _written(entries, "measures", t("Critical minerals: measures"), as_of(result), lang)


def _written(entries: Sequence[_Entry], what: str, name: str, today: datetime.date, lang: str) -> bytes:
    try:
        from icalendar import Calendar
    except ImportError as missing:
        raise BadInput(
            "the package icalendar, which writes calendars, is not installed.",
            cure="Install it: pip install 'didymium[calendar]'.",
        ) from missing
    calendar = Calendar()
    calendar.add("prodid", f"-//Didymium//{what}//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    for entry in entries:
        calendar.add_component(_event(entry, today, lang))
    return bytes(calendar.to_ical())


def changing(result: Result) -> Sequence[Row]:
    """The measures with a day on which they change, or on which a suspension ran out that nobody reported on since."""
    return [r for r in result.rows if change_days(r) is not None and state_of(r) not in ("ended", "replaced")]


def reminded(result: Result) -> Sequence[Row]:
    """The promises with a date that are not settled or dead: those of which a calendar reminds."""
    return [r for r in result.rows if r["due_date"] and r["state"] not in SETTLED and r["behind"] != "dead"]


def _event(entry: _Entry, today: datetime.date, lang: str) -> Event:
    from icalendar import Alarm, Event

    event = Event()
    event.add("uid", entry.uid)
    # The day asked about, not the clock: the same answer gives the same bytes.
    event.add("dtstamp", datetime.datetime.combine(today, datetime.time(), tzinfo=datetime.UTC))
    event.add("dtstart", entry.day)
    event.add("dtend", entry.day + datetime.timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    event.add("summary", entry.title[lang], parameters={"LANGUAGE": lang})
    other = next(one for one in LANGUAGES if one != lang)
    event.add("description", f"{entry.description[lang]}\n\n{entry.title[other]}\n{entry.description[other]}")
    event.add("categories", list(entry.categories))
    if entry.url:
        event.add("url", entry.url)
    if entry.day >= today:
        for days in ALARM_DAYS:
            alarm = Alarm()
            alarm.add("action", "DISPLAY")
            alarm.add("trigger", -datetime.timedelta(days=days))
            alarm.add("description", entry.title[lang])
            event.add_component(alarm)
    return event


def _change(row: Row, lang: str) -> str:
    t = translator(lang)
    what = measure_name(row, t)
    kind = change_kind(row)
    if kind in ("suspension_ends", "suspension_ended"):
        return t("Last day of suspension: {what}", what=what)
    return t("Takes effect: {what}", what=what) if kind == "takes_effect" else t("Last day: {what}", what=what)


def _about(row: Row, lang: str) -> str:
    t = translator(lang)
    effect = row.get("lapse_effect" if lang == "en" else f"lapse_effect_{lang}") or row.get("lapse_effect")
    lines = [
        t("Aimed at {whom}", whom=target_names(row, t)),
        t("State on {date}: {state}", date=t.date(str(row["evidence_date"])), state=_state(row, t)),
        t("HS codes: {codes}", codes=", ".join(as_list(row["hs_codes"]))) if as_list(row["hs_codes"]) else "",
        t.fact(str(effect)) if effect else "",
        f"didymium data explain measures {row['measure_id']}",
    ]
    return "\n".join(line for line in lines if line)


def _state(row: Row, t: Translator) -> str:
    return t.term("measure_status", str(row["status_recorded"]))


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
