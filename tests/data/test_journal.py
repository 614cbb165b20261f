"""The journal of promises: nothing is lost, a changed byte is found, several writers do not disturb each other."""

from __future__ import annotations

import multiprocessing
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import didymium.data
from didymium.data import journal, journal_file
from didymium.data.chained import START, Draft, Entry
from didymium.data.journal import sealed
from didymium.data.journal_file import append, load
from didymium.data.package import base_tables
from didymium.errors import BadInput, StoreError
from didymium.studies.commitments import commitments

AT = "2026-11-28T08:00:00Z"
SHIPPED = {name: base_tables()[name].rows for name in ("commitments", "commitment_readings", "sources")}
IDS = tuple(str(row["commitment_id"]) for row in SHIPPED["commitments"])
PAGE = "https://example.org/report"

_STATUS = st.sampled_from(["open", "unknown", "partly", "met", "missed"])
_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=12).filter(
    lambda text: bool(text.strip())
)


def update(name: str, who: str = "METI", why: str = "report", **fields: str) -> Draft:
    return Draft("update", name, fields or {"status": "partly"}, who, why)


def chained(drafts: list[Draft]) -> bytes:
    body, previous = b"", START
    for line, draft in enumerate(drafts, start=1):
        entry, written = sealed(draft, line=line, at=AT, previous=previous)
        body, previous = body + written, entry.hash
    return body


@st.composite
def sequences(draw: st.DrawFn) -> list[Draft]:
    """Adds, updates and supersessions of three shipped promises and of those added on the way."""
    known = list(IDS[:3])
    drafts: list[Draft] = []
    for number in range(draw(st.integers(1, 12))):
        action = draw(st.sampled_from(journal.ACTIONS))
        who, why = draw(_WORDS), draw(_WORDS)
        if action == "add":
            name = f"u{number}"
            row = {"agreement_id": "us-jp-fw-2025", "parties": "JPN", "kind": "trade", "summary": draw(_WORDS)}
            drafts.append(Draft("add", name, {**row, "status": draw(_STATUS)}, who, why))
            known.append(name)
        elif action == "update":
            fields = {"status": draw(_STATUS), "notes": draw(_WORDS), "last_evidence_date": "2026-11-01"}
            drafts.append(Draft("update", draw(st.sampled_from(known)), fields, who, why))
        else:
            fields = {"superseded_by": draw(st.sampled_from(known))}
            drafts.append(Draft("supersede", draw(st.sampled_from(known)), fields, who, why))
    return drafts


@given(sequences())
@settings(max_examples=60, deadline=None)
def test_no_sequence_of_changes_loses_history(drafts: list[Draft]) -> None:
    entries = journal.read(chained(drafts))
    journal.follows([], drafts, IDS)
    assert [entry.draft for entry in entries] == drafts
    for name in {draft.subject for draft in drafts}:
        told = list(journal.changes(entries, name, SHIPPED))
        # every line of the promise is told, with who and why
        assert {row["line"] for row in told} == {e.line for e in entries if e.subject == name}
        # played back from the shipped state, the changes end where the tables stand
        state = {c: journal._text(v) for c, v in journal._state([], name, SHIPPED).items()}
        for row in told:
            if row["field"]:
                assert state.get(row["field"], "") == row["before"]
                state[row["field"]] = row["after"]
        now = journal._state(entries, name, SHIPPED)
        assert {c: journal._text(v) for c, v in now.items()} == {c: state.get(c, "") for c in now}
    # an earlier state is what the first lines alone come to
    for cut in range(len(drafts)):
        assert journal.read(chained(drafts[:cut])) == entries[:cut]


@given(sequences(), st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_changed_byte_is_found(drafts: list[Draft], data: st.DataObject) -> None:
    body = chained(drafts)
    at = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != body[at]))
    for changed in (
        body[:at] + bytes([other]) + body[at + 1 :],
        body[:at] + body[at + 1 :],
        body[:at] + bytes([other]) + body[at:],
    ):
        with pytest.raises(BadInput, match="line"):
            journal.read(changed)


def test_the_broken_line_is_named() -> None:
    lines = chained([update("c001"), update("c002"), update("c003")]).splitlines(keepends=True)
    forged = lines[1].replace(b"METI", b"DOE ")
    with pytest.raises(BadInput, match=r"^my\.jsonl line 2: the line was changed after it was written") as told:
        journal.read(lines[0] + forged + lines[2], "my.jsonl")
    assert "The 1 lines before it are sound" in told.value.line()
    with pytest.raises(BadInput, match="line 2: the line does not follow"):
        journal.read(lines[0] + lines[2])
    with pytest.raises(BadInput, match="line 1: the line does not follow"):
        journal.read(lines[1] + lines[0])


def _write(path: str, writer: int, lines: int) -> None:
    for number in range(lines):
        append(Path(path), [update("c001", who=f"writer {writer}", notes=f"{writer}-{number}")], at=AT)


def test_writers_in_several_processes_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "promises.jsonl"
    context = multiprocessing.get_context("spawn")
    crew = [context.Process(target=_write, args=(str(path), writer, 12)) for writer in range(3)]
    for one in crew:
        one.start()
    for one in crew:
        one.join(120)
    assert [one.exitcode for one in crew] == [0, 0, 0]
    entries = load(path)
    assert [entry.line for entry in entries] == list(range(1, 37))
    for writer in range(3):
        own = [e.draft.fields["notes"] for e in entries if e.draft.who == f"writer {writer}"]
        assert own == [f"{writer}-{number}" for number in range(12)]


