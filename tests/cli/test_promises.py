"""`didymium commitments` as a ministry uses it: what fell behind, the journal, the calendar, and who is bound."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path

import icalendar
import pytest
from openpyxl import Workbook

from tests.cli.conftest import Didymium

AS_OF = ("--as-of", "2026-11-22")
PAGE = "https://example.org/report"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A workbook with a new promise and two changes."""
    sheet = (filled := Workbook()).active
    assert sheet is not None
    sheet.append(
        [
            "commitment_id",
            "action",
            "agreement_id",
            "parties",
            "kind",
            "summary",
            "source_id",
            "confidence",
            "counted_from_date",
            "term",
            "term_unit",
            "status",
            "evidence",
            "last_evidence_date",
            "why",
        ]
    )
    sheet.append(
        [
            "u7",
            "add",
            "us-jp-fw-2025",
            "USA;JPN",
            "mapping",
            "Publish a joint map",
            PAGE,
            "medium",
            date(2026, 8, 31),
            6,
            "months",
            "open",
            None,
            None,
            "agreed",
        ]
    )
    sheet.append(
        [
            "c003",
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            "partly",
            PAGE,
            date(2026, 10, 2),
            "first meeting",
        ]
    )
    sheet.append(["c011", None, None, None, None, None, None, None, None, None, None, "open", None, None, "asked"])
    path = tmp_path / "changes.xlsx"
    filled.save(path)
    return path


def test_only_what_fell_behind(didymium: Didymium) -> None:
    rows = didymium("commitments", *AS_OF, "--party", "JPN", "--overdue", "--json").json()["rows"]
    assert {row["commitment_id"]: row["behind"] for row in rows} == {
        "c031": "overdue",
        "c002": "overdue",
        "c001": "overdue",
        "c120": "dead",
        "c050": "late",
    }


def test_update_history_verify_and_the_answer_with_the_journal(didymium: Didymium, tmp_path: Path) -> None:
    journal = ("--journal", tmp_path / "promises.jsonl")
    who = ("--who", "METI", "--why", "Held in Houston")
    silent = didymium("commitments", "update", "c002", "--status", "met", *who, *journal)
    assert (silent.code, silent.out) == (2, "")
    assert "nothing shows it. Give --evidence" in silent.err
    said = ("--status", "met", "--evidence", PAGE, "--evidence-date", "2026-11-20", "--done", "2026-11-20")
    assert didymium("commitments", "update", "c002", *said, *who, *journal).code == 0
    told = didymium("commitments", "history", "c002", *journal, "--json").json()["rows"]
    assert next((row["field"], row["before"], row["after"]) for row in told) == ("status", "unknown", "met")
    assert {(row["who"], row["why"]) for row in told} == {("METI", "Held in Houston")}
    checked = didymium("commitments", "verify", *journal, "--json").json()
    assert checked["lines"] == 1
    assert didymium("commitments", "verify", *journal, "--expect", checked["last_hash"]).code == 0
    assert didymium("commitments", "verify", *journal, "--expect", "0" * 64).code == 1
    asked = didymium("commitments", "--as-of", "2026-11-28", *journal, "--json")
    row = next(row for row in asked.json()["rows"] if row["commitment_id"] == "c002")
    assert (row["state"], row["behind"], row["days_overdue"], row["evidence_url"]) == ("met", "late", 208, PAGE)
    # the journal is a layer, so the answer can be asked again from its run
    assert didymium("runs", "repeat", asked.json()["run_id"]).code == 0
    journal[1].write_bytes(journal[1].read_bytes().replace(b"Houston", b"Chicago"))
    for command in (("verify",), ("history", "c002"), ("update", "c001", "--status", "open", *who), ()):
        broken = didymium("commitments", *command, *journal)
        assert broken.code == 2
        assert "promises.jsonl line 1: the line was changed after it was written" in broken.err


def test_a_promise_with_a_term_in_business_days(didymium: Didymium, tmp_path: Path) -> None:
    journal = ("--journal", tmp_path / "promises.jsonl")
    what = ("--agreement", "us-jp-fw-2025", "--promised-by", "USA;JPN", "--kind", "stockpile", "--what", "Sign a swap")
    term = ("--counted-from", "2026-02-17", "--term", "45", "--term-unit", "business_days")
    other = ("--other-from", "2026-02-16", "--other-place", "USA")
    who = ("--source", PAGE, "--who", "DOE", "--why", "announced")
    assert didymium("commitments", "add", "u1", *what, *term, *other, *who, *journal).code == 0
    rows = didymium("commitments", *AS_OF, *journal, "--json").json()["rows"]
    row = next(row for row in rows if row["commitment_id"] == "u1")
    # the documented case: selected on 17 February 2026, 45 business days, weekends only
    assert (row["due_date"], row["other_due_date"]) == ("2026-04-21", "2026-04-20")
    again = didymium("commitments", "add", "u1", *what, *who, *journal)
    assert (again.code, "u1 is there already" in again.err) == (2, True)
    bad = didymium("commitments", "update", "u1", "--status", "gut", "--who", "a", "--why", "b", *journal)
    assert (bad.code, "column status: 'gut' is not allowed" in bad.err) == (2, True)


