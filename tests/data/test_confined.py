"""What a stranger's file may do to a function that reads it: nothing but be refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from didymium.data.confined import confined, judged
from didymium.data.layers import check_path
from didymium.errors import BadInput
from didymium.schema.workbook import read_workbook


def test_the_faults_are_those_of_the_check_itself(tmp_path: Path) -> None:
    file = tmp_path / "production.csv"
    file.write_text("product,stage\nnd_oxide,mine\n", encoding="utf-8")
    assert confined(judged, file, seconds=30, megabytes=1500) == [fault.as_dict() for fault in check_path(file)] != []


def test_a_workbook_is_read_within_the_child(tmp_path: Path) -> None:
    import openpyxl

    made = openpyxl.Workbook()
    assert made.active is not None
    made.active.title = "production"
    made.active.append(["product", "=1+1"])
    made.active.append(["nd_oxide", 1])
    made.save(tmp_path / "own.xlsx")
    found = confined(judged, tmp_path / "own.xlsx", seconds=30, megabytes=1500)
    assert found == [fault.as_dict() for fault in check_path(tmp_path / "own.xlsx")] != []


def test_a_refusal_comes_back_as_one(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"^nothing\.csv: no such file or folder\. Give a folder"):
        confined(judged, tmp_path / "nothing.csv", seconds=30, megabytes=1500)


def test_what_takes_too_much_memory_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "production.csv"
    file.write_bytes(b"product\n" + b"nd_oxide\n" * 10_000_000)
    with pytest.raises(BadInput, match=r"^production\.csv: reading it takes more memory than a table may\."):
        confined(judged, file, seconds=30, megabytes=400)


@pytest.mark.slow
def test_what_takes_too_long_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "production.csv"
    file.write_bytes(b"product\n" + b"nd_oxide\n" * 10_000_000)
    with pytest.raises(BadInput, match=r"^production\.csv: reading it "):
        confined(judged, file, seconds=1, megabytes=8000)


def test_only_functions_of_this_package_run(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not of this package"):
        confined(Path.read_bytes, tmp_path, seconds=30, megabytes=1500)
    with pytest.raises(BadInput, match="cannot be read"):  # what it returns is no JSON
        confined(read_workbook, tmp_path, seconds=30, megabytes=1500)


TRIES = (
    "__import__('socket').create_connection(('127.0.0.1', 9))",
    "__import__('socket').getaddrinfo('example.org', 80)",
    "__import__('subprocess').run(['true'])",
    "__import__('os').system('true')",
    "open('new', 'w')",
    "__import__('os').open('new', 66)",
    "__import__('os').remove('old')",
    "__import__('os').mkdir('folder')",
    "__import__('os').symlink('old', 'link')",
    "__import__('os').truncate('old', 0)",
    "__import__('os').chmod('old', 0)",
)


def test_the_child_writes_nothing_and_calls_nobody(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("kept", encoding="utf-8")
    script = f"""
from didymium.data.sandbox import _confine
import socket, subprocess
_confine(2_000_000_000, 20, 64)
for text in {json.dumps(TRIES)}:
    try:
        eval(text); print('ALLOWED', text)
    except PermissionError: print('refused')
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.stdout.split() == ["refused"] * len(TRIES), done.stdout + done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old").read_text(encoding="utf-8") == "kept"