@pytest.mark.parametrize("kept", [1, 40, -1])
def test_a_torn_last_line_is_set_aside_and_a_whole_one_ended(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "promises.jsonl"
    append(path, [update("c001"), update("c002")], at=AT)
    whole = path.read_bytes()
    first, second = whole.splitlines(keepends=True)
    path.write_bytes(first + second[:kept])
    assert [entry.subject for entry in load(path)] == ["c001"]  # nobody was told of the other
    append(path, [update("c003")], at=AT)
    aside = [file.read_bytes() for file in tmp_path.glob("*.torn-*")]
    assert aside == ([] if kept == -1 else [second[:kept]])
    names = [entry.subject for entry in load(path)]
    assert names == (["c001", "c002", "c003"] if kept == -1 else ["c001", "c003"])


@pytest.mark.parametrize("kept", [1, 300, -1])
def test_lines_written_together_are_there_together(tmp_path: Path, kept: int) -> None:
    """A writer that dies between two lines that belong together leaves none of them."""
    path = tmp_path / "promises.jsonl"
    append(path, [update("c001")], at=AT)
    size = path.stat().st_size

    def torn(where: Path, body: bytes) -> None:
        written(where, body[:kept] if where == path else body)
        if where == path:
            raise KeyboardInterrupt

    written = journal_file._write
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal_file, "_write", torn)
        with pytest.raises(KeyboardInterrupt):
            append(path, [update("c002"), update("c003"), update("c004")], at=AT)
    assert path.stat().st_size > size
    assert [entry.subject for entry in load(path)] == ["c001"]
    append(path, [update("c005")], at=AT)
    assert [entry.subject for entry in load(path)] == ["c001", "c005"]
    assert [file.name for file in tmp_path.iterdir() if "batch" in file.name] == []


@pytest.mark.skipif(sys.platform == "win32", reason="takes the lock as POSIX systems do")
def test_a_journal_that_is_held_says_that_it_is_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    path = tmp_path / "promises.jsonl"
    append(path, [update("c001")], at=AT)
    monkeypatch.setattr(journal_file, "_PATIENCE", 0.05)
    with (tmp_path / "promises.jsonl.lock").open("a+b") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(StoreError, match="busy: another process"):
            append(path, [update("c002")], at=AT)
    assert len(append(path, [update("c002")], at=AT)) == 1


def test_nothing_is_written_after_a_broken_line(tmp_path: Path) -> None:
    path = tmp_path / "promises.jsonl"
    append(path, [update("c001"), update("c002")], at=AT)
    path.write_bytes(path.read_bytes().replace(b"c001", b"c004"))
    before = path.read_bytes()
    with pytest.raises(BadInput, match="line 1"):
        append(path, [update("c003")], at=AT)
    assert path.read_bytes() == before


def test_what_cannot_follow_is_refused_under_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "promises.jsonl"
    bad = [
        (Draft("add", "c001", {"status": "open"}, "a", "b"), "is there already"),
        (update("c999"), "neither shipped nor added"),
        (Draft("update", "c001", {}, "a", "b"), "would not change"),
        (Draft("update", "c001", {"state": "met"}, "a", "b"), "field 'state' is not known"),
        (update("c001", who=" "), "who is empty"),
        (update("c001", why=""), "why is empty"),
        (Draft("supersede", "c001", {"status": "met"}, "a", "b"), "go together"),
    ]
    for draft, fault in bad:

        def judge(entries: tuple[Entry, ...], draft: Draft = draft) -> None:
            journal.follows(entries, [draft], IDS)

        with pytest.raises(BadInput, match=fault):
            append(path, [draft], at=AT, judge=judge)
    assert load(path) == ()


def test_the_journal_is_a_layer_of_the_same_study(tmp_path: Path) -> None:
    path = tmp_path / "promises.jsonl"
    added = {
        "agreement_id": "us-jp-fw-2025",
        "parties": "USA;JPN",
        "kind": "stockpile",
        "summary": "Sign a swap arrangement",
        "status": "open",
        "due_date": "2026-12-15",
        "due_basis": "joint statement",
        "confidence": "medium",
        "source_id": PAGE,
    }
    drafts = [
        Draft("add", "u001", added, "METI", "announced"),
        Draft(
            "update",
            "c002",
            {"status": "met", "evidence": PAGE, "last_evidence_date": "2026-11-20", "done_date": "2026-11-20"},
            "DOE",
            "held in Houston",
        ),
        Draft("supersede", "c012", {"superseded_by": "u001"}, "METI", "the swap arrangement replaces it"),
    ]
    append(path, drafts, at=AT)
    ds = didymium.data.open([path])
    rows = {row["commitment_id"]: row for row in commitments(ds, as_of=date(2026, 11, 28)).rows}
    assert (rows["u001"]["due_date"], rows["u001"]["state"]) == ("2026-12-15", "due_soon")
    assert (rows["c002"]["state"], rows["c002"]["days_overdue"]) == ("met", 208)
    assert rows["c002"]["evidence_url"] == PAGE
    assert rows["c012"]["legal_force"] == "not_in_force"
    assert "Superseded by u001." in str(rows["c012"]["note"])
    assert ds.id != didymium.data.open().id
    assert ds.layers[-1] == "promises.jsonl"
    path.write_bytes(path.read_bytes().replace(b"Houston", b"Chicago"))
    with pytest.raises(BadInput, match=r"promises\.jsonl line 2"):
        didymium.data.open([path])
