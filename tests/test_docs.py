"""The documentation says what is so: pages are the program's own words, commands exist, examples run."""

from __future__ import annotations

import csv
import doctest
import importlib
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from tools.write_reference import PAGES, REFERENCE, commands

from didymium.questions.catalogue import QUESTIONS

ROOT = Path(__file__).parent.parent
TEXTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
SOURCE = ROOT / "src"
MODULES = sorted(
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
    for path in SOURCE.rglob("*.py")
    if path.name != "__main__.py"
)


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_up_to_date(name: str) -> None:
    assert (REFERENCE / name).read_text("utf-8") == PAGES[name](), "run: python -m tools.write_reference"


def test_every_command_has_its_heading_and_every_heading_its_command() -> None:
    headings = re.findall(r"^#{2,3} (didymium.*)$", (REFERENCE / "commands.md").read_text("utf-8"), re.MULTILINE)
    assert headings == [context.command_path for context in commands()]


def _said_commands() -> Iterator[tuple[str, list[str]]]:
    """Every `didymium …` line of a code block or code span, by file."""
    for path in TEXTS:
        text = path.read_text("utf-8")
        if path.parent == REFERENCE and path.name in PAGES:
            continue
        blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        lines = [part for block in blocks for line in block.splitlines() for part in re.split(r"&&|>", line)]
        for line in [*lines, *re.findall(r"`(didymium[^`\n]*)`", text)]:
            words = shlex.split(line, comments=True)
            if words and words[0].rpartition("/")[2] == "didymium":
                yield str(path.relative_to(ROOT)), words[1:]


@pytest.mark.parametrize(("file", "words"), sorted({(f, " ".join(w)) for f, w in _said_commands()}))
def test_a_command_in_the_text_exists_with_its_options(file: str, words: str) -> None:
    known = {context.command_path.split(" ", 1)[-1]: context.command for context in commands()}
    said = words.replace("\\|", "|").split()
    command: click.Command = known["didymium"]
    while said and isinstance(command, click.Group) and not said[0].startswith("-"):
        found = command.get_command(click.Context(command), said.pop(0))
        assert found is not None, f"{file}: no such command: didymium {words}"
        command = found
    options = {flag for param in command.params for flag in (*param.opts, *param.secondary_opts)} | {"--help", "-h"}
    assert {word for word in said if word.startswith("-")} <= options, f"{file}: didymium {words}"


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_to_files_that_are_there(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text("utf-8"))
    missing = [link for link in links if "://" not in link and not (path.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_the_readme_marks_its_two_commands() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    found = dict(re.findall(r"<!-- line: (\w+) -->\n```sh\n([^\n]+)\n```", readme))
    assert set(found) == {"try", "test"}
    assert found["try"].endswith("didymium brief")
    assert found["test"].endswith("pytest")
    for line in found.values():
        assert line.startswith("python3 -m venv .venv && ")
        assert "--require-hashes" in line


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_ci_runs_the_test_line_as_it_stands_in_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    reader = re.search(r"^readme_line\(\) \{.*?^\}", script, re.MULTILINE | re.DOTALL)
    assert reader is not None
    said = subprocess.run(
        ["bash", "-c", f"{reader.group()}\nreadme_line test"], cwd=ROOT, capture_output=True, check=True
    )
    line = said.stdout.decode("utf-8").rstrip("\n")
    assert f"<!-- line: test -->\n```sh\n{line}\n```" in (ROOT / "README.md").read_text("utf-8")
    assert script.index("test_line=$(readme_line test)") < script.index('eval "$test_line"')


def test_every_how_to_is_listed() -> None:
    listed = re.findall(r"`(\d\d_\w+\.py)`", (ROOT / "docs" / "howtos.md").read_text("utf-8"))
    assert listed == sorted(path.name for path in (ROOT / "howtos").glob("*.py"))


def test_every_column_of_a_question_has_a_heading_in_both_languages() -> None:
    text = (ROOT / "src" / "didymium" / "questions" / "headings.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert all(row["en"] and row["ja"] for row in rows)
    known = {row["column"] for row in rows}
    assert len(known) == len(rows)
    assert {column for question in QUESTIONS.values() for column in question.columns} <= known


def test_the_first_page_names_a_command_for_each_of_the_eight_questions() -> None:
    from didymium.questions.catalogue import QUESTIONS

    rows = re.findall(
        r"^\| [1-8] \|.*\| `didymium ([a-z ]+)` \|$", (ROOT / "docs" / "index.md").read_text("utf-8"), re.M
    )
    assert len(rows) == 8 and set(rows) <= set(QUESTIONS)