def test_the_clocks_of_the_framework_in_business_days_and_both_zones(didymium: Didymium) -> None:
    rows = {r["commitment_id"]: r for r in didymium("commitments", *AS_OF, "--json").json()["rows"]}
    assert (rows["c002"]["due_date"], rows["c002"]["other_due_date"]) == ("2026-04-26", "2026-04-25")
    assert (rows["c001"]["due_date"], rows["c001"]["other_due_date"]) == ("2026-04-28", "2026-04-27")
    assert rows["c031"]["due_date"] == "2026-04-21"


def test_changes_from_a_workbook(didymium: Didymium, tmp_path: Path, book: Path) -> None:
    journal = ("--journal", tmp_path / "promises.jsonl")
    nobody = didymium("commitments", "update", "--from", book, *journal)
    assert nobody.code == 2
    assert "changes.xlsx sheet Sheet row 2: commitment_id, who and why are needed" in nobody.err
    assert didymium("commitments", "update", "--from", book, "--who", "METI", *journal).code == 0
    rows = {r["commitment_id"]: r for r in didymium("commitments", *AS_OF, *journal, "--json").json()["rows"]}
    assert (rows["u7"]["due_date"], rows["u7"]["state"]) == ("2027-02-28", "open")
    assert (rows["c003"]["status"], rows["c003"]["evidence_url"]) == ("partly", PAGE)
    assert didymium("commitments", "verify", *journal, "--json").json()["lines"] == 3
    # all rows or none: the promise is there already
    before = journal[1].read_bytes()
    assert didymium("commitments", "update", "--from", book, "--who", "METI", *journal).code == 2
    assert journal[1].read_bytes() == before


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_reminders_are_read_back_by_the_library(didymium: Didymium, tmp_path: Path, lang: str) -> None:
    path = tmp_path / "promises.ics"
    assert didymium("commitments", "ical", *AS_OF, "-o", path, "--lang", lang).code == 0
    events = {str(e["UID"]): e for e in icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT")}
    rows = didymium("commitments", *AS_OF, "--json").json()["rows"]
    dated = {r["commitment_id"]: r for r in rows if r["due_date"] and r["state"] != "met" and r["behind"] != "dead"}
    assert set(events) == {f"{name}.commitments@didymium" for name in dated}
    for name, row in dated.items():
        event = events[f"{name}.commitments@didymium"]
        assert event.decoded("DTSTART") == date.fromisoformat(row["due_date"])
        assert str(row["agreement"]) in str(event["DESCRIPTION"])
        alarms = [alarm.decoded("TRIGGER") for alarm in event.walk("VALARM")]
        ahead = row["due_date"] >= "2026-11-22"
        assert alarms == ([-timedelta(days=30), -timedelta(days=7), timedelta(0)] if ahead else [])
    busan = events["c101.commitments@didymium"]
    assert ("中国" in str(busan["SUMMARY"])) == (lang == "ja")
    assert ("China" if lang == "ja" else "中国") in str(busan["DESCRIPTION"])  # the title in the other language
    ministerial = str(events["c002.commitments@didymium"]["DESCRIPTION"])
    assert "25 Apr 2026" in ministerial and "2026年4月25日" in ministerial
    # the same answer gives the same bytes, and a later day keeps the identifiers
    again = tmp_path / "again.ics"
    didymium("commitments", "ical", *AS_OF, "-o", again, "--lang", lang)
    assert again.read_bytes() == path.read_bytes()
    later = tmp_path / "later.ics"
    didymium("commitments", "ical", "--as-of", "2026-11-25", "-o", later, "--lang", lang)
    assert {str(e["UID"]) for e in icalendar.Calendar.from_ical(later.read_bytes()).walk("VEVENT")} == set(events)


def test_without_the_library_one_line_says_what_to_install(
    didymium: Didymium, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "icalendar", None)
    said = didymium("commitments", "ical", *AS_OF, "-o", tmp_path / "promises.ics")
    assert said.code == 2
    assert "pip install 'didymium[calendar]'" in said.err
    assert not (tmp_path / "promises.ics").exists()


def test_accounts_that_differ_stand_side_by_side(didymium: Didymium) -> None:
    answer = didymium("commitments", *AS_OF, "--json").json()
    sides: dict[str, dict[str, str]] = {}
    for row in answer["tables"]["readouts"]:
        sides.setdefault(row["commitment_id"], {})[row["side"]] = row["account_kind"]
    assert sides["c102"] == sides["c103"] == {"CHN": "silent", "USA": "states"}
    assert all(len(accounts) > 1 for accounts in sides.values())
    early = didymium("commitments", "--as-of", "2026-02-01", "--json").json()["tables"]["readouts"]
    assert {row["commitment_id"] for row in early} == {"c001", "c070", "c102"}


def test_the_days_of_measures_as_reminders(didymium: Didymium, tmp_path: Path) -> None:
    calendar = pytest.importorskip("icalendar")
    path = tmp_path / "measures.ics"
    assert didymium("measures", "ical", "-o", path, "--as-of", "2026-11-20", "-q").code == 0
    events = calendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT")
    days = [event.decoded("dtstart").isoformat() for event in events]
    assert days.count("2026-11-10") == 6 and days.count("2026-11-27") == 1
    alarms = {event.decoded("dtstart").isoformat(): len(event.walk("VALARM")) for event in events}
    assert alarms["2026-11-10"] == 0 and alarms["2026-11-27"] == 3
