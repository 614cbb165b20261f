"""The page of trust lists every figure, says what was measured and does not hide what was not."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from tools.write_trust import NOT_MEASURED, PAGE, measured, page

from tests.trust.record import record, targets


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m tools.write_trust"


def test_every_figure_has_its_row() -> None:
    rows = [int(number) for number in re.findall(r"^\| (\d+) \|", page(), re.MULTILINE)]
    assert sorted(set(rows)) == list(range(1, 26)) == sorted(targets())


def test_what_is_not_measured_says_so(tmp_path: Path) -> None:
    assert page(tmp_path).count(NOT_MEASURED) == 25
    record(11, "known answers", "3 of 3", "python -m nothing", file="x", folder=tmp_path)
    record(11, "known answers", "4 of 4", "python -m nothing", file="x", folder=tmp_path)
    assert page(tmp_path).count(NOT_MEASURED) == 24
    assert "4 of 4" in page(tmp_path) and "3 of 3" not in page(tmp_path)


def test_a_record_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "y.json").write_text(json.dumps([{"row": 1}]), "utf-8")
    with pytest.raises(ValueError, match="a record has"):
        page(tmp_path)


def test_commands_of_the_page_exist() -> None:
    for one in measured():
        module = re.match(r"python -m ([\w.]+)", str(one["command"]))
        if module:
            assert find_spec(module.group(1)) is not None, one["command"]
