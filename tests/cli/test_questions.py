"""One contract for all questions of the catalogue, on the shipped data."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from didymium import data
from didymium.questions.catalogue import QUESTIONS
from tests.cli.conftest import Didymium

SLOW = (
    "backtest",
    "brief",
    "commitments worth",
    "finance",
    "measures branches",
    "plan",
    "plan whatif",
    "respond",
    "stress",
)
AS_OF = ("--as-of", "2026-11-22")


def _arguments(command: str) -> list[str]:
    question = QUESTIONS[command]
    asked = ("ndpr_oxide", "--at", "110") if command == "measures floor" else ()
    return [*command.split(), *asked, *(AS_OF if "as_of" in question.params else ())]


@pytest.mark.parametrize("command", [c for c in QUESTIONS if c not in SLOW])
def test_a_question_answers_with_rows_sources_and_a_run_that_repeats(didymium: Didymium, command: str) -> None:
    said = didymium(*_arguments(command), "--json")
    assert (said.code, said.err) == (0, "")
    answer = said.json()
    assert answer["rows"], "an answer has rows"
    assert set(QUESTIONS[command].columns) <= set(answer["rows"][0])
    assert all(isinstance(row.get("source_ids"), list) for row in answer["rows"])
    assert answer["unit_notes"], "units are told"
    again = didymium("runs", "repeat", answer["run_id"])
    assert (again.code, again.err) == (0, "")


@pytest.mark.parametrize("command", [c for c in QUESTIONS if c not in SLOW])
@pytest.mark.parametrize("lang", ["en", pytest.param("ja", marks=pytest.mark.slow)])
def test_a_question_is_shown_to_people(didymium: Didymium, command: str, lang: str) -> None:
    said = didymium(*_arguments(command), "--lang", lang)
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[-1].endswith(QUESTIONS[command].then)
    assert not re.search(r"\bnan\b|\bNone\b", said.out)


def test_each_party_alone_is_answered(didymium: Didymium) -> None:
    for party in ("USA", "JPN"):
        rows = didymium("gaps", "--parties", party, "--years", "2030", "--outlooks", "steps", "--json").json()["rows"]
        assert {row["party"] for row in rows} == {party}


def test_a_party_that_is_no_place_is_refused(didymium: Didymium) -> None:
    said = didymium("gaps", "--parties", "USA,JAP")
    assert said.code == 2
    assert "party 'JAP' is not known. Did you mean 'JPN'" in said.err


@pytest.mark.slow
def test_a_long_answer_is_cut_for_people_and_whole_for_programs(didymium: Didymium) -> None:
    asked = ("gaps", "--draws", "8")
    seen = didymium(*asked).out
    assert "rows. All: --rows 0" in seen and len(seen.splitlines()) < 50
    assert len(didymium(*asked, "--rows", "0").out.splitlines()) > 500
    assert len(didymium(*asked, "--csv").out.splitlines()) > 500


def test_overdue_can_fail_a_command(didymium: Didymium) -> None:
    assert didymium("commitments", *AS_OF, "--fail-on", "overdue").code == 1
    assert didymium("commitments", *AS_OF, "--fail-on", "no-such-state").code == 0


def test_the_day_asked_about_changes_the_answer(didymium: Didymium) -> None:
    def left(day: str) -> int | None:
        rows = didymium("measures", "--as-of", day, "--json").json()["rows"]
        found: int | None = next(r["days_to_change"] for r in rows if r["next_change_date"] == "2026-11-27")
        return found

    assert (left("2026-11-22"), left("2026-11-23")) == (5, 4)


def test_the_shipped_tables_have_no_fault(didymium: Didymium) -> None:
    said = didymium("data", "check")
    assert (said.code, said.err) == (0, "")


def test_a_bad_layer_is_refused_with_every_fault_and_keeps_no_run(
    didymium: Didymium, tmp_path: Path, own_store: Path
) -> None:
    layer = tmp_path / "mine"
    layer.mkdir()
    shipped = didymium("data", "table", "governance", "--csv").out
    header = didymium("data", "table", "governance", "--csv").out.splitlines()[0]
    columns = [name for name in header.split(",") if name not in ("row_id", "layer")]
    assert shipped
    (layer / "governance.csv").write_text(",".join(columns) + "\n" + ",".join("x" for _ in columns) + "\n", "utf-8")
    said = didymium("data", "check", layer)
    assert said.code == 2
    assert "mine/governance.csv row 2, column" in said.err
    refused = didymium("exposure", "--layer", layer)
    assert refused.code == 2
    assert "mine/governance.csv row 2, column" in refused.err
    assert list((own_store / "runs").iterdir()) == []
    faults = didymium("data", "check", layer, "--json")
    assert faults.code == 2
    assert {"file", "row", "column", "value", "what", "cure"} <= set(faults.json()["faults"][0])


def test_the_lineage_of_a_number_is_told(didymium: Didymium) -> None:
    said = didymium("data", "explain", "production", "nd_oxide", "CHN", "2024")
    assert said.code == 0
    for word in ("value", "confidence", "source", "basis", "series"):
        assert word in said.out
    assert didymium("data", "explain", "production", "nd_oxide", "CHN", "2024", "--json").json()["used"]["unit"]
    assert "中国" in didymium("data", "explain", "production", "nd_oxide", "CHN", "2024", "--lang", "ja").out


def test_a_number_that_is_not_there_is_refused(didymium: Didymium) -> None:
    said = didymium("data", "explain", "production", "nd_oxid", "CHN", "2024")
    assert said.code == 2
    assert "nd_oxide" in said.err and said.err.count("\n") == 1


@pytest.mark.slow
def test_stress_repeats_to_the_same_bytes(didymium: Didymium) -> None:
    answer = didymium("stress", "--scenario", "cn-stop-3", "--draws", "10", "--no-drivers", "--json").json()
    assert set(QUESTIONS["stress"].columns) <= set(answer["rows"][0])
    assert {row["status"] for row in answer["tables"]["certificates"]} == {"optimal"}
    assert didymium("runs", "repeat", answer["run_id"]).code == 0


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_brief_leaves_three_files_and_repeats(didymium: Didymium, tmp_path: Path, lang: str) -> None:
    out = tmp_path / "out"
    said = didymium("brief", *AS_OF, "--scenario", "cn-stop-3", "--lang", lang, "-o", out)
    assert (said.code, said.err) == (0, "")
    assert sorted(p.name for p in out.iterdir()) == ["brief.html", "brief.pdf", "brief.xlsx"]
    assert (out / "brief.pdf").read_bytes().startswith(b"%PDF-")
    html = (out / "brief.html").read_text("utf-8")
    assert f'lang="{lang}"' in html
    assert re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="?https?:', html) == []
    limits = [r for r in data.open().rows("sentences") if r["sentence_id"].startswith("brief.limit.")]
    assert len(limits) > 5
    assert [r for r in limits if r["text" if lang == "en" else "text_ja"] not in unescape(html)] == []
    run_id = said.out.splitlines()[-1].split()[-1]
    assert didymium("runs", "repeat", run_id).code == 0
    assert didymium("runs", "verify").code == 0


@pytest.mark.slow
def test_the_back_test_answers_in_both_languages_and_repeats(didymium: Didymium) -> None:
    said = didymium("backtest", "--draws", "10", "--json")
    assert (said.code, said.err) == (0, "")
    answer = said.json()
    assert answer["rows"] and all(row["source_ids"] for row in answer["rows"])
    again = didymium("runs", "repeat", answer["run_id"])
    assert (again.code, again.err) == (0, "")
    shown = didymium("backtest", "--table", "score", "--lang", "ja")
    assert shown.code == 0 and "順位相関" in shown.out


@pytest.mark.slow
def test_the_worth_of_one_promise_repeats(didymium: Didymium) -> None:
    said = didymium("commitments", "worth", "c101", "--draws", "8", "--json")
    assert (said.code, said.err) == (0, "")
    answer = said.json()
    assert set(QUESTIONS["commitments worth"].columns) <= set(answer["rows"][0])
    assert didymium("runs", "repeat", answer["run_id"]).code == 0
