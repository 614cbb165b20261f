"""The log of actions: nothing is lost, a sign-off holds for what was signed, and copies that parted are not joined."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from didymium.data import action_log
from didymium.data.action_log import KEY, actions, continuation, history, read_log, record, rows, take
from didymium.data.chained import START, Draft, Entry, read, sealed
from didymium.errors import BadInput

AT = "2026-11-28T08:00:00Z"
ADD = Draft("add", "A1", {"what": "open the stock", "needs": "USA;JPN"}, "Sato", "first shortage in 40 days")


def sign(party: str, who: str) -> Draft:
    return Draft("sign", "A1", {"party": party}, who, "agreed")


def chained(drafts: list[Draft]) -> tuple[Entry, ...]:
    made: list[Entry] = []
    for draft in drafts:
        previous = made[-1].hash if made else START
        made.append(sealed(draft, line=len(made) + 1, at=AT, previous=previous, key=KEY)[0])
    return tuple(made)


NAMES = st.sampled_from(["A1", "A2"])
WHO = st.sampled_from(["Sato", "Miller", "Tanaka"])
WHY = st.text("abc ", min_size=1).filter(str.strip)
STEPS = st.one_of(
    st.builds(lambda n, w, y: Draft("add", n, {"what": "x", "needs": "USA;JPN"}, w, y), NAMES, WHO, WHY),
    st.builds(lambda n, w, y: Draft("assign", n, {"owner": w, "party": "JPN"}, w, y), NAMES, WHO, WHY),
    st.builds(
        lambda n, s, w, y: Draft("update", n, {"state": s}, w, y), NAMES, st.sampled_from(action_log.STATES), WHO, WHY
    ),
    st.builds(
        lambda n, p, w, y: Draft("sign", n, {"party": p}, w, y), NAMES, st.sampled_from(["USA", "JPN", "AUS"]), WHO, WHY
    ),
)


@given(st.lists(STEPS, max_size=12))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_sequence_loses_history(tmp_path: Path, steps: list[Draft]) -> None:
    path = tmp_path / "actions.jsonl"
    path.unlink(missing_ok=True)
    written: list[Draft] = []
    for step in steps:
        before = read_log(path)
        try:
            record(path, [step], at=AT)
        except BadInput:
            assert read_log(path) == before  # what is refused leaves no trace
        else:
            written.append(step)
            assert read_log(path)[:-1] == before  # what is added changes nothing above it
    entries = read_log(path)
    assert [entry.draft for entry in entries] == written
    assert [row["why"] for row in history(entries)] == [draft.why for draft in written]
    for one in actions(entries).values():
        last_change = max(i for i, d in enumerate(written) if d.subject == one.action_id and d.action != "sign")
        after = [d for d in written[last_change + 1 :] if d.subject == one.action_id]
        assert [(d.fields["party"], d.who) for d in after] == [(party, who) for party, who, _ in one.signed]
        assert len({who for _, who, _ in one.signed}) == len(one.signed)


def test_both_sides_sign_and_a_change_asks_for_new_signatures(tmp_path: Path) -> None:
    path = tmp_path / "actions.jsonl"
    record(path, [ADD, sign("USA", "Miller"), sign("JPN", "Sato")], at=AT)
    assert rows(read_log(path))[0]["is_signed_off"]
    record(path, [Draft("update", "A1", {"due_date": "2026-12-09"}, "Sato", "ship is late")], at=AT)
    assert rows(read_log(path))[0]["missing"] == ["USA", "JPN"]


@pytest.mark.parametrize(
    ("draft", "fault"),
    [
        (ADD, "is there already"),
        (sign("AUS", "Lee"), "needs no sign-off by AUS"),
        (sign("USA", "Lee"), "USA has signed A1"),
        (sign("JPN", "Miller"), "Miller has signed A1 for USA"),
        (Draft("sign", "A2", {"party": "USA"}, "Lee", "yes"), "A2 is not in the log"),
        (Draft("update", "A1", {"state": "begun"}, "Lee", "yes"), "state 'begun' is not known"),
        (Draft("update", "A1", {}, "Lee", "yes"), "would not change"),
        (Draft("assign", "A1", {"owner": "Lee"}, "Lee", "yes"), "party is empty"),
        (Draft("assign", "A1", {"state": "done"}, "Lee", "yes"), "not for assign"),
        (Draft("update", "A1", {"state": "done"}, "Lee", " "), "why is empty"),
        (Draft("delete", "A1", {"state": "done"}, "Lee", "yes"), "step 'delete' is not known"),
    ],
)
def test_what_cannot_follow_is_refused_and_not_written(tmp_path: Path, draft: Draft, fault: str) -> None:
    path = tmp_path / "actions.jsonl"
    record(path, [ADD, sign("USA", "Miller")], at=AT)
    with pytest.raises(BadInput, match=fault):
        record(
            path,
            [Draft("update", "A1", {"note": "x"}, "Lee", "why"), draft] if "signed" not in fault else [draft],
            at=AT,
        )
    assert len(read_log(path)) == 2


def test_a_changed_line_is_named() -> None:
    body = sealed(ADD, line=1, at=AT, previous=START, key=KEY)[1]
    with pytest.raises(BadInput, match="log line 1"):
        read(body.replace(b"open", b"shut"), "log", KEY)


def test_a_copy_that_goes_on_is_taken_and_one_that_parted_is_not(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.jsonl", tmp_path / "theirs.jsonl"
    record(ours, [ADD], at=AT)
    theirs.write_bytes(ours.read_bytes())
    record(theirs, [sign("USA", "Miller")], at="2026-11-28T09:00:00Z")
    assert [entry.line for entry in take(ours, theirs)] == [2]
    assert ours.read_bytes() == theirs.read_bytes()
    parted = chained([ADD, sign("JPN", "Sato")])
    with pytest.raises(BadInput, match="part at line 2"):
        continuation(read_log(ours), parted, "theirs")
