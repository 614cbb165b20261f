"""How the program starts and ends as a process: speed, encodings, a closed pipe."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from didymium.cli.root import root

HEAVY = ("babel", "duckdb", "highspy", "jinja2", "numpy", "openpyxl", "pandas", "pydantic", "rich", "scipy", "typst")
_RUN = "import runpy, sys; sys.argv[0] = 'didymium'; runpy.run_module('didymium', run_name='__main__')"


def python(code: str, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        timeout=60,
        check=False,
        env={**os.environ, **(env or {})},
    )


@pytest.mark.skipif(os.name != "posix", reason="measures CPU time as POSIX counts it")
def test_help_takes_less_than_three_tenths_of_a_second() -> None:
    times = []
    for _ in range(3):
        before = os.times()
        assert python(_RUN, "--help").returncode == 0
        after = os.times()
        times.append(after.children_user + after.children_system - before.children_user - before.children_system)
    assert min(times) < 0.3


def test_help_loads_nothing_heavy() -> None:
    said = python(
        f"import sys; from didymium.cli import main; main(['--help']); print([m for m in {HEAVY} if m in sys.modules])"
    )
    assert said.stdout.splitlines()[-1] == b"[]"


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_help_names_the_questions(arguments: tuple[str, ...]) -> None:
    said = python(_RUN, *arguments)
    assert said.returncode == 0
    assert b"didymium brief" in said.stdout and b"runs" in said.stdout


def test_the_version_is_told() -> None:
    from didymium import __version__

    assert python(_RUN, "--version").stdout.decode().strip() == f"didymium, version {__version__}"


def test_a_console_without_unicode_is_no_fault() -> None:
    code = "from didymium.cli import main; import sys; c = main(['runs', 'list', '--lang', 'ja']); sys.exit(c)"
    said = python(code, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"})
    assert (said.returncode, said.stderr) == (0, b"")


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX pipes")
def test_a_reader_that_has_enough_is_no_fault(tmp_path: Path) -> None:
    # Closes stdout's reader before the program writes.
    read, write = os.pipe()
    os.close(read)
    ended = subprocess.run([sys.executable, "-c", _RUN, "--help"], stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (ended.returncode, ended.stderr) == (0, b"")


@pytest.mark.parametrize("group", [[], ["data"], ["runs"], ["measures"], ["commitments"], ["plan"], ["respond"]])
def test_the_help_of_a_group_tells_what_each_command_does_to_the_end(group: list[str]) -> None:
    said = CliRunner().invoke(root, [*group, "--help"]).output
    assert "Commands:" in said and "..." not in said.partition("Commands:")[2]
